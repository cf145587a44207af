//! What is refused, and with which finding.

use gradus_expression::{Want, compile};
use gradus_model::Lang;

use crate::house::*;

#[test]
fn each_refusal_has_its_code() {
    for (sql, code) in [
        ("", "expression-empty"),
        ("   ", "expression-empty"),
        ("-- nothing", "expression-empty"),
        ("orders >=", "expression-unfinished"),
        ("orders > 1 orders", "expression-not-one"),
        ("orders; drop table x", "expression-symbol"),
        ("orders >= 3)", "expression-not-one"),
        ("(orders >= 3", "expression-unfinished"),
        ("orders ＞ 3", "expression-symbol"),
        ("country = “France”", "expression-symbol"),
        ("country = 'France", "expression-syntax"),
        ("order >= 3", "unknown-name"),
        ("Orders >= 3", "unknown-name"),
        ("ORDERS >= 3", "unknown-name"),
        ("country = \"France\"", "unknown-name"),
        ("customer.orders > 1", "expression-dotted-name"),
        ("orders in (select 1)", "expression-subquery"),
        ("(select orders)", "expression-subquery"),
        ("now() > seen", "expression-function-refused"),
        ("current_date", "expression-function-refused"),
        ("random() < 0.5", "expression-function-refused"),
        ("uuid() = code", "expression-function-refused"),
        ("sum(orders)", "expression-function-refused"),
        ("date_trunc('month', seen) = seen", "expression-function-refused"),
        ("read_csv('/etc/passwd')", "expression-unknown-function"),
        ("ROUNT(spend)", "expression-unknown-function"),
        ("ROUND()", "expression-argument-count"),
        ("ROUND(spend, orders)", "expression-argument"),
        ("ROUND(spend, 99)", "expression-argument"),
        ("LEFT(orders, 2)", "expression-type"),
        ("country > 3", "expression-type"),
        ("country + 1", "expression-type"),
        ("orders and vip", "expression-type"),
        ("vip > true", "expression-type"),
        ("orders = null", "expression-null-comparison"),
        ("orders in (1, null)", "expression-list-null"),
        ("orders in (1, small)", "expression-list-value"),
        ("orders in ('a')", "expression-type"),
        ("birthday = 'yesterday'", "expression-date"),
        ("date '2011-02-30' = birthday", "expression-date"),
        ("case when vip then 1 else 'a' end", "expression-type"),
        ("cast(orders as uuid)", "expression-cast-type"),
        ("cast(orders as decimal(99, 2))", "expression-cast-type"),
        ("cast(orders as date)", "expression-type"),
        ("1 / 0", "expression-constant-fault"),
        ("orders + 1e400", "expression-number"),
        ("code like orders", "expression-pattern"),
        ("REGEXP_LIKE(code, code)", "expression-argument"),
        ("REGEXP_LIKE(code, '(')", "expression-pattern"),
        ("REGEXP_LIKE(code, '(?=x)')", "expression-pattern"),
        ("orders = ?", "expression-symbol"),
        ("$1 = orders", "expression-symbol"),
        ("@@version", "expression-symbol"),
        ("orders[1]", "expression-symbol"),
        ("{fn now()}", "expression-symbol"),
        ("count(*)", "expression-not-allowed"),
        ("max(distinct orders, 1)", "expression-not-allowed"),
    ] {
        let found = codes(sql);
        assert!(found.contains(&code), "{sql}: {found:?}");
    }
}

#[test]
fn all_unknown_names_come_at_once_with_the_nearest_right_ones() {
    let findings = try_compile("order >= 3 and contry = 'x' and 消费金额 > 1").unwrap_err();
    assert_eq!(findings.0.len(), 3);
    let shown: Vec<String> = findings.iter().map(|finding| finding.render(Lang::Zh)).collect();
    assert!(shown[0].contains("是否想写 orders"), "{shown:?}");
    assert!(shown[1].contains("country"), "{shown:?}");
    // Known by its title.
    assert!(shown[2].contains("spend"), "{shown:?}");
    assert!(shown[0].starts_with("model.yaml segments.x.where"), "{shown:?}");
}

#[test]
fn the_wanted_type_is_checked() {
    let try_want = |sql: &str, want| compile(sql, &scope(), want, &place()).is_ok();
    assert!(try_want("orders > 1", Want::Boolean) && !try_want("orders", Want::Boolean));
    assert!(
        try_want("orders", Want::Number)
            && try_want("spend", Want::Number)
            && try_want("score", Want::Number)
    );
    assert!(!try_want("country", Want::Number) && !try_want("vip", Want::Number));
    assert!(try_want("country", Want::Text) && !try_want("orders", Want::Text));
    let findings = compile("vip", &scope(), Want::Number, &place()).unwrap_err();
    assert!(findings.0[0].what.zh.contains("需要一个数字") && findings.0[0].what.zh.contains("是/否"));
}
