//! CDNOW: a plain list of purchases, with a source document as an operator would write it, against
//! the published facts and the published per-customer summary.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::ledger_files::{decimals, events, grades, instants, integers};
use crate::support::{ADDED, Place, balanced, number, repository, text, text_of, unpacked};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: America/New_York\ncurrency: USD\nregion: US\nclock: last_event\nbuckets: 4\n";

fn source(customer: &str) -> String {
    format!(
        "gradus: 1\ntitle: Purchases\nfiles: ['cdnow_*.csv.gz']\nhistory: true\nmapping:\n  \
         identity:\n    - {{ kind: id, value: {customer} }}\n  kind: \"'purchase'\"\n  time: date\n  \
         amount: dollar_value\n  quantity: number_of_cds\ncleaning:\n  dates: ['%Y-%m-%d']\n"
    )
}

const MODEL: &str = "gradus: 1
title: CDNOW
indicators:
  days: { title: Days with a purchase, kind: active, step: day, where: kind = 'purchase' }
  first: { title: Days since the first purchase, kind: days_since, pick: first, where: kind = 'purchase' }
  last: { title: Days since the last purchase, kind: days_since, where: kind = 'purchase' }
  spend: { title: Spend, kind: sum, of: amount, where: kind = 'purchase' }
";

/// A file of the set, which is no part of the repository: its licence does not say that it may be.
fn data(name: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os("GRADUS_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => repository().join("../shared/data"),
    };
    let path = folder.join("cdnow").join(name);
    if !path.exists() {
        println!("skipped: {name} is not here; name the folder that holds cdnow/ in GRADUS_DATA");
        return None;
    }
    Some(path)
}

fn place(customer: &str) -> Place {
    Place::with(SETTINGS, &[("sources/cdnow.yaml", &source(customer)), ("model/cdnow.yaml", MODEL)])
}

#[test]
fn the_whole_cohort() {
    let Some(file) = data("cdnow_master.csv.gz") else { return };
    let place = place("customer_id");
    let imported = balanced(&place.import(text_of(&file)));
    assert_eq!(number(&imported, "/rows"), 69_659);
    assert_eq!(number(&imported, ADDED), 69_659, "255 rows repeat an earlier one, and count");
    assert_eq!(number(&imported, "/new_identities"), 23_570);
    assert_eq!(text(&imported, "/tally/attributed/money/USD"), "2500315.63");
    let all = events(&place.root());
    assert_eq!(decimals(&all, "quantity").iter().flatten().sum::<i128>(), 167_881 * 10_000);
    assert_eq!(decimals(&all, "amount").iter().filter(|amount| **amount == Some(0)).count(), 80);
    // Midnight in New York, winter and summer: 1997-01-01T05:00Z and 1998-06-30T04:00Z.
    let time = instants(&all, "time");
    assert_eq!(time.iter().min(), Some(&852_094_800_000_000));
    assert_eq!(time.iter().max(), Some(&899_179_200_000_000));
    place.run(&["grade"]).expect(0);
    let all = grades(&place.root(), "1998-06-30");
    assert_eq!(integers(&all, "customer").len(), 23_570);
    assert_eq!(decimals(&all, "spend").iter().flatten().sum::<i128>(), 25_003_156_300);
}

#[test]
fn repeat_purchases_equal_the_published_summary_customer_by_customer() {
    let (Some(file), Some(summary)) = (data("cdnow_sample.csv.gz"), data("cdnow_customers_summary.csv.gz"))
    else {
        return;
    };
    let place = place("sample_customer_id");
    let imported = balanced(&place.import(text_of(&file)));
    assert_eq!((number(&imported, "/rows"), number(&imported, "/new_identities")), (6_919, 2_357));
    assert_eq!(text(&imported, "/tally/attributed/money/USD"), "244091.94");
    place.run(&["grade", "--as-of", "1997-09-30"]).expect(0);
    let all = grades(&place.root(), "1997-09-30");
    let columns = [integers(&all, "days"), integers(&all, "first"), integers(&all, "last")];
    let graded: BTreeMap<i64, [i64; 3]> = integers(&all, "customer")
        .iter()
        .enumerate()
        .map(|(at, customer)| {
            (customer.unwrap(), [0, 1, 2].map(|column: usize| columns[column][at].unwrap()))
        })
        .collect();
    assert_eq!(graded.len(), 2_357);

    let published = unpacked(&summary);
    let mut reader = csv::Reader::from_reader(published.as_bytes());
    let at =
        |name: &str, headers: &csv::StringRecord| headers.iter().position(|header| header == name).unwrap();
    let headers = reader.headers().unwrap().clone();
    let (id, x, t_x, t) =
        (at("ID", &headers), at("frequency", &headers), at("recency", &headers), at("T", &headers));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2_357);
    let surrogates: Vec<i64> = place.vault(async |vault| {
        let mut found = Vec::new();
        for row in &rows {
            // The ids of the sample are written with four digits: a customer number is a text.
            let written = format!("{:0>4}", &row[id]);
            found.push(vault.find("id", &written).await.unwrap().expect("in the vault"));
        }
        found
    });
    let (mut repeats, mut weeks) = (0, 0.0);
    for (row, surrogate) in rows.iter().zip(surrogates) {
        let [days, first, last] = graded[&surrogate];
        let near =
            |ours: i64, theirs: &str| (ours as f64 / 7.0 - theirs.parse::<f64>().unwrap()).abs() < 0.006;
        assert_eq!((days - 1) as f64, row[x].parse::<f64>().unwrap(), "{row:?}");
        assert!(near(first - last, &row[t_x]), "recency: {} days and {row:?}", first - last);
        assert!(near(first, &row[t]), "T: {first} days and {row:?}");
        repeats += days - 1;
        weeks += (first - last) as f64 / 7.0;
    }
    assert_eq!(repeats, 2_457);
    assert!((weeks - 16_135.52).abs() < 2.5, "{weeks}: the published numbers have two digits each");
}
