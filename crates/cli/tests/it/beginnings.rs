//! `gradus init --template INDUSTRY DIR`: a whole workspace that can be looked at.

use crate::support::{gradus, repository, text};

#[test]
fn every_industry_begins_a_workspace_with_its_customers_graded() {
    let place = tempfile::tempdir().unwrap();
    let listed = gradus(place.path(), &["--format", "json", "template", "list"]).expect(0).json();
    let all = listed.as_array().unwrap();
    let industries: Vec<&str> =
        all.iter().filter(|one| one["kind"] == "industry").map(|one| text(one, "/name")).collect();
    assert!(industries.contains(&"ecommerce"), "{industries:?}");
    assert!(all.iter().any(|one| one["kind"] == "template" && one["name"] == "rfm"));
    for industry in industries {
        let folder = place.path().join(industry);
        let dir = folder.display().to_string();
        let made = gradus(place.path(), &["--format", "json", "init", "--template", industry, &dir])
            .expect(0)
            .json();
        assert_eq!(made["industry"]["version"], 1, "{industry}");
        let last =
            made["industry"]["instants"].as_array().unwrap().last().unwrap().as_str().unwrap().to_string();
        let out = place.path().join(format!("{industry}.csv"));
        gradus(&folder, &["export", "--as-of", &last, &out.display().to_string()]).expect(0);
        let exported = std::fs::read_to_string(&out).unwrap();
        let n_customers = exported.lines().count() as u64 - 1;
        assert_eq!(made["industry"]["n_customers"], n_customers, "{industry}");
        let expected =
            std::fs::read_to_string(repository().join(format!("examples/{industry}/expected.csv"))).unwrap();
        assert_eq!(expected.lines().count() as u64 - 1, n_customers, "{industry}");
    }
}

#[test]
fn without_data_there_is_a_model_and_nobody_graded() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("shop");
    let dir = folder.display().to_string();
    gradus(place.path(), &["init", "--template", "ecommerce", "--without-data", "--currency", "EUR", &dir])
        .expect(0);
    gradus(&folder, &["check"]).expect(0);
    let settings = std::fs::read_to_string(folder.join("gradus.yaml")).unwrap();
    assert!(settings.contains("EUR") && !settings.contains("clock"), "{settings}");
    assert!(!folder.join("ledger/events").exists());
    let versions = gradus(&folder, &["--format", "json", "versions", "list"]).expect(0).json();
    assert_eq!(versions.as_array().map(Vec::len), Some(0));
}

#[test]
fn a_name_that_does_not_exist_makes_nothing_and_is_told_what_there_is() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("shop").display().to_string();
    let refused = gradus(place.path(), &["--lang", "en", "init", "--template", "ecomerce", &dir]).expect(1);
    assert!(refused.err.contains("ecommerce") || refused.out.contains("ecommerce"), "{refused:?}");
    assert!(!place.path().join("shop").exists());
    let refused = gradus(place.path(), &["init", "--template", "rfm", "--without-data", &dir]).expect(1);
    assert!(!place.path().join("shop").exists(), "{refused:?}");
}
