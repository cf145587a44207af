//! What comes out of stage B: its columns, in order.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_model::Text;

use super::CUSTOMER;
use super::definition::{Kind, taken};
use super::fit::{Fit, Fits};
use super::frame::{Faults, Frame};
use super::keep::{HOLDS, MOVEMENTS};
use super::node::Node;
use super::prediction::fit_key;
use super::remembered::memory_columns;
use super::stage::StageB;

/// What a column of the output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    Customer,
    Indicator,
    /// What a prediction gives under its own name.
    Prediction,
    /// What it gives beside.
    PredictionPart,
    Score,
    ScoreLow,
    ScoreHigh,
    Completeness,
    /// What a rule gives: a rule set, decision table, cross table, tree, flow or step of one.
    RuleSet,
    Tier,
    TierProvisional,
    TierReason,
    /// Of a scheme that remembers: since when the customer is in the scheme.
    TierEntered,
    /// Since when in the level.
    TierSince,
    /// How the customer came there.
    TierMoved,
    /// Since when the value is below the level.
    TierBelow,
    /// Why the level stands nevertheless.
    TierHeld,
    /// The first review at which that can change.
    TierUntil,
    Grouping,
    Segment,
}

/// A column of the output.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    /// The definition that it belongs to: `value` for `value_low`.
    pub of: String,
    pub kind: OutputKind,
    pub title: Text,
    /// Names and titles of what the column may say, lowest level first; empty if open.
    pub values: Vec<(String, Text)>,
}

/// Graded customers.
#[derive(Debug, Clone)]
pub struct Graded {
    /// `customer` (Int64), indicators, formulas, and for each definition:
    /// score `s`: Decimal128(18,4), null where it is an interval; `s_low`, `s_high` the interval;
    /// `s_completeness` the share of the weight that is known. Rule set: Decimal128(18,4) or Utf8.
    /// Tier `t`: dictionary of level names, null where not graded; the lowest possible level where
    /// the interval spans several, `t_provisional` true; `t_reason` why there is none
    /// ([`super::NotGradedReason`]). Of a scheme that remembers also `t_entered`, `t_since`, `t_below_since`,
    /// `t_until` (Date32), `t_moved` ([`super::Movement`]) and `t_held` ([`super::Held`]). Grouping: dictionary of names. Segment: Boolean, null where it
    /// cannot be told.
    pub batch: RecordBatch,
    /// How many rows failed, by the path of the expression.
    pub faults: Faults,
}

impl StageB {
    /// The columns of the output, in order.
    pub fn output_columns(&self) -> Vec<OutputColumn> {
        let column =
            |name: &str, of: &str, kind: OutputKind, title: &Text, values: &[(String, Text)]| OutputColumn {
                name: name.to_string(),
                of: of.to_string(),
                kind,
                title: title.clone(),
                values: values.to_vec(),
            };
        let customer = Text::new("客户", "customer");
        let mut columns = vec![column(CUSTOMER, CUSTOMER, OutputKind::Customer, &customer, &[])];
        for (name, title) in &self.indicators {
            columns.push(column(name, name, OutputKind::Indicator, title, &[]));
        }
        for node in &self.nodes {
            match node {
                Node::Formula { name, title, .. } => {
                    columns.push(column(name, name, OutputKind::Indicator, title, &[]))
                }
                Node::Prediction(prediction) => {
                    for (own, given) in prediction.columns() {
                        let (title, values) = (&given.title, &given.values);
                        columns.push(column(&own, &prediction.name, given.kind, title, values));
                    }
                }
                Node::Card(card) => {
                    let kinds = [
                        OutputKind::Score,
                        OutputKind::ScoreLow,
                        OutputKind::ScoreHigh,
                        OutputKind::Completeness,
                    ];
                    for (own, kind) in taken(Kind::Score, &card.name).iter().zip(kinds) {
                        columns.push(column(
                            own,
                            &card.name,
                            kind,
                            &score_title(&card.title, &card.name, own),
                            &[],
                        ));
                    }
                }
                Node::Rules(rules) => {
                    columns.push(column(&rules.name, &rules.name, OutputKind::RuleSet, &rules.title, &[]))
                }
                Node::Table(table) => {
                    for (own, _, title) in table.columns() {
                        columns.push(column(&own, &table.name, OutputKind::RuleSet, &title, &[]));
                    }
                }
                Node::Cross(cross) => {
                    columns.push(column(&cross.name, &cross.name, OutputKind::RuleSet, &cross.title, &[]))
                }
                Node::Tree(tree) => {
                    columns.push(column(&tree.name, &tree.name, OutputKind::RuleSet, &tree.title, &[]))
                }
                Node::Step(step) => {
                    columns.push(column(&step.column, &step.flow, OutputKind::RuleSet, &step.title, &[]))
                }
                Node::Scheme(scheme) => {
                    let name = &scheme.name;
                    columns.push(column(name, name, OutputKind::Tier, &scheme.title, &scheme.levels));
                    let title = |zh: &str, en: &str| {
                        Text::new(format!("{}{zh}", scheme.title.zh), format!("{}{en}", scheme.title.en))
                    };
                    let provisional = title("（暂定）", " (provisional)");
                    columns.push(column(
                        &format!("{name}_provisional"),
                        name,
                        OutputKind::TierProvisional,
                        &provisional,
                        &[],
                    ));
                    let reason = title("（未定级原因）", " (why not graded)");
                    columns.push(column(
                        &format!("{name}_reason"),
                        name,
                        OutputKind::TierReason,
                        &reason,
                        &[],
                    ));
                    if scheme.policy.is_some() {
                        columns.extend(memory_outputs(name, &scheme.title));
                    }
                }
                Node::Groups(groups) => {
                    columns.push(column(
                        &groups.name,
                        &groups.name,
                        OutputKind::Grouping,
                        &groups.title,
                        &groups.names,
                    ));
                }
                Node::Segment(segment) => {
                    columns.push(column(
                        &segment.name,
                        &segment.name,
                        OutputKind::Segment,
                        &segment.title,
                        &[],
                    ));
                }
            }
        }
        columns
    }

    /// The same as they were named in a run: the titles of groups belong to the fit that found them.
    pub fn output_columns_of(&self, fits: &Fits) -> Vec<OutputColumn> {
        let mut columns = self.output_columns();
        for column in columns.iter_mut().filter(|column| column.kind == OutputKind::Prediction) {
            if let Some(Fit::Clusters(fit)) = fits.fits.get(&fit_key(&column.name)) {
                let named = fit.clusters.iter().map(|one| (one.name.clone(), one.title.clone()));
                column.values = named.collect();
            }
        }
        columns
    }

    /// The columns of the output, as [`StageB::output_columns`] gives them, out of a frame.
    pub(super) fn graded(&self, frame: Frame, columns: &[OutputColumn]) -> Graded {
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for column in columns {
            if let Some(found) = frame.columns.get(&column.name) {
                let nullable = column.kind != OutputKind::Customer || found.array.null_count() > 0;
                fields.push(Field::new(&column.name, found.array.data_type().clone(), nullable));
                arrays.push(found.array.clone());
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(frame.rows));
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options);
        debug_assert!(batch.is_ok(), "columns of one frame are of one length: {batch:?}");
        let batch = batch.unwrap_or_else(|_| RecordBatch::new_empty(schema));
        Graded { batch, faults: frame.faults }
    }
}

/// What a scheme that remembers gives beside the tier.
fn memory_outputs(name: &str, title: &Text) -> Vec<OutputColumn> {
    let kinds: [(OutputKind, &str, &str); 6] = [
        (OutputKind::TierEntered, "（入会日）", " (member since)"),
        (OutputKind::TierSince, "（升入现等级日）", " (in this level since)"),
        (OutputKind::TierMoved, "（如何进入）", " (how)"),
        (OutputKind::TierBelow, "（低于门槛自）", " (below since)"),
        (OutputKind::TierHeld, "（保级原因）", " (kept because)"),
        (OutputKind::TierUntil, "（保级至）", " (kept until)"),
    ];
    let values = |kind: OutputKind| -> Vec<(String, Text)> {
        match kind {
            OutputKind::TierMoved => MOVEMENTS.map(|one| (one.code().to_string(), one.title())).to_vec(),
            OutputKind::TierHeld => HOLDS.map(|one| (one.code().to_string(), one.title())).to_vec(),
            _ => Vec::new(),
        }
    };
    let column =
        |((column, _), (kind, zh, en)): ((String, DataType), (OutputKind, &str, &str))| OutputColumn {
            name: column,
            of: name.to_string(),
            kind,
            title: Text::new(format!("{}{zh}", title.zh), format!("{}{en}", title.en)),
            values: values(kind),
        };
    memory_columns(name).zip(kinds).map(column).collect()
}

pub(super) fn score_title(title: &Text, name: &str, column: &str) -> Text {
    let with = |zh: &str, en: &str| Text::new(format!("{}{zh}", title.zh), format!("{}{en}", title.en));
    match column.strip_prefix(name) {
        Some("_low") => with("（下限）", " (lower end)"),
        Some("_high") => with("（上限）", " (upper end)"),
        Some("_completeness") => with("（完整度）", " (completeness)"),
        _ => title.clone(),
    }
}
