//! Rule sets: rules that never hold, that others always forestall, that are there twice, and inputs
//! that no rule takes.

use std::collections::BTreeSet;

use arrow::array::{Array, BooleanArray};
use gradus_model::document::{HitPolicy, Rule, RuleSet};
use gradus_model::{Finding, Lang, Place, Text};
use jiff::civil::Date;

use super::region::{Budget, Cuboid, Region, covered, uncovered};
use super::set::Set;
use super::space::Cells;
use super::witness::AS_OF;
use super::{Bound, Prover, days_of};
use crate::grade::frame::{Formula, Frame};
use crate::grade::rule_set::{CompiledRule, Outcomes, Rules};

/// How many parts of what no rule takes are looked at.
const GAPS: usize = 24;

/// A rule as it stands in the document.
struct Written {
    title: Text,
    place: Place,
    region: Region,
}

impl Prover<'_> {
    pub(super) fn rules(&mut self, rules: &Rules) {
        let model = self.model;
        let Some(set) = model.rule_sets.get(&rules.name) else { return };
        let place = self.root.key("rule_sets").key(&rules.name);
        if self.check_rules(rules, set, &place).is_err() {
            self.say_bound(place);
        }
    }

    fn check_rules(&mut self, rules: &Rules, set: &RuleSet, place: &Place) -> Result<(), Bound> {
        let written = self.written(rules, set, place)?;
        // Where rules exclude each other, which of them count is no matter of their own conditions.
        let plain = set.rules.iter().all(|(_, rule)| rule.group.is_none() && rule.excludes.is_empty());
        for at in 0..written.len() {
            if written[at].region.is_empty() {
                self.never(&written[at], &rules.rules[at]);
                continue;
            }
            match set.hit {
                HitPolicy::First => self.forestalled(rules, &written, at)?,
                _ if !plain => {}
                HitPolicy::Sum => self.twice(rules, &written, at)?,
                HitPolicy::Max | HitPolicy::Min => self.outdone(rules, set.hit, &written, at)?,
            }
        }
        let has_otherwise = match &rules.outcome {
            Outcomes::Points(_, otherwise) => otherwise.is_some(),
            Outcomes::Text(_, otherwise) => otherwise.is_some(),
        };
        if !has_otherwise {
            self.gap(rules, &written, place)?;
        }
        Ok(())
    }

    /// The rules in the order in which they are tried.
    fn written(&mut self, rules: &Rules, set: &RuleSet, place: &Place) -> Result<Vec<Written>, Bound> {
        let mut order: Vec<&(String, Rule)> = set.rules.0.iter().collect();
        order.sort_by_key(|(_, rule)| std::cmp::Reverse(rule.priority.unwrap_or(0)));
        let mut out = Vec::with_capacity(order.len());
        for ((key, rule), compiled) in order.into_iter().zip(&rules.rules) {
            out.push(Written {
                title: rule.title.clone().unwrap_or_else(|| Text::plain(key)),
                place: place.key("rules").key(key),
                region: self.rule_region(compiled)?,
            });
        }
        Ok(out)
    }

    /// Where and when a rule holds.
    fn rule_region(&mut self, rule: &CompiledRule) -> Result<Region, Bound> {
        let mut region = self.truths(&rule.when)?.yes;
        if rule.from.is_none() && rule.until.is_none() {
            return Ok(region);
        }
        let Some(dim) = self.space().find(AS_OF) else { return Ok(region) };
        let own = self.space().dim(dim);
        let cell = |date: Date| own.cell_of_units(i128::from(days_of(date)));
        let from = rule.from.and_then(cell).unwrap_or(0);
        let until = rule.until.and_then(cell).map_or(own.n_values(), |cell| cell + 1);
        let dates = Cuboid::of(dim, Set::range(from, until));
        region = region.iter().filter_map(|own| own.and(&dates)).collect();
        Ok(region)
    }

    fn never(&mut self, rule: &Written, compiled: &CompiledRule) {
        let what = Text::new(
            format!("规则「{}」永远不成立：{}", rule.title.zh, compiled.when.words(Lang::Zh)),
            format!("the rule “{}” never holds: {}", rule.title.en, compiled.when.words(Lang::En)),
        );
        let right = Text::new(
            "改掉互相排斥的条件，或删去这条规则",
            "conditions that can hold together, or no such rule",
        );
        self.say(Finding::warning("rule-never-holds", rule.place.key("when"), what, right));
    }

    /// `hit: first`: what earlier rules take never reaches this one.
    fn forestalled(&mut self, rules: &Rules, written: &[Written], at: usize) -> Result<(), Bound> {
        let own = &written[at];
        let earlier: Vec<&Cuboid> = written[..at].iter().flat_map(|rule| &rule.region).collect();
        let mut budget = Budget::question();
        for cuboid in &own.region {
            if uncovered(cuboid, &earlier, &self.space().sizes, &mut budget)?.is_some() {
                return Ok(());
            }
        }
        let by = self.single(written, at, 0..at)?;
        let example = self.seen(rules, written, at, by);
        let Some(by) = by else {
            let what = Text::new(
                format!("规则「{}」永远用不到：它之前的规则合起来已取走它的全部客户", own.title.zh),
                format!(
                    "the rule “{}” never counts: the rules before it take everybody it is for",
                    own.title.en
                ),
            );
            let right = Text::new(
                "把它提前（提高 priority），或删去",
                "a place further up (`priority`), or no such rule",
            );
            self.say(Finding::warning("rule-shadowed", own.place.clone(), what, right).seen_with(example));
            return Ok(());
        };
        let equal = covered(&written[by].region, &own.region, &self.space().sizes, &mut budget)?;
        let first = &written[by];
        let same = self.gives_same(rules, at, by);
        let place = own.place.clone();
        let (own, first) = (&own.title, &first.title);
        let finding = match (equal, same) {
            (true, true) => {
                let what = Text::new(
                    format!("规则「{}」与「{}」条件相同、结果相同", own.zh, first.zh),
                    format!(
                        "the rules “{}” and “{}” hold for the same customers and give the same",
                        own.en, first.en
                    ),
                );
                Finding::warning("rule-duplicate", place, what, Text::new("只留一条", "one of them"))
            }
            (true, false) => {
                let what = Text::new(
                    format!(
                        "规则「{}」与「{}」条件相同而结果不同，只有「{}」起作用",
                        own.zh, first.zh, first.zh
                    ),
                    format!(
                        "the rules “{}” and “{}” hold for the same customers and give different results; only “{}” counts",
                        own.en, first.en, first.en
                    ),
                );
                let right = Text::new("只留一条，或让条件不同", "one of them, or conditions that differ");
                Finding::warning("rules-contradict", place, what, right)
            }
            (false, _) => {
                let what = Text::new(
                    format!("规则「{}」永远用不到：「{}」在它之前，已取走它的全部客户", own.zh, first.zh),
                    format!(
                        "the rule “{}” never counts: “{}” comes first and takes everybody it is for",
                        own.en, first.en
                    ),
                );
                let right = Text::new(
                    format!("排在「{}」之前（提高 priority），或删去", first.zh),
                    format!("a place before “{}” (`priority`), or no such rule", first.en),
                );
                Finding::warning("rule-shadowed", place, what, right)
            }
        };
        self.say(finding.seen_with(example));
        Ok(())
    }

    /// The first of some rules that holds wherever this one does.
    fn single(
        &self,
        written: &[Written],
        at: usize,
        others: impl Iterator<Item = usize>,
    ) -> Result<Option<usize>, Bound> {
        let own = &written[at].region;
        for other in others {
            let region = &written[other].region;
            let near = own.iter().all(|own| region.iter().any(|other| own.meets(other)));
            if near && covered(own, region, &self.space().sizes, &mut Budget::question())? {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    /// `hit: sum`: two rules for the same customers are both counted.
    fn twice(&mut self, rules: &Rules, written: &[Written], at: usize) -> Result<(), Bound> {
        let own = &written[at];
        for by in 0..at {
            let (a, b) = (&own.region, &written[by].region);
            let near = a.iter().all(|a| b.iter().any(|b| a.meets(b)));
            let sizes = &self.space().sizes;
            if !near
                || !covered(a, b, sizes, &mut Budget::question())?
                || !covered(b, a, sizes, &mut Budget::question())?
            {
                continue;
            }
            let first = &written[by];
            let what = Text::new(
                format!("规则「{}」与「{}」条件相同，分值会加两次", own.title.zh, first.title.zh),
                format!(
                    "the rules “{}” and “{}” hold for the same customers: both are added",
                    own.title.en, first.title.en
                ),
            );
            let right = Text::new("合成一条", "one rule with the points of both");
            let example = self.seen(rules, written, at, Some(by));
            self.say(Finding::warning("rule-duplicate", own.place.clone(), what, right).seen_with(example));
            return Ok(());
        }
        Ok(())
    }

    /// `hit: max` and `hit: min`: others always give at least as much, or as little.
    fn outdone(
        &mut self,
        rules: &Rules,
        hit: HitPolicy,
        written: &[Written],
        at: usize,
    ) -> Result<(), Bound> {
        let Outcomes::Points(points, _) = &rules.outcome else { return Ok(()) };
        let better = |other: &usize| {
            let (own, other_points) = (points[at], points[*other]);
            let ahead = if hit == HitPolicy::Max { other_points > own } else { other_points < own };
            *other != at && (ahead || (other_points == own && *other < at))
        };
        let others: Vec<usize> = (0..written.len()).filter(better).collect();
        let boxes: Vec<&Cuboid> = others.iter().flat_map(|other| &written[*other].region).collect();
        let mut budget = Budget::question();
        for cuboid in &written[at].region {
            if uncovered(cuboid, &boxes, &self.space().sizes, &mut budget)?.is_some() {
                return Ok(());
            }
        }
        let by = self.single(written, at, others.into_iter())?;
        let own = &written[at];
        let (zh, en) =
            by.map_or(("其他规则", "other rules"), |by| (&written[by].title.zh, &written[by].title.en));
        let (more_zh, more_en) = if hit == HitPolicy::Max {
            ("不低于", "at least as much")
        } else {
            ("不高于", "at most as much")
        };
        let what = Text::new(
            format!("规则「{}」永远不起作用：凡它成立时，「{zh}」的分值总{more_zh}它", own.title.zh),
            format!("the rule “{}” never decides: wherever it holds, “{en}” gives {more_en}", own.title.en),
        );
        let right = Text::new("改分值或条件，或删去", "other points or another condition, or no such rule");
        let example = self.seen(rules, written, at, by);
        self.say(Finding::warning("rule-shadowed", own.place.clone(), what, right).seen_with(example));
        Ok(())
    }

    fn gives_same(&self, rules: &Rules, a: usize, b: usize) -> bool {
        match &rules.outcome {
            Outcomes::Points(points, _) => points[a] == points[b],
            Outcomes::Text(texts, _) => texts[a] == texts[b],
        }
    }

    /// An input for which this rule holds, and the other, or any before it.
    fn seen(
        &self,
        rules: &Rules,
        written: &[Written],
        at: usize,
        by: Option<usize>,
    ) -> Vec<gradus_model::Given> {
        let holds = |frame: &mut Frame, as_of: Date| {
            let own = rule_holds(&rules.rules[at], frame, as_of);
            let others: Vec<usize> = by.map_or_else(|| (0..at).collect(), |by| vec![by]);
            let mut any = vec![false; frame.rows];
            for other in others {
                let other = rule_holds(&rules.rules[other], frame, as_of);
                any.iter_mut().zip(other).for_each(|(any, other)| *any |= other);
            }
            own.into_iter().zip(any).map(|(own, any)| own && any).collect()
        };
        let Some(witness) = self.witness(&written[at].region, &holds) else { return Vec::new() };
        let mut reads: Vec<String> = rules.rules[at].when.references.iter().cloned().collect();
        if let Some(by) = by {
            reads.extend(rules.rules[by].when.references.iter().cloned());
        }
        self.given(&witness, reads, dated(rules))
    }

    /// What no rule takes.
    fn gap(&mut self, rules: &Rules, written: &[Written], place: &Place) -> Result<(), Bound> {
        let boxes: Vec<&Cuboid> = written.iter().flat_map(|rule| &rule.region).collect();
        let reads: Vec<String> = {
            let mut reads: Vec<String> = Vec::new();
            for name in rules.rules.iter().flat_map(|rule| &rule.when.references) {
                if !reads.contains(name) {
                    reads.push(name.clone());
                }
            }
            reads
        };
        let dims: BTreeSet<u32> = boxes.iter().flat_map(|own| own.0.iter().map(|(dim, _)| *dim)).collect();
        let mut known = Cuboid::whole();
        // What is computed is known only where all is that it is computed from.
        for dim in dims.iter().copied().chain(self.behind(&reads)) {
            let own = self.space().dim(dim);
            match own.cells {
                Cells::Opaque => known = known.with(dim, Set::range(0, 2)),
                _ if own.null => known = known.with(dim, own.values()),
                _ => {}
            }
        }
        let none = |frame: &mut Frame, as_of: Date| {
            let column = rules.evaluate(frame, as_of);
            (0..frame.rows).map(|row| column.array.is_null(row)).collect()
        };
        let mut open = false;
        for (part, all_known) in [(known, true), (Cuboid::whole(), false)] {
            let gaps = self.outside(&part, &boxes, GAPS)?;
            if gaps.is_empty() {
                continue;
            }
            open = true;
            let Some(witness) = self.witness(&gaps, &none) else { continue };
            let example = self.given(&witness, reads, dated(rules));
            let what = match all_known {
                true => Text::new(
                    "有些客户没有任何规则适用，又没有写 otherwise，结果为未知",
                    "for some customers no rule holds and there is no `otherwise`: the result is unknown",
                ),
                false => Text::new(
                    "值未知或不适用时没有任何规则适用，又没有写 otherwise，结果为未知",
                    "where a value is unknown or not applicable no rule holds and there is no `otherwise`: the result is unknown",
                ),
            };
            let right = Text::new("写 otherwise，或补一条规则", "`otherwise`, or one more rule");
            let finding = match all_known {
                true => Finding::warning("rules-gap", place.clone(), what, right),
                false => Finding::note("rules-gap-unknown", place.clone(), what, right),
            };
            self.say(finding.seen_with(example));
            return Ok(());
        }
        if open {
            self.say_undecided(place, &dims);
        }
        Ok(())
    }

    /// There may be inputs that nothing takes, but none was found.
    fn say_undecided(&mut self, place: &Place, dims: &BTreeSet<u32>) {
        let computed: Vec<String> = dims
            .iter()
            .map(|dim| self.space().dim(*dim))
            .filter(|own| !own.is_input && own.name != AS_OF)
            .map(|own| own.name.clone())
            .collect();
        if computed.is_empty() {
            return;
        }
        let list = |with: &str| computed.join(with);
        let what = Text::new(
            format!("能否有客户不被任何规则覆盖，无法判定：{} 是算出来的", list("、")),
            format!(
                "whether some customer is taken by no rule could not be decided: computed are {}",
                list(", ")
            ),
        );
        let right = Text::new("写 otherwise，就不会有遗漏", "with `otherwise` nothing can be missing");
        self.say(Finding::note("proof-undecided", place.clone(), what, right));
    }
}

fn dated(rules: &Rules) -> bool {
    rules.rules.iter().any(|rule| rule.from.is_some() || rule.until.is_some())
}

fn rule_holds(rule: &CompiledRule, frame: &mut Frame, as_of: Date) -> Vec<bool> {
    let now = rule.from.is_none_or(|from| from <= as_of) && rule.until.is_none_or(|until| as_of <= until);
    let holds = condition_holds(&rule.when, frame);
    holds.into_iter().map(|holds| now && holds).collect()
}

/// Where a condition is true.
pub(super) fn condition_holds(formula: &Formula, frame: &mut Frame) -> Vec<bool> {
    let values: BooleanArray = frame.condition(formula).0;
    (0..values.len()).map(|row| values.is_valid(row) && values.value(row)).collect()
}
