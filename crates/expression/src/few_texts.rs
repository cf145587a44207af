//! Columns of few texts: each different text once, and which of them stands in each row.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray, UInt32Array, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Int32Type};

use crate::value::plain_text;

/// From so many operations on it finding equal texts costs less than it saves.
const MANY_OPERATIONS: usize = 3;
/// Rows after which it is asked whether texts repeat.
const A_LOOK: usize = 512;

/// Different texts, null among them where some row is null.
#[derive(Debug)]
pub struct FewTexts {
    pub texts: ArrayRef,
    places: Vec<u32>,
}

impl FewTexts {
    /// The texts of a column, if they are clearly fewer than its rows and it pays to know them: a
    /// dictionary has them; plain text is looked through if `weight` operations wait for it.
    pub fn few(array: &ArrayRef, weight: usize) -> Option<FewTexts> {
        match array.data_type() {
            DataType::Dictionary(_, _) => FewTexts::of_dictionary(array),
            DataType::Utf8 if weight >= MANY_OPERATIONS && array.len() >= A_LOOK => {
                FewTexts::of_plain(array.as_string())
            }
            _ => None,
        }
    }

    fn of_dictionary(array: &ArrayRef) -> Option<FewTexts> {
        let dictionary = array.as_dictionary_opt::<Int32Type>()?;
        let values: ArrayRef = Arc::new(plain_text(dictionary.values()));
        let n = values.len();
        if n * 2 > array.len() {
            return None;
        }
        let keys = dictionary.keys();
        let place = |key: &i32| u32::try_from(*key).unwrap_or(0).min(n as u32);
        let mut places: Vec<u32> = keys.values().iter().map(place).collect();
        let nulls = keys.nulls().filter(|nulls| nulls.null_count() > 0);
        if nulls.is_none() && n > 0 {
            return Some(FewTexts { texts: values, places });
        }
        if let Some(nulls) = nulls {
            (!nulls.inner()).set_indices().for_each(|row| places[row] = n as u32);
        }
        let null = new_null_array(&DataType::Utf8, 1);
        Some(FewTexts { texts: concat(&[values.as_ref(), null.as_ref()]).ok()?, places })
    }

    fn of_plain(array: &StringArray) -> Option<FewTexts> {
        let mut known: HashMap<Option<&str>, u32> = HashMap::new();
        let mut texts: Vec<Option<&str>> = Vec::new();
        let mut places = Vec::with_capacity(array.len());
        for (row, text) in array.iter().enumerate() {
            if row % A_LOOK == 0 && texts.len() * 2 > row {
                return None;
            }
            places.push(*known.entry(text).or_insert_with(|| {
                texts.push(text);
                texts.len() as u32 - 1
            }));
        }
        Some(FewTexts { texts: Arc::new(StringArray::from(texts)), places })
    }

    /// Which of the texts stands in each row.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.places.iter().map(|place| *place as usize)
    }

    /// What each of the texts gave, row by row.
    pub fn spread(&self, values: &ArrayRef) -> ArrayRef {
        if let Some(values) = values.as_boolean_opt().filter(|values| values.null_count() == 0) {
            let values: Vec<bool> = values.values().iter().collect();
            let bits =
                BooleanBuffer::collect_bool(self.places.len(), |row| values[self.places[row] as usize]);
            return Arc::new(BooleanArray::new(bits, None));
        }
        let places = UInt32Array::from(self.places.clone());
        take(values, &places, None).unwrap_or_else(|_| new_null_array(values.data_type(), self.places.len()))
    }
}
