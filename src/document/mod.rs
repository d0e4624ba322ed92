//! One located tree for YAML and JSON, made from what a parser sees and not by deserializing.
//!
//! A [`Document`] keeps the place of every value and key, tags (`!Ref`) and the order of keys, and [`Document::parse`]
//! reports every mistake that can be told, keys that stand twice among them, within [`Limits`] on size, depth and
//! what aliases unfold to. Nothing here knows what a document means.
//!
//! Scalars are read by YAML 1.2. What YAML 1.1 reads differently (`yes`, `0777`, `22:22`) is listed in
//! [`Document::ambiguous`], for the reader of each kind of file to decide on. Merge keys (`<<`) are refused:
//! CloudFormation has none either.

pub mod code;
#[cfg(test)]
mod hostile_tests;
mod json;
mod limits;
#[cfg(test)]
pub(crate) mod mutation;
mod node;
pub(crate) mod scalar;
#[cfg(test)]
mod tests;
mod tree;
pub(crate) mod yaml;
mod yaml_mistakes;

use serde_json::Value as Json;

pub use limits::Limits;
pub use node::{Entry, Node, NodeKind};
pub use scalar::{Ambiguous, Reading};

use crate::diagnostic::{Diagnostic, Source, Span};

/// A file as a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The text.
    pub source: Source,
    /// The language of the text.
    pub format: Format,
    /// The value; nothing for an empty file.
    pub root: Node,
    /// Plain scalars that YAML 1.1 and YAML 1.2 read differently, and numbers that aren't held, in the order of the
    /// file.
    pub ambiguous: Vec<Ambiguous>,
    /// Where aliases stand. They are unfolded in the tree.
    pub aliases: Vec<Span>,
}

/// A language that documents are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2.
    Yaml,
    /// JSON.
    Json,
}

impl Format {
    /// The format of a file: JSON if its name ends in `.json`, YAML if in `.yaml` or `.yml`; otherwise JSON if the text
    /// starts with `{` or `[`.
    pub fn detect(name: &str, text: &str) -> Self {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        match extension.as_deref() {
            Some("json") => Self::Json,
            Some("yaml" | "yml") => Self::Yaml,
            _ if text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) => Self::Json,
            _ => Self::Yaml,
        }
    }
}

impl Document {
    /// Reads a text.
    ///
    /// # Errors
    /// All mistakes in syntax, in the order of the text; or the limit that is exceeded.
    pub fn parse(source: Source, format: Format, limits: &Limits) -> Result<Self, Vec<Diagnostic>> {
        let (document, duplicates) = Self::parse_keeping_first(source, format, limits)?;
        if duplicates.is_empty() { Ok(document) } else { Err(duplicates) }
    }

    /// Reads a text whose keys may stand twice, for who looks for further mistakes: of each the first is kept, the others
    /// are told in the order of the text.
    ///
    /// # Errors
    /// As [`Self::parse`], where more is wrong than keys that stand twice.
    pub fn parse_keeping_first(
        source: Source,
        format: Format,
        limits: &Limits,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        if source.text.len() > limits.max_bytes {
            let (found, allowed) = (source.text.len(), limits.max_bytes);
            let message = format!("the file has {found} bytes, at most {allowed} are read");
            return Err(vec![Diagnostic::error(code::LIMIT, message).at(&source, Span::default())]);
        }
        let mut tree = tree::Tree::new(&source, limits);
        match format {
            Format::Yaml => yaml::read(&source, limits, &mut tree),
            Format::Json => json::read(&source, &mut tree),
        }
        tree.abandon();
        let is_whole = !tree.stopped();
        let (root, ambiguous, aliases, mut diagnostics) =
            (tree.root, tree.ambiguous, tree.aliases, tree.diagnostics);
        diagnostics
            .sort_by_key(|diagnostic| diagnostic.location.as_ref().map(|location| location.span.start));
        if is_whole && diagnostics.iter().all(|diagnostic| diagnostic.code == code::DUPLICATE_KEY) {
            let nothing = || Node::new(NodeKind::Null, Span { line: 1, column: 1, ..Span::default() });
            let root = root.unwrap_or_else(nothing);
            return Ok((Self { source, format, root, ambiguous, aliases }, diagnostics));
        }
        Err(diagnostics)
    }

    /// The value at a JSON pointer (RFC 6901); the empty pointer is the whole.
    pub fn at(&self, pointer: &str) -> Option<&Node> {
        match walk(&self.root, pointer) {
            Walk { node, complete: true, .. } => Some(node),
            _ => None,
        }
    }

    /// Where the value at a JSON pointer stands; if there is none, the nearest value around it that exists.
    pub fn locate(&self, pointer: &str) -> Span {
        walk(&self.root, pointer).node.span
    }

    /// Where the key of the value at a JSON pointer stands. For an element of a list that is the element itself;
    /// if the pointer leads nowhere, the key of the nearest value around it that exists.
    pub fn locate_key(&self, pointer: &str) -> Span {
        let walk = walk(&self.root, pointer);
        walk.key.unwrap_or(walk.node.span)
    }

    /// The text between the quotes and all, as it stands in the file.
    pub fn text(&self, span: Span) -> &str {
        self.source.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The value as JSON, tags left out.
    pub fn to_json(&self) -> Json {
        self.root.to_json()
    }

    /// What a file of our own mustn't have: tags, and scalars that tools read differently, the latter as warnings.
    pub fn strict_findings(&self) -> Vec<Diagnostic> {
        let mut findings: Vec<_> =
            self.ambiguous.iter().map(|scalar| scalar.diagnostic(&self.source)).collect();
        self.root.walk(&mut |node| {
            if let Some(tag) = &node.tag {
                let message = format!("tags have no meaning here, found `{}`", excerpt(tag));
                findings.push(
                    Diagnostic::error(code::UNEXPECTED_TAG, message)
                        .help(without_tag(tag))
                        .at(&self.source, node.span),
                );
            }
        });
        findings
    }
}

/// What to write in place of a tag. Those of CloudFormation's functions begin with a capital letter.
fn without_tag(tag: &str) -> String {
    let rest = "remove the tag, or put the text in quotes if it starts with `!`";
    match tag.strip_prefix('!') {
        Some(name) if name.starts_with(|c: char| c.is_ascii_uppercase()) => {
            let prefix = if ["Ref", "Condition"].contains(&name) { "" } else { "Fn::" };
            format!(
                "a function has its long form here, `{{ {prefix}{}: … }}`, and only `resources` takes one; else {rest}",
                excerpt(name)
            )
        }
        _ => rest.to_owned(),
    }
}

/// How far a JSON pointer leads.
pub(crate) struct Walk<'a> {
    /// The last node that exists.
    pub(crate) node: &'a Node,
    /// The place of its key, if it has one.
    pub(crate) key: Option<Span>,
    /// Whether it is the one that the pointer names.
    pub(crate) complete: bool,
}

/// Follows a JSON pointer from `root`.
pub(crate) fn walk<'a>(root: &'a Node, pointer: &str) -> Walk<'a> {
    let mut walk = Walk { node: root, key: None, complete: true };
    for token in pointer_tokens(pointer) {
        let next = match &walk.node.kind {
            NodeKind::Mapping(_) => walk.node.entry(&token).map(|entry| (&entry.value, Some(entry.key_span))),
            NodeKind::Sequence(items) => {
                index(&token).and_then(|index| items.get(index)).map(|item| (item, None))
            }
            _ => None,
        };
        match next {
            Some((node, key)) => walk = Walk { node, key, complete: true },
            None => return Walk { complete: false, ..walk },
        }
    }
    Walk { complete: walk.complete && (pointer.is_empty() || pointer.starts_with('/')), ..walk }
}

/// The index that a token of a JSON pointer means: digits without leading zero.
fn index(token: &str) -> Option<usize> {
    let is_canonical = token == "0" || token.starts_with(|c: char| ('1'..='9').contains(&c));
    token.parse().ok().filter(|_| is_canonical)
}

/// The steps of a JSON pointer.
pub(crate) fn pointer_tokens(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(unescaped)
}

/// A step of a JSON pointer as it is.
pub(crate) fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// A JSON pointer one step longer.
pub fn pointer_to(parent: &str, token: &str) -> String {
    format!("{parent}/{}", token.replace('~', "~0").replace('/', "~1"))
}

/// A source from the bytes of a file.
///
/// # Errors
/// The bytes aren't UTF-8; says where, and whether they look like UTF-16.
pub fn decode(name: &str, bytes: &[u8]) -> Result<Source, Box<Diagnostic>> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Source::new(name, text)),
        Err(error) => error,
    };
    let refused = |message: String, source: &Source, span: Span| {
        Box::new(Diagnostic::error(code::ENCODING, message).help("save the file as UTF-8").at(source, span))
    };
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes {
        // No line of it can be shown.
        let start = Span { line: 1, column: 1, ..Span::default() };
        return Err(refused("the file is UTF-16, not UTF-8".to_owned(), &Source::new(name, ""), start));
    }
    let start = error.valid_up_to();
    let lossy = Source::new(name, String::from_utf8_lossy(bytes).into_owned());
    let before = lossy.text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let span = Span { start, end: start + '\u{fffd}'.len_utf8(), line, column };
    let byte = bytes.get(start).copied().unwrap_or_default();
    Err(refused(format!("the byte 0x{byte:02x} at offset {start} isn't UTF-8"), &lossy, span))
}

/// A text short enough for a message, on one line.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}
