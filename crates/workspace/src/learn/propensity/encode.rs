//! How features become columns, decided on the rows that are fitted on.

use std::collections::BTreeMap;

use gradus_grading::grade::propensity::{Encoding, Entry, FitFeature};
use gradus_model::Text;
use gradus_model::document::PropensityMethod;

use crate::learn::columns::{Column, Feature};
use crate::learn::training::LeftOut;

/// Rows with a word, or without a value, at least, for a column of its own.
const LEAST: usize = 20;
/// Words of a category with columns of their own at most.
const MOST_WORDS: usize = 20;
/// Words of a category that trees may order at most.
const MOST_ORDERED: usize = 200;
/// More skewed numbers are looked at on a logarithmic scale.
const SKEWED: f64 = 2.0;

/// The encoding of a feature, or why there is none.
pub(super) fn encoding(
    feature: &Feature,
    rows: &[usize],
    happened: &[bool],
    method: PropensityMethod,
) -> Result<FitFeature, LeftOut> {
    let found = match (feature.values.part(0..happened.len()), method) {
        (Column::Numbers(values), PropensityMethod::Logistic) => number(values, rows),
        (Column::Numbers(values), PropensityMethod::Boosting) => plain(values, rows),
        (Column::Categories { codes, words, .. }, PropensityMethod::Logistic) => one_of(codes, words, rows),
        (Column::Categories { codes, words, .. }, PropensityMethod::Boosting) => {
            ordered(codes, words, rows, happened)
        }
    };
    match found {
        Ok(encoding) => Ok(FitFeature { name: feature.name.clone(), title: feature.title.clone(), encoding }),
        Err(reason) => Err(LeftOut { feature: feature.name.clone(), title: feature.title.clone(), reason }),
    }
}

fn constant() -> Text {
    Text::new("所有客户的值都一样", "the same value for everybody")
}

fn unknown() -> Text {
    Text::new("没有已知的值", "no value is known")
}

fn known(values: &[f64], rows: &[usize]) -> Vec<f64> {
    let mut out: Vec<f64> = rows.iter().map(|row| values[*row]).filter(|value| !value.is_nan()).collect();
    out.sort_unstable_by(f64::total_cmp);
    out
}

fn plain(values: &[f64], rows: &[usize]) -> Result<Encoding, Text> {
    let sorted = known(values, rows);
    match (sorted.first(), sorted.last()) {
        (None, _) | (_, None) => Err(unknown()),
        (Some(first), Some(last)) if first == last && sorted.len() == rows.len() => Err(constant()),
        _ => Ok(Encoding::Plain),
    }
}

fn number(values: &[f64], rows: &[usize]) -> Result<Encoding, Text> {
    let sorted = known(values, rows);
    let n_missing = rows.len() - sorted.len();
    let missing = n_missing >= LEAST && !sorted.is_empty();
    let (Some(first), Some(last)) = (sorted.first().copied(), sorted.last().copied()) else {
        return Err(unknown());
    };
    if first == last {
        return match missing {
            // All that is told apart is whether it is known.
            true => Ok(Encoding::Number { low: first, high: first, log: false, fill: first, missing }),
            false => Err(constant()),
        };
    }
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    let (mut low, mut high) = (at(0.01), at(0.99));
    if low == high {
        (low, high) = (first, last);
    }
    let held: Vec<f64> = sorted.iter().map(|value| value.clamp(low, high)).collect();
    let log = skewness(&held).abs() > SKEWED;
    Ok(Encoding::Number { low, high, log, fill: at(0.5), missing })
}

/// The third standardised moment.
fn skewness(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let moment = |power: i32| values.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / n;
    let variance = moment(2);
    if variance > 0.0 { moment(3) / variance.powf(1.5) } else { 0.0 }
}

/// How often each code is there, and how many have none.
fn counted(codes: &[Option<u32>], rows: &[usize]) -> (BTreeMap<u32, usize>, usize) {
    let (mut counts, mut missing) = (BTreeMap::new(), 0);
    for row in rows {
        match codes[*row] {
            Some(code) => *counts.entry(code).or_default() += 1,
            None => missing += 1,
        }
    }
    (counts, missing)
}

fn one_of(codes: &[Option<u32>], words: &[String], rows: &[usize]) -> Result<Encoding, Text> {
    let (counts, n_missing) = counted(codes, rows);
    if counts.is_empty() {
        return Err(unknown());
    }
    if counts.len() == 1 && n_missing == 0 {
        return Err(constant());
    }
    let mut order: Vec<(u32, usize)> = counts.iter().map(|(code, n)| (*code, *n)).collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    // The most frequent word is what the others are compared with.
    let named = order.iter().skip(1).filter(|(_, n)| *n >= LEAST.max(rows.len() / 100));
    let words: Vec<String> = named.take(MOST_WORDS).map(|(code, _)| words[*code as usize].clone()).collect();
    let missing = n_missing >= LEAST;
    if words.is_empty() && !missing {
        return Err(Text::new("除最常见的取值外都太少", "all but the most frequent value are too rare"));
    }
    Ok(Encoding::OneOf { words, missing })
}

fn ordered(
    codes: &[Option<u32>],
    words: &[String],
    rows: &[usize],
    happened: &[bool],
) -> Result<Encoding, Text> {
    let (counts, n_missing) = counted(codes, rows);
    if counts.is_empty() {
        return Err(unknown());
    }
    if counts.len() == 1 && n_missing == 0 {
        return Err(constant());
    }
    let mut events: BTreeMap<u32, usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| happened[**row]) {
        if let Some(code) = codes[*row] {
            *events.entry(code).or_default() += 1;
        }
    }
    let all = rows.iter().filter(|row| happened[**row]).count() as f64 / rows.len().max(1) as f64;
    // Rare words are drawn towards what is true of all.
    let rate = |code: u32, n: usize| {
        (events.get(&code).copied().unwrap_or(0) as f64 + LEAST as f64 * all) / (n + LEAST) as f64
    };
    let mut order: Vec<(u32, usize)> = counts.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    order.truncate(MOST_ORDERED);
    order.sort_by(|a, b| rate(a.0, a.1).total_cmp(&rate(b.0, b.1)).then(a.0.cmp(&b.0)));
    Ok(Encoding::Ordered { words: order.iter().map(|(code, _)| words[*code as usize].clone()).collect() })
}

/// The columns of all features for one row.
pub(super) fn encode(features: &[FitFeature], values: &[Column<'_>], row: usize, out: &mut Vec<f64>) {
    for (feature, column) in features.iter().zip(values) {
        let entry = match column {
            Column::Numbers(values) if values[row].is_nan() => Entry::Missing,
            Column::Numbers(values) => Entry::Number(values[row]),
            Column::Categories { codes, words, .. } => match codes[row] {
                Some(code) => Entry::Word(&words[code as usize]),
                None => Entry::Missing,
            },
        };
        feature.encoding.encode(entry, out);
    }
}

/// What each column says, for people.
pub(super) fn column_titles(feature: &FitFeature) -> Vec<Text> {
    let title = &feature.title;
    let unknown = || Text::new(format!("{}：未知", title.zh), format!("{}: unknown", title.en));
    match &feature.encoding {
        Encoding::Plain | Encoding::Ordered { .. } => vec![title.clone()],
        Encoding::Number { log, missing, .. } => {
            let own = match log {
                true => Text::new(format!("{}（对数）", title.zh), format!("{} (logarithm)", title.en)),
                false => title.clone(),
            };
            std::iter::once(own).chain(missing.then(unknown)).collect()
        }
        Encoding::OneOf { words, missing } => {
            let of =
                |word: &String| Text::new(format!("{} = {word}", title.zh), format!("{} = {word}", title.en));
            words.iter().map(of).chain(missing.then(unknown)).collect()
        }
    }
}
