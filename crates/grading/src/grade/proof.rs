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
mod segments;
mod set;
mod space;
mod tables;
mod truths;
mod witness;

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use gradus_expression::{Mark, Scope};
use gradus_model::document::{IndicatorKind, Model};
use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_model::{Finding, Findings, Given, Place, Text};
use jiff::civil::Date;

use super::compile::IndicatorColumn;
use super::fit::Fits;
use super::frame::{Formula, NullMeaning};
use super::node::Node;
use super::scorecard::TermKind;
use super::stage::StageB;
use super::tier::{Axis, Measure};
use crate::fold::spec::{Aggregate, FoldIndicator, GapPick};
use attained::Attained;
use region::{Bound, Budget, Cuboid, Region, each_uncovered};
use space::{Domain, Marks, Ordered, Space, float_units};
use truths::{Conditions, Truths, collect};
use witness::{AS_OF, Draw, Witness};

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

    /// Titles and sources of everything that has a name.
    fn know_columns(&mut self) {
        for input in &self.inputs {
            if let Some(title) = &input.title {
                self.titles.insert(input.name.clone(), title.clone());
            }
        }
        for column in self.stage.output_columns() {
            self.titles.entry(column.name).or_insert(column.title);
        }
        for node in &self.stage.nodes {
            let (name, reads) = match node {
                Node::Formula { name, formula, .. } => (name, formula.references.clone()),
                Node::Card(card) => {
                    let of = |kind: &TermKind| match kind {
                        TermKind::Attribute(attribute) => attribute.value.references.clone(),
                        TermKind::When { condition, .. } => condition.references.clone(),
                        TermKind::PerEvent { sum } => sum.references.clone(),
                    };
                    (&card.name, card.terms.iter().flat_map(|term| of(&term.kind)).collect())
                }
                Node::Rules(rules) => {
                    (&rules.name, rules.rules.iter().flat_map(|rule| rule.when.references.clone()).collect())
                }
                Node::Scheme(scheme) => {
                    let axis = |axis: &Axis| match axis {
                        Axis::Score { name, .. } => BTreeSet::from([name.clone()]),
                        Axis::Formula(formula) => formula.references.clone(),
                    };
                    let mut reads: BTreeSet<String> =
                        scheme.eligible.iter().flat_map(|formula| formula.references.clone()).collect();
                    match &scheme.measure {
                        Measure::By { value, .. } => reads.extend(axis(value)),
                        Measure::Grid { rows, columns, .. } => {
                            reads.extend(axis(&rows.0).into_iter().chain(axis(&columns.0)))
                        }
                    }
                    (&scheme.name, reads)
                }
                Node::Segment(segment) => {
                    let base = segment.base_segment.iter().flat_map(|base| base.references.clone());
                    (&segment.name, segment.condition.references.iter().cloned().chain(base).collect())
                }
                other => match other {
                    Node::Groups(groups) => (&groups.name, groups.reads()),
                    Node::Prediction(prediction) => {
                        for (column, _) in prediction.columns() {
                            self.sources.insert(column, prediction.reads());
                        }
                        (&prediction.name, prediction.reads())
                    }
                    Node::Step(step) => (&step.column, step.formula.references.clone()),
                    Node::Tree(tree) => {
                        (&tree.name, tree.formulas().flat_map(|formula| formula.references.clone()).collect())
                    }
                    Node::Table(table) => {
                        let reads = table.matcher.row_conditions().map(|rows| rows.reads).unwrap_or_default();
                        for (column, ..) in table.columns() {
                            self.sources.insert(column, reads.clone());
                        }
                        (&table.name, reads)
                    }
                    // What else gives values is not taken apart: a test of them is opaque.
                    _ => continue,
                },
            };
            self.sources.insert(name.clone(), reads);
        }
    }

    /// Where the answers of all conditions, bins and cuts may change.
    fn marks(&self) -> Marks {
        let mut marks = Marks::default();
        let rows = |marks: &mut Marks, matcher: &super::matcher::Matcher| {
            let Some(conditions) = matcher.row_conditions() else { return };
            conditions.formulas.iter().chain(&conditions.allowed).for_each(|formula| collect(formula, marks));
            for (_, from, until) in &conditions.rows {
                marks.add(AS_OF, from.into_iter().chain(until).map(|date| Mark::Date(days_of(*date))));
            }
        };
        let cut = |marks: &mut Marks, axis: &Axis, cuts: &[Fixed]| {
            let name = match axis {
                Axis::Score { name, .. } => Some(name.as_str()),
                Axis::Formula(formula) => formula.bare(),
            };
            let of = cuts.iter().map(|cut| Mark::Number(i128::from(cut.0), 4));
            name.into_iter().for_each(|name| marks.add(name, of.clone()));
        };
        for node in &self.stage.nodes {
            match node {
                Node::Formula { formula, .. } if formula.data_type == DataType::Boolean => {
                    collect(formula, &mut marks)
                }
                Node::Card(card) => {
                    for term in &card.terms {
                        match &term.kind {
                            TermKind::Attribute(attribute) => {
                                if let Some(name) = attribute.value.bare() {
                                    marks.add(name, attained::bin_marks(&attribute.bins));
                                }
                            }
                            TermKind::When { condition, .. } => collect(condition, &mut marks),
                            TermKind::PerEvent { .. } => {}
                        }
                    }
                }
                Node::Rules(rules) => {
                    for rule in &rules.rules {
                        collect(&rule.when, &mut marks);
                        let dates = rule.from.into_iter().chain(rule.until);
                        marks.add(AS_OF, dates.map(|date| Mark::Date(days_of(date))));
                    }
                }
                Node::Scheme(scheme) => {
                    scheme.eligible.iter().for_each(|formula| collect(formula, &mut marks));
                    match &scheme.measure {
                        Measure::By { value, cuts: super::tier::LevelCuts::Fixed(cuts) } => {
                            cut(&mut marks, value, cuts)
                        }
                        Measure::By { .. } => {}
                        Measure::Grid { rows, columns, .. } => {
                            cut(&mut marks, &rows.0, &rows.1);
                            cut(&mut marks, &columns.0, &columns.1);
                        }
                    }
                }
                Node::Groups(groups) => groups.conditions().for_each(|formula| collect(formula, &mut marks)),
                Node::Segment(segment) => {
                    collect(&segment.condition, &mut marks);
                    segment.base_segment.iter().for_each(|formula| collect(formula, &mut marks));
                }
                Node::Table(table) => rows(&mut marks, &table.matcher),
                Node::Cross(cross) => {
                    rows(&mut marks, &cross.rows.matcher);
                    rows(&mut marks, &cross.columns.matcher);
                }
                Node::Tree(tree) => tree.formulas().for_each(|formula| collect(formula, &mut marks)),
                Node::Step(step) => step.conditions().for_each(|formula| collect(formula, &mut marks)),
                _ => {}
            }
        }
        marks
    }

    /// Indicators that are put together: dimensions that cannot be put in, only come out.
    fn add_formulas(&self, space: &mut Space, marks: &Marks) {
        for node in &self.stage.nodes {
            let Node::Formula { name, formula, .. } = node else { continue };
            let mut domain = Domain { null: true, ..Domain::default() };
            let share = self.model.indicators.get(name);
            // A part of a count lies between nothing and all of it.
            if share.is_some_and(|own| own.kind == IndicatorKind::Share && own.of.is_none())
                && let Some(kind) = Ordered::of(&formula.data_type)
            {
                (domain.least, domain.greatest) = (Some(kind.nth(0)), Some(kind.nth(1)));
            }
            space.add(name, &formula.data_type, &domain, marks, false);
        }
    }

    /// Values of the parts of an indicator with which it comes near what is asked of it.
    fn parts(&self, space: &Space) -> BTreeMap<String, Vec<i128>> {
        let mut more: BTreeMap<String, Vec<i128>> = BTreeMap::new();
        for node in &self.stage.nodes {
            let Node::Formula { name, formula, .. } = node else { continue };
            let Some(dim) = space.find(name).map(|dim| space.dim(dim)) else { continue };
            let values: Vec<f64> = (0..dim.n_values().min(40)).filter_map(|cell| dim.number(cell)).collect();
            for part in &formula.references {
                let Some(kind) = self
                    .inputs
                    .iter()
                    .find(|input| input.name == *part)
                    .and_then(|input| Ordered::of(&input.data_type))
                else {
                    continue;
                };
                let slot = more.entry(part.clone()).or_default();
                for value in &values {
                    slot.extend([1.0, 2.0, 10.0].iter().filter_map(|by| kind.near(value * by)));
                }
                slot.truncate(200);
            }
        }
        more
    }

    fn add_score(&mut self, name: &str, attained: &Attained, marks: &Marks) {
        let decimal = DataType::Decimal128(18, 4);
        let (least, greatest) = attained.range();
        let within = |null: bool| Domain {
            least: least.map(i128::from),
            greatest: greatest.map(i128::from),
            null,
            ..Domain::default()
        };
        let space = &mut self.conditions.space;
        space.add(name, &decimal, &within(true), marks, false);
        // The ends of an interval may lie beyond what anybody known has.
        let free = Domain::default();
        space.add(&format!("{name}_low"), &decimal, &free, marks, false);
        space.add(&format!("{name}_high"), &decimal, &free, marks, false);
        let share = Domain { least: Some(0), greatest: Some(i128::from(FIXED_ONE)), ..Domain::default() };
        space.add(&format!("{name}_completeness"), &decimal, &share, marks, false);
    }

    fn add_texts(&mut self, name: &str, values: Vec<String>, marks: &Marks) {
        let domain = Domain { null: true, values: Some(values), ..Domain::default() };
        self.conditions.space.add(name, &DataType::Utf8, &domain, marks, false);
    }

    fn add_any_text(&mut self, name: &str, marks: &Marks) {
        let domain = Domain { null: true, ..Domain::default() };
        self.conditions.space.add(name, &DataType::Utf8, &domain, marks, false);
    }

    fn space(&self) -> &Space {
        &self.conditions.space
    }

    /// Looks for an input in one of the boxes that shows the claim.
    fn witness(&self, boxes: &[Cuboid], holds: witness::Holds<'_>) -> Option<Witness> {
        let draw = Draw {
            stage: self.stage,
            inputs: &self.inputs,
            relations: &self.relations,
            pools: &self.pools,
            same: &self.same,
            fits: &self.fits,
        };
        // Those that only speak of what can be put in come first.
        let mut boxes: Vec<Cuboid> = boxes.to_vec();
        boxes.sort_by_key(|own| own.0.iter().filter(|(dim, _)| !self.space().dim(*dim).is_input).count());
        draw.find(self.space(), &boxes, holds)
    }

    /// The values of the witness by which the claim can be seen: what the formulas read, and where
    /// that is computed, what it is computed from.
    fn given(
        &self,
        witness: &Witness,
        reads: impl IntoIterator<Item = String>,
        with_date: bool,
    ) -> Vec<Given> {
        const MOST: usize = 12;
        let mut names: Vec<String> = Vec::new();
        let mut waiting: Vec<String> = reads.into_iter().collect();
        waiting.reverse();
        while let Some(name) = waiting.pop() {
            if names.contains(&name) || names.len() >= MOST {
                continue;
            }
            let hidden_parts = self.stage.nodes.iter().any(
                |node| matches!(node, Node::Formula { name: own, is_lowered: true, .. } if *own == name),
            );
            if !hidden_parts && let Some(sources) = self.sources.get(&name) {
                waiting.extend(sources.iter().rev().cloned());
            }
            names.push(name);
        }
        let mut out: Vec<Given> = names
            .into_iter()
            .map(|name| Given {
                value: witness.value(&name, self.other_text(&name)),
                input: witness.input(&name),
                title: self.title(&name),
                name,
            })
            .collect();
        if with_date {
            out.push(Given {
                name: "as_of".into(),
                title: Text::new("评级日期", "the date of the grading"),
                value: Text::plain(witness.as_of.to_string()),
                input: None,
            });
        }
        out
    }

    /// The dimensions of the inputs that these names come from.
    fn behind(&self, names: &[String]) -> Vec<u32> {
        let (mut seen, mut waiting) = (BTreeSet::new(), names.to_vec());
        let mut out = Vec::new();
        while let Some(name) = waiting.pop() {
            if seen.insert(name.clone()) {
                waiting.extend(self.sources.get(&name).into_iter().flatten().cloned());
                out.extend(self.space().find(&name));
            }
        }
        out
    }

    fn other_text(&self, name: &str) -> Option<&str> {
        match &self.space().dim(self.space().find(name)?).cells {
            space::Cells::Text { other, .. } => other.as_deref(),
            _ => None,
        }
    }

    fn title(&self, name: &str) -> Text {
        let base = ["_low", "_high", "_completeness"].iter().find_map(|suffix| name.strip_suffix(suffix));
        let own = self.titles.get(name).or_else(|| self.titles.get(base?));
        own.cloned().unwrap_or_else(|| Text::plain(name))
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

/// Days since 1970-01-01.
fn days_of(date: Date) -> i32 {
    (date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24) as i32
}
