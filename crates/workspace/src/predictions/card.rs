//! Model cards: of what a prediction was made, how good it is, how sure, and if it says nothing, why not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gradus_grading::grade::{ContractFit, Fit, LifetimeFit, Parameter, PredictionKind};
use gradus_model::Text;
use gradus_model::document::{Number, Prediction, Span};
use gradus_store::Run;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fit_of;
pub use super::now::CardNow;
use super::now::now;
use super::told::{beside, inputs_moved, tracked};
use crate::access::{Permission, Principal};
use crate::clock::label;
use crate::moves::title;
use crate::runs::fits_of;
use crate::stored::Stored;
use crate::{Workspace, WorkspaceError, drift};

/// What is known of a prediction.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    pub name: String,
    pub title: Text,
    pub kind: PredictionKind,
    pub state: CardState,
    /// How it is made, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Text>,
    pub as_of: Option<String>,
    /// The fit's number.
    pub fit: Option<u64>,
    pub version: Option<i64>,
    pub horizon: Option<String>,
    pub discount: Option<f64>,
    pub margin: Option<f64>,
    pub gives: Vec<Gives>,
    /// Counts and dates of what it was made from.
    pub data: Vec<Figure>,
    pub training: Vec<Value>,
    pub metrics: Vec<Value>,
    pub parameters: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Value>,
    pub factors: Vec<Value>,
    /// Of groups: what is typical of each, as they were found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Value>,
    /// Of what is learned: the time until it happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survival: Option<Value>,
    /// What it reads that has moved since the grading before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs_drift: Vec<Value>,
    /// When it was learned or found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted_at: Option<String>,
    /// More of what was said when it was learned: outcome, base, slices, what was left out.
    #[serde(flatten)]
    pub learned: BTreeMap<String, Value>,
    /// How sure it is, in one sentence.
    pub sure: Text,
    pub cautions: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refused>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<CardNow>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    Fitted,
    /// It says nothing: see [`Card::refusal`].
    Refused,
    /// Nothing was estimated or learned yet.
    NotFitted,
}

/// A column that it gives.
#[derive(Debug, Clone, Serialize)]
pub struct Gives {
    pub name: String,
    pub title: Text,
    pub unit: &'static str,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    pub title: Text,
    pub value: Value,
    #[serde(default)]
    pub unit: Cow<'static, str>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Refused {
    pub code: String,
    pub message: Text,
    pub hint: Text,
}

pub(super) fn count(zh: &str, en: &str, n: u64) -> Figure {
    Figure { title: Text::new(zh, en), value: json!(n), unit: "count".into() }
}

fn kind_of(written: &Prediction) -> PredictionKind {
    match written {
        Prediction { lifetime: Some(_), .. } => PredictionKind::Lifetime,
        Prediction { contract: Some(_), .. } => PredictionKind::Contract,
        Prediction { propensity: Some(_), .. } => PredictionKind::Propensity,
        Prediction { clusters: Some(_), .. } => PredictionKind::Clusters,
        _ => PredictionKind::Trained,
    }
}

fn unit_of(kind: PredictionKind, suffix: &str) -> &'static str {
    match (kind, suffix) {
        (PredictionKind::Lifetime | PredictionKind::Contract, "" | "_low" | "_high" | "_to_date") => "money",
        (PredictionKind::Clusters, "") => "text",
        (PredictionKind::Propensity, "") | (_, "_alive" | "_renews" | "_sure") => "share",
        _ => "number",
    }
}

impl Card {
    /// The card before anything is known of a fit.
    pub fn of(name: &str, written: &Prediction, columns: &[(String, Text)]) -> Card {
        let kind = kind_of(written);
        let lifetime = written.lifetime.as_ref();
        let contract = written.contract.as_ref();
        let said = |span: Option<Span>, otherwise: &str| {
            Some(span.map_or_else(|| otherwise.to_string(), |span| span.to_string()))
        };
        let number =
            |value: Option<Number>, otherwise: f64| Some(value.map_or(otherwise, |one| one.to_f64()));
        let (horizon, discount, margin) = match (lifetime, contract) {
            (Some(one), _) => {
                (said(one.horizon, "12 months"), number(one.discount, 0.1), number(one.margin, 1.0))
            }
            (None, Some(one)) => {
                (said(one.horizon, "3 years"), number(one.discount, 0.1), number(one.margin, 1.0))
            }
            (None, None) => (written.propensity.as_ref().map(|one| one.horizon.to_string()), None, None),
        };
        let gives = columns.iter().map(|(column, title)| {
            let unit = unit_of(kind, column.strip_prefix(name).unwrap_or_default());
            Gives { name: column.clone(), title: title.clone(), unit }
        });
        Card {
            name: name.to_string(),
            title: title(written.title.as_ref(), name),
            kind,
            state: CardState::NotFitted,
            method: None,
            as_of: None,
            fit: None,
            version: None,
            horizon,
            discount,
            margin,
            gives: gives.collect(),
            data: Vec::new(),
            training: Vec::new(),
            metrics: Vec::new(),
            parameters: Vec::new(),
            calibration: None,
            tracking: None,
            drift: None,
            factors: Vec::new(),
            groups: Vec::new(),
            survival: None,
            inputs_drift: Vec::new(),
            fitted_at: None,
            learned: BTreeMap::new(),
            sure: Text::new("还没有拟合：先评级一次", "nothing was estimated yet: grade once"),
            cautions: Vec::new(),
            refusal: None,
            now: None,
        }
    }

    /// What a fit tells.
    pub fn tell(&mut self, fit: &Fit) {
        match fit {
            Fit::Lifetime(fit) => self.tell_lifetime(fit),
            Fit::Contract(fit) => self.tell_contract(fit),
            other => {
                self.state = CardState::Fitted;
                self.data.push(count("客户数", "customers", other.n()));
                self.sure = Text::default();
            }
        }
    }

    /// What a fit that a run applied tells, with what is kept beside it.
    fn tell_applied(&mut self, fit: &Fit, written: &Prediction, beside: Option<(Value, String)>) {
        let (numbers, fitted_at) = beside.unzip();
        match (fit, written) {
            (Fit::Clusters(fit), Prediction { clusters: Some(clusters), .. }) => {
                self.tell_clusters(fit, clusters);
            }
            (Fit::Trained(fit), Prediction { trained: Some(trained), .. }) => self.tell_trained(fit, trained),
            (Fit::Propensity(fit), _) => {
                self.tell_learned(fit, numbers.as_ref().map(|numbers| &numbers["card"]));
            }
            (fit, _) => self.tell(fit),
        }
        self.fitted_at = fitted_at;
    }

    fn tell_parameters(&mut self, parameters: &[Parameter]) {
        let of = |one: &Parameter| {
            let title = parameter_words(&one.name);
            json!({ "name": one.name, "title": title, "value": one.value, "error": one.error })
        };
        self.parameters.extend(parameters.iter().map(of));
    }

    /// The words of a fit: the first says how it ended, the second how sure it is.
    fn tell_words(&mut self, words: Vec<Text>, is_refused: bool) {
        let mut words = words.into_iter();
        let ended = words.next().unwrap_or_default();
        self.state = if is_refused { CardState::Refused } else { CardState::Fitted };
        if is_refused {
            let hint = Text::new("在“预测”里换一种方法", "another way in the prediction");
            self.refusal = Some(Refused { code: "prediction-refused".into(), message: ended.clone(), hint });
            self.sure = ended;
            return;
        }
        self.sure = words.next().unwrap_or_else(|| ended.clone());
        self.cautions.push(ended);
        self.cautions.extend(words);
    }

    fn tell_lifetime(&mut self, fit: &LifetimeFit) {
        let name = fit.model_words();
        self.method = Some(Text::new(
            format!("{name}（购买与流失），每次金额另行估计，按月折现"),
            format!("{name} for purchases and leaving, the value of one apart, discounted by months"),
        ));
        self.data.push(count("购买过的客户", "customers who bought", fit.n));
        self.data.push(count("再次购买的客户", "customers who came back", fit.n_repeaters));
        let mean = Text::new("每次购买平均", "a purchase brings on average");
        self.data.push(Figure { title: mean, value: json!(fit.spend.mean), unit: "money".into() });
        if let Some(correlation) = fit.correlation {
            let title = Text::new("次数与金额的相关", "correlation of number and value of purchases");
            self.data.push(Figure { title, value: json!(correlation), unit: "number".into() });
        }
        self.tell_parameters(&fit.parameters);
        self.tell_parameters(&fit.spend.parameters);
        self.tell_words(fit.words(), fit.status.is_refused());
    }

    fn tell_contract(&mut self, fit: &ContractFit) {
        self.method = Some(Text::new("移位 beta-几何续约模型", "shifted beta-geometric model of renewals"));
        self.data.push(count("合约", "contracts", fit.n));
        self.data.push(count("已结束", "ended", fit.n_left));
        self.tell_parameters(&fit.parameters);
        self.tell_parameters(&fit.value);
        let curve = |one: &gradus_grading::grade::Renewal| {
            let share = one.n_renewed as f64 / one.n.max(1) as f64;
            json!({
                "name": format!("renewal_{}", one.renewal),
                "title": Text::new(
                    format!("第 {} 次续约（{} 份到期，模型 {:.1} %）", one.renewal, one.n, 100.0 * one.expected),
                    format!("renewal {} ({} came to it, model {:.1} %)", one.renewal, one.n, 100.0 * one.expected),
                ),
                "value": share, "unit": "share", "better": "more",
            })
        };
        self.metrics.extend(fit.renewals.iter().take(12).map(curve));
        self.tell_words(fit.words(), fit.status.is_refused());
    }
}

/// What a parameter is called: symbols of the papers stay and say what they are of, words are in the language.
pub(crate) fn parameter_words(name: &str) -> Text {
    match name {
        "r" => Text::new("r（购买频率的分布）", "r (spread of buying)"),
        "alpha" => Text::new("alpha（购买间隔）", "alpha (time of buying)"),
        "a" => Text::new("a（离开）", "a (leaving)"),
        "b" => Text::new("b（留下）", "b (staying)"),
        "s" => Text::new("s（离开快慢的分布）", "s (spread of leaving)"),
        "beta" => Text::new("beta（停留时间）", "beta (time of staying)"),
        "p" => Text::new("p（单次金额的形状）", "p (shape of a value)"),
        "q" => Text::new("q（客户之间金额的分布）", "q (spread of values between customers)"),
        "v" => Text::new("v（金额的尺度）", "v (scale of values)"),
        "mean" => Text::new("平均值", "mean"),
        "between" => Text::new("客户之间的方差", "variance between customers"),
        "within" => Text::new("同一客户内的方差", "variance within a customer"),
        "intercept" => Text::new("截距", "intercept"),
        other => Text::plain(other),
    }
}

/// The card of one prediction of the model that graded last.
///
/// # Errors
/// Nobody was graded yet; there is no such prediction.
pub async fn card(workspace: &Workspace, who: &Principal, name: &str) -> Result<Card, WorkspaceError> {
    let (stored, run) = newest(workspace, who).await?;
    let Some(written) = stored.model.predictions.get(name) else {
        return Err(WorkspaceError::NotFound { what: "prediction" });
    };
    let mut card = told(workspace, &stored, run.as_ref(), name, written).await?;
    card.now = now(workspace, &stored, &card).await?;
    if let Some(run) = &run
        && let Some(earlier) = drift::before(workspace, run).await?
    {
        let found = drift::between(workspace, &earlier, run).await?;
        let own = found.drift.all.iter().find(|one| one.name == name);
        card.drift = own.map(|own| {
            json!({
                "psi": own.psi, "band": own.band, "against": found.from.as_of, "bins": own.bins,
                "words": own.words,
            })
        });
        card.inputs_drift = inputs_moved(written, &found);
    }
    card.tracking = tracked(workspace, &stored, name).await?;
    Ok(card)
}

/// The cards of all predictions of the model that graded last, without what takes long.
pub async fn cards(workspace: &Workspace, who: &Principal) -> Result<Vec<Card>, WorkspaceError> {
    let (stored, run) = newest(workspace, who).await?;
    let mut out = Vec::new();
    for (name, written) in stored.model.predictions.iter() {
        out.push(told(workspace, &stored, run.as_ref(), name, written).await?);
    }
    Ok(out)
}

async fn newest(workspace: &Workspace, who: &Principal) -> Result<(Stored, Option<Run>), WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let stored = Stored::open(workspace).await?;
    let runs = workspace.store.runs().list(Some(&stored.compiled.hash), 1_000).await?;
    let announced = runs.into_iter().filter(|run| run.is_announced() && run.finished.is_some());
    let run = announced.max_by_key(|run| (run.as_of, run.started));
    Ok((stored, run))
}

async fn told(
    workspace: &Workspace,
    stored: &Stored,
    run: Option<&Run>,
    name: &str,
    written: &Prediction,
) -> Result<Card, WorkspaceError> {
    let columns = stored.compiled.stage_b.output_columns();
    let own: Vec<(String, Text)> = columns
        .into_iter()
        .filter(|column| column.of == name)
        .map(|column| (column.name, column.title))
        .collect();
    let mut card = Card::of(name, written, &own);
    card.version = stored.version;
    if let Some(run) = run {
        let fits = fits_of(workspace, run).await?;
        card.as_of = Some(label(workspace.as_of(run.as_of), &workspace.zone));
        card.fit = fits.number;
        if let Some(fit) = fit_of(&fits, name) {
            let beside = beside(workspace, stored, run, (name, written), fit).await?;
            card.tell_applied(fit, written, beside);
        }
    }
    Ok(card)
}
