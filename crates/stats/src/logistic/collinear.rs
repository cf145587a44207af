//! Columns that are combinations of columns before them. The columns are orthogonalised one after the other on
//! their correlations; what is left of a column after those before it is its own information.

use super::newton::Problem;
use crate::cholesky;

/// Less than this share of a column's variance is no information of its own.
const OWN: f64 = 1e-10;
/// A weight (on standardised columns) below it does not make a column a part of the combination.
const PART: f64 = 1e-5;

/// A column that others explain.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// Counted from 0.
    pub column: usize,
    /// The columns before it that it is a combination of; none if it is constant.
    pub of: Vec<usize>,
}

/// Every column that those before it explain.
pub(super) fn find(problem: &Problem<'_>) -> Vec<Alias> {
    let size = problem.columns.len() + 1;
    let gram = problem.gram(|from, len, _, weights| {
        (0..len).for_each(|at| weights[at] = problem.weight(from + at));
    });
    // Columns are centred, so their products with the ones are only rounding and left away.
    let entry = |i: usize, j: usize| gram[(i.max(j) + 1) * size + i.min(j) + 1] / problem.n;
    let (mut kept, mut out) = (Vec::<usize>::new(), Vec::new());
    for column in 0..problem.columns.len() {
        let variance = entry(column, column);
        if variance < 0.5 {
            // Standardised columns have variance 1; a constant one keeps its own.
            out.push(Alias { column, of: Vec::new() });
            continue;
        }
        let a: Vec<f64> = kept.iter().flat_map(|i| kept.iter().map(|j| entry(*i, *j))).collect();
        let b: Vec<f64> = kept.iter().map(|i| entry(*i, column)).collect();
        let parts = cholesky::factor(&a, kept.len()).map(|l| cholesky::solve(&l, &b)).unwrap_or_default();
        let explained: f64 = parts.iter().zip(&b).map(|(part, b)| part * b).sum();
        if variance - explained > OWN * variance {
            kept.push(column);
        } else {
            let of = kept.iter().zip(&parts).filter(|(_, part)| part.abs() > PART).map(|(i, _)| *i).collect();
            out.push(Alias { column, of });
        }
    }
    out
}
