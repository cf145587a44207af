//! Spend, value and the summary of transactions against what was published and what other programs give.

use gradus_stats::lifetime::bgnbd::BgNbd;
use gradus_stats::lifetime::fit::{Options, Status};
use gradus_stats::lifetime::gamma_gamma::{GammaGamma, Spends, correlation};
use gradus_stats::lifetime::history::History;
use gradus_stats::lifetime::summary::{held_out, summarise, week_of};
use gradus_stats::lifetime::value::{Horizon, value};

use crate::lifetime::near;
use crate::{after, column, numbers, reference};

#[test]
fn gamma_gamma_on_cdnow_meets_the_note() {
    let Some(csv) = reference("gamma_gamma_cdnow/customers.csv") else { return };
    let x: Vec<u32> = column(&csv, "x").into_iter().map(|x| x as u32).collect();
    let spends = Spends::of(&x, &column(&csv, "m")).unwrap();
    assert_eq!(spends.n_customers(), 946.0);
    near(correlation(&spends).unwrap(), 0.11388391048600445, 1e-10, "correlation");
    let fit = GammaGamma::fit(&spends, &Options::default());
    assert_eq!(fit.status, Status::Converged);
    let GammaGamma { p, q, v } = fit.model;
    near(p, 6.248802489711759, 1e-6, "p");
    near(q, 3.7445884532870273, 1e-6, "q");
    near(v, 15.447748009454658, 1e-6, "v");
    assert!((fit.log_likelihood + 4055.9232435028625).abs() < 1e-6, "{}", fit.log_likelihood);
    let errors = fit.standard_errors.unwrap();
    for (error, expected) in errors.iter().zip([1.189687037659258, 0.290165615135163, 4.1599938783248245]) {
        near(*error, expected, 1e-4, "standard error");
    }
    near(fit.model.population_mean().unwrap(), 35.17100208824099, 1e-7, "mean");
}

#[test]
fn expected_spend_meets_the_note() {
    // Fader and Hardie, note 025, customers 1 to 10, at the unrounded estimates.
    let Some(csv) = reference("gamma_gamma_cdnow/customers.csv") else { return };
    let model = GammaGamma { p: 6.2495722713268735, q: 3.744224667131502, v: 15.443520962578614 };
    let printed = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17];
    let (x, m) = (column(&csv, "x"), column(&csv, "m"));
    for (i, printed) in printed.into_iter().enumerate() {
        let found = model.expected(x[i] as u32, m[i]).unwrap();
        assert!((found - printed).abs() < 0.01, "{}: {found}", i + 1);
    }
}

#[test]
fn discounted_value_meets_the_reference() {
    let Some(json) = reference("gamma_gamma_cdnow/expected.json") else { return };
    let rows = after(&json, "\"clv_discounted\"");
    let of = |name: &str| numbers(after(rows, "\"bgnbd_params\""), name)[0];
    let model = BgNbd { r: of("r"), alpha: of("alpha"), a: of("a"), b: of("b") };
    let mle = after(&json, "\"mle\"");
    let spend = GammaGamma { p: numbers(mle, "p")[0], q: numbers(mle, "q")[0], v: numbers(mle, "v")[0] };
    let rows = after(rows, "\"rows\"");
    let (x, t_x, age) = (numbers(rows, "x"), numbers(rows, "t_x"), numbers(rows, "T"));
    let (m, per_purchase, clv) =
        (numbers(rows, "m"), numbers(rows, "expected_spend"), numbers(rows, "clv_12"));
    assert_eq!(clv.len(), 10);
    let horizon = Horizon { n_periods: 12, period: 4.345, rate: 0.01 };
    for i in 0..clv.len() {
        let customer = History { x: x[i] as u32, t_x: t_x[i], age: age[i] };
        let each = spend.expected(customer.x, m[i]).unwrap();
        near(each, per_purchase[i], 1e-12, "spend");
        near(value(&model, &customer, 0.0, each, &horizon).residual, clv[i], 1e-10, "value");
    }
}

/// Days since 1970-01-01 of a date of 2014.
fn day(date: &str) -> i32 {
    let part = |range: std::ops::Range<usize>| date[range].parse::<i32>().unwrap();
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    assert_eq!(year, 2014);
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    // 2014-01-01 is 16071 days after 1970-01-01.
    16_071 + before[month as usize - 1] + day - 1
}

#[test]
fn summaries_meet_the_reference() {
    let (Some(rows), Some(expected)) = (
        reference("summary_from_transactions/transactions.csv"),
        reference("summary_from_transactions/summary.csv"),
    ) else {
        return;
    };
    let mut rows: Vec<(u64, i32, f64)> = rows
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0].parse().unwrap(), day(cells[1]), cells[2].parse().unwrap())
        })
        .collect();
    rows.sort_by_key(|row| (row.0, row.1));
    let customers: Vec<u64> = rows.iter().map(|row| row.0).collect();
    let days: Vec<i32> = rows.iter().map(|row| row.1).collect();
    let amounts: Vec<f64> = rows.iter().map(|row| row.2).collect();
    let weeks: Vec<i32> = days.iter().map(|day| week_of(*day)).collect();
    let (until, end) = (day("2014-10-31"), day("2014-12-31"));
    for (suffix, periods, end) in [("D", &days, end), ("W", &weeks, week_of(end)), ("cal", &days, until)] {
        let found = summarise(&customers, periods, &amounts, end).unwrap();
        assert_eq!(found.len(), 300);
        let column = |name: &str| column(&expected, &format!("{name}_{suffix}"));
        let (x, t_x, age, mean) =
            (column("frequency"), column("recency"), column("T"), column("monetary_value"));
        for (i, summary) in found.iter().enumerate() {
            assert_eq!(
                (f64::from(summary.x), f64::from(summary.t_x), f64::from(summary.age)),
                (x[i], t_x[i], age[i]),
                "{suffix} {i}"
            );
            assert!((summary.mean - mean[i]).abs() < 1e-9, "{suffix} {i}");
            assert_eq!(summary.history(7.0).age, age[i] / 7.0);
        }
    }
    let fitted = summarise(&customers, &days, &amounts, until).unwrap();
    let held = held_out(&fitted, &customers, &days, &amounts, (until, end));
    let (x, mean) = (column(&expected, "frequency_holdout"), column(&expected, "monetary_value_holdout"));
    for (i, held) in held.iter().enumerate() {
        assert_eq!(f64::from(held.n_purchases), x[i], "{i}");
        assert!((held.mean_of_rows() - mean[i]).abs() < 1e-9, "{i}");
    }
}
