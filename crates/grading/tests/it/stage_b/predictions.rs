//! Lifetime value with and without a contract: every base has numbers or a stated reason for none.

use gradus_grading::grade::{ContractFit, Fit, FitStatus, LifetimeFit, PredictionKind, SpendKind, Surely};
use gradus_model::Lang;
use gradus_stats::lifetime::bgnbd::BgNbd;
use gradus_stats::lifetime::fit::Options;
use gradus_stats::lifetime::gamma_gamma::{GammaGamma, Spends};
use gradus_stats::lifetime::history::{Histories, History};
use gradus_stats::lifetime::model::RepeatModel;
use gradus_stats::lifetime::value::{Horizon, discounted_purchases};
use gradus_stats::random::Random;

use super::*;

/// What the fold would give of one customer, in the order in which the prediction asks for it.
#[derive(Debug, Clone, Copy, Default)]
struct Folded {
    days: i64,
    first: Option<i64>,
    last: Option<i64>,
    /// In ten-thousandths.
    total: i64,
    on_first: i64,
    gaps: Option<(f64, f64)>,
    costs: i64,
}

fn buyer(days: i64, first: i64, last: i64, total: i64, on_first: i64) -> Folded {
    let (total, on_first) = (total * 10_000, on_first * 10_000);
    // Gaps that differ, as those of shoppers do.
    let gaps = (days > 1).then_some((1.0, (first - last) as f64));
    Folded { days, first: Some(first), last: Some(last), total, on_first, gaps, costs: 0 }
}

/// The hidden columns that the stage asked for, by what they are.
fn folded(stage: &StageB, customers: &[Folded]) -> RecordBatch {
    let money = |of: &dyn Fn(&Folded) -> i64| -> ArrayRef {
        let values: Decimal128Array = customers.iter().map(|one| Some(i128::from(of(one)))).collect();
        Arc::new(values.with_precision_and_scale(38, 4).unwrap())
    };
    let ints = |of: &dyn Fn(&Folded) -> Option<i64>| -> ArrayRef {
        Arc::new(customers.iter().map(of).collect::<Int64Array>())
    };
    let floats = |of: &dyn Fn(&Folded) -> Option<f64>| -> ArrayRef {
        Arc::new(customers.iter().map(of).collect::<Float64Array>())
    };
    let all = [
        ints(&|one| Some(one.days)),
        ints(&|one| one.first),
        ints(&|one| one.last),
        money(&|one| one.total),
        money(&|one| one.on_first),
        floats(&|one| one.gaps.map(|gaps| gaps.0)),
        floats(&|one| one.gaps.map(|gaps| gaps.1)),
        money(&|one| one.costs),
    ];
    let hidden: Vec<&str> = stage.fold_requests().iter().map(|one| one.name.as_str()).collect();
    let customer: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=customers.len() as i64));
    let mut fields = vec![Field::new("customer", DataType::Int64, false)];
    let mut arrays = vec![customer];
    for (name, array) in hidden.iter().zip(all) {
        fields.push(Field::new(*name, array.data_type().clone(), true));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn lifetime(written: Value) -> StageB {
    stage(json!({"predictions": {"clv": {"title": "CLV", "lifetime": written}}}))
}

fn fit_of(fits: &Fits) -> &LifetimeFit {
    match &fits.fits["predictions.clv"] {
        Fit::Lifetime(fit) => fit,
        other => panic!("{other:?}"),
    }
}

fn numbers(graded: &Graded, name: &str) -> Vec<Option<f64>> {
    column(graded, name).iter().map(|value| value.parse().ok()).collect()
}

/// A base that BG/NBD itself makes, first purchases over half a year.
fn simulated(n: usize) -> Vec<Folded> {
    let model = BgNbd { r: 0.6, alpha: 6.0, a: 0.8, b: 2.5 };
    let mut random = Random::new(11);
    let new = History { x: 0, t_x: 0.0, age: 0.0 };
    (0..n)
        .map(|_| {
            let first = 180 + random.below(180) as i64;
            let mut times = Vec::new();
            model.draw_purchases(&new, first as f64 / 7.0, &mut random, &mut times);
            let mut days: Vec<i64> =
                times.iter().map(|time| (time * 7.0) as i64).filter(|day| *day > 0).collect();
            days.dedup();
            let last = days.last().map_or(first, |day| first - day);
            let mean = (10.0 + 60.0 * random.unit()) as i64;
            buyer(days.len() as i64 + 1, first, last, mean * (days.len() as i64 + 1), mean)
        })
        .collect()
}

fn all_finite(graded: &Graded, n: usize) {
    for name in ["clv", "clv_low", "clv_high", "clv_alive", "clv_purchases", "clv_to_date"] {
        let values = numbers(graded, name);
        assert_eq!(values.iter().flatten().count(), n, "{name}: {values:?}");
    }
    let (low, own, high) = (numbers(graded, "clv_low"), numbers(graded, "clv"), numbers(graded, "clv_high"));
    for ((low, own), high) in low.iter().zip(&own).zip(&high) {
        assert!(low <= own && own <= high, "{low:?} {own:?} {high:?}");
    }
    let alive = numbers(graded, "clv_alive");
    assert!(alive.iter().flatten().all(|alive| (0.0..=1.0).contains(alive)));
}

#[test]
fn stage_b_says_what_the_library_says_of_each_customer() {
    let customers = simulated(3_000);
    let stage = lifetime(json!({"horizon": "12 months", "discount": 0.1, "margin": 0.5}));
    let (graded, fits) = grade(&stage, &folded(&stage, &customers));
    all_finite(&graded, customers.len());
    let histories: Vec<History> = customers
        .iter()
        .map(|one| {
            let (first, last) = (one.first.unwrap() as f64, one.last.unwrap() as f64);
            History { x: one.days as u32 - 1, t_x: (first - last) / 7.0, age: first / 7.0 }
        })
        .collect();
    let base = Histories::of_counted(histories.iter().map(|one| (*one, 1.0))).unwrap();
    let direct = BgNbd::fit(&base, &Options::default());
    let means: Vec<f64> = customers
        .iter()
        .map(|one| match one.days {
            1 => 0.0,
            days => 0.5 * (one.total - one.on_first) as f64 / 1e4 / (days - 1) as f64,
        })
        .collect();
    let x: Vec<u32> = histories.iter().map(|one| one.x).collect();
    let spend = GammaGamma::fit(&Spends::of(&x, &means).unwrap(), &Options::default());
    let fit = fit_of(&fits);
    assert_eq!(fit.status, FitStatus::Converged);
    assert_eq!(fit.spend.model, SpendKind::GammaGamma);
    let model = direct.model;
    for (found, direct) in fit.parameters.iter().zip([model.r, model.alpha, model.a, model.b]) {
        assert!((found.value / direct - 1.0).abs() < 1e-11, "{found:?} {direct}");
    }
    assert!(fit.parameters.iter().all(|one| one.error.is_some_and(|error| error > 0.0)));
    let month = 365.25 / 12.0 / 7.0;
    let horizon = Horizon { n_periods: 12, period: month, rate: Horizon::rate_per_period(0.1, 12.0) };
    let (own, purchases) = (numbers(&graded, "clv"), numbers(&graded, "clv_purchases"));
    let (alive, to_date) = (numbers(&graded, "clv_alive"), numbers(&graded, "clv_to_date"));
    for (at, history) in histories.iter().enumerate() {
        let value = spend.model.expected(history.x, means[at]).unwrap();
        let residual = discounted_purchases(&direct.model, history, &horizon) * value;
        let close = |found: Option<f64>, direct: f64, of: &str| {
            assert!(
                (found.unwrap() - direct).abs() <= 6e-5 + 1e-9 * direct,
                "{of} of {history:?}: {found:?} {direct}"
            );
        };
        close(own[at], residual, "clv");
        close(purchases[at], direct.model.expected(history, 12.0 * month), "purchases");
        close(alive[at], direct.model.p_alive(history), "alive");
        close(to_date[at], 0.5 * customers[at].total as f64 / 1e4, "to date");
    }
}

#[test]
fn every_base_has_finite_numbers_and_a_status() {
    let never = Folded::default();
    let many = |n: i64, one: Folded| vec![one; n as usize];
    let losing: Vec<Folded> = (0..80).map(|at| buyer(4, 200 + at, 10, at - 40, 10)).collect();
    let bases = [
        ("nobody bought", vec![never; 3], 0),
        ("one customer", vec![buyer(3, 100, 4, 90, 30)], 1),
        ("all on one day", many(50, buyer(1, 30, 30, 20, 20)), 50),
        ("all today", many(50, buyer(1, 0, 0, 20, 20)), 50),
        ("all alike", many(50, buyer(3, 100, 10, 60, 20)), 50),
        ("huge counts", many(30, buyer(1_500, 2_000, 0, 5_000_000, 100)), 30),
        ("200 customers", simulated(200), 200),
        ("losses", losing, 80),
        ("nothing paid", many(40, buyer(3, 100, 10, 0, 0)), 40),
    ];
    for model in ["bg_nbd", "mbg_nbd", "pareto_nbd"] {
        for (name, customers, n) in &bases {
            let stage = lifetime(json!({"model": model}));
            let (graded, fits) = grade(&stage, &folded(&stage, customers));
            let fit = fit_of(&fits);
            assert_eq!(fit.n, *n as u64, "{name}");
            assert!(!fit.status.is_refused(), "{model} {name}: {:?}", fit.status);
            if *n > 0 {
                all_finite(&graded, *n);
            } else {
                assert!(numbers(&graded, "clv").iter().all(Option::is_none));
            }
            assert!(fit.words().iter().all(|words| !words.zh.is_empty() && !words.en.is_empty()));
            let round: Fits = serde_json::from_str(&serde_json::to_string(&fits).unwrap()).unwrap();
            assert_eq!(round, fits, "{model} {name}");
        }
    }
}

#[test]
fn two_hundred_customers_are_enough_for_rough_numbers_and_it_says_how_sure_they_are() {
    let stage = lifetime(json!({}));
    let (_, fits) = grade(&stage, &folded(&stage, &simulated(200)));
    let fit = fit_of(&fits);
    assert_eq!(fit.status, FitStatus::Converged);
    let FitStatus::Converged = fit.spend.status else { panic!("{:?}", fit.spend) };
    assert!(fit.sureness.low < fit.sureness.total && fit.sureness.total < fit.sureness.high);
    let words = fit.words();
    assert!(words[1].en.contains("95 % interval") && words[1].zh.contains("95 % 区间"), "{words:?}");
}

#[test]
fn losses_and_costs_to_serve_make_values_negative_where_they_are() {
    let mut customers = simulated(400);
    customers.iter_mut().step_by(2).for_each(|one| one.costs = one.total + 500_000 * one.days);
    let stage = lifetime(json!({"costs": "case when kind = 'ticket' then 12 end"}));
    let (graded, fits) = grade(&stage, &folded(&stage, &customers));
    assert_eq!(fit_of(&fits).spend.model, SpendKind::Margin);
    all_finite(&graded, customers.len());
    let own = numbers(&graded, "clv");
    let repeating = |at: usize| customers[at].days > 3;
    assert!((0..400).step_by(2).filter(|at| repeating(*at)).any(|at| own[at] < Some(0.0)));
    let to_date = numbers(&graded, "clv_to_date");
    assert_eq!(to_date[0], Some(-50.0 * customers[0].days as f64));
}

#[test]
fn purchases_at_fixed_intervals_are_refused_as_a_contract() {
    let mut customers: Vec<Folded> = (0..60)
        .map(|at| Folded { gaps: Some((28.0, 31.0)), ..buyer(6 + at % 5, 30 * (6 + at % 5), 30, 600, 100) })
        .collect();
    customers.extend(simulated(20));
    let stage = lifetime(json!({}));
    let batch = folded(&stage, &customers);
    let (graded, fits) = grade(&stage, &batch);
    let FitStatus::Contractual { share, interval_days, .. } = fit_of(&fits).status else {
        panic!("{:?}", fit_of(&fits).status)
    };
    assert!(share > 0.7 && (28.0..=36.0).contains(&interval_days), "{share} {interval_days}");
    assert!(numbers(&graded, "clv").iter().all(Option::is_none));
    assert_eq!(numbers(&graded, "clv_to_date")[0], Some(600.0), "what was is known all the same");
    let reason = &stage.explain_predictions(&batch, 0, &fits, day())[0];
    assert!(reason.lines.iter().any(|line| line.en.contains("`contract`") && line.zh.contains("contract")));
    // Ordinary shoppers are not.
    let (_, fits) = grade(&stage, &folded(&stage, &simulated(400)));
    assert_eq!(fit_of(&fits).status, FitStatus::Converged);
}

#[test]
fn the_sentence_tells_to_date_and_to_come_apart() {
    let stage = lifetime(json!({"horizon": "2 years", "discount": 0.08}));
    let customers = simulated(600);
    let batch = folded(&stage, &customers);
    let (graded, fits) = grade(&stage, &batch);
    let row = customers.iter().position(|one| one.days > 3).unwrap();
    let reason = stage.explain_predictions(&batch, row, &fits, day()).remove(0);
    assert_eq!((reason.kind, reason.name.as_str()), (PredictionKind::Lifetime, "clv"));
    assert_eq!(reason.given[0].value.as_deref(), Some(column(&graded, "clv")[row].as_str()));
    let line = &reason.lines[0];
    assert!(
        line.en.contains("to date;") && line.en.contains("2 years (discounted at 8 % a year)"),
        "{}",
        line.en
    );
    assert!(
        line.zh.contains("至今带来") && line.zh.contains("2 年") && line.zh.contains("8 %"),
        "{}",
        line.zh
    );
    assert!(reason.render(Lang::Zh).contains("仍是客户的概率"));
}

#[test]
fn pieces_and_threads_do_not_matter() {
    let customers = simulated(700);
    let stage = lifetime(json!({"model": "mbg_nbd"}));
    let whole = folded(&stage, &customers);
    let (one, fits) = grade(&stage, &whole);
    let parts = [whole.slice(0, 13), whole.slice(13, 600), whole.slice(613, 87)];
    let fresh = lifetime(json!({"model": "mbg_nbd"}));
    let (cut, again) = fresh.grade(&parts, None, day(), NonZeroUsize::new(3).unwrap());
    assert_eq!(again.fits, fits.fits);
    for name in ["clv", "clv_low", "clv_high"] {
        let cut: Vec<String> = cut.iter().flat_map(|part| column(part, name)).collect();
        assert_eq!(cut, column(&one, name), "{name}");
    }
    // One alone, with a stage that has seen nobody before: what runs live.
    let alone = lifetime(json!({"model": "mbg_nbd"})).apply(&whole.slice(99, 1), &fits, day());
    assert_eq!(column(&alone, "clv_high")[0], column(&one, "clv_high")[99]);
}

#[test]
fn what_is_asked_for_is_checked() {
    let bad = |written: Value| findings(json!({"predictions": {"clv": written}}));
    let code = |written: Value| {
        let found = bad(written);
        let error = found.0.first().unwrap_or_else(|| panic!("no finding")).clone();
        (error.code.to_string(), error.place.path.unwrap_or_default())
    };
    let lifetime = |key: &str, value: Value| json!({"lifetime": {key: value}});
    assert_eq!(
        code(lifetime("margin", json!(1.5))),
        ("prediction-share".into(), "predictions.clv.lifetime.margin".into())
    );
    assert_eq!(
        code(lifetime("discount", json!(-0.1))),
        ("prediction-share".into(), "predictions.clv.lifetime.discount".into())
    );
    assert_eq!(
        code(lifetime("horizon", json!("200 years"))),
        ("prediction-span".into(), "predictions.clv.lifetime.horizon".into())
    );
    assert_eq!(code(json!({})).0, "prediction-form");
    assert_eq!(
        code(json!({"lifetime": {}, "contract": {"terms": "true", "term": "1 year"}})).0,
        "prediction-form"
    );
    assert_eq!(
        code(json!({"contract": {"terms": "true", "term": "200 years"}})),
        ("prediction-span".into(), "predictions.clv.contract.term".into())
    );
    assert!(
        serde_json::from_value::<Model>(
            json!({"gradus": 1, "predictions": {"clv": {"lifetime": {"horizon": "-3 months"}}}})
        )
        .is_err()
    );
}

/// Days, first and last term's beginning; what all brought.
fn under_contract(stage: &StageB, rows: &[(i64, i64, i64, i64)]) -> RecordBatch {
    let customers: Vec<Folded> =
        rows.iter().map(|(terms, first, last, total)| buyer(*terms, *first, *last, *total, 0)).collect();
    folded(stage, &customers)
}

#[test]
fn contracts_renew_as_the_paper_says() {
    // Fader and Hardie 2007, table 1, the "high end" cohort of 1,000 and who of them was left after each of seven years.
    let surviving = [1000, 869, 743, 653, 593, 551, 517, 491];
    let stage = stage(json!({"predictions": {"clv": {"contract": {
        "terms": "kind = 'fee'", "term": "12 months", "grace": "1 month", "horizon": "3 years", "discount": 0
    }}}}));
    let mut rows = Vec::new();
    for (year, pair) in surviving.windows(2).enumerate() {
        let (terms, left) = (year as i64 + 1, pair[0] - pair[1]);
        // The last term of those who left began long ago.
        rows.extend((0..left).map(|_| (terms, 365 * 7 + 100, 365 * 8 + 60 - 365 * terms, 100 * terms)));
    }
    rows.extend((0..491).map(|_| (8, 365 * 7 + 100, 100, 800)));
    let batch = under_contract(&stage, &rows);
    let (graded, fits) = grade(&stage, &batch);
    let Fit::Contract(fit) = &fits.fits["predictions.clv"] else { panic!("{fits:?}") };
    assert_eq!((fit.n, fit.n_left), (1000, 509));
    let of = |name: &str| fit.parameters.iter().find(|one| one.name == name).unwrap().value;
    let (a, b) = (of("a"), of("b"));
    assert!((a - 0.668).abs() < 5e-4 && (b - 3.806).abs() < 5e-4, "{a} {b}");
    assert_eq!(fit.renewals[0].n_renewed, 869);
    assert!((fit.renewals[0].expected - 0.869).abs() < 0.02, "{:?}", fit.renewals);
    assert!(fit.renewals.iter().all(|one| one.low < Some(one.expected) && one.high > Some(one.expected)));
    // Pearson's sum, worked out apart: at the fourth digit of a and b 12.30 with 7 - 2 degrees of freedom.
    let shape = fit.shape.clone().unwrap();
    assert!((shape.chi_square - 12.30).abs() < 0.05 && shape.degrees == 5, "{shape:?}");
    assert!(!shape.is_off() && shape.p.is_some_and(|p| p > 0.02 && p < 0.05), "{shape:?}");
    let last = rows.len() - 1;
    let (alive, renews) = (numbers(&graded, "clv_alive"), numbers(&graded, "clv_renews"));
    // One in seventeen leaves at once and brings nothing, most stay for three terms of 100.
    let (low, high) = (numbers(&graded, "clv_low"), numbers(&graded, "clv_high"));
    assert_eq!((low[last], low[0], high[0]), (Some(0.0), Some(0.0), Some(0.0)));
    assert!((high[last].unwrap() - 300.0).abs() < 0.01, "{:?}", high[last]);
    assert_eq!((alive[last], alive[0]), (Some(1.0), Some(0.0)));
    assert_eq!(numbers(&graded, "clv")[0], Some(0.0), "who has left brings nothing");
    let retention = |n: f64| (b + n - 1.0) / (a + b + n - 1.0);
    assert!((renews[last].unwrap() - retention(8.0)).abs() < 1e-4);
    let (one, two, three) = (retention(8.0), retention(9.0), retention(10.0));
    let terms = one + one * two + one * two * three;
    assert!((numbers(&graded, "clv_terms")[last].unwrap() - terms).abs() < 1e-4);
    assert!((numbers(&graded, "clv")[last].unwrap() - 100.0 * terms).abs() < 0.02);
    let said = stage.explain_predictions(&batch, last, &fits, day()).remove(0);
    assert!(said.lines[0].en.contains("800 to date"), "{said:?}");
}

#[test]
fn a_curve_of_another_shape_is_hardly_known() {
    let stage = stage(json!({"predictions": {"clv": {"contract": {
        "terms": "kind = 'fee'", "term": "12 months", "horizon": "1 year"
    }}}}));
    // A course of two years: nearly all renew once, and one in four twice.
    let surviving = [900, 810, 211, 180, 157];
    let mut rows = Vec::new();
    for (year, pair) in surviving.windows(2).enumerate() {
        let terms = year as i64 + 1;
        rows.extend(
            (0..pair[0] - pair[1]).map(|at| (terms, 365 * 5, 365 * 6 - 365 * terms, terms * (90 + at % 20))),
        );
    }
    rows.extend((0..157).map(|at| (5, 365 * 4 + 100, 100, 5 * (90 + at % 20))));
    let (graded, fits) = grade(&stage, &under_contract(&stage, &rows));
    let Fit::Contract(fit) = &fits.fits["predictions.clv"] else { panic!("{fits:?}") };
    let shape = fit.shape.clone().unwrap();
    assert!(shape.is_off(), "{shape:?}");
    assert_eq!(shape.worst.as_ref().map(|worst| worst.from), Some(2), "{shape:?}");
    assert_eq!(fit.sureness.sure, Surely::Hardly);
    assert!(
        fit.words()
            .iter()
            .any(|words| words.en.contains("at renewal 2 26.0 %") && words.zh.contains("第 2 次续约"))
    );
    let (low, value) = (numbers(&graded, "clv_low"), numbers(&graded, "clv"));
    let high = numbers(&graded, "clv_high");
    for ((low, value), high) in low.iter().zip(&value).zip(&high) {
        assert!(
            low.unwrap() <= value.unwrap() && value.unwrap() <= high.unwrap(),
            "{low:?} {value:?} {high:?}"
        );
    }
    // What was fitted before its shape was looked at is read as it was.
    let mut before = serde_json::to_value(fit).unwrap();
    before.as_object_mut().unwrap().remove("shape");
    for renewal in before["renewals"].as_array_mut().unwrap() {
        renewal.as_object_mut().unwrap().retain(|name, _| name != "low" && name != "high");
    }
    let read: ContractFit = serde_json::from_value(before).unwrap();
    assert!(read.shape.is_none() && read.words().len() == 3);
}

#[test]
fn what_is_no_contract_is_refused() {
    let stage =
        stage(json!({"predictions": {"clv": {"contract": {"terms": "kind = 'fee'", "term": "12 months"}}}}));
    // Terms of a year that begin every fortnight.
    let rows: Vec<_> = (0..40).map(|at| (20 + at % 3, 300, 100 * (at % 2), 90)).collect();
    let (graded, fits) = grade(&stage, &under_contract(&stage, &rows));
    let Fit::Contract(fit) = &fits.fits["predictions.clv"] else { panic!() };
    assert!(matches!(fit.status, FitStatus::Overlapping { .. }), "{:?}", fit.status);
    assert!(numbers(&graded, "clv").iter().all(Option::is_none));
    let rows: Vec<_> = (0..40).map(|at| (2, 365 + at, at, 90)).collect();
    let (graded, fits) = grade(&stage, &under_contract(&stage, &rows));
    let Fit::Contract(fit) = &fits.fits["predictions.clv"] else { panic!() };
    assert_eq!(fit.status, FitStatus::NoEndSeen { n: 40 });
    assert!(numbers(&graded, "clv").iter().all(Option::is_none));
    assert_eq!(numbers(&graded, "clv_to_date")[0], Some(90.0));
    assert!(fit.status.words().zh.contains("拒绝") && fit.status.words().en.contains("refused"));
}
