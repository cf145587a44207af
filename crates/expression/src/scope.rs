//! The names an expression may use, with their types.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use gradus_model::Text;

/// Names an expression may use, with types, and optional titles for reading back and suggestions.
#[derive(Debug, Clone)]
pub struct Scope {
    schema: SchemaRef,
    titles: BTreeMap<String, Text>,
}

impl Scope {
    pub fn new(schema: SchemaRef) -> Scope {
        Scope { schema, titles: BTreeMap::new() }
    }

    /// Gives a column the title that people know it by.
    pub fn with_title(mut self, column: &str, title: Text) -> Scope {
        self.titles.insert(column.to_string(), title);
        self
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The title of a column, if it has one.
    pub fn title(&self, column: &str) -> Option<&Text> {
        self.titles.get(column)
    }
}
