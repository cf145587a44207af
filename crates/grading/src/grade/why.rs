//! Why a customer is, or is not, in a segment: every leaf of the condition with its value.

use arrow::array::{Array, BooleanArray};
use gradus_model::document::{Condition, ConditionNode};
use gradus_model::{Findings, Lang, Place, Text};
use serde::{Deserialize, Serialize};

use super::compile::Compiler;
use super::frame::{Formula, Frame};

/// A condition with its leaves compiled one by one.
#[derive(Debug, Clone)]
pub(crate) enum WhyTree {
    All(Vec<WhyTree>),
    Any(Vec<WhyTree>),
    Not(Box<WhyTree>),
    Leaf(Formula),
}

/// True, false, or not to be told because something is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    pub(crate) fn of(values: &BooleanArray, row: usize) -> Truth {
        match values.is_valid(row) {
            false => Truth::Unknown,
            true if values.value(row) => Truth::True,
            true => Truth::False,
        }
    }

    fn symbol(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Truth::True, Lang::Zh) => "✓ 是",
            (Truth::False, Lang::Zh) => "✗ 否",
            (Truth::Unknown, Lang::Zh) => "? 未知",
            (Truth::True, Lang::En) => "✓ yes",
            (Truth::False, Lang::En) => "✗ no",
            (Truth::Unknown, Lang::En) => "? unknown",
        }
    }
}

/// One node of the reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The condition in words; for `all`, `any`, `not` the word.
    pub text: Text,
    pub truth: Truth,
    /// The values that decided a leaf: name and value as shown; empty value if null.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(String, Option<String>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Reason>,
}

/// Why a customer is or is not in a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentReason {
    pub segment: String,
    pub title: Text,
    /// Whether the customer is in the segment.
    pub member: Truth,
    /// The base population by name, and whether the customer is in it.
    pub base: String,
    pub in_base: Truth,
    pub condition: Reason,
}

impl SegmentReason {
    /// Indented lines for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let mut text = format!("{}: {}\n", self.title.get(lang), self.member.symbol(lang));
        let base = if lang == Lang::Zh { "基础人群" } else { "base" };
        text.push_str(&format!("  {base} {}: {}\n", self.base, self.in_base.symbol(lang)));
        self.condition.render_into(&mut text, lang, 1);
        text
    }
}

impl Reason {
    fn render_into(&self, text: &mut String, lang: Lang, depth: usize) {
        text.push_str(&"  ".repeat(depth));
        text.push_str(&format!("{} {}", self.truth.symbol(lang), self.text.get(lang)));
        if !self.values.is_empty() {
            let unknown = if lang == Lang::Zh { "未知" } else { "unknown" };
            let value = |(name, value): &(String, Option<String>)| {
                let value = value.as_deref().unwrap_or(unknown);
                // A hidden column has no name for people; the words before say what it is.
                if name.starts_with('_') { value.to_string() } else { format!("{name} = {value}") }
            };
            let values: Vec<String> = self.values.iter().map(value).collect();
            text.push_str(&format!("  [{}]", values.join(", ")));
        }
        text.push('\n');
        for part in &self.parts {
            part.render_into(text, lang, depth + 1);
        }
    }
}

impl WhyTree {
    /// Compiles the leaves of a condition that has no findings.
    pub(crate) fn of(compiler: &mut Compiler<'_>, condition: &Condition, place: &Place) -> WhyTree {
        if let Condition::Node(node) = condition {
            let mut list = |key: &str, children: &[Condition]| -> Vec<WhyTree> {
                let child = |(index, child): (usize, &Condition)| {
                    WhyTree::of(compiler, child, &place.key(key).index(index))
                };
                children.iter().enumerate().map(child).collect()
            };
            match node.as_ref() {
                ConditionNode { all: Some(children), .. } => return WhyTree::All(list("all", children)),
                ConditionNode { any: Some(children), .. } => return WhyTree::Any(list("any", children)),
                ConditionNode { not: Some(child), .. } => {
                    return WhyTree::Not(Box::new(WhyTree::of(compiler, child, &place.key("not"))));
                }
                _ => {}
            }
        }
        // The whole condition was fine, so its leaves are; should one not be, it shows as false.
        let kept = std::mem::take(&mut compiler.findings);
        let leaf = compiler.condition_formula(condition, place);
        compiler.findings = Findings(kept.0);
        match leaf {
            Some(formula) => WhyTree::Leaf(formula),
            None => WhyTree::Any(Vec::new()),
        }
    }

    /// The reason for one row.
    pub(crate) fn reason(&self, frame: &mut Frame, row: usize) -> Reason {
        let parts = |parts: &[WhyTree], frame: &mut Frame| -> Vec<Reason> {
            parts.iter().map(|part| part.reason(frame, row)).collect()
        };
        match self {
            WhyTree::All(children) => {
                let parts = parts(children, frame);
                let truth = if parts.iter().any(|part| part.truth == Truth::False) {
                    Truth::False
                } else if parts.iter().any(|part| part.truth == Truth::Unknown) {
                    Truth::Unknown
                } else {
                    Truth::True
                };
                Reason { text: Text::new("全部满足", "all of"), truth, values: Vec::new(), parts }
            }
            WhyTree::Any(children) => {
                let parts = parts(children, frame);
                let truth = if parts.iter().any(|part| part.truth == Truth::True) {
                    Truth::True
                } else if parts.iter().any(|part| part.truth == Truth::Unknown) {
                    Truth::Unknown
                } else {
                    Truth::False
                };
                Reason { text: Text::new("至少满足一项", "any of"), truth, values: Vec::new(), parts }
            }
            WhyTree::Not(child) => {
                let part = child.reason(frame, row);
                let truth = match part.truth {
                    Truth::True => Truth::False,
                    Truth::False => Truth::True,
                    Truth::Unknown => Truth::Unknown,
                };
                Reason { text: Text::new("不满足", "not"), truth, values: Vec::new(), parts: vec![part] }
            }
            WhyTree::Leaf(formula) => {
                let (values, _) = frame.condition(formula);
                let shown = |name: &String| (name.clone(), frame.show(name, row));
                // Of a segment that is named alone the answer is all there is to show.
                let names = formula.references.iter().filter(|_| formula.bare().is_none());
                Reason {
                    text: Text::new(formula.words(Lang::Zh), formula.words(Lang::En)),
                    truth: Truth::of(&values, row),
                    values: names.map(shown).collect(),
                    parts: Vec::new(),
                }
            }
        }
    }
}
