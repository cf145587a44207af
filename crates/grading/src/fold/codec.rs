//! States as record batches, so that they can be kept and read back: one row per customer, one to
//! three columns per indicator. Nothing is lost: what was encoded merges and finishes as before.
//!
//! States mean something only beside the fold that made them, so whatever keeps them keeps a
//! [`StateStamp`] too, and a codec refuses states of another fold.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, FixedSizeBinaryArray, Int64Array, ListArray, RecordBatch,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Field, Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use serde::{Deserialize, Serialize};

use super::plan::{CUSTOMER, FoldPlan, States};
use super::spec::Aggregate;
use super::state::{Lists, State};
use super::window::AsOf;

/// Format number of encoded states. A change of what a column means, or of what the fold means by a
/// state, is a new number: states of another format are written anew from the ledger, never read.
pub const STATE_FORMAT: u32 = 3;

/// What stored states stand for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateStamp {
    pub format: u32,
    /// Names the fold: its indicators, the types of what they read, and the time zone.
    pub plan: String,
    /// As of when. Microseconds, UTC.
    pub instant_us: i64,
    /// Its local date. Within it windows do not move, so later events can be merged in.
    pub day: i32,
    /// The last position in the ledger that counts.
    pub position: i64,
    /// Only what was known by then counts. Microseconds, UTC.
    pub known_us: i64,
}

/// Why stored states cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateRefusal {
    #[error("the stored states have format {found}, this version of Gradus reads {supported}")]
    Format { found: u32, supported: u32 },
    #[error(
        "the stored states belong to another fold: indicators, fields or time zone have changed ({found}, not {ours})"
    )]
    Plan { found: String, ours: String },
}

/// Turns the states of one fold into rows and back.
#[derive(Debug, Clone)]
pub struct StateCodec {
    plan: String,
    schema: SchemaRef,
    shapes: Vec<(Shape, DataType)>,
}

impl StateCodec {
    pub fn new(plan: &FoldPlan) -> StateCodec {
        let types = plan.value_types();
        let shapes: Vec<(Shape, DataType)> = plan
            .indicators()
            .iter()
            .zip(&types)
            .map(|(i, of)| (Shape::of(&i.aggregate), of.clone()))
            .collect();
        let mut fields = vec![Field::new(CUSTOMER, DataType::Int64, false)];
        for (at, (shape, of)) in shapes.iter().enumerate() {
            fields.extend(shape.fields(at, of));
        }
        let outputs: Vec<String> =
            plan.output_schema().fields().iter().map(|f| f.data_type().to_string()).collect();
        let types: Vec<String> = types.iter().map(DataType::to_string).collect();
        let mut meaning = serde_json::json!({
            "format": STATE_FORMAT,
            "indicators": plan.indicators(),
            "types": types,
            "outputs": outputs,
            "zone": plan.zone().name(),
        });
        if !plan.references().is_empty() {
            meaning["references"] = serde_json::json!(plan.references());
        }
        let plan = blake3::hash(meaning.to_string().as_bytes()).to_hex().to_string();
        StateCodec { plan, schema: Arc::new(Schema::new(fields)), shapes }
    }

    /// The customer, then the columns of each indicator in order.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The stamp of states of this fold.
    pub fn stamp(&self, as_of: AsOf, position: i64, known_us: i64) -> StateStamp {
        let AsOf { instant_us, day } = as_of;
        StateStamp { format: STATE_FORMAT, plan: self.plan.clone(), instant_us, day, position, known_us }
    }

    /// Says no to states of another format or another fold.
    pub fn accept(&self, stamp: &StateStamp) -> Result<(), StateRefusal> {
        if stamp.format != STATE_FORMAT {
            return Err(StateRefusal::Format { found: stamp.format, supported: STATE_FORMAT });
        }
        if stamp.plan != self.plan {
            return Err(StateRefusal::Plan { found: short(&stamp.plan), ours: short(&self.plan) });
        }
        Ok(())
    }

    /// One row per customer.
    pub fn encode(&self, states: &States) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(states.customers.clone()))];
        for (state, (shape, of)) in states.states.iter().zip(&self.shapes) {
            shape.encode(state, of, &mut columns)?;
        }
        RecordBatch::try_new(self.schema.clone(), columns)
    }

    /// The states of such rows. Columns that follow those of the codec are left alone.
    pub fn decode(&self, rows: &RecordBatch) -> Result<States, ArrowError> {
        let fields = rows.schema_ref().fields();
        let fits = fields.len() >= self.schema.fields().len()
            && fields
                .iter()
                .zip(self.schema.fields())
                .all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type());
        if !fits {
            return Err(ArrowError::SchemaError("these rows are not states of this fold".into()));
        }
        let mut columns = rows.columns().iter();
        let customers = columns.next().map_or(Vec::new(), |column| integers(column));
        let states = self.shapes.iter().map(|(shape, _)| shape.decode(&mut columns, rows.num_rows()));
        Ok(States { customers, states: states.collect::<Result<_, _>>()? })
    }
}

/// Which variant of [`State`] an aggregate keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Count,
    Sum,
    FirstDay,
    Picked,
    Time,
    Sets,
    Steplists,
    Bags,
    Tallies,
    Moments,
    Steps,
}

impl Shape {
    fn of(aggregate: &Aggregate) -> Shape {
        match aggregate {
            Aggregate::Count | Aggregate::Sequence { .. } => Shape::Count,
            Aggregate::Sum { .. } | Aggregate::Decayed { .. } => Shape::Sum,
            Aggregate::FirstDay { .. } => Shape::FirstDay,
            Aggregate::Min { .. }
            | Aggregate::Max { .. }
            | Aggregate::First { .. }
            | Aggregate::Last { .. } => Shape::Picked,
            Aggregate::DaysSince { .. } => Shape::Time,
            Aggregate::Orders | Aggregate::Distinct { .. } => Shape::Sets,
            Aggregate::Gap { .. } | Aggregate::Active { .. } | Aggregate::Streak { .. } => Shape::Steplists,
            Aggregate::Percentile { .. } => Shape::Bags,
            Aggregate::MostFrequent { .. } => Shape::Tallies,
            Aggregate::Stddev { .. } => Shape::Moments,
            Aggregate::Slope { .. } => Shape::Steps,
        }
    }

    fn fields(self, at: usize, of: &DataType) -> Vec<Field> {
        let integer = |part: &str| Field::new(format!("{at}{part}"), DataType::Int64, false);
        let wide = |part: &str| Field::new(format!("{at}{part}"), WIDE, false);
        let list = |part: &str, item: DataType| Field::new(format!("{at}{part}"), list_type(item), false);
        match self {
            Shape::Count => vec![integer("")],
            Shape::Sum => vec![wide("")],
            Shape::FirstDay => vec![Field::new(format!("{at}d"), DataType::Int64, true), wide("s")],
            Shape::Picked => vec![
                Field::new(at.to_string(), of.clone(), true),
                integer("t"),
                Field::new(format!("{at}id"), DataType::FixedSizeBinary(16), false),
            ],
            Shape::Time => vec![Field::new(at.to_string(), DataType::Int64, true)],
            Shape::Sets => vec![list("", of.clone())],
            Shape::Steplists | Shape::Bags => vec![list("", DataType::Int64)],
            Shape::Tallies => vec![list("", of.clone()), list("n", DataType::Int64)],
            Shape::Moments => vec![integer("n"), wide("s"), wide("q")],
            Shape::Steps => vec![list("", WIDE)],
        }
    }

    fn encode(self, state: &State, of: &DataType, out: &mut Vec<ArrayRef>) -> Result<(), ArrowError> {
        match (self, state) {
            (Shape::Count, State::Count(counts)) => out.push(Arc::new(Int64Array::from(counts.clone()))),
            (Shape::Sum, State::Sum(sums)) => out.push(wide(sums.clone())?),
            (Shape::FirstDay, State::FirstDay(days)) => {
                out.push(Arc::new(Int64Array::from_iter(days.iter().map(|(day, _)| *day))));
                out.push(wide(days.iter().map(|(_, sum)| *sum).collect())?);
            }
            (Shape::Picked, State::Picked { values, times, ids }) => {
                out.push(typed(values, of)?);
                out.push(Arc::new(Int64Array::from(times.clone())));
                let ids = ids.iter().map(|id| id.to_be_bytes());
                // An array without rows cannot tell how wide they would be.
                out.push(match times.is_empty() {
                    true => arrow::array::new_empty_array(&DataType::FixedSizeBinary(16)),
                    false => Arc::new(FixedSizeBinaryArray::try_from_iter(ids)?),
                });
            }
            (Shape::Time, State::Time(times)) => out.push(Arc::new(Int64Array::from(times.clone()))),
            (Shape::Sets, State::Sets(sets)) => out.push(list(&sets.offsets, typed(&sets.values, of)?)?),
            (Shape::Steplists, State::Steplists(lists)) | (Shape::Bags, State::Bags(lists)) => {
                out.push(list(&lists.offsets, Arc::new(Int64Array::from(lists.values.clone())))?);
            }
            (Shape::Tallies, State::Tallies { values, counts }) => {
                out.push(list(&values.offsets, typed(&values.values, of)?)?);
                out.push(list(&values.offsets, Arc::new(Int64Array::from(counts.clone())))?);
            }
            (Shape::Moments, State::Moments(moments)) => {
                out.push(Arc::new(Int64Array::from_iter_values(moments.iter().map(|m| m.0))));
                out.push(wide(moments.iter().map(|m| m.1).collect())?);
                out.push(wide(moments.iter().map(|m| m.2).collect())?);
            }
            (Shape::Steps, State::Steps { width, sums, n_runs }) => {
                let offsets: Vec<u32> = (0..=*n_runs).map(|run| (run * width) as u32).collect();
                out.push(list(&offsets, wide(sums.clone())?)?);
            }
            _ => {
                return Err(ArrowError::ComputeError(
                    "this state is not of its indicator's shape; count states are not kept".into(),
                ));
            }
        }
        Ok(())
    }

    fn decode<'a>(
        self,
        columns: &mut impl Iterator<Item = &'a ArrayRef>,
        n_rows: usize,
    ) -> Result<State, ArrowError> {
        let mut next =
            || columns.next().ok_or_else(|| ArrowError::SchemaError("a column of a state is missing".into()));
        Ok(match self {
            Shape::Count => State::Count(integers(next()?)),
            Shape::Sum => State::Sum(wides(next()?)),
            Shape::FirstDay => {
                let days: Vec<Option<i64>> = next()?.as_primitive::<Int64Type>().iter().collect();
                State::FirstDay(days.into_iter().zip(wides(next()?)).collect())
            }
            Shape::Picked => {
                let (values, times, ids) = (next()?.clone(), integers(next()?), next()?);
                let ids = ids.as_fixed_size_binary();
                let id =
                    |row: usize| ids.value(row).iter().fold(0u128, |id, byte| (id << 8) | u128::from(*byte));
                State::Picked { values, times, ids: (0..n_rows).map(id).collect() }
            }
            Shape::Time => State::Time(next()?.as_primitive::<Int64Type>().iter().collect()),
            Shape::Sets => State::Sets(lists(next()?)),
            Shape::Steplists => State::Steplists(integer_lists(next()?)),
            Shape::Bags => State::Bags(integer_lists(next()?)),
            Shape::Tallies => {
                let values = lists(next()?);
                State::Tallies { values, counts: integer_lists(next()?).values }
            }
            Shape::Moments => {
                let (n, sums, squares) = (integers(next()?), wides(next()?), wides(next()?));
                State::Moments(n.into_iter().zip(sums).zip(squares).map(|((n, s), q)| (n, s, q)).collect())
            }
            Shape::Steps => {
                let steps = lists(next()?);
                let width = steps.offsets.get(1).map_or(0, |end| (end - steps.offsets[0]) as usize);
                let sums = wides(&steps.values);
                if sums.len() != width * n_rows {
                    return Err(ArrowError::ComputeError(
                        "the steps of these customers are not of one window".into(),
                    ));
                }
                State::Steps { width, sums, n_runs: n_rows }
            }
        })
    }
}

/// 128-bit integers: as decimals without digits after the point, whatever their size.
const WIDE: DataType = DataType::Decimal128(38, 0);

fn list_type(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, false)))
}

fn wide(values: Vec<i128>) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, 0)?))
}

/// A part without a value may not have learned its type; texts may be in another encoding.
fn typed(values: &ArrayRef, of: &DataType) -> Result<ArrayRef, ArrowError> {
    if values.data_type() == of { Ok(values.clone()) } else { cast(values, of) }
}

fn list(offsets: &[u32], values: ArrayRef) -> Result<ArrayRef, ArrowError> {
    let offsets = OffsetBuffer::new(offsets.iter().map(|at| *at as i32).collect());
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), false));
    Ok(Arc::new(ListArray::try_new(field, offsets, values, None)?))
}

fn lists(column: &ArrayRef) -> Lists<ArrayRef> {
    let list = column.as_list::<i32>();
    let (first, last) = (list.value_offsets()[0], list.value_offsets()[list.len()]);
    Lists {
        offsets: list.value_offsets().iter().map(|at| (at - first) as u32).collect(),
        values: list.values().slice(first as usize, (last - first) as usize),
    }
}

fn integer_lists(column: &ArrayRef) -> Lists<Vec<i64>> {
    let Lists { offsets, values } = lists(column);
    Lists { offsets, values: integers(&values) }
}

fn integers(column: &ArrayRef) -> Vec<i64> {
    column.as_primitive::<Int64Type>().values().to_vec()
}

fn wides(column: &ArrayRef) -> Vec<i128> {
    column.as_primitive::<Decimal128Type>().values().to_vec()
}

fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::{BinaryArray, StringArray, TimestampMicrosecondArray};
    use arrow::datatypes::TimeUnit;
    use gradus_expression::Scope;
    use gradus_model::Place;
    use gradus_model::document::{Calendar, SpanUnit};
    use gradus_model::event_stream::column;
    use gradus_model::fixed::Fixed;

    use super::*;
    use crate::fold::spec::{FoldIndicator, FoldWindow, GapPick};
    use crate::fold::{Pair, Runs, Zone, merge};

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new(column::IDENTITY, DataType::Int64, false),
            Field::new(column::TIME, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
            Field::new(column::EVENT_ID, DataType::Binary, false),
            Field::new(column::ORDER_KEY, DataType::Int64, true),
            Field::new(column::AMOUNT, DataType::Decimal128(18, 4), true),
            Field::new("text", DataType::Utf8, true),
        ]))
    }

    fn plan(aggregates: Vec<Aggregate>, zone: &str) -> FoldPlan {
        let indicator = |(at, aggregate)| FoldIndicator {
            name: format!("i{at}"),
            aggregate,
            filter: None,
            window: match at % 2 {
                0 => FoldWindow::Calendar { stretch: Calendar::ThisYear, back: None },
                _ => FoldWindow::Rolling { last: "40 days".parse().unwrap(), before: None },
            },
        };
        let indicators = aggregates.into_iter().enumerate().map(indicator).collect();
        let zone = Zone::new(zone).unwrap();
        FoldPlan::compile(indicators, &Scope::new(schema()), zone, &|_| Place::default()).unwrap()
    }

    fn every_shape() -> Vec<Aggregate> {
        let (amount, text) = (|| "amount".to_string(), || "text".to_string());
        vec![
            Aggregate::Count,
            Aggregate::Orders,
            Aggregate::Sum { of: amount() },
            Aggregate::Min { of: amount() },
            Aggregate::Max { of: text() },
            Aggregate::First { of: text() },
            Aggregate::Last { of: "amount > 2".into() },
            Aggregate::Last { of: "order_key".into() },
            Aggregate::DaysSince { first: false },
            Aggregate::FirstDay { of: "amount".into() },
            Aggregate::Distinct { of: text() },
            Aggregate::Gap { pick: GapPick::Mean },
            Aggregate::Percentile { of: amount(), q: Fixed(5_000) },
            Aggregate::MostFrequent { of: text() },
            Aggregate::MostFrequent { of: "order_key".into() },
            Aggregate::Stddev { of: amount() },
            Aggregate::Slope { of: amount(), step: SpanUnit::Week },
            Aggregate::Decayed { points: Fixed(10_000), decay: None },
        ]
    }

    /// Events of customers 1 to 4, the third without any value.
    fn runs(seed: i64) -> Runs {
        let rows: Vec<(i64, i64)> = (1..=4).flat_map(|c| (0..5).map(move |at| (c, at))).collect();
        let some = |c: i64, at: i64| c != 3 && (c * 7 + at * 3 + seed) % 4 != 0;
        let times = rows.iter().map(|(c, at)| 1_700_000_000_000_000 + (at * 3 + c) * 400_000_000_000);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
            Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC")),
            Arc::new(BinaryArray::from_iter_values(
                rows.iter().map(|(c, at)| ((c * at + seed) as u128 | 1 << 127).to_be_bytes()),
            )),
            Arc::new(
                rows.iter().map(|(c, at)| some(*c, *at).then_some(i64::MIN + at % 3)).collect::<Int64Array>(),
            ),
            Arc::new(
                rows.iter()
                    .map(|(c, at)| some(*c, at + 1).then_some(i128::from((at - 2) * 12_345)))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(18, 4)
                    .unwrap(),
            ),
            Arc::new(
                rows.iter()
                    .map(|(c, at)| some(*c, at + 2).then_some(["a", "茶", ""][*at as usize % 3]))
                    .collect::<StringArray>(),
            ),
        ];
        Runs::of(RecordBatch::try_new(schema(), columns).unwrap())
    }

    #[test]
    fn every_state_comes_back_and_merges_and_finishes_as_before() {
        let plan = plan(every_shape(), "Asia/Shanghai");
        let codec = StateCodec::new(&plan);
        let as_of = AsOf::new(1_700_000_000_000_000 + 12 * 400_000_000_000, plan.zone());
        let states = |seed| plan.states(&runs(seed), as_of, &mut Default::default()).unwrap();
        let again = |states: &States| {
            let rows = codec.encode(states).unwrap();
            assert_eq!(&rows.schema(), codec.schema());
            codec.decode(&rows).unwrap()
        };
        for (a, b) in [(0, 1), (2, 3)] {
            let (a, b) = (states(a), states(b));
            assert_eq!((&again(&a), &again(&b)), (&a, &b));
            assert_eq!(plan.finish(&again(&a), as_of).unwrap(), plan.finish(&a, as_of).unwrap());
            let pairs: Vec<Pair> = (0..4).map(|row| (Some(row), Some(3 - row))).collect();
            for (at, indicator) in plan.indicators().iter().enumerate() {
                let aggregate = &indicator.aggregate;
                let (kept, fresh) = (again(&a), again(&b));
                assert_eq!(
                    merge(aggregate, &kept.states[at], &fresh.states[at], &pairs).unwrap(),
                    merge(aggregate, &a.states[at], &b.states[at], &pairs).unwrap()
                );
            }
            // Rows in the middle of a batch are as good as a batch of their own.
            let rows = codec.encode(&a).unwrap();
            let middle = codec.decode(&rows.slice(1, 2)).unwrap();
            assert_eq!(codec.encode(&middle).unwrap(), rows.slice(1, 2));
        }
        let nobody = codec.decode(&RecordBatch::new_empty(codec.schema().clone())).unwrap();
        assert!(nobody.customers.is_empty());
        assert_eq!(codec.encode(&nobody).unwrap().num_rows(), 0);
    }

    #[test]
    fn states_of_another_fold_are_refused() {
        let codec = |aggregates, zone| StateCodec::new(&plan(aggregates, zone));
        let ours = codec(every_shape(), "Asia/Shanghai");
        let as_of = AsOf { instant_us: 1, day: 2 };
        let stamp = ours.stamp(as_of, 3, 4);
        assert_eq!(ours.accept(&stamp), Ok(()));
        let text = serde_json::to_string(&stamp).unwrap();
        assert_eq!(serde_json::from_str::<StateStamp>(&text).unwrap(), stamp);
        let zone = codec(every_shape(), "Europe/London");
        let fewer = codec(every_shape().split_off(1), "Asia/Shanghai");
        for other in [zone, fewer] {
            assert!(matches!(ours.accept(&other.stamp(as_of, 3, 4)), Err(StateRefusal::Plan { .. })));
        }
        let older = StateStamp { format: 0, ..stamp };
        assert_eq!(ours.accept(&older), Err(StateRefusal::Format { found: 0, supported: STATE_FORMAT }));
        let counts = codec(vec![Aggregate::Count], "UTC");
        assert!(ours.decode(&RecordBatch::new_empty(counts.schema().clone())).is_err());
    }
}
