//! Merge and finish: what is known of each customer, in a form that can be put together from
//! parts and turned into a value. Every value the fold gives, from nothing or from a stored
//! state, comes out of `finish`.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Decimal128Array, Float64Array, Int64Array, UInt32Array, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, i256};
use arrow::error::ArrowError;
use gradus_model::document::SpanUnit;
use gradus_model::fixed::FIXED_ONE;

use super::input::comparable;
use super::spec::{Aggregate, FoldIndicator, FoldWindow, GapPick};
use super::window::AsOf;
use super::zone::{Zone, step_of};

/// Lists of values, one list per customer: list `i` is `values[offsets[i] .. offsets[i + 1]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lists<V> {
    pub offsets: Vec<u32>,
    pub values: V,
}

impl<T> Lists<Vec<T>> {
    pub fn collect<I: IntoIterator<Item = T>>(lists: impl Iterator<Item = I>) -> Lists<Vec<T>> {
        let (mut offsets, mut values) = (vec![0u32], Vec::new());
        for list in lists {
            values.extend(list);
            offsets.push(values.len() as u32);
        }
        Lists { offsets, values }
    }

    fn get(&self, run: usize) -> &[T] {
        &self.values[self.offsets[run] as usize..self.offsets[run + 1] as usize]
    }
}

impl Lists<ArrayRef> {
    pub fn empty(n_lists: usize) -> Lists<ArrayRef> {
        Lists { offsets: vec![0; n_lists + 1], values: new_null_array(&DataType::Int64, 0) }
    }
}

impl<V> Lists<V> {
    fn len(&self, run: usize) -> usize {
        (self.offsets[run + 1] - self.offsets[run]) as usize
    }

    fn rows(&self, run: usize) -> std::ops::Range<u32> {
        self.offsets[run]..self.offsets[run + 1]
    }
}

/// What one aggregate knows of each customer.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Count(Vec<i64>),
    /// Ten-thousandths.
    Sum(Vec<i128>),
    /// The first local date with a value, and the sum of that day in ten-thousandths.
    FirstDay(Vec<(Option<i64>, i128)>),
    /// The value that was picked (null if none), when it happened, and its event id.
    Picked {
        values: ArrayRef,
        times: Vec<i64>,
        ids: Vec<u128>,
    },
    /// The first or last instant.
    Time(Vec<Option<i64>>),
    /// Distinct values, in no stated order.
    Sets(Lists<ArrayRef>),
    /// Distinct steps of time, ascending.
    Steplists(Lists<Vec<i64>>),
    /// All values, in no stated order.
    Bags(Lists<Vec<i64>>),
    /// Distinct values and how often each.
    Tallies {
        values: Lists<ArrayRef>,
        counts: Vec<i64>,
    },
    /// n, sum and sum of squares, in ten-thousandths. Squares of [`TOO_LARGE`] are beyond 128 bits,
    /// whatever is added to them.
    Moments(Vec<(i64, i128, i128)>),
    /// `width` sums per customer.
    Steps {
        width: usize,
        sums: Vec<i128>,
        n_runs: usize,
    },
}

/// A sum of squares that 128 bits do not hold: a fault.
pub const TOO_LARGE: i128 = i128::MAX;

impl State {
    /// Customers whose value is too large to be worked out: faults, never a wrong number.
    pub fn n_too_large(&self) -> u64 {
        match self {
            State::Moments(moments) => {
                moments.iter().filter(|(_, _, squares)| *squares == TOO_LARGE).count() as u64
            }
            _ => 0,
        }
    }
}

/// Which row of two states an output row is made of; at least one is given.
pub type Pair = (Option<u32>, Option<u32>);

/// True if two states of this indicator, over any two parts of a customer's events, can be put
/// together. What cannot is refolded from the events: a sequence, because a step may lie in either
/// part; a window since an event, because that event may lie in the other part; and a count by the
/// order's date, because the order may.
pub fn can_merge(indicator: &FoldIndicator) -> bool {
    let by_order = |window: &FoldWindow| matches!(window, FoldWindow::ByOrder { .. });
    can_merge_apart(indicator) && !any_layer(&indicator.window, by_order)
}

/// As [`can_merge`], for parts that share no order: each order has its date in the part in which it lies.
pub fn can_merge_apart(indicator: &FoldIndicator) -> bool {
    let since = |window: &FoldWindow| matches!(window, FoldWindow::Since { .. });
    !matches!(indicator.aggregate, Aggregate::Sequence { .. }) && !any_layer(&indicator.window, since)
}

/// True if a window, or one that it is made of, is of a kind.
fn any_layer(window: &FoldWindow, is_it: impl Fn(&FoldWindow) -> bool + Copy) -> bool {
    is_it(window)
        || match window {
            FoldWindow::ByOrder { window } | FoldWindow::Whole { window, .. } => any_layer(window, is_it),
            _ => false,
        }
}

/// Puts two states together, row by row.
pub fn merge(aggregate: &Aggregate, a: &State, b: &State, pairs: &[Pair]) -> Result<State, ArrowError> {
    let both = |x: Option<u32>, y: Option<u32>| (x.map(|i| i as usize), y.map(|i| i as usize));
    Ok(match (a, b) {
        (State::Count(a), State::Count(b)) => {
            let add = |(x, y): &Pair| {
                let (x, y) = both(*x, *y);
                x.map_or(0, |i| a[i]) + y.map_or(0, |i| b[i])
            };
            State::Count(pairs.iter().map(add).collect())
        }
        (State::Sum(a), State::Sum(b)) => {
            let add = |(x, y): &Pair| {
                let (x, y) = both(*x, *y);
                x.map_or(0, |i| a[i]) + y.map_or(0, |i| b[i])
            };
            State::Sum(pairs.iter().map(add).collect())
        }
        (State::Moments(a), State::Moments(b)) => {
            let add = |(x, y): &Pair| {
                let (x, y) = both(*x, *y);
                let (x, y) = (x.map_or((0, 0, 0), |i| a[i]), y.map_or((0, 0, 0), |i| b[i]));
                (x.0 + y.0, x.1 + y.1, x.2.saturating_add(y.2))
            };
            State::Moments(pairs.iter().map(add).collect())
        }
        (State::FirstDay(a), State::FirstDay(b)) => {
            let choose = |(x, y): &Pair| {
                let (x, y) = both(*x, *y);
                let (x, y) = (x.map_or((None, 0), |i| a[i]), y.map_or((None, 0), |i| b[i]));
                match (x.0, y.0) {
                    (Some(day), Some(other)) if day == other => (Some(day), x.1 + y.1),
                    (Some(day), Some(other)) if day < other => x,
                    (Some(_), None) => x,
                    _ => y,
                }
            };
            State::FirstDay(pairs.iter().map(choose).collect())
        }
        (State::Time(a), State::Time(b)) => {
            let first = matches!(aggregate, Aggregate::DaysSince { first: true });
            let choose = |(x, y): &Pair| {
                let (x, y) = both(*x, *y);
                match (x.and_then(|i| a[i]), y.and_then(|i| b[i])) {
                    (Some(x), Some(y)) => Some(if first { x.min(y) } else { x.max(y) }),
                    (x, y) => x.or(y),
                }
            };
            State::Time(pairs.iter().map(choose).collect())
        }
        // Who has no customers may not know how many steps there are.
        (
            State::Steps { width, sums: a, n_runs },
            State::Steps { width: other, sums: b, n_runs: n_other },
        ) if width == other || *n_runs == 0 || *n_other == 0 => {
            let width = if *n_runs == 0 { other } else { width };
            let mut sums = Vec::with_capacity(pairs.len() * width);
            for (x, y) in pairs {
                let (x, y) = both(*x, *y);
                for step in 0..*width {
                    sums.push(x.map_or(0, |i| a[i * width + step]) + y.map_or(0, |i| b[i * width + step]));
                }
            }
            State::Steps { width: *width, sums, n_runs: pairs.len() }
        }
        (State::Steplists(a), State::Steplists(b)) => {
            let union = |(x, y): &Pair| {
                let (x, y) = both(*x, *y);
                let mut steps: Vec<i64> = x.map_or(&[][..], |i| a.get(i)).to_vec();
                steps.extend_from_slice(y.map_or(&[][..], |i| b.get(i)));
                steps.sort_unstable();
                steps.dedup();
                steps
            };
            State::Steplists(Lists::collect(pairs.iter().map(union)))
        }
        (State::Bags(a), State::Bags(b)) => State::Bags(Lists::collect(pairs.iter().map(|(x, y)| {
            let (x, y) = both(*x, *y);
            let (x, y) = (x.map_or(&[][..], |i| a.get(i)), y.map_or(&[][..], |i| b.get(i)));
            x.iter().chain(y).copied()
        }))),
        (State::Sets(a), State::Sets(b)) => {
            let (values, keys) = together(&a.values, &b.values)?;
            let (offsets, rows, _) = union(a, b, &keys, &[], &[], pairs);
            State::Sets(Lists { offsets, values: take(&values, &UInt32Array::from(rows), None)? })
        }
        (State::Tallies { values: a, counts: na }, State::Tallies { values: b, counts: nb }) => {
            let (values, keys) = together(&a.values, &b.values)?;
            let (offsets, rows, counts) = union(a, b, &keys, na, nb, pairs);
            let values = take(&values, &UInt32Array::from(rows), None)?;
            State::Tallies { values: Lists { offsets, values }, counts }
        }
        (
            State::Picked { values: a, times: ta, ids: ia },
            State::Picked { values: b, times: tb, ids: ib },
        ) => {
            let (values, keys) = together(a, b)?;
            let shift = a.len() as u32;
            let (mut rows, mut times, mut ids) = (Vec::new(), Vec::new(), Vec::new());
            for (x, y) in pairs {
                let x = x.filter(|i| a.is_valid(*i as usize)).map(|i| (i, ta[i as usize], ia[i as usize]));
                let y = y
                    .filter(|i| b.is_valid(*i as usize))
                    .map(|i| (i + shift, tb[i as usize], ib[i as usize]));
                let best = match (x, y) {
                    (Some(x), Some(y)) => Some(if better(aggregate, &keys, y, x) { y } else { x }),
                    (x, y) => x.or(y),
                };
                rows.push(best.map(|best| best.0));
                times.push(best.map_or(0, |best| best.1));
                ids.push(best.map_or(0, |best| best.2));
            }
            State::Picked { values: take(&values, &UInt32Array::from(rows), None)?, times, ids }
        }
        _ => return Err(ArrowError::ComputeError("two states of different shape cannot be merged".into())),
    })
}

/// True if `y` is to be picked rather than `x`. Equal values keep the earlier event.
fn better(aggregate: &Aggregate, keys: &[i64], y: (u32, i64, u128), x: (u32, i64, u128)) -> bool {
    let (key_y, key_x) = (keys[y.0 as usize], keys[x.0 as usize]);
    let (when_y, when_x) = ((y.1, y.2), (x.1, x.2));
    match aggregate {
        Aggregate::Min { .. } => (key_y, when_y) < (key_x, when_x),
        Aggregate::Max { .. } => key_y > key_x || (key_y == key_x && when_y < when_x),
        Aggregate::First { .. } => when_y < when_x,
        _ => when_y > when_x,
    }
}

/// Two arrays as one, with keys that compare across both.
fn together(a: &ArrayRef, b: &ArrayRef) -> Result<(ArrayRef, Vec<i64>), ArrowError> {
    // A part that is empty may not know its type yet.
    let values = match (a.len(), b.len()) {
        (0, _) => b.clone(),
        (_, 0) => a.clone(),
        _ => concat(&[a.as_ref(), b.as_ref()])?,
    };
    // Whatever is put together so is compared, never added up.
    let keys = comparable(&values)?;
    Ok((values, keys))
}

fn union(
    a: &Lists<ArrayRef>,
    b: &Lists<ArrayRef>,
    keys: &[i64],
    counts_a: &[i64],
    counts_b: &[i64],
    pairs: &[Pair],
) -> (Vec<u32>, Vec<u32>, Vec<i64>) {
    let shift = a.values.len() as u32;
    let (mut offsets, mut rows, mut counts) = (vec![0u32], Vec::new(), Vec::new());
    let mut seen: HashMap<i64, usize> = HashMap::new();
    for (x, y) in pairs {
        seen.clear();
        let from_a = x.map_or(0..0, |i| a.rows(i as usize)).map(|row| (row, counts_a.get(row as usize)));
        let from_b =
            y.map_or(0..0, |i| b.rows(i as usize)).map(|row| (row + shift, counts_b.get(row as usize)));
        for (row, count) in from_a.chain(from_b) {
            let next = rows.len();
            let at = *seen.entry(keys[row as usize]).or_insert(next);
            if at == next {
                rows.push(row);
                counts.push(0);
            }
            counts[at] += count.copied().unwrap_or(0);
        }
        offsets.push(rows.len() as u32);
    }
    (offsets, rows, counts)
}

/// The values of a state as of an instant.
pub fn finish(aggregate: &Aggregate, state: State, as_of: AsOf, zone: &Zone) -> Result<ArrayRef, ArrowError> {
    Ok(match state {
        State::Count(counts) => Arc::new(Int64Array::from(counts)),
        State::Sum(sums) => decimals(sums)?,
        State::FirstDay(days) => decimals(days.into_iter().map(|(_, sum)| sum).collect())?,
        State::Picked { values, .. } => values,
        State::Time(times) => {
            let given = NullBuffer::from_iter(times.iter().map(Option::is_some));
            let times: Vec<i64> = times.into_iter().map(Option::unwrap_or_default).collect();
            let days =
                zone.days(&times).into_iter().map(|day| i64::from(as_of.day) - i64::from(day)).collect();
            Arc::new(Int64Array::new(days, Some(given).filter(|given| given.null_count() > 0)))
        }
        State::Sets(sets) => Arc::new(
            (0..sets.offsets.len() - 1).map(|run| Some(sets.len(run) as i64)).collect::<Int64Array>(),
        ),
        State::Steplists(lists) => {
            let n_runs = lists.offsets.len() - 1;
            let steps = (0..n_runs).map(|run| lists.get(run));
            match aggregate {
                Aggregate::Gap { pick } => {
                    Arc::new(steps.map(|days| gap(days, *pick)).collect::<Float64Array>())
                }
                Aggregate::Streak { step, longest } => {
                    let values = steps.map(|steps| Some(streak(steps, *step, *longest, as_of)));
                    Arc::new(values.collect::<Int64Array>())
                }
                _ => Arc::new(steps.map(|steps| Some(steps.len() as i64)).collect::<Int64Array>()),
            }
        }
        State::Bags(bags) => {
            let q = match aggregate {
                Aggregate::Percentile { q, .. } => q.to_f64(),
                _ => 0.5,
            };
            let n_runs = bags.offsets.len() - 1;
            Arc::new((0..n_runs).map(|run| percentile(bags.get(run), q)).collect::<Float64Array>())
        }
        State::Tallies { values, counts } => {
            let keys = comparable(&values.values)?;
            let most = |run: usize| {
                // Ties go to the smallest value.
                values.rows(run).min_by_key(|row| (-counts[*row as usize], keys[*row as usize]))
            };
            let rows: UInt32Array = (0..values.offsets.len() - 1).map(most).collect();
            take(&values.values, &rows, None)?
        }
        State::Moments(moments) => Arc::new(moments.into_iter().map(stddev).collect::<Float64Array>()),
        State::Steps { width, sums, n_runs } => {
            let slope_of = |run: usize| (width >= 2).then(|| slope(&sums[run * width..(run + 1) * width]));
            Arc::new((0..n_runs).map(slope_of).collect::<Float64Array>())
        }
    })
}

fn decimals(values: Vec<i128>) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, 4)?))
}

fn gap(days: &[i64], pick: GapPick) -> Option<f64> {
    let mut gaps: Vec<i64> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (first, last) = (days.first()?, days.last()?);
    if gaps.is_empty() {
        return None;
    }
    Some(match pick {
        GapPick::Mean => (last - first) as f64 / gaps.len() as f64,
        GapPick::Min => *gaps.iter().min()? as f64,
        GapPick::Max => *gaps.iter().max()? as f64,
        GapPick::Median => {
            gaps.sort_unstable();
            let middle = gaps.len() / 2;
            if gaps.len() % 2 == 1 {
                gaps[middle] as f64
            } else {
                (gaps[middle - 1] + gaps[middle]) as f64 / 2.0
            }
        }
    })
}

/// The current run may reach the step of the instant or the one before it: today is not over.
fn streak(steps: &[i64], unit: SpanUnit, longest: bool, as_of: AsOf) -> i64 {
    let (mut run, mut best, mut previous) = (0i64, 0i64, None);
    for &step in steps {
        run = if previous == Some(step - 1) { run + 1 } else { 1 };
        best = best.max(run);
        previous = Some(step);
    }
    if longest {
        return best;
    }
    let now = step_of(as_of.day, unit);
    if previous.is_some_and(|last| last >= now - 1) { run } else { 0 }
}

/// Linear interpolation between order statistics: type 7 of Hyndman and Fan (1996).
fn percentile(values: &[i64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let position = q * (sorted.len().checked_sub(1)? as f64);
    let (below, part) = (position.floor(), position - position.floor());
    let at = |i: usize| sorted.get(i).map(|value| *value as f64 / FIXED_ONE as f64);
    let low = at(below as usize)?;
    Some(match at(below as usize + 1) {
        Some(high) if part > 0.0 => low + (high - low) * part,
        _ => low,
    })
}

/// Sample standard deviation from exact sums: sqrt((n·Σx² - (Σx)²) / (n·(n-1))). The difference is
/// taken in integers of 256 bits, so nothing cancels and the order of events does not matter.
fn stddev((n, sum, squares): (i64, i128, i128)) -> Option<f64> {
    if n < 2 || squares == TOO_LARGE {
        return None;
    }
    let wide = |value: i128| i256::from_i128(value);
    let spread =
        wide(squares).wrapping_mul(wide(i128::from(n))).wrapping_sub(wide(sum).wrapping_mul(wide(sum)));
    let (low, high) = spread.to_parts();
    let spread = high as f64 * 2f64.powi(128) + low as f64;
    let n = n as f64;
    Some((spread / (n * (n - 1.0))).sqrt() / FIXED_ONE as f64)
}

/// Least-squares slope of y over 0, 1, … m-1: Σ(2k-(m-1))·y / Σ(2k-(m-1))² · 2, integers until
/// the one division.
fn slope(sums: &[i128]) -> f64 {
    let m = sums.len() as i128;
    let (mut top, mut bottom) = (0i128, 0i128);
    for (k, sum) in sums.iter().enumerate() {
        let centred = 2 * k as i128 - (m - 1);
        top += centred * sum;
        bottom += centred * centred;
    }
    2.0 * top as f64 / bottom as f64 / FIXED_ONE as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_does_not_cancel() {
        // The sample standard deviation of 1e9 + {4, 7, 13, 16} is sqrt(30).
        let values: Vec<i128> = [4, 7, 13, 16].map(|x| (1_000_000_000 + x) * 10_000).to_vec();
        let (sum, squares) = values.iter().fold((0, 0), |(s, q), x| (s + x, q + x * x));
        assert_eq!(stddev((4, sum, squares)), Some(30f64.sqrt()));
        assert_eq!(stddev((1, 5, 25)), None);
    }

    #[test]
    fn orders_of_two_parts_are_told_apart_by_all_their_bits() {
        let part = |keys: &[i64]| {
            State::Sets(Lists {
                offsets: vec![0, keys.len() as u32],
                values: Arc::new(Int64Array::from(keys.to_vec())),
            })
        };
        let (a, b) = (part(&[i64::MAX, i64::MIN]), part(&[i64::MAX - 1, i64::MIN]));
        let State::Sets(merged) = merge(&Aggregate::Orders, &a, &b, &[(Some(0), Some(0))]).unwrap() else {
            panic!()
        };
        assert_eq!(merged.len(0), 3);
    }

    #[test]
    fn slope_of_a_line_is_its_step() {
        let line: Vec<i128> = (0..12).map(|k| (100 + 7 * k) * 10_000).collect();
        assert_eq!(slope(&line), 7.0);
    }

    #[test]
    fn percentiles_interpolate() {
        let values = [40_000, 10_000, 30_000, 20_000];
        assert_eq!(percentile(&values, 0.5), Some(2.5));
        assert_eq!(percentile(&values, 1.0), Some(4.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn a_streak_is_current_until_a_whole_step_was_missed() {
        let as_of = AsOf { instant_us: 0, day: 100 };
        let current = |steps: &[i64]| streak(steps, SpanUnit::Day, false, as_of);
        assert_eq!(current(&[97, 98, 99]), 3);
        assert_eq!(current(&[99, 100]), 2);
        assert_eq!(current(&[96, 97, 98]), 0);
        assert_eq!(streak(&[1, 2, 3, 9, 10], SpanUnit::Day, true, as_of), 3);
    }
}
