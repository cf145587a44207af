//! Not a test: `cargo test -p gradus-store --test it -- --ignored --nocapture speed` shows how
//! many identities a second go in. GRADUS_IDENTITIES says how many (default 1,000,000).

use std::io::Write;
use std::time::Instant;

use gradus_store::{Attribute, Identity, StorePlace};

use crate::{begin, vault};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn speed() {
    let n: usize =
        std::env::var("GRADUS_IDENTITIES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let place = place!();
    let vault = vault(&place.store).await;
    let import = begin(&place.store).await.number;
    let batch = 65_536;
    let report = |what: &str, n: usize, since: Instant| {
        let seconds = since.elapsed().as_secs_f64();
        writeln!(std::io::stderr(), "{what}: {n} in {seconds:.2} s, {:.0}/s", n as f64 / seconds).unwrap();
    };
    let names =
        |from: usize| -> Vec<String> { (from..(from + batch).min(n)).map(|n| format!("1{n:010}")).collect() };
    fn identities(names: &[String]) -> Vec<Identity<'_>> {
        names.iter().map(|name| Identity { kind: "phone", normalized: name, display: name }).collect()
    }
    let start = Instant::now();
    let mut intake = vault.intake(Some(import));
    for from in (0..n).step_by(batch) {
        intake.identities(&identities(&names(from))).await.unwrap();
        if from % (16 * batch) == 0 {
            report("so far", from + batch, start);
        }
    }
    intake.finish().await.unwrap();
    report("new", n, start);
    let start = Instant::now();
    let mut intake = vault.intake(Some(import));
    for from in (0..n).step_by(batch) {
        let names = names(from);
        let attributes: Vec<Attribute> = names
            .iter()
            .map(|name| Attribute {
                surrogate: vault.surrogate("phone", name),
                kind: "name",
                normalized: name,
                display: name,
                known: 1,
            })
            .collect();
        intake.attributes(&attributes).await.unwrap();
    }
    intake.finish().await.unwrap();
    report("new attributes", n, start);
    let start = Instant::now();
    let mut intake = vault.intake(Some(import));
    for from in (0..n).step_by(batch) {
        intake.identities(&identities(&names(from))).await.unwrap();
    }
    intake.finish().await.unwrap();
    report("known, kept in mind", n, start);
    place.store.imports().finish(import, 1).await.unwrap();
    let start = Instant::now();
    for from in (0..n).step_by(batch) {
        vault.remember(None, &identities(&names(from))).await.unwrap();
    }
    report("known, from the database", n, start);
    let names = names(0);
    let start = Instant::now();
    let surrogates: Vec<i64> = names.iter().map(|name| vault.surrogate("phone", name)).collect();
    report("surrogates", names.len(), start);
    let start = Instant::now();
    assert_eq!(vault.reveal_many(&surrogates).await.unwrap().len(), names.len());
    report("revealed", names.len(), start);
    if let StorePlace::File(path) = &place.place {
        let bytes = std::fs::metadata(path).unwrap().len();
        writeln!(std::io::stderr(), "{} bytes an identity", bytes / n as u64).unwrap();
    }
}
