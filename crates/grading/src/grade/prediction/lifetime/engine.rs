//! The numbers of many customers: what depends on purchases and age alone is worked out once and kept.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use arrow::array::ArrayRef;
use gradus_stats::lifetime::bgnbd::BetaGeometric;
use gradus_stats::lifetime::expecting::Expecting;
use gradus_stats::lifetime::fit::{Fit, Options, Parameters};
use gradus_stats::lifetime::history::{Histories, History};
use gradus_stats::lifetime::interval::draws;
use gradus_stats::lifetime::model::RepeatModel;
use gradus_stats::lifetime::pareto_nbd::ParetoNbd;
use gradus_stats::lifetime::spread::Spread;
use gradus_stats::lifetime::value::{Horizon, discounted_while_alive};

use super::base::Customers;
use super::fit::LifetimeFit;
use crate::grade::prediction::fitted::restored;
use crate::grade::prediction::numbers::four_digits;

/// Nine customers of ten fall into their interval.
pub(super) const LEVEL: f64 = 0.9;
/// Models around the fit from which futures are drawn.
const N_MODELS: usize = 200;
const SEED: u64 = 0x11fe;

/// A model that is fast for many customers.
pub(super) trait Fast: RepeatModel + Parameters + Send + 'static {
    /// What is kept from one customer to the next.
    type Kept: Clone + Send + 'static;

    fn fitted(base: &Histories, options: &Options) -> Fit<Self>;

    /// The parameter that is a time of buying.
    fn origin(&self) -> f64;

    fn kept(&self, horizon: &Horizon) -> Self::Kept;

    /// Of a customer who has not left: purchases within the horizon, and the same discounted.
    fn while_alive(&self, kept: &mut Self::Kept, history: &History, horizon: &Horizon) -> (f64, f64);

    fn n_kept(kept: &Self::Kept) -> usize;
}

impl<const AT_ONCE: bool> Fast for BetaGeometric<AT_ONCE> {
    type Kept = [Expecting<AT_ONCE>; 2];

    fn fitted(base: &Histories, options: &Options) -> Fit<Self> {
        Self::fit(base, options)
    }

    fn origin(&self) -> f64 {
        self.alpha
    }

    fn kept(&self, horizon: &Horizon) -> Self::Kept {
        [self.expecting(horizon.length()), self.expecting_discounted(horizon)]
    }

    fn while_alive(&self, kept: &mut Self::Kept, history: &History, _: &Horizon) -> (f64, f64) {
        let [plain, discounted] = kept;
        (plain.while_alive(history), discounted.while_alive(history))
    }

    fn n_kept(kept: &Self::Kept) -> usize {
        kept.iter().map(Expecting::n_kept).sum()
    }
}

impl Fast for ParetoNbd {
    type Kept = ();

    fn fitted(base: &Histories, options: &Options) -> Fit<Self> {
        Self::fit(base, options)
    }

    fn origin(&self) -> f64 {
        self.alpha
    }

    fn kept(&self, _: &Horizon) {}

    fn while_alive(&self, _: &mut (), history: &History, horizon: &Horizon) -> (f64, f64) {
        (self.expected_while_alive(history, horizon.length()), discounted_while_alive(self, history, horizon))
    }

    fn n_kept(_: &()) -> usize {
        0
    }
}

/// A fit, ready for many customers.
#[derive(Clone)]
pub(super) struct Engine<M: Fast> {
    model: M,
    fit: LifetimeFit,
    horizon: Horizon,
    kept: M::Kept,
    spread: Spread<M>,
}

/// What is expected of one customer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub alive: f64,
    pub purchases: f64,
    pub discounted: f64,
}

impl<M: Fast> Engine<M> {
    /// `None` if the fit has not this model's parameters.
    pub(super) fn new(fit: &LifetimeFit, horizon: &Horizon) -> Option<Engine<M>> {
        let around = restored::<M>(&fit.parameters, &fit.covariance)?;
        let model = around.model;
        let mut models = draws(&around, N_MODELS, SEED);
        models.push(model);
        let spread = Spread::new(models, fit.spend.spread(), *horizon, model.origin());
        Some(Engine { model, fit: fit.clone(), horizon: *horizon, kept: model.kept(horizon), spread })
    }

    pub(super) fn expected(&mut self, history: &History) -> Expected {
        let alive = self.model.p_alive(history);
        let (purchases, discounted) = self.model.while_alive(&mut self.kept, history, &self.horizon);
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        Expected {
            alive: finite(alive),
            purchases: finite(alive * purchases),
            discounted: finite(alive * discounted),
        }
    }

    fn n_kept(&self) -> usize {
        M::n_kept(&self.kept) + self.spread.n_nodes()
    }
}

/// The columns of [`super::SUFFIXES`].
pub(super) fn evaluate<M: Fast>(
    customers: &Customers,
    fit: &LifetimeFit,
    horizon: &Horizon,
    kept: &Mutex<Option<Box<dyn Any + Send>>>,
) -> Vec<ArrayRef> {
    let n = customers.len();
    let to_date = four_digits((0..n).map(|row| customers.to_date(row)));
    let engine = match fit.status.is_refused() {
        true => None,
        false => taken::<M>(fit, horizon, kept).or_else(|| Engine::new(fit, horizon)),
    };
    let Some(mut engine) = engine else {
        let unknown = four_digits((0..n).map(|_| None));
        return vec![unknown.clone(), unknown.clone(), unknown.clone(), unknown.clone(), unknown, to_date];
    };
    let before = engine.n_kept();
    let mut known: HashMap<(u32, u64, u64), Expected> = HashMap::new();
    let mut columns: [Vec<Option<f64>>; 5] = std::array::from_fn(|_| Vec::with_capacity(n));
    for row in 0..n {
        let Some(bought) = customers.bought(row) else {
            columns.iter_mut().for_each(|column| column.push(None));
            continue;
        };
        let history = bought.history;
        let expected = *known
            .entry((history.x, history.t_x.to_bits(), history.age.to_bits()))
            .or_insert_with(|| engine.expected(&history));
        let (own, mean) = fit.spend.of(history.x, bought.mean);
        let (low, high) = engine.spread.interval(&history, expected.alive, mean, LEVEL);
        let residual = expected.discounted * own;
        let row = [residual, low.min(residual), high.max(residual), expected.alive, expected.purchases];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(Some(value)));
    }
    if engine.n_kept() > before {
        give_back(engine, kept);
    }
    columns.into_iter().map(four_digits).chain([to_date]).collect()
}

fn taken<M: Fast>(
    fit: &LifetimeFit,
    horizon: &Horizon,
    kept: &Mutex<Option<Box<dyn Any + Send>>>,
) -> Option<Engine<M>> {
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = kept.as_ref()?.downcast_ref::<Engine<M>>()?;
    (engine.fit == *fit && engine.horizon == *horizon).then(|| engine.clone())
}

/// What knows more stays.
fn give_back<M: Fast>(engine: Engine<M>, kept: &Mutex<Option<Box<dyn Any + Send>>>) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let knows_more = kept.as_ref().and_then(|one| one.downcast_ref::<Engine<M>>()).is_some_and(|one| {
        one.fit == engine.fit && one.horizon == engine.horizon && one.n_kept() >= engine.n_kept()
    });
    if !knows_more {
        *kept = Some(Box::new(engine));
    }
}
