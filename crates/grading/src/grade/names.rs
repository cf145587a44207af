//! Which names an expression or a condition mentions, and an order in which definitions can be
//! evaluated.

use std::collections::{BTreeMap, BTreeSet};

use gradus_model::document::Condition;

/// Identifiers in SQL text, functions left out. Only used to find an order before types are known:
/// the expression room decides what a text really means.
pub(crate) fn names_in_sql(sql: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' => skip_quoted(&mut rest, '\''),
            '"' => {
                let mut name = String::new();
                while let Some(c) = rest.next() {
                    if c == '"' {
                        if rest.peek() != Some(&'"') {
                            break;
                        }
                        rest.next();
                    }
                    name.push(c);
                }
                names.insert(name);
            }
            c if c.is_alphabetic() || c == '_' => {
                let mut name = String::from(c);
                while let Some(&c) = rest.peek().filter(|c| c.is_alphanumeric() || **c == '_') {
                    name.push(c);
                    rest.next();
                }
                let mut after = rest.clone();
                while after.peek().is_some_and(|c| c.is_whitespace()) {
                    after.next();
                }
                if after.peek() != Some(&'(') || is_operator(&name) {
                    names.insert(name);
                }
            }
            c if c.is_ascii_digit() => {
                while rest.peek().is_some_and(|c| c.is_alphanumeric() || *c == '.') {
                    rest.next();
                }
            }
            _ => {}
        }
    }
    names
}

/// Words that stand before a bracket without being functions; harmless among the names.
fn is_operator(name: &str) -> bool {
    ["and", "or", "not", "in", "then", "else", "when", "case", "between", "like"]
        .contains(&name.to_ascii_lowercase().as_str())
}

fn skip_quoted(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) {
    while let Some(c) = rest.next() {
        if c == quote {
            if rest.peek() != Some(&quote) {
                return;
            }
            rest.next();
        }
    }
}

/// Every name that a condition mentions.
pub(crate) fn names_in_condition(condition: &Condition, names: &mut BTreeSet<String>) {
    let node = match condition {
        Condition::Sql(sql) => return names.extend(names_in_sql(sql)),
        Condition::Node(node) => node,
    };
    for child in node.all.iter().flatten().chain(node.any.iter().flatten()).chain(node.not.iter()) {
        names_in_condition(child, names);
    }
    names.extend(node.sql.iter().flat_map(|sql| names_in_sql(sql)));
    names.extend(node.value.iter().cloned());
    names.extend(node.in_segment.iter().cloned());
    names.extend(node.tier.iter().map(|test| test.scheme.clone()));
}

/// An order in which each item comes after what it needs, as early as written where free; and the
/// cycles, each as the list of items that leads back to its first.
pub(crate) fn order(needs: &[BTreeSet<usize>]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let mut placed = vec![false; needs.len()];
    let mut order = Vec::with_capacity(needs.len());
    loop {
        let before = order.len();
        for item in 0..needs.len() {
            if !placed[item] && needs[item].iter().all(|&need| placed[need]) {
                placed[item] = true;
                order.push(item);
            }
        }
        if order.len() == before {
            break;
        }
    }
    (order, cycles(needs, &placed))
}

/// One cycle through each group of items that cannot be placed.
fn cycles(needs: &[BTreeSet<usize>], placed: &[bool]) -> Vec<Vec<usize>> {
    let mut seen = placed.to_vec();
    let mut found = Vec::new();
    for start in 0..needs.len() {
        let mut path: Vec<usize> = Vec::new();
        let mut at: BTreeMap<usize, usize> = BTreeMap::new();
        let mut item = start;
        while !seen[item] {
            if let Some(&from) = at.get(&item) {
                found.push(path[from..].to_vec());
                break;
            }
            at.insert(item, path.len());
            path.push(item);
            match needs[item].iter().find(|&&need| !placed[need]) {
                Some(&need) => item = need,
                None => break,
            }
        }
        for item in path {
            seen[item] = true;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn names_are_found_and_functions_and_texts_are_not() {
        assert_eq!(names_in_sql("round(近90天消费金额 / orders, 2)"), set(&["近90天消费金额", "orders"]));
        assert_eq!(names_in_sql("country = 'it''s orders' "), set(&["country"]));
        assert_eq!(names_in_sql("\"a \"\"b\" > 1e5"), set(&["a \"b"]));
        assert_eq!(names_in_sql("x in (1) and(y)"), set(&["x", "in", "and", "y"]));
        assert_eq!(names_in_sql("'unclosed"), set(&[]));
    }

    #[test]
    fn items_come_after_what_they_need_and_cycles_are_spelled_out() {
        let needs = |lists: &[&[usize]]| -> Vec<BTreeSet<usize>> {
            lists.iter().map(|list| list.iter().copied().collect()).collect()
        };
        assert_eq!(order(&needs(&[&[2], &[], &[1]])), (vec![1, 2, 0], vec![]));
        let (placed, cycles) = order(&needs(&[&[1], &[2], &[1], &[], &[4]]));
        assert_eq!(placed, vec![3]);
        assert_eq!(cycles, vec![vec![1, 2], vec![4]]);
    }
}
