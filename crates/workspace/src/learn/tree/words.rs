//! A rule as a sentence.

use gradus_model::Text;
use gradus_stats::tree::Condition;

use crate::learn::columns::{Feature, Values};

/// All that must hold; "everybody" without conditions.
pub(super) fn rule(conditions: &[Condition], features: &[Feature]) -> Text {
    let parts: Vec<Text> = conditions.iter().map(|one| condition(one, features)).collect();
    if parts.is_empty() {
        return Text::new("所有客户", "everybody");
    }
    let join = |of: fn(&Text) -> &String, between: &str| {
        parts.iter().map(|part| of(part).as_str()).collect::<Vec<_>>().join(between)
    };
    Text::new(join(|part| &part.zh, "；"), join(|part| &part.en, "; "))
}

fn condition(condition: &Condition, features: &[Feature]) -> Text {
    let feature = &features[column_of(condition)];
    let Text { zh, en } = &feature.title;
    let or_unknown = |is: &bool| if *is { ("（或未知）", " (or unknown)") } else { ("", "") };
    match condition {
        Condition::Between { above, at_most, or_missing, .. } => {
            let (tail_zh, tail_en) = or_unknown(or_missing);
            let (own_zh, own_en) = match (above, at_most) {
                (Some(above), Some(most)) => (
                    format!("大于 {}、至多 {}", shown(*above), shown(*most)),
                    format!("above {} and at most {}", shown(*above), shown(*most)),
                ),
                (Some(above), None) => {
                    (format!("大于 {}", shown(*above)), format!("above {}", shown(*above)))
                }
                (None, Some(most)) => (format!("至多 {}", shown(*most)), format!("at most {}", shown(*most))),
                (None, None) => ("已知".to_string(), "is known".to_string()),
            };
            Text::new(format!("{zh} {own_zh}{tail_zh}"), format!("{en} {own_en}{tail_en}"))
        }
        Condition::Among { categories, or_missing, .. } => {
            let (tail_zh, tail_en) = or_unknown(or_missing);
            let (list_zh, list_en) = listed(feature, categories);
            Text::new(format!("{zh} 为 {list_zh}{tail_zh}"), format!("{en} is {list_en}{tail_en}"))
        }
        Condition::NotAmong { categories, or_missing, .. } => {
            let (tail_zh, tail_en) = or_unknown(or_missing);
            let (list_zh, list_en) = listed(feature, categories);
            Text::new(format!("{zh} 不为 {list_zh}{tail_zh}"), format!("{en} is not {list_en}{tail_en}"))
        }
        Condition::Known { .. } => Text::new(format!("{zh} 已知"), format!("{en} is known")),
        Condition::Missing { .. } => Text::new(format!("{zh} 未知"), format!("{en} is unknown")),
    }
}

pub(super) fn column_of(condition: &Condition) -> usize {
    match condition {
        Condition::Between { column, .. }
        | Condition::Among { column, .. }
        | Condition::NotAmong { column, .. }
        | Condition::Known { column }
        | Condition::Missing { column } => *column,
    }
}

fn listed(feature: &Feature, categories: &[u32]) -> (String, String) {
    let Values::Categories { words, is_flag, .. } = &feature.values else { return Default::default() };
    let word = |code: &u32, yes: &str, no: &str| {
        let own = words.get(*code as usize).map_or("", String::as_str);
        match (is_flag, own) {
            (true, "true") => yes.to_string(),
            (true, _) => no.to_string(),
            (false, own) => own.to_string(),
        }
    };
    let join = |yes: &str, no: &str, between: &str| {
        categories.iter().map(|code| word(code, yes, no)).collect::<Vec<_>>().join(between)
    };
    (join("是", "否", "、"), join("yes", "no", " or "))
}

/// A number with four digits at most.
fn shown(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}
