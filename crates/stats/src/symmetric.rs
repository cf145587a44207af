//! Small symmetric matrices, row by row in one slice: eigenvalues, inverse, linear equations. Meant for as
//! many rows as a model has parameters or covariates.

/// Eigenvalues, and eigenvectors as the rows of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    pub values: Vec<f64>,
    pub vectors: Vec<f64>,
}

/// By Jacobi's rotations (Golub and Van Loan 2013, Matrix Computations, 8.5.2), unordered.
pub fn eigen(matrix: &[f64], n: usize) -> Eigen {
    let mut a = matrix.to_vec();
    let mut vectors = vec![0.0; n * n];
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    for _ in 0..60 {
        let scale: f64 = (0..n).map(|i| a[i * n + i].abs()).sum();
        let mut off = 0.0f64;
        for p in 0..n {
            for q in p + 1..n {
                off = off.max(a[p * n + q].abs());
                rotate(&mut a, &mut vectors, n, (p, q));
            }
        }
        if !(off > 1e-18 * scale) {
            break;
        }
    }
    Eigen { values: (0..n).map(|i| a[i * n + i]).collect(), vectors }
}

fn rotate(a: &mut [f64], vectors: &mut [f64], n: usize, (p, q): (usize, usize)) {
    let off = a[p * n + q];
    if off == 0.0 {
        return;
    }
    let tau = (a[q * n + q] - a[p * n + p]) / (2.0 * off);
    let t = if tau >= 0.0 { 1.0 / (tau + tau.hypot(1.0)) } else { -1.0 / (-tau + tau.hypot(1.0)) };
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    for k in 0..n {
        let (kp, kq) = (a[k * n + p], a[k * n + q]);
        a[k * n + p] = c * kp - s * kq;
        a[k * n + q] = s * kp + c * kq;
    }
    for k in 0..n {
        let (pk, qk) = (a[p * n + k], a[q * n + k]);
        a[p * n + k] = c * pk - s * qk;
        a[q * n + k] = s * pk + c * qk;
        let (pk, qk) = (vectors[p * n + k], vectors[q * n + k]);
        vectors[p * n + k] = c * pk - s * qk;
        vectors[q * n + k] = s * pk + c * qk;
    }
    a[p * n + q] = 0.0;
    a[q * n + p] = 0.0;
}

/// The inverse of a positive definite matrix, or `None` if it is not (or nearly not).
pub fn inverse(matrix: &[f64], n: usize) -> Option<Vec<f64>> {
    let lower = cholesky(matrix, n)?;
    let mut out = vec![0.0; n * n];
    for column in 0..n {
        let mut unit = vec![0.0; n];
        unit[column] = 1.0;
        solve_with(&lower, n, &mut unit);
        for row in 0..n {
            out[row * n + column] = unit[row];
        }
    }
    Some(out)
}

/// L with L L' = the matrix, positive definite relative to its diagonal, or `None`.
pub fn cholesky(matrix: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut lower = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let mut sum = matrix[i * n + j];
            for k in 0..j {
                sum -= lower[i * n + k] * lower[j * n + k];
            }
            if i == j {
                if !(sum > 1e-14 * matrix[i * n + i].abs()) || !sum.is_finite() {
                    return None;
                }
                lower[i * n + i] = sum.sqrt();
            } else {
                lower[i * n + j] = sum / lower[j * n + j];
            }
        }
    }
    Some(lower)
}

/// Solves L L' x = b in place.
pub fn solve_with(lower: &[f64], n: usize, b: &mut [f64]) {
    for i in 0..n {
        let known: f64 = (0..i).map(|k| lower[i * n + k] * b[k]).sum();
        b[i] = (b[i] - known) / lower[i * n + i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| lower[k * n + i] * b[k]).sum();
        b[i] = (b[i] - known) / lower[i * n + i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MATRIX: [f64; 9] = [4.0, 1.0, -2.0, 1.0, 3.0, 0.5, -2.0, 0.5, 5.0];

    #[test]
    fn eigenvectors_give_the_matrix_back() {
        let found = eigen(&MATRIX, 3);
        for i in 0..3 {
            for j in 0..3 {
                let back: f64 = (0..3)
                    .map(|k| found.values[k] * found.vectors[k * 3 + i] * found.vectors[k * 3 + j])
                    .sum();
                assert!((back - MATRIX[i * 3 + j]).abs() < 1e-13);
            }
        }
        // Singular: [1 1; 1 1] has 0 and 2.
        let mut values = eigen(&[1.0, 1.0, 1.0, 1.0], 2).values;
        values.sort_by(f64::total_cmp);
        assert!(values[0].abs() < 1e-15 && (values[1] - 2.0).abs() < 1e-15);
    }

    #[test]
    fn the_inverse_inverts() {
        let inverse = inverse(&MATRIX, 3).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                let one: f64 = (0..3).map(|k| MATRIX[i * 3 + k] * inverse[k * 3 + j]).sum();
                assert!((one - f64::from(u8::from(i == j))).abs() < 1e-14);
            }
        }
        assert_eq!(super::inverse(&[1.0, 1.0, 1.0, 1.0], 2), None);
        assert_eq!(super::inverse(&[1.0, 2.0, 2.0, 1.0], 2), None, "indefinite");
    }
}
