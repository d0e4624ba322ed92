//! A configuration that knows where each of its values was written.

use std::sync::Arc;

use super::Config;
use super::tree::{Layer, Origin, Tree, TreeKind};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::document::pointer_tokens;

/// The configuration of one environment, and where each key of it was decided.
///
/// Keys are named by JSON pointers into the resolved configuration, e.g. `/database/instances`.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// The configuration, resolved.
    pub config: Config,
    /// Warnings and notes that concern it, with those about all of its file.
    pub findings: Vec<Diagnostic>,
    pub(super) tree: Tree,
    pub(super) layers: Arc<[Layer]>,
}

impl Located {
    /// The place that decided a value: in the file, at its top level or in an environment; in a `--set`; or the
    /// `profile` that it follows from. `None` for a default.
    ///
    /// For a list or map that is its key, if it has one.
    pub fn at(&self, pointer: &str) -> Option<(Source, Span)> {
        let (tree, complete) = self.follow(pointer);
        let origin = tree.origin.filter(|_| complete)?;
        Some((self.layers.get(origin.layer)?.source.clone(), span(tree, origin)))
    }

    /// Whether the user wrote a value, so that neither a default nor the profile decided it.
    pub fn is_set(&self, pointer: &str) -> bool {
        let (tree, complete) = self.follow(pointer);
        complete && tree.origin.is_some_and(|origin| !origin.by_profile)
    }

    /// A scalar as it stands in its text, with its quotes.
    pub fn written(&self, pointer: &str) -> Option<&str> {
        let (tree, complete) = self.follow(pointer);
        let origin = tree.origin.filter(|origin| complete && !origin.by_profile)?;
        self.layers.get(origin.layer)?.source.text.get(origin.value.start..origin.value.end)
    }

    /// Tells a finding where a value was decided, or the nearest value around it. The finding's pointer becomes that
    /// into the document, e.g. `/environments/prd/database/instances`.
    #[must_use]
    pub fn diagnostic_at(&self, pointer: &str, diagnostic: Diagnostic) -> Diagnostic {
        self.diagnostic_with(span, pointer, diagnostic)
    }

    /// As [`Self::diagnostic_at`], but at the value's key: for what is wrong with a key.
    #[must_use]
    pub fn diagnostic_at_key(&self, pointer: &str, diagnostic: Diagnostic) -> Diagnostic {
        self.diagnostic_with(|_, origin| origin.key.unwrap_or(origin.value), pointer, diagnostic)
    }

    fn diagnostic_with(
        &self,
        span: impl Fn(&Tree, Origin) -> Span,
        pointer: &str,
        diagnostic: Diagnostic,
    ) -> Diagnostic {
        let (tree, _) = self.follow(pointer);
        let layer = tree.origin.and_then(|origin| Some((origin, self.layers.get(origin.layer)?)));
        match layer {
            Some((origin, layer)) => {
                let pointer = if origin.by_profile { "/profile" } else { pointer };
                diagnostic.at(&layer.source, span(tree, origin)).pointer(format!("{}{pointer}", layer.prefix))
            }
            None => diagnostic.pointer(pointer),
        }
    }

    /// The value at a pointer, or the nearest around it, and whether it is the one.
    fn follow(&self, pointer: &str) -> (&Tree, bool) {
        let mut tree = &self.tree;
        for token in pointer_tokens(pointer) {
            match tree.get(&token) {
                Some(next) => tree = next,
                None => return (tree, false),
            }
        }
        (tree, true)
    }
}

/// What to show of a value: a scalar itself, of a list or map its key.
fn span(tree: &Tree, origin: Origin) -> Span {
    match (&tree.kind, origin.key) {
        (TreeKind::List(_) | TreeKind::Map(_), Some(key)) => key,
        _ => origin.value,
    }
}
