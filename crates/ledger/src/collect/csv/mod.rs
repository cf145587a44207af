//! Delimited text, row by row. A row that cannot be read costs itself, never those that follow.

mod dialect;
mod split;

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::batch::{BatchBuilder, to_hand_out};
use super::fault::{FaultCode, MAX_RAW_BYTES, RawFault, reason};
use super::text::TextReader;
use super::{RawItem, ReadOptions, Rows, Summary, input_findings};
use crate::error::LedgerError;
use gradus_model::Text;

pub(crate) use dialect::{Dialect, detect};
use split::line_ends;
pub(crate) use split::{Cell, Splitter, Step, append_cell, next_line};

#[cfg(test)]
mod tests;

/// Longest row, in bytes of UTF-8, whatever the limit of one cell is.
const MAX_ROW_BYTES: usize = 16 << 20;
/// How far a long quoted cell is followed, in multiples of the limit of one cell.
const FOLLOWED_CELLS: u64 = 64;
/// Bytes that may be looked at again after broken quotes before whole stretches are set aside.
const RESCAN_BYTES: u64 = 256 << 20;

/// What is thrown away until the next row, and what is kept of it for the fault.
struct Discard {
    until: Until,
    row: u64,
    line: u64,
    code: FaultCode,
    reason: Text,
    raw: Vec<u8>,
    bytes: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Until {
    LineEnd,
    /// The quote that closes the cell; then the end of that line.
    ClosingQuote,
}

/// The rows of one delimited file.
pub(crate) struct CsvRows {
    text: TextReader,
    /// Where in the text at hand the next row begins.
    at: usize,
    splitter: Splitter,
    cells: Vec<Cell>,
    builder: BatchBuilder,
    /// Physical line of `at`, from 1.
    line: u64,
    data_from_line: u64,
    max_cell: u64,
    max_rows: u64,
    rescans_left: u64,
    discard: Option<Discard>,
    queue: VecDeque<RawItem>,
    document: String,
    ended: bool,
    summary: Summary,
}

impl CsvRows {
    pub(crate) fn new(
        path: &Path,
        text: TextReader,
        dialect: &Dialect,
        columns: Arc<[String]>,
        data_from_line: u64,
        options: &ReadOptions,
    ) -> CsvRows {
        CsvRows {
            text,
            at: 0,
            splitter: Splitter::new(dialect.delimiter, dialect.quote, options.max_cell_bytes),
            cells: Vec::new(),
            builder: BatchBuilder::new(columns, &options.null_texts, true),
            line: 1,
            data_from_line,
            max_cell: options.max_cell_bytes,
            max_rows: options.max_rows.unwrap_or(u64::MAX),
            rescans_left: RESCAN_BYTES,
            discard: None,
            queue: VecDeque::new(),
            document: super::document_name(path),
            ended: false,
            summary: Summary::default(),
        }
    }

    /// True while the rows above the data are passed over.
    fn above_data(&self) -> bool {
        self.line < self.data_from_line
    }

    /// Forgets what was read and reads on.
    fn refill(&mut self) -> Result<(), LedgerError> {
        self.text.consume(self.at);
        self.at = 0;
        self.text.fill().map_err(|source| LedgerError::io(self.document.clone(), source))
    }

    fn step(&mut self) -> Result<(), LedgerError> {
        let last = self.text.finished();
        if self.at >= self.text.text().len() {
            if last {
                self.end();
                return Ok(());
            }
            return self.refill();
        }
        match self.splitter.split(self.text.text(), self.at, last, &mut self.cells) {
            Step::Row { next, lines } => {
                self.row(next, lines);
                Ok(())
            }
            Step::NeedMore
                if self.text.text().len() - self.at > MAX_ROW_BYTES.max(4 * self.max_cell as usize) =>
            {
                let end = self.text.text().len();
                self.broken(end, FaultCode::RowTooLong, reason::row_too_long(MAX_ROW_BYTES as u64));
                Ok(())
            }
            Step::NeedMore => self.refill(),
            Step::Unclosed => {
                let end = self.text.text().len();
                self.broken(end, FaultCode::UnclosedQuote, reason::unclosed_quote());
                Ok(())
            }
            Step::AfterQuote { at } => {
                self.broken(at, FaultCode::TextAfterQuote, reason::text_after_quote());
                Ok(())
            }
            Step::TooLong { quoted, lines } => {
                self.too_long(quoted, lines);
                Ok(())
            }
        }
    }

    /// A row whose quotes are in order; it ends before `next`.
    fn row(&mut self, next: usize, lines: u64) {
        let (start, line) = (self.at, self.line);
        self.at = next;
        self.line += lines;
        if line < self.data_from_line {
            return;
        }
        let text = self.text.text();
        if self.cells.iter().all(|cell| cell.start == cell.end && !cell.quoted)
            || is_end_mark(text, start, next)
        {
            self.summary.blank_rows += 1;
            return;
        }
        self.summary.rows += 1;
        let row = self.summary.rows;
        let n_columns = self.builder.n_columns();
        let fault = if self.text.is_bad(start, next) {
            Some((FaultCode::Undecodable, reason::undecodable(self.text.encoding().name())))
        } else if self.text.finished() && next == text.len() && self.is_cut(text) {
            Some((FaultCode::CutOff, reason::cut_off()))
        } else if self.text.has_nul() && text[start..next].contains(&0) {
            Some((FaultCode::NulCharacter, reason::nul_character()))
        } else if self.cells.len() < n_columns
            || self.cells[n_columns..].iter().any(|cell| cell.start != cell.end || cell.quoted)
        {
            let found = self.cells.len();
            Some((FaultCode::WrongNumberOfCells, reason::wrong_number_of_cells(found, n_columns)))
        } else {
            None
        };
        if let Some((code, reason)) = fault {
            let (raw, cut) = self.text.raw(start, next, MAX_RAW_BYTES);
            self.push_fault(row, line, code, reason, raw, cut);
            return;
        }
        let quote = self.splitter.quote();
        for (index, cell) in self.cells[..n_columns].iter().enumerate() {
            self.builder.cell(index, |out| append_cell(text, *cell, quote, out));
        }
        self.builder.end_row(row, line);
    }

    /// True if the file broke off in the row that ends the text.
    fn is_cut(&self, text: &[u8]) -> bool {
        self.text.input().early_end().is_some() && !matches!(text.last(), Some(b'\n' | b'\r'))
    }

    /// A row whose quotes are not in order; it was looked at up to `seen`. The next line begins a
    /// new row.
    fn broken(&mut self, seen: usize, code: FaultCode, reason: Text) {
        let start = self.at;
        let last = self.text.finished();
        let text = self.text.text();
        let Some(mut next) = next_line(text, start, last) else {
            let until = Until::LineEnd;
            self.begin_discard(until, code, reason);
            return;
        };
        let again = seen.saturating_sub(next) as u64;
        let mut lines = 1;
        if again > self.rescans_left {
            // Somebody made this file so; the stretch is set aside as one.
            let end = next_line(text, seen.max(next), last).unwrap_or(text.len());
            lines = line_ends(&text[start..end]).max(1);
            next = end;
        } else {
            self.rescans_left -= again;
        }
        let (line, above) = (self.line, self.above_data());
        self.at = next;
        self.line += lines;
        if !above {
            self.summary.rows += 1;
            let (raw, cut) = self.text.raw(start, next, MAX_RAW_BYTES);
            self.push_fault(self.summary.rows, line, code, reason, raw, cut);
        }
    }

    /// A cell beyond the limit. If line ends lie in it, either its quote was never closed or it is
    /// one long text: the lines in it tell which, for those of a table split into its columns.
    fn too_long(&mut self, quoted: bool, lines: u64) {
        let reason = reason::cell_too_long(self.max_cell);
        if !quoted || lines == 0 {
            return self.begin_discard(Until::LineEnd, FaultCode::CellTooLong, reason);
        }
        let text = self.text.text();
        let n_columns = self.builder.n_columns();
        let (mut looked_at, mut fitting) = (0, 0);
        let mut cells = Vec::new();
        let mut line = next_line(text, self.at, false);
        while let (Some(start), true) = (line, looked_at < 5) {
            let Some(end) = next_line(text, start, false) else { break };
            let step = self.splitter.split(&text[..end], start, true, &mut cells);
            looked_at += 1;
            fitting += u32::from(matches!(step, Step::Row { .. }) && cells.len() == n_columns);
            line = Some(end);
        }
        if n_columns == 1 || fitting * 2 >= looked_at {
            self.broken(text.len(), FaultCode::UnclosedQuote, reason::unclosed_quote());
        } else {
            self.begin_discard(Until::ClosingQuote, FaultCode::CellTooLong, reason);
        }
    }

    fn begin_discard(&mut self, until: Until, code: FaultCode, reason: Text) {
        let row = if self.above_data() { 0 } else { self.summary.rows + 1 };
        self.summary.rows = self.summary.rows.max(row);
        let length = self.text.text().len() - self.at;
        let (raw, _) = self.text.raw(self.at, self.at + length.min(MAX_RAW_BYTES), MAX_RAW_BYTES);
        let mut discard = Discard { until, row, line: self.line, code, reason, raw, bytes: 0 };
        if until == Until::ClosingQuote {
            // Go on right behind the quote that opens the long cell: all cells before it are whole.
            let opening = self.cells.last().map_or(self.at, |cell| cell.end + usize::from(cell.quoted) + 1);
            let opening = opening.min(self.text.text().len());
            discard.bytes = (opening + 1 - self.at) as u64;
            self.line += line_ends(&self.text.text()[self.at..opening]);
            self.at = (opening + 1).min(self.text.text().len());
        }
        self.discard = Some(discard);
    }

    /// Throws away text until the row that is too long has ended.
    fn go_on_discarding(&mut self, mut discard: Discard) -> Result<(), LedgerError> {
        let last = self.text.finished();
        let text = self.text.text();
        let (start, length) = (self.at, text.len());
        match discard.until {
            Until::LineEnd => match next_line(text, start, last) {
                Some(next) => {
                    discard.bytes += (next - start) as u64;
                    self.at = next;
                    self.line += 1;
                    self.finish_discard(discard);
                }
                None => {
                    // A line end of two characters may be cut in two here.
                    let keep = usize::from(!last && text.last() == Some(&b'\r'));
                    discard.bytes += (length - keep - start) as u64;
                    self.at = length - keep;
                    if last {
                        self.line += 1;
                        self.finish_discard(discard);
                    } else {
                        self.discard = Some(discard);
                        self.refill()?;
                    }
                }
            },
            Until::ClosingQuote => {
                let quote = self.splitter.quote().unwrap_or(b'"');
                let mut at = start;
                let mut found = false;
                while let Some(length) = text[at..].iter().position(|&byte| byte == quote) {
                    let next = text.get(at + length + 1).copied();
                    match next {
                        Some(byte) if byte == quote => at += length + 2,
                        None if !last => break,
                        _ => {
                            at += length + 1;
                            found = next.is_none_or(|byte| {
                                byte == self.splitter.delimiter() || byte == b'\n' || byte == b'\r'
                            });
                            if found {
                                break;
                            }
                        }
                    }
                }
                let end = if found || last { at } else { at.max(length.saturating_sub(2)) };
                self.line += line_ends(&text[start..end]);
                discard.bytes += (end - start) as u64;
                self.at = end;
                let followed = FOLLOWED_CELLS.saturating_mul(self.max_cell).max(1 << 20);
                if found || last || discard.bytes > followed {
                    discard.until = Until::LineEnd;
                }
                self.discard = Some(discard);
                if !found && !last {
                    self.refill()?;
                }
            }
        }
        Ok(())
    }

    fn finish_discard(&mut self, discard: Discard) {
        if discard.row > 0 {
            let cut = discard.bytes > discard.raw.len() as u64;
            self.push_fault(discard.row, discard.line, discard.code, discard.reason, discard.raw, cut);
        }
    }

    fn push_fault(&mut self, row: u64, line: u64, code: FaultCode, reason: Text, raw: Vec<u8>, cut: bool) {
        self.summary.faults += 1;
        let encoding = self.text.encoding().name();
        self.queue.push_back(RawItem::Fault(RawFault {
            row,
            line: Some(line),
            code,
            reason,
            raw,
            cut,
            encoding,
        }));
    }

    fn end(&mut self) {
        self.ended = true;
        let findings = input_findings(self.text.input(), &self.document);
        self.queue.extend(findings.into_iter().map(RawItem::Finding));
    }
}

impl Rows for CsvRows {
    fn next(&mut self) -> Result<Option<RawItem>, LedgerError> {
        loop {
            if let ControlFlow::Break(item) = to_hand_out(&mut self.queue, &mut self.builder, self.ended)? {
                return Ok(item);
            }
            if self.summary.rows >= self.max_rows && self.discard.is_none() {
                self.end();
            } else if let Some(discard) = self.discard.take() {
                self.go_on_discarding(discard)?;
            } else {
                self.step()?;
            }
        }
    }

    fn summary(&self) -> Summary {
        Summary { unpacked_bytes: self.text.input().unpacked(), ..self.summary }
    }
}

/// Control-Z, which old programs write after the last row.
fn is_end_mark(text: &[u8], start: usize, next: usize) -> bool {
    next == text.len() && text[start..next] == [0x1a]
}
