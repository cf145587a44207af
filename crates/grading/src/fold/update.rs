//! Update: the events of each run, inside its window, become a state. The loops are one per
//! aggregate and run over all customers of a batch, so that nothing is dispatched per customer.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt32Array};
use arrow::error::ArrowError;
use gradus_model::document::{Decay, Span, SpanUnit};
use gradus_model::event_stream::column;
use gradus_model::fixed::{FIXED_ONE, Fixed, round_div};

use super::input::{Keys, Mask, take_plain};
use super::runs::Runs;
use super::spec::{Aggregate, SequenceStep};
use super::state::{Lists, State};
use super::window::{AsOf, Bounds};
use super::zone::{Zone, back, step_of};

/// The rows of one run that a window covers: `lo .. hi`.
pub type Segment = (u32, u32);

/// One filter with one argument, evaluated over a batch of runs, and what is derived from them
/// once however many windows and instants ask.
#[derive(Debug, Default)]
pub struct Channel {
    pub mask: Option<Mask>,
    pub keys: Option<Arc<Keys>>,
    /// For sequences: one mask per step.
    pub steps: Vec<Mask>,
    /// For counts by the order's date: when each event counts.
    dates: Option<EventDates>,
    sums: OnceCell<Prefix>,
    counts: OnceCell<Vec<u32>>,
    previous: OnceCell<Vec<u32>>,
}

impl Channel {
    pub fn new(mask: Option<Mask>, keys: Option<Arc<Keys>>, steps: Vec<Mask>) -> Channel {
        Channel { mask, keys, steps, ..Channel::default() }
    }

    /// The same channel, restricted to rows whose order's date lies inside the bounds, and dated so.
    pub fn by_order(&self, orders: &OrderDates, bounds: &Bounds) -> Channel {
        let stretch = bounds.start_us..=bounds.end_us;
        self.dated(orders, orders.dates.times.iter().map(|time| stretch.contains(time)))
    }

    /// The same channel, restricted to rows whose order began inside the segment of their run.
    pub fn by_order_since(&self, orders: &OrderDates, runs: &Runs, segments: &[Segment]) -> Channel {
        let mut inside = vec![false; orders.first_rows.len()];
        for (run, (lo, hi)) in segments.iter().enumerate() {
            let (start, end) = runs.range(run);
            for row in start as usize..end as usize {
                inside[row] = (*lo..*hi).contains(&orders.first_rows[row]);
            }
        }
        self.dated(orders, inside.into_iter())
    }

    fn dated(&self, orders: &OrderDates, inside: impl Iterator<Item = bool>) -> Channel {
        let mask = match &self.mask {
            Some(mask) => mask.iter().zip(inside).map(|(counts, inside)| *counts && inside).collect(),
            None => inside.collect(),
        };
        let mut channel = Channel::new(Some(mask), self.keys.clone(), self.steps.clone());
        channel.dates = Some(orders.dates.clone());
        channel
    }

    fn counts(&self, row: usize) -> bool {
        self.mask.as_ref().is_none_or(|mask| mask[row])
    }

    /// The local date on which each event counts.
    fn days<'a>(&'a self, batch: &'a Batch<'_>) -> &'a [i32] {
        match &self.dates {
            Some(dates) => &dates.days,
            None => batch.days(),
        }
    }

    fn keys(&self) -> &[i64] {
        self.keys.as_ref().map_or(&[], |keys| &keys.keys)
    }
}

/// When events count, where that is not when they happened.
#[derive(Debug, Clone)]
struct EventDates {
    times: Arc<Vec<i64>>,
    days: Arc<Vec<i32>>,
}

/// When the order that each event names began: at its first event in the run. Events without an
/// order keep their own time.
#[derive(Debug)]
pub struct OrderDates {
    first_rows: Vec<u32>,
    dates: EventDates,
}

impl OrderDates {
    pub fn new(batch: &Batch<'_>, order_keys: &Int64Array) -> OrderDates {
        let runs = batch.runs;
        let mut first_rows: Vec<u32> = (0..runs.batch.num_rows() as u32).collect();
        let mut first: HashMap<i64, u32> = HashMap::new();
        for run in 0..runs.len() {
            first.clear();
            let (start, end) = runs.range(run);
            for row in start..end {
                if order_keys.is_valid(row as usize) {
                    first_rows[row as usize] = *first.entry(order_keys.value(row as usize)).or_insert(row);
                }
            }
        }
        let (times, days) = (runs.times(), batch.days());
        let dates = EventDates {
            times: Arc::new(first_rows.iter().map(|row| times[*row as usize]).collect()),
            days: Arc::new(first_rows.iter().map(|row| days[*row as usize]).collect()),
        };
        OrderDates { first_rows, dates }
    }
}

/// Everything an update needs besides its channel.
pub struct Batch<'a> {
    pub runs: &'a Runs,
    pub zone: &'a Zone,
    days: OnceCell<Vec<i32>>,
}

impl<'a> Batch<'a> {
    pub fn new(runs: &'a Runs, zone: &'a Zone) -> Batch<'a> {
        Batch { runs, zone, days: OnceCell::new() }
    }

    /// The local date of each event.
    fn days(&self) -> &[i32] {
        self.days.get_or_init(|| self.zone.days(self.runs.times()))
    }
}

/// The rows of each run inside a stretch of time.
pub fn segments(runs: &Runs, bounds: &Bounds) -> Vec<Segment> {
    let times = runs.times();
    let mut out = Vec::with_capacity(runs.len());
    for run in 0..runs.len() {
        let (start, end) = runs.range(run);
        let rows = &times[start as usize..end as usize];
        let hi = match rows.last() {
            Some(last) if *last <= bounds.end_us => end,
            _ => start + rows.partition_point(|time| *time <= bounds.end_us) as u32,
        };
        let lo = match rows.first() {
            Some(first) if *first >= bounds.start_us => start,
            _ => start + rows.partition_point(|time| *time < bounds.start_us) as u32,
        };
        out.push((lo.min(hi), hi));
    }
    out
}

/// The rows from the last event that matches, up to the instant; none if nothing matches.
pub fn segments_since(runs: &Runs, since: &Mask, as_of: AsOf) -> Vec<Segment> {
    let whole = Bounds { start_us: i64::MIN, end_us: as_of.instant_us, start_day: i32::MIN, end_day: as_of.day };
    let mut out = segments(runs, &whole);
    for (lo, hi) in &mut out {
        *lo = (*lo..*hi).rev().find(|row| since[*row as usize]).unwrap_or(*hi);
    }
    out
}

/// Reduces each segment to a state.
///
/// `bounds` is the stretch of the window, where it is the same for all customers. A state that is
/// not kept need not say which values it counted, only how many.
pub fn update(
    aggregate: &Aggregate,
    channel: &Channel,
    batch: &Batch<'_>,
    segments: &[Segment],
    bounds: Option<Bounds>,
    as_of: AsOf,
    kept: bool,
) -> Result<State, ArrowError> {
    Ok(match aggregate {
        Aggregate::Count => State::Count(counts(channel, batch, segments)),
        Aggregate::Sum { .. } => State::Sum(sums(channel, segments)),
        Aggregate::Orders | Aggregate::Distinct { .. } if !kept => n_distinct(channel, batch, segments),
        Aggregate::Orders | Aggregate::Distinct { .. } => distinct(channel, batch, segments)?,
        Aggregate::Min { .. } => {
            pick(channel, batch, segments, |keys, best, row| keys[row] < keys[best])?
        }
        Aggregate::Max { .. } => {
            pick(channel, batch, segments, |keys, best, row| keys[row] > keys[best])?
        }
        Aggregate::First { .. } => {
            let rows = segments.iter().map(|(lo, hi)| (*lo..*hi).find(|row| channel.counts(*row as usize)));
            picked(channel, batch, rows.collect())?
        }
        Aggregate::Last { .. } => {
            let rows = segments.iter().map(|(lo, hi)| (*lo..*hi).rev().find(|row| channel.counts(*row as usize)));
            picked(channel, batch, rows.collect())?
        }
        Aggregate::DaysSince { first } => {
            let find = |(lo, hi): &Segment| {
                let mut rows = (*lo as usize..*hi as usize).filter(|row| channel.counts(*row));
                match &channel.dates {
                    // By the order's date, the first event is not the earliest.
                    Some(dates) if *first => rows.map(|row| dates.times[row]).min(),
                    Some(dates) => rows.map(|row| dates.times[row]).max(),
                    None => {
                        let row = if *first { rows.next() } else { rows.next_back() };
                        row.map(|row| batch.runs.times()[row])
                    }
                }
            };
            State::Time(segments.iter().map(find).collect())
        }
        Aggregate::MostFrequent { .. } => tallies(channel, segments)?,
        Aggregate::Stddev { .. } => moments(channel, segments),
        Aggregate::Percentile { .. } => {
            let keys = channel.keys();
            State::Bags(Lists::collect(segments.iter().map(|(lo, hi)| {
                (*lo as usize..*hi as usize).filter(|row| channel.counts(*row)).map(|row| keys[row])
            })))
        }
        Aggregate::Gap { .. } => {
            let days = channel.days(batch);
            active_steps(channel, segments, |row| i64::from(days[row]))
        }
        Aggregate::Active { step } | Aggregate::Streak { step, .. } => {
            let days = channel.days(batch);
            let steps = StepTable::new(days, *step);
            active_steps(channel, segments, |row| steps.of(days[row]))
        }
        Aggregate::Slope { step, .. } => {
            let Some(bounds) = bounds.filter(|bounds| bounds.start_day > i32::MIN) else {
                return Ok(State::Steps { width: 0, sums: Vec::new(), n_runs: segments.len() });
            };
            let first = step_of(bounds.start_day, *step);
            let width = (step_of(bounds.end_day, *step) - first + 1).max(0) as usize;
            let (days, keys) = (channel.days(batch), channel.keys());
            let mut sums = vec![0i128; width * segments.len()];
            for (run, (lo, hi)) in segments.iter().enumerate() {
                for row in *lo as usize..*hi as usize {
                    if channel.counts(row) {
                        let at = (step_of(days[row], *step) - first) as usize;
                        sums[run * width + at] += i128::from(keys[row]);
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

/// Running totals of one channel: the sum of a segment is the difference of two of them, exactly.
#[derive(Debug)]
enum Prefix {
    Narrow(Vec<i64>),
    Wide(Vec<i128>),
}

fn sums(channel: &Channel, segments: &[Segment]) -> Vec<i128> {
    let prefix = channel.sums.get_or_init(|| {
        let keys = channel.keys();
        let greatest = keys.iter().fold(0u64, |greatest, key| greatest.max(key.unsigned_abs()));
        // If even the sum of the greatest fits, no running total can overflow.
        if u128::from(greatest) * (keys.len() as u128) < i64::MAX as u128 {
            let mut total = 0i64;
            let mut out = Vec::with_capacity(keys.len() + 1);
            out.push(0);
            match &channel.mask {
                Some(mask) => {
                    for (key, counts) in keys.iter().zip(mask) {
                        total += key * i64::from(*counts);
                        out.push(total);
                    }
                }
                None => {
                    for key in keys {
                        total += key;
                        out.push(total);
                    }
                }
            }
            Prefix::Narrow(out)
        } else {
            let mut total = 0i128;
            let mut out = Vec::with_capacity(keys.len() + 1);
            out.push(0);
            for (row, key) in keys.iter().enumerate() {
                total += if channel.counts(row) { i128::from(*key) } else { 0 };
                out.push(total);
            }
            Prefix::Wide(out)
        }
    });
    match prefix {
        Prefix::Narrow(totals) => {
            segments.iter().map(|(lo, hi)| i128::from(totals[*hi as usize] - totals[*lo as usize])).collect()
        }
        Prefix::Wide(totals) => segments.iter().map(|(lo, hi)| totals[*hi as usize] - totals[*lo as usize]).collect(),
    }
}

fn counts(channel: &Channel, batch: &Batch<'_>, segments: &[Segment]) -> Vec<i64> {
    let Some(mask) = &channel.mask else {
        return segments.iter().map(|(lo, hi)| i64::from(hi - lo)).collect();
    };
    let totals = channel.counts.get_or_init(|| {
        let mut total = 0u32;
        let mut out = Vec::with_capacity(batch.runs.batch.num_rows() + 1);
        out.push(0);
        for counts in mask {
            total += u32::from(*counts);
            out.push(total);
        }
        out
    });
    segments.iter().map(|(lo, hi)| i64::from(totals[*hi as usize] - totals[*lo as usize])).collect()
}

const NONE: u32 = u32::MAX;

/// For each row that counts, the row before it in the run with the same key, or none: a key is
/// new to a segment exactly where that row lies before the segment.
fn previous_rows(channel: &Channel, runs: &Runs) -> Vec<u32> {
    let keys = channel.keys();
    let mut out = vec![NONE; keys.len()];
    let mut recent: Vec<(i64, u32)> = Vec::new();
    let mut many: HashMap<i64, u32> = HashMap::new();
    for run in 0..runs.len() {
        let (start, end) = runs.range(run);
        recent.clear();
        many.clear();
        for row in start..end {
            if !channel.counts(row as usize) {
                continue;
            }
            let key = keys[row as usize];
            // Lines of one order lie next to each other, so the newest key is asked first.
            if let Some(at) = recent.iter().rposition(|(seen, _)| *seen == key) {
                out[row as usize] = recent[at].1;
                recent[at].1 = row;
            } else if many.is_empty() && recent.len() < 16 {
                recent.push((key, row));
            } else {
                if many.is_empty() {
                    many.extend(recent.drain(..));
                }
                if let Some(before) = many.insert(key, row) {
                    out[row as usize] = before;
                }
            }
        }
    }
    out
}

fn distinct(channel: &Channel, batch: &Batch<'_>, segments: &[Segment]) -> Result<State, ArrowError> {
    let Some(keys) = &channel.keys else {
        return Ok(State::Sets(Lists::empty(segments.len())));
    };
    let previous = channel.previous.get_or_init(|| previous_rows(channel, batch.runs));
    let rows = Lists::collect(segments.iter().map(|segment| new_rows(channel, previous, *segment)));
    Ok(State::Sets(Lists { offsets: rows.offsets, values: take_plain(&keys.array, &UInt32Array::from(rows.values))? }))
}

/// How many keys each segment has, without which.
fn n_distinct(channel: &Channel, batch: &Batch<'_>, segments: &[Segment]) -> State {
    if channel.keys.is_none() {
        return State::Count(vec![0; segments.len()]);
    }
    let previous = channel.previous.get_or_init(|| previous_rows(channel, batch.runs));
    State::Count(segments.iter().map(|segment| new_rows(channel, previous, *segment).count() as i64).collect())
}

/// The rows of a segment whose key is new to it.
fn new_rows(channel: &Channel, previous: &[u32], (lo, hi): Segment) -> impl Iterator<Item = u32> {
    (lo..hi).filter(move |row| {
        let before = previous[*row as usize];
        channel.counts(*row as usize) && (before == NONE || before < lo)
    })
}

/// The steps of all dates of a batch, each worked out once where there are more rows than dates.
struct StepTable {
    step: SpanUnit,
    first_day: i32,
    steps: Vec<i64>,
}

impl StepTable {
    fn new(days: &[i32], step: SpanUnit) -> StepTable {
        let (low, high) = days.iter().fold((i32::MAX, i32::MIN), |(low, high), day| (low.min(*day), high.max(*day)));
        let fits = i64::from(high) - i64::from(low) < days.len() as i64;
        let steps = if fits && low <= high { (low..=high).map(|day| step_of(day, step)).collect() } else { Vec::new() };
        StepTable { step, first_day: low, steps }
    }

    fn of(&self, day: i32) -> i64 {
        let at = usize::try_from(i64::from(day) - i64::from(self.first_day)).unwrap_or(usize::MAX);
        self.steps.get(at).copied().unwrap_or_else(|| step_of(day, self.step))
    }
}

fn active_steps(channel: &Channel, segments: &[Segment], step: impl Fn(usize) -> i64) -> State {
    let mut offsets = Vec::with_capacity(segments.len() + 1);
    let mut values = Vec::new();
    offsets.push(0u32);
    for (lo, hi) in segments {
        let begin = values.len();
        for row in *lo as usize..*hi as usize {
            if channel.counts(row) {
                let step = step(row);
                if values.len() == begin || values.last() != Some(&step) {
                    values.push(step);
                }
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

fn pick(
    channel: &Channel,
    batch: &Batch<'_>,
    segments: &[Segment],
    better: impl Fn(&[i64], usize, usize) -> bool,
) -> Result<State, ArrowError> {
    let keys = channel.keys();
    let rows = segments.iter().map(|(lo, hi)| {
        let mut best: Option<usize> = None;
        for row in *lo as usize..*hi as usize {
            if channel.counts(row) && best.is_none_or(|best| better(keys, best, row)) {
                best = Some(row);
            }
        }
        best.map(|row| row as u32)
    });
    picked(channel, batch, rows.collect())
}

fn picked(channel: &Channel, batch: &Batch<'_>, rows: Vec<Option<u32>>) -> Result<State, ArrowError> {
    let array: &ArrayRef = match &channel.keys {
        Some(keys) => &keys.array,
        None => return Err(ArrowError::ComputeError("an aggregate that picks a value has no argument".into())),
    };
    let times = batch.runs.times();
    let ids = batch.runs.batch.column_by_name(column::EVENT_ID).map(|ids| ids.as_binary::<i32>());
    let id_of = |row: u32| ids.map_or(0, |ids| event_id(ids.value(row as usize)));
    Ok(State::Picked {
        times: rows.iter().map(|row| row.map_or(0, |row| times[row as usize])).collect(),
        ids: rows.iter().map(|row| row.map_or(0, id_of)).collect(),
        values: take_plain(array, &UInt32Array::from(rows))?,
    })
}

/// An event id as a number whose order is that of its bytes.
fn event_id(bytes: &[u8]) -> u128 {
    bytes.iter().take(16).fold(0, |id, byte| (id << 8) | u128::from(*byte))
}

fn tallies(channel: &Channel, segments: &[Segment]) -> Result<State, ArrowError> {
    let Some(keys) = &channel.keys else {
        return Ok(State::Tallies { values: Lists::empty(segments.len()), counts: Vec::new() });
    };
    let (mut offsets, mut rows, mut tally) = (vec![0u32], Vec::new(), Vec::new());
    let mut seen: HashMap<i64, usize> = HashMap::new();
    for (lo, hi) in segments {
        seen.clear();
        for row in *lo as usize..*hi as usize {
            if channel.counts(row) {
                let next = rows.len();
                let at = *seen.entry(keys.keys[row]).or_insert(next);
                if at == next {
                    rows.push(row as u32);
                    tally.push(0i64);
                }
                tally[at] += 1;
            }
        }
        offsets.push(rows.len() as u32);
    }
    let values = take_plain(&keys.array, &UInt32Array::from(rows))?;
    Ok(State::Tallies { values: Lists { offsets, values }, counts: tally })
}

fn moments(channel: &Channel, segments: &[Segment]) -> State {
    let keys = channel.keys();
    let one = |(lo, hi): &Segment| {
        let (mut n, mut sum, mut squares) = (0i64, 0i128, 0i128);
        for row in *lo as usize..*hi as usize {
            if channel.counts(row) {
                let key = i128::from(keys[row]);
                n += 1;
                sum += key;
                squares = squares.saturating_add(key * key);
            }
        }
        (n, sum, squares)
    };
    State::Moments(segments.iter().map(one).collect())
}

fn decayed(
    channel: &Channel,
    batch: &Batch<'_>,
    segments: &[Segment],
    points: Fixed,
    decay: Option<Decay>,
    as_of: AsOf,
) -> State {
    let Some(decay) = decay else {
        let counts = counts(channel, batch, segments);
        return State::Sum(counts.into_iter().map(|n| i128::from(n) * i128::from(points.0)).collect());
    };
    let days = batch.days();
    let mut by_age: Vec<i64> = Vec::new();
    let one = |(lo, hi): &Segment| {
        let mut total = 0i128;
        for row in *lo as usize..*hi as usize {
            if channel.counts(row) {
                let age = as_of.day.saturating_sub(days[row]).max(0);
                if age > MAX_AGE {
                    total += i128::from(faded(points, decay, age, as_of));
                    continue;
                }
                while by_age.len() <= age as usize {
                    by_age.push(faded(points, decay, by_age.len() as i32, as_of));
                }
                total += i128::from(by_age[age as usize]);
            }
        }
        total
    };
    State::Sum(segments.iter().map(one).collect())
}

/// Ages in local dates up to which points are worked out once: a century.
const MAX_AGE: i32 = 36_500;

/// The points of an event of an age in local dates, rounded half away from zero to four digits.
fn faded(points: Fixed, decay: Decay, age_days: i32, as_of: AsOf) -> i64 {
    let days = |span: Span| (as_of.day - back(as_of.day, span)).max(1);
    match decay {
        // In integers: a float would miss the halves that have to be rounded away from zero.
        Decay::Linear(span) => {
            let (span, points) = (i128::from(days(span)), i128::from(points.0));
            let left = (span - i128::from(age_days)).max(0);
            round_div(points.saturating_mul(left), span).and_then(|points| i64::try_from(points).ok()).unwrap_or(0)
        }
        // libm's pure-Rust exp2, so that machines agree to the bit. `round` is half away from zero;
        // points are far below 2^53 ten-thousandths.
        Decay::HalfLife(span) => {
            let share = libm::exp2(-f64::from(age_days) / f64::from(days(span)));
            let most = FIXED_ONE as f64 * 1e12;
            (points.0 as f64 * share).round().clamp(-most, most) as i64
        }
    }
}

/// How often the steps are completed in order, without overlap. For each step the latest event
/// that completes it is kept: being later never makes the next step harder to reach in time.
fn sequences(channel: &Channel, batch: &Batch<'_>, (lo, hi): Segment, steps: &[SequenceStep]) -> i64 {
    let days = batch.days();
    let mut reached: Vec<Option<i32>> = vec![None; steps.len()];
    let mut n = 0;
    for row in lo as usize..hi as usize {
        if !channel.counts(row) {
            continue;
        }
        for at in (0..steps.len()).rev() {
            if !channel.steps[at][row] {
                continue;
            }
            let in_time = at == 0
                || reached[at - 1].is_some_and(|before| match steps[at].within {
                    Some(span) => back(days[row], span) <= before,
                    None => true,
                });
            if in_time {
                reached[at] = Some(days[row]);
                if at + 1 == steps.len() {
                    n += 1;
                    reached.fill(None);
                    break;
                }
            }
        }
    }
    n
}
