//! What a case expects beside what comes out, and why it came out so: by the lines of the statement, the levels
//! and the conditions that graded.

use arrow::array::RecordBatch;
use gradus_grading::grade::{Fits, Graded, LineKind, StageB, Statement};
use gradus_model::document::{Model, Number, TestCase};
use gradus_model::fixed::Fixed;
use gradus_model::{Lang, Text};
use jiff::civil::Date;
use serde::Serialize;

use super::given::text_of;
use crate::WorkspaceError;
use crate::explain::cell;

/// What became of one case.
#[derive(Debug, Clone, Serialize)]
pub struct CaseResult {
    pub name: String,
    pub title: Text,
    pub as_of: String,
    pub passed: bool,
    pub differences: Vec<CaseDifference>,
}

/// One thing that is not what it should be.
#[derive(Debug, Clone, Serialize)]
pub struct CaseDifference {
    /// Where the expectation stands: `expect.tiers.member`.
    pub path: String,
    pub title: Text,
    /// As people read it; nothing where there is none.
    pub expected: Option<String>,
    pub got: Option<String>,
    /// How it came about, line by line.
    pub why: Vec<Text>,
}

/// A graded customer.
pub(super) struct Seen<'a> {
    pub stage: &'a StageB,
    pub row: &'a RecordBatch,
    pub fits: &'a Fits,
    pub date: Date,
    pub graded: &'a Graded,
}

impl Seen<'_> {
    fn value(&self, name: &str) -> Result<Option<String>, WorkspaceError> {
        cell(&self.graded.batch, name, 0)
    }

    fn statement(&self, card: &str) -> Option<Statement> {
        self.stage.explain_score(self.row, 0, card, self.fits, self.date)
    }

    fn lines_of(&self, rendered: impl Fn(Lang) -> String) -> Vec<Text> {
        let (zh, en) = (rendered(Lang::Zh), rendered(Lang::En));
        zh.lines().zip(en.lines()).map(|(zh, en)| Text::new(zh.trim_end(), en.trim_end())).collect()
    }
}

impl CaseResult {
    pub(super) fn new(name: &str, case: &TestCase, as_of: String) -> CaseResult {
        let title = case.title.clone().unwrap_or_else(|| Text::plain(name));
        CaseResult { name: name.to_string(), title, as_of, passed: true, differences: Vec::new() }
    }

    fn add(&mut self, path: String, title: Text, pair: [Option<String>; 2], why: Vec<Text>) {
        let [expected, got] = pair;
        self.passed = false;
        self.differences.push(CaseDifference { path, title, expected, got, why });
    }

    /// The customer is not there yet.
    pub(super) fn nothing_by_then(&mut self) {
        let title = Text::new("到那时还没有任何事件", "nothing happened by then");
        self.add("events".into(), title, [None, None], Vec::new());
    }

    /// An expression failed on this customer.
    pub(super) fn could_not_be_evaluated(&mut self, path: &str) {
        let title = Text::new(format!("{path} 无法求值"), format!("{path} could not be evaluated"));
        self.add(path.to_string(), title, [None, None], Vec::new());
    }

    /// Looks at everything that the case expects.
    pub(super) fn compare(
        &mut self,
        case: &TestCase,
        seen: &Seen<'_>,
        model: &Model,
    ) -> Result<(), WorkspaceError> {
        let expect = &case.expect;
        let tolerance = case.tolerance.unwrap_or(Fixed::ZERO);
        let title = |own: Option<&Text>, name: &str| own.cloned().unwrap_or_else(|| Text::plain(name));
        for (name, value) in expect.indicators.iter() {
            let pair = [text_of(value), seen.value(name)?];
            if !is_same(&pair, tolerance) {
                let own = model.indicators.get(name).and_then(|one| one.title.as_ref());
                self.add(format!("expect.indicators.{name}"), title(own, name), pair, Vec::new());
            }
        }
        for (name, expected) in expect.scores.iter() {
            let Some(statement) = seen.statement(name) else { continue };
            let tolerance = expected.tolerance.unwrap_or(tolerance);
            let of = |wanted: &Option<Number>, got: Fixed| {
                let wanted = (*wanted)?;
                let is_near = wanted.0.abs_diff(got.0) <= tolerance.0.unsigned_abs();
                (!is_near).then(|| [Some(wanted.to_string()), Some(got.to_string())])
            };
            let at = format!("expect.scores.{name}");
            let all = || seen.lines_of(|lang| statement.render(lang));
            if let Some(pair) = of(&expected.score, statement.total) {
                self.add(format!("{at}.score"), statement.title.clone(), pair, all());
            }
            if let Some(pair) = of(&expected.high, statement.total_high.unwrap_or(statement.total)) {
                let high = join(&statement.title, &Text::new("上限", "upper end"));
                self.add(format!("{at}.high"), high, pair, all());
            }
            for (line, wanted) in expected.points.iter() {
                let own = statement.lines.iter().find(|own| {
                    own.name == line && matches!(own.kind, LineKind::Attribute | LineKind::Adjustment)
                });
                let got = own.map_or(Fixed::ZERO, |own| own.amount);
                if let Some(pair) = of(&Some(*wanted), got) {
                    let called = own.map_or(Text::plain(line), |own| own.title.clone());
                    let why = own.and_then(|own| {
                        let bin = own.bin.as_ref()?;
                        let value = own.value.as_deref();
                        Some(Text::new(
                            format!("{}：{} → {}", called.zh, value.unwrap_or("未知"), bin.zh),
                            format!("{}: {} → {}", called.en, value.unwrap_or("unknown"), bin.en),
                        ))
                    });
                    let title = join(&statement.title, &called);
                    self.add(format!("{at}.points.{line}"), title, pair, why.into_iter().collect());
                }
            }
        }
        let outputs = seen.stage.output_columns();
        for (name, value) in expect.outcomes.iter() {
            let pair = [text_of(value), seen.value(name)?];
            if !is_same(&pair, tolerance) {
                let output = outputs.iter().find(|one| one.name == *name);
                let of = output.map_or(name, |one| one.of.as_str());
                let own = output.map(|one| &one.title);
                self.add(format!("expect.outcomes.{name}"), title(own, name), pair, rules_met(seen, of));
            }
        }
        for (name, level) in expect.tiers.iter() {
            let pair = [level.clone(), seen.value(name)?];
            if pair[0] != pair[1] {
                let standing = seen.stage.standing(seen.row, 0, name, seen.fits, seen.date);
                let why = standing.iter().flat_map(|one| seen.lines_of(|lang| one.render(lang))).collect();
                let own = model.tiers.get(name).and_then(|one| one.title.as_ref());
                self.add(format!("expect.tiers.{name}"), title(own, name), pair, why);
            }
        }
        for (name, member) in expect.segments.iter() {
            let pair = [member.map(|member| member.to_string()), seen.value(name)?];
            if pair[0] != pair[1] {
                let reason = seen.stage.why_segment(seen.row, 0, name, seen.fits, seen.date);
                let why = reason.iter().flat_map(|one| seen.lines_of(|lang| one.render(lang))).collect();
                let own = model.segments.get(name).and_then(|one| one.title.as_ref());
                self.add(format!("expect.segments.{name}"), title(own, name), pair, why);
            }
        }
        for (name, group) in expect.groupings.iter() {
            let pair = [group.clone(), seen.value(name)?];
            if pair[0] != pair[1] {
                let own = model.groupings.get(name).and_then(|one| one.title.as_ref());
                self.add(format!("expect.groupings.{name}"), title(own, name), pair, Vec::new());
            }
        }
        Ok(())
    }
}

/// Which rules, rows or branches gave what a definition gave.
fn rules_met(seen: &Seen<'_>, definition: &str) -> Vec<Text> {
    let reasons = seen.stage.explain_rules(seen.row, 0, seen.fits, seen.date);
    reasons.into_iter().filter(|one| one.name == definition).flat_map(|one| one.lines).collect()
}

fn join(of: &Text, own: &Text) -> Text {
    Text::new(format!("{} › {}", of.zh, own.zh), format!("{} › {}", of.en, own.en))
}

/// Numbers within the tolerance, texts letter by letter, nothing and nothing.
fn is_same(pair: &[Option<String>; 2], tolerance: Fixed) -> bool {
    let [Some(expected), Some(got)] = pair else { return pair[0] == pair[1] };
    if expected == got {
        return true;
    }
    match (expected.parse::<Fixed>(), got.parse::<Fixed>()) {
        (Ok(expected), Ok(got)) => expected.0.abs_diff(got.0) <= tolerance.0.unsigned_abs(),
        _ => match (expected.parse::<f64>(), got.parse::<f64>()) {
            (Ok(expected), Ok(got)) => (expected - got).abs() <= tolerance.to_f64(),
            _ => false,
        },
    }
}

/// A value of a document, for a sentence.
pub(super) fn said(value: &Option<String>, lang: Lang) -> String {
    match (value, lang) {
        (Some(value), _) => value.clone(),
        (None, Lang::Zh) => "无".into(),
        (None, Lang::En) => "nothing".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn numbers_are_compared_as_numbers_and_texts_as_texts() {
        let same = |expected: &str, got: &str, tolerance: &str| {
            is_same(&[Some(expected.into()), Some(got.into())], tolerance.parse().unwrap())
        };
        assert!(same("12.50", "12.5", "0") && same("1e2", "100", "0") && same("gold", "gold", "0"));
        assert!(!same("12.5", "12.6", "0.05") && same("12.5", "12.6", "0.1") && !same("gold", "Gold", "5"));
        assert!(is_same(&[None, None], Fixed::ZERO) && !is_same(&[None, Some("0".into())], Fixed::ONE));
        assert_eq!(text_of(&Value::from(3)), Some("3".into()));
    }
}
