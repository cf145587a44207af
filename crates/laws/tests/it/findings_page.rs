//! Every finding code is listed in `docs/findings.md`: people look codes up. `make generate` renews
//! the list; the meaning behind each code is written by hand and kept.

use std::collections::{BTreeMap, BTreeSet};

use gradus_laws::{files, finding_codes, is_source, room, root};

const HEAD: &str = "# Findings\n\n\
A finding says what is wrong with a document or with data, where, and what would be right. Its code\n\
never changes its meaning. This list is made by `make generate`; the text behind a code is written by\n\
hand and kept.\n";

#[test]
fn every_code_is_listed() {
    let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files().iter().filter(|file| is_source(&file.path) && room(&file.path) != Some("laws")) {
        for code in finding_codes(&file.text) {
            let plain =
                code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            assert!(plain && !code.is_empty(), "{}: {code:?} is not in kebab case", file.path);
            codes.entry(code).or_default().insert(room(&file.path).unwrap_or_default().to_owned());
        }
    }
    let path = root().join("docs/findings.md");
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("GRADUS_GENERATE").is_some() {
        std::fs::create_dir_all(root().join("docs")).unwrap();
        std::fs::write(&path, renewed(&page, &codes)).unwrap();
        return;
    }
    let missing: Vec<&String> =
        codes.keys().filter(|code| !page.contains(&format!("| `{code}` |"))).collect();
    assert!(missing.is_empty(), "docs/findings.md lacks {missing:?}: run `make generate`");
}

fn renewed(page: &str, codes: &BTreeMap<String, BTreeSet<String>>) -> String {
    let meaning = |code: &str| {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{code}` |")))?;
        row.trim_end_matches('|').rsplit('|').next().map(|text| text.trim().to_owned())
    };
    let mut text = format!("{HEAD}\n| code | from | meaning |\n| --- | --- | --- |\n");
    for (code, rooms) in codes {
        let rooms: Vec<&str> = rooms.iter().map(String::as_str).collect();
        text.push_str(&format!(
            "| `{code}` | {} | {} |\n",
            rooms.join(", "),
            meaning(code).unwrap_or_default()
        ));
    }
    text
}
