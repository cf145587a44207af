//! The columns that a model has and the values that each of them may take: what the space of inputs is made of.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use gradus_expression::Mark;
use gradus_model::document::IndicatorKind;
use gradus_model::fixed::{FIXED_ONE, Fixed};
use jiff::civil::Date;

use super::super::node::Node;
use super::super::scorecard::TermKind;
use super::super::tier::{Axis, Measure};
use super::Prover;
use super::attained::{Attained, bin_marks};
use super::space::{Domain, Marks, Ordered, Space};
use super::truths::collect;
use super::witness::AS_OF;

impl Prover<'_> {
    /// Titles and sources of everything that has a name.
    pub(super) fn know_columns(&mut self) {
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
    pub(super) fn marks(&self) -> Marks {
        let mut marks = Marks::default();
        let rows = |marks: &mut Marks, matcher: &super::super::matcher::Matcher| {
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
                                    marks.add(name, bin_marks(&attribute.bins));
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
                        Measure::By { value, cuts: super::super::tier::LevelCuts::Fixed(cuts) } => {
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
    pub(super) fn add_formulas(&self, space: &mut Space, marks: &Marks) {
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
    pub(super) fn parts(&self, space: &Space) -> BTreeMap<String, Vec<i128>> {
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

    pub(super) fn add_score(&mut self, name: &str, attained: &Attained, marks: &Marks) {
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

    pub(super) fn add_texts(&mut self, name: &str, values: Vec<String>, marks: &Marks) {
        let domain = Domain { null: true, values: Some(values), ..Domain::default() };
        self.conditions.space.add(name, &DataType::Utf8, &domain, marks, false);
    }

    pub(super) fn add_any_text(&mut self, name: &str, marks: &Marks) {
        let domain = Domain { null: true, ..Domain::default() };
        self.conditions.space.add(name, &DataType::Utf8, &domain, marks, false);
    }
}

/// Days since 1970-01-01.
pub(super) fn days_of(date: Date) -> i32 {
    (date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24) as i32
}
