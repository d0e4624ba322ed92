//! YAML on one line: lists and maps in brackets.

use super::form::{Body, Form};
use super::text::{LONGEST_KEY, in_block, in_compact_flow, in_flow};
use crate::cfn::{Json, Map, Template};

/// How a value is put on one line.
#[derive(Clone, Copy)]
pub(super) struct Flow {
    /// Without blanks that a reader doesn't need.
    pub(super) compact: bool,
    /// Inside conditions, see [`Form::of`].
    pub(super) in_conditions: bool,
}

/// A whole template, one section a line.
pub(super) fn template(template: &Template) -> String {
    let mut out = String::new();
    let Json::Object(sections) = template.to_json() else { return out };
    for (name, section) in &sections {
        let flow = Flow { compact: true, in_conditions: matches!(name.as_str(), "Conditions" | "Rules") };
        let form = Form::of(section, flow.in_conditions);
        // Outside brackets fewer texts need quotes.
        let key = in_block(name);
        if key.len() > LONGEST_KEY {
            out.push_str("? ");
            out.push_str(&key);
            out.push('\n');
        } else {
            out.push_str(&key);
        }
        out.push_str(": ");
        match &form {
            Form { tag: None, body: Body::Text(text) } => {
                let (block, flow) = (in_block(text), in_compact_flow(text));
                out.push_str(if block.len() < flow.len() { &block } else { &flow });
            }
            _ => flow.form(&form, &mut out),
        }
        out.push('\n');
    }
    out
}

impl Flow {
    /// Writes a value.
    pub(super) fn value(self, json: &Json, out: &mut String) {
        self.form(&Form::of(json, self.in_conditions), out);
    }

    pub(super) fn form(self, form: &Form<'_>, out: &mut String) {
        if let Some(tag) = form.tag {
            out.push('!');
            out.push_str(tag);
            out.push(' ');
        }
        match &form.body {
            Body::Literal(literal) => out.push_str(literal),
            Body::Text(text) => out.push_str(&self.text(text)),
            Body::List(items) => self.list(items, out),
            Body::Map(map) => self.map(map, out),
        }
    }

    fn text(self, text: &str) -> std::borrow::Cow<'_, str> {
        if self.compact { in_compact_flow(text) } else { in_flow(text) }
    }

    fn list(self, items: &[Json], out: &mut String) {
        out.push('[');
        for (index, item) in items.iter().enumerate() {
            self.separate(index, out);
            self.value(item, out);
        }
        out.push(']');
    }

    fn map(self, map: &Map, out: &mut String) {
        out.push('{');
        for (index, (key, value)) in map.iter().enumerate() {
            self.separate(index, out);
            let key = self.text(key);
            if key.len() > LONGEST_KEY {
                out.push_str("? ");
            }
            out.push_str(&key);
            let is_quoted = key.starts_with(['"', '\'']);
            out.push_str(if self.compact && is_quoted && key.len() <= LONGEST_KEY { ":" } else { ": " });
            self.value(value, out);
        }
        out.push('}');
    }

    fn separate(self, index: usize, out: &mut String) {
        if index > 0 {
            out.push_str(if self.compact { "," } else { ", " });
        }
    }
}
