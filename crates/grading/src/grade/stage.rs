//! Stage B as a whole: what is evaluated, in which order, and what comes out.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use gradus_expression::Want;
use gradus_model::document::Model;
use gradus_model::{Findings, Text};
use jiff::civil::Date;

use super::CUSTOMER;
use super::compile::{CompileContext, Compiler, IndicatorColumn};
use super::cross_table::compile_cross;
use super::decision_table::compile_table;
use super::decision_tree::compile_tree;
use super::definition::{Definition, Kind, LAST_STAGE, check_names, definitions, needs, say_cycle, taken};
use super::fit::{FitRequest, Fits};
use super::flow;
use super::frame::{Frame, NullMeaning};
use super::grouping::compile_grouping;
use super::names::order;
use super::needed::Link;
use super::node::Node;
use super::output::{Graded, score_title};
use super::prediction::compile_prediction;
use super::remembered::memory_columns;
use super::rule_set::compile_rules;
use super::scorecard::compile_card;
use super::segment::compile_segment;
use super::tier::compile_scheme;
use crate::fold::spec::FoldIndicator;

/// A compiled model, ready to grade. Stored as its model document and what the fold was lowered
/// to; compiling again gives the same.
#[derive(Debug, Clone)]
pub struct StageB {
    pub(crate) nodes: Vec<Node>,
    /// What each of them gives and reads.
    pub(super) links: Vec<Link>,
    pub(crate) meanings: BTreeMap<String, NullMeaning>,
    /// Indicators that go into the output as they come from the fold.
    pub(crate) indicators: Vec<(String, Text)>,
    pub(crate) hidden: Vec<FoldIndicator>,
    pub(crate) findings: Findings,
}

/// Compiles the grading part of a model against the columns that the fold will give. On success
/// the findings that are only warnings and notes are kept in [`StageB::findings`]; if there is an
/// error all findings come back.
pub fn compile(
    model: &Model,
    indicators: &[IndicatorColumn],
    context: &CompileContext<'_>,
) -> Result<StageB, Findings> {
    let mut compiler = Compiler::new(model, context);
    compiler.add_column(CUSTOMER, DataType::Int64, Some(Text::new("客户", "customer")));
    for column in indicators {
        compiler.add_column(&column.name, column.data_type.clone(), column.title.clone());
        compiler.meanings.insert(column.name.clone(), column.null_meaning);
    }
    let definitions = definitions(&mut compiler);
    check_names(&mut compiler, indicators, &definitions);
    model.flows.iter().for_each(|(name, flow)| flow::check_order(&mut compiler, name, flow));

    let (mut nodes, mut links) = (Vec::new(), Vec::new());
    for stage in 0..=LAST_STAGE {
        compiler.later = definitions
            .iter()
            .filter(|definition| definition.kind.stage() > stage)
            .flat_map(|definition| {
                definition.columns.iter().map(|name| (name.clone(), definition.kind.word()))
            })
            .collect();
        let here: Vec<&Definition> = definitions.iter().filter(|d| d.kind.stage() == stage).collect();
        let (order, cycles) = order(&needs(&compiler, &here, stage));
        for cycle in cycles {
            say_cycle(&mut compiler, &here, &cycle);
        }
        let placed: BTreeSet<usize> = order.iter().copied().collect();
        for (index, definition) in here.iter().enumerate() {
            if !placed.contains(&index) {
                compiler.broken.extend(definition.columns.iter().cloned());
            }
        }
        for index in order {
            compiler.reads = here[index].mentions.clone();
            match compile_definition(&mut compiler, here[index]) {
                Some(node) => {
                    nodes.push(node);
                    let (gives, reads) = (here[index].columns.clone(), std::mem::take(&mut compiler.reads));
                    links.push(Link { gives, reads });
                }
                None => compiler.broken.extend(here[index].columns.iter().cloned()),
            }
        }
    }
    if compiler.findings.has_errors() {
        return Err(compiler.findings);
    }
    flow::say_unread(&mut compiler, &definitions);
    let derived: BTreeSet<&str> =
        definitions.iter().filter(|d| d.kind == Kind::Indicator).map(|d| d.name.as_str()).collect();
    let shown = indicators
        .iter()
        .filter(|column| !column.name.starts_with('_') && !derived.contains(column.name.as_str()));
    let indicators = shown
        .map(|column| {
            (column.name.clone(), column.title.clone().unwrap_or_else(|| Text::plain(&column.name)))
        })
        .collect();
    let hidden = compiler.sink.hidden;
    let (meanings, findings) = (compiler.meanings, compiler.findings);
    Ok(StageB { nodes, links, meanings, indicators, hidden, findings })
}

fn compile_definition(compiler: &mut Compiler<'_>, definition: &Definition) -> Option<Node> {
    let (model, name, index) = (compiler.model, definition.name.as_str(), definition.index);
    let decimal = DataType::Decimal128(18, 4);
    match definition.kind {
        Kind::Indicator => {
            let (sql, title) = definition.sql.clone()?;
            let formula = compiler.formula(&sql, Want::Any, &definition.place)?;
            compiler.replace_column(name, formula.data_type.clone(), title.clone());
            let title = title.unwrap_or_else(|| Text::plain(name));
            let is_lowered = compiler.context.derived.iter().any(|derived| derived.name == name);
            Some(Node::Formula { name: name.to_string(), title, formula, is_lowered })
        }
        Kind::Prediction => {
            let prediction = compile_prediction(compiler, name, &model.predictions.0[index].1)?;
            for (column, given) in prediction.columns() {
                compiler.add_column(&column, given.data_type, Some(given.title));
            }
            Some(Node::Prediction(Box::new(prediction)))
        }
        Kind::Score => {
            let card = compile_card(compiler, name, &model.scorecards.0[index].1)?;
            for column in taken(Kind::Score, name) {
                compiler.add_column(&column, decimal.clone(), Some(score_title(&card.title, name, &column)));
            }
            Some(Node::Card(Box::new(card)))
        }
        Kind::RuleSet => {
            let rules = compile_rules(compiler, name, &model.rule_sets.0[index].1)?;
            compiler.add_column(name, rules.data_type(), Some(rules.title.clone()));
            Some(Node::Rules(Box::new(rules)))
        }
        Kind::Table => {
            let table = compile_table(compiler, name, &model.decision_tables.0[index].1)?;
            for (column, kind, title) in table.columns() {
                compiler.add_column(&column, kind.data_type(), Some(title));
            }
            Some(Node::Table(Box::new(table)))
        }
        Kind::Cross => {
            let cross = compile_cross(compiler, name, &model.cross_tables.0[index].1)?;
            compiler.add_column(name, cross.outcomes.data_type(), Some(cross.title.clone()));
            Some(Node::Cross(Box::new(cross)))
        }
        Kind::Tree => {
            let tree = compile_tree(compiler, name, &model.decision_trees.0[index].1)?;
            compiler.add_column(name, tree.outcomes.data_type(), Some(tree.title.clone()));
            Some(Node::Tree(Box::new(tree)))
        }
        Kind::Step => {
            let (name, flow) = &model.flows.0[index];
            let (key, step) = &flow.steps.0[definition.part];
            let step = flow::compile_step(compiler, name, flow, key, step)?;
            compiler.add_column(&step.column, step.formula.data_type.clone(), Some(step.title.clone()));
            Some(Node::Step(Box::new(step)))
        }
        Kind::Flow => {
            let flow = &model.flows.0[index].1;
            let step = flow::compile_flow(compiler, name, flow)?;
            compiler.add_column(name, step.formula.data_type.clone(), Some(step.title.clone()));
            Some(Node::Step(Box::new(step)))
        }
        Kind::Tier => {
            let scheme = compile_scheme(compiler, name, &model.tiers.0[index].1)?;
            compiler.add_column(name, DataType::Utf8, Some(scheme.title.clone()));
            compiler.add_column(&format!("{name}_provisional"), DataType::Boolean, None);
            compiler.add_column(&format!("{name}_reason"), DataType::Utf8, None);
            for (column, data_type) in memory_columns(name).filter(|_| scheme.policy.is_some()) {
                compiler.add_column(&column, data_type, None);
            }
            Some(Node::Scheme(Box::new(scheme)))
        }
        Kind::Grouping => {
            let groups = compile_grouping(compiler, name, &model.groupings.0[index].1)?;
            compiler.add_column(name, DataType::Utf8, Some(groups.title.clone()));
            Some(Node::Groups(Box::new(groups)))
        }
        Kind::Segment => {
            let segment = compile_segment(compiler, name, &model.segments.0[index].1)?;
            compiler.add_column(name, DataType::Boolean, Some(segment.title.clone()));
            Some(Node::Segment(Box::new(segment)))
        }
    }
}

impl StageB {
    /// Values that the fold has to give beside the model's indicators: hidden columns `_b1` …
    pub fn fold_requests(&self) -> &[FoldIndicator] {
        &self.hidden
    }

    /// Warnings and notes of a model that compiled.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Everything that is a fit, in the order in which it can be estimated.
    pub fn fit_requests(&self) -> Vec<FitRequest> {
        self.nodes.iter().flat_map(Node::fit_requests).collect()
    }

    /// Grades the customers of one batch: `customer` (Int64) and the columns of the fold. Every fit
    /// must be there: rows that need a missing one are unknown and counted as faults.
    pub fn apply(&self, batch: &RecordBatch, fits: &Fits, as_of: Date) -> Graded {
        let mut frame = self.frame(batch);
        for node in &self.nodes {
            node.evaluate(&mut frame, fits, as_of);
        }
        self.graded(frame, &self.output_columns())
    }

    pub(crate) fn frame(&self, batch: &RecordBatch) -> Frame {
        Frame::new(batch, &self.meanings)
    }
}
