use proptest::prelude::*;

use super::partition::{Division, best};
use super::*;
use crate::random::Random;
use crate::woe::{Counts, table};

/// Every division there is, tried.
fn tried(pre_bins: &[Counts], all: Counts, options: &Options, trend: Trend) -> Option<f64> {
    let b = pre_bins.len();
    let mut most: Option<f64> = None;
    for cuts in 0u32..1 << (b - 1) {
        let starts: Vec<usize> =
            std::iter::once(0).chain((1..b).filter(|at| cuts >> (at - 1) & 1 == 1)).collect();
        let bins = super::numeric::joined(pre_bins, &starts);
        let rates: Vec<f64> = bins.iter().map(Counts::bad_rate).collect();
        let rows = all.n() as f64;
        let sized = bins.iter().all(|bin| {
            let n = bin.n() as f64;
            n >= options.min_share * rows && n <= options.max_share * rows && bin.good > 0 && bin.bad > 0
        });
        let apart = rates.windows(2).all(|pair| (pair[0] - pair[1]).abs() >= options.min_difference);
        let up = |rates: &[f64]| rates.windows(2).all(|pair| pair[0] <= pair[1]);
        let down = |rates: &[f64]| rates.windows(2).all(|pair| pair[0] >= pair[1]);
        let goes = match trend {
            Trend::Any | Trend::Auto => true,
            Trend::Ascending => up(&rates),
            Trend::Descending => down(&rates),
            Trend::Peak => (0..rates.len()).any(|turn| up(&rates[..=turn]) && down(&rates[turn..])),
            Trend::Valley => (0..rates.len()).any(|turn| down(&rates[..=turn]) && up(&rates[turn..])),
        };
        if sized && apart && goes && bins.len() <= options.max_bins {
            let iv: f64 = bins
                .iter()
                .map(|bin| {
                    let (good, bad) = (bin.good as f64 / all.good as f64, bin.bad as f64 / all.bad as f64);
                    (good - bad) * (good / bad).ln()
                })
                .sum();
            most = Some(most.map_or(iv, |most| most.max(iv)));
        }
    }
    most
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn dynamic_programming_finds_what_trying_everything_finds(
        rows in prop::collection::vec((0u64..40, 0u64..15), 1..10),
        max_bins in 1usize..7,
        min_share in prop::sample::select(vec![0.0, 0.05, 0.12]),
        max_share in prop::sample::select(vec![1.0, 0.5]),
        min_difference in prop::sample::select(vec![0.0, 0.03]),
        apart in (0u64..9, 0u64..9),
    ) {
        let pre_bins: Vec<Counts> =
            rows.iter().map(|(good, bad)| Counts { good: *good, bad: *bad }).filter(|c| c.n() > 0).collect();
        let all = pre_bins.iter().fold(Counts { good: apart.0, bad: apart.1 }, |sum, c| sum.plus(*c));
        prop_assume!(all.good > 0 && all.bad > 0 && !pre_bins.is_empty());
        for trend in [Trend::Any, Trend::Ascending, Trend::Descending, Trend::Peak, Trend::Valley] {
            let options =
                Options { trend, max_bins, min_share, max_share, min_difference, ..Options::default() };
            let found = best(&pre_bins, all, &options);
            let wanted = tried(&pre_bins, all, &options, trend);
            prop_assert_eq!(found.is_some(), wanted.is_some());
            if let (Some(found), Some(wanted)) = (found, wanted) {
                prop_assert!((found.iv - wanted).abs() < 1e-12, "{:?} {} {}", trend, found.iv, wanted);
            }
        }
    }

    /// Without a least size, no grouping at all is better than the best of neighbours in the order of bad rates.
    #[test]
    fn categories_are_grouped_as_well_as_any_way(
        rows in prop::collection::vec((1u64..30, 1u64..15), 2..6),
        max_bins in 1usize..4,
    ) {
        let mut categories = Vec::new();
        let mut bad = Vec::new();
        for (category, (good, n_bad)) in rows.iter().enumerate() {
            categories.extend((0..good + n_bad).map(|_| Some(category as u32)));
            bad.extend((0..good + n_bad).map(|at| at < *n_bad));
        }
        let options = Options { max_bins, min_share: 0.0, rare_share: 0.0, ..Options::default() };
        let found = bin_categories(&categories, rows.len() as u32, &bad, &options).unwrap();
        let mut most = 0.0f64;
        for code in 0..max_bins.pow(rows.len() as u32) {
            let mut groups = vec![Counts::default(); max_bins];
            let mut rest = code;
            for (good, bad) in &rows {
                let group = &mut groups[rest % max_bins];
                *group = group.plus(Counts { good: *good, bad: *bad });
                rest /= max_bins;
            }
            most = most.max(table(&groups, Smoothing::Raw).unwrap().iv);
        }
        prop_assert!((found.table.iv - most).abs() < 1e-12, "{} {}", found.table.iv, most);
    }
}

#[test]
fn auto_turns_only_where_it_is_worth_it() {
    let counts =
        |rates: &[u64]| rates.iter().map(|bad| Counts { good: 100 - bad, bad: *bad }).collect::<Vec<_>>();
    let total = |bins: &[Counts]| bins.iter().fold(Counts::default(), |sum, c| sum.plus(*c));
    let trend = |rates: &[u64]| {
        let bins = counts(rates);
        best(&bins, total(&bins), &Options::default()).map(|Division { trend, .. }| trend)
    };
    assert_eq!(trend(&[5, 10, 20, 30, 29]), Some(Trend::Ascending));
    assert_eq!(trend(&[5, 20, 30, 20, 5]), Some(Trend::Peak));
    assert_eq!(trend(&[40, 20, 5, 20, 40]), Some(Trend::Valley));
    assert_eq!(trend(&[40, 30, 20, 10, 5]), Some(Trend::Descending));
}

#[test]
fn missing_and_special_values_have_bins_of_their_own() {
    let mut random = Random::new(8);
    let mut values: Vec<f64> = (0..2_000).map(|_| random.normal()).collect();
    let bad: Vec<bool> = values.iter().map(|x| random.unit() < 1.0 / (1.0 + (-x - 1.0).exp())).collect();
    (0..100).for_each(|at| values[at * 20] = f64::NAN);
    (0..60).for_each(|at| values[at * 30 + 1] = -999.0);
    let options = Options { specials: vec![-999.0, 77.0], ..Options::default() };
    let binning = bin_numbers(&values, &bad, &options).unwrap();
    let cells = &binning.table.cells;
    assert_eq!(binning.trend, Trend::Ascending);
    assert_eq!(cells.len(), binning.cuts.len() + 1 + 2 + 1);
    assert_eq!(cells.last().unwrap().counts.n(), 100);
    assert_eq!(cells[binning.cuts.len() + 1].counts.n(), 60);
    assert_eq!((cells[binning.cuts.len() + 2].counts.n(), binning.woe(77.0)), (0, 0.0));
    assert_eq!(cells.iter().map(|cell| cell.counts.n()).sum::<u64>(), 2_000);
    // Every row falls where it was counted.
    let mut counted = vec![0; cells.len()];
    values.iter().for_each(|value| counted[binning.bin_of(*value)] += 1);
    assert_eq!(counted, cells.iter().map(|cell| cell.counts.n()).collect::<Vec<_>>());
    assert_eq!(binning.bin_of(binning.cuts[0]), 1, "a cut belongs to the bin above it");
    let rates: Vec<f64> = cells[..=binning.cuts.len()].iter().map(|cell| cell.counts.bad_rate()).collect();
    assert!(rates.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(cells[..=binning.cuts.len()].iter().all(|cell| cell.counts.n() >= 100));
}

#[test]
fn rare_categories_go_together_and_take_the_unseen() {
    let mut categories = vec![Some(0u32); 400];
    categories.extend(vec![Some(1); 400]);
    categories.extend([Some(2), Some(3), Some(3)]);
    categories.extend([None; 20]);
    let bad: Vec<bool> =
        (0..categories.len()).map(|at| if at < 400 { at % 10 == 0 } else { at % 3 == 0 }).collect();
    let options = Options { min_share: 0.0, smoothing: Smoothing::Add(0.5), ..Options::default() };
    let binning = bin_categories(&categories, 6, &bad, &options).unwrap();
    assert_eq!(binning.bin_of(Some(2)), binning.bin_of(Some(3)));
    assert_eq!(binning.bin_of(Some(5)), binning.rare);
    assert_eq!(binning.bin_of(Some(99)), binning.rare);
    assert_eq!(binning.bin_of(None), Some(binning.groups.len()));
    assert_eq!(binning.groups[0], [0]);
    let none_rare = bin_categories(&categories[..800], 3, &bad[..800], &options).unwrap();
    assert_eq!((none_rare.bin_of(Some(2)), none_rare.woe(Some(2))), (None, 0.0));
}

#[test]
fn many_categories_and_degenerate_columns() {
    let mut random = Random::new(5);
    let categories: Vec<Option<u32>> = (0..20_000).map(|_| Some(random.below(3_000) as u32)).collect();
    let bad: Vec<bool> = (0..20_000).map(|_| random.unit() < 0.3).collect();
    let options = Options { rare_share: 0.0, ..Options::default() };
    let binning = bin_categories(&categories, 3_000, &bad, &options).unwrap();
    assert!(binning.groups.len() > 1 && binning.groups.len() <= 10);

    let constant =
        bin_numbers(&[3.0; 10], &[true, false, true, false, true, false, true, false, true, false], &options);
    assert_eq!(constant.map(|found| (found.cuts.len(), found.table.iv)), Ok((0, 0.0)));
    assert_eq!(bin_numbers(&[], &[], &options), Err(Refusal::Empty));
    assert_eq!(bin_numbers(&[f64::NAN], &[true], &options), Err(Refusal::Empty));
    assert_eq!(bin_numbers(&[1.0, 2.0], &[true, true], &options), Err(Refusal::OneClass));
    let narrow = Options { max_share: 0.1, max_bins: 3, ..Options::default() };
    let bad = [true, false, true, false];
    assert_eq!(bin_numbers(&[1.0, 2.0, 3.0, 4.0], &bad, &narrow), Err(Refusal::Infeasible));
    let wrong = Options { pre_bins: PreBins::Cuts(vec![2.0, 1.0]), ..Options::default() };
    assert!(matches!(bin_numbers(&[1.0, 2.0, 3.0, 4.0], &bad, &wrong), Err(Refusal::Parameter { .. })));
    assert!(matches!(bin_categories(&[Some(4)], 2, &[true], &options), Err(Refusal::Parameter { .. })));
}
