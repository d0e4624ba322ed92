//! YAML to be read: block style, short lists on one line.

use super::flow::Flow;
use super::form::{Body, Form};
use super::text::{LONGEST_KEY, folded, in_block, in_flow, literal_header};
use crate::cfn::{Json, Map, Template};

/// Columns of a line that holds a function's arguments, or text that can be broken.
const WIDTH: usize = 110;

/// Columns of a line that holds a list of values.
const LIST_WIDTH: usize = 80;

/// A whole template.
pub(super) fn template(template: &Template) -> String {
    let mut writer = Writer { out: String::new(), in_conditions: false };
    let Json::Object(sections) = template.to_json() else { return writer.out };
    for (name, section) in &sections {
        let form = Form::of(section, false);
        if !writer.out.is_empty() && !form.is_scalar() {
            writer.out.push('\n');
        }
        writer.in_conditions = matches!(name.as_str(), "Conditions" | "Rules");
        match (name.as_str(), section) {
            ("Resources", Json::Object(resources)) if !resources.is_empty() => {
                writer.out.push_str("Resources:\n");
                for (index, (id, resource)) in resources.iter().enumerate() {
                    if index > 0 {
                        writer.out.push('\n');
                    }
                    writer.indent(2);
                    writer.entry(id, resource, 2);
                }
            }
            _ => writer.entry(name, section, 0),
        }
    }
    writer.out
}

struct Writer {
    out: String,
    in_conditions: bool,
}

impl Writer {
    fn indent(&mut self, columns: usize) {
        self.out.extend(std::iter::repeat_n(' ', columns));
    }

    /// Characters of the line so far.
    fn column(&self) -> usize {
        self.out.rsplit('\n').next().map_or(0, |line| line.chars().count())
    }

    /// Writes a key and its value. `indent` is the key's column, where the line already is.
    fn entry(&mut self, key: &str, value: &Json, indent: usize) {
        let key = in_block(key);
        if key.len() > LONGEST_KEY {
            self.out.push_str("? ");
            self.out.push_str(&key);
            self.out.push('\n');
            self.indent(indent);
        } else {
            self.out.push_str(&key);
        }
        self.out.push(':');
        self.value(value, indent);
    }

    /// Writes what follows a `:` or `-` whose key or list begins in the column `indent`.
    fn value(&mut self, json: &Json, indent: usize) {
        let form = Form::of(json, self.in_conditions);
        if let Some(line) = self.on_one_line(&form) {
            self.out.push(' ');
            self.out.push_str(&line);
            self.out.push('\n');
            return;
        }
        if let Some(tag) = form.tag {
            self.out.push_str(" !");
            self.out.push_str(tag);
        }
        match form.body {
            Body::Literal(literal) => {
                self.out.push(' ');
                self.out.push_str(&literal);
                self.out.push('\n');
            }
            Body::Text(text) => self.text(&text, indent + 2),
            Body::List(items) => {
                self.out.push('\n');
                self.indent(indent + 2);
                self.items(items, indent + 2);
            }
            Body::Map(map) => {
                self.out.push('\n');
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
            let form = Form::of(item, self.in_conditions);
            match form {
                Form { tag: None, body: Body::Map(map) } if !map.is_empty() => {
                    self.out.push(' ');
                    self.entries(map, indent + 2);
                }
                Form { tag: None, body: Body::List(items) } if self.on_one_line(&form).is_none() => {
                    self.out.push(' ');
                    self.items(items, indent + 2);
                }
                _ => self.value(item, indent),
            }
        }
    }

    /// A list or map that reads better on the line where it begins: an empty one, a list of scalars, a
    /// function's arguments.
    fn on_one_line(&self, form: &Form<'_>) -> Option<String> {
        let width = match &form.body {
            Body::List([]) => usize::MAX,
            Body::Map(map) if map.is_empty() => usize::MAX,
            Body::List(items) if form.tag.is_some() && items.iter().all(|item| self.is_simple(item, 4)) => {
                WIDTH
            }
            Body::List(items) if form.tag.is_none() && items.iter().all(|item| self.is_bare(item)) => {
                LIST_WIDTH
            }
            _ => return None,
        };
        let mut line = String::new();
        Flow { compact: false, in_conditions: self.in_conditions }.form(form, &mut line);
        (self.column().saturating_add(1 + line.chars().count()) <= width).then_some(line)
    }

    /// Whether a value is a scalar that needs no more quotes inside brackets than outside.
    fn is_bare(&self, json: &Json) -> bool {
        match Form::of(json, self.in_conditions).body {
            Body::Literal(_) => true,
            Body::Text(text) => !text.contains('\n') && in_block(&text) == in_flow(&text),
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
        let line = in_block(text);
        if self.column() + line.chars().count() > WIDTH
            && let Some(lines) = folded(paragraph, WIDTH.saturating_sub(indent).max(40))
        {
            self.out.push_str(folded_header);
            self.out.push('\n');
            self.lines(lines.iter().map(String::as_str), indent);
            return;
        }
        if let Some(header) = literal_header(text) {
            self.out.push_str(header);
            self.out.push('\n');
            self.lines(text.strip_suffix('\n').unwrap_or(text).split('\n'), indent);
            return;
        }
        self.out.push_str(&line);
        self.out.push('\n');
    }

    fn lines<'a>(&mut self, lines: impl Iterator<Item = &'a str>, indent: usize) {
        for line in lines {
            if !line.is_empty() {
                self.indent(indent);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }
}
