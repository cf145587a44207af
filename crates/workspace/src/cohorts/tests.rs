//! Every event looked at once gives what everybody as of the close of every step gives; and what was kept is what
//! was counted.

use std::num::NonZeroUsize;
use std::path::Path;

use super::count::{Way, counted, way};
use super::grid::EARLIER;
use super::kept::Kept;
use super::*;
use crate::{FileReport, GradeOptions, ImportOptions, LinkOptions, grade, import, link};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: America/New_York\ncurrency: USD\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*.csv']\nhistory: true\nmapping:\n  identity: [{ kind: id, value: customer }]\n  kind: kind\n  time: at\n  order: no\n  amount: amount\n";
/// What is bought and what it brings are counted of different events, so that money may come before the first
/// purchase, and in months without any.
const MODEL: &str = "gradus: 1
indicators:
  orders: { kind: orders, where: kind = 'order_line' and amount > 20 }
  net: { kind: sum, of: amount, where: kind <> 'visit' }
groupings:
  rfm: { kind: rfm11, base: everyone, recency: since, frequency: orders, monetary: net }
";

/// Eight years of orders of several lines, refunds and visits, around midnights and month ends, too.
fn events() -> String {
    let mut out = String::from("no,at,customer,kind,amount\n");
    for n in 0..2_400usize {
        let customer = n * n % 211;
        // A third began before the sixty months that are told apart.
        let year = if customer % 3 == 0 { 2017 + n * 7 % 8 } else { 2020 + n * 7 % 5 };
        let month = n * 5 % 12 + 1;
        let (day, time) = match n % 4 {
            0 => (28, "23:59:59"),
            1 => (1, "00:00:00"),
            2 => (n % 28 + 1, "04:30:00"),
            _ => (n % 28 + 1, "12:00:00"),
        };
        let (kind, amount) = match n % 9 {
            0 => ("refund", -(((n * 13) % 90) as f64) - 0.5),
            1 | 2 => ("visit", 0.0),
            _ => ("order_line", (n * 29 % 100) as f64 + 0.25),
        };
        out.push_str(&format!("{},{year}-{month:02}-{day:02} {time},C{customer},{kind},{amount}\n", n / 3));
    }
    out
}

async fn workspace(root: &Path, model: &str) -> Workspace {
    for folder in ["sources", "model", "ledger"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    std::fs::write(root.join("gradus.yaml"), SETTINGS).unwrap();
    std::fs::write(root.join("sources/orders.yaml"), SOURCE).unwrap();
    std::fs::write(root.join("model/model.yaml"), model).unwrap();
    let file = root.join("orders_1.csv");
    std::fs::write(&file, events()).unwrap();
    let workspace = Workspace::open(root, None).await.unwrap();
    let options = ImportOptions { files: vec![file.display().to_string()], ..ImportOptions::default() };
    let imported = import(&workspace, &options, &()).await.unwrap();
    let FileReport::Imported(file) = &imported.files[0] else { panic!("{imported:?}") };
    assert_eq!(file.quarantined, 0, "{:?}", file.examples);
    workspace
}

async fn graded(workspace: &Workspace) -> Base {
    let options = GradeOptions {
        instants: Vec::new(),
        known_at_us: None,
        store: true,
        reuse: true,
        n_threads: NonZeroUsize::MIN,
    };
    grade(workspace, &options, &()).await.unwrap();
    Base::as_of(workspace, None).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_once_counts_as_everybody_at_every_close() {
    let folder = tempfile::tempdir().unwrap();
    let model = MODEL.replace("  net:", "  since: { kind: days_since }\n  net:");
    let workspace = workspace(folder.path(), &model).await;
    for (a, b, from) in [("C1", "C4", None), ("C9", "C16", Some("2022-06-01")), ("C4", "C25", None)] {
        let options = LinkOptions {
            a: a.into(),
            b: b.into(),
            from: from.map(String::from),
            reason: "test".into(),
            actor: "test".into(),
        };
        link(&workspace, &options).await.unwrap();
    }
    let base = graded(&workspace).await;
    let purchases = Purchases::of(&base.model).unwrap();
    assert!(purchases.value.is_some());
    assert_eq!(way(&purchases), Way::Stretches);
    let some: Vec<BooleanArray> = base
        .graded
        .batches
        .iter()
        .map(|batch| (0..batch.num_rows()).map(|row| Some(row % 3 != 1)).collect())
        .collect();
    for by in [CohortStep::Month, CohortStep::Quarter] {
        for seen in [None, Some(std::slice::from_ref(&some))] {
            let of = async |way| counted(&workspace, &base, by, &purchases, seen, way).await.unwrap();
            let (once, closes) = (of(Way::Stretches).await, of(Way::Closes).await);
            assert_eq!(once, closes, "{by:?}");
            assert!(
                once.grid.active.iter().sum::<u64>() > 100 && once.grid.value.iter().any(|sum| *sum != 0)
            );
            let earlier = once.bought.iter().filter(|bits| **bits & EARLIER != 0).count();
            assert_eq!(earlier > 10, by == CohortStep::Month, "sixty months are five years: {earlier}");
        }
        let counted = counted(&workspace, &base, by, &purchases, None, Way::Stretches).await.unwrap();
        let kept = Kept::of(&workspace, &base, by).unwrap();
        assert_eq!(kept.read(base.n_customers()), None);
        let told = CohortBase::of_everybody(&workspace, &base, by).await.unwrap().told;
        assert_eq!(kept.read(base.n_customers()), Some(counted));
        let again = CohortBase::of_everybody(&workspace, &base, by).await.unwrap().told;
        assert_eq!(format!("{told:?}"), format!("{again:?}"));
    }
    // Another grading is counted anew.
    let later = graded(&workspace).await;
    assert_ne!(later.run, base.run);
    assert_eq!(Kept::of(&workspace, &later, CohortStep::Month).unwrap().read(later.n_customers()), None);
}

#[test]
fn what_counts_by_the_date_of_its_order_is_asked_at_every_close() {
    let model: Model = serde_json::from_str(
        r#"{"gradus": 1, "indicators": {"orders": {"kind": "orders"},
            "net": {"kind": "sum", "of": "amount", "refunds_count_by": "order"}}}"#,
    )
    .unwrap();
    assert_eq!(way(&Purchases::of(&model).unwrap()), Way::Closes);
}
