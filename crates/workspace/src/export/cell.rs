//! One value as text, and what a spreadsheet must not run.

use std::borrow::Cow;

/// A text as it may stand in a CSV file that people open: one that a spreadsheet would take for a
/// formula gets a `'` before it, which spreadsheets show as text. Full-width signs count, because
/// Chinese spreadsheets fold them. Blanks before the sign do not hide it.
///
/// ```
/// use gradus_workspace::export::safe_text;
/// assert_eq!(safe_text("=1+1"), "'=1+1");
/// assert_eq!(safe_text("会员"), "会员");
/// ```
pub fn safe_text(text: &str) -> Cow<'_, str> {
    let first = text.chars().next();
    let visible = text.chars().find(|c| !c.is_whitespace() && !is_invisible(*c));
    let is_sign = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let starts = matches!(first, Some('\t' | '\r' | '\n')) || visible.is_some_and(is_sign);
    if starts { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{FEFF}' | '\u{2060}' | '\u{202A}'..='\u{202E}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signs_are_guarded_and_words_are_not() {
        for text in ["=1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", " =1", "\u{200b}=1"]
        {
            assert_eq!(safe_text(text), format!("'{text}"));
        }
        for text in ["", "a=1", "会员", "'=1", "1-2", "(1)"] {
            assert_eq!(safe_text(text), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_starts_like_a_formula(text in "[=+\\-@\t\r＝＋－＠ a1'\"\n,]{0,8}") {
            let safe = safe_text(&text);
            prop_assert!(!safe.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']));
            prop_assert!(!safe.starts_with(['\t', '\r']));
            prop_assert!(safe.ends_with(text.as_str()));
        }

        #[test]
        fn any_text_survives_a_csv_reader(texts in proptest::collection::vec(".{0,12}|[=+\\-@\"\r\n,;\t]{0,6}", 1..5)) {
            let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
            writer.write_record(texts.iter().map(|text| safe_text(text).into_owned())).unwrap();
            // As in a file: its own byte order mark first, so that one in a text is a character.
            let bytes = [b"\xEF\xBB\xBF", writer.into_inner().unwrap().as_slice()].concat();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            for (field, text) in record.iter().zip(&texts) {
                let safe = safe_text(text);
                prop_assert_eq!(field, &*safe);
            }
        }
    }
}
