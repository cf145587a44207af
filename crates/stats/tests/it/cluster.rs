//! k-means on the wine data (178 rows of 13 features) against scikit-learn 1.9 and the best of 200 restarts.

use gradus_stats::cluster::{
    Options, Points, adjusted_rand, calinski_harabasz, davies_bouldin, fit, fit_from, silhouette,
};
use gradus_stats::scale::{Scale, scalings};

use super::{column, reference};

fn wine(data: &str, scale: Scale) -> Points {
    let names: Vec<&str> = data.lines().next().unwrap().split(',').filter(|name| *name != "class").collect();
    let columns: Vec<Vec<f64>> = names.iter().map(|name| column(data, name)).collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Points::from_columns(&columns, &scalings(&columns, scale).unwrap()).unwrap()
}

#[test]
fn lloyd_from_given_rows_meets_the_reference() {
    let Some(data) = reference("kmeans_wine/data.csv") else { return };
    let class: Vec<u32> = column(&data, "class").into_iter().map(|class| class as u32).collect();
    struct Case {
        scale: Scale,
        rows: &'static [usize],
        inertia: f64,
        rounds: usize,
        sizes: &'static [u64],
        indices: [f64; 3],
    }
    let cases = [
        Case {
            scale: Scale::Standard,
            rows: &[0, 59, 130],
            inertia: 1277.9284888446423,
            rounds: 7,
            sizes: &[62, 65, 51],
            indices: [0.2848589191898987, 70.9400080031512, 1.3891879777181646],
        },
        Case {
            scale: Scale::Raw,
            rows: &[0, 59, 130],
            inertia: 2370689.686782968,
            rounds: 5,
            sizes: &[47, 69, 62],
            indices: [0.5711381937868838, 561.815657860671, 0.5342431775436286],
        },
        Case {
            scale: Scale::Standard,
            rows: &[0, 50, 100, 150],
            inertia: 1205.5704724902907,
            rounds: 15,
            sizes: &[55, 22, 52, 49],
            indices: [0.23274122081107407, 53.32654876887001, 1.8115478971230796],
        },
    ];
    for case in &cases {
        let points = wine(&data, case.scale);
        let start: Vec<f64> = case.rows.iter().flat_map(|row| points.row(*row).to_vec()).collect();
        let k = case.rows.len();
        let found = fit_from(&points, &start, &Options { tolerance: 0.0, ..Options::of(k, 0) }).unwrap();
        assert!((found.inertia / case.inertia - 1.0).abs() < 1e-9);
        assert_eq!((found.rounds, found.sizes.as_slice()), (case.rounds, case.sizes));
        let indices = [
            silhouette(&points, &found.labels, k, 1_000, 0).unwrap().unwrap(),
            calinski_harabasz(&points, &found.labels, k).unwrap().unwrap(),
            davies_bouldin(&points, &found.labels, k).unwrap().unwrap(),
        ];
        for (found, wanted) in indices.iter().zip(case.indices) {
            assert!((found / wanted - 1.0).abs() < 1e-9, "{found} {wanted}");
        }
    }
    let points = wine(&data, Scale::Standard);
    let free = fit(&points, &Options { n_starts: 20, tolerance: 0.0, ..Options::of(3, 1) }).unwrap();
    assert!((adjusted_rand(&free.labels, &class).unwrap() - 0.8974949815093207).abs() < 1e-12);
}

#[test]
fn free_fits_reach_the_best_of_200_restarts() {
    let Some(data) = reference("kmeans_wine/data.csv") else { return };
    let points = wine(&data, Scale::Standard);
    for (k, best) in [(1, 2314.0), (2, 1658.758852429096), (3, 1277.928488844643), (4, 1175.3518813658288)] {
        let found = fit(&points, &Options { n_starts: 60, tolerance: 0.0, ..Options::of(k, 3) }).unwrap();
        assert!(found.inertia < best * (1.0 + 1e-6), "{k}: {} {best}", found.inertia);
    }
    let raw = fit(&wine(&data, Scale::Raw), &Options { n_starts: 20, tolerance: 0.0, ..Options::of(3, 3) })
        .unwrap();
    assert!((raw.inertia / 2370689.6867829696 - 1.0).abs() < 1e-6);
}
