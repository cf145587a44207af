//! Charts of groups: customers in a plane, and what speaks for each number of groups.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::chart::{BLUE, Field, INK, ORANGE, drawing, fitting, ink, line, rectangle, soft, step, text};

/// A colour per group; told apart by people who do not see all colours (Okabe and Ito 2008), then again.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(160, 150, 30),
    RGBColor(120, 120, 120),
];

/// Points by group, each centre with its name.
pub(crate) fn scatter(
    points: &[(f64, f64, u32)],
    centres: &[(f64, f64)],
    names: &[String],
    label: &str,
    axes: (&str, &str),
) -> String {
    let (width, height, edge) = (560i32, 420i32, 30i32);
    let bounds = |of: fn(&(f64, f64, u32)) -> f64| {
        let all = points.iter().map(of);
        let low = all.clone().fold(f64::INFINITY, f64::min);
        (low, all.fold(f64::NEG_INFINITY, f64::max).max(low + f64::MIN_POSITIVE))
    };
    let ((left, right), (bottom, top)) = (bounds(|one| one.0), bounds(|one| one.1));
    let part = |value: f64, (from, to): (f64, f64)| ((value - from) / (to - from)).clamp(0.0, 1.0);
    let x_of = |x: f64| edge + (part(x, (left, right)) * f64::from(width - 2 * edge)).round() as i32;
    let y_of = |y: f64| {
        height - edge - 10 - (part(y, (bottom, top)) * f64::from(height - 2 * edge - 20)).round() as i32
    };
    drawing(width as u32, height as u32, label, |area| {
        for (x, y, group) in points {
            let colour = COLOURS[*group as usize % COLOURS.len()];
            area.draw(&Circle::new((x_of(*x), y_of(*y)), 3, colour.mix(0.55).filled())).ok()?;
        }
        for (at, (x, y)) in centres.iter().enumerate() {
            let (x, y) = (x_of(*x), y_of(*y));
            let colour = COLOURS[at % COLOURS.len()];
            area.draw(&Circle::new((x, y), 11, colour.filled())).ok()?;
            area.draw(&Circle::new((x, y), 11, INK.mix(0.8).stroke_width(1))).ok()?;
            let name = names.get(at).map(String::as_str).unwrap_or_default();
            text(area, (x, y), 11.0, HPos::Center, &WHITE.mix(1.0), name)?;
        }
        text(area, (width / 2, height - 12), 12.0, HPos::Center, &soft(), &fitting(axes.0, 78))?;
        text(area, (8, 12), 12.0, HPos::Left, &soft(), &fitting(&format!("↑ {}", axes.1), 78))
    })
}

/// Lines over the number of groups; the number that was taken is marked.
pub(crate) fn lines_of_k(lines: &[(String, Vec<(u32, f64)>); 2], k: u32, label: &str, axis: &str) -> String {
    let ks: Vec<u32> = lines[0].1.iter().map(|(k, _)| *k).collect();
    let (first, last) = (ks.first().copied().unwrap_or(2), ks.last().copied().unwrap_or(2));
    let span = f64::from(last.saturating_sub(first).max(1));
    let field = Field { height: 340, top: 70, x_end: span + 1.0, y_from: 0.0, y_end: 1.0 };
    let x_of = |k: u32| field.x(f64::from(k.saturating_sub(first)) + 0.5);
    drawing(Field::WIDTH as u32, field.height as u32, label, |area| {
        let x: Vec<(f64, String)> = ks.iter().map(|k| (f64::from(k - first) + 0.5, k.to_string())).collect();
        let tick = step(1.0, 5.0);
        let y: Vec<(f64, String)> =
            (0..=5).map(|at| (f64::from(at) * tick, format!("{:.1}", f64::from(at) * tick))).collect();
        field.grid(area, &x, &y, (axis, ""))?;
        for (at, ((title, points), colour)) in lines.iter().zip([BLUE, ORANGE]).enumerate() {
            let y = 16 + 20 * at as i32;
            rectangle(area, (Field::LEFT, y - 5), (Field::LEFT + 11, y + 6), colour.mix(0.95))?;
            text(area, (Field::LEFT + 18, y), 12.0, HPos::Left, &ink(), &fitting(title, 60))?;
            let places: Vec<(i32, i32)> =
                points.iter().map(|(k, value)| (x_of(*k), field.y(value.clamp(0.0, 1.0)))).collect();
            line(area, places.clone(), colour.stroke_width(3))?;
            for place in places {
                area.draw(&Circle::new(place, 4, colour.filled())).ok()?;
            }
        }
        let mark = vec![(x_of(k), field.y(0.0)), (x_of(k), field.y(1.0))];
        line(area, mark, INK.mix(0.45).stroke_width(1))
    })
}
