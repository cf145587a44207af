//! Cross tables (交叉决策表), compiled: the band of each axis, and what stands where they meet.

use gradus_model::document::{CrossAxis, CrossBand, CrossTable, Outcome, Undecided};
use gradus_model::{Finding, Place, Text};
use jiff::civil::Date;

use super::compile::Compiler;
use super::frame::{Column, Faults, Frame};
use super::matcher::{Hits, Matcher, Prepared, RowSource};
use super::outcome::{Computed, Given, Giving, Outcomes};

#[derive(Debug, Clone)]
pub(crate) struct Cross {
    pub name: String,
    pub title: Text,
    pub rows: Axis,
    pub columns: Axis,
    /// Row after row; the last is what is given where an axis has no band.
    pub outcomes: Outcomes,
    undecided: Undecided,
}

#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub matcher: Matcher,
    pub titles: Vec<Option<Text>>,
}

/// Which bands of an axis a customer may be in: several where it cannot be told.
pub(crate) type Bands = Vec<Option<usize>>;

pub(crate) fn compile_cross(compiler: &mut Compiler<'_>, name: &str, table: &CrossTable) -> Option<Cross> {
    let place = compiler.root().key("cross_tables").key(name);
    let (n_rows, n_columns) = (table.rows.bands.len(), table.columns.bands.len());
    let even = table.cells.len() == n_rows && table.cells.iter().all(|row| row.len() == n_columns);
    if !even || n_rows == 0 || n_columns == 0 {
        let what = Text::new(
            format!("行轴 {n_rows} 档、列轴 {n_columns} 档，cells 却不是 {n_rows} 行、每行 {n_columns} 个"),
            format!(
                "the axes have {n_rows} and {n_columns} bands, and `cells` is not {n_rows} rows of {n_columns}"
            ),
        );
        let right = Text::new(
            "cells[行][列]，每个交叉处一个值",
            "`cells[row][column]`, one value where two bands meet",
        );
        compiler.findings.push(Finding::error("cross-size", place.key("cells"), what, right));
        return None;
    }
    let rows = axis(compiler, &table.rows, &place.key("rows"));
    let columns = axis(compiler, &table.columns, &place.key("columns"));
    let mut given: Vec<(&Outcome, Place)> = Vec::with_capacity(n_rows * n_columns + 1);
    for (row, cells) in table.cells.iter().enumerate() {
        let at = place.key("cells").index(row);
        given.extend(cells.iter().enumerate().map(|(column, cell)| (cell, at.index(column))));
    }
    let nothing = Outcome::Value(serde_json::Value::Null);
    given.push((table.otherwise.as_ref().unwrap_or(&nothing), place.key("otherwise")));
    let outcomes = Outcomes::compile(compiler, &given, &place.key("cells"))?;
    let title = table.title.clone().unwrap_or_else(|| Text::plain(name));
    let (rows, columns, undecided) = (rows?, columns?, table.undecided);
    Some(Cross { name: name.to_string(), title, rows, columns, outcomes, undecided })
}

fn axis<'a>(compiler: &mut Compiler<'_>, axis: &'a CrossAxis, place: &Place) -> Option<Axis> {
    let source = |(index, band): (usize, &'a CrossBand)| RowSource {
        when: &band.when,
        condition: None,
        from: None,
        until: None,
        place: place.key("bands").index(index),
    };
    let sources: Vec<RowSource<'a>> = axis.bands.iter().enumerate().map(source).collect();
    let matcher = Matcher::compile(compiler, &axis.inputs, &sources, place)?;
    Some(Axis { matcher, titles: axis.bands.iter().map(|band| band.title.clone()).collect() })
}

impl Cross {
    pub(crate) fn evaluate(&self, frame: &mut Frame, as_of: Date) -> Column {
        let rows = self.rows.matcher.prepare(frame, as_of);
        let columns = self.columns.matcher.prepare(frame, as_of);
        let computed = self.outcomes.compute(frame);
        let mut giving = Giving::new(self.outcomes.kind, frame.rows);
        let mut faults = Faults::new();
        for customer in 0..rows.customers() {
            match self.bands(&rows, &columns, customer, &mut faults) {
                None => giving.push(Given::Failed),
                Some((row, column)) => {
                    giving.push(self.given(&row, &column, customer, &computed, &mut faults));
                }
            }
        }
        faults.iter().for_each(|(path, n)| frame.fault(path, *n));
        giving.finish()
    }

    /// True if something is given where an axis has no band.
    pub(crate) fn has_otherwise(&self) -> bool {
        let last = self.rows.titles.len() * self.columns.titles.len();
        !matches!(self.outcomes.constant(last), Some(Given::Nothing))
    }

    /// The bands of both axes; none if an input failed.
    pub(crate) fn bands(
        &self,
        rows: &Prepared<'_>,
        columns: &Prepared<'_>,
        customer: usize,
        faults: &mut Faults,
    ) -> Option<(Bands, Bands)> {
        if rows.failed(customer) || columns.failed(customer) {
            return None;
        }
        let mut of = |axis: &Prepared<'_>| -> Bands {
            let mut hits = Hits::default();
            axis.hits(customer, true, &mut hits, faults);
            let mut bands: Bands = match self.undecided {
                Undecided::Unknown => hits.perhaps.iter().map(|band| Some(*band as usize)).collect(),
                Undecided::DoesNotHold => Vec::new(),
            };
            bands.push(hits.sure.first().map(|band| *band as usize));
            bands
        };
        Some((of(rows), of(columns)))
    }

    /// What is given, if it is the same wherever the customer may be.
    pub(crate) fn given<'v>(
        &'v self,
        rows: &Bands,
        columns: &Bands,
        customer: usize,
        computed: &'v Computed,
        faults: &mut Faults,
    ) -> Given<'v> {
        let width = self.columns.titles.len();
        let nowhere = self.rows.titles.len() * width;
        let mut only: Option<Given<'v>> = None;
        for row in rows {
            for column in columns {
                let at = match (row, column) {
                    (Some(row), Some(column)) => row * width + column,
                    _ => nowhere,
                };
                let given = match self.outcomes.value(at, customer, computed, faults) {
                    Given::Nothing if at == nowhere => Given::Unknown,
                    given => given,
                };
                match only {
                    None => only = Some(given),
                    Some(before) if before == given => {}
                    Some(_) => return Given::Unknown,
                }
            }
        }
        only.unwrap_or(Given::Unknown)
    }
}
