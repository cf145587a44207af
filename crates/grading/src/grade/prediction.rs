//! Predictions: numbers about the time to come, or what a customer is like. What they need of the whole base is a
//! fit; what they say of one customer is computed row by row.
//!
//! Each method reads some inputs of each customer and gives some columns. It knows nothing of frames: inputs
//! come as arrays, columns go as arrays, and who is not among those of whom it is asked is left out here.

mod asked;
pub mod clusters;
mod contract;
mod fitted;
mod lifetime;
mod numbers;
pub mod propensity;
mod reason;
pub mod trained;

use std::collections::BTreeSet;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::compute::{filter, nullif};
use arrow::datatypes::DataType;
use gradus_expression::Want;
use gradus_model::document::Prediction as Written;
use gradus_model::{Finding, Place, Text};

use self::clusters::{Alike, ClusterOptions, Clusters};
use self::contract::Contract;
use self::lifetime::Lifetime;
use self::propensity::Propensity;
use self::reason::Said;
use self::trained::Trained;
use super::compile::Compiler;
use super::fit::{Fit, FitKind, FitRequest, FitValue, Fits};
use super::frame::{Column, Formula, Frame, NullReason};
use super::names::names_in_sql;
use super::node::only_true;
use super::output::OutputKind;

pub use self::contract::{ContractFit, FitShape, Renewal, WorstRenewal};
pub use self::fitted::{FitStatus, FitSureness, Parameter, Surely};
pub use self::lifetime::{LifetimeFit, SpendFit, SpendKind};
pub use self::reason::{PredictionFactor, PredictionKind, PredictionReason, PredictionValue};

/// One prediction, ready to be made.
#[derive(Debug, Clone)]
pub(crate) struct Prediction {
    pub name: String,
    pub title: Text,
    among: Option<Formula>,
    method: Method,
}

#[derive(Debug, Clone)]
enum Method {
    Clusters(Clusters),
    Lifetime(Lifetime),
    Contract(Contract),
    Trained(Trained),
    Propensity(Propensity),
}

/// A column that a prediction gives.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// What follows the prediction's name: nothing, or `_alive`.
    pub suffix: &'static str,
    pub data_type: DataType,
    pub kind: OutputKind,
    /// What follows the prediction's title.
    pub title: Text,
    /// Names and titles of what it may say; empty if open.
    pub values: Vec<(String, Text)>,
}

impl Given {
    /// A number with four digits.
    fn number(suffix: &'static str, zh: &str, en: &str) -> Given {
        let kind = if suffix.is_empty() { OutputKind::Prediction } else { OutputKind::PredictionPart };
        let title = Text::new(zh, en);
        Given { suffix, data_type: DataType::Decimal128(18, 4), kind, title, values: Vec::new() }
    }
}

/// What follows the name in the columns that a prediction gives; known before it is compiled.
pub(super) fn suffixes(written: &Written) -> &'static [&'static str] {
    match written {
        Written { lifetime: Some(_), .. } => lifetime::SUFFIXES,
        Written { contract: Some(_), .. } => contract::SUFFIXES,
        Written { clusters: Some(_), .. } => clusters::SUFFIXES,
        Written { trained: Some(_), .. } => trained::SUFFIXES,
        _ => &[""],
    }
}

/// The columns that a prediction takes, its own name first.
pub(super) fn columns_of(name: &str, written: &Written) -> Vec<String> {
    suffixes(written).iter().map(|suffix| format!("{name}{suffix}")).collect()
}

/// What it mentions of what is in scope of a customer.
pub(super) fn mentions_of(written: &Written) -> BTreeSet<String> {
    let features = written.propensity.iter().flat_map(|one| &one.features);
    let alike = written.clusters.iter().flat_map(|one| &one.features);
    let trained = written.trained.iter().flat_map(|one| one.inputs.iter().map(|(_, sql)| sql));
    let all = written.among.iter().chain(features).chain(alike).chain(trained);
    all.flat_map(|sql| names_in_sql(sql)).collect()
}

pub(super) fn compile_prediction(
    compiler: &mut Compiler<'_>,
    name: &str,
    written: &Written,
) -> Option<Prediction> {
    let place = compiler.root().key("predictions").key(name);
    let ways = [
        written.lifetime.is_some(),
        written.contract.is_some(),
        written.propensity.is_some(),
        written.clusters.is_some(),
        written.trained.is_some(),
    ];
    if ways.iter().filter(|way| **way).count() != 1 {
        say_form(compiler, &place);
        return None;
    }
    let among = match &written.among {
        Some(sql) => Some(compiler.formula(sql, Want::Boolean, &place.key("among"))?),
        None => None,
    };
    let method = match written {
        Written { lifetime: Some(written), .. } => {
            Method::Lifetime(Lifetime::compile(compiler, written, &place.key("lifetime"))?)
        }
        Written { contract: Some(written), .. } => {
            Method::Contract(Contract::compile(compiler, written, &place.key("contract"))?)
        }
        Written { clusters: Some(clusters), .. } => {
            Method::Clusters(Clusters::compile(compiler, clusters, &place.key("clusters"))?)
        }
        Written { trained: Some(trained), .. } => {
            Method::Trained(Trained::compile(compiler, trained, &place.key("trained"))?)
        }
        Written { propensity: Some(propensity), .. } => {
            Method::Propensity(Propensity::compile(compiler, propensity, &place.key("propensity"))?)
        }
        _ => return None,
    };
    let title = written.title.clone().unwrap_or_else(|| Text::plain(name));
    Some(Prediction { name: name.to_string(), title, among, method })
}

fn say_form(compiler: &mut Compiler<'_>, place: &Place) {
    let what = Text::new(
        "预测要写明一种方法：lifetime、contract、propensity、clusters、trained 中恰好一个",
        "a prediction has exactly one of `lifetime`, `contract`, `propensity`, `clusters`, `trained`",
    );
    let right = Text::new(
        "例如 lifetime: {}，按购买记录估计客户终身价值",
        "such as `lifetime: {}`, which estimates lifetime value from purchases",
    );
    compiler.findings.push(Finding::error("prediction-form", place.clone(), what, right));
}

/// The key of a prediction's fit.
pub fn fit_key(name: &str) -> String {
    format!("predictions.{name}")
}

impl Method {
    fn kind(&self) -> PredictionKind {
        match self {
            Method::Clusters(_) => PredictionKind::Clusters,
            Method::Lifetime(_) => PredictionKind::Lifetime,
            Method::Contract(_) => PredictionKind::Contract,
            Method::Trained(_) => PredictionKind::Trained,
            Method::Propensity(_) => PredictionKind::Propensity,
        }
    }

    /// Why it says of the only row of the inputs what it says.
    fn say(&self, inputs: &[ArrayRef], fit: &Fit, given: &[PredictionValue]) -> Said {
        match (self, fit) {
            (Method::Clusters(clusters), Fit::Clusters(fit)) => clusters.say(inputs, fit),
            (Method::Lifetime(lifetime), Fit::Lifetime(fit)) => lifetime.say(inputs, fit, given),
            (Method::Contract(contract), Fit::Contract(fit)) => contract.say(inputs, fit, given),
            (Method::Trained(trained), Fit::Trained(fit)) => trained.say(inputs, fit),
            (Method::Propensity(propensity), Fit::Propensity(fit)) => propensity.say(inputs, fit, given),
            _ => Said::default(),
        }
    }
}

impl Prediction {
    /// The columns that it gives, in order: their names, types, and titles with the prediction's own before.
    pub(crate) fn columns(&self) -> Vec<(String, Given)> {
        let of = |mut given: Given| {
            let Text { zh, en } = given.title;
            given.title = Text::new(format!("{}{zh}", self.title.zh), format!("{}{en}", self.title.en));
            (format!("{}{}", self.name, given.suffix), given)
        };
        self.given().into_iter().map(of).collect()
    }

    fn given(&self) -> Vec<Given> {
        match &self.method {
            Method::Clusters(clusters) => clusters.given(),
            Method::Lifetime(_) => Lifetime::given(),
            Method::Contract(_) => Contract::given(),
            Method::Trained(trained) => trained.given(),
            Method::Propensity(_) => Propensity::given(),
        }
    }

    fn inputs(&self) -> &[Formula] {
        match &self.method {
            Method::Clusters(clusters) => &clusters.inputs,
            Method::Lifetime(lifetime) => &lifetime.inputs,
            Method::Contract(contract) => &contract.inputs,
            Method::Trained(trained) => &trained.inputs,
            Method::Propensity(propensity) => &propensity.inputs,
        }
    }

    /// What it reads.
    pub(crate) fn reads(&self) -> BTreeSet<String> {
        self.inputs().iter().chain(&self.among).flat_map(|formula| formula.references.clone()).collect()
    }

    /// What has to be estimated in the run that grades; none of what is learned before.
    pub(crate) fn fit_request(&self) -> Option<FitRequest> {
        if matches!(self.method, Method::Propensity(_)) {
            return None;
        }
        Some(FitRequest {
            key: fit_key(&self.name),
            kind: FitKind::Prediction,
            base: self.among.as_ref().map_or_else(|| super::EVERYONE.to_string(), |among| among.sql.clone()),
            among: self.among.clone(),
            value: FitValue::Inputs(self.inputs().to_vec()),
        })
    }

    /// The inputs of those in one frame of whom it is asked.
    pub(crate) fn inputs_in(&self, frame: &mut Frame) -> Vec<ArrayRef> {
        let faults = frame.faults.clone();
        let among = self.among.as_ref().map(|formula| only_true(&frame.condition(formula).0));
        let arrays = self.inputs().iter().map(|formula| {
            let array = frame.evaluate(formula).array;
            match &among {
                Some(among) => filter(&array, among).unwrap_or(array),
                None => array,
            }
        });
        let arrays = arrays.collect();
        frame.faults = faults;
        arrays
    }

    /// The customers whom it groups, if it does, and how.
    pub(crate) fn alike(&self, pieces: &[Vec<ArrayRef>]) -> Option<(Alike, ClusterOptions)> {
        match &self.method {
            Method::Clusters(clusters) => Some((clusters.alike(pieces), clusters.options().clone())),
            Method::Lifetime(_) | Method::Contract(_) | Method::Trained(_) | Method::Propensity(_) => None,
        }
    }

    /// The fit, from the inputs of everybody of whom it is asked, in as many pieces as they come. What a fit before
    /// it called its groups they are called still.
    pub(crate) fn estimate(&self, pieces: &[Vec<ArrayRef>], before: Option<&Fit>) -> Fit {
        match &self.method {
            Method::Clusters(clusters) => {
                let before = before.and_then(|fit| match fit {
                    Fit::Clusters(fit) => Some(fit.as_ref()),
                    _ => None,
                });
                Fit::Clusters(Box::new(clusters.estimate(pieces, before)))
            }
            Method::Lifetime(lifetime) => Fit::Lifetime(Box::new(lifetime.estimate(pieces))),
            Method::Contract(contract) => Fit::Contract(Box::new(contract.estimate(pieces))),
            Method::Trained(trained) => Fit::Trained(Box::new(trained.estimate(pieces))),
            // It is learned before, from other dates; it asks for no estimate.
            Method::Propensity(_) => Fit::Split { at: None, n: 0 },
        }
    }

    /// Adds its columns to the frame.
    pub(crate) fn evaluate(&self, frame: &mut Frame, fits: &Fits) {
        let outside = self.among.as_ref().map(|formula| {
            let inside = only_true(&frame.condition(formula).0);
            BooleanArray::new(!inside.values(), None)
        });
        let inputs: Vec<ArrayRef> =
            self.inputs().iter().map(|formula| frame.evaluate(formula).array).collect();
        let fit = fits.fits.get(&fit_key(&self.name));
        let arrays = match (&self.method, fit) {
            (Method::Clusters(clusters), Some(Fit::Clusters(fit))) => clusters.evaluate(&inputs, fit),
            (Method::Lifetime(lifetime), Some(Fit::Lifetime(fit))) => lifetime.evaluate(&inputs, fit),
            (Method::Contract(contract), Some(Fit::Contract(fit))) => contract.evaluate(&inputs, fit),
            // What was trained elsewhere needs no fit.
            (Method::Trained(trained), _) => trained.evaluate(&inputs),
            (Method::Propensity(propensity), Some(Fit::Propensity(fit))) => propensity.evaluate(&inputs, fit),
            _ => Vec::new(),
        };
        let mut arrays = arrays.into_iter();
        for (name, given) in self.columns() {
            let array = arrays.next();
            let array = array.unwrap_or_else(|| arrow::array::new_null_array(&given.data_type, frame.rows));
            // Of whom it is not asked it says nothing; of the others a null is something unknown.
            let column = match &outside {
                None => Column::new(array),
                Some(outside) => {
                    let unknown = !outside.values();
                    let array = nullif(&array, outside).unwrap_or(array);
                    Column { array, reason: NullReason::Unknown(unknown) }
                }
            };
            frame.put(&name, column);
        }
    }
}
