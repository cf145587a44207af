//! Parts of stage B: what has to be evaluated for some of what it gives. Whoever grades a few customers many times
//! over, or only asks for their tiers, leaves out the rest.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use jiff::civil::Date;

use super::fit::Fits;
use super::node::Node;
use super::output::{OutputColumn, OutputKind};
use super::stage::StageB;

/// The columns that a definition gives, and those that it reads: of the fold and of other definitions.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub gives: Vec<String>,
    pub reads: BTreeSet<String>,
}

/// What is needed of a stage B, and of the fold before it.
#[derive(Debug, Clone)]
pub struct Needed {
    /// Of each node.
    nodes: Vec<bool>,
    /// Names of everything that is read, columns of the fold among them.
    columns: BTreeSet<String>,
    outputs: Vec<OutputColumn>,
}

impl Needed {
    /// Names of everything that is read: the columns of the fold among them suffice.
    pub fn columns(&self) -> &BTreeSet<String> {
        &self.columns
    }
}

impl StageB {
    /// What is needed for the columns of the output that `is_wanted` says.
    pub fn needed_for(&self, is_wanted: impl Fn(&OutputColumn) -> bool) -> Needed {
        let outputs: Vec<OutputColumn> = self
            .output_columns()
            .into_iter()
            .filter(|column| column.kind == OutputKind::Customer || is_wanted(column))
            .collect();
        let mut columns: BTreeSet<String> = outputs.iter().map(|column| column.name.clone()).collect();
        // Whatever a node reads comes before it.
        let mut nodes = vec![false; self.nodes.len()];
        for (is_needed, link) in nodes.iter_mut().zip(&self.links).rev() {
            *is_needed = link.gives.iter().any(|name| columns.contains(name));
            if *is_needed {
                columns.extend(link.reads.iter().cloned());
            }
        }
        Needed { nodes, columns, outputs }
    }

    /// As [`StageB::apply`], what is needed only: `customer` and the columns that were wanted. Columns of the fold
    /// that nothing of it reads may be left out of `batch`.
    pub fn apply_needed(
        &self,
        needed: &Needed,
        batch: &RecordBatch,
        fits: &Fits,
        as_of: Date,
    ) -> RecordBatch {
        let mut frame = self.frame(batch);
        self.nodes_of(needed).for_each(|node| node.evaluate(&mut frame, fits, as_of));
        self.graded(frame, &needed.outputs).batch
    }

    /// The nodes that are needed, in the order of evaluation.
    pub(super) fn nodes_of<'a>(&'a self, needed: &'a Needed) -> impl Iterator<Item = &'a Node> {
        self.nodes.iter().zip(&needed.nodes).filter(|(_, is_needed)| **is_needed).map(|(node, _)| node)
    }
}
