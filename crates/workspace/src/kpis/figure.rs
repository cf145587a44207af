//! One figure: how it is worked out of the columns of the graded base.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use gradus_model::Text;
use gradus_stats::quantile::quantiles_f64;

use super::definition::{KpiDefinition, KpiMeasure, KpiUnit, fulfilling};
use super::{KpiFigure, standing};
use crate::base::Base;
use crate::{Workspace, WorkspaceError};

/// A KPI that can be worked out.
pub struct Figure {
    pub name: String,
    pub title: Text,
    pub words: Text,
    pub unit: KpiUnit,
    pub how: How,
    pub own: Option<KpiMeasure>,
    pub trouble: Option<Text>,
}

/// How the figure of some customers is made. Names are those of indicators and scores.
pub enum How {
    /// How many there are.
    Customers,
    Sum(String),
    Mean(String),
    Median(String),
    /// The sum of one over the sum of the other.
    Ratio(String, String),
    /// The sum over how many there are.
    PerCustomer(String),
    /// The sum over that of everybody.
    ShareOfAll(String),
    /// The share of those with a value that lies within.
    Within {
        of: String,
        from: f64,
        to: f64,
        among_from: f64,
    },
    /// The share of those of whom a condition holds; batch by batch, null where it cannot be told.
    Holds(Vec<BooleanArray>),
    /// It cannot be told.
    Nothing,
}

/// Columns as numbers, read once.
pub struct Values<'b> {
    base: &'b Base,
    columns: BTreeMap<String, Vec<Vec<Option<f64>>>>,
}

impl<'b> Values<'b> {
    pub fn new(base: &'b Base) -> Values<'b> {
        Values { base, columns: BTreeMap::new() }
    }

    fn load(&mut self, name: &str) -> Result<(), WorkspaceError> {
        if self.columns.contains_key(name) {
            return Ok(());
        }
        let of = |batch: &RecordBatch| -> Result<Vec<Option<f64>>, WorkspaceError> {
            match batch.column_by_name(name).filter(|column| column.data_type().is_numeric()) {
                Some(column) => {
                    let numbers = cast(column, &DataType::Float64)?;
                    Ok(numbers.as_primitive::<Float64Type>().iter().collect())
                }
                None => Ok(vec![None; batch.num_rows()]),
            }
        };
        let columns = self.base.graded.batches.iter().map(of).collect::<Result<_, _>>()?;
        self.columns.insert(name.to_string(), columns);
        Ok(())
    }

    /// The known values of the members.
    fn of(&mut self, name: &str, members: Option<&[BooleanArray]>) -> Result<Vec<f64>, WorkspaceError> {
        self.load(name)?;
        let mut out = Vec::new();
        for (at, column) in self.columns[name].iter().enumerate() {
            match members {
                None => out.extend(column.iter().flatten()),
                Some(members) => {
                    out.extend(members[at].values().set_indices().filter_map(|row| column[row]));
                }
            }
        }
        Ok(out)
    }
}

/// How many customers the members are.
pub fn count(base: &Base, members: Option<&[BooleanArray]>) -> u64 {
    match members {
        None => base.n_customers() as u64,
        Some(members) => members.iter().map(|batch| batch.values().count_set_bits() as u64).sum(),
    }
}

impl Figure {
    /// One of the operator's own. Where the model has changed under it, it says so and tells nothing.
    pub async fn own(
        workspace: &Workspace,
        base: &Base,
        one: &KpiDefinition,
    ) -> Result<Figure, WorkspaceError> {
        let mut trouble = None;
        let how = match &one.measure {
            KpiMeasure::Share { condition } => match fulfilling(workspace, base, condition).await {
                Ok(Some(holds)) => How::Holds(holds),
                Ok(None) => {
                    trouble = Some(Text::new(
                        "这个条件用到的定义还没有评级过，下一次评级后才有数字",
                        "what this condition reads was never graded; there is a figure after the next grading",
                    ));
                    How::Nothing
                }
                Err(WorkspaceError::Findings(findings)) => {
                    trouble = findings.0.first().map(|finding| finding.what.clone());
                    How::Nothing
                }
                Err(error) => return Err(error),
            },
            KpiMeasure::Sum { indicator }
            | KpiMeasure::Mean { indicator }
            | KpiMeasure::Median { indicator }
                if !is_number(base, indicator) =>
            {
                trouble = Some(Text::new(
                    format!("现行模型里没有数值指标「{indicator}」"),
                    format!("the model in force has no number “{indicator}”"),
                ));
                How::Nothing
            }
            KpiMeasure::Sum { indicator } => How::Sum(indicator.clone()),
            KpiMeasure::Mean { indicator } => How::Mean(indicator.clone()),
            KpiMeasure::Median { indicator } => How::Median(indicator.clone()),
        };
        Ok(Figure {
            name: one.name.clone(),
            title: one.title.clone(),
            words: standing::words(&base.model, &one.measure),
            unit: one.unit,
            how,
            own: Some(one.measure.clone()),
            trouble,
        })
    }

    /// The figure of some customers, `all` being everybody who is counted.
    pub fn of(
        &self,
        values: &mut Values<'_>,
        members: Option<&[BooleanArray]>,
        all: Option<&[BooleanArray]>,
    ) -> Result<KpiFigure, WorkspaceError> {
        let n = count(values.base, members);
        let known = |value: Option<f64>, n: u64| KpiFigure { value, n_customers: n };
        let over = |above: f64, below: f64| (below != 0.0).then(|| above / below);
        Ok(match &self.how {
            How::Nothing => KpiFigure::default(),
            How::Customers => known(Some(n as f64), n),
            How::Sum(name) => {
                let numbers = values.of(name, members)?;
                known((!numbers.is_empty()).then(|| numbers.iter().sum()), numbers.len() as u64)
            }
            How::Mean(name) => {
                let numbers = values.of(name, members)?;
                known(over(numbers.iter().sum(), numbers.len() as f64), numbers.len() as u64)
            }
            How::Median(name) => {
                let numbers = values.of(name, members)?;
                let median = quantiles_f64(&[&numbers], 2).unwrap_or_default().get(1).copied();
                known(median.filter(|_| !numbers.is_empty()), numbers.len() as u64)
            }
            How::Ratio(above, below) => {
                let below = values.of(below, members)?;
                let n_customers = below.len() as u64;
                known(over(values.of(above, members)?.iter().sum(), below.iter().sum::<f64>()), n_customers)
            }
            How::PerCustomer(name) => {
                let numbers = values.of(name, members)?;
                known(over(numbers.iter().sum(), n as f64), n)
            }
            How::ShareOfAll(name) => {
                let own: f64 = values.of(name, members)?.iter().sum();
                known(over(own, values.of(name, all)?.iter().sum()), n)
            }
            How::Within { of, from, to, among_from } => {
                let numbers = values.of(of, members)?;
                let among = numbers.iter().filter(|number| **number >= *among_from).count();
                let within = numbers.iter().filter(|number| (*from..=*to).contains(*number)).count() as u64;
                known(over(within as f64, among as f64), within)
            }
            How::Holds(holds) => {
                let (mut fulfil, mut told) = (0u64, 0u64);
                for (at, holds) in holds.iter().enumerate() {
                    let mut count = |row: usize| {
                        told += u64::from(holds.is_valid(row));
                        fulfil += u64::from(holds.is_valid(row) && holds.value(row));
                    };
                    match members {
                        None => (0..holds.len()).for_each(&mut count),
                        Some(members) => members[at].values().set_indices().for_each(&mut count),
                    }
                }
                known(over(fulfil as f64, told as f64), fulfil)
            }
        })
    }

    /// Who stands behind it, batch by batch: as many as the figure says.
    pub fn counted(&self, values: &mut Values<'_>) -> Result<Vec<BooleanArray>, WorkspaceError> {
        let base = values.base;
        let every = |keep: bool| -> Vec<BooleanArray> {
            let of = |batch: &RecordBatch| {
                let rows = batch.num_rows();
                let bits = if keep { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) };
                BooleanArray::new(bits, None)
            };
            base.graded.batches.iter().map(of).collect()
        };
        let mut column = |name: &str,
                          keep: &dyn Fn(f64) -> bool|
         -> Result<Vec<BooleanArray>, WorkspaceError> {
            values.load(name)?;
            let of =
                |column: &Vec<Option<f64>>| column.iter().map(|one| Some(one.is_some_and(keep))).collect();
            Ok(values.columns[name].iter().map(of).collect())
        };
        match &self.how {
            How::Nothing => Ok(every(false)),
            How::Customers | How::PerCustomer(_) | How::ShareOfAll(_) => Ok(every(true)),
            How::Sum(name) | How::Mean(name) | How::Median(name) | How::Ratio(_, name) => {
                column(name, &|_| true)
            }
            How::Within { of, from, to, .. } => column(of, &|one| (*from..=*to).contains(&one)),
            How::Holds(holds) => {
                let of = |one: &BooleanArray| {
                    (0..one.len()).map(|row| Some(one.is_valid(row) && one.value(row))).collect()
                };
                Ok(holds.iter().map(of).collect())
            }
        }
    }
}

/// True if the base has a column of this name that holds numbers.
pub fn is_number(base: &Base, name: &str) -> bool {
    use gradus_grading::grade::OutputKind::{Indicator, Prediction, PredictionPart, Score};
    let shown = base.graded.columns.iter().any(|column| {
        column.name == name && matches!(column.kind, Indicator | Prediction | PredictionPart | Score)
    });
    let column = base.graded.batches.first().and_then(|batch| batch.column_by_name(name));
    shown && column.is_none_or(|column| column.data_type().is_numeric())
}
