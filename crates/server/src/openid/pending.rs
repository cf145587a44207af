//! Sign-ins that are under way: one state each, used once, by the browser that began it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use openidconnect::{Nonce, PkceCodeVerifier};

/// Whoever takes longer at the provider begins anew.
pub const LONGEST: Duration = Duration::from_secs(600);
/// The most at once, from one address and from all.
const MOST_PER_ADDRESS: usize = 500;
const MOST: usize = 10_000;

/// What is needed to end what was begun.
pub struct Begun {
    pub nonce: Nonce,
    pub verifier: PkceCodeVerifier,
    pub redirect_uri: String,
    /// The provider was to ask who they are; and when that was said, microseconds UTC.
    pub anew_us: Option<i64>,
}

struct Waiting {
    begun: Begun,
    browser: String,
    address: String,
    at: Instant,
}

/// All of them, by state.
#[derive(Default)]
pub struct Pending(Mutex<HashMap<String, Waiting>>);

impl Pending {
    /// False if there are too many already.
    pub fn add(&self, state: &str, browser: &str, address: &str, begun: Begun) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, one| one.at.elapsed() < LONGEST);
        let here = all.values().filter(|one| one.address == address).count();
        if all.len() >= MOST || here >= MOST_PER_ADDRESS {
            return false;
        }
        let waiting = Waiting { begun, browser: browser.into(), address: address.into(), at: Instant::now() };
        all.insert(state.to_string(), waiting);
        true
    }

    /// Takes what this browser began with this state: nobody can take it again, whether or not it fits.
    pub fn take(&self, state: &str, browser: &str) -> Option<Begun> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = all.remove(state)?;
        let fits = !browser.is_empty() && one.browser == browser && one.at.elapsed() < LONGEST;
        fits.then_some(one.begun)
    }
}

/// What a browser shows again: 256 random bits.
pub fn new_browser() -> Option<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// True for what [`new_browser`] made.
pub fn is_browser(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Begun {
        Begun {
            nonce: Nonce::new("n".into()),
            verifier: PkceCodeVerifier::new("v".into()),
            redirect_uri: String::new(),
            anew_us: None,
        }
    }

    #[test]
    fn a_state_is_used_once_and_by_its_browser_alone() {
        let pending = Pending::default();
        let (one, other) = (new_browser().unwrap(), new_browser().unwrap());
        assert!(is_browser(&one) && one != other && !is_browser("") && !is_browser(&"g".repeat(64)));
        assert!(pending.add("a", &one, "192.0.2.1", begun()));
        assert!(pending.take("a", &one).is_some());
        assert!(pending.take("a", &one).is_none());
        // Another browser uses it up.
        assert!(pending.add("b", &one, "192.0.2.1", begun()));
        assert!(pending.take("b", &other).is_none());
        assert!(pending.take("b", &one).is_none());
        assert!(pending.add("c", "", "192.0.2.1", begun()));
        assert!(pending.take("c", "").is_none());
    }

    #[test]
    fn one_address_cannot_fill_it() {
        let pending = Pending::default();
        for n in 0..MOST_PER_ADDRESS {
            assert!(pending.add(&n.to_string(), "x", "192.0.2.1", begun()));
        }
        assert!(!pending.add("more", "x", "192.0.2.1", begun()));
        assert!(pending.add("other", "x", "192.0.2.2", begun()));
    }
}
