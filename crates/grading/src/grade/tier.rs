//! Tier schemes (等级体系): a value or two cut into ordered levels.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array, StringArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use gradus_expression::Want;
use gradus_model::document::{GridAxis, TierScheme};
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Place, Text};
use serde::{Deserialize, Serialize};

use super::CUSTOMER;
use super::compile::{Compiler, unknown_name};
use super::fit::{Fit, FitKind, FitRequest, FitValue, Fits, Quota};
use super::frame::{Column, Formula, Frame};
use super::keep::{Policy, Reading};
use super::number::{Boundary, Cut, Numbers, count_boundaries};
use super::policy::{compile_policy, hold_cuts, is_percent, no_demote, quotas};
use super::remembered::readings_of;

#[derive(Debug, Clone)]
pub(crate) struct Scheme {
    pub name: String,
    pub title: Text,
    /// Names and titles from lowest to highest.
    pub levels: Vec<(String, Text)>,
    pub eligible: Option<Formula>,
    pub measure: Measure,
    /// What the axes of a grid are called: rows, then columns.
    pub axis_titles: Vec<Text>,
    /// How it remembers; each decision looks at the values of the instant alone if left out.
    pub policy: Option<Policy>,
    /// The values down to which each level above the lowest is kept, where that is not the one that
    /// reaches it.
    pub hold: Option<Vec<Fixed>>,
}

#[derive(Debug, Clone)]
pub(crate) enum Measure {
    /// One value, and the least value of each level above the lowest.
    By {
        value: Axis,
        cuts: LevelCuts,
    },
    Grid {
        rows: (Axis, Vec<Fixed>),
        columns: (Axis, Vec<Fixed>),
        cells: Vec<Vec<usize>>,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum LevelCuts {
    Fixed(Vec<Fixed>),
    /// Cut-offs of the best so many percent: a fit.
    TopPercent {
        key: String,
        percents: Vec<Fixed>,
    },
    /// Exactly so many in each level above the lowest: a fit.
    Places {
        key: String,
        quotas: Vec<Quota>,
    },
}

/// A value that is cut. A score that is an interval stays one.
#[derive(Debug, Clone)]
pub(crate) enum Axis {
    Score { name: String, path: String },
    Formula(Formula),
}

/// Why a customer has no tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotGradedReason {
    /// The customer is not among those who are graded.
    NotEligible,
    /// Whether the customer is among them cannot be told.
    EligibilityUnknown,
    /// The value that is cut is unknown.
    Unknown,
    /// There is nothing to grade by: the value is not applicable.
    NotApplicable,
    /// The customer came after the last instant at which the scheme decided.
    NotDecidedYet,
}

impl NotGradedReason {
    pub fn code(self) -> &'static str {
        match self {
            NotGradedReason::NotEligible => "not_eligible",
            NotGradedReason::EligibilityUnknown => "eligibility_unknown",
            NotGradedReason::Unknown => "unknown",
            NotGradedReason::NotApplicable => "not_applicable",
            NotGradedReason::NotDecidedYet => "not_decided_yet",
        }
    }

    pub fn from_code(code: &str) -> Option<NotGradedReason> {
        REASONS.into_iter().find(|reason| reason.code() == code)
    }

    pub fn title(self) -> Text {
        match self {
            NotGradedReason::NotEligible => Text::new("不在评级范围内", "not eligible"),
            NotGradedReason::EligibilityUnknown => Text::new("是否在评级范围内未知", "eligibility unknown"),
            NotGradedReason::Unknown => Text::new("定级所用的值未知", "the value is unknown"),
            NotGradedReason::NotApplicable => Text::new("没有可用于定级的值", "nothing to grade by"),
            NotGradedReason::NotDecidedYet => Text::new("尚未到定级日", "not decided yet"),
        }
    }
}

pub(super) const REASONS: [NotGradedReason; 5] = [
    NotGradedReason::NotEligible,
    NotGradedReason::EligibilityUnknown,
    NotGradedReason::Unknown,
    NotGradedReason::NotApplicable,
    NotGradedReason::NotDecidedYet,
];

/// A scheme's result: level names, whether the interval spans levels, and why there is no level.
pub(crate) struct Tiered {
    pub level: ArrayRef,
    pub provisional: ArrayRef,
    pub reason: ArrayRef,
}

impl Scheme {
    pub(crate) fn fit_request(&self) -> Option<FitRequest> {
        let Measure::By { value, cuts } = &self.measure else { return None };
        let (key, kind) = match cuts {
            LevelCuts::Fixed(_) => return None,
            LevelCuts::TopPercent { key, percents } => {
                (key, FitKind::TopPercent { percents: percents.clone() })
            }
            LevelCuts::Places { key, quotas } => (key, FitKind::Places { quotas: quotas.clone() }),
        };
        Some(FitRequest {
            key: key.clone(),
            kind,
            base: self.eligible.as_ref().map_or("everyone".into(), |eligible| eligible.sql.clone()),
            among: self.eligible.clone(),
            value: match value {
                Axis::Score { name, .. } => FitValue::Score(name.clone()),
                Axis::Formula(formula) => FitValue::Formula(formula.clone()),
            },
        })
    }

    /// The least value of each level above the lowest, as it stands with these fits.
    pub(crate) fn level_cuts(&self, fits: &Fits) -> Option<Vec<Option<Cut>>> {
        match &self.measure {
            Measure::By { cuts: LevelCuts::Fixed(cuts), .. } => {
                Some(cuts.iter().map(|cut| Some(Cut::Exact(*cut))).collect())
            }
            Measure::By { cuts: LevelCuts::TopPercent { key, .. }, .. } => match fits.fits.get(key) {
                Some(Fit::Cutoffs { at, .. }) => Some(at.clone()),
                _ => None,
            },
            Measure::By { cuts: LevelCuts::Places { key, .. }, .. } => match fits.fits.get(key) {
                Some(Fit::Places { last, .. }) => {
                    Some(last.iter().map(|last| last.map(|(cut, _)| cut)).collect())
                }
                _ => None,
            },
            Measure::Grid { .. } => None,
        }
    }

    /// The least and the greatest level that the values of now reach, and who has none.
    fn bands(&self, frame: &mut Frame, fits: &Fits) -> Bands {
        match &self.measure {
            Measure::By { value, cuts: LevelCuts::Places { key, .. } } => {
                let last = match fits.fits.get(key) {
                    Some(Fit::Places { last, .. }) => last.as_slice(),
                    _ => &[],
                };
                value.places(frame, last)
            }
            Measure::By { value, .. } => {
                let cuts = self.level_cuts(fits).unwrap_or_default();
                // Cut-offs that nobody reaches come last, because levels ascend.
                let boundaries: Vec<Boundary> = cuts.into_iter().flatten().map(Boundary::At).collect();
                value.bands(frame, &boundaries)
            }
            Measure::Grid { rows, columns, cells } => {
                let (low, high, missing) = grid(frame, rows, columns, cells);
                Bands { low, high, missing }
            }
        }
    }

    /// What the values of now say of the levels, for a scheme that remembers.
    pub(super) fn readings(&self, frame: &mut Frame, fits: &Fits) -> Vec<Reading> {
        let eligible = self.eligible.as_ref().map(|formula| frame.condition(formula).0);
        let rise = self.bands(frame, fits);
        let hold = match (&self.measure, &self.hold) {
            (Measure::By { value, .. }, Some(cuts)) => {
                let boundaries: Vec<Boundary> =
                    cuts.iter().map(|cut| Boundary::At(Cut::Exact(*cut))).collect();
                // What fails was counted when it was looked at first.
                let faults = frame.faults.clone();
                let hold = value.bands(frame, &boundaries);
                frame.faults = faults;
                Some((hold.low, hold.high))
            }
            _ => None,
        };
        let missing = rise.missing;
        let refused = |row: usize| {
            let index = match &eligible {
                Some(values) if values.is_null(row) => Some(1),
                Some(values) if !values.value(row) => Some(0),
                _ => missing.get(row).copied().flatten(),
            };
            index.and_then(|index: i32| REASONS.get(index as usize).copied())
        };
        readings_of((rise.low, rise.high), hold, refused)
    }

    pub(crate) fn evaluate(&self, frame: &mut Frame, fits: &Fits) -> Tiered {
        let n = frame.rows;
        let eligible = self.eligible.as_ref().map(|formula| frame.condition(formula).0);
        let Bands { low, high, missing } = self.bands(frame, fits);
        let names = self.levels.iter().map(|(name, _)| name.as_str());
        let reason_names = REASONS.iter().map(|reason| reason.code());
        if eligible.is_none() && missing.is_empty() && high.is_none() {
            // Everybody has a tier, and one only.
            return Tiered {
                level: named(low.into_iter().map(i32::from).collect(), None, names),
                provisional: Arc::new(BooleanArray::new(BooleanBuffer::new_unset(n), None)),
                reason: named(vec![0; n], Some(NullBuffer::new_null(n)), reason_names),
            };
        }
        let mut keys: Vec<Option<i32>> = Vec::with_capacity(n);
        let mut provisional: Vec<Option<bool>> = Vec::with_capacity(n);
        let mut reasons: Vec<Option<i32>> = vec![None; n];
        for row in 0..n {
            let refused = match &eligible {
                Some(values) if values.is_null(row) => Some(1),
                Some(values) if !values.value(row) => Some(0),
                _ => missing.get(row).copied().flatten(),
            };
            reasons[row] = refused;
            keys.push(refused.is_none().then_some(i32::from(low[row])));
            let spans = high.as_ref().is_some_and(|high| high[row] != low[row]);
            provisional.push(refused.is_none().then_some(spans));
        }
        Tiered {
            level: dictionary(keys, names),
            provisional: Arc::new(BooleanArray::from(provisional)),
            reason: dictionary(reasons, reason_names),
        }
    }
}

/// A dictionary column of short names.
pub(crate) fn dictionary<'n>(keys: Vec<Option<i32>>, names: impl Iterator<Item = &'n str>) -> ArrayRef {
    let known = NullBuffer::from_iter(keys.iter().map(Option::is_some));
    let known = Some(known).filter(|known| known.null_count() > 0);
    named(keys.into_iter().map(Option::unwrap_or_default).collect(), known, names)
}

/// The same of keys that stand for something where `known` says so.
fn named<'n>(
    mut keys: Vec<i32>,
    known: Option<NullBuffer>,
    names: impl Iterator<Item = &'n str>,
) -> ArrayRef {
    let values: ArrayRef = Arc::new(StringArray::from_iter_values(names));
    let n = values.len() as i32;
    let mut known = known;
    // A key outside the names cannot be made by the code above; should it be, the row is null.
    if keys.iter().any(|key| !(0..n).contains(key)) {
        let inside = NullBuffer::from_iter(keys.iter().map(|key| (0..n).contains(key)));
        known = NullBuffer::union(known.as_ref(), Some(&inside));
        keys.iter_mut().for_each(|key| *key = (*key).clamp(0, (n - 1).max(0)));
    }
    match DictionaryArray::<Int32Type>::try_new(Int32Array::new(keys.into(), known), values) {
        Ok(array) => Arc::new(array),
        Err(_) => arrow::array::new_null_array(&DataType::Utf8, 0),
    }
}

/// Levels of one axis: least and greatest, and the index of the reason where there is none.
pub(crate) struct Bands {
    pub low: Vec<u16>,
    pub high: Option<Vec<u16>>,
    /// Empty if every row has a level.
    pub missing: Vec<Option<i32>>,
}

impl Axis {
    /// A score by its name keeps its interval; anything else is an expression.
    pub(crate) fn compile(compiler: &mut Compiler<'_>, sql: &str, place: &Place) -> Option<Axis> {
        let formula = compiler.formula(sql, Want::Number, place)?;
        match formula.bare().filter(|name| compiler.model.scorecards.get(name).is_some()) {
            Some(name) => Some(Axis::Score { name: name.to_string(), path: formula.path.clone() }),
            None => Some(Axis::Formula(formula)),
        }
    }

    /// Levels by place: above the last who has one, or level with that one and of no greater number.
    fn places(&self, frame: &mut Frame, last: &[Option<(Cut, i64)>]) -> Bands {
        let last: Vec<(Cut, i64)> = last.iter().flatten().copied().collect();
        let reached: Vec<Boundary> = last.iter().map(|(cut, _)| Boundary::At(*cut)).collect();
        let passed: Vec<Boundary> = last.iter().map(|(cut, _)| Boundary::After(*cut)).collect();
        let mut bands = self.bands(frame, &reached);
        let faults = frame.faults.clone();
        let above = self.bands(frame, &passed);
        frame.faults = faults;
        let ids = frame.columns.get(CUSTOMER).map(|column| column.array.clone());
        let ids = ids.as_ref().and_then(|ids| ids.as_primitive_opt::<Int64Type>());
        let place = |row: usize, reached: u16, passed: u16| {
            let id = ids.map_or(i64::MAX, |ids| ids.value(row));
            let equals = last.get(usize::from(passed)..usize::from(reached)).unwrap_or_default();
            passed + equals.iter().take_while(|(_, number)| id <= *number).count() as u16
        };
        for row in 0..bands.low.len() {
            bands.low[row] = place(row, bands.low[row], above.low[row]);
        }
        if let (Some(high), Some(above)) = (&mut bands.high, &above.high) {
            for row in 0..high.len() {
                high[row] = place(row, high[row], above[row]);
            }
        }
        bands
    }

    fn bands(&self, frame: &mut Frame, boundaries: &[Boundary]) -> Bands {
        let (low, high, path) = match self {
            Axis::Score { name, path } => {
                let of = |suffix: &str| frame.columns.get(&format!("{name}{suffix}")).cloned();
                let low = of("_low").unwrap_or_else(|| {
                    Column::new(arrow::array::new_null_array(&DataType::Null, frame.rows))
                });
                let high = of("_high").filter(|high| !Arc::ptr_eq(&high.array, &low.array));
                (low, high, path)
            }
            Axis::Formula(formula) => (frame.evaluate(formula), None, &formula.path),
        };
        let count = |column: &Column| {
            Numbers::of(&column.array).map_or_else(Vec::new, |numbers| count_boundaries(&numbers, boundaries))
        };
        let mut bands = Bands { low: count(&low), high: high.as_ref().map(count), missing: Vec::new() };
        bands.low.resize(frame.rows, 0);
        let nan: Vec<usize> = Numbers::of(&low.array)
            .map(|numbers| (0..frame.rows).filter(|row| numbers.is_nan(*row)).collect())
            .unwrap_or_default();
        if low.array.logical_null_count() > 0 || !nan.is_empty() {
            let nulls = low.array.logical_nulls();
            let reason = |row: usize| {
                let null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
                null.then(
                    || if low.is_unknown(row) || *low.array.data_type() == DataType::Null { 2 } else { 3 },
                )
            };
            bands.missing = (0..frame.rows).map(reason).collect();
            for row in &nan {
                bands.missing[*row] = Some(2);
            }
            let (path, n) = (path.clone(), nan.len() as u64);
            frame.fault(&path, n);
        }
        bands
    }
}

/// The level of every cell that the intervals touch: the least is given, the greatest is possible.
fn grid(
    frame: &mut Frame,
    rows: &(Axis, Vec<Fixed>),
    columns: &(Axis, Vec<Fixed>),
    cells: &[Vec<usize>],
) -> (Vec<u16>, Option<Vec<u16>>, Vec<Option<i32>>) {
    let boundaries =
        |cuts: &[Fixed]| -> Vec<Boundary> { cuts.iter().map(|cut| Boundary::At(Cut::Exact(*cut))).collect() };
    let (r, c) = (rows.0.bands(frame, &boundaries(&rows.1)), columns.0.bands(frame, &boundaries(&columns.1)));
    let cell = |row: u16, column: u16| cells[usize::from(row)][usize::from(column)] as u16;
    let n = frame.rows;
    let open = r.high.is_some() || c.high.is_some();
    let (mut low, mut high) = (Vec::with_capacity(n), Vec::with_capacity(if open { n } else { 0 }));
    for row in 0..n {
        if !open {
            low.push(cell(r.low[row], c.low[row]));
            continue;
        }
        let top = |bands: &Bands| bands.high.as_ref().map_or(bands.low[row], |high| high[row]);
        let touched = (r.low[row]..=top(&r)).flat_map(|a| (c.low[row]..=top(&c)).map(move |b| (a, b)));
        let (mut least, mut greatest) = (u16::MAX, 0);
        for (a, b) in touched {
            least = least.min(cell(a, b));
            greatest = greatest.max(cell(a, b));
        }
        low.push(least.min(greatest));
        high.push(greatest);
    }
    let missing = if r.missing.is_empty() && c.missing.is_empty() {
        Vec::new()
    } else {
        let of = |bands: &Bands, row: usize| bands.missing.get(row).copied().flatten();
        (0..n).map(|row| of(&r, row).or(of(&c, row))).collect()
    };
    (low, open.then_some(high), missing)
}

pub(crate) fn compile_scheme(compiler: &mut Compiler<'_>, name: &str, scheme: &TierScheme) -> Option<Scheme> {
    let place = compiler.root().key("tiers").key(name);
    let before = compiler.findings.0.len();
    let mut fine = true;
    if scheme.levels.is_empty() || scheme.levels.len() > 1000 {
        let what = Text::new("等级须有 1 至 1000 个", "a scheme has 1 to 1000 levels");
        compiler.findings.push(Finding::error(
            "levels-count",
            place.key("levels"),
            what,
            Text::new("从低到高写出等级", "the levels from lowest to highest"),
        ));
        return None;
    }
    let mut seen = std::collections::BTreeSet::new();
    for level in scheme.levels.names() {
        if !seen.insert(level) {
            let what = Text::new(format!("等级“{level}”写了两次"), format!("level `{level}` is given twice"));
            compiler.findings.push(Finding::error(
                "duplicate-name",
                place.key("levels").key(level),
                what,
                Text::new("每级一个不同的名字", "a name of its own for each level"),
            ));
        }
    }
    let mut eligible = None;
    if let Some(condition) = &scheme.eligible {
        match compiler.condition(condition, &place.key("eligible")) {
            Some((formula, _)) => eligible = Some(formula),
            None => fine = false,
        }
    }
    let measure = match (&scheme.by, &scheme.grid) {
        (Some(by), None) => {
            let cuts = level_cuts(compiler, scheme, &place);
            let value = Axis::compile(compiler, by, &place.key("by"));
            value.zip(cuts).map(|(value, cuts)| Measure::By { value, cuts })
        }
        (None, Some(grid)) => {
            let at = place.key("grid");
            for (level, written) in scheme.levels.iter() {
                if written.from.is_some() || written.top_percent.is_some() {
                    let what = Text::new(
                        "网格定级时等级不写 from、top_percent",
                        "with a grid, levels have no `from` and no `top_percent`",
                    );
                    compiler.findings.push(Finding::error(
                        "level-form",
                        place.key("levels").key(level),
                        what,
                        Text::new("删去", "leave it out"),
                    ));
                }
            }
            let rows = axis(compiler, &grid.rows, &at.key("rows"));
            let columns = axis(compiler, &grid.columns, &at.key("columns"));
            let cells = cells(compiler, scheme, &at);
            match (rows, columns, cells) {
                (Some(rows), Some(columns), Some(cells)) => Some(Measure::Grid { rows, columns, cells }),
                _ => None,
            }
        }
        _ => {
            let what = Text::new("by 与 grid 须恰好写一个", "exactly one of `by`, `grid`");
            compiler.findings.push(Finding::error(
                "tier-form",
                place.clone(),
                what,
                Text::new("例如 by: value_score", "such as `by: value_score`"),
            ));
            None
        }
    };
    no_demote(compiler, scheme, &place);
    let hold = match &measure {
        Some(Measure::By { cuts: LevelCuts::Fixed(rise), .. }) => {
            let rise = rise.clone();
            hold_cuts(compiler, scheme, &rise, &place)
        }
        _ => None,
    };
    let policy = compile_policy(compiler, scheme, &place);
    if !fine || compiler.findings.0[before..].iter().any(|f| f.severity == gradus_model::Severity::Error) {
        return None;
    }
    let level = |(key, level): (&str, &gradus_model::document::Level)| {
        (key.to_string(), level.title.clone().unwrap_or_else(|| Text::plain(key)))
    };
    Some(Scheme {
        name: name.to_string(),
        title: scheme.title.clone().unwrap_or_else(|| Text::plain(name)),
        levels: scheme.levels.iter().map(level).collect(),
        eligible,
        measure: measure?,
        axis_titles: scheme
            .grid
            .iter()
            .flat_map(|grid| [axis_title(&grid.rows), axis_title(&grid.columns)])
            .collect(),
        policy,
        hold,
    })
}

fn axis_title(axis: &GridAxis) -> Text {
    axis.title.clone().unwrap_or_else(|| Text::plain(&axis.value))
}

fn level_cuts(compiler: &mut Compiler<'_>, scheme: &TierScheme, place: &Place) -> Option<LevelCuts> {
    let at = place.key("levels");
    let mut fine = true;
    let mut say = |compiler: &mut Compiler<'_>, code, place: Place, what: Text, right: Text| {
        compiler.findings.push(Finding::error(code, place, what, right));
        fine = false;
    };
    let levels = &scheme.levels.0;
    if let Some((name, lowest)) = levels.first()
        && (lowest.from.is_some() || lowest.top_percent.is_some())
    {
        let what = Text::new(
            "最低等级不写 from、top_percent：达不到上一级的都在这里",
            "the lowest level has no `from` and no `top_percent`: whoever reaches no other is in it",
        );
        say(
            compiler,
            "level-lowest",
            at.key(name),
            what,
            Text::new("删去，或在前面加一个最低等级", "leave it out, or add a lowest level before it"),
        );
    }
    let above = &levels[1..];
    if above.iter().any(|(_, level)| level.quota.is_some() || level.quota_percent.is_some()) {
        return quotas(compiler, scheme, place);
    }
    let by_percent = above.first().is_some_and(|(_, level)| level.top_percent.is_some());
    let mut numbers: Vec<Fixed> = Vec::new();
    for (name, level) in above {
        let here = at.key(name);
        let (own, key) = if by_percent { (level.top_percent, "top_percent") } else { (level.from, "from") };
        let other = if by_percent { level.from } else { level.top_percent };
        let Some(number) = own.filter(|_| other.is_none()) else {
            let what = Text::new(
                "最低等级以外，所有等级都写 from，或都写 top_percent",
                "every level but the lowest has `from`, or every one `top_percent`",
            );
            say(compiler, "level-form", here, what, Text::new(format!("{key}: …"), format!("`{key}: …`")));
            continue;
        };
        if by_percent && !is_percent(number) {
            let what = Text::new(
                format!("百分比 {number} 不在 0 与 100 之间"),
                format!("{number} percent is not between 0 and 100"),
            );
            say(compiler, "level-percent", here.key(key), what, Text::new("例如 10", "such as 10"));
        } else if let Some(last) = numbers.last()
            && (if by_percent { number >= *last } else { number <= *last })
        {
            let what = Text::new(
                format!("等级须从低到高：这里的 {key} {number} 与前一级的 {last} 顺序不对"),
                format!("levels ascend: {key} {number} does not follow {last} of the level before"),
            );
            let right = if by_percent {
                Text::new(
                    format!("小于 {last}：等级越高，占比越小"),
                    format!("less than {last}: a higher level holds fewer"),
                )
            } else {
                Text::new(format!("大于 {last}"), format!("greater than {last}"))
            };
            say(compiler, "levels-not-ascending", here.key(key), what, right);
        }
        numbers.push(number);
    }
    fine.then(|| {
        if by_percent {
            LevelCuts::TopPercent { key: place.path.clone().unwrap_or_default(), percents: numbers }
        } else {
            LevelCuts::Fixed(numbers)
        }
    })
}

fn axis(compiler: &mut Compiler<'_>, axis: &GridAxis, place: &Place) -> Option<(Axis, Vec<Fixed>)> {
    check_ascending(compiler, &axis.cuts, &place.key("cuts"));
    let value = Axis::compile(compiler, &axis.value, &place.key("value"))?;
    Some((value, axis.cuts.clone()))
}

/// Cuts ascend strictly and there is at least one.
pub(crate) fn check_ascending(compiler: &mut Compiler<'_>, cuts: &[Fixed], place: &Place) -> bool {
    if cuts.is_empty() || cuts.len() > 10_000 {
        let what = Text::new("cuts 须有 1 至 10000 个数", "`cuts` has 1 to 10,000 numbers");
        compiler.findings.push(Finding::error(
            "cuts-count",
            place.clone(),
            what,
            Text::new("例如 [100, 500]", "such as [100, 500]"),
        ));
        return false;
    }
    let mut fine = true;
    for (index, pair) in cuts.windows(2).enumerate() {
        if pair[0] >= pair[1] {
            let what = Text::new(
                format!("{} 不大于前一个 {}", pair[1], pair[0]),
                format!("{} is not greater than {} before it", pair[1], pair[0]),
            );
            compiler.findings.push(Finding::error(
                "cuts-not-ascending",
                place.index(index + 1),
                what,
                Text::new("从小到大", "ascending numbers"),
            ));
            fine = false;
        }
    }
    fine
}

fn cells(compiler: &mut Compiler<'_>, scheme: &TierScheme, place: &Place) -> Option<Vec<Vec<usize>>> {
    let grid = scheme.grid.as_ref()?;
    let (n_rows, n_columns) = (grid.rows.cuts.len() + 1, grid.columns.cuts.len() + 1);
    let mut fine = true;
    if grid.cells.len() != n_rows {
        let what = Text::new(
            format!("cells 有 {} 行，行轴的 {} 个切点对应 {n_rows} 行", grid.cells.len(), n_rows - 1),
            format!(
                "`cells` has {} rows; {} cuts of the row axis make {n_rows}",
                grid.cells.len(),
                n_rows - 1
            ),
        );
        compiler.findings.push(Finding::error(
            "grid-shape",
            place.key("cells"),
            what,
            Text::new(format!("{n_rows} 行"), format!("{n_rows} rows")),
        ));
        fine = false;
    }
    let mut table = Vec::with_capacity(n_rows);
    for (row, names) in grid.cells.iter().enumerate() {
        let at = place.key("cells").index(row);
        if names.len() != n_columns {
            let what = Text::new(
                format!("这一行有 {} 格，列轴的 {} 个切点对应 {n_columns} 格", names.len(), n_columns - 1),
                format!(
                    "this row has {} cells; {} cuts of the column axis make {n_columns}",
                    names.len(),
                    n_columns - 1
                ),
            );
            compiler.findings.push(Finding::error(
                "grid-shape",
                at.clone(),
                what,
                Text::new(format!("{n_columns} 格"), format!("{n_columns} cells")),
            ));
            fine = false;
        }
        let mut line = Vec::with_capacity(n_columns);
        for (column, level) in names.iter().enumerate() {
            match scheme.levels.position(level) {
                Some(position) => line.push(position),
                None => {
                    let findings =
                        unknown_name(level, "等级", "level", scheme.levels.names(), &at.index(column));
                    compiler.findings.extend(findings);
                    fine = false;
                }
            }
        }
        table.push(line);
    }
    fine.then_some(table)
}
