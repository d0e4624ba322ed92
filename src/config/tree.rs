//! Values with the place that decided each: what the layers of a configuration are merged into.

use indexmap::IndexMap;
use serde_json::{Map, Number, Value as Json};

use crate::diagnostic::{Source, Span};
use crate::document::{Node, NodeKind};

/// A text that configuration comes from: the file, one environment of it, or a `--set`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    /// The text.
    pub(super) source: Source,
    /// The JSON pointer at which its values stand in the document, e.g. `/environments/prd`.
    pub(super) prefix: String,
}

/// The place that decided a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Origin {
    /// Index of the layer.
    pub(super) layer: usize,
    /// Where its key stands; elements of lists have none.
    pub(super) key: Option<Span>,
    /// Where the value stands.
    pub(super) value: Span,
    /// Whether the profile that stands there decided it.
    pub(super) by_profile: bool,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    pub(super) kind: TreeKind,
    /// `None` for what only holds other values together.
    pub(super) origin: Option<Origin>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TreeKind {
    /// Nothing, a boolean, a number or a text.
    Scalar(Json),
    /// A list.
    List(Vec<Tree>),
    /// A map.
    Map(IndexMap<String, Tree>),
}

impl Tree {
    /// An empty map.
    pub(super) fn empty() -> Self {
        Self { kind: TreeKind::Map(IndexMap::new()), origin: None }
    }

    /// A node of a document.
    pub(super) fn from_node(node: &Node, key: Option<Span>, layer: usize) -> Self {
        let kind = match &node.kind {
            NodeKind::Sequence(items) => {
                TreeKind::List(items.iter().map(|item| Self::from_node(item, None, layer)).collect())
            }
            NodeKind::Mapping(entries) => TreeKind::Map(
                entries
                    .iter()
                    .map(|entry| {
                        (entry.key.clone(), Self::from_node(&entry.value, Some(entry.key_span), layer))
                    })
                    .collect(),
            ),
            _ => TreeKind::Scalar(node.to_json()),
        };
        Self { kind, origin: Some(Origin { layer, key, value: node.span, by_profile: false }) }
    }

    /// The entries of a map; none of anything else.
    pub(super) fn entries(&self) -> Option<&IndexMap<String, Self>> {
        match &self.kind {
            TreeKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key or the element at an index.
    pub(super) fn get(&self, token: &str) -> Option<&Self> {
        match &self.kind {
            TreeKind::Map(entries) => entries.get(token),
            TreeKind::List(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
            TreeKind::Scalar(_) => None,
        }
    }

    /// Keeps some keys of a map.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        if let TreeKind::Map(entries) = &mut self.kind {
            entries.retain(|key, _| keep(key));
        }
    }

    /// A value that stands wholly at one place.
    pub(super) fn from_json(value: &Json, origin: Option<Origin>) -> Self {
        let kind = match value {
            Json::Array(items) => {
                TreeKind::List(items.iter().map(|item| Self::from_json(item, origin)).collect())
            }
            Json::Object(entries) => TreeKind::Map(
                entries.iter().map(|(key, value)| (key.clone(), Self::from_json(value, origin))).collect(),
            ),
            scalar => TreeKind::Scalar(scalar.clone()),
        };
        Self { kind, origin }
    }

    /// Takes out the value at a path of keys and indices, if there is one. The whole becomes an empty map.
    pub(super) fn remove(&mut self, path: &[String]) {
        let [first, rest @ ..] = path else {
            self.kind = TreeKind::Map(IndexMap::new());
            return;
        };
        match (&mut self.kind, rest) {
            (TreeKind::Map(entries), []) => drop(entries.shift_remove(first)),
            (TreeKind::List(items), []) => {
                if let Some(index) = first.parse::<usize>().ok().filter(|index| *index < items.len()) {
                    items.remove(index);
                }
            }
            _ => {
                if let Some(inner) = self.get_mut(first) {
                    inner.remove(rest);
                }
            }
        }
    }

    /// Puts a value at a path of keys and indices, making the maps on the way; not where a list or scalar is in the way.
    pub(super) fn replace(&mut self, path: &[String], value: Self) {
        let [first, rest @ ..] = path else {
            *self = value;
            return;
        };
        if let TreeKind::Map(entries) = &mut self.kind {
            entries.entry(first.clone()).or_insert_with(Self::empty).replace(rest, value);
        } else if let Some(inner) = self.get_mut(first) {
            inner.replace(rest, value);
        }
    }

    fn get_mut(&mut self, token: &str) -> Option<&mut Self> {
        match &mut self.kind {
            TreeKind::Map(entries) => entries.get_mut(token),
            TreeKind::List(items) => token.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            TreeKind::Scalar(_) => None,
        }
    }

    /// Sets the value at a path of keys, making the maps on the way.
    pub(super) fn insert(&mut self, path: &[&str], value: Self) {
        let [first, rest @ ..] = path else {
            *self = value;
            return;
        };
        if let TreeKind::Map(entries) = &mut self.kind {
            entries.entry((*first).to_owned()).or_insert_with(Self::empty).insert(rest, value);
        }
    }

    /// The text, if it is one.
    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            TreeKind::Scalar(Json::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The value as JSON. `1024.0` becomes `1024`: to the schema both are whole numbers, to Rust's types only one.
    pub(super) fn to_json(&self) -> Json {
        match &self.kind {
            TreeKind::Scalar(Json::Number(number)) => Json::Number(whole(number)),
            TreeKind::Scalar(value) => value.clone(),
            TreeKind::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            TreeKind::Map(entries) => Json::Object(
                entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }
}

/// A number without its fraction where that is zero.
#[expect(clippy::cast_possible_truncation, reason = "the value is whole and below 2^53")]
fn whole(number: &Number) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53, up to where f64 holds every whole number
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < EXACT => {
            (value as i64).into()
        }
        _ => number.clone(),
    }
}
