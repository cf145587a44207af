//! Sample quantiles of type 7: linear interpolation between order statistics at (n - 1) p, the
//! default of R, NumPy and Excel's PERCENTILE.INC (Hyndman and Fan 1996, Sample Quantiles in
//! Statistical Packages, The American Statistician 50(4), definition 7).

use crate::select::{order_statistics, order_statistics_f64};

/// The quantiles at 0, 1/parts, 2/parts, … 1 of whole numbers, each rounded down to a whole number.
/// `None` without values or with no parts.
///
/// Rounding down never moves a value across an edge: for a whole number v, v <= edge and
/// v <= floor(edge) are the same. So ten-thousandths as integers give exact quantile bins.
///
/// ```
/// use gradus_stats::quantile::quantiles;
/// assert_eq!(quantiles(&[&[1, 2, 3, 4, 5, 6]], 5), Some(vec![1, 2, 3, 4, 5, 6]));
/// ```
pub fn quantiles(chunks: &[&[i64]], parts: u32) -> Option<Vec<i64>> {
    let positions = positions(chunks.iter().map(|chunk| chunk.len()).sum(), parts)?;
    let selected = order_statistics(chunks, &ranks(&positions))?;
    let edge = |(position, pair): (&Position, &[i64])| {
        let gap = i128::from(pair[1]) - i128::from(pair[0]);
        let part = gap * i128::from(position.numerator) / i128::from(parts);
        (i128::from(pair[0]) + part) as i64
    };
    Some(positions.iter().zip(selected.chunks(2)).map(edge).collect())
}

/// The same for floating-point numbers, not rounded.
pub fn quantiles_f64(chunks: &[&[f64]], parts: u32) -> Option<Vec<f64>> {
    let positions = positions(chunks.iter().map(|chunk| chunk.len()).sum(), parts)?;
    let selected = order_statistics_f64(chunks, &ranks(&positions))?;
    let edge = |(position, pair): (&Position, &[f64])| {
        interpolate(pair[0], pair[1], f64::from(position.numerator) / f64::from(parts))
    };
    Some(positions.iter().zip(selected.chunks(2)).map(edge).collect())
}

/// One quantile at `p` between 0 and 1 of floating-point numbers. `None` without values.
pub fn quantile_f64(values: &[f64], p: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let position = last as f64 * p.clamp(0.0, 1.0);
    let below = (position.floor() as usize).min(last);
    let pair = order_statistics_f64(&[values], &[below, (below + 1).min(last)])?;
    Some(interpolate(pair[0], pair[1], position - below as f64))
}

/// The median of whole numbers, as twice its value, so that it stays whole. `None` without values.
pub fn twice_median(chunks: &[&[i64]]) -> Option<i128> {
    let n: usize = chunks.iter().map(|chunk| chunk.len()).sum();
    let last = n.checked_sub(1)?;
    let pair = order_statistics(chunks, &[last / 2, n / 2])?;
    Some(i128::from(pair[0]) + i128::from(pair[1]))
}

struct Position {
    below: usize,
    above: usize,
    /// How far towards `above`, in units of 1 / parts.
    numerator: u32,
}

fn positions(n: usize, parts: u32) -> Option<Vec<Position>> {
    let last = n.checked_sub(1)? as u128;
    let parts_wide = u128::from(parts);
    if parts == 0 {
        return None;
    }
    let position = |k: u32| {
        let product = last * u128::from(k);
        let below = (product / parts_wide) as usize;
        Position { below, above: (below + 1).min(n - 1), numerator: (product % parts_wide) as u32 }
    };
    Some((0..=parts).map(position).collect())
}

fn ranks(positions: &[Position]) -> Vec<usize> {
    positions.iter().flat_map(|position| [position.below, position.above]).collect()
}

/// From the nearer end, so that the ends are met exactly (as NumPy does).
fn interpolate(low: f64, high: f64, t: f64) -> f64 {
    if t >= 0.5 { high - (high - low) * (1.0 - t) } else { low + (high - low) * t }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_order_statistics() {
        // R: quantile(c(15, 20, 35, 40, 50), c(.4), type = 7) is 29.
        assert_eq!(quantile_f64(&[15.0, 20.0, 35.0, 40.0, 50.0], 0.4), Some(29.0));
        assert_eq!(quantiles(&[&[40, 15, 20], &[50, 35]], 5), Some(vec![15, 19, 29, 37, 42, 50]));
        assert_eq!(quantiles(&[&[3]], 4), Some(vec![3; 5]));
        assert_eq!(quantiles(&[], 4), None);
        assert_eq!(quantiles(&[&[1]], 0), None);
        assert_eq!(quantiles(&[&[i64::MIN, i64::MAX]], 2), Some(vec![i64::MIN, -1, i64::MAX]));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(twice_median(&[&[1, 2], &[10, 3]]), Some(5));
        assert_eq!(twice_median(&[&[7]]), Some(14));
        assert_eq!(twice_median(&[]), None);
    }
}
