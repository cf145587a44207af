//! BG/NBD, MBG/NBD and Pareto/NBD against what was published and what other programs give.

use gradus_stats::lifetime::bgnbd::{BgNbd, MbgNbd};
use gradus_stats::lifetime::fit::{Options, Status};
use gradus_stats::lifetime::history::{Histories, History};
use gradus_stats::lifetime::model::RepeatModel;
use gradus_stats::lifetime::pareto_nbd::ParetoNbd;

use crate::{after, column, numbers, reference};

/// The customers of a reference case.
pub fn customers(csv: &str) -> Vec<History> {
    let (x, t_x, age) = (column(csv, "x"), column(csv, "t_x"), column(csv, "T"));
    (0..x.len()).map(|i| History { x: x[i] as u32, t_x: t_x[i], age: age[i] }).collect()
}

pub fn base(customers: &[History]) -> Histories {
    Histories::of_counted(customers.iter().map(|history| (*history, 1.0))).unwrap()
}

pub fn near(found: f64, expected: f64, tolerance: f64, what: &str) {
    // Two zeros are near each other: nothing is expected of a customer who has surely left.
    let off = if found == expected { 0.0 } else { (found / expected - 1.0).abs() };
    assert!(off <= tolerance, "{what}: {found} is not {expected} (off by {off:e})");
}

#[test]
fn bgnbd_on_cdnow_meets_the_paper() {
    let (Some(csv), Some(json)) =
        (reference("bgnbd_cdnow/customers.csv"), reference("bgnbd_cdnow/expected.json"))
    else {
        return;
    };
    let customers = customers(&csv);
    let fit = BgNbd::fit(&base(&customers), &Options::default());
    assert_eq!(fit.status, Status::Converged);
    let mle = after(&json, "\"mle\"");
    let BgNbd { r, alpha, a, b } = fit.model;
    let errors = fit.standard_errors.clone().unwrap();
    for (i, (name, value)) in [("r", r), ("alpha", alpha), ("a", a), ("b", b)].iter().enumerate() {
        near(*value, numbers(mle, name)[0], 1e-7, name);
        near(errors[i], numbers(after(mle, "std_err"), name)[0], 1e-6, "standard error");
    }
    assert!((fit.log_likelihood + 9582.425560567362).abs() < 1e-7, "{}", fit.log_likelihood);
    assert!(fit.gradient < 1e-9, "{}", fit.gradient);
    // Table 2 of the paper.
    let printed = [format!("{r:.3}"), format!("{alpha:.3}"), format!("{a:.3}"), format!("{b:.3}")];
    assert_eq!(printed, ["0.243", "4.414", "0.793", "2.426"]);
    let total: f64 = customers.iter().map(|customer| fit.model.expected(customer, 39.0)).sum();
    near(total, 1653.4232598040212, 1e-7, "purchases of 39 weeks");
    let mut fast = fit.model.expecting(39.0);
    for customer in &customers {
        near(fast.of(customer), fit.model.expected(customer, 39.0), 1e-12, "both ways");
    }
}

#[test]
fn bgnbd_predictions_meet_fifty_digits() {
    let Some(json) = reference("bgnbd_cdnow/expected.json") else { return };
    let mle = after(&json, "\"mle\"");
    let of = |name: &str| numbers(mle, name)[0];
    let model = BgNbd { r: of("r"), alpha: of("alpha"), a: of("a"), b: of("b") };
    let rows = after(&json, "\"predictions_at_mle\"");
    let column = |name: &str| numbers(rows, name);
    let (x, t_x, age, p_alive) = (column("x"), column("t_x"), column("T"), column("p_alive"));
    assert!(x.len() >= 18);
    for i in 0..x.len() {
        let customer = History { x: x[i] as u32, t_x: t_x[i], age: age[i] };
        near(model.p_alive(&customer), p_alive[i], 1e-12, "alive");
        for (name, t) in [("e_1w", 1.0), ("e_13w", 13.0), ("e_39w", 39.0), ("e_52w", 52.0)] {
            near(model.expected(&customer, t), column(name)[i], 1e-11, name);
        }
    }
    // The paper's spreadsheet.
    for (t, expected) in [(0.1429, 0.0078), (1.0, 0.0532), (3.0, 0.1506), (31.8571, 1.0405), (78.0, 1.8576)] {
        assert!((model.expected_new(t) - expected).abs() < 5e-4, "{t}");
    }
}

#[test]
fn bgnbd_chances_meet_the_manual() {
    // R's BTYD manual: bgnbd.pmf at the printed parameters.
    let model = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
    assert!((model.probability_new(0, 39.0) - 0.5737864).abs() < 1e-7);
    assert!((model.probability_new(10, 2.0) - 1.07869e-7).abs() < 1e-12);
    let printed = [
        0.0019995214,
        0.0015170236,
        0.0011633150,
        0.0009003148,
        0.0007023638,
        0.0005517902,
        0.0004361913,
        0.0003467171,
        0.0002769613,
        0.0002222260,
    ];
    for (k, expected) in (11..=20).zip(printed) {
        assert!((model.probability_new(k, 30.0) - expected).abs() < 1e-10, "{k}");
    }
}

#[test]
fn penalised_fits_meet_the_same_objective() {
    let (Some(csv), Some(json)) = (
        reference("bgnbd_simulated_penalised/customers.csv"),
        reference("bgnbd_simulated_penalised/expected.json"),
    ) else {
        return;
    };
    let base = base(&customers(&csv));
    for penalty in ["0.0", "0.001", "0.01", "0.1"] {
        let options = Options { penalty: penalty.parse().unwrap(), ..Options::default() };
        let fit = BgNbd::fit(&base, &options);
        let case = after(after(&json, "\"fits\""), &format!("\"{penalty}\""));
        let BgNbd { r, alpha, a, b } = fit.model;
        for (name, value) in [("r", r), ("alpha", alpha), ("a", a), ("b", b)] {
            near(value, numbers(case, name)[0], 1e-7, name);
        }
        assert!((fit.log_likelihood - numbers(case, "loglik")[0]).abs() < 1e-6);
        near(-fit.objective, numbers(case, "penalized_objective_scaled_time")[0], 1e-10, "objective");
        let errors = fit.standard_errors.unwrap();
        near(errors[1], numbers(after(case, "std_err"), "alpha")[0], 1e-4, "standard error");
    }
}

#[test]
fn mbgnbd_and_pareto_nbd_on_cdnow_meet_what_was_published() {
    let Some(csv) = reference("bgnbd_cdnow/customers.csv") else { return };
    let base = base(&customers(&csv));
    let fit = MbgNbd::fit(&base, &Options::default());
    assert_eq!(fit.status, Status::Converged);
    let MbgNbd { r, alpha, a, b } = fit.model;
    for (found, expected) in [(r, 0.524838), (alpha, 6.182992), (a, 0.891356), (b, 1.613999)] {
        near(found, expected, 2e-6, "MBG/NBD");
    }
    let fit = ParetoNbd::fit(&base, &Options::default());
    assert_eq!(fit.status, Status::Converged);
    let ParetoNbd { r, alpha, s, beta } = fit.model;
    for (found, expected) in [(r, 0.55328), (alpha, 10.5776), (s, 0.60621), (beta, 11.6679)] {
        near(found, expected, 1e-5, "Pareto/NBD");
    }
    assert!((fit.log_likelihood + 9594.97393).abs() < 1e-4, "{}", fit.log_likelihood);
}
