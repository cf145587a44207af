//! Why customers changed: what moved between two gradings of the same customers, line by line, read
//! from the same columns as the score and its statement.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, RecordBatch};
use gradus_model::fixed::Fixed;
use gradus_model::{Lang, Text};
use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};

use super::fit::Fits;
use super::frame::{Formula, Frame, show};
use super::grouping::GroupsKind;
use super::needed::Needed;
use super::node::{Node, put_score};
use super::score::{self, Scored};
use super::scorecard::{AttributeTerm, Card, Method, TermKind};
use super::stage::StageB;
use super::statement::{Amounts, bin_text};
use super::tier::{Axis, Measure};
use super::why::WhyTree;

/// What a moved line speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovedKind {
    /// The points that everyone starts with.
    Base,
    Attribute,
    Adjustment,
    /// The limits of a group.
    GroupCap,
    /// Rounding of a stretched score.
    Rounding,
    /// The limits of the score.
    TotalCap,
    /// A value that is cut without a scorecard.
    Value,
    /// A condition that became true, false or unknown.
    Condition,
    /// Why there is no tier.
    Reason,
}

/// One line that moved. What a line adds to a score is there for lines of a scorecard only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MovedLine {
    pub kind: MovedKind,
    /// Of the attribute, adjustment, group or column; a condition as it is written.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_after: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "short")]
    pub bin_before: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "short")]
    pub bin_after: Option<Text>,
    /// What it adds to the score, before and after; the least where that is an interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_before: Option<Fixed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_after: Option<Fixed>,
    /// After less before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fixed>,
}

/// A text that is the same in both languages is written once.
fn short<S: Serializer>(text: &Option<Text>, serializer: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) if text.zh == text.en => serializer.serialize_str(&text.en),
        other => other.serialize(serializer),
    }
}

/// What moved one customer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Moved {
    /// The scorecard whose lines these are, where one score decides.
    pub scorecard: Option<String>,
    /// The score after less before (the lower ends of intervals): `lines` and `rest` add up to it.
    pub amount: Option<Fixed>,
    /// The largest first.
    pub lines: Vec<MovedLine>,
    /// Lines that are left out, and what they add up to.
    pub n_rest: usize,
    pub rest: Option<Fixed>,
}

/// One of two gradings: its stage, its customers row by row, and what it applied.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub stage: &'a StageB,
    /// Of the stage, for what is compared.
    pub needed: &'a Needed,
    /// The fold's columns. Rows of both sides are the same customers in the same order.
    pub rows: &'a RecordBatch,
    pub fits: &'a Fits,
    pub as_of: Date,
}

/// A side with everything evaluated.
struct Evaluated<'a> {
    side: Side<'a>,
    frame: Frame,
    scored: BTreeMap<&'a str, (&'a Card, Scored)>,
}

impl<'a> Evaluated<'a> {
    fn of(side: Side<'a>) -> Evaluated<'a> {
        let mut frame = side.stage.frame(side.rows);
        let mut scored = BTreeMap::new();
        for node in side.stage.nodes_of(side.needed) {
            let Node::Card(card) = node else {
                node.evaluate(&mut frame, side.fits, side.as_of);
                continue;
            };
            let own = score::evaluate(card, &mut frame, side.fits, false);
            put_score(&mut frame, &card.name, own.score.clone(), own.completeness.clone());
            scored.insert(card.name.as_str(), (card.as_ref(), own));
        }
        Evaluated { side, frame, scored }
    }
}

/// Two gradings of the same customers, to be compared.
pub struct Compared<'a> {
    before: Evaluated<'a>,
    after: Evaluated<'a>,
}

/// What decides a tier, group or segment.
enum Decider<'a> {
    Score(&'a str),
    Value(&'a Formula),
    Condition(&'a Formula),
    /// A column, under the name of what it belongs to.
    Column(MovedKind, &'a str, String),
}

/// What one line says of one row: value, bin, points.
type Said = (Option<String>, Option<Text>, i64);

impl<'a> Compared<'a> {
    pub fn new(before: Side<'a>, after: Side<'a>) -> Compared<'a> {
        Compared { before: Evaluated::of(before), after: Evaluated::of(after) }
    }

    /// What moved these rows in a tier, group or segment of the later side, with at most `most`
    /// lines each.
    pub fn moved(&mut self, name: &str, rows: &[usize], most: usize) -> Vec<Moved> {
        let stage = self.after.side.stage;
        let deciders = stage.deciders(name);
        let mut out = vec![Moved::default(); rows.len()];
        for decider in &deciders {
            match decider {
                Decider::Score(card) => {
                    for (moved, row) in out.iter_mut().zip(rows) {
                        self.score_lines(card, *row, moved);
                    }
                }
                Decider::Value(formula) | Decider::Condition(formula) => {
                    let kind = match decider {
                        Decider::Value(_) => MovedKind::Value,
                        _ => MovedKind::Condition,
                    };
                    let arrays = [&mut self.before.frame, &mut self.after.frame]
                        .map(|frame| frame.evaluate(formula).array);
                    for (moved, row) in out.iter_mut().zip(rows) {
                        moved.lines.extend(self.formula_line(kind, formula, &arrays, *row));
                    }
                }
                Decider::Column(kind, name, column) => {
                    for (moved, row) in out.iter_mut().zip(rows) {
                        let said =
                            [&self.before.frame, &self.after.frame].map(|frame| frame.show(column, *row));
                        moved.lines.extend(line(*kind, name, said));
                    }
                }
            }
        }
        for moved in &mut out {
            moved.cap(most);
        }
        out
    }

    /// The lines of a scorecard that are not what they were.
    fn score_lines(&self, name: &str, row: usize, moved: &mut Moved) {
        let (Some((card, scored)), Some((old_card, old_scored))) =
            (self.after.scored.get(name), self.before.scored.get(name))
        else {
            return;
        };
        let after = Lines { card, scored, fits: self.after.side.fits, row };
        let before = Lines { card: old_card, scored: old_scored, fits: self.before.side.fits, row };
        let mut old = before.all();
        for one in after.all() {
            let known = old.iter().position(|old| old.kind == one.kind && old.name == one.name);
            let old = known.map(|at| old.remove(at));
            // Most lines stay what they are: they are put in words only if they moved.
            if old.is_some_and(|old| old.amount == one.amount && before.is_in_bin_of(&old, &after, &one)) {
                continue;
            }
            let said = old.map_or_else(Said::default, |old| before.said(&old));
            moved.lines.extend(score_line(&one, said, after.said(&one)));
        }
        for one in old {
            moved.lines.extend(score_line(&one, before.said(&one), Said::default()));
        }
        moved.scorecard = Some(name.to_string());
        moved.amount = Some(Fixed(scored.score.at(row).0 - old_scored.score.at(row).0));
    }

    fn formula_line(
        &self,
        kind: MovedKind,
        formula: &Formula,
        arrays: &[ArrayRef; 2],
        row: usize,
    ) -> Option<MovedLine> {
        let [before, after] = [&arrays[0], &arrays[1]].map(|array| show(array, row));
        if before == after {
            return None;
        }
        if kind == MovedKind::Value {
            return line(kind, &formula.sql, [before, after]);
        }
        // What the condition reads tells more than that it is true now; hidden columns have no name.
        let read = |frame: &Frame, truth: Option<String>| {
            let names: Vec<&String> =
                formula.references.iter().filter(|name| !name.starts_with('_')).collect();
            let value = |name: &&String| {
                let value = frame.show(name, row).unwrap_or_else(|| "?".into());
                if names.len() == 1 { value } else { format!("{name} = {value}") }
            };
            let values: Vec<String> = names.iter().map(value).collect();
            if values.is_empty() || formula.bare().is_some() { truth } else { Some(values.join(", ")) }
        };
        let values = [read(&self.before.frame, before), read(&self.after.frame, after.clone())];
        let mut line = line_always(kind, &formula.sql, values);
        line.bin_after = after.map(Text::plain);
        Some(line)
    }
}

/// The lines of a scorecard for one row.
struct Lines<'c> {
    card: &'c Card,
    scored: &'c Scored,
    fits: &'c Fits,
    row: usize,
}

/// One of them, not yet in words.
#[derive(Clone, Copy)]
struct Line<'c> {
    kind: MovedKind,
    name: &'c str,
    /// Points times 10,000.
    amount: i64,
    /// Which attribute or adjustment of the card it is.
    term: Option<usize>,
}

impl<'c> Lines<'c> {
    /// All of them. Lines that say nothing are there, too: both sides have them.
    fn all(&self) -> Vec<Line<'c>> {
        let card = self.card;
        let amounts = Amounts::of(card, self.scored, self.row);
        let line = |kind, name, amount| Line { kind, name, amount, term: None };
        let mut out = Vec::with_capacity(card.terms.len() + card.groups.len() + 3);
        out.push(line(MovedKind::Base, "base", amounts.base.0));
        for (index, (term, amount)) in card.terms.iter().zip(&amounts.terms).enumerate() {
            let kind = match term.kind {
                TermKind::Attribute(_) => MovedKind::Attribute,
                _ => MovedKind::Adjustment,
            };
            out.push(Line { kind, name: term.name.as_str(), amount: amount.0, term: Some(index) });
        }
        for ((name, _), amount) in card.groups.iter().zip(&amounts.groups) {
            out.push(line(MovedKind::GroupCap, name, amount.0));
        }
        out.push(line(MovedKind::Rounding, "rounding", amounts.rounding.0));
        out.push(line(MovedKind::TotalCap, "total", amounts.capped.0));
        out
    }

    /// The bin of a line, if it has bins: its attribute and code.
    fn bin(&self, line: &Line<'_>) -> Option<(&'c AttributeTerm, u16)> {
        let index = line.term?;
        let TermKind::Attribute(attribute) = &self.card.terms.get(index)?.kind else { return None };
        let code = self.scored.terms.get(index)?.codes.get(self.row).copied().unwrap_or(0);
        Some((attribute, code))
    }

    /// True if a line lies in the same bin here and there.
    fn is_in_bin_of(&self, own: &Line<'_>, other: &Lines<'_>, others: &Line<'_>) -> bool {
        match (self.bin(own), other.bin(others)) {
            (None, None) => true,
            (Some((attribute, code)), Some((other_attribute, other_code))) => {
                // Only cuts that were estimated are other ones with other fits.
                let is_fixed = !matches!(attribute.method, Method::Quantiles { .. });
                if is_fixed && std::ptr::eq(attribute, other_attribute) {
                    return code == other_code;
                }
                bin_text(attribute, code, self.fits) == bin_text(other_attribute, other_code, other.fits)
            }
            _ => false,
        }
    }

    fn said(&self, line: &Line<'_>) -> Said {
        let value = line.term.and_then(|index| show(&self.scored.terms.get(index)?.value.array, self.row));
        let bin = self.bin(line).map(|(attribute, code)| bin_text(attribute, code, self.fits));
        (value, bin, line.amount)
    }
}

fn score_line(line: &Line<'_>, before: Said, after: Said) -> Option<MovedLine> {
    (before != after).then(|| MovedLine {
        kind: line.kind,
        name: line.name.to_string(),
        value_before: before.0,
        value_after: after.0,
        bin_before: before.1,
        bin_after: after.1,
        points_before: Some(Fixed(before.2)),
        points_after: Some(Fixed(after.2)),
        amount: Some(Fixed(after.2 - before.2)),
    })
}

fn line(kind: MovedKind, name: &str, [before, after]: [Option<String>; 2]) -> Option<MovedLine> {
    (before != after).then(|| line_always(kind, name, [before, after]))
}

fn line_always(kind: MovedKind, name: &str, [before, after]: [Option<String>; 2]) -> MovedLine {
    MovedLine {
        kind,
        name: name.to_string(),
        value_before: before,
        value_after: after,
        bin_before: None,
        bin_after: None,
        points_before: None,
        points_after: None,
        amount: None,
    }
}

impl Moved {
    /// Keeps the largest lines. What has no amount comes first: it is what decided. A line of a score
    /// whose value moved within its bin adds nothing and is left out.
    fn cap(&mut self, most: usize) {
        self.lines.retain(|line| line.amount != Some(Fixed::ZERO) || line.bin_before != line.bin_after);
        let size = |line: &MovedLine| line.amount.map_or(i64::MIN, |amount| -amount.0.saturating_abs());
        self.lines.sort_by(|a, b| (size(a), a.kind, &a.name).cmp(&(size(b), b.kind, &b.name)));
        let rest = self.lines.split_off(most.min(self.lines.len()));
        self.n_rest = rest.len();
        let amounts = rest.iter().filter_map(|line| line.amount);
        self.rest = self.amount.map(|_| Fixed(amounts.map(|amount| amount.0).sum()));
    }
}

impl Node {
    fn name(&self) -> &str {
        match self {
            Node::Formula { name, .. } => name,
            Node::Prediction(prediction) => &prediction.name,
            Node::Card(card) => &card.name,
            Node::Rules(rules) => &rules.name,
            Node::Table(table) => &table.name,
            Node::Cross(cross) => &cross.name,
            Node::Tree(tree) => &tree.name,
            Node::Step(step) => &step.column,
            Node::Scheme(scheme) => &scheme.name,
            Node::Groups(groups) => &groups.name,
            Node::Segment(segment) => &segment.name,
        }
    }
}

fn deciders(node: &Node) -> Vec<Decider<'_>> {
    let mut out = Vec::new();
    let value = |axis| match axis {
        &Axis::Score { ref name, .. } => Decider::Column(MovedKind::Value, name, format!("{name}_low")),
        Axis::Formula(formula) => Decider::Value(formula),
    };
    match node {
        Node::Scheme(scheme) => {
            match &scheme.measure {
                Measure::By { value: Axis::Score { name, .. }, .. } => out.push(Decider::Score(name)),
                Measure::By { value: axis, .. } => out.push(value(axis)),
                // The lines of two scores add up to neither; a grid shows the scores themselves.
                Measure::Grid { rows, columns, .. } => out.extend([&rows.0, &columns.0].map(value)),
            }
            out.extend(scheme.eligible.as_ref().map(Decider::Condition));
            let reason = format!("{}_reason", scheme.name);
            out.push(Decider::Column(MovedKind::Reason, &scheme.name, reason));
        }
        Node::Groups(groups) => {
            match &groups.kind {
                GroupsKind::Rfm8 { axes, .. } | GroupsKind::Rfm11 { axes, .. } => {
                    out.extend(axes.iter().map(Decider::Value));
                }
                GroupsKind::Waterfall(layers) => out.extend(layers.iter().flatten().map(Decider::Condition)),
                GroupsKind::ByValue(formula) | GroupsKind::Bands { value: formula, .. } => {
                    out.push(Decider::Value(formula));
                }
                GroupsKind::Buckets { .. } => {}
            }
            out.extend(groups.base_segment.as_ref().map(Decider::Condition));
        }
        Node::Segment(segment) => {
            leaves(&segment.tree, &mut out);
            out.extend(segment.base_segment.as_ref().map(Decider::Condition));
        }
        Node::Formula { .. } | Node::Prediction(_) | Node::Card(_) | Node::Rules(_) => {}
        Node::Table(_) | Node::Cross(_) | Node::Tree(_) | Node::Step(_) => {}
    }
    out
}

fn leaves<'a>(tree: &'a WhyTree, out: &mut Vec<Decider<'a>>) {
    match tree {
        WhyTree::All(parts) | WhyTree::Any(parts) => parts.iter().for_each(|part| leaves(part, out)),
        WhyTree::Not(part) => leaves(part, out),
        WhyTree::Leaf(formula) => out.push(Decider::Condition(formula)),
    }
}

impl StageB {
    /// What decides a tier, group or segment; a band of nothing but a score is decided by its lines.
    fn deciders(&self, name: &str) -> Vec<Decider<'_>> {
        let Some(node) = self.nodes.iter().find(|node| node.name() == name) else { return Vec::new() };
        let mut out = deciders(node);
        let card = |formula: &Formula| {
            let named = formula.bare()?;
            self.nodes.iter().find_map(|node| match node {
                Node::Card(card) if card.name == named => Some(card.name.as_str()),
                _ => None,
            })
        };
        if matches!(node, Node::Groups(groups) if matches!(groups.kind, GroupsKind::Bands { .. })) {
            for decider in &mut out {
                if let Decider::Value(formula) = decider
                    && let Some(card) = card(formula)
                {
                    *decider = Decider::Score(card);
                }
            }
        }
        out
    }

    /// The score or column that alone decides a tier or group.
    pub fn decided_by(&self, name: &str) -> Option<&str> {
        let mut values = self.deciders(name).into_iter().filter_map(|decider| match decider {
            Decider::Score(card) => Some(Some(card)),
            Decider::Value(formula) => Some(formula.bare()),
            _ => None,
        });
        values.next().filter(|_| values.next().is_none()).flatten()
    }

    /// What decides a tier, group or segment and is written so, in words.
    pub fn decider_words(&self, name: &str, sql: &str) -> Option<Text> {
        self.deciders(name).into_iter().find_map(|decider| match decider {
            Decider::Value(formula) | Decider::Condition(formula) if formula.sql == sql => {
                Some(Text::new(formula.words(Lang::Zh), formula.words(Lang::En)))
            }
            _ => None,
        })
    }

    /// The columns that the condition of a segment reads.
    pub fn segment_columns(&self, name: &str) -> Vec<String> {
        let node = self.nodes.iter().find(|node| node.name() == name);
        let condition = node.and_then(|node| match node {
            Node::Segment(own) => Some(&own.condition),
            _ => None,
        });
        condition.map(|condition| condition.references.iter().cloned().collect()).unwrap_or_default()
    }

    /// The titles of the lines of a scorecard, by name.
    pub fn line_titles(&self, scorecard: &str) -> BTreeMap<&str, &Text> {
        let card = self.nodes.iter().find_map(|node| match node {
            Node::Card(card) if card.name == scorecard => Some(card),
            _ => None,
        });
        let terms = card.map_or(&[][..], |card| card.terms.as_slice());
        terms.iter().map(|term| (term.name.as_str(), &term.title)).collect()
    }
}
