//! The industry examples: what Gradus grades is what each one's generator worked out from the meaning of its
//! rules, customer by customer, without Gradus (`examples/<industry>/generate.py`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gradus_model::load::load_model;
use serde_json::Value;

use crate::support::{Place, balanced, number, repository, text_of};

/// Largest data of one example, in bytes: they are carried in the binary.
const MOST_BYTES: u64 = 250_000;

/// Folders of `examples/` with expected grades.
fn industries() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(repository().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expected.csv").exists())
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Rows by the value of one column: column -> cell.
fn rows(path: &Path, key: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(String::from).collect();
    let mut by_key = BTreeMap::new();
    for record in reader.records() {
        let record = record.unwrap();
        let row: BTreeMap<String, String> =
            header.iter().cloned().zip(record.iter().map(String::from)).collect();
        let id =
            row.get(key).unwrap_or_else(|| panic!("{} has no {key}: {header:?}", path.display())).clone();
        assert!(by_key.insert(id.clone(), row).is_none(), "{}: {id} twice", path.display());
    }
    by_key
}

/// What an example's model calls its first scorecard, its first tier scheme, and all its segments.
struct Words {
    score: String,
    tier: String,
    segments: Vec<String>,
}

fn words(folder: &Path) -> Words {
    let (mut score, mut tier, mut segments) = (None, None, Vec::new());
    for file in files_of(&folder.join("model")) {
        let loaded = load_model(text_of(&file), &std::fs::read_to_string(&file).unwrap());
        let model = loaded.value.unwrap_or_else(|| panic!("{}: {:?}", file.display(), loaded.findings));
        score = score.or(model.scorecards.names().next().map(String::from));
        tier = tier.or(model.tiers.names().next().map(String::from));
        segments.extend(model.segments.names().map(String::from));
    }
    Words { score: score.expect("a scorecard"), tier: tier.expect("a tier scheme"), segments }
}

/// Imports and grades an example, and gives its export: a row for each customer.
fn graded(folder: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let place = Place::example(&name);
    let found = place.run(&["check", "--format", "json"]).expect(0).json();
    // Notes are good to know: a limit on a score that is written for its own sake never binds.
    let wrong: Vec<&Value> =
        found.as_array().unwrap().iter().filter(|finding| finding["severity"] != "note").collect();
    assert!(wrong.is_empty(), "{name}: {wrong:?}");
    let data = files_of(&folder.join("data"));
    let mut arguments = vec!["import"];
    arguments.extend(data.iter().map(|path| text_of(path)));
    arguments.extend(["--format", "json"]);
    let imported = place.run(&arguments).expect(0).json();
    let imported = imported.as_array().unwrap();
    assert_eq!(imported.len(), data.len(), "{name}");
    let refused: u64 = imported.iter().map(|file| number(&balanced(file), "/quarantined")).sum();
    assert!(refused > 0, "{name} shows no row in quarantine");
    assert_eq!(place.quarantine().len() as u64, refused, "{name}");
    place.run(&["grade"]).expect(0);
    let to = place.root().parent().unwrap().join("grades.csv");
    place.run(&["export", text_of(&to), "--names", "--identifiers", "--raw"]).expect(0);
    rows(&to, "id")
}

/// The segments that a cell of expected.csv names.
fn listed(cell: &str) -> BTreeSet<String> {
    cell.split(';').filter(|name| !name.is_empty()).map(String::from).collect()
}

/// Where one customer's grades are not those expected.
fn differences(
    customer: &str,
    expected: &BTreeMap<String, String>,
    graded: &BTreeMap<String, String>,
    words: &Words,
) -> Vec<String> {
    let mut different = Vec::new();
    for (column, wanted) in expected.iter().filter(|(column, _)| *column != "customer") {
        if column == "segments" {
            let is_in = |name: &&String| graded.get(*name).is_some_and(|cell| cell == "true");
            let members: BTreeSet<String> = words.segments.iter().filter(is_in).cloned().collect();
            if members != listed(wanted) {
                different.push(format!("{customer}: in {members:?}, expected {wanted}"));
            }
            continue;
        }
        let name = match column.as_str() {
            "score" => &words.score,
            "tier" => &words.tier,
            _ => column,
        };
        let got = graded.get(name).map(String::as_str);
        if got != Some(wanted) {
            different.push(format!("{customer}: {name} is {got:?}, expected {wanted}"));
        }
    }
    different
}

#[test]
fn every_industry_is_graded_as_its_rules_mean() {
    let mut different = Vec::new();
    for folder in industries() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let expected = rows(&folder.join("expected.csv"), "customer");
        let graded = graded(&folder);
        let words = words(&folder);
        let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) = (graded.keys().collect(), expected.keys().collect());
        assert_eq!(ours, theirs, "{name}: who is graded");
        for (customer, expected) in &expected {
            let of_one = differences(customer, expected, &graded[customer], &words);
            different.extend(of_one.into_iter().map(|line| format!("{name} {line}")));
        }
    }
    let first = different.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(different.is_empty(), "{} differences:\n{first}", different.len());
}

#[test]
fn every_industry_shows_something_of_each_kind() {
    for folder in industries() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let expected = rows(&folder.join("expected.csv"), "customer");
        assert!((300..=2_000).contains(&expected.len()), "{name}: {} customers", expected.len());
        let words = words(&folder);
        for segment in &words.segments {
            let members = expected.values().filter(|row| listed(&row["segments"]).contains(segment)).count();
            assert!(members > 0, "{name}: nobody is in {segment}");
        }
        let tiers: BTreeSet<&String> = expected.values().map(|row| &row["tier"]).collect();
        assert!(tiers.len() >= 3, "{name}: {tiers:?}");
        let bytes: u64 =
            files_of(&folder.join("data")).iter().map(|path| path.metadata().unwrap().len()).sum();
        assert!(bytes <= MOST_BYTES, "{name}: {bytes} bytes of data");
        for file in ["README.md", "tour.yaml", "gradus.yaml"] {
            assert!(folder.join(file).exists(), "{name} has no {file}");
        }
    }
}
