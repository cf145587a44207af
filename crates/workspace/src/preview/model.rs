//! A changed scorecard, tier scheme or grouping: the distribution of the score, how many stand on each
//! level, who rises and falls, who is close to a cut, how the bins are filled.

use std::sync::Arc;

use arrow::array::{AsArray, Float64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use gradus_grading::grade::{AttributeBins, Statement};
use gradus_model::document::{Model, TierScheme};
use gradus_model::{Finding, Place, Text};
use gradus_stats::quantile::quantiles_f64;
use serde::Serialize;
use serde_json::Value;

use super::bars::Bars;
use super::{Prepared, prepared};
use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::customers::NumberRange;
use crate::decided::standings;
use crate::moves::{self, Edge, Moved, Side};
use crate::versions::documents_with;
use crate::{Documents, Workspace, WorkspaceError};

/// Bars of a histogram.
const BARS: usize = 40;
/// Customers at the edges that are shown.
const EDGES: usize = 10;

/// What is looked at.
#[derive(Debug, Clone, Default)]
pub struct PreviewOf {
    pub scorecard: Option<String>,
    pub scheme: Option<String>,
    pub grouping: Option<String>,
    /// Whose statement is shown.
    pub customer: Option<i64>,
}

/// What the document would do.
#[derive(Debug, Clone, Serialize)]
pub struct ModelPreview {
    pub as_of: String,
    pub customers: u64,
    /// True if a definition was never graded and there are too many events to do it now: only a
    /// simulation tells.
    pub needs_fold: bool,
    pub seconds: f64,
    pub score: Option<ScorePreview>,
    pub tiers: Vec<LevelPreview>,
    pub up: u64,
    pub down: u64,
    pub matrix: Vec<Moved>,
    pub edges: Vec<Edge>,
    pub attributes: Vec<AttributeBins>,
    pub groups: Vec<GroupPreview>,
    pub statement: Option<Statement>,
}

/// How the scores lie.
#[derive(Debug, Clone, Serialize)]
pub struct ScorePreview {
    pub histogram: Vec<Bar>,
    /// At 0, 25, 50, 75 and 100 %.
    pub quantiles: Vec<f64>,
    /// Customers whose score is an interval or unknown.
    pub n_unknown: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    pub from: f64,
    pub to: f64,
    pub count: u64,
    /// As graded last; `None` if there was no such score.
    pub before: Option<u64>,
    /// What opens those whom `before` counts.
    pub range: NumberRange,
}

/// How many stand on a level; an empty name is not graded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelPreview {
    pub level: String,
    pub title: Text,
    pub count: u64,
    pub before: Option<u64>,
}

/// How many are in a group; an empty name is in none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupPreview {
    pub group: String,
    pub title: Text,
    pub count: u64,
    pub before: Option<u64>,
}

/// Grades everybody by a document that is being edited.
///
/// # Errors
/// Findings on what is looked at; other parts of the document may be wrong.
pub async fn preview(
    workspace: &Workspace,
    who: &Principal,
    base: Arc<Base>,
    document: &Value,
    of: PreviewOf,
) -> Result<ModelPreview, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let began = std::time::Instant::now();
    let documents = documents_with(workspace, "draft", &document.to_string())?;
    let roots: Vec<&str> =
        [&of.scorecard, &of.scheme, &of.grouping].into_iter().filter_map(|name| name.as_deref()).collect();
    known(&documents.model, &of)?;
    let then = prepared(workspace, &base, documents, &roots).await?;
    // Between decision instants a tier stands as it was decided: both sides are then graded as of now,
    // so that what differs is the document and not the calendar.
    let as_of = workspace.as_of(base.graded.as_of_us);
    let waits = |name: &String| {
        let scheme = base.model.tiers.get(name)?;
        let alone =
            Model { tiers: [(name.clone(), scheme.clone())].into_iter().collect(), ..Model::default() };
        (!standings(&alone, as_of, &workspace.zone).is_empty()).then_some(())
    };
    let now = match of.scheme.as_ref().and_then(waits) {
        Some(()) => {
            let sources = crate::folder::read_sources(&workspace.root)?;
            let documents = Documents {
                sources,
                model: base.model.clone(),
                locations: Default::default(),
                version: base.version,
                findings: Default::default(),
            };
            Some(prepared(workspace, &base, documents, &roots).await?)
        }
        None => None,
    };
    let customer = of.customer;
    let owned = base.clone();
    let work = move || look(&owned, &then, now.as_ref(), &of);
    let mut seen = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| WorkspaceError::Defect(error.to_string()))??;
    if customer.is_some()
        && seen.statement.is_none()
        && !seen.needs_fold
        && base.find(customer.unwrap_or(0)).is_none()
    {
        return Err(WorkspaceError::NotFound { what: "customer" });
    }
    moves::named(workspace, &mut seen.edges).await?;
    seen.seconds = began.elapsed().as_secs_f64();
    Ok(seen)
}

/// What is looked at is in the document.
fn known(model: &Model, of: &PreviewOf) -> Result<(), WorkspaceError> {
    let missing = |what: &str, name: &str| {
        WorkspaceError::from(Finding::error(
            "unknown-name",
            Place::default().at(what),
            Text::new(format!("文档里没有「{name}」"), format!("the document has no “{name}”")),
            Text::new("文档里有的名称", "a name that the document has"),
        ))
    };
    match of {
        PreviewOf { scorecard: Some(name), .. } if model.scorecards.get(name).is_none() => {
            Err(missing("scorecard", name))
        }
        PreviewOf { scheme: Some(name), .. } if model.tiers.get(name).is_none() => {
            Err(missing("scheme", name))
        }
        PreviewOf { grouping: Some(name), .. } if model.groupings.get(name).is_none() => {
            Err(missing("grouping", name))
        }
        _ => Ok(()),
    }
}

fn look(
    base: &Base,
    then: &Prepared,
    now: Option<&Prepared>,
    of: &PreviewOf,
) -> Result<ModelPreview, WorkspaceError> {
    let mut out = ModelPreview {
        as_of: base.graded.as_of.clone(),
        customers: base.n_customers() as u64,
        needs_fold: then.rows.is_none(),
        seconds: 0.0,
        score: None,
        tiers: Vec::new(),
        up: 0,
        down: 0,
        matrix: Vec::new(),
        edges: Vec::new(),
        attributes: Vec::new(),
        groups: Vec::new(),
        statement: None,
    };
    let Some(rows) = &then.rows else { return Ok(out) };
    let (graded, fits, attributes) = match &of.scorecard {
        Some(card) => then.grade_and_count_bins(card),
        None => {
            let (graded, fits) = then.grade();
            (graded, fits, Vec::new())
        }
    };
    out.attributes = attributes;
    let graded_now = now.filter(|now| now.rows.is_some()).map(|now| now.grade().0);
    let before = Side { model: &base.model, batches: graded_now.as_deref().unwrap_or(&base.graded.batches) };
    let after = Side { model: &then.model, batches: &graded };
    // The score and the tiers are looked at beside each other.
    let scored = || -> Result<Scored, WorkspaceError> {
        let Some(card) = &of.scorecard else { return Ok(Scored::default()) };
        let stage = &then.compiled.stage_b;
        let place = of.customer.and_then(|customer| place_of(rows, customer));
        Ok(Scored {
            score: Some(score(card, &before, &after)?),
            statement: place
                .and_then(|(at, row)| stage.explain_score(&rows[at], row, card, &fits, then.date)),
        })
    };
    let scored = std::thread::scope(|scope| -> Result<Scored, WorkspaceError> {
        let beside = scope.spawn(scored);
        if let Some(name) = &of.scheme
            && let Some(scheme) = then.model.tiers.get(name)
        {
            tiers(&mut out, (name, scheme), &before, &after)?;
            if let Some(by) = &scheme.by {
                let cuts = then.compiled.stage_b.tier_cuts(name, &fits);
                out.edges = moves::edges(name, by, &cuts, &graded, EDGES)?;
            }
        }
        beside.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause))
    })?;
    (out.score, out.statement) = (scored.score, scored.statement);
    if let Some(name) = &of.grouping {
        out.groups = groups(name, then, &before, &after)?;
    }
    Ok(out)
}

/// What is said of a scorecard.
#[derive(Default)]
struct Scored {
    score: Option<ScorePreview>,
    statement: Option<Statement>,
}

/// Who stands where, by the levels of a scheme.
fn tiers(
    out: &mut ModelPreview,
    (name, scheme): (&str, &TierScheme),
    before: &Side<'_>,
    after: &Side<'_>,
) -> Result<(), WorkspaceError> {
    let pairs = moves::pairs(name, before, after)?;
    out.matrix = moves::matrix(name, &pairs, before, after);
    (out.up, out.down) = moves::up_and_down(&out.matrix, scheme);
    let old = before.model.tiers.get(name);
    let then_counts = moves::counts(&pairs.after, scheme.levels.len());
    let now_counts = old.map(|old| moves::counts(&pairs.before, old.levels.len()));
    let was = |level: &str| {
        let (old, counts) = (old?, now_counts.as_ref()?);
        match level {
            "" => counts.last().copied(),
            level => Some(old.levels.position(level).and_then(|at| counts.get(at).copied()).unwrap_or(0)),
        }
    };
    let levels = scheme.levels.iter().map(|(level, one)| (level, moves::title(one.title.as_ref(), level)));
    let none = std::iter::once(("", Text::new("未定级", "Not graded")));
    for ((level, title), count) in levels.chain(none).zip(then_counts) {
        out.tiers.push(LevelPreview { level: level.to_string(), title, count, before: was(level) });
    }
    Ok(())
}

/// Batch and row of a customer.
pub(super) fn place_of(rows: &[RecordBatch], customer: i64) -> Option<(usize, usize)> {
    rows.iter().enumerate().find_map(|(at, batch)| {
        let ids = moves::customers(std::slice::from_ref(batch));
        ids.iter().position(|id| *id == customer).map(|row| (at, row))
    })
}

fn score(card: &str, before: &Side<'_>, after: &Side<'_>) -> Result<ScorePreview, WorkspaceError> {
    let then = moves::known_numbers(after.batches, card).unwrap_or_default();
    let now = match before.model.scorecards.get(card) {
        Some(_) => moves::known_numbers(before.batches, card),
        None => None,
    };
    fn pieces(values: &[Float64Array]) -> Vec<&[f64]> {
        values.iter().map(|values| values.values().as_ref()).collect()
    }
    let (then, now) = (pieces(&then), now.as_deref().map(pieces));
    let n_all: usize = after.batches.iter().map(RecordBatch::num_rows).sum();
    let n_unknown = (n_all - then.iter().map(|piece| piece.len()).sum::<usize>()) as u64;
    let both: Vec<&[f64]> = then.iter().chain(now.iter().flatten()).copied().collect();
    let Some(bars) = Bars::of(&both, BARS) else {
        return Ok(ScorePreview { histogram: Vec::new(), quantiles: Vec::new(), n_unknown });
    };
    let then_counts = bars.count(&then);
    let now_counts = now.as_ref().map(|now| bars.count(now));
    let bar = |at: usize| {
        let (from, to) = bars.ends(at);
        let before = now_counts.as_ref().map(|counts| counts[at]);
        Bar { from, to, count: then_counts[at], before, range: bars.range(card, at) }
    };
    let histogram = (0..bars.len()).map(bar).collect();
    Ok(ScorePreview { histogram, quantiles: quantiles_f64(&then, 4).unwrap_or_default(), n_unknown })
}

fn groups(
    name: &str,
    then: &Prepared,
    before: &Side<'_>,
    after: &Side<'_>,
) -> Result<Vec<GroupPreview>, WorkspaceError> {
    let column = then.compiled.stage_b.output_columns().into_iter().find(|column| column.name == name);
    let known = column.map(|column| column.values).unwrap_or_default();
    let count = |batches: &[RecordBatch]| -> Result<std::collections::BTreeMap<String, u64>, WorkspaceError> {
        let mut counts = std::collections::BTreeMap::new();
        for batch in batches {
            let Some(column) = batch.column_by_name(name) else { continue };
            for group in cast(column, &DataType::Utf8)?.as_string::<i32>() {
                *counts.entry(group.unwrap_or_default().to_string()).or_default() += 1;
            }
        }
        Ok(counts)
    };
    let then = count(after.batches)?;
    let now = match before.model.groupings.get(name) {
        Some(_) => Some(count(before.batches)?),
        None => None,
    };
    let none = (String::new(), Text::new("不在任何组", "in no group"));
    let group = |(group, title): (String, Text)| GroupPreview {
        count: then.get(&group).copied().unwrap_or(0),
        before: now.as_ref().map(|now| now.get(&group).copied().unwrap_or(0)),
        group,
        title,
    };
    Ok(known.into_iter().chain(std::iter::once(none)).map(group).collect())
}
