//! The shape of a document: walks what is written beside the JSON Schema and reports everything
//! that does not fit, in the words of a person who writes scorecards. What passes here can be read;
//! what it means is checked later.

mod closest;
mod scalar;
mod words;

use schemars::Schema;
use serde_json::{Map, Value, json};

use crate::load::{Kind, Node};
use crate::{Finding, Findings, Place, Text};

pub use closest::{closest, distance};
use words::list_of;

/// Checks a document against the schema of its type and gives its value as the reader wants it:
/// scalars have the type that the schema asks for. The value is of use only if no error was found.
pub(crate) fn check(document_name: &str, root: &Node, schema: &Schema, findings: &mut Findings) -> Value {
    let empty = Map::new();
    let schema = schema.as_value();
    let definitions = schema.get("$defs").and_then(Value::as_object).unwrap_or(&empty);
    let mut walk = Walk { definitions, findings };
    let place = Place::document(document_name).line(root.line);
    walk.node(root, schema, &place, "")
}

/// The walk over one document. Every method gives the value at its node, and null beside a finding.
struct Walk<'a> {
    definitions: &'a Map<String, Value>,
    findings: &'a mut Findings,
}

impl<'a> Walk<'a> {
    /// `name` is the name of the definition that the schema belongs to, for the words.
    fn node(&mut self, node: &Node, schema: &'a Value, place: &Place, name: &str) -> Value {
        let schema = not_null(schema);
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.trim_start_matches("#/$defs/");
            let definitions: &'a Map<String, Value> = self.definitions;
            let definition = definitions.get(name).unwrap_or(&Value::Bool(true));
            return match name {
                "Text" => self.text_forms(node, definition, place),
                "Benefit" => self.benefit(node, definition, place),
                "Cell" => self.cell(node, definition, place),
                "Outcome" => self.outcome(node, definition, place),
                "Condition" => self.condition(node, definition, place),
                "Window" => self.window(node, definition, place),
                _ => self.node(node, definition, place, name),
            };
        }
        if schema.get("oneOf").is_some() || schema.get("enum").is_some() || schema.get("const").is_some() {
            return self.choice(node, schema, place, name);
        }
        match type_of(schema) {
            Some("object") => self.object(node, schema, place, name),
            Some("array") => self.array(node, schema, place),
            Some(kind) => self.scalar(kind, node, schema, place, name),
            None => self.anything(node),
        }
    }

    /// A text, or a map that says more than a text can.
    fn benefit(&mut self, node: &Node, definition: &'a Value, place: &Place) -> Value {
        let says_more = |key: &str| !["zh", "en"].contains(&key);
        let full =
            matches!(&node.kind, Kind::Map(entries) if entries.iter().any(|(key, _)| says_more(&key.text)));
        let forms = definition.get("anyOf").and_then(Value::as_array);
        match forms.and_then(|forms| forms.get(usize::from(full))) {
            Some(form) => self.node(node, form, place, "FullBenefit"),
            None => self.anything(node),
        }
    }

    /// The text of a cell as it is written, or a map with `sql`. Nothing stands for `-`.
    fn cell(&mut self, node: &Node, definition: &'a Value, place: &Place) -> Value {
        match &node.kind {
            Kind::Scalar { text, .. } if text.trim().is_empty() || text == "~" => json!("-"),
            Kind::Scalar { text, .. } => json!(text),
            Kind::Map(_) => match form_with_reference(definition) {
                Some(form) => self.node(node, form, place, "SqlCell"),
                None => Value::Null,
            },
            Kind::List(_) => self.no_form(node, words::CELL_FORMS.text(), place),
        }
    }

    /// A constant, or a map with `sql`.
    fn outcome(&mut self, node: &Node, definition: &'a Value, place: &Place) -> Value {
        match &node.kind {
            Kind::Scalar { .. } => self.anything(node),
            Kind::Map(_) => match form_with_reference(definition) {
                Some(form) => self.node(node, form, place, "SqlCell"),
                None => Value::Null,
            },
            Kind::List(_) => self.no_form(node, words::OUTCOME_FORMS.text(), place),
        }
    }

    fn object(&mut self, node: &Node, schema: &'a Value, place: &Place, name: &str) -> Value {
        let entries: &[_] = match &node.kind {
            Kind::Map(entries) => entries,
            // `gold:` with nothing after it is a definition in which everything is left out.
            Kind::Scalar { .. } if node.is_null() => &[],
            _ => return self.wrong_type(node, words::expected_map(name), place),
        };
        let empty = Map::new();
        let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        // `true` or a schema: names that the operator chooses. Left out, as for free-form options: any.
        let others = match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => None,
            Some(schema) => Some(schema),
            None if known.is_empty() => Some(&Value::Bool(true)),
            None => None,
        };
        let mut object = Map::new();
        for (key, value) in entries {
            let here = place.key(&key.text).line(key.line);
            let required = is_required(schema, &key.text);
            match (schema.get("properties").and_then(|all| all.get(&key.text)), others) {
                (Some(_), _) if value.is_null() && !required => {}
                (Some(_), _) if value.is_null() => self.findings.push(empty_key(&key.text, here)),
                (Some(schema), _) => {
                    let value = self.node(value, schema, &here, name);
                    object.insert(key.text.clone(), value);
                }
                (None, Some(schema)) => {
                    if key.text.trim().is_empty() {
                        self.findings.push(empty_name(here.clone()));
                    }
                    // Under a name of one's own, nothing may be what is meant.
                    let value = match value.is_null() && allows_null(schema) {
                        true => Value::Null,
                        false => self.node(value, schema, &here, name),
                    };
                    object.insert(key.text.clone(), value);
                }
                (None, None) => {
                    let known: Vec<&str> = known.keys().map(String::as_str).collect();
                    self.findings.push(unknown_key(&key.text, name, &known, here));
                }
            }
        }
        for key in
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !entries.iter().any(|(there, _)| there.text == key) {
                self.findings.push(missing_key(key, name, known.get(key), place.clone()));
            }
        }
        Value::Object(object)
    }

    fn array(&mut self, node: &Node, schema: &'a Value, place: &Place) -> Value {
        let Kind::List(items) = &node.kind else {
            return self.wrong_type(node, words::EXPECTED_LIST.text(), place);
        };
        let fixed = schema.get("prefixItems").and_then(Value::as_array);
        if let Some(fixed) = fixed.filter(|fixed| fixed.len() != items.len()) {
            let (there, wanted) = (items.len(), fixed.len());
            self.findings.push(Finding::error(
                "wrong-length",
                place.clone(),
                Text::new(format!("列表有 {there} 项"), format!("the list has {there} items")),
                Text::new(format!("恰好 {wanted} 项"), format!("exactly {wanted} items")),
            ));
            return Value::Null;
        }
        let anything: &'a Value = &Value::Bool(true);
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let schema = match fixed {
                Some(fixed) => fixed.get(index).unwrap_or(anything),
                None => schema.get("items").unwrap_or(anything),
            };
            list.push(self.node(item, schema, &place.index(index).line(item.line), ""));
        }
        Value::Array(list)
    }

    /// One of several words, or one of several maps with a single key.
    fn choice(&mut self, node: &Node, schema: &'a Value, place: &Place, name: &str) -> Value {
        let choices = Choices::of(schema);
        match &node.kind {
            Kind::Scalar { text, .. } => {
                if choices.words.contains(&text.as_str()) {
                    return json!(text);
                }
                let right = if choices.maps.iter().any(|(key, _)| key == text) {
                    words::needs_value(text, name)
                } else {
                    choices.right(text)
                };
                self.findings.push(Finding::error(
                    "unknown-choice",
                    place.clone(),
                    Text::new(
                        format!("不认识的选项{}", words::quoted_or_empty(text).zh),
                        format!("{} is not one of the choices", words::quoted_or_empty(text).en),
                    ),
                    right,
                ));
                Value::Null
            }
            Kind::Map(entries) if !choices.maps.is_empty() => {
                let [(key, value)] = entries.as_slice() else {
                    self.findings.push(Finding::error(
                        "several-forms",
                        place.clone(),
                        Text::new("这里只能写一个键", "exactly one key is given here"),
                        choices.right(""),
                    ));
                    return Value::Null;
                };
                let here = place.key(&key.text).line(key.line);
                match choices.maps.iter().find(|(name, _)| *name == key.text) {
                    Some((name, schema)) => {
                        let value = self.node(value, schema, &here, name);
                        json!({ *name: value })
                    }
                    None => {
                        let known: Vec<&str> = choices.maps.iter().map(|(key, _)| *key).collect();
                        self.findings.push(unknown_key(&key.text, name, &known, here));
                        Value::Null
                    }
                }
            }
            _ => {
                let right = choices.right("");
                self.findings.push(Finding::error("wrong-type", place.clone(), words::found(node), right));
                Value::Null
            }
        }
    }

    fn text_forms(&mut self, node: &Node, schema: &'a Value, place: &Place) -> Value {
        match &node.kind {
            Kind::Scalar { text, .. } => json!(text),
            Kind::Map(_) => match form_with_reference(schema) {
                Some(schema) => self.node(node, schema, place, "TextByLang"),
                None => Value::Null,
            },
            Kind::List(_) => self.no_form(node, words::TEXT_FORMS.text(), place),
        }
    }

    fn condition(&mut self, node: &Node, schema: &'a Value, place: &Place) -> Value {
        match &node.kind {
            Kind::Scalar { text, .. } if !node.is_null() => json!(text),
            Kind::Map(entries) => {
                let forms: Vec<&str> = entries
                    .iter()
                    .map(|(key, _)| key.text.as_str())
                    .filter(|key| words::CONDITION_KEYS.contains(key))
                    .collect();
                if forms.len() > 1 {
                    self.findings.push(Finding::error(
                        "several-forms",
                        place.clone(),
                        Text::new(
                            format!("一个条件里同时写了 {}", list_of(&forms, "、")),
                            format!("one condition has {}", list_of(&forms, ", ")),
                        ),
                        words::ALL_OF_THEM.text(),
                    ));
                    return Value::Null;
                }
                let mut before = self.findings.0.len();
                let value = match form_with_reference(schema) {
                    Some(schema) => self.node(node, schema, place, "ConditionNode"),
                    None => Value::Null,
                };
                before = self.findings.0.len() - before;
                if forms.is_empty() && before == 0 {
                    return self.no_form(node, words::CONDITION_FORMS.text(), place);
                }
                value
            }
            _ => self.no_form(node, words::CONDITION_FORMS.text(), place),
        }
    }

    fn window(&mut self, node: &Node, schema: &'a Value, place: &Place) -> Value {
        match &node.kind {
            Kind::Scalar { .. } if !node.is_null() => self.span(node, place),
            Kind::Map(entries) => {
                let given =
                    |wanted: &str| entries.iter().any(|(key, value)| key.text == wanted && !value.is_null());
                let forms: Vec<&str> =
                    ["last", "calendar", "since"].into_iter().filter(|key| given(key)).collect();
                if forms.len() > 1 || (given("before") && !given("last")) {
                    self.findings.push(Finding::error(
                        "several-forms",
                        place.clone(),
                        words::WINDOW_MIXED.text(),
                        words::WINDOW_FORMS.text(),
                    ));
                    return Value::Null;
                }
                let period = schema.get("anyOf").and_then(|forms| forms.get(1));
                match period {
                    Some(schema) => self.node(node, schema, place, "Period"),
                    None => Value::Null,
                }
            }
            _ => self.no_form(node, words::WINDOW_FORMS.text(), place),
        }
    }

    fn no_form(&mut self, node: &Node, right: Text, place: &Place) -> Value {
        self.findings.push(Finding::error("no-form", place.clone(), words::found(node), right));
        Value::Null
    }

    fn wrong_type(&mut self, node: &Node, right: Text, place: &Place) -> Value {
        let what = words::found(node);
        let right = match &node.kind {
            // The usual slip of whoever types with a Chinese keyboard.
            Kind::Scalar { text, quoted: false } if text.contains('：') => {
                words::with_hint(right, words::ASCII_COLON)
            }
            _ => right,
        };
        self.findings.push(Finding::error("wrong-type", place.clone(), what, right));
        Value::Null
    }
}

/// The words and the single-key maps that a schema allows.
struct Choices<'a> {
    words: Vec<&'a str>,
    maps: Vec<(&'a str, &'a Value)>,
}

impl<'a> Choices<'a> {
    fn of(schema: &'a Value) -> Choices<'a> {
        let mut choices = Choices { words: Vec::new(), maps: Vec::new() };
        let one_of = schema.get("oneOf").and_then(Value::as_array).map(Vec::as_slice);
        for form in one_of.unwrap_or(std::slice::from_ref(schema)) {
            choices.words.extend(form.get("const").and_then(Value::as_str));
            let several = form.get("enum").and_then(Value::as_array).into_iter().flatten();
            choices.words.extend(several.filter_map(Value::as_str));
            let maps = form.get("properties").and_then(Value::as_object).into_iter().flatten();
            choices.maps.extend(maps.map(|(key, schema)| (key.as_str(), schema)));
        }
        choices
    }

    /// What would be right instead of `text`: the closest first, then all.
    fn right(&self, text: &str) -> Text {
        let maps: Vec<String> = self.maps.iter().map(|(key, _)| format!("{key}: …")).collect();
        let all: Vec<&str> = self.words.iter().copied().chain(maps.iter().map(String::as_str)).collect();
        words::one_of(closest::closest_word(text, &self.words), &all)
    }
}

/// The schema of a value without "or nothing": leaving a key out is always allowed where it is.
fn not_null(schema: &Value) -> &Value {
    let forms = schema.get("anyOf").and_then(Value::as_array);
    let is_null = |form: &&Value| form.get("type").and_then(Value::as_str) == Some("null");
    match forms.map(Vec::as_slice) {
        Some([form, null]) if is_null(&null) => form,
        _ => schema,
    }
}

/// True if nothing is one of the values that a schema names.
fn allows_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_array).is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"))
}

/// The one type that a schema names besides null.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    }
}

/// The form of an untagged choice that is a named map.
fn form_with_reference(schema: &Value) -> Option<&Value> {
    schema.get("anyOf")?.as_array()?.iter().find(|form| form.get("$ref").is_some())
}

fn is_required(schema: &Value, key: &str) -> bool {
    schema.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == key))
}

fn unknown_key(key: &str, name: &str, known: &[&str], place: Place) -> Finding {
    let owner = words::owner(name);
    Finding::error(
        "unknown-key",
        place,
        Text::new(
            format!("{}没有 `{key}` 这个键", owner.zh),
            format!("`{key}` is not a key of {}", owner.en),
        ),
        words::one_of(closest::closest_word(key, known), known),
    )
}

fn missing_key(key: &str, name: &str, schema: Option<&Value>, place: Place) -> Finding {
    let owner = words::owner(name);
    let meaning = schema.and_then(|schema| schema.get("description")).and_then(Value::as_str);
    let meaning = meaning.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let in_english =
        meaning.map_or_else(|| format!("`{key}: …`"), |meaning| format!("`{key}: …` — {meaning}"));
    Finding::error(
        "missing-key",
        place,
        Text::new(format!("{}缺少 `{key}`", owner.zh), format!("{} needs `{key}`", owner.en)),
        Text::new(format!("写上 `{key}: …`"), in_english),
    )
}

fn empty_key(key: &str, place: Place) -> Finding {
    Finding::error(
        "missing-key",
        place,
        Text::new(format!("`{key}` 没有值"), format!("`{key}` has no value")),
        Text::new(format!("`{key}: …`"), format!("`{key}: …`")),
    )
}

fn empty_name(place: Place) -> Finding {
    Finding::error(
        "empty-name",
        place,
        Text::new("名称是空的", "the name is empty"),
        Text::new("至少一个字", "at least one letter"),
    )
}
