//! Transitions in words: what changed, why, line by line; and what moved most people.

use std::collections::BTreeMap;

use gradus_grading::grade::{MovedKind, MovedLine, NotGradedReason, OutputColumn};
use gradus_model::Text;
use gradus_model::fixed::Fixed;
use serde::Serialize;

use super::cause::Cause;
use super::compare::{IN, Kind};
use super::table::Transition;
use crate::compiled::Compiled;

/// A transition in words: the change and its cause, then its lines.
pub(super) fn render(one: &Transition, compiled: &Compiled) -> Vec<Text> {
    let columns = compiled.stage_b.output_columns();
    let column = columns.iter().find(|column| column.name == one.name);
    let title = column.map_or_else(|| Text::plain(&one.name), |column| column.title.clone());
    let [from, to] = [&one.from, &one.to].map(|level| standing(one.kind, column, level.as_deref()));
    let mut head = join(&[
        &Text::plain(format!("{}  ", one.as_of)),
        &title,
        &Text::new("：", ": "),
        &from,
        &Text::plain(" → "),
        &to,
    ]);
    if let (Some(before), Some(after)) = (&one.value_before, &one.value_after) {
        head =
            join(&[&head, &Text::new(format!("（{before} → {after}）"), format!(" ({before} → {after})"))]);
    }
    if one.is_correction {
        let corrected =
            one.corrects.as_deref().map(|id| Text::new(format!("更正 {id}；"), format!("corrects {id}; ")));
        let corrected =
            corrected.unwrap_or_else(|| Text::new("更正已公布的结果；", "corrects what was announced; "));
        head = join(&[&head, &Text::new("　", "  "), &corrected]);
    } else {
        head = join(&[&head, &Text::new("　", "  ")]);
    }
    let mut out = vec![join(&[&head, &cause_text(one.cause)])];
    let titles = one.scorecard.as_deref().map(|card| compiled.stage_b.line_titles(card)).unwrap_or_default();
    for line in &one.lines {
        let words = match line.kind {
            MovedKind::Condition | MovedKind::Value => compiled.stage_b.decider_words(&one.name, &line.name),
            _ => None,
        };
        let title = line_title(line, titles.get(line.name.as_str()).copied(), words, &columns);
        out.push(line_text(line, &title));
    }
    if one.n_rest > 0 {
        let sum = one.rest.map(|rest| {
            Text::new(format!("，合计 {}", signed(rest)), format!(", together {}", signed(rest)))
        });
        let (n, sum) = (one.n_rest, sum.unwrap_or_default());
        out.push(join(&[&Text::new(format!("其余 {n} 项"), format!("{n} more lines")), &sum]));
    }
    out
}

/// What moved people from one place to another, most people first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CauseCount {
    pub kind: Kind,
    pub title: Text,
    pub from: Text,
    pub to: Text,
    pub n: u64,
    /// The cause that most of them have, and how many.
    pub cause: Text,
    pub n_cause: u64,
    /// The line that moved most of them furthest, and how many.
    pub line: Option<Text>,
    pub n_line: u64,
}

/// The commonest moves with their commonest causes.
pub(crate) fn commonest(all: &[Transition], compiled: &Compiled, most: usize) -> Vec<CauseCount> {
    let columns = compiled.stage_b.output_columns();
    let mut groups: BTreeMap<(Kind, &str, Option<&str>, Option<&str>), Vec<&Transition>> = BTreeMap::new();
    // Who is new came from nowhere: no line moved them.
    for one in all.iter().filter(|one| one.cause != Cause::New) {
        groups.entry((one.kind, &one.name, one.from.as_deref(), one.to.as_deref())).or_default().push(one);
    }
    let mut out = Vec::with_capacity(groups.len());
    for ((kind, name, from, to), own) in groups {
        let mut causes: BTreeMap<Cause, u64> = BTreeMap::new();
        let mut lines: BTreeMap<(MovedKind, &str), (u64, &Transition)> = BTreeMap::new();
        for one in &own {
            *causes.entry(one.cause).or_default() += 1;
            if let Some(line) = one.lines.first() {
                lines.entry((line.kind, &line.name)).or_insert((0, one)).0 += 1;
            }
        }
        let (cause, n_cause) = most_of(causes).unwrap_or((Cause::Values, 0));
        let first = most_of(lines.iter().map(|(key, (n, _))| (*key, *n)).collect());
        let line = first.and_then(|(key, _)| lines.get(&key)).and_then(|(_, one)| {
            let line = one.lines.first()?;
            let titles =
                one.scorecard.as_deref().map(|card| compiled.stage_b.line_titles(card)).unwrap_or_default();
            let words = compiled.stage_b.decider_words(name, &line.name);
            Some(line_title(line, titles.get(line.name.as_str()).copied(), words, &columns))
        });
        let column = columns.iter().find(|column| column.name == name);
        out.push(CauseCount {
            kind,
            title: column.map_or_else(|| Text::plain(name), |column| column.title.clone()),
            from: standing(kind, column, from),
            to: standing(kind, column, to),
            n: own.len() as u64,
            cause: cause_text(cause),
            n_cause,
            line,
            n_line: first.map_or(0, |(_, n)| n),
        });
    }
    out.sort_by(|a, b| {
        (b.n, &a.title.en, &a.from.en, &a.to.en).cmp(&(a.n, &b.title.en, &b.from.en, &b.to.en))
    });
    out.truncate(most);
    out
}

/// The key that counts most; of equal ones the first.
fn most_of<K: Ord + Copy>(counts: BTreeMap<K, u64>) -> Option<(K, u64)> {
    counts.into_iter().rev().max_by_key(|(_, n)| *n)
}

/// What a cause means.
pub(crate) fn cause_text(cause: Cause) -> Text {
    match cause {
        Cause::New => Text::new("新客户", "a new customer"),
        Cause::Gone => Text::new(
            "不再是客户（已合并、删除或事件全部撤回）",
            "no customer any more (linked, erased, or all events taken back)",
        ),
        Cause::Values => Text::new("原因：自身数据变化", "because their own values moved"),
        Cause::Cuts => Text::new(
            "原因：只是分界线变化（重新拟合），自身数据不足以引起",
            "because the cuts moved (estimated anew), not their own values",
        ),
        Cause::Both => {
            Text::new("原因：自身数据与分界线都有变化", "because both their values and the cuts moved")
        }
        Cause::Override => Text::new(
            "原因：人工调整生效或到期",
            "because a person set the tier, or what a person had set ended",
        ),
        Cause::Decision => Text::new("到了定级日", "decided at the scheme's date in between"),
        Cause::Version => {
            Text::new("原因：模型的新版本开始评级", "because a new version of the model graded")
        }
    }
}

/// Where somebody stands, in words.
pub(crate) fn standing(kind: Kind, column: Option<&OutputColumn>, level: Option<&str>) -> Text {
    match (kind, level) {
        (Kind::Segment, Some(IN)) => Text::new("在其中", "in"),
        (Kind::Segment, Some(_)) => Text::new("不在其中", "not in"),
        (Kind::Segment, None) => Text::new("无法判断", "cannot be told"),
        (Kind::Tier, None) => Text::new("未定级", "not graded"),
        (Kind::Group, None) => Text::new("无分组", "in no group"),
        (_, Some(level)) => {
            let known = column.and_then(|column| column.values.iter().find(|(name, _)| name == level));
            known.map_or_else(|| Text::plain(level), |(_, title)| title.clone())
        }
    }
}

fn line_title(line: &MovedLine, own: Option<&Text>, words: Option<Text>, columns: &[OutputColumn]) -> Text {
    let fixed = match line.kind {
        MovedKind::Base => Some(Text::new("基础分", "base points")),
        MovedKind::Rounding => Some(Text::new("舍入", "rounding")),
        MovedKind::TotalCap => Some(Text::new("总分上下限", "limits of the score")),
        MovedKind::GroupCap => {
            Some(Text::new(format!("组“{}”的上下限", line.name), format!("limits of group {}", line.name)))
        }
        MovedKind::Reason => Some(Text::new("是否定级", "whether graded")),
        _ => None,
    };
    let column = || columns.iter().find(|column| column.name == line.name).map(|column| column.title.clone());
    fixed.or_else(|| own.cloned()).or_else(column).or(words).unwrap_or_else(|| Text::plain(&line.name))
}

/// One line that moved.
fn line_text(line: &MovedLine, title: &Text) -> Text {
    let mut text = title.clone();
    let pair = |before: Option<Text>, after: Option<Text>| -> Option<Text> {
        let unknown = || Text::new("无", "none");
        (before.is_some() || after.is_some()).then(|| {
            join(&[&before.unwrap_or_else(unknown), &Text::plain(" → "), &after.unwrap_or_else(unknown)])
        })
    };
    let reason = |value: &Option<String>| -> Option<Text> {
        let value = value.as_deref()?;
        let known = (line.kind == MovedKind::Reason).then(|| NotGradedReason::from_code(value)).flatten();
        Some(known.map_or_else(|| Text::plain(value), NotGradedReason::title))
    };
    if line.value_before != line.value_after
        && let Some(values) = pair(reason(&line.value_before), reason(&line.value_after))
    {
        text = join(&[&text, &Text::new("：", ": "), &values]);
    }
    if line.kind == MovedKind::Condition {
        let now = match line.bin_after.as_ref().map(|text| text.en.as_str()) {
            Some("true") => Text::new("（现在满足）", " (now true)"),
            Some("false") => Text::new("（现在不满足）", " (now false)"),
            _ => Text::new("（现在无法判断）", " (cannot be told now)"),
        };
        return join(&[&text, &now]);
    }
    if line.bin_before != line.bin_after
        && let Some(bins) = pair(line.bin_before.clone(), line.bin_after.clone())
    {
        text = join(&[&text, &Text::new("，分箱 ", ", bin "), &bins]);
    }
    if let (Some(before), Some(after), Some(amount)) = (line.points_before, line.points_after, line.amount) {
        let points = format!("{before} → {after}");
        let amount = signed(amount);
        text = join(&[
            &text,
            &Text::new(format!("，分数 {points}（{amount}）"), format!(", points {points} ({amount})")),
        ]);
    }
    text
}

fn signed(amount: Fixed) -> String {
    if amount.0 > 0 { format!("+{amount}") } else { amount.to_string() }
}

/// One text after another.
pub(super) fn lead(before: &Text, after: &Text) -> Text {
    join(&[before, after])
}

fn join(parts: &[&Text]) -> Text {
    let all = |of: fn(&Text) -> &str| parts.iter().map(|part| of(part)).collect::<String>();
    Text::new(all(|text| &text.zh), all(|text| &text.en))
}
