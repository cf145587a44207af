//! The same fold for some of its columns: what only the others read is not evaluated.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::Schema;

use super::plan::{ChannelPlan, FoldPlan, WindowPlan};

impl FoldPlan {
    /// The fold without the indicators that are not among these names. What is left gives the same values.
    pub fn only(&self, names: &BTreeSet<String>) -> FoldPlan {
        let is_kept: Vec<bool> = self.indicators.iter().map(|one| names.contains(&one.name)).collect();
        let kept = || (0..is_kept.len()).filter(|at| is_kept[*at]);
        let mut channels = Kept::default();
        let mut windows = Kept::default();
        let uses: Vec<(usize, usize)> =
            kept().map(|at| (channels.place(self.uses[at].0), windows.place(self.uses[at].1))).collect();
        let (mut filters, mut arguments) = (Kept::default(), Kept::default());
        let channel = |at: &usize| {
            let one = &self.channels[*at];
            ChannelPlan {
                filter: one.filter.map(|at| filters.place(at)),
                argument: one.argument.map(|at| arguments.place(at)),
                steps: one.steps.iter().map(|at| filters.place(*at)).collect(),
                keyed: one.keyed,
            }
        };
        let channels: Vec<ChannelPlan> = channels.0.iter().map(channel).collect();
        let window = |at: &usize| {
            let one = &self.windows[*at];
            WindowPlan { window: one.window.clone(), since: one.since.map(|at| filters.place(at)) }
        };
        let windows: Vec<WindowPlan> = windows.0.iter().map(window).collect();
        // Customer and instant come before the indicators.
        let fields = self.output.fields();
        let shown = fields.iter().take(2).chain(kept().map(|at| &fields[at + 2]));
        let mut plan = FoldPlan {
            indicators: kept().map(|at| self.indicators[at].clone()).collect(),
            filters: filters.0.iter().map(|at| self.filters[*at].clone()).collect(),
            arguments: arguments.0.iter().map(|at| self.arguments[*at].clone()).collect(),
            channels,
            windows,
            uses,
            output: Arc::new(Schema::new(shown.cloned().collect::<Vec<_>>())),
            zone: self.zone.clone(),
            references: Vec::new(),
            facts: self.facts.clone(),
            currency: self.currency.clone(),
            money: self.money.clone(),
        }
        .with_references(&self.references);
        if !plan.reads_amounts() {
            (plan.currency, plan.money) = (None, None);
        }
        plan
    }
}

/// Places that are kept, in the order in which they were first asked for.
#[derive(Default)]
struct Kept(Vec<usize>);

impl Kept {
    /// The new place of what was at `at`.
    fn place(&mut self, at: usize) -> usize {
        self.0.iter().position(|known| *known == at).unwrap_or_else(|| {
            self.0.push(at);
            self.0.len() - 1
        })
    }
}
