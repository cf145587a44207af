//! Models that were trained: regressions, trees, and what is made of several, as one sum of a prediction.
//! <https://dmg.org/pmml/v4-4/Regression.html>, `TreeModel.html`, `MultipleModels.html`

use std::collections::BTreeMap;

use super::super::term::Term;
use super::super::xml::Element;
use super::super::{Input, unsupported};
use super::fields::{self, Fields, attribute_unsupported, missing_part};
use super::{general, predicate, tree};
use crate::document::{Link, Named, Prediction, Trained, TrainedTree};
use crate::{Finding, Findings, Text};

/// Models of an ensemble, and nodes of all trees, at most.
const MOST_SEGMENTS: usize = 10_000;
pub(super) const MOST_NODES: usize = 50_000;

/// The elements that are read here.
pub(super) const MODELS: [&str; 4] =
    ["RegressionModel", "GeneralRegressionModel", "TreeModel", "MiningModel"];

/// A model as a prediction; `None` if a finding says why not.
pub(super) fn read(
    root: Element<'_>,
    model: Element<'_>,
    inputs: &mut Vec<Input>,
    findings: &mut Findings,
) -> Option<Prediction> {
    let fields = fields::read(root, model, inputs, findings);
    let mut reading = Reading {
        target: target_of(root, model),
        inputs: Named::default(),
        by_term: BTreeMap::new(),
        n_nodes: 0,
        findings,
        votes: false,
    };
    let sum = match reading.model(model, &fields, &BTreeMap::new()) {
        Ok(sum) => sum,
        Err(finding) => {
            findings.push(finding);
            return None;
        }
    };
    let Reading { inputs, .. } = reading;
    if !sum.weights.is_empty() && !sum.trees.is_empty() {
        findings.push(mixed(model));
        return None;
    }
    let named = sum.weights.iter().map(|(at, weight)| (inputs.0[*at].0.clone(), *weight)).collect();
    let application = root.child("Header").and_then(|header| header.child("Application"));
    let tool = application.and_then(|application| application.attribute("name")).unwrap_or("PMML");
    let mut trees = sum.trees;
    let mut weights: Named<f64> = named;
    if trees.is_empty() && weights.is_empty() {
        // A constant: no input counts.
        match inputs.0.first() {
            Some((name, _)) => weights.0.push((name.clone(), 0.0)),
            None => {
                findings.push(missing_part(model, "NumericPredictor / Node"));
                return None;
            }
        }
    }
    trees.shrink_to_fit();
    let trained = Trained {
        from: Some(format!("PMML, {tool}")),
        inputs,
        intercept: sum.intercept,
        weights,
        trees,
        link: Some(sum.link).filter(|link| *link != Link::Identity),
    };
    Some(Prediction {
        title: super::read::titled(model, "title"),
        description: None,
        among: None,
        lifetime: None,
        contract: None,
        propensity: None,
        clusters: None,
        trained: Some(trained),
    })
}

/// Ways to take models together that no sum says.
fn not_a_sum(segmentation: Element<'_>, method: &str) -> Finding {
    let what = Text::new(
        format!("不支持 multipleModelMethod=\"{method}\"：它不是各模型的和"),
        format!("multipleModelMethod=\"{method}\" is not supported: it is no sum of the models"),
    );
    let right = Text::new(
        "重新训练或导出为 sum、average、weightedAverage、majorityVote、weightedMajorityVote 或 modelChain；只删去它会变成另一个模型",
        "trained or exported anew as sum, average, weightedAverage, majorityVote, weightedMajorityVote or modelChain; left out it would be another model",
    );
    unsupported(segmentation.place(), what, right)
}

fn mixed(model: Element<'_>) -> Finding {
    unsupported(
        model.place(),
        Text::new("一个模型里既有回归又有树", "regressions and trees are added in one model"),
        Text::new("只有回归或只有树的模型", "regressions only, or trees only"),
    )
}

/// What a model computes before it is made into a chance.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    pub intercept: f64,
    /// By place of the input.
    pub weights: BTreeMap<usize, f64>,
    pub trees: Vec<TrainedTree>,
    pub link: Link,
}

impl Sum {
    pub(super) fn times(mut self, factor: f64) -> Sum {
        self.intercept *= factor;
        self.weights.values_mut().for_each(|weight| *weight *= factor);
        let nodes = self.trees.iter_mut().flat_map(|tree| &mut tree.nodes);
        nodes.filter_map(|node| node.gives.as_mut()).for_each(|gives| *gives *= factor);
        self
    }

    fn plus(mut self, other: Sum) -> Sum {
        self.intercept += other.intercept;
        for (at, weight) in other.weights {
            *self.weights.entry(at).or_default() += weight;
        }
        self.trees.extend(other.trees);
        self
    }
}

/// The two classes of a target, the one whose chance is told first.
#[derive(Debug, Clone)]
pub(super) struct TargetClasses {
    pub wanted: String,
    pub others: Vec<String>,
}

/// The classes of the target, as the dictionary lists them.
fn target_of(root: Element<'_>, model: Element<'_>) -> Option<TargetClasses> {
    let schema = model.child("MiningSchema")?;
    let is_target =
        |field: &Element<'_>| matches!(field.attribute("usageType"), Some("target" | "predicted"));
    let name = schema.all("MiningField").find(is_target)?.attribute("name")?;
    let mut data = root.child("DataDictionary")?.all("DataField");
    let field = data.find(|field| field.attribute("name") == Some(name))?;
    let values: Vec<&str> = field.all("Value").filter_map(|value| value.attribute("value")).collect();
    classes(&values)
}

pub(super) fn classes(values: &[&str]) -> Option<TargetClasses> {
    const YES: [&str; 8] = ["1", "1.0", "true", "True", "TRUE", "yes", "Yes", "Y"];
    let wanted = values.iter().find(|value| YES.contains(value)).or(values.last())?;
    let others = values.iter().filter(|value| *value != wanted).map(|value| value.to_string()).collect();
    Some(TargetClasses { wanted: wanted.to_string(), others })
}

/// One file being read.
pub(super) struct Reading<'a> {
    pub target: Option<TargetClasses>,
    inputs: Named<String>,
    by_term: BTreeMap<String, usize>,
    pub n_nodes: usize,
    pub findings: &'a mut Findings,
    /// Trees give the class that they vote for, and not its chance.
    pub votes: bool,
}

impl Reading<'_> {
    /// The place of an input that is this expression.
    pub(super) fn input(&mut self, term: &Term) -> usize {
        let sql = term.to_string();
        if let Some(known) = self.by_term.get(&sql) {
            return *known;
        }
        let wanted = match term {
            Term::Name(name) => name.clone(),
            _ => format!("input_{}", self.inputs.len() + 1),
        };
        let name = super::super::free_name(&wanted, |name| self.inputs.get(name).is_some());
        let at = self.inputs.len();
        self.inputs.0.push((name, sql.clone()));
        self.by_term.insert(sql, at);
        at
    }

    pub(super) fn input_name(&self, at: usize) -> String {
        self.inputs.0.get(at).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    fn model(
        &mut self,
        model: Element<'_>,
        fields: &Fields,
        chain: &BTreeMap<String, Sum>,
    ) -> Result<Sum, Finding> {
        if model.attribute("isScorable") == Some("false") {
            return Err(attribute_unsupported(model, "isScorable", "false"));
        }
        let mut own = fields.clone();
        if let Some(local) = model.child("LocalTransformations") {
            fields::derive(local, &mut own, self.findings);
        }
        let sum = match model.name() {
            "RegressionModel" => self.regression(model, &own, chain)?,
            "GeneralRegressionModel" => general::read(self, model, &own)?,
            "TreeModel" => {
                let tree = tree::read(self, model, &own)?;
                Sum { trees: vec![tree], ..Sum::default() }
            }
            "MiningModel" => self.ensemble(model, &own, chain)?,
            other => {
                return Err(unsupported(
                    model.place(),
                    Text::new(
                        format!("不支持模型 `{other}`"),
                        format!("the model `{other}` is not supported"),
                    ),
                    Text::plain(MODELS.join(" / ")),
                ));
            }
        };
        rescaled(model, sum)
    }

    fn ensemble(
        &mut self,
        model: Element<'_>,
        fields: &Fields,
        chain: &BTreeMap<String, Sum>,
    ) -> Result<Sum, Finding> {
        let Some(segmentation) = model.child("Segmentation") else {
            return Err(missing_part(model, "Segmentation"));
        };
        let method = segmentation.attribute("multipleModelMethod").unwrap_or_default();
        let segments: Vec<Element<'_>> = segmentation.all("Segment").collect();
        if segments.is_empty() {
            return Err(missing_part(segmentation, "Segment"));
        }
        if segments.len() > MOST_SEGMENTS {
            return Err(too_many(segmentation, segments.len()));
        }
        let (mut sum, mut known, mut all) = (Sum::default(), chain.clone(), 0.0);
        let n = segments.len();
        let is_vote = matches!(method, "majorityVote" | "weightedMajorityVote");
        if is_vote {
            self.voting(segmentation, &segments)?;
        }
        for (at, segment) in segments.into_iter().enumerate() {
            if predicate::of(segment)?.name() != "True" {
                return Err(unsupported(
                    segment.place(),
                    Text::new("只对部分客户使用的子模型", "a model of the ensemble for some customers only"),
                    Text::plain("<True/>"),
                ));
            }
            let inner =
                segment.own().find(|child| child.name().ends_with("Model") || child.name() == "Scorecard");
            let inner =
                inner.ok_or_else(|| missing_part(segment, "RegressionModel / TreeModel / MiningModel"))?;
            let before = std::mem::replace(&mut self.votes, is_vote);
            let part = self.model(inner, fields, &known);
            self.votes = before;
            let part = part?;
            match method {
                // The first whose predicate is true, which is the first; and of one model any way of taking one.
                "selectFirst" => return Ok(part),
                "median" | "max" if n == 1 => return Ok(part),
                // The share of votes is what the trees together say of a class.
                "majorityVote" => sum = sum.plus(straight(inner, part)?.times(1.0 / n as f64)),

                "sum" => sum = sum.plus(straight(inner, part)?),
                "average" => sum = sum.plus(straight(inner, part)?.times(1.0 / n as f64)),
                "weightedAverage" | "weightedMajorityVote" => {
                    let weight = number(segment, "weight")?.unwrap_or(1.0);
                    all += weight;
                    sum = sum.plus(straight(inner, part)?.times(weight));
                }
                "modelChain" if at + 1 == n => return Ok(part),
                "modelChain" => {
                    for output in
                        inner.child("Output").into_iter().flat_map(|output| output.all("OutputField"))
                    {
                        let is_value =
                            output.attribute("feature").unwrap_or("predictedValue") == "predictedValue";
                        if let Some(name) = output.attribute("name").filter(|_| is_value) {
                            known.insert(name.to_string(), part.clone());
                        }
                    }
                }
                other => return Err(not_a_sum(segmentation, other)),
            }
        }
        if method.starts_with("weighted") && all != 0.0 {
            sum = sum.times(1.0 / all);
        }
        Ok(sum)
    }

    /// Votes are told as their share, and only classes are voted for.
    fn voting(&mut self, segmentation: Element<'_>, segments: &[Element<'_>]) -> Result<(), Finding> {
        let votes = |segment: &Element<'_>| {
            let tree = segment.child("TreeModel");
            tree.is_some_and(|tree| tree.attribute("functionName") == Some("classification"))
        };
        if let Some(other) = segments.iter().find(|segment| !votes(segment)) {
            return Err(unsupported(
                other.place(),
                Text::new("投票的不是分类树", "what votes is no tree that classifies"),
                Text::new(
                    "TreeModel functionName=\"classification\"",
                    "TreeModel functionName=\"classification\"",
                ),
            ));
        }
        let what = Text::new(
            "多棵树投票：给出的是投给该类别的票所占的比例，过半即为该类别",
            "trees vote: what is told is the share of votes for the class, which wins with more than half",
        );
        self.findings.push(Finding::note("exchange-votes", segmentation.place(), what, Text::default()));
        Ok(())
    }

    fn regression(
        &mut self,
        model: Element<'_>,
        fields: &Fields,
        chain: &BTreeMap<String, Sum>,
    ) -> Result<Sum, Finding> {
        let tables: Vec<Element<'_>> = model.all("RegressionTable").collect();
        let normal = model.attribute("normalizationMethod").unwrap_or("none");
        let classifies = model.attribute("functionName") == Some("classification");
        let link = match (normal, classifies) {
            ("none", false) => Link::Identity,
            ("logit" | "softmax", _) => Link::Logit,
            ("exp", false) => Link::Exp,
            _ => return Err(attribute_unsupported(model, "normalizationMethod", normal)),
        };
        if !classifies {
            let [table] = tables[..] else { return Err(missing_part(model, "RegressionTable")) };
            return Ok(Sum { link, ..self.table(table, fields, chain)? });
        }
        let named: Vec<&str> = tables.iter().filter_map(|table| table.attribute("targetCategory")).collect();
        let classes = self.target.clone().or_else(|| classes(&named));
        let is_of = |table: &&Element<'_>, name: &str| table.attribute("targetCategory") == Some(name);
        let (Some(classes), 2) = (classes, tables.len()) else {
            return Err(unsupported(
                model.place(),
                Text::new(
                    format!("{} 个类别的分类", tables.len()),
                    format!("a classification of {} classes", tables.len()),
                ),
                Text::new("两个类别", "two classes"),
            ));
        };
        self.say_class(model, &classes.wanted);
        let wanted = tables.iter().find(|table| is_of(table, &classes.wanted));
        let other = tables.iter().find(|table| !is_of(table, &classes.wanted));
        let (Some(wanted), Some(other)) = (wanted, other) else {
            return Err(missing_part(model, "RegressionTable targetCategory"));
        };
        let (own, against) = (self.table(*wanted, fields, chain)?, self.table(*other, fields, chain)?);
        let is_empty = |sum: &Sum| sum.weights.is_empty() && sum.trees.is_empty();
        // By `logit` each class has its own chance, but the last, which has the rest.
        let sum = match normal {
            "softmax" => own.plus(against.times(-1.0)),
            _ if is_empty(&against) && !is_empty(&own) => own,
            _ if is_empty(&own) => against.times(-1.0),
            _ => return Err(attribute_unsupported(model, "normalizationMethod", normal)),
        };
        Ok(Sum { link, ..sum })
    }

    pub(super) fn say_class(&mut self, element: Element<'_>, class: &str) {
        let what = Text::new(
            format!("预测的是类别「{class}」的概率"),
            format!("what is predicted is the chance of class “{class}”"),
        );
        if !self.findings.0.iter().any(|finding| finding.what == what) {
            self.findings.push(Finding::note("exchange-class", element.place(), what, Text::default()));
        }
    }

    fn table(
        &mut self,
        table: Element<'_>,
        fields: &Fields,
        chain: &BTreeMap<String, Sum>,
    ) -> Result<Sum, Finding> {
        let mut sum = Sum { intercept: number(table, "intercept")?.unwrap_or(0.0), ..Sum::default() };
        for part in table.own() {
            let name = part.attribute("name").or(part.attribute("field")).unwrap_or_default();
            let coefficient = number(part, "coefficient")?;
            let needed = || coefficient.ok_or_else(|| missing_part(part, "coefficient"));
            match part.name() {
                "NumericPredictor" => {
                    if let Some(before) = chain.get(name) {
                        let before = straight(part, before.clone())?;
                        sum = sum.plus(before.times(needed()?));
                        continue;
                    }
                    let field = fields.named(part, name)?.term.clone();
                    let exponent = number(part, "exponent")?.unwrap_or(1.0);
                    let term = match exponent {
                        1.0 => field,
                        2.0 | 3.0 => {
                            let times = std::iter::repeat_n(field, exponent as usize);
                            Term::joined(super::super::term::Operator::Multiply, times)
                        }
                        _ => return Err(attribute_unsupported(part, "exponent", &exponent.to_string())),
                    };
                    // What was only shifted and scaled counts in its own unit, to all digits.
                    let (of, scale, shift) = affine(&term);
                    let at = self.input(of);
                    *sum.weights.entry(at).or_default() += needed()? * scale;
                    sum.intercept += needed()? * shift;
                }
                "CategoricalPredictor" => {
                    let field = fields.named(part, name)?;
                    let value = part.attribute("value").ok_or_else(|| missing_part(part, "value"))?;
                    let literal = field.data_type.literal(value);
                    let literal = literal.ok_or_else(|| fields::bad_constant(part, value))?;
                    let is = Term::binary(super::super::term::Operator::Equal, field.term.clone(), literal);
                    let at = self.input(&indicator(is));
                    *sum.weights.entry(at).or_default() += needed()?;
                }
                "PredictorTerm" => {
                    let factors: Result<Vec<Term>, Finding> = part
                        .all("FieldRef")
                        .map(|field| {
                            let name = field.attribute("field").unwrap_or_default();
                            fields.named(field, name).map(|field| field.term.clone())
                        })
                        .collect();
                    let product = Term::joined(super::super::term::Operator::Multiply, factors?);
                    let at = self.input(&product);
                    *sum.weights.entry(at).or_default() += needed()?;
                }
                "Extension" => {}
                other => {
                    return Err(unsupported(
                        part.place(),
                        Text::new(format!("不支持 `{other}`"), format!("`{other}` is not supported")),
                        Text::plain("NumericPredictor / CategoricalPredictor / PredictorTerm"),
                    ));
                }
            }
        }
        Ok(sum)
    }
}

/// A term as `of × scale + shift`, as far down as that is all that is done to it.
fn affine(term: &Term) -> (&Term, f64, f64) {
    use super::super::term::Operator::{Add, Divide, Multiply, Subtract};
    let constant = |term: &Term| term.as_number().and_then(|digits| digits.parse::<f64>().ok());
    if let Term::Binary(operator, left, right) = term {
        match (operator, constant(left), constant(right)) {
            (Add, None, Some(by)) | (Subtract, None, Some(by)) => {
                let (of, scale, shift) = affine(left);
                return (of, scale, if *operator == Add { shift + by } else { shift - by });
            }
            (Add, Some(by), None) => {
                let (of, scale, shift) = affine(right);
                return (of, scale, shift + by);
            }
            (Multiply, None, Some(by)) | (Multiply, Some(by), None) => {
                let (of, scale, shift) = affine(if constant(left).is_none() { left } else { right });
                return (of, scale * by, shift * by);
            }
            (Divide, None, Some(by)) if by != 0.0 => {
                let (of, scale, shift) = affine(left);
                return (of, scale / by, shift / by);
            }
            _ => {}
        }
    }
    (term, 1.0, 0.0)
}

/// 1 where it holds, 0 where it does not or cannot be told.
pub(super) fn indicator(condition: Term) -> Term {
    let digit = |text: &str| Term::Number(text.to_string());
    Term::Case(vec![(condition, digit("1"))], Some(Box::new(digit("0"))))
}

/// A part of a sum adds itself, and not what is made of it.
fn straight(element: Element<'_>, sum: Sum) -> Result<Sum, Finding> {
    match sum.link {
        Link::Identity => Ok(sum),
        _ => Err(unsupported(
            element.place(),
            Text::new("把已换算成概率的结果再相加", "chances are added"),
            Text::new("normalizationMethod=\"none\" 的子模型", "models with normalizationMethod=\"none\""),
        )),
    }
}

/// A target's factor and constant.
fn rescaled(model: Element<'_>, sum: Sum) -> Result<Sum, Finding> {
    let Some(target) = model.child("Targets").and_then(|targets| targets.child("Target")) else {
        return Ok(sum);
    };
    for name in ["castInteger", "min", "max"] {
        if let Some(said) = target.attribute(name) {
            return Err(attribute_unsupported(target, name, said));
        }
    }
    let factor = number(target, "rescaleFactor")?.unwrap_or(1.0);
    let constant = number(target, "rescaleConstant")?.unwrap_or(0.0);
    if factor == 1.0 && constant == 0.0 {
        return Ok(sum);
    }
    let mut sum = straight(target, sum)?.times(factor);
    sum.intercept += constant;
    Ok(sum)
}

/// A number that an attribute holds.
pub(super) fn number(element: Element<'_>, name: &str) -> Result<Option<f64>, Finding> {
    let Some(text) = element.attribute(name) else { return Ok(None) };
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        _ => Err(Finding::error(
            "exchange-constant",
            element.place(),
            Text::new(format!("{name}=\"{text}\" 不是数"), format!("{name}=\"{text}\" is no number")),
            Text::new("一个普通的数", "an ordinary number"),
        )),
    }
}

pub(super) fn too_many(element: Element<'_>, n: usize) -> Finding {
    unsupported(
        element.place(),
        Text::new(format!("{n} 个部分太多"), format!("{n} parts are too many")),
        Text::new(
            format!("最多 {MOST_SEGMENTS} 棵树、{MOST_NODES} 个节点"),
            format!("{MOST_SEGMENTS} trees and {MOST_NODES} nodes at most"),
        ),
    )
}
