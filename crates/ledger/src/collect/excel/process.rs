//! The process that reads a workbook, seen from outside: started, listened to, stopped in time.

use std::io::{BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::child::Request;
use super::frame::{self, Kind};
use crate::error::LedgerError;

/// How to start a process that calls [`super::child_main`], and what it may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcelProgram {
    pub program: PathBuf,
    pub args: Vec<String>,
    /// Address space the process may use, in bytes.
    pub memory_bytes: u64,
    /// How long it may keep us waiting for one file, in seconds.
    pub wait_seconds: u64,
}

impl ExcelProgram {
    /// One gibibyte and five minutes.
    pub fn new(program: impl Into<PathBuf>, args: &[&str]) -> ExcelProgram {
        ExcelProgram {
            program: program.into(),
            args: args.iter().map(|arg| arg.to_string()).collect(),
            memory_bytes: 1 << 30,
            wait_seconds: 300,
        }
    }
}

/// What came of waiting for the next frame.
pub(crate) enum Outcome {
    Frame(Kind, Vec<u8>),
    /// The process ended without a last word; how, if the system says so.
    Stopped(String),
    TooSlow,
}

#[derive(Default)]
struct Watch {
    deadline: Option<Instant>,
    closed: bool,
    killed: bool,
}

struct Shared {
    watch: Mutex<Watch>,
    changed: Condvar,
    child: Mutex<Child>,
}

/// A running process.
pub(crate) struct ReaderProcess {
    shared: Arc<Shared>,
    output: BufReader<ChildStdout>,
    started: bool,
    left: Duration,
    program: PathBuf,
}

impl ReaderProcess {
    pub(crate) fn start(program: &ExcelProgram, request: &Request) -> Result<ReaderProcess, LedgerError> {
        let io = |source| LedgerError::io(program.program.clone(), source);
        // The process gets nothing but its request: no environment, no terminal.
        let mut child = Command::new(&program.program)
            .args(&program.args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(io)?;
        let text = serde_json::to_vec(request).map_err(|error| io(error.into()))?;
        if let Some(mut input) = child.stdin.take() {
            // A process that is already gone is noticed when its output ends.
            let _ = input.write_all(&text);
        }
        let output = child.stdout.take().ok_or_else(|| io(std::io::ErrorKind::BrokenPipe.into()))?;
        let shared =
            Arc::new(Shared { watch: Mutex::default(), changed: Condvar::new(), child: Mutex::new(child) });
        let watching = shared.clone();
        std::thread::Builder::new()
            .name("excel-watch".to_string())
            .spawn(move || watch(&watching))
            .map_err(io)?;
        Ok(ReaderProcess {
            shared,
            output: BufReader::with_capacity(256 << 10, output),
            started: false,
            left: Duration::from_secs(program.wait_seconds),
            program: program.program.clone(),
        })
    }

    /// Waits for the next frame. Only the waiting counts against the limit, not what is done
    /// between two frames.
    pub(crate) fn next(&mut self) -> Result<Outcome, LedgerError> {
        let begun = Instant::now();
        self.set_deadline(Some(begun + self.left));
        let read = self.read();
        self.set_deadline(None);
        self.left = self.left.saturating_sub(begun.elapsed());
        match read.map_err(|source| LedgerError::io(self.program.clone(), source))? {
            Some((kind, payload)) => Ok(Outcome::Frame(kind, payload)),
            None if lock(&self.shared.watch).killed => Ok(Outcome::TooSlow),
            None => Ok(Outcome::Stopped(self.how_it_ended())),
        }
    }

    fn read(&mut self) -> std::io::Result<Option<(Kind, Vec<u8>)>> {
        if !self.started {
            self.started = true;
            if !frame::skip_to_preamble(&mut self.output)? {
                return Ok(None);
            }
        }
        frame::read(&mut self.output)
    }

    fn set_deadline(&self, deadline: Option<Instant>) {
        lock(&self.shared.watch).deadline = deadline;
        self.shared.changed.notify_all();
    }

    /// In the words of an operator: which signal, if it was one.
    fn how_it_ended(&mut self) -> String {
        use std::os::unix::process::ExitStatusExt;
        let mut child = lock(&self.shared.child);
        // Its output may end a little before itself.
        for _ in 0..50 {
            if !matches!(child.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = child.kill();
        match child.wait().ok().and_then(|status| status.signal()) {
            Some(signal) => format!(" (signal {signal})"),
            None => String::new(),
        }
    }
}

impl Drop for ReaderProcess {
    fn drop(&mut self) {
        lock(&self.shared.watch).closed = true;
        self.shared.changed.notify_all();
        let mut child = lock(&self.shared.child);
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Ends the process when it keeps its reader waiting beyond the deadline.
fn watch(shared: &Shared) {
    let mut watch = lock(&shared.watch);
    loop {
        if watch.closed {
            return;
        }
        let now = Instant::now();
        match watch.deadline {
            Some(deadline) if deadline <= now => {
                watch.killed = true;
                drop(watch);
                let _ = lock(&shared.child).kill();
                return;
            }
            deadline => {
                let wait = deadline.map_or(Duration::from_secs(3600), |deadline| deadline - now);
                watch = match shared.changed.wait_timeout(watch, wait) {
                    Ok((watch, _)) => watch,
                    Err(poisoned) => poisoned.into_inner().0,
                };
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
