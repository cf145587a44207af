//! From the indicators of the document to what the fold computes, and to formulas over it.
//! Averages, ratios, shares and comparisons are two values of the fold and one formula.

use gradus_expression::quote_name;
use gradus_model::document::{
    Calendar, Compare, Indicator, IndicatorKind, Model, Period, RefundDate, Span, SpanUnit, Window,
};
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Findings, Place, Text};

use crate::fold::spec::{Aggregate, FoldIndicator, FoldWindow, GapPick};
use crate::grade::DerivedColumn;

/// The indicators of a model in two stages.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lowered {
    /// Indicators under their own names, and hidden parts of formulas.
    pub fold: Vec<FoldIndicator>,
    pub derived: Vec<Derived>,
}

/// A formula over columns of the fold.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    pub name: String,
    pub sql: String,
    pub title: Option<Text>,
    pub place: Place,
}

impl From<&Derived> for DerivedColumn {
    fn from(derived: &Derived) -> DerivedColumn {
        DerivedColumn {
            name: derived.name.clone(),
            sql: derived.sql.clone(),
            title: derived.title.clone(),
            place: derived.place.clone(),
        }
    }
}

/// Lowers every indicator of the model but formulas, which stage B evaluates. All findings come
/// back at once.
pub fn lower(model: &Model, root: &Place) -> Result<Lowered, Findings> {
    let mut lowering = Lowering { out: Lowered::default(), findings: Findings::default() };
    for (name, indicator) in model.indicators.iter() {
        if indicator.kind != IndicatorKind::Formula {
            lowering.indicator(name, indicator, &root.key("indicators").key(name));
        }
    }
    if lowering.findings.has_errors() { Err(lowering.findings) } else { Ok(lowering.out) }
}

/// The fold's window for a window as written; the whole life if none is.
pub fn window_of(window: Option<&Window>, place: &Place) -> Result<FoldWindow, Finding> {
    let period = match window {
        None => return Ok(FoldWindow::Lifetime),
        Some(Window::Short(last)) => return Ok(FoldWindow::Rolling { last: *last, before: None }),
        Some(Window::Long(period)) => period,
    };
    match period {
        Period { last: Some(last), before, calendar: None, since: None } => {
            Ok(FoldWindow::Rolling { last: *last, before: *before })
        }
        Period { last: None, before: None, calendar: Some(stretch), since: None } => {
            Ok(FoldWindow::Calendar { stretch: *stretch, back: None })
        }
        Period { last: None, before: None, calendar: None, since: Some(filter) } => {
            Ok(FoldWindow::Since { filter: filter.clone() })
        }
        _ => Err(Finding::error(
            "window-form",
            place.clone(),
            Text::new(
                "窗口只能写 last、calendar、since 其中之一",
                "a window is one of `last`, `calendar`, `since`",
            ),
            Text::new(
                "例如 window: 90 天，或 window: {calendar: this_year}",
                "such as `window: 90 days`, or `window: {calendar: this_year}`",
            ),
        )),
    }
}

/// The stretch of time that an indicator looks at, and the one with which it is compared.
pub fn windows_of(indicator: &Indicator, place: &Place) -> Result<(FoldWindow, Option<FoldWindow>), Finding> {
    let mut window = window_of(indicator.window.as_ref(), &place.key("window"))?;
    if indicator.kind == IndicatorKind::Slope {
        // As many points as the window has steps, whatever the day of the month.
        let step = indicator.step.unwrap_or(SpanUnit::Month);
        window = FoldWindow::Whole { step, window: Box::new(window) };
    }
    if indicator.refunds_count_by == Some(RefundDate::Order) {
        window = FoldWindow::ByOrder { window: Box::new(window) };
    }
    let before = indicator.compare.and_then(|compare| shifted(&window, compare));
    Ok((window, before))
}

struct Lowering {
    out: Lowered,
    findings: Findings,
}

impl Lowering {
    fn indicator(&mut self, name: &str, indicator: &Indicator, place: &Place) {
        self.check_keys(indicator, place);
        let (window, before) = match windows_of(indicator, place) {
            Ok(windows) => windows,
            Err(finding) => return self.findings.push(finding),
        };
        let before = match (indicator.compare, before) {
            (None, _) => None,
            (_, Some(before)) => Some(before),
            (Some(_), None) => {
                return self.findings.push(Finding::error(
                    "compare-needs-stretch",
                    place.key("compare"),
                    Text::new(
                        "没有起止的窗口无法与上一期或去年同期比较",
                        "a window without two ends has no period before it",
                    ),
                    Text::new(
                        "给出窗口，例如 window: 90 天",
                        "a window with two ends, such as `window: 90 days`",
                    ),
                ));
            }
        };
        let simple = before.is_none() && indicator.empty.is_none();
        if let Some(aggregate) = self.aggregate(indicator, place) {
            if simple {
                self.out.fold.push(FoldIndicator {
                    name: name.to_string(),
                    aggregate,
                    filter: indicator.filter.clone(),
                    window,
                });
                return;
            }
        } else if self.findings.has_errors() && !is_quotient(indicator.kind) {
            return;
        }
        let value = self.value(indicator, &window, place);
        let mut sql = match before {
            None => value,
            Some(before) => {
                let then = self.value(indicator, &before, place);
                format!("CASE WHEN {then} <> 0 THEN ({value} - {then}) / ABS({then}) END")
            }
        };
        if let Some(empty) = indicator.empty {
            sql = format!("COALESCE({sql}, {empty})");
        }
        self.out.derived.push(Derived {
            name: name.to_string(),
            sql,
            title: indicator.title.clone(),
            place: place.clone(),
        });
    }

    /// SQL of the indicator's value over a window.
    fn value(&mut self, indicator: &Indicator, window: &FoldWindow, place: &Place) -> String {
        let filter = indicator.filter.clone();
        let sum_or_count = |of: &Option<String>| match of {
            Some(of) => Aggregate::Sum { of: of.clone() },
            None => Aggregate::Count,
        };
        let (top, below) = match indicator.kind {
            IndicatorKind::Average => {
                let of = indicator.of.clone().unwrap_or_default();
                let given = both(filter.as_deref(), &format!("({of}) IS NOT NULL"));
                let top = self.part(Aggregate::Sum { of: of.clone() }, filter.clone(), window);
                let below = match indicator.per.as_deref() {
                    Some("order") => self.part(Aggregate::Orders, filter, window),
                    _ => self.part(Aggregate::Count, Some(given), window),
                };
                (top, below)
            }
            IndicatorKind::Share => {
                let share = indicator.share.clone().unwrap_or_else(|| "FALSE".into());
                let narrowed = both(filter.as_deref(), &share);
                let top = self.part(sum_or_count(&indicator.of), Some(narrowed), window);
                (top, self.part(sum_or_count(&indicator.of), filter, window))
            }
            IndicatorKind::Ratio => {
                let wrapped = |sql: &Option<String>| format!("({})", sql.clone().unwrap_or_default());
                (wrapped(&indicator.of), wrapped(&indicator.over))
            }
            _ => {
                let Some(aggregate) = self.aggregate(indicator, place) else { return "NULL".into() };
                return self.part(aggregate, filter, window);
            }
        };
        // Nothing below the line is not applicable, and no fault.
        format!("(CASE WHEN {below} <> 0 THEN {top} / {below} END)")
    }

    /// A hidden column of the fold; equal ones are shared.
    fn part(&mut self, aggregate: Aggregate, filter: Option<String>, window: &FoldWindow) -> String {
        let same = |known: &&FoldIndicator| {
            known.aggregate == aggregate && known.filter == filter && known.window == *window
        };
        if let Some(known) = self.out.fold.iter().find(same) {
            return quote_name(&known.name);
        }
        let name = format!("_i{}", self.out.fold.len() + 1);
        self.out.fold.push(FoldIndicator { name: name.clone(), aggregate, filter, window: window.clone() });
        quote_name(&name)
    }

    fn aggregate(&mut self, indicator: &Indicator, place: &Place) -> Option<Aggregate> {
        let of = indicator.of.clone().unwrap_or_default();
        let step = indicator.step.unwrap_or(SpanUnit::Month);
        Some(match indicator.kind {
            IndicatorKind::Count => Aggregate::Count,
            IndicatorKind::Orders => Aggregate::Orders,
            IndicatorKind::Sum => Aggregate::Sum { of },
            IndicatorKind::Min => Aggregate::Min { of },
            IndicatorKind::Max => Aggregate::Max { of },
            IndicatorKind::Distinct => Aggregate::Distinct { of },
            IndicatorKind::First => Aggregate::First { of },
            IndicatorKind::Last => Aggregate::Last { of },
            IndicatorKind::MostFrequent => Aggregate::MostFrequent { of },
            IndicatorKind::Stddev => Aggregate::Stddev { of },
            IndicatorKind::Percentile => Aggregate::Percentile { of, q: indicator.q.unwrap_or(Fixed(5_000)) },
            IndicatorKind::DaysSince => {
                Aggregate::DaysSince { first: self.pick(indicator, place, &["last", "first"])? == 1 }
            }
            IndicatorKind::Gap => {
                let picks = [GapPick::Mean, GapPick::Min, GapPick::Max, GapPick::Median];
                Aggregate::Gap {
                    pick: picks[self.pick(indicator, place, &["mean", "min", "max", "median"])?],
                }
            }
            IndicatorKind::Active => Aggregate::Active { step },
            IndicatorKind::Streak => Aggregate::Streak {
                step,
                longest: self.pick(indicator, place, &["current", "longest"])? == 1,
            },
            IndicatorKind::Slope => Aggregate::Slope { of, step },
            IndicatorKind::Average | IndicatorKind::Share | IndicatorKind::Ratio | IndicatorKind::Formula => {
                return None;
            }
        })
    }

    fn pick(&mut self, indicator: &Indicator, place: &Place, choices: &[&str]) -> Option<usize> {
        let Some(pick) = indicator.pick.as_deref() else { return Some(0) };
        let found = choices.iter().position(|choice| *choice == pick);
        if found.is_none() {
            let list = choices.join(", ");
            self.findings.push(Finding::error(
                "unknown-pick",
                place.key("pick"),
                Text::new(
                    format!("这种指标没有「{pick}」"),
                    format!("this kind of indicator knows no “{pick}”"),
                ),
                Text::new(format!("可选：{list}"), format!("one of {list}")),
            ));
        }
        found
    }

    /// Says which keys a kind needs and which mean nothing to it.
    fn check_keys(&mut self, indicator: &Indicator, place: &Place) {
        use IndicatorKind::*;
        let kind = indicator.kind;
        let needs_of = matches!(
            kind,
            Sum | Average
                | Min
                | Max
                | Distinct
                | First
                | Last
                | MostFrequent
                | Stddev
                | Percentile
                | Slope
                | Ratio
        );
        let mut needs = vec![];
        if needs_of && indicator.of.is_none() {
            needs.push(("of", "of: amount"));
        }
        if kind == Ratio && indicator.over.is_none() {
            needs.push(("over", "over: orders"));
        }
        if kind == Share && indicator.share.is_none() {
            needs.push(("share", "share: category = 'food'"));
        }
        if kind == Slope
            && !matches!(
                indicator.window,
                Some(Window::Short(_)) | Some(Window::Long(Period { last: Some(_), .. }))
            )
        {
            needs.push(("window", "window: 12 months"));
        }
        for (key, example) in needs {
            self.findings.push(Finding::error(
                "indicator-needs",
                place.key(key),
                Text::new(format!("这种指标需要 {key}"), format!("this kind of indicator needs `{key}`")),
                Text::new(format!("例如 {example}"), format!("such as `{example}`")),
            ));
        }
        let strange = [
            ("of", indicator.of.is_some() && !needs_of && !matches!(kind, Share)),
            ("over", indicator.over.is_some() && kind != Ratio),
            ("share", indicator.share.is_some() && kind != Share),
            ("q", indicator.q.is_some() && kind != Percentile),
            ("per", indicator.per.is_some() && kind != Average),
            ("step", indicator.step.is_some() && !matches!(kind, Slope | Active | Streak)),
            ("pick", indicator.pick.is_some() && !matches!(kind, Gap | DaysSince | Streak)),
            ("where", indicator.filter.is_some() && kind == Ratio),
            ("window", indicator.window.is_some() && kind == Ratio),
        ];
        for (key, is_strange) in strange {
            if is_strange {
                self.findings.push(Finding::error(
                    "indicator-key-unused",
                    place.key(key),
                    Text::new(
                        format!("{key} 对这种指标没有意义"),
                        format!("`{key}` means nothing to this kind of indicator"),
                    ),
                    Text::new("删去它，或换一种 kind", "leave it out, or choose another kind"),
                ));
            }
        }
        if let Some(per) = indicator.per.as_deref()
            && !["event", "order"].contains(&per)
        {
            self.findings.push(Finding::error(
                "unknown-per",
                place.key("per"),
                Text::new(format!("不能按「{per}」求平均"), format!("an average is not taken per “{per}”")),
                Text::new("event 或 order", "`event` or `order`"),
            ));
        }
        if let Some(q) = indicator.q
            && !(Fixed::ZERO..=Fixed::ONE).contains(&q)
        {
            self.findings.push(Finding::error(
                "percentile-range",
                place.key("q"),
                Text::new(
                    format!("分位 {q} 不在 0 与 1 之间"),
                    format!("the percentile {q} is not between 0 and 1"),
                ),
                Text::new("例如 0.5（中位数）、0.9", "such as 0.5 (the median) or 0.9"),
            ));
        }
    }
}

fn is_quotient(kind: IndicatorKind) -> bool {
    matches!(kind, IndicatorKind::Average | IndicatorKind::Share | IndicatorKind::Ratio)
}

fn both(filter: Option<&str>, also: &str) -> String {
    match filter {
        Some(filter) => format!("({filter}) AND ({also})"),
        None => also.to_string(),
    }
}

/// The stretch to compare with; `None` where there is none.
fn shifted(window: &FoldWindow, compare: Compare) -> Option<FoldWindow> {
    let year = Span { n: 1, unit: SpanUnit::Year };
    match (window, compare) {
        (FoldWindow::Calendar { stretch, back: None }, compare) => {
            let unit = match (compare, stretch) {
                (Compare::LastYear, _) => SpanUnit::Year,
                (_, Calendar::ThisMonth | Calendar::LastMonth) => SpanUnit::Month,
                (_, Calendar::ThisQuarter | Calendar::LastQuarter) => SpanUnit::Quarter,
                (_, Calendar::ThisYear | Calendar::LastYear) => SpanUnit::Year,
            };
            Some(FoldWindow::Calendar { stretch: *stretch, back: Some(Span { n: 1, unit }) })
        }
        (FoldWindow::Whole { step, window }, compare) => {
            Some(FoldWindow::Whole { step: *step, window: Box::new(shifted(window, compare)?) })
        }
        (FoldWindow::Rolling { last, before: None }, Compare::PreviousPeriod) => {
            Some(FoldWindow::Rolling { last: *last, before: Some(*last) })
        }
        (FoldWindow::Rolling { last, before: Some(before) }, Compare::PreviousPeriod)
            if before.unit == last.unit =>
        {
            let both = Span { n: before.n.checked_add(last.n)?, unit: last.unit };
            Some(FoldWindow::Rolling { last: *last, before: Some(both) })
        }
        (FoldWindow::Rolling { last, before: None }, Compare::LastYear) => {
            Some(FoldWindow::Rolling { last: *last, before: Some(year) })
        }
        (FoldWindow::ByOrder { window }, compare) => {
            Some(FoldWindow::ByOrder { window: Box::new(shifted(window, compare)?) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(json: &str) -> Result<Lowered, Findings> {
        let model = format!(r#"{{"gradus": 1, "indicators": {{"x": {json}}}}}"#);
        lower(&serde_json::from_str(&model).unwrap(), &Place::default())
    }

    #[test]
    fn a_plain_indicator_is_one_value_of_the_fold() {
        let out =
            lowered(r#"{"kind": "sum", "of": "amount", "where": "spend", "window": "90 days"}"#).unwrap();
        assert_eq!(out.derived, vec![]);
        assert_eq!(out.fold[0].name, "x");
        assert_eq!(
            out.fold[0].window,
            FoldWindow::Rolling { last: "90 days".parse().unwrap(), before: None }
        );
    }

    #[test]
    fn an_average_per_order_is_two_values_and_a_formula() {
        let out = lowered(r#"{"kind": "average", "of": "amount", "per": "order"}"#).unwrap();
        let kinds: Vec<_> = out.fold.iter().map(|part| (&part.name[..], &part.aggregate)).collect();
        assert_eq!(kinds, [("_i1", &Aggregate::Sum { of: "amount".into() }), ("_i2", &Aggregate::Orders)]);
        assert!(out.derived[0].sql.contains("<> 0 THEN"), "{}", out.derived[0].sql);
    }

    #[test]
    fn a_comparison_looks_at_the_stretch_before() {
        let out =
            lowered(r#"{"kind": "sum", "of": "amount", "window": "90 days", "compare": "previous_period"}"#);
        let out = out.unwrap();
        let span = "90 days".parse().unwrap();
        assert_eq!(out.fold[1].window, FoldWindow::Rolling { last: span, before: Some(span) });
    }

    #[test]
    fn a_running_month_is_compared_with_as_much_of_the_month_before() {
        let out = lowered(
            r#"{"kind": "count", "window": {"calendar": "this_month"}, "compare": "previous_period"}"#,
        );
        let back = Some("1 month".parse().unwrap());
        assert_eq!(out.unwrap().fold[1].window, FoldWindow::Calendar { stretch: Calendar::ThisMonth, back });
        let out =
            lowered(r#"{"kind": "count", "window": {"calendar": "last_month"}, "compare": "last_year"}"#);
        let back = Some("1 year".parse().unwrap());
        assert_eq!(out.unwrap().fold[1].window, FoldWindow::Calendar { stretch: Calendar::LastMonth, back });
    }

    #[test]
    fn a_trend_is_taken_over_whole_steps() {
        let out = lowered(r#"{"kind": "slope", "of": "amount", "window": "12 months"}"#).unwrap();
        let window = Box::new(FoldWindow::Rolling { last: "12 months".parse().unwrap(), before: None });
        assert_eq!(out.fold[0].window, FoldWindow::Whole { step: SpanUnit::Month, window });
    }

    #[test]
    fn every_mistake_is_found_at_once() {
        let findings =
            lowered(r#"{"kind": "percentile", "q": 1.5, "per": "customer", "compare": "last_year"}"#)
                .unwrap_err();
        let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(
            codes,
            [
                "indicator-needs",
                "indicator-key-unused",
                "unknown-per",
                "percentile-range",
                "compare-needs-stretch"
            ]
        );
    }
}
