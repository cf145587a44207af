//! Reference facts of a case: `csv reference NAME` blocks. A field of the events that is called like a
//! reference holds its keys.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema};
use gradus_expression::Scope;
use gradus_grading::fold::{FoldPlan, ReferenceFacts, ReferenceField, Told};
use gradus_ledger::table::{dictionary, field_type, scan_schema};
use gradus_model::event_stream::{
    EventSchema, FieldType, REFERENCE, REFERENCE_KEY, UNDATED, column, reference_column,
};

/// What a page says of products, stores and campaigns.
#[derive(Default)]
pub struct References {
    pub fields: Vec<ReferenceField>,
    /// Into which amounts are converted.
    currency: Option<String>,
    facts: Vec<RecordBatch>,
}

impl References {
    /// True if the page reads no facts and converts nothing: then its model says everything.
    pub fn is_none(&self) -> bool {
        self.fields.is_empty() && self.currency.is_none()
    }

    /// Reads the blocks of a page. `key` is needed; `from` is the date from which on the row holds,
    /// always if empty; `known` is `from` if left out, `id` the number of the row, `retracts` names an id.
    /// Every other column is a field, `name` for text or `name:type`.
    pub fn read(
        page: &str,
        head: &str,
        events: &EventSchema,
        currency: Option<&str>,
        moment: &dyn Fn(&str) -> i64,
    ) -> References {
        let mut references = References { currency: currency.map(String::from), ..References::default() };
        for block in head.split("```csv reference ").skip(1) {
            let (name, rest) = block.split_once('\n').unwrap();
            references.add(page, name.trim(), rest.split("\n```").next().unwrap(), events, moment);
        }
        references
    }

    fn add(
        &mut self,
        page: &str,
        reference: &str,
        table: &str,
        events: &EventSchema,
        moment: &dyn Fn(&str) -> i64,
    ) {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(table.as_bytes());
        let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_string).collect();
        let records: Vec<csv::StringRecord> =
            reader.records().map(|record| record.unwrap_or_else(|wrong| panic!("{page}: {wrong}"))).collect();
        let cell = |row: usize, name: &str| -> Option<&str> {
            let at = headers.iter().position(|header| header.split(':').next() == Some(name))?;
            records[row].get(at).filter(|text| !text.is_empty())
        };
        let id =
            |row: usize| cell(row, "id").map_or(row as u64 + 1, |id| id.parse().expect("a number as id"));
        // A retraction lies at its fact's date, under its id.
        let of = |row: usize| match cell(row, "retracts") {
            Some(named) => (0..row)
                .find(|other| cell(*other, "retracts").is_none() && id(*other).to_string() == named)
                .expect("a fact above"),
            None => row,
        };
        let from = |row: usize| cell(of(row), "from").map_or(UNDATED, moment);
        let known = |row: usize| cell(row, "known").map_or_else(|| from(row), moment);
        let rows = 0..records.len();
        let instants = |of: &dyn Fn(usize) -> i64| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::from_iter_values(rows.clone().map(of)).with_timezone("UTC"))
        };
        let texts = |of: &dyn Fn(usize) -> Option<String>| -> ArrayRef {
            Arc::new(rows.clone().map(of).collect::<StringArray>())
        };
        let ids = rows.clone().map(|row| u128::from(id(of(row))).to_be_bytes());
        let mut columns: Vec<(String, ArrayRef)> = vec![
            (column::IDENTITY.into(), Arc::new(Int64Array::from(vec![REFERENCE; records.len()]))),
            (column::TIME.into(), instants(&from)),
            (column::EVENT_ID.into(), Arc::new(BinaryArray::from_iter_values(ids))),
            (
                column::RETRACTION.into(),
                Arc::new(
                    rows.clone().map(|row| Some(cell(row, "retracts").is_some())).collect::<BooleanArray>(),
                ),
            ),
            (column::KNOWN.into(), instants(&known)),
            (
                column::POSITION.into(),
                Arc::new(Int64Array::from_iter_values(rows.clone().map(|row| row as i64))),
            ),
            (reference_column(reference, REFERENCE_KEY), texts(&|row| cell(row, "key").map(String::from))),
        ];
        for header in &headers {
            let (name, written) = header.split_once(':').unwrap_or((header, "text"));
            if ["id", "key", "from", "known", "retracts"].contains(&name) {
                continue;
            }
            let of_type: FieldType = serde_json::from_value(written.into()).expect("a type of field");
            let data_type = if of_type == FieldType::Text { dictionary() } else { field_type(of_type) };
            let values = cast(&texts(&|row| cell(row, name).map(String::from)), &data_type).unwrap();
            columns.push((reference_column(reference, name), values));
            if events.fields.iter().any(|field| field.name == reference) {
                self.fields.push(ReferenceField {
                    name: format!("{reference}.{name}"),
                    of: reference.into(),
                    reference: reference.into(),
                    column: reference_column(reference, name),
                    data_type,
                });
            }
        }
        self.facts.push(RecordBatch::try_from_iter(columns).unwrap());
    }

    /// What expressions over the events may name.
    pub fn scope(&self, events: &EventSchema) -> Scope {
        let mut fields: Vec<Field> =
            scan_schema(events).fields().iter().map(|field| field.as_ref().clone()).collect();
        fields.extend(self.fields.iter().map(|field| Field::new(&field.name, field.data_type.clone(), true)));
        Scope::new(Arc::new(Schema::new(fields)))
    }

    /// The plan over these facts.
    pub fn told(&self, plan: FoldPlan, known_at_us: Option<i64>) -> FoldPlan {
        let plan = plan.with_references(&self.fields);
        let plan = self.currency.iter().fold(plan, |plan, own| plan.with_currency(own));
        let told = Told { known_us: known_at_us.unwrap_or(i64::MAX), position: i64::MAX };
        let facts = ReferenceFacts::of(&self.rows(), &plan.needs(), told).unwrap();
        plan.with_facts(Arc::new(facts)).unwrap()
    }

    /// The facts as the one table holds them: each has the columns of all references.
    fn rows(&self) -> Vec<RecordBatch> {
        let mut fields: Vec<Field> = Vec::new();
        for field in self.facts.iter().flat_map(|rows| rows.schema_ref().fields().to_vec()) {
            if !fields.iter().any(|known| known.name() == field.name()) {
                fields.push(field.as_ref().clone().with_nullable(true));
            }
        }
        let schema = Arc::new(Schema::new(fields));
        let conformed = self.facts.iter().map(|rows| {
            let columns = schema.fields().iter().map(|field| match rows.column_by_name(field.name()) {
                Some(values) => values.clone(),
                None => new_null_array(field.data_type(), rows.num_rows()),
            });
            RecordBatch::try_new(schema.clone(), columns.collect()).unwrap()
        });
        conformed.collect()
    }
}
