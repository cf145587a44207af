//! FEEL (DMN's notation) as it is written in the cells of tables: read into a tree, and from there into the
//! SQL that everything else is written in, with what DMN says of null.
//!
//! What DMN says of null, and SQL does not: `=` is always told (`null = null` holds, `5 = null` does not),
//! so the test `"A"` fails for an unknown value and `not("A")` holds for it. `<` and intervals cannot be
//! told of null, and neither can their `not(…)`. A cell holds only where it is told to hold.

mod lexer;
mod parse;
mod sql;
mod words;

use std::collections::BTreeSet;

use gradus_model::{Finding, Place};

use crate::literal::Literal;
use crate::scope::Scope;

/// A cell: tests of which one has to hold, or none if it is negated. No test: everything holds.
#[derive(Debug, Clone, PartialEq)]
pub struct FeelCell {
    negated: bool,
    tests: Vec<Test>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// `< 5`, `!= "A"`.
    Compare(Comparison, Feel),
    /// `[1..5)`.
    Interval(Interval),
    /// The value is this one.
    Equals(Feel),
    /// A condition of its own, with `?` for the value.
    Holds(Feel),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Interval {
    pub low: Feel,
    pub low_closed: bool,
    pub high: Feel,
    pub high_closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Different,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// A FEEL expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Feel {
    Literal(Literal),
    /// `?`: the value that the cell tests.
    Input,
    Name(String),
    Negate(Box<Feel>),
    Arithmetic(Operator, Box<Feel>, Box<Feel>),
    Compare(Comparison, Box<Feel>, Box<Feel>),
    And(Vec<Feel>),
    Or(Vec<Feel>),
    Between(Box<Feel>, Box<Feel>, Box<Feel>),
    In(Box<Feel>, Box<FeelCell>),
    If(Box<Feel>, Box<Feel>, Box<Feel>),
    Call(&'static Call, Vec<Feel>),
    List(Vec<Feel>),
}

/// A function of FEEL and the SQL that it stands for.
#[derive(Debug, PartialEq)]
pub(crate) struct Call {
    pub name: &'static str,
    pub n_arguments: (usize, usize),
    /// `{0}` is the first argument, `{*}` all of them.
    pub sql: &'static str,
}

/// One constant test: what an index over the rows of a table needs to know.
#[derive(Debug, Clone, PartialEq)]
pub enum ConstantTest {
    Null,
    Equals(Literal),
    Different(Literal),
    /// Bounds with whether they belong to it.
    Range {
        low: Option<(Literal, bool)>,
        high: Option<(Literal, bool)>,
    },
}

impl FeelCell {
    /// Reads a cell. Names are those of the scope, blanks inside names included.
    pub fn parse(text: &str, scope: &Scope, place: &Place) -> Result<FeelCell, Finding> {
        parse::cell(text, scope).map_err(|problem| problem.at(place))
    }

    /// True for `-`: whatever the value is, the cell holds.
    pub fn is_any(&self) -> bool {
        self.tests.is_empty()
    }

    pub fn is_negated(&self) -> bool {
        self.negated
    }

    /// The tests, if they compare the value with constants only; then nothing else has to be read, and
    /// nothing can fail.
    pub fn constants(&self) -> Option<Vec<ConstantTest>> {
        self.tests.iter().map(Test::constant).collect()
    }

    /// Every name that the cell reads beside its value.
    pub fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.collect_names(&mut names);
        names
    }

    fn collect_names(&self, names: &mut BTreeSet<String>) {
        for test in &self.tests {
            match test {
                Test::Compare(_, feel) | Test::Equals(feel) | Test::Holds(feel) => feel.names(names),
                Test::Interval(interval) => {
                    interval.low.names(names);
                    interval.high.names(names);
                }
            }
        }
    }
}

/// A FEEL expression as SQL: what a row gives, a decision computes.
pub fn feel_sql(text: &str, scope: &Scope, place: &Place) -> Result<String, Finding> {
    parse::expression(text, scope).and_then(|feel| sql::whole(&feel)).map_err(|problem| problem.at(place))
}

/// Every word of a cell that may be a name, texts left out, before anything is known of names: only used
/// to find an order of evaluation.
pub fn names_in_feel(text: &str) -> BTreeSet<String> {
    lexer::possible_names(text)
}

impl Test {
    fn constant(&self) -> Option<ConstantTest> {
        let known = |feel: &Feel| feel.constant().filter(|literal| *literal != Literal::Null);
        Some(match self {
            Test::Equals(feel) => match feel.constant()? {
                Literal::Null => ConstantTest::Null,
                literal => ConstantTest::Equals(literal),
            },
            Test::Compare(comparison, feel) => {
                let literal = known(feel)?;
                let (low, high) = match comparison {
                    Comparison::Equal => return Some(ConstantTest::Equals(literal)),
                    Comparison::Different => return Some(ConstantTest::Different(literal)),
                    Comparison::Less => (None, Some((literal, false))),
                    Comparison::AtMost => (None, Some((literal, true))),
                    Comparison::More => (Some((literal, false)), None),
                    Comparison::AtLeast => (Some((literal, true)), None),
                };
                ConstantTest::Range { low, high }
            }
            Test::Interval(interval) => ConstantTest::Range {
                low: Some((known(&interval.low)?, interval.low_closed)),
                high: Some((known(&interval.high)?, interval.high_closed)),
            },
            Test::Holds(_) => return None,
        })
    }
}

impl Feel {
    pub(crate) fn constant(&self) -> Option<Literal> {
        match self {
            Feel::Literal(literal) => Some(literal.clone()),
            Feel::Negate(of) => of.constant()?.negated(),
            _ => None,
        }
    }

    fn names(&self, names: &mut BTreeSet<String>) {
        match self {
            Feel::Literal(_) | Feel::Input => {}
            Feel::Name(name) => {
                names.insert(name.clone());
            }
            Feel::Negate(of) => of.names(names),
            Feel::Arithmetic(_, left, right) | Feel::Compare(_, left, right) => {
                left.names(names);
                right.names(names);
            }
            Feel::And(parts) | Feel::Or(parts) | Feel::Call(_, parts) | Feel::List(parts) => {
                parts.iter().for_each(|part| part.names(names));
            }
            Feel::Between(a, b, c) | Feel::If(a, b, c) => {
                [a, b, c].into_iter().for_each(|part| part.names(names));
            }
            Feel::In(of, cell) => {
                of.names(names);
                cell.collect_names(names);
            }
        }
    }
}
