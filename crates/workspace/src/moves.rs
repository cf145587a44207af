//! From where to where customers move between two gradings: of two versions, or of two instants.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, Float64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use gradus_grading::grade::{CUSTOMER, Cut, NO_PLACE, floats, places};
use gradus_model::Text;
use gradus_model::document::{Model, TierScheme};
use gradus_stats::nearest::{Near, Nearest};
use serde::{Serialize, Serializer};

use crate::WorkspaceError;

/// The place of who is not graded.
pub(crate) const NOT_GRADED: u16 = NO_PLACE;

/// How many customers went from one level to another. An empty level is not graded; null was not
/// there: the scheme or the customer is new, or gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    pub scheme: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub count: u64,
}

/// A customer close to where a level begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edge {
    pub scheme: String,
    /// The level that begins there.
    pub level: String,
    pub cut: String,
    #[serde(serialize_with = "as_text")]
    pub customer: i64,
    /// What they are called, masked.
    pub label: String,
    /// What they have less what it takes.
    pub distance: f64,
}

/// Numbers of customers are larger than what JavaScript counts exactly.
fn as_text<S: Serializer>(customer: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(customer)
}

/// The customers of graded batches, in their order.
pub(crate) fn customers(batches: &[RecordBatch]) -> Vec<i64> {
    let ids = |batch: &RecordBatch| {
        let column =
            batch.column_by_name(CUSTOMER).and_then(|ids| ids.as_primitive_opt::<Int64Type>().cloned());
        column.map(|ids| ids.values().to_vec()).unwrap_or_default()
    };
    batches.iter().flat_map(ids).collect()
}

/// The customers of a grading in ascending order, and where each is in the batches.
pub(crate) struct Customers {
    pub ids: Vec<i64>,
    pub place: Vec<usize>,
}

impl Customers {
    pub fn of(batches: &[RecordBatch]) -> Customers {
        let found = customers(batches);
        let mut place: Vec<usize> = (0..found.len()).collect();
        // Each bucket comes in ascending order, and a stable sort merges what is in order already.
        place.sort_by_key(|at| found[*at]);
        Customers { ids: place.iter().map(|at| found[*at]).collect(), place }
    }

    /// Customers in an order of their own.
    pub fn given(ids: &[i64]) -> Customers {
        Customers { ids: ids.to_vec(), place: (0..ids.len()).collect() }
    }

    /// What stands beside the customers in the batches, in their order here.
    pub fn sorted<T: Copy>(&self, values: &[T]) -> Vec<T> {
        self.place.iter().map(|at| values[*at]).collect()
    }
}

/// All of two lists that ascend, each once.
pub(crate) fn united(all: &[i64], more: &[i64]) -> Vec<i64> {
    let mut out = Vec::with_capacity(all.len().max(more.len()));
    let mut rest = all;
    for id in more {
        let before = rest.iter().take_while(|own| *own < id).count();
        out.extend_from_slice(&rest[..before]);
        rest = &rest[before..];
        rest = rest.strip_prefix(&[*id]).unwrap_or(rest);
        out.push(*id);
    }
    out.extend_from_slice(rest);
    out
}

/// Whether two gradings have the same customers in the same order.
pub(crate) fn same_order(one: &[RecordBatch], other: &[RecordBatch]) -> bool {
    let ids = |batch: &RecordBatch| batch.column_by_name(CUSTOMER).cloned();
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| match (ids(one), ids(other)) {
            (Some(one), Some(other)) => std::sync::Arc::ptr_eq(&one, &other) || one == other,
            _ => false,
        })
}

/// For each customer the place of the level in the scheme, [`NOT_GRADED`] if there is none.
pub(crate) fn levels(
    batches: &[RecordBatch],
    name: &str,
    scheme: &TierScheme,
) -> Result<Vec<u16>, WorkspaceError> {
    let mut out = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    let levels: Vec<&str> = scheme.levels.names().collect();
    for batch in batches {
        let missing = || WorkspaceError::Defect(format!("the grades have no tier {name}"));
        let column = batch.column_by_name(name).and_then(|column| places(column, &levels));
        out.append(&mut column.ok_or_else(missing)?);
    }
    Ok(out)
}

/// One side of a comparison.
pub(crate) struct Side<'a> {
    pub model: &'a Model,
    pub batches: &'a [RecordBatch],
}

/// The levels of a scheme on both sides, customer by customer; `None` where one was not there.
pub(crate) struct Pairs {
    pub before: Vec<Option<u16>>,
    pub after: Vec<Option<u16>>,
}

/// Puts the customers of both sides beside each other.
pub(crate) fn pairs(scheme: &str, before: &Side<'_>, after: &Side<'_>) -> Result<Pairs, WorkspaceError> {
    let of = |side: &Side<'_>| -> Result<Option<Vec<u16>>, WorkspaceError> {
        side.model.tiers.get(scheme).map(|written| levels(side.batches, scheme, written)).transpose()
    };
    let (old, new) = (of(before)?, of(after)?);
    let n_after: usize = after.batches.iter().map(RecordBatch::num_rows).sum();
    let known = |levels: Option<Vec<u16>>, n: usize| match levels {
        Some(levels) => levels.into_iter().map(Some).collect(),
        None => vec![None; n],
    };
    if same_order(before.batches, after.batches) {
        return Ok(Pairs { before: known(old, n_after), after: known(new, n_after) });
    }
    let then = customers(after.batches);
    let now = customers(before.batches);
    let place_of: HashMap<i64, usize> = now.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut pairs = Pairs { before: Vec::with_capacity(then.len()), after: known(new, then.len()) };
    let mut seen = vec![false; now.len()];
    for id in &then {
        let at = place_of.get(id).copied();
        if let Some(at) = at {
            seen[at] = true;
        }
        pairs.before.push(at.and_then(|at| old.as_ref().map(|old| old[at])));
    }
    // Whoever is there before only has left.
    if let Some(old) = &old {
        for (at, _) in seen.iter().enumerate().filter(|(_, seen)| !**seen) {
            pairs.before.push(Some(old[at]));
            pairs.after.push(None);
        }
    }
    Ok(pairs)
}

/// How many went from where to where; from the lowest level, not graded last.
pub(crate) fn matrix(scheme: &str, pairs: &Pairs, before: &Side<'_>, after: &Side<'_>) -> Vec<Moved> {
    // A row and a column for whoever was not there, for each level, and for whoever is not graded.
    let levels = |side: &Side<'_>| side.model.tiers.get(scheme).map_or(0, |scheme| scheme.levels.len());
    let (last_from, last_to) = (levels(before) + 1, levels(after) + 1);
    let line = |place: Option<u16>, last: usize| place.map_or(0, |place| (usize::from(place) + 1).min(last));
    let place = |line: usize, last: usize| match line {
        0 => None,
        line if line == last => Some(NOT_GRADED),
        line => Some((line - 1) as u16),
    };
    let mut counts = vec![0u64; (last_from + 1) * (last_to + 1)];
    for (from, to) in pairs.before.iter().zip(&pairs.after) {
        counts[line(*from, last_from) * (last_to + 1) + line(*to, last_to)] += 1;
    }
    let name = |side: &Side<'_>, place: Option<u16>| {
        let place = place?;
        let levels = side.model.tiers.get(scheme).map(|scheme| &scheme.levels);
        Some(
            levels
                .and_then(|levels| levels.0.get(usize::from(place)))
                .map(|(name, _)| name.clone())
                .unwrap_or_default(),
        )
    };
    let moved = |(at, count): (usize, u64)| Moved {
        scheme: scheme.to_string(),
        from: name(before, place(at / (last_to + 1), last_from)),
        to: name(after, place(at % (last_to + 1), last_to)),
        count,
    };
    counts.into_iter().enumerate().filter(|(_, count)| *count > 0).map(moved).collect()
}

/// How many rise and how many fall, by the order of the levels that the new scheme has. Who was or is
/// not graded does neither.
pub(crate) fn up_and_down(moved: &[Moved], scheme: &TierScheme) -> (u64, u64) {
    let (mut up, mut down) = (0, 0);
    for one in moved {
        let place = |level: &Option<String>| level.as_deref().and_then(|level| scheme.levels.position(level));
        if let (Some(from), Some(to)) = (place(&one.from), place(&one.to)) {
            match to.cmp(&from) {
                std::cmp::Ordering::Greater => up += one.count,
                std::cmp::Ordering::Less => down += one.count,
                std::cmp::Ordering::Equal => {}
            }
        }
    }
    (up, down)
}

/// How many customers there are on each level, those of no level last.
pub(crate) fn counts(places: &[Option<u16>], n_levels: usize) -> Vec<u64> {
    let mut counts = vec![0u64; n_levels + 1];
    for place in places.iter().flatten() {
        counts[usize::from(*place).min(n_levels)] += 1;
    }
    counts
}

/// A column as floating-point numbers, in the order of the customers; `None` if there is none such.
pub(crate) fn numbers(
    batches: &[RecordBatch],
    name: &str,
) -> Result<Option<Vec<Option<f64>>>, WorkspaceError> {
    let mut out = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        let Some(values) = batch.column_by_name(name).and_then(floats) else { return Ok(None) };
        out.extend(values.iter());
    }
    Ok(Some(out))
}

/// A column as floating-point numbers without what is null or not finite, in pieces; `None` if there is none such.
pub(crate) fn known_numbers(batches: &[RecordBatch], name: &str) -> Option<Vec<Float64Array>> {
    let known = |batch: &RecordBatch| {
        let values = batch.column_by_name(name).and_then(floats)?;
        let is_known = |value: &f64| value.is_finite();
        match values.null_count() == 0 && values.values().iter().all(is_known) {
            true => Some(values),
            false => Some(values.iter().flatten().filter(is_known).collect::<Vec<f64>>().into()),
        }
    };
    batches.iter().map(known).collect()
}

/// The customers closest to a cut, the closest first: where they stand, and without names yet.
pub(crate) fn edges(
    scheme: &str,
    by: &str,
    cuts: &[(String, Option<Cut>)],
    batches: &[RecordBatch],
    n: usize,
) -> Result<Vec<Edge>, WorkspaceError> {
    let cuts: Vec<(&String, Cut)> = cuts.iter().filter_map(|(level, cut)| Some((level, (*cut)?))).collect();
    let mut nearest = Nearest::to(cuts.iter().map(|(_, cut)| cut.to_f64()).collect(), n);
    for batch in batches {
        let Some(values) = batch.column_by_name(by).and_then(floats) else { return Ok(Vec::new()) };
        let ids = customers(std::slice::from_ref(batch));
        match values.null_count() {
            0 => nearest.look(&ids, values.values()),
            _ => nearest
                .look(&ids, &values.iter().map(|value| value.unwrap_or(f64::NAN)).collect::<Vec<f64>>()),
        }
    }
    let edge = |Near { id, point, distance }: Near| Edge {
        scheme: scheme.to_string(),
        level: cuts[point].0.clone(),
        cut: cuts[point].1.to_string(),
        customer: id,
        label: String::new(),
        distance: (distance * 10_000.0).round() / 10_000.0,
    };
    Ok(nearest.found().into_iter().map(edge).collect())
}

/// Names customers at the edges, masked.
pub(crate) async fn named(workspace: &crate::Workspace, edges: &mut [Edge]) -> Result<(), WorkspaceError> {
    let ids: Vec<i64> = edges.iter().map(|edge| edge.customer).collect();
    let mut known = workspace.vault.reveal_many(&ids).await?;
    let labels: HashMap<i64, String> =
        ids.iter().map(|id| (*id, crate::customers::label(&known.remove(id).unwrap_or_default()))).collect();
    for edge in edges {
        edge.label = labels.get(&edge.customer).cloned().unwrap_or_default();
    }
    Ok(())
}

/// The title of a level, or of a scheme.
pub(crate) fn title(written: Option<&Text>, name: &str) -> Text {
    written.cloned().unwrap_or_else(|| Text::plain(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Decimal128Array, Int64Array, StringArray};
    use gradus_model::fixed::Fixed;
    use std::sync::Arc;

    #[test]
    fn lists_that_ascend_are_united_and_customers_are_put_in_order() {
        for seed in 0..64i64 {
            let list = |n: i64| -> Vec<i64> {
                let all: std::collections::BTreeSet<i64> =
                    (0..n).map(|at| at * at * (seed + 7) % 23 - 11).collect();
                all.into_iter().collect()
            };
            let (one, other) = (list(seed % 9), list(seed % 7));
            let both: std::collections::BTreeSet<i64> = one.iter().chain(&other).copied().collect();
            assert_eq!(united(&one, &other), both.into_iter().collect::<Vec<_>>(), "{one:?} {other:?}");
        }
        let batches = [graded(&[(3, None, 30), (9, None, 90)]), graded(&[(1, None, 10), (4, None, 40)])];
        let customers = Customers::of(&batches);
        assert_eq!(customers.ids, [1, 3, 4, 9]);
        assert_eq!(customers.sorted(&[30, 90, 10, 40]), [10, 30, 40, 90]);
    }

    fn graded(rows: &[(i64, Option<&str>, i128)]) -> RecordBatch {
        let scores = Decimal128Array::from_iter_values(rows.iter().map(|row| row.2 * 10_000));
        RecordBatch::try_from_iter_with_nullable([
            (
                CUSTOMER,
                Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))) as ArrayRef,
                false,
            ),
            ("member", Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>()) as ArrayRef, true),
            ("score", Arc::new(scores.with_precision_and_scale(18, 4).unwrap()) as ArrayRef, true),
        ])
        .unwrap()
    }

    fn model(levels: &[&str]) -> Model {
        let levels: serde_json::Map<String, serde_json::Value> =
            levels.iter().map(|level| (level.to_string(), serde_json::json!({}))).collect();
        serde_json::from_value(
            serde_json::json!({ "gradus": 1, "tiers": { "member": { "by": "score", "levels": levels } } }),
        )
        .unwrap()
    }

    #[test]
    fn a_move_is_told_by_names_whatever_the_order_of_the_customers() {
        let (old, new) = (model(&["silver", "gold"]), model(&["bronze", "silver", "gold"]));
        let now =
            [graded(&[(1, Some("silver"), 5), (2, Some("gold"), 70), (3, None, 0), (9, Some("gold"), 80)])];
        let then =
            [graded(&[(3, Some("bronze"), 0), (2, Some("silver"), 70), (1, Some("gold"), 5), (4, None, 1)])];
        let (before, after) = (Side { model: &old, batches: &now }, Side { model: &new, batches: &then });
        let pairs = pairs("member", &before, &after).unwrap();
        let moved = matrix("member", &pairs, &before, &after);
        let mut short: Vec<(Option<&str>, Option<&str>, u64)> =
            moved.iter().map(|one| (one.from.as_deref(), one.to.as_deref(), one.count)).collect();
        short.sort();
        assert_eq!(
            short,
            [
                (None, Some(""), 1),
                (Some(""), Some("bronze"), 1),
                (Some("gold"), None, 1),
                (Some("gold"), Some("silver"), 1),
                (Some("silver"), Some("gold"), 1)
            ]
        );
        assert_eq!(up_and_down(&moved, new.tiers.get("member").unwrap()), (1, 1));
        assert_eq!(counts(&pairs.after, 3), [1, 1, 1, 1], "one on each level, one not graded");
        // The same levels in another order are other moves: what rose now falls.
        let turned = model(&["gold", "silver", "bronze"]);
        assert_eq!(up_and_down(&moved, turned.tiers.get("member").unwrap()), (1, 1));
        let only = [Moved {
            scheme: "member".into(),
            from: Some("silver".into()),
            to: Some("gold".into()),
            count: 3,
        }];
        assert_eq!(up_and_down(&only, new.tiers.get("member").unwrap()), (3, 0));
        assert_eq!(up_and_down(&only, turned.tiers.get("member").unwrap()), (0, 3));
    }

    #[test]
    fn the_closest_to_a_cut_come_first() {
        let base = [graded(&[(1, None, 39), (2, None, 41), (3, None, 70), (4, None, 10), (5, None, 61)])];
        let cuts = [
            ("gold".to_string(), Some(Cut::Exact(Fixed(40 * 10_000)))),
            ("top".to_string(), Some(Cut::Exact(Fixed(60 * 10_000)))),
        ];
        let found = edges("member", "score", &cuts, &base, 3).unwrap();
        let short: Vec<(i64, &str, f64)> =
            found.iter().map(|edge| (edge.customer, edge.level.as_str(), edge.distance)).collect();
        assert_eq!(short, [(1, "gold", -1.0), (2, "gold", 1.0), (5, "top", 1.0)]);
    }
}
