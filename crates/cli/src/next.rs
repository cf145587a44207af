//! `gradus learn next`: learns what customers may want next, or shows what was learned of one.

use gradus_model::{Lang, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::base::Base;
use gradus_workspace::customers::number_of;
use gradus_workspace::learn::Written;
use gradus_workspace::next::{self, NextRequest, NextWrite};
use gradus_workspace::report::next_page;
use gradus_workspace::{Workspace, WorkspaceError, write_page};

use crate::arguments::NextArguments;
use crate::bars::Bars;
use crate::render;

/// Learns and renders, or shows one customer's items.
pub async fn learn_next(
    workspace: &Workspace,
    given: &NextArguments,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let who = Principal::local();
    if let Some(customer) = &given.customer {
        let base = Base::as_of(workspace, None).await?;
        let customer = number_of(workspace, customer).await?;
        let found = next::next_of(workspace, &who, &base, customer).await?;
        if as_json {
            render::json(&found);
        } else {
            render::text(&found.render(lang));
        }
        return Ok(());
    }
    let request = NextRequest {
        item: given.item.clone(),
        title: given.title.clone(),
        filter: given.filter.clone(),
        by_customer: given.by_customer,
        as_of: given.as_of.clone(),
        history: given.history.clone(),
        hold_out: given.hold_out.clone(),
        stretches: given.stretches,
        k: given.k,
        method: given.method.clone(),
        again: given.again,
        available: given.available.clone(),
        exclude: given.exclude.clone(),
        refused: given.refused.clone(),
        min_count: given.min_count,
        min_confidence: given.min_confidence,
        max_left: given.max_left,
        max_items: given.max_items,
        n_factors: given.factors,
        rounds: given.rounds,
        ridge: given.ridge,
        alpha: given.alpha,
        seed: given.seed,
        refit: given.refit.clone(),
        write: given.write.then_some(NextWrite { replace: given.replace }),
    };
    let done = next::learn(workspace, &who, &request, &Bars::default()).await?;
    if let Some(path) = &given.out {
        write_page(workspace, path, &next_page(&done.learned, workspace.settings.title.get(lang), lang))?;
    }
    if as_json {
        render::json(&done);
    } else {
        render::text(done.learned.render(lang).trim_end());
        render::text(&format!("\n{}", written(done.written.as_ref()).get(lang)));
    }
    Ok(())
}

/// Whether it is in the draft, and what comes of that.
fn written(written: Option<&Written>) -> Text {
    match written {
        None => {
            Text::new("加 --write，把做法写进草稿", "with --write the way it is learned goes into the draft")
        }
        Some(Written { revision, .. }) => Text::new(
            format!("做法已写入草稿的 next（修订 {revision}）；发布后随评级自动重学"),
            format!(
                "how it is learned is in the draft now, as `next` (revision {revision}); once published, gradings \
                 renew it"
            ),
        ),
    }
}
