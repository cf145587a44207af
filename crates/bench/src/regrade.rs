//! Grading again after a change of weights only: stage B over stored indicators, tier counts and
//! the matrix of who moved from which tier to which.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int32Type;
use gradus_expression::Scope;
use gradus_grading::fold::{CUSTOMER, FoldPlan};
use gradus_grading::grade::{
    CompileContext, DerivedColumn, Fits, IndicatorColumn, NullMeaning, StageB, compile,
};
use gradus_grading::lower::lower;
use gradus_ledger::table::scan_schema;
use gradus_model::Place;
use gradus_model::document::Model;
use gradus_model::event_stream::EventSchema;
use gradus_workspace::{GradeOptions, Workspace, grade};
use serde::{Deserialize, Serialize};

use crate::answer::{cpu_seconds, peak_mb};
use crate::{Outcome, data};

const N_RUNS: usize = 5;

/// Medians of several runs in one process, the indicators in memory.
#[derive(Debug, Serialize, Deserialize)]
pub struct Regraded {
    n_customers: usize,
    /// Cut-offs and quantiles estimated anew.
    seconds_estimating: f64,
    /// Cut-offs and quantiles as they were.
    seconds_frozen: f64,
    cpu_seconds_estimating: f64,
    peak_mb: f64,
    n_moved: i64,
    /// `from -> to`, customers.
    moves: BTreeMap<String, i64>,
}

pub async fn run(root: &Path, n_threads: NonZeroUsize) -> Outcome<Regraded> {
    let workspace = Workspace::open(root, None).await?;
    let as_of = data::as_of(&workspace.zone);
    let options = GradeOptions { instants: vec![as_of], known_at_us: None, store: false, n_threads };
    let grading = grade(&workspace, &options, &()).await?;
    let before = grading.instants.into_iter().next().ok_or("nobody was graded")?;
    let mut document = serde_json::to_value(workspace.documents()?.model)?;
    for (attribute, weight) in [("recency", 1.0), ("monetary", 4.5)] {
        document["scorecards"]["value"]["attributes"][attribute]["weight"] = weight.into();
    }
    let model: Model = serde_json::from_value(document)?;
    let (stage, names) = stage_of(&model, &workspace)?;
    let stored = before
        .batches
        .iter()
        .map(|batch| {
            let at: Result<Vec<usize>, _> =
                names.iter().map(|name| batch.schema_ref().index_of(name)).collect();
            batch.project(&at?)
        })
        .collect::<Result<Vec<RecordBatch>, _>>()?;
    let date = jiff::civil::date(data::AS_OF.0, data::AS_OF.1, data::AS_OF.2);
    let once = |fits: Option<Fits>| -> Outcome<(f64, f64, BTreeMap<String, i64>)> {
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let (graded, _) = stage.grade(&stored, fits, date, n_threads);
        let mut moves = BTreeMap::new();
        for (old, new) in before.batches.iter().zip(&graded) {
            count_moves(old, &new.batch, &mut moves)?;
        }
        Ok((start.elapsed().as_secs_f64(), cpu_seconds() - cpu, moves))
    };
    let mut estimating = Vec::new();
    let mut frozen = Vec::new();
    for _ in 0..N_RUNS {
        estimating.push(once(None)?);
        frozen.push(once(Some(before.fits.clone()))?);
    }
    let moves = estimating.last().map(|run| run.2.clone()).unwrap_or_default();
    let moved = |(path, n): (&String, &i64)| {
        if path.split_once(" -> ").is_some_and(|(a, b)| a != b) { *n } else { 0 }
    };
    Ok(Regraded {
        n_customers: stored.iter().map(RecordBatch::num_rows).sum(),
        seconds_estimating: median(estimating.iter().map(|run| run.0)),
        seconds_frozen: median(frozen.iter().map(|run| run.0)),
        cpu_seconds_estimating: median(estimating.iter().map(|run| run.1)),
        peak_mb: peak_mb(),
        n_moved: moves.iter().map(moved).sum(),
        moves,
    })
}

pub fn print(regraded: &Regraded) {
    println!(
        "\nGrading again after a change of two weights, {} customers, indicators in memory:",
        regraded.n_customers
    );
    println!(
        "  cut-offs estimated anew {:.3} s ({:.2} cpu s)",
        regraded.seconds_estimating, regraded.cpu_seconds_estimating
    );
    println!("  cut-offs as they were   {:.3} s", regraded.seconds_frozen);
    println!("  {} moved to another tier:", regraded.n_moved);
    for (path, n) in &regraded.moves {
        println!("    {path:<20} {n:>9}");
    }
}

/// Stage B of a model, and the columns of the fold that it reads.
fn stage_of(model: &Model, workspace: &Workspace) -> Outcome<(StageB, Vec<String>)> {
    let root = Place::default();
    let lowered = lower(model, &root).map_err(|found| format!("{found:?}"))?;
    let events = EventSchema { n_buckets: data::BUCKETS, fields: Vec::new() };
    let scope = Scope::new(scan_schema(&events));
    let place = |name: &str| root.key("indicators").key(name);
    let plan = FoldPlan::compile(lowered.fold.clone(), &scope, workspace.zone.clone(), &place)
        .map_err(|found| format!("{found:?}"))?;
    let columns: Vec<IndicatorColumn> = plan
        .indicators()
        .iter()
        .filter_map(|indicator| {
            Some(IndicatorColumn {
                name: indicator.name.clone(),
                data_type: plan.output_schema().field_with_name(&indicator.name).ok()?.data_type().clone(),
                null_meaning: match indicator.null_is_not_applicable() {
                    true => NullMeaning::NotApplicable,
                    false => NullMeaning::Unknown,
                },
                title: None,
            })
        })
        .collect();
    let derived: Vec<DerivedColumn> = lowered.derived.iter().map(DerivedColumn::from).collect();
    let context =
        CompileContext { document: None, lowered: &lowered.fold, derived: &derived, events: Some(&scope) };
    let stage = compile(model, &columns, &context).map_err(|found| format!("{found:?}"))?;
    let names = std::iter::once(CUSTOMER.to_string()).chain(columns.into_iter().map(|column| column.name));
    Ok((stage, names.collect()))
}

fn count_moves(old: &RecordBatch, new: &RecordBatch, moves: &mut BTreeMap<String, i64>) -> Outcome<()> {
    let tiers = |batch: &RecordBatch| -> Outcome<(Vec<i32>, Vec<String>)> {
        let column = batch.column_by_name("member").ok_or("no tier")?.as_dictionary::<Int32Type>().clone();
        let names = column.values().as_string::<i32>().iter().flatten().map(String::from).collect();
        Ok((column.keys().values().to_vec(), names))
    };
    let ((old, old_names), (new, new_names)) = (tiers(old)?, tiers(new)?);
    let mut counts = vec![0i64; old_names.len() * new_names.len()];
    for (old, new) in old.iter().zip(&new) {
        counts[*old as usize * new_names.len() + *new as usize] += 1;
    }
    for (at, n) in counts.into_iter().enumerate().filter(|(_, n)| *n > 0) {
        let path = format!("{} -> {}", old_names[at / new_names.len()], new_names[at % new_names.len()]);
        *moves.entry(path).or_default() += n;
    }
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
