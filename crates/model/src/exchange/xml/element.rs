//! Elements of a file that was read, in one list, so that none of them owns another.

use crate::Place;

/// A file that was read.
pub(crate) struct Xml {
    document_name: String,
    nodes: Vec<Node>,
    pub(super) namespaces: Vec<String>,
}

pub(super) struct Node {
    name: String,
    namespace: Option<usize>,
    attributes: Vec<Attribute>,
    text: String,
    parent: Option<usize>,
    children: Vec<usize>,
    line: u64,
    column: u64,
}

impl Node {
    pub(super) fn new(
        name: String,
        namespace: Option<usize>,
        attributes: Vec<Attribute>,
        parent: Option<usize>,
        line: u64,
        column: u64,
    ) -> Node {
        Node { name, namespace, attributes, text: String::new(), parent, children: Vec::new(), line, column }
    }
}

pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) value: String,
}

/// One element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'x> {
    xml: &'x Xml,
    id: usize,
}

impl Xml {
    pub(super) fn new(document_name: &str) -> Xml {
        Xml { document_name: document_name.to_owned(), nodes: Vec::new(), namespaces: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn add(&mut self, node: Node) -> usize {
        let id = self.nodes.len();
        if let Some(parent) = node.parent {
            self.nodes[parent].children.push(id);
        }
        self.nodes.push(node);
        id
    }

    pub(super) fn append_text(&mut self, id: usize, text: &str) {
        self.nodes[id].text.push_str(text);
    }

    /// The path from the root, numbers from 1 where siblings share a name.
    pub(super) fn path(&self, id: usize) -> String {
        let mut steps = Vec::new();
        let mut at = Some(id);
        while let Some(id) = at {
            let node = &self.nodes[id];
            let mut step = node.name.clone();
            if let Some(parent) = node.parent {
                let twins = &self.nodes[parent].children;
                let same = |other: &&usize| self.nodes[**other].name == node.name;
                if twins.iter().filter(same).nth(1).is_some() {
                    let before = twins.iter().take_while(|other| **other != id).filter(same).count();
                    step.push_str(&format!("[{}]", before + 1));
                }
            }
            steps.push(step);
            at = node.parent;
        }
        steps.reverse();
        format!("/{}", steps.join("/"))
    }

    /// The outermost element. A file that was read has one.
    pub(crate) fn root(&self) -> Element<'_> {
        Element { xml: self, id: 0 }
    }
}

impl<'x> Element<'x> {
    fn node(self) -> &'x Node {
        &self.xml.nodes[self.id]
    }

    /// The name without its prefix.
    pub(crate) fn name(self) -> &'x str {
        &self.node().name
    }

    pub(crate) fn namespace(self) -> &'x str {
        self.node().namespace.map_or("", |number| self.xml.namespaces[number].as_str())
    }

    /// An attribute of no namespace.
    pub(crate) fn attribute(self, name: &str) -> Option<&'x str> {
        self.node().attributes.iter().find(|own| own.name == name).map(|own| own.value.as_str())
    }

    /// All text directly inside, blanks at both ends cut.
    pub(crate) fn text(self) -> &'x str {
        self.node().text.trim()
    }

    pub(crate) fn children(self) -> impl DoubleEndedIterator<Item = Element<'x>> {
        self.node().children.iter().map(move |id| Element { xml: self.xml, id: *id })
    }

    /// Children of this element's namespace: others' extensions are not looked at.
    pub(crate) fn own(self) -> impl DoubleEndedIterator<Item = Element<'x>> {
        self.children().filter(move |child| child.namespace() == self.namespace())
    }

    pub(crate) fn all(self, name: &str) -> impl DoubleEndedIterator<Item = Element<'x>> {
        self.own().filter(move |child| child.name() == name)
    }

    pub(crate) fn child(self, name: &str) -> Option<Element<'x>> {
        self.all(name).next()
    }

    /// The path from the root, such as `/PMML/Scorecard/Characteristics/Characteristic[2]`.
    pub(crate) fn path(self) -> String {
        self.xml.path(self.id)
    }

    pub(crate) fn place(self) -> Place {
        let node = self.node();
        let mut place = Place::document(&self.xml.document_name).line(node.line).at(self.path());
        place.column = Some(node.column);
        place
    }
}
