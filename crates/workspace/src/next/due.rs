//! What will be wanted again, by whom, and when: each item has a rhythm, each customer one of their own around it, and not
//! everybody who bought an item ever buys it again.

use gradus_stats::replenish::{Again, Past, Prior};

use super::basis::Basis;
use super::rank::each;

/// Of the interval in which something is due.
const LEVEL: f64 = 0.8;

/// An item that somebody will want again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Due {
    pub customer: u32,
    pub item: u32,
    /// When it was bought last, and when it is due, by days since 1970.
    pub last: i32,
    pub day: f64,
    pub low: f64,
    pub high: f64,
    /// The day when it was due is over, and it was not bought.
    pub overdue: bool,
    /// Days between two purchases, as they are for this customer.
    pub days: f64,
    /// That it is bought within the horizon, given that it was not until now: whoever has stopped is counted with.
    pub within: f64,
}

/// What all items say of who goes on counts as so many purchases of each.
const PRIOR_PURCHASES: f64 = 10.0;

/// The rhythm of each item that has one, and what is due of whom.
#[derive(Debug, Default)]
pub(super) struct Dues {
    pub rhythms: Vec<Option<Again>>,
    /// By customer, the likeliest first.
    pub all: Vec<Due>,
    /// The day on which that is so.
    pub today: i32,
}

impl Dues {
    /// An item has a rhythm from so many intervals on.
    pub fn of(basis: &Basis, today: i32, horizon_days: i32, min_intervals: usize) -> Dues {
        let days = basis.purchase_days();
        let all: Vec<&[(u32, u32, Vec<i32>)]> = days.chunk_by(|a, b| a.0 == b.0).collect();
        let pasts: Vec<Vec<Past>> = all
            .iter()
            .map(|own| own.iter().map(|(_, _, days)| past(days, today)).collect::<Vec<Past>>())
            .collect();
        let has_rhythm = |pasts: &[Past]| {
            let n = pasts.iter().map(|past| past.intervals.len()).sum::<usize>();
            let again = pasts.iter().filter(|past| !past.intervals.is_empty()).count();
            n >= min_intervals.max(2) && again >= 2
        };
        let fitted = |prior: Option<Prior>| -> Vec<Option<Again>> {
            each(all.len(), |at| match has_rhythm(&pasts[at]) {
                true => Again::fit(&pasts[at], prior).ok(),
                false => None,
            })
        };
        let rhythms = fitted(prior_of(&fitted(None)));
        let mut out = Dues { rhythms: vec![None; basis.items.len()], all: Vec::new(), today };
        for ((own, pasts), again) in all.iter().zip(&pasts).zip(rhythms) {
            let (item, Some(again)) = (own[0].0, again) else { continue };
            out.rhythms[item as usize] = Some(again);
            for ((_, customer, days), past) in own.iter().zip(pasts) {
                let Some(last) = days.last() else { continue };
                let due = again.due(past, LEVEL);
                out.all.push(Due {
                    customer: *customer,
                    item,
                    last: *last,
                    day: f64::from(*last) + due.days,
                    low: f64::from(*last) + due.low,
                    high: f64::from(*last) + due.high,
                    overdue: f64::from(*last) + due.days < f64::from(today),
                    days: due.days,
                    within: again.within(past, f64::from(horizon_days)),
                });
            }
        }
        out.all.sort_by(|a, b| {
            a.customer.cmp(&b.customer).then(b.within.total_cmp(&a.within)).then(a.item.cmp(&b.item))
        });
        out
    }

    /// What is due of a customer.
    pub fn of_customer(&self, customer: u32) -> &[Due] {
        let begin = self.all.partition_point(|due| due.customer < customer);
        let end = self.all.partition_point(|due| due.customer <= customer);
        &self.all[begin..end]
    }
}

/// What one customer did with an item until today.
fn past(days: &[i32], today: i32) -> Past {
    let between = |two: &[i32]| f64::from(two[1] - two[0]);
    let open = days.last().map_or(0.0, |last| f64::from((today - last).max(0)));
    Past { intervals: days.windows(2).map(between).collect(), open }
}

/// Who goes on, of all items taken together.
fn prior_of(all: &[Option<Again>]) -> Option<Prior> {
    let (mut first, mut later) = ((0.0, 0.0), (0.0, 0.0));
    for one in all.iter().flatten() {
        let (n_first, n_later) = (one.purchases.0 as f64, one.purchases.1 as f64);
        first = (first.0 + one.first * n_first, first.1 + n_first);
        later = (later.0 + one.later * n_later, later.1 + n_later);
    }
    let share = |(sum, n): (f64, f64)| if n > 0.0 { sum / n } else { 0.5 };
    (first.1 > 0.0).then(|| Prior { first: share(first), later: share(later), purchases: PRIOR_PURCHASES })
}

#[cfg(test)]
mod tests {
    use super::super::basis::Line;
    use super::*;

    #[test]
    fn whoever_buys_every_month_is_due_a_month_later() {
        let line = |customer, day| Line { customer, day, order: 0, item: 0 };
        let mut lines: Vec<Line> = (0..4).map(|at| line(0, 30 * at)).collect();
        lines.extend((0..3).map(|at| line(1, 45 * at)));
        // Bought once: due by the rhythm of the item.
        lines.push(line(2, 90));
        // Bought often, and not for ages.
        lines.extend((0..4).map(|at| line(3, 30 * at - 3_000)));
        lines.sort_unstable();
        let customers = vec![5, 6, 7, 8];
        let basis = Basis { items: vec!["tea".into()], customers, lines, ..Basis::default() };
        let dues = Dues::of(&basis, 100, 30, 5);
        let of = |customer: u32| dues.of_customer(customer)[0];
        assert!(
            (of(0).day - 120.0).abs() < 5.0 && (of(1).day - 135.0).abs() < 5.0,
            "{:?} {:?}",
            of(0),
            of(1)
        );
        assert!(of(2).days > of(0).days && of(2).days < of(1).days, "{:?}", of(2));
        assert!(of(0).within > 0.5 && of(3).within < 1e-6, "{:?} {:?}", of(0), of(3));
        assert!(Dues::of(&basis, 100, 30, 9).all.is_empty(), "eight intervals are too few");
    }
}
