//! The difference of two models in words: what was added, removed, changed, and where the order is
//! another one. The order of levels, rules and layers means something, so documents are compared in
//! order and never as unordered maps.

mod rows;
mod words;

use gradus_model::Text;
use serde::Serialize;
use serde_json::{Map, Value};

use self::words::{bin_range, condition, entries, field, lead, plain, shown_title, under, word};
use crate::access::{Permission, Principal};
use crate::versions::{self, canonical};
use crate::{Workspace, WorkspaceError};

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Where in the document.
    pub path: String,
    pub words: Text,
    /// `added`, `removed` or `changed`.
    pub kind: &'static str,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Which document is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    InForce,
    Draft,
    Folder,
    Version(i64),
}

impl Which {
    /// As it is written: `in_force`, `draft`, `folder`, or the number of a version.
    pub fn parse(text: &str) -> Option<Which> {
        match text {
            "in_force" => Some(Which::InForce),
            "draft" => Some(Which::Draft),
            "folder" => Some(Which::Folder),
            number => number.parse().ok().map(Which::Version),
        }
    }

    pub(crate) async fn document(
        self,
        workspace: &Workspace,
        who: &Principal,
    ) -> Result<Value, WorkspaceError> {
        match self {
            Which::InForce => Ok(versions::see_in_force(workspace, who).await?.1),
            Which::Draft => Ok(versions::draft(workspace, who).await?.document),
            Which::Folder => canonical(&workspace.documents()?.model),
            Which::Version(number) => versions::document(workspace, who, number).await,
        }
    }
}

/// What is different between two documents.
pub async fn diff(
    workspace: &Workspace,
    who: &Principal,
    from: Which,
    to: Which,
) -> Result<Vec<Change>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let (from, to) = (from.document(workspace, who).await?, to.document(workspace, who).await?);
    Ok(changes(&read(from), &read(to)))
}

/// A document in its one form, where it has the shape of one.
fn read(document: Value) -> Value {
    let model: Option<gradus_model::document::Model> = serde_json::from_value(document.clone()).ok();
    model.and_then(|model| canonical(&model).ok()).unwrap_or(document)
}

/// What is different, in the order of the newer document.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut out = Differ { changes: Vec::new() };
    let empty = Map::new();
    let (before, after) = (before.as_object().unwrap_or(&empty), after.as_object().unwrap_or(&empty));
    out.entity("", "", &Text::default(), before, after);
    out.changes
}

/// What is different between two documents of one source.
pub fn source_changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut out = Differ { changes: Vec::new() };
    let empty = Map::new();
    let (before, after) = (before.as_object().unwrap_or(&empty), after.as_object().unwrap_or(&empty));
    out.entity("source", "", &Text::default(), before, after);
    out.changes
}

struct Differ {
    changes: Vec<Change>,
}

impl Differ {
    fn say(
        &mut self,
        kind: &'static str,
        path: &str,
        words: Text,
        before: Option<&Value>,
        after: Option<&Value>,
    ) {
        let (before, after) = (before.cloned(), after.cloned());
        self.changes.push(Change { path: path.to_string(), words, kind, before, after });
    }

    /// Whatever has fields: a definition, or one of its parts.
    fn entity(
        &mut self,
        owner: &str,
        path: &str,
        trail: &Text,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
    ) {
        let mut keys: Vec<&String> = after.keys().collect();
        keys.extend(before.keys().filter(|key| !after.contains_key(*key)));
        for key in keys {
            let at = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
            let (old, new) = (before.get(key), after.get(key));
            match entries(owner, key) {
                Some(what) => self.named(what, &at, trail, old, new),
                // The columns of a mapping are told one by one.
                None if owner == "source" && matches!(key.as_str(), "mapping" | "cleaning" | "read") => {
                    let map = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
                    let name = under(trail, &field(key));
                    let (old, new) = (map(old).unwrap_or_default(), map(new).unwrap_or_default());
                    self.entity("mapping", &at, &name, &old, &new);
                }
                None if owner == "table" && key == "rows" => self.rows(&at, trail, old, new),
                None if matches!(key.as_str(), "bins" | "special") => self.bins(key, &at, trail, old, new),
                None => self.value(key, &at, trail, old, new),
            }
        }
    }

    /// A map of names, in its order.
    fn named(
        &mut self,
        (kind, zh, en): (&str, &str, &str),
        path: &str,
        trail: &Text,
        before: Option<&Value>,
        after: Option<&Value>,
    ) {
        let empty = Map::new();
        let map = |value: Option<&'_ Value>| {
            value.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone())
        };
        let (before, after) = (map(before), map(after));
        let title = |name: &str, one: &Value| shown_title(name, one);
        let entry = |name: &str, one: &Value| {
            let title = title(name, one);
            under(trail, &Text::new(format!("{zh}“{}”", title.zh), format!("{en} “{}”", title.en)))
        };
        for (name, new) in &after {
            let at = format!("{path}.{name}");
            match before.get(name) {
                None => {
                    let what = entry(name, new);
                    let words = Text::new(format!("新增{}", lead(&what.zh)), format!("added: {}", what.en));
                    self.say("added", &at, words, None, Some(new));
                }
                Some(old) => match (old.as_object(), new.as_object()) {
                    (Some(old), Some(new_map)) => self.entity(kind, &at, &entry(name, new), old, new_map),
                    _ => self.value("points", &at, &entry(name, new), Some(old), Some(new)),
                },
            }
        }
        for (name, old) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
            let what = entry(name, old);
            let words = Text::new(format!("删除{}", lead(&what.zh)), format!("removed: {}", what.en));
            self.say("removed", &format!("{path}.{name}"), words, Some(old), None);
        }
        // The order of those that are on both sides.
        let old: Vec<&String> = before.keys().filter(|name| after.contains_key(*name)).collect();
        let new: Vec<&String> = after.keys().filter(|name| before.contains_key(*name)).collect();
        if old != new {
            let titles = |names: &[&String], map: &Map<String, Value>| {
                let all: Vec<Text> = names.iter().map(|name| title(name, &map[*name])).collect();
                let join = |of: fn(&Text) -> &String, between: &str| {
                    all.iter().map(|text| of(text).as_str()).collect::<Vec<_>>().join(between)
                };
                Text::new(join(|text| &text.zh, "、"), join(|text| &text.en, ", "))
            };
            let (was, is) = (titles(&old, &before), titles(&new, &after));
            let words = Text::new(
                format!("{zh}的顺序：{} → {}", was.zh, is.zh),
                format!("order of {en}s: {} → {}", was.en, is.en),
            );
            let list =
                |names: &[&String]| Value::from(names.iter().map(|name| name.as_str()).collect::<Vec<_>>());
            self.say("changed", path, under(trail, &words), Some(&list(&old)), Some(&list(&new)));
        }
    }

    /// Bins, each known by what falls in it.
    fn bins(&mut self, key: &str, path: &str, trail: &Text, before: Option<&Value>, after: Option<&Value>) {
        let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let (before, after) = (list(before), list(after));
        let range = |bin: &Value| {
            let mut key = bin.clone();
            if let Some(map) = key.as_object_mut() {
                map.shift_remove("points");
                map.shift_remove("title");
            }
            key.to_string()
        };
        let name = field(key);
        let called = |bin: &Value| {
            let range = bin_range(bin);
            under(trail, &Text::new(format!("{} {}", name.zh, range.zh), format!("{} {}", name.en, range.en)))
        };
        for (at, new) in after.iter().enumerate() {
            let at = format!("{path}[{at}]");
            match before.iter().find(|old| range(old) == range(new)) {
                None => {
                    let (what, points) = (called(new), plain(&new["points"]));
                    let words = Text::new(
                        format!("新增{}：{} 分", lead(&what.zh), points.zh),
                        format!("added: {}, {} points", what.en, points.en),
                    );
                    self.say("added", &at, words, None, Some(new));
                }
                Some(old) => {
                    for key in ["points", "title"] {
                        self.value(key, &format!("{at}.{key}"), &called(new), old.get(key), new.get(key));
                    }
                }
            }
        }
        for (at, old) in before.iter().enumerate() {
            if !after.iter().any(|new| range(new) == range(old)) {
                let what = called(old);
                let words = Text::new(format!("删除{}", lead(&what.zh)), format!("removed: {}", what.en));
                self.say("removed", &format!("{path}[{at}]"), words, Some(old), None);
            }
        }
        let order = |bins: &[Value], others: &[Value]| -> Vec<String> {
            bins.iter().map(range).filter(|own| others.iter().any(|other| range(other) == *own)).collect()
        };
        if order(&before, &after) != order(&after, &before) {
            let words =
                Text::new(format!("{}的顺序不同", name.zh), format!("the {} are in another order", name.en));
            self.say("changed", path, under(trail, &words), None, None);
        }
    }

    /// Any other field, as a whole.
    fn value(&mut self, key: &str, path: &str, trail: &Text, before: Option<&Value>, after: Option<&Value>) {
        let there = |value: Option<&'_ Value>| value.filter(|value| !value.is_null()).cloned();
        let (before, after) = (there(before), there(after));
        // Texts as they stand: two maps in another order are another text here.
        if before.as_ref().map(Value::to_string) == after.as_ref().map(Value::to_string) {
            return;
        }
        let name = field(key);
        let shown = |value: &Value| match key {
            "where" | "when" | "eligible" => condition(value),
            "decide" | "promote" => word(value),
            _ => plain(value),
        };
        let none = Text::new("（无）", "(none)");
        let (was, is) = (before.as_ref().map_or(none.clone(), shown), after.as_ref().map_or(none, shown));
        let words = Text::new(
            format!("{}：{} → {}", name.zh, was.zh, is.zh),
            format!("{}: {} → {}", name.en, was.en, is.en),
        );
        let kind = match (&before, &after) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        self.say(kind, path, under(trail, &words), before.as_ref(), after.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn model() -> Value {
        json!({
            "gradus": 1,
            "title": { "zh": "价值", "en": "Value" },
            "indicators": { "orders": { "title": { "zh": "订单数", "en": "Orders" }, "kind": "count", "where": "kind = 'order_line'" } },
            "scorecards": { "value": {
                "title": { "zh": "价值分", "en": "Value score" },
                "attributes": {
                    "orders": { "title": { "zh": "订单", "en": "Orders" }, "value": "orders", "weight": 0.4,
                        "bins": [{ "below": 3, "points": 10 }, { "from": 3, "points": 100 }] },
                    "spend": { "title": { "zh": "消费", "en": "Spend" }, "value": "spend", "weight": 0.6,
                        "bins": [{ "points": 1, "else": true }] },
                },
            } },
            "tiers": { "member": { "title": { "zh": "会员", "en": "Member" }, "by": "value", "levels": {
                "silver": { "title": { "zh": "银", "en": "Silver" } },
                "gold": { "title": { "zh": "金", "en": "Gold" }, "from": 60 },
            } } },
            "segments": { "loyal": { "title": { "zh": "忠诚", "en": "Loyal" }, "base": "everyone",
                "where": { "all": [{ "value": "orders", "at_least": 5 }, "spend > 10"] } } },
        })
    }

    fn told(before: &Value, after: &Value) -> Vec<(String, String, String, &'static str)> {
        changes(before, after)
            .into_iter()
            .map(|one| (one.path, one.words.zh, one.words.en, one.kind))
            .collect()
    }

    #[track_caller]
    fn only(after: &Value, path: &str, zh: &str, en: &str, kind: &str) {
        let told = told(&model(), after);
        let short: Vec<_> =
            told.iter().map(|one| (one.0.as_str(), one.1.as_str(), one.2.as_str(), one.3)).collect();
        assert_eq!(short, [(path, zh, en, kind)]);
    }

    #[test]
    fn nothing_differs_from_itself() {
        assert_eq!(changes(&model(), &model()), []);
    }

    #[test]
    fn each_kind_of_change_is_told_in_words() {
        let mut after = model();
        after["scorecards"]["value"]["attributes"]["orders"]["weight"] = json!(0.5);
        only(
            &after,
            "scorecards.value.attributes.orders.weight",
            "评分卡“价值分” › 属性“订单” › 权重：0.4 → 0.5",
            "scorecard “Value score” › attribute “Orders” › weight: 0.4 → 0.5",
            "changed",
        );
        let mut after = model();
        after["scorecards"]["value"]["attributes"]["orders"]["bins"][1]["points"] = json!(90);
        only(
            &after,
            "scorecards.value.attributes.orders.bins[1].points",
            "评分卡“价值分” › 属性“订单” › 分箱 ≥ 3 › 分值：100 → 90",
            "scorecard “Value score” › attribute “Orders” › bins ≥ 3 › points: 100 → 90",
            "changed",
        );
        let mut after = model();
        after["tiers"]["member"]["levels"]["gold"]["from"] = json!(70);
        only(
            &after,
            "tiers.member.levels.gold.from",
            "等级体系“会员” › 等级“金” › 门槛：60 → 70",
            "tier scheme “Member” › level “Gold” › threshold: 60 → 70",
            "changed",
        );
        let mut after = model();
        after["segments"]["loyal"]["where"]["all"][0]["at_least"] = json!(6);
        only(
            &after,
            "segments.loyal.where",
            "分群“忠诚” › 条件：orders ≥ 5 且 spend > 10 → orders ≥ 6 且 spend > 10",
            "segment “Loyal” › condition: orders at least 5 and spend > 10 → orders at least 6 and spend > 10",
            "changed",
        );
        let mut after = model();
        after["indicators"]["spend"] =
            json!({ "title": { "zh": "消费", "en": "Spend" }, "kind": "sum", "of": "amount" });
        only(&after, "indicators.spend", "新增指标“消费”", "added: indicator “Spend”", "added");
        let mut after = model();
        after["segments"] = json!({});
        only(&after, "segments.loyal", "删除分群“忠诚”", "removed: segment “Loyal”", "removed");
        let mut after = model();
        after["indicators"]["orders"]["title"]["en"] = json!("Purchases");
        only(
            &after,
            "indicators.orders.title",
            "指标“订单数” › 名称：订单数 → 订单数",
            "indicator “Purchases” › title: Orders → Purchases",
            "changed",
        );
    }

    #[test]
    fn another_order_of_levels_is_a_difference() {
        let mut after = model();
        after["tiers"]["member"]["levels"] = json!({
            "gold": { "title": { "zh": "金", "en": "Gold" }, "from": 60 },
            "silver": { "title": { "zh": "银", "en": "Silver" } },
        });
        // The two are the same map, and yet they are not the same scheme.
        assert_eq!(after, model());
        only(
            &after,
            "tiers.member.levels",
            "等级体系“会员” › 等级的顺序：银、金 → 金、银",
            "tier scheme “Member” › order of levels: Silver, Gold → Gold, Silver",
            "changed",
        );
    }

    #[test]
    fn a_moved_cut_is_a_bin_gone_and_a_bin_come() {
        let mut after = model();
        after["scorecards"]["value"]["attributes"]["orders"]["bins"] =
            json!([{ "below": 4, "points": 10 }, { "from": 4, "points": 100 }]);
        let told: Vec<_> = told(&model(), &after).into_iter().map(|one| (one.2, one.3)).collect();
        let trail = "scorecard “Value score” › attribute “Orders” › bins";
        assert_eq!(
            told,
            [
                (format!("added: {trail} < 4, 10 points"), "added"),
                (format!("added: {trail} ≥ 4, 100 points"), "added"),
                (format!("removed: {trail} < 3"), "removed"),
                (format!("removed: {trail} ≥ 3"), "removed"),
            ]
        );
    }
}
