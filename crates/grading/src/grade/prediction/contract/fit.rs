//! What is kept of a fit under contract, and what it says of itself.

use gradus_model::Text;
use gradus_model::document::Span;
use gradus_stats::lifetime::contract::{Contracts, ShiftedBetaGeometric};
use gradus_stats::lifetime::contract_shape::Shape;
use gradus_stats::lifetime::contract_spread::ContractSpread;
use gradus_stats::lifetime::fit::Fit;
use gradus_stats::lifetime::interval::{Scale, draws, interval};
use gradus_stats::lifetime::margin::Margin;
use gradus_stats::lifetime::tracking::{Tracked, tracking_of};
use serde::{Deserialize, Serialize};

use super::super::fitted::{FitStatus, FitSureness, Parameter, Surely, digits, restored};
use super::MOST_TERMS;

/// A chi-square as large as this happens once in a hundred if the model is right.
const OFF: f64 = 0.01;
/// A share of renewals that is off by so much is another curve.
const FAR: f64 = 0.1;
/// Renewals of the curve that are kept.
const MOST_SHOWN: usize = 60;
/// Models drawn around the fit for the intervals of customers, the same every time.
const N_DRAWS: usize = 100;
const SEED: u64 = 0x5eed_c047;

/// Parameters of a prediction under contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContractFit {
    /// Of the shifted beta-geometric model.
    pub parameters: Vec<Parameter>,
    /// Of their logarithms, row by row.
    pub covariance: Vec<f64>,
    pub status: FitStatus,
    pub log_likelihood: f64,
    /// Contracts, and how many of them have ended.
    pub n: u64,
    pub n_left: u64,
    /// How many renewed so often at least, and the share of those who came so far that renewed once more.
    pub renewals: Vec<Renewal>,
    /// What a term brings, after the margin: the mean, and the variances between customers and within.
    pub value: Vec<Parameter>,
    pub sureness: FitSureness,
    /// Whether the renewals have the shape that the model gives them; none in fits from before it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<FitShape>,
}

/// The test of the curve's shape: see [`gradus_stats::lifetime::contract_shape`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitShape {
    pub chi_square: f64,
    pub degrees: u64,
    /// How likely a chi-square as large is if the model is right; none where there are too few renewals for a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// Where the model is wrong most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst: Option<WorstRenewal>,
}

/// Renewals (most often one) at which the model is wrong most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorstRenewal {
    pub from: u32,
    pub to: u32,
    pub n: u64,
    /// The share that renewed, and what the model says.
    pub renewed: f64,
    pub expected: f64,
}

/// One renewal of the curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Renewal {
    /// 1 is the first.
    pub renewal: u32,
    /// Customers who came to it, and how many of them renewed.
    pub n: u64,
    pub n_renewed: u64,
    /// What the model says, with the interval of 95 % as far as its parameters are unsure.
    pub expected: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

impl ContractFit {
    /// Expected against actual renewals; see [`gradus_stats::lifetime::tracking::tracking`]. Times are in weeks; empty if
    /// the parameters are not those of the model.
    pub fn tracking(
        &self,
        term: Span,
        births: &[(f64, f64)],
        repeats: &[(f64, f64)],
        ends: &[f64],
    ) -> Vec<Tracked> {
        let Some(model) = self.model() else { return Vec::new() };
        let weeks = term.mean_days() / 7.0;
        // Within a day of its end a term is over.
        let over = |age: f64| ((age + 0.1) / weeks).floor().clamp(0.0, f64::from(MOST_TERMS)) as u32;
        tracking_of(|age| model.expected_renewals(over(age)), births, repeats, ends)
    }

    pub(super) fn model(&self) -> Option<ShiftedBetaGeometric> {
        restored::<ShiftedBetaGeometric>(&self.parameters, &self.covariance).map(|fit| fit.model)
    }

    /// What single customers may bring, with what is not known of the parameters.
    pub(super) fn spread(&self) -> Option<ContractSpread> {
        let fit = restored::<ShiftedBetaGeometric>(&self.parameters, &self.covariance)?;
        let error = self.value.iter().find(|one| one.name == "mean").and_then(|one| one.error);
        Some(ContractSpread::new(draws(&fit, N_DRAWS, SEED), self.value(), error.unwrap_or(0.0)))
    }

    pub(super) fn value(&self) -> Margin {
        let of = |name: &str| self.value.iter().find(|one| one.name == name).map_or(0.0, |one| one.value);
        Margin { mean: of("mean"), between: of("between"), within: of("within") }
    }

    /// How sure it is, as plain statements.
    pub fn words(&self) -> Vec<Text> {
        let mut out = vec![self.status.words()];
        if !self.status.is_refused() {
            out.push(self.sureness.words(&Text::new("预期续约期数", "terms to expect")));
            out.push(Text::new(
                format!("由 {} 份合约估计，其中 {} 份已结束（移位 beta-几何模型）", self.n, self.n_left),
                format!(
                    "estimated from {} contracts, of which {} have ended (shifted beta-geometric model)",
                    self.n, self.n_left
                ),
            ));
            out.extend(self.shape.as_ref().map(FitShape::words));
        }
        out
    }
}

impl FitShape {
    pub(super) fn of(shape: &Shape) -> FitShape {
        let worst = shape.worst().map(|part| WorstRenewal {
            from: part.from,
            to: part.to,
            n: part.n as u64,
            renewed: digits(part.renewed / part.n),
            expected: digits(part.expected / part.n),
        });
        FitShape {
            chi_square: digits(shape.chi_square),
            degrees: shape.degrees as u64,
            p: shape.p.map(digits),
            worst,
        }
    }

    /// True if the renewals are hardly what the model gives.
    pub fn is_off(&self) -> bool {
        self.p.is_some_and(|p| p < OFF)
    }

    /// How sure a fit can be whose renewals are so: what its parameters know of themselves holds only if the shape does.
    /// Of very many customers the least difference shows; it matters where it is large.
    pub(super) fn sure(&self, by_parameters: Surely) -> Surely {
        let far = self.worst.as_ref().is_some_and(|one| (one.renewed - one.expected).abs() >= FAR);
        match (self.is_off(), far, by_parameters) {
            (true, true, _) => Surely::Hardly,
            (true, false, Surely::Well) => Surely::Roughly,
            (_, _, sure) => sure,
        }
    }

    /// In a sentence.
    pub fn words(&self) -> Text {
        let (Some(p), Some(worst)) = (self.p, &self.worst) else {
            return Text::new(
                "续约次数太少，检验不了续约曲线的形状",
                "there are too few renewals to test the shape of the curve",
            );
        };
        let test = Text::new(
            format!("卡方 {:.1}，自由度 {}，p {}", self.chi_square, self.degrees, p_words(p)),
            format!(
                "chi-square {:.1}, {} degrees of freedom, p {}",
                self.chi_square,
                self.degrees,
                p_words(p)
            ),
        );
        if !self.is_off() {
            return Text::new(
                format!("各期续约与模型的形状相符（{}）", test.zh),
                format!("the renewals have the shape that the model gives them ({})", test.en),
            );
        }
        let (renewed, expected) = (100.0 * worst.renewed, 100.0 * worst.expected);
        let which = match worst.from == worst.to {
            true => Text::new(format!("第 {} 次续约", worst.from), format!("renewal {}", worst.from)),
            false => Text::new(
                format!("第 {} 至 {} 次续约", worst.from, worst.to),
                format!("renewals {} to {}", worst.from, worst.to),
            ),
        };
        Text::new(
            format!(
                "各期续约不是模型的形状（{}）：{}实际 {renewed:.1} %，模型 {expected:.1} %；预测要打折扣，看看那一期发生了什么（涨价、毕业、政策）",
                test.zh, which.zh
            ),
            format!(
                "the renewals do not have the shape that the model gives them ({}): at {} {renewed:.1} % renewed, the model says {expected:.1} %; trust predictions less, and see what happened then (prices, the end of a course, terms)",
                test.en, which.en
            ),
        )
    }
}

fn p_words(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_string() } else { format!("= {p:.3}") }
}

/// The curve as it was and as the model has it.
pub(super) fn curve(contracts: &Contracts, fit: &Fit<ShiftedBetaGeometric>) -> Vec<Renewal> {
    let faced = contracts.faced().into_iter().zip(1..).take(MOST_SHOWN);
    let of = |((n, renewed), renewal): ((f64, f64), u32)| {
        let sure = interval(fit, Scale::Logit, 0.95, |model| model.retention(renewal));
        Renewal {
            renewal,
            n: n as u64,
            n_renewed: renewed as u64,
            expected: digits(sure.value),
            low: Some(digits(sure.low)),
            high: Some(digits(sure.high)),
        }
    };
    faced.map(of).filter(|one| one.n > 0).collect()
}
