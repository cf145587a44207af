//! A cell read back in words.

use gradus_model::Lang;

use super::{Comparison, Feel, FeelCell, Interval, Operator, Test};
use crate::literal::{Literal, date_text, timestamp_text};
use crate::scope::Scope;

impl FeelCell {
    /// What the cell says, without its value: `less than 18`, `小于 18`.
    pub fn words(&self, scope: &Scope, lang: Lang) -> String {
        let reader = Reader { scope, lang };
        if self.tests.is_empty() {
            return reader.pick("任意", "anything").to_string();
        }
        let all_equal = self.tests.iter().all(|test| matches!(test, Test::Equals(_)));
        if all_equal {
            let values: Vec<String> = self
                .tests
                .iter()
                .filter_map(|test| if let Test::Equals(feel) = test { Some(reader.feel(feel)) } else { None })
                .collect();
            return match (values.as_slice(), self.negated) {
                ([only], false) => only.clone(),
                ([only], true) => format!("{}{only}", reader.pick("不是", "not ")),
                (_, false) => values.join(reader.pick("、", " or ")),
                (_, true) => {
                    format!("{}{}", reader.pick("不是 ", "none of "), values.join(reader.pick("、", ", ")))
                }
            };
        }
        let tests: Vec<String> = self.tests.iter().map(|test| reader.test(test)).collect();
        let any = tests.join(reader.pick(" 或 ", " or "));
        if self.negated {
            format!("{}{any}{}", reader.pick("并非（", "not ("), reader.pick("）", ")"))
        } else {
            any
        }
    }
}

struct Reader<'a> {
    scope: &'a Scope,
    lang: Lang,
}

impl Reader<'_> {
    fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        if self.lang == Lang::Zh { zh } else { en }
    }

    fn test(&self, test: &Test) -> String {
        match test {
            Test::Equals(feel) => self.feel(feel),
            Test::Holds(feel) => self.feel(feel),
            Test::Compare(comparison, feel) => {
                format!("{} {}", self.comparison(*comparison), self.feel(feel))
            }
            Test::Interval(interval) => self.interval(interval),
        }
    }

    fn interval(&self, interval: &Interval) -> String {
        let low = if interval.low_closed { "≥" } else { ">" };
        let high = if interval.high_closed { "≤" } else { "<" };
        let and = self.pick(" 且 ", " and ");
        format!("{low} {}{and}{high} {}", self.feel(&interval.low), self.feel(&interval.high))
    }

    fn comparison(&self, comparison: Comparison) -> &'static str {
        match comparison {
            Comparison::Equal => "=",
            Comparison::Different => "≠",
            Comparison::Less => "<",
            Comparison::AtMost => "≤",
            Comparison::More => ">",
            Comparison::AtLeast => "≥",
        }
    }

    fn feel(&self, feel: &Feel) -> String {
        match feel {
            Feel::Literal(literal) => self.literal(literal),
            Feel::Input => self.pick("该值", "it").to_string(),
            Feel::Name(name) => match self.scope.title(name).map(|title| title.get(self.lang)) {
                Some(title) if !title.is_empty() => title.to_string(),
                _ => name.clone(),
            },
            Feel::Negate(of) => format!("-{}", self.feel(of)),
            Feel::Arithmetic(operator, left, right) => {
                let sign = match operator {
                    Operator::Add => "+",
                    Operator::Subtract => "-",
                    Operator::Multiply => "×",
                    Operator::Divide => "÷",
                    Operator::Power => "^",
                };
                format!("{} {sign} {}", self.part(left), self.part(right))
            }
            Feel::Compare(comparison, left, right) => {
                format!("{} {} {}", self.part(left), self.comparison(*comparison), self.part(right))
            }
            Feel::And(parts) => self.joined(parts, self.pick(" 且 ", " and ")),
            Feel::Or(parts) => self.joined(parts, self.pick(" 或 ", " or ")),
            Feel::Between(of, low, high) => {
                let (of, low, high) = (self.part(of), self.part(low), self.part(high));
                match self.lang {
                    Lang::Zh => format!("{of} 在 {low} 到 {high} 之间（含两端）"),
                    Lang::En => format!("{of} between {low} and {high}, both included"),
                }
            }
            Feel::In(of, cell) => {
                format!("{}{}{}", self.part(of), self.pick(" 为 ", " is "), cell.words(self.scope, self.lang))
            }
            Feel::If(condition, then, otherwise) => {
                let (condition, then, otherwise) =
                    (self.feel(condition), self.feel(then), self.feel(otherwise));
                match self.lang {
                    Lang::Zh => format!("若 {condition} 则 {then}，否则 {otherwise}"),
                    Lang::En => format!("{then} if {condition}, else {otherwise}"),
                }
            }
            Feel::Call(call, arguments) => {
                let arguments: Vec<String> = arguments.iter().map(|argument| self.feel(argument)).collect();
                format!("{}({})", call.name, arguments.join(", "))
            }
            Feel::List(values) => {
                let values: Vec<String> = values.iter().map(|value| self.feel(value)).collect();
                values.join(self.pick("、", ", "))
            }
        }
    }

    fn joined(&self, parts: &[Feel], with: &str) -> String {
        parts.iter().map(|part| self.part(part)).collect::<Vec<_>>().join(with)
    }

    fn part(&self, feel: &Feel) -> String {
        let text = self.feel(feel);
        let simple = matches!(feel, Feel::Literal(_) | Feel::Input | Feel::Name(_) | Feel::Call(..));
        match (simple, self.lang) {
            (true, _) => text,
            (false, Lang::Zh) => format!("（{text}）"),
            (false, Lang::En) => format!("({text})"),
        }
    }

    fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Null => self.pick("未知", "unknown").to_string(),
            Literal::Boolean(true) => self.pick("是", "yes").to_string(),
            Literal::Boolean(false) => self.pick("否", "no").to_string(),
            Literal::Text(text) => match self.lang {
                Lang::Zh => format!("「{text}」"),
                Lang::En => format!("“{text}”"),
            },
            Literal::Date(days) => date_text(*days),
            Literal::Timestamp(micros) => timestamp_text(*micros),
            other => other.sql(),
        }
    }
}
