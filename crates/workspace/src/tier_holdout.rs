//! Hold-out on the tiering itself (分级对照): from a day on a seeded share of the customers keeps the tier
//! that an earlier version gives them, so that what the new tiers do can be told from what customers would
//! have done anyway. At every grading the earlier version grades along, and its levels stand where a person
//! set none; whoever explains a customer reads the same rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_feedback::holdout::{Effect, effect as effect_of, is_held};
use gradus_grading::fold::AsOf;
use gradus_ledger::table::{CommitId, PlainTable, WriterLease};
use gradus_model::{Finding, Lang, Place, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::backtest::{came_of, last_day, moved};
use crate::challenger::{texts, whole_numbers};
use crate::clock::{label, system_us};
use crate::grade::{Tiers, grade_tiers, grade_with};
use crate::moves::{self, NOT_GRADED};
use crate::stored::processors;
use crate::validation::{asked, horizon_of, parse_horizon};
use crate::versions::{self, documents_of};
use crate::{Documents, GradeOptions, Progress, Workspace, WorkspaceError};

/// The setting that says which share keeps which version's tiers.
const KEY: &str = "tier_holdout";
/// The levels that are kept, one partition an instant.
const TABLE: &str = "tier_holdout";
const FORMAT: u32 = 1;
const AS_OF: &str = "as_of";
/// The difference that is planned for where none is named: two points of a share, a twentieth of a mean.
const CHANGE_OF_SHARE: f64 = 0.02;
const CHANGE_OF_MEAN: f64 = 0.05;

/// A hold-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierHoldout {
    /// The version whose tiers are kept.
    pub version: i64,
    /// The share of the customers, 0 to 1.
    pub share: f64,
    pub seed: u64,
    /// The day from whose close on it holds; the customers are those of that day for the effect.
    pub from: String,
    pub from_us: i64,
    /// Where it ended: from here on everybody has the tier of the version in force. None while it runs.
    #[serde(default)]
    pub until_us: Option<i64>,
}

impl TierHoldout {
    fn holds(&self, as_of: AsOf) -> bool {
        as_of.instant_us >= self.from_us && self.until_us.is_none_or(|until| as_of.instant_us < until)
    }
}

/// What the new tiers did.
#[derive(Debug, Clone, Serialize)]
pub struct Effects {
    pub holdout: TierHoldout,
    pub as_of: String,
    pub until: String,
    pub n_customers: u64,
    pub n_held: u64,
    pub effects: Vec<Effect>,
}

/// The hold-out that runs, or the last one that did.
pub async fn see(workspace: &Workspace, who: &Principal) -> Result<Option<TierHoldout>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    Ok(read(workspace).await?.pop())
}

/// All of them, the earliest first: a grading of the past has to know.
async fn read(workspace: &Workspace) -> Result<Vec<TierHoldout>, WorkspaceError> {
    let Some(value) = workspace.store.settings().get(KEY).await? else { return Ok(Vec::new()) };
    serde_json::from_value(value).map_err(|error| WorkspaceError::Defect(format!("setting {KEY}: {error}")))
}

/// Begins a hold-out: from the close of the last day that is over, this share keeps the tiers of that version.
pub async fn begin(
    workspace: &Workspace,
    who: &Principal,
    version: i64,
    share: f64,
    seed: Option<u64>,
) -> Result<TierHoldout, WorkspaceError> {
    who.needs(Permission::ApproveModels)?;
    if !(share > 0.0 && share <= 0.5) {
        return Err(Finding::error(
            "holdout-share",
            Place::default().at("share"),
            Text::new(format!("对照组的比例 {share} 不可用"), format!("a hold-out of {share} is of no use")),
            Text::new("大于 0、至多 0.5，例如 0.1", "above 0 and 0.5 at most, such as 0.1"),
        )
        .into());
    }
    let mut all = read(workspace).await?;
    if all.last().is_some_and(|last| last.until_us.is_none()) {
        return Err(Finding::error(
            "holdout-runs",
            Place::default(),
            Text::new("已有一个分级对照在进行", "a hold-out runs already"),
            Text::new("先结束它：gradus hold-out end", "end it first: `gradus hold-out end`"),
        )
        .into());
    }
    let found = workspace.store.versions().get(version).await?;
    let documents = documents_of(workspace, &found).await?;
    crate::Compiled::new(&documents, &documents.event_schema(&workspace.settings), &workspace.zone)?;
    let day = last_day(workspace).await?;
    let as_of = AsOf::close_of(day, &workspace.zone);
    let one = TierHoldout {
        version,
        share,
        // Another experiment is another draw, and the same one again the same.
        seed: seed.unwrap_or(version.unsigned_abs().wrapping_mul(1_000_003) ^ day.unsigned_abs() as u64),
        from: label(as_of, &workspace.zone),
        from_us: as_of.instant_us,
        until_us: None,
    };
    all.push(one.clone());
    workspace.store.settings().set(KEY, &json!(all)).await?;
    audit(workspace, &who.account, "holdout.begin", "", json!(one)).await?;
    Ok(one)
}

/// Ends it: after the last day that is over everybody has the tier of the version in force.
pub async fn end(workspace: &Workspace, who: &Principal) -> Result<(), WorkspaceError> {
    who.needs(Permission::ApproveModels)?;
    let mut all = read(workspace).await?;
    let Some(one) = all.last_mut().filter(|one| one.until_us.is_none()) else {
        return Err(no_holdout());
    };
    let close = AsOf::close_of(last_day(workspace).await?, &workspace.zone);
    one.until_us = Some(close.instant_us + 1);
    let ended = json!(one);
    workspace.store.settings().set(KEY, &json!(all)).await?;
    audit(workspace, &who.account, "holdout.end", "", ended).await
}

fn no_holdout() -> WorkspaceError {
    Finding::error(
        "no-holdout",
        Place::default(),
        Text::new("没有进行中的分级对照", "no hold-out runs"),
        Text::new("gradus hold-out begin --version 旧版本", "`gradus hold-out begin --version EARLIER`"),
    )
    .into()
}

/// Before a grading that is kept: grades those instants by the earlier version, too, and keeps the levels of
/// whoever is held. Nothing is done while no hold-out runs, or for instants before it.
pub(crate) async fn prepare(
    workspace: &Workspace,
    documents: &Documents,
    options: &GradeOptions,
    progress: &dyn Progress,
) -> Result<(), WorkspaceError> {
    let Some(one) = read(workspace).await?.pop() else { return Ok(()) };
    if documents.version == Some(one.version) {
        return Ok(());
    }
    let instants: Vec<AsOf> = options.instants.iter().copied().filter(|as_of| one.holds(*as_of)).collect();
    // Without an instant it is the clock's now, which lies after the beginning.
    let is_now = options.instants.is_empty() && one.until_us.is_none();
    if instants.is_empty() && !is_now {
        return Ok(());
    }
    let version = workspace.store.versions().get(one.version).await?;
    let earlier = documents_of(workspace, &version).await?;
    let same = GradeOptions { instants, store: false, ..options.clone() };
    let graded = grade_tiers(workspace, &earlier, &same, Tiers::Computed, progress).await?;
    for instant in &graded.instants {
        let mut rows: Vec<(i64, String, String)> = Vec::new();
        let ids = moves::customers(&instant.batches);
        for (name, scheme) in graded.model.tiers.iter() {
            let places = moves::levels(&instant.batches, name, scheme)?;
            for (id, place) in ids.iter().zip(places) {
                // Whom the earlier version does not grade has no tier of it to keep.
                if place != NOT_GRADED && is_held(one.seed, one.share, *id) {
                    let level = scheme.levels.0.get(usize::from(place)).map(|(level, _)| level.clone());
                    rows.push((*id, name.to_string(), level.unwrap_or_default()));
                }
            }
        }
        rows.sort();
        keep(workspace, &instant.date, &rows).await?;
    }
    Ok(())
}

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("customer", DataType::Int64, false),
        Field::new("scheme", DataType::Utf8, false),
        Field::new("level", DataType::Utf8, false),
        Field::new(AS_OF, DataType::Utf8, false),
    ])
}

async fn keep(
    workspace: &Workspace,
    as_of: &str,
    rows: &[(i64, String, String)],
) -> Result<(), WorkspaceError> {
    let texts = |of: &dyn Fn(&(i64, String, String)) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
        texts(&|row| row.1.clone()),
        texts(&|row| row.2.clone()),
        texts(&|_| as_of.to_string()),
    ];
    let batch = RecordBatch::try_new(Arc::new(schema()), columns)?;
    let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    let now = system_us();
    let mut table =
        PlainTable::open_or_create(&workspace.storage, TABLE, FORMAT, &schema(), &[AS_OF], now).await?;
    let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]);
    let id = CommitId { app_id: format!("holdout:{as_of}:{now}"), app_version: 1, at: now };
    table.replace_partition(&lease, &values, &[batch], id).await?;
    Ok(())
}

/// Which levels are kept as of an instant, by scheme and customer: those of the newest grading up to it.
pub(crate) async fn held(
    workspace: &Workspace,
    as_of: AsOf,
) -> Result<BTreeMap<String, BTreeMap<i64, String>>, WorkspaceError> {
    let mut out: BTreeMap<String, BTreeMap<i64, String>> = BTreeMap::new();
    let all = read(workspace).await?;
    let Some(one) = all.iter().rev().find(|one| one.holds(as_of)) else { return Ok(out) };
    if !workspace.has_table(TABLE) {
        return Ok(out);
    }
    let table = PlainTable::open(&workspace.storage, TABLE, FORMAT).await?;
    let mut newest: Option<(i64, String)> = None;
    for values in table.partitions()? {
        let Some(date) = values.get(AS_OF).cloned().flatten() else { continue };
        let at = crate::instant_of(&date, &workspace.zone)?;
        if at >= one.from_us && at <= as_of.instant_us && newest.as_ref().is_none_or(|(known, _)| at > *known)
        {
            newest = Some((at, date));
        }
    }
    let Some((_, date)) = newest else { return Ok(out) };
    let values = BTreeMap::from([(AS_OF.to_string(), Some(date))]);
    for batch in table.read(&["customer", "scheme", "level"], &values).await? {
        let ids = whole_numbers(&batch, "customer")?;
        let (schemes, levels) = (texts(&batch, "scheme")?, texts(&batch, "level")?);
        for row in 0..batch.num_rows() {
            let scheme = out.entry(schemes.value(row).to_string()).or_default();
            scheme.insert(ids.value(row), levels.value(row).to_string());
        }
    }
    Ok(out)
}

/// What has to be said beside the tiers of a customer who is held, by scheme.
pub(crate) async fn notes(
    workspace: &Workspace,
    customer: i64,
    as_of: AsOf,
) -> Result<Vec<(String, Text)>, WorkspaceError> {
    let all = read(workspace).await?;
    let Some(one) = all.iter().rev().find(|one| one.holds(as_of)) else { return Ok(Vec::new()) };
    let levels = held(workspace, as_of).await?;
    let mine = levels.iter().filter(|(_, levels)| levels.contains_key(&customer));
    let note = Text::new(
        format!("分级对照：保留版本 {} 给的等级，除非有人工调整", one.version),
        format!("hold-out: keeps the tier that version {} gives, unless a person set one", one.version),
    );
    Ok(mine.map(|(scheme, _)| (scheme.clone(), note.clone())).collect())
}

/// What the new tiers did to each outcome of the customers of the first day, up to now or over a horizon.
pub async fn effects(
    workspace: &Workspace,
    who: &Principal,
    horizon: Option<&str>,
    change: Option<f64>,
) -> Result<Effects, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let Some(one) = read(workspace).await?.pop() else {
        return Err(no_holdout());
    };
    let documents = versions::now_in_force(workspace).await?;
    let from = workspace.as_of(one.from_us);
    let last = last_day(workspace).await?;
    let wanted = match horizon {
        Some(text) => parse_horizon(text)?,
        None => horizon_of(&documents.model),
    };
    // A running comparison is looked at before its end, too.
    let ended = one.until_us.map_or(i32::MAX, |until| workspace.as_of(until - 1).day);
    let until = moved(from.day, wanted, 1).min(last).min(ended);
    if until <= from.day {
        return Err(Finding::error(
            "holdout-not-begun",
            Place::default(),
            Text::new(
                format!("对照从 {} 收盘开始，之后还没有数据", one.from),
                format!("the hold-out begins with the close of {}, and nothing has happened since", one.from),
            ),
            Text::new("过几天再看", "look again in some days"),
        )
        .into());
    }
    let span = format!("{} days", until - from.day);
    let options = GradeOptions {
        instants: vec![from],
        known_at_us: Some(from.instant_us),
        store: false,
        reuse: true,
        n_threads: processors(),
    };
    let graded = grade_with(workspace, &documents, &options, Tiers::Computed, &()).await?;
    let ids: Vec<i64> =
        graded.instants.iter().flat_map(|instant| moves::customers(&instant.batches)).collect();
    let held: Vec<bool> = ids.iter().map(|id| is_held(one.seed, one.share, *id)).collect();
    let mut effects = Vec::new();
    for outcome in asked(&documents.model, parse_horizon(&span)?)? {
        let came = came_of(workspace, &documents, from, &span, &outcome, &ids).await?;
        let usual = if came.is_share() { CHANGE_OF_SHARE } else { CHANGE_OF_MEAN };
        effects.extend(effect_of(&came, &held, change.unwrap_or(usual)));
    }
    Ok(Effects {
        as_of: one.from.clone(),
        until: label(AsOf::close_of(until, &workspace.zone), &workspace.zone),
        n_customers: ids.len() as u64,
        n_held: held.iter().filter(|held| **held).count() as u64,
        holdout: one,
        effects,
    })
}

impl Effects {
    /// For a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let (share, version) = (self.holdout.share * 100.0, self.holdout.version);
        let mut out = match lang {
            Lang::Zh => format!(
                "{} 之后至 {}：{} 位客户，其中 {} 位（{share:.1}%）保留版本 {version} 的等级\n",
                self.as_of, self.until, self.n_customers, self.n_held
            ),
            Lang::En => format!(
                "after {} until {}: {} customers, {} of them ({share:.1}%) with the tiers of version {version}\n",
                self.as_of, self.until, self.n_customers, self.n_held
            ),
        };
        for one in &self.effects {
            out.push_str(&format!("  {}\n", one.words.get(lang)));
            let percent = |value: f64| format!("{:.0}%", value * 100.0);
            if let (Some(power), Some(planned)) = (one.power, one.planned) {
                let power = percent(power);
                out.push_str(&match lang {
                    Lang::Zh => format!("    按计划的差别，看得出来的机会 {power}；较小一组需要 {planned} 位\n"),
                    Lang::En => format!("    chance to see the planned difference {power}; the smaller group needs {planned}\n"),
                });
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_have_the_columns_of_the_table() {
        let names: Vec<String> = schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, ["customer", "scheme", "level", "as_of"]);
    }
}
