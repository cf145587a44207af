//! What came to pass beside what was expected, added up over time.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::chart::{BLUE, Field, INK, ORANGE, drawing, line, rectangle, soft, text};
use crate::summary::{display_width, grouped};

/// Points of time, actual and expected; `split` is where the fit ends and the hold-out begins.
pub(crate) fn tracked(
    points: &[(f64, f64, f64)],
    split: f64,
    label: &str,
    legend: (&str, &str),
    axes: (&str, &str),
) -> String {
    let end = points.iter().map(|point| point.0).fold(1.0, f64::max);
    let most = points.iter().map(|point| point.1.max(point.2)).fold(1.0, f64::max);
    let field = Field { height: 340, top: 44, x_end: end, y_from: 0.0, y_end: most };
    let ticks = |end: f64| -> Vec<(f64, String)> {
        (0..=4).map(|at| f64::from(at) * end / 4.0).map(|value| (value, grouped(value, 0))).collect()
    };
    drawing(Field::WIDTH as u32, field.height as u32, label, |area| {
        field.grid(area, &ticks(end), &ticks(most), axes)?;
        let mut left = Field::LEFT;
        for (color, words) in [(BLUE, legend.0), (ORANGE, legend.1)] {
            rectangle(area, (left, 24), (left + 11, 35), color.mix(0.9))?;
            text(area, (left + 17, 30), 12.0, HPos::Left, &soft(), words)?;
            left += 17 + display_width(words) as i32 * 7 + 24;
        }
        if split > 0.0 {
            let x = field.x(split);
            line(area, vec![(x, field.y(0.0)), (x, field.y(most))], INK.mix(0.5).stroke_width(1))?;
        }
        let curve = |of: &dyn Fn(&(f64, f64, f64)) -> f64| -> Vec<(i32, i32)> {
            points.iter().map(|point| (field.x(point.0), field.y(of(point)))).collect()
        };
        line(area, curve(&|point| point.2), ORANGE.stroke_width(3))?;
        line(area, curve(&|point| point.1), BLUE.stroke_width(3))
    })
}
