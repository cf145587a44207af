//! Rule sets (规则集): ordered rules that give points or a category.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Decimal128Array, StringArray};
use arrow::datatypes::DataType;
use gradus_model::document::{HitPolicy, RuleSet};
use gradus_model::{Finding, Place, Text};
use jiff::civil::Date;
use serde_json::Value;

use super::binning::number_of;
use super::compile::Compiler;
use super::frame::{Column, Formula, Frame};

#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub name: String,
    pub title: Text,
    pub hit: HitPolicy,
    /// Highest priority first.
    pub rules: Vec<CompiledRule>,
    pub outcome: Outcomes,
}

#[derive(Debug, Clone)]
pub(crate) struct CompiledRule {
    pub name: String,
    pub title: Text,
    pub when: Formula,
    pub from: Option<Date>,
    pub until: Option<Date>,
}

/// What the rules give, in the order of the rules, and what no rule gives.
#[derive(Debug, Clone)]
pub(crate) enum Outcomes {
    /// Points in ten-thousandths.
    Points(Vec<i64>, Option<i64>),
    Text(Vec<String>, Option<String>),
}

impl Rules {
    pub(crate) fn data_type(&self) -> DataType {
        match self.outcome {
            Outcomes::Points(..) => DataType::Decimal128(18, 4),
            Outcomes::Text(..) => DataType::Utf8,
        }
    }

    /// Where each rule's condition is true; nothing for a rule that does not hold on that date.
    fn matches(&self, frame: &mut Frame, as_of: Date) -> Vec<Option<BooleanArray>> {
        let mut matches: Vec<Option<BooleanArray>> = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            let holds =
                rule.from.is_none_or(|from| from <= as_of) && rule.until.is_none_or(|until| as_of <= until);
            matches.push(holds.then(|| frame.condition(&rule.when).0));
        }
        matches
    }

    /// Which rules give what one row gets, in the order of priority; none where no rule does.
    pub(crate) fn hits(&self, frame: &mut Frame, as_of: Date, row: usize) -> Vec<usize> {
        let matches = self.matches(frame, as_of);
        let is_hit = |index: &usize| {
            matches[*index].as_ref().is_some_and(|values| values.is_valid(row) && values.value(row))
        };
        let hits: Vec<usize> = (0..matches.len()).filter(is_hit).collect();
        let Outcomes::Points(points, _) = &self.outcome else {
            return hits.into_iter().take(1).collect();
        };
        let best = match self.hit {
            HitPolicy::Sum => return hits,
            HitPolicy::First => return hits.into_iter().take(1).collect(),
            HitPolicy::Max => hits.iter().map(|index| points[*index]).max(),
            HitPolicy::Min => hits.iter().map(|index| points[*index]).min(),
        };
        hits.into_iter().filter(|index| Some(points[*index]) == best).collect()
    }

    /// A rule matches where its condition is true; where it cannot be told it does not match.
    pub(crate) fn evaluate(&self, frame: &mut Frame, as_of: Date) -> Column {
        let matches = self.matches(frame, as_of);
        let hits = |row: usize| {
            let hit = move |(index, values): (usize, &Option<BooleanArray>)| {
                values.as_ref().filter(|v| v.is_valid(row) && v.value(row)).map(|_| index)
            };
            matches.iter().enumerate().filter_map(hit)
        };
        let array: ArrayRef = match &self.outcome {
            Outcomes::Text(texts, otherwise) => {
                let of = |row: usize| {
                    hits(row).next().map_or(otherwise.as_deref(), |index| Some(texts[index].as_str()))
                };
                Arc::new(StringArray::from_iter((0..frame.rows).map(of)))
            }
            Outcomes::Points(points, otherwise) => {
                let of = |row: usize| -> Option<i128> {
                    let mut given = hits(row).map(|index| points[index]);
                    let value = match self.hit {
                        HitPolicy::First => given.next(),
                        HitPolicy::Max => given.max(),
                        HitPolicy::Min => given.min(),
                        HitPolicy::Sum => given.next().map(|first| first + given.sum::<i64>()),
                    };
                    value.or(*otherwise).map(i128::from)
                };
                Arc::new(decimals((0..frame.rows).map(of).collect()))
            }
        };
        Column::unknown_where_null(array)
    }
}

/// Ten-thousandths as Decimal(18,4), the type of every score.
pub(crate) fn decimals(values: Vec<Option<i128>>) -> Decimal128Array {
    Decimal128Array::from(values).with_data_type(DataType::Decimal128(18, 4))
}

pub(crate) fn compile_rules(compiler: &mut Compiler<'_>, name: &str, set: &RuleSet) -> Option<Rules> {
    let place = compiler.root().key("rule_sets").key(name);
    let mut fine = true;
    if set.rules.is_empty() {
        let what = Text::new("规则集里没有规则", "no rule in the rule set");
        compiler.findings.push(Finding::error(
            "rules-empty",
            place.key("rules"),
            what,
            Text::new("至少写一条规则", "one rule at least"),
        ));
        return None;
    }
    let mut order: Vec<usize> = (0..set.rules.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(set.rules.0[*index].1.priority.unwrap_or(0)));
    let (mut rules, mut given) = (Vec::new(), Vec::new());
    for index in order {
        let (key, rule) = &set.rules.0[index];
        let at = place.key("rules").key(key);
        let from = date(compiler, rule.from.as_deref(), &at.key("from"), &mut fine);
        let until = date(compiler, rule.until.as_deref(), &at.key("until"), &mut fine);
        if let (Some(from), Some(until)) = (from, until)
            && from > until
        {
            let what = Text::new(
                format!("生效日 {from} 晚于失效日 {until}"),
                format!("from {from} is after until {until}"),
            );
            compiler.findings.push(Finding::error(
                "rule-dates",
                at.key("until"),
                what,
                Text::new("until 不早于 from", "`until` on or after `from`"),
            ));
            fine = false;
        }
        match compiler.condition(&rule.when, &at.key("when")) {
            Some((when, _)) => {
                let title = rule.title.clone().unwrap_or_else(|| Text::plain(key));
                rules.push(CompiledRule { name: key.clone(), title, when, from, until });
            }
            None => fine = false,
        }
        given.push((&rule.then, at.key("then")));
    }
    let outcome = outcomes(compiler, set, &given, &place)?;
    let title = set.title.clone().unwrap_or_else(|| Text::plain(name));
    fine.then(|| Rules { name: name.to_string(), title, hit: set.hit, rules, outcome })
}

fn outcomes(
    compiler: &mut Compiler<'_>,
    set: &RuleSet,
    given: &[(&Value, Place)],
    place: &Place,
) -> Option<Outcomes> {
    let mut values: Vec<(&Value, Place)> = given.to_vec();
    if let Some(otherwise) = set.otherwise.as_ref().filter(|value| !value.is_null()) {
        values.push((otherwise, place.key("otherwise")));
    }
    let text = values.first().is_some_and(|(value, _)| value.is_string());
    let mut fine = true;
    for (value, at) in &values {
        let number = number_of(value).filter(|number| number.0.unsigned_abs() <= 100_000_000_000);
        if if text { !value.is_string() } else { number.is_none() } {
            let what = Text::new(
                format!("{value} 与其他规则的结果类型不同，或过大"),
                format!("{value} is not of the type that the other rules give, or too large"),
            );
            let right = Text::new(
                "所有规则都给分值（至多四位小数），或都给文本",
                "points (four digits after the point at most) in all rules, or a text in all rules",
            );
            compiler.findings.push(Finding::error("rule-then-type", at.clone(), what, right));
            fine = false;
        }
    }
    if text && set.hit != HitPolicy::First {
        let what = Text::new(
            "sum、max、min 需要分值，规则给的是文本",
            "`sum`, `max`, `min` need points, and the rules give texts",
        );
        compiler.findings.push(Finding::error(
            "rule-hit-text",
            place.key("hit"),
            what,
            Text::new("hit: first", "`hit: first`"),
        ));
        fine = false;
    }
    if !fine {
        return None;
    }
    let n = given.len();
    Some(if text {
        let texts: Vec<String> =
            values.iter().filter_map(|(value, _)| value.as_str().map(str::to_string)).collect();
        Outcomes::Text(texts[..n].to_vec(), texts.get(n).cloned())
    } else {
        let points: Vec<i64> =
            values.iter().filter_map(|(value, _)| number_of(value)).map(|number| number.0).collect();
        Outcomes::Points(points[..n].to_vec(), points.get(n).copied())
    })
}

fn date(compiler: &mut Compiler<'_>, text: Option<&str>, place: &Place, fine: &mut bool) -> Option<Date> {
    let text = text?;
    match text.parse::<Date>() {
        Ok(date) => Some(date),
        Err(_) => {
            let what = Text::new(format!("“{text}”不是日期"), format!("`{text}` is not a date"));
            compiler.findings.push(Finding::error(
                "date-form",
                place.clone(),
                what,
                Text::new("例如 2026-01-31", "such as 2026-01-31"),
            ));
            *fine = false;
            None
        }
    }
}
