//! YAML 1.2 text to nodes, from the events of the parser: so every duplicate key is seen, nothing
//! recurses over hostile text, and aliases are counted before they are copied.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::node::{Key, Kind, Node};
use super::{MAX_ALIAS_NODES, MAX_DEPTH, MAX_NODES, syntax, too_big};
use crate::{Finding, Findings, Place, Text};

/// The first document of the text, or `None` if it has none or cannot be read.
pub(super) fn parse(document_name: &str, text: &str, findings: &mut Findings) -> Option<Node> {
    let mut builder = Builder {
        document_name,
        findings,
        open: Vec::new(),
        root: None,
        anchors: BTreeMap::new(),
        n_nodes: 0,
        n_copied: 0,
        n_documents: 0,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, span)) => {
                if builder.event(event, span).is_break() {
                    return None;
                }
            }
            Err(error) => {
                let line = error.marker().line() as u64;
                builder.findings.push(syntax::yaml_finding(document_name, text, line));
                return None;
            }
        }
    }
    builder.root
}

struct Builder<'a> {
    document_name: &'a str,
    findings: &'a mut Findings,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Node>,
    n_nodes: usize,
    n_copied: usize,
    n_documents: usize,
}

/// A map or list whose end is not read yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next; the outer `None` while a key is awaited, the inner one for
    /// a key that is a finding.
    key: Option<Option<Key>>,
    /// Keys so far with their lines.
    seen: BTreeMap<String, u64>,
}

type Flow = std::ops::ControlFlow<()>;

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Flow {
        let (line, column) = (span.start.line() as u64, span.start.col() as u64 + 1);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Flow::Continue(()),
            Event::DocumentStart(_) => {
                self.n_documents += 1;
                if self.n_documents > 1 {
                    self.findings.push(self.several(line));
                    return Flow::Break(());
                }
                Flow::Continue(())
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Kind::List(Vec::new()), anchor, tag.as_deref(), line, column)
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Kind::Map(Vec::new()), anchor, tag.as_deref(), line, column)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.put(open.node, open.anchor),
                None => Flow::Continue(()),
            },
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = style != ScalarStyle::Plain || self.is_text_tag(tag.as_deref(), line);
                self.put(
                    Node { line, column, kind: Kind::Scalar { text: text.into_owned(), quoted } },
                    anchor,
                )
            }
            Event::Alias(anchor) => self.alias(anchor, line, column),
        }
    }

    fn open(&mut self, kind: Kind, anchor: usize, tag: Option<&Tag>, line: u64, column: u64) -> Flow {
        self.is_text_tag(tag, line);
        if self.open.len() >= MAX_DEPTH {
            self.findings.push(syntax::too_deep(self.document_name, line));
            return Flow::Break(());
        }
        self.open.push(Open { node: Node { line, column, kind }, anchor, key: None, seen: BTreeMap::new() });
        Flow::Continue(())
    }

    fn alias(&mut self, anchor: usize, line: u64, column: u64) -> Flow {
        let Some(target) = self.anchors.get(&anchor) else {
            self.findings.push(Finding::error(
                "alias-to-itself",
                self.at(line),
                Text::new(
                    "此处的别名 `*` 指向包含它自己的内容",
                    "the alias `*` here stands inside what it names",
                ),
                Text::new("把内容写出来", "the content written out"),
            ));
            return Flow::Break(());
        };
        self.n_copied += target.count();
        if self.n_copied > MAX_ALIAS_NODES {
            self.findings.push(self.too_many_aliases(line));
            return Flow::Break(());
        }
        if self.open.len() + target.depth() > MAX_DEPTH {
            self.findings.push(syntax::too_deep(self.document_name, line));
            return Flow::Break(());
        }
        let copy = Node { line, column, kind: target.kind.clone() };
        self.put(copy, 0)
    }

    /// Puts a finished value where it belongs: root, list item, key or value of a key.
    fn put(&mut self, node: Node, anchor: usize) -> Flow {
        self.n_nodes += 1;
        if self.n_nodes > MAX_NODES {
            self.findings.push(too_big(self.document_name));
            return Flow::Break(());
        }
        if anchor != 0 {
            self.n_copied += node.count();
            if self.n_copied > MAX_ALIAS_NODES {
                self.findings.push(self.too_many_aliases(node.line));
                return Flow::Break(());
            }
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Flow::Continue(());
        };
        match (&mut open.node.kind, open.key.take()) {
            (Kind::List(items), _) => items.push(node),
            (Kind::Map(entries), Some(key)) => {
                if let Some(key) = key {
                    entries.push((key, node));
                }
            }
            (Kind::Map(_), None) => {
                let earlier = match &node.kind {
                    Kind::Scalar { text, .. } => earlier_line(&mut open.seen, text, node.line),
                    _ => None,
                };
                open.key = Some(key_of(self.document_name, node, earlier, self.findings));
            }
            (Kind::Scalar { .. }, _) => {}
        }
        Flow::Continue(())
    }

    /// True for `!!str`. Tags of the core schema say nothing that the schema of the document does
    /// not say; any other is a finding.
    fn is_text_tag(&mut self, tag: Option<&Tag>, line: u64) -> bool {
        let Some(tag) = tag else { return false };
        let core = tag.handle == "tag:yaml.org,2002:" || tag.handle == "!!";
        if core && matches!(tag.suffix.as_str(), "str" | "int" | "float" | "bool" | "null" | "map" | "seq") {
            return tag.suffix == "str";
        }
        // A lone `!` says that the value is a text.
        if (tag.handle == "!" || tag.handle.is_empty()) && (tag.suffix.is_empty() || tag.suffix == "!") {
            return true;
        }
        self.findings.push(Finding::error(
            "unknown-tag",
            self.at(line),
            Text::new(
                format!("不支持 YAML 标签 `!{}`", tag.suffix),
                format!("the YAML tag `!{}` is not supported", tag.suffix),
            ),
            Text::new("去掉以 `!` 开头的标签", "the value without its tag"),
        ));
        false
    }

    fn at(&self, line: u64) -> Place {
        Place::document(self.document_name).line(line)
    }

    fn several(&self, line: u64) -> Finding {
        Finding::error(
            "document-several",
            self.at(line),
            Text::new("`---` 之后又开始了一个文档", "another document begins after `---`"),
            Text::new("一个文件只写一个文档", "one document in one file"),
        )
    }

    fn too_many_aliases(&self, line: u64) -> Finding {
        Finding::error(
            "document-aliases",
            self.at(line),
            Text::new(
                format!("别名重复的内容过多（上限 {MAX_ALIAS_NODES} 个值）"),
                format!("aliases repeat too much (at most {MAX_ALIAS_NODES} values)"),
            ),
            Text::new("少用锚点 `&` 和别名 `*`", "fewer anchors `&` and aliases `*`"),
        )
    }
}

/// The line of an earlier key of the same name, if there is one.
pub(super) fn earlier_line(seen: &mut BTreeMap<String, u64>, text: &str, line: u64) -> Option<u64> {
    let earlier = seen.get(text).copied();
    if earlier.is_none() {
        seen.insert(text.to_owned(), line);
    }
    earlier
}

/// The key that a node stands for, or a finding: not a text, already there, or a merge key.
pub(super) fn key_of(
    document_name: &str,
    node: Node,
    earlier: Option<u64>,
    findings: &mut Findings,
) -> Option<Key> {
    let place = Place::document(document_name).line(node.line);
    let (line, column) = (node.line, node.column);
    let Kind::Scalar { text, quoted } = node.kind else {
        findings.push(Finding::error(
            "key-not-text",
            place,
            Text::new("键不是文字，而是列表或映射", "a list or map stands where a key belongs"),
            Text::new(
                "`键: 值`；若花括号或方括号属于文字，请加引号",
                "`key: value`; quotes around the text if the bracket belongs to it",
            ),
        ));
        return None;
    };
    if let Some(earlier) = earlier {
        findings.push(Finding::error(
            "duplicate-key",
            place,
            Text::new(
                format!("`{text}` 在第 {earlier} 行已经写过"),
                format!("`{text}` is already given in line {earlier}"),
            ),
            Text::new("只写一次", "given once"),
        ));
        return None;
    }
    if text == "<<" && !quoted {
        findings.push(Finding::error(
            "merge-key",
            place,
            Text::new("不支持合并键 `<<`", "the merge key `<<` is not supported"),
            Text::new("把内容写出来", "the content written out"),
        ));
        return None;
    }
    Some(Key { text, line, column })
}
