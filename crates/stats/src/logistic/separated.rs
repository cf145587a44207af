//! Separation: a direction along which the log-odds of every row only go the way of its outcome, so that the
//! likelihood has no maximum (Albert and Anderson 1984, Biometrika 71(1)). The steps of Newton's method turn into
//! such a direction; it is then checked on every row, so that the verdict is a certificate and no guess.

use super::Options;
use super::newton::{self, Problem};

/// Against the greatest change, this much the wrong way is rounding.
const WRONG: f64 = 1e-6;

/// Which columns tell the outcomes apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Separated {
    /// Counted from 0: those that do it alone, else a set none of which can be spared.
    pub columns: Vec<usize>,
    /// Every row is told apart; otherwise some rows are undecided.
    pub complete: bool,
}

/// Whether the direction separates; then whether completely.
pub(super) fn certain(problem: &Problem<'_>, direction: &[f64]) -> Option<bool> {
    let (mut least, mut greatest) = (f64::INFINITY, 0.0f64);
    problem.blocks(|from, len, z| {
        for at in 0..len {
            if problem.weight(from + at) <= 0.0 {
                continue;
            }
            let change: f64 = direction.iter().zip(z).map(|(d, z)| d * z[at]).sum();
            let right = if problem.outcomes[from + at] { change } else { -change };
            least = least.min(right);
            greatest = greatest.max(change.abs());
        }
    });
    (greatest > 0.0 && least >= -WRONG * greatest).then_some(least > WRONG * greatest)
}

/// Names the columns, in the caller's counting.
pub(super) fn name(
    problem: &Problem<'_>,
    direction: &[f64],
    names: &[usize],
    options: &Options<'_>,
) -> Separated {
    let complete = certain(problem, direction).unwrap_or(false);
    let alone: Vec<usize> = (0..problem.columns.len()).filter(|column| separates(problem, *column)).collect();
    let columns = if alone.is_empty() { indispensable(problem, options) } else { alone };
    Separated { columns: columns.into_iter().map(|column| names[column]).collect(), complete }
}

/// One column alone: the values of one outcome end where those of the other begin.
fn separates(problem: &Problem<'_>, column: usize) -> bool {
    let mut range = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
    for (row, x) in problem.columns[column].iter().enumerate() {
        if problem.weight(row) > 0.0 {
            let side = &mut range[usize::from(problem.outcomes[row])];
            *side = [side[0].min(*x), side[1].max(*x)];
        }
    }
    let [without, with] = range;
    without[1] <= with[0] || with[1] <= without[0]
}

/// Columns are taken away one after the other, from the last, as long as the rest still separates.
fn indispensable(problem: &Problem<'_>, options: &Options<'_>) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..problem.columns.len()).collect();
    for column in (0..problem.columns.len()).rev() {
        let without: Vec<usize> = kept.iter().copied().filter(|other| *other != column).collect();
        if !without.is_empty() && newton::solve(&problem.only(&without), options).direction.is_some() {
            kept = without;
        }
    }
    kept
}
