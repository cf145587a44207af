//! Rules from and for other programs.

use std::path::Path;

use gradus_model::exchange::Format;
use gradus_model::{Finding, Lang, Place, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::{ImportedRules, Workspace, WorkspaceError, export_rules, import_rules, write_rules};

use crate::arguments::RulesCommand;
use crate::model::which;
use crate::render;

/// Imports or exports; the exit code.
pub async fn rules(
    command: &RulesCommand,
    root: &Path,
    open: impl AsyncFnOnce() -> Result<Workspace, WorkspaceError>,
    lang: Lang,
    as_json: bool,
) -> Result<u8, WorkspaceError> {
    match command {
        RulesCommand::Import { file, name, dry_run } => {
            let imported = import_rules(root, file, name.as_deref(), !dry_run)?;
            if as_json {
                render::json(&imported);
            } else {
                render_imported(&imported, lang);
            }
        }
        RulesCommand::Export { name, to, version, out } => {
            let format = format_of(to)?;
            let text =
                export_rules(&open().await?, &Principal::local(), which(version)?, name, format).await?;
            match out {
                None => render::text(&text),
                Some(path) => {
                    write_rules(path, &text)?;
                    if as_json {
                        render::json(&serde_json::json!({ "document": path }));
                    } else {
                        render::text(&path.display().to_string());
                    }
                }
            }
        }
    }
    Ok(0)
}

fn format_of(word: &str) -> Result<Format, WorkspaceError> {
    Format::parse(word).ok_or_else(|| {
        let what = Text::new(format!("不认识格式「{word}」"), format!("“{word}” is no format"));
        Finding::error("argument", Place::default().at("--to"), what, Text::plain("pmml / dmn")).into()
    })
}

fn render_imported(imported: &ImportedRules, lang: Lang) {
    render::findings(&imported.findings, lang, false);
    match &imported.document {
        Some(path) => render::text(&path.display().to_string()),
        None => render::text(&imported.text),
    }
    let unknown: Vec<&str> =
        imported.inputs.iter().filter(|input| !input.known).map(|input| input.name.as_str()).collect();
    if !unknown.is_empty() {
        render::text(&match lang {
            Lang::Zh => format!("规则还要读这些名称，模型里还没有：{}", unknown.join("、")),
            Lang::En => format!(
                "the rules also read these names, which the model does not have yet: {}",
                unknown.join(", ")
            ),
        });
    }
}
