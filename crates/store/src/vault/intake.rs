//! What an import brings into the vault as it streams: collected, freed of repetitions, and
//! remembered in large batches. Surrogates are random, so each transaction touches most pages of
//! the index over them; eight times fewer transactions write eight times fewer pages.

use std::collections::HashMap;

use super::{Attribute, EventText, Identity, Remembered, Uniform, Vault};
use crate::error::{Result, StoreError};
use crate::import::ImportNumber;

/// Pending rows at which a batch goes in.
const FULL_ROWS: usize = 400_000;

/// Pending bytes at which a batch goes in, however few rows they are.
const FULL_BYTES: usize = 64 << 20;

/// Collects identities, attributes and texts; see [`Vault::intake`]. Nothing is in the vault for
/// sure before [`Intake::finish`]; dropped without it, what is pending is lost.
pub struct Intake<'a> {
    vault: &'a Vault,
    import: Option<ImportNumber>,
    identities: Vec<[Box<str>; 3]>,
    pending: HashMap<i64, u64, Uniform>,
    attributes: Vec<(i64, [Box<str>; 3], i64)>,
    texts: Vec<(i64, [u8; 16], [Box<str>; 2])>,
    n_bytes: usize,
    remembered: Remembered,
}

impl Vault {
    /// Begins to collect what an import brings.
    pub fn intake(&self, import: Option<ImportNumber>) -> Intake<'_> {
        Intake {
            vault: self,
            import,
            identities: Vec::new(),
            pending: HashMap::default(),
            attributes: Vec::new(),
            texts: Vec::new(),
            n_bytes: 0,
            remembered: Remembered::default(),
        }
    }
}

impl Intake<'_> {
    /// Adds identities; those that this import has brought already cost a hash each.
    ///
    /// # Errors
    /// [`StoreError::SurrogateTaken`], as [`Vault::remember`].
    pub async fn identities(&mut self, identities: &[Identity<'_>]) -> Result<()> {
        {
            let mut known = self.vault.known();
            known.belongs_to(self.import);
            for identity in identities {
                let (surrogate, check) =
                    self.vault.surrogates.surrogate_and_check(identity.kind, identity.normalized);
                let seen = known.surrogates.get(&surrogate).or_else(|| self.pending.get(&surrogate));
                match seen {
                    Some(seen) if *seen == check => self.remembered.n_known += 1,
                    Some(_) => return Err(StoreError::SurrogateTaken { surrogate }),
                    None => {
                        self.pending.insert(surrogate, check);
                        let owned = [identity.kind, identity.normalized, identity.display].map(Box::from);
                        self.n_bytes += identity.normalized.len() + identity.display.len();
                        self.identities.push(owned);
                    }
                }
            }
        }
        self.flush_if_full().await
    }

    /// Adds attributes of identities that were added before them.
    pub async fn attributes(&mut self, attributes: &[Attribute<'_>]) -> Result<()> {
        {
            let mut known = self.vault.known();
            known.belongs_to(self.import);
            for one in attributes {
                let mark = self.vault.surrogates.attribute_mark(one);
                if known.attributes.get(&mark).is_none_or(|seen| *seen < one.known) {
                    self.n_bytes += one.normalized.len() + one.display.len();
                    let owned = [one.kind, one.normalized, one.display].map(Box::from);
                    self.attributes.push((one.surrogate, owned, one.known));
                }
            }
        }
        self.flush_if_full().await
    }

    /// Adds texts of events of identities that were added before them.
    pub async fn texts(&mut self, texts: &[EventText<'_>]) -> Result<()> {
        for one in texts {
            self.n_bytes += one.text.len();
            self.texts.push((one.surrogate, one.event_id, [one.field, one.text].map(Box::from)));
        }
        self.flush_if_full().await
    }

    /// Puts what is pending into the vault; says how many identities were new and how many were
    /// known or repeated.
    pub async fn finish(mut self) -> Result<Remembered> {
        self.flush().await?;
        Ok(self.remembered)
    }

    async fn flush_if_full(&mut self) -> Result<()> {
        let n_rows = self.identities.len() + self.attributes.len() + self.texts.len();
        if n_rows >= FULL_ROWS || self.n_bytes >= FULL_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<()> {
        let identities: Vec<Identity> = self
            .identities
            .iter()
            .map(|[kind, normalized, display]| Identity { kind, normalized, display })
            .collect();
        let one = self.vault.remember(self.import, &identities).await?;
        self.remembered.n_new += one.n_new;
        self.remembered.n_known += one.n_known;
        self.identities.clear();
        self.pending.clear();
        let attributes: Vec<Attribute> = self
            .attributes
            .iter()
            .map(|(surrogate, [kind, normalized, display], known)| Attribute {
                surrogate: *surrogate,
                kind,
                normalized,
                display,
                known: *known,
            })
            .collect();
        self.vault.remember_attributes(self.import, &attributes).await?;
        self.attributes.clear();
        let texts: Vec<EventText> = self
            .texts
            .iter()
            .map(|(surrogate, event_id, [field, text])| EventText {
                surrogate: *surrogate,
                event_id: *event_id,
                field,
                text,
            })
            .collect();
        self.vault.remember_texts(self.import, &texts).await?;
        self.texts.clear();
        self.n_bytes = 0;
        Ok(())
    }
}
