//! Segments: those that hold for everybody of their base or for nobody, and those that are another one
//! under a second name.

use arrow::array::{Array, BooleanArray};
use gradus_model::{Finding, Lang, Text};

use super::region::{Budget, Region, covered};
use super::truths::Truths;
use super::{Bound, Prover};
use crate::grade::frame::Frame;
use crate::grade::segment::Membership;

impl Prover<'_> {
    /// Where somebody is in the segment: in its base and as it says.
    pub(super) fn membership(&mut self, segment: &Membership) -> Result<Truths, Bound> {
        let own = self.truths(&segment.condition)?;
        match &segment.base_segment {
            Some(base) => self.truths(base)?.and(&own),
            None => Ok(own),
        }
    }

    pub(super) fn segment(&mut self, segment: &Membership) {
        if self.check_segment(segment).is_err() {
            self.say_bound(self.root.key("segments").key(&segment.name));
        }
    }

    fn check_segment(&mut self, segment: &Membership) -> Result<(), Bound> {
        let place = self.root.key("segments").key(&segment.name);
        let own = self.membership(segment)?;
        if own.yes.is_empty() {
            let what = Text::new(
                format!("分群「{}」永远没有客户：{}", segment.title.zh, segment.condition.words(Lang::Zh)),
                format!(
                    "nobody can be in the segment “{}”: {}",
                    segment.title.en,
                    segment.condition.words(Lang::En)
                ),
            );
            let right = Text::new(
                "改掉互相排斥的条件（也看 base 的条件）",
                "conditions that can hold together, those of the base included",
            );
            self.say(Finding::warning("segment-empty", place.key("where"), what, right));
            return Ok(());
        }
        let base: Region = match &segment.base_segment {
            Some(base) => self.truths(base)?.yes,
            None => Truths::always().yes,
        };
        let sizes = &self.space().sizes;
        if covered(&base, &own.yes, sizes, &mut Budget::question())? {
            let (zh, en) = match &segment.base_segment {
                None => ("所有客户".to_string(), "everybody".to_string()),
                Some(_) => {
                    let base = self.title(&segment.base);
                    (format!("「{}」的所有客户", base.zh), format!("everybody of “{}”", base.en))
                }
            };
            let what = Text::new(
                format!("分群「{}」总是{zh}：条件恒成立", segment.title.zh),
                format!("the segment “{}” is always {en}: its condition always holds", segment.title.en),
            );
            let right = Text::new("收紧条件，或直接用它的 base", "a narrower condition, or its base instead");
            let example = self.member(segment, &own);
            self.say(
                Finding::warning("segment-constant", place.key("where"), what, right).seen_with(example),
            );
            return Ok(());
        }
        self.same_segment(segment, &own)
    }

    /// Another segment before this one that holds the same customers.
    fn same_segment(&mut self, segment: &Membership, own: &Truths) -> Result<(), Bound> {
        let names: Vec<String> =
            self.model.segments.names().take_while(|name| *name != segment.name).map(String::from).collect();
        for name in names {
            let Some(other) = self.conditions.named.get(&name).filter(|other| !other.yes.is_empty()) else {
                continue;
            };
            // A segment that is its base is said above.
            if name == segment.base {
                continue;
            }
            let sizes = &self.space().sizes;
            let near = own.yes.iter().all(|own| other.yes.iter().any(|other| own.meets(other)));
            if !near
                || !covered(&own.yes, &other.yes, sizes, &mut Budget::question())?
                || !covered(&other.yes, &own.yes, sizes, &mut Budget::question())?
            {
                continue;
            }
            let title = self.title(&name);
            let what = Text::new(
                format!("分群「{}」与「{}」永远是同一批客户", segment.title.zh, title.zh),
                format!(
                    "the segments “{}” and “{}” always hold the same customers",
                    segment.title.en, title.en
                ),
            );
            let right = Text::new("只留一个，或让条件不同", "one of them, or conditions that differ");
            let example = self.member(segment, own);
            let place = self.root.key("segments").key(&segment.name);
            self.say(Finding::warning("segment-duplicate", place, what, right).seen_with(example));
            return Ok(());
        }
        Ok(())
    }

    /// Somebody who is in the segment.
    fn member(&self, segment: &Membership, own: &Truths) -> Vec<gradus_model::Given> {
        let inside = |frame: &mut Frame, _| {
            let column = segment.evaluate(frame);
            let values = column.as_any().downcast_ref::<BooleanArray>().cloned();
            let values = values.unwrap_or_else(|| BooleanArray::new_null(frame.rows));
            (0..frame.rows).map(|row| values.is_valid(row) && values.value(row)).collect()
        };
        let reads: Vec<String> = segment.condition.references.iter().cloned().collect();
        self.witness(&own.yes, &inside).map_or_else(Vec::new, |witness| self.given(&witness, reads, false))
    }
}
