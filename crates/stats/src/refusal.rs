//! Why the mathematics declines data: a value, so that whoever asked can say it in their own words and
//! name the column. A method that ran, but whose result needs care, gives a status instead.

/// What is wrong with data or parameters, before anything is computed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("there is nothing to learn from")]
    Empty,
    #[error("{what}: {found} entries where {wanted} are wanted")]
    Lengths { what: &'static str, wanted: usize, found: usize },
    /// Columns and rows are counted from 0.
    #[error("column {column}, row {row} is not a finite number")]
    NotFinite { column: usize, row: usize },
    #[error("every outcome is the same")]
    OneClass,
    #[error("every value is the same")]
    Constant,
    #[error("{wanted} groups of only {distinct} different points")]
    TooFewDistinct { wanted: usize, distinct: usize },
    #[error("{parameter} must be {wanted}")]
    Parameter { parameter: &'static str, wanted: &'static str },
    #[error("no division meets all conditions")]
    Infeasible,
}

/// All columns are as long as the first asked for and finite.
pub(crate) fn finite_columns(columns: &[&[f64]], n: usize) -> Result<(), Refusal> {
    for (column, values) in columns.iter().enumerate() {
        lengths("a column", n, values.len())?;
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return Err(Refusal::NotFinite { column, row });
        }
    }
    Ok(())
}

/// Both numbers of entries agree.
pub(crate) fn lengths(what: &'static str, wanted: usize, found: usize) -> Result<(), Refusal> {
    if wanted == found { Ok(()) } else { Err(Refusal::Lengths { what, wanted, found }) }
}

/// A parameter is what it must be.
pub(crate) fn parameter(holds: bool, parameter: &'static str, wanted: &'static str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::Parameter { parameter, wanted }) }
}
