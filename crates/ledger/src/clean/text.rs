//! Text as it is compared: what is invisible or merely typographic does not make two values.

use std::borrow::Cow;
use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Longest text of a declared field, in bytes.
pub const MAX_TEXT_BYTES: usize = 32 << 10;

/// Marks that are not seen: control characters, zero-width and direction marks, byte-order marks.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\x08' | '\x0b'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}')
}

/// Which texts mean "not given".
#[derive(Debug, Clone, Default)]
pub struct Given {
    null_texts: BTreeSet<String>,
}

impl Given {
    pub fn new(null_texts: &[String]) -> Given {
        Given { null_texts: null_texts.iter().map(|text| trimmed(text).to_string()).collect() }
    }

    /// The text without blanks around it, or `None` if it means "not given".
    #[inline]
    pub fn text<'a>(&self, text: &'a str) -> Option<&'a str> {
        let text = trimmed(text);
        (!text.is_empty() && (self.null_texts.is_empty() || !self.null_texts.contains(text))).then_some(text)
    }
}

/// Without blanks and invisible marks on either side.
#[inline]
pub fn trimmed(text: &str) -> &str {
    match (text.as_bytes().first(), text.as_bytes().last()) {
        (Some(first), Some(last)) if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)),
    }
}

/// The canonical form of a text field: composed (NFC), without invisible marks. `text` is trimmed.
pub fn canonical(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n')) {
        return Cow::Borrowed(text);
    }
    if is_nfc(text) && !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_invisible(*c)).nfc().collect())
}

/// The canonical form of a code: compatibility forms (full-width digits) become plain ones.
pub fn canonical_code(text: &str) -> Cow<'_, str> {
    let text = unwrapped(text);
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    let folded: String = text.chars().filter(|c| !is_invisible(*c)).nfkc().collect();
    Cow::Owned(folded.trim().to_string())
}

/// Spreadsheets write `="00123"` to keep the zeros of a code.
pub fn unwrapped(text: &str) -> &str {
    text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).map_or(text, trimmed)
}

/// Yes or no, as people and programs write it.
pub fn boolean(text: &str) -> Option<bool> {
    let lower = canonical_code(text).to_lowercase();
    match lower.as_str() {
        "true" | "t" | "yes" | "y" | "1" | "on" | "是" | "对" | "有" | "真" | "√" => Some(true),
        "false" | "f" | "no" | "n" | "0" | "off" | "否" | "不" | "无" | "假" | "×" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_does_not_count() {
        let given = Given::new(&["无".into(), "N/A".into()]);
        assert_eq!(given.text("  a b \u{feff}"), Some("a b"));
        for text in ["", "  ", "\u{3000}", "\u{200e}", "无", " N/A "] {
            assert_eq!(given.text(text), None, "{text:?}");
        }
        assert_eq!(canonical("Cafe\u{301}\0"), "Café");
        assert_eq!(canonical_code("Ａ－００１２\u{200b}"), "A-0012");
        assert_eq!(canonical_code("=\"00123\""), "00123");
        assert_eq!(boolean("是"), Some(true));
        assert_eq!(boolean("Ｎ"), Some(false));
        assert_eq!(boolean("maybe"), None);
    }
}
