//! A customer's events with some that are added: their own are folded once, and what is added is put to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::{cast, concat_batches, filter_record_batch};
use arrow::datatypes::{Int64Type, Schema, SchemaRef};
use gradus_grading::fold::{AsOf, FoldPlan, Pair, Runs, States};
use gradus_model::event_stream::column;
use gradus_model::fixed::FIXED_ONE;

use super::search::When;
use super::{Deed, Ground, ORDER};
use crate::WorkspaceError;
use crate::grade::runs_of_customers;

/// One second, in microseconds.
const SECOND: i64 = 1_000_000;

/// The events of one customer, every column as it is.
pub(super) struct Own {
    events: RecordBatch,
    /// What is known of them as of each instant; none where what is added cannot be put to it, and all are
    /// folded together.
    states: Option<Vec<States>>,
}

/// An event that is added.
struct Event<'a> {
    customer: i64,
    deed: &'a Deed,
    /// Its place among those of one customer, from 1.
    number: i64,
    time: i64,
}

impl Own {
    /// `None` if the customer has no events to add to.
    pub fn new(ground: &Ground<'_>, instants: &[AsOf]) -> Result<Option<Own>, WorkspaceError> {
        let Some(first) = ground.events.first() else { return Ok(None) };
        let written = first.schema();
        let fields = written.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
        let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let mut all = Vec::new();
        for batch in ground.events {
            all.push(RecordBatch::try_new(schema.clone(), batch.columns().to_vec())?);
        }
        let events = concat_batches(&schema, &all)?;
        // Events of one customer under one number: whose they are was settled by the links.
        let index = schema.index_of(column::IDENTITY)?;
        let identities = events.column(index).as_primitive::<Int64Type>();
        let counts: BooleanArray =
            identities.values().iter().map(|id| Some(ground.owners.contains_key(id))).collect();
        let events = of_customer(&filter_record_batch(&events, &counts)?, index, 1)?;
        // An order that is added is one of its own.
        let states = match ground.plan.can_merge_apart().contains(&false) {
            true => None,
            false => states_of(&ground.plan, &events, instants)?,
        };
        Ok(Some(Own { events, states }))
    }

    /// As many customers as there are ways, numbered from 1, each with these events and what the way adds.
    pub fn with<'a>(
        &'a self,
        ground: &Ground<'_>,
        ways: &[Vec<Deed>],
        when: &[When],
    ) -> Result<With<'a>, WorkspaceError> {
        let mut events = Vec::new();
        for ((way, when), customer) in ways.iter().zip(when).zip(1..) {
            let deeds = way.iter().flat_map(|deed| (0..deed.times).map(move |_| deed));
            events.extend(deeds.zip(1..).map(|(deed, number)| Event {
                customer,
                deed,
                number,
                time: match when {
                    When::AtOnce => ground.as_of.instant_us + number * SECOND,
                    When::On(day) => {
                        AsOf::close_of(*day, &ground.workspace.zone).instant_us - (100 - number) * SECOND
                    }
                },
            }));
        }
        let added = added(&events, &self.events.schema(), &ground.workspace.settings.currency)?;
        if let Some(own) = &self.states {
            // By customer and time, as they were listed.
            return Ok(With::Apart { own, added: Runs::of(added), n_customers: ways.len() as u32 });
        }
        let index = self.events.schema().index_of(column::IDENTITY)?;
        let mut all = vec![added];
        for customer in 1..=ways.len() as i64 {
            all.push(of_customer(&self.events, index, customer)?);
        }
        let owners: BTreeMap<i64, i64> = (1..=ways.len() as i64).map(|id| (id, id)).collect();
        Ok(With::Whole(runs_of_customers(&all, &owners)?))
    }
}

/// The customer's events with what was added.
pub(super) enum With<'a> {
    /// What is known of the customer's own as of each instant, and what is added.
    Apart {
        own: &'a [States],
        added: Runs,
        n_customers: u32,
    },
    Whole(Vec<Runs>),
}

impl With<'_> {
    /// The columns of the fold as of the instant at a place among those that were named.
    pub fn folded(
        &self,
        plan: &FoldPlan,
        at: usize,
        as_of: AsOf,
    ) -> Result<Vec<RecordBatch>, WorkspaceError> {
        let (own, added, n_customers) = match self {
            With::Apart { own, added, n_customers } => (own.get(at), added, *n_customers),
            With::Whole(whole) => {
                let mut rows = Vec::new();
                for runs in whole {
                    rows.extend(plan.fold(runs, &[as_of], &mut Default::default())?);
                }
                return Ok(rows);
            }
        };
        let Some(own) = own else { return Err(WorkspaceError::Defect("an instant was not folded".into())) };
        let new = plan.states(added, as_of, &mut Default::default())?;
        let row = |customer: i64| new.customers.binary_search(&customer).ok().map(|row| row as u32);
        let customers: Vec<i64> = (1..=i64::from(n_customers)).collect();
        let pairs: Vec<Pair> = customers.iter().map(|customer| (Some(0), row(*customer))).collect();
        Ok(vec![plan.finish(&plan.together(customers, own, &new, &pairs)?, as_of)?])
    }
}

/// What is known of one customer's events as of each instant; `None` if nothing is, as of one of them.
fn states_of(
    plan: &FoldPlan,
    events: &RecordBatch,
    instants: &[AsOf],
) -> Result<Option<Vec<States>>, WorkspaceError> {
    let runs = runs_of_customers(std::slice::from_ref(events), &BTreeMap::from([(1, 1)]))?;
    let [runs] = runs.as_slice() else { return Ok(None) };
    let mut out = Vec::with_capacity(instants.len());
    for as_of in instants {
        let states = plan.states(runs, *as_of, &mut Default::default())?;
        if states.customers.len() != 1 {
            return Ok(None);
        }
        out.push(states);
    }
    Ok(Some(out))
}

/// The events under another customer's number.
fn of_customer(events: &RecordBatch, identity: usize, customer: i64) -> Result<RecordBatch, WorkspaceError> {
    let mut columns = events.columns().to_vec();
    columns[identity] = Arc::new(Int64Array::from(vec![customer; events.num_rows()]));
    Ok(RecordBatch::try_new(events.schema(), columns)?)
}

/// Events that are added: what nobody can know of them is null.
fn added(events: &[Event<'_>], schema: &SchemaRef, currency: &str) -> Result<RecordBatch, WorkspaceError> {
    let n = events.len();
    let numbers = |of: &dyn Fn(&Event<'_>) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(events.iter().map(of)))
    };
    let moments = || -> ArrayRef {
        let times = TimestampMicrosecondArray::from_iter_values(events.iter().map(|event| event.time));
        Arc::new(times.with_timezone("UTC"))
    };
    let is_order = |event: &Event<'_>| event.deed.kind == ORDER;
    // What only orders have.
    let text = |of: &dyn Fn(&Event<'_>) -> String| -> ArrayRef {
        let texts = events.iter().map(|event| is_order(event).then(|| of(event)));
        Arc::new(texts.collect::<StringArray>())
    };
    let units = |of: &dyn Fn(&Event<'_>) -> i64| -> Result<ArrayRef, WorkspaceError> {
        let scaled = |event| i128::from(of(event)) * i128::from(FIXED_ONE);
        let all: Decimal128Array =
            events.iter().map(|event| is_order(event).then(|| scaled(event))).collect();
        Ok(Arc::new(all.with_precision_and_scale(18, 4)?))
    };
    let columns = schema.fields().iter().map(|field| {
        let values: Option<ArrayRef> = match field.name().as_str() {
            column::IDENTITY => Some(numbers(&|event| event.customer)),
            column::TIME | column::KNOWN => Some(moments()),
            column::EVENT_ID => {
                let ids = events.iter().map(|event| (u128::MAX - event.number as u128).to_be_bytes());
                Some(Arc::new(BinaryArray::from_iter_values(ids)))
            }
            column::RETRACTION => Some(Arc::new(BooleanArray::from(vec![false; n]))),
            column::POSITION => Some(numbers(&|_| i64::MAX)),
            column::KIND => {
                let kinds = events.iter().map(|event| event.deed.kind.as_str());
                Some(Arc::new(StringArray::from_iter_values(kinds)))
            }
            column::ORDER_ID => Some(text(&|event| format!("+{}", event.number))),
            column::ORDER_KEY => {
                let keys = events.iter().map(|event| is_order(event).then(|| i64::MAX - event.number));
                Some(Arc::new(keys.collect::<Int64Array>()))
            }
            column::LINE => Some(text(&|_| "product".into())),
            column::SPEND => {
                let spend = events.iter().map(|event| is_order(event).then_some(true));
                Some(Arc::new(spend.collect::<BooleanArray>()))
            }
            column::AMOUNT => Some(units(&|event| event.deed.amount.unwrap_or(1))?),
            column::CURRENCY => Some(text(&|_| currency.to_string())),
            column::QUANTITY => Some(units(&|_| 1)?),
            _ => None,
        };
        Ok::<ArrayRef, WorkspaceError>(match values {
            Some(values) if values.data_type() == field.data_type() => values,
            Some(values) => cast(&values, field.data_type())?,
            None => new_null_array(field.data_type(), n),
        })
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}
