//! What is asked of customers afterwards: the outcomes that a model names in `validation:`, else those
//! that follow from its own indicators of orders and spend. An outcome is an indicator over the horizon, so
//! the ordinary fold counts it.

use gradus_expression::Scope;
use gradus_grading::fold::{FoldPlan, Zone};
use gradus_grading::lower::lower;
use gradus_model::document::{
    Better, Counts, Indicator, IndicatorKind, Model, OfWhom, Span, SpanUnit, Validation, ValidationOutcome,
    Window,
};
use gradus_model::load::merge_models;
use gradus_model::{Finding, Findings, Place, Text};
use serde::Serialize;

use crate::WorkspaceError;
use crate::cohorts::{Purchases, no_purchases};
use crate::moves::title;

/// One outcome that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    pub name: String,
    pub title: Text,
    #[serde(skip)]
    pub indicator: Indicator,
    pub counts: Counts,
    pub of_whom: OfWhom,
    pub better: Better,
    /// What is counted, for people.
    pub words: Text,
}

/// The outcomes of a model over a horizon, with what they mean in words.
///
/// # Errors
/// A finding if the model names none and has no indicator that says what a purchase is.
pub fn asked(model: &Model, horizon: Span) -> Result<Vec<Asked>, WorkspaceError> {
    asked_by(model, horizon, &Text::new("模型 validation 里写的", "as the model's `validation` says"))
}

/// The same; `by` says who wrote the outcomes.
pub(crate) fn asked_by(model: &Model, horizon: Span, by: &Text) -> Result<Vec<Asked>, WorkspaceError> {
    let window = Some(Window::Short(horizon));
    let named =
        model.validation.as_ref().map(|validation| &validation.outcomes).filter(|all| !all.is_empty());
    if let Some(outcomes) = named {
        let of = |(name, one): (&str, &ValidationOutcome)| Asked {
            name: name.to_string(),
            title: title(one.title.as_ref(), name),
            indicator: Indicator { window: window.clone(), ..indicator_of(one) },
            counts: one.counts(),
            of_whom: one.of_whom,
            better: one.better(),
            words: words(by, one.counts(), one.of_whom, horizon),
        };
        return Ok(outcomes.iter().map(of).collect());
    }
    let purchases = Purchases::of(model).ok_or_else(no_purchases)?;
    let within = |one: &Indicator| Indicator {
        title: None,
        description: None,
        window: window.clone(),
        compare: None,
        empty: None,
        ..one.clone()
    };
    let mut out = Vec::new();
    let mut add = |name: &str, zh: &str, en: &str, source: (&str, &Indicator), counts, of_whom, better| {
        let own = title(source.1.title.as_ref(), source.0);
        let by = Text::new(
            format!("按指标“{}”的算法", own.zh),
            format!("counted as the indicator “{}” does", own.en),
        );
        out.push(Asked {
            name: name.to_string(),
            title: Text::new(zh, en),
            indicator: within(source.1),
            counts,
            of_whom,
            better,
            words: words(&by, counts, of_whom, horizon),
        });
    };
    if let Some((name, value)) = &purchases.value {
        add("revenue", "收入", "Revenue", (name, value), Counts::Value, OfWhom::Everyone, Better::More);
    }
    let bought = (purchases.name.as_str(), &purchases.counted);
    add("repurchase", "复购率", "Repurchase", bought, Counts::Happened, OfWhom::Everyone, Better::More);
    add("churn", "流失率", "Churn", bought, Counts::NotHappened, OfWhom::Active, Better::Less);
    Ok(out)
}

/// The horizon of a model; 90 days if it says nothing.
pub fn horizon_of(model: &Model) -> Span {
    model.validation.as_ref().and_then(|validation| validation.horizon).unwrap_or(Validation::HORIZON)
}

/// A horizon as people type it: `90d`, `90 days`, `3 months`.
pub fn parse_horizon(text: &str) -> Result<Span, Finding> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit.trim() {
        "d" => "days",
        "w" => "weeks",
        "m" => "months",
        "q" => "quarters",
        "y" => "years",
        other => other,
    };
    format!("{digits} {unit}").parse().map_err(|_| {
        Finding::error(
            "horizon-form",
            Place::default().at("horizon"),
            Text::new(format!("「{text}」不是一段时间"), format!("“{text}” is no stretch of time")),
            Text::new("例如 90d、90 days、3 months", "such as 90d, 90 days, 3 months"),
        )
    })
}

/// How a horizon is told.
pub(crate) fn span_words(span: Span) -> Text {
    let (zh, en) = match span.unit {
        SpanUnit::Day => ("天", "days"),
        SpanUnit::Week => ("周", "weeks"),
        SpanUnit::Month => ("个月", "months"),
        SpanUnit::Quarter => ("个季度", "quarters"),
        SpanUnit::Year => ("年", "years"),
    };
    Text::new(format!("{} {zh}", span.n), format!("{} {en}", span.n))
}

fn words(by: &Text, counts: Counts, of_whom: OfWhom, horizon: Span) -> Text {
    let span = span_words(horizon);
    let (whom_zh, whom_en) = match of_whom {
        OfWhom::Everyone => (String::from("全部被评级的客户"), String::from("everybody who was graded")),
        OfWhom::Active => (
            format!("评级前 {}内有过的客户", span.zh),
            format!("customers of whom it happened within the {} before", span.en),
        ),
    };
    let (what_zh, what_en) = match counts {
        Counts::Value => ("的合计", "the amount"),
        Counts::Happened => ("有没有发生", "whether it happened"),
        Counts::NotHappened => ("是否一次都没有", "whether it did not happen at all"),
    };
    Text::new(
        format!("{}，评级后 {}内{what_zh}；范围：{whom_zh}", by.zh, span.zh),
        format!("{}: {what_en} within {} after the grading, of {whom_en}", by.en, span.en),
    )
}

fn indicator_of(outcome: &ValidationOutcome) -> Indicator {
    Indicator {
        title: None,
        description: None,
        kind: outcome.kind,
        of: outcome.of.clone(),
        filter: outcome.filter.clone(),
        window: None,
        share: None,
        over: None,
        q: None,
        per: None,
        // Active days, where a number of them is asked for.
        step: (outcome.kind == IndicatorKind::Active).then_some(SpanUnit::Day),
        pick: None,
        compare: None,
        cap: None,
        refunds_count_by: None,
        empty: None,
        purpose: gradus_model::document::SERVICE.into(),
        unit: None,
    }
}

/// A model of the outcomes alone, for the fold.
pub(crate) fn folded(all: &[Asked]) -> Model {
    let indicators = all.iter().map(|one| (column(&one.name), one.indicator.clone())).collect();
    Model { indicators, ..merge_models(Vec::new()).0 }
}

/// The column of the fold that holds an outcome.
pub(crate) fn column(name: &str) -> String {
    format!("outcome_{name}")
}

/// What is wrong with the outcomes as they are written.
pub(crate) fn findings(model: &Model, scope: &Scope, zone: &Zone, root: &Place) -> Findings {
    let mut out = Findings::default();
    let Some(validation) = &model.validation else { return out };
    let Ok(all) = asked(model, horizon_of(model)) else { return out };
    for (one, (name, written)) in all.iter().zip(validation.outcomes.iter()) {
        let place = root.key("validation").key("outcomes").key(name);
        if !ValidationOutcome::is_countable(written.kind) {
            out.push(Finding::error(
                "outcome-kind",
                place.key("kind"),
                Text::new("结果要能数或能加", "an outcome is something that can be counted or added up"),
                Text::new(
                    "sum、count、orders、distinct 或 active",
                    "`sum`, `count`, `orders`, `distinct` or `active`",
                ),
            ));
            continue;
        }
        let own = column(name);
        let within = format!("indicators.{own}");
        let here = |findings: Findings| {
            let moved = findings.0.into_iter().map(|finding| {
                let path = finding.place.path.as_deref().and_then(|path| path.strip_prefix(&within));
                let path =
                    format!("{}{}", place.path.as_deref().unwrap_or_default(), path.unwrap_or_default());
                Finding { place: finding.place.clone().at(path), ..finding }
            });
            Findings(moved.collect())
        };
        match lower(&folded(std::slice::from_ref(one)), &Place::default()) {
            Err(found) => out.extend(here(found)),
            Ok(lowered) => {
                let compiled = FoldPlan::compile(lowered.fold, scope, zone.clone(), &|_| place.clone());
                out.extend(compiled.err().unwrap_or_default());
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn model(value: serde_json::Value) -> Model {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn outcomes_follow_from_the_models_own_purchases() {
        let model = model(json!({ "gradus": 1, "indicators": {
            "orders": { "title": {"zh": "订单数", "en": "Orders"}, "kind": "orders", "where": "spend", "window": "30 days" },
            "spend": { "kind": "sum", "of": "amount", "where": "spend" },
        }}));
        let all = asked(&model, horizon_of(&model)).unwrap();
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["revenue", "repurchase", "churn"]);
        assert_eq!(all[1].indicator.window, Some(Window::Short(Validation::HORIZON)));
        assert_eq!(
            all[2].words.zh,
            "按指标“订单数”的算法，评级后 90 天内是否一次都没有；范围：评级前 90 天内有过的客户"
        );
    }

    #[test]
    fn a_model_names_its_own() {
        let model = model(json!({ "gradus": 1, "validation": { "horizon": "3 months", "outcomes": {
            "margin": { "kind": "sum", "of": "amount * 0.3" },
            "complaint": { "kind": "count", "where": "kind = 'complaint'", "better": "less" },
        }}}));
        let all = asked(&model, horizon_of(&model)).unwrap();
        let short: Vec<_> = all.iter().map(|one| (one.name.as_str(), one.counts, one.better)).collect();
        assert_eq!(
            short,
            [("margin", Counts::Value, Better::More), ("complaint", Counts::Happened, Better::Less)]
        );
        assert!(all[0].words.en.contains("within 3 months"));
    }

    #[test]
    fn without_a_word_about_purchases_nothing_is_guessed() {
        let error = asked(&model(json!({ "gradus": 1 })), Validation::HORIZON).unwrap_err();
        assert!(matches!(error, WorkspaceError::Findings(found) if found.0[0].code == "no-purchases"));
    }

    #[test]
    fn a_horizon_is_read_as_people_type_it() {
        assert_eq!(parse_horizon("90d").unwrap(), Validation::HORIZON);
        assert_eq!(parse_horizon("3 months").unwrap(), Span { n: 3, unit: SpanUnit::Month });
        assert_eq!(parse_horizon("6 个月").unwrap().n, 6);
        assert_eq!(parse_horizon("soon").unwrap_err().code, "horizon-form");
    }
}
