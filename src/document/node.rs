//! One value of a document, with its place.

use serde_json::{Map, Number, Value as Json};

use crate::diagnostic::Span;

/// A value, where it stands and how it is tagged.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub kind: NodeKind,
    /// Where it stands, without tag and anchor. A list or map in block style goes to the end of its last
    /// value. What came by an alias has the alias' span, what is inside it the span of the original.
    pub span: Span,
    /// A tag of the user's, such as `!Ref`; a scalar that has one is always text. YAML's own (`!!str`) are
    /// applied and gone.
    pub tag: Option<String>,
}

/// A value as the core schema of YAML 1.2 reads it, which for JSON text is JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number that `i64`, `u64` or `f64` holds without loss; others stay text.
    Number(Number),
    /// A text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// A map, in the order of the file, no key twice.
    Mapping(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key; one that looks like a number or boolean is its text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// A value without a tag.
    pub fn new(kind: NodeKind, span: Span) -> Self {
        Self { kind, span, tag: None }
    }

    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key, if this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            NodeKind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.kind {
            NodeKind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        self.kind == NodeKind::Null
    }

    /// Whether it is a map.
    pub fn is_mapping(&self) -> bool {
        matches!(self.kind, NodeKind::Mapping(_))
    }

    /// Whether it is a list.
    pub fn is_sequence(&self) -> bool {
        matches!(self.kind, NodeKind::Sequence(_))
    }

    /// What it is, for messages: `a text`, `a list`, …
    pub fn describe(&self) -> &'static str {
        match self.kind {
            NodeKind::Null => "nothing",
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Number(_) => "a number",
            NodeKind::String(_) => "a text",
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a map",
        }
    }

    /// The value as JSON, tags left out. No deeper than [`Limits::max_depth`](super::Limits).
    pub fn to_json(&self) -> Json {
        match &self.kind {
            NodeKind::Null => Json::Null,
            NodeKind::Bool(value) => Json::Bool(*value),
            NodeKind::Number(number) => Json::Number(number.clone()),
            NodeKind::String(text) => Json::String(text.clone()),
            NodeKind::Sequence(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            NodeKind::Mapping(entries) => Json::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// Calls `visit` on this node and all below, parents first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        visit(self);
        match &self.kind {
            NodeKind::Sequence(items) => items.iter().for_each(|item| item.walk(visit)),
            NodeKind::Mapping(entries) => entries.iter().for_each(|entry| entry.value.walk(visit)),
            _ => {}
        }
    }
}
