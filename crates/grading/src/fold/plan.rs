//! The compiled fold: expressions bound to the event columns, work that indicators share found
//! once, and the loop from whole runs to one row per customer and instant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::{filter, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use gradus_expression::{Expression, Scope, Want, compile};
use gradus_model::event_stream::column;
use gradus_model::{Finding, Findings, Place, Text};

use super::channel::Batch;
use super::input::{has_order_keys, is_numeric};
use super::runs::Runs;
use super::spec::{Aggregate, FoldIndicator, FoldWindow};
use super::state::{State, can_merge, finish};
use super::window::AsOf;
use super::zone::Zone;

/// Output column: the customer. Int64.
pub const CUSTOMER: &str = "customer";
/// Output column: the instant. Timestamp in microseconds, UTC.
pub const AS_OF: &str = "as_of";

/// How many rows could not be evaluated, by indicator. A fault is counted, never a silent "no".
pub type Faults = BTreeMap<String, u64>;

/// A fold that is ready to run over batches of events.
#[derive(Debug)]
pub struct FoldPlan {
    pub(super) indicators: Vec<FoldIndicator>,
    pub(super) zone: Zone,
    pub(super) filters: Vec<Expression>,
    pub(super) arguments: Vec<Argument>,
    pub(super) channels: Vec<ChannelPlan>,
    pub(super) windows: Vec<WindowPlan>,
    /// Channel and window of each indicator.
    pub(super) uses: Vec<(usize, usize)>,
    output: SchemaRef,
}

#[derive(Debug)]
pub(super) enum Argument {
    OrderKey,
    /// Numbers to be added up, or values that are only compared or kept.
    Expression { expression: Expression, compared: bool },
}

#[derive(Debug)]
pub(super) struct ChannelPlan {
    pub filter: Option<usize>,
    pub argument: Option<usize>,
    pub steps: Vec<usize>,
    /// Some aggregate compares or adds up the values; otherwise they are only kept.
    pub keyed: bool,
}

#[derive(Debug)]
pub(super) struct WindowPlan {
    pub window: FoldWindow,
    pub since: Option<usize>,
}

/// The states of a batch of runs as of one instant: one per indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct States {
    /// Ascending.
    pub customers: Vec<i64>,
    pub states: Vec<State>,
}

impl FoldPlan {
    /// Binds the indicators to the columns of the events. Every mistake is found at once; `place`
    /// says where the indicator of a name was written.
    pub fn compile(
        indicators: Vec<FoldIndicator>,
        events: &Scope,
        zone: Zone,
        place: &dyn Fn(&str) -> Place,
    ) -> Result<FoldPlan, Findings> {
        let mut plan = FoldPlan {
            indicators: Vec::new(),
            zone,
            filters: Vec::new(),
            arguments: Vec::new(),
            channels: Vec::new(),
            windows: Vec::new(),
            uses: Vec::new(),
            output: Arc::new(Schema::empty()),
        };
        let mut findings = Findings::default();
        let mut fields = vec![
            Field::new(CUSTOMER, DataType::Int64, false),
            Field::new(AS_OF, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
        ];
        for indicator in &indicators {
            let place = place(&indicator.name);
            match plan.add(indicator, events, &place) {
                Ok(data_type) => fields.push(Field::new(&indicator.name, data_type, true)),
                Err(found) => findings.extend(found),
            }
        }
        if findings.has_errors() {
            return Err(findings);
        }
        plan.indicators = indicators;
        plan.output = Arc::new(Schema::new(fields));
        Ok(plan)
    }

    /// Customer, instant, and one column per indicator.
    pub fn output_schema(&self) -> &SchemaRef {
        &self.output
    }

    pub fn indicators(&self) -> &[FoldIndicator] {
        &self.indicators
    }

    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The type of the values that the states of each indicator may keep, in order.
    pub(super) fn value_types(&self) -> Vec<DataType> {
        let type_of = |(channel, _): &(usize, usize)| match self.channels[*channel].argument.map(|at| &self.arguments[at]) {
            Some(Argument::Expression { expression, .. }) => plain(expression.data_type()),
            _ => DataType::Int64,
        };
        self.uses.iter().map(type_of).collect()
    }

    /// The event columns that have to be read.
    pub fn columns(&self) -> BTreeSet<String> {
        let mut columns: BTreeSet<String> = [column::IDENTITY, column::TIME].map(String::from).into();
        for expression in &self.filters {
            columns.extend(expression.references().iter().cloned());
        }
        if self.windows.iter().any(|plan| matches!(plan.window, FoldWindow::ByOrder { .. })) {
            columns.insert(column::ORDER_KEY.to_string());
        }
        for argument in &self.arguments {
            match argument {
                Argument::OrderKey => {
                    columns.insert(column::ORDER_KEY.to_string());
                }
                Argument::Expression { expression, .. } => columns.extend(expression.references().iter().cloned()),
            }
        }
        columns
    }

    /// One batch per instant: a row for each customer who has an event by then.
    pub fn fold(&self, runs: &Runs, as_ofs: &[AsOf], faults: &mut Faults) -> Result<Vec<RecordBatch>, ArrowError> {
        let prepared = self.prepare(runs, faults)?;
        let batch = Batch::new(runs, &self.zone);
        let mut out = Vec::with_capacity(as_ofs.len());
        for as_of in as_ofs {
            let lifetime = self.stretch(&FoldWindow::Lifetime, *as_of, runs);
            let present: BooleanArray = lifetime.iter().map(|(lo, hi)| Some(hi > lo)).collect();
            let n_present = present.true_count();
            if n_present == 0 {
                continue;
            }
            let mut columns: Vec<ArrayRef> = vec![
                Arc::new(Int64Array::from(runs.customers.clone())),
                Arc::new(
                    TimestampMicrosecondArray::from(vec![as_of.instant_us; runs.len()]).with_timezone("UTC"),
                ),
            ];
            self.each(&prepared, &batch, *as_of, false, |indicator, state| {
                count_too_large(indicator, &state, faults);
                columns.push(finish(&indicator.aggregate, state, *as_of, &self.zone)?);
                Ok(())
            })?;
            if n_present < runs.len() {
                for column in &mut columns {
                    *column = filter(column, &present)?;
                }
            }
            out.push(self.assemble(columns)?);
        }
        Ok(out)
    }

    /// For each indicator, in order: whether its states can be merged. See [`can_merge`].
    pub fn can_merge(&self) -> Vec<bool> {
        self.indicators.iter().map(can_merge).collect()
    }

    /// The states of these runs as of an instant, to be stored or merged with others. Only what
    /// happened by then leaves a trace: who has no event yet has no state. To merge values that
    /// were picked from events of one instant, the event ids have to be read too.
    pub fn states(&self, runs: &Runs, as_of: AsOf, faults: &mut Faults) -> Result<States, ArrowError> {
        let happened: Vec<bool> = runs.times().iter().map(|time| *time <= as_of.instant_us).collect();
        let by_then = match happened.contains(&false) {
            true => Some(Runs::of(filter_record_batch(&runs.batch, &BooleanArray::from(happened))?)),
            false => None,
        };
        let runs = by_then.as_ref().unwrap_or(runs);
        let prepared = self.prepare(runs, faults)?;
        let batch = Batch::new(runs, &self.zone);
        let mut states = Vec::with_capacity(self.indicators.len());
        self.each(&prepared, &batch, as_of, true, |_, state| {
            states.push(state);
            Ok(())
        })?;
        Ok(States { customers: runs.customers.clone(), states })
    }

    /// The values of stored or merged states: what `fold` gives for the same events.
    pub fn finish(&self, states: &States, as_of: AsOf) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(states.customers.clone())),
            Arc::new(
                TimestampMicrosecondArray::from(vec![as_of.instant_us; states.customers.len()]).with_timezone("UTC"),
            ),
        ];
        for (indicator, state) in self.indicators.iter().zip(&states.states) {
            columns.push(finish(&indicator.aggregate, state.clone(), as_of, &self.zone)?);
        }
        self.assemble(columns)
    }

    /// Values of stored or merged states that are too large to be worked out, by indicator.
    pub fn faults_of(&self, states: &States) -> Faults {
        let mut faults = Faults::new();
        for (indicator, state) in self.indicators.iter().zip(&states.states) {
            count_too_large(indicator, state, &mut faults);
        }
        faults
    }

    fn assemble(&self, columns: Vec<ArrayRef>) -> Result<RecordBatch, ArrowError> {
        let typed = columns.into_iter().zip(self.output.fields()).map(|(column, field)| {
            // A batch without a single value may not have learned the type.
            if column.data_type() == field.data_type() { Ok(column) } else { arrow::compute::cast(&column, field.data_type()) }
        });
        RecordBatch::try_new(self.output.clone(), typed.collect::<Result<_, _>>()?)
    }

    fn add(&mut self, indicator: &FoldIndicator, events: &Scope, place: &Place) -> Result<DataType, Findings> {
        let mut findings = Findings::default();
        let mut filter_of = |plan: &mut FoldPlan, sql: &str, place: Place| match compile(sql, events, Want::Boolean, &place) {
            Ok(expression) => Some(share(&mut plan.filters, expression)),
            Err(found) => {
                findings.extend(found);
                None
            }
        };
        let filter = indicator.filter.as_ref().map(|sql| filter_of(self, sql, place.key("where")));
        let since = match own_window(&indicator.window) {
            FoldWindow::Since { filter } => Some(filter_of(self, filter, place.key("window").key("since"))),
            _ => None,
        };
        let steps = match &indicator.aggregate {
            Aggregate::Sequence { steps } => steps
                .iter()
                .enumerate()
                .map(|(at, step)| filter_of(self, &step.filter, place.key("steps").index(at)))
                .collect(),
            _ => Vec::new(),
        };
        let argument = match argument_of(&indicator.aggregate) {
            None => None,
            Some(None) => Some(self.order_key()),
            Some(Some((sql, want))) => match compile(sql, events, want, &place.key("of")) {
                Ok(expression) => {
                    // Money is both with the same keys, so a sum and a maximum of it share their work.
                    let compared = want == Want::Any && has_order_keys(expression.data_type());
                    let at = self.arguments.iter().position(|known| match known {
                        Argument::Expression { expression: other, compared: as_other } => {
                            other.sql() == expression.sql() && *as_other == compared
                        }
                        Argument::OrderKey => false,
                    });
                    Some(at.unwrap_or_else(|| {
                        self.arguments.push(Argument::Expression { expression, compared });
                        self.arguments.len() - 1
                    }))
                }
                Err(found) => {
                    findings.extend(found);
                    None
                }
            },
        };
        if findings.has_errors() {
            return Err(findings);
        }
        let of_type = match argument.map(|at| &self.arguments[at]) {
            Some(Argument::Expression { expression, .. }) => plain(expression.data_type()),
            _ => DataType::Int64,
        };
        let numbers_only = matches!(
            indicator.aggregate,
            Aggregate::Sum { .. } | Aggregate::Stddev { .. } | Aggregate::Percentile { .. } | Aggregate::Slope { .. }
        );
        if numbers_only && !is_numeric(&of_type) {
            findings.push(Finding::error(
                "not-a-number",
                place.key("of"),
                Text::new("这里要的是数字，而这个表达式给出的不是数字", "a number is wanted here, and this expression does not give one"),
                Text::new("用数值列，例如 amount、quantity", "a column of numbers, such as amount or quantity"),
            ));
            return Err(findings);
        }
        let (filter, steps) = (filter.flatten(), steps.into_iter().flatten().collect::<Vec<usize>>());
        let same = |known: &ChannelPlan| (known.filter, known.argument, &known.steps) == (filter, argument, &steps);
        let channel = self.channels.iter().position(same).unwrap_or_else(|| {
            self.channels.push(ChannelPlan { filter, argument, steps, keyed: false });
            self.channels.len() - 1
        });
        self.channels[channel].keyed |= !matches!(indicator.aggregate, Aggregate::First { .. } | Aggregate::Last { .. });
        let window = self.windows.iter().position(|known| known.window == indicator.window).unwrap_or_else(|| {
            self.windows.push(WindowPlan { window: indicator.window.clone(), since: since.flatten() });
            self.windows.len() - 1
        });
        self.uses.push((channel, window));
        Ok(output_type(&indicator.aggregate, of_type))
    }

    fn order_key(&mut self) -> usize {
        let at = self.arguments.iter().position(|known| matches!(known, Argument::OrderKey));
        at.unwrap_or_else(|| {
            self.arguments.push(Argument::OrderKey);
            self.arguments.len() - 1
        })
    }
}

fn count_too_large(indicator: &FoldIndicator, state: &State, faults: &mut Faults) {
    let n = state.n_too_large();
    if n > 0 {
        *faults.entry(indicator.name.clone()).or_default() += n;
    }
}

/// The window as written, whichever date counts.
fn own_window(window: &FoldWindow) -> &FoldWindow {
    match window {
        FoldWindow::ByOrder { window } | FoldWindow::Whole { window, .. } => own_window(window),
        other => other,
    }
}

/// `None`: the aggregate reads no argument. `Some(None)`: it reads the order.
#[allow(clippy::option_option)]
fn argument_of(aggregate: &Aggregate) -> Option<Option<(&str, Want)>> {
    Some(match aggregate {
        Aggregate::Orders => None,
        Aggregate::Sum { of } | Aggregate::Stddev { of } | Aggregate::Percentile { of, .. } | Aggregate::Slope { of, .. } => {
            Some((of, Want::Number))
        }
        Aggregate::Min { of }
        | Aggregate::Max { of }
        | Aggregate::Distinct { of }
        | Aggregate::First { of }
        | Aggregate::Last { of }
        | Aggregate::MostFrequent { of } => Some((of, Want::Any)),
        _ => return None,
    })
}

fn output_type(aggregate: &Aggregate, of_type: DataType) -> DataType {
    match aggregate {
        Aggregate::Sum { .. } | Aggregate::Decayed { .. } => DataType::Decimal128(38, 4),
        Aggregate::Min { .. }
        | Aggregate::Max { .. }
        | Aggregate::First { .. }
        | Aggregate::Last { .. }
        | Aggregate::MostFrequent { .. } => of_type,
        Aggregate::Stddev { .. } | Aggregate::Percentile { .. } | Aggregate::Gap { .. } | Aggregate::Slope { .. } => {
            DataType::Float64
        }
        _ => DataType::Int64,
    }
}

/// Text in any encoding comes out as plain text.
fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, value) => plain(value),
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        other => other.clone(),
    }
}

fn share(known: &mut Vec<Expression>, expression: Expression) -> usize {
    known.iter().position(|other| other.sql() == expression.sql()).unwrap_or_else(|| {
        known.push(expression);
        known.len() - 1
    })
}
