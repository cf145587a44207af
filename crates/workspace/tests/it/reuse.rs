//! A change of weights reads the stored indicators, and gives what the fold would have given.

use std::num::NonZeroUsize;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use gradus_workspace::{
    FileReport, GradeOptions, Grading, ImportOptions, Workspace, grade, import, parse_instants,
};

const SETTINGS: &str = "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*.csv']\nhistory: true\nmapping:\n  identity: [{ kind: id, value: customer }]\n  kind: \"'order_line'\"\n  time: at\n  order: no\n  amount: amount\nfields:\n  channel: { type: text, value: channel }\n";
/// `average` and `rising` are formulas over hidden parts of the fold; `last_channel` is a text, and
/// unknown for whoever gave none.
const MODEL: &str = "gradus: 1
indicators:
  orders: { kind: orders }
  spend: { kind: sum, of: amount }
  average: { kind: average, of: amount }
  rising: { kind: sum, of: amount, window: 30 days, compare: previous_period }
  last_channel: { kind: last, of: channel }
scorecards:
  value:
    combine: weighted_sum
    attributes:
      orders: { value: orders, weight: 2, bins: [{ below: 3, points: 1 }, { from: 3, points: 5 }] }
      spend: { value: spend, weight: 3, bins: [{ below: 500, points: 1 }, { from: 500, points: 5 }] }
tiers:
  member: { by: value, levels: { bronze: {}, silver: { from: 12 }, gold: { from: 20 } } }
";

fn orders(from: usize, to: usize) -> String {
    let line = |n: usize| {
        let (day, channel) = (n % 28 + 1, ["web", "shop", ""][n % 3]);
        format!(
            "{},2024-0{}-{day:02} 10:00:00,C{},{}.50,{channel}\n",
            n / 2,
            n % 5 + 1,
            n * n % 41,
            n * 37 % 400
        )
    };
    format!("no,at,customer,amount,channel\n{}", (from..to).map(line).collect::<String>())
}

async fn workspace(root: &Path) -> Workspace {
    for folder in ["sources", "model", "ledger"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    std::fs::write(root.join("gradus.yaml"), SETTINGS).unwrap();
    std::fs::write(root.join("sources/orders.yaml"), SOURCE).unwrap();
    std::fs::write(root.join("model/model.yaml"), MODEL).unwrap();
    Workspace::open(root, None).await.unwrap()
}

async fn take_in(workspace: &Workspace, name: &str, text: &str) {
    let file = workspace.root.join(name);
    std::fs::write(&file, text).unwrap();
    let options = ImportOptions { files: vec![file.display().to_string()], ..ImportOptions::default() };
    let imported = import(workspace, &options, &()).await.unwrap();
    assert!(imported.is_whole(), "{imported:?}");
    let FileReport::Imported(file) = &imported.files[0] else { panic!("{imported:?}") };
    assert_eq!(file.quarantined, 0, "{:?}", file.examples);
}

async fn graded(workspace: &Workspace, as_of: &str, store: bool, reuse: bool) -> Grading {
    let instants = parse_instants(as_of, Some("month"), &workspace.zone).unwrap();
    let options = GradeOptions { instants, known_at_us: None, store, reuse, n_threads: NonZeroUsize::MIN };
    grade(workspace, &options, &()).await.unwrap()
}

/// The shown columns of every instant.
fn rows(grading: &Grading) -> Vec<RecordBatch> {
    let names: Vec<&str> = grading.columns.iter().map(|column| column.name.as_str()).collect();
    let shown = |batch: &RecordBatch| {
        let at: Vec<usize> = names.iter().map(|name| batch.schema().index_of(name).unwrap()).collect();
        batch.project(&at).unwrap()
    };
    let whole = |batches: &Vec<RecordBatch>| {
        let batches: Vec<RecordBatch> = batches.iter().map(shown).collect();
        concat_batches(&batches[0].schema(), &batches).unwrap()
    };
    grading.instants.iter().map(|instant| whole(&instant.batches)).collect()
}

fn with(from: &str, to: &str) -> String {
    assert!(MODEL.contains(from), "{from}");
    MODEL.replacen(from, to, 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_fold_would_give_again_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = workspace(folder.path()).await;
    let document = folder.path().join("model/model.yaml");
    take_in(&workspace, "orders_1.csv", &orders(0, 400)).await;
    let months = "2024-03-31..2024-05-31";

    let first = graded(&workspace, months, true, true).await;
    assert_eq!((first.instants.len(), first.n_reused), (3, 0), "nothing is stored yet");
    assert!(first.instants[2].n_customers > 10);

    // Other weights: the same indicators, other tiers, and equal to a fold to the bit.
    std::fs::write(&document, with("weight: 2,", "weight: 0.5,")).unwrap();
    let (again, anew) =
        (graded(&workspace, months, false, true).await, graded(&workspace, months, false, false).await);
    assert_eq!((again.n_reused, anew.n_reused), (3, 0));
    assert_eq!(rows(&again), rows(&anew));
    assert_eq!(again.instants[2].fits, anew.instants[2].fits);
    assert_ne!(rows(&again), rows(&first), "the weights matter");

    // A further instant is folded, the others are read.
    let longer = graded(&workspace, "2024-02-29..2024-05-31", true, true).await;
    assert_eq!((longer.instants.len(), longer.n_reused), (4, 3));
    assert_eq!(rows(&longer)[1..], rows(&anew));

    // A renamed indicator is the same; one with another filter is not.
    let renamed = MODEL
        .replace("orders: { kind: orders }", "n_orders: { kind: orders }")
        .replace("value: orders", "value: n_orders");
    std::fs::write(&document, renamed).unwrap();
    assert_eq!(graded(&workspace, months, false, true).await.n_reused, 3);
    std::fs::write(&document, with("{ kind: orders }", "{ kind: orders, where: amount > 10 }")).unwrap();
    assert_eq!(graded(&workspace, months, false, true).await.n_reused, 0);

    // What was known by an earlier instant is another question, and so are further events.
    std::fs::write(&document, MODEL).unwrap();
    let instants = parse_instants("2024-05-31", None, &workspace.zone).unwrap();
    let known_at_us = Some(instants[0].instant_us - 40 * 86_400_000_000);
    let options =
        GradeOptions { instants, known_at_us, store: false, reuse: true, n_threads: NonZeroUsize::MIN };
    assert_eq!(grade(&workspace, &options, &()).await.unwrap().n_reused, 0);
    assert_eq!(graded(&workspace, months, false, true).await.n_reused, 3);
    take_in(&workspace, "orders_2.csv", &orders(400, 410)).await;
    let after = graded(&workspace, months, false, true).await;
    assert_eq!(after.n_reused, 0);
    assert_ne!(rows(&after), rows(&first));
}
