//! Groups of customers that are alike, and cuts of a number.

use gradus_model::Lang;
use gradus_model::document::{ClusterMethod, ClusterScale};
use gradus_workspace::access::Principal;
use gradus_workspace::clusters::{self as verb, ClustersRequest, Drafted, clusters_page};
use gradus_workspace::cuts::{self, CutMethod, CutsRequest};
use gradus_workspace::{Workspace, WorkspaceError, write_page};
use serde_json::json;

use crate::arguments::{
    ClusterMethodArgument, ClusterScaleArgument, CutMethodArgument, LearnClusters, LearnCuts,
};
use crate::bars::Bars;
use crate::render;

pub async fn clusters(
    workspace: &Workspace,
    asked: &LearnClusters,
    lang: Lang,
    as_json: bool,
) -> Result<u8, WorkspaceError> {
    let who = Principal::local();
    let request = ClustersRequest {
        model: asked.model.clone(),
        name: asked.write.clone(),
        as_of: asked.as_of.clone(),
        features: asked.features.iter().map(|one| one.trim().to_string()).collect(),
        base: asked.base.clone(),
        k: asked.k,
        most: asked.most,
        method: asked.method.map(|method| match method {
            ClusterMethodArgument::KMeans => ClusterMethod::KMeans,
            ClusterMethodArgument::Mixture => ClusterMethod::Mixture,
        }),
        scale: asked.scale.map(|scale| match scale {
            ClusterScaleArgument::Standard => ClusterScale::Standard,
            ClusterScaleArgument::Robust => ClusterScale::Robust,
            ClusterScaleArgument::MinMax => ClusterScale::MinMax,
            ClusterScaleArgument::Log => ClusterScale::Log,
        }),
        seed: asked.seed,
    };
    let learned = verb::learn_clusters(workspace, &who, &request, &Bars::default()).await?;
    if let Some(path) = &asked.out {
        let page = clusters_page(&learned, workspace.settings.title.get(lang), lang);
        write_page(workspace, path, &page)?;
    }
    let drafted = match (asked.write.is_some(), asked.segments) {
        (false, false) => None,
        (prediction, segments) => {
            Some(verb::to_draft(workspace, &who, &learned, prediction, segments, asked.replace).await?)
        }
    };
    if as_json {
        render::json(&json!({ "learned": learned, "draft": drafted, "page": asked.out }));
        return Ok(0);
    }
    render::text(&learned.render(lang));
    say_drafted(drafted.as_ref(), lang);
    if let Some(path) = &asked.out {
        render::text(&path.display().to_string());
    }
    Ok(0)
}

pub async fn cuts(
    workspace: &Workspace,
    asked: &LearnCuts,
    lang: Lang,
    as_json: bool,
) -> Result<u8, WorkspaceError> {
    let who = Principal::local();
    let request = CutsRequest {
        value: asked.of.clone(),
        parts: asked.k,
        method: match asked.method {
            CutMethodArgument::Jenks => CutMethod::Jenks,
            CutMethodArgument::KMeans => CutMethod::KMeans,
            CutMethodArgument::Quantiles => CutMethod::Quantiles,
        },
        base: asked.base.clone(),
        model: asked.model.clone(),
        as_of: asked.as_of.clone(),
    };
    let found = cuts::learn_cuts(workspace, &who, &request, &Bars::default()).await?;
    let drafted = match &asked.write {
        Some(path) => Some(cuts::to_draft(workspace, &who, &found, path).await?),
        None => None,
    };
    if as_json {
        render::json(&json!({ "cuts": found, "draft": drafted }));
        return Ok(0);
    }
    render::text(&found.render(lang));
    say_drafted(drafted.as_ref(), lang);
    Ok(0)
}

fn say_drafted(drafted: Option<&Drafted>, lang: Lang) {
    let Some(Drafted { revision, paths, removed }) = drafted else { return };
    render::text(&match lang {
        Lang::Zh => format!("已写入草稿（修订 {revision}）：{}", paths.join("、")),
        Lang::En => format!("written into the draft (revision {revision}): {}", paths.join(", ")),
    });
    if !removed.is_empty() {
        render::text(&match lang {
            Lang::Zh => format!("已移除不再有的群的分群：{}", removed.join("、")),
            Lang::En => format!("removed, because their groups are no longer there: {}", removed.join(", ")),
        });
    }
}
