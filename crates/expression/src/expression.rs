//! A compiled expression, and how a text becomes one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::DataType;
use gradus_model::{Findings, Lang, Place, Text};

use crate::allow::Allow;
use crate::check::{Check, references};
use crate::column::load;
use crate::evaluate::{apply, typed};
use crate::few_texts::FewTexts;
use crate::form::Form;
use crate::kind::Kind;
use crate::node::Node;
use crate::problem::Problem;
use crate::scope::Scope;
use crate::token::parse;
use crate::value::Value;
use crate::words;

/// What the caller needs an expression to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    Boolean,
    /// Whole number, decimal or float.
    Number,
    Text,
    Any,
}

/// A parsed, type-checked expression, bound to its scope. Cheap to clone, safe to share between
/// threads; it is rebuilt elsewhere from its text and the scope.
#[derive(Debug, Clone)]
pub struct Expression(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    sql: String,
    form: Form,
    node: Node,
    data_type: DataType,
    references: BTreeSet<String>,
    /// The kind that each reference has, in the order of `references`.
    kinds: Vec<Kind>,
    titles: BTreeMap<String, Text>,
    /// Titles of values, by column and value.
    values: BTreeMap<(String, String), Text>,
}

/// One value per row of the batch.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// Of the expression's data type; null where unknown and where the evaluation failed.
    pub values: ArrayRef,
    /// Rows whose evaluation failed, ascending.
    pub faults: Vec<u32>,
}

/// Compiles one expression. Every problem found is reported at `place`.
///
/// ```
/// use std::sync::Arc;
/// use arrow::datatypes::{DataType, Field, Schema};
/// use gradus_expression::{Scope, Want, compile};
/// use gradus_model::Place;
///
/// let schema = Schema::new(vec![Field::new("orders", DataType::Int64, true)]);
/// let scope = Scope::new(Arc::new(schema));
/// let regular = compile("orders>=3", &scope, Want::Boolean, &Place::default()).unwrap();
/// assert_eq!(regular.sql(), "orders >= 3");
/// assert!(compile("order >= 3", &scope, Want::Boolean, &Place::default()).is_err());
/// ```
pub fn compile(sql: &str, scope: &Scope, want: Want, place: &Place) -> Result<Expression, Findings> {
    let located =
        |problems: Vec<Problem>| Findings(problems.into_iter().map(|problem| problem.at(place)).collect());
    let allowed = parse(sql, |tree| {
        let mut allow = Allow::new(scope);
        let form = allow.form(tree, 1);
        match form {
            Ok(form) if allow.problems.is_empty() => Ok(form),
            _ => Err(allow.problems),
        }
    });
    let form = match allowed {
        Ok(Ok(form)) => form,
        Ok(Err(problems)) => return Err(located(problems)),
        Err(problem) => return Err(located(vec![problem])),
    };
    bind(form, scope, want).map_err(|problem| located(vec![problem]))
}

/// Types a form against a scope.
pub(crate) fn bind(form: Form, scope: &Scope, want: Want) -> Result<Expression, Problem> {
    let mut names = BTreeSet::new();
    references(&form, &mut names);
    let list: Vec<String> = names.iter().cloned().collect();
    let node = Check { scope, references: &list }.node(&form)?;
    wanted(&node, want)?;
    let mut kinds = Vec::with_capacity(list.len());
    let mut titles = BTreeMap::new();
    for name in &list {
        let field = scope.schema().field_with_name(name).ok();
        kinds.push(field.and_then(|field| Kind::of(field.data_type())).unwrap_or(Kind::Null));
        if let Some(title) = scope.title(name) {
            titles.insert(name.clone(), title.clone());
        }
    }
    let read = scope.value_titles().iter().filter(|((column, _), _)| names.contains(column));
    let values = read.map(|(key, title)| (key.clone(), title.clone())).collect();
    let (sql, data_type) = (form.sql(), node.kind.data_type());
    Ok(Expression(Arc::new(Compiled {
        sql,
        form,
        node,
        data_type,
        references: names,
        kinds,
        titles,
        values,
    })))
}

fn wanted(node: &Node, want: Want) -> Result<(), Problem> {
    let fits = match want {
        Want::Any => true,
        Want::Boolean => matches!(node.kind, Kind::Boolean | Kind::Null),
        Want::Number => node.kind.is_number(),
        Want::Text => matches!(node.kind, Kind::Text | Kind::Null),
    };
    if fits {
        return Ok(());
    }
    let (needed, right) = match want {
        Want::Boolean => (
            Text::new("一个条件（是/否）", "a condition (yes/no)"),
            Text::new("一个比较，例如 orders >= 3", "a comparison, such as orders >= 3"),
        ),
        Want::Number => {
            let right = Text::new(
                "例如 IF(条件, 1, 0)，或 cast(… as decimal)",
                "such as IF(condition, 1, 0), or cast(… as decimal)",
            );
            (Text::new("一个数字", "a number"), right)
        }
        _ => (Text::new("文本", "text"), Text::new("例如 cast(… as text)", "such as cast(… as text)")),
    };
    let found = node.kind.words();
    let what = Text::new(
        format!("这里需要{}，表达式给出的是{}", needed.zh, found.zh),
        format!("{} is needed here, the expression gives {}", needed.en, found.en),
    );
    Err(Problem::new("expression-type", what, right))
}

impl Expression {
    /// The canonical text; it compiles to the same expression.
    pub fn sql(&self) -> &str {
        &self.0.sql
    }

    /// The type of the values it gives: Boolean, Int64, Decimal128(38, s), Float64, Utf8, Date32,
    /// Timestamp in microseconds UTC, or Null.
    pub fn data_type(&self) -> &DataType {
        &self.0.data_type
    }

    /// The columns it reads.
    pub fn references(&self) -> &BTreeSet<String> {
        &self.0.references
    }

    /// Evaluates every row of a batch that holds the referenced columns by name, in any order.
    ///
    /// A row that fails gives null and is listed; the other rows keep their values. Which rows
    /// fail does not depend on the other rows, nor on the order of operands (see `evaluate`).
    pub fn evaluate(&self, batch: &RecordBatch) -> Evaluated {
        let compiled = &*self.0;
        let rows = batch.num_rows();
        if let ([Kind::Text], Some(name)) = (compiled.kinds.as_slice(), compiled.references.first())
            && let Some(array) = batch.column_by_name(name)
            && let Some(texts) = FewTexts::few(array, compiled.node.weight())
        {
            return self.of_texts(&texts);
        }
        let columns: Vec<Value> = compiled
            .references
            .iter()
            .zip(&compiled.kinds)
            .map(|(name, kind)| match batch.column_by_name(name) {
                Some(array) => load(array, *kind),
                None => Value::all_faults(*kind, rows),
            })
            .collect();
        let value = apply(&compiled.node, &columns, rows).spread(rows);
        let faults = match &value.faults {
            Some(faults) => faults.set_indices_u32().collect(),
            None => Vec::new(),
        };
        Evaluated { values: typed(&value.array, &compiled.data_type), faults }
    }

    /// Evaluates each different text once: rows do not see each other.
    fn of_texts(&self, texts: &FewTexts) -> Evaluated {
        let n = texts.texts.len();
        let value = apply(&self.0.node, &[Value::of(texts.texts.clone())], n).spread(n);
        let faults = match &value.faults {
            Some(faults) => {
                (0..).zip(texts.places()).filter(|(_, at)| faults.value(*at)).map(|(row, _)| row).collect()
            }
            None => Vec::new(),
        };
        Evaluated { values: texts.spread(&typed(&value.array, &self.0.data_type)), faults }
    }

    pub(crate) fn form(&self) -> &Form {
        &self.0.form
    }

    /// The columns it reads, with their kinds.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.0.references.iter().map(String::as_str).zip(self.0.kinds.iter().copied())
    }

    pub(crate) fn titles(&self) -> &BTreeMap<String, Text> {
        &self.0.titles
    }

    pub(crate) fn value_titles(&self) -> &BTreeMap<(String, String), Text> {
        &self.0.values
    }

    /// The expression read back in words, by the titles of what it reads.
    pub fn words(&self, lang: Lang) -> String {
        words::read(&self.0.form, &self.0.titles, &self.0.values, lang)
    }
}

impl PartialEq for Expression {
    /// Equal if they mean the same by the same names.
    fn eq(&self, other: &Expression) -> bool {
        self.0.form == other.0.form && self.0.data_type == other.0.data_type
    }
}
