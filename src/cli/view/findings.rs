//! A finding as a person reads it: the excerpt of the source with the place marked, what was found, what to do.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::diagnostic::{Code, Diagnostic, Location, Severity};

use super::masking::masked;
use super::plural;

/// Longest line that is shown whole, in bytes.
const LONGEST_LINE: usize = 400;

/// What is shown of a longer line, such as a minified template: so many bytes before the place and behind its start.
const AROUND: (usize, usize) = (40, 60);

/// The findings as text, in their order. Notes of one file that say the same are told once, with the other places.
pub(super) fn render_all<'f>(findings: impl IntoIterator<Item = &'f Diagnostic>, colour: bool) -> String {
    let groups = grouped(findings);
    let told = groups.iter().filter_map(|group| group.split_first());
    told.map(|(first, others)| text(first, others, colour)).collect()
}

/// How many notes there are, in words: those that the text tells as one count once.
pub(super) fn count_of_notes<'f>(findings: impl IntoIterator<Item = &'f Diagnostic>) -> String {
    let groups = grouped(findings.into_iter().filter(|finding| finding.counts_as(Severity::Note)));
    let (told, places) = (groups.len(), groups.iter().map(Vec::len).sum());
    let told_of = plural(told, "note");
    if told < places { format!("{told_of} in {}", plural(places, "place")) } else { told_of }
}

/// The findings in their order, with a note those of its file that say the same.
fn grouped<'f>(findings: impl IntoIterator<Item = &'f Diagnostic>) -> Vec<Vec<&'f Diagnostic>> {
    let mut groups: Vec<Vec<&Diagnostic>> = Vec::new();
    let mut known: BTreeMap<(Code, &str, &str), usize> = BTreeMap::new();
    for finding in findings {
        if finding.counts_as(Severity::Note) {
            let file = finding.location.as_ref().map_or("", |location| &*location.source.name);
            let group = known.entry((finding.code, &finding.message, file)).or_insert(groups.len());
            if let Some(group) = groups.get_mut(*group) {
                group.push(finding);
                continue;
            }
        }
        groups.push(vec![finding]);
    }
    groups
}

/// The finding as text with a blank line behind it.
#[cfg(test)]
fn render(finding: &Diagnostic, colour: bool) -> String {
    text(finding, &[], colour)
}

fn text(finding: &Diagnostic, others: &[&Diagnostic], colour: bool) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    // What is accepted is no reason to act, however bad it is.
    let accepted_as;
    let level = if finding.accepted.is_some() {
        accepted_as = format!("accepted {}", finding.severity);
        Level::NOTE.with_name(accepted_as.as_str())
    } else {
        level
    };
    let title = level.primary_title(finding.message.as_str()).id(finding.code.0);
    let mut group = annotate_snippets::Group::with_title(title);
    let origin;
    if let Some(location) = &finding.location {
        let excerpt = Excerpt::of(location);
        let name = &*location.source.name;
        let snippet = Snippet::source(excerpt.text)
            .line_start(location.span.line)
            .annotation(AnnotationKind::Primary.span(excerpt.marked));
        origin = format!("{name}:{}:{}", location.span.line, location.span.column);
        let is_whole_file = location.span.start == 0 && location.span.end == 0;
        if finding.is_secret || is_whole_file {
            // Logs of a pipeline are read by more people than the file; and of what a file doesn't say, no line is an excerpt.
            group = group.element(Origin::path(origin.as_str()));
        } else if excerpt.is_cut {
            // The snippet would count the column from where the excerpt begins.
            group = group.element(Origin::path(origin.as_str())).element(snippet);
        } else {
            group = group.element(snippet.path(name));
        }
    }
    if let Some(place) = place(finding) {
        group = group.element(Level::NOTE.with_name("at").message(place));
    }
    if let Some(reason) = &finding.accepted {
        group = group.element(Level::NOTE.with_name("accepted").message(reason.as_str()));
    }
    let also = also(others);
    if let Some(also) = &also {
        group = group.element(Level::NOTE.with_name("also").message(also.as_str()));
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
        "accepted": finding.accepted,
    })
}

/// How many other places are named, at most.
const MOST_NAMES: usize = 8;

/// The resources that the same is told of, or how many places there are.
fn also(others: &[&Diagnostic]) -> Option<String> {
    let mut names: Vec<&str> = others
        .iter()
        .filter_map(|finding| finding.logical_id.as_deref().or(finding.pointer.as_deref()))
        .collect();
    names.dedup();
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    let list = names.join(", ");
    match more {
        _ if names.is_empty() => None,
        0 => Some(list),
        1 => Some(format!("{list} and one other")),
        more => Some(format!("{list} and {more} others")),
    }
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

/// The line of a source around a place, or a part of it.
struct Excerpt {
    text: String,
    /// The place inside the text.
    marked: Range<usize>,
    /// Whether the text begins or ends inside the line.
    is_cut: bool,
}

impl Excerpt {
    fn of(location: &Location) -> Self {
        let (text, span) = (&*location.source.text, location.span);
        let at = floor(text, span.start);
        // Looks no further than what would be shown: the line may be the whole file.
        let (far, near) = (floor(text, at.saturating_sub(LONGEST_LINE)), floor(text, at + LONGEST_LINE));
        // Logs of a pipeline are read by more people than the file.
        let shown = masked(&text[far..near]);
        let part = |start: usize, end: usize| shown.get(start - far..end - far).unwrap_or_default();
        let line_start = text[far..at].rfind('\n').map(|newline| far + newline + 1);
        let line_start = line_start.or_else(|| (far == 0).then_some(0));
        let line_end = text[at..near].find('\n').map(|newline| {
            // Windows' carriage return belongs to the line's end.
            at + text[at..at + newline].strip_suffix('\r').map_or(newline, str::len)
        });
        let line_end = line_end.or_else(|| (near == text.len()).then_some(near));
        let marked_until = |end: usize| floor(text, span.end.min(end)).max(at);
        if let (Some(start), Some(end)) = (line_start, line_end)
            && end - start <= LONGEST_LINE
        {
            let marked = at - start..marked_until(end) - start;
            return Self { text: part(start, end).to_owned(), marked, is_cut: false };
        }
        let from = floor(text, at.saturating_sub(AROUND.0));
        let to = floor(text, at + AROUND.1);
        let (start, before) = match line_start {
            Some(start) if start >= from => (start, ""),
            _ => (from, "…"),
        };
        let (end, behind) = match line_end {
            Some(end) if end <= to => (end, ""),
            _ => (to, "…"),
        };
        let marked = at - start + before.len()..marked_until(end) - start + before.len();
        Self { text: format!("{before}{}{behind}", part(start, end)), marked, is_cut: true }
    }
}

/// The nearest boundary of a character at or before the byte.
fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
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
    fn a_secret_on_the_line_is_not_shown_even_where_the_line_is_cut() {
        for padding in [0, 300, 1000] {
            let line = format!("{}{{ SECRET_KEY: hunter2, LEVEL: [1] }}", "x, ".repeat(padding));
            let place = line.find("[1]").unwrap();
            let span = Span { start: place, end: place + 3, line: 1, column: place + 1 };
            let finding = Diagnostic::error(Code("C002"), "m").at(&Source::new("dify.yaml", line), span);
            let shown = render(&finding, false);
            assert!(shown.contains("*******, LEVEL: [1]") && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_carriage_return_is_no_part_of_the_line() {
        let source = Source::new("t.yaml", "a: x\r\nb: y\r\n");
        for (start, end) in [(3, 4), (3, 6), (4, 5)] {
            let span = Span { start, end, line: 1, column: 4 };
            let shown = render(&Diagnostic::error(Code("D001"), "m").at(&source, span), false);
            assert!(shown.contains("a: x\n") && !shown.contains('\u{240d}'), "{shown}");
        }
    }

    #[test]
    fn equal_notes_are_told_and_counted_once() {
        let at = |id: &str| Diagnostic::note(Code("P060"), "kept for ever").logical_id(id).help("say when");
        let other = Diagnostic::warning(Code("W001"), "alone").logical_id("B");
        let findings = [at("A"), other.clone(), at("B"), at("C"), other];
        assert_eq!(count_of_notes(&findings), "1 note in 3 places");
        assert_eq!(count_of_notes(&findings[..1]), "1 note");
        insta::assert_snapshot!(render_all(&findings, false), @r"
        note[P060]: kept for ever
         |
         = at: A
         = also: B, C
         = help: say when

        warning[W001]: alone
         |
         = at: B

        warning[W001]: alone
         |
         = at: B
        ");
    }

    #[test]
    fn of_a_very_long_line_a_part_is_shown() {
        let source = Source::new("x.json", format!("[{}\"here\"{}]", "1,".repeat(300), ",1".repeat(300)));
        let span = Span { start: 601, end: 607, line: 1, column: 602 };
        insta::assert_snapshot!(render(&Diagnostic::error(Code("D001"), "bad").at(&source, span), false), @r#"
        error[D001]: bad
         --> x.json:1:602
          |
         ::: 
        1 | …1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"here",1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1…
          |                                          ^^^^^^
        "#);
    }

    #[test]
    fn excerpts_of_large_files_are_cheap() {
        let source = Source::new("x.json", "é".repeat(1 << 20));
        let started = std::time::Instant::now();
        for start in 0..200 {
            let span = Span { start: 1000 + start, end: 1 << 20, line: 1, column: 1 };
            let text = render(&Diagnostic::error(Code("D001"), "bad").at(&source, span), false);
            assert!(text.len() < 1000, "{text}");
        }
        assert!(started.elapsed().as_secs() < 10);
    }

    #[test]
    fn places_beyond_the_text_do_not_panic() {
        let source = Source::new("x", "é");
        for (start, end) in [(0, 1), (1, 9), (9, 12), (2, 2), (1, 0)] {
            let span = Span { start, end, line: 1, column: 1 };
            render(&Diagnostic::error(Code("D001"), "bad").at(&source, span), false);
        }
        // Around every length at which a line is cut, with characters of several bytes.
        for length in (0..3 * LONGEST_LINE).step_by(41) {
            let source = Source::new("x", format!("a\n{}\nb", "é".repeat(length)));
            for start in [0, 1, 2, 3, length, length + 1, 2 * length, 2 * length + 2, 2 * length + 4] {
                let span = Span { start, end: start + length, line: 2, column: 1 };
                render(&Diagnostic::error(Code("D001"), "bad").at(&source, span), false);
            }
        }
    }
}
