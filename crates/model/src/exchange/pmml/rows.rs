//! A scorecard of a document as PMML sees it: characteristics with rows, the first true one wins.

use super::super::condition::{as_term, literal, no_form};
use super::super::not_expressible;
use super::super::term::{self, Operator, Term};
use super::shape::{Score, WIDEST, cut, number};
use super::write::in_proportion;
use crate::document::{Attribute, Bin, Caps, Combine, Number, ScoreCase, Scorecard, Unknown};
use crate::fixed::Fixed;
use crate::{Finding, Findings, Place, Text};

pub(super) struct Characteristic {
    pub name: String,
    pub title: Option<Text>,
    pub group: Option<String>,
    /// What an extension says of what it was.
    pub form: Option<&'static str>,
    pub reason: Option<String>,
    pub baseline: Option<Number>,
    pub rows: Vec<Row>,
    pub place: Place,
}

pub(super) struct Row {
    pub when: Term,
    pub score: Score,
    pub title: Option<Text>,
    pub reason: Option<String>,
}

impl Row {
    fn points(when: Term, points: Number) -> Row {
        Row { when, score: Score::Points(points), title: None, reason: None }
    }
}

/// The characteristics of a card; findings for what PMML cannot say.
pub(super) fn of(card: &Scorecard, place: &Place, findings: &mut Findings) -> Vec<Characteristic> {
    let mut found = Vec::new();
    for (name, attribute) in card.attributes.iter() {
        let place = place.key("attributes").key(name);
        match rows(attribute, card.combine, &place) {
            Ok(rows) => found.push(Characteristic {
                name: name.to_owned(),
                title: attribute.title.clone(),
                group: attribute.group.clone(),
                form: None,
                reason: attribute.reason.clone(),
                baseline: attribute.baseline,
                rows,
                place,
            }),
            Err(finding) => findings.push(finding),
        }
    }
    for (name, adjustment) in card.adjustments.iter() {
        let place = place.key("adjustments").key(name);
        let Some(when) = &adjustment.when else {
            findings.push(not_expressible(
                place.key("per_event"),
                Text::new(
                    "PMML 只看一行字段，没有按事件加分",
                    "PMML looks at one row of fields: there are no points per event",
                ),
                Text::new("先算成一个指标，再用 slope 评分", "an indicator for it, with points by `slope`"),
            ));
            continue;
        };
        match as_term(when, &place.key("when")) {
            Ok(when) => found.push(Characteristic {
                name: name.to_owned(),
                title: adjustment.title.clone(),
                group: adjustment.group.clone(),
                form: Some("adjustment"),
                reason: None,
                baseline: None,
                rows: vec![
                    Row::points(when, limited(adjustment.points, adjustment.cap.as_ref())),
                    Row::points(Term::Boolean(true), Fixed::ZERO),
                ],
                place,
            }),
            Err(finding) => findings.push(finding),
        }
    }
    found
}

fn limited(points: Number, cap: Option<&Caps>) -> Number {
    let Some(cap) = cap else { return points };
    let points = cap.min.map_or(points, |min| points.max(min));
    cap.max.map_or(points, |max| points.min(max))
}

fn rows(attribute: &Attribute, combine: Combine, place: &Place) -> Result<Vec<Row>, Finding> {
    if attribute.quantiles.is_some() {
        return Err(not_expressible(
            place.key("quantiles"),
            Text::new(
                "分位数切点由每次评分估计，PMML 里没有",
                "cuts at quantiles are estimated anew, which PMML cannot",
            ),
            Text::new("用 bins 写明切点", "`bins` with the cuts written out"),
        ));
    }
    if attribute.unknown == Unknown::Reweight {
        return Err(not_expressible(
            place.key("unknown"),
            Text::new(
                "PMML 不能把权重让给已知的属性",
                "PMML cannot give the weight to the attributes that are known",
            ),
            Text::new("unknown: {points: …}", "`unknown: {points: …}`"),
        ));
    }
    let unknown = match attribute.unknown {
        Unknown::Points(points) => Some(points),
        _ => None,
    };
    if attribute.not_applicable.is_some_and(|points| unknown != Some(points)) {
        return Err(not_expressible(
            place.key("not_applicable"),
            Text::new("PMML 不区分未知与不适用", "PMML does not tell unknown from not applicable"),
            Text::new("与 unknown 相同的分值", "the same points as `unknown`"),
        ));
    }
    let weight = if combine == Combine::Sum { Fixed::ONE } else { attribute.weight.unwrap_or(Fixed::ONE) };
    let cap = attribute.cap.as_ref();
    let weighted = |points: Number| limited(points.times(weight).unwrap_or(points), cap);
    let given = |bin: &Bin, when: Term| Row {
        when,
        score: Score::Points(weighted(bin.points)),
        title: bin.title.clone(),
        reason: bin.reason.clone(),
    };
    if let Some(cases) = &attribute.cases {
        return self::cases(attribute, cases, weight, place);
    }
    let value = term::parse(&attribute.value).ok_or_else(|| {
        let shown: String = attribute.value.chars().take(120).collect();
        not_expressible(
            place.key("value"),
            Text::new(format!("PMML 写不出 `{shown}`"), format!("PMML has no form for `{shown}`")),
            Text::new(
                "先算成一个指标，评分卡引用这个指标",
                "an indicator for it, which the scorecard then reads",
            ),
        )
    })?;
    let missing = unknown.map(|points| Row {
        reason: attribute.unknown_reason.clone(),
        ..Row::points(value.clone().is_null(), weighted(points))
    });
    let bins = attribute.bins.as_deref().unwrap_or_default();
    let mut rows: Vec<Row> = missing.into_iter().collect();
    for bin in attribute.special.iter().chain(bins.iter().filter(|bin| !bin.otherwise)) {
        rows.push(given(bin, bin_test(bin, &value, place)?));
    }
    if let Some(slope) = &attribute.slope {
        let formula = in_proportion(value, slope.points_each, slope.per.unwrap_or(Fixed::ONE));
        let score = Score::Formula(limited_formula(weighted_formula(formula, weight), cap));
        rows.push(Row { when: Term::Boolean(true), score, title: None, reason: None });
        return Ok(rows);
    }
    if let Some(bin) = bins.iter().find(|bin| bin.otherwise) {
        rows.push(given(bin, value.is_not_null()));
    } else if !covers(attribute.special.iter().chain(bins)) {
        rows.push(Row::points(value.is_not_null(), weighted(Fixed::ZERO)));
    }
    Ok(rows)
}

/// Cases as they are. A condition that cannot be told makes the points unknown here, and is no case in
/// PMML: so a row before it asks whether it can be told. Where no case holds there are no points.
fn cases(
    attribute: &Attribute,
    cases: &[ScoreCase],
    weight: Fixed,
    place: &Place,
) -> Result<Vec<Row>, Finding> {
    let cap = attribute.cap.as_ref();
    let weighted = |points: Number| Score::Points(limited(points.times(weight).unwrap_or(points), cap));
    let unknown = || match attribute.unknown {
        Unknown::Points(points) => weighted(points),
        _ => Score::Formula(Term::Null),
    };
    let mut rows = Vec::new();
    let mut ends = false;
    for (index, case) in cases.iter().enumerate() {
        let place = place.key("cases").index(index);
        let is_last = index + 1 == cases.len();
        let when = match &case.when {
            Some(when) if !case.otherwise => as_term(when, &place.key("when"))?,
            _ => Term::Boolean(true),
        };
        let when = match true_or_unknown(&when).filter(|_| is_last) {
            Some(when) => {
                ends = true;
                // With points of its own, the unknown is what is left.
                if matches!(attribute.unknown, Unknown::Points(_)) {
                    ends = false;
                }
                when
            }
            None => match or_false(&when) {
                Some(when) => when,
                None => {
                    if !when.is_never_null() {
                        let asked = when.clone().is_null();
                        rows.push(Row { when: asked, score: unknown(), title: None, reason: None });
                    }
                    when
                }
            },
        };
        ends |= when == Term::Boolean(true);
        let score = match (&case.points, &case.points_of) {
            (_, Some(sql)) => {
                let formula = term::parse(sql).ok_or_else(|| no_form(&place.key("points_of"), sql))?;
                Score::Formula(limited_formula(weighted_formula(formula, weight), cap))
            }
            (points, None) => weighted(points.unwrap_or_default()),
        };
        rows.push(Row { when, score, title: case.title.clone(), reason: case.reason.clone() });
    }
    if !ends {
        let left = cases.last().and_then(|case| match &case.when {
            Some(when) => as_term(when, place).ok(),
            None => None,
        });
        let is_unknown = left.is_some_and(|when| true_or_unknown(&when).is_some());
        let score = if is_unknown { unknown() } else { weighted(Fixed::ZERO) };
        rows.push(Row { when: Term::Boolean(true), score, title: None, reason: None });
    }
    Ok(rows)
}

/// `case when … then true end`: the condition that it asks.
fn true_or_unknown(when: &Term) -> Option<Term> {
    match when {
        Term::Case(when, None) => match when.as_slice() {
            [(when, Term::Boolean(true))] => Some(when.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// `coalesce(…, false)`: PMML takes what cannot be told for false.
fn or_false(when: &Term) -> Option<Term> {
    match when {
        Term::Call(name, parts) if name == "coalesce" => match parts.as_slice() {
            [when, Term::Boolean(false)] => Some(when.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn weighted_formula(formula: Term, weight: Fixed) -> Term {
    if weight == Fixed::ONE { formula } else { Term::binary(Operator::Multiply, formula, number(weight)) }
}

/// A formula within limits. Functions pass over what is missing, and a limit is no score.
fn limited_formula(formula: Term, cap: Option<&Caps>) -> Term {
    let Some(cap) = cap else { return formula };
    let min = cap.min.filter(|min| min.0 > -WIDEST);
    let max = cap.max.filter(|max| max.0 < WIDEST);
    if min.is_none() && max.is_none() {
        return formula;
    }
    let mut term = formula.clone();
    if let Some(max) = max {
        term = Term::call("min", vec![term, number(max)]);
    }
    if let Some(min) = min {
        term = Term::call("max", vec![term, number(min)]);
    }
    Term::Case(vec![(formula.is_not_null(), term)], None)
}

fn bin_test(bin: &Bin, value: &Term, place: &Place) -> Result<Term, Finding> {
    if let Some(list) = &bin.one_of {
        let list: Vec<Term> = list.iter().map(|value| literal(value, place)).collect::<Result<_, _>>()?;
        return Ok(match list.as_slice() {
            [one] => Term::binary(Operator::Equal, value.clone(), one.clone()),
            _ => Term::In(Box::new(value.clone()), list),
        });
    }
    let limits = [(Operator::GreaterOrEqual, bin.from), (Operator::Less, bin.below)];
    let tests: Vec<Term> = limits
        .into_iter()
        .filter_map(|(operator, limit)| Some(Term::binary(operator, value.clone(), number(limit?))))
        .collect();
    if tests.is_empty() { Ok(value.clone().is_not_null()) } else { Ok(Term::joined(Operator::And, tests)) }
}

/// True if every value falls in a bin.
fn covers<'b>(bins: impl Iterator<Item = &'b Bin>) -> bool {
    let mut free = vec![(i128::MIN, i128::MAX)];
    let mut truths = [false, false];
    for bin in bins {
        for value in bin.one_of.iter().flatten().filter_map(serde_json::Value::as_bool) {
            truths[usize::from(value)] = true;
        }
        if bin.from.is_some() || bin.below.is_some() {
            let at = |limit: Option<Fixed>, none: i128| limit.map_or(none, |limit| i128::from(limit.0));
            cut(&mut free, at(bin.from, i128::MIN), at(bin.below, i128::MAX));
        }
    }
    free.is_empty() || truths == [true, true]
}
