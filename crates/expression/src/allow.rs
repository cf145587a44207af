//! From the parser's syntax tree to the forms that are allowed. Everything else is a finding.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType as SqlType, ExactNumberInfo, Expr, Function as SqlFunction,
    FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectNamePart, UnaryOperator, Value,
};
use gradus_model::Text;

use crate::form::{Arithmetic, CastType, Comparison, Form};
use crate::functions;
use crate::limit::{MAX_DEPTH, MAX_LIST, MAX_NODES};
use crate::literal::{Literal, read_date, read_timestamp};
use crate::problem::{Problem, brief, text};
use crate::scope::Scope;
use crate::token::{too_deep, too_many};

/// Translates a syntax tree, collecting every problem on the way.
pub(crate) struct Allow<'a> {
    scope: &'a Scope,
    pub problems: Vec<Problem>,
    nodes: usize,
}

/// The problems are in the translator; this only says that there is no form.
pub(crate) struct Refused;

impl<'a> Allow<'a> {
    pub fn new(scope: &'a Scope) -> Allow<'a> {
        Allow { scope, problems: Vec::new(), nodes: 0 }
    }

    fn refuse<T>(&mut self, problem: Problem) -> Result<T, Refused> {
        if self.problems.len() < 50 && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        Err(Refused)
    }

    pub fn form(&mut self, expr: &Expr, depth: usize) -> Result<Form, Refused> {
        // Parentheses are not parts, and how deep they go is bounded before parsing: so the
        // canonical text, which sets its own, is within the limits whenever the written one is.
        let mut expr = expr;
        while let Expr::Nested(inside) = expr {
            expr = inside;
        }
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return self.refuse(too_many());
        }
        if depth > MAX_DEPTH {
            return self.refuse(too_deep());
        }
        let inner = depth + 1;
        match expr {
            Expr::Identifier(name) => self.column(name),
            Expr::Value(value) => self.value(&value.value, expr),
            Expr::TypedString(typed) => {
                let text = typed.value.clone().into_string().unwrap_or_default();
                let literal = match typed.data_type {
                    SqlType::Date => read_date(&text).map(Literal::Date),
                    _ => read_timestamp(&text).map(Literal::Timestamp),
                };
                match literal {
                    Some(literal) => Ok(Form::Literal(literal)),
                    None => self.refuse(bad_date(&text)),
                }
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                Ok(Form::Not(Box::new(self.form(expr, inner)?)))
            }
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => self.form(expr, inner),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
                let of = self.form(expr, inner)?;
                Ok(match of {
                    Form::Literal(literal) => match literal.negated() {
                        Some(negated) => Form::Literal(negated),
                        None => Form::Negate(Box::new(Form::Literal(literal))),
                    },
                    of => Form::Negate(Box::new(of)),
                })
            }
            Expr::BinaryOp { op: BinaryOperator::And, .. } => self.connective(expr, true, inner),
            Expr::BinaryOp { op: BinaryOperator::Or, .. } => self.connective(expr, false, inner),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, expr, inner),
            Expr::IsNull(of) | Expr::IsUnknown(of) => self.is_null(of, false, inner),
            Expr::IsNotNull(of) | Expr::IsNotUnknown(of) => self.is_null(of, true, inner),
            Expr::IsTrue(of) => self.is_truth(of, true, false, inner),
            Expr::IsNotTrue(of) => self.is_truth(of, true, true, inner),
            Expr::IsFalse(of) => self.is_truth(of, false, false, inner),
            Expr::IsNotFalse(of) => self.is_truth(of, false, true, inner),
            Expr::Between { expr: of, negated, low, high } => {
                let of = self.form(of, inner);
                let (low, high) = (self.form(low, inner), self.form(high, inner));
                Ok(Form::Between {
                    of: Box::new(of?),
                    low: Box::new(low?),
                    high: Box::new(high?),
                    not: *negated,
                })
            }
            Expr::InList { expr: of, list, negated } => {
                let of = self.form(of, inner);
                let list = self.list(list);
                Ok(Form::In { of: Box::new(of?), list: list?, not: *negated })
            }
            Expr::Like { negated, any: false, expr: of, pattern, escape_char } => {
                self.like(of, pattern, escape_char.as_ref().map(|e| &e.value), *negated, false, inner)
            }
            Expr::ILike { negated, any: false, expr: of, pattern, escape_char } => {
                self.like(of, pattern, escape_char.as_ref().map(|e| &e.value), *negated, true, inner)
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                let operand = match operand {
                    Some(operand) => Some(self.form(operand, inner)?),
                    None => None,
                };
                let mut when = Vec::new();
                for case in conditions {
                    let condition = self.form(&case.condition, inner);
                    let result = self.form(&case.result, inner)?;
                    // `case x when 1` is `case when x = 1`: one form to compile and to read back.
                    let condition = match &operand {
                        Some(of) => {
                            // The operand is repeated, so it counts again.
                            self.nodes += 1 + weight(of);
                            Form::Compare(Comparison::Equal, Box::new(of.clone()), Box::new(condition?))
                        }
                        None => condition?,
                    };
                    when.push((condition, result));
                    if self.nodes > MAX_NODES {
                        return self.refuse(too_many());
                    }
                }
                let otherwise = match else_result {
                    Some(expr) => Some(Box::new(self.form(expr, inner)?)),
                    None => None,
                };
                Ok(Form::Case { when, otherwise })
            }
            Expr::Cast { kind, expr: of, data_type, array: false, format: None } => {
                let of = self.form(of, inner);
                let to = self.cast_type(data_type);
                let try_cast = matches!(kind, CastKind::TryCast | CastKind::SafeCast);
                Ok(Form::Cast { of: Box::new(of?), to: to?, try_cast })
            }
            Expr::Function(call) => self.call(call, expr, inner),
            Expr::CompoundIdentifier(parts) if self.scope.has_fields_of(parts) => {
                let name = parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
                match self.scope.schema().column_with_name(&name) {
                    Some(_) => Ok(Form::Column(name)),
                    None => self.refuse(self.scope.unknown(&name)),
                }
            }
            Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. } => {
                let what = text!("名称里不能有点：{e}", "a name cannot hold a dot: {e}", e = shown(expr));
                let right = Text::new("只写名称本身，或用双引号括起", "the name alone, or in double quotes");
                self.refuse(Problem::new("expression-dotted-name", what, right))
            }
            Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => {
                let what = Text::new("表达式里不能有查询", "an expression cannot hold a query");
                self.refuse(Problem::new("expression-subquery", what, Text::new("一个指标", "an indicator")))
            }
            other => self.not_allowed(other),
        }
    }

    fn not_allowed<T>(&mut self, expr: &Expr) -> Result<T, Refused> {
        let what =
            text!("表达式里不能这样写：{e}", "this cannot be written in an expression: {e}", e = shown(expr));
        let right = Text::new(
            "比较、and/or/not、+ - * / %、in、between、like、is null、case、cast 和允许的函数",
            "comparisons, and/or/not, + - * / %, in, between, like, is null, case, cast and the allowed functions",
        );
        self.refuse(Problem::new("expression-not-allowed", what, right))
    }

    fn column(&mut self, name: &Ident) -> Result<Form, Refused> {
        if self.scope.schema().column_with_name(&name.value).is_some() {
            return Ok(Form::Column(name.value.clone()));
        }
        if name.quote_style.is_none()
            && let Some(problem) = functions::refused(&name.value)
        {
            return self.refuse(problem);
        }
        let mut problem = self.scope.unknown(&name.value);
        if name.quote_style == Some('"') {
            let hint = Literal::Text(name.value.clone()).sql();
            problem.right.zh.push_str(&format!("；文本要用单引号：{}", brief(&hint)));
            problem.right.en.push_str(&format!("; text takes single quotes: {}", brief(&hint)));
        }
        self.refuse(problem)
    }

    fn value(&mut self, value: &Value, expr: &Expr) -> Result<Form, Refused> {
        let literal = match value {
            Value::Null => Literal::Null,
            Value::Boolean(value) => Literal::Boolean(*value),
            Value::SingleQuotedString(text) => Literal::Text(text.clone()),
            Value::Number(text, false) => match Literal::number(text) {
                Some(number) => number,
                None => {
                    let what = text!(
                        "数字「{n}」超过 38 位",
                        "the number “{n}” has more than 38 digits",
                        n = brief(text)
                    );
                    let right = Text::new("一个较短的数字", "a shorter number");
                    return self.refuse(Problem::new("expression-number", what, right));
                }
            },
            _ => return self.not_allowed(expr),
        };
        Ok(Form::Literal(literal))
    }

    /// Operands of a chain of the same connective, without recursion along the chain.
    fn connective(&mut self, expr: &Expr, and: bool, depth: usize) -> Result<Form, Refused> {
        let mut parts = Vec::new();
        let mut waiting = vec![expr];
        let mut refused = false;
        while let Some(expr) = waiting.pop() {
            let mut bare = expr;
            while let Expr::Nested(inside) = bare {
                bare = inside;
            }
            match bare {
                Expr::BinaryOp { left, op, right }
                    if (and && *op == BinaryOperator::And) || (!and && *op == BinaryOperator::Or) =>
                {
                    self.nodes += 1;
                    waiting.push(right);
                    waiting.push(left);
                }
                _ => match self.form(bare, depth) {
                    Ok(form) => parts.push(form),
                    Err(Refused) => refused = true,
                },
            }
            if self.nodes > MAX_NODES {
                return self.refuse(too_many());
            }
        }
        match (refused, and) {
            (true, _) => Err(Refused),
            (false, true) => Ok(Form::And(parts)),
            (false, false) => Ok(Form::Or(parts)),
        }
    }

    fn binary(
        &mut self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        expr: &Expr,
        depth: usize,
    ) -> Result<Form, Refused> {
        let left_form = self.form(left, depth);
        let right_form = self.form(right, depth);
        let (left_form, right_form) = (Box::new(left_form?), Box::new(right_form?));
        let compare = |op| Form::Compare(op, left_form.clone(), right_form.clone());
        let arithmetic = |op| Form::Arithmetic(op, left_form.clone(), right_form.clone());
        Ok(match op {
            BinaryOperator::Plus => arithmetic(Arithmetic::Add),
            BinaryOperator::Minus => arithmetic(Arithmetic::Subtract),
            BinaryOperator::Multiply => arithmetic(Arithmetic::Multiply),
            BinaryOperator::Divide => arithmetic(Arithmetic::Divide),
            BinaryOperator::Modulo => arithmetic(Arithmetic::Remainder),
            BinaryOperator::Eq => compare(Comparison::Equal),
            BinaryOperator::NotEq => compare(Comparison::Different),
            BinaryOperator::Lt => compare(Comparison::Less),
            BinaryOperator::LtEq => compare(Comparison::AtMost),
            BinaryOperator::Gt => compare(Comparison::More),
            BinaryOperator::GtEq => compare(Comparison::AtLeast),
            BinaryOperator::StringConcat => Form::Join(left_form, right_form),
            _ => return self.not_allowed(expr),
        })
    }

    fn is_null(&mut self, of: &Expr, not: bool, depth: usize) -> Result<Form, Refused> {
        Ok(Form::IsNull { of: Box::new(self.form(of, depth)?), not })
    }

    fn is_truth(&mut self, of: &Expr, truth: bool, not: bool, depth: usize) -> Result<Form, Refused> {
        Ok(Form::IsTruth { of: Box::new(self.form(of, depth)?), truth, not })
    }

    fn list(&mut self, list: &[Expr]) -> Result<Vec<Literal>, Refused> {
        if list.len() > MAX_LIST {
            let what = text!("列表超过 {n} 个值", "a list of more than {n} values", n = MAX_LIST);
            let right = Text::new("上传名单并用 in_list", "upload a list and use in_list");
            return self.refuse(Problem::new("expression-list-too-long", what, right));
        }
        // A list is data: it counts once, its values do not.
        let before = self.nodes;
        let mut literals = Vec::with_capacity(list.len());
        for item in list {
            self.nodes = before;
            match self.form(item, 1)? {
                Form::Literal(Literal::Null) => {
                    let what = Text::new("in 列表里不能有 null", "a list cannot hold null");
                    let right = Text::new(
                        "去掉 null；未知值用 is null 判断",
                        "the list without null; test unknown values with is null",
                    );
                    return self.refuse(Problem::new("expression-list-null", what, right));
                }
                Form::Literal(literal) => literals.push(literal),
                _ => {
                    let what = text!(
                        "in 列表里只能写值：{e}",
                        "a list holds plain values only: {e}",
                        e = shown(item)
                    );
                    let right = Text::new("x = a or x = b", "x = a or x = b");
                    return self.refuse(Problem::new("expression-list-value", what, right));
                }
            }
        }
        self.nodes = before;
        Ok(literals)
    }

    fn like(
        &mut self,
        of: &Expr,
        pattern: &Expr,
        escape: Option<&Value>,
        not: bool,
        any_case: bool,
        depth: usize,
    ) -> Result<Form, Refused> {
        let of = self.form(of, depth)?;
        let escape = match escape {
            None => None,
            Some(Value::SingleQuotedString(text)) if text.chars().count() == 1 => text.chars().next(),
            Some(_) => {
                let what = Text::new("escape 之后只能是一个字符", "escape takes one character");
                return self.refuse(Problem::new(
                    "expression-escape",
                    what,
                    Text::plain("like '10!%' escape '!'"),
                ));
            }
        };
        match self.form(pattern, depth)? {
            Form::Literal(Literal::Text(pattern)) => {
                Ok(Form::Like { of: Box::new(of), pattern, escape, not, any_case })
            }
            _ => {
                let what = Text::new("like 之后只能是写明的文本", "like takes a written text");
                let right =
                    Text::new("like 'VIP%'，或函数 CONTAINS", "like 'VIP%', or the function CONTAINS");
                self.refuse(Problem::new("expression-pattern", what, right))
            }
        }
    }

    fn cast_type(&mut self, data_type: &SqlType) -> Result<CastType, Refused> {
        Ok(match data_type {
            SqlType::Int(None) | SqlType::Integer(None) | SqlType::BigInt(None) => CastType::Integer,
            SqlType::Decimal(info) | SqlType::Numeric(info) => match info {
                ExactNumberInfo::None => CastType::Decimal(18, 4),
                ExactNumberInfo::Precision(p) if (1..=38).contains(p) => CastType::Decimal(*p as u8, 0),
                ExactNumberInfo::PrecisionAndScale(p, s)
                    if (1..=38).contains(p) && *s >= 0 && *s <= *p as i64 =>
                {
                    CastType::Decimal(*p as u8, *s as i8)
                }
                _ => return self.bad_type(data_type),
            },
            SqlType::Double(_) | SqlType::DoublePrecision | SqlType::Float(_) => CastType::Float,
            SqlType::Text | SqlType::Varchar(_) | SqlType::String(_) => CastType::Text,
            SqlType::Boolean | SqlType::Bool => CastType::Boolean,
            SqlType::Date => CastType::Date,
            SqlType::Timestamp(None, _) => CastType::Timestamp,
            _ => return self.bad_type(data_type),
        })
    }

    fn bad_type<T>(&mut self, data_type: &SqlType) -> Result<T, Refused> {
        let what = text!("不能转换成 {t}", "cannot cast to {t}", t = brief(&data_type.to_string()));
        let right = Text::plain("bigint, decimal(18, 4), double, text, boolean, date, timestamp");
        self.refuse(Problem::new("expression-cast-type", what, right))
    }

    fn call(&mut self, call: &SqlFunction, expr: &Expr, depth: usize) -> Result<Form, Refused> {
        let [ObjectNamePart::Identifier(name)] = call.name.0.as_slice() else {
            return self.not_allowed(expr);
        };
        let plain = call.filter.is_none() && call.over.is_none() && call.null_treatment.is_none();
        let plain = plain && call.within_group.is_empty() && !call.uses_odbc_syntax;
        let FunctionArguments::List(list) = &call.args else { return self.not_allowed(expr) };
        if !plain
            || !matches!(call.parameters, FunctionArguments::None)
            || list.duplicate_treatment.is_some()
            || !list.clauses.is_empty()
        {
            return self.not_allowed(expr);
        }
        let found = functions::find(&name.value);
        let mut args = Vec::with_capacity(list.args.len());
        let mut refused = false;
        for arg in &list.args {
            match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) => match self.form(arg, depth) {
                    Ok(form) => args.push(form),
                    Err(Refused) => refused = true,
                },
                _ => return self.not_allowed(expr),
            }
            if self.nodes > MAX_NODES {
                return self.refuse(too_many());
            }
        }
        let function = match found {
            Some(function) => function,
            None => return self.refuse(functions::unknown(&name.value)),
        };
        if refused {
            return Err(Refused);
        }
        if args.len() < function.at_least || args.len() > function.at_most {
            return self.refuse(functions::wrong_count(function, args.len()));
        }
        Ok((function.rewrite)(function, args))
    }
}

/// How many parts a form has, counted as they are when it is read.
fn weight(form: &Form) -> usize {
    let pair = |a: &Form, b: &Form| 1 + weight(a) + weight(b);
    match form {
        Form::Column(_) => 1,
        // A sign is a part of its own.
        Form::Literal(_) => 2,
        Form::Negate(of) | Form::Not(of) | Form::IsNull { of, .. } | Form::IsTruth { of, .. } => {
            1 + weight(of)
        }
        Form::In { of, .. } | Form::Cast { of, .. } => 1 + weight(of),
        Form::Like { of, .. } => 2 + weight(of),
        Form::And(parts) | Form::Or(parts) => parts.len() + parts.iter().map(weight).sum::<usize>(),
        Form::Call(_, parts) => 1 + parts.iter().map(weight).sum::<usize>(),
        Form::Arithmetic(_, a, b) | Form::Compare(_, a, b) | Form::Join(a, b) => pair(a, b),
        Form::Between { of, low, high, .. } => pair(of, low) + weight(high),
        Form::Case { when, otherwise } => {
            let rest = otherwise.as_ref().map_or(0, |form| weight(form));
            1 + rest
                + when.iter().map(|(condition, result)| weight(condition) + weight(result)).sum::<usize>()
        }
    }
}

fn shown(expr: &Expr) -> String {
    brief(&expr.to_string())
}

pub(crate) fn bad_date(text: &str) -> Problem {
    let what = text!("「{t}」不是日期", "“{t}” is not a date", t = brief(text));
    Problem::new("expression-date", what, Text::plain("'2011-12-10'"))
}
