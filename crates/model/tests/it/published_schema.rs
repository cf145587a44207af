//! The JSON Schemas under `schema/` are those of the types. `make generate` renews them.

use std::path::PathBuf;

use gradus_model::schema::published;
use serde_json::Value;

#[test]
fn the_published_schemas_are_up_to_date() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schema");
    let generate = std::env::var_os("GRADUS_GENERATE").is_some();
    for published in published() {
        let path = folder.join(published.file_name);
        let text = serde_json::to_string_pretty(&published.schema).unwrap() + "\n";
        if generate {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, text).unwrap();
            continue;
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "schema/{} is stale: run `make generate` and commit it",
            published.file_name
        );
    }
}

/// The shape check reads the schema. A construct that it does not know would pass unchecked, so a
/// new type must not bring one.
#[test]
fn the_schemas_use_only_what_the_shape_check_knows() {
    const KNOWN: &[&str] = &[
        "$schema",
        "$defs",
        "$ref",
        "title",
        "description",
        "default",
        "type",
        "format",
        "minimum",
        "multipleOf",
        "pattern",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "oneOf",
        "anyOf",
        "enum",
        "const",
        "uniqueItems",
        "maximum",
    ];
    fn walk(schema: &Value, path: &str) {
        let Value::Object(map) = schema else { return };
        for (key, value) in map {
            assert!(KNOWN.contains(&key.as_str()), "{path}: {key}");
            let path = format!("{path}/{key}");
            match key.as_str() {
                "$defs" | "properties" => {
                    value
                        .as_object()
                        .unwrap()
                        .iter()
                        .for_each(|(name, schema)| walk(schema, &format!("{path}/{name}")));
                }
                "anyOf" => {
                    let forms = value.as_array().unwrap();
                    let nullable =
                        forms.len() == 2 && forms[1].get("type").is_some_and(|kind| kind == "null");
                    let untagged = ["Text", "Benefit", "Cell", "Condition", "Outcome", "Window"]
                        .iter()
                        .any(|name| path.ends_with(&format!("$defs/{name}/anyOf")));
                    assert!(
                        nullable || untagged,
                        "{path}: an untagged choice needs a method of its own in the shape check"
                    );
                    forms.iter().for_each(|schema| walk(schema, &path));
                }
                "oneOf" | "prefixItems" => {
                    value.as_array().unwrap().iter().for_each(|schema| walk(schema, &path))
                }
                "items" | "additionalProperties" => walk(value, &path),
                _ => {}
            }
        }
    }
    for published in published() {
        walk(&published.schema, published.file_name);
    }
}
