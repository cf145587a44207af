//! Changes become rows of the table, some customers at a time: explained and put into columns on all processors,
//! written in the order of the customers as they come. Neither memory nor what is written grows or changes with
//! how many moved or how many threads there are.

use std::num::NonZeroUsize;

use arrow::array::RecordBatch;
use gradus_ledger::table::{PlainFile, PlainTable, StagedFile, WriterLease};

use super::cause::Explainer;
use super::compare::{Changed, Changes, Kind};
use super::table::{self, Transition};
use super::{CUSTOMERS, version};
use crate::clock::system_us;
use crate::stored::beside;
use crate::{Workspace, WorkspaceError};

/// What is compared, as transitions name it.
pub(super) struct Between<'a> {
    /// From which the transitions get their names.
    pub names: &'a str,
    pub date: &'a str,
    pub before: &'a str,
    pub run: &'a str,
    /// Another version graded before.
    pub is_other_version: bool,
}

/// The file of an instant's transitions; there is none before something is written.
pub(super) struct Out<'a> {
    workspace: &'a Workspace,
    lease: &'a WriterLease,
    name: String,
    date: &'a str,
    file: Option<PlainFile>,
}

impl<'a> Out<'a> {
    pub(super) fn new(
        workspace: &'a Workspace,
        lease: &'a WriterLease,
        name: String,
        date: &'a str,
    ) -> Out<'a> {
        Out { workspace, lease, name, date, file: None }
    }

    pub(super) async fn write(&mut self, batch: &RecordBatch) -> Result<(), WorkspaceError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if self.file.is_none() {
            let schema = table::schema();
            let mut table = PlainTable::open_or_create(
                &self.workspace.storage,
                &self.name,
                table::FORMAT,
                &schema,
                &[table::AS_OF],
                system_us(),
            )
            .await?;
            let fields: Vec<_> = schema.fields().iter().map(|field| field.as_ref().clone()).collect();
            table.upgrade(self.lease, &fields, Some(table::FORMAT), system_us()).await?;
            let values = [(table::AS_OF.to_string(), Some(self.date.to_string()))].into();
            self.file = Some(table.begin(self.lease, values)?);
        }
        if let Some(file) = &mut self.file {
            file.write(batch).await?;
        }
        Ok(())
    }

    /// What was written; it counts when it is committed.
    pub(super) async fn finish(self) -> Result<Vec<StagedFile>, WorkspaceError> {
        Ok(match self.file {
            Some(file) => vec![file.finish().await?],
            None => Vec::new(),
        })
    }
}

/// Explains and writes all changes; how many of them are changes of tier.
pub(super) async fn announce(
    out: &mut Out<'_>,
    changes: &Changes,
    explainer: &Explainer<'_>,
    between: &Between<'_>,
    n_threads: NonZeroUsize,
) -> Result<u64, WorkspaceError> {
    let mut n_tiers = 0;
    let mut chunks = changes.customers.chunks(CUSTOMERS);
    loop {
        let wave: Vec<&[Changed]> = chunks.by_ref().take(n_threads.get()).collect();
        if wave.is_empty() {
            return Ok(n_tiers);
        }
        for done in beside(&wave, |some| in_columns(changes, explainer, between, some)) {
            let (batch, n) = done?;
            n_tiers += n;
            out.write(&batch).await?;
        }
    }
}

/// What some customers changed, as it is stored, and how many of it are changes of tier.
fn in_columns(
    changes: &Changes,
    explainer: &Explainer<'_>,
    between: &Between<'_>,
    some: &[Changed],
) -> Result<(RecordBatch, u64), WorkspaceError> {
    let mut moves = changes.moves(some)?;
    let n_tiers = moves.iter().filter(|one| one.kind == Kind::Tier).count() as u64;
    explainer.explain(&mut moves)?;
    if between.is_other_version {
        version::mark(&mut moves);
    }
    let Between { names, date, before, run, .. } = between;
    let rows: Vec<Transition> =
        moves.into_iter().map(|one| Transition::of(one, names, date, before, run)).collect();
    Ok((table::batch(&rows)?, n_tiers))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};
    use arrow::compute::{cast, concat_batches};
    use arrow::datatypes::{Field, Schema};
    use gradus_grading::fold::{AS_OF, AsOf, CUSTOMER, Zone, date_of};
    use gradus_grading::grade::Fits;
    use gradus_model::event_stream::EventSchema;
    use gradus_model::load::load_model;

    use super::super::{Graded, Rows};
    use super::*;
    use crate::{Compiled, Documents};

    const MODEL: &str = "gradus: 1
indicators:
  spend: { kind: sum, of: amount }
  orders: { kind: count }
scorecards:
  value:
    attributes:
      spend: { value: spend, bins: [{ below: 300, points: 10 }, { from: 300, below: 700, points: 40 }, { from: 700, points: 90 }] }
      orders: { value: orders, bins: [{ below: 3, points: 0 }, { from: 3, points: 20 }] }
tiers:
  member: { by: value, levels: { silver: {}, gold: { from: 50 }, platinum: { from: 100 } } }
segments:
  often: { base: everyone, where: orders >= 4 }
";

    /// Customers whose numbers depend on `shift`; some come and some go.
    fn graded(compiled: &Compiled, shift: i64, as_of: AsOf) -> RecordBatch {
        let customers: Vec<i64> = (0..9_000).map(|n| n * 3 + 1).filter(|n| n % 97 != shift % 5).collect();
        let value = |name: &str| -> ArrayRef {
            let of = |customer: &i64| match name {
                CUSTOMER => *customer,
                "spend" => (customer * 31 + shift * 211) % 1_000,
                _ => (customer + shift) % 7,
            };
            Arc::new(customers.iter().map(of).collect::<Int64Array>())
        };
        let schema = compiled.fold.output_schema();
        let fields = schema.fields().iter().filter(|field| field.name() != AS_OF);
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for field in fields {
            columns.push(cast(&value(field.name()), field.data_type()).unwrap());
            names.push(Field::new(field.name(), field.data_type().clone(), true));
        }
        let rows = RecordBatch::try_new(Arc::new(Schema::new(names)), columns).unwrap();
        compiled.stage_b.apply(&rows, &Fits::default(), date_of(as_of.day).unwrap()).batch
    }

    /// However many customers are looked at together, and on however many threads: the same rows in the same
    /// order, lines included.
    #[tokio::test]
    async fn transitions_are_the_same_in_whatever_parts() {
        let zone = Zone::new("UTC").unwrap();
        let documents = Documents {
            sources: Default::default(),
            model: load_model("m.yaml", MODEL).value.unwrap(),
            locations: Default::default(),
            version: None,
            findings: Default::default(),
        };
        let events = EventSchema { n_buckets: 1, fields: Vec::new() };
        let compiled = Compiled::new(&documents, &events, &zone).unwrap();
        let as_of = AsOf::new(1_700_000_000_000_000, &zone);
        let (old, new) = ([graded(&compiled, 0, as_of)], [graded(&compiled, 1, as_of)]);
        let fits = Fits::default();
        let side = |rows| Graded {
            model: &documents.model,
            compiled: &compiled,
            as_of,
            fits: &fits,
            rows: Rows::Memory(rows),
        };
        let (before, now) = (side(&old), side(&new));
        let changes = Changes::find(&before, &now).await.unwrap();
        let explainer = Explainer::of(&before, &now, &zone, changes.known()).await.unwrap();
        let between = Between {
            names: "hash",
            date: "2024-03-31",
            before: "2024-02-29",
            run: "7",
            is_other_version: false,
        };
        let all = in_columns(&changes, &explainer, &between, &changes.customers).unwrap();
        assert!(all.0.num_rows() > 5_000 && all.1 > 1_000, "{} rows, {} of tiers", all.0.num_rows(), all.1);
        let lines = all.0.column_by_name("lines").unwrap();
        assert!(lines.null_count() * 2 < lines.len(), "most have lines");
        assert_eq!(changes.count(Kind::Tier).unwrap(), all.1);
        for size in [1, 700, 4_096] {
            let chunks: Vec<&[Changed]> = changes.customers.chunks(size).collect();
            let mut parts = Vec::new();
            for wave in chunks.chunks(if size == 1 { 64 } else { 3 }) {
                for done in beside(wave, |some| in_columns(&changes, &explainer, &between, some)) {
                    parts.push(done.unwrap().0);
                }
                if size == 1 && parts.len() > 600 {
                    break;
                }
            }
            let together = concat_batches(&all.0.schema(), &parts).unwrap();
            assert!(together == all.0.slice(0, together.num_rows()), "{size} customers at a time");
            assert!(size == 1 || together.num_rows() == all.0.num_rows());
        }
    }
}
