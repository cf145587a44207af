//! Bytes in any encoding become UTF-8 as they stream by; bytes that are no text are remembered by
//! place, so that only the row that holds them is lost to quarantine.

use std::collections::VecDeque;
use std::io;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::input::Input;

const CHUNK_BYTES: usize = 256 << 10;

/// Bytes that are no text in the encoding of the file.
struct Bad {
    /// Where in the decoded text, counted from the start of the file.
    at: u64,
    /// Length of what stands for them in the decoded text.
    len: usize,
    raw: Vec<u8>,
}

/// A window on the decoded text of a file.
pub(crate) struct TextReader {
    input: Input,
    encoding: &'static Encoding,
    /// None for UTF-8, which is only validated.
    decoder: Option<Decoder>,
    chunk: Vec<u8>,
    /// The last bytes fed to the decoder before this chunk: a malformed sequence may begin there.
    last_bytes: Vec<u8>,
    buffer: Vec<u8>,
    /// Where in the file's text the buffer begins.
    base: u64,
    /// Up to here the buffer may be looked at: it does not end within a character.
    end: usize,
    bad: VecDeque<Bad>,
    at_start: bool,
    has_nul: bool,
    finished: bool,
}

impl TextReader {
    pub(crate) fn new(input: Input, encoding: &'static Encoding) -> TextReader {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_with_bom_removal());
        TextReader {
            input,
            encoding,
            decoder,
            chunk: Vec::new(),
            last_bytes: Vec::new(),
            buffer: Vec::new(),
            base: 0,
            end: 0,
            bad: VecDeque::new(),
            at_start: true,
            has_nul: false,
            finished: false,
        }
    }

    /// The decoded text at hand: from what was last consumed to what was last read.
    pub(crate) fn text(&self) -> &[u8] {
        &self.buffer[..self.end]
    }

    /// True when nothing follows [`TextReader::text`].
    pub(crate) fn finished(&self) -> bool {
        self.finished
    }

    /// True if a NUL character has been seen anywhere so far.
    pub(crate) fn has_nul(&self) -> bool {
        self.has_nul
    }

    pub(crate) fn input(&self) -> &Input {
        &self.input
    }

    pub(crate) fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// Forgets the first `n` bytes of the text at hand.
    pub(crate) fn consume(&mut self, n: usize) {
        let n = n.min(self.end);
        self.buffer.drain(..n);
        self.base += n as u64;
        self.end -= n;
        while self.bad.front().is_some_and(|bad| bad.at < self.base) {
            self.bad.pop_front();
        }
    }

    /// Reads on; the text at hand grows by at least half, so that a long row is not looked at often.
    pub(crate) fn fill(&mut self) -> io::Result<()> {
        let goal = self.buffer.len() + CHUNK_BYTES.max(self.buffer.len() / 2);
        while !self.finished && self.buffer.len() < goal {
            self.fill_once()?;
        }
        Ok(())
    }

    fn fill_once(&mut self) -> io::Result<()> {
        let from = self.buffer.len();
        match self.decoder.take() {
            None => {
                self.buffer.resize(from + CHUNK_BYTES, 0);
                let read = self.input.read(&mut self.buffer[from..]);
                self.buffer.truncate(from + *read.as_ref().unwrap_or(&0));
                self.finished = read? == 0;
                if self.at_start && (self.buffer.len() >= 3 || self.finished) {
                    self.at_start = false;
                    if self.buffer.starts_with(b"\xEF\xBB\xBF") {
                        self.buffer.drain(..3);
                    }
                }
                if !self.at_start {
                    self.validate();
                }
            }
            Some(mut decoder) => {
                self.chunk.resize(CHUNK_BYTES, 0);
                let n = self.input.read(&mut self.chunk)?;
                self.finished = n == 0;
                self.decode(&mut decoder, n);
                self.decoder = Some(decoder);
                self.end = self.buffer.len();
            }
        }
        let from = from.min(self.buffer.len());
        self.has_nul |= self.buffer[from..].contains(&0);
        Ok(())
    }

    /// Moves `end` as far as the buffer is whole characters, noting what is no character.
    fn validate(&mut self) {
        loop {
            match std::str::from_utf8(&self.buffer[self.end..]) {
                Ok(_) => {
                    self.end = self.buffer.len();
                    return;
                }
                Err(error) => {
                    self.end += error.valid_up_to();
                    let len = match error.error_len() {
                        Some(len) => len,
                        None if self.finished => self.buffer.len() - self.end,
                        None => return,
                    };
                    self.bad.push_back(Bad { at: self.base + self.end as u64, len, raw: Vec::new() });
                    self.end += len;
                }
            }
        }
    }

    fn decode(&mut self, decoder: &mut Decoder, n: usize) {
        let mut done = 0;
        loop {
            let source = &self.chunk[done..n];
            let room =
                decoder.max_utf8_buffer_length_without_replacement(source.len()).unwrap_or(1 << 22) + 16;
            let from = self.buffer.len();
            self.buffer.resize(from + room, 0);
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(source, &mut self.buffer[from..], self.finished);
            self.buffer.truncate(from + written);
            done += read;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => continue,
                DecoderResult::Malformed(len, after) => {
                    let raw = self.malformed(done, usize::from(len), usize::from(after));
                    let at = self.base + self.buffer.len() as u64;
                    self.buffer.extend_from_slice("\u{FFFD}".as_bytes());
                    self.bad.push_back(Bad { at, len: 3, raw });
                }
            }
        }
        let keep_from = n.saturating_sub(8);
        self.last_bytes.extend_from_slice(&self.chunk[keep_from..n]);
        let too_many = self.last_bytes.len().saturating_sub(8);
        self.last_bytes.drain(..too_many);
    }

    /// The bytes of a malformed sequence that ends `after` bytes before `done` in the chunk.
    fn malformed(&self, done: usize, len: usize, after: usize) -> Vec<u8> {
        let mut seen = self.last_bytes.clone();
        seen.extend_from_slice(&self.chunk[done.saturating_sub(16)..done]);
        let end = seen.len().saturating_sub(after);
        seen[end.saturating_sub(len)..end].to_vec()
    }

    /// True if `text()[from..to]` holds bytes that are no text in the file's encoding.
    pub(crate) fn is_bad(&self, from: usize, to: usize) -> bool {
        let (from, to) = (self.base + from as u64, self.base + to as u64);
        let first = self.bad.partition_point(|bad| bad.at < from);
        self.bad.get(first).is_some_and(|bad| bad.at < to)
    }

    /// The bytes that `text()[from..to]` was read from, as they stand in the file; at most `max`.
    pub(crate) fn raw(&self, from: usize, to: usize, max: usize) -> (Vec<u8>, bool) {
        let cut = to - from > max;
        let to = if cut { from + max } else { to };
        if self.encoding == UTF_8 {
            return (self.buffer[from..to].to_vec(), cut);
        }
        let mut raw = Vec::with_capacity(to - from);
        let mut position = from;
        let first = self.bad.partition_point(|bad| bad.at < self.base + from as u64);
        for bad in self.bad.range(first..) {
            let at = (bad.at - self.base) as usize;
            if at + bad.len > to {
                break;
            }
            encode(self.encoding, &self.buffer[position..at], &mut raw);
            raw.extend_from_slice(&bad.raw);
            position = at + bad.len;
        }
        encode(self.encoding, &self.buffer[position..to], &mut raw);
        raw.truncate(max);
        (raw, cut)
    }
}

/// Text back in the encoding it came from; `encoding_rs` itself never writes UTF-16.
fn encode(encoding: &'static Encoding, text: &[u8], out: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(text);
    if encoding == UTF_16LE {
        out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    } else if encoding == UTF_16BE {
        out.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    } else {
        out.extend_from_slice(&encoding.encode(&text).0);
    }
}
