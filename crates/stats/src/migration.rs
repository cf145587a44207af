//! Movement between ordered levels: shares by row, up and down, where it settles, how mobile it is
//! (Kemeny and Snell 1960, Finite Markov Chains; Shorrocks 1978, Econometrica 46, 1013-1024).

/// Counts of customers by level before and after, levels from the lowest.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    pub counts: Vec<Vec<f64>>,
}

impl Migration {
    /// Counts pairs of levels; what lies outside is left out.
    pub fn of(pairs: impl Iterator<Item = (usize, usize)>, n_levels: usize) -> Migration {
        let mut counts = vec![vec![0.0; n_levels]; n_levels];
        for (from, to) in pairs {
            if let Some(cell) = counts.get_mut(from).and_then(|row| row.get_mut(to)) {
                *cell += 1.0;
            }
        }
        Migration { counts }
    }

    /// Of those on a level before, the share on each level after; zeros for a level with nobody.
    pub fn shares(&self) -> Vec<Vec<f64>> {
        let share = |row: &Vec<f64>| {
            let sum: f64 = row.iter().sum();
            row.iter().map(|count| if sum > 0.0 { count / sum } else { 0.0 }).collect()
        };
        self.counts.iter().map(share).collect()
    }

    /// Shares of all customers who rose, fell and stayed; `None` without customers.
    pub fn up_down_stay(&self) -> Option<(f64, f64, f64)> {
        let (mut up, mut down, mut stay) = (0.0, 0.0, 0.0);
        for (from, row) in self.counts.iter().enumerate() {
            for (to, count) in row.iter().enumerate() {
                match to.cmp(&from) {
                    std::cmp::Ordering::Greater => up += count,
                    std::cmp::Ordering::Less => down += count,
                    std::cmp::Ordering::Equal => stay += count,
                }
            }
        }
        let all = up + down + stay;
        (all > 0.0).then(|| (up / all, down / all, stay / all))
    }

    /// Levels that nobody was on before.
    pub fn empty(&self) -> Vec<usize> {
        let is_empty = |(_, row): &(usize, &Vec<f64>)| row.iter().sum::<f64>() <= 0.0;
        self.counts.iter().enumerate().filter(is_empty).map(|(level, _)| level).collect()
    }

    /// Shorrocks' mobility, (k - trace) / (k - 1): 0 nobody moves, 1 where one goes does not depend on where
    /// one was. `None` for fewer than two levels, or a level with nobody.
    pub fn mobility(&self) -> Option<f64> {
        let k = self.counts.len();
        if k < 2 || !self.empty().is_empty() {
            return None;
        }
        let trace: f64 = self.shares().iter().enumerate().map(|(level, row)| row[level]).sum();
        Some((k as f64 - trace) / (k as f64 - 1.0))
    }

    /// The shares on each level if it went on like this: pi = pi P, solved exactly. `None` with a level that
    /// has nobody, or where the start would decide (more than one closed group of levels).
    pub fn stationary(&self) -> Option<Vec<f64>> {
        let k = self.counts.len();
        if k == 0 || !self.empty().is_empty() {
            return None;
        }
        // pi (P - I) = 0 with the last equation replaced by sum = 1, solved by elimination with pivoting.
        let shares = self.shares();
        let mut rows: Vec<Vec<f64>> = (0..k)
            .map(|to| {
                let mut row: Vec<f64> = (0..k).map(|from| shares[from][to] - f64::from(from == to)).collect();
                row.push(0.0);
                row
            })
            .collect();
        rows[k - 1] = vec![1.0; k + 1];
        for column in 0..k {
            let pivot =
                (column..k).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
            if rows[pivot][column].abs() < 1e-12 {
                return None;
            }
            rows.swap(column, pivot);
            let own = rows[column].clone();
            for (at, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != column) {
                let factor = row[column] / own[column];
                debug_assert!(at < k);
                row.iter_mut().zip(&own).for_each(|(value, own)| *value -= factor * own);
            }
        }
        Some((0..k).map(|level| rows[level][k] / rows[level][level]).collect())
    }

    /// The shares after so many periods like this one.
    pub fn after(&self, n_periods: u32) -> Vec<Vec<f64>> {
        let k = self.counts.len();
        let once = self.shares();
        let mut out: Vec<Vec<f64>> =
            (0..k).map(|from| (0..k).map(|to| f64::from(from == to)).collect()).collect();
        for _ in 0..n_periods {
            let product = |row: &Vec<f64>| {
                (0..k).map(|to| (0..k).map(|by| row[by] * once[by][to]).sum()).collect::<Vec<f64>>()
            };
            out = out.iter().map(product).collect();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_land_of_oz_settles_as_printed() {
        // Kemeny and Snell 1960, the weather of Oz (rain, nice, snow): (.4, .2, .4).
        let counts = vec![vec![2.0, 1.0, 1.0], vec![2.0, 0.0, 2.0], vec![1.0, 1.0, 2.0]];
        let oz = Migration { counts };
        let settled = oz.stationary().unwrap();
        for (found, expected) in settled.iter().zip([0.4, 0.2, 0.4]) {
            assert!((found - expected).abs() < 1e-14);
        }
        // The same book prints P^2, first row .438, .188, .375.
        for (found, expected) in oz.after(2)[0].iter().zip([0.4375, 0.1875, 0.375]) {
            assert!((found - expected).abs() < 1e-15);
        }
        assert_eq!(oz.up_down_stay(), Some((4.0 / 12.0, 4.0 / 12.0, 4.0 / 12.0)));
    }

    #[test]
    fn where_the_start_decides_nothing_settles() {
        let stays = Migration::of([(0, 0), (1, 1), (7, 0)].into_iter(), 2);
        assert_eq!(stays.stationary(), None);
        assert_eq!(stays.mobility(), Some(0.0));
        let empty = Migration::of([(0, 1)].into_iter(), 2);
        assert_eq!((empty.stationary(), empty.mobility(), empty.empty()), (None, None, vec![1]));
        assert_eq!(Migration::of([].into_iter(), 2).up_down_stay(), None);
    }
}
