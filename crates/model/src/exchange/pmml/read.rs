//! A PMML file becomes scorecards.

use super::super::term::{Term, plain_digits};
use super::super::xml::Element;
use super::super::{Input, free_name, name_of_file, unsupported};
use super::fields::{self, Fields, attribute_unsupported, missing_part};
use super::shape::{self, Row, Score};
use super::{formula, predicate, trained};
use crate::document::{
    Adjustment, Attribute, Caps, Condition, Model, Number, ReasonRank, Reasons, Scorecard, Unknown,
};
use crate::fixed::Fixed;
use crate::{Finding, Findings, Text};

/// Points in absolute value at most, as everywhere in a scorecard.
pub(super) const LARGEST_POINTS: i64 = 10_000_000;

/// Elements of a PMML file that are no model.
const BESIDE: [&str; 5] =
    ["Header", "MiningBuildTask", "DataDictionary", "TransformationDictionary", "Extension"];

pub(crate) fn read(
    document_name: &str,
    root: Element<'_>,
    inputs: &mut Vec<Input>,
    findings: &mut Findings,
) -> Model {
    let mut part = Model::default();
    let version = root.attribute("version").unwrap_or_default();
    if !["4.1", "4.2", "4.3", "4.4"].iter().any(|known| version.starts_with(known)) {
        findings.push(unsupported(
            root.place(),
            Text::new(format!("不支持 PMML {version}"), format!("PMML {version} is not supported")),
            Text::new("PMML 4.1 至 4.4", "PMML 4.1 to 4.4"),
        ));
        return part;
    }
    for model in root.own() {
        if BESIDE.contains(&model.name()) {
            continue;
        }
        if trained::MODELS.contains(&model.name()) {
            let name = model.attribute("modelName").filter(|name| !name.is_empty()).map(str::to_owned);
            let name = name.or_else(|| name_of_file(document_name)).unwrap_or_else(|| "trained".into());
            let name = free_name(&name, |name| part.predictions.get(name).is_some());
            part.predictions.0.extend(trained::read(root, model, inputs, findings).map(|one| (name, one)));
            continue;
        }
        if model.name() != "Scorecard" {
            findings.push(unsupported(
                model.place(),
                Text::new(
                    format!("不支持模型 `{}`", model.name()),
                    format!("the model `{}` is not supported", model.name()),
                ),
                Text::new(
                    "Scorecard、RegressionModel、GeneralRegressionModel、TreeModel 或 MiningModel；其他模型的结果可作为字段导入",
                    "Scorecard, RegressionModel, GeneralRegressionModel, TreeModel or MiningModel; what others give can be imported as a field",
                ),
            ));
            continue;
        }
        let name = model.attribute("modelName").filter(|name| !name.is_empty()).unwrap_or("scorecard");
        let name = free_name(name, |name| part.scorecards.get(name).is_some());
        let card = scorecard(root, model, inputs, findings);
        part.scorecards.0.push((name, card));
    }
    if part.scorecards.is_empty() && part.predictions.is_empty() && !findings.has_errors() {
        findings.push(missing_part(root, "Scorecard"));
    }
    part
}

fn scorecard(
    root: Element<'_>,
    model: Element<'_>,
    inputs: &mut Vec<Input>,
    findings: &mut Findings,
) -> Scorecard {
    if model.attribute("isScorable") == Some("false") {
        findings.push(attribute_unsupported(model, "isScorable", "false"));
    }
    let fields = fields::read(root, model, inputs, findings);
    let mut reading = Reading { fields: &fields, findings, partial: false };
    let use_reasons = model.attribute("useReasonCodes") != Some("false");
    let mut card = Scorecard {
        title: titled(model, "title"),
        description: titled(model, "description"),
        combine: Default::default(),
        base_points: reading.points(model, "initialScore").filter(|points| points.0 != 0),
        attributes: Default::default(),
        adjustments: Default::default(),
        groups: Default::default(),
        total: None,
        reasons: use_reasons.then(|| reading.reasons(model)).flatten(),
    };
    for child in model.own() {
        match child.name() {
            "Characteristics" => {
                for characteristic in child.all("Characteristic") {
                    reading.characteristic(characteristic, use_reasons, &mut card);
                }
            }
            "Targets" => card.total = reading.targets(child),
            // What is made of the score afterwards is not part of it.
            "Output" | "ModelVerification" | "ModelStats" | "ModelExplanation" => {
                reading.findings.push(Finding::note(
                    "exchange-left-out",
                    child.place(),
                    Text::new(
                        format!("`{}` 不影响得分，没有导入", child.name()),
                        format!("`{}` does not bear on the score and is left out", child.name()),
                    ),
                    Text::default(),
                ))
            }
            _ => {}
        }
    }
    if card.attributes.is_empty() && card.adjustments.is_empty() {
        reading.findings.push(missing_part(model, "Characteristic"));
    }
    if reading.partial {
        reading.findings.push(Finding::note(
            "exchange-no-score",
            model.place(),
            Text::new(
                "有评分项没有为缺失值写分值：PMML 此时不给出得分，这里给出得分所在的区间",
                "some characteristics give no points for a missing value: PMML then gives no score, and here the score is the interval that it lies in",
            ),
            Text::new("若缺失值应有分值，写 unknown: {points: …}", "`unknown: {points: …}` if missing values shall have points"),
        ));
    }
    card
}

/// A title that this program wrote, in both languages.
pub(super) fn titled(element: Element<'_>, what: &str) -> Option<Text> {
    let said = |lang: &str| extension(element, &format!("{what}.{lang}"));
    match (said("zh"), said("en")) {
        (None, None) => None,
        (zh, en) => Some(Text::new(zh.or(en).unwrap_or_default(), en.or(zh).unwrap_or_default())),
    }
}

pub(super) fn extension<'x>(element: Element<'x>, name: &str) -> Option<&'x str> {
    let found = element.all("Extension").find(|extension| extension.attribute("name") == Some(name));
    found.and_then(|extension| extension.attribute("value"))
}

struct Reading<'a> {
    fields: &'a Fields,
    findings: &'a mut Findings,
    /// A characteristic gives nothing for missing values.
    partial: bool,
}

impl Reading<'_> {
    /// Points of an attribute of an element; rounded to four digits, which is said.
    fn points(&mut self, element: Element<'_>, name: &str) -> Option<Number> {
        let text = element.attribute(name)?;
        let Some((points, exact)) = rounded(text) else {
            let shown: String = text.chars().take(40).collect();
            self.findings.push(Finding::error(
                "exchange-constant",
                element.place(),
                Text::new(
                    format!("{name} 的「{shown}」不是分值"),
                    format!("“{shown}” of {name} are no points"),
                ),
                Text::new("绝对值不超过 10000000 的数字", "a number, at most 10,000,000 in absolute value"),
            ));
            return None;
        };
        if !exact {
            let what = Text::new(
                format!("{name}=\"{text}\" 四舍五入为 {points}"),
                format!("{name}=\"{text}\" is rounded to {points}"),
            );
            let right = Text::new(
                "分值最多四位小数；每一项的差别不超过 0.00005",
                "points have at most four digits after the point; each differs by 0.00005 at most",
            );
            self.findings.push(Finding::warning("exchange-digits", element.place(), what, right));
        }
        Some(points)
    }

    fn reasons(&mut self, model: Element<'_>) -> Option<Reasons> {
        let baseline = self.points(model, "baselineScore");
        let rank = match model.attribute("reasonCodeAlgorithm").unwrap_or("pointsBelow") {
            "pointsAbove" => ReasonRank::PointsAbove,
            "pointsBelow" => ReasonRank::PointsBelow,
            other => {
                self.findings.push(attribute_unsupported(model, "reasonCodeAlgorithm", other));
                return None;
            }
        };
        Some(Reasons { rank, baseline })
    }

    /// Limits on the score; everything else that a target does would change it.
    fn targets(&mut self, targets: Element<'_>) -> Option<Caps> {
        let mut caps = Caps::default();
        for target in targets.all("Target") {
            for name in ["castInteger", "rescaleConstant", "rescaleFactor"] {
                let usual = match name {
                    "rescaleConstant" => "0",
                    "rescaleFactor" => "1",
                    _ => "",
                };
                let said = target.attribute(name).filter(|own| plain_digits(own).as_deref() != Some(usual));
                if let Some(said) = said {
                    self.findings.push(attribute_unsupported(target, name, said));
                }
            }
            caps.min = self.points(target, "min").or(caps.min);
            caps.max = self.points(target, "max").or(caps.max);
        }
        (caps != Caps::default()).then_some(caps)
    }

    fn characteristic(&mut self, element: Element<'_>, use_reasons: bool, card: &mut Scorecard) {
        let number = card.attributes.len() + card.adjustments.len() + 1;
        let name = element.attribute("name").filter(|name| !name.is_empty());
        let name = name.map_or_else(|| format!("characteristic_{number}"), str::to_owned);
        let taken = |name: &str| card.attributes.get(name).is_some() || card.adjustments.get(name).is_some();
        let name = free_name(&name, taken);
        let mut rows = Vec::new();
        for attribute in element.all("Attribute") {
            match self.row(attribute, use_reasons) {
                Ok(Some(row)) => rows.push(row),
                Ok(None) => {}
                Err(finding) => self.findings.push(finding),
            }
        }
        if rows.is_empty() {
            if !self.findings.has_errors() {
                self.findings.push(missing_part(element, "Attribute"));
            }
            return;
        }
        let title = titled(element, "title");
        let group = extension(element, "group").map(str::to_owned);
        if extension(element, "form") == Some("adjustment")
            && let [Row { when, score: Score::Points(points), .. }, Row { when: Term::Boolean(true), .. }] =
                rows.as_slice()
        {
            let when = Some(Condition::Sql(when.to_string()));
            let adjustment = Adjustment { title, when, per_event: None, points: *points, group, cap: None };
            card.adjustments.0.push((name, adjustment));
            return;
        }
        let whole = whole_numbers(element, self.fields);
        let shaped = shape::shape(rows, whole, self.findings);
        self.partial |= shaped.unknown == Unknown::Interval;
        let baseline = if use_reasons { self.points(element, "baselineScore") } else { None };
        let reason = element.attribute("reasonCode").filter(|_| use_reasons).map(str::to_owned);
        card.attributes.0.push((
            name,
            Attribute {
                title,
                value: shaped.value.map(|value| value.to_string()).unwrap_or_default(),
                weight: None,
                group,
                bins: shaped.bins,
                quantiles: None,
                slope: None,
                cases: shaped.cases,
                special: shaped.special,
                unknown: shaped.unknown,
                unknown_reason: shaped.unknown_reason,
                not_applicable: None,
                cap: shaped.cap,
                monotone: None,
                reason,
                baseline,
            },
        ));
    }

    fn row<'x>(&mut self, attribute: Element<'x>, use_reasons: bool) -> Result<Option<Row<'x>>, Finding> {
        let when = predicate::read(predicate::of(attribute)?, self.fields)?;
        let score = match attribute.child("ComplexPartialScore") {
            Some(complex) => {
                let Some(inside) = complex.own().find(|child| child.name() != "Extension") else {
                    return Err(missing_part(complex, "Apply / FieldRef / Constant"));
                };
                Score::Formula(formula::read(inside, self.fields, 0)?)
            }
            None => {
                if attribute.attribute("partialScore").is_none() {
                    return Err(missing_part(attribute, "partialScore"));
                }
                let Some(points) = self.points(attribute, "partialScore") else { return Ok(None) };
                Score::Points(points)
            }
        };
        let reason = attribute.attribute("reasonCode").filter(|_| use_reasons).map(str::to_owned);
        Ok(Some(Row { when, score, title: titled(attribute, "title"), reason, element: attribute }))
    }
}

/// True if what the predicates compare is a whole number, so that `> 4` is `from: 5`.
fn whole_numbers(characteristic: Element<'_>, fields: &Fields) -> bool {
    fn named<'x>(element: Element<'x>, found: &mut Vec<&'x str>) {
        found.extend(element.attribute("field"));
        element.own().for_each(|child| named(child, found));
    }
    let mut found = Vec::new();
    for attribute in characteristic.all("Attribute") {
        if let Ok(predicate) = predicate::of(attribute) {
            named(predicate, &mut found);
        }
    }
    let whole =
        |name: &str| fields.get(name).is_some_and(|field| field.data_type == fields::DataType::Integer);
    !found.is_empty() && found.into_iter().all(whole)
}

/// A number with four digits, and whether that is all of it.
pub(super) fn rounded(text: &str) -> Option<(Fixed, bool)> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = plain_digits(digits)?;
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    let kept: String = part.chars().take(4).collect();
    let fixed: Fixed = format!("{whole}.{kept}").parse().ok()?;
    let up = part.as_bytes().get(4).is_some_and(|digit| *digit >= b'5');
    let units = fixed.0.checked_add(i64::from(up))?;
    let fixed = Fixed(if negative { -units } else { units });
    (units <= LARGEST_POINTS * crate::fixed::FIXED_ONE).then_some((fixed, part.len() <= 4))
}
