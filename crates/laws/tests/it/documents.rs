//! Pages say what is true.

use gradus_laws::root;

fn page(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|_| panic!("{path} is missing"))
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
    for name in ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = page(name);
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap_or_default();
            let target = target.split('#').next().unwrap_or_default();
            let is_file = !target.is_empty() && !target.contains("://");
            assert!(
                !is_file || root().join(target).exists(),
                "{name} links to {target}, which does not exist"
            );
        }
    }
}

#[test]
fn every_make_command_of_a_page_is_in_the_makefile() {
    let makefile = page("Makefile");
    for name in ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "ARCHITECTURE.md"] {
        let text = page(name);
        for (at, _) in text.match_indices("make ") {
            // `make` as a command stands in code: after a backquote or at the start of a line.
            if !matches!(text[..at].chars().next_back(), None | Some('`' | '\n')) {
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
