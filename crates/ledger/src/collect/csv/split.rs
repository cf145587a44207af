//! Where the cells of one row are. Strict about quotes, so that a broken one is noticed in its own
//! row instead of swallowing those that follow.

/// Cells of one row that are told apart; of those beyond, only whether one is not empty.
const MAX_CELLS: usize = 4 * super::super::options::MAX_COLUMNS;

/// One cell within the text that was split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The cell stood in quotes; `start..end` is what lies between them.
    pub(crate) quoted: bool,
    /// Quotes inside are doubled and have to be halved.
    pub(crate) doubled: bool,
}

/// What was found from the start of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A row, which ends before `next`, and the line ends it spans.
    Row { next: usize, lines: u64 },
    /// The text ends before the row does.
    NeedMore,
    /// A quote is still open at the end of the file.
    Unclosed,
    /// Text stands after a closing quote, at `at`.
    AfterQuote { at: usize },
    /// A cell exceeds the limit; `lines` line ends lie within it, if it stands in quotes.
    TooLong { quoted: bool, lines: u64 },
}

/// Delimiter, quote and limit of one file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Splitter {
    delimiter: u8,
    quote: Option<u8>,
    max_cell: usize,
}

impl Splitter {
    pub(crate) fn new(delimiter: u8, quote: Option<u8>, max_cell: u64) -> Splitter {
        Splitter { delimiter, quote, max_cell: usize::try_from(max_cell).unwrap_or(usize::MAX) }
    }

    /// Splits the row that begins at `start`. `last` says that nothing follows the text.
    pub(crate) fn split(&self, text: &[u8], start: usize, last: bool, cells: &mut Vec<Cell>) -> Step {
        cells.clear();
        let mut at = start;
        let mut lines = 0;
        loop {
            // A cell begins here.
            let (cell, after) = if self.quote.is_some() && text.get(at).copied() == self.quote {
                match self.quoted(text, at + 1, last, &mut lines) {
                    Ok(found) => found,
                    Err(step) => return step,
                }
            } else {
                match self.plain(text, at, last) {
                    Ok(found) => found,
                    Err(step) => return step,
                }
            };
            // A line of nothing but delimiters must not fill the memory with empty cells.
            if cells.len() < MAX_CELLS || (cells.len() == MAX_CELLS && cell.end > cell.start) {
                cells.push(cell);
            }
            match text.get(after) {
                Some(byte) if *byte == self.delimiter => at = after + 1,
                Some(b'\n') => return Step::Row { next: after + 1, lines: lines + 1 },
                Some(b'\r') => match text.get(after + 1) {
                    Some(b'\n') => return Step::Row { next: after + 2, lines: lines + 1 },
                    None if !last => return Step::NeedMore,
                    _ => return Step::Row { next: after + 1, lines: lines + 1 },
                },
                _ => return Step::Row { next: after, lines: lines + 1 },
            }
        }
    }

    /// The cell without quotes that begins at `start`, and where it ends.
    fn plain(&self, text: &[u8], start: usize, last: bool) -> Result<(Cell, usize), Step> {
        let rest = &text[start..];
        let delimiter = self.delimiter;
        let length = rest.iter().position(|&byte| byte == delimiter || byte == b'\n' || byte == b'\r');
        let end = match length {
            Some(length) => start + length,
            None if last => text.len(),
            None if rest.len() > self.max_cell => return Err(Step::TooLong { quoted: false, lines: 0 }),
            None => return Err(Step::NeedMore),
        };
        if end - start > self.max_cell {
            return Err(Step::TooLong { quoted: false, lines: 0 });
        }
        Ok((Cell { start, end, quoted: false, doubled: false }, end))
    }

    /// The cell whose text begins at `start`, after its opening quote, and where it is closed.
    fn quoted(&self, text: &[u8], start: usize, last: bool, lines: &mut u64) -> Result<(Cell, usize), Step> {
        let quote = self.quote.unwrap_or(b'"');
        let limit = start.saturating_add(self.max_cell);
        let mut at = start;
        let mut doubled = false;
        let mut within = 0;
        loop {
            let Some(length) = text[at..].iter().position(|&byte| byte == quote) else {
                if text.len() > limit {
                    within += line_ends(&text[at..]);
                    return Err(Step::TooLong { quoted: true, lines: within });
                }
                return Err(if last { Step::Unclosed } else { Step::NeedMore });
            };
            within += line_ends(&text[at..at + length]);
            at += length;
            match text.get(at + 1) {
                Some(next) if *next == quote => {
                    doubled = true;
                    at += 2;
                }
                None if !last => return Err(Step::NeedMore),
                next => {
                    if at > limit {
                        return Err(Step::TooLong { quoted: true, lines: within });
                    }
                    let closes =
                        next.is_none_or(|byte| *byte == self.delimiter || *byte == b'\n' || *byte == b'\r');
                    if !closes {
                        return Err(Step::AfterQuote { at: at + 1 });
                    }
                    *lines += within;
                    return Ok((Cell { start, end: at, quoted: true, doubled }, at + 1));
                }
            }
        }
    }

    pub(crate) fn quote(&self) -> Option<u8> {
        self.quote
    }

    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }
}

/// How many line ends a text holds: `\n`, `\r\n` and a lone `\r` each count once.
pub(crate) fn line_ends(text: &[u8]) -> u64 {
    let mut n = 0;
    let mut after_return = false;
    for &byte in text {
        n += u64::from(byte == b'\r' || (byte == b'\n' && !after_return));
        after_return = byte == b'\r';
    }
    n
}

/// Where the line that begins at `start` ends and the next one begins; none if the text ends first.
pub(crate) fn next_line(text: &[u8], start: usize, last: bool) -> Option<usize> {
    let end = start + text[start..].iter().position(|&byte| byte == b'\n' || byte == b'\r')?;
    if text[end] == b'\n' {
        return Some(end + 1);
    }
    match text.get(end + 1) {
        Some(b'\n') => Some(end + 2),
        None if !last => None,
        _ => Some(end + 1),
    }
}

/// Appends the text of a cell, doubled quotes halved.
pub(crate) fn append_cell(text: &[u8], cell: Cell, quote: Option<u8>, out: &mut Vec<u8>) {
    let bytes = &text[cell.start..cell.end];
    match quote {
        Some(quote) if cell.doubled => {
            let mut skip = false;
            for &byte in bytes {
                if byte == quote && !skip {
                    skip = true;
                    out.push(byte);
                } else if byte == quote {
                    skip = false;
                } else {
                    skip = false;
                    out.push(byte);
                }
            }
        }
        _ => out.extend_from_slice(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Result<Vec<String>, Step>> {
        let splitter = Splitter::new(b',', Some(b'"'), 100);
        let (mut at, mut cells, mut rows) = (0, Vec::new(), Vec::new());
        while at < text.len() {
            match splitter.split(text.as_bytes(), at, true, &mut cells) {
                Step::Row { next, .. } => {
                    let texts = cells.iter().map(|cell| {
                        let mut out = Vec::new();
                        append_cell(text.as_bytes(), *cell, Some(b'"'), &mut out);
                        String::from_utf8(out).unwrap()
                    });
                    rows.push(Ok(texts.collect()));
                    at = next;
                }
                step => {
                    rows.push(Err(step));
                    at = next_line(text.as_bytes(), at, true).unwrap_or(text.len());
                }
            }
        }
        rows
    }

    #[test]
    fn cells_of_every_kind() {
        assert_eq!(
            rows("a,\"b,\"\"c\"\"\",\r\n\"x\ny\",,z"),
            [
                Ok(vec!["a".into(), "b,\"c\"".into(), String::new()]),
                Ok(vec!["x\ny".into(), String::new(), "z".into()])
            ]
        );
        assert_eq!(
            rows("5\" disk,1\r2,3"),
            [Ok(vec!["5\" disk".into(), "1".into()]), Ok(vec!["2".into(), "3".into()])]
        );
    }

    #[test]
    fn a_broken_quote_is_noticed_in_its_own_row() {
        let found = rows("1,\"abc,2\n3,def,4\n5,\"x\",6\n");
        assert!(matches!(found[0], Err(Step::AfterQuote { .. })), "{found:?}");
        assert_eq!(found[1], Ok(vec!["3".into(), "def".into(), "4".into()]));
        assert_eq!(found[2], Ok(vec!["5".into(), "x".into(), "6".into()]));
        assert!(matches!(rows("\"never closed\n")[0], Err(Step::Unclosed)));
        let long = format!("\"{}", "x\n".repeat(100));
        assert!(matches!(rows(&long)[0], Err(Step::TooLong { quoted: true, lines: 100 })));
    }

    #[test]
    fn line_ends_of_every_kind_count_once() {
        assert_eq!(line_ends(b"a\r\nb\rc\nd\n\re"), 5);
    }
}
