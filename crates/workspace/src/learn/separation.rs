//! How well a score foretells, on rows that it was not learned from.

use gradus_model::Text;
use gradus_stats::calibration::{Curve, calibration_of};
use gradus_stats::delong::auc_of;
use gradus_stats::lift::{best_first, lift};
use gradus_stats::proportion::Estimate;
use gradus_stats::ranked::Ranked;
use gradus_stats::separation::separation_of;
use serde::{Deserialize, Serialize};

/// Intervals hold in so many of a hundred cases.
const LEVEL: f64 = 0.95;
/// Parts of a table of lift, bins of a calibration.
const PARTS: usize = 10;

/// A number with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Between {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl From<Estimate> for Between {
    fn from(one: Estimate) -> Between {
        Between { value: one.value, low: one.low, high: one.high }
    }
}

/// Customers of similar chances.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChanceBin {
    pub n: u64,
    pub predicted: f64,
    pub observed: Between,
}

/// A tenth of the customers, the likeliest first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    pub n: u64,
    pub n_events: u64,
    pub lift: f64,
    /// Of all to whom it happened those in this tenth and the ones before.
    pub captured: f64,
}

/// What a score tells apart, and whether its chances come true.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Separated {
    pub n: u64,
    pub n_events: u64,
    /// None unless it happened to two at least, and did not to two others.
    pub auc: Option<Between>,
    pub gini: Option<f64>,
    pub ks: Option<f64>,
    /// Whether the chances came true; absent of a score without.
    pub calibration: Option<Promised>,
    pub lift: Vec<Slice>,
}

/// What was foretold beside what came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Promised {
    /// Log-odds of what came on log-odds of what was foretold: slope 1 and intercept 0 are promises kept. 0 and 0
    /// where the data do not tell.
    pub intercept: f64,
    pub slope: f64,
    pub brier: f64,
    pub log_loss: f64,
    pub expected_error: f64,
    pub bins: Vec<ChanceBin>,
    pub words: Text,
}

impl Separated {
    /// Of scores that grow with the chance, and the chances if there are such.
    pub(super) fn of(scores: &[f64], chances: Option<&[f64]>, happened: &[bool]) -> Separated {
        let n_events = happened.iter().filter(|happened| **happened).count() as u64;
        let mut out = Separated { n: happened.len() as u64, n_events, ..Separated::default() };
        if let Some(ranked) = Ranked::of(scores, happened) {
            let apart = separation_of(&ranked);
            out.auc = auc_of(&ranked, LEVEL).map(|auc| auc.estimate.into());
            (out.gini, out.ks) = (apart.map(|one| one.gini), apart.map(|one| one.ks));
        }
        let none = vec![0.0; happened.len()];
        let parts = lift(&best_first(scores), happened, &none, PARTS.min(happened.len())).unwrap_or_default();
        if n_events > 0 {
            out.lift = parts
                .iter()
                .map(|part| Slice {
                    n: part.n,
                    n_events: part.n_with,
                    lift: part.lift,
                    captured: part.captured,
                })
                .collect();
        }
        out.calibration = chances.and_then(|chances| Promised::of(chances, happened));
        out
    }

    /// In one line.
    pub fn words(&self) -> Text {
        let (n, events) = (self.n, self.n_events);
        match (self.auc, self.ks) {
            (Some(auc), Some(ks)) => {
                let (value, low, high) = (auc.value, auc.low, auc.high);
                let gini = 2.0 * value - 1.0;
                Text::new(
                    format!(
                        "{n} 位客户中 {events} 位发生：AUC {value:.3}（{low:.3}–{high:.3}），Gini {gini:.3}，KS {ks:.3}"
                    ),
                    format!(
                        "{n} customers, {events} with the outcome: AUC {value:.3} ({low:.3}–{high:.3}), Gini {gini:.3}, KS {ks:.3}"
                    ),
                )
            }
            _ => Text::new(
                format!("{n} 位客户中 {events} 位发生：两边人数不够，无法检验区分力"),
                format!("{n} customers, {events} with the outcome: too few on one side to test it"),
            ),
        }
    }
}

impl Promised {
    /// None without customers.
    fn of(chances: &[f64], happened: &[bool]) -> Option<Promised> {
        let found = calibration_of(&Ranked::of(chances, happened)?, PARTS, LEVEL)?;
        let bin = |bin: &gradus_stats::calibration::Bin| ChanceBin {
            n: bin.n,
            predicted: bin.predicted,
            observed: bin.observed.into(),
        };
        let odds: Vec<f64> = chances.iter().map(|p| log_odds(*p)).collect();
        let curve = Curve::fit(&odds, happened).unwrap_or(Curve { intercept: 0.0, slope: 0.0 });
        let (error, brier) = (100.0 * found.expected_error, found.brier);
        Some(Promised {
            intercept: curve.intercept,
            slope: curve.slope,
            brier,
            log_loss: found.log_loss,
            expected_error: found.expected_error,
            bins: found.bins.iter().map(bin).collect(),
            words: Text::new(
                format!("预测与实际平均相差 {error:.1} 个百分点；Brier {brier:.4}"),
                format!(
                    "what was foretold and what came differ by {error:.1} points of a hundred on average; Brier {brier:.4}"
                ),
            ),
        })
    }
}

/// ln(p / (1 - p)), finite.
pub(super) fn log_odds(p: f64) -> f64 {
    let p = p.clamp(1e-12, 1.0 - 1e-12);
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_that_come_true_have_slope_one() {
        // 1 of 4 at a quarter, 3 of 4 at three quarters, a hundred times.
        let (mut chances, mut happened) = (Vec::new(), Vec::new());
        for at in 0..400 {
            let high = at % 2 == 0;
            chances.push(if high { 0.75 } else { 0.25 });
            happened.push(if high { at % 8 != 0 } else { at % 8 == 1 });
        }
        let found = Separated::of(&chances, Some(&chances), &happened);
        assert_eq!((found.n, found.n_events), (400, 200));
        assert!((found.auc.unwrap().value - 0.75).abs() < 1e-12);
        let promised = found.calibration.unwrap();
        assert!((promised.brier - 0.1875).abs() < 1e-12);
        assert!((promised.slope - 1.0).abs() < 1e-6 && promised.intercept.abs() < 1e-6);
        assert!((found.lift.last().unwrap().captured - 1.0).abs() < 1e-12);
        let one = Separated::of(&chances, Some(&chances), &[false; 400]);
        assert!(one.auc.is_none() && one.lift.is_empty() && one.words().en.contains("too few"));
    }
}
