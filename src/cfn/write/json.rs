//! JSON: to be read, or without whitespace.

use crate::cfn::template::Part;
use crate::cfn::{Json, Template};

/// Bytes that most of our templates fit into, so that the text needn't grow; what isn't used isn't touched.
const USUAL_BYTES: usize = 256 * 1024;

/// A template on lines, two spaces for each level, a newline at the end.
pub(super) fn pretty(template: &Template) -> String {
    let mut out = Pretty(String::with_capacity(USUAL_BYTES));
    object(template.sections(), &mut out, 0, part);
    out.0.push('\n');
    out.0
}

/// A template without whitespace.
pub(super) fn minified(template: &Template) -> String {
    let mut out = String::new();
    object(template.sections(), &mut out, 0, part);
    out
}

/// How many bytes [`minified`] has.
pub(super) fn minified_length(template: &Template) -> usize {
    let mut out = Length(0);
    object(template.sections(), &mut out, 0, part);
    out.0
}

/// What takes the text.
trait Out {
    /// What stands between a key and its value.
    const COLON: &'static str = ":";

    /// Takes a piece of the text.
    fn put(&mut self, text: &str);

    /// Begins a line in that depth.
    fn line(&mut self, _depth: usize) {}
}

struct Pretty(String);

impl Out for Pretty {
    const COLON: &'static str = ": ";

    fn put(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn line(&mut self, depth: usize) {
        self.0.push('\n');
        super::indent(&mut self.0, 2 * depth);
    }
}

impl Out for String {
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// Counts bytes in place of keeping them.
struct Length(usize);

impl Out for Length {
    fn put(&mut self, text: &str) {
        self.0 += text.len();
    }
}

fn part<O: Out>(part: Part<'_>, out: &mut O, depth: usize) {
    match part {
        Part::Text(text) => string(text, out),
        Part::Texts(texts) => array(texts, out, depth, |text, out, _| string(text, out)),
        Part::Value(json) => value(json, out, depth),
        Part::Map(map) => object(map, out, depth, value),
        Part::Resources(template) => object(template.resource_entries(), out, depth, self::part),
        Part::Resource(resource) => object(resource.attributes(), out, depth, self::part),
    }
}

fn value<O: Out>(json: &Json, out: &mut O, depth: usize) {
    match json {
        Json::Null => out.put("null"),
        Json::Bool(true) => out.put("true"),
        Json::Bool(false) => out.put("false"),
        Json::Number(number) => out.put(&number.to_string()),
        Json::String(text) => string(text, out),
        Json::Array(items) => array(items, out, depth, value),
        Json::Object(map) => object(map, out, depth, value),
    }
}

/// Puts entries into braces; `each` puts a value.
fn object<O: Out, K: AsRef<str>, V>(
    entries: impl IntoIterator<Item = (K, V)>,
    out: &mut O,
    depth: usize,
    each: impl Fn(V, &mut O, usize),
) {
    let mut is_empty = true;
    out.put("{");
    for (key, value) in entries {
        out.put(if is_empty { "" } else { "," });
        is_empty = false;
        out.line(depth + 1);
        string(key.as_ref(), out);
        out.put(O::COLON);
        each(value, out, depth + 1);
    }
    if !is_empty {
        out.line(depth);
    }
    out.put("}");
}

/// Puts items into brackets; `each` puts one.
fn array<O: Out, T>(
    items: impl IntoIterator<Item = T>,
    out: &mut O,
    depth: usize,
    each: impl Fn(T, &mut O, usize),
) {
    let mut is_empty = true;
    out.put("[");
    for item in items {
        out.put(if is_empty { "" } else { "," });
        is_empty = false;
        out.line(depth + 1);
        each(item, out, depth + 1);
    }
    if !is_empty {
        out.line(depth);
    }
    out.put("]");
}

fn string(text: &str, out: &mut impl Out) {
    // Looks at every byte, which takes less than to stop at the first.
    let is_plain = text.bytes().fold(true, |plain, byte| plain & !matches!(byte, 0..b' ' | b'"' | b'\\'));
    if is_plain {
        out.put("\"");
        out.put(text);
        out.put("\"");
    } else {
        // A text has no failing case.
        out.put(&serde_json::to_string(text).unwrap_or_default());
    }
}
