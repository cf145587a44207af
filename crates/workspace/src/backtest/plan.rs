//! What a back-test looks at: its dates, how long after each it waits, and what it counts.

use gradus_grading::fold::{AsOf, date_of, day_of};
use gradus_model::document::{Span, SpanUnit};
use gradus_model::{Finding, Place, Text};
use jiff::ToSpan;

use super::{BacktestRequest, Sides};
use crate::compiled::Compiled;
use crate::grade::{open_events, step_unit};
use crate::validation::{Asked, horizon_of};
use crate::{Clock, Workspace, WorkspaceError, parse_instants, validation};

/// So many dates, if that is possible.
pub(crate) fn n_dates(n: u32, most: usize) -> Result<i32, Finding> {
    let fits = (n as usize) >= 1 && (n as usize) <= most;
    i32::try_from(n).ok().filter(|_| fits).ok_or_else(|| {
        Finding::error(
            "instants",
            Place::default().at("dates"),
            Text::new(format!("{n} 个日期不行"), format!("{n} dates are not possible")),
            Text::new(format!("1 到 {most} 个"), format!("from 1 to {most}")),
        )
    })
}

/// Most dates of one back-test.
const MAX_DATES: usize = 60;

/// Dates, horizon and outcomes.
pub(super) struct Plan {
    pub(super) horizon: Span,
    pub(super) asked: Vec<Asked>,
    /// Each date with the end of its horizon.
    pub(super) dates: Vec<(AsOf, AsOf)>,
}

impl Plan {
    pub(super) async fn of(
        workspace: &Workspace,
        request: &BacktestRequest,
        sides: &Sides,
    ) -> Result<Plan, WorkspaceError> {
        let events = open_events(workspace).await?;
        for documents in std::iter::once(&sides.documents).chain(&sides.champion) {
            Compiled::new(documents, events.event_schema(), &workspace.zone)?;
        }
        let model = &sides.documents.model;
        let horizon = match &request.horizon {
            Some(text) => validation::parse_horizon(text)?,
            None => horizon_of(model),
        };
        let asked = validation::asked(model, horizon)?;
        let last_day = last_day(workspace).await?;
        let step = request.every.as_deref().unwrap_or("month");
        let latest = moved(last_day, horizon, -1);
        let mut days: Vec<i32> = match &request.as_of {
            Some(text) => parse_instants(text, request.every.as_deref(), &workspace.zone)?
                .into_iter()
                .map(|as_of| as_of.day)
                .collect(),
            None => vec![latest],
        };
        days.dedup();
        if let (Some(n), [day]) = (request.dates, &days[..]) {
            let unit = step_unit(step)?;
            let n = n_dates(n, MAX_DATES)?;
            days = (0..n).rev().map(|back| moved(*day, Span { n: 1, unit }, -back)).collect();
        }
        if days.len() > MAX_DATES {
            return Err(Finding::error(
                "instants",
                Place::default().at("as_of"),
                Text::new(format!("{} 个日期太多", days.len()), format!("{} dates are too many", days.len())),
                Text::new(format!("最多 {MAX_DATES} 个"), format!("{MAX_DATES} at most")),
            )
            .into());
        }
        let mut dates = Vec::with_capacity(days.len());
        for day in days {
            let until = moved(day, horizon, 1);
            if until > last_day {
                return Err(not_over(day, until, last_day, latest));
            }
            dates.push((AsOf::close_of(day, &workspace.zone), AsOf::close_of(until, &workspace.zone)));
        }
        Ok(Plan { horizon, asked, dates })
    }
}

/// The last day that is over: where the clock stands, its own; where it runs, the one before.
pub(crate) async fn last_day(workspace: &Workspace) -> Result<i32, WorkspaceError> {
    let last = open_events(workspace).await?.snapshot().await?.last_event().await?;
    let clock = Clock::read(&workspace.settings.clock, &workspace.zone, last)?;
    let today = workspace.as_of(clock.now_us).day;
    Ok(if clock.stands { today } else { today - 1 })
}

/// A day moved by so many spans, by the calendar; the end of a month stays one.
pub(crate) fn moved(day: i32, span: Span, times: i32) -> i32 {
    let n = i64::from(span.n) * i64::from(times);
    let by = match span.unit {
        SpanUnit::Day => n.days(),
        SpanUnit::Week => n.weeks(),
        SpanUnit::Month => n.months(),
        SpanUnit::Quarter => (3 * n).months(),
        SpanUnit::Year => n.years(),
    };
    let is_calendar = matches!(span.unit, SpanUnit::Month | SpanUnit::Quarter | SpanUnit::Year);
    let Some(date) = date_of(day) else { return day };
    match date.checked_add(by) {
        Ok(then) if is_calendar && date == date.last_of_month() => day_of(then.last_of_month()),
        Ok(then) => day_of(then),
        Err(_) => day,
    }
}

pub(crate) fn not_over(day: i32, until: i32, last_day: i32, latest: i32) -> WorkspaceError {
    let shown = |day: i32| date_of(day).map(|date| date.to_string()).unwrap_or_default();
    let (day, until, last, latest) = (shown(day), shown(until), shown(last_day), shown(latest));
    Finding::error(
        "horizon-not-over",
        Place::default().at("as_of"),
        Text::new(
            format!("{day} 之后的观察期到 {until} 才结束，而数据只到 {last}：结果还没有发生完"),
            format!("the horizon after {day} ends on {until}, and the clock stands at {last}: not all of it has happened"),
        ),
        Text::new(
            format!("最晚 {latest}；或缩短 --horizon"),
            format!("{latest} at the latest, or a shorter --horizon"),
        ),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        day_of(text.parse().unwrap())
    }

    #[test]
    fn dates_move_by_the_calendar() {
        let months = |n| Span { n, unit: SpanUnit::Month };
        for (from, span, times, to) in [
            ("2011-06-30", months(1), -1, "2011-05-31"),
            ("2011-11-30", months(3), 1, "2012-02-29"),
            ("2011-06-15", months(3), 1, "2011-09-15"),
            ("2011-09-10", Span { n: 90, unit: SpanUnit::Day }, 1, "2011-12-09"),
            ("2011-03-31", Span { n: 1, unit: SpanUnit::Quarter }, -1, "2010-12-31"),
        ] {
            assert_eq!(moved(day(from), span, times), day(to), "{from} {times}");
        }
    }
}
