//! The scorecard, tiers and RFM segments of `model/bench.yaml`, written by hand.

use std::collections::BTreeMap;
use std::sync::Mutex;

use gradus_grading::grade::rfm::{RFM11, rfm11_of};

use crate::hand::{Indicators, NONE};

const TIERS: [&str; 4] = ["bronze", "silver", "gold", "diamond"];
/// Ten-thousandths in one.
const ONE: i64 = 10_000;

/// What was graded: scores in ten-thousandths, tier and segment of each customer, and their counts.
#[derive(Default)]
pub struct Graded {
    pub scores: Vec<Vec<i64>>,
    pub tiers: Vec<Vec<u8>>,
    pub segments: Vec<Vec<u8>>,
    pub counts: BTreeMap<String, i64>,
}

pub fn grade(parts: &[Indicators], n_threads: usize) -> Graded {
    let scores = in_parallel(parts.len(), n_threads, |at| {
        let part = &parts[at];
        (0..part.customer.len()).map(|row| score(part, row)).collect::<Vec<i64>>()
    });
    let cutoffs = cutoffs(&scores);
    let all = |pick: fn(&Indicators) -> &Vec<i64>| {
        parts
            .iter()
            .flat_map(move |part| pick(part).iter().copied())
            .filter(|v| *v != NONE)
            .collect::<Vec<i64>>()
    };
    let picks: [fn(&Indicators) -> &Vec<i64>; 3] =
        [|part| &part.recency_days, |part| &part.orders, |part| &part.monetary];
    let cuts = in_parallel(3, n_threads, |axis| quintile_cuts(all(picks[axis])));
    let placed = in_parallel(parts.len(), n_threads, |at| {
        let (part, scores) = (&parts[at], &scores[at]);
        let tiers: Vec<u8> =
            scores.iter().map(|score| cutoffs.iter().filter(|cut| score >= cut).count() as u8).collect();
        let segments: Vec<u8> = (0..scores.len())
            .map(|row| {
                if part.recency_days[row] == NONE {
                    return u8::MAX;
                }
                let bin =
                    |axis: usize, value: i64| cuts[axis].iter().filter(|cut| value > **cut).count() as u16;
                let recency = cuts[0].len() as u16 + 1 - bin(0, part.recency_days[row]);
                let (orders, monetary) = (bin(1, part.orders[row]) + 1, bin(2, part.monetary[row]) + 1);
                rfm11_of(recency, orders, monetary).map_or(u8::MAX, |segment| segment as u8)
            })
            .collect();
        (tiers, segments)
    });
    let mut graded = Graded { scores, ..Graded::default() };
    for (tiers, segments) in placed {
        let mut count = [0i64; 4];
        tiers.iter().for_each(|tier| count[usize::from(*tier)] += 1);
        for (name, n) in TIERS.iter().zip(count).filter(|(_, n)| *n > 0) {
            *graded.counts.entry(format!("member.{name}")).or_default() += n;
        }
        let mut count = [0i64; 256];
        segments.iter().for_each(|segment| count[usize::from(*segment)] += 1);
        for ((name, _, _), n) in RFM11.iter().zip(count).filter(|(_, n)| *n > 0) {
            *graded.counts.entry(format!("rfm.{name}")).or_default() += n;
        }
        graded.tiers.push(tiers);
        graded.segments.push(segments);
    }
    graded
}

fn score(part: &Indicators, row: usize) -> i64 {
    let (orders, monetary) = (part.orders[row], part.monetary[row]);
    let recency = match part.recency_days[row] {
        NONE => 0,
        days => points(days, 1, [7, 30, 90, 180], [10, 8, 5, 3, 1]),
    };
    let average = match orders {
        0 => 0,
        n => points(monetary, ONE * n, [100, 200, 300, 500], [1, 3, 5, 8, 10]),
    };
    let hundredths = 250 * recency
        + 200 * points(orders, 1, [1, 2, 4, 8], [0, 1, 3, 6, 10])
        + 300 * points(monetary, ONE, [100, 300, 800, 2000], [1, 3, 5, 8, 10])
        + 150 * average
        + 100 * points(part.active_months[row], 1, [1, 2, 4, 8], [0, 2, 4, 7, 10])
        + 125 * points(part.spend_90[row], ONE, [1, 200, 500], [0, 3, 6, 10])
        + 50 * points(part.returns_value[row], ONE, [1, 100], [5, 3, 0])
        + 75 * points(part.visits[row], 1, [1, 3, 6], [0, 3, 6, 10]);
    hundredths * 100
}

/// The points of the bin of a value; `unit` is what one is worth in the value's unit.
fn points<const CUTS: usize, const BINS: usize>(
    value: i64,
    unit: i64,
    cuts: [i64; CUTS],
    points: [i64; BINS],
) -> i64 {
    points[cuts.iter().filter(|cut| value >= **cut * unit).count()]
}

/// The least scores of the best 50, 20 and 5 percent, all ties included.
fn cutoffs(scores: &[Vec<i64>]) -> [i64; 3] {
    // Scores are quarters of a point, from 0 to 125.
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    let mut dense = vec![0usize; 1_300_000 / 25];
    for score in scores.iter().flatten() {
        dense[(*score / 25) as usize] += 1;
    }
    counts.extend(dense.iter().enumerate().filter(|(_, n)| **n > 0).map(|(at, n)| (at as i64 * 25, *n)));
    let n: usize = counts.values().sum();
    [50, 20, 5].map(|percent| {
        let wanted = (n * percent).div_ceil(100);
        let mut so_far = 0;
        let reached = counts.iter().rev().find(|(_, n)| {
            so_far += **n;
            so_far >= wanted
        });
        reached.map_or(i64::MAX, |(score, _)| *score)
    })
}

/// Inner edges of five equal parts, type 7, rounded down, edges that coincide merged.
fn quintile_cuts(mut values: Vec<i64>) -> Vec<i64> {
    let Some(last) = values.len().checked_sub(1) else { return Vec::new() };
    let mut edges: Vec<i64> = Vec::new();
    for k in 0..=5usize {
        let (below, part) = (last * k / 5, (last * k % 5) as i64);
        let above = (below + 1).min(last);
        let low = *values.select_nth_unstable(below).1;
        let high = if above == below { low } else { values[above..].iter().min().copied().unwrap_or(low) };
        edges.push(low + (high - low) * part / 5);
    }
    edges.dedup();
    if edges.len() > 2 { edges[1..edges.len() - 1].to_vec() } else { Vec::new() }
}

fn in_parallel<T: Send>(n: usize, n_threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(n));
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if at >= n {
                        return;
                    }
                    let result = work(at);
                    done.lock().unwrap().push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_those_of_the_type_7_quantiles() {
        assert_eq!(quintile_cuts((1..=6).rev().collect()), [2, 3, 4, 5]);
        assert_eq!(quintile_cuts(vec![1, 1, 1, 1, 9]), [2]);
        assert_eq!(cutoffs(&[vec![10_000, 20_000], vec![30_000]]), [20_000, 30_000, 30_000]);
    }
}
