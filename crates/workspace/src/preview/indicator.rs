//! An indicator: how its values lie, what it says in words, who uses it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use gradus_expression::{Scope, Want, compile};
use gradus_model::document::{Indicator, IndicatorKind, Model, SpanUnit, Window};
use gradus_model::{Finding, Lang, Place, Text};
use gradus_stats::quantile::quantiles_f64;
use serde::Serialize;
use serde_json::Value;

use super::bars::Bars;
use super::prepared;
use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::customers::NumberRange;
use crate::moves;
use crate::versions::{canonical, documents_with};
use crate::{Workspace, WorkspaceError};

/// Bars of a histogram, and most categories that are shown.
const BARS: usize = 30;

/// What there is to say about an indicator.
#[derive(Debug, Clone, Serialize)]
pub struct IndicatorDetail {
    pub title: Text,
    pub words: Text,
    /// True if it was never graded and there are too many events to do it now.
    pub needs_fold: bool,
    pub distribution: Distribution,
    /// Kind and name of what reads it.
    pub used_by: Vec<(Text, String)>,
}

/// How values lie.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Distribution {
    /// Stretches of numbers, or categories by their label, the most frequent first.
    pub bins: Vec<Bin>,
    pub n_unknown: u64,
    pub n_not_applicable: u64,
    /// Share and value.
    pub quantiles: Vec<(f64, f64)>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    pub from: f64,
    pub to: f64,
    pub count: u64,
    pub label: Option<String>,
    /// What opens those whom a stretch counts; categories are opened by their label.
    pub range: Option<NumberRange>,
}

/// An indicator of the model that graded last.
pub async fn stored_indicator(
    workspace: &Workspace,
    who: &Principal,
    base: Arc<Base>,
    name: &str,
) -> Result<IndicatorDetail, WorkspaceError> {
    let document = canonical(&base.model)?;
    if base.model.indicators.get(name).is_none() {
        return Err(WorkspaceError::NotFound { what: "indicator" });
    }
    indicator(workspace, who, base, &document, name).await
}

/// An indicator of a document that is being edited.
pub async fn indicator(
    workspace: &Workspace,
    who: &Principal,
    base: Arc<Base>,
    document: &Value,
    name: &str,
) -> Result<IndicatorDetail, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let documents = documents_with(workspace, "draft", &document.to_string())?;
    let Some(written) = documents.model.indicators.get(name).cloned() else {
        return Err(Finding::error(
            "unknown-name",
            Place::default().at("name"),
            Text::new(format!("文档里没有「{name}」"), format!("the document has no “{name}”")),
            Text::new("文档里有的名称", "a name that the document has"),
        )
        .into());
    };
    let used_by = used_by(&documents.model, name);
    let ready = prepared(workspace, &base, documents, &[name]).await?;
    let words = words(&written, &ready.compiled.events);
    let wanted = name.to_string();
    let not_applicable =
        ready.compiled.fold.indicators().iter().any(|one| one.name == wanted && one.null_is_not_applicable());
    let needs_fold = ready.rows.is_none();
    let work = move || {
        let (graded, _) = ready.grade();
        distribution(&graded, &wanted, not_applicable)
    };
    let distribution = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| WorkspaceError::Defect(error.to_string()))??;
    let title = moves::title(written.title.as_ref(), name);
    Ok(IndicatorDetail { title, words, needs_fold, distribution, used_by })
}

fn distribution(
    batches: &[RecordBatch],
    name: &str,
    not_applicable: bool,
) -> Result<Distribution, WorkspaceError> {
    let columns: Vec<&ArrayRef> = batches.iter().filter_map(|batch| batch.column_by_name(name)).collect();
    let n_null: u64 = columns.iter().map(|column| column.logical_null_count() as u64).sum();
    let (n_unknown, n_not_applicable) = if not_applicable { (0, n_null) } else { (n_null, 0) };
    let mut out = Distribution { n_unknown, n_not_applicable, ..Distribution::default() };
    if let Some(values) = moves::known_numbers(batches, name) {
        let values: Vec<&[f64]> = values.iter().map(|values| values.values().as_ref()).collect();
        let Some(bars) = Bars::of(&values, BARS) else { return Ok(out) };
        let bin = |(at, count): (usize, u64)| {
            let (from, to) = bars.ends(at);
            Bin { from, to, count, label: None, range: Some(bars.range(name, at)) }
        };
        out.bins = bars.count(&values).into_iter().enumerate().map(bin).collect();
        // Every twentieth is computed; those that people look at are shown.
        let twentieths = quantiles_f64(&values, 20).unwrap_or_default();
        let shown = [0usize, 1, 5, 10, 15, 19, 20];
        out.quantiles =
            shown.iter().filter_map(|at| Some((*at as f64 / 20.0, *twentieths.get(*at)?))).collect();
        return Ok(out);
    }
    let mut counts: std::collections::BTreeMap<String, u64> = Default::default();
    for column in columns {
        for value in cast(column, &DataType::Utf8)?.as_string::<i32>().iter().flatten() {
            *counts.entry(value.to_string()).or_default() += 1;
        }
    }
    let mut all: Vec<(String, u64)> = counts.into_iter().collect();
    all.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    let bin = |(at, (label, count)): (usize, (String, u64))| Bin {
        from: at as f64,
        to: at as f64 + 1.0,
        count,
        label: Some(label),
        range: None,
    };
    out.bins = all.into_iter().take(BARS).enumerate().map(bin).collect();
    Ok(out)
}

/// What reads an indicator, by kind and name.
fn used_by(model: &Model, name: &str) -> Vec<(Text, String)> {
    let mut out = Vec::new();
    let mut look = |kind: Text, other: &str, text: String| {
        if other != name && mentions(&text, name) {
            out.push((kind, other.to_string()));
        }
    };
    fn text(one: &impl Serialize) -> String {
        serde_json::to_string(one).unwrap_or_default()
    }
    model.indicators.iter().for_each(|(other, one)| look(Text::new("指标", "indicator"), other, text(one)));
    model.predictions.iter().for_each(|(other, one)| look(Text::new("预测", "prediction"), other, text(one)));
    model.scorecards.iter().for_each(|(other, one)| look(Text::new("评分卡", "scorecard"), other, text(one)));
    model.rule_sets.iter().for_each(|(other, one)| look(Text::new("规则集", "rule set"), other, text(one)));
    model
        .decision_tables
        .iter()
        .for_each(|(other, one)| look(Text::new("决策表", "decision table"), other, text(one)));
    model
        .cross_tables
        .iter()
        .for_each(|(other, one)| look(Text::new("交叉决策表", "cross table"), other, text(one)));
    model
        .decision_trees
        .iter()
        .for_each(|(other, one)| look(Text::new("决策树", "decision tree"), other, text(one)));
    model.flows.iter().for_each(|(other, one)| look(Text::new("规则流", "rule flow"), other, text(one)));
    model.tiers.iter().for_each(|(other, one)| look(Text::new("等级体系", "tier scheme"), other, text(one)));
    model.segments.iter().for_each(|(other, one)| look(Text::new("分群", "segment"), other, text(one)));
    model.groupings.iter().for_each(|(other, one)| look(Text::new("分群方案", "grouping"), other, text(one)));
    out
}

/// Whether a name occurs as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

/// What an indicator says, in words: expressions over events read back by the titles of their columns, others as
/// they are written.
fn words(one: &Indicator, events: &Scope) -> Text {
    let said = |lang: Lang| {
        let read = |sql: &Option<String>| {
            let sql = sql.as_deref().unwrap_or("");
            compile(sql, events, Want::Any, &Place::default())
                .map_or_else(|_| sql.to_string(), |expression| expression.words(lang))
        };
        said(one, &read(&one.of), &read(&one.over), &read(&one.share), &read(&one.filter))
            .get(lang)
            .to_string()
    };
    Text::new(said(Lang::Zh), said(Lang::En))
}

fn said(one: &Indicator, of: &str, over: &str, share: &str, filter: &str) -> Text {
    let (zh, en) = match one.kind {
        IndicatorKind::Count => ("事件数".into(), "number of events".into()),
        IndicatorKind::Orders => ("订单数".into(), "number of orders".into()),
        IndicatorKind::Sum => (format!("{of} 之和"), format!("sum of {of}")),
        IndicatorKind::Average if one.per.as_deref() == Some("order") => {
            (format!("每单 {of} 的平均"), format!("mean of {of} per order"))
        }
        IndicatorKind::Average => (format!("{of} 的平均"), format!("mean of {of}")),
        IndicatorKind::Min => (format!("{of} 的最小值"), format!("least {of}")),
        IndicatorKind::Max => (format!("{of} 的最大值"), format!("greatest {of}")),
        IndicatorKind::Distinct => {
            (format!("不同 {of} 的个数"), format!("number of different values of {of}"))
        }
        IndicatorKind::First => (format!("首次的 {of}"), format!("{of} of the first event")),
        IndicatorKind::Last => (format!("最近一次的 {of}"), format!("{of} of the last event")),
        IndicatorKind::MostFrequent => (format!("最常出现的 {of}"), format!("most frequent {of}")),
        IndicatorKind::Stddev => (format!("{of} 的标准差"), format!("standard deviation of {of}")),
        IndicatorKind::Percentile => {
            let q = one.q.map(|q| q.to_string()).unwrap_or_default();
            (format!("{of} 的 {q} 分位数"), format!("quantile {q} of {of}"))
        }
        IndicatorKind::DaysSince if one.pick.as_deref() == Some("first") => {
            ("距首次的天数".into(), "days since the first event".into())
        }
        IndicatorKind::DaysSince => ("距最近一次的天数".into(), "days since the last event".into()),
        IndicatorKind::Gap => ("相邻活跃日的间隔天数".into(), "days between active days".into()),
        IndicatorKind::Active => {
            (format!("有事件的{}数", unit(one.step).zh), format!("{}s with an event", unit(one.step).en))
        }
        IndicatorKind::Streak => (
            format!("连续有事件的{}数", unit(one.step).zh),
            format!("consecutive {}s with an event", unit(one.step).en),
        ),
        IndicatorKind::Slope => (
            format!("每{} {of} 的趋势", unit(one.step).zh),
            format!("trend of {of} per {}", unit(one.step).en),
        ),
        IndicatorKind::Share => (format!("{share} 占 {of} 的比例"), format!("share of {share} in {of}")),
        IndicatorKind::Ratio => (format!("{of} 除以 {over}"), format!("{of} divided by {over}")),
        IndicatorKind::Formula => (of.to_string(), of.to_string()),
    };
    let mut text: Text = Text::new(zh, en);
    if one.filter.is_some() {
        text = Text::new(format!("{}，仅限 {filter}", text.zh), format!("{}, where {filter}", text.en));
    }
    if let Some(window) = &one.window {
        let window = window_words(window);
        text = Text::new(format!("{}，{}", text.zh, window.zh), format!("{}, {}", text.en, window.en));
    }
    if one.compare.is_some() {
        text = Text::new(
            format!("{}，与此前相比的变化率", text.zh),
            format!("{}, as the relative change", text.en),
        );
    }
    text
}

fn unit(step: Option<SpanUnit>) -> Text {
    match step.unwrap_or(SpanUnit::Day) {
        SpanUnit::Day => Text::new("天", "day"),
        SpanUnit::Week => Text::new("周", "week"),
        SpanUnit::Month => Text::new("月", "month"),
        SpanUnit::Quarter => Text::new("季度", "quarter"),
        SpanUnit::Year => Text::new("年", "year"),
    }
}

fn window_words(window: &Window) -> Text {
    let span = |span: &gradus_model::document::Span| {
        let unit = unit(Some(span.unit));
        Text::new(format!("{} {}", span.n, unit.zh), format!("{} {}s", span.n, unit.en))
    };
    match window {
        Window::Short(last) => {
            let last = span(last);
            Text::new(format!("近 {}", last.zh), format!("in the last {}", last.en))
        }
        Window::Long(period) => {
            let mut parts: Vec<Text> = Vec::new();
            if let Some(last) = &period.last {
                let last = span(last);
                parts.push(Text::new(format!("近 {}", last.zh), format!("in the last {}", last.en)));
            }
            if let Some(before) = &period.before {
                let before = span(before);
                parts.push(Text::new(format!("往前推 {}", before.zh), format!("{} earlier", before.en)));
            }
            if let Some(calendar) = &period.calendar {
                let name = serde_json::to_value(calendar).ok();
                let name = name
                    .and_then(|name| name.as_str().map(|name| name.replace('_', " ")))
                    .unwrap_or_default();
                let zh = name
                    .replace("this ", "本")
                    .replace("last ", "上")
                    .replace("month", "月")
                    .replace("quarter", "季度")
                    .replace("year", "年");
                parts.push(Text::new(zh, name));
            }
            if let Some(since) = &period.since {
                parts.push(Text::new(format!("自最近一次 {since} 起"), format!("since the last {since}")));
            }
            let zh = parts.iter().map(|part| part.zh.as_str()).collect::<Vec<_>>().join("，");
            let en = parts.iter().map(|part| part.en.as_str()).collect::<Vec<_>>().join(", ");
            Text::new(zh, en)
        }
    }
}
