use proptest::prelude::*;

use super::*;
use crate::random::Random;
use crate::scale::{Scale, scalings};

/// `k` heaps of points, far apart in proportion to `gap`.
fn heaps(n: usize, k: usize, gap: f64, seed: u64) -> (Points, Vec<u32>) {
    let mut random = Random::new(seed);
    let mut values = Vec::new();
    let labels: Vec<u32> = (0..n).map(|row| (row % k) as u32).collect();
    for label in &labels {
        let angle = f64::from(*label) * std::f64::consts::TAU / k as f64;
        values.extend([gap * angle.cos() + random.normal(), gap * angle.sin() + random.normal()]);
    }
    (Points::from_rows(values, 2).unwrap(), labels)
}

/// Lloyd's algorithm with every distance measured.
fn naive(points: &Points, start: &[f64]) -> (Vec<u32>, f64) {
    let d = points.dimensions();
    let mut centres: Vec<Vec<f64>> = start.chunks(d).map(<[f64]>::to_vec).collect();
    let mut labels = vec![u32::MAX; points.len()];
    loop {
        let next: Vec<u32> = points
            .rows()
            .map(|row| {
                let distances: Vec<f64> =
                    centres.iter().map(|centre| squared_distance(row, centre)).collect();
                let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
                distances.iter().position(|distance| *distance == least).unwrap() as u32
            })
            .collect();
        if next == labels {
            let own = |label: u32| &centres[label as usize];
            let inertia =
                points.rows().zip(&labels).map(|(row, label)| squared_distance(row, own(*label))).sum();
            return (labels, inertia);
        }
        labels = next;
        for (label, centre) in centres.iter_mut().enumerate() {
            let own: Vec<&[f64]> = points
                .rows()
                .zip(&labels)
                .filter(|(_, l)| **l as usize == label)
                .map(|(row, _)| row)
                .collect();
            if own.is_empty() {
                return (Vec::new(), f64::NAN);
            }
            for (at, x) in centre.iter_mut().enumerate() {
                *x = own.iter().map(|row| row[at]).sum::<f64>() / own.len() as f64;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn bounds_change_nothing(n in 20usize..200, k in 2usize..12, gap in 0.0f64..4.0, seed in 0u64..1000) {
        let (points, _) = heaps(n, 3, gap, seed);
        let start: Vec<f64> = (0..k).flat_map(|at| points.row(at).to_vec()).collect();
        let (labels, inertia) = naive(&points, &start);
        prop_assume!(!labels.is_empty());
        let exact = Options { tolerance: 0.0, max_rounds: 10_000, ..Options::of(k, 0) };
        let found = fit_from(&points, &start, &exact).unwrap();
        prop_assert!(found.converged);
        prop_assert!((found.inertia / inertia - 1.0).abs() < 1e-9);
        prop_assert_eq!(found.labels, labels);
    }
}

#[test]
fn heaps_are_found_and_a_seed_determines_everything() {
    let (points, truth) = heaps(3_000, 5, 9.0, 1);
    let found = fit(&points, &Options::of(5, 7)).unwrap();
    assert!(adjusted_rand(&found.labels, &truth).unwrap() > 0.999);
    assert_eq!(found, fit(&points, &Options::of(5, 7)).unwrap());
    assert_eq!(found.labels, found.assign(&points));
    assert_eq!(found.nearest(points.row(17)), found.labels[17]);
    // More points than the sample of the starts.
    let sampled = fit(&points, &Options { sample: 200, ..Options::of(5, 7) }).unwrap();
    assert!((sampled.inertia / found.inertia - 1.0).abs() < 1e-3);
    let batches = fit_mini_batch(&points, &MiniBatch::of(5, 7)).unwrap();
    assert!(adjusted_rand(&batches.labels, &truth).unwrap() > 0.99 && batches.inertia < 1.05 * found.inertia);
}

#[test]
fn an_empty_cluster_takes_the_farthest_point() {
    let points = Points::from_rows(vec![0.0, 1.0, 2.0, 10.0, 11.0, 30.0], 1).unwrap();
    // Nobody is nearest to the third centre.
    let exact = Options { tolerance: 0.0, ..Options::of(3, 0) };
    let found = fit_from(&points, &[1.0, 10.0, 1000.0], &exact).unwrap();
    assert_eq!((found.sizes, found.labels), (vec![3, 2, 1], vec![0, 0, 0, 1, 1, 2]));
    let twice = fit_from(&points, &[1.0, 1.0, 1.0], &exact).unwrap();
    assert!(twice.sizes.iter().all(|size| *size > 0) && twice.converged);
}

#[test]
fn what_cannot_be_clustered_is_refused() {
    let same = Points::from_rows(vec![2.0; 10], 2).unwrap();
    assert_eq!(fit(&same, &Options::of(2, 0)), Err(Refusal::TooFewDistinct { wanted: 2, distinct: 1 }));
    assert_eq!(fit(&same, &Options::of(1, 0)).unwrap().inertia, 0.0);
    assert_eq!(Points::from_rows(vec![], 2), Err(Refusal::Empty));
    let broken = Points::from_rows(vec![0.0, 1.0, f64::NAN, 1.0], 2);
    assert_eq!(broken, Err(Refusal::NotFinite { column: 0, row: 1 }));
    assert!(matches!(fit(&same, &Options::of(0, 0)), Err(Refusal::Parameter { .. })));
    let options = MixtureOptions::of(3, Covariance::Full, 0);
    assert!(matches!(fit_mixture(&same, &options), Err(Refusal::TooFewDistinct { .. })));
    assert!(matches!(choose_k(&same, &ChoiceOptions::of(2, 4, 0)), Err(Refusal::TooFewDistinct { .. })));
    assert!(matches!(fit_mini_batch(&same, &MiniBatch::of(2, 0)), Err(Refusal::TooFewDistinct { .. })));
    assert_eq!(silhouette(&same, &[0; 5], 1, 100, 0), Ok(None));
}

#[test]
fn the_number_of_heaps_is_advised_and_a_cloud_is_not_stable() {
    let (points, _) = heaps(600, 4, 9.0, 3);
    let choice = choose_k(&points, &ChoiceOptions { n_resamples: 8, ..ChoiceOptions::of(2, 7, 5) }).unwrap();
    assert_eq!((choice.advised, choice.stable, choice.by_gap), (4, true, Some(4)), "{:?}", choice.tried);
    assert!(choice.tried[2].stability > 0.99);
    // One round cloud is one group by the gap, which begins at one, though two or more are tried.
    let (blob, _) = heaps(600, 1, 0.0, 11);
    let choice = choose_k(&blob, &ChoiceOptions { n_resamples: 4, ..ChoiceOptions::of(2, 5, 7) }).unwrap();
    assert_eq!(choice.by_gap, Some(1), "{:?} {:?}", choice.gap_of_one, choice.tried);
    assert!(choice.gap_of_one.is_some() && choice.by_bic.is_none());
    let (cloud, _) = heaps(600, 1, 0.0, 3);
    let choice = choose_k(&cloud, &ChoiceOptions { n_resamples: 8, ..ChoiceOptions::of(4, 7, 5) }).unwrap();
    assert!(!choice.stable, "{:?}", choice.tried);
}

#[test]
fn a_mixture_is_judged_by_its_own_figures() {
    // Two long heaps beside each other: centres would cut them across.
    let mut random = Random::new(5);
    let mut values = Vec::new();
    for row in 0..600 {
        let (a, b) = (random.normal(), random.normal());
        values.extend([8.0 * a, if row % 3 == 0 { 3.0 } else { -3.0 } + 0.4 * b]);
    }
    let points = Points::from_rows(values, 2).unwrap();
    let of = |grouping| ChoiceOptions { grouping, n_resamples: 4, ..ChoiceOptions::of(2, 4, 3) };
    let shapes = choose_k(&points, &of(Grouping::Shapes(Covariance::Full))).unwrap();
    assert_eq!((shapes.advised, shapes.by_bic, shapes.stable), (2, Some(2), true), "{shapes:?}");
    assert_eq!((shapes.tried[0].smallest, shapes.by_gap, shapes.gap_of_one), (200, None, None));
    let found = fit_mixture(&points, &MixtureOptions::of(2, Covariance::Full, 1)).unwrap();
    assert!((shapes.tried[0].bic.unwrap() - found.bic()).abs() < 0.01 * found.bic().abs());
    let centres = choose_k(&points, &of(Grouping::Centres)).unwrap();
    assert!(centres.tried[0].smallest > 230, "{:?}", centres.tried[0]);
    assert_ne!(centres.tried[0].silhouette, shapes.tried[0].silhouette);
    // One cloud: the least BIC is that of one component.
    let (blob, _) = heaps(600, 1, 0.0, 11);
    let one = choose_k(&blob, &of(Grouping::Shapes(Covariance::Full))).unwrap();
    assert_eq!(one.by_bic, Some(1), "{one:?}");
}

#[test]
fn a_mixture_finds_shapes_that_k_means_does_not() {
    // A narrow, long heap within a wide, flat one.
    let mut random = Random::new(9);
    let mut values = Vec::new();
    for row in 0..4_000 {
        let (a, b) = (random.normal(), random.normal());
        if row % 4 == 0 { values.extend([6.0 + 0.3 * a, 6.0 * b]) } else { values.extend([a, a + 0.5 * b]) }
    }
    let points = Points::from_rows(values, 2).unwrap();
    let truth: Vec<u32> = (0..4_000).map(|row| u32::from(row % 4 == 0)).collect();
    let found = fit_mixture(&points, &MixtureOptions::of(2, Covariance::Full, 1)).unwrap();
    assert!(found.converged && found.thin.is_empty());
    assert!(adjusted_rand(&found.labels, &truth).unwrap() > 0.98);
    let wide = found.components.iter().find(|component| component.weight > 0.5).unwrap();
    assert!((wide.weight - 0.75).abs() < 0.01);
    // Covariance of (a, a + b/2): 1, 1, 1.25.
    for (found, wanted) in wide.covariance.iter().zip([1.0, 1.0, 1.0, 1.25]) {
        assert!((found - wanted).abs() < 0.1);
    }
    let diagonal = fit_mixture(&points, &MixtureOptions::of(2, Covariance::Diagonal, 1)).unwrap();
    assert!(found.bic() < diagonal.bic(), "the shape is worth its parameters");
    assert!((found.memberships(&[0.0, 0.0]).iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn a_component_of_one_point_does_not_shrink_to_nothing() {
    let mut values: Vec<f64> = (0..40).map(|at| f64::from(at) * 0.01).collect();
    values.push(1_000.0);
    let points = Points::from_rows(values, 1).unwrap();
    let found = fit_mixture(&points, &MixtureOptions::of(2, Covariance::Full, 0)).unwrap();
    assert!(found.log_likelihood.is_finite());
    assert_eq!(found.thin.len(), 1);
}

#[test]
fn scaling_decides_what_counts_and_profiles_tell_it() {
    let money: Vec<f64> =
        (0..40).map(|at| if at < 20 { 1_000.0 } else { 9_000.0 } + f64::from(at % 5)).collect();
    let visits: Vec<f64> = (0..40).map(|at| f64::from(at % 2)).collect();
    let columns: [&[f64]; 2] = [&money, &visits];
    let points = Points::from_columns(&columns, &scalings(&columns, Scale::Standard).unwrap()).unwrap();
    let found = fit(&points, &Options::of(4, 2)).unwrap();
    assert_eq!(found.sizes, [10, 10, 10, 10]);
    let profiles = profiles(&columns, &found.labels, 4).unwrap();
    let rich = &profiles[found.labels[39] as usize];
    assert_eq!((rich.n, rich.share), (10, 0.25));
    assert!(rich.typical.iter().all(|typical| typical.difference > 0.5));
    assert_eq!(
        adjusted_rand(&[0, 1], &[0]),
        Err(Refusal::Lengths { what: "the labels", wanted: 2, found: 1 })
    );
    assert!((adjusted_rand(&[0, 0, 1, 1], &[0, 1, 0, 1]).unwrap() + 0.5).abs() < 1e-12);
}
