//! What has to be said beside an indicator's value so that it is not misread: which dates a comparison
//! or a trend is about, whether it rests on facts without a date, and from when on it is covered.

use gradus_grading::fold::spec::FoldWindow;
use gradus_grading::fold::{AsOf, Zone, dates_of};
use gradus_grading::lower::windows_of;
use gradus_ledger::table::Seen;
use gradus_model::document::{Indicator, IndicatorKind, Model};
use gradus_model::{Finding, Findings, Place, Text};
use jiff::civil::Date;

use crate::compiled::Compiled;
use crate::coverage::{Coverage, seen};

/// Notes on the indicators of a model as of an instant, by name.
pub fn indicator_notes(model: &Model, as_of: AsOf, zone: &Zone) -> Vec<(String, Text)> {
    let mut notes = Vec::new();
    for (name, indicator) in model.indicators.iter() {
        notes.extend(stretches(indicator, as_of, zone).map(|note| (name.to_string(), note)));
    }
    notes
}

/// What no source ever delivered.
pub fn never_delivered() -> Text {
    Text::new(
        "到那时还没有任何数据源给过它要读的数据：未知，不是零",
        "no source has delivered what it reads by then: unknown, not zero",
    )
}

/// What is delivered only since a day inside the window.
pub fn delivered_since(date: Date) -> Text {
    Text::new(
        format!("要读的数据从 {date} 起才有，窗口更早的部分没有数据源"),
        format!("what it reads is delivered only since {date}; no source covers the window before"),
    )
}

/// The indicators of a model that are uncovered, or not covered from the beginning of their window.
pub fn coverage_notes(
    coverage: &Coverage,
    compiled: &Compiled,
    model: &Model,
    (as_of, seen): (AsOf, Seen),
    zone: &Zone,
) -> Vec<(String, Text)> {
    let (uncovered, partly) = (coverage.uncovered(seen), coverage.partly(as_of, seen, zone));
    let mut notes = Vec::new();
    for name in model.indicators.names() {
        if !compiled.made_of(name, uncovered.iter()).is_empty() {
            notes.push((name.to_string(), never_delivered()));
        } else if let Some(date) =
            compiled.made_of(name, partly.keys()).into_iter().map(|part| partly[part]).max()
        {
            notes.push((name.to_string(), delivered_since(date)));
        }
    }
    notes
}

/// What is uncovered, as findings of a grading.
pub fn coverage_findings(
    coverage: &Coverage,
    compiled: &Compiled,
    model: &Model,
    as_of: AsOf,
    known_us: i64,
) -> Findings {
    let uncovered = coverage.uncovered(seen(as_of, known_us));
    let is_uncovered = |name: &&str| !compiled.made_of(name, uncovered.iter()).is_empty();
    let finding = |name: &str| {
        let right = Text::new(
            "接入给出它的数据源；或确认本来就该如此",
            "a source that delivers it; or nothing, if it has to be so",
        );
        Finding::note("not-covered", Place::default().key("indicators").key(name), never_delivered(), right)
    };
    Findings(model.indicators.names().filter(is_uncovered).map(finding).collect())
}

/// A value that would be another without what a back-load left undated.
pub fn read_undated() -> Text {
    Text::new(
        "取自未注明日期的资料，视为一直已知；回看过去时，可能用到当时还不知道的事",
        "read from facts without a date, which count as always known: in a look back it may use what was not known then",
    )
}

/// The dates that are compared, or over which a trend is taken.
fn stretches(indicator: &Indicator, as_of: AsOf, zone: &Zone) -> Option<Text> {
    // An indicator with a finding is not graded, and needs no note.
    let (window, before) = windows_of(indicator, &Place::default()).ok()?;
    let dates = |window: &FoldWindow| dates_of(window, as_of, zone);
    match before {
        Some(before) => {
            let (now, then) = (dates(&window)?, dates(&before)?);
            let (now, then) = (span(now), span(then));
            Some(Text::new(
                format!("{} 与 {} 相比", now.zh, then.zh),
                format!("{} compared with {}", now.en, then.en),
            ))
        }
        None if indicator.kind == IndicatorKind::Slope => {
            let whole = span(dates(&window)?);
            Some(Text::new(format!("{}，只计整段", whole.zh), format!("{}, whole steps only", whole.en)))
        }
        None => None,
    }
}

fn span((from, to): (Date, Date)) -> Text {
    Text::new(format!("{from} 至 {to}"), format!("{from} to {to}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_names_both_stretches_and_a_trend_its_whole_steps() {
        let yaml = "gradus: 1\nindicators:\n  \
            month: { kind: count, window: { calendar: this_month }, compare: previous_period }\n  \
            trend: { kind: slope, of: amount, window: 3 months }\n  plain: { kind: count }\n";
        let model = gradus_model::load::load_model("model.yaml", yaml).value.unwrap();
        let zone = Zone::new("Asia/Shanghai").unwrap();
        let as_of = AsOf::close_of(gradus_grading::fold::day_of("2024-03-15".parse().unwrap()), &zone);
        let notes = indicator_notes(&model, as_of, &zone);
        let texts: Vec<(&str, &str)> =
            notes.iter().map(|(name, note)| (name.as_str(), note.en.as_str())).collect();
        assert_eq!(
            texts,
            [
                ("month", "2024-03-01 to 2024-03-15 compared with 2024-02-01 to 2024-02-15"),
                ("trend", "2023-12-01 to 2024-02-29, whole steps only"),
            ]
        );
        assert_eq!(notes[0].1.zh, "2024-03-01 至 2024-03-15 与 2024-02-01 至 2024-02-15 相比");
    }
}
