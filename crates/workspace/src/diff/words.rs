//! What the parts of a document are called, and how values, bins and conditions are read.

use gradus_model::Text;
use serde_json::Value;

/// What the entries of a map are called, by what the map belongs to and its key; `None` if the map is
/// none of names.
pub(super) fn entries(owner: &str, key: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match (owner, key) {
        ("", "indicators") => ("indicator", "指标", "indicator"),
        ("", "predictions") => ("prediction", "预测", "prediction"),
        ("", "scorecards") => ("scorecard", "评分卡", "scorecard"),
        ("", "rule_sets") => ("rule_set", "规则集", "rule set"),
        ("", "decision_tables") => ("table", "决策表", "decision table"),
        ("", "cross_tables") => ("cross_table", "交叉决策表", "cross table"),
        ("", "decision_trees") => ("tree", "决策树", "decision tree"),
        ("", "flows") => ("flow", "规则流", "rule flow"),
        ("", "tiers") => ("scheme", "等级体系", "tier scheme"),
        ("", "segments") => ("segment", "分群", "segment"),
        ("", "groupings") => ("grouping", "分群方案", "grouping"),
        ("", "tests") => ("test", "测试用例", "test case"),
        ("scorecard", "attributes") => ("attribute", "属性", "attribute"),
        ("scorecard", "adjustments") => ("adjustment", "调整项", "adjustment"),
        ("scorecard", "groups") => ("group", "组", "group"),
        ("rule_set", "rules") => ("rule", "规则", "rule"),
        ("table", "inputs") => ("input", "输入", "input"),
        ("table", "outputs") => ("output", "输出", "output"),
        ("flow", "steps") => ("step", "步骤", "step"),
        ("scheme", "levels") => ("level", "等级", "level"),
        ("source", "fields") => ("field", "字段", "field"),
        ("source", "kinds") => ("kind", "事件类型", "kind of event"),
        ("grouping", "layers") => ("layer", "层", "layer"),
        ("grouping", "shares") => ("share", "份额", "share"),
        _ => return None,
    })
}

/// What a field is called.
pub(super) fn field(key: &str) -> Text {
    let (zh, en) = match key {
        "title" => ("名称", "title"),
        "description" => ("说明", "description"),
        "kind" => ("种类", "kind"),
        "of" => ("取值公式", "formula"),
        "over" => ("分母", "denominator"),
        "where" | "when" => ("条件", "condition"),
        "eligible" => ("评级范围", "eligibility"),
        "window" => ("时间窗", "window"),
        "value" => ("取值", "value"),
        "weight" => ("权重", "weight"),
        "points" => ("分值", "points"),
        "bins" => ("分箱", "bins"),
        "special" => ("特殊箱", "special bins"),
        "quantiles" => ("分位数箱", "quantile bins"),
        "slope" => ("斜率", "slope"),
        "unknown" => ("未知时", "when unknown"),
        "not_applicable" => ("不适用时", "when not applicable"),
        "combine" => ("合成方式", "combination"),
        "base_points" => ("基础分", "base points"),
        "total" => ("总分上下限", "limits of the total"),
        "cap" => ("上下限", "limits"),
        "group" => ("所属组", "group"),
        "per_event" => ("每个事件", "per event"),
        "hit" => ("命中方式", "hit policy"),
        "then" => ("结果", "result"),
        "if" => ("另须满足", "condition beside the cells"),
        "is" => ("判断", "test"),
        "gives" => ("给出", "gives"),
        "use" => ("取用", "use"),
        "else" => ("其余", "else"),
        "branches" => ("分支", "branches"),
        "rows" => ("行", "rows"),
        "columns" => ("列", "columns"),
        "cells" => ("单元格", "cells"),
        "bands" => ("档", "bands"),
        "inputs" => ("输入", "inputs"),
        "allowed" => ("可取值", "allowed values"),
        "values" => ("可给的值", "values"),
        "default" => ("默认结果", "default"),
        "undecided" => ("无法判断时", "when it cannot be told"),
        "cases" => ("情形", "cases"),
        "points_of" => ("分值公式", "points formula"),
        "excludes" => ("排除", "excludes"),
        "otherwise" => ("否则", "otherwise"),
        "priority" => ("优先级", "priority"),
        "by" => ("定级依据", "graded by"),
        "from" => ("门槛", "threshold"),
        "until" => ("截止", "until"),
        "top_percent" => ("前百分之", "top percent"),
        "benefits" => ("权益", "benefits"),
        "grid" => ("方格", "grid"),
        "decide" => ("定级时点", "decided"),
        "start" => ("起始日", "start"),
        "promote" => ("升级", "promotion"),
        "demote" => ("保级门槛", "kept down to"),
        "keep" => ("保级规则", "keep rules"),
        "at_least" => ("最短停留期", "minimum stay"),
        "grace" => ("保级宽限期", "grace period"),
        "after_fall" => ("降级后多久可再升", "no rise after a fall for"),
        "one_level" => ("一次最多降一级", "one level down at most"),
        "freeze" => ("冻结期（不降级）", "freeze (no demotion)"),
        "quota" => ("名额", "quota"),
        "quota_percent" => ("名额百分之", "quota in percent"),
        "not_graded" => ("未定级说明", "words for not graded"),
        "base" => ("基础人群", "base population"),
        "recency" => ("最近", "recency"),
        "frequency" => ("频次", "frequency"),
        "monetary" => ("金额", "monetary"),
        "split" => ("切分", "split"),
        "cuts" => ("切点", "cuts"),
        "seed" => ("随机种子", "seed"),
        "purpose" => ("用途", "purpose"),
        "unit" => ("单位", "unit"),
        "next" => ("接下来买什么", "what they buy next"),
        "item" => ("什么算一种", "item"),
        "k" => ("个数", "how many"),
        "refit" => ("多久重学一次", "learned anew after"),
        "hold_out" => ("留出来检验", "held out"),
        "validation" => ("验证", "validation"),
        "horizon" => ("观察期", "horizon"),
        "outcomes" => ("结果", "outcomes"),
        "gradus" => ("格式", "format"),
        "files" => ("文件名", "file names"),
        "read" => ("读取方式", "how it is read"),
        "history" => ("补录历史", "back-load"),
        "key" => ("主键列", "key"),
        "reference" => ("参考数据", "reference"),
        "mapping" => ("列的对应", "mapping"),
        "identity" => ("客户标识", "identity"),
        "time" => ("发生时间", "time"),
        "amount" => ("金额", "amount"),
        "cleaning" => ("清洗规则", "cleaning"),
        "type" => ("类型", "type"),
        other => (other, other),
    };
    Text::new(zh, en)
}

/// A thing below another.
pub(super) fn under(trail: &Text, words: &Text) -> Text {
    if trail.zh.is_empty() && trail.en.is_empty() {
        return words.clone();
    }
    Text::new(format!("{} › {}", trail.zh, words.zh), format!("{} › {}", trail.en, words.en))
}

/// What follows a word in Chinese stands apart where it is a path.
pub(super) fn lead(text: &str) -> String {
    if text.contains('›') { format!("：{text}") } else { text.to_string() }
}

pub(super) fn shown_title(name: &str, one: &Value) -> Text {
    let title = plain(&one["title"]);
    if title.zh.is_empty() || one["title"].is_null() { Text::plain(name) } else { title }
}

/// What falls in a bin.
pub(super) fn bin_range(bin: &Value) -> Text {
    let of = |key: &str| bin.get(key).filter(|value| !value.is_null()).map(plain);
    match (of("in"), of("from"), of("below")) {
        (Some(values), _, _) => values,
        (None, Some(from), Some(below)) => Text::plain(format!("[{}, {})", from.zh, below.zh)),
        (None, Some(from), None) => Text::plain(format!("≥ {}", from.zh)),
        (None, None, Some(below)) => Text::plain(format!("< {}", below.zh)),
        (None, None, None) => Text::new("其他", "everything else"),
    }
}

/// A value as people read it.
pub(super) fn plain(value: &Value) -> Text {
    match value {
        Value::Null => Text::default(),
        Value::String(text) => Text::plain(text),
        Value::Array(list) => joined(&list.iter().map(plain).collect::<Vec<_>>(), "、", ", "),
        Value::Object(map) if map.keys().all(|key| key == "zh" || key == "en") && !map.is_empty() => {
            let of = |lang: &str, other: &str| {
                map.get(lang).or(map.get(other)).and_then(Value::as_str).unwrap_or("").to_string()
            };
            Text::new(of("zh", "en"), of("en", "zh"))
        }
        Value::Object(map) => {
            let pair = |(key, value): (&String, &Value)| {
                let (name, value) = (field(key), plain(value));
                Text::new(format!("{} {}", name.zh, value.zh), format!("{} {}", name.en, value.en))
            };
            joined(
                &map.iter().filter(|(_, value)| !value.is_null()).map(pair).collect::<Vec<_>>(),
                "，",
                ", ",
            )
        }
        other => Text::plain(other.to_string()),
    }
}

/// A word of the document as people read it.
pub(super) fn word(value: &Value) -> Text {
    let (zh, en) = match value.as_str() {
        Some("daily") => ("每日", "each day"),
        Some("monthly") => ("每月末", "at the end of each month"),
        Some("quarterly") => ("每季末", "at the end of each quarter"),
        Some("yearly") => ("每年末", "at the end of each year"),
        Some("anniversary") => ("入会周年日", "on the anniversary of joining"),
        Some("tier_anniversary") => ("升入现等级的周年日", "on the anniversary of the level"),
        Some("at_once") => ("随时", "at once"),
        Some("review") => ("定级日", "at a review"),
        _ => return plain(value),
    };
    Text::new(zh, en)
}

/// A condition as people read it.
pub(super) fn condition(value: &Value) -> Text {
    let Some(map) = value.as_object() else { return plain(value) };
    let parts = |key: &str| {
        map.get(key).and_then(Value::as_array).map(|list| list.iter().map(part).collect::<Vec<_>>())
    };
    if let Some(all) = parts("all") {
        return joined(&all, " 且 ", " and ");
    }
    if let Some(any) = parts("any") {
        return joined(&any, " 或 ", " or ");
    }
    if let Some(not) = map.get("not") {
        let not = part(not);
        return Text::new(format!("非 {}", not.zh), format!("not {}", not.en));
    }
    if let Some(sql) = map.get("sql") {
        return plain(sql);
    }
    if let Some(of) = map.get("value") {
        let of = plain(of);
        let tests = [
            ("at_least", "≥", "at least"),
            ("at_most", "≤", "at most"),
            ("more_than", ">", "more than"),
            ("less_than", "<", "less than"),
            ("equals", "=", "is"),
            ("one_of", "属于", "one of"),
            ("known", "已知", "known"),
        ];
        let test = |(key, zh, en): (&str, &str, &str)| {
            let value = plain(map.get(key)?);
            Some(Text::new(format!("{zh} {}", value.zh), format!("{en} {}", value.en)))
        };
        let tests: Vec<Text> = tests.into_iter().filter_map(test).collect();
        let tests = joined(&tests, "，", ", ");
        return Text::new(format!("{} {}", of.zh, tests.zh), format!("{} {}", of.en, tests.en));
    }
    if let Some(segment) = map.get("in_segment") {
        let segment = plain(segment);
        return Text::new(format!("在分群 {} 中", segment.zh), format!("in the segment {}", segment.en));
    }
    plain(value)
}

/// A part of a condition, in brackets where it has parts of its own.
fn part(value: &Value) -> Text {
    let text = condition(value);
    match value.as_object().is_some_and(|map| map.contains_key("all") || map.contains_key("any")) {
        true => Text::new(format!("（{}）", text.zh), format!("({})", text.en)),
        false => text,
    }
}

fn joined(all: &[Text], zh: &str, en: &str) -> Text {
    let join = |of: fn(&Text) -> &String, between: &str| {
        all.iter().map(|text| of(text).as_str()).collect::<Vec<_>>().join(between)
    };
    Text::new(join(|text| &text.zh, zh), join(|text| &text.en, en))
}
