//! Reading back: one line per operator and kind of function.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use gradus_expression::{Scope, Want};
use gradus_model::{Lang, Place, Text};

use crate::house::compiled;

#[test]
fn every_operator_reads_back() {
    for (sql, zh, en) in [
        (
            "orders >= 3 and country = 'France'",
            "订单数 至少为 3，且 国家 等于「France」",
            "orders is at least 3 and country is “France”",
        ),
        ("orders > 3 or vip", "订单数 大于 3，或 vip", "orders is more than 3 or vip"),
        (
            "vip and (orders > 3 or orders < 0)",
            "vip，且 （订单数 大于 3，或 订单数 小于 0）",
            "vip and (orders is more than 3 or orders is less than 0)",
        ),
        ("orders <= 3", "订单数 至多为 3", "orders is at most 3"),
        ("orders <> 3", "订单数 不等于 3", "orders is not 3"),
        ("not vip", "并非（vip）", "not (vip)"),
        ("spend is null", "消费金额 未知", "total spend is unknown"),
        ("spend is not null", "消费金额 已知", "total spend is known"),
        ("KNOWN(spend)", "消费金额 已知", "total spend is known"),
        ("vip is true", "（vip）确定成立", "(vip) is surely true"),
        (
            "orders between 1 and 3",
            "订单数 在 1 到 3 之间（含两端）",
            "orders is between 1 and 3, both included",
        ),
        ("country in ('a', 'b')", "国家 是其中之一：「a」、「b」", "country is one of “a”, “b”"),
        ("country not in ('a')", "国家 不是其中之一：「a」", "country is none of “a”"),
        ("code like 'VIP%'", "code 开头是「VIP」", "code starts with “VIP”"),
        ("code not like '%x%'", "code 不（包含「x」）", "code does not contain “x”"),
        ("code like 'a_b'", "code 符合模式「a_b」", "code is like “a_b”"),
        ("spend * 2 + 1", "（消费金额 乘以 2） 加 1", "(total spend times 2) plus 1"),
        ("spend / orders", "消费金额 除以 订单数", "total spend divided by orders"),
        ("-spend", "负消费金额", "minus total spend"),
        ("IF(vip, 1, 0)", "若 vip，则为 1；否则为 0", "if vip then 1, else 0"),
        ("ROUND(spend, 2)", "消费金额四舍五入到2位小数", "total spend rounded to 2 digits"),
        ("ROUND(spend)", "消费金额四舍五入到0位小数", "total spend rounded to 0 digits"),
        ("MAX(spend, 0)", "消费金额、0中最大的", "the largest of total spend, 0"),
        ("CONTAINS(code, 'x')", "code 包含「x」", "code contains “x”"),
        ("cast(orders as text)", "订单数（作为文本）", "orders as text"),
        ("birthday >= '2011-12-10'", "birthday 至少为「2011-12-10」", "birthday is at least “2011-12-10”"),
        ("birthday < date '2011-12-10'", "birthday 小于 2011-12-10", "birthday comes before 2011-12-10"),
        (
            "DATE_DIFF(birthday, '2011-12-10')",
            "从「2011-12-10」到birthday的天数",
            "the days from “2011-12-10” to birthday",
        ),
    ] {
        let expression = compiled(sql);
        assert_eq!(expression.words(Lang::Zh), zh, "{sql}");
        assert_eq!(expression.words(Lang::En), en, "{sql}");
    }
}

#[test]
fn braces_in_texts_are_not_places() {
    assert_eq!(compiled("CONTAINS(code, '{0}{1}')").words(Lang::En), "code contains “{0}{1}”");
}

#[test]
fn a_value_goes_by_its_title_where_its_column_is_compared() {
    let schema =
        Schema::new(vec![Field::new("kind", DataType::Utf8, true), Field::new("code", DataType::Utf8, true)]);
    let scope = Scope::new(Arc::new(schema)).with_value_title(
        "kind",
        "order_line",
        Text::new("订单行", "Order line"),
    );
    let read = |sql: &str, lang: Lang| {
        gradus_expression::compile(sql, &scope, Want::Any, &Place::default()).unwrap().words(lang)
    };
    assert_eq!(read("kind = 'order_line'", Lang::Zh), "kind 等于「订单行」");
    assert_eq!(read("kind in ('order_line', 'visit')", Lang::En), "kind is one of “Order line”, “visit”");
    assert_eq!(read("code = 'order_line'", Lang::En), "code is “order_line”");
}
