//! Pages say what is true.

use gradus_laws::root;

fn page(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|_| panic!("{path} is missing"))
}

/// The pages that people read first, and every page below `docs`, as paths from the root.
fn pages() -> Vec<String> {
    const FIRST: &[&str] =
        &["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"];
    let mut found: Vec<String> = FIRST.iter().map(|name| name.to_string()).collect();
    let mut folders = vec!["docs".to_string()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") {
                found.push(path);
            }
        }
    }
    assert!(found.iter().any(|path| path == "docs/guide/README.md"), "{found:?}");
    found
}

/// The texts between single backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.starts_with("```"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_path_on_the_map_exists() {
    const BEGINNINGS: &[&str] = &["crates/", "docs/", "examples/", "schema/", "scripts/", "cases/", ".ci/"];
    for map in ["ARCHITECTURE.md", "README.md", "README.zh-CN.md", "CONTRIBUTING.md"] {
        for path in quoted(&page(map)) {
            let is_path = BEGINNINGS.iter().any(|beginning| path.starts_with(beginning))
                && !path.contains([' ', '*', '<', '…']);
            assert!(!is_path || root().join(path).exists(), "{map} names {path}, which does not exist");
        }
    }
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    for name in pages() {
        let text = page(&name);
        let folder = root().join(&name).parent().unwrap().to_path_buf();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap_or_default();
            let target = target.split('#').next().unwrap_or_default();
            let is_file = !target.is_empty() && !target.contains("://");
            assert!(
                !is_file || folder.join(target).exists(),
                "{name} links to {target}, which does not exist"
            );
        }
    }
}

#[test]
fn every_make_command_of_a_page_is_in_the_makefile() {
    let makefile = page("Makefile");
    for name in pages() {
        let text = page(&name);
        for (at, _) in text.match_indices("make ") {
            // `make` as a command stands in code: after a backquote, at the start of a line, or indented.
            let before = &text[..at];
            if !before.ends_with("\n    ") && !matches!(before.chars().next_back(), None | Some('`' | '\n')) {
                continue;
            }
            let rest = &text[at + 5..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
            let goal = &rest[..end];
            assert!(
                makefile.lines().any(|line| line.starts_with(&format!("{goal}:"))),
                "{name} says `make {goal}`"
            );
        }
    }
}

#[test]
fn every_room_is_on_the_map() {
    let map = page("ARCHITECTURE.md");
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(map.contains(&format!("crates/{name}")), "ARCHITECTURE.md does not name crates/{name}");
    }
}

#[test]
fn every_guide_is_there_in_both_languages() {
    let guides: Vec<String> = pages().into_iter().filter(|path| path.starts_with("docs/guide/")).collect();
    for guide in &guides {
        let twin = match guide.strip_suffix(".zh-CN.md") {
            Some(stem) => format!("{stem}.md"),
            None => guide.replace(".md", ".zh-CN.md"),
        };
        assert!(guides.contains(&twin), "{guide} has no {twin}");
    }
}
