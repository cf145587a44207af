//! What was learned, kept beside the grades: a Delta table of each customer's items, one partition a day, which any
//! reader opens; what is to be said of it all stands with its files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema};
use gradus_ledger::table::{CommitId, PlainTable, WriterLease};
use gradus_model::document::NextMethod;
use gradus_model::{Finding, Place, Text};

use super::{DueDate, NextItem, NextLearned};
use crate::accounts::token;
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

const NAME: &str = "next";
const FORMAT: u32 = 1;
const AS_OF: &str = "as_of";
const CUSTOMER: &str = "customer";
const NOTE: &str = "gradus.next";
const TEXTS: [&str; 8] = ["list", "item", "title", "how", "why_zh", "why_en", "due", "due_low"];
/// Customers of whom rows are looked up one by one; more of them are read together.
const ONE_BY_ONE: usize = 16;

/// Which list an item is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    Next,
    Due,
    /// Of somebody who has bought and for whom there is nothing to show: that they are known.
    Nothing,
}

impl List {
    fn name(self) -> &'static str {
        match self {
            List::Next => "next",
            List::Due => "due",
            List::Nothing => "nothing",
        }
    }
}

/// One item of somebody.
pub(super) type Row = (i64, List, NextItem);

fn schema() -> Schema {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let mut fields = vec![
        Field::new(CUSTOMER, DataType::Int64, false),
        Field::new("rank", DataType::Int64, false),
        Field::new("score", DataType::Float64, false),
    ];
    fields.extend(TEXTS.map(text));
    fields.push(text("due_high"));
    fields.push(Field::new(AS_OF, DataType::Utf8, false));
    Schema::new(fields)
}

/// Keeps rows in the place of those of the same day. They ascend by customer, each customer's list by list.
pub(super) async fn write(
    workspace: &Workspace,
    learned: &NextLearned,
    batches: &[RecordBatch],
) -> Result<(), WorkspaceError> {
    let json = |error: serde_json::Error| WorkspaceError::Defect(error.to_string());
    let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    let schema = schema();
    let mut table =
        PlainTable::open_or_create(&workspace.storage, NAME, FORMAT, &schema, &[AS_OF], system_us()).await?;
    let values = BTreeMap::from([(AS_OF.to_string(), Some(learned.as_of.clone()))]);
    let notes = BTreeMap::from([(NOTE.to_string(), serde_json::to_string(learned).map_err(json)?)]);
    let id = CommitId { app_id: format!("next:{}", token::id()?), app_version: 1, at: system_us() };
    table.replace_partition_noted(&lease, &values, batches, &notes, id).await?;
    Ok(())
}

/// Rows as they are kept.
pub(super) fn batch(as_of: &str, rows: &[Row]) -> Result<RecordBatch, WorkspaceError> {
    let mut rank = Vec::with_capacity(rows.len());
    let mut before = None;
    for (customer, list, _) in rows {
        let of = Some((*customer, *list));
        rank.push(if before == of { rank.last().map_or(1, |rank| rank + 1) } else { 1 });
        before = of;
    }
    let texts = |of: &dyn Fn(&Row) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let due = |of: fn(&DueDate) -> &String| texts(&|row| row.2.due.as_ref().map(|due| of(due).clone()));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()),
        Arc::new(Int64Array::from(rank)),
        Arc::new(rows.iter().map(|row| row.2.score).collect::<Float64Array>()),
        texts(&|row| Some(row.1.name().into())),
        texts(&|row| Some(row.2.item.clone())),
        texts(&|row| Some(row.2.title.zh.clone())),
        texts(&|row| Some(row.2.how.name().into())),
        texts(&|row| Some(row.2.why.zh.clone())),
        texts(&|row| Some(row.2.why.en.clone())),
        due(|due| &due.date),
        due(|due| &due.low),
        due(|due| &due.high),
        Arc::new(StringArray::from(vec![as_of; rows.len()])),
    ];
    Ok(RecordBatch::try_new(Arc::new(schema()), columns)?)
}

/// What is kept.
pub(super) struct Kept {
    table: PlainTable,
    pub learned: NextLearned,
}

impl Kept {
    /// The newest that was learned; none if nothing was.
    pub async fn newest(workspace: &Workspace) -> Result<Option<Kept>, WorkspaceError> {
        if !workspace.has_table(NAME) {
            return Ok(None);
        }
        let table = PlainTable::open(&workspace.storage, NAME, FORMAT).await?;
        let days = table.partitions()?.into_iter().filter_map(|values| values.get(AS_OF).cloned().flatten());
        let Some(as_of) = days.max() else { return Ok(None) };
        let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of))]);
        let notes = table.notes(&values)?;
        let note = notes.iter().find_map(|notes| notes.get(NOTE));
        // A later Gradus may say more; what it says is there, and is read by it.
        let learned = note.and_then(|note| serde_json::from_str(note).ok());
        Ok(learned.map(|learned| Kept { table, learned }))
    }

    /// The same, or a finding.
    pub async fn needed(workspace: &Workspace) -> Result<Kept, WorkspaceError> {
        Kept::newest(workspace).await?.ok_or_else(nothing_learned)
    }

    /// The items of these customers.
    pub async fn of(
        &self,
        customers: &BTreeSet<i64>,
    ) -> Result<BTreeMap<i64, Vec<(List, NextItem)>>, WorkspaceError> {
        let values = BTreeMap::from([(AS_OF.to_string(), Some(self.learned.as_of.clone()))]);
        let schema = schema();
        let columns: Vec<&str> =
            schema.fields().iter().map(|field| field.name().as_str()).filter(|name| *name != AS_OF).collect();
        let batches = match customers.len() <= ONE_BY_ONE {
            true => {
                let mut out = Vec::new();
                for customer in customers {
                    out.extend(self.table.find(&columns, &values, CUSTOMER, *customer).await?);
                }
                out
            }
            false => self.table.read(&columns, &values).await?,
        };
        let mut out: BTreeMap<i64, Vec<(i64, List, NextItem)>> = BTreeMap::new();
        for batch in &batches {
            let rows = Rows::of(batch)?;
            for row in 0..batch.num_rows() {
                let customer = rows.customers.value(row);
                if customers.contains(&customer) {
                    out.entry(customer).or_default().extend(rows.item(row));
                }
            }
        }
        let sorted = |mut items: Vec<(i64, List, NextItem)>| {
            items.sort_by_key(|(rank, list, _)| (*list, *rank));
            items.into_iter().map(|(_, list, item)| (list, item)).collect()
        };
        Ok(out.into_iter().map(|(customer, items)| (customer, sorted(items))).collect())
    }
}

struct Rows {
    customers: Int64Array,
    ranks: Int64Array,
    scores: Float64Array,
    texts: Vec<ArrayRef>,
}

impl Rows {
    fn of(batch: &RecordBatch) -> Result<Rows, WorkspaceError> {
        let column = |name: &str, wanted: DataType| -> Result<ArrayRef, WorkspaceError> {
            let found = batch.column_by_name(name);
            Ok(cast(
                found.ok_or_else(|| WorkspaceError::Defect(format!("next has no column {name}")))?,
                &wanted,
            )?)
        };
        let mut texts =
            TEXTS.iter().map(|name| column(name, DataType::Utf8)).collect::<Result<Vec<_>, _>>()?;
        texts.push(column("due_high", DataType::Utf8)?);
        Ok(Rows {
            customers: column(CUSTOMER, DataType::Int64)?.as_primitive::<Int64Type>().clone(),
            ranks: column("rank", DataType::Int64)?.as_primitive::<Int64Type>().clone(),
            scores: column("score", DataType::Float64)?.as_primitive::<Float64Type>().clone(),
            texts,
        })
    }

    fn item(&self, row: usize) -> Option<(i64, List, NextItem)> {
        let text = |at: usize| {
            let texts = self.texts[at].as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row).to_string())
        };
        let list =
            [List::Next, List::Due].into_iter().find(|list| text(0).as_deref() == Some(list.name()))?;
        let due = match (text(6), text(7), text(8)) {
            (Some(date), Some(low), Some(high)) => Some(DueDate { date, low, high }),
            _ => None,
        };
        let item = NextItem {
            item: text(1)?,
            title: Text::plain(text(2)?.as_str()),
            score: self.scores.value(row),
            how: NextMethod::parse(&text(3)?)?,
            why: Text::new(text(4)?, text(5)?),
            due,
        };
        Some((self.ranks.value(row), list, item))
    }
}

fn nothing_learned() -> WorkspaceError {
    Finding::error(
        "next-not-learned",
        Place::default(),
        Text::new("还没有学过客户接下来可能要什么", "what customers may want next has not been learned yet"),
        Text::new("先运行 gradus learn next", "run `gradus learn next` first"),
    )
    .into()
}
