//! How good the lists are: learned from what was known on an earlier day, held against what was bought after it.

use std::collections::BTreeSet;

use gradus_feedback::interval::Interval;
use gradus_model::Text;
use gradus_model::document::NextMethod;
use gradus_stats::normal;
use gradus_stats::ranking::ranking;
use serde::{Deserialize, Serialize};

use super::basis::Basis;
use super::rank::{Fitted, each};
use crate::summary::percent;

const LEVEL: f64 = 0.95;

/// One method over a held-out stretch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ranked {
    /// `popular`, `recent`, `rules`, `factors` or `due`.
    pub method: String,
    pub title: Text,
    /// Customers who can judge: known on the day, and bought something that could be on a list.
    pub n: u64,
    /// The share with at least one hit among the first `k`.
    pub hit_rate: Told,
    pub ndcg: f64,
    pub recall: f64,
    /// Different items on all lists.
    pub n_items: u64,
}

/// An estimate with its interval, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Told {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl From<Interval> for Told {
    fn from(one: Interval) -> Told {
        Told { value: one.value, low: one.low, high: one.high }
    }
}

/// What was due, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DueJudged {
    /// Customers and items that have a rhythm.
    pub n: u64,
    /// How many of them were expected to be bought in the stretch.
    pub expected: f64,
    /// How many were.
    pub came: u64,
    /// The standard deviation of those that come, were each chance right and each purchase for itself.
    #[serde(default)]
    pub spread: f64,
}

/// Far off is what is neither within this factor, nor explained by chance.
const DOUBTFUL: f64 = 1.5;
const USELESS: f64 = 2.0;
const N_SPREADS: f64 = 3.0;

/// What the held-out stretches say of due dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DueVerdict {
    Fine,
    /// Off by more than half: to be taken with care.
    Doubtful,
    /// Off by a factor of two or more: nothing is said to be due.
    Useless,
}

impl DueJudged {
    /// Of several stretches together.
    pub(super) fn sum(all: &[NextJudged]) -> Option<DueJudged> {
        all.iter().filter_map(|one| one.due).reduce(|a, b| DueJudged {
            n: a.n + b.n,
            expected: a.expected + b.expected,
            came: a.came + b.came,
            spread: a.spread.hypot(b.spread),
        })
    }

    pub(super) fn verdict(&self) -> DueVerdict {
        let came = self.came as f64;
        let off_by = (self.expected.max(1.0) / came.max(1.0)).max(came.max(1.0) / self.expected.max(1.0));
        let by_chance = (self.expected - came).abs() <= N_SPREADS * self.spread;
        match off_by {
            _ if by_chance => DueVerdict::Fine,
            off if off >= USELESS => DueVerdict::Useless,
            off if off >= DOUBTFUL => DueVerdict::Doubtful,
            _ => DueVerdict::Fine,
        }
    }
}

/// A held-out stretch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NextJudged {
    /// The day of which only what was known is learned from, and the last day that is held against it.
    pub from: String,
    pub until: String,
    pub k: usize,
    /// The best NDCG first.
    pub methods: Vec<Ranked>,
    pub best: String,
    /// What everybody buys, or bought lately, whichever is better: what any method has to beat.
    pub baseline: String,
    /// Hit rate of the best method less that of the baseline, customer by customer.
    pub difference: Told,
    pub due: Option<DueJudged>,
    pub words: Text,
}

/// What was bought after the day, by the numbers of the basis; items that nobody had bought before have numbers of
/// their own beyond.
pub(super) fn after(basis: &Basis, later: &Basis, day: i32, until: i32) -> Vec<Vec<u32>> {
    let mut out = vec![BTreeSet::new(); basis.customers.len()];
    for line in later.lines.iter().filter(|line| line.day > day && line.day <= until) {
        let Some(customer) = basis.customer(later.customers[line.customer as usize]) else { continue };
        let item = basis.item(&later.items[line.item as usize]);
        out[customer as usize].insert(item.unwrap_or(basis.items.len() as u32 + line.item));
    }
    out.into_iter().map(|items| items.into_iter().collect()).collect()
}

/// Whether an item cannot be on a customer's list, or be due: refused by them, out of stock or excluded.
pub(super) type Shut<'a> = &'a (dyn Fn(u32, u32) -> bool + Sync);

/// Judges each method; none if nobody can judge.
pub(super) fn judge(
    fitted: &Fitted,
    bought: &[Vec<u32>],
    shut: Shut<'_>,
    again: bool,
    k: usize,
    (from, until): (String, String),
) -> Option<NextJudged> {
    // What somebody had already is no answer to a list of what they have not.
    let wanted: Vec<Vec<u32>> = bought
        .iter()
        .zip(&fitted.has)
        .zip(0u32..)
        .map(|((bought, has), customer)| {
            let could = |item: &u32| (again || has.binary_search(item).is_err()) && !shut(customer, *item);
            bought.iter().copied().filter(could).collect()
        })
        .collect();
    let judges: Vec<u32> = (0..wanted.len() as u32).filter(|at| !wanted[*at as usize].is_empty()).collect();
    let wanted: Vec<Vec<u32>> = judges.iter().map(|at| wanted[*at as usize].clone()).collect();
    let mut all: Vec<(NextMethod, Ranked, Vec<bool>)> = Vec::new();
    for how in fitted.methods() {
        let lists: Vec<Vec<u32>> = each(judges.len(), |at| {
            let customer = judges[at];
            let list = fitted.list(how, customer, k, &|item| shut(customer, item));
            list.into_iter().map(|pick| pick.item).collect()
        });
        let found = ranking(&lists, &wanted, k, LEVEL).ok()?;
        let hit = |(list, wanted): (&Vec<u32>, &Vec<u32>)| list.iter().any(|item| wanted.contains(item));
        let hits = lists.iter().zip(&wanted).map(hit).collect();
        let ranked = Ranked {
            method: how.name().into(),
            title: super::why::method(how),
            n: found.n,
            hit_rate: Interval::from(found.hit_rate).into(),
            ndcg: found.ndcg,
            recall: found.recall,
            n_items: found.n_items as u64,
        };
        all.push((how, ranked, hits));
    }
    all.sort_by(|a, b| b.1.ndcg.total_cmp(&a.1.ndcg).then(a.0.cmp(&b.0)));
    let best = all.first()?;
    let baseline = all.iter().find(|one| matches!(one.0, NextMethod::Popular | NextMethod::Recent))?;
    let difference = paired(&best.2, &baseline.2);
    let (is_baseline, n) = (best.0 == baseline.0, best.1.n);
    let (first, base) = (percent(best.1.hit_rate.value, 1), percent(baseline.1.hit_rate.value, 1));
    let (low, high) = (difference.low * 100.0, difference.high * 100.0);
    let words = match is_baseline {
        true => Text::new(
            format!(
                "{from} 之后到 {until}：{n} 位客户可以检验；没有一种方法胜过「{}」，前 {k} 个里至少中一个的占 {first}",
                best.1.title.zh
            ),
            format!(
                "after {from} until {until}: {n} customers can judge; no method beats “{}”, with a hit among the first {k} for {first}",
                best.1.title.en
            ),
        ),
        false => Text::new(
            format!(
                "{from} 之后到 {until}：{n} 位客户可以检验；「{}」前 {k} 个里至少中一个的占 {first}，「{}」占 {base}，差 {:+.1} 个百分点（95% 区间 {low:+.1} 至 {high:+.1}）",
                best.1.title.zh,
                baseline.1.title.zh,
                difference.value * 100.0
            ),
            format!(
                "after {from} until {until}: {n} customers can judge; “{}” has a hit among the first {k} for {first}, “{}” for {base}: {:+.1} points (95% interval {low:+.1} to {high:+.1})",
                best.1.title.en,
                baseline.1.title.en,
                difference.value * 100.0
            ),
        ),
    };
    Some(NextJudged {
        from,
        until,
        k,
        best: best.0.name().into(),
        baseline: baseline.0.name().into(),
        difference,
        due: due_judged(fitted, bought, shut),
        words,
        methods: all.into_iter().map(|one| one.1).collect(),
    })
}

/// The difference of two shares of the same customers.
fn paired(one: &[bool], other: &[bool]) -> Told {
    let n = one.len().max(1) as f64;
    let of = |(one, other): (&bool, &bool)| f64::from(i8::from(*one) - i8::from(*other));
    let value = one.iter().zip(other).map(of).sum::<f64>() / n;
    let square = one.iter().zip(other).map(|pair| (of(pair) - value).powi(2)).sum::<f64>();
    let error = (square / (n - 1.0).max(1.0) / n).sqrt();
    let half = normal::critical(LEVEL) * error;
    Told { value, low: value - half, high: value + half }
}

fn due_judged(fitted: &Fitted, bought: &[Vec<u32>], shut: Shut<'_>) -> Option<DueJudged> {
    let all: Vec<&super::due::Due> =
        fitted.dues.all.iter().filter(|due| !shut(due.customer, due.item)).collect();
    let came = |due: &&&super::due::Due| bought[due.customer as usize].binary_search(&due.item).is_ok();
    (!all.is_empty()).then(|| DueJudged {
        n: all.len() as u64,
        expected: all.iter().map(|due| due.within).sum(),
        came: all.iter().filter(came).count() as u64,
        spread: all.iter().map(|due| due.within * (1.0 - due.within)).sum::<f64>().sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_dates_that_do_not_come_true_are_doubted_or_withheld() {
        let of =
            |expected: f64, came| DueJudged { n: 10_000, expected, came, spread: expected.sqrt() }.verdict();
        assert_eq!(of(55_168.0, 17_511), DueVerdict::Useless);
        assert_eq!(of(500.0, 300), DueVerdict::Doubtful);
        assert_eq!(of(500.0, 460), DueVerdict::Fine);
        assert_eq!(of(3.0, 1), DueVerdict::Fine, "chance explains it");
        assert_eq!(of(100.0, 0), DueVerdict::Useless);
    }

    #[test]
    fn a_paired_difference_knows_that_customers_are_the_same() {
        let one = [true, true, true, false, false];
        let told = paired(&one, &[true, false, false, false, false]);
        assert!((told.value - 0.4).abs() < 1e-12);
        // Differences 0 1 1 0 0: variance 0.3, standard error sqrt(0.3/5).
        assert!((told.high - told.value - 1.959964 * (0.06f64).sqrt()).abs() < 1e-6);
        let same = paired(&one, &one);
        assert_eq!((same.value, same.low, same.high), (0.0, 0.0, 0.0));
    }
}
