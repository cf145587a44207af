//! Published numbers and numbers of other programs, where the reference folder is at hand: set
//! `GRADUS_REFERENCE` to it. Elsewhere these tests say that they were skipped.

mod cluster;
mod fits;
mod lifetime;
mod logistic;
mod scorecard;
mod spending;
mod survey;
mod survival;
mod tree;

use std::path::PathBuf;

use gradus_stats::calibration::calibration;
use gradus_stats::lift::{best_first, lift};
use gradus_stats::migration::Migration;
use gradus_stats::quantile::{quantiles, quantiles_f64};
use gradus_stats::separation::separation;
use gradus_stats::stability::{DEFAULT_EPSILON, Stability, psi, psi_of_counts};
use gradus_stats::tile::{Ties, bins_from_edges, ntile};

/// A reference file, or nothing (said on standard error) where it is not mounted.
fn reference(path: &str) -> Option<String> {
    let folder = std::env::var_os("GRADUS_REFERENCE").map(PathBuf::from).or_else(|| {
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference");
        beside.is_dir().then_some(beside)
    });
    let text = folder.and_then(|folder| std::fs::read_to_string(folder.join(path)).ok());
    if text.is_none() {
        eprintln!("skipped: no reference file {path}");
    }
    text
}

/// The rest of a JSON text after a word.
fn after<'a>(json: &'a str, word: &str) -> &'a str {
    &json[json.find(word).unwrap() + word.len()..]
}

/// The numbers that follow a key, in their order.
fn numbers(json: &str, key: &str) -> Vec<f64> {
    let key = format!("\"{key}\":");
    let values = json.match_indices(&key).filter_map(|(at, _)| {
        let rest = json[at + key.len()..].trim_start();
        let end = rest.find([',', '\n', '}', ']']).unwrap_or(rest.len());
        rest[..end].trim().parse().ok()
    });
    values.collect()
}

fn column(csv: &str, name: &str) -> Vec<f64> {
    let mut lines = csv.lines();
    let position = lines.next().unwrap().split(',').position(|header| header == name).unwrap();
    lines.map(|line| line.split(',').nth(position).unwrap().parse().unwrap()).collect()
}

#[test]
fn psi_meets_the_reference() {
    let (Some(base), Some(current)) = (reference("psi/base.csv"), reference("psi/current.csv")) else {
        return;
    };
    let (base, current) = (column(&base, "score"), column(&current, "score"));
    assert!((psi(&base, &current, 10, DEFAULT_EPSILON).unwrap() - 0.10227064851984587).abs() < 1e-10);
    assert!(psi(&base, &base, 10, DEFAULT_EPSILON).unwrap().abs() < 1e-15);
    let edges = quantiles_f64(&[&base], 10).unwrap();
    assert_eq!(edges[1..10], [532.0, 554.0, 571.0, 585.0, 600.0, 612.0, 625.3, 643.0, 666.0]);
}

#[test]
fn psi_of_categories_meets_the_reference() {
    let expected = [500.0, 300.0, 150.0, 50.0, 0.0];
    let actual = [450.0, 280.0, 180.0, 70.0, 20.0];
    assert!((psi_of_counts(&expected, &actual, 1e-4).unwrap() - 0.12428349024317917).abs() < 1e-10);
    assert!((psi_of_counts(&expected, &actual, 1e-6).unwrap() - 0.21690682221204322).abs() < 1e-10);
    assert_eq!(psi_of_counts(&expected, &actual[..4], 1e-4), None);
    assert_eq!(psi(&[], &[1.0], 10, 1e-4), None);
}

#[test]
fn separation_meets_the_reference() {
    let Some(data) = reference("ks_auc_gini/data.csv") else { return };
    let outcomes: Vec<bool> = column(&data, "y").into_iter().map(|y| y == 1.0).collect();
    let found = separation(&column(&data, "score"), &outcomes).unwrap();
    assert!((found.auc - 0.7828557552209812).abs() < 1e-12);
    assert!((found.gini - 0.5657115104419623).abs() < 1e-12);
    assert!((found.ks - 0.43428848955803784).abs() < 1e-12);
}

#[test]
fn quintiles_meet_the_reference() {
    let Some(data) = reference("rfm_small/customers.csv") else { return };
    for (raw, binned, tiled, reversed) in [
        ("recency_days", "R_qcut", "R_ntile", true),
        ("frequency", "F_qcut", "F_ntile", false),
        ("monetary", "M_qcut", "M_ntile", false),
    ] {
        let values = column(&data, raw);
        let units: Vec<i64> = values.iter().map(|value| (value * 10_000.0).round() as i64).collect();
        let bins = bins_from_edges(&quantiles(&[&units], 5).unwrap(), Ties::Merge);
        let k = bins.bins.len() as f64;
        let scores: Vec<f64> = units
            .iter()
            .map(|&unit| f64::from(bins.bin_of(unit)) + 1.0)
            .map(|score| if reversed { k + 1.0 - score } else { score })
            .collect();
        assert_eq!(scores, column(&data, binned), "{binned}");
        let tiles = ntile(&values, 5).into_iter().map(f64::from);
        let tiles: Vec<f64> = tiles.map(|tile| if reversed { 6.0 - tile } else { tile }).collect();
        assert_eq!(tiles, column(&data, tiled), "{tiled}");
    }
}

#[test]
fn psi_bin_by_bin_meets_the_reference() {
    let (Some(base), Some(current)) = (reference("psi/base.csv"), reference("psi/current.csv")) else {
        return;
    };
    let known = |csv: &str| column(csv, "score").into_iter().map(Some).collect::<Vec<_>>();
    let found = Stability::of_values(&known(&base), &known(&current), 10, DEFAULT_EPSILON).unwrap();
    assert_eq!(found.base, [204.0, 207.0, 196.0, 208.0, 195.0, 192.0, 198.0, 209.0, 198.0, 193.0]);
    assert_eq!(found.current, [113.0, 95.0, 127.0, 134.0, 125.0, 118.0, 144.0, 179.0, 190.0, 275.0]);
    assert!((found.parts[9] - 0.055726418868702665).abs() < 1e-10);
    assert!((found.psi - 0.10227064851984587).abs() < 1e-10);
}

#[test]
fn lift_by_decile_and_brier_meet_the_reference() {
    let Some(data) = reference("ks_auc_gini/data.csv") else { return };
    let outcomes: Vec<bool> = column(&data, "y").into_iter().map(|y| y == 1.0).collect();
    let scores = column(&data, "score");
    let parts = lift(&best_first(&scores), &outcomes, &vec![0.0; scores.len()], 10).unwrap();
    let events: Vec<u64> = parts.iter().map(|part| part.n_with).collect();
    assert_eq!(events, [38, 25, 18, 21, 11, 14, 7, 8, 2, 1]);
    assert!((parts[0].lift - 2.620689655172414).abs() < 1e-12);
    assert!((parts[4].captured - 0.7793103448275862).abs() < 1e-12);
    assert!((parts[8].cumulative_lift - 1.1034482758620692).abs() < 1e-12);
    let found = calibration(&scores, &outcomes, 10, 0.95).unwrap();
    assert!((found.brier - 0.1629794).abs() < 1e-10);
    assert!((found.log_loss - 0.49464918670051883).abs() < 1e-10);
}

#[test]
fn migration_meets_the_reference() {
    let Some(panel) = reference("tier_migration/panel.csv") else { return };
    let levels = ["bronze", "silver", "gold", "platinum"];
    let place = |name: &str| levels.iter().position(|level| *level == name).unwrap();
    let pairs = panel.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (place(cells[1]), place(cells[2]))
    });
    let found = Migration::of(pairs, 4);
    assert_eq!(found.counts[0], [462.0, 92.0, 16.0, 9.0]);
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-10, "{a} {b}");
    let (up, down, stay) = found.up_down_stay().unwrap();
    close(up, 0.19416666666666665);
    close(down, 0.11166666666666666);
    close(stay, 0.6941666666666667);
    close(found.shares()[3][2], 0.265625);
    close(found.after(2)[3][0], 0.024777334152334154);
    close(found.mobility().unwrap(), 0.445634570090719);
    for (found, expected) in found.stationary().unwrap().into_iter().zip([
        0.30294847540980824,
        0.2507254611125155,
        0.27230076665692976,
        0.17402529682074644,
    ]) {
        close(found, expected);
    }
}
