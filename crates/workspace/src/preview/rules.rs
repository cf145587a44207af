//! A table, tree, flow or rule set that is being edited: how many each of its parts decides for, what it gives
//! to everybody, and what one customer meets, as they are or with values that somebody typed.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::DataType;
use gradus_grading::grade::{Fits, PartHits};
use gradus_model::document::{Model, Named};
use gradus_model::{Finding, Findings, Place, Text};
use serde::Serialize;
use serde_json::Value;

use super::model::place_of;
use super::{Prepared, prepared};
use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::customers;
use crate::stored::processors;
use crate::test_cases::given::{Given, fits_in, stage_for, types_of};
use crate::versions::documents_with;
use crate::{Documents, Workspace, WorkspaceError};

/// Most results that are told apart; a rule that computes gives everybody another one.
const OUTCOMES: usize = 200;

/// What is looked at.
#[derive(Debug, Clone, Default)]
pub struct RuleOf {
    /// A decision table, cross table, tree, flow or rule set of the document.
    pub name: String,
    /// Who is tried out, as they are.
    pub customer: Option<i64>,
    /// Who is tried out, by values of indicators; what is left out is unknown.
    pub inputs: Option<Named<Value>>,
}

/// What the rule would do.
#[derive(Debug, Clone, Serialize)]
pub struct RulePreview {
    pub as_of: String,
    pub customers: u64,
    /// True if an indicator was never graded and there are too many events to do it now: nothing is counted.
    pub needs_fold: bool,
    pub seconds: f64,
    /// In the order of the document.
    pub parts: Vec<PartHits>,
    /// Those that most get first.
    pub outcomes: Vec<RuleOutcome>,
    /// The paths of the parts that the customer who is tried out meets.
    pub met: Option<Vec<String>>,
    /// What they are given; several outputs are separated by ` · `.
    pub gives: Option<String>,
    /// What the rule reads, with the values of the customer.
    pub reads: Vec<RuleRead>,
}

/// A result and how many get it; no value is that it is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleOutcome {
    pub value: Option<String>,
    pub count: u64,
    /// As graded last; `None` if there was no such rule.
    pub before: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleRead {
    pub name: String,
    pub title: Text,
    pub value: Option<String>,
}

/// Looks at one rule of a document that is being edited.
///
/// # Errors
/// Findings: the rule or what it reads does not compile, or a value that was typed is of another type.
pub async fn preview_rule(
    workspace: &Workspace,
    who: &Principal,
    base: Arc<Base>,
    document: &Value,
    of: RuleOf,
) -> Result<RulePreview, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let began = std::time::Instant::now();
    let documents = documents_with(workspace, "draft", &document.to_string())?;
    if !has_rule(&documents.model, &of.name) {
        let what = Text::new(
            format!("文档里没有名为「{}」的规则", of.name),
            format!("the document has no rule called “{}”", of.name),
        );
        let right = Text::new(
            "决策表、交叉表、决策树、规则流或规则集的名称",
            "the name of a decision table, cross table, tree, flow or rule set",
        );
        return Err(Finding::error("unknown-name", Place::default().at("name"), what, right).into());
    }
    if let Some(customer) = of.customer
        && base.find(customer).is_none()
    {
        return Err(WorkspaceError::NotFound { what: "customer" });
    }
    let (sources, locations) = (documents.sources.clone(), documents.locations.clone());
    let then = prepared(workspace, &base, documents, &[&of.name]).await?;
    let documents = Documents {
        sources,
        locations,
        model: then.model.clone(),
        version: None,
        findings: Findings::default(),
    };
    let work = move || look(&base, &then, &documents, &of);
    let mut seen = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| WorkspaceError::Defect(error.to_string()))??;
    seen.seconds = began.elapsed().as_secs_f64();
    Ok(seen)
}

fn has_rule(model: &Model, name: &str) -> bool {
    model.decision_tables.get(name).is_some()
        || model.cross_tables.get(name).is_some()
        || model.decision_trees.get(name).is_some()
        || model.flows.get(name).is_some()
        || model.rule_sets.get(name).is_some()
}

fn look(
    base: &Base,
    then: &Prepared,
    documents: &Documents,
    of: &RuleOf,
) -> Result<RulePreview, WorkspaceError> {
    let stage = &then.compiled.stage_b;
    let columns = stage.rule_columns(&of.name);
    let rows = then.rows.as_deref().unwrap_or_default();
    let (graded, fits) = then.grade();
    let hits = stage.rule_hits(rows, &of.name, &fits, then.date, processors()).unwrap_or_default();
    let mut out = RulePreview {
        as_of: base.graded.as_of.clone(),
        customers: base.n_customers() as u64,
        needs_fold: then.rows.is_none(),
        seconds: 0.0,
        parts: hits,
        outcomes: Vec::new(),
        met: None,
        gives: None,
        reads: Vec::new(),
    };
    if !out.needs_fold {
        out.outcomes = outcomes(&graded, &base.graded.batches, &columns);
    }
    let probe = match (&of.inputs, of.customer) {
        (Some(inputs), _) => Some(typed(then, documents, inputs, of, &fits)?),
        (None, Some(customer)) => place_of(rows, customer).map(|(at, row)| {
            let own = rows[at].slice(row, 1);
            let hits = stage.rule_hits(std::slice::from_ref(&own), &of.name, &fits, then.date, processors());
            let graded = stage.apply(&own, &fits, then.date).batch;
            Probe { hits: hits.unwrap_or_default(), graded, row: own }
        }),
        (None, None) => None,
    };
    let value = |name: &str| {
        let probe = probe.as_ref()?;
        let column = probe.graded.column_by_name(name).or_else(|| probe.row.column_by_name(name))?;
        shown(column, 0)
    };
    out.reads = then
        .model
        .indicators
        .iter()
        .map(|(name, one)| RuleRead {
            name: name.to_string(),
            title: one.title.clone().unwrap_or_else(|| Text::plain(name)),
            value: value(name),
        })
        .collect();
    if let Some(probe) = &probe {
        let met = probe.hits.iter().filter(|hit| hit.count > 0);
        out.met = Some(met.map(|hit| hit.part.path.clone()).collect());
        out.gives = given(&probe.graded, &columns, 0);
    }
    Ok(out)
}

/// One customer, graded.
struct Probe {
    hits: Vec<PartHits>,
    graded: RecordBatch,
    row: RecordBatch,
}

/// Somebody with these values: graded as a test case is.
fn typed(
    then: &Prepared,
    documents: &Documents,
    inputs: &Named<Value>,
    of: &RuleOf,
    fits: &Fits,
) -> Result<Probe, WorkspaceError> {
    let types = types_of(&then.compiled);
    let mut findings = Findings::default();
    // A counterexample may speak of more than this rule reads.
    let known = inputs.iter().filter(|(name, _)| then.model.indicators.get(name).is_some());
    let known: Named<Value> = known.map(|(name, value)| (name.to_string(), value.clone())).collect();
    for (name, value) in known.iter() {
        if types.get(name).is_some_and(|data_type| !fits_in(value, data_type)) {
            let what = Text::new(
                format!("「{name}」的值 {value} 类型不符"),
                format!("the value {value} is not of the type of “{name}”"),
            );
            let right = Text::new("与该指标同类型的值", "a value of the indicator's type");
            findings.push(Finding::error(
                "test-value",
                Place::default().key("inputs").key(name),
                what,
                right,
            ));
        }
    }
    if findings.has_errors() {
        return Err(findings.into());
    }
    let stage = stage_for(documents, &then.compiled, &known)?;
    let given = Given::of_inputs(&known, &then.compiled)?;
    let row = given.row.ok_or_else(|| WorkspaceError::Defect("values that make no row".into()))?;
    let hits = stage.rule_hits(std::slice::from_ref(&row), &of.name, fits, then.date, processors());
    let graded = stage.apply(&row, fits, then.date).batch;
    Ok(Probe { hits: hits.unwrap_or_default(), graded, row })
}

/// A value as people read it: a number without the noughts that its type adds.
fn shown(column: &ArrayRef, row: usize) -> Option<String> {
    let text = customers::shown(column, row)?;
    match column.data_type() {
        DataType::Decimal128(..) if text.contains('.') => {
            Some(text.trim_end_matches('0').trim_end_matches('.').to_string())
        }
        _ => Some(text),
    }
}

/// What a rule gives in one row; `None` if nothing is known of it.
fn given(batch: &RecordBatch, columns: &[String], row: usize) -> Option<String> {
    let all: Vec<Option<&ArrayRef>> = columns.iter().map(|name| batch.column_by_name(name)).collect();
    let values: Vec<Option<String>> = all.into_iter().map(|column| shown(column?, row)).collect();
    if values.iter().all(Option::is_none) {
        return None;
    }
    let said: Vec<String> = values.into_iter().map(|value| value.unwrap_or_else(|| "–".into())).collect();
    Some(said.join(" · "))
}

fn outcomes(then: &[RecordBatch], now: &[RecordBatch], columns: &[String]) -> Vec<RuleOutcome> {
    let count = |batches: &[RecordBatch]| {
        let mut counts: BTreeMap<Option<String>, u64> = BTreeMap::new();
        for batch in batches {
            for row in 0..batch.num_rows() {
                *counts.entry(given(batch, columns, row)).or_default() += 1;
            }
        }
        counts
    };
    let was_there = now.iter().all(|batch| columns.iter().all(|name| batch.column_by_name(name).is_some()));
    let after = count(then);
    let before = (was_there && !now.is_empty()).then(|| count(now));
    let gone = before.iter().flatten().map(|(value, _)| value).filter(|value| !after.contains_key(value));
    let values: Vec<Option<String>> = after.keys().chain(gone).cloned().collect();
    let mut out: Vec<RuleOutcome> = values
        .into_iter()
        .map(|value| RuleOutcome {
            count: after.get(&value).copied().unwrap_or(0),
            before: before.as_ref().map(|before| before.get(&value).copied().unwrap_or(0)),
            value,
        })
        .collect();
    out.sort_by_key(|one| std::cmp::Reverse(one.count));
    out.truncate(OUTCOMES);
    out
}
