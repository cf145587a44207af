//! The fold against a naive twin, on random events: few customers, times around the edges of days,
//! months and clock changes, values missing, times equal; every aggregate, window and filter.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use gradus_expression::Scope;
use gradus_grading::fold::spec::{Aggregate, FoldIndicator, FoldWindow, GapPick, SequenceStep};
use gradus_grading::fold::{AsOf, FoldPlan, Visible, Zone, day_of};
use gradus_ledger::table::scan_schema;
use gradus_model::Place;
use gradus_model::document::{Calendar, Decay, Span, SpanUnit};
use gradus_model::event_stream::{EventSchema, Field, FieldType, UNDATED};
use gradus_model::fixed::Fixed;
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::cases_engine::{Engine, assert_same, must_refold, parted};
use crate::cases_events::Row;
use crate::naive_twin::{Event, Twin, Value};

const VISIT: &str = "kind = 'visit'";
const ORDER: &str = "kind = 'order_line'";
const REFUND: &str = "kind = 'refund'";
const DEAR: &str = "amount > 5";

fn span(text: &str) -> Span {
    text.parse().unwrap()
}

fn aggregates() -> Vec<Aggregate> {
    let amount = || "amount".to_string();
    let category = || "category".to_string();
    let step =
        |filter: &str, within: Option<&str>| SequenceStep { filter: filter.into(), within: within.map(span) };
    let mut all = vec![
        Aggregate::Count,
        Aggregate::Orders,
        Aggregate::Sum { of: amount() },
        Aggregate::Min { of: amount() },
        Aggregate::Max { of: amount() },
        Aggregate::Min { of: category() },
        Aggregate::Max { of: category() },
        Aggregate::Distinct { of: category() },
        Aggregate::Distinct { of: amount() },
        Aggregate::First { of: category() },
        Aggregate::First { of: amount() },
        Aggregate::Last { of: category() },
        Aggregate::Last { of: amount() },
        Aggregate::MostFrequent { of: category() },
        Aggregate::MostFrequent { of: amount() },
        Aggregate::Stddev { of: amount() },
        Aggregate::Percentile { of: amount(), q: Fixed(5_000) },
        Aggregate::Percentile { of: amount(), q: Fixed(9_000) },
        Aggregate::FirstDay { of: amount() },
        Aggregate::DaysSince { first: true },
        Aggregate::DaysSince { first: false },
        Aggregate::Decayed { points: Fixed(-25_000), decay: None },
        Aggregate::Decayed { points: Fixed(10_000), decay: Some(Decay::Linear(span("160 days"))) },
        Aggregate::Decayed { points: Fixed(10_000), decay: Some(Decay::Linear(span("1 month"))) },
        Aggregate::Decayed { points: Fixed(100_000), decay: Some(Decay::HalfLife(span("30 days"))) },
        Aggregate::Sequence { steps: vec![step(VISIT, None), step(ORDER, Some("7 days"))] },
        Aggregate::Sequence { steps: vec![step(ORDER, None), step(REFUND, Some("1 month"))] },
        Aggregate::Sequence {
            steps: vec![step(VISIT, None), step(DEAR, None), step(VISIT, Some("30 days"))],
        },
    ];
    let picks = [GapPick::Mean, GapPick::Min, GapPick::Max, GapPick::Median];
    all.extend(picks.map(|pick| Aggregate::Gap { pick }));
    for step in [SpanUnit::Day, SpanUnit::Week, SpanUnit::Month, SpanUnit::Quarter, SpanUnit::Year] {
        all.push(Aggregate::Active { step });
        all.push(Aggregate::Streak { step, longest: false });
        all.push(Aggregate::Streak { step, longest: true });
        all.push(Aggregate::Slope { of: amount(), step });
    }
    all
}

fn windows() -> Vec<FoldWindow> {
    let rolling =
        |last: &str, before: Option<&str>| FoldWindow::Rolling { last: span(last), before: before.map(span) };
    let calendar = |stretch, back: Option<&str>| FoldWindow::Calendar { stretch, back: back.map(span) };
    let whole = |step, window: FoldWindow| FoldWindow::Whole { step, window: Box::new(window) };
    let by_order = |window: FoldWindow| FoldWindow::ByOrder { window: Box::new(window) };
    vec![
        FoldWindow::Lifetime,
        rolling("1 days", None),
        rolling("30 days", None),
        rolling("1 months", None),
        rolling("1 quarters", None),
        rolling("30 days", Some("30 days")),
        rolling("3 months", Some("1 year")),
        calendar(Calendar::ThisMonth, None),
        calendar(Calendar::LastMonth, None),
        calendar(Calendar::ThisQuarter, None),
        calendar(Calendar::LastQuarter, None),
        calendar(Calendar::ThisYear, None),
        calendar(Calendar::LastYear, None),
        calendar(Calendar::ThisMonth, Some("1 month")),
        calendar(Calendar::ThisMonth, Some("1 year")),
        calendar(Calendar::LastMonth, Some("1 month")),
        calendar(Calendar::ThisQuarter, Some("1 quarter")),
        calendar(Calendar::ThisYear, Some("1 year")),
        whole(SpanUnit::Month, rolling("3 months", None)),
        whole(SpanUnit::Week, rolling("60 days", Some("1 month"))),
        whole(SpanUnit::Quarter, rolling("2 quarters", Some("2 quarters"))),
        FoldWindow::Since { filter: VISIT.into() },
        by_order(rolling("30 days", None)),
        by_order(rolling("3 months", Some("1 month"))),
        by_order(calendar(Calendar::LastMonth, None)),
        by_order(whole(SpanUnit::Month, rolling("3 months", None))),
        by_order(FoldWindow::Since { filter: VISIT.into() }),
        by_order(FoldWindow::Lifetime),
    ]
}

fn indicators() -> Vec<FoldIndicator> {
    let mut all = Vec::new();
    for window in windows() {
        for filter in [None, Some(ORDER), Some(DEAR)] {
            for aggregate in aggregates() {
                let name = format!("i{}", all.len());
                all.push(FoldIndicator {
                    name,
                    aggregate,
                    filter: filter.map(str::to_string),
                    window: window.clone(),
                });
            }
        }
    }
    all
}

fn schema() -> EventSchema {
    let category = Field { name: "category".into(), field_type: FieldType::Text, purpose: "service".into() };
    EventSchema { n_buckets: 1, fields: vec![category] }
}

fn engine(zone: &Zone) -> Engine {
    let events = schema();
    let scope = Scope::new(scan_schema(&events));
    let plan = FoldPlan::compile(indicators(), &scope, zone.clone(), &|_| Place::default()).unwrap();
    Engine::of_plan(plan, events)
}

/// Days before the instant that lie at the edges of the windows, a few after it, and the instants
/// of a day that are midnight somewhere.
fn event(n: u64) -> impl Strategy<Value = Event> {
    let days = prop_oneof![
        3 => -1i64..4,
        2 => 26i64..33,
        2 => 57i64..64,
        1 => 88i64..94,
        1 => 119i64..125,
        1 => 363i64..369,
        1 => 390i64..400,
        1 => 0i64..800,
    ];
    let microseconds = prop::sample::select(vec![
        0i64,
        3_600_000_000 - 1,
        3_600_000_000,
        4 * 3_600_000_000 - 1,
        4 * 3_600_000_000,
        12 * 3_600_000_000,
        16 * 3_600_000_000 - 1,
        16 * 3_600_000_000,
        23 * 3_600_000_000 - 1,
        23 * 3_600_000_000,
        86_400_000_000 - 1,
    ]);
    let kind = prop::sample::select(vec!["order_line", "order_line", "visit", "refund"]);
    let order = prop::option::weighted(0.7, 0u8..4);
    let amount = prop::option::weighted(
        0.8,
        prop_oneof![
            Just(50_000i64),
            Just(-50_000),
            Just(0),
            Just(1),
            1i64..200_000,
            Just(9_000_000_000_000_000),
            Just(-9_000_000_000_000_000)
        ],
    );
    let category = prop::option::weighted(0.8, prop::sample::select(vec!["a", "b", "B", "茶", ""]));
    (1i64..4, days, microseconds, 0..n, kind, order, amount, category).prop_map(
        |(customer, days, microseconds, id, kind, order, amount, category)| Event {
            customer,
            days_before: days,
            microseconds,
            time_us: 0,
            id,
            kind: kind.into(),
            order,
            amount,
            category: category.map(str::to_string),
        },
    )
}

fn row(event: &Event) -> Row {
    Row {
        identity: event.customer,
        time_us: event.time_us,
        event_id: event.id,
        known_us: event.time_us,
        kind: event.kind.clone(),
        order: event.order.map(|order| format!("o{order}")),
        amount: event.amount.map(|amount| {
            let sign = if amount < 0 { "-" } else { "" };
            format!("{sign}{}.{:04}", amount.unsigned_abs() / 10_000, amount.unsigned_abs() % 10_000)
        }),
        fields: vec![event.category.clone()],
        ..Row::default()
    }
}

fn cell(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Int64 => Value::Number(i128::from(array.as_primitive::<Int64Type>().value(row))),
        DataType::Decimal128(_, 4) => Value::Number(array.as_primitive::<Decimal128Type>().value(row)),
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row).to_string()),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        other => panic!("no twin knows {other}"),
    }
}

/// Numbers and texts to the digit; floats to a billionth, or to what a float of the greatest amount
/// can hold; a half-life to one unit per event.
fn agrees(aggregate: &Aggregate, engine: &Value, twin: &Value, events: &[Event]) -> bool {
    match (engine, twin) {
        (Value::Float(a), Value::Float(b)) => {
            let greatest =
                events.iter().filter_map(|event| event.amount).map(i64::unsigned_abs).max().unwrap_or(0);
            (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0) + 1e-19 * greatest as f64
        }
        (Value::Number(a), Value::Number(b))
            if matches!(aggregate, Aggregate::Decayed { decay: Some(Decay::HalfLife(_)), .. }) =>
        {
            (a - b).unsigned_abs() <= events.len() as u128
        }
        (a, b) => a == b,
    }
}

fn compare(folded: &RecordBatch, twin: &Twin<'_>, indicators: &[FoldIndicator]) {
    let customers = folded.column(0).as_primitive::<Int64Type>().values().to_vec();
    assert_eq!(customers, twin.customers(), "customers of {:#?}", twin.events);
    for (run, customer) in customers.iter().enumerate() {
        for (at, indicator) in indicators.iter().enumerate() {
            let (got, expected) = (cell(folded.column(at + 2), run), twin.value(*customer, indicator));
            assert!(
                agrees(&indicator.aggregate, &got, &expected, twin.events),
                "customer {customer}: the fold says {got:?}, its twin {expected:?}\n{indicator:#?}\n{:#?}",
                twin.events,
            );
        }
    }
}

fn check(zone_name: &str, dates: &[&str], n_cases: u32) {
    let zone = Zone::new(zone_name).unwrap();
    let engine = engine(&zone);
    let indicators = indicators();
    let merges = engine.plan.can_merge();
    assert!(indicators.iter().zip(&merges).all(|(indicator, merges)| *merges != must_refold(indicator)));
    let config =
        Config { cases: n_cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let dates: Vec<Date> = dates.iter().map(|date| date.parse().unwrap()).collect();
    let strategy = (
        prop::sample::select(dates),
        any::<bool>(),
        prop::collection::vec(event(6), 0..24),
        prop::collection::vec(0usize..3, 24),
    );
    runner
        .run(&strategy, |(date, at_close, mut events, split)| {
            let as_of = AsOf::close_of(day_of(date), &zone);
            let as_of = if at_close { as_of } else { AsOf::new(as_of.instant_us - 9 * 3_600_000_000, &zone) };
            let midnight = i64::from(as_of.day) * 86_400_000_000;
            for event in &mut events {
                event.time_us = midnight - event.days_before * 86_400_000_000 + event.microseconds;
                // What a back-load left without a date, now and then.
                if event.days_before == 1 && event.microseconds == 3_600_000_000 {
                    event.time_us = UNDATED;
                }
            }
            // An event id counts once.
            events.sort_by_key(|event| (event.customer, event.time_us, event.id));
            events.dedup_by_key(|event| (event.customer, event.time_us, event.id));
            let rows: Vec<Row> = events.iter().map(row).collect();
            let twin = Twin::new(zone_name, as_of.instant_us, &events);
            let folded = engine.fold(&rows, &[as_of], Visible::default(), 5);
            compare(&folded[0], &twin, &indicators);
            let merged =
                engine.fold_in_parts(&parted(&rows, &split[..rows.len()]), &[as_of], Visible::default());
            assert_same(&folded[0], &merged[0], "merged");
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_fold_is_its_naive_twin_in_shanghai() {
    check(
        "Asia/Shanghai",
        &["2024-03-31", "2024-02-29", "2024-01-01", "2023-12-31", "2024-04-30", "2024-03-15"],
        60,
    );
}

#[test]
fn the_fold_is_its_naive_twin_where_clocks_change() {
    check("Europe/London", &["2024-03-31", "2024-04-01", "2023-10-29", "2024-10-27"], 60);
}

/// In Santiago the clock skips midnight: the date begins at one.
#[test]
fn the_fold_is_its_naive_twin_where_midnight_is_skipped() {
    check("America/Santiago", &["2023-09-03", "2023-09-04", "2024-04-07", "2024-09-08"], 60);
}
