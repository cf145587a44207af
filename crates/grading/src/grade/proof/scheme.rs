//! Tier schemes: levels that no score reaches, and an eligibility that nobody meets.

use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_model::{Finding, Lang, Text};

use super::attained::Attained;
use super::rules::condition_holds;
use super::space::Ordered;
use super::{Prover, space};
use crate::grade::frame::{Formula, Frame};
use crate::grade::tier::{Axis, LevelCuts, Measure, Scheme};

/// What values a measure may have, in ten-thousandths.
pub(super) struct Reach {
    /// A scorecard's scores.
    card: Option<Attained>,
    /// What a table, a tree, a rule set or a flow can come to, where that is known.
    values: Option<Vec<i64>>,
    least: Option<i64>,
    greatest: Option<i64>,
}

impl Reach {
    /// The least value, where there is one.
    pub(super) fn least(&self) -> Option<Fixed> {
        self.least.map(Fixed)
    }

    pub(super) fn reaches(&self, from: Option<i64>, below: Option<i64>) -> bool {
        if let Some(card) = &self.card {
            return card.reaches(from, below);
        }
        if let Some(values) = &self.values {
            let inside = |value: &i64| {
                from.is_none_or(|from| *value >= from) && below.is_none_or(|below| *value < below)
            };
            return values.iter().any(inside);
        }
        let low_enough = self.least.zip(below).is_none_or(|(least, below)| least < below);
        let high_enough = self.greatest.zip(from).is_none_or(|(greatest, from)| greatest >= from);
        low_enough && high_enough
    }
}

impl Prover<'_> {
    pub(super) fn scheme(&mut self, scheme: &Scheme) {
        let place = self.root.key("tiers").key(&scheme.name);
        self.keep_rules(scheme, &place);
        if let Some(eligible) = &scheme.eligible {
            match self.truths(eligible) {
                Ok(truths) if truths.yes.is_empty() => {
                    let what = Text::new(
                        format!("没有客户能参加「{}」的定级：{}", scheme.title.zh, eligible.words(Lang::Zh)),
                        format!(
                            "nobody can be graded in “{}”: {}",
                            scheme.title.en,
                            eligible.words(Lang::En)
                        ),
                    );
                    let right = Text::new("改掉互相排斥的条件", "conditions that can hold together");
                    self.say(Finding::warning("eligible-nobody", place.key("eligible"), what, right));
                    return;
                }
                Ok(_) => {}
                Err(_) => self.say_bound(place.key("eligible")),
            }
        }
        match &scheme.measure {
            Measure::By { value, cuts: LevelCuts::Fixed(cuts) } => self.levels(scheme, value, cuts),
            Measure::By { .. } => {}
            Measure::Grid { rows, columns, cells } => self.grid(scheme, rows, columns, cells),
        }
    }

    fn levels(&mut self, scheme: &Scheme, value: &Axis, cuts: &[Fixed]) {
        let reach = self.reach(value);
        for (at, (name, title)) in scheme.levels.iter().enumerate() {
            let from = at.checked_sub(1).map(|at| cuts[at].0);
            let below = cuts.get(at).map(|cut| cut.0);
            if reach.reaches(from, below) {
                continue;
            }
            let place = self.root.key("tiers").key(&scheme.name).key("levels").key(name);
            let axis = self.axis_title(value);
            let shown = |value: i64| Fixed(value).to_string();
            let above = from.zip(reach.greatest).filter(|(from, greatest)| greatest < from);
            let under = below.zip(reach.least).filter(|(below, least)| least >= below);
            let (what, right) = match (above, under) {
                (Some((from, greatest)), _) => (
                    Text::new(
                        format!(
                            "没有客户能达到等级「{}」：它从 {} 起，而「{}」最高为 {}",
                            title.zh,
                            shown(from),
                            axis.zh,
                            shown(greatest)
                        ),
                        format!(
                            "nobody can reach the level “{}”: it begins at {}, and “{}” is at most {}",
                            title.en,
                            shown(from),
                            axis.en,
                            shown(greatest)
                        ),
                    ),
                    Text::new(
                        format!("from 不高于 {}", shown(greatest)),
                        format!("`from` at most {}", shown(greatest)),
                    ),
                ),
                (None, Some((below, least))) => (
                    Text::new(
                        format!(
                            "没有客户停在等级「{}」：上一级从 {} 起，而「{}」最低为 {}",
                            title.zh,
                            shown(below),
                            axis.zh,
                            shown(least)
                        ),
                        format!(
                            "nobody is ever in the level “{}”: the next one begins at {}, and “{}” is at least {}",
                            title.en,
                            shown(below),
                            axis.en,
                            shown(least)
                        ),
                    ),
                    Text::new(
                        format!("上一级的 from 高于 {}，或删去这一级", shown(least)),
                        format!("`from` of the next level above {}, or no such level", shown(least)),
                    ),
                ),
                (None, None) => (
                    Text::new(
                        format!(
                            "没有客户在等级「{}」：「{}」没有 {} 起、不到 {} 的值",
                            title.zh,
                            axis.zh,
                            from.map_or("-∞".into(), shown),
                            below.map_or("+∞".into(), shown)
                        ),
                        format!(
                            "nobody is in the level “{}”: “{}” has no value from {} on and below {}",
                            title.en,
                            axis.en,
                            from.map_or("-∞".into(), shown),
                            below.map_or("+∞".into(), shown)
                        ),
                    ),
                    Text::new("按评分能取到的值定 from", "`from` by the scores that there are"),
                ),
            };
            // The input that comes nearest.
            let end = reach
                .card
                .as_ref()
                .and_then(|card| if under.is_some() { card.least.clone() } else { card.greatest.clone() });
            let example = match (value, end) {
                (Axis::Score { name, .. }, Some(end)) => self.reaching(name, &end).unwrap_or_default(),
                _ => Vec::new(),
            };
            self.say(Finding::warning("level-unreachable", place, what, right).seen_with(example));
        }
    }

    /// An input that gives the card just this score.
    pub(super) fn reaching(
        &self,
        card: &str,
        (score, place): &(i64, super::region::Cuboid),
    ) -> Option<Vec<gradus_model::Given>> {
        let low = format!("{card}_low");
        let gives = |frame: &mut Frame, _| {
            let column = frame.columns.get(&low).map(|column| column.array.clone());
            let numbers = column.and_then(|array| crate::grade::number::Numbers::of(&array));
            (0..frame.rows)
                .map(|row| numbers.as_ref().and_then(|numbers| numbers.fixed(row)) == Some(*score))
                .collect()
        };
        let reads = self.sources.get(card).into_iter().flatten().cloned();
        self.witness(std::slice::from_ref(place), &gives).map(|witness| self.given(&witness, reads, false))
    }

    pub(super) fn axis_title(&self, axis: &Axis) -> Text {
        match axis {
            Axis::Score { name, .. } => self.title(name),
            Axis::Formula(formula) => Text::new(formula.words(Lang::Zh), formula.words(Lang::En)),
        }
    }

    pub(super) fn reach(&self, axis: &Axis) -> Reach {
        match axis {
            Axis::Score { name, .. } => self.reach_of_card(name),
            Axis::Formula(formula) => self.reach_of(formula),
        }
    }

    fn reach_of_card(&self, name: &str) -> Reach {
        let card = self.attained.get(name).cloned();
        let (least, greatest) = card.as_ref().map_or((None, None), Attained::range);
        Reach { card, values: None, least, greatest }
    }

    /// What a bare name may be; anything else may be anything.
    pub(super) fn reach_of(&self, formula: &Formula) -> Reach {
        let anything = Reach { card: None, values: None, least: None, greatest: None };
        if let Some(values) = self.conditions.numbers_of(formula) {
            let (least, greatest) = (values.first().copied(), values.last().copied());
            return Reach { card: None, values: Some(values), least, greatest };
        }
        let Some(name) = formula.bare() else { return anything };
        if let Some(card) = self.attained.get(name).cloned() {
            let (least, greatest) = card.range();
            return Reach { card: Some(card), values: None, least, greatest };
        }
        let Some(dim) = self.space().find(name).map(|dim| self.space().dim(dim)) else { return anything };
        let space::Cells::Ordered { kind, starts, last } = &dim.cells else { return anything };
        let end = |units: i128, widest: i128| -> Option<i64> {
            if units == widest {
                return None;
            }
            match kind {
                Ordered::Decimal(4) => i64::try_from(units).ok(),
                Ordered::Integer => i64::try_from(units).ok()?.checked_mul(FIXED_ONE),
                // Only zero and one are ends of such columns.
                _ => (units == kind.nth(0)).then_some(0).or((units == kind.nth(1)).then_some(FIXED_ONE)),
            }
        };
        let (least, greatest) = kind.bounds();
        Reach {
            card: None,
            values: None,
            least: starts.first().and_then(|start| end(*start, least)),
            greatest: end(*last, greatest),
        }
    }

    fn grid(
        &mut self,
        scheme: &Scheme,
        rows: &(Axis, Vec<Fixed>),
        columns: &(Axis, Vec<Fixed>),
        cells: &[Vec<usize>],
    ) {
        let reached = |prover: &Self, axis: &(Axis, Vec<Fixed>)| -> Vec<bool> {
            let reach = prover.reach(&axis.0);
            let ends: Vec<Option<i64>> = axis.1.iter().map(|cut| Some(cut.0)).collect();
            (0..=ends.len())
                .map(|at| {
                    reach.reaches(at.checked_sub(1).and_then(|at| ends[at]), ends.get(at).copied().flatten())
                })
                .collect()
        };
        let (by_row, by_column) = (reached(self, rows), reached(self, columns));
        let mut levels = vec![(false, false); scheme.levels.len()];
        for (row, line) in cells.iter().enumerate() {
            for (column, level) in line.iter().enumerate() {
                levels[*level].0 = true;
                levels[*level].1 |= by_row[row] && by_column[column];
            }
        }
        for (at, (named, reached)) in levels.into_iter().enumerate() {
            if reached {
                continue;
            }
            let (name, title) = &scheme.levels[at];
            let place = self.root.key("tiers").key(&scheme.name).key("levels").key(name);
            let what = match named {
                false => Text::new(
                    format!("没有客户能达到等级「{}」：表格里没有一格写它", title.zh),
                    format!("nobody can reach the level “{}”: no cell of the grid names it", title.en),
                ),
                true => Text::new(
                    format!("没有客户能达到等级「{}」：写它的那些格，行或列的值取不到", title.zh),
                    format!(
                        "nobody can reach the level “{}”: the cells that name it are in rows or columns that no value reaches",
                        title.en
                    ),
                ),
            };
            let right =
                Text::new("在取得到的格里写它，或删去这一级", "a cell that can be reached, or no such level");
            self.say(Finding::warning("level-unreachable", place, what, right));
        }
    }

    /// An input for which a condition holds.
    pub(super) fn holding(
        &self,
        formula: &Formula,
        region: &super::region::Region,
    ) -> Vec<gradus_model::Given> {
        let holds = |frame: &mut Frame, _| condition_holds(formula, frame);
        let reads: Vec<String> = formula.references.iter().cloned().collect();
        self.witness(region, &holds).map_or_else(Vec::new, |witness| self.given(&witness, reads, false))
    }
}
