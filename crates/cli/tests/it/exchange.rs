//! Rules from and for other programs, from the outside: files become documents of the workspace, what is
//! refused leaves nothing behind, and what was imported scores as an evaluator says that was written from
//! the specification and shares nothing with this program.

use std::process::Command;

use serde_json::Value;

use crate::support::{Place, text};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['rows*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'row'\"\n  time: day\nfields:\n  channel: { type: text, value: channel }\n  age: { type: integer, value: age }\n  outlay: { type: decimal, value: spend }\n";
const MODEL: &str = "gradus: 1\nindicators:\n  channel: { kind: last, of: channel }\n  age: { kind: last, of: age }\n  spend: { kind: last, of: outlay }\n";
const CARD: &str = include_str!("exchange/card.pmml");

/// Rows with every kind of value that the card asks for, and gaps; the same each time.
fn rows(n: u64) -> String {
    let mut out = String::from("id,day,channel,age,spend\n");
    let mut state = 7u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    for id in 0..n {
        let channel = ["shop", "app", "mini program", "phone", ""][next(5) as usize];
        let age = if next(6) == 0 { String::new() } else { (next(90) + 1).to_string() };
        let spend = match next(5) {
            0 => String::new(),
            1 => ["0", "100", "100.5", "999.9999", "1000"][next(5) as usize].to_string(),
            _ => format!("{}.{:04}", next(2000), next(10_000)),
        };
        out.push_str(&format!("N{id},2026-03-01,{channel},{age},{spend}\n"));
    }
    out
}

#[test]
fn an_imported_card_scores_as_the_specification_says() {
    let Some(python) = std::env::var_os("GRADUS_PYTHON").filter(|python| !python.is_empty()) else {
        println!("SKIPPED: no Python, so the scores are not compared with another evaluator's");
        return;
    };
    let place = Place::with(SETTINGS, &[("sources/rows.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    let card = place.file("card.pmml", CARD);
    place.run(&["rules", "import", &card]).expect(0);
    place.import(&place.file("rows.csv", rows(3000)));
    place.run(&["grade", "--as-of", "2026-03-02"]).expect(0);
    let graded = place.file("graded.csv", "");
    std::fs::remove_file(&graded).unwrap();
    place.run(&["export", &graded, "--names"]).expect(0);
    // What is written here is another file of the same card.
    let written = place.file("written.pmml", "");
    std::fs::remove_file(&written).unwrap();
    place.run(&["rules", "export", "card", "--to", "pmml", "--out", &written]).expect(0);
    for file in &[card.clone(), written] {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/exchange/scorecard.py");
        let output = Command::new(&python)
            .args([program, file.as_str(), &graded, "card"])
            .output()
            .expect("Python runs");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["differences"], serde_json::json!([]), "{file}: {told}");
        assert_eq!(told["n_rows"], 3000, "{told}");
        // Some rows have no score there, and then an interval here.
        assert!(told["n_without"].as_u64() > Some(100) && told["n_with"].as_u64() > Some(1000), "{told}");
        if *file == card {
            let mut n_codes = 0;
            for (customer, codes) in told["reasons"].as_object().unwrap() {
                let customer =
                    if customer.starts_with('#') { customer.clone() } else { format!("#{customer}") };
                let explained = place.run(&["--format", "json", "explain", &customer]).expect(0).json();
                let statements = explained["scores"].as_array().unwrap();
                let card = statements.iter().find(|statement| statement["scorecard"] == "card").unwrap();
                let ours: Vec<&Value> =
                    card["reasons"].as_array().into_iter().flatten().map(|reason| &reason["code"]).collect();
                let theirs: Vec<&Value> = codes.as_array().unwrap().iter().collect();
                assert_eq!(ours, theirs, "{customer}: {card}");
                n_codes += theirs.len();
            }
            assert!(n_codes > 40, "{told}");
        }
    }
}

#[test]
fn imported_tables_give_what_the_specification_says() {
    let Some(python) = std::env::var_os("GRADUS_PYTHON").filter(|python| !python.is_empty()) else {
        println!("SKIPPED: no Python, so the tables are not compared with another evaluator's");
        return;
    };
    let place = Place::with(SETTINGS, &[("sources/rows.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    let tables = place.file("tables.dmn", include_str!("exchange/tables.dmn"));
    place.run(&["rules", "import", &tables]).expect(0);
    place.import(&place.file("rows.csv", rows(3000)));
    place.run(&["grade", "--as-of", "2026-03-02"]).expect(0);
    let graded = place.file("graded.csv", "");
    std::fs::remove_file(&graded).unwrap();
    place.run(&["export", &graded, "--names"]).expect(0);
    let written = place.file("written.dmn", "");
    std::fs::remove_file(&written).unwrap();
    place.run(&["rules", "export", "all_tables", "--to", "dmn", "--out", &written]).expect(0);
    for file in [&tables, &written] {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/exchange/decisions.py");
        let output = Command::new(&python).args([program, file, &graded]).output().expect("Python runs");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["differences"], serde_json::json!([]), "{file}: {told}");
        assert_eq!(told["n_rows"], 3000, "{told}");
        let n_given = told["n_given"].as_object().unwrap();
        assert!(n_given.len() == 7 && n_given.values().all(|n| n.as_u64() > Some(500)), "{told}");
    }
}

#[test]
fn a_file_becomes_a_document_of_the_workspace() {
    let place = Place::with(SETTINGS, &[("model/m.yaml", MODEL)]);
    let card = place.file("card.pmml", CARD);
    let shown = place.run(&["--format", "json", "rules", "import", &card, "--dry-run"]).expect(0).json();
    assert_eq!((text(&shown, "/format"), &shown["document"]), ("pmml", &Value::Null));
    assert!(!place.root().join("model/card.yaml").exists());
    let known: Vec<&Value> =
        shown["inputs"].as_array().unwrap().iter().map(|input| &input["known"]).collect();
    assert_eq!(known, [true, true, true], "{shown}");
    place.run(&["rules", "import", &card, "--name", "other"]).expect(0);
    assert!(place.root().join("model/other.yaml").exists());
    // Neither the document nor what it defines is taken over.
    for arguments in [
        &["rules", "import", &card, "--name", "other"][..],
        &["rules", "import", &card],
        &["rules", "import", &card, "--name", "../x"],
    ] {
        let before: Vec<_> =
            std::fs::read_dir(place.root().join("model")).unwrap().map(|file| file.unwrap().path()).collect();
        let refused = place.run(arguments).expect(1);
        assert!(
            refused.err.contains("[rules-there]")
                || refused.err.contains("[duplicate-name]")
                || refused.err.contains("[argument]"),
            "{refused:?}"
        );
        let after: Vec<_> =
            std::fs::read_dir(place.root().join("model")).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(before, after);
    }
}

#[test]
fn what_is_refused_is_told_with_its_place_and_leaves_nothing() {
    let place = Place::with(SETTINGS, &[("model/m.yaml", MODEL)]);
    let hostile =
        "<!DOCTYPE PMML [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><PMML version=\"4.4\">&x;</PMML>";
    for (name, content, code) in [
        ("xxe.pmml", hostile.as_bytes().to_vec(), "xml-doctype"),
        (
            "odd.pmml",
            CARD.replace("operator=\"equal\"", "operator=\"like\"").into_bytes(),
            "exchange-unsupported",
        ),
        ("big.pmml", [CARD.as_bytes(), &vec![b' '; 100 << 20]].concat(), "xml-too-big"),
        ("none.pmml", b"hello".to_vec(), "exchange-format"),
    ] {
        let file = place.file(name, content);
        let refused = place.run(&["--lang", "en", "rules", "import", &file]).expect(1);
        assert!(refused.err.contains(&format!("[{code}]")), "{refused:?}");
        assert!(refused.err.contains(name), "{refused:?}");
        assert!(refused.peak_kib < 400 << 10, "{} KiB for {name}", refused.peak_kib);
        assert_eq!(std::fs::read_dir(place.root().join("model")).unwrap().count(), 1, "{name}");
    }
    place.run(&["rules", "export", "nothing", "--to", "pmml"]).expect(1);
    place.run(&["rules", "export", "nothing", "--to", "doc"]).expect(1);
}

/// Cells are kept as they are, so they are looked at before: what no cell here can say is refused where it stands.
#[test]
fn a_cell_outside_the_subset_is_refused_at_its_element() {
    let place = Place::with(SETTINGS, &[("sources/rows.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    let file = |cells: [&str; 2]| {
        let rule = |cell: &str| {
            format!(
                "<rule><inputEntry><text>{cell}</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>"
            )
        };
        let rules: String = cells.into_iter().filter(|cell| !cell.is_empty()).map(rule).collect();
        let text = format!(
            "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" id=\"d\" name=\"d\" namespace=\"u\">\n\
             <inputData id=\"i\" name=\"last order\"><variable name=\"last order\"/></inputData>\n\
             <decision id=\"t\" name=\"fee\"><informationRequirement><requiredInput href=\"#i\"/></informationRequirement>\n\
             <decisionTable hitPolicy=\"FIRST\"><input><inputExpression><text>age</text></inputExpression></input>\
             <output name=\"fee\"/>\n{rules}</decisionTable></decision></definitions>"
        );
        place.file("fee.dmn", text)
    };
    let refused = |cells: [&str; 2]| -> Value {
        let ran = place.run(&["rules", "import", &file(cells), "--format", "json"]).expect(1);
        assert!(!place.root().join("model/fee.yaml").exists());
        let findings: Value =
            serde_json::from_str(if ran.out.trim().is_empty() { &ran.err } else { &ran.out }).unwrap();
        findings[0].clone()
    };
    let found = refused(["&lt; 3", "count([1, 2]) &gt; 3"]);
    assert_eq!(text(&found, "/code"), "feel-function");
    assert!(text(&found, "/place/path").ends_with("/decisionTable/rule[2]/inputEntry"), "{found:#}");
    let found = refused(["[5..1]", "-"]);
    assert_eq!(text(&found, "/code"), "feel-interval");
    assert_eq!(text(&refused(["", ""]), "/code"), "exchange-missing-part");
    // Names with blanks, names that nothing has yet, functions that there are: all of that is taken.
    place
        .run(&["rules", "import", &file(["&gt; last order * 2 + some thing", "max(?, 3) &lt; 9, null"])])
        .expect(0);
}
