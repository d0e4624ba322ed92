//! Templates as text: JSON, and YAML with short forms, each to be read or as small as possible.
//!
//! What is written reads back as the same template, by our reader and by readers of YAML 1.1 and 1.2: texts that
//! one of them takes for something else stand in quotes.

mod block;
mod flow;
mod form;
#[cfg(test)]
mod generated_tests;
mod json;
#[cfg(test)]
mod tests;
mod text;

use super::Template;
use crate::document::Format;

/// JSON, two spaces for each level, a newline at the end.
pub fn json(template: &Template) -> String {
    json::pretty(template)
}

/// JSON without whitespace.
pub fn json_minified(template: &Template) -> String {
    json::minified(template)
}

/// How many bytes [`json_minified`] has.
pub fn json_minified_length(template: &Template) -> usize {
    json::minified_length(template)
}

/// YAML in block style, functions in their short form wherever it is legal.
pub fn yaml(template: &Template) -> String {
    block::template(template)
}

/// YAML as small as CloudFormation reads it: one section a line, each in flow style.
///
/// The sections themselves aren't in braces, so that nobody takes the text for JSON.
pub fn yaml_minified(template: &Template) -> String {
    flow::template(template)
}

/// The smaller of [`json_minified`] and [`yaml_minified`].
pub fn minified(template: &Template) -> (Format, String) {
    let (json, yaml) = (json_minified(template), yaml_minified(template));
    if json.len() <= yaml.len() { (Format::Json, json) } else { (Format::Yaml, yaml) }
}

/// Adds blanks.
fn indent(out: &mut String, columns: usize) {
    // As many as most lines have, at once.
    const BLANKS: &str = "                                ";
    match BLANKS.get(..columns) {
        Some(blanks) => out.push_str(blanks),
        None => out.extend(std::iter::repeat_n(' ', columns)),
    }
}
