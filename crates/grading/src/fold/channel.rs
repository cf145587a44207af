//! Channels: one filter with one argument, evaluated over a batch of runs. What windows, instants
//! and aggregates ask of it is derived once, and holds the rows that count alone.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{Array, Int64Array};
use gradus_model::document::SpanUnit;
use gradus_model::event_stream::UNDATED;

use super::input::Keys;
use super::rows::Rows;
use super::runs::Runs;
use super::segment::{Segment, among};
use super::window::Bounds;
use super::zone::{Zone, step_of};

/// No row.
pub const NONE: u32 = u32::MAX;

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
    pub fn days(&self) -> &[i32] {
        self.days.get_or_init(|| self.zone.days(self.runs.times()))
    }
}

/// One filter with one argument.
#[derive(Debug)]
pub struct Channel {
    pub rows: Rc<Rows>,
    pub keys: Option<Keys>,
    /// For sequences: which rows take each step.
    pub steps: Vec<Rc<Rows>>,
    /// For counts by the order's date: when each event counts.
    pub dates: Option<EventDates>,
    totals: OnceCell<Totals>,
    repeats: OnceCell<Repeats>,
    changes: OnceCell<(SpanUnit, Vec<u32>)>,
}

impl Channel {
    pub fn new(rows: Rc<Rows>, keys: Option<Keys>, steps: Vec<Rc<Rows>>) -> Channel {
        Channel {
            rows,
            keys,
            steps,
            dates: None,
            totals: OnceCell::new(),
            repeats: OnceCell::new(),
            changes: OnceCell::new(),
        }
    }

    /// The same channel, restricted to rows whose order's date lies inside the bounds, and dated so.
    pub fn by_order(&self, orders: &OrderDates, bounds: &Bounds) -> Channel {
        let stretch = bounds.start_us..=bounds.end_us;
        self.dated(orders, |row| stretch.contains(&orders.dates.times[row as usize]))
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
        self.dated(orders, |row| inside[row as usize])
    }

    fn dated(&self, orders: &OrderDates, inside: impl Fn(u32) -> bool) -> Channel {
        let rows = self.rows.retain(inside);
        let keys = self.keys.as_ref().map(|keys| {
            let of = self.rows.list().iter().zip(&keys.keys);
            let kept = of.filter(|(row, _)| rows.counts(**row)).map(|(_, key)| *key).collect();
            Keys { keys: kept, array: keys.array.clone(), n_faults: 0 }
        });
        let mut channel = Channel::new(Rc::new(rows), keys, self.steps.clone());
        channel.dates = Some(orders.dates.clone());
        channel
    }

    /// One key for each row that counts.
    pub fn keys(&self) -> &[i64] {
        self.keys.as_ref().map_or(&[], |keys| &keys.keys)
    }

    /// The local dates on which events count, by row of the batch.
    pub fn days<'a>(&'a self, batch: &'a Batch<'_>) -> &'a [i32] {
        match &self.dates {
            Some(dates) => &dates.days,
            None => batch.days(),
        }
    }

    pub fn totals(&self) -> &Totals {
        self.totals.get_or_init(|| Totals::of(self.keys()))
    }

    pub fn repeats(&self, runs: &Runs) -> &Repeats {
        self.repeats.get_or_init(|| Repeats::of(self, runs))
    }

    /// For each row that counts how many before it begin another step of time than the one before
    /// them. Between two rows of one run, whose events ascend, that is the number of new steps.
    pub fn changes(&self, batch: &Batch<'_>, step: SpanUnit) -> Option<&[u32]> {
        let (known, changes) = self.changes.get_or_init(|| {
            let days = self.days(batch);
            let steps = StepTable::new(days, step);
            let (mut out, mut n, mut last) = (Vec::with_capacity(self.rows.len()), 0, i64::MIN);
            for row in self.rows.list() {
                let step = steps.of(days[*row as usize]);
                n += u32::from(step != last);
                last = step;
                out.push(n);
            }
            (step, out)
        });
        (*known == step && self.dates.is_none()).then_some(changes)
    }
}

/// Running totals of one channel: the sum of a segment is the difference of two of them, exactly.
#[derive(Debug)]
pub enum Totals {
    /// Where no running total can overflow.
    Narrow(Vec<i64>),
    Wide(Vec<i128>),
}

impl Totals {
    fn of(keys: &[i64]) -> Totals {
        let greatest = keys.iter().fold(0u64, |greatest, key| greatest.max(key.unsigned_abs()));
        // If even the sum of the greatest fits, no running total can overflow.
        if u128::from(greatest) * (keys.len() as u128) < i64::MAX as u128 {
            let mut total = 0i64;
            let mut out = Vec::with_capacity(keys.len() + 1);
            out.push(0);
            out.extend(keys.iter().map(|key| {
                total = total.wrapping_add(*key);
                total
            }));
            Totals::Narrow(out)
        } else {
            let mut total = 0i128;
            let mut out = Vec::with_capacity(keys.len() + 1);
            out.push(0);
            out.extend(keys.iter().map(|key| {
                total += i128::from(*key);
                total
            }));
            Totals::Wide(out)
        }
    }

    pub fn sums(&self, segments: &[Segment]) -> Vec<i128> {
        match self {
            Totals::Narrow(totals) => segments
                .iter()
                .map(|(lo, hi)| i128::from(totals[*hi as usize].wrapping_sub(totals[*lo as usize])))
                .collect(),
            Totals::Wide(totals) => {
                segments.iter().map(|(lo, hi)| totals[*hi as usize] - totals[*lo as usize]).collect()
            }
        }
    }
}

/// Which keys of a run were there before.
#[derive(Debug)]
pub struct Repeats {
    /// For each row that counts the rank of the one before it in the run with the same key, or
    /// none: a key is new to a segment exactly where that lies before the segment.
    before: Vec<u32>,
    /// How many rows before each have a key that is new to their run.
    firsts: Vec<u32>,
    /// Where each run begins, in ranks.
    starts: Vec<u32>,
}

impl Repeats {
    fn of(channel: &Channel, runs: &Runs) -> Repeats {
        let keys = channel.keys();
        let whole: Vec<Segment> = (0..runs.len()).map(|run| runs.range(run)).collect();
        let whole = among(&channel.rows, &whole);
        let mut before = Vec::with_capacity(keys.len());
        let mut firsts = Vec::with_capacity(keys.len() + 1);
        let mut n_first = 0u32;
        firsts.push(0);
        let mut recent: Vec<(i64, u32)> = Vec::new();
        let mut many: HashMap<i64, u32> = HashMap::new();
        for (lo, hi) in &whole {
            recent.clear();
            many.clear();
            for at in *lo..*hi {
                let key = keys[at as usize];
                let mut found = NONE;
                // Lines of one order lie next to each other, so the newest key is asked first.
                if let Some(seen) = recent.iter_mut().rev().find(|(seen, _)| *seen == key) {
                    found = seen.1;
                    seen.1 = at;
                } else if many.is_empty() && recent.len() < 16 {
                    recent.push((key, at));
                } else {
                    if many.is_empty() {
                        many.extend(recent.drain(..));
                    }
                    found = many.insert(key, at).unwrap_or(NONE);
                }
                before.push(found);
                n_first += u32::from(found == NONE);
                firsts.push(n_first);
            }
        }
        Repeats { before, firsts, starts: whole.into_iter().map(|(lo, _)| lo).collect() }
    }

    /// The ranks of a segment whose key is new to it.
    pub fn new_to(&self, (lo, hi): Segment) -> impl Iterator<Item = u32> {
        (lo..hi).filter(move |at| {
            let before = self.before[*at as usize];
            before == NONE || before < lo
        })
    }

    /// How many different keys each segment has; one segment a run.
    pub fn n_distinct(&self, segments: &[Segment]) -> Vec<i64> {
        let of = |((lo, hi), start): (&Segment, &u32)| match lo == start {
            true => i64::from(self.firsts[*hi as usize] - self.firsts[*lo as usize]),
            false => self.new_to((*lo, *hi)).count() as i64,
        };
        segments.iter().zip(&self.starts).map(of).collect()
    }
}

/// When events count, where that is not when they happened.
#[derive(Debug, Clone)]
pub struct EventDates {
    pub times: Arc<Vec<i64>>,
    days: Arc<Vec<i32>>,
}

/// When the order that each event names began: at its first event in the run that has a date. Events
/// without an order, or without a date, keep their own time.
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
                if order_keys.is_valid(row as usize) && runs.times()[row as usize] > UNDATED {
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

/// The steps of all dates of a batch, each worked out once where there are more rows than dates.
pub struct StepTable {
    step: SpanUnit,
    first_day: i32,
    steps: Vec<i64>,
}

impl StepTable {
    pub fn new(days: &[i32], step: SpanUnit) -> StepTable {
        let (low, high) =
            days.iter().fold((i32::MAX, i32::MIN), |(low, high), day| (low.min(*day), high.max(*day)));
        let fits = i64::from(high) - i64::from(low) < days.len() as i64;
        let steps = if fits && low <= high {
            (low..=high).map(|day| step_of(day, step)).collect()
        } else {
            Vec::new()
        };
        StepTable { step, first_day: low, steps }
    }

    pub fn of(&self, day: i32) -> i64 {
        let at = usize::try_from(i64::from(day) - i64::from(self.first_day)).unwrap_or(usize::MAX);
        self.steps.get(at).copied().unwrap_or_else(|| step_of(day, self.step))
    }
}
