//! Which files are meant, and what they hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gradus_model::{Finding, Findings, Place, Text};

use super::input_file::InputFile;
use crate::error::LedgerError;

const FILE_ENDINGS: [&str; 13] = [
    ".csv",
    ".tsv",
    ".txt",
    ".csv.gz",
    ".tsv.gz",
    ".txt.gz",
    ".xlsx",
    ".xlsm",
    ".jsonl",
    ".ndjson",
    ".jsonl.gz",
    ".ndjson.gz",
    ".parquet",
];

/// The files that names, folders and patterns stand for: sorted, each once. A folder stands for the
/// table files directly in it; a name that exists is taken as it is, whatever characters it has.
pub fn expand(patterns: &[String]) -> Result<(Vec<PathBuf>, Findings), LedgerError> {
    let mut found = BTreeSet::new();
    let mut findings = Findings::default();
    for pattern in patterns {
        let before = found.len();
        let path = Path::new(pattern);
        let mut matched = 0;
        if path.is_dir() {
            matched += add_folder(path, &mut found)?;
        } else if path.exists() {
            found.insert(path.to_path_buf());
            matched += 1;
        } else {
            let options = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
            match glob::glob_with(pattern, options) {
                Ok(paths) => {
                    for path in paths {
                        let path = path.map_err(|error| {
                            let path = error.path().to_path_buf();
                            LedgerError::io(path, error.into())
                        })?;
                        if path.is_dir() {
                            continue;
                        }
                        found.insert(path);
                        matched += 1;
                    }
                }
                Err(error) => {
                    findings.push(Finding::error(
                        "bad-pattern",
                        Place::document(pattern),
                        Text::new(
                            format!("第 {} 个字符处的通配符写法不对", error.pos + 1),
                            format!("the pattern is wrong at character {}", error.pos + 1),
                        ),
                        Text::new("例如 data/2024-*.csv", "for example data/2024-*.csv"),
                    ));
                    continue;
                }
            }
        }
        if matched == 0 && found.len() == before {
            findings.push(Finding::error(
                "no-file",
                Place::document(pattern),
                Text::new("没有找到文件", "no file was found"),
                Text::new(
                    "写出存在的文件、文件夹，或 data/*.csv 这样的通配符；文件夹里要有 CSV、Excel、JSON 行或 Parquet 文件",
                    "name a file or folder that exists, or a pattern such as data/*.csv; \
                     a folder must hold CSV, Excel, JSON lines or Parquet files",
                ),
            ));
        }
    }
    Ok((found.into_iter().collect(), findings))
}

fn add_folder(folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<usize, LedgerError> {
    let mut n = 0;
    for entry in std::fs::read_dir(folder).map_err(|source| LedgerError::io(folder, source))? {
        let path = entry.map_err(|source| LedgerError::io(folder, source))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        // `~$` begins the lock file that Excel leaves beside an open workbook.
        let hidden = name.starts_with('.') || name.starts_with("~$");
        if !hidden && path.is_file() && FILE_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            found.insert(path);
            n += 1;
        }
    }
    Ok(n)
}

/// The BLAKE3 hash of a file's bytes, in hex: equal for the same file under any name.
pub fn content_hash(file: impl Into<InputFile>) -> Result<String, LedgerError> {
    let file = file.into();
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file.open()?).map_err(|source| LedgerError::io(file.path(), source))?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_sorted_and_once() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", "c.xlsx", "~$c.xlsx", ".hidden.csv", "readme.md", "[x].csv"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let base = folder.path().to_str().unwrap();
        let names = |patterns: &[String]| -> Vec<String> {
            let (paths, _) = expand(patterns).unwrap();
            paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_string()).collect()
        };
        assert_eq!(names(&[base.to_string()]), ["[x].csv", "a.csv", "b.csv", "c.xlsx"]);
        assert_eq!(names(&[format!("{base}/*.csv"), format!("{base}/a.csv")]), ["[x].csv", "a.csv", "b.csv"]);
        assert_eq!(names(&[format!("{base}/[x].csv")]), ["[x].csv"]);
        let (paths, findings) = expand(&[format!("{base}/none*.csv"), "a***b".into()]).unwrap();
        assert!(paths.is_empty());
        let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["no-file", "bad-pattern"]);
    }

    #[test]
    fn the_hash_knows_the_content_and_not_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        std::fs::write(&one, "same").unwrap();
        std::fs::write(&two, "same").unwrap();
        assert_eq!(content_hash(&one).unwrap(), content_hash(&two).unwrap());
        assert!(content_hash(&folder.path().join("absent")).is_err());
    }
}
