//! The frames between the program and the process that reads a workbook for it. The reader may be
//! stopped at any byte, so a frame counts only when all of it is there and its checksum fits.

use std::io::{self, Read, Write};

/// What every stream of frames begins with; whatever a launcher prints before is passed over.
const PREAMBLE: &[u8; 16] = b"\0gradus-excel-1\n";
/// Longest prologue that is passed over.
const MAX_PROLOGUE: usize = 64 << 10;
/// Longest payload of one frame.
pub(crate) const MAX_FRAME: usize = 64 << 20;
const CHECK_BYTES: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// JSON: the sheets, and which one is read.
    Sheets,
    /// Cells of some rows.
    Rows,
    /// JSON: why the workbook is not read.
    Refused,
    /// JSON: what was read; nothing follows.
    End,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Kind::Sheets => b'S',
            Kind::Rows => b'R',
            Kind::Refused => b'X',
            Kind::End => b'E',
        }
    }

    fn of(byte: u8) -> Option<Kind> {
        [Kind::Sheets, Kind::Rows, Kind::Refused, Kind::End].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// One cell on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrameCell {
    /// From 0.
    pub(crate) column: u32,
    /// None for a text beyond the limit.
    pub(crate) text: Option<String>,
}

/// One row on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrameRow {
    /// Row of the sheet, from 1.
    pub(crate) line: u64,
    pub(crate) cells: Vec<FrameCell>,
}

pub(crate) fn write_preamble(out: &mut impl Write) -> io::Result<()> {
    out.write_all(PREAMBLE)
}

pub(crate) fn write(out: &mut impl Write, kind: Kind, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut head = [0u8; 13];
    head[0] = kind.byte();
    head[1..5].copy_from_slice(&length.to_le_bytes());
    head[5..].copy_from_slice(&check(kind, payload));
    out.write_all(&head)?;
    out.write_all(payload)?;
    out.flush()
}

/// Passes over what stands before the preamble; false if it does not come.
pub(crate) fn skip_to_preamble(input: &mut impl Read) -> io::Result<bool> {
    let mut matched = 0;
    for byte in input.bytes().take(MAX_PROLOGUE) {
        let byte = byte?;
        // The first byte of the preamble does not come again within it.
        matched = if byte == PREAMBLE[matched] { matched + 1 } else { usize::from(byte == PREAMBLE[0]) };
        if matched == PREAMBLE.len() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The next frame; none if the stream ends or is not what was written.
pub(crate) fn read(input: &mut impl Read) -> io::Result<Option<(Kind, Vec<u8>)>> {
    let mut head = [0u8; 5 + CHECK_BYTES];
    if let Err(error) = input.read_exact(&mut head) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let [kind, a, b, c, d, ..] = head;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    let Some(kind) = Kind::of(kind).filter(|_| length <= MAX_FRAME) else { return Ok(None) };
    let mut payload = Vec::new();
    input.take(length as u64).read_to_end(&mut payload)?;
    let whole = payload.len() == length && head[5..] == check(kind, &payload);
    Ok(whole.then_some((kind, payload)))
}

fn check(kind: Kind, payload: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    let hash = blake3::Hasher::new().update(&[kind.byte()]).update(payload).finalize();
    check.copy_from_slice(&hash.as_bytes()[..CHECK_BYTES]);
    check
}

/// Appends a row to the payload of a frame of rows.
pub(crate) fn push_row(payload: &mut Vec<u8>, row: &FrameRow) {
    payload.extend_from_slice(&row.line.to_le_bytes());
    payload.extend_from_slice(&(row.cells.len() as u32).to_le_bytes());
    for cell in &row.cells {
        payload.extend_from_slice(&cell.column.to_le_bytes());
        let length = cell.text.as_ref().map_or(u32::MAX, |text| text.len() as u32);
        payload.extend_from_slice(&length.to_le_bytes());
        payload.extend_from_slice(cell.text.as_deref().unwrap_or("").as_bytes());
    }
}

/// The rows of a payload; none if it is not what [`push_row`] writes.
pub(crate) fn rows(payload: &[u8]) -> Option<Vec<FrameRow>> {
    let mut rest = payload;
    let mut rows = Vec::new();
    while !rest.is_empty() {
        let line = u64::from_le_bytes(take(&mut rest)?);
        let n_cells = u32::from_le_bytes(take(&mut rest)?);
        let mut cells = Vec::new();
        for _ in 0..n_cells {
            let column = u32::from_le_bytes(take(&mut rest)?);
            let length = u32::from_le_bytes(take(&mut rest)?);
            let text = if length == u32::MAX {
                None
            } else {
                let (text, after) = rest.split_at_checked(length as usize)?;
                rest = after;
                Some(std::str::from_utf8(text).ok()?.to_string())
            };
            cells.push(FrameCell { column, text });
        }
        rows.push(FrameRow { line, cells });
    }
    Some(rows)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_whole_or_not_at_all() {
        let row = FrameRow {
            line: 7,
            cells: vec![
                FrameCell { column: 0, text: Some("王".into()) },
                FrameCell { column: 3, text: None },
                FrameCell { column: 4, text: Some(String::new()) },
            ],
        };
        let mut payload = Vec::new();
        push_row(&mut payload, &row);
        push_row(&mut payload, &FrameRow { line: 8, cells: Vec::new() });
        let mut stream = b"running 1 test\n\0gra".to_vec();
        write_preamble(&mut stream).unwrap();
        let start = stream.len();
        write(&mut stream, Kind::Rows, &payload).unwrap();
        let mut input = &stream[..];
        assert!(skip_to_preamble(&mut input).unwrap());
        let (kind, got) = read(&mut input).unwrap().unwrap();
        assert_eq!(kind, Kind::Rows);
        assert_eq!(rows(&got).unwrap()[0], row);
        assert!(read(&mut input).unwrap().is_none());
        for end in start..stream.len() {
            assert!(read(&mut &stream[start..end]).unwrap().is_none(), "cut at {end}");
        }
        for at in start..stream.len() {
            let mut broken = stream[start..].to_vec();
            broken[at - start] ^= 1;
            let got = read(&mut &broken[..]).unwrap();
            assert!(got.is_none(), "one wrong bit at {at} must be noticed");
        }
        for end in 0..payload.len() {
            assert!(rows(&payload[..end]).is_none_or(|rows| rows.len() < 2));
        }
    }
}
