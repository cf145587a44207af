//! What a graph computes: columns that were prepared, weighted sums and sums of trees over them.

use std::collections::BTreeMap;

use super::unsupported;
use crate::document::{Link, Named, Trained, TrainedTree};
use crate::exchange::free_name;
use crate::exchange::term::quoted;
use crate::{Finding, Place, Text};

/// The inputs that were read so far, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Inputs(Vec<(String, String)>);

impl Inputs {
    /// The place of an input that is this expression.
    pub fn of(&mut self, wanted: &str, sql: String) -> usize {
        if let Some(at) = self.0.iter().position(|(_, own)| *own == sql) {
            return at;
        }
        let name = free_name(wanted, |name| self.0.iter().any(|(own, _)| own == name));
        self.0.push((name, sql));
        self.0.len() - 1
    }

    pub fn name(&self, at: usize) -> &str {
        self.0.get(at).map(|(name, _)| name.as_str()).unwrap_or_default()
    }
}

/// One column of the graph: (input - offset) × scale.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub name: String,
    /// What stands in place of an unknown value.
    pub filled: Option<f64>,
    pub offset: f64,
    pub scale: f64,
}

impl Column {
    pub fn of(name: &str) -> Column {
        Column { name: name.to_string(), filled: None, offset: 0.0, scale: 1.0 }
    }

    /// The input that it is made of.
    pub fn input(&self, inputs: &mut Inputs) -> usize {
        let name = quoted(&self.name);
        let sql = match self.filled {
            Some(value) => format!("coalesce({name}, {value})"),
            None => name,
        };
        inputs.of(&self.name, sql)
    }
}

/// A number that a graph computes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sum {
    pub intercept: f64,
    pub weights: BTreeMap<usize, f64>,
    pub trees: Vec<TrainedTree>,
    pub link: Link,
}

impl Sum {
    pub fn times(mut self, factor: f64) -> Sum {
        self.intercept *= factor;
        self.weights.values_mut().for_each(|weight| *weight *= factor);
        let nodes = self.trees.iter_mut().flat_map(|tree| &mut tree.nodes);
        nodes.filter_map(|node| node.gives.as_mut()).for_each(|gives| *gives *= factor);
        self
    }

    /// Adds a column that counts so much.
    pub fn weigh(&mut self, column: &Column, weight: f64, inputs: &mut Inputs) {
        // (x - offset) scale w = x (scale w) - offset scale w
        self.intercept -= column.offset * column.scale * weight;
        *self.weights.entry(column.input(inputs)).or_default() += column.scale * weight;
    }

    pub fn into_trained(self, inputs: Inputs, from: String, place: &Place) -> Result<Trained, Finding> {
        if !self.weights.is_empty() && !self.trees.is_empty() {
            return Err(unsupported(
                place,
                Text::new("一个模型里既有加权和又有树", "weights and trees are added in one model"),
                Text::new("只有其中一种的模型", "one of them only"),
            ));
        }
        let named: Named<f64> =
            self.weights.iter().map(|(at, weight)| (inputs.name(*at).to_string(), *weight)).collect();
        Ok(Trained {
            from: Some(from),
            intercept: self.intercept,
            weights: named,
            trees: self.trees,
            link: Some(self.link).filter(|link| *link != Link::Identity),
            inputs: inputs.0.into_iter().collect(),
        })
    }
}

/// A cut in single precision for numbers in double: both the decimal that it was, 0.7, and what single precision made of
/// that, 0.699999988, lie on the side where the cut itself does. No other number of single precision lies between.
pub(super) fn as_cut(value: f32, below: bool) -> f64 {
    let (written, held) = (format!("{value}").parse().unwrap_or_else(|_| f64::from(value)), f64::from(value));
    if below { held.min(written) } else { held.max(written) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cut_parts_single_precision_as_before(cut in -1e6f32..1e6, steps in -3i32..=3) {
            let mut x = cut;
            for _ in 0..steps.abs() {
                x = if steps > 0 { x.next_up() } else { x.next_down() };
            }
            let written: f64 = format!("{x}").parse().unwrap();
            for double in [f64::from(x), written] {
                prop_assert_eq!(x <= cut, double <= as_cut(cut, false));
                prop_assert_eq!(x < cut, double < as_cut(cut, true));
            }
        }
    }

    #[test]
    fn what_was_scaled_counts_in_its_own_unit() {
        let mut inputs = Inputs::default();
        let column = Column { offset: 3.0, scale: 0.5, ..Column::of("age") };
        let mut sum = Sum { intercept: 1.0, ..Sum::default() };
        sum.weigh(&column, 4.0, &mut inputs);
        assert_eq!((sum.intercept, sum.weights[&0]), (-5.0, 2.0));
        assert_eq!(as_cut(0.7f32, false), 0.7);
    }
}
