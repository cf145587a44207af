//! Tier schemes (等级体系): a value or two cut into ordered levels.

mod compile;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array, StringArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use gradus_expression::Want;
use gradus_model::fixed::Fixed;
use gradus_model::{Place, Text};
use serde::{Deserialize, Serialize};

pub(crate) use self::compile::{check_ascending, compile_scheme};
use super::CUSTOMER;
use super::compile::Compiler;
use super::fit::{Fit, FitKind, FitRequest, FitValue, Fits, Quota};
use super::frame::{Column, Formula, Frame};
use super::keep::{Policy, Reading};
use super::number::{Boundary, Cut, Numbers, count_boundaries};
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
