//! Lifetime value without a contract: how often a customer will buy within the horizon, times what a purchase
//! brings, discounted.

use arrow::array::ArrayRef;
use gradus_model::document::{Lifetime as Written, LifetimeModel, Span, SpanUnit};
use gradus_model::{Place, Text};
use gradus_stats::lifetime::bgnbd::BgNbd;
use gradus_stats::lifetime::fit::{Options, Prior};
use gradus_stats::lifetime::history::{Histories, History};
use gradus_stats::lifetime::model::RepeatModel;
use serde::{Deserialize, Serialize};

use super::numbers::{floats, four_digits, value};
use super::reason::Said;
use super::{Given, PredictionValue};
use crate::fold::spec::{Aggregate, FoldIndicator, FoldWindow};
use crate::grade::compile::Compiler;
use crate::grade::frame::Formula;

pub(super) const SUFFIXES: &[&str] = &["", "_alive", "_purchases"];

/// Days in the unit of the models: a week.
const WEEK: f64 = 7.0;

#[derive(Debug, Clone)]
pub(crate) struct Lifetime {
    /// Active days, days since the first and since the last of them, what there was to date.
    pub inputs: Vec<Formula>,
    model: LifetimeModel,
    /// In weeks.
    horizon: f64,
}

/// Parameters of a prediction of lifetime value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LifetimeFit {
    /// By name, in the order of the model; times in weeks.
    pub parameters: Vec<(String, f64)>,
    pub n: u64,
}

impl Lifetime {
    pub(super) fn compile(compiler: &mut Compiler<'_>, written: &Written, place: &Place) -> Option<Lifetime> {
        let purchases = written.purchases.clone().unwrap_or_else(|| "spend".to_string());
        let worth = written.value.clone().unwrap_or_else(|| format!("case when {purchases} then amount end"));
        let mut input = |aggregate: Aggregate, filter: Option<String>| {
            let name = compiler.request(FoldIndicator {
                name: String::new(),
                aggregate,
                filter,
                window: FoldWindow::Lifetime,
            });
            compiler.column_type(&name).cloned().map(|data_type| (name, data_type))
        };
        let asked = [
            input(Aggregate::Active { step: SpanUnit::Day }, Some(purchases.clone())),
            input(Aggregate::DaysSince { first: true }, Some(purchases.clone())),
            input(Aggregate::DaysSince { first: false }, Some(purchases)),
            input(Aggregate::Sum { of: worth }, None),
        ];
        let mut inputs = Vec::with_capacity(asked.len());
        for (name, data_type) in asked.into_iter().flatten() {
            inputs.push(Formula {
                sql: name.clone(),
                data_type,
                references: [name].into(),
                path: place.path.clone().unwrap_or_default(),
                expression: None,
                said: None,
            });
        }
        let horizon = written.horizon.unwrap_or(Span { n: 12, unit: SpanUnit::Month });
        Some(Lifetime { inputs, model: written.model.unwrap_or_default(), horizon: days(horizon) / WEEK })
    }

    pub(super) fn given() -> Vec<Given> {
        vec![
            Given::number("", "", ""),
            Given::number("_alive", "（仍活跃概率）", " (chance of being a customer still)"),
            Given::number("_purchases", "（预期购买次数）", " (purchases to expect)"),
        ]
    }

    pub(super) fn estimate(&self, pieces: &[Vec<ArrayRef>]) -> LifetimeFit {
        let _ = self.model;
        let (mut x, mut t_x, mut age) = (Vec::new(), Vec::new(), Vec::new());
        for piece in pieces {
            for history in histories(piece).flatten() {
                x.push(history.x);
                t_x.push(history.t_x);
                age.push(history.age);
            }
        }
        let base = Histories::of(&x, &t_x, &age).unwrap_or_default();
        let fit = BgNbd::fit(&base, &Options { prior: Prior::Weak, ..Options::default() });
        let BgNbd { r, alpha, a, b } = fit.model;
        let parameters = [("r", r), ("alpha", alpha), ("a", a), ("b", b)];
        LifetimeFit {
            parameters: parameters.iter().map(|(name, value)| (name.to_string(), *value)).collect(),
            n: x.len() as u64,
        }
    }

    pub(super) fn evaluate(&self, inputs: &[ArrayRef], fit: &LifetimeFit) -> Vec<ArrayRef> {
        let of = |name: &str| fit.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| *value);
        let (Some(r), Some(alpha), Some(a), Some(b)) = (of("r"), of("alpha"), of("a"), of("b")) else {
            return Vec::new();
        };
        let model = BgNbd { r, alpha, a, b };
        let mut expecting = model.expecting(self.horizon);
        let histories: Vec<Option<History>> = histories(inputs).collect();
        let alive = four_digits(histories.iter().map(|one| one.as_ref().map(|one| model.p_alive(one))));
        let purchases = four_digits(histories.iter().map(|one| one.as_ref().map(|one| expecting.of(one))));
        vec![purchases.clone(), alive, purchases]
    }
}

impl Lifetime {
    pub(super) fn say(&self, inputs: &[ArrayRef], fit: &LifetimeFit, given: &[PredictionValue]) -> Said {
        let Some(history) = histories(inputs).next().flatten() else {
            let line = Text::new("还没有购买过，无从估计", "has never bought, so nothing can be estimated");
            return Said { lines: vec![line], ..Said::default() };
        };
        let shown = |at: usize| given.get(at).and_then(|one| one.value.clone()).unwrap_or_else(|| "–".into());
        let (alive, purchases, n) = (shown(1), shown(2), history.x + 1);
        let line = Text::new(
            format!(
                "已购 {n} 次；仍是客户的概率 {alive}；预期再购 {purchases} 次（由 {} 位客户估计）",
                fit.n
            ),
            format!(
                "{n} purchases so far; chance of being a customer still {alive}; {purchases} purchases to expect (estimated from {} customers)",
                fit.n
            ),
        );
        Said { lines: vec![line], ..Said::default() }
    }
}

/// The history of each customer; none of who never bought.
fn histories(inputs: &[ArrayRef]) -> impl Iterator<Item = Option<History>> {
    let columns: Vec<_> = inputs.iter().map(floats).collect();
    let n = columns.first().map_or(0, |column| arrow::array::Array::len(column));
    (0..n).map(move |row| {
        let days = value(&columns[0], row).filter(|days| *days >= 1.0)?;
        let (first, last) = (value(&columns[1], row)?, value(&columns[2], row)?);
        let t_x = if days > 1.0 { (first - last).max(0.0) / WEEK } else { 0.0 };
        Some(History { x: (days - 1.0) as u32, t_x, age: first.max(0.0) / WEEK })
    })
}

/// How many days a span has on average.
pub(super) fn days(span: Span) -> f64 {
    let unit = match span.unit {
        SpanUnit::Day => 1.0,
        SpanUnit::Week => 7.0,
        SpanUnit::Month => 365.25 / 12.0,
        SpanUnit::Quarter => 365.25 / 4.0,
        SpanUnit::Year => 365.25,
    };
    f64::from(span.n) * unit
}
