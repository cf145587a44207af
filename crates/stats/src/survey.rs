//! Answers on a scale: who is asked, NPS, CSAT and CES with their intervals. Answers outside the scale are counted
//! and left out; without answers there is no value, not 0. Weights (of `reweight`) make n the effective number
//! of answers (Σw)²/Σw² (Kish 1965, Survey Sampling, 11.7).

use crate::normal;
use crate::proportion::Estimate;
use crate::refusal::{Refusal, lengths, parameter};
use crate::student;

/// Net promoter score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nps {
    /// 100 (share of promoters - share of detractors), from -100 to 100; the interval is not clipped.
    pub score: Estimate,
    pub standard_error: f64,
    pub promoters: u64,
    pub passives: u64,
    pub detractors: u64,
    /// Answers that are not on the scale.
    pub excluded: u64,
    /// The effective number of answers.
    pub n: f64,
}

/// A share of satisfied customers, or of those who found it easy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TopBox {
    /// In percent, with Wilson's interval.
    pub share: Estimate,
    pub satisfied: u64,
    /// The mean answer with Student's interval; bounds are no numbers for one answer.
    pub mean: Estimate,
    pub excluded: u64,
    pub n: f64,
}

/// The scale of a satisfaction question, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Five,
    Seven,
    Ten,
}

impl Scale {
    pub fn greatest(self) -> u32 {
        match self {
            Scale::Five => 5,
            Scale::Seven => 7,
            Scale::Ten => 10,
        }
    }
}

/// Valid answers with their weights.
struct Answers {
    rows: Vec<(u32, f64)>,
    excluded: u64,
    total: f64,
    /// (Σw)²/Σw².
    n: f64,
}

fn answers(given: &[f64], weights: Option<&[f64]>, scale: (u32, u32)) -> Result<Answers, Refusal> {
    if let Some(weights) = weights {
        lengths("weights", given.len(), weights.len())?;
        parameter(weights.iter().all(|w| w.is_finite() && *w >= 0.0), "weights", "at least 0")?;
    }
    let on_scale =
        |value: f64| value.fract() == 0.0 && value >= f64::from(scale.0) && value <= f64::from(scale.1);
    let rows: Vec<(u32, f64)> = given
        .iter()
        .enumerate()
        .filter(|(_, value)| on_scale(**value))
        .map(|(row, value)| (*value as u32, weights.map_or(1.0, |weights| weights[row])))
        .collect();
    let excluded = (given.len() - rows.len()) as u64;
    let total: f64 = rows.iter().map(|row| row.1).sum();
    if total <= 0.0 {
        return Err(Refusal::Empty);
    }
    let n = total * total / rows.iter().map(|row| row.1 * row.1).sum::<f64>();
    Ok(Answers { rows, excluded, total, n })
}

impl Answers {
    fn count(&self, is: impl Fn(u32) -> bool) -> u64 {
        self.rows.iter().filter(|row| is(row.0)).count() as u64
    }

    fn share(&self, is: impl Fn(u32) -> bool) -> f64 {
        // Of nobody 0, and not the -0 of an empty sum.
        self.rows.iter().filter(|row| is(row.0)).map(|row| row.1).sum::<f64>().max(0.0) / self.total
    }

    fn top_box(&self, from: u32, level: f64) -> TopBox {
        let share = self.share(|answer| answer >= from);
        let mean = self.rows.iter().map(|row| row.1 * f64::from(row.0)).sum::<f64>() / self.total;
        let spread =
            self.rows.iter().map(|row| row.1 * (f64::from(row.0) - mean).powi(2)).sum::<f64>() / self.total;
        let half = student::critical(level, self.n - 1.0) * (spread / (self.n - 1.0)).sqrt();
        TopBox {
            share: wilson(share, self.n, level),
            satisfied: self.count(|answer| answer >= from),
            mean: Estimate { value: mean, low: mean - half, high: mean + half },
            excluded: self.excluded,
            n: self.n,
        }
    }
}

/// Wilson's score interval (Wilson 1927, J. Am. Stat. Assoc. 22, eq. 4) in percent, for an n that weights made.
fn wilson(p: f64, n: f64, level: f64) -> Estimate {
    let z = normal::critical(level);
    let square = z * z / n;
    let middle = (p + square / 2.0) / (1.0 + square);
    let half = z / (1.0 + square) * (p * (1.0 - p) / n + square / (4.0 * n)).sqrt();
    Estimate {
        value: 100.0 * p,
        low: 100.0 * (middle - half).max(0.0),
        high: 100.0 * (middle + half).min(1.0),
    }
}

/// Answers from 0 to 10: promoters 9 and 10, detractors 0 to 6. The interval is that of a difference of multinomial
/// shares: variance (p + d - (p - d)²)/n (Goodman 1965, Technometrics 7(2)), as far as the scale goes.
///
/// ```
/// let found = gradus_stats::survey::nps(&[10.0, 9.0, 8.0, 3.0], None, 0.95)?;
/// assert_eq!(found.score.value, 25.0);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn nps(given: &[f64], weights: Option<&[f64]>, level: f64) -> Result<Nps, Refusal> {
    let answers = answers(given, weights, (0, 10))?;
    let (p, d) = (answers.share(|answer| answer >= 9), answers.share(|answer| answer <= 6));
    let standard_error = 100.0 * ((p + d - (p - d) * (p - d)).max(0.0) / answers.n).sqrt();
    // + 0: nought is never told as -0.
    let (value, half) = (100.0 * (p - d) + 0.0, normal::critical(level) * standard_error);
    Ok(Nps {
        score: Estimate { value, low: (value - half).max(-100.0), high: (value + half).min(100.0) },
        standard_error,
        promoters: answers.count(|answer| answer >= 9),
        passives: answers.count(|answer| answer == 7 || answer == 8),
        detractors: answers.count(|answer| answer <= 6),
        excluded: answers.excluded,
        n: answers.n,
    })
}

/// Customer satisfaction: the share of the two best answers.
pub fn csat(given: &[f64], weights: Option<&[f64]>, scale: Scale, level: f64) -> Result<TopBox, Refusal> {
    Ok(answers(given, weights, (1, scale.greatest()))?.top_box(scale.greatest() - 1, level))
}

/// Customer effort (Dixon, Freeman and Toman 2010, Harvard Business Review 88(7), in its second form: 1 to 7, more is
/// easier): the mean, and the share that found it easy, 5 to 7.
pub fn ces(given: &[f64], weights: Option<&[f64]>, level: f64) -> Result<TopBox, Refusal> {
    Ok(answers(given, weights, (1, 7))?.top_box(5, level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_off_the_scale_are_counted_and_left_out() {
        let found = nps(&[10.0, 7.0, 6.0, 11.0, -1.0, 8.5, f64::NAN], None, 0.95).unwrap();
        assert_eq!((found.promoters, found.passives, found.detractors, found.excluded), (1, 1, 1, 4));
        assert_eq!(nps(&[12.0], None, 0.95), Err(Refusal::Empty));
        // One promoter among nine detractors: the interval does not leave the scale.
        let few = nps(&[9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], None, 0.95).unwrap().score;
        assert_eq!((few.value, few.low), (-80.0, -100.0));
        assert_eq!(csat(&[], None, Scale::Seven, 0.95), Err(Refusal::Empty));
        let seven = csat(&[6.0, 7.0, 5.0, 1.0], None, Scale::Seven, 0.95).unwrap();
        assert_eq!((seven.satisfied, seven.share.value), (2, 50.0));
        let ten = csat(&[9.0, 10.0, 8.0, 0.0], None, Scale::Ten, 0.95).unwrap();
        assert_eq!((ten.satisfied, ten.excluded), (2, 1));
        let easy = ces(&[5.0, 7.0, 3.0], None, 0.95).unwrap();
        assert_eq!((easy.satisfied, easy.mean.value), (2, 5.0));
        assert!(easy.mean.low < 5.0 && ces(&[5.0], None, 0.95).unwrap().mean.low.is_nan());
    }

    #[test]
    fn weights_count_and_cost_certainty() {
        let given = [10.0, 10.0, 0.0, 0.0];
        let plain = nps(&given, None, 0.95).unwrap();
        let same = nps(&given, Some(&[2.0; 4]), 0.95).unwrap();
        assert_eq!(plain.score, same.score, "equal weights are no weights");
        let tilted = nps(&given, Some(&[3.0, 3.0, 1.0, 1.0]), 0.95).unwrap();
        assert_eq!((tilted.score.value, tilted.n), (50.0, 64.0 / 20.0));
        assert!(matches!(nps(&given, Some(&[-1.0; 4]), 0.95), Err(Refusal::Parameter { .. })));
    }
}
