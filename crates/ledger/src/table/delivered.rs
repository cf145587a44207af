//! What the sources have delivered: which kinds of event, which columns of them, and from when. Zero
//! events of a kind that a source delivers is a zero; of a kind that nobody ever delivered it is unknown.
//!
//! Each data file says so of itself, so that nobody has to read the events.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use futures::TryStreamExt;
use gradus_model::event_stream::{EventSchema, REFERENCE, column};
use serde::{Deserialize, Serialize};

use crate::error::LedgerError;
use crate::table::events::EventsSnapshot;
use crate::table::scan::ScanBound;
use crate::table::schema::file_schema;
use crate::table::undone::only;

/// Up to when, as known when, up to which position: what a grading may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub time: i64,
    pub known: i64,
    pub position: i64,
}

/// Time, known time and position of events that came first: none of them is later than another in all
/// three, and every event is at or after one of them in all three.
type Firsts = Vec<[i64; 3]>;

/// What was delivered, by source and kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct Delivered(BTreeMap<(String, String), Given>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Given {
    events: Firsts,
    /// Of events in which the column is given.
    columns: BTreeMap<String, Firsts>,
}

/// As it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    source: String,
    kind: String,
    events: Firsts,
    /// Columns that were given in the first events already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    with: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    columns: BTreeMap<String, Firsts>,
}

impl From<Delivered> for Vec<Entry> {
    fn from(delivered: Delivered) -> Vec<Entry> {
        let entry = |((source, kind), given): ((String, String), Given)| {
            let Given { events, columns } = given;
            let (with, columns): (Vec<_>, Vec<_>) =
                columns.into_iter().partition(|(_, firsts)| *firsts == events);
            let with = with.into_iter().map(|(name, _)| name).collect();
            Entry { source, kind, events, with, columns: columns.into_iter().collect() }
        };
        delivered.0.into_iter().map(entry).collect()
    }
}

impl From<Vec<Entry>> for Delivered {
    fn from(entries: Vec<Entry>) -> Delivered {
        let given = |entry: Entry| {
            let Entry { source, kind, events, with, mut columns } = entry;
            columns.extend(with.into_iter().map(|name| (name, events.clone())));
            ((source, kind), Given { events, columns })
        };
        Delivered(entries.into_iter().map(given).collect())
    }
}

impl EventsSnapshot {
    /// What the events of the table deliver that count for a reader under this bound, whatever their own
    /// position and known time. Files that do not say, or of which something was undone, are read.
    pub async fn delivered(&self, bound: ScanBound) -> Result<Delivered, LedgerError> {
        let mut delivered = Delivered::default();
        let hidden = self.hidden(bound);
        for file in self.files() {
            let told = file.facts.delivered.as_ref();
            match told.filter(|_| !hidden.overlaps(&file.facts.position)) {
                Some(told) => delivered.merge(told),
                None => {
                    let mut rows = self.read_whole(file).await?;
                    while let Some(batch) = rows.try_next().await? {
                        delivered.add(&only(&batch, |position| !hidden.contains(position))?, None)?;
                    }
                }
            }
        }
        Ok(delivered)
    }
}

/// The columns of which it is known whether they were given: those that may be empty.
pub fn followed_columns(schema: &EventSchema) -> BTreeSet<String> {
    let may_be_empty = |field: &&std::sync::Arc<arrow::datatypes::Field>| field.is_nullable();
    file_schema(schema).fields().iter().filter(may_be_empty).map(|field| field.name().clone()).collect()
}

impl Delivered {
    /// Adds the events of a batch; retractions and facts of references deliver no events. A batch without positions, or whose
    /// positions do not matter, is taken as committed at `position`; one without sources or kinds, which
    /// nobody will ask for, as of one.
    ///
    /// # Errors
    /// [`LedgerError::Columns`] if times are missing.
    pub fn add(&mut self, batch: &RecordBatch, position: Option<i64>) -> Result<(), LedgerError> {
        let missing = |name: &str| LedgerError::columns(name, "is missing or has the wrong type");
        let named = |name: &str| batch.column_by_name(name);
        let instants = |name: &str| {
            named(name)
                .and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>())
                .ok_or_else(|| missing(name))
        };
        let (times, known) = (instants(column::TIME)?.values(), instants(column::KNOWN)?.values());
        let positions =
            named(column::POSITION).and_then(|c| c.as_primitive_opt::<Int64Type>()).map(|c| c.values());
        let identities =
            named(column::IDENTITY).and_then(|c| c.as_primitive_opt::<Int64Type>()).map(|c| c.values());
        let retractions: Option<&BooleanArray> = named(column::RETRACTION).and_then(|c| c.as_boolean_opt());
        let texts = |name: &str| named(name).map(|c| plain(c.as_ref())).transpose();
        let (kinds, sources) = (texts(column::KIND)?, texts(column::SOURCE)?);
        // Rows by source and kind: neighbours mostly share them.
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        let mut pair_of: Vec<Option<usize>> = Vec::with_capacity(batch.num_rows());
        let mut last = 0;
        for row in 0..batch.num_rows() {
            let is_fact = identities.is_some_and(|identities| identities[row] == REFERENCE);
            if is_fact || retractions.is_some_and(|retractions| retractions.value(row)) {
                pair_of.push(None);
                continue;
            }
            let pair = (text_at(&sources, row), text_at(&kinds, row));
            if pairs.get(last) != Some(&pair) {
                last = pairs.iter().position(|known| *known == pair).unwrap_or_else(|| {
                    pairs.push(pair);
                    pairs.len() - 1
                });
            }
            pair_of.push(Some(last));
        }
        let at = |row: usize| {
            let position = position.or_else(|| positions.map(|positions| positions[row])).unwrap_or(i64::MIN);
            [times[row], known[row], position]
        };
        let mut events: Vec<Firsts> = vec![Vec::new(); pairs.len()];
        for (row, pair) in pair_of.iter().enumerate() {
            if let Some(pair) = pair {
                note(&mut events[*pair], at(row));
            }
        }
        let schema = batch.schema();
        let may_be_empty =
            schema.fields().iter().zip(batch.columns()).filter(|(field, _)| field.is_nullable());
        for (field, values) in may_be_empty {
            let nulls = values.logical_nulls().filter(|nulls| nulls.null_count() > 0);
            let mut firsts: Vec<Firsts> = vec![Vec::new(); pairs.len()];
            match &nulls {
                None => firsts.clone_from(&events),
                Some(nulls) if nulls.null_count() == values.len() => continue,
                Some(nulls) => {
                    for (row, pair) in pair_of.iter().enumerate() {
                        if let (Some(pair), true) = (pair, nulls.is_valid(row)) {
                            note(&mut firsts[*pair], at(row));
                        }
                    }
                }
            }
            for ((source, kind), firsts) in pairs.iter().zip(firsts).filter(|(_, firsts)| !firsts.is_empty())
            {
                let given = self.0.entry((source.to_string(), kind.to_string())).or_default();
                merge(given.columns.entry(field.name().clone()).or_default(), &firsts);
            }
        }
        for ((source, kind), firsts) in pairs.iter().zip(events) {
            merge(&mut self.0.entry((source.to_string(), kind.to_string())).or_default().events, &firsts);
        }
        Ok(())
    }

    /// Adds what others know.
    pub fn merge(&mut self, other: &Delivered) {
        for (pair, more) in &other.0 {
            let given = self.0.entry(pair.clone()).or_default();
            merge(&mut given.events, &more.events);
            for (name, firsts) in &more.columns {
                merge(given.columns.entry(name.clone()).or_default(), firsts);
            }
        }
    }

    /// True if an event of one of these kinds (of any, if none are named) was delivered and may be seen,
    /// with this column given, if one is named.
    pub fn has(&self, kinds: Option<&BTreeSet<String>>, column: Option<&str>, seen: Seen) -> bool {
        let may_be_seen = |first: &[i64; 3]| at_or_before(first, &[seen.time, seen.known, seen.position]);
        self.firsts(kinds, column).any(|first| may_be_seen(first))
    }

    /// When the first such event happened, of those that may be seen.
    pub fn since(&self, kinds: Option<&BTreeSet<String>>, column: Option<&str>, seen: Seen) -> Option<i64> {
        let bound = [seen.time, seen.known, seen.position];
        self.firsts(kinds, column).filter(|first| at_or_before(first, &bound)).map(|first| first[0]).min()
    }

    /// The kinds that were delivered.
    pub fn kinds(&self) -> BTreeSet<&str> {
        self.0.keys().map(|(_, kind)| kind.as_str()).collect()
    }

    fn firsts<'a>(
        &'a self,
        kinds: Option<&'a BTreeSet<String>>,
        column: Option<&'a str>,
    ) -> impl Iterator<Item = &'a [i64; 3]> {
        let wanted =
            self.0.iter().filter(move |((_, kind), _)| kinds.is_none_or(|kinds| kinds.contains(kind)));
        wanted.flat_map(move |(_, given)| match column {
            None => given.events.iter(),
            Some(column) => given.columns.get(column).map_or([].iter(), |firsts| firsts.iter()),
        })
    }
}

fn text_at(texts: &Option<StringArray>, row: usize) -> &str {
    texts.as_ref().map_or("", |texts| texts.value(row))
}

fn plain(values: &dyn Array) -> Result<StringArray, LedgerError> {
    Ok(match values.as_string_opt::<i32>() {
        Some(texts) => texts.clone(),
        None => cast(values, &DataType::Utf8)?.as_string::<i32>().clone(),
    })
}

fn at_or_before(a: &[i64; 3], b: &[i64; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b)
}

/// Keeps what is not at or after another in everything; ascending, so that the same events always give
/// the same.
fn note(firsts: &mut Firsts, event: [i64; 3]) {
    if firsts.iter().any(|first| at_or_before(first, &event)) {
        return;
    }
    firsts.retain(|first| !at_or_before(&event, first));
    let place = firsts.partition_point(|first| *first < event);
    firsts.insert(place, event);
}

fn merge(firsts: &mut Firsts, more: &Firsts) {
    more.iter().for_each(|event| note(firsts, *event));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, TimestampMicrosecondArray};
    use arrow::datatypes::{Field, Schema};
    use proptest::prelude::*;

    use super::*;
    use crate::table::schema::timestamp;

    type Row = (&'static str, &'static str, i64, i64, i64, Option<i64>, bool);

    fn batch(rows: &[Row]) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new(column::SOURCE, DataType::Utf8, false),
            Field::new(column::KIND, DataType::Utf8, false),
            Field::new(column::TIME, timestamp(), false),
            Field::new(column::KNOWN, timestamp(), false),
            Field::new(column::POSITION, DataType::Int64, false),
            Field::new(column::RETRACTION, DataType::Boolean, false),
            Field::new("points", DataType::Int64, true),
        ]);
        let text = |of: fn(&Row) -> &'static str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
        };
        let instant = |of: fn(&Row) -> i64| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(of)).with_timezone("UTC"))
        };
        let columns: Vec<ArrayRef> = vec![
            text(|row| row.0),
            text(|row| row.1),
            instant(|row| row.2),
            instant(|row| row.3),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.4))),
            Arc::new(rows.iter().map(|row| Some(row.6)).collect::<BooleanArray>()),
            Arc::new(rows.iter().map(|row| row.5).collect::<Int64Array>()),
        ];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    fn row() -> impl Strategy<Value = Row> {
        let source = prop::sample::select(vec!["crm", "shop"]);
        let kind = prop::sample::select(vec!["order", "visit", "refund"]);
        (source, kind, 0i64..8, 0i64..8, 0i64..8, prop::option::of(0i64..3), any::<bool>())
    }

    proptest! {
        /// Against every row looked at one by one, however the rows come in batches and are written down.
        #[test]
        fn what_was_delivered_is_what_any_event_shows(
            rows in prop::collection::vec(row(), 0..30),
            cut in 0usize..30,
            bound in (0i64..9, 0i64..9, 0i64..9),
            wanted in prop::collection::btree_set(prop::sample::select(vec!["order", "visit", "other"]), 0..3),
            any_kind in any::<bool>(),
        ) {
            let cut = cut.min(rows.len());
            let (mut delivered, mut rest) = (Delivered::default(), Delivered::default());
            delivered.add(&batch(&rows[..cut]), None).unwrap();
            rest.add(&batch(&rows[cut..]), None).unwrap();
            delivered.merge(&rest);
            let written = serde_json::to_string(&delivered).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Delivered>(&written).unwrap(), &delivered);
            let seen = Seen { time: bound.0, known: bound.1, position: bound.2 };
            let kinds: BTreeSet<String> = wanted.iter().map(|kind| kind.to_string()).collect();
            let kinds = (!any_kind).then_some(&kinds);
            for column in [None, Some("points")] {
                let shows = rows.iter().filter(|row| {
                    let given = column.is_none() || row.5.is_some();
                    let kind = kinds.is_none_or(|kinds| kinds.contains(row.1));
                    !row.6 && given && kind && row.2 <= seen.time && row.3 <= seen.known && row.4 <= seen.position
                });
                let first = shows.map(|row| row.2).min();
                prop_assert_eq!(delivered.has(kinds, column, seen), first.is_some());
                prop_assert_eq!(delivered.since(kinds, column, seen), first);
            }
        }
    }
}
