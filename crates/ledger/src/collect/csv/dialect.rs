//! Which character separates the cells, and which one quotes them: the one under which the rows of
//! a sample agree about their number of cells.

use super::{Cell, Splitter, Step, next_line};

/// Candidates, the usual ones first; on a tie the earlier wins.
const DELIMITERS: [u8; 10] = [b',', b'\t', b';', b'|', b'^', b'~', 0x01, 0x1f, b'#', b':'];
const SAMPLE_ROWS: usize = 300;

/// How cells are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
}

/// The dialect of a sample of UTF-8 text. What is given is not guessed.
pub(crate) fn detect(sample: &[u8], last: bool, delimiter: Option<u8>, quote: Option<Option<u8>>) -> Dialect {
    let quote = quote.unwrap_or_else(|| detect_quote(sample, delimiter));
    if let Some(delimiter) = delimiter {
        return Dialect { delimiter, quote };
    }
    let mut best = (b',', 0.0);
    for candidate in DELIMITERS {
        let agreement = agreement(sample, last, candidate, quote);
        // A later candidate has to be clearly better.
        if agreement > best.1 + 0.02 {
            best = (candidate, agreement);
        }
    }
    Dialect { delimiter: best.0, quote }
}

/// Apostrophes quote if more cells begin and end with them than with quotation marks.
fn detect_quote(sample: &[u8], delimiter: Option<u8>) -> Option<u8> {
    let (mut double, mut single) = (0usize, 0usize);
    let is_edge = |byte: Option<&u8>| match (byte, delimiter) {
        (None | Some(b'\n' | b'\r'), _) => true,
        (Some(byte), Some(delimiter)) => *byte == delimiter,
        (Some(byte), None) => matches!(byte, b',' | b';' | b'\t' | b'|'),
    };
    for (index, byte) in sample.iter().enumerate() {
        if !matches!(byte, b'"' | b'\'') {
            continue;
        }
        let before = index.checked_sub(1).and_then(|index| sample.get(index));
        let edges = usize::from(is_edge(before)) + usize::from(is_edge(sample.get(index + 1)));
        if edges > 0 {
            *(if *byte == b'"' { &mut double } else { &mut single }) += 1;
        }
    }
    Some(if single > 4 && single > 4 * double { b'\'' } else { b'"' })
}

/// How well the rows agree when split at a delimiter: 0 not at all, towards 1 for many columns in
/// every row.
fn agreement(sample: &[u8], last: bool, delimiter: u8, quote: Option<u8>) -> f64 {
    let splitter = Splitter::new(delimiter, quote, 1 << 20);
    let mut cells: Vec<Cell> = Vec::new();
    let mut widths: Vec<usize> = Vec::new();
    let mut broken = 0usize;
    let mut at = 0;
    while at < sample.len() && widths.len() + broken < SAMPLE_ROWS {
        match splitter.split(sample, at, last, &mut cells) {
            Step::Row { next, .. } => {
                let blank = cells.len() == 1 && cells[0].start == cells[0].end;
                if !blank {
                    widths.push(cells.len());
                }
                at = next;
            }
            Step::NeedMore if !widths.is_empty() => break,
            _ => {
                broken += 1;
                match next_line(sample, at, true) {
                    Some(next) => at = next,
                    None => break,
                }
            }
        }
    }
    let mut sorted = widths.clone();
    sorted.sort_unstable();
    let usual = most_frequent(&sorted);
    if usual < 2 {
        return 0.0;
    }
    let agreeing = widths.iter().filter(|width| **width == usual).count();
    let agreement = agreeing as f64 / (widths.len() + broken) as f64;
    // A title above the table or one broken row must not decide, a delimiter found only in some
    // cells must not win.
    if agreement < 0.6 && widths.len() > 2 {
        return 0.0;
    }
    let first = if widths.first() == Some(&usual) { 1.0 } else { 0.85 };
    agreement * first * (1.0 - 0.5 / usual as f64)
}

fn most_frequent(sorted: &[usize]) -> usize {
    let mut best = (0, 0);
    for run in sorted.chunk_by(|left, right| left == right) {
        if run.len() >= best.1 {
            best = (run[0], run.len());
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter(sample: &str) -> char {
        char::from(detect(sample.as_bytes(), true, None, None).delimiter)
    }

    #[test]
    fn the_usual_delimiters_are_found() {
        assert_eq!(delimiter("a,b,c\n1,2,3\n4,5,6\n"), ',');
        assert_eq!(delimiter("name;price;day\nx;1,50;1.2.2024\ny;2,75;3.2.2024\n"), ';');
        assert_eq!(delimiter("a\tb\n1,5\t2,5\n3,5\t4,5\n"), '\t');
        assert_eq!(delimiter("a|b|c\n1|2|3\n"), '|');
        assert_eq!(delimiter("time,text\n10:20:30,\"a:b;c\"\n11:20:30,\"d:e;f\"\n"), ',');
        assert_eq!(delimiter("one\ntwo\nthree\n"), ',');
    }

    #[test]
    fn a_title_and_a_broken_row_do_not_decide() {
        assert_eq!(
            delimiter("会员消费明细 2024\n会员号;金额;时间\n1;2,5;3\n4;5,5;6\n\"7;8,1\n9;1,1;1\n2;2,2;2\n"),
            ';'
        );
    }

    #[test]
    fn apostrophes_quote_when_they_enclose_cells() {
        let sample = "'a','b'\n'1','x,y'\n'2','z'\n";
        assert_eq!(
            detect(sample.as_bytes(), true, None, None),
            Dialect { delimiter: b',', quote: Some(b'\'') }
        );
        assert_eq!(detect(b"a,b\nit's,don't\n", true, None, None).quote, Some(b'"'));
    }
}
