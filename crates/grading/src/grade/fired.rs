//! Which parts of the rules a customer meets: bins, adjustments, rules, levels, groups, segments. Read from
//! the same columns as the grades, so that what counts as covered is what graded.

use std::collections::BTreeSet;

use arrow::array::{Array, BooleanArray, RecordBatch};
use gradus_model::Text;
use gradus_model::document::TableHit;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::cross_table::Cross;
use super::decision_table::{Answer, Table};
use super::decision_tree::{Tree, Way};
use super::fit::Fits;
use super::flow::Step;
use super::frame::{Faults, Formula, Frame};
use super::matcher::{Hits, Prepared};
use super::node::{Node, put_score};
use super::outcome::Computed;
use super::output::OutputKind;
use super::rule_set::{Outcomes, Rules};
use super::score::{self, Scored};
use super::scorecard::{AttributeTerm, Card, Method, TermKind};
use super::stage::StageB;
use super::statement::bin_text;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// A bin of an attribute, or its slope.
    Bin,
    /// An adjustment that adds something.
    Adjustment,
    Rule,
    /// A row of a table, or a cell of a cross table.
    Row,
    /// A branch of a tree, or a step of a flow.
    Branch,
    /// What is given when no rule matches.
    Otherwise,
    Level,
    Group,
    /// Being in a segment.
    In,
    /// Not being in it.
    Out,
}

impl PartKind {
    /// As it is written out.
    pub fn name(self) -> &'static str {
        match self {
            PartKind::Bin => "bin",
            PartKind::Adjustment => "adjustment",
            PartKind::Rule => "rule",
            PartKind::Row => "row",
            PartKind::Branch => "branch",
            PartKind::Otherwise => "otherwise",
            PartKind::Level => "level",
            PartKind::Group => "group",
            PartKind::In => "in",
            PartKind::Out => "out",
        }
    }

    /// What people call it.
    pub fn title(self) -> Text {
        match self {
            PartKind::Bin => Text::new("分箱", "bins"),
            PartKind::Adjustment => Text::new("调整项", "adjustments"),
            PartKind::Rule => Text::new("规则", "rules"),
            PartKind::Row => Text::new("表行", "rows of tables"),
            PartKind::Branch => Text::new("分支", "branches"),
            PartKind::Otherwise => Text::new("其余情形", "what no rule takes"),
            PartKind::Level => Text::new("等级", "levels"),
            PartKind::Group => Text::new("分组", "groups"),
            PartKind::In => Text::new("在分群内", "in a segment"),
            PartKind::Out => Text::new("在分群外", "out of a segment"),
        }
    }
}

/// One part of the rules that a customer may meet. A form of rules brings its own: what it has by
/// [`StageB::parts`], what a customer meets by [`StageB::fired`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub kind: PartKind,
    /// Where it stands in the document.
    pub path: String,
    /// What it belongs to, and what it is.
    pub title: Text,
}

/// Names a part: its kind and its place.
pub type PartKey = (PartKind, String);

impl Part {
    pub fn key(&self) -> PartKey {
        (self.kind, self.path.clone())
    }

    pub(super) fn new(kind: PartKind, path: String, of: &[&Text], own: &Text) -> Part {
        let all: Vec<&Text> = of.iter().copied().chain([own]).collect();
        let join = |of: fn(&Text) -> &str| all.iter().map(|text| of(text)).collect::<Vec<_>>().join(" › ");
        Part { kind, path, title: Text::new(join(|text| &text.zh), join(|text| &text.en)) }
    }
}

impl StageB {
    /// Everything that a customer may meet, in the order of evaluation.
    pub fn parts(&self, fits: &Fits) -> Vec<Part> {
        let mut out = Vec::new();
        for node in &self.nodes {
            match node {
                Node::Card(card) => card_parts(card, fits, &mut out),
                Node::Rules(rules) => rule_parts(rules, &mut out),
                Node::Table(table) => table_parts(table, &mut out),
                Node::Cross(cross) => cross_parts(cross, &mut out),
                Node::Tree(tree) => {
                    for (at, path) in tree.paths().enumerate() {
                        let own = tree.words(at);
                        out.push(Part::new(PartKind::Branch, path.to_string(), &[&tree.title], &own));
                    }
                }
                Node::Step(step) => step_parts(step, &mut out),
                // What has one of several values is told by its column.
                _ => {}
            }
        }
        for column in self.output_columns() {
            let name = &column.name;
            let section = match column.kind {
                OutputKind::Tier => (PartKind::Level, format!("tiers.{name}.levels.")),
                OutputKind::Grouping => (PartKind::Group, format!("groupings.{name}.")),
                OutputKind::Segment => {
                    for kind in [PartKind::In, PartKind::Out] {
                        out.push(Part::new(kind, format!("segments.{name}"), &[], &column.title));
                    }
                    continue;
                }
                _ => continue,
            };
            for (value, title) in &column.values {
                out.push(Part::new(section.0, format!("{}{value}", section.1), &[&column.title], title));
            }
        }
        out
    }

    /// What the customer in one row meets.
    pub fn fired(&self, batch: &RecordBatch, row: usize, fits: &Fits, as_of: Date) -> BTreeSet<PartKey> {
        let mut out = BTreeSet::new();
        let Some(mut frame) = self.frame_of_row(batch, row) else { return out };
        for node in &self.nodes {
            match node {
                Node::Card(card) => {
                    let scored = score::evaluate(card, &mut frame, fits, false);
                    card_fired(card, &scored, &mut out);
                    put_score(&mut frame, &card.name, scored.score, scored.completeness);
                }
                Node::Rules(rules) => {
                    rules_fired(rules, &mut frame, as_of, &mut out);
                    node.evaluate(&mut frame, fits, as_of);
                }
                other => {
                    match other {
                        Node::Table(table) => table_fired(table, &mut frame, as_of, &mut out),
                        Node::Cross(cross) => cross_fired(cross, &mut frame, as_of, &mut out),
                        Node::Tree(tree) => tree_fired(tree, &frame, &mut out),
                        Node::Step(step) => step_fired(step, &frame, &mut out),
                        _ => {}
                    }
                    other.evaluate(&mut frame, fits, as_of);
                }
            }
        }
        for column in self.output_columns() {
            let name = &column.name;
            let value = frame.show(name, 0);
            match (column.kind, value) {
                (OutputKind::Tier, Some(level)) => {
                    out.insert((PartKind::Level, format!("tiers.{name}.levels.{level}")));
                }
                (OutputKind::Grouping, Some(group)) => {
                    out.insert((PartKind::Group, format!("groupings.{name}.{group}")));
                }
                (OutputKind::Segment, Some(member)) => {
                    let kind = if member == "true" { PartKind::In } else { PartKind::Out };
                    out.insert((kind, format!("segments.{name}")));
                }
                _ => {}
            }
        }
        out
    }
}

/// Where a bin of an attribute stands.
fn bin_path(card: &Card, term: &str, attribute: &AttributeTerm, code: usize) -> Option<String> {
    let at = format!("scorecards.{}.attributes.{term}", card.name);
    if code < attribute.n_special {
        return Some(format!("{at}.special[{code}]"));
    }
    let code_of = code - attribute.n_special;
    match &attribute.method {
        Method::Slope { .. } if code == usize::from(attribute.codes.none()) => Some(format!("{at}.slope")),
        _ if code >= attribute.bins.len() => None,
        Method::Quantiles { .. } => Some(format!("{at}.quantiles.points[{code_of}]")),
        _ => Some(format!("{at}.bins[{code_of}]")),
    }
}

fn card_parts(card: &Card, fits: &Fits, out: &mut Vec<Part>) {
    for term in &card.terms {
        let of = [&card.title, &term.title];
        let TermKind::Attribute(attribute) = &term.kind else {
            let path = format!("scorecards.{}.adjustments.{}", card.name, term.name);
            out.push(Part::new(PartKind::Adjustment, path, &[&card.title], &term.title));
            continue;
        };
        for code in 0..attribute.codes.len() {
            if let Some(path) = bin_path(card, &term.name, attribute, code) {
                out.push(Part::new(PartKind::Bin, path, &of, &bin_text(attribute, code as u16, fits)));
            }
        }
    }
}

fn card_fired(card: &Card, scored: &Scored, out: &mut BTreeSet<PartKey>) {
    for (term, column) in card.terms.iter().zip(&scored.terms) {
        match &term.kind {
            TermKind::Attribute(attribute) => {
                let code = column.codes.first().copied().unwrap_or(0);
                let path = bin_path(card, &term.name, attribute, usize::from(code));
                out.extend(path.map(|path| (PartKind::Bin, path)));
            }
            _ if column.points.at(0) != (0, 0) => {
                let path = format!("scorecards.{}.adjustments.{}", card.name, term.name);
                out.insert((PartKind::Adjustment, path));
            }
            _ => {}
        }
    }
}

pub(super) fn rule_path(rules: &Rules, index: usize) -> String {
    format!("rule_sets.{}.rules.{}", rules.name, rules.rules[index].name)
}

pub(super) fn gives_otherwise(rules: &Rules) -> bool {
    match &rules.outcome {
        Outcomes::Points(_, otherwise) => otherwise.is_some(),
        Outcomes::Text(_, otherwise) => otherwise.is_some(),
    }
}

pub(super) fn rule_parts(rules: &Rules, out: &mut Vec<Part>) {
    for (index, rule) in rules.rules.iter().enumerate() {
        out.push(Part::new(PartKind::Rule, rule_path(rules, index), &[&rules.title], &rule.shown()));
    }
    if gives_otherwise(rules) {
        let (path, title) = (format!("rule_sets.{}.otherwise", rules.name), PartKind::Otherwise.title());
        out.push(Part::new(PartKind::Otherwise, path, &[&rules.title], &title));
    }
}

fn rules_fired(rules: &Rules, frame: &mut Frame, as_of: Date, out: &mut BTreeSet<PartKey>) {
    let hits = rules.hits(frame, as_of, 0);
    if hits.is_empty() && gives_otherwise(rules) {
        out.insert((PartKind::Otherwise, format!("rule_sets.{}.otherwise", rules.name)));
    }
    out.extend(hits.into_iter().map(|index| (PartKind::Rule, rule_path(rules, index))));
}

pub(super) fn row_path(table: &Table, row: usize) -> String {
    format!("decision_tables.{}.rows[{row}]", table.name)
}

pub(super) fn gives_default(table: &Table) -> bool {
    table.outputs.iter().any(|output| output.has_default)
}

/// A title, or what is tested, in words.
fn called(title: &Option<Text>, words: impl Fn(gradus_model::Lang) -> String) -> Text {
    use gradus_model::Lang;
    title.clone().unwrap_or_else(|| Text::new(words(Lang::Zh), words(Lang::En)))
}

pub(super) fn table_parts(table: &Table, out: &mut Vec<Part>) {
    for (row, title) in table.row_titles.iter().enumerate() {
        let own = called(title, |lang| table.matcher.words(row, lang));
        out.push(Part::new(PartKind::Row, row_path(table, row), &[&table.title], &own));
    }
    if gives_default(table) {
        let (path, own) = (format!("decision_tables.{}.default", table.name), PartKind::Otherwise.title());
        out.push(Part::new(PartKind::Otherwise, path, &[&table.title], &own));
    }
}

/// The rows that give what is given: of those that are hit the ones that the hit policy takes.
fn table_fired(table: &Table, frame: &mut Frame, as_of: Date, out: &mut BTreeSet<PartKey>) {
    let prepared = table.matcher.prepare(frame, as_of);
    if prepared.failed(0) {
        return;
    }
    let computed = table.computed(frame);
    let rows = match decided_rows(table, &prepared, 0, &computed, &mut Hits::default()) {
        Some(rows) => rows,
        None => {
            if gives_default(table) {
                out.insert((PartKind::Otherwise, format!("decision_tables.{}.default", table.name)));
            }
            Vec::new()
        }
    };
    out.extend(rows.into_iter().map(|row| (PartKind::Row, row_path(table, row))));
}

/// Of the rows that are hit the ones that the hit policy takes; `None` where the default is given. A clash and
/// what cannot be told take no row.
pub(super) fn decided_rows(
    table: &Table,
    prepared: &Prepared<'_>,
    customer: usize,
    computed: &[Computed],
    hits: &mut Hits,
) -> Option<Vec<usize>> {
    let mut faults = Faults::new();
    prepared.hits(customer, table.hit == TableHit::First, hits, &mut faults);
    match table.answer(hits, customer, computed, &mut faults) {
        Answer::Row(row) => Some(vec![row]),
        Answer::List(rows) => Some(rows),
        Answer::Number(_) => Some(hits.sure.iter().map(|row| *row as usize).collect()),
        Answer::Default => None,
        Answer::Clash | Answer::Failed | Answer::Unknown => Some(Vec::new()),
    }
}

pub(super) fn cell_path(cross: &Cross, row: usize, column: usize) -> String {
    format!("cross_tables.{}.cells[{row}][{column}]", cross.name)
}

pub(super) fn cross_parts(cross: &Cross, out: &mut Vec<Part>) {
    for (row, of_row) in cross.rows.titles.iter().enumerate() {
        let of_row = called(of_row, |lang| cross.rows.matcher.words(row, lang));
        for (column, own) in cross.columns.titles.iter().enumerate() {
            let own = called(own, |lang| cross.columns.matcher.words(column, lang));
            out.push(Part::new(PartKind::Row, cell_path(cross, row, column), &[&cross.title, &of_row], &own));
        }
    }
}

fn cross_fired(cross: &Cross, frame: &mut Frame, as_of: Date, out: &mut BTreeSet<PartKey>) {
    let rows = cross.rows.matcher.prepare(frame, as_of);
    let columns = cross.columns.matcher.prepare(frame, as_of);
    let bands = cross.bands(&rows, &columns, 0, &mut Faults::new());
    // Where it cannot be told which band it is, no cell is met for sure.
    if let Some((row, column)) = bands
        && let ([Some(row)], [Some(column)]) = (row.as_slice(), column.as_slice())
    {
        out.insert((PartKind::Row, cell_path(cross, *row, *column)));
    }
}

fn tree_fired(tree: &Tree, frame: &Frame, out: &mut BTreeSet<PartKey>) {
    let told = tree.tell(frame);
    let computed = tree.outcomes.compute(frame);
    let mut way = Way::new();
    tree.given(&told, 0, &computed, &mut Faults::new(), Some(&mut way));
    let held: BTreeSet<usize> =
        way.into_iter().filter(|(_, held)| *held == Some(true)).map(|(at, _)| at).collect();
    let paths = tree.paths().enumerate().filter(|(at, _)| held.contains(at));
    out.extend(paths.map(|(_, path)| (PartKind::Branch, path.to_string())));
}

/// The branches of a step; of a step that is only passed over at times, the step.
fn step_parts(step: &Step, out: &mut Vec<Part>) {
    for branch in step.branches.iter().filter(|_| step.when.is_some() || step.branches.len() > 1) {
        let kind = match branch.condition.is_some() || step.branches.len() == 1 {
            true => PartKind::Branch,
            false => PartKind::Otherwise,
        };
        out.push(Part::new(kind, branch.path.clone(), &[&step.title], &branch.words));
    }
}

fn step_fired(step: &Step, frame: &Frame, out: &mut BTreeSet<PartKey>) {
    let truth = |formula: &Formula| {
        let (column, _) = frame.attempt(formula);
        let values = column.array.as_any().downcast_ref::<BooleanArray>().cloned();
        values.filter(|values| values.is_valid(0)).map(|values| values.value(0))
    };
    if step.when.as_ref().is_some_and(|when| truth(when) != Some(true)) {
        return;
    }
    // Where it cannot be told the step gives nothing, and no later branch is looked at.
    let told = |branch: &&super::flow::StepBranch| {
        branch.condition.as_ref().is_none_or(|condition| truth(condition) != Some(false))
    };
    let taken = step.branches.iter().find(told);
    let taken = taken.filter(|branch| branch.condition.as_ref().is_none_or(|own| truth(own) == Some(true)));
    if let Some(branch) = taken {
        let kind = match branch.condition.is_some() || step.branches.len() == 1 {
            true => PartKind::Branch,
            false => PartKind::Otherwise,
        };
        out.insert((kind, branch.path.clone()));
    }
}
