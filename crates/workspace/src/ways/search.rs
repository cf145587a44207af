//! The search: what is tried, graded as many customers at a time as there are ways.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Int64Type};
use gradus_grading::fold::{AsOf, CUSTOMER, date_of};
use gradus_grading::grade::{DECIDED, Standing};
use gradus_model::Text;
use gradus_model::document::TierScheme;

use super::added::Own;
use super::{Deed, Goal, Ground, MOST_AMOUNT, MOST_DEEDS, MOST_ORDERS, ORDER, VARIANTS};
use crate::WorkspaceError;
use crate::coverage::marked;
use crate::decided::{Chains, chain_instants};

/// When a deed is done.
#[derive(Clone, Copy)]
pub(super) enum When {
    AtOnce,
    /// Just before the close of a day.
    On(i32),
}

/// When something has to suffice.
#[derive(Clone, Copy)]
enum Window {
    /// Done at once as well as on the last day.
    Whole,
    /// On the last day: what is done earlier may be too long ago by then.
    LastDay,
}

pub(super) struct Search<'a> {
    pub ground: &'a Ground<'a>,
    pub standing: &'a Standing,
    pub scheme: &'a TierScheme,
    pub deadline: AsOf,
    /// The instants at which is decided until then, the deadline last.
    instants: Vec<AsOf>,
    /// The customer's events that count.
    own: Own,
    /// It is the first decision at which somebody rises who fell.
    pub is_after_fall: bool,
}

impl<'a> Search<'a> {
    /// `None` if the customer has no events to add to.
    pub fn new(
        ground: &'a Ground<'a>,
        standing: &'a Standing,
        scheme: &'a TierScheme,
        day: i32,
    ) -> Result<Option<Search<'a>>, WorkspaceError> {
        let zone = &ground.workspace.zone;
        let deadline = AsOf::close_of(day, zone);
        let closed = match zone.close_of(ground.as_of.day) == ground.as_of.instant_us {
            true => ground.as_of,
            false => AsOf::close_of(ground.as_of.day - 1, zone),
        };
        let instants = chain_instants(ground.model, &[deadline], zone, Some(closed));
        let instants: Vec<AsOf> = instants.into_iter().filter(|at| *at > closed).collect();
        let own = Own::new(ground, &instants)?;
        Ok(own.map(|own| Search { ground, standing, scheme, deadline, instants, own, is_after_fall: false }))
    }

    pub fn after_a_fall(self) -> Search<'a> {
        Search { is_after_fall: true, ..self }
    }

    /// `rises`: the same as of the first decision at which the customer may rise, where that is a later one.
    pub fn goals(&self, rises: Option<&Search<'_>>) -> Result<Vec<Goal>, WorkspaceError> {
        let nothing = self.levels(&[Vec::new()], &[When::AtOnce])?;
        let by_itself = nothing.first().copied().flatten();
        let level = self.standing.level.as_deref().and_then(|level| self.scheme.levels.position(level));
        let mut out = Vec::new();
        if let Some(level) = level
            && level > 0
            && by_itself.is_none_or(|then| usize::from(then) < level)
        {
            out.push(self.goal(level as u16, true)?);
        }
        let then = by_itself.map(usize::from);
        if let Some(reached) = then.filter(|then| level.is_none_or(|level| *then > level)) {
            out.push(self.told(reached as u16, false, Vec::new(), None, None));
        }
        let next = level.max(then).map_or(0, |level| level + 1);
        if next < self.scheme.levels.len() {
            out.push(rises.unwrap_or(self).goal(next as u16, false)?);
        }
        Ok(out)
    }

    /// Looks for what suffices whenever it is done, and if there is nothing, for what does on the last day, and
    /// since when.
    fn goal(&self, target: u16, keeps: bool) -> Result<Goal, WorkspaceError> {
        let ways = self.ways(target, Window::Whole)?;
        if !ways.is_empty() {
            // A small order on the last day may do what only a large one does at once: the least is told first.
            let Some(way) = self.less_on_the_last_day(target, &ways)? else {
                return Ok(self.told(target, keeps, ways, None, None));
            };
            let since = self.since(target, &way)?;
            return Ok(self
                .told(target, keeps, vec![way], Some(since), None)
                .with_sooner(ways, &self.ground.workspace.settings.currency));
        }
        let mut late = Vec::new();
        for way in self.ways(target, Window::LastDay)? {
            late.push((self.since(target, &way)?, way));
        }
        let Some(since) = late.iter().map(|(since, _)| *since).max() else {
            let reason = self.why_not(target)?;
            return Ok(self.told(target, keeps, Vec::new(), None, Some(reason)));
        };
        let ways = late.into_iter().map(|(_, way)| way).collect();
        Ok(self.told(target, keeps, ways, Some(since), None))
    }

    /// One order that is smaller than the one that suffices at once, and does so on the last day.
    fn less_on_the_last_day(
        &self,
        target: u16,
        ways: &[Vec<Deed>],
    ) -> Result<Option<Vec<Deed>>, WorkspaceError> {
        let once = ways.iter().find_map(|way| match way.as_slice() {
            [deed] if deed.kind == ORDER && deed.times == 1 => deed.amount,
            _ => None,
        });
        let Some(once) = once else { return Ok(None) };
        let order = |amount: i64| Deed {
            kind: ORDER.into(),
            title: Text::new("订单", "order"),
            times: 1,
            amount: Some(amount).filter(|amount| *amount > 1),
        };
        let late = self.least_amount(target, Window::LastDay, &|amount| vec![order(amount)])?;
        Ok(late.filter(|late| *late < once).map(|late| vec![order(late)]))
    }

    /// The first day from which on a way suffices on every day, if it does so on the last.
    fn since(&self, target: u16, way: &[Deed]) -> Result<i32, WorkspaceError> {
        let (first, mut since) = (self.ground.as_of.day + 1, self.deadline.day);
        while since > first {
            let from = first.max(since - VARIANTS as i32);
            let days: Vec<When> = (from..since).map(When::On).collect();
            let levels = self.levels(&vec![way.to_vec(); days.len()], &days)?;
            let fails = levels.iter().rposition(|level| level.is_none_or(|level| level < target));
            match fails {
                Some(at) => return Ok(from + at as i32 + 1),
                None => since = from,
            }
        }
        Ok(since)
    }

    /// Ways that suffice, each alone: an order, several, another deed; a pair if there is none of these; more
    /// than two orders of an amount if there is no pair either.
    fn ways(&self, target: u16, window: Window) -> Result<Vec<Vec<Deed>>, WorkspaceError> {
        let order = |times: u32, amount: Option<i64>| Deed {
            kind: ORDER.into(),
            title: Text::new("订单", "order"),
            times,
            amount,
        };
        let mut ways: Vec<Vec<Deed>> = Vec::new();
        let once = self.least_amount(target, window, &|amount| vec![order(1, Some(amount))])?;
        match once {
            Some(1) => ways.push(vec![order(1, None)]),
            Some(amount) => ways.push(vec![order(1, Some(amount))]),
            None => {}
        }
        if once != Some(1) {
            let many = (2..=MOST_ORDERS).map(|times| vec![order(times, None)]);
            ways.extend(self.first(target, window, many.collect())?);
        }
        let deed = |(kind, title): &(String, Text), times: u32| Deed {
            kind: kind.clone(),
            title: title.clone(),
            times,
            amount: None,
        };
        for kind in &self.ground.kinds {
            let many = (1..=MOST_DEEDS).map(|times| vec![deed(kind, times)]);
            ways.extend(self.first(target, window, many.collect())?);
        }
        if !ways.is_empty() {
            return Ok(ways);
        }
        // The smallest pair: of two things of which neither suffices alone.
        let some = |amount: i64| Some(amount).filter(|amount| *amount > 1);
        let mut pairs: Vec<(i64, Vec<Deed>)> = Vec::new();
        let twice = self.least_amount(target, window, &|amount| vec![order(2, Some(amount))])?;
        pairs.extend(twice.map(|amount| (2 * amount, vec![order(2, some(amount))])));
        for kind in &self.ground.kinds {
            let both =
                self.least_amount(target, window, &|amount| vec![order(1, Some(amount)), deed(kind, 1)])?;
            pairs.extend(both.map(|amount| (amount, vec![order(1, some(amount)), deed(kind, 1)])));
        }
        ways.extend(pairs.into_iter().min_by_key(|(amount, _)| *amount).map(|(_, way)| way));
        if ways.is_empty() {
            // So many that they suffice if each is large; then how large.
            let large = |times: u32| vec![order(times, Some(MOST_AMOUNT / i64::from(times)))];
            let many = self.first(target, window, (3..=MOST_ORDERS).map(large).collect())?;
            if let Some(times) = many.and_then(|way| way.first().map(|deed| deed.times)) {
                let each = self.least_amount(target, window, &|amount| vec![order(times, Some(amount))])?;
                ways.extend(each.map(|amount| vec![order(times, some(amount))]));
            }
        }
        Ok(ways)
    }

    /// The first of some ways that suffices.
    fn first(
        &self,
        target: u16,
        window: Window,
        ways: Vec<Vec<Deed>>,
    ) -> Result<Option<Vec<Deed>>, WorkspaceError> {
        let found = self.suffices(target, window, &ways)?.iter().position(|found| *found);
        Ok(found.and_then(|at| ways.into_iter().nth(at)))
    }

    /// The least amount, in whole units, with which something suffices; one unit less does not.
    fn least_amount(
        &self,
        target: u16,
        window: Window,
        way: &dyn Fn(i64) -> Vec<Deed>,
    ) -> Result<Option<i64>, WorkspaceError> {
        let mut ladder = Vec::new();
        let mut step = 1;
        while step <= MOST_AMOUNT {
            ladder.extend([step, 2 * step, 5 * step].into_iter().filter(|amount| *amount <= MOST_AMOUNT));
            step *= 10;
        }
        let (mut below, mut enough) = (0, None);
        loop {
            let ways: Vec<Vec<Deed>> = ladder.iter().map(|amount| way(*amount)).collect();
            match self.suffices(target, window, &ways)?.iter().position(|found| *found) {
                Some(at) => {
                    enough = Some(ladder[at]);
                    below = at.checked_sub(1).map_or(below, |at| ladder[at]);
                }
                None => below = ladder.last().copied().unwrap_or(below),
            }
            let Some(upper) = enough else { return Ok(None) };
            if upper - below <= 1 {
                return Ok(Some(upper));
            }
            let n = (upper - below - 1).min(VARIANTS);
            ladder =
                (1..=n).map(|at| below + (upper - below) * at / (n + 1)).filter(|at| *at > below).collect();
            ladder.dedup();
        }
    }

    /// Which ways lead to a level or above it whenever they have to suffice.
    fn suffices(&self, target: u16, window: Window, ways: &[Vec<Deed>]) -> Result<Vec<bool>, WorkspaceError> {
        let reach = |ways: &[Vec<Deed>], when: When| -> Result<Vec<bool>, WorkspaceError> {
            let levels = self.levels(ways, &vec![when; ways.len()])?;
            Ok(levels.into_iter().map(|level| level.is_some_and(|level| level >= target)).collect())
        };
        let mut found = reach(ways, When::On(self.deadline.day))?;
        // What does not suffice on the last day need not be tried at once.
        if let Window::Whole = window
            && found.contains(&true)
        {
            let late: Vec<Vec<Deed>> =
                ways.iter().zip(&found).filter(|(_, found)| **found).map(|(way, _)| way.clone()).collect();
            let mut early = reach(&late, When::AtOnce)?.into_iter();
            found.iter_mut().filter(|found| **found).for_each(|found| *found = early.next() == Some(true));
        }
        Ok(found)
    }

    /// The level at the deadline after each way, done when it is said beside it.
    fn levels(&self, ways: &[Vec<Deed>], when: &[When]) -> Result<Vec<Option<u16>>, WorkspaceError> {
        let graded = self.grade(ways, when)?;
        let mut out = vec![None; ways.len()];
        for batch in graded {
            let (Some(ids), Some(levels)) =
                (batch.column_by_name(CUSTOMER), batch.column_by_name(&self.standing.scheme))
            else {
                continue;
            };
            let levels = cast(levels, &DataType::Utf8)?;
            let levels = levels.as_string::<i32>();
            for (row, id) in ids.as_primitive::<Int64Type>().values().iter().enumerate() {
                let level = levels.is_valid(row).then(|| self.scheme.levels.position(levels.value(row)));
                if let Some(slot) = usize::try_from(*id - 1).ok().and_then(|at| out.get_mut(at)) {
                    *slot = level.flatten().map(|level| level as u16);
                }
            }
        }
        Ok(out)
    }

    /// Grades as many customers as there are ways, each with the customer's events and what the way adds.
    pub fn grade(&self, ways: &[Vec<Deed>], when: &[When]) -> Result<Vec<RecordBatch>, WorkspaceError> {
        let (ground, zone) = (self.ground, &self.ground.workspace.zone);
        let added = self.own.with(ground, ways, when)?;
        let mut chains = Chains::default();
        chains.take_up(ground.model, ground.as_of, zone, &[self.begun(ways.len())?], "")?;
        let mut last = Vec::new();
        for (at, as_of) in self.instants.iter().enumerate() {
            let date =
                date_of(as_of.day).ok_or_else(|| WorkspaceError::Defect("the day has no date".into()))?;
            let rows = added.folded(&ground.plan, at, *as_of)?;
            let rows = marked(rows, ground.uncovered)?;
            let rows = chains.put(ground.model, *as_of, zone, rows)?;
            last = rows
                .iter()
                .map(|rows| ground.stage_b.apply_needed(&ground.needed, rows, ground.fits, date))
                .collect::<Vec<_>>();
            chains.note(ground.model, *as_of, zone, &last)?;
        }
        Ok(last)
    }

    /// What the schemes that remember had decided of the customer, once for each way.
    fn begun(&self, n: usize) -> Result<RecordBatch, WorkspaceError> {
        let mut columns: Vec<(String, ArrayRef)> =
            vec![(CUSTOMER.to_string(), Arc::new(Int64Array::from_iter_values(1..=n as i64)))];
        let first = UInt32Array::from(vec![0; n]);
        for (field, column) in self.ground.row.schema().fields().iter().zip(self.ground.row.columns()) {
            if let Some(name) = field.name().strip_prefix(DECIDED) {
                columns.push((name.to_string(), take(column, &first, None)?));
            }
        }
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
    }
}
