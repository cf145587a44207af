//! Quality of an import (数据质量) and its reconciliation (对账): what was read, what became of it,
//! and what changed since the last time.

mod measure;
mod reconciliation;
mod render;
mod report;

pub use measure::{Distinct, Measure};
pub use reconciliation::{Amounts, Appended, MoneyLine, Reconciliation, RowLines};
pub use report::{Change, ColumnQuality, NumberQuality, Profile, QualityReport, Timeliness};

#[cfg(test)]
mod tests;
