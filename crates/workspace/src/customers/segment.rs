//! A segment as people look at it: what it says, over whom, how large it is, and who is in it.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use gradus_grading::grade::{EVERYONE, OutputKind};
use gradus_model::{Lang, Text};
use serde::Serialize;

use super::list::{CustomerList, Find, masks, search};
use super::unknown_among;
use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::compiled::Compiled;
use crate::{Workspace, WorkspaceError, versions};

/// A segment as of one instant.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentView {
    pub segment: String,
    pub title: Text,
    /// The condition in words.
    pub words: Text,
    /// The base population by name, in words, and its size.
    pub base: String,
    pub base_title: Text,
    pub n_base: u64,
    pub as_of: String,
    /// True if that instant was graded for this question and is not stored.
    pub graded_for_this: bool,
    pub n_members: u64,
    /// Customers of whom it cannot be told.
    pub n_unknown: u64,
    pub n_customers: u64,
    /// Some of its members, with the values that decide.
    pub members: CustomerList,
}

/// Looks at a segment as of the instant of a base.
///
/// # Errors
/// A finding if the model has no such segment.
pub async fn segment(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    name: &str,
    limit: usize,
    cursor: Option<String>,
) -> Result<SegmentView, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let written = base
        .model
        .segments
        .get(name)
        .ok_or_else(|| unknown_among("segment", name, base.model.segments.names()))?;
    let compiled = of_base(workspace, base).await?;
    // Who sees a part of the customers is told of these alone.
    let seen = masks(workspace, who, base, &Find::default()).await?;
    let is_seen = |batch: usize, row: usize| seen.iter().all(|filter| filter[batch].value(row));
    let count = |name: &str| -> (u64, u64) {
        let (mut members, mut unknown) = (0, 0);
        for (at, batch) in base.graded.batches.iter().enumerate() {
            let Some(column) = batch.column_by_name(name).and_then(|column| column.as_boolean_opt()) else {
                continue;
            };
            for row in (0..column.len()).filter(|row| is_seen(at, *row)) {
                match column.is_valid(row) {
                    true => members += u64::from(column.value(row)),
                    false => unknown += 1,
                }
            }
        }
        (members, unknown)
    };
    let n_customers = match seen.is_empty() {
        true => base.n_customers() as u64,
        false => base.rows().filter(|(_, batch, row)| is_seen(*batch, *row)).count() as u64,
    };
    let (n_members, n_unknown) = count(name);
    let of_base = written.base.as_str();
    let (base_title, n_base) = match of_base {
        EVERYONE => (Text::new("所有客户", "everyone"), n_customers),
        other => {
            let title = base.model.segments.get(other).and_then(|segment| segment.title.clone());
            (title.unwrap_or_else(|| Text::plain(other)), count(other).0)
        }
    };
    // The values that decide, as far as they are columns that people know.
    let shown: Vec<String> = compiled
        .stage_b
        .segment_columns(name)
        .into_iter()
        .filter(|column| {
            base.graded.columns.iter().any(|one| one.name == *column && one.kind != OutputKind::Customer)
        })
        .collect();
    let find = Find { segment: Some(name.to_string()), columns: shown, limit, cursor, ..Find::default() };
    Ok(SegmentView {
        segment: name.to_string(),
        title: written.title.clone().unwrap_or_else(|| Text::plain(name)),
        words: compiled.stage_b.segment_words(name).unwrap_or_default(),
        base: of_base.to_string(),
        base_title,
        n_base,
        as_of: base.graded.as_of.clone(),
        graded_for_this: base.run.is_empty(),
        n_members,
        n_unknown,
        n_customers,
        members: search(workspace, who, base, &find).await?,
    })
}

/// The documents that graded the base, compiled.
async fn of_base(workspace: &Workspace, base: &Base) -> Result<Arc<Compiled>, WorkspaceError> {
    let events = crate::grade::open_events(workspace).await?;
    for documents in [versions::graded_by(workspace).await?, versions::now_in_force(workspace).await?] {
        let compiled = workspace.compiled(&documents, events.event_schema())?;
        if compiled.hash == base.model_hash {
            return Ok(compiled);
        }
    }
    Err(WorkspaceError::Conflict { what: "model" })
}

impl SegmentView {
    /// Lines for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out =
            format!("{} ({})  {} {}", self.title.get(lang), self.segment, say("截至", "as of"), self.as_of);
        if self.graded_for_this {
            out.push_str(say("（为这次查询计算，没有保存）", " (graded for this question, not stored)"));
        }
        out.push_str(&format!("\n  {}: {}\n", say("条件", "where"), self.words.get(lang)));
        out.push_str(&format!(
            "  {}: {} ({})\n",
            say("基础人群", "over"),
            self.base_title.get(lang),
            self.n_base
        ));
        let share = |n: u64, of: u64| if of == 0 { 0.0 } else { 100.0 * n as f64 / of as f64 };
        out.push_str(&format!(
            "  {}: {} ({:.1} % {}, {:.1} % {})\n",
            say("人数", "members"),
            self.n_members,
            share(self.n_members, self.n_base),
            say("占基础人群", "of the base"),
            share(self.n_members, self.n_customers),
            say("占全部客户", "of all customers"),
        ));
        if self.n_unknown > 0 {
            out.push_str(&format!("  {}: {}\n", say("无法判断", "cannot be told"), self.n_unknown));
        }
        out + &self.members.render(lang)
    }
}
