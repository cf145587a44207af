//! `gradus satisfaction`: what customers answered when asked, who answered, and what it says of those who stay and
//! those who leave. Each customer's latest answer counts; groups are those of the graded base.

mod grid;
mod groups;
mod looked;
mod measure;
mod question;
mod refusals;
mod text;
mod topics;

use std::collections::BTreeSet;
use std::sync::Arc;

use gradus_feedback::interval::Interval;
use gradus_model::{Finding, Findings, Place, Text};
use gradus_stats::proportion::wilson;
use serde::{Deserialize, Serialize};

use self::groups::Groups;
use self::question::BANDS;
use crate::access::Principal;
use crate::base::Base;
use crate::customers::{CustomerList, Find, search};
use crate::{Progress, Workspace, WorkspaceError, moves};
use looked::Looked;
use refusals::{no_answers, no_cell, not_stored, unknown_corner};

pub use self::grid::{Corner, Grid, GridCell, GridHead};
pub use self::groups::{Opens, OpensCategory, OpensGroup, OpensTier};
pub use self::measure::{Bias, BiasBy, GroupMeasured, Measured};
pub use self::question::{Measure, Question};
pub use self::topics::{Topic, Topics};

/// Of intervals.
pub(crate) const LEVEL: f64 = 0.95;

/// What is asked, as it is typed. What is left out is found in the sources and the model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SatisfactionRequest {
    /// `nps`, `csat` or `ces`.
    pub measure: Option<String>,
    /// The field of events with the answer, or an expression over them.
    pub field: Option<String>,
    /// The kind of event that holds it; any if left out.
    pub kind: Option<String>,
    /// The greatest answer of CSAT: 5, 7 or 10.
    pub scale: Option<u32>,
    /// How others rate customers, and not what customers answer: drivers, hosts, staff.
    pub of_customers: bool,
    /// Answers of so long before the instant: `90d`, `12 months`; all of them if left out.
    pub window: Option<String>,
    /// What customers are put together by: a scheme, segment, grouping, indicator or score; the first tier
    /// scheme if left out.
    pub by: Option<String>,
    /// What the answers are weighted by; as `by` if empty.
    pub weigh_by: Vec<String>,
    /// What says how loyal somebody is; as `by` if left out.
    pub loyalty: Option<String>,
    /// Who is leaving: a segment, or a condition over what is stored of customers.
    pub leaving: Option<String>,
    /// Who is loyal, in the same way; the upper half of `loyalty` if left out.
    pub loyal: Option<String>,
    /// The field of events with coded answers: `price, delivery`.
    pub codes: Option<String>,
}

/// What was answered.
#[derive(Debug, Clone, Serialize)]
pub struct Satisfaction {
    pub as_of: String,
    /// The stretch of time of the answers, in words.
    pub stretch: Text,
    pub question: Question,
    pub n_customers: u64,
    /// Customers with an answer on the scale.
    pub n_answered: u64,
    pub rate: Option<Interval>,
    /// Answers in the stretch, earlier ones of the same customers included.
    pub n_answers: u64,
    /// Answers that are not on the scale: they are left out.
    pub n_off_scale: u64,
    pub overall: Measured,
    /// How often each answer was given, the least first.
    pub answers: Vec<AnswerCount>,
    /// Month by month, each customer's latest answer in it; the newest months, the earliest of them first.
    pub trend: Vec<MonthMeasured>,
    pub by: Option<GroupsMeasured>,
    pub bias: Option<Bias>,
    pub grid: Option<Grid>,
    pub satisfied_leaving: Option<Corner>,
    pub dissatisfied_loyal: Option<Corner>,
    pub topics: Option<Topics>,
    /// What could not be told, and what it would take.
    pub findings: Findings,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnswerCount {
    pub answer: u32,
    pub n: u64,
}

/// What was answered in a month.
#[derive(Debug, Clone, Serialize)]
pub struct MonthMeasured {
    /// Such as `2024-05`.
    pub month: String,
    pub n_answered: u64,
    pub measured: Measured,
}

#[derive(Debug, Clone, Serialize)]
pub struct GroupsMeasured {
    pub name: String,
    pub title: Text,
    pub groups: Vec<GroupMeasured>,
}

/// Customers of the result: all that is given holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SatisfactionCell {
    /// `low`, `middle`, `high`, `answered` or `unanswered`.
    pub band: Option<String>,
    /// A group of `loyalty`; `$none` for those without a value.
    pub group: Option<String>,
    /// `satisfied_leaving` or `dissatisfied_loyal`.
    pub corner: Option<String>,
    pub topic: Option<String>,
}

/// Latest answers by place of the customer in the base.
pub(crate) struct Answered {
    /// Whom somebody may see.
    pub seen: Vec<bool>,
    /// On the scale.
    pub last: Vec<Option<f64>>,
}

/// Measures.
///
/// # Errors
/// Findings: no source brings answers, nobody answered, or a name or an expression is wrong.
pub async fn satisfaction(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    request: &SatisfactionRequest,
    progress: &dyn Progress,
) -> Result<Satisfaction, WorkspaceError> {
    let looked = Looked::of(workspace, who, base, request, progress).await?;
    let Looked { question, answered, .. } = &looked;
    let by = match &request.by {
        Some(name) => Some(Groups::of(base, name, "by")?),
        None => base.model.tiers.names().next().map(|name| Groups::of(base, name, "by")).transpose()?,
    };
    let given: Vec<f64> =
        answered.seen.iter().zip(&answered.last).filter_map(|(seen, last)| last.filter(|_| *seen)).collect();
    let overall = measure::measured(question, &given, None).ok_or_else(|| no_answers(&looked, request))?;
    let mut findings = Findings::default();
    let mut weigh_by = Vec::new();
    for name in &request.weigh_by {
        weigh_by.push(Groups::of(base, name, "weigh_by")?);
    }
    let bias = match (weigh_by.as_slice(), &by) {
        ([], Some(by)) => measure::bias(question, std::slice::from_ref(by), answered, &overall),
        ([], None) => None,
        (given, _) => measure::bias(question, given, answered, &overall),
    };
    let indicator = stored_answer(base, question, answered)?;
    let grid =
        looked.loyalty.as_ref().map(|groups| grid::grid(question, groups, answered, indicator.as_deref()));
    if grid.is_some() && indicator.is_none() {
        findings.push(not_stored(question));
    }
    let (mut satisfied_leaving, mut dissatisfied_loyal) = (None, None);
    for (corner, into) in
        [("satisfied_leaving", &mut satisfied_leaving), ("dissatisfied_loyal", &mut dissatisfied_loyal)]
    {
        let Some((in_band, meant, band)) = looked.corner(base, request, corner)? else {
            findings.push(unknown_corner(corner));
            continue;
        };
        *into = Some(grid::corner(&in_band, &meant, &question.band_title(band)));
    }
    findings.extend(shorter_scale(question, &given));
    let bands = grid::bands(question, answered);
    let n_customers = answered.seen.iter().filter(|seen| **seen).count() as u64;
    let n_answered = given.len() as u64;
    let count = |answer: u32| given.iter().filter(|one| **one == f64::from(answer)).count() as u64;
    Ok(Satisfaction {
        as_of: base.graded.as_of.clone(),
        stretch: looked.stretch.clone(),
        n_customers,
        n_answered,
        rate: wilson(n_answered, n_customers, LEVEL).map(Interval::from),
        n_answers: looked.n_answers,
        n_off_scale: looked.n_off_scale,
        overall,
        answers: (question.from..=question.to)
            .map(|answer| AnswerCount { answer, n: count(answer) })
            .collect(),
        trend: looked.trend(),
        by: by.map(|groups| GroupsMeasured {
            name: groups.name.clone(),
            title: groups.title.clone(),
            groups: measure::by_group(question, &groups, &answered.seen, &answered.last),
        }),
        bias,
        grid,
        satisfied_leaving,
        dissatisfied_loyal,
        topics: looked.named.as_ref().map(|named| named.counted(&bands)),
        findings,
        question: looked.question,
    })
}

/// The customers of a cell, a corner or a topic, as a list.
///
/// # Errors
/// Findings as of [`satisfaction`], or there is no such band, group, corner or topic.
pub async fn satisfaction_customers(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    request: &SatisfactionRequest,
    cell: &SatisfactionCell,
    find: Find,
) -> Result<CustomerList, WorkspaceError> {
    let looked = Looked::of(workspace, who, base, request, &()).await?;
    let mut inside = looked.answered.seen.clone();
    let narrow = |inside: &mut Vec<bool>, holds: &dyn Fn(usize) -> bool| {
        inside.iter_mut().enumerate().for_each(|(at, inside)| *inside &= holds(at));
    };
    if let Some(band) = &cell.band {
        let bands = grid::bands(&looked.question, &looked.answered);
        match (band.as_str(), BANDS.iter().position(|name| name == band)) {
            (_, Some(wanted)) => narrow(&mut inside, &|at| bands[at] as usize == wanted),
            ("answered", _) => narrow(&mut inside, &|at| bands[at] < 3),
            ("unanswered", _) => narrow(&mut inside, &|at| bands[at] == 3),
            _ => {
                return Err(no_cell(
                    "band",
                    band,
                    "low、middle、high、answered 或 unanswered",
                    "low, middle, high, answered or unanswered",
                ));
            }
        }
    }
    if let Some(group) = &cell.group {
        let groups = looked.loyalty.as_ref();
        let found = groups.and_then(|groups| {
            let wanted = (group != "$none").then_some(group);
            let at = groups.heads.iter().position(|head| head.name.as_ref() == wanted)?;
            Some((groups, at as u32))
        });
        let (groups, wanted) =
            found.ok_or_else(|| no_cell("group", group, "结果里有的组", "a group of the result"))?;
        // Whatever has no name of its own stands in one of the last groups.
        let unnamed = groups.heads[wanted as usize].name.is_none();
        narrow(&mut inside, &|at| match unnamed {
            true => groups.heads[groups.of[at] as usize].name.is_none(),
            false => groups.of[at] == wanted,
        });
    }
    if let Some(corner) = &cell.corner {
        if !["satisfied_leaving", "dissatisfied_loyal"].contains(&corner.as_str()) {
            return Err(no_cell(
                "corner",
                corner,
                "satisfied_leaving 或 dissatisfied_loyal",
                "satisfied_leaving or dissatisfied_loyal",
            ));
        }
        let (in_band, meant, _) = looked
            .corner(base, request, corner)?
            .ok_or_else(|| WorkspaceError::from(unknown_corner(corner)))?;
        narrow(&mut inside, &|at| in_band[at] && meant.0[at]);
    }
    if let Some(topic) = &cell.topic {
        let who = looked.named.as_ref().and_then(|named| named.who(topic));
        let who = who.ok_or_else(|| {
            no_cell("topic", topic, "结果里有的主题（并写明 codes）", "a topic of the result, with `codes`")
        })?;
        narrow(&mut inside, &|at| who.contains(&at));
    }
    let ids: BTreeSet<i64> =
        base.rows().zip(&inside).filter(|(_, inside)| **inside).map(|((id, ..), _)| id).collect();
    search(workspace, who, base, &Find { among: Some(Arc::new(ids)), ..find }).await
}

/// The indicator that is everybody's latest answer: then cells open as lists of customers. It is told by its values,
/// and not by how it is written.
fn stored_answer(
    base: &Base,
    question: &Question,
    answered: &Answered,
) -> Result<Option<String>, WorkspaceError> {
    for (name, one) in base.model.indicators.iter() {
        let reads = one.of.as_deref().is_some_and(|of| of.contains(question.field.trim_matches('"')));
        if !reads || !base.graded.has(name) {
            continue;
        }
        let Some(values) = moves::numbers(&base.graded.batches, name)? else { continue };
        let mut starts = vec![0];
        base.graded.batches.iter().for_each(|batch| starts.push(starts[starts.len() - 1] + batch.num_rows()));
        let same = base.rows().enumerate().all(|(at, (_, batch, row))| {
            !answered.seen[at] || values[starts[batch] + row] == answered.last[at]
        });
        if same {
            return Ok(Some(name.to_string()));
        }
    }
    Ok(None)
}

/// A scale of which nobody uses the upper end may be another one: satisfied is what stands at the top.
fn shorter_scale(question: &Question, given: &[f64]) -> Option<Finding> {
    let most = given.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if question.measure == Measure::Nps || question.to <= 5 || most > 5.0 || given.len() < 10 {
        return None;
    }
    let to = question.to;
    Some(Finding::warning(
        "satisfaction-scale",
        Place::default().at("scale"),
        Text::new(
            format!("按 {to} 分制计算，但没有一个回答高于 {most}"),
            format!("counted on a scale of {to} points, but no answer is above {most}"),
        ),
        Text::new(
            "若问卷是 5 分制：measure 用 csat，scale 用 5",
            "if five points were asked for: `csat` as measure and a scale of 5",
        ),
    ))
}
