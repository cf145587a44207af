//! Update: the events of each run, inside its window, become a state. The loops are one per
//! aggregate and run over all customers of a batch, so that nothing is dispatched per customer.

use std::collections::HashMap;

use arrow::array::{ArrayRef, AsArray, UInt32Array};
use arrow::error::ArrowError;
use gradus_model::event_stream::column;

use super::channel::{Batch, Channel, StepTable};
use super::fade::decayed;
use super::input::take_plain;
use super::segment::{Segment, dated};
use super::sequence::sequences;
use super::spec::Aggregate;
use super::state::{Lists, State};
use super::window::{AsOf, Bounds, whole_steps};
use super::zone::step_of;

/// Reduces each segment to a state. Segments are ranks among the rows of the channel.
///
/// `bounds` is the stretch of the window, where it is the same for all customers. A state that is
/// not kept is only finished: it need not say which values it counted, only how many, nor when
/// what it picked happened.
pub fn update(
    aggregate: &Aggregate,
    channel: &Channel,
    batch: &Batch<'_>,
    segments: &[Segment],
    bounds: Option<Bounds>,
    as_of: AsOf,
    kept: bool,
) -> Result<State, ArrowError> {
    let with_dates;
    let segments = match aggregate.reads_dates() {
        true => {
            with_dates = dated(&channel.rows, batch.runs.times(), segments);
            &with_dates[..]
        }
        false => segments,
    };
    let rows = channel.rows.list();
    let length = |(lo, hi): &Segment| i64::from(hi - lo);
    Ok(match aggregate {
        Aggregate::Count => State::Count(segments.iter().map(length).collect()),
        Aggregate::Sum { .. } => State::Sum(channel.totals().sums(segments)),
        Aggregate::FirstDay { .. } => first_day(channel, batch, segments),
        Aggregate::Orders | Aggregate::Distinct { .. } if !kept => {
            State::Count(channel.repeats(batch.runs).n_distinct(segments))
        }
        Aggregate::Orders | Aggregate::Distinct { .. } => distinct(channel, batch, segments)?,
        Aggregate::Min { .. } => pick(channel, batch, segments, kept, |key, best| key < best)?,
        Aggregate::Max { .. } => pick(channel, batch, segments, kept, |key, best| key > best)?,
        Aggregate::First { .. } => {
            let first = segments.iter().map(|(lo, hi)| (lo < hi).then(|| rows[*lo as usize]));
            picked(channel, batch, first.collect(), kept)?
        }
        Aggregate::Last { .. } => {
            let last = segments.iter().map(|(lo, hi)| (lo < hi).then(|| rows[*hi as usize - 1]));
            picked(channel, batch, last.collect(), kept)?
        }
        Aggregate::DaysSince { first } => {
            let times = batch.runs.times();
            let find = |(lo, hi): &Segment| {
                let rows = &rows[*lo as usize..*hi as usize];
                match &channel.dates {
                    // By the order's date, the first event is not the earliest.
                    Some(dates) if *first => rows.iter().map(|row| dates.times[*row as usize]).min(),
                    Some(dates) => rows.iter().map(|row| dates.times[*row as usize]).max(),
                    None => {
                        let row = if *first { rows.first() } else { rows.last() };
                        row.map(|row| times[*row as usize])
                    }
                }
            };
            State::Time(segments.iter().map(find).collect())
        }
        Aggregate::MostFrequent { .. } => tallies(channel, segments)?,
        Aggregate::Stddev { .. } => moments(channel, segments),
        Aggregate::Percentile { .. } => {
            let keys = channel.keys();
            let values = segments.iter().map(|(lo, hi)| keys[*lo as usize..*hi as usize].iter().copied());
            State::Bags(Lists::collect(values))
        }
        Aggregate::Gap { .. } => {
            let days = channel.days(batch);
            active_steps(channel, segments, |row| i64::from(days[row as usize]))
        }
        Aggregate::Active { step } | Aggregate::Streak { step, .. } => {
            if let (Aggregate::Active { .. }, false) = (aggregate, kept)
                && let Some(changes) = channel.changes(batch, *step)
            {
                let n = |(lo, hi): &Segment| match lo < hi {
                    true => i64::from(changes[*hi as usize - 1] - changes[*lo as usize]) + 1,
                    false => 0,
                };
                return Ok(State::Count(segments.iter().map(n).collect()));
            }
            let days = channel.days(batch);
            let steps = StepTable::new(days, *step);
            active_steps(channel, segments, |row| steps.of(days[row as usize]))
        }
        Aggregate::Slope { step, .. } => {
            let Some(bounds) = bounds.filter(|bounds| bounds.start_day > i32::MIN) else {
                return Ok(State::Steps { width: 0, sums: Vec::new(), n_runs: segments.len() });
            };
            // A step of which the window holds only a part would look like a fall or a rise.
            let whole = whole_steps(&bounds, *step);
            let width = (whole.end - whole.start) as usize;
            let (days, keys) = (channel.days(batch), channel.keys());
            let mut sums = vec![0i128; width * segments.len()];
            for (run, (lo, hi)) in segments.iter().enumerate() {
                for at in *lo as usize..*hi as usize {
                    let step = step_of(days[rows[at] as usize], *step);
                    if whole.contains(&step) {
                        sums[run * width + (step - whole.start) as usize] += i128::from(keys[at]);
                    }
                }
            }
            State::Steps { width, sums, n_runs: segments.len() }
        }
        Aggregate::Decayed { points, decay } => decayed(channel, batch, segments, *points, *decay, as_of),
        Aggregate::Sequence { steps } => {
            State::Count(segments.iter().map(|segment| sequences(channel, batch, *segment, steps)).collect())
        }
    })
}

fn distinct(channel: &Channel, batch: &Batch<'_>, segments: &[Segment]) -> Result<State, ArrowError> {
    let Some(keys) = &channel.keys else {
        return Ok(State::Sets(Lists::empty(segments.len())));
    };
    let (repeats, rows) = (channel.repeats(batch.runs), channel.rows.list());
    let new =
        Lists::collect(segments.iter().map(|segment| repeats.new_to(*segment).map(|at| rows[at as usize])));
    Ok(State::Sets(Lists {
        offsets: new.offsets,
        values: take_plain(&keys.array, &UInt32Array::from(new.values))?,
    }))
}

fn active_steps(channel: &Channel, segments: &[Segment], step: impl Fn(u32) -> i64) -> State {
    let mut offsets = Vec::with_capacity(segments.len() + 1);
    let mut values = Vec::new();
    offsets.push(0u32);
    for (lo, hi) in segments {
        let begin = values.len();
        for row in &channel.rows.list()[*lo as usize..*hi as usize] {
            let step = step(*row);
            if values.len() == begin || values.last() != Some(&step) {
                values.push(step);
            }
        }
        if channel.dates.is_some() {
            let mut steps = values.split_off(begin);
            steps.sort_unstable();
            steps.dedup();
            values.extend(steps);
        }
        offsets.push(values.len() as u32);
    }
    State::Steplists(Lists { offsets, values })
}

/// What there was on the first day; by the order's date the first event need not be the earliest.
fn first_day(channel: &Channel, batch: &Batch<'_>, segments: &[Segment]) -> State {
    let (keys, rows, days) = (channel.keys(), channel.rows.list(), channel.days(batch));
    let day_of = |at: usize| i64::from(days[rows[at] as usize]);
    let one = |(lo, hi): &Segment| {
        let all = *lo as usize..*hi as usize;
        let first = match &channel.dates {
            Some(_) => all.clone().map(day_of).min(),
            None => all.clone().next().map(day_of),
        };
        let Some(first) = first else { return (None, 0) };
        let sum = match &channel.dates {
            Some(_) => all.filter(|at| day_of(*at) == first).map(|at| i128::from(keys[at])).sum(),
            None => all.take_while(|at| day_of(*at) == first).map(|at| i128::from(keys[at])).sum(),
        };
        (Some(first), sum)
    };
    State::FirstDay(segments.iter().map(one).collect())
}

fn pick(
    channel: &Channel,
    batch: &Batch<'_>,
    segments: &[Segment],
    kept: bool,
    better: impl Fn(i64, i64) -> bool,
) -> Result<State, ArrowError> {
    let (keys, rows) = (channel.keys(), channel.rows.list());
    let best = segments.iter().map(|(lo, hi)| {
        let mut of = keys[*lo as usize..*hi as usize].iter().zip(*lo..);
        let (mut best, mut at) = of.next()?;
        for (key, place) in of {
            if better(*key, *best) {
                (best, at) = (key, place);
            }
        }
        Some(rows[at as usize])
    });
    picked(channel, batch, best.collect(), kept)
}

fn picked(
    channel: &Channel,
    batch: &Batch<'_>,
    rows: Vec<Option<u32>>,
    kept: bool,
) -> Result<State, ArrowError> {
    let array: &ArrayRef = match &channel.keys {
        Some(keys) => &keys.array,
        None => {
            return Err(ArrowError::ComputeError("an aggregate that picks a value has no argument".into()));
        }
    };
    let (mut times, mut ids) = (Vec::new(), Vec::new());
    if kept {
        let all = batch.runs.times();
        let known = batch.runs.batch.column_by_name(column::EVENT_ID).map(|ids| ids.as_binary::<i32>());
        let id_of = |row: u32| known.map_or(0, |ids| event_id(ids.value(row as usize)));
        times = rows.iter().map(|row| row.map_or(0, |row| all[row as usize])).collect();
        ids = rows.iter().map(|row| row.map_or(0, id_of)).collect();
    }
    Ok(State::Picked { values: take_plain(array, &UInt32Array::from(rows))?, times, ids })
}

/// An event id as a number whose order is that of its bytes.
fn event_id(bytes: &[u8]) -> u128 {
    bytes.iter().take(16).fold(0, |id, byte| (id << 8) | u128::from(*byte))
}

fn tallies(channel: &Channel, segments: &[Segment]) -> Result<State, ArrowError> {
    let Some(keys) = &channel.keys else {
        return Ok(State::Tallies { values: Lists::empty(segments.len()), counts: Vec::new() });
    };
    let all = channel.rows.list();
    let (mut offsets, mut rows, mut tally) = (vec![0u32], Vec::new(), Vec::new());
    let mut seen: HashMap<i64, usize> = HashMap::new();
    for (lo, hi) in segments {
        seen.clear();
        for at in *lo as usize..*hi as usize {
            let next = rows.len();
            let place = *seen.entry(keys.keys[at]).or_insert(next);
            if place == next {
                rows.push(all[at]);
                tally.push(0i64);
            }
            tally[place] += 1;
        }
        offsets.push(rows.len() as u32);
    }
    let values = take_plain(&keys.array, &UInt32Array::from(rows))?;
    Ok(State::Tallies { values: Lists { offsets, values }, counts: tally })
}

fn moments(channel: &Channel, segments: &[Segment]) -> State {
    let keys = channel.keys();
    let one = |(lo, hi): &Segment| {
        let (mut sum, mut squares) = (0i128, 0i128);
        for key in &keys[*lo as usize..*hi as usize] {
            let key = i128::from(*key);
            sum += key;
            squares = squares.saturating_add(key * key);
        }
        (i64::from(hi - lo), sum, squares)
    };
    State::Moments(segments.iter().map(one).collect())
}
