//! How unequal a population is: Lorenz curve and Gini coefficient (Lorenz 1905, Methods of
//! Measuring the Concentration of Wealth; Gini 1912; the form by ranks as in Sen 1973).

/// One point of a Lorenz curve: the lowest `population` of customers hold `share` of the total.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LorenzPoint {
    pub population: f64,
    pub share: f64,
}

/// The Lorenz curve at `n_points + 1` equally spaced shares of the population, (0, 0) and (1, 1)
/// included. `None` without values or when the total is not positive: shares of nothing do not
/// exist. Negative values (more returned than bought) bend the curve below zero, as they should.
pub fn lorenz(values: &[f64], n_points: usize) -> Option<Vec<LorenzPoint>> {
    let (sorted, total) = sorted_with_total(values)?;
    let n = sorted.len();
    let n_points = n_points.max(1);
    let mut points = Vec::with_capacity(n_points + 1);
    let (mut taken, mut sum) = (0, 0.0);
    for k in 0..=n_points {
        let until = (n as u128 * k as u128 / n_points as u128) as usize;
        while taken < until {
            sum += sorted[taken];
            taken += 1;
        }
        points.push(LorenzPoint { population: taken as f64 / n as f64, share: sum / total });
    }
    if let Some(last) = points.last_mut() {
        last.share = 1.0;
    }
    Some(points)
}

/// The Gini coefficient: sum over ranks i of (2 i - n - 1) x_i, divided by n times the total; 0 when
/// all are equal, (n - 1) / n when one has everything. `None` as for [`lorenz`].
pub fn gini(values: &[f64]) -> Option<f64> {
    let (sorted, total) = sorted_with_total(values)?;
    let n = sorted.len() as f64;
    let weighted: f64 =
        sorted.iter().enumerate().map(|(index, value)| (2.0 * (index as f64 + 1.0) - n - 1.0) * value).sum();
    Some(weighted / (n * total))
}

fn sorted_with_total(values: &[f64]) -> Option<(Vec<f64>, f64)> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let total: f64 = sorted.iter().sum();
    (total > 0.0).then_some((sorted, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_have_no_concentration_and_one_owner_has_all() {
        assert_eq!(gini(&[3.0; 4]), Some(0.0));
        assert_eq!(gini(&[0.0, 0.0, 0.0, 8.0]), Some(0.75));
        // 1, 2, 3: mean absolute difference 8/9 over twice the mean 4.
        assert!((gini(&[3.0, 1.0, 2.0]).unwrap() - 2.0 / 9.0).abs() < 1e-15);
        assert_eq!(gini(&[]), None);
        assert_eq!(gini(&[0.0, 0.0]), None);
        assert_eq!(gini(&[-5.0, 1.0]), None);
    }

    #[test]
    fn the_curve_runs_from_nobody_to_everybody() {
        let curve = lorenz(&[4.0, 1.0, 2.0, 3.0], 2).unwrap();
        let expected = [(0.0, 0.0), (0.5, 0.3), (1.0, 1.0)];
        for (point, (population, share)) in curve.iter().zip(expected) {
            assert!((point.population - population).abs() < 1e-15 && (point.share - share).abs() < 1e-15);
        }
        assert_eq!(lorenz(&[1.0], 0).unwrap().len(), 2);
    }
}
