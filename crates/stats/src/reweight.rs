//! Answers made to speak for all: post-stratification (Holt and Smith 1979, J. R. Stat. Soc. A 142(1)) by one grouping,
//! raking by several (Deming and Stephan 1940, Ann. Math. Statist. 11(4)). It mends a bias of who answers only as far
//! as groups explain it.

use crate::refusal::{Refusal, lengths, parameter};

/// A grouping: the group of each answer, and the share of each group among all customers.
#[derive(Debug, Clone, Copy)]
pub struct Margin<'a> {
    pub groups: &'a [usize],
    /// Need not sum to 1.
    pub population: &'a [f64],
}

/// Weights of mean 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    pub weights: Vec<f64>,
    /// 1 + variance of the weights: how many times as many answers it would take (Kish 1965, 11.7).
    pub design_effect: f64,
    /// (grouping, group) of customers for whom nobody answered; no weight can mend that.
    pub unheard: Vec<(usize, usize)>,
    /// All shares are met (to 1e-9), apart from those unheard; false where weights were held below the limit.
    pub converged: bool,
    pub rounds: usize,
}

/// Rakes the answers to all groupings; with one it is post-stratification. `greatest` limits a weight (in means): a
/// few answers shall not speak for all. Refuses no answers and a group of answers that has no share.
///
/// ```
/// use gradus_stats::reweight::{Margin, rake};
/// let by_tier = Margin { groups: &[0, 0, 0, 1], population: &[0.5, 0.5] };
/// let found = rake(&[by_tier], None)?;
/// assert!((found.weights[3] - 2.0).abs() < 1e-12);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn rake(margins: &[Margin<'_>], greatest: Option<f64>) -> Result<Weights, Refusal> {
    let n = margins.first().map_or(0, |margin| margin.groups.len());
    if n == 0 {
        return Err(Refusal::Empty);
    }
    parameter(greatest.is_none_or(|greatest| greatest > 1.0), "the greatest weight", "greater than 1")?;
    let (mut targets, mut unheard) = (Vec::new(), Vec::new());
    for (at, margin) in margins.iter().enumerate() {
        lengths("a grouping", n, margin.groups.len())?;
        let valid = margin.population.iter().all(|share| share.is_finite() && *share >= 0.0);
        parameter(valid, "a share of customers", "at least 0")?;
        let known =
            margin.groups.iter().all(|group| margin.population.get(*group).is_some_and(|share| *share > 0.0));
        parameter(known, "a group that answered", "one with a share of customers")?;
        let mut heard = vec![false; margin.population.len()];
        margin.groups.iter().for_each(|group| heard[*group] = true);
        let silent = (0..heard.len()).filter(|group| !heard[*group] && margin.population[*group] > 0.0);
        unheard.extend(silent.map(|group| (at, group)));
        let sum: f64 =
            margin.population.iter().zip(&heard).filter(|(_, heard)| **heard).map(|(s, _)| s).sum();
        targets.push(margin.population.iter().map(|share| share / sum * n as f64).collect::<Vec<f64>>());
    }
    let mut weights = vec![1.0; n];
    let (mut rounds, mut converged) = (0, false);
    while rounds < 500 && !converged {
        rounds += 1;
        let mut farthest = 0.0f64;
        for (margin, targets) in margins.iter().zip(&targets) {
            let mut sums = vec![0.0; targets.len()];
            margin.groups.iter().zip(&weights).for_each(|(group, weight)| sums[*group] += weight);
            for (group, weight) in margin.groups.iter().zip(&mut weights) {
                let factor = targets[*group] / sums[*group];
                farthest = farthest.max((factor - 1.0).abs());
                *weight *= factor;
            }
        }
        if let Some(greatest) = greatest {
            weights.iter_mut().for_each(|weight| *weight = weight.min(greatest));
        }
        converged = farthest < 1e-9;
    }
    let mean = weights.iter().sum::<f64>() / n as f64;
    weights.iter_mut().for_each(|weight| *weight /= mean);
    let design_effect = weights.iter().map(|weight| weight * weight).sum::<f64>() / n as f64;
    Ok(Weights { weights, design_effect, unheard, converged, rounds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raking_meets_every_margin() {
        let (tier, region) = ([0, 0, 0, 1, 1, 2, 2, 2], [0, 1, 1, 0, 1, 0, 0, 1]);
        let margins = [
            Margin { groups: &tier, population: &[0.2, 0.5, 0.3] },
            Margin { groups: &region, population: &[30.0, 70.0] },
        ];
        let found = rake(&margins, None).unwrap();
        assert!(found.converged && found.design_effect > 1.0 && found.unheard.is_empty());
        for margin in &margins {
            let all: f64 = margin.population.iter().sum();
            for (group, share) in margin.population.iter().enumerate() {
                let sum: f64 =
                    (0..8).filter(|row| margin.groups[*row] == group).map(|row| found.weights[row]).sum();
                assert!((sum / 8.0 - share / all).abs() < 1e-9);
            }
        }
        // Raking keeps the odds within the table: w(1,0) w(0,1) = w(1,1) w(0,0) here, all having started at 1.
        let [a, b, c, d] = [found.weights[0], found.weights[1], found.weights[3], found.weights[4]];
        assert!((a * d / (b * c) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn who_was_not_heard_is_said_and_limits_hold() {
        let margin = Margin { groups: &[0, 0, 0, 0, 0, 0, 0, 0, 0, 1], population: &[0.1, 0.7, 0.2] };
        let found = rake(&[margin], None).unwrap();
        assert_eq!(found.unheard, [(0, 2)]);
        let held = rake(&[margin], Some(3.0)).unwrap();
        assert!(!held.converged && held.design_effect < found.design_effect);
        assert!(matches!(
            rake(&[Margin { groups: &[1], population: &[1.0] }], None),
            Err(Refusal::Parameter { .. })
        ));
        assert_eq!(rake(&[], None), Err(Refusal::Empty));
    }
}
