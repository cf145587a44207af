//! What is to be foretold: one outcome that customers have or have not.

use gradus_model::document::{Counts, IndicatorKind, Model, Named, Span, Validation, ValidationOutcome};
use gradus_model::{Finding, Place, Text};

use super::ask::argument;
use crate::WorkspaceError;
use crate::validation::{Asked, asked, asked_by, span_words};

/// The name of an outcome that was written out.
const WRITTEN: &str = "asked";

/// The outcome that is meant, over the horizon. Amounts are no outcome to learn the chance of.
pub(super) fn outcome(model: &Model, named: Option<&str>, horizon: Span) -> Result<Asked, WorkspaceError> {
    let named = named.map(str::trim).filter(|name| !name.is_empty());
    if let Some(written) = named.filter(|name| name.starts_with('{')) {
        let by = Text::new("按所写的结果", "as asked");
        return one_of(asked_by(&with(model, written, horizon)?, horizon, &by)?, Some(WRITTEN));
    }
    one_of(asked(model, horizon)?, named)
}

fn one_of(all: Vec<Asked>, named: Option<&str>) -> Result<Asked, WorkspaceError> {
    let (shares, amounts): (Vec<Asked>, Vec<Asked>) =
        all.into_iter().partition(|one| one.counts != Counts::Value);
    let names = shares.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ");
    let Some(name) = named else {
        let churn = shares.iter().position(|one| one.counts == Counts::NotHappened).unwrap_or(0);
        return shares.into_iter().nth(churn).ok_or_else(|| {
            argument(
                "outcome",
                Text::new(
                    "模型的 validation 里只有金额，没有「发生与否」的结果",
                    "the model's `validation` names amounts only, and nothing that happens or does not",
                ),
                Text::new(
                    "写一个结果，例如 {\"kind\": \"orders\", \"counts\": \"not_happened\"}",
                    "write one, such as {\"kind\": \"orders\", \"counts\": \"not_happened\"}",
                ),
            )
            .into()
        });
    };
    if amounts.iter().any(|one| one.name == name) {
        return Err(Finding::error(
            "outcome-amount",
            Place::default().at("outcome"),
            Text::new(
                format!("「{name}」是金额，不是「发生与否」"),
                format!("“{name}” is an amount, and not something that happens or does not"),
            ),
            Text::new(
                format!("可选：{names}；或把 counts 写成 happened"),
                format!("one of {names}; or `counts: happened`"),
            ),
        )
        .into());
    }
    shares.into_iter().find(|one| one.name == name).ok_or_else(|| {
        Finding::error(
            "unknown-outcome",
            Place::default().at("outcome"),
            Text::new(format!("没有名为「{name}」的结果"), format!("no outcome is called “{name}”")),
            Text::new(format!("可选：{names}"), format!("one of {names}")),
        )
        .into()
    })
}

/// The model with this outcome alone.
fn with(model: &Model, written: &str, horizon: Span) -> Result<Model, WorkspaceError> {
    let mut one: ValidationOutcome = serde_json::from_str(written).map_err(|error| {
        argument(
            "outcome",
            Text::new(
                format!("读不懂这个结果：第 {} 个字符附近", error.column()),
                format!("this outcome cannot be read: {error}"),
            ),
            Text::new(
                "例如 {\"kind\": \"orders\", \"where\": \"spend\", \"counts\": \"not_happened\", \"of_whom\": \"active\"}",
                "such as {\"kind\": \"orders\", \"where\": \"spend\", \"counts\": \"not_happened\", \"of_whom\": \"active\"}",
            ),
        )
    })?;
    if !ValidationOutcome::is_countable(one.kind) {
        return Err(argument(
            "outcome",
            Text::new("结果要能数或能加", "an outcome is something that can be counted or added up"),
            Text::new(
                "sum、count、orders、distinct 或 active",
                "`sum`, `count`, `orders`, `distinct` or `active`",
            ),
        )
        .into());
    }
    if one.title.is_none() {
        one.title = Some(title_of(&one, horizon));
    }
    let outcomes: Named<ValidationOutcome> = [(WRITTEN.to_string(), one)].into_iter().collect();
    Ok(Model { validation: Some(Validation { horizon: None, outcomes }), ..model.clone() })
}

/// What is counted, and within which time: “no order within 30 days”.
fn title_of(one: &ValidationOutcome, horizon: Span) -> Text {
    let of = one.of.as_ref().map_or_else(String::new, |of| format!(" {of}"));
    let (zh, en) = match one.kind {
        IndicatorKind::Orders => ("订单".to_string(), "order".to_string()),
        IndicatorKind::Active => ("活跃的日子".to_string(), "active day".to_string()),
        IndicatorKind::Sum | IndicatorKind::Distinct if !of.is_empty() => {
            (of.trim().to_string(), of.trim().to_string())
        }
        _ => ("事件".to_string(), "event".to_string()),
    };
    let whose = one.filter.as_ref().map_or_else(String::new, |filter| format!("{filter}"));
    let (zh_whose, en_whose) = match whose.is_empty() {
        true => (String::new(), String::new()),
        false => (format!("（{whose}）"), format!(" ({whose})")),
    };
    let span = span_words(horizon);
    match one.counts() {
        Counts::NotHappened => Text::new(
            format!("{}内没有{zh}{zh_whose}", span.zh),
            format!("No {en}{en_whose} within {}", span.en),
        ),
        _ => Text::new(
            format!("{}内有{zh}{zh_whose}", span.zh),
            format!("Some {en}{en_whose} within {}", span.en),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        serde_json::from_value(serde_json::json!({ "gradus": 1, "validation": { "outcomes": {
            "margin": { "kind": "sum", "of": "amount" },
            "complaint": { "kind": "count", "where": "kind = 'complaint'", "better": "less" },
            "gone": { "kind": "orders", "counts": "not_happened", "of_whom": "active" },
        }}}))
        .unwrap()
    }

    fn code(named: &str) -> String {
        match outcome(&model(), Some(named), Validation::HORIZON).unwrap_err() {
            WorkspaceError::Findings(found) => found.0[0].code.to_string(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_foretold_happens_or_does_not() {
        let of = |named| outcome(&model(), named, Validation::HORIZON).unwrap().name;
        assert_eq!((of(None), of(Some("complaint"))), ("gone".into(), "complaint".into()));
        assert_eq!(code("margin"), "outcome-amount");
        assert_eq!(code("nothing"), "unknown-outcome");
        assert_eq!(code("{\"kind\": \"days_since\"}"), "argument");
        assert_eq!(code("{kind"), "argument");
        let written =
            outcome(&model(), Some("{\"kind\":\"orders\",\"counts\":\"not_happened\"}"), Validation::HORIZON)
                .unwrap();
        assert_eq!((written.name.as_str(), written.counts), ("asked", Counts::NotHappened));
        assert_eq!(written.title, Text::new("90 天内没有订单", "No order within 90 days"));
        assert!(written.words.en.starts_with("as asked: ") && written.words.zh.starts_with("按所写的结果"));
    }
}
