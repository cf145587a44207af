//! The compiled fold: expressions bound to the event columns, work that indicators share found
//! once, and the loop from whole runs to one row per customer and instant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, TimestampMicrosecondArray,
};
use arrow::compute::{filter, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use gradus_expression::{Expression, Scope, Want, compile};
use gradus_model::event_stream::column;
use gradus_model::{Finding, Findings, Place, Text};

use super::channel::Batch;
use super::input::{has_order_keys, is_numeric};
use super::money::{Money, rate_field};
use super::reference::{ReferenceFacts, ReferenceField};
use super::runs::Runs;
use super::spec::{Aggregate, FoldIndicator, FoldWindow};
use super::state::{Pair, State, can_merge, can_merge_apart, finish, merge};
use super::window::AsOf;
use super::zone::Zone;

/// Output column: the customer. Int64.
pub const CUSTOMER: &str = "customer";
/// Output column: the instant. Timestamp in microseconds, UTC.
pub const AS_OF: &str = "as_of";

/// How many rows could not be evaluated, by indicator. A fault is counted, never a silent "no".
pub type Faults = BTreeMap<String, u64>;

/// A fold that is ready to run over batches of events.
#[derive(Debug, Clone)]
pub struct FoldPlan {
    pub(super) indicators: Vec<FoldIndicator>,
    pub(super) zone: Zone,
    pub(super) filters: Vec<Expression>,
    pub(super) arguments: Vec<Argument>,
    pub(super) channels: Vec<ChannelPlan>,
    pub(super) windows: Vec<WindowPlan>,
    /// Channel and window of each indicator.
    pub(super) uses: Vec<(usize, usize)>,
    /// Fields of references that some expression reads.
    pub(super) references: Vec<ReferenceField>,
    /// What they say; must be there before the plan runs.
    pub(super) facts: Option<Arc<ReferenceFacts>>,
    /// Into which amounts in other currencies are converted; nothing is, where there are none.
    pub(super) currency: Option<String>,
    pub(super) money: Option<Arc<Money>>,
    pub(super) output: SchemaRef,
}

#[derive(Debug, Clone)]
pub(super) enum Argument {
    OrderKey,
    /// Numbers to be added up, or values that are only compared or kept.
    Expression {
        expression: Expression,
        compared: bool,
    },
}

#[derive(Debug, Clone)]
pub(super) struct ChannelPlan {
    pub filter: Option<usize>,
    pub argument: Option<usize>,
    pub steps: Vec<usize>,
    /// Some aggregate compares or adds up the values; otherwise they are only kept.
    pub keyed: bool,
}

#[derive(Debug, Clone)]
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
            references: Vec::new(),
            facts: None,
            currency: None,
            money: None,
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

    /// Says which of the names in scope are fields of references; those that nothing reads are let go.
    pub fn with_references(mut self, known: &[ReferenceField]) -> FoldPlan {
        let mut read = BTreeSet::new();
        self.expressions().for_each(|expression| read.extend(expression.references().iter().cloned()));
        self.references = known.iter().filter(|field| read.contains(&field.name)).cloned().collect();
        self
    }

    /// The fields of references that are read.
    pub fn references(&self) -> &[ReferenceField] {
        &self.references
    }

    /// The same fold for events of which some may have amounts in other currencies than this, if any
    /// amount is read.
    pub fn with_currency(mut self, own: &str) -> FoldPlan {
        if self.reads_amounts() {
            self.currency = Some(own.to_string());
        }
        self
    }

    pub(super) fn reads_amounts(&self) -> bool {
        self.expressions().any(|expression| expression.references().contains(column::AMOUNT))
    }

    pub(super) fn converts(&self) -> bool {
        self.currency.is_some()
    }

    /// The fields of facts that it needs: of references, and the rates.
    pub fn needs(&self) -> Vec<ReferenceField> {
        let rates = self.currency.as_ref().map(|_| rate_field());
        self.references.iter().cloned().chain(rates).collect()
    }

    /// The same fold over these facts.
    pub fn with_facts(&self, facts: Arc<ReferenceFacts>) -> Result<FoldPlan, ArrowError> {
        let money = match &self.currency {
            Some(own) => Some(Arc::new(Money::of(&facts, own, &self.zone)?)),
            None => None,
        };
        Ok(FoldPlan { facts: Some(facts), money, ..self.clone() })
    }

    /// Amounts that had no exchange rate so far, by currency.
    pub fn without_rate(&self) -> BTreeMap<String, u64> {
        self.money.as_ref().map(|money| money.missing()).unwrap_or_default()
    }

    /// The facts over which it folds.
    pub fn facts(&self) -> Option<&Arc<ReferenceFacts>> {
        self.facts.as_ref()
    }

    /// The columns of events that an indicator reads, by its place among the indicators.
    pub fn reads(&self, indicator: usize) -> BTreeSet<String> {
        let Some((channel, window)) = self.uses.get(indicator) else { return BTreeSet::new() };
        let channel = &self.channels[*channel];
        let filters = channel.filter.iter().chain(&channel.steps).chain(&self.windows[*window].since);
        let mut read: BTreeSet<String> =
            filters.flat_map(|at| self.filters[*at].references()).cloned().collect();
        if let Some(Argument::Expression { expression, .. }) = channel.argument.map(|at| &self.arguments[at])
        {
            read.extend(expression.references().iter().cloned());
        }
        read
    }

    /// False if no event of a kind counts for an indicator, whatever else it says. `events` are the names
    /// with which the fold was compiled.
    pub fn may_count(&self, indicator: usize, kind: &str, events: &Scope) -> bool {
        let Some((channel, _)) = self.uses.get(indicator) else { return false };
        let channel = &self.channels[*channel];
        let filters: Vec<usize> = channel.filter.into_iter().chain(channel.steps.iter().copied()).collect();
        let schema = events.schema();
        let columns = schema.fields().iter().map(|field| match field.name().as_str() {
            column::KIND => {
                arrow::compute::cast(&arrow::array::StringArray::from(vec![kind]), field.data_type())
            }
            _ => Ok(arrow::array::new_null_array(field.data_type(), 1)),
        });
        let loose: Vec<Field> =
            schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
        let columns: Result<Vec<ArrayRef>, ArrowError> = columns.collect();
        let row = columns.and_then(|columns| RecordBatch::try_new(Arc::new(Schema::new(loose)), columns));
        let Ok(row) = row else { return true };
        // With everything else unknown, what is false is false whatever the rest says.
        let excludes = |at: &usize| {
            let evaluated = self.filters[*at].evaluate(&row);
            let answer = evaluated.values.as_boolean_opt();
            evaluated.faults.is_empty() && answer.is_some_and(|answer| answer.is_valid(0) && !answer.value(0))
        };
        match channel.steps.is_empty() {
            true => !filters.iter().any(excludes),
            // A sequence sees what one of its steps may be.
            false => !channel.steps.iter().all(excludes),
        }
    }

    fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let arguments = self.arguments.iter().filter_map(|argument| match argument {
            Argument::OrderKey => None,
            Argument::Expression { expression, .. } => Some(expression),
        });
        self.filters.iter().chain(arguments)
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
        let type_of = |(channel, _): &(usize, usize)| match self.channels[*channel]
            .argument
            .map(|at| &self.arguments[at])
        {
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
                Argument::Expression { expression, .. } => {
                    columns.extend(expression.references().iter().cloned())
                }
            }
        }
        for field in &self.references {
            columns.remove(&field.name);
            columns.insert(field.of.clone());
        }
        if self.currency.is_some() {
            columns.insert(column::CURRENCY.to_string());
        }
        columns
    }

    /// One batch per instant: a row for each customer who has an event by then.
    pub fn fold(
        &self,
        runs: &Runs,
        as_ofs: &[AsOf],
        faults: &mut Faults,
    ) -> Result<Vec<RecordBatch>, ArrowError> {
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

    /// The same where the parts share no order. See [`can_merge_apart`].
    pub fn can_merge_apart(&self) -> Vec<bool> {
        self.indicators.iter().map(can_merge_apart).collect()
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
                TimestampMicrosecondArray::from(vec![as_of.instant_us; states.customers.len()])
                    .with_timezone("UTC"),
            ),
        ];
        for (indicator, state) in self.indicators.iter().zip(&states.states) {
            columns.push(finish(&indicator.aggregate, state.clone(), as_of, &self.zone)?);
        }
        self.assemble(columns)
    }

    /// The states of customers of whom one part of their events is in `a` and the other in `b`: of each in which
    /// row. Right for indicators whose states can be merged.
    pub fn together(
        &self,
        customers: Vec<i64>,
        a: &States,
        b: &States,
        pairs: &[Pair],
    ) -> Result<States, ArrowError> {
        let both = self.indicators.iter().zip(a.states.iter().zip(&b.states));
        let states = both.map(|(indicator, (a, b))| merge(&indicator.aggregate, a, b, pairs));
        Ok(States { customers, states: states.collect::<Result<_, _>>()? })
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
            if column.data_type() == field.data_type() {
                Ok(column)
            } else {
                arrow::compute::cast(&column, field.data_type())
            }
        });
        RecordBatch::try_new(self.output.clone(), typed.collect::<Result<_, _>>()?)
    }

    fn add(
        &mut self,
        indicator: &FoldIndicator,
        events: &Scope,
        place: &Place,
    ) -> Result<DataType, Findings> {
        let mut findings = Findings::default();
        let mut filter_of = |plan: &mut FoldPlan, sql: &str, place: Place| match compile(
            sql,
            events,
            Want::Boolean,
            &place,
        ) {
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
            Aggregate::Sum { .. }
                | Aggregate::FirstDay { .. }
                | Aggregate::Stddev { .. }
                | Aggregate::Percentile { .. }
                | Aggregate::Slope { .. }
        );
        if numbers_only && !is_numeric(&of_type) {
            findings.push(Finding::error(
                "not-a-number",
                place.key("of"),
                Text::new(
                    "这里要的是数字，而这个表达式给出的不是数字",
                    "a number is wanted here, and this expression does not give one",
                ),
                Text::new(
                    "用数值列，例如 amount、quantity",
                    "a column of numbers, such as amount or quantity",
                ),
            ));
            return Err(findings);
        }
        let (filter, steps) = (filter.flatten(), steps.into_iter().flatten().collect::<Vec<usize>>());
        let same =
            |known: &ChannelPlan| (known.filter, known.argument, &known.steps) == (filter, argument, &steps);
        let channel = self.channels.iter().position(same).unwrap_or_else(|| {
            self.channels.push(ChannelPlan { filter, argument, steps, keyed: false });
            self.channels.len() - 1
        });
        self.channels[channel].keyed |=
            !matches!(indicator.aggregate, Aggregate::First { .. } | Aggregate::Last { .. });
        let window =
            self.windows.iter().position(|known| known.window == indicator.window).unwrap_or_else(|| {
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
        Aggregate::Sum { of }
        | Aggregate::FirstDay { of }
        | Aggregate::Stddev { of }
        | Aggregate::Percentile { of, .. }
        | Aggregate::Slope { of, .. } => Some((of, Want::Number)),
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
        Aggregate::Sum { .. } | Aggregate::FirstDay { .. } | Aggregate::Decayed { .. } => {
            DataType::Decimal128(38, 4)
        }
        Aggregate::Min { .. }
        | Aggregate::Max { .. }
        | Aggregate::First { .. }
        | Aggregate::Last { .. }
        | Aggregate::MostFrequent { .. } => of_type,
        Aggregate::Stddev { .. }
        | Aggregate::Percentile { .. }
        | Aggregate::Gap { .. }
        | Aggregate::Slope { .. } => DataType::Float64,
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
