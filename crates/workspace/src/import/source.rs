//! Which source a file belongs to.

use std::path::Path;

use gradus_model::{Finding, Place, Text};

use crate::Documents;

/// The source whose globs match the file's name.
pub(super) fn source_of(documents: &Documents, named: Option<&str>, file: &Path) -> Result<String, Finding> {
    let place = Place::document(file.display().to_string());
    let known = || documents.sources.names().collect::<Vec<_>>().join(", ");
    if let Some(name) = named {
        return match documents.sources.get(name) {
            Some(_) => Ok(name.to_string()),
            None => Err(Finding::error(
                "unknown-source",
                place,
                Text::new(format!("没有名为 {name} 的数据源"), format!("no source is called {name}")),
                Text::new(format!("可选：{}", known()), format!("one of {}", known())),
            )),
        };
    }
    let file_name = file.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let matching: Vec<&str> = documents
        .sources
        .iter()
        .filter(|(_, source)| {
            source
                .files
                .iter()
                .any(|pattern| glob::Pattern::new(pattern).is_ok_and(|glob| glob.matches(file_name)))
        })
        .map(|(name, _)| name)
        .collect();
    match matching.as_slice() {
        [one] => Ok(one.to_string()),
        [] if documents.sources.names().next().is_none() => Err(Finding::error(
            "no-source-for-file",
            place,
            Text::new("还没有任何数据源", "there is no source yet"),
            Text::new(
                "用 gradus import --propose 拟出一份，核对后存入 sources/",
                "have one written with `gradus import --propose`, read it, and save it below sources/",
            ),
        )),
        [] => Err(Finding::error(
            "no-source-for-file",
            place,
            Text::new("没有数据源的 files 匹配这个文件名", "no source's `files` matches this file's name"),
            Text::new(
                format!("用 --source 指定（{}），或用 gradus import --propose 生成一个数据源", known()),
                format!(
                    "name one with --source ({}), or have one written with `gradus import --propose`",
                    known()
                ),
            ),
        )),
        several => Err(Finding::error(
            "several-sources-for-file",
            place,
            Text::new(
                format!("多个数据源匹配：{}", several.join(", ")),
                format!("several sources match: {}", several.join(", ")),
            ),
            Text::new("用 --source 指定一个", "name one with --source"),
        )),
    }
}
