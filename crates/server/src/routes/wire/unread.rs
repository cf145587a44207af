//! A body or parameters that do not read as wanted: which field, what is wrong with it, and what would be right, in
//! both languages. The reader of JSON says it in English sentences of a few forms, which are told apart here.

use gradus_model::{Finding, Place, Text};

use crate::Problem;
use crate::problem::field_problems;

/// What is wrong with the value at `path`, as the reader says it.
pub fn problem(path: &str, said: &str) -> Problem {
    let finding = finding(path, said);
    let text = Text::new(
        format!("{}；应为：{}", finding.what.zh, finding.right.zh),
        format!("{}; right would be: {}", finding.what.en, finding.right.en),
    );
    let errors = field_problems(&gradus_model::Findings(vec![finding]));
    Problem { text, errors, ..Problem::invalid("", "") }
}

fn finding(path: &str, said: &str) -> Finding {
    // Where in the text it stands is of no use: the path says it.
    let said = said.split(" at line ").next().unwrap_or(said);
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or_default().to_owned();
    // Of an unknown field the path leads to it, of a missing one to what it is missing in.
    let below = |field: &str| match path {
        "" | "." => field.to_owned(),
        path if path == field || path.ends_with(&format!(".{field}")) => path.to_owned(),
        parent => format!("{parent}.{field}"),
    };
    let here = if matches!(path, "" | ".") { String::new() } else { path.to_owned() };
    let one_of = |said: &str| -> Text {
        let names: Vec<&str> = said.split('`').skip(3).step_by(2).collect();
        match names.as_slice() {
            [] => Text::new("不写", "leave it out"),
            names => Text::plain(names.join(", ")),
        }
    };
    let (code, at, what, right) = if said.starts_with("missing field `") {
        let field = below(&quoted(said));
        let what = Text::new(format!("缺少 {field}"), format!("{field} is missing"));
        ("missing-field", field, what, Text::new("补上这一项", "give it"))
    } else if said.starts_with("unknown field `") {
        let field = below(&quoted(said));
        let what = Text::new(format!("这里没有 {field} 这一项"), format!("there is no {field} here"));
        ("unknown-field", field, what, one_of(said))
    } else if said.starts_with("duplicate field `") {
        let field = below(&quoted(said));
        let what = Text::new(format!("{field} 写了两次"), format!("{field} is given twice"));
        ("duplicate-field", field, what, Text::new("只写一次", "give it once"))
    } else if said.starts_with("unknown variant `") {
        let value = quoted(said);
        let what = Text::new(format!("{here} 不能是 {value}"), format!("{here} cannot be {value}"));
        ("unknown-value", here, what, one_of(said))
    } else if let Some((given, wanted)) = kinds(said) {
        let what = Text::new(
            format!("{here} 的值不对：给出的是{}", given.zh),
            format!("the value of {here} is not right: {} was given", given.en),
        );
        ("wrong-type", here, what, wanted)
    } else if let Some(wanted) = unparsed(said) {
        let what = Text::new(format!("{here} 的值读不懂"), format!("the value of {here} cannot be read"));
        ("wrong-type", here, what, wanted)
    } else {
        let what = Text::new(format!("{here} 读不懂（{said}）"), format!("{here} cannot be read: {said}"));
        ("not-understood", here, what, Text::new("见接口说明", "see the reference of the API"))
    };
    let place = Place { path: (!at.is_empty()).then_some(at), ..Place::default() };
    Finding::error(code, place, what, right)
}

/// What would be right where a text was to be a number: parameters are texts, and Rust's own words of them are
/// these few.
fn unparsed(said: &str) -> Option<Text> {
    Some(match said.trim() {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            Text::new("不小于零的整数", "a whole number from zero on")
        }
        "number too large to fit in target type" => Text::new("小一些的整数", "a smaller whole number"),
        "number too small to fit in target type" => Text::new("大一些的整数", "a greater whole number"),
        "invalid float literal" | "cannot parse float from empty string" => {
            Text::new("数值，例如 0.35", "a number, such as 0.35")
        }
        "provided string was not `true` or `false`" => Text::new("true 或 false", "true or false"),
        _ => return None,
    })
}

/// `invalid type: string "x", expected u32`: what was given, and what is wanted.
fn kinds(said: &str) -> Option<(Text, Text)> {
    let rest = ["invalid type: ", "invalid value: ", "invalid length "]
        .into_iter()
        .find_map(|begin| said.strip_prefix(begin))?;
    let (given, wanted) = rest.split_once(", expected ")?;
    let given = match given.split_once(' ') {
        Some(("string", text)) => Text::new(format!("文本 {text}"), format!("the text {text}")),
        Some(("integer" | "floating", text)) => {
            let digits = text.split('`').nth(1).unwrap_or(text);
            Text::new(format!("数值 {digits}"), format!("the number {digits}"))
        }
        Some(("boolean", text)) => {
            let value = text.trim_matches('`');
            Text::new(format!("是否值 {value}"), format!("the truth value {value}"))
        }
        _ => match given {
            "null" => Text::new("空值", "nothing"),
            "sequence" => Text::new("一个列表", "a list"),
            "map" => Text::new("一个对象", "an object"),
            other => Text::plain(other),
        },
    };
    let wanted = match wanted {
        "a string" | "string" | "str" => Text::new("文本", "a text"),
        "a boolean" | "bool" => Text::new("true 或 false", "true or false"),
        "a sequence" => Text::new("一个列表", "a list"),
        "a map" => Text::new("一个对象", "an object"),
        "f64" | "f32" => Text::new("数值", "a number"),
        whole if whole.len() <= 5 && whole.starts_with('u') => {
            Text::new("不小于零的整数", "a whole number from zero on")
        }
        whole if whole.len() <= 5 && whole.starts_with('i') => Text::new("整数", "a whole number"),
        object if object.starts_with("struct ") => Text::new("一个对象", "an object"),
        other => Text::plain(other),
    };
    Some((given, wanted))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Wanted {
        name: String,
        n: Option<u32>,
        kind: Option<Kind>,
        parts: Option<Vec<Part>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Tier,
        Segment,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Part {
        weight: f64,
    }

    #[test]
    fn a_parameter_that_is_no_number_is_told_without_the_words_of_rust() {
        fn said<T: std::str::FromStr>(text: &str) -> String
        where
            T::Err: std::fmt::Display,
        {
            text.parse::<T>().err().map(|error| error.to_string()).unwrap_or_default()
        }
        for (path, said, zh, en) in [
            ("limit", said::<u32>("abc"), "不小于零的整数", "a whole number from zero on"),
            ("limit", said::<u32>(""), "不小于零的整数", "a whole number from zero on"),
            ("limit", said::<u32>("99999999999"), "小一些的整数", "a smaller whole number"),
            ("change", said::<f64>("zz"), "数值，例如 0.35", "a number, such as 0.35"),
            ("change", said::<f64>(""), "数值，例如 0.35", "a number, such as 0.35"),
            ("against", said::<bool>("yes"), "true 或 false", "true or false"),
        ] {
            let found = problem(path, &said);
            assert_eq!(found.text.zh, format!("{path} 的值读不懂；应为：{zh}"), "{said}");
            assert_eq!(found.text.en, format!("the value of {path} cannot be read; right would be: {en}"));
            assert_eq!(found.errors[0].path.as_deref(), Some(path));
        }
    }

    #[test]
    fn each_field_is_named_with_what_would_be_right() {
        for (body, code, path, zh, en) in [
            (
                "{}",
                "missing-field",
                "name",
                "缺少 name；应为：补上这一项",
                "name is missing; right would be: give it",
            ),
            (
                r#"{"name": "a", "reason": 1}"#,
                "unknown-field",
                "reason",
                "这里没有 reason 这一项；应为：name, n, kind, parts",
                "there is no reason here; right would be: name, n, kind, parts",
            ),
            (
                r#"{"name": "a", "kind": "level"}"#,
                "unknown-value",
                "kind",
                "kind 不能是 level；应为：tier, segment",
                "kind cannot be level; right would be: tier, segment",
            ),
            (
                r#"{"name": "a", "n": -3}"#,
                "wrong-type",
                "n",
                "n 的值不对：给出的是数值 -3；应为：不小于零的整数",
                "the value of n is not right: the number -3 was given; right would be: a whole number from zero on",
            ),
            (
                r#"{"name": "a", "parts": [{"weight": 1}, {"weight": "much"}]}"#,
                "wrong-type",
                "parts[1].weight",
                "parts[1].weight 的值不对：给出的是文本 \"much\"；应为：数值",
                "the value of parts[1].weight is not right: the text \"much\" was given; right would be: a number",
            ),
            (
                r#"{"name": "a", "parts": [{}]}"#,
                "missing-field",
                "parts[0].weight",
                "缺少 parts[0].weight；应为：补上这一项",
                "parts[0].weight is missing; right would be: give it",
            ),
        ] {
            let value: serde_json::Value = serde_json::from_str(body).unwrap();
            let error = serde_path_to_error::deserialize::<_, Wanted>(value).unwrap_err();
            let found = problem(&error.path().to_string(), &error.inner().to_string());
            assert_eq!((found.text.zh.as_str(), found.text.en.as_str()), (zh, en), "{body}");
            let field = &found.errors[0];
            assert_eq!((field.code.as_str(), field.path.as_deref()), (code, Some(path)), "{body}");
        }
    }
}
