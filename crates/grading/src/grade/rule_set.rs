//! Rule sets (规则集): ordered rules that give points or a category.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Decimal128Array, StringArray};
use arrow::datatypes::DataType;
use gradus_model::document::{HitPolicy, RuleSet, Undecided};
use gradus_model::{Finding, Place, Text};
use jiff::civil::Date;
use serde_json::Value;

use super::binning::number_of;
use super::compile::{Compiler, unknown_name};
use super::frame::{Column, Formula, Frame};

#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub name: String,
    pub title: Text,
    pub hit: HitPolicy,
    /// Highest priority first.
    pub rules: Vec<CompiledRule>,
    pub outcome: Outcomes,
    undecided: Undecided,
}

#[derive(Debug, Clone)]
pub(crate) struct CompiledRule {
    pub name: String,
    pub title: Option<Text>,
    pub when: Formula,
    pub from: Option<Date>,
    pub until: Option<Date>,
    /// Of the rules of one group the first that matches counts.
    group: Option<usize>,
    /// Rules that do not count where this one does.
    excludes: Vec<usize>,
}

/// What the rules say of one batch: for each rule that holds on the date its truth for every row.
pub(crate) type Matches = Vec<Option<BooleanArray>>;

/// What the rules give, in the order of the rules, and what no rule gives.
#[derive(Debug, Clone)]
pub(crate) enum Outcomes {
    /// Points in ten-thousandths.
    Points(Vec<i64>, Option<i64>),
    Text(Vec<String>, Option<String>),
}

impl CompiledRule {
    /// What people call it.
    pub(crate) fn shown(&self) -> Text {
        self.title.clone().unwrap_or_else(|| Text::plain(&self.name))
    }
}

impl Rules {
    pub(crate) fn data_type(&self) -> DataType {
        match self.outcome {
            Outcomes::Points(..) => DataType::Decimal128(18, 4),
            Outcomes::Text(..) => DataType::Utf8,
        }
    }

    /// True if which rule counts follows from the conditions alone: none excludes another, and what cannot be
    /// told does not match.
    pub(crate) fn is_plain(&self) -> bool {
        self.undecided != Undecided::Unknown
            && self.rules.iter().all(|rule| rule.group.is_none() && rule.excludes.is_empty())
    }

    /// A rule matches where its condition is true; where it cannot be told it does not match, unless the
    /// set says that the outcome is then unknown.
    pub(crate) fn evaluate(&self, frame: &mut Frame, as_of: Date) -> Column {
        let matches = self.matches(frame, as_of);
        let mut hits = Vec::new();
        let array: ArrayRef = match &self.outcome {
            Outcomes::Text(texts, otherwise) => {
                let mut of = |row: usize| {
                    let index = self.settled(&matches, row, &mut hits, |hits| hits.first().copied())?;
                    index.map_or(otherwise.as_deref(), |index| Some(texts[index].as_str()))
                };
                Arc::new(StringArray::from_iter((0..frame.rows).map(&mut of)))
            }
            Outcomes::Points(points, otherwise) => {
                let given = |hits: &[usize]| -> Option<i64> {
                    let mut given = hits.iter().map(|index| points[*index]);
                    let value = match self.hit {
                        HitPolicy::First => given.next(),
                        HitPolicy::Max => given.max(),
                        HitPolicy::Min => given.min(),
                        HitPolicy::Sum => given.next().map(|first| first + given.sum::<i64>()),
                    };
                    value.or(*otherwise)
                };
                let of = |row: usize| self.settled(&matches, row, &mut hits, given).flatten().map(i128::from);
                Arc::new(decimals((0..frame.rows).map(of).collect()))
            }
        };
        Column::unknown_where_null(array)
    }

    pub(crate) fn matches(&self, frame: &mut Frame, as_of: Date) -> Matches {
        let mut matches = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            let holds =
                rule.from.is_none_or(|from| from <= as_of) && rule.until.is_none_or(|until| as_of <= until);
            matches.push(holds.then(|| frame.condition(&rule.when).0));
        }
        matches
    }

    /// Which rules give what one row gets, in the order of priority; none where no rule does.
    pub(crate) fn hits(&self, frame: &mut Frame, as_of: Date, row: usize) -> Vec<usize> {
        self.hits_in(&self.matches(frame, as_of), row)
    }

    /// The same, where it is known already which conditions hold.
    pub(crate) fn hits_in(&self, matches: &Matches, row: usize) -> Vec<usize> {
        let mut hits = Vec::new();
        self.counting(matches, row, None, &mut hits);
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

    /// What a row comes to, or nothing if that depends on rules that cannot be told.
    fn settled<T: PartialEq>(
        &self,
        matches: &Matches,
        row: usize,
        hits: &mut Vec<usize>,
        of: impl Fn(&[usize]) -> T,
    ) -> Option<T> {
        self.counting(matches, row, None, hits);
        let value = of(hits);
        if self.undecided == Undecided::Unknown {
            for (index, values) in matches.iter().enumerate() {
                if values.as_ref().is_some_and(|values| values.is_null(row)) {
                    self.counting(matches, row, Some(index), hits);
                    if of(hits) != value {
                        return None;
                    }
                }
            }
        }
        Some(value)
    }

    /// The rules that match a row and count, in their order; `also` is taken to match.
    pub(crate) fn counting(&self, matches: &Matches, row: usize, also: Option<usize>, hits: &mut Vec<usize>) {
        hits.clear();
        for (index, values) in matches.iter().enumerate() {
            let is_hit = values.as_ref().is_some_and(|v| v.is_valid(row) && v.value(row));
            if !is_hit && also != Some(index) {
                continue;
            }
            let rule = &self.rules[index];
            let is_out = hits.iter().any(|before| {
                let before = &self.rules[*before];
                before.excludes.contains(&index) || (rule.group.is_some() && rule.group == before.group)
            });
            if !is_out {
                hits.push(index);
            }
        }
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
    let mut groups: Vec<&str> = Vec::new();
    let positions: Vec<&str> = order.iter().map(|index| set.rules.0[*index].0.as_str()).collect();
    for (position, index) in order.into_iter().enumerate() {
        let (key, rule) = &set.rules.0[index];
        let at = place.key("rules").key(key);
        let (from, until) = dates(compiler, (rule.from.as_deref(), rule.until.as_deref()), &at, &mut fine);
        let group = rule.group.as_deref().map(|group| {
            groups.iter().position(|known| *known == group).unwrap_or_else(|| {
                groups.push(group);
                groups.len() - 1
            })
        });
        let mut excludes = Vec::with_capacity(rule.excludes.len());
        for (at_list, other) in rule.excludes.iter().enumerate() {
            let at = at.key("excludes").index(at_list);
            match positions.iter().position(|name| name == other) {
                Some(later) if later > position => excludes.push(later),
                Some(_) => {
                    let what = Text::new(
                        format!("“{other}”排在这条规则之前，或就是它自己，排除不了"),
                        format!(
                            "`{other}` comes before this rule, or is itself, and cannot be excluded by it"
                        ),
                    );
                    let right = Text::new(
                        "只排除后面的规则，或给这条规则更高的 priority",
                        "only rules that come later, or a higher `priority` for this one",
                    );
                    compiler.findings.push(Finding::error("rule-excludes", at, what, right));
                    fine = false;
                }
                None => {
                    let findings = unknown_name(other, "规则", "rule", set.rules.names(), &at);
                    compiler.findings.extend(findings);
                    fine = false;
                }
            }
        }
        match compiler.condition(&rule.when, &at.key("when")) {
            Some((when, _)) => rules.push(CompiledRule {
                name: key.clone(),
                title: rule.title.clone(),
                when,
                from,
                until,
                group,
                excludes,
            }),
            None => fine = false,
        }
        given.push((&rule.then, at.key("then")));
    }
    let outcome = outcomes(compiler, set, &given, &place)?;
    let title = set.title.clone().unwrap_or_else(|| Text::plain(name));
    let undecided = set.undecided.unwrap_or(Undecided::DoesNotHold);
    fine.then(|| Rules { name: name.to_string(), title, hit: set.hit, rules, outcome, undecided })
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

/// The first and the last date on which a rule or row holds.
pub(crate) fn dates(
    compiler: &mut Compiler<'_>,
    (from, until): (Option<&str>, Option<&str>),
    place: &Place,
    fine: &mut bool,
) -> (Option<Date>, Option<Date>) {
    let from = date(compiler, from, &place.key("from"), fine);
    let until = date(compiler, until, &place.key("until"), fine);
    if let (Some(from), Some(until)) = (from, until)
        && from > until
    {
        let what = Text::new(
            format!("生效日 {from} 晚于失效日 {until}"),
            format!("from {from} is after until {until}"),
        );
        compiler.findings.push(Finding::error(
            "rule-dates",
            place.key("until"),
            what,
            Text::new("until 不早于 from", "`until` on or after `from`"),
        ));
        *fine = false;
    }
    (from, until)
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
