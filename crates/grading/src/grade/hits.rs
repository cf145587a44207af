//! How many customers each part of one rule decides for: rows of a table, cells of a cross table, branches of
//! a tree, steps of a flow, rules of a set. Told by the matching that grades, batch by batch; of one customer it
//! says which parts they meet.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use arrow::array::{Array, BooleanArray, RecordBatch};
use gradus_model::Text;
use jiff::civil::Date;
use serde::Serialize;

use super::decision_tree::Tree;
use super::driver::in_parallel;
use super::fired::{
    Part, PartKind, cell_path, cross_parts, decided_rows, gives_default, gives_otherwise, row_path,
    rule_parts, rule_path, table_parts,
};
use super::fit::Fits;
use super::flow::Step;
use super::frame::{Faults, Formula, Frame};
use super::matcher::Hits;
use super::node::Node;
use super::stage::StageB;

/// A part of a rule, and how many it decides for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartHits {
    pub part: Part,
    pub count: u64,
}

/// Counts by the path of the part.
type Counts = BTreeMap<String, u64>;

impl StageB {
    /// The parts of the rule of that name, in the order of the document, with how many each decides for. `None` if
    /// the model has no table, tree, flow or rule set of that name.
    ///
    /// Whose row, cell or branch cannot be told because something is unknown is counted nowhere.
    pub fn rule_hits(
        &self,
        batches: &[RecordBatch],
        name: &str,
        fits: &Fits,
        as_of: Date,
        n_threads: NonZeroUsize,
    ) -> Option<Vec<PartHits>> {
        let own: Vec<usize> = (0..self.nodes.len()).filter(|at| is_of(&self.nodes[*at], name)).collect();
        let last = *own.last()?;
        let parts: Vec<Part> = own.iter().flat_map(|at| parts_of(&self.nodes[*at])).collect();
        let mut slots: Vec<(&RecordBatch, Counts)> =
            batches.iter().map(|batch| (batch, Counts::new())).collect();
        in_parallel(&mut slots, n_threads, |(batch, counts)| {
            let mut frame = self.frame(batch);
            for (at, node) in self.nodes[..=last].iter().enumerate() {
                if own.contains(&at) {
                    count(node, &mut frame, as_of, counts);
                }
                node.evaluate(&mut frame, fits, as_of);
            }
        });
        let mut all = Counts::new();
        for (_, counts) in slots {
            counts.into_iter().for_each(|(path, n)| *all.entry(path).or_default() += n);
        }
        let counted = parts.into_iter().map(|part| {
            let count = all.get(&part.path).copied().unwrap_or(0);
            PartHits { part, count }
        });
        Some(counted.collect())
    }

    /// The columns that hold what the rule of that name gives.
    pub fn rule_columns(&self, name: &str) -> Vec<String> {
        let mut out = Vec::new();
        for node in &self.nodes {
            match node {
                Node::Rules(rules) if rules.name == name => out.push(name.to_string()),
                Node::Cross(cross) if cross.name == name => out.push(name.to_string()),
                Node::Tree(tree) if tree.name == name => out.push(name.to_string()),
                Node::Table(table) if table.name == name => {
                    out.extend(table.outputs.iter().map(|output| output.column.clone()));
                }
                Node::Step(step) if step.flow == name && step.column == name => out.push(name.to_string()),
                _ => {}
            }
        }
        out
    }
}

/// True for what belongs to the rule of that name: of a flow all of its steps.
fn is_of(node: &Node, name: &str) -> bool {
    match node {
        Node::Rules(rules) => rules.name == name,
        Node::Table(table) => table.name == name,
        Node::Cross(cross) => cross.name == name,
        Node::Tree(tree) => tree.name == name,
        // The flow itself is the result of one of its steps, and no step.
        Node::Step(step) => step.flow == name && step.column != name,
        _ => false,
    }
}

fn parts_of(node: &Node) -> Vec<Part> {
    let mut out = Vec::new();
    match node {
        Node::Rules(rules) => rule_parts(rules, &mut out),
        Node::Table(table) => table_parts(table, &mut out),
        Node::Cross(cross) => cross_parts(cross, &mut out),
        Node::Tree(tree) => {
            for (path, words) in tree.places() {
                let kind = match words {
                    Some(_) => PartKind::Branch,
                    None => PartKind::Otherwise,
                };
                let own = words.unwrap_or_else(|| PartKind::Otherwise.title());
                out.push(Part::new(kind, path, &[&tree.title], &own));
            }
        }
        Node::Step(step) => {
            let path = step_path(step);
            out.push(Part::new(PartKind::Branch, path.clone(), &[], &step.title));
            // A step that always uses the same has no branch but itself.
            for branch in step.branches.iter().filter(|branch| branch.path != path) {
                let (kind, own) = match &branch.condition {
                    Some(condition) => (PartKind::Branch, said(condition, &branch.words)),
                    None => (PartKind::Otherwise, branch.words.clone()),
                };
                out.push(Part::new(kind, branch.path.clone(), &[&step.title], &own));
            }
        }
        _ => {}
    }
    out
}

fn said(condition: &Formula, words: &Text) -> Text {
    use gradus_model::Lang;
    let say = |lang: Lang| format!("{} → {}", condition.words(lang), words.get(lang));
    Text::new(say(Lang::Zh), say(Lang::En))
}

fn step_path(step: &Step) -> String {
    format!("flows.{}.steps.{}", step.flow, step.key().unwrap_or_default())
}

/// Adds what the customers of a frame meet.
fn count(node: &Node, frame: &mut Frame, as_of: Date, counts: &mut Counts) {
    let mut add = |path: String, n: u64| {
        if n > 0 {
            *counts.entry(path).or_default() += n;
        }
    };
    match node {
        Node::Rules(rules) => {
            let matches = rules.matches(frame, as_of);
            let (mut n, mut otherwise) = (vec![0u64; rules.rules.len()], 0);
            for row in 0..frame.rows {
                let hits = rules.hits_in(&matches, row);
                otherwise += u64::from(hits.is_empty());
                hits.into_iter().for_each(|index| n[index] += 1);
            }
            n.into_iter().enumerate().for_each(|(index, n)| add(rule_path(rules, index), n));
            if gives_otherwise(rules) {
                add(format!("rule_sets.{}.otherwise", rules.name), otherwise);
            }
        }
        Node::Table(table) => {
            let prepared = table.matcher.prepare(frame, as_of);
            let computed = table.computed(frame);
            let (mut n, mut otherwise) = (vec![0u64; table.matcher.len()], 0);
            let mut hits = Hits::default();
            for customer in (0..prepared.customers()).filter(|customer| !prepared.failed(*customer)) {
                match decided_rows(table, &prepared, customer, &computed, &mut hits) {
                    Some(rows) => rows.into_iter().for_each(|row| n[row] += 1),
                    None => otherwise += 1,
                }
            }
            n.into_iter().enumerate().for_each(|(row, n)| add(row_path(table, row), n));
            if gives_default(table) {
                add(format!("decision_tables.{}.default", table.name), otherwise);
            }
        }
        Node::Cross(cross) => {
            let rows = cross.rows.matcher.prepare(frame, as_of);
            let columns = cross.columns.matcher.prepare(frame, as_of);
            let width = cross.columns.titles.len();
            let mut n = vec![0u64; cross.rows.titles.len() * width];
            for customer in 0..rows.customers() {
                let bands = cross.bands(&rows, &columns, customer, &mut Faults::new());
                if let Some((row, column)) = bands
                    && let ([Some(row)], [Some(column)]) = (row.as_slice(), column.as_slice())
                {
                    n[row * width + column] += 1;
                }
            }
            let cells = n.into_iter().enumerate();
            cells.for_each(|(at, n)| add(cell_path(cross, at / width, at % width), n));
        }
        Node::Tree(tree) => count_tree(tree, frame, &mut add),
        Node::Step(step) => count_step(step, frame, &mut add),
        _ => {}
    }
}

/// A leaf that is reached for sure, and every branch on the way there.
fn count_tree(tree: &Tree, frame: &Frame, add: &mut dyn FnMut(String, u64)) {
    let told = tree.tell(frame);
    let mut leaves: BTreeMap<usize, u64> = BTreeMap::new();
    for customer in 0..frame.rows {
        if let Some(leaf) = tree.leaf(&told, customer) {
            *leaves.entry(leaf).or_default() += 1;
        }
    }
    for (leaf, n) in leaves {
        tree.way_to(leaf).into_iter().for_each(|path| add(path, n));
    }
}

/// Who goes through a step, and by which of its branches.
fn count_step(step: &Step, frame: &Frame, add: &mut dyn FnMut(String, u64)) {
    let told = |formula: &Formula| -> Option<BooleanArray> {
        let (column, failed) = frame.attempt(formula);
        // A row that failed cannot be told.
        let values = column.array.as_any().downcast_ref::<BooleanArray>()?;
        let sure = |row: usize| {
            let fails = failed.as_ref().is_some_and(|failed| failed.value(row));
            (!fails && values.is_valid(row)).then(|| values.value(row))
        };
        Some((0..frame.rows).map(sure).collect())
    };
    let when = step.when.as_ref().map(told);
    let goes = |row: usize| match &when {
        None => true,
        Some(values) => values.as_ref().is_some_and(|values| values.is_valid(row) && values.value(row)),
    };
    let conditions: Vec<Option<Option<BooleanArray>>> =
        step.branches.iter().map(|branch| branch.condition.as_ref().map(told)).collect();
    let (mut through, mut by) = (0u64, vec![0u64; step.branches.len()]);
    for row in (0..frame.rows).filter(|row| goes(*row)) {
        through += 1;
        for (at, condition) in conditions.iter().enumerate() {
            let holds = match condition {
                None => Some(true),
                Some(values) => {
                    values.as_ref().and_then(|values| values.is_valid(row).then(|| values.value(row)))
                }
            };
            match holds {
                Some(true) => {
                    by[at] += 1;
                    break;
                }
                Some(false) => {}
                // Which branch it is cannot be told.
                None => break,
            }
        }
    }
    let path = step_path(step);
    for (branch, n) in step.branches.iter().zip(by).filter(|(branch, _)| branch.path != path) {
        add(branch.path.clone(), n);
    }
    add(path, through);
}
