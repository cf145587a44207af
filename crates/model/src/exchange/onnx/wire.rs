//! Protocol buffers as they are on the wire, as far as an ONNX file needs them: fields of a message in their order,
//! nothing interpreted that was not asked for. Lengths are held to the bytes that are there, so that a file cannot ask
//! for more memory than its own size.
//! <https://protobuf.dev/programming-guides/encoding/>

/// One field's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'b> {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    Bytes(&'b [u8]),
}

/// A message, field by field; the bytes are no message where this ends with `Err`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'b>(&'b [u8]);

/// The bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

impl<'b> Message<'b> {
    pub fn new(bytes: &'b [u8]) -> Message<'b> {
        Message(bytes)
    }

    /// All fields in their order.
    pub fn fields(self) -> Fields<'b> {
        Fields { rest: self.0, broken: false }
    }

    /// The values of a field, repeated or not.
    pub fn all(self, number: u32) -> Result<Vec<Value<'b>>, Broken> {
        let mut out = Vec::new();
        for field in self.fields() {
            let (own, value) = field?;
            if own == number {
                out.push(value);
            }
        }
        Ok(out)
    }

    /// The last value of a field, which is the one that counts.
    pub fn last(self, number: u32) -> Result<Option<Value<'b>>, Broken> {
        Ok(self.all(number)?.pop())
    }

    pub fn messages(self, number: u32) -> Result<Vec<Message<'b>>, Broken> {
        self.all(number)?.into_iter().map(|value| value.bytes().map(Message)).collect()
    }

    pub fn message(self, number: u32) -> Result<Option<Message<'b>>, Broken> {
        self.last(number)?.map(|value| value.bytes().map(Message)).transpose()
    }

    /// Texts; what is no UTF-8 is broken.
    pub fn texts(self, number: u32) -> Result<Vec<String>, Broken> {
        let text = |value: Value<'b>| {
            let text = std::str::from_utf8(value.bytes()?).map_err(|_| Broken)?;
            Ok(text.to_string())
        };
        self.all(number)?.into_iter().map(text).collect()
    }

    pub fn text(self, number: u32) -> Result<String, Broken> {
        Ok(self.texts(number)?.pop().unwrap_or_default())
    }

    pub fn integer(self, number: u32) -> Result<Option<i64>, Broken> {
        match self.last(number)? {
            None => Ok(None),
            Some(Value::Varint(value)) => Ok(Some(value as i64)),
            Some(_) => Err(Broken),
        }
    }

    /// Whole numbers, packed or one by one.
    pub fn integers(self, number: u32) -> Result<Vec<i64>, Broken> {
        let mut out = Vec::new();
        for value in self.all(number)? {
            match value {
                Value::Varint(value) => out.push(value as i64),
                Value::Bytes(mut bytes) => {
                    while !bytes.is_empty() {
                        out.push(varint(&mut bytes)? as i64);
                    }
                }
                _ => return Err(Broken),
            }
        }
        Ok(out)
    }

    /// Single precision, packed or one by one.
    pub fn floats(self, number: u32) -> Result<Vec<f32>, Broken> {
        let mut out = Vec::new();
        for value in self.all(number)? {
            match value {
                Value::Fixed32(bytes) => out.push(f32::from_le_bytes(bytes)),
                Value::Bytes(bytes) => out.extend(singles(bytes)?),
                _ => return Err(Broken),
            }
        }
        Ok(out)
    }

    /// Double precision, packed or one by one.
    pub fn doubles(self, number: u32) -> Result<Vec<f64>, Broken> {
        let mut out = Vec::new();
        for value in self.all(number)? {
            match value {
                Value::Fixed64(bytes) => out.push(f64::from_le_bytes(bytes)),
                Value::Bytes(bytes) => out.extend(doubles(bytes)?),
                _ => return Err(Broken),
            }
        }
        Ok(out)
    }
}

impl<'b> Value<'b> {
    pub fn bytes(self) -> Result<&'b [u8], Broken> {
        if let Value::Bytes(bytes) = self { Ok(bytes) } else { Err(Broken) }
    }
}

pub(super) fn singles(bytes: &[u8]) -> Result<Vec<f32>, Broken> {
    let (parts, rest) = bytes.as_chunks::<4>();
    if rest.is_empty() {
        Ok(parts.iter().map(|part| f32::from_le_bytes(*part)).collect())
    } else {
        Err(Broken)
    }
}

pub(super) fn doubles(bytes: &[u8]) -> Result<Vec<f64>, Broken> {
    let (parts, rest) = bytes.as_chunks::<8>();
    if rest.is_empty() {
        Ok(parts.iter().map(|part| f64::from_le_bytes(*part)).collect())
    } else {
        Err(Broken)
    }
}

/// The fields of a message; after something broken there are no more.
pub(super) struct Fields<'b> {
    rest: &'b [u8],
    broken: bool,
}

impl<'b> Iterator for Fields<'b> {
    type Item = Result<(u32, Value<'b>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.broken {
            return None;
        }
        let read = field(&mut self.rest);
        self.broken = read.is_err();
        Some(read)
    }
}

fn field<'b>(rest: &mut &'b [u8]) -> Result<(u32, Value<'b>), Broken> {
    let key = varint(rest)?;
    let number = u32::try_from(key >> 3).ok().filter(|number| *number > 0).ok_or(Broken)?;
    let value = match key & 7 {
        0 => Value::Varint(varint(rest)?),
        1 => Value::Fixed64(taken(rest, 8)?.try_into().map_err(|_| Broken)?),
        2 => {
            let length = usize::try_from(varint(rest)?).map_err(|_| Broken)?;
            Value::Bytes(taken(rest, length)?)
        }
        5 => Value::Fixed32(taken(rest, 4)?.try_into().map_err(|_| Broken)?),
        // Groups are gone since long before ONNX.
        _ => return Err(Broken),
    };
    Ok((number, value))
}

fn taken<'b>(rest: &mut &'b [u8], length: usize) -> Result<&'b [u8], Broken> {
    let (own, after) = rest.split_at_checked(length).ok_or(Broken)?;
    *rest = after;
    Ok(own)
}

fn varint(rest: &mut &[u8]) -> Result<u64, Broken> {
    let mut out = 0u64;
    for (at, byte) in rest.iter().take(10).enumerate() {
        let part = u64::from(byte & 0x7f);
        if at == 9 && part > 1 {
            return Err(Broken);
        }
        out |= part << (7 * at);
        if byte & 0x80 == 0 {
            *rest = &rest[at + 1..];
            return Ok(out);
        }
    }
    Err(Broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_read_as_the_guide_writes_them() {
        // From the guide: 150 in field 1, "testing" in field 2, packed 3, 270, 86942 in field 6.
        let bytes = b"\x08\x96\x01\x12\x07testing\x32\x06\x03\x8e\x02\x9e\xa7\x05";
        let message = Message::new(bytes);
        assert_eq!(message.integer(1), Ok(Some(150)));
        assert_eq!(message.text(2), Ok("testing".to_string()));
        assert_eq!(message.integers(6), Ok(vec![3, 270, 86_942]));
        let minus = Message::new(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
        assert_eq!(minus.integer(1), Ok(Some(-1)));
        let floats = Message::new(b"\x3d\x00\x00\xc0\x3f\x3a\x04\x00\x00\x00\xc0");
        assert_eq!(floats.floats(7), Ok(vec![1.5, -2.0]));
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_danger(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let message = Message::new(&bytes);
            for number in 1..8 {
                let _ = message.integers(number);
                let _ = message.floats(number);
                let _ = message.texts(number);
                for inner in message.messages(number).unwrap_or_default() {
                    let _ = inner.doubles(1);
                }
            }
        }
    }
}
