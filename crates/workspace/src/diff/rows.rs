//! The rows of a decision table, each known by what it tests: a row whose results changed is one change, a
//! row whose cells changed is a row gone and a row come.

use std::collections::HashMap;

use gradus_model::Text;
use serde_json::Value;

use super::Differ;
use super::words::{lead, plain, under};

/// What a row has beside what it tests.
const GIVEN: [&str; 4] = ["then", "title", "from", "until"];

impl Differ {
    pub(super) fn rows(&mut self, path: &str, trail: &Text, before: Option<&Value>, after: Option<&Value>) {
        let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let (before, after) = (list(before), list(after));
        let mut old: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, row) in before.iter().enumerate().rev() {
            old.entry(tested(row)).or_default().push(at);
        }
        let (mut kept, mut order) = (vec![false; before.len()], Vec::new());
        for (at, row) in after.iter().enumerate() {
            let here = format!("{path}[{at}]");
            let called = under(trail, &Text::new(format!("第 {} 行", at + 1), format!("row {}", at + 1)));
            match old.get_mut(&tested(row)).and_then(Vec::pop) {
                Some(was) => {
                    kept[was] = true;
                    order.push(was);
                    for key in GIVEN {
                        let (old, new) = (before[was].get(key), row.get(key));
                        self.value(key, &format!("{here}.{key}"), &called, old, new);
                    }
                }
                None => {
                    let says = said(row);
                    let words = Text::new(
                        format!("新增{}：{}", lead(&called.zh), says.zh),
                        format!("added: {}: {}", called.en, says.en),
                    );
                    self.say("added", &here, words, None, Some(row));
                }
            }
        }
        for (at, row) in before.iter().enumerate().filter(|(at, _)| !kept[*at]) {
            let says = said(row);
            let called =
                under(trail, &Text::new(format!("原第 {} 行", at + 1), format!("row {} of before", at + 1)));
            let words = Text::new(
                format!("删除{}：{}", lead(&called.zh), says.zh),
                format!("removed: {}: {}", called.en, says.en),
            );
            self.say("removed", &format!("{path}[{at}]"), words, Some(row), None);
        }
        if !order.is_sorted() {
            let words = Text::new("行的顺序不同", "the rows are in another order");
            self.say("changed", path, under(trail, &words), None, None);
        }
    }
}

/// What a row tests, as one text.
fn tested(row: &Value) -> String {
    let mut row = row.clone();
    if let Some(map) = row.as_object_mut() {
        GIVEN.iter().for_each(|key| drop(map.shift_remove(*key)));
    }
    row.to_string()
}

/// The cells of a row and what it gives: `< 18, - → 5`.
fn said(row: &Value) -> Text {
    let (when, then) = (plain(&row["when"]), plain(&row["then"]));
    Text::new(format!("{} → {}", when.zh, then.zh), format!("{} → {}", when.en, then.en))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::changes;

    #[test]
    fn rows_are_told_one_by_one() {
        let table = |rows: serde_json::Value| {
            json!({ "decision_tables": { "t": { "title": "Deal", "hit": "first", "inputs": { "age": {} },
                "outputs": { "o": {} }, "rows": rows } } })
        };
        let before = table(json!([
            { "when": ["< 18"], "then": [5] },
            { "when": ["[18..65)"], "then": [10] },
            { "when": ["-"], "then": [1] },
        ]));
        let after = table(json!([
            { "when": ["-"], "then": [1] },
            { "when": ["< 18"], "then": [6] },
            { "when": ["[18..70)"], "then": [10] },
        ]));
        let told: Vec<(String, String)> =
            changes(&before, &after).into_iter().map(|one| (one.words.zh, one.words.en)).collect();
        let told: Vec<(&str, &str)> = told.iter().map(|(zh, en)| (zh.as_str(), en.as_str())).collect();
        assert_eq!(
            told,
            [
                ("决策表“Deal” › 第 2 行 › 结果：5 → 6", "decision table “Deal” › row 2 › result: 5 → 6"),
                (
                    "新增：决策表“Deal” › 第 3 行：[18..70) → 10",
                    "added: decision table “Deal” › row 3: [18..70) → 10"
                ),
                (
                    "删除：决策表“Deal” › 原第 2 行：[18..65) → 10",
                    "removed: decision table “Deal” › row 2 of before: [18..65) → 10"
                ),
                ("决策表“Deal” › 行的顺序不同", "decision table “Deal” › the rows are in another order"),
            ]
        );
        assert_eq!(changes(&before, &before), []);
    }
}
