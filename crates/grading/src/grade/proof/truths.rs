//! Where a condition is true and where it is false, as regions. What only evaluation can answer is a
//! dimension of its own, free to be true, false or null: a region then says what may be, and a claim
//! that something never happens stays a proof.

use std::collections::{BTreeMap, BTreeSet};

use gradus_expression::{Logic, Mark};
use jiff::civil::Date;

use super::days_of;
use super::outcomes::Cases;
use super::region::{Bound, Cuboid, Region, both, complement, either};
use super::set::Set;
use super::space::{Marks, Space};
use super::witness::AS_OF;
use crate::grade::frame::Formula;

/// True there, false there; null elsewhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truths {
    pub yes: Region,
    pub no: Region,
}

impl Truths {
    pub fn always() -> Truths {
        Truths { yes: vec![Cuboid::whole()], no: Vec::new() }
    }

    fn constant(value: Option<bool>) -> Truths {
        let whole = |is: bool| if is { vec![Cuboid::whole()] } else { Vec::new() };
        Truths { yes: whole(value == Some(true)), no: whole(value == Some(false)) }
    }

    fn turned(self) -> Truths {
        Truths { yes: self.no, no: self.yes }
    }

    pub fn and(&self, other: &Truths) -> Result<Truths, Bound> {
        Ok(Truths { yes: both(&self.yes, &other.yes)?, no: either(&self.no, &other.no)? })
    }

    pub fn or(&self, other: &Truths) -> Result<Truths, Bound> {
        Ok(Truths { yes: either(&self.yes, &other.yes)?, no: both(&self.no, &other.no)? })
    }
}

/// Conditions over the space, and what is known of names that stand for conditions.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    pub space: Space,
    /// Segments by name: a test of one is its condition.
    pub named: BTreeMap<String, Truths>,
    /// What rule sets, tables, trees and steps give, and where: a test of one is where it holds.
    pub cases: BTreeMap<String, Cases>,
    /// The numbers that columns can come to, ascending, where these are all.
    pub numbers: BTreeMap<String, Vec<i64>>,
    /// For the moment they may give anything.
    pub alone: bool,
    /// Dimensions that have no value only where it is unknown, never where nothing happened.
    pub surely_unknown: BTreeSet<u32>,
}

/// Notes where a condition's tests change their answers.
pub(crate) fn collect(formula: &Formula, marks: &mut Marks) {
    let Some(expression) = &formula.expression else {
        formula.bare().into_iter().for_each(|name| marks.add(name, None));
        return;
    };
    if let Some(logic) = expression.logic() {
        collect_logic(&logic, marks);
    }
}

fn collect_logic(logic: &Logic, marks: &mut Marks) {
    match logic {
        Logic::And(parts) | Logic::Or(parts) | Logic::FirstKnown(parts) => {
            parts.iter().for_each(|part| collect_logic(part, marks))
        }
        Logic::Not(of) | Logic::IsTruth { of, .. } => collect_logic(of, marks),
        Logic::Case { when, otherwise } => {
            for (test, then) in when {
                collect_logic(test, marks);
                collect_logic(then, marks);
            }
            otherwise.iter().for_each(|logic| collect_logic(logic, marks));
        }
        Logic::Test { column, marks: own, .. } => marks.add(column, own.iter().cloned()),
        Logic::Constant(_) | Logic::Opaque(_) => {}
    }
}

impl Conditions {
    /// Where a condition is true and where it is false. Where that is too entangled with what tables, rules and
    /// trees give, it is said as if these might give anything.
    pub fn truths(&mut self, formula: &Formula) -> Result<Truths, Bound> {
        let told = self.told_of(formula);
        if told.is_ok() || self.alone {
            return told;
        }
        self.alone = true;
        let told = self.told_of(formula);
        self.alone = false;
        told
    }

    /// The dates on which something holds; none if it always does.
    pub fn dates(&self, from: Option<Date>, until: Option<Date>) -> Option<Cuboid> {
        if from.is_none() && until.is_none() {
            return None;
        }
        let dim = self.space.find(AS_OF)?;
        let own = self.space.dim(dim);
        let cell = |date: Date| own.cell_of_units(i128::from(days_of(date)));
        let from = from.and_then(cell).unwrap_or(0);
        let until = until.and_then(cell).map_or(own.n_values(), |cell| cell + 1);
        Some(Cuboid::of(dim, Set::range(from, until)))
    }

    fn told_of(&mut self, formula: &Formula) -> Result<Truths, Bound> {
        match &formula.expression {
            Some(expression) => match expression.logic() {
                Some(logic) => self.logic(&logic),
                None => Ok(self.opaque(&formula.sql)),
            },
            None => Ok(self.bare(formula.bare().unwrap_or(&formula.sql))),
        }
    }

    /// A boolean column, or a segment by its name.
    fn bare(&mut self, name: &str) -> Truths {
        if let Some(known) = self.named.get(name) {
            return known.clone();
        }
        match self.space.find(name) {
            Some(dim) => {
                Truths { yes: vec![Cuboid::of(dim, Set::of([1]))], no: vec![Cuboid::of(dim, Set::of([0]))] }
            }
            None => self.opaque(name),
        }
    }

    fn opaque(&mut self, sql: &str) -> Truths {
        let dim = self.space.opaque(sql);
        Truths { yes: vec![Cuboid::of(dim, Set::of([1]))], no: vec![Cuboid::of(dim, Set::of([0]))] }
    }

    fn logic(&mut self, logic: &Logic) -> Result<Truths, Bound> {
        match logic {
            Logic::Constant(value) => Ok(Truths::constant(*value)),
            Logic::And(parts) => {
                let mut all = Truths::always();
                for part in parts {
                    all = all.and(&self.logic(part)?)?;
                }
                Ok(all)
            }
            Logic::Or(parts) => {
                let mut any = Truths::always().turned();
                for part in parts {
                    any = any.or(&self.logic(part)?)?;
                }
                Ok(any)
            }
            Logic::Not(of) => Ok(self.logic(of)?.turned()),
            Logic::IsTruth { of, truth, not } => {
                let of = self.logic(of)?;
                let yes = if *truth { of.yes } else { of.no };
                let no = complement(&yes, &self.space.sizes)?;
                let told = Truths { yes, no };
                Ok(if *not { told.turned() } else { told })
            }
            Logic::Case { when, otherwise } => {
                let (mut told, mut left) = (Truths::default(), vec![Cuboid::whole()]);
                for (test, then) in when {
                    let (test, then) = (self.logic(test)?, self.logic(then)?);
                    self.take(&mut told, &both(&left, &test.yes)?, &then)?;
                    left = both(&left, &complement(&test.yes, &self.space.sizes)?)?;
                }
                if let Some(otherwise) = otherwise {
                    let otherwise = self.logic(otherwise)?;
                    self.take(&mut told, &left, &otherwise)?;
                }
                Ok(told)
            }
            Logic::FirstKnown(parts) => {
                let (mut told, mut left) = (Truths::default(), vec![Cuboid::whole()]);
                for part in parts {
                    let part = self.logic(part)?;
                    self.take(&mut told, &left, &part)?;
                    let known = either(&part.yes, &part.no)?;
                    left = both(&left, &complement(&known, &self.space.sizes)?)?;
                }
                Ok(told)
            }
            Logic::Test { column, marks, test } => self.test(column, marks, test),
            Logic::Opaque(expression) => Ok(self.opaque(expression.sql())),
        }
    }

    fn take(&self, told: &mut Truths, place: &Region, of: &Truths) -> Result<(), Bound> {
        told.yes = either(&told.yes, &both(place, &of.yes)?)?;
        told.no = either(&told.no, &both(place, &of.no)?)?;
        Ok(())
    }

    fn test(
        &mut self,
        column: &str,
        marks: &[Mark],
        test: &gradus_expression::Expression,
    ) -> Result<Truths, Bound> {
        // `is null` of a segment, or `= true`: rare enough to stay opaque.
        if let Some(known) = self.named.get(column)
            && test.sql() == gradus_expression::quote_name(column)
        {
            return Ok(known.clone());
        }
        let found = self.space.find(column);
        let answers = found.and_then(|dim| Some((dim, self.space.dim(dim).answers(marks, test)?)));
        let Some((dim, (yes, no))) = answers else { return Ok(self.opaque(test.sql())) };
        if let Some(cases) = self.cases.get(column).filter(|_| !self.alone) {
            return self.of_cases(cases, dim, &yes, &no);
        }
        let size = self.space.sizes[dim as usize];
        let region = |set: Set| match set.len() {
            0 => Vec::new(),
            n if n == size => vec![Cuboid::whole()],
            _ => vec![Cuboid::of(dim, set)],
        };
        Ok(Truths { yes: region(yes), no: region(no) })
    }

    /// A test of a column of which is known what it gives where.
    fn of_cases(&self, cases: &Cases, dim: u32, yes: &Set, no: &Set) -> Result<Truths, Bound> {
        let mut told = Truths::default();
        let own = self.space.dim(dim);
        for (gives, region) in &cases.0 {
            match gives.cell(own) {
                Some(cell) if yes.holds(cell) => told.yes = either(&told.yes, region)?,
                Some(cell) if no.holds(cell) => told.no = either(&told.no, region)?,
                Some(_) => {}
                None => {
                    let within = |set: &Set| match set.is_empty() {
                        true => Ok(Vec::new()),
                        false => both(region, &vec![Cuboid::of(dim, set.clone())]),
                    };
                    told.yes = either(&told.yes, &within(yes)?)?;
                    told.no = either(&told.no, &within(no)?)?;
                }
            }
        }
        Ok(told)
    }
}
