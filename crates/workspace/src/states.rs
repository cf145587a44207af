//! The base of the day: what is kept of each customer, written by a rebase, looked into by the live
//! grading.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use gradus_grading::fold::{CUSTOMER, StateCodec, StateRefusal, StateStamp};
use gradus_grading::grade::{DECIDED, Fits};
use gradus_ledger::states::{RowForm, Rows, StateFile, StateSet};
use gradus_model::document::Model;
use gradus_model::event_stream::bucket_of;
use gradus_model::{Finding, Place, Text};
use serde::{Deserialize, Serialize};

use crate::decided::tier_columns;
use crate::{Workspace, WorkspaceError};

/// Events that do not count yet, by identity: when they happen and when they become known.
const WAITING: &str = "waiting";
/// Identities of customers with several, and the customer.
const LINKS: &str = "links";
/// Identities that have a retraction among their events.
const RETRACTED: &str = "retracted";

/// What stored states say of themselves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct About {
    pub stamp: StateStamp,
    pub n_buckets: u32,
    /// Names and types of a row's columns.
    pub columns: Vec<String>,
    /// The decision instant of each scheme whose tier was decided before the stamp's instant.
    pub decided: BTreeMap<String, i64>,
    /// The fits that were estimated as of those instants.
    pub fits: BTreeMap<i64, Fits>,
    /// Indicators of which nothing had been delivered, as of those instants and the stamp's.
    #[serde(default)]
    pub uncovered: BTreeMap<i64, BTreeSet<String>>,
}

/// An event that does not count yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    pub identity: i64,
    pub time_us: i64,
    pub known_us: i64,
}

/// Everybody's states as of the last rebase.
#[derive(Debug)]
pub struct Base {
    pub about: About,
    pub waiting: Vec<Waiting>,
    pub links: BTreeMap<i64, i64>,
    pub retracted: HashSet<i64>,
    buckets: Vec<StateFile>,
}

impl Base {
    /// Opens the newest base.
    ///
    /// # Errors
    /// A finding if there is none, or if it belongs to another fold: both are mended by a rebase.
    pub fn open(workspace: &Workspace, codec: &StateCodec, form: &RowForm) -> Result<Base, WorkspaceError> {
        let Some(set) = StateSet::open(folder(workspace))? else {
            return Err(Finding::error(
                "no-states",
                Place::default(),
                Text::new("还没有客户状态", "no customer's state has been written yet"),
                Text::new("先运行 gradus rebase", "run `gradus rebase` first"),
            )
            .into());
        };
        let stamp = set.about().get("stamp").cloned().unwrap_or_default();
        let stamp = serde_json::from_value(stamp).map_err(unreadable)?;
        codec.accept(&stamp).map_err(|refusal| refused(&refusal))?;
        let about: About = serde_json::from_value(set.about().clone()).map_err(unreadable)?;
        if about.columns != columns_of(form.schema()) {
            // The indicators are the same, the schemes are not.
            return Err(refused(&StateRefusal::Plan { found: String::new(), ours: String::new() }));
        }
        let missing = |name: &str| WorkspaceError::Defect(format!("the stored states lack {name}"));
        let open = |name: &str, form: RowForm| set.file(name, form)?.ok_or_else(|| missing(name));
        let mut buckets = Vec::with_capacity(about.n_buckets as usize);
        for bucket in 0..about.n_buckets {
            buckets.push(open(&bucket_name(bucket), form.clone())?);
        }
        let mut base =
            Base { about, waiting: Vec::new(), links: BTreeMap::new(), retracted: HashSet::new(), buckets };
        open(WAITING, RowForm::new(waiting_schema())?)?.each(PAGE_ROWS, |rows| {
            let lists: [Vec<i64>; 2] =
                [1, 2].map(|at| integers(rows.column(at).as_list::<i32>().values()).to_vec());
            let ends = rows.column(1).as_list::<i32>().value_offsets().to_vec();
            for (row, identity) in integers(rows.column(0)).iter().enumerate() {
                for at in ends[row] as usize..ends[row + 1] as usize {
                    base.waiting.push(Waiting {
                        identity: *identity,
                        time_us: lists[0][at],
                        known_us: lists[1][at],
                    });
                }
            }
            Ok(())
        })?;
        open(LINKS, RowForm::new(links_schema())?)?.each(PAGE_ROWS, |rows| {
            let (identities, owners) = (integers(rows.column(0)), integers(rows.column(1)));
            base.links.extend(identities.iter().copied().zip(owners.iter().copied()));
            Ok(())
        })?;
        open(RETRACTED, RowForm::new(retracted_schema())?)?.each(PAGE_ROWS, |rows| {
            base.retracted.extend(integers(rows.column(0)));
            Ok(())
        })?;
        Ok(base)
    }

    /// Adds the rows of these customers; they ascend.
    pub fn find(&self, customers: &[i64], rows: &mut Rows<'_>) -> Result<(), WorkspaceError> {
        let mut wanted: Vec<Vec<i64>> = vec![Vec::new(); self.buckets.len()];
        for customer in customers {
            if let Some(bucket) = wanted.get_mut(bucket_of(*customer, self.about.n_buckets) as usize) {
                bucket.push(*customer);
            }
        }
        for (file, wanted) in self.buckets.iter().zip(&wanted).filter(|(_, wanted)| !wanted.is_empty()) {
            file.find(wanted, rows)?;
        }
        Ok(())
    }

    /// How many customers it holds.
    pub fn n_customers(&self) -> u64 {
        self.buckets.iter().map(StateFile::n_rows).sum()
    }
}

const PAGE_ROWS: usize = 8192;

/// Where the states of a workspace lie.
pub fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("ledger").join("states")
}

pub fn bucket_name(bucket: u32) -> String {
    format!("bucket-{bucket:05}")
}

/// A customer's row: the states of the fold, then what each scheme decided.
pub fn row_schema(codec: &StateCodec, model: &Model) -> SchemaRef {
    let mut fields: Vec<Field> = codec.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.extend(decided_fields(model));
    Arc::new(Schema::new(fields))
}

/// Names and types of columns, as they are written down.
pub fn columns_of(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type())).collect()
}

/// The columns of what each scheme decided, three of each, more of one that remembers.
pub fn decided_fields(model: &Model) -> Vec<Field> {
    let mut fields = Vec::new();
    for (name, scheme) in model.tiers.iter() {
        for (name, data_type) in tier_columns(name, scheme) {
            fields.push(Field::new(format!("{DECIDED}{name}"), data_type, true));
        }
    }
    fields
}

/// The small files beside the buckets, as rows: name, form, rows in order.
pub fn beside(
    waiting: &[Waiting],
    links: &BTreeMap<i64, i64>,
    retracted: &HashSet<i64>,
) -> Result<Vec<(&'static str, RowForm, RecordBatch)>, WorkspaceError> {
    let mut by_identity: BTreeMap<i64, Vec<&Waiting>> = BTreeMap::new();
    waiting.iter().for_each(|event| by_identity.entry(event.identity).or_default().push(event));
    let list = |of: fn(&Waiting) -> i64| -> ArrayRef {
        let mut list = arrow::array::ListBuilder::new(arrow::array::Int64Builder::new())
            .with_field(Field::new_list_field(DataType::Int64, false));
        for events in by_identity.values() {
            list.append_value(events.iter().map(|event| Some(of(event))));
        }
        Arc::new(list.finish())
    };
    let integers = |values: &mut dyn Iterator<Item = i64>| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(values))
    };
    let mut sorted: Vec<i64> = retracted.iter().copied().collect();
    sorted.sort_unstable();
    let make = |name, schema: SchemaRef, columns| -> Result<_, WorkspaceError> {
        Ok((name, RowForm::new(schema.clone())?, RecordBatch::try_new(schema, columns)?))
    };
    let customers = integers(&mut by_identity.keys().copied());
    Ok(vec![
        make(
            WAITING,
            waiting_schema(),
            vec![customers, list(|event| event.time_us), list(|event| event.known_us)],
        )?,
        make(
            LINKS,
            links_schema(),
            vec![integers(&mut links.keys().copied()), integers(&mut links.values().copied())],
        )?,
        make(RETRACTED, retracted_schema(), vec![integers(&mut sorted.into_iter())])?,
    ])
}

/// The row of each customer in a batch whose first column is the customer.
pub fn rows_by_customer(rows: &RecordBatch) -> HashMap<i64, u32> {
    integers(rows.column(0)).iter().enumerate().map(|(row, customer)| (*customer, row as u32)).collect()
}

fn integers(column: &ArrayRef) -> &[i64] {
    column.as_primitive::<Int64Type>().values()
}

fn waiting_schema() -> SchemaRef {
    let list = || DataType::List(Arc::new(Field::new_list_field(DataType::Int64, false)));
    Arc::new(Schema::new(vec![
        Field::new(CUSTOMER, DataType::Int64, false),
        Field::new("time", list(), false),
        Field::new("known", list(), false),
    ]))
}

fn links_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new(CUSTOMER, DataType::Int64, false),
        Field::new("owner", DataType::Int64, false),
    ]))
}

fn retracted_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(CUSTOMER, DataType::Int64, false)]))
}

fn refused(refusal: &StateRefusal) -> WorkspaceError {
    let what = match refusal {
        StateRefusal::Format { found, supported } => Text::new(
            format!("客户状态的格式是 {found}，本版本读取 {supported}"),
            format!("the customers' states have format {found}; this version reads {supported}"),
        ),
        StateRefusal::Plan { .. } => Text::new(
            "客户状态属于另一套指标：指标、字段或时区已经改变",
            "the customers' states belong to other indicators: an indicator, a field or the time zone has changed",
        ),
    };
    Finding::error(
        "other-states",
        Place::default(),
        what,
        Text::new("运行 gradus rebase", "run `gradus rebase`"),
    )
    .into()
}

fn unreadable(error: serde_json::Error) -> WorkspaceError {
    WorkspaceError::Defect(format!("the stored states do not say what they are: {error}"))
}
