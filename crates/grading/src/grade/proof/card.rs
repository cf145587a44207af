//! Scorecards: the least and the greatest score, limits that never bind, points that do not go the way
//! they should, point rules that always or never hold.

use gradus_model::document::{Attribute, Bin, Monotone};
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Given, Lang, Place, Text};

use super::attained::{Attained, idle};
use super::region::{Budget, covered};
use super::truths::Truths;
use super::{Attainable, Prover, Reached};
use crate::grade::binning::stretches;
use crate::grade::number::{Boundary, Cut};
use crate::grade::scorecard::{Card, Limits, TermKind};

impl Prover<'_> {
    pub(super) fn card(&mut self, card: &Card) {
        let attained = self.attained.get(&card.name).cloned().unwrap_or_default();
        self.ends(card, &attained);
        self.caps(card, &attained);
        self.adjustments(card);
        let model = self.model;
        let Some(written) = model.scorecards.get(&card.name) else { return };
        let place = self.root.key("scorecards").key(&card.name).key("attributes");
        for (key, attribute) in written.attributes.iter() {
            if let Some(monotone) = attribute.monotone {
                let title = card.terms.iter().find(|term| term.name == key).map(|term| term.title.clone());
                let title = title.unwrap_or_else(|| Text::plain(key));
                self.monotone(&place.key(key), &title, attribute, monotone);
            }
        }
    }

    fn ends(&mut self, card: &Card, attained: &Attained) {
        let (Some(least), Some(greatest)) = (&attained.least, &attained.greatest) else { return };
        let reached = |end: &(i64, super::region::Cuboid)| {
            let example = self.reaching(&card.name, end);
            Reached { score: Fixed(end.0), exact: example.is_some(), example: example.unwrap_or_default() }
        };
        let one = Attainable {
            scorecard: card.name.clone(),
            title: card.title.clone(),
            least: reached(least),
            greatest: reached(greatest),
        };
        self.proof.attainable.push(one);
    }

    fn caps(&mut self, card: &Card, attained: &Attained) {
        let place = self.root.key("scorecards").key(&card.name);
        // Where weights may grow, what a line gives has no fixed end.
        let grows = card.terms.iter().any(|term| match &term.kind {
            TermKind::Attribute(attribute) => !attribute.dropped.is_empty(),
            _ => false,
        });
        for (term, range) in card.terms.iter().zip(&attained.terms) {
            let of = if matches!(term.kind, TermKind::Attribute(_)) { "attributes" } else { "adjustments" };
            if !grows {
                self.cap(&place.key(of).key(&term.name).key("cap"), &term.title, &term.cap, *range);
            }
        }
        for ((name, limits), range) in card.groups.iter().zip(&attained.groups) {
            self.cap(&place.key("groups").key(name), &Text::plain(name), limits, *range);
        }
        self.cap(&place.key("total"), &card.title, &card.total, attained.total);
    }

    fn cap(&mut self, place: &Place, title: &Text, limits: &Limits, range: Option<(i64, i64)>) {
        let Some(range) = range.filter(|range| range.0 <= range.1) else { return };
        let (low, high) = idle(limits, range);
        for (is_idle, key, limit, end, zh, en) in [
            (low, "min", limits.min, range.0, "最低", "least"),
            (high, "max", limits.max, range.1, "最高", "greatest"),
        ] {
            let Some(limit) = limit.filter(|_| is_idle) else { continue };
            let (limit, end) = (Fixed(limit), Fixed(end));
            let what = Text::new(
                format!("「{}」的 {key} {limit} 永远不起作用：能得到的{zh}分是 {end}", title.zh),
                format!(
                    "`{key}: {limit}` of “{}” never binds: the {en} that can come out is {end}",
                    title.en
                ),
            );
            let right = Text::new(
                format!("删去，或写 {end} 以内的值"),
                format!("leave it out, or a limit within {end}"),
            );
            self.say(Finding::note("cap-never-binds", place.key(key), what, right));
        }
    }

    fn adjustments(&mut self, card: &Card) {
        for term in &card.terms {
            let TermKind::When { condition, .. } = &term.kind else { continue };
            let place =
                self.root.key("scorecards").key(&card.name).key("adjustments").key(&term.name).key("when");
            let Ok(truths) = self.truths(condition) else {
                self.say_bound(place);
                continue;
            };
            if truths.yes.is_empty() {
                let what = Text::new(
                    format!("加减分项「{}」的条件永远不成立：{}", term.title.zh, condition.words(Lang::Zh)),
                    format!(
                        "the condition of “{}” never holds: {}",
                        term.title.en,
                        condition.words(Lang::En)
                    ),
                );
                let right = Text::new("改掉互相排斥的条件", "conditions that can hold together");
                self.say(Finding::warning("adjustment-never", place, what, right));
                continue;
            }
            let all = Truths::always().yes;
            match covered(&all, &truths.yes, &self.space().sizes, &mut Budget::question()) {
                Ok(true) => {
                    let what = Text::new(
                        format!("加减分项「{}」的条件对每个客户都成立", term.title.zh),
                        format!("the condition of “{}” holds for every customer", term.title.en),
                    );
                    let right = Text::new(
                        "改写成 base_points，或收紧条件",
                        "`base_points` instead, or a narrower condition",
                    );
                    let example = self.holding(condition, &truths.yes);
                    self.say(Finding::warning("adjustment-always", place, what, right).seen_with(example));
                }
                Ok(false) => {}
                Err(_) => self.say_bound(place),
            }
        }
    }

    /// Holds the points to the direction that the author wrote.
    fn monotone(&mut self, place: &Place, title: &Text, attribute: &Attribute, monotone: Monotone) {
        let falls = |before: Fixed, after: Fixed| match monotone {
            Monotone::Increasing => after < before,
            Monotone::Decreasing => after > before,
        };
        let broken = if let Some(bins) = &attribute.bins {
            steps(bins).windows(2).find(|pair| falls(pair[0].points, pair[1].points)).map(|pair| {
                let at = place.key("bins").index(pair[1].bin).key("points");
                (at, pair[0].clone(), pair[1].clone())
            })
        } else if let Some(quantiles) = &attribute.quantiles {
            let points = &quantiles.points;
            (1..points.len()).find(|at| falls(points[at - 1], points[*at])).map(|at| {
                let step = |at: usize| Step {
                    bin: at,
                    points: points[at],
                    value: Text::new(format!("第 {} 档", at + 1), format!("bin {}", at + 1)),
                };
                (place.key("quantiles").key("points").index(at), step(at - 1), step(at))
            })
        } else {
            attribute.slope.as_ref().filter(|slope| falls(Fixed::ZERO, slope.points_each)).map(|slope| {
                let step = |value: i64, points: Fixed| Step {
                    bin: 0,
                    points,
                    value: Text::plain(value.to_string()),
                };
                (place.key("slope").key("points_each"), step(0, Fixed::ZERO), step(1, slope.points_each))
            })
        };
        let Some((at, before, after)) = broken else { return };
        let (zh, en) = match monotone {
            Monotone::Increasing => ("值越大分不应越低", "a greater value must not have fewer points"),
            Monotone::Decreasing => ("值越大分不应越高", "a greater value must not have more points"),
        };
        let what = Text::new(
            format!(
                "「{}」：{zh}，而 {} 得 {} 分、{} 得 {} 分",
                title.zh, before.value.zh, before.points, after.value.zh, after.points
            ),
            format!(
                "“{}”: {en}, but {} has {} points and {} has {}",
                title.en, before.value.en, before.points, after.value.en, after.points
            ),
        );
        let right = Text::new("改分值，或改 monotone", "other points, or another `monotone`");
        let example = [before, after]
            .into_iter()
            .map(|step| {
                // Two values beside each other: neither alone shows it.
                Given { name: attribute.value.clone(), title: title.clone(), value: step.value, input: None }
            })
            .collect();
        self.say(Finding::warning("points-not-monotone", at, what, right).seen_with(example));
    }
}

/// The points from a value on.
#[derive(Clone)]
struct Step {
    bin: usize,
    points: Fixed,
    value: Text,
}

/// Bins of numbers from low to high; `else` and lists of categories have no place in that order.
fn steps(bins: &[Bin]) -> Vec<Step> {
    let mut out: Vec<(i64, bool, Step)> = Vec::new();
    for (index, bin) in bins.iter().enumerate() {
        for stretch in stretches(bin) {
            let (at, after) = match stretch.from {
                Some(Boundary::At(Cut::Exact(cut))) => (cut.0, false),
                Some(Boundary::After(Cut::Exact(cut))) => (cut.0, true),
                _ => (i64::MIN, false),
            };
            let value = match (bin.from, bin.below) {
                (None, Some(below)) => {
                    Text::new(format!("低于 {below} 的值"), format!("a value below {below}"))
                }
                _ => Text::plain(Fixed(at).to_string()),
            };
            out.push((at, after, Step { bin: index, points: bin.points, value }));
        }
    }
    out.sort_by_key(|(at, after, _)| (*at, *after));
    out.into_iter().map(|(_, _, step)| step).collect()
}
