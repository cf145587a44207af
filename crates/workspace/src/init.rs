//! `gradus init`: a new workspace, empty or from an example.

use std::path::Path;

use gradus_model::document::{PostgresqlSetting, StoreSetting};
use gradus_model::load::load_workspace;
use gradus_model::{Finding, Lang, Place, Text};
use gradus_store::Vault;

use crate::store_place::open_store;
use crate::{Workspace, WorkspaceError};

/// Creates a workspace in `root`. With `example`, its documents are copied from there (its data
/// stay where they are); without, a `gradus.yaml` with the given zone and currency is written.
/// Documents that exist are never overwritten.
pub async fn init(
    root: &Path,
    example: Option<&Path>,
    time_zone: &str,
    currency: &str,
    key: Option<&str>,
) -> Result<Workspace, WorkspaceError> {
    init_with(root, example, &New { time_zone, currency, ..New::default() }, key).await
}

/// What a new `gradus.yaml` says.
#[derive(Debug, Clone)]
pub struct New<'a> {
    pub time_zone: &'a str,
    pub currency: &'a str,
    pub store: StoreSetting,
    /// The language of the workspace, if somebody said one; that of the example, or Chinese, otherwise.
    pub language: Option<Lang>,
}

impl Default for New<'_> {
    fn default() -> New<'static> {
        New { time_zone: "Asia/Shanghai", currency: "CNY", store: StoreSetting::Sqlite, language: None }
    }
}

/// As [`init`], with its store in PostgreSQL and in a language if so asked; `gradus.yaml` then says so. Nothing
/// is written before the database answers.
pub async fn init_with(
    root: &Path,
    example: Option<&Path>,
    new: &New<'_>,
    key: Option<&str>,
) -> Result<Workspace, WorkspaceError> {
    let settings = root.join("gradus.yaml");
    if settings.exists() {
        return Err(Finding::error(
            "workspace-exists",
            Place::document(settings.display().to_string()),
            Text::new("这里已经有一个工作区", "there is a workspace here already"),
            Text::new("另选一个文件夹", "another folder"),
        )
        .into());
    }
    let text = text_of(example, new)?;
    if let StoreSetting::Postgresql(setting) = &new.store {
        use_for_the_first_time(root, &text, setting).await?;
    }
    for folder in ["sources", "model"] {
        let path = root.join(folder);
        std::fs::create_dir_all(&path).map_err(|error| WorkspaceError::io(&path, error))?;
    }
    if let Some(example) = example {
        for folder in ["sources", "model"] {
            let from = example.join(folder);
            let entries = std::fs::read_dir(&from).map_err(|error| WorkspaceError::io(&from, error))?;
            for entry in entries {
                let file = entry.map_err(|error| WorkspaceError::io(&from, error))?.path();
                let Some(name) = file.file_name() else { continue };
                copy(&file, &root.join(folder).join(name))?;
            }
        }
    }
    std::fs::write(&settings, text).map_err(|error| WorkspaceError::io(&settings, error))?;
    // Our own files are not for git: the master key above all.
    let ignore = root.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, ".gradus/\nledger/\nreports/\n")
            .map_err(|error| WorkspaceError::io(&ignore, error))?;
    }
    Workspace::open(root, key).await
}

/// The text of the new `gradus.yaml`.
fn text_of(
    example: Option<&Path>,
    New { time_zone, currency, store, language }: &New<'_>,
) -> Result<String, WorkspaceError> {
    let mut text = match example {
        Some(example) => {
            let settings = crate::folder::read_settings(example)?;
            if settings.store != StoreSetting::Sqlite && *store != StoreSetting::Sqlite {
                return Err(Finding::error(
                    "store-said-twice",
                    Place::document("gradus.yaml").at("store"),
                    Text::new("示例已经写明了存储的位置", "the example says already where the store is"),
                    Text::new("去掉其中一处", "one of the two"),
                )
                .into());
            }
            let path = example.join("gradus.yaml");
            std::fs::read_to_string(&path).map_err(|error| WorkspaceError::io(&path, error))?
        }
        None => format!("gradus: 1\ntime_zone: {time_zone}\ncurrency: {currency}\n"),
    };
    if let Some(language) = language {
        let said = |line: &&str| !line.starts_with("language:");
        text = text.lines().filter(said).map(|line| format!("{line}\n")).collect();
        text.push_str(&format!("language: {}\n", if *language == Lang::En { "en" } else { "zh" }));
    }
    Ok(with_store(&text, store))
}

/// The text of a `gradus.yaml` whose store is somewhere else. What it said of a store before is left out.
pub(crate) fn with_store(text: &str, store: &StoreSetting) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.lines() {
        let is_top = !line.starts_with([' ', '\t', '#']) && !line.trim().is_empty();
        inside = if is_top { line.starts_with("store:") } else { inside };
        if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    let StoreSetting::Postgresql(setting) = store else { return kept };
    let PostgresqlSetting { host, port, database, user, schema, password_file, .. } = setting;
    // A JSON text is a YAML text, whatever is in it.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = kept.trim_end().to_string();
    text += &format!(
        "\nstore:\n  postgresql:\n    host: {}\n    port: {port}\n    database: {}\n    user: {}\n    schema: {}\n",
        quoted(host),
        quoted(database),
        quoted(user),
        quoted(schema),
    );
    if let Some(file) = password_file {
        text += &format!("    password_file: {}\n", quoted(file));
    }
    text
}

/// Opens the database before anything is written, and makes sure that it holds no workspace yet.
async fn use_for_the_first_time(
    root: &Path,
    text: &str,
    setting: &PostgresqlSetting,
) -> Result<(), WorkspaceError> {
    let loaded = load_workspace("gradus.yaml", text);
    let settings = loaded.value.ok_or(WorkspaceError::Findings(loaded.findings))?;
    let store = open_store(root, &settings, None).await?;
    let taken = Vault::exists(&store).await?;
    store.close().await;
    if !taken {
        return Ok(());
    }
    let schema = &setting.schema;
    Err(Finding::error(
        "store-taken",
        Place::document("gradus.yaml").at("store.postgresql.schema"),
        Text::new(
            format!("模式「{schema}」里已有另一个工作区的存储"),
            format!("the schema “{schema}” holds the store of another workspace"),
        ),
        Text::new("换一个 schema：每个工作区一个", "another schema: each workspace has one of its own"),
    )
    .into())
}

fn copy(from: &Path, to: &Path) -> Result<(), WorkspaceError> {
    std::fs::copy(from, to).map(|_| ()).map_err(|error| WorkspaceError::io(from, error))
}
