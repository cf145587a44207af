//! What predictions ask of the events, checked: expressions over the columns of an event, shares and stretches of
//! time, each with the place where it stands and what would be right there.

use gradus_expression::Want;
use gradus_model::document::{Number, Span, SpanUnit};
use gradus_model::fixed::FIXED_ONE;
use gradus_model::{Finding, Place, Text};

use crate::fold::spec::{Aggregate, FoldIndicator, FoldWindow};
use crate::grade::compile::Compiler;
use crate::grade::frame::Formula;

/// True if an expression over the columns of an event compiles; otherwise it is said.
pub(super) fn event_expression(compiler: &mut Compiler<'_>, sql: &str, want: Want, place: &Place) -> bool {
    let Some(events) = compiler.context.events else { return true };
    match gradus_expression::compile(sql, events, want, place) {
        Ok(_) => true,
        Err(findings) => {
            compiler.findings.extend(findings);
            false
        }
    }
}

/// A share between 0 and 1; `otherwise` if it is left out, `None` if it is none and that was said.
pub(super) fn share(
    compiler: &mut Compiler<'_>,
    given: Option<Number>,
    otherwise: f64,
    place: &Place,
) -> Option<f64> {
    let Some(given) = given else { return Some(otherwise) };
    if (0..=FIXED_ONE).contains(&given.0) {
        return Some(given.to_f64());
    }
    let what =
        Text::new(format!("{given} 不是 0 到 1 之间的比例"), format!("{given} is no share between 0 and 1"));
    let right = Text::new("0 到 1 之间，例如 0.35 表示 35 %", "between 0 and 1: 0.35 is 35 %");
    compiler.findings.push(Finding::error("prediction-share", place.clone(), what, right));
    None
}

/// A stretch of time that is not empty and not longer than a hundred years.
pub(super) fn stretch(
    compiler: &mut Compiler<'_>,
    given: Option<Span>,
    otherwise: Span,
    place: &Place,
) -> Option<Span> {
    let span = given.unwrap_or(otherwise);
    if span.n > 0 && span.mean_days() <= 36_525.0 {
        return Some(span);
    }
    let what =
        Text::new("时长为零或超过一百年", "this stretch of time is empty or longer than a hundred years");
    let right = Text::new("例如 12 months", "such as `12 months`");
    compiler.findings.push(Finding::error("prediction-span", place.clone(), what, right));
    None
}

/// A value of the fold over the whole life, as an input.
pub(super) fn input(
    compiler: &mut Compiler<'_>,
    aggregate: Aggregate,
    filter: Option<&str>,
    place: &Place,
) -> Option<Formula> {
    let name = compiler.request(FoldIndicator {
        name: String::new(),
        aggregate,
        filter: filter.map(str::to_string),
        window: FoldWindow::Lifetime,
    });
    let data_type = compiler.column_type(&name).cloned()?;
    Some(Formula {
        sql: name.clone(),
        data_type,
        references: [name].into(),
        path: place.path.clone().unwrap_or_default(),
        expression: None,
        said: None,
    })
}

/// A stretch of time as people say it.
pub(super) fn span_words(span: Span) -> Text {
    let (zh, en) = match span.unit {
        SpanUnit::Day => ("天", "day"),
        SpanUnit::Week => ("周", "week"),
        SpanUnit::Month => ("个月", "month"),
        SpanUnit::Quarter => ("个季度", "quarter"),
        SpanUnit::Year => ("年", "year"),
    };
    let s = if span.n == 1 { "" } else { "s" };
    Text::new(format!("{} {zh}", span.n), format!("{} {en}{s}", span.n))
}
