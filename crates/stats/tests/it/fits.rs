//! What must hold of the fits of lifetime value whatever the customers: derivatives, invariances, ends.

use gradus_stats::lifetime::bgnbd::{BgNbd, MbgNbd};
use gradus_stats::lifetime::fit::{End, Few, Fit, Options, Parameters, Prior, Status};
use gradus_stats::lifetime::gamma_gamma::{GammaGamma, Spends};
use gradus_stats::lifetime::history::{Histories, History};
use gradus_stats::lifetime::interval::{Scale, Sure, draws, interval, interval_of_draws, sureness};
use gradus_stats::lifetime::model::RepeatModel;
use gradus_stats::lifetime::pareto_nbd::ParetoNbd;
use gradus_stats::newton::Evaluation;
use gradus_stats::random::Random;
use proptest::prelude::*;

use crate::lifetime::near;

/// A base that the model itself makes, first purchases spread over the time.
fn simulated<M: RepeatModel>(model: &M, n: usize, longest: f64, seed: u64) -> Vec<History> {
    let mut random = Random::new(seed);
    let new = History { x: 0, t_x: 0.0, age: 0.0 };
    (0..n)
        .map(|_| {
            let age = (longest * (0.6 + 0.4 * random.open_unit())).floor();
            let mut times = Vec::new();
            model.draw_purchases(&new, age, &mut random, &mut times);
            History { x: times.len() as u32, t_x: times.last().copied().unwrap_or(0.0), age }
        })
        .collect()
}

fn base(customers: &[History]) -> Histories {
    Histories::of_counted(customers.iter().map(|history| (*history, 1.0))).unwrap()
}

fn history() -> impl Strategy<Value = History> {
    (0u32..60, 0.0..1.0f64, 0.0..200.0f64).prop_map(|(x, share, age)| History {
        x,
        t_x: if x == 0 { 0.0 } else { share * age },
        age,
    })
}

fn derivatives_hold(logs: &[f64], evaluate: impl Fn(&[f64]) -> Evaluation) {
    const STEP: f64 = 1e-5;
    let at = evaluate(logs);
    let k = logs.len();
    for i in 0..k {
        let moved = |by: f64| {
            let mut there = logs.to_vec();
            there[i] += by;
            evaluate(&there)
        };
        let (up, down) = (moved(STEP), moved(-STEP));
        let close = |quotient: f64, derivative: f64, size: f64| {
            let off = (quotient - derivative).abs();
            assert!(off < 1e-6 * (1.0 + size.abs()), "{logs:?}, {i}: {quotient} is not {derivative}");
        };
        close((up.value - down.value) / (2.0 * STEP), at.gradient[i], at.value);
        for j in 0..k {
            let size = at.gradient[j].abs() + at.value.abs();
            close((up.gradient[j] - down.gradient[j]) / (2.0 * STEP), at.hessian[i * k + j], size);
            assert_eq!(at.hessian[i * k + j], at.hessian[j * k + i]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn derivatives_are_difference_quotients(
        customers in proptest::collection::vec(history(), 1..6),
        logs in proptest::collection::vec(-2.0..3.0f64, 4),
    ) {
        let base = base(&customers);
        derivatives_hold(&logs, |logs| BgNbd::evaluate(logs, &base));
        derivatives_hold(&logs, |logs| MbgNbd::evaluate(logs, &base));
        derivatives_hold(&logs, |logs| ParetoNbd::evaluate(logs, &base));
        let rows: Vec<(u32, f64, f64)> =
            customers.iter().map(|customer| (customer.x + 1, 1.0 + customer.age, 2.0)).collect();
        derivatives_hold(&logs[..3], |logs| GammaGamma::evaluate(logs, &rows));
    }

    #[test]
    fn sums_over_a_base_are_those_of_its_customers(
        customers in proptest::collection::vec(history(), 1..20),
        logs in proptest::collection::vec(-2.0..3.0f64, 4),
    ) {
        let twice: Vec<History> = customers.iter().chain(&customers).copied().collect();
        let counted = Histories::of_counted(customers.iter().map(|history| (*history, 2.0))).unwrap();
        let one_by_one = |model: &dyn Fn(&History) -> f64| customers.iter().map(model).sum::<f64>() * 2.0;
        let close = |a: f64, b: f64| prop_assert_eq_nearly(a, b);
        let bg = BgNbd::from_logs(&logs);
        close(BgNbd::evaluate(&logs, &counted).value, one_by_one(&|h| bg.log_likelihood(h)));
        close(BgNbd::evaluate(&logs, &base(&twice)).value, one_by_one(&|h| bg.log_likelihood(h)));
        let mbg = MbgNbd::from_logs(&logs);
        close(MbgNbd::evaluate(&logs, &counted).value, one_by_one(&|h| mbg.log_likelihood(h)));
        let pareto = ParetoNbd::from_logs(&logs);
        close(ParetoNbd::evaluate(&logs, &counted).value, one_by_one(&|h| pareto.log_likelihood(h)));
    }

    #[test]
    fn predictions_are_finite_and_go_the_right_way(
        customer in history(),
        logs in proptest::collection::vec(-4.0..6.0f64, 4),
        t in 0.1..300.0f64,
    ) {
        check_model(&BgNbd::from_logs(&logs), &customer, t);
        check_model(&MbgNbd::from_logs(&logs), &customer, t);
        check_model(&ParetoNbd::from_logs(&logs), &customer, t);
        let mut fast = BgNbd::from_logs(&logs).expecting(t);
        near(fast.of(&customer), BgNbd::from_logs(&logs).expected(&customer, t), 1e-10, "both ways");
    }
}

fn prop_assert_eq_nearly(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-11 * (1.0 + a.abs()), "{a} is not {b}");
}

fn check_model(model: &impl RepeatModel, customer: &History, t: f64) {
    let alive = model.p_alive(customer);
    assert!((0.0..=1.0).contains(&alive));
    // The longer nobody has seen the customer, the likelier they have left.
    let later = History { age: customer.age + t, ..*customer };
    assert!(model.p_alive(&later) <= alive + 1e-12);
    let (some, more) = (model.expected(customer, t), model.expected(customer, 2.0 * t));
    assert!(some.is_finite() && some >= 0.0 && more >= some * (1.0 - 1e-12), "{some} {more}");
    // Ever fewer in the same time.
    assert!(more <= 2.0 * some * (1.0 + 1e-9), "{some} {more}");
    assert!(model.expected(customer, 0.0) == 0.0 && model.log_likelihood(customer).is_finite());
    let chance = model.probability(customer, 3, t);
    assert!((0.0..=1.0).contains(&chance), "{chance}");
}

#[test]
fn what_was_drawn_is_found_again() {
    let customers = simulated(&BgNbd { r: 0.8, alpha: 25.0, a: 1.2, b: 3.5 }, 6_000, 700.0, 1);
    found_again(
        &BgNbd { r: 0.8, alpha: 25.0, a: 1.2, b: 3.5 },
        BgNbd::fit(&base(&customers), &Options::default()),
    );
    let truth = MbgNbd { r: 0.5, alpha: 6.2, a: 0.9, b: 1.6 };
    let customers = simulated(&truth, 6_000, 90.0, 2);
    found_again(&truth, MbgNbd::fit(&base(&customers), &Options::default()));
    let truth = ParetoNbd { r: 0.55, alpha: 10.6, s: 0.6, beta: 11.7 };
    let customers = simulated(&truth, 3_000, 90.0, 3);
    found_again(&truth, ParetoNbd::fit(&base(&customers), &Options::default()));
}

fn found_again<M: Parameters + std::fmt::Debug>(truth: &M, fit: Fit<M>) {
    assert_eq!(fit.status, Status::Converged, "{fit:?}");
    assert!(fit.gradient < 1e-8, "{}", fit.gradient);
    for (i, (found, log)) in fit.model.to_logs().iter().zip(truth.to_logs()).enumerate() {
        let error = fit.covariance[i * 4 + i].sqrt();
        assert!(
            (found - log).abs() < 4.0 * error && error < 1.0,
            "{} of {:?} by {error}",
            M::NAMES[i],
            fit.model
        );
    }
}

#[test]
fn a_fit_knows_no_unit_of_time_and_no_order() {
    let mut customers = simulated(&BgNbd { r: 0.8, alpha: 25.0, a: 1.2, b: 3.5 }, 800, 700.0, 4);
    let days = BgNbd::fit(&base(&customers), &Options::default());
    let weeks: Vec<History> = customers.iter().map(|customer| customer.scaled(1.0 / 7.0)).collect();
    let weeks = BgNbd::fit(&base(&weeks), &Options::default());
    near(weeks.model.alpha * 7.0, days.model.alpha, 1e-8, "alpha");
    near(weeks.model.r, days.model.r, 1e-8, "r");
    let purchases: f64 = customers.iter().map(|customer| f64::from(customer.x)).sum();
    near(weeks.log_likelihood - purchases * 7f64.ln(), days.log_likelihood, 1e-10, "likelihood");
    customers.reverse();
    assert_eq!(BgNbd::fit(&base(&customers), &Options::default()), days);
}

#[test]
fn a_base_too_large_to_search_through_is_fitted_on_all_of_it() {
    let truth = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
    let customers: Vec<History> = simulated(&truth, 80_000, 39.0, 5);
    let base = base(&customers);
    assert!(base.n_patterns() > 24_000);
    let fit = BgNbd::fit(&base, &Options::default());
    assert_eq!(fit.status, Status::Converged);
    assert!(fit.gradient < 1e-9, "{}", fit.gradient);
    let sum: f64 = customers.iter().map(|customer| fit.model.log_likelihood(customer)).sum();
    near(fit.log_likelihood, sum, 1e-10, "likelihood");
}

/// A finite answer for whatever a base is, and a status that says what it is worth.
fn usable<M: Parameters + RepeatModel>(fit: &Fit<M>) {
    for customer in [History { x: 0, t_x: 0.0, age: 5.0 }, History { x: 3, t_x: 2.0, age: 5.0 }] {
        let expected = fit.model.expected(&customer, 10.0);
        assert!(expected.is_finite() && expected >= 0.0, "{expected}");
        assert!((0.0..=1.0).contains(&fit.model.p_alive(&customer)));
    }
    assert!(fit.model.expected_new(10.0).is_finite() && fit.log_likelihood.is_finite());
    assert!(fit.covariance.iter().all(|value| value.is_finite()));
}

#[test]
fn bases_that_say_little_have_a_status_and_predictions() {
    let never = base(&[History { x: 0, t_x: 0.0, age: 30.0 }; 1000]);
    let nobody = base(&[]);
    let one = base(&[History { x: 4, t_x: 20.0, age: 30.0 }]);
    let today = base(&[History { x: 0, t_x: 0.0, age: 0.0 }; 50]);
    let huge = base(&[History { x: 100_000, t_x: 29.0, age: 30.0 }; 3]);
    for (base, unidentified) in
        [(&never, true), (&nobody, false), (&one, false), (&today, true), (&huge, false)]
    {
        let fit = BgNbd::fit(base, &Options::default());
        let expected = if unidentified {
            Status::Unidentified
        } else {
            Status::TooFew(Few { n: base.n_repeaters(), needed: 10.0 })
        };
        assert_eq!(fit.status, expected);
        usable(&fit);
        let fit = MbgNbd::fit(base, &Options::default());
        assert_eq!(fit.status, expected);
        usable(&fit);
        let fit = ParetoNbd::fit(base, &Options::default());
        assert_eq!(fit.status, expected);
        usable(&fit);
    }
    // A thousand who never came back: hardly anything is expected.
    assert!(BgNbd::fit(&never, &Options::default()).model.expected_new(30.0) < 0.05);
}

#[test]
fn parameters_that_run_away_are_named() {
    // All alike, none leaves: they do not differ in rate.
    let mut random = Random::new(6);
    let alike: Vec<History> = (0..2_000)
        .map(|_| {
            let (mut x, mut at, mut last) = (0, random.exponential(), 0.0);
            while at < 20.0 {
                (x, last) = (x + 1, at);
                at += random.exponential();
            }
            History { x, t_x: last, age: 20.0 }
        })
        .collect();
    let fit = BgNbd::fit(&base(&alike), &Options::default());
    let Status::Boundary(ends) = &fit.status else { panic!("{:?}", fit.status) };
    assert!(!ends.is_empty());
    usable(&fit);
    near(fit.model.expected_new(10.0), 10.0, 0.05, "a rate of 1");
    // Everybody leaves by the same chance: a and b run away together.
    let mut random = Random::new(7);
    let same: Vec<History> = (0..3_000)
        .map(|_| {
            let lambda = random.gamma(1.5) / 3.0;
            let (mut x, mut at, mut last) = (0, random.exponential() / lambda, 0.0);
            while at < 40.0 {
                (x, last) = (x + 1, at);
                at =
                    if random.open_unit() < 0.3 { f64::INFINITY } else { at + random.exponential() / lambda };
            }
            History { x, t_x: last, age: 40.0 }
        })
        .collect();
    let fit = BgNbd::fit(&base(&same), &Options::default());
    if let Status::Boundary(ends) = &fit.status {
        assert!(ends.contains(&("a", End::Infinity)) && ends.contains(&("b", End::Infinity)), "{ends:?}");
    }
    near(fit.model.a / (fit.model.a + fit.model.b), 0.3, 0.1, "chance to leave");
    usable(&fit);
}

#[test]
fn two_hundred_customers_work() {
    let truth = BgNbd { r: 0.6, alpha: 12.0, a: 0.9, b: 2.8 };
    let weak = Options { prior: Prior::Weak, ..Options::default() };
    let (mut inside, mut worst) = (0, 0.0f64);
    for seed in 0..20 {
        let customers = simulated(&truth, 200, 60.0, 100 + seed);
        let base = base(&customers);
        let fit = BgNbd::fit(&base, &weak);
        assert_eq!(fit.status, Status::Converged, "{fit:?}");
        let total: f64 = customers.iter().map(|customer| truth.expected(customer, 30.0)).sum();
        let sure = sureness(&fit, &base, 30.0);
        worst = worst.max((sure.total.value / total - 1.0).abs());
        inside += usize::from(sure.total.low < total && total < sure.total.high);
        assert!(fit.learned.iter().all(|share| (0.0..=1.0).contains(share)));
        assert!(fit.learned[1] > 0.5, "{:?}", fit.learned);
    }
    assert!(inside >= 16 && worst < 0.6, "{inside} of 20, off by {worst}");
    // Ten thousand outweigh the prior.
    let many = base(&simulated(&truth, 10_000, 60.0, 200));
    let (plain, with) = (BgNbd::fit(&many, &Options::default()), BgNbd::fit(&many, &weak));
    near(with.model.expected_new(30.0), plain.model.expected_new(30.0), 0.01, "with the prior");
    assert_eq!(sureness(&plain, &many, 30.0).sure, Sure::Well);
    let few = base(&[History { x: 4, t_x: 20.0, age: 30.0 }]);
    assert_eq!(sureness(&BgNbd::fit(&few, &weak), &few, 30.0).sure, Sure::Hardly);
}

#[test]
fn both_kinds_of_intervals_agree() {
    let truth = BgNbd { r: 0.6, alpha: 12.0, a: 0.9, b: 2.8 };
    let fit = BgNbd::fit(&base(&simulated(&truth, 4_000, 60.0, 300)), &Options::default());
    let customer = History { x: 3, t_x: 30.0, age: 50.0 };
    let models = draws(&fit, 2_000, 9);
    for (scale, of) in [
        (Scale::Log, (|model, customer| model.expected(customer, 30.0)) as fn(&BgNbd, &History) -> f64),
        (Scale::Logit, |model, customer| model.p_alive(customer)),
    ] {
        let smooth = interval(&fit, scale, 0.95, |model| of(model, &customer));
        let drawn = interval_of_draws(&fit, &models, 0.95, |model| of(model, &customer));
        assert_eq!(smooth.value, drawn.value);
        assert!(smooth.low < smooth.value && smooth.value < smooth.high);
        near(smooth.low, drawn.low, 0.02, "low");
        near(smooth.high, drawn.high, 0.02, "high");
    }
    assert_eq!(draws(&fit, 3, 9), models[..3]);
    // P(alive) of who never came back is 1 whatever the parameters.
    let once = History { x: 0, t_x: 0.0, age: 50.0 };
    let certain = interval(&fit, Scale::Logit, 0.95, |model| model.p_alive(&once));
    assert_eq!((certain.low, certain.high), (1.0, 1.0));
}

#[test]
fn spend_that_was_drawn_is_found_again() {
    let truth = GammaGamma { p: 4.0, q: 3.5, v: 20.0 };
    let mut random = Random::new(8);
    let x: Vec<u32> = (0..5_000).map(|i| 1 + i % 7).collect();
    let means: Vec<f64> = x
        .iter()
        .map(|&x| {
            let nu = truth.draw_nu(0, 0.0, &mut random);
            (0..x).map(|_| truth.draw_purchase(nu, &mut random)).sum::<f64>() / f64::from(x)
        })
        .collect();
    let fit = GammaGamma::fit(&Spends::of(&x, &means).unwrap(), &Options::default());
    assert_eq!(fit.status, Status::Converged);
    for (i, (found, log)) in fit.model.to_logs().iter().zip(truth.to_logs()).enumerate() {
        assert!((found - log).abs() < 4.0 * fit.covariance[i * 4].sqrt(), "{:?}", fit.model);
    }
    near(fit.model.population_mean().unwrap(), truth.population_mean().unwrap(), 0.05, "mean");
    // In another currency the same.
    let other: Vec<f64> = means.iter().map(|mean| mean * 7.8).collect();
    let again = GammaGamma::fit(&Spends::of(&x, &other).unwrap(), &Options::default());
    near(again.model.v, 7.8 * fit.model.v, 1e-8, "v");
}
