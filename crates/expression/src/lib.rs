//! Expressions: one SQL scalar expression over named columns, parsed, checked against an
//! allow-list, typed, evaluated over whole batches, and read back in words.
//!
//! The way of a text through this room: `token` (bounds, then the parser) → `allow` (only known
//! forms, names resolved) → `form` (what it says; canonical text; `words`) → `check` (types) →
//! `node` (what is computed) → `evaluate`. What cannot be used is a finding with its place.
//!
//! Meaning, where people differ:
//! - Whole numbers are 64-bit, amounts exact decimals of 38 digits. `+ - *` stay exact, a product
//!   keeps twelve digits after the point, a quotient ten (so `3 / 2` is 1.5), rounded half away
//!   from zero. Only a float column or a function such as EXP makes a float.
//! - Division by zero, overflow, a failed cast, a result that is no number: a fault of that row.
//! - Text is compared by code point, case-sensitively. Names too.
//! - An instant compared with a date means that date's midnight in UTC.

mod allow;
mod arithmetic;
mod check;
mod column;
mod compare;
mod condition;
mod convert;
mod evaluate;
mod expression;
mod feel;
mod few_texts;
mod form;
mod functions;
mod kind;
pub mod limit;
mod literal;
mod logic;
mod node;
mod number;
mod pattern;
mod problem;
mod scope;
mod texts;
mod token;
mod value;
mod words;

pub use condition::{Resolver, condition_sql};
pub use expression::{Evaluated, Expression, Want, compile};
pub use feel::{ConstantTest, FeelCell, feel_sql, names_in_feel};
pub use functions::{FunctionDoc, function_list};
pub use literal::Literal;
pub use logic::{Logic, Mark};
pub use scope::{Scope, quote_name};
pub use texts::{columns_left_open, texts_compared, texts_given, texts_required};
