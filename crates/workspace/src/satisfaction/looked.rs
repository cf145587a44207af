//! Answers, read from the ledger once, with everything that they are held against.

use std::collections::BTreeMap;

use gradus_grading::fold::{AsOf, date_of, first_day, step_of};
use gradus_model::document::SpanUnit;
use gradus_model::{Finding, Findings, Text};

use super::groups::Groups;
use super::{Answered, MonthMeasured, Question, SatisfactionRequest, grid, measure, topics};
use crate::access::{Permission, Principal};
use crate::backtest::moved;
use crate::base::Base;
use crate::clock::{label, system_us};
use crate::customers::{Find, masks};
use crate::lines::{Reading, Wanted, number_at, read, text_at};
use crate::validation::{parse_horizon, span_words};
use crate::{Progress, Workspace, WorkspaceError, versions};

/// Months of the trend.
const MOST_MONTHS: usize = 24;

/// Answers and everything that they are held against.
pub(super) struct Looked {
    pub(super) question: Question,
    pub(super) stretch: Text,
    pub(super) answered: Answered,
    /// Each customer's latest answer of each month, by the number of the month and the place.
    pub(super) months: BTreeMap<i64, BTreeMap<usize, (i64, f64)>>,
    pub(super) n_answers: u64,
    pub(super) n_off_scale: u64,
    pub(super) named: Option<topics::Named>,
    pub(super) loyalty: Option<Groups>,
}

impl Looked {
    pub(super) async fn of(
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
    pub(super) fn trend(&self) -> Vec<MonthMeasured> {
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
    pub(super) fn corner(
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
async fn seen(workspace: &Workspace, who: &Principal, base: &Base) -> Result<Vec<bool>, WorkspaceError> {
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
