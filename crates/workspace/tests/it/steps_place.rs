//! The workspace that the steps are tested on, the verbs, and what is to be the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use arrow::util::display::{ArrayFormatter, FormatOptions};
use gradus_ledger::table::{EventsTable, LinksTable, PlainTable};
use gradus_model::Lang;
use gradus_store::{ImportStatus, QuarantineFilter};
use gradus_workspace::access::Principal;
use gradus_workspace::export::{ExportOptions, FileKind, Who};
use gradus_workspace::{
    FileReport, GradeOptions, ImportOptions, LinkOptions, Outside, UndoOptions, Workspace, WorkspaceError,
    backup, export_customers, export_quarantine, grade, import, link, parse_instants, processors,
    replay_quarantine, restore_with, undo_import,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nbuckets: 2\nclock: last_event\n";

const SOURCE: &str = "gradus: 1
files: ['orders*']
history: true
key: [nr]
mapping:
  identity:
    - { kind: id, value: id }
    - { kind: phone, value: phone }
  kind: \"'order_line'\"
  time: day
  amount: amount
  retracts: void
  private: { remark: remark }
fields:
  city: { type: text, value: city }
";

const MODEL: &str = "gradus: 1
indicators:
  spend: { title: Spend, kind: sum, of: amount }
tiers:
  member:
    title: Member
    by: spend
    levels:
      silver: { title: Silver }
      gold: { title: Gold, from: 40 }
";

/// Found in a file of the workspace, one of these is a leak.
const MARKERS: [&str; 4] = ["QX-1007", "13812340007", "call at seven", "13900000001"];

/// The import that is undone: rows of its own, rows that a later one delivered again, links, wrong rows.
const UNDONE: i64 = 7;

const INSTANTS: [&str; 2] = ["2024-03-31", "2024-04-30"];

/// What is ended in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Import,
    Replay,
    Grade,
    Export,
    ExportQuarantine,
    Link,
    Undo,
    Restore,
}

impl Verb {
    pub const ALL: [Verb; 8] = [
        Verb::Import,
        Verb::Replay,
        Verb::Grade,
        Verb::Export,
        Verb::ExportQuarantine,
        Verb::Link,
        Verb::Undo,
        Verb::Restore,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Verb::Import => "import",
            Verb::Replay => "replay",
            Verb::Grade => "grade",
            Verb::Export => "export",
            Verb::ExportQuarantine => "export of quarantine",
            Verb::Link => "link",
            Verb::Undo => "undo",
            Verb::Restore => "restore",
        }
    }

    /// Of how many parts it is made that count one by one.
    pub fn n_parts(self) -> usize {
        if matches!(self, Verb::Import | Verb::Grade) { 2 } else { 1 }
    }

    /// Whether all it leaves is a file.
    pub fn is_file(self) -> bool {
        matches!(self, Verb::Export | Verb::ExportQuarantine)
    }

    /// Fewer would say that the steps pass by somewhere else.
    pub fn least_steps(self) -> usize {
        match self {
            Verb::Import => 40,
            Verb::Replay | Verb::Grade => 15,
            Verb::Link => 10,
            Verb::Undo => 9,
            Verb::Restore => 20,
            Verb::Export | Verb::ExportQuarantine => 2,
        }
    }

    /// Does it.
    pub async fn run(self, workspace: &Workspace, place: &Path) {
        self.run_part(workspace, place, self.n_parts()).await;
    }

    /// Does its first parts.
    pub async fn run_part(self, workspace: &Workspace, place: &Path, n_parts: usize) {
        match self {
            Verb::Import => {
                let files = ["new/orders1.csv", "new/orders2.csv"];
                take(workspace, files.iter().take(n_parts).map(|file| place.join(file))).await;
            }
            Verb::Replay => {
                let mended = place.join("mended.jsonl");
                let file = replay_quarantine(workspace, &mended, "orders", None, &()).await.unwrap();
                assert!(matches!(file, FileReport::Imported(_)), "{file:?}");
            }
            Verb::Grade => {
                let instants = INSTANTS.iter().take(n_parts);
                let options = GradeOptions {
                    instants: instants
                        .flat_map(|date| parse_instants(date, None, &workspace.zone).unwrap())
                        .collect(),
                    known_at_us: None,
                    store: true,
                    reuse: false,
                    n_threads: processors(),
                };
                grade(workspace, &options, &()).await.unwrap();
            }
            Verb::Export => {
                let options = ExportOptions {
                    kind: FileKind::Csv,
                    who: Who::Everyone,
                    columns: Vec::new(),
                    lang: Lang::En,
                    titles: false,
                    guard_formulas: true,
                };
                let to = place.join("out.csv");
                export_customers(workspace, None, &to, &options, true, "test").await.unwrap();
            }
            Verb::ExportQuarantine => {
                export_quarantine(workspace, None, &place.join("out.jsonl"), "test").await.unwrap();
            }
            Verb::Link => {
                let options = LinkOptions {
                    a: "QX-1007".into(),
                    b: "QX-1008".into(),
                    from: Some("2024-02-01".into()),
                    reason: "form 17".into(),
                    actor: "test".into(),
                };
                link(workspace, &options).await.unwrap();
            }
            Verb::Restore => restored(place, Outside::default()).await,
            Verb::Undo => {
                let options = UndoOptions { import: UNDONE, dry_run: false, actor: "test".into() };
                match undo_import(workspace, &options).await {
                    Err(WorkspaceError::Findings(findings))
                        if findings.0[0].code == "import-undone-before" => {}
                    undone => assert!(undone.unwrap().effect.balanced),
                }
            }
        }
    }

    /// Does it once more after it was ended.
    pub async fn again(self, workspace: &Workspace, place: &Path) {
        // A file that somebody may have mended is not written over.
        if self != Verb::ExportQuarantine || !place.join("out.jsonl").exists() {
            self.run(workspace, place).await;
        }
    }
}

/// Makes the workspace on which a verb begins.
pub async fn place(place: &Path, verb: Verb) {
    let root = place.join("workspace");
    for folder in ["workspace/sources", "workspace/model", "old", "new"] {
        std::fs::create_dir_all(place.join(folder)).unwrap();
    }
    std::fs::write(root.join("gradus.yaml"), SETTINGS).unwrap();
    std::fs::write(root.join("sources/orders.yaml"), SOURCE).unwrap();
    std::fs::write(root.join("model/model.yaml"), MODEL).unwrap();
    let workspace = Workspace::open(&root, None).await.unwrap();
    // Eight files a bucket, so that one more is merged with them.
    let n_files = if verb == Verb::Restore { 1 } else { 8 };
    for file in 0..n_files {
        let rows: Vec<usize> = (file * 10..file * 10 + 10).collect();
        let path = place.join(format!("old/orders{file}.csv"));
        std::fs::write(&path, orders(&rows, "")).unwrap();
        take(&workspace, [path].into_iter()).await;
    }
    // Wrong rows, known customers and new ones, rows that are there, links, and retractions: of an
    // old event, of one further down, of one that is nowhere.
    let extra = ",,,,,,N3\n,,,,,,N102\n,,,,,,N999\n";
    std::fs::write(place.join("new/orders1.csv"), orders(&(60..110).collect::<Vec<_>>(), extra)).unwrap();
    std::fs::write(place.join("new/orders2.csv"), orders(&(105..140).collect::<Vec<_>>(), "")).unwrap();
    if verb == Verb::Replay {
        let to = place.join("exported.jsonl");
        export_quarantine(&workspace, None, &to, "test").await.unwrap();
        let mended = std::fs::read_to_string(&to).unwrap().replace("never", "2024-03-09");
        std::fs::write(place.join("mended.jsonl"), mended).unwrap();
    }
    if verb == Verb::Undo {
        // Part of what is undone is delivered once more, by another file.
        let path = place.join("old/orders-again.csv");
        std::fs::write(&path, orders(&(65..80).collect::<Vec<_>>(), "")).unwrap();
        take(&workspace, [path].into_iter()).await;
    }
    if verb == Verb::Export {
        Verb::Grade.run(&workspace, place).await;
    }
    if verb == Verb::Restore {
        backup(&workspace, &Principal::local(), &place.join("backup.tar"), true, &()).await.unwrap();
    }
    workspace.store.clone().close().await;
    if verb == Verb::Restore {
        std::fs::remove_dir_all(&root).unwrap();
    }
}

/// Makes the workspace anew of its backup.
pub async fn restored(place: &Path, outside: Outside) {
    let (root, from) = (place.join("workspace"), place.join("backup.tar"));
    restore_with(&root, &from, None, None, outside, &()).await.unwrap();
}

fn orders(rows: &[usize], extra: &str) -> String {
    let mut text =
        String::from("nr,id,phone,day,amount,city,void\n").replace("city,void", "remark,city,void");
    for row in rows {
        let day = if row % 10 == 7 { "never".to_string() } else { format!("2024-03-{:02}", row % 28 + 1) };
        let phone = if row % 3 == 0 { String::new() } else { format!("138{:08}", 12_340_000 + row % 40) };
        let id = 1000 + row % 45;
        text.push_str(&format!("N{row},QX-{id},{phone},{day},{}.25,call at seven {row},Lyon,\n", row % 50));
    }
    for line in extra.lines() {
        text.push_str(&format!(",{line}\n"));
    }
    text
}

async fn take(workspace: &Workspace, files: impl Iterator<Item = PathBuf>) {
    let files = files.map(|file| file.display().to_string()).collect();
    let report = import(workspace, &ImportOptions { files, ..ImportOptions::default() }, &()).await.unwrap();
    assert!(report.is_whole(), "{report:?}");
}

/// What lasts, as far as it does not depend on when or how often something was done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    pub events: Vec<String>,
    /// Grades, transitions and what the links say.
    derived: Vec<String>,
    /// Quarantined rows, each as often as it is there: file, row, reason, whether it is replayed.
    quarantine: Vec<String>,
    n_identities: u64,
    /// Imports that are done, with their reports; runs that are finished.
    records: Vec<String>,
    /// Files that were exported.
    exported: Vec<String>,
}

impl State {
    /// The same but for what doing it twice leaves: a second record, a second quarantine.
    pub fn same_facts(&self, other: &State) -> bool {
        let once = |rows: &[String]| rows.iter().cloned().collect::<BTreeSet<_>>();
        self.events == other.events
            && self.derived == other.derived
            && self.n_identities == other.n_identities
            && self.exported == other.exported
            && once(&self.quarantine).is_superset(&once(&other.quarantine))
    }

    pub fn difference(&self, other: &State) -> String {
        let mut out = String::new();
        for (name, ours, theirs) in [
            ("events", &self.events, &other.events),
            ("derived", &self.derived, &other.derived),
            ("quarantine", &self.quarantine, &other.quarantine),
            ("records", &self.records, &other.records),
            ("exported", &self.exported, &other.exported),
        ] {
            for line in ours.iter().filter(|line| !theirs.contains(line)).take(3) {
                out.push_str(&format!("\n+ {name}: {line}"));
            }
            for line in theirs.iter().filter(|line| !ours.contains(line)).take(3) {
                out.push_str(&format!("\n- {name}: {line}"));
            }
            if ours.len() != theirs.len() {
                out.push_str(&format!("\n  {name}: {} and {}", ours.len(), theirs.len()));
            }
        }
        if self.n_identities != other.n_identities {
            out.push_str(&format!("\n  identities: {} and {}", self.n_identities, other.n_identities));
        }
        out
    }

    /// No file that nothing names, and nothing in clear.
    pub fn nothing_is_left_over(place: &Path) -> Result<(), String> {
        let root = place.join("workspace");
        let mut files = Vec::new();
        walk(place, &mut files);
        let logs: String = files
            .iter()
            .filter(|file| file.parent().is_some_and(|folder| folder.ends_with("_delta_log")))
            .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
            .map(|file| std::fs::read_to_string(file).unwrap())
            .collect();
        for file in &files {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if name.contains('#') || name.ends_with(".part") {
                return Err(format!("{} was left behind", file.display()));
            }
            let is_data = file.starts_with(root.join("ledger")) && name.ends_with(".parquet");
            if is_data && !name.contains("checkpoint") && !logs.contains(&name) {
                return Err(format!("{} belongs to no version", file.display()));
            }
            let bytes = std::fs::read(file).unwrap();
            let holds = |marker: &str| bytes.windows(marker.len()).any(|part| part == marker.as_bytes());
            if let Some(marker) = MARKERS.iter().find(|marker| file.starts_with(&root) && holds(marker)) {
                return Err(format!("{marker} stands in {}", file.display()));
            }
        }
        match [".gradus/scratch", ".gradus/replay"].iter().find(|folder| root.join(folder).exists()) {
            Some(folder) => Err(format!("{folder} was left behind")),
            None => Ok(()),
        }
    }
}

/// Opens the workspace, which tidies up, and reads what lasts.
pub async fn state(place: &Path) -> State {
    if !place.join("workspace/gradus.yaml").exists() {
        return State::default();
    }
    let workspace = Workspace::open(place.join("workspace"), None).await.unwrap();
    let store = &workspace.store;
    let mut events = Vec::new();
    if workspace.has_table("events") {
        let table = EventsTable::open(&workspace.storage).await.unwrap();
        let snapshot = table.snapshot().await.unwrap();
        for file in snapshot.files() {
            events.extend(rows(&PathBuf::from(format!("/{}", file.location)), &["position", "known"]));
        }
        for undone in snapshot.undone() {
            events.push(format!("undone: {:?}", undone.rows.stretches()));
        }
    }
    events.sort();
    let mut derived = Vec::new();
    if workspace.has_table("links") {
        let table = LinksTable::open_or_create(&workspace.storage, 1).await.unwrap();
        for link in table.as_of(i64::MAX, i64::MAX, None).await.unwrap() {
            derived.push(format!("{} is {} from {}", link.identity, link.customer, link.valid_from));
        }
    }
    for kind in ["grades", "transitions"] {
        let Ok(versions) = std::fs::read_dir(workspace.root.join("ledger").join(kind)) else { continue };
        for version in versions {
            let name = format!("{kind}/{}", version.unwrap().file_name().to_string_lossy());
            if !workspace.has_table(&name) {
                continue;
            }
            let table = PlainTable::open(&workspace.storage, &name, 2).await.unwrap();
            let schema = table.schema().clone();
            let columns: Vec<&str> = schema
                .fields()
                .iter()
                .map(|field| field.name().as_str())
                .filter(|name| *name != "run")
                .collect();
            for batch in table.read(&columns, &Default::default()).await.unwrap() {
                derived.extend(lines(&batch, &[]).into_iter().map(|line| format!("{kind}: {line}")));
            }
        }
    }
    derived.sort();
    let filter = QuarantineFilter { limit: 100_000, ..QuarantineFilter::default() };
    let mut quarantine: Vec<String> = workspace
        .vault
        .quarantine()
        .list(&filter)
        .await
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {} {:?}", name_of(&row.file), row.row, row.code, row.status))
        .collect();
    quarantine.sort();
    let mut records = Vec::new();
    for import in store.imports().list(1000).await.unwrap() {
        assert!(!import.status.is_unfinished(), "{import:?}");
        if import.status == ImportStatus::Undone {
            records.push(format!("{} undone", name_of(&import.files[0].name)));
        }
        if import.status == ImportStatus::Done {
            let report = import.reconciliation.expect("every import that counts has its report");
            // What was mended is no delivery, so its quality is compared with none.
            let is_replay = name_of(&import.files[0].name) == "mended.jsonl";
            assert!(import.counts.is_some() && import.quality.is_some() != is_replay, "{:?}", import.number);
            records.push(format!("{} {report}", name_of(&import.files[0].name)));
        }
    }
    assert!(store.runs().unfinished().await.unwrap().is_empty());
    for run in store.runs().list(None, 1000).await.unwrap() {
        let counts = run.counts.unwrap_or_default();
        let fit = store.fits().get(run.fits[0]).await.unwrap().expect("the fit of a run is there");
        records.push(format!("{} {} {} {}", run.as_of, counts["customers"], counts["moved"], fit.numbers));
    }
    for entry in store.audit().list(0, 10_000).await.unwrap() {
        if entry.action == "import.undo" {
            records.push(format!("audit: {} {}", entry.subject, entry.detail));
        }
    }
    records.sort();
    let exported = ["out.csv", "out.jsonl"]
        .iter()
        .filter_map(|name| std::fs::read_to_string(place.join(name)).ok())
        .map(|text| text.lines().count().to_string())
        .collect();
    let n_identities = workspace.vault.count().await.unwrap();
    workspace.store.clone().close().await;
    State { events, derived, quarantine, n_identities, records, exported }
}

fn name_of(path: &str) -> String {
    Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn rows(path: &Path, without: &[&str]) -> Vec<String> {
    let file = std::fs::File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    reader.flat_map(|batch| lines(&batch.unwrap(), without)).collect()
}

fn lines(batch: &arrow::array::RecordBatch, without: &[&str]) -> Vec<String> {
    let options = FormatOptions::default().with_null("-");
    let schema = batch.schema();
    let columns: Vec<(&String, ArrayFormatter<'_>)> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .filter(|(field, _)| !without.contains(&field.name().as_str()))
        .map(|(field, column)| (field.name(), ArrayFormatter::try_new(column, &options).unwrap()))
        .collect();
    let line = |row: usize| {
        columns.iter().map(|(name, column)| format!("{name}={} ", column.value(row))).collect::<String>()
    };
    (0..batch.num_rows()).map(line).collect()
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, out) } else { out.push(path) }
    }
}
