//! Points that fade with the age of their events.

use gradus_model::document::{Decay, Span};
use gradus_model::fixed::{FIXED_ONE, Fixed, round_div};

use super::channel::{Batch, Channel};
use super::segment::Segment;
use super::state::State;
use super::window::AsOf;
use super::zone::back;

/// The points of the events of each segment, each rounded by itself.
pub fn decayed(
    channel: &Channel,
    batch: &Batch<'_>,
    segments: &[Segment],
    points: Fixed,
    decay: Option<Decay>,
    as_of: AsOf,
) -> State {
    let Some(decay) = decay else {
        return State::Sum(
            segments.iter().map(|(lo, hi)| i128::from(hi - lo) * i128::from(points.0)).collect(),
        );
    };
    let (rows, days) = (channel.rows.list(), batch.days());
    let mut by_age: Vec<i64> = Vec::new();
    let one = |(lo, hi): &Segment| {
        let mut total = 0i128;
        for row in &rows[*lo as usize..*hi as usize] {
            let age = as_of.day.saturating_sub(days[*row as usize]).max(0);
            if age > MAX_AGE {
                total += i128::from(faded(points, decay, age, as_of));
                continue;
            }
            while by_age.len() <= age as usize {
                by_age.push(faded(points, decay, by_age.len() as i32, as_of));
            }
            total += i128::from(by_age[age as usize]);
        }
        total
    };
    State::Sum(segments.iter().map(one).collect())
}

/// Ages in local dates up to which points are worked out once: a century.
const MAX_AGE: i32 = 36_500;

/// The points of an event of an age in local dates, rounded half away from zero to four digits.
fn faded(points: Fixed, decay: Decay, age_days: i32, as_of: AsOf) -> i64 {
    let days = |span: Span| (as_of.day - back(as_of.day, span)).max(1);
    match decay {
        // In integers: a float would miss the halves that have to be rounded away from zero.
        Decay::Linear(span) => {
            let (span, points) = (i128::from(days(span)), i128::from(points.0));
            let left = (span - i128::from(age_days)).max(0);
            round_div(points.saturating_mul(left), span)
                .and_then(|points| i64::try_from(points).ok())
                .unwrap_or(0)
        }
        // libm's pure-Rust exp2, so that machines agree to the bit. `round` is half away from zero;
        // points are far below 2^53 ten-thousandths.
        Decay::HalfLife(span) => {
            let share = libm::exp2(-f64::from(age_days) / f64::from(days(span)));
            let most = FIXED_ONE as f64 * 1e12;
            (points.0 as f64 * share).round().clamp(-most, most) as i64
        }
    }
}
