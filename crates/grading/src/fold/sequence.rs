//! Sequences: steps that a customer takes one after the other.

use super::channel::{Batch, Channel};
use super::segment::Segment;
use super::spec::SequenceStep;
use super::zone::back;

/// How often the steps are completed in order, without overlap. For each step the latest event
/// that completes it is kept: being later never makes the next step harder to reach in time.
pub fn sequences(channel: &Channel, batch: &Batch<'_>, (lo, hi): Segment, steps: &[SequenceStep]) -> i64 {
    let days = batch.days();
    let mut reached: Vec<Option<i32>> = vec![None; steps.len()];
    let mut n = 0;
    for row in &channel.rows.list()[lo as usize..hi as usize] {
        let day = days[*row as usize];
        for at in (0..steps.len()).rev() {
            if !channel.steps[at].counts(*row) {
                continue;
            }
            let in_time = at == 0
                || reached[at - 1].is_some_and(|before| match steps[at].within {
                    Some(span) => back(day, span) <= before,
                    None => true,
                });
            if in_time {
                reached[at] = Some(day);
                if at + 1 == steps.len() {
                    n += 1;
                    reached.fill(None);
                    break;
                }
            }
        }
    }
    n
}
