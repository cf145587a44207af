//! BG/NBD (Fader, Hardie and Lee 2005, "Counting your customers the easy way", Marketing Science 24,
//! 275-284) and MBG/NBD (Batislam, Denizel and Filiztekin 2007, Int. J. Res. Mark. 24, 201-209).
//!
//! A customer buys at a rate lambda ~ Gamma(r, alpha) and leaves after a purchase with chance p ~ Beta(a, b).
//! In BG/NBD nobody leaves at the first purchase, so that who never came back counts as alive; in MBG/NBD
//! the first purchase can be the last.

use super::bgnbd_alive::{alone, each};
use super::bgnbd_likelihood::evaluate;
use super::expecting::Expecting;
use super::fit::{Belief, Fit, Options, Parameters, in_logs};
use super::geometric_dropout::{Alive, ln_survived};
use super::history::{Histories, History, HistoryError};
use super::model::{Believed, Leaving, RepeatModel};
use super::repeats::{Way, fit_repeats};
use super::value::Horizon;
use crate::newton::Evaluation;
use crate::random::Random;
use crate::special::rising::rising;

/// BG/NBD: `AT_ONCE` is false; MBG/NBD: true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaGeometric<const AT_ONCE: bool> {
    /// Shape of the rates: small where customers differ much.
    pub r: f64,
    /// A time: r / alpha is the mean rate.
    pub alpha: f64,
    /// a / (a+b) is the mean chance to leave after a purchase.
    pub a: f64,
    pub b: f64,
}

pub type BgNbd = BetaGeometric<false>;
pub type MbgNbd = BetaGeometric<true>;

const WAY: Way = Way {
    prior: BgNbd::PRIOR,
    times: [false, true, false, false],
    starts: [(0.5, 2.0, 1.0, 3.0), (2.0, 1.2, 0.4, 4.0), (0.3, 4.0, 3.0, 9.0)],
};

impl<const AT_ONCE: bool> Parameters for BetaGeometric<AT_ONCE> {
    const NAMES: &'static [&'static str] = &["r", "alpha", "a", "b"];

    fn to_logs(&self) -> Vec<f64> {
        vec![self.r.ln(), self.alpha.ln(), self.a.ln(), self.b.ln()]
    }

    fn from_logs(logs: &[f64]) -> Self {
        BetaGeometric { r: logs[0].exp(), alpha: logs[1].exp(), a: logs[2].exp(), b: logs[3].exp() }
    }
}

impl<const AT_ONCE: bool> BetaGeometric<AT_ONCE> {
    /// What the weak prior believes (95 % within twice the deviation): r between .08 and 4.4; a customer's
    /// purchases in the longest history, if nobody left, between .02 and 50; odds of leaving after a purchase
    /// between 1 : 60 and 7 : 1; the geometric mean of a and b between .2 and 10.
    pub const PRIOR: &'static [Belief] = &[
        Belief { weights: &[1.0, 0.0, 0.0, 0.0], mean: -0.5, deviation: 1.0 },
        Belief { weights: &[1.0, -1.0, 0.0, 0.0], mean: 0.0, deviation: 2.0 },
        Belief { weights: &[0.0, 0.0, 1.0, -1.0], mean: -1.1, deviation: 1.5 },
        Belief { weights: &[0.0, 0.0, 0.5, 0.5], mean: 0.4, deviation: 1.0 },
    ];

    /// The fit to a base. See [`super::fit::Status`] for what can come of it.
    ///
    /// ```
    /// use gradus_stats::lifetime::bgnbd::BgNbd;
    /// use gradus_stats::lifetime::fit::{Options, Status};
    /// use gradus_stats::lifetime::history::Histories;
    /// let base = Histories::of(&[0, 0, 0], &[0.0; 3], &[9.0, 5.0, 7.0]).unwrap();
    /// let fit = BgNbd::fit(&base, &Options::default());
    /// assert_eq!(fit.status, Status::Unidentified);
    /// assert!(fit.model.r > 0.0 && fit.model.r.is_finite());
    /// ```
    pub fn fit(base: &Histories, options: &Options) -> Fit<Self> {
        fit_repeats(base, options, &WAY, Self::evaluate)
    }

    /// ln L of a base with its first and second derivatives in the logarithms of the parameters.
    pub fn evaluate(logs: &[f64], base: &Histories) -> Evaluation {
        let parameters = [logs[0].exp(), logs[1].exp(), logs[2].exp(), logs[3].exp()];
        in_logs(evaluate(parameters, Self::at_once(), base), &parameters)
    }

    /// What is believed of the customer if alive.
    pub fn alive(&self, history: &History) -> Alive {
        let x = f64::from(history.x);
        Alive {
            shape: self.r + x,
            rate: self.alpha + history.age,
            a: self.a,
            b: self.b + x + Self::at_once(),
        }
    }

    /// What is believed of a new customer who did not leave at the first purchase, and the chance of that.
    fn new_alive(&self) -> (f64, Alive) {
        let stayed = if AT_ONCE { self.b / (self.a + self.b) } else { 1.0 };
        (stayed, Alive { shape: self.r, rate: self.alpha, a: self.a, b: self.b + Self::at_once() })
    }

    fn at_once() -> f64 {
        f64::from(u8::from(AT_ONCE))
    }

    /// ln of how much likelier it is that the customer has left than not.
    pub(super) fn ln_odds_of_having_left(&self, history: &History) -> f64 {
        let x = f64::from(history.x);
        let n = x + Self::at_once();
        if n == 0.0 {
            return f64::NEG_INFINITY;
        }
        let near = ((history.age - history.t_x) / (self.alpha + history.t_x)).ln_1p();
        (self.a / (self.b + n - 1.0)).ln() + (self.r + x) * near
    }

    /// [`RepeatModel::p_alive`] of many customers in columns: the same bits, several times faster.
    ///
    /// ```
    /// use gradus_stats::lifetime::bgnbd::BgNbd;
    /// let model = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
    /// let found = model.p_alive_each(&[2, 0], &[30.43, 0.0], &[38.86, 38.86]).unwrap();
    /// assert_eq!((format!("{:.4}", found[0]), found[1]), ("0.7266".to_string(), 1.0));
    /// ```
    ///
    /// # Errors
    ///
    /// Columns of unequal length. That each row is a history ([`History::check`]) is taken for granted.
    pub fn p_alive_each(&self, x: &[u32], t_x: &[f64], age: &[f64]) -> Result<Vec<f64>, HistoryError> {
        if x.len() != t_x.len() || x.len() != age.len() {
            return Err(HistoryError::UnequalColumns(x.len(), t_x.len(), age.len()));
        }
        Ok(each(self, x, t_x, age))
    }

    /// For many customers and one `t`: the same numbers as [`RepeatModel::expected`] (to rounding), several
    /// times faster.
    pub fn expecting(&self, t: f64) -> Expecting<AT_ONCE> {
        Expecting::new(*self, t)
    }

    /// The same for [`super::value::discounted_purchases`].
    pub fn expecting_discounted(&self, horizon: &Horizon) -> Expecting<AT_ONCE> {
        Expecting::discounted(*self, *horizon)
    }
}

impl<const AT_ONCE: bool> RepeatModel for BetaGeometric<AT_ONCE> {
    fn p_alive(&self, history: &History) -> f64 {
        alone(self, history)
    }

    fn expected_while_alive(&self, history: &History, t: f64) -> f64 {
        self.alive(history).expected(t)
    }

    fn expected_new(&self, t: f64) -> f64 {
        let (stayed, alive) = self.new_alive();
        stayed * alive.expected(t)
    }

    fn probability(&self, history: &History, k: u32, t: f64) -> f64 {
        let p_alive = self.p_alive(history);
        let left = if k == 0 { 1.0 - p_alive } else { 0.0 };
        left + p_alive * self.alive(history).probability(k, t)
    }

    fn probability_new(&self, k: u32, t: f64) -> f64 {
        let (stayed, alive) = self.new_alive();
        let left = if k == 0 { 1.0 - stayed } else { 0.0 };
        left + stayed * alive.probability(k, t)
    }

    fn log_likelihood(&self, history: &History) -> f64 {
        let x = f64::from(history.x);
        let odds = self.ln_odds_of_having_left(history);
        // ln(1 + e^odds) without overflow.
        let either = odds.max(0.0) + (-odds.abs()).exp().ln_1p();
        rising(self.r, x).ln - x * self.alpha.ln() - (self.r + x) * (history.age / self.alpha).ln_1p()
            + ln_survived(self.a, self.b, x + Self::at_once())
            + either
    }

    fn believed(&self, history: &History) -> Believed {
        let Alive { shape, rate, a, b } = self.alive(history);
        Believed { shape, rate, leaving: Leaving::AfterPurchase { a, b } }
    }

    fn draw_while_alive(&self, history: &History, t: f64, random: &mut Random, times: &mut Vec<f64>) {
        self.alive(history).draw(t, random, times);
    }
}
