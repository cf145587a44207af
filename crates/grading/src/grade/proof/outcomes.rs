//! What rule sets, trees and steps give, and where: so that a test of one is a region over what it reads, and
//! what two forms say together can be held against each other. Tables are in `outcome_tables`.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, RecordBatch, RecordBatchOptions, StringArray,
    new_null_array,
};
use arrow::datatypes::{DataType, Decimal128Type, Field, Schema};
use gradus_model::fixed::Fixed;

use super::region::{Bound, Cuboid, Region, both, complement, either, minus};
use super::space::{Dim, Domain, Marks, Ordered};
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

/// With more boxes than these a column is only known by its values, unless a flow reads it.
const FEW_BOXES: usize = 64;

/// Combinations of values with which an expression over known columns is worked out.
const MOST_COMBINATIONS: usize = 64;

/// What is known of a column.
pub(super) struct Column<'c> {
    pub name: &'c str,
    pub data_type: DataType,
    /// What it gives and where; not known if that is too entangled.
    pub cases: Result<Cases, Bound>,
    /// Everything that is written as its result, where that is all it can give.
    pub written: Option<Vec<Gives>>,
    /// A flow reads it.
    pub in_whole: bool,
}

impl Cases {
    pub(super) fn add(&mut self, gives: Gives, place: Region) -> Result<(), Bound> {
        if place.is_empty() {
            return Ok(());
        }
        match self.0.iter_mut().find(|(known, _)| *known == gives) {
            Some((_, region)) => *region = either(region, &place)?,
            None => self.0.push((gives, place)),
        }
        if self.n_boxes() > MOST_BOXES { Err(Bound) } else { Ok(()) }
    }

    fn n_boxes(&self) -> usize {
        self.0.iter().map(|(_, region)| region.len()).sum()
    }
}

/// The texts among what is given; `None` if there may be others.
fn texts(gives: &[Gives]) -> Option<Vec<String>> {
    let mut out = Vec::new();
    for one in gives {
        match one {
            Gives::Text(text) => out.push(text.clone()),
            Gives::Nothing => {}
            _ => return None,
        }
    }
    out.sort();
    out.dedup();
    Some(out)
}

/// The numbers among what is given, ascending; `None` if there may be others.
fn numbers(gives: &[Gives]) -> Option<Vec<i64>> {
    let mut out = Vec::new();
    for one in gives {
        match one {
            Gives::Number(number) => out.push(number.0),
            Gives::Nothing => {}
            _ => return None,
        }
    }
    out.sort_unstable();
    out.dedup();
    Some(out)
}

impl Gives {
    pub(super) fn of(given: Option<Given<'_>>) -> Gives {
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
    pub(super) fn know(&mut self, column: Column<'_>, marks: &Marks) {
        let given: Option<Vec<Gives>> = match &column.cases {
            Ok(cases) => Some(cases.0.iter().map(|(gives, _)| gives.clone()).collect()),
            Err(_) => column.written,
        };
        let values = given.as_deref().and_then(texts).filter(|values| !values.is_empty());
        let mut domain = Domain { null: true, values, ..Domain::default() };
        if let Some(numbers) = given.as_deref().and_then(numbers) {
            // Steps may give numbers of other types, whose units are others.
            if Ordered::of(&column.data_type) == Some(Ordered::Decimal(4)) {
                domain.least = numbers.first().copied().map(i128::from);
                domain.greatest = numbers.last().copied().map(i128::from);
            }
            if Ordered::of(&column.data_type).is_some() {
                self.numbers.insert(column.name.to_string(), numbers);
            }
        }
        self.space.add(column.name, &column.data_type, &domain, marks, false);
        if let Ok(cases) = column.cases
            && (column.in_whole || cases.n_boxes() <= FEW_BOXES)
        {
            self.cases.insert(column.name.to_string(), cases);
        }
    }

    pub(crate) fn know_rules(&mut self, rules: &Rules, in_whole: bool, marks: &Marks) {
        let cases = self.of_rules(rules);
        let written = match &rules.outcome {
            RuleOutcomes::Text(texts, otherwise) => {
                Some(texts.iter().chain(otherwise).map(|text| Gives::Text(text.clone())).collect())
            }
            RuleOutcomes::Points(..) if rules.hit == HitPolicy::Sum => None,
            RuleOutcomes::Points(points, otherwise) => {
                Some(points.iter().chain(otherwise).map(|points| Gives::Number(Fixed(*points))).collect())
            }
        };
        let data_type = rules.data_type();
        self.know(Column { name: &rules.name, data_type, cases, written, in_whole }, marks);
    }

    pub(crate) fn know_tree(&mut self, tree: &Tree, in_whole: bool, marks: &Marks) {
        let cases = self.of_level(tree, &tree.root, vec![Cuboid::whole()]);
        let data_type = tree.outcomes.kind.data_type();
        self.know(Column { name: &tree.name, data_type, cases, written: None, in_whole }, marks);
    }

    pub(crate) fn know_step(&mut self, step: &Step, marks: &Marks) {
        let cases = self.of_step(step);
        let data_type = step.formula.data_type.clone();
        self.know(Column { name: &step.column, data_type, cases, written: None, in_whole: true }, marks);
    }

    /// What the rules that hold come to.
    fn of_rules(&mut self, rules: &Rules) -> Result<Cases, Bound> {
        if !rules.is_plain() {
            return Err(Bound);
        }
        let mut regions = Vec::with_capacity(rules.rules.len());
        for rule in &rules.rules {
            let truths = self.truths(&rule.when)?;
            let dated = self.dates(rule.from, rule.until).map(|dates| vec![dates]);
            regions.push(match dated {
                Some(dates) => both(&truths.yes, &dates)?,
                None => truths.yes,
            });
        }
        let gives = |at: Option<usize>| match &rules.outcome {
            RuleOutcomes::Text(texts, otherwise) => at
                .map_or(otherwise.as_ref(), |at| texts.get(at))
                .map_or(Gives::Nothing, |text| Gives::Text(text.clone())),
            RuleOutcomes::Points(points, otherwise) => {
                let points = at.map_or(*otherwise, |at| points.get(at).copied());
                points.map_or(Gives::Nothing, |points| Gives::Number(Fixed(points)))
            }
        };
        let (mut cases, whole) = (Cases::default(), vec![Cuboid::whole()]);
        let RuleOutcomes::Points(points, _) = &rules.outcome else {
            self.first_of(&regions, whole, &gives, &mut cases)?;
            return Ok(cases);
        };
        if rules.hit == HitPolicy::First {
            self.first_of(&regions, whole, &gives, &mut cases)?;
            return Ok(cases);
        }
        let with = |state: i64, points: i64| match rules.hit {
            HitPolicy::Max => state.max(points),
            HitPolicy::Min => state.min(points),
            _ => state.saturating_add(points),
        };
        let mut states: Vec<(Option<i64>, Region)> = vec![(None, whole)];
        for (region, points) in regions.iter().zip(points) {
            states = self
                .folded(states, region, &|state| Some(state.map_or(*points, |state| with(state, *points))))?;
        }
        for (state, region) in states {
            let own = state.map_or_else(|| gives(None), |points| Gives::Number(Fixed(points)));
            cases.add(own, region)?;
        }
        Ok(cases)
    }

    /// The first of the regions counts, and behind them what `gives` says of none.
    pub(super) fn first_of(
        &self,
        regions: &[Region],
        mut here: Region,
        gives: &dyn Fn(Option<usize>) -> Gives,
        cases: &mut Cases,
    ) -> Result<(), Bound> {
        for (at, region) in regions.iter().enumerate() {
            cases.add(gives(Some(at)), both(&here, region)?)?;
            here = minus(&here, region, &self.space.sizes)?;
        }
        cases.add(gives(None), here)
    }

    /// Everything that has been counted so far, and one more region in which something is added to it.
    pub(super) fn folded(
        &self,
        states: Vec<(Option<i64>, Region)>,
        region: &Region,
        add: &dyn Fn(Option<i64>) -> Option<i64>,
    ) -> Result<Vec<(Option<i64>, Region)>, Bound> {
        let mut next: Vec<(Option<i64>, Region)> = Vec::with_capacity(states.len() + 1);
        let mut keep = |state: Option<i64>, place: Region| -> Result<(), Bound> {
            if place.is_empty() {
                return Ok(());
            }
            match next.iter_mut().find(|(known, _)| *known == state) {
                Some((_, region)) => *region = either(region, &place)?,
                None => next.push((state, place)),
            }
            Ok(())
        };
        for (state, place) in states {
            keep(state, minus(&place, region, &self.space.sizes)?)?;
            keep(add(state), both(&place, region)?)?;
        }
        let n: usize = next.iter().map(|(_, region)| region.len()).sum();
        if n > MOST_BOXES { Err(Bound) } else { Ok(next) }
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
        let (mut cases, mut here) = (Cases::default(), vec![Cuboid::whole()]);
        if step.branches.is_empty() {
            // The flow itself goes no way of its own: it is the result of one of its steps.
            self.takes(&step.formula, here, &mut cases)?;
            return Ok(cases);
        }
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

    /// What an expression gives in a region: a written value, what the form of that name gives there, or what
    /// it comes to with each of the values that what it reads can have.
    fn takes(&self, formula: &Formula, place: Region, cases: &mut Cases) -> Result<(), Bound> {
        if place.is_empty() {
            return Ok(());
        }
        let mut combinations: Vec<(Vec<(&str, Gives)>, Region)> = vec![(Vec::new(), place.clone())];
        for name in &formula.references {
            let Some(known) = self.cases.get(name) else { return cases.add(Gives::Any, place) };
            let mut more = Vec::new();
            for (before, region) in &combinations {
                for (gives, there) in &known.0 {
                    let both = both(region, there)?;
                    if !both.is_empty() {
                        let mut own = before.clone();
                        own.push((name.as_str(), gives.clone()));
                        more.push((own, both));
                    }
                }
            }
            if more.len() > MOST_COMBINATIONS {
                return cases.add(Gives::Any, place);
            }
            combinations = more;
        }
        for (values, region) in combinations {
            cases.add(self.with_values(formula, &values).unwrap_or(Gives::Any), region)?;
        }
        Ok(())
    }

    /// The numbers that an expression can come to, ascending; `None` if that is not known.
    pub(super) fn numbers_of(&self, formula: &Formula) -> Option<Vec<i64>> {
        if let Some(name) = formula.bare() {
            return self.numbers.get(name).cloned();
        }
        if formula.references.is_empty() {
            return None;
        }
        let mut combinations: Vec<Vec<(&str, Gives)>> = vec![Vec::new()];
        for name in &formula.references {
            let known = self.numbers.get(name)?;
            let values = known.iter().map(|number| Gives::Number(Fixed(*number))).chain([Gives::Nothing]);
            let values: Vec<Gives> = values.collect();
            combinations = combinations
                .iter()
                .flat_map(|before| {
                    values.iter().map(move |value| {
                        let mut own = before.clone();
                        own.push((name.as_str(), value.clone()));
                        own
                    })
                })
                .collect();
            if combinations.len() > MOST_COMBINATIONS {
                return None;
            }
        }
        let given: Option<Vec<Gives>> =
            combinations.iter().map(|values| self.with_values(formula, values)).collect();
        numbers(&given?)
    }

    /// The value of an expression whose columns have these values; `None` if it cannot be said.
    fn with_values(&self, formula: &Formula, values: &[(&str, Gives)]) -> Option<Gives> {
        if formula.bare().is_some() {
            return values.first().map(|(_, gives)| gives.clone());
        }
        let (mut fields, mut arrays): (Vec<Field>, Vec<ArrayRef>) = Default::default();
        for (name, gives) in values {
            let data_type = self.space.dim(self.space.find(name)?).data_type();
            let array = gives.array(data_type)?;
            fields.push(Field::new(*name, data_type.clone(), true));
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let row = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options);
        read(&formula.expression.as_ref()?.evaluate(&row.ok()?).values)
    }
}

impl Gives {
    /// One row of it, as a column of this type holds it.
    fn array(&self, data_type: &DataType) -> Option<ArrayRef> {
        let array: ArrayRef = match self {
            Gives::Nothing => return Some(new_null_array(data_type, 1)),
            Gives::Any => return None,
            Gives::Text(text) => Arc::new(StringArray::from(vec![text.as_str()])),
            Gives::Boolean(value) => Arc::new(BooleanArray::from(vec![*value])),
            Gives::Number(number) => {
                let units = Decimal128Array::from(vec![i128::from(number.0)]);
                Arc::new(units.with_data_type(DataType::Decimal128(18, 4)))
            }
        };
        arrow::compute::cast(&array, data_type).ok().filter(|array| array.is_valid(0))
    }
}

/// The only value of a column; `None` if it is of a kind that is not followed.
fn read(array: &ArrayRef) -> Option<Gives> {
    if array.is_null(0) {
        return Some(Gives::Nothing);
    }
    match array.data_type() {
        DataType::Utf8 => Some(Gives::Text(array.as_string_opt::<i32>()?.value(0).to_string())),
        DataType::Boolean => Some(Gives::Boolean(array.as_boolean_opt()?.value(0))),
        DataType::Int64 | DataType::Decimal128(..) => {
            let fixed = arrow::compute::cast(array, &DataType::Decimal128(38, 4)).ok()?;
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
