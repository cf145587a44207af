//! Lift and gain by equal parts of the customers, the best scores first (the table of Siddiqi 2006, Credit
//! Risk Scorecards, ch. 9). Ties in the score straddle parts, so the order within ties is the caller's and
//! stays: part d holds rows floor((d-1)n/parts) … floor(dn/parts)-1 of the stable order.

/// One part of the customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    pub n: u64,
    pub n_with: u64,
    /// The share of them with the outcome, over that of all.
    pub lift: f64,
    /// Of all with the outcome, the share in this part and the better ones.
    pub captured: f64,
    /// The share with the outcome in this part and the better ones, over that of all.
    pub cumulative_lift: f64,
    /// What they brought.
    pub value: f64,
    /// Of all that was brought, the share of this part and the better ones; no number if nothing was.
    pub value_captured: f64,
}

/// The order by score from the highest; equal scores stay in the order they are given.
pub fn best_first(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    order
}

/// The part, from 0, of each row.
pub fn part_of(order: &[usize], n_parts: usize) -> Vec<usize> {
    let mut parts = vec![0; order.len()];
    for part in 0..n_parts {
        let (from, to) = bounds(order.len(), n_parts, part);
        order[from..to].iter().for_each(|row| parts[*row] = part);
    }
    parts
}

/// The table. `None` without customers or parts, or if the lists differ in length; a lift is no number
/// where nobody has the outcome.
pub fn lift(order: &[usize], outcomes: &[bool], values: &[f64], n_parts: usize) -> Option<Vec<Part>> {
    let n = order.len();
    if n == 0 || n_parts == 0 || outcomes.len() != n || values.len() != n {
        return None;
    }
    let all_with = outcomes.iter().filter(|outcome| **outcome).count() as f64;
    let all_value: f64 = values.iter().sum();
    let rate = all_with / n as f64;
    let (mut seen, mut with, mut brought) = (0u64, 0u64, 0.0);
    let mut out = Vec::with_capacity(n_parts);
    for part in 0..n_parts {
        let (from, to) = bounds(n, n_parts, part);
        let rows = &order[from..to];
        let n_with = rows.iter().filter(|row| outcomes[**row]).count() as u64;
        let value: f64 = rows.iter().map(|row| values[*row]).sum();
        (seen, with, brought) = (seen + rows.len() as u64, with + n_with, brought + value);
        out.push(Part {
            n: rows.len() as u64,
            n_with,
            lift: n_with as f64 / rows.len() as f64 / rate,
            captured: with as f64 / all_with,
            cumulative_lift: with as f64 / seen as f64 / rate,
            value,
            value_captured: brought / all_value,
        });
    }
    Some(out)
}

fn bounds(n: usize, n_parts: usize, part: usize) -> (usize, usize) {
    let at = |part: usize| (n as u128 * part as u128 / n_parts as u128) as usize;
    (at(part), at(part + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_stay_in_the_order_they_are_given() {
        let order = best_first(&[1.0, 3.0, 3.0, 2.0, 3.0]);
        assert_eq!(order, [1, 2, 4, 3, 0]);
        assert_eq!(part_of(&order, 2), [1, 0, 0, 1, 1], "the first part of five has two");
    }

    #[test]
    fn the_table_adds_up() {
        let outcomes = [true, true, false, true, false, false, false, false];
        let order: Vec<usize> = (0..8).collect();
        let values = [6.0, 2.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let parts = lift(&order, &outcomes, &values, 4).unwrap();
        let short: Vec<(u64, u64, f64, f64)> =
            parts.iter().map(|part| (part.n, part.n_with, part.captured, part.value_captured)).collect();
        assert_eq!(short, [(2, 2, 2.0 / 3.0, 0.8), (2, 1, 1.0, 1.0), (2, 0, 1.0, 1.0), (2, 0, 1.0, 1.0)]);
        assert!((parts[0].lift - 1.0 / 0.375).abs() < 1e-15);
        assert_eq!(parts[3].cumulative_lift, 1.0);
        assert_eq!(lift(&[], &[], &[], 10), None);
        assert!(lift(&[0], &[false], &[0.0], 1).unwrap()[0].lift.is_nan());
    }
}
