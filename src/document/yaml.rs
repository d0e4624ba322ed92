//! YAML text to tree, by the events of the parser that `serde-saphyr` re-exports.

use serde_saphyr::granit_parser::{self, ErrorKind, Event, Marker, Parser, ScalarStyle, Tag, options};

use super::tree::Tree;
use super::yaml_mistakes::{explain, next_section, tab_after};
use super::{Ambiguous, Limits, NodeKind, Reading, code, excerpt, scalar};
use crate::diagnostic::{Diagnostic, Source, Span};

/// The namespace of YAML's own tags (`!!str`).
const YAML: &str = "tag:yaml.org,2002:";

/// Reads the text of `source` into `tree`.
///
/// The parser stops at the first mistake in syntax. Reading then goes on at the next key that lies further out,
/// only to find more mistakes.
pub(super) fn read(source: &Source, limits: &Limits, tree: &mut Tree<'_>) {
    refuse_unprintable(&source.text, tree);
    let mut piece = Some(Piece { start: 0, end: source.text.len(), line: 0, indent: 0, is_first: true });
    while let Some(current) = piece {
        let mistake = current.read(&source.text, limits, tree);
        if tree.stopped() {
            return;
        }
        piece = match mistake {
            Some(at) => next_section(&source.text, current, at),
            None if current.is_first => None,
            None => next_section(&source.text, current, current.end),
        };
        tree.abandon();
    }
}

/// A part of a text that is read as a document: the whole, or what follows a mistake.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Lines before it.
    pub(super) line: usize,
    /// Spaces before its keys.
    pub(super) indent: usize,
    pub(super) is_first: bool,
}

impl Piece {
    /// Returns where in the text a mistake in syntax is that something after it may be read in spite of.
    fn read(self, text: &str, limits: &Limits, tree: &mut Tree<'_>) -> Option<usize> {
        let options = options! {
            emit_unresolved_aliases: true,
            emit_comments: false,
            block_scalar_eof_without_line_feed: true,
            flow_nesting_limit: limits.depth() + 1,
            block_nesting_limit: limits.depth() + 1,
        };
        let piece = text.get(self.start..self.end).unwrap_or_default();
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(piece, options) {
            if tree.stopped() {
                return None;
            }
            match event {
                Ok((Event::DocumentStart(..), span)) => {
                    documents += 1;
                    if documents > 1 {
                        let message = "a second document starts here, but a file holds only one";
                        let finding = Diagnostic::error(code::SEVERAL_DOCUMENTS, message)
                            .help("put each document in a file of its own; a `---` before the first is fine");
                        tree.report(finding, self.place(span));
                        return None;
                    }
                }
                Ok((event, span)) => self.take(event, self.place(span), tree),
                Err(error) => {
                    let mut place = self.at(error.marker());
                    if let Some(tab) = tab_after(error.kind(), text, place.start) {
                        place.line += text[place.start..tab].matches('\n').count();
                        place.start = tab;
                        place.column = 1 + text[..tab].chars().rev().take_while(|&c| c != '\n').count();
                    }
                    if *error.kind() == ErrorKind::RecursionLimitExceeded {
                        tree.too_deep(place);
                        return None;
                    }
                    let place = Span {
                        end: place.start + text[place.start..].chars().next().map_or(0, char::len_utf8),
                        ..place
                    };
                    // Told by `refuse_unprintable` already.
                    let is_told = matches!(error.kind(), ErrorKind::UnexpectedCharacter { character } if !is_printable(*character));
                    if !is_told {
                        tree.report(explain(error.kind(), text, place.start), place);
                    }
                    let may_go_on = !matches!(
                        error.kind(),
                        ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::UnclosedQuotedScalar
                    );
                    return may_go_on.then_some(place.start);
                }
            }
        }
        None
    }

    fn place(&self, span: granit_parser::Span) -> Span {
        let start = self.at(&span.start);
        let end = span.end.byte_offset().map_or(start.start, |end| end + self.start);
        Span { end: end.max(start.start), ..start }
    }

    fn at(&self, mark: &Marker) -> Span {
        let start = (mark.byte_offset().unwrap_or_default() + self.start).min(self.end);
        Span { start, end: start, line: mark.line() + self.line, column: mark.col() + 1 }
    }

    fn take(&self, event: Event<'_>, here: Span, tree: &mut Tree<'_>) {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let text = if plain && here.end == here.start { "" } else { &*text };
                let here = if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    tree.without_blank_end(here)
                } else {
                    here
                };
                if tree.wants_key() {
                    take_key(text, plain, anchor, tag.as_deref(), here, tree);
                } else {
                    take_scalar(text, plain, anchor, tag.as_deref(), here, tree);
                }
            }
            Event::SequenceStart(_, anchor, tag) => {
                let tag = user_tag(tag.as_deref(), "seq", here, tree);
                tree.open_sequence(here, tag, anchor);
            }
            Event::MappingStart(_, anchor, tag) => {
                let tag = user_tag(tag.as_deref(), "map", here, tree);
                tree.open_mapping(here, tag, anchor);
            }
            // In block style nothing is written at the end.
            Event::SequenceEnd | Event::MappingEnd => {
                tree.close((here.end != here.start).then_some(here.end));
            }
            Event::Alias(anchor) => tree.alias(anchor, here),
            Event::UnresolvedAlias(name) => {
                if self.is_first {
                    let name = excerpt(&name);
                    tree.error(
                        code::BAD_ALIAS,
                        format!("alias `*{name}` has no anchor `&{name}` before it"),
                        here,
                    );
                }
                tree.placeholder(here);
            }
            _ => {}
        }
    }
}

fn take_key(text: &str, plain: bool, anchor: usize, tag: Option<&Tag>, here: Span, tree: &mut Tree<'_>) {
    let is_text = tag.is_none_or(|tag| tag.is_yaml_core_schema_tag("str") || is_non_specific(tag));
    if let Some(tag) = tag.filter(|_| !is_text) {
        tree.error(
            code::BAD_KEY,
            format!("a key can't have a tag, found `{}`", excerpt(&tag.original())),
            here,
        );
        return tree.key(None, here, anchor);
    }
    if plain && tag.is_none() {
        if text.is_empty() {
            tree.error(code::BAD_KEY, "a colon without a key before it", here);
            return tree.key(None, here, anchor);
        }
        if text == "<<" {
            let help = "write the keys out";
            let finding = Diagnostic::error(code::MERGE_KEY, "merge keys (`<<`) aren't supported").help(help);
            tree.report(finding, here);
            return tree.key(None, here, anchor);
        }
        note_ambiguous(text, scalar::core(text), true, here, tree);
    }
    tree.key(Some(text.to_owned()), here, anchor);
}

fn take_scalar(text: &str, plain: bool, anchor: usize, tag: Option<&Tag>, here: Span, tree: &mut Tree<'_>) {
    let as_text = || NodeKind::String(text.to_owned());
    let mut user_tag = None;
    let kind = match tag {
        None if plain => {
            let reading = scalar::core(text);
            note_ambiguous(text, reading.clone(), false, here, tree);
            reading.kind(text)
        }
        None => as_text(),
        Some(tag) if is_non_specific(tag) => as_text(),
        Some(tag) => match tag.suffix_in_namespace(YAML) {
            None => {
                user_tag = Some(tag.to_string());
                as_text()
            }
            Some(name) => match (&*name, scalar::core(text)) {
                ("str", _) => as_text(),
                ("null", Reading::Null) => NodeKind::Null,
                ("bool", Reading::Bool(value)) => NodeKind::Bool(value),
                ("int", Reading::Number(number)) if !number.is_f64() => NodeKind::Number(number),
                ("float", Reading::Number(number)) => NodeKind::Number(number),
                ("null" | "bool" | "int" | "float", _) => {
                    let text = excerpt(text);
                    tree.error(code::BAD_TAG, format!("the tag `!!{name}` doesn't fit `{text}`"), here);
                    as_text()
                }
                _ => {
                    refuse_tag(tag, here, tree);
                    as_text()
                }
            },
        },
    };
    tree.scalar(kind, here, user_tag, anchor);
}

fn note_ambiguous(text: &str, core: Reading, is_key: bool, span: Span, tree: &mut Tree<'_>) {
    let old = scalar::old(text);
    if Reading::is_ambiguous(&core, &old) {
        tree.ambiguous.push(Ambiguous { span, text: text.to_owned(), is_key, core, old });
    }
}

/// The tag of a list or map if it is one of the user's. `own` is YAML's own name of such a value.
fn user_tag(tag: Option<&Tag>, own: &str, here: Span, tree: &mut Tree<'_>) -> Option<String> {
    let tag = tag.filter(|tag| !is_non_specific(tag) && !tag.is_yaml_core_schema_tag(own))?;
    if tag.suffix_in_namespace(YAML).is_some() {
        refuse_tag(tag, here, tree);
        return None;
    }
    Some(tag.to_string())
}

fn refuse_tag(tag: &Tag, here: Span, tree: &mut Tree<'_>) {
    let tag = excerpt(&tag.original());
    tree.error(code::BAD_TAG, format!("YAML's tag `{tag}` isn't supported here"), here);
}

/// A lone `!`, which makes any scalar text.
fn is_non_specific(tag: &Tag) -> bool {
    tag.to_string() == "!"
}

/// Refuses characters that YAML wants escaped, of which some readers would drop what follows.
///
/// Source: YAML 1.2.2 §5.1, production `c-printable`.
fn refuse_unprintable(text: &str, tree: &mut Tree<'_>) {
    let mut line = (1, 0);
    for (start, character) in text.char_indices() {
        if character == '\n' {
            line = (line.0 + 1, start + 1);
        } else if !is_printable(character) {
            let column = text[line.1..start].chars().count() + 1;
            let span = Span { start, end: start + character.len_utf8(), line: line.0, column };
            let message = format!("the character U+{:04X} has to be escaped in YAML", u32::from(character));
            tree.error(code::ENCODING, message, span);
            if tree.stopped() {
                return;
            }
        }
    }
}

/// Whether a character may stand in YAML as it is.
pub(crate) fn is_printable(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..
    )
}
