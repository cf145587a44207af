//! Symmetric positive definite systems by A = L L' (Golub and Van Loan 2013, Matrix Computations, alg. 4.2.2).
//! Matrices are rows one after the other; only the lower triangle is read.

/// L in the lower triangle, or `None` where A is not positive definite to working precision.
pub fn factor(a: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut l = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|m| l[i * n + m] * l[j * n + m]).sum();
            let rest = a[i * n + j] - dot;
            if i == j {
                // What is left of the diagonal after rounding is no information.
                if !rest.is_finite() || rest <= 4.0 * f64::EPSILON * a[i * n + i].abs() || rest <= 0.0 {
                    return None;
                }
                l[i * n + i] = rest.sqrt();
            } else {
                l[i * n + j] = rest / l[j * n + j];
            }
        }
    }
    Some(l)
}

/// x of L L' x = b.
pub fn solve(l: &[f64], b: &[f64]) -> Vec<f64> {
    let mut x = forward(l, b);
    let n = x.len();
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|m| l[m * n + i] * x[m]).sum();
        x[i] = (x[i] - dot) / l[i * n + i];
    }
    x
}

/// y of L y = b: |y|² is b' A⁻¹ b.
pub fn forward(l: &[f64], b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let mut y = b.to_vec();
    for i in 0..n {
        let dot: f64 = (0..i).map(|m| l[i * n + m] * y[m]).sum();
        y[i] = (y[i] - dot) / l[i * n + i];
    }
    y
}

/// The inverse of A.
pub fn inverse(l: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    for j in 0..n {
        let mut unit = vec![0.0; n];
        unit[j] = 1.0;
        for (i, value) in solve(l, &unit).into_iter().enumerate() {
            out[i * n + j] = value;
        }
    }
    out
}

/// ln det A.
pub fn ln_determinant(l: &[f64], n: usize) -> f64 {
    2.0 * (0..n).map(|i| l[i * n + i].ln()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_system_is_solved_and_a_singular_one_refused() {
        let a = [4.0, 2.0, 0.6, 2.0, 2.0, 0.5, 0.6, 0.5, 1.2];
        let l = factor(&a, 3).unwrap();
        let x = solve(&l, &[1.0, -2.0, 0.3]);
        for (i, b) in [1.0, -2.0, 0.3].into_iter().enumerate() {
            let got: f64 = (0..3).map(|j| a[i * 3 + j] * x[j]).sum();
            assert!((got - b).abs() < 1e-14);
        }
        let inverse = inverse(&l, 3);
        let trace: f64 = (0..9).map(|at| a[at] * inverse[at]).sum();
        assert!((trace - 3.0).abs() < 1e-13, "the trace of A times its inverse");
        // 4*2*1.2 + 2*2*0.6*0.5 - 0.6²*2 - 0.5²*4 - 2²*1.2 = 4.28
        assert!((ln_determinant(&l, 3) - 4.28f64.ln()).abs() < 1e-14);
        assert_eq!(factor(&[1.0, 1.0, 1.0, 1.0], 2), None);
    }
}
