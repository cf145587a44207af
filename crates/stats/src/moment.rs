//! Means of whole numbers, exact until the last step.

/// The sum and the number of values.
pub fn sum_and_count(chunks: &[&[i64]]) -> (i128, usize) {
    let sum = chunks.iter().flat_map(|chunk| chunk.iter()).map(|&value| i128::from(value)).sum();
    (sum, chunks.iter().map(|chunk| chunk.len()).sum())
}

/// The mean of floating-point numbers with Neumaier's correction, so that the order of a million
/// terms does not show (Neumaier 1974, ZAMM 54). `None` without values.
pub fn mean_f64(chunks: &[&[f64]]) -> Option<f64> {
    let (mut sum, mut lost, mut n) = (0.0f64, 0.0f64, 0usize);
    for &value in chunks.iter().flat_map(|chunk| chunk.iter()) {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
        n += 1;
    }
    (n > 0).then(|| (sum + lost) / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_overflow_and_small_terms_are_not_lost() {
        assert_eq!(sum_and_count(&[&[i64::MAX, i64::MAX], &[1]]), (2 * i128::from(i64::MAX) + 1, 3));
        assert_eq!(mean_f64(&[&[1.0, 1e100, 1.0, -1e100]]), Some(0.5));
        assert_eq!(mean_f64(&[]), None);
    }
}
