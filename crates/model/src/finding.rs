//! A *finding*: the operator's document or data is wrong. A value, not an error: checks collect
//! all of them and go on. Every finding says what is wrong, where, and what would be right, in
//! Chinese and in English.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The language a person reads. Chinese comes first; English is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    /// The language that a POSIX locale name such as `zh_CN.UTF-8` asks for; English for any
    /// other, because a locale that is not Chinese was not set by a reader of Chinese.
    pub fn from_locale(locale: &str) -> Lang {
        if locale.to_ascii_lowercase().starts_with("zh") { Lang::Zh } else { Lang::En }
    }
}

/// One text in both languages. In a document it may be written as a plain string, which then
/// stands for both.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Text {
    pub zh: String,
    pub en: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum TextForm {
    /// The same text in every language.
    Plain(String),
    /// One text per language; a missing one falls back to the other.
    ByLang(TextByLang),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TextByLang {
    zh: Option<String>,
    en: Option<String>,
}

impl JsonSchema for Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        TextForm::json_schema(generator)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match TextForm::deserialize(deserializer)? {
            TextForm::Plain(text) => Text { zh: text.clone(), en: text },
            TextForm::ByLang(TextByLang { zh, en }) => {
                let either = zh.clone().or(en.clone()).unwrap_or_default();
                Text { zh: zh.unwrap_or(either.clone()), en: en.unwrap_or(either) }
            }
        })
    }
}

impl Text {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Text {
        Text { zh: zh.into(), en: en.into() }
    }

    /// The same text in both languages, for names and numbers.
    pub fn plain(text: impl Into<String>) -> Text {
        let text = text.into();
        Text { zh: text.clone(), en: text }
    }

    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// Where a finding is: a document with path and line, or a data file with row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the operator named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The path inside the document, such as `scorecards.value.attributes[2].bins[0].from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Character in that line, from 1: where a file that was not written here has long lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// Data row, from 1, the header not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
}

impl Place {
    pub fn document(document: impl Into<String>) -> Place {
        Place { document: Some(document.into()), ..Place::default() }
    }

    pub fn at(mut self, path: impl Into<String>) -> Place {
        self.path = Some(path.into());
        self
    }

    /// The place of a member of what is here: `a.b` becomes `a.b.key`.
    pub fn key(&self, key: &str) -> Place {
        let path = match self.path.as_deref() {
            None | Some("") => key.to_string(),
            Some(path) => format!("{path}.{key}"),
        };
        Place { path: Some(path), ..self.clone() }
    }

    /// The place of an element of the list that is here: `a.b` becomes `a.b[3]`.
    pub fn index(&self, index: usize) -> Place {
        let path = format!("{}[{index}]", self.path.as_deref().unwrap_or(""));
        Place { path: Some(path), ..self.clone() }
    }

    pub fn line(mut self, line: u64) -> Place {
        self.line = Some(line);
        self
    }

    pub fn row(mut self, row: u64) -> Place {
        self.row = Some(row);
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(document) = &self.document {
            write!(f, "{document}")?;
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        if let Some(row) = self.row {
            write!(f, " #{row}")?;
        }
        match &self.path {
            Some(path) if !path.is_empty() && self.document.is_some() => write!(f, " {path}"),
            Some(path) => write!(f, "{path}"),
            None => Ok(()),
        }
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know: costs, leaks, things that may surprise.
    Note,
    /// It works, and is probably not what was meant.
    Warning,
    /// It cannot be used until this is mended.
    Error,
}

/// One value of an example: what it is the value of, and the value as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Given {
    /// The name in the document.
    pub name: String,
    pub title: Text,
    pub value: Text,
    /// The value as a test case would give it, where it can be tried out; none if it is unknown, null if there is
    /// nothing to state.
    #[serde(skip)]
    pub input: Option<serde_json::Value>,
}

impl Given {
    /// Such as `订单数 = 3`.
    pub fn words(&self, lang: Lang) -> String {
        let title = self.title.get(lang);
        let title = if title.is_empty() { &self.name } else { title };
        format!("{title} = {}", self.value.get(lang))
    }
}

/// One thing that is wrong, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable name in kebab case, chosen where the problem is known.
    pub code: &'static str,
    pub severity: Severity,
    pub place: Place,
    /// What is wrong.
    pub what: Text,
    /// What would be right.
    pub right: Text,
    /// Values with which it can be seen: they were evaluated, and it came out so. Empty where there
    /// can be none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub example: Vec<Given>,
}

impl Finding {
    pub fn error(code: &'static str, place: Place, what: Text, right: Text) -> Finding {
        Finding { code, severity: Severity::Error, place, what, right, example: Vec::new() }
    }

    pub fn warning(code: &'static str, place: Place, what: Text, right: Text) -> Finding {
        Finding { code, severity: Severity::Warning, place, what, right, example: Vec::new() }
    }

    pub fn note(code: &'static str, place: Place, what: Text, right: Text) -> Finding {
        Finding { code, severity: Severity::Note, place, what, right, example: Vec::new() }
    }

    /// The finding with values with which it can be seen.
    pub fn seen_with(self, example: Vec<Given>) -> Finding {
        Finding { example, ..self }
    }

    /// The example in one line, such as `订单数 = 3，国家 = 未知`; empty if there is none.
    pub fn example_words(&self, lang: Lang) -> String {
        let given: Vec<String> = self.example.iter().map(|given| given.words(lang)).collect();
        given.join(if lang == Lang::Zh { "，" } else { ", " })
    }

    /// One line for a terminal: place, severity, code, what, and what would be right.
    pub fn render(&self, lang: Lang) -> String {
        let severity = match (self.severity, lang) {
            (Severity::Error, Lang::Zh) => "错误",
            (Severity::Warning, Lang::Zh) => "警告",
            (Severity::Note, Lang::Zh) => "提示",
            (Severity::Error, Lang::En) => "error",
            (Severity::Warning, Lang::En) => "warning",
            (Severity::Note, Lang::En) => "note",
        };
        let (what, right) = (self.what.get(lang), self.right.get(lang));
        let arrow = if lang == Lang::Zh { "应为" } else { "instead" };
        let mut place = self.place.to_string();
        if !place.is_empty() {
            place.push_str(": ");
        }
        let mut out = format!("{place}{severity} [{}] {what}", self.code);
        if !right.is_empty() {
            out.push_str(&format!("\n    {arrow}: {right}"));
        }
        if !self.example.is_empty() {
            let such = if lang == Lang::Zh { "例如" } else { "for example" };
            out.push_str(&format!("\n    {such}: {}", self.example_words(lang)));
        }
        out
    }
}

impl Finding {
    /// Where, what, and what would be right, in one text without the code: for whoever shows one line.
    pub fn in_one(&self) -> Text {
        let place = self.place.to_string();
        let one = |what: &str, right: &str, colon: &str, semicolon: &str| {
            let mut out = if place.is_empty() { String::new() } else { format!("{place}{colon}") };
            out.push_str(what);
            if !right.is_empty() {
                out.push_str(semicolon);
                out.push_str(right);
            }
            out
        };
        Text::new(
            one(&self.what.zh, &self.right.zh, "：", "；"),
            one(&self.what.en, &self.right.en, ": ", "; "),
        )
    }
}

/// Findings as they are collected. Nothing stops at the first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.0.extend(findings);
    }

    /// True if anything has to be mended before the document can be used.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_like_a_path_in_the_file() {
        let place = Place::document("model/value.yaml").line(12).at("scorecards.value").key("bins").index(2);
        assert_eq!(place.to_string(), "model/value.yaml:12 scorecards.value.bins[2]");
        assert_eq!(Place::document("orders.csv").row(7).to_string(), "orders.csv #7");
    }

    #[test]
    fn a_text_may_be_written_plain_or_by_language() {
        let both: Text = serde_json::from_str(r#"{"zh": "金额", "en": "Amount"}"#).unwrap();
        assert_eq!((both.get(Lang::Zh), both.get(Lang::En)), ("金额", "Amount"));
        let one: Text = serde_json::from_str(r#"{"zh": "金额"}"#).unwrap();
        assert_eq!(one.get(Lang::En), "金额");
        let plain: Text = serde_json::from_str(r#""RFM""#).unwrap();
        assert_eq!(plain.get(Lang::Zh), "RFM");
    }
}
