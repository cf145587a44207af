//! What rule sets, trees and steps give, and where: so that a test of one is a region over what it reads, and
//! what two forms say together can be held against each other.

use gradus_model::fixed::Fixed;

use super::region::{Bound, Region, both, complement, either};
use super::space::{Dim, Domain, Marks};
use super::truths::Conditions;
use crate::grade::decision_tree::{Level, Tree};
use crate::grade::flow::Step;
use crate::grade::frame::Formula;
use crate::grade::outcome::Given;
use crate::grade::rule_set::{Outcomes as RuleOutcomes, Rules};
use gradus_model::document::HitPolicy;

/// What is given somewhere.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Gives {
    Nothing,
    Text(String),
    Boolean(bool),
    Number(Fixed),
    /// What only evaluation can say.
    Any,
}

/// What a column gives, region by region.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cases(pub Vec<(Gives, Region)>);

/// Boxes that the cases of one column may have together; more of them slow everything that reads it.
const MOST_BOXES: usize = 1_000;

impl Cases {
    fn add(&mut self, gives: Gives, place: Region) -> Result<(), Bound> {
        if place.is_empty() {
            return Ok(());
        }
        match self.0.iter_mut().find(|(known, _)| *known == gives) {
            Some((_, region)) => *region = either(region, &place)?,
            None => self.0.push((gives, place)),
        }
        let n: usize = self.0.iter().map(|(_, region)| region.len()).sum();
        if n > MOST_BOXES { Err(Bound) } else { Ok(()) }
    }

    /// The texts that are given; `None` if there may be others.
    fn texts(&self) -> Option<Vec<String>> {
        let mut out = Vec::new();
        for (gives, _) in &self.0 {
            match gives {
                Gives::Text(text) => out.push(text.clone()),
                Gives::Nothing => {}
                _ => return None,
            }
        }
        out.sort();
        out.dedup();
        Some(out)
    }
}

impl Gives {
    fn of(given: Option<Given<'_>>) -> Gives {
        match given {
            Some(Given::Nothing) => Gives::Nothing,
            Some(Given::Text(text)) => Gives::Text(text.to_string()),
            Some(Given::Boolean(value)) => Gives::Boolean(value),
            Some(Given::Number(number)) => Gives::Number(Fixed(number)),
            _ => Gives::Any,
        }
    }

    /// The cell of the column's dimension; `None` if it has none.
    pub(crate) fn cell(&self, dim: &Dim) -> Option<u32> {
        match self {
            Gives::Nothing => dim.null_cell(),
            Gives::Text(text) => dim.cell_of_text(text),
            Gives::Boolean(value) => Some(u32::from(*value)),
            Gives::Number(number) => dim.cell_of_fixed(*number),
            Gives::Any => None,
        }
    }
}

impl Conditions {
    /// Notes what a column gives, and cuts its dimension.
    fn know(
        &mut self,
        column: &str,
        data_type: &arrow::datatypes::DataType,
        cases: Result<Cases, Bound>,
        marks: &Marks,
    ) {
        let cases = cases.ok();
        let values = cases.as_ref().and_then(Cases::texts).filter(|values| !values.is_empty());
        let domain = Domain { null: true, values, ..Domain::default() };
        self.space.add(column, data_type, &domain, marks, false);
        if let Some(cases) = cases {
            self.cases.insert(column.to_string(), cases);
        }
    }

    pub(crate) fn know_rules(&mut self, rules: &Rules, marks: &Marks) {
        let cases = self.of_rules(rules);
        self.know(&rules.name, &rules.data_type(), cases, marks);
    }

    pub(crate) fn know_tree(&mut self, tree: &Tree, marks: &Marks) {
        let cases = self.of_level(tree, &tree.root, vec![super::region::Cuboid::whole()]);
        self.know(&tree.name, &tree.outcomes.kind.data_type(), cases, marks);
    }

    pub(crate) fn know_step(&mut self, step: &Step, marks: &Marks) {
        let cases = self.of_step(step);
        self.know(&step.column, &step.formula.data_type, cases, marks);
    }

    /// `hit: first`: the first rule that holds.
    fn of_rules(&mut self, rules: &Rules) -> Result<Cases, Bound> {
        if rules.hit != HitPolicy::First || !rules.is_plain() {
            return Err(Bound);
        }
        let (mut cases, mut left) = (Cases::default(), vec![super::region::Cuboid::whole()]);
        let gives = |at: Option<usize>| match &rules.outcome {
            RuleOutcomes::Text(texts, otherwise) => at
                .map_or(otherwise.as_ref(), |at| texts.get(at))
                .map_or(Gives::Nothing, |text| Gives::Text(text.clone())),
            RuleOutcomes::Points(points, otherwise) => {
                let points = at.map_or(*otherwise, |at| points.get(at).copied());
                points.map_or(Gives::Nothing, |points| Gives::Number(Fixed(points)))
            }
        };
        for (at, rule) in rules.rules.iter().enumerate() {
            // Dates are a dimension of their own, which the rules' own proof knows.
            if rule.from.is_some() || rule.until.is_some() {
                return Err(Bound);
            }
            let truths = self.truths(&rule.when)?;
            cases.add(gives(Some(at)), both(&left, &truths.yes)?)?;
            left = both(&left, &complement(&truths.yes, &self.space.sizes)?)?;
        }
        cases.add(gives(None), left)?;
        Ok(cases)
    }

    fn of_level(&mut self, tree: &Tree, level: &Level, here: Region) -> Result<Cases, Bound> {
        match level {
            Level::Leaf(leaf) => {
                let mut cases = Cases::default();
                cases.add(Gives::of(tree.outcomes.constant(*leaf)), here)?;
                Ok(cases)
            }
            Level::Split(branches, otherwise) => self.of_branches(tree, branches, otherwise.as_deref(), here),
        }
    }

    fn of_branches(
        &mut self,
        tree: &Tree,
        branches: &[(usize, Level)],
        otherwise: Option<&Level>,
        here: Region,
    ) -> Result<Cases, Bound> {
        let mut cases = Cases::default();
        let Some(((condition, below), rest)) = branches.split_first() else {
            return match otherwise {
                Some(below) => self.of_level(tree, below, here),
                None => {
                    cases.add(Gives::Nothing, here)?;
                    Ok(cases)
                }
            };
        };
        if here.is_empty() {
            return Ok(cases);
        }
        let truths = self.truths(tree.formula(*condition))?;
        let told = either(&truths.yes, &truths.no)?;
        let open = both(&here, &complement(&told, &self.space.sizes)?)?;
        let mut not = both(&here, &truths.no)?;
        if tree.is_no_where_unknown(*condition) {
            not = either(&not, &open)?;
        } else if !open.is_empty() {
            // Where it cannot be told both ways are gone: they have to lead to the same.
            let one = self.of_level(tree, below, open.clone())?;
            let other = self.of_branches(tree, rest, otherwise, open)?;
            for (gives, place) in &one.0 {
                for (also, region) in &other.0 {
                    let gives = match gives == also {
                        true => gives.clone(),
                        false if *gives == Gives::Any || *also == Gives::Any => Gives::Any,
                        false => Gives::Nothing,
                    };
                    cases.add(gives, both(place, region)?)?;
                }
            }
        }
        for (gives, place) in self.of_level(tree, below, both(&here, &truths.yes)?)?.0 {
            cases.add(gives, place)?;
        }
        for (gives, place) in self.of_branches(tree, rest, otherwise, not)?.0 {
            cases.add(gives, place)?;
        }
        Ok(cases)
    }

    fn of_step(&mut self, step: &Step) -> Result<Cases, Bound> {
        let (mut cases, mut here) = (Cases::default(), vec![super::region::Cuboid::whole()]);
        if let Some(when) = &step.when {
            let truths = self.truths(when)?;
            cases.add(Gives::Nothing, complement(&truths.yes, &self.space.sizes)?)?;
            here = truths.yes;
        }
        for branch in &step.branches {
            let taken = match &branch.condition {
                Some(condition) => {
                    let truths = self.truths(condition)?;
                    let told = either(&truths.yes, &truths.no)?;
                    cases.add(Gives::Nothing, both(&here, &complement(&told, &self.space.sizes)?)?)?;
                    let taken = both(&here, &truths.yes)?;
                    here = both(&here, &truths.no)?;
                    taken
                }
                None => std::mem::take(&mut here),
            };
            self.takes(&branch.takes, taken, &mut cases)?;
        }
        cases.add(Gives::Nothing, here)?;
        Ok(cases)
    }

    /// What an expression gives in a region: a written value, or what the form of that name gives there.
    fn takes(&self, formula: &Formula, place: Region, cases: &mut Cases) -> Result<(), Bound> {
        if place.is_empty() {
            return Ok(());
        }
        let Some(name) = formula.bare() else {
            return cases.add(written(formula).unwrap_or(Gives::Any), place);
        };
        let Some(known) = self.cases.get(name) else { return cases.add(Gives::Any, place) };
        for (gives, region) in &known.0 {
            cases.add(gives.clone(), both(&place, region)?)?;
        }
        Ok(())
    }
}

/// The value of an expression that reads nothing.
fn written(formula: &Formula) -> Option<Gives> {
    use arrow::array::{Array, AsArray, RecordBatch, RecordBatchOptions};
    use arrow::datatypes::{DataType, Decimal128Type, Schema};
    if !formula.references.is_empty() {
        return None;
    }
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let row = RecordBatch::try_new_with_options(std::sync::Arc::new(Schema::empty()), Vec::new(), &options);
    let array = formula.expression.as_ref()?.evaluate(&row.ok()?).values;
    if array.is_null(0) {
        return Some(Gives::Nothing);
    }
    match array.data_type() {
        DataType::Utf8 => Some(Gives::Text(array.as_string_opt::<i32>()?.value(0).to_string())),
        DataType::Boolean => Some(Gives::Boolean(array.as_boolean_opt()?.value(0))),
        DataType::Int64 | DataType::Decimal128(..) => {
            let fixed = arrow::compute::cast(&array, &DataType::Decimal128(38, 4)).ok()?;
            let units = fixed.as_primitive_opt::<Decimal128Type>()?;
            // More digits than these would be rounded.
            let back = arrow::compute::cast(&fixed, array.data_type()).ok()?;
            let exact = back.to_data() == array.to_data() && units.is_valid(0);
            exact
                .then(|| i64::try_from(units.value(0)).ok())
                .flatten()
                .map(|units| Gives::Number(Fixed(units)))
        }
        _ => None,
    }
}
