//! An expression as it is meant: the few forms that are allowed, and their canonical text.

use crate::functions::Function;
use crate::kind::Kind;
use crate::literal::Literal;
use crate::scope::quote_name;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    Equal,
    Different,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// One node. `And` and `Or` hold two or more operands, none of which is the same connective.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    Column(String),
    Literal(Literal),
    Negate(Box<Form>),
    Not(Box<Form>),
    And(Vec<Form>),
    Or(Vec<Form>),
    Arithmetic(Arithmetic, Box<Form>, Box<Form>),
    Compare(Comparison, Box<Form>, Box<Form>),
    /// `a || b`: null if one is null.
    Join(Box<Form>, Box<Form>),
    IsNull {
        of: Box<Form>,
        not: bool,
    },
    /// `is true`, `is not false` …: never null.
    IsTruth {
        of: Box<Form>,
        truth: bool,
        not: bool,
    },
    Between {
        of: Box<Form>,
        low: Box<Form>,
        high: Box<Form>,
        not: bool,
    },
    In {
        of: Box<Form>,
        list: Vec<Literal>,
        not: bool,
    },
    Like {
        of: Box<Form>,
        pattern: String,
        escape: Option<char>,
        not: bool,
        any_case: bool,
    },
    Case {
        when: Vec<(Form, Form)>,
        otherwise: Option<Box<Form>>,
    },
    Cast {
        of: Box<Form>,
        to: CastType,
        try_cast: bool,
    },
    Call(&'static Function, Vec<Form>),
}

/// What a cast may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CastType {
    Integer,
    /// Digits in all, digits after the point.
    Decimal(u8, i8),
    Float,
    Text,
    Boolean,
    Date,
    Timestamp,
}

impl CastType {
    pub fn kind(self) -> Kind {
        match self {
            CastType::Integer => Kind::Integer,
            CastType::Decimal(_, scale) => Kind::Decimal(scale),
            CastType::Float => Kind::Float,
            CastType::Text => Kind::Text,
            CastType::Boolean => Kind::Boolean,
            CastType::Date => Kind::Date,
            CastType::Timestamp => Kind::Timestamp,
        }
    }

    fn sql(self) -> String {
        match self {
            CastType::Integer => "bigint".into(),
            CastType::Decimal(precision, scale) => format!("decimal({precision}, {scale})"),
            CastType::Float => "double".into(),
            CastType::Text => "text".into(),
            CastType::Boolean => "boolean".into(),
            CastType::Date => "date".into(),
            CastType::Timestamp => "timestamp".into(),
        }
    }
}

impl Arithmetic {
    pub fn symbol(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Remainder => "%",
        }
    }
}

impl Comparison {
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::Different => "<>",
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::More => ">",
            Comparison::AtLeast => ">=",
        }
    }
}

const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const TEST: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const SIGN: u8 = 7;
const ATOM: u8 = 8;

impl Form {
    /// How tightly the form binds; its parts are put in parentheses if they bind less.
    fn level(&self) -> u8 {
        match self {
            Form::Or(_) => OR,
            Form::And(_) => AND,
            Form::Not(_) => NOT,
            Form::Compare(..) | Form::IsNull { .. } | Form::IsTruth { .. } | Form::Between { .. } => TEST,
            Form::In { .. } | Form::Like { .. } => TEST,
            Form::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, ..) => SUM,
            Form::Arithmetic(..) => PRODUCT,
            // Dialects differ in how tightly it binds, so it always stands in parentheses.
            Form::Join(..) => TEST,
            Form::Negate(_) => SIGN,
            _ => ATOM,
        }
    }

    /// The canonical text: it parses to an equal form.
    pub fn sql(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn part(&self, level: u8, out: &mut String) {
        if self.level() < level {
            out.push('(');
            self.write(out);
            out.push(')');
        } else {
            self.write(out);
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Form::Column(name) => out.push_str(&quote_name(name)),
            Form::Literal(literal) => out.push_str(&literal.sql()),
            Form::Negate(of) => {
                out.push('-');
                of.part(ATOM, out);
            }
            Form::Not(of) => {
                out.push_str("not ");
                of.part(TEST, out);
            }
            Form::And(parts) => join(parts, " and ", NOT, out),
            Form::Or(parts) => join(parts, " or ", AND, out),
            Form::Arithmetic(op, left, right) => {
                let level = self.level();
                left.part(level, out);
                out.push_str(&format!(" {} ", op.symbol()));
                right.part(level + 1, out);
            }
            Form::Compare(op, left, right) => {
                left.part(SUM, out);
                out.push_str(&format!(" {} ", op.symbol()));
                right.part(SUM, out);
            }
            Form::Join(left, right) => {
                left.part(SUM, out);
                out.push_str(" || ");
                right.part(SUM, out);
            }
            Form::IsNull { of, not } => {
                of.part(SUM, out);
                out.push_str(if *not { " is not null" } else { " is null" });
            }
            Form::IsTruth { of, truth, not } => {
                of.part(SUM, out);
                out.push_str(&format!(" is {}{truth}", if *not { "not " } else { "" }));
            }
            Form::Between { of, low, high, not } => {
                of.part(SUM, out);
                out.push_str(negation(*not));
                out.push_str("between ");
                low.part(SUM, out);
                out.push_str(" and ");
                high.part(SUM, out);
            }
            Form::In { of, list, not } => {
                of.part(SUM, out);
                out.push_str(negation(*not));
                out.push_str("in (");
                for (n, literal) in list.iter().enumerate() {
                    if n > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(&literal.sql());
                }
                out.push(')');
            }
            Form::Like { of, pattern, escape, not, any_case } => {
                of.part(SUM, out);
                out.push_str(negation(*not));
                out.push_str(if *any_case { "ilike " } else { "like " });
                out.push_str(&Literal::Text(pattern.clone()).sql());
                if let Some(escape) = escape {
                    out.push_str(" escape ");
                    out.push_str(&Literal::Text(escape.to_string()).sql());
                }
            }
            Form::Case { when, otherwise } => {
                out.push_str("case");
                for (condition, result) in when {
                    out.push_str(" when ");
                    condition.write(out);
                    out.push_str(" then ");
                    result.write(out);
                }
                if let Some(otherwise) = otherwise {
                    out.push_str(" else ");
                    otherwise.write(out);
                }
                out.push_str(" end");
            }
            Form::Cast { of, to, try_cast } => {
                out.push_str(if *try_cast { "try_cast(" } else { "cast(" });
                of.write(out);
                out.push_str(&format!(" as {})", to.sql()));
            }
            Form::Call(function, args) => {
                out.push_str(function.name);
                out.push('(');
                for (n, arg) in args.iter().enumerate() {
                    if n > 0 {
                        out.push_str(", ");
                    }
                    arg.write(out);
                }
                out.push(')');
            }
        }
    }
}

fn negation(not: bool) -> &'static str {
    if not { " not " } else { " " }
}

fn join(parts: &[Form], with: &str, level: u8, out: &mut String) {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            out.push_str(with);
        }
        part.part(level, out);
    }
}
