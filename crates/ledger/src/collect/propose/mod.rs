//! What the columns of a file probably mean, from their names and their values. Only a proposal: a
//! person reads the evidence and decides.

mod alias;
mod profile;
mod reference;

use std::collections::BTreeSet;

use gradus_model::event_stream::FieldType;
use gradus_model::{Finding, Findings, Place, Text};
use serde::{Deserialize, Serialize};

use super::Sniffed;
use alias::Meaning;
use profile::{EXCEL, Profile};
pub use reference::ReferenceGuess;

/// What a private text of this name is to whoever looks for a customer: `name` or `address`; `None` if it is
/// neither, or a part of a name alone.
///
/// ```
/// use gradus_ledger::collect::propose::sought_by;
/// assert_eq!((sought_by("客户姓名"), sought_by("address")), (Some("name"), Some("address")));
/// assert_eq!((sought_by("first_name"), sought_by("备注")), (None, None));
/// ```
pub fn sought_by(private: &str) -> Option<&'static str> {
    let parts = ["first", "last", "given", "surname"];
    match alias::meaning(private)? {
        (alias::Meaning::Name, _, _) => {
            let words = alias::words_of(private);
            let is_part = words.iter().any(|word| parts.iter().any(|part| word.starts_with(part)));
            (!is_part).then_some("name")
        }
        (alias::Meaning::Address, _, _) => Some("address"),
        _ => None,
    }
}

/// What a column is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Role {
    /// Says whose the row is.
    Identity {
        kind: IdentityGuess,
    },
    /// Name of a person: for the vault only.
    Name,
    /// Address of a person: for the vault only.
    Address,
    /// Free text: for the vault only.
    FreeText,
    /// When it happened; formats of `strptime`, or `unix`, `unix_ms`, the most frequent first.
    Time {
        formats: Vec<String>,
    },
    /// When it became known.
    Known {
        formats: Vec<String>,
    },
    Order,
    Amount,
    UnitPrice,
    Quantity,
    Currency,
    /// Product, service or adjustment.
    Line,
    Field {
        name: String,
        field_type: FieldType,
    },
    Ignore,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityGuess {
    /// The company's own customer number.
    Id,
    Phone,
    Email,
    /// The id of another system, by name.
    External(String),
}

/// One column with its probable role.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnProposal {
    pub column: String,
    #[serde(flatten)]
    pub role: Role,
    /// From 0 to 1.
    pub confidence: f64,
    /// Why, in words.
    pub evidence: Vec<Text>,
}

/// What a file probably is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    pub columns: Vec<ColumnProposal>,
    /// `order_line`, `survey`, `visit`, `service`, `campaign`, or `profile` for a list of customers.
    pub kind: String,
    pub kind_evidence: Text,
    /// It is no list of events, but of products, stores, campaigns or rates.
    pub reference: Option<ReferenceGuess>,
    /// Formats of the dates if they are not simply ISO 8601, for `cleaning.dates`.
    pub dates: Vec<String>,
    /// Numbers are written `1.234,50`.
    pub decimal_comma: bool,
    /// ISO code of the currency whose sign stands beside the amounts.
    pub currency: Option<String>,
    pub findings: Findings,
}

/// True if the name of a column says that it identifies a person or holds what one wrote.
pub fn names_a_person(name: &str) -> bool {
    let personal = |meaning: Meaning| {
        let identifies =
            matches!(meaning, Meaning::Phone | Meaning::Email | Meaning::Name | Meaning::Address);
        identifies || matches!(meaning, Meaning::FreeText | Meaning::External("id_card"))
    };
    alias::meaning(name).is_some_and(|(meaning, sure, _)| personal(meaning) && sure >= 0.9)
}

/// Proposes a meaning for each column. `samples` are rows as [`Sniffed::sample`] has them.
pub fn propose(sniffed: &Sniffed, samples: &[Vec<Option<String>>]) -> Proposal {
    let mut proposal = Proposal {
        columns: Vec::new(),
        kind: String::new(),
        kind_evidence: Text::default(),
        reference: None,
        dates: Vec::new(),
        decimal_comma: false,
        currency: None,
        findings: Findings::default(),
    };
    let mut profiles = Vec::with_capacity(sniffed.columns.len());
    for (index, name) in sniffed.columns.iter().enumerate() {
        let values = samples.iter().map(|row| row.get(index).and_then(Option::as_deref));
        let profile = Profile::of(values, alias::serial_days(name));
        proposal.columns.push(column(name, alias::meaning(name), &profile, &mut proposal.findings));
        proposal.currency = proposal.currency.take().or(profile.currency.map(str::to_string));
        proposal.decimal_comma |= profile.share(profile.decimal_commas) > 0.5;
        profiles.push(profile);
    }
    settle_rivals(&mut proposal.columns, &profiles);
    proposal.reference = reference::settle(&mut proposal.columns, &profiles);
    unique_fields(&mut proposal.columns);
    collect_dates(&mut proposal, &profiles);
    if samples.is_empty() && !proposal.columns.is_empty() {
        proposal.findings.push(names_alone());
    }
    if proposal.reference.is_none() {
        guess_kind(&mut proposal);
        warn(&mut proposal);
    }
    proposal
}

/// The role of one column by itself.
fn column(
    name: &str,
    named: Option<(Meaning, f64, &'static str)>,
    profile: &Profile,
    findings: &mut Findings,
) -> ColumnProposal {
    let mut evidence = Vec::new();
    if let Some((_, _, word)) = named {
        evidence.push(Text::new(format!("列名含“{word}”"), format!("the name has the word `{word}`")));
    }
    if profile.rows == 0 {
        return by_name(name, named, profile, evidence);
    }
    if profile.filled == 0 {
        evidence.push(Text::new("样本里全部为空", "all empty in the sample"));
        return ColumnProposal { column: name.into(), role: Role::Ignore, confidence: 0.5, evidence };
    }
    if profile.serials > 0 {
        evidence.push(Text::new(
            format!("{} 个值中有 {} 个像 Excel 的日期序号", profile.filled, profile.serials),
            format!("{} of {} values look like day numbers of Excel", profile.serials, profile.filled),
        ));
        findings.push(serials(name, profile.serials));
    }
    let by_value = by_values(name, profile, &mut evidence);
    let Some((meaning, sure, _)) = named else {
        let (role, confidence) = by_value;
        let role = with_formats(role, name, profile, findings);
        return ColumnProposal { column: name.into(), role, confidence, evidence };
    };
    let (role, fits) = named_role(name, meaning, profile);
    if matches!(role, Role::Identity { kind: IdentityGuess::Phone | IdentityGuess::Email }) && fits < 0.5 {
        let masked = profile.share(profile.masked) > 0.3;
        evidence.push(if masked {
            Text::new("值是打码的，不能用来认人", "the values are masked and identify nobody")
        } else {
            Text::new(
                format!("只有 {:.0}% 的值符合", fits * 100.0),
                format!("only {:.0} % of the values look like it", fits * 100.0),
            )
        });
        let role = if masked { Role::Ignore } else { role };
        return ColumnProposal { column: name.into(), role, confidence: 0.3 + fits * 0.4, evidence };
    }
    if fits < 0.5 {
        evidence.push(Text::new("但值不像", "but the values do not look like it"));
        let (role, confidence) = by_value;
        let role = with_formats(role, name, profile, findings);
        return ColumnProposal { column: name.into(), role, confidence: confidence * 0.7, evidence };
    }
    let role = with_formats(role, name, profile, findings);
    let confidence = (0.97 * sure * (0.5 + fits / 2.0) * 100.0).round() / 100.0;
    ColumnProposal { column: name.into(), role, confidence, evidence }
}

/// The role that a name says, and how well the values bear it out, from 0 to 1.
fn named_role(name: &str, meaning: Meaning, profile: &Profile) -> (Role, f64) {
    let numeric = profile.share(profile.numbers).max(profile.share(profile.decimal_commas));
    let dated = profile.share(profile.dates);
    match meaning {
        Meaning::CustomerId => {
            (identity(IdentityGuess::Id), if profile.share(profile.dates) > 0.9 { 0.5 } else { 1.0 })
        }
        Meaning::Phone => (identity(IdentityGuess::Phone), profile.share(profile.phones)),
        Meaning::Email => (identity(IdentityGuess::Email), profile.share(profile.emails)),
        Meaning::External(system) => (identity(IdentityGuess::External(system.to_string())), 1.0),
        Meaning::Name => (Role::Name, 1.0 - numeric),
        Meaning::Address => (Role::Address, 1.0),
        Meaning::FreeText => (Role::FreeText, 1.0 - numeric),
        Meaning::Time => (Role::Time { formats: Vec::new() }, dated),
        Meaning::Known => (Role::Known { formats: Vec::new() }, dated),
        Meaning::Order => (Role::Order, 1.0),
        Meaning::Amount => (Role::Amount, numeric),
        Meaning::UnitPrice => (Role::UnitPrice, numeric),
        Meaning::Quantity => (Role::Quantity, numeric),
        Meaning::Currency => (Role::Currency, profile.share(profile.currency_codes).max(0.6)),
        Meaning::Line => (Role::Line, if profile.distinct <= 20 { 1.0 } else { 0.3 }),
        Meaning::Describes => (field(name, profile), 1.0),
        Meaning::Useless => (Role::Ignore, 1.0),
    }
}

/// The role of a column that has no rows yet: its name is all there is.
fn by_name(
    name: &str,
    named: Option<(Meaning, f64, &'static str)>,
    profile: &Profile,
    mut evidence: Vec<Text>,
) -> ColumnProposal {
    evidence.push(Text::new("还没有数据行，只凭列名", "there are no rows yet; only the name speaks"));
    let (role, confidence) = match named {
        Some((meaning, sure, _)) => (named_role(name, meaning, profile).0, 0.6 * sure),
        None => (field(name, profile), 0.2),
    };
    let confidence = (confidence * 100.0).round() / 100.0;
    ColumnProposal { column: name.into(), role, confidence, evidence }
}

fn names_alone() -> Finding {
    Finding::warning(
        "names-alone",
        Place::default(),
        Text::new(
            "表头下面没有数据行，只按列名拟定",
            "there are no rows under the header; the proposal goes by the names of the columns alone",
        ),
        Text::new(
            "有数据后再拟定一次：类型、日期写法和小数写法要看值",
            "propose again when there are rows: types and the forms of dates and numbers show in values",
        ),
    )
}

/// Day numbers of spreadsheets in a table of text.
fn serials(name: &str, n: usize) -> Finding {
    Finding::warning(
        "excel-serials",
        Place::default().at(name),
        Text::new(
            format!("{n} 个值像 Excel 的日期序号（如 45292 即 2024-01-01），小数部分是时刻，按日期读取"),
            format!(
                "{n} values look like day numbers of Excel (45292 is 2024-01-01, a fraction is the time of day); \
                 they are read as dates"
            ),
        ),
        Text::new(
            "不是日期就改映射；日期早了四年（旧版 Mac 的 1904 日期系统）就把 cleaning.dates 中的 excel 改成 excel_1904",
            "map them otherwise if they are no dates; if dates come out four years early (the 1904 system of old \
             Macs), write excel_1904 for excel in cleaning.dates",
        ),
    )
}

fn identity(kind: IdentityGuess) -> Role {
    Role::Identity { kind }
}

/// The role that the values alone suggest, with how sure that is.
fn by_values(name: &str, profile: &Profile, evidence: &mut Vec<Text>) -> (Role, f64) {
    let mut says = |n: usize, zh: &str, en: &str| {
        evidence.push(Text::new(
            format!("{} 个值中有 {n} 个{zh}", profile.filled),
            format!("{n} of {} values {en}", profile.filled),
        ));
    };
    if profile.share(profile.emails) >= 0.8 {
        says(profile.emails, "是邮箱", "are e-mail addresses");
        return (identity(IdentityGuess::Email), 0.85);
    }
    if profile.share(profile.identity_cards) >= 0.8 {
        says(profile.identity_cards, "是身份证号", "are identity card numbers");
        return (identity(IdentityGuess::External("id_card".into())), 0.85);
    }
    if profile.share(profile.phones) >= 0.8 {
        says(profile.phones, "是手机号", "are phone numbers");
        return (identity(IdentityGuess::Phone), 0.8);
    }
    if profile.share(profile.dates) >= 0.9 {
        says(profile.dates, "是日期", "are dates");
        return (Role::Time { formats: Vec::new() }, 0.6);
    }
    if profile.share(profile.with_currency) >= 0.8 {
        says(profile.with_currency, "带货币符号", "carry a currency sign");
        return (Role::Amount, 0.6);
    }
    if profile.share(profile.currency_codes) >= 0.9 {
        says(profile.currency_codes, "是币种", "are currency codes");
        return (Role::Currency, 0.7);
    }
    if profile.share(profile.numbers + profile.decimal_commas) >= 0.95 {
        says(profile.numbers + profile.decimal_commas, "是数", "are numbers");
        return (field(name, profile), 0.5);
    }
    if profile.share(profile.person_names) >= 0.8 && profile.distinct * 2 > profile.filled.min(40) {
        says(profile.person_names, "像中文姓名", "look like Chinese names");
        return (Role::Name, 0.6);
    }
    if profile.mean_characters() > 30.0 && profile.distinct * 2 > profile.filled {
        evidence.push(Text::new("长而各不相同的文字", "long texts, nearly all different"));
        return (Role::FreeText, 0.6);
    }
    evidence.push(Text::new(
        format!("{} 个值，{} 种", profile.filled, profile.distinct),
        format!("{} values, {} different", profile.filled, profile.distinct),
    ));
    (field(name, profile), if profile.distinct <= 50 { 0.5 } else { 0.4 })
}

/// A field of the type that the values have.
fn field(name: &str, profile: &Profile) -> Role {
    let all = |n: usize| profile.filled > 0 && profile.share(n) >= 0.95;
    let field_type = if all(profile.dates) && profile.share(profile.numbers) < 0.95 {
        if profile.with_time > 0 { FieldType::Timestamp } else { FieldType::Date }
    } else if profile.codes > 0 {
        FieldType::Text
    } else if all(profile.integers) {
        FieldType::Integer
    } else if all(profile.numbers) || all(profile.decimal_commas + profile.integers) {
        FieldType::Decimal
    } else if all(profile.booleans) {
        FieldType::Boolean
    } else {
        FieldType::Text
    };
    Role::Field { name: field_name(name), field_type }
}

/// A name for a field: `StockCode` becomes `stock_code`, Chinese stays as it is.
fn field_name(name: &str) -> String {
    let name = alias::words_of(name).join("_");
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) { format!("f_{name}") } else { name }
}

/// Fills in the formats of a date, and says so if day and month cannot be told apart.
fn with_formats(role: Role, name: &str, profile: &Profile, findings: &mut Findings) -> Role {
    if !matches!(role, Role::Time { .. } | Role::Known { .. }) {
        return role;
    }
    let place = Place::default().at(name);
    let (day, month, either) = (profile.only_day_first, profile.only_month_first, profile.either_first);
    let month_first = if day > 0 && month > 0 {
        findings.push(Finding::warning(
            "mixed-date-order",
            place,
            Text::new(
                format!("{day} 个日期只能是日在前，{month} 个只能是月在前，{either} 个两可"),
                format!(
                    "{day} dates can only be day first, {month} only month first, {either} may be either"
                ),
            ),
            Text::new("一列只用一种写法，最好是 2024-01-31", "write one form in a column, best 2024-01-31"),
        ));
        month > day
    } else {
        if either > 0 && day + month == 0 {
            findings.push(Finding::warning(
                "ambiguous-dates",
                place,
                Text::new(
                    format!("{either} 个日期分不清日在前还是月在前，暂按日在前"),
                    format!("{either} dates may be day first or month first; day first is assumed"),
                ),
                Text::new(
                    "在 cleaning.dates 写明，如 %m/%d/%Y",
                    "say which in cleaning.dates, such as %m/%d/%Y",
                ),
            ));
        }
        month > day
    };
    let formats = profile.formats(month_first).into_iter().map(|(format, _)| format).take(5).collect();
    match role {
        Role::Known { .. } => Role::Known { formats },
        _ => Role::Time { formats },
    }
}

/// Roles that only one column can have: the surest keeps it, the others describe.
fn settle_rivals(columns: &mut [ColumnProposal], profiles: &[Profile]) {
    let key = |role: &Role| match role {
        Role::Time { .. } => Some(0),
        Role::Known { .. } => Some(1),
        Role::Order => Some(2),
        Role::Amount => Some(3),
        Role::UnitPrice => Some(4),
        Role::Quantity => Some(5),
        Role::Currency => Some(6),
        Role::Line => Some(7),
        Role::Identity { kind: IdentityGuess::Id } => Some(8),
        _ => None,
    };
    for wanted in 0..=8 {
        let mut best: Option<usize> = None;
        for (index, column) in columns.iter().enumerate() {
            if key(&column.role) == Some(wanted)
                && best
                    .and_then(|best| columns.get(best))
                    .is_none_or(|best| column.confidence > best.confidence)
            {
                best = Some(index);
            }
        }
        let winner = best.and_then(|best| columns.get(best)).map(|column| column.column.clone());
        for (index, (column, profile)) in columns.iter_mut().zip(profiles).enumerate() {
            if key(&column.role) == Some(wanted) && Some(index) != best {
                let winner = winner.as_deref().unwrap_or("");
                column.evidence.push(Text::new(
                    format!("“{winner}”更像，这一列作为字段"),
                    format!("`{winner}` is more likely; this column becomes a field"),
                ));
                // A second customer number identifies, in a system of its own.
                column.role = if wanted == 8 {
                    identity(IdentityGuess::External(field_name(&column.column)))
                } else {
                    field(&column.column, profile)
                };
                column.confidence = column.confidence.min(0.5);
            }
        }
    }
}

fn unique_fields(columns: &mut [ColumnProposal]) {
    let mut taken = BTreeSet::new();
    for column in columns {
        if let Role::Field { name, .. } = &mut column.role {
            let wanted = name.clone();
            let mut occurrence = 2;
            while !taken.insert(name.clone()) {
                *name = format!("{wanted}_{occurrence}");
                occurrence += 1;
            }
        }
    }
}

fn collect_dates(proposal: &mut Proposal, profiles: &[Profile]) {
    let mut dates: Vec<String> = Vec::new();
    let mut add = |format: String| {
        if !dates.contains(&format) {
            dates.push(format);
        }
    };
    for (column, profile) in proposal.columns.iter().zip(profiles) {
        match &column.role {
            Role::Time { formats } | Role::Known { formats } => formats.iter().cloned().for_each(&mut add),
            // Dates in fields are read by the same list.
            Role::Field { field_type: FieldType::Date | FieldType::Timestamp, .. } => {
                let month_first = profile.only_month_first > profile.only_day_first;
                profile.formats(month_first).into_iter().take(5).for_each(|(format, _)| add(format));
            }
            _ => {}
        }
    }
    // Day numbers first: read as seconds since 1970 they would be dates as well.
    dates.sort_by_key(|format| format != EXCEL);
    // ISO 8601 and its year-first relatives are read without being told.
    if dates.iter().any(|format| !format.starts_with("%Y")) {
        proposal.dates = dates;
    }
}

fn guess_kind(proposal: &mut Proposal) {
    let has = |wanted: fn(&Role) -> bool| proposal.columns.iter().any(|column| wanted(&column.role));
    let names: Vec<String> = proposal.columns.iter().map(|column| column.column.to_lowercase()).collect();
    let says = |words: &[&str]| names.iter().any(|name| words.iter().any(|word| name.contains(word)));
    let money = has(|role| matches!(role, Role::Amount | Role::UnitPrice));
    let time = has(|role| matches!(role, Role::Time { .. }));
    let (kind, zh, en) = if money && (time || has(|role| *role == Role::Order)) {
        ("order_line", "有金额和订单号或时间", "it has money, and an order number or a time")
    } else if says(&["满意度", "评分", "推荐度", "问卷", "satisfaction", "rating", "nps", "survey"])
    {
        ("survey", "有评分或满意度", "it has ratings")
    } else if says(&["工单", "投诉", "客服", "ticket", "complaint", "service"]) {
        ("service", "有工单或投诉", "it has tickets or complaints")
    } else if says(&["活动", "触达", "短信", "campaign", "response"]) {
        ("campaign", "有营销活动", "it has campaigns")
    } else if says(&["到店", "到访", "访问", "浏览", "visit", "page", "session"]) {
        ("visit", "有到店或访问", "it has visits")
    } else if has(|role| matches!(role, Role::Identity { .. })) {
        ("profile", "像客户名单", "it looks like a list of customers")
    } else {
        ("event", "看不出是什么事件", "nothing says what kind of event it is")
    };
    proposal.kind = kind.to_string();
    proposal.kind_evidence = Text::new(zh, en);
}

fn warn(proposal: &mut Proposal) {
    let has = |wanted: fn(&Role) -> bool| proposal.columns.iter().any(|column| wanted(&column.role));
    if !has(|role| matches!(role, Role::Identity { .. })) {
        proposal.findings.push(Finding::warning(
            "no-identity",
            Place::default(),
            Text::new("没有一列能说明是哪位客户", "no column says whose a row is"),
            Text::new(
                "应有客户编号、手机号或邮箱",
                "there should be a customer number, phone number or e-mail",
            ),
        ));
    }
    if !has(|role| matches!(role, Role::Time { .. })) && proposal.kind != "profile" {
        proposal.findings.push(Finding::warning(
            "no-time",
            Place::default(),
            Text::new("没有一列是发生时间", "no column says when it happened"),
            Text::new("应有日期或时间列", "there should be a date or time"),
        ));
    }
}

#[cfg(test)]
mod tests;
