//! What names mean in a PMML model: fields of the data dictionary with what the mining schema
//! says of missing and outlying values, and derived fields, written out in place.

use std::collections::BTreeMap;

use super::super::term::{Operator, Term};
use super::super::xml::Element;
use super::super::{Input, unsupported};
use super::formula;
use crate::{Finding, Findings, Text};

/// Parts of one formula at most, derived fields written out.
pub(super) const MAX_PARTS: usize = 2000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataType {
    Text,
    Integer,
    Number,
    Boolean,
    Date,
}

impl DataType {
    /// `None` for types that no column here has.
    pub(super) fn of(word: &str) -> Option<DataType> {
        match word {
            "string" => Some(DataType::Text),
            "integer" => Some(DataType::Integer),
            "float" | "double" => Some(DataType::Number),
            "boolean" => Some(DataType::Boolean),
            "date" => Some(DataType::Date),
            _ => None,
        }
    }

    /// A constant of this type.
    pub(super) fn literal(self, text: &str) -> Option<Term> {
        match self {
            DataType::Text => Some(Term::Text(text.to_owned())),
            DataType::Integer | DataType::Number => Term::number(text),
            DataType::Boolean => match text {
                "true" | "1" => Some(Term::Boolean(true)),
                "false" | "0" => Some(Term::Boolean(false)),
                _ => None,
            },
            DataType::Date => text.parse::<jiff::civil::Date>().ok().map(|date| Term::Date(date.to_string())),
        }
    }
}

/// One name and what it stands for.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub data_type: DataType,
    pub term: Term,
}

impl Field {
    /// One that was refused: what reads it is not wrong for that.
    fn unread(name: &str) -> Field {
        Field { data_type: DataType::Text, term: Term::name(name) }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Fields(BTreeMap<String, Field>);

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Field> {
        self.0.get(name)
    }

    /// The field that an element names, or a finding.
    pub(super) fn named(&self, element: Element<'_>, name: &str) -> Result<&Field, Finding> {
        self.get(name).ok_or_else(|| {
            let what =
                Text::new(format!("没有名为「{name}」的字段"), format!("there is no field named “{name}”"));
            let right = Text::new(
                "DataDictionary 与 MiningSchema 里的字段，或前面的 DerivedField",
                "a field of DataDictionary and MiningSchema, or a DerivedField before it",
            );
            Finding::error("exchange-unknown-field", element.place(), what, right)
        })
    }
}

/// Reads the fields of a model.
pub(super) fn read(
    root: Element<'_>,
    model: Element<'_>,
    inputs: &mut Vec<Input>,
    findings: &mut Findings,
) -> Fields {
    let mut fields = Fields::default();
    let dictionary: BTreeMap<&str, Element<'_>> = root
        .child("DataDictionary")
        .into_iter()
        .flat_map(|dictionary| dictionary.all("DataField"))
        .filter_map(|field| Some((field.attribute("name")?, field)))
        .collect();
    for mining in model.child("MiningSchema").into_iter().flat_map(|schema| schema.all("MiningField")) {
        let Some(name) = mining.attribute("name") else { continue };
        if !matches!(mining.attribute("usageType").unwrap_or("active"), "active" | "supplementary") {
            continue;
        }
        let Some(data) = dictionary.get(name) else {
            let what = Text::new(
                format!("DataDictionary 里没有字段「{name}」"),
                format!("DataDictionary has no field “{name}”"),
            );
            let right = Text::new("为它写一个 DataField", "a DataField for it");
            findings.push(Finding::error("exchange-unknown-field", mining.place(), what, right));
            continue;
        };
        let kind = data.attribute("dataType").unwrap_or_default().to_owned();
        let input = Input { name: name.to_owned(), kind };
        if !inputs.contains(&input) {
            inputs.push(input);
        }
        let field = mined(name, *data, mining).unwrap_or_else(|finding| {
            findings.push(finding);
            Field::unread(name)
        });
        fields.0.insert(name.to_owned(), field);
    }
    let derived = [root.child("TransformationDictionary"), model.child("LocalTransformations")];
    derived.into_iter().flatten().for_each(|derived| derive(derived, &mut fields, findings));
    fields
}

/// Adds what is derived from other fields.
pub(super) fn derive(all: Element<'_>, fields: &mut Fields, findings: &mut Findings) {
    for derived in all.own() {
        if derived.name() == "Extension" {
            continue;
        }
        let read = match derived.name() {
            "DerivedField" => read_derived(derived, fields),
            _ => Err(unsupported(
                derived.place(),
                Text::new("不支持自定义函数", "functions of one's own are not supported"),
                Text::new("把函数写进 DerivedField", "the function written out in a DerivedField"),
            )),
        };
        let field = read.unwrap_or_else(|finding| {
            findings.push(finding);
            Field::unread(derived.attribute("name").unwrap_or_default())
        });
        fields.0.insert(derived.attribute("name").unwrap_or_default().to_owned(), field);
    }
}

/// What a field says its values are.
fn type_of(field: Element<'_>) -> Result<DataType, Finding> {
    let word = field.attribute("dataType").unwrap_or_default();
    DataType::of(word).ok_or_else(|| {
        unsupported(
            field.place(),
            Text::new(
                format!("不支持字段类型 `{word}`"),
                format!("the type of field `{word}` is not supported"),
            ),
            Text::new(
                "string、integer、float、double、boolean 或 date",
                "string, integer, float, double, boolean or date",
            ),
        )
    })
}

/// A field with what is done to missing, listed and outlying values before anything reads it.
fn mined(name: &str, data: Element<'_>, mining: Element<'_>) -> Result<Field, Finding> {
    let data_type = type_of(data)?;
    let literal =
        |element: Element<'_>, text: &str| data_type.literal(text).ok_or_else(|| bad_constant(element, text));
    let mut term = Term::name(name);
    let stated = |property: &str| {
        data.all("Value")
            .filter(|value| value.attribute("property").unwrap_or("valid") == property)
            .collect::<Vec<_>>()
    };
    let mut missing = stated("missing");
    let treatment = mining.attribute("invalidValueTreatment").unwrap_or("returnInvalid");
    match treatment {
        "returnInvalid" | "asIs" => {}
        "asMissing" => missing.extend(stated("invalid")),
        other => return Err(attribute_unsupported(mining, "invalidValueTreatment", other)),
    }
    if !missing.is_empty() {
        let mut list = Vec::new();
        for value in missing {
            let text = value.attribute("value").unwrap_or_default();
            // LightGBM's and XGBoost's files name what their programs have for a missing number; here it is unknown
            // from the start.
            if is_no_number(data_type, text) {
                continue;
            }
            list.push(literal(value, text)?);
        }
        if !list.is_empty() {
            let kept = Term::NotIn(Box::new(term.clone()), list);
            term = Term::Case(vec![(kept, term)], None);
        }
    }
    if treatment == "asMissing" {
        let mut listed = Vec::new();
        for value in stated("valid") {
            listed.push(literal(value, value.attribute("value").unwrap_or_default())?);
        }
        let mut valid = Vec::new();
        if !listed.is_empty() {
            valid.push(Term::In(Box::new(term.clone()), listed));
        }
        for interval in data.all("Interval") {
            valid.push(formula::interval(interval, &term)?);
        }
        if !valid.is_empty() {
            term = Term::Case(vec![(Term::joined(Operator::Or, valid), term)], None);
        }
    }
    let outliers = mining.attribute("outliers").unwrap_or("asIs");
    if outliers != "asIs" {
        let limits = (mining.attribute("lowValue"), mining.attribute("highValue"));
        let (Some(low), Some(high)) = limits else {
            return Err(attribute_unsupported(mining, "outliers", outliers));
        };
        let (low, high) = (literal(mining, low)?, literal(mining, high)?);
        let below = Term::binary(Operator::Less, term.clone(), low.clone());
        let above = Term::binary(Operator::Greater, term.clone(), high.clone());
        let outside = |below_is: Term, above_is: Term, term: &Term| {
            Term::Case(
                vec![(below.clone(), below_is), (above.clone(), above_is)],
                Some(Box::new(term.clone())),
            )
        };
        term = match outliers {
            "asExtremeValues" => outside(low, high, &term),
            "asMissingValues" => outside(Term::Null, Term::Null, &term),
            other => return Err(attribute_unsupported(mining, "outliers", other)),
        };
    }
    if mining.attribute("missingValueTreatment") == Some("returnInvalid") {
        return Err(attribute_unsupported(mining, "missingValueTreatment", "returnInvalid"));
    }
    if let Some(replacement) = mining.attribute("missingValueReplacement") {
        term = term.or_else(literal(mining, replacement)?);
    }
    Ok(Field { data_type, term: bounded(mining, term)? })
}

/// `NaN` of a field of numbers.
fn is_no_number(data_type: DataType, text: &str) -> bool {
    matches!(data_type, DataType::Integer | DataType::Number) && text.trim().eq_ignore_ascii_case("nan")
}

fn read_derived(derived: Element<'_>, fields: &Fields) -> Result<Field, Finding> {
    let data_type = type_of(derived)?;
    let Some(formula) = derived.own().find(|child| !matches!(child.name(), "Extension" | "Value")) else {
        return Err(missing_part(derived, "FieldRef / Apply / …"));
    };
    let term = formula::read(formula, fields, 0)?;
    Ok(Field { data_type, term })
}

pub(super) fn bad_constant(element: Element<'_>, text: &str) -> Finding {
    let shown: String = text.chars().take(40).collect();
    Finding::error(
        "exchange-constant",
        element.place(),
        Text::new(
            format!("「{shown}」不是该字段类型的值"),
            format!("“{shown}” is no value of the type of the field"),
        ),
        Text::new("与字段的 dataType 一致的值", "a value of the field's `dataType`"),
    )
}

pub(super) fn attribute_unsupported(element: Element<'_>, attribute: &str, value: &str) -> Finding {
    let known = match attribute {
        "operator" => {
            "equal / notEqual / lessThan / lessOrEqual / greaterThan / greaterOrEqual / isMissing / isNotMissing"
        }
        "booleanOperator" if element.name() == "SimpleSetPredicate" => "isIn / isNotIn",
        "booleanOperator" => "and / or / xor / surrogate",
        "reasonCodeAlgorithm" => "pointsAbove / pointsBelow",
        "closure" => "openOpen / openClosed / closedOpen / closedClosed",
        "outliers" => "asIs / asMissingValues / asExtremeValues (lowValue, highValue)",
        "invalidValueTreatment" => "returnInvalid / asIs / asMissing",
        _ => "",
    };
    let right = match known {
        "" => Text::new(format!("删去 {attribute}"), format!("{attribute} left out")),
        known => Text::plain(known),
    };
    let what = Text::new(
        format!("不支持 {attribute}=\"{value}\""),
        format!("{attribute}=\"{value}\" is not supported"),
    );
    unsupported(element.place(), what, right)
}

pub(super) fn missing_part(element: Element<'_>, part: &str) -> Finding {
    Finding::error(
        "exchange-missing-part",
        element.place(),
        Text::new(format!("缺少 {part}"), format!("{part} is missing")),
        Text::new(format!("补上 {part}"), format!("{part} given")),
    )
}

/// Formulas are written out wherever they are named, so that a few lines could become millions.
pub(super) fn bounded(element: Element<'_>, term: Term) -> Result<Term, Finding> {
    if term.size() <= MAX_PARTS { Ok(term) } else { Err(too_large(element)) }
}

/// The same before anything is written out: `n` times a term.
pub(super) fn times_bounded(element: Element<'_>, n: usize, of: &Term) -> Result<(), Finding> {
    if of.size().saturating_mul(n) <= MAX_PARTS { Ok(()) } else { Err(too_large(element)) }
}

pub(super) fn too_large(element: Element<'_>) -> Finding {
    unsupported(
        element.place(),
        Text::new(
            format!("公式展开后超过 {MAX_PARTS} 个部分"),
            format!("written out, the formula has more than {MAX_PARTS} parts"),
        ),
        Text::new(
            "拆成几个评分项，或先算成指标",
            "several characteristics, or an indicator for a part of it",
        ),
    )
}
