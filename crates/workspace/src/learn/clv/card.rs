//! The model card of what was learned.

use gradus_grading::grade::Fit;
use gradus_model::Text;
use serde_json::{Value, json};

use super::{ClvLearned, NAME};
use crate::WorkspaceError;
use crate::predictions::Card;

impl ClvLearned {
    /// The model card, with the hold-out as its tracking, and what was learned beside it.
    pub(super) fn card_value(&self) -> Result<Value, WorkspaceError> {
        let name = self.prediction.as_deref().unwrap_or(NAME);
        let mut card = Card::of(name, &self.written, &[]);
        card.as_of = Some(self.as_of.clone());
        if let Some(fit) = &self.lifetime {
            card.tell(&Fit::Lifetime(Box::new(fit.clone())));
        }
        if let Some(fit) = &self.contract {
            card.tell(&Fit::Contract(Box::new(fit.clone())));
        }
        if let Some(held_out) = &self.held_out {
            card.tracking = Some(held_out.tracking());
            let metric = |name: &str, title: Text, value: f64| json!({ "name": name, "title": title, "value": value, "unit": "number", "better": "less" });
            // Where nothing came there is nothing that it could be off by, in percent.
            if held_out.actual > 0.0 {
                card.metrics.push(json!({
                    "name": "total", "title": Text::new("合计偏差", "total off by"),
                    "value": held_out.expected / held_out.actual - 1.0,
                    "unit": "percent_error", "words": held_out.words,
                }));
            }
            let (absolute, square) = match self.contract {
                Some(_) => (
                    Text::new("单份合约的平均误差（期）", "single contracts off by (renewals)"),
                    Text::new("均方根误差（期）", "root mean square error (renewals)"),
                ),
                None => (
                    Text::new("单个客户的平均误差（次）", "single customers off by (purchases)"),
                    Text::new("均方根误差（次）", "root mean square error (purchases)"),
                ),
            };
            card.metrics.extend([
                metric("mae", absolute, held_out.mean_absolute),
                metric("rmse", square, held_out.root_mean_square),
            ]);
        }
        let mut value =
            serde_json::to_value(card).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
        value["learned"] =
            serde_json::to_value(self).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
        Ok(value)
    }
}
