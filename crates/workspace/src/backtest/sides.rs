//! The two sides of a back-test, read from gradings and folds, customer by customer in ascending order.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use gradus_feedback::sides::{Came, Graded, Scheme, Score};
use gradus_grading::grade::{OutputColumn, OutputKind};
use gradus_model::Text;
use gradus_model::document::{Counts, Model};

use crate::WorkspaceError;
use crate::moves::{self, NOT_GRADED};
use crate::validation::{Asked, column};

/// The customers of a grading in ascending order, and where each is in the batches.
pub(crate) struct Customers {
    pub ids: Vec<i64>,
    place: Vec<usize>,
}

impl Customers {
    pub fn of(batches: &[RecordBatch]) -> Customers {
        let found = moves::customers(batches);
        let mut place: Vec<usize> = (0..found.len()).collect();
        place.sort_unstable_by_key(|at| found[*at]);
        Customers { ids: place.iter().map(|at| found[*at]).collect(), place }
    }

    /// Customers in an order of their own.
    pub fn given(ids: &[i64]) -> Customers {
        Customers { ids: ids.to_vec(), place: (0..ids.len()).collect() }
    }

    fn sorted<T: Copy>(&self, values: &[T]) -> Vec<T> {
        self.place.iter().map(|at| values[*at]).collect()
    }
}

/// What a grading says of its customers.
pub(crate) fn graded(
    model: &Model,
    columns: &[OutputColumn],
    batches: &[RecordBatch],
    customers: &Customers,
) -> Result<Graded, WorkspaceError> {
    let mut out = Graded::default();
    for (name, scheme) in model.tiers.iter() {
        let places = moves::levels(batches, name, scheme)?;
        let places = customers.sorted(&places).into_iter();
        out.schemes.push(Scheme {
            name: name.to_string(),
            title: moves::title(scheme.title.as_ref(), name),
            levels: scheme
                .levels
                .iter()
                .map(|(level, one)| (level.to_string(), moves::title(one.title.as_ref(), level)))
                .collect(),
            places: places.map(|place| (place != NOT_GRADED).then_some(place)).collect(),
        });
    }
    let mut add = |name: &str, title: &Text| -> Result<(), WorkspaceError> {
        if let Some(values) = moves::numbers(batches, name)? {
            let values = customers.sorted(&values);
            out.scores.push(Score { name: name.to_string(), title: title.clone(), values });
        }
        Ok(())
    };
    let by: Vec<&str> = model.tiers.iter().filter_map(|(_, scheme)| scheme.by.as_deref()).collect();
    for one in columns {
        // A rule set's number, or an indicator, counts as a score where tiers are cut by it.
        let is_cut = by.contains(&one.name.as_str());
        if one.kind == OutputKind::Score
            || (is_cut && matches!(one.kind, OutputKind::RuleSet | OutputKind::Indicator))
        {
            add(&one.name, &one.title)?;
        }
    }
    out.main = by.iter().find_map(|by| out.scores.iter().position(|score| score.name == *by));
    out.main = out.main.or((!out.scores.is_empty()).then_some(0));
    Ok(out)
}

/// What was folded of each outcome, by customer.
pub(crate) struct Folded(HashMap<i64, Vec<f64>>);

impl Folded {
    pub fn of(asked: &[Asked], batches: &[RecordBatch]) -> Result<Folded, WorkspaceError> {
        let ids = moves::customers(batches);
        let mut out: HashMap<i64, Vec<f64>> =
            ids.iter().map(|id| (*id, Vec::with_capacity(asked.len()))).collect();
        for one in asked {
            let missing = || WorkspaceError::Defect(format!("the outcome {} was not folded", one.name));
            let values = moves::numbers(batches, &column(&one.name))?.ok_or_else(missing)?;
            for (id, value) in ids.iter().zip(values) {
                if let Some(own) = out.get_mut(id) {
                    own.push(value.unwrap_or(0.0));
                }
            }
        }
        Ok(Folded(out))
    }

    fn value(&self, customer: i64, at: usize) -> f64 {
        self.0.get(&customer).and_then(|values| values.get(at)).copied().unwrap_or(0.0)
    }
}

/// What came of the customers: `after` over the horizon, `before` over as long a stretch just before.
pub(crate) fn came(
    asked: &[Asked],
    customers: &Customers,
    after: &Folded,
    before: Option<&Folded>,
) -> Vec<Came> {
    use gradus_model::document::OfWhom;
    let of = |(at, one): (usize, &Asked)| {
        let values = customers.ids.iter().map(|id| {
            let was_active = before.is_none_or(|before| before.value(*id, at) > 0.0);
            if one.of_whom == OfWhom::Active && !was_active {
                return None;
            }
            let value = after.value(*id, at);
            Some(match one.counts {
                Counts::Value => value,
                Counts::Happened => f64::from(value > 0.0),
                Counts::NotHappened => f64::from(value <= 0.0),
            })
        });
        Came {
            name: one.name.clone(),
            title: one.title.clone(),
            counts: one.counts,
            better: one.better,
            values: values.collect(),
        }
    };
    asked.iter().enumerate().map(of).collect()
}

/// The graded values of a challenger in the order of the champion's customers; nothing of those whom it
/// did not grade.
pub(crate) fn aligned(graded: Graded, own: &Customers, to: &Customers) -> Graded {
    if own.ids == to.ids {
        return graded;
    }
    let place: Vec<Option<usize>> = to.ids.iter().map(|id| own.ids.binary_search(id).ok()).collect();
    let schemes = graded.schemes.into_iter().map(|scheme| Scheme {
        places: place.iter().map(|at| at.and_then(|at| scheme.places[at])).collect(),
        ..scheme
    });
    let scores = graded.scores.into_iter().map(|score| Score {
        values: place.iter().map(|at| at.and_then(|at| score.values[at])).collect(),
        ..score
    });
    Graded { schemes: schemes.collect(), scores: scores.collect(), main: graded.main }
}
