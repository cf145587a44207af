//! What can be proved of a model before anybody is graded: rules that never count, values that no rule
//! takes, levels and segments that nobody can reach, the least and the greatest score.
//!
//! Conditions become regions in the space of inputs (`space`, `truths`, `region`). What a region cannot
//! say is free, so that "never" and "always" are proofs whatever it is; "this can happen" is only said
//! with an input that was evaluated by the compiled stage and came out so (`witness`).
//!
//! ```text
//! marks of all conditions -> space -> truths of each condition -> claims -> witnesses -> findings
//! ```

mod attained;
mod card;
mod columns;
mod doubled;
mod flows;
mod groups;
mod keep;
mod outcome_tables;
mod outcomes;
mod region;
mod related;
mod rules;
mod scheme;
mod seen;
mod segments;
mod set;
mod space;
mod tables;
mod truths;
mod witness;

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use gradus_expression::Scope;
use gradus_model::document::Model;
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Findings, Given, Place, Text};

use super::compile::IndicatorColumn;
use super::fit::Fits;
use super::frame::{Formula, NullMeaning};
use super::node::Node;
use super::stage::StageB;
use crate::fold::spec::{Aggregate, FoldIndicator, GapPick};
use attained::Attained;
use columns::days_of;
use region::{Bound, Budget, Cuboid, Region, each_uncovered};
use space::{Domain, Ordered, Space, float_units};
use truths::{Conditions, Truths};
use witness::AS_OF;

/// A column that the fold gives, with what it is made of if that is known.
#[derive(Debug, Clone)]
pub struct Input {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) title: Option<Text>,
    pub(crate) fold: Option<FoldIndicator>,
    pub(crate) domain: Domain,
}

impl Input {
    pub fn new(column: IndicatorColumn, fold: Option<FoldIndicator>) -> Input {
        let domain = domain(&column.data_type, fold.as_ref());
        Input { name: column.name, data_type: column.data_type, title: column.title, fold, domain }
    }
}

/// What a column may hold by how it is made.
fn domain(data_type: &DataType, fold: Option<&FoldIndicator>) -> Domain {
    let Some(fold) = fold else { return Domain { null: true, ..Domain::default() } };
    let zero = Ordered::of(data_type).map(|kind| if kind == Ordered::Float { float_units(0.0) } else { 0 });
    let from_zero = |null: bool| Domain { least: zero, null, ..Domain::default() };
    match &fold.aggregate {
        Aggregate::Count | Aggregate::Orders | Aggregate::Distinct { .. } => from_zero(false),
        Aggregate::Active { .. } | Aggregate::Streak { .. } | Aggregate::Sequence { .. } => from_zero(false),
        Aggregate::DaysSince { .. } | Aggregate::Stddev { .. } => from_zero(true),
        Aggregate::Gap { pick: GapPick::Mean | GapPick::Min | GapPick::Max | GapPick::Median } => {
            from_zero(true)
        }
        Aggregate::Sum { .. } | Aggregate::FirstDay { .. } => Domain::default(),
        Aggregate::Decayed { points, .. } if points.0 >= 0 => from_zero(false),
        Aggregate::Decayed { .. } => Domain { greatest: zero, ..Domain::default() },
        _ => Domain { null: true, ..Domain::default() },
    }
}

/// The least and the greatest score that a card can give, in whole and with an input for each.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Attainable {
    pub scorecard: String,
    pub title: Text,
    pub least: Reached,
    pub greatest: Reached,
}

/// One end of what a card can give.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Reached {
    pub score: Fixed,
    /// True if an input gives it: `example`. Otherwise no input gives more (or less), and perhaps none
    /// gives just this.
    pub exact: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub example: Vec<Given>,
}

/// What was found out.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    pub findings: Findings,
    pub attainable: Vec<Attainable>,
}

/// Proves what can be proved of a compiled model. Deterministic, and bounded: what would take too long is
/// a note that says so. `inputs` are the columns of the fold, hidden ones included; `document` is the
/// file's name for places.
pub fn prove(
    stage: &StageB,
    model: &Model,
    inputs: Vec<Input>,
    events: Option<&Scope>,
    document: Option<String>,
) -> Proof {
    let mut prover = Prover::new(stage, model, inputs, events, document);
    for at in 0..stage.nodes.len() {
        match &stage.nodes[at] {
            Node::Card(card) => prover.card(card),
            Node::Rules(rules) => prover.rules(rules),
            Node::Scheme(scheme) => prover.scheme(scheme),
            Node::Groups(groups) => prover.groups(groups),
            Node::Segment(segment) => prover.segment(segment),
            Node::Table(table) => prover.table(table),
            Node::Cross(cross) => prover.cross(cross),
            Node::Tree(tree) => prover.tree(tree),
            Node::Step(step) => prover.step(step),
            _ => {}
        }
    }
    prover.proof
}

struct Prover<'a> {
    stage: &'a StageB,
    model: &'a Model,
    inputs: Vec<Input>,
    conditions: Conditions,
    relations: Vec<related::Relation>,
    same: Vec<usize>,
    pools: Vec<Vec<witness::Cell>>,
    fits: Fits,
    titles: BTreeMap<String, Text>,
    /// What each computed column is made of.
    sources: BTreeMap<String, BTreeSet<String>>,
    attained: BTreeMap<String, Attained>,
    root: Place,
    proof: Proof,
}

impl<'a> Prover<'a> {
    fn new(
        stage: &'a StageB,
        model: &'a Model,
        mut inputs: Vec<Input>,
        events: Option<&Scope>,
        document: Option<String>,
    ) -> Prover<'a> {
        for fold in &stage.hidden {
            if !inputs.iter().any(|input| input.name == fold.name) {
                let data_type = super::compile::output_type(&fold.aggregate);
                let domain = domain(&data_type, Some(fold));
                inputs.push(Input {
                    name: fold.name.clone(),
                    data_type,
                    title: None,
                    fold: Some(fold.clone()),
                    domain,
                });
            }
        }
        for input in &mut inputs {
            if let Some(fold) =
                input.fold.as_ref().filter(|_| input.title.is_none() && input.name.starts_with("_b"))
            {
                input.title = Some(super::said::in_words(fold, events));
            }
        }
        let mut prover = Prover {
            stage,
            model,
            conditions: Conditions::default(),
            relations: related::relations(&inputs),
            same: related::same(&inputs),
            pools: Vec::new(),
            fits: Fits::default(),
            titles: BTreeMap::new(),
            sources: BTreeMap::new(),
            attained: BTreeMap::new(),
            root: Place { document, ..Place::default() },
            proof: Proof::default(),
            inputs,
        };
        prover.know_columns();
        let marks = prover.marks();
        let mut space = Space::default();
        for input in &prover.inputs {
            space.add(&input.name, &input.data_type, &input.domain, &marks, true);
        }
        let date = Domain::default();
        space.add(AS_OF, &DataType::Date32, &date, &marks, false);
        prover.add_formulas(&mut space, &marks);
        prover.pools = witness::pools(&space, &prover.inputs, &prover.parts(&space));
        let unknown = prover
            .inputs
            .iter()
            .filter(|input| !matches!(stage.meanings.get(&input.name), Some(NullMeaning::NotApplicable)));
        prover.conditions.surely_unknown = unknown.filter_map(|input| space.find(&input.name)).collect();
        prover.conditions.space = space;
        // What flows read is known in whole, however entangled, so that their steps can be held against each other.
        let of_flows: BTreeSet<String> = stage
            .nodes
            .iter()
            .filter_map(|node| if let Node::Step(step) = node { Some(step) } else { None })
            .flat_map(|step| {
                let taken = step.branches.iter().flat_map(|branch| branch.takes.references.iter());
                step.conditions().flat_map(|formula| formula.references.iter()).chain(taken).cloned()
            })
            .collect();
        // Cards come before whatever reads their scores; their own values are in the space already.
        for node in &stage.nodes {
            match node {
                Node::Card(card) => {
                    let attained = Attained::of(card, &mut prover.conditions);
                    prover.add_score(&card.name, &attained, &marks);
                    prover.attained.insert(card.name.clone(), attained);
                }
                Node::Rules(rules) => {
                    prover.conditions.know_rules(rules, of_flows.contains(&rules.name), &marks);
                }
                Node::Table(table) => prover.conditions.know_table(table, &of_flows, &marks),
                Node::Cross(cross) => {
                    prover.conditions.know_cross(cross, of_flows.contains(&cross.name), &marks);
                }
                Node::Tree(tree) => {
                    prover.conditions.know_tree(tree, of_flows.contains(&tree.name), &marks);
                }
                Node::Step(step) => prover.conditions.know_step(step, &marks),
                Node::Scheme(scheme) => {
                    let levels = scheme.levels.iter().map(|(name, _)| name.clone()).collect();
                    prover.add_texts(&scheme.name, levels, &marks);
                }
                Node::Groups(groups) => {
                    let names: Vec<String> = groups.names.iter().map(|(name, _)| name.clone()).collect();
                    match names.is_empty() {
                        true => prover.add_any_text(&groups.name, &marks),
                        false => prover.add_texts(&groups.name, names, &marks),
                    }
                }
                Node::Segment(segment) => {
                    if let Ok(truths) = prover.membership(segment) {
                        prover.conditions.named.insert(segment.name.clone(), truths);
                    }
                }
                _ => {}
            }
        }
        prover
    }

    fn space(&self) -> &Space {
        &self.conditions.space
    }

    fn truths(&mut self, formula: &Formula) -> Result<Truths, Bound> {
        self.conditions.truths(formula)
    }

    /// What is in the first and in none of the others, at most `most` parts.
    fn outside(&self, of: &Cuboid, others: &[&Cuboid], most: usize) -> Result<Region, Bound> {
        let mut out = Vec::new();
        let mut budget = if others.len() > 200 { Budget::table() } else { Budget::question() };
        each_uncovered(of, others, &self.space().sizes, &mut budget, &mut |cuboid| {
            out.push(cuboid);
            out.len() < most
        })?;
        Ok(out)
    }

    fn say(&mut self, finding: Finding) {
        self.proof.findings.push(finding);
    }

    /// The question was too entangled to be answered in reasonable time.
    fn say_bound(&mut self, place: Place) {
        let what = Text::new(
            "这里的条件组合太多，未能在限定步数内判定有无遗漏、重叠或永远用不到的部分",
            "too many combinations of conditions: whether something here is missing, doubled or never used was not decided within the bound",
        );
        let right = Text::new("把条件拆成几个较小的规则集或分群", "several smaller rule sets or segments");
        self.say(Finding::note("proof-bound", place, what, right));
    }
}
