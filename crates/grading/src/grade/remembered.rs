//! What a scheme remembers of customers as columns: read from what was decided before, written as what is
//! decided now.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type};
use gradus_model::document::TierScheme;
use jiff::civil::Date;

use super::definition::{Kind, taken};
use super::fit::Fits;
use super::frame::{Column, Frame};
use super::keep::{HOLDS, Held, MOVEMENTS, Memory, Movement, Policy, Reach, Reading};
use super::tier::{NotGradedReason, REASONS, Scheme, dictionary};
use crate::fold::day_of;

/// Prefix of input columns that hold what a scheme decided at its last decision instant: the tier
/// between two of them. `_decided_t`, `_decided_t_provisional`, `_decided_t_reason`, and what else a
/// scheme that remembers does.
pub const DECIDED: &str = "_decided_";
/// Prefix of input columns that hold the same of the decision before, where the scheme decides at this very
/// instant.
pub const BEFORE: &str = "_before_";

/// What the columns of a scheme that remembers are called after the scheme's name, beside the tier itself.
const SUFFIXES: [&str; 6] = ["_entered", "_since", "_moved", "_below_since", "_held", "_until"];

/// The columns that a scheme gives, by name and type: the tier, whether it is provisional, why there is none;
/// and of a scheme that remembers: since when the customer is in the scheme and in the level, how the
/// customer came there, since when the value is below it, why it stands nevertheless, and until when.
pub fn tier_columns(name: &str, scheme: &TierScheme) -> Vec<(String, DataType)> {
    let mut columns: Vec<(String, DataType)> = taken(Kind::Tier, name)
        .into_iter()
        .zip([DataType::Utf8, DataType::Boolean, DataType::Utf8])
        .collect();
    if scheme.remembers() {
        columns.extend(memory_columns(name));
    }
    columns
}

/// The columns that only a scheme that remembers gives.
pub(super) fn memory_columns(name: &str) -> impl Iterator<Item = (String, DataType)> {
    SUFFIXES.into_iter().map(move |suffix| {
        let data_type = match suffix {
            "_moved" | "_held" => DataType::Utf8,
            _ => DataType::Date32,
        };
        (format!("{name}{suffix}"), data_type)
    })
}

/// Takes over what was decided; false if nothing was given.
pub(super) fn take_decided(scheme: &Scheme, frame: &mut Frame) -> bool {
    let names = taken(Kind::Tier, &scheme.name);
    let decided: Vec<Column> =
        names.iter().filter_map(|name| frame.columns.get(&format!("{DECIDED}{name}")).cloned()).collect();
    if decided.len() != names.len() {
        return false;
    }
    for (name, column) in names.iter().zip(decided) {
        frame.put(name, column);
    }
    true
}

/// Decides for everybody, from what is remembered and the values of now.
pub(super) fn decide(scheme: &Scheme, policy: &Policy, frame: &mut Frame, fits: &Fits, as_of: Date) {
    let day = day_of(as_of);
    let readings = scheme.readings(frame, fits);
    let (before, decided) = (memories(scheme, frame, BEFORE), memories(scheme, frame, DECIDED));
    let now: Vec<Memory> = match (before, decided) {
        (Some(before), _) => before
            .iter()
            .zip(&readings)
            .map(|(memory, reading)| policy.decide(memory, reading, day))
            .collect(),
        (None, Some(decided)) => {
            decided.iter().zip(&readings).map(|(memory, reading)| policy.show(memory, reading, day)).collect()
        }
        // Nothing is remembered of anybody: as it is on the first day.
        (None, None) => readings.iter().map(|reading| policy.first(reading, day)).collect(),
    };
    put(scheme, frame, &now);
}

/// What a scheme says of the customer in one row, after it was evaluated.
pub(super) fn memory_at(scheme: &Scheme, frame: &Frame, row: usize) -> Option<Memory> {
    scheme.policy.as_ref()?;
    memories(scheme, frame, "")?.get(row).copied()
}

/// What is remembered under a prefix; `None` if it was not given.
fn memories(scheme: &Scheme, frame: &Frame, prefix: &str) -> Option<Vec<Memory>> {
    let of = |suffix: &str| frame.columns.get(&format!("{prefix}{}{suffix}", scheme.name));
    let text = |suffix: &str| -> Option<StringArray> {
        Some(cast(&of(suffix)?.array, &DataType::Utf8).ok()?.as_string::<i32>().clone())
    };
    let days = |suffix: &str| -> Option<Date32Array> {
        Some(cast(&of(suffix)?.array, &DataType::Date32).ok()?.as_primitive::<Date32Type>().clone())
    };
    let (levels, reasons) = (text("")?, text("_reason")?);
    let provisional = of("_provisional")?.array.as_boolean_opt()?.clone();
    let (entered, since, below) = (days("_entered")?, days("_since")?, days("_below_since")?);
    let (moved, held, until) = (text("_moved")?, text("_held")?, days("_until")?);
    let word = |array: &StringArray, row: usize| -> Option<String> {
        array.is_valid(row).then(|| array.value(row).to_string())
    };
    let at = |array: &Date32Array, row: usize| array.is_valid(row).then(|| array.value(row));
    let memory = |row: usize| {
        let level = word(&levels, row);
        let level = level.and_then(|name| scheme.levels.iter().position(|(own, _)| *own == name));
        let reason = word(&reasons, row).and_then(|code| NotGradedReason::from_code(&code));
        Memory {
            level: level.map(|level| level as u16),
            provisional: provisional.is_valid(row) && provisional.value(row),
            reason: match level {
                Some(_) => None,
                None => Some(reason.unwrap_or(NotGradedReason::NotDecidedYet)),
            },
            entered: at(&entered, row),
            since: at(&since, row),
            moved: word(&moved, row).and_then(|code| Movement::from_code(&code)),
            below_since: at(&below, row),
            held: word(&held, row).and_then(|code| Held::from_code(&code)),
            until: at(&until, row),
        }
    };
    Some((0..frame.rows).map(memory).collect())
}

fn put(scheme: &Scheme, frame: &mut Frame, now: &[Memory]) {
    let name = &scheme.name;
    let place = |all: &[&str], code: &str| all.iter().position(|own| *own == code).map(|at| at as i32);
    let reasons: Vec<&str> = REASONS.iter().map(|one| one.code()).collect();
    let (moves, holds) = (MOVEMENTS.map(Movement::code), HOLDS.map(Held::code));
    let level_names = scheme.levels.iter().map(|(name, _)| name.as_str());
    let days = |of: fn(&Memory) -> Option<i32>| -> ArrayRef {
        Arc::new(now.iter().map(of).collect::<Date32Array>())
    };
    let open: BooleanArray = now.iter().map(|one| one.level.map(|_| one.provisional)).collect();
    let columns: [(&str, ArrayRef); 9] = [
        ("", dictionary(now.iter().map(|one| one.level.map(i32::from)).collect(), level_names)),
        ("_provisional", Arc::new(open)),
        (
            "_reason",
            dictionary(
                now.iter().map(|one| place(&reasons, one.reason?.code())).collect(),
                reasons.iter().copied(),
            ),
        ),
        ("_entered", days(|one| one.entered)),
        ("_since", days(|one| one.since)),
        (
            "_moved",
            dictionary(now.iter().map(|one| place(&moves, one.moved?.code())).collect(), moves.into_iter()),
        ),
        ("_below_since", days(|one| one.below_since)),
        (
            "_held",
            dictionary(now.iter().map(|one| place(&holds, one.held?.code())).collect(), holds.into_iter()),
        ),
        ("_until", days(|one| one.until)),
    ];
    for (suffix, array) in columns {
        frame.put(&format!("{name}{suffix}"), Column::unknown_where_null(array));
    }
}

/// Readings of bands: least and greatest level by the values that reach them, and by those down to which they
/// are kept.
pub(super) fn readings_of(
    rise: (Vec<u16>, Option<Vec<u16>>),
    hold: Option<(Vec<u16>, Option<Vec<u16>>)>,
    refused: impl Fn(usize) -> Option<NotGradedReason>,
) -> Vec<Reading> {
    let (low, high) = rise;
    let top =
        |low: &[u16], high: &Option<Vec<u16>>, row: usize| high.as_ref().map_or(low[row], |all| all[row]);
    let reading = |row: usize| {
        let rises = (low[row], top(&low, &high, row));
        let holds = hold.as_ref().map_or(rises, |(low, high)| (low[row], top(low, high, row)));
        let reach = |rise: u16, hold: u16| Reach { rise, hold: hold.max(rise) };
        Reading { low: reach(rises.0, holds.0), high: reach(rises.1, holds.1), refused: refused(row) }
    };
    (0..low.len()).map(reading).collect()
}
