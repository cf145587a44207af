//! A workspace in one file, and back on an empty host: the same answers.

use crate::postgres::{answers, filled, store_flags};
use crate::support::{Place, gradus, number, text, text_of};

/// What the vault says behind the answers.
fn identities(place: &Place) -> String {
    place.run(&["links", "M-1", "--identifiers"]).expect(0).out
}

fn restored(file: &str, more: &[&str]) -> Place {
    let place = Place::empty();
    let mut arguments = vec!["restore", file, "--format", "json"];
    arguments.extend(more);
    let done = gradus(&place.root(), &arguments).expect(0).json();
    assert_eq!(done["needs_master_key"], false, "{done}");
    place
}

fn same_answers(before: &[String], place: &Place) {
    assert_eq!(before, answers(place));
    // Grading again reads what was restored, and changes nothing.
    let again = place.run(&["grade", "--format", "json"]).expect(0).json();
    assert_eq!(
        (number(&again, "/instants_reused"), number(&again, "/instants/0/corrected")),
        (1, 0),
        "{again}"
    );
    place.run(&["grade", "--fold-anew"]).expect(0);
    place.run(&["audit", "verify"]).expect(0);
    // And it lives on.
    place
        .run(&[
            "import",
            &place.file("orders-more.csv", "nr,id,phone,day,amount,remark\n9,M-9,,2024-03-01,3,\n"),
        ])
        .expect(0);
    place.run(&["link", "M-1", "M-9", "--reason", "form 1"]).expect(0);
}

#[test]
fn a_backup_restored_on_an_empty_host_answers_the_same() {
    let place = Place::empty();
    gradus(&place.root(), &["init"]).expect(0);
    filled(&place);
    let (said, vault) = (answers(&place), identities(&place));
    let file = place.root().parent().unwrap().join("whole.tar");
    let done =
        place.run(&["backup", text_of(&file), "--with-master-key", "--format", "json"]).expect(0).json();
    assert!(number(&done, "/n_tables") >= 3 && number(&done, "/n_files") > 8, "{done}");
    let bytes = std::fs::read(&file).unwrap();
    let holds = |marker: &str| bytes.windows(marker.len()).any(|part| part == marker.as_bytes());
    assert!(!holds("13812340001") && !holds("call at seven"), "identities stay encrypted");
    let other = restored(text_of(&file), &[]);
    assert_eq!(identities(&other), vault);
    same_answers(&said, &other);
    // Nothing is written over an earlier backup.
    let refused = place.run(&["backup", text_of(&file), "--format", "json"]).expect(1).json();
    assert_eq!(text(&refused, "/0/code"), "file-exists");
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
    // Nothing is restored over something.
    let refused = other.run(&["restore", text_of(&file), "--format", "json"]).expect(1).json();
    assert_eq!(text(&refused, "/0/code"), "restore-needs-empty");
    // Without the key in it, the key is asked for.
    let apart = place.root().parent().unwrap().join("apart.tar");
    let said_zh = place.run(&["backup", text_of(&apart), "--lang", "zh"]).expect(0).out;
    assert!(said_zh.contains("主密钥"), "{said_zh}");
    let keyless = Place::empty();
    let done = gradus(&keyless.root(), &["restore", text_of(&apart), "--format", "json"]).expect(0).json();
    assert_eq!(done["needs_master_key"], true);
    assert!(gradus(&keyless.root(), &["grade", "--lang", "en"]).expect(2).err.contains("master key"));
    // Whatever needs it says so by its code, and what can be done.
    let out = keyless.root().parent().unwrap().join("all.csv");
    for verb in [&["grade"][..], &["explain", "A"], &["export", text_of(&out)], &["user", "list"], &["runs"]]
    {
        for (lang, right) in [("zh", "GRADUS_MASTER_KEY"), ("en", "put the master key there")] {
            let told = gradus(&keyless.root(), &[verb, &["--lang", lang]].concat()).expect(2).err;
            assert!(told.contains("[master-key-missing]") && told.contains(right), "{verb:?}: {told}");
        }
        let told = gradus(&keyless.root(), &[verb, &["--format", "json"]].concat()).expect(2).json();
        assert_eq!(text(&told, "/code"), "master-key-missing");
        assert!(!text(&told, "/right/zh").is_empty() && !text(&told, "/what/zh").is_empty(), "{told}");
    }
    std::fs::copy(place.root().join(".gradus/master.key"), keyless.root().join(".gradus/master.key"))
        .unwrap();
    assert_eq!(identities(&keyless), vault);
}

#[test]
fn a_backup_that_is_not_whole_restores_nothing() {
    let place = Place::empty();
    gradus(&place.root(), &["init"]).expect(0);
    filled(&place);
    let file = place.root().parent().unwrap().join("whole.tar");
    place.run(&["backup", text_of(&file)]).expect(0);
    let whole = std::fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    let at = flipped.windows(4).position(|part| part == b"PAR1").unwrap() + 40;
    flipped[at] ^= 1;
    for bytes in [&whole[..whole.len() / 2], &whole[..0], b"PK\x03\x04", &flipped[..]] {
        let broken = place.file("broken.tar", bytes);
        let empty = Place::empty();
        let refused = gradus(&empty.root(), &["restore", &broken, "--format", "json"]).expect(1).json();
        assert_eq!(text(&refused, "/0/code"), "backup-damaged", "{} bytes", bytes.len());
        assert!(!empty.root().exists(), "nothing is written");
    }
    // What an interrupted restore left is no workspace, and is begun anew.
    let half = Place::empty();
    for name in [".gradus/restoring", ".gradus/store.sqlite", "ledger/events/old.parquet"] {
        let path = half.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "half").unwrap();
    }
    gradus(&half.root(), &["restore", text_of(&file)]).expect(0);
    assert!(!half.root().join(".gradus/restoring").exists() && half.root().join("gradus.yaml").exists());
}

#[test]
fn while_another_process_writes_a_backup_is_refused_with_words() {
    let place = Place::empty();
    gradus(&place.root(), &["init"]).expect(0);
    filled(&place);
    let held = gradus_ledger::table::WriterLease::acquire(place.root().join("ledger")).unwrap();
    let file = place.root().parent().unwrap().join("whole.tar");
    let refused = place.run(&["backup", text_of(&file), "--lang", "zh"]).expect(2);
    assert!(refused.err.contains("另一个进程正在写"), "{refused:?}");
    assert!(!file.exists());
    drop(held);
    place.run(&["backup", text_of(&file)]).expect(0);
}

#[test]
fn a_store_goes_from_postgresql_to_a_file_and_back() {
    let Some(flags) = store_flags("backup") else { return };
    let place = Place::empty();
    let mut arguments = vec!["init"];
    arguments.extend(flags.iter().map(String::as_str));
    gradus(&place.root(), &arguments).expect(0);
    filled(&place);
    let (said, vault) = (answers(&place), identities(&place));
    let file = place.root().parent().unwrap().join("whole.tar");
    place.run(&["backup", text_of(&file), "--with-master-key"]).expect(0);
    // Where it was there is one already.
    let taken = Place::empty();
    let refused = gradus(&taken.root(), &["restore", text_of(&file), "--format", "json"]).expect(1).json();
    assert_eq!(text(&refused, "/0/code"), "store-taken");
    let plain = restored(text_of(&file), &["--store-in-folder"]);
    assert!(plain.root().join(".gradus/store.sqlite").exists());
    assert_eq!(identities(&plain), vault);
    same_answers(&said, &plain);
    let Some(flags) = store_flags("restored") else { return };
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let again = restored(text_of(&file), &flags);
    assert!(!again.root().join(".gradus/store.sqlite").exists());
    assert_eq!(identities(&again), vault);
    same_answers(&said, &again);
}
