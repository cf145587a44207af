//! Charts of validation: rates by group with their intervals, gain, calibration, drift, flow between levels.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::chart::{
    Area, BLUE, Field, GRAY, INK, ORANGE, drawing, fitting, ink, line, ramp, rectangle, shares, soft, step,
    text,
};
use crate::summary::{display_width, grouped};

/// A figure of a group with its interval.
pub(crate) struct Whisker {
    pub label: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub words: String,
}

/// A bar for each group with its interval over it, from the top down.
pub(crate) fn whiskers(all: &[Whisker], label: &str) -> String {
    let (width, top, row) = (560, 8, 34);
    let left =
        all.iter().map(|one| display_width(&one.label)).max().unwrap_or(0).clamp(6, 26) as i32 * 13 / 2 + 12;
    let right = width - 130;
    let greatest = all.iter().map(|one| one.high.max(one.value)).fold(f64::MIN_POSITIVE, f64::max);
    // What may be below nothing, such as a net promoter score, goes to the left of the line.
    let least = all.iter().map(|one| one.low.min(one.value)).fold(0.0, f64::min);
    let scale = f64::from(right - left) / (greatest - least);
    let x_of = |value: f64| left + ((value - least).max(0.0) * scale).round() as i32;
    let zero = x_of(0.0);
    drawing(width as u32, (top + row * all.len() as i32 + 6) as u32, label, |area| {
        for (at, one) in all.iter().enumerate() {
            let y = top + row * at as i32;
            let middle = y + row / 2 - 2;
            text(area, (left - 8, middle), 13.0, HPos::Right, &ink(), &fitting(&one.label, 26))?;
            let end = if one.value < 0.0 { x_of(one.value) } else { x_of(one.value).max(zero + 1) };
            rectangle(area, (zero.min(end), y + 4), (zero.max(end), y + row - 8), BLUE.mix(0.75))?;
            let (low, high) = (x_of(one.low), x_of(one.high));
            line(area, vec![(low, middle), (high, middle)], INK.mix(0.75).stroke_width(1))?;
            for x in [low, high] {
                line(area, vec![(x, middle - 5), (x, middle + 5)], INK.mix(0.75).stroke_width(1))?;
            }
            text(area, (high.max(end) + 8, middle), 12.0, HPos::Left, &ink(), &one.words)?;
        }
        line(area, vec![(zero, top), (zero, top + row * all.len() as i32)], INK.mix(0.4).stroke_width(1))
    })
}

/// Most curves of one figure.
const N_CURVES: usize = 3;

/// The field of curves, with room for what each is called.
fn field_of_curves(lines: &[(String, Vec<f64>)], y_end: f64) -> Field {
    Field { height: 360, top: 30 + 20 * lines.len().min(N_CURVES) as i32, x_end: 1.0, y_from: 0.0, y_end }
}

/// Curves by title; `point` says where the value of a part, of so many, stands.
fn curves(
    area: &Area<'_>,
    field: &Field,
    lines: &[(String, Vec<f64>)],
    point: impl Fn(usize, f64, f64) -> (f64, f64),
) -> Option<()> {
    let colors = [BLUE, ORANGE, GRAY];
    for (at, (title, _)) in lines.iter().take(N_CURVES).enumerate() {
        let (left, y) = (Field::LEFT, 28 + 20 * at as i32);
        rectangle(area, (left, y - 5), (left + 11, y + 6), colors[at].mix(0.95))?;
        text(area, (left + 18, y), 12.0, HPos::Left, &ink(), &fitting(title, 60))?;
    }
    for (at, (_, values)) in lines.iter().take(N_CURVES).enumerate().rev() {
        let n = values.len().max(1) as f64;
        let points = values.iter().enumerate().map(|(part, value)| {
            let (x, y) = point(part, n, *value);
            (field.x(x), field.y(y.clamp(field.y_from, field.y_end)))
        });
        line(area, points.collect(), colors[at].stroke_width(3))?;
    }
    Some(())
}

/// Curves of what the best part of the customers has of an outcome: `lines` by title, each point the share
/// captured after one more part of equal size. The diagonal is chance.
pub(crate) fn gain(lines: &[(String, Vec<f64>)], label: &str, axes: (&str, &str)) -> String {
    let field = field_of_curves(lines, 1.0);
    // Nobody has nothing.
    let lines: Vec<(String, Vec<f64>)> = lines
        .iter()
        .map(|(title, shares)| (title.clone(), std::iter::once(0.0).chain(shares.iter().copied()).collect()))
        .collect();
    drawing(Field::WIDTH as u32, field.height as u32, label, |area| {
        field.grid(area, &shares(1.0, 0.2), &shares(1.0, 0.2), axes)?;
        field.diagonal(area)?;
        curves(area, &field, &lines, |part, n, share| (part as f64 / (n - 1.0).max(1.0), share))
    })
}

/// Curves of how much more often than everybody each part of equal size has an outcome, the best scores first: a
/// score that says something falls from left to right, and everybody together are at 1.
pub(crate) fn lift(lines: &[(String, Vec<f64>)], label: &str, axes: (&str, &str)) -> String {
    let all = lines.iter().flat_map(|(_, lifts)| lifts).copied().filter(|lift| lift.is_finite());
    let greatest = all.fold(1.5, f64::max);
    let tick = step(greatest, 5.0);
    let field = field_of_curves(lines, (greatest / tick).ceil() * tick);
    let n = (field.y_end / tick).round() as i32;
    let y: Vec<(f64, String)> = (0..=n)
        .map(|at| f64::from(at) * tick)
        .map(|value| (value, format!("{value:.*}×", usize::from(tick < 1.0))))
        .collect();
    drawing(Field::WIDTH as u32, field.height as u32, label, |area| {
        field.grid(area, &shares(1.0, 0.2), &y, axes)?;
        let even = vec![(field.x(0.0), field.y(1.0)), (field.x(1.0), field.y(1.0))];
        line(area, even, INK.mix(0.5).stroke_width(1))?;
        // A part's lift is that of its middle.
        curves(area, &field, lines, |part, n, lift| ((part as f64 + 0.5) / n, lift))
    })
}

/// What was promised, what came, and between which bounds.
pub(crate) struct Reliable {
    pub predicted: f64,
    pub observed: f64,
    pub low: f64,
    pub high: f64,
}

/// Promised against come: points on the diagonal are promises kept.
pub(crate) fn calibration(points: &[Reliable], label: &str, axes: (&str, &str)) -> String {
    let greatest = points.iter().map(|one| one.high.max(one.predicted)).fold(0.05, f64::max);
    let tick = step(greatest, 5.0);
    let end = ((greatest / tick).ceil() * tick).min(1.0).max(tick);
    let field = Field { height: 360, top: 26, x_end: end, y_from: 0.0, y_end: end };
    drawing(Field::WIDTH as u32, field.height as u32, label, |area| {
        field.grid(area, &shares(end, tick), &shares(end, tick), axes)?;
        field.diagonal(area)?;
        for one in points {
            let x = field.x(one.predicted);
            let is_kept = one.low <= one.predicted && one.predicted <= one.high;
            let color = if is_kept { BLUE } else { ORANGE };
            line(area, vec![(x, field.y(one.low)), (x, field.y(one.high))], color.stroke_width(2))?;
            area.draw(&Circle::new((x, field.y(one.observed)), 5, color.filled())).ok()?;
        }
        Some(())
    })
}

/// A falling step curve from 1 with its bounds: (time, share, low, high), the earliest first.
pub(crate) fn survival_curve(points: &[(f64, f64, f64, f64)], label: &str, axes: (&str, &str)) -> String {
    let greatest = points.last().map_or(1.0, |point| point.0).max(1.0);
    let tick = step(greatest, 6.0);
    let end = (greatest / tick).ceil() * tick;
    let field = Field { height: 360, top: 26, x_end: end, y_from: 0.0, y_end: 1.0 };
    let n = (end / tick).round() as i32;
    let x: Vec<(f64, String)> = (0..=n).map(|at| f64::from(at) * tick).map(|v| (v, grouped(v, 0))).collect();
    drawing(Field::WIDTH as u32, field.height as u32, label, |area| {
        field.grid(area, &x, &shares(1.0, 0.2), axes)?;
        let steps = |of: &dyn Fn(&(f64, f64, f64, f64)) -> f64| {
            let mut out = vec![(field.x(0.0), field.y(1.0))];
            let mut last = 1.0;
            for point in points {
                out.push((field.x(point.0), field.y(last)));
                last = of(point);
                out.push((field.x(point.0), field.y(last)));
            }
            out
        };
        line(area, steps(&|point| point.2), GRAY.stroke_width(1))?;
        line(area, steps(&|point| point.3), GRAY.stroke_width(1))?;
        line(area, steps(&|point| point.1), BLUE.stroke_width(3))
    })
}

/// The indices of what may have drifted, with the two bounds; from the top down.
pub(crate) fn drift(all: &[(String, f64)], label: &str) -> String {
    let (width, top, row) = (560, 26, 24);
    let left =
        all.iter().map(|one| display_width(&one.0)).max().unwrap_or(0).clamp(6, 30) as i32 * 13 / 2 + 12;
    let right = width - 60;
    let greatest = all.iter().map(|one| one.1).fold(0.3, f64::max).min(1.0);
    let x_of = |psi: f64| left + (psi.min(greatest) / greatest * f64::from(right - left)).round() as i32;
    let height = top + row * all.len() as i32 + 6;
    drawing(width as u32, height as u32, label, |area| {
        for bound in [0.10, 0.25] {
            let x = x_of(bound);
            line(area, vec![(x, top - 8), (x, height - 4)], INK.mix(0.4).stroke_width(1))?;
            text(area, (x, 9), 12.0, HPos::Center, &soft(), &format!("{bound:.2}"))?;
        }
        for (at, (title, psi)) in all.iter().enumerate() {
            let y = top + row * at as i32;
            let color = if *psi >= 0.25 {
                ORANGE
            } else if *psi >= 0.10 {
                BLUE
            } else {
                GRAY
            };
            text(area, (left - 8, y + 8), 12.5, HPos::Right, &ink(), &fitting(title, 30))?;
            let end = x_of(*psi).max(left + 1);
            rectangle(area, (left, y), (end, y + 16), color.mix(0.9))?;
            text(area, (end + 6, y + 8), 12.0, HPos::Left, &ink(), &format!("{psi:.3}"))?;
        }
        line(area, vec![(left, top - 4), (left, height - 4)], INK.mix(0.4).stroke_width(1))
    })
}

/// Customers flowing between levels (Sankey): `flows[from][to]`, the highest level on top; what comes after
/// the levels, those who are not graded, new or gone, is gray.
pub(crate) fn sankey(
    n_levels: usize,
    (rows, columns): (&[String], &[String]),
    flows: &[Vec<u64>],
    label: &str,
    heads: (&str, &str),
) -> String {
    let (width, top, height, gap) = (1120, 34, 380, 10);
    let (x0, x1, thick) = (200, 1120 - 200, 14);
    let total: u64 = flows.iter().flatten().sum();
    let n = rows.len().max(columns.len()).max(1) as i32;
    let scale = f64::from(height - gap * (n - 1)) / total.max(1) as f64;
    let size = |count: u64| (count as f64 * scale).round() as i32;
    let out_of = |row: usize| flows.get(row).map_or(0, |row| row.iter().sum::<u64>());
    let into = |column: usize| flows.iter().filter_map(|row| row.get(column)).sum::<u64>();
    let starts = |n: usize, of: &dyn Fn(usize) -> u64| {
        let mut y = top;
        let mut starts = Vec::with_capacity(n);
        for at in 0..n {
            starts.push(y);
            y += size(of(at)) + gap;
        }
        starts
    };
    let (own, theirs) = (starts(rows.len(), &out_of), starts(columns.len(), &into));
    let color = |at: usize| if at < n_levels { ramp(n_levels - 1 - at, n_levels) } else { GRAY };
    drawing(width as u32, (top + height + gap) as u32, label, |area| {
        text(area, (x0, 12), 13.0, HPos::Right, &soft(), heads.0)?;
        text(area, (x1, 12), 13.0, HPos::Left, &soft(), heads.1)?;
        let (mut left_at, mut right_at) = (own.clone(), theirs.clone());
        for row in 0..rows.len() {
            let of_row = color(row);
            for column in 0..columns.len() {
                let count = flows.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0);
                if count == 0 {
                    continue;
                }
                let (a, b, thickness) = (left_at[row], right_at[column], size(count));
                left_at[row] += thickness;
                right_at[column] += thickness;
                // A band whose edges are smooth steps (3t^2 - 2t^3).
                let edge = |from: i32, to: i32| {
                    (0..=24).map(move |at| {
                        let t = f64::from(at) / 24.0;
                        let s = t * t * (3.0 - 2.0 * t);
                        let x = f64::from(x0 + thick) + t * f64::from(x1 - x0 - 2 * thick);
                        (x.round() as i32, (f64::from(from) + s * f64::from(to - from)).round() as i32)
                    })
                };
                let thickness = thickness.max(1);
                let band: Vec<(i32, i32)> = edge(a, b)
                    .chain(edge(a + thickness, b + thickness).collect::<Vec<_>>().into_iter().rev())
                    .collect();
                area.draw(&Polygon::new(band, of_row.mix(0.38))).ok()?;
            }
        }
        let words = |title: &str, count: u64| format!("{}  {}", fitting(title, 16), grouped(count as f64, 0));
        for (row, title) in rows.iter().enumerate() {
            let (y, tall) = (own[row], size(out_of(row)).max(1));
            rectangle(area, (x0, y), (x0 + thick, y + tall), color(row).mix(0.95))?;
            text(area, (x0 - 8, y + tall / 2), 13.0, HPos::Right, &ink(), &words(title, out_of(row)))?;
        }
        for (column, title) in columns.iter().enumerate() {
            let (y, tall) = (theirs[column], size(into(column)).max(1));
            rectangle(area, (x1 - thick, y), (x1, y + tall), color(column).mix(0.95))?;
            text(area, (x1 + 8, y + tall / 2), 13.0, HPos::Left, &ink(), &words(title, into(column)))?;
        }
        Some(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_figures_draw_and_end() {
        assert!(whiskers(&[], "x").contains("</svg>"));
        let one = Whisker { label: "<b>".into(), value: 0.0, low: 0.0, high: 0.0, words: "0%".into() };
        assert!(whiskers(&[one], "x").contains("&lt;b&gt;"));
        assert!(gain(&[], "x", ("", "")).contains("</svg>"));
        assert!(gain(&[("a".into(), vec![0.5, f64::NAN])], "x", ("", "")).contains("</svg>"));
        assert!(lift(&[], "x", ("", "")).contains("1.0×"));
        assert!(lift(&[("a".into(), vec![3.2, f64::NAN, 0.1])], "x", ("", "")).contains("4×"));
        let point = Reliable { predicted: 0.0, observed: 0.0, low: 0.0, high: 0.0 };
        assert!(calibration(&[point], "x", ("", "")).contains("</svg>"));
        assert!(drift(&[("a".into(), 3.0), ("b".into(), 0.0)], "x").contains("3.000"));
        assert!(sankey(0, (&[], &[]), &[], "x", ("", "")).contains("</svg>"));
    }

    #[test]
    fn every_flow_is_a_band() {
        let levels = ["gold".to_string(), "low".to_string()];
        let svg = sankey(2, (&levels, &levels), &[vec![5, 1], vec![0, 9]], "x", ("then", "now"));
        assert_eq!(svg.matches("<polygon").count(), 3, "{svg}");
        assert!(svg.contains("gold  6") && svg.contains("low  10"));
    }
}
