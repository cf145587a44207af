use proptest::prelude::*;

use super::*;

#[track_caller]
fn reads_as(sql: &str, canonical: &str) {
    let term = parse(sql).unwrap_or_else(|| panic!("{sql} is not read"));
    assert_eq!(term.to_string(), canonical);
}

#[test]
fn the_forms_that_are_exchanged() {
    reads_as("ORDERS >= 3 AND country = 'it''s'", "ORDERS >= 3 and country = 'it''s'");
    reads_as("not (a or b) and c", "not (a or b) and c");
    reads_as("a - (b - c) * -2.50", "a - (b - c) * -2.5");
    reads_as("\"近 90 天\" between 1 and 2", "\"近 90 天\" >= 1 and \"近 90 天\" <= 2");
    reads_as("x is not null or x not in (1, 2)", "x is not null or x not in (1, 2)");
    reads_as("case when a then 1 else COALESCE(b, 1e2) end", "case when a then 1 else coalesce(b, 100) end");
    reads_as("case x when 1 then 'a' end", "case when x = 1 then 'a' end");
    reads_as("d < DATE '2026-01-31'", "d < date '2026-01-31'");
    reads_as("a.b", "a.b");
}

#[test]
fn what_is_none_of_them_is_not_read() {
    for sql in [
        "",
        "a b",
        "a = ",
        "(a",
        "a)",
        "'a",
        "a like 'x%'",
        "cast(a as int)",
        "a -- b",
        "a /* b */",
        "a = b = c",
        "case end",
        "1.2.3",
        "a;b",
        "f(",
        "not",
    ] {
        assert_eq!(parse(sql), None, "{sql}");
    }
    assert_eq!(parse(&format!("{}a{}", "(".repeat(5000), ")".repeat(5000))), None);
    assert_eq!(parse(&format!("{}a", "not ".repeat(5000))), None);
}

#[test]
fn digits_without_exponent() {
    for (text, plain) in [
        ("1.50", "1.5"),
        ("15e-1", "1.5"),
        ("0.0012E2", "0.12"),
        ("007", "7"),
        (".5", "0.5"),
        ("1e3", "1000"),
        ("2.", "2"),
        ("1e-3", "0.001"),
    ] {
        assert_eq!(plain_digits(text).as_deref(), Some(plain), "{text}");
    }
    for text in ["", ".", "1e999", "0x1", "１", "1e", "NaN", "-1"] {
        assert_eq!(plain_digits(text), None, "{text}");
    }
}

fn any_term() -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![
        Just(Term::Null),
        any::<bool>().prop_map(Term::Boolean),
        "(0|[1-9][0-9]{0,4})(\\.[0-9]{0,2}[1-9])?".prop_map(Term::Number),
        "[ -~价值]{0,6}".prop_map(Term::Text),
        "[a-z][a-z_.]{0,3}|and|价 值|a\"b|date|case".prop_map(Term::Name),
        Just(Term::Date("2026-02-28".into())),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let operator = prop_oneof![
            Just(Operator::Or),
            Just(Operator::And),
            Just(Operator::Equal),
            Just(Operator::NotEqual),
            Just(Operator::Less),
            Just(Operator::LessOrEqual),
            Just(Operator::Greater),
            Just(Operator::GreaterOrEqual),
            Just(Operator::Add),
            Just(Operator::Subtract),
            Just(Operator::Multiply),
            Just(Operator::Divide),
        ];
        let one = || inner.clone();
        let list = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            one().prop_map(|of| Term::Not(Box::new(of))),
            one().prop_map(|of| Term::Negate(Box::new(of))),
            (operator, one(), one()).prop_map(|(operator, left, right)| Term::binary(operator, left, right)),
            one().prop_map(Term::is_null),
            one().prop_map(Term::is_not_null),
            (one(), list()).prop_map(|(of, list)| Term::In(Box::new(of), list)),
            (one(), list()).prop_map(|(of, list)| Term::NotIn(Box::new(of), list)),
            (prop::collection::vec((one(), one()), 1..3), prop::option::of(one()))
                .prop_map(|(when, otherwise)| Term::Case(when, otherwise.map(Box::new))),
            list().prop_map(|list| Term::call("coalesce", list)),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(term in any_term()) {
        let sql = term.to_string();
        prop_assert_eq!(parse(&sql), Some(term), "{}", sql);
    }
}
