//! Whether the data are enough to learn from, and what to bear in mind of them.

use std::collections::HashMap;

use gradus_model::{Finding, Place, Text};
use gradus_stats::inflation::inflation;

use super::training::{LeftOut, TrainingSet};

/// Refuses outcomes of one kind, and too few of the rarer kind.
pub(super) fn enough(n_with: u64, n_without: u64, least: u64) -> Result<(), Finding> {
    let n = n_with + n_without;
    if n_with == 0 || n_without == 0 {
        return Err(Finding::error(
            "one-class",
            Place::default().at("outcome"),
            Text::new(
                format!("{n} 位客户的结果全都一样，没有可学的差别"),
                format!("all {n} customers came out the same: there is no difference to learn"),
            ),
            Text::new("换一个结果、人群或观察期", "another outcome, base or horizon"),
        ));
    }
    let rarer = n_with.min(n_without);
    if rarer < least {
        return Err(Finding::error(
            "too-few-events",
            Place::default().at("outcome"),
            Text::new(
                format!("{n} 位客户里较少的一种结果只有 {rarer} 位，至少要 {least} 位才可靠"),
                format!(
                    "of {n} customers only {rarer} have the rarer outcome; {least} are needed to rely on what is learned"
                ),
            ),
            Text::new(
                "更多的日期（--dates）、更长的观察期或更大的人群；自担风险可降低 min_events",
                "more dates (--dates), a longer horizon or a larger base; at one's own risk a lower `min_events`",
            ),
        ));
    }
    Ok(())
}

/// Beyond this inflation of its variance a coefficient means something beside the others only (Belsley and others: 5 to
/// 10).
const INFLATED: f64 = 5.0;

/// Which columns nearly say the same, so that their coefficients are read together; none if none do.
pub(super) fn read_together(titles: &[&Text], columns: &[&[f64]]) -> Option<Text> {
    let found = inflation(columns).ok()?;
    let all: Vec<(&Text, f64)> = titles
        .iter()
        .zip(found)
        .filter_map(|(title, vif)| Some((*title, vif.filter(|vif| *vif > INFLATED)?)))
        .collect();
    let names = |lang: fn(&Text) -> &String, between: &str| {
        let of = |(title, vif): &(&Text, f64)| format!("{} (VIF {vif:.1})", lang(title));
        all.iter().map(of).collect::<Vec<_>>().join(between)
    };
    (!all.is_empty()).then(|| {
        Text::new(
            format!("{}：与其他特征说的几乎一样，单个系数的方向和大小不可单独解读，要放在一起看", names(|text| &text.zh, "、")),
            format!(
                "{}: nearly said by the other features; neither sign nor size of one of these means anything alone, read them together",
                names(|text| &text.en, ", ")
            ),
        )
    })
}

/// Most features that are named with their reasons where nothing is left.
const N_NAMED: usize = 12;

/// Why nothing is left to learn from: each feature with its reason, to stand after what is wrong.
pub(super) fn why(left_out: &[LeftOut]) -> Text {
    if left_out.is_empty() {
        return Text::default();
    }
    let more = left_out.len().saturating_sub(N_NAMED);
    let of = |one: &LeftOut| {
        Text::new(
            format!("「{}」{}", one.title.zh, one.reason.zh),
            format!("“{}”: {}", one.title.en, one.reason.en),
        )
    };
    let mut all: Vec<Text> = left_out.iter().take(N_NAMED).map(of).collect();
    if more > 0 {
        all.push(Text::new(format!("另有 {more} 个"), format!("and {more} more")));
    }
    let (zh, en): (Vec<String>, Vec<String>) = all.into_iter().map(|text| (text.zh, text.en)).unzip();
    Text::new(format!("：{}", zh.join("；")), format!(" ({})", en.join("; ")))
}

/// What is true of every training set, and should be known.
/// Beyond this share of rows that are the same, figures of the held-out date are those of the dates before it.
const SAME: f64 = 0.9;

/// What does not change with time (a file without dates) is on the held-out date what it was on those that are learned
/// from, customer by customer: nothing was held out.
fn nothing_held_out(set: &TrainingSet) -> Option<Text> {
    let held = set.held_out();
    let same = |one: usize, other: usize| {
        set.happened[one] == set.happened[other]
            && set.features.iter().all(|feature| feature.values.is_same(one, other))
    };
    let learned: HashMap<i64, usize> = set.train().map(|row| (set.customers[row], row)).collect();
    let is_known = |row: &usize| learned.get(&set.customers[*row]).is_some_and(|known| same(*known, *row));
    let (n_same, n) = (held.clone().filter(is_known).count(), held.len());
    (n > 0 && n_same as f64 >= SAME * n as f64).then(|| {
        Text::new(
            format!(
                "留出日期上 {n} 行里有 {n_same} 行与学过的完全一样（数据不随时间变化）：等于没有留出，这里的检验数字偏好"
            ),
            format!(
                "{n_same} of {n} rows of the held-out date are those that were learned from (the data do not change \
                 with time): nothing was held out, and figures of the test are too good"
            ),
        )
    })
}

pub(super) fn notes(set: &TrainingSet) -> Vec<Text> {
    let mut out = Vec::new();
    let n_dates = set.dates.iter().filter(|date| !date.is_held_out).count();
    if n_dates > 1 {
        out.push(Text::new(
            format!("同一位客户可能出现在 {n_dates} 个日期里，系数的标准误因此偏小"),
            format!(
                "a customer may be there on each of {n_dates} dates, so that standard errors are too small"
            ),
        ));
    }
    let all: u64 = set.dates.iter().map(|date| date.n_customers).sum();
    let n = set.n() as u64;
    if n < all {
        out.push(Text::new(
            format!("从 {all} 行里按种子抽取了 {n} 行"),
            format!("{n} of {all} rows were drawn by seed"),
        ));
    }
    if let Some(same) = nothing_held_out(set) {
        out.push(same);
    }
    for leak in &set.leaks {
        out.push(Text::new(
            format!("「{}」{}", leak.title.zh, leak.words.zh),
            format!("“{}”: {}", leak.title.en, leak.words.en),
        ));
    }
    out
}
