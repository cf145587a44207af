//! Between which values a customer under contract will fall: how often they renew within the horizon, and what each
//! term brings.
//!
//! Exact, without futures drawn: of k more renewals, whose chances follow from the shifted beta-geometric model, the
//! sum is normal under the model of margins ([`super::margin`]), so that the whole is a mixture of a point at 0 (who
//! does not renew brings nothing more) and normal distributions. What is not known of the parameters is in it: the
//! chances are means over [`super::interval::draws`], and the error of the mean widens what a term brings.

use std::collections::BTreeMap;

use super::contract::ShiftedBetaGeometric;
use super::margin::Margin;
use crate::normal;

/// Beyond so many deviations a normal distribution is over.
const FAR: f64 = 8.0;

/// See the module.
#[derive(Debug, Clone)]
pub struct ContractSpread {
    models: Vec<ShiftedBetaGeometric>,
    margin: Margin,
    /// Standard error of the mean of the margins.
    mean_error: f64,
    /// By terms so far: the chance of one more renewal at least, of two, …
    stays: BTreeMap<u32, Vec<f64>>,
}

/// One part of the mixture: its weight, mean and deviation.
type Normal = (f64, f64, f64);

impl ContractSpread {
    /// `models` are those that the data hold possible; the fitted one alone where nothing is known of its errors.
    pub fn new(models: Vec<ShiftedBetaGeometric>, margin: Margin, mean_error: f64) -> ContractSpread {
        ContractSpread { models, margin, mean_error: mean_error.max(0.0), stays: BTreeMap::new() }
    }

    /// The middle `level` of what a customer brings who is in term `terms` (has renewed `terms - 1` times), brought
    /// `own` a term so far, and may renew as often as there are `discounts`: what money of each renewal is worth today.
    pub fn interval(&mut self, terms: u32, own: f64, discounts: &[f64], level: f64) -> (f64, f64) {
        let (none, parts) = self.mixture(terms, own, discounts);
        let at = |share: f64| quantile(none, &parts, share);
        (at(0.5 * (1.0 - level)), at(0.5 * (1.0 + level)))
    }

    /// The chance of nothing at all, and the parts for one renewal, two, …
    fn mixture(&mut self, terms: u32, own: f64, discounts: &[f64]) -> (f64, Vec<Normal>) {
        let terms = terms.max(1);
        let weight = self.margin.own_weight(terms);
        let mean = self.margin.expected(terms, own);
        let of_mean = self.margin.between * (1.0 - weight) + (self.mean_error * (1.0 - weight)).powi(2);
        let within = self.margin.within;
        let stays = self.stays(terms, discounts.len());
        let (mut sum, mut squares) = (0.0, 0.0);
        let mut parts = Vec::with_capacity(discounts.len());
        for (at, discount) in discounts.iter().enumerate() {
            sum += discount;
            squares += discount * discount;
            let chance = stays[at] - stays.get(at + 1).filter(|_| at + 1 < discounts.len()).unwrap_or(&0.0);
            let deviation = (of_mean * sum * sum + within * squares).sqrt();
            parts.push((chance.max(0.0), mean * sum, deviation));
        }
        (1.0 - stays.first().filter(|_| !discounts.is_empty()).unwrap_or(&0.0), parts)
    }

    fn stays(&mut self, terms: u32, n: usize) -> &[f64] {
        let known = self.stays.entry(terms).or_default();
        if known.len() < n {
            *known = vec![0.0; n];
            for model in &self.models {
                let mut stays = 1.0;
                for (at, sum) in known.iter_mut().enumerate() {
                    stays *= model.retention(terms.saturating_add(at as u32));
                    *sum += stays / self.models.len() as f64;
                }
            }
        }
        known
    }
}

/// The share of a mixture below a value (`up_to`: at it, too), and its slope there.
fn below(none: f64, parts: &[Normal], value: f64, up_to: bool) -> (f64, f64) {
    let at_zero = if value > 0.0 || (up_to && value == 0.0) { none } else { 0.0 };
    let (mut share, mut slope) = (at_zero, 0.0);
    for &(weight, mean, deviation) in parts {
        if deviation > 0.0 {
            let z = (value - mean) / deviation;
            if z >= FAR {
                share += weight;
            } else if z > -FAR {
                share += weight * normal::cdf(z);
                slope += weight * normal::density(z) / deviation;
            }
        } else if value > mean || (up_to && value == mean) {
            share += weight;
        }
    }
    (share, slope)
}

/// The least value that this share does not exceed: Newton's steps where they stay between what is known to be too
/// little and too much, halves otherwise.
fn quantile(none: f64, parts: &[Normal], share: f64) -> f64 {
    let ends = parts.iter().map(|&(_, mean, deviation)| (mean - FAR * deviation, mean + FAR * deviation));
    let (mut low, mut high) =
        ends.fold((0.0_f64, 0.0_f64), |(low, high), (from, to)| (low.min(from), high.max(to)));
    if below(none, parts, 0.0, false).0 < share && below(none, parts, 0.0, true).0 >= share {
        return 0.0;
    }
    let close = 1e-9 * (high - low).max(f64::MIN_POSITIVE);
    let mut value = 0.5 * (low + high);
    for _ in 0..100 {
        let (found, slope) = below(none, parts, value, true);
        if found >= share {
            high = value
        } else {
            low = value
        }
        if high - low <= close {
            break;
        }
        let newton = value - (found - share) / slope;
        if newton > low && newton < high {
            if (newton - value).abs() <= close {
                // Both ends are not near yet, but the place is found.
                return newton;
            }
            value = newton;
        } else {
            value = 0.5 * (low + high);
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::contract::Contracts;
    use crate::lifetime::fit::{Options, Prior};
    use crate::lifetime::interval::{Scale, draws, interval};
    use crate::random::Random;

    const TRUTH: ShiftedBetaGeometric = ShiftedBetaGeometric { a: 0.9, b: 2.5 };
    const MARGIN: Margin = Margin { mean: 100.0, between: 400.0, within: 150.0 };

    /// One customer as simulated: when they would leave, whether they are still there, what they brought a term.
    struct Customer {
        leaves: f64,
        own_mean: f64,
        terms: u32,
        runs: bool,
        mean: f64,
    }

    /// Contracts that began up to six terms ago.
    fn base(n: usize, random: &mut Random) -> Vec<Customer> {
        (0..n)
            .map(|_| {
                let leaves = random.beta(TRUTH.a, TRUTH.b);
                let own_mean = MARGIN.draw_mean(0, 0.0, random);
                let most = random.below(7) as u32;
                let left = (0..most).find(|_| random.unit() < leaves);
                let terms = left.unwrap_or(most) + 1;
                let sum: f64 = (0..terms).map(|_| MARGIN.draw_purchase(own_mean, random)).sum();
                Customer { leaves, own_mean, terms, runs: left.is_none(), mean: sum / f64::from(terms) }
            })
            .collect()
    }

    fn contracts(base: &[Customer]) -> Contracts {
        let (mut left, mut staying) = (vec![0.0; 8], vec![0.0; 8]);
        for one in base {
            let counts = if one.runs { &mut staying } else { &mut left };
            counts[one.terms as usize - 1] += 1.0;
        }
        Contracts::of(&left, &staying).unwrap()
    }

    fn spread(base: &[Customer]) -> ContractSpread {
        let options = Options { prior: Prior::Weak, ..Options::default() };
        let fit = ShiftedBetaGeometric::fit(&contracts(base), &options);
        let x: Vec<u32> = base.iter().map(|one| one.terms).collect();
        let means: Vec<f64> = base.iter().map(|one| one.mean).collect();
        let margin = Margin::fit(&x, &means).unwrap();
        ContractSpread::new(draws(&fit, 200, 5), margin.model, margin.standard_error.unwrap_or(0.0))
    }

    /// Of those who run: how many brought less than the interval says, how many more, and how many there are.
    fn outside(n: usize, discounts: &[f64], random: &mut Random) -> (usize, usize, usize) {
        let base = base(n, random);
        let mut spread = spread(&base);
        let (mut less, mut more, mut all) = (0, 0, 0);
        for one in base.iter().filter(|one| one.runs) {
            let (low, high) = spread.interval(one.terms, one.mean, discounts, 0.9);
            assert!(low <= high && low.is_finite() && high.is_finite());
            let mut brought = 0.0;
            for discount in discounts {
                if random.unit() < one.leaves {
                    break;
                }
                brought += discount * MARGIN.draw_purchase(one.own_mean, random);
            }
            less += usize::from(brought < low);
            more += usize::from(brought > high);
            all += 1;
        }
        (less, more, all)
    }

    #[test]
    fn nine_of_ten_fall_between() {
        let mut random = Random::new(77);
        // One renewal: who leaves brings 0, and of those who stay one in twenty of all brings more than the upper end.
        for discounts in [vec![1.0], vec![0.97, 0.88, 0.8]] {
            let (less, more, all) = outside(20_000, &discounts, &mut random);
            let (less, more) = (less as f64 / all as f64, more as f64 / all as f64);
            assert!((more - 0.05).abs() < 0.01, "{more} above with {discounts:?}");
            // Below there is nothing where leaving is likelier than one in twenty.
            assert!(less < 0.06, "{less} below with {discounts:?}");
        }
    }

    #[test]
    fn small_bases_are_covered_too_because_parameters_are_unsure() {
        let mut random = Random::new(5);
        let (mut less, mut more, mut all) = (0, 0, 0);
        for _ in 0..60 {
            let found = outside(120, &[0.97, 0.88, 0.8], &mut random);
            (less, more, all) = (less + found.0, more + found.1, all + found.2);
        }
        let (less, more) = (less as f64 / all as f64, more as f64 / all as f64);
        assert!((0.03..0.075).contains(&more) && less < 0.07, "{less} below, {more} above of {all}");
    }

    #[test]
    fn the_interval_of_the_curve_holds_the_truth_nineteen_times_of_twenty() {
        let mut random = Random::new(19);
        let mut held = 0;
        for _ in 0..200 {
            let fit = ShiftedBetaGeometric::fit(&contracts(&base(500, &mut random)), &Options::default());
            let found = interval(&fit, Scale::Logit, 0.95, |model| model.survival(3));
            held += usize::from((found.low..=found.high).contains(&TRUTH.survival(3)));
        }
        // 190 are expected, with a deviation of 3.
        assert!((180..=199).contains(&held), "{held} of 200");
    }

    #[test]
    fn where_all_terms_bring_the_same_it_is_steps_and_0_is_a_point() {
        let alike = Margin { mean: 10.0, between: 0.0, within: 0.0 };
        let model = ShiftedBetaGeometric { a: 1.0, b: 1.0 };
        let mut spread = ContractSpread::new(vec![model], alike, 0.0);
        // Renews once with 1/2, twice with 1/3: nothing 1/2, 10 with 1/6, 20 with 1/3.
        assert_eq!(spread.interval(1, 10.0, &[1.0, 1.0], 0.2), (0.0, 10.0));
        let (low, high) = spread.interval(1, 10.0, &[1.0, 1.0], 0.9);
        assert!(low == 0.0 && (high - 20.0).abs() < 1e-6, "{low} {high}");
        assert_eq!(spread.interval(1, 10.0, &[], 0.9), (0.0, 0.0));
        // Who costs more than they bring falls below 0.
        let loss = Margin { mean: -10.0, between: 4.0, within: 1.0 };
        let mut spread = ContractSpread::new(vec![model], loss, 0.0);
        let (low, high) = spread.interval(1, -10.0, &[1.0], 0.9);
        assert!(low < -10.0 && high == 0.0, "{low} {high}");
    }

    #[test]
    fn the_quantile_is_where_the_share_is() {
        let parts = [(0.3, 5.0, 1.0), (0.2, 12.0, 3.0), (0.1, 80.0, 0.5)];
        for share in [0.41, 0.5, 0.62, 0.8, 0.95, 0.999] {
            let value = quantile(0.4, &parts, share);
            let (found, _) = below(0.4, &parts, value, true);
            assert!((found - share).abs() < 1e-6, "{share}: {found} at {value}");
        }
        assert_eq!(quantile(0.4, &parts, 0.2), 0.0);
    }
}
