//! XML as it is written: indented by two, the same content always the same bytes.

/// Elements written one after the other; what is opened has to be closed.
pub(crate) struct Writer {
    out: String,
    open: Vec<&'static str>,
    /// The start tag that was written last still lacks its bracket.
    pending: bool,
}

impl Writer {
    pub(crate) fn new() -> Writer {
        Writer {
            out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".into(),
            open: Vec::new(),
            pending: false,
        }
    }

    /// Opens an element.
    pub(crate) fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.begin(name, attributes);
        self.open.push(name);
        self.pending = true;
    }

    /// Closes the element opened last: one without content closes itself.
    pub(crate) fn close(&mut self) {
        let Some(name) = self.open.pop() else { return };
        if self.pending {
            self.out.push_str("/>\n");
            self.pending = false;
            return;
        }
        self.indent();
        self.out.push_str(&format!("</{name}>\n"));
    }

    /// An element without content.
    pub(crate) fn empty(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.open(name, attributes);
        self.close();
    }

    /// An element that holds only text.
    pub(crate) fn text(&mut self, name: &'static str, attributes: &[(&str, &str)], text: &str) {
        self.begin(name, attributes);
        self.out.push('>');
        escape(text, false, &mut self.out);
        self.out.push_str(&format!("</{name}>\n"));
    }

    /// The whole text; every element is closed.
    pub(crate) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn begin(&mut self, name: &str, attributes: &[(&str, &str)]) {
        if self.pending {
            self.out.push_str(">\n");
            self.pending = false;
        }
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            self.out.push_str(&format!(" {key}=\""));
            escape(value, true, &mut self.out);
            self.out.push('"');
        }
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n("  ", self.open.len()));
    }
}

/// Characters that XML cannot hold at all become the replacement character: a document may have
/// them in a title, and a file that nobody can open helps no one.
fn escape(text: &str, attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\n' | '\t' if attribute => out.push_str(&format!("&#{};", u32::from(c))),
            '\r' => out.push_str("&#13;"),
            c if super::allowed(c) => out.push(c),
            _ => out.push('\u{FFFD}'),
        }
    }
}
