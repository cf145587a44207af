//! A process that ends in the middle leaves what counts or what does not, and the next start knows
//! which. Each verb runs in a process of its own that ends itself right before its n-th step, for
//! every n: before each commit of the store, and before each operation of the disk.
//!
//! Nobody lists the steps. They are what passes through [`Outside`], by which everything goes that
//! lasts, so that a new step is tested without anybody thinking of it. No other way leads there: a
//! program that opens a workspace as usual cannot be told to end itself.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use gradus_ledger::table::{Disk, RealDisk};
use gradus_workspace::{Outside, Workspace};

use crate::steps_place::{State, Verb, place, restored, state};

const VERB: &str = "GRADUS_STEPS_VERB";
const PLACE: &str = "GRADUS_STEPS_PLACE";
const END_AT: &str = "GRADUS_STEPS_END_AT";
/// Beside the workspace: the steps of the last run, one a line.
const STEPS: &str = "steps.txt";

/// Counts steps, and ends the process before one of them.
#[derive(Debug)]
struct Steps {
    n: AtomicUsize,
    end_at: usize,
    names: Mutex<Vec<String>>,
    disk: RealDisk,
}

impl Steps {
    fn step(&self, name: String) {
        let n = self.n.fetch_add(1, Ordering::SeqCst) + 1;
        if n == self.end_at {
            // Nothing is unwound, no destructor runs: like kill -9, at a moment that can be named.
            std::process::abort();
        }
        self.names.lock().unwrap().push(name);
    }

    fn file(&self, what: &str, path: &Path) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.step(format!("{what} {name}"));
    }
}

/// What a process that ends has written is in the system's memory, synced or not: those are no steps
/// of their own. (What a power cut leaves is tested where the ledger's tables are.)
impl Disk for Steps {
    fn create_dir(&self, path: &Path) -> std::io::Result<()> {
        self.file("create folder", path);
        self.disk.create_dir(path)
    }
    fn create(&self, path: &Path) -> std::io::Result<std::fs::File> {
        self.file("create", path);
        self.disk.create(path)
    }
    fn write_at(&self, file: &std::fs::File, path: &Path, bytes: &[u8], offset: u64) -> std::io::Result<()> {
        self.file("write", path);
        // Half of it is there when the process ends at the next step of another thread.
        let half = bytes.len() / 2;
        self.disk.write_at(file, path, &bytes[..half], offset)?;
        self.disk.write_at(file, path, &bytes[half..], offset + half as u64)
    }
    fn sync_file(&self, file: &std::fs::File, path: &Path) -> std::io::Result<()> {
        self.disk.sync_file(file, path)
    }
    fn link(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        self.file("link", to);
        self.disk.link(from, to)
    }
    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        self.file("rename to", to);
        self.disk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> std::io::Result<()> {
        self.file("remove", path);
        self.disk.remove(path)
    }
    fn sync_dir(&self, path: &Path) -> std::io::Result<()> {
        self.disk.sync_dir(path)
    }
}

/// The process that ends itself: this very test, started by the others.
#[test]
#[ignore = "the process that the other tests of this page start"]
fn process() {
    let given = |name: &str| std::env::var(name).unwrap_or_default();
    let Some(verb) = Verb::ALL.into_iter().find(|verb| verb.name() == given(VERB)) else { return };
    let place = std::path::PathBuf::from(given(PLACE));
    let end_at = given(END_AT).parse().unwrap();
    let steps = Arc::new(Steps { n: AtomicUsize::new(0), end_at, names: Mutex::default(), disk: RealDisk });
    let told = steps.clone();
    let outside = Outside {
        disk: steps.clone(),
        before_commit: Some(Arc::new(move |place: &str| told.step(format!("commit at {place}")))),
    };
    runtime().block_on(async {
        // What it restores is no workspace before.
        if verb == Verb::Restore {
            return restored(&place, outside).await;
        }
        let workspace = Workspace::open_with(place.join("workspace"), None, outside).await.unwrap();
        verb.run(&workspace, &place).await;
    });
    std::fs::write(place.join(STEPS), steps.names.lock().unwrap().join("\n")).unwrap();
}

/// Runs a verb in a process of its own; true if it came to its end.
fn run(verb: Verb, place: &Path, end_at: usize) -> bool {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "steps::process", "--ignored", "--test-threads=1"])
        .env(VERB, verb.name())
        .env(PLACE, place)
        .env(END_AT, end_at.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// Ends a verb before each of its steps in turn; each time it counts or it does not, and doing it
/// again gives what an undisturbed one gives.
fn ended_at_every_step(verb: Verb) {
    let base = tempfile::tempdir().unwrap();
    runtime().block_on(place(base.path(), verb));
    let copy = || {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(base.path(), copy.path());
        copy
    };
    // What an undisturbed run gives, file by file or instant by instant.
    let undisturbed = copy();
    assert!(run(verb, undisturbed.path(), usize::MAX), "{}: it does not run at all", verb.name());
    let steps: Vec<String> =
        std::fs::read_to_string(undisturbed.path().join(STEPS)).unwrap().lines().map(String::from).collect();
    let after = runtime().block_on(state(undisturbed.path()));
    let before = runtime().block_on(state(copy().path()));
    let mut allowed = vec![before.clone()];
    for part in 1..verb.n_parts() {
        let partly = copy();
        runtime().block_on(async {
            let workspace = Workspace::open(partly.path().join("workspace"), None).await.unwrap();
            verb.run_part(&workspace, partly.path(), part).await;
        });
        allowed.push(runtime().block_on(state(partly.path())));
    }
    allowed.push(after.clone());
    assert!(before != after && steps.len() >= verb.least_steps(), "{}: {steps:#?}", verb.name());

    let next = AtomicUsize::new(1);
    let counted = Mutex::new(vec![0usize; allowed.len()]);
    let check = |end_at: usize| {
        let place = copy();
        let at = steps.get(end_at - 1).cloned().unwrap_or_default();
        let what = format!("{} ended before step {end_at} of {}, {at}", verb.name(), steps.len());
        assert!(!run(verb, place.path(), end_at), "{what}: it came to its end");
        let found = runtime().block_on(state(place.path()));
        let Some(as_far_as) = allowed.iter().position(|allowed| *allowed == found) else {
            let nearest = if found.events == before.events { &before } else { &after };
            panic!("{what}: it is neither done nor undone: {}", found.difference(nearest));
        };
        counted.lock().unwrap()[as_far_as] += 1;
        // Once more, in full.
        runtime().block_on(async {
            if verb == Verb::Restore {
                // What is a workspace is whole, and nothing is restored over it.
                if !place.path().join("workspace/gradus.yaml").exists() {
                    restored(place.path(), Outside::default()).await;
                }
                return;
            }
            let workspace = Workspace::open(place.path().join("workspace"), None).await.unwrap();
            verb.again(&workspace, place.path()).await;
        });
        let found = runtime().block_on(state(place.path()));
        let same = if as_far_as == 0 { found == after } else { found.same_facts(&after) };
        assert!(same, "{what}, then done again: {}", found.difference(&after));
        State::nothing_is_left_over(place.path()).unwrap_or_else(|left| panic!("{what}: {left}"));
    };
    std::thread::scope(|scope| {
        let work = || {
            loop {
                let end_at = next.fetch_add(1, Ordering::SeqCst);
                if end_at > steps.len() {
                    return;
                }
                check(end_at);
            }
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    // Some ended before it counted, some after; what a file's last step makes whole has no after.
    let counted = counted.into_inner().unwrap();
    let n_reached = counted.iter().filter(|n| **n > 0).count();
    assert_eq!(n_reached, if verb.is_file() { 1 } else { counted.len() }, "{}: {counted:?}", verb.name());
    println!("{}: {} steps, ended as far as {counted:?}", verb.name(), steps.len());
}

#[test]
fn an_import_counts_or_does_not() {
    ended_at_every_step(Verb::Import);
}

#[test]
fn a_replay_counts_or_does_not() {
    ended_at_every_step(Verb::Replay);
}

#[test]
fn a_grading_counts_or_does_not() {
    ended_at_every_step(Verb::Grade);
}

#[test]
fn an_export_is_whole_or_not_there() {
    ended_at_every_step(Verb::Export);
}

#[test]
fn an_export_of_quarantine_is_whole_or_not_there() {
    ended_at_every_step(Verb::ExportQuarantine);
}

#[test]
fn an_undone_import_is_undone_or_not() {
    ended_at_every_step(Verb::Undo);
}

#[test]
fn a_restore_is_whole_or_no_workspace() {
    ended_at_every_step(Verb::Restore);
}

#[test]
fn a_link_counts_or_does_not() {
    ended_at_every_step(Verb::Link);
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
