//! Between which values single customers will fall, for many customers at once. Futures as in
//! [`super::simulate`] are made only at the nodes of a grid, as often as there are nodes and not as often as
//! there are customers; and what chance there is in them is drawn once for all nodes ([`super::chances`]).
//!
//! That works because of a customer who has not left everything depends on the number of purchases and the
//! age alone, smoothly; P(alive) mixes that with nothing at all. Under the gamma-gamma model a future is, after
//! Fader and Hardie 2013 (note 025), (v + x m) times a number in which the customer's mean m does not occur:
//! k purchases sum up to Gamma(p k) / nu, and nu is Gamma(p x + q) / (v + x m). Under the model of margins the mean
//! does occur, so that there are nodes along it too.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chances::{Chances, Row, believed};
use super::gamma_gamma::GammaGamma;
use super::history::History;
use super::margin::Margin;
use super::model::RepeatModel;
use super::value::Horizon;

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
/// No future is beyond so many times what the customer's own mean gives, however unsure the parameters are.
const MOST: f64 = 1e12;
/// Nor any value beyond what an amount can be: eighteen digits, four of them after the point.
const MOST_VALUE: f64 = 9.9e13;

/// Nodes along the mean where it has to be put into all futures: so many in the steps of its inverse hyperbolic sine,
/// which are even near 0 and proportional far from it.
const PER_STEP: f64 = 2.0;
const SEED: u64 = 0x5eed_0c1f;

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
    chances: Chances,
    /// By number of purchases.
    rows: BTreeMap<u32, Arc<Row>>,
    nodes: BTreeMap<(u32, u32), Arc<Node>>,
    /// Of pairs, by the mean as well: sorted.
    along: BTreeMap<(u32, u32, i32), Arc<Vec<f64>>>,
}

impl<M: RepeatModel> Spread<M> {
    /// `models` are taken in turn: the fitted one alone, or [`super::interval::draws`] of it, so that what is
    /// not known of the parameters is in the futures too. `origin` is the model's time of buying (alpha).
    pub fn new(models: Vec<M>, spend: Spend, horizon: Horizon, origin: f64) -> Spread<M> {
        let (n, shape) = match spend {
            _ if models.is_empty() => (0, None),
            Spend::Fixed => (N_FUTURES, None),
            Spend::GammaGamma(model) => (N_FUTURES, Some(model.p)),
            Spend::Margin(_) => (N_FUTURES, None),
        };
        let chances = Chances::new(n, shape, SEED);
        Spread {
            models,
            spend,
            horizon,
            origin,
            chances,
            rows: BTreeMap::new(),
            nodes: BTreeMap::new(),
            along: BTreeMap::new(),
        }
    }

    /// At how many nodes there are futures.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len() + self.along.len()
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
                    let found = self.at_node(x, age, (p_alive, scale), [below, above]);
                    low += weight * found[0];
                    high += weight * found[1];
                }
            }
        }
        (low.clamp(-MOST_VALUE, MOST_VALUE), high.clamp(-MOST_VALUE, MOST_VALUE))
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

    /// Quantiles of the mixture of a node's futures with nothing at all, which is what a customer who has left brings.
    fn at_node(&mut self, x: u32, age: u32, (p_alive, scale): (f64, f64), shares: [f64; 2]) -> [f64; 2] {
        match &*self.node(x, age) {
            Node::Scaled(sorted) if scale >= 0.0 => {
                among(sorted, p_alive, shares).map(|future| future * scale)
            }
            // What is most becomes what is least.
            Node::Scaled(sorted) => {
                let turned: Vec<f64> = sorted.iter().rev().map(|future| future * scale).collect();
                among(&turned, p_alive, shares)
            }
            Node::Pairs(pairs) => {
                let unit = self.unit();
                let place = (PER_STEP * (scale / unit).asinh()).clamp(-200.0, 200.0);
                let step = place.floor() as i32;
                let mean_at = |step: i32| unit * (f64::from(step) / PER_STEP).sinh();
                let (below, above) = (mean_at(step), mean_at(step + 1));
                let part = ((scale - below) / (above - below)).clamp(0.0, 1.0);
                let mut at = |step: i32| {
                    let sorted = self.along.entry((x, age, step)).or_insert_with(|| {
                        let mean = mean_at(step);
                        let mut futures: Vec<f64> =
                            pairs.iter().map(|(purchases, more)| purchases * mean + more).collect();
                        futures.sort_unstable_by(f64::total_cmp);
                        Arc::new(futures)
                    });
                    among(sorted, p_alive, shares)
                };
                let (one, other) = (at(step), at(step + 1));
                std::array::from_fn(|i| one[i] + part * (other[i] - one[i]))
            }
        }
    }

    /// What means are measured by.
    fn unit(&self) -> f64 {
        match self.spend {
            Spend::Margin(model) => {
                (model.between + model.within).sqrt().max(1e-6 * model.mean.abs()).max(1e-9)
            }
            _ => 1.0,
        }
    }

    fn node(&mut self, x: u32, age: u32) -> Arc<Node> {
        if let Some(node) = self.nodes.get(&(x, age)) {
            return node.clone();
        }
        let node = Arc::new(self.made(x, age));
        self.nodes.insert((x, age), node.clone());
        node
    }

    fn row(&mut self, x: u32) -> Arc<Row> {
        if let Some(row) = self.rows.get(&x) {
            return row.clone();
        }
        let mean = match self.spend {
            Spend::GammaGamma(spend) => Some(spend.p * f64::from(x) + spend.q),
            _ => None,
        };
        let row = Arc::new(self.chances.row(&believed(&self.models, x, 0.0), mean, x));
        self.rows.insert(x, row.clone());
        row
    }

    fn made(&mut self, x: u32, age: u32) -> Node {
        let age = self.origin * ((f64::from(age) / PER_OCTAVE).exp2() - 1.0);
        let horizon = self.horizon;
        let discounts: Vec<f64> =
            (1..=horizon.n_periods).map(|k| horizon.weight(f64::from(k) * horizon.period)).collect();
        let row = self.row(x);
        let believed = believed(&self.models, x, age);
        let n = self.chances.len();
        match self.spend {
            Spend::Margin(margin) => {
                let own: Vec<[f64; 2]> = (0..n).map(|at| self.chances.own(at)).collect();
                let rest = (margin.between * (1.0 - margin.own_weight(x))).sqrt();
                let mut pairs = Vec::with_capacity(n);
                self.chances.brought(&row, &believed, &discounts, horizon.period, |at, brought| {
                    let around = (margin.within * brought.squares).sqrt() * own[at][1];
                    pairs.push((brought.purchases, rest * own[at][0] * brought.purchases + around));
                });
                Node::Pairs(pairs)
            }
            spend => {
                let is_fixed = matches!(spend, Spend::Fixed);
                let mut scaled = Vec::with_capacity(n);
                self.chances.brought(&row, &believed, &discounts, horizon.period, |_, brought| {
                    let future = if is_fixed { brought.purchases } else { brought.values };
                    scaled.push(if future.is_nan() { 0.0 } else { future.min(MOST) });
                });
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

/// Quantiles of sorted futures of somebody who is a customer still with this chance.
fn among(sorted: &[f64], p_alive: f64, shares: [f64; 2]) -> [f64; 2] {
    let n = sorted.len();
    let negative = sorted.partition_point(|future| *future < 0.0);
    shares.map(|share| place(share, p_alive, negative, n).map_or(0.0, |at| sorted[at]))
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

    /// Every way to spend, as what the future and the customer's own past say of it, and the mean that is given.
    fn spends(mean: f64) -> [(Spend, PerPurchase, f64); 3] {
        let gamma = GammaGamma { p: 6.25, q: 3.74, v: 15.44 };
        let margin = Margin { mean: 8.0, between: 30.0, within: 200.0 };
        [
            (Spend::Fixed, PerPurchase::Fixed(31.0), 31.0),
            (Spend::GammaGamma(gamma), PerPurchase::GammaGamma(gamma, mean), mean),
            (Spend::Margin(margin), PerPurchase::Margin(margin, mean), mean),
        ]
    }

    /// Against futures drawn for the customer alone, at places between the nodes.
    fn check<M: RepeatModel + Copy>(model: M, origin: f64) {
        let customers = [(0, 0.0, 20.0), (1, 5.0, 38.9), (12, 37.0, 38.9), (47, 60.0, 61.0)];
        for (x, t_x, age) in customers {
            let history = History { x, t_x, age };
            let p_alive = model.p_alive(&history);
            let mean = if x == 0 { 0.0 } else { 31.0 };
            for (spend, per_purchase, mean) in spends(mean) {
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

    /// At the nodes themselves there is nothing between, and what is left is chance.
    fn check_node<M: RepeatModel + Copy>(models: &[M], origin: f64, years: u32) {
        let horizon = Horizon { n_periods: 12 * years, ..YEAR };
        for (x, octave) in [(0, 2), (1, 8), (6, 13), (20, 11)] {
            let age = origin * ((f64::from(octave) / PER_OCTAVE).exp2() - 1.0);
            let history = History { x, t_x: if x == 0 { 0.0 } else { age }, age };
            let mean = if x == 0 { 0.0 } else { 31.0 };
            for (spend, per_purchase, mean) in spends(mean) {
                let mut spread = Spread::new(models.to_vec(), spend, horizon, origin);
                for p_alive in [1.0, 0.6] {
                    let found = spread.interval(&history, p_alive, mean, 0.8);
                    // So many futures of one who has not left, and the rest nothing.
                    let mut random = crate::random::Random::new(11);
                    let n = 20_000;
                    let mut direct = vec![0.0; (n as f64 * (1.0 - p_alive) / p_alive) as usize];
                    direct.extend(
                        models
                            .iter()
                            .cycle()
                            .take(n)
                            .map(|model| future(model, &history, per_purchase, &horizon, &mut random)),
                    );
                    direct.sort_by(f64::total_cmp);
                    let at = |share: f64| direct[(share * (direct.len() - 1) as f64).round() as usize];
                    let of = format!("{spend:?} x = {x} p = {p_alive} years = {years}");
                    let step = if matches!(spend, Spend::Fixed) { 31.0 } else { 0.0 };
                    // Of who bought once or twice the far quantile is that of a few who will buy often.
                    let share = [0.2, 0.15].get(x as usize).copied().unwrap_or(0.1);
                    let tolerance = share * at(0.9).abs() + step;
                    close(found.0, at(0.1), tolerance, 1.0, &of);
                    close(found.1, at(0.9), tolerance, 1.0, &of);
                }
            }
        }
    }

    fn future<M: RepeatModel>(
        model: &M,
        history: &History,
        per_purchase: PerPurchase,
        horizon: &Horizon,
        random: &mut crate::random::Random,
    ) -> f64 {
        let mut times = Vec::new();
        model.draw_while_alive(history, horizon.length(), random, &mut times);
        crate::lifetime::simulate::one(&times, history.x, per_purchase, horizon, random)
    }

    #[test]
    fn shared_chances_give_what_draws_of_their_own_give() {
        check_node(&[CDNOW], CDNOW.alpha, 1);
        // Several models, and a horizon over which money loses half its worth.
        let other = BgNbd { r: 0.4, alpha: 6.0, a: 0.5, b: 2.0 };
        check_node(&[CDNOW, other], CDNOW.alpha, 7);
        let pareto = ParetoNbd { r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 };
        check_node(&[pareto], pareto.alpha, 2);
    }

    #[test]
    fn who_buys_a_thousand_times_is_no_trouble() {
        // Five purchases a week, over seven years: far more than are drawn one by one.
        let horizon = Horizon { n_periods: 84, ..YEAR };
        let history = History { x: 500, t_x: 99.9, age: 100.0 };
        let gamma = GammaGamma { p: 6.25, q: 3.74, v: 15.44 };
        let sticky = BgNbd { a: 0.01, b: 50.0, ..CDNOW };
        let margin = Margin { mean: 8.0, between: 30.0, within: 200.0 };
        for model in [CDNOW, sticky] {
            for (spend, per_purchase) in [
                (Spend::Fixed, PerPurchase::Fixed(31.0)),
                (Spend::GammaGamma(gamma), PerPurchase::GammaGamma(gamma, 31.0)),
                (Spend::Margin(margin), PerPurchase::Margin(margin, 31.0)),
            ] {
                let found =
                    Spread::new(vec![model], spend, horizon, model.alpha).interval(&history, 1.0, 31.0, 0.8);
                let mut random = crate::random::Random::new(11);
                let mut direct: Vec<f64> = (0..4_000)
                    .map(|_| future(&model, &history, per_purchase, &horizon, &mut random))
                    .collect();
                direct.sort_by(f64::total_cmp);
                let of = format!("{model:?} {spend:?}");
                close(found.0, direct[400], 0.2 * direct[3_600], 1.0, &of);
                close(found.1, direct[3_600], 0.2 * direct[3_600], 1.0, &of);
            }
        }
    }

    #[test]
    fn the_unit_of_money_does_not_matter() {
        let history = History { x: 4, t_x: 30.0, age: 38.9 };
        for unit in [1e-4, 1.0, 1e9] {
            let gamma = GammaGamma { p: 6.25, q: 3.74, v: 15.44 * unit };
            let margin =
                Margin { mean: 8.0 * unit, between: 30.0 * unit * unit, within: 200.0 * unit * unit };
            for spend in [Spend::GammaGamma(gamma), Spend::Margin(margin)] {
                let own = match spend {
                    Spend::Margin(_) => Spend::Margin(Margin { mean: 8.0, between: 30.0, within: 200.0 }),
                    _ => Spend::GammaGamma(GammaGamma { v: 15.44, ..gamma }),
                };
                let of = |spend, mean| {
                    Spread::new(vec![CDNOW], spend, YEAR, CDNOW.alpha).interval(&history, 0.9, mean, 0.9)
                };
                let (found, plain) = (of(spend, 31.0 * unit), of(own, 31.0));
                assert!((found.1 / unit / plain.1 - 1.0).abs() < 1e-9, "{spend:?}: {found:?} {plain:?}");
                assert!((found.0 / unit - plain.0).abs() < 1e-9 * plain.1);
            }
        }
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
