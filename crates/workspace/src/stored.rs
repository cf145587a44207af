//! Graded bases as they are stored: what the report, the export and the tables read.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::RecordBatch;
use gradus_grading::grade::{OutputColumn, OutputKind};
use gradus_model::document::{GroupingKind, Model};
use gradus_model::{Finding, Place, Text};

use crate::compiled::Compiled;
use crate::grade::open_events;
use crate::runs::fits_of;
use crate::summary::{GradedBase, SummaryOptions};
use crate::{GradedInstant, Grading, StoredGrades, Workspace, WorkspaceError, versions};

/// The grades of the version in force, or of the one before while it has graded nobody yet.
pub struct Stored {
    pub compiled: Arc<Compiled>,
    pub model: Model,
    /// The published version that graded; `None`: the documents of the folder.
    pub version: Option<i64>,
    pub grades: StoredGrades,
    /// Local dates, ascending; at least one.
    pub instants: Vec<String>,
}

impl Stored {
    /// Opens them.
    ///
    /// # Errors
    /// A finding if nobody has been graded by it yet.
    pub async fn open(workspace: &Workspace) -> Result<Stored, WorkspaceError> {
        let documents = versions::graded_by(workspace).await?;
        let events = open_events(workspace).await?;
        let compiled = workspace.compiled(&documents, events.event_schema())?;
        let grades = StoredGrades::open(workspace, &compiled.hash).await?;
        let instants = grades.instants()?;
        if instants.is_empty() {
            return Err(Finding::error(
                "not-graded-yet",
                Place::default(),
                Text::new("还没有按现在的模型评级", "nobody has been graded by the model as it is now"),
                Text::new("先运行 gradus grade", "run `gradus grade` first"),
            )
            .into());
        }
        Ok(Stored { compiled, model: documents.model, version: documents.version, grades, instants })
    }

    /// The customers of an instant with every column, or with their tiers only.
    pub async fn base(
        &self,
        workspace: &Workspace,
        date: &str,
        tiers_only: bool,
    ) -> Result<GradedBase, WorkspaceError> {
        let wanted =
            |kind: OutputKind| !tiers_only || matches!(kind, OutputKind::Customer | OutputKind::Tier);
        let columns = self.columns(workspace, date).await?;
        let columns: Vec<_> = columns.into_iter().filter(|column| wanted(column.kind)).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let batches = self.grades.read(date, &names).await?;
        if batches.is_empty() {
            let known = self.instants.join(", ");
            return Err(Finding::error(
                "not-graded-yet",
                Place::default(),
                Text::new(format!("没有 {date} 的评级"), format!("nobody has been graded as of {date}")),
                Text::new(format!("可选：{known}"), format!("one of {known}")),
            )
            .into());
        }
        Ok(GradedBase {
            as_of: date.to_string(),
            as_of_us: crate::instant_of(date, &workspace.zone)?,
            model_title: self.model.title.clone(),
            columns,
            batches,
        })
    }
}

impl Stored {
    /// The columns as they were named in the grading of a date: the titles of groups belong to its fit.
    pub(crate) async fn columns(
        &self,
        workspace: &Workspace,
        date: &str,
    ) -> Result<Vec<OutputColumn>, WorkspaceError> {
        if self.model.predictions.iter().all(|(_, prediction)| prediction.clusters.is_none()) {
            return Ok(self.compiled.stage_b.output_columns());
        }
        let as_of_us = crate::instant_of(date, &workspace.zone)?;
        let runs = workspace.store.runs().list(Some(&self.compiled.hash), 1_000).await?;
        let run = runs.iter().find(|run| run.is_announced() && run.as_of == as_of_us);
        let fits = match run {
            Some(run) => fits_of(workspace, run).await?,
            None => Default::default(),
        };
        Ok(self.compiled.stage_b.output_columns_of(&fits))
    }

    /// What grading shows of all stored columns; the values are not copied.
    pub async fn shown(
        &self,
        workspace: &Workspace,
        date: &str,
        all: &[RecordBatch],
    ) -> Result<GradedBase, WorkspaceError> {
        let columns = self.columns(workspace, date).await?;
        let mut batches = Vec::with_capacity(all.len());
        for batch in all {
            let schema = batch.schema();
            let places =
                columns.iter().map(|column| schema.index_of(&column.name)).collect::<Result<Vec<_>, _>>()?;
            batches.push(batch.project(&places)?);
        }
        Ok(GradedBase {
            as_of: date.to_string(),
            as_of_us: crate::instant_of(date, &workspace.zone)?,
            model_title: self.model.title.clone(),
            columns,
            batches,
        })
    }
}

/// The bases of a grading that was just made.
pub fn bases(grading: &Grading) -> Vec<GradedBase> {
    let base = |instant: &GradedInstant| {
        // Of instants before the last only the tiers may have stayed in memory.
        let is_there = |name: &str| instant.batches.iter().all(|batch| batch.column_by_name(name).is_some());
        GradedBase {
            as_of: instant.date.clone(),
            as_of_us: instant.as_of.instant_us,
            model_title: grading.model_title.clone(),
            columns: grading.columns.iter().filter(|column| is_there(&column.name)).cloned().collect(),
            batches: instant.batches.clone(),
        }
    };
    grading.instants.iter().map(base).collect()
}

/// Which indicators the tables and figures are about: those of the model's RFM groupings.
pub fn summary_options(model: &Model) -> SummaryOptions {
    let rfm = model
        .groupings
        .iter()
        .map(|(_, grouping)| grouping)
        .find(|grouping| matches!(grouping.kind, GroupingKind::Rfm8 | GroupingKind::Rfm11));
    let named = |name: Option<&String>| name.filter(|name| model.indicators.get(name).is_some()).cloned();
    let (recency, frequency, monetary) = match rfm {
        Some(rfm) => {
            (named(rfm.recency.as_ref()), named(rfm.frequency.as_ref()), named(rfm.monetary.as_ref()))
        }
        None => (None, None, None),
    };
    SummaryOptions {
        value_indicator: monetary.clone(),
        recency,
        frequency,
        monetary,
        ..SummaryOptions::default()
    }
}

/// All processors.
pub fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The same for each part, each on a thread of its own; the results in the order of the parts.
pub(crate) fn beside<P: Sync + ?Sized, T: Send>(parts: &[&P], each: impl Fn(&P) -> T + Sync) -> Vec<T> {
    if let [only] = parts {
        return vec![each(only)];
    }
    std::thread::scope(|scope| {
        let own: Vec<_> = parts.iter().map(|part| scope.spawn(|| each(part))).collect();
        own.into_iter()
            .map(|one| one.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause)))
            .collect()
    })
}
