//! Why a rule form gave what it gave: which row, rule or branch was hit, in words.

use arrow::array::{Array, RecordBatch};
use gradus_model::document::TableHit;
use gradus_model::{Lang, Text};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::cross_table::{Axis, Bands, Cross};
use super::decision_table::{Answer, Table};
use super::decision_tree::{Tree, Way};
use super::fit::Fits;
use super::flow::Step;
use super::frame::{Faults, Frame};
use super::matcher::Hits;
use super::node::Node;
use super::outcome::Computed;
use super::rule_set::Rules;
use super::stage::StageB;

/// Which form of rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleForm {
    RuleSet,
    DecisionTable,
    CrossTable,
    DecisionTree,
    Flow,
}

/// Why one customer was given what a rule form gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleReason {
    pub form: RuleForm,
    pub name: String,
    pub title: Text,
    /// Title and value of each output; no value where it is unknown or nothing is given.
    pub given: Vec<(Text, Option<String>)>,
    /// What was hit, in words: `row 7: …`.
    pub lines: Vec<Text>,
}

impl RuleReason {
    /// Indented lines for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let none = if lang == Lang::Zh { "（无）" } else { "(none)" };
        let mut text = String::new();
        for (title, value) in &self.given {
            text.push_str(&format!("{}: {}\n", title.get(lang), value.as_deref().unwrap_or(none)));
        }
        for line in &self.lines {
            text.push_str(&format!("  {}\n", line.get(lang)));
        }
        text
    }
}

impl StageB {
    /// Why one row of a batch was given what each rule form gives, in the order of evaluation; empty if
    /// there is no such row.
    pub fn explain_rules(
        &self,
        batch: &RecordBatch,
        row: usize,
        fits: &Fits,
        as_of: Date,
    ) -> Vec<RuleReason> {
        let Some(mut frame) = self.frame_of_row(batch, row) else { return Vec::new() };
        let mut reasons: Vec<RuleReason> = Vec::new();
        for node in &self.nodes {
            let reason = match node {
                Node::Rules(rules) => Some((RuleForm::RuleSet, of_rules(rules, &mut frame, as_of))),
                Node::Table(table) => Some((RuleForm::DecisionTable, of_table(table, &mut frame, as_of))),
                Node::Cross(cross) => Some((RuleForm::CrossTable, of_cross(cross, &mut frame, as_of))),
                Node::Tree(tree) => Some((RuleForm::DecisionTree, of_tree(tree, &frame))),
                _ => None,
            };
            node.evaluate(&mut frame, fits, as_of);
            let shown = |column: &str| frame.show(column, 0);
            match (node, reason) {
                (Node::Step(step), _) => of_step(step, &frame, &mut reasons),
                (Node::Table(table), Some((form, lines))) => {
                    let given = table.columns().into_iter().map(|(column, _, title)| (title, shown(&column)));
                    let (name, title) = (table.name.clone(), table.title.clone());
                    reasons.push(RuleReason { form, name, title, given: given.collect(), lines });
                }
                (_, Some((form, lines))) => {
                    let (name, title) = match node {
                        Node::Rules(rules) => (&rules.name, &rules.title),
                        Node::Cross(cross) => (&cross.name, &cross.title),
                        Node::Tree(tree) => (&tree.name, &tree.title),
                        _ => continue,
                    };
                    let given = vec![(title.clone(), shown(name))];
                    reasons.push(RuleReason { form, name: name.clone(), title: title.clone(), given, lines });
                }
                _ => {}
            }
        }
        reasons
    }
}

fn both(of: impl Fn(Lang) -> String) -> Text {
    Text::new(of(Lang::Zh), of(Lang::En))
}

fn of_rules(rules: &Rules, frame: &mut Frame, as_of: Date) -> Vec<Text> {
    let matches = rules.matches(frame, as_of);
    let mut counting = Vec::new();
    rules.counting(&matches, 0, None, &mut counting);
    let mut lines = Vec::new();
    for (index, values) in matches.iter().enumerate() {
        let rule = &rules.rules[index];
        let told = match values {
            Some(values) if values.is_null(0) => None,
            Some(values) => Some(values.value(0)),
            None => Some(false),
        };
        if told == Some(false) {
            continue;
        }
        let counts = counting.contains(&index);
        let title = rule.shown();
        lines.push(both(|lang| {
            let after = match (told, counts, lang) {
                (None, _, Lang::Zh) => "（无法判断）",
                (None, _, Lang::En) => " (cannot be told)",
                (_, true, _) => "",
                (_, false, Lang::Zh) => "（被排除）",
                (_, false, Lang::En) => " (excluded)",
            };
            let words = rule.when.words(lang);
            match lang {
                Lang::Zh => format!("规则“{}”：{words}{after}", title.zh),
                Lang::En => format!("rule “{}”: {words}{after}", title.en),
            }
        }));
    }
    if lines.is_empty() {
        lines.push(Text::new("没有命中任何规则", "no rule matches"));
    }
    lines
}

/// `row 7 of table X: …`, as it is counted by people.
fn row_line(table: &Table, row: usize, perhaps: bool) -> Text {
    both(|lang| {
        let words = table.matcher.words(row, lang);
        let own = table.row_titles[row].as_ref().map(|title| title.get(lang));
        let number = row + 1;
        match (lang, own) {
            (Lang::Zh, own) => {
                let own = own.map(|own| format!("“{own}”")).unwrap_or_default();
                let after = if perhaps { "（无法判断）" } else { "" };
                format!("表“{}”第 {number} 行{own}：{words}{after}", table.title.zh)
            }
            (Lang::En, own) => {
                let own = own.map(|own| format!(" “{own}”")).unwrap_or_default();
                let after = if perhaps { " (cannot be told)" } else { "" };
                format!("row {number}{own} of table “{}”: {words}{after}", table.title.en)
            }
        }
    })
}

fn of_table(table: &Table, frame: &mut Frame, as_of: Date) -> Vec<Text> {
    let prepared = table.matcher.prepare(frame, as_of);
    let computed: Vec<Computed> = table.computed(frame);
    let (mut hits, mut faults) = (Hits::default(), Faults::new());
    if prepared.failed(0) {
        return vec![Text::new(
            "有一个输入算不出来，或不在可取值之中",
            "an input could not be computed, or is not among the values allowed",
        )];
    }
    prepared.hits(0, table.hit == TableHit::First, &mut hits, &mut faults);
    let mut lines = Vec::new();
    let mut rows: Vec<(u32, bool)> = hits.sure.iter().map(|row| (*row, false)).collect();
    rows.extend(hits.perhaps.iter().map(|row| (*row, true)));
    rows.sort();
    lines.extend(rows.into_iter().map(|(row, perhaps)| row_line(table, row as usize, perhaps)));
    match table.answer(&hits, 0, &computed, &mut faults) {
        Answer::Clash => lines.push(Text::new(
            "命中的行互相冲突：按命中方式不应出现，已记为故障",
            "the rows that are hit contradict the hit policy: counted as a fault",
        )),
        Answer::Default => {
            lines.push(Text::new("没有命中任何行，取默认结果", "no row is hit: the default is given"))
        }
        Answer::Unknown => lines.push(Text::new(
            "结果取决于未知的值，因此未知",
            "the result depends on what is unknown, and is unknown",
        )),
        _ => {}
    }
    lines
}

fn of_cross(cross: &Cross, frame: &mut Frame, as_of: Date) -> Vec<Text> {
    let rows = cross.rows.matcher.prepare(frame, as_of);
    let columns = cross.columns.matcher.prepare(frame, as_of);
    let Some((row, column)) = cross.bands(&rows, &columns, 0, &mut Faults::new()) else {
        return vec![Text::new(
            "有一个输入算不出来，或不在可取值之中",
            "an input could not be computed, or is not among the values allowed",
        )];
    };
    vec![
        band_line(&cross.rows, &row, Text::new("行", "row")),
        band_line(&cross.columns, &column, Text::new("列", "column")),
    ]
}

fn band_line(axis: &Axis, bands: &Bands, kind: Text) -> Text {
    both(|lang| {
        let band = |band: &Option<usize>| match (band, lang) {
            (None, Lang::Zh) => format!("不在任何一{}中", kind.zh),
            (None, Lang::En) => format!("in no {}", kind.en),
            (Some(at), lang) => {
                let words = axis.matcher.words(*at, lang);
                let own = axis.titles[*at].as_ref().map(|title| title.get(lang));
                match (lang, own) {
                    (Lang::Zh, None) => format!("第 {} {}：{words}", at + 1, kind.zh),
                    (Lang::Zh, Some(own)) => format!("第 {} {}“{own}”：{words}", at + 1, kind.zh),
                    (Lang::En, None) => format!("{} {}: {words}", kind.en, at + 1),
                    (Lang::En, Some(own)) => format!("{} {} “{own}”: {words}", kind.en, at + 1),
                }
            }
        };
        bands.iter().map(band).collect::<Vec<_>>().join(if lang == Lang::Zh { " 或 " } else { " or " })
    })
}

fn of_tree(tree: &Tree, frame: &Frame) -> Vec<Text> {
    let told = tree.tell(frame);
    let computed = tree.outcomes.compute(frame);
    let mut way = Way::new();
    tree.given(&told, 0, &computed, &mut Faults::new(), Some(&mut way));
    let line = |(condition, held): (usize, Option<bool>)| {
        let words = tree.words(condition);
        match held {
            Some(_) => words,
            None => Text::new(format!("{}（无法判断）", words.zh), format!("{} (cannot be told)", words.en)),
        }
    };
    let mut lines: Vec<Text> = way.into_iter().map(line).collect();
    if lines.is_empty() {
        lines.push(Text::new("没有一个分支成立", "no branch holds"));
    }
    lines
}

/// Steps come one by one; they are gathered under their flow.
fn of_step(step: &Step, frame: &Frame, reasons: &mut Vec<RuleReason>) {
    let value = frame.show(&step.column, 0);
    let at = reasons.iter().position(|reason| reason.form == RuleForm::Flow && reason.name == step.flow);
    let at = at.unwrap_or_else(|| {
        reasons.push(RuleReason {
            form: RuleForm::Flow,
            name: step.flow.clone(),
            title: Text::plain(&step.flow),
            given: Vec::new(),
            lines: Vec::new(),
        });
        reasons.len() - 1
    });
    let reason = &mut reasons[at];
    if step.column == step.flow {
        reason.title = step.title.clone();
        reason.given.push((step.title.clone(), value));
        return;
    }
    let truth = |formula: &super::frame::Formula| {
        let (column, _) = frame.attempt(formula);
        let values = column.array.as_any().downcast_ref::<arrow::array::BooleanArray>().cloned();
        values.filter(|values| values.is_valid(0)).map(|values| values.value(0))
    };
    let skipped = step.when.as_ref().is_some_and(|when| truth(when) != Some(true));
    let taken = step
        .branches
        .iter()
        .find(|branch| branch.condition.as_ref().is_none_or(|condition| truth(condition) != Some(false)))
        .map(|branch| (&branch.condition, &branch.words));
    reason.lines.push(both(|lang| {
        let title = step.title.get(lang);
        let value = value.as_deref().unwrap_or(if lang == Lang::Zh { "（无）" } else { "(none)" });
        let by = match (skipped, taken, lang) {
            (true, _, Lang::Zh) => "略过".to_string(),
            (true, _, Lang::En) => "passed over".to_string(),
            (false, Some((Some(condition), words)), Lang::Zh) => {
                format!("因为 {}，取 {}", condition.words(lang), words.zh)
            }
            (false, Some((Some(condition), words)), Lang::En) => {
                format!("because {}: {}", condition.words(lang), words.en)
            }
            (false, Some((None, words)), Lang::Zh) => format!("取 {}", words.zh),
            (false, Some((None, words)), Lang::En) => words.en.clone(),
            (false, None, Lang::Zh) => "没有一个分支成立".to_string(),
            (false, None, Lang::En) => "no branch holds".to_string(),
        };
        format!("{title} = {value}  [{by}]")
    }));
}
