//! The two sides of a back-test, customer by customer in one order: the grades with what was known on
//! the day, and what came after.

use gradus_model::Text;
use gradus_model::document::{Better, Counts};
use gradus_stats::ranked::Ranked;

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
    /// What customers are ordered by: the main score, or the level of the first scheme where there is none.
    pub fn ranking(&self) -> Option<(Text, Vec<Option<f64>>)> {
        if let Some(score) = self.main.and_then(|at| self.scores.get(at)) {
            return Some((score.title.clone(), score.values.clone()));
        }
        let scheme = self.schemes.first()?;
        Some((scheme.title.clone(), scheme.places.iter().map(|place| place.map(f64::from)).collect()))
    }
}

/// Customers by one score, the best first: sorted once for every outcome.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BestFirst(Vec<u32>);

impl BestFirst {
    /// Of those whose score is known; equal scores stay in the customers' order.
    pub fn of(score: &Score) -> BestFirst {
        let known = score.values.iter().enumerate().filter_map(|(at, value)| Some((at as u32, (*value)?)));
        let mut rows: Vec<(u32, f64)> = known.filter(|(_, value)| !value.is_nan()).collect();
        rows.sort_by(|a, b| b.1.total_cmp(&a.1));
        BestFirst(rows.into_iter().map(|(at, _)| at).collect())
    }

    /// The places of those who have an answer, too, the best score first.
    pub fn asked(&self, came: &Came) -> Vec<usize> {
        let places = self.0.iter().map(|at| *at as usize);
        places.filter(|at| came.values[*at].is_some()).collect()
    }

    /// Who has an answer, too: scores and the outcome's values, the best score first.
    pub fn rows(&self, score: &Score, came: &Came) -> (Vec<f64>, Vec<f64>) {
        let of = |at: &u32| {
            let at = *at as usize;
            Some((score.values[at]?, came.values[at]?))
        };
        self.0.iter().filter_map(of).unzip()
    }

    /// The same where an outcome is a share, by what is meant with it, from the lowest score.
    pub fn ranked(&self, score: &Score, came: &Came, is_meant: impl Fn(f64) -> bool) -> Ranked {
        let of = |at: &u32| {
            let at = *at as usize;
            Some((score.values[at]?, is_meant(came.values[at]?)))
        };
        Ranked::of_sorted(self.0.iter().rev().filter_map(of))
    }
}
