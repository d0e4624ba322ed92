//! Reads templates of anyone: [`Document`] to [`Template`].
//!
//! Short forms become long ones, and nothing is lost: what a template can't have is told and, where it has a place in
//! a [`Template`], kept. What the properties of a resource may be is not looked at here.

pub mod code;
mod long_form;
mod loops;
mod sections;
mod source_map;
#[cfg(test)]
mod tests;
mod unknown_loop;

pub use loops::Loops;
pub use source_map::SourceMap;
pub use unknown_loop::UnknownLoop;

use std::collections::BTreeMap;

use super::{Template, function};
use crate::diagnostic::Diagnostic;
use crate::document::{Document, Format, Limits, decode};

/// A template that was read, with its places and what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadTemplate {
    /// The template, short forms and single `DependsOn` written out.
    pub template: Template,
    /// Where everything in it stands.
    pub source_map: SourceMap,
    /// What is wrong with it as far as its form goes; may hold errors.
    pub findings: Vec<Diagnostic>,
    /// What became of its loops, if they were written out.
    pub loops: Loops,
}

impl ReadTemplate {
    /// The template alone.
    ///
    /// # Errors
    /// The findings, if one of them is an error.
    pub fn into_template(self) -> Result<Template, Vec<Diagnostic>> {
        if self.findings.iter().any(Diagnostic::is_error) { Err(self.findings) } else { Ok(self.template) }
    }
}

/// Reads a document as a template.
///
/// # Errors
/// The document isn't a map. All else is told in [`ReadTemplate::findings`].
pub fn read(document: &Document) -> Result<ReadTemplate, Vec<Diagnostic>> {
    read_with(document, None)
}

/// Reads a document as the template that CloudFormation makes of it: loops (`Fn::ForEach`) are written out, as far as
/// their collections are known. `given` holds values of parameters.
///
/// # Errors
/// The document isn't a map.
pub fn read_expanded(
    document: &Document,
    given: &BTreeMap<String, String>,
) -> Result<ReadTemplate, Vec<Diagnostic>> {
    read_with(document, Some(given))
}

fn read_with(
    document: &Document,
    given: Option<&BTreeMap<String, String>>,
) -> Result<ReadTemplate, Vec<Diagnostic>> {
    let (mut root, mut findings) = long_form::rewrite(document);
    if !root.is_mapping() {
        let message = format!("a template has to be a map of sections, found {}", root.describe());
        // The null that stands for nothing at all is told once.
        if root.is_null() {
            findings.clear();
        }
        findings.insert(0, Diagnostic::error(code::NOT_A_TEMPLATE, message).at(&document.source, root.span));
        return Err(findings);
    }
    let mut loops = Loops::default();
    if let Some(given) = given {
        (root, loops) = loops::expand(root, given, &document.source, &mut findings);
    }
    let source_map = SourceMap::new(document.source.clone(), root);
    let mut template = sections::template(&source_map, &mut findings);
    // A loop that stays is neither a condition nor an output.
    if !loops.unknown.is_empty() {
        template.conditions.retain(|key, _| !function::is_macro_key(key));
        template.outputs.retain(|key, _| !function::is_macro_key(key));
    }
    findings.sort_by_key(|finding| finding.location.as_ref().map(|location| location.span.start));
    Ok(ReadTemplate { template, source_map, findings, loops })
}

/// Reads the bytes of a file as a template, in the format that its name or text shows.
///
/// # Errors
/// The bytes aren't text, the text isn't YAML or JSON, or the document isn't a map.
pub fn read_bytes(name: &str, bytes: &[u8]) -> Result<ReadTemplate, Vec<Diagnostic>> {
    let source = decode(name, bytes).map_err(|finding| vec![*finding])?;
    let format = Format::detect(name, &source.text);
    read(&Document::parse(source, format, &Limits::default())?)
}
