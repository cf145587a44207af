//! The quality report of an import: completeness, validity, uniqueness, timeliness, and the change
//! against the last import of the same source.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type, TimestampMicrosecondType};
use gradus_model::event_stream::{UNDATED, column};
use gradus_model::{Finding, Findings, Place, Text};
use serde::{Deserialize, Serialize};

use super::measure::{Distinct, DistinctCounter, Measure, Spread};
use crate::clean::personal;
use crate::clean::{CleanBatch, Notes, RefusalCode, Tally};
use crate::collect::RawBatch;

/// A change in a share that is worth telling, in percentage points.
const SHARE_SHIFT: f64 = 0.10;
/// A change in a median or a number of rows that is worth telling, as a factor.
const FACTOR_SHIFT: f64 = 2.0;

/// One column of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnQuality {
    pub column: String,
    /// Rows where it holds something.
    pub given: u64,
    pub distinct: Distinct,
}

/// One number of the events: amount, quantity or a declared field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberQuality {
    pub column: String,
    #[serde(flatten)]
    pub measure: Measure,
}

/// When the events happened and became known; microseconds UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timeliness {
    pub first: Option<i64>,
    pub last: Option<i64>,
    /// From the last event to the import; negative if events are dated in the future.
    pub lag_to_import: Option<i64>,
    /// From an event to its becoming known, the mean over all dated events.
    pub mean_lag_to_known: Option<i64>,
    /// Events dated after the import: they wait until they are due.
    pub in_the_future: u64,
}

/// What differs from the last import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// `rows`, `given`, `refused`, `median`, `new-column`, `missing-column`.
    pub what: String,
    /// The column, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    pub before: f64,
    pub now: f64,
}

/// The quality of one import.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct QualityReport {
    pub source: String,
    /// Microseconds UTC.
    pub imported_at: i64,
    /// Rows that were rows; those that could not be read are in the reconciliation.
    pub rows: u64,
    pub columns: Vec<ColumnQuality>,
    pub refused: BTreeMap<RefusalCode, u64>,
    pub numbers: Vec<NumberQuality>,
    pub timeliness: Timeliness,
    pub notes: Notes,
    /// Against the last import, where there was one.
    #[serde(default)]
    pub changes: Vec<Change>,
}

/// Collects what a report needs, batch by batch.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    columns: Vec<(String, u64, DistinctCounter)>,
    numbers: BTreeMap<String, Spread>,
    rows: u64,
    dated: u64,
    first: Option<i64>,
    last: Option<i64>,
    lag_to_known: i128,
    in_the_future: u64,
}

impl Profile {
    pub fn new() -> Profile {
        Profile::default()
    }

    /// Looks at one batch as it was read and as it was cleaned.
    pub fn observe(&mut self, raw: &RawBatch, clean: &CleanBatch, imported_at: i64) {
        self.rows += raw.rows.num_rows() as u64;
        for (name, values) in raw.columns.iter().zip(raw.rows.columns()) {
            let place = match self.columns.iter().position(|(column, _, _)| column == name) {
                Some(place) => place,
                None => {
                    self.columns.push((name.clone(), 0, DistinctCounter::default()));
                    self.columns.len() - 1
                }
            };
            let (Some((_, given, distinct)), Some(texts)) =
                (self.columns.get_mut(place), values.as_string_opt::<i32>())
            else {
                continue;
            };
            *given += (texts.len() - texts.null_count()) as u64;
            let mut last = None;
            for text in texts.iter().flatten() {
                // Sorted files repeat their values.
                if last != Some(text) {
                    distinct.see(text);
                    last = Some(text);
                }
            }
        }
        self.numbers(clean);
        self.times(clean, imported_at);
    }

    fn numbers(&mut self, clean: &CleanBatch) {
        let schema = clean.events.schema();
        for (field, values) in schema.fields().iter().zip(clean.events.columns()) {
            let name = field.name();
            if matches!(name.as_str(), column::IDENTITY | column::ORDER_KEY)
                || values.null_count() == values.len()
            {
                continue;
            }
            match field.data_type() {
                DataType::Decimal128(_, _) => {
                    let Some(values) = values.as_primitive_opt::<Decimal128Type>() else { continue };
                    let spread = self.numbers.entry(name.clone()).or_default();
                    for (row, value) in clean.rows.iter().zip(values.iter()) {
                        if let Some(units) = value.and_then(|value| i64::try_from(value).ok()) {
                            spread.see(*row, units);
                        }
                    }
                }
                DataType::Int64 => {
                    let Some(values) = values.as_primitive_opt::<Int64Type>() else { continue };
                    let spread = self.numbers.entry(name.clone()).or_default();
                    for (row, value) in clean.rows.iter().zip(values.iter()) {
                        if let Some(units) = value.and_then(|value| value.checked_mul(10_000)) {
                            spread.see(*row, units);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn times(&mut self, clean: &CleanBatch, imported_at: i64) {
        let instants = |name: &str| {
            clean.events.column_by_name(name).and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>())
        };
        let (Some(times), Some(known)) = (instants(column::TIME), instants(column::KNOWN)) else { return };
        for (time, known) in times.values().iter().zip(known.values()).filter(|(time, _)| **time != UNDATED) {
            self.dated += 1;
            self.first = Some(self.first.map_or(*time, |first| first.min(*time)));
            self.last = Some(self.last.map_or(*time, |last| last.max(*time)));
            self.lag_to_known += i128::from(*known) - i128::from(*time);
            self.in_the_future += u64::from(*time > imported_at);
        }
    }

    /// The report; `last` is that of the last import of the same source.
    pub fn report(
        &self,
        source: &str,
        imported_at: i64,
        tally: &Tally,
        last: Option<&QualityReport>,
    ) -> QualityReport {
        let columns = self
            .columns
            .iter()
            .map(|(name, given, distinct)| ColumnQuality {
                column: name.clone(),
                given: *given,
                distinct: distinct.distinct(),
            })
            .collect();
        let numbers = self
            .numbers
            .iter()
            .filter_map(|(name, spread)| {
                Some(NumberQuality { column: name.clone(), measure: spread.measure()? })
            })
            .collect();
        let mut report = QualityReport {
            source: source.to_string(),
            imported_at,
            rows: self.rows,
            columns,
            refused: tally.refused_by_code.clone(),
            numbers,
            timeliness: Timeliness {
                first: self.first,
                last: self.last,
                lag_to_import: self.last.and_then(|last| imported_at.checked_sub(last)),
                mean_lag_to_known: (self.dated > 0)
                    .then(|| i64::try_from(self.lag_to_known / i128::from(self.dated)).unwrap_or(i64::MAX)),
                in_the_future: self.in_the_future,
            },
            notes: tally.notes.clone(),
            changes: Vec::new(),
        };
        if let Some(last) = last {
            report.changes = report.changes_since(last);
        }
        report
    }
}

impl QualityReport {
    /// The share of rows in which a column holds something.
    pub fn completeness(&self, column: &ColumnQuality) -> f64 {
        share(column.given, self.rows)
    }

    /// The share of rows that cleaning did not refuse.
    pub fn validity(&self) -> f64 {
        1.0 - share(self.refused.values().sum(), self.rows)
    }

    /// What differs enough from the last import to be told.
    fn changes_since(&self, last: &QualityReport) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut tell = |what: &str, column: Option<&str>, before: f64, now: f64| {
            changes.push(Change { what: what.to_string(), column: column.map(str::to_string), before, now });
        };
        if last.rows > 0 && far(last.rows as f64, self.rows as f64) {
            tell("rows", None, last.rows as f64, self.rows as f64);
        }
        let (before, now) = (1.0 - last.validity(), 1.0 - self.validity());
        if (before - now).abs() >= SHARE_SHIFT / 2.0 {
            tell("refused", None, before, now);
        }
        for column in &self.columns {
            match last.columns.iter().find(|other| other.column == column.column) {
                Some(other) => {
                    let (before, now) = (last.completeness(other), self.completeness(column));
                    if (before - now).abs() >= SHARE_SHIFT {
                        tell("given", Some(&column.column), before, now);
                    }
                }
                None => tell("new-column", Some(&column.column), 0.0, self.completeness(column)),
            }
        }
        for other in &last.columns {
            if !self.columns.iter().any(|column| column.column == other.column) {
                tell("missing-column", Some(&other.column), last.completeness(other), 0.0);
            }
        }
        for number in &self.numbers {
            let before = last.numbers.iter().find(|other| other.column == number.column);
            if let Some(before) = before.filter(|before| far(before.measure.median, number.measure.median)) {
                tell("median", Some(&number.column), before.measure.median, number.measure.median);
            }
        }
        changes
    }

    /// What a person should look at, as findings at the file.
    pub fn findings(&self, place: &Place) -> Findings {
        let mut findings = Findings::default();
        for (field, n) in &self.notes.personal_values {
            findings.push(Finding::warning(
                "field-looks-personal",
                place.key("fields").key(field),
                Text::new(
                    format!("{n} 个值像手机号、邮箱、证件号或银行卡号；它们只进了保险库，字段在这些行上为空"),
                    format!(
                        "{n} values look like telephone, identity or card numbers or addresses of mail; \
                         they went to the vault alone, and the field is empty on those rows"
                    ),
                ),
                personal::right(),
            ));
        }
        // Some codes look like telephones by chance; a column of nothing else is probably one of them.
        if self.notes.personal_orders > 0 && self.notes.personal_orders * 2 >= self.notes.orders {
            let n = self.notes.personal_orders;
            findings.push(Finding::warning(
                "order-looks-personal",
                place.key("mapping").key("order"),
                Text::new(
                    format!("{n} 个订单号像手机号；订单号以明文进入账本"),
                    format!("{n} order numbers look like telephone numbers; orders stand in the ledger as they are"),
                ),
                Text::new("映射真正的订单号列，不要映射电话列", "the column of order numbers, not that of telephones"),
            ));
        }
        for change in &self.changes {
            let column = change.column.as_deref().unwrap_or("");
            let (zh, en) = match change.what.as_str() {
                "rows" => ("行数".to_string(), "the number of rows".to_string()),
                "refused" => ("被拒行的比例".to_string(), "the share of refused rows".to_string()),
                "given" => (format!("“{column}”的填写比例"), format!("how often “{column}” is given")),
                "median" => (format!("“{column}”的中位数"), format!("the median of “{column}”")),
                "new-column" => (
                    format!("“{column}”是新列，填写比例"),
                    format!("“{column}” is a new column; how often it is given"),
                ),
                _ => (
                    format!("“{column}”列不见了，填写比例"),
                    format!("the column “{column}” is gone; how often it was given"),
                ),
            };
            let (before, now) = (number(change.before), number(change.now));
            findings.push(Finding::warning(
                "quality-changed",
                place.clone(),
                Text::new(
                    format!("与上次导入相比，{zh}由 {before} 变为 {now}"),
                    format!("since the last import, {en} went from {before} to {now}"),
                ),
                Text::new(
                    "确认是业务变化，而不是导出有误",
                    "make sure that business changed and not the export",
                ),
            ));
        }
        findings
    }
}

/// At most four digits after the point.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn far(before: f64, now: f64) -> bool {
    if before == 0.0 || now == 0.0 {
        return before != now;
    }
    (before < 0.0) != (now < 0.0) || now / before >= FACTOR_SHIFT || before / now >= FACTOR_SHIFT
}
