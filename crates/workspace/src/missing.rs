//! `gradus missing`: who stands provisionally because something is unknown, and which line of the
//! scorecard would settle most of them if it were known.

use std::path::Path;

use arrow::array::RecordBatch;
use gradus_grading::grade::{Missing, MissingField};
use gradus_model::document::{Model, TierScheme};
use gradus_model::{Finding, Findings, Lang, Place, Text};
use serde::Serialize;

use crate::base::Base;
use crate::folder::read_documents;
use crate::preview::{Prepared, prepared};
use crate::{Workspace, WorkspaceError, versions};

/// Beyond this share of those with a tier an open line is a finding.
const MOST_PROVISIONAL: f64 = 0.2;

/// What is missing as of one instant.
#[derive(Debug, Clone, Serialize)]
pub struct MissingReport {
    pub as_of: String,
    /// One for each scheme that cuts a scorecard.
    pub schemes: Vec<Missing>,
    /// Lines that leave more than a fifth of those with a tier provisional.
    pub findings: Findings,
}

/// What is missing as of an instant, the newest graded one if none is given. Cut-offs that are
/// estimated on everybody are those of that instant.
///
/// # Errors
/// Findings: nobody has been graded yet, or this is no instant.
pub async fn missing(workspace: &Workspace, as_of: Option<&str>) -> Result<MissingReport, WorkspaceError> {
    missing_in(workspace, &Base::as_of(workspace, as_of).await?).await
}

/// What is missing in a base that is at hand.
///
/// # Errors
/// A finding if nobody has been graded by the model as it is now.
pub async fn missing_in(workspace: &Workspace, base: &Base) -> Result<MissingReport, WorkspaceError> {
    let documents = versions::graded_by(workspace).await?;
    let locations = documents.locations.clone();
    let prepared = prepared(workspace, base, documents, &[]).await?;
    let Some(rows) = &prepared.rows else {
        return Err(Finding::error(
            "not-graded-yet",
            Place::default(),
            Text::new("还没有按现在的模型评级", "nobody has been graded by the model as it is now"),
            Text::new("先运行 gradus grade", "run `gradus grade` first"),
        )
        .into());
    };
    let (schemes, findings) = open_lines(&prepared, rows);
    Ok(MissingReport { as_of: base.graded.as_of.clone(), schemes, findings: findings.locate(&locations) })
}

fn open_lines(prepared: &Prepared, rows: &[RecordBatch]) -> (Vec<Missing>, Findings) {
    let fits = prepared.grade().1;
    let schemes = prepared.compiled.stage_b.missing(rows, &fits, prepared.date);
    let mut findings = Findings::default();
    for scheme in &schemes {
        let open = scheme.fields.iter().filter(|field| scheme.share(field) > MOST_PROVISIONAL);
        open.for_each(|field| findings.push(leaves_provisional(scheme, field)));
    }
    (schemes, findings)
}

/// Lines of the scorecards in a folder that leave more than a fifth of those with a tier provisional, by the
/// customers of the newest grading. Nothing where nobody has been graded, where no scheme cuts a scorecard, or
/// where the documents have errors; a note where the workspace cannot be read.
pub async fn left_provisional(root: &Path, key: Option<&str>) -> Findings {
    // Nothing is made where nothing has been imported.
    if !root.join(".gradus").is_dir() || !root.join("ledger").is_dir() {
        return Findings::default();
    }
    match left_open(root, key).await {
        Ok(findings) => findings,
        Err(WorkspaceError::Findings(_)) => Findings::default(),
        Err(error) => {
            let cause = error.text();
            let what = Text::new(
                format!("没有检查未知值使多少客户只有暂定等级：{}", cause.zh),
                format!(
                    "how many customers unknown values leave with a provisional tier was not looked at: {}",
                    cause.en
                ),
            );
            let right = Text::new("排除这个问题后再检查一次", "another check once that is mended");
            Findings(vec![Finding::note("provisional-not-looked-at", Place::default(), what, right)])
        }
    }
}

async fn left_open(root: &Path, key: Option<&str>) -> Result<Findings, WorkspaceError> {
    let documents = read_documents(root)?;
    if !documents.model.tiers.iter().any(|(_, scheme)| cuts_a_scorecard(scheme, &documents.model)) {
        return Ok(Findings::default());
    }
    let workspace = Workspace::open(root, key).await?;
    let base = Base::as_of(&workspace, None).await?;
    let locations = documents.locations.clone();
    let prepared = prepared(&workspace, &base, documents, &[]).await?;
    let Some(rows) = &prepared.rows else { return Ok(Findings::default()) };
    Ok(open_lines(&prepared, rows).1.locate(&locations))
}

fn cuts_a_scorecard(scheme: &TierScheme, model: &Model) -> bool {
    scheme.by.as_deref().is_some_and(|by| model.scorecards.get(by).is_some())
}

fn leaves_provisional(scheme: &Missing, field: &MissingField) -> Finding {
    let share = percent(scheme.share(field));
    let what = Text::new(
        format!(
            "「{}」未知，使「{}」中 {share} 的客户只有暂定等级（{} 位）",
            field.title.zh, scheme.title.zh, field.n_open
        ),
        format!(
            "“{}” is unknown and leaves {share} of the customers in “{}” with a provisional tier ({})",
            field.title.en, scheme.title.en, field.n_open
        ),
    );
    let right = Text::new(
        "补上这项数据，或写明未知时怎样算（unknown: {points: …} 或 unknown: reweight）",
        "the data for it, or what unknown means (`unknown: {points: …}` or `unknown: reweight`)",
    );
    let of = if field.is_attribute { "attributes" } else { "adjustments" };
    let place = Place::default().key("scorecards").key(&scheme.scorecard).key(of).key(&field.name);
    Finding::warning("attribute-leaves-provisional", place, what, right)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

impl MissingReport {
    /// The tables as people read them.
    pub fn text(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        let mut out = String::new();
        for scheme in &self.schemes {
            let title = scheme.title.get(lang);
            let (graded, provisional) = (scheme.n_graded, scheme.n_provisional);
            let known = percent(scheme.completeness.to_f64());
            out.push_str(&match zh {
                true => format!(
                    "{title}（截至 {}）：{graded} 位有等级，其中暂定 {provisional} 位；信息平均完整度 {known}\n",
                    self.as_of
                ),
                false => format!(
                    "{title} as of {}: {graded} with a tier, {provisional} of them provisional; {known} known on average\n",
                    self.as_of
                ),
            });
            for field in &scheme.fields {
                let name = field.title.get(lang);
                let (open, settled) = (field.n_open, field.n_settled);
                out.push_str(&match zh {
                    true => format!("  {name}：{open} 位未知；补上后 {settled} 位的等级就能确定\n"),
                    false => format!("  {name}: unknown for {open}; known, it would settle {settled}\n"),
                });
            }
        }
        if self.schemes.is_empty() {
            out.push_str(if zh {
                "没有按评分卡定级的等级体系\n"
            } else {
                "no scheme cuts a scorecard\n"
            });
        }
        out
    }

    /// Rows for a table: scheme, line, unknown for, would settle.
    pub fn rows(&self, lang: Lang) -> Vec<Vec<String>> {
        let of = |scheme: &Missing| -> Vec<Vec<String>> {
            let line = |field: &MissingField| {
                vec![
                    scheme.title.get(lang).to_string(),
                    field.title.get(lang).to_string(),
                    field.n_open.to_string(),
                    field.n_settled.to_string(),
                ]
            };
            scheme.fields.iter().map(line).collect()
        };
        self.schemes.iter().flat_map(of).collect()
    }
}
