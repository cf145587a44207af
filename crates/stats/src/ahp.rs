//! Weights from comparisons in pairs: the analytic hierarchy process (Saaty 1980, The Analytic Hierarchy Process;
//! Saaty 1990, Eur. J. Oper. Res. 48(1)). Weights are the principal eigenvector (his eq. A w = λmax w); consistency
//! is CI = (λmax - n)/(n - 1), compared with that of random judgements: CR = CI / RI(n), to be below 0.1.

use crate::refusal::{Refusal, lengths, parameter};

/// The mean consistency index of random matrices, which is a matter of the edition; it is stated with the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RandomIndex {
    /// Saaty 1980: .58 .90 1.12 1.24 1.32 1.41 1.45 1.49 for 3 to 10.
    #[default]
    Saaty1980,
    /// Later editions: .52 .89 1.11 1.25 1.35 1.40 1.45 1.49.
    Later,
}

impl RandomIndex {
    /// `None` beyond ten, for which neither table is stated here.
    pub fn of(self, n: usize) -> Option<f64> {
        let table = match self {
            RandomIndex::Saaty1980 => [0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49],
            RandomIndex::Later => [0.0, 0.0, 0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49],
        };
        table.get(n.checked_sub(1)?).copied()
    }
}

/// How weights come out of the matrix; all agree on consistent judgements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    #[default]
    Eigenvector,
    /// Normalised geometric means of the rows (Crawford and Williams 1985, J. Math. Psychol. 29).
    GeometricMean,
    /// Means of the rows after each column is made to sum to 1: the way by hand.
    NormalisedColumns,
}

/// A comparison that fits the others worst.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Doubt {
    pub first: usize,
    pub second: usize,
    pub said: f64,
    /// What the weights would say.
    pub implied: f64,
}

/// Weights and how far the judgements agree with each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Priorities {
    /// They sum to 1.
    pub weights: Vec<f64>,
    pub lambda_max: f64,
    pub consistency_index: f64,
    /// 0 for one or two criteria; `None` beyond ten.
    pub consistency_ratio: Option<f64>,
    /// The comparison that it would help most to think over; `None` if all agree.
    pub doubt: Option<Doubt>,
}

/// The weights of a matrix (rows one after the other) whose entry i, j says how many times as important i is as j.
/// Refuses entries that are not positive, a diagonal that is not 1 and pairs that are not reciprocal.
///
/// ```
/// use gradus_stats::ahp::{Method, RandomIndex, priorities};
/// let found = priorities(&[1.0, 3.0, 1.0 / 3.0, 1.0], 2, Method::Eigenvector, RandomIndex::Saaty1980)?;
/// assert!((found.weights[0] - 0.75).abs() < 1e-12);
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn priorities(
    matrix: &[f64],
    n: usize,
    method: Method,
    index: RandomIndex,
) -> Result<Priorities, Refusal> {
    if n == 0 {
        return Err(Refusal::Empty);
    }
    lengths("the matrix", n * n, matrix.len())?;
    let positive = matrix.iter().all(|entry| *entry > 0.0 && entry.is_finite());
    parameter(positive, "a comparison", "a positive number")?;
    let reciprocal =
        (0..n).all(|i| (0..=i).all(|j| (matrix[i * n + j] * matrix[j * n + i] - 1.0).abs() < 1e-6));
    parameter(reciprocal, "the matrix", "reciprocal, with ones on its diagonal")?;
    let (vector, lambda_max) = principal(matrix, n);
    let weights = match method {
        Method::Eigenvector => vector,
        Method::GeometricMean => {
            let mean =
                |i: usize| (matrix[i * n..(i + 1) * n].iter().map(|a| a.ln()).sum::<f64>() / n as f64).exp();
            normalised((0..n).map(mean).collect())
        }
        Method::NormalisedColumns => {
            let sums: Vec<f64> = (0..n).map(|j| (0..n).map(|i| matrix[i * n + j]).sum()).collect();
            normalised((0..n).map(|i| (0..n).map(|j| matrix[i * n + j] / sums[j]).sum()).collect())
        }
    };
    let consistency_index = if n <= 2 { 0.0 } else { (lambda_max - n as f64) / (n as f64 - 1.0) };
    let consistency_ratio =
        if n <= 2 { Some(0.0) } else { index.of(n).map(|random| consistency_index / random) };
    let doubt = (0..n)
        .flat_map(|first| (first + 1..n).map(move |second| (first, second)))
        .map(|(first, second)| Doubt {
            first,
            second,
            said: matrix[first * n + second],
            implied: weights[first] / weights[second],
        })
        .max_by(|a, b| {
            distance(a).total_cmp(&distance(b)).then((b.first, b.second).cmp(&(a.first, a.second)))
        })
        .filter(|doubt| distance(doubt) > 1e-6);
    Ok(Priorities { weights, lambda_max, consistency_index, consistency_ratio, doubt })
}

fn distance(doubt: &Doubt) -> f64 {
    (doubt.said / doubt.implied).ln().abs()
}

fn normalised(values: Vec<f64>) -> Vec<f64> {
    let sum: f64 = values.iter().sum();
    values.into_iter().map(|value| value / sum).collect()
}

/// The power method: on a positive matrix it always comes to rest (Perron 1907).
fn principal(matrix: &[f64], n: usize) -> (Vec<f64>, f64) {
    let mut vector = vec![1.0 / n as f64; n];
    let mut lambda = n as f64;
    for _ in 0..10_000 {
        let image: Vec<f64> = (0..n)
            .map(|i| matrix[i * n..(i + 1) * n].iter().zip(&vector).map(|(a, x)| a * x).sum())
            .collect();
        // The vector sums to 1, so the image sums to λ.
        lambda = image.iter().sum();
        let next = normalised(image);
        let moved = next.iter().zip(&vector).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        vector = next;
        if moved < 1e-15 {
            break;
        }
    }
    (vector, lambda)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The upper triangle, row after row.
    fn matrix(n: usize, upper: &[f64]) -> Vec<f64> {
        let mut out = vec![1.0; n * n];
        let mut entries = upper.iter();
        for i in 0..n {
            for j in i + 1..n {
                let entry = entries.next().unwrap();
                (out[i * n + j], out[j * n + i]) = (*entry, 1.0 / entry);
            }
        }
        out
    }

    #[test]
    fn drinks_and_school_meet_saaty() {
        // Relative consumption of drinks: coffee, wine, tea, beer, sodas, milk, water. Printed to three digits; the
        // longer numbers are those of the exact eigenvector.
        let third = 1.0 / 3.0;
        let drinks = matrix(
            7,
            &[
                9.0,
                5.0,
                2.0,
                1.0,
                1.0,
                0.5,
                third,
                1.0 / 9.0,
                1.0 / 9.0,
                1.0 / 9.0,
                1.0 / 9.0,
                third,
                0.25,
                third,
                1.0 / 9.0,
                0.5,
                1.0,
                third,
                2.0,
                0.5,
                third,
            ],
        );
        let found = priorities(&drinks, 7, Method::Eigenvector, RandomIndex::Saaty1980).unwrap();
        let printed = [0.177, 0.019, 0.042, 0.116, 0.19, 0.129, 0.327];
        assert!(found.weights.iter().zip(printed).all(|(found, printed)| (found - printed).abs() < 1e-3));
        assert!((found.weights[0] - 0.17745674744571696).abs() < 1e-9);
        assert!((found.lambda_max - 7.17662903933035).abs() < 1e-9);
        assert!((found.consistency_ratio.unwrap() - 0.02230164638009467).abs() < 1e-9);
        let later = priorities(&drinks, 7, Method::GeometricMean, RandomIndex::Later).unwrap();
        assert!((later.consistency_ratio.unwrap() - 0.02180605423831479).abs() < 1e-9);
        assert!((later.weights[6] - 0.324323045661585).abs() < 1e-9);
        let by_hand = priorities(&drinks, 7, Method::NormalisedColumns, RandomIndex::Later).unwrap();
        assert!((by_hand.weights[1] - 0.019542292082133057).abs() < 1e-9);

        let school =
            matrix(6, &[4.0, 3.0, 1.0, 3.0, 4.0, 7.0, 3.0, 0.2, 1.0, 0.2, 0.2, 1.0 / 6.0, 1.0, third, 3.0]);
        let found = priorities(&school, 6, Method::Eigenvector, RandomIndex::Saaty1980).unwrap();
        let printed = [0.32, 0.14, 0.03, 0.13, 0.24, 0.14];
        assert!(found.weights.iter().zip(printed).all(|(found, printed)| (found - printed).abs() < 6e-3));
        assert!((found.lambda_max - 7.41987010192128).abs() < 1e-9);
        assert!(found.consistency_ratio.unwrap() > 0.1, "inconsistent, and the weights are still given");
        let doubt = found.doubt.unwrap();
        assert_eq!((doubt.first, doubt.second), (0, 2), "learning against school life: said 3, implied 9");
    }

    #[test]
    fn consistent_judgements_have_no_doubt_and_wrong_matrices_are_refused() {
        let found =
            priorities(&matrix(3, &[2.0, 6.0, 3.0]), 3, Method::Eigenvector, RandomIndex::Later).unwrap();
        assert_eq!(found.doubt, None);
        assert!((found.weights[0] - 0.6).abs() < 1e-12 && found.consistency_ratio.unwrap().abs() < 1e-12);
        let refused =
            |matrix: &[f64], n| priorities(matrix, n, Method::Eigenvector, RandomIndex::Later).is_err();
        assert!(refused(&[1.0, 2.0, 2.0, 1.0], 2) && refused(&[1.0, 0.0, 0.0, 1.0], 2));
        assert!(refused(&[1.0], 2) && refused(&[], 0) && refused(&[f64::NAN], 1));
    }
}
