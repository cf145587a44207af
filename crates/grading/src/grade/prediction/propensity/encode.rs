//! A feature as columns of numbers: the same when it is learned and when it is applied.

use gradus_model::Text;
use serde::{Deserialize, Serialize};

/// A feature of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitFeature {
    /// The indicator, or the expression as it is written.
    pub name: String,
    pub title: Text,
    pub encoding: Encoding,
}

/// One value of a feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Entry<'a> {
    Missing,
    Number(f64),
    Word(&'a str),
}

/// How a value becomes columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Encoding {
    /// The number as it is; missing stays missing. For trees.
    Plain,
    /// The number held between two ends, on a logarithmic scale if it has a long tail, and beside it whether it is
    /// missing. What is missing counts as `fill`.
    Number { low: f64, high: f64, log: bool, fill: f64, missing: bool },
    /// Whether it is each of these words, and beside it whether it is missing. Other words are none of them.
    OneOf { words: Vec<String>, missing: bool },
    /// The place of the word in this list, which goes by how often it happened; missing otherwise. For trees.
    Ordered { words: Vec<String> },
}

impl Encoding {
    /// How many columns there are.
    pub fn width(&self) -> usize {
        match self {
            Encoding::Plain | Encoding::Ordered { .. } => 1,
            Encoding::Number { missing, .. } => 1 + usize::from(*missing),
            Encoding::OneOf { words, missing } => words.len() + usize::from(*missing),
        }
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Encoding::Plain | Encoding::Number { .. })
    }

    /// Appends the columns of a value.
    pub fn encode(&self, entry: Entry<'_>, out: &mut Vec<f64>) {
        match (self, entry) {
            (Encoding::Plain, Entry::Number(value)) => out.push(value),
            (Encoding::Plain, _) => out.push(f64::NAN),
            (Encoding::Number { low, high, log, fill, missing }, entry) => {
                let known = match entry {
                    Entry::Number(value) if !value.is_nan() => Some(value),
                    _ => None,
                };
                let held = known.unwrap_or(*fill).clamp(*low, *high);
                out.push(if *log { held.signum() * held.abs().ln_1p() } else { held });
                if *missing {
                    out.push(f64::from(u8::from(known.is_none())));
                }
            }
            (Encoding::OneOf { words, missing }, entry) => {
                let word = match entry {
                    Entry::Word(word) => Some(word),
                    _ => None,
                };
                out.extend(words.iter().map(|own| f64::from(u8::from(word == Some(own.as_str())))));
                if *missing {
                    out.push(f64::from(u8::from(word.is_none())));
                }
            }
            (Encoding::Ordered { words }, Entry::Word(word)) => {
                let place = words.iter().position(|own| own == word);
                out.push(place.map_or(f64::NAN, |place| place as f64));
            }
            (Encoding::Ordered { .. }, _) => out.push(f64::NAN),
        }
    }
}
