//! Names and addresses of customers: kept beside their identities, so that people find somebody by name and see
//! whom they look at, masked. They come from the private texts whose name says so; the ledger has none of them.

use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use gradus_ledger::clean::CleanBatch;
use gradus_ledger::collect::propose::sought_by;
use gradus_model::event_stream::{UNATTRIBUTED, column};
use gradus_store::Attribute;

/// Longer ones are no names.
const LONGEST: usize = 200;

/// The spelling by which a name or an address is found.
pub(crate) fn normalized(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// One name or address of a batch.
pub(crate) struct Given<'a> {
    surrogate: i64,
    kind: &'static str,
    normalized: String,
    display: &'a str,
    known: i64,
}

impl Given<'_> {
    pub(crate) fn attribute(&self) -> Attribute<'_> {
        Attribute {
            surrogate: self.surrogate,
            kind: self.kind,
            normalized: &self.normalized,
            display: self.display,
            known: self.known,
        }
    }
}

/// Names and addresses of a batch of rows. Nobody's have no place to be kept.
pub(crate) fn given(clean: &CleanBatch) -> Vec<Given<'_>> {
    let known = clean.events.column_by_name(column::KNOWN);
    let known = known.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    let mut all = Vec::new();
    for text in clean.private.iter().filter(|text| text.surrogate != UNATTRIBUTED) {
        let Some(kind) = sought_by(&text.field) else { continue };
        let normalized = normalized(&text.text);
        if normalized.is_empty() || normalized.len() > LONGEST {
            continue;
        }
        let at = known.and_then(|known| known.values().get(text.event).copied()).unwrap_or(0);
        all.push(Given { surrogate: text.surrogate, kind, normalized, display: text.text.trim(), known: at });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_spaced_and_written() {
        assert_eq!(normalized("  Mary   ANN\tLee "), "mary ann lee");
        assert_eq!(normalized("王 小明"), "王 小明");
        assert_eq!(normalized("王小明"), "王小明");
    }
}
