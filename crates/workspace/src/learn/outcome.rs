//! What is to be foretold: one outcome that customers have or have not.

use gradus_model::document::{Counts, Model, Named, Span, Validation, ValidationOutcome};
use gradus_model::{Finding, Place, Text};

use super::ask::argument;
use crate::WorkspaceError;
use crate::validation::{Asked, asked};

/// The name of an outcome that was written out.
const WRITTEN: &str = "asked";

/// The outcome that is meant, over the horizon. Amounts are no outcome to learn the chance of.
pub(super) fn outcome(model: &Model, named: Option<&str>, horizon: Span) -> Result<Asked, WorkspaceError> {
    let named = named.map(str::trim).filter(|name| !name.is_empty());
    if let Some(written) = named.filter(|name| name.starts_with('{')) {
        return one_of(&with(model, written)?, Some(WRITTEN), horizon);
    }
    one_of(model, named, horizon)
}

fn one_of(model: &Model, named: Option<&str>, horizon: Span) -> Result<Asked, WorkspaceError> {
    let all = asked(model, horizon)?;
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
fn with(model: &Model, written: &str) -> Result<Model, WorkspaceError> {
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
    one.title.get_or_insert_with(|| match one.counts {
        Some(Counts::NotHappened) => Text::new("没有发生", "It does not happen"),
        _ => Text::new("发生", "It happens"),
    });
    let outcomes: Named<ValidationOutcome> = [(WRITTEN.to_string(), one)].into_iter().collect();
    Ok(Model { validation: Some(Validation { horizon: None, outcomes }), ..model.clone() })
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
    }
}
