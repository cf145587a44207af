//! Condition trees: the tree that a page draws, as one SQL text. Leaves are checked one by one,
//! so that a finding carries the path of its leaf.

use gradus_model::document::{Behaviour, Condition, ConditionNode, Number, Sequence, TierTest, Times};
use gradus_model::{Finding, Findings, Place, Text};
use serde_json::Value;

use crate::expression::{Want, compile};
use crate::limit::{MAX_DEPTH, MAX_LIST};
use crate::literal::Literal;
use crate::problem::{Problem, text};
use crate::scope::{Scope, quote_name};

/// Translates the leaves of a condition tree that speak of other things than values.
pub trait Resolver {
    /// SQL of a number: how many times.
    fn behaviour(&mut self, behaviour: &Behaviour, place: &Place) -> Result<String, Findings>;
    /// SQL of a number: how many times the sequence was completed.
    fn sequence(&mut self, sequence: &Sequence, place: &Place) -> Result<String, Findings>;
    /// SQL of a boolean: is in the segment.
    fn segment(&mut self, name: &str, place: &Place) -> Result<String, Findings>;
    /// SQL of a boolean: is on the list.
    fn list(&mut self, name: &str, place: &Place) -> Result<String, Findings>;
    /// SQL of a boolean: stands there in the tier scheme.
    fn tier(&mut self, test: &TierTest, place: &Place) -> Result<String, Findings>;
}

/// One SQL text for a condition. Values are compared with the names in `scope`; everything else
/// is asked of the resolver, whose answers are not checked against the scope.
///
/// All findings of the tree come at once.
pub fn condition_sql(
    condition: &Condition,
    scope: &Scope,
    resolver: &mut dyn Resolver,
    place: &Place,
) -> Result<String, Findings> {
    Translate { scope, resolver }.condition(condition, place, 1)
}

struct Translate<'a> {
    scope: &'a Scope,
    resolver: &'a mut dyn Resolver,
}

impl Translate<'_> {
    fn condition(&mut self, condition: &Condition, place: &Place, depth: usize) -> Result<String, Findings> {
        if depth > MAX_DEPTH {
            return Err(one(place, crate::token::too_deep()));
        }
        match condition {
            Condition::Sql(sql) => self.checked(sql, place),
            Condition::Node(node) => self.node(node, place, depth),
        }
    }

    fn checked(&self, sql: &str, place: &Place) -> Result<String, Findings> {
        compile(sql, self.scope, Want::Boolean, place).map(|expression| expression.sql().to_string())
    }

    fn node(&mut self, node: &ConditionNode, place: &Place, depth: usize) -> Result<String, Findings> {
        let given = keys(node);
        if given.len() != 1 {
            let keys = given.join(", ");
            let what = if given.is_empty() {
                text!("条件没有写明判断什么", "the condition does not say what it tests")
            } else {
                text!(
                    "一个条件里只能有一个，这里有：{k}",
                    "a condition takes one of these, here are: {k}",
                    k = keys
                )
            };
            let right = Text::plain(
                "all | any | not | sql | value | did | did_not | sequence | in_segment | in_list | tier",
            );
            return Err(one(place, Problem::new("condition-one-key", what, right)));
        }
        if node.value.is_none() && has_test(node) {
            let what = Text::new(
                "at_least、equals 等要与 value 一起写",
                "at_least, equals and the like go with value",
            );
            return Err(one(
                place,
                Problem::new("condition-test-alone", what, Text::plain("{ value: orders, at_least: 3 }")),
            ));
        }
        if let Some(parts) = &node.all {
            return self.connective(parts, "all", " and ", place, depth);
        }
        if let Some(parts) = &node.any {
            return self.connective(parts, "any", " or ", place, depth);
        }
        if let Some(inner) = &node.not {
            return Ok(format!("not ({})", self.condition(inner, &place.key("not"), depth + 1)?));
        }
        if let Some(sql) = &node.sql {
            return self.checked(sql, &place.key("sql"));
        }
        if let Some(name) = &node.value {
            return self.value(name, node, place);
        }
        if let Some(behaviour) = &node.did {
            return self.did(behaviour, &place.key("did"));
        }
        if let Some(behaviour) = &node.did_not {
            return Ok(format!("not ({})", self.did(behaviour, &place.key("did_not"))?));
        }
        if let Some(sequence) = &node.sequence {
            let times = self.resolver.sequence(sequence, &place.key("sequence"))?;
            return Ok(format!("({times}) >= 1"));
        }
        if let Some(name) = &node.in_segment {
            return self.resolver.segment(name, &place.key("in_segment"));
        }
        if let Some(name) = &node.in_list {
            return self.resolver.list(name, &place.key("in_list"));
        }
        match &node.tier {
            Some(test) => self.resolver.tier(test, &place.key("tier")),
            None => Err(Findings::default()),
        }
    }

    fn connective(
        &mut self,
        parts: &[Condition],
        key: &str,
        with: &str,
        place: &Place,
        depth: usize,
    ) -> Result<String, Findings> {
        let place = place.key(key);
        if parts.is_empty() {
            let what = match key {
                "all" => Text::new("“全部满足”（all）里还没有条件", "no condition stands in `all` yet"),
                _ => Text::new("“任一满足”（any）里还没有条件", "no condition stands in `any` yet"),
            };
            let right = Text::new("至少一个条件", "at least one condition");
            return Err(one(&place, Problem::new("condition-empty", what, right)));
        }
        let mut sql = Vec::with_capacity(parts.len());
        let mut findings = Findings::default();
        for (index, part) in parts.iter().enumerate() {
            match self.condition(part, &place.index(index), depth + 1) {
                Ok(part) => sql.push(format!("({part})")),
                Err(found) => findings.extend(found),
            }
        }
        if findings.is_empty() { Ok(sql.join(with)) } else { Err(findings) }
    }

    fn did(&mut self, behaviour: &Behaviour, place: &Place) -> Result<String, Findings> {
        let times = behaviour.times.clone().unwrap_or_default();
        let tests = count_tests(&times).map_err(|problem| one(&place.key("times"), problem))?;
        let count = self.resolver.behaviour(behaviour, place)?;
        Ok(tests.iter().map(|test| format!("({count}) {test}")).collect::<Vec<_>>().join(" and "))
    }

    fn value(&mut self, name: &str, node: &ConditionNode, place: &Place) -> Result<String, Findings> {
        if self.scope.schema().column_with_name(name).is_none() {
            return Err(one(&place.key("value"), self.scope.unknown(name)));
        }
        let name = quote_name(name);
        let mut tests: Vec<(&str, String)> = Vec::new();
        let mut number = |key, op: &str, number: Option<Number>| {
            if let Some(number) = number {
                tests.push((key, format!("{name} {op} {number}")));
            }
        };
        number("at_least", ">=", node.at_least);
        number("at_most", "<=", node.at_most);
        number("more_than", ">", node.more_than);
        number("less_than", "<", node.less_than);
        let mut findings = Findings::default();
        if let Some(value) = &node.equals {
            match literal(value) {
                Ok(literal) => tests.push(("equals", format!("{name} = {literal}"))),
                Err(problem) => findings.push(problem.at(&place.key("equals"))),
            }
        }
        if let Some(values) = &node.one_of {
            match literals(values) {
                Ok(list) => tests.push(("one_of", format!("{name} in ({list})"))),
                Err(problem) => findings.push(problem.at(&place.key("one_of"))),
            }
        }
        if let Some(known) = node.known {
            let test = if known { "is not null" } else { "is null" };
            tests.push(("known", format!("{name} {test}")));
        }
        if tests.is_empty() && findings.is_empty() {
            let what = Text::new("没有写明对值的判断", "nothing is asked of the value");
            let right = Text::plain("at_least | at_most | more_than | less_than | equals | one_of | known");
            findings.push(Problem::new("condition-no-test", what, right).at(place));
        }
        let mut sql = Vec::with_capacity(tests.len());
        for (key, test) in tests {
            match compile(&test, self.scope, Want::Boolean, &place.key(key)) {
                Ok(expression) => sql.push(expression.sql().to_string()),
                Err(found) => findings.extend(found),
            }
        }
        if findings.is_empty() { Ok(sql.join(" and ")) } else { Err(findings) }
    }
}

fn one(place: &Place, problem: Problem) -> Findings {
    let finding: Finding = problem.at(place);
    Findings(vec![finding])
}

/// The keys that say what a node is.
fn keys(node: &ConditionNode) -> Vec<&'static str> {
    let given = [
        ("all", node.all.is_some()),
        ("any", node.any.is_some()),
        ("not", node.not.is_some()),
        ("sql", node.sql.is_some()),
        ("value", node.value.is_some()),
        ("did", node.did.is_some()),
        ("did_not", node.did_not.is_some()),
        ("sequence", node.sequence.is_some()),
        ("in_segment", node.in_segment.is_some()),
        ("in_list", node.in_list.is_some()),
        ("tier", node.tier.is_some()),
    ];
    given.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect()
}

fn has_test(node: &ConditionNode) -> bool {
    let bound = node.at_least.is_some()
        || node.at_most.is_some()
        || node.more_than.is_some()
        || node.less_than.is_some();
    bound || node.equals.is_some() || node.one_of.is_some() || node.known.is_some()
}

fn count_tests(times: &Times) -> Result<Vec<String>, Problem> {
    let right =
        Text::new("at_least 不大于 at_most，或只写 exactly", "at_least not above at_most, or exactly alone");
    if times.exactly.is_some() && (times.at_least.is_some() || times.at_most.is_some()) {
        let what = Text::new(
            "exactly 不能与 at_least、at_most 同时写",
            "exactly cannot stand beside at_least or at_most",
        );
        return Err(Problem::new("condition-times", what, right));
    }
    if let (Some(low), Some(high)) = (times.at_least, times.at_most)
        && low > high
    {
        let what = text!(
            "次数不可能同时至少 {l} 又至多 {h}",
            "no count is at least {l} and at most {h}",
            l = low,
            h = high
        );
        return Err(Problem::new("condition-times", what, right));
    }
    let mut tests = Vec::new();
    tests.extend(times.exactly.map(|n| format!("= {n}")));
    tests.extend(times.at_least.map(|n| format!(">= {n}")));
    tests.extend(times.at_most.map(|n| format!("<= {n}")));
    if tests.is_empty() {
        tests.push(">= 1".into());
    }
    Ok(tests)
}

fn literals(values: &[Value]) -> Result<String, Problem> {
    if values.is_empty() || values.len() > MAX_LIST {
        let what = text!("one_of 有 {n} 个值", "one_of has {n} values", n = values.len());
        let right = text!(
            "1 到 {n} 个值；更多时上传名单并用 in_list",
            "1 to {n} values; for more upload a list and use in_list",
            n = MAX_LIST
        );
        return Err(Problem::new("condition-list", what, right));
    }
    Ok(values.iter().map(literal).collect::<Result<Vec<_>, _>>()?.join(", "))
}

fn literal(value: &Value) -> Result<String, Problem> {
    let literal = match value {
        Value::Bool(value) => Some(Literal::Boolean(*value)),
        Value::String(text) => Some(Literal::Text(text.clone())),
        Value::Number(number) => {
            let text = number.to_string();
            match text.strip_prefix('-') {
                Some(digits) => Literal::number(digits).and_then(|number| number.negated()),
                None => Literal::number(&text),
            }
        }
        _ => None,
    };
    literal.map(|literal| literal.sql()).ok_or_else(|| {
        let what =
            Text::new("这里只能写数字、文本或 true/false", "a number, a text or true/false is needed here");
        Problem::new(
            "condition-value",
            what,
            Text::new("未知值用 known: false", "for unknown values known: false"),
        )
    })
}
