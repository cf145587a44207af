//! Customer lifetime value: what purchases to come are worth today, apart from what there was to date.
//!
//! Value is whatever a purchase is measured in: better than revenue is margin after refunds and the cost to
//! serve (Gupta and Lehmann 2005). The sum over periods k = 1 … n of
//! (E[Y(k s)] - E[Y((k-1) s)]) times the value of a purchase / (1 + rate)^k (Fader, Hardie and Lee 2005,
//! "RFM and CLV", discrete; the same sum as in `lifetimes`).

use super::history::History;
use super::model::RepeatModel;

/// How far one looks, and how much later is worth less. Stated with every result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Horizon {
    pub n_periods: u32,
    /// The length of one period in the unit of the histories, such as 4.345 weeks for a month.
    pub period: f64,
    /// Per period: .01 makes what comes in a period's time worth 1/1.01.
    pub rate: f64,
}

impl Horizon {
    /// The rate per period that a yearly rate amounts to.
    ///
    /// ```
    /// let monthly = gradus_stats::lifetime::value::Horizon::rate_per_period(0.15, 12.0);
    /// assert!((monthly - 0.011714916919853445).abs() < 1e-15);
    /// ```
    pub fn rate_per_period(yearly: f64, periods_per_year: f64) -> f64 {
        (yearly.ln_1p() / periods_per_year).exp_m1()
    }

    /// The time it spans.
    pub fn length(&self) -> f64 {
        f64::from(self.n_periods) * self.period
    }

    /// What a purchase at a time from now is worth: periods are begun ones.
    pub fn weight(&self, time: f64) -> f64 {
        (1.0 + self.rate).powf(-(time / self.period).ceil().max(1.0))
    }
}

/// Purchases to come within the horizon, discounted: `expected` gives those within a time; `None` where it does.
pub(super) fn discounted(horizon: &Horizon, expected: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    let (mut sum, mut before, mut weight) = (0.0, 0.0, 1.0);
    for k in 1..=horizon.n_periods {
        let until = expected(f64::from(k) * horizon.period)?;
        weight /= 1.0 + horizon.rate;
        sum += (until - before) * weight;
        before = until;
    }
    Some(sum)
}

/// The discounted purchases to expect of a customer; times the value of a purchase, the residual value.
pub fn discounted_purchases(model: &impl RepeatModel, history: &History, horizon: &Horizon) -> f64 {
    discounted(horizon, |t| Some(model.expected(history, t))).unwrap_or_default()
}

/// The same of a customer who has not left.
pub fn discounted_while_alive(model: &impl RepeatModel, history: &History, horizon: &Horizon) -> f64 {
    discounted(horizon, |t| Some(model.expected_while_alive(history, t))).unwrap_or_default()
}

/// The same of a new customer, the first purchase not counted.
pub fn discounted_purchases_new(model: &impl RepeatModel, horizon: &Horizon) -> f64 {
    discounted(horizon, |t| Some(model.expected_new(t))).unwrap_or_default()
}

/// What a customer was and will be worth, apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// To date, as it was, not discounted.
    pub to_date: f64,
    /// Discounted purchases to come.
    pub purchases: f64,
    /// What one of them brings.
    pub per_purchase: f64,
    /// Their product.
    pub residual: f64,
}

/// Both parts of a customer's value; `per_purchase` from [`super::gamma_gamma`] or [`super::margin`].
pub fn value(
    model: &impl RepeatModel,
    history: &History,
    to_date: f64,
    per_purchase: f64,
    horizon: &Horizon,
) -> Value {
    let purchases = discounted_purchases(model, history, horizon);
    Value { to_date, purchases, per_purchase, residual: purchases * per_purchase }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::bgnbd::BgNbd;
    use crate::lifetime::pareto_nbd::ParetoNbd;

    #[test]
    fn without_a_rate_it_is_the_expectation() {
        let model = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
        let customer = History { x: 2, t_x: 30.43, age: 38.86 };
        let horizon = Horizon { n_periods: 39, period: 1.0, rate: 0.0 };
        let found = discounted_purchases(&model, &customer, &horizon);
        assert!((found / model.expected(&customer, 39.0) - 1.0).abs() < 1e-12);
        assert_eq!(horizon.weight(0.5), 1.0);
        let value = value(&model, &customer, 60.0, 10.0, &horizon);
        assert_eq!((value.to_date, value.residual), (60.0, 10.0 * found));
    }

    #[test]
    fn fine_periods_without_end_are_dert() {
        let model = ParetoNbd { r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 };
        let customer = History { x: 7, t_x: 29.43, age: 38.86 };
        // A continuous rate of .1 per week; half a period late on average.
        let period = 0.01;
        let horizon = Horizon { n_periods: 40_000, period, rate: (0.1 * period).exp_m1() };
        let found = discounted_purchases(&model, &customer, &horizon) * (0.05 * period).exp();
        assert!((found / model.discounted_purchases(&customer, 0.1) - 1.0).abs() < 1e-6);
    }
}
