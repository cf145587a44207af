//! Reading the events of a few identities, without reading the rest.
//!
//! Files are sorted by identity and carry the range of identities of each page, so a look-up
//! decodes a few pages per file. Footers are kept, since files never change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int64Type, SchemaRef, TimestampMicrosecondType};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, TryStreamExt};
use gradus_model::event_stream::{SORT_COLUMNS, bucket_of, column};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection, RowSelector};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use crate::error::LedgerError;
use crate::table::events::{EventFile, EventsSnapshot};
use crate::table::keys::KeyColumns;
use crate::table::merge::MergedBatches;
use crate::table::positions::Positions;
use crate::table::scan::{ScanBound, file_columns};
use crate::table::schema::{file_schema, scan_schema};

/// Footers kept in memory; about 100 kB each for files of a few million rows.
const KEPT_FOOTERS: usize = 1024;

/// Footers of files that were looked into.
#[derive(Debug, Default)]
pub(crate) struct Footers(Mutex<HashMap<String, ArrowReaderMetadata>>);

impl EventsSnapshot {
    /// The events of these identities that the bound admits, sorted by identity, time, event id,
    /// retraction, with these columns.
    ///
    /// Unlike a scan, rows later than `bound.time` are left out too. What was undone is left out, as in a
    /// scan.
    pub async fn read_identities(
        &self,
        identities: &[i64],
        columns: &[&str],
        bound: ScanBound,
    ) -> Result<Vec<RecordBatch>, LedgerError> {
        let mut wanted: Vec<Vec<i64>> = vec![Vec::new(); self.event_schema().n_buckets as usize];
        for identity in identities {
            if let Some(bucket) = wanted.get_mut(bucket_of(*identity, self.event_schema().n_buckets) as usize)
            {
                bucket.push(*identity);
            }
        }
        let schema = scan_schema(self.event_schema());
        let output = columns
            .iter()
            .map(|name| schema.index_of(name).map_err(|_| LedgerError::columns(*name, "does not exist")))
            .collect::<Result<Vec<_>, _>>()?;
        let mut read: Vec<&str> = columns.to_vec();
        read.extend(SORT_COLUMNS.iter().chain(&[column::KNOWN, column::POSITION]));
        let hidden = self.hidden(bound);
        let mut inputs = Vec::new();
        for file in self.files().iter().filter(|f| bound.admits(&f.facts)) {
            let Some(ids) = wanted.get_mut(file.bucket as usize) else { continue };
            ids.sort_unstable();
            ids.dedup();
            if !ids.iter().any(|id| (file.facts.identity.min..=file.facts.identity.max).contains(id)) {
                continue;
            }
            let mut batches = self.read_file(file, &schema, &read, Some(ids)).await?;
            let mut rows = Vec::new();
            while let Some(batch) = batches.try_next().await? {
                let mask = admitted(&batch, ids, bound, &hidden)?;
                if mask.true_count() > 0 {
                    rows.push(Ok(conform(filter_record_batch(&batch, &mask)?, &schema)?));
                }
            }
            inputs.push(rows.into_iter());
        }
        MergedBatches::new(inputs, 8192)
            .map(|rows| {
                let rows = rows?;
                let places = output
                    .iter()
                    .map(|i| rows.schema().index_of(schema.field(*i).name()))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(rows.project(&places)?)
            })
            .collect()
    }

    /// The key columns and the positions of one file in order; with `ids`, only pages that may hold one of them.
    pub(crate) async fn read_keys(
        &self,
        file: &EventFile,
        ids: Option<&[i64]>,
    ) -> Result<BoxStream<'static, Result<RecordBatch, LedgerError>>, LedgerError> {
        let columns: Vec<&str> = SORT_COLUMNS.into_iter().chain([column::POSITION]).collect();
        self.read_file(file, &file_schema(self.event_schema()), &columns, ids).await
    }

    /// Every column of one file in order, as it lies in the file.
    pub(crate) async fn read_whole(
        &self,
        file: &EventFile,
    ) -> Result<BoxStream<'static, Result<RecordBatch, LedgerError>>, LedgerError> {
        let schema = file_schema(self.event_schema());
        let all: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let rows = self.read_file(file, &schema, &all, None).await?;
        let target = schema.clone();
        Ok(Box::pin(rows.and_then(move |rows| std::future::ready(conform(rows, &target)))))
    }

    pub(crate) async fn read_file(
        &self,
        file: &EventFile,
        schema: &SchemaRef,
        columns: &[&str],
        ids: Option<&[i64]>,
    ) -> Result<BoxStream<'static, Result<RecordBatch, LedgerError>>, LedgerError> {
        let reader = FileBytes {
            store: self.log_store().clone(),
            location: file.location.clone(),
            size: file.active.size,
        };
        let metadata = self.footer(file, schema, reader.clone()).await?;
        let selected = ids.and_then(|ids| Selected::of(metadata.metadata(), ids));
        let mask = ProjectionMask::columns(metadata.parquet_schema(), columns.iter().copied());
        let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata)
            .with_projection(mask)
            .with_batch_size(8192);
        if let Some(selected) = selected {
            builder = builder.with_row_groups(selected.row_groups).with_row_selection(selected.rows);
        }
        Ok(Box::pin(builder.build()?.map_err(LedgerError::from)))
    }

    async fn footer(
        &self,
        file: &EventFile,
        schema: &SchemaRef,
        mut reader: FileBytes,
    ) -> Result<ArrowReaderMetadata, LedgerError> {
        let mut options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        if let Some(schema) = file_columns(&file.facts, schema) {
            options = options.with_schema(schema);
        }
        let kept = self.footers().0.lock().ok().and_then(|f| f.get(&file.active.path).cloned());
        if let Some(kept) = kept {
            return Ok(ArrowReaderMetadata::try_new(kept.metadata().clone(), options)?);
        }
        let loaded = ArrowReaderMetadata::load_async(&mut reader, options).await?;
        if let Ok(mut footers) = self.footers().0.lock() {
            if footers.len() >= KEPT_FOOTERS {
                footers.clear();
            }
            footers.insert(file.active.path.clone(), loaded.clone());
        }
        Ok(loaded)
    }
}

/// A data file's bytes, as the Parquet reader asks for them.
#[derive(Debug, Clone)]
struct FileBytes {
    store: Arc<dyn ObjectStore>,
    location: Path,
    size: u64,
}

impl AsyncFileReader for FileBytes {
    fn get_bytes(&mut self, range: std::ops::Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        async move { self.store.get_range(&self.location, range).await.map_err(unreadable) }.boxed()
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<std::ops::Range<u64>>,
    ) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        async move { self.store.get_ranges(&self.location, &ranges).await.map_err(unreadable) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        async move {
            let policy = options.map_or(PageIndexPolicy::Optional, ArrowReaderOptions::column_index_policy);
            let size = self.size;
            let reader = ParquetMetaDataReader::new()
                .with_page_index_policy(policy)
                .with_prefetch_hint(Some(64 << 10));
            Ok(Arc::new(reader.load_and_finish(self, size).await?))
        }
        .boxed()
    }
}

fn unreadable(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// The pages of a file that may hold wanted identities.
struct Selected {
    row_groups: Vec<usize>,
    rows: RowSelection,
}

impl Selected {
    /// `None` if the file says too little, and must be read whole. `ids` are sorted.
    fn of(metadata: &ParquetMetaData, ids: &[i64]) -> Option<Self> {
        let leaf = metadata
            .file_metadata()
            .schema_descr()
            .columns()
            .iter()
            .position(|c| c.name() == column::IDENTITY)?;
        let wanted = |min: i64, max: i64| {
            let next = ids.get(ids.partition_point(|id| *id < min));
            next.is_some_and(|id| *id <= max)
        };
        let mut row_groups = Vec::new();
        let mut selectors = Vec::new();
        for (index, group) in metadata.row_groups().iter().enumerate() {
            let Some(Statistics::Int64(stats)) = group.column(leaf).statistics() else { return None };
            if !wanted(*stats.min_opt()?, *stats.max_opt()?) {
                continue;
            }
            row_groups.push(index);
            let n_rows = usize::try_from(group.num_rows()).ok()?;
            let pages = metadata.offset_index().and_then(|o| o.get(index)?.get(leaf));
            let bounds = metadata.column_index().and_then(|c| c.get(index)?.get(leaf));
            let (Some(pages), Some(ColumnIndexMetaData::INT64(bounds))) = (pages, bounds) else {
                selectors.push(RowSelector::select(n_rows));
                continue;
            };
            let starts: Vec<usize> = pages
                .page_locations()
                .iter()
                .filter_map(|p| usize::try_from(p.first_row_index).ok())
                .chain([n_rows])
                .collect();
            for (page, bounds_of_rows) in starts.windows(2).enumerate() {
                let [start, end] = bounds_of_rows else { continue };
                let hit = match (bounds.min_value(page), bounds.max_value(page)) {
                    (Some(min), Some(max)) => wanted(*min, *max),
                    _ => true,
                };
                selectors.push(if hit {
                    RowSelector::select(end - start)
                } else {
                    RowSelector::skip(end - start)
                });
            }
        }
        Some(Self { row_groups, rows: selectors.into() })
    }
}

fn admitted(
    batch: &RecordBatch,
    ids: &[i64],
    bound: ScanBound,
    hidden: &Positions,
) -> Result<BooleanArray, LedgerError> {
    let keys = KeyColumns::of(batch)?;
    let known = batch
        .column_by_name(column::KNOWN)
        .and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>())
        .ok_or_else(|| LedgerError::columns(column::KNOWN, "is missing"))?;
    let position = batch
        .column_by_name(column::POSITION)
        .and_then(|c| c.as_primitive_opt::<Int64Type>())
        .ok_or_else(|| LedgerError::columns(column::POSITION, "is missing"))?;
    // Rows of one identity lie together: it is looked for once.
    let mut last: Option<(i64, bool)> = None;
    let visible = keys.identities().iter().zip(keys.times()).enumerate().map(|(row, (identity, time))| {
        let wanted = match last {
            Some((same, wanted)) if same == *identity => wanted,
            _ => ids.binary_search(identity).is_ok(),
        };
        last = Some((*identity, wanted));
        wanted
            && bound.time.is_none_or(|t| *time <= t)
            && bound.known.is_none_or(|k| known.value(row) <= k)
            && bound.position.is_none_or(|p| position.value(row) <= p)
            && !hidden.contains(position.value(row))
    });
    Ok(visible.collect::<Vec<bool>>().into())
}

/// Adds fields that were declared after the file was written, and puts types right.
///
/// Only the columns of `rows` and, if those are a prefix of the table's, the missing ones are given.
pub(crate) fn conform(rows: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, LedgerError> {
    let mut fields = Vec::with_capacity(schema.fields().len());
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let values = match rows.column_by_name(field.name()) {
            Some(values) if values.data_type() == field.data_type() => values.clone(),
            Some(values) => arrow::compute::cast(values, field.data_type())?,
            None => arrow::array::new_null_array(field.data_type(), rows.num_rows()),
        };
        if values.null_count() > 0 && !field.is_nullable() {
            // A column that was not asked for.
            continue;
        }
        fields.push(field.clone());
        columns.push(values);
    }
    Ok(RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), columns)?)
}
