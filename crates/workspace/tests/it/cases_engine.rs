//! The same events graded from nothing, by merging states, and by refolding.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use gradus_grading::fold::spec::{Aggregate, FoldIndicator, FoldWindow};
use gradus_grading::fold::{
    AS_OF, AsOf, CUSTOMER, Faults, FoldPlan, Pair, RunCutter, Runs, StateCodec, States, Visible, Zone,
    date_of, visible_runs, with_uncovered,
};
use gradus_grading::grade::{
    CompileContext, DerivedColumn, Fit, Fits, IndicatorColumn, NullMeaning, StageB, compile,
};
use gradus_grading::lower::lower;
use gradus_ledger::states::RowForm;
use gradus_ledger::table::{Delivered, Seen};
use gradus_model::document::Model;
use gradus_model::event_stream::EventSchema;
use gradus_model::load::load_model;
use gradus_model::{Findings, Place};
use gradus_workspace::Coverage;

use crate::cases_events::{Row, batch_of, sort};
use crate::cases_references::References;

/// A model that is ready to grade.
pub struct Engine {
    pub plan: FoldPlan,
    pub stage_b: StageB,
    pub events: EventSchema,
}

impl Engine {
    pub fn compile(
        model: &Model,
        events: &EventSchema,
        zone: &Zone,
        references: &References,
        known_at_us: Option<i64>,
    ) -> Result<Engine, Findings> {
        let root = Place::default();
        let place_of = |name: &str| root.key("indicators").key(name);
        let scope = references.scope(events);
        let lowered = lower(model, &root)?;
        let plan = FoldPlan::compile(lowered.fold.clone(), &scope, zone.clone(), &place_of)?;
        let fields = plan.output_schema().fields().iter().skip(2);
        let columns: Vec<IndicatorColumn> = fields
            .zip(plan.indicators())
            .map(|(field, indicator)| IndicatorColumn {
                name: field.name().clone(),
                data_type: field.data_type().clone(),
                null_meaning: match indicator.null_is_not_applicable() {
                    true => NullMeaning::NotApplicable,
                    false => NullMeaning::Unknown,
                },
                title: None,
            })
            .collect();
        let derived: Vec<DerivedColumn> = lowered.derived.iter().map(DerivedColumn::from).collect();
        let context = CompileContext {
            lowered: &lowered.fold,
            derived: &derived,
            events: Some(&scope),
            ..CompileContext::default()
        };
        let stage_b = compile(model, &columns, &context)?;
        let all = lowered.fold.iter().chain(stage_b.fold_requests()).cloned().collect();
        let plan = FoldPlan::compile(all, &scope, zone.clone(), &place_of)?;
        let plan = references.told(plan, known_at_us);
        Ok(Engine { plan, stage_b, events: events.clone() })
    }

    /// Stage A alone: a plan without a model.
    pub fn of_plan(plan: FoldPlan, events: EventSchema) -> Engine {
        let model = load_model("empty.yaml", "gradus: 1\n").value.unwrap();
        Engine { plan, stage_b: compile(&model, &[], &CompileContext::default()).unwrap(), events }
    }

    /// Stage A from nothing, the stream cut into batches of so many rows: one batch per instant.
    pub fn fold(
        &self,
        rows: &[Row],
        as_ofs: &[AsOf],
        visible: Visible,
        batch_rows: usize,
    ) -> Vec<RecordBatch> {
        fold(&self.plan, &self.events, rows, as_ofs, visible, batch_rows)
    }

    /// What stage A could not work out, by indicator.
    pub fn faults(&self, rows: &[Row], as_ofs: &[AsOf], visible: Visible) -> Faults {
        let mut faults = Faults::new();
        if let Some(runs) = whole(rows, &self.events, visible) {
            self.plan.fold(&runs, as_ofs, &mut faults).unwrap();
        }
        faults
    }

    /// What the fold gave, with what these rows do not cover marked as unknown.
    pub fn covered(&self, folded: &RecordBatch, rows: &[Row], as_of: AsOf, visible: Visible) -> RecordBatch {
        let mut delivered = Delivered::default();
        delivered.add(&batch_of(rows, &self.events), None).unwrap();
        let coverage = Coverage::new(delivered, &self.events, &self.plan);
        let seen = Seen {
            time: as_of.instant_us,
            known: visible.known_at_us.unwrap_or(i64::MAX),
            position: visible.position.unwrap_or(i64::MAX),
        };
        with_uncovered(folded, &coverage.uncovered(seen)).unwrap()
    }

    /// Stage B.
    /// What was learned before is applied; everything else is estimated.
    pub fn grade(
        &self,
        folded: &RecordBatch,
        as_of: AsOf,
        learned: &BTreeMap<String, Fit>,
    ) -> (RecordBatch, Fits) {
        let date = date_of(as_of.day).unwrap();
        let known = Fits { fits: learned.clone(), ..Fits::default() };
        let (graded, fits) =
            self.stage_b.grade(std::slice::from_ref(folded), Some(known), date, NonZeroUsize::MIN);
        (graded.into_iter().next().unwrap().batch, fits)
    }

    /// Stage A in as many steps as there are parts: the states of each part are merged into those
    /// before; what cannot be merged is read back.
    pub fn fold_in_parts(&self, parts: &[Vec<Row>], as_ofs: &[AsOf], visible: Visible) -> Vec<RecordBatch> {
        self.fold_in_parts_of(parts, as_ofs, visible, &self.plan.can_merge())
    }

    /// The same with whichever indicators can be merged, as the parts are.
    pub fn fold_in_parts_of(
        &self,
        parts: &[Vec<Row>],
        as_ofs: &[AsOf],
        visible: Visible,
        can_merge: &[bool],
    ) -> Vec<RecordBatch> {
        let all: Vec<Row> = parts.iter().flatten().cloned().collect();
        // A retraction may meet its event only in another part: such customers are read again.
        let retracted: BTreeSet<i64> =
            all.iter().filter(|row| row.retraction).map(|row| row.identity).collect();
        let refolded = self.refold(parts, as_ofs, visible);
        as_ofs
            .iter()
            .zip(refolded)
            .map(|(as_of, refolded)| {
                let mut merged: Option<States> = None;
                for part in parts {
                    let rows: Vec<Row> =
                        part.iter().filter(|row| !retracted.contains(&row.identity)).cloned().collect();
                    let Some(runs) = whole(&rows, &self.events, visible) else { continue };
                    let states = self.plan.states(&runs, *as_of, &mut Default::default()).unwrap();
                    let states = stored(&self.plan, &states);
                    merged = Some(match merged {
                        None => states,
                        Some(before) => merge_states(&self.plan, &before, &states),
                    });
                }
                let again = only(&refolded, |customer| retracted.contains(&customer));
                let Some(merged) = merged else { return again };
                let merged = self.plan.finish(&merged, *as_of).unwrap();
                let read_back = only(&refolded, |customer| !retracted.contains(&customer));
                let columns = merged.columns().iter().enumerate().map(|(at, column)| match at {
                    at if at < 2 || can_merge[at - 2] => column.clone(),
                    _ => read_back.column(at).clone(),
                });
                let merged = RecordBatch::try_new(merged.schema(), columns.collect()).unwrap();
                sorted(&concat_batches(&merged.schema(), [&merged, &again]).unwrap())
            })
            .collect()
    }

    /// Stage A after each part: the customers that the part touches are read back whole.
    pub fn refold(&self, parts: &[Vec<Row>], as_ofs: &[AsOf], visible: Visible) -> Vec<RecordBatch> {
        let mut seen: Vec<Row> = Vec::new();
        let mut now: Vec<RecordBatch> =
            as_ofs.iter().map(|_| RecordBatch::new_empty(self.plan.output_schema().clone())).collect();
        for part in parts {
            seen.extend(part.iter().cloned());
            let touched: BTreeSet<i64> = part.iter().map(|row| row.identity).collect();
            let again: Vec<Row> =
                seen.iter().filter(|row| touched.contains(&row.identity)).cloned().collect();
            let again = self.fold(&again, as_ofs, visible, usize::MAX);
            for (now, again) in now.iter_mut().zip(again) {
                let kept = only(now, |customer| !touched.contains(&customer));
                *now = sorted(&concat_batches(&kept.schema(), [&kept, &again]).unwrap());
            }
        }
        now
    }
}

/// Folds rows in any order: one batch per instant.
pub fn fold(
    plan: &FoldPlan,
    events: &EventSchema,
    rows: &[Row],
    as_ofs: &[AsOf],
    visible: Visible,
    batch_rows: usize,
) -> Vec<RecordBatch> {
    let mut rows = rows.to_vec();
    sort(&mut rows);
    let batch = batch_of(&rows, events);
    let mut cutter = RunCutter::new(batch.schema());
    let mut whole = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let n = batch_rows.min(rows.len() - at);
        whole.extend(cutter.push(batch.slice(at, n)).unwrap());
        at += n;
    }
    whole.extend(cutter.finish().unwrap());
    let mut out: BTreeMap<i64, Vec<RecordBatch>> = BTreeMap::new();
    for runs in whole {
        let Some(runs) = visible_runs(runs, visible, &[]).unwrap() else { continue };
        for folded in plan.fold(&runs, as_ofs, &mut Default::default()).unwrap() {
            let instant =
                folded.column_by_name(AS_OF).unwrap().as_primitive::<TimestampMicrosecondType>().value(0);
            out.entry(instant).or_default().push(folded);
        }
    }
    as_ofs
        .iter()
        .map(|as_of| {
            let parts = out.remove(&as_of.instant_us).unwrap_or_default();
            sorted(&concat_batches(plan.output_schema(), &parts).unwrap())
        })
        .collect()
}

/// Every way to split so many events into two parts, or 200 of the ways into two to four.
pub fn splits(n_events: usize, seed: u64) -> Vec<Vec<usize>> {
    if n_events < 8 {
        return (0..1usize << n_events)
            .map(|bits| (0..n_events).map(|at| bits >> at & 1).collect())
            .collect();
    }
    let mut state = seed;
    (0..200)
        .map(|at| {
            let n_parts = 2 + at % 3;
            (0..n_events).map(|_| (draw(&mut state) % n_parts as u64) as usize).collect()
        })
        .collect()
}

/// SplitMix64: seeded, the same everywhere.
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// The rows of each part. Parts keep the order in which events arrived, so that nothing may
/// depend on it.
pub fn parted(rows: &[Row], split: &[usize]) -> Vec<Vec<Row>> {
    let n_parts = split.iter().max().map_or(1, |last| last + 1);
    let mut parts = vec![Vec::new(); n_parts];
    rows.iter().zip(split).for_each(|(row, part)| parts[*part].push(row.clone()));
    parts
}

fn whole(rows: &[Row], events: &EventSchema, visible: Visible) -> Option<Runs> {
    let mut rows = rows.to_vec();
    sort(&mut rows);
    visible_runs(Runs::of(batch_of(&rows, events)), visible, &[]).unwrap().filter(|runs| runs.len() > 0)
}

/// The states as a file of states gives them back.
fn stored(plan: &FoldPlan, states: &States) -> States {
    let codec = StateCodec::new(plan);
    let encoded = codec.encode(states).unwrap();
    let form = RowForm::new(codec.schema().clone()).unwrap();
    let mut rows = form.rows();
    form.write(&encoded, |customer, bytes| rows.push(customer, bytes)).unwrap();
    let read = rows.finish().unwrap();
    assert_eq!(read, encoded);
    let back = codec.decode(&read).unwrap();
    assert_eq!(codec.encode(&back).unwrap(), encoded);
    back
}

fn merge_states(plan: &FoldPlan, a: &States, b: &States) -> States {
    let customers: BTreeSet<i64> = a.customers.iter().chain(&b.customers).copied().collect();
    let at =
        |states: &States, customer: &i64| states.customers.binary_search(customer).ok().map(|at| at as u32);
    let pairs: Vec<Pair> = customers.iter().map(|customer| (at(a, customer), at(b, customer))).collect();
    plan.together(customers.into_iter().collect(), a, b, &pairs).unwrap()
}

fn customers(batch: &RecordBatch) -> &[i64] {
    batch.column_by_name(CUSTOMER).unwrap().as_primitive::<Int64Type>().values()
}

fn only(batch: &RecordBatch, keep: impl Fn(i64) -> bool) -> RecordBatch {
    let keep: BooleanArray = customers(batch).iter().map(|customer| Some(keep(*customer))).collect();
    filter_record_batch(batch, &keep).unwrap()
}

fn sorted(batch: &RecordBatch) -> RecordBatch {
    let mut rows: Vec<u32> = (0..batch.num_rows() as u32).collect();
    rows.sort_by_key(|row| customers(batch)[*row as usize]);
    take_record_batch(batch, &UInt32Array::from(rows)).unwrap()
}

/// Equal to the bit: floats by their bits, everything else by value and type.
pub fn assert_same(expected: &RecordBatch, got: &RecordBatch, what: &str) {
    assert_eq!(customers(expected), customers(got), "{what}: customers");
    assert_eq!(expected.schema(), got.schema(), "{what}: columns");
    for (field, (a, b)) in expected.schema().fields().iter().zip(expected.columns().iter().zip(got.columns()))
    {
        assert_eq!(a.len(), b.len(), "{what}: {}", field.name());
        let same = match a.data_type() {
            DataType::Float64 => bits(a) == bits(b),
            _ => a == b,
        };
        assert!(same, "{what}: {} differs\nfrom nothing: {a:?}\nhere: {b:?}", field.name());
    }
}

fn bits(array: &ArrayRef) -> Vec<Option<u64>> {
    array.as_primitive::<Float64Type>().iter().map(|value| value.map(f64::to_bits)).collect()
}

/// What must be read back from the events, written down a second time.
pub fn must_refold(indicator: &FoldIndicator) -> bool {
    let by_aggregate = matches!(indicator.aggregate, Aggregate::Sequence { .. });
    let by_window = match &indicator.window {
        FoldWindow::Lifetime
        | FoldWindow::Rolling { .. }
        | FoldWindow::Calendar { .. }
        | FoldWindow::Whole { .. } => false,
        FoldWindow::Since { .. } | FoldWindow::ByOrder { .. } => true,
    };
    by_aggregate || by_window
}
