//! What lifts or keeps a tier, as people say it: the whole sentence, each way, and why nothing was found.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use gradus_grading::fold::date_of;
use gradus_grading::grade::{Held, NotGradedReason};
use gradus_model::{Lang, Text};

use super::search::{Search, When};
use super::{Deed, Goal, MOST_AMOUNT, MOST_DEEDS, MOST_ORDERS, ORDER};
use crate::WorkspaceError;
use crate::validation::span_words;

impl Search<'_> {
    /// Why nothing that was tried suffices.
    pub(super) fn why_not(&self, target: u16) -> Result<Text, WorkspaceError> {
        let remembered = self.standing.remembered.as_ref();
        let calm = remembered.filter(|one| one.held == Some(Held::AfterFall));
        if let Some(words) = calm.and_then(|one| one.words.clone()) {
            return Ok(words);
        }
        let graded = self.grade(&[Vec::new()], &[When::AtOnce])?;
        let name = format!("{}_reason", self.standing.scheme);
        let reason = graded.first().and_then(|batch| batch.column_by_name(&name));
        let reason = reason.map(|column| cast(column, &DataType::Utf8)).transpose()?;
        let reason = reason.as_ref().map(|column| column.as_string::<i32>());
        let reason = reason.filter(|column| !column.is_empty() && column.is_valid(0));
        if let Some(reason) = reason.and_then(|column| NotGradedReason::from_code(column.value(0))) {
            let title = reason.title();
            return Ok(Text::new(
                format!("到那时未定级：{}", title.zh),
                format!("not graded by then: {}", title.en),
            ));
        }
        let level = self.scheme.levels.0.get(usize::from(target));
        let by_rank = level.is_some_and(|(_, level)| level.top_percent.is_some() || level.from.is_none());
        let kinds: Vec<&Text> = self.ground.kinds.iter().map(|(_, title)| title).collect();
        let names = |of: fn(&Text) -> &String, between: &str| {
            kinds.iter().map(|title| of(title).as_str()).collect::<Vec<_>>().join(between)
        };
        let also = match kinds.is_empty() {
            true => Text::default(),
            false => Text::new(
                format!("，{}也各试到 {MOST_DEEDS} 次", names(|text| &text.zh, "、")),
                format!(", nor up to {MOST_DEEDS} times {}", names(|text| &text.en, ", ")),
            ),
        };
        let rank = match by_rank {
            true => Text::new("；门槛取决于其他客户", "; the threshold depends on the other customers"),
            false => Text::default(),
        };
        Ok(Text::new(
            format!(
                "到那时 {MOST_AMOUNT} 以内的订单、{MOST_ORDERS} 笔以内的订单都不够{}{}",
                also.zh, rank.zh
            ),
            format!(
                "no order up to {MOST_AMOUNT} and no {MOST_ORDERS} orders are enough by then{}{}",
                also.en, rank.en
            ),
        ))
    }

    pub(super) fn told(
        &self,
        target: u16,
        keeps: bool,
        ways: Vec<Vec<Deed>>,
        since: Option<i32>,
        out_of_reach: Option<Text>,
    ) -> Goal {
        let (level, title) = match self.scheme.levels.0.get(usize::from(target)) {
            Some((name, level)) => (name.clone(), level.title.clone().unwrap_or_else(|| Text::plain(name))),
            None => Default::default(),
        };
        let by = self.by();
        let head = match keeps {
            true => Text::new(format!("{by} 仍为{}", title.zh), format!("still {} on {by}", title.en)),
            false => Text::new(format!("{by} 前升为{}", title.zh), format!("{} by {by}", title.en)),
        };
        let calm = self.scheme.keep.as_ref().and_then(|keep| keep.after_fall).filter(|_| self.is_after_fall);
        let head = match calm.map(span_words) {
            Some(span) => Text::new(
                format!("最早 {by} 升为{}，降级后{}内不再升级", title.zh, span.zh.replace(' ', "")),
                format!(
                    "{} on {by} at the earliest, for there is no rise for {} after a fall",
                    title.en, span.en
                ),
            ),
            None => head,
        };
        let currency = &self.ground.workspace.settings.currency;
        let said: Vec<Text> = ways.iter().map(|way| way_words(way, currency)).collect();
        let join = |of: fn(&Text) -> &String, between: &str| {
            said.iter().map(|text| of(text).as_str()).collect::<Vec<_>>().join(between)
        };
        let tail = match &out_of_reach {
            Some(reason) => {
                Text::new(format!("够不着，{}", reason.zh), format!("out of reach, {}", reason.en))
            }
            None if ways.is_empty() => Text::new("无须再做什么", "nothing more is needed"),
            None => Text::new(join(|text| &text.zh, "，或"), join(|text| &text.en, ", or ")),
        };
        let not_before = since.and_then(date_of).map(|date| date.to_string());
        let tail = match &not_before {
            Some(from) => {
                Text::new(format!("{from} 起，{}", tail.zh), format!("{}, not before {from}", tail.en))
            }
            None => tail,
        };
        let words = Text::new(format!("{}：{}", head.zh, tail.zh), format!("{}: {}", head.en, tail.en));
        let scheme = self.standing.scheme.clone();
        let sooner = Vec::new();
        Goal { scheme, level, level_title: title, keeps, by, not_before, ways, sooner, out_of_reach, words }
    }

    /// The local date of the decision.
    pub(super) fn by(&self) -> String {
        date_of(self.deadline.day).map(|date| date.to_string()).unwrap_or_default()
    }
}

/// One way in words.
pub fn way_words(way: &[Deed], currency: &str) -> Text {
    let deed = |deed: &Deed| -> Text {
        let Deed { times, title, .. } = deed;
        match (deed.kind == ORDER, deed.amount) {
            (true, Some(amount)) => {
                let amount = thousands(amount);
                match times {
                    1 => Text::new(
                        format!("一笔 {amount} {currency} 的订单"),
                        format!("one order of {currency} {amount}"),
                    ),
                    _ => Text::new(
                        format!("{times} 笔各 {amount} {currency} 的订单"),
                        format!("{times} orders of {currency} {amount} each"),
                    ),
                }
            }
            (true, None) => match times {
                1 => Text::new("一笔任意金额的订单", "one order of any amount"),
                _ => Text::new(format!("{times} 笔任意金额的订单"), format!("{times} orders of any amount")),
            },
            (false, _) => Text::new(format!("{times} 次“{}”", title.zh), format!("{times} × “{}”", title.en)),
        }
    };
    let parts: Vec<Text> = way.iter().map(deed).collect();
    let join = |of: fn(&Text) -> &String, between: &str| {
        parts.iter().map(|text| of(text).as_str()).collect::<Vec<_>>().join(between)
    };
    Text::new(join(|text| &text.zh, "加"), join(|text| &text.en, " and "))
}

fn thousands(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Goal {
    /// With what suffices before `not_before`, too, and is more.
    pub(super) fn with_sooner(self, sooner: Vec<Vec<Deed>>, currency: &str) -> Goal {
        let said: Vec<Text> = sooner.iter().map(|way| way_words(way, currency)).collect();
        let join = |of: fn(&Text) -> &String, between: &str| {
            said.iter().map(|text| of(text).as_str()).collect::<Vec<_>>().join(between)
        };
        let words = Text::new(
            format!("{}；更早则需{}", self.words.zh, join(|text| &text.zh, "，或")),
            format!("{}; sooner, {}", self.words.en, join(|text| &text.en, ", or ")),
        );
        Goal { sooner, words, ..self }
    }

    /// A line for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        format!("  {}\n", self.words.get(lang))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_told_as_people_would() {
        let order =
            |times, amount| Deed { kind: ORDER.into(), title: Text::new("订单", "order"), times, amount };
        let visit =
            Deed { kind: "visit".into(), title: Text::new("到店", "Visit"), times: 1, amount: None };
        let said = |way: &[Deed]| {
            let words = way_words(way, "CNY");
            [words.zh, words.en]
        };
        assert_eq!(said(&[order(1, Some(1240))]), ["一笔 1,240 CNY 的订单", "one order of CNY 1,240"]);
        assert_eq!(said(&[order(2, None)]), ["2 笔任意金额的订单", "2 orders of any amount"]);
        assert_eq!(
            said(&[order(1, Some(1_000_000)), visit]),
            ["一笔 1,000,000 CNY 的订单加1 次“到店”", "one order of CNY 1,000,000 and 1 × “Visit”"]
        );
    }
}
