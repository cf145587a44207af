//! CSV as RFC 4180 has it: CRLF, quoted where needed; UTF-8 with a byte order mark, or GB18030.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};

use super::cell::safe_text;
use super::pick::{Cells, Table};
use super::{ExportError, ExportOptions, ExportReport};

pub(crate) fn write(
    table: &Table,
    file: &mut File,
    options: &ExportOptions,
    gb18030: bool,
) -> Result<ExportReport, ExportError> {
    let mut report = ExportReport::empty();
    let mut out = BufWriter::with_capacity(1 << 18, file);
    if !gb18030 {
        out.write_all(b"\xEF\xBB\xBF")?;
    }
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    let mut put = |writer: &mut csv::Writer<_>, text: &str, is_text: bool| -> Result<(), ExportError> {
        let guarded = if is_text && options.guard_formulas { safe_text(text) } else { Cow::Borrowed(text) };
        report.n_guarded += u64::from(matches!(guarded, Cow::Owned(_)));
        if gb18030 {
            let (bytes, unmappable) = encode(&guarded);
            report.n_unmappable += u64::from(unmappable);
            writer.write_field(&bytes).map_err(io)
        } else {
            writer.write_field(guarded.as_bytes()).map_err(io)
        }
    };
    for heading in &table.headings {
        put(&mut writer, heading, true)?;
    }
    writer.write_record(None::<&[u8]>).map_err(io)?;
    for batch in &table.batches {
        let cells: Vec<Cells<'_>> = table.cells(batch)?;
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            for column in &cells {
                text.clear();
                column.text(row, &mut text);
                put(&mut writer, &text, column.is_text())?;
            }
            writer.write_record(None::<&[u8]>).map_err(io)?;
        }
    }
    writer.flush()?;
    Ok(report)
}

/// GB18030 bytes; each character that it cannot hold becomes `?`.
fn encode(text: &str) -> (Cow<'_, [u8]>, bool) {
    let mut encoder = encoding_rs::GB18030.new_encoder();
    let need =
        encoder.max_buffer_length_from_utf8_without_replacement(text.len()).unwrap_or(text.len() * 4 + 16);
    let mut bytes: Vec<u8> = Vec::with_capacity(need);
    let (mut read, mut unmappable) = (0, false);
    loop {
        let rest = text.get(read..).unwrap_or("");
        let (result, n) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        read += n;
        match result {
            encoding_rs::EncoderResult::InputEmpty => return (Cow::Owned(bytes), unmappable),
            encoding_rs::EncoderResult::OutputFull => bytes.reserve(text.len() + 16),
            encoding_rs::EncoderResult::Unmappable(_) => {
                unmappable = true;
                bytes.push(b'?');
            }
        }
    }
}

fn io(error: csv::Error) -> ExportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ExportError::File(error),
        other => ExportError::File(std::io::Error::other(format!("{other:?}"))),
    }
}
