//! What was bought: the lines of the ledger as customers, items, days and orders.

use std::collections::{BTreeSet, HashMap};

use gradus_grading::fold::Zone;
use gradus_stats::factorise::Strength;

use crate::lines::{Lines, holds_at, text_at};

/// One item of one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub customer: u32,
    pub day: i32,
    /// 0: of no order.
    pub order: i64,
    pub item: u32,
}

/// What was bought up to an instant. Customers and items ascend, so that nothing depends on how they were read.
#[derive(Debug, Default)]
pub(super) struct Basis {
    pub customers: Vec<i64>,
    pub items: Vec<String>,
    /// What people call an item, as its newest line says; the item itself if nothing does.
    pub titles: Vec<String>,
    /// As its newest line says; all of them if nothing was asked.
    pub available: Vec<bool>,
    /// By customer, then by day.
    pub lines: Vec<Line>,
    /// Items beyond the most that are looked at: the rarest ones.
    pub n_left_out: usize,
}

/// Where the values of a line stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub title: Option<usize>,
    pub available: Option<usize>,
}

impl Basis {
    pub fn of(lines: &Lines, columns: Columns, zone: &Zone, max_items: usize) -> Basis {
        let mut names: HashMap<&str, u32> = HashMap::new();
        let mut found: Vec<(i64, i64, i64, u32)> = Vec::new();
        // The newest line of each item: when, what it is called, whether it is available.
        let mut newest: Vec<(i64, Option<&str>, bool)> = Vec::new();
        for (batch, row) in lines.each() {
            let Some(item) = text_at(&batch.values[0], row).map(str::trim).filter(|item| !item.is_empty())
            else {
                continue;
            };
            let next = names.len() as u32;
            let at = *names.entry(item).or_insert(next);
            let time = batch.times[row];
            let title = columns.title.and_then(|column| text_at(&batch.values[column], row));
            let available = columns.available.is_none_or(|column| holds_at(&batch.values[column], row));
            match newest.get_mut(at as usize) {
                None => newest.push((time, title, available)),
                // Of lines of one instant the greater title, so that the order of reading does not matter.
                Some(known) if (time, title) >= (known.0, known.1) => *known = (time, title, available),
                Some(_) => {}
            }
            found.push((batch.customers[row], time, batch.orders[row], at));
        }
        let mut owners: Vec<(u32, i64)> = found.iter().map(|line| (line.3, line.0)).collect();
        owners.sort_unstable();
        owners.dedup();
        let mut counts = vec![0u64; names.len()];
        owners.iter().for_each(|(item, _)| counts[*item as usize] += 1);
        let mut order: Vec<(&str, u32)> = names.into_iter().collect();
        order.sort_unstable_by(|a, b| counts[b.1 as usize].cmp(&counts[a.1 as usize]).then(a.0.cmp(b.0)));
        let n_left_out = order.len().saturating_sub(max_items);
        order.truncate(max_items);
        order.sort_unstable();
        let mut place = vec![u32::MAX; newest.len()];
        order.iter().zip(0..).for_each(|((_, at), own)| place[*at as usize] = own);
        let mut customers: Vec<i64> =
            found.iter().filter(|line| place[line.3 as usize] != u32::MAX).map(|line| line.0).collect();
        customers.sort_unstable();
        customers.dedup();
        let mut out: Vec<Line> = found
            .iter()
            .filter(|line| place[line.3 as usize] != u32::MAX)
            .filter_map(|(customer, time, order, item)| {
                let customer = customers.binary_search(customer).ok()? as u32;
                Some(Line { customer, day: zone.day(*time), order: *order, item: place[*item as usize] })
            })
            .collect();
        out.sort_unstable();
        Basis {
            titles: order
                .iter()
                .map(|(item, at)| newest[*at as usize].1.unwrap_or(item).to_string())
                .collect(),
            available: order.iter().map(|(_, at)| newest[*at as usize].2).collect(),
            items: order.into_iter().map(|(item, _)| item.to_string()).collect(),
            customers,
            lines: out,
            n_left_out,
        }
    }

    /// Items that nobody is shown: not available, or excluded.
    pub fn blocked(&self, exclude: &[String]) -> Vec<bool> {
        let all = self.items.iter().zip(&self.available);
        all.map(|(item, available)| !available || exclude.contains(item)).collect()
    }

    pub fn item(&self, text: &str) -> Option<u32> {
        self.items.binary_search_by(|item| item.as_str().cmp(text)).ok().map(|at| at as u32)
    }

    pub fn customer(&self, id: i64) -> Option<u32> {
        self.customers.binary_search(&id).ok().map(|at| at as u32)
    }

    /// Each customer's lines.
    pub fn by_customer(&self) -> impl Iterator<Item = &[Line]> {
        self.lines.chunk_by(|a, b| a.customer == b.customer)
    }

    /// What each customer has, each item once and ascending.
    pub fn has(&self) -> Vec<Vec<u32>> {
        let own = |lines: &[Line]| {
            lines.iter().map(|line| line.item).collect::<BTreeSet<u32>>().into_iter().collect()
        };
        self.by_customer().map(own).collect()
    }

    /// What each customer bought on the days after `day`.
    pub fn has_since(&self, day: i32) -> Vec<Vec<u32>> {
        let own = |lines: &[Line]| {
            let recent = lines.iter().filter(|line| line.day > day).map(|line| line.item);
            recent.collect::<BTreeSet<u32>>().into_iter().collect()
        };
        self.by_customer().map(own).collect()
    }

    /// What lay together in one order; of what has no order, what was bought on one day.
    pub fn baskets(&self) -> Vec<Vec<u32>> {
        let together = |a: &Line, b: &Line| {
            a.customer == b.customer && a.order == b.order && (a.order != 0 || a.day == b.day)
        };
        let mut lines = self.lines.clone();
        lines.sort_unstable_by_key(|line| (line.customer, line.order, line.day, line.item));
        lines.chunk_by(together).map(|lines| lines.iter().map(|line| line.item).collect()).collect()
    }

    /// On how many days each customer bought each item.
    pub fn strengths(&self) -> Vec<Strength> {
        let mut days: Vec<(u32, u32, i32)> =
            self.lines.iter().map(|line| (line.customer, line.item, line.day)).collect();
        days.sort_unstable();
        days.dedup();
        days.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
            .map(|own| Strength { customer: own[0].0, item: own[0].1, strength: own.len() as f64 })
            .collect()
    }

    /// The days on which each customer bought each item: by item, then by customer.
    pub fn purchase_days(&self) -> Vec<(u32, u32, Vec<i32>)> {
        let mut days: Vec<(u32, u32, i32)> =
            self.lines.iter().map(|line| (line.item, line.customer, line.day)).collect();
        days.sort_unstable();
        days.dedup();
        days.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
            .map(|own| (own[0].0, own[0].1, own.iter().map(|one| one.2).collect()))
            .collect()
    }
}
