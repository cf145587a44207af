//! The values of a base, cut into parts.

use gradus_grading::grade::clusters::Alike;
use gradus_model::{Lang, Text};
use gradus_stats::jenks::breaks;
use gradus_stats::quantile::quantiles_f64;
use gradus_stats::refusal::Refusal;

use super::{CutMethod, Cuts, CutsRequest};
use crate::WorkspaceError;
use crate::clusters::{argument, roundest};
use crate::summary::percent;

pub(super) fn cut(
    request: &CutsRequest,
    as_of: String,
    alike: &Alike,
    title: Option<Text>,
) -> Result<Cuts, WorkspaceError> {
    // They ascend.
    let values = alike.columns.first().map(Vec::as_slice).unwrap_or_default();
    let parts = request.parts as usize;
    let found = match request.method {
        CutMethod::Quantiles => quantiles(values, request.parts),
        method => breaks(values, parts).map(|found| match method {
            CutMethod::KMeans => found.means.windows(2).map(|pair| four((pair[0] + pair[1]) / 2.0)).collect(),
            _ => found.cuts.iter().map(|start| between(values, *start)).collect(),
        }),
    };
    let mut cuts: Vec<f64> = found.map_err(|refusal| refused(refusal, alike))?;
    cuts.dedup();
    let n_parts = cuts.len() + 1;
    let (mut counts, mut sums) = (vec![0u64; n_parts], vec![0.0; n_parts]);
    let part_of = |value: f64| cuts.partition_point(|cut| *cut <= value);
    for value in values {
        counts[part_of(*value)] += 1;
        sums[part_of(*value)] += value;
    }
    let means: Vec<Option<f64>> =
        counts.iter().zip(&sums).map(|(n, sum)| (*n > 0).then(|| sum / *n as f64)).collect();
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let all: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let within: f64 =
        values.iter().map(|value| (value - means[part_of(*value)].unwrap_or(mean)).powi(2)).sum();
    let goodness = (all > 0.0).then(|| 1.0 - within / all);
    let title = title.unwrap_or_else(|| Text::plain(&request.value));
    let told = |lang: Lang| {
        let cuts: Vec<String> = cuts.iter().map(|cut| crate::clusters::number(*cut)).collect();
        cuts.join(if lang == Lang::Zh { "、" } else { ", " })
    };
    let good = goodness.map(|good| percent(good, 1)).unwrap_or_else(|| "–".into());
    let mut words = Text::new(
        format!("在 {} 处切成 {n_parts} 段；段间解释了差异的 {good}", told(Lang::Zh)),
        format!(
            "cut at {} into {n_parts} parts, which hold {good} of the variance between them",
            told(Lang::En)
        ),
    );
    if n_parts < parts {
        words = Text::new(
            format!("{}；有相同的值，只能切成 {n_parts} 段", words.zh),
            format!("{}; values repeat, so that there are no more than {n_parts}", words.en),
        );
    }
    Ok(Cuts {
        as_of,
        value: request.value.clone(),
        title,
        method: request.method,
        counts,
        means,
        goodness,
        n: values.len() as u64,
        n_unknown: alike.n_unknown,
        words,
        cuts,
        asked: request.clone(),
    })
}

/// Where about equally many lie between; equal values are never parted.
pub(super) fn quantiles(values: &[f64], parts: u32) -> Result<Vec<f64>, Refusal> {
    if values.is_empty() {
        return Err(Refusal::Empty);
    }
    let edges = quantiles_f64(&[values], parts).unwrap_or_default();
    let inner = edges.get(1..edges.len().saturating_sub(1)).unwrap_or_default();
    // The part above an edge begins with the next greater value: `[a, b)` holds what is at most the edge.
    let next = |edge: &f64| {
        let above = values.partition_point(|value| value <= edge);
        values.get(above).map(|start| between(values, *start))
    };
    let mut cuts: Vec<f64> = inner.iter().filter_map(next).collect();
    cuts.dedup();
    if cuts.is_empty() {
        Err(Refusal::TooFewDistinct { wanted: parts as usize, distinct: 1 })
    } else {
        Ok(cuts)
    }
}

/// The roundest number above the value before `start` and at most `start`, with four digits at most.
fn between(values: &[f64], start: f64) -> f64 {
    let below = values.partition_point(|value| *value < start);
    let Some(below) = below.checked_sub(1).map(|at| values[at]) else { return start };
    // From the other side of nought, because here the upper end belongs to it.
    let round = roundest(-start, -below).map(|found| -found).filter(|found| four(*found) == *found);
    round.map_or(start, |found| found + 0.0)
}

pub(super) fn four(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn refused(refusal: Refusal, alike: &Alike) -> WorkspaceError {
    match refusal {
        Refusal::TooFewDistinct { distinct, .. } if distinct < 2 => argument(
            "value",
            Text::new(
                "所有客户的值都一样，没有可切的地方",
                "the value is the same for everybody: there is nothing to cut",
            ),
            Text::new("换一个有差别的值，或放宽范围", "a value in which customers differ, or a wider base"),
        )
        .into(),
        Refusal::TooFewDistinct { distinct, .. } => argument(
            "parts",
            Text::new(
                format!("只有 {distinct} 种不同的值，切不出这么多段"),
                format!("there are only {distinct} different values, and more parts than that are asked"),
            ),
            Text::new(format!("不超过 {distinct} 段"), format!("{distinct} parts at most")),
        )
        .into(),
        Refusal::Empty => argument(
            "value",
            Text::new(
                format!("没有客户的值是已知的（未知 {}）", alike.n_unknown),
                format!("the value is known of nobody ({} unknown)", alike.n_unknown),
            ),
            Text::new("换一个值，或放宽范围", "another value, or a wider base"),
        )
        .into(),
        other => WorkspaceError::Defect(other.to_string()),
    }
}
