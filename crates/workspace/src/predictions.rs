//! Predictions as they were made in the newest grading: model cards, and what has to be said beside a grading.

mod card;
mod now;
mod told;

pub(crate) use self::card::parameter_words;
pub use self::card::{Card, CardNow, CardState, Figure, Gives, Refused, card, cards};
pub(crate) use self::told::keep_tracking;

use gradus_grading::grade::{Fit, FitStatus, Fits};
use gradus_model::document::Model;
use gradus_model::{Finding, Findings, Place, Text};

/// The key of a prediction's fit.
pub(crate) fn fit_of<'f>(fits: &'f Fits, name: &str) -> Option<&'f Fit> {
    fits.fits.get(&format!("predictions.{name}"))
}

/// What a grading has to say of its predictions: which of them say nothing, and why; which go by too little.
pub(crate) fn findings(model: &Model, fits: &Fits) -> Findings {
    let status = |name: &str| match fit_of(fits, name)? {
        Fit::Lifetime(fit) => Some(&fit.status),
        Fit::Contract(fit) => Some(&fit.status),
        _ => None,
    };
    let mut out = Vec::new();
    for name in model.predictions.names() {
        let Some(status) = status(name) else { continue };
        let place = Place::default().key("predictions").key(name);
        match status {
            FitStatus::Contractual { .. } => out.push(Finding::warning(
                "prediction-refused",
                place,
                status.words(),
                Text::new(
                    "改用 contract，例如 contract: { terms: \"kind = '缴费'\", term: 1 month }",
                    "`contract` instead, such as `contract: { terms: \"kind = 'fee'\", term: 1 month }`",
                ),
            )),
            FitStatus::Overlapping { .. } | FitStatus::NoEndSeen { .. } => out.push(Finding::warning(
                "prediction-refused",
                place,
                status.words(),
                Text::new(
                    "按合约实际的期限写 term 与 terms；不是合约的用 lifetime",
                    "`term` and `terms` as the contract has them; `lifetime` where there is none",
                ),
            )),
            FitStatus::TooFew { .. } | FitStatus::Unidentified => out.push(Finding::note(
                "prediction-few",
                place,
                status.words(),
                Text::new("更多客户、更长的历史", "more customers, or a longer history"),
            )),
            FitStatus::Converged | FitStatus::Boundary { .. } => {}
        }
    }
    Findings(out)
}
