//! Weights from the data: an indicator on which customers differ more tells more (Shannon 1948; Zeleny 1982, Multiple
//! Criteria Decision Making, ch. 7). e = -(1/ln n) Σ p ln p with 0 ln 0 = 0, weight = (1 - e) / Σ (1 - e). Nothing
//! is shifted: the usual "+ 0.0001" changes the third digit.

use crate::refusal::{Refusal, finite_columns};

/// How values become shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Of the sum of the raw values, which must not be negative.
    Proportion,
    /// First from 0 (worst) to 1 (best), then of their sum.
    MinMax,
}

/// An indicator.
#[derive(Debug, Clone, Copy)]
pub struct Indicator<'a> {
    pub values: &'a [f64],
    /// Less is better; matters for `MinMax`.
    pub cost: bool,
}

/// Entropies and weights, one for each indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct EntropyWeights {
    /// 1 for an indicator on which nobody differs.
    pub entropy: Vec<f64>,
    /// They sum to 1; equal if nobody differs on anything.
    pub weights: Vec<f64>,
    /// The weighted sum of each row's values from 0 to 1, whatever the form.
    pub scores: Vec<f64>,
}

/// Refuses no rows, numbers that are not finite, and negative ones where proportions are asked for.
///
/// ```
/// use gradus_stats::entropy_weights::{Form, Indicator, entropy_weights};
/// let same = Indicator { values: &[2.0, 2.0, 2.0], cost: false };
/// let differs = Indicator { values: &[1.0, 5.0, 2.0], cost: false };
/// assert_eq!(entropy_weights(&[same, differs], Form::MinMax)?.weights, [0.0, 1.0]);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn entropy_weights(indicators: &[Indicator<'_>], form: Form) -> Result<EntropyWeights, Refusal> {
    let n = indicators.first().map_or(0, |first| first.values.len());
    if n == 0 {
        return Err(Refusal::Empty);
    }
    let columns: Vec<&[f64]> = indicators.iter().map(|indicator| indicator.values).collect();
    finite_columns(&columns, n)?;
    if form == Form::Proportion && columns.iter().any(|column| column.iter().any(|value| *value < 0.0)) {
        return Err(Refusal::Parameter { parameter: "values", wanted: "at least 0 for proportions" });
    }
    let placed: Vec<Vec<f64>> = indicators.iter().map(placed).collect();
    let entropy: Vec<f64> = (0..indicators.len())
        .map(|at| entropy(if form == Form::MinMax { &placed[at] } else { columns[at] }))
        .collect();
    let told: f64 = entropy.iter().map(|entropy| 1.0 - entropy).sum();
    let weights: Vec<f64> = match told > 1e-15 {
        true => entropy.iter().map(|entropy| (1.0 - entropy) / told).collect(),
        false => vec![1.0 / entropy.len() as f64; entropy.len()],
    };
    let score = |row: usize| placed.iter().zip(&weights).map(|(placed, weight)| placed[row] * weight).sum();
    Ok(EntropyWeights { scores: (0..n).map(score).collect(), entropy, weights })
}

/// From 0 (worst) to 1 (best); a constant column is 0 everywhere.
fn placed(indicator: &Indicator<'_>) -> Vec<f64> {
    let least = indicator.values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = indicator.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let place = |value: &f64| match most > least {
        true if indicator.cost => (most - value) / (most - least),
        true => (value - least) / (most - least),
        false => 0.0,
    };
    indicator.values.iter().map(place).collect()
}

fn entropy(values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    let constant = values.iter().all(|value| *value == values[0]);
    if constant || sum <= 0.0 {
        return 1.0;
    }
    let parts = values.iter().map(|value| value / sum).filter(|part| *part > 0.0);
    -parts.map(|part| part * part.ln()).sum::<f64>() / (values.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_meet_the_reference() {
        let columns = [
            [120.0, 80.0, 150.0, 60.0, 200.0, 95.0],
            [5.0, 9.0, 2.0, 7.0, 1.0, 4.0],
            [3.2, 2.1, 4.5, 3.9, 1.0, 2.8],
            [10.0, 30.0, 25.0, 5.0, 60.0, 15.0],
        ];
        let indicators: Vec<Indicator<'_>> =
            (0..4).map(|at| Indicator { values: &columns[at], cost: at == 3 }).collect();
        let near =
            |found: &[f64], wanted: &[f64]| found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12);
        let proportion = entropy_weights(&indicators, Form::Proportion).unwrap();
        assert!(near(
            &proportion.weights,
            &[0.12562769554462544, 0.30562150077091693, 0.1405180049441004, 0.4282327987403572]
        ));
        let min_max = entropy_weights(&indicators, Form::MinMax).unwrap();
        assert!(near(
            &min_max.entropy,
            &[0.7913806681196527, 0.8061103944402366, 0.8598395961745414, 0.8849552263906768]
        ));
        assert!(near(
            &min_max.scores,
            &[
                0.5762991281279295,
                0.5024895575590225,
                0.5651685652316618,
                0.5725814229752215,
                0.3171884670895804,
                0.44255317608670547
            ]
        ));
    }

    #[test]
    fn degenerate_indicators() {
        let constant = Indicator { values: &[2.0, 2.0], cost: true };
        assert_eq!(entropy_weights(&[constant, constant], Form::MinMax).unwrap().weights, [0.5, 0.5]);
        assert_eq!(entropy_weights(&[], Form::MinMax), Err(Refusal::Empty));
        let negative = Indicator { values: &[-2.0, 2.0], cost: false };
        assert!(matches!(entropy_weights(&[negative], Form::Proportion), Err(Refusal::Parameter { .. })));
        let broken = Indicator { values: &[f64::NAN, 2.0], cost: false };
        assert_eq!(entropy_weights(&[broken], Form::MinMax), Err(Refusal::NotFinite { column: 0, row: 0 }));
    }
}
