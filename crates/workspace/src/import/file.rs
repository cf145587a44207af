//! One file becomes events: read, cleaned, split between ledger, vault and quarantine, and counted.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use gradus_ledger::LedgerError;
use gradus_ledger::clean::{CleanBatch, LinkSighting, OccurrenceCounter, SourcePlan, Tally};
use gradus_ledger::collect::{InputFile, ReadOptions, Summary, content_hash, read, sniff};
use gradus_ledger::quality::{Appended as Landed, Profile, QualityReport, Reconciliation};
use gradus_ledger::table::{
    AppendOptions, Appended, DEFAULT_SORT_BYTES, EventRuns, EventsTable, file_schema, input_schema,
};
use gradus_model::document::Source;
use gradus_model::event_stream::{RATES, column};
use gradus_model::{Finding, Place, Text};
use gradus_store::{EventText, Identity, Import, ImportFile, Intake, NewImport};
use serde::Serialize;

use super::newcomers::Newcomers;
use super::report::Imported;
use super::retractions::Waiting;
use super::staging::{Refused, Settled, Staging, settled_before};
use super::{ImportOptions, Ledger, app_id};
use crate::cleaned::{Read, read_and_clean};
use crate::clock::system_us;
use crate::links::{keep_evidence, settle_links};
use crate::names;
use crate::references::out_of_date;
use crate::stored::processors;
use crate::undo::keep_deliveries;
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// A file, the source it belongs to, and where it is to go.
pub(super) struct OneImport<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) documents: &'a Documents,
    pub(super) options: &'a ImportOptions,
    pub(super) progress: &'a dyn Progress,
    pub(super) file: &'a PathBuf,
    pub(super) name: &'a str,
    pub(super) source: &'a Source,
    /// The ledger as it is, for a dry run.
    pub(super) known: Option<&'a EventsTable>,
}

/// What is on its way to the ledger.
struct Arrivals {
    schema: SchemaRef,
    runs: EventRuns,
    /// False for a dry run, which keeps events only for the retractions that name them.
    counts: bool,
}

impl OneImport<'_> {
    pub(super) async fn run(&self, ledger: Option<&mut Ledger>) -> Result<Imported, WorkspaceError> {
        let began = std::time::Instant::now();
        let started = system_us();
        let place = Place::document(format!("sources/{}.yaml", self.name));
        let read_options = self.read_options(&place)?;
        let excel = self.options.excel.as_ref();
        let input = self.input();
        let sniffed = sniff(&input, &read_options, excel).map_err(|error| self.unreadable(error))?;
        if sniffed.findings.has_errors() {
            return Err(sniffed.findings.into());
        }
        let plan =
            SourcePlan::compile(self.name, self.source, &self.workspace.settings, &sniffed.columns, &place)?;
        let shown = self.options.shown(self.file);
        let mut imported = Imported::new(shown, self.name, self.options.dry_run, sniffed.findings.clone());
        imported.findings.extend(plan.warnings().clone());
        let record = match ledger.is_some() {
            true => Some(self.begin(started).await?),
            false => None,
        };
        let number = record.as_ref().map(|record| record.number);
        imported.import = number.map(|number| number.0);

        let mut arrivals = self.arrivals(ledger.as_deref(), &plan);
        let mut intake = self.workspace.vault.intake(number);
        let settled = match number.is_some() && self.options.replay.is_none() {
            true => Settled::of(self.workspace, self.name).await?,
            false => Settled::default(),
        };
        let mut quarantine = Staging::new(self.workspace, number, &imported.file, started, settled);
        let mut counter = OccurrenceCounter::new();
        let mut profile = Profile::new();
        let mut unreadable: BTreeMap<String, u64> = BTreeMap::new();
        let mut sightings: Vec<LinkSighting> = Vec::new();
        let mut waiting = Waiting::default();
        let mut newcomers = Newcomers::default();
        let mut told: HashSet<Vec<u8>> = HashSet::new();
        let rows = read(&input, &sniffed, &read_options, excel).map_err(|error| self.unreadable(error))?;
        let taken = rows.bytes_taken();
        self.progress.begin(&imported.file, input.n_bytes().ok());
        let surrogates = self.workspace.vault.surrogate_key();
        let (mut items, reader) = read_and_clean(rows, plan, surrogates, started, processors());
        while let Some(item) = items.next().await {
            self.progress.at(taken.load(Ordering::Relaxed));
            let item = item.map_err(|error| match error {
                WorkspaceError::Ledger(error) => self.unreadable(error),
                other => other,
            });
            let (raw, cleaned) = match item? {
                Read::Batch(raw, cleaned) => (raw, cleaned),
                Read::Finding(finding) => {
                    imported.findings.push(finding);
                    continue;
                }
                Read::Fault(fault) => {
                    imported.example(fault.row, &fault.reason);
                    *unreadable.entry(fault.code.name().to_string()).or_default() += 1;
                    let row = Refused {
                        row: fault.row,
                        code: fault.code.name(),
                        column: None,
                        reason: fault.reason,
                        raw: fault.raw,
                    };
                    quarantine.add(row).await?;
                    continue;
                }
            };
            let mut clean = cleaned.numbered(&mut counter)?;
            profile.observe(&raw, &clean, started);
            imported.tally.merge(&clean.tally);
            sightings.extend_from_slice(&clean.links);
            waiting.take(&mut clean)?;
            if self.source.reference.is_some() {
                told.extend(facts_of(&clean));
            }
            if record.is_none() {
                newcomers.observe(&clean);
            }
            take_in(&clean, &mut imported, &mut quarantine, &mut intake, arrivals.as_mut()).await?;
        }
        let summary: Summary = reader
            .await
            .map_err(|error| WorkspaceError::Defect(format!("the reading task ended: {error}")))?;
        self.progress.end();
        let known = ledger.as_deref().map(|ledger| &ledger.events).or(self.known);
        let arrived = arrivals.as_ref().map(|arrivals| &arrivals.runs);
        let placed = waiting.place(&mut imported.tally, arrived, known).await?;
        for clean in placed {
            take_in(&clean, &mut imported, &mut quarantine, &mut intake, arrivals.as_mut()).await?;
        }
        imported.blank_rows = summary.blank_rows;
        imported.unreadable = summary.faults;
        imported.rows = imported.tally.read.rows + summary.faults;
        let (n_refused, n_settled) = quarantine.finish().await?;
        imported.quarantined = n_refused;
        imported.findings.extend(settled_before(n_settled, &place));
        imported.reconciliation = Reconciliation::new(&imported.tally, &unreadable, None);
        let last = self.last_quality(record.as_ref()).await?;
        imported.quality = profile.report(self.name, started, &imported.tally, last.as_ref());
        imported.findings.extend(imported.quality.findings(&place));
        imported.findings.extend(self.foreign_money(&imported.tally, &place));
        if record.is_none() {
            imported.customers = Some(newcomers.count(&self.workspace.vault, &sightings).await?);
        }
        if let (Some(record), Some(ledger), Some(arrivals)) = (record, ledger, arrivals) {
            imported.new_identities = intake.finish().await?.n_new;
            keep_evidence(self.workspace, &ledger.lease, &record.id, &sightings).await?;
            self.commit(&record, ledger, arrivals, &mut imported, &unreadable).await?;
            imported.findings.extend(self.out_of_date(ledger, &told, &place).await?);
        }
        imported.seconds = began.elapsed().as_secs_f64();
        Ok(imported)
    }

    /// Makes the import count. Its report is complete before it does, so that it is there however
    /// the process ends.
    async fn commit(
        &self,
        record: &Import,
        Ledger { lease, events }: &mut Ledger,
        arrivals: Arrivals,
        imported: &mut Imported,
        unreadable: &BTreeMap<String, u64>,
    ) -> Result<(), WorkspaceError> {
        let imports = self.workspace.store.imports();
        if let Some(replay) = &self.options.replay {
            imports.replays(record.number, &replay.rows).await?;
        }
        imports.vaulted(record.number).await?;
        let options = AppendOptions {
            app_id: app_id(&record.id),
            app_version: 1,
            dedupe: true,
            at: record.started,
            note: Default::default(),
        };
        let counts = value(&imported.tally)?;
        // What a replay looks like is nothing that a delivery is compared with.
        let quality = self.options.replay.is_none().then(|| value(&imported.quality)).transpose()?;
        let tally = &imported.tally;
        let reconciled = |appended: &Appended| {
            let landed = Landed {
                added: appended.added,
                already_there: appended.already_there,
                copies: appended.duplicate_in_batch,
            };
            Reconciliation::new(tally, unreadable, Some(landed))
        };
        let mut attempt = 0;
        let before_commit = async |appended: &Appended| {
            attempt += 1;
            keep_deliveries(self.workspace, lease, &record.id, attempt, appended).await?;
            let reconciliation = value(&reconciled(appended))?;
            imports.report(record.number, Some(&counts), quality.as_ref(), Some(&reconciliation)).await?;
            Ok::<(), WorkspaceError>(())
        };
        let appended = events.append_told(lease, arrivals.runs.finish()?, options, before_commit).await?;
        imported.reconciliation = reconciled(&appended);
        imports.committed(record.number).await?;
        let (link_changes, conflicts) = settle_links(self.workspace, lease, &record.id).await?;
        imported.link_changes = link_changes;
        imported.findings.extend(conflicts);
        imports.finish(record.number, system_us()).await?;
        Ok(())
    }

    /// The file, with its key if it is sealed.
    fn input(&self) -> InputFile {
        InputFile::new(self.file, self.options.keys.get(self.file).cloned())
    }

    fn read_options(&self, place: &Place) -> Result<ReadOptions, WorkspaceError> {
        if let Some(replay) = &self.options.replay {
            return Ok(ReadOptions { under: Some(replay.under.clone()), ..ReadOptions::default() });
        }
        let written = serde_json::Value::Object(self.source.read.clone());
        serde_json::from_value(written).map_err(|error| {
            Finding::error(
                "read-options",
                place.key("read"),
                Text::new(format!("读取选项无效：{error}"), format!("these options are not valid: {error}")),
                Text::new("例如 read: {encoding: gb18030}", "such as `read: {encoding: gb18030}`"),
            )
            .into()
        })
    }

    async fn begin(&self, started: i64) -> Result<Import, WorkspaceError> {
        let input = self.input();
        let n_bytes = input.n_bytes().unwrap_or(0);
        let content_hash = match self.options.content_hashes.get(input.path()) {
            Some(known) => known.clone(),
            None => content_hash(&input).map_err(|error| self.unreadable(error))?,
        };
        let files = [ImportFile { name: self.options.shown(self.file), content_hash, n_bytes }];
        let new = NewImport { source: self.name, files: &files, started };
        Ok(self.workspace.store.imports().begin(new).await?)
    }

    /// A dry run keeps its events, too, if rows of the file may name them.
    fn arrivals(&self, ledger: Option<&Ledger>, plan: &SourcePlan) -> Option<Arrivals> {
        if let Some(Ledger { events, .. }) = ledger {
            let runs = events.collect(self.workspace.scratch(), DEFAULT_SORT_BYTES);
            return Some(Arrivals { schema: input_schema(events.event_schema()), runs, counts: true });
        }
        if !plan.retracts_by_name() {
            return None;
        }
        let schema = self.documents.event_schema(&self.workspace.settings);
        let runs =
            EventRuns::new(file_schema(&schema), schema.n_buckets, DEFAULT_SORT_BYTES, std::env::temp_dir());
        Some(Arrivals { schema: input_schema(&schema), runs, counts: false })
    }

    async fn last_quality(&self, record: Option<&Import>) -> Result<Option<QualityReport>, WorkspaceError> {
        // A few mended rows look like no delivery of the source.
        let Some(record) = record.filter(|_| self.options.replay.is_none()) else { return Ok(None) };
        let last = self.workspace.store.imports().previous(self.name, record.number).await?;
        Ok(last.and_then(|last| last.quality).and_then(|quality| serde_json::from_value(quality).ok()))
    }

    /// Facts that were told again and do not stand, since something else has been told of the same.
    async fn out_of_date(
        &self,
        ledger: &Ledger,
        told: &HashSet<Vec<u8>>,
        place: &Place,
    ) -> Result<Option<Finding>, WorkspaceError> {
        let Some(reference) = self.source.reference.as_deref() else { return Ok(None) };
        let n = out_of_date(&ledger.events.snapshot().await?, reference, told).await?;
        Ok((n > 0).then(|| {
            Finding::warning(
                "fact-out-of-date",
                place.clone(),
                Text::new(
                    format!("{n} 行所说的内容账本里已有，而之后又有了别的说法或已被撤销：以后来的为准，这些行不改变什么"),
                    format!(
                        "{n} rows say what the ledger holds already, and something else was told since, or they were \
                         taken back: what came later stands, and these rows change nothing"
                    ),
                ),
                Text::new(
                    "要回到原来的值，请给这一行写明生效日期（mapping.time）",
                    "to return to an earlier value, give the row the date from which on it holds (mapping.time)",
                ),
            )
        }))
    }

    /// Money in other currencies is kept as it is, and converted where it is read, at the rate of its day;
    /// without any rates it would count nowhere.
    fn foreign_money(&self, tally: &Tally, place: &Place) -> Option<Finding> {
        if self.documents.sources.iter().any(|(_, source)| source.reference.as_deref() == Some(RATES)) {
            return None;
        }
        let own = &self.workspace.settings.currency;
        let other: Vec<&str> =
            tally.read.money.0.keys().map(String::as_str).filter(|currency| currency != own).collect();
        (!other.is_empty()).then(|| {
            let other = other.join(", ");
            Finding::warning(
                "foreign-currency",
                place.key("mapping").key("currency"),
                Text::new(
                    format!("有以 {other} 计的金额，而没有汇率把它们换算成 {own}；没有汇率的金额不计入任何指标"),
                    format!("there is money in {other} and no rate to {own}; amounts without a rate count in no indicator"),
                ),
                Text::new(
                    "接入一份汇率：数据源写 reference: rates（见 docs/reference-data.md）",
                    "connect a list of rates: a source with `reference: rates` (see docs/reference-data.md)",
                ),
            )
        })
    }

    /// A file that the system or its own format does not let us read is the operator's to mend; what
    /// else fails is not about the file.
    fn unreadable(&self, error: LedgerError) -> WorkspaceError {
        let (zh, en) = match &error {
            LedgerError::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::PermissionDenied => ("没有读取权限", "there is no permission to read it"),
                std::io::ErrorKind::NotFound => ("文件不见了", "the file is gone"),
                _ => ("系统无法读取这个文件", "the system cannot read it"),
            },
            LedgerError::Parquet(_) | LedgerError::Arrow(_) => ("文件内容已损坏", "its content is damaged"),
            _ => return error.into(),
        };
        Finding::error(
            "file-unreadable",
            Place::document(self.options.shown(self.file)),
            Text::new(zh, en),
            Text::new(
                "检查权限与磁盘，或重新导出文件",
                "look at permissions and disk, or export the file again",
            ),
        )
        .into()
    }
}

/// The ids of the facts of a batch, retractions left out.
fn facts_of(clean: &CleanBatch) -> Vec<Vec<u8>> {
    let ids = clean.events.column_by_name(column::EVENT_ID).and_then(|ids| ids.as_binary_opt::<i32>());
    let flags = clean.events.column_by_name(column::RETRACTION).and_then(|flags| flags.as_boolean_opt());
    let (Some(ids), Some(flags)) = (ids, flags) else { return Vec::new() };
    (0..ids.len()).filter(|row| !flags.value(*row)).map(|row| ids.value(row).to_vec()).collect()
}

/// Sends what a batch holds to quarantine, vault and ledger.
async fn take_in(
    clean: &CleanBatch,
    imported: &mut Imported,
    quarantine: &mut Staging<'_>,
    intake: &mut Intake<'_>,
    arrivals: Option<&mut Arrivals>,
) -> Result<(), WorkspaceError> {
    for refused in &clean.refused {
        imported.example(refused.row, &refused.reason);
        quarantine.add(Refused::from(refused)).await?;
    }
    let Some(Arrivals { schema, runs, counts }) = arrivals else { return Ok(()) };
    if *counts {
        let identities: Vec<Identity<'_>> = clean
            .identities
            .iter()
            .map(|known| Identity {
                kind: &known.kind,
                normalized: &known.normalized,
                display: &known.display,
            })
            .collect();
        intake.identities(&identities).await?;
        let given = names::given(clean);
        let attributes: Vec<_> = given.iter().map(names::Given::attribute).collect();
        intake.attributes(&attributes).await?;
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
    }
    runs.push(&aligned(&clean.events, schema)?)?;
    Ok(())
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

fn value(report: &impl Serialize) -> Result<serde_json::Value, WorkspaceError> {
    serde_json::to_value(report).map_err(|error| WorkspaceError::Defect(error.to_string()))
}
