//! Runs every page of `cases/`: from nothing, by merging, by refolding; equal to the bit, and to
//! what the page says. `GRADUS_GENERATE=1` fills in the grades; then read them.

use std::path::{Path, PathBuf};

use arrow::array::{Array, RecordBatch};
use gradus_grading::fold::{AsOf, Visible, date_of};
use gradus_grading::grade::{OutputColumn, OutputKind};
use gradus_model::Lang;
use gradus_workspace::test_cases::{Bench, check_cases};
use gradus_workspace::{Chains, Compiled, CompiledForm, Documents, chain_instants};

use crate::cases_engine::{Engine, assert_same, fold, must_refold, parted, splits};
use crate::cases_events::{Row, order_key};
use crate::cases_page::Page;

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let mut waiting = vec![folder];
    let mut pages = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md")
                && path.file_stem().is_some_and(|stem| stem != "README")
            {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

#[test]
fn every_case_is_graded_as_its_page_says() {
    let pages = pages();
    assert!(pages.len() > 20, "the cases are missing");
    let generate = std::env::var_os("GRADUS_GENERATE").is_some();
    let only = std::env::var("GRADUS_CASE").ok();
    let mut wrong = Vec::new();
    for path in pages {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let page = Page::read(&name, &text);
        let grades = run(&name, &page) + &tested(&name, &page);
        if generate {
            std::fs::write(&path, format!("{}\n{grades}", page.head)).unwrap();
        } else if page.grades != grades {
            wrong.push(format!("{name} expects\n{}\nbut the grades are\n{grades}", page.grades));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nGRADUS_GENERATE=1 writes what is; read it before you believe it",
        wrong.join("\n")
    );
}

/// What `gradus test` says of the test cases of a page's model; nothing of a model without.
fn tested(name: &str, page: &Page) -> String {
    if page.model.tests.is_empty() {
        return String::new();
    }
    let documents = documents(page);
    let compiled = Compiled::new(&documents, &page.events, &page.zone);
    let compiled = compiled.unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
    let found = check_cases(&page.model, &page.events, &compiled);
    assert!(found.0.is_empty(), "{name}: {found:#?}");
    let (_, now) = page.as_ofs[0];
    let bench = Bench {
        documents: &documents,
        compiled: &compiled,
        fold: compiled.fold.clone(),
        events: &page.events,
        zone: &page.zone,
        now,
        fits: &Default::default(),
    };
    let tested = bench.run_all(&[], None).unwrap();
    format!("\n## Test cases\n\n```text\n{}\n```\n", tested.render(Lang::En).trim_end())
}

fn documents(page: &Page) -> Documents {
    Documents {
        sources: Default::default(),
        model: page.model.clone(),
        locations: Default::default(),
        version: None,
        findings: Default::default(),
    }
}

/// The engine that comes of the compiled model as bytes; it must be the one that went in.
fn through_bytes(name: &str, page: &Page, engine: &Engine) -> Engine {
    let documents = documents(page);
    let form = CompiledForm::of(&documents, &page.events, &page.zone);
    let form = form.unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
    let bytes = form.to_bytes().unwrap();
    let (read, compiled) =
        CompiledForm::from_bytes(&bytes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    assert_eq!((&read, read.to_bytes().unwrap()), (&form, bytes), "{name}");
    assert_eq!(compiled.fold.indicators(), engine.plan.indicators(), "{name}");
    assert_eq!(compiled.fold.output_schema(), engine.plan.output_schema(), "{name}");
    let plan = std::sync::Arc::try_unwrap(compiled.fold).expect("nobody else holds it");
    Engine { plan, stage_b: compiled.stage_b, events: read.events }
}

/// Grades a page in every way there is and gives back its tables. Links hold as of an instant, so
/// that with links each instant has events of its own.
fn run(name: &str, page: &Page) -> String {
    if page.links.is_empty() {
        return run_instants(name, page, &page.as_ofs, &page.rows);
    }
    let tables = page
        .as_ofs
        .iter()
        .map(|one| run_instants(name, page, std::slice::from_ref(one), &page.linked_rows(one.1)));
    tables.collect::<Vec<_>>().join("\n")
}

fn run_instants(name: &str, page: &Page, instants: &[(String, AsOf)], rows: &[Row]) -> String {
    let engine =
        match Engine::compile(&page.model, &page.events, &page.zone, &page.references, page.known_at_us) {
            Ok(engine) => engine,
            Err(findings) => panic!("{name}: {findings:#?}"),
        };
    for (indicator, can_merge) in engine.plan.indicators().iter().zip(engine.plan.can_merge()) {
        assert_eq!(can_merge, !must_refold(indicator), "{name}: {indicator:?}");
    }
    let asked: Vec<AsOf> = instants.iter().map(|(_, as_of)| *as_of).collect();
    // Tiers stand as they were decided: those instants are graded too.
    let as_ofs: Vec<AsOf> = chain_instants(&page.model, &asked, &page.zone, None).into_iter().collect();
    let visible = Visible { known_at_us: page.known_at_us, position: None, retractions: true };

    let folded = engine.fold(rows, &as_ofs, visible, usize::MAX);
    let covered =
        |folded: &arrow::array::RecordBatch, as_of: AsOf| engine.covered(folded, rows, as_of, visible);
    let grade = |engine: &Engine, folded: &[arrow::array::RecordBatch]| -> Vec<arrow::array::RecordBatch> {
        let mut chains = Chains::default();
        let mut all = std::collections::BTreeMap::new();
        for (folded, as_of) in folded.iter().zip(&as_ofs) {
            let rows = vec![covered(folded, *as_of)];
            let rows = chains.put(&page.model, *as_of, &page.zone, rows).unwrap().remove(0);
            let graded = engine.grade(&rows, *as_of, &page.learned).0;
            chains.note(&page.model, *as_of, &page.zone, std::slice::from_ref(&graded)).unwrap();
            all.insert(*as_of, graded);
        }
        asked.iter().map(|as_of| all[as_of].clone()).collect()
    };
    let graded = grade(&engine, &folded);
    let same = |other: &[arrow::array::RecordBatch], what: &str| {
        for (as_of, (expected, got)) in as_ofs.iter().zip(folded.iter().zip(other)) {
            assert_same(expected, got, &format!("{name} as of {as_of:?}, {what}"));
        }
    };
    let same_grades = |other: &[arrow::array::RecordBatch], what: &str| {
        for ((label, _), (expected, got)) in instants.iter().zip(graded.iter().zip(other)) {
            assert_same(expected, got, &format!("{name} as of {label}, graded, {what}"));
        }
    };
    // Facts come from sources, which a page does not have.
    if page.references.is_none() {
        let read = through_bytes(name, page, &engine);
        let again = read.fold(rows, &as_ofs, visible, usize::MAX);
        same(&again, "compiled from bytes");
        same_grades(&grade(&read, &again), "compiled from bytes");
    }
    for batch_rows in [1, 2, 3, 5] {
        same(&engine.fold(rows, &as_ofs, visible, batch_rows), &format!("batches of {batch_rows} rows"));
    }
    let mut reversed = rows.to_vec();
    reversed.reverse();
    same(&engine.fold(&reversed, &as_ofs, visible, usize::MAX), "arrived in reverse");

    for (at, split) in splits(rows.len(), 2011).iter().enumerate() {
        let parts = parted(rows, split);
        // Stage B sees the same bits, so a few splits say that it gives the same; those are looked at as of
        // every instant at which a tier was decided, too.
        let is_graded = at % 50 == 1;
        let merged = engine.fold_in_parts(&parts, if is_graded { &as_ofs } else { &asked }, visible);
        if !is_graded {
            for (as_of, got) in asked.iter().zip(&merged) {
                let at = as_ofs.iter().position(|other| other == as_of).unwrap();
                assert_same(&folded[at], got, &format!("{name} as of {as_of:?}, split {split:?}"));
            }
        } else {
            same(&merged, &format!("split {split:?}"));
            same_grades(&grade(&engine, &merged), &format!("split {split:?}"));
        }
    }

    // Parts that share no order: more can be merged of them.
    let odd = |row: &Row| match &row.order {
        Some(order) => order_key(order) & 1 != 0,
        None => row.event_id & 1 != 0,
    };
    let parts = parted(rows, &rows.iter().map(|row| usize::from(odd(row))).collect::<Vec<_>>());
    let can_merge = engine.plan.can_merge_apart();
    same(&engine.fold_in_parts_of(&parts, &as_ofs, visible, &can_merge), "orders whole");
    parts_alone(name, page, &engine, rows, &as_ofs, &folded);

    let columns = engine.stage_b.output_columns();
    let tables = instants.iter().zip(&graded).map(|((label, _), graded)| page.table(label, &columns, graded));
    let mut told = tables.collect::<Vec<_>>().join("\n");
    for (indicator, n) in engine.faults(rows, &as_ofs, visible) {
        told.push_str(&format!("\nCould not be worked out: {indicator} of {n} events.\n"));
    }
    told
}

/// Parts of stage B give what the whole does, over the fold of what they need.
fn parts_alone(
    name: &str,
    page: &Page,
    engine: &Engine,
    rows: &[Row],
    as_ofs: &[AsOf],
    folded: &[RecordBatch],
) {
    use OutputKind::{Grouping, Prediction, RuleSet, Score, Segment};
    let visible = Visible { known_at_us: page.known_at_us, position: None, retractions: true };
    let stage = &engine.stage_b;
    let is_tier = |column: &OutputColumn| page.model.tiers.get(&column.of).is_some();
    let mut parts = vec![stage.needed_for(is_tier)];
    parts.push(stage.needed_for(|column| is_tier(column) || matches!(column.kind, Segment | Grouping)));
    // Each alone.
    for one in stage.output_columns() {
        if matches!(one.kind, Segment | Grouping | Score | RuleSet | Prediction) {
            parts.push(stage.needed_for(|column| column.of == one.of));
        }
    }
    let mut chains = Chains::default();
    let own: Vec<Vec<RecordBatch>> = parts
        .iter()
        .map(|part| {
            let plan = engine.plan.only(part.columns());
            fold(&plan, &page.events, rows, as_ofs, visible, usize::MAX)
        })
        .collect();
    for (at, (folded, as_of)) in folded.iter().zip(as_ofs).enumerate() {
        let put = |folded: &RecordBatch| {
            let rows = vec![engine.covered(folded, rows, *as_of, visible)];
            chains.put(&page.model, *as_of, &page.zone, rows).unwrap().remove(0)
        };
        let (graded, fits) = engine.grade(&put(folded), *as_of, &page.learned);
        for (part, own) in parts.iter().zip(&own) {
            let date = date_of(as_of.day).unwrap();
            let alone = stage.apply_needed(part, &put(&own[at]), &fits, date);
            for (field, column) in alone.schema().fields().iter().zip(alone.columns()) {
                let whole = graded.column_by_name(field.name()).unwrap();
                assert_eq!(whole.to_data(), column.to_data(), "{name} as of {as_of:?}: {}", field.name());
            }
        }
        chains.note(&page.model, *as_of, &page.zone, std::slice::from_ref(&graded)).unwrap();
    }
}
