//! What a prediction says of everybody as of the newest grading.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use gradus_grading::grade::{OutputColumn, PredictionKind};
use gradus_model::Text;
use serde::Serialize;
use serde_json::{Value, json};

use super::card::Card;
use crate::moves::{levels, numbers, title};
use crate::stored::Stored;
use crate::{Workspace, WorkspaceError};

/// Bars of the distribution.
const N_BINS: usize = 20;

/// Totals and the distribution.
#[derive(Debug, Clone, Serialize)]
pub struct CardNow {
    pub as_of: String,
    pub n_customers: u64,
    pub n_known: u64,
    pub total: Option<f64>,
    pub mean: Option<f64>,
    pub to_date: Option<f64>,
    /// Who is likelier to have left than not.
    pub n_at_risk: u64,
    pub at_risk: Vec<Value>,
    pub bins: Vec<Value>,
    pub tiers: Vec<Value>,
    /// Of clusters: how many customers each holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Value>,
}

pub(super) async fn now(
    workspace: &Workspace,
    stored: &Stored,
    card: &Card,
) -> Result<Option<CardNow>, WorkspaceError> {
    let Some(date) = stored.instants.last() else { return Ok(None) };
    let base = stored.base(workspace, date, false).await?;
    let of = |name: &str| numbers(&base.batches, name);
    let n_customers = base.batches.iter().map(|batch| batch.num_rows() as u64).sum();
    if card.kind == PredictionKind::Clusters {
        return grouped(&base.columns, card, date, &base.batches).map(Some);
    }
    let Some(own) = of(&card.name)? else { return Ok(None) };
    let known: Vec<f64> = own.iter().copied().flatten().collect();
    let is_money = matches!(card.kind, PredictionKind::Lifetime | PredictionKind::Contract);
    let total: f64 = known.iter().sum();
    let to_date = of(&format!("{}_to_date", card.name))?;
    let alive = format!("{}_alive", card.name);
    let at_risk = match card.kind {
        PredictionKind::Lifetime => of(&alive)?,
        PredictionKind::Propensity => Some(own.clone()),
        _ => None,
    };
    // Of a propensity: likelier than not.
    let is_propensity = card.kind == PredictionKind::Propensity;
    let is_at_risk =
        |one: &&Option<f64>| one.is_some_and(|share| if is_propensity { share >= 0.5 } else { share < 0.5 });
    let n_at_risk = at_risk.iter().flatten().filter(is_at_risk).count() as u64;
    let mut tiers = Vec::new();
    for (scheme, written) in stored.model.tiers.iter() {
        let places = levels(&base.batches, scheme, written)?;
        let each = written.levels.iter().enumerate().map(|(at, (level, one))| {
            let here: Vec<usize> = (0..places.len()).filter(|row| usize::from(places[*row]) == at).collect();
            let values: Vec<f64> = here.iter().filter_map(|row| own.get(*row).copied().flatten()).collect();
            let risky = |row: &&usize| {
                at_risk.as_ref().and_then(|all| all.get(**row)).is_some_and(|one| is_at_risk(&one))
            };
            let sum: f64 = values.iter().sum();
            json!({
                "level": level, "title": title(one.title.as_ref(), level), "n": here.len(),
                "n_known": values.len(), "total": is_money.then_some(sum),
                "mean": (!values.is_empty()).then(|| sum / values.len() as f64),
                "n_at_risk": here.iter().filter(risky).count(),
            })
        });
        let each: Vec<Value> = each.collect();
        let title: Text = title(written.title.as_ref(), scheme);
        tiers.push(json!({ "scheme": scheme, "title": title, "levels": each }));
    }
    Ok(Some(CardNow {
        as_of: date.clone(),
        n_customers,
        n_known: known.len() as u64,
        total: is_money.then_some(total),
        mean: (!known.is_empty()).then(|| total / known.len() as f64),
        to_date: to_date.map(|all| all.iter().flatten().sum()),
        n_at_risk,
        at_risk: match at_risk {
            Some(_) if is_propensity => vec![json!({ "name": card.name, "from": 0.5 })],
            Some(_) => vec![json!({ "name": alive, "below": 0.5 })],
            None => Vec::new(),
        },
        bins: bins(&card.name, known),
        tiers,
        groups: Vec::new(),
    }))
}

/// Of clusters: the largest first.
fn grouped(
    columns: &[OutputColumn],
    card: &Card,
    date: &str,
    batches: &[RecordBatch],
) -> Result<CardNow, WorkspaceError> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut n_customers = 0;
    for batch in batches {
        n_customers += batch.num_rows() as u64;
        let Some(column) = batch.column_by_name(&card.name) else { continue };
        let texts = cast(column, &DataType::Utf8)?;
        for name in texts.as_string::<i32>().iter().flatten() {
            *counts.entry(name.to_string()).or_default() += 1;
        }
    }
    let titles = columns.iter().find(|column| column.name == card.name).map(|column| &column.values);
    let n_known: u64 = counts.values().sum();
    let mut groups: Vec<(String, u64)> = counts.into_iter().collect();
    groups.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let of = |(name, n): (String, u64)| {
        let titled = titles.and_then(|titles| titles.iter().find(|(own, _)| *own == name));
        let title = titled.map_or_else(|| Text::plain(&name), |(_, title)| title.clone());
        json!({ "name": name, "title": title, "n": n, "share": n as f64 / n_known.max(1) as f64 })
    };
    Ok(CardNow {
        as_of: date.to_string(),
        n_customers,
        n_known,
        total: None,
        mean: None,
        to_date: None,
        n_at_risk: 0,
        at_risk: Vec::new(),
        bins: Vec::new(),
        tiers: Vec::new(),
        groups: groups.into_iter().map(of).collect(),
    })
}

/// Bars of equal width from the least to what 99 of 100 lie below; the last takes the rest.
fn bins(name: &str, mut known: Vec<f64>) -> Vec<Value> {
    known.sort_unstable_by(f64::total_cmp);
    let (Some(least), Some(greatest)) = (known.first().copied(), known.last().copied()) else {
        return Vec::new();
    };
    let most = known[(known.len() - 1) * 99 / 100];
    if !(most > least) {
        return vec![json!({
            "from": least, "to": greatest, "count": known.len(), "range": { "name": name, "from": least },
        })];
    }
    let width = (most - least) / N_BINS as f64;
    let place = |value: f64| (((value - least) / width) as usize).min(N_BINS - 1);
    let mut counts = [0u64; N_BINS];
    known.iter().for_each(|value| counts[place(*value)] += 1);
    let edge = |at: usize| least + width * at as f64;
    let of = |(at, count): (usize, &u64)| {
        let last = at + 1 == N_BINS;
        let range = match last {
            true => json!({ "name": name, "from": edge(at) }),
            false => json!({ "name": name, "from": edge(at), "below": edge(at + 1) }),
        };
        json!({
            "from": edge(at), "to": if last { greatest } else { edge(at + 1) }, "count": count, "range": range,
        })
    };
    counts.iter().enumerate().map(of).collect()
}
