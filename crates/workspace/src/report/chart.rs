//! Charts as inline SVG. Two colours are placeholders that become the page's own, so that one
//! drawing serves light and dark; the text is escaped by the drawing library.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::summary::{Histogram, display_width, grouped, percent};

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Becomes `currentColor`.
pub(super) const INK: RGBColor = RGBColor(1, 2, 3);
pub(super) const BLUE: RGBColor = RGBColor(43, 108, 176);
pub(super) const ORANGE: RGBColor = RGBColor(230, 159, 0);
pub(super) const GRAY: RGBColor = RGBColor(150, 158, 168);

/// Draws in a coordinate system of pixels; `label` is what a screen reader says.
pub(super) fn drawing(
    width: u32,
    height: u32,
    label: &str,
    draw: impl FnOnce(&Area<'_>) -> Option<()>,
) -> String {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        // A string always takes what is written; there is nothing to report.
        let _ = draw(&area);
        drop(area.present());
    }
    let open = format!("<svg role=\"img\" aria-label=\"{}\" ", super::escape(label));
    svg.replacen("<svg ", &open, 1).replace("\"#010203\"", "\"currentColor\"")
}

pub(super) fn text(
    area: &Area<'_>,
    at: (i32, i32),
    size: f64,
    h: HPos,
    color: &RGBAColor,
    words: &str,
) -> Option<()> {
    let style =
        TextStyle::from(("sans-serif", size * 1.24).into_font()).pos(Pos::new(h, VPos::Center)).color(color);
    area.draw(&Text::new(words.to_string(), at, style)).ok()
}

pub(super) fn ink() -> RGBAColor {
    INK.mix(1.0)
}

pub(super) fn soft() -> RGBAColor {
    INK.mix(0.65)
}

pub(super) fn rectangle(area: &Area<'_>, from: (i32, i32), to: (i32, i32), color: RGBAColor) -> Option<()> {
    area.draw(&Rectangle::new([from, to], color.filled())).ok()
}

pub(super) fn line(area: &Area<'_>, points: Vec<(i32, i32)>, style: ShapeStyle) -> Option<()> {
    area.draw(&PathElement::new(points, style)).ok()
}

/// As much of a label as fits into so many columns of text.
pub(crate) fn fitting(label: &str, columns: usize) -> String {
    if display_width(label) <= columns {
        return label.to_string();
    }
    let mut out = String::new();
    for c in label.chars() {
        if display_width(&out) + display_width(c.encode_utf8(&mut [0; 4])) + 1 > columns {
            break;
        }
        out.push(c);
    }
    out + "…"
}

/// A row of a bar chart: its share of customers and of the money.
pub(crate) struct Bar {
    pub label: String,
    pub share: f64,
    pub value_share: Option<f64>,
    pub count: u64,
}

/// Two bars a row: share of customers and of money.
pub(crate) fn bars(bars: &[Bar], label: &str, legend: (&str, &str)) -> String {
    let with_value = bars.iter().any(|bar| bar.value_share.is_some());
    let (width, top, row) = (560, 28, if with_value { 46 } else { 30 });
    let left =
        bars.iter().map(|bar| display_width(&bar.label)).max().unwrap_or(0).clamp(6, 30) as i32 * 13 / 2 + 12;
    let right = width - 116;
    let longest =
        bars.iter().flat_map(|bar| [bar.share, bar.value_share.unwrap_or(0.0)]).fold(0.01, f64::max);
    let scale = f64::from(right - left) / longest;
    drawing(width as u32, (top + row * bars.len() as i32 + 4) as u32, label, |area| {
        rectangle(area, (left, 6), (left + 11, 17), BLUE.mix(0.9))?;
        text(area, (left + 17, 12), 12.0, HPos::Left, &soft(), legend.0)?;
        if with_value {
            let next = left + 17 + display_width(legend.0) as i32 * 7 + 20;
            rectangle(area, (next, 6), (next + 11, 17), ORANGE.mix(0.9))?;
            text(area, (next + 17, 12), 12.0, HPos::Left, &soft(), legend.1)?;
        }
        for (index, bar) in bars.iter().enumerate() {
            let y = top + row * index as i32 + 4;
            let height = row - 10;
            text(area, (left - 8, y + height / 2), 13.0, HPos::Right, &ink(), &fitting(&bar.label, 30))?;
            let each = if with_value { height / 2 } else { height };
            let end = left + (bar.share * scale).round() as i32;
            rectangle(area, (left, y), (end.max(left + 1), y + each - 1), BLUE.mix(0.9))?;
            let words = format!("{}  ({})", percent(bar.share, 1), grouped(bar.count as f64, 0));
            text(area, (end + 6, y + each / 2), 12.0, HPos::Left, &ink(), &words)?;
            if let Some(share) = bar.value_share {
                let end = left + (share.max(0.0) * scale).round() as i32;
                rectangle(area, (left, y + each), (end.max(left + 1), y + 2 * each - 1), ORANGE.mix(0.9))?;
                text(area, (end + 6, y + each + each / 2), 12.0, HPos::Left, &ink(), &percent(share, 1))?;
            }
        }
        line(area, vec![(left, top), (left, top + row * bars.len() as i32)], INK.mix(0.4).stroke_width(1))
    })
}

/// A step of 1, 2 or 5 times a power of ten, so that about `n` cover the span.
pub(super) fn step(span: f64, n: f64) -> f64 {
    let raw = (span / n).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw).unwrap_or(raw);
    if step.is_finite() && step > 0.0 { step } else { 1.0 }
}

/// How many decimals a step needs.
fn decimals(step: f64) -> usize {
    if step >= 1.0 { 0 } else { (-step.log10()).ceil().clamp(0.0, 6.0) as usize }
}

pub(crate) fn histogram(histogram: &Histogram, marks: &[(f64, &str)], label: &str) -> String {
    let (width, height, left, right, top, bottom) = (560, 270, 58, 16, 30, 32);
    let most = histogram.counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    let y_step = step(most, 4.0).max(1.0);
    let y_top = (most / y_step).ceil() * y_step;
    let (plot_width, plot_height) = (f64::from(width - left - right), f64::from(height - top - bottom));
    let y_of = |count: f64| height - bottom - (count / y_top * plot_height).round() as i32;
    let span = histogram.high - histogram.low;
    let x_of = |value: f64| {
        let part = if span > 0.0 { (value - histogram.low) / span } else { 0.5 };
        left + (part * plot_width).round() as i32
    };
    drawing(width as u32, height as u32, label, |area| {
        let mut tick = 0.0;
        while tick <= y_top {
            let y = y_of(tick);
            line(area, vec![(left, y), (width - right, y)], INK.mix(0.12).stroke_width(1))?;
            text(area, (left - 8, y), 12.0, HPos::Right, &soft(), &grouped(tick, 0))?;
            tick += y_step;
        }
        let n = histogram.counts.len().max(1) as f64;
        for (bin, count) in histogram.counts.iter().enumerate() {
            let edge = |bin: f64| left + (plot_width * bin / n).round() as i32;
            if *count > 0 {
                let y = y_of(*count as f64).min(height - bottom - 1);
                rectangle(
                    area,
                    (edge(bin as f64) + 1, y),
                    (edge(bin as f64 + 1.0) - 1, height - bottom),
                    BLUE.mix(0.85),
                )?;
            }
        }
        line(
            area,
            vec![(left, height - bottom), (width - right, height - bottom)],
            INK.mix(0.4).stroke_width(1),
        )?;
        if span > 0.0 {
            let x_step = step(span, 6.0);
            let mut tick = (histogram.low / x_step).ceil() * x_step;
            while tick <= histogram.high + x_step * 1e-9 {
                text(
                    area,
                    (x_of(tick), height - bottom + 15),
                    12.0,
                    HPos::Center,
                    &soft(),
                    &grouped(tick, decimals(x_step)),
                )?;
                tick += x_step;
            }
        } else {
            text(
                area,
                (x_of(0.0), height - bottom + 15),
                12.0,
                HPos::Center,
                &soft(),
                &grouped(histogram.low, 1),
            )?;
        }
        for (value, words) in marks {
            let x = x_of(*value);
            line(area, vec![(x, top - 8), (x, height - bottom)], ORANGE.stroke_width(2))?;
            let (at, h) = if x > width / 2 { (x - 6, HPos::Right) } else { (x + 6, HPos::Left) };
            text(area, (at, top - 14), 12.0, h, &ink(), words)?;
        }
        Some(())
    })
}

/// The field of a chart of two numbers: from nought to the right, and from `y_from` up.
pub(super) struct Field {
    pub height: i32,
    pub top: i32,
    pub x_end: f64,
    pub y_from: f64,
    pub y_end: f64,
}

impl Field {
    pub const WIDTH: i32 = 560;
    pub const LEFT: i32 = 58;
    const RIGHT: i32 = 20;
    const BOTTOM: i32 = 46;

    pub fn x(&self, value: f64) -> i32 {
        Self::LEFT + (value / self.x_end * f64::from(Self::WIDTH - Self::LEFT - Self::RIGHT)).round() as i32
    }

    pub fn y(&self, value: f64) -> i32 {
        let part = (value - self.y_from) / (self.y_end - self.y_from);
        self.height - Self::BOTTOM - (part * f64::from(self.height - self.top - Self::BOTTOM)).round() as i32
    }

    /// Lines across, what stands at both axes, and what they are.
    pub fn grid(
        &self,
        area: &Area<'_>,
        x: &[(f64, String)],
        y: &[(f64, String)],
        axes: (&str, &str),
    ) -> Option<()> {
        let (left, right) = (Self::LEFT, Self::WIDTH - Self::RIGHT);
        for (value, words) in y {
            let y = self.y(*value);
            line(area, vec![(left, y), (right, y)], INK.mix(0.12).stroke_width(1))?;
            text(area, (left - 8, y), 12.0, HPos::Right, &soft(), words)?;
        }
        for (value, words) in x {
            let below = self.height - Self::BOTTOM + 14;
            text(area, (self.x(*value), below), 12.0, HPos::Center, &soft(), words)?;
        }
        text(area, (left + (right - left) / 2, self.height - 10), 12.0, HPos::Center, &soft(), axes.0)?;
        text(area, (8, 11), 12.0, HPos::Left, &soft(), axes.1)
    }

    /// From corner to corner.
    pub fn diagonal(&self, area: &Area<'_>) -> Option<()> {
        let ends = vec![(self.x(0.0), self.y(0.0)), (self.x(self.x_end), self.y(self.y_end))];
        line(area, ends, INK.mix(0.5).stroke_width(1))
    }
}

/// Shares from nought to `end` that stand at an axis.
pub(super) fn shares(end: f64, tick: f64) -> Vec<(f64, String)> {
    let n = (end / tick + 1e-9).floor() as i32;
    (0..=n).map(|at| (f64::from(at) * tick, percent(f64::from(at) * tick, 0))).collect()
}

pub(crate) fn lorenz(points: &[(f64, f64)], label: &str, axes: (&str, &str)) -> String {
    let lowest = points.iter().map(|point| point.1).fold(0.0, f64::min);
    let field = Field { height: 340, top: 26, x_end: 1.0, y_from: lowest, y_end: 1.0 };
    drawing(Field::WIDTH as u32, field.height as u32, label, |area| {
        field.grid(area, &shares(1.0, 0.2), &shares(1.0, 0.2), axes)?;
        let curve: Vec<(i32, i32)> = points.iter().map(|(x, y)| (field.x(*x), field.y(*y))).collect();
        let mut between = curve.clone();
        between.push((field.x(1.0), field.y(1.0)));
        between.push((field.x(0.0), field.y(0.0)));
        area.draw(&Polygon::new(between, BLUE.mix(0.15))).ok()?;
        field.diagonal(area)?;
        line(area, curve, BLUE.stroke_width(3))?;
        if let Some((x, y)) = points.iter().find(|point| point.0 >= 0.7999) {
            area.draw(&Circle::new((field.x(*x), field.y(*y)), 5, ORANGE.filled())).ok()?;
        }
        Some(())
    })
}

/// A table of numbers by colour. `cells[row][column]`: what is written and how strong it is, 0 to 1.
pub(crate) struct Heat<'h> {
    pub rows: &'h [String],
    pub columns: &'h [String],
    pub cells: &'h [Vec<(String, f64)>],
    /// Cells with a frame: those who stayed.
    pub framed: &'h [(usize, usize)],
    pub axes: (&'h str, &'h str),
}

pub(crate) fn heat(heat: &Heat<'_>, label: &str) -> String {
    let width = 560;
    let left = heat.rows.iter().map(|row| display_width(row)).max().unwrap_or(0).clamp(6, 18) as i32 * 7 + 14;
    let (top, row_height, n) = (48, 40, heat.columns.len().max(1) as i32);
    let cell_width = (width - left - 4) / n;
    let fits = (cell_width / 7).max(3) as usize;
    drawing(width as u32, (top + row_height * heat.rows.len() as i32 + 6) as u32, label, |area| {
        text(area, (left, 11), 12.0, HPos::Left, &soft(), heat.axes.1)?;
        text(area, (left - 8, 11), 12.0, HPos::Right, &soft(), heat.axes.0)?;
        for (column, words) in heat.columns.iter().enumerate() {
            let x = left + cell_width * column as i32 + cell_width / 2;
            text(area, (x, 34), 12.0, HPos::Center, &ink(), &fitting(words, fits))?;
        }
        for (row, words) in heat.rows.iter().enumerate() {
            let y = top + row_height * row as i32;
            text(area, (left - 8, y + row_height / 2), 12.0, HPos::Right, &ink(), &fitting(words, 18))?;
            for (column, (words, strength)) in heat.cells.get(row).into_iter().flatten().enumerate() {
                let x = left + cell_width * column as i32;
                let alpha = 0.06 + 0.86 * strength.clamp(0.0, 1.0);
                let (from, to) = ((x + 1, y + 1), (x + cell_width - 2, y + row_height - 2));
                rectangle(area, from, to, BLUE.mix(alpha))?;
                if heat.framed.contains(&(row, column)) {
                    area.draw(&Rectangle::new([from, to], INK.mix(0.55).stroke_width(1))).ok()?;
                }
                let color = if alpha > 0.55 { WHITE.mix(1.0) } else { ink() };
                let middle = (x + cell_width / 2, y + row_height / 2);
                text(area, middle, 12.5, HPos::Center, &color, words)?;
            }
        }
        Some(())
    })
}

/// A colour per level, lowest first; the highest stands out.
pub(super) fn ramp(position: usize, n: usize) -> RGBColor {
    const STOPS: [(f64, f64, f64); 4] =
        [(181.0, 211.0, 231.0), (86.0, 160.0, 211.0), (32.0, 104.0, 165.0), (230.0, 159.0, 0.0)];
    if n > 1 && position + 1 == n {
        return ORANGE;
    }
    let at = if n <= 2 { 1.0 } else { position as f64 / (n - 2) as f64 * 2.0 };
    let below = (at.floor() as usize).min(1);
    let (a, b, part) = (STOPS[below], STOPS[below + 1], at - below as f64);
    let mix = |a: f64, b: f64| (a + (b - a) * part).round() as u8;
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// Levels over time, lowest first, those not graded at the bottom. `counts[point][level]`, the
/// last of each point being those not graded.
pub(crate) fn areas(titles: &[String], instants: &[String], counts: &[Vec<u64>], label: &str) -> String {
    let (width, left, right, bottom) = (1120, 76, 20, 34);
    let n = titles.len();
    // The highest level first in the legend, as in the drawing from the top.
    let order: Vec<usize> = (0..n.saturating_sub(1)).rev().chain(n.checked_sub(1)).collect();
    let mut places = Vec::new();
    let (mut x, mut y) = (left, 12);
    for level in &order {
        let words = fitting(&titles[*level], 24);
        let wide = display_width(&words) as i32 * 8 + 40;
        if x + wide > width - right && x > left {
            (x, y) = (left, y + 22);
        }
        places.push((*level, x, y, words));
        x += wide;
    }
    let top = y + 24;
    let height = top + 270 + bottom;
    let color = |level: usize| if level + 1 == n { GRAY } else { ramp(level, n - 1) };
    let most = counts.iter().map(|point| point.iter().sum::<u64>()).max().unwrap_or(1).max(1) as f64;
    let y_step = step(most, 4.0).max(1.0);
    let y_top = (most / y_step).ceil() * y_step;
    let y_of = |count: f64| height - bottom - (count / y_top * 270.0).round() as i32;
    let last = instants.len().saturating_sub(1).max(1);
    let x_of =
        |point: usize| left + (f64::from(width - left - right) * point as f64 / last as f64).round() as i32;
    drawing(width as u32, height as u32, label, |area| {
        for (level, x, y, words) in &places {
            rectangle(area, (*x, y - 6), (x + 12, y + 6), color(*level).mix(0.92))?;
            text(area, (x + 18, *y), 13.0, HPos::Left, &ink(), words)?;
        }
        let mut below = vec![0u64; instants.len()];
        for level in n.checked_sub(1).into_iter().chain(0..n.saturating_sub(1)) {
            let above: Vec<u64> = below
                .iter()
                .zip(counts)
                .map(|(below, point)| below + point.get(level).copied().unwrap_or(0))
                .collect();
            let upper = above.iter().enumerate().map(|(point, count)| (x_of(point), y_of(*count as f64)));
            let lower =
                below.iter().enumerate().rev().map(|(point, count)| (x_of(point), y_of(*count as f64)));
            area.draw(&Polygon::new(upper.chain(lower).collect::<Vec<_>>(), color(level).mix(0.92))).ok()?;
            below = above;
        }
        let mut tick = 0.0;
        while tick <= y_top {
            line(area, vec![(left, y_of(tick)), (width - right, y_of(tick))], INK.mix(0.15).stroke_width(1))?;
            text(area, (left - 8, y_of(tick)), 12.5, HPos::Right, &soft(), &grouped(tick, 0))?;
            tick += y_step;
        }
        let wide = instants.iter().map(|at| display_width(at)).max().unwrap_or(1) as i32 * 8 + 16;
        let every = (instants.len() as i32 * wide / (width - left - right).max(1) + 1) as usize;
        for (point, at) in instants.iter().enumerate() {
            // Counted from the last, which always has its label.
            if (instants.len() - 1 - point) % every != 0 {
                continue;
            }
            let h = if point == 0 {
                HPos::Left
            } else if point + 1 == instants.len() {
                HPos::Right
            } else {
                HPos::Center
            };
            text(area, (x_of(point), height - bottom + 17), 12.5, h, &soft(), at)?;
        }
        Some(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_cut() {
        let bar = Bar { label: "<script>\"".into(), share: 0.5, value_share: None, count: 3 };
        let svg = bars(&[bar], "a \"<b>\"", ("x", "y"));
        assert!(svg.starts_with("<svg role=\"img\" aria-label=\"a &quot;&lt;b&gt;&quot;\""), "{svg}");
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;") && svg.contains("currentColor"));
        assert_eq!((fitting("重要价值客户", 7), fitting("abc", 3)), ("重要价…".into(), "abc".into()));
    }

    #[test]
    fn odd_numbers_draw_and_end() {
        for counts in [vec![], vec![0], vec![1], vec![u64::MAX / 4, 0, 3]] {
            let odd = Histogram { low: 0.0, high: if counts.len() > 1 { 1e-4 } else { 0.0 }, counts };
            assert!(histogram(&odd, &[], "x").contains("</svg>"));
        }
        assert!(lorenz(&[], "x", ("", "")).contains("</svg>"));
        assert!(areas(&[], &[], &[], "x").contains("</svg>"));
        assert!(areas(&["a".into(), "b".into()], &["2011".into()], &[vec![1, 2]], "x").contains("</svg>"));
        for n in 1..9 {
            assert!((0..n).all(|position| ramp(position, n) != GRAY));
        }
        assert_eq!((step(100.0, 5.0), step(0.9, 5.0), decimals(0.2), decimals(5.0)), (20.0, 0.2, 1, 0));
    }
}
