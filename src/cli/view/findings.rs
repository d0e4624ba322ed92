//! A finding as a person reads it: the excerpt of the source with the place marked, what was found, what to do.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};

/// Longest excerpt around a place, in bytes: a line of a minified template is not shown whole.
const LONGEST_LINE: usize = 400;

/// The finding as text with a blank line behind it.
pub(super) fn render(finding: &Diagnostic, colour: bool) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(finding.message.as_str()).id(finding.code.0);
    let mut group = annotate_snippets::Group::with_title(title);
    let path;
    if let Some(location) = &finding.location {
        let text = &*location.source.text;
        let (start, end) = line_around(text, location.span.start);
        let name = &*location.source.name;
        if end - start > LONGEST_LINE {
            path = format!("{name}:{}:{}", location.span.line, location.span.column);
            group = group.element(annotate_snippets::Origin::path(path.as_str()));
        } else {
            let span = clamp(text, location.span.start, location.span.end, end);
            group = group
                .element(Snippet::source(text).path(name).annotation(AnnotationKind::Primary.span(span)));
        }
    }
    if let Some(place) = place(finding) {
        group = group.element(Level::NOTE.with_name("at").message(place));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n\n", renderer.render(&[group]))
}

/// The finding for programs; the README lists the keys.
pub(super) fn json(finding: &Diagnostic) -> serde_json::Value {
    let location = finding.location.as_ref();
    serde_json::json!({
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "help": finding.help,
        "file": location.map(|location| &*location.source.name),
        "line": location.map(|location| location.span.line),
        "column": location.map(|location| location.span.column),
        "pointer": finding.pointer,
        "logical_id": finding.logical_id,
        "construct": finding.construct,
    })
}

/// Where in the template a finding is, if it isn't a place in a file.
fn place(finding: &Diagnostic) -> Option<String> {
    if finding.location.is_some() {
        return None;
    }
    let resource = match (&finding.logical_id, &finding.construct) {
        (Some(id), Some(path)) if id != path => Some(format!("{id} ({path})")),
        (Some(one), _) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    };
    match (resource, &finding.pointer) {
        (Some(resource), Some(pointer)) => Some(format!("{resource}, {pointer}")),
        (Some(one), None) => Some(one),
        (None, Some(pointer)) => Some(pointer.clone()),
        (None, None) => None,
    }
}

/// Start and end of the line that holds the byte `at`.
fn line_around(text: &str, at: usize) -> (usize, usize) {
    let at = at.min(text.len());
    let start =
        text.as_bytes()[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let end = text.as_bytes()[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(text.len(), |newline| at + newline);
    (start, end)
}

/// The marked range, on its first line only and on character boundaries.
fn clamp(text: &str, start: usize, end: usize, line_end: usize) -> std::ops::Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(start);
    start..floor(end.min(line_end)).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Source, Span};

    #[test]
    fn a_place_is_shown_with_its_line_and_the_help_below() {
        let source = Source::new("dify.yaml", "name: dify\ndatabase:\n  instanse_class: x\n");
        let span = Span { start: 23, end: 37, line: 3, column: 3 };
        let finding = Diagnostic::error(Code("C002"), "unknown key `instanse_class`")
            .at(&source, span)
            .help("did you mean `instance_class`?");
        insta::assert_snapshot!(render(&finding, false), @r"
        error[C002]: unknown key `instanse_class`
         --> dify.yaml:3:3
          |
        3 |   instanse_class: x
          |   ^^^^^^^^^^^^^^
          |
          = help: did you mean `instance_class`?
        ");
    }

    #[test]
    fn a_very_long_line_is_not_shown() {
        let source = Source::new("x.json", "x".repeat(1000));
        let span = Span { start: 500, end: 501, line: 1, column: 501 };
        let text = render(&Diagnostic::error(Code("D001"), "bad").at(&source, span), false);
        assert!(text.contains("x.json:1:501") && text.len() < 200, "{text}");
    }

    #[test]
    fn places_beyond_the_text_do_not_panic() {
        let source = Source::new("x", "é");
        for (start, end) in [(0, 1), (1, 9), (9, 12), (2, 2), (1, 0)] {
            let span = Span { start, end, line: 1, column: 1 };
            render(&Diagnostic::error(Code("D001"), "bad").at(&source, span), false);
        }
    }
}
