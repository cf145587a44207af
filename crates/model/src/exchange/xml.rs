//! XML from anywhere, read with bounds: no document type and so no entities of its own, no files,
//! no network; bytes, elements, depth and attributes are counted. Every element knows its path,
//! line and column, because a file that was not written here is mended by its owner.

mod element;
mod write;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use crate::load::decode_at_most;
use crate::{Finding, Place, Text};

use element::{Attribute, Node};
pub(crate) use element::{Element, Xml};
pub(crate) use write::Writer;

/// Bytes of one file at most: a table of 5,000 rows and 20 columns in DMN is about 12 MB.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Elements inside each other at most.
const MAX_DEPTH: usize = 128;

/// Elements in one file at most.
const MAX_ELEMENTS: usize = 600_000;

/// Attributes of one element at most.
const MAX_ATTRIBUTES: usize = 128;

/// Namespaces that are declared at once at most.
const MAX_NAMESPACES: usize = 256;

/// Reads a file. The first thing that is wrong ends it: what follows cannot be trusted.
pub(crate) fn read(document_name: &str, bytes: &[u8]) -> Result<Xml, Finding> {
    let text = text_of(document_name, bytes)?;
    let mut reading = Reading {
        document_name,
        position: Position::new(&text),
        xml: Xml::new(document_name),
        open: Vec::new(),
    };
    reading.run(&text)?;
    Ok(reading.xml)
}

/// True if a file begins as XML does.
pub(crate) fn looks_like_xml(text: &str) -> bool {
    text.trim_start_matches('\u{FEFF}').trim_start().starts_with('<')
}

/// The text of the file: UTF-8, or UTF-16 with its mark. A declared encoding that is another is
/// believed only where it makes no difference.
fn text_of(document_name: &str, bytes: &[u8]) -> Result<String, Finding> {
    if bytes.len() > MAX_BYTES {
        return Err(too_big(document_name));
    }
    let wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    if !wide
        && let Some(declared) = declared_encoding(bytes)
        && !matches!(declared.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii")
        && !bytes.is_ascii()
    {
        let what = Text::new(
            format!("文件声明的编码是 {declared}"),
            format!("the file says that it is encoded in {declared}"),
        );
        return Err(Finding::error("xml-encoding", Place::document(document_name).line(1), what, in_utf8()));
    }
    decode_at_most(document_name, bytes, MAX_BYTES)
}

fn in_utf8() -> Text {
    Text::new("另存为 UTF-8 编码", "the file saved in UTF-8")
}

/// What `encoding="…"` of the XML declaration says.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let head = String::from_utf8_lossy(head.get(..head.len().min(256))?).into_owned();
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?.to_owned();
    let after = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start().to_owned();
    let quote = after.chars().next().filter(|c| ['"', '\''].contains(c))?;
    after.get(1..)?.split(quote).next().map(str::to_owned)
}

struct Reading<'a> {
    document_name: &'a str,
    position: Position<'a>,
    xml: Xml,
    /// The elements that are open, outermost first.
    open: Vec<usize>,
}

impl Reading<'_> {
    fn run(&mut self, text: &str) -> Result<(), Finding> {
        let mut reader = NsReader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        reader.resolver_mut().set_max_namespace_bindings(MAX_NAMESPACES);
        loop {
            let at = reader.buffer_position() as usize;
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(_) => return Err(self.not_well_formed(reader.error_position() as usize)),
            };
            match event {
                Event::Start(start) => {
                    let namespace = match reader.resolver_mut().resolve_element(start.name()).0 {
                        ResolveResult::Bound(namespace) => Some(namespace.0.to_owned()),
                        ResolveResult::Unbound => None,
                        ResolveResult::Unknown(prefix) => return Err(self.unknown_prefix(at, &prefix)),
                    };
                    self.start(at, &start, namespace)?;
                }
                Event::End(_) => {
                    self.open.pop();
                }
                Event::Text(content) => self.text(at, &content.xml10_content())?,
                Event::CData(content) => self.text(at, &content.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let resolved = match reference.resolve_char_ref() {
                        Ok(Some(c)) if allowed(c) => c.to_string(),
                        Ok(Some(_)) | Err(_) => return Err(self.not_well_formed(at)),
                        Ok(None) => match resolve_xml_entity(&reference) {
                            Some(text) => text.to_owned(),
                            None => return Err(self.entity(at, &reference)),
                        },
                    };
                    self.text(at, &resolved)?;
                }
                Event::DocType(_) => return Err(self.document_type(at)),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if !self.open.is_empty() || self.xml.is_empty() {
            return Err(self.not_well_formed(text.len()));
        }
        Ok(())
    }

    fn start(&mut self, at: usize, start: &BytesStart<'_>, namespace: Option<String>) -> Result<(), Finding> {
        if self.open.is_empty() && !self.xml.is_empty() {
            return Err(self.not_well_formed(at));
        }
        if self.open.len() >= MAX_DEPTH {
            let what = Text::new(
                format!("元素嵌套超过 {MAX_DEPTH} 层"),
                format!("elements are nested more than {MAX_DEPTH} levels deep"),
            );
            return Err(Finding::error("xml-too-deep", self.place(at), what, simpler()));
        }
        if self.xml.len() >= MAX_ELEMENTS {
            let what = Text::new(
                format!("元素超过 {MAX_ELEMENTS} 个"),
                format!("more than {MAX_ELEMENTS} elements"),
            );
            return Err(Finding::error("xml-too-big", self.place(at), what, simpler()));
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let Ok(attribute) = attribute else { return Err(self.not_well_formed(at)) };
            let name = attribute.key.0;
            if attributes.len() >= MAX_ATTRIBUTES {
                let what = Text::new(
                    format!("一个元素的属性超过 {MAX_ATTRIBUTES} 个"),
                    format!("one element has more than {MAX_ATTRIBUTES} attributes"),
                );
                return Err(Finding::error("xml-too-big", self.place(at), what, simpler()));
            }
            if name == "xmlns" || name.starts_with("xmlns:") {
                continue;
            }
            let value = match attribute.normalized_value(XmlVersion::Explicit1_0) {
                Ok(value) if value.chars().all(allowed) => value.into_owned(),
                _ => match unknown_entity(&attribute.value) {
                    Some(name) => return Err(self.entity(at, name)),
                    None => return Err(self.not_well_formed(at)),
                },
            };
            // An attribute of another namespace says nothing that a reader here must know.
            if !name.contains(':') {
                attributes.push(Attribute { name: name.to_owned(), value });
            }
        }
        let namespace = namespace.map(|namespace| self.number_of(namespace));
        let (line, column) = self.position.at(at);
        let name = start.local_name().into_inner().to_owned();
        let parent = self.open.last().copied();
        let id = self.xml.add(Node::new(name, namespace, attributes, parent, line, column));
        self.open.push(id);
        Ok(())
    }

    fn number_of(&mut self, namespace: String) -> usize {
        let number = self.xml.namespaces.iter().position(|known| *known == namespace);
        number.unwrap_or_else(|| {
            self.xml.namespaces.push(namespace);
            self.xml.namespaces.len() - 1
        })
    }

    fn text(&mut self, at: usize, text: &str) -> Result<(), Finding> {
        if !text.chars().all(allowed) {
            return Err(self.not_well_formed(at));
        }
        match self.open.last() {
            Some(id) => self.xml.append_text(*id, text),
            None if text.trim_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']).is_empty() => {}
            None => return Err(self.not_well_formed(at)),
        }
        Ok(())
    }

    fn place(&mut self, at: usize) -> Place {
        let (line, column) = self.position.at(at);
        let mut place = Place::document(self.document_name).line(line);
        place.column = Some(column);
        match self.open.last() {
            Some(id) => place.at(self.xml.path(*id)),
            None => place,
        }
    }

    fn not_well_formed(&mut self, at: usize) -> Finding {
        let what = Text::new(
            "此处读不懂：不是正确的 XML，或文件不完整",
            "this cannot be read: it is not well-formed XML, or the file is cut short",
        );
        let right = Text::new(
            "标签成对，属性值带引号且不重复，& 与 < 写作 &amp; 与 &lt;",
            "tags in pairs, attributes in quotes and given once, & and < written as &amp; and &lt;",
        );
        Finding::error("xml-not-well-formed", self.place(at), what, right)
    }

    fn unknown_prefix(&mut self, at: usize, prefix: &str) -> Finding {
        let what = Text::new(
            format!("前缀 `{prefix}` 没有声明命名空间"),
            format!("no namespace is declared for the prefix `{prefix}`"),
        );
        let right =
            Text::new(format!("声明 xmlns:{prefix}=\"…\""), format!("`xmlns:{prefix}=\"…\"` declared"));
        Finding::error("xml-prefix", self.place(at), what, right)
    }

    fn entity(&mut self, at: usize, name: &str) -> Finding {
        let name: String = name.chars().take(40).collect();
        let what =
            Text::new(format!("不接受实体 `&{name};`"), format!("the entity `&{name};` is not accepted"));
        let right = Text::new(
            "直接写出文字；只有 &lt; &gt; &amp; &quot; &apos; 与字符编号（如 &#8805;）可用",
            "the text itself; only &lt; &gt; &amp; &quot; &apos; and numbers of characters such as &#8805; may stand",
        );
        Finding::error("xml-entity", self.place(at), what, right)
    }

    fn document_type(&mut self, at: usize) -> Finding {
        let what = Text::new(
            "不接受文档类型声明（DOCTYPE）：它可以读取别的文件，也可以把几行变成几十亿字",
            "a document type (DOCTYPE) is not accepted: it can read other files, or make billions of characters of a few lines",
        );
        let right = Text::new("删去 <!DOCTYPE …>", "the file without <!DOCTYPE …>");
        Finding::error("xml-doctype", self.place(at), what, right)
    }
}

fn simpler() -> Text {
    Text::new("把文件拆开，分别导入", "the file split, and its parts imported one by one")
}

fn too_big(document_name: &str) -> Finding {
    let mib = MAX_BYTES / (1024 * 1024);
    Finding::error(
        "xml-too-big",
        Place::document(document_name),
        Text::new(format!("文件超过 {mib} MiB"), format!("the file is larger than {mib} MiB")),
        simpler(),
    )
}

/// Characters that XML 1.0 allows.
fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && c != '\u{FFFE}' && c != '\u{FFFF}')
}

/// The first entity of an attribute's value that XML does not predefine.
fn unknown_entity(value: &str) -> Option<&str> {
    value.split('&').skip(1).find_map(|rest| {
        let name = rest.split(';').next()?;
        let named = !name.is_empty() && !name.starts_with('#') && name.len() < rest.len();
        (named && resolve_xml_entity(name).is_none()).then_some(name)
    })
}

/// Lines and columns of ascending offsets, counted once over the whole text.
struct Position<'a> {
    text: &'a str,
    offset: usize,
    line: u64,
    column: u64,
}

impl<'a> Position<'a> {
    fn new(text: &'a str) -> Position<'a> {
        Position { text, offset: 0, line: 1, column: 1 }
    }

    /// Line and column of an offset, both from 1. An earlier offset than before begins anew.
    fn at(&mut self, offset: usize) -> (u64, u64) {
        let offset = (0..=offset.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at));
        let offset = offset.unwrap_or(0);
        if offset < self.offset {
            *self = Position::new(self.text);
        }
        for c in self.text.get(self.offset..offset).unwrap_or_default().chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = offset;
        (self.line, self.column)
    }
}

#[cfg(test)]
mod tests;
