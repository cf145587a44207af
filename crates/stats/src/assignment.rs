//! The cheapest way to pair rows with columns, each with one at most (Kuhn 1955, "The Hungarian method for the
//! assignment problem"), by shortest augmenting paths with potentials (Jonker and Volgenant 1987, section 2): exact,
//! in rows² × columns steps.

/// Pairs rows with columns so that the sum of the costs is least; as many pairs as there are of the fewer. The column
/// of each row, `None` for rows that are over. Of several equally cheap ways it is always the same one.
///
/// Costs must be finite; rows are all of one length.
///
/// ```
/// use gradus_stats::assignment::cheapest;
/// // The nearest of the second row is taken by the first, for which everything else is dear.
/// assert_eq!(cheapest(&[vec![1.0, 9.0], vec![0.5, 2.0]]), [Some(0), Some(1)]);
/// assert_eq!(cheapest(&[vec![4.0], vec![1.0]]), [None, Some(0)]);
/// ```
pub fn cheapest(costs: &[Vec<f64>]) -> Vec<Option<usize>> {
    let (n_rows, n_columns) = (costs.len(), costs.first().map_or(0, Vec::len));
    if n_rows > n_columns {
        // Every row of the fewer finds a column: so the longer side has to be the columns.
        let turned: Vec<Vec<f64>> =
            (0..n_columns).map(|column| costs.iter().map(|row| row[column]).collect()).collect();
        let mut out = vec![None; n_rows];
        for (column, row) in cheapest(&turned).into_iter().enumerate() {
            if let Some(row) = row {
                out[row] = Some(column);
            }
        }
        return out;
    }
    // Place 0 of both sides stands for nothing yet; rows and columns count from 1.
    let (mut of_row, mut of_column) = (vec![0.0; n_rows + 1], vec![0.0; n_columns + 1]);
    let mut row_at = vec![0usize; n_columns + 1];
    for row in 1..=n_rows {
        row_at[0] = row;
        let mut column = 0;
        let mut least = vec![f64::INFINITY; n_columns + 1];
        let mut came_by = vec![0usize; n_columns + 1];
        let mut is_done = vec![false; n_columns + 1];
        while row_at[column] != 0 {
            is_done[column] = true;
            let here = row_at[column];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for to in (1..=n_columns).filter(|to| !is_done[*to]) {
                let reduced = costs[here - 1][to - 1] - of_row[here] - of_column[to];
                if reduced < least[to] {
                    (least[to], came_by[to]) = (reduced, column);
                }
                if least[to] < step {
                    (step, next) = (least[to], to);
                }
            }
            if next == 0 {
                // Only costs that are no numbers lead here: the row stays without a column.
                break;
            }
            for to in 0..=n_columns {
                if is_done[to] {
                    of_row[row_at[to]] += step;
                    of_column[to] -= step;
                } else {
                    least[to] -= step;
                }
            }
            column = next;
        }
        if row_at[column] != 0 {
            continue;
        }
        // Along the path every row moves on to its new column.
        while column != 0 {
            row_at[column] = row_at[came_by[column]];
            column = came_by[column];
        }
    }
    let mut out = vec![None; n_rows];
    for (column, row) in row_at.into_iter().enumerate().skip(1).filter(|(_, row)| *row > 0) {
        out[row - 1] = Some(column - 1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn sum(costs: &[Vec<f64>], pairs: &[Option<usize>]) -> f64 {
        pairs.iter().enumerate().filter_map(|(row, column)| Some(costs[row][(*column)?])).sum()
    }

    /// Every way to give each row of the fewer side a column, tried.
    fn least_of_all(costs: &[Vec<f64>], row: usize, taken: &mut Vec<bool>, left_out: usize) -> f64 {
        if row == costs.len() {
            return 0.0;
        }
        let mut least = match left_out {
            0 => f64::INFINITY,
            _ => least_of_all(costs, row + 1, taken, left_out - 1),
        };
        for column in 0..taken.len() {
            if !taken[column] {
                taken[column] = true;
                least = least.min(costs[row][column] + least_of_all(costs, row + 1, taken, left_out));
                taken[column] = false;
            }
        }
        least
    }

    #[test]
    fn no_other_way_is_cheaper() {
        let mut random = Random::new(7);
        for trial in 0..300 {
            let (n_rows, n_columns) = (1 + trial % 6, 1 + (trial / 6) % 6);
            let mut cost = || (random.unit() * 20.0).floor() - if trial % 3 == 0 { 10.0 } else { 0.0 };
            let costs: Vec<Vec<f64>> =
                (0..n_rows).map(|_| (0..n_columns).map(|_| cost()).collect()).collect();
            let pairs = cheapest(&costs);
            let mut columns: Vec<usize> = pairs.iter().flatten().copied().collect();
            assert_eq!(columns.len(), n_rows.min(n_columns));
            columns.sort_unstable();
            columns.dedup();
            assert_eq!(columns.len(), n_rows.min(n_columns), "a column twice");
            let left_out = n_rows.saturating_sub(n_columns);
            let wanted = least_of_all(&costs, 0, &mut vec![false; n_columns], left_out);
            assert!((sum(&costs, &pairs) - wanted).abs() < 1e-9, "{costs:?}: {pairs:?}, {wanted}");
        }
    }

    #[test]
    fn nothing_and_what_is_no_number_do_no_harm() {
        assert!(cheapest(&[]).is_empty());
        assert_eq!(cheapest(&[vec![], vec![]]), [None, None]);
        assert_eq!(cheapest(&[vec![f64::NAN, 1.0], vec![1.0, f64::NAN]]), [Some(1), Some(0)]);
        assert_eq!(cheapest(&[vec![f64::NAN]]), [None]);
    }
}
