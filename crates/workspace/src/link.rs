//! `gradus link`, `unlink`, `links`: a person says which identities are one customer's, and sees
//! which are, since when and by what evidence. What a person said goes before what rows show, can be
//! taken back, and is in the audit log.

use std::collections::{BTreeMap, BTreeSet};

use gradus_grading::fold::{date_of, day_of};
use gradus_ledger::clean::personal::PersonalRules;
use gradus_ledger::resolve::{Decision, LinkSet, PairRecord, members};
use gradus_ledger::table::{LINKS_TABLE, LinksTable, WriterLease};
use gradus_model::event_stream::UNDATED;
use gradus_model::{Finding, Findings, Lang, Place, Text};
use gradus_store::NewAuditEntry;
use jiff::civil::Date;
use serde::Serialize;

use crate::clock::{instant, system_us};
use crate::explain::find_customer;
use crate::links::{PERSON, UNSETTLED, evidence, evidence_rows, settle_links, write};
use crate::{Workspace, WorkspaceError};

/// Two identities and what a person says about them.
#[derive(Debug, Clone)]
pub struct LinkOptions {
    /// A customer number, phone, e-mail, SYSTEM:ID of another system, or # and the ledger's number.
    pub a: String,
    pub b: String,
    /// From when on they are one customer; always if left out. Of no meaning for unlinking.
    pub from: Option<String>,
    /// Why, in words that name nobody.
    pub reason: String,
    pub actor: String,
}

/// What became of it.
#[derive(Debug, Clone, Serialize)]
pub struct LinkedPair {
    pub a: i64,
    pub b: i64,
    /// The customers that the two are now.
    pub customers: [i64; 2],
    /// Links between identities that this added or took back.
    pub link_changes: u64,
    /// Number of the entry in the audit log.
    pub audit: i64,
    pub findings: Findings,
}

/// The identities of one customer.
#[derive(Debug, Clone, Serialize)]
pub struct Identities {
    /// The ledger's number of the customer.
    pub customer: i64,
    pub identities: Vec<OneIdentity>,
    /// What was ever shown or said about pairs of them.
    pub pairs: Vec<Told>,
}

/// One identity of a customer.
#[derive(Debug, Clone, Serialize)]
pub struct OneIdentity {
    pub identity: i64,
    pub kind: String,
    /// Masked, unless it was asked for in full.
    pub value: String,
    /// From when on it is this customer's, as a local date; none for always.
    pub since: Option<String>,
}

/// One piece of evidence about a pair of identities.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    pub a: i64,
    pub b: i64,
    pub what: Said,
    /// From when on it holds, as a local date; none for always, and where a link was taken back.
    pub from: Option<String>,
    /// When it became known, as a local date.
    pub known: Option<String>,
    pub by: By,
}

/// What a piece of evidence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Rows name both.
    Seen,
    Linked,
    Unlinked,
}

/// Where a piece of evidence comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum By {
    Import { import: i64, source: String, files: Vec<String> },
    Person { audit: i64, actor: String, reason: String },
}

/// A person says that two identities are one customer's.
pub async fn link(workspace: &Workspace, options: &LinkOptions) -> Result<LinkedPair, WorkspaceError> {
    let from = match &options.from {
        Some(text) => beginning_of(workspace, text)?,
        None => UNDATED,
    };
    say(workspace, options, "identity.link", |set, a, b, now| Some(set.link(a, b, from, now))).await
}

/// A person says that two identities are not one customer's, whatever rows show.
pub async fn unlink(workspace: &Workspace, options: &LinkOptions) -> Result<LinkedPair, WorkspaceError> {
    say(workspace, options, "identity.unlink", |set, a, b, now| set.undo(a.0, b.0, now)).await
}

/// The identities of a customer and the evidence for them. Shown in full, they are in the audit log.
pub async fn identities_of(
    workspace: &Workspace,
    customer: &str,
    in_full: bool,
    actor: &str,
) -> Result<Identities, WorkspaceError> {
    let (found, _) = find(workspace, customer).await?;
    let rows = evidence_rows(workspace).await?;
    let set = LinkSet::from_records(rows.iter().map(|(_, record)| *record));
    let customer = set.customer_of(found, i64::MAX, i64::MAX);
    let mut all: BTreeSet<i64> = BTreeSet::from([customer, found]);
    all.extend(members(&set.resolve(i64::MAX, i64::MAX)).remove(&customer).unwrap_or_default());
    if in_full {
        let subject = format!("#{customer}");
        let entry = NewAuditEntry::new(system_us(), actor, "vault.reveal", &subject);
        workspace.store.audit().append(entry).await?;
    }
    let since = since(workspace).await?;
    let wanted: Vec<i64> = all.iter().copied().collect();
    let revealed = workspace.vault.reveal_many(&wanted).await?;
    let mut identities: Vec<OneIdentity> = all
        .iter()
        .map(|identity| {
            let own = revealed.get(identity).and_then(|values| values.first());
            OneIdentity {
                identity: *identity,
                kind: own.map_or(String::new(), |own| own.kind.clone()),
                value: own
                    .map_or(String::new(), |own| if in_full { own.value.clone() } else { own.masked() }),
                since: since.get(identity).copied().and_then(|from| day(workspace, from)),
            }
        })
        .collect();
    identities.sort_by_key(|one| (one.identity != customer, one.kind.clone(), one.identity));
    let mut pairs = Vec::new();
    for (told_by, record) in
        rows.iter().filter(|(_, record)| all.contains(&record.a) || all.contains(&record.b))
    {
        pairs.push(told(workspace, told_by, record).await?);
    }
    Ok(Identities { customer, identities, pairs })
}

/// Writes down what a person says: audit log, evidence, links. Between the last two a setting says
/// that the links are to be settled, so that the next start does it if this process does not.
async fn say(
    workspace: &Workspace,
    options: &LinkOptions,
    action: &str,
    decide: impl FnOnce(&mut LinkSet, (i64, bool), (i64, bool), i64) -> Option<PairRecord>,
) -> Result<LinkedPair, WorkspaceError> {
    let reason = checked_reason(workspace, &options.reason)?;
    let (a, b) = (find(workspace, &options.a).await?, find(workspace, &options.b).await?);
    if a.0 == b.0 {
        return Err(Finding::error(
            "same-identity",
            Place::default(),
            Text::new("两者是同一个身份", "both are the same identity"),
            Text::new("两个不同的身份", "two different identities"),
        )
        .into());
    }
    let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    let now = system_us();
    let mut set = evidence(workspace).await?;
    let Some(record) = decide(&mut set, a, b, now) else {
        return Err(Finding::error(
            "not-linked",
            Place::default(),
            Text::new("这两个身份之间没有直接的关联", "nothing links these two identities directly"),
            Text::new(
                "用 gradus links 查看关联由哪些身份构成",
                "see with `gradus links` which identities are linked",
            ),
        )
        .into());
    };
    let subject = format!("#{} #{}", record.a, record.b);
    let detail = serde_json::json!({ "reason": reason, "from": day(workspace, record.valid_from) });
    let entry = NewAuditEntry::new(now, &options.actor, action, &subject).detail(detail);
    let audit = workspace.store.audit().append(entry).await?.number;
    let told_by = format!("{PERSON}{audit}");
    workspace.store.settings().set(UNSETTLED, &serde_json::json!(told_by)).await?;
    write(workspace, &lease, &told_by, &[record]).await?;
    let (link_changes, findings) = settle_links(workspace, &lease, &told_by).await?;
    workspace.store.settings().remove(UNSETTLED).await?;
    let customers = [a.0, b.0].map(|identity| set.customer_of(identity, i64::MAX, i64::MAX));
    Ok(LinkedPair { a: a.0, b: b.0, customers, link_changes, audit, findings })
}

/// The audit log outlives an erasure, so a reason must name nobody.
fn checked_reason<'r>(workspace: &Workspace, reason: &'r str) -> Result<&'r str, WorkspaceError> {
    let reason = reason.trim();
    let place = Place::document("--reason");
    if reason.is_empty() {
        return Err(Finding::error(
            "reason-missing",
            place,
            Text::new("没有写明理由", "no reason is given"),
            Text::new(
                "例如 --reason 会员换号登记表 2024-17",
                "such as --reason \"form 2024-17: new number\"",
            ),
        )
        .into());
    }
    if PersonalRules::new(&workspace.settings.region).is_in(reason) {
        return Err(Finding::error(
            "reason-names-somebody",
            place,
            Text::new(
                "理由里有手机号、邮箱或证件号；理由以明文进入审计日志",
                "the reason holds a telephone or identity card number or an address of mail; it stands in the audit log as it is",
            ),
            Text::new("不提及个人标识的理由", "a reason that names nobody"),
        )
        .into());
    }
    Ok(reason)
}

/// An identity that is in the vault, and whether it is a customer number.
async fn find(workspace: &Workspace, written: &str) -> Result<(i64, bool), WorkspaceError> {
    let unknown: WorkspaceError = match find_customer(workspace, written).await {
        Ok(identity) => {
            let own = workspace.vault.reveal(identity).await?;
            if let Some(own) = own.first() {
                return Ok((identity, own.kind == "id"));
            }
            Finding::error(
                "unknown-customer",
                Place::default(),
                Text::new("没有这位客户", "no such customer"),
                Text::new(
                    "客户编号、手机号、邮箱，或 # 加账本编号",
                    "a customer number, phone, e-mail, or # and the ledger's number",
                ),
            )
            .into()
        }
        Err(error) => error,
    };
    if let Some((system, id)) = written.split_once(':') {
        let kind = format!("external:{}", system.trim());
        if let Some(identity) = workspace.vault.find(&kind, id.trim()).await? {
            return Ok((identity, false));
        }
    }
    Err(unknown)
}

/// The first instant of a local date, or an instant.
fn beginning_of(workspace: &Workspace, text: &str) -> Result<i64, WorkspaceError> {
    match text.trim().parse::<Date>() {
        Ok(date) if text.trim().len() == 10 => Ok(workspace.zone.close_of(day_of(date) - 1) + 1),
        _ => Ok(instant(text, &workspace.zone)?),
    }
}

/// The local date of an instant; none for always.
fn day(workspace: &Workspace, instant_us: i64) -> Option<String> {
    (instant_us > UNDATED).then(|| date_of(workspace.as_of(instant_us).day).map(|date| date.to_string()))?
}

/// From when on each identity is its customer's, if it is not its own.
async fn since(workspace: &Workspace) -> Result<BTreeMap<i64, i64>, WorkspaceError> {
    if !workspace.has_table(LINKS_TABLE) {
        return Ok(BTreeMap::new());
    }
    let table = LinksTable::open_or_create(&workspace.storage, system_us()).await?;
    let holding = table.as_of(i64::MAX, i64::MAX, None).await?;
    Ok(holding.into_iter().map(|link| (link.identity, link.valid_from)).collect())
}

async fn told(workspace: &Workspace, told_by: &str, record: &PairRecord) -> Result<Told, WorkspaceError> {
    let what = match record.decision {
        None => Said::Seen,
        Some(Decision::Linked) => Said::Linked,
        Some(Decision::Undone) => Said::Unlinked,
    };
    let by = match told_by.strip_prefix(PERSON).and_then(|number| number.parse::<i64>().ok()) {
        Some(number) => {
            let entry = workspace.store.audit().list(number - 1, 1).await?.into_iter().next();
            let reason = entry.as_ref().and_then(|entry| entry.detail.get("reason")?.as_str()).unwrap_or("");
            By::Person {
                audit: number,
                reason: reason.to_string(),
                actor: entry.as_ref().map_or(String::new(), |entry| entry.actor.clone()),
            }
        }
        None => {
            let import = workspace.store.imports().by_id(told_by).await?;
            By::Import {
                import: import.as_ref().map_or(0, |import| import.number.0),
                source: import.as_ref().map_or(String::new(), |import| import.source.clone()),
                files: import
                    .map_or(Vec::new(), |import| import.files.into_iter().map(|file| file.name).collect()),
            }
        }
    };
    let from = day(workspace, record.valid_from).filter(|_| what != Said::Unlinked);
    Ok(Told { a: record.a, b: record.b, what, from, known: day(workspace, record.known), by })
}

impl LinkedPair {
    /// For a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let [one, other] = self.customers;
        let n = self.link_changes;
        match (lang, one == other) {
            (Lang::Zh, true) => format!("现在都是客户 #{one}；{n} 条关联变化，审计记录 {}", self.audit),
            (Lang::Zh, false) => {
                format!("现在是客户 #{one} 和客户 #{other}；{n} 条关联变化，审计记录 {}", self.audit)
            }
            (Lang::En, true) => {
                format!("both are customer #{one} now; {n} links changed, audit entry {}", self.audit)
            }
            (Lang::En, false) => {
                format!(
                    "they are customers #{one} and #{other} now; {n} links changed, audit entry {}",
                    self.audit
                )
            }
        }
    }
}

impl Identities {
    /// For a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let n = self.identities.len();
        let mut out = match lang {
            Lang::Zh => format!("客户 #{}：{n} 个身份\n", self.customer),
            Lang::En => format!("customer #{}: {n} identities\n", self.customer),
        };
        let from = |date: &Option<String>| match date {
            Some(date) => format!("{} {date}", say("自", "from")),
            None => say("一直", "always").to_string(),
        };
        for one in &self.identities {
            out.push_str(&format!(
                "  #{}  {}  {}  {}\n",
                one.identity,
                one.kind,
                one.value,
                from(&one.since)
            ));
        }
        out.push_str(say("依据\n", "evidence\n"));
        for told in &self.pairs {
            let what = match told.what {
                Said::Seen => say("同行出现", "seen in one row"),
                Said::Linked => say("人工关联", "linked by hand"),
                Said::Unlinked => say("人工解除", "unlinked by hand"),
            };
            let known = told.known.as_deref().unwrap_or("—");
            let from =
                if told.what == Said::Unlinked { String::new() } else { format!("  {}", from(&told.from)) };
            let by = match &told.by {
                By::Import { import, source, files } => {
                    format!("{} {import}：{source} {}", say("导入", "import"), files.join(", "))
                }
                By::Person { audit, actor, reason } => {
                    format!("{} {audit}：{actor}：{reason}", say("审计记录", "audit entry"))
                }
            };
            let by = if lang == Lang::En { by.replace('：', ": ") } else { by };
            out.push_str(&format!(
                "  #{} — #{}  {what}{from}  {} {known}  {by}\n",
                told.a,
                told.b,
                say("得知于", "known")
            ));
        }
        out
    }
}
