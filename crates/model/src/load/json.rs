//! JSON text to nodes with their lines. Written here because JSON is not quite a subset of YAML
//! (escapes, tabs, long keys), and because the usual readers forget where a value stood.

use std::collections::BTreeMap;

use super::node::{Kind, Node};
use super::{MAX_DEPTH, MAX_NODES, syntax, too_big, yaml::earlier_line, yaml::key_of};
use crate::{Finding, Findings, Place, Text};

/// The one value of the text; a finding if it is not JSON.
pub(crate) fn parse(document_name: &str, text: &str, findings: &mut Findings) -> Result<Node, Finding> {
    let mut reader = Reader {
        document_name,
        rest: text.chars().peekable(),
        line: 1,
        column: 1,
        n_nodes: 0,
        findings: Findings::default(),
    };
    reader.blanks();
    if reader.rest.peek().is_none() {
        return Err(super::empty(document_name));
    }
    let root = reader.value(0)?;
    reader.blanks();
    if reader.rest.peek().is_some() {
        return Err(reader.broken());
    }
    findings.extend(reader.findings);
    Ok(root)
}

struct Reader<'a> {
    document_name: &'a str,
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: u64,
    column: u64,
    n_nodes: usize,
    findings: Findings,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, Finding> {
        let (line, column) = (self.line, self.column);
        self.n_nodes += 1;
        if self.n_nodes > MAX_NODES {
            return Err(too_big(self.document_name));
        }
        let kind = match self.rest.peek() {
            Some('{' | '[') if depth >= MAX_DEPTH => return Err(syntax::too_deep(self.document_name, line)),
            Some('{') => self.map(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Kind::Scalar { text: self.text()?, quoted: true },
            _ => Kind::Scalar { text: self.word()?, quoted: false },
        };
        Ok(Node { line, column, kind })
    }

    fn map(&mut self, depth: usize) -> Result<Kind, Finding> {
        self.next();
        let mut entries: Vec<(super::node::Key, Node)> = Vec::new();
        let mut seen = BTreeMap::new();
        self.blanks();
        if self.take('}') {
            return Ok(Kind::Map(entries));
        }
        loop {
            self.blanks();
            let (line, column) = (self.line, self.column);
            if self.rest.peek() != Some(&'"') {
                return Err(self.broken());
            }
            let text = self.text()?;
            let earlier = earlier_line(&mut seen, &text, line);
            let node = Node { line, column, kind: Kind::Scalar { text, quoted: true } };
            let key = key_of(self.document_name, node, earlier, &mut self.findings);
            self.blanks();
            self.want(':')?;
            self.blanks();
            let value = self.value(depth + 1)?;
            if let Some(key) = key {
                entries.push((key, value));
            }
            self.blanks();
            if self.take('}') {
                return Ok(Kind::Map(entries));
            }
            self.want(',')?;
        }
    }

    fn list(&mut self, depth: usize) -> Result<Kind, Finding> {
        self.next();
        let mut items = Vec::new();
        self.blanks();
        if self.take(']') {
            return Ok(Kind::List(items));
        }
        loop {
            self.blanks();
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.take(']') {
                return Ok(Kind::List(items));
            }
            self.want(',')?;
        }
    }

    fn text(&mut self) -> Result<String, Finding> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some(c) if c >= ' ' => text.push(c),
                _ => return Err(self.broken()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Finding> {
        match self.next() {
            Some(c @ ('"' | '\\' | '/')) => Ok(c),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => {
                let unit = self.unit()?;
                let mut units = vec![unit];
                if (0xD800..0xDC00).contains(&unit) {
                    self.want('\\')?;
                    self.want('u')?;
                    units.push(self.unit()?);
                }
                match char::decode_utf16(units).next() {
                    Some(Ok(c)) => Ok(c),
                    _ => Err(self.broken()),
                }
            }
            _ => Err(self.broken()),
        }
    }

    fn unit(&mut self) -> Result<u16, Finding> {
        let mut unit: u16 = 0;
        for _ in 0..4 {
            let Some(digit) = self.next().and_then(|c| c.to_digit(16)) else { return Err(self.broken()) };
            unit = unit << 4 | digit as u16;
        }
        Ok(unit)
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<String, Finding> {
        let mut word = String::new();
        while let Some(c) =
            self.rest.peek().copied().filter(|c| c.is_ascii_alphanumeric() || "+-.".contains(*c))
        {
            self.next();
            word.push(c);
        }
        let known = matches!(word.as_str(), "true" | "false" | "null");
        if known || serde_json::from_str::<serde_json::Number>(&word).is_ok() {
            Ok(word)
        } else {
            Err(self.broken())
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn blanks(&mut self) {
        while self.rest.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
            self.next();
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.rest.peek() == Some(&wanted);
        if there {
            self.next();
        }
        there
    }

    fn want(&mut self, wanted: char) -> Result<(), Finding> {
        if self.take(wanted) { Ok(()) } else { Err(self.broken()) }
    }

    fn broken(&self) -> Finding {
        let (line, column) = (self.line, self.column);
        Finding::error(
            "document-not-json",
            Place::document(self.document_name).line(line),
            Text::new(
                format!("第 {column} 个字符处读不懂：不是正确的 JSON"),
                format!("this cannot be read at column {column}: it is not correct JSON"),
            ),
            Text::new(
                "键和文字用英文双引号，项之间用逗号，末项之后没有逗号，括号成对，没有注释",
                "double quotes around keys and texts, commas between items but none after the last, brackets in pairs, no comments",
            ),
        )
    }
}
