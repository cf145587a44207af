//! Tiers between decision instants: a scheme that decides at month ends keeps its tier until the
//! next, whatever happens in between, whoever runs a grading meanwhile. A scheme that remembers goes from
//! decision to decision, from its start on: when and how often anybody graded changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array, new_empty_array};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::{Field, Int64Type, Schema};
use gradus_grading::fold::{AsOf, CUSTOMER, Zone, closes_step, day_of};
use gradus_grading::grade::{BEFORE, DECIDED, NotGradedReason};
use gradus_model::document::{Decide, Model, Promote, SpanUnit, TierScheme};

use crate::WorkspaceError;

/// The columns of a scheme, by name and type: tier, whether it is provisional, why there is none; and what
/// else a scheme that remembers does.
pub use gradus_grading::grade::tier_columns;

/// From which decision a scheme's tier comes, as of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The decision; none if there was none yet.
    pub at: Option<AsOf>,
    /// The scheme decides at the instant itself, on the grounds of that decision.
    pub decides_now: bool,
}

impl Standing {
    fn prefix(self) -> &'static str {
        if self.decides_now { BEFORE } else { DECIDED }
    }
}

/// True if a scheme decides at the close of a day: for everybody or, where each customer has days of their
/// own, for anybody.
fn decides_on(scheme: &TierScheme, day: i32) -> bool {
    let unit = match scheme.decide {
        _ if scheme.promote == Some(Promote::AtOnce) => SpanUnit::Day,
        Decide::Daily | Decide::Anniversary | Decide::TierAnniversary => SpanUnit::Day,
        Decide::Monthly => SpanUnit::Month,
        Decide::Quarterly => SpanUnit::Quarter,
        Decide::Yearly => SpanUnit::Year,
    };
    closes_step(day, unit)
}

/// The first day at whose close a scheme that remembers may decide.
fn start_of(scheme: &TierScheme) -> i32 {
    // A start that is no date is a finding, and such a model is not graded by.
    scheme.start.as_deref().and_then(|text| text.parse().ok()).map_or(i32::MAX, day_of)
}

/// The last day at or before `day` at whose close the scheme decides, if that is over by an instant.
fn last_decision(scheme: &TierScheme, day: i32, by_us: i64, zone: &Zone) -> Option<i32> {
    let longest = 367;
    let first = match scheme.remembers() {
        true => (day - longest).max(start_of(scheme)),
        false => day - longest,
    };
    (first..=day).rev().find(|day| decides_on(scheme, *day) && zone.close_of(*day) <= by_us)
}

/// From which decision the tier of each scheme comes, of those whose tier is not that of the values of the
/// instant alone.
pub fn standings(model: &Model, as_of: AsOf, zone: &Zone) -> BTreeMap<String, Standing> {
    let mut out = BTreeMap::new();
    for (name, scheme) in model.tiers.iter() {
        let last = last_decision(scheme, as_of.day, as_of.instant_us, zone);
        let decided = last.map(|day| AsOf::close_of(day, zone));
        if !scheme.remembers() {
            if let Some(decided) = decided.filter(|decided| *decided != as_of) {
                out.insert(name.to_string(), Standing { at: Some(decided), decides_now: false });
            }
            continue;
        }
        let decides_now = decided == Some(as_of);
        let at = match decides_now {
            true => last_decision(scheme, as_of.day - 1, as_of.instant_us, zone)
                .map(|day| AsOf::close_of(day, zone)),
            false => decided,
        };
        out.insert(name.to_string(), Standing { at, decides_now });
    }
    out
}

/// The last decision instant of each scheme before `as_of`, where the tier depends on it.
pub fn decision_instants(model: &Model, as_of: AsOf, zone: &Zone) -> BTreeMap<String, AsOf> {
    standings(model, as_of, zone).into_iter().filter_map(|(name, one)| Some((name, one.at?))).collect()
}

/// All instants that have to be graded so that the tiers as of some instants are what they are: the decisions
/// on which they depend. Those of schemes that remember go back to the scheme's start, or to an instant as of
/// which all that was decided is known.
pub fn chain_instants(
    model: &Model,
    asked: &[AsOf],
    zone: &Zone,
    known_until: Option<AsOf>,
) -> BTreeSet<AsOf> {
    let mut all: BTreeSet<AsOf> = asked.iter().copied().collect();
    if let Some(last) = asked.iter().max() {
        for (_, scheme) in model.tiers.iter().filter(|(_, scheme)| scheme.remembers()) {
            let first = start_of(scheme);
            let first = known_until.map_or(first, |known| first.max(known.day.saturating_add(1)));
            let days = (first..=last.day).filter(|day| decides_on(scheme, *day));
            all.extend(days.map(|day| AsOf::close_of(day, zone)).filter(|at| at <= last));
        }
    }
    // What stands between its decisions stands so at those instants, too.
    let mut waiting: Vec<AsOf> = all.iter().copied().collect();
    while let Some(as_of) = waiting.pop() {
        for (name, decided) in decision_instants(model, as_of, zone) {
            let remembers = model.tiers.get(&name).is_some_and(TierScheme::remembers);
            let is_known = remembers && known_until.is_some_and(|known| decided <= known);
            if !is_known && all.insert(decided) {
                waiting.push(decided);
            }
        }
    }
    all
}

/// What a scheme decided, customer by customer.
#[derive(Debug)]
pub struct Decided {
    names: Vec<String>,
    /// Level, whether it is provisional, reason; and what else the scheme remembers.
    columns: Vec<ArrayRef>,
    row_of: HashMap<i64, u32>,
}

impl Decided {
    /// Reads it from the grades as of the decision instant. `prefix` stands before the names of columns that
    /// hold what was decided, where that is not what is shown.
    pub fn of(
        name: &str,
        scheme: &TierScheme,
        graded: &[RecordBatch],
        prefix: &str,
    ) -> Result<Decided, WorkspaceError> {
        let wanted = tier_columns(name, scheme);
        let mut parts: Vec<Vec<ArrayRef>> =
            wanted.iter().map(|(_, data_type)| vec![new_empty_array(data_type)]).collect();
        let mut row_of = HashMap::new();
        for batch in graded {
            let missing = || WorkspaceError::Defect(format!("the grades have no tier {name}"));
            let ids =
                batch.column_by_name(CUSTOMER).ok_or_else(missing)?.as_primitive::<Int64Type>().values();
            row_of.reserve(ids.len());
            for id in ids {
                row_of.insert(*id, row_of.len() as u32);
            }
            for ((column, data_type), part) in wanted.iter().zip(&mut parts) {
                let own = batch.column_by_name(&format!("{prefix}{column}"));
                let found = own.or_else(|| batch.column_by_name(column)).ok_or_else(missing)?;
                part.push(cast(found, data_type)?);
            }
        }
        let together =
            |parts: &Vec<ArrayRef>| concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>());
        let columns = parts.iter().map(together).collect::<Result<_, _>>()?;
        Ok(Decided { names: wanted.into_iter().map(|(column, _)| column).collect(), columns, row_of })
    }

    /// The columns of these customers. Who was not there then has no tier yet.
    pub fn columns(&self, customers: &[i64]) -> Result<Vec<ArrayRef>, WorkspaceError> {
        let rows: UInt32Array = customers.iter().map(|id| self.row_of.get(id).copied()).collect();
        decided_at(&self.columns, &rows)
    }
}

/// Decided columns at some rows; where there is no row, nothing was decided yet.
pub fn decided_at(columns: &[ArrayRef], rows: &UInt32Array) -> Result<Vec<ArrayRef>, WorkspaceError> {
    let mut out = Vec::with_capacity(columns.len());
    for (at, column) in columns.iter().enumerate() {
        let taken = take(column, rows, None)?;
        if at != REASON {
            out.push(taken);
            continue;
        }
        let code = |(reason, row): (Option<&str>, Option<u32>)| -> Option<String> {
            if row.is_some() { reason } else { Some(NotGradedReason::NotDecidedYet.code()) }.map(String::from)
        };
        let reasons: StringArray = taken.as_string::<i32>().iter().zip(rows.iter()).map(code).collect();
        out.push(Arc::new(reasons));
    }
    Ok(out)
}

/// Where the reason stands among the columns of a scheme.
const REASON: usize = 2;

/// Adds to the fold's rows on the grounds of which decision a scheme's tier is what it is.
pub fn with_decided(
    batches: Vec<RecordBatch>,
    standing: Standing,
    decided: &Decided,
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    let mut out = Vec::with_capacity(batches.len());
    for batch in batches {
        let ids =
            batch.column_by_name(CUSTOMER).map_or(&[][..], |ids| ids.as_primitive::<Int64Type>().values());
        let columns = decided.columns(ids)?;
        out.push(with_columns(&batch, standing, decided.names.iter().map(String::as_str), columns)?);
    }
    Ok(out)
}

/// Adds what a scheme decided to rows, customer for customer.
pub fn with_columns<'n>(
    batch: &RecordBatch,
    standing: Standing,
    names: impl Iterator<Item = &'n str>,
    decided: Vec<ArrayRef>,
) -> Result<RecordBatch, WorkspaceError> {
    let mut fields: Vec<Field> = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut columns = batch.columns().to_vec();
    for (name, column) in names.zip(decided) {
        fields.push(Field::new(format!("{}{name}", standing.prefix()), column.data_type().clone(), true));
        columns.push(column);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// What each scheme decided last, while instants are graded one after the other.
#[derive(Debug, Default)]
pub struct Chains(BTreeMap<String, (AsOf, Decided)>);

impl Chains {
    /// Adds to the fold's rows as of an instant on the grounds of what the tiers stand.
    pub fn put(
        &self,
        model: &Model,
        as_of: AsOf,
        zone: &Zone,
        mut batches: Vec<RecordBatch>,
    ) -> Result<Vec<RecordBatch>, WorkspaceError> {
        for (name, standing) in standings(model, as_of, zone) {
            let Some(scheme) = model.tiers.get(&name) else { continue };
            let known = self.0.get(&name).filter(|(at, _)| standing.at == Some(*at));
            batches = match known {
                Some((_, decided)) => with_decided(batches, standing, decided)?,
                None if scheme.remembers() => {
                    with_decided(batches, standing, &Decided::of(&name, scheme, &[], "")?)?
                }
                None => batches,
            };
        }
        Ok(batches)
    }

    /// Notes what was decided at an instant, by those schemes that decide then.
    pub fn note(
        &mut self,
        model: &Model,
        as_of: AsOf,
        zone: &Zone,
        graded: &[RecordBatch],
    ) -> Result<(), WorkspaceError> {
        for (name, scheme) in model.tiers.iter() {
            let is_decision = zone.close_of(as_of.day) == as_of.instant_us
                && decides_on(scheme, as_of.day)
                && (!scheme.remembers() || as_of.day >= start_of(scheme));
            if is_decision {
                self.0.insert(name.to_string(), (as_of, Decided::of(name, scheme, graded, "")?));
            }
        }
        Ok(())
    }

    /// Takes up what the schemes that remember had decided by an instant, the close of a day, as it is stored.
    pub fn take_up(
        &mut self,
        model: &Model,
        by: AsOf,
        zone: &Zone,
        stored: &[RecordBatch],
        prefix: &str,
    ) -> Result<(), WorkspaceError> {
        for (name, scheme) in model.tiers.iter().filter(|(_, scheme)| scheme.remembers()) {
            if let Some(day) = last_decision(scheme, by.day, by.instant_us, zone) {
                let decided = Decided::of(name, scheme, stored, prefix)?;
                self.0.insert(name.to_string(), (AsOf::close_of(day, zone), decided));
            }
        }
        Ok(())
    }

    /// Of how many customers something was decided.
    pub fn n_customers(&self) -> usize {
        self.0.values().map(|(_, decided)| decided.row_of.len()).max().unwrap_or(0)
    }

    /// Takes out what a scheme decided at an instant.
    pub fn take(&mut self, scheme: &str, at: AsOf) -> Option<Decided> {
        match self.0.get(scheme).is_some_and(|(known, _)| *known == at) {
            true => self.0.remove(scheme).map(|(_, decided)| decided),
            false => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monthly_scheme_decides_at_the_last_month_close() {
        let zone = Zone::new("Europe/London").unwrap();
        let model: Model = serde_json::from_str(
            r#"{"gradus": 1, "tiers": {"m": {"by": "x", "decide": "monthly", "levels": {"a": {}}},
                "d": {"by": "x", "levels": {"a": {}}}}}"#,
        )
        .unwrap();
        let day = |text: &str| gradus_grading::fold::day_of(text.parse().unwrap());
        let mid = decision_instants(&model, AsOf::close_of(day("2011-12-10"), &zone), &zone);
        assert_eq!(mid.len(), 1);
        assert_eq!(mid["m"], AsOf::close_of(day("2011-11-30"), &zone));
        assert!(decision_instants(&model, AsOf::close_of(day("2011-11-30"), &zone), &zone).is_empty());
        // Half past noon: the day is not over, so even a daily scheme stands as of yesterday.
        let noon = AsOf::new(zone.start_of(day("2011-11-30")) + 45_000_000_000, &zone);
        assert_eq!(decision_instants(&model, noon, &zone)["d"], AsOf::close_of(day("2011-11-29"), &zone));
    }

    #[test]
    fn a_scheme_that_remembers_is_decided_from_its_start() {
        let zone = Zone::new("Asia/Shanghai").unwrap();
        let model: Model = serde_json::from_str(
            r#"{"gradus": 1, "tiers": {
                "m": {"by": "x", "decide": "monthly", "start": "2024-01-15", "keep": {"grace": "2 months"}, "levels": {"a": {}}},
                "q": {"by": "x", "decide": "quarterly", "levels": {"a": {}}}}}"#,
        )
        .unwrap();
        let close = |text: &str| AsOf::close_of(gradus_grading::fold::day_of(text.parse().unwrap()), &zone);
        let at = |text: &str| standings(&model, close(text), &zone)["m"];
        assert_eq!(at("2024-01-20"), Standing { at: None, decides_now: false });
        assert_eq!(at("2024-01-31"), Standing { at: None, decides_now: true });
        assert_eq!(at("2024-02-10"), Standing { at: Some(close("2024-01-31")), decides_now: false });
        assert_eq!(at("2024-02-29"), Standing { at: Some(close("2024-01-31")), decides_now: true });
        let all = |known: Option<AsOf>| -> Vec<AsOf> {
            chain_instants(&model, &[close("2024-04-10")], &zone, known).into_iter().collect()
        };
        let dates = ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-10"];
        assert_eq!(all(None), dates.map(close), "and where the other scheme stood meanwhile");
        let dates = ["2024-03-31", "2024-04-10"];
        assert_eq!(all(Some(close("2024-02-29"))), dates.map(close));
    }
}
