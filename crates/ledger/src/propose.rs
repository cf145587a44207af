//! A proposal as a source document: YAML that a person reads, mends and keeps. Every line says why
//! it is there, in Chinese and English; what could go wrong stands beside it as a comment.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use gradus_expression::{Scope, Want, quote_name};
use gradus_model::Place;
use gradus_model::event_stream::{FIXED_COLUMNS, FieldType};

use crate::collect::propose::{ColumnProposal, IdentityGuess, Proposal, ReferenceGuess, Role};

/// Names of columns that hold a province or a country.
const REGION_WORDS: [&str; 8] = ["省", "国家", "地区", "province", "country", "region", "state", "州"];

/// What the proposal itself does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDraft {
    /// Title of the source, such as the name of the file.
    pub title: String,
    /// Files that belong to it, as globs.
    pub files: Vec<String>,
    /// A first import is a back-load of the past.
    pub history: bool,
}

/// Writes the source document that a proposal amounts to. It loads without findings, and compiles
/// against the columns it was proposed from.
pub fn source_document(proposal: &Proposal, draft: &SourceDraft) -> String {
    Writer::new(proposal).write(draft)
}

struct Writer<'a> {
    proposal: &'a Proposal,
    scope: Scope,
    text: String,
}

impl<'a> Writer<'a> {
    fn new(proposal: &'a Proposal) -> Self {
        let columns = proposal.columns.iter().map(|one| Field::new(&one.column, DataType::Utf8, true));
        let scope = Scope::new(Arc::new(Schema::new(columns.collect::<Vec<_>>())));
        Writer { proposal, scope, text: String::new() }
    }

    fn write(mut self, draft: &SourceDraft) -> String {
        let proposal = self.proposal;
        self.comment(
            0,
            "由 gradus import --propose 拟定；请逐行核对。",
            "Proposed by gradus import --propose; read every line.",
        );
        for finding in proposal.findings.iter() {
            let column = finding.place.path.as_deref().map(|path| format!("{path}: ")).unwrap_or_default();
            let zh = format!("注意：{column}{}。{}", finding.what.zh, finding.right.zh);
            let en = format!("Note: {column}{}. {}", finding.what.en, finding.right.en);
            self.comment(0, &zh, &en);
        }
        self.line(0, "gradus: 1");
        self.line(0, &format!("title: {}", scalar(&draft.title)));
        if !draft.files.is_empty() {
            let files: Vec<String> = draft.files.iter().map(|file| quoted(file)).collect();
            self.line(0, &format!("files: [{}]", files.join(", ")));
        }
        let time = self.first(|role| matches!(role, Role::Time { .. }));
        if let Some(reference) = &proposal.reference {
            self.reference(reference, time, draft);
            return self.text;
        }
        if draft.history || time.is_none() {
            self.text.push('\n');
            self.comment(
                0,
                "一次性导入过去的数据：每一行在发生时即已知晓。日常增量导入请删去此行。",
                "The past, loaded once: each row was known when it happened. Remove it for daily imports.",
            );
            self.line(0, "history: true");
        }
        self.text.push('\n');
        self.line(0, "mapping:");
        self.identities();
        self.comment(2, &proposal.kind_evidence.zh, &proposal.kind_evidence.en);
        self.line(2, &format!("kind: {}", scalar(&format!("'{}'", proposal.kind.replace('\'', "''")))));
        match time {
            Some(column) => self.mapped("time", column),
            None => self.comment(
                2,
                "没有时间列：作为“一直如此”的属性导入。若知道名单的日期，请写 time: \"'2024-06-01'\" 并删去 history。",
                "No column says when: loaded as attributes that always held. If the list has a date, write time: \"'2024-06-01'\" and remove history.",
            ),
        }
        if let Some(column) = self.first(|role| matches!(role, Role::Known { .. })) {
            self.mapped("known", column);
        }
        if let Some(column) = self.first(|role| *role == Role::Order) {
            self.mapped("order", column);
        }
        self.lines_of_orders();
        let price_is_field = self.money();
        self.private();
        self.fields(price_is_field);
        self.cleaning();
        self.ignored();
        self.text
    }

    /// A list of products, stores or campaigns, or of rates.
    fn reference(&mut self, reference: &ReferenceGuess, time: Option<&ColumnProposal>, draft: &SourceDraft) {
        self.comment(
            0,
            &format!(
                "参考数据：{}。订单等数据源中存放它的键的字段写 reference: {}",
                reference.evidence.zh, reference.name
            ),
            &format!(
                "Reference data: {}. The field of orders that holds its keys says reference: {}",
                reference.evidence.en, reference.name
            ),
        );
        self.line(0, &format!("reference: {}", scalar(&reference.name)));
        if draft.history {
            self.comment(
                0,
                "一次性导入过去的数据：每一行自生效日起即已知晓。日常更新请删去此行。",
                "The past, loaded once: each row was known when it began to hold. Remove it for daily updates.",
            );
            self.line(0, "history: true");
        }
        self.text.push('\n');
        self.line(0, "mapping:");
        let key = scalar(&self.sql(&reference.key));
        self.line(2, &format!("key: {key}"));
        match time {
            Some(column) => self.mapped("time", column),
            None => self.comment(
                2,
                "没有生效日期：每一行一直有效。价格、成本会变的名单请写 time。",
                "No column says from when on a row holds: it always does. Map `time` where prices or costs change.",
            ),
        }
        if let Some(column) = self.first(|role| matches!(role, Role::Known { .. })) {
            self.mapped("known", column);
        }
        match &reference.rate {
            Some(rate) => {
                let rate = scalar(&self.sql(rate));
                self.comment(
                    2,
                    "一单位该货币合多少本位币。",
                    "What one unit of the currency is worth in the workspace's.",
                );
                self.line(2, &format!("rate: {rate}"));
                if let Some(per) = reference.per {
                    self.line(2, &format!("per: \"'{per}'\""));
                }
            }
            None => self.fields(false),
        }
        self.cleaning();
        self.ignored();
    }

    fn identities(&mut self) {
        // Events arrive under the first identity that a row gives: the customer number, if there is one.
        let rank = |kind: &IdentityGuess| match kind {
            IdentityGuess::Id => 0,
            IdentityGuess::Phone => 1,
            IdentityGuess::Email => 2,
            IdentityGuess::External(_) => 3,
        };
        let mut found: Vec<(&ColumnProposal, &IdentityGuess)> = self
            .proposal
            .columns
            .iter()
            .filter_map(|column| match &column.role {
                Role::Identity { kind } => Some((column, kind)),
                _ => None,
            })
            .collect();
        found.sort_by_key(|(_, kind)| rank(kind));
        if found.is_empty() {
            self.comment(
                2,
                "没有身份列：各行将作为未归属事件保留并计数。",
                "No column says whose a row is: rows are kept and counted as unattributed.",
            );
            return;
        }
        self.comment(
            2,
            "事件归于一行中第一个有值的身份；同一行的身份互相关联。",
            "An event belongs to the first identity that its row gives; all of one row are linked.",
        );
        self.line(2, "identity:");
        for (column, kind) in found {
            self.evidence(4, column);
            let value = scalar(&self.sql(&column.column));
            let entry = match kind {
                IdentityGuess::Id => format!("- {{ kind: id, value: {value} }}"),
                IdentityGuess::Phone => format!("- {{ kind: phone, value: {value} }}"),
                IdentityGuess::Email => format!("- {{ kind: email, value: {value} }}"),
                IdentityGuess::External(system) => {
                    format!("- {{ kind: external, system: {}, value: {value} }}", quoted(system))
                }
            };
            self.line(4, &entry);
        }
    }

    fn lines_of_orders(&mut self) {
        let Some(column) = self.first(|role| *role == Role::Line) else { return };
        self.evidence(2, column);
        let sql = self.sql(&column.column);
        self.line(2, "line:");
        self.line(4, "type: |");
        self.line(6, &format!("case when {sql} in ('运费', '服务', '服务费', 'service', 'shipping', 'postage') then 'service'"));
        self.line(
            6,
            &format!(
                "     when {sql} in ('优惠', '折扣', '调整', 'adjustment', 'discount') then 'adjustment'"
            ),
        );
        self.line(6, "     else 'product' end");
    }

    /// Writes amount, currency and quantity; true if the unit price is left over for a field.
    fn money(&mut self) -> bool {
        let amount = self.first(|role| *role == Role::Amount);
        let price = self.first(|role| *role == Role::UnitPrice);
        let quantity = self.first(|role| *role == Role::Quantity);
        let mut price_is_field = price.is_some();
        match (amount, price, quantity) {
            (Some(amount), _, _) => self.mapped("amount", amount),
            (None, Some(price), Some(quantity)) => {
                self.comment(2, "金额 = 数量 × 单价", "amount = quantity x unit price");
                let (n, each) = (self.sql(&quantity.column), self.sql(&price.column));
                let sql = format!("cast({n} as decimal(18,4)) * cast({each} as decimal(18,4))");
                self.line(2, &format!("amount: {}", scalar(&sql)));
            }
            (None, Some(price), None) => {
                self.mapped("amount", price);
                price_is_field = false;
            }
            (None, None, _) => {}
        }
        if let Some(column) = self.first(|role| *role == Role::Currency) {
            self.mapped("currency", column);
        } else if let Some(code) = &self.proposal.currency {
            let zh = format!("金额带有 {code} 的货币符号；没有符号的按工作区货币计。");
            let en = format!(
                "Amounts carry the sign of {code}; those without one are in the workspace's currency."
            );
            self.comment(2, &zh, &en);
        }
        if let Some(column) = quantity {
            self.mapped("quantity", column);
        }
        price_is_field
    }

    fn private(&mut self) {
        let hidden = |role: &Role| matches!(role, Role::Name | Role::Address | Role::FreeText);
        let columns: Vec<&ColumnProposal> =
            self.proposal.columns.iter().filter(|one| hidden(&one.role)).collect();
        if columns.is_empty() {
            return;
        }
        self.comment(
            2,
            "姓名、地址与自由文字只进保险库，不进账本。",
            "Names, addresses and free text go to the vault and nowhere else.",
        );
        self.line(2, "private:");
        for column in columns {
            let entry = format!("{}: {}", scalar(&column.column), scalar(&self.sql(&column.column)));
            self.line(4, &entry);
        }
    }

    fn fields(&mut self, price_is_field: bool) {
        let mut fields: Vec<(String, FieldType, &ColumnProposal)> = Vec::new();
        let key = self.proposal.reference.as_ref().map(|reference| reference.key.as_str());
        for column in self.proposal.columns.iter().filter(|column| Some(column.column.as_str()) != key) {
            match &column.role {
                Role::Field { name, field_type } => fields.push((name.clone(), *field_type, column)),
                Role::UnitPrice if price_is_field => {
                    fields.push((column.column.clone(), FieldType::Decimal, column))
                }
                _ => {}
            }
        }
        if fields.is_empty() {
            return;
        }
        self.text.push('\n');
        self.comment(
            0,
            "指标可用的字段。能认出个人的列不要放在这里。",
            "Fields that indicators may use. No column that identifies a person belongs here.",
        );
        self.line(0, "fields:");
        let mut taken: Vec<String> = Vec::new();
        for (name, field_type, column) in fields {
            let name = free_name(&name, &taken);
            let type_name = match field_type {
                FieldType::Text => "text",
                FieldType::Integer => "integer",
                FieldType::Decimal => "decimal",
                FieldType::Boolean => "boolean",
                FieldType::Date => "date",
                FieldType::Timestamp => "timestamp",
            };
            let value = scalar(&self.sql(&column.column));
            self.line(2, &format!("{}: {{ type: {type_name}, value: {value} }}", scalar(&name)));
            taken.push(name);
        }
    }

    fn cleaning(&mut self) {
        let regions: Vec<String> = self
            .proposal
            .columns
            .iter()
            .filter_map(|column| match &column.role {
                Role::Field { name, field_type: FieldType::Text } => {
                    Some((name, column.column.to_lowercase()))
                }
                _ => None,
            })
            .filter(|(_, column)| {
                REGION_WORDS.iter().any(|word| {
                    column.split('_').any(|part| part == *word) || (!word.is_ascii() && column.contains(word))
                })
            })
            .map(|(name, _)| quoted(&free_name(name, &[])))
            .collect();
        let dates = &self.proposal.dates;
        if dates.is_empty() && regions.is_empty() && !self.proposal.decimal_comma {
            return;
        }
        self.text.push('\n');
        self.line(0, "cleaning:");
        if !dates.is_empty() {
            self.comment(2, "日期格式，依次尝试。", "Forms of dates, tried in this order.");
            let forms: Vec<String> = dates.iter().map(|form| quoted(form)).collect();
            self.line(2, &format!("dates: [{}]", forms.join(", ")));
        }
        if self.proposal.decimal_comma {
            self.comment(2, "数字写作 1.234,50。", "Numbers are written 1.234,50.");
            self.line(2, "decimal_comma: true");
        }
        if !regions.is_empty() {
            self.comment(
                2,
                "省份改为全称（广东 → 广东省），国家改为代码（英国 → GB）。",
                "Provinces get their full names, countries their codes (United Kingdom becomes GB).",
            );
            self.line(2, &format!("region_fields: [{}]", regions.join(", ")));
        }
    }

    fn ignored(&mut self) {
        let left: Vec<&str> = self
            .proposal
            .columns
            .iter()
            .filter(|column| column.role == Role::Ignore)
            .map(|column| column.column.as_str())
            .collect();
        if !left.is_empty() {
            self.text.push('\n');
            let zh = format!("未使用的列：{}", left.join("、"));
            let en = format!("Columns that are not used: {}", left.join(", "));
            self.comment(0, &zh, &en);
        }
    }

    fn first(&self, wanted: impl Fn(&Role) -> bool) -> Option<&'a ColumnProposal> {
        self.proposal.columns.iter().find(|column| wanted(&column.role))
    }

    fn mapped(&mut self, name: &str, column: &ColumnProposal) {
        self.evidence(2, column);
        let value = scalar(&self.sql(&column.column));
        self.line(2, &format!("{name}: {value}"));
    }

    /// Why the column is taken for what it is; only where that is not sure.
    fn evidence(&mut self, indent: usize, column: &ColumnProposal) {
        if column.confidence >= 0.85 {
            return;
        }
        let percent = (column.confidence * 100.0).round();
        let zh: Vec<&str> = column.evidence.iter().map(|text| text.zh.as_str()).collect();
        let en: Vec<&str> = column.evidence.iter().map(|text| text.en.as_str()).collect();
        let zh = format!("把握 {percent} %：{}", zh.join("；"));
        let en = format!("{percent} % sure: {}", en.join("; "));
        self.comment(indent, &zh, &en);
    }

    /// A column as an expression: its name, quoted only where it has to be.
    fn sql(&self, column: &str) -> String {
        let simple = column.chars().all(|c| c.is_alphanumeric() || c == '_');
        let read = simple
            .then(|| gradus_expression::compile(column, &self.scope, Want::Any, &Place::default()).ok())
            .flatten()
            .is_some_and(|expression| {
                expression.references().len() == 1 && expression.references().contains(column)
            });
        if read { column.to_string() } else { quote_name(column) }
    }

    fn comment(&mut self, indent: usize, zh: &str, en: &str) {
        for text in [zh, en] {
            let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            self.line(indent, &format!("# {text}"));
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.push('\n');
    }
}

/// A field name that is neither a fixed column of the stream nor taken.
fn free_name(name: &str, taken: &[String]) -> String {
    let fixed = FIXED_COLUMNS.iter().any(|fixed| fixed.eq_ignore_ascii_case(name));
    let mut free =
        if fixed || name.trim().is_empty() { format!("{}_value", name.trim()) } else { name.to_string() };
    while taken.contains(&free) {
        free.push('_');
    }
    free
}

/// A YAML scalar: plain where nothing in it could be read as anything but text.
fn scalar(text: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let reserved = ["true", "false", "yes", "no", "on", "off", "null", "nan", "inf", "y", "n"];
    let starts = text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let plain = starts && text.chars().all(word) && !reserved.contains(&text.to_lowercase().as_str());
    if plain { text.to_string() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    if text.chars().any(|c| c.is_control() || c == '\u{feff}') {
        // JSON's strings are YAML's double-quoted ones.
        return serde_json::Value::from(text).to_string();
    }
    if text.contains('\'') && !text.contains(['"', '\\']) {
        return format!("\"{text}\"");
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests;
