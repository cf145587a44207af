//! The nodes of a graph, in order, as tables and steps.

use std::collections::{BTreeMap, BTreeSet};

use super::super::feel;
use super::super::term::{Operator, Term};
use super::super::{Input, free_name, unsupported};
use super::json::Value;
use super::{cell, zen};
use crate::document::{
    Cell, Condition, DecisionTable, Flow, FlowBranch, FlowStep, Model, Outcome, SqlCell, TableHit,
    TableInput, TableOutput, TableRow,
};
use crate::{Finding, Findings, Text};

pub(super) struct Graph<'a> {
    name: String,
    inputs: &'a mut Vec<Input>,
    findings: &'a mut Findings,
    part: Model,
    steps: Vec<(String, FlowStep)>,
    /// What each path was last written as.
    columns: BTreeMap<String, Term>,
}

/// One node, when it runs, and what its outgoing edges add to that.
struct Placed<'n> {
    node: Value<'n>,
    /// Conditions of which one has to hold; always if one is `None`.
    when: Vec<Option<Term>>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(name: String, inputs: &'a mut Vec<Input>, findings: &'a mut Findings) -> Graph<'a> {
        Graph { name, inputs, findings, part: Model::default(), steps: Vec::new(), columns: BTreeMap::new() }
    }

    pub(super) fn finish(mut self) -> Model {
        if !self.steps.is_empty() {
            let flow =
                Flow { title: None, description: None, steps: self.steps.into_iter().collect(), gives: None };
            self.part.flows.0.push((self.name, flow));
        }
        self.part
    }

    pub(super) fn read(&mut self, root: Value<'_>) {
        let nodes = root.items("nodes");
        let edges = root.items("edges");
        if nodes.is_empty() {
            self.findings.push(missing(&root, "nodes"));
            return;
        }
        let ids: BTreeMap<&str, usize> =
            nodes.iter().enumerate().filter_map(|(index, node)| Some((node.text("id")?, index))).collect();
        let mut out: Vec<Vec<(usize, Option<&str>)>> = vec![Vec::new(); nodes.len()];
        let mut waits = vec![0usize; nodes.len()];
        for edge in &edges {
            let end = |key: &str| edge.text(key).and_then(|id| ids.get(id).copied());
            let (Some(from), Some(to)) = (end("sourceId"), end("targetId")) else {
                self.findings.push(missing(edge, "sourceId / targetId"));
                continue;
            };
            out[from].push((to, edge.text("sourceHandle")));
            waits[to] += 1;
        }
        let is_input = |node: &Value<'_>| node.text("type") == Some("inputNode");
        let mut placed: Vec<Placed<'_>> =
            nodes.into_iter().map(|node| Placed { node, when: Vec::new() }).collect();
        let mut ready: BTreeSet<usize> = (0..placed.len()).filter(|index| waits[*index] == 0).collect();
        let mut n_done = 0;
        while let Some(index) = ready.pop_first() {
            n_done += 1;
            let reached = is_input(&placed[index].node) || !placed[index].when.is_empty();
            let when = if is_input(&placed[index].node) { None } else { any(&placed[index].when) };
            let node = placed[index].node.clone();
            let branches = match reached {
                true => self.node(&node, when.as_ref()),
                false => {
                    self.findings.push(left_out(&node));
                    BTreeMap::new()
                }
            };
            for (to, handle) in std::mem::take(&mut out[index]) {
                waits[to] -= 1;
                if waits[to] == 0 {
                    ready.insert(to);
                }
                if !reached {
                    continue;
                }
                let on = match handle.and_then(|handle| branches.get(handle)) {
                    Some(branch) => both(when.clone(), branch.clone()),
                    None => when.clone(),
                };
                placed[to].when.push(on);
            }
        }
        if !placed.iter().any(|placed| is_input(&placed.node)) {
            let at = root.get("nodes").unwrap_or_else(|| root.clone());
            self.findings.push(missing(&at, "inputNode"));
        }
        if n_done < placed.len() {
            let at = waits.iter().position(|waits| *waits > 0).and_then(|index| placed.get(index));
            if let Some(placed) = at {
                self.findings.push(Finding::error(
                    "exchange-circle",
                    placed.node.place(),
                    Text::new("节点连成了一个圈", "the nodes lead in a circle"),
                    Text::new("去掉圈里的一条边", "one of the edges removed"),
                ));
            }
        }
    }

    /// Reads a node; of a switch, what each of its branches asks.
    fn node(&mut self, node: &Value<'_>, when: Option<&Term>) -> BTreeMap<String, Option<Term>> {
        let result = match node.text("type").unwrap_or_default() {
            "inputNode" | "outputNode" => Ok(()),
            "decisionTableNode" => self.table(node, when),
            "expressionNode" => self.expressions(node, when),
            "switchNode" => match self.switch(node) {
                Ok(branches) => return branches,
                Err(finding) => Err(finding),
            },
            other => Err(unsupported(
                node.place(),
                Text::new(format!("不支持节点 `{other}`"), format!("the node `{other}` is not supported")),
                Text::plain("inputNode / outputNode / decisionTableNode / expressionNode / switchNode"),
            )),
        };
        if let Err(finding) = result {
            self.findings.push(finding);
        }
        BTreeMap::new()
    }

    /// What a path stands for; one that nothing has written is an input.
    fn column(&mut self, path: &str) -> Option<Term> {
        if path.contains('$') {
            return None;
        }
        if let Some(term) = self.columns.get(path) {
            return Some(term.clone());
        }
        let name = path.replace('.', "_");
        let input = Input { name: name.clone(), kind: path.to_owned() };
        if !self.inputs.contains(&input) {
            self.inputs.push(input);
        }
        Some(Term::Name(name))
    }

    fn expression(&mut self, text: &str, at: &Value<'_>, truth: bool) -> Result<Term, Finding> {
        zen::parse(text, &mut |path| self.column(path), truth).ok_or_else(|| no_form(at, text))
    }

    /// Notes that a path is written, and by which step.
    fn write(&mut self, path: &str, value: Term, when: Option<&Term>) {
        let name = free_name(&path.replace('.', "_"), |name| self.steps.iter().any(|(own, _)| own == name));
        let takes = value.to_string();
        let before = self.columns.get(path).map(Term::to_string);
        let step = match (when, before) {
            (None, _) => FlowStep { takes: Some(takes), ..FlowStep::default() },
            (Some(when), None) => FlowStep {
                when: Some(Condition::Sql(when.to_string())),
                takes: Some(takes),
                ..FlowStep::default()
            },
            // Where this node does not run, what was written before stays.
            (Some(when), Some(before)) => FlowStep {
                branches: vec![FlowBranch { title: None, when: Condition::Sql(when.to_string()), takes }],
                otherwise: Some(before),
                ..FlowStep::default()
            },
        };
        self.columns.insert(path.to_owned(), Term::Name(format!("{}_{name}", self.name)));
        self.steps.push((name, step));
    }

    fn usual(&self, content: &Value<'_>) -> Result<(), Finding> {
        content.only("executionMode", &["single", ""])?;
        content.only("inputField", &[""])?;
        content.only("outputPath", &[""])
    }

    fn table(&mut self, node: &Value<'_>, when: Option<&Term>) -> Result<(), Finding> {
        let content = node.get("content").ok_or_else(|| missing(node, "content"))?;
        self.usual(&content)?;
        let hit = match content.text("hitPolicy").unwrap_or("first") {
            "first" => TableHit::First,
            "collect" => TableHit::Collect,
            other => {
                return Err(unsupported(
                    content.place(),
                    Text::new(
                        format!("不认识命中策略 {other}"),
                        format!("the hit policy {other} is not known"),
                    ),
                    Text::plain("first / collect"),
                ));
            }
        };
        let name = node.text("name").filter(|name| !name.is_empty()).unwrap_or("table");
        let name = free_name(name, |name| self.part.decision_tables.get(name).is_some() || name == self.name);
        let mut table = DecisionTable {
            title: None,
            description: None,
            hit,
            inputs: Default::default(),
            outputs: Default::default(),
            rows: Vec::new(),
            undecided: Default::default(),
        };
        // Cells by the id of their column; `None`: the cell is a whole condition.
        let mut columns: Vec<(&str, Option<Term>)> = Vec::new();
        for input in content.items("inputs") {
            let id = input.text("id").ok_or_else(|| missing(&input, "id"))?;
            let field = input.text("field").unwrap_or_default().trim();
            if field.is_empty() {
                columns.push((id, None));
                continue;
            }
            let term = self.expression(field, &input, false)?;
            let title = input.text("name").filter(|name| !name.is_empty() && *name != field).map(Text::plain);
            let (own, value) = match &term {
                Term::Name(own) => (own.clone(), None),
                other => (field.to_owned(), Some(other.to_string())),
            };
            let free = free_name(&own, |name| table.inputs.get(name).is_some());
            let value = value.or_else(|| (free != own).then(|| super::super::term::quoted(&own)));
            table.inputs.0.push((free, TableInput { title, value, allowed: None }));
            columns.push((id, Some(term)));
        }
        let mut outputs: Vec<(&str, &str, String)> = Vec::new();
        for output in content.items("outputs") {
            let id = output.text("id").ok_or_else(|| missing(&output, "id"))?;
            let field = output.text("field").map(str::trim).filter(|field| !field.is_empty());
            let field = field.ok_or_else(|| missing(&output, "field"))?;
            let own = free_name(&field.replace('.', "_"), |name| table.outputs.get(name).is_some());
            let title =
                output.text("name").filter(|name| !name.is_empty() && *name != field).map(Text::plain);
            table.outputs.0.push((own.clone(), TableOutput { title, ..TableOutput::default() }));
            outputs.push((id, field, own));
        }
        if outputs.is_empty() {
            return Err(missing(&content, "outputs"));
        }
        for rule in content.items("rules") {
            match self.row(&rule, &columns, &outputs) {
                Ok(row) => table.rows.push(row),
                Err(finding) => self.findings.push(finding),
            }
        }
        let single = outputs.len() == 1;
        self.part.decision_tables.0.push((name.clone(), table));
        for (_, field, own) in outputs {
            let result = if single { name.clone() } else { format!("{name}_{own}") };
            self.write(field, Term::Name(result), when);
        }
        Ok(())
    }

    fn row(
        &mut self,
        rule: &Value<'_>,
        columns: &[(&str, Option<Term>)],
        outputs: &[(&str, &str, String)],
    ) -> Result<TableRow, Finding> {
        let mut row = TableRow {
            title: rule.text("_description").filter(|text| !text.is_empty()).map(Text::plain),
            when: Vec::new(),
            condition: None,
            then: Vec::new(),
            from: None,
            until: None,
        };
        let mut conditions = Vec::new();
        for (id, subject) in columns {
            let text = rule.text(id).unwrap_or_default().trim();
            match subject {
                None if text.is_empty() => {}
                None => conditions.push(self.expression(text, rule, true)?),
                Some(subject) => row.when.push(match cell::as_feel(text) {
                    Some(feel) => Cell::Feel(feel),
                    None => {
                        // `$` is what the column tests.
                        let mut column = |path: &str| match path {
                            "$" => Some(subject.clone()),
                            path => self.column(path),
                        };
                        let term = zen::parse(text, &mut column, true).filter(|_| text.contains('$'));
                        let term = term.ok_or_else(|| no_form(rule, text))?;
                        Cell::Sql(SqlCell { sql: two_valued(term).to_string() })
                    }
                }),
            }
        }
        if !conditions.is_empty() {
            let condition = two_valued(Term::joined(Operator::And, conditions));
            row.condition = Some(Condition::Sql(condition.to_string()));
        }
        for (id, ..) in outputs {
            let text = rule.text(id).unwrap_or_default().trim();
            row.then.push(match zen::constant(text) {
                _ if text.is_empty() => Outcome::Value(serde_json::Value::Null),
                Some(constant) => match feel::json(&constant) {
                    Some(value) => Outcome::Value(value),
                    None => Outcome::Sql(SqlCell { sql: constant.to_string() }),
                },
                None => Outcome::Sql(SqlCell { sql: self.expression(text, rule, false)?.to_string() }),
            });
        }
        Ok(row)
    }

    fn expressions(&mut self, node: &Value<'_>, when: Option<&Term>) -> Result<(), Finding> {
        let content = node.get("content").ok_or_else(|| missing(node, "content"))?;
        self.usual(&content)?;
        // `$.key` is what this node has written so far.
        let mut own: BTreeMap<String, Term> = BTreeMap::new();
        for expression in content.items("expressions") {
            let key = expression.text("key").map(str::trim).filter(|key| !key.is_empty());
            let key = key.ok_or_else(|| missing(&expression, "key"))?;
            let text = expression.text("value").unwrap_or_default().trim();
            let mut column = |path: &str| match path.strip_prefix("$.") {
                Some(path) => own.get(path).cloned(),
                None => self.column(path),
            };
            let term = zen::parse(text, &mut column, false).ok_or_else(|| no_form(&expression, text))?;
            self.write(key, term, when);
            if let Some(column) = self.columns.get(key) {
                own.insert(key.to_owned(), column.clone());
            }
        }
        Ok(())
    }

    /// What each branch of a switch asks; an empty condition always holds.
    fn switch(&mut self, node: &Value<'_>) -> Result<BTreeMap<String, Option<Term>>, Finding> {
        let content = node.get("content").ok_or_else(|| missing(node, "content"))?;
        let first = match content.text("hitPolicy").unwrap_or("first") {
            "first" => true,
            "collect" => false,
            other => {
                return Err(unsupported(
                    content.place(),
                    Text::new(
                        format!("不认识命中策略 {other}"),
                        format!("the hit policy {other} is not known"),
                    ),
                    Text::plain("first / collect"),
                ));
            }
        };
        let mut branches = BTreeMap::new();
        let mut earlier: Option<Term> = None;
        for statement in content.items("statements") {
            let id = statement.text("id").ok_or_else(|| missing(&statement, "id"))?;
            let text = statement.text("condition").unwrap_or_default().trim();
            let own = match text {
                "" => None,
                text => Some(two_valued(self.expression(text, &statement, true)?)),
            };
            let not_before = earlier.clone().map(|earlier| Term::Not(Box::new(earlier)));
            branches.insert(id.to_owned(), if first { both(not_before, own.clone()) } else { own.clone() });
            let own = own.unwrap_or(Term::Boolean(true));
            earlier = Some(match earlier {
                Some(earlier) => Term::binary(Operator::Or, earlier, own),
                None => own,
            });
        }
        Ok(branches)
    }
}

/// False where it cannot be told.
fn two_valued(term: Term) -> Term {
    if term.is_never_null() { term } else { term.or_else(Term::Boolean(false)) }
}

fn both(one: Option<Term>, other: Option<Term>) -> Option<Term> {
    match (one, other) {
        (Some(one), Some(other)) => Some(Term::binary(Operator::And, one, other)),
        (one, other) => one.or(other),
    }
}

/// One of them has to hold; `None`: always.
fn any(when: &[Option<Term>]) -> Option<Term> {
    let mut all = when.iter().cloned().collect::<Option<Vec<_>>>()?;
    all.dedup();
    Some(Term::joined(Operator::Or, all))
}

/// A node that nothing leads to never runs.
fn left_out(node: &Value<'_>) -> Finding {
    let name = node.text("name").or_else(|| node.text("id")).unwrap_or_default();
    Finding::note(
        "exchange-left-out",
        node.place(),
        Text::new(
            format!("没有边通到节点「{name}」，它从不执行，没有导入"),
            format!("no edge leads to the node “{name}”: it never runs and is left out"),
        ),
        Text::default(),
    )
}

fn missing(value: &Value<'_>, part: &str) -> Finding {
    Finding::error(
        "exchange-missing-part",
        value.place(),
        Text::new(format!("缺少 {part}"), format!("{part} is missing")),
        Text::new(format!("补上 {part}"), format!("{part} given")),
    )
}

fn no_form(value: &Value<'_>, text: &str) -> Finding {
    let shown: String = text.chars().take(120).collect();
    unsupported(
        value.place(),
        Text::new(format!("不支持表达式 `{shown}`"), format!("the expression `{shown}` is not supported")),
        Text::new(
            "数值、文本、比较、区间、and/or/not、? :、四则运算、abs、floor、ceil、startsWith 等",
            "numbers, texts, comparisons, intervals, and/or/not, ? :, arithmetic, abs, floor, ceil, startsWith and the like",
        ),
    )
}
