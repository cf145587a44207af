//! A model that was trained elsewhere: a weighted sum or a sum of trees, and what is made of it. What a run estimates
//! is only what the base is like, so that it can be told what each input adds; the prediction does not depend on it.

mod sum;

use arrow::array::ArrayRef;
use gradus_expression::Want;
use gradus_model::document::{Link, Trained as Written};
use gradus_model::{Finding, Place, Text};

use super::Given;
use super::numbers::{floats, four_digits, value};
use super::reason::{PredictionFactor, Said};
use crate::grade::compile::Compiler;
use crate::grade::frame::{Formula, show};

pub use self::sum::{TrainedFit, TrainedProblem, TrainedSum};

pub(super) const SUFFIXES: &[&str] = &[""];
/// Factors that are told.
const TOLD: usize = 8;

#[derive(Debug, Clone)]
pub(crate) struct Trained {
    pub inputs: Vec<Formula>,
    titles: Vec<Text>,
    sum: TrainedSum,
}

impl Trained {
    pub(super) fn compile(compiler: &mut Compiler<'_>, written: &Written, place: &Place) -> Option<Trained> {
        let before = compiler.findings.0.len();
        let mut inputs = Vec::with_capacity(written.inputs.len());
        for (name, sql) in written.inputs.iter() {
            inputs.extend(compiler.formula(sql, Want::Number, &place.key("inputs").key(name)));
        }
        let sum = match TrainedSum::of(written) {
            Ok(sum) => sum,
            Err(problem) => {
                compiler.findings.push(problem_finding(&problem, place));
                return None;
            }
        };
        if compiler.findings.0.len() > before || inputs.len() < written.inputs.len() {
            return None;
        }
        use gradus_model::Lang::{En, Zh};
        let titles = inputs.iter().map(|input| Text::new(input.words(Zh), input.words(En))).collect();
        Some(Trained { inputs, titles, sum })
    }

    pub(super) fn given(&self) -> Vec<Given> {
        vec![Given::number("", "", "")]
    }

    pub(super) fn evaluate(&self, inputs: &[ArrayRef]) -> Vec<ArrayRef> {
        vec![four_digits(rows(inputs, self.inputs.len()).map(|row| self.sum.predict(&row)))]
    }

    /// What the base is like, from which contributions are counted.
    pub(super) fn estimate(&self, pieces: &[Vec<ArrayRef>]) -> TrainedFit {
        self.sum.fit(pieces.iter().flat_map(|piece| rows(piece, self.inputs.len())))
    }

    /// What each input of the only row adds.
    pub(super) fn say(&self, inputs: &[ArrayRef], fit: &TrainedFit) -> Said {
        let Some(row) = rows(inputs, self.inputs.len()).next() else { return Said::default() };
        let Some(sum) = self.sum.sum(&row) else {
            let line = Text::new(
                "有输入未知，模型没有说它未知时怎么办",
                "an input is unknown, and the model does not say what then",
            );
            return Said { lines: vec![line], ..Said::default() };
        };
        let Some((usual, parts)) = self.sum.contributions(&row, fit) else { return Said::default() };
        let (zh, en) = match self.sum.link() {
            Link::Identity => ("", ""),
            Link::Logit => ("（对数几率）", " (log-odds)"),
            Link::Exp => ("（对数）", " (logarithm)"),
        };
        let lines = vec![Text::new(
            format!("全体客户平均 {usual:.3}{zh}，加上各项得 {sum:.3}"),
            format!("from the {usual:.3}{en} of everybody on average, the inputs lead to {sum:.3}"),
        )];
        let mut factors: Vec<PredictionFactor> = parts
            .into_iter()
            .enumerate()
            .filter(|(_, amount)| *amount != 0.0)
            .map(|(at, amount)| PredictionFactor {
                name: self.inputs[at].sql.clone(),
                title: self.titles[at].clone(),
                value: show(&inputs[at], 0),
                amount,
            })
            .collect();
        factors.sort_by(|a, b| b.amount.abs().total_cmp(&a.amount.abs()));
        factors.truncate(TOLD);
        Said { lines, factors }
    }
}

/// The inputs of each customer, `NAN` where unknown.
fn rows(inputs: &[ArrayRef], n_inputs: usize) -> impl Iterator<Item = Vec<f64>> {
    let columns: Vec<_> = inputs.iter().map(floats).collect();
    let n = columns.first().map_or(0, |column| arrow::array::Array::len(column));
    let n = if columns.len() == n_inputs { n } else { 0 };
    (0..n).map(move |row| columns.iter().map(|column| value(column, row).unwrap_or(f64::NAN)).collect())
}

fn problem_finding(problem: &TrainedProblem, place: &Place) -> Finding {
    let (place, what, right) = match problem {
        TrainedProblem::NoInputs => (
            place.key("inputs"),
            Text::new("模型没有输入", "the model has no inputs"),
            Text::new("例如 inputs: {消费: 消费}", "such as `inputs: {spend: spend}`"),
        ),
        TrainedProblem::Form => (
            place.clone(),
            Text::new("weights 与 trees 要恰好写一个", "exactly one of `weights` and `trees`"),
            Text::new(
                "加权和写 weights，树的和写 trees",
                "`weights` for a weighted sum, `trees` for a sum of trees",
            ),
        ),
        TrainedProblem::UnknownInput { tree: None, name, .. } => (
            place.key("weights").key(name),
            Text::new(format!("没有输入“{name}”"), format!("there is no input `{name}`")),
            Text::new("inputs 里的名字", "a name of `inputs`"),
        ),
        TrainedProblem::UnknownInput { tree: Some(tree), node, name } => (
            place.key("trees").index(*tree).key("nodes").index(*node),
            Text::new(format!("没有输入“{name}”"), format!("there is no input `{name}`")),
            Text::new("inputs 里的名字", "a name of `inputs`"),
        ),
        TrainedProblem::NotFinite { path } => (
            place.key(path),
            Text::new("不是有限的数", "no finite number"),
            Text::new("一个普通的数", "an ordinary number"),
        ),
        TrainedProblem::Node { tree, node } => (
            place.key("trees").index(*tree).key("nodes").index(*node),
            Text::new("这个节点既不是叶子也不是一个问题", "this node is neither a leaf nor a question"),
            Text::new(
                "叶子只写 gives；问题写 input、cut、yes、no，去向是排在后面的节点",
                "a leaf has `gives` alone; a question `input`, `cut`, `yes` and `no`, which lead to later nodes",
            ),
        ),
        TrainedProblem::Shared { tree, node } => (
            place.key("trees").index(*tree).key("nodes").index(*node),
            Text::new("有两条路通向这个节点，或没有路", "two ways lead to this node, or none"),
            Text::new("树的每个节点恰有一个上级", "each node of a tree is reached in one way"),
        ),
    };
    Finding::error("trained-form", place, what, right)
}
