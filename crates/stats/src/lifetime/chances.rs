//! Chances that are drawn once and shared by all nodes of [`super::spread`]: when purchases come, what each brings,
//! how long somebody stays. A node only stretches them: times by the rate of buying, values by the customer's mean. So
//! a node costs a multiplication a purchase and no draw, and neighbours differ by what they are and not by luck.

use std::sync::Arc;

use super::model::{Believed, Leaving, RepeatModel};
use crate::random::Random;

/// Purchases of one future that are drawn one by one; what comes after goes by its mean and its spread.
const ONE_BY_ONE: usize = 400;
/// Purchases that are drawn at once.
const AT_ONCE: usize = 8;
/// Of so many drawn paces in order of size one is kept: the paces, on which most depends, are then spread as their
/// distribution is, and not as a few draws happen to fall.
const PACES: usize = 4;

/// Chances of `n` futures.
#[derive(Debug, Clone)]
pub(super) struct Chances {
    futures: Arc<Vec<Future>>,
    /// The shape of what one purchase brings in units of its mean; `None` if every purchase brings the same.
    shape: Option<f64>,
}

/// Of one future.
#[derive(Debug, Clone)]
struct Future {
    random: Random,
    /// Purchases at a rate of 1: when, and what it brings on a scale of 1.
    purchases: Vec<(f64, f64)>,
    /// Evenly spread over all futures: how long somebody stays.
    stays: f64,
    /// Standard normal: how many purchases there are beyond those drawn one by one, and what they bring.
    beyond: [f64; 2],
    /// The same for the customer's mean, and for what their purchases scatter around it.
    own: [f64; 2],
}

/// What depends on the number of purchases so far and not on the age.
#[derive(Debug, Clone)]
pub(super) struct Row {
    futures: Vec<OfRow>,
}

#[derive(Debug, Clone, Copy)]
struct OfRow {
    /// Which of the models.
    model: usize,
    /// The rate of buying, times the model's time of buying.
    pace: f64,
    /// How many purchases until they leave, the last included; infinite where they leave at any time.
    until: f64,
    /// When they leave, over the model's time of leaving; infinite where they leave after a purchase.
    leaves: f64,
    /// 1 over the customer's own mean on a scale of 1; 1 where it is not drawn.
    by_mean: f64,
}

/// What a future brings: discounted purchases, their squared weights, and the discounted values on a scale of 1.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Brought {
    pub purchases: f64,
    pub squares: f64,
    pub values: f64,
}

impl Chances {
    /// `shape` is that of what a purchase brings.
    pub(super) fn new(n: usize, shape: Option<f64>, seed: u64) -> Chances {
        let mut random = Random::new(seed);
        let mut places: Vec<usize> = (0..n).collect();
        random.shuffle(&mut places);
        let future = |place: usize| {
            let mut own = Random::new(random.bits());
            Future {
                stays: (place as f64 + own.open_unit()) / n as f64,
                beyond: [own.normal(), own.normal()],
                own: [own.normal(), own.normal()],
                purchases: Vec::new(),
                random: own,
            }
        };
        Chances { futures: Arc::new(places.into_iter().map(future).collect()), shape }
    }

    pub(super) fn len(&self) -> usize {
        self.futures.len()
    }

    /// Standard normal chances of one future: for the customer's mean, and for what scatters around it.
    pub(super) fn own(&self, future: usize) -> [f64; 2] {
        self.futures[future].own
    }

    /// What is drawn for customers with `x` purchases: `believed` by each model of such a customer of age 0, `mean` the
    /// shape of what is believed of the customer's own mean.
    pub(super) fn row(&self, believed: &[Believed], mean: Option<f64>, x: u32) -> Row {
        // The same chance for the same number, whatever was asked before.
        let mut random = Random::new(0x5eed_0c1f ^ (u64::from(x) << 32));
        let n_models = believed.len().max(1);
        let mut paces: Vec<(f64, usize)> = (0..PACES * self.futures.len())
            .filter_map(|at| {
                let model = at % n_models;
                Some((random.gamma(believed.get(model)?.shape), model))
            })
            .collect();
        paces.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let kept = paces.into_iter().skip(PACES / 2).step_by(PACES);
        let of = |(future, (pace, model)): (&Future, (f64, usize))| {
            let (until, leaves) = match believed[model].leaving {
                Leaving::AfterPurchase { a, b } => {
                    let stay = (-random.beta(a, b)).ln_1p();
                    // The number of trials until the first that ends it.
                    let until =
                        if stay < 0.0 { (future.stays.ln() / stay).floor() + 1.0 } else { f64::INFINITY };
                    (until, f64::INFINITY)
                }
                Leaving::AnyTime { shape, .. } => {
                    (f64::INFINITY, -future.stays.ln() / random.gamma(shape).max(f64::MIN_POSITIVE))
                }
            };
            let by_mean = mean.map_or(1.0, |shape| shape / random.gamma(shape));
            OfRow { model, pace, until, leaves, by_mean }
        };
        Row { futures: self.futures.iter().zip(kept).map(of).collect() }
    }

    /// Every future of customers of one row and age, by what the models believe of them.
    pub(super) fn brought(
        &mut self,
        row: &Row,
        believed: &[Believed],
        discounts: &[f64],
        period: f64,
        mut each: impl FnMut(usize, Brought),
    ) {
        let length = period * discounts.len() as f64;
        for (at, of) in row.futures.iter().enumerate() {
            let Some(believed) = believed.get(of.model) else { continue };
            let rate = of.pace / believed.rate;
            let leaving = match believed.leaving {
                Leaving::AfterPurchase { .. } => f64::INFINITY,
                Leaving::AnyTime { rate, .. } => of.leaves * rate,
            };
            // On the clock of a rate of 1.
            let end = leaving.min(length) * rate;
            let per_period = 1.0 / (period * rate);
            let mut out = Brought::default();
            let mut n = 0usize;
            if end > 0.0 && !discounts.is_empty() {
                loop {
                    if n as f64 >= of.until {
                        break;
                    }
                    if n >= ONE_BY_ONE {
                        self.rest(at, (n, of.until), end, discounts, per_period, &mut out);
                        break;
                    }
                    if n >= self.futures[at].purchases.len() {
                        self.draw(at);
                    }
                    let (time, value) = self.futures[at].purchases[n];
                    if time > end {
                        break;
                    }
                    let begun = ((time * per_period) as usize).min(discounts.len() - 1);
                    let weight = discounts[begun];
                    out.purchases += weight;
                    out.squares += weight * weight;
                    out.values += weight * value;
                    n += 1;
                }
            }
            out.values *= of.by_mean;
            each(at, out);
        }
    }

    /// Draws a few more purchases of a future.
    fn draw(&mut self, at: usize) {
        let shape = self.shape;
        let future = &mut Arc::make_mut(&mut self.futures)[at];
        let mut time = future.purchases.last().map_or(0.0, |(time, _)| *time);
        for _ in 0..AT_ONCE {
            time += future.random.exponential();
            let value = shape.map_or(1.0, |shape| future.random.gamma(shape));
            future.purchases.push((time, value));
        }
    }

    /// Purchases beyond those drawn one by one: so many that their sum is nearly normal.
    fn rest(
        &self,
        at: usize,
        (n, until): (usize, f64),
        end: f64,
        discounts: &[f64],
        per_period: f64,
        out: &mut Brought,
    ) {
        let future = &self.futures[at];
        let from = future.purchases[n - 1].0;
        let time = end - from;
        if !(time > 0.0 && time.is_finite()) {
            return;
        }
        let number = (time + future.beyond[0] * time.sqrt()).max(0.0);
        let left = until - n as f64;
        // Who leaves does so earlier.
        let (number, time) = if left < number { (left, time * left / number) } else { (number, time) };
        // What a purchase in the rest of the time is worth on average.
        let (mut weights, mut squares, mut begin) = (0.0, 0.0, from);
        let until = from + time;
        while begin < until {
            let period = ((begin * per_period) as usize).min(discounts.len() - 1);
            let last = period + 1 == discounts.len();
            let close = if last { until } else { ((period + 1) as f64 / per_period).min(until) };
            // A step so small that it is lost to rounding would never end.
            let close = if close > begin { close } else { until };
            weights += discounts[period] * (close - begin);
            squares += discounts[period] * discounts[period] * (close - begin);
            begin = close;
        }
        let (weight, square) = (weights / time, squares / time);
        out.purchases += number * weight;
        out.squares += number * square;
        let shape = self.shape.unwrap_or(1.0);
        let spread =
            if self.shape.is_some() { (number * shape * square).sqrt() * future.beyond[1] } else { 0.0 };
        out.values += (number * shape * weight + spread).max(0.0);
    }
}

/// What each of the models believes of a living customer.
pub(super) fn believed<M: RepeatModel>(models: &[M], x: u32, age: f64) -> Vec<Believed> {
    let history = super::history::History { x, t_x: 0.0, age };
    models.iter().map(|model| model.believed(&history)).collect()
}
