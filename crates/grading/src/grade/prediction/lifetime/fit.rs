//! The parameters of a prediction of lifetime value, and their estimation.

use gradus_model::Text;
use gradus_model::document::LifetimeModel;
use gradus_stats::lifetime::bgnbd::{BgNbd, MbgNbd};
use gradus_stats::lifetime::fit::{Options, Prior};
use gradus_stats::lifetime::gamma_gamma::{GammaGamma, Spends};
use gradus_stats::lifetime::history::Histories;
use gradus_stats::lifetime::interval::sureness;
use gradus_stats::lifetime::margin::Margin;
use gradus_stats::lifetime::pareto_nbd::ParetoNbd;
use gradus_stats::lifetime::tracking::{Tracked, tracking};
use gradus_stats::lifetime::value::Horizon;
use gradus_stats::lifetime::{gamma_gamma, spread};
use serde::{Deserialize, Serialize};

use super::base::Customers;
use super::engine::Fast;
use crate::grade::prediction::fitted::{FitStatus, FitSureness, Parameter, digits, parameters, restored};

/// Below so many customers a weak belief keeps the parameters within what was ever published.
const FEW_CUSTOMERS: f64 = 500.0;
/// What a purchase brings is estimated from so many customers who came back at most, evenly chosen.
const MOST_SPENDERS: usize = 60_000;
/// Up to this share of customers whose purchases brought nothing, or less, is left out of a fit of positive values.
const FEW_LOSSES: f64 = 0.01;
/// From so many customers with two gaps, this share of them with equal gaps is a contract.
const RHYTHM: (u64, f64) = (20, 0.5);

/// Parameters of a prediction of lifetime value. Times are in weeks, values after margin and costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LifetimeFit {
    pub model: LifetimeModel,
    pub parameters: Vec<Parameter>,
    /// Of the logarithms of the parameters, row by row.
    pub covariance: Vec<f64>,
    pub status: FitStatus,
    pub log_likelihood: f64,
    /// Customers who bought, and those of them who came back.
    pub n: u64,
    pub n_repeaters: u64,
    pub spend: SpendFit,
    /// How many purchases go with how much each, over those who came back: -1 to 1. The models take it to be 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<f64>,
    pub sureness: FitSureness,
}

/// Which model of what a purchase brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpendKind {
    /// Positive values (Fader and Hardie 2013).
    GammaGamma,
    /// Values that may be negative (Bühlmann 1967).
    Margin,
    /// Nobody came back yet: the mean of all purchases.
    Fixed,
}

/// What a purchase brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpendFit {
    pub model: SpendKind,
    pub parameters: Vec<Parameter>,
    pub status: FitStatus,
    /// What a purchase of a customer of whom nothing is known brings.
    pub mean: f64,
    /// Customers who came back, and how many of them were left out because their purchases brought nothing.
    pub n: u64,
    pub n_left_out: u64,
}

impl LifetimeFit {
    /// Expected against actual repeat purchases; see [`gradus_stats::lifetime::tracking::tracking`]. Times are in
    /// weeks; empty if the parameters are not those of the model.
    pub fn tracking(&self, births: &[(f64, f64)], repeats: &[(f64, f64)], ends: &[f64]) -> Vec<Tracked> {
        fn of<M: Fast>(
            fit: &LifetimeFit,
            births: &[(f64, f64)],
            repeats: &[(f64, f64)],
            ends: &[f64],
        ) -> Vec<Tracked> {
            let model = restored::<M>(&fit.parameters, &fit.covariance).map(|fit| fit.model);
            model.map(|model| tracking(&model, births, repeats, ends)).unwrap_or_default()
        }
        match self.model {
            LifetimeModel::BgNbd => of::<BgNbd>(self, births, repeats, ends),
            LifetimeModel::MbgNbd => of::<MbgNbd>(self, births, repeats, ends),
            LifetimeModel::ParetoNbd => of::<ParetoNbd>(self, births, repeats, ends),
        }
    }
}

impl SpendFit {
    fn parameter(&self, name: &str) -> f64 {
        self.parameters.iter().find(|one| one.name == name).map_or(0.0, |one| one.value)
    }

    fn gamma_gamma(&self) -> GammaGamma {
        GammaGamma { p: self.parameter("p"), q: self.parameter("q"), v: self.parameter("v") }
    }

    fn margin(&self) -> Margin {
        Margin {
            mean: self.parameter("mean"),
            between: self.parameter("between"),
            within: self.parameter("within"),
        }
    }

    pub(super) fn spread(&self) -> spread::Spend {
        match self.model {
            SpendKind::GammaGamma => spread::Spend::GammaGamma(self.gamma_gamma()),
            SpendKind::Margin => spread::Spend::Margin(self.margin()),
            SpendKind::Fixed => spread::Spend::Fixed,
        }
    }

    /// What to expect of a purchase of a customer with `x` repeat purchases of this mean, and the mean that
    /// [`spread::Spread`] goes by.
    pub(super) fn of(&self, x: u32, mean: f64) -> (f64, f64) {
        match self.model {
            SpendKind::GammaGamma => {
                let mean = mean.max(0.0);
                (self.gamma_gamma().expected(x, mean).unwrap_or(self.mean), mean)
            }
            SpendKind::Margin => (self.margin().expected(x, mean), mean),
            SpendKind::Fixed => (self.mean, self.mean),
        }
    }

    pub(super) fn words(&self) -> Text {
        match self.model {
            SpendKind::GammaGamma => Text::new("Gamma-Gamma 模型", "gamma-gamma model"),
            SpendKind::Margin => {
                Text::new("毛利模型（金额可为负）", "model of margins (values may be negative)")
            }
            SpendKind::Fixed => Text::new("全体均值", "mean of all"),
        }
    }
}

pub(super) fn estimate<M: Fast>(model: LifetimeModel, all: &[Customers], horizon: &Horizon) -> LifetimeFit {
    let (mut x, mut t_x, mut age) = (Vec::new(), Vec::new(), Vec::new());
    let mut spent: Vec<(u32, f64)> = Vec::new();
    let mut means = 0.0;
    let (mut n_rhythms, mut n_regular, mut gaps) = (0u64, 0u64, Vec::new());
    for customers in all {
        for row in 0..customers.len() {
            let Some(bought) = customers.bought(row) else { continue };
            let history = bought.history;
            x.push(history.x);
            t_x.push(history.t_x);
            age.push(history.age);
            if history.x > 0 {
                spent.push((history.x, bought.mean));
            }
            means += bought.mean_of_all;
            if let Some((gap, is_regular)) = customers.rhythm(row) {
                n_rhythms += 1;
                n_regular += u64::from(is_regular);
                gaps.extend(is_regular.then_some(gap));
            }
        }
    }
    let base = Histories::of(&x, &t_x, &age).unwrap_or_default();
    let n = base.n_customers();
    let prior = if n < FEW_CUSTOMERS { Prior::Weak } else { Prior::None };
    let found = M::fitted(&base, &Options { prior, ..Options::default() });
    let share = n_regular as f64 / n_rhythms.max(1) as f64;
    let status = match n_rhythms >= RHYTHM.0 && share >= RHYTHM.1 {
        true => {
            gaps.sort_unstable_by(f64::total_cmp);
            let interval_days = digits(gaps[gaps.len() / 2]);
            FitStatus::Contractual { share: digits(share), interval_days, n: n_rhythms }
        }
        false => FitStatus::of(&found.status),
    };
    // The order in which customers come does not matter.
    spent.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    LifetimeFit {
        model,
        parameters: parameters(&found),
        covariance: found.covariance.iter().copied().map(digits).collect(),
        status,
        log_likelihood: digits(found.log_likelihood),
        n: n as u64,
        n_repeaters: base.n_repeaters() as u64,
        correlation: correlation(&spent),
        spend: spend(&spent, if n > 0.0 { means / n } else { 0.0 }, prior),
        sureness: FitSureness::of(&sureness(&found, &base, horizon.length())),
    }
}

/// What a purchase brings, of those who came back: purchases and their mean, sorted.
fn spend(spent: &[(u32, f64)], mean_of_all: f64, prior: Prior) -> SpendFit {
    let n = spent.len() as u64;
    let positive = spent.iter().filter(|(_, mean)| *mean > 0.0).count();
    let n_left_out = n - positive as u64;
    if spent.is_empty() {
        let (model, status) = (SpendKind::Fixed, FitStatus::TooFew { n: 0.0, needed: 10.0 });
        let mean = digits(mean_of_all);
        return SpendFit { model, parameters: Vec::new(), status, mean, n, n_left_out };
    }
    let thinned = |keep: &dyn Fn(f64) -> bool| -> (Vec<u32>, Vec<f64>) {
        let kept: Vec<&(u32, f64)> = spent.iter().filter(|(_, mean)| keep(*mean)).collect();
        let step = kept.len().div_ceil(MOST_SPENDERS).max(1);
        kept.into_iter().step_by(step).map(|(x, mean)| (*x, *mean)).unzip()
    };
    let has_losses = n_left_out as f64 > FEW_LOSSES * n as f64;
    if !has_losses {
        let (x, means) = thinned(&|mean| mean > 0.0);
        if let Ok(spends) = Spends::of(&x, &means) {
            let found = GammaGamma::fit(&spends, &Options { prior, ..Options::default() });
            let mean = found.model.population_mean().filter(|mean| mean.is_finite());
            return SpendFit {
                model: SpendKind::GammaGamma,
                parameters: parameters(&found),
                status: FitStatus::of(&found.status),
                mean: digits(mean.unwrap_or_else(|| spends.mean())),
                n,
                n_left_out,
            };
        }
    }
    let (x, means) = thinned(&|_| true);
    match Margin::fit(&x, &means) {
        Ok(found) => {
            let Margin { mean, between, within } = found.model;
            let of = |name: &str, value, error: Option<f64>| Parameter {
                name: name.to_string(),
                value: digits(value),
                error: error.map(digits),
            };
            SpendFit {
                model: SpendKind::Margin,
                parameters: vec![
                    of("mean", mean, found.standard_error),
                    of("between", between, None),
                    of("within", within, None),
                ],
                status: FitStatus::of(&found.status),
                mean: digits(mean),
                n,
                n_left_out: 0,
            }
        }
        // Only what is no number ends here, and inputs are numbers.
        Err(_) => SpendFit {
            model: SpendKind::Fixed,
            parameters: Vec::new(),
            status: FitStatus::Unidentified,
            mean: digits(mean_of_all),
            n,
            n_left_out,
        },
    }
}

/// Pearson's correlation of the number of repeat purchases with their mean value.
fn correlation(spent: &[(u32, f64)]) -> Option<f64> {
    let (x, means): (Vec<u32>, Vec<f64>) = spent.iter().copied().filter(|(_, mean)| *mean > 0.0).unzip();
    let found = gamma_gamma::correlation(&Spends::of(&x, &means).ok()?)?;
    found.is_finite().then(|| digits(found))
}
