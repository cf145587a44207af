//! Who is where, and who moves, at each step of a simulation over history: kept beside its figures, so that
//! every one of them opens its customers. Surrogates and levels only; gone after a week.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int16Array, Int64Array};
use arrow::datatypes::{Int16Type, Int64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use super::kept::{self, CUSTOMER, NEW, NOT, Page, Picked, SimulatedCustomer, SimulatedList};
use crate::access::Principal;
use crate::moves::{self, Customers, NOT_GRADED};
use crate::{Grading, Workspace, WorkspaceError};

/// Under which the shape of the columns is written in the file.
const SHAPE: &str = "gradus.steps";
/// The place of whoever is not graded; who is not there yet has none.
const NO_LEVEL: i16 = -1;

/// Which of the customers of a simulation over history.
#[derive(Debug, Clone, PartialEq)]
pub struct SteppedFilter {
    pub scheme: String,
    /// By the version in force instead of the simulated one.
    pub in_force: bool,
    /// The instant that is looked at, as the result names it; the whole stretch if `None`.
    pub step: Option<String>,
    /// A level or `$not_graded`, at the step before; from anywhere if `None`.
    pub from: Option<String>,
    /// A level or `$not_graded`, at this step; to anywhere if `None`.
    pub to: Option<String>,
    /// How they moved; whether they did or not if `None`.
    pub how: Option<How>,
}

/// How somebody moves: at a step, or over the whole stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Up,
    Down,
    /// Graded for the first time, or again.
    Entered,
    /// No longer graded.
    Left,
    /// Up or down.
    Moved,
    /// Against the direction of the move before; over the whole stretch alone.
    BackAndForth,
}

impl How {
    /// As it is written.
    pub fn parse(text: &str) -> Option<How> {
        Some(match text {
            "up" => How::Up,
            "down" => How::Down,
            "entered" => How::Entered,
            "left" => How::Left,
            "moved" => How::Moved,
            "back_and_forth" => How::BackAndForth,
            _ => return None,
        })
    }

    /// Whether one step is such a move. Levels are counted from the lowest.
    fn is(self, from: i16, to: i16) -> bool {
        match self {
            How::Up => from >= 0 && to > from,
            How::Down => to >= 0 && from > to,
            How::Entered => from < 0 && to >= 0,
            How::Left => from >= 0 && to < 0,
            How::Moved => from >= 0 && to >= 0 && from != to,
            How::BackAndForth => false,
        }
    }
}

/// What the columns are.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Shape {
    /// The instants, as people write them.
    steps: Vec<String>,
    /// Names of the levels from the lowest, by side and scheme.
    levels: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

const SIDES: [&str; 2] = ["simulated", "in_force"];

fn column(side: &str, scheme: &str, step: usize) -> String {
    format!("{side}.{scheme}.{step}")
}

/// Keeps the customers of a simulation over history under an id.
pub(super) fn keep(
    workspace: &Workspace,
    id: &str,
    simulated: &Grading,
    in_force: Option<&Grading>,
) -> Result<(), WorkspaceError> {
    let gradings = [Some(simulated), in_force];
    let everybody = gradings.into_iter().flatten().flat_map(|grading| &grading.instants);
    let mut ids: Vec<i64> = Vec::new();
    everybody.for_each(|instant| ids = moves::united(&ids, &Customers::of(&instant.batches).ids));
    let mut shape = Shape {
        steps: simulated.instants.iter().map(|instant| instant.date.clone()).collect(),
        levels: BTreeMap::new(),
    };
    let mut columns: Vec<(String, ArrayRef)> =
        vec![(CUSTOMER.into(), Arc::new(Int64Array::from(ids.clone())))];
    for (side, grading) in SIDES.into_iter().zip(gradings) {
        let Some(grading) = grading else { continue };
        for (name, scheme) in grading.model.tiers.iter() {
            let levels = scheme.levels.names().map(str::to_string).collect();
            shape.levels.entry(side.into()).or_default().insert(name.into(), levels);
            for (step, instant) in grading.instants.iter().enumerate() {
                let mut places: Vec<Option<i16>> = vec![None; ids.len()];
                let customers = Customers::of(&instant.batches);
                let levels = customers.sorted(&moves::levels(&instant.batches, name, scheme)?);
                let mut row = 0;
                for (customer, place) in customers.ids.iter().zip(levels) {
                    while ids[row] < *customer {
                        row += 1;
                    }
                    let place =
                        if place == NOT_GRADED { NO_LEVEL } else { i16::try_from(place).unwrap_or(NO_LEVEL) };
                    places[row] = Some(place);
                }
                columns.push((column(side, name, step), Arc::new(Int16Array::from(places))));
            }
        }
    }
    let shape = serde_json::to_string(&shape).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    kept::write(workspace, id, HashMap::from([(SHAPE.into(), shape)]), columns)
}

/// The customers of a simulation over history that a filter means, by number, page by page.
///
/// # Errors
/// [`WorkspaceError::NotFound`] for a simulation, scheme, level or instant that is not kept;
/// [`WorkspaceError::OutOfScope`] for those who see a part of the customers.
pub async fn stepped_customers(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
    filter: &SteppedFilter,
    cursor: Option<&str>,
    limit: usize,
) -> Result<SimulatedList, WorkspaceError> {
    let filter = filter.clone();
    let read = move |path: &Path, after| page(path, &filter, after, limit);
    kept::listed(workspace, who, id, cursor, read).await
}

/// Where a filter looks: columns of the steps, and which places it wants.
struct Looked {
    levels: Vec<String>,
    steps: Vec<usize>,
    from: Option<i16>,
    to: Option<i16>,
    as_of: String,
}

fn looked(shape: &Shape, filter: &SteppedFilter) -> Result<Looked, WorkspaceError> {
    let missing = |what| WorkspaceError::NotFound { what };
    let side = SIDES[usize::from(filter.in_force)];
    let of_side = shape.levels.get(side).ok_or_else(|| missing("simulation"))?;
    let levels = of_side.get(&filter.scheme).ok_or_else(|| missing("tier"))?.clone();
    let steps: Vec<usize> = match &filter.step {
        None => (0..shape.steps.len()).collect(),
        Some(step) => {
            let at = shape.steps.iter().position(|one| one == step).ok_or_else(|| missing("step"))?;
            (at.saturating_sub(1)..=at).collect()
        }
    };
    let place = |name: &Option<String>| -> Result<Option<i16>, WorkspaceError> {
        match name.as_deref() {
            None => Ok(None),
            Some(NOT) => Ok(Some(NO_LEVEL)),
            Some(name) => {
                let at = levels.iter().position(|level| level == name).ok_or_else(|| missing("level"))?;
                Ok(Some(at as i16))
            }
        }
    };
    let (from, to) = (place(&filter.from)?, place(&filter.to)?);
    let as_of = steps.last().and_then(|at| shape.steps.get(*at)).cloned().unwrap_or_default();
    Ok(Looked { from, to, as_of, steps, levels })
}

fn page(
    path: &Path,
    filter: &SteppedFilter,
    after: Option<i64>,
    limit: usize,
) -> Result<Page, WorkspaceError> {
    let missing = |what| WorkspaceError::NotFound { what };
    let file = std::fs::File::open(path).map_err(|_| missing("simulation"))?;
    let wrong = |error: parquet::errors::ParquetError| WorkspaceError::io(path, std::io::Error::other(error));
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(wrong)?;
    let written = builder.schema().metadata().get(SHAPE).ok_or_else(|| missing("simulation"))?;
    let shape: Shape =
        serde_json::from_str(written).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    let looked = looked(&shape, filter)?;
    let side = SIDES[usize::from(filter.in_force)];
    let names: Vec<String> = looked.steps.iter().map(|at| column(side, &filter.scheme, *at)).collect();
    let fields = builder.schema().fields().iter().enumerate();
    let wanted: Vec<usize> = fields
        .filter(|(_, field)| field.name() == CUSTOMER || names.contains(field.name()))
        .map(|(at, _)| at)
        .collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let name = |place: Option<i16>| match place {
        None => NEW.to_string(),
        Some(place) => usize::try_from(place)
            .ok()
            .and_then(|place| looked.levels.get(place).cloned())
            .unwrap_or_else(|| NOT.to_string()),
    };
    let mut picked = Picked::new(after, limit);
    for batch in builder.with_projection(mask).build().map_err(wrong)? {
        let batch = batch?;
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| missing("simulation"));
        let ids = column(CUSTOMER)?.as_primitive::<Int64Type>();
        let steps = names.iter().map(|name| Ok(column(name)?.as_primitive::<Int16Type>()));
        let steps: Vec<&Int16Array> = steps.collect::<Result<_, WorkspaceError>>()?;
        for (row, id) in ids.values().iter().enumerate() {
            let course = steps.iter().map(|step| step.is_valid(row).then(|| step.value(row)));
            let Some((from, to)) = met(filter, &looked, course) else { continue };
            picked.take(*id, || SimulatedCustomer {
                customer: *id,
                label: String::new(),
                from: name(from),
                to: name(to),
                value_before: None,
                value_after: None,
            });
        }
    }
    Ok(picked.page(looked.as_of))
}

/// From where to where a customer goes, if the filter means them. The same moves are counted in the figures.
fn met(
    filter: &SteppedFilter,
    looked: &Looked,
    course: impl Iterator<Item = Option<i16>>,
) -> Option<(Option<i16>, Option<i16>)> {
    let places: Vec<Option<i16>> = course.collect();
    // At a step only who is there is counted; the first of a stretch has none before it.
    let to = match filter.step.is_some() {
        true => places.last().copied().flatten()?,
        false => places.iter().rev().copied().flatten().next()?,
    };
    let first = places.first().copied().flatten();
    let is = |wanted: Option<i16>, place: i16| wanted.is_none_or(|wanted| wanted == place);
    let moved = match filter.how {
        None => true,
        Some(how) if filter.step.is_some() => places.len() > 1 && how.is(first.unwrap_or(NO_LEVEL), to),
        Some(how) => over_all(&places, how),
    };
    let from = first.unwrap_or(NO_LEVEL);
    (moved && is(looked.from, from) && is(looked.to, to)).then_some((first, Some(to)))
}

/// Whether a customer moves like this at any step of the stretch.
fn over_all(places: &[Option<i16>], how: How) -> bool {
    let (mut before, mut up): (i16, Option<bool>) = (NO_LEVEL, None);
    for (at, place) in places.iter().enumerate() {
        let Some(place) = *place else { continue };
        let from = std::mem::replace(&mut before, place);
        if at == 0 || from == place {
            continue;
        }
        if how.is(from, place) {
            return true;
        }
        if from >= 0 && place >= 0 {
            let rises = place > from;
            if how == How::BackAndForth && up.is_some_and(|before| before != rises) {
                return true;
            }
            up = Some(rises);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_and_forth_is_a_move_against_the_one_before() {
        let course =
            |places: &[i16]| places.iter().map(|place| (*place > -2).then_some(*place)).collect::<Vec<_>>();
        assert!(over_all(&course(&[0, 1, 1, 0]), How::BackAndForth));
        assert!(!over_all(&course(&[0, 1, 2]), How::BackAndForth), "up and up");
        assert!(!over_all(&course(&[0, 1, -1, 0]), How::BackAndForth), "out of the scheme is no fall");
        assert!(over_all(&course(&[-2, 1, 0, 1]), How::BackAndForth), "who comes later has a course, too");
        assert!(over_all(&course(&[-2, 1, 1]), How::Entered) && !over_all(&course(&[1, 1, 1]), How::Entered));
        assert!(!over_all(&course(&[2, 2]), How::Moved) && over_all(&course(&[2, 1]), How::Moved));
    }
}
