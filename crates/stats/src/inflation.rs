//! Variance inflation (Marquardt 1970, Technometrics 12(3); Belsley, Kuh and Welsch 1980, Regression Diagnostics, ch. 3):
//! by how much the variance of a coefficient is greater because the other columns nearly say what its column says.

use crate::cholesky;
use crate::refusal::{Refusal, finite_columns};

/// 1/(1 - R²) of each column on all others: the diagonal of the inverse of their correlations. `None` of a constant
/// column, and of all where some determine others exactly.
///
/// ```
/// use gradus_stats::inflation::inflation;
/// let (a, b) = ([1.0, 2.0, 3.0, 4.0], [1.0, -1.0, -1.0, 1.0]);
/// assert_eq!(inflation(&[&a, &b])?, [Some(1.0), Some(1.0)]);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn inflation(columns: &[&[f64]]) -> Result<Vec<Option<f64>>, Refusal> {
    let n = columns.first().map_or(0, |column| column.len());
    if n == 0 {
        return Err(Refusal::Empty);
    }
    finite_columns(columns, n)?;
    let scaled: Vec<Option<Vec<f64>>> = columns.iter().map(|column| unit(column)).collect();
    let varying: Vec<usize> = (0..columns.len()).filter(|at| scaled[*at].is_some()).collect();
    let of: Vec<&Vec<f64>> = scaled.iter().flatten().collect();
    let d = of.len();
    let mut correlations = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let r = if i == j { 1.0 } else { of[i].iter().zip(of[j]).map(|(x, y)| x * y).sum::<f64>() };
            (correlations[i * d + j], correlations[j * d + i]) = (r, r);
        }
    }
    let mut out = vec![None; columns.len()];
    if let Some(factor) = cholesky::factor(&correlations, d) {
        let inverse = cholesky::inverse(&factor, d);
        for (at, column) in varying.into_iter().enumerate() {
            out[column] = Some(inverse[at * d + at].max(1.0));
        }
    }
    Ok(out)
}

/// Less its mean, of length 1; `None` if it does not vary.
fn unit(column: &[f64]) -> Option<Vec<f64>> {
    let mean = column.iter().sum::<f64>() / column.len() as f64;
    let apart: Vec<f64> = column.iter().map(|x| x - mean).collect();
    let length = apart.iter().map(|x| x * x).sum::<f64>().sqrt();
    (length > 0.0).then(|| apart.into_iter().map(|x| x / length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_columns_it_is_one_over_one_less_the_squared_correlation() {
        let a: Vec<f64> = (0..50).map(f64::from).collect();
        let b: Vec<f64> = a.iter().map(|x| x + if x % 2.0 == 0.0 { 3.0 } else { -3.0 }).collect();
        let (x, y) = (unit(&a).unwrap(), unit(&b).unwrap());
        let r: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
        let constant = vec![7.0; 50];
        let found = inflation(&[&a, &b, &constant]).unwrap();
        for one in &found[..2] {
            assert!((one.unwrap() - 1.0 / (1.0 - r * r)).abs() < 1e-9, "{found:?}");
        }
        assert!(found[2].is_none());
        let double: Vec<f64> = a.iter().map(|x| 2.0 * x + 1.0).collect();
        let same = inflation(&[&a, &double]).unwrap();
        assert!(same.iter().all(|one| one.is_none_or(|vif| vif > 1e9)), "{same:?}");
    }
}
