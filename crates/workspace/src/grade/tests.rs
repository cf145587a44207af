//! In whatever parts: the same grades, transitions, findings and counts as in one pass.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;

use arrow::compute::concat_batches;

use super::*;
use crate::summary::{SummaryOptions, summarise};
use crate::transitions::Transition;
use crate::{FileReport, ImportOptions, bases, import};

const SETTINGS: &str = "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*.csv']\nhistory: true\nmapping:\n  identity: [{ kind: id, value: customer }]\n  kind: \"'order_line'\"\n  time: at\n  order: no\n  amount: amount\n";
/// `member` and `best` remember, or stand, from one month's close to the next; `per_odd` divides by nothing where
/// an amount is 7.5.
const MODEL: &str = "gradus: 1
indicators:
  orders: { kind: orders }
  spend: { kind: sum, of: amount }
  lately: { kind: sum, of: amount, window: 30 days }
  per_odd: { kind: sum, of: 'amount / (amount - 7.5)' }
scorecards:
  value:
    attributes:
      orders: { value: orders, bins: [{ below: 3, points: 1 }, { from: 3, points: 5 }] }
      lately: { value: lately, bins: [{ below: 200, points: 1 }, { from: 200, below: 500, points: 8 }, { from: 500, points: 14 }] }
tiers:
  member: { by: value, decide: monthly, start: 2024-01-15, keep: { grace: 1 month }, levels: { bronze: {}, silver: { from: 8 }, gold: { from: 14 } } }
  best: { by: spend, decide: monthly, levels: { low: {}, high: { top_percent: 40 } } }
segments:
  many: { base: everyone, where: orders >= 4 }
";

fn orders() -> String {
    let mut out = String::from("no,at,customer,amount\n");
    for n in 0..900usize {
        let (month, day) = (n * n % 5 + 1, n * 7 % 28 + 1);
        // From April on some amounts cannot be divided by.
        let amount = if n % 97 == 3 && month > 3 { 7.5 } else { (n * 37 % 400) as f64 + 0.25 };
        out.push_str(&format!("{},2024-0{month}-{day:02} 10:00:00,C{},{amount}\n", n / 2, n * 11 % 151));
    }
    out
}

async fn set_up(root: &Path) {
    for folder in ["sources", "model", "ledger"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    std::fs::write(root.join("gradus.yaml"), SETTINGS).unwrap();
    std::fs::write(root.join("sources/orders.yaml"), SOURCE).unwrap();
    std::fs::write(root.join("model/model.yaml"), MODEL).unwrap();
    let file = root.join("orders_1.csv");
    std::fs::write(&file, orders()).unwrap();
    let workspace = Workspace::open(root, None).await.unwrap();
    let options = ImportOptions { files: vec![file.display().to_string()], ..ImportOptions::default() };
    let imported = import(&workspace, &options, &()).await.unwrap();
    let FileReport::Imported(file) = &imported.files[0] else { panic!("{imported:?}") };
    assert_eq!(file.quarantined, 0, "{:?}", file.examples);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Counts the passes.
#[derive(Default)]
struct Passes(Mutex<usize>);

impl Progress for Passes {
    fn begin(&self, what: &str, _: Option<u64>) {
        *self.0.lock().unwrap() += usize::from(what == "fold");
    }
    fn at(&self, _: u64) {}
    fn end(&self) {}
}

/// Everything that a grading says and keeps.
#[derive(Debug, PartialEq)]
struct Told {
    instants: String,
    rest: String,
    summary: String,
    last: RecordBatch,
    stored: Vec<(String, RecordBatch)>,
    transitions: Vec<Transition>,
}

async fn graded(root: &Path, stretch: &str, most_bytes: u64) -> (Told, usize, Grading) {
    let workspace = Workspace::open(root, None).await.unwrap();
    let instants = parse_instants(stretch, Some("month"), &workspace.zone).unwrap();
    let options = GradeOptions {
        instants,
        known_at_us: None,
        store: true,
        reuse: true,
        n_threads: NonZeroUsize::new(2).unwrap(),
    };
    let documents = versions::now_in_force(&workspace).await.unwrap();
    let within = Within { keep: Keep::LastWhole, most_bytes };
    let passes = Passes::default();
    let grading =
        grade_within(&workspace, &documents, &options, Tiers::AsSet, within, &passes).await.unwrap();
    let whole = |batches: &[RecordBatch]| concat_batches(&batches[0].schema(), batches).unwrap();
    let stored = StoredGrades::open(&workspace, &grading.model_hash).await.unwrap();
    let columns = stored.columns();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut rows = Vec::new();
    for date in stored.instants().unwrap() {
        let batches = stored.read(&date, &columns).await.unwrap();
        rows.push((date, whole(&batches)));
    }
    let read = crate::transitions::read(&workspace, Chain::Announced, &grading.model_hash, None, |_| true);
    let mut transitions = read.await.unwrap();
    // Every grading has runs of its own.
    transitions.iter_mut().for_each(|one| one.run.clear());
    let instants = grading.instants.iter().map(|one| {
        format!(
            "{} {:?} {} {} {} {:?}\n",
            one.date, one.fits.fits, one.n_customers, one.n_moved, one.n_corrected, one.faults
        )
    });
    let told = Told {
        instants: instants.collect(),
        rest: format!(
            "{:?} {:?} {:?} {:?} {:?}",
            grading.findings,
            grading.fold_faults,
            grading.decided_fits,
            grading.columns,
            grading.goes_on_from
        ),
        summary: format!("{:?}", summarise(&bases(&grading), &SummaryOptions::default()).unwrap()),
        last: whole(&grading.instants.last().unwrap().batches),
        stored: rows,
        transitions,
    };
    let n_passes = *passes.0.lock().unwrap();
    (told, n_passes, grading)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_parts_as_in_one_pass() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("imported");
    set_up(&first).await;
    let stretch = "2024-01-31..2024-05-20";
    let at = |name: &str| {
        copy(&first, &folder.path().join(name));
        folder.path().join(name)
    };
    let (whole, n_passes, grading) = graded(&at("whole"), stretch, u64::MAX).await;
    assert_eq!((n_passes, grading.instants.len()), (1, 5));
    assert!(grading.instants[1].batches[0].column_by_name("spend").is_some(), "all fits, all stays");
    assert!(grading.fold_faults["per_odd"] > 0, "{:?}", grading.fold_faults);
    assert!(!whole.transitions.is_empty());
    let kept = whole.transitions.iter().filter(|one| one.name == "member").count();
    assert!(kept > 10, "the scheme that remembers moves people: {kept}");
    assert!(whole.stored.iter().all(|(_, rows)| rows.num_rows() > 10));

    // One instant at a time, and two.
    let mut seen = BTreeSet::new();
    for (name, most_bytes) in [("one", 1), ("two", 30_000), ("three", 45_000)] {
        let (parts, n_passes, grading) = graded(&at(name), stretch, most_bytes).await;
        assert!((2..=5).contains(&n_passes), "{n_passes}");
        seen.insert(n_passes);
        assert_eq!(parts.instants, whole.instants, "{name}");
        assert_eq!(parts.rest, whole.rest, "{name}");
        assert_eq!(parts.summary, whole.summary, "{name}");
        assert_eq!(parts.transitions, whole.transitions, "{name}");
        assert!(parts == whole, "{name}: the stored rows differ");
        assert!(grading.instants[1].batches[0].column_by_name("spend").is_none(), "only tiers stay");
        assert!(grading.instants[4].batches[0].column_by_name("spend").is_some());
    }
    assert!(seen.contains(&5) && seen.len() > 1, "{seen:?}");

    // Where an earlier grading went, a later one goes on, in parts as in one pass.
    let root = folder.path().join("whole");
    let (whole, ..) = graded(&root, "2024-02-29..2024-05-28", u64::MAX).await;
    let (parts, n_passes, _) = graded(&folder.path().join("two"), "2024-02-29..2024-05-28", 1).await;
    assert!(n_passes > 1);
    assert!(parts == whole, "{}\n{}", parts.instants, whole.instants);
}
