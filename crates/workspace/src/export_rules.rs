//! `gradus rules export NAME`: a form of the model as a file that other programs read. What the
//! format cannot say is a finding, and then there is no file.

use std::path::Path;
use std::sync::Arc;

use gradus_grading::grade::Fit;
use gradus_ledger::table::{Disk, RealDisk};
use gradus_model::document::{ClusterMethod, Clusters, Model};
use gradus_model::exchange::pmml::{Centre, CentredFeature, Centres};
use gradus_model::exchange::{self, Format};
use gradus_model::{Finding, Place, Text};

use crate::access::{Permission, Principal};
use crate::diff::Which;
use crate::export::write_small;
use crate::runs::fits_of;
use crate::stored::Stored;
use crate::{Workspace, WorkspaceError};

/// The text of a form of a model, in the format.
///
/// # Errors
/// Findings: there is no such form, or the format cannot say what it says.
pub async fn export_rules(
    workspace: &Workspace,
    who: &Principal,
    which: Which,
    name: &str,
    format: Format,
) -> Result<String, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let document = which.document(workspace, who).await?;
    let model: Model = serde_json::from_value(document).map_err(|_| {
        WorkspaceError::from(Finding::error(
            "draft-shape",
            Place::default(),
            Text::new(
                "草稿还不是一份可读的模型文档",
                "the draft does not have the shape of a model document yet",
            ),
            Text::new("先在网页上改正它", "mend it on the page first"),
        ))
    })?;
    let groups = model.predictions.get(name).and_then(|prediction| prediction.clusters.as_ref());
    if let (Some(groups), Format::Pmml) = (groups, format) {
        let title = model.predictions.get(name).and_then(|prediction| prediction.title.clone());
        let centres = centres(workspace, name, groups, title).await?;
        return exchange::pmml::write_clusters(name, &centres).map_err(WorkspaceError::Findings);
    }
    exchange::export(&model, name, format).map_err(WorkspaceError::Findings)
}

/// The centres of groups, from the newest grading: they are a fit, and not in the document.
async fn centres(
    workspace: &Workspace,
    name: &str,
    groups: &Clusters,
    title: Option<Text>,
) -> Result<Centres, WorkspaceError> {
    let place = || Place::default().key("predictions").key(name);
    if groups.method == Some(ClusterMethod::Mixture) {
        return Err(Finding::error(
            "exchange-not-expressible",
            place().key("clusters").key("method"),
            Text::new("PMML 的聚类只有中心，没有高斯混合", "clusters of PMML have centres and no shapes"),
            Text::new("method: k_means", "`method: k_means`"),
        )
        .into());
    }
    let stored = Stored::open(workspace).await?;
    let runs = workspace.store.runs().list(Some(&stored.compiled.hash), 1_000).await?;
    let fits = match runs.iter().find(|run| run.is_announced()) {
        Some(run) => fits_of(workspace, run).await?,
        None => Default::default(),
    };
    let found = match fits.fits.get(&format!("predictions.{name}")) {
        Some(Fit::Clusters(fit))
            if fit.features.len() == groups.features.len() && !fit.clusters.is_empty() =>
        {
            fit
        }
        _ => {
            return Err(Finding::error(
                "not-graded-yet",
                place(),
                Text::new(
                    "这个聚类还没有评级过，没有中心可导出",
                    "these groups were never graded, so that they have no centres",
                ),
                Text::new("先发布并运行 gradus grade", "publish it and run `gradus grade` first"),
            )
            .into());
        }
    };
    // What everybody has alike parts nobody.
    let counts: Vec<bool> = found.features.iter().map(|feature| !feature.constant).collect();
    let kept =
        |values: &[f64]| values.iter().zip(&counts).filter(|(_, counts)| **counts).map(|(x, _)| *x).collect();
    let features = found.features.iter().zip(&groups.features).filter(|(feature, _)| !feature.constant);
    Ok(Centres {
        title,
        features: features
            .map(|(feature, sql)| CentredFeature {
                sql: sql.clone(),
                log: found.log,
                centre: feature.centre,
                width: feature.width,
            })
            .collect(),
        clusters: found
            .clusters
            .iter()
            .map(|one| Centre {
                name: one.name.clone(),
                title: one.title.clone(),
                n: one.n,
                at: kept(&one.centre),
            })
            .collect(),
    })
}

/// Writes a file that was exported.
///
/// # Errors
/// A finding if the file is there already.
pub fn write_rules(path: &Path, text: &str) -> Result<(), WorkspaceError> {
    if path.exists() {
        return Err(Finding::error(
            "rules-there",
            Place::document(path.display().to_string()),
            Text::new("这个文件已经存在，没有改动它", "this file is there already; it was not touched"),
            Text::new("--out 写另一个文件", "another file with --out"),
        )
        .into());
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    write_small(&disk, path, false, text.as_bytes()).map_err(|error| WorkspaceError::io(path, error))
}
