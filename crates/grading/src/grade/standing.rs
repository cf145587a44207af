//! Where a customer stands in a tier scheme: the level, and how far the others are.

use arrow::array::{Array, RecordBatch};
use gradus_model::fixed::Fixed;
use gradus_model::{Lang, Text};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::fit::Fits;
use super::frame::{Frame, show};
use super::kept::{Around, Remembered};
use super::node::Node;
use super::number::Cut;
use super::overridden::OVERRIDDEN;
use super::remembered::memory_at;
use super::stage::StageB;
use super::tier::{Axis, Measure, NotGradedReason, Scheme};
use super::why::{SegmentReason, Truth};
use crate::fold::day_of;

/// One level as seen from a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelDistance {
    pub level: String,
    pub title: Text,
    /// The least value of the level; none for the lowest, and for a best-percent level that nobody
    /// reaches.
    pub from: Option<Cut>,
    /// `from` less the customer's value, in units of the value: above zero is missing, zero and
    /// below is reached with so much to spare. None where there is no `from` or no value.
    pub distance: Option<Cut>,
}

/// One axis of a grid as seen from a customer: the band and its ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AxisStanding {
    /// What the axis is called.
    #[serde(default)]
    pub title: Text,
    pub value: Option<String>,
    pub from: Option<Fixed>,
    pub below: Option<Fixed>,
}

/// Where a customer stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub scheme: String,
    pub title: Text,
    /// The level, or none with the reason.
    pub level: Option<String>,
    pub not_graded: Option<NotGradedReason>,
    /// The value is an interval that spans several levels; `level` is the lowest of them.
    pub provisional: bool,
    /// The value that is cut (the lower end), as people read it.
    pub value: Option<String>,
    /// From lowest to highest; distances only where one value is cut.
    pub levels: Vec<LevelDistance>,
    /// For a grid: rows, then columns.
    pub axes: Vec<AxisStanding>,
    /// Of a scheme that remembers: since when, and why the level stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<Remembered>,
}

impl StageB {
    /// Where the customer in one row stands in a scheme. `None` if there is no such row or scheme.
    pub fn standing(
        &self,
        batch: &RecordBatch,
        row: usize,
        scheme: &str,
        fits: &Fits,
        as_of: Date,
    ) -> Option<Standing> {
        let mut frame = self.frame_of_row(batch, row)?;
        for node in &self.nodes {
            node.evaluate(&mut frame, fits, as_of);
            match node {
                Node::Scheme(own) if own.name == scheme => {
                    return Some(standing(own, &mut frame, fits, as_of));
                }
                _ => {}
            }
        }
        None
    }

    /// Why the customer in one row is, or is not, in a segment: every leaf of its condition with
    /// its value. `None` if there is no such row or segment.
    pub fn why_segment(
        &self,
        batch: &RecordBatch,
        row: usize,
        segment: &str,
        fits: &Fits,
        as_of: Date,
    ) -> Option<SegmentReason> {
        let mut frame = self.frame_of_row(batch, row)?;
        for node in &self.nodes {
            node.evaluate(&mut frame, fits, as_of);
            let Node::Segment(own) = node else { continue };
            if own.name != segment {
                continue;
            }
            let member = frame.columns.get(segment)?.array.clone();
            let in_base = match &own.base_segment {
                None => Truth::True,
                Some(base) => Truth::of(&frame.condition(base).0, 0),
            };
            return Some(SegmentReason {
                segment: segment.to_string(),
                title: own.title.clone(),
                member: Truth::of(member.as_any().downcast_ref()?, 0),
                base: own.base.clone(),
                in_base,
                condition: own.tree.reason(&mut frame, 0),
            });
        }
        None
    }
}

fn standing(scheme: &Scheme, frame: &mut Frame, fits: &Fits, as_of: Date) -> Standing {
    let level = frame.show(&scheme.name, 0);
    let reason = frame.show(&format!("{}_reason", scheme.name), 0);
    let cuts = scheme.level_cuts(fits).unwrap_or_default();
    let (mut value, mut number, mut axes) = (None, None, Vec::new());
    match &scheme.measure {
        Measure::By { value: axis, .. } => (value, number) = axis_value(axis, frame),
        Measure::Grid { rows, columns, .. } => {
            let titles = scheme.axis_titles.iter().cloned().chain(std::iter::repeat(Text::default()));
            for ((axis, cuts), title) in [rows, columns].into_iter().zip(titles) {
                let (value, number) = axis_value(axis, frame);
                let band = number
                    .map(|number| cuts.iter().take_while(|cut| cut.to_f64() <= number.to_f64()).count());
                let from =
                    band.and_then(|band| band.checked_sub(1)).and_then(|index| cuts.get(index).copied());
                let below = band.and_then(|band| cuts.get(band).copied());
                axes.push(AxisStanding { title, value, from, below });
            }
        }
    }
    let levels = scheme.levels.iter().enumerate().map(|(index, (name, title))| {
        let from = index.checked_sub(1).and_then(|index| cuts.get(index).copied()).flatten();
        let distance = from.zip(number).map(|(from, value)| match (from, value) {
            (Cut::Exact(from), Cut::Exact(value)) => Cut::Exact(Fixed(from.0.saturating_sub(value.0))),
            (from, value) => Cut::Float(from.to_f64() - value.to_f64()),
        });
        LevelDistance { level: name.clone(), title: title.clone(), from, distance }
    });
    let levels: Vec<LevelDistance> = levels.collect();
    let remembered = remembered(scheme, frame, &levels, as_of);
    Standing {
        scheme: scheme.name.clone(),
        title: scheme.title.clone(),
        level,
        not_graded: reason.and_then(|code| NotGradedReason::from_code(&code)),
        provisional: frame.show(&format!("{}_provisional", scheme.name), 0).as_deref() == Some("true"),
        value,
        levels,
        axes,
        remembered,
    }
}

/// What a scheme remembers of the customer, in words.
fn remembered(scheme: &Scheme, frame: &Frame, levels: &[LevelDistance], as_of: Date) -> Option<Remembered> {
    let policy = scheme.policy.as_ref()?;
    let mut memory = memory_at(scheme, frame, 0)?;
    // Of a tier that a person set the rules say nothing.
    let set = frame.columns.get(&format!("{OVERRIDDEN}{}", scheme.name));
    if set.is_some_and(|column| column.array.is_valid(0)) {
        (memory.held, memory.until) = (None, None);
    }
    let reached =
        levels.iter().rfind(|level| level.distance.is_some_and(|distance| distance.to_f64() <= 0.0));
    let at = memory.level.map(usize::from);
    let above = at.and_then(|at| at.checked_sub(1));
    let kept_down_to = match &scheme.hold {
        Some(hold) => above.and_then(|at| hold.get(at)).map(|cut| Cut::Exact(*cut)),
        None => at.and_then(|at| levels.get(at)?.from),
    };
    let around = Around {
        policy,
        level: at.and_then(|at| scheme.levels.get(at)).map(|(_, title)| title),
        higher: reached.map(|level| &level.title),
        kept_down_to,
        in_points: matches!(&scheme.measure, Measure::By { value: Axis::Score { .. }, .. }),
        day: day_of(as_of),
    };
    Some(Remembered::of(&memory, &around))
}

/// The value of an axis as people read it, and as a number.
fn axis_value(axis: &Axis, frame: &mut Frame) -> (Option<String>, Option<Cut>) {
    let array = match axis {
        Axis::Score { name, .. } => {
            frame.columns.get(&format!("{name}_low")).map(|column| column.array.clone())
        }
        Axis::Formula(formula) => Some(frame.evaluate(formula).array),
    };
    let text = array.and_then(|array| show(&array, 0));
    let number = text.as_deref().and_then(|text| match text.parse::<Fixed>() {
        Ok(number) => Some(Cut::Exact(number)),
        Err(_) => text.parse::<f64>().ok().map(Cut::Float),
    });
    (text, number)
}

impl Standing {
    /// Lines for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let word = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let title_of = |name: &str| {
            let level = self.levels.iter().find(|level| level.level == name);
            level.map_or(name.to_string(), |level| level.title.get(lang).to_string())
        };
        let mut text = format!("{}: ", self.title.get(lang));
        match (&self.level, self.not_graded) {
            (Some(level), _) => text.push_str(&title_of(level)),
            (None, Some(reason)) => {
                text.push_str(&format!("{} ({})", word("未定级", "not graded"), reason.title().get(lang)));
            }
            (None, None) => text.push_str(word("未定级", "not graded")),
        }
        if self.provisional {
            text.push_str(word("（暂定）", " (provisional)"));
        }
        if let Some(value) = &self.value {
            text.push_str(&format!("  {} {value}", word("当前值", "value")));
        }
        text.push('\n');
        if let Some(remembered) = &self.remembered {
            if let Some(words) = &remembered.words {
                text.push_str(&format!("  {}\n", words.get(lang)));
            }
            let dates = [
                (&remembered.since, word("升入现等级", "in this level since")),
                (&remembered.next_review, word("下一个定级日", "next review")),
            ];
            let dates: Vec<String> =
                dates.iter().filter_map(|(date, said)| Some(format!("{said} {}", date.as_ref()?))).collect();
            if !dates.is_empty() {
                text.push_str(&format!("  {}\n", dates.join(word("，", ", "))));
            }
        }
        for level in &self.levels {
            let Some((from, distance)) = level.from.zip(level.distance) else { continue };
            let how = if distance.to_f64() > 0.0 {
                format!("{} {distance}", word("还差", "missing"))
            } else {
                let spare = match distance {
                    Cut::Exact(distance) => Cut::Exact(Fixed(distance.0.saturating_neg())),
                    Cut::Float(distance) => Cut::Float(-distance),
                };
                format!("{} {spare}", word("高出", "to spare"))
            };
            text.push_str(&format!("  {} (>= {from}): {how}\n", level.title.get(lang)));
        }
        for axis in &self.axes {
            let end = |end: Option<Fixed>, open: &str| end.map_or(open.to_string(), |end| end.to_string());
            let value = axis.value.clone().unwrap_or_else(|| word("未知", "unknown").into());
            let title = match axis.title.get(lang) {
                "" => String::new(),
                title => format!("{title}: "),
            };
            text.push_str(&format!(
                "  {title}{value} ∈ [{}, {})\n",
                end(axis.from, "-∞"),
                end(axis.below, "+∞")
            ));
        }
        text
    }
}
