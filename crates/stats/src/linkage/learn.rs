//! The chances m and u learned from the pairs themselves, by expectation and maximisation (Winkler, "Using the EM
//! algorithm for weight computation in the Fellegi-Sunter model of record linkage", Proceedings of the Section on
//! Survey Research Methods, American Statistical Association, 1988, pp. 667-671).
//!
//! Expectation: the probability γ of each pair to be one person's, by the chances so far ([`probability`]).
//! Maximisation, for outcome o of field f, over the pairs in which f was compared and that another field found:
//!
//! ```text
//! m(f, o) = (Σ γ [o] + k a(f, o)) / (Σ γ + k)        u(f, o) likewise, with 1 − γ and a k of its own
//! ```
//!
//! A pair that was only looked at because a value of f agrees says nothing of how often f agrees, so it does not
//! count for f. The chances assumed, a, weigh as much as k pairs: what the data hardly say stays near them. For two
//! people they weigh far more, because chance agreement is reckoned and not guessed, and because pairs of one person
//! that nothing but a near value gives away would otherwise pass for chance.

use super::{Outcome, probability, within};

/// Rounds at most.
const MOST_ROUNDS: usize = 500;
/// It has come to rest when no chance moves by more.
const AT_REST: f64 = 1e-6;
/// As many pairs of one person, and of two, are the assumed chances worth.
const ASSUMED_ONES: f64 = 10.0;
const ASSUMED_TWOS: f64 = 100_000.0;
/// Fewer expected pairs of one person say nothing of a field.
const LEAST_PAIRS: f64 = 30.0;
/// What speaks against one person may have odds so many times those assumed. Beyond that it is not doubles that
/// were found but another way of being alike, such as households whose telephones were bought together.
const MOST_ODDS: f64 = 8.0;

/// One field of a pair, as it was compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    pub field: usize,
    /// Which of the field's outcomes it was.
    pub outcome: usize,
    /// The chance that two people agree on the very value; none: that of the outcome.
    pub u_of_value: Option<f64>,
}

/// Two records that were looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pair {
    /// What both records have; what one of them lacks says nothing.
    pub compared: Vec<Compared>,
    /// The fields whose agreement is the reason to look at them.
    pub found_by: Vec<usize>,
}

impl Pair {
    /// How likely it is one person's. A field or outcome that is not known says nothing.
    pub fn probability(&self, before: f64, fields: &[Vec<Outcome>]) -> f64 {
        let outcomes: Vec<Outcome> = self.compared.iter().filter_map(|one| outcome(one, fields)).collect();
        probability(before, &outcomes)
    }

    /// Whether it would have been looked at without this field.
    fn speaks_of(&self, field: usize) -> bool {
        self.found_by.iter().any(|found_by| *found_by != field)
    }
}

/// What the pairs say.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// Field by field the chances of its outcomes; those assumed where a field was not learned.
    pub fields: Vec<Vec<Outcome>>,
    /// Which fields were learned.
    pub is_learned: Vec<bool>,
    /// How many of the pairs are expected to be one person's.
    pub expected: f64,
    pub rounds: usize,
}

/// Why nothing was learned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NotLearned {
    /// No field has enough pairs that are probably one person's and were found by another field.
    TooFew {
        /// The most that a field has.
        expected: f64,
        least: f64,
    },
    /// What should speak against one person would hardly do so any more.
    NotDoubles {
        /// The field of which that is so.
        field: usize,
    },
    /// It did not come to rest.
    Restless,
}

/// Learns chances from pairs. `before` is the chance of a pair before anything was compared, `assumed` has the
/// chances to begin with. The same pairs in the same order give the same chances.
///
/// # Errors
/// The pairs are too few, are alike in another way than doubles, or the chances do not come to rest.
pub fn learn(before: f64, pairs: &[Pair], assumed: &[Vec<Outcome>]) -> Result<Learned, NotLearned> {
    let mut fields = assumed.to_vec();
    let mut sums = Sums::of(before, pairs, &fields);
    // A field with one outcome has nothing to be learned.
    let of_one = |sums: &Vec<f64>| if sums.len() > 1 { sums.iter().sum::<f64>() } else { 0.0 };
    let is_learned: Vec<bool> = sums.ones.iter().map(|sums| of_one(sums) >= LEAST_PAIRS).collect();
    if !is_learned.contains(&true) {
        let expected = sums.ones.iter().map(of_one).fold(0.0, f64::max);
        return Err(NotLearned::TooFew { expected, least: LEAST_PAIRS });
    }
    for rounds in 1..=MOST_ROUNDS {
        let mut moved: f64 = 0.0;
        for (field, own) in fields.iter_mut().enumerate().filter(|(field, _)| is_learned[*field]) {
            let m = maximised(&sums.ones[field], &shares(&assumed[field], |one| one.m), ASSUMED_ONES);
            let u = maximised(&sums.twos[field], &shares(&assumed[field], |one| one.u), ASSUMED_TWOS);
            for (outcome, (m, u)) in own.iter_mut().zip(m.into_iter().zip(u)) {
                moved = moved.max((outcome.m - m).abs()).max((outcome.u - u).abs());
                *outcome = Outcome { m, u };
            }
        }
        sums = Sums::of(before, pairs, &fields);
        if moved <= AT_REST {
            return match (0..fields.len()).find(|field| is_beyond(&fields[*field], &assumed[*field])) {
                Some(field) => Err(NotLearned::NotDoubles { field }),
                None => Ok(Learned { fields, is_learned, expected: sums.expected, rounds }),
            };
        }
    }
    Err(NotLearned::Restless)
}

/// Whether an outcome that speaks against one person is much more frequent than was assumed.
fn is_beyond(learned: &[Outcome], assumed: &[Outcome]) -> bool {
    let odds = |m: f64| within(m) / (1.0 - within(m));
    let shares = shares(assumed, |one| one.m);
    let mut outcomes = learned.iter().zip(assumed).zip(shares);
    outcomes.any(|((own, assumed), share)| assumed.bits() < 0.0 && odds(own.m) > MOST_ODDS * odds(share))
}

/// Expected counts of each outcome of each field, over the pairs that speak of the field.
struct Sums {
    /// Where both records are one person's.
    ones: Vec<Vec<f64>>,
    twos: Vec<Vec<f64>>,
    /// Pairs of one person, over all pairs.
    expected: f64,
}

impl Sums {
    fn of(before: f64, pairs: &[Pair], fields: &[Vec<Outcome>]) -> Sums {
        let none: Vec<Vec<f64>> = fields.iter().map(|outcomes| vec![0.0; outcomes.len()]).collect();
        let mut sums = Sums { ones: none.clone(), twos: none, expected: 0.0 };
        for pair in pairs {
            let one = pair.probability(before, fields);
            sums.expected += one;
            for compared in pair.compared.iter().filter(|compared| pair.speaks_of(compared.field)) {
                let add = |sums: &mut [Vec<f64>], weight: f64| {
                    let sum = sums.get_mut(compared.field).and_then(|own| own.get_mut(compared.outcome));
                    if let Some(sum) = sum {
                        *sum += weight;
                    }
                };
                add(&mut sums.ones, one);
                add(&mut sums.twos, 1.0 - one);
            }
        }
        sums
    }
}

fn outcome(compared: &Compared, fields: &[Vec<Outcome>]) -> Option<Outcome> {
    let known = fields.get(compared.field)?.get(compared.outcome)?;
    Some(Outcome { m: known.m, u: compared.u_of_value.unwrap_or(known.u) })
}

/// Chances of outcomes as shares that sum to one: outcomes that no pair can have are no part of them.
fn shares(outcomes: &[Outcome], chance: fn(&Outcome) -> f64) -> Vec<f64> {
    let sum: f64 = outcomes.iter().map(chance).sum();
    outcomes.iter().map(|one| chance(one) / sum).collect()
}

fn maximised(sums: &[f64], assumed: &[f64], worth: f64) -> Vec<f64> {
    let all: f64 = sums.iter().sum();
    let share = |(sum, assumed): (&f64, &f64)| (sum + worth * assumed) / (all + worth);
    sums.iter().zip(assumed).map(share).map(within).collect()
}

#[cfg(test)]
mod tests;
