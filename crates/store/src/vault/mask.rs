//! Masks: what is shown of an identifier to those who may not see it.

/// The masked form of a value of this kind: `138****8000`, `z***@example.com`, `张*`, `C***1`.
/// It never shows the whole value, however short that is, and never fails.
///
/// ```
/// use gradus_store::masked;
/// assert_eq!(masked("phone", "13800138000"), "138****8000");
/// assert_eq!(masked("name", "张三丰"), "张**");
/// ```
pub fn masked(kind: &str, value: &str) -> String {
    let value = value.trim();
    match kind {
        "phone" | "mobile" | "telephone" => phone(value),
        "email" => email(value),
        "name" | "contact" => name(value),
        "address" => address(value),
        _ => other(value),
    }
}

fn phone(value: &str) -> String {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    // A Chinese mobile number with its country code reads like one without.
    let local = match digits.strip_prefix("86") {
        Some(rest) if rest.len() == 11 => rest,
        _ => &digits,
    };
    match local.len() {
        0..4 => "****".to_string(),
        4..8 => format!("****{}", &local[local.len() - 2..]),
        n => format!("{}****{}", &local[..3], &local[n - if n < 11 { 2 } else { 4 }..]),
    }
}

fn email(value: &str) -> String {
    match value.rsplit_once('@') {
        Some((local, domain)) if local.chars().count() > 1 => {
            format!("{}***@{domain}", first(local))
        }
        Some((local, domain)) if !local.is_empty() => format!("***@{domain}"),
        _ => other(value),
    }
}

fn name(value: &str) -> String {
    let words: Vec<String> = value
        .split_whitespace()
        .map(|word| match word.chars().count() {
            1 => "*".to_string(),
            n if word.is_ascii() => format!("{}{}", first(word), "*".repeat(n.min(4) - 1)),
            n => format!("{}{}", first(word), "*".repeat(n.min(9) - 1)),
        })
        .collect();
    if words.is_empty() { "*".to_string() } else { words.join(" ") }
}

fn address(value: &str) -> String {
    let shown: String = value.chars().take(value.chars().count().min(12) / 2).collect();
    format!("{shown}****")
}

fn other(value: &str) -> String {
    match (value.chars().count(), value.chars().last()) {
        (0..=2, _) | (_, None) => "***".to_string(),
        (_, Some(last)) => format!("{}***{last}", first(value)),
    }
}

fn first(value: &str) -> String {
    value.chars().take(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_what_people_expect() {
        let cases = [
            ("phone", "13800138000", "138****8000"),
            ("phone", "+86 138-0013-8000", "138****8000"),
            ("phone", "010-6552", "****52"),
            ("phone", "021 6552 9988", "021****9988"),
            ("phone", "65529988", "655****88"),
            ("phone", "12", "****"),
            ("email", "zhang@example.com", "z***@example.com"),
            ("email", "z@example.com", "***@example.com"),
            ("email", "no at", "n***t"),
            ("name", "张三", "张*"),
            ("name", "欧阳娜娜", "欧***"),
            ("name", "John Smith", "J*** S***"),
            ("name", "李", "*"),
            ("name", "", "*"),
            ("id", "C00001", "C***1"),
            ("id", "C1", "***"),
            ("address", "北京市海淀区中关村大街1号", "北京市海淀区****"),
            ("address", "上海", "上****"),
            ("whatever", "秘密的值", "秘***值"),
        ];
        for (kind, value, expected) in cases {
            assert_eq!(masked(kind, value), expected, "{kind} {value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_mask_never_shows_the_value(value in ".{1,40}", kind in "phone|email|name|address|id") {
            let shown = masked(&kind, &value);
            proptest::prop_assert!(shown.contains('*'));
            if !value.contains('*') {
                proptest::prop_assert!(!shown.contains(value.trim()) || value.trim().is_empty());
            }
        }
    }
}
