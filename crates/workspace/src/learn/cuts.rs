//! Where a number may be cut: about equally many customers between the cuts, each cut the roundest number that
//! parts the same customers, so that people read 500 and not 487.31. A cut has four digits, as the document's have.

use gradus_model::fixed::{FIXED_ONE, Fixed};

/// Beyond it ten-thousandths are not exact in floating point.
const EXACT: f64 = 9.0e11;

/// Cuts for pre-bins: at most `most` parts. Values that are not numbers, and those in `apart`, are not looked at.
pub(super) fn cuts(values: &[f64], apart: &[f64], most: usize) -> Vec<Fixed> {
    let mut sorted: Vec<f64> =
        values.iter().copied().filter(|value| !value.is_nan() && !apart.contains(value)).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut different = sorted.clone();
    different.dedup();
    let starts: Vec<f64> = match different.len() <= most {
        true => different.iter().skip(1).copied().collect(),
        false => {
            let mut out: Vec<f64> = (1..most).map(|part| sorted[part * sorted.len() / most]).collect();
            out.dedup();
            out
        }
    };
    let mut out: Vec<Fixed> = Vec::with_capacity(starts.len());
    for start in starts {
        let below = different.partition_point(|value| *value < start);
        let Some(below) = below.checked_sub(1).map(|at| different[at]) else { continue };
        if let Some(cut) = roundest(below, start)
            && out.last().is_none_or(|last| *last < cut)
        {
            out.push(cut);
        }
    }
    out
}

/// The roundest number above `below` and at most `at`; none if four digits cannot tell them apart.
fn roundest(below: f64, at: f64) -> Option<Fixed> {
    if at.abs() > EXACT || below.abs() > EXACT {
        return None;
    }
    let mut units = (at * FIXED_ONE as f64).round() as i64;
    if Fixed(units).to_f64() > at {
        units -= 1;
    }
    let mut step = 1_000_000_000_000_000_000i64;
    while step >= 1 {
        let cut = Fixed(units.div_euclid(step) * step);
        if cut.to_f64() > below {
            return Some(cut);
        }
        step /= 10;
    }
    None
}

/// The roundest number of at least `below` that is less than `above`; none if four digits cannot tell them apart.
pub(super) fn roundest_between(below: f64, above: f64) -> Option<Fixed> {
    roundest(-above, -below).map(|Fixed(units)| Fixed(-units))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Fixed {
        text.parse().unwrap()
    }

    #[test]
    fn the_roundest_number_that_parts_the_same_customers() {
        for (below, at, found) in [
            (487.31, 512.0, "500"),
            (37.0, 41.0, "40"),
            (0.0, 1.0, "1"),
            (0.0, 0.3, "0.3"),
            (-3.0, 5.0, "0"),
            (-30.0, -11.0, "-20"),
            (12.3, 12.31, "12.31"),
            (99.0, 100.0, "100"),
        ] {
            assert_eq!(roundest(below, at), Some(cut(found)), "{below} {at}");
        }
        for (below, above, found) in
            [(1.0, 2.0, "1"), (19.0, 23.0, "20"), (0.25, 0.5, "0.3"), (-5.0, 2.0, "0"), (99.5, 100.0, "99.5")]
        {
            let between = roundest_between(below, above).unwrap();
            assert!(below <= between.to_f64() && between.to_f64() < above);
            assert_eq!(between, cut(found), "{below} {above}");
        }
        assert_eq!(roundest(1.000_01, 1.000_02), None, "nothing with four digits lies between");
        assert_eq!(roundest(1e15, 2e15), None);
    }

    #[test]
    fn cuts_part_what_can_be_parted() {
        assert_eq!(cuts(&[1.0, 1.0, 2.0, 3.0, f64::NAN], &[], 50), [cut("2"), cut("3")]);
        assert_eq!(cuts(&[5.0; 9], &[], 50), []);
        assert_eq!(cuts(&[-1.0, 1.0, 2.0], &[-1.0], 50), [cut("2")]);
        let many: Vec<f64> = (0..1000).map(f64::from).collect();
        let found = cuts(&many, &[], 4);
        assert_eq!(found, [cut("250"), cut("500"), cut("750")]);
    }
}
