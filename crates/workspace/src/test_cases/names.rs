//! What a case says wrong: names that the model does not have, values of another type, dates that are none.

use std::collections::BTreeMap;

use arrow::datatypes::DataType;
use gradus_grading::grade::OutputKind;
use gradus_ledger::table::scan_schema;
use gradus_model::document::{Expected, Model, TestCase};
use gradus_model::event_stream::{EventSchema, column};
use gradus_model::{Finding, Findings, Place, Text, closest};
use serde_json::Value;

use super::given::{fits_in, moment, text_of, types_of};
use crate::compiled::Compiled;
use crate::instant_of;

/// Columns of events that a case does not write: the ledger gives them.
const OURS: [&str; 7] = [
    column::IDENTITY,
    column::EVENT_ID,
    column::RETRACTION,
    column::KNOWN,
    column::POSITION,
    column::SOURCE,
    column::ORDER_KEY,
];

/// Everything that the test cases of a model say wrong.
pub fn check_cases(model: &Model, events: &EventSchema, compiled: &Compiled) -> Findings {
    let mut findings = Findings::default();
    if model.tests.is_empty() {
        return findings;
    }
    let types = types_of(compiled);
    let scan = scan_schema(events);
    let columns: BTreeMap<&str, &DataType> = scan
        .fields()
        .iter()
        .map(|field| (field.name().as_str(), field.data_type()))
        .filter(|(name, _)| !OURS.contains(name))
        .collect();
    for (name, case) in model.tests.iter() {
        let place = Place::default().key("tests").key(name);
        let mut check = Check { model, compiled, types: &types, findings: &mut findings };
        check.form(case, &place);
        check.inputs(case, &place.key("inputs"));
        check.events(case, &columns, &place.key("events"));
        check.expected(&case.expect, &place.key("expect"));
    }
    findings
}

struct Check<'a> {
    model: &'a Model,
    compiled: &'a Compiled,
    types: &'a BTreeMap<String, DataType>,
    findings: &'a mut Findings,
}

impl Check<'_> {
    fn form(&mut self, case: &TestCase, place: &Place) {
        if case.inputs.is_some() == case.events.is_some() {
            self.findings.push(Finding::error(
                "test-form",
                place.clone(),
                Text::new(
                    "inputs（指标值）与 events（事件）须恰好写一个",
                    "exactly one of `inputs` (values of indicators) and `events` says who the customer is",
                ),
                Text::new("例如 inputs: {spend: 1200}", "such as `inputs: {spend: 1200}`"),
            ));
        }
        let date = case.as_of.as_deref();
        if case.events.is_some() && date.is_none() {
            self.findings.push(Finding::error(
                "test-form",
                place.key("as_of"),
                Text::new("给出事件的用例要写明截至何时", "a case of events says as of when"),
                Text::new("例如 as_of: 2026-03-31", "such as `as_of: 2026-03-31`"),
            ));
        }
        if let Some(text) = date
            && let Err(wrong) = instant_of(text, self.compiled.fold.zone())
        {
            self.findings.push(Finding { place: place.key("as_of"), ..wrong });
        }
        let e = &case.expect;
        let n = e.indicators.len() + e.scores.len() + e.outcomes.len() + e.tiers.len();
        if n + e.segments.len() + e.groupings.len() == 0 {
            self.findings.push(Finding::error(
                "test-form",
                place.key("expect"),
                Text::new("用例没有写明期望的结果", "the case expects nothing"),
                Text::new(
                    "例如 expect: {tiers: {member: gold}}",
                    "such as `expect: {tiers: {member: gold}}`",
                ),
            ));
        }
    }

    fn inputs(&mut self, case: &TestCase, place: &Place) {
        let indicators: Vec<&str> = self.model.indicators.names().collect();
        for (name, value) in case.inputs.iter().flat_map(|inputs| inputs.iter()) {
            self.known(name, &indicators, "指标", "indicator", &place.key(name));
            self.value(name, value, &place.key(name));
        }
    }

    fn events(&mut self, case: &TestCase, columns: &BTreeMap<&str, &DataType>, place: &Place) {
        let names: Vec<&str> = columns.keys().copied().collect();
        for (at, event) in case.events.iter().flatten().enumerate() {
            let place = place.index(at);
            for (name, value) in event {
                let here = place.key(name);
                if !self.known(name, &names, "事件的列或字段", "column or field of events", &here) {
                    continue;
                }
                if name == column::TIME {
                    continue;
                }
                if let Some(data_type) = columns.get(name.as_str())
                    && !fits_in(value, data_type)
                {
                    self.wrong_value(value, data_type, &here);
                }
            }
            // A kind that nobody wrote would be a guess, and indicators go by it.
            if event.get(column::KIND).and_then(text_of).is_none_or(|kind| kind.trim().is_empty()) {
                self.findings.push(Finding::error(
                    "test-kind",
                    place.key(column::KIND),
                    Text::new("事件没有写类型", "the event has no kind"),
                    Text::new(
                        "写数据源给出的一种类型，例如 kind: order_line",
                        "a kind that the sources give, such as `kind: order_line`",
                    ),
                ));
            }
            let written = event.get(column::TIME).and_then(text_of);
            if written.as_deref().and_then(|text| moment(text, self.compiled.fold.zone())).is_none() {
                self.findings.push(Finding::error(
                    "test-time",
                    place.key(column::TIME),
                    match written {
                        Some(text) => Text::new(format!("“{text}”不是时间"), format!("`{text}` is no time")),
                        None => Text::new("事件没有写时间", "the event has no time"),
                    },
                    Text::new(
                        "例如 time: 2026-03-01、2026-03-01T14:30 或 2026-03-01T06:30:00Z",
                        "such as `time: 2026-03-01`, `2026-03-01T14:30` or `2026-03-01T06:30:00Z`",
                    ),
                ));
            }
        }
    }

    fn expected(&mut self, expect: &Expected, place: &Place) {
        let model = self.model;
        let at = place.key("indicators");
        let names: Vec<&str> = model.indicators.names().collect();
        for (name, value) in expect.indicators.iter() {
            if self.known(name, &names, "指标", "indicator", &at.key(name)) {
                self.value(name, value, &at.key(name));
            }
        }
        let at = place.key("scores");
        let names: Vec<&str> = model.scorecards.names().collect();
        for (name, score) in expect.scores.iter() {
            if !self.known(name, &names, "评分卡", "scorecard", &at.key(name)) {
                continue;
            }
            let Some(card) = model.scorecards.get(name) else { continue };
            let lines: Vec<&str> = card.attributes.names().chain(card.adjustments.names()).collect();
            for (line, _) in score.points.iter() {
                let here = at.key(name).key("points").key(line);
                self.known(line, &lines, "属性或调整项", "attribute or adjustment", &here);
            }
        }
        let at = place.key("outcomes");
        let outputs = self.compiled.stage_b.output_columns();
        let names: Vec<&str> =
            outputs.iter().filter(|one| is_outcome(one.kind)).map(|one| one.name.as_str()).collect();
        for (name, value) in expect.outcomes.iter() {
            if self.known(name, &names, "规则的结果", "outcome of rules", &at.key(name)) {
                self.value(name, value, &at.key(name));
            }
        }
        let at = place.key("tiers");
        let names: Vec<&str> = model.tiers.names().collect();
        for (name, level) in expect.tiers.iter() {
            if self.known(name, &names, "等级体系", "tier scheme", &at.key(name)) {
                let levels: Vec<&str> =
                    model.tiers.get(name).iter().flat_map(|one| one.levels.names()).collect();
                self.one_of(level.as_deref(), &levels, "等级", "level", &at.key(name));
            }
        }
        let at = place.key("segments");
        let names: Vec<&str> = model.segments.names().collect();
        for (name, _) in expect.segments.iter() {
            self.known(name, &names, "分群", "segment", &at.key(name));
        }
        let at = place.key("groupings");
        let names: Vec<&str> = model.groupings.names().collect();
        for (name, group) in expect.groupings.iter() {
            if self.known(name, &names, "分群方案", "grouping", &at.key(name)) {
                let column = outputs.iter().find(|column| column.name == *name);
                let groups: Vec<&str> =
                    column.iter().flat_map(|column| &column.values).map(|(name, _)| name.as_str()).collect();
                self.one_of(group.as_deref(), &groups, "分组", "group", &at.key(name));
            }
        }
    }

    /// True if the name is known; else it is a finding.
    fn known(&mut self, name: &str, known: &[&str], zh: &str, en: &str, place: &Place) -> bool {
        if known.contains(&name) {
            return true;
        }
        let right = match closest(name, known) {
            Some(near) => Text::new(format!("是否为 {near}？"), format!("did you mean `{near}`?")),
            None => Text::new(format!("模型里有的{zh}"), format!("a name of the model: {}", listed(known))),
        };
        self.findings.push(Finding::error(
            "test-name",
            place.clone(),
            Text::new(format!("没有{zh} {name}"), format!("there is no {en} `{name}`")),
            right,
        ));
        false
    }

    fn one_of(&mut self, value: Option<&str>, known: &[&str], zh: &str, en: &str, place: &Place) {
        // What nothing is known of may be anything.
        if let Some(value) = value.filter(|_| !known.is_empty()) {
            self.known(value, known, zh, en, place);
        }
    }

    fn value(&mut self, name: &str, value: &Value, place: &Place) {
        if let Some(data_type) = self.types.get(name)
            && !fits_in(value, data_type)
        {
            self.wrong_value(value, data_type, place);
        }
    }

    fn wrong_value(&mut self, value: &Value, data_type: &DataType, place: &Place) {
        let (zh, en) = match data_type {
            DataType::Boolean => ("真假值 true 或 false", "true or false"),
            DataType::Int64 | DataType::Int32 => ("整数", "a whole number"),
            DataType::Float64 | DataType::Decimal128(..) | DataType::Decimal256(..) => ("数值", "a number"),
            DataType::Date32 => ("日期，例如 2026-03-31", "a date, such as 2026-03-31"),
            DataType::Timestamp(..) => {
                ("时刻，例如 2026-03-31T06:00:00Z", "an instant, such as 2026-03-31T06:00:00Z")
            }
            _ => ("文本", "a text"),
        };
        self.findings.push(Finding::error(
            "test-value",
            place.clone(),
            Text::new(format!("{value} 不是{zh}"), format!("{value} is not {en}")),
            Text::new(zh, en),
        ));
    }
}

/// True for what rule sets, tables, trees and flows give: whatever no other section expects.
fn is_outcome(kind: OutputKind) -> bool {
    use OutputKind::*;
    !matches!(
        kind,
        Customer
            | Indicator
            | Score
            | ScoreLow
            | ScoreHigh
            | Completeness
            | Tier
            | TierProvisional
            | TierReason
            | Grouping
            | Segment
    )
}

fn listed(known: &[&str]) -> String {
    known.iter().take(12).copied().collect::<Vec<_>>().join(", ")
}
