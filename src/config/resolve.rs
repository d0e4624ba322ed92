//! One environment from the texts that speak of it.

use std::sync::Arc;

use super::Config;
use super::code;
use super::located::Located;
use super::merge::merge;
use super::model::Profile;
use super::profile;
use super::tree::{Layer, Origin, Tree};
use crate::diagnostic::{Diagnostic, Span};
use crate::document::Node;

/// What one text says of an environment; later ones win.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// The map of its keys.
    pub(super) node: &'a Node,
    /// Index of its layer.
    pub(super) layer: usize,
    /// Where the environment's key stands, in the file's section of it.
    pub(super) key: Option<Span>,
    /// Whether it names another environment, which there isn't, so that this one may be meant.
    pub(super) is_doubtful: bool,
}

/// A change of what a text says, to see what follows if something else was meant.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edit {
    /// Index of the text's layer.
    pub(super) layer: usize,
    /// The place, below the environment.
    pub(super) path: Vec<String>,
    /// What stands there; nothing to leave the place out.
    pub(super) value: Option<Tree>,
}

/// Puts what the texts say of an environment over each other, with some changes.
///
/// # Errors
/// The result isn't a configuration, though it should be: it fits the schema and not the types.
pub(super) fn resolve(
    environment: &str,
    parts: &[Part<'_>],
    layers: &Arc<[Layer]>,
    edits: &[&Edit],
) -> Result<Located, Box<Diagnostic>> {
    let mut tree = Tree::empty();
    let mut whole: Option<Origin> = None;
    for Part { node, layer, key, .. } in parts {
        let mut over = if node.is_null() { Tree::empty() } else { Tree::from_node(node, *key, *layer) };
        over.retain(|key| key != "environments");
        for edit in edits.iter().filter(|edit| edit.layer == *layer) {
            match &edit.value {
                Some(value) => over.replace(&edit.path, value.clone()),
                None => over.remove(&edit.path),
            }
        }
        // What stands nowhere is told at the environment, else at the beginning of the file.
        let beginning = Span { end: node.span.start, ..node.span };
        let origin = Origin { layer: *layer, key: *key, value: key.unwrap_or(beginning), by_profile: false };
        if key.is_some() || whole.is_none() {
            whole = Some(origin);
        }
        tree = merge(tree, over);
    }
    let profile = match tree.get("profile").and_then(Tree::as_str) {
        Some("production") => Profile::Production,
        _ => Profile::Development,
    };
    let defaults = profile::defaults(profile, &tree);
    let mut tree = merge(defaults, tree);
    tree.origin = whole;
    let config = serde_json::from_value::<Config>(tree.to_json());
    let mut located =
        Located { config: Config::default(), findings: Vec::new(), tree, layers: layers.clone() };
    match config {
        Ok(config) => {
            located.config = Config { environment_name: environment.to_owned(), profile, ..config };
            Ok(located)
        }
        Err(error) => {
            let message = format!("the configuration fits the schema but not the types: {error}");
            let help = "this is a mistake of dify-cfn; please report it with this message";
            let diagnostic = Diagnostic::error(code::DISAGREEMENT, message).help(help);
            Err(Box::new(located.diagnostic_at("", diagnostic)))
        }
    }
}
