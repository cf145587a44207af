//! Reports over real cleaning; a reconciliation that always balances.

use std::collections::BTreeMap;

use gradus_model::{Lang, Place};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::clean::{CleanContext, OccurrenceCounter, SourcePlan, Tally, tests as cleaning};

const NOW: i64 = 1_700_000_000_000_000;
const COLUMNS: [&str; 4] = ["id", "at", "amount", "state"];

fn import(rows: &[Vec<&str>], last: Option<&QualityReport>) -> (QualityReport, Tally) {
    let document = json!({
        "mapping": {
            "identity": [{"kind": "id", "value": "id"}], "kind": "'order'", "time": "at", "amount": "amount",
            "skip": "state = 'skip'", "retracts": "state = 'void'",
        },
        "cleaning": {"outliers": {"amount": {"max": 1000, "then": "cap"}}},
    });
    let columns: Vec<String> = COLUMNS.iter().map(|name| name.to_string()).collect();
    let workspace = cleaning::workspace("Asia/Shanghai", "CNY");
    let plan =
        SourcePlan::compile("orders", &cleaning::source(document), &workspace, &columns, &Place::default())
            .unwrap();
    let surrogate = |_: &str, text: &str| i64::from(text.as_bytes()[0]);
    let context = CleanContext { imported_at: NOW, surrogates: &surrogate };
    let (mut profile, mut tally, mut counter) = (Profile::new(), Tally::default(), OccurrenceCounter::new());
    for chunk in rows.chunks(7) {
        let raw = cleaning::raw(&COLUMNS, chunk);
        let clean = plan.clean(&raw, &context).numbered(&mut counter).unwrap();
        profile.observe(&raw, &clean, NOW);
        tally.merge(&clean.tally);
    }
    (profile.report("orders", NOW, &tally, last), tally)
}

fn rows() -> Vec<Vec<&'static str>> {
    vec![
        vec!["1", "2023-11-01", "1,000.50", ""],
        vec!["2", "2023-11-02", "20", ""],
        vec!["", "2023-11-03", "-5", ""],
        vec!["1", "2023-02-30", "7", ""],
        vec!["1", "2023-11-03", "x", ""],
        vec!["1", "2023-11-03", "8", "skip"],
        vec!["1", "2024-11-03", "$9", ""],
    ]
}

#[test]
fn every_row_and_amount_is_accounted_for() {
    let (_, tally) = import(&rows(), None);
    let faults = BTreeMap::from([("unclosed-quote".to_string(), 2)]);
    let appended = Appended { added: 3, already_there: 1, copies: 0 };
    let reconciliation = Reconciliation::new(&tally, &faults, Some(appended));
    assert!(reconciliation.balances(), "{reconciliation:?}");
    assert_eq!((reconciliation.rows.read, reconciliation.rows.quarantined), (9, 4));
    let english = reconciliation.render_text(Lang::En);
    for expected in ["read                              9", "= attributed", "1,030.5", "-5", "not-a-number"] {
        assert!(english.contains(expected), "{expected} in\n{english}");
    }
    assert!(reconciliation.render_text(Lang::Zh).contains("账平"));
    let html = reconciliation.to_html(Lang::Zh);
    assert_eq!(html.matches("<table>").count(), html.matches("</table>").count());
    let stored = serde_json::to_string(&reconciliation).unwrap();
    assert_eq!(serde_json::from_str::<Reconciliation>(&stored).unwrap(), reconciliation);
    assert!(!Reconciliation::new(&tally, &faults, Some(Appended::default())).balances());
}

#[test]
fn the_report_tells_what_a_column_holds() {
    let (report, _) = import(&rows(), None);
    let id = &report.columns[0];
    assert_eq!((id.given, id.distinct), (6, Distinct { n: 2, exact: true }));
    let amount = &report.numbers[0];
    assert_eq!(
        (amount.column.as_str(), amount.measure.n, amount.measure.min, amount.measure.max),
        ("amount", 4, -5.0, 1000.0)
    );
    assert_eq!(report.timeliness.in_the_future, 1);
    assert_eq!(report.refused.values().sum::<u64>(), 2);
    let stored = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<QualityReport>(&stored).unwrap(), report);
    for lang in [Lang::Zh, Lang::En] {
        assert!(report.render_text(lang).contains("85.71 %"));
        assert!(report.to_html(lang).contains("<caption>"));
    }
}

#[test]
fn an_export_that_changed_is_told() {
    let (before, _) = import(&rows(), None);
    let changed: Vec<Vec<&str>> = (0..20).map(|_| vec!["", "2023-11-01", "900", ""]).collect();
    let (after, _) = import(&changed, Some(&before));
    let told: Vec<(&str, Option<&str>)> =
        after.changes.iter().map(|change| (change.what.as_str(), change.column.as_deref())).collect();
    for expected in [("rows", None), ("given", Some("id")), ("refused", None), ("median", Some("amount"))] {
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
    assert_eq!(after.findings(&Place::document("orders.csv")).iter().count(), told.len());
    let (same, _) = import(&rows(), Some(&before));
    assert_eq!(same.changes, []);
}

#[test]
fn an_empty_import_balances() {
    let (report, tally) = import(&[], None);
    assert_eq!(report.rows, 0);
    assert!(Reconciliation::new(&tally, &BTreeMap::new(), None).balances());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_reconciliation_always_balances(
        rows in proptest::collection::vec(("[12]?", "2023-11-0[1-9]|x|", "[0-9]{1,15}|-5|\\$3|abc|", "skip|void|"), 0..40),
        faults in 0u64..5,
    ) {
        let cells: Vec<Vec<&str>> =
            rows.iter().map(|(a, b, c, d)| vec![a.as_str(), b.as_str(), c.as_str(), d.as_str()]).collect();
        let (_, tally) = import(&cells, None);
        let faults = BTreeMap::from([("broken-json".to_string(), faults)]);
        let events = tally.attributed.rows + tally.unattributed.rows + tally.retractions.rows;
        let appended = Appended { added: events / 2, already_there: events - events / 2, copies: 0 };
        let reconciliation = Reconciliation::new(&tally, &faults, Some(appended));
        prop_assert!(reconciliation.balances(), "{:?}", reconciliation);
    }
}
