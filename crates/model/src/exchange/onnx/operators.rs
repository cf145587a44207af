//! What each operator makes of its inputs. One that is not here is refused by its name.

use super::graph::{Graph, Node, Tensor};
use super::sum::{Column, Inputs, Sum};
use super::{broken, trees, unsupported};
use crate::document::Link;
use crate::{Finding, Text};

/// What an output of a node is.
pub(super) fn computed(
    graph: &Graph<'_>,
    node: &Node<'_>,
    output: usize,
    inputs: &mut Inputs,
    steps: usize,
) -> Result<Tensor, Finding> {
    let given = |at: usize, inputs: &mut Inputs| match node.inputs.get(at) {
        Some(name) => graph.tensor(name, inputs, steps),
        None => Err(broken(node.place())),
    };
    match node.operator.as_str() {
        // Neither changes what a number is.
        "Identity" | "Cast" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "ZipMap" => given(0, inputs),
        "Constant" => match node.tensor("value")? {
            Some(tensor) => Ok(tensor),
            None => Err(refused(node)),
        },
        "Concat" | "FeatureVectorizer" => {
            let mut all = Vec::new();
            for at in 0..node.inputs.len() {
                let Tensor::Columns(columns) = given(at, inputs)? else { return Err(refused(node)) };
                all.extend(columns);
            }
            Ok(Tensor::Columns(all))
        }
        "Scaler" => {
            let columns = columns(node, given(0, inputs)?)?;
            let (offsets, scales) = (node.numbers("offset")?, node.numbers("scale")?);
            scaled(node, columns, &offsets, &scales)
        }
        "Imputer" => {
            let mut columns = columns(node, given(0, inputs)?)?;
            let values = node.numbers("imputed_value_floats")?;
            let replaced = node.float("replaced_value_float")?.unwrap_or(0.0);
            if !replaced.is_nan() || values.is_empty() {
                return Err(refused(node));
            }
            for (at, column) in columns.iter_mut().enumerate() {
                let value = values.get(at).or(values.first().filter(|_| values.len() == 1));
                let plain = column.offset == 0.0 && column.scale == 1.0 && column.filled.is_none();
                column.filled = Some(*value.filter(|_| plain).ok_or_else(|| refused(node))?);
            }
            Ok(Tensor::Columns(columns))
        }
        "LinearRegressor" => {
            let columns = columns(node, given(0, inputs)?)?;
            if node.integer("targets")?.max(1) != 1 {
                return Err(several(node));
            }
            let weights = node.numbers("coefficients")?;
            let intercept = node.numbers("intercepts")?.first().copied().unwrap_or(0.0);
            let sum = weighted(node, &columns, &weights, intercept, inputs)?;
            linked(node, sum).map(Tensor::Number)
        }
        "LinearClassifier" => match output {
            0 => Ok(Tensor::Label),
            _ => {
                let columns = columns(node, given(0, inputs)?)?;
                linear_classes(graph, node, &columns, inputs).map(Tensor::Chances)
            }
        },
        "TreeEnsembleRegressor" => {
            let columns = columns(node, given(0, inputs)?)?;
            let sum = trees::regressor(node, &columns, inputs)?;
            linked(node, sum).map(Tensor::Number)
        }
        "TreeEnsembleClassifier" => match output {
            0 => Ok(Tensor::Label),
            _ => {
                let columns = columns(node, given(0, inputs)?)?;
                trees::classifier(graph, node, &columns, inputs).map(Tensor::Chances)
            }
        },
        // Two chances that sum to 1 already.
        "Normalizer" => match (given(0, inputs)?, node.text("norm")?.as_str()) {
            (Tensor::Chances(sum), "L1") => Ok(Tensor::Chances(sum)),
            _ => Err(refused(node)),
        },
        "Sigmoid" => match given(0, inputs)? {
            Tensor::Number(sum) if sum.link == Link::Identity => {
                Ok(Tensor::Number(Sum { link: Link::Logit, ..sum }))
            }
            _ => Err(refused(node)),
        },
        "Exp" => match given(0, inputs)? {
            Tensor::Number(sum) if sum.link == Link::Identity => {
                Ok(Tensor::Number(Sum { link: Link::Exp, ..sum }))
            }
            _ => Err(refused(node)),
        },
        "MatMul" | "Gemm" => {
            if node.operator == "Gemm" && gemm_is_changed(node)? {
                return Err(refused(node));
            }
            let columns = columns(node, given(0, inputs)?)?;
            let Tensor::Constant { values, shape } = given(1, inputs)? else { return Err(refused(node)) };
            let is_column = match shape[..] {
                [_, 1] => true,
                [1, _] => node.integer("transB")? == 1,
                [_] => true,
                _ => false,
            };
            if !is_column {
                return Err(several(node));
            }
            let mut sum = weighted(node, &columns, &values, 0.0, inputs)?;
            if node.inputs.len() > 2 {
                sum.intercept += constant(node, given(2, inputs)?)?;
            }
            Ok(Tensor::Number(sum))
        }
        "Add" | "Sub" | "Mul" | "Div" => {
            let (left, right) = (given(0, inputs)?, given(1, inputs)?);
            combined(node, left, right)
        }
        _ => Err(refused(node)),
    }
}

/// An operator that is not understood, by its name.
pub(super) fn refused(node: &Node<'_>) -> Finding {
    let shown: String = node.operator.chars().take(60).collect();
    let what = Text::new(
        format!("不支持这样使用算子 `{shown}`"),
        format!("the operator `{shown}` is not supported, or not in this way"),
    );
    let right = Text::plain(
        "TreeEnsembleRegressor / TreeEnsembleClassifier / LinearRegressor / LinearClassifier, Scaler / Imputer / Concat / Cast / Normalizer (L1) / ZipMap / MatMul / Gemm / Add / Mul / Sigmoid",
    );
    unsupported(node.place(), what, right)
}

/// More than one number, or more than two classes.
pub(super) fn several(node: &Node<'_>) -> Finding {
    unsupported(
        node.place(),
        Text::new(
            format!("`{}` 给出不止一个数，或不止两个类别", node.operator),
            format!("`{}` gives more than one number, or more than two classes", node.operator),
        ),
        Text::new("一个数，或两个类别", "one number, or two classes"),
    )
}

fn columns(node: &Node<'_>, tensor: Tensor) -> Result<Vec<Column>, Finding> {
    match tensor {
        Tensor::Columns(columns) => Ok(columns),
        _ => Err(refused(node)),
    }
}

fn constant(node: &Node<'_>, tensor: Tensor) -> Result<f64, Finding> {
    match tensor {
        Tensor::Constant { values, .. } if values.len() == 1 => Ok(values[0]),
        _ => Err(refused(node)),
    }
}

/// (x - offset) × scale of each column; one number for all, or one each.
fn scaled(
    node: &Node<'_>,
    mut columns: Vec<Column>,
    offsets: &[f64],
    scales: &[f64],
) -> Result<Tensor, Finding> {
    let of = |all: &[f64], at: usize, usual: f64| match all {
        [] => Some(usual),
        [one] => Some(*one),
        all => all.get(at).copied(),
    };
    for (at, column) in columns.iter_mut().enumerate() {
        let (Some(offset), Some(scale)) = (of(offsets, at, 0.0), of(scales, at, 1.0)) else {
            return Err(broken(node.place()));
        };
        if scale == 0.0 || !scale.is_finite() || !offset.is_finite() {
            return Err(refused(node));
        }
        // ((x - a) s - b) t = (x - (a + b / s)) s t
        column.offset += offset / column.scale;
        column.scale *= scale;
    }
    Ok(Tensor::Columns(columns))
}

fn weighted(
    node: &Node<'_>,
    columns: &[Column],
    weights: &[f64],
    intercept: f64,
    inputs: &mut Inputs,
) -> Result<Sum, Finding> {
    if columns.len() != weights.len() {
        return Err(broken(node.place()));
    }
    let mut sum = Sum { intercept, ..Sum::default() };
    for (column, weight) in columns.iter().zip(weights) {
        sum.weigh(column, *weight, inputs);
    }
    Ok(sum)
}

/// What is made of a sum at the end.
fn linked(node: &Node<'_>, sum: Sum) -> Result<Sum, Finding> {
    let link = match node.text("post_transform")?.as_str() {
        "" | "NONE" => Link::Identity,
        "LOGISTIC" => Link::Logit,
        _ => return Err(refused(node)),
    };
    Ok(Sum { link, ..sum })
}

/// The names of two classes; the second is the one whose chance is told.
pub(super) fn two_classes(node: &Node<'_>) -> Result<[String; 2], Finding> {
    let mut names = node.texts("classlabels_strings")?;
    for key in ["classlabels_int64s", "classlabels_ints"] {
        if names.is_empty() {
            names = node.integers(key)?.iter().map(i64::to_string).collect();
        }
    }
    <[String; 2]>::try_from(names).map_err(|_| several(node))
}

fn linear_classes(
    graph: &Graph<'_>,
    node: &Node<'_>,
    columns: &[Column],
    inputs: &mut Inputs,
) -> Result<Sum, Finding> {
    let [_, told] = two_classes(node)?;
    graph.tell_class(told);
    let (weights, intercepts) = (node.numbers("coefficients")?, node.numbers("intercepts")?);
    let n = columns.len();
    let intercept = |at: usize| intercepts.get(at).copied().unwrap_or(0.0);
    let post = node.text("post_transform")?;
    if weights.len() == n && n > 0 {
        let sum = weighted(node, columns, &weights, intercept(0), inputs)?;
        return match post.as_str() {
            "LOGISTIC" => Ok(Sum { link: Link::Logit, ..sum }),
            _ => Err(refused(node)),
        };
    }
    if weights.len() != 2 * n || n == 0 {
        return Err(broken(node.place()));
    }
    match post.as_str() {
        // Each class has its own chance.
        "LOGISTIC" => {
            let sum = weighted(node, columns, &weights[n..], intercept(1), inputs)?;
            Ok(Sum { link: Link::Logit, ..sum })
        }
        "SOFTMAX" => {
            let apart: Vec<f64> = (0..n).map(|at| weights[n + at] - weights[at]).collect();
            let sum = weighted(node, columns, &apart, intercept(1) - intercept(0), inputs)?;
            Ok(Sum { link: Link::Logit, ..sum })
        }
        _ => Err(refused(node)),
    }
}

fn gemm_is_changed(node: &Node<'_>) -> Result<bool, Finding> {
    let one = |value: Option<f32>| value.is_none_or(|value| value == 1.0);
    Ok(!one(node.float("alpha")?) || !one(node.float("beta")?) || node.integer("transA")? != 0)
}

/// A sum or columns with a constant.
fn combined(node: &Node<'_>, left: Tensor, right: Tensor) -> Result<Tensor, Finding> {
    let operator = node.operator.as_str();
    if let Tensor::Columns(columns) = left {
        let Tensor::Constant { values, .. } = right else { return Err(refused(node)) };
        let inverse: Vec<f64> = values.iter().map(|value| 1.0 / value).collect();
        let minus: Vec<f64> = values.iter().map(|value| -value).collect();
        return match operator {
            "Sub" => scaled(node, columns, &values, &[]),
            "Add" => scaled(node, columns, &minus, &[]),
            "Mul" => scaled(node, columns, &[], &values),
            _ => scaled(node, columns, &[], &inverse),
        };
    }
    // LightGBM's chances are multiplied by a constant 1: that changes nothing, whatever is made of the sum.
    let is_only =
        |tensor: &Tensor, value: f64| matches!(tensor, Tensor::Constant { values, .. } if *values == [value]);
    let neutral = if matches!(operator, "Mul" | "Div") { 1.0 } else { 0.0 };
    let (left, right) = match (left, right) {
        (given @ (Tensor::Number(_) | Tensor::Chances(_)), other) if is_only(&other, neutral) => {
            return Ok(given);
        }
        (other, given @ (Tensor::Number(_) | Tensor::Chances(_)))
            if matches!(operator, "Add" | "Mul") && is_only(&other, neutral) =>
        {
            return Ok(given);
        }
        both => both,
    };
    let (sum, other) = match (left, right) {
        (Tensor::Number(sum), other) => (sum, constant(node, other)?),
        (other, Tensor::Number(sum)) if matches!(operator, "Add" | "Mul") => (sum, constant(node, other)?),
        _ => return Err(refused(node)),
    };
    if sum.link != Link::Identity || !other.is_finite() {
        return Err(refused(node));
    }
    let plus = |sum: Sum, other: f64| Sum { intercept: sum.intercept + other, ..sum };
    match operator {
        "Add" => Ok(Tensor::Number(plus(sum, other))),
        "Sub" => Ok(Tensor::Number(plus(sum, -other))),
        "Mul" => Ok(Tensor::Number(sum.times(other))),
        _ if other != 0.0 => Ok(Tensor::Number(sum.times(1.0 / other))),
        _ => Err(refused(node)),
    }
}
