//! Transitions as they are stored: one flat row each, its lines as JSON, so that any reader of Delta
//! tables can open them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Decimal128Type, Field, Int32Type, Int64Type, Schema, SchemaRef};
use gradus_grading::fold::CUSTOMER;
use gradus_grading::grade::{Moved, MovedLine};
use gradus_ledger::table::PlainTable;
use gradus_model::fixed::Fixed;
use gradus_store::content_hash;
use serde::Serialize;

use super::TABLE;
use super::cause::Cause;
use super::compare::{Kind, Move};
use crate::grades::Chain;
use crate::{Workspace, WorkspaceError};

/// Format number of stored transitions. 1 knew changes of tier only, and no cause.
pub(crate) const FORMAT: u32 = 2;
/// The partition: the later instant.
pub(super) const AS_OF: &str = "as_of";

/// One change of tier, group or segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transition {
    /// Names it: the same change found twice has the same.
    pub id: String,
    pub customer: i64,
    pub kind: Kind,
    /// Of the tier scheme, grouping or segment.
    pub name: String,
    /// `None`: not graded, in no group, or not there. Segments: `in`, `out`, or it cannot be told.
    pub from: Option<String>,
    pub to: Option<String>,
    /// What is cut, before and after, where that is one value.
    pub value_before: Option<String>,
    pub value_after: Option<String>,
    /// The instants that were compared.
    pub since: String,
    pub as_of: String,
    pub run: String,
    pub cause: Cause,
    /// The scorecard whose lines these are.
    pub scorecard: Option<String>,
    /// The score after less before: what the lines and the rest add up to.
    pub amount: Option<Fixed>,
    pub lines: Vec<MovedLine>,
    pub n_rest: i64,
    pub rest: Option<Fixed>,
    /// It corrects what was announced of this instant; what was announced stays.
    pub is_correction: bool,
    /// The transition that it corrects; none if nobody had announced a change, or only a first level.
    pub corrects: Option<String>,
}

impl Transition {
    pub(super) fn of(one: Move, model_hash: &str, as_of: &str, since: &str, run: &str) -> Transition {
        let Moved { scorecard, amount, lines, n_rest, rest } = one.moved;
        Transition {
            id: id(model_hash, as_of, one.kind, &one.name, one.customer, 0),
            customer: one.customer,
            kind: one.kind,
            name: one.name,
            from: one.from,
            to: one.to,
            value_before: one.value_before,
            value_after: one.value_after,
            since: since.to_string(),
            as_of: as_of.to_string(),
            run: run.to_string(),
            cause: one.cause,
            scorecard,
            amount,
            lines,
            n_rest: n_rest as i64,
            rest,
            is_correction: false,
            corrects: None,
        }
    }
}

/// The name of the n-th transition of a customer in one thing as of one instant.
pub(super) fn id(model_hash: &str, as_of: &str, kind: Kind, name: &str, customer: i64, n: usize) -> String {
    let text = serde_json::json!([model_hash, as_of, kind, name, customer, n]).to_string();
    content_hash(text.as_bytes()).chars().take(16).collect()
}

const TEXTS: [&str; 14] = [
    "id",
    "kind",
    "scheme",
    "from",
    "to",
    "value_before",
    "value_after",
    "since",
    "run",
    "cause",
    "scorecard",
    "lines",
    "corrects",
    AS_OF,
];

/// All columns. Those of format 1 keep their names; where `kind` is null it is a change of tier.
pub(super) fn schema() -> SchemaRef {
    let mut fields = vec![Field::new(CUSTOMER, DataType::Int64, false)];
    let required = ["scheme", "since", "run", AS_OF];
    fields.extend(TEXTS.iter().map(|name| Field::new(*name, DataType::Utf8, !required.contains(name))));
    fields.push(Field::new("amount", DataType::Decimal128(18, 4), true));
    fields.push(Field::new("rest_lines", DataType::Int32, true));
    fields.push(Field::new("rest_amount", DataType::Decimal128(18, 4), true));
    fields.push(Field::new("is_correction", DataType::Boolean, true));
    Arc::new(Schema::new(fields))
}

pub(super) fn batch(all: &[Transition]) -> Result<RecordBatch, WorkspaceError> {
    let mut lines = Vec::with_capacity(all.len());
    for one in all {
        let json = |error: serde_json::Error| WorkspaceError::Defect(error.to_string());
        lines.push(if one.lines.is_empty() {
            None
        } else {
            Some(serde_json::to_string(&one.lines).map_err(json)?)
        });
    }
    let text = |of: &dyn Fn(&Transition) -> Option<String>| -> ArrayRef {
        Arc::new(all.iter().map(of).collect::<StringArray>())
    };
    let decimal = |of: fn(&Transition) -> Option<Fixed>| -> Result<ArrayRef, WorkspaceError> {
        let values: Decimal128Array =
            all.iter().map(|one| of(one).map(|fixed| i128::from(fixed.0))).collect();
        Ok(Arc::new(values.with_precision_and_scale(18, 4)?))
    };
    let mut columns: Vec<ArrayRef> =
        vec![Arc::new(Int64Array::from_iter_values(all.iter().map(|one| one.customer)))];
    columns.extend([
        text(&|one| Some(one.id.clone())),
        text(&|one| Some(one.kind.code().to_string())),
        text(&|one| Some(one.name.clone())),
        text(&|one| one.from.clone()),
        text(&|one| one.to.clone()),
        text(&|one| one.value_before.clone()),
        text(&|one| one.value_after.clone()),
        text(&|one| Some(one.since.clone())),
        text(&|one| Some(one.run.clone())),
        text(&|one| Some(one.cause.code().to_string())),
        text(&|one| one.scorecard.clone()),
        Arc::new(lines.into_iter().collect::<StringArray>()),
        text(&|one| one.corrects.clone()),
        text(&|one| Some(one.as_of.clone())),
    ]);
    columns.push(decimal(|one| one.amount)?);
    columns.push(Arc::new(all.iter().map(|one| i32::try_from(one.n_rest).ok()).collect::<Int32Array>()));
    columns.push(decimal(|one| one.rest)?);
    columns.push(Arc::new(all.iter().map(|one| Some(one.is_correction)).collect::<BooleanArray>()));
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// The transitions of a version that `keep` wants, by instant, in the order in which they were written.
pub(crate) async fn read(
    workspace: &Workspace,
    chain: Chain,
    model_hash: &str,
    as_of: Option<&str>,
    keep: impl Fn(i64) -> bool,
) -> Result<Vec<Transition>, WorkspaceError> {
    let Some(table) = open(workspace, chain, model_hash).await? else { return Ok(Vec::new()) };
    let values = as_of.map(|as_of| (AS_OF.to_string(), Some(as_of.to_string()))).into_iter().collect();
    rows_of(&table.read(&columns(&table), &values).await?, model_hash, keep)
}

/// What was announced of a customer under a version, oldest first.
pub(super) async fn of_customer(
    workspace: &Workspace,
    model_hash: &str,
    customer: i64,
) -> Result<Vec<Transition>, WorkspaceError> {
    let Some(table) = open(workspace, Chain::Announced, model_hash).await? else { return Ok(Vec::new()) };
    let found = table.find(&columns(&table), &BTreeMap::new(), CUSTOMER, customer).await?;
    rows_of(&found, model_hash, |_| true)
}

async fn open(
    workspace: &Workspace,
    chain: Chain,
    model_hash: &str,
) -> Result<Option<PlainTable>, WorkspaceError> {
    let name = chain.table(TABLE, model_hash);
    if !workspace.has_table(&name) {
        return Ok(None);
    }
    Ok(Some(PlainTable::open(&workspace.storage, &name, FORMAT).await?))
}

fn columns(table: &PlainTable) -> Vec<&str> {
    table.schema().fields().iter().map(|field| field.name().as_str()).collect()
}

fn rows_of(
    batches: &[RecordBatch],
    model_hash: &str,
    keep: impl Fn(i64) -> bool,
) -> Result<Vec<Transition>, WorkspaceError> {
    let mut out = Vec::new();
    for batch in batches {
        let ids = batch.column_by_name(CUSTOMER).and_then(|ids| ids.as_primitive_opt::<Int64Type>());
        let Some(ids) = ids else { continue };
        for (row, customer) in ids.values().iter().enumerate() {
            if keep(*customer) {
                out.push(row_of(batch, row, *customer, model_hash)?);
            }
        }
    }
    // Files lie by names that ascend with their writers, so the sort keeps what came first first.
    out.sort_by(|a, b| (&a.as_of, a.is_correction).cmp(&(&b.as_of, b.is_correction)));
    Ok(out)
}

pub(super) fn row_of(
    batch: &RecordBatch,
    row: usize,
    customer: i64,
    model_hash: &str,
) -> Result<Transition, WorkspaceError> {
    let text = |name: &str| -> Option<String> {
        let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row).to_string())
    };
    let decimal = |name: &str| -> Option<Fixed> {
        let column = batch.column_by_name(name)?.as_primitive_opt::<Decimal128Type>()?;
        column.is_valid(row).then(|| i64::try_from(column.value(row)).ok().map(Fixed)).flatten()
    };
    let kind = text("kind").and_then(|code| Kind::from_code(&code)).unwrap_or(Kind::Tier);
    let (name, as_of) = (text("scheme").unwrap_or_default(), text(AS_OF).unwrap_or_default());
    let lines = match text("lines") {
        Some(json) => serde_json::from_str(&json).map_err(|error| {
            WorkspaceError::Defect(format!("the lines of a transition cannot be read: {error}"))
        })?,
        None => Vec::new(),
    };
    let flag = |name: &str| {
        let column = batch.column_by_name(name).and_then(|column| column.as_boolean_opt());
        column.is_some_and(|flags| flags.is_valid(row) && flags.value(row))
    };
    let n_rest = batch.column_by_name("rest_lines").and_then(|n| n.as_primitive_opt::<Int32Type>());
    Ok(Transition {
        id: text("id").unwrap_or_else(|| id(model_hash, &as_of, kind, &name, customer, 0)),
        customer,
        kind,
        from: text("from"),
        to: text("to"),
        value_before: text("value_before"),
        value_after: text("value_after"),
        since: text("since").unwrap_or_default(),
        run: text("run").unwrap_or_default(),
        cause: text("cause").and_then(|code| Cause::from_code(&code)).unwrap_or(Cause::Values),
        scorecard: text("scorecard"),
        amount: decimal("amount"),
        lines,
        n_rest: n_rest.filter(|n| n.is_valid(row)).map_or(0, |n| i64::from(n.value(row))),
        rest: decimal("rest_amount"),
        is_correction: flag("is_correction"),
        corrects: text("corrects"),
        name,
        as_of,
    })
}
