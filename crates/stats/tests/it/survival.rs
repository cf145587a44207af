//! Survival curves and proportional hazards against published values and other programs.

use gradus_stats::survival::cox::{CoxStatus, cox};
use gradus_stats::survival::kaplan_meier::curve;
use gradus_stats::survival::log_rank::log_rank;

use crate::{after, column, reference};

/// The numbers of a JSON array that follows a key.
fn list(json: &str, key: &str) -> Vec<f64> {
    let rest = after(json, &format!("\"{key}\""));
    let rest = &rest[rest.find('[').unwrap() + 1..];
    rest[..rest.find(']').unwrap()].split(',').map(|number| number.trim().parse().unwrap()).collect()
}

#[test]
fn kaplan_meier_and_log_rank_meet_the_reference() {
    let (Some(csv), Some(json)) =
        (reference("kaplan_meier_waltons/data.csv"), reference("kaplan_meier_waltons/expected.json"))
    else {
        return;
    };
    let times = column(&csv, "T");
    let happened: Vec<bool> = column(&csv, "E").into_iter().map(|event| event == 1.0).collect();
    let groups: Vec<usize> = csv.lines().skip(1).map(|line| usize::from(line.ends_with("miR-137"))).collect();
    for (group, name, median) in [(0, "control", 58.0), (1, "miR-137", 26.0)] {
        let rows = || (0..times.len()).filter(|&row| groups[row] == group);
        let own: (Vec<f64>, Vec<bool>) = rows().map(|row| (times[row], happened[row])).unzip();
        let found = curve(&own.0, &own.1, 0.95).unwrap();
        assert_eq!(found.median(), Some(median));
        let expected = after(&json, &format!("\"{name}\""));
        // The first of the list is the start.
        assert_eq!(list(expected, "times").len(), found.points.len() + 1);
        for (key, of) in [
            ("times", (|point| point.time) as fn(&gradus_stats::survival::kaplan_meier::Point) -> f64),
            ("survival", |point| point.survival),
            ("ci_lower", |point| point.low),
            ("ci_upper", |point| point.high),
        ] {
            for (point, expected) in found.points.iter().zip(&list(expected, key)[1..]) {
                assert!((of(point) - expected).abs() < 1e-12, "{name} {key}: {point:?} is not {expected}");
            }
        }
    }
    let found = log_rank(&times, &happened, &groups, 2).unwrap().unwrap();
    assert!((found.chi_square / 122.24912557300637 - 1.0).abs() < 1e-12);
    assert!((found.p / 2.0359832222853224e-28 - 1.0).abs() < 1e-9);
}

/// Rossi, Berk and Lenihan 1980, Money, Work and Crime: 432 released, weeks until arrested again; the data
/// of Fox 2002, "Cox proportional-hazards regression for survival data", whose table this meets. More digits
/// from lifelines 0.30.3.
#[test]
fn cox_meets_foxs_table() {
    let csv = include_str!("rossi.csv");
    let happened: Vec<bool> = column(csv, "arrest").into_iter().map(|event| event == 1.0).collect();
    let names = ["fin", "age", "race", "wexp", "mar", "paro", "prio"];
    let columns: Vec<Vec<f64>> = names.iter().map(|name| column(csv, name)).collect();
    let found = cox(&column(csv, "week"), &happened, &columns).unwrap();
    assert_eq!((found.status.clone(), found.n, found.n_events), (CoxStatus::Converged, 432, 114));
    let printed = ["-0.379", "-0.057", "0.314", "-0.150", "-0.434", "-0.085", "0.091"];
    let expected = [
        (-0.3794221657180835, 0.19137948069828947),
        (-0.05743774002920776, 0.021999470362241924),
        (0.3138997872674409, 0.30799277660836105),
        (-0.14979570182124166, 0.21222429637584322),
        (-0.43370388118524955, 0.38186805708539334),
        (-0.0848710806345732, 0.1957566718758514),
        (0.09149708173533616, 0.028648549895298747),
    ];
    for (coefficient, (printed, (value, error))) in
        found.coefficients.iter().flatten().zip(printed.into_iter().zip(expected))
    {
        assert_eq!(format!("{:.3}", coefficient.value), printed);
        assert!((coefficient.value - value).abs() < 1e-6, "{coefficient:?}");
        assert!((coefficient.standard_error.unwrap() - error).abs() < 1e-6, "{coefficient:?}");
    }
    let prio = found.coefficients[6].unwrap();
    assert_eq!(format!("{:.3} {:.4}", prio.hazard_ratio(), prio.p().unwrap()), "1.096 0.0014");
    assert!((found.log_likelihood + 658.7476594460858).abs() < 1e-6);
    assert!((found.likelihood_ratio().0 - 33.27).abs() < 0.01 && found.likelihood_ratio().1 == 7);
    assert!((found.concordance.c().unwrap() - 0.6403292470997135).abs() < 1e-9);
    let hazard = |week: f64| found.baseline.iter().find(|(at, _)| *at == week).unwrap().1;
    for (week, expected) in [(6.0, 0.011816), (21.0, 0.088288), (52.0, 0.274373)] {
        assert!((hazard(week) - expected).abs() < 1e-6, "{week}: {}", hazard(week));
    }
}
