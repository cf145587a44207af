//! Which encoding a text file is in: byte-order mark, then strict UTF-8, then the look of UTF-16
//! without a mark, then statistics with the hint that Chinese is likely.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};
use gradus_model::Text;
use serde::{Deserialize, Serialize};

/// Why an encoding was chosen, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncodingEvidence {
    /// The operator said so.
    Given,
    /// The file begins with a byte-order mark.
    ByteOrderMark,
    /// Every byte of the sample is UTF-8.
    ValidUtf8,
    /// Zero bytes stand where UTF-16 has them.
    Utf16Pattern,
    /// A guess from the frequency of byte pairs.
    Statistics,
}

/// The encoding of a sample from the start of a file.
pub(crate) fn detect(sample: &[u8], whole: bool) -> (&'static Encoding, EncodingEvidence) {
    if let Some((encoding, _)) = Encoding::for_bom(sample) {
        return (encoding, EncodingEvidence::ByteOrderMark);
    }
    if let Some(encoding) = utf16_without_mark(sample) {
        return (encoding, EncodingEvidence::Utf16Pattern);
    }
    if is_utf8(sample, whole) {
        return (UTF_8, EncodingEvidence::ValidUtf8);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, whole);
    let guess = detector.guess(Some(b"cn"), Utf8Detection::Deny);
    // A file with a few broken rows is still UTF-8 if nearly all of its long characters are.
    if mostly_utf8(sample) {
        return (UTF_8, EncodingEvidence::Statistics);
    }
    // GB18030 reads all that GBK does, and the four-byte characters besides.
    (if guess == GBK { GB18030 } else { guess }, EncodingEvidence::Statistics)
}

/// A whole small file as text, in whichever encoding it is; none if it is text in none.
pub fn text_of(bytes: &[u8]) -> Option<String> {
    let (encoding, _) = detect(bytes, true);
    let (text, _, is_broken) = encoding.decode(bytes);
    (!is_broken).then(|| text.into_owned())
}

/// The encoding that an operator names.
pub(crate) fn by_name(name: &str) -> Option<&'static Encoding> {
    let name = name.trim();
    let name = match name.to_ascii_lowercase().as_str() {
        "utf8" | "utf-8-sig" | "utf8-bom" => "utf-8",
        "utf16" | "utf-16" | "utf16le" => "utf-16le",
        "utf16be" => "utf-16be",
        "gb18030" | "gbk" | "gb2312" | "cp936" | "ansi" => "gb18030",
        _ => return Encoding::for_label(name.as_bytes()),
    };
    Encoding::for_label(name.as_bytes())
}

/// How an operator would recognise the encoding.
pub(crate) fn described(encoding: &'static Encoding, evidence: EncodingEvidence) -> Text {
    let name = encoding.name();
    match evidence {
        EncodingEvidence::Given => Text::new(format!("{name}（指定）"), format!("{name} (given)")),
        EncodingEvidence::ByteOrderMark => Text::new(
            format!("{name}（文件开头有标记）"),
            format!("{name} (marked at the start of the file)"),
        ),
        EncodingEvidence::ValidUtf8 => Text::plain(name),
        EncodingEvidence::Utf16Pattern => Text::new(
            format!("{name}（按零字节的位置判断）"),
            format!("{name} (from where zero bytes stand)"),
        ),
        EncodingEvidence::Statistics => Text::new(
            format!("{name}（按字频猜测，请看预览）"),
            format!("{name} (a guess; look at the preview)"),
        ),
    }
}

fn is_utf8(sample: &[u8], whole: bool) -> bool {
    match std::str::from_utf8(sample) {
        Ok(_) => true,
        Err(error) => !whole && error.error_len().is_none(),
    }
}

/// True if at least five characters beyond ASCII are UTF-8 for each sequence that is not.
fn mostly_utf8(sample: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in sample.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= 5 * bad && good > 0
}

/// UTF-16 shows itself by zero bytes on one side of ASCII characters: delimiters, digits and line
/// ends are ASCII in every language's tables.
fn utf16_without_mark(sample: &[u8]) -> Option<&'static Encoding> {
    let sample = &sample[..sample.len().min(64 << 10)];
    if sample.len() < 4 || !sample.contains(&0) {
        return None;
    }
    let units = sample.len() / 2;
    let (mut low_first, mut high_first) = (0usize, 0usize);
    let (mut low_plausible, mut high_plausible) = (0usize, 0usize);
    for pair in sample.chunks_exact(2) {
        let (first, second) = (pair[0], pair[1]);
        low_first += usize::from(second == 0 && is_text_ascii(first));
        high_first += usize::from(first == 0 && is_text_ascii(second));
        low_plausible += usize::from(is_plausible(u16::from_le_bytes([first, second])));
        high_plausible += usize::from(is_plausible(u16::from_be_bytes([first, second])));
    }
    let enough = |ascii: usize, plausible: usize| ascii * 50 >= units && plausible * 100 >= units * 95;
    match (enough(low_first, low_plausible), enough(high_first, high_plausible)) {
        (true, false) => Some(UTF_16LE),
        (false, true) => Some(UTF_16BE),
        (true, true) => Some(if low_first >= high_first { UTF_16LE } else { UTF_16BE }),
        (false, false) => None,
    }
}

fn is_text_ascii(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e)
}

/// Characters that tables are made of: ASCII text, Latin, Greek, Cyrillic, CJK, full-width forms.
fn is_plausible(unit: u16) -> bool {
    match unit {
        0..=0x7f => is_text_ascii(unit as u8),
        0xa0..=0x52f | 0x2000..=0x2bff | 0x3000..=0x9fff | 0xac00..=0xdfff | 0xf900..=0xfaff => true,
        0xff00..=0xffef => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_file_is_text_in_whichever_encoding() {
        let text = "消费,频次\n1,3\n1/3,1\n";
        let (gbk, _, _) = GB18030.encode(text);
        assert_eq!(text_of(&gbk).as_deref(), Some(text));
        assert_eq!(text_of(text.as_bytes()).as_deref(), Some(text));
    }

    const TABLE: &str = "会员号,姓名,手机号,下单时间,金额\n1001,王小明,13800138000,2024-01-05,99.50\n1002,李芳,13900139000,2024-02-06,128.00\n";

    #[test]
    fn chinese_tables_are_recognised_in_every_usual_encoding() {
        assert_eq!(detect(TABLE.as_bytes(), true), (UTF_8, EncodingEvidence::ValidUtf8));
        let gbk = GB18030.encode(TABLE).0;
        assert_eq!(detect(&gbk, true), (GB18030, EncodingEvidence::Statistics));
        let le: Vec<u8> = TABLE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(detect(&le, true), (UTF_16LE, EncodingEvidence::Utf16Pattern));
        let be: Vec<u8> = TABLE.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(detect(&be, true), (UTF_16BE, EncodingEvidence::Utf16Pattern));
        let mut marked = vec![0xff, 0xfe];
        marked.extend(&le);
        assert_eq!(detect(&marked, true), (UTF_16LE, EncodingEvidence::ByteOrderMark));
    }

    #[test]
    fn ascii_with_stray_zero_bytes_is_not_utf16() {
        assert_eq!(detect(b"a,b\n1,\x002\n3,4\n5,6\n7,8\n", true).0, UTF_8);
    }

    #[test]
    fn utf8_with_one_broken_row_stays_utf8() {
        let mut bytes = TABLE.as_bytes().to_vec();
        bytes.extend_from_slice(b"1003,\xff\xfe,1,2,3\n");
        assert_eq!(detect(&bytes, true).0, UTF_8);
    }

    #[test]
    fn a_sample_may_end_within_a_character() {
        let bytes = &TABLE.as_bytes()[..7];
        assert_eq!(detect(bytes, false).0, UTF_8);
    }
}
