//! `gradus report`: one self-contained page about the stored grades.

use std::io::Write;
use std::path::{Path, PathBuf};

use gradus_ledger::quality::{QualityReport, Reconciliation};
use gradus_model::document::ClockSetting;
use gradus_model::{Lang, Text};

use crate::export::Part;
use crate::report::{ReportInput, Section, escape, render_html};
use crate::stored::{Stored, summary_options};
use crate::summary::summarise;
use crate::{Workspace, WorkspaceError};

/// Most imports whose quality the page shows.
const N_IMPORTS: u32 = 12;

/// Writes the report and says where it is. Without `to` it goes to `reports/`.
pub async fn write_report(
    workspace: &Workspace,
    as_of: Option<&str>,
    to: Option<&Path>,
    lang: Lang,
) -> Result<PathBuf, WorkspaceError> {
    let stored = Stored::open(workspace).await?;
    let last = match as_of {
        Some(date) => date.to_string(),
        None => stored.instants.last().cloned().unwrap_or_default(),
    };
    let mut bases = Vec::new();
    for date in stored.instants.iter().filter(|date| **date < last) {
        bases.push(stored.base(workspace, date, true).await?);
    }
    bases.push(stored.base(workspace, &last, false).await?);
    let summary = summarise(&bases, &summary_options(&stored.model))
        .map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    let runs = workspace.store.runs().list(Some(&stored.compiled.hash), 10_000).await?;
    let as_of_us = bases.last().map(|base| base.as_of_us);
    let fit = runs.iter().find(|run| Some(run.as_of) == as_of_us).and_then(|run| run.fits.first());
    let banner = match &workspace.settings.clock {
        ClockSetting::System => None,
        ClockSetting::LastEvent => {
            Some(Text::new("时钟停在数据的最后一个事件", "The clock stands at the last event of the data"))
        }
        ClockSetting::Fixed(at) => Some(Text::new(format!("时钟固定在 {at}"), format!("The clock is fixed at {at}"))),
    };
    let input = ReportInput {
        lang,
        summary: &summary,
        workspace: workspace.settings.title.get(lang),
        model_version: Some(stored.compiled.hash.chars().take(12).collect()),
        fit_number: fit.map(i64::to_string),
        clock_banner: banner,
        mover_names: None,
        sections: sections(workspace, lang).await?,
        credit: None,
    };
    let html = render_html(&input);
    let path = match to {
        Some(path) => path.to_path_buf(),
        None => {
            let suffix = if lang == Lang::Zh { "zh" } else { "en" };
            workspace.root.join("reports").join(format!("report-{last}.{suffix}.html"))
        }
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| WorkspaceError::io(folder, error))?;
    }
    let written = Part::begin(&workspace.disk, &path, false).and_then(|mut part| {
        match part.file().write_all(html.as_bytes()) {
            Ok(()) => part.finish(),
            Err(error) => {
                part.give_up();
                Err(error)
            }
        }
    });
    written.map_err(|error| WorkspaceError::io(&path, error))?;
    Ok(path)
}

/// Quality and reconciliation of the newest imports.
async fn sections(workspace: &Workspace, lang: Lang) -> Result<Vec<Section>, WorkspaceError> {
    let (mut reconciled, mut quality) = (String::new(), String::new());
    for import in workspace.store.imports().list(N_IMPORTS).await? {
        let files: Vec<&str> =
            import.files.iter().map(|file| file.name.rsplit('/').next().unwrap_or(&file.name)).collect();
        let heading = format!("<h3>{} · {}</h3>", escape(&import.source), escape(&files.join(", ")));
        let read = |value: &Option<serde_json::Value>| value.clone();
        if let Some(report) = read(&import.reconciliation).and_then(|v| serde_json::from_value::<Reconciliation>(v).ok()) {
            reconciled.push_str(&format!("{heading}{}", report.to_html(lang)));
        }
        if let Some(report) = read(&import.quality).and_then(|v| serde_json::from_value::<QualityReport>(v).ok()) {
            quality.push_str(&format!("{heading}{}", report.to_html(lang)));
        }
    }
    let mut out = Vec::new();
    for (title, html) in [
        (Text::new("对账", "Reconciliation"), reconciled),
        (Text::new("数据质量", "Data quality"), quality),
    ] {
        if !html.is_empty() {
            out.push(Section { title, html });
        }
    }
    Ok(out)
}
