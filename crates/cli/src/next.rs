//! `gradus learn next`: learns what customers may want next, or shows what was learned of one.

use gradus_model::{Finding, Lang, Place, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::base::Base;
use gradus_workspace::customers::number_of;
use gradus_workspace::next::{self, NextRequest};
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
    if given.write.is_some() {
        return Err(no_place().into());
    }
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
    };
    let done = next::learn(workspace, &who, &request, &Bars::default()).await?;
    if let Some(path) = &given.out {
        write_page(workspace, path, &next_page(&done, workspace.settings.title.get(lang), lang))?;
    }
    if as_json {
        render::json(&done);
    } else {
        render::text(done.render(lang).trim_end());
    }
    Ok(())
}

/// What customers may want next is no part of the model: nothing can be written into the draft.
fn no_place() -> Finding {
    Finding::error(
        "argument",
        Place::default().at("write"),
        Text::new(
            "模型文档里没有存放「下一个商品」的位置：名单不是规则，随学习保存在工作区",
            "the model document has no place for what customers may want next: lists are no rules, and are kept with the workspace as they were learned",
        ),
        Text::new(
            "去掉 --write；名单和导出里用列 next 与 next_due，单个客户用 --customer",
            "without `--write`: lists and exports have them as the columns `next` and `next_due`, one customer as `--customer`",
        ),
    )
}
