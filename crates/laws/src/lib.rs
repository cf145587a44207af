//! Reads the house: its files, its crates, its sources without their tests. No dependency, so that
//! the laws are known within seconds.

use std::path::{Path, PathBuf};

/// One tracked file of the repository. `path` is relative to its root, with `/`.
pub struct File {
    pub path: String,
    pub text: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The text files that people wrote: all but build output, data, and what `.gitignore` names.
pub fn files() -> Vec<File> {
    let mut found = Vec::new();
    visit(&root(), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn visit(folder: &Path, prefix: &str, found: &mut Vec<File>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        let outside =
            ["target", "workspaces", "node_modules", "proptest-regressions"].contains(&name.as_str());
        if outside || (name.starts_with('.') && !matches!(name.as_str(), ".ci" | ".gitignore")) {
            continue;
        }
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            visit(&entry.path(), &path, found);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            found.push(File { path, text });
        }
    }
}

/// Is this Rust source that ships: in `src/` of a crate, not a test.
pub fn is_source(path: &str) -> bool {
    let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
    path.starts_with("crates/") && path.ends_with(".rs") && path.contains("/src/") && !is_test
}

/// The room (crate folder) that a path lies in.
pub fn room(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

/// The lines of a source that ship, with their numbers from 1: without comments, without a `mod tests;` under
/// `#[cfg(test)]`, without what follows a `#[cfg(test)]` that stands before anything longer (such tests stand last).
pub fn shipped_lines(text: &str) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut shipped = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if line.starts_with("#[cfg(test)]") {
            if !lines.get(at + 1).is_some_and(|next| next.ends_with(';')) {
                break;
            }
            at += 2;
            continue;
        }
        at += 1;
        if !line.trim_start().starts_with("//") {
            shipped.push((at, *line));
        }
    }
    shipped
}

/// The crates of ours that a `Cargo.toml` names under `[dependencies]`, without their prefix.
pub fn rooms_seen(cargo_toml: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut inside = false;
    for line in cargo_toml.lines() {
        if line.starts_with('[') {
            inside = line.trim() == "[dependencies]";
        } else if inside && let Some(name) = line.strip_prefix("gradus-") {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(name.len());
            seen.push(name[..end].to_owned());
        }
    }
    seen.sort();
    seen
}

/// The finding codes that shipped sources name: the first text after `Finding::error(` and its like, and what
/// `StoreError::code` gives.
pub fn finding_codes(text: &str) -> Vec<String> {
    let shipped: String = shipped_lines(text).iter().map(|(_, line)| format!("{line}\n")).collect();
    let mut codes = Vec::new();
    for opening in ["Finding::error(", "Finding::warning(", "Finding::note(", "Problem::new("] {
        for (at, _) in shipped.match_indices(opening) {
            let rest = shipped[at + opening.len()..].trim_start();
            if let Some(code) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                codes.push(code.to_owned());
            }
        }
    }
    for line in shipped.lines().map(str::trim).filter(|line| line.starts_with("StoreError::")) {
        if let Some((_, code)) = line.split_once(" => \"")
            && let Some(code) = code.strip_suffix("\",")
        {
            codes.push(code.to_owned());
        }
    }
    codes
}
