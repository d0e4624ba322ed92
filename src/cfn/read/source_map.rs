//! From a place in a template to the place in its file.

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::document::{Node, walk};

/// Finds what a JSON pointer into a [`Template`](crate::cfn::Template) names in the file that it was read from.
///
/// Pointers go through short forms: `/Resources/A/Properties/X/Fn::GetAtt/1` of `X: !GetAtt B.Arn` leads to `B.Arn`.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceMap {
    source: Source,
    root: Node,
}

impl SourceMap {
    /// `root` is a template in long form.
    pub(super) fn new(source: Source, root: Node) -> Self {
        Self { source, root }
    }

    /// The file.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The template in long form, with places.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The value at a JSON pointer, if there is one.
    pub fn node(&self, pointer: &str) -> Option<&Node> {
        let walk = walk(&self.root, pointer);
        walk.complete.then_some(walk.node)
    }

    /// Where the value at a JSON pointer stands, or else the nearest around it.
    pub fn span(&self, pointer: &str) -> Span {
        walk(&self.root, pointer).node.span
    }

    /// Where the key of the value at a JSON pointer stands, or else the value itself, or else the nearest around it.
    pub fn key_span(&self, pointer: &str) -> Span {
        let walk = walk(&self.root, pointer);
        walk.key.unwrap_or(walk.node.span)
    }

    /// Gives a finding that has a pointer its place in the file: a scalar's own, that of the key for a list or map or where
    /// the key is what it is about, and of the nearest key for what isn't there.
    #[must_use]
    pub fn locate(&self, finding: Diagnostic) -> Diagnostic {
        let Some(pointer) = &finding.pointer else { return finding };
        let walk = walk(&self.root, pointer);
        let is_scalar = !walk.node.is_mapping() && !walk.node.is_sequence();
        let span = if walk.complete && is_scalar && !finding.of_key {
            walk.node.span
        } else {
            walk.key.unwrap_or(walk.node.span)
        };
        finding.at(&self.source, span)
    }
}
