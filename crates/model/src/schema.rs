//! The JSON Schema (draft 2020-12) of every document, made from the types that read them: one
//! source for editors, for the page and for the checks of [`crate::shape`].

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use crate::document::{Model, Source, Workspace};

/// A published schema: which documents it describes and the file it is kept in under `schema/`.
pub struct Published {
    pub file_name: &'static str,
    pub schema: Value,
}

/// The schemas as they are published, in the order of the flow.
pub fn published() -> Vec<Published> {
    vec![
        publish::<Workspace>("workspace", "Gradus workspace (工作区): gradus.yaml"),
        publish::<Source>("source", "Gradus source (数据源): sources/*.yaml"),
        publish::<Model>("model", "Gradus model (模型): model/*.yaml"),
    ]
}

/// The schema of one type of document, made once.
pub fn of<T: JsonSchema + 'static>() -> Arc<Schema> {
    static MADE: Mutex<BTreeMap<TypeId, Arc<Schema>>> = Mutex::new(BTreeMap::new());
    let make = || Arc::new(SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(TypeId::of::<T>()).or_insert_with(make).clone()
}

fn publish<T: JsonSchema + 'static>(name: &str, title: &str) -> Published {
    let mut schema = of::<T>().as_ref().clone();
    schema.insert("title".into(), json!(title));
    let file_name = match name {
        "workspace" => "workspace.schema.json",
        "source" => "source.schema.json",
        _ => "model.schema.json",
    };
    Published { file_name, schema: schema.to_value() }
}
