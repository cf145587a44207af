//! The graph of a file: nodes by what they give, constants, inputs; and what an output computes, from the output
//! backwards, so that what it does not need is not looked at.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::operators;
use super::sum::{Column, Inputs, Sum};
use super::wire::{Broken, Message, doubles, singles};
use super::{broken, unsupported};
use crate::{Finding, Place, Text};

/// Operators in a graph, columns of an input, and operators on the way from an input to an output, at most.
const MOST_NODES: usize = 20_000;
const MOST_COLUMNS: i64 = 10_000;
const MOST_STEPS: usize = 200;

/// What a tensor is.
#[derive(Debug, Clone)]
pub(super) enum Tensor {
    /// One column each for inputs that were prepared.
    Columns(Vec<Column>),
    /// Numbers that the file holds, with their shape.
    Constant { values: Vec<f64>, shape: Vec<i64> },
    /// One number for each customer.
    Number(Sum),
    /// The chances of two classes; the sum and link are those of the second.
    Chances(Sum),
    /// The name of a class.
    Label,
}

/// An operator with what the file says of it.
pub(super) struct Node<'b> {
    pub operator: String,
    pub inputs: Vec<String>,
    outputs: Vec<String>,
    attributes: BTreeMap<String, Message<'b>>,
    place: Place,
}

pub(super) struct Graph<'b> {
    pub name: String,
    producer: String,
    nodes: Vec<Node<'b>>,
    by_output: BTreeMap<String, (usize, usize)>,
    constants: BTreeMap<String, Message<'b>>,
    /// Inputs with the number of their columns, if it is stated.
    inputs: Vec<(String, Option<i64>)>,
    outputs: Vec<String>,
    place: Place,
    class: RefCell<Option<String>>,
}

impl<'b> Graph<'b> {
    pub fn read(bytes: &'b [u8], place: &Place) -> Result<Graph<'b>, Finding> {
        Graph::parsed(bytes, place).map_err(|Broken| broken(place))?.ok_or_else(|| broken(place))
    }

    fn parsed(bytes: &'b [u8], place: &Place) -> Result<Option<Graph<'b>>, Broken> {
        let file = Message::new(bytes);
        let Some(graph) = file.message(7)? else { return Ok(None) };
        let producer = [file.text(2)?, file.text(3)?].join(" ").trim().to_string();
        let mut nodes = Vec::new();
        for node in graph.messages(1)?.into_iter().take(MOST_NODES + 1) {
            let mut attributes = BTreeMap::new();
            for attribute in node.messages(5)? {
                attributes.insert(attribute.text(1)?, attribute);
            }
            let (operator, domain) = (node.text(4)?, node.text(7)?);
            let path = format!("graph.node[{}]", nodes.len());
            nodes.push(Node {
                operator: if domain.is_empty() || domain == "ai.onnx.ml" {
                    operator
                } else {
                    format!("{domain}.{operator}")
                },
                inputs: node.texts(1)?,
                outputs: node.texts(2)?,
                attributes,
                place: place.clone().at(path),
            });
        }
        let mut by_output = BTreeMap::new();
        for (at, node) in nodes.iter().enumerate() {
            for (output, name) in node.outputs.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                by_output.insert(name.clone(), (at, output));
            }
        }
        let mut constants = BTreeMap::new();
        for tensor in graph.messages(5)? {
            constants.insert(tensor.text(8)?, tensor);
        }
        let mut inputs = Vec::new();
        for input in graph.messages(11)? {
            let name = input.text(1)?;
            if !constants.contains_key(&name) {
                inputs.push((name, columns_of(input)?));
            }
        }
        let outputs =
            graph.messages(12)?.into_iter().map(|output| output.text(1)).collect::<Result<_, _>>()?;
        let name = graph.text(2)?;
        Ok(Some(Graph {
            name,
            producer,
            nodes,
            by_output,
            constants,
            inputs,
            outputs,
            place: place.clone(),
            class: RefCell::default(),
        }))
    }

    /// From where it came, for people.
    pub fn made_by(&self) -> String {
        if self.producer.is_empty() { "ONNX".into() } else { format!("ONNX, {}", self.producer) }
    }

    /// The class whose chance is told, if it is one.
    pub fn class_told(&self) -> Option<String> {
        self.class.borrow().clone()
    }

    pub(super) fn tell_class(&self, name: String) {
        *self.class.borrow_mut() = Some(name);
    }

    /// What the graph is there for: of its outputs the last that is a number or a chance.
    pub fn result(&self, inputs: &mut Inputs) -> Result<Sum, Finding> {
        if self.nodes.len() > MOST_NODES {
            return Err(unsupported(
                &self.place,
                Text::new("图里的算子太多", "the graph has too many operators"),
                Text::new(format!("最多 {MOST_NODES} 个"), format!("{MOST_NODES} at most")),
            ));
        }
        let mut first = None;
        for output in self.outputs.iter().rev() {
            let mut own = Inputs::default();
            match self.tensor(output, &mut own, 0) {
                Ok(Tensor::Number(sum) | Tensor::Chances(sum)) => {
                    *inputs = own;
                    return Ok(sum);
                }
                Ok(_) => {}
                Err(finding) => first = first.or(Some(finding)),
            }
        }
        Err(first.unwrap_or_else(|| {
            unsupported(
                &self.place,
                Text::new("没有给出数或概率的输出", "no output gives a number or a chance"),
                Text::new(
                    "TreeEnsembleRegressor/Classifier、LinearRegressor/Classifier 的模型",
                    "a model of TreeEnsembleRegressor or -Classifier, LinearRegressor or -Classifier",
                ),
            )
        }))
    }

    /// What a tensor of this name is.
    pub(super) fn tensor(&self, name: &str, inputs: &mut Inputs, steps: usize) -> Result<Tensor, Finding> {
        if steps > MOST_STEPS {
            return Err(unsupported(
                &self.place,
                Text::new("图太深，或首尾相接", "the graph is too deep, or leads back to itself"),
                Text::new(format!("最多 {MOST_STEPS} 步"), format!("{MOST_STEPS} steps at most")),
            ));
        }
        if let Some(constant) = self.constants.get(name) {
            let read = constant_of(*constant).map_err(|Broken| broken(&self.place))?;
            return read.ok_or_else(|| {
                unsupported(
                    &self.place.clone().at(name.to_string()),
                    Text::new(
                        format!("不支持张量「{name}」的类型"),
                        format!("the type of tensor “{name}” is not supported"),
                    ),
                    Text::new(
                        "文件里的 float、double 或整数",
                        "float, double or whole numbers within the file",
                    ),
                )
            });
        }
        if let Some((_, columns)) = self.inputs.iter().find(|(own, _)| own == name) {
            return Ok(Tensor::Columns(self.columns(name, *columns)?));
        }
        let Some((at, output)) = self.by_output.get(name) else { return Err(broken(&self.place)) };
        operators::computed(self, &self.nodes[*at], *output, inputs, steps + 1)
    }

    /// One input of a single column has its own name; others are numbered from 0.
    fn columns(&self, name: &str, n: Option<i64>) -> Result<Vec<Column>, Finding> {
        match n {
            Some(1) => Ok(vec![Column::of(name)]),
            Some(n) if (2..=MOST_COLUMNS).contains(&n) => {
                Ok((0..n).map(|at| Column::of(&format!("{name}_{at}"))).collect())
            }
            _ => Err(unsupported(
                &self.place.clone().at(name.to_string()),
                Text::new(
                    format!("输入「{name}」没有说明有几列"),
                    format!("it is not stated how many columns the input “{name}” has"),
                ),
                Text::new(
                    format!("导出时写明形状，如 [None, 4]；最多 {MOST_COLUMNS} 列"),
                    format!(
                        "its shape stated when it is exported, such as [None, 4]; {MOST_COLUMNS} at most"
                    ),
                ),
            )),
        }
    }
}

/// The size of the last dimension of an input.
fn columns_of(input: Message<'_>) -> Result<Option<i64>, Broken> {
    let Some(tensor) = input.message(2)?.map(|kind| kind.message(1)).transpose()?.flatten() else {
        return Ok(None);
    };
    let Some(shape) = tensor.message(2)? else { return Ok(None) };
    let dimensions = shape.messages(1)?;
    match dimensions.last() {
        Some(last) if dimensions.len() >= 2 => last.integer(1),
        // A column alone.
        Some(_) => Ok(Some(1)),
        None => Ok(None),
    }
}

/// The numbers of a tensor; none of a type that is not understood, or kept beside the file.
fn constant_of(tensor: Message<'_>) -> Result<Option<Tensor>, Broken> {
    let shape = tensor.integers(1)?;
    if tensor.integer(14)?.unwrap_or(0) != 0 {
        return Ok(None);
    }
    let raw = tensor.last(9)?.map(|raw| raw.bytes()).transpose()?;
    let values: Vec<f64> = match (tensor.integer(2)?.unwrap_or(0), raw) {
        (1, Some(raw)) => singles(raw)?.into_iter().map(f64::from).collect(),
        (1, None) => tensor.floats(4)?.into_iter().map(f64::from).collect(),
        (11, Some(raw)) => doubles(raw)?,
        (11, None) => tensor.doubles(10)?,
        (7, Some(raw)) => doubles(raw)?.into_iter().map(|bits| bits.to_bits() as i64 as f64).collect(),
        (7, None) => tensor.integers(7)?.into_iter().map(|value| value as f64).collect(),
        (6, None) => tensor.integers(5)?.into_iter().map(|value| value as f64).collect(),
        _ => return Ok(None),
    };
    let n: i64 = shape.iter().product();
    let is_whole = shape.iter().all(|size| *size >= 0) && n == values.len() as i64;
    if is_whole { Ok(Some(Tensor::Constant { values, shape })) } else { Err(Broken) }
}

impl<'b> Node<'b> {
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What an attribute says; nothing if it is not there.
    fn said<T: Default>(
        &self,
        name: &str,
        read: impl FnOnce(Message<'b>) -> Result<T, Broken>,
    ) -> Result<T, Finding> {
        match self.attributes.get(name) {
            None => Ok(T::default()),
            Some(attribute) => read(*attribute).map_err(|Broken| broken(&self.place)),
        }
    }

    pub fn text(&self, name: &str) -> Result<String, Finding> {
        self.said(name, |attribute| attribute.text(4))
    }

    pub fn texts(&self, name: &str) -> Result<Vec<String>, Finding> {
        self.said(name, |attribute| attribute.texts(9))
    }

    pub fn integer(&self, name: &str) -> Result<i64, Finding> {
        self.said(name, |attribute| Ok(attribute.integer(3)?.unwrap_or_default()))
    }

    pub fn integers(&self, name: &str) -> Result<Vec<i64>, Finding> {
        self.said(name, |attribute| attribute.integers(8))
    }

    pub fn float(&self, name: &str) -> Result<Option<f32>, Finding> {
        self.said(name, |attribute| Ok(attribute.floats(2)?.pop()))
    }

    /// Numbers of a list, or of a tensor under the same name with `_as_tensor`.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, Finding> {
        let listed = self.said(name, |attribute| attribute.floats(7))?;
        if !listed.is_empty() {
            return Ok(listed.into_iter().map(f64::from).collect());
        }
        self.said(&format!("{name}_as_tensor"), |attribute| {
            let Some(tensor) = attribute.message(5)? else { return Ok(Vec::new()) };
            match constant_of(tensor)? {
                Some(Tensor::Constant { values, .. }) => Ok(values),
                _ => Err(Broken),
            }
        })
    }

    /// The numbers of a tensor that an attribute holds, with their shape.
    pub fn tensor(&self, name: &str) -> Result<Option<Tensor>, Finding> {
        self.said(name, |attribute| match attribute.message(5)? {
            Some(tensor) => constant_of(tensor),
            None => Ok(None),
        })
    }
}
