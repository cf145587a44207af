//! Code depends one way.

use gradus_laws::{files, room, rooms_seen, root};

/// Which rooms a room may see. `grading` cannot see `store`: so it cannot see personal data.
const MAY_SEE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("expression", &["model"]),
    ("stats", &[]),
    ("store", &["model"]),
    ("ledger", &["model", "expression", "store"]),
    ("grading", &["model", "expression", "stats"]),
    ("feedback", &["model", "expression", "stats", "grading"]),
    ("workspace", &["model", "expression", "stats", "store", "ledger", "grading", "feedback"]),
    ("delivery", &["model", "store"]),
    ("server", &["workspace", "delivery", "model"]),
    ("cli", &["workspace", "delivery", "model", "server"]),
    ("bench", &["model", "expression", "stats", "ledger", "grading", "workspace"]),
    ("laws", &[]),
];

#[test]
fn a_room_sees_only_the_rooms_named_for_it() {
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let Ok(cargo_toml) = std::fs::read_to_string(root().join("crates").join(&name).join("Cargo.toml"))
        else {
            continue;
        };
        let Some((_, allowed)) = MAY_SEE.iter().find(|(room, _)| *room == name) else {
            panic!("crates/{name} is a room that no page names: add it to ARCHITECTURE.md and here");
        };
        for seen in rooms_seen(&cargo_toml) {
            assert!(allowed.contains(&seen.as_str()), "{name} must not see {seen}");
        }
    }
}

#[test]
fn nothing_is_called_common_or_utils() {
    const TOO_VAGUE: &[&str] = &["common", "utils", "util", "helpers", "helper", "misc", "manager"];
    for file in files().iter().filter(|file| room(&file.path).is_some()) {
        for part in file.path.trim_end_matches(".rs").split('/') {
            assert!(
                !TOO_VAGUE.contains(&part),
                "{}: a shared thing is a word (model) or mathematics (stats)",
                file.path
            );
        }
    }
}
