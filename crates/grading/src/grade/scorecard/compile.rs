//! A scorecard of the document: what is checked of it, and what becomes of it.

use std::collections::BTreeSet;

use gradus_expression::Want;
use gradus_model::document::{Adjustment, Attribute, Bin, Caps, Combine, Scorecard, Unknown};
use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_model::{Finding, Place, Text};

use super::{AttributeTerm, Card, Limits, Method, Term, TermKind, Weights, narrow};
use crate::fold::spec::{Aggregate, FoldIndicator};
use crate::grade::binning::{Binner, Codes, ValueKind};
use crate::grade::bins::check_bins;
use crate::grade::compile::{Compiler, event_filter, fold_window, unknown_name};
use crate::grade::complex;
use crate::grade::number::LARGEST_POINTS;
use crate::grade::parts_of_all::part_of_all;
use crate::grade::reasons::OwnReason;

/// Compiles one scorecard; `None` if it has findings that keep it from being used.
pub(crate) fn compile_card(compiler: &mut Compiler<'_>, name: &str, card: &Scorecard) -> Option<Card> {
    let place = compiler.root().key("scorecards").key(name);
    let before = compiler.findings.0.iter().filter(|f| f.severity == gradus_model::Severity::Error).count();
    let mut fine = true;
    if card.attributes.is_empty() && card.adjustments.is_empty() {
        let what = Text::new("评分卡里什么也没有", "nothing in the scorecard gives points");
        let right = Text::new("至少写一个 attributes 或 adjustments", "at least one attribute or adjustment");
        compiler.findings.push(Finding::error("scorecard-empty", place.clone(), what, right));
    }
    if card.attributes.len() + card.adjustments.len() > 5000 {
        let what = Text::new("评分卡超过 5000 行", "more than 5000 lines in the scorecard");
        let right = Text::new("拆成几张评分卡再合成", "several scorecards and a composite of them");
        compiler.findings.push(Finding::error("scorecard-too-long", place.clone(), what, right));
        return None;
    }
    let groups: Vec<(String, Limits)> =
        card.groups.iter().map(|(group, caps)| (group.to_string(), Limits::of(Some(caps)))).collect();
    for (group, caps) in card.groups.iter() {
        check_caps(compiler, Some(caps), &place.key("groups").key(group));
    }
    check_caps(compiler, card.total.as_ref(), &place.key("total"));
    check_repeated(compiler, card.attributes.names().chain(card.adjustments.names()), &place);

    let mut terms = Vec::new();
    for (key, attribute) in card.attributes.iter() {
        let at = place.key("attributes").key(key);
        let group = find_group(compiler, attribute.group.as_deref(), card, &at);
        let of_cases = match &attribute.cases {
            Some(cases) => match complex::as_bins(compiler, attribute, cases, &at) {
                Some(attribute) => Some(attribute),
                None => {
                    fine = false;
                    continue;
                }
            },
            None => None,
        };
        let attribute = of_cases.as_ref().unwrap_or(attribute);
        match compile_attribute(compiler, attribute, card.combine, &at) {
            Some(kind) => terms.push(Term {
                name: key.to_string(),
                title: title_of(compiler, attribute.title.as_ref(), key, Some(&attribute.value)),
                group,
                cap: Limits::of(attribute.cap.as_ref()),
                kind: TermKind::Attribute(kind),
            }),
            None => fine = false,
        }
    }
    for (key, adjustment) in card.adjustments.iter() {
        let at = place.key("adjustments").key(key);
        let group = find_group(compiler, adjustment.group.as_deref(), card, &at);
        match compile_adjustment(compiler, adjustment, &at) {
            Some(kind) => terms.push(Term {
                name: key.to_string(),
                title: title_of(compiler, adjustment.title.as_ref(), key, None),
                group,
                cap: Limits::of(adjustment.cap.as_ref()),
                kind,
            }),
            None => fine = false,
        }
    }
    let weight = terms
        .iter()
        .map(|term| match &term.kind {
            TermKind::Attribute(attribute) => attribute.weight,
            _ => 0,
        })
        .sum();
    let mut compiled = Card {
        name: name.to_string(),
        title: card.title.clone().unwrap_or_else(|| Text::plain(name)),
        base: card.base_points.unwrap_or_default().0,
        terms,
        groups,
        total: Limits::of(card.total.as_ref()),
        scale: None,
        weight,
        reasons: card.reasons.clone(),
    };
    check_size(compiler, compiled.base, &place.key("base_points"));
    if card.attributes.len() > 0 && weight == 0 && fine {
        let what = Text::new("所有属性的权重都是 0", "the weights of all attributes are 0");
        let right = Text::new("至少一个权重大于 0", "at least one weight above 0");
        compiler.findings.push(Finding::error("weights-all-zero", place.key("attributes"), what, right));
    }
    if fine && card.combine == Combine::Scaled {
        scale(compiler, &mut compiled, &place);
    }
    let errors = compiler.findings.0.iter().filter(|f| f.severity == gradus_model::Severity::Error).count();
    (fine && errors == before).then_some(compiled)
}

fn title_of(compiler: &Compiler<'_>, own: Option<&Text>, key: &str, value: Option<&str>) -> Text {
    match (own, value) {
        (Some(own), _) => own.clone(),
        // An attribute that only names an indicator has the indicator's title.
        (None, Some(value)) if compiler.column_type(value.trim()).is_some() => compiler.title(value.trim()),
        _ => Text::plain(key),
    }
}

fn find_group(
    compiler: &mut Compiler<'_>,
    group: Option<&str>,
    card: &Scorecard,
    place: &Place,
) -> Option<usize> {
    let group = group?;
    let found = card.groups.position(group);
    if found.is_none() {
        let findings = unknown_name(group, "组", "group", card.groups.names(), &place.key("group"));
        compiler.findings.extend(findings);
    }
    found
}

fn compile_attribute(
    compiler: &mut Compiler<'_>,
    attribute: &Attribute,
    combine: Combine,
    place: &Place,
) -> Option<AttributeTerm> {
    let errors = compiler.findings.0.len();
    if attribute.value.trim().is_empty() {
        let what = Text::new("属性没有写 value", "the attribute has no `value`");
        let right = Text::new(
            "指标的名称或表达式；按多个条件给分则写 cases",
            "the name of an indicator or an expression; or `cases` for conditions over several",
        );
        compiler.findings.push(Finding::error("value-missing", place.clone(), what, right));
        return None;
    }
    let value = compiler.formula(&attribute.value, Want::Any, &place.key("value"));
    let forms = [attribute.bins.is_some(), attribute.quantiles.is_some(), attribute.slope.is_some()];
    if forms.iter().filter(|given| **given).count() != 1 {
        let what = Text::new(
            "bins、quantiles、slope 须恰好写一个",
            "exactly one of `bins`, `quantiles`, `slope` says how the value becomes points",
        );
        let right = Text::new(
            "例如 bins: [{below: 30, points: 10}, {else: true, points: 0}]",
            "such as `bins: [{below: 30, points: 10}, {else: true, points: 0}]`",
        );
        compiler.findings.push(Finding::error("points-form", place.clone(), what, right));
        return None;
    }
    let weight = attribute.weight.unwrap_or(Fixed::ONE).0;
    check_weight(compiler, weight, combine, &place.key("weight"));
    check_caps(compiler, attribute.cap.as_ref(), &place.key("cap"));
    let value = value?;
    let Some(kind) = ValueKind::of(&value.data_type) else {
        let what = Text::new(
            format!("值的类型是 {}，不能分箱", value.data_type),
            format!("the value is a {}, which cannot be cut into bins", value.data_type),
        );
        let right = Text::new(
            "改为数值、文本或真假值的表达式",
            "an expression that gives a number, a text or a boolean",
        );
        compiler.findings.push(Finding::error("value-type", place.key("value"), what, right));
        return None;
    };
    let needs_number = attribute.bins.is_none();
    if needs_number && kind != ValueKind::Number {
        let what = Text::new("quantiles 与 slope 只用于数值", "`quantiles` and `slope` need a number");
        let right = Text::new("用 bins 和 in 为类别打分", "`bins` with `in` give points to categories");
        compiler.findings.push(Finding::error("value-type", place.key("value"), what, right));
        return None;
    }
    check_bins(compiler, &attribute.special, kind, true, &place.key("special"));
    let mut gap = false;
    if let Some(bins) = &attribute.bins {
        gap = check_bins(compiler, bins, kind, false, &place.key("bins"));
    }
    let mut bins = attribute.special.clone();
    let n_special = bins.len();
    if let Some(quantiles) = &attribute.quantiles {
        if quantiles.points.len() < 2 || quantiles.points.len() > 1000 {
            let what = Text::new(
                "quantiles.points 至少两个、至多 1000 个分值",
                "`quantiles.points` has 2 to 1000 entries",
            );
            let right = Text::new("五等分写五个分值", "five of them make quintiles");
            compiler.findings.push(Finding::error(
                "quantile-points",
                place.key("quantiles").key("points"),
                what,
                right,
            ));
            return None;
        }
        let n = quantiles.points.len();
        let is_share = quantiles.ties.is_keep();
        bins.extend(quantiles.points.iter().enumerate().map(|(index, points)| Bin {
            title: Some(part_of_all(index, n, is_share)),
            points: *points,
            ..Bin::default()
        }));
    }
    bins.extend(attribute.bins.iter().flatten().cloned());
    for (index, bin) in bins.iter().enumerate() {
        let key = if index < n_special {
            place.key("special").index(index)
        } else if attribute.bins.is_some() {
            place.key("bins").index(index - n_special).key("points")
        } else {
            place.key("quantiles").key("points").index(index - n_special)
        };
        check_size(compiler, bin.points.0, &key);
    }
    if bins.len() > 20_000 {
        let what = Text::new("箱太多（超过 20000 个）", "more than 20,000 bins");
        compiler.findings.push(Finding::error(
            "too-many-bins",
            place.clone(),
            what,
            Text::new("改用 slope 或 quantiles", "`slope` or `quantiles`"),
        ));
        return None;
    }
    let codes = Codes { n_bins: bins.len() as u16 };
    let borrowed: Vec<&Bin> = bins.iter().collect();
    let method = if let Some(slope) = &attribute.slope {
        let per = slope.per.unwrap_or(Fixed::ONE).0;
        if per <= 0 {
            let what = Text::new("per 必须大于 0", "`per` must be above 0");
            compiler.findings.push(Finding::error(
                "slope-per",
                place.key("slope").key("per"),
                what,
                Text::new("例如 100", "such as 100"),
            ));
        }
        check_size(compiler, slope.points_each.0, &place.key("slope").key("points_each"));
        let open = attribute.cap.as_ref().is_none_or(|cap| cap.min.is_none() || cap.max.is_none());
        if open && (combine == Combine::Scaled || attribute.unknown == Unknown::Interval) {
            let what = Text::new(
                "slope 没有上下限，未知值的分数区间与 0–100 换算都无从得知",
                "without both limits a slope has no interval for unknown values and no greatest attainable points",
            );
            let right = Text::new(
                "写 cap: {min: 0, max: 20}；若不是 scaled，也可写 unknown: {points: 0} 或 unknown: reweight",
                "`cap: {min: 0, max: 20}`; or, unless scaled, `unknown: {points: 0}` or `unknown: reweight`",
            );
            compiler.findings.push(Finding::error("slope-needs-cap", place.key("cap"), what, right));
        }
        Method::Slope { special: Binner::of_bins(kind, &borrowed, codes), each: slope.points_each.0, per }
    } else if let Some(quantiles) = &attribute.quantiles {
        Method::Quantiles { key: place.path.clone().unwrap_or_default(), n_special, ties: quantiles.ties }
    } else {
        Method::Bins(Binner::of_bins(kind, &borrowed, codes))
    };
    if compiler.findings.0[errors..].iter().any(|finding| finding.severity == gradus_model::Severity::Error) {
        return None;
    }
    let raw_of_slope = matches!(method, Method::Slope { .. });
    let (raw, dropped) = points_table(attribute, &bins, codes, gap, weight, raw_of_slope);
    let not_applicable_is_known = attribute.not_applicable.is_some();
    Some(AttributeTerm {
        value,
        method,
        bins,
        n_special,
        codes,
        raw,
        weight,
        dropped,
        not_applicable_is_known,
        reason: OwnReason::of(attribute),
    })
}

/// Least and greatest points of each code, and the codes that give their weight away.
fn points_table(
    attribute: &Attribute,
    bins: &[Bin],
    codes: Codes,
    gap: bool,
    weight: i64,
    slope: bool,
) -> (Vec<(i64, i64)>, BTreeSet<u16>) {
    let mut points: Vec<i64> = bins.iter().map(|bin| bin.points.0).collect();
    points.extend(attribute.not_applicable.map(|number| number.0));
    if gap {
        points.push(0);
    }
    let mut interval = (points.iter().copied().min().unwrap_or(0), points.iter().copied().max().unwrap_or(0));
    if slope {
        // The cap holds after weighting; before it the points could be anything that the cap allows.
        let cap = Limits::of(attribute.cap.as_ref());
        let unweighted = |limit: i64| {
            let product = i128::from(limit) * i128::from(FIXED_ONE);
            let away = if weight == 0 { 0 } else { product / i128::from(weight) + product.signum() };
            narrow(Some(away.clamp(-i128::from(LARGEST_POINTS), i128::from(LARGEST_POINTS))))
        };
        interval =
            (cap.min.map_or(0, unweighted).min(interval.0), cap.max.map_or(0, unweighted).max(interval.1));
    }
    let unknown = match &attribute.unknown {
        Unknown::Points(number) => (number.0, number.0),
        Unknown::Interval | Unknown::Reweight => interval,
    };
    let not_applicable = attribute.not_applicable.map_or(unknown, |number| (number.0, number.0));
    let mut raw: Vec<(i64, i64)> = bins.iter().map(|bin| (bin.points.0, bin.points.0)).collect();
    raw.extend([(0, 0), unknown, not_applicable]);
    let mut dropped = BTreeSet::new();
    if attribute.unknown == Unknown::Reweight {
        dropped.insert(codes.unknown());
        if attribute.not_applicable.is_none() {
            dropped.insert(codes.not_applicable());
        }
    }
    (raw, dropped)
}

fn compile_adjustment(
    compiler: &mut Compiler<'_>,
    adjustment: &Adjustment,
    place: &Place,
) -> Option<TermKind> {
    check_caps(compiler, adjustment.cap.as_ref(), &place.key("cap"));
    check_size(compiler, adjustment.points.0, &place.key("points"));
    match (&adjustment.when, &adjustment.per_event) {
        (Some(condition), None) => {
            let (condition, _) = compiler.condition(condition, &place.key("when"))?;
            Some(TermKind::When { condition, points: adjustment.points.0 })
        }
        (None, Some(event)) => {
            let place = place.key("per_event");
            let window = match fold_window(event.window.as_ref(), &place.key("window")) {
                Ok(window) => window,
                Err(findings) => {
                    compiler.findings.extend(findings);
                    return None;
                }
            };
            if let (Some(filter), Some(events)) = (&event.filter, compiler.context.events)
                && let Err(findings) =
                    gradus_expression::compile(filter, events, Want::Boolean, &place.key("where"))
            {
                compiler.findings.extend(findings);
                return None;
            }
            let name = compiler.request(FoldIndicator {
                name: String::new(),
                aggregate: Aggregate::Decayed { points: adjustment.points, decay: event.decay },
                filter: Some(event_filter(&event.event, event.filter.as_deref())),
                window,
            });
            let sum = compiler.formula(&gradus_expression::quote_name(&name), Want::Number, &place)?;
            Some(TermKind::PerEvent { sum })
        }
        _ => {
            let what = Text::new("when 与 per_event 须恰好写一个", "exactly one of `when`, `per_event`");
            let right = Text::new("例如 when: orders >= 3", "such as `when: orders >= 3`");
            compiler.findings.push(Finding::error("adjustment-form", place.clone(), what, right));
            None
        }
    }
}

/// Least and greatest attainable sum; findings if one of them does not exist.
fn scale(compiler: &mut Compiler<'_>, card: &mut Card, place: &Place) {
    let weights = Weights { all: card.weight, known: card.weight };
    let mut sums = vec![(0i64, 0i64); card.groups.len()];
    let mut total = (card.base, card.base);
    for term in &card.terms {
        let range = match &term.kind {
            TermKind::Attribute(attribute) => {
                let none = usize::from(attribute.codes.none());
                // The slope's own values and the gap are in the range of the unknown.
                let codes = attribute.raw.iter().enumerate().filter(|(code, _)| *code != none);
                let low = codes.clone().map(|(_, raw)| raw.0).min().unwrap_or(0);
                let high = codes.map(|(_, raw)| raw.1).max().unwrap_or(0);
                (term.contribution(low, weights), term.contribution(high, weights))
            }
            TermKind::When { points, .. } => {
                let given = term.cap.clamp(*points);
                (given.min(0), given.max(0))
            }
            TermKind::PerEvent { .. } => match (term.cap.min, term.cap.max) {
                (Some(min), Some(max)) => (min, max),
                _ => {
                    let what = Text::new(
                        "0–100 换算需要知道可达到的最低与最高分，按事件加分没有上下限",
                        "scaling to 0–100 needs the least and greatest attainable points; points per event have none",
                    );
                    let right = Text::new("写 cap: {min: -20, max: 0}", "`cap: {min: -20, max: 0}`");
                    let at = place.key("adjustments").key(&term.name).key("cap");
                    compiler.findings.push(Finding::error("scaled-needs-cap", at, what, right));
                    continue;
                }
            },
        };
        let sum = term.group.map_or(&mut total, |group| &mut sums[group]);
        *sum = (sum.0.saturating_add(range.0), sum.1.saturating_add(range.1));
    }
    for ((_, limits), sum) in card.groups.iter().zip(sums) {
        total = (total.0.saturating_add(limits.clamp(sum.0)), total.1.saturating_add(limits.clamp(sum.1)));
    }
    if total.0 >= total.1 {
        let what = Text::new(
            "所有客户得分相同，无法换算到 0–100",
            "every customer gets the same points, which cannot be stretched to 0–100",
        );
        let right = Text::new("让至少一个属性的分值有高低", "points that differ in at least one attribute");
        compiler.findings.push(Finding::error("scaled-flat", place.key("combine"), what, right));
        return;
    }
    card.scale = Some(total);
}

fn check_weight(compiler: &mut Compiler<'_>, weight: i64, combine: Combine, place: &Place) {
    if combine == Combine::Sum && weight != FIXED_ONE {
        let what = Text::new("combine 为 sum 时权重必须是 1", "with `combine: sum` every weight is 1");
        let right = Text::new(
            "删去 weight，或改为 combine: weighted_sum",
            "leave the weight out, or `combine: weighted_sum`",
        );
        compiler.findings.push(Finding::error("weight-with-sum", place.clone(), what, right));
    } else if !(0..=1_000_000 * FIXED_ONE).contains(&weight) {
        let what = Text::new("权重须在 0 与 1000000 之间", "a weight lies between 0 and 1,000,000");
        let right = Text::new("扣分请写负的分值", "negative points take points away");
        compiler.findings.push(Finding::error("weight-range", place.clone(), what, right));
    }
}

fn check_caps(compiler: &mut Compiler<'_>, caps: Option<&Caps>, place: &Place) {
    let Some(caps) = caps else { return };
    for (key, limit) in [("min", caps.min), ("max", caps.max)] {
        if let Some(limit) = limit {
            check_size(compiler, limit.0, &place.key(key));
        }
    }
    if let (Some(min), Some(max)) = (caps.min, caps.max)
        && min > max
    {
        let what =
            Text::new(format!("min {min} 大于 max {max}"), format!("min {min} is greater than max {max}"));
        compiler.findings.push(Finding::error(
            "cap-order",
            place.key("min"),
            what,
            Text::new("min 不大于 max", "`min` at most `max`"),
        ));
    }
}

fn check_size(compiler: &mut Compiler<'_>, points: i64, place: &Place) {
    // Unsigned, because the least integer has no positive twin.
    if points.unsigned_abs() > LARGEST_POINTS.unsigned_abs() / 1000 {
        let what = Text::new("分值过大", "too many points");
        let right = Text::new("绝对值不超过 10000000", "at most 10,000,000 in absolute value");
        compiler.findings.push(Finding::error("points-too-large", place.clone(), what, right));
    }
}

fn check_repeated<'n>(compiler: &mut Compiler<'_>, names: impl Iterator<Item = &'n str>, place: &Place) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let what = Text::new(format!("“{name}”写了两次"), format!("`{name}` is given twice"));
            let right = Text::new("每行一个不同的名字", "a name of its own for each line");
            compiler.findings.push(Finding::error(
                "duplicate-name",
                place.key("attributes").key(name),
                what,
                right,
            ));
        }
    }
}
