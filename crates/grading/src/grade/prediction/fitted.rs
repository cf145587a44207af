//! What is kept of a fit, in a form that is stored and read by people: parameters with their errors, what it ended
//! with, and how sure it is.

use gradus_model::Text;
use gradus_stats::lifetime::fit::{End, Fit, Parameters, Status};
use gradus_stats::lifetime::interval::{Sure, Sureness};
use serde::{Deserialize, Serialize};

/// One parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    pub name: String,
    pub value: f64,
    /// Standard error, where the fit has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
}

/// What a fit ended with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum FitStatus {
    Converged,
    /// These parameters run to an end (`zero` or `infinity`); predictions are those of the limit.
    Boundary {
        parameters: Vec<(String, String)>,
    },
    /// The data say nothing about a parameter: a cautious belief stands for it.
    Unidentified,
    /// A cautious belief, moved by the few there are.
    TooFew {
        n: f64,
        needed: f64,
    },
    /// Refused: this share of those with two gaps at least buys at fixed intervals of so many days.
    Contractual {
        share: f64,
        interval_days: f64,
        n: u64,
    },
    /// Refused: a contract whose next term begins long before the last one is over, for this share of those who
    /// renewed.
    Overlapping {
        share: f64,
        n: u64,
    },
    /// Refused: nobody's contract has ever ended.
    NoEndSeen {
        n: u64,
    },
}

impl FitStatus {
    pub(super) fn of(status: &Status) -> FitStatus {
        match status {
            Status::Converged => FitStatus::Converged,
            Status::Boundary(ends) => {
                let end = |(name, end): &(&str, End)| {
                    let end = if *end == End::Zero { "zero" } else { "infinity" };
                    (name.to_string(), end.to_string())
                };
                FitStatus::Boundary { parameters: ends.iter().map(end).collect() }
            }
            Status::Unidentified => FitStatus::Unidentified,
            Status::TooFew(few) => FitStatus::TooFew { n: digits(few.n), needed: digits(few.needed) },
        }
    }

    /// True if nothing is predicted.
    pub fn is_refused(&self) -> bool {
        matches!(
            self,
            FitStatus::Contractual { .. } | FitStatus::Overlapping { .. } | FitStatus::NoEndSeen { .. }
        )
    }

    /// In words, with what to do about it.
    pub fn words(&self) -> Text {
        match self {
            FitStatus::Converged => Text::new("拟合收敛", "the fit converged"),
            FitStatus::Boundary { parameters } => {
                let names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
                Text::new(
                    format!(
                        "参数 {} 趋向边界：客户之间的差异比模型能表达的小；预测取极限值",
                        names.join("、")
                    ),
                    format!(
                        "{} at a boundary: customers differ less than the model can say; predictions are those of the limit",
                        names.join(", ")
                    ),
                )
            }
            FitStatus::Unidentified => Text::new(
                "数据说明不了其中一些参数，由谨慎的先验代替",
                "the data say nothing about some parameters; a cautious belief stands for them",
            ),
            FitStatus::TooFew { n, needed } => Text::new(
                format!("数据太少（{n:.0}，至少要 {needed:.0}）：以谨慎的先验为主"),
                format!("too few to go by ({n:.0}, {needed:.0} are needed): mostly a cautious belief"),
            ),
            FitStatus::Contractual { share, interval_days, n } => Text::new(
                format!(
                    "拒绝预测：{n} 位客户中有 {:.0} % 每隔约 {interval_days:.0} 天固定购买一次，像合约、会费或分期；这类客户两次付款之间不买并不是离开。改用 contract",
                    100.0 * share
                ),
                format!(
                    "refused: {:.0} % of {n} customers buy at fixed intervals of about {interval_days:.0} days, as under a contract, membership or instalments; who does not buy between two payments has not left. Use `contract`",
                    100.0 * share
                ),
            ),
            FitStatus::Overlapping { share, n } => Text::new(
                format!(
                    "拒绝预测：{n} 位续约客户中有 {:.0} % 在上一期远未结束时就开始下一期，不像一份接一份的合约。检查 term 与 terms，或改用 lifetime",
                    100.0 * share
                ),
                format!(
                    "refused: of {n} customers who renewed, {:.0} % began the next term long before the last was over, so terms do not follow each other. Look at `term` and `terms`, or use `lifetime`",
                    100.0 * share
                ),
            ),
            FitStatus::NoEndSeen { n } => Text::new(
                format!(
                    "拒绝预测：{n} 份合约中还没有一份结束过，续约率无从估计。等第一批到期，或检查 term、grace 与 ends"
                ),
                format!(
                    "refused: of {n} contracts none has ever ended, so nothing is known of renewals. Wait for the first to end, or look at `term`, `grace` and `ends`"
                ),
            ),
        }
    }
}

/// How sure a fit is of what its base will do, without what single customers do by chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitSureness {
    /// What all customers together are expected to do within the horizon, with the interval of 95 %.
    pub total: f64,
    pub low: f64,
    pub high: f64,
    /// What share of the certainty about the least known parameter came from the data and not from belief.
    pub learned: f64,
    pub sure: Surely,
}

/// In one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surely {
    /// The total is known within a tenth.
    Well,
    /// Within a third.
    Roughly,
    Hardly,
}

impl FitSureness {
    pub(super) fn of(found: &Sureness) -> FitSureness {
        FitSureness {
            total: digits(found.total.value),
            low: digits(found.total.low),
            high: digits(found.total.high),
            learned: digits(found.learned),
            sure: match found.sure {
                Sure::Well => Surely::Well,
                Sure::Roughly => Surely::Roughly,
                Sure::Hardly => Surely::Hardly,
            },
        }
    }

    /// A plain statement; `of` is what is counted.
    pub fn words(&self, of: &Text) -> Text {
        let FitSureness { total, low, high, .. } = self;
        let (zh, en) = match self.sure {
            Surely::Well => (
                "就参数而言把握较大：全体合计误差在十分之一以内（不含季节与市场的变化）",
                "well known as far as parameters go: the total is right within a tenth, seasons and markets left aside",
            ),
            Surely::Roughly => (
                "就参数而言大致可信：全体合计误差在三分之一以内（不含季节与市场的变化）",
                "roughly known as far as parameters go: the total is right within a third, seasons and markets left aside",
            ),
            Surely::Hardly => (
                "把握很小：只宜看先后，不宜当作金额",
                "hardly known: good for an order of customers, not as an amount",
            ),
        };
        Text::new(
            format!("{zh}（{}合计 {total:.0}，95 % 区间 {low:.0}–{high:.0}）", of.zh),
            format!("{en} ({} of all: {total:.0}, 95 % interval {low:.0} to {high:.0})", of.en),
        )
    }
}

/// The number as it is stored: twelve digits, so that what is read back is the same to the bit (the reader of JSON
/// is exact up to 2^53 and 22 places after the point), and what grades live is what graded in the run.
pub(crate) fn digits(value: f64) -> f64 {
    let value = match value {
        value if value.is_nan() => 0.0,
        value => value.clamp(-1e300, 1e300),
    };
    let text = match value.abs() < 1e-11 {
        true => format!("{value:.22}"),
        false => format!("{value:.11e}"),
    };
    text.parse().unwrap_or(value)
}

/// The parameters of a model with their errors.
pub(super) fn parameters<M: Parameters>(fit: &Fit<M>) -> Vec<Parameter> {
    let values = fit.model.to_logs().into_iter().map(f64::exp);
    let error = |at: usize| {
        let errors = fit.standard_errors.as_ref()?;
        errors.get(at).copied().filter(|error| error.is_finite()).map(digits)
    };
    let of = |(at, (name, value)): (usize, (&&str, f64))| Parameter {
        name: name.to_string(),
        value: digits(value),
        error: error(at),
    };
    M::NAMES.iter().zip(values).enumerate().map(of).collect()
}

/// The model of stored parameters, with what is needed to draw others around it.
pub(super) fn restored<M: Parameters>(stored: &[Parameter], covariance: &[f64]) -> Option<Fit<M>> {
    let value = |name: &&str| stored.iter().find(|one| one.name == **name).map(|one| one.value);
    let logs: Option<Vec<f64>> = M::NAMES.iter().map(|name| value(name).map(f64::ln)).collect();
    let logs = logs.filter(|logs| logs.iter().all(|log| log.is_finite()))?;
    let k = logs.len();
    let covariance = match covariance.len() == k * k {
        true => covariance.to_vec(),
        false => vec![0.0; k * k],
    };
    Some(Fit {
        model: M::from_logs(&logs),
        status: Status::Converged,
        log_likelihood: 0.0,
        objective: 0.0,
        gradient: 0.0,
        n_customers: 0.0,
        n_patterns: 0,
        n_iterations: 0,
        covariance,
        standard_errors: None,
        learned: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back_to_the_bit() {
        let mut value = 0.318_309_886_183_790_67_f64;
        for _ in 0..2_000 {
            value = (value * 7.3).fract() + 1e-3;
            for power in [-30, -14, -11, -9, -3, 0, 5, 12, 20] {
                let stored = digits(value * 10f64.powi(power));
                let read: f64 = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
                assert_eq!(stored.to_bits(), read.to_bits(), "{stored:e}");
            }
        }
        for odd in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, -0.0, 5e-324] {
            let stored = digits(odd);
            let read: f64 = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
            assert_eq!(stored.to_bits(), read.to_bits(), "{odd:e}");
        }
    }
}
