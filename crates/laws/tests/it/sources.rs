//! What no source may do.

use std::collections::BTreeMap;

use gradus_laws::{File, files, is_source, room, root, shipped_lines};

fn sources() -> Vec<File> {
    files().into_iter().filter(|file| is_source(&file.path)).collect()
}

#[test]
fn a_file_is_one_word() {
    for file in files().iter().filter(|file| file.path.ends_with(".rs")) {
        let n = file.text.lines().count();
        if n > 500 {
            println!("{} has {n} lines: probably two words", file.path);
        }
        assert!(n <= 800, "{} has {n} lines; 800 at most: find the second word in it", file.path);
    }
}

#[test]
fn libraries_do_not_print() {
    for file in sources().iter().filter(|file| !matches!(room(&file.path), Some("cli" | "bench"))) {
        for (number, line) in shipped_lines(&file.text) {
            let prints =
                ["print!(", "println!(", "eprint!(", "eprintln!("].iter().any(|word| has_word(line, word));
            assert!(!prints, "{}:{number} prints; give back a value and let the face render it", file.path);
        }
    }
}

/// The instant, the seed and the settings are arguments: so the same ledger gives the same grades.
#[test]
fn what_grades_has_no_clock_no_environment_and_no_chance() {
    const FORBIDDEN: &[&str] = &[
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "Utc::now",
        "Local::now",
        "env::var",
        "env::temp_dir",
        "thread_rng",
        "rand::rng",
        "getrandom",
        "RandomState::new",
    ];
    let pure = ["model", "stats", "grading", "expression", "feedback"];
    for file in sources().iter().filter(|file| room(&file.path).is_some_and(|room| pure.contains(&room))) {
        for (number, line) in shipped_lines(&file.text) {
            let found = FORBIDDEN.iter().find(|word| line.contains(*word));
            assert!(
                found.is_none(),
                "{}:{number} uses {}; take it as an argument",
                file.path,
                found.unwrap_or(&"")
            );
        }
    }
}

/// `unwrap` and `expect` outside tests are counted per file in `unwraps.txt`, which may only shrink.
#[test]
fn unwraps_only_become_fewer() {
    let allowed_path = root().join("crates/laws/tests/it/unwraps.txt");
    let counted: BTreeMap<String, usize> = sources()
        .iter()
        .filter(|file| room(&file.path) != Some("bench"))
        .map(|file| {
            let n = shipped_lines(&file.text)
                .iter()
                .map(|(_, line)| line.matches(".unwrap()").count() + line.matches(".expect(").count())
                .sum();
            (file.path.clone(), n)
        })
        .filter(|(_, n)| *n > 0)
        .collect();
    if std::env::var_os("GRADUS_COUNT_UNWRAPS").is_some() {
        let text: String = counted.iter().map(|(path, n)| format!("{n} {path}\n")).collect();
        std::fs::write(&allowed_path, text).unwrap();
    }
    let text = std::fs::read_to_string(&allowed_path).unwrap_or_default();
    let allowed: BTreeMap<&str, usize> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(n, path)| Some((path, n.parse().ok()?)))
        .collect();
    for (path, n) in &counted {
        let allowed = allowed.get(path.as_str()).copied().unwrap_or(0);
        assert!(
            *n <= allowed,
            "{path} has {n} unwrap or expect outside tests, {allowed} allowed: say what went wrong instead"
        );
    }
}

/// Where somebody builds is nobody's business, and a clone must build anywhere.
#[test]
fn no_file_names_a_machine() {
    // Put together here, so that this file does not name them.
    let forbidden: Vec<String> = [
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["/Us", "ers/"],
        ["index.crates", ".io"],
        ["pypi", ".org/simple"],
        ["registry.np", "mjs.org"],
    ]
    .iter()
    .map(|parts| parts.concat())
    .collect();
    for file in files() {
        if file.path.ends_with(".snap") || file.path == "Cargo.lock" {
            continue;
        }
        for (index, line) in file.text.lines().enumerate() {
            let found = forbidden.iter().find(|word| line.contains(word.as_str()));
            assert!(
                found.is_none(),
                "{}:{} names {}",
                file.path,
                index + 1,
                found.map_or("", |word| word.as_str())
            );
        }
    }
}

/// What lasts passes through the `Disk` that a workspace is opened with, or the commit of a store's
/// transaction: there the tests end the process, before every step. What writes elsewhere is named
/// here with its reason, and tests nothing by accident.
#[test]
fn what_lasts_passes_where_it_can_be_ended() {
    const WRITES: &[&str] = &[
        "fs::write(",
        "File::create(",
        "File::options(",
        "OpenOptions::new(",
        "fs::create_dir(",
        "fs::rename(",
        "fs::remove_file(",
        "fs::remove_dir_all(",
        "fs::hard_link(",
        "fs::copy(",
        "begin_with(",
    ];
    const ALLOWED: &[(&str, &str)] = &[
        ("crates/ledger/src/table/store.rs", "the disk itself; staging files are removed by name"),
        ("crates/ledger/src/table/runs.rs", "spilled runs are unlinked before they are written"),
        ("crates/ledger/src/table/lease.rs", "the lock file: only its number grows"),
        (
            "crates/ledger/src/states/set.rs",
            "a set of states is whole or absent, and is derived: lost, it is made again",
        ),
        (
            "crates/store/src/database/sqlite.rs",
            "creates the file that SQLite then writes, and keeps a copy before an upgrade",
        ),
        ("crates/store/src/database/postgres.rs", "begins what `Writing` commits"),
        ("crates/store/src/vault/master_key.rs", "the key, before there is anything else"),
        ("crates/workspace/src/init.rs", "documents, before there is a workspace"),
        (
            "crates/workspace/src/uploads.rs",
            "files on their way in: what is lost is sent again, what is old is removed",
        ),
        ("crates/workspace/src/exports.rs", "removes files that lay long enough, as often as it is tried"),
        ("crates/workspace/src/quarantine/page.rs", "removes its own folder in passing"),
        ("crates/workspace/src/export/place.rs", "opens the part that the disk then places"),
        (
            "crates/workspace/src/industries/leave.rs",
            "an emptying is noted first, and goes on whenever it is tried again",
        ),
        (
            "crates/workspace/src/industries/set_up.rs",
            "a copy of its own to import from; it goes with the industry",
        ),
        ("crates/workspace/src/system.rs", "removes backups that lay long enough, as often as it is tried"),
        ("crates/workspace/src/recover.rs", "removes what is left over, as often as it is tried"),
    ];
    let rooms = ["store", "ledger", "workspace"];
    for file in sources().iter().filter(|file| room(&file.path).is_some_and(|room| rooms.contains(&room))) {
        if ALLOWED.iter().any(|(path, _)| *path == file.path) {
            continue;
        }
        for (number, line) in shipped_lines(&file.text) {
            let found = WRITES.iter().find(|word| line.contains(*word));
            assert!(
                found.is_none(),
                "{}:{number} calls {}...): let it pass through `Disk` or `Writing`, so that the crash tests see it",
                file.path,
                found.unwrap_or(&"")
            );
        }
    }
}

/// The lock file names packages, never the host of a mirror.
#[test]
fn the_lock_file_names_only_the_public_registry() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for line in lock.lines().filter(|line| line.starts_with("source = ")) {
        let public = line.starts_with("source = \"registry+https://github.com/rust-lang/");
        assert!(public, "{line}");
    }
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}
