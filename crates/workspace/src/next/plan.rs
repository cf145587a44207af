//! What is read, and until when: the request made definite, and its held-out stretches.

use std::collections::BTreeSet;

use gradus_grading::fold::AsOf;
use gradus_model::document::{IndicatorKind, Next, Source};
use gradus_model::event_stream::FieldType;
use gradus_model::{Finding, Findings, Place, Text};

use super::NextRequest;
use super::basis::{Basis, Columns};
use super::judge::{self, NextJudged};
use super::rank::Fitted;
use super::request::Settings;
use crate::backtest::{last_day, moved};
use crate::clock::{label, system_us};
use crate::cohorts::Purchases;
use crate::lines::{Reading, Wanted, read, text_at};
use crate::moves::title;
use crate::{Documents, Progress, Workspace, WorkspaceError, versions};

/// By which names and titles a field is known that holds an item, the finest first.
const SIGNS: [&[&str]; 2] = [
    &["product", "sku", "stock", "商品", "产品", "货号", "课程", "course", "service"],
    &["category", "品类", "类别", "科目", "subject"],
];

pub(super) struct Plan {
    documents: Documents,
    /// What was asked, else what the model says, else what was found.
    pub recipe: Next,
    pub settings: Settings,
    pub item: String,
    pub item_title: Text,
    pub as_of: AsOf,
}

impl Plan {
    /// What is asked, as of an instant or of the last day that is over.
    pub async fn of(workspace: &Workspace, request: &NextRequest) -> Result<Plan, WorkspaceError> {
        let asked = request.recipe()?;
        let as_of = match &request.as_of {
            Some(text) => workspace.as_of(crate::instant_of(text, &workspace.zone)?),
            None => AsOf::close_of(last_day(workspace).await?, &workspace.zone),
        };
        Plan::by(versions::now_in_force(workspace).await?, &asked, as_of)
    }

    /// What documents say, and before that what is asked.
    pub fn by(documents: Documents, asked: &Next, as_of: AsOf) -> Result<Plan, WorkspaceError> {
        let mut recipe = documents.model.next.clone().unwrap_or_default().with(asked);
        let settings = Settings::of(&recipe);
        let findings = settings.findings(&Place::default());
        if findings.has_errors() {
            return Err(findings.into());
        }
        let (item, item_title) = match &recipe.item {
            Some(item) => (item.clone(), title_of(&documents, item)),
            None => found(&documents)?,
        };
        // Where nobody says what people call an item, it is the name that reference data give it.
        recipe.title = recipe.title.or_else(|| named_by_reference(&documents, &item));
        recipe.filter = recipe.filter.or_else(|| what_a_purchase_is(&documents));
        recipe.item = Some(item.clone());
        Ok(Plan { documents, recipe, settings, item, item_title, as_of })
    }

    /// How many days the stretch after the instant has.
    pub fn horizon_days(&self) -> i32 {
        moved(self.as_of.day, self.settings.hold_out, 1) - self.as_of.day
    }

    /// What was bought up to an instant, as far as it was known by `known_us`; all that is known now if left out.
    pub async fn read(
        &self,
        workspace: &Workspace,
        as_of: AsOf,
        known_us: Option<i64>,
        progress: &dyn Progress,
    ) -> Result<Basis, WorkspaceError> {
        let mut values = vec![Wanted::text("item", &self.item)];
        let mut columns = Columns { title: None, available: None };
        if let Some(title) = &self.recipe.title {
            columns.title = Some(values.len());
            values.push(Wanted::text("title", title));
        }
        if let Some(available) = &self.recipe.available {
            columns.available = Some(values.len());
            values.push(Wanted::condition("available", available, as_of.instant_us));
        }
        let reading = Reading {
            filter: self.recipe.filter.as_deref().map(|filter| ("where", filter)),
            values,
            orders: true,
            until_us: as_of.instant_us,
            known_us: known_us.unwrap_or_else(system_us),
        };
        let mut lines = read(workspace, &self.documents, &reading, progress).await?;
        if let Some(history) = self.settings.history {
            let from = AsOf::close_of(moved(as_of.day, history, -1), &workspace.zone).instant_us;
            lines.keep_after(from)?;
        }
        Ok(Basis::of(&lines, columns, &workspace.zone, self.settings.max_items))
    }

    /// Who refused what, by the numbers of the basis.
    pub async fn refused(
        &self,
        workspace: &Workspace,
        basis: &Basis,
        as_of: AsOf,
        known_us: Option<i64>,
    ) -> Result<BTreeSet<(u32, u32)>, WorkspaceError> {
        let Some(refused) = &self.recipe.refused else { return Ok(BTreeSet::new()) };
        let reading = Reading {
            filter: Some(("refused", refused)),
            values: vec![Wanted::text("item", &self.item)],
            orders: false,
            until_us: as_of.instant_us,
            known_us: known_us.unwrap_or_else(system_us),
        };
        let lines = read(workspace, &self.documents, &reading, &()).await?;
        let of = lines.each().filter_map(|(batch, row)| {
            let item = basis.item(text_at(&batch.values[0], row)?.trim())?;
            Some((basis.customer(batch.customers[row])?, item))
        });
        Ok(of.collect())
    }

    /// The held-out stretches, the newest first. Each is learned anew from what was known on the day before it.
    pub async fn judged(
        &self,
        workspace: &Workspace,
        later: &Basis,
        findings: &mut Findings,
        progress: &dyn Progress,
    ) -> Result<Vec<NextJudged>, WorkspaceError> {
        let mut out = Vec::new();
        for back in 0..self.settings.stretches as i32 {
            let until = moved(self.as_of.day, self.settings.hold_out, -back);
            let day = moved(self.as_of.day, self.settings.hold_out, -back - 1);
            let cut = AsOf::close_of(day, &workspace.zone);
            let known = Some(cut.instant_us);
            let basis = self.read(workspace, cut, known, &()).await?;
            let judged = match basis.lines.is_empty() {
                true => None,
                false => {
                    let fitted = Fitted::of(&basis, &self.settings, day, until - day)?;
                    let refused = self.refused(workspace, &basis, cut, known).await?;
                    let bought = judge::after(&basis, later, day, until);
                    let between = (
                        label(cut, &workspace.zone),
                        label(AsOf::close_of(until, &workspace.zone), &workspace.zone),
                    );
                    let blocked = basis.blocked(&self.settings.exclude);
                    // What nobody had bought before has a number beyond.
                    let shut = |customer: u32, item: u32| {
                        blocked.get(item as usize).copied().unwrap_or(false)
                            || refused.contains(&(customer, item))
                    };
                    judge::judge(&fitted, &bought, &shut, self.settings.again, self.settings.k, between)
                }
            };
            match judged {
                Some(judged) => out.push(judged),
                None => findings.push(cannot_judge(&label(cut, &workspace.zone))),
            }
            progress.at(back as u64 + 1);
        }
        Ok(out)
    }

    pub fn nothing_bought(&self) -> WorkspaceError {
        Finding::error(
            "nothing-bought",
            Place::default().at("where"),
            Text::new(
                format!("没有一个事件符合条件并带有「{}」", self.item),
                format!("no event that counts says what `{}` is", self.item),
            ),
            Text::new(
                "检查 item 与 where，或先导入订单行",
                "see whether `item` and `where` are right, or import order lines first",
            ),
        )
        .into()
    }
}

fn title_of(documents: &Documents, item: &str) -> Text {
    let fields = documents.sources.iter().flat_map(|(_, source)| source.fields.iter());
    let mut own = fields.filter(|(name, _)| *name == item.trim_matches('"'));
    own.next().map_or_else(|| Text::plain(item), |(name, field)| title(field.title.as_ref(), name))
}

/// Which events are purchases. An indicator of orders says so; a plain count may be of anything (lessons, visits), so that
/// what the model's lifetime value or contract goes by, and what counts as spend, come before it.
fn what_a_purchase_is(documents: &Documents) -> Option<String> {
    let own = Purchases::of(&documents.model);
    let counts_orders = own.as_ref().is_some_and(|own| own.counted.kind == IndicatorKind::Orders);
    let own = own.and_then(|own| own.counted.filter);
    if counts_orders {
        return own;
    }
    let mut predictions = documents.model.predictions.iter().map(|(_, one)| one);
    let of_value = predictions.find_map(|one| match (&one.lifetime, &one.contract) {
        (Some(lifetime), _) => lifetime.purchases.clone(),
        (None, Some(contract)) => Some(contract.terms.clone()),
        (None, None) => None,
    });
    let is_spend = |source: &Source| source.mapping.line.as_ref().is_some_and(|line| line.spend.is_some());
    let spend = documents.sources.iter().any(|(_, source)| is_spend(source)).then(|| "spend".to_string());
    of_value.or(spend).or(own)
}

/// By which names and titles a text of reference data is known that people call a thing by, the surest first.
const NAMES: [&str; 8] = ["name", "title", "名称", "品名", "课程名", "标题", "description", "描述"];

/// The name of an item in the reference whose keys the field holds: `product.name`. None where it has none.
fn named_by_reference(documents: &Documents, item: &str) -> Option<String> {
    let item = item.trim().trim_matches('"');
    let mut of_events = documents.sources.iter().filter(|(_, source)| source.reference.is_none());
    let reference = of_events.find_map(|(_, source)| source.fields.get(item)?.reference.as_deref())?;
    let texts: Vec<(&str, Text)> = documents
        .sources
        .iter()
        .filter(|(_, source)| source.reference.as_deref() == Some(reference))
        .flat_map(|(_, source)| source.fields.iter())
        .filter(|(_, field)| field.field_type == FieldType::Text)
        .map(|(name, field)| (name, title(field.title.as_ref(), name)))
        .collect();
    NAMES.iter().find_map(|sign| {
        let is_one = |name: &str, title: &Text| {
            [name.to_lowercase(), title.zh.to_lowercase(), title.en.to_lowercase()]
                .iter()
                .any(|words| words.contains(sign))
        };
        let (name, _) = texts.iter().find(|(name, title)| is_one(name, title))?;
        Some(gradus_expression::quote_name(&format!("{item}.{name}")))
    })
}

/// A field of events that holds an item, by its name and title.
fn found(documents: &Documents) -> Result<(String, Text), WorkspaceError> {
    let sources = documents.sources.iter().filter(|(_, source)| source.reference.is_none());
    let fields: Vec<(&str, Text)> = sources
        .flat_map(|(_, source)| source.fields.iter())
        .filter(|(_, field)| field.field_type == FieldType::Text)
        .map(|(name, field)| (name, title(field.title.as_ref(), name)))
        .collect();
    for signs in SIGNS {
        let is_one = |name: &str, title: &Text| {
            let words = [name.to_lowercase(), title.zh.to_lowercase(), title.en.to_lowercase()];
            signs.iter().any(|sign| words.iter().any(|words| words.contains(sign)))
        };
        if let Some((name, title)) = fields.iter().find(|(name, title)| is_one(name, title)) {
            return Ok((gradus_expression::quote_name(name), title.clone()));
        }
    }
    Err(Finding::error(
        "next-no-item",
        Place::default().at("item"),
        Text::new("没有字段说明买的是什么", "no field of events says what was bought"),
        Text::new(
            "用 item 指明：一个字段，或事件上的表达式，例如 product.category",
            "say so with `item`: a field, or an expression over events such as product.category",
        ),
    )
    .into())
}

fn cannot_judge(day: &str) -> Finding {
    Finding::warning(
        "next-not-judged",
        Place::default().at("hold_out"),
        Text::new(
            format!("{day} 时还没有已知的购买，或那之后没有老客户买过新东西，无法检验"),
            format!(
                "by {day} no purchase was known, or no customer of that day bought anything new after it: nothing can be judged"
            ),
        ),
        Text::new(
            "一次导入的过去要在数据源里写 history: true；或换一个 as_of、hold_out",
            "a past that was loaded at once wants `history: true` in its source; or another `as_of` or `hold_out`",
        ),
    )
}

#[cfg(test)]
mod tests {
    use gradus_model::document::Model;
    use gradus_model::load::{load_model, load_source};

    use super::*;

    fn source(text: &str) -> Source {
        let loaded = load_source("s.yaml", text);
        loaded.value.unwrap_or_else(|| panic!("{:?}", loaded.findings))
    }

    #[test]
    fn a_plain_count_is_no_purchase_where_something_says_what_one_is() {
        let of = |model: &str, spend: &str| {
            let model = load_model("m.yaml", &format!("gradus: 1\n{model}")).value.unwrap();
            let orders = source(&format!(
                "gradus: 1\nfiles: ['o*']\nmapping: {{ identity: [{{ kind: id, value: id }}], kind: \"'order'\", time: t{spend} }}\n"
            ));
            what_a_purchase_is(&Documents {
                sources: [("orders".to_string(), orders)].into_iter().collect(),
                model,
                locations: Default::default(),
                version: None,
                findings: Default::default(),
            })
        };
        let lessons = "indicators: { lessons: { kind: count, where: kind = 'lesson' } }\n";
        let contract = "predictions: { v: { contract: { terms: kind = 'purchase', term: 3 months } } }\n";
        let orders = "indicators: { orders: { kind: orders, where: kind = 'sale' } }\n";
        let spend = ", line: { type: \"'product'\", spend: \"true\" }";
        assert_eq!(of(lessons, "").as_deref(), Some("kind = 'lesson'"));
        assert_eq!(of(lessons, spend).as_deref(), Some("spend"));
        assert_eq!(of(&format!("{lessons}{contract}"), spend).as_deref(), Some("kind = 'purchase'"));
        assert_eq!(of(&format!("{orders}{contract}"), spend).as_deref(), Some("kind = 'sale'"));
    }

    #[test]
    fn what_people_call_an_item_is_found_in_its_reference() {
        let orders = source(
            "gradus: 1\nfiles: ['o*']\nmapping: { identity: [{ kind: id, value: id }], kind: \"'order'\", time: t }\n\
             fields:\n  sku: { type: text, value: sku, reference: product }\n  colour: { type: text, value: colour }\n",
        );
        let products = source(
            "gradus: 1\nfiles: ['p*']\nreference: product\nmapping: { key: sku, time: t }\n\
             fields:\n  category: { type: text, value: c }\n  商品名称: { type: text, value: n }\n",
        );
        let sources = [("orders", orders), ("products", products)];
        let documents = Documents {
            sources: sources.into_iter().map(|(name, source)| (name.to_string(), source)).collect(),
            model: Model::default(),
            locations: Default::default(),
            version: None,
            findings: Default::default(),
        };
        assert_eq!(named_by_reference(&documents, "sku").as_deref(), Some("sku.商品名称"));
        assert_eq!(named_by_reference(&documents, "colour"), None);
        assert_eq!(named_by_reference(&documents, "upper(sku)"), None);
    }
}
