//! What is wrong with text that is neither YAML nor JSON, said from the text itself: the parser's
//! own words speak of tokens and simple keys, which help nobody who writes a scorecard.

use super::MAX_DEPTH;
use crate::{Finding, Place, Text};

pub(super) fn too_deep(document_name: &str, line: u64) -> Finding {
    Finding::error(
        "document-too-deep",
        Place::document(document_name).line(line),
        Text::new(format!("嵌套超过 {MAX_DEPTH} 层"), format!("nested more than {MAX_DEPTH} levels deep")),
        Text::new("拆成几个定义", "split into several definitions"),
    )
}

/// The finding for YAML that the parser gave up on near `line`.
pub(super) fn yaml_finding(document_name: &str, text: &str, line: u64) -> Finding {
    let lines: Vec<&str> = text.lines().collect();
    let near = usize::try_from(line).unwrap_or(usize::MAX).clamp(1, lines.len().max(1));
    let indent_has_tab = |line: &&str| line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t');
    if let Some(index) = lines.iter().take(near + 1).position(|line| indent_has_tab(&line)) {
        return Finding::error(
            "document-tab",
            Place::document(document_name).line(index as u64 + 1),
            Text::new("这一行用制表符（Tab）缩进", "the line is indented with a tab"),
            Text::new("用空格缩进", "indented with spaces"),
        );
    }
    // The parser stops at deep brackets before it says what they hold.
    let open_brackets =
        lines.iter().take(near).flat_map(|line| line.chars()).fold(0_usize, |open, c| match c {
            '[' | '{' => open + 1,
            ']' | '}' => open.saturating_sub(1),
            _ => open,
        });
    if open_brackets > MAX_DEPTH {
        return too_deep(document_name, near as u64);
    }
    // The parser often notices one line late: look at its line first, then at those before.
    let guess = [near, near.saturating_sub(1), near.saturating_sub(2)]
        .into_iter()
        .filter(|n| *n >= 1)
        .find_map(|n| lines.get(n - 1).and_then(|line| explain(line)).map(|right| (n, right)));
    let (line, right) = guess.unwrap_or_else(|| {
        (
            near,
            Text::new(
                "`键: 值`，下一级用相同数目的空格缩进；引号和括号成对",
                "`key: value`, the next level indented by the same number of spaces; quotes and brackets in pairs",
            ),
        )
    });
    Finding::error(
        "document-not-yaml",
        Place::document(document_name).line(line as u64),
        Text::new("此处读不懂：不是正确的 YAML", "this cannot be read: it is not correct YAML"),
        right,
    )
}

/// What would be right, if the line shows one of the usual slips.
fn explain(line: &str) -> Option<Text> {
    let content = line.trim().trim_start_matches("- ").trim_start();
    if content.starts_with('#') {
        return None;
    }
    let value = content.split_once(": ").map_or(content, |(_, value)| value.trim());
    if content.contains(['：', '“', '”', '，', '‘', '’']) && !content.contains(['"', '\'']) {
        return Some(Text::new(
            "用英文（半角）的冒号、引号和逗号，冒号后空一格",
            "ASCII colons, quotes and commas, and a blank after the colon",
        ));
    }
    for quote in ['"', '\''] {
        if value.starts_with(quote) && value.matches(quote).count() % 2 == 1 {
            return Some(Text::new("引号成对", "quotes in pairs"));
        }
    }
    if value.starts_with(['@', '`', '%', '*', '&', '!', '|', '>'])
        && !value.trim_start_matches(['|', '>']).is_empty()
    {
        return Some(Text::new(
            "以 @ ` % * & ! | > 开头的文字加引号",
            "quotes around a text that begins with @ ` % * & ! | >",
        ));
    }
    let opened = content.matches(['{', '[']).count();
    if opened != content.matches(['}', ']']).count() {
        return Some(Text::new("括号成对", "brackets in pairs"));
    }
    if !value.starts_with(['"', '\'', '{', '[']) && value.contains(": ") {
        return Some(Text::new("含有 `: ` 的文字加引号", "quotes around a text that contains `: `"));
    }
    if value.starts_with(['"', '\'']) && value.len() > 1 && !value.ends_with(['"', '\'', ',']) {
        return Some(Text::new(
            "整个值加引号：`\"'a' = b\"`",
            "quotes around the whole value: `\"'a' = b\"`",
        ));
    }
    None
}
