//! The naive twin of the fold: loops over one customer's events, dates by the calendar. It shares
//! no code with the engine but the words of the indicators.

use std::collections::{BTreeMap, BTreeSet};

use gradus_grading::fold::spec::{Aggregate, FoldIndicator, FoldWindow, GapPick, SequenceStep};
use gradus_model::document::{Calendar, Decay, Span, SpanUnit};
use gradus_model::event_stream::UNDATED;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

#[derive(Debug, Clone)]
pub struct Event {
    pub customer: i64,
    pub days_before: i64,
    pub microseconds: i64,
    pub time_us: i64,
    pub id: u64,
    pub kind: String,
    pub order: Option<u8>,
    /// Ten-thousandths.
    pub amount: Option<i64>,
    pub category: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    /// A count, or ten-thousandths.
    Number(i128),
    Text(String),
    Float(f64),
}

pub struct Twin<'a> {
    zone: TimeZone,
    as_of_us: i64,
    today: Date,
    /// Sorted by customer, time, id.
    pub events: &'a [Event],
}

/// One event that counts, with the date on which it counts.
#[derive(Clone, Copy)]
struct Counted<'a> {
    event: &'a Event,
    date: Date,
    own_date: Date,
}

impl<'a> Twin<'a> {
    pub fn new(zone: &str, as_of_us: i64, events: &'a [Event]) -> Twin<'a> {
        let zone = TimeZone::get(zone).unwrap();
        let today = date_of(&zone, as_of_us);
        Twin { zone, as_of_us, today, events }
    }

    pub fn customers(&self) -> Vec<i64> {
        let happened = self.events.iter().filter(|event| event.time_us <= self.as_of_us);
        happened.map(|event| event.customer).collect::<BTreeSet<i64>>().into_iter().collect()
    }

    pub fn value(&self, customer: i64, indicator: &FoldIndicator) -> Value {
        let life: Vec<&Event> = self
            .events
            .iter()
            .filter(|event| event.customer == customer && event.time_us <= self.as_of_us)
            .collect();
        let (window, by_order) = match &indicator.window {
            FoldWindow::ByOrder { window } => (window.as_ref(), true),
            window => (window, false),
        };
        let stretch = self.stretch(window, self.today);
        let since = match window {
            FoldWindow::Since { filter } => Some(life.iter().rposition(|event| holds(filter, event))),
            _ => None,
        };
        let mut counted = Vec::new();
        for (at, event) in life.iter().enumerate() {
            // The event by whose date this one counts: itself, or the first of its order.
            let dated = match event.order {
                Some(order) if by_order && event.time_us > UNDATED => {
                    let of_order = |other: &&Event| other.order == Some(order) && other.time_us > UNDATED;
                    life.iter().position(of_order).unwrap()
                }
                _ => at,
            };
            let date = date_of(&self.zone, life[dated].time_us);
            let inside = match (&stretch, since) {
                (_, Some(Some(first))) => dated >= first,
                (_, Some(None)) => false,
                (Some((from, to)), None) => *from <= date && date <= *to,
                (None, None) => true,
            };
            if inside && indicator.filter.as_deref().is_none_or(|filter| holds(filter, event)) {
                counted.push(Counted { event, date, own_date: date_of(&self.zone, event.time_us) });
            }
        }
        self.aggregate(&indicator.aggregate, &counted, stretch)
    }

    /// First and last local date of the window; none if it has no two ends.
    fn stretch(&self, window: &FoldWindow, today: Date) -> Option<(Date, Date)> {
        match window {
            FoldWindow::Whole { step, window } => {
                // The newest day that ends a step, today or before.
                let mut end = today;
                while begin_of(end.tomorrow().unwrap(), *step) != end.tomorrow().unwrap() {
                    end = end.yesterday().unwrap();
                }
                self.stretch(window, end)
            }
            FoldWindow::Rolling { last, before } => {
                let end = before.map_or(today, |before| end_minus(today, &[before]));
                let spans: Vec<Span> = before.iter().copied().chain([*last]).collect();
                Some((end_minus(today, &spans).tomorrow().unwrap(), end))
            }
            FoldWindow::Calendar { stretch, back } => {
                let today = back.map_or(today, |back| end_minus(today, &[back]));
                let (this, unit) = match stretch {
                    Calendar::ThisMonth => (true, SpanUnit::Month),
                    Calendar::LastMonth => (false, SpanUnit::Month),
                    Calendar::ThisQuarter => (true, SpanUnit::Quarter),
                    Calendar::LastQuarter => (false, SpanUnit::Quarter),
                    Calendar::ThisYear => (true, SpanUnit::Year),
                    Calendar::LastYear => (false, SpanUnit::Year),
                };
                let begin = begin_of(today, unit);
                match this {
                    true => Some((begin, today)),
                    false => Some((begin_of(begin.yesterday().unwrap(), unit), begin.yesterday().unwrap())),
                }
            }
            _ => None,
        }
    }

    fn aggregate(
        &self,
        aggregate: &Aggregate,
        counted: &[Counted<'_>],
        stretch: Option<(Date, Date)>,
    ) -> Value {
        let with_dates: Vec<Counted<'_>>;
        let counted = match aggregate {
            Aggregate::DaysSince { .. }
            | Aggregate::FirstDay { .. }
            | Aggregate::Gap { .. }
            | Aggregate::Active { .. }
            | Aggregate::Streak { .. }
            | Aggregate::Sequence { .. } => {
                with_dates = counted.iter().filter(|one| one.event.time_us > UNDATED).copied().collect();
                &with_dates[..]
            }
            _ => counted,
        };
        let amounts: Vec<i64> = counted.iter().filter_map(|one| one.event.amount).collect();
        let days: BTreeSet<Date> = counted.iter().map(|one| one.date).collect();
        let float = |amount: i64| amount as f64 / 10_000.0;
        match aggregate {
            Aggregate::Count => Value::Number(counted.len() as i128),
            Aggregate::Orders => Value::Number(
                counted.iter().filter_map(|one| one.event.order).collect::<BTreeSet<u8>>().len() as i128,
            ),
            Aggregate::Sum { .. } => Value::Number(amounts.iter().map(|amount| i128::from(*amount)).sum()),
            Aggregate::FirstDay { .. } => {
                let given = || counted.iter().filter_map(|one| Some((one.date, one.event.amount?)));
                let first = given().map(|(date, _)| date).min();
                Value::Number(
                    given()
                        .filter(|(date, _)| Some(*date) == first)
                        .map(|(_, amount)| i128::from(amount))
                        .sum(),
                )
            }
            Aggregate::Min { of } => values(of, counted).into_iter().min_by(less).unwrap_or(Value::Null),
            Aggregate::Max { of } => values(of, counted).into_iter().max_by(less).unwrap_or(Value::Null),
            Aggregate::First { of } => values(of, counted).into_iter().next().unwrap_or(Value::Null),
            Aggregate::Last { of } => values(of, counted).into_iter().next_back().unwrap_or(Value::Null),
            Aggregate::Distinct { of } => Value::Number(tally(of, counted).len() as i128),
            Aggregate::MostFrequent { of } => {
                let tally = tally(of, counted);
                let most = tally.values().map(|(n, _)| *n).max();
                // In ascending order, so the first of the most frequent is the smallest.
                let first = tally.into_values().find(|(n, _)| Some(*n) == most);
                first.map_or(Value::Null, |(_, value)| value)
            }
            Aggregate::Stddev { .. } => {
                if amounts.len() < 2 {
                    return Value::Null;
                }
                // Deviations from one value first, so that great amounts cancel exactly.
                let from_first: Vec<f64> = amounts.iter().map(|amount| float(amount - amounts[0])).collect();
                let mean = from_first.iter().sum::<f64>() / from_first.len() as f64;
                let squares: f64 = from_first.iter().map(|value| (value - mean).powi(2)).sum();
                Value::Float((squares / (from_first.len() - 1) as f64).sqrt())
            }
            Aggregate::Percentile { q, .. } => {
                let mut sorted: Vec<i128> = amounts.iter().map(|amount| i128::from(*amount)).collect();
                sorted.sort_unstable();
                if sorted.is_empty() {
                    return Value::Null;
                }
                // The position in ten-thousandths, exactly.
                let position = q.0 as usize * (sorted.len() - 1);
                let (below, part) = (position / 10_000, (position % 10_000) as i128);
                let above = (below + 1).min(sorted.len() - 1);
                Value::Float((sorted[below] * (10_000 - part) + sorted[above] * part) as f64 / 1e8)
            }
            Aggregate::DaysSince { first } => {
                let day = if *first { days.first() } else { days.last() };
                day.map_or(Value::Null, |day| Value::Number(i128::from(days_between(*day, self.today))))
            }
            Aggregate::Gap { pick } => {
                let days: Vec<Date> = days.into_iter().collect();
                let mut gaps: Vec<i64> = days.windows(2).map(|pair| days_between(pair[0], pair[1])).collect();
                gaps.sort_unstable();
                if gaps.is_empty() {
                    return Value::Null;
                }
                Value::Float(match pick {
                    GapPick::Min => gaps[0] as f64,
                    GapPick::Max => gaps[gaps.len() - 1] as f64,
                    GapPick::Mean => gaps.iter().sum::<i64>() as f64 / gaps.len() as f64,
                    GapPick::Median => (gaps[(gaps.len() - 1) / 2] + gaps[gaps.len() / 2]) as f64 / 2.0,
                })
            }
            Aggregate::Active { step } => Value::Number(
                days.iter().map(|day| begin_of(*day, *step)).collect::<BTreeSet<_>>().len() as i128,
            ),
            Aggregate::Streak { step, longest } => {
                let active: BTreeSet<Date> = days.iter().map(|day| begin_of(*day, *step)).collect();
                let before = |begin: Date| begin_of(begin.yesterday().unwrap(), *step);
                let run_to = |mut begin: Date| {
                    let mut n = 0;
                    while active.contains(&begin) {
                        n += 1;
                        begin = before(begin);
                    }
                    n
                };
                let now = begin_of(self.today, *step);
                Value::Number(match longest {
                    true => active.iter().map(|begin| run_to(*begin)).max().unwrap_or(0),
                    false if active.contains(&now) => run_to(now),
                    false => run_to(before(now)),
                })
            }
            Aggregate::Slope { step, .. } => {
                let Some((from, to)) = stretch else { return Value::Null };
                let mut sums: BTreeMap<Date, i128> = BTreeMap::new();
                let mut day = from;
                while day <= to {
                    sums.insert(begin_of(day, *step), 0);
                    day = day.tomorrow().unwrap();
                }
                // Steps that begin before the window or go on after it are none of it.
                sums.retain(|begin, _| *begin >= from);
                if begin_of(to.tomorrow().unwrap(), *step) != to.tomorrow().unwrap() {
                    sums.remove(&begin_of(to, *step));
                }
                for one in counted {
                    if let Some(sum) = sums.get_mut(&begin_of(one.date, *step)) {
                        *sum += i128::from(one.event.amount.unwrap_or(0));
                    }
                }
                if sums.len() < 2 {
                    return Value::Null;
                }
                let points = || sums.values().enumerate().map(|(x, y)| (x as i128, *y));
                let n = sums.len() as i128;
                let (x, y): (i128, i128) = points().fold((0, 0), |(a, b), (x, y)| (a + x, b + y));
                let (xy, xx): (i128, i128) = points().fold((0, 0), |(a, b), (x, y)| (a + x * y, b + x * x));
                Value::Float((n * xy - x * y) as f64 / (n * xx - x * x) as f64 / 10_000.0)
            }
            Aggregate::Decayed { points, decay } => {
                let one = |one: &Counted<'_>| -> i128 {
                    let age = i128::from(days_between(one.own_date, self.today));
                    let length = |span: Span| i128::from(days_between(minus(self.today, span), self.today));
                    match decay {
                        None => i128::from(points.0),
                        // Points are positive here: half up is half away from zero.
                        Some(Decay::Linear(span)) => {
                            let length = length(*span);
                            (2 * i128::from(points.0) * (length - age).max(0) + length) / (2 * length)
                        }
                        Some(Decay::HalfLife(span)) => {
                            (points.0 as f64 * 0.5f64.powf(age as f64 / length(*span) as f64)).round() as i128
                        }
                    }
                };
                Value::Number(counted.iter().map(one).sum())
            }
            Aggregate::Sequence { steps } => {
                let (mut n, mut from) = (0, 0);
                for end in 0..counted.len() {
                    if reaches(&counted[from..=end], end - from, steps) {
                        n += 1;
                        from = end + 1;
                    }
                }
                Value::Number(n)
            }
        }
    }
}

/// True if the steps can be taken in order, the last one by the event at `at`.
fn reaches(counted: &[Counted<'_>], at: usize, steps: &[SequenceStep]) -> bool {
    let Some((last, before)) = steps.split_last() else { return true };
    if !holds(&last.filter, counted[at].event) {
        return false;
    }
    if before.is_empty() {
        return true;
    }
    (0..at).any(|earlier| {
        let in_time =
            last.within.is_none_or(|span| counted[earlier].own_date >= minus(counted[at].own_date, span));
        in_time && reaches(counted, earlier, before)
    })
}

fn holds(filter: &str, event: &Event) -> bool {
    match filter {
        "amount > 5" => event.amount.is_some_and(|amount| amount > 50_000),
        other => other == format!("kind = '{}'", event.kind),
    }
}

fn values(of: &str, counted: &[Counted<'_>]) -> Vec<Value> {
    let value = |one: &Counted<'_>| match of {
        "amount" => one.event.amount.map(|amount| Value::Number(i128::from(amount))),
        _ => one.event.category.clone().map(Value::Text),
    };
    counted.iter().filter_map(value).collect()
}

fn less(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        _ => panic!("values of one column have one type"),
    }
}

fn tally(of: &str, counted: &[Counted<'_>]) -> BTreeMap<(i128, String), (usize, Value)> {
    let mut tally = BTreeMap::new();
    for value in values(of, counted) {
        let key = match &value {
            Value::Number(number) => (*number, String::new()),
            Value::Text(text) => (0, text.clone()),
            _ => panic!("a value is a number or a text"),
        };
        tally.entry(key).or_insert((0, value)).0 += 1;
    }
    tally
}

fn date_of(zone: &TimeZone, time_us: i64) -> Date {
    zone.to_datetime(Timestamp::from_microsecond(time_us).unwrap()).date()
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).unwrap().get_days().into()
}

fn minus(day: Date, span: Span) -> Date {
    let n = i64::from(span.n);
    let span = match span.unit {
        SpanUnit::Day => n.days(),
        SpanUnit::Week => n.weeks(),
        SpanUnit::Month => n.months(),
        SpanUnit::Quarter => (3 * n).months(),
        SpanUnit::Year => n.years(),
    };
    day.checked_sub(span).unwrap()
}

/// The date so much earlier where a stretch ends: the last day of a month goes to the last day of a
/// month, any other day to the same day of the month, or the last if there is none.
fn end_minus(day: Date, spans: &[Span]) -> Date {
    let months: i64 = spans
        .iter()
        .map(|span| match span.unit {
            SpanUnit::Month => i64::from(span.n),
            SpanUnit::Quarter => 3 * i64::from(span.n),
            SpanUnit::Year => 12 * i64::from(span.n),
            _ => 0,
        })
        .sum();
    let mut month = day.first_of_month();
    for _ in 0..months {
        month = month.yesterday().unwrap().first_of_month();
    }
    let is_last = day == day.last_of_month();
    let in_month = if is_last { month.days_in_month() } else { day.day().min(month.days_in_month()) };
    let mut day = date(month.year(), month.month(), in_month);
    for span in spans {
        if matches!(span.unit, SpanUnit::Day | SpanUnit::Week) {
            day = minus(day, *span);
        }
    }
    day
}

/// The first day of the step in which a day lies.
fn begin_of(day: Date, unit: SpanUnit) -> Date {
    match unit {
        SpanUnit::Day => day,
        SpanUnit::Week => day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).unwrap(),
        SpanUnit::Month => day.first_of_month(),
        SpanUnit::Quarter => date(day.year(), (day.month() - 1) / 3 * 3 + 1, 1),
        SpanUnit::Year => day.first_of_year(),
    }
}
