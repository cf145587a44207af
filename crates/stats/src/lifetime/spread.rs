//! Between which values single customers will fall, for many customers at once. Futures as in
//! [`super::simulate`] are drawn only at the nodes of a grid, as often as there are nodes and not as often as
//! there are customers.
//!
//! That works because of a customer who has not left everything depends on the number of purchases and the
//! age alone, smoothly; P(alive) mixes that with nothing at all. Under the gamma-gamma model a future is, after
//! Fader and Hardie 2013 (note 025), (v + x m) times a number in which the customer's mean m does not occur:
//! k purchases sum up to Gamma(p k) / nu, and nu is Gamma(p x + q) / (v + x m).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::gamma_gamma::GammaGamma;
use super::history::History;
use super::margin::Margin;
use super::model::RepeatModel;
use super::value::Horizon;
use crate::random::Random;

/// What purchases bring, apart from the customer's own mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spend {
    /// Every purchase of a customer the same.
    Fixed,
    GammaGamma(GammaGamma),
    Margin(Margin),
}

/// Up to here each number of purchases has nodes of its own; further on they lie a seventh apart.
const OWN: u32 = 20;
/// Nodes in an octave of age.
const PER_OCTAVE: f64 = 4.0;
const N_FUTURES: usize = 2_000;
/// Where each customer's mean has to be put into all of them.
const N_PAIRS: usize = 600;
/// No value is beyond this, however unsure the parameters are.
const MOST: f64 = 1e12;

/// Futures of customers with one number of purchases and one age, who have not left.
#[derive(Debug)]
enum Node {
    /// Sorted, to be multiplied by what the customer's own mean gives.
    Scaled(Vec<f64>),
    /// Discounted purchases, and what is added to their product with the mean.
    Pairs(Vec<(f64, f64)>),
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Spread<M> {
    models: Vec<M>,
    spend: Spend,
    horizon: Horizon,
    origin: f64,
    nodes: BTreeMap<(u32, u32), Arc<Node>>,
}

impl<M: RepeatModel> Spread<M> {
    /// `models` are taken in turn: the fitted one alone, or [`super::interval::draws`] of it, so that what is
    /// not known of the parameters is in the futures too. `origin` is the model's time of buying (alpha).
    pub fn new(models: Vec<M>, spend: Spend, horizon: Horizon, origin: f64) -> Spread<M> {
        Spread { models, spend, horizon, origin, nodes: BTreeMap::new() }
    }

    /// At how many nodes futures were drawn.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The middle `level` of the futures of one customer, whose purchases brought `mean` so far.
    pub fn interval(&mut self, history: &History, p_alive: f64, mean: f64, level: f64) -> (f64, f64) {
        let (below, above) = (0.5 * (1.0 - level), 0.5 * (1.0 + level));
        let ratio = (1.0 + history.age / self.origin).max(1.0);
        let octaves = if ratio.is_finite() { (PER_OCTAVE * ratio.log2()).clamp(0.0, 200.0) } else { 200.0 };
        let (age, age_part) = (octaves.floor() as u32, octaves - octaves.floor());
        let (few, many, x_part) = neighbours(history.x);
        let scale = self.scale(history.x, mean);
        let (mut low, mut high) = (0.0, 0.0);
        for (x, x_weight) in [(few, 1.0 - x_part), (many, x_part)] {
            for (age, age_weight) in [(age, 1.0 - age_part), (age + 1, age_part)] {
                let weight = x_weight * age_weight;
                if weight > 0.0 {
                    let node = self.node(x, age);
                    let found = node.quantiles(p_alive, scale, [below, above]);
                    low += weight * found[0];
                    high += weight * found[1];
                }
            }
        }
        (low.clamp(-MOST, MOST), high.clamp(-MOST, MOST))
    }

    /// What the customer's own mean makes of a node's futures.
    fn scale(&self, x: u32, mean: f64) -> f64 {
        match self.spend {
            Spend::Fixed => mean,
            Spend::GammaGamma(model) => {
                let total = if x == 0 { 0.0 } else { f64::from(x) * mean.max(0.0) };
                (model.v + total) / (model.p * f64::from(x) + model.q)
            }
            Spend::Margin(model) => model.expected(x, mean),
        }
    }

    fn node(&mut self, x: u32, age: u32) -> Arc<Node> {
        if let Some(node) = self.nodes.get(&(x, age)) {
            return node.clone();
        }
        let node = Arc::new(self.drawn(x, age));
        self.nodes.insert((x, age), node.clone());
        node
    }

    fn drawn(&self, x: u32, age: u32) -> Node {
        let age = self.origin * ((f64::from(age) / PER_OCTAVE).exp2() - 1.0);
        let history = History { x, t_x: 0.0, age };
        // The same chance at every node: neighbours differ by what they are, not by luck.
        let mut random = Random::new(0x5eed_0c1f);
        let mut times = Vec::new();
        let models = self.models.iter().cycle();
        let n = match (self.models.is_empty(), self.spend) {
            (true, _) => 0,
            (false, Spend::Margin(_)) => N_PAIRS,
            (false, _) => N_FUTURES,
        };
        let discounts: Vec<f64> = (1..=self.horizon.n_periods)
            .map(|k| self.horizon.weight(f64::from(k) * self.horizon.period))
            .collect();
        let (mut scaled, mut pairs) = (Vec::new(), Vec::new());
        // Purchases of one period are worth the same, and the sum of them is one draw.
        let mut periods = vec![0u32; self.horizon.n_periods as usize];
        for model in models.take(n) {
            times.clear();
            periods.fill(0);
            model.draw_while_alive(&history, self.horizon.length(), &mut random, &mut times);
            for time in &times {
                let period = ((time / self.horizon.period).ceil().max(1.0) as usize).min(periods.len());
                if let Some(counted) = period.checked_sub(1).and_then(|at| periods.get_mut(at)) {
                    *counted += 1;
                }
            }
            let weights = discounts.iter().zip(&periods).filter(|(_, n)| **n > 0);
            match self.spend {
                Spend::Fixed => scaled.push(weights.map(|(weight, n)| weight * f64::from(*n)).sum::<f64>()),
                Spend::GammaGamma(spend) => {
                    let shape = spend.p * f64::from(x) + spend.q;
                    let sum: f64 =
                        weights.map(|(weight, n)| weight * random.gamma(spend.p * f64::from(*n))).sum();
                    let future = sum * shape / random.gamma(shape);
                    scaled.push(if future.is_nan() { 0.0 } else { future.min(MOST) });
                }
                Spend::Margin(margin) => {
                    let (purchases, squares) = weights.fold((0.0, 0.0), |(sum, squares), (weight, n)| {
                        (sum + weight * f64::from(*n), squares + weight * weight * f64::from(*n))
                    });
                    let rest = (margin.between * (1.0 - margin.own_weight(x))).sqrt() * random.normal();
                    let own = (margin.within * squares).sqrt() * random.normal();
                    pairs.push((purchases, rest * purchases + own));
                }
            }
        }
        match self.spend {
            Spend::Margin(_) => Node::Pairs(pairs),
            _ => {
                scaled.sort_unstable_by(f64::total_cmp);
                Node::Scaled(scaled)
            }
        }
    }
}

/// The numbers of purchases with nodes on both sides of one, and how far it is to the second.
fn neighbours(x: u32) -> (u32, u32, f64) {
    if x <= OWN {
        return (x, x, 0.0);
    }
    let (mut few, mut many) = (OWN, OWN + 3);
    while many < x {
        (few, many) = (many, many + (many / 7).max(1));
    }
    (few, many, f64::from(x - few) / f64::from(many - few))
}

impl Node {
    /// Quantiles of the mixture of these futures with nothing at all, which is what a customer who has left
    /// brings.
    fn quantiles(&self, p_alive: f64, scale: f64, shares: [f64; 2]) -> [f64; 2] {
        match self {
            Node::Scaled(sorted) if scale >= 0.0 => shares
                .map(|share| place(share, p_alive, 0, sorted.len()).map_or(0.0, |at| sorted[at] * scale)),
            Node::Scaled(sorted) => {
                let futures = sorted.iter().map(|future| future * scale).collect();
                among(futures, p_alive, shares)
            }
            Node::Pairs(pairs) => {
                let futures = pairs.iter().map(|(purchases, more)| purchases * scale + more).collect();
                among(futures, p_alive, shares)
            }
        }
    }
}

fn among(mut futures: Vec<f64>, p_alive: f64, shares: [f64; 2]) -> [f64; 2] {
    let n = futures.len();
    let negative = futures.iter().filter(|future| **future < 0.0).count();
    shares.map(|share| {
        place(share, p_alive, negative, n)
            .map_or(0.0, |at| *futures.select_nth_unstable_by(at, f64::total_cmp).1)
    })
}

/// Which of `n` sorted futures, the first `negative` of them below 0, is the quantile; `None` if it is 0
/// because the customer may have left.
fn place(share: f64, p_alive: f64, negative: usize, n: usize) -> Option<usize> {
    if n == 0 || !(p_alive > 0.0) {
        return None;
    }
    let below = p_alive * negative as f64 / n as f64;
    let left = 1.0 - p_alive;
    let among = match share {
        share if share < below => share / p_alive,
        share if share > below + left => (share - left) / p_alive,
        _ => return None,
    };
    Some(((among * n as f64) as usize).min(n - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::bgnbd::BgNbd;
    use crate::lifetime::pareto_nbd::ParetoNbd;
    use crate::lifetime::simulate::{PerPurchase, futures};

    const CDNOW: BgNbd = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
    const YEAR: Horizon = Horizon { n_periods: 12, period: 365.25 / 84.0, rate: 0.008 };

    fn close(found: f64, direct: f64, size: f64, tolerance: f64, of: &str) {
        assert!((found - direct).abs() <= tolerance * size, "{of}: {found} against {direct}");
    }

    /// Against futures drawn for the customer alone, at places between the nodes.
    fn check<M: RepeatModel + Copy>(model: M, origin: f64) {
        let gamma = GammaGamma { p: 6.25, q: 3.74, v: 15.44 };
        let margin = Margin { mean: 8.0, between: 30.0, within: 200.0 };
        let customers = [(0, 0.0, 20.0), (1, 5.0, 38.9), (12, 37.0, 38.9), (47, 60.0, 61.0)];
        for (x, t_x, age) in customers {
            let history = History { x, t_x, age };
            let p_alive = model.p_alive(&history);
            let mean = if x == 0 { 0.0 } else { 31.0 };
            let all = [
                (Spend::Fixed, PerPurchase::Fixed(31.0), 31.0),
                (Spend::GammaGamma(gamma), PerPurchase::GammaGamma(gamma, mean), mean),
                (Spend::Margin(margin), PerPurchase::Margin(margin, mean), mean),
            ];
            for (spend, per_purchase, mean) in all {
                let found =
                    Spread::new(vec![model], spend, YEAR, origin).interval(&history, p_alive, mean, 0.9);
                let direct = futures(&[model], &history, per_purchase, &YEAR, 10_000, 3);
                let (low, high) = direct.interval(0.9);
                let of = format!("{spend:?} x = {x}");
                // The far quantile of few futures with a heavy tail is known to a tenth, here and there.
                // Where every purchase brings the same, values are steps, and between nodes steps are mixed.
                let step = if matches!(spend, Spend::Fixed) { 31.0 } else { 0.0 };
                close(found.0, low, 0.2 * high + step, 1.0, &of);
                close(found.1, high, 0.2 * high + step, 1.0, &of);
            }
        }
    }

    #[test]
    fn intervals_from_nodes_are_those_of_the_customers_own_futures() {
        check(CDNOW, CDNOW.alpha);
        let pareto = ParetoNbd { r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 };
        check(pareto, pareto.alpha);
    }

    #[test]
    fn who_has_surely_left_brings_nothing_and_losses_lie_below_it() {
        let history = History { x: 3, t_x: 9.0, age: 10.0 };
        let margin = Margin { mean: -20.0, between: 1.0, within: 1.0 };
        let mut spread = Spread::new(vec![CDNOW], Spend::Margin(margin), YEAR, CDNOW.alpha);
        assert_eq!(spread.interval(&history, 0.0, -20.0, 0.9), (0.0, 0.0));
        let (low, high) = spread.interval(&history, 0.9, -20.0, 0.9);
        assert!(low < -20.0 && high == 0.0, "{low} {high}");
    }

    #[test]
    fn nodes_are_few_whatever_the_number_of_customers() {
        let mut spread = Spread::new(vec![CDNOW], Spend::Fixed, YEAR, CDNOW.alpha);
        for customer in 0..4_000u32 {
            let (x, age) = (customer % 700, f64::from((customer * 7) % 3_000) / 7.0);
            let (low, high) = spread.interval(&History { x, t_x: age, age }, 1.0, 1.0, 0.9);
            assert!(0.0 <= low && low <= high && high.is_finite());
        }
        assert!(spread.n_nodes() < 1_500, "{}", spread.n_nodes());
        // Nobody knows of a model.
        let none: Vec<BgNbd> = Vec::new();
        let mut spread = Spread::new(none, Spend::Fixed, YEAR, 1.0);
        assert_eq!(spread.interval(&History { x: 1, t_x: 1.0, age: 2.0 }, 1.0, 1.0, 0.9), (0.0, 0.0));
    }
}
