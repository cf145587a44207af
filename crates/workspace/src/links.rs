//! Which customer each identity is: the evidence of the imports, and what follows from it.
//!
//! Evidence is written before the commit that makes its import count, and read only if that
//! import counts, so a crash between the two neither loses nor invents a link.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use gradus_ledger::clean::LinkSighting;
use gradus_ledger::resolve::{Decision, LinkSet, PairRecord};
use gradus_ledger::table::{CommitId, LINKS_FORMAT, LINKS_TABLE, LinksTable, PlainTable, WriterLease};
use gradus_model::{Findings, Place};
use gradus_store::ImportStatus;

use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// Setting that says that evidence was written of which the links table does not know yet.
pub(crate) const UNSETTLED: &str = "links.unsettled";

/// Begins what stands for the import where a person said something; the audit entry's number follows.
pub(crate) const PERSON: &str = "person:";

/// Table of the evidence, under the ledger's folder.
const EVIDENCE: &str = "link_evidence";
const EVIDENCE_FORMAT: u32 = 1;
const COLUMNS: [&str; 8] = ["import", "a", "a_is_id", "b", "b_is_id", "valid_from", "known", "decision"];

/// Writes what the rows of an import showed, before the import counts.
pub async fn keep_evidence(
    workspace: &Workspace,
    lease: &WriterLease,
    import: &str,
    sightings: &[LinkSighting],
) -> Result<(), WorkspaceError> {
    if sightings.is_empty() {
        return Ok(());
    }
    let rows = evidence_rows(workspace).await?;
    let mut witnesses: HashMap<(i64, i64), BTreeSet<&str>> = HashMap::new();
    for (by, record) in rows.iter().filter(|(_, record)| record.decision.is_none()) {
        witnesses.entry((record.a, record.b)).or_default().insert(by);
    }
    let mut own = LinkSet::new();
    own.see(sightings);
    let mut records: BTreeSet<PairRecord> =
        LinkSet::from_records(rows.iter().map(|(_, record)| *record)).see(sightings).into_iter().collect();
    let few = |record: &PairRecord| {
        witnesses.get(&(record.a, record.b)).is_none_or(|witnesses| witnesses.len() < WITNESSES)
    };
    records.extend(own.records().into_iter().filter(few));
    let records: Vec<PairRecord> = records.into_iter().collect();
    write(workspace, lease, import, &records).await
}

/// How many imports are kept as having shown a pair: as long as one of them counts, it does. A pair that
/// more have shown is kept with the first of them, so that what is kept does not grow with every file.
const WITNESSES: usize = 3;

/// How many statements it would take if what an import showed did not count.
pub(crate) async fn changes_without(workspace: &Workspace, import: &str) -> Result<u64, WorkspaceError> {
    if !exists(workspace, LINKS_TABLE) {
        return Ok(0);
    }
    let rows = evidence_rows(workspace).await?.into_iter().filter(|(by, _)| by != import);
    let evidence = LinkSet::from_records(rows.map(|(_, record)| record));
    let table = LinksTable::open_or_create(&workspace.storage, system_us()).await?;
    Ok(evidence.changes(&table.statements().await?, system_us()).len() as u64)
}

/// Says in the links table what follows from the evidence; nothing if it says so already.
///
/// Returns how many statements that took, and evidence that contradicts other evidence, in words.
pub async fn settle_links(
    workspace: &Workspace,
    lease: &WriterLease,
    why: &str,
) -> Result<(u64, Findings), WorkspaceError> {
    let evidence = evidence(workspace).await?;
    if evidence.is_empty() && !exists(workspace, LINKS_TABLE) {
        return Ok((0, Findings::default()));
    }
    let now = system_us();
    let mut table = LinksTable::open_or_create(&workspace.storage, now).await?;
    let changes = evidence.changes(&table.statements().await?, now);
    if !changes.is_empty() {
        let id = CommitId { app_id: format!("links:{why}:{now}"), app_version: 1, at: now };
        table.append(lease, &changes, id).await?;
    }
    let conflicts =
        gradus_ledger::resolve::findings(&evidence.conflicts(i64::MAX, i64::MAX), &Place::default());
    Ok((changes.len() as u64, conflicts))
}

/// The identities of several-identity customers as of an instant: customer of each identity, the
/// customers themselves included.
pub async fn linked(
    workspace: &Workspace,
    time_us: i64,
    known_us: i64,
) -> Result<BTreeMap<i64, i64>, WorkspaceError> {
    if !exists(workspace, LINKS_TABLE) {
        return Ok(BTreeMap::new());
    }
    let table = LinksTable::open_or_create(&workspace.storage, system_us()).await?;
    let mut out = BTreeMap::new();
    for link in table.as_of(time_us, known_us, None).await? {
        out.insert(link.identity, link.customer);
    }
    let customers: BTreeSet<i64> = out.values().copied().collect();
    for customer in customers {
        out.entry(customer).or_insert(customer);
    }
    Ok(out)
}

/// The tables of this page, with their format numbers.
pub(crate) fn link_tables() -> [(&'static str, u32); 2] {
    [(EVIDENCE, EVIDENCE_FORMAT), (LINKS_TABLE, LINKS_FORMAT)]
}

fn exists(workspace: &Workspace, table: &str) -> bool {
    workspace.has_table(table)
}

/// The evidence of all imports that count, and of persons.
pub(crate) async fn evidence(workspace: &Workspace) -> Result<LinkSet, WorkspaceError> {
    let rows = evidence_rows(workspace).await?;
    Ok(LinkSet::from_records(rows.into_iter().map(|(_, record)| record)))
}

/// The same piece by piece, each with the import that showed it, or the person who said it.
pub(crate) async fn evidence_rows(
    workspace: &Workspace,
) -> Result<Vec<(String, PairRecord)>, WorkspaceError> {
    if !exists(workspace, EVIDENCE) {
        return Ok(Vec::new());
    }
    let table = PlainTable::open(&workspace.storage, EVIDENCE, EVIDENCE_FORMAT).await?;
    let mut counts: BTreeMap<String, bool> = BTreeMap::new();
    let mut records = Vec::new();
    for batch in table.read(&COLUMNS, &BTreeMap::new()).await? {
        let imports = cast(batch.column(0), &DataType::Utf8)?;
        let decisions = cast(batch.column(7), &DataType::Utf8)?;
        let integer = |column: usize, row: usize| batch.column(column).as_primitive::<Int64Type>().value(row);
        let boolean = |column: usize, row: usize| batch.column(column).as_boolean().value(row);
        for row in 0..batch.num_rows() {
            let import = imports.as_string::<i32>().value(row);
            if !counts.contains_key(import) {
                let status = workspace.store.imports().by_id(import).await?.map(|import| import.status);
                counts.insert(
                    import.to_string(),
                    !matches!(status, Some(ImportStatus::Abandoned | ImportStatus::Undone)),
                );
            }
            if counts.get(import) != Some(&true) {
                continue;
            }
            let decision = decisions.as_string::<i32>();
            let record = PairRecord {
                a: integer(1, row),
                a_is_id: boolean(2, row),
                b: integer(3, row),
                b_is_id: boolean(4, row),
                valid_from: integer(5, row),
                known: integer(6, row),
                decision: match decision.is_valid(row).then(|| decision.value(row)) {
                    Some("linked") => Some(Decision::Linked),
                    Some("undone") => Some(Decision::Undone),
                    _ => None,
                },
            };
            records.push((import.to_string(), record));
        }
    }
    Ok(records)
}

/// Appends evidence under an import, or under a person's decision.
pub(crate) async fn write(
    workspace: &Workspace,
    lease: &WriterLease,
    import: &str,
    records: &[PairRecord],
) -> Result<(), WorkspaceError> {
    if records.is_empty() {
        return Ok(());
    }
    let types = [
        DataType::Utf8,
        DataType::Int64,
        DataType::Boolean,
        DataType::Int64,
        DataType::Boolean,
        DataType::Int64,
        DataType::Int64,
        DataType::Utf8,
    ];
    let fields: Vec<Field> = COLUMNS
        .iter()
        .zip(types)
        .map(|(name, data_type)| Field::new(*name, data_type, *name == "decision"))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let integer = |of: fn(&PairRecord) -> i64| Arc::new(Int64Array::from_iter_values(records.iter().map(of)));
    let boolean =
        |of: fn(&PairRecord) -> bool| Arc::new(records.iter().map(|r| Some(of(r))).collect::<BooleanArray>());
    let decision = |record: &PairRecord| match record.decision {
        Some(Decision::Linked) => Some("linked"),
        Some(Decision::Undone) => Some("undone"),
        None => None,
    };
    let batch = RecordBatch::try_new(
        schema.clone(),
        vec![
            Arc::new(StringArray::from(vec![import; records.len()])),
            integer(|r| r.a),
            boolean(|r| r.a_is_id),
            integer(|r| r.b),
            boolean(|r| r.b_is_id),
            integer(|r| r.valid_from),
            integer(|r| r.known),
            Arc::new(records.iter().map(decision).collect::<StringArray>()),
        ],
    )?;
    let now = system_us();
    let mut table =
        PlainTable::open_or_create(&workspace.storage, EVIDENCE, EVIDENCE_FORMAT, &schema, &[], now).await?;
    let id = CommitId { app_id: format!("evidence:{import}"), app_version: 1, at: now };
    table.append(lease, &[batch], id).await?;
    Ok(())
}
