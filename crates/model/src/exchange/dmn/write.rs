//! A decision table or a flow becomes a DMN 1.5 file, together with the tables that it reads. What
//! DMN cannot say is a finding, and then there is no file.

use std::collections::BTreeMap;

use super::super::feel;
use super::super::not_expressible;
use super::super::term::{self, Term};
use super::super::xml::Writer;
use super::{HITS, NAMESPACE};
use crate::document::{Cell, DecisionTable, Flow, FlowStep, Model, Outcome};
use crate::{Findings, Place, Text};

/// What a decision is.
enum Logic<'m> {
    Table(&'m DecisionTable, Vec<Input>, Vec<Vec<String>>, Vec<Option<String>>),
    Expression(String),
}

/// A column of cells: label, FEEL, title.
struct Input {
    label: Option<String>,
    text: String,
    title: Option<String>,
}

struct Decision<'m> {
    name: String,
    description: Option<&'m Text>,
    logic: Logic<'m>,
    /// Decisions and inputs that it reads.
    requires: Vec<String>,
}

/// Writes a decision table or a flow of a model.
///
/// # Errors
/// What DMN cannot say, each with its place in the document.
pub fn write(model: &Model, name: &str) -> Result<String, Findings> {
    let mut writing = Writing {
        model,
        columns: BTreeMap::new(),
        decisions: Vec::new(),
        begun: Vec::new(),
        findings: Findings::default(),
    };
    let mut description = None;
    if let Some(flow) = model.flows.get(name) {
        description = flow.description.as_ref();
        writing.flow(name, flow);
    } else {
        writing.table(name);
    }
    if !writing.findings.is_empty() {
        return Err(writing.findings);
    }
    Ok(file(model, name, description, &writing.decisions))
}

struct Writing<'m> {
    model: &'m Model,
    /// Columns that are a decision's result, and what FEEL calls them.
    columns: BTreeMap<String, (String, String)>,
    decisions: Vec<Decision<'m>>,
    /// Tables that are being written, so that a circle ends.
    begun: Vec<String>,
    findings: Findings,
}

impl<'m> Writing<'m> {
    fn refuse(&mut self, place: Place, what: Text, right: Text) {
        self.findings.push(not_expressible(place, what, right));
    }

    fn flow(&mut self, name: &str, flow: &'m Flow) {
        let place = Place::default().key("flows").key(name);
        let last = flow.steps.names().last();
        if flow.gives.is_some() && flow.gives.as_deref() != last {
            self.refuse(
                place.key("gives"),
                Text::new("DMN 的结果是最后一个决策", "what a DMN file gives is its last decision"),
                Text::new("把这一步放到最后", "this step as the last one"),
            );
        }
        for (step_name, step) in flow.steps.iter() {
            let place = place.key("steps").key(step_name);
            let own = format!("{name}_{step_name}");
            let column = bare(step);
            if let Some(table) = column.as_deref().and_then(|column| self.table_of(column)) {
                self.table(&table);
                if let Some(known) =
                    column.filter(|column| column == step_name).and_then(|column| self.columns.get(&column))
                {
                    let known = known.clone();
                    self.columns.insert(own, known);
                    continue;
                }
            }
            if self.decisions.iter().any(|decision| decision.name == step_name) {
                self.refuse(
                    place.clone(),
                    Text::new(
                        "步骤与表同名，却不是同一个结果",
                        "a step has the name of a table, and gives something else",
                    ),
                    Text::new("步骤换一个名字", "another name for the step"),
                );
            }
            let Some(term) = self.step(step, &place) else { continue };
            let mut requires = Vec::new();
            let Some(text) = self.feel(&term, &place, &mut requires) else { continue };
            self.decisions.push(Decision {
                name: step_name.to_owned(),
                description: step.title.as_ref(),
                logic: Logic::Expression(text),
                requires,
            });
            self.columns.insert(own, (step_name.to_owned(), step_name.to_owned()));
        }
    }

    /// What a step gives, as one formula.
    fn step(&mut self, step: &FlowStep, place: &Place) -> Option<Term> {
        let parsed = |writing: &mut Self, sql: &str, place: Place| {
            let term = term::parse(sql);
            if term.is_none() {
                writing.no_form(sql, place);
            }
            term
        };
        let condition = |writing: &mut Self, condition: &crate::document::Condition, place: Place| {
            match super::super::condition::as_term(condition, &place) {
                Ok(term) => Some(term),
                Err(finding) => {
                    writing.findings.push(finding);
                    None
                }
            }
        };
        let mut term = match &step.takes {
            Some(sql) => parsed(self, sql, place.key("use"))?,
            None => {
                let mut when = Vec::new();
                for (index, branch) in step.branches.iter().enumerate() {
                    let place = place.key("branches").index(index);
                    let holds = condition(self, &branch.when, place.key("when"))?;
                    when.push((holds, parsed(self, &branch.takes, place.key("use"))?));
                }
                let otherwise = match &step.otherwise {
                    Some(sql) => Some(Box::new(parsed(self, sql, place.key("else"))?)),
                    None => None,
                };
                Term::Case(when, otherwise)
            }
        };
        if let Some(when) = &step.when {
            term = Term::Case(vec![(condition(self, when, place.key("when"))?, term)], None);
        }
        Some(term)
    }

    fn table(&mut self, name: &str) {
        if self.begun.iter().any(|own| own == name) {
            return;
        }
        self.begun.push(name.to_owned());
        let Some((_, table)) = self.model.decision_tables.0.iter().find(|(own, _)| own == name) else {
            return;
        };
        let place = Place::default().key("decision_tables").key(name);
        let mut requires = Vec::new();
        let mut inputs = Vec::new();
        for (input_name, input) in table.inputs.iter() {
            let place = place.key("inputs").key(input_name);
            if matches!(input.allowed, Some(Cell::Sql(_))) {
                self.sql_cell(place.key("allowed"));
            }
            let title = input.title.as_ref().map(in_one);
            let sql = input.value.clone().unwrap_or_else(|| term::quoted(input_name));
            let Some(term) = term::parse(&sql) else {
                self.no_form(&sql, place.key("value"));
                continue;
            };
            let Some(text) = self.feel(&term, &place, &mut requires) else { continue };
            inputs.push(match input.value {
                None => Input { label: title, text, title: None },
                Some(_) => Input { label: Some(input_name.to_owned()), text, title },
            });
        }
        let mut rows = Vec::new();
        for (index, row) in table.rows.iter().enumerate() {
            let place = place.key("rows").index(index);
            if row.condition.is_some() || row.from.is_some() || row.until.is_some() {
                self.refuse(
                    place.clone(),
                    Text::new(
                        "DMN 的行只有单元格，没有 if 与生效日期",
                        "a DMN rule has cells, and neither `if` nor dates",
                    ),
                    Text::new("加一列输入来写这个条件", "one more input for the condition"),
                );
            }
            let mut cells = Vec::new();
            for (column, cell) in row.when.iter().enumerate() {
                match cell {
                    Cell::Feel(text) => cells.push(text.clone()),
                    Cell::Sql(_) => self.sql_cell(place.key("when").index(column)),
                }
            }
            for (column, outcome) in row.then.iter().enumerate() {
                let text = self.outcome(outcome, &place.key("then").index(column), &mut requires);
                cells.push(text.unwrap_or_default());
            }
            rows.push(cells);
        }
        let mut defaults = Vec::new();
        for (output, about) in table.outputs.iter() {
            let place = place.key("outputs").key(output);
            defaults.push(
                about
                    .default
                    .as_ref()
                    .and_then(|default| self.outcome(default, &place.key("default"), &mut requires)),
            );
        }
        let single = table.outputs.len() == 1;
        for output in table.outputs.names() {
            let (column, feel) = match single {
                true => (name.to_owned(), name.to_owned()),
                false => (format!("{name}_{output}"), format!("{name}.{output}")),
            };
            self.columns.insert(column, (name.to_owned(), feel));
        }
        let logic = Logic::Table(table, inputs, rows, defaults);
        let description = table.description.as_ref();
        self.decisions.push(Decision { name: name.to_owned(), description, logic, requires });
    }

    /// The table that a column is a result of.
    fn table_of(&self, column: &str) -> Option<String> {
        let is_own = |table: &str, about: &DecisionTable| match about.outputs.len() {
            1 => table == column,
            _ => about.outputs.names().any(|output| *column == format!("{table}_{output}")),
        };
        let found = self.model.decision_tables.iter().find(|(table, about)| is_own(table, about));
        found.map(|(table, _)| table.to_owned())
    }

    fn outcome(&mut self, outcome: &Outcome, place: &Place, requires: &mut Vec<String>) -> Option<String> {
        match outcome {
            Outcome::Value(value) => {
                let text = feel::written(value);
                if text.is_none() {
                    self.no_form(&value.to_string(), place.clone());
                }
                text
            }
            Outcome::Sql(cell) => match term::parse(&cell.sql) {
                Some(term) => self.feel(&term, place, requires),
                None => {
                    self.no_form(&cell.sql, place.clone());
                    None
                }
            },
        }
    }

    /// A formula as FEEL, its names as DMN calls them. Tables that it reads are written first.
    fn feel(&mut self, term: &Term, place: &Place, requires: &mut Vec<String>) -> Option<String> {
        let mut names = Vec::new();
        term.visit(&mut |part| {
            if let Term::Name(name) = part {
                names.push(name.clone());
            }
        });
        for name in &names {
            if self.columns.contains_key(name) {
                continue;
            }
            if let Some(table) = self.table_of(name) {
                self.table(&table);
            }
        }
        for name in &names {
            let required = match self.columns.get(name) {
                Some((decision, _)) => decision,
                None if !feel::is_name(name) || name.contains('.') => {
                    self.refuse(
                        place.clone(),
                        Text::new(
                            format!("「{name}」在 DMN 里不能作名称"),
                            format!("“{name}” cannot be a name in DMN"),
                        ),
                        Text::new(
                            "只由字母、数字、下划线与空格组成的名称",
                            "a name of letters, digits, underscores and blanks",
                        ),
                    );
                    return None;
                }
                None => name,
            };
            if !requires.contains(required) {
                requires.push(required.clone());
            }
        }
        let renamed = term.renamed(&|name| self.columns.get(name).map(|(_, feel)| feel.clone()));
        let text = feel::write(&renamed, false);
        if text.is_none() {
            self.no_form(&term.to_string(), place.clone());
        }
        text
    }

    fn sql_cell(&mut self, place: Place) {
        self.refuse(
            place,
            Text::new("DMN 的单元格是 FEEL，不能是 SQL", "a cell of DMN is FEEL, not SQL"),
            Text::new("例如 `[18..65)`、`\"A\",\"B\"`", "such as `[18..65)` or `\"A\",\"B\"`"),
        );
    }

    fn no_form(&mut self, text: &str, place: Place) {
        let shown: String = text.chars().take(120).collect();
        self.refuse(
            place,
            Text::new(format!("FEEL 写不出 `{shown}`"), format!("FEEL has no form for `{shown}`")),
            Text::new("先算成一个指标，这里引用这个指标", "an indicator for it, which is then read here"),
        );
    }
}

/// The name of the form that a step takes, if it does nothing else.
fn bare(step: &FlowStep) -> Option<String> {
    if step.when.is_some() || !step.branches.is_empty() {
        return None;
    }
    match term::parse(step.takes.as_ref()?)? {
        Term::Name(name) => Some(name),
        _ => None,
    }
}

fn in_one(text: &Text) -> String {
    if text.zh == text.en { text.zh.clone() } else { format!("{} / {}", text.zh, text.en) }
}

fn file(model: &Model, name: &str, about: Option<&Text>, decisions: &[Decision<'_>]) -> String {
    let is_decision = |name: &str| decisions.iter().position(|decision| decision.name == name);
    let mut inputs: Vec<&str> = Vec::new();
    for required in decisions.iter().flat_map(|decision| &decision.requires) {
        if is_decision(required).is_none() && !inputs.contains(&required.as_str()) {
            inputs.push(required);
        }
    }
    let mut xml = Writer::new();
    xml.open(
        "definitions",
        &[
            ("xmlns", NAMESPACE),
            ("id", "definitions"),
            ("name", name),
            ("namespace", "urn:gradus:rules"),
            ("exporter", "Gradus"),
        ],
    );
    described(&mut xml, about);
    for (index, input) in inputs.iter().enumerate() {
        let id = format!("input_{}", index + 1);
        xml.open("inputData", &[("id", &id), ("name", input)]);
        let variable = format!("{id}_variable");
        let mut attributes = vec![("id", variable.as_str()), ("name", *input)];
        attributes.extend(type_of(model, decisions, input).map(|kind| ("typeRef", kind)));
        xml.empty("variable", &attributes);
        xml.close();
    }
    for (index, decision) in decisions.iter().enumerate() {
        let id = format!("decision_{}", index + 1);
        xml.open("decision", &[("id", &id), ("name", &decision.name)]);
        described(&mut xml, decision.description);
        xml.empty("variable", &[("id", &format!("{id}_variable")), ("name", &decision.name)]);
        for required in &decision.requires {
            xml.open("informationRequirement", &[]);
            match is_decision(required) {
                Some(other) => {
                    xml.empty("requiredDecision", &[("href", &format!("#decision_{}", other + 1))])
                }
                None => {
                    let at = inputs.iter().position(|input| input == required).unwrap_or_default();
                    xml.empty("requiredInput", &[("href", &format!("#input_{}", at + 1))]);
                }
            }
            xml.close();
        }
        match &decision.logic {
            Logic::Expression(text) => {
                xml.open("literalExpression", &[("id", &format!("{id}_expression"))]);
                xml.text("text", &[], text);
                xml.close();
            }
            Logic::Table(table, inputs, rows, defaults) => {
                write_table(&mut xml, &id, table, inputs, rows, defaults);
            }
        }
        xml.close();
    }
    xml.finish()
}

/// The type of what is read, as DMN calls it: as the model defines it, or as the cells that look at it are
/// written; none where neither says.
fn type_of(model: &Model, decisions: &[Decision<'_>], input: &str) -> Option<&'static str> {
    use crate::document::IndicatorKind::*;
    if let Some(indicator) = model.indicators.get(input)
        && !matches!(indicator.kind, First | Last | MostFrequent | Min | Max | Formula)
    {
        return Some("number");
    }
    if model.scorecards.get(input).is_some() {
        return Some("number");
    }
    if model.tiers.get(input).is_some() || model.groupings.get(input).is_some() {
        return Some("string");
    }
    if model.segments.get(input).is_some() {
        return Some("boolean");
    }
    let cells = decisions.iter().flat_map(|decision| match &decision.logic {
        Logic::Table(_, inputs, rows, _) => {
            let at = inputs.iter().position(|column| column.text == input);
            at.map(|at| rows.iter().filter_map(move |row| row.get(at)).collect()).unwrap_or_default()
        }
        Logic::Expression(_) => Vec::new(),
    });
    let mut kinds = cells.filter_map(|cell| type_of_cell(cell));
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

/// The type that a cell compares with; none of `-` and `null`.
fn type_of_cell(cell: &str) -> Option<&'static str> {
    let mut rest = cell.trim().trim_start_matches("not(");
    rest = rest.trim_start_matches(['<', '>', '=', '!', '[', '(', ']', ' ', '-', '+']);
    match rest.chars().next()? {
        '"' => Some("string"),
        c if c.is_ascii_digit() || c == '.' => Some("number"),
        _ if rest.starts_with("true") || rest.starts_with("false") => Some("boolean"),
        _ if rest.starts_with("date and time(") => Some("dateTime"),
        _ if rest.starts_with("date(") || rest.starts_with('@') => Some("date"),
        _ => None,
    }
}

fn described(xml: &mut Writer, text: Option<&Text>) {
    if let Some(text) = text {
        xml.text("description", &[], &in_one(text));
    }
}

fn write_table(
    xml: &mut Writer,
    id: &str,
    table: &DecisionTable,
    inputs: &[Input],
    rows: &[Vec<String>],
    defaults: &[Option<String>],
) {
    let id = format!("{id}_table");
    let known = HITS.into_iter().find(|(hit, ..)| *hit == table.hit);
    let (_, policy, aggregation) = known.unwrap_or(HITS[0]);
    let title = table.title.as_ref().map(in_one);
    let mut attributes = vec![("id", id.as_str()), ("hitPolicy", policy)];
    if !aggregation.is_empty() {
        attributes.push(("aggregation", aggregation));
    }
    if let Some(title) = &title {
        attributes.push(("outputLabel", title));
    }
    xml.open("decisionTable", &attributes);
    for (index, (input, (_, about))) in inputs.iter().zip(table.inputs.iter()).enumerate() {
        let id = format!("{id}_input_{}", index + 1);
        let mut attributes = vec![("id", id.as_str())];
        attributes.extend(input.label.as_deref().map(|label| ("label", label)));
        xml.open("input", &attributes);
        if let Some(title) = &input.title {
            xml.text("description", &[], title);
        }
        xml.open("inputExpression", &[("id", &format!("{id}_expression"))]);
        xml.text("text", &[], &input.text);
        xml.close();
        if let Some(Cell::Feel(allowed)) = &about.allowed {
            xml.open("inputValues", &[("id", &format!("{id}_values"))]);
            xml.text("text", &[], allowed);
            xml.close();
        }
        xml.close();
    }
    for (index, (name, output)) in table.outputs.iter().enumerate() {
        let id = format!("{id}_output_{}", index + 1);
        let title = output.title.as_ref().map(in_one);
        let mut attributes = vec![("id", id.as_str())];
        attributes.extend(title.as_deref().map(|title| ("label", title)));
        attributes.push(("name", name));
        xml.open("output", &attributes);
        if !output.values.is_empty() {
            let values: Vec<String> = output.values.iter().filter_map(feel::written).collect();
            xml.open("outputValues", &[("id", &format!("{id}_values"))]);
            xml.text("text", &[], &values.join(", "));
            xml.close();
        }
        if let Some(default) = defaults.get(index).and_then(Option::as_ref) {
            xml.open("defaultOutputEntry", &[("id", &format!("{id}_default"))]);
            xml.text("text", &[], default);
            xml.close();
        }
        xml.close();
    }
    for (index, (row, cells)) in table.rows.iter().zip(rows).enumerate() {
        let id = format!("{id}_rule_{}", index + 1);
        xml.open("rule", &[("id", &id)]);
        described(xml, row.title.as_ref());
        for (column, cell) in cells.iter().enumerate() {
            let name = if column < inputs.len() { "inputEntry" } else { "outputEntry" };
            xml.open(name, &[("id", &format!("{id}_{}", column + 1))]);
            xml.text("text", &[], cell);
            xml.close();
        }
        xml.close();
    }
    xml.close();
}
