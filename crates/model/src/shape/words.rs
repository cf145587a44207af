//! The words of shape findings, in Chinese and English.

use crate::Text;
use crate::load::{Kind, Node};

/// A text in both languages that is known when the program is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    zh: &'static str,
    en: &'static str,
}

impl Words {
    pub fn text(self) -> Text {
        Text::new(self.zh, self.en)
    }
}

const fn words(zh: &'static str, en: &'static str) -> Words {
    Words { zh, en }
}

pub(super) const EXPECTED_LIST: Words =
    words("列表：每项一行，以 `- ` 开头", "a list: one item a line, each after `- `");
pub(super) const EXPECTED_TEXT: Words = words("一段文字", "a text");
pub(super) const EXPECTED_NUMBER: Words = words(
    "数字，小数不超过 4 位，如 `12.5`",
    "a number with at most 4 digits after the point, such as `12.5`",
);
pub(super) const EXPECTED_INTEGER: Words = words("整数，如 `12`", "a whole number, such as `12`");
pub(super) const EXPECTED_BOOLEAN: Words = words("`true` 或 `false`", "`true` or `false`");
pub(super) const ASCII_COLON: Words =
    words("冒号用半角 `:`，其后空一格", "with an ASCII colon `:` and a blank after it");
pub(super) const SPAN_FORM: Words = words(
    "天、周、月、季度或年的数目，如 `90 天` 或 `90 days`",
    "a number of days, weeks, months, quarters or years, such as `90 days`",
);
pub(super) const TEXT_FORMS: Words = words(
    "文字，或分语言写：`{ zh: 金额, en: Amount }`",
    "a text, or one per language: `{ zh: 金额, en: Amount }`",
);
pub(super) const WINDOW_FORMS: Words = words(
    "`90 天`，或 `last`（可加 `before`）、`calendar`、`since` 三者之一",
    "`90 days`, or one of `last` (with `before` if wanted), `calendar` and `since`",
);
pub(super) const WINDOW_MIXED: Words = words(
    "`last`、`calendar`、`since` 只能写一个，`before` 只能与 `last` 同写",
    "only one of `last`, `calendar` and `since` may be given, and `before` only beside `last`",
);
pub(super) const ALL_OF_THEM: Words =
    words("把它们列在 `all:`（全部满足）或 `any:`（任一满足）之下", "listed under `all:` or under `any:`");
pub(super) const CONDITION_FORMS: Words = words(
    "SQL 条件，如 `orders >= 3`；或 all、any、not、sql、value、did、did_not、sequence、in_segment、in_list、tier 之一",
    "an SQL condition such as `orders >= 3`, or one of all, any, not, sql, value, did, did_not, sequence, in_segment, in_list, tier",
);

pub(super) const CELL_FORMS: Words = words(
    "FEEL 单元格，如 `-`、`< 18`、`[18..65)`、`\"A\", \"B\"`，或 `{ sql: orders >= 3 }`",
    "a FEEL cell such as `-`, `< 18`, `[18..65)`, `\"A\", \"B\"`, or `{ sql: orders >= 3 }`",
);
pub(super) const OUTCOME_FORMS: Words = words(
    "一个数字、一段文字、true 或 false，或 `{ sql: 消费金额 * 0.1 }`",
    "a number, a text, true or false, or `{ sql: spend * 0.1 }`",
);

/// The keys of which a condition has exactly one.
pub(super) const CONDITION_KEYS: [&str; 11] =
    ["all", "any", "not", "sql", "value", "did", "did_not", "sequence", "in_segment", "in_list", "tier"];

/// What a definition of the schema is called in a sentence.
const OWNERS: &[(&str, Words)] = &[
    ("", words("文档", "the document")),
    ("Adjustment", words("加减分项", "an adjustment")),
    ("Attribute", words("评分项", "an attribute")),
    ("Behaviour", words("行为条件", "a behaviour")),
    ("Bin", words("分箱", "a bin")),
    ("Caps", words("上下限", "caps")),
    ("Cleaning", words("清洗规则", "cleaning")),
    ("CrossAxis", words("交叉表的轴", "an axis of a cross table")),
    ("CrossBand", words("交叉表轴上的一档", "a band of a cross table")),
    ("CrossTable", words("交叉决策表", "a cross table")),
    ("DecisionTable", words("决策表", "a decision table")),
    ("DecisionTree", words("决策树", "a decision tree")),
    ("Flow", words("规则流", "a rule flow")),
    ("FlowBranch", words("规则流的分支", "a branch of a rule flow")),
    ("FlowStep", words("规则流的步骤", "a step of a rule flow")),
    ("ScoreCase", words("评分项的情形", "a case of an attribute")),
    ("SqlCell", words("SQL 单元格", "an SQL cell")),
    ("TableInput", words("决策表的输入列", "an input of a table")),
    ("TableOutput", words("决策表的输出列", "an output of a table")),
    ("TableRow", words("决策表的行", "a row of a table")),
    ("TreeBranch", words("决策树的分支", "a branch of a decision tree")),
    ("TreeElse", words("决策树的其余情形", "the `else` of a decision tree")),
    ("ClockSetting", words("时钟", "the clock")),
    ("ConditionNode", words("条件", "a condition")),
    ("Decay", words("衰减", "a decay")),
    ("FieldDeclaration", words("字段", "a field")),
    ("FullBenefit", words("权益", "a benefit")),
    ("Freeze", words("保级期", "a season without a fall")),
    ("Grid", words("矩阵", "a grid")),
    ("GridAxis", words("矩阵的轴", "an axis of a grid")),
    ("GroupRole", words("用户组对应的角色", "the role of a group")),
    ("Grouping", words("分群方案", "a grouping")),
    ("IdentityMapping", words("身份映射", "an identity")),
    ("Indicator", words("指标", "an indicator")),
    ("KindDeclaration", words("事件类型", "a kind of event")),
    ("Layer", words("层", "a layer")),
    ("Keep", words("保级规则", "`keep`")),
    ("Level", words("等级", "a level")),
    ("LineMapping", words("订单行映射", "the line mapping")),
    ("Mapping", words("映射", "the mapping")),
    ("NotGraded", words("未定级说明", "`not_graded`")),
    ("OpenidSetting", words("OpenID Connect 的设置", "the setting of OpenID Connect")),
    ("OutlierRule", words("异常值规则", "an outlier rule")),
    ("PerEvent", words("逐事件计分", "`per_event`")),
    ("Period", words("时间窗口", "a window")),
    ("PostgresqlSetting", words("PostgreSQL 的设置", "the setting of PostgreSQL")),
    ("QuantileBins", words("分位数分箱", "quantile bins")),
    ("Reasons", words("原因代码", "reason codes")),
    ("RfmSplit", words("高低分界", "the split")),
    ("Clusters", words("聚类", "`clusters`")),
    ("Contract", words("合约价值", "`contract`")),
    ("Lifetime", words("终身价值", "`lifetime`")),
    ("Prediction", words("预测", "a prediction")),
    ("Propensity", words("倾向", "`propensity`")),
    ("Trained", words("外部训练的模型", "`trained`")),
    ("TrainedTree", words("外部模型的一棵树", "a tree of a trained model")),
    ("TrainedNode", words("外部模型树的节点", "a node of a trained tree")),
    ("Purpose", words("用途", "a purpose")),
    ("Rights", words("角色与数据范围", "role and data")),
    ("Rule", words("规则", "a rule")),
    ("RuleSet", words("规则集", "a rule set")),
    ("Scorecard", words("评分卡", "a scorecard")),
    ("Segment", words("分群", "a segment")),
    ("Sequence", words("行为序列", "a sequence")),
    ("SequenceStep", words("序列的一步", "a step")),
    ("SignIn", words("登录方式", "`sign_in`")),
    ("Slope", words("按比例计分", "a slope")),
    ("TextByLang", words("分语言的文字", "a text by language")),
    ("TierScheme", words("等级体系", "a tier scheme")),
    ("TierTest", words("等级条件", "a tier condition")),
    ("Times", words("次数", "`times`")),
    ("TestCase", words("测试用例", "a test case")),
    ("Expected", words("测试用例的期望", "what a test case expects")),
    ("ExpectedScore", words("期望的分数", "an expected score")),
    ("Validation", words("验证", "the validation")),
    ("Next", words("接下来买什么", "what they buy next")),
    ("ValidationOutcome", words("验证的结果指标", "an outcome of the validation")),
    ("Unknown", words("未知值处理", "`unknown`")),
];

/// The owner of a key: `a scorecard`, `评分卡`.
pub(super) fn owner(name: &str) -> Text {
    match OWNERS.iter().find(|(known, _)| *known == name) {
        Some((_, words)) => words.text(),
        None => Text::new(format!("`{name}`"), format!("`{name}`")),
    }
}

pub(super) fn expected_map(name: &str) -> Text {
    match name.strip_prefix("NamedOf") {
        Some(of) => {
            let of = owner(of);
            Text::new(
                format!("`名称: 定义` 各占一行，每个名称一项{}", of.zh),
                format!("names with their definitions, `name: …`: {} each", of.en),
            )
        }
        None => {
            let owner = owner(name);
            Text::new(
                format!("{}的各个键，`键: 值`", owner.zh),
                format!("the keys of {}, `key: value`", owner.en),
            )
        }
    }
}

/// What stands there, in words.
pub(super) fn found(node: &Node) -> Text {
    match &node.kind {
        _ if node.is_null() => Text::new("这里是空的", "nothing is written here"),
        Kind::Scalar { text, .. } => {
            let text = shortened(text);
            Text::new(format!("这里是 `{text}`"), format!("`{text}` stands here"))
        }
        Kind::List(_) => Text::new("这里是一个列表", "a list stands here"),
        Kind::Map(entries) => {
            let keys: Vec<&str> = entries.iter().take(3).map(|(key, _)| key.text.as_str()).collect();
            if keys.is_empty() {
                return Text::new("这里是空的映射 `{}`", "an empty map `{}` stands here");
            }
            Text::new(
                format!("这里是带有键 {} 的映射", list_of(&keys, "、")),
                format!("a map with the keys {} stands here", list_of(&keys, ", ")),
            )
        }
    }
}

/// `a`, `b`, `c`.
pub(super) fn list_of(words: &[&str], separator: &str) -> String {
    words.iter().map(|word| format!("`{}`", shortened(word))).collect::<Vec<_>>().join(separator)
}

pub(super) fn one_of(closest: Option<&str>, all: &[&str]) -> Text {
    let (zh, en) = (list_of(all, "、"), list_of(all, ", "));
    match closest {
        _ if all.is_empty() => Text::default(),
        Some(word) if all.len() > 1 => {
            Text::new(format!("`{word}`？可用：{zh}"), format!("`{word}`? Possible are {en}"))
        }
        _ if all.len() == 1 => Text::new(zh, en),
        _ => Text::new(format!("可用：{zh}"), format!("one of {en}")),
    }
}

pub(super) fn quoted_or_empty(text: &str) -> Text {
    if text.trim().is_empty() {
        return Text::new("（空）", "nothing");
    }
    let text = shortened(text);
    Text::new(format!(" `{text}`"), format!("`{text}`"))
}

/// A choice that is written as a map was written as a word.
pub(super) fn needs_value(key: &str, name: &str) -> Text {
    let example = match (name, key) {
        ("Decay", _) => "90 days",
        ("ClockSetting", _) => "2011-12-10",
        ("RfmSplit", _) => "[90, 3, 1000]",
        _ => "0",
    };
    Text::new(format!("带上值，如 `{key}: {example}`"), format!("with its value, such as `{key}: {example}`"))
}

pub(super) fn with_hint(right: Text, hint: Words) -> Text {
    Text::new(format!("{}；{}", right.zh, hint.zh), format!("{}; {}", right.en, hint.en))
}

/// Enough of a text to recognise it, on one line.
fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(61).collect();
    if line.chars().count() > 60 { format!("{}…", line.chars().take(60).collect::<String>()) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_map_of_every_document_has_a_name_in_both_languages() {
        for published in crate::schema::published() {
            let definitions =
                published.schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
            for (name, definition) in &definitions {
                let is_map = definition.get("properties").is_some();
                assert!(!is_map || OWNERS.iter().any(|(known, _)| known == name), "{name} has no words");
            }
        }
    }
}
