//! What the shape of a source document cannot say: which keys belong to events, which to reference
//! data, and which to exchange rates.

use crate::document::Source;
use crate::event_stream::{FIXED_COLUMNS, RATES, REFERENCE_KEY};
use crate::{Finding, Findings, Place, Text};

/// Checks a source document by itself. Its places have no document and no line yet.
pub(super) fn check(source: &Source) -> Findings {
    let mut findings = Findings::default();
    let mapping = Place::default().key("mapping");
    let Some(reference) = source.reference.as_deref() else {
        if source.mapping.kind.is_none() {
            findings.push(missing(
                "kind",
                &mapping.key("kind"),
                "事件的类型，如 `\"'order_line'\"`",
                "the kind of event, such as `\"'order_line'\"`",
            ));
        }
        let only = [
            ("key", source.mapping.key.is_some()),
            ("rate", source.mapping.rate.is_some()),
            ("per", source.mapping.per.is_some()),
        ];
        for (key, _) in only.iter().filter(|(_, given)| *given) {
            findings.push(Finding::error(
                "key-of-a-reference",
                mapping.key(key),
                Text::new(format!("`{key}` 只用于参考数据"), format!("`{key}` belongs to reference data")),
                Text::new(
                    "参考数据请写 `reference: 名称`；事件的键写在文档顶层的 `key: [列]`",
                    "`reference: NAME` for reference data; the key of events stands at the top: `key: [column]`",
                ),
            ));
        }
        check_fields_of_events(source, &mut findings);
        return findings;
    };
    check_name(reference, &mut findings);
    if source.mapping.key.is_none() {
        findings.push(missing(
            "key",
            &mapping.key("key"),
            "这一行说的是哪个商品、门店或活动；汇率写货币代码列",
            "the column that says which product, store or campaign the row is about; for rates the currency",
        ));
    }
    let mapped = &source.mapping;
    let of_events = [
        ("identity", !mapped.identity.is_empty()),
        ("kind", mapped.kind.is_some()),
        ("order", mapped.order.is_some()),
        ("line", mapped.line.is_some()),
        ("amount", mapped.amount.is_some()),
        ("currency", mapped.currency.is_some()),
        ("quantity", mapped.quantity.is_some()),
        ("private", !mapped.private.is_empty()),
    ];
    for (key, _) in of_events.iter().filter(|(_, given)| *given) {
        findings.push(Finding::error(
            "key-of-events",
            mapping.key(key),
            Text::new(format!("参考数据没有 `{key}`"), format!("reference data have no `{key}`")),
            Text::new(
                "key、time（生效日期）、known、retracts、skip；其余写成 fields",
                "key, time (from when on it holds), known, retracts, skip; everything else under fields",
            ),
        ));
    }
    if reference == RATES {
        check_rates(source, &mapping, &mut findings);
    } else {
        check_fields(source, &mapping, &mut findings);
    }
    findings
}

/// The events table has columns of its own. Said here, because the table gets its columns before the first
/// row is read, and it would be too late then.
fn check_fields_of_events(source: &Source, findings: &mut Findings) {
    for name in source.fields.names() {
        if FIXED_COLUMNS.iter().any(|fixed| fixed.eq_ignore_ascii_case(name)) {
            findings.push(Finding::error(
                "field-name",
                Place::default().key("fields").key(name),
                Text::new(
                    format!("字段不能叫「{name}」：事件流自己有这一列"),
                    format!("a field cannot be called “{name}”: the stream of events has that column itself"),
                ),
                Text::new(
                    format!("别的名称；与 {} 都不同", FIXED_COLUMNS.join("、")),
                    format!("another name, none of {}", FIXED_COLUMNS.join(", ")),
                ),
            ));
        }
    }
}

fn check_name(reference: &str, findings: &mut Findings) {
    let mut chars = reference.chars();
    let plain =
        chars.next().is_some_and(char::is_alphabetic) && chars.all(|c| c.is_alphanumeric() || c == '_');
    if !plain || reference.contains("__") {
        findings.push(Finding::error(
            "reference-name",
            Place::default().key("reference"),
            Text::new(
                format!("「{reference}」不能作参考数据的名称"),
                format!("“{reference}” cannot name a reference"),
            ),
            Text::new(
                "以字母或汉字开头，只含字母、汉字、数字和单个下划线，例如 product",
                "a name of letters, digits and single underscores that begins with a letter, such as product",
            ),
        ));
    }
}

fn check_fields(source: &Source, mapping: &Place, findings: &mut Findings) {
    let of_rates = [("rate", source.mapping.rate.is_some()), ("per", source.mapping.per.is_some())];
    for (key, _) in of_rates.iter().filter(|(_, given)| *given) {
        findings.push(Finding::error(
            "key-of-rates",
            mapping.key(key),
            Text::new(format!("`{key}` 只用于汇率"), format!("`{key}` belongs to exchange rates")),
            Text::new(
                "汇率请写 `reference: rates`；其余写成 fields",
                "`reference: rates` for exchange rates; else a field",
            ),
        ));
    }
    let place = Place::default().key("fields");
    if source.fields.is_empty() {
        findings.push(Finding::error(
            "reference-without-fields",
            place.clone(),
            Text::new("参考数据没有字段", "the reference has no fields"),
            Text::new(
                "至少一个字段，例如 品类: { type: text, value: 品类 }",
                "at least one, such as category: { type: text, value: category }",
            ),
        ));
    }
    for (name, field) in source.fields.iter() {
        if name.eq_ignore_ascii_case(REFERENCE_KEY) || name.contains('.') {
            findings.push(Finding::error(
                "field-name",
                place.key(name),
                Text::new(
                    format!("参考数据的字段不能叫「{name}」"),
                    format!("a field of a reference cannot be called “{name}”"),
                ),
                Text::new(
                    "别的名称，不含点；键写在 mapping.key",
                    "another name, without a dot; the key stands in mapping.key",
                ),
            ));
        }
        if field.reference.is_some() {
            findings.push(Finding::error(
                "reference-of-a-reference",
                place.key(name).key("reference"),
                Text::new(
                    "参考数据的字段不能再指向别的参考数据",
                    "a field of a reference cannot refer to another reference",
                ),
                Text::new(
                    "把所需的字段写进这份参考数据",
                    "the fields that are needed in this reference itself",
                ),
            ));
        }
    }
}

fn check_rates(source: &Source, mapping: &Place, findings: &mut Findings) {
    if source.mapping.rate.is_none() {
        findings.push(missing(
            "rate",
            &mapping.key("rate"),
            "一单位该货币合多少本位币的列",
            "the column that says what one unit of the currency is worth in the workspace's currency",
        ));
    }
    if source.mapping.time.is_none() {
        findings.push(missing(
            "time",
            &mapping.key("time"),
            "汇率生效的日期列",
            "the column of the date from which on the rate holds",
        ));
    }
    if !source.fields.is_empty() {
        findings.push(Finding::error(
            "rates-have-no-fields",
            Place::default().key("fields"),
            Text::new("汇率没有字段", "exchange rates have no fields"),
            Text::new("汇率写在 mapping.rate", "the rate stands in mapping.rate"),
        ));
    }
}

fn missing(key: &str, place: &Place, zh: &str, en: &str) -> Finding {
    Finding::error(
        "missing-key",
        place.clone(),
        Text::new(format!("映射缺少 `{key}`"), format!("the mapping needs `{key}`")),
        Text::new(format!("`{key}: …` — {zh}"), format!("`{key}: …` — {en}")),
    )
}

#[cfg(test)]
mod tests {
    use crate::load::load_source;

    fn codes(text: &str) -> Vec<(String, Option<u64>)> {
        let loaded = load_source("sources/a.yaml", &format!("gradus: 1\n{text}"));
        loaded.findings.iter().map(|finding| (finding.code.to_string(), finding.place.line)).collect()
    }

    #[test]
    fn a_product_list_and_a_rate_list_are_fine() {
        let products = "reference: product\nmapping: { key: 货号, time: 生效日期 }\nfields:\n  品类: { type: text, value: 品类 }\n";
        assert_eq!(codes(products), []);
        assert_eq!(
            codes("reference: rates\nmapping: { key: 货币, time: 日期, rate: 汇率, per: \"'100'\" }\n"),
            []
        );
    }

    #[test]
    fn a_field_cannot_have_the_name_of_a_column_of_the_stream() {
        let events = "mapping: { kind: \"'profile'\" }\nfields:\n  province: { type: text, value: a }\n  Source: { type: text, value: b }\n";
        assert_eq!(codes(events), [("field-name".to_string(), Some(5))]);
        // The columns of a reference have its name before theirs.
        assert_eq!(
            codes("reference: store\nmapping: { key: k }\nfields: { source: { type: text, value: a } }\n"),
            []
        );
    }

    #[test]
    fn what_belongs_elsewhere_is_told_with_its_line() {
        let wrong = "reference: 'a b'\nmapping:\n  kind: \"'x'\"\n  amount: cost\n  rate: r\nfields:\n  key: { type: text, value: k }\n  s: { type: text, value: s, reference: store }\n";
        let found = codes(wrong);
        for expected in [
            ("reference-name", 2),
            ("missing-key", 3),
            ("key-of-events", 4),
            ("key-of-events", 5),
            ("key-of-rates", 6),
            ("field-name", 8),
            ("reference-of-a-reference", 9),
        ] {
            assert!(found.contains(&(expected.0.to_string(), Some(expected.1))), "{expected:?} in {found:?}");
        }
        assert_eq!(codes("mapping: { key: k }\n").len(), 2, "no kind, and a key of a reference");
        assert_eq!(
            codes("reference: product\nmapping: { key: k }\n"),
            [("reference-without-fields".to_string(), None)]
        );
        assert_eq!(
            codes("reference: rates\nmapping: { key: k }\nfields: { a: { type: text, value: a } }\n").len(),
            3
        );
    }
}
