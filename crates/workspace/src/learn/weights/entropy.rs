//! Weights from the data: an attribute on which customers differ more tells more.

use gradus_model::document::Attribute;
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Place, Text};
use gradus_stats::entropy_weights::{Form, Indicator, entropy_weights};

use super::super::TrainingRequest;
use super::super::columns::Values;
use super::super::described::described;
use super::super::training::LeftOut;
use super::draft::no_card;
use super::{LearnedWeights, Weight, WeightsRequest};
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// Weights from how much customers differ on each attribute of a card.
pub(super) async fn of_data(
    workspace: &Workspace,
    documents: &Documents,
    request: &WeightsRequest,
    progress: &dyn Progress,
) -> Result<LearnedWeights, WorkspaceError> {
    let model = &documents.model;
    let name = request.card.clone().or_else(|| request.write.as_ref().map(|write| write.name.clone()));
    let card = name.as_deref().and_then(|name| model.scorecards.get(name.trim()));
    let Some(card) = card else { return Err(no_card(name.as_deref().unwrap_or_default(), model).into()) };
    let mut left_out = Vec::new();
    let mut asked = Vec::new();
    for (name, attribute) in card.attributes.iter() {
        match attribute.value.trim().is_empty() {
            true => left_out.push(of_attribute(
                name,
                attribute,
                "由多个条件给分，没有一个数值",
                "points by conditions over several values, and no number",
            )),
            false => asked.push((name.to_string(), attribute)),
        }
    }
    let training = TrainingRequest {
        features: asked.iter().map(|(_, attribute)| attribute.value.trim().to_string()).collect(),
        ..request.training.clone()
    };
    let found = described(workspace, documents, &training, None, progress).await?;
    let mut columns: Vec<(String, Text, &[f64], bool)> = Vec::new();
    for (name, attribute) in &asked {
        let feature = found.features.iter().find(|feature| feature.name == attribute.value.trim());
        match feature.map(|feature| &feature.values) {
            Some(Values::Numbers(values)) => {
                let title = attribute.title.clone().or(feature.map(|feature| feature.title.clone()));
                columns.push((
                    name.clone(),
                    title.unwrap_or_else(|| Text::plain(name)),
                    values,
                    is_cost(attribute),
                ));
            }
            _ => left_out.push(of_attribute(name, attribute, "不是数值", "no number")),
        }
    }
    let n = found.customers.len();
    let known: Vec<usize> =
        (0..n).filter(|row| columns.iter().all(|(_, _, values, _)| values[*row].is_finite())).collect();
    if columns.is_empty() || known.len() < 2 {
        return Err(Finding::error(
            "nothing-left",
            Place::default().at("card"),
            Text::new(
                "没有两位以上的客户在所有数值属性上都有值",
                "fewer than two customers have a value of every attribute that is a number",
            ),
            Text::new("换一个人群，或先补齐数据", "another base, or the missing data first"),
        )
        .into());
    }
    let owned: Vec<Vec<f64>> =
        columns.iter().map(|(_, _, values, _)| known.iter().map(|row| values[*row]).collect()).collect();
    let indicators: Vec<Indicator<'_>> = owned
        .iter()
        .zip(&columns)
        .map(|(values, (_, _, _, cost))| Indicator { values, cost: *cost })
        .collect();
    let result = entropy_weights(&indicators, Form::MinMax)
        .map_err(|refusal| WorkspaceError::Defect(format!("entropy weights refused: {refusal}")))?;
    let weights = columns.iter().zip(&result.weights).zip(&result.entropy).map(
        |(((name, title, _, _), weight), entropy)| Weight {
            criterion: name.clone(),
            title: title.clone(),
            weight: *weight,
            entropy: Some(*entropy),
        },
    );
    let (used, missing) = (known.len(), n - known.len());
    Ok(LearnedWeights {
        card: name,
        from: "entropy",
        weights: weights.collect(),
        lambda_max: None,
        consistency_index: None,
        consistency_ratio: None,
        consistent: None,
        doubt: None,
        n: Some(used as u64),
        words: Text::new(
            format!(
                "截至 {} 的 {used} 位客户（{missing} 位有未知值，不计）：客户差别越大的属性权重越大",
                found.as_of
            ),
            format!(
                "{used} customers as of {} ({missing} with something unknown do not count): attributes on which customers differ more weigh more",
                found.as_of
            ),
        ),
        as_of: Some(found.as_of),
        left_out,
        written: None,
    })
}

fn of_attribute(name: &str, attribute: &Attribute, zh: &str, en: &str) -> LeftOut {
    LeftOut {
        feature: name.to_string(),
        title: attribute.title.clone().unwrap_or_else(|| Text::plain(name)),
        reason: Text::new(zh, en),
    }
}

/// True if less of the value gives more points.
fn is_cost(attribute: &Attribute) -> bool {
    let ends = match (&attribute.bins, &attribute.quantiles) {
        (Some(bins), _) => bins.first().zip(bins.last()).map(|(first, last)| (first.points, last.points)),
        (None, Some(quantiles)) => quantiles.points.first().copied().zip(quantiles.points.last().copied()),
        (None, None) => None,
    };
    let falls = attribute.slope.as_ref().is_some_and(|slope| slope.points_each < Fixed::ZERO);
    ends.map_or(falls, |(first, last)| last < first)
}
