//! The model card of a learned propensity.

use gradus_model::Text;
use gradus_model::document::PropensityMethod;
use serde_json::json;

use super::PropensityRequest;
use super::survival::Survival;
use super::train::Trained;
use crate::learn::model_card::{CardDate, CardParameter, Datum, FactorWeight, Gives, Metric, ModelCard};
use crate::learn::training::TrainingSet;

/// Features that the card names.
const MOST_FACTORS: usize = 20;

pub(super) fn card(
    asked: &PropensityRequest,
    set: &TrainingSet,
    model: &Trained,
    survival: Option<Survival>,
) -> ModelCard {
    let name = asked.prediction.clone().or_else(|| asked.write.as_ref().map(|write| write.name.clone()));
    let name = name.unwrap_or_else(|| set.outcome.name.clone());
    let title = asked.title.clone().unwrap_or_else(|| set.outcome.title.clone());
    let held = &model.held_out;
    ModelCard {
        title: title.clone(),
        kind: "propensity".into(),
        state: "fitted".into(),
        method: match asked.options.method() {
            PropensityMethod::Logistic => {
                Text::new("逻辑回归（最大似然）", "logistic regression (maximum likelihood)")
            }
            PropensityMethod::Boosting => Text::new("梯度提升树", "gradient boosted trees"),
        },
        as_of: set.dates.last().map(|date| date.until.clone()),
        fitted_at: None,
        fit: None,
        version: set.version,
        base: set.base.clone(),
        outcome: set.outcome.title.clone(),
        outcome_words: set.outcome.words.clone(),
        horizon: set.horizon.clone(),
        gives: vec![Gives { name: name.clone(), title, unit: "share".into() }],
        name,
        data: data(set, model),
        training: set
            .dates
            .iter()
            .map(|date| CardDate {
                as_of: date.as_of.clone(),
                until: date.until.clone(),
                n: date.n,
                n_with: date.n_events,
                held_out: date.is_held_out,
            })
            .collect(),
        metrics: metrics(model),
        parameters: parameters(model),
        calibration: held.calibration.clone(),
        lift: held.lift.clone(),
        factors: factors(model),
        left_out: model.left_out.iter().map(|one| (one.title.clone(), one.reason.clone())).collect(),
        survival,
        sure: held.words(),
        cautions: model.cautions.clone(),
        refusal: None,
        train: model.train.clone(),
        held_out: held.clone(),
        seconds: 0.0,
    }
}

fn data(set: &TrainingSet, model: &Trained) -> Vec<Datum> {
    let count = |zh: &str, en: &str, value: u64| Datum {
        title: Text::new(zh, en),
        value: json!(value),
        unit: Some("count".into()),
    };
    let rate = model.fit.n_events as f64 / model.fit.n.max(1) as f64;
    vec![
        count("学习的行数（客户 × 日期）", "rows learned from (customers × dates)", model.fit.n),
        count("其中发生", "of them with the outcome", model.fit.n_events),
        Datum {
            title: Text::new("发生占比", "share with the outcome"),
            value: json!(rate),
            unit: Some("share".into()),
        },
        count("用于拟合", "fitted on", model.n_fitted as u64),
        count("用于校准", "calibrated on", model.n_calibrated as u64),
        count("留出检验", "held out", set.held_out().len() as u64),
        count("特征", "features", model.fit.features.len() as u64),
    ]
}

fn metrics(model: &Trained) -> Vec<Metric> {
    let mut out = Vec::new();
    let mut add =
        |name: &str, zh: &str, en: &str, value: Option<f64>, between: Option<(f64, f64)>, better: &str| {
            let Some(value) = value else { return };
            out.push(Metric {
                name: name.into(),
                title: Text::new(zh, en),
                value,
                low: between.map(|between| between.0),
                high: between.map(|between| between.1),
                unit: "number".into(),
                better: better.into(),
            });
        };
    let held = &model.held_out;
    add(
        "auc",
        "AUC（留出日期）",
        "AUC (held-out date)",
        held.auc.map(|auc| auc.value),
        held.auc.map(|auc| (auc.low, auc.high)),
        "more",
    );
    add(
        "auc_train",
        "AUC（学习数据）",
        "AUC (where it was learned)",
        model.train.auc.map(|auc| auc.value),
        model.train.auc.map(|auc| (auc.low, auc.high)),
        "more",
    );
    add("gini", "Gini", "Gini", held.gini, None, "more");
    add("ks", "KS", "KS", held.ks, None, "more");
    let promised = held.calibration.as_ref();
    add("brier", "Brier 分", "Brier score", promised.map(|one| one.brier), None, "less");
    add("log_loss", "对数损失", "log loss", promised.map(|one| one.log_loss), None, "less");
    add(
        "calibration_error",
        "校准误差",
        "calibration error",
        promised.map(|one| one.expected_error),
        None,
        "less",
    );
    out
}

fn parameters(model: &Trained) -> Vec<CardParameter> {
    let intercept = model.intercept.iter().map(|one| CardParameter {
        name: "intercept".into(),
        title: Text::new("截距", "Intercept"),
        value: one.value,
        error: one.standard_error,
        p: one.p(),
    });
    let others = model.parameters.iter().map(|(title, one)| CardParameter {
        name: title.en.clone(),
        title: title.clone(),
        value: one.value,
        error: one.standard_error,
        p: one.p(),
    });
    intercept.chain(others).collect()
}

fn factors(model: &Trained) -> Vec<FactorWeight> {
    let mut out: Vec<FactorWeight> = model
        .fit
        .features
        .iter()
        .zip(&model.weights)
        .map(|(feature, (weight, direction))| FactorWeight {
            name: feature.name.clone(),
            title: feature.title.clone(),
            weight: *weight,
            direction: direction.to_string(),
        })
        .collect();
    out.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    out.truncate(MOST_FACTORS);
    out
}
