//! Rule flows: steps that nobody comes to, branches that nobody takes, and steps that contradict each other.

use gradus_model::{Finding, Given, Lang, Place, Text};

use super::region::{Bound, Cuboid, Region, both};
use super::truths::Truths;
use super::{Prover, witness};
use crate::grade::flow::Step;
use crate::grade::frame::{Formula, Frame};

/// A condition as the steps before leave it, and as it stands alone.
struct Told {
    /// With what the earlier steps give.
    truths: Truths,
    /// Whatever they give.
    alone: Truths,
}

impl Prover<'_> {
    pub(super) fn step(&mut self, step: &Step) {
        let Some(key) = step.key() else { return };
        let place = self.root.key("flows").key(&step.flow).key("steps").key(key);
        if self.check_step(step, &place).is_err() {
            self.say_bound(place);
        }
    }

    fn check_step(&mut self, step: &Step, place: &Place) -> Result<(), Bound> {
        let whole = || vec![Cuboid::whole()];
        let (mut here, mut alone) = (whole(), whole());
        if let Some(when) = &step.when {
            let told = self.told(when)?;
            if told.truths.yes.is_empty() {
                self.never_runs(step, when, &told, &place.key("when"));
                return Ok(());
            }
            (here, alone) = (told.truths.yes, told.alone.yes);
        }
        for (at, branch) in step.branches.iter().enumerate() {
            let Some(condition) = &branch.condition else {
                if here.is_empty() && at > 0 {
                    let what = Text::new(
                        "else 永远轮不到：前面的分支已取走所有情形",
                        "`else` is never reached: the branches before it take every case",
                    );
                    let right = Text::new("删去 else", "no `else`");
                    self.say(Finding::warning("branch-unreachable", place.key("else"), what, right));
                }
                continue;
            };
            let told = self.told(condition)?;
            let taken = both(&here, &told.truths.yes)?;
            if taken.is_empty() {
                let by_itself = both(&alone, &told.alone.yes)?;
                let at = place.key("branches").index(at);
                self.never_taken(step, condition, &told, &by_itself, &at);
            }
            // Where it cannot be told the step gives nothing, and no later branch is looked at.
            here = both(&here, &told.truths.no)?;
            alone = both(&alone, &told.alone.no)?;
        }
        Ok(())
    }

    fn told(&mut self, formula: &Formula) -> Result<Told, Bound> {
        let truths = self.truths(formula)?;
        self.conditions.alone = true;
        let alone = self.truths(formula);
        self.conditions.alone = false;
        Ok(Told { truths, alone: alone? })
    }

    fn never_runs(&mut self, step: &Step, when: &Formula, told: &Told, place: &Place) {
        let words = [when.words(Lang::Zh), when.words(Lang::En)];
        let title = &step.title;
        if !told.alone.yes.is_empty() {
            let what = Text::new(
                format!("步骤「{}」永远不执行：前面的步骤从不让「{}」成立", title.zh, words[0]),
                format!(
                    "the step “{}” never runs: the steps before it never make “{}” hold",
                    title.en, words[1]
                ),
            );
            self.contradict(step, &told.alone.yes, when, place, what);
            return;
        }
        let what = Text::new(
            format!("步骤「{}」永远不执行：{} 永远不成立", title.zh, words[0]),
            format!("the step “{}” never runs: {} never holds", title.en, words[1]),
        );
        let right = Text::new("改 when，或删去这个步骤", "another `when`, or no such step");
        self.say(Finding::warning("step-never-runs", place.clone(), what, right));
    }

    fn never_taken(
        &mut self,
        step: &Step,
        condition: &Formula,
        told: &Told,
        by_itself: &Region,
        place: &Place,
    ) {
        let words = [condition.words(Lang::Zh), condition.words(Lang::En)];
        if !by_itself.is_empty() {
            let what = Text::new(
                format!("这个分支永远走不到：前面步骤的结果从不让「{}」成立", words[0]),
                format!(
                    "this branch is never taken: what the steps before it give never makes “{}” hold",
                    words[1]
                ),
            );
            self.contradict(step, by_itself, condition, place, what);
            return;
        }
        let (what, example) = match told.truths.yes.is_empty() {
            true => (
                Text::new(
                    format!("这个分支的条件永远不成立：{}", words[0]),
                    format!("the condition of this branch never holds: {}", words[1]),
                ),
                Vec::new(),
            ),
            false => (
                Text::new(
                    format!("这个分支永远走不到：{}", words[0]),
                    format!("this branch is never reached: {}", words[1]),
                ),
                self.holding(condition, &told.truths.yes),
            ),
        };
        let right = Text::new("改条件，或删去这个分支", "another condition, or no such branch");
        self.say(Finding::warning("branch-unreachable", place.clone(), what, right).seen_with(example));
    }

    /// The condition could hold, were it not for what the steps before give: shown with an input for which the
    /// rest of it holds, and what they give there.
    fn contradict(&mut self, step: &Step, wanted: &Region, condition: &Formula, place: &Place, what: Text) {
        let own = |dim: &u32| self.conditions.cases.contains_key(&self.space().dim(*dim).name);
        let rest: Region = wanted
            .iter()
            .map(|cuboid| Cuboid(cuboid.0.iter().filter(|(dim, _)| !own(dim)).cloned().collect()))
            .collect();
        let any = |frame: &mut Frame, _| vec![true; frame.rows];
        let reads: Vec<String> = step
            .when
            .iter()
            .chain([condition])
            .flat_map(|formula| formula.references.iter().cloned())
            .collect();
        let example: Vec<Given> = self
            .witness(&rest, &any as witness::Holds<'_>)
            .map_or_else(Vec::new, |found| self.given(&found, reads, false));
        let right = Text::new(
            "改这里的条件，或改前面的步骤，让两者能同时成立",
            "another condition here, or other results of the steps before, so that both can be",
        );
        self.say(Finding::warning("steps-contradict", place.clone(), what, right).seen_with(example));
    }
}
