//! What a workspace read and compiled lately. Nothing of it can be out of date: it is found by all that it was
//! made of, so that each answer costs no more than comparing that.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gradus_feedback::drift::Drift;
use gradus_grading::fold::Zone;
use gradus_model::Findings;
use gradus_model::document::Model;
use gradus_model::event_stream::EventSchema;
use gradus_model::load::Loaded;
use gradus_store::Version;

use crate::Documents;
use crate::compiled::Compiled;

/// How many of a kind are kept: what grades, what graded before, a draft, one more.
const KEPT: usize = 4;

#[derive(Default)]
pub(crate) struct Lately {
    compiled: Recent<(Documents, EventSchema), Arc<Compiled>>,
    /// By number and hash: the text of a version never changes.
    versions: Recent<(i64, String), Loaded<Model>>,
    /// Between two gradings, by their ids: none of them ever changes.
    drifts: Recent<(String, String), Arc<Drift>>,
}

impl Lately {
    /// As [`Compiled::new`]; `zone` is the workspace's.
    pub fn compiled(
        &self,
        documents: &Documents,
        events: &EventSchema,
        zone: &Zone,
    ) -> Result<Arc<Compiled>, Findings> {
        let is_it = |(known, columns): &(Documents, EventSchema)| {
            columns == events
                && known.model == documents.model
                && known.sources == documents.sources
                && known.locations == documents.locations
        };
        if let Some(known) = self.compiled.find(is_it) {
            return Ok(known);
        }
        let compiled = Arc::new(Compiled::new(documents, events, zone)?);
        self.compiled.keep((documents.clone(), events.clone()), compiled.clone());
        Ok(compiled)
    }

    /// The model of a version, if it was read before.
    pub fn version(&self, version: &Version) -> Option<Loaded<Model>> {
        self.versions.find(|(number, hash)| *number == version.number && *hash == version.hash)
    }

    /// What was measured between two gradings, if it was.
    pub fn drift(&self, from: &str, to: &str) -> Option<Arc<Drift>> {
        self.drifts.find(|(known_from, known_to)| known_from == from && known_to == to)
    }

    pub fn keep_drift(&self, from: &str, to: &str, drift: &Arc<Drift>) {
        self.drifts.keep((from.to_string(), to.to_string()), drift.clone());
    }

    pub fn keep_version(&self, version: &Version, model: &Loaded<Model>) {
        self.versions.keep((version.number, version.hash.clone()), model.clone());
    }
}

/// The newest of some things by what they were made of.
struct Recent<K, V>(Mutex<VecDeque<(K, V)>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Recent<K, V> {
        Recent(Mutex::default())
    }
}

impl<K, V: Clone> Recent<K, V> {
    fn find(&self, is_it: impl Fn(&K) -> bool) -> Option<V> {
        let mut all = self.all();
        let at = all.iter().position(|(key, _)| is_it(key))?;
        // What is asked for stays.
        let found = all.remove(at)?;
        let value = found.1.clone();
        all.push_front(found);
        Some(value)
    }

    fn keep(&self, key: K, value: V) {
        let mut all = self.all();
        all.truncate(KEPT - 1);
        all.push_front((key, value));
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<(K, V)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ones_that_are_asked_for_stay() {
        let recent: Recent<u32, &str> = Recent::default();
        for (key, value) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
            recent.keep(key, value);
        }
        assert_eq!(recent.find(|key| *key == 1), Some("a"));
        recent.keep(5, "e");
        assert_eq!(recent.find(|key| *key == 1), Some("a"));
        assert_eq!(recent.find(|key| *key == 2), None);
        assert_eq!(recent.all().len(), KEPT);
    }
}
