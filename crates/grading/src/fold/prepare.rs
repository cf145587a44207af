//! Prepare: filters and arguments evaluated over whole batches, each once however many indicators
//! share it; then the state of each indicator as of an instant.

use std::borrow::Cow;
use std::rc::Rc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type};
use arrow::error::ArrowError;
use gradus_expression::{Evaluated, Expression, quote_name};
use gradus_model::event_stream::column;

use super::channel::{Batch, Channel, OrderDates};
use super::input::{Keys, Reading, event_column, few_texts, keys_of};
use super::money::Converted;
use super::plan::{Argument, Faults, FoldPlan};
use super::rows::Rows;
use super::runs::Runs;
use super::segment::{Segment, among, segments, segments_since};
use super::spec::{FoldIndicator, FoldWindow};
use super::state::State;
use super::update::update;
use super::window::{AsOf, Bounds, bounds};

/// What all instants share of a batch.
pub struct Prepared {
    channels: Vec<Channel>,
    filters: Vec<Rc<Rows>>,
}

impl FoldPlan {
    pub(super) fn prepare(&self, runs: &Runs, faults: &mut Faults) -> Result<Prepared, ArrowError> {
        let (events, unconverted) = self.converted(self.with_reference_columns(&runs.batch)?)?;
        let all = Rc::new(Rows::all(events.num_rows()));
        let mut filter_faults = vec![0u64; self.filters.len()];
        let mut filters: Vec<Rc<Rows>> = Vec::with_capacity(self.filters.len());
        for (at, expression) in self.filters.iter().enumerate() {
            let evaluated = evaluate(expression, &events, &unconverted);
            filter_faults[at] = evaluated.faults.len() as u64;
            filters.push(Rc::new(Rows::holding(&evaluated.values)));
        }
        let mut arrays = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            arrays.push(match argument {
                Argument::OrderKey => (event_column(&runs.batch, column::ORDER_KEY)?.clone(), Vec::new()),
                Argument::Expression { expression, .. } => match bare_text(expression, &events) {
                    Some(texts) => (texts.clone(), Vec::new()),
                    None => {
                        let evaluated = evaluate(expression, &events, &unconverted);
                        (evaluated.values, evaluated.faults)
                    }
                },
            });
        }
        let mut channels = Vec::with_capacity(self.channels.len());
        let mut channel_faults = Vec::with_capacity(self.channels.len());
        for plan in &self.channels {
            let mut rows = plan.filter.map_or_else(|| all.clone(), |at| filters[at].clone());
            let mut n_faults = plan.filter.map_or(0, |at| filter_faults[at]);
            let mut keys = None;
            if let Some(at) = plan.argument {
                let (array, failed) = &arrays[at];
                n_faults += failed.iter().filter(|row| rows.counts(**row)).count() as u64;
                if let Some(given) = rows.given(array.as_ref()) {
                    rows = Rc::new(given);
                }
                let (counted, read) = match &self.arguments[at] {
                    // Order keys are compared and counted, never scaled.
                    Argument::OrderKey => {
                        let values = array.as_primitive::<Int64Type>().values();
                        let keys = rows.list().iter().map(|row| values[*row as usize]).collect();
                        (rows, Keys { keys, array: array.clone(), n_faults: 0 })
                    }
                    Argument::Expression { compared, .. } => {
                        let reading = match (plan.keyed, compared) {
                            (false, _) => Reading::Kept,
                            (true, true) => Reading::Compared,
                            (true, false) => Reading::Added,
                        };
                        keys_of(array.clone(), &rows, reading)?
                    }
                };
                n_faults += read.n_faults;
                rows = counted;
                keys = Some(read);
            }
            let steps = plan.steps.iter().map(|at| filters[*at].clone()).collect();
            channels.push(Channel::new(rows, keys, steps));
            channel_faults.push(n_faults);
        }
        for (indicator, (channel, _)) in self.indicators.iter().zip(&self.uses) {
            if channel_faults[*channel] > 0 {
                *faults.entry(indicator.name.clone()).or_default() += channel_faults[*channel];
            }
        }
        Ok(Prepared { channels, filters })
    }

    /// The events with the columns of references that some expression reads.
    fn with_reference_columns<'a>(
        &self,
        events: &'a RecordBatch,
    ) -> Result<Cow<'a, RecordBatch>, ArrowError> {
        if self.references.is_empty() {
            return Ok(Cow::Borrowed(events));
        }
        Ok(Cow::Owned(self.facts.as_ref().ok_or_else(no_facts)?.extend(events, &self.references)?))
    }

    /// The events with all amounts in one currency, and the rows whose amount could not be converted.
    fn converted<'a>(
        &self,
        events: Cow<'a, RecordBatch>,
    ) -> Result<(Cow<'a, RecordBatch>, Vec<u32>), ArrowError> {
        if !self.converts() {
            return Ok((events, Vec::new()));
        }
        let money = self.money.as_ref().ok_or_else(no_facts)?;
        let Some(Converted { amounts, failed }) = money.convert(&events, &self.zone)? else {
            return Ok((events, Vec::new()));
        };
        let columns = events.schema_ref().fields().iter().zip(events.columns());
        let columns =
            columns.map(
                |(field, values)| {
                    if field.name() == column::AMOUNT { amounts.clone() } else { values.clone() }
                },
            );
        Ok((Cow::Owned(RecordBatch::try_new(events.schema(), columns.collect())?), failed))
    }

    /// Hands the state of each indicator, in order, to `take`. States that are not kept hold no more
    /// than their value needs.
    pub(super) fn each(
        &self,
        prepared: &Prepared,
        batch: &Batch<'_>,
        as_of: AsOf,
        kept: bool,
        mut take: impl FnMut(&FoldIndicator, State) -> Result<(), ArrowError>,
    ) -> Result<(), ArrowError> {
        let placed: Vec<(Vec<Segment>, Option<Bounds>)> = self
            .windows
            .iter()
            .map(|plan| match plan.since {
                Some(at) => (segments_since(batch.runs, &prepared.filters[at], as_of), None),
                None => {
                    let stretch = bounds(&plan.window, as_of, &self.zone);
                    (self.stretch(&plan.window, as_of, batch.runs), stretch)
                }
            })
            .collect();
        let by_order = self.windows.iter().any(|plan| matches!(plan.window, FoldWindow::ByOrder { .. }));
        let orders = match by_order {
            true => {
                let keys = event_column(&batch.runs.batch, column::ORDER_KEY)?;
                Some(OrderDates::new(batch, keys.as_primitive::<Int64Type>()))
            }
            false => None,
        };
        let lifetime = match by_order {
            true => self.stretch(&FoldWindow::Lifetime, as_of, batch.runs),
            false => Vec::new(),
        };
        let mut ranked: Vec<(&Rc<Rows>, usize, Vec<Segment>)> = Vec::new();
        for (indicator, (channel, window)) in self.indicators.iter().zip(&self.uses) {
            let (segments, stretch) = &placed[*window];
            let channel = &prepared.channels[*channel];
            let state = match (&self.windows[*window].window, &orders) {
                (FoldWindow::ByOrder { .. }, Some(orders)) => {
                    // Which rows count is the channel's to say; all up to the instant may.
                    let narrowed = match stretch {
                        Some(stretch) => channel.by_order(orders, stretch),
                        None => channel.by_order_since(orders, batch.runs, segments),
                    };
                    let lifetime = among(&narrowed.rows, &lifetime);
                    update(&indicator.aggregate, &narrowed, batch, &lifetime, *stretch, as_of, kept)?
                }
                _ => {
                    let known = |(rows, at, _): &(&Rc<Rows>, usize, _)| {
                        Rc::ptr_eq(rows, &channel.rows) && at == window
                    };
                    let at = ranked.iter().position(known).unwrap_or_else(|| {
                        ranked.push((&channel.rows, *window, among(&channel.rows, segments)));
                        ranked.len() - 1
                    });
                    update(&indicator.aggregate, channel, batch, &ranked[at].2, *stretch, as_of, kept)?
                }
            };
            take(indicator, state)?;
        }
        Ok(())
    }

    pub(super) fn stretch(&self, window: &FoldWindow, as_of: AsOf, runs: &Runs) -> Vec<Segment> {
        match bounds(window, as_of, &self.zone) {
            Some(bounds) => segments(runs, &bounds),
            None => vec![(0, 0); runs.len()],
        }
    }
}

/// Whoever folds has to read the facts first.
fn no_facts() -> ArrowError {
    ArrowError::ComputeError("the fold was not given the facts that it needs".into())
}

/// The values of an expression; what reads an amount that could not be converted fails on that row.
fn evaluate(expression: &Expression, events: &RecordBatch, unconverted: &[u32]) -> Evaluated {
    let mut evaluated = expression.evaluate(events);
    if !unconverted.is_empty() && expression.references().contains(column::AMOUNT) {
        evaluated.faults.extend_from_slice(unconverted);
        evaluated.faults.sort_unstable();
        evaluated.faults.dedup();
    }
    evaluated
}

/// The column itself, where an argument is one column of few texts: it need not be written out.
fn bare_text<'a>(expression: &Expression, batch: &'a RecordBatch) -> Option<&'a ArrayRef> {
    let name = expression.references().first()?;
    let is_bare = expression.sql() == name || expression.sql() == quote_name(name);
    let column =
        batch.column_by_name(name).filter(|_| is_bare && expression.data_type() == &DataType::Utf8)?;
    few_texts(column.data_type(), column.as_ref()).then_some(column)
}
