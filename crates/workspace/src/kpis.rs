//! KPIs (经营指标): figures of every tier or segment as of the newest grading. Some stand in every
//! workspace whose model has the indicators for them; the operator's own are made from any indicator, and
//! each of both may have a target.

mod definition;
mod figure;
mod standing;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use gradus_model::{Finding, Place, Text};
use serde::Serialize;

pub use self::definition::{KpiDefinition, KpiMeasure, KpiSettings, KpiTarget, KpiUnit, NamedTarget, write};
use self::figure::{Figure, Values};
use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::customers::{Find, masks};
use crate::stored::{beside, processors};
use crate::{Workspace, WorkspaceError};

/// By what customers are put together.
#[derive(Debug, Clone, PartialEq)]
pub enum KpisBy {
    /// The levels of a tier scheme; the first of the model if none is named.
    Tier(Option<String>),
    Segment,
    /// The values of an indicator that is a category: country, region, channel. The largest are told apart.
    Category(String),
}

/// Most values of a category that are told apart.
const MOST_VALUES: usize = 50;

/// All KPIs as of the newest grading.
#[derive(Debug, Clone, Serialize)]
pub struct Kpis {
    pub as_of: String,
    /// The tier scheme whose levels the groups are.
    pub scheme: Option<String>,
    /// Names the definitions and targets; whoever changes them names it.
    pub revision: String,
    pub groups: Vec<KpiGroup>,
    pub kpis: Vec<Kpi>,
}

/// Customers of whom figures are told.
#[derive(Debug, Clone, Serialize)]
pub struct KpiGroup {
    /// A level or segment; none: not graded.
    pub name: Option<String>,
    pub title: Text,
    pub n_customers: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Kpi {
    pub name: String,
    pub title: Text,
    /// How it is made, in words.
    pub words: Text,
    pub unit: KpiUnit,
    pub target: Option<KpiTarget>,
    /// Of everybody whom one may see.
    pub total: KpiFigure,
    /// In the order of the groups.
    pub rows: Vec<KpiFigure>,
    /// As the operator made it; none if it stands in every workspace.
    pub own: Option<KpiMeasure>,
    /// What keeps it from being told: its indicator is gone, or has to be graded first.
    pub trouble: Option<Text>,
}

/// One figure, and how many customers stand behind it: those whom it opens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct KpiFigure {
    /// None where there is nothing to tell: no customer, or nothing to divide by.
    pub value: Option<f64>,
    pub n_customers: u64,
}

/// The KPIs of those whom somebody may see.
///
/// # Errors
/// A finding if the model has no such tier scheme.
pub async fn kpis(
    workspace: &Workspace,
    who: &Principal,
    base: Arc<Base>,
    by: &KpisBy,
) -> Result<Kpis, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let settings = KpiSettings::read(workspace).await?;
    let (scheme, groups) = groups(&base, by)?;
    let visible = joined(masks(workspace, who, &base, &Find::default()).await?);
    let mut members = Vec::with_capacity(groups.len());
    for (find, _, _) in &groups {
        // What the group says and what somebody may see, at once.
        members.push(joined(masks(workspace, who, &base, find).await?));
    }
    let mut figures = standing::all(&base.model);
    for one in &settings.own {
        figures.push(Figure::own(workspace, &base, one).await?);
    }
    let (revision, as_of) = (settings.revision()?, base.graded.as_of.clone());
    let work = move || -> Result<(Vec<KpiGroup>, Vec<Kpi>), WorkspaceError> {
        let told = groups.into_iter().zip(&members).map(|((_, name, title), members)| KpiGroup {
            name,
            title,
            n_customers: figure::count(&base, members.as_deref()),
        });
        let told = told.collect();
        let of = |figures: &[Figure]| -> Result<Vec<Kpi>, WorkspaceError> {
            let mut values = Values::new(&base);
            let mut kpis = Vec::with_capacity(figures.len());
            for figure in figures {
                let mut rows = Vec::with_capacity(members.len());
                let total = figure.of(&mut values, visible.as_deref(), visible.as_deref())?;
                for members in &members {
                    rows.push(figure.of(&mut values, members.as_deref(), visible.as_deref())?);
                }
                kpis.push(Kpi {
                    target: settings.target(&figure.name),
                    name: figure.name.clone(),
                    title: figure.title.clone(),
                    words: figure.words.clone(),
                    unit: figure.unit,
                    total,
                    rows,
                    own: figure.own.clone(),
                    trouble: figure.trouble.clone(),
                });
            }
            Ok(kpis)
        };
        // Beside each other: those of millions of customers are waited for.
        let some = figures.len().div_ceil(processors().get()).max(1);
        let parts: Vec<&[Figure]> = figures.chunks(some).collect();
        let mut kpis = Vec::with_capacity(figures.len());
        for part in beside(&parts, |part| of(part)) {
            kpis.extend(part?);
        }
        Ok((told, kpis))
    };
    let (groups, kpis) = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| WorkspaceError::Defect(error.to_string()))??;
    Ok(Kpis { as_of, scheme, revision, groups, kpis })
}

/// Whom a KPI counts, batch by batch: those who fulfil its condition, or of whom its indicator is known.
pub(crate) async fn counted_by(
    workspace: &Workspace,
    base: &Base,
    name: &str,
) -> Result<Vec<BooleanArray>, WorkspaceError> {
    let settings = KpiSettings::read(workspace).await?;
    let standing = standing::all(&base.model).into_iter().find(|one| one.name == name);
    let figure = match (standing, settings.own.iter().find(|one| one.name == name)) {
        (Some(figure), _) => figure,
        (None, Some(own)) => Figure::own(workspace, base, own).await?,
        (None, None) => {
            return Err(Finding::error(
                "unknown-name",
                Place::default().at("kpi"),
                Text::new(format!("没有叫「{name}」的 KPI"), format!("there is no KPI “{name}”")),
                Text::new("/kpis 里有的名称", "a name that /kpis has"),
            )
            .into());
        }
    };
    figure.counted(&mut Values::new(base))
}

type Group = (Find, Option<String>, Text);

fn groups(base: &Base, by: &KpisBy) -> Result<(Option<String>, Vec<Group>), WorkspaceError> {
    let title = |title: &Option<Text>, name: &str| title.clone().unwrap_or_else(|| Text::plain(name));
    match by {
        KpisBy::Category(indicator) => Ok((None, categories(base, indicator)?)),
        KpisBy::Segment => {
            let group = |(name, one): (&str, &gradus_model::document::Segment)| {
                let find = Find { segment: Some(name.to_string()), ..Find::default() };
                (find, Some(name.to_string()), title(&one.title, name))
            };
            Ok((None, base.model.segments.iter().map(group).collect()))
        }
        KpisBy::Tier(scheme) => {
            let tiers = &base.model.tiers;
            let scheme = match scheme {
                Some(scheme) => scheme.clone(),
                None => match tiers.names().next() {
                    Some(first) => first.to_string(),
                    None => return Ok((None, Vec::new())),
                },
            };
            let found = tiers.get(&scheme).ok_or_else(|| crate::customers::unknown("tier", &scheme))?;
            let of = |level: Option<&str>| Find {
                tier: Some((scheme.clone(), level.map(String::from))),
                ..Find::default()
            };
            let mut groups: Vec<Group> = found
                .levels
                .iter()
                .map(|(name, level)| (of(Some(name)), Some(name.to_string()), title(&level.title, name)))
                .collect();
            groups.push((of(None), None, Text::new("未定级", "Not graded")));
            Ok((Some(scheme), groups))
        }
    }
}

/// The values of a category, those with most customers first.
fn categories(base: &Base, indicator: &str) -> Result<Vec<Group>, WorkspaceError> {
    base.model.indicators.get(indicator).ok_or_else(|| crate::customers::unknown("name", indicator))?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for batch in &base.graded.batches {
        let Some(column) = batch.column_by_name(indicator) else { continue };
        if column.data_type().is_numeric() {
            return Err(Finding::error(
                "no-category",
                Place::default().at("name"),
                Text::new(format!("「{indicator}」是数值，不是类别"), format!("“{indicator}” is a number")),
                Text::new("国家、地区、渠道这样的类别指标", "a category, such as country, region or channel"),
            )
            .into());
        }
        let texts = cast(column, &DataType::Utf8)?;
        for value in texts.as_string::<i32>().iter().flatten() {
            match counts.get_mut(value) {
                Some(n) => *n += 1,
                None => drop(counts.insert(value.to_string(), 1)),
            }
        }
    }
    let mut all: Vec<(String, u64)> = counts.into_iter().collect();
    all.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    all.truncate(MOST_VALUES);
    let group = |(value, _): (String, u64)| {
        let find = Find { category: Some((indicator.to_string(), value.clone())), ..Find::default() };
        let title = Text::plain(&value);
        (find, Some(value), title)
    };
    Ok(all.into_iter().map(group).collect())
}

/// The rows that pass every filter; `None` if all do.
fn joined(filters: Vec<Vec<BooleanArray>>) -> Option<Vec<BooleanArray>> {
    let mut filters = filters.into_iter();
    let first = filters.next()?;
    Some(filters.fold(first, |so_far, next| {
        let both = |(a, b): (&BooleanArray, &BooleanArray)| BooleanArray::new(a.values() & b.values(), None);
        so_far.iter().zip(&next).map(both).collect()
    }))
}
