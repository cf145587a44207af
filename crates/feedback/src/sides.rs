//! The two sides of a back-test, customer by customer in one order: the grades with what was known on
//! the day, and what came after.

use gradus_model::Text;
use gradus_model::document::{Better, Counts};

/// Grades of customers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graded {
    pub schemes: Vec<Scheme>,
    pub scores: Vec<Score>,
    /// The score by which the first tier scheme is cut, else the first score: what a challenger is held
    /// against. By place in `scores`.
    pub main: Option<usize>,
}

/// Tiers of one scheme.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheme {
    pub name: String,
    pub title: Text,
    /// Names and titles from the lowest.
    pub levels: Vec<(String, Text)>,
    /// The place of each customer's level; none where not graded.
    pub places: Vec<Option<u16>>,
}

/// One score.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    pub name: String,
    pub title: Text,
    pub values: Vec<Option<f64>>,
}

/// What came of the customers in the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Came {
    pub name: String,
    pub title: Text,
    pub counts: Counts,
    pub better: Better,
    /// The number, or 1 for what happened (or did not, where that is the outcome) and 0 otherwise; none
    /// for customers of whom it is not asked.
    pub values: Vec<Option<f64>>,
}

impl Came {
    pub fn is_share(&self) -> bool {
        self.counts != Counts::Value
    }

    /// 1 where it came out well: of a share, whichever way is better.
    pub fn is_good(&self, value: f64) -> bool {
        (value > 0.5) == (self.better == Better::More)
    }
}

impl Graded {
    /// Who has both a rank and an answer: the ranks and the outcome's values, in the customers' order.
    pub(crate) fn ranked(values: &[Option<f64>], came: &Came) -> (Vec<f64>, Vec<f64>) {
        values.iter().zip(&came.values).filter_map(|(score, value)| Some(((*score)?, (*value)?))).unzip()
    }

    /// What customers are ordered by: the main score, or the level of the first scheme where there is none.
    pub fn ranking(&self) -> Option<(Text, Vec<Option<f64>>)> {
        if let Some(score) = self.main.and_then(|at| self.scores.get(at)) {
            return Some((score.title.clone(), score.values.clone()));
        }
        let scheme = self.schemes.first()?;
        Some((scheme.title.clone(), scheme.places.iter().map(|place| place.map(f64::from)).collect()))
    }
}
