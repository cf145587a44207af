//! What is said of one customer: to date and to come apart, horizon and rate stated, and how sure it is.

use arrow::array::ArrayRef;
use gradus_model::Text;
use gradus_model::document::LifetimeModel;

use super::base::Customers;
use super::fit::LifetimeFit;
use super::{Lifetime, WEEK};
use crate::grade::prediction::PredictionValue;
use crate::grade::prediction::asked::span_words;
use crate::grade::prediction::numbers::shown;
use crate::grade::prediction::reason::Said;

/// A chance of leaving after a purchase that is none.
const HARDLY: f64 = 0.01;

impl LifetimeFit {
    /// The model's usual name.
    pub fn model_words(&self) -> &'static str {
        match self.model {
            LifetimeModel::BgNbd => "BG/NBD",
            LifetimeModel::MbgNbd => "MBG/NBD",
            LifetimeModel::ParetoNbd => "Pareto/NBD",
        }
    }

    /// How sure it is, as plain statements.
    pub fn words(&self) -> Vec<Text> {
        let mut out = vec![self.status.words()];
        if self.status.is_refused() {
            return out;
        }
        out.push(self.sureness.words(&Text::new("预期购买次数", "purchases to expect")));
        out.extend(self.hardly_anybody_leaves());
        if let Some(correlation) = self.correlation.filter(|correlation| correlation.abs() > 0.3) {
            out.push(Text::new(
                format!(
                    "购买次数与每次金额相关（{correlation:.2}），而模型假定两者无关：{}",
                    if correlation > 0.0 { "买得多的客户可能被低估" } else { "买得多的客户可能被高估" }
                ),
                format!(
                    "frequency and value of purchases go together ({correlation:.2}), which the model takes not to be so: frequent customers may be worth {} than it says",
                    if correlation > 0.0 { "more" } else { "less" }
                ),
            ));
        }
        out
    }
}

impl LifetimeFit {
    /// Where the chance of leaving after a purchase is about nought, and its error as large as itself: everybody counts as a
    /// customer for ever, which the data do not know.
    fn hardly_anybody_leaves(&self) -> Option<Text> {
        let of = |name: &str| self.parameters.iter().find(|one| one.name == name);
        let (a, b) = (of("a")?, of("b")?);
        let leaves = a.value / (a.value + b.value);
        (leaves < HARDLY && a.error.is_none_or(|error| error >= a.value)).then(|| {
            Text::new(
                "数据里几乎看不出有人离开：所有人仍是客户的概率都接近 1，不能用它找出在流失的人",
                "the data show hardly anybody leaving: the chance of being a customer is about 1 for all, and tells nobody who leaves from who stays",
            )
        })
    }
}

impl Lifetime {
    pub(in crate::grade::prediction) fn say(
        &self,
        inputs: &[ArrayRef],
        fit: &LifetimeFit,
        given: &[PredictionValue],
    ) -> Said {
        let customers = Customers::of(inputs, self.margin);
        let of = |at: usize, digits: usize| {
            let value = given.get(at).and_then(|one| one.value.as_deref()).and_then(|one| one.parse().ok());
            shown(value, digits)
        };
        let mut lines = Vec::new();
        let Some(bought) = customers.bought(0) else {
            lines.push(Text::new(
                "还没有购买过，无从估计",
                "has never bought anything, so there is nothing to go by",
            ));
            return Said { lines, ..Said::default() };
        };
        if fit.status.is_refused() {
            lines.push(Text::new(format!("至今带来 {}", of(5, 2)), format!("{} to date", of(5, 2))));
            lines.push(fit.status.words());
            return Said { lines, ..Said::default() };
        }
        let span = span_words(self.span);
        let percent = shown(Some(100.0 * self.discount), 1);
        lines.push(Text::new(
            format!(
                "至今带来 {}；未来 {} 内预期再带来 {}（按年 {percent} % 折现），九成情况在 {} 到 {} 之间",
                of(5, 2),
                span.zh,
                of(0, 2),
                of(1, 2),
                of(2, 2),
            ),
            format!(
                "{} to date; {} more to expect within the next {} (discounted at {percent} % a year), nine times of ten between {} and {}",
                of(5, 2),
                of(0, 2),
                span.en,
                of(1, 2),
                of(2, 2),
            ),
        ));
        let alive = given.get(3).and_then(|one| one.value.as_deref()).and_then(|one| one.parse::<f64>().ok());
        let alive = shown(alive.map(|alive| 100.0 * alive), 0);
        let per_purchase = shown(Some(fit.spend.of(bought.history.x, bought.mean).0), 2);
        lines.push(Text::new(
            format!("仍是客户的概率 {alive} %；预期购买 {} 次，每次约 {per_purchase}", of(4, 2)),
            format!(
                "{alive} % sure to be a customer still; {} purchases to expect, of about {per_purchase} each",
                of(4, 2)
            ),
        ));
        let history = bought.history;
        let (first, last) = (history.age * WEEK, (history.age - history.t_x) * WEEK);
        let margin = match self.margin == 1.0 {
            true => Text::default(),
            false => {
                let percent = shown(Some(100.0 * self.margin), 1);
                Text::new(format!("，毛利率 {percent} %"), format!(", margin {percent} %"))
            }
        };
        lines.push(Text::new(
            format!(
                "依据：在 {} 个日子买过，首次在 {first:.0} 天前，最近在 {last:.0} 天前{}；{}，{}，由 {} 位客户估计",
                history.x + 1,
                margin.zh,
                fit.model_words(),
                fit.spend.words().zh,
                fit.n,
            ),
            format!(
                "goes by {} days with a purchase, the first {first:.0} days ago, the last {last:.0} days ago{}; {} and the {}, estimated from {} customers",
                history.x + 1,
                margin.en,
                fit.model_words(),
                fit.spend.words().en,
                fit.n,
            ),
        ));
        lines.extend(fit.words());
        Said { lines, ..Said::default() }
    }
}
