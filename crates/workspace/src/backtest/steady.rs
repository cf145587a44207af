//! How steady a judgement is over several dates.

use gradus_model::Text;

use super::Date;
use crate::validation::Asked;

/// How steady each score is, and each order of levels.
pub(super) fn across(dates: &[Date], asked: &[Asked]) -> Vec<Text> {
    use gradus_feedback::order::Standing;
    if dates.len() < 2 {
        return Vec::new();
    }
    let mut out = Vec::new();
    let title = |name: &str| {
        asked.iter().find(|one| one.name == name).map(|one| one.title.clone()).unwrap_or_default()
    };
    let Some(last) = dates.last() else { return out };
    for (at, score) in last.judged.scores.iter().enumerate() {
        for one in &score.separations {
            let of = |date: &Date| {
                let found =
                    date.judged.scores.get(at)?.separations.iter().find(|two| two.outcome == one.outcome);
                found.map(|found| found.auc.value)
            };
            let all: Vec<f64> = dates.iter().filter_map(of).collect();
            let (low, high) =
                all.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
            let (n, outcome) = (all.len(), title(&one.outcome));
            out.push(Text::new(
                format!(
                    "{} · {}：{n} 个日期的 AUC 在 {low:.3} 至 {high:.3} 之间",
                    score.title.zh, outcome.zh
                ),
                format!(
                    "{} · {}: AUC between {low:.3} and {high:.3} over {n} dates",
                    score.title.en, outcome.en
                ),
            ));
        }
    }
    for (at, scheme) in last.judged.tiers.iter().enumerate() {
        for one in &scheme.orders {
            let standing = |date: &Date| {
                let found = date.judged.tiers.get(at)?.orders.iter().find(|two| two.outcome == one.outcome);
                found.map(|found| found.standing)
            };
            let n = |wanted: Standing| dates.iter().filter(|date| standing(date) == Some(wanted)).count();
            let (holds, against, all) = (n(Standing::Holds), n(Standing::Contradicted), dates.len());
            let outcome = title(&one.outcome);
            out.push(Text::new(
                format!(
                    "{} · {}：{all} 个日期中 {holds} 个次序成立，{against} 个与结果矛盾",
                    scheme.title.zh, outcome.zh
                ),
                format!(
                    "{} · {}: of {all} dates the order holds at {holds} and is contradicted at {against}",
                    scheme.title.en, outcome.en
                ),
            ));
        }
    }
    out
}
