//! What to say of a mistake in YAML, and where to go on after it.

use serde_saphyr::granit_parser::ErrorKind;

use super::code;
use super::yaml::Piece;
use crate::diagnostic::Diagnostic;

/// The finding for a mistake of the kind `kind` at the byte `at` of `text`.
pub(super) fn explain(kind: &ErrorKind, text: &str, at: usize) -> Diagnostic {
    let error = |message: String| Diagnostic::error(code::YAML_SYNTAX, message);
    if let Some((outer, inner)) = two_tags(text, at) {
        return error(format!("a value can't have two tags, found `{outer}` and `{inner}`")).help(format!(
            "write the outer function in its long form: `Fn::{}: {inner} …`",
            outer.trim_start_matches('!')
        ));
    }
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => {
            error("a tab stands where YAML wants spaces".into()).help("indent with spaces")
        }
        ErrorKind::UnclosedFlowCollection { open } => error(format!("`{open}` is never closed")),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            error(format!("`{open}` is closed by `{close}`"))
        }
        ErrorKind::MisplacedFlowCollectionEnd => error("a bracket is closed that wasn't opened".into()),
        ErrorKind::UnclosedQuotedScalar => error("a quote is never closed".into()),
        ErrorKind::MappingValueNotAllowed => error("a `:` isn't allowed here".into())
            .help("put a text that holds `: ` in quotes, and check the indentation"),
        ErrorKind::ExpectedBlockMappingKey => {
            error("expected the next key of the map".into()).help("check the indentation")
        }
        ErrorKind::ExpectedBlockSequenceEntry => {
            error("expected the next `- ` of the list".into()).help("check the indentation")
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            error("expected a `:` after the key".into()).help("check the indentation and the quotes")
        }
        ErrorKind::ExpectedFlowMappingSeparator => error("expected `,` or `}`".into()),
        ErrorKind::ExpectedFlowSequenceSeparator => error("expected `,` or `]`".into()),
        ErrorKind::UnexpectedCharacter { character } => {
            error(format!("no text starts with `{}`", character.escape_debug()))
                .help("put the text in quotes")
        }
        ErrorKind::UnknownQuotedScalarEscape => error("unknown escape in a text".into())
            .help("write a backslash as `\\\\` in double quotes, or use single quotes"),
        ErrorKind::UndeclaredTagHandle => error("a tag has an undeclared handle".into()),
        other => error(other.to_string()),
    }
}

/// Where the tab is that an error is about: a plain text that goes on behind one is reported at its beginning.
pub(super) fn tab_after(kind: &ErrorKind, text: &str, at: usize) -> Option<usize> {
    let is_of_text = matches!(kind, ErrorKind::TabInPlainScalar);
    is_of_text.then(|| text.get(at..)?.find("\n\t").map(|newline| at + newline + 1)).flatten()
}

/// The two tags, if what stands at `at` is the second in a row.
fn two_tags(text: &str, at: usize) -> Option<(&str, &str)> {
    let inner = text.get(at..)?.split([' ', '\r', '\n']).next().filter(|tag| tag.starts_with('!'))?;
    let outer =
        text.get(..at)?.split_whitespace().next_back().filter(|tag| tag.starts_with('!') && tag.len() > 1)?;
    Some((outer, inner))
}

/// The next part of the text after `last` that is worth reading for more mistakes. `end` is where `last` ended: at a
/// mistake, or because something lies further out.
///
/// A part begins at a key that lies further out than the line of the mistake (at the margin: as far out) or
/// than the keys of the last part, and ends where something lies further out than itself. So there are no more
/// parts than mistakes and levels.
pub(super) fn next_section(text: &str, last: Piece, end: usize) -> Option<Piece> {
    let before = text.get(last.start..end)?;
    let mut start = before.rfind('\n').map_or(last.start, |newline| last.start + newline + 1);
    let mut line = last.line + before.matches('\n').count();
    let mut outside = last.indent;
    let mut lines = text[start..].split_inclusive('\n');
    if end < last.end || last.is_first {
        let broken = lines.next()?;
        outside = indent(broken).unwrap_or(0).max(1);
        start += broken.len();
        line += 1;
    }
    let mut section: Option<Piece> = None;
    for content in lines {
        if let Some(indent) = indent(content) {
            match section {
                Some(section) if indent < section.indent => return Some(Piece { end: start, ..section }),
                None if indent < outside && is_key(content) => {
                    section = Some(Piece { start, end: text.len(), line, indent, is_first: false });
                }
                _ => {}
            }
        }
        start += content.len();
        line += 1;
    }
    section
}

/// Spaces before the content of a line; `None` if it has none, or a comment.
fn indent(line: &str) -> Option<usize> {
    let content = line.trim_start_matches(' ');
    let is_blank = content.trim().is_empty() || content.starts_with('#');
    (!is_blank).then_some(line.len() - content.len())
}

/// Whether a line starts with a plain key.
fn is_key(line: &str) -> bool {
    let content = line.trim_start_matches(' ');
    let name = content.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let starts_well = content.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well
        && name.strip_prefix(':').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r', '\n']))
}
