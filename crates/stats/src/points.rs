//! From log-odds to points (Siddiqi 2006, Credit Risk Scorecards, ch. 6): Score = Offset + Factor ln(odds good:bad),
//! Factor = PDO / ln 2, Offset = base score - Factor ln(base odds); and the reasons for a score: where the points
//! were lost.

use std::f64::consts::LN_2;

use crate::refusal::{Refusal, parameter};

/// How odds become points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaling {
    pub factor: f64,
    pub offset: f64,
}

impl Scaling {
    /// `base_score` points at odds of `base_odds` good to one bad; the odds double every `points_to_double`.
    ///
    /// ```
    /// use gradus_stats::points::Scaling;
    /// // The textbook: 600 points at 50:1, 20 points to double.
    /// let scaling = Scaling::new(600.0, 50.0, 20.0)?;
    /// assert!((scaling.factor - 28.8539).abs() < 5e-4 && (scaling.offset - 487.123).abs() < 5e-4);
    /// # Ok::<(), gradus_stats::refusal::Refusal>(())
    /// ```
    pub fn new(base_score: f64, base_odds: f64, points_to_double: f64) -> Result<Scaling, Refusal> {
        parameter(base_score.is_finite(), "the base score", "a finite number")?;
        parameter(base_odds > 0.0 && base_odds.is_finite(), "the base odds", "greater than 0")?;
        let double = points_to_double.is_finite() && points_to_double != 0.0;
        parameter(double, "the points to double the odds", "a finite number other than 0")?;
        let factor = points_to_double / LN_2;
        Ok(Scaling { factor, offset: base_score - factor * base_odds.ln() })
    }

    /// The score at odds good:bad.
    pub fn score(&self, odds: f64) -> f64 {
        self.offset + self.factor * odds.ln()
    }

    /// The odds good:bad of a score.
    pub fn odds(&self, score: f64) -> f64 {
        ((score - self.offset) / self.factor).exp()
    }
}

/// Where the intercept's points go; the totals are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// An equal part to every attribute.
    #[default]
    Spread,
    /// Points that everybody starts with.
    Apart,
}

/// One attribute of the regression of *bad* on the weights of evidence (good over bad).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attribute<'a> {
    pub coefficient: f64,
    /// Of each of its bins.
    pub woe: &'a [f64],
}

/// Points for every bin of every attribute, not rounded.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// What everybody starts with; 0 when it is spread.
    pub base: f64,
    pub points: Vec<Vec<f64>>,
}

/// The points of a regression of bad: -(coefficient woe + intercept/n) Factor + Offset/n per bin.
pub fn card(scaling: Scaling, intercept: f64, attributes: &[Attribute<'_>], layout: Layout) -> Card {
    let base = scaling.offset - scaling.factor * intercept;
    let (base, each) = match layout {
        Layout::Spread if !attributes.is_empty() => (0.0, base / attributes.len() as f64),
        _ => (base, 0.0),
    };
    let points =
        |a: &Attribute<'_>| a.woe.iter().map(|woe| each - a.coefficient * woe * scaling.factor).collect();
    Card { base, points: attributes.iter().map(points).collect() }
}

/// What an attribute's points are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Against {
    /// The most points that the attribute gives.
    #[default]
    Best,
    /// What customers have on average there.
    Average,
}

/// A reason: an attribute and the points missing there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    pub attribute: usize,
    pub lost: f64,
}

impl Card {
    /// The score of somebody who falls into these bins, one per attribute.
    pub fn score(&self, bins: &[usize]) -> f64 {
        self.points.iter().zip(bins).fold(self.base, |sum, (points, bin)| sum + points[*bin])
    }

    /// The attributes that cost somebody most, at most `most` of them, the costliest first; attributes that cost
    /// nothing are no reasons. `counts` are the customers in each bin, for the average.
    pub fn reasons(&self, bins: &[usize], counts: &[Vec<u64>], against: Against, most: usize) -> Vec<Reason> {
        let mut out: Vec<Reason> = (0..self.points.len().min(bins.len()))
            .map(|attribute| {
                let points = &self.points[attribute];
                let reference = match (against, counts.get(attribute)) {
                    (Against::Average, Some(counts)) if counts.iter().sum::<u64>() > 0 => {
                        let sum: f64 = points.iter().zip(counts).map(|(points, n)| points * *n as f64).sum();
                        sum / counts.iter().sum::<u64>() as f64
                    }
                    _ => points.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                };
                Reason { attribute, lost: reference - points[bins[attribute]] }
            })
            .filter(|reason| reason.lost > 0.0)
            .collect();
        // Equal losses stay in the order of the attributes.
        out.sort_by(|a, b| b.lost.total_cmp(&a.lost));
        out.truncate(most);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_give_the_same_total_which_is_that_of_the_odds() {
        let scaling = Scaling::new(600.0, 50.0, 20.0).unwrap();
        let (first, second) = ([-0.8, 0.4, 1.2], [0.5, -0.5]);
        let attributes =
            [Attribute { coefficient: -0.9, woe: &first }, Attribute { coefficient: -0.7, woe: &second }];
        let log_odds_bad: f64 = -0.84 - 0.9 * 1.2 + 0.7 * 0.5;
        for layout in [Layout::Spread, Layout::Apart] {
            let card = card(scaling, -0.84, &attributes, layout);
            assert!((card.score(&[2, 1]) - scaling.score((-log_odds_bad).exp())).abs() < 1e-10);
        }
        assert!((scaling.odds(604.0) - 57.43491774985182).abs() < 1e-10, "published: 57.43 to 1");
        assert!((scaling.score(scaling.odds(533.0)) - 533.0).abs() < 1e-10);
    }

    #[test]
    fn reasons_name_what_cost_most() {
        let card = Card { base: 0.0, points: vec![vec![10.0, 40.0], vec![5.0, 7.0], vec![30.0, 0.0]] };
        let best = card.reasons(&[0, 0, 0], &[], Against::Best, 3);
        assert_eq!(best, [Reason { attribute: 0, lost: 30.0 }, Reason { attribute: 1, lost: 2.0 }]);
        let counts = vec![vec![9, 1], vec![0, 10], vec![5, 5]];
        let average = card.reasons(&[0, 0, 1], &counts, Against::Average, 1);
        assert_eq!(average, [Reason { attribute: 2, lost: 15.0 }]);
    }

    #[test]
    fn odds_must_be_odds() {
        assert!(matches!(Scaling::new(600.0, 0.0, 20.0), Err(Refusal::Parameter { .. })));
        assert!(matches!(Scaling::new(600.0, 50.0, 0.0), Err(Refusal::Parameter { .. })));
    }
}
