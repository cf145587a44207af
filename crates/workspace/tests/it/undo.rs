//! An import that was undone: grades are those of a ledger that never had it, live follows, what was
//! known before stays, and the same file brings it back.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use gradus_workspace::{
    FileReport, GradeOptions, ImportOptions, Imported, Live, RebaseOptions, UndoOptions, UndoneImport,
    Workspace, WorkspaceError, grade, import, parse_instants, rebase, undo_import,
};

const SETTINGS: &str = "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nbuckets: 4\n";
const ORDERS: &str = "gradus: 1
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
fields:
  sku: { type: text, value: sku, reference: product }
";
const PRODUCTS: &str = "gradus: 1
files: ['products*']
reference: product
history: true
mapping: { key: sku }
fields:
  cost: { type: decimal, value: cost }
";
const MODEL: &str = "gradus: 1
indicators:
  spend: { title: Spend, kind: sum, of: amount }
  orders: { title: Orders, kind: count }
  margin: { title: Margin, kind: sum, of: amount - sku.cost }
tiers:
  member:
    title: Member
    by: spend
    levels:
      silver: { title: Silver }
      gold: { title: Gold, from: 40 }
";
const HEAD: &str = "nr,id,phone,day,amount,sku,void\n";
const FIRST: &str = "N1,A,,2024-03-01,10,P1,\nN2,B,13812340007,2024-03-02,20,P1,\nN3,F,,2024-03-02,7,P1,\n";
/// Orders of new and known customers, one of nobody's, a link between B and G, a wrong row, and a
/// retraction of what the first file brought.
const SECOND: &str = "N4,A,,2024-03-03,40,P1,\nN5,C,,2024-03-04,80,P2,\nN6,G,13812340007,2024-03-05,5,P1,\n\
                      N7,D,,2024-03-06,9,P1,\n,,,,,,N3\nN8,E,,never,1,P1,\n";
/// Two of them again, and more of C and H.
const THIRD: &str =
    "N5,C,,2024-03-04,80,P2,\nN7,D,,2024-03-06,9,P1,\nN9,C,,2024-03-07,3,P1,\nN10,H,,2024-03-08,41,P1,\n";
const AS_OF: &str = "2024-03-31";

async fn open(root: &Path) -> Workspace {
    Workspace::open(root, None).await.unwrap()
}

async fn made(root: &Path) -> Workspace {
    for folder in ["sources", "model"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    std::fs::write(root.join("gradus.yaml"), SETTINGS).unwrap();
    std::fs::write(root.join("sources/orders.yaml"), ORDERS).unwrap();
    std::fs::write(root.join("sources/products.yaml"), PRODUCTS).unwrap();
    std::fs::write(root.join("model/model.yaml"), MODEL).unwrap();
    open(root).await
}

async fn take(workspace: &Workspace, name: &str, text: &str) -> Imported {
    let file = workspace.root.join(name);
    std::fs::write(&file, text).unwrap();
    let options = ImportOptions { files: vec![file.display().to_string()], ..ImportOptions::default() };
    let report = import(workspace, &options, &()).await.unwrap();
    assert!(report.is_whole(), "{report:?}");
    match report.files.into_iter().next() {
        Some(FileReport::Imported(one)) => *one,
        other => panic!("{other:?}"),
    }
}

async fn orders(workspace: &Workspace, name: &str, rows: &str) -> Imported {
    take(workspace, name, &format!("{HEAD}{rows}")).await
}

async fn undo(workspace: &Workspace, import: i64, dry_run: bool) -> Result<UndoneImport, WorkspaceError> {
    undo_import(workspace, &UndoOptions { import, dry_run, actor: "test".into() }).await
}

type Grades = BTreeMap<i64, Vec<String>>;

fn rows_of(batches: &[RecordBatch]) -> Grades {
    let mut out = BTreeMap::new();
    for batch in batches {
        let customers = batch.column_by_name("customer").unwrap().as_primitive::<Int64Type>();
        let options = FormatOptions::new().with_null("null");
        let columns: Vec<ArrayFormatter<'_>> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let schema = batch.schema();
            let values = columns.iter().zip(schema.fields());
            let values = values.map(|(column, field)| format!("{}={}", field.name(), column.value(row)));
            out.insert(customers.value(row), values.collect());
        }
    }
    out
}

async fn graded(workspace: &Workspace, known_at_us: Option<i64>, store: bool) -> Grades {
    let options = GradeOptions {
        instants: parse_instants(AS_OF, None, &workspace.zone).unwrap(),
        known_at_us,
        store,
        reuse: true,
        n_threads: NonZeroUsize::MIN,
    };
    let grading = grade(workspace, &options, &()).await.unwrap();
    assert!(grading.fold_faults.is_empty(), "{:?}", grading.fold_faults);
    let shown: Vec<&str> = grading.columns.iter().map(|column| column.name.as_str()).collect();
    let project = |batch: &RecordBatch| {
        let at: Vec<usize> = shown.iter().map(|name| batch.schema().index_of(name).unwrap()).collect();
        batch.project(&at).unwrap()
    };
    rows_of(&grading.instants[0].batches.iter().map(project).collect::<Vec<_>>())
}

/// Later than anything that was told so far.
async fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    since.as_micros() as i64
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

fn code(refused: Result<UndoneImport, WorkspaceError>) -> &'static str {
    match refused {
        Err(WorkspaceError::Findings(findings)) => findings.0[0].code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grades_are_those_of_a_ledger_that_never_had_it() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let workspace = made(one.path()).await;
    take(&workspace, "products1.csv", "sku,cost\nP1,1\n").await;
    orders(&workspace, "orders1.csv", FIRST).await;
    workspace.store.clone().close().await;
    // The control never sees the second files; it has the same keys, so customers have the same numbers.
    copy_folder(one.path(), other.path());
    let (workspace, control) = (open(one.path()).await, open(other.path()).await);
    orders(&control, "orders3.csv", THIRD).await;
    let without = graded(&control, None, false).await;
    assert_eq!(without.len(), 6, "{without:#?}");

    let second = orders(&workspace, "orders2.csv", SECOND).await;
    assert_eq!((second.quarantined, second.link_changes > 0), (1, true));
    let products = take(&workspace, "products2.csv", "sku,cost\nP2,70\n").await;
    let third = orders(&workspace, "orders3.csv", THIRD).await;
    assert_eq!(third.reconciliation.rows.appended.unwrap().already_there, 2);
    let with = graded(&workspace, None, true).await;
    assert_ne!(with, without);
    let as_of = parse_instants(AS_OF, None, &workspace.zone).unwrap()[0];
    let options = RebaseOptions { as_of: Some(as_of), known_at_us: None, n_threads: NonZeroUsize::MIN };
    rebase(&workspace, &options, &()).await.unwrap();
    let mut live = Live::open_newest(&workspace).await.unwrap();
    live.catch_up(&workspace, as_of, now().await).await.unwrap();
    let before = now().await;

    // What it would mean, without doing it.
    let number = second.import.unwrap();
    let dry = undo(&workspace, number, true).await.unwrap();
    assert_eq!(dry.effect.brought.rows(), 5);
    assert_eq!((dry.effect.brought.events, dry.effect.brought.retractions), (4, 1));
    assert_eq!(dry.effect.taken_back.events, 2, "N4 and N6; N5 and N7 came again");
    assert_eq!((dry.effect.stays.rows(), dry.effect.kept_by.clone()), (2, vec![third.import.unwrap()]));
    let money = |sum: &gradus_workspace::Sum| sum.money.0.iter().map(|(c, m)| format!("{m} {c}")).collect();
    let (gone, stays): (Vec<String>, Vec<String>) = (money(&dry.effect.taken_back), money(&dry.effect.stays));
    assert_eq!((gone, stays), (vec!["45 CNY".to_string()], vec!["89 CNY".to_string()]));
    assert_eq!(
        (dry.effect.first.as_deref(), dry.effect.last.as_deref()),
        (Some("2024-03-03"), Some("2024-03-05"))
    );
    assert_eq!(
        (dry.effect.quarantine_closed, dry.link_changes, dry.effect.balanced),
        (1, 1, true),
        "{dry:?}"
    );
    assert_eq!(graded(&workspace, None, false).await, with, "a dry run changes nothing");
    for lang in [gradus_model::Lang::Zh, gradus_model::Lang::En] {
        assert!(dry.render(lang).contains("45 CNY"), "{}", dry.render(lang));
    }

    let done = undo(&workspace, number, false).await.unwrap();
    assert_eq!((&done.effect, done.link_changes), (&dry.effect, dry.link_changes));
    assert_eq!(code(undo(&workspace, number, false).await), "import-undone-before");
    assert_eq!(code(undo(&workspace, 99, false).await), "unknown-import");
    undo(&workspace, products.import.unwrap(), false).await.unwrap();
    let after = graded(&workspace, None, false).await;
    assert_eq!(after, without);
    // Live refolds whom it touched, and gives the same.
    let touched = live.catch_up(&workspace, as_of, now().await).await.unwrap();
    let live_rows = rows_of(&touched.batches);
    for (customer, row) in &live_rows {
        assert_eq!(Some(row), after.get(customer), "{:?}", touched.counted);
    }
    let differ: Vec<i64> =
        with.iter().filter(|(id, row)| after.get(id) != Some(row)).map(|(id, _)| *id).collect();
    for customer in &differ {
        let is_told = live_rows.contains_key(customer) || touched.gone.contains(customer);
        assert!(is_told, "{customer} changed and live does not say so: {:?}", touched.counted);
    }
    assert!(differ.len() >= 3, "{differ:?}");
    // A live grading that begins on the old base finds it, too.
    let mut later = Live::open_newest(&workspace).await.unwrap();
    let again = rows_of(&later.catch_up(&workspace, as_of, now().await).await.unwrap().batches);
    assert!(again.iter().all(|(customer, row)| after.get(customer) == Some(row)), "{again:#?}");

    // As it was known before, it is as it was.
    assert_eq!(graded(&workspace, Some(before), false).await, with);
    // The same files bring it back, once, also for whoever asks what was known before.
    take(&workspace, "products2.csv", "sku,cost\nP2,70\n").await;
    let back = orders(&workspace, "orders2.csv", SECOND).await;
    let appended = back.reconciliation.rows.appended.unwrap();
    assert_eq!((appended.added, appended.already_there), (3, 2));
    assert_eq!(graded(&workspace, None, false).await, with);
    assert_eq!(graded(&workspace, Some(before), false).await, with);
    let audit = workspace.store.audit().list(0, 100).await.unwrap();
    assert_eq!(audit.iter().filter(|entry| entry.action == "import.undo").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_and_the_coverage_follow() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = made(folder.path()).await;
    std::fs::write(folder.path().join("gradus.yaml"), format!("{SETTINGS}clock: last_event\n")).unwrap();
    drop(workspace);
    let workspace = open(folder.path()).await;
    orders(&workspace, "orders1.csv", FIRST).await;
    let last = || async { gradus_workspace::facts(&workspace).await.unwrap().clock.now_us };
    let right = last().await;
    // Somebody wrote 2042.
    let wrong = orders(&workspace, "orders2.csv", "N4,A,,2042-03-03,40,P1,\n").await;
    assert!(last().await > right);
    undo(&workspace, wrong.import.unwrap(), false).await.unwrap();
    assert_eq!(last().await, right);
    // What is undone altogether was never delivered: unknown, not zero.
    undo(&workspace, 1, false).await.unwrap();
    assert!(!gradus_workspace::facts(&workspace).await.unwrap().has_data);
}
