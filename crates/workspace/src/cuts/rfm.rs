//! Cuts for the eight classes of RFM: where high begins on each of the three axes.

use gradus_model::document::{Grouping, GroupingKind, IndicatorKind, Model, Number, RfmSplit};
use gradus_model::{Finding, Text};
use serde_json::{Value, json};

use super::draft::number_value;
use super::{Cuts, CutsRequest, learn_cuts};
use crate::access::Principal;
use crate::clusters::argument;
use crate::{Workspace, WorkspaceError};

/// Recency, frequency, monetary value of a grouping of eight classes; none of anything else.
fn axes_of(grouping: &Grouping) -> Option<[&str; 3]> {
    if grouping.kind != GroupingKind::Rfm8 {
        return None;
    }
    Some([grouping.recency.as_deref()?, grouping.frequency.as_deref()?, grouping.monetary.as_deref()?])
}

/// Where high begins on all three axes, to be written as `split`: the axis that was cut has the new cut; the others keep
/// theirs, or are cut in the same way where they have none (a mean or a median is none). `None` if the path names no
/// grouping of eight classes.
///
/// # Errors
/// More than two parts; a value that is no axis of the grouping; an axis that cannot be cut.
pub(super) async fn split(
    workspace: &Workspace,
    who: &Principal,
    model: &Model,
    found: &Cuts,
    path: &str,
) -> Result<Option<Value>, WorkspaceError> {
    let grouping = path.strip_prefix("groupings.").and_then(|name| model.groupings.get(name));
    let Some((grouping, axes)) = grouping.and_then(|grouping| Some((grouping, axes_of(grouping)?))) else {
        return Ok(None);
    };
    let own = position(&axes, &found.value)?;
    let before = match &grouping.split {
        Some(RfmSplit::Fixed(recency, frequency, monetary)) => Some([*recency, *frequency, *monetary]),
        _ => None,
    };
    let mut out = Vec::with_capacity(axes.len());
    for (at, axis) in axes.iter().enumerate() {
        let number = match (at == own, before) {
            (true, _) => begins(model, axis, at, found)?,
            (false, Some(before)) => number_of(before[at]),
            (false, None) => {
                let asked = CutsRequest { value: axis.to_string(), ..found.asked.clone() };
                let other = learn_cuts(workspace, who, &asked, &()).await?;
                begins(model, axis, at, &other)?
            }
        };
        out.push(number);
    }
    Ok(Some(json!({ "fixed": out })))
}

fn number_of(number: Number) -> Value {
    number_value(number.to_f64())
}

/// Which axis was cut.
fn position(axes: &[&str; 3], value: &str) -> Result<usize, Finding> {
    axes.iter().position(|axis| axis.trim() == value.trim()).ok_or_else(|| {
        argument(
            "value",
            Text::new(
                format!("「{value}」不是这个 RFM 分组的轴"),
                format!("`{value}` is no axis of this RFM grouping"),
            ),
            Text::new(format!("{} 之一", axes.join("、")), format!("one of {}", axes.join(", "))),
        )
    })
}

/// Where high begins. Of days since, fewer are better and the number itself is high still, so that it is the last one
/// below the cut; of the others high begins at the cut.
fn begins(model: &Model, axis: &str, at: usize, found: &Cuts) -> Result<Value, Finding> {
    let &[cut] = found.cuts.as_slice() else {
        let parts = found.cuts.len() + 1;
        return Err(argument(
            "parts",
            Text::new(
                format!("八类 RFM 只分高低两段，「{axis}」切成了 {parts} 段"),
                format!("eight classes know high and low only; `{axis}` was cut into {parts} parts"),
            ),
            Text::new("--k 2", "`--k 2`"),
        ));
    };
    if at > 0 {
        return Ok(number_value(cut));
    }
    let whole = model.indicators.get(axis.trim()).is_some_and(|one| one.kind == IndicatorKind::DaysSince);
    Ok(number_value(if whole { cut.ceil() - 1.0 } else { ((cut - 1e-4) * 1e4).round() / 1e4 }))
}

#[cfg(test)]
mod tests {
    use gradus_model::load::load_model;

    use super::super::CutMethod;
    use super::super::parts::cut;
    use super::*;
    use gradus_grading::grade::clusters::Alike;

    const MODEL: &str = "gradus: 1
indicators:
  days: { kind: days_since }
  orders: { kind: count }
  spend: { kind: sum, of: amount }
groupings:
  rfm: { base: everyone, kind: rfm8, recency: days, frequency: orders, monetary: spend }
";

    fn cuts_of(value: &str, values: &[f64], parts: u32) -> Cuts {
        let alike = Alike::of(values.iter().map(|value| Some(vec![*value])), 1);
        let asked = CutsRequest {
            value: value.into(),
            parts,
            method: CutMethod::Jenks,
            base: None,
            model: None,
            as_of: None,
        };
        cut(&asked, "2026-01-01".into(), &alike, None).unwrap()
    }

    #[test]
    fn of_days_the_last_one_below_the_cut_is_high_and_of_the_others_the_cut() {
        let model = load_model("m.yaml", MODEL).value.unwrap();
        let grouping = model.groupings.get("rfm").unwrap();
        let axes = axes_of(grouping).unwrap();
        assert_eq!(axes, ["days", "orders", "spend"]);
        // The cut lies at 40: 39 days are high, 40 are not.
        let days = cuts_of("days", &[3.0, 9.0, 20.0, 60.0, 71.0, 80.0], 2);
        assert_eq!(days.cuts, [40.0]);
        assert_eq!(begins(&model, "days", 0, &days).unwrap(), json!(39));
        assert_eq!(begins(&model, "days / 2", 0, &days).unwrap(), json!(39.9999));
        assert_eq!(begins(&model, "orders", 1, &days).unwrap(), json!(40));
        let three = cuts_of("orders", &[1.0, 2.0, 9.0, 10.0, 40.0, 41.0], 3);
        assert_eq!(begins(&model, "orders", 1, &three).unwrap_err().place.path.as_deref(), Some("parts"));
        assert_eq!(position(&axes, "spend"), Ok(2));
        assert_eq!(position(&axes, "visits").unwrap_err().place.path.as_deref(), Some("value"));
    }
}
