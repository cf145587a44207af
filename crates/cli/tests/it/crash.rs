//! An import that is killed counts or does not count, and the next one tidies up: in the end the
//! ledger is that of an import which nobody disturbed.

use std::process::Stdio;
use std::time::Duration;

use crate::ledger_files::{contents, event_ids, events};
use crate::support::{ADDED, Chance, Place, command, gradus, killed_after, number, text_of};

const SETTINGS: &str = "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nbuckets: 4\n";

const SOURCE: &str = "gradus: 1
files: ['orders*']
history: true
mapping:
  identity:
    - { kind: phone, value: phone }
    - { kind: id, value: id }
  kind: \"'order_line'\"
  time: day
  amount: amount
  private: { remark: remark }
";

/// Three files that share rows, with identifiers, free text and wrong rows in each.
fn orders(place: &Place, n_rows: usize) -> Vec<String> {
    let part = |from: usize, to: usize| {
        let mut text = String::from("id,phone,day,amount,remark\n");
        for row in from..to {
            let day =
                if row % 50 == 7 { "never".to_string() } else { format!("2024-03-{:02}", row % 28 + 1) };
            let phone = if row % 3 == 0 { String::new() } else { format!("138{:08}", row % 5_000) };
            text.push_str(&format!("C{},{phone},{day},{}.25,call after {row}\n", row % 6_000, row % 700));
        }
        text
    };
    let third = n_rows / 3;
    vec![
        place.file("in/orders1.csv", part(0, third + 500)),
        place.file("in/orders2.csv", part(third, 2 * third)),
        place.file("in/orders3.csv", part(2 * third - 500, n_rows)),
    ]
}

/// What does not depend on when an import was killed.
fn state(place: &Place) -> (Vec<String>, Vec<(String, u64, Vec<u8>)>) {
    let mut refused: Vec<(String, u64, Vec<u8>)> =
        place.quarantine().into_iter().map(|row| (row.listed.file, row.listed.row, row.raw)).collect();
    refused.sort();
    refused.dedup();
    (contents(&events(&place.root())), refused)
}

#[test]
fn killed_at_any_moment_and_imported_again() {
    let fresh = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE)]);
    let files = orders(&fresh, 12_000);
    let folder = text_of(std::path::Path::new(&files[0]).parent().unwrap()).to_string();
    let undisturbed = fresh.copy();
    let began = std::time::Instant::now();
    gradus(&undisturbed.root(), &["import", &folder]).expect(0);
    let whole = began.elapsed();
    let expected = state(&undisturbed);
    assert!(expected.0.len() > 11_000 && expected.1.len() > 200);

    let mut chance = Chance(2024);
    let mut kills = 0;
    let mut round = 0;
    // Some are quicker than the moment at which they should die: more rounds make up for them.
    while kills < 40 && round < 12 {
        round += 1;
        let place = fresh.copy();
        for attempt in 0..9 {
            // Spread over the whole import, at moments that differ in every round.
            let share = (attempt * 100 + chance.below(100)) as f64 / 1000.0;
            kills += u32::from(killed_after(&place.root(), &["import", &folder], whole.mul_f64(share)));
            // Whatever was committed is whole files, each event once.
            let all = events(&place.root());
            assert_eq!(event_ids(&all).len(), all.iter().map(|batch| batch.num_rows()).sum::<usize>());
        }
        gradus(&place.root(), &["import", &folder]).expect(0);
        let found = state(&place);
        assert_eq!(found.0.len(), expected.0.len(), "round {round}");
        assert!(found == expected, "round {round}: the ledger or the quarantine differs");
        assert!(!place.root().join(".gradus/scratch").exists(), "spilled runs are removed");
        let again = gradus(&place.root(), &["import", &folder, "--format", "json"]).expect(0);
        assert!(again.json().as_array().unwrap().iter().all(|one| number(one, ADDED) == 0));
    }
    assert!(kills >= 40, "only {kills} imports were alive when they were killed");
}

#[test]
fn a_second_writer_is_told_to_wait_and_nothing_is_lost() {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE)]);
    let files = orders(&place, 60_000);
    let mut first = command(&place.root(), &["import", &files[0], &files[1]])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The second comes while the first holds the lease, or after it: both are tried until one is
    // refused.
    let lock = place.root().join("ledger/writer.lock");
    while !lock.exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(Duration::from_millis(30));
    let second = place.run(&["import", &files[2], "--lang", "en"]);
    assert_eq!(second.code, Some(2), "{second:?}");
    assert!(second.err.contains("another process is writing"), "{second:?}");
    assert!(first.wait().unwrap().success());
    let zh = place.run(&["import", &files[2], "--lang", "zh"]).expect(0);
    assert!(zh.out.contains('对'), "{zh:?}");
    let undisturbed = place.copy();
    let again = undisturbed.run(&["import", &files[0], &files[1], &files[2], "--format", "json"]).expect(0);
    assert!(again.json().as_array().unwrap().iter().all(|one| number(one, ADDED) == 0));
    assert!(events(&place.root()).iter().map(|batch| batch.num_rows()).sum::<usize>() > 58_000);
}

#[test]
fn readers_are_not_disturbed_by_a_writer() {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE)]);
    let model = "gradus: 1\nindicators:\n  orders: { title: n, kind: count }\n";
    std::fs::write(place.root().join("model/m.yaml"), model).unwrap();
    let files = orders(&place, 60_000);
    gradus(&place.root(), &["import", &files[0]]).expect(0);
    let mut writer = command(&place.root(), &["import", &files[1], &files[2]])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while writer.try_wait().unwrap().is_none() {
        place.run(&["grade", "--no-store"]).expect(0);
        place.run(&["check"]).expect(0);
    }
    assert!(writer.wait().unwrap().success());
}
