//! One JSON object as leaves with dotted keys.

use gradus_model::Text;

use crate::collect::fault::{FaultCode, reason};

/// How deep objects may lie in each other.
const MAX_DEPTH: usize = 8;

pub(super) type Pairs = Vec<(String, Option<String>)>;

/// The leaves of one object with their dotted keys, in the order of the text.
pub(super) fn flatten(text: &str) -> Result<Pairs, (FaultCode, Text)> {
    // The text is checked first, so that walking it needs no checks of its own.
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        return Err((FaultCode::BrokenJson, reason::broken_json(error.column())));
    }
    if !text.starts_with('{') {
        return Err((FaultCode::NotAnObject, reason::not_an_object()));
    }
    let mut walker = Walker { text, at: 0, pairs: Vec::new() };
    walker.object("", 1)?;
    Ok(walker.pairs)
}

/// Walks over text that is known to be JSON.
struct Walker<'a> {
    text: &'a str,
    at: usize,
    pairs: Pairs,
}

impl Walker<'_> {
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or(0)
    }

    fn object(&mut self, prefix: &str, depth: usize) -> Result<(), (FaultCode, Text)> {
        if depth > MAX_DEPTH {
            return Err((FaultCode::TooDeep, reason::too_deep(MAX_DEPTH)));
        }
        self.at += 1;
        loop {
            match self.peek() {
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                b',' => self.at += 1,
                b'"' => {
                    let key = self.string();
                    let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
                    self.peek();
                    self.at += 1;
                    self.value(key, depth)?;
                }
                _ => return Err((FaultCode::BrokenJson, reason::broken_json(self.at))),
            }
        }
    }

    fn value(&mut self, key: String, depth: usize) -> Result<(), (FaultCode, Text)> {
        let value = match self.peek() {
            b'{' => return self.object(&key, depth + 1),
            b'"' => Some(self.string()),
            b'[' => Some(self.list().to_string()),
            b'n' => {
                self.at += 4;
                None
            }
            _ => {
                let rest = &self.text[self.at..];
                let end = rest.find([',', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                self.at += end;
                Some(plain_number(&rest[..end]))
            }
        };
        self.pairs.push((key, value));
        Ok(())
    }

    fn skip_string(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            self.at += match byte {
                b'\\' => 2,
                b'"' => break,
                _ => 1,
            };
        }
        self.at += 1;
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.skip_string();
        let written = self.text.get(start..self.at).unwrap_or("\"\"");
        serde_json::from_str(written).unwrap_or_default()
    }

    fn list(&mut self) -> &str {
        let (start, mut depth) = (self.at, 0usize);
        loop {
            match self.peek() {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                0 => break,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        self.text.get(start..self.at).unwrap_or("[]")
    }
}

/// A number without exponent, every digit kept: `1.5E3` is `1500`. Exponents beyond 40 stay.
fn plain_number(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return text.to_string() };
    let Ok(exponent @ -40..=40) = exponent.parse::<i32>() else { return text.to_string() };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let point = whole.len() as i32 + exponent;
    let number = if point <= 0 {
        format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else if point as usize >= digits.len() {
        format!("{digits}{}", "0".repeat(point as usize - digits.len()))
    } else {
        format!("{}.{}", &digits[..point as usize], &digits[point as usize..])
    };
    let number =
        if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    let trimmed = number.trim_start_matches('0');
    let number = if trimmed.is_empty() || trimmed.starts_with('.') {
        format!("0{trimmed}")
    } else {
        trimmed.to_string()
    };
    format!("{sign}{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_their_exponent_and_no_digit() {
        for (written, plain) in [
            ("1.5E3", "1500"),
            ("1e+05", "100000"),
            ("-2.50e-1", "-0.25"),
            ("12.34e1", "123.4"),
            ("0e0", "0"),
            ("1e300", "1e300"),
            ("0.10", "0.10"),
        ] {
            assert_eq!(plain_number(written), plain);
        }
    }
}
