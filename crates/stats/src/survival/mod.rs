//! Time until something happens (a customer leaves, buys again), where for some it has not happened yet:
//! those are censored at the time they were last seen, and still count as at risk at it.

pub mod concordance;
pub mod cox;
pub mod kaplan_meier;
pub mod log_rank;

use thiserror::Error;

/// What is wrong with the times handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SurvivalError {
    #[error("the columns have {0} and {1} rows")]
    UnequalColumns(usize, usize),
    #[error("row {row}: the time is not a finite number of at least 0")]
    NotATime { row: usize },
    #[error("row {row}: covariate {column} is not a finite number")]
    NotFinite { row: usize, column: usize },
}

/// One distinct time: how many were at risk just before it, and what happened at it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    pub time: f64,
    pub n_at_risk: f64,
    pub n_events: f64,
    pub n_censored: f64,
}

/// The distinct times in order.
pub fn moments(times: &[f64], happened: &[bool]) -> Result<Vec<Moment>, SurvivalError> {
    let order = order(times, happened)?;
    let mut out: Vec<Moment> = Vec::new();
    for (rank, &i) in order.iter().enumerate() {
        if out.last().is_none_or(|last| last.time != times[i]) {
            let n_at_risk = (order.len() - rank) as f64;
            out.push(Moment { time: times[i], n_at_risk, n_events: 0.0, n_censored: 0.0 });
        }
        if let Some(last) = out.last_mut() {
            if happened[i] { last.n_events += 1.0 } else { last.n_censored += 1.0 }
        }
    }
    Ok(out)
}

/// Rows from the earliest to the latest time.
fn order(times: &[f64], happened: &[bool]) -> Result<Vec<usize>, SurvivalError> {
    if times.len() != happened.len() {
        return Err(SurvivalError::UnequalColumns(times.len(), happened.len()));
    }
    if let Some(row) = times.iter().position(|time| !(time.is_finite() && *time >= 0.0)) {
        return Err(SurvivalError::NotATime { row });
    }
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by(|&a, &b| times[a].total_cmp(&times[b]).then(a.cmp(&b)));
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_seen_last_at_a_time_are_at_risk_at_it() {
        let found = moments(&[3.0, 1.0, 3.0, 5.0], &[true, true, false, false]).unwrap();
        let of = |time, n_at_risk, n_events, n_censored| Moment { time, n_at_risk, n_events, n_censored };
        assert_eq!(found, [of(1.0, 4.0, 1.0, 0.0), of(3.0, 3.0, 1.0, 1.0), of(5.0, 1.0, 0.0, 1.0)]);
        assert_eq!(moments(&[1.0], &[]), Err(SurvivalError::UnequalColumns(1, 0)));
        assert_eq!(moments(&[1.0, f64::NAN], &[true, true]), Err(SurvivalError::NotATime { row: 1 }));
        assert_eq!(moments(&[-1.0], &[true]), Err(SurvivalError::NotATime { row: 0 }));
        assert_eq!(moments(&[], &[]), Ok(vec![]));
    }
}
