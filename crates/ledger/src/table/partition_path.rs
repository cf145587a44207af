//! The folder of a partition: `as_of=2024-03-31/`, as Hive, Spark and delta-rs name it. Delta's log says the
//! values beside each file; Polars reads them from the path instead, so they stand in both.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What stands for null, by Hive's convention.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The folder of these values relative to the table, with a slash at its end; empty without any.
pub(crate) fn folder_of(columns: &[String], values: &BTreeMap<String, Option<String>>) -> String {
    let mut folder = String::new();
    for name in columns {
        folder.push_str(&escaped(name));
        folder.push('=');
        match values.get(name).and_then(Option::as_deref) {
            Some(value) if !value.is_empty() => folder.push_str(&escaped(value)),
            _ => folder.push_str(NULL),
        }
        folder.push('/');
    }
    folder
}

/// Percent-encoded but for letters, digits and what no file system and no address minds.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            other => {
                // Writing to a text cannot fail.
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_the_path_as_other_programs_write_them() {
        let columns = ["as_of".to_owned(), "tier".to_owned()];
        let of = |as_of: Option<&str>, tier: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            folder_of(&columns, &BTreeMap::from([("as_of".into(), own(as_of)), ("tier".into(), own(tier))]))
        };
        assert_eq!(of(Some("2024-03-31"), Some("gold")), "as_of=2024-03-31/tier=gold/");
        assert_eq!(
            of(Some("2024-03-31T04:00:00Z"), None),
            "as_of=2024-03-31T04%3A00%3A00Z/tier=__HIVE_DEFAULT_PARTITION__/"
        );
        assert_eq!(of(Some("a b/金%x"), Some("..")), "as_of=a%20b%2F%E9%87%91%25x/tier=../");
        assert_eq!(folder_of(&[], &BTreeMap::new()), "");
    }
}
