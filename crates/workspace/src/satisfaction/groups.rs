//! Customers put together by anything that is stored of them: the levels of a scheme, a segment, a grouping, a
//! category, or bands of a number; each group with the filters that list it.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use gradus_grading::grade::OutputKind;
use gradus_model::Text;
use gradus_stats::quantile::quantiles_f64;
use gradus_stats::tile::{Ties, bins_from_edges};
use serde::Serialize;

use crate::WorkspaceError;
use crate::base::Base;
use crate::customers::{NumberRange, unknown_among};

/// Values of a category that are told apart; the others count as one.
const MOST_VALUES: usize = 30;
/// Bands of a number.
const N_BANDS: u32 = 5;

/// Filters of `/customers/search` that list exactly those who are counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Opens {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<OpensTier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<OpensGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<OpensCategory>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<NumberRange>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpensTier {
    pub scheme: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpensGroup {
    pub grouping: String,
    pub group: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpensCategory {
    pub indicator: String,
    pub value: String,
}

/// One group.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// A level, value or band; none: there is no value.
    pub name: Option<String>,
    pub title: Text,
    /// None where no filter says it: the rare values of a category, who is not in a segment.
    pub opens: Option<Opens>,
}

/// A column that puts customers together.
#[derive(Debug)]
pub(super) struct Groups {
    pub name: String,
    pub title: Text,
    /// The groups ascend: levels, bands.
    pub ordered: bool,
    pub heads: Vec<Head>,
    /// By a customer's place in the base.
    pub of: Vec<u32>,
}

impl Groups {
    /// # Errors
    /// A finding if nothing of this name is stored of customers.
    pub fn of(base: &Base, name: &str, place: &'static str) -> Result<Groups, WorkspaceError> {
        let shown = |kind: OutputKind| {
            matches!(
                kind,
                OutputKind::Tier
                    | OutputKind::Segment
                    | OutputKind::Grouping
                    | OutputKind::Indicator
                    | OutputKind::Score
            )
        };
        let columns = &base.graded.columns;
        let known = columns.iter().find(|column| column.name == name && shown(column.kind));
        let names = || columns.iter().filter(|column| shown(column.kind)).map(|column| column.name.as_str());
        let known = known.ok_or_else(|| unknown_among(place, name, names()))?;
        let values: Vec<&dyn Array> = base
            .graded
            .batches
            .iter()
            .map(|batch| batch.column_by_name(name).map(|column| column.as_ref()))
            .collect::<Option<_>>()
            .ok_or_else(|| WorkspaceError::Defect(format!("the grades have no column {name}")))?;
        let is_number = values.first().is_some_and(|one| one.data_type().is_numeric());
        let mut out = Groups {
            name: name.to_string(),
            title: known.title.clone(),
            ordered: known.kind == OutputKind::Tier || is_number,
            heads: Vec::new(),
            of: Vec::new(),
        };
        if is_number {
            out.bands(base, &values)?;
        } else {
            out.names(base, &values, known.kind, &known.values)?;
        }
        Ok(out)
    }

    fn names(
        &mut self,
        base: &Base,
        values: &[&dyn Array],
        kind: OutputKind,
        declared: &[(String, Text)],
    ) -> Result<(), WorkspaceError> {
        let texts = values.iter().map(|one| cast(*one, &DataType::Utf8)).collect::<Result<Vec<_>, _>>()?;
        let mut names: Vec<(String, Text)> = declared.to_vec();
        if kind == OutputKind::Segment
            || values.first().is_some_and(|one| *one.data_type() == DataType::Boolean)
        {
            names = vec![
                ("false".into(), Text::new("不在其中", "not in it")),
                ("true".into(), Text::new("在其中", "in it")),
            ];
        } else if names.is_empty() {
            let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
            texts.iter().for_each(|texts| {
                texts
                    .as_string::<i32>()
                    .iter()
                    .flatten()
                    .for_each(|text| *counts.entry(text).or_default() += 1);
            });
            let mut order: Vec<(&str, u64)> = counts.into_iter().collect();
            order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
            order.truncate(MOST_VALUES);
            names = order.into_iter().map(|(text, _)| (text.to_string(), Text::plain(text))).collect();
        }
        let place: BTreeMap<&str, u32> =
            names.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at as u32)).collect();
        let (others, none) = (names.len() as u32, names.len() as u32 + 1);
        let mut of = vec![none; base.n_customers()];
        for (at, (_, batch, row)) in base.rows().enumerate() {
            let texts = texts[batch].as_string::<i32>();
            if texts.is_valid(row) {
                of[at] = place.get(texts.value(row)).copied().unwrap_or(others);
            }
        }
        self.heads = names
            .iter()
            .map(|(name, title)| Head {
                name: Some(name.clone()),
                title: title.clone(),
                opens: opens(kind, &self.name, Some(name)),
            })
            .collect();
        self.heads.push(Head { name: None, title: Text::new("其他", "others"), opens: None });
        let title = match kind {
            OutputKind::Tier => Text::new("未定级", "not graded"),
            _ => Text::new("没有值", "no value"),
        };
        self.heads.push(Head { name: None, title, opens: opens(kind, &self.name, None) });
        self.keep_used(of);
        Ok(())
    }

    fn bands(&mut self, base: &Base, values: &[&dyn Array]) -> Result<(), WorkspaceError> {
        let numbers =
            values.iter().map(|one| cast(*one, &DataType::Float64)).collect::<Result<Vec<_>, _>>()?;
        let all: Vec<Option<f64>> = base
            .rows()
            .map(|(_, batch, row)| {
                let numbers = numbers[batch].as_primitive::<Float64Type>();
                numbers.is_valid(row).then(|| numbers.value(row)).filter(|value| value.is_finite())
            })
            .collect();
        let known: Vec<f64> = all.iter().flatten().copied().collect();
        let edges = quantiles_f64(&[&known], N_BANDS).unwrap_or_default();
        let bins = bins_from_edges(&edges, Ties::Merge);
        let none = bins.bins.len() as u32;
        let of = all.iter().map(|value| value.map_or(none, |value| u32::from(bins.bin_of(value)))).collect();
        for at in 0..bins.bins.len() {
            let (above, up_to) =
                (at.checked_sub(1).map(|below| bins.cuts[below]), bins.cuts.get(at).copied());
            let title = match (above, up_to) {
                (None, None) => Text::new("全部", "all"),
                (None, Some(up_to)) => Text::new(format!("不超过 {up_to}"), format!("up to {up_to}")),
                (Some(above), None) => Text::new(format!("超过 {above}"), format!("above {above}")),
                (Some(above), Some(up_to)) => {
                    Text::new(format!("{above} 以上至 {up_to}"), format!("above {above}, up to {up_to}"))
                }
            };
            let range = NumberRange { name: self.name.clone(), above, up_to, ..NumberRange::default() };
            self.heads.push(Head {
                name: Some((at + 1).to_string()),
                title,
                opens: Some(Opens { ranges: vec![range], ..Opens::default() }),
            });
        }
        let unknown = NumberRange { name: self.name.clone(), unknown: true, ..NumberRange::default() };
        let opens = Some(Opens { ranges: vec![unknown], ..Opens::default() });
        self.heads.push(Head { name: None, title: Text::new("没有值", "no value"), opens });
        self.keep_used(of);
        Ok(())
    }

    /// Leaves out groups that hold nobody, but for those that the model names.
    fn keep_used(&mut self, of: Vec<u32>) {
        let mut used = vec![false; self.heads.len()];
        of.iter().for_each(|group| used[*group as usize] = true);
        let keep: Vec<bool> =
            self.heads.iter().zip(&used).map(|(head, used)| *used || head.name.is_some()).collect();
        let mut next = 0;
        let place: Vec<u32> = keep
            .iter()
            .map(|keep| {
                let own = next;
                next += u32::from(*keep);
                own
            })
            .collect();
        let mut keeps = keep.iter();
        self.heads.retain(|_| keeps.next().copied().unwrap_or(false));
        self.of = of.into_iter().map(|group| place[group as usize]).collect();
    }
}

fn opens(kind: OutputKind, column: &str, value: Option<&str>) -> Option<Opens> {
    let (name, given) = (column.to_string(), value.map(String::from));
    let out = Opens::default();
    Some(match (kind, given) {
        (OutputKind::Tier, level) => Opens { tier: Some(OpensTier { scheme: name, level }), ..out },
        (OutputKind::Segment, Some(value)) if value == "true" => Opens { segment: Some(name), ..out },
        (OutputKind::Segment, _) => return None,
        (OutputKind::Grouping, Some(group)) => {
            Opens { group: Some(OpensGroup { grouping: name, group }), ..out }
        }
        (OutputKind::Grouping, None) => return None,
        (_, Some(value)) => Opens { category: Some(OpensCategory { indicator: name, value }), ..out },
        (_, None) => {
            Opens { ranges: vec![NumberRange { name, unknown: true, ..NumberRange::default() }], ..out }
        }
    })
}

/// Both filters at once; none if one of them cannot be said, or both want the same one.
pub(super) fn both(one: &Opens, other: &Opens) -> Option<Opens> {
    fn either<T: Clone>(one: &Option<T>, other: &Option<T>) -> Option<Option<T>> {
        match (one, other) {
            (Some(_), Some(_)) => None,
            (Some(one), None) => Some(Some(one.clone())),
            (None, other) => Some(other.clone()),
        }
    }
    Some(Opens {
        tier: either(&one.tier, &other.tier)?,
        segment: either(&one.segment, &other.segment)?,
        group: either(&one.group, &other.group)?,
        category: either(&one.category, &other.category)?,
        ranges: one.ranges.iter().chain(&other.ranges).cloned().collect(),
    })
}
