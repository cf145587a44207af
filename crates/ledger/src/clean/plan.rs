//! A source document, checked against the columns of a file and compiled.

mod compiler;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use gradus_expression::Expression;
use gradus_model::document::{IdentityKind, OutlierAction, Source, Workspace};
use gradus_model::event_stream::{self as stream, FieldType};
use gradus_model::{Findings, Place};

use super::column::Column;
use super::date::DateRules;
use super::event_id::{EventHasher, IdSource};
use super::identity::IdentityRules;
use super::personal::PersonalRules;
use super::rate::RatePlan;
use super::text::Given;
use compiler::Compiler;

/// How the rows of one file become events: a source document that was checked and compiled. A clone
/// is the same plan, for another thread.
#[derive(Debug, Clone)]
pub struct SourcePlan(Arc<Parts>);

impl std::ops::Deref for SourcePlan {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What a plan consists of.
#[derive(Debug)]
pub struct Parts {
    pub(super) source: String,
    /// The workspace's currency.
    pub(super) currency: &'static str,
    /// The rows are facts of a reference; the first field is their key.
    pub(super) reference: bool,
    /// They are exchange rates: the second field is the rate.
    pub(super) rate: Option<RatePlan>,
    pub(super) history: bool,
    pub(super) skip: Option<Value>,
    pub(super) kind: Value,
    pub(super) time: Option<Value>,
    pub(super) known: Option<Value>,
    pub(super) order: Option<Value>,
    pub(super) line_type: Option<Value>,
    pub(super) spend: Option<Value>,
    pub(super) amount: Option<Value>,
    pub(super) currency_value: Option<Value>,
    pub(super) quantity: Option<Value>,
    pub(super) retracts: Option<Value>,
    pub(super) message_id: Option<Value>,
    pub(super) key: Vec<KeyColumn>,
    pub(super) identities: Vec<IdentityPlan>,
    pub(super) private: Vec<PrivatePlan>,
    pub(super) fields: Vec<FieldPlan>,
    pub(super) outliers: Vec<OutlierPlan>,
    pub(super) dates: DateRules,
    pub(super) given: Given,
    pub(super) identity_rules: IdentityRules,
    pub(super) personal: PersonalRules,
    pub(super) round_amounts: bool,
    pub(super) decimal_comma: bool,
    pub(super) id_source: IdSource,
    pub(super) hasher: EventHasher,
    pub(super) row_hasher: EventHasher,
    pub(super) schema: SchemaRef,
    findings: Findings,
}

/// One expression of the mapping and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Value {
    expression: Expression,
    pub(super) path: String,
    /// The value of an expression that reads no column.
    constant: Option<Column>,
}

#[derive(Debug, Clone)]
pub(super) struct KeyColumn {
    pub(super) name: String,
    /// True if the column identifies somebody, and so is hashed as a surrogate.
    pub(super) sensitive: bool,
}

#[derive(Debug, Clone)]
pub(super) struct IdentityPlan {
    pub(super) kind: IdentityKind,
    /// As the vault knows it: `id`, `phone`, `email`, `external:crm`.
    pub(super) kind_name: Arc<str>,
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) struct PrivatePlan {
    pub(super) name: String,
    pub(super) tag: [u8; 8],
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) struct FieldPlan {
    pub(super) name: String,
    pub(super) field_type: FieldType,
    pub(super) purpose: String,
    pub(super) tag: [u8; 8],
    pub(super) is_region: bool,
    /// Values that look like identifiers are codes.
    pub(super) identifies_nobody: bool,
    /// It holds the order number, which the source declares to be a code.
    pub(super) is_order: bool,
    pub(super) value: Value,
}

impl FieldPlan {
    /// A field that is no region and serves what it was given for.
    pub(super) fn plain(name: String, field_type: FieldType, value: Value) -> FieldPlan {
        FieldPlan {
            tag: super::event_id::name_tag(&name),
            name,
            field_type,
            purpose: "service".into(),
            is_region: false,
            identifies_nobody: false,
            is_order: false,
            value,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutlierColumn {
    Amount,
    Quantity,
    Field(usize),
}

#[derive(Debug, Clone)]
pub(super) struct OutlierPlan {
    pub(super) column: OutlierColumn,
    pub(super) name: String,
    pub(super) path: String,
    /// In ten-thousandths.
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) action: OutlierAction,
}

/// What a person should know of a value that was read: its column, and what it became.
impl Value {
    pub(super) fn evaluate(&self, rows: &RecordBatch) -> (Column, Vec<u32>) {
        if let Some(constant) = &self.constant {
            return (constant.clone(), Vec::new());
        }
        let evaluated = self.expression.evaluate(rows);
        match Column::of(&evaluated.values) {
            Some(column) => (column, evaluated.faults),
            // No type that a mapping can give: nothing on any row.
            None => (Column::Nothing, (0..rows.num_rows() as u32).collect()),
        }
    }
}

impl SourcePlan {
    /// Checks a source document against the columns of a file and compiles it. All that is wrong is
    /// told at once; the place of each finding is a path in the document, such as `mapping.amount`.
    ///
    /// `name` is the source's name, which enters every event id. `place` is the document.
    ///
    /// # Errors
    /// The findings, if any of them is an error. Warnings are kept with the plan.
    pub fn compile(
        name: &str,
        source: &Source,
        workspace: &Workspace,
        columns: &[String],
        place: &Place,
    ) -> Result<SourcePlan, Findings> {
        Compiler::new(source, columns, place).compile(name, workspace)
    }

    /// The columns of its events: those of the event stream without bucket and position.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The fields it fills.
    pub fn fields(&self) -> Vec<stream::Field> {
        let field = |field: &FieldPlan| stream::Field {
            name: field.name.clone(),
            field_type: field.field_type,
            purpose: field.purpose.clone(),
        };
        self.fields.iter().map(field).collect()
    }

    /// What its event ids are made of.
    pub fn id_source(&self) -> IdSource {
        self.id_source
    }

    /// The name of a private text; behind those that are mapped come the declared fields, whose
    /// values go to the vault where they look like identifiers.
    pub(super) fn private_name(&self, index: usize) -> Option<&str> {
        match index.checked_sub(self.private.len()) {
            None => self.private.get(index).map(|private| private.name.as_str()),
            Some(field) => self.fields.get(field).map(|field| field.name.as_str()),
        }
    }

    /// What stands for that name in an event id.
    pub(super) fn private_tag(&self, index: usize) -> Option<&[u8; 8]> {
        match index.checked_sub(self.private.len()) {
            None => self.private.get(index).map(|private| &private.tag),
            Some(field) => self.fields.get(field).map(|field| &field.tag),
        }
    }

    /// True if rows retract events that only the ledger can place.
    pub fn retracts_by_name(&self) -> bool {
        self.retracts.is_some() && self.id_source != IdSource::Row
    }

    /// The column that the rule at this path reads, if it reads only one.
    pub(super) fn column_at(&self, path: &str) -> Option<String> {
        let single =
            [&self.skip, &self.time, &self.known, &self.order, &self.line_type, &self.spend, &self.amount];
        let more = [&self.currency_value, &self.quantity, &self.retracts, &self.message_id];
        let values = single.into_iter().chain(more).flatten().chain([&self.kind]);
        let values = values
            .chain(self.identities.iter().map(|one| &one.value))
            .chain(self.private.iter().map(|one| &one.value))
            .chain(self.fields.iter().map(|one| &one.value))
            .chain(self.rate.iter().filter_map(|plan| plan.per.as_ref()));
        let read = |value: &Value| match value.expression.references().len() {
            1 => value.expression.references().first().cloned(),
            _ => None,
        };
        if let Some(value) = values.into_iter().find(|value| value.path == path) {
            return read(value);
        }
        if let Some(outlier) = self.outliers.iter().find(|outlier| outlier.path == path) {
            return match outlier.column {
                OutlierColumn::Amount => self.amount.as_ref().and_then(read),
                OutlierColumn::Quantity => self.quantity.as_ref().and_then(read),
                OutlierColumn::Field(at) => self.fields.get(at).and_then(|field| read(&field.value)),
            };
        }
        match (&self.key[..], path) {
            ([only], "key") => Some(only.name.clone()),
            _ => None,
        }
    }

    /// What works and is probably not what was meant.
    pub fn warnings(&self) -> &Findings {
        &self.findings
    }
}
