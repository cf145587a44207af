//! Groupings: layers that earlier layers leave nobody, and bands that no value falls in.

use gradus_model::{Finding, Text};

use super::region::{Budget, Cuboid, Region, both, uncovered};
use super::rules::condition_holds;
use super::truths::Truths;
use super::{Bound, Prover};
use crate::grade::frame::{Formula, Frame};
use crate::grade::grouping::{Groups, GroupsKind};

impl Prover<'_> {
    pub(super) fn groups(&mut self, groups: &Groups) {
        let place = self.root.key("groupings").key(&groups.name);
        let checked = match &groups.kind {
            GroupsKind::Waterfall(layers) => self.layers(groups, layers),
            GroupsKind::Bands { value, cuts } => {
                self.bands(groups, value, cuts);
                Ok(())
            }
            _ => Ok(()),
        };
        if checked.is_err() {
            self.say_bound(place);
        }
    }

    fn layers(&mut self, groups: &Groups, layers: &[Option<Formula>]) -> Result<(), Bound> {
        let base = match &groups.base_segment {
            Some(base) => self.truths(base)?.yes,
            None => Truths::always().yes,
        };
        let mut taken: Region = Vec::new();
        for (at, layer) in layers.iter().enumerate() {
            // Whatever comes after a layer for all is said when the document is compiled.
            let Some(formula) = layer else { return Ok(()) };
            let own = both(&base, &self.truths(formula)?.yes)?;
            let earlier: Vec<&Cuboid> = taken.iter().collect();
            let mut budget = Budget::question();
            let mut reached = false;
            for cuboid in &own {
                reached |= uncovered(cuboid, &earlier, &self.space().sizes, &mut budget)?.is_some();
            }
            if !reached {
                self.layer_unreached(groups, at, formula, &own);
            }
            taken.extend(own);
        }
        Ok(())
    }

    fn layer_unreached(&mut self, groups: &Groups, at: usize, formula: &Formula, own: &Region) {
        let Some((name, title)) = groups.names.get(at) else { return };
        let place = self.root.key("groupings").key(&groups.name).key("layers").key(name);
        let what = match own.is_empty() {
            true => Text::new(
                format!("「{}」这一层的条件永远不成立", title.zh),
                format!("the condition of the layer “{}” never holds", title.en),
            ),
            false => Text::new(
                format!("「{}」这一层永远没有客户：前面的层已取走符合条件的所有人", title.zh),
                format!("nobody reaches the layer “{}”: those before it take everybody it is for", title.en),
            ),
        };
        let right = Text::new("移到前面，或改条件", "a place further up, or another condition");
        let holds = |frame: &mut Frame, _| condition_holds(formula, frame);
        let example = match own.is_empty() {
            true => Vec::new(),
            false => {
                let reads: Vec<String> = formula.references.iter().cloned().collect();
                self.witness(own, &holds).map_or_else(Vec::new, |witness| self.given(&witness, reads, false))
            }
        };
        self.say(Finding::warning("layer-shadowed", place, what, right).seen_with(example));
    }

    fn bands(&mut self, groups: &Groups, value: &Formula, cuts: &[gradus_model::fixed::Fixed]) {
        let reach = self.reach_of(value);
        for (at, (_, title)) in groups.names.iter().enumerate() {
            let from = at.checked_sub(1).and_then(|at| cuts.get(at)).map(|cut| cut.0);
            let below = cuts.get(at).map(|cut| cut.0);
            if reach.reaches(from, below) {
                continue;
            }
            let what = Text::new(
                format!("「{}」这一段永远没有客户：没有这样的值", title.zh),
                format!("nobody is in the band “{}”: there are no such values", title.en),
            );
            let right = Text::new("删去多余的切点", "without the cut that leaves nothing");
            let place =
                self.root.key("groupings").key(&groups.name).key("cuts").index(at.min(cuts.len() - 1));
            self.say(Finding::warning("band-unreachable", place, what, right));
        }
    }
}
