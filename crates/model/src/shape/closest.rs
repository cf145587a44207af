//! The known word that was probably meant.

/// The word among `known` that is close to `text`: few letters differ, or the words are synonyms.
///
/// ```
/// # use gradus_model::closest;
/// assert_eq!(closest("weighted sum", &["sum", "weighted_sum"]), Some("weighted_sum"));
/// assert_eq!(closest("banana", &["sum", "weighted_sum"]), None);
/// ```
pub fn closest<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    let text = normal(text);
    let allowed = (text.chars().count() / 3).clamp(1, 4);
    known
        .iter()
        .map(|word| (distance(&text, &normal(word)), *word))
        .filter(|(distance, _)| *distance <= allowed)
        // The first among equals: the order in which the schema names them.
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// As [`closest`], but first the words that people from other tools, or in Chinese, write for it.
pub(super) fn closest_word<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = normal(text);
    let meant = SYNONYMS.iter().filter(|(_, words)| words.contains(&word.as_str()));
    let mut candidates = meant.flat_map(|(candidates, _)| candidates.iter());
    candidates
        .find_map(|candidate| known.iter().find(|word| *word == candidate).copied())
        .or_else(|| closest(text, known))
}

/// What people write -> the keys that say it, the likelier first.
const SYNONYMS: &[(&[&str], &[&str])] = &[
    (&["title"], &["name", "label", "caption", "标题", "名称", "显示名"]),
    (&["description"], &["comment", "note", "help", "doc", "说明", "描述", "备注"]),
    (
        &["where", "when", "filter", "eligible"],
        &["filter", "condition", "if", "criteria", "条件", "筛选", "过滤"],
    ),
    (
        &["of", "value"],
        &["field", "column", "expression", "expr", "formula", "measure", "字段", "公式", "表达式", "取值"],
    ),
    (&["kind", "type"], &["type", "kind", "agg", "aggregate", "aggregation", "function", "类型", "类别"]),
    (&["window"], &["period", "timeframe", "range", "lookback", "时间窗口", "窗口", "周期", "时间"]),
    (&["points", "then"], &["score", "value", "point", "分数", "得分", "分值"]),
    (&["from", "at_least"], &["min", "minimum", "start", "gte", "ge", "lower", "下限", "起"]),
    (
        &["below", "at_most", "less_than"],
        &["max", "maximum", "to", "until", "lt", "upper", "end", "上限", "止"],
    ),
    (&["min"], &["minimum", "lower", "floor", "下限", "最小"]),
    (&["max"], &["maximum", "upper", "ceiling", "limit", "上限", "最大"]),
    (&["weight"], &["factor", "coefficient", "权重"]),
    (&["bins"], &["ranges", "buckets", "bands", "intervals", "分箱", "区间"]),
    (&["else", "otherwise"], &["default", "other", "rest", "fallback", "其他", "其它", "默认"]),
    (&["in", "one_of"], &["values", "one_of", "any_of", "categories", "取值范围"]),
    (&["base"], &["population", "audience", "over", "基础人群", "人群", "范围"]),
    (&["levels"], &["tiers", "grades", "等级", "级别"]),
    (&["event"], &["events", "kind", "事件"]),
    (&["all"], &["and", "且", "并且"]),
    (&["any"], &["or", "或", "或者"]),
    (&["not"], &["none", "非", "不"]),
    (&["indicators"], &["metrics", "features", "指标"]),
    (&["scorecards"], &["scores", "评分卡"]),
    (&["tiers"], &["levels", "等级体系"]),
    (&["segments"], &["audiences", "groups", "cohorts", "分群"]),
    (&["time_zone"], &["timezone", "tz", "时区"]),
    (&["text"], &["string", "str", "varchar", "char", "文字", "文本"]),
    (&["decimal"], &["number", "float", "double", "money", "numeric", "小数", "金额"]),
    (&["integer"], &["int", "bigint", "long", "整数"]),
    (&["boolean"], &["bool", "是否"]),
    (&["timestamp"], &["datetime", "instant", "时间"]),
    (&["phone"], &["mobile", "tel", "telephone", "cellphone", "手机", "电话"]),
    (&["email"], &["mail", "邮箱"]),
    (&["zh"], &["cn", "zh_cn", "chinese", "中文"]),
    (&["en"], &["english", "en_us", "en_gb", "英文"]),
    (&["refuse"], &["drop", "reject", "discard", "quarantine"]),
    (&["average"], &["avg", "mean", "平均"]),
    (&["weighted_sum"], &["weighted", "加权"]),
    (&["distinct"], &["count_distinct", "unique", "去重"]),
    (&["days_since"], &["recency", "距今天数"]),
    (&["last_event"], &["data", "latest"]),
    (&["gradus"], &["version", "format", "版本"]),
];

fn normal(text: &str) -> String {
    text.trim().to_lowercase().replace(['-', ' '], "_")
}

/// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). What stands behind
/// the first eighty is not looked at: nobody mistypes so many.
///
/// ```
/// assert_eq!(gradus_model::distance("titel", "title"), 1);
/// assert_eq!(gradus_model::distance("王小明", "王小名"), 1);
/// ```
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(80).collect(), b.chars().take(80).collect());
    let width = b.len() + 1;
    let mut rows: Vec<Vec<usize>> = vec![(0..width).collect()];
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let above = rows[i][j + 1] + 1;
            let left = row[j] + 1;
            let mut best = above.min(left).min(rows[i][j] + usize::from(from != to));
            if i > 0 && j > 0 && a[i - 1] == *to && b[j - 1] == *from {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_near_and_other_words_far() {
        assert_eq!(distance("titel", "title"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(closest("sorce", &["score", "source"]), Some("source"));
        assert_eq!(closest_word("标题", &["kind", "title"]), Some("title"));
        assert_eq!(closest_word("filter", &["of", "where"]), Some("where"));
        assert_eq!(closest_word("zzz", &["of", "where"]), None);
        assert_eq!(closest(&"x".repeat(1_000_000), &["of"]), None);
    }
}
