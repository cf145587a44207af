//! What changed for one customer, with the cause in words: from version to version of the model, and who
//! set a tier, why, and who approved it.

use std::collections::BTreeMap;

use gradus_grading::fold::AsOf;
use gradus_model::{Lang, Text};
use gradus_store::Run;
use serde::Serialize;

use super::cause::Cause;
use super::table::{Transition, of_customer};
use super::words::{lead, render};
use crate::clock::{label, on_clock};
use crate::compiled::Compiled;
use crate::overrides::{self, OverrideView};
use crate::{Workspace, WorkspaceError};

/// A change and its cause, in words: what changed, then line by line.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    #[serde(flatten)]
    pub transition: Transition,
    /// The published version that graded; none for documents of the folder.
    pub version: Option<i64>,
    /// Of a tier that a person set, or that came to its end: what and by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_tier: Option<SetTier>,
    pub words: Vec<Text>,
    /// What is said after the cause: which version, who set the tier.
    #[serde(skip)]
    pub said: Text,
}

impl Change {
    /// The words as a terminal shows them: the instant on the clock of this zone.
    pub(crate) fn told(&self, lang: Lang, zone: &str) -> Vec<String> {
        let as_of = self.transition.as_of.as_str();
        let on_the_clock = |words: &Text| {
            let words = words.get(lang);
            match words.strip_prefix(as_of) {
                Some(rest) => format!("{}{rest}", on_clock(as_of, zone)),
                None => words.to_string(),
            }
        };
        self.words.iter().map(on_the_clock).collect()
    }
}

/// What a person set.
#[derive(Debug, Clone, Serialize)]
pub struct SetTier {
    /// `set`, `expired` or `ended`.
    pub what: &'static str,
    pub id: String,
    pub level: String,
    /// Who asked for it, and why.
    pub by: String,
    pub reason: String,
    pub approved_by: Option<String>,
    pub ended_by: Option<String>,
    /// The last local date on which it holds.
    pub expires: Option<String>,
}

/// What a customer's tiers, groups and segments changed to, newest first, from version to version of the
/// model.
pub(crate) async fn changes_of(
    workspace: &Workspace,
    compiled: &Compiled,
    customer: i64,
    as_of: AsOf,
) -> Result<Vec<Change>, WorkspaceError> {
    let by = label(as_of, &workspace.zone);
    let mut runs = workspace.store.runs().list(None, u32::MAX).await?;
    runs.retain(Run::is_announced);
    runs.sort_by_key(|run| run.started);
    let reigns = Reigns::of(&runs);
    let mut all: Vec<(usize, i64, Transition)> = Vec::new();
    let mut hashes: Vec<&str> = vec![compiled.hash.as_str()];
    for run in &runs {
        if !hashes.contains(&run.model_hash.as_str()) {
            hashes.push(&run.model_hash);
        }
    }
    for hash in hashes {
        for one in of_customer(workspace, hash, customer).await?.into_iter().filter(|one| one.as_of <= by) {
            let at = crate::instant_of(&one.as_of, &workspace.zone)?;
            if let Some(reign) = reigns.of_run(&one.run, at) {
                all.push((reign, at, one));
            }
        }
    }
    // Where one version took over from another, what stood until then comes first.
    all.sort_by_key(|(reign, at, one)| (*at, *reign, one.is_correction));
    let all = all.into_iter().rev().map(|(_, _, transition)| transition);
    let versions: BTreeMap<&str, Option<i64>> =
        runs.iter().map(|run| (run.id.as_str(), run.version)).collect();
    let mut out = Vec::new();
    let mut set: Option<Vec<OverrideView>> = None;
    for transition in all {
        let version = versions.get(transition.run.as_str()).copied().flatten();
        let mut words = render(&transition, compiled);
        let (mut set_tier, mut said) = (None, Text::default());
        match transition.cause {
            Cause::Version => {
                if let Some(number) = version {
                    said = Text::new(format!("（版本 {number}）"), format!(" (version {number})"));
                }
            }
            Cause::Override => {
                if set.is_none() {
                    set = Some(overrides::ever_of(workspace, customer).await?);
                }
                set_tier = found(workspace, set.as_deref().unwrap_or_default(), &transition, &runs);
                if let Some(set) = &set_tier {
                    said = set.words();
                }
            }
            _ => {}
        }
        if let Some(head) = words.first_mut() {
            *head = lead(head, &said);
        }
        out.push(Change { transition, version, set_tier, words, said });
    }
    Ok(out)
}

/// Which version graded after which. Where one took over and graded the past anew, what the one before
/// had announced of that past is no part of the same history.
struct Reigns<'a> {
    of_run: BTreeMap<&'a str, usize>,
    /// Up to which instant each of them is told: the first one that a later one graded.
    until: Vec<i64>,
}

impl<'a> Reigns<'a> {
    /// Of runs in the order in which they began.
    fn of(runs: &'a [Run]) -> Reigns<'a> {
        let (mut of_run, mut first) = (BTreeMap::new(), Vec::<i64>::new());
        let mut last: Option<&str> = None;
        for run in runs {
            match (last == Some(run.model_hash.as_str()), first.last_mut()) {
                (true, Some(first)) => *first = run.as_of.min(*first),
                _ => first.push(run.as_of),
            }
            last = Some(&run.model_hash);
            of_run.insert(run.id.as_str(), first.len() - 1);
        }
        let mut until = vec![i64::MAX; first.len()];
        for reign in (1..first.len()).rev() {
            until[reign - 1] = until[reign].min(first[reign]);
        }
        Reigns { of_run, until }
    }

    /// The reign of a run, if an instant is told of it.
    fn of_run(&self, run: &str, instant_us: i64) -> Option<usize> {
        let reign = *self.of_run.get(run)?;
        self.until.get(reign).is_some_and(|until| instant_us <= *until).then_some(reign)
    }
}

/// The override behind a change: the one that holds at the later instant, else the last that held at the
/// earlier one.
fn found(workspace: &Workspace, all: &[OverrideView], change: &Transition, runs: &[Run]) -> Option<SetTier> {
    let instant = |text: &str| crate::instant_of(text, &workspace.zone).ok();
    let (since, now) = (instant(&change.since)?, instant(&change.as_of)?);
    // What each of the two gradings knew: an override may be approved or ended between them.
    let run = runs.iter().find(|run| run.id == change.run)?;
    let before = runs.iter().rfind(|other| other.as_of == since && other.started < run.started);
    let known = before.map_or(run.known_at, |before| before.known_at);
    let at = |instant: i64, known: i64, level: &Option<String>| {
        all.iter().rfind(|view| {
            view.one.scheme == change.name
                && level.as_deref() == Some(view.one.level.as_str())
                && view.one.holds(instant, known)
        })
    };
    let (what, view) = match (at(now, run.known_at, &change.to), at(since, known, &change.from)) {
        (Some(view), _) => ("set", view),
        (None, Some(view)) if view.one.ended.is_some_and(|ended| ended <= run.known_at) => ("ended", view),
        (None, Some(view)) => ("expired", view),
        (None, None) => return None,
    };
    let one = &view.one;
    Some(SetTier {
        what,
        id: one.id.clone(),
        level: one.level.clone(),
        by: one.account.clone(),
        reason: view.reason.clone(),
        approved_by: one.decided_by.clone(),
        ended_by: one.ended_by.clone(),
        expires: one.expires.map(|at| label(workspace.as_of(at), &workspace.zone)),
    })
}

impl SetTier {
    /// What is said after the cause.
    fn words(&self) -> Text {
        let mut text = Text::new(
            format!("：{} 申请，理由“{}”", self.by, self.reason),
            format!(": asked for by {}, “{}”", self.by, self.reason),
        );
        let mut add = |zh: String, en: String| text = lead(&text, &Text::new(zh, en));
        if let Some(by) = &self.approved_by {
            add(format!("，{by} 批准"), format!(", approved by {by}"));
        }
        match (self.what, &self.ended_by, &self.expires) {
            ("ended", Some(by), _) => add(format!("，{by} 已结束"), format!(", ended by {by}")),
            ("expired", _, Some(date)) => add(format!("，{date} 到期"), format!(", expired on {date}")),
            (_, _, Some(date)) => add(format!("，有效至 {date}"), format!(", until {date}")),
            _ => {}
        }
        text
    }
}
