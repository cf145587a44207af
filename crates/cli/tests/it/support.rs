//! Runs the binary and makes workspaces.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use gradus_store::{MasterKey, QuarantineFilter, QuarantinedRow, Store, Vault};
use serde_json::Value;

/// What a command said.
#[derive(Debug)]
pub struct Ran {
    /// None if a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    /// Highest resident memory seen, children included, in KiB.
    pub peak_kib: u64,
    pub seconds: f64,
}

impl Ran {
    /// Standard output as one JSON value.
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.out) {
            Ok(value) => value,
            Err(error) => panic!("no JSON: {error}\n{self:?}"),
        }
    }

    /// Panics unless the command ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}

/// The command, with nothing of this process's environment that changes what it says.
pub fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.arg("--workspace").arg(root).args(arguments);
    command.env_remove("GRADUS_MASTER_KEY").env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn gradus(root: &Path, arguments: &[&str]) -> Ran {
    let began = Instant::now();
    let mut command = command(root, arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the binary starts");
    let watch = Watch::start(child.id());
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
    Ran {
        code: status.code(),
        out: String::from_utf8(stdout).expect("standard output is UTF-8"),
        err: String::from_utf8(stderr).expect("standard error is UTF-8"),
        peak_kib: watch.stop(),
        seconds: began.elapsed().as_secs_f64(),
    }
}

/// Runs a command that is killed after some time; true if it was alive until then.
pub fn killed_after(root: &Path, arguments: &[&str], time: Duration) -> bool {
    let mut child: Child = command(root, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    std::thread::sleep(time);
    let ended = child.try_wait().expect("its state").is_some();
    // SIGKILL; an error says that it ended in between.
    let _ = child.kill();
    child.wait().expect("it ends");
    !ended
}

/// Looks at the memory of a process and its children until told to stop.
struct Watch {
    stop: std::sync::Arc<std::sync::atomic::AtomicBool>,
    thread: std::thread::JoinHandle<u64>,
}

impl Watch {
    fn start(process: u32) -> Watch {
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let seen = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut peak = 0;
            while !seen.load(std::sync::atomic::Ordering::Relaxed) {
                let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"))
                    .unwrap_or_default();
                let children: u64 =
                    children.split_whitespace().filter_map(|id| id.parse().ok()).map(peak_of).sum();
                peak = peak.max(peak_of(process) + children);
                std::thread::sleep(Duration::from_millis(5));
            }
            peak
        });
        Watch { stop, thread }
    }

    fn stop(self) -> u64 {
        self.stop.store(true, std::sync::atomic::Ordering::Relaxed);
        self.thread.join().unwrap_or(0)
    }
}

/// The highest resident memory of a process so far, in KiB; 0 where the system does not tell.
fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

/// The folder of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// The published order lines.
pub fn retail_file() -> PathBuf {
    repository().join("examples/retail/data/online_retail_2010_2011.csv.gz")
}

/// The text of a gzip file.
pub fn unpacked(path: &Path) -> String {
    let file = std::fs::File::open(path).expect("the file");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(file), &mut text)
        .expect("gzip of UTF-8");
    text
}

/// A workspace that is removed with it.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// An empty folder.
    pub fn empty() -> Place {
        Place { folder: tempfile::tempdir().expect("a folder") }
    }

    /// A workspace with these documents, its keys made.
    pub fn with(settings: &str, documents: &[(&str, &str)]) -> Place {
        let place = Place::empty();
        let root = place.root();
        gradus(&root, &["init"]).expect(0);
        std::fs::write(root.join("gradus.yaml"), settings).expect("settings");
        for (name, text) in documents {
            std::fs::write(root.join(name), text).expect("a document");
        }
        place
    }

    /// A workspace of an example.
    pub fn example(name: &str) -> Place {
        let place = Place::empty();
        let example = repository().join("examples").join(name);
        gradus(&place.root(), &["init", "--example", text_of(&example)]).expect(0);
        place
    }

    /// One person is enough to approve and publish here.
    pub fn alone(&self) {
        self.run(&["user", "demand", "--four-eyes", "off"]).expect(0);
    }

    /// Another workspace with the same documents, keys and contents: equal rows have equal
    /// surrogates in both.
    pub fn copy(&self) -> Place {
        let place = Place::empty();
        copy_folder(&self.root(), &place.root());
        place
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// Writes a file beside the workspace.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        text_of(&path).to_string()
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        gradus(&self.root(), arguments)
    }

    /// Imports one file and gives what became of it.
    #[track_caller]
    pub fn import(&self, file: &str) -> Value {
        let ran = self.run(&["import", file, "--format", "json"]).expect(0);
        balanced(&ran.json()[0])
    }

    /// The vault and quarantine of the workspace.
    pub fn vault<T>(&self, task: impl AsyncFnOnce(&Vault) -> T) -> T {
        let own = self.root().join(".gradus");
        runtime().block_on(async {
            let key = MasterKey::from_file_or_env(own.join("master.key"), None).expect("the key");
            let store = Store::open(own.join("store.sqlite")).await.expect("the store");
            let vault = Vault::open(&store, &key).await.expect("the vault");
            task(&vault).await
        })
    }

    /// Every quarantined row.
    pub fn quarantine(&self) -> Vec<QuarantinedRow> {
        self.vault(async |vault| {
            let mut rows = Vec::new();
            loop {
                let after = rows.last().map_or(0, |row: &QuarantinedRow| row.listed.number);
                let filter = QuarantineFilter { after, limit: 1_000, ..QuarantineFilter::default() };
                let page = vault.quarantine().export(&filter).await.expect("a page");
                if page.is_empty() {
                    return rows;
                }
                rows.extend(page);
            }
        })
    }
}

/// Where an import says what became of its events.
pub const ADDED: &str = "/reconciliation/rows/appended/added";
pub const ALREADY_THERE: &str = "/reconciliation/rows/appended/already_there";

/// Read = attributed + unattributed + reference + retractions + skipped + quarantined, and events = added +
/// already there + twice in the file.
#[track_caller]
pub fn balanced(imported: &Value) -> Value {
    let n = |path: &str| {
        imported.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("{path}: {imported}"))
    };
    let classes = ["attributed", "unattributed", "reference", "retractions"];
    let events = classes.iter().map(|class| n(&format!("/tally/{class}/rows"))).sum::<u64>();
    let refused = n("/tally/refused/rows");
    assert_eq!(n("/quarantined"), refused + n("/unreadable"), "{imported}");
    assert_eq!(n("/rows"), events + n("/tally/skipped/rows") + n("/quarantined"), "{imported}");
    assert_eq!(events, n(ADDED) + n(ALREADY_THERE) + n("/reconciliation/rows/appended/copies"), "{imported}");
    imported.clone()
}

/// The number at a JSON pointer.
#[track_caller]
pub fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} in {value}"))
}

/// The text at a JSON pointer.
#[track_caller]
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}"))
}

pub fn text_of(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// Pseudo-random numbers (SplitMix64): the same in every run.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at as u64 + 1) as usize);
        }
    }
}
