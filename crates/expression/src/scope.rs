//! The names an expression may use, with their types.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use datafusion::sql::sqlparser::ast::Ident;
use gradus_model::Text;

use crate::problem::{Problem, brief, text};
use crate::token::is_keyword;

/// Names an expression may use, with types, and optional titles for reading back and suggestions.
///
/// Names are case-sensitive as written. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Scope {
    schema: SchemaRef,
    titles: BTreeMap<String, Text>,
    /// By column and value.
    values: BTreeMap<(String, String), Text>,
}

impl Scope {
    pub fn new(schema: SchemaRef) -> Scope {
        Scope { schema, titles: BTreeMap::new(), values: BTreeMap::new() }
    }

    /// Gives a column the title that people know it by.
    pub fn with_title(mut self, column: &str, title: Text) -> Scope {
        self.titles.insert(column.to_string(), title);
        self
    }

    /// Gives a text that a column may hold the title that people know it by: a kind of event, a level.
    pub fn with_value_title(mut self, column: &str, value: &str, title: Text) -> Scope {
        self.values.insert((column.to_string(), value.to_string()), title);
        self
    }

    /// The title of a value of a column, if it has one.
    pub fn value_title(&self, column: &str, value: &str) -> Option<&Text> {
        self.values.get(&(column.to_string(), value.to_string()))
    }

    /// All titles of values, by column and value.
    pub(crate) fn value_titles(&self) -> &BTreeMap<(String, String), Text> {
        &self.values
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The title of a column, if it has one.
    pub fn title(&self, column: &str) -> Option<&Text> {
        self.titles.get(column)
    }

    /// True if the first of the names has fields of its own: it holds keys of a reference.
    pub(crate) fn has_fields_of(&self, parts: &[Ident]) -> bool {
        let Some(first) = parts.first() else { return false };
        let is_of = |column: &str| {
            column.strip_prefix(first.value.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        self.schema.fields().iter().any(|field| is_of(field.name()))
    }

    pub(crate) fn unknown(&self, name: &str) -> Problem {
        let near = self.nearest(name);
        let shown = near.iter().map(|name| quote_name(name)).collect::<Vec<_>>();
        let right = if shown.is_empty() {
            let some: Vec<_> = self.schema.fields().iter().take(12).map(|f| quote_name(f.name())).collect();
            text!("已知的名称：{some}", "a known name: {some}", some = some.join(", "))
        } else {
            text!("是否想写 {zh}？", "did you mean {zh}?", zh = shown.join(", "))
        };
        let what = text!(
            "没有名为「{n}」的指标或列",
            "there is no indicator or column named “{n}”",
            n = brief(name)
        );
        Problem::new("unknown-name", what, right)
    }

    /// Up to three names close to this one, by spelling or by title.
    fn nearest(&self, name: &str) -> Vec<String> {
        let allowed = (name.chars().count() / 3).clamp(1, 4);
        let folded = name.to_lowercase();
        let mut found: Vec<(usize, &str)> = Vec::new();
        for field in self.schema.fields() {
            let column = field.name();
            let mut best = distance(&folded, &column.to_lowercase());
            if let Some(title) = self.titles.get(column) {
                best = best.min(distance(&folded, &title.zh.to_lowercase()));
                best = best.min(distance(&folded, &title.en.to_lowercase()));
            }
            if best <= allowed {
                found.push((best, column));
            }
        }
        found.sort();
        found.into_iter().take(3).map(|(_, name)| name.to_string()).collect()
    }
}

/// A name as it is written in an expression: quoted when it has to be.
///
/// ```
/// use gradus_expression::quote_name;
/// assert_eq!(quote_name("近90天消费金额"), "近90天消费金额");
/// assert_eq!(quote_name("product.category"), "product.category");
/// assert_eq!(quote_name("order lines"), "\"order lines\"");
/// assert_eq!(quote_name("and"), "\"and\"");
/// ```
pub fn quote_name(name: &str) -> String {
    let plain = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(starts_name) && chars.all(continues_name) && !is_keyword(part)
    };
    // A field of what an event refers to has a dotted name.
    if name.split('.').all(plain) { name.to_string() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Letters of any script, and the underscore.
pub(crate) fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

pub(crate) fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Levenshtein distance in characters; texts beyond 80 characters are never near.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(81).collect(), b.chars().take(81).collect());
    if a.len() > 80 || b.len() > 80 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_characters() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("消费金额", "消费总额"), 1);
        assert_eq!(distance("", "ab"), 2);
    }
}
