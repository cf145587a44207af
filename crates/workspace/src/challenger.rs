//! A challenger in shadow: a version that grades everybody beside the one in force, at every grading, and
//! changes nobody. Who would stand elsewhere is kept by instant and listed by customer.

mod compared;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema};
use gradus_grading::fold::AsOf;
use gradus_ledger::table::{CommitId, PlainTable, WriterLease};
use gradus_model::{Finding, Lang, Place, Text};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use self::compared::{Grounds, compare, decided_on};
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::backtest::sides::{aligned, graded};
use crate::clock::system_us;
use crate::grade::{Tiers, grade_with, open_events};
use crate::moves::Customers;
use crate::versions::{self, documents_of};
use crate::{Compiled, Documents, GradeOptions, GradedInstant, Grading, Progress, Workspace, WorkspaceError};

/// The setting that names the challenger.
const KEY: &str = "challenger";
/// The table of differences, one partition an instant.
const TABLE: &str = "shadow";
const FORMAT: u32 = 1;
const AS_OF: &str = "as_of";
/// The note beside each file: the two versions, and how many customers there were.
const NOTE: &str = "gradus.shadow";

/// Which version runs in shadow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenger {
    pub version: i64,
}

/// What a grading found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shadowed {
    /// The version in force; `None`: documents of the folder.
    pub champion: Option<i64>,
    pub challenger: i64,
    pub run: String,
    pub n_customers: u64,
    /// By scheme, how many stand higher by the challenger, and how many lower; who is graded by one alone
    /// is in neither.
    pub schemes: Vec<SchemeDiffers>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchemeDiffers {
    pub scheme: String,
    pub title: Text,
    pub n_differ: u64,
    pub n_higher: u64,
    pub n_lower: u64,
    /// The day at whose close the levels were decided, where that is not the instant itself: for the one in force,
    /// and for the challenger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion_decided: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenger_decided: Option<String>,
    /// Both have the same value for everybody: they differ in their cuts and rules for keeping a level only.
    #[serde(default)]
    pub same_values: bool,
    /// Where the same value is cut elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<CutDiffers>,
}

/// A level that begins elsewhere by the challenger; none: it has no such level, or no fixed beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CutDiffers {
    pub level: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenger: Option<f64>,
}

/// A customer who would stand elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    #[serde(serialize_with = "as_text")]
    pub customer: i64,
    /// What they are called, masked.
    pub label: String,
    pub scheme: String,
    /// Levels by name; none: not graded.
    pub champion: Option<String>,
    pub challenger: Option<String>,
    /// The value by which each decided on that level, as it was when it decided.
    pub champion_score: Option<f64>,
    pub challenger_score: Option<f64>,
}

fn as_text<S: Serializer>(customer: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(customer)
}

/// The differences of one instant, a part of them.
#[derive(Debug, Clone, Serialize)]
pub struct Differences {
    pub as_of: String,
    #[serde(flatten)]
    pub found: Shadowed,
    pub customers: Vec<Difference>,
    /// The customer after whom the next part begins; none at the end.
    pub next: Option<String>,
}

/// The challenger that is set.
pub async fn see(workspace: &Workspace, who: &Principal) -> Result<Option<Challenger>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    read(workspace).await
}

async fn read(workspace: &Workspace) -> Result<Option<Challenger>, WorkspaceError> {
    let Some(value) = workspace.store.settings().get(KEY).await? else { return Ok(None) };
    serde_json::from_value(value)
        .map(Some)
        .map_err(|error| WorkspaceError::Defect(format!("setting {KEY}: {error}")))
}

/// Sets a version as the challenger, or none. It takes the right to approve models: its grades are shown.
pub async fn set(workspace: &Workspace, who: &Principal, version: Option<i64>) -> Result<(), WorkspaceError> {
    who.needs(Permission::ApproveModels)?;
    match version {
        Some(number) => {
            // What cannot be read or compiled is said now, and not at the next grading.
            let version = workspace.store.versions().get(number).await?;
            let documents = documents_of(workspace, &version).await?;
            let schema = documents.event_schema(&workspace.settings);
            crate::Compiled::new(&documents, &schema, &workspace.zone)?;
            workspace.store.settings().set(KEY, &json!(Challenger { version: number })).await?;
        }
        None => workspace.store.settings().remove(KEY).await?,
    }
    audit(workspace, &who.account, "challenger.set", "", json!({ "version": version })).await
}

/// Grades the last instant of a grading by the challenger, too, and keeps who would stand elsewhere. What
/// goes wrong is a warning: the grading itself stands.
pub(crate) async fn shadow(
    workspace: &Workspace,
    grading: &mut Grading,
    options: &GradeOptions,
    progress: &dyn Progress,
) -> Result<(), WorkspaceError> {
    let Some(challenger) = read(workspace).await? else { return Ok(()) };
    if grading.version == Some(challenger.version) {
        return Ok(());
    }
    if let Err(error) = run(workspace, grading, challenger, options, progress).await {
        let text = error.text();
        grading.findings.push(Finding::warning(
            "challenger-failed",
            Place::default(),
            Text::new(
                format!("挑战者版本 {} 没有评成：{}", challenger.version, text.zh),
                format!("the challenger, version {}, could not grade: {}", challenger.version, text.en),
            ),
            Text::new(
                "修正后重设，或 gradus challenger off",
                "mend it and set it again, or `gradus challenger off`",
            ),
        ));
    }
    Ok(())
}

async fn run(
    workspace: &Workspace,
    grading: &Grading,
    challenger: Challenger,
    options: &GradeOptions,
    progress: &dyn Progress,
) -> Result<(), WorkspaceError> {
    let Some(own) = grading.instants.last() else { return Ok(()) };
    let version = workspace.store.versions().get(challenger.version).await?;
    let documents: Documents = documents_of(workspace, &version).await?;
    let champion = versions::now_in_force(workspace).await?;
    let zone = &workspace.zone;
    // A tier that a person set, or that the hold-out keeps, holds by either version: nobody stands elsewhere by it.
    let as_of = async |documents: &Documents, instants: BTreeSet<AsOf>| {
        let options =
            GradeOptions { instants: instants.into_iter().collect(), store: false, ..options.clone() };
        grade_with(workspace, documents, &options, Tiers::AsSet, progress).await
    };
    let (mine, yours) =
        (decided_on(&grading.model, own.as_of, zone), decided_on(&documents.model, own.as_of, zone));
    // The grading that was just made has the values of the instant; those of earlier decisions are graded beside it.
    let earlier = match mine.is_empty() {
        true => None,
        false => Some(as_of(&champion, mine.values().copied().collect()).await?),
    };
    let other = as_of(&documents, yours.values().copied().chain([own.as_of]).collect()).await?;
    let Some(theirs) = other.instants.iter().find(|instant| instant.as_of == own.as_of) else {
        return Ok(());
    };
    let (ours, others) = (Customers::of(&own.batches), Customers::of(&theirs.batches));
    let before = graded(&grading.model, &grading.columns, &own.batches, &ours)?;
    let after = graded(&other.model, &other.columns, &theirs.batches, &others)?;
    let after = aligned(after, &others, &ours);
    let events = open_events(workspace).await?;
    let schema = events.event_schema();
    let (own_stage, other_stage) =
        (Compiled::new(&champion, schema, zone)?.stage_b, Compiled::new(&documents, schema, zone)?.stage_b);
    let mut grounds = BTreeMap::new();
    for (name, _) in grading.model.tiers.iter().filter(|(name, _)| other.model.tiers.get(name).is_some()) {
        let instants: Vec<&GradedInstant> =
            earlier.iter().flat_map(|earlier| &earlier.instants).chain([own]).collect();
        let first = Grounds::of(
            name,
            &grading.model,
            &own_stage,
            (&instants, own.as_of),
            mine.get(name),
            &ours,
            zone,
        )?;
        let instants: Vec<&GradedInstant> = other.instants.iter().collect();
        let second = Grounds::of(
            name,
            &other.model,
            &other_stage,
            (&instants, own.as_of),
            yours.get(name),
            &ours,
            zone,
        )?;
        grounds.insert(name.to_string(), [first, second]);
    }
    let (rows, schemes) = compare(&ours.ids, &before, &after, &grounds);
    let found = Shadowed {
        champion: grading.version,
        challenger: challenger.version,
        run: own.run.clone().unwrap_or_default(),
        n_customers: ours.ids.len() as u64,
        schemes,
    };
    keep(workspace, &own.date, &found, &rows).await
}

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("customer", DataType::Int64, false),
        Field::new("scheme", DataType::Utf8, false),
        Field::new("champion", DataType::Utf8, true),
        Field::new("challenger", DataType::Utf8, true),
        Field::new("champion_score", DataType::Float64, true),
        Field::new("challenger_score", DataType::Float64, true),
        Field::new(AS_OF, DataType::Utf8, false),
    ])
}

/// Puts the differences of an instant in the place of those found before. An instant without any keeps one
/// row of no customer, so that what was found is there.
async fn keep(
    workspace: &Workspace,
    as_of: &str,
    found: &Shadowed,
    rows: &[Difference],
) -> Result<(), WorkspaceError> {
    let nobody = Difference {
        customer: 0,
        label: String::new(),
        scheme: String::new(),
        champion: None,
        challenger: None,
        champion_score: None,
        challenger_score: None,
    };
    let rows = if rows.is_empty() { std::slice::from_ref(&nobody) } else { rows };
    let texts = |of: &dyn Fn(&Difference) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let scores = |of: &dyn Fn(&Difference) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Float64Array>())
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.customer))),
        texts(&|row| Some(row.scheme.clone())),
        texts(&|row| row.champion.clone()),
        texts(&|row| row.challenger.clone()),
        scores(&|row| row.champion_score),
        scores(&|row| row.challenger_score),
        texts(&|_| Some(as_of.to_string())),
    ];
    let batch = RecordBatch::try_new(Arc::new(schema()), columns)?;
    let note = serde_json::to_string(found).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    let now = system_us();
    let mut table =
        PlainTable::open_or_create(&workspace.storage, TABLE, FORMAT, &schema(), &[AS_OF], now).await?;
    let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]);
    let id = CommitId { app_id: format!("shadow:{}", found.run), app_version: 1, at: now };
    let notes = BTreeMap::from([(NOTE.to_string(), note)]);
    table.replace_partition_noted(&lease, &values, &[batch], &notes, id).await?;
    Ok(())
}

/// Who would stand elsewhere as of an instant, the newest if none is named; `limit` customers after one.
pub async fn differences(
    workspace: &Workspace,
    who: &Principal,
    as_of: Option<&str>,
    limit: usize,
    after: Option<&str>,
) -> Result<Differences, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    if !workspace.has_table(TABLE) {
        return Err(nothing_shadowed(as_of));
    }
    let table = PlainTable::open(&workspace.storage, TABLE, FORMAT).await?;
    let mut instants: Vec<String> =
        table.partitions()?.into_iter().filter_map(|values| values.get(AS_OF).cloned().flatten()).collect();
    instants.sort();
    let date = match as_of {
        Some(text) => instants.iter().find(|one| *one == text).cloned(),
        None => instants.last().cloned(),
    };
    let date = date.ok_or_else(|| nothing_shadowed(as_of))?;
    let values = BTreeMap::from([(AS_OF.to_string(), Some(date.clone()))]);
    let note = table.notes(&values)?.into_iter().find_map(|notes| notes.get(NOTE).cloned());
    let damaged = || WorkspaceError::Defect(format!("the differences of {date} cannot be read"));
    let found: Shadowed = note.and_then(|note| serde_json::from_str(&note).ok()).ok_or_else(damaged)?;
    let after: i64 = match after {
        Some(text) => text.trim_start_matches('#').parse().map_err(|_| wrong_mark())?,
        None => i64::MIN,
    };
    let columns = ["customer", "scheme", "champion", "challenger", "champion_score", "challenger_score"];
    let mut rows: Vec<Difference> = Vec::new();
    let mut next = None;
    'all: for batch in table.read(&columns, &values).await? {
        let ids = whole_numbers(&batch, "customer")?;
        let [schemes, champions, challengers] =
            [texts(&batch, "scheme")?, texts(&batch, "champion")?, texts(&batch, "challenger")?];
        let [old, new] = [numbers(&batch, "champion_score")?, numbers(&batch, "challenger_score")?];
        let text =
            |texts: &StringArray, row: usize| texts.is_valid(row).then(|| texts.value(row).to_string());
        let number = |numbers: &Float64Array, row: usize| numbers.is_valid(row).then(|| numbers.value(row));
        for row in 0..batch.num_rows() {
            let customer = ids.value(row);
            let scheme = text(&schemes, row).unwrap_or_default();
            if customer <= after || scheme.is_empty() {
                continue;
            }
            // A customer's schemes stay together.
            if rows.len() >= limit && rows.last().is_some_and(|last| last.customer != customer) {
                next = rows.last().map(|last| last.customer.to_string());
                break 'all;
            }
            rows.push(Difference {
                customer,
                label: String::new(),
                scheme,
                champion: text(&champions, row),
                challenger: text(&challengers, row),
                champion_score: number(&old, row),
                challenger_score: number(&new, row),
            });
        }
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.customer).collect();
    let known = workspace.vault.reveal_many(&ids).await?;
    for row in &mut rows {
        row.label = crate::customers::label(&known.get(&row.customer).cloned().unwrap_or_default());
    }
    Ok(Differences { as_of: date, found, customers: rows, next })
}

fn column(batch: &RecordBatch, name: &str, data_type: &DataType) -> Result<ArrayRef, WorkspaceError> {
    let missing = || WorkspaceError::Defect(format!("a stored table has no column {name}"));
    Ok(cast(batch.column_by_name(name).ok_or_else(missing)?, data_type)?)
}

/// A text column of a stored table.
pub(crate) fn texts(batch: &RecordBatch, name: &str) -> Result<StringArray, WorkspaceError> {
    Ok(column(batch, name, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// A column of whole numbers of a stored table.
pub(crate) fn whole_numbers(batch: &RecordBatch, name: &str) -> Result<Int64Array, WorkspaceError> {
    Ok(column(batch, name, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

fn numbers(batch: &RecordBatch, name: &str) -> Result<Float64Array, WorkspaceError> {
    Ok(column(batch, name, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
}

fn nothing_shadowed(as_of: Option<&str>) -> WorkspaceError {
    let date = as_of.unwrap_or_default();
    Finding::error(
        "nothing-shadowed",
        Place::default().at("as_of"),
        Text::new(
            format!("还没有挑战者的评级 {date}").trim_end().to_string(),
            format!("no challenger has graded yet {date}").trim_end().to_string(),
        ),
        Text::new(
            "gradus challenger set 版本，再运行 gradus grade",
            "`gradus challenger set VERSION`, then `gradus grade`",
        ),
    )
    .into()
}

fn wrong_mark() -> WorkspaceError {
    let what = Text::new("翻页标记不对", "the mark of the page is not right");
    Finding::error(
        "cursor",
        Place::default().at("after"),
        what,
        Text::new("上一页给的 next", "the `next` of the page before"),
    )
    .into()
}

impl SchemeDiffers {
    /// In what the two differ, where the value is the same or cut elsewhere, and of when their levels are.
    pub fn words(&self) -> Option<Text> {
        let mut parts: Vec<Text> = Vec::new();
        if self.same_values && self.n_differ > 0 {
            parts.push(Text::new("每位客户的值都相同", "everybody has the same value by both"));
        }
        let number = |value: Option<f64>| value.map_or("–".to_string(), |value| value.to_string());
        for cut in &self.cuts {
            let words = format!("{} {} → {}", cut.level, number(cut.champion), number(cut.challenger));
            parts.push(Text::new(format!("分界 {words}"), format!("cut {words}")));
        }
        for (decided, zh, en) in
            [(&self.champion_decided, "现行", "champion"), (&self.challenger_decided, "挑战者", "challenger")]
        {
            if let Some(day) = decided {
                parts.push(Text::new(
                    format!("{zh}的等级和值截至 {day} 定级日"),
                    format!("levels and values of the {en} as decided on {day}"),
                ));
            }
        }
        let join = |of: &dyn Fn(&Text) -> String, by: &str| parts.iter().map(of).collect::<Vec<_>>().join(by);
        let words = Text::new(join(&|one| one.zh.clone(), "；"), join(&|one| one.en.clone(), "; "));
        (!parts.is_empty()).then_some(words)
    }
}

impl Differences {
    /// For a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let found = &self.found;
        let champion = versions::shown(found.champion);
        let mut out = match lang {
            Lang::Zh => format!(
                "截至 {}：现行（{}）与挑战者（版本 {}），{} 位客户\n",
                self.as_of, champion.zh, found.challenger, found.n_customers
            ),
            Lang::En => format!(
                "as of {}: champion ({}) and challenger (version {}), {} customers\n",
                self.as_of, champion.en, found.challenger, found.n_customers
            ),
        };
        for one in &found.schemes {
            let (title, n, up, down) = (one.title.get(lang), one.n_differ, one.n_higher, one.n_lower);
            out.push_str(&match lang {
                Lang::Zh => format!("  {title}：{n} 位不同，挑战者给得更高 {up}，更低 {down}\n"),
                Lang::En => format!("  {title}: {n} differ; {up} higher by the challenger, {down} lower\n"),
            });
            if let Some(words) = one.words() {
                out.push_str(&format!("    {}\n", words.get(lang)));
            }
        }
        let none = if lang == Lang::Zh { "未定级" } else { "not graded" };
        let number = |value: Option<f64>| value.map_or("–".to_string(), |value| format!("{value:.2}"));
        for one in &self.customers {
            let level = |level: &Option<String>| level.clone().unwrap_or_else(|| none.to_string());
            let (from, to) = (level(&one.champion), level(&one.challenger));
            let (a, b) = (number(one.champion_score), number(one.challenger_score));
            out.push_str(&format!(
                "  #{} {}  {} {from} → {to}  ({a} → {b})\n",
                one.customer, one.label, one.scheme
            ));
        }
        if let Some(next) = &self.next {
            out.push_str(&format!("  … --after {next}\n"));
        }
        out
    }
}
