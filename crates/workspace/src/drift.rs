//! `gradus drift`: how far indicators, scores and tiers moved between two gradings, by the population
//! stability index.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use futures::{StreamExt, TryStreamExt};
use gradus_feedback::drift::{
    Drift, DriftBand, DriftBin, Drifted, Holds, OfWhat, Values, Watched, drift as summed_up, measure,
};
use gradus_model::document::{Model, TierScheme};
use gradus_model::{Finding, Lang, Place, Text};
use gradus_store::Run;
use serde::{Serialize, Serializer};

use crate::access::{Permission, Principal};
use crate::clock::label;
use crate::customers::NumberRange;
use crate::grades::Chain;
use crate::moves::{self, NOT_GRADED, title};
use crate::satisfaction::{Opens, OpensCategory, OpensTier};
use crate::stored::{self, processors};
use crate::summary::aligned_table;
use crate::{StoredGrades, Workspace, WorkspaceError};

/// Values of a text that are told apart; the others count as one.
const N_NAMES: usize = 20;
/// Runs among which one is looked for.
const N_RUNS: u32 = 10_000;

/// Drift between two gradings.
#[derive(Debug, Clone)]
pub struct DriftBetween {
    pub from: RunNamed,
    pub to: RunNamed,
    pub drift: Arc<Drift>,
}

/// What `/customers/search` is asked to list the customers of a bin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BinOpens {
    pub as_of: String,
    #[serde(flatten)]
    pub filters: Opens,
}

impl Serialize for DriftBetween {
    /// As it is, and with each bin who is in it: `opens_base` and `opens_current`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Bin<'b> {
            #[serde(flatten)]
            bin: &'b DriftBin,
            #[serde(skip_serializing_if = "Option::is_none")]
            opens_base: Option<BinOpens>,
            #[serde(skip_serializing_if = "Option::is_none")]
            opens_current: Option<BinOpens>,
        }
        #[derive(Serialize)]
        struct One<'b> {
            what: OfWhat,
            name: &'b str,
            title: &'b Text,
            psi: f64,
            band: DriftBand,
            bins: Vec<Bin<'b>>,
            words: &'b Text,
        }
        #[derive(Serialize)]
        struct Whole<'b> {
            from: &'b RunNamed,
            to: &'b RunNamed,
            n_base: u64,
            n_current: u64,
            all: Vec<One<'b>>,
            verdict: &'b Text,
        }
        let Drift { n_base, n_current, all, verdict } = self.drift.as_ref();
        let all = all.iter().map(|one| {
            let Drifted { what, name, title, psi, band, bins, words } = one;
            let opens = |bin: &DriftBin, run: &RunNamed| {
                let filters = bin.holds.as_ref().and_then(|holds| filters(*what, name, holds));
                let filters = filters.filter(|_| run.is_listed)?;
                Some(BinOpens { as_of: run.as_of.clone(), filters })
            };
            let bins = bins.iter().map(|bin| {
                let (opens_base, opens_current) = (opens(bin, &self.from), opens(bin, &self.to));
                Bin { bin, opens_base, opens_current }
            });
            One { what: *what, name, title, psi: *psi, band: *band, bins: bins.collect(), words }
        });
        let (n_base, n_current) = (*n_base, *n_current);
        Whole { from: &self.from, to: &self.to, n_base, n_current, all: all.collect(), verdict }
            .serialize(serializer)
    }
}

/// Which customers are in a bin.
fn filters(what: OfWhat, name: &str, holds: &Holds) -> Option<Opens> {
    let (name, none) = (name.to_string(), Opens::default());
    let range = |range: NumberRange| Some(Opens { ranges: vec![range], ..Opens::default() });
    match (what, holds) {
        (OfWhat::Tier, Holds::Named(level)) => {
            Some(Opens { tier: Some(OpensTier { scheme: name, level: Some(level.clone()) }), ..none })
        }
        (OfWhat::Tier, Holds::Nothing) => {
            Some(Opens { tier: Some(OpensTier { scheme: name, level: None }), ..none })
        }
        (OfWhat::Indicator, Holds::Named(value)) => {
            Some(Opens { category: Some(OpensCategory { indicator: name, value: value.clone() }), ..none })
        }
        (OfWhat::Indicator | OfWhat::Score, Holds::Between(above, up_to)) => {
            range(NumberRange { name, above: *above, up_to: *up_to, ..NumberRange::default() })
        }
        (OfWhat::Indicator | OfWhat::Score, Holds::Nothing) => {
            range(NumberRange { name, unknown: true, ..NumberRange::default() })
        }
        // No list is filtered by the texts of predictions.
        (OfWhat::Score, Holds::Named(_)) | (OfWhat::Tier, Holds::Between(..)) => None,
    }
}

/// A grading.
#[derive(Debug, Clone, Serialize)]
pub struct RunNamed {
    pub run: String,
    pub as_of: String,
    /// The published version; `None`: documents of the folder.
    pub version: Option<i64>,
    /// The lists of customers read its grades: another version has not come into force since.
    #[serde(skip)]
    pub is_listed: bool,
}

/// Measures. Without `to` the newest grading is looked at, without `from` the one of the instant before it
/// by the same model.
///
/// # Errors
/// Findings: there is no such grading, or none before it.
pub async fn drift(
    workspace: &Workspace,
    who: &Principal,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<DriftBetween, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let to = match to {
        Some(id) => run_of(workspace, id).await?,
        None => newest(workspace).await?,
    };
    let from = match from {
        Some(id) => run_of(workspace, id).await.map_err(|error| not_there("from", id, error))?,
        None => before(workspace, &to).await?.ok_or_else(|| nothing_before(workspace, &to))?,
    };
    between(workspace, &from, &to).await
}

/// The grading of the instant before, where there is one.
pub(crate) async fn before(workspace: &Workspace, run: &Run) -> Result<Option<Run>, WorkspaceError> {
    let all = workspace.store.runs().list(Some(&run.model_hash), N_RUNS).await?;
    let earlier = all.into_iter().filter(|one| one.is_announced() && one.finished.is_some());
    // The newest first: of several gradings of one instant the last one counts.
    Ok(earlier.filter(|one| one.as_of < run.as_of).max_by_key(|one| (one.as_of, one.started)))
}

async fn newest(workspace: &Workspace) -> Result<Run, WorkspaceError> {
    let stored = stored::Stored::open(workspace).await?;
    let all = workspace.store.runs().list(Some(&stored.compiled.hash), N_RUNS).await?;
    let announced = all.into_iter().filter(|one| one.is_announced() && one.finished.is_some());
    announced
        .max_by_key(|one| (one.as_of, one.started))
        .ok_or_else(|| WorkspaceError::Defect("stored grades without a run".into()))
}

/// That there is no such grading, with which of the two it was: `from` or `to`. Other errors stay as they are.
pub fn not_there(at: &'static str, id: &str, error: WorkspaceError) -> WorkspaceError {
    let WorkspaceError::NotFound { .. } = error else { return error };
    let shown: String = id.chars().filter(|c| !c.is_control()).take(40).collect();
    let (zh, en) = match at {
        "from" => ("用来比较的评级", "the grading to compare with"),
        _ => ("要看的评级", "the grading to look at"),
    };
    Finding::error(
        "no-such-thing",
        Place::default().at(at),
        Text::new(format!("{zh}“{shown}”不存在"), format!("{en}, `{shown}`, is not there")),
        Text::new("用 gradus runs 列出评级，写其中一个的编号", "the id of one that `gradus runs` lists"),
    )
    .into()
}

async fn run_of(workspace: &Workspace, id: &str) -> Result<Run, WorkspaceError> {
    // What no run is called, such as a text with a zero byte, is not for the database to refuse.
    let is_id = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_id {
        return Err(WorkspaceError::NotFound { what: "run" });
    }
    match workspace.store.runs().get(id).await? {
        Some(run) if run.is_announced() && run.finished.is_some() => Ok(run),
        _ => Err(WorkspaceError::NotFound { what: "run" }),
    }
}

fn nothing_before(workspace: &Workspace, run: &Run) -> WorkspaceError {
    let date = label(workspace.as_of(run.as_of), &workspace.zone);
    Finding::error(
        "nothing-before",
        Place::default().at("from"),
        Text::new(
            format!("{date} 之前没有可比的评级"),
            format!("there is no grading before {date} to compare with"),
        ),
        Text::new(
            "先对更早的日期评级，例如 gradus grade --as-of 起..止 --every month",
            "grade an earlier date, too: `gradus grade --as-of FROM..TO --every month`",
        ),
    )
    .into()
}

/// Drift between two gradings, of whatever both have. Gradings do not change: what was measured lately is known.
pub(crate) async fn between(
    workspace: &Workspace,
    from: &Run,
    to: &Run,
) -> Result<DriftBetween, WorkspaceError> {
    let drift = match workspace.lately.drift(&from.id, &to.id) {
        Some(known) => known,
        None => {
            let found = measured(Stored::read(workspace, from).await?, Stored::read(workspace, to).await?);
            let found = Arc::new(found.await?);
            workspace.lately.keep_drift(&from.id, &to.id, &found);
            found
        }
    };
    let listed = match stored::Stored::open(workspace).await {
        Ok(stored) => Some(stored.compiled.hash.clone()),
        Err(WorkspaceError::Findings(_)) => None,
        Err(error) => return Err(error),
    };
    let named = |run: &Run| RunNamed {
        run: run.id.clone(),
        as_of: label(workspace.as_of(run.as_of), &workspace.zone),
        version: run.version,
        is_listed: listed.as_ref() == Some(&run.model_hash),
    };
    Ok(DriftBetween { from: named(from), to: named(to), drift })
}

/// Measures one column after the other, as many at a time as there are processors: those of millions of
/// customers are never in memory together.
async fn measured(base: Stored, current: Stored) -> Result<Drift, WorkspaceError> {
    let (base, current) = (&base, &current);
    let both = things(&current.model, |name| base.grades.has(name) && current.grades.has(name));
    let found = both.into_iter().map(|thing| async move {
        let then = base.grades.read(&base.date, &[&thing.name]).await?;
        let now = current.grades.read(&current.date, &[&thing.name]).await?;
        tokio::task::spawn_blocking(move || -> Result<Option<Drifted>, WorkspaceError> {
            Ok(thing.watched(&then, &now)?.and_then(measure))
        })
        .await
        .map_err(|error| WorkspaceError::Defect(error.to_string()))?
    });
    let found: Vec<Option<Drifted>> =
        futures::stream::iter(found).buffered(processors().get()).try_collect().await?;
    let found = found.into_iter().flatten().collect();
    Ok(summed_up(found, base.n_customers, current.n_customers))
}

/// Drift between two gradings by one model that are at hand.
pub(crate) fn between_batches(
    model: &Model,
    then: &[RecordBatch],
    now: &[RecordBatch],
) -> Result<Drift, WorkspaceError> {
    let has = |batches: &[RecordBatch], name: &str| {
        batches.first().is_some_and(|batch| batch.column_by_name(name).is_some())
    };
    let mut found = Vec::new();
    for thing in things(model, |name| has(then, name) && has(now, name)) {
        found.extend(thing.watched(then, now)?.and_then(measure));
    }
    let n = |batches: &[RecordBatch]| batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>();
    Ok(summed_up(found, n(then), n(now)))
}

/// A grading as it is stored, with the model that made it.
struct Stored {
    model: Model,
    grades: StoredGrades,
    date: String,
    n_customers: u64,
}

impl Stored {
    async fn read(workspace: &Workspace, run: &Run) -> Result<Stored, WorkspaceError> {
        let text = workspace.store.models().document(&run.model_hash).await?;
        let document: Option<serde_json::Value> = text.and_then(|text| serde_json::from_str(&text).ok());
        let model = document.and_then(|mut document| serde_json::from_value(document["model"].take()).ok());
        let defect = || WorkspaceError::Defect(format!("the model of run {} cannot be read", run.id));
        let model: Model = model.ok_or_else(defect)?;
        let grades = StoredGrades::open_chain(workspace, &run.model_hash, Chain::Announced).await?;
        let date = label(workspace.as_of(run.as_of), &workspace.zone);
        match grades.n_customers(&date)? {
            0 => Err(WorkspaceError::NotFound { what: "run" }),
            n_customers => Ok(Stored { model, grades, date, n_customers }),
        }
    }
}

/// Something that may move between two gradings.
struct Thing {
    what: OfWhat,
    name: String,
    title: Text,
    /// Of a tier.
    scheme: Option<TierScheme>,
}

/// What of a model may move and is there.
fn things(model: &Model, is_there: impl Fn(&str) -> bool) -> Vec<Thing> {
    let indicators = model.indicators.iter().map(|(name, one)| (name, one.title.as_ref(), OfWhat::Indicator));
    let scores = model.scorecards.iter().map(|(name, one)| (name, one.title.as_ref(), OfWhat::Score));
    let predictions = model.predictions.iter().map(|(name, one)| (name, one.title.as_ref(), OfWhat::Score));
    let plain = indicators.chain(predictions).chain(scores);
    let plain = plain.map(|(name, written, what)| (name, written, what, None));
    let tiers =
        model.tiers.iter().map(|(name, scheme)| (name, scheme.title.as_ref(), OfWhat::Tier, Some(scheme)));
    plain
        .chain(tiers)
        .filter(|(name, ..)| is_there(name))
        .map(|(name, written, what, scheme)| Thing {
            what,
            name: name.to_string(),
            title: title(written, name),
            scheme: scheme.cloned(),
        })
        .collect()
}

impl Thing {
    /// Its values in both gradings; `None` if they are of no kind that is watched.
    fn watched(self, then: &[RecordBatch], now: &[RecordBatch]) -> Result<Option<Watched>, WorkspaceError> {
        let Thing { what, name, title, scheme } = self;
        let values = match scheme {
            Some(scheme) => {
                let places = |batches: &[RecordBatch]| -> Result<Vec<Option<usize>>, WorkspaceError> {
                    let places = moves::levels(batches, &name, &scheme)?.into_iter();
                    Ok(places.map(|place| (place != NOT_GRADED).then_some(usize::from(place))).collect())
                };
                let levels = scheme.levels.iter();
                let titles = levels
                    .map(|(level, one)| (level.to_string(), moves::title(one.title.as_ref(), level)))
                    .collect();
                Values::Names(titles, places(then)?, places(now)?)
            }
            None => match (moves::numbers(then, &name)?, moves::numbers(now, &name)?) {
                (Some(then), Some(now)) => Values::Numbers(then, now),
                _ => match (texts(then, &name)?, texts(now, &name)?) {
                    (Some(then), Some(now)) => names(&then, &now),
                    _ => return Ok(None),
                },
            },
        };
        Ok(Some(Watched { what, name, title, values }))
    }
}

fn texts(batches: &[RecordBatch], name: &str) -> Result<Option<Vec<Option<String>>>, WorkspaceError> {
    let mut out = Vec::new();
    for batch in batches {
        let Some(column) = batch.column_by_name(name) else { return Ok(None) };
        if !matches!(
            column.data_type(),
            DataType::Utf8 | DataType::Utf8View | DataType::Dictionary(_, _) | DataType::Boolean
        ) {
            return Ok(None);
        }
        let texts = cast(column, &DataType::Utf8)?;
        let texts = texts.as_string::<i32>();
        out.extend((0..texts.len()).map(|row| texts.is_valid(row).then(|| texts.value(row).to_string())));
    }
    Ok(Some(out))
}

/// The commonest texts of the base, the others as one.
fn names(base: &[Option<String>], current: &[Option<String>]) -> Values {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    base.iter().flatten().for_each(|text| *counts.entry(text).or_default() += 1);
    current.iter().flatten().for_each(|text| {
        counts.entry(text).or_default();
    });
    let mut order: Vec<(&str, u64)> = counts.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let has_others = order.len() > N_NAMES;
    order.truncate(N_NAMES);
    let place: BTreeMap<&str, usize> = order.iter().enumerate().map(|(at, (text, _))| (*text, at)).collect();
    let mut titles: Vec<(String, Text)> =
        order.iter().map(|(text, _)| (text.to_string(), Text::plain(*text))).collect();
    if has_others {
        titles.push((String::new(), Text::new("其他", "others")));
    }
    let of = |texts: &[Option<String>]| {
        texts
            .iter()
            .map(|text| text.as_deref().map(|text| place.get(text).copied().unwrap_or(order.len())))
            .collect()
    };
    let (then, now) = (of(base), of(current));
    Values::Names(titles, then, now)
}

impl DriftBetween {
    /// For a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let (n_then, n_now) = (self.drift.n_base, self.drift.n_current);
        let mut out = match lang {
            Lang::Zh => format!("{} → {}：客户 {n_then} → {n_now}\n", self.from.as_of, self.to.as_of),
            Lang::En => format!("{} → {}: {n_then} → {n_now} customers\n", self.from.as_of, self.to.as_of),
        };
        out.push_str(&format!("{}\n", self.drift.verdict.get(lang)));
        let head = [
            say("对象", "of").to_string(),
            "PSI".to_string(),
            say("判断", "verdict").to_string(),
            say("变动最大的一段", "the bin that moved most").to_string(),
        ];
        let rows = self.drift.all.iter().map(|one| {
            let (psi, band) = (format!("{:.3}", one.psi), one.band.words());
            vec![one.title.get(lang).into(), psi, band.get(lang).into(), one.words.get(lang).into()]
        });
        out.push_str(&aligned_table(&head, &rows.collect::<Vec<_>>()));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_texts_count_as_one() {
        let some = |texts: &[&str]| texts.iter().map(|text| Some(text.to_string())).collect::<Vec<_>>();
        let mut base: Vec<Option<String>> = Vec::new();
        for at in 0..30 {
            base.extend(some(&vec![format!("t{at:02}").as_str(); 31 - at]));
        }
        let current = [Some("t00".to_string()), Some("new".to_string()), None];
        let Values::Names(titles, then, now) = names(&base, &current) else { panic!() };
        assert_eq!((titles.len(), titles[20].1.zh.as_str()), (N_NAMES + 1, "其他"));
        assert_eq!(then.iter().flatten().filter(|at| **at == 20).count(), (2..=11).sum::<usize>());
        assert_eq!(now, [Some(0), Some(20), None]);
    }
}
