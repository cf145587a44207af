//! `gradus review`: the quarterly review. What the grades rest on, whether the customers drifted, what came
//! of those who were graded before the quarter, where the rules and the outcomes contradict each other, and
//! what change that suggests, as a draft that can be simulated.

mod page;
mod propose;

use std::sync::Arc;

use gradus_feedback::drift::Drift;
use gradus_feedback::proposal::{Change, Proposal};
use gradus_grading::fold::{AsOf, date_of, day_of, first_day, step_of};
use gradus_model::document::SpanUnit;
use gradus_model::{Finding, Lang, Place, Text};
use gradus_store::Job;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::backtest::{Backtest, BacktestRequest, backtest, last_day};
use crate::clock::system_us;
use crate::drift::between_batches;
use crate::grade::{Tiers, grade_with};
use crate::jobs::{JobRunner, Work};
use crate::stored::{bases, processors, summary_options};
use crate::summary::{Summary, summarise};
use crate::{Documents, GradeOptions, Progress, Workspace, WorkspaceError, versions};

/// A quarterly review.
#[derive(Debug, Clone, Serialize)]
pub struct Review {
    pub quarter: String,
    /// The day before the quarter, and the last day that is looked at.
    pub from: String,
    pub until: String,
    /// False while the quarter goes on beyond the clock.
    pub is_over: bool,
    pub model_title: Text,
    /// The published version; `None`: documents of the folder.
    pub version: Option<i64>,
    /// What the grades rest on.
    pub evidence: Vec<Text>,
    /// Levels and moves over the quarter.
    pub summary: Summary,
    pub drift: Drift,
    /// Graded the day before the quarter, with what was known then, and what came in it.
    pub backtest: Backtest,
    /// Where a higher level, band or bin came out worse.
    pub contradictions: Vec<Text>,
    pub proposals: Vec<Proposal>,
    /// The model with the proposals in it; none if there is nothing to propose.
    pub proposed: Option<Value>,
}

/// A quarter as people write it: `2011-Q4`.
fn parse_quarter(text: &str) -> Result<i64, Finding> {
    let parse = || -> Option<i64> {
        let (year, quarter) = text.trim().split_once("-Q").or_else(|| text.trim().split_once("Q"))?;
        let (year, quarter): (i16, i8) = (year.parse().ok()?, quarter.parse().ok()?);
        let first = (1..=4).contains(&quarter).then(|| Date::new(year, 3 * quarter - 2, 1).ok())??;
        Some(step_of(day_of(first), SpanUnit::Quarter))
    };
    parse().ok_or_else(|| {
        Finding::error(
            "quarter-form",
            Place::default().at("quarter"),
            Text::new(format!("「{text}」不是季度"), format!("“{text}” is no quarter")),
            Text::new("例如 2011-Q4", "such as 2011-Q4"),
        )
    })
}

/// Reviews a quarter by the model in force; the last quarter that is over if none is named.
pub async fn review(
    workspace: &Workspace,
    who: &Principal,
    quarter: Option<&str>,
    progress: &dyn Progress,
) -> Result<Review, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let last = last_day(workspace).await?;
    let quarter = match quarter {
        Some(text) => parse_quarter(text)?,
        // The quarter of tomorrow has begun with today's close where today ends one.
        None => step_of(last + 1, SpanUnit::Quarter) - 1,
    };
    let (first, end) = (first_day(quarter, SpanUnit::Quarter), first_day(quarter + 1, SpanUnit::Quarter) - 1);
    let (from, until) = (first - 1, end.min(last));
    if until <= from {
        return Err(not_begun(quarter, last));
    }
    let documents = versions::now_in_force(workspace).await?;
    let (from, until) = (AsOf::close_of(from, &workspace.zone), AsOf::close_of(until, &workspace.zone));
    let options = GradeOptions {
        instants: vec![from, until],
        known_at_us: Some(system_us()),
        store: false,
        reuse: true,
        n_threads: processors(),
    };
    let grading = grade_with(workspace, &documents, &options, Tiers::AsSet, progress).await?;
    let [then, now] = &grading.instants[..] else {
        return Err(WorkspaceError::Defect("a review without its two instants".into()));
    };
    let defect = |error: crate::summary::SummaryError| WorkspaceError::Defect(error.to_string());
    let summary = summarise(&bases(&grading), &summary_options(&grading.model)).map_err(defect)?;
    let drift = between_batches(&documents.model, &then.batches, &now.batches)?;
    let request = BacktestRequest {
        as_of: Some(then.date.clone()),
        horizon: Some(format!("{} days", until.day - from.day)),
        ..BacktestRequest::default()
    };
    let judged = backtest(workspace, who, &request, progress).await?;
    let proposals = propose::proposals(workspace, &documents, from, &judged).await?;
    let proposed = propose::proposed(&documents, &proposals)?;
    let mut contradictions = contradictions(&judged);
    let of_points = proposals.iter().filter(|one| matches!(one.change, Change::Points(_)));
    contradictions.extend(of_points.map(|one| one.words.clone()));
    Ok(Review {
        quarter: quarter_name(quarter),
        from: then.date.clone(),
        until: now.date.clone(),
        is_over: until.day == end,
        model_title: documents.model.title.clone(),
        version: documents.version,
        evidence: evidence(workspace, &documents, &summary, &grading).await?,
        summary,
        drift,
        backtest: judged,
        contradictions,
        proposals,
        proposed,
    })
}

fn quarter_name(quarter: i64) -> String {
    let Some(date) = date_of(first_day(quarter, SpanUnit::Quarter)) else { return String::new() };
    format!("{:04}-Q{}", date.year(), (date.month() + 2) / 3)
}

fn not_begun(quarter: i64, last: i32) -> WorkspaceError {
    let last_date = date_of(last).map(|date| date.to_string()).unwrap_or_default();
    let possible = quarter_name(step_of(last, SpanUnit::Quarter));
    Finding::error(
        "quarter-not-begun",
        Place::default().at("quarter"),
        Text::new(
            format!("{} 还没有数据（只到 {last_date}）", quarter_name(quarter)),
            format!("nothing of {} is there yet (up to {last_date})", quarter_name(quarter)),
        ),
        Text::new(format!("最晚 {possible}"), format!("{possible} at the latest")),
    )
    .into()
}

/// What the grades rest on: version and validation, customers, what is provisional or never delivered.
async fn evidence(
    workspace: &Workspace,
    documents: &Documents,
    summary: &Summary,
    grading: &crate::Grading,
) -> Result<Vec<Text>, WorkspaceError> {
    let mut out = Vec::new();
    let validated = versions::validated(versions::validation(workspace, documents.version).await?.as_deref());
    let shown = versions::shown(documents.version);
    out.push(Text::new(
        format!("由{}评级；{}", shown.zh, validated.zh),
        format!("graded by {}; {}", shown.en, validated.en),
    ));
    let n = |at: usize| grading.instants.get(at).map_or(0, |one| one.n_customers);
    out.push(Text::new(
        format!("客户 {} → {}，账本里 {} 个事件", n(0), n(1), grading.n_events),
        format!("{} → {} customers, {} events in the ledger", n(0), n(1), grading.n_events),
    ));
    for tier in &summary.latest.tiers {
        out.push(Text::new(
            format!(
                "{}：已定级 {}，未定级 {}，暂定 {}",
                tier.title.zh, tier.n_graded, tier.n_not_graded, tier.n_provisional
            ),
            format!(
                "{}: {} graded, {} not graded, {} provisional",
                tier.title.en, tier.n_graded, tier.n_not_graded, tier.n_provisional
            ),
        ));
    }
    for finding in grading.findings.iter() {
        let path = finding.place.path.clone().unwrap_or_default();
        out.push(Text::new(format!("{path}：{}", finding.what.zh), format!("{path}: {}", finding.what.en)));
    }
    let faults: u64 =
        grading.fold_faults.values().chain(grading.instants.iter().flat_map(|one| one.faults.values())).sum();
    if faults > 0 {
        out.push(Text::new(format!("{faults} 行无法求值"), format!("{faults} rows could not be evaluated")));
    }
    Ok(out)
}

/// Orders of levels and bands that the outcomes contradict.
fn contradictions(done: &Backtest) -> Vec<Text> {
    let judged = done.dates.iter().map(|date| &date.judged);
    let groups =
        judged.flat_map(|judged| judged.tiers.iter().chain(judged.scores.iter().map(|score| &score.bands)));
    groups
        .flat_map(|groups| groups.orders.iter().map(move |order| (&groups.title, order)))
        .flat_map(|(title, order)| {
            order.contradictions.iter().map(move |one| {
                Text::new(
                    format!("{}：{}", title.zh, one.words.zh),
                    format!("{}: {}", title.en, one.words.en),
                )
            })
        })
        .collect()
}

impl Review {
    /// The review as one self-contained page.
    pub fn html(&self, workspace: &str, lang: Lang) -> String {
        page::html(self, workspace, lang)
    }

    /// The review as Markdown.
    pub fn markdown(&self, workspace: &str, lang: Lang) -> String {
        page::markdown(self, workspace, lang)
    }

    /// What it proposes becomes the draft, which `simulate` takes.
    ///
    /// # Errors
    /// A finding if there is a draft already, and `replace` is false.
    pub async fn draft(
        &self,
        workspace: &Workspace,
        who: &Principal,
        replace: bool,
    ) -> Result<Option<i64>, WorkspaceError> {
        let Some(document) = &self.proposed else { return Ok(None) };
        let draft = versions::draft(workspace, who).await?;
        if draft.changed_by.is_some() && !replace {
            return Err(Finding::error(
                "draft-exists",
                Place::default(),
                Text::new("已有别的草稿", "there is a draft already"),
                Text::new(
                    "先提交或丢弃它，或加 --replace-draft",
                    "submit it or throw it away first, or `--replace-draft`",
                ),
            )
            .into());
        }
        let written = versions::write_draft(workspace, who, draft.revision, document).await?;
        Ok(Some(written.revision))
    }
}

/// Starts a review; its result holds the review, and its pages in both languages.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    quarter: Option<String>,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    if let Some(text) = &quarter {
        parse_quarter(text)?;
    }
    let (owned, by) = (workspace.clone(), who.clone());
    let input = json!({ "quarter": quarter });
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let done = review(&owned, &by, quarter.as_deref(), progress.as_ref()).await?;
            let title = &owned.settings.title;
            let pages = |lang: Lang| json!({ "html": done.html(title.get(lang), lang), "markdown": done.markdown(title.get(lang), lang) });
            let mut value =
                serde_json::to_value(&done).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
            value["pages"] = json!({ "zh": pages(Lang::Zh), "en": pages(Lang::En) });
            Ok(value)
        })
    });
    let job = jobs.start(workspace, who, "review", input.clone(), work).await?;
    audit(workspace, &who.account, "review.start", &job.id, input).await?;
    Ok(job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_read_and_named() {
        assert_eq!(quarter_name(parse_quarter("2011-Q4").unwrap()), "2011-Q4");
        assert_eq!(quarter_name(parse_quarter("2012Q1").unwrap()), "2012-Q1");
        for wrong in ["2011-Q5", "2011", "Q4", "last"] {
            assert_eq!(parse_quarter(wrong).unwrap_err().code, "quarter-form");
        }
    }
}
