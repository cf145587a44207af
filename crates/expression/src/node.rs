//! The typed expression: what is evaluated. Every conversion is a node of its own here.

use std::fmt;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, NullArray, StringArray,
    TimestampMicrosecondArray,
};

use crate::evaluate::apply;
use crate::kind::Kind;
use crate::literal::Literal;
use crate::problem::{Problem, text};
use crate::value::Value;

/// Computes one column from the columns of its arguments. Rows do not see each other.
pub type Kernel = Arc<dyn Fn(&[Value], usize) -> Value + Send + Sync>;

#[derive(Clone)]
pub struct Node {
    pub kind: Kind,
    pub op: Op,
}

#[derive(Clone)]
pub enum Op {
    /// Position in the expression's sorted list of references.
    Column(usize),
    Literal(Literal, ArrayRef),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>, bool),
    Case(Vec<(Node, Node)>, Option<Box<Node>>),
    /// The first that is not null.
    Coalesce(Vec<Node>),
    /// A body over the values of `args`, each computed once; in the body, columns are these.
    Bind(Vec<Node>, Box<Node>),
    /// A kernel. `strict`: null whenever an argument is null.
    Apply {
        kernel: Kernel,
        args: Vec<Node>,
        strict: bool,
    },
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({:?})", self.kind)
    }
}

impl Node {
    pub fn literal(literal: Literal) -> Node {
        let array: ArrayRef = match &literal {
            Literal::Null => Arc::new(NullArray::new(1)),
            Literal::Boolean(value) => Arc::new(BooleanArray::from(vec![*value])),
            Literal::Integer(value) => Arc::new(Int64Array::from(vec![*value])),
            Literal::Decimal(value, scale) => decimal_array(vec![*value], *scale),
            Literal::Text(text) => Arc::new(StringArray::from(vec![text.as_str()])),
            Literal::Date(days) => Arc::new(Date32Array::from(vec![*days])),
            Literal::Timestamp(micros) => {
                Arc::new(TimestampMicrosecondArray::from(vec![*micros]).with_timezone("UTC"))
            }
        };
        Node { kind: literal.kind(), op: Op::Literal(literal, array) }
    }

    pub fn as_literal(&self) -> Option<&Literal> {
        match &self.op {
            Op::Literal(literal, _) => Some(literal),
            _ => None,
        }
    }

    /// Builds on nodes that are used more than once, so that each is computed once. Without it,
    /// nesting such operations would double the work at every level.
    pub fn bind(
        args: Vec<Node>,
        build: impl FnOnce(Vec<Node>) -> Result<Node, Problem>,
    ) -> Result<Node, Problem> {
        // Constants stay visible to the body, which may fold them.
        let stand_in = |(index, arg): (usize, &Node)| match arg.is_constant() {
            true => arg.clone(),
            false => Node { kind: arg.kind, op: Op::Column(index) },
        };
        let body = build(args.iter().enumerate().map(stand_in).collect())?;
        Ok(Node { kind: body.kind, op: Op::Bind(args, Box::new(body)) })
    }

    /// How many operations it takes.
    pub fn weight(&self) -> usize {
        let sum = |nodes: &[Node]| nodes.iter().map(Node::weight).sum::<usize>();
        match &self.op {
            Op::Column(_) | Op::Literal(..) => 0,
            Op::And(parts) | Op::Or(parts) | Op::Coalesce(parts) => 1 + sum(parts),
            Op::Not(of) | Op::IsNull(of, _) => 1 + of.weight(),
            Op::Case(when, otherwise) => {
                let branches: usize =
                    when.iter().map(|(condition, result)| condition.weight() + result.weight()).sum();
                1 + branches + otherwise.as_ref().map_or(0, |otherwise| otherwise.weight())
            }
            Op::Bind(args, body) => sum(args) + body.weight(),
            Op::Apply { args, .. } => 1 + sum(args),
        }
    }

    pub fn is_constant(&self) -> bool {
        matches!(self.op, Op::Literal(..))
    }

    /// A strict kernel over arguments, computed at once if all of them are constants.
    pub fn apply(
        kind: Kind,
        args: Vec<Node>,
        kernel: impl Fn(&[Value], usize) -> Value + Send + Sync + 'static,
    ) -> Result<Node, Problem> {
        Node::kernel(kind, args, true, Arc::new(kernel))
    }

    /// Like `apply`, for kernels that make something of null.
    pub fn apply_lenient(
        kind: Kind,
        args: Vec<Node>,
        kernel: impl Fn(&[Value], usize) -> Value + Send + Sync + 'static,
    ) -> Result<Node, Problem> {
        Node::kernel(kind, args, false, Arc::new(kernel))
    }

    fn kernel(kind: Kind, args: Vec<Node>, strict: bool, kernel: Kernel) -> Result<Node, Problem> {
        let constant = args.iter().all(Node::is_constant);
        let node = Node { kind, op: Op::Apply { kernel, args, strict } };
        if !constant {
            return Ok(node);
        }
        let value = apply(&node, &[], 1);
        if value.is_fault(0) {
            let what = text!(
                "这一部分对每一行都会失败（例如除以零或超出范围）",
                "this part fails for every row (a division by zero, or out of range)"
            );
            let right = text!("一个能算出的值", "a value that can be computed");
            return Err(Problem::new("expression-constant-fault", what, right));
        }
        Ok(Node { kind, op: Op::Literal(literal_of(kind, &value), value.array) })
    }
}

/// The constant that a folded value is, as far as it can be written.
fn literal_of(kind: Kind, value: &Value) -> Literal {
    if value.is_null(0) {
        return Literal::Null;
    }
    match kind {
        Kind::Boolean => Literal::Boolean(value.bools().value(0)),
        Kind::Integer => Literal::Integer(value.ints().raw(0)),
        Kind::Decimal(scale) => Literal::Decimal(value.decimals().raw(0), scale),
        Kind::Text => Literal::Text(value.texts().get(0).unwrap_or_default().to_string()),
        Kind::Date => Literal::Date(value.dates().raw(0)),
        Kind::Timestamp => Literal::Timestamp(value.instants().raw(0)),
        // A folded float is never asked for as a literal.
        Kind::Float | Kind::Null => Literal::Null,
    }
}

/// 38 digits, this many after the point. Values are within 38 digits by construction.
pub fn decimal_array(values: Vec<i128>, scale: i8) -> ArrayRef {
    let data_type = Kind::Decimal(scale).data_type();
    Arc::new(Decimal128Array::from(values).with_data_type(data_type))
}
