//! Mistakes that the schema finds, in our own words: what was found, what is allowed, what to do.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value as Json;

use super::fits::fits;
use super::place::{Place, fits_type, or, unfold};
use super::{TOP_LEVEL_ONLY, VALIDATOR, root};
use crate::config::check::is_account;
use crate::config::code;
use crate::diagnostic::{Code, Diagnostic, Source, Span, nearest};
use crate::document::{Node, NodeKind, excerpt, pointer_to, unescaped, walk};

/// Every way in which a file, or what `--set` makes of its text, doesn't fit the schema, in the order of the text.
pub(in crate::config) fn check(source: &Source, root: &Node) -> Vec<Diagnostic> {
    // A file of nothing but comments is right too.
    if root.is_null() || fits(&Place::top(), root) {
        return Vec::new();
    }
    let json = root.to_json();
    let mut explain = Explain { source, root, found: Vec::new() };
    for error in VALIDATOR.iter_errors(&json) {
        explain.error(&error);
    }
    let mut found = explain.found;
    // Of several mistakes of one value the first tells enough: what has the wrong type isn't in an enum either.
    let rank = |diagnostic: &Diagnostic| {
        (diagnostic.location.as_ref().map(|location| location.span.start), diagnostic.pointer.clone())
    };
    found.sort_by(|a, b| rank(a).cmp(&rank(b)).then(a.code.cmp(&b.code)));
    found.dedup_by(|next, kept| next.pointer == kept.pointer);
    found
}

/// A JSON pointer as people write keys: `database.instances`, `accept[0].code`. The environment is left out, since the
/// place tells it.
pub(in crate::config) fn dotted(pointer: &str) -> String {
    let mut tokens = pointer.split('/').skip(1).peekable();
    if tokens.peek() == Some(&"environments") && pointer.matches('/').count() > 2 {
        tokens.next();
        tokens.next();
    }
    let mut path = String::new();
    for token in tokens {
        let token = unescaped(token);
        if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit()) && !path.is_empty() {
            path = format!("{path}[{token}]");
            continue;
        }
        if !path.is_empty() {
            path.push('.');
        }
        let is_plain = !token.is_empty() && !token.contains(['.', '"', ' ', '[']);
        if is_plain {
            path.push_str(&excerpt(&token));
        } else {
            path = format!("{path}\"{}\"", excerpt(&token));
        }
    }
    path
}

struct Explain<'a> {
    source: &'a Source,
    root: &'a Node,
    found: Vec<Diagnostic>,
}

impl Explain<'_> {
    fn push(
        &mut self,
        code: Code,
        message: String,
        help: impl Into<Option<String>>,
        pointer: &str,
        span: Span,
    ) {
        let diagnostic = Diagnostic::error(code, message).at(self.source, span).pointer(pointer);
        self.found.push(match help.into() {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    fn error(&mut self, error: &ValidationError<'_>) {
        let pointer = error.instance_path().as_str();
        let schema = error.schema_path().as_str();
        let parent = Place::at(schema.rsplit_once('/').map_or("", |(parent, _)| parent));
        let node = walk(self.root, pointer).node;
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                for key in unexpected {
                    self.unknown_key(pointer, node, key, &parent);
                }
            }
            Kind::Type { .. } => self.wrong_type(pointer, node, &parent),
            Kind::Enum { .. } | Kind::Constant { .. } => self.not_allowed(pointer, node, &parent),
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                self.no_alternative(pointer, node, schema, context);
            }
            Kind::Minimum { .. } | Kind::Maximum { .. } => self.out_of_range(pointer, node, &parent),
            Kind::MultipleOf { multiple_of } => {
                let found = self.found(node);
                let message = format!("`{}` goes in steps of {multiple_of}, found {found}", dotted(pointer));
                self.push(code::OUT_OF_RANGE, message, None, pointer, node.span);
            }
            Kind::MinProperties { .. } | Kind::MaxProperties { .. } => {
                self.not_one_key(pointer, node, &parent);
            }
            _ => {
                let message = format!("`{}`: {}", dotted(pointer), error.masked());
                self.push(code::WRONG_TYPE, message, None, pointer, node.span);
            }
        }
    }

    fn unknown_key(&mut self, pointer: &str, node: &Node, key: &str, place: &Place) {
        let span = node.entry(key).map_or(node.span, |entry| entry.key_span);
        let at = pointer_to(pointer, key);
        let is_environment = pointer.starts_with("/environments/") && pointer.matches('/').count() == 2;
        if is_environment && TOP_LEVEL_ONLY.contains(&key) {
            let message = format!("`{key}` is the same for all environments, found one of its own");
            let help = format!("set `{key}` at the top level; stacks are called <name>-<environment>");
            return self.push(code::UNKNOWN_KEY, message, help, &at, span);
        }
        let container = match pointer {
            "" => "at the top level".to_owned(),
            _ if is_environment => {
                format!("in environment `{}`", excerpt(pointer.rsplit('/').next().unwrap_or_default()))
            }
            _ => format!("in `{}`", dotted(pointer)),
        };
        let message = format!("unknown key `{}` {container}", excerpt(key));
        let known: Vec<&str> = place.keys().map(|(key, _)| key).collect();
        let list = known.join(", ");
        let elsewhere: Vec<String> =
            places_of(key).iter().map(|path| format!("`{}`", path.join("."))).collect();
        let help = match near(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? known here: {list}"),
            None if !elsewhere.is_empty() => format!("did you mean {}? known here: {list}", or(&elsewhere)),
            None => format!("known here: {list}"),
        };
        self.push(code::UNKNOWN_KEY, message, help, &at, span);
    }

    fn wrong_type(&mut self, pointer: &str, node: &Node, place: &Place) {
        let path = dotted(pointer);
        let written = self.written(node);
        if place.is_for_text() && matches!(node.kind, NodeKind::Number(_) | NodeKind::Bool(_)) {
            let kind = node.describe();
            let message = format!("`{path}` is a text, but `{written}` without quotes is {kind}");
            // A number of the wrong length would be refused next.
            let help = if pointer.ends_with("/account") && !is_account(&written) {
                "write the account's 12 digits, in quotes".to_owned()
            } else {
                format!("write it in quotes: \"{written}\"")
            };
            return self.push(code::NEEDS_QUOTES, message, help, pointer, node.span);
        }
        let allowed = place.describe();
        let key = path.rsplit('.').next().unwrap_or_default();
        let help = match &node.kind {
            NodeKind::Null => Some(format!("give `{key}` a value, or remove the key")),
            NodeKind::Bool(false) if place.takes("null") => Some("write `null` for none".to_owned()),
            NodeKind::String(text) if place.takes("boolean") => match text.to_lowercase().as_str() {
                "yes" | "on" | "true" | "y" => Some("write `true`".to_owned()),
                "no" | "off" | "false" | "n" => Some("write `false`".to_owned()),
                _ => None,
            },
            NodeKind::String(text)
                if place.takes("null") && ["off", "no", "none"].contains(&text.to_lowercase().as_str()) =>
            {
                Some("write `null` for none".to_owned())
            }
            NodeKind::String(text) if place.takes("integer") && text.parse::<f64>().is_ok() => {
                Some(format!("write it without quotes: {text}"))
            }
            NodeKind::String(text) if place.takes("integer") && !place.takes("string") => {
                with_unit(key, text)
            }
            NodeKind::Sequence(_) if place.takes("string") && !place.takes("array") => {
                Some(format!("write the one value: `{key}: …`, without brackets or hyphen"))
            }
            NodeKind::Mapping(_) | NodeKind::Sequence(_)
                if !place.takes("object") || place.takes("array") =>
            {
                None
            }
            NodeKind::Mapping(_) => None,
            _ if place.takes("object") && !is_secret(place) && !place.takes("array") => below(key, place),
            NodeKind::Sequence(_) => None,
            _ if is_secret(place) => Some(format!(
                "name where the value is kept: `{key}: {{ secret: ARN }}` or `{key}: {{ ssm: /NAME }}`; values \
                 themselves never stand in this file"
            )),
            NodeKind::String(_) if place.takes("array") && !written.contains(['"', '\'', ',']) => {
                let items = written.split_whitespace().collect::<Vec<_>>().join(", ");
                Some(format!("write it as a list: `{key}: [{items}]`"))
            }
            _ if place.takes("array") => Some(format!("write it as a list: `{key}: [{written}]`")),
            _ => None,
        };
        let found = if is_secret(place) { node.describe().to_owned() } else { self.found(node) };
        let what = if path.is_empty() { "a configuration".to_owned() } else { format!("`{path}`") };
        let message = format!("{what} has to be {allowed}, found {found}");
        self.push(code::WRONG_TYPE, message, help, pointer, node.span);
        if let Some(told) = self.found.last_mut() {
            told.is_secret = is_secret(place);
        }
    }

    fn not_allowed(&mut self, pointer: &str, node: &Node, place: &Place) {
        let path = dotted(pointer);
        let allowed = place.describe();
        match &node.kind {
            NodeKind::String(text) => {
                let message = format!("`{path}` can't be `{}`; use {allowed}", excerpt(text));
                let help = near(text, place.names()).map(|near| format!("did you mean `{near}`?"));
                self.push(code::NOT_ALLOWED, message, help, pointer, node.span);
            }
            NodeKind::Number(_) => {
                let message = format!("`{path}` can't be {}; use {allowed}", self.written(node));
                self.push(code::NOT_ALLOWED, message, None, pointer, node.span);
            }
            _ => self.wrong_type(pointer, node, place),
        }
    }

    fn out_of_range(&mut self, pointer: &str, node: &Node, place: &Place) {
        let bound = |name: &str| {
            let bound = place.alternatives().iter().find_map(|schema| schema.get(name)?.as_f64());
            bound.map(|bound| bound.to_string()) // 256 and not 256.0
        };
        let range = match (bound("minimum"), bound("maximum")) {
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) => format!("{least} or more"),
            (None, Some(most)) => format!("{most} or less"),
            (None, None) => place.describe(),
        };
        let message = format!("`{}` has to be {range}, found {}", dotted(pointer), self.written(node));
        self.push(code::OUT_OF_RANGE, message, None, pointer, node.span);
    }

    /// A map that may have one key only has none or several.
    fn not_one_key(&mut self, pointer: &str, node: &Node, place: &Place) {
        let keys: Vec<String> = place.keys().map(|(key, _)| format!("`{key}`")).collect();
        let found: Vec<String> =
            node.entries().iter().map(|entry| format!("`{}`", excerpt(&entry.key))).collect();
        let found = if found.is_empty() { "an empty map".to_owned() } else { found.join(" and ") };
        let message = format!("`{}` takes one of {}, found {found}", dotted(pointer), or(&keys));
        let span = node.entries().get(1).map_or(node.span, |second| second.key_span);
        self.push(code::NOT_EXACTLY_ONE, message, "keep one of them".to_owned(), pointer, span);
    }

    /// A value that fits none of several alternatives: what is wrong with the one that is meant, if its type tells.
    fn no_alternative(
        &mut self,
        pointer: &str,
        node: &Node,
        schema: &str,
        context: &[Vec<ValidationError<'static>>],
    ) {
        let mut branches = Vec::new();
        collect_branches(pointer, schema, context, &mut branches);
        let meant = branches
            .iter()
            .filter(|branch| branch.schema.get("const").is_none() && fits_type(branch.schema, node))
            .min_by_key(|branch| branch.distance());
        if let Some(meant) = meant {
            for error in meant.errors {
                self.error(error);
            }
            return;
        }
        let place = Place::at(schema.rsplit_once('/').map_or("", |(parent, _)| parent));
        let is_one_key = place.alternatives().iter().any(|schema| schema.get("maxProperties").is_some());
        match &node.kind {
            NodeKind::String(text) if is_one_key && place.keys().any(|(key, _)| key == text) => {
                let path = dotted(pointer);
                let message = format!("`{path}: {text}` needs settings");
                let help = format!("write `{path}: {{ {text}: {{}} }}` and its keys in the inner braces");
                self.push(code::WRONG_TYPE, message, help, pointer, node.span);
            }
            NodeKind::String(text) if place.names().next().is_some() => {
                let message =
                    format!("`{}` can't be `{}`; use {}", dotted(pointer), excerpt(text), place.describe());
                let known = place.names().chain(place.keys().map(|(key, _)| key).filter(|_| is_one_key));
                let help = near(text, known).map(|near| format!("did you mean `{near}`?"));
                self.push(code::NOT_ALLOWED, message, help, pointer, node.span);
            }
            _ => self.wrong_type(pointer, node, &place),
        }
    }

    /// What was found, for messages.
    fn found(&self, node: &Node) -> String {
        match &node.kind {
            NodeKind::String(text) => format!("the text `{}`", excerpt(text)),
            NodeKind::Number(_) => format!("the number {}", self.written(node)),
            NodeKind::Bool(value) => value.to_string(),
            _ => node.describe().to_owned(),
        }
    }

    /// A scalar as it stands in the text.
    fn written(&self, node: &Node) -> String {
        excerpt(self.source.text.get(node.span.start..node.span.end).unwrap_or_default())
    }
}

/// An alternative of the schema, and why the value doesn't fit it.
struct Branch<'e> {
    schema: &'static Json,
    errors: &'e [ValidationError<'static>],
}

impl Branch<'_> {
    /// How far the value is from fitting: unknown keys weigh most, and of two alternatives the richer is meant.
    fn distance(&self) -> (usize, usize, usize) {
        let unknown = self
            .errors
            .iter()
            .map(|error| match error.kind() {
                Kind::AdditionalProperties { unexpected } => unexpected.len(),
                _ => 0,
            })
            .sum();
        let keys = self.schema.get("properties").and_then(Json::as_object).map_or(0, serde_json::Map::len);
        (unknown, self.errors.len(), usize::MAX - keys)
    }
}

/// Unfolds alternatives inside alternatives.
fn collect_branches<'e>(
    pointer: &str,
    schema: &str,
    context: &'e [Vec<ValidationError<'static>>],
    into: &mut Vec<Branch<'e>>,
) {
    let Some(alternatives) = root().pointer(schema).and_then(Json::as_array) else { return };
    for (alternative, errors) in alternatives.iter().zip(context) {
        if let [error] = errors.as_slice()
            && error.instance_path().as_str() == pointer
            && let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = error.kind()
        {
            collect_branches(pointer, error.schema_path().as_str(), context, into);
            continue;
        }
        let mut unfolded = Vec::new();
        unfold(alternative, &mut unfolded);
        into.extend(unfolded.into_iter().take(1).map(|schema| Branch { schema, errors }));
    }
}

/// What to write for a number that has a unit beside it: sizes of memory are in MiB.
fn with_unit(key: &str, text: &str) -> Option<String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|end| *end > 0)?;
    let number: f64 = text[..end].parse().ok()?;
    let unit = text[end..].trim().to_lowercase();
    let factor = match unit.as_str() {
        "g" | "gb" | "gi" | "gib" => 1024.0,
        "m" | "mb" | "mi" | "mib" => 1.0,
        "vcpu" | "vcpus" | "cpu" if key == "cpu" => 1024.0,
        _ => return Some("write a whole number without a unit".to_owned()),
    };
    let meant = number * factor;
    let is_sized = matches!(key, "memory" | "cpu") && meant.fract() == 0.0;
    Some(if is_sized {
        let what = if key == "memory" { "MiB" } else { "CPU units" };
        format!("write the number of {what}, without a unit: {meant}")
    } else {
        "write a whole number without a unit".to_owned()
    })
}

/// What to write for a map: its keys.
fn below(key: &str, place: &Place) -> Option<String> {
    let known: Vec<&str> = place.keys().map(|(key, _)| key).collect();
    if !known.is_empty() {
        return Some(format!("write keys below it, `{key}: {{ … }}`; known there: {}", known.join(", ")));
    }
    place.any_key().map(|_| format!("write names below it, each with its settings: `{key}: {{ NAME: … }}`"))
}

/// Whether the place names where a secret is kept, so that a value found there may be the secret itself.
fn is_secret(place: &Place) -> bool {
    !place.takes("string") && place.keys().any(|(key, _)| key == "ssm")
}

/// What else is said for a name, where no spelling tells that the two are the same.
///
/// Source: The Go Programming Language, "Installing Go from source", `$GOARCH`, and `uname -m`, for the architectures.
const OTHER_NAMES: [(&str, &str); 7] = [
    ("amd64", "x86_64"),
    ("x64", "x86_64"),
    ("x86-64", "x86_64"),
    ("aarch64", "arm64"),
    ("host", "server"),
    ("host", "domain_name"),
    ("vpc", "vpc_id"),
];

/// The name that was meant: one that is called otherwise elsewhere, one that is spelt nearly so, or the only one that
/// begins so.
pub(in crate::config) fn near<'n>(
    word: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<&'n str> {
    let folded = word.to_lowercase();
    let mut meant = OTHER_NAMES.iter().filter(|(other, _)| *other == folded);
    let meant = meant.find_map(|(_, name)| names.clone().find(|known| known == name));
    meant.or_else(|| nearest(word, names.clone())).or_else(|| {
        let mut longer = names.filter(|name| word.len() > 2 && name.starts_with(word));
        longer.next().filter(|_| longer.next().is_none())
    })
}

/// Whether a key is so like a known one that only a slip of the hand lies between them, or the rest is left out.
pub(in crate::config) fn is_slip(key: &str, known: &str) -> bool {
    let (key, known) = (key.to_lowercase(), known.to_lowercase());
    let is_beginning = key.len() > 2 && known.starts_with(&key);
    is_beginning || strsim::damerau_levenshtein(&key, &known) * 3 <= key.len().min(known.len())
}

/// Where else a key is known, for one that stands at the wrong place; a few at most.
fn places_of(key: &str) -> Vec<Vec<&'static str>> {
    let found = paths(|known| known == key);
    // A component's keys are known once for each component: too many to tell.
    if found.len() > 3 { Vec::new() } else { found }
}

/// The ways to all keys that are like something. `NAME` stands for keys of the user's.
pub(in crate::config) fn paths(is_like: impl Fn(&str) -> bool) -> Vec<Vec<&'static str>> {
    fn search(
        place: &Place,
        path: &[&'static str],
        is_like: &dyn Fn(&str) -> bool,
        found: &mut Vec<Vec<&'static str>>,
    ) {
        let below = |name: &'static str| [path, &[name]].concat();
        for (name, schema) in place.keys() {
            if name == "environments" || path.len() > 4 {
                continue;
            }
            if is_like(name) {
                found.push(below(name));
            }
            search(&Place::of(schema), &below(name), is_like, found);
        }
        if let Some(any) = place.any_key() {
            search(&any, &below("NAME"), is_like, found);
        }
    }
    let mut found = Vec::new();
    search(&Place::top(), &[], &is_like, &mut found);
    found
}
