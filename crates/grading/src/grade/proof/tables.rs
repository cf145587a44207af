//! Decision tables, cross tables and trees: rows that two claim, rows and branches that nobody reaches,
//! inputs that nothing takes.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::Array;
use gradus_model::document::TableHit;
use gradus_model::{Finding, Given, Place, Text};
use jiff::civil::Date;

use super::region::{Budget, Cuboid, Region, both, complement, uncovered};
use super::rules::condition_holds;
use super::set::Set;
use super::space::Cells;
use super::truths::Truths;
use super::{Bound, Prover};
use crate::grade::cross_table::Cross;
use crate::grade::decision_table::Table;
use crate::grade::decision_tree::{Level, Tree};
use crate::grade::frame::{Faults, Formula, Frame};
use crate::grade::matcher::{Hits, Matcher, RowConditions};

/// Findings of one kind that a table gets; more of them say nothing new.
const MOST: usize = 20;

/// Parts of what no row takes that are looked at.
const GAPS: usize = 24;

impl Prover<'_> {
    pub(super) fn table(&mut self, table: &Table) {
        let place = self.root.key("decision_tables").key(&table.name);
        if self.check_table(table, &place).is_err() {
            self.say_bound(place);
        }
    }

    fn check_table(&mut self, table: &Table, place: &Place) -> Result<(), Bound> {
        let Some(conditions) = table.matcher.row_conditions() else { return Ok(()) };
        let regions = self.rows(&conditions)?;
        let rows = place.key("rows");
        let mut n_said = 0;
        for (at, region) in regions.iter().enumerate() {
            if region.is_empty() && n_said < MOST {
                n_said += 1;
                let row = self.row(table, at);
                let what = Text::new(
                    format!("{}永远不会命中：各单元格的条件不能同时成立", row.zh),
                    format!("{} is never hit: its cells cannot hold together", row.en),
                );
                let right = Text::new(
                    "改掉互相排斥的单元格，或删去这一行",
                    "cells that can hold together, or no such row",
                );
                self.say(Finding::warning("row-never-hit", rows.index(at), what, right));
            }
        }
        match table.hit {
            TableHit::Unique => self.clashes(table, &conditions, &regions, &rows, false),
            TableHit::Any => {
                self.clashes(table, &conditions, &regions, &rows, true);
                self.doubled_rows(table, &conditions, &regions, &rows);
            }
            TableHit::First | TableHit::Priority => self.hidden_rows(table, &conditions, &regions, &rows)?,
            // Lists, sums and counts take every row that is hit.
            _ => self.doubled_rows(table, &conditions, &regions, &rows),
        }
        // Of no rows the count is 0, and the list is empty: both are results.
        let is_told = table.hit == TableHit::CollectCount || table.gives_lists();
        if !table.has_default() && !is_told {
            self.open(&table.matcher, &conditions, &regions, place, "default")?;
        }
        Ok(())
    }

    /// Where and when each row is hit for sure.
    fn rows(&mut self, conditions: &RowConditions) -> Result<Vec<Region>, Bound> {
        let truths: Vec<Result<Truths, Bound>> =
            conditions.formulas.iter().map(|formula| self.truths(formula)).collect();
        let mut out = Vec::with_capacity(conditions.rows.len());
        for (tests, from, until) in &conditions.rows {
            let mut region: Region = vec![Cuboid::whole()];
            if let Some(dates) = self.conditions.dates(*from, *until) {
                region = vec![dates];
            }
            for test in tests {
                match &truths[*test] {
                    Ok(truths) => region = both(&region, &truths.yes)?,
                    Err(bound) => return Err(*bound),
                }
            }
            out.push(region);
        }
        Ok(out)
    }

    pub(super) fn row(&self, table: &Table, at: usize) -> Text {
        match table.row_titles.get(at).and_then(|title| title.as_ref()) {
            Some(title) => Text::new(
                format!("第 {} 行「{}」", at + 1, title.zh),
                format!("row {} “{}”", at + 1, title.en),
            ),
            None => Text::new(format!("第 {} 行", at + 1), format!("row {}", at + 1)),
        }
    }

    /// Two rows that are hit together: always too many (unique), or only where they differ (any).
    fn clashes(
        &mut self,
        table: &Table,
        conditions: &RowConditions,
        regions: &[Region],
        rows: &Place,
        differing: bool,
    ) {
        let mut n_said = 0;
        for (second, first) in self.meeting(regions) {
            if n_said >= MOST {
                return;
            }
            if differing && table.gives_same(first, second) {
                continue;
            }
            let shared: Region =
                regions[first].iter().flat_map(|a| regions[second].iter().filter_map(|b| a.and(b))).collect();
            if shared.is_empty() {
                continue;
            }
            // Two rows may clash where something has to be computed: only said with an example.
            let example = self.hit_together(&table.matcher, conditions, &shared, &[first, second]);
            let Some(example) = example else { continue };
            n_said += 1;
            let (one, two) = (self.row(table, first), self.row(table, second));
            let (what, right) = match differing {
                false => (
                    Text::new(
                        format!(
                            "{}与{}会同时命中，而命中方式 unique 只许命中一行：这样的客户算不出结果",
                            two.zh, one.zh
                        ),
                        format!(
                            "{} and {} can both be hit, and with `hit: unique` at most one may be: such customers get no result",
                            two.en, one.en
                        ),
                    ),
                    Text::new(
                        "让两行互斥，或改用 first、priority",
                        "rows that exclude each other, or `first` or `priority`",
                    ),
                ),
                true => (
                    Text::new(
                        format!("{}与{}会同时命中而结果不同：这样的客户算不出结果", two.zh, one.zh),
                        format!(
                            "{} and {} can both be hit and give different results: such customers get none",
                            two.en, one.en
                        ),
                    ),
                    Text::new("让两行结果相同或互斥", "the same result, or rows that exclude each other"),
                ),
            };
            let at = rows.index(second);
            let finding = match differing {
                false => Finding::warning("rows-overlap", at, what, right),
                true => Finding::warning("rows-contradict", at, what, right),
            };
            self.say(finding.seen_with(example));
        }
    }

    /// Rows that share something, the later one first, in the order of the table. One dimension is swept
    /// from its first cell to its last, so that rows far from each other are never compared.
    fn meeting(&self, regions: &[Region]) -> Vec<(usize, usize)> {
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for (dim, set) in regions.iter().flatten().flat_map(|own| &own.0) {
            // How much of the dimension a row leaves out, in thousandths.
            let size = u64::from(self.space().sizes[*dim as usize].max(1));
            *counts.entry(*dim).or_default() += 1000 - 1000 * u64::from(set.len()) / size;
        }
        let Some((dim, _)) = counts.into_iter().max_by_key(|(dim, left)| (*left, std::cmp::Reverse(*dim)))
        else {
            // No row tests anything: they are all hit together.
            let rows: Vec<usize> =
                (0..regions.len()).filter(|row| !regions[*row].is_empty()).take(MOST).collect();
            return rows.windows(2).map(|pair| (pair[1], pair[0])).collect();
        };
        let whole = Set::range(0, self.space().sizes[dim as usize]);
        let mut ranges: Vec<(u32, u32, usize)> = Vec::new();
        for (row, own) in
            regions.iter().enumerate().flat_map(|(row, region)| region.iter().map(move |own| (row, own)))
        {
            let set = own.get(dim).unwrap_or(&whole);
            ranges.extend(set.ranges().iter().map(|(from, below)| (*from, *below, row)));
        }
        ranges.sort_unstable();
        let (mut active, mut pairs): (Vec<(u32, usize)>, BTreeSet<(usize, usize)>) = Default::default();
        for (from, below, row) in ranges {
            active.retain(|(end, _)| *end > from);
            for (_, other) in &active {
                let (first, second) = (row.min(*other), row.max(*other));
                let shares = || regions[first].iter().any(|a| regions[second].iter().any(|b| a.meets(b)));
                if first != second && !pairs.contains(&(second, first)) && shares() {
                    pairs.insert((second, first));
                }
            }
            active.push((below, row));
        }
        pairs.into_iter().collect()
    }

    /// `first` and `priority`: rows for which others always come first.
    fn hidden_rows(
        &mut self,
        table: &Table,
        conditions: &RowConditions,
        regions: &[Region],
        rows: &Place,
    ) -> Result<(), Bound> {
        let mut n_said = 0;
        for at in 0..regions.len() {
            if regions[at].is_empty() || n_said >= MOST {
                continue;
            }
            let ahead: Vec<usize> =
                (0..regions.len()).filter(|other| table.comes_before(*other, at)).collect();
            let boxes: Vec<&Cuboid> = ahead.iter().flat_map(|other| &regions[*other]).collect();
            let mut budget = Budget::question();
            let mut reached = false;
            for cuboid in &regions[at] {
                reached |= uncovered(cuboid, &boxes, &self.space().sizes, &mut budget)?.is_some();
                if reached {
                    break;
                }
            }
            if reached {
                continue;
            }
            n_said += 1;
            let own = self.row(table, at);
            let by = ahead.iter().copied().find(|other| {
                regions[at].iter().all(|own| regions[*other].iter().any(|other| own.within(other)))
            });
            let what = match by {
                Some(by) => {
                    let first = self.row(table, by);
                    Text::new(
                        format!("{}永远用不到：{}总先于它命中", own.zh, first.zh),
                        format!("{} never counts: {} always comes first", own.en, first.en),
                    )
                }
                None => Text::new(
                    format!("{}永远用不到：其他行合起来总先于它命中", own.zh),
                    format!("{} never counts: other rows together always come first", own.en),
                ),
            };
            let right = Text::new("把它移到前面，或删去", "a place further up, or no such row");
            let shown: Vec<usize> = std::iter::once(at).chain(by).collect();
            let example =
                self.hit_together(&table.matcher, conditions, &regions[at], &shown).unwrap_or_default();
            self.say(Finding::warning("row-shadowed", rows.index(at), what, right).seen_with(example));
        }
        Ok(())
    }

    /// An input that hits all of these rows.
    pub(super) fn hit_together(
        &self,
        matcher: &Matcher,
        conditions: &RowConditions,
        region: &Region,
        rows: &[usize],
    ) -> Option<Vec<Given>> {
        let holds = |frame: &mut Frame, as_of: Date| {
            let prepared = matcher.prepare(frame, as_of);
            let (mut hits, mut faults) = (Hits::default(), Faults::new());
            (0..prepared.customers())
                .map(|customer| {
                    if prepared.failed(customer) {
                        return false;
                    }
                    prepared.hits(customer, false, &mut hits, &mut faults);
                    rows.iter().all(|row| hits.sure.contains(&(*row as u32)))
                })
                .collect()
        };
        let witness = self.witness(region, &holds)?;
        let dated = conditions.rows.iter().any(|(_, from, until)| from.is_some() || until.is_some());
        let mut reads: Vec<String> = Vec::new();
        for test in rows.iter().flat_map(|row| &conditions.rows[*row].0) {
            for name in &conditions.formulas[*test].references {
                if !reads.contains(name) {
                    reads.push(name.clone());
                }
            }
        }
        Some(self.given(&witness, reads, dated))
    }

    /// What no row or band takes.
    fn open(
        &mut self,
        matcher: &Matcher,
        conditions: &RowConditions,
        regions: &[Region],
        place: &Place,
        remedy: &str,
    ) -> Result<(), Bound> {
        let boxes: Vec<&Cuboid> = regions.iter().flatten().collect();
        let mut reads: Vec<String> = Vec::new();
        for name in conditions.formulas.iter().flat_map(|formula| &formula.references) {
            if !reads.contains(name) {
                reads.push(name.clone());
            }
        }
        let mut allowed: Region = vec![Cuboid::whole()];
        for formula in &conditions.allowed {
            allowed = both(&allowed, &self.truths(formula)?.yes)?;
        }
        let dims: BTreeSet<u32> = boxes.iter().flat_map(|own| own.0.iter().map(|(dim, _)| *dim)).collect();
        let mut known = Cuboid::whole();
        for dim in dims.iter().copied().chain(self.behind(&reads)) {
            let own = self.space().dim(dim);
            match own.cells {
                Cells::Opaque => known = known.with(dim, Set::range(0, 2)),
                _ if own.null => known = known.with(dim, own.values()),
                _ => {}
            }
        }
        let none = |frame: &mut Frame, as_of: Date| {
            let prepared = matcher.prepare(frame, as_of);
            let (mut hits, mut faults) = (Hits::default(), Faults::new());
            (0..prepared.customers())
                .map(|customer| {
                    if prepared.failed(customer) {
                        return false;
                    }
                    prepared.hits(customer, false, &mut hits, &mut faults);
                    hits.sure.is_empty()
                })
                .collect()
        };
        let dated = conditions.rows.iter().any(|(_, from, until)| from.is_some() || until.is_some());
        for (part, all_known) in [(known, true), (Cuboid::whole(), false)] {
            let mut gaps: Region = Vec::new();
            for cuboid in allowed.iter().filter_map(|own| own.and(&part)) {
                gaps.extend(self.outside(&cuboid, &boxes, GAPS)?);
            }
            if gaps.is_empty() {
                continue;
            }
            let Some(witness) = self.witness(&gaps, &none) else { continue };
            let example = self.given(&witness, reads, dated);
            let what = match all_known {
                true => Text::new(
                    "有些客户一行也不命中，又没有写默认结果，结果为未知",
                    "some customers hit no row and there is no default: the result is unknown",
                ),
                false => Text::new(
                    "值未知或不适用时一行也不命中，又没有写默认结果，结果为未知",
                    "where a value is unknown or not applicable no row is hit and there is no default: the result is unknown",
                ),
            };
            let right = Text::new(format!("写 {remedy}，或补一行"), format!("`{remedy}`, or one more row"));
            let finding = match all_known {
                true => Finding::warning("table-gap", place.clone(), what, right),
                false => Finding::note("table-gap-unknown", place.clone(), what, right),
            };
            self.say(finding.seen_with(example));
            return Ok(());
        }
        Ok(())
    }

    pub(super) fn cross(&mut self, cross: &Cross) {
        let place = self.root.key("cross_tables").key(&cross.name);
        for (axis, key) in [(&cross.rows, "rows"), (&cross.columns, "columns")] {
            let at = place.key(key);
            if self.check_axis(&axis.matcher, &axis.titles, cross.has_otherwise(), &at).is_err() {
                self.say_bound(at);
            }
        }
    }

    fn check_axis(
        &mut self,
        matcher: &Matcher,
        titles: &[Option<Text>],
        has_otherwise: bool,
        place: &Place,
    ) -> Result<(), Bound> {
        let Some(conditions) = matcher.row_conditions() else { return Ok(()) };
        let regions = self.rows(&conditions)?;
        for at in 0..regions.len() {
            let earlier: Vec<&Cuboid> = regions[..at].iter().flatten().collect();
            let mut budget = Budget::question();
            let mut reached = false;
            for cuboid in &regions[at] {
                reached |= uncovered(cuboid, &earlier, &self.space().sizes, &mut budget)?.is_some();
            }
            if reached {
                continue;
            }
            let title = titles.get(at).and_then(|title| title.clone());
            let title =
                title.unwrap_or_else(|| Text::new(format!("第 {} 档", at + 1), format!("band {}", at + 1)));
            let what = Text::new(
                format!("「{}」这一档永远没有客户", title.zh),
                format!("nobody is ever in the band “{}”", title.en),
            );
            let right = Text::new("改条件，或移到前面", "another condition, or a place further up");
            let example = match regions[at].is_empty() {
                true => Vec::new(),
                false => self.hit_together(matcher, &conditions, &regions[at], &[at]).unwrap_or_default(),
            };
            let at = place.key("bands").index(at);
            self.say(Finding::warning("row-shadowed", at, what, right).seen_with(example));
        }
        if has_otherwise {
            return Ok(());
        }
        self.open(matcher, &conditions, &regions, place, "otherwise")
    }

    pub(super) fn tree(&mut self, tree: &Tree) {
        let place = self.root.key("decision_trees").key(&tree.name);
        if self.level(tree, &tree.root, &vec![Cuboid::whole()], &place).is_err() {
            self.say_bound(place);
        }
    }

    /// `here`: where somebody comes to this level.
    fn level(&mut self, tree: &Tree, level: &Level, here: &Region, place: &Place) -> Result<(), Bound> {
        let Level::Split(branches, otherwise) = level else { return Ok(()) };
        let mut left = here.clone();
        for (index, (condition, below)) in branches.iter().enumerate() {
            let formula = tree.formula(*condition);
            let truths = self.truths(formula)?;
            // Where it cannot be told the branch may be taken, and so may what follows.
            let may = complement(&truths.no, &self.space().sizes)?;
            let taken = both(&left, &truths.yes)?;
            let at = place.key("branches").index(index);
            if taken.is_empty() {
                self.branch_unreached(tree, *condition, &at, &truths);
            } else {
                let inside = both(&left, &may)?;
                self.level(tree, below, &inside, &at)?;
            }
            left = both(&left, &complement(&truths.yes, &self.space().sizes)?)?;
        }
        match otherwise {
            Some(_) if left.is_empty() => {
                let what = Text::new(
                    "else 永远轮不到：前面的分支已取走所有情形",
                    "`else` is never reached: the branches before it take every case",
                );
                let right = Text::new("删去 else", "no `else`");
                self.say(Finding::warning("branch-unreachable", place.key("else"), what, right));
                Ok(())
            }
            Some(below) => self.level(tree, below, &left, &place.key("else")),
            None => {
                self.tree_gap(tree, branches, &left, place);
                Ok(())
            }
        }
    }

    fn branch_unreached(&mut self, tree: &Tree, condition: usize, place: &Place, truths: &Truths) {
        let words = tree.words(condition);
        let what = match truths.yes.is_empty() {
            true => Text::new(
                format!("这个分支的条件永远不成立：{}", words.zh),
                format!("the condition of this branch never holds: {}", words.en),
            ),
            false => Text::new(
                format!("这个分支永远走不到：{}", words.zh),
                format!("this branch is never reached: {}", words.en),
            ),
        };
        let right = Text::new("改条件，或删去这个分支", "another condition, or no such branch");
        let formula: &Formula = tree.formula(condition);
        let example = if truths.yes.is_empty() { Vec::new() } else { self.holding(formula, &truths.yes) };
        self.say(Finding::warning("branch-unreachable", place.clone(), what, right).seen_with(example));
    }

    /// Nothing is said of who takes no branch and finds no `else`.
    fn tree_gap(&mut self, tree: &Tree, branches: &[(usize, Level)], left: &Region, place: &Place) {
        let mut reads: Vec<String> = Vec::new();
        for name in branches.iter().flat_map(|(condition, _)| &tree.formula(*condition).references) {
            if !reads.contains(name) {
                reads.push(name.clone());
            }
        }
        let mut known = Cuboid::whole();
        for dim in self.behind(&reads) {
            let own = self.space().dim(dim);
            if own.null {
                known = known.with(dim, own.values());
            }
        }
        let known: Region = left.iter().filter_map(|own| own.and(&known)).collect();
        if known.is_empty() {
            return;
        }
        let none = |frame: &mut Frame, _| {
            let column = tree.evaluate(frame);
            let mut open: Vec<bool> = (0..frame.rows).map(|row| column.array.is_null(row)).collect();
            for (condition, _) in branches {
                let holds = condition_holds(tree.formula(*condition), frame);
                open.iter_mut().zip(holds).for_each(|(open, holds)| *open &= !holds);
            }
            open
        };
        let Some(witness) = self.witness(&known, &none) else { return };
        let example = self.given(&witness, reads, false);
        let what = Text::new(
            "有些客户不走任何分支，又没有 else，结果为未知",
            "some customers take no branch and there is no `else`: the result is unknown",
        );
        let right = Text::new("写 else，或补一个分支", "`else`, or one more branch");
        self.say(Finding::warning("tree-gap", place.clone(), what, right).seen_with(example));
    }
}
