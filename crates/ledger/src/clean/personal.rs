//! Values that look like somebody's identifier, wherever they turn up: a telephone number in an
//! amount, an address of mail in a remark that was declared as a field. The ledger holds no direct
//! identifiers, so such a value goes to the vault or its row to quarantine, and a person is told.
//!
//! Recognised are mobile numbers of mainland China (where the workspace's region is CN) and numbers
//! in international form, addresses of mail, identity cards of mainland China with their check
//! digit, and bank cards with theirs. Digits in groups of any other length are codes.

use std::borrow::Cow;

use gradus_model::document::Source;
use gradus_model::event_stream::FieldType;
use gradus_model::{Finding, Findings, Place, Text};

use crate::collect::propose::names_a_person;
use crate::collect::value::is_identity_card;

use super::text::canonical_code;

/// Tells identifiers from other values, for one workspace.
#[derive(Debug, Clone, Copy)]
pub struct PersonalRules {
    /// Eleven digits in a row may be somebody's telephone.
    mainland: bool,
}

impl PersonalRules {
    /// `region` is an ISO 3166 country code.
    pub fn new(region: &str) -> PersonalRules {
        PersonalRules { mainland: region.trim().eq_ignore_ascii_case("CN") }
    }

    /// True if the text is, or holds, somebody's identifier.
    ///
    /// ```
    /// use gradus_ledger::clean::personal::PersonalRules;
    /// let rules = PersonalRules::new("CN");
    /// assert!(rules.is_in("¥13812345678") && rules.is_in("请联系 138-1234-5678"));
    /// assert!(!rules.is_in("6901234567892") && !rules.is_in("2024-03-01 10:00:00"));
    /// ```
    pub fn is_in(&self, text: &str) -> bool {
        // Nearly every value has too few digits and no sign of mail: that much is quickly seen.
        let (mut n_digits, mut has_at, mut wide) = (0usize, false, false);
        for byte in text.bytes() {
            n_digits += usize::from(byte.is_ascii_digit());
            has_at |= byte == b'@';
            // Full-width forms begin with this byte.
            wide |= byte == 0xEF;
        }
        if !wide && n_digits < 9 && !has_at {
            return false;
        }
        let text: Cow<'_, str> = if wide { canonical_code(text) } else { Cow::Borrowed(text) };
        text.contains('@') && text.split(is_beside_mail).any(is_mail) || self.digits(&text)
    }

    /// True if a number is written like a telephone: whole, without groups or a point.
    pub fn is_number(&self, text: &str) -> bool {
        if text.len() < 11 {
            return false;
        }
        let text = canonical_code(text);
        let digits = text.trim_matches(|c: char| !c.is_ascii_digit() && c != '+');
        let national = digits.strip_prefix("+86").or_else(|| digits.strip_prefix("0086")).unwrap_or(digits);
        self.is_mobile(national) || is_identity_card(digits)
    }

    /// As [`PersonalRules::is_number`], of ten-thousandths.
    pub fn is_units(&self, units: i64) -> bool {
        self.mainland && units % 10_000 == 0 && (13_000_000_000..20_000_000_000).contains(&(units / 10_000))
    }

    fn is_mobile(&self, digits: &str) -> bool {
        self.mainland && is_mobile(digits)
    }

    /// Looks at the groups of digits and what stands between them.
    fn digits(&self, text: &str) -> bool {
        let groups = groups(text);
        groups.iter().enumerate().any(|(at, group)| {
            let three = || joined(&groups, at, &[3, 4, 4]);
            let of_four = |n: usize| joined(&groups, at, &vec![4; n]);
            let national = group.digits.strip_prefix("0086").or_else(|| group.digits.strip_prefix("86"));
            self.is_mobile(group.digits)
                || national.is_some_and(|digits| self.is_mobile(digits))
                || three().is_some_and(|digits| self.is_mobile(&digits))
                || group.plus && (8..=15).contains(&group.digits.len())
                || group.plus && group.digits.len() <= 3 && international(&groups, at)
                || is_identity_card(group.whole)
                || is_bank_card(group.digits)
                || of_four(4).is_some_and(|digits| is_bank_card(&digits))
        })
    }
}

/// Fields that a source document declares and whose names, or whose columns' names, say that they
/// identify a person.
pub fn check_names(source: &Source, place: &Place) -> Findings {
    let mut findings = Findings::default();
    for (name, field) in source.fields.iter() {
        let holds_it = matches!(field.field_type, FieldType::Text | FieldType::Integer | FieldType::Decimal);
        // What an expression makes of a column may be harmless; the column itself is not.
        let column = field.value.trim().trim_matches('"');
        let named = [name, column].into_iter().find(|one| names_a_person(one));
        let Some(named) = named.filter(|_| holds_it && !field.identifies_nobody) else { continue };
        findings.push(Finding::warning(
            "field-sounds-personal",
            place.key("fields").key(name),
            Text::new(
                format!("“{named}”像是能认出个人的数据，而字段进入账本"),
                format!("“{named}” sounds like personal data, and fields go to the ledger"),
            ),
            right(),
        ));
    }
    findings
}

/// What to do about values of a field that look like identifiers.
pub(crate) fn right() -> Text {
    Text::new(
        "映射为 identity 或放在 mapping.private 之下；如果只是长得像的编码，在字段上写 identifies_nobody: true",
        "map it as an identity or under mapping.private; if these are codes that only look so, write \
         identifies_nobody: true at the field",
    )
}

/// Digits in a row.
struct Group<'a> {
    digits: &'a str,
    /// With the X that may end an identity card.
    whole: &'a str,
    /// True if a plus stands before them.
    plus: bool,
    /// True if one blank or hyphen, and nothing else, parts them from the group before.
    near: bool,
}

/// The groups of digits that stand by themselves: letters beside them make them codes.
fn groups(text: &str) -> Vec<Group<'_>> {
    let bytes = text.as_bytes();
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut last_end = None;
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        let mut end = at;
        if bytes.get(end).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'x')) && end - start == 17 {
            end += 1;
        }
        let before = start.checked_sub(1).map(|index| bytes[index]);
        let letter = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        if letter(before.as_ref()) || letter(bytes.get(end)) {
            last_end = None;
            at = end;
            continue;
        }
        let near =
            last_end.is_some_and(|last: usize| last + 1 == start) && matches!(before, Some(b' ' | b'-'));
        groups.push(Group {
            digits: &text[start..at],
            whole: &text[start..end],
            plus: before == Some(b'+'),
            near,
        });
        last_end = Some(at);
        at = end;
    }
    groups
}

/// Neighbouring groups of these lengths as one, if they stand alone.
fn joined(groups: &[Group<'_>], at: usize, lengths: &[usize]) -> Option<String> {
    let some = groups.get(at..at + lengths.len())?;
    let fits = some.iter().zip(lengths).all(|(group, length)| group.digits.len() == *length);
    let together = some.iter().skip(1).all(|group| group.near);
    let ends = groups.get(at + lengths.len()).is_none_or(|next| !next.near);
    (fits && together && ends).then(|| some.iter().map(|group| group.digits).collect())
}

/// A country code after a plus, and groups that make a number with it.
fn international(groups: &[Group<'_>], at: usize) -> bool {
    let rest = groups.iter().skip(at + 1).take_while(|group| group.near);
    let n: usize = rest.map(|group| group.digits.len()).sum();
    (7..=12).contains(&n)
}

fn is_mobile(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9 && rest.iter().all(u8::is_ascii_digit))
}

/// UnionPay, Visa, Mastercard and American Express, with the check digit of Luhn (ISO/IEC 7812-1).
fn is_bank_card(digits: &str) -> bool {
    let issued = match digits.len() {
        16 => {
            digits.starts_with('4')
                || digits.starts_with("62")
                || matches!(digits.as_bytes(), [b'5', b'1'..=b'5', ..])
        }
        17..=19 => digits.starts_with("62"),
        15 => digits.starts_with("34") || digits.starts_with("37"),
        _ => false,
    };
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    issued && sum.is_multiple_of(10)
}

fn is_beside_mail(c: char) -> bool {
    c.is_whitespace()
        || !c.is_ascii()
        || matches!(c, ',' | ';' | ':' | '(' | ')' | '<' | '>' | '[' | ']' | '"' | '\'')
}

fn is_mail(word: &str) -> bool {
    let Some((local, domain)) = word.trim_end_matches('.').split_once('@') else { return false };
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let top = domain.rsplit('.').next().unwrap_or("");
    !local.is_empty()
        && domain.contains('.')
        && domain.split('.').all(label)
        && top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_seen_wherever_they_stand() {
        let rules = PersonalRules::new("cn");
        for text in [
            "13812345678",
            "¥13812345678",
            "tel:13812345678",
            "138 1234 5678",
            "+86 138-1234-5678",
            "8613812345678",
            "１３８１２３４５６７８",
            "收货人电话13812345678，放门口",
            "+44 20 7946 0958",
            "+442079460958",
            "联系 zhang@example.com 即可",
            "zhang@example.com",
            // Published example of GB 11643-1999.
            "11010519491231002X",
            "身份证 440524188001010014",
            // Published test numbers of the card schemes.
            "4111111111111111",
            "4111 1111 1111 1111",
        ] {
            assert!(rules.is_in(text), "{text}");
        }
        for text in [
            "",
            "SKU13812345678",
            "138123456789",
            "12812345678",
            "6901234567892",
            "2024-03-01 10:00:00",
            "2024-03-01T10:00:00+08:00",
            "20240301100000",
            "110105194912310021",
            "4111111111111112",
            "北京市朝阳区 100 号 1381 室",
            "1,381,234,567.80",
            "price @ 5.00",
            "user@localhost",
            "C++ 17",
            "1.2.3.4",
        ] {
            assert!(!rules.is_in(text), "{text}");
        }
        // Elsewhere eleven digits are a code, and what is international stays so.
        let uk = PersonalRules::new("GB");
        assert!(!uk.is_in("13812345678") && uk.is_in("+8613812345678") && uk.is_in("a@b.co.uk"));
    }

    #[test]
    fn amounts_that_are_telephones_are_told_from_amounts() {
        let rules = PersonalRules::new("CN");
        for text in
            ["13812345678", "¥13812345678", "￥１３８１２３４５６７８", "+8613812345678", "13812345678 元"]
        {
            assert!(rules.is_number(text), "{text}");
        }
        for text in ["13,812,345,678", "13812345678.00", "1381234567", "138123456789", "-12.5", "99999999999"]
        {
            assert!(!rules.is_number(text), "{text}");
        }
        assert!(rules.is_units(138_123_456_780_000) && !rules.is_units(138_123_456_780_001));
        assert!(!PersonalRules::new("VN").is_units(138_123_456_780_000));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[0-9+@xX .-]{0,40}") {
            let rules = PersonalRules::new("CN");
            let _ = (rules.is_in(&text), rules.is_number(&text));
        }
    }
}
