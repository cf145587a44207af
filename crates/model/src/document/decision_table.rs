//! Decision tables (决策表): rows of conditions over inputs, and what each row gives. Words, hit policies
//! and cells are DMN's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Named, Sql};
use crate::Text;

/// A table whose rows are tried against the inputs. With one output its result has the table's name,
/// with several each is called `TABLE_OUTPUT`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionTable {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Which of the rows that are hit count.
    #[serde(default)]
    pub hit: TableHit,
    /// What the cells test, in the order of the cells.
    #[serde(default)]
    pub inputs: Named<TableInput>,
    /// What a row gives, in the order of `then`.
    pub outputs: Named<TableOutput>,
    pub rows: Vec<TableRow>,
    /// What a cell or condition does that cannot be told because something is unknown.
    #[serde(default, skip_serializing_if = "Undecided::is_default")]
    pub undecided: Undecided,
}

/// Which of the rows that are hit count: DMN's hit policies, with their letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableHit {
    /// U: at most one row is hit. Two are a fault.
    #[default]
    Unique,
    /// A: the rows that are hit all give the same. Otherwise a fault.
    Any,
    /// P: of the rows that are hit the one whose output comes first in `values`.
    Priority,
    /// F: the first row that is hit, as written.
    First,
    /// R: all rows that are hit, in the order of the table, as a JSON array.
    RuleOrder,
    /// O: all rows that are hit, in the order of `values`, as a JSON array.
    OutputOrder,
    /// C: all rows that are hit, as a JSON array.
    Collect,
    /// C+: the sum of what they give.
    CollectSum,
    /// C<: the least.
    CollectMin,
    /// C>: the greatest.
    CollectMax,
    /// C#: how many rows are hit.
    CollectCount,
}

/// A column of cells and what it tests.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableInput {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// An indicator, score or outcome, or an expression over them. The name of the input if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Sql>,
    /// The values that may occur, as a cell. Another value is a fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Cell>,
}

/// A column of results.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableOutput {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The values that rows may give, those that come first when hit by priority first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<serde_json::Value>,
    /// What is given when no row is hit. Unknown if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Outcome>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// One cell for each input; all have to hold.
    #[serde(default)]
    pub when: Vec<Cell>,
    /// A condition that has to hold beside the cells.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// One result for each output: a number, a text, true or false; `{ sql: … }` is computed.
    pub then: Vec<Outcome>,
    /// First local date on which the row holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last local date on which the row holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A cell: FEEL unary tests such as `-`, `< 18`, `[18..65)`, `"A", "B"`, `not(null)`, or an SQL
/// condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Cell {
    /// FEEL unary tests (DMN). A text is written in quotes inside the text: `'"gold"'`.
    Feel(String),
    Sql(SqlCell),
}

/// What is given: a constant, or what an expression gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Outcome {
    Sql(SqlCell),
    /// A number, a text, true or false; null gives nothing.
    Value(serde_json::Value),
}

/// An SQL expression in a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlCell {
    pub sql: Sql,
}

/// What happens where a condition cannot be told because something is unknown. FEEL cells can always be
/// told: DMN says what null does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Undecided {
    /// The outcome is unknown, unless it is the same whichever way the condition turns out.
    #[default]
    Unknown,
    /// As if the condition did not hold.
    DoesNotHold,
}

impl Undecided {
    pub fn is_default(&self) -> bool {
        *self == Undecided::default()
    }
}
