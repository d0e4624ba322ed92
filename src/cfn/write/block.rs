//! YAML to be read: block style, short lists on one line.

use super::flow::Flow;
use super::form::{Body, Form};
use super::text::{LONGEST_KEY, folded, in_block, in_flow, literal_header};
use crate::cfn::{Json, Map, Resource, Template};

/// Columns of a line that holds a function's arguments, or text that can be broken.
const WIDTH: usize = 110;

/// Columns of a line that holds a list of values.
const LIST_WIDTH: usize = 80;

/// A whole template.
pub(super) fn template(template: &Template) -> String {
    let mut writer = Writer { out: String::new(), in_conditions: false };
    let singles = [
        ("AWSTemplateFormatVersion", &template.format_version),
        ("Description", &template.description),
        ("Transform", &template.transform),
    ];
    for (name, value) in singles {
        if let Some(value) = value {
            writer.section(name, Form::of(value, false));
        }
    }
    let maps = [
        ("Metadata", &template.metadata),
        ("Parameters", &template.parameters),
        ("Rules", &template.rules),
        ("Mappings", &template.mappings),
        ("Conditions", &template.conditions),
    ];
    for (name, map) in maps {
        writer.section_of(name, map);
    }
    writer.resources(template);
    writer.section_of("Outputs", &template.outputs);
    for (name, value) in &template.other {
        writer.section(name, Form::of(value, false));
    }
    writer.out
}

struct Writer {
    out: String,
    in_conditions: bool,
}

impl Writer {
    fn indent(&mut self, columns: usize) {
        // As many as most lines have, at once.
        const BLANKS: &str = "                                ";
        match BLANKS.get(..columns) {
            Some(blanks) => self.out.push_str(blanks),
            None => self.out.extend(std::iter::repeat_n(' ', columns)),
        }
    }

    /// Characters of the line so far.
    fn column(&self) -> usize {
        // A byte that doesn't continue a character begins one.
        let line = self.out.bytes().rev().take_while(|byte| *byte != b'\n');
        line.filter(|byte| byte & 0xc0 != 0x80).count()
    }

    /// Writes a section, if it has entries.
    fn section_of(&mut self, name: &str, map: &Map) {
        if !map.is_empty() {
            self.section(name, Form::of_map(map, false));
        }
    }

    /// Writes a section.
    fn section(&mut self, name: &str, form: Form<'_>) {
        if !self.out.is_empty() && !form.is_scalar() {
            self.out.push('\n');
        }
        self.in_conditions = matches!(name, "Conditions" | "Rules");
        self.key(name, 0);
        self.form(form, 0);
    }

    /// Writes the section `Resources`, a blank line between two resources.
    fn resources(&mut self, template: &Template) {
        let Template { resources, resource_macros, .. } = template;
        if resources.is_empty() && resource_macros.is_empty() {
            self.section("Resources", Form { tag: None, body: Body::Map(resource_macros) });
            return;
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.in_conditions = false;
        self.out.push_str("Resources:\n");
        for (index, (id, resource)) in resources.iter().enumerate() {
            if index > 0 {
                self.out.push('\n');
            }
            self.indent(2);
            self.key(id, 2);
            self.out.push('\n');
            self.resource(resource, 4);
        }
        for (index, (name, value)) in resource_macros.iter().enumerate() {
            if index > 0 || !resources.is_empty() {
                self.out.push('\n');
            }
            self.indent(2);
            self.entry(name, value, 2);
        }
    }

    /// Writes the attributes of a resource in that column, in the order in which a resource is serialized.
    fn resource(&mut self, resource: &Resource, indent: usize) {
        self.attribute("Type", Form::of_text(&resource.type_name), indent);
        if let Some(condition) = &resource.condition {
            self.attribute("Condition", Form::of_text(condition), indent);
        }
        if !resource.depends_on.is_empty() {
            let names: Vec<Json> = resource.depends_on.iter().map(|name| name.as_str().into()).collect();
            self.attribute("DependsOn", Form { tag: None, body: Body::List(&names) }, indent);
        }
        let policies = [
            ("DeletionPolicy", &resource.deletion_policy),
            ("UpdateReplacePolicy", &resource.update_replace_policy),
        ];
        for (key, policy) in policies {
            if let Some(policy) = policy {
                self.attribute(key, Form::of(policy, false), indent);
            }
        }
        for (key, map) in [("Metadata", &resource.metadata), ("Properties", &resource.properties)] {
            if !map.is_empty() {
                self.attribute(key, Form::of_map(map, false), indent);
            }
        }
        for (key, value) in &resource.other {
            self.attribute(key, Form::of(value, false), indent);
        }
    }

    fn attribute(&mut self, key: &str, form: Form<'_>, indent: usize) {
        self.indent(indent);
        self.key(key, indent);
        self.form(form, indent);
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
            self.out.push('\n');
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
