//! Kinds of event that a model names and nobody gives: a slip of the pen counts nothing, for ever and in
//! silence.

use std::collections::BTreeSet;

use gradus_expression::{texts_compared, texts_given};
use gradus_model::document::{Behaviour, Condition, Model, Sequence, Window};
use gradus_model::event_stream::column;
use gradus_model::{Finding, Findings, Place, Text, closest};

use crate::Documents;

/// The kind of the events of uploaded lists, which no source gives.
const LIST: &str = "list";

/// A finding for each kind that the model names and no source gives, with the name that was probably
/// meant. Where a source takes its kinds from a column nobody can say what comes, so only what is
/// nearly the name of a known kind is told.
pub fn unknown_kinds(documents: &Documents) -> Findings {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut open = false;
    for (_, source) in documents.sources.iter().filter(|(_, source)| source.reference.is_none()) {
        known.extend(source.kinds.names().map(String::from));
        match source.mapping.kind.as_deref().and_then(texts_given) {
            Some(kinds) => known.extend(kinds),
            None => open = true,
        }
    }
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let mut findings = Findings::default();
    for (kind, place) in named_in(&documents.model) {
        if known.contains(&kind) || kind == LIST {
            continue;
        }
        let near = closest(&kind, &names);
        // Before there are sources there is nothing to compare with.
        if (open || documents.sources.is_empty()) && near.is_none() {
            continue;
        }
        let what = Text::new(
            format!("没有数据源给出「{kind}」这种事件，这里永远数不到"),
            format!("no source gives events of the kind “{kind}”, so nothing will ever be counted here"),
        );
        let right = match near {
            Some(near) => Text::new(format!("是否想写 {near}？"), format!("perhaps `{near}`?")),
            None => Text::new(
                format!("已有的事件种类：{}；或者先接入给出它的数据源", names.join("、")),
                format!("one of {}; or a source that gives it", names.join(", ")),
            ),
        };
        findings.push(Finding::warning("unknown-kind", place, what, right));
    }
    findings
}

/// Every kind of event that a model names, in its order.
pub(crate) fn named_kinds(model: &Model) -> Vec<String> {
    named_in(model).into_iter().map(|(kind, _)| kind).collect()
}

/// Every kind of event that a model names, with the first place that does.
fn named_in(model: &Model) -> Vec<(String, Place)> {
    let mut named = Named::default();
    let root = Place::default();
    for (name, indicator) in model.indicators.iter() {
        let place = root.key("indicators").key(name);
        named.sql(indicator.filter.as_deref(), &place.key("where"));
        named.sql(indicator.share.as_deref(), &place.key("share"));
        named.sql(indicator.of.as_deref(), &place.key("of"));
        named.window(indicator.window.as_ref(), &place);
    }
    for (name, card) in model.scorecards.iter() {
        for (rule, adjustment) in card.adjustments.iter() {
            let place = root.key("scorecards").key(name).key("adjustments").key(rule);
            named.condition(adjustment.when.as_ref(), &place.key("when"));
            if let Some(events) = &adjustment.per_event {
                let place = place.key("per_event");
                named.kind(&events.event, &place.key("event"));
                named.sql(events.filter.as_deref(), &place.key("where"));
                named.window(events.window.as_ref(), &place);
            }
        }
    }
    for (name, card) in model.scorecards.iter() {
        for (attribute, one) in card.attributes.iter() {
            let place = root.key("scorecards").key(name).key("attributes").key(attribute).key("cases");
            for (index, case) in one.cases.iter().flatten().enumerate() {
                named.condition(case.when.as_ref(), &place.index(index).key("when"));
            }
        }
    }
    for (name, table) in model.decision_tables.iter() {
        let place = root.key("decision_tables").key(name).key("rows");
        for (index, row) in table.rows.iter().enumerate() {
            named.condition(row.condition.as_ref(), &place.index(index).key("if"));
        }
    }
    for (name, tree) in model.decision_trees.iter() {
        tree.visit(&root.key("decision_trees").key(name), &mut |branch, place| {
            named.condition(branch.when.as_ref(), &place.key("when"));
        });
    }
    for (name, flow) in model.flows.iter() {
        for (step, one) in flow.steps.iter() {
            let place = root.key("flows").key(name).key("steps").key(step);
            named.condition(one.when.as_ref(), &place.key("when"));
            for (index, branch) in one.branches.iter().enumerate() {
                named.condition(Some(&branch.when), &place.key("branches").index(index).key("when"));
            }
        }
    }
    for (name, set) in model.rule_sets.iter() {
        for (rule, one) in set.rules.iter() {
            named.condition(
                Some(&one.when),
                &root.key("rule_sets").key(name).key("rules").key(rule).key("when"),
            );
        }
    }
    for (name, scheme) in model.tiers.iter() {
        named.condition(scheme.eligible.as_ref(), &root.key("tiers").key(name).key("eligible"));
    }
    for (name, segment) in model.segments.iter() {
        named.condition(Some(&segment.condition), &root.key("segments").key(name).key("where"));
    }
    for (name, grouping) in model.groupings.iter() {
        for (layer, one) in grouping.layers.iter() {
            let place = root.key("groupings").key(name).key("layers").key(layer);
            named.condition(one.condition.as_ref(), &place.key("where"));
        }
    }
    named.order
}

#[derive(Default)]
struct Named {
    seen: BTreeSet<String>,
    order: Vec<(String, Place)>,
}

impl Named {
    fn kind(&mut self, kind: &str, place: &Place) {
        if self.seen.insert(kind.to_string()) {
            self.order.push((kind.to_string(), place.clone()));
        }
    }

    fn sql(&mut self, sql: Option<&str>, place: &Place) {
        for kind in sql.map(|sql| texts_compared(sql, column::KIND)).unwrap_or_default() {
            self.kind(&kind, place);
        }
    }

    fn window(&mut self, window: Option<&Window>, place: &Place) {
        if let Some(Window::Long(period)) = window {
            self.sql(period.since.as_deref(), &place.key("window").key("since"));
        }
    }

    fn condition(&mut self, condition: Option<&Condition>, place: &Place) {
        // An SQL condition speaks of indicators, which are looked at where they stand.
        let Some(Condition::Node(node)) = condition else { return };
        for (key, parts) in [("all", &node.all), ("any", &node.any)] {
            for (at, part) in parts.iter().flatten().enumerate() {
                self.condition(Some(part), &place.key(key).index(at));
            }
        }
        self.condition(node.not.as_ref(), &place.key("not"));
        for (key, behaviour) in [("did", &node.did), ("did_not", &node.did_not)] {
            if let Some(behaviour) = behaviour {
                self.behaviour(behaviour, &place.key(key));
            }
        }
        if let Some(sequence) = &node.sequence {
            self.sequence(sequence, &place.key("sequence"));
        }
    }

    fn behaviour(&mut self, behaviour: &Behaviour, place: &Place) {
        self.kind(&behaviour.event, &place.key("event"));
        self.sql(behaviour.filter.as_deref(), &place.key("where"));
        self.window(behaviour.window.as_ref(), place);
    }

    fn sequence(&mut self, sequence: &Sequence, place: &Place) {
        for (at, step) in sequence.steps.iter().enumerate() {
            let place = place.key("steps").index(at);
            self.kind(&step.event, &place.key("event"));
            self.sql(step.filter.as_deref(), &place.key("where"));
        }
        self.window(sequence.window.as_ref(), place);
    }
}

#[cfg(test)]
mod tests {
    use gradus_model::document::Source;
    use gradus_model::load::{load_model, load_source};

    use super::*;

    fn source(kind: &str) -> Source {
        let text = format!("gradus: 1\nmapping: {{ kind: \"{kind}\", time: t }}\n");
        load_source("sources/s.yaml", &text).value.unwrap()
    }

    fn found(sources: &[&str], model: &str) -> Vec<(String, String)> {
        let sources = sources.iter().enumerate().map(|(at, kind)| (format!("s{at}"), source(kind))).collect();
        let loaded = load_model("model.yaml", &format!("gradus: 1\n{model}"));
        let documents = Documents {
            sources,
            model: loaded.value.unwrap(),
            locations: loaded.locations,
            version: None,
            findings: Findings::default(),
        };
        let path = |finding: &Finding| finding.place.path.clone().unwrap_or_default();
        unknown_kinds(&documents).iter().map(|finding| (path(finding), finding.right.en.clone())).collect()
    }

    const MODEL: &str = "
indicators:
  n: { kind: count, where: kind = 'order_lin' and amount > 0 }
  also: { kind: count, where: \"kind in ('refund', 'order_line')\" }
  since: { kind: count, window: { since: kind = 'survey' } }
segments:
  came: { base: everyone, where: { all: [ { did: { event: visit } }, { not: { did_not: { event: vist } } } ] } }
  steps: { base: everyone, where: { sequence: { steps: [ { event: visit }, { event: complaint } ] } } }
";

    #[test]
    fn a_kind_that_nobody_gives_is_told_once_with_the_name_that_was_meant() {
        let sources = ["case when a < 0 then 'refund' else 'order_line' end", "'visit'"];
        let near = |path: &str, name: &str| (path.to_string(), format!("perhaps `{name}`?"));
        let none = |path: &str| {
            (path.to_string(), "one of order_line, refund, visit; or a source that gives it".to_string())
        };
        assert_eq!(
            found(&sources, MODEL),
            [
                near("indicators.n.where", "order_line"),
                none("indicators.since.window.since"),
                near("segments.came.where.all[1].not.did_not.event", "visit"),
                none("segments.steps.where.sequence.steps[1].event"),
            ]
        );
    }

    #[test]
    fn where_a_source_takes_its_kinds_from_a_column_only_slips_are_told() {
        let paths =
            |sources: &[&str]| found(sources, MODEL).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
        assert_eq!(
            paths(&["event_type", "'order_line'", "'visit'"]),
            ["indicators.n.where", "segments.came.where.all[1].not.did_not.event"]
        );
        assert!(paths(&[]).is_empty());
    }
}
