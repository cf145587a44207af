//! Futures of single customers, drawn: what somebody will bring is far less certain than its mean, and the
//! only honest interval of it is that of the futures which the models hold possible.

use super::gamma_gamma::GammaGamma;
use super::history::History;
use super::margin::Margin;
use super::model::RepeatModel;
use super::value::Horizon;
use crate::random::Random;

/// What a purchase of the customer brings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PerPurchase {
    /// Always the same; 1 counts discounted purchases.
    Fixed(f64),
    /// By the gamma-gamma model, given the mean of the customer's repeat purchases so far.
    GammaGamma(GammaGamma, f64),
    /// By the model of margins, given the same.
    Margin(Margin, f64),
}

/// Drawn values of the horizon, sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct Futures {
    pub values: Vec<f64>,
}

impl Futures {
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len().max(1) as f64
    }

    /// The value below which this share of the futures lies; 0 without a draw.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.values.len().saturating_sub(1);
        let place = (share * last as f64).round() as usize;
        self.values.get(place.min(last)).copied().unwrap_or(0.0)
    }

    /// The middle `level` of the futures.
    pub fn interval(&self, level: f64) -> (f64, f64) {
        (self.quantile(0.5 * (1.0 - level)), self.quantile(0.5 * (1.0 + level)))
    }
}

/// `n` futures of one customer: discounted value within the horizon. `models` is the fitted model alone, or
/// [`super::interval::draws`] of it, taken in turn, so that the parameters' uncertainty is in the futures too.
pub fn futures<M: RepeatModel>(
    models: &[M],
    history: &History,
    per_purchase: PerPurchase,
    horizon: &Horizon,
    n: usize,
    seed: u64,
) -> Futures {
    let mut random = Random::new(seed);
    let mut times = Vec::new();
    let mut values = Vec::with_capacity(n);
    for model in models.iter().cycle().take(if models.is_empty() { 0 } else { n }) {
        times.clear();
        model.draw_purchases(history, horizon.length(), &mut random, &mut times);
        values.push(one(&times, history.x, per_purchase, horizon, &mut random));
    }
    values.sort_by(f64::total_cmp);
    Futures { values }
}

/// What one future is worth.
pub(super) fn one(
    times: &[f64],
    x: u32,
    per_purchase: PerPurchase,
    horizon: &Horizon,
    random: &mut Random,
) -> f64 {
    if times.is_empty() {
        return 0.0;
    }
    let weights = times.iter().map(|time| horizon.weight(*time));
    match per_purchase {
        PerPurchase::Fixed(value) => weights.map(|weight| weight * value).sum(),
        PerPurchase::GammaGamma(model, mean) => {
            let nu = model.draw_nu(x, mean, random);
            weights.map(|weight| weight * model.draw_purchase(nu, random)).sum()
        }
        PerPurchase::Margin(model, mean) => {
            let own = model.draw_mean(x, mean, random);
            weights.map(|weight| weight * model.draw_purchase(own, random)).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::bgnbd::{BgNbd, MbgNbd};
    use crate::lifetime::pareto_nbd::ParetoNbd;
    use crate::lifetime::value::discounted_purchases;

    #[test]
    fn futures_have_the_mean_and_the_spread_that_the_formulas_say() {
        let customer = History { x: 7, t_x: 29.43, age: 38.86 };
        let horizon = Horizon { n_periods: 12, period: 4.345, rate: 0.01 };
        check(BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 }, &customer, &horizon);
        check(MbgNbd { r: 0.525, alpha: 6.183, a: 0.891, b: 1.614 }, &customer, &horizon);
        check(ParetoNbd { r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 }, &customer, &horizon);
    }

    fn check<M: RepeatModel>(model: M, customer: &History, horizon: &Horizon) {
        let n = 20_000;
        let found = futures(&[&model], customer, PerPurchase::Fixed(1.0), horizon, n, 5);
        let expected = discounted_purchases(&model, customer, horizon);
        let deviation =
            (found.values.iter().map(|v| (v - found.mean()).powi(2)).sum::<f64>() / n as f64).sqrt();
        let error = deviation / (n as f64).sqrt();
        assert!((found.mean() - expected).abs() < 5.0 * error, "{} is not {expected}", found.mean());
        // Undiscounted, the interval of the counts is that of the distribution.
        let plain = Horizon { rate: 0.0, ..*horizon };
        let found = futures(&[&model], customer, PerPurchase::Fixed(1.0), &plain, n, 6);
        let (low, high) = model.individual_interval(customer, plain.length(), 0.9);
        let (drawn_low, drawn_high) = found.interval(0.9);
        assert!((drawn_low - f64::from(low)).abs() <= 1.0, "{drawn_low} {low}");
        assert!((drawn_high - f64::from(high)).abs() <= 1.0, "{drawn_high} {high}");
    }

    #[test]
    fn values_multiply_the_purchases() {
        let model = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
        let customer = History { x: 7, t_x: 29.43, age: 38.86 };
        let horizon = Horizon { n_periods: 12, period: 4.345, rate: 0.01 };
        let purchases = discounted_purchases(&model, &customer, &horizon);
        let spend = GammaGamma { p: 6.25, q: 3.74, v: 15.44 };
        let margin = Margin { mean: 5.0, between: 9.0, within: 30.0 };
        for (per_purchase, each) in [
            (PerPurchase::GammaGamma(spend, 73.74), spend.expected(7, 73.74).unwrap()),
            (PerPurchase::Margin(margin, -2.0), margin.expected(7, -2.0)),
        ] {
            let found = futures(&[model], &customer, per_purchase, &horizon, 20_000, 8);
            let spread: f64 = found.values.iter().map(|v| (v - found.mean()).powi(2)).sum::<f64>();
            let error = spread.sqrt() / 20_000.0;
            assert!(
                (found.mean() - purchases * each).abs() < 5.0 * error,
                "{} {}",
                found.mean(),
                purchases * each
            );
        }
        assert_eq!(futures::<BgNbd>(&[], &customer, PerPurchase::Fixed(1.0), &horizon, 9, 1).mean(), 0.0);
    }
}
