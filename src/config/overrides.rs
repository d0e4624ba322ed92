//! `--set KEY=VALUE`: one key of the configuration, from the command line.

use super::code;
use super::schema::{Place, near};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::document::{Document, Entry, Format, Limits, Node, NodeKind, excerpt, pointer_to};

/// What such an argument is called in messages.
const NAME: &str = "--set";

/// One override, as a tree of its own.
#[derive(Debug)]
pub(super) struct Override {
    pub(super) source: Source,
    pub(super) root: Node,
}

/// The argument as a source.
pub(super) fn source(text: &str) -> Source {
    Source::new(NAME, text)
}

/// Reads `services.api.cpu=1024`. Keys are joined by dots; one with a dot in it stands in double quotes. The value is a
/// scalar of YAML, or a list or map in its flow style; nothing is `null`. Where the configuration takes text, a plain
/// number or boolean is text as it is written, since shells take quotes away.
///
/// # Errors
/// What can't be read, in terms of the argument.
pub(super) fn parse(text: &str) -> Result<Override, Vec<Diagnostic>> {
    let source = source(text);
    let (keys, value_at) = parse_keys(&source).map_err(|diagnostic| vec![*diagnostic])?;
    let value = parse_value(&source, value_at)?;
    let mut root = nested(&source, keys, value);
    read_as_text(&mut root, &Place::top(), &source);
    Ok(Override { source, root })
}

/// An argument that can't be read, with nothing for the value, and the pointer to what it would set: as far as its keys can
/// be read and are known, and one key more. `None` if not even the first is one, or like one.
pub(super) fn parse_keys_only(text: &str) -> Option<(Override, String)> {
    let source = source(text);
    let mut keys: Vec<Key> = Vec::new();
    let mut place = Some(Place::top());
    let mut start = 0;
    while let (Some(here), Some((key, length))) = (place, first_key(&text[start..])) {
        let key = key.trim();
        if key.is_empty() {
            break;
        }
        keys.push((key.to_owned(), span(&source, start, start + length)));
        let goes_on = keys.len() < MOST_KEYS && text[start + length..].starts_with('.');
        start += length + usize::from(goes_on);
        place = here.key(key).filter(|_| goes_on);
    }
    let first = &keys.first()?.0;
    near(first, Place::top().keys().map(|(key, _)| key))?;
    let least = if first == "environments" { 3 } else { 1 };
    if keys.len() < least {
        return None;
    }
    let pointer = keys.iter().fold(String::new(), |pointer, (key, _)| pointer_to(&pointer, key));
    let nothing = Node::new(NodeKind::Null, span(&source, text.len(), text.len()));
    let root = nested(&source, keys, nothing);
    Some((Override { source, root }, pointer))
}

/// A value under keys in keys.
fn nested(source: &Source, keys: Vec<Key>, value: Node) -> Node {
    let whole = span(source, 0, source.text.len());
    keys.into_iter().rev().fold(value, |value, (key, key_span)| {
        Node::new(NodeKind::Mapping(vec![Entry { key, key_span, value }]), whole)
    })
}

/// More keys than any value of a configuration lies deep.
const MOST_KEYS: usize = 20;

/// A key and where it stands.
type Key = (String, Span);

/// The keys before `=`, and where the value begins.
fn parse_keys(source: &Source) -> Result<(Vec<Key>, usize), Box<Diagnostic>> {
    let text = &source.text;
    let fail = |message: String, help: &str, start: usize, end: usize| {
        let diagnostic = Diagnostic::error(code::BAD_OVERRIDE, message).help(help);
        Box::new(diagnostic.at(source, span(source, start, end)))
    };
    let mut keys = Vec::new();
    let mut start = 0;
    loop {
        let Some((key, length)) = first_key(&text[start..]) else {
            let message = "a key in quotes has no end".to_owned();
            return Err(fail(message, "close the double quotes", start, text.len()));
        };
        let end = start + length;
        if key.trim().is_empty() || key.trim() != key {
            let message = format!("`{}` has an empty key or spaces around one", excerpt(text));
            return Err(fail(message, "write KEY=VALUE, such as services.api.cpu=1024", start, end));
        }
        if keys.len() == MOST_KEYS {
            let message = format!("`{}` has more than {MOST_KEYS} keys", excerpt(text));
            return Err(fail(message, "nothing lies that deep", start, end));
        }
        keys.push((key.to_owned(), span(source, start, end)));
        match text[end..].chars().next() {
            Some('.') => start = end + 1,
            Some('=') => return Ok((keys, end + 1)),
            Some('[') => {
                let message = format!("`{}` sets one element of a list; lists are set whole", excerpt(text));
                return Err(fail(message, "write KEY=[FIRST, SECOND]", end, text.len()));
            }
            Some(_) => {
                let message = "a key in quotes goes on after them".to_owned();
                return Err(fail(message, "write KEY=VALUE, such as tags.\"a.b\"=c", end, text.len()));
            }
            None => {
                let message = format!("`{}` has no `=`", excerpt(text));
                return Err(fail(message, "write KEY=VALUE, such as services.api.cpu=1024", 0, text.len()));
            }
        }
    }
}

/// The key with which a text begins, and how much of the text it takes. `None` if its quotes aren't closed.
fn first_key(text: &str) -> Option<(&str, usize)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let length = quoted.find('"')?;
        return Some((&quoted[..length], length + 2));
    }
    let length = text.find(['.', '=', '[']).unwrap_or(text.len());
    Some((&text[..length], length))
}

fn parse_value(source: &Source, start: usize) -> Result<Node, Vec<Diagnostic>> {
    let value = Source::new(NAME, &source.text[start..]);
    let before = span(source, start, start);
    let shift = |span: Span| Span {
        start: span.start + start,
        end: span.end + start,
        line: span.line + before.line - 1,
        column: if span.line == 1 { span.column + before.column - 1 } else { span.column },
    };
    let relocate = |mut diagnostic: Diagnostic| {
        if let Some(location) = &mut diagnostic.location {
            location.source = source.clone();
            location.span = shift(location.span);
        }
        diagnostic
    };
    let read = Document::parse(value, Format::Yaml, &Limits::default()).and_then(|document| {
        let errors: Vec<_> = document.strict_findings().into_iter().filter(Diagnostic::is_error).collect();
        if errors.is_empty() { Ok(document) } else { Err(errors) }
    });
    let mut node = read.map_err(|errors| errors.into_iter().map(relocate).collect::<Vec<_>>())?.root;
    each_span(&mut node, &shift);
    Ok(node)
}

/// Takes numbers and booleans as the text that they are written as, where text is taken.
fn read_as_text(node: &mut Node, place: &Place, source: &Source) {
    match &mut node.kind {
        NodeKind::Number(_) | NodeKind::Bool(_) if place.takes("string") => {
            let written = source.text.get(node.span.start..node.span.end).unwrap_or_default();
            node.kind = NodeKind::String(written.to_owned());
        }
        NodeKind::Sequence(items) => {
            if let Some(place) = place.item() {
                for item in items {
                    read_as_text(item, &place, source);
                }
            }
        }
        NodeKind::Mapping(entries) => {
            for entry in entries {
                if let Some(place) = place.key(&entry.key) {
                    read_as_text(&mut entry.value, &place, source);
                }
            }
        }
        _ => {}
    }
}

fn each_span(node: &mut Node, shift: &impl Fn(Span) -> Span) {
    node.span = shift(node.span);
    match &mut node.kind {
        NodeKind::Sequence(items) => items.iter_mut().for_each(|item| each_span(item, shift)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                entry.key_span = shift(entry.key_span);
                each_span(&mut entry.value, shift);
            }
        }
        _ => {}
    }
}

/// The bytes `start..end` of a source as a span.
fn span(source: &Source, start: usize, end: usize) -> Span {
    let before = &source.text[..start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Span { start, end, line, column }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Json) {
        assert_eq!(parse(text).map(|set| set.root.to_json()), Ok(expected), "{text}");
    }

    #[test]
    fn keys_are_nested_and_values_typed() {
        check("services.api.cpu=1024", json!({"services": {"api": {"cpu": 1024}}}));
        check(
            "ingress.allowed_cidrs=[203.0.113.0/24]",
            json!({"ingress": {"allowed_cidrs": ["203.0.113.0/24"]}}),
        );
        check("mail=", json!({"mail": null}));
        check("alarms.enabled=false", json!({"alarms": {"enabled": false}}));
        check("tags.\"a.b\"=x=y", json!({"tags": {"a.b": "x=y"}}));
        check("network={create: {nat: single}}", json!({"network": {"create": {"nat": "single"}}}));
    }

    #[test]
    fn where_text_is_taken_numbers_are_text_as_written() {
        check("dify.version=1.10", json!({"dify": {"version": "1.10"}}));
        check("account=012345678901", json!({"account": "012345678901"}));
        check("tags={a: true, b: 1}", json!({"tags": {"a": "true", "b": "1"}}));
        check("environments.prd.dify.web=2", json!({"environments": {"prd": {"dify": {"web": "2"}}}}));
        check(
            "components.api.command=[sh, -c, 1]",
            json!({"components": {"api": {"command": ["sh", "-c", "1"]}}}),
        );
        check("environment.A=1.10", json!({"environment": {"A": "1.10"}}));
        // Elsewhere they stay what they are.
        check("resources.Bucket.properties.X=1", json!({"resources": {"Bucket": {"properties": {"X": 1}}}}));
    }

    #[test]
    fn spans_are_those_of_the_argument() {
        let set = parse("services.api.cpu=[1, x]").unwrap();
        let cpu = set.root.get("services").unwrap().get("api").unwrap().entry("cpu").unwrap().clone();
        assert_eq!((cpu.key_span.start, cpu.key_span.column), (13, 14));
        let x = &cpu.value.items()[1];
        assert_eq!((&set.source.text[x.span.start..x.span.end], x.span.column), ("x", 22));
        let set = parse("tags.größe=x").unwrap();
        let size = set.root.get("tags").unwrap().get("größe").unwrap();
        assert_eq!((&set.source.text[size.span.start..size.span.end], size.span.column), ("x", 12));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        for (text, message, column) in [
            ("", "`` has an empty key or spaces around one", 1),
            ("name", "`name` has no `=`", 1),
            ("a..b=1", "`a..b=1` has an empty key or spaces around one", 3),
            ("tags.\"a=1", "a key in quotes has no end", 6),
            ("tags.\"a\"b=1", "a key in quotes goes on after them", 9),
            ("accept[0].code=x", "`accept[0].code=x` sets one element of a list; lists are set whole", 7),
        ] {
            let diagnostics = parse(text).unwrap_err();
            assert_eq!(diagnostics[0].message, message);
            let location = diagnostics[0].location.clone().unwrap();
            assert_eq!((&*location.source.name, location.span.column), ("--set", column), "{text}");
        }
        assert_eq!(parse(&format!("{}a=1", "a.".repeat(100_000))).unwrap_err()[0].code, code::BAD_OVERRIDE);
        let diagnostics = parse("ingress.allowed_cidrs=[a").unwrap_err();
        assert!(diagnostics[0].location.as_ref().unwrap().span.column > 22, "{diagnostics:?}");
        assert!(parse("name=!Ref x").is_err());
    }

    #[test]
    fn what_cannot_be_read_says_what_it_would_set() {
        for (text, pointer) in [
            ("services.api.max_tasks", "/services/api/max_tasks"),
            (" services.api.max_tasks =[", "/services/api/max_tasks"),
            ("accept[0].code=x", "/accept"),
            ("tags.\"a/b\"c=x", "/tags/a~1b"),
            ("sevices.api.cpu", "/sevices"),
            ("environments.prd.cache.nodes", "/environments/prd/cache/nodes"),
            ("tags..b=1", "/tags"),
        ] {
            let (set, found) = parse_keys_only(text).unwrap();
            assert_eq!(found, pointer, "{text}");
            assert_eq!(set.root.to_json().pointer(pointer), Some(&Json::Null), "{text}");
        }
        for text in ["environments.prd=[", "=x", "\"name", "", "word"] {
            assert!(parse_keys_only(text).is_none(), "{text}");
        }
    }
}
