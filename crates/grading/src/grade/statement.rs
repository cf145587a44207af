//! The score statement (评分对账单): lines that add up to the score, always. They are read from
//! the same columns as the score itself, so there is no second arithmetic.

use arrow::array::RecordBatch;
use gradus_model::document::Bin;
use gradus_model::fixed::{FIXED_ONE, Fixed, round_div};
use gradus_model::{Lang, Text};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::fit::{Fit, Fits};
use super::frame::{Frame, show};
use super::node::Node;
use super::reasons::{ReasonCode, reasons};
use super::score::{self, Scored};
use super::scorecard::{AttributeTerm, Card, Method, Term, TermKind};
use super::stage::StageB;

/// What a line of a statement speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// What everyone starts with; for a scaled card less the least attainable.
    Base,
    Attribute,
    Adjustment,
    /// What the limits of a group take or give.
    GroupCap,
    /// What the lines of a scaled card lost by rounding each on its own.
    Rounding,
    /// What the limits on the score take or give.
    TotalCap,
}

/// One line. Amounts are in units of the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub kind: LineKind,
    pub name: String,
    pub title: Text,
    /// The value as people read it; none if it is unknown or not applicable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The bin that the value fell in, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bin: Option<Text>,
    /// Points before weight and cap; the least if they are an interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Fixed>,
    /// The weight as written, where it is not 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Fixed>,
    /// The weight that held, where unknown attributes gave theirs away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reweighted: Option<Fixed>,
    /// What the cap of this line took or gave, in points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capped: Option<Fixed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What the line adds to the score; the least if it is an interval.
    pub amount: Fixed,
    /// The greatest it could add, where that is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_high: Option<Fixed>,
}

/// The statement of one score of one customer. The amounts of the lines add up to the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    pub scorecard: String,
    pub title: Text,
    pub lines: Vec<Line>,
    /// The score, or its lower end.
    pub total: Fixed,
    /// The upper end, where the score is an interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_high: Option<Fixed>,
    /// Share of the weight whose value is known.
    pub completeness: Fixed,
    /// Codes of the attributes that speak most for this score, where the card ranks them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonCode>,
}

/// One line of the difference of two statements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DifferenceLine {
    pub kind: LineKind,
    pub name: String,
    pub title: Text,
    /// Value and amount before and after; none where the line was not there.
    pub before: Option<(Option<String>, Fixed)>,
    pub after: Option<(Option<String>, Fixed)>,
    /// After less before.
    pub amount: Fixed,
}

/// What changed between two statements, two dates or two customers. The lines add up to the
/// difference of the totals (of their lower ends where they are intervals).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub scorecard: String,
    pub title: Text,
    pub lines: Vec<DifferenceLine>,
    pub before: Fixed,
    pub after: Fixed,
    pub total: Fixed,
}

impl StageB {
    /// The statement of one row of a batch for one scorecard. `None` if there is no such row or
    /// scorecard.
    pub fn explain_score(
        &self,
        batch: &RecordBatch,
        row: usize,
        scorecard: &str,
        fits: &Fits,
        as_of: Date,
    ) -> Option<Statement> {
        let mut frame = self.frame_of_row(batch, row)?;
        for node in &self.nodes {
            match node {
                Node::Card(card) if card.name == scorecard => {
                    let scored = score::evaluate(card, &mut frame, fits, true);
                    return Some(statement(card, &scored, fits));
                }
                node => node.evaluate(&mut frame, fits, as_of),
            }
        }
        None
    }

    pub(crate) fn frame_of_row(&self, batch: &RecordBatch, row: usize) -> Option<Frame> {
        (row < batch.num_rows()).then(|| self.frame(&batch.slice(row, 1)))
    }
}

/// Least and greatest.
type Pair = (i64, i64);

/// What each line adds to the score of one row, in ten-thousandths of the score. The parts add up to
/// the score, because the last two are what is missing.
pub(super) struct Amounts {
    pub base: Pair,
    /// One for each line of the card.
    pub terms: Vec<Pair>,
    /// What the limits of each group take or give.
    pub groups: Vec<Pair>,
    pub rounding: Pair,
    pub capped: Pair,
}

impl Amounts {
    pub(super) fn of(card: &Card, scored: &Scored, row: usize) -> Amounts {
        let scale = |amount: i64| -> i64 {
            let Some((least, greatest)) = card.scale else { return amount };
            let range = i128::from(greatest) - i128::from(least);
            round_div(i128::from(amount) * 100 * i128::from(FIXED_ONE), range).unwrap_or(0) as i64
        };
        let scaled = |pair: Pair| (scale(pair.0), scale(pair.1));
        let start = card.base - card.scale.map_or(0, |(least, _)| least);
        let mut sum = (card.base, card.base);
        let mut own = vec![(0i64, 0i64); card.groups.len()];
        let mut terms = Vec::with_capacity(card.terms.len());
        for (term, column) in card.terms.iter().zip(&scored.terms) {
            let points = column.points.at(row);
            let slot = term.group.map_or(&mut sum, |group| &mut own[group]);
            *slot = (slot.0 + points.0, slot.1 + points.1);
            terms.push(scaled(points));
        }
        let mut groups = Vec::with_capacity(own.len());
        for ((_, limits), own) in card.groups.iter().zip(own) {
            let limited = (limits.clamp(own.0), limits.clamp(own.1));
            sum = (sum.0 + limited.0, sum.1 + limited.1);
            groups.push(scaled((limited.0 - own.0, limited.1 - own.1)));
        }
        let base = scaled((start, start));
        let stretched = (card.stretch(sum.0), card.stretch(sum.1));
        let added = terms.iter().chain(&groups).fold(base, |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        let total = scored.score.at(row);
        Amounts {
            base,
            terms,
            groups,
            rounding: (stretched.0 - added.0, stretched.1 - added.1),
            capped: (total.0 - stretched.0, total.1 - stretched.1),
        }
    }
}

/// The statement of the only row that was scored.
fn statement(card: &Card, scored: &Scored, fits: &Fits) -> Statement {
    let amounts = Amounts::of(card, scored, 0);
    let mut lines = Vec::new();
    if card.base != card.scale.map_or(0, |(least, _)| least) {
        let title = match card.scale {
            None => Text::new("基础分", "base points"),
            Some(_) => {
                Text::new("起点（基础分减最低可得分）", "start (base points less the least attainable)")
            }
        };
        lines.push(plain_line(LineKind::Base, "base", title, amounts.base));
    }
    for ((term, column), amount) in card.terms.iter().zip(&scored.terms).zip(&amounts.terms) {
        lines.push(term_line(card, term, column, scored, fits, *amount));
    }
    for ((name, _), change) in card.groups.iter().zip(&amounts.groups) {
        if *change != (0, 0) {
            let title = Text::new(format!("组“{name}”的上下限"), format!("limits of group {name}"));
            lines.push(plain_line(LineKind::GroupCap, name, title, *change));
        }
    }
    if amounts.rounding != (0, 0) {
        let title = Text::new("换算到 0–100 的舍入", "rounding of the stretch to 0–100");
        lines.push(plain_line(LineKind::Rounding, "rounding", title, amounts.rounding));
    }
    if amounts.capped != (0, 0) {
        let title = Text::new("总分上下限", "limits of the score");
        lines.push(plain_line(LineKind::TotalCap, "total", title, amounts.capped));
    }
    let total = scored.score.at(0);
    Statement {
        scorecard: card.name.clone(),
        title: card.title.clone(),
        lines,
        total: Fixed(total.0),
        total_high: (total.1 != total.0).then_some(Fixed(total.1)),
        completeness: Fixed(scored.completeness.first().copied().unwrap_or(FIXED_ONE)),
        reasons: reasons(card, scored),
    }
}

fn plain_line(kind: LineKind, name: &str, title: Text, amount: (i64, i64)) -> Line {
    Line {
        kind,
        name: name.to_string(),
        title,
        value: None,
        bin: None,
        points: None,
        weight: None,
        reweighted: None,
        capped: None,
        group: None,
        amount: Fixed(amount.0),
        amount_high: (amount.1 != amount.0).then_some(Fixed(amount.1)),
    }
}

fn term_line(
    card: &Card,
    term: &Term,
    column: &score::TermColumn,
    scored: &Scored,
    fits: &Fits,
    amount: (i64, i64),
) -> Line {
    let kind = match &term.kind {
        TermKind::Attribute(_) => LineKind::Attribute,
        _ => LineKind::Adjustment,
    };
    let mut line = plain_line(kind, &term.name, term.title.clone(), amount);
    line.group = term.group.map(|group| card.groups[group].0.clone());
    line.value = show(&column.value.array, 0);
    let raw = column.raw.at(0).0;
    line.points = Some(Fixed(raw));
    match &term.kind {
        TermKind::Attribute(attribute) => {
            let code = column.codes.first().copied().unwrap_or(0);
            let kind = scored.weights.at(0);
            line.bin = Some(bin_text(attribute, code, fits));
            line.weight = (attribute.weight != FIXED_ONE).then_some(Fixed(attribute.weight));
            let dropped = attribute.dropped.contains(&code) && !kind.nothing_known;
            let weights = kind.weights;
            if dropped {
                line.reweighted = Some(Fixed::ZERO);
                line.points = None;
            } else {
                if weights.all != weights.known {
                    let product = i128::from(attribute.weight) * i128::from(weights.all);
                    let weight = round_div(product, i128::from(weights.known)).unwrap_or(0);
                    line.reweighted = Some(Fixed(weight as i64));
                }
                let change = term.contribution(raw, weights) - term.weighted(raw, weights);
                line.capped = (change != 0).then_some(Fixed(change));
            }
        }
        TermKind::When { condition, .. } => {
            line.bin = Some(Text::new(condition.words(Lang::Zh), condition.words(Lang::En)));
            let truth = match line.value.as_deref() {
                Some("true") => Some("✓"),
                Some(_) => Some("✗"),
                None if column.value.is_unknown(0) => None,
                None => Some("✗"),
            };
            line.value = truth.map(str::to_string);
        }
        TermKind::PerEvent { .. } => {
            let change = column.points.at(0).0 - raw;
            line.capped = (change != 0).then_some(Fixed(change));
        }
    }
    line
}

/// The bin of a code in words.
pub(crate) fn bin_text(attribute: &AttributeTerm, code: u16, fits: &Fits) -> Text {
    let codes = attribute.codes;
    if let Some(bin) = attribute.bins.get(usize::from(code)) {
        let range = match &attribute.method {
            Method::Quantiles { key, n_special, .. } => usize::from(code)
                .checked_sub(*n_special)
                .and_then(|bin| fits.fits.get(key).and_then(|fit| fit_range(fit, bin as u16))),
            _ => None,
        };
        let own = bin.title.clone().unwrap_or_else(|| range_text(bin));
        return match range {
            Some(range) => Text::new(format!("{}：{range}", own.zh), format!("{}: {range}", own.en)),
            None => own,
        };
    }
    if code == codes.unknown() {
        Text::new("未知", "unknown")
    } else if code == codes.not_applicable() {
        Text::new("不适用", "not applicable")
    } else if let Method::Slope { each, per, .. } = &attribute.method {
        let (each, per) = (Fixed(*each), Fixed(*per));
        Text::new(format!("每 {per} 得 {each} 分"), format!("{each} points for every {per}"))
    } else {
        Text::new("不在任何箱内", "in no bin")
    }
}

fn range_text(bin: &Bin) -> Text {
    if let Some(values) = &bin.one_of {
        let value =
            |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
        let values: Vec<String> = values.iter().map(value).collect();
        return Text::new(values.join("、"), values.join(", "));
    }
    match (bin.from, bin.below) {
        (Some(from), Some(below)) => Text::plain(format!("[{from}, {below})")),
        (Some(from), None) => Text::plain(format!(">= {from}")),
        (None, Some(below)) => Text::plain(format!("< {below}")),
        (None, None) => Text::new("其他", "else"),
    }
}

/// The stretch of a quantile bin, closed on the right.
fn fit_range(fit: &Fit, bin: u16) -> Option<String> {
    let Fit::Quantiles { cuts, bins, .. } = fit else { return None };
    let interval = bins.iter().position(|own| *own == bin)?;
    let from = interval.checked_sub(1).and_then(|index| cuts.get(index));
    Some(match (from, cuts.get(interval)) {
        (Some(from), Some(until)) => format!("({from}, {until}]"),
        (Some(from), None) => format!("> {from}"),
        (None, Some(until)) => format!("<= {until}"),
        (None, None) => String::new(),
    })
}

impl Statement {
    /// What the lines add up to. Equal to the total, always; the tests hold it.
    pub fn sum_of_lines(&self) -> Fixed {
        Fixed(self.lines.iter().map(|line| line.amount.0).sum())
    }

    /// The same for the upper end.
    pub fn sum_of_lines_high(&self) -> Fixed {
        Fixed(self.lines.iter().map(|line| line.amount_high.unwrap_or(line.amount).0).sum())
    }

    /// What changed from `before` to this statement.
    pub fn less(&self, before: &Statement) -> Difference {
        let same = |a: &Line, b: &Line| a.kind == b.kind && a.name == b.name;
        let part = |line: &Line| (line.value.clone(), line.amount);
        let mut lines: Vec<DifferenceLine> = Vec::new();
        for line in &self.lines {
            let old = before.lines.iter().find(|old| same(old, line));
            lines.push(DifferenceLine {
                kind: line.kind,
                name: line.name.clone(),
                title: line.title.clone(),
                before: old.map(part),
                after: Some(part(line)),
                amount: Fixed(line.amount.0 - old.map_or(0, |old| old.amount.0)),
            });
        }
        for old in before.lines.iter().filter(|old| !self.lines.iter().any(|line| same(line, old))) {
            lines.push(DifferenceLine {
                kind: old.kind,
                name: old.name.clone(),
                title: old.title.clone(),
                before: Some(part(old)),
                after: None,
                amount: Fixed(-old.amount.0),
            });
        }
        lines.sort_by_key(|line| line.kind);
        Difference {
            scorecard: self.scorecard.clone(),
            title: self.title.clone(),
            lines,
            before: before.total,
            after: self.total,
            total: Fixed(self.total.0 - before.total.0),
        }
    }

    /// A table for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let word = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut rows = vec![
            [
                word("项目", "line"),
                word("值", "value"),
                word("分箱", "bin"),
                word("分值", "points"),
                word("权重", "weight"),
                word("得分", "amount"),
            ]
            .map(str::to_string),
        ];
        for line in &self.lines {
            let unknown =
                matches!(line.kind, LineKind::Attribute | LineKind::Adjustment) && line.value.is_none();
            let mut points = line.points.map(|points| points.to_string()).unwrap_or_default();
            if let Some(capped) = line.capped {
                points.push_str(&format!(" ({} {})", word("封顶/保底", "cap"), signed(capped)));
            }
            let weight = match (line.weight, line.reweighted) {
                (_, Some(now)) => format!("{} → {now}", line.weight.unwrap_or(Fixed::ONE)),
                (Some(weight), None) => weight.to_string(),
                (None, None) => String::new(),
            };
            rows.push([
                line.title.get(lang).to_string(),
                if unknown { "–".into() } else { line.value.clone().unwrap_or_default() },
                line.bin.as_ref().map(|bin| bin.get(lang).to_string()).unwrap_or_default(),
                points,
                weight,
                interval(line.amount, line.amount_high),
            ]);
        }
        let blank = String::new;
        rows.push([
            word("合计", "total").into(),
            blank(),
            blank(),
            blank(),
            blank(),
            interval(self.total, self.total_high),
        ]);
        let mut text = format!("{}\n{}", self.title.get(lang), table(&rows));
        if self.completeness != Fixed::ONE {
            let percent = self.completeness.times(Fixed(100 * FIXED_ONE)).unwrap_or_default();
            text.push_str(&format!("{}: {percent} %\n", word("完整度", "completeness")));
        }
        if !self.reasons.is_empty() {
            let codes: Vec<&str> = self.reasons.iter().map(|reason| reason.code.as_str()).collect();
            text.push_str(&format!("{}: {}\n", word("原因代码", "reason codes"), codes.join(", ")));
        }
        text
    }
}

impl Difference {
    /// A table for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let word = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let side = |side: &Option<(Option<String>, Fixed)>| match side {
            Some((Some(value), amount)) => format!("{value}: {amount}"),
            Some((None, amount)) => amount.to_string(),
            None => "–".into(),
        };
        let mut rows = vec![
            [word("项目", "line"), word("之前", "before"), word("之后", "after"), word("变化", "change")]
                .map(str::to_string),
        ];
        for line in &self.lines {
            rows.push([
                line.title.get(lang).to_string(),
                side(&line.before),
                side(&line.after),
                signed(line.amount),
            ]);
        }
        rows.push([
            word("合计", "total").into(),
            self.before.to_string(),
            self.after.to_string(),
            signed(self.total),
        ]);
        format!("{}\n{}", self.title.get(lang), table(&rows))
    }
}

fn signed(amount: Fixed) -> String {
    if amount.0 > 0 { format!("+{amount}") } else { amount.to_string() }
}

fn interval(low: Fixed, high: Option<Fixed>) -> String {
    high.map_or_else(|| low.to_string(), |high| format!("{low} … {high}"))
}

/// Columns padded to their widest cell; Chinese characters take two places.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |text: &str| {
        text.chars().map(|c| if ('\u{2E80}'..='\u{FFEF}').contains(&c) { 2 } else { 1 }).sum::<usize>()
    };
    let widest = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(widest).collect();
    let mut text = String::new();
    for row in rows {
        for (cell, widest) in row.iter().zip(&widths) {
            text.push_str("  ");
            text.push_str(cell);
            text.push_str(&" ".repeat(widest - width(cell)));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}
