//! YAML to be read: block style, short lists on one line.

use super::flow::Flow;
use super::form::{Body, Form};
use super::indent;
use super::text::{LONGEST_KEY, folded, in_block, is_quoted_alike, literal_header};
use crate::cfn::template::Part;
use crate::cfn::{Json, Map, Template};

/// Columns of a line that holds a function's arguments, or text that can be broken.
const WIDTH: usize = 110;

/// Columns of a line that holds a list of values.
const LIST_WIDTH: usize = 80;

/// Bytes that most of our templates fit into, so that the text needn't grow; what isn't used isn't touched.
const USUAL_BYTES: usize = 128 * 1024;

/// A whole template.
pub(super) fn template(template: &Template) -> String {
    let mut writer = Writer { out: String::with_capacity(USUAL_BYTES), line: 0, in_conditions: false };
    for (name, part) in template.sections() {
        writer.section(name, part);
    }
    writer.out
}

struct Writer {
    out: String,
    /// Where the line that is being written begins.
    line: usize,
    in_conditions: bool,
}

impl Writer {
    fn indent(&mut self, columns: usize) {
        indent(&mut self.out, columns);
    }

    fn end_line(&mut self) {
        self.out.push('\n');
        self.line = self.out.len();
    }

    /// Whether the line so far, with more text behind it, has at most that many characters.
    fn fits(&self, more: &str, width: usize) -> bool {
        let line = &self.out[self.line..];
        // A character has at least one byte.
        line.len() + more.len() <= width || line.chars().count() + more.chars().count() <= width
    }

    /// Writes a section.
    fn section(&mut self, name: &str, part: Part<'_>) {
        let is_scalar = match part {
            Part::Value(value) => Form::of(value, false).is_scalar(),
            _ => false,
        };
        if !self.out.is_empty() && !is_scalar {
            self.end_line();
        }
        self.in_conditions = matches!(name, "Conditions" | "Rules");
        self.key(name, 0);
        match part {
            Part::Resources(template) => self.resources(template),
            part => self.part(part, 0),
        }
    }

    /// Writes the entries of the section `Resources`, a blank line between two resources.
    fn resources(&mut self, template: &Template) {
        let mut entries = template.resource_entries().peekable();
        if entries.peek().is_none() {
            return self.part(Part::Map(&template.resource_macros), 0);
        }
        self.end_line();
        for (index, (id, part)) in entries.enumerate() {
            if index > 0 {
                self.end_line();
            }
            self.attribute(id, part, 2);
        }
    }

    /// Writes what follows a key in that column.
    fn part(&mut self, part: Part<'_>, indent: usize) {
        match part {
            Part::Text(text) => self.form(Form::of_text(text), indent),
            Part::Texts(texts) => {
                let texts: Vec<Json> = texts.iter().map(|text| text.as_str().into()).collect();
                self.form(Form { tag: None, body: Body::List(&texts) }, indent);
            }
            Part::Value(value) => self.form(Form::of(value, false), indent),
            Part::Map(map) => self.form(Form::of_map(map, false), indent),
            Part::Resources(template) => self.resources(template),
            Part::Resource(resource) => {
                self.end_line();
                for (name, part) in resource.attributes() {
                    self.attribute(name, part, indent + 2);
                }
            }
        }
    }

    fn attribute(&mut self, key: &str, part: Part<'_>, indent: usize) {
        self.indent(indent);
        self.key(key, indent);
        self.part(part, indent);
    }

    /// Writes a key and its value. `indent` is the key's column, where the line already is.
    fn entry(&mut self, key: &str, value: &Json, indent: usize) {
        self.key(key, indent);
        self.value(value, indent);
    }

    fn key(&mut self, key: &str, indent: usize) {
        let key = in_block(key);
        if key.len() > LONGEST_KEY {
            self.out.push_str("? ");
            self.out.push_str(&key);
            self.end_line();
            self.indent(indent);
        } else {
            self.out.push_str(&key);
        }
        self.out.push(':');
    }

    /// Writes what follows a `:` or `-` whose key or list begins in the column `indent`.
    fn value(&mut self, json: &Json, indent: usize) {
        self.form(Form::of(json, self.in_conditions), indent);
    }

    fn form(&mut self, form: Form<'_>, indent: usize) {
        if !self.on_one_line(&form) {
            self.on_lines(form, indent);
        }
    }

    /// Writes a value that stands on as many lines as it takes.
    fn on_lines(&mut self, form: Form<'_>, indent: usize) {
        if let Some(tag) = form.tag {
            self.out.push_str(" !");
            self.out.push_str(tag);
        }
        match form.body {
            Body::Literal(literal) => {
                self.out.push(' ');
                self.out.push_str(&literal);
                self.end_line();
            }
            Body::Text(text) => self.text(&text, indent + 2),
            Body::List(items) => {
                self.end_line();
                self.indent(indent + 2);
                self.items(items, indent + 2);
            }
            Body::Map(map) => {
                self.end_line();
                self.indent(indent + 2);
                self.entries(map, indent + 2);
            }
        }
    }

    /// Writes the entries of a map in the column where the line already is.
    fn entries(&mut self, map: &Map, indent: usize) {
        for (index, (key, value)) in map.iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.entry(key, value, indent);
        }
    }

    /// Writes the elements of a list in the column where the line already is.
    fn items(&mut self, items: &[Json], indent: usize) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.out.push('-');
            match Form::of(item, self.in_conditions) {
                Form { tag: None, body: Body::Map(map) } if !map.is_empty() => {
                    self.out.push(' ');
                    self.entries(map, indent + 2);
                }
                form if self.on_one_line(&form) => {}
                Form { tag: None, body: Body::List(items) } => {
                    self.out.push(' ');
                    self.items(items, indent + 2);
                }
                form => self.on_lines(form, indent),
            }
        }
    }

    /// Writes a list or map that reads better on the line where it begins: an empty one, a list of scalars, a
    /// function's arguments. Returns whether it did.
    fn on_one_line(&mut self, form: &Form<'_>) -> bool {
        let width = match &form.body {
            Body::List([]) => usize::MAX,
            Body::Map(map) if map.is_empty() => usize::MAX,
            Body::List(items) if form.tag.is_some() && items.iter().all(|item| self.is_simple(item, 4)) => {
                WIDTH
            }
            Body::List(items) if form.tag.is_none() && items.iter().all(|item| self.is_bare(item)) => {
                LIST_WIDTH
            }
            _ => return false,
        };
        let before = self.out.len();
        self.out.push(' ');
        Flow { compact: false, in_conditions: self.in_conditions }.form(form, &mut self.out);
        let fits = self.fits("", width);
        if fits {
            self.end_line();
        } else {
            self.out.truncate(before);
        }
        fits
    }

    /// Whether a value is a scalar that needs no more quotes inside brackets than outside.
    fn is_bare(&self, json: &Json) -> bool {
        match Form::of(json, self.in_conditions).body {
            Body::Literal(_) => true,
            Body::Text(text) => !text.contains('\n') && is_quoted_alike(&text),
            Body::List(_) | Body::Map(_) => false,
        }
    }

    /// Whether a value may stand inside brackets: scalars of one line, and lists and functions of these down to `depth`.
    fn is_simple(&self, json: &Json, depth: usize) -> bool {
        match Form::of(json, self.in_conditions).body {
            Body::Literal(_) => true,
            Body::Text(text) => !text.contains('\n'),
            Body::List(items) => depth > 0 && items.iter().all(|item| self.is_simple(item, depth - 1)),
            // The variables of a `Sub`, and functions in their long form.
            Body::Map(map) => {
                depth > 0 && map.len() <= 2 && map.values().all(|value| self.is_simple(value, depth - 1))
            }
        }
    }

    /// Writes a text after a `:`, `-` or tag; where it takes several lines, in the column `indent`.
    fn text(&mut self, text: &str, indent: usize) {
        self.out.push(' ');
        let (paragraph, folded_header) = match text.strip_suffix('\n') {
            Some(paragraph) => (paragraph, ">"),
            None => (text, ">-"),
        };
        let literal = literal_header(text);
        if let Some(header) = literal
            && paragraph.contains('\n')
        {
            return self.lines(header, paragraph.split('\n'), indent);
        }
        let line = in_block(text);
        if !self.fits(&line, WIDTH)
            && let Some(lines) = folded(paragraph, WIDTH.saturating_sub(indent).max(40))
        {
            return self.lines(folded_header, lines, indent);
        }
        if let Some(header) = literal {
            return self.lines(header, [paragraph], indent);
        }
        self.out.push_str(&line);
        self.end_line();
    }

    /// Writes a block of lines, its header before them.
    fn lines<'a>(&mut self, header: &str, lines: impl IntoIterator<Item = &'a str>, indent: usize) {
        self.out.push_str(header);
        self.end_line();
        for line in lines {
            if !line.is_empty() {
                self.indent(indent);
                self.out.push_str(line);
            }
            self.end_line();
        }
    }
}
