//! Event ids: sixteen bytes that make an event count once, however often its row arrives.
//!
//! The recipe must never change, or everything imported before would count again; a test holds
//! it. An id is a keyed BLAKE3 hash, cut to 128 bits, whose key is derived from the source's name,
//! so that two sources never meet. What is hashed is, in this order of preference: the message id;
//! the key columns; the parsed row. Equal parsed rows of one file are then numbered, since both
//! copies of a line that was sold twice count, and the second has to be another event.
//!
//! Identifiers and free text enter a hash only as surrogates, which are made with a secret: without
//! it nobody can try out all phone numbers against an id.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Context string of the key derivation; the version of the recipe.
const CONTEXT: &str = "gradus 2026 event id 1";

/// Where the values of an event id come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdSource {
    /// The sender's own id of the message.
    Message,
    /// The key columns of the source.
    Key,
    /// The parsed row, and its number among equal rows of the file.
    Row,
}

/// Hashes the values of one source's events.
#[derive(Debug, Clone)]
pub struct EventHasher {
    key: [u8; 32],
}

impl EventHasher {
    pub fn new(source: &str, from: IdSource) -> EventHasher {
        let tag: &[u8] = match from {
            IdSource::Message => b"message",
            IdSource::Key => b"key",
            IdSource::Row => b"row",
        };
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(&(source.len() as u64).to_le_bytes());
        hasher.update(source.as_bytes());
        hasher.update(tag);
        EventHasher { key: *hasher.finalize().as_bytes() }
    }

    /// The id of the first event with these values.
    #[inline]
    pub fn id(&self, values: &Values) -> [u8; 16] {
        first_half(&blake3::keyed_hash(&self.key, &values.0))
    }

    /// The id of the event with the same values that comes `number` places later in the file.
    pub fn numbered(&self, id: [u8; 16], number: u32) -> [u8; 16] {
        if number == 0 {
            return id;
        }
        let mut bytes = [0u8; 20];
        bytes[..16].copy_from_slice(&id);
        bytes[16..].copy_from_slice(&number.to_le_bytes());
        first_half(&blake3::keyed_hash(&self.key, &bytes))
    }
}

/// A 63-bit key of an order, the same from every source that names the order.
///
/// ```
/// use gradus_ledger::clean::event_id::order_key;
/// assert_eq!(order_key("536365"), order_key("536365"));
/// assert!(order_key("536365") >= 0);
/// ```
pub fn order_key(order: &str) -> i64 {
    let hash = blake3::hash(order.as_bytes());
    let mut bytes = [0u8; 8];
    bytes.copy_from_slice(&hash.as_bytes()[..8]);
    (u64::from_le_bytes(bytes) >> 1) as i64
}

/// Values in the one form in which they are hashed: each with a tag, texts with their length, so
/// that no two rows run together. What is not given leaves no trace: a column that is added later
/// and empty in old rows does not change their ids.
#[derive(Debug, Default)]
pub struct Values(Vec<u8>);

impl Values {
    #[inline]
    pub fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    pub fn integer(&mut self, tag: u8, value: i64) {
        self.0.push(tag);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    #[inline]
    pub fn text(&mut self, tag: u8, value: &str) {
        self.0.push(tag);
        self.0.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.0.extend_from_slice(value.as_bytes());
    }

    /// Tells rows of one key apart within an import; it is kept nowhere.
    pub(crate) fn mark(&self) -> u32 {
        (quick_hash(&self.0) >> 32) as u32
    }

    /// The name under which the next value stands.
    #[inline]
    pub fn name(&mut self, name: &[u8; 8]) {
        self.0.push(b'f');
        self.0.extend_from_slice(name);
    }
}

/// Eight bytes that stand for a field's name.
pub fn name_tag(name: &str) -> [u8; 8] {
    let mut tag = [0u8; 8];
    tag.copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..8]);
    tag
}

/// A hash for what is kept nowhere, many times faster than that of an event id: eight bytes at a time,
/// spread at the end, the same on every machine and run. Whoever wants to can make two texts meet.
#[inline]
pub(crate) fn quick_hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut tail = [0u8; 8];
    tail[..rest.len()].copy_from_slice(rest);
    let step = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    let hash = words.iter().fold(bytes.len() as u64, |hash, word| step(hash, u64::from_le_bytes(*word)));
    spread(step(hash, u64::from_le_bytes(tail)))
}

/// Every bit of the result hangs on every bit of the value: Steele, Lea, Flood (2014), SplitMix64.
#[inline]
pub(crate) fn spread(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Numbers equal rows of one file, from 0. It spans the batches of the file and takes about 40
/// bytes for each different row; begin each file with a new one, since a row that stands in two
/// files is one event.
#[derive(Debug, Default)]
pub struct OccurrenceCounter {
    seen: HashMap<[u32; 4], u32, BuildHasherDefault<Truncated>>,
}

impl OccurrenceCounter {
    pub fn new() -> OccurrenceCounter {
        OccurrenceCounter::default()
    }

    /// How many rows with this id came before.
    #[inline]
    pub fn next(&mut self, id: &[u8; 16], retraction: bool) -> u32 {
        let mut words = words(id);
        // Retractions are numbered by themselves: the second retracts the second row.
        words[3] ^= u32::from(retraction) << 31;
        let n = self.seen.entry(words).or_insert(0);
        let before = *n;
        *n = before.saturating_add(1);
        before
    }

    /// For rows with a key: 0 if the key is new, else the mark that was remembered with it.
    #[inline]
    pub(crate) fn remember(&mut self, id: &[u8; 16], retraction: bool, mark: u32) -> Option<u32> {
        let mut words = words(id);
        words[3] ^= u32::from(retraction) << 31;
        match self.seen.entry(words) {
            std::collections::hash_map::Entry::Occupied(there) => Some(*there.get()),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(mark);
                None
            }
        }
    }
}

/// The ids are hashes already; their first bytes are as good as any hash of them.
#[derive(Debug, Default)]
pub(crate) struct Truncated(u64);

impl Hasher for Truncated {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = self.0.rotate_left(17) ^ u64::from_le_bytes(word);
        }
    }

    fn write_usize(&mut self, _: usize) {}
}

fn words(id: &[u8; 16]) -> [u32; 4] {
    let mut words = [0u32; 4];
    for (word, bytes) in words.iter_mut().zip(id.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

fn first_half(hash: &blake3::Hash) -> [u8; 16] {
    let mut id = [0u8; 16];
    id.copy_from_slice(&hash.as_bytes()[..16]);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(source: &str, from: IdSource) -> [u8; 16] {
        let mut values = Values::default();
        values.integer(b't', 1_700_000_000_000_000);
        values.text(b'k', "order_line");
        EventHasher::new(source, from).id(&values)
    }

    #[test]
    fn the_recipe_never_changes() {
        let hex = |id: [u8; 16]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let hasher = EventHasher::new("orders", IdSource::Row);
        let first = id("orders", IdSource::Row);
        assert_eq!(hex(first), "76b8248e39834fd9c53ce5e414f0bd34");
        assert_eq!(hex(hasher.numbered(first, 1)), "994b46ad3498e895c5bf55f45a8b9992");
        assert_eq!(order_key("536365"), 7_016_400_241_883_350_076);
        assert_ne!(first, id("orders2", IdSource::Row));
        assert_ne!(first, id("orders", IdSource::Key));
    }

    #[test]
    fn equal_rows_are_numbered() {
        let mut counter = OccurrenceCounter::new();
        let first = id("orders", IdSource::Row);
        assert_eq!([counter.next(&first, false), counter.next(&first, false)], [0, 1]);
        assert_eq!([counter.next(&first, true), counter.next(&first, true)], [0, 1]);
        assert_eq!(counter.next(&id("other", IdSource::Row), false), 0);
    }

    #[test]
    fn neighbouring_texts_do_not_run_together() {
        let of = |a: &str, b: &str| {
            let mut values = Values::default();
            values.text(b'a', a);
            values.text(b'a', b);
            values.0
        };
        assert_ne!(of("ab", "c"), of("a", "bc"));
    }
}
