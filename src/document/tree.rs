//! Builds the tree from what the YAML and the JSON reader see, and keeps the limits.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ambiguous, Entry, Limits, Node, NodeKind, code, pointer_to};
use crate::diagnostic::{Code, Diagnostic, Source, Span};

/// The tree so far, and what was wrong with it.
///
/// Needs no recursion: lists and maps that aren't complete lie on a stack.
pub(super) struct Tree<'a> {
    source: &'a Source,
    limits: &'a Limits,
    open: Vec<Open>,
    depth: usize,
    nodes: usize,
    text: usize,
    anchors: BTreeMap<usize, Anchor>,
    pub(super) root: Option<Node>,
    pub(super) ambiguous: Vec<Ambiguous>,
    pub(super) aliases: Vec<Span>,
    pub(super) diagnostics: Vec<Diagnostic>,
    stopped: bool,
}

/// A list or map that isn't complete.
struct Open {
    shape: Shape,
    span: Span,
    tag: Option<String>,
    anchor: usize,
    before: Size,
}

enum Shape {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<Key> },
}

/// A key that waits for its value. One that was refused takes its value along.
struct Key {
    text: Option<String>,
    span: Span,
}

/// How much was counted when something began.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    text: usize,
}

enum Anchor {
    Incomplete,
    Complete { node: Node, size: Size, depth: usize },
}

impl<'a> Tree<'a> {
    pub(super) fn new(source: &'a Source, limits: &'a Limits) -> Self {
        Self {
            source,
            limits,
            open: Vec::new(),
            depth: 0,
            nodes: 0,
            text: 0,
            anchors: BTreeMap::new(),
            root: None,
            ambiguous: Vec::new(),
            aliases: Vec::new(),
            diagnostics: Vec::new(),
            stopped: false,
        }
    }

    /// Whether reading has to end here: a limit is exceeded, or too much is wrong.
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    pub(super) fn error(&mut self, code: Code, message: impl Into<String>, span: Span) {
        self.report(Diagnostic::error(code, message), span);
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic, span: Span) {
        if self.diagnostics.len() < self.limits.max_diagnostics {
            self.diagnostics.push(diagnostic.at(self.source, span));
        }
        if self.diagnostics.len() >= self.limits.max_diagnostics {
            self.stopped = true;
        }
    }

    fn limit(&mut self, message: String, span: Span) {
        if !self.stopped {
            self.error(code::LIMIT, message, span);
            self.stopped = true;
        }
    }

    /// Counts nodes and text; false if a limit is exceeded.
    fn count(&mut self, nodes: usize, text: usize, span: Span) -> bool {
        self.nodes = self.nodes.saturating_add(nodes);
        self.text = self.text.saturating_add(text);
        if self.nodes > self.limits.max_nodes {
            let allowed = self.limits.max_nodes;
            self.limit(format!("the document has more than {allowed} values (aliases expanded)"), span);
        } else if self.text > self.limits.max_text {
            let allowed = self.limits.max_text;
            self.limit(
                format!("the document has more than {allowed} bytes of text (aliases expanded)"),
                span,
            );
        }
        !self.stopped
    }

    fn size(&self) -> Size {
        Size { nodes: self.nodes, text: self.text }
    }

    /// Whether the next scalar is a key.
    pub(super) fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { shape: Shape::Mapping { key: None, .. }, .. }))
    }

    /// Whether the innermost open collection is a map; `None` if none is open.
    pub(super) fn in_mapping(&self) -> Option<bool> {
        self.open.last().map(|open| matches!(open.shape, Shape::Mapping { .. }))
    }

    /// The span of the innermost open collection's start.
    pub(super) fn innermost(&self) -> Option<Span> {
        self.open.last().map(|open| open.span)
    }

    /// Takes a key. `None` for one that was refused.
    pub(super) fn key(&mut self, text: Option<String>, span: Span, anchor: usize) {
        let bytes = text.as_ref().map_or(0, String::len);
        if !self.count(1, bytes, span) {
            return;
        }
        if anchor != 0 && self.count(1, bytes, span) {
            let node = Node::new(NodeKind::String(text.clone().unwrap_or_default()), span);
            self.anchors
                .insert(anchor, Anchor::Complete { node, size: Size { nodes: 1, text: bytes }, depth: 0 });
        }
        if let Some(Open { shape: Shape::Mapping { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(Key { text, span });
        }
    }

    /// Takes a scalar that is a value.
    pub(super) fn scalar(&mut self, kind: NodeKind, span: Span, tag: Option<String>, anchor: usize) {
        let before = self.size();
        let bytes = if let NodeKind::String(text) = &kind { text.len() } else { 0 };
        if self.count(1, bytes, span) {
            self.complete(Node { kind, span, tag }, anchor, before);
        }
    }

    /// Begins a list.
    pub(super) fn open_sequence(&mut self, span: Span, tag: Option<String>, anchor: usize) {
        self.push(Shape::Sequence(Vec::new()), span, tag, anchor);
    }

    /// Begins a map.
    pub(super) fn open_mapping(&mut self, span: Span, tag: Option<String>, anchor: usize) {
        self.push(Shape::Mapping { entries: Vec::new(), key: None }, span, tag, anchor);
    }

    fn push(&mut self, shape: Shape, span: Span, tag: Option<String>, anchor: usize) {
        let before = self.size();
        if !self.count(1, 0, span) {
            return;
        }
        self.depth += 1 + usize::from(tag.is_some());
        if self.depth > self.limits.depth() {
            self.too_deep(span);
            return;
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor::Incomplete);
        }
        self.open.push(Open { shape, span, tag, anchor, before });
    }

    /// Tells that the document is too deep.
    pub(super) fn too_deep(&mut self, span: Span) {
        let allowed = self.limits.depth();
        self.limit(format!("lists and maps lie more than {allowed} deep in each other"), span);
    }

    /// Ends the innermost list or map. `end` is the byte after its closing bracket; in block style, where
    /// there is none, the end of the last value.
    pub(super) fn close(&mut self, end: Option<usize>) {
        let Some(Open { shape, mut span, tag, anchor, before }) = self.open.pop() else { return };
        self.depth -= 1 + usize::from(tag.is_some());
        let (kind, last) = match shape {
            Shape::Sequence(items) => {
                let last = items.last().map(|item| item.span.end);
                (NodeKind::Sequence(items), last)
            }
            Shape::Mapping { mut entries, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end));
                self.refuse_duplicates(&mut entries);
                (NodeKind::Mapping(entries), last)
            }
        };
        span.end = end.or(last).unwrap_or(span.end).max(span.start);
        self.complete(Node { kind, span, tag }, anchor, before);
    }

    /// Tells the keys of a map that was just taken off the stack that stand twice, and keeps the first of each.
    fn refuse_duplicates(&mut self, entries: &mut Vec<Entry>) {
        let mut order: Vec<&Entry> = entries.iter().collect();
        order.sort_by(|a, b| a.key.cmp(&b.key)); // stable: the first in the file stays first
        let mut first: Option<&Entry> = None;
        let mut is_unique = true;
        for entry in order {
            match first {
                Some(first) if first.key == entry.key => {
                    let Span { line, column, .. } = first.key_span;
                    let key = super::excerpt(&entry.key);
                    is_unique = false;
                    self.report(
                        Diagnostic::error(
                            code::DUPLICATE_KEY,
                            format!(
                                "key `{key}` stands twice in the same map, first in line {line}, column {column}"
                            ),
                        )
                        .help("remove or rename one of the two")
                        .pointer(pointer_to(&self.pointer(), &entry.key)),
                        entry.key_span,
                    );
                }
                _ => first = Some(entry),
            }
        }
        if !is_unique {
            let mut known = BTreeSet::new();
            entries.retain(|entry| known.insert(entry.key.clone()));
        }
    }

    /// The pointer to the value that comes next.
    fn pointer(&self) -> String {
        self.open.iter().fold(String::new(), |pointer, open| match &open.shape {
            Shape::Sequence(items) => format!("{pointer}/{}", items.len()),
            Shape::Mapping { key, .. } => {
                let key = key.as_ref().and_then(|key| key.text.as_deref());
                pointer_to(&pointer, key.unwrap_or_default())
            }
        })
    }

    /// Puts a complete node where it belongs.
    fn complete(&mut self, node: Node, anchor: usize, before: Size) {
        if anchor != 0 {
            let size = Size { nodes: self.nodes - before.nodes, text: self.text - before.text };
            // The copy is counted, so that anchors inside anchors can't swell the memory either.
            if !self.count(size.nodes, size.text, node.span) {
                return;
            }
            let depth = depth(&node);
            self.anchors.insert(anchor, Anchor::Complete { node: node.clone(), size, depth });
        }
        match self.open.last_mut().map(|open| &mut open.shape) {
            None => self.root = Some(node),
            Some(Shape::Sequence(items)) => items.push(node),
            Some(Shape::Mapping { entries, key }) => match key.take() {
                Some(Key { text: Some(text), span }) => {
                    entries.push(Entry { key: text, key_span: span, value: node });
                }
                Some(Key { text: None, .. }) => {}
                None => {
                    *key = Some(Key { text: None, span: node.span });
                    let found = node.describe();
                    self.error(code::BAD_KEY, format!("a key has to be a text, found {found}"), node.span);
                }
            },
        }
    }

    /// Takes an alias of the anchor number `anchor`.
    pub(super) fn alias(&mut self, anchor: usize, span: Span) {
        self.aliases.push(span);
        let Some(&Anchor::Complete { size, depth, .. }) = self.anchors.get(&anchor) else {
            self.error(code::BAD_ALIAS, "an alias stands inside the value that it stands for", span);
            return self.placeholder(span);
        };
        if self.depth + depth > self.limits.depth() {
            return self.too_deep(span);
        }
        let before = self.size();
        if !self.count(size.nodes, size.text, span) {
            return; // before anything is copied
        }
        let Some(Anchor::Complete { node, .. }) = self.anchors.get(&anchor) else { return };
        let node = Node { span, ..node.clone() };
        if !self.wants_key() {
            return self.complete(node, 0, before);
        }
        match node.kind {
            NodeKind::String(text) if node.tag.is_none() => self.key(Some(text), span, 0),
            _ => {
                let found = node.describe();
                self.error(code::BAD_KEY, format!("a key has to be a text, found {found}"), span);
                self.key(None, span, 0);
            }
        }
    }

    /// Gives up what isn't complete, after a mistake in syntax.
    pub(super) fn abandon(&mut self) {
        while let Some(open) = self.open.pop() {
            if let Shape::Mapping { mut entries, .. } = open.shape {
                self.refuse_duplicates(&mut entries);
            }
        }
        self.anchors.clear();
        self.depth = 0;
    }

    /// The span without the blanks at its end.
    pub(super) fn without_blank_end(&self, span: Span) -> Span {
        let text = self.source.text.get(span.start..span.end).unwrap_or_default();
        Span { end: span.start + text.trim_end().len(), ..span }
    }

    /// Stands for a value that was refused, so that what follows keeps its place.
    pub(super) fn placeholder(&mut self, span: Span) {
        if self.wants_key() {
            self.key(None, span, 0);
        } else {
            self.scalar(NodeKind::Null, span, None, 0);
        }
    }
}

/// How deep lists and maps lie in each other in `node`, a tag counting as one more.
fn depth(node: &Node) -> usize {
    let below = match &node.kind {
        NodeKind::Sequence(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        NodeKind::Mapping(entries) => 1 + entries.iter().map(|entry| depth(&entry.value)).max().unwrap_or(0),
        _ => return 0,
    };
    below + usize::from(node.tag.is_some())
}
