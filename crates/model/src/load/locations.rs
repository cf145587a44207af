//! Where each path of the documents is written, so that checks that know only a path can say the
//! line.

use std::collections::BTreeMap;

use super::{Kind, Node};
use crate::{Findings, Place};

/// Path -> where it is written, over one or several documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locations {
    documents: Vec<String>,
    /// The same path (`scorecards`, `title`) may stand in several documents.
    paths: BTreeMap<String, Vec<Spot>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    document: usize,
    line: u64,
    column: u64,
}

/// A document, line and column, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'a> {
    pub document: &'a str,
    pub line: u64,
    pub column: u64,
}

impl Locations {
    pub(crate) fn of(document_name: &str, root: &Node) -> Locations {
        let mut locations = Locations { documents: vec![document_name.to_owned()], paths: BTreeMap::new() };
        locations.walk(root, &Place::default());
        locations
    }

    /// Puts the locations of several documents together, in the order given.
    pub fn merge(all: impl IntoIterator<Item = Locations>) -> Locations {
        let mut merged = Locations::default();
        for one in all {
            let offset = merged.documents.len();
            merged.documents.extend(one.documents);
            for (path, spots) in one.paths {
                let spots = spots.into_iter().map(|spot| Spot { document: spot.document + offset, ..spot });
                merged.paths.entry(path).or_default().extend(spots);
            }
        }
        merged
    }

    /// Where a path is written: in `document` if that is given, else in the first document that has
    /// it. What is not written (a key that is missing) is where its parent is.
    pub fn find(&self, document: Option<&str>, path: &str) -> Option<Location<'_>> {
        let mut path = path;
        loop {
            let spot = self.paths.get(path).and_then(|spots| {
                spots.iter().find(|spot| {
                    document.is_none_or(|name| self.documents.get(spot.document).is_some_and(|d| d == name))
                })
            });
            if let Some(spot) = spot {
                let document = self.documents.get(spot.document)?;
                return Some(Location { document, line: spot.line, column: spot.column });
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    /// The document in which a path is written: `scorecards.value` of a merged model.
    pub fn document_of(&self, path: &str) -> Option<&str> {
        self.find(None, path).map(|location| location.document)
    }

    fn walk(&mut self, node: &Node, place: &Place) {
        match &node.kind {
            Kind::Scalar { .. } => {}
            Kind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let place = place.index(index);
                    self.note(&place, item.line, item.column);
                    self.walk(item, &place);
                }
            }
            Kind::Map(entries) => {
                for (key, value) in entries {
                    let place = place.key(&key.text);
                    self.note(&place, key.line, key.column);
                    self.walk(value, &place);
                }
            }
        }
    }

    fn note(&mut self, place: &Place, line: u64, column: u64) {
        let path = place.path.clone().unwrap_or_default();
        self.paths.entry(path).or_default().push(Spot { document: 0, line, column });
    }
}

impl Findings {
    /// Gives every finding that names a path its document and line.
    pub fn locate(mut self, locations: &Locations) -> Findings {
        for finding in &mut self.0 {
            let place = &mut finding.place;
            if place.line.is_some() || place.row.is_some() {
                continue;
            }
            let Some(path) = place.path.as_deref() else { continue };
            let found =
                locations.find(place.document.as_deref(), path).or_else(|| locations.find(None, path));
            if let Some(location) = found {
                place.document = Some(location.document.to_owned());
                place.line = Some(location.line);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::load_model;
    use crate::{Finding, Text};

    #[test]
    fn a_finding_with_a_path_gets_its_document_and_line() {
        let one = load_model("a.yaml", "gradus: 1\nindicators:\n  orders: {kind: orders}\n");
        let two = load_model("b.yaml", "gradus: 1\n\nindicators:\n  spend:\n    kind: sum\n    of: amount\n");
        let locations = Locations::merge([one.locations, two.locations]);
        let at = |path: &str| locations.find(None, path).map(|l| (l.document, l.line, l.column));
        assert_eq!(at("indicators.orders.kind"), Some(("a.yaml", 3, 12)));
        assert_eq!(at("indicators.spend.of"), Some(("b.yaml", 6, 5)));
        assert_eq!(
            at("indicators.spend.window.last"),
            Some(("b.yaml", 4, 3)),
            "the parent of what is not written"
        );
        assert_eq!(at("nowhere"), None);
        let finding =
            Finding::error("x", Place::default().at("indicators.spend.of"), Text::default(), Text::default());
        let located = Findings(vec![finding]).locate(&locations);
        assert_eq!(located.0[0].place.to_string(), "b.yaml:6 indicators.spend.of");
    }
}
