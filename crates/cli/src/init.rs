//! `gradus init` and `gradus template list`: with what a workspace can begin.

use std::path::Path;

use gradus_model::document::StoreSetting;
use gradus_model::{Finding, Lang, Place, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::industries::{self, SetUp, is_industry};
use gradus_workspace::{New, WorkspaceError, add_template, init_with, template_text, templates};
use serde_json::{Value, json};

use crate::bars::Bars;
use crate::render;
use crate::run::excel;

/// What was asked for.
pub struct InitArguments<'a> {
    pub root: &'a Path,
    pub example: Option<&'a Path>,
    /// Names of industries and templates.
    pub template: &'a [String],
    pub without_data: bool,
    pub time_zone: &'a str,
    pub currency: &'a str,
    pub store: StoreSetting,
    /// As `--lang` said.
    pub language: Option<Lang>,
    pub key: Option<&'a str>,
}

/// Makes a workspace, empty or begun.
pub async fn init(given: &InitArguments<'_>, lang: Lang, as_json: bool) -> Result<(), WorkspaceError> {
    let root = given.root;
    let (wanted, documents): (Vec<&String>, Vec<&String>) =
        given.template.iter().partition(|name| is_industry(name));
    // Nothing is made for a name that does not exist.
    for name in &documents {
        known(name)?;
    }
    if wanted.len() > 1 || (given.without_data && wanted.is_empty()) {
        return Err(one_industry(&wanted).into());
    }
    let new = New {
        time_zone: given.time_zone,
        currency: given.currency,
        store: given.store.clone(),
        language: given.language,
    };
    let workspace = init_with(root, given.example, &new, given.key).await?;
    let mut begun: Option<SetUp> = None;
    if let Some(name) = wanted.first() {
        let who = Principal { language: lang, ..Principal::local() };
        let with_data = !given.without_data;
        let bars = Bars::default();
        let (done, _) = industries::set_up(&workspace, &who, name, with_data, excel(), &bars).await?;
        begun = Some(done);
    }
    for name in documents {
        add_template(root, name)?;
    }
    if as_json {
        render::json(&json!({ "workspace": root, "industry": begun }));
        return Ok(());
    }
    let at = root.display();
    let mut text = match lang {
        Lang::Zh => format!("工作区已建立：{at}"),
        Lang::En => format!("workspace created: {at}"),
    };
    if let Some(done) = begun.filter(|done| done.with_data) {
        let last = done.instants.last().map_or("", String::as_str);
        let (customers, events) = (done.n_customers, done.n_events);
        text.push_str(&match lang {
            Lang::Zh => format!(
                "\n样例数据：{events} 个事件，{customers} 位客户，已评级至 {last}（模型尚未验证）\n打开网页：gradus -w {at} serve"
            ),
            Lang::En => format!(
                "\nsample data: {events} events, {customers} customers, graded up to {last} (the model is not yet validated)\nto see it: gradus -w {at} serve"
            ),
        });
    }
    render::text(&text);
    Ok(())
}

/// Industries and templates with what they bring.
pub fn list(lang: Lang, as_json: bool) {
    let (industries, documents) = (industries::industries(), templates());
    if as_json {
        let of = |kind: &str, one: Value| {
            let mut one = one;
            if let Some(map) = one.as_object_mut() {
                map.insert("kind".into(), json!(kind));
            }
            one
        };
        let mut all: Vec<Value> = industries.iter().map(|one| of("industry", json!(one))).collect();
        all.extend(documents.iter().map(|one| of("template", json!(one))));
        return render::json(&all);
    }
    render::text(match lang {
        Lang::Zh => "行业样例（整个工作区，含数据）：gradus init --template 名称 文件夹",
        Lang::En => "Industries (whole workspaces with data): gradus init --template NAME DIR",
    });
    industries.iter().for_each(|industry| render::text(&industry.render(lang)));
    render::text(match lang {
        Lang::Zh => "\n模板（一份模型文档）：gradus template add 名称",
        Lang::En => "\nTemplates (one model document): gradus template add NAME",
    });
    documents.iter().for_each(|template| render::text(&template.render(lang)));
}

/// A template of this name, or a finding that names the industries, too.
fn known(name: &str) -> Result<(), WorkspaceError> {
    let Err(error) = template_text(name) else { return Ok(()) };
    let WorkspaceError::Findings(mut findings) = error else { return Err(error) };
    let names: Vec<&str> = industries::industries().iter().map(|one| one.name).collect();
    for finding in &mut findings.0 {
        finding.right.zh.push_str(&format!("；行业样例：{}", names.join("、")));
        finding.right.en.push_str(&format!("; or an industry: {}", names.join(", ")));
    }
    Err(findings.into())
}

fn one_industry(wanted: &[&String]) -> Finding {
    let names: Vec<&str> = wanted.iter().map(|name| name.as_str()).collect();
    Finding::error(
        "one-industry",
        Place::default().at("template"),
        match wanted.is_empty() {
            true => Text::new("--without-data 只用于行业样例", "--without-data goes with an industry only"),
            false => Text::new(
                format!("一个工作区只能选一个行业样例，这里有 {}", names.join("、")),
                format!("a workspace begins with one industry, and here are {}", names.join(", ")),
            ),
        },
        Text::new("gradus template list 列出全部名称", "`gradus template list` names them all"),
    )
}
