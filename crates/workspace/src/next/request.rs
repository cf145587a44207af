//! What is asked, as people type it, made definite with what the model says of its lists.

use gradus_expression::{Scope, Want, compile};
use gradus_model::document::{Model, Next, NextMethod, Span, SpanUnit};
use gradus_model::{Finding, Findings, Place, Text};
use serde::{Deserialize, Serialize};

use crate::validation::parse_horizon;

/// What is asked. What is left out is as the model's `next` has it, else found in the sources and the model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NextRequest {
    /// What an item is, as an expression over events: `stock_code`, `product.category`; found if left out.
    pub item: Option<String>,
    /// What people call it, in the same way.
    pub title: Option<String>,
    /// Which events are purchases; what the model's own indicator of orders counts if left out.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// Rules look at all that a customer has, and not at one order.
    pub by_customer: Option<bool>,
    /// A date or an instant; the last day that is over if left out.
    pub as_of: Option<String>,
    /// Only purchases of so long before it: `12 months`; all if left out.
    pub history: Option<String>,
    /// How long a stretch is held out; `1 month` if left out.
    pub hold_out: Option<String>,
    /// So many stretches, one before the other; 1 if left out.
    pub stretches: Option<u32>,
    /// Items for each customer; 5 if left out.
    pub k: Option<u32>,
    /// `popular`, `recent`, `rules`, `factors` or `due`; whichever is best on the held-out stretches if left out.
    pub method: Option<String>,
    /// What somebody has bought before may be on the list.
    pub again: Option<bool>,
    /// A condition over events of what can be had, with references as they are at the instant: `product.stock > 0`.
    pub available: Option<String>,
    /// Items that are shown to nobody.
    pub exclude: Vec<String>,
    /// Events by which a customer refused an item: `kind = 'refusal'`.
    pub refused: Option<String>,
    pub min_count: Option<u32>,
    pub min_confidence: Option<f64>,
    /// Items on the left of a rule: 1 or 2.
    pub max_left: Option<u32>,
    /// The items of most customers that are looked at.
    pub max_items: Option<u32>,
    pub n_factors: Option<u32>,
    pub rounds: Option<u32>,
    pub ridge: Option<f64>,
    pub alpha: Option<f64>,
    pub seed: Option<u64>,
    /// After how long gradings learn it anew; only where it is written into the model.
    pub refit: Option<String>,
    /// Into the draft's `next`.
    pub write: Option<NextWrite>,
}

/// How it is written into the draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextWrite {
    /// In the place of another way that the draft has.
    #[serde(default)]
    pub replace: bool,
}

impl NextRequest {
    /// What was typed as the model document would have it.
    ///
    /// # Errors
    /// Findings at the option that is wrong.
    pub(super) fn recipe(&self) -> Result<Next, Findings> {
        let mut findings = Findings::default();
        let mut span = |place: &'static str, text: &Option<String>| -> Option<Span> {
            let read = parse_horizon(text.as_deref()?);
            read.map_err(|finding| findings.push(Finding { place: Place::default().at(place), ..finding }))
                .ok()
        };
        let history = span("history", &self.history);
        let hold_out = span("hold_out", &self.hold_out);
        let refit = span("refit", &self.refit);
        let method = self.method.as_deref().and_then(|name| {
            let found = NextMethod::parse(name);
            if found.is_none() {
                findings.push(no_method(name, &NextMethod::ALL));
            }
            found
        });
        if findings.has_errors() {
            return Err(findings);
        }
        Ok(Next {
            item: self.item.clone(),
            title: self.title.clone(),
            filter: self.filter.clone(),
            by_customer: self.by_customer,
            history,
            hold_out,
            stretches: self.stretches,
            k: self.k,
            method,
            again: self.again,
            available: self.available.clone(),
            exclude: self.exclude.clone(),
            refused: self.refused.clone(),
            min_count: self.min_count,
            min_confidence: self.min_confidence,
            max_left: self.max_left,
            max_items: self.max_items,
            n_factors: self.n_factors,
            rounds: self.rounds,
            ridge: self.ridge,
            alpha: self.alpha,
            seed: self.seed,
            refit,
        })
    }
}

/// A method that is none, or that the data do not suffice for.
pub(super) fn no_method(name: &str, there: &[NextMethod]) -> Finding {
    let names = there.iter().map(|method| method.name()).collect::<Vec<_>>().join(", ");
    Finding::error(
        "next-method",
        Place::default().at("method"),
        Text::new(
            format!("没有方法「{name}」，或数据不够用它"),
            format!("there is no method “{name}”, or the data do not suffice for it"),
        ),
        Text::new(format!("可选：{names}"), format!("one of {names}")),
    )
}

/// A recipe made definite, but for its expressions.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub by_customer: bool,
    pub hold_out: Span,
    pub history: Option<Span>,
    pub stretches: u32,
    pub k: usize,
    pub method: Option<NextMethod>,
    pub again: bool,
    pub exclude: Vec<String>,
    pub min_count: u64,
    pub min_confidence: f64,
    pub max_left: usize,
    pub max_items: usize,
    pub n_factors: usize,
    pub rounds: usize,
    pub ridge: f64,
    pub alpha: f64,
    pub seed: u64,
}

impl Settings {
    /// What holds where a recipe says nothing, and what it says.
    pub fn of(recipe: &Next) -> Settings {
        let whole = |asked: Option<u32>, usual: usize| asked.map_or(usual, |n| n as usize);
        Settings {
            by_customer: recipe.by_customer.unwrap_or(false),
            hold_out: recipe.hold_out.unwrap_or(Span { n: 1, unit: SpanUnit::Month }),
            history: recipe.history,
            stretches: recipe.stretches.unwrap_or(1),
            k: whole(recipe.k, 5),
            method: recipe.method,
            again: recipe.again.unwrap_or(false),
            exclude: recipe.exclude.clone(),
            min_count: recipe.min_count.map_or(10, u64::from),
            min_confidence: recipe.min_confidence.unwrap_or(0.05),
            max_left: whole(recipe.max_left, 1),
            max_items: whole(recipe.max_items, 5_000),
            n_factors: whole(recipe.n_factors, 16),
            rounds: whole(recipe.rounds, 10),
            ridge: recipe.ridge.unwrap_or(0.1),
            alpha: recipe.alpha.unwrap_or(40.0),
            seed: recipe.seed.unwrap_or(0),
        }
    }

    /// What of them is out of range, by the names of the model document below a place.
    pub fn findings(&self, root: &Place) -> Findings {
        let mut findings = Findings::default();
        let mut within = |place: &'static str, fine: bool, zh: &str, en: &str| {
            if !fine {
                findings.push(Finding::error(
                    "next-number",
                    root.key(place),
                    Text::new(format!("{place} 超出范围"), format!("`{place}` is out of range")),
                    Text::new(zh, en),
                ));
            }
        };
        within("k", (1..=50).contains(&self.k), "1 至 50", "from 1 to 50");
        within("stretches", (1..=24).contains(&self.stretches), "1 至 24", "from 1 to 24");
        within("max_items", (2..=20_000).contains(&self.max_items), "2 至 20000", "from 2 to 20000");
        within("n_factors", (1..=128).contains(&self.n_factors), "1 至 128", "from 1 to 128");
        within("rounds", (1..=100).contains(&self.rounds), "1 至 100", "from 1 to 100");
        within("max_left", (1..=2).contains(&self.max_left), "1 或 2", "1 or 2");
        within("min_count", self.min_count >= 1, "至少 1", "at least 1");
        within("min_confidence", (0.0..=1.0).contains(&self.min_confidence), "0 至 1", "from 0 to 1");
        within("ridge", self.ridge > 0.0 && self.ridge.is_finite(), "大于 0", "greater than 0");
        within("alpha", self.alpha > 0.0 && self.alpha.is_finite(), "大于 0", "greater than 0");
        findings
    }
}

/// What is wrong with a recipe as it is written.
pub(crate) fn findings(model: &Model, scope: &Scope, root: &Place) -> Findings {
    let Some(recipe) = &model.next else { return Findings::default() };
    let place = root.key("next");
    let mut out = Settings::of(recipe).findings(&place);
    let expressions = [
        ("item", &recipe.item, Want::Any),
        ("title", &recipe.title, Want::Any),
        ("where", &recipe.filter, Want::Boolean),
        ("available", &recipe.available, Want::Boolean),
        ("refused", &recipe.refused, Want::Boolean),
    ];
    for (key, sql, want) in expressions {
        let Some(sql) = sql else { continue };
        out.extend(compile(sql, scope, want, &place.key(key)).err().unwrap_or_default());
    }
    out
}
