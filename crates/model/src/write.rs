//! A document as YAML text: what people read, change and keep in git. The same document gives the
//! same bytes, and reading them back gives the same document.

use serde_json::{Map, Value};

use crate::document::Model;

/// Longest line on which a small map or list is kept together.
const MAX_LINE: usize = 110;

/// Writes a model document.
///
/// ```
/// let model = gradus_model::load::load_model("m.yaml", "gradus: 1\ntitle: { zh: 价值, en: Value }\n").value.unwrap();
/// assert_eq!(gradus_model::write::model_to_yaml(&model), "gradus: 1\ntitle: { zh: 价值, en: Value }\n");
/// ```
pub fn model_to_yaml(model: &Model) -> String {
    // A document is a map by its type; nothing else comes out of it.
    match serde_json::to_value(model) {
        Ok(Value::Object(mut document)) => {
            document.retain(|_, value| !says_nothing(value));
            to_yaml(&document)
        }
        _ => String::new(),
    }
}

/// Writes any document. Nulls are left out: they say nothing. In a test case alone `null` is what is expected: no
/// level, no value.
pub fn to_yaml(document: &Map<String, Value>) -> String {
    let mut out = String::new();
    for (key, value) in document {
        if value.is_null() {
            continue;
        }
        let value = &if key == "tests" { value.clone() } else { without_nulls(value) };
        // Parts stand apart.
        if !out.is_empty() && !is_short(key, value, 0) {
            out.push('\n');
        }
        entry(key, value, 0, &mut out);
    }
    out
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let said = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(said.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(without_nulls).collect()),
        value => value.clone(),
    }
}

/// An empty part, or a text that is empty in both languages.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => {
            map.values().all(|value| matches!(value, Value::String(text) if text.is_empty()))
        }
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

fn entry(key: &str, value: &Value, indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(&scalar(key));
    out.push(':');
    below(key, value, indent, out);
}

/// What stands after a key's colon.
fn below(key: &str, value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !is_short(key, value, indent) => {
            out.push('\n');
            for (key, value) in map {
                entry(key, value, indent + 2, out);
            }
        }
        Value::Array(list) if !is_short(key, value, indent) => {
            out.push('\n');
            for item in list {
                out.extend(std::iter::repeat_n(' ', indent + 2));
                out.push('-');
                self::item(item, indent + 2, out);
            }
        }
        value => {
            out.push(' ');
            out.push_str(&flow(value));
            out.push('\n');
        }
    }
}

/// An item of a list, after its dash.
fn item(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !is_short("", value, indent) && !map.is_empty() => {
            let mut text = String::new();
            for (key, value) in map {
                entry(key, value, indent + 2, &mut text);
            }
            // The first key stands beside the dash.
            out.push(' ');
            out.push_str(text.trim_start_matches(' '));
        }
        Value::Array(list) if !is_short("", value, indent) => {
            out.push('\n');
            for item in list {
                out.extend(std::iter::repeat_n(' ', indent + 2));
                out.push('-');
                self::item(item, indent + 2, out);
            }
        }
        value => {
            out.push(' ');
            out.push_str(&flow(value));
            out.push('\n');
        }
    }
}

/// A scalar, or a map or list of scalars that fits on a line.
fn is_short(key: &str, value: &Value, indent: usize) -> bool {
    let flat = |value: &Value| !value.is_object() && !value.is_array();
    let fits = || indent + key.chars().count() + 2 + flow(value).chars().count() <= MAX_LINE;
    match value {
        Value::Object(map) => map.values().all(flat) && fits(),
        Value::Array(list) => list.iter().all(flat) && fits(),
        _ => true,
    }
}

/// On one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => scalar(text),
        Value::Array(list) => format!("[{}]", list.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(map) if map.is_empty() => "{}".into(),
        Value::Object(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

/// A text as it stands where nobody could take it for something else, else in double quotes.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 12] =
        ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"];
    let letter = |c: char| c == '_' || c.is_alphabetic();
    let inside = |c: char| c.is_alphanumeric() || "_ -.()+*/<>=%'（），。、".contains(c);
    let plain = text.starts_with(letter)
        && text.chars().all(inside)
        && !text.ends_with(' ')
        && !WORDS.contains(&text.to_lowercase().as_str());
    if plain {
        return text.to_string();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || ['\u{2028}', '\u{2029}', '\u{FEFF}'].contains(&c) => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::load_model;
    use serde_json::json;

    #[track_caller]
    fn comes_back(model: &Model) {
        let text = model_to_yaml(model);
        let loaded = load_model("m.yaml", &text);
        assert_eq!(loaded.value.as_ref(), Some(model), "{:?}\n{text}", loaded.findings);
        // Order is meaning: maps that are equal may still be in another order.
        let order = |model: &Model| serde_json::to_string(model).unwrap();
        assert_eq!(loaded.value.as_ref().map(order), Some(order(model)));
        assert_eq!(model_to_yaml(&loaded.value.unwrap()), text, "the same document, the same bytes");
    }

    #[test]
    fn the_examples_come_back_as_they_were() {
        let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
        let mut n = 0;
        for example in std::fs::read_dir(examples).unwrap() {
            let Ok(models) = std::fs::read_dir(example.unwrap().path().join("model")) else { continue };
            for file in models {
                let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
                comes_back(&load_model("m.yaml", &text).value.unwrap());
                n += 1;
            }
        }
        assert!(n >= 2, "{n} examples");
    }

    #[test]
    fn hostile_texts_stay_texts() {
        for text in [
            "",
            " x",
            "x ",
            "no",
            "True",
            "null",
            "~",
            "- a",
            "a: b",
            "a #b",
            "\"",
            "\\",
            "'",
            "it's",
            "[x]",
            "{x}",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "a\nb",
            "a\tb",
            "\u{1}",
            "\u{85}",
            "\u{2028}",
            "\u{FEFF}",
            "0x1f",
            "1e5",
            "1.5",
            "2011-12-10",
            "价值：高",
            "𠮷",
            "=1+1",
            "a,b",
            "<<",
            "?",
        ] {
            let document = json!({ "gradus": 1, "title": { "zh": text, "en": "x" }, "segments": { "s": {
                "title": { "zh": text, "en": text }, "base": "everyone", "where": { "value": "v", "equals": text } } } });
            comes_back(&serde_json::from_value(document).unwrap());
        }
    }
}
