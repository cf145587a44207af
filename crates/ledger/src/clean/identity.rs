//! Identifiers in their one spelling: customer numbers, phones, e-mail addresses, other systems'
//! ids. What is not valid is never stored as an identity.

use std::borrow::Cow;

use gradus_model::document::IdentityKind;
use unicode_normalization::UnicodeNormalization;

use super::text::{canonical_code, is_invisible, unwrapped};

/// Longest customer number or foreign id, in bytes.
const MAX_ID_BYTES: usize = 256;

/// Longest text that can be a phone number.
const MAX_PHONE_BYTES: usize = 64;

/// Reads identifiers of one workspace.
#[derive(Debug, Clone, Copy)]
pub struct IdentityRules {
    region: Option<phonenumber::country::Id>,
}

impl IdentityRules {
    /// `region` is an ISO 3166 country code, such as `CN`; `None` if there is no such country.
    pub fn new(region: &str) -> Option<IdentityRules> {
        let region = region.trim().to_ascii_uppercase().parse().ok()?;
        Some(IdentityRules { region: Some(region) })
    }

    /// The one spelling of an identifier, or `None` if it is not valid. `text` is trimmed and not
    /// empty.
    pub fn normalized<'a>(&self, kind: IdentityKind, text: &'a str) -> Option<Cow<'a, str>> {
        match kind {
            IdentityKind::Id | IdentityKind::External => id(text),
            IdentityKind::Phone => self.phone(text).map(Cow::Owned),
            IdentityKind::Email => email(text).map(Cow::Owned),
        }
    }

    /// The number in E.164 form.
    fn phone(&self, text: &str) -> Option<String> {
        if text.len() > MAX_PHONE_BYTES {
            return None;
        }
        let text = canonical_code(text);
        if let Some(mobile) = self.mainland_mobile(&text) {
            return Some(mobile);
        }
        // Only what telephone numbers are written with reaches the general reader.
        let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '.' | '/');
        if !text.chars().all(plain) || text.bytes().filter(u8::is_ascii_digit).count() < 5 {
            return None;
        }
        let text = match text.strip_prefix("00") {
            Some(rest) => Cow::Owned(format!("+{rest}")),
            None => text,
        };
        let number = phonenumber::parse(self.region, text.as_ref()).ok()?;
        // Extensions do not name another customer, and invalid numbers name none.
        number.is_valid().then(|| phonenumber::format(&number).mode(phonenumber::Mode::E164).to_string())
    }

    /// Mainland Chinese mobile numbers, which are most of them, without the general reader.
    fn mainland_mobile(&self, text: &str) -> Option<String> {
        let mut digits = [0u8; 16];
        let mut n = 0;
        let mut plus = false;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    *digits.get_mut(n)? = byte;
                    n += 1;
                }
                b'+' if at == 0 => plus = true,
                b' ' | b'-' | b'(' | b')' => {}
                _ => return None,
            }
        }
        let digits = digits.get(..n)?;
        let home = self.region == Some(phonenumber::country::CN);
        let local = match digits {
            [b'0', b'0', b'8', b'6', rest @ ..] if !plus && rest.len() == 11 => rest,
            [b'8', b'6', rest @ ..] if (plus || home) && rest.len() == 11 => rest,
            rest if !plus && home && rest.len() == 11 => rest,
            _ => return None,
        };
        if local.first() != Some(&b'1') || !local.get(1).is_some_and(|second| (b'3'..=b'9').contains(second))
        {
            return None;
        }
        let local = std::str::from_utf8(local).ok()?;
        Some(format!("+86{local}"))
    }
}

/// Composed to plain forms, without invisible marks.
fn id(text: &str) -> Option<Cow<'_, str>> {
    if text.len() > MAX_ID_BYTES {
        return None;
    }
    let id = canonical_code(text);
    (!id.is_empty() && !id.chars().any(char::is_control)).then_some(id)
}

/// The local part as written, the domain in lower case and ASCII.
fn email(text: &str) -> Option<String> {
    if text.len() > 320 {
        return None;
    }
    let folded: String = unwrapped(text).chars().filter(|c| !is_invisible(*c)).nfc().collect();
    let folded = folded.replace('＠', "@");
    let address = folded.trim();
    let address = address.strip_prefix("mailto:").unwrap_or(address);
    let (local, domain) = address.split_once('@')?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || c > '\u{7f}';
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    if local.is_empty()
        || local.len() > 64
        || dots
        || !local.chars().all(|c| allowed(c) && !c.is_whitespace())
    {
        return None;
    }
    let domain = if domain.is_ascii() {
        domain.to_ascii_lowercase()
    } else {
        match url::Host::parse(domain).ok()? {
            url::Host::Domain(domain) => domain,
            _ => return None,
        }
    };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let top = domain.rsplit('.').next().unwrap_or("");
    let good = domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(label)
        && top.len() >= 2
        && !top.bytes().all(|b| b.is_ascii_digit());
    good.then(|| format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn phone(text: &str) -> Option<String> {
        IdentityRules::new("CN").unwrap().phone(text)
    }

    #[test]
    fn mainland_mobiles_have_one_spelling() {
        let spellings = [
            "13800138000",
            "+8613800138000",
            "+86 138 0013 8000",
            "0086-138-0013-8000",
            "86 13800138000",
            "１３８００１３８０００",
            "138\u{200b}00138000",
            "=\"13800138000\"",
            "(+86)13800138000",
        ];
        for text in spellings {
            assert_eq!(phone(text).as_deref(), Some("+8613800138000"), "{text}");
        }
        let invalid = [
            "12345678901",
            "138****8000",
            "1380013800",
            "138001380001",
            "无",
            "0",
            "00000000000",
            "=1+1",
            "abc",
            "1.38E+10",
            &"1".repeat(100_000),
        ];
        for text in invalid {
            assert_eq!(phone(text), None, "{text:.20}");
        }
    }

    #[test]
    fn other_numbers_follow_their_countries() {
        assert_eq!(phone("010-65529988").as_deref(), Some("+861065529988"));
        assert_eq!(phone("+44 20 7946 0958").as_deref(), Some("+442079460958"));
        assert_eq!(phone("00442079460958").as_deref(), Some("+442079460958"));
        let uk = IdentityRules::new("gb").unwrap();
        assert_eq!(uk.phone("020 7946 0958").as_deref(), Some("+442079460958"));
        assert_eq!(uk.phone("+8613800138000").as_deref(), Some("+8613800138000"));
        assert!(IdentityRules::new("XX").is_none());
    }

    #[test]
    fn addresses_have_one_spelling() {
        assert_eq!(email("Zhang.San@Example.COM").as_deref(), Some("Zhang.San@example.com"));
        assert_eq!(email("mailto:a@b.cn").as_deref(), Some("a@b.cn"));
        assert_eq!(email("a＠例子.中国").as_deref(), Some("a@xn--fsqu00a.xn--fiqs8s"));
        for text in [
            "",
            "a",
            "@b.cn",
            "a@",
            "a@b",
            "a b@c.cn",
            "a@b..cn",
            "a@-b.cn",
            "a@b@c.cn",
            "a@1.2.3.4",
            ".a@b.cn",
        ] {
            assert_eq!(email(text), None, "{text}");
        }
    }

    #[test]
    fn customer_numbers_ignore_what_is_not_seen() {
        assert_eq!(id("Ｃ００１\u{202e}").as_deref(), Some("C001"));
        assert_eq!(id("=1+1").as_deref(), Some("=1+1"));
        assert_eq!(id("\u{200b}"), None);
        assert_eq!(id(&"9".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{1,40}|[0-9+() ./-]{1,40}|[a-z@.]{1,20}") {
            let rules = IdentityRules::new("CN").unwrap();
            for kind in [IdentityKind::Id, IdentityKind::Phone, IdentityKind::Email, IdentityKind::External] {
                let once = rules.normalized(kind, &text).map(Cow::into_owned);
                if let Some(once) = &once {
                    // The one spelling is its own one spelling.
                    let again = rules.normalized(kind, once).map(Cow::into_owned);
                    prop_assert_eq!(Some(once), again.as_ref());
                }
            }
        }
    }
}
