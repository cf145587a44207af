//! Decision trees (决策树): nested branches with what each leaf gives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cell, Condition, Outcome, Sql, Undecided};
use crate::{Place, Text};

/// The first branch that holds is followed; a leaf `gives` the outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionTree {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// What the `is` of the first branches tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Sql>,
    pub branches: Vec<TreeBranch>,
    /// Where no branch holds. Nothing is given if left out.
    #[serde(default, rename = "else", skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<TreeElse>,
    #[serde(default, skip_serializing_if = "Undecided::is_default")]
    pub undecided: Undecided,
}

/// A branch: `when` or `is`, and either `gives` or further `branches`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TreeBranch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// A condition over everything known of a customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// A cell that tests the `value` above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Cell>,
    /// A leaf: a number, a text, or `{ sql: … }`; the same type in all leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives: Option<Outcome>,
    /// What the `is` of the branches below tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Sql>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<TreeBranch>,
    #[serde(default, rename = "else", skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Box<TreeElse>>,
}

/// Where no branch holds: either `gives` or further `branches`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TreeElse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Sql>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<TreeBranch>,
    #[serde(default, rename = "else", skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Box<TreeElse>>,
}

/// One place of a tree where it branches, or the leaf itself.
#[derive(Debug, Clone, Copy)]
pub struct TreeLevel<'a> {
    pub gives: Option<&'a Outcome>,
    pub value: Option<&'a Sql>,
    pub branches: &'a [TreeBranch],
    pub otherwise: Option<&'a TreeElse>,
}

impl DecisionTree {
    pub fn level(&self) -> TreeLevel<'_> {
        TreeLevel {
            gives: None,
            value: self.value.as_ref(),
            branches: &self.branches,
            otherwise: self.otherwise.as_ref(),
        }
    }

    /// Every branch of the tree with its place below that of the tree.
    pub fn visit<'a>(&'a self, place: &Place, each: &mut dyn FnMut(&'a TreeBranch, &Place)) {
        self.level().visit(place, each);
    }
}

impl DecisionTree {
    /// Every level of the tree, from the root down.
    pub fn visit_all<'a>(&'a self, each: &mut dyn FnMut(TreeLevel<'a>)) {
        self.level().visit_all(each);
    }
}

impl TreeBranch {
    pub fn level(&self) -> TreeLevel<'_> {
        TreeLevel {
            gives: self.gives.as_ref(),
            value: self.value.as_ref(),
            branches: &self.branches,
            otherwise: self.otherwise.as_deref(),
        }
    }
}

impl TreeElse {
    pub fn level(&self) -> TreeLevel<'_> {
        TreeLevel {
            gives: self.gives.as_ref(),
            value: self.value.as_ref(),
            branches: &self.branches,
            otherwise: self.otherwise.as_deref(),
        }
    }
}

impl<'a> TreeLevel<'a> {
    fn visit_all(self, each: &mut dyn FnMut(TreeLevel<'a>)) {
        each(self);
        self.branches.iter().for_each(|branch| branch.level().visit_all(each));
        if let Some(otherwise) = self.otherwise {
            otherwise.level().visit_all(each);
        }
    }

    fn visit(self, place: &Place, each: &mut dyn FnMut(&'a TreeBranch, &Place)) {
        for (index, branch) in self.branches.iter().enumerate() {
            let here = place.key("branches").index(index);
            each(branch, &here);
            branch.level().visit(&here, each);
        }
        if let Some(otherwise) = self.otherwise {
            otherwise.level().visit(&place.key("else"), each);
        }
    }
}
