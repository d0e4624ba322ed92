//! What `Fn::GetAtt` offers.

use std::collections::BTreeSet;

use super::model::Attribute;
use super::names::{distinct, snake};
use super::schema::{Kind, Node, Path, Schema};

/// Methods that every handle has.
const HANDLE_METHODS: &[&str] = &["attribute", "clone", "eq", "fmt", "logical_id", "new", "reference"];

/// How deep an attribute may lie in objects; deeper there are only circles.
const DEEPEST: usize = 8;

/// The attributes: read-only properties, those of objects one by one, and what the overlay adds or renames.
pub(crate) fn attributes(schema: &Schema) -> Vec<Attribute> {
    let mut leaves: Vec<(Path, bool)> = Vec::new();
    for path in schema.read_only.iter().chain(schema.attributes.iter().map(|(_, path)| path)) {
        if let Some(node) = schema.property_at(path) {
            add_leaves(schema, path, node, &mut leaves);
        }
    }
    let mut taken: BTreeSet<String> = HANDLE_METHODS.iter().map(|name| (*name).to_owned()).collect();
    let mut seen = BTreeSet::new();
    let mut attributes = Vec::new();
    for (path, is_list) in leaves {
        let renamed = schema.attributes.iter().find(|(_, of)| *of == path);
        let name = renamed.map_or_else(|| path.join("."), |(name, _)| name.clone());
        if seen.insert(name.clone()) {
            attributes.push(Attribute { method: distinct(&snake(&name), &mut taken), name, is_list });
        }
    }
    attributes
}

/// Adds the path if it leads to a text or a list of texts, or else the paths of the object's properties that do.
fn add_leaves(schema: &Schema, path: &Path, node: &Node, leaves: &mut Vec<(Path, bool)>) {
    let Some((_, node)) = schema.resolve(node) else { return };
    let is_text = |node: &Node| !matches!(node.kind, Kind::Object(_) | Kind::List(_) | Kind::Map(_));
    match &node.kind {
        Kind::Object(object) => {
            for (property, inner) in object.properties.iter().filter(|_| path.len() < DEEPEST) {
                let path = path.iter().chain([property]).cloned().collect();
                add_leaves(schema, &path, inner, leaves);
            }
        }
        Kind::List(items) => {
            if schema.resolve(items).is_some_and(|(_, items)| is_text(items)) {
                leaves.push((path.clone(), true));
            }
        }
        Kind::Map(_) => {}
        _ => leaves.push((path.clone(), false)),
    }
}
