//! How customers moved between levels from one instant to another.

use gradus_grading::grade::OutputKind;
use gradus_model::Text;
use serde::{Deserialize, Serialize};

use super::{Codes, GradedBase, NONE, SummaryError, SummaryOptions, UNKNOWN, plain, units};

/// One tier scheme between two instants. Both lists of states end with "not graded"; the rows then
/// have "new" (not there before), the columns "gone" (not there any more).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Migration {
    pub scheme: String,
    pub title: Text,
    pub from_as_of: String,
    pub to_as_of: String,
    /// Levels, lowest first.
    pub levels: Vec<(String, Text)>,
    /// `counts[from][to]`: rows levels…, not graded, new; columns levels…, not graded, gone.
    pub counts: Vec<Vec<u64>>,
    pub n_up: u64,
    pub n_down: u64,
    pub n_same: u64,
    /// Who moved furthest, and among them who is worth most; first those who rose.
    pub risen: Vec<Mover>,
    pub fallen: Vec<Mover>,
}

/// A customer who changed level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mover {
    pub customer: i64,
    /// Positions in [`Migration::levels`].
    pub from: usize,
    pub to: usize,
    pub value: Option<f64>,
}

/// The levels of one scheme over the instants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelHistory {
    pub scheme: String,
    pub title: Text,
    pub levels: Vec<(String, Text)>,
    pub points: Vec<LevelPoint>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelPoint {
    pub as_of: String,
    pub counts: Vec<u64>,
    pub not_graded: u64,
}

/// One migration per tier scheme that both instants know.
pub fn migrate(
    before: &GradedBase,
    after: &GradedBase,
    options: &SummaryOptions,
) -> Result<Vec<Migration>, SummaryError> {
    let (customers_before, customers_after) = (before.customers()?, after.customers()?);
    // The same customers in the same order need no other one; two gradings of one ledger mostly are so.
    let (order_before, order_after) = match customers_before == customers_after {
        true => (None, None),
        false => (ascending(&customers_before), ascending(&customers_after)),
    };
    let money = match options.value_indicator.as_deref().filter(|name| after.has(name)) {
        Some(name) if options.n_movers > 0 => Some(after.fixed(name)?),
        _ => None,
    };
    let mut migrations = Vec::new();
    for column in after.of_kind(OutputKind::Tier).filter(|column| after.has(&column.name)) {
        if !before.has(&column.name) {
            continue;
        }
        let to = after.codes(&column.name, &column.values, plain)?;
        // The older instant may know levels that the newer model dropped; they come last.
        let from = before.codes(&column.name, &to.names, plain)?;
        let to = Codes { names: from.names.clone(), codes: to.codes };
        let n = to.names.len();
        let mut counts = vec![vec![0u64; n + 2]; n + 2];
        let state = |code: u16| if code == NONE { n } else { usize::from(code) };
        let mut movers = Movers::new(options.n_movers);
        let (mut b, mut a) = (0, 0);
        loop {
            let row_b = at(&order_before, b, customers_before.len());
            let row_a = at(&order_after, a, customers_after.len());
            let (from_state, to_state) = match (row_b, row_a) {
                (None, None) => break,
                (Some(row_b), None) => {
                    b += 1;
                    (state(from.codes[row_b]), n + 1)
                }
                (None, Some(row_a)) => {
                    a += 1;
                    (n + 1, state(to.codes[row_a]))
                }
                (Some(row_b), Some(row_a)) => {
                    let (id_b, id_a) = (customers_before[row_b], customers_after[row_a]);
                    if id_b < id_a {
                        b += 1;
                        (state(from.codes[row_b]), n + 1)
                    } else if id_a < id_b {
                        a += 1;
                        (n + 1, state(to.codes[row_a]))
                    } else {
                        (a, b) = (a + 1, b + 1);
                        let (one, other) = (state(from.codes[row_b]), state(to.codes[row_a]));
                        if one != other && one < n && other < n {
                            let value = money.as_ref().map_or(UNKNOWN, |money| money[row_a]);
                            movers.offer(id_a, one, other, value);
                        }
                        (one, other)
                    }
                }
            };
            counts[from_state][to_state] += 1;
        }
        let sum = |keep: &dyn Fn(usize, usize) -> bool| -> u64 {
            (0..n)
                .flat_map(|f| (0..n).map(move |t| (f, t)))
                .filter(|(f, t)| keep(*f, *t))
                .map(|(f, t)| counts[f][t])
                .sum()
        };
        let (n_up, n_down, n_same) = (sum(&|f, t| f < t), sum(&|f, t| f > t), sum(&|f, t| f == t));
        let (risen, fallen) = movers.finish();
        migrations.push(Migration {
            scheme: column.name.clone(),
            title: column.title.clone(),
            from_as_of: before.as_of.clone(),
            to_as_of: after.as_of.clone(),
            levels: to.names,
            counts,
            n_up,
            n_down,
            n_same,
            risen,
            fallen,
        });
    }
    Ok(migrations)
}

/// The counts of one scheme's levels at one instant; levels are added to `levels` as they occur.
pub fn level_point(
    base: &GradedBase,
    scheme: &str,
    levels: &mut Vec<(String, Text)>,
) -> Result<LevelPoint, SummaryError> {
    let codes = base.codes(scheme, levels, plain)?;
    *levels = codes.names;
    let mut counts = vec![0u64; levels.len()];
    let mut not_graded = 0;
    for code in codes.codes {
        match counts.get_mut(usize::from(code)) {
            Some(count) => *count += 1,
            None => not_graded += 1,
        }
    }
    Ok(LevelPoint { as_of: base.as_of.clone(), counts, not_graded })
}

pub(crate) fn history(bases: &[GradedBase]) -> Result<Vec<LevelHistory>, SummaryError> {
    let Some(last) = bases.last() else { return Ok(Vec::new()) };
    let mut histories = Vec::new();
    for column in last.of_kind(OutputKind::Tier) {
        let mut levels = column.values.clone();
        let mut points = Vec::new();
        for base in bases.iter().filter(|base| base.has(&column.name)) {
            points.push(level_point(base, &column.name, &mut levels)?);
        }
        for point in &mut points {
            point.counts.resize(levels.len(), 0);
        }
        histories.push(LevelHistory {
            scheme: column.name.clone(),
            title: column.title.clone(),
            levels,
            points,
        });
    }
    Ok(histories)
}

/// Rows by ascending customer; none if they already are.
fn ascending(customers: &[i64]) -> Option<Vec<u32>> {
    if customers.is_sorted() {
        return None;
    }
    let mut rows: Vec<u32> = (0..customers.len() as u32).collect();
    rows.sort_unstable_by_key(|row| customers[*row as usize]);
    Some(rows)
}

fn at(order: &Option<Vec<u32>>, position: usize, n: usize) -> Option<usize> {
    match order {
        None => (position < n).then_some(position),
        Some(rows) => rows.get(position).map(|row| *row as usize),
    }
}

/// Keeps the few that matter while millions pass by.
struct Movers {
    n: usize,
    risen: Vec<(usize, i64, i64, usize, usize)>,
    fallen: Vec<(usize, i64, i64, usize, usize)>,
}

impl Movers {
    fn new(n: usize) -> Movers {
        Movers { n, risen: Vec::new(), fallen: Vec::new() }
    }

    fn offer(&mut self, customer: i64, from: usize, to: usize, value: i64) {
        if self.n == 0 {
            return;
        }
        let list = if to > from { &mut self.risen } else { &mut self.fallen };
        list.push((from.abs_diff(to), value, customer, from, to));
        if list.len() >= self.n.saturating_mul(64).max(1024) {
            trim(list, self.n);
        }
    }

    fn finish(mut self) -> (Vec<Mover>, Vec<Mover>) {
        let n = self.n;
        let done = |list: &mut Vec<(usize, i64, i64, usize, usize)>| {
            trim(list, n);
            list.iter()
                .map(|(_, value, customer, from, to)| Mover {
                    customer: *customer,
                    from: *from,
                    to: *to,
                    value: (*value != UNKNOWN).then(|| units(i128::from(*value))),
                })
                .collect()
        };
        (done(&mut self.risen), done(&mut self.fallen))
    }
}

fn trim(list: &mut Vec<(usize, i64, i64, usize, usize)>, n: usize) {
    list.sort_unstable_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then(a.2.cmp(&b.2)));
    list.truncate(n);
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Month, base};
    use super::*;

    fn options() -> SummaryOptions {
        SummaryOptions { value_indicator: Some("monetary".into()), n_movers: 3, ..SummaryOptions::default() }
    }

    #[test]
    fn every_customer_is_in_one_cell() {
        let (before, after) = (base(Month(0), 500), base(Month(1), 640));
        let found = &migrate(&before, &after, &options()).unwrap()[0];
        let n = found.levels.len();
        assert_eq!(found.counts.iter().flatten().sum::<u64>(), 640);
        assert_eq!(found.counts[n + 1].iter().sum::<u64>(), 140, "new ones");
        assert_eq!(found.counts.iter().map(|row| row[n + 1]).sum::<u64>(), 0, "nobody is gone");
        assert_eq!(found.counts[n][n], 50, "not graded stay so");
        assert_eq!(found.n_up + found.n_down + found.n_same, 450);
        assert_eq!(found.risen.len(), 3);
        assert!(found.risen.iter().all(|mover| mover.to > mover.from));
        let back = &migrate(&after, &before, &options()).unwrap()[0];
        assert_eq!((back.n_up, back.n_down), (found.n_down, found.n_up));
        assert_eq!(back.counts.iter().map(|row| row[n + 1]).sum::<u64>(), 140);
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let (before, after) = (base(Month(0), 500), base(Month(1), 640));
        let mut turned = after.clone();
        turned.batches.reverse();
        assert_eq!(
            migrate(&before, &after, &options()).unwrap(),
            migrate(&before, &turned, &options()).unwrap()
        );
    }

    #[test]
    fn a_level_that_was_dropped_keeps_its_column() {
        let before = base(Month(0), 100);
        let mut after = base(Month(1), 100);
        for column in after.columns.iter_mut().filter(|column| column.name == "tier") {
            column.values.retain(|(name, _)| name != "silver");
        }
        let histories = history(&[before, after]).unwrap();
        assert_eq!(histories[0].levels.len(), 3);
        assert!(histories[0].points.iter().all(|point| point.counts.len() == 3));
    }
}
