//! Several model documents of a workspace make one model.

use std::collections::BTreeMap;

use crate::document::{Model, Named};
use crate::{Finding, Findings, Place, Text};

/// Puts the model documents of a workspace together, in the order given. The format is the newest
/// of them, title and description those of the first document that has one. A name that two
/// documents define is a finding; the first definition stays.
pub fn merge_models(documents: Vec<(String, Model)>) -> (Model, Findings) {
    let mut findings = Findings::default();
    let mut merged = Model::default();
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for (document, model) in documents {
        let Model {
            gradus: _,
            title,
            description,
            indicators,
            predictions,
            next,
            scorecards,
            rule_sets,
            decision_tables,
            cross_tables,
            decision_trees,
            flows,
            tiers,
            segments,
            groupings,
            validation,
            tests,
        } = model;
        if merged.title == Text::default() {
            merged.title = title;
        }
        if merged.description == Text::default() {
            merged.description = description;
        }
        if validation.is_some() && merged.validation.is_some() {
            findings.push(twice(&document, "validation"));
        }
        merged.validation = merged.validation.or(validation);
        if next.is_some() && merged.next.is_some() {
            findings.push(twice(&document, "next"));
        }
        merged.next = merged.next.or(next);
        let mut adding = Adding { document: &document, owners: &mut owners, findings: &mut findings };
        adding.add("indicators", indicators, &mut merged.indicators);
        adding.add("predictions", predictions, &mut merged.predictions);
        adding.add("scorecards", scorecards, &mut merged.scorecards);
        adding.add("rule_sets", rule_sets, &mut merged.rule_sets);
        adding.add("decision_tables", decision_tables, &mut merged.decision_tables);
        adding.add("cross_tables", cross_tables, &mut merged.cross_tables);
        adding.add("decision_trees", decision_trees, &mut merged.decision_trees);
        adding.add("flows", flows, &mut merged.flows);
        adding.add("tiers", tiers, &mut merged.tiers);
        adding.add("segments", segments, &mut merged.segments);
        adding.add("groupings", groupings, &mut merged.groupings);
        adding.add("tests", tests, &mut merged.tests);
    }
    (merged, findings)
}

/// What a model has once stands in two documents.
fn twice(document: &str, part: &str) -> Finding {
    Finding::error(
        "duplicate-name",
        Place::document(document).at(part),
        Text::new(
            format!("{part} 已在另一个文档里写过"),
            format!("`{part}` is written in another document, too"),
        ),
        Text::new(format!("只在一个文档里写 {part}"), format!("one document that has `{part}`")),
    )
}

struct Adding<'a> {
    document: &'a str,
    /// Path of a definition -> the document that has it.
    owners: &'a mut BTreeMap<String, String>,
    findings: &'a mut Findings,
}

impl Adding<'_> {
    fn add<T>(&mut self, section: &str, from: Named<T>, to: &mut Named<T>) {
        for (name, definition) in from.0 {
            let path = format!("{section}.{name}");
            match self.owners.get(&path) {
                Some(owner) => self.findings.push(Finding::error(
                    "duplicate-name",
                    Place::document(self.document).at(path),
                    Text::new(
                        format!("`{name}` 已在 {owner} 中定义"),
                        format!("`{name}` is already defined in {owner}"),
                    ),
                    Text::new("换一个名称，或删去其中一处", "another name, or one of the two removed"),
                )),
                None => {
                    self.owners.insert(path, self.document.to_owned());
                    to.0.push((name, definition));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Locations, load_model};

    #[test]
    fn documents_add_up_and_a_name_defined_twice_is_found() {
        let one = load_model("a.yaml", "gradus: 1\nindicators:\n  orders: {kind: orders}\n");
        let two = load_model(
            "b.yaml",
            "gradus: 1\ntitle: T\nindicators:\n  spend: {kind: sum, of: amount}\n  orders: {kind: count}\n",
        );
        let locations = Locations::merge([one.locations, two.locations]);
        let (model, findings) =
            merge_models(vec![("a.yaml".into(), one.value.unwrap()), ("b.yaml".into(), two.value.unwrap())]);
        assert_eq!(model.indicators.names().collect::<Vec<_>>(), ["orders", "spend"]);
        assert_eq!(model.title, Text::plain("T"));
        let findings = findings.locate(&locations);
        assert_eq!(findings.0.len(), 1);
        assert_eq!(findings.0[0].place.to_string(), "b.yaml:5 indicators.orders");
    }
}
