//! Reads an expression back in words, so that who wrote it sees what it says.

use std::collections::BTreeMap;

use gradus_model::{Lang, Text};

use crate::form::{Arithmetic, CastType, Comparison, Form};
use crate::literal::{Literal, timestamp_text};

/// `titles` are those of columns, `values` those of what a column may hold, by column and value.
pub(crate) fn read(
    form: &Form,
    titles: &BTreeMap<String, Text>,
    values: &BTreeMap<(String, String), Text>,
    lang: Lang,
) -> String {
    Reader { titles, values, lang }.form(form)
}

struct Reader<'a> {
    titles: &'a BTreeMap<String, Text>,
    values: &'a BTreeMap<(String, String), Text>,
    lang: Lang,
}

impl Reader<'_> {
    fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        if self.lang == Lang::Zh { zh } else { en }
    }

    fn form(&self, form: &Form) -> String {
        match form {
            Form::Column(name) => match self.titles.get(name).map(|title| title.get(self.lang)) {
                Some(title) if !title.is_empty() => title.to_string(),
                _ => name.clone(),
            },
            Form::Literal(literal) => self.literal(literal),
            Form::Negate(of) => format!("{}{}", self.pick("负", "minus "), self.part(of)),
            Form::Not(of) => match self.lang {
                Lang::Zh => format!("并非（{}）", self.form(of)),
                Lang::En => format!("not ({})", self.form(of)),
            },
            Form::And(parts) => self.joined(parts, "，且 ", " and ", |part| matches!(part, Form::Or(_))),
            Form::Or(parts) => self.joined(parts, "，或 ", " or ", |part| matches!(part, Form::And(_))),
            Form::Arithmetic(op, left, right) => {
                let op = match op {
                    Arithmetic::Add => self.pick("加", "plus"),
                    Arithmetic::Subtract => self.pick("减", "minus"),
                    Arithmetic::Multiply => self.pick("乘以", "times"),
                    Arithmetic::Divide => self.pick("除以", "divided by"),
                    Arithmetic::Remainder => self.pick("除以后余", "modulo"),
                };
                format!("{} {op} {}", self.operand(left), self.operand(right))
            }
            Form::Compare(op, left, right) => {
                let number = !is_text(left) && !is_text(right);
                let op = match op {
                    Comparison::Equal => self.pick("等于", "is"),
                    Comparison::Different => self.pick("不等于", "is not"),
                    Comparison::Less => {
                        self.pick("小于", if number { "is less than" } else { "comes before" })
                    }
                    Comparison::AtMost => self.pick("至多为", "is at most"),
                    Comparison::More => {
                        self.pick("大于", if number { "is more than" } else { "comes after" })
                    }
                    Comparison::AtLeast => self.pick("至少为", "is at least"),
                };
                let right = match &**right {
                    Form::Literal(literal) => self.value(left, literal),
                    other => self.part(other),
                };
                self.verb(self.part(left), op, right)
            }
            Form::Join(left, right) => {
                format!("{}{}{}", self.part(left), self.pick("连接", " joined with "), self.part(right))
            }
            Form::IsNull { of, not } => {
                let known =
                    if *not { self.pick("已知", "is known") } else { self.pick("未知", "is unknown") };
                format!("{} {known}", self.part(of))
            }
            Form::IsTruth { of, truth, not } => {
                let truth =
                    self.pick(if *truth { "成立" } else { "不成立" }, if *truth { "true" } else { "false" });
                match self.lang {
                    Lang::Zh => {
                        format!("（{}）{}{truth}", self.form(of), if *not { "并非确定" } else { "确定" })
                    }
                    Lang::En => {
                        format!("({}) is {}surely {truth}", self.form(of), if *not { "not " } else { "" })
                    }
                }
            }
            Form::Between { of, low, high, not } => {
                let (of, low, high) = (self.part(of), self.part(low), self.part(high));
                match self.lang {
                    Lang::Zh => {
                        format!("{of} {}在 {low} 到 {high} 之间（含两端）", if *not { "不" } else { "" })
                    }
                    Lang::En => format!(
                        "{of} is {}between {low} and {high}, both included",
                        if *not { "not " } else { "" }
                    ),
                }
            }
            Form::In { of, list, not } => {
                let shown = list.iter().take(20).map(|item| self.value(of, item)).collect::<Vec<_>>();
                let mut shown = shown.join(self.pick("、", ", "));
                if list.len() > 20 {
                    shown.push_str(&match self.lang {
                        Lang::Zh => format!("…共 {} 个", list.len()),
                        Lang::En => format!(" … {} in all", list.len()),
                    });
                }
                let op = if *not {
                    self.pick("不是其中之一：", "is none of")
                } else {
                    self.pick("是其中之一：", "is one of")
                };
                self.verb(self.part(of), op, shown)
            }
            Form::Like { of, pattern, escape, not, any_case } => {
                let case = if *any_case { self.pick("（不分大小写）", " in any case") } else { "" };
                self.like(of, pattern, escape.is_some(), *not) + case
            }
            Form::Case { when, otherwise } => self.case(when, otherwise.as_deref()),
            Form::Cast { of, to, try_cast } => {
                let to = self.cast(*to);
                match (self.lang, *try_cast) {
                    (Lang::Zh, false) => format!("{}（作为{to}）", self.part(of)),
                    (Lang::Zh, true) => format!("{}（作为{to}，不能转换时未知）", self.part(of)),
                    (Lang::En, false) => format!("{} as {to}", self.part(of)),
                    (Lang::En, true) => format!("{} as {to}, unknown if it is none", self.part(of)),
                }
            }
            Form::Call(function, args) => {
                let mut args: Vec<String> = args.iter().map(|arg| self.part(arg)).collect();
                // The one argument that may be left out of a phrase that names it.
                if function.name == "ROUND" && args.len() == 1 {
                    args.push("0".into());
                }
                fill(self.pick(function.words.0, function.words.1), &args, self.pick("、", ", "))
            }
        }
    }

    /// A part of a larger phrase: connectives are set apart.
    fn part(&self, form: &Form) -> String {
        match form {
            Form::And(_) | Form::Or(_) | Form::Not(_) | Form::Compare(..) | Form::Case { .. } => {
                self.apart(form)
            }
            _ => self.form(form),
        }
    }

    /// A part of a calculation: other calculations are set apart.
    fn operand(&self, form: &Form) -> String {
        match form {
            Form::Arithmetic(..) | Form::Negate(_) => self.apart(form),
            _ => self.part(form),
        }
    }

    fn apart(&self, form: &Form) -> String {
        match self.lang {
            Lang::Zh => format!("（{}）", self.form(form)),
            Lang::En => format!("({})", self.form(form)),
        }
    }

    fn verb(&self, left: String, verb: &str, right: String) -> String {
        // Chinese quotes and colons bring their own space.
        let tight = self.lang == Lang::Zh && (right.starts_with('「') || verb.ends_with('：'));
        format!("{left} {verb}{}{right}", if tight { "" } else { " " })
    }

    fn joined(&self, parts: &[Form], zh: &str, en: &str, apart: impl Fn(&Form) -> bool) -> String {
        let parts: Vec<String> =
            parts.iter().map(|part| if apart(part) { self.apart(part) } else { self.form(part) }).collect();
        parts.join(self.pick(zh, en))
    }

    /// What a column is compared with: by the title that the value has there.
    fn value(&self, of: &Form, literal: &Literal) -> String {
        if let (Form::Column(column), Literal::Text(text)) = (of, literal)
            && let Some(title) = self.values.get(&(column.clone(), text.clone()))
            && !title.get(self.lang).is_empty()
        {
            return self.literal(&Literal::Text(title.get(self.lang).to_string()));
        }
        self.literal(literal)
    }

    fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Null => self.pick("未知", "unknown").into(),
            Literal::Boolean(true) => self.pick("是", "yes").into(),
            Literal::Boolean(false) => self.pick("否", "no").into(),
            Literal::Text(text) if self.lang == Lang::Zh => format!("「{text}」"),
            Literal::Text(text) => format!("“{text}”"),
            Literal::Date(days) => crate::literal::date_text(*days),
            Literal::Timestamp(micros) => timestamp_text(*micros),
            number => number.sql(),
        }
    }

    fn like(&self, of: &Form, pattern: &str, escaped: bool, not: bool) -> String {
        let plain = |text: &str| !escaped && !text.contains(['%', '_']) && !text.is_empty();
        let body = pattern.trim_start_matches('%').trim_end_matches('%');
        let (starts, ends) = (!pattern.starts_with('%'), !pattern.ends_with('%'));
        let of = self.part(of);
        let text = self.literal(&Literal::Text(if plain(body) { body.into() } else { pattern.into() }));
        let (zh, en, en_not) = match (plain(body), starts, ends) {
            (true, true, false) => ("开头是", "starts with", "does not start with"),
            (true, false, true) => ("结尾是", "ends with", "does not end with"),
            (true, false, false) => ("包含", "contains", "does not contain"),
            (true, true, true) => ("等于", "is", "is not"),
            _ => ("符合模式", "is like", "is not like"),
        };
        match (self.lang, not) {
            (Lang::Zh, false) => format!("{of} {zh}{text}"),
            (Lang::Zh, true) => format!("{of} 不（{zh}{text}）"),
            (Lang::En, false) => format!("{of} {en} {text}"),
            (Lang::En, true) => format!("{of} {en_not} {text}"),
        }
    }

    fn case(&self, when: &[(Form, Form)], otherwise: Option<&Form>) -> String {
        let mut out = String::new();
        for (condition, result) in when {
            let (condition, result) = (self.form(condition), self.part(result));
            out.push_str(&match self.lang {
                Lang::Zh => format!("若 {condition}，则为 {result}；"),
                Lang::En => format!("if {condition} then {result}, "),
            });
        }
        let rest = match otherwise {
            Some(form) => self.part(form),
            None => self.pick("未知", "unknown").into(),
        };
        out.push_str(&match self.lang {
            Lang::Zh => format!("否则为 {rest}"),
            Lang::En => format!("else {rest}"),
        });
        out
    }

    fn cast(&self, to: CastType) -> String {
        let kind = to.kind().words();
        match (to, self.lang) {
            (CastType::Decimal(_, scale), Lang::Zh) => format!("{scale} 位小数"),
            (CastType::Decimal(_, scale), Lang::En) => format!("a number with {scale} decimals"),
            (_, Lang::Zh) => kind.zh,
            (_, Lang::En) => kind.en,
        }
    }
}

fn is_text(form: &Form) -> bool {
    matches!(form, Form::Literal(Literal::Text(_) | Literal::Date(_) | Literal::Timestamp(_)))
}

/// Puts arguments in their places; text of the arguments is never read as a place.
fn fill(template: &str, args: &[String], comma: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        out.push_str(&rest[..open]);
        match &rest[open + 1..open + close] {
            "*" => out.push_str(&args.join(comma)),
            index => {
                out.push_str(index.parse::<usize>().ok().and_then(|n| args.get(n)).map_or("", String::as_str))
            }
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}
