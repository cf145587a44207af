//! Sources (数据源): where rows come from, with their mapping and cleaning rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Named, Number, Sql};
use crate::Text;
use crate::event_stream::FieldType;

/// A source document. Mapping expressions are SQL over the columns of the file, all of them text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Format number of this document: 1.
    pub gradus: u32,
    #[serde(default)]
    pub title: Text,
    /// File names that belong to this source, as globs: `orders_*.csv`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// How the files are read, where sniffing should not decide: encoding, delimiter, sheet ...
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub read: serde_json::Map<String, serde_json::Value>,
    /// A back-load of the past: known time is the event time unless `known` is mapped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
    /// Columns that together make the event id, where the source has a key. The hash of the parsed
    /// row with its occurrence number among equal rows of the file if left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// The rows are reference data (参考数据): what each product, store or campaign is from a date on. The
    /// name is that of the reference; a field of events that says `reference: NAME` holds its keys, and
    /// formulas then read `field.category`. `rates` are exchange rates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default)]
    pub mapping: Mapping,
    /// Fields of the event stream, or of the reference, that this source fills.
    #[serde(default)]
    pub fields: Named<FieldDeclaration>,
    /// Kinds of event that this source gives, where one has a title or a purpose of its own.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub kinds: Named<KindDeclaration>,
    #[serde(default)]
    pub cleaning: Cleaning,
}

/// How a row becomes one event, or one fact of a reference.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Whose event it is; the first that is given is the identity under which the event arrives,
    /// all that are given in one row are linked.
    #[serde(default)]
    pub identity: Vec<IdentityMapping>,
    /// The kind of event: a quoted text, or an expression. Reference data have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Sql>,
    /// For reference data: the product, store or campaign that the row is about; for `rates` the currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Sql>,
    /// For `rates`: what one unit of the currency is worth in the workspace's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Sql>,
    /// For `rates`: how many units the rate is for, where it is not one: `'100'`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Sql>,
    /// When it happened: an expression that gives a text, read by `cleaning.dates`. Left out for
    /// undated attributes of a back-load. For reference data: from when on it holds; what is undated
    /// always holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Sql>,
    /// When it became known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Sql>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Sql>,
    /// Lines of the order: type and whether they count as spend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineMapping>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Sql>,
    /// The workspace's currency if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Sql>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Sql>,
    /// The sender's own id of the message, where there is one: it makes the event id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<Sql>,
    /// Names the event that this row retracts: by its message id or its one key column; or an
    /// expression that is true on rows that retract the event with their own key or content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retracts: Option<Sql>,
    /// Free text about or by the customer: goes to the vault and nowhere else.
    #[serde(default)]
    pub private: Named<Sql>,
    /// Rows for which this holds are not events at all: skipped and counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Sql>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityMapping {
    pub kind: IdentityKind,
    /// For `external`: whose ids they are, so that two systems' ids do not meet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    pub value: Sql,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// The company's own customer number.
    Id,
    Phone,
    Email,
    /// The id of another system.
    External,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineMapping {
    /// An expression that gives `product`, `service` or `adjustment`.
    #[serde(rename = "type")]
    pub line_type: Sql,
    /// Whether the line counts as spend: an expression that is true or false. Product and service
    /// lines count if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend: Option<Sql>,
}

/// A field that the source fills: type, purpose and the expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDeclaration {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(rename = "type")]
    pub field_type: FieldType,
    pub value: Sql,
    /// What the field may be used for, `service` if left out; consent masks by it.
    #[serde(default = "service")]
    pub purpose: String,
    /// The reference whose keys the field holds: formulas then read `field.category` and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Values that look like a telephone number, an address of mail or a card number are none: codes
    /// that only look so. Without this they go to the vault and not to the ledger.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub identifies_nobody: bool,
}

/// A kind of event: what it is called, and what its events may be used for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KindDeclaration {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// `service` if left out; consent masks by it.
    #[serde(default = "service")]
    pub purpose: String,
}

fn service() -> String {
    super::SERVICE.into()
}

/// Cleaning rules of a source.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cleaning {
    /// Date forms tried in order: strptime, such as `%d/%m/%Y %H:%M`, or `iso`, `excel` (serial
    /// days; of old Macs `excel_1904`), `unix`, `unix_ms`. If left out, ISO 8601 and its year-first relatives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<String>,
    /// IANA zone of dates without one. The workspace's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Events before or after these local dates are refused; if left out, those before 1900 and after 2199.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<String>,
    /// Digits after the point are rounded half away from zero to four; refused if false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_amounts: Option<bool>,
    /// The decimal sign is a comma, and points group digits: `1.234,50`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decimal_comma: bool,
    /// Texts that mean "not given", besides the empty one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub null_texts: Vec<String>,
    /// Region codes: a field whose values are brought to a standard form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub region_fields: Vec<String>,
    #[serde(default)]
    pub outliers: Named<OutlierRule>,
}

/// Outliers of one column (`amount`, `quantity` or a field): flagged, capped or refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutlierRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
    #[serde(default)]
    pub then: OutlierAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutlierAction {
    /// Counted in the quality report and kept as it is.
    #[default]
    Flag,
    /// Brought to the limit and counted.
    Cap,
    /// Refused: the row goes to quarantine.
    Refuse,
}
