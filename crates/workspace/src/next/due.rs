//! What will be wanted again, and when: each item has a rhythm, and each customer one of their own around it.

use gradus_stats::normal;
use gradus_stats::replenish::Rhythm;

use super::basis::Basis;

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
    /// Days between two purchases, as they are for this customer.
    pub days: f64,
    /// That it is bought within the horizon, given that it was not until now.
    pub within: f64,
}

/// The rhythm of each item that has one, and what is due of whom.
#[derive(Debug, Default)]
pub(super) struct Dues {
    pub rhythms: Vec<Option<Rhythm>>,
    /// By customer, the likeliest first.
    pub all: Vec<Due>,
}

impl Dues {
    /// An item has a rhythm from so many intervals on.
    pub fn of(basis: &Basis, today: i32, horizon_days: i32, min_intervals: usize) -> Dues {
        let days = basis.purchase_days();
        let mut out = Dues { rhythms: vec![None; basis.items.len()], all: Vec::new() };
        for own in days.chunk_by(|a, b| a.0 == b.0) {
            let item = own[0].0;
            let intervals: Vec<Vec<f64>> = own.iter().map(|(_, _, days)| between(days)).collect();
            let again = intervals.iter().filter(|one| !one.is_empty()).count();
            if intervals.iter().map(Vec::len).sum::<usize>() < min_intervals.max(2) || again < 2 {
                continue;
            }
            let Ok(rhythm) = Rhythm::fit(&intervals) else { continue };
            out.rhythms[item as usize] = Some(rhythm);
            for ((_, customer, days), intervals) in own.iter().zip(&intervals) {
                let Some(last) = days.last() else { continue };
                let due = rhythm.due(intervals, LEVEL);
                let passed = f64::from(today - last);
                out.all.push(Due {
                    customer: *customer,
                    item,
                    last: *last,
                    day: f64::from(*last) + due.days,
                    low: f64::from(*last) + due.low,
                    high: f64::from(*last) + due.high,
                    days: due.days,
                    within: within(due.days, due.high, passed, f64::from(horizon_days)),
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

fn between(days: &[i32]) -> Vec<f64> {
    days.windows(2).map(|two| f64::from(two[1] - two[0])).collect()
}

/// That a log-normal interval with this median and upper bound ends within the horizon, having lasted so long.
fn within(median: f64, high: f64, passed: f64, horizon: f64) -> f64 {
    let spread = (high.ln() - median.ln()) / normal::critical(LEVEL);
    if spread <= 0.0 {
        return f64::from(u8::from(median > passed && median <= passed + horizon));
    }
    let lasts =
        |days: f64| if days <= 0.0 { 1.0 } else { normal::survival((days.ln() - median.ln()) / spread) };
    let until_now = lasts(passed);
    if until_now < 1e-9 { 0.0 } else { 1.0 - lasts(passed + horizon) / until_now }
}

#[cfg(test)]
mod tests {
    use super::super::basis::Line;
    use super::*;

    #[test]
    fn whoever_buys_every_month_is_due_a_month_later() {
        let line = |customer, day| Line { customer, day, order: 0, item: 0 };
        let mut lines: Vec<Line> = (0..4).map(|at| line(0, 30 * at)).collect();
        lines.extend((0..4).map(|at| line(1, 60 * at)));
        // Bought once: due by the rhythm of the item.
        lines.push(line(2, 100));
        let basis = Basis { items: vec!["tea".into()], customers: vec![5, 6, 7], lines, ..Basis::default() };
        let dues = Dues::of(&basis, 100, 30, 5);
        let of = |customer: u32| dues.of_customer(customer)[0];
        assert_eq!((of(0).last, of(0).day, of(1).day), (90, 120.0, 240.0));
        assert!((of(2).days - (30f64 * 60.0).sqrt()).abs() < 1e-9, "{:?}", of(2));
        assert!(of(0).within == 1.0 && of(1).within == 0.0, "{:?} {:?}", of(0), of(1));
        assert!(Dues::of(&basis, 100, 30, 7).all.is_empty(), "six intervals are too few");
    }

    #[test]
    fn what_is_long_overdue_is_not_awaited_for_ever() {
        let sure = |passed| within(30.0, 33.0, passed, 30.0);
        assert!(sure(20.0) > 0.99 && sure(0.0) > 0.4 && sure(0.0) < 0.6);
        assert_eq!(sure(3_000.0), 0.0);
        assert_eq!((within(30.0, 30.0, 10.0, 30.0), within(30.0, 30.0, 31.0, 30.0)), (1.0, 0.0));
    }
}
