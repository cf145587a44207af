//! Weights as the draft keeps them, on the attributes of a scorecard.

use gradus_model::document::{Combine, Model, Scorecard};
use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_model::{Finding, Place, Text};

use super::super::ask::argument;
use super::Weight;

pub(super) fn no_card(name: &str, model: &Model) -> Finding {
    let all = model.scorecards.names().collect::<Vec<_>>().join(", ");
    let right = match all.is_empty() {
        true => Text::new("模型里还没有评分卡", "the model has no scorecard yet"),
        false => Text::new(format!("可选：{all}"), format!("one of: {all}")),
    };
    let what = match name.is_empty() {
        true => Text::new(
            "没有说是哪张评分卡：从数据求权重要有 --card",
            "it is not said of which scorecard: weights from data want `--card`",
        ),
        false => Text::new(format!("没有名为「{name}」的评分卡"), format!("no scorecard is called “{name}”")),
    };
    Finding::error("unknown-name", Place::default().at("card"), what, right)
}

/// Sets the weights of a card; they add up to 1 exactly.
pub(super) fn weighed(model: &mut Model, name: &str, weights: &[Weight]) -> Result<(), Finding> {
    let Some(at) = model.scorecards.position(name) else { return Err(no_card(name, model)) };
    let card: &mut Scorecard = &mut model.scorecards.0[at].1;
    if card.combine == Combine::Sum {
        return Err(Finding::error(
            "weights-not-used",
            Place::default().at(format!("scorecards.{name}.combine")),
            Text::new(
                "这张评分卡把分值直接相加（combine: sum），权重不起作用",
                "this card only adds its points (`combine: sum`), where weights do nothing",
            ),
            Text::new("先改为 weighted_sum 或 scaled", "`weighted_sum` or `scaled` first"),
        ));
    }
    let mut units: Vec<i64> =
        weights.iter().map(|one| (one.weight * FIXED_ONE as f64).round() as i64).collect();
    let over = units.iter().sum::<i64>() - FIXED_ONE;
    if let Some(greatest) = (0..units.len()).max_by_key(|at| units[*at]) {
        units[greatest] -= over;
    }
    for (one, units) in weights.iter().zip(&units) {
        let attribute = card.attributes.0.iter_mut().find(|(own, _)| *own == one.criterion);
        let Some((_, attribute)) = attribute else {
            let all = card.attributes.names().collect::<Vec<_>>().join(", ");
            return Err(argument(
                "comparisons.criteria",
                Text::new(
                    format!("评分卡里没有属性「{}」", one.criterion),
                    format!("the card has no attribute “{}”", one.criterion),
                ),
                Text::new(format!("可选：{all}"), format!("one of: {all}")),
            ));
        };
        attribute.weight = Some(Fixed(*units));
    }
    // Those that were not weighed would count beside the whole.
    let is_weighed = |name: &str| weights.iter().any(|one| one.criterion == name);
    if let Some((other, _)) = card
        .attributes
        .0
        .iter()
        .find(|(own, one)| !is_weighed(own) && one.weight.unwrap_or(Fixed::ONE) != Fixed::ZERO)
    {
        return Err(argument(
            "comparisons.criteria",
            Text::new(
                format!("属性「{other}」没有参与，它的权重会加在总和之外"),
                format!("the attribute “{other}” was not weighed and would count beside the whole"),
            ),
            Text::new(
                "把它也比较进来，或先把它的权重设为 0",
                "compare it, too, or set its weight to 0 first",
            ),
        ));
    }
    Ok(())
}
