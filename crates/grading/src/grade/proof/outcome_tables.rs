//! What decision tables and cross tables give, and where: so that levels, segments and flows that read them are
//! held against what their rows can come to.

use gradus_model::document::TableHit;
use gradus_model::fixed::{FIXED_ONE, Fixed};

use super::outcomes::{Cases, Column, Gives};
use super::region::{Bound, Cuboid, Region, both, complement, either, minus};
use super::space::{Domain, Marks};
use super::truths::Conditions;
use crate::grade::cross_table::Cross;
use crate::grade::decision_table::Table;
use crate::grade::matcher::Matcher;
use crate::grade::number::LARGEST_POINTS;
use std::collections::BTreeSet;

/// Rows of a table of which it is followed where they are hit. Of a larger one only the results are known.
const MOST_ROWS: usize = 400;

/// The rows of a table as regions.
struct Rows {
    /// Where each is hit for sure.
    yes: Vec<Region>,
    /// Where that cannot be told of some row, or whether the input is one that is refused.
    open: Region,
    /// Inputs that are refused.
    refused: Region,
}

impl Conditions {
    /// Notes what each output of a table gives. `in_whole`: columns that flows read.
    pub(crate) fn know_table(&mut self, table: &Table, in_whole: &BTreeSet<String>, marks: &Marks) {
        let columns = table.columns();
        if table.gives_lists() {
            let any = Domain { null: true, ..Domain::default() };
            for (column, kind, _) in columns {
                self.space.add(&column, &kind.data_type(), &any, marks, false);
            }
            return;
        }
        let rows = self.hit_regions(&table.matcher);
        for (at, (column, kind, _)) in columns.into_iter().enumerate() {
            let cases = match &rows {
                Ok(rows) => self.of_table(table, rows, at),
                Err(bound) => Err(*bound),
            };
            let one_row =
                matches!(table.hit, TableHit::Unique | TableHit::First | TableHit::Any | TableHit::Priority);
            let ends = one_row || matches!(table.hit, TableHit::CollectMin | TableHit::CollectMax);
            let n = table.matcher.len() + usize::from(table.outputs[at].has_default);
            let written =
                ends.then(|| (0..n).map(|row| Gives::of(table.outputs[at].constant(row))).collect());
            let in_whole = in_whole.contains(&column);
            let data_type = kind.data_type();
            self.know(Column { name: &column, data_type, cases, written, in_whole }, marks);
        }
    }

    pub(crate) fn know_cross(&mut self, cross: &Cross, in_whole: bool, marks: &Marks) {
        let cases = self.of_cross(cross);
        let n = cross.rows.titles.len() * cross.columns.titles.len();
        let written = Some((0..=n).map(|at| Gives::of(cross.outcomes.constant(at))).collect());
        let data_type = cross.outcomes.data_type();
        self.know(Column { name: &cross.name, data_type, cases, written, in_whole }, marks);
    }

    fn hit_regions(&mut self, matcher: &Matcher) -> Result<Rows, Bound> {
        if matcher.len() > MOST_ROWS {
            return Err(Bound);
        }
        let conditions = matcher.row_conditions().filter(|rows| !rows.computes).ok_or(Bound)?;
        let truths =
            conditions.formulas.iter().map(|formula| self.truths(formula)).collect::<Result<Vec<_>, _>>()?;
        let allowed =
            conditions.allowed.iter().map(|formula| self.truths(formula)).collect::<Result<Vec<_>, _>>()?;
        let sizes = &self.space.sizes;
        let mut out = Rows { yes: Vec::new(), open: Vec::new(), refused: Vec::new() };
        for told in &allowed {
            out.refused = either(&out.refused, &told.no)?;
            out.open = either(&out.open, &complement(&either(&told.yes, &told.no)?, sizes)?)?;
        }
        for (tests, from, until) in &conditions.rows {
            let mut yes = vec![self.dates(*from, *until).unwrap_or_else(Cuboid::whole)];
            let mut may = yes.clone();
            for test in tests {
                let told = &truths[*test];
                yes = both(&yes, &told.yes)?;
                // What is looked up is always told; what is evaluated may be unknown, and may fail.
                may = match *test < conditions.n_evaluated {
                    true => minus(&may, &told.no, sizes)?,
                    false => both(&may, &told.yes)?,
                };
            }
            out.open = either(&out.open, &minus(&may, &yes, sizes)?)?;
            out.yes.push(yes);
        }
        Ok(out)
    }

    /// Where inputs are refused nothing is given; where something cannot be told, it may be anything.
    fn told(&self, rows: &Rows, here: &Region, cases: &mut Cases) -> Result<Region, Bound> {
        let sizes = &self.space.sizes;
        cases.add(Gives::Nothing, both(here, &rows.refused)?)?;
        let here = minus(here, &rows.refused, sizes)?;
        cases.add(Gives::Any, both(&here, &rows.open)?)?;
        minus(&here, &rows.open, sizes)
    }

    fn of_table(&self, table: &Table, rows: &Rows, output: usize) -> Result<Cases, Bound> {
        let own = &table.outputs[output];
        let mut cases = Cases::default();
        let here = self.told(rows, &vec![Cuboid::whole()], &mut cases)?;
        let none = match (own.has_default, table.hit) {
            (true, _) => Gives::of(own.constant(table.matcher.len())),
            (false, TableHit::CollectCount) => Gives::Number(Fixed(0)),
            (false, _) => Gives::Nothing,
        };
        let of = |row: usize| Gives::of(own.constant(row));
        match table.hit {
            TableHit::First | TableHit::Priority => {
                let mut order: Vec<usize> = (0..rows.yes.len()).collect();
                order.sort_by(|a, b| match table.comes_before(*a, *b) {
                    true => std::cmp::Ordering::Less,
                    false if a == b => std::cmp::Ordering::Equal,
                    false => std::cmp::Ordering::Greater,
                });
                let regions: Vec<Region> = order.iter().map(|row| rows.yes[*row].clone()).collect();
                let gives = |at: Option<usize>| at.map_or_else(|| none.clone(), |at| of(order[at]));
                self.first_of(&regions, here, &gives, &mut cases)?;
            }
            TableHit::Unique | TableHit::Any => {
                let one = table.hit == TableHit::Unique;
                self.only_of(&rows.yes, here, one, &of, none, &mut cases)?;
            }
            TableHit::CollectSum | TableHit::CollectMin | TableHit::CollectMax | TableHit::CollectCount => {
                self.collected(table, rows, here, &of, none, &mut cases)?;
            }
            TableHit::RuleOrder | TableHit::OutputOrder | TableHit::Collect => return Err(Bound),
        }
        Ok(cases)
    }

    /// One row at most, or rows that give the same: where others are hit, too, nothing is given.
    fn only_of(
        &self,
        regions: &[Region],
        here: Region,
        one: bool,
        of: &dyn Fn(usize) -> Gives,
        none: Gives,
        cases: &mut Cases,
    ) -> Result<(), Bound> {
        let sizes = &self.space.sizes;
        let mut parts: Vec<(Gives, Region)> = Vec::new();
        for (row, region) in regions.iter().enumerate() {
            let gives = of(row);
            match parts.iter_mut().find(|(known, _)| !one && gives != Gives::Any && *known == gives) {
                Some((_, known)) => *known = either(known, region)?,
                None => parts.push((gives, region.clone())),
            }
        }
        let (mut taken, mut twice): (Region, Region) = Default::default();
        for (_, region) in &parts {
            twice = either(&twice, &both(region, &taken)?)?;
            taken = either(&taken, region)?;
        }
        // Rows that compute what they give may come to the same.
        let clash = match !one && parts.iter().any(|(gives, _)| *gives == Gives::Any) {
            true => Gives::Any,
            false => Gives::Nothing,
        };
        for (gives, region) in &parts {
            cases.add(gives.clone(), minus(&both(&here, region)?, &twice, sizes)?)?;
        }
        cases.add(clash, both(&here, &twice)?)?;
        cases.add(none, minus(&here, &taken, sizes)?)
    }

    /// What all rows that are hit come to.
    fn collected(
        &self,
        table: &Table,
        rows: &Rows,
        mut here: Region,
        of: &dyn Fn(usize) -> Gives,
        none: Gives,
        cases: &mut Cases,
    ) -> Result<(), Bound> {
        let sizes = &self.space.sizes;
        let counts = table.hit == TableHit::CollectCount;
        for (row, region) in rows.yes.iter().enumerate() {
            if !counts && of(row) == Gives::Any {
                cases.add(Gives::Any, both(&here, region)?)?;
                here = minus(&here, region, sizes)?;
            }
        }
        let mut states: Vec<(Option<i64>, Region)> = vec![(None, here)];
        for (row, region) in rows.yes.iter().enumerate() {
            let gives = of(row);
            states = self.folded(states, region, &|state| match (table.hit, &gives) {
                (TableHit::CollectCount, _) => Some(state.unwrap_or(0).saturating_add(FIXED_ONE)),
                (hit, Gives::Number(number)) => Some(match (hit, state) {
                    (_, None) => number.0,
                    (TableHit::CollectMin, Some(state)) => state.min(number.0),
                    (TableHit::CollectMax, Some(state)) => state.max(number.0),
                    (_, Some(state)) => state.saturating_add(number.0),
                }),
                _ => state,
            })?;
        }
        for (state, region) in states {
            let gives = match state {
                None => none.clone(),
                // Such a sum is a fault.
                Some(number) if number.abs() > LARGEST_POINTS => Gives::Nothing,
                Some(number) => Gives::Number(Fixed(number)),
            };
            cases.add(gives, region)?;
        }
        Ok(())
    }

    fn of_cross(&mut self, cross: &Cross) -> Result<Cases, Bound> {
        let (rows, columns) =
            (self.hit_regions(&cross.rows.matcher)?, self.hit_regions(&cross.columns.matcher)?);
        let mut cases = Cases::default();
        let here = self.told(&rows, &vec![Cuboid::whole()], &mut cases)?;
        let here = self.told(&columns, &here, &mut cases)?;
        let width = columns.yes.len();
        let nowhere = Gives::of(cross.outcomes.constant(rows.yes.len() * width));
        let mut left = here;
        for (row, band) in rows.yes.iter().enumerate() {
            let gives = |column: Option<usize>| {
                column.map_or_else(
                    || nowhere.clone(),
                    |column| Gives::of(cross.outcomes.constant(row * width + column)),
                )
            };
            self.first_of(&columns.yes, both(&left, band)?, &gives, &mut cases)?;
            left = minus(&left, band, &self.space.sizes)?;
        }
        cases.add(nowhere, left)?;
        Ok(cases)
    }
}
