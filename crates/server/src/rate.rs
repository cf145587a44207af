//! How often somebody may ask: each session and each key so many requests a second, with a reserve for
//! what comes at once. It is there so that a program that runs wild does not take the server from others.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Requests a second that are answered for as long as somebody asks.
pub const A_SECOND: f64 = 100.0;
/// Requests that may come at once.
pub const AT_ONCE: f64 = 600.0;
/// Beyond so many, those who asked long ago are forgotten.
const REMEMBERED: usize = 10_000;

/// What everybody has left.
#[derive(Default)]
pub struct Rates {
    left: Mutex<HashMap<u64, Left>>,
}

struct Left {
    requests: f64,
    at: Instant,
}

impl Left {
    fn now(&self, now: Instant) -> f64 {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        (self.requests + since * A_SECOND).min(AT_ONCE)
    }
}

impl Rates {
    /// Takes one request from what somebody has left.
    ///
    /// # Errors
    /// Seconds to wait, if there is none.
    pub fn take(&self, who: u64, now: Instant) -> Result<(), i64> {
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            // Who has everything left again needs not be remembered.
            all.retain(|_, left| left.now(now) < AT_ONCE);
        }
        let left = all.entry(who).or_insert(Left { requests: AT_ONCE, at: now });
        let requests = left.now(now);
        if requests < 1.0 {
            return Err(1);
        }
        *left = Left { requests: requests - 1.0, at: now };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_reserve_is_used_up_and_comes_back_and_others_have_their_own() {
        let (rates, began) = (Rates::default(), Instant::now());
        for _ in 0..AT_ONCE as u64 {
            assert_eq!(rates.take(1, began), Ok(()));
        }
        assert_eq!((rates.take(1, began), rates.take(2, began)), (Err(1), Ok(())));
        let later = began + Duration::from_millis(500);
        let answered = (0..1_000).filter(|_| rates.take(1, later).is_ok()).count();
        assert_eq!(answered as f64, A_SECOND / 2.0);
        let much_later = began + Duration::from_secs(3_600);
        let answered = (0..1_000).filter(|_| rates.take(1, much_later).is_ok()).count();
        assert_eq!(answered as f64, AT_ONCE, "no more than the reserve");
    }

    #[test]
    fn those_who_asked_long_ago_are_forgotten() {
        let (rates, began) = (Rates::default(), Instant::now());
        for who in 0..REMEMBERED as u64 {
            assert_eq!(rates.take(who, began), Ok(()));
        }
        assert_eq!(rates.take(u64::MAX, began + Duration::from_secs(60)), Ok(()));
        assert_eq!(rates.left.lock().unwrap().len(), 1);
    }
}
