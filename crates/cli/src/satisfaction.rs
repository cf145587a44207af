//! `gradus satisfaction`: figures, a page, or the customers behind them.

use gradus_model::Lang;
use gradus_workspace::access::Principal;
use gradus_workspace::base::Base;
use gradus_workspace::customers::Find;
use gradus_workspace::report::satisfaction_page;
use gradus_workspace::satisfaction::{
    SatisfactionCell, SatisfactionRequest, satisfaction as measure, satisfaction_customers,
};
use gradus_workspace::{Workspace, WorkspaceError, write_page};

use crate::arguments::SatisfactionArguments;
use crate::bars::Bars;
use crate::render;

/// Shows what was answered, or who is meant.
pub async fn satisfaction(
    workspace: &Workspace,
    given: &SatisfactionArguments,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let who = Principal::local();
    let base = Base::as_of(workspace, given.as_of.as_deref()).await?;
    let request = SatisfactionRequest {
        measure: given.measure.clone(),
        field: given.field.clone(),
        kind: given.kind.clone(),
        scale: given.scale,
        of_customers: given.of_customers,
        window: given.window.clone(),
        by: given.by.clone(),
        weigh_by: given.weigh_by.clone(),
        loyalty: given.loyalty.clone(),
        leaving: given.leaving.clone(),
        loyal: given.loyal.clone(),
        codes: given.codes.clone(),
    };
    let cell = SatisfactionCell {
        band: given.band.clone(),
        group: given.group.clone(),
        corner: given.corner.clone(),
        topic: given.topic.clone(),
    };
    if cell != SatisfactionCell::default() {
        let find = Find { limit: given.page.limit, cursor: given.page.cursor.clone(), ..Find::default() };
        let list = satisfaction_customers(workspace, &who, &base, &request, &cell, find).await?;
        if as_json {
            render::json(&list);
        } else {
            render::text(&list.render(lang));
        }
        return Ok(());
    }
    let done = measure(workspace, &who, &base, &request, &Bars::default()).await?;
    if let Some(path) = &given.out {
        write_page(workspace, path, &satisfaction_page(&done, workspace.settings.title.get(lang), lang))?;
    }
    if as_json {
        render::json(&done);
    } else {
        render::text(done.render(lang).trim_end());
        render::findings(&done.findings, lang, false);
    }
    Ok(())
}
