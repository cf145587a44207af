//! Complex scorecards: an attribute whose rows are conditions over several values. The conditions become
//! one expression that says which row holds; its bins are the rows, so that points, unknown values,
//! statements and fits are those of every other attribute.

use gradus_expression::Want;
use gradus_model::document::{Attribute, Bin, ScoreCase, Slope};
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Lang, Place, Text};

use super::compile::Compiler;

/// The attribute as bins over the number of the row that holds; `None` if it has findings.
pub(super) fn as_bins(
    compiler: &mut Compiler<'_>,
    attribute: &Attribute,
    cases: &[ScoreCase],
    place: &Place,
) -> Option<Attribute> {
    let mut fine = true;
    let example = || {
        Text::new(
            "例如 cases: [{when: orders > 3 and age < 30, points: 5}, {else: true, points: 0}]",
            "such as `cases: [{when: orders > 3 and age < 30, points: 5}, {else: true, points: 0}]`",
        )
    };
    let others = attribute.bins.is_some()
        || attribute.quantiles.is_some()
        || attribute.slope.is_some()
        || !attribute.special.is_empty()
        || !attribute.value.is_empty();
    if others || cases.is_empty() {
        let what = Text::new(
            "写了 cases 就不写 value、bins、special、quantiles、slope，且至少一种情形",
            "beside `cases` there is no `value`, `bins`, `special`, `quantiles` or `slope`, and one case at least",
        );
        wrong(compiler, place.key("cases"), what, example());
        return None;
    }
    let computed = cases.iter().any(|case| case.points_of.is_some());
    let (mut sql, mut rest, mut bins) = (String::new(), None, Vec::new());
    for (index, case) in cases.iter().enumerate() {
        let at = place.key("cases").index(index);
        if case.when.is_some() == case.otherwise || case.points.is_some() == case.points_of.is_some() {
            let what = Text::new(
                "一种情形要么写 when 要么写 else，要么写 points 要么写 points_of",
                "a case has `when` or `else`, and `points` or `points_of`",
            );
            wrong(compiler, at, what, example());
            fine = false;
            continue;
        }
        if case.otherwise && index + 1 < cases.len() {
            let what = Text::new("else 之后的情形永远轮不到", "a case behind `else` is never reached");
            wrong(compiler, at.clone(), what, Text::new("把 else 放在最后", "`else` last"));
            fine = false;
        }
        // The number of the row, or the points themselves where some are computed.
        let given = match (&case.points_of, case.points) {
            (Some(of), _) => match compiler.formula(of, Want::Number, &at.key("points_of")) {
                Some(formula) => formula.sql,
                None => {
                    fine = false;
                    continue;
                }
            },
            (None, Some(points)) if computed => points.to_string(),
            _ => index.to_string(),
        };
        let mut title = case.title.clone();
        match &case.when {
            Some(when) => match compiler.condition(when, &at.key("when")) {
                Some((condition, _)) => {
                    let head = if sql.is_empty() { "case" } else { "" };
                    sql.push_str(&format!(
                        "{head} when ({c}) is null then null when {c} then {given}",
                        c = condition.sql
                    ));
                    title = title
                        .or_else(|| Some(Text::new(condition.words(Lang::Zh), condition.words(Lang::En))));
                }
                None => fine = false,
            },
            None => {
                rest = Some(given);
                title = title.or_else(|| Some(Text::new("其他", "everything else")));
            }
        }
        bins.push(Bin {
            title,
            one_of: (!case.otherwise).then(|| vec![serde_json::json!(index)]),
            otherwise: case.otherwise,
            points: case.points.unwrap_or_default(),
            reason: case.reason.clone(),
            ..Bin::default()
        });
    }
    if !fine {
        return None;
    }
    // Who meets no case gets nothing, and is no unknown: a row of its own.
    let none = cases.len().to_string();
    let nothing = if computed { "0".to_string() } else { none };
    let otherwise = rest.clone().unwrap_or(nothing);
    let value = match sql.is_empty() {
        true => otherwise,
        false => format!("{sql} else {otherwise} end"),
    };
    if rest.is_none() {
        bins.push(Bin {
            title: Some(Text::new("没有一种情形成立", "no case holds")),
            otherwise: true,
            points: Fixed(0),
            ..Bin::default()
        });
    }
    let slope = computed.then_some(Slope { points_each: Fixed::ONE, per: None });
    let bins = (!computed).then_some(bins);
    Some(Attribute { value, bins, slope, cases: None, ..attribute.clone() })
}

fn wrong(compiler: &mut Compiler<'_>, place: Place, what: Text, right: Text) {
    compiler.findings.push(Finding::error("case-form", place, what, right));
}
