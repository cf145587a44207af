//! What was probably meant by a name that does not exist.

use gradus_model::Text;

/// The names that are closest to `written`, at most three, closest first.
pub fn closest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = written.to_lowercase();
    let most = (lower.chars().count() / 2).clamp(1, 4);
    let mut near: Vec<(usize, &str)> = names
        .map(|name| (distance(&lower, &name.to_lowercase()), name))
        .filter(|(n, _)| *n <= most)
        .collect();
    near.sort();
    near.truncate(3);
    near.into_iter().map(|(_, name)| name).collect()
}

/// The sentence for a finding: the closest names, or all there are if they are few.
pub fn did_you_mean(near: &[&str], all: &[String]) -> Text {
    if !near.is_empty() {
        return Text::plain(near.join(" / "));
    }
    let shown: Vec<&str> = all.iter().take(12).map(String::as_str).collect();
    let more = if all.len() > shown.len() { " ..." } else { "" };
    Text::new(format!("其中之一：{}{more}", shown.join("、")), format!("one of: {}{more}", shown.join(", ")))
}

/// Letters to insert, drop or change (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_found() {
        let names = ["金额", "下单时间", "CustomerID", "InvoiceNo"];
        assert_eq!(closest("CustomerId ", names.into_iter()), ["CustomerID"]);
        assert_eq!(closest("下单日间", names.into_iter()), ["下单时间"]);
        assert!(closest("zzzz", names.into_iter()).is_empty());
    }
}
