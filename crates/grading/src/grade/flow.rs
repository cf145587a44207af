//! Rule flows (规则流), compiled: each step is one expression over names, so that everything that a step
//! uses is evaluated once, wherever else it is used.

use std::collections::BTreeSet;

use gradus_expression::{Want, quote_name};
use gradus_model::document::{Flow, FlowStep};
use gradus_model::{Finding, Lang, Place, Text};

use super::compile::{Compiler, unknown_name};
use super::definition::{Definition, Kind};
use super::frame::Formula;
use super::names::{names_in_condition, names_in_sql};

/// A step, or the flow itself, which is the result of one of its steps.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// `FLOW_STEP`, or the name of the flow.
    pub column: String,
    pub title: Text,
    pub flow: String,
    /// The step's name in the flow; none for the flow itself.
    pub key: Option<String>,
    pub formula: Formula,
    /// What the step may lead to, the last without a condition where there is an `else`, or nothing but a `use`.
    pub branches: Vec<StepBranch>,
    pub when: Option<Formula>,
}

/// One way that a step may go.
#[derive(Debug, Clone)]
pub(crate) struct StepBranch {
    pub condition: Option<Formula>,
    pub takes: Formula,
    /// Its title, or what it takes.
    pub words: Text,
    /// Where it stands.
    pub path: String,
}

impl Step {
    pub(crate) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Every condition of the step.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Formula> {
        self.when.iter().chain(self.branches.iter().filter_map(|branch| branch.condition.as_ref()))
    }
}

/// The column of a step.
pub(crate) fn column_of(flow: &str, step: &str) -> String {
    format!("{flow}_{step}")
}

/// Every name that a step mentions.
pub(crate) fn mentions(step: &FlowStep) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    step.when.iter().for_each(|condition| names_in_condition(condition, &mut names));
    for branch in &step.branches {
        names_in_condition(&branch.when, &mut names);
        names.extend(names_in_sql(&branch.takes));
    }
    for sql in step.takes.iter().chain(&step.otherwise) {
        names.extend(names_in_sql(sql));
    }
    names
}

/// The steps stand in order: a step that reads a later one of its own flow is refused.
pub(crate) fn check_order(compiler: &mut Compiler<'_>, name: &str, flow: &Flow) {
    let place = compiler.root().key("flows").key(name).key("steps");
    let columns: Vec<String> = flow.steps.names().map(|step| column_of(name, step)).collect();
    for (index, (key, step)) in flow.steps.iter().enumerate() {
        let names = mentions(step);
        for (later, column) in columns.iter().enumerate().skip(index) {
            if names.contains(column) {
                let own = later == index;
                let what = Text::new(
                    format!(
                        "步骤“{key}”读取了{}“{column}”",
                        if own { "自己的结果" } else { "后面步骤的结果" }
                    ),
                    format!(
                        "the step `{key}` reads `{column}`, {}",
                        if own { "its own result" } else { "the result of a later step" }
                    ),
                );
                let right = Text::new(
                    "只读取前面步骤的结果，或调整步骤的顺序",
                    "only earlier steps, or another order of the steps",
                );
                compiler.findings.push(Finding::error("flow-order", place.key(key), what, right));
            }
        }
    }
}

/// Steps whose result nothing in the model reads: neither a later step, nor a form, a score, a tier or a segment.
pub(super) fn say_unread(compiler: &mut Compiler<'_>, definitions: &[Definition]) {
    let read: BTreeSet<&String> = definitions.iter().flat_map(|own| &own.mentions).collect();
    let steps = definitions.iter().filter(|own| own.kind == Kind::Step && !read.contains(&own.name));
    for step in steps {
        let what = Text::new(
            format!("没有任何地方用到这个步骤的结果“{}”，它只出现在名单和导出里", step.name),
            format!(
                "nothing reads the result of this step, `{}`: it is only in lists and exports",
                step.name
            ),
        );
        let right = Text::new(
            "在后面的步骤里使用它，或写成 gives，或删去这个步骤",
            "a later step that reads it, or `gives`, or no such step",
        );
        compiler.findings.push(Finding::note("step-unread", step.place.clone(), what, right));
    }
}

/// One step as an expression; `None` if it has findings.
pub(crate) fn compile_step(
    compiler: &mut Compiler<'_>,
    name: &str,
    flow: &Flow,
    key: &str,
    step: &FlowStep,
) -> Option<Step> {
    let place = compiler.root().key("flows").key(name).key("steps").key(key);
    if step.takes.is_some() != step.branches.is_empty() || (step.takes.is_some() && step.otherwise.is_some())
    {
        let what = Text::new(
            "步骤要么写 use，要么写 branches（可带 else）",
            "a step has either `use`, or `branches` with or without `else`",
        );
        let right = Text::new("例如 use: 折扣表", "such as `use: discount`");
        compiler.findings.push(Finding::error("flow-step-form", place, what, right));
        return None;
    }
    let when = match &step.when {
        Some(when) => Some(compiler.condition(when, &place.key("when"))?.0),
        None => None,
    };
    let mut branches: Vec<StepBranch> = Vec::new();
    let mut sql = String::new();
    let add = |compiler: &mut Compiler<'_>, takes: &str, at: &Place, key: &str| -> Option<StepBranch> {
        let takes =
            compiler.formula(takes, Want::Any, &if key.is_empty() { at.clone() } else { at.key(key) })?;
        let words = Text::new(takes.words(Lang::Zh), takes.words(Lang::En));
        let path = at.path.clone().unwrap_or_default();
        Some(StepBranch { condition: None, takes, words, path })
    };
    let mut fine = true;
    if let Some(takes) = &step.takes {
        let own = add(compiler, takes, &place, "use")?;
        sql = own.takes.sql.clone();
        branches.push(own);
    } else {
        for (index, branch) in step.branches.iter().enumerate() {
            let at = place.key("branches").index(index);
            let condition = compiler.condition(&branch.when, &at.key("when"));
            let takes = add(compiler, &branch.takes, &at, "use");
            let (Some((condition, _)), Some(own)) = (condition, takes) else {
                fine = false;
                continue;
            };
            // What cannot be told leaves the result open.
            let head = if sql.is_empty() { "case" } else { "" };
            sql.push_str(&format!(
                "{head} when ({c}) is null then null when {c} then {takes}",
                c = condition.sql,
                takes = own.takes.sql
            ));
            let words = branch.title.clone().unwrap_or(own.words);
            branches.push(StepBranch { condition: Some(condition), words, ..own });
        }
        if let Some(otherwise) = &step.otherwise {
            match add(compiler, otherwise, &place.key("else"), "") {
                Some(own) => {
                    sql.push_str(&format!(" else {}", own.takes.sql));
                    branches.push(own);
                }
                None => fine = false,
            }
        }
        sql.push_str(" end");
    }
    if !fine {
        return None;
    }
    if let Some(when) = &when {
        sql = format!("case when {} then {sql} end", when.sql);
    }
    let formula = compiler.formula(&sql, Want::Any, &place)?;
    let own = step.title.clone().unwrap_or_else(|| Text::plain(key));
    let title = flow_title(name, flow);
    let title = Text::new(format!("{} · {}", title.zh, own.zh), format!("{} · {}", title.en, own.en));
    let (column, flow) = (column_of(name, key), name.to_string());
    Some(Step { column, title, flow, key: Some(key.to_string()), formula, branches, when })
}

fn flow_title(name: &str, flow: &Flow) -> Text {
    flow.title.clone().unwrap_or_else(|| Text::plain(name))
}

/// The flow itself: the result of one of its steps.
pub(crate) fn compile_flow(compiler: &mut Compiler<'_>, name: &str, flow: &Flow) -> Option<Step> {
    let place = compiler.root().key("flows").key(name);
    let Some(last) = flow.steps.names().last() else {
        let what = Text::new("规则流里没有步骤", "no step in the rule flow");
        let right = Text::new("至少写一个步骤", "one step at least");
        compiler.findings.push(Finding::error("flow-empty", place.key("steps"), what, right));
        return None;
    };
    let result = flow.gives.as_deref().unwrap_or(last);
    if flow.steps.position(result).is_none() {
        let findings = unknown_name(result, "步骤", "step", flow.steps.names(), &place.key("gives"));
        compiler.findings.extend(findings);
        return None;
    }
    let formula = compiler.formula(&quote_name(&column_of(name, result)), Want::Any, &place)?;
    let (column, title) = (name.to_string(), flow_title(name, flow));
    Some(Step { flow: column.clone(), column, title, key: None, formula, branches: Vec::new(), when: None })
}
