//! Templates (模板): models to begin with. Each is a document of its own whose names begin alike, so that
//! several stand beside each other and beside what the operator writes. Whole workspaces are `industries`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradus_ledger::table::{Disk, RealDisk};
use gradus_model::load::load_model;
use gradus_model::{Finding, Lang, Place, Text};
use serde::Serialize;

use crate::WorkspaceError;
use crate::export::Part;
use crate::folder::read_settings;

/// Name and text of every template.
const TEMPLATES: [(&str, &str); 4] = [
    ("behaviour", include_str!("templates/behaviour.yaml")),
    ("lifecycle", include_str!("templates/lifecycle.yaml")),
    ("rfm", include_str!("templates/rfm.yaml")),
    ("value", include_str!("templates/value.yaml")),
];

/// A template, and what it brings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Template {
    pub name: &'static str,
    pub title: Text,
    pub n_indicators: usize,
    pub scorecards: Vec<String>,
    pub tiers: Vec<String>,
    pub segments: Vec<String>,
    pub groupings: Vec<String>,
}

/// All templates, by name.
pub fn templates() -> Vec<Template> {
    let of = |(name, text): &(&'static str, &str)| {
        let model = load_model(name, text).value?;
        let names = |names: &mut dyn Iterator<Item = &str>| names.map(str::to_string).collect();
        Some(Template {
            name,
            n_indicators: model.indicators.len(),
            scorecards: names(&mut model.scorecards.names()),
            tiers: names(&mut model.tiers.names()),
            segments: names(&mut model.segments.names()),
            groupings: names(&mut model.groupings.names()),
            title: model.title,
        })
    };
    TEMPLATES.iter().filter_map(of).collect()
}

/// Writes a template to `model/NAME.yaml` of a workspace.
///
/// # Errors
/// Findings: there is no workspace, no such template, or such a document already.
pub fn add_template(root: &Path, name: &str) -> Result<PathBuf, WorkspaceError> {
    read_settings(root)?;
    let text = text_of(name)?;
    let folder = root.join("model");
    std::fs::create_dir_all(&folder).map_err(|error| WorkspaceError::io(&folder, error))?;
    let path = folder.join(format!("{name}.yaml"));
    if path.exists() {
        return Err(Finding::error(
            "template-there",
            Place::document(format!("model/{name}.yaml")),
            Text::new("这个文件已经存在，没有改动它", "this document is there already; it was not touched"),
            Text::new("先改名或删除它，再添加模板", "rename or remove it first, then add the template"),
        )
        .into());
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let written =
        Part::begin(&disk, &path, false).and_then(|mut part| match part.file().write_all(text.as_bytes()) {
            Ok(()) => part.finish(),
            Err(error) => {
                part.give_up();
                Err(error)
            }
        });
    written.map_err(|error| WorkspaceError::io(&path, error))?;
    Ok(path)
}

/// The text of a template.
///
/// # Errors
/// A finding if there is none of this name.
pub fn text_of(name: &str) -> Result<&'static str, WorkspaceError> {
    if let Some((_, text)) = TEMPLATES.iter().find(|(known, _)| *known == name) {
        return Ok(text);
    }
    let known: Vec<&str> = TEMPLATES.iter().map(|(name, _)| *name).collect();
    Err(Finding::error(
        "unknown-template",
        Place::default().at("template"),
        Text::new(format!("没有名为「{name}」的模板"), format!("no template is called “{name}”")),
        Text::new(format!("可选：{}", known.join("、")), format!("one of {}", known.join(", "))),
    )
    .into())
}

impl Template {
    /// One line, and what it brings.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out = format!(
            "{:<10} {}: {} {}",
            self.name,
            self.title.get(lang),
            self.n_indicators,
            say("个指标", "indicators")
        );
        for (word, names) in [
            (say("评分卡", "scorecards"), &self.scorecards),
            (say("等级", "tiers"), &self.tiers),
            (say("分群", "segments"), &self.segments),
            (say("分组", "groupings"), &self.groupings),
        ] {
            if !names.is_empty() {
                out.push_str(&format!("; {word} {}", names.join(", ")));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read_and_no_name_is_in_two() {
        let all = templates();
        assert_eq!(all.len(), TEMPLATES.len());
        let mut names = std::collections::BTreeSet::new();
        for (name, text) in TEMPLATES {
            let loaded = load_model(name, text);
            assert!(loaded.findings.0.is_empty(), "{name}: {:?}", loaded.findings);
            let model = loaded.value.unwrap();
            for own in model.indicators.names().chain(model.segments.names()).chain(model.groupings.names()) {
                assert!(names.insert(own.to_string()), "{own} is in two templates");
            }
            assert!(all.iter().any(|template| template.name == name && !template.title.zh.is_empty()));
        }
        assert!(text_of("nothing").is_err());
    }
}
