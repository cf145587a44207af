use super::*;

fn known() -> Known {
    let mut known = Known::default();
    for name in ["age", "credit score", "credit", "x", "y"] {
        known.add(name, name);
    }
    known.add("Total", "loan_Total");
    known
}

#[track_caller]
fn reads_as(feel: &str, sql: &str) {
    let term = parse(feel, &known(), false).unwrap_or_else(|| panic!("{feel} is not read"));
    assert_eq!(term.to_string(), sql);
    // What is written means the same when read again.
    let mut names = known();
    names.add("loan_Total", "loan_Total");
    let again = write(&term, false).unwrap_or_else(|| panic!("{sql} is not written"));
    assert_eq!(parse(&again, &names, false), Some(term), "{again}");
}

#[test]
fn expressions_with_the_meaning_that_null_has_in_feel() {
    reads_as("age * 2 + Total", "age * 2 + loan_Total");
    reads_as("credit score - credit", "\"credit score\" - credit");
    reads_as(
        "if age >= 18 then \"adult\" else \"child\"",
        "case when age >= 18 then 'adult' else 'child' end",
    );
    reads_as("if x = 1 then 2 else if y then 3 else null", "case when x = 1 then 2 when y then 3 end");
    reads_as("x = \"a\"", "coalesce(x = 'a', false)");
    reads_as("x != 3", "coalesce(x <> 3, true)");
    reads_as("x = null or y != null", "x is null or y is not null");
    reads_as("x in (1, 2)", "coalesce(x in (1, 2), false)");
    reads_as("not(x in (1, 2))", "coalesce(x not in (1, 2), true)");
    reads_as("if x = null then 0 else x", "coalesce(x, 0)");
    reads_as("if x = null then null else x = 5", "x = 5");
    reads_as("age between 18 and 65", "age >= 18 and age <= 65");
    reads_as("not(x) and (y or age < 3)", "not x and (y or age < 3)");
    reads_as("starts with(x, \"a\\\"\\u4e2d\")", "starts_with(x, 'a\"中')");
    reads_as("-x * (-2.50)", "-x * -2.5");
    reads_as("date(\"2026-02-01\") <= x", "date '2026-02-01' <= x");
}

#[test]
fn intervals_and_functions_that_take_more_than_a_name() {
    reads_as("x in [1..5]", "x >= 1 and x <= 5");
    reads_as("x in ]1..5[", "x > 1 and x < 5");
    reads_as("x in (1.5..y + 2]", "x > 1.5 and x <= y + 2");
    reads_as("x in (1, 2)", "coalesce(x in (1, 2), false)");
    reads_as("min(x, y, 3)", "case when x is null or y is null then null else min(x, y, 3) end");
    reads_as("max([x, 0]) + 1", "case when x is null then null else max(x, 0) end + 1");
    reads_as("modulo(x, 12)", "x - 12 * floor(x / 12)");
    reads_as("round half up(x / 3, 2)", "round(x / 3, 2)");
    reads_as("substring(x, 2)", "substr(x, 2)");
    reads_as("substring(x, 2, y - 1) = \"ab\"", "coalesce(substr(x, 2, y - 1) = 'ab', false)");
}

#[test]
fn what_is_not_understood_is_shown_from_where_it_begins() {
    let nobody = Known::default();
    let from = |feel: &'static str| read(feel, &nobody, false).unwrap_err();
    assert_eq!(from("if 1 < 2 then decimal(7 / 3, 2) else 0"), "decimal(7 / 3, 2) else 0");
    assert_eq!(from("1 + nobody * 2"), "nobody * 2");
    assert_eq!(from("abs(1) abs(2)"), "abs(2)");
    assert_eq!(from("(1 + 2"), "");
}

#[test]
fn two_unknown_things_are_equal() {
    reads_as("x = y", "case when x is null or y is null then x is null and y is null else x = y end");
    reads_as("x != y", "case when x is null or y is null then not (x is null and y is null) else x <> y end");
}

#[test]
fn what_has_no_form_is_not_read() {
    for feel in [
        "",
        "z",
        "age.x",
        "\"a\" + x",
        "for i in x return i",
        "some i in x satisfies i",
        "[1, 2]",
        "{a: 1}",
        "function(a) a",
        "sum(x)",
        "x instance of number",
        "@\"2026-01-01\"",
        "x[1]",
        "abs(x, y)",
        "(x",
        "x)",
        "if x then 1",
        "x in [1..2",
        "x in (1..2",
        "min(x)",
        "modulo(x)",
        "substring(x, -2)",
        "substring(x, y)",
        "decimal(x, 2)",
        "round half up(x, y)",
        "date(\"2026-02-30\")",
        "1.2.3",
    ] {
        assert_eq!(parse(feel, &known(), false), None, "{feel}");
    }
    assert_eq!(parse(&"(".repeat(10_000), &known(), false), None);
    assert_eq!(parse(&"-".repeat(10_000), &known(), false), None);
}

#[test]
fn what_is_not_understood_is_where_it_stands() {
    for (feel, from) in [
        ("substring(x, -2)", "substring(x, -2)"),
        ("if x > 1 then substring(x, -2, 1) else upper case(y)", "substring(x, -2, 1) else upper case(y)"),
        ("abs(decimal(x, 2))", "decimal(x, 2))"),
        ("1 + min(x)", "min(x)"),
        ("abs(x +)", ")"),
        ("abs(x", ""),
    ] {
        assert_eq!(read(feel, &known(), false).unwrap_err(), from, "{feel}");
    }
}

#[test]
fn constants() {
    for (feel, json) in
        [("12.50", "12.5"), ("\"a\"", "\"a\""), ("true", "true"), ("-3", "-3"), ("null", "null")]
    {
        let value = literal(feel).unwrap();
        assert_eq!(value.to_string(), json);
        assert_eq!(literal(&written(&value).unwrap()), Some(value));
    }
    assert_eq!(literal("1 + 1"), None);
    assert_eq!(literal("0.12345678901234567890123"), None);
}
