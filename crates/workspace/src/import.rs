//! `gradus import`: files become events. An import counts when its one commit to the events table
//! exists: vault entries and staged quarantine before it, reports after it, all under the
//! import's id. What a crash left half done is removed or completed when the next one begins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use gradus_ledger::LedgerError;
use gradus_ledger::clean::{CleanBatch, LinkSighting, OccurrenceCounter, RetractionLookup, SourcePlan, Tally};
use gradus_ledger::quality::{Appended as Landed, Profile, QualityReport, Reconciliation};
use gradus_ledger::collect::{ExcelProgram, ReadOptions, Summary, content_hash, expand, read, sniff};
use gradus_ledger::table::{
    AppendOptions, Appended, DEFAULT_RETENTION, DEFAULT_SORT_BYTES, EVENTS_TABLE, EventsTable, ScanBound, WriterLease, input_schema,
};
use gradus_model::document::Source;
use gradus_model::event_stream::{Field, column};
use gradus_model::{Finding, Findings, Place, Text};
use gradus_store::{EventText, Identity, ImportFile, ImportNumber, ImportStatus, NewImport, NewQuarantineRow};
use serde::Serialize;

use crate::cleaned::{Read, read_and_clean};
use crate::clock::system_us;
use crate::links::{keep_evidence, settle_links};
use crate::stored::processors;
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// How long quarantined rows are kept: 90 days.
const QUARANTINE_US: i64 = 90 * 86_400_000_000;
/// Rows staged for quarantine at a time.
const STAGE_ROWS: usize = 1_000;

/// What to import and how.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Files, folders or globs.
    pub files: Vec<String>,
    /// The source they belong to; found by file name if left out.
    pub source: Option<String>,
    /// Read and judge, write nothing.
    pub dry_run: bool,
    /// How to start the process that reads workbooks.
    pub excel: Option<ExcelProgram>,
}

/// What became of one file.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    pub file: String,
    pub source: String,
    /// None for a dry run.
    pub import: Option<i64>,
    pub dry_run: bool,
    /// Data rows of the file; blank ones are passed over.
    pub rows: u64,
    pub blank_rows: u64,
    /// Rows that could not be read at all; they are among the quarantined.
    pub unreadable: u64,
    pub tally: Tally,
    /// Read = attributed + unattributed + retractions + skipped + quarantined (对账), in rows and money.
    pub reconciliation: Reconciliation,
    pub quality: QualityReport,
    pub quarantined: u64,
    /// Links between identities that this import added or took back.
    pub link_changes: u64,
    pub new_identities: u64,
    pub findings: Findings,
    /// Examples of refused rows: number and reason.
    pub examples: Vec<(u64, Text)>,
    pub seconds: f64,
}

/// Imports files one after the other.
pub async fn import(
    workspace: &Workspace,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<Vec<Imported>, WorkspaceError> {
    let documents = workspace.documents()?;
    let (files, mut findings) = expand(&options.files)?;
    let mut plans = Vec::new();
    for file in files {
        match source_of(&documents, options.source.as_deref(), &file) {
            Ok(name) => plans.push((file, name)),
            Err(finding) => findings.push(finding),
        }
    }
    if findings.has_errors() {
        return Err(findings.into());
    }
    // A dry run takes nobody's place and writes nothing; it only looks up what retractions name.
    let known = match options.dry_run && workspace.has_table(EVENTS_TABLE) {
        true => Some(EventsTable::open(&workspace.storage).await?),
        false => None,
    };
    let mut ledger = match options.dry_run {
        true => None,
        false => Some(open_for_writing(workspace, &documents).await?),
    };
    let mut out = Vec::with_capacity(plans.len());
    for (file, name) in plans {
        let Some(source) = documents.sources.get(&name) else { continue };
        let one = OneImport { workspace, options, progress, file: &file, name: &name, source, known: known.as_ref() };
        out.push(one.run(ledger.as_mut()).await?);
    }
    if let Some(Ledger { lease, events }) = &mut ledger {
        tidy(lease, events).await?;
    }
    Ok(out)
}

/// The events table and the right to write to it.
struct Ledger {
    lease: WriterLease,
    events: EventsTable,
}

/// Takes the lease, tidies up after an import that was interrupted, and adds new fields.
async fn open_for_writing(workspace: &Workspace, documents: &Documents) -> Result<Ledger, WorkspaceError> {
    let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    let schema = documents.event_schema(&workspace.settings);
    let mut events = EventsTable::open_or_create(&workspace.storage, &schema, system_us()).await?;
    recover(workspace, &lease, &mut events).await?;
    let is_new = |field: &Field| !events.event_schema().fields.iter().any(|known| known.name == field.name);
    let missing: Vec<Field> = schema.fields.into_iter().filter(is_new).collect();
    if !missing.is_empty() {
        events.add_fields(&lease, &missing, system_us()).await?;
    }
    Ok(Ledger { lease, events })
}

/// Most files that a bucket keeps: more would be merged again and again while reading.
const MAX_RUNS: usize = 8;

/// Merges small files, and deletes what no reader of the last day needs.
async fn tidy(lease: &WriterLease, events: &mut EventsTable) -> Result<(), WorkspaceError> {
    match events.compact(lease, MAX_RUNS, system_us()).await {
        // Everything counts already; the next import tries again.
        Ok(_) | Err(LedgerError::Conflict { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    events.vacuum(lease, DEFAULT_RETENTION, system_us()).await?;
    Ok(())
}

/// Completes or removes what an interrupted import left behind.
pub async fn recover(
    workspace: &Workspace,
    lease: &WriterLease,
    events: &mut EventsTable,
) -> Result<(), WorkspaceError> {
    events.refresh().await?;
    let imports = workspace.store.imports();
    for unfinished in imports.unfinished().await? {
        let counts = events.committed(&app_id(&unfinished.id)).await?.is_some();
        if counts || unfinished.status == ImportStatus::Committed {
            settle_links(workspace, lease, &unfinished.id).await?;
            imports.finish(unfinished.number, system_us()).await?;
        } else {
            imports.abandon(unfinished.number, system_us()).await?;
        }
    }
    // Half-written states of a process that is gone.
    gradus_ledger::states::tidy(crate::states::folder(workspace), lease)?;
    // Spilled runs of a process that is gone.
    let scratch = workspace.scratch();
    match std::fs::remove_dir_all(&scratch) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(WorkspaceError::io(scratch, error)),
        _ => Ok(()),
    }
}

fn value(report: &impl Serialize) -> Result<serde_json::Value, WorkspaceError> {
    serde_json::to_value(report).map_err(|error| WorkspaceError::Defect(error.to_string()))
}

fn app_id(import: &str) -> String {
    format!("import:{import}")
}

/// The source whose globs match the file's name.
fn source_of(documents: &Documents, named: Option<&str>, file: &Path) -> Result<String, Finding> {
    let place = Place::document(file.display().to_string());
    let known = || documents.sources.names().collect::<Vec<_>>().join(", ");
    if let Some(name) = named {
        return match documents.sources.get(name) {
            Some(_) => Ok(name.to_string()),
            None => Err(Finding::error(
                "unknown-source",
                place,
                Text::new(format!("没有名为 {name} 的数据源"), format!("no source is called {name}")),
                Text::new(format!("可选：{}", known()), format!("one of {}", known())),
            )),
        };
    }
    let file_name = file.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let matching: Vec<&str> = documents
        .sources
        .iter()
        .filter(|(_, source)| {
            source.files.iter().any(|pattern| glob::Pattern::new(pattern).is_ok_and(|glob| glob.matches(file_name)))
        })
        .map(|(name, _)| name)
        .collect();
    match matching.as_slice() {
        [one] => Ok(one.to_string()),
        [] => Err(Finding::error(
            "no-source-for-file",
            place,
            Text::new("没有数据源的 files 匹配这个文件名", "no source's `files` matches this file's name"),
            Text::new(
                format!("用 --source 指定（{}），或用 gradus import --propose 生成一个数据源", known()),
                format!("name one with --source ({}), or have one written with `gradus import --propose`", known()),
            ),
        )),
        several => Err(Finding::error(
            "several-sources-for-file",
            place,
            Text::new(format!("多个数据源匹配：{}", several.join(", ")), format!("several sources match: {}", several.join(", "))),
            Text::new("用 --source 指定一个", "name one with --source"),
        )),
    }
}

struct OneImport<'a> {
    workspace: &'a Workspace,
    options: &'a ImportOptions,
    progress: &'a dyn Progress,
    file: &'a PathBuf,
    name: &'a str,
    source: &'a Source,
    /// The ledger as it is, for a dry run.
    known: Option<&'a EventsTable>,
}

impl OneImport<'_> {
    async fn run(&self, ledger: Option<&mut Ledger>) -> Result<Imported, WorkspaceError> {
        let began = std::time::Instant::now();
        let started = system_us();
        let place = Place::document(format!("sources/{}.yaml", self.name));
        let read_options: ReadOptions =
            serde_json::from_value(serde_json::Value::Object(self.source.read.clone())).map_err(|error| {
                Finding::error(
                    "read-options",
                    place.key("read"),
                    Text::new(format!("读取选项无效：{error}"), format!("these options are not valid: {error}")),
                    Text::new("例如 read: {encoding: gb18030}", "such as `read: {encoding: gb18030}`"),
                )
            })?;
        let sniffed = sniff(self.file, &read_options, self.options.excel.as_ref())?;
        if sniffed.findings.has_errors() {
            return Err(sniffed.findings.into());
        }
        let plan = SourcePlan::compile(self.name, self.source, &self.workspace.settings, &sniffed.columns, &place)?;
        let mut imported = Imported {
            file: self.file.display().to_string(),
            source: self.name.to_string(),
            import: None,
            dry_run: self.options.dry_run,
            rows: 0,
            blank_rows: 0,
            unreadable: 0,
            tally: Tally::default(),
            reconciliation: Reconciliation::default(),
            quality: QualityReport::default(),
            quarantined: 0,
            link_changes: 0,
            new_identities: 0,
            findings: sniffed.findings.clone(),
            examples: Vec::new(),
            seconds: 0.0,
        };
        imported.findings.extend(plan.warnings().clone());
        let record = match ledger.is_some() {
            false => None,
            true => {
                let n_bytes = std::fs::metadata(self.file).map(|meta| meta.len()).unwrap_or(0);
                let files = [ImportFile {
                    name: self.file.display().to_string(),
                    content_hash: content_hash(self.file)?,
                    n_bytes,
                }];
                Some(self.workspace.store.imports().begin(NewImport { source: self.name, files: &files, started }).await?)
            }
        };
        let number = record.as_ref().map(|record| record.number);
        imported.import = number.map(|number| number.0);

        let total = std::fs::metadata(self.file).map(|meta| meta.len()).ok();
        self.progress.begin(&imported.file, total);
        let rows = read(self.file, &sniffed, &read_options, self.options.excel.as_ref())?;
        let taken = rows.bytes_taken();
        let surrogates = self.workspace.vault.surrogate_key();
        let (mut items, reader) = read_and_clean(rows, plan, surrogates, started, processors());

        let mut arrivals = ledger.as_ref().map(|ledger| {
            let schema = input_schema(ledger.events.event_schema());
            (schema, ledger.events.collect(self.workspace.scratch(), DEFAULT_SORT_BYTES))
        });
        let mut intake = self.workspace.vault.intake(number);
        let mut quarantine = Staging::new(self.workspace, number, &imported.file, started);
        let mut counter = OccurrenceCounter::new();
        let mut profile = Profile::new();
        let mut unreadable: BTreeMap<String, u64> = BTreeMap::new();
        let mut sightings: Vec<LinkSighting> = Vec::new();
        while let Some(item) = items.next().await {
            self.progress.at(taken.load(Ordering::Relaxed));
            let (raw, cleaned) = match item? {
                Read::Batch(raw, cleaned) => (raw, cleaned),
                Read::Finding(finding) => {
                    imported.findings.push(finding);
                    continue;
                }
                Read::Fault(fault) => {
                    imported.example(fault.row, &fault.reason);
                    *unreadable.entry(fault.code.name().to_string()).or_default() += 1;
                    let row = Refused { row: fault.row, code: fault.code.name(), reason: fault.reason, raw: fault.raw };
                    quarantine.add(row).await?;
                    continue;
                }
            };
            let mut clean = cleaned.numbered(&mut counter)?;
            let known = ledger.as_ref().map(|ledger| &ledger.events).or(self.known);
            self.place_retractions(&mut clean, known).await?;
            profile.observe(&raw, &clean, started);
            imported.tally.merge(&clean.tally);
            sightings.extend_from_slice(&clean.links);
            for refused in &clean.refused {
                imported.example(refused.row, &refused.reason);
                let row = Refused {
                    row: refused.row,
                    code: refused.code.name(),
                    reason: refused.reason.clone(),
                    raw: refused.raw.clone().into(),
                };
                quarantine.add(row).await?;
            }
            if let Some((schema, runs)) = &mut arrivals {
                let identities: Vec<Identity<'_>> = clean
                    .identities
                    .iter()
                    .map(|known| Identity { kind: &known.kind, normalized: &known.normalized, display: &known.display })
                    .collect();
                intake.identities(&identities).await?;
                let texts: Vec<EventText<'_>> = clean
                    .private
                    .iter()
                    .map(|text| EventText {
                        surrogate: text.surrogate,
                        event_id: text.event_id,
                        field: &text.field,
                        text: &text.text,
                    })
                    .collect();
                intake.texts(&texts).await?;
                runs.push(&aligned(&clean.events, schema)?)?;
            }
        }
        let summary: Summary =
            reader.await.map_err(|error| WorkspaceError::Defect(format!("the reading task ended: {error}")))?;
        self.progress.end();
        imported.blank_rows = summary.blank_rows;
        imported.unreadable = summary.faults;
        imported.rows = imported.tally.read.rows + summary.faults;
        imported.quarantined = quarantine.finish().await?;
        imported.reconciliation = Reconciliation::new(&imported.tally, &unreadable, None);
        let last = match &record {
            Some(record) => self.workspace.store.imports().previous(self.name, record.number).await?,
            None => None,
        };
        let last: Option<QualityReport> =
            last.and_then(|last| last.quality).and_then(|quality| serde_json::from_value(quality).ok());
        imported.quality = profile.report(self.name, started, &imported.tally, last.as_ref());
        imported.findings.extend(imported.quality.findings(&place));
        imported.findings.extend(self.foreign_money(&imported.tally, &place));
        if let (Some(record), Some(Ledger { lease, events }), Some((_, runs))) = (record, ledger, arrivals) {
            imported.new_identities = intake.finish().await?.n_new;
            keep_evidence(self.workspace, lease, &record.id, &sightings).await?;
            let imports = self.workspace.store.imports();
            imports.vaulted(record.number).await?;
            let options = AppendOptions {
                app_id: app_id(&record.id),
                app_version: 1,
                dedupe: true,
                at: started,
                note: Default::default(),
            };
            let appended: Appended = events.append_sorted(lease, runs.finish()?, options).await?;
            let landed = Landed {
                added: appended.added,
                already_there: appended.already_there,
                copies: appended.duplicate_in_batch,
            };
            imported.reconciliation = Reconciliation::new(&imported.tally, &unreadable, Some(landed));
            imports.committed(record.number).await?;
            let (link_changes, conflicts) = settle_links(self.workspace, lease, &record.id).await?;
            imported.link_changes = link_changes;
            imported.findings.extend(conflicts);
            imported.seconds = began.elapsed().as_secs_f64();
            let counts = value(&imported.tally)?;
            let (quality, reconciliation) = (value(&imported.quality)?, value(&imported.reconciliation)?);
            imports.report(record.number, Some(&counts), Some(&quality), Some(&reconciliation)).await?;
            imports.finish(record.number, system_us()).await?;
        }
        imported.seconds = began.elapsed().as_secs_f64();
        Ok(imported)
    }

    /// Money in other currencies is kept as it is; an indicator that sums it must say which.
    fn foreign_money(&self, tally: &Tally, place: &Place) -> Option<Finding> {
        let own = &self.workspace.settings.currency;
        let other: Vec<&str> =
            tally.read.money.0.keys().map(String::as_str).filter(|currency| currency != own).collect();
        (!other.is_empty()).then(|| {
            let other = other.join(", ");
            Finding::warning(
                "foreign-currency",
                place.key("mapping").key("currency"),
                Text::new(
                    format!("有以 {other} 计的金额；它们原样入账，不会自动换算成 {own}"),
                    format!("there is money in {other}; it is kept as it is and not converted to {own}"),
                ),
                Text::new(
                    format!("在指标的 where 里写明币种，例如 currency = '{own}'"),
                    format!("name the currency in the `where` of indicators, such as currency = '{own}'"),
                ),
            )
        })
    }

    /// Retractions by name take identity and time of the event they name.
    async fn place_retractions(
        &self,
        clean: &mut CleanBatch,
        known: Option<&EventsTable>,
    ) -> Result<(), WorkspaceError> {
        if clean.lookups.is_empty() {
            return Ok(());
        }
        let mut ids: Vec<i64> = clean.lookups.iter().map(|lookup| lookup.identity).collect();
        ids.sort_unstable();
        ids.dedup();
        let columns = [column::IDENTITY, column::TIME, column::EVENT_ID];
        let batches = match known {
            Some(events) => events.snapshot().await?.read_identities(&ids, &columns, ScanBound::default()).await?,
            None => Vec::new(),
        };
        let mut found: std::collections::HashMap<[u8; 16], (i64, i64)> = std::collections::HashMap::new();
        for batch in batches.iter().chain(std::iter::once(&clean.events)) {
            index_events(batch, &mut found);
        }
        clean.place_retractions(|lookup: &RetractionLookup| found.get(&lookup.event_id).copied())?;
        Ok(())
    }
}

/// Notes identity and time of every event that is no retraction.
fn index_events(batch: &RecordBatch, found: &mut std::collections::HashMap<[u8; 16], (i64, i64)>) {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
    let (Some(ids), Some(times), Some(events)) = (
        batch.column_by_name(column::IDENTITY).and_then(|c| c.as_primitive_opt::<Int64Type>()),
        batch.column_by_name(column::TIME).and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>()),
        batch.column_by_name(column::EVENT_ID).and_then(|c| c.as_binary_opt::<i32>()),
    ) else {
        return;
    };
    let retractions = batch.column_by_name(column::RETRACTION).and_then(|c| c.as_boolean_opt());
    for row in 0..batch.num_rows() {
        if retractions.is_some_and(|marks| marks.is_valid(row) && marks.value(row)) {
            continue;
        }
        if let Ok(id) = <[u8; 16]>::try_from(events.value(row)) {
            found.insert(id, (ids.value(row), times.value(row)));
        }
    }
}

impl Imported {
    fn example(&mut self, row: u64, reason: &Text) {
        if self.examples.len() < 10 {
            self.examples.push((row, reason.clone()));
        }
    }
}

struct Refused {
    row: u64,
    code: &'static str,
    reason: Text,
    raw: Vec<u8>,
}

/// Rows on their way to quarantine, staged some at a time.
struct Staging<'a> {
    workspace: &'a Workspace,
    import: Option<ImportNumber>,
    file: String,
    created: i64,
    rows: Vec<Refused>,
    n_rows: u64,
}

impl<'a> Staging<'a> {
    fn new(workspace: &'a Workspace, import: Option<ImportNumber>, file: &str, created: i64) -> Staging<'a> {
        Staging { workspace, import, file: file.to_string(), created, rows: Vec::new(), n_rows: 0 }
    }

    async fn add(&mut self, row: Refused) -> Result<(), WorkspaceError> {
        self.n_rows += 1;
        if self.import.is_some() {
            self.rows.push(row);
            if self.rows.len() >= STAGE_ROWS {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), WorkspaceError> {
        let rows = std::mem::take(&mut self.rows);
        let Some(import) = self.import else { return Ok(()) };
        let staged: Vec<NewQuarantineRow<'_>> = rows
            .iter()
            .map(|refused| NewQuarantineRow {
                file: &self.file,
                row: refused.row,
                code: refused.code,
                message: &refused.reason,
                raw: &refused.raw,
                surrogate: None,
                created: self.created,
                expires: self.created + QUARANTINE_US,
            })
            .collect();
        Ok(self.workspace.vault.quarantine().stage(import, &staged).await?)
    }

    async fn finish(mut self) -> Result<u64, WorkspaceError> {
        self.flush().await?;
        Ok(self.n_rows)
    }
}

/// The columns of the table in its order; fields that this source does not fill are null.
fn aligned(events: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, WorkspaceError> {
    let columns = schema.fields().iter().map(|field| match events.column_by_name(field.name()) {
        Some(column) if column.data_type() == field.data_type() => Ok(column.clone()),
        Some(column) => arrow::compute::cast(column, field.data_type()),
        None => Ok(new_null_array(field.data_type(), events.num_rows())),
    });
    let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}
