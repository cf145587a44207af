//! What is wrong with an expression, before it is known where the expression stands.

use gradus_model::{Finding, Place, Text};

/// A finding without its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub code: &'static str,
    pub what: Text,
    pub right: Text,
}

impl Problem {
    pub fn new(code: &'static str, what: Text, right: Text) -> Problem {
        Problem { code, what, right }
    }

    pub fn at(self, place: &Place) -> Finding {
        Finding::error(self.code, place.clone(), self.what, self.right)
    }
}

/// Text in both languages from two format strings.
macro_rules! text {
    ($zh:literal, $en:literal $(, $name:ident = $value:expr)* $(,)?) => {
        ::gradus_model::Text::new(format!($zh $(, $name = $value)*), format!($en $(, $name = $value)*))
    };
}
pub(crate) use text;

/// The beginning of a text that may be long, for quoting it in a finding.
pub fn brief(text: &str) -> String {
    let mut brief: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if brief.len() < text.len() {
        brief.push('…');
    }
    brief
}
