//! How likely two records are one person's, by what agrees and what differs (Fellegi and Sunter, "A theory for
//! record linkage", JASA 64, 1969, pp. 1183-1210). Each comparison has a chance `m` of its outcome where both are
//! one person's, and a chance `u` where they are not; the logarithms of m/u add up, on the assumption that the
//! comparisons are independent given the truth. A value that many have agrees by chance more often, so `u` is
//! that of the very value (Winkler, "Frequency-based matching", 2000). Both can be learned from the pairs
//! themselves ([`learn`]).

mod learn;

pub use learn::{Compared, Learned, NotLearned, Pair, learn};

/// One comparison as it turned out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The chance of this outcome where both records are one person's; above 0 and below 1.
    pub m: f64,
    /// The chance of it where they are two people's; above 0 and below 1.
    pub u: f64,
}

impl Outcome {
    /// The weight of evidence in bits: positive speaks for one person.
    pub fn bits(&self) -> f64 {
        (within(self.m) / within(self.u)).log2()
    }
}

/// The chance that somebody else has a value by chance, which `n_with` of `n` people have.
pub fn chance_of_value(n_with: u64, n: u64) -> f64 {
    if n < 2 {
        return 0.5;
    }
    within((n_with.max(2) - 1) as f64 / (n - 1) as f64)
}

/// The chance that a pair drawn at random is one person's, where `share` of `n` people have a second record: each
/// of them makes one such pair among all.
pub fn chance_of_pair(share: f64, n: u64) -> f64 {
    if n < 2 {
        return 0.5;
    }
    within(2.0 * share / (n - 1) as f64)
}

/// The probability that both are one person's, from the chance before anything was compared and what the
/// comparisons say. What could not be compared says nothing and is left out.
pub fn probability(before: f64, outcomes: &[Outcome]) -> f64 {
    let before = within(before);
    let odds = (before / (1.0 - before)).log2() + outcomes.iter().map(Outcome::bits).sum::<f64>();
    1.0 / (1.0 + (-odds).exp2())
}

/// A chance is never quite nothing, and never certain.
fn within(chance: f64) -> f64 {
    chance.clamp(1e-9, 1.0 - 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fellegi and Sunter's rule by Bayes' theorem on counts: of 1,000 pairs 10 are one person's; 9 of these agree on
    /// the name, and 33 of the other 990 do.
    #[test]
    fn it_is_bayes_theorem_on_counts() {
        let agrees = Outcome { m: 0.9, u: 33.0 / 990.0 };
        let differs = Outcome { m: 0.1, u: 957.0 / 990.0 };
        assert!((probability(0.01, &[agrees]) - 9.0 / 42.0).abs() < 1e-12);
        assert!((probability(0.01, &[differs]) - 1.0 / 958.0).abs() < 1e-12);
        assert!((probability(0.01, &[]) - 0.01).abs() < 1e-12);
        let both = probability(0.01, &[agrees, differs]);
        let by_hand = 0.01 * 0.9 * 0.1 / (0.01 * 0.9 * 0.1 + 0.99 * (33.0 / 990.0) * (957.0 / 990.0));
        assert!((both - by_hand).abs() < 1e-12);
        assert_eq!(both, probability(0.01, &[differs, agrees]));
    }

    #[test]
    fn a_rare_value_says_more_than_a_common_one() {
        let bits = |n_with| Outcome { m: 0.9, u: chance_of_value(n_with, 100_001) }.bits();
        assert!(bits(2) > bits(50) && bits(50) > bits(5_000));
        assert!((bits(2) - (0.9f64 * 100_000.0).log2()).abs() < 1e-9);
        // One in ten has a second record: among 2 people's single pair that chance is 0.2.
        assert!((chance_of_pair(0.1, 2) - 0.2).abs() < 1e-12);
        assert!(chance_of_pair(0.1, 1_000_001) < 1e-6 * 0.3);
    }

    #[test]
    fn what_is_certain_breaks_nothing() {
        for (m, u) in [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)] {
            let outcome = Outcome { m, u };
            assert!(outcome.bits().is_finite());
            let probability = probability(0.5, &[outcome]);
            assert!((0.0..=1.0).contains(&probability), "{m} {u}: {probability}");
        }
        assert!(chance_of_value(1, 0).is_finite() && chance_of_pair(0.5, 0).is_finite());
    }
}
