//! A decision table, read.

use std::collections::BTreeSet;

use super::super::feel::{self, Known};
use super::super::term::Term;
use super::super::xml::Element;
use super::super::{Input, ReadCell, free_name, unsupported};
use super::HITS;
use super::read::{language, missing, no_form};
use crate::document::{Cell, DecisionTable, Outcome, SqlCell, TableHit, TableInput, TableOutput, TableRow};
use crate::{Finding, Findings, Text};

pub(super) fn description(element: Element<'_>) -> Option<Text> {
    let text = element.child("description").map(Element::text)?;
    (!text.is_empty()).then(|| in_both(text))
}

/// A text in both languages, as this program writes it: `中文 / English`.
fn in_both(text: &str) -> Text {
    match text.split_once(" / ") {
        Some((zh, en)) if !zh.contains(" / ") && !en.contains(" / ") => Text::new(zh, en),
        _ => Text::plain(text),
    }
}

pub(super) fn read(
    table: Element<'_>,
    decision: Element<'_>,
    known: &Known,
    found: &mut Vec<Input>,
    findings: &mut Findings,
) -> DecisionTable {
    let mut read = DecisionTable {
        title: table.attribute("outputLabel").map(in_both),
        description: None,
        hit: TableHit::default(),
        inputs: Default::default(),
        outputs: Default::default(),
        rows: Vec::new(),
        undecided: Default::default(),
    };
    let policy = table.attribute("hitPolicy").unwrap_or("UNIQUE");
    let aggregation = table.attribute("aggregation").unwrap_or_default();
    match HITS.into_iter().find(|(_, own, aggregated)| *own == policy && *aggregated == aggregation) {
        Some((hit, ..)) => read.hit = hit,
        None => findings.push(unsupported(
            table.place(),
            Text::new(
                format!("不认识命中策略 {policy} {aggregation}"),
                format!("the hit policy {policy} {aggregation} is not known"),
            ),
            Text::plain("UNIQUE / ANY / PRIORITY / FIRST / RULE ORDER / OUTPUT ORDER / COLLECT (SUM, MIN, MAX, COUNT)"),
        )),
    }
    let push = |result: Result<(), Finding>, findings: &mut Findings| {
        if let Err(finding) = result {
            findings.push(finding);
        }
    };
    for element in table.all("input") {
        let result = input(element, known, found).map(|(name, input)| {
            let free = free_name(&name, |name| read.inputs.get(name).is_some());
            // A second column over the same name says what it tests.
            let value = input.value.or_else(|| (free != name).then(|| super::super::term::quoted(&name)));
            read.inputs.0.push((free, TableInput { value, ..input }));
        });
        push(result, findings);
    }
    let single = table.all("output").count() == 1;
    for element in table.all("output") {
        let own = element.attribute("name").filter(|name| !name.is_empty());
        let variable = || decision.child("variable").and_then(|variable| variable.attribute("name"));
        let name = own.or_else(|| if single { variable() } else { None }).unwrap_or("result");
        let name = free_name(name, |name| read.outputs.get(name).is_some());
        let result = output(element, known).map(|output| read.outputs.0.push((name, output)));
        push(result, findings);
    }
    if read.outputs.is_empty() && !findings.has_errors() {
        findings.push(missing(table, "output"));
    }
    if table.all("rule").next().is_none() && !findings.has_errors() {
        findings.push(missing(table, "rule"));
    }
    let (n_inputs, n_outputs) = (table.all("input").count(), table.all("output").count());
    for rule in table.all("rule") {
        match row(rule, n_inputs, n_outputs, known) {
            Ok(row) => read.rows.push(row),
            Err(finding) => findings.push(finding),
        }
        if findings.0.len() > super::super::MAX_FINDINGS {
            break;
        }
    }
    read
}

/// The cells of a table, each text once, where it stands first: those of the rules, and the allowed values.
pub(super) fn cells(table: Element<'_>, known: &Known, cells: &mut Vec<ReadCell>) {
    let names: Vec<String> = known.names().map(str::to_owned).collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let of_rules = table.all("rule").flat_map(|rule| rule.all("inputEntry"));
    let allowed = table.all("input").filter_map(|input| input.child("inputValues"));
    for entry in allowed.chain(of_rules) {
        let text = entry.child("text").map(Element::text).unwrap_or_default();
        if !text.is_empty() && seen.insert(text) {
            cells.push(ReadCell { text: text.to_owned(), names: names.clone(), place: entry.place() });
        }
    }
}

/// A column of cells. Names that are no requirement are still what the table reads: many programs
/// leave requirements out.
fn input(
    element: Element<'_>,
    known: &Known,
    found: &mut Vec<Input>,
) -> Result<(String, TableInput), Finding> {
    let expression = element.child("inputExpression").ok_or_else(|| missing(element, "inputExpression"))?;
    language(expression)?;
    let text = expression.child("text").map(Element::text).unwrap_or_default();
    let label = element.attribute("label").filter(|label| !label.is_empty());
    let text = if text.is_empty() { label.unwrap_or_default() } else { text };
    if text.is_empty() {
        return Err(missing(expression, "text"));
    }
    let (name, value) = match feel::read(text, known, false) {
        Ok(Term::Name(name)) => (name, None),
        Ok(term) => (label.unwrap_or(text).to_owned(), Some(term.to_string())),
        Err(_) if feel::is_name(text) => {
            let kind = expression.attribute("typeRef").unwrap_or("Any").to_owned();
            let input = Input { name: text.to_owned(), kind };
            if !found.contains(&input) {
                found.push(input);
            }
            (text.to_owned(), None)
        }
        Err(from) => return Err(no_form(expression, text, from)),
    };
    let allowed = element.child("inputValues").and_then(|values| values.child("text")).map(Element::text);
    let allowed = allowed.filter(|text| !text.is_empty()).map(|text| Cell::Feel(text.to_owned()));
    let title = label.filter(|label| *label != text && *label != name).map(in_both);
    let title = description(element).or(title);
    Ok((name, TableInput { title, value, allowed }))
}

fn output(element: Element<'_>, known: &Known) -> Result<TableOutput, Finding> {
    let values = element.child("outputValues");
    let text = values.and_then(|values| values.child("text")).map(Element::text).unwrap_or_default();
    let mut listed = Vec::new();
    if !text.is_empty() {
        for part in parts(text) {
            listed.push(feel::literal(part).ok_or_else(|| no_form(values.unwrap_or(element), text, part))?);
        }
    }
    let default = match element.child("defaultOutputEntry") {
        Some(entry) => outcome(entry, known)?,
        None => None,
    };
    let name = element.attribute("name");
    let label = element.attribute("label").filter(|label| !label.is_empty() && Some(*label) != name);
    Ok(TableOutput { title: label.map(in_both), values: listed, default })
}

/// The parts of a list, commas inside quotes left alone.
fn parts(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                found.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(text[start..].trim());
    found
}

/// `None` where nothing is given.
fn outcome(entry: Element<'_>, known: &Known) -> Result<Option<Outcome>, Finding> {
    language(entry)?;
    let text = entry.child("text").map(Element::text).unwrap_or_default();
    if text.is_empty() || text == "-" {
        return Ok(None);
    }
    if let Some(value) = feel::literal(text) {
        return Ok(Some(Outcome::Value(value)));
    }
    match feel::read(text, known, false) {
        Ok(term) => Ok(Some(Outcome::Sql(SqlCell { sql: term.to_string() }))),
        Err(from) => Err(no_form(entry, text, from)),
    }
}

fn row(rule: Element<'_>, n_inputs: usize, n_outputs: usize, known: &Known) -> Result<TableRow, Finding> {
    let mut when = Vec::new();
    for entry in rule.all("inputEntry") {
        language(entry)?;
        let text = entry.child("text").map(Element::text).unwrap_or_default();
        when.push(Cell::Feel(if text.is_empty() { "-" } else { text }.to_owned()));
    }
    let mut then = Vec::new();
    for entry in rule.all("outputEntry") {
        then.push(outcome(entry, known)?.unwrap_or(Outcome::Value(serde_json::Value::Null)));
    }
    if when.len() != n_inputs || then.len() != n_outputs {
        let what = Text::new(
            format!(
                "这一行有 {} 个条件、{} 个结果，表有 {n_inputs} 列条件、{n_outputs} 列结果",
                when.len(),
                then.len()
            ),
            format!(
                "the rule has {} conditions and {} results, the table {n_inputs} and {n_outputs}",
                when.len(),
                then.len()
            ),
        );
        let right = Text::new("每列一个，空的写 `-`", "one for each column, `-` for an empty one");
        return Err(Finding::error("exchange-row-width", rule.place(), what, right));
    }
    let annotations: Vec<&str> = rule
        .all("annotationEntry")
        .filter_map(|entry| entry.child("text"))
        .map(Element::text)
        .filter(|text| !text.is_empty())
        .collect();
    let title =
        description(rule).or_else(|| (!annotations.is_empty()).then(|| in_both(&annotations.join("; "))));
    Ok(TableRow { title, when, condition: None, then, from: None, until: None })
}
