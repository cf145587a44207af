//! JSON whose values know their path, line and column.

use super::super::unsupported;
use crate::load::{Kind, Node, decode_at_most, parse_json};
use crate::{Finding, Findings, Place, Text};

pub(super) fn parse(document_name: &str, bytes: &[u8], findings: &mut Findings) -> Result<Node, Finding> {
    let text = decode_at_most(document_name, bytes, super::super::MAX_BYTES)?;
    parse_json(document_name, text.trim_start_matches('\u{FEFF}'), findings)
}

/// True if a file begins as such a graph does.
pub(crate) fn looks_like_jdm(text: &str) -> bool {
    text.trim_start_matches('\u{FEFF}').trim_start().starts_with('{')
}

/// One value with its place.
#[derive(Clone)]
pub(super) struct Value<'n> {
    node: &'n Node,
    place: Place,
}

impl<'n> Value<'n> {
    pub(super) fn root(document_name: &str, node: &'n Node) -> Value<'n> {
        Value { node, place: Place::document(document_name) }
    }

    pub(super) fn place(&self) -> Place {
        let mut place = self.place.clone().line(self.node.line);
        place.column = Some(self.node.column);
        place
    }

    fn below(&self, node: &'n Node, place: Place) -> Value<'n> {
        Value { node, place }
    }

    /// A member that is there and not null.
    pub(super) fn get(&self, key: &str) -> Option<Value<'n>> {
        let Kind::Map(entries) = &self.node.kind else { return None };
        let (_, node) = entries.iter().find(|(own, _)| own.text == key)?;
        (!node.is_null()).then(|| self.below(node, self.place.key(key)))
    }

    /// The text of a member; a number or truth as it is written.
    pub(super) fn text(&self, key: &str) -> Option<&'n str> {
        let Kind::Map(entries) = &self.node.kind else { return None };
        match &entries.iter().find(|(own, _)| own.text == key)?.1.kind {
            Kind::Scalar { text, quoted } if *quoted || text != "null" => Some(text),
            _ => None,
        }
    }

    pub(super) fn items(&self, key: &str) -> Vec<Value<'n>> {
        let Some(list) = self.get(key) else { return Vec::new() };
        let Kind::List(items) = &list.node.kind else { return Vec::new() };
        items.iter().enumerate().map(|(index, node)| self.below(node, list.place.index(index))).collect()
    }

    /// Refuses a setting that is not as usual.
    pub(super) fn only(&self, key: &str, usual: &[&str]) -> Result<(), Finding> {
        match self.text(key) {
            Some(text) if !usual.contains(&text) => {
                let shown: String = text.chars().take(120).collect();
                Err(unsupported(
                    self.place(),
                    Text::new(format!("不支持 {key} = {shown}"), format!("{key} = {shown} is not supported")),
                    Text::new(
                        format!("删去 {key}，或用默认值"),
                        format!("{key} left out, or its usual value"),
                    ),
                ))
            }
            _ => Ok(()),
        }
    }
}
