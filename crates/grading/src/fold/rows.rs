//! Which rows of a batch count: those where a filter holds and a value is given. Everything after
//! works on these rows alone, so that no aggregate has to ask again.

use std::cell::OnceCell;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::BooleanBuffer;

/// Some rows of a batch, by number and by rank.
#[derive(Debug, Clone)]
pub struct Rows {
    n_rows: usize,
    /// One bit a row and a zero word behind them; `None` if all rows count.
    some: Option<Bits>,
    list: OnceCell<Vec<u32>>,
}

#[derive(Debug, Clone)]
struct Bits {
    words: Vec<u64>,
    /// How many rows count before each word.
    before: Vec<u32>,
    n: usize,
}

impl Rows {
    /// Every row of a batch.
    pub fn all(n_rows: usize) -> Rows {
        Rows { n_rows, some: None, list: OnceCell::new() }
    }

    /// The rows where a condition holds; null counts as no.
    pub fn holding(values: &ArrayRef) -> Rows {
        match values.as_boolean_opt().map(|holds| (holds.values(), holds.nulls())) {
            Some((holds, None)) => Rows::of(holds),
            Some((holds, Some(nulls))) => Rows::of(&(holds & nulls.inner())),
            // A condition that is null everywhere has no truth values at all.
            None => Rows::of_words(values.len(), Vec::new()),
        }
    }

    fn of(bits: &BooleanBuffer) -> Rows {
        Rows::of_words(bits.len(), bits.bit_chunks().iter_padded().collect())
    }

    fn of_words(n_rows: usize, mut words: Vec<u64>) -> Rows {
        words.resize(n_rows / 64 + 1, 0);
        let (mut before, mut n) = (Vec::with_capacity(words.len()), 0u32);
        for word in &words {
            before.push(n);
            n += word.count_ones();
        }
        let n = n as usize;
        let some = (n < n_rows).then_some(Bits { words, before, n });
        Rows { n_rows, some, list: OnceCell::new() }
    }

    /// Those of the rows where a value is given; `None` if that is all of them.
    pub fn given(&self, array: &dyn Array) -> Option<Rows> {
        let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0)?;
        let mut words: Vec<u64> = nulls.inner().bit_chunks().iter_padded().collect();
        if let Some(bits) = &self.some {
            words.iter_mut().zip(&bits.words).for_each(|(valid, counts)| *valid &= counts);
        }
        Some(Rows::of_words(self.n_rows, words)).filter(|rows| rows.len() < self.len())
    }

    /// Those of the rows that `keep` says.
    pub fn retain(&self, keep: impl Fn(u32) -> bool) -> Rows {
        let mut words = vec![0u64; self.n_rows / 64 + 1];
        for row in self.list().iter().filter(|row| keep(**row)) {
            words[*row as usize / 64] |= 1 << (row % 64);
        }
        Rows::of_words(self.n_rows, words)
    }

    pub fn len(&self) -> usize {
        self.some.as_ref().map_or(self.n_rows, |bits| bits.n)
    }

    pub fn counts(&self, row: u32) -> bool {
        self.some.as_ref().is_none_or(|bits| bits.words[row as usize / 64] >> (row % 64) & 1 == 1)
    }

    /// How many of the rows lie before `row`, which may be the end of the batch.
    pub fn rank(&self, row: u32) -> u32 {
        match &self.some {
            None => row,
            Some(bits) => {
                let below = bits.words[row as usize / 64] & ((1 << (row % 64)) - 1);
                bits.before[row as usize / 64] + below.count_ones()
            }
        }
    }

    /// The rows, ascending.
    pub fn list(&self) -> &[u32] {
        self.list.get_or_init(|| {
            let Some(bits) = &self.some else { return (0..self.n_rows as u32).collect() };
            // Every row is written and the place moves on only for those that count: no branch
            // depends on a value. One more slot takes what comes after the last.
            let (mut list, mut at) = (vec![0u32; bits.n + 1], 0);
            for (index, word) in bits.words.iter().enumerate() {
                if *word == 0 {
                    continue;
                }
                let first = index as u32 * 64;
                for bit in 0..64 {
                    list[at] = first + bit;
                    at += (word >> bit & 1) as usize;
                }
            }
            list.truncate(bits.n);
            list
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Int64Array};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_and_ranks_are_those_of_the_bits(
            holds in prop::collection::vec(prop::option::of(any::<bool>()), 0..300),
            given in prop::collection::vec(prop::option::of(1i64..9), 300),
            skip in 0usize..70,
        ) {
            let skip = skip.min(holds.len());
            let values: ArrayRef = Arc::new(BooleanArray::from(holds.clone()).slice(skip, holds.len() - skip));
            let given = Int64Array::from(given[..values.len()].to_vec());
            let rows = Rows::holding(&values);
            let narrow = rows.given(&given).unwrap_or_else(|| rows.clone());
            let holds = &holds[skip..];
            let expect = |row: u32, both: bool| holds[row as usize] == Some(true) && (!both || given.is_valid(row as usize));
            for (rows, both) in [(&rows, false), (&narrow, true), (&rows.retain(|row| expect(row, true)), true)] {
                let expected: Vec<u32> = (0..holds.len() as u32).filter(|row| expect(*row, both)).collect();
                prop_assert_eq!(rows.list(), &expected);
                prop_assert_eq!(rows.len(), expected.len());
                for row in 0..=holds.len() as u32 {
                    prop_assert_eq!(rows.rank(row) as usize, expected.iter().filter(|e| **e < row).count());
                    prop_assert!(row as usize == holds.len() || rows.counts(row) == expect(row, both));
                }
            }
        }
    }
}
