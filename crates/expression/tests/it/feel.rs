//! FEEL cells: what each operator gives, also of null, as DMN says.

use arrow::util::display::array_value_to_string;
use gradus_expression::{
    ConstantTest, FeelCell, Literal, Want, compile, feel_sql, names_in_feel, quote_name,
};
use gradus_model::Lang;

use crate::house::*;

/// The cell over a column of the five customers: holds, does not, cannot be told (`-`), failed (`!`).
fn told(column: &str, cell: &str) -> String {
    let feel = FeelCell::parse(cell, &scope(), &place()).unwrap_or_else(|f| panic!("{cell}: {f:?}"));
    let sql = feel.sql(&quote_name(column), &place()).unwrap();
    let expression =
        compile(&sql, &scope(), Want::Boolean, &place()).unwrap_or_else(|f| panic!("{sql}: {f:?}"));
    let evaluated = expression.evaluate(&batch());
    let shown = |row: usize| {
        if evaluated.faults.contains(&(row as u32)) {
            return "!".to_string();
        }
        match evaluated.values.is_null(row) {
            true => "-".into(),
            false => array_value_to_string(&evaluated.values, row).unwrap(),
        }
    };
    (0..5).map(shown).collect::<Vec<_>>().join(" ")
}

fn refused(cell: &str) -> String {
    match FeelCell::parse(cell, &scope(), &place()) {
        Ok(feel) => match feel.sql("orders", &place()) {
            Ok(sql) => panic!("{cell} is {sql}"),
            Err(finding) => finding.code.to_string(),
        },
        Err(finding) => finding.code.to_string(),
    }
}

#[test]
fn every_operator_of_a_cell_gives_what_dmn_says_also_of_null() {
    // orders: 3, 0, 10, -2, null
    for (cell, expected) in [
        ("-", "true true true true true"),
        ("", "true true true true true"),
        ("3", "true false false false false"),
        ("= 3", "true false false false false"),
        ("!= 3", "false true true true true"),
        ("< 3", "false true false true -"),
        ("<= 3", "true true false true -"),
        ("> 3", "false false true false -"),
        (">= 3", "true false true false -"),
        ("-2", "false false false true false"),
        ("> -2.5", "true true true true -"),
        ("[0..3]", "true true false false -"),
        ("[0..3)", "false true false false -"),
        ("(0..3]", "true false false false -"),
        ("(0..3)", "false false false false -"),
        ("]0..3]", "true false false false -"),
        ("[0..3[", "false true false false -"),
        ("[0..3), > 9", "false true true false -"),
        ("3, 10", "true false true false false"),
        ("[3, 10]", "true false true false false"),
        ("3, null", "true false false false true"),
        ("null", "false false false false true"),
        ("not(3)", "false true true true true"),
        ("not(3, 10)", "false true false true true"),
        ("not(null)", "true true true true false"),
        ("not(< 3)", "true false true false -"),
        ("not([0..3], 10)", "false false false true -"),
        ("? > 3", "false false true false -"),
        ("? = 3 or ? = null", "true false false false true"),
        ("? != null and ? < 3", "false true false true false"),
        ("? between 0 and 3", "true true false false -"),
        ("? in (3, > 9)", "true false true false -"),
        ("? * 2 + 1 = 7", "true false false false false"),
        ("? / orders = 1", "true ! true true false"),
        ("? ** 2 > 8", "true false true false -"),
        ("-? > 1", "false false false true -"),
        ("if ? > 3 then true else ? = 0", "false true true false false"),
        ("modulo(?, 3) = 1", "false false true true false"),
        ("abs(?) = 2", "false false false true false"),
        ("max(?, 5) = 5", "true true false true false"),
        ("not(? > 3)", "true true false true -"),
        ("is defined(?)", "true true true true false"),
        ("order lines", "false false false false true"),
        ("> order lines", "true false true false -"),
        ("[order lines..12]", "true false true false -"),
        ("＜3，10", "false true true true -"),
        ("≥ 3", "true false true false -"),
    ] {
        assert_eq!(told("orders", cell), expected, "{cell}");
    }
}

#[test]
fn texts_truths_dates_and_instants_are_tested_in_cells() {
    for (column, cell, expected) in [
        ("country", "\"France\"", "true false true false false"),
        ("country", "'France', '中国'", "true true true false false"),
        ("country", "“中国”", "false true false false false"),
        ("country", "not(\"France\")", "false true false true true"),
        ("country", "\"O'Hara\"", "false false false true false"),
        ("country", "starts with(?, \"Fr\")", "true false true false -"),
        ("country", "ends with(?, \"a\")", "false false false true -"),
        ("country", "contains(?, \"an\")", "true false true false -"),
        ("country", "matches(?, \"^F.*e$\")", "true false true false -"),
        ("country", "string length(?) = 2", "false true false false false"),
        ("country", "upper case(?) = \"FRANCE\"", "true false true false false"),
        ("country", "? < \"G\"", "true false true false -"),
        ("country", "code", "false false false false true"),
        ("code", "\"a-b-c\"", "false true false false false"),
        ("code", "\"VIP\\u0030\\u00301\"", "true false false false false"),
        ("vip", "true", "true false true false false"),
        ("vip", "not(true)", "false true false true true"),
        ("birthday", "date(\"2011-12-10\")", "false true false false false"),
        ("birthday", "@\"2011-12-10\"", "false true false false false"),
        ("birthday", "date(2011, 12, 10)", "false true false false false"),
        ("birthday", "< date(\"1970-01-01\")", "false false true false -"),
        ("birthday", "[date(\"1970-01-01\")..date(\"1999-12-31\")]", "true false false false -"),
        ("birthday", "?.year = 2011", "false true false false false"),
        ("birthday", "month(?) = 12 and day(?) = 10", "false true false false false"),
        ("seen", ">= date and time(\"2011-12-10T08:00:00+08:00\")", "false true false false -"),
        ("spend", "[0..123.45]", "true true true false -"),
    ] {
        assert_eq!(told(column, cell), expected, "{column}: {cell}");
    }
}

#[test]
fn what_is_no_cell_is_refused_with_a_code() {
    for (cell, code) in [
        ("<", "feel-form"),
        ("[1..", "feel-form"),
        ("[5..1]", "feel-interval"),
        ("[\"b\"..\"a\"]", "feel-interval"),
        ("\"open", "feel-form"),
        ("1 2", "feel-form"),
        ("gold", "unknown-name"),
        ("now() > ?", "feel-function"),
        ("abs(1, 2)", "feel-function"),
        ("date(\"2011-02-30\")", "feel-date"),
        ("? > [1, 2]", "feel-form"),
        ("?.colour", "feel-form"),
        ("#", "feel-form"),
        ("1,", "feel-form"),
        ("for x in [1] return x", "feel-form"),
    ] {
        let got = refused(cell);
        let fits = got == code || (cell.starts_with("for") && got == "unknown-name");
        assert!(fits, "{cell}: {got}");
    }
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(refused(&deep), "expression-too-deep");
    let finding = FeelCell::parse("gold", &scope(), &place()).unwrap_err();
    assert!(finding.right.zh.contains("文本要加引号，写成 \"gold\""), "{}", finding.right.zh);
}

#[test]
fn constants_are_known_without_evaluation_and_names_are_found() {
    let tests = |cell: &str| FeelCell::parse(cell, &scope(), &place()).unwrap().constants();
    let three = || Literal::Integer(3);
    assert_eq!(tests("-"), Some(vec![]));
    assert_eq!(tests("3, null"), Some(vec![ConstantTest::Equals(three()), ConstantTest::Null]));
    assert_eq!(tests("!= 3"), Some(vec![ConstantTest::Different(three())]));
    assert_eq!(
        tests("(-3..3]"),
        Some(vec![ConstantTest::Range {
            low: Some((Literal::Integer(-3), false)),
            high: Some((three(), true))
        }])
    );
    assert_eq!(tests("> 3"), Some(vec![ConstantTest::Range { low: Some((three(), false)), high: None }]));
    for cell in ["? > 3", "orders", "> spend", "3 + 1", "< null"] {
        assert_eq!(tests(cell), None, "{cell}");
    }
    let names = |cell: &str| names_in_feel(cell).into_iter().collect::<Vec<_>>().join("|");
    assert_eq!(names("\"orders\", > order lines"), "lines|order|order lines");
    assert_eq!(names("[18..65)"), "");
}

#[test]
fn an_expression_becomes_sql_and_cells_read_in_words() {
    let sql = |text: &str| feel_sql(text, &scope(), &place());
    assert_eq!(sql("spend * 0.1 + order lines").unwrap(), "((spend) * (0.1)) + (\"order lines\")");
    assert_eq!(
        sql("if spend > 10 then \"a\" else \"b\"").unwrap(),
        "case when (spend) > (10) then 'a' else 'b' end"
    );
    assert_eq!(sql("? + 1").unwrap_err().code, "feel-form");
    let words =
        |cell: &str, lang: Lang| FeelCell::parse(cell, &scope(), &place()).unwrap().words(&scope(), lang);
    assert_eq!(words("-", Lang::Zh), "任意");
    assert_eq!(words("[18..65)", Lang::En), "≥ 18 and < 65");
    assert_eq!(words("\"A\", \"B\"", Lang::Zh), "「A」、「B」");
    assert_eq!(words("not(\"A\")", Lang::En), "not “A”");
    assert_eq!(words("> spend", Lang::Zh), "> 消费金额");
    assert_eq!(words("? * 2 > orders", Lang::En), "(it × 2) > orders");
    assert_eq!(words("null", Lang::Zh), "未知");
}
