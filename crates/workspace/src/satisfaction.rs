//! `gradus satisfaction`: what customers answered when asked, who answered, and what it says of those who stay and
//! those who leave. Each customer's latest answer counts; groups are those of the graded base.

mod grid;
mod groups;
mod measure;
mod question;
mod text;
mod topics;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gradus_feedback::interval::Interval;
use gradus_grading::fold::{AsOf, date_of, first_day, step_of};
use gradus_model::document::SpanUnit;
use gradus_model::{Finding, Findings, Place, Text};
use gradus_stats::proportion::wilson;
use serde::{Deserialize, Serialize};

pub use self::grid::{Corner, Grid, GridCell, GridHead};
pub use self::groups::{Opens, OpensCategory, OpensGroup, OpensTier};
pub use self::measure::{Bias, BiasBy, GroupMeasured, Measured};
pub use self::question::{Measure, Question};
pub use self::topics::{Topic, Topics};

use self::groups::Groups;
use self::question::BANDS;
use crate::access::{Permission, Principal};
use crate::backtest::moved;
use crate::base::Base;
use crate::clock::{label, system_us};
use crate::customers::{CustomerList, Find, masks, search};
use crate::lines::{Reading, Wanted, number_at, read, text_at};
use crate::moves;
use crate::validation::{parse_horizon, span_words};
use crate::{Progress, Workspace, WorkspaceError, versions};

/// Of intervals.
pub(crate) const LEVEL: f64 = 0.95;

/// Months of the trend.
const MOST_MONTHS: usize = 24;

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

/// Answers and everything that they are held against.
struct Looked {
    question: Question,
    stretch: Text,
    answered: Answered,
    /// Each customer's latest answer of each month, by the number of the month and the place.
    months: BTreeMap<i64, BTreeMap<usize, (i64, f64)>>,
    n_answers: u64,
    n_off_scale: u64,
    named: Option<topics::Named>,
    loyalty: Option<Groups>,
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

impl Looked {
    async fn of(
        workspace: &Workspace,
        who: &Principal,
        base: &Base,
        request: &SatisfactionRequest,
        progress: &dyn Progress,
    ) -> Result<Looked, WorkspaceError> {
        who.needs(Permission::SeeGrades)?;
        let documents = versions::now_in_force(workspace).await?;
        let question = Question::of(&documents, request)?;
        let as_of = workspace.as_of(base.graded.as_of_us);
        let (from_us, stretch) = stretch(workspace, as_of, request)?;
        let filter = question.filter(request.codes.as_deref());
        let mut values = vec![Wanted::number("field", &question.field)];
        values.extend(request.codes.as_deref().map(|codes| Wanted::text("codes", codes)));
        let reading = Reading {
            filter: Some(("field", &filter)),
            values,
            orders: false,
            until_us: as_of.instant_us,
            known_us: base.known_at.min(system_us()),
        };
        progress.begin("survey", None);
        let lines = read(workspace, &documents, &reading, progress).await.map_err(said_once)?;
        progress.end();
        let seen = seen(workspace, who, base).await?;
        let mut last: Vec<Option<(i64, f64)>> = vec![None; base.n_customers()];
        let mut named = request.codes.as_ref().map(|_| topics::Named::default());
        let (mut n_answers, mut n_off_scale, mut months) = (0, 0, BTreeMap::new());
        for (batch, row) in lines.each() {
            let (customer, time) = (batch.customers[row], batch.times[row]);
            let Some(place) = base.place(customer).filter(|place| seen[*place] && time > from_us) else {
                continue;
            };
            if let (Some(named), Some(text)) =
                (&mut named, batch.values.get(1).and_then(|codes| text_at(codes, row)))
            {
                named.add(place, text);
            }
            let Some(answer) = number_at(&batch.values[0], row) else { continue };
            n_answers += 1;
            if question.band(answer).is_none() {
                n_off_scale += 1;
                continue;
            }
            if last[place].is_none_or(|(before, _)| time >= before) {
                last[place] = Some((time, answer));
            }
            let month = step_of(workspace.zone.day(time), SpanUnit::Month);
            let own: &mut BTreeMap<usize, (i64, f64)> = months.entry(month).or_default();
            let known = own.entry(place).or_insert((time, answer));
            if time >= known.0 {
                *known = (time, answer);
            }
        }
        let last = last.into_iter().map(|one| one.map(|(_, answer)| answer)).collect();
        let loyalty = match (&request.loyalty, &request.by) {
            (Some(name), _) => Some(Groups::of(base, name, "loyalty")?),
            (None, Some(name)) => Some(Groups::of(base, name, "by")?),
            (None, None) => {
                base.model.tiers.names().next().map(|name| Groups::of(base, name, "loyalty")).transpose()?
            }
        };
        let answered = Answered { seen, last };
        Ok(Looked { question, stretch, answered, months, n_answers, n_off_scale, named, loyalty })
    }

    /// The newest months in which anybody answered.
    fn trend(&self) -> Vec<MonthMeasured> {
        let newest = self.months.iter().rev().take(MOST_MONTHS);
        let of = |(month, answers): (&i64, &BTreeMap<usize, (i64, f64)>)| {
            let given: Vec<f64> = answers.values().map(|one| one.1).collect();
            let date = date_of(first_day(*month, SpanUnit::Month))?;
            Some(MonthMeasured {
                month: format!("{:04}-{:02}", date.year(), date.month()),
                n_answered: given.len() as u64,
                measured: measure::measured(&self.question, &given, None)?,
            })
        };
        let mut out: Vec<MonthMeasured> = newest.filter_map(of).collect();
        out.reverse();
        out
    }

    /// Who is in the band of a corner, and who is meant by its word; none where nobody said what it means.
    fn corner(
        &self,
        base: &Base,
        request: &SatisfactionRequest,
        corner: &str,
    ) -> Result<Option<(Vec<bool>, grid::Meant, usize)>, WorkspaceError> {
        let (band, meant) = match (corner, &self.loyalty) {
            ("satisfied_leaving", _) => (2, grid::leaving(base, request)?),
            (_, Some(groups)) => (0, grid::loyal(base, request, groups)?),
            (_, None) => (0, None),
        };
        let bands = grid::bands(&self.question, &self.answered);
        let in_band =
            bands.iter().zip(&self.answered.seen).map(|(own, seen)| *seen && *own as usize == band).collect();
        Ok(meant.map(|meant| (in_band, meant, band)))
    }
}

/// Whom somebody may see, by place.
pub(crate) async fn seen(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
) -> Result<Vec<bool>, WorkspaceError> {
    let filters = masks(workspace, who, base, &Find::default()).await?;
    Ok(base.rows().map(|(_, batch, row)| filters.iter().all(|filter| filter[batch].value(row))).collect())
}

/// The instant after which answers count, and how that is told.
fn stretch(
    workspace: &Workspace,
    as_of: AsOf,
    request: &SatisfactionRequest,
) -> Result<(i64, Text), WorkspaceError> {
    let until = label(as_of, &workspace.zone);
    let Some(window) = &request.window else {
        return Ok((
            i64::MIN,
            Text::new(format!("截至 {until} 的全部回答"), format!("all answers up to {until}")),
        ));
    };
    let span = parse_horizon(window)?;
    let from = AsOf::close_of(moved(as_of.day, span, -1), &workspace.zone);
    let words = span_words(span);
    let told = Text::new(format!("截至 {until} 的 {}", words.zh), format!("the {} up to {until}", words.en));
    Ok((from.instant_us, told))
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

/// What is wrong with the codes is not wrong with the filter into which they are read, too.
fn said_once(error: WorkspaceError) -> WorkspaceError {
    let WorkspaceError::Findings(findings) = error else { return error };
    let at = |finding: &Finding| finding.place.path.clone().unwrap_or_default();
    let of_codes: Vec<Text> =
        findings.0.iter().filter(|one| at(one).starts_with("codes")).map(|one| one.what.clone()).collect();
    let kept =
        findings.0.into_iter().filter(|one| at(one).starts_with("codes") || !of_codes.contains(&one.what));
    WorkspaceError::Findings(Findings(kept.collect()))
}

fn no_answers(looked: &Looked, request: &SatisfactionRequest) -> WorkspaceError {
    let (question, stretch) = (&looked.question, &looked.stretch);
    if looked.n_off_scale > 0 {
        let (from, to, n) = (question.from, question.to, looked.n_off_scale);
        return Finding::error(
            "answers-off-scale",
            Place::default().at("scale"),
            Text::new(
                format!("{n} 个回答都不在 {from} 至 {to} 之间"),
                format!("none of {n} answers is from {from} to {to}"),
            ),
            Text::new(
                "换一个 measure 或 scale，或在数据源里把答案换算到这个分制",
                "another measure or scale, or a field that brings the answers to this scale",
            ),
        )
        .into();
    }
    let remedy = match (&request.kind, &request.window) {
        (_, Some(_)) => {
            Text::new("放宽 window，或导入更近的问卷", "a longer window, or import newer answers")
        }
        (Some(_), None) => {
            Text::new("检查 kind 是否写对，或导入问卷", "see whether `kind` is right, or import the survey")
        }
        (None, None) => Text::new("导入问卷后再看", "import the survey first"),
    };
    Finding::error(
        "no-answers",
        Place::default().at("field"),
        Text::new(
            format!("{}里没有「{}」的回答", stretch.zh, question.title.zh),
            format!("there is no answer to “{}” in {}", question.title.en, stretch.en),
        ),
        remedy,
    )
    .into()
}

fn no_cell(place: &'static str, given: &str, zh: &str, en: &str) -> WorkspaceError {
    Finding::error(
        "satisfaction-cell",
        Place::default().at(place),
        Text::new(format!("没有「{given}」"), format!("there is no “{given}”")),
        Text::new(zh, en),
    )
    .into()
}

fn not_stored(question: &Question) -> Finding {
    Finding::warning(
        "answer-not-stored",
        Place::default().at("indicators"),
        Text::new(
            "没有一个指标等于每位客户最近一次的回答，格子不能按条件筛选打开",
            "no indicator is everybody's latest answer, so cells cannot be opened by filters",
        ),
        Text::new(
            format!("在模型里加一个指标：{{ kind: last, of: {} }}", question.field),
            format!("an indicator of the model: {{ kind: last, of: {} }}", question.field),
        ),
    )
}

fn unknown_corner(corner: &str) -> Finding {
    match corner {
        "satisfied_leaving" => Finding::warning(
            "leaving-unknown",
            Place::default().at("leaving"),
            Text::new(
                "模型没有说明谁正在流失（没有 RFM 的最近一次购买）",
                "the model does not say who is leaving: it has no recency of an RFM grouping",
            ),
            Text::new(
                "用 leaving 指明：一个分群，或一个条件，例如 recency_days > 90",
                "say so with `leaving`: a segment, or a condition such as recency_days > 90",
            ),
        ),
        _ => Finding::warning(
            "loyal-unknown",
            Place::default().at("loyal"),
            Text::new("没有说明谁算忠诚客户", "nothing says who is loyal"),
            Text::new(
                "用 loyalty 指明等级方案或指标，或用 loyal 写一个分群或条件",
                "a scheme or a number as `loyalty`, or a segment or a condition as `loyal`",
            ),
        ),
    }
}
