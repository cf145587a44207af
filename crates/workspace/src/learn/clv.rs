//! Lifetime value, learned as of a day: parameters with errors, how sure they are, whether an earlier fit foretold
//! what came (a hold-out), and whom it values most. Everything is what a grading would compute, by the same code.

mod asked;
mod card;
mod columns;
mod held_out;
mod options;
mod page;

use std::sync::Arc;
use std::time::Instant;

use gradus_grading::fold::AsOf;
use gradus_grading::grade::{ContractFit, Fit, Fits, LifetimeFit};
use gradus_model::document::{Model, Prediction};
use gradus_model::{Finding, Lang, Text};
use gradus_store::Job;
use serde::Serialize;
use serde_json::json;

use self::asked::Asked;
use self::columns::{customers, values};
pub use self::held_out::{HeldOut, HeldOutPoint, HeldOutRenewal};
use self::held_out::{held_out, off_before};
pub use self::options::{ClvOptions, ClvRequest};
use super::write::{Write, Written, check, write};
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::grade::{Tiers, grade_with};
use crate::jobs::{JobRunner, Work};
use crate::stored::processors;
use crate::{Documents, GradeOptions, Grading, Progress, Workspace, WorkspaceError, instant_of};

/// What was learned.
#[derive(Debug, Clone, Serialize)]
pub struct ClvLearned {
    /// The prediction's name; `None` if the model has none.
    pub prediction: Option<String>,
    pub title: Text,
    pub as_of: String,
    /// The prediction as it would be written into a model.
    pub written: Prediction,
    /// The fit of a lifetime value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<LifetimeFit>,
    /// The fit under contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractFit>,
    /// How sure it is, and what to beware of.
    pub words: Vec<Text>,
    /// True if it says nothing of anybody: the words say why.
    pub refused: bool,
    pub n_customers: u64,
    /// Customers of whom it says something.
    pub n_valued: u64,
    /// What all brought to date, and are expected to bring within the horizon.
    pub to_date: f64,
    pub residual: f64,
    /// How an earlier fit foretold what came; none where there is too little time, or nothing to foretell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<HeldOut>,
    /// Who is expected to bring most.
    pub top: Vec<TopCustomer>,
    pub seconds: f64,
}

/// One customer with what is expected of them.
#[derive(Debug, Clone, Serialize)]
pub struct TopCustomer {
    /// The ledger's number; who it is stays in the vault.
    pub customer: i64,
    pub residual: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub alive: Option<f64>,
    /// To expect within the horizon; under contract, terms.
    pub purchases: Option<f64>,
    pub to_date: Option<f64>,
}

const N_TOP: usize = 20;
const NAME: &str = "clv";

/// Starts it as a job; the result is a model card with the [`ClvLearned`] in it, and where it was written if it is
/// to be.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: ClvRequest,
    to: Option<Write>,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    // What is wrong with the request is said at once.
    let asked = Asked::of(workspace, who, &request).await?;
    let mut input = json!(request);
    if let Some(to) = &to {
        let to = own_place(to, asked.name.as_deref());
        check(workspace, who, &to, put(asked.prediction.clone())).await?;
        input["write"] = json!(to);
    }
    let (owned, by) = (workspace.clone(), who.clone());
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let learned = learn_clv(&owned, &by, &request, progress.as_ref()).await?;
            let mut card = learned.card_value()?;
            if let Some(to) = &to {
                card["written"] = json!(learned.write(&owned, &by, to).await?);
            }
            Ok(card)
        })
    });
    let job = jobs.start(workspace, who, "learn_clv", input.clone(), work).await?;
    audit(workspace, &who.account, "learn.clv", &job.id, input).await?;
    Ok(job)
}

/// Learns.
///
/// # Errors
/// Findings of the prediction; an empty ledger.
pub async fn learn_clv(
    workspace: &Workspace,
    who: &Principal,
    request: &ClvRequest,
    progress: &dyn Progress,
) -> Result<ClvLearned, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    let began = Instant::now();
    let mut asked = Asked::of(workspace, who, request).await?;
    let as_of = match &request.as_of {
        Some(text) => vec![workspace.as_of(instant_of(text, &workspace.zone)?)],
        None => Vec::new(),
    };
    let name = asked.name.clone().unwrap_or_else(|| NAME.to_string());
    let mut now = predicted(workspace, &asked, request, &name, as_of.clone(), progress).await?;
    if nobody_is_in(&now, &name) {
        let unsaid = asked.nothing_is_spend(request);
        if let Some(by_orders) = asked.by_the_models_orders(request) {
            now = predicted(workspace, &by_orders, request, &name, as_of, progress).await?;
            asked = by_orders;
        }
        if nobody_is_in(&now, &name)
            && let Some(finding) = unsaid
        {
            return Err(finding.into());
        }
    }
    let Some(instant) = now.instants.last() else {
        return Err(WorkspaceError::Defect("a grading has no instant".into()));
    };
    let fit = fit_of(&instant.fits, &name);
    let (mut words, refused) = match &fit {
        Some(Fit::Lifetime(fit)) if fit.n == 0 => (vec![nobody_bought()], true),
        Some(Fit::Contract(fit)) if fit.n == 0 => (vec![no_contract()], true),
        Some(Fit::Lifetime(fit)) => (fit.words(), fit.status.is_refused()),
        Some(Fit::Contract(fit)) => (fit.words(), fit.status.is_refused()),
        _ => (Vec::new(), true),
    };
    // Of nobody there are no parameters but those of a prior.
    let fit = fit.filter(|fit| {
        !matches!(fit, Fit::Lifetime(fit) if fit.n == 0) && !matches!(fit, Fit::Contract(fit) if fit.n == 0)
    });
    let column = |suffix: &str| values(&instant.batches, &format!("{name}{suffix}"));
    let (own, to_date) = (column(""), column("_to_date"));
    let held_out = match fit.is_some() && !refused {
        true => held_out(workspace, &asked, request, (instant.as_of, &instant.batches), progress).await?,
        false => None,
    };
    words.extend(held_out.as_ref().and_then(off_before));
    let customers = customers(&instant.batches);
    let mut best: Vec<(usize, f64)> =
        own.iter().enumerate().filter_map(|(row, value)| Some((row, (*value)?))).collect();
    let n_valued = best.len() as u64;
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(customers[a.0].cmp(&customers[b.0])));
    let counted = if asked.prediction.contract.is_some() { "_terms" } else { "_purchases" };
    let [low, high, alive, purchases] = ["_low", "_high", "_alive", counted].map(column);
    let at = |column: &[Option<f64>], row: usize| column.get(row).copied().flatten();
    let top = best.iter().take(N_TOP).map(|(row, residual)| TopCustomer {
        customer: customers[*row],
        residual: *residual,
        low: at(&low, *row),
        high: at(&high, *row),
        alive: at(&alive, *row),
        purchases: at(&purchases, *row),
        to_date: at(&to_date, *row),
    });
    let top = top.collect();
    let (lifetime, contract) = match fit {
        Some(Fit::Lifetime(fit)) => (Some(*fit), None),
        Some(Fit::Contract(fit)) => (None, Some(*fit)),
        _ => (None, None),
    };
    if let Some(held_out) = &held_out {
        // The card of the prediction shows it, whoever learned and wherever.
        let mut model = asked.documents.model.clone();
        model.predictions.0.retain(|(own, _)| *own != name);
        model.predictions.0.push((name.clone(), asked.prediction.clone()));
        let about = (&held_out.tracking(), n_valued);
        crate::predictions::keep_tracking(workspace, &model, &name, instant.as_of, about).await?;
    }
    Ok(ClvLearned {
        title: asked.prediction.title.clone().unwrap_or_else(|| Text::plain(name)),
        prediction: asked.name,
        as_of: instant.date.clone(),
        written: asked.prediction,
        lifetime,
        contract,
        words,
        refused,
        n_customers: instant.n_customers,
        n_valued,
        to_date: to_date.iter().flatten().sum(),
        residual: own.iter().flatten().sum(),
        held_out,
        top,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// The prediction, as a grading makes it.
async fn predicted(
    workspace: &Workspace,
    asked: &Asked,
    request: &ClvRequest,
    name: &str,
    as_of: Vec<AsOf>,
    progress: &dyn Progress,
) -> Result<Grading, WorkspaceError> {
    let documents = asked.documents(Some((name, asked.prediction.clone())));
    let graded = graded(workspace, &documents, as_of, progress).await;
    graded.map_err(|error| asked.said(error, request))
}

/// True if nobody has bought anything, by what counts as a purchase.
fn nobody_is_in(grading: &Grading, name: &str) -> bool {
    let fit = grading.instants.last().and_then(|instant| fit_of(&instant.fits, name));
    matches!(fit, Some(Fit::Lifetime(fit)) if fit.n == 0)
}

async fn graded(
    workspace: &Workspace,
    documents: &Documents,
    instants: Vec<AsOf>,
    progress: &dyn Progress,
) -> Result<Grading, WorkspaceError> {
    let options =
        GradeOptions { instants, known_at_us: None, store: false, reuse: false, n_threads: processors() };
    grade_with(workspace, documents, &options, Tiers::Computed, progress).await
}

fn fit_of(fits: &Fits, name: &str) -> Option<Fit> {
    fits.fits.get(&format!("predictions.{name}")).cloned()
}

fn nobody_bought() -> Text {
    Text::new(
        "还没有人买过：没有一个事件符合 purchases 的条件（不写时是 spend），没有可学的",
        "nobody has bought anything: no event is a purchase by `purchases` (`spend` if left out), so there is nothing to learn",
    )
}

fn no_contract() -> Text {
    Text::new(
        "没有一份合约：没有一个事件符合 terms 的条件",
        "there is no contract: no event begins a term by `terms`",
    )
}

impl ClvLearned {
    /// For a terminal.
    pub fn render(&self, lang: Lang) -> String {
        page::text(self, lang)
    }

    /// One page that needs nothing else.
    pub fn html(&self, workspace: &str, lang: Lang) -> String {
        page::html(self, workspace, lang)
    }

    /// Puts the prediction into the draft under a name. Who has no draft begins one from what is in force. The prediction
    /// that was learned may be written under its own name; another of that name only if it is to be replaced.
    ///
    /// # Errors
    /// A name that cannot be one, or is taken; a draft that changed meanwhile.
    pub async fn write(
        &self,
        workspace: &Workspace,
        who: &Principal,
        to: &Write,
    ) -> Result<Written, WorkspaceError> {
        let to = own_place(to, self.prediction.as_deref());
        write(workspace, who, &to, put(self.written.clone())).await
    }
}

/// What was learned of a prediction takes its own place without being asked to.
fn own_place(to: &Write, learned: Option<&str>) -> Write {
    let own = learned == Some(to.name.trim());
    Write { replace: to.replace || own, ..to.clone() }
}

fn put(prediction: Prediction) -> impl FnOnce(&mut Model, &str) -> Result<(), Finding> {
    move |model, name| {
        match model.predictions.0.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) => *own = prediction,
            None => model.predictions.0.push((name.to_string(), prediction)),
        }
        Ok(())
    }
}
