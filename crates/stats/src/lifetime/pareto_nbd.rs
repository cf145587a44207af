//! Pareto/NBD (Schmittlein, Morrison and Colombo 1987, Management Science 33, 1-24), in the notation of Fader
//! and Hardie 2005, "A note on deriving the Pareto/NBD model and related expressions".
//!
//! A customer buys at a rate lambda ~ Gamma(r, alpha) and leaves at a rate mu ~ Gamma(s, beta), at any time.

use super::fit::{Belief, Fit, Options, Parameters, in_logs};
use super::history::{Histories, History};
use super::model::{Believed, Leaving, MOST_DRAWN, RepeatModel};
use super::pareto_likelihood::{evaluate, log_likelihood, odds_of_having_left};
use super::repeats::{Way, fit_repeats};
use crate::newton::Evaluation;
use crate::random::Random;
use crate::special::exponential_integral;
use crate::special::gamma::ln_gamma;
use crate::special::quadrature::legendre;
use crate::special::rising::rising;

const WAY: Way = Way {
    prior: ParetoNbd::PRIOR,
    times: [false, true, false, true],
    starts: [(0.5, 1.5, 0.6, 0.4), (2.0, 1.2, 1.0, 1.5), (0.3, 3.0, 2.0, 1.0)],
};

/// The model with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParetoNbd {
    /// Shape of the rates of buying.
    pub r: f64,
    /// A time: r / alpha is the mean rate of buying.
    pub alpha: f64,
    /// Shape of the rates of leaving.
    pub s: f64,
    /// A time: s / beta is the mean rate of leaving.
    pub beta: f64,
}

impl Parameters for ParetoNbd {
    const NAMES: &'static [&'static str] = &["r", "alpha", "s", "beta"];

    fn to_logs(&self) -> Vec<f64> {
        vec![self.r.ln(), self.alpha.ln(), self.s.ln(), self.beta.ln()]
    }

    fn from_logs(logs: &[f64]) -> Self {
        ParetoNbd { r: logs[0].exp(), alpha: logs[1].exp(), s: logs[2].exp(), beta: logs[3].exp() }
    }
}

impl ParetoNbd {
    /// What the weak prior believes: r and s between .08 and 4.4; purchases, and times of leaving, in the
    /// longest history between .02 and 50.
    pub const PRIOR: &'static [Belief] = &[
        Belief { weights: &[1.0, 0.0, 0.0, 0.0], mean: -0.5, deviation: 1.0 },
        Belief { weights: &[1.0, -1.0, 0.0, 0.0], mean: 0.0, deviation: 2.0 },
        Belief { weights: &[0.0, 0.0, 1.0, 0.0], mean: -0.5, deviation: 1.0 },
        Belief { weights: &[0.0, 0.0, 1.0, -1.0], mean: 0.0, deviation: 2.0 },
    ];

    /// The fit to a base; see [`super::bgnbd::BetaGeometric::fit`].
    pub fn fit(base: &Histories, options: &Options) -> Fit<Self> {
        fit_repeats(base, options, &WAY, Self::evaluate)
    }

    /// ln L of a base with its first and second derivatives in the logarithms of the parameters.
    pub fn evaluate(logs: &[f64], base: &Histories) -> Evaluation {
        let parameters = [logs[0].exp(), logs[1].exp(), logs[2].exp(), logs[3].exp()];
        in_logs(evaluate(parameters, base), &parameters)
    }

    /// All purchases that are still to come, without an end, each worth less by e^(-rate time): DERT of Fader,
    /// Hardie and Lee 2005, "RFM and CLV", J. Marketing Research 42, 415-430, whose confluent
    /// hypergeometric function U(s, s; z) is e^z E_s(z) z^(1-s).
    pub fn discounted_purchases(&self, history: &History, rate: f64) -> f64 {
        let (x, left) = (f64::from(history.x), self.beta + history.age);
        let mean_rate = (self.r + x) / (self.alpha + history.age);
        self.p_alive(history) * mean_rate * left * exponential_integral::scaled(self.s, rate * left)
    }

    /// What is believed of the customer if alive: the same model with these parameters.
    fn alive(&self, history: &History) -> ParetoNbd {
        ParetoNbd {
            r: self.r + f64::from(history.x),
            alpha: self.alpha + history.age,
            s: self.s,
            beta: self.beta + history.age,
        }
    }

    fn four(&self) -> [f64; 4] {
        [self.r, self.alpha, self.s, self.beta]
    }

    fn draw(&self, t: f64, random: &mut Random, times: &mut Vec<f64>) {
        let lambda = random.gamma(self.r) / self.alpha;
        let end = (random.exponential() * self.beta / random.gamma(self.s)).min(t);
        let mut at = random.exponential() / lambda;
        while at <= end && times.len() < MOST_DRAWN {
            times.push(at);
            at += random.exponential() / lambda;
        }
    }
}

impl RepeatModel for ParetoNbd {
    fn p_alive(&self, history: &History) -> f64 {
        1.0 / (1.0 + odds_of_having_left(self.four(), history))
    }

    /// Fader and Hardie 2005, eq. 41; at s = 1 its limit.
    fn expected_while_alive(&self, history: &History, t: f64) -> f64 {
        self.alive(history).expected_new(t)
    }

    /// Fader and Hardie 2005, eq. 27.
    fn expected_new(&self, t: f64) -> f64 {
        let grown = (t / self.beta).ln_1p();
        let e = self.s - 1.0;
        let lived = if e == 0.0 { grown } else { -(-e * grown).exp_m1() / e };
        self.r * (self.beta / self.alpha) * lived
    }

    fn probability(&self, history: &History, k: u32, t: f64) -> f64 {
        let p_alive = self.p_alive(history);
        let left = if k == 0 { 1.0 - p_alive } else { 0.0 };
        left + p_alive * self.alive(history).probability_new(k, t)
    }

    /// All k while alive until t, or until the end at y (Fader and Hardie 2006, "Deriving an expression for
    /// P(X(t) = x) under the Pareto/NBD model", before its integral is taken): here by quadrature in
    /// ln(1 + y/m), m the smaller of alpha and beta.
    fn probability_new(&self, k: u32, t: f64) -> f64 {
        if !(t > 0.0) {
            return if k == 0 { 1.0 } else { 0.0 };
        }
        let ParetoNbd { r, alpha, s, beta } = *self;
        let n = f64::from(k);
        let combinations = rising(r, n).ln - ln_gamma(n + 1.0);
        let counted = |y: f64| {
            let ln_share = if k == 0 { 0.0 } else { n * (y / (alpha + y)).ln() };
            combinations - r * (y / alpha).ln_1p() + ln_share
        };
        let whole = (counted(t) - s * (t / beta).ln_1p()).exp();
        let m = alpha.min(beta);
        let density = |h: f64| {
            let y = m * h.exp_m1();
            (counted(y) - (s + 1.0) * (y / beta).ln_1p() + h).exp()
        };
        let end = (t / m).ln_1p();
        let width = (3.0 * (1.0 / (n + 1.0) + 1.0 / (r + n + s)).sqrt()).min(0.5);
        let n_panels = (end / width).ceil().clamp(1.0, 100_000.0);
        let step = end / n_panels;
        let ended: f64 = (0..n_panels as u32)
            .map(|panel| legendre(f64::from(panel) * step, f64::from(panel + 1) * step, density))
            .sum();
        whole + s * (m / beta) * ended
    }

    fn log_likelihood(&self, history: &History) -> f64 {
        log_likelihood(self.four(), history)
    }

    fn believed(&self, history: &History) -> Believed {
        let ParetoNbd { r, alpha, s, beta } = self.alive(history);
        Believed { shape: r, rate: alpha, leaving: Leaving::AnyTime { shape: s, rate: beta } }
    }

    fn draw_while_alive(&self, history: &History, t: f64, random: &mut Random, times: &mut Vec<f64>) {
        self.alive(history).draw(t, random, times);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CDNOW: ParetoNbd = ParetoNbd { r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 };

    #[test]
    fn printed_values_are_met() {
        // R's BTYD manual, pnbd.Expectation at these parameters.
        let manual = ParetoNbd { r: 0.55, alpha: 10.56, s: 0.61, beta: 11.64 };
        for (t, expected) in [(1.0, 0.05077821), (2.0, 0.09916088), (9.0, 0.38909211)] {
            assert!((manual.expected_new(t) - expected).abs() < 1e-7, "{t}");
        }
        // R's BTYD walkthrough: customer 1516 of CDNOW, with the fit's unrounded parameters.
        let fitted = ParetoNbd { r: 0.55328, alpha: 10.5776, s: 0.60621, beta: 11.6679 };
        let customer = History { x: 26, t_x: 30.86, age: 31.0 };
        assert!((fitted.expected(&customer, 52.0) - 25.46).abs() < 0.01);
        assert!((fitted.p_alive(&customer) - 0.9979).abs() < 1e-4);
    }

    #[test]
    fn chances_and_discounted_purchases_are_those_of_mpmath() {
        for (k, t, expected) in [
            (0, 39.0, 0.59362503160238383),
            (1, 39.0, 0.16556294727717548),
            (10, 39.0, 0.0041934393320804215),
            (60, 39.0, 1.0058481735905763e-8),
            (3, 2.0, 0.0012449080933345958),
        ] {
            let found = CDNOW.probability_new(k, t);
            assert!((found / expected - 1.0).abs() < 1e-11, "{k}: {found} is not {expected}");
        }
        // The formula of RFM and CLV with Tricomi's U at 60 digits.
        for (x, t_x, age, rate, expected) in [
            (0, 0.0, 38.86, 0.0027, 0.47713622903219532),
            (26, 30.86, 31.0, 0.0027, 86.056493601164476),
            (7, 29.43, 38.86, 0.1, 1.0376699043371411),
        ] {
            let found = CDNOW.discounted_purchases(&History { x, t_x, age }, rate);
            assert!((found / expected - 1.0).abs() < 1e-11, "{found} is not {expected}");
        }
    }

    #[test]
    fn chances_add_up_and_have_the_expected_mean() {
        let customer = History { x: 12, t_x: 30.0, age: 33.0 };
        let chances: Vec<f64> = (0..300).map(|k| CDNOW.probability(&customer, k, 39.0)).collect();
        assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-11);
        let mean: f64 = chances.iter().enumerate().map(|(k, p)| k as f64 * p).sum();
        assert!((mean / CDNOW.expected(&customer, 39.0) - 1.0).abs() < 1e-10);
    }

    #[test]
    fn where_s_is_one_nothing_happens() {
        let at = |s: f64| ParetoNbd { s, ..CDNOW }.expected_new(39.0);
        assert!((at(1.0) / at(1.0 + 1e-9) - 1.0).abs() < 1e-8);
    }
}
