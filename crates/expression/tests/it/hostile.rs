//! Input that wants to exhaust, escape or confuse.

use std::time::{Duration, Instant};

use crate::house::*;

fn quick<T>(work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = work();
    assert!(start.elapsed() < Duration::from_secs(10), "took {:?}", start.elapsed());
    value
}

#[test]
fn depth_bombs_are_findings() {
    for n in [65, 200, 10_000, 300_000] {
        for (open, close) in [
            ("(", ")"),
            ("ABS(", ")"),
            ("not (", ")"),
            ("case when vip then ", " end"),
            ("cast(", " as text)"),
            ("IF(vip, ", ", 1)"),
        ] {
            let sql = format!("{}orders{}", open.repeat(n), close.repeat(n));
            quick(|| codes(&sql));
        }
        for chain in ["-", "not ", "+", "- "] {
            quick(|| try_compile(&format!("{}orders", chain.repeat(n))).map(|e| e.sql().len()).ok());
        }
        for chain in [
            " + orders",
            " || code",
            " = orders",
            " - -1",
            " is null",
            " between 1 and orders",
            "::text",
            " and vip is true",
        ] {
            quick(|| try_compile(&format!("orders{}", chain.repeat(n))).map(|e| e.sql().len()).ok());
        }
        // Mistakes deep inside must not make the parser try everything twice.
        for open in [
            "case when ",
            "cast(",
            "trim(",
            "substr(",
            "position(",
            "case case ",
            "(",
            "exists(",
            "x in (",
            "array[",
            "extract(",
            "date ",
        ] {
            quick(|| codes(&open.repeat(n)));
        }
    }
}

#[test]
fn what_the_limits_allow_works() {
    let nested = format!("{}orders{}", "(".repeat(60), ")".repeat(60));
    assert_eq!(compiled(&nested).sql(), "orders");
    let calls = format!("{}orders{}", "ABS(".repeat(60), ")".repeat(60));
    assert_eq!(values(&calls), "3 0 10 2 -");
    let cases = format!("{}1{}", "case when vip then ".repeat(30), " end".repeat(30));
    assert_eq!(values(&cases), "1 - 1 - -");
    let ors = (0..500).map(|n| format!("orders = {n}")).collect::<Vec<_>>().join(" or ");
    assert_eq!(values(&ors), "true true true false -");
    let sum = (0..50).map(|_| "orders").collect::<Vec<_>>().join(" + ");
    assert_eq!(values(&sum), "150 0 500 -100 -");
}

#[test]
fn nesting_what_is_used_twice_does_not_double_the_work() {
    for (open, close) in [
        ("IF(", " between 0 and 5, 1, 0)"),
        ("NULLIF(", ", 7)"),
        ("case ", " when 1 then 2 when 2 then 1 end"),
        ("MAX(", ", 1)"),
        ("ROUND(", " / 3, 2)"),
    ] {
        let sql = format!("{}orders{}", open.repeat(30), close.repeat(30));
        quick(|| try_compile(&sql).map(|expression| line(&expression.evaluate(&batch()))).ok());
    }
    let shallow = format!("{}orders{}", "IF(".repeat(30), " between 0 and 5, 1, 0)".repeat(30));
    assert_eq!(values(&shallow), "1 1 1 1 1");
}

#[test]
fn the_canonical_text_of_the_largest_is_within_the_limits() {
    for sql in [
        format!("{}orders{}", "MOD(7, ".repeat(60), ")".repeat(60)),
        format!("{}orders{}", "7 - (".repeat(60), ")".repeat(60)),
        format!("{}vip{}", "not (".repeat(60), ")".repeat(60)),
        format!("{}orders{}", "KNOWN(".repeat(60), ")".repeat(60)),
        format!("{}orders{}", "IF(vip, ".repeat(60), ", 1)".repeat(60)),
    ] {
        let expression = compiled(&sql);
        assert_eq!(compiled(expression.sql()), expression);
    }
}

#[test]
fn lists_are_bounded() {
    let list = |n: usize| (0..n).map(|n| (n as i64 - 5).to_string()).collect::<Vec<_>>().join(", ");
    assert_eq!(values(&format!("orders in ({})", list(10_000))), "true true true true -");
    assert_eq!(codes(&format!("orders in ({})", list(10_001))), ["expression-list-too-long"]);
    quick(|| codes(&format!("orders in ({})", list(1_000_000))));
    let texts = (0..10_000).map(|n| format!("'VIP{n:03}'")).collect::<Vec<_>>().join(",");
    assert_eq!(values(&format!("code in ({texts})")), "true false false false -");
    let names = vec!["orders"; 100_000].join(",");
    quick(|| codes(&format!("MAX({names})")));
    quick(|| codes(&vec!["orders > 1"; 5_000].join(" and ")));
}

#[test]
fn patterns_are_linear_and_bounded() {
    let text = "a".repeat(20_000);
    quick(|| values(&format!("REGEXP_LIKE('{text}', '(a+)+$') and REGEXP_LIKE(code, '(a|aa)+$')")));
    assert_eq!(codes("REGEXP_LIKE(code, '(a{1000}){1000}')"), ["expression-pattern"]);
    assert_eq!(codes(&format!("REGEXP_LIKE(code, '{}')", "a".repeat(501))), ["expression-pattern"]);
    quick(|| values(&format!("code like '{}'", "%a".repeat(200))));
    codes(&format!("code like '{}'", "%a".repeat(2_000)));
}

#[test]
fn results_are_bounded_too() {
    assert_eq!(values("LEN(LPAD(code, 60000, 'x'))"), "60000 60000 60000 60000 -");
    assert_eq!(codes("LPAD('x', 2000000000)"), ["expression-constant-fault"]);
    assert_eq!(values("LPAD(code, 9000000000 * small)"), "! ! ! ! -");
    assert_eq!(values("REPLACE(LPAD(code, 60000), ' ', LPAD(code, 60000))"), "! ! ! ! -");
}

#[test]
fn names_are_exact_and_texts_stay_texts() {
    // Cyrillic о, full-width letters, zero-width characters: not the column.
    for name in ["оrders", "ｏｒｄｅｒｓ", "orders\u{200b}", "\u{feff}orders", "ordеrs", "近９０天消费金额"]
    {
        codes(&format!("{name} > 1"));
        codes(&format!("\"{name}\" > 1"));
    }
    for text in [
        "'; DROP TABLE x; --",
        "’ or 1=1",
        "\0",
        "../../etc/passwd",
        "\u{202e}",
        "𠮷",
        "e\u{301}",
        "\\' or true",
        "{{7*7}}",
        "\n\r\t",
    ] {
        let sql = format!("code = '{}'", text.replace('\'', "''"));
        let expression = compiled(&sql);
        assert_eq!(line(&expression.evaluate(&batch())), "false false false false -", "{text:?}");
        assert_eq!(compiled(expression.sql()), expression);
    }
    // NFC and NFD are two texts: nothing is folded behind anyone's back.
    assert_eq!(values("'é' = CONCAT('e', '\u{301}')"), "false false false false false");
    for sql in [
        "java.lang.Runtime",
        "\"\"",
        "\"a\"\"b\"",
        "system('x')",
        "pg_read_file('x')",
        "version()",
        "orders -> 'x'",
        "x'41'",
        "E'\\x41'",
        "N'a'",
        "U&'\\0061'",
        "$$a$$",
        "interval '1 day'",
        "array[1]",
        "row(1, 2)",
        "(1, 2) = (1, 2)",
        "orders = any(1)",
        "exists(x)",
        "orders collate \"x\"",
        "seen at time zone 'UTC'",
        "sum(orders) over ()",
        "orders is distinct from 1",
        "'a' 'b'",
        "code similar to 'x'",
        "orders & 1",
        "orders | 1",
        "orders ^ 1",
        "~orders",
        "orders // 2",
        "/* x",
        "convert(int, orders)",
        "extract(year from birthday)",
        "position('a' in code)",
        "overlay(code placing 'x' from 1)",
        "trim(both 'x' from code)",
        "*",
    ] {
        codes(sql);
    }
}

#[test]
fn random_bytes_never_panic() {
    let pieces = [
        "orders", "country", "'a'", "1", "1.5", "(", ")", ",", "and", "or", "not", "case", "when", "then",
        "end", "in", "between", "like", "is", "null", "+", "-", "*", "/", "%", "=", "<", "ROUND(", "IF(",
        "cast(", "as", "text", "::", "\"", "date", "escape", "distinct", "from", "近", "\u{0}", "e'", "||",
        "..", "1e9", "true", "if", "-- ", "/*",
    ];
    let mut seed = 7u64;
    for _ in 0..20_000 {
        let mut sql = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            sql.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
            if seed & 0x4000_0000 != 0 {
                sql.push(' ');
            }
        }
        if let Ok(expression) = try_compile(&sql) {
            expression.evaluate(&batch());
            assert_eq!(compiled(expression.sql()), expression, "{sql}");
        }
    }
}
