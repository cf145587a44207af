//! The two sides of a back-test, read from gradings and folds, customer by customer in ascending order.

use arrow::array::RecordBatch;
use gradus_feedback::sides::{Came, Graded, Scheme, Score};
use gradus_grading::grade::{OutputColumn, OutputKind};
use gradus_model::Text;
use gradus_model::document::{Counts, Model};

use crate::WorkspaceError;
use crate::moves::{self, Customers, NOT_GRADED};
use crate::validation::{Asked, column};

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
            || one.kind == OutputKind::Prediction
            || (is_cut && matches!(one.kind, OutputKind::RuleSet | OutputKind::Indicator))
        {
            add(&one.name, &one.title)?;
        }
    }
    out.main = by.iter().find_map(|by| out.scores.iter().position(|score| score.name == *by));
    out.main = out.main.or((!out.scores.is_empty()).then_some(0));
    Ok(out)
}

/// What was folded of each outcome: customers in ascending order, and beside them a column an outcome.
pub(crate) struct Folded {
    ids: Vec<i64>,
    columns: Vec<Vec<f64>>,
}

impl Folded {
    pub fn of(asked: &[Asked], batches: &[RecordBatch]) -> Result<Folded, WorkspaceError> {
        let customers = Customers::of(batches);
        let column = |one: &Asked| {
            let missing = || WorkspaceError::Defect(format!("the outcome {} was not folded", one.name));
            let values = moves::numbers(batches, &column(&one.name))?.ok_or_else(missing)?;
            Ok(customers.place.iter().map(|at| values[*at].unwrap_or(0.0)).collect())
        };
        let columns = asked.iter().map(column).collect::<Result<_, WorkspaceError>>()?;
        Ok(Folded { ids: customers.ids, columns })
    }

    /// One outcome of these customers; nothing of whom there is nothing.
    fn values(&self, places: &[Option<u32>], at: usize) -> Vec<f64> {
        let Some(column) = self.columns.get(at) else { return vec![0.0; places.len()] };
        places.iter().map(|place| place.map_or(0.0, |place| column[place as usize])).collect()
    }

    /// Where these customers are.
    fn places(&self, customers: &Customers) -> Vec<Option<u32>> {
        if customers.ids.is_sorted() {
            // Both ascend, so that one pass beside the other finds everybody.
            let mut at = 0;
            let find = |id: &i64| {
                while self.ids.get(at).is_some_and(|own| own < id) {
                    at += 1;
                }
                (self.ids.get(at) == Some(id)).then_some(at as u32)
            };
            return customers.ids.iter().map(find).collect();
        }
        customers.ids.iter().map(|id| self.ids.binary_search(id).ok().map(|at| at as u32)).collect()
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
    let places = after.places(customers);
    let earlier = before.map(|before| (before, before.places(customers)));
    let of = |(at, one): (usize, &Asked)| {
        let was_active = match (&earlier, one.of_whom) {
            (Some((before, places)), OfWhom::Active) => Some(before.values(places, at)),
            _ => None,
        };
        let answer = |value: f64| match one.counts {
            Counts::Value => value,
            Counts::Happened => f64::from(value > 0.0),
            Counts::NotHappened => f64::from(value <= 0.0),
        };
        let values = after.values(&places, at).into_iter().enumerate().map(|(customer, value)| {
            let is_asked = was_active.as_ref().is_none_or(|before| before[customer] > 0.0);
            is_asked.then(|| answer(value))
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
