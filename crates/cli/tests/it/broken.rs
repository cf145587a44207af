//! The world fails: what people are told is what, where and what to do, in both languages; what the
//! engine, Delta, the object store or SQLite said is the cause, for who asks for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradus_ledger::table::{Disk, RealDisk};
use gradus_workspace::{GradeOptions, Outside, Workspace, grade, processors, told};

use crate::postgres::filled;
use crate::support::{Place, gradus, runtime};

fn place() -> Place {
    let place = Place::empty();
    gradus(&place.root(), &["init"]).expect(0);
    filled(&place);
    place
}

/// Words that only programs use.
const TECHNICAL: [&str; 14] = [
    "Parquet",
    "parquet error",
    "Arrow",
    "DataFusion",
    "External",
    "Generic",
    "ObjectStore",
    "Object Store",
    "Delta",
    "DeltaTable",
    "os error",
    "sqlx",
    "SQLITE",
    "database disk image",
];

/// Runs a command that fails, in both languages; both have these words and no technical one.
#[track_caller]
fn fails(place: &Place, arguments: &[&str], zh: &[&str], en: &[&str]) {
    for (lang, words) in [("zh", zh), ("en", en)] {
        let mut all = arguments.to_vec();
        all.extend(["--lang", lang]);
        let ran = place.run(&all).expect(2);
        for word in words {
            assert!(ran.err.contains(word), "{word:?} is not in {}", ran.err);
        }
        let own_words = ran.err.replace(".parquet", "").replace("_delta_log", "");
        let said = TECHNICAL.iter().find(|word| own_words.contains(*word));
        assert_eq!(said, None, "{}", ran.err);
        let mut command = crate::support::command(&place.root(), &all);
        let output = command.env("GRADUS_CAUSE", "1").output().unwrap();
        let with_cause = String::from_utf8(output.stderr).unwrap();
        assert!(with_cause.len() > ran.err.len(), "with its cause: {with_cause}");
    }
}

fn files(folder: &Path, ends: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = all.filter(|path| path.display().to_string().ends_with(ends)).collect();
    found.sort();
    found
}

#[test]
fn a_damaged_data_file_is_named() {
    for cut in [false, true] {
        let place = place();
        let events = place.root().join("ledger/events");
        let buckets = std::fs::read_dir(&events).unwrap().map(|entry| entry.unwrap().path());
        let mut data: Vec<PathBuf> = buckets
            .filter(|path| path.is_dir() && !path.ends_with("_delta_log"))
            .flat_map(|bucket| files(&bucket, ".parquet"))
            .collect();
        data.sort();
        let file = data.remove(0);
        let mut bytes = std::fs::read(&file).unwrap();
        if cut {
            bytes.truncate(bytes.len() / 2);
        } else {
            let middle = bytes.len() / 2;
            bytes[4..middle].fill(0x5a);
        }
        std::fs::write(&file, bytes).unwrap();
        let name = file.strip_prefix(place.root()).unwrap().display().to_string();
        fails(
            &place,
            &["grade", "--fold-anew"],
            &[&name, "已损坏", "从备份恢复"],
            &[&name, "damaged", "restore it from a backup"],
        );
    }
}

#[test]
fn a_lost_or_broken_log_is_named_and_nothing_begins_anew_over_it() {
    let place = place();
    let log = place.root().join("ledger/events/_delta_log");
    let kept = place.root().join("kept");
    std::fs::rename(&log, &kept).unwrap();
    let zh = ["ledger/events", "_delta_log", "从备份恢复"];
    let en = ["ledger/events", "_delta_log", "restore the folder from a backup"];
    fails(&place, &["grade"], &zh, &en);
    let orders = place.file("orders-b.csv", "nr,id,phone,day,amount,remark\n7,M-7,,2024-03-01,3,\n");
    fails(&place, &["import", &orders], &zh, &en);
    assert!(!log.exists(), "no new log over the old files");
    std::fs::rename(&kept, &log).unwrap();
    std::fs::write(files(&log, "00.json").remove(0), "{\"neither\": ").unwrap();
    fails(&place, &["grade"], &zh, &en);
}

#[test]
fn another_writer_and_a_locked_store_are_told() {
    let place = place();
    let held = gradus_ledger::table::WriterLease::acquire(place.root().join("ledger")).unwrap();
    let orders = place.file("orders-b.csv", "nr,id,phone,day,amount,remark\n7,M-7,,2024-03-01,3,\n");
    fails(&place, &["grade"], &["另一个进程正在写", "重试"], &["another process is writing", "try again"]);
    drop(held);
    place.run(&["import", &orders]).expect(0);
}

#[test]
fn a_damaged_store_is_told() {
    let place = place();
    let store = place.root().join(".gradus/store.sqlite");
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", store.display()));
    }
    let mut bytes = std::fs::read(&store).unwrap();
    let n = bytes.len();
    bytes[100..n].fill(0x5a);
    std::fs::write(&store, bytes).unwrap();
    fails(&place, &["grade"], &["存储", "备份"], &["store", "backup"]);
}

/// A disk on which nothing more fits, or nothing may be written.
#[derive(Debug)]
struct Refusing(std::io::ErrorKind);

impl Refusing {
    fn no<T>(&self) -> std::io::Result<T> {
        Err(self.0.into())
    }
}

impl Disk for Refusing {
    fn create_dir(&self, path: &Path) -> std::io::Result<()> {
        RealDisk.create_dir(path)
    }
    fn create(&self, path: &Path) -> std::io::Result<std::fs::File> {
        match self.0 {
            std::io::ErrorKind::StorageFull => RealDisk.create(path),
            _ => self.no(),
        }
    }
    fn write_at(&self, _: &std::fs::File, _: &Path, _: &[u8], _: u64) -> std::io::Result<()> {
        self.no()
    }
    fn sync_file(&self, file: &std::fs::File, path: &Path) -> std::io::Result<()> {
        RealDisk.sync_file(file, path)
    }
    fn link(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        RealDisk.link(from, to)
    }
    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        RealDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> std::io::Result<()> {
        RealDisk.remove(path)
    }
    fn sync_dir(&self, path: &Path) -> std::io::Result<()> {
        RealDisk.sync_dir(path)
    }
}

#[test]
fn a_full_disk_and_one_that_may_not_be_written_are_told() {
    use std::io::ErrorKind;
    for (kind, zh, en) in [
        (ErrorKind::StorageFull, "磁盘已满", "the disk is full"),
        (ErrorKind::ReadOnlyFilesystem, "没有权限", "read-only"),
        (ErrorKind::PermissionDenied, "没有权限", "may not be read or written"),
    ] {
        let place = place();
        let text = runtime().block_on(async {
            let outside = Outside { disk: Arc::new(Refusing(kind)), before_commit: None };
            let workspace = Workspace::open_with(place.root(), None, outside).await.unwrap();
            let instants =
                vec![workspace.as_of(gradus_workspace::instant_of("2024-03-01", &workspace.zone).unwrap())];
            let options = GradeOptions {
                instants,
                known_at_us: None,
                store: true,
                reuse: true,
                n_threads: processors(),
            };
            told(&place.root(), &grade(&workspace, &options, &()).await.unwrap_err())
        });
        assert!(text.zh.contains(zh) && text.en.contains(en), "{text:?}");
        assert!(text.en.contains("ledger") && !text.en.contains("os error"), "where: {text:?}");
    }
}
