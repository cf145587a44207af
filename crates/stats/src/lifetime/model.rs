//! What every model of repeat purchases can say. The interval (0, t] begins at the end of what is known of
//! a customer, or at the first purchase of a new one, which itself is not counted.

use super::history::History;
use crate::random::Random;

/// Purchases of one drawn future at most: parameters that hardly anything is known of may make it endless.
pub const MOST_DRAWN: usize = 20_000;

/// What is believed of a customer who has not left: how often they buy, and how they leave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Believed {
    /// The rate of buying is Gamma(shape) / rate; `rate` is a time that grows with the customer's age, the shape does
    /// not.
    pub shape: f64,
    pub rate: f64,
    pub leaving: Leaving,
}

/// How customers leave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Leaving {
    /// After a purchase, with a chance of Beta(a, b).
    AfterPurchase { a: f64, b: f64 },
    /// At any time, at a rate of Gamma(shape) / rate.
    AnyTime { shape: f64, rate: f64 },
}

/// A model of repeat purchases with its parameters.
pub trait RepeatModel {
    /// The chance that the customer has not left by now.
    fn p_alive(&self, history: &History) -> f64;

    /// The purchases to expect within the next `t` of a customer who has not left.
    fn expected_while_alive(&self, history: &History, t: f64) -> f64;

    /// The purchases to expect of the customer within the next `t`.
    fn expected(&self, history: &History, t: f64) -> f64 {
        self.p_alive(history) * self.expected_while_alive(history, t)
    }

    /// The purchases to expect of a new customer within `t` of the first one.
    fn expected_new(&self, t: f64) -> f64;

    /// The chance of exactly `k` purchases by the customer within the next `t`.
    fn probability(&self, history: &History, k: u32, t: f64) -> f64;

    /// The chance of exactly `k` purchases by a new customer within `t` of the first one.
    fn probability_new(&self, k: u32, t: f64) -> f64;

    /// The logarithm of the likelihood of one history, without the term x! as the papers have it.
    fn log_likelihood(&self, history: &History) -> f64;

    /// What is believed of the customer, if they have not left.
    fn believed(&self, history: &History) -> Believed;

    /// One future that the model holds possible of a customer who has not left: the times of the purchases
    /// within the next `t`, the first [`MOST_DRAWN`] of them.
    fn draw_while_alive(&self, history: &History, t: f64, random: &mut Random, times: &mut Vec<f64>);

    /// One future that the model holds possible: the same, or none of one who has left.
    fn draw_purchases(&self, history: &History, t: f64, random: &mut Random, times: &mut Vec<f64>) {
        if random.open_unit() < self.p_alive(history) {
            self.draw_while_alive(history, t, random, times);
        }
    }

    /// The chances of 0, 1, … purchases within the next `t`, until `share` of all is reached (or
    /// `most` of them).
    fn distribution(&self, history: &History, t: f64, share: f64, most: u32) -> Vec<f64> {
        let (mut out, mut sum) = (Vec::new(), 0.0);
        for k in 0..=most {
            let p = self.probability(history, k, t);
            out.push(p);
            sum += p;
            if sum >= share {
                break;
            }
        }
        out
    }

    /// The numbers of purchases between which the customer will stay with a chance of at least `level`:
    /// the (1-level)/2 and (1+level)/2 quantiles. What the customer does is uncertain even where the
    /// parameters are not.
    fn individual_interval(&self, history: &History, t: f64, level: f64) -> (u32, u32) {
        let (below, above) = (0.5 * (1.0 - level), 0.5 * (1.0 + level));
        let (mut sum, mut low, mut high) = (0.0, None, 0);
        for (k, p) in self.distribution(history, t, above, 1_000_000).iter().enumerate() {
            sum += p;
            if low.is_none() && sum >= below {
                low = Some(k as u32);
            }
            high = k as u32;
        }
        (low.unwrap_or(high), high)
    }
}

impl<M: RepeatModel> RepeatModel for &M {
    fn p_alive(&self, history: &History) -> f64 {
        (**self).p_alive(history)
    }

    fn expected_while_alive(&self, history: &History, t: f64) -> f64 {
        (**self).expected_while_alive(history, t)
    }

    fn expected_new(&self, t: f64) -> f64 {
        (**self).expected_new(t)
    }

    fn probability(&self, history: &History, k: u32, t: f64) -> f64 {
        (**self).probability(history, k, t)
    }

    fn probability_new(&self, k: u32, t: f64) -> f64 {
        (**self).probability_new(k, t)
    }

    fn log_likelihood(&self, history: &History) -> f64 {
        (**self).log_likelihood(history)
    }

    fn believed(&self, history: &History) -> Believed {
        (**self).believed(history)
    }

    fn draw_while_alive(&self, history: &History, t: f64, random: &mut Random, times: &mut Vec<f64>) {
        (**self).draw_while_alive(history, t, random, times);
    }
}
