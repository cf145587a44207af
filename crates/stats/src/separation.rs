//! How well a score separates those with an outcome from those without: AUC, Gini, KS.

use crate::ranked::Ranked;

/// What a score separates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Separation {
    /// P(score with > score without) + half P(equal) (Hanley and McNeil 1982, Radiology 143).
    pub auc: f64,
    /// 2 AUC - 1, the accuracy ratio of the CAP curve.
    pub gini: f64,
    /// max |F1 - F0| of the two empirical distributions at distinct scores (Smirnov 1948).
    pub ks: f64,
}

/// `None` unless both outcomes occur; scores that are not numbers are left out.
pub fn separation(scores: &[f64], outcomes: &[bool]) -> Option<Separation> {
    let known = scores.iter().copied().zip(outcomes.iter().copied()).filter(|(score, _)| !score.is_nan());
    let (scores, outcomes): (Vec<f64>, Vec<bool>) = known.unzip();
    separation_of(&Ranked::of(&scores, &outcomes)?)
}

/// The same of customers who are in order already.
pub fn separation_of(ranked: &Ranked) -> Option<Separation> {
    let (n_with, n_without) = (ranked.n_with(), ranked.n_without());
    if n_with == 0 || n_without == 0 {
        return None;
    }
    let (mut with_below, mut without_below, mut twice_wins, mut ks) = (0u64, 0u64, 0u128, 0.0f64);
    for tie in ranked.ties() {
        twice_wins += u128::from(tie.n_with) * u128::from(2 * without_below + tie.n_without);
        with_below += tie.n_with;
        without_below += tie.n_without;
        let gap = with_below as f64 / n_with as f64 - without_below as f64 / n_without as f64;
        ks = ks.max(gap.abs());
    }
    let auc = twice_wins as f64 / (2.0 * n_with as f64 * n_without as f64);
    Some(Separation { auc, gini: 2.0 * auc - 1.0, ks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_half_and_one_outcome_alone_is_undefined() {
        let all_equal = separation(&[1.0; 4], &[true, false, true, false]).unwrap();
        assert_eq!((all_equal.auc, all_equal.ks), (0.5, 0.0));
        let perfect = separation(&[1.0, 2.0], &[false, true]).unwrap();
        assert_eq!((perfect.auc, perfect.gini, perfect.ks), (1.0, 1.0, 1.0));
        assert_eq!(separation(&[1.0, 2.0], &[true, true]), None);
    }
}
