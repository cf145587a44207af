//! What is asked of a lifetime value: as it is typed at a terminal or sent to the API, and what it means.

use gradus_model::document::{LifetimeModel, Number, Span, SpanUnit};
use gradus_model::{Finding, Findings, Place, Text};
use serde::{Deserialize, Serialize};

use crate::validation::parse_horizon;

/// Every option as text, the same for all faces. What is left out is what the prediction says, else the default of
/// the document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClvOptions {
    /// A prediction of the model; the first of lifetime value or under contract if left out, else a plain one.
    pub prediction: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    pub model: Option<String>,
    /// As of this day's close or instant; the clock's now if left out.
    pub as_of: Option<String>,
    /// `bg_nbd`, `mbg_nbd` or `pareto_nbd`.
    pub kind: Option<String>,
    /// Which events are purchases, over the columns of events.
    pub purchases: Option<String>,
    /// Under contract: which events begin or renew a term.
    pub contract: Option<String>,
    /// Under contract: how long a term is, such as `1 year`.
    pub term: Option<String>,
    /// Under contract: how long after its end a renewal may still come, such as `1 month`, or `0 days`.
    pub grace: Option<String>,
    /// Under contract: which events end it at once.
    pub ends: Option<String>,
    /// What an event brings.
    pub value: Option<String>,
    /// The share of the value that stays, between 0 and 1.
    pub margin: Option<String>,
    /// What serving a customer costs, over the columns of events.
    pub costs: Option<String>,
    /// How far ahead, such as `12 months`.
    pub horizon: Option<String>,
    /// A year's rate, between 0 and 1.
    pub discount: Option<String>,
    /// How long before the end an earlier fit is held against what came.
    pub hold_out: Option<String>,
}

/// The same, understood.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClvRequest {
    pub prediction: Option<String>,
    pub model: Option<String>,
    pub as_of: Option<String>,
    pub kind: Option<LifetimeModel>,
    pub purchases: Option<String>,
    pub contract: Option<String>,
    pub term: Option<Span>,
    pub grace: Option<Span>,
    pub ends: Option<String>,
    pub value: Option<String>,
    pub margin: Option<Number>,
    pub costs: Option<String>,
    pub horizon: Option<Span>,
    pub discount: Option<Number>,
    /// How long before the end an earlier fit is made, and held against what came.
    pub hold_out: Option<Span>,
}

impl ClvOptions {
    /// What it means.
    ///
    /// # Errors
    /// A finding for each option that cannot be read, at its name.
    pub fn request(&self) -> Result<ClvRequest, Findings> {
        let mut findings = Vec::new();
        let kind = self.kind.as_deref().and_then(|text| {
            let found = kind(text);
            if found.is_none() {
                let what = Text::new(format!("不认识模型「{text}」"), format!("“{text}” is no model"));
                let right = Text::new("bg_nbd、mbg_nbd 或 pareto_nbd", "bg_nbd, mbg_nbd or pareto_nbd");
                findings.push(argument("kind", what, right));
            }
            found
        });
        let mut number = |text: &Option<String>, of: &'static str| -> Option<Number> {
            let text = text.as_deref()?;
            let found = text.trim().parse().ok();
            if found.is_none() {
                let what = Text::new(format!("「{text}」不是数"), format!("“{text}” is no number"));
                findings.push(argument(of, what, Text::new("例如 0.35", "such as 0.35")));
            }
            found
        };
        let (margin, discount) = (number(&self.margin, "margin"), number(&self.discount, "discount"));
        let mut span = |text: &Option<String>, of: &'static str| -> Option<Span> {
            match parse_horizon(text.as_deref()?) {
                Ok(span) => Some(span),
                Err(finding) => {
                    findings.push(Finding { place: Place::default().at(of), ..finding });
                    None
                }
            }
        };
        let (horizon, hold_out) = (span(&self.horizon, "horizon"), span(&self.hold_out, "hold_out"));
        let term = span(&self.term, "term");
        let grace = match &self.grace {
            // None at all is a way to grant it.
            Some(text) if is_nothing(text) => Some(Span { n: 0, unit: SpanUnit::Day }),
            text => span(text, "grace"),
        };
        if !findings.is_empty() {
            return Err(Findings(findings));
        }
        Ok(ClvRequest {
            prediction: self.prediction.clone(),
            model: self.model.clone(),
            as_of: self.as_of.clone(),
            kind,
            purchases: self.purchases.clone(),
            contract: self.contract.clone(),
            term,
            grace,
            ends: self.ends.clone(),
            value: self.value.clone(),
            margin,
            costs: self.costs.clone(),
            horizon,
            discount,
            hold_out,
        })
    }
}

fn kind(text: &str) -> Option<LifetimeModel> {
    match text.trim() {
        "bg_nbd" => Some(LifetimeModel::BgNbd),
        "mbg_nbd" => Some(LifetimeModel::MbgNbd),
        "pareto_nbd" => Some(LifetimeModel::ParetoNbd),
        _ => None,
    }
}

/// `0`, `0 days`, `0d`.
fn is_nothing(text: &str) -> bool {
    let digits = text.trim().trim_end_matches(|c: char| !c.is_ascii_digit());
    !digits.is_empty() && digits.chars().all(|digit| digit == '0')
}

pub(super) fn argument(of: &str, what: Text, right: Text) -> Finding {
    Finding::error("argument", Place::default().at(of), what, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(of: &str) -> Option<String> {
        Some(of.to_string())
    }

    #[test]
    fn options_are_read_and_each_wrong_one_is_told_at_its_name() {
        let options = ClvOptions {
            contract: text("kind = 'fee'"),
            term: text("1 year"),
            grace: text("0 days"),
            margin: text("0.35"),
            kind: text("mbg_nbd"),
            hold_out: text("90d"),
            ..ClvOptions::default()
        };
        let request = options.request().unwrap();
        assert_eq!(request.term, Some(Span { n: 1, unit: SpanUnit::Year }));
        assert_eq!(request.grace, Some(Span { n: 0, unit: SpanUnit::Day }));
        assert_eq!(request.hold_out, Some(Span { n: 90, unit: SpanUnit::Day }));
        assert_eq!(request.kind, Some(LifetimeModel::MbgNbd));
        assert_eq!(request.margin.map(|margin| margin.to_f64()), Some(0.35));
        let wrong = ClvOptions {
            kind: text("weibull"),
            margin: text("much"),
            term: text("a while"),
            grace: text("x"),
            horizon: text("0 days"),
            ..ClvOptions::default()
        };
        let Findings(findings) = wrong.request().unwrap_err();
        let places: Vec<&str> =
            findings.iter().map(|one| one.place.path.as_deref().unwrap_or_default()).collect();
        assert_eq!(places, ["kind", "margin", "horizon", "term", "grace"]);
    }
}
