//! An input that shows a claim, and what of it people are told.

use std::collections::BTreeSet;

use gradus_model::{Given, Text};

use super::super::node::Node;
use super::region::Cuboid;
use super::witness::{self, Draw, Witness};
use super::{Prover, space};

impl Prover<'_> {
    /// Looks for an input in one of the boxes that shows the claim.
    pub(super) fn witness(&self, boxes: &[Cuboid], holds: witness::Holds<'_>) -> Option<Witness> {
        let draw = Draw {
            stage: self.stage,
            inputs: &self.inputs,
            relations: &self.relations,
            pools: &self.pools,
            same: &self.same,
            fits: &self.fits,
        };
        // Those that only speak of what can be put in come first.
        let mut boxes: Vec<Cuboid> = boxes.to_vec();
        boxes.sort_by_key(|own| own.0.iter().filter(|(dim, _)| !self.space().dim(*dim).is_input).count());
        draw.find(self.space(), &boxes, holds)
    }

    /// The values of the witness by which the claim can be seen: what the formulas read, and where
    /// that is computed, what it is computed from.
    pub(super) fn given(
        &self,
        witness: &Witness,
        reads: impl IntoIterator<Item = String>,
        with_date: bool,
    ) -> Vec<Given> {
        const MOST: usize = 12;
        let mut names: Vec<String> = Vec::new();
        let mut waiting: Vec<String> = reads.into_iter().collect();
        waiting.reverse();
        while let Some(name) = waiting.pop() {
            if names.contains(&name) || names.len() >= MOST {
                continue;
            }
            let hidden_parts = self.stage.nodes.iter().any(
                |node| matches!(node, Node::Formula { name: own, is_lowered: true, .. } if *own == name),
            );
            if !hidden_parts && let Some(sources) = self.sources.get(&name) {
                waiting.extend(sources.iter().rev().cloned());
            }
            names.push(name);
        }
        let mut out: Vec<Given> = names
            .into_iter()
            .map(|name| Given {
                value: witness.value(&name, self.other_text(&name)),
                input: witness.input(&name),
                title: self.title(&name),
                name,
            })
            .collect();
        if with_date {
            out.push(Given {
                name: "as_of".into(),
                title: Text::new("评级日期", "the date of the grading"),
                value: Text::plain(witness.as_of.to_string()),
                input: None,
            });
        }
        out
    }

    /// The dimensions of the inputs that these names come from.
    pub(super) fn behind(&self, names: &[String]) -> Vec<u32> {
        let (mut seen, mut waiting) = (BTreeSet::new(), names.to_vec());
        let mut out = Vec::new();
        while let Some(name) = waiting.pop() {
            if seen.insert(name.clone()) {
                waiting.extend(self.sources.get(&name).into_iter().flatten().cloned());
                out.extend(self.space().find(&name));
            }
        }
        out
    }

    pub(super) fn other_text(&self, name: &str) -> Option<&str> {
        match &self.space().dim(self.space().find(name)?).cells {
            space::Cells::Text { other, .. } => other.as_deref(),
            _ => None,
        }
    }

    pub(super) fn title(&self, name: &str) -> Text {
        let base = ["_low", "_high", "_completeness"].iter().find_map(|suffix| name.strip_suffix(suffix));
        let own = self.titles.get(name).or_else(|| self.titles.get(base?));
        own.cloned().unwrap_or_else(|| Text::plain(name))
    }
}
