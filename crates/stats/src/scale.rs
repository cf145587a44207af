//! Columns brought to one scale, so that none counts more only because of its unit.

use crate::quantile::quantile_f64;
use crate::refusal::{Refusal, finite_columns};

/// Which scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// (x - mean) / standard deviation, the latter over n.
    #[default]
    Standard,
    /// (x - median) / (third - first quartile): few extreme customers do not set the scale.
    Robust,
    /// From 0 at the least to 1 at the greatest value.
    MinMax,
    /// As it is.
    Raw,
}

/// One column's scale: (x - centre) / width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaling {
    pub centre: f64,
    /// 1 for a column without width, which becomes 0 everywhere.
    pub width: f64,
    /// Nobody differs on the column, or too few for a robust scale.
    pub constant: bool,
}

impl Scaling {
    pub fn apply(&self, value: f64) -> f64 {
        if self.constant { 0.0 } else { (value - self.centre) / self.width }
    }

    pub fn undo(&self, scaled: f64) -> f64 {
        if self.constant { self.centre } else { self.centre + self.width * scaled }
    }
}

/// The scales of columns. Refuses no rows and numbers that are not finite.
///
/// ```
/// use gradus_stats::scale::{Scale, scalings};
/// let found = scalings(&[&[1.0, 3.0], &[7.0, 7.0]], Scale::Standard)?;
/// assert_eq!((found[0].apply(3.0), found[1].apply(7.0)), (1.0, 0.0));
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn scalings(columns: &[&[f64]], scale: Scale) -> Result<Vec<Scaling>, Refusal> {
    let n = columns.first().map_or(0, |column| column.len());
    if n == 0 {
        return Err(Refusal::Empty);
    }
    finite_columns(columns, n)?;
    Ok(columns.iter().map(|column| scaling(column, scale)).collect())
}

fn scaling(column: &[f64], scale: Scale) -> Scaling {
    let n = column.len() as f64;
    let (centre, width) = match scale {
        Scale::Raw => return Scaling { centre: 0.0, width: 1.0, constant: false },
        Scale::Standard => {
            let mean = column.iter().sum::<f64>() / n;
            (mean, (column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt())
        }
        Scale::MinMax => {
            let least = column.iter().copied().fold(f64::INFINITY, f64::min);
            (least, column.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least)
        }
        Scale::Robust => {
            let at = |p: f64| quantile_f64(column, p).unwrap_or(f64::NAN);
            (at(0.5), at(0.75) - at(0.25))
        }
    };
    let constant = width.is_nan() || width <= 1e-12 * centre.abs() || width <= f64::MIN_POSITIVE;
    Scaling { centre, width: if constant { 1.0 } else { width }, constant }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scale_is_undone() {
        let column = [3.0, -1.0, 8.0, 2.5, 40.0];
        for scale in [Scale::Standard, Scale::Robust, Scale::MinMax, Scale::Raw] {
            let found = scalings(&[&column], scale).unwrap()[0];
            assert!(column.iter().all(|value| (found.undo(found.apply(*value)) - value).abs() < 1e-12));
        }
        let robust = scalings(&[&column], Scale::Robust).unwrap()[0];
        assert_eq!((robust.centre, robust.width), (3.0, 5.5));
        let flat = scalings(&[&[0.1 + 0.2; 3]], Scale::Standard).unwrap()[0];
        assert!(flat.constant && flat.apply(5.0) == 0.0 && flat.undo(0.0) == 0.1 + 0.2);
        assert_eq!(scalings(&[], Scale::Raw), Err(Refusal::Empty));
    }
}
