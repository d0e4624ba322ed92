//! Where a text doesn't fit the schema, and what may be meant there.

use super::code;
use super::resolve::{Edit, Part};
use super::schema::{Place, fits, is_slip, near, paths};
use super::tree::{Layer, Origin, Tree};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Node, NodeKind, pointer_to, pointer_tokens, walk};

/// Whether a finding refuses a value by itself: a name, a region, an ARN or a block of addresses that can't be one, or a
/// component that stands in two services.
pub(super) fn is_refusal(finding: &Diagnostic) -> bool {
    finding.is_error() && [code::NAME, code::FORMAT, code::LAYOUT, code::CIDR].contains(&finding.code)
}

/// A path, and of a component in a layout those of its other places: which one is wrong isn't known.
fn with_alike(part: &Part<'_>, path: Vec<String>) -> Vec<Vec<String>> {
    let is_placed = path.len() == 3 && path[0] == "layout";
    let component = is_placed.then(|| walk(part.node, &pointer_of(&path)).node).and_then(Node::as_str);
    let Some(component) = component else { return vec![path] };
    let services = part.node.get("layout").map_or(&[][..], Node::entries);
    let places = services.iter().flat_map(|entry| {
        let items = if let NodeKind::Sequence(items) = &entry.value.kind { &items[..] } else { &[] };
        let alike = items.iter().enumerate().filter(|(_, item)| item.as_str() == Some(component));
        alike.map(|(index, _)| vec![path[0].clone(), entry.key.clone(), index.to_string()])
    });
    places.collect()
}

fn pointer_of(path: &[String]) -> String {
    path.iter().fold(String::new(), |pointer, token| pointer_to(&pointer, token))
}

/// A place of which isn't known what stands there.
pub(super) struct Broken {
    layer: usize,
    path: Vec<String>,
    /// What may be meant, as changes of the texts; never empty. The first is the value left out, or of a list's element
    /// the first that fits, lest the others move.
    pub(super) meant: Vec<Vec<Edit>>,
}

impl Broken {
    /// The places that errors about the texts tell of, as far as they concern an environment.
    pub(super) fn all(found: &[Diagnostic], parts: &[Part<'_>], layers: &[Layer]) -> Vec<Self> {
        let mut places: Vec<(&Part<'_>, Vec<String>, Code)> = Vec::new();
        for finding in found.iter().filter(|finding| finding.is_error()) {
            for part in parts {
                if let Some(path) = layers.get(part.layer).and_then(|layer| path_of(finding, part, layer)) {
                    places.push((part, path, finding.code));
                }
            }
        }
        let doubtful = parts.iter().filter(|part| part.is_doubtful);
        places.extend(doubtful.map(|part| (part, Vec::new(), code::UNKNOWN_STACK)));
        let is_inside = |part: &Part<'_>, path: &[String], index: usize| {
            places.iter().enumerate().any(|(other_index, (other, around, _))| {
                let is_around = other.layer == part.layer && path.starts_with(around);
                is_around && (around.len() < path.len() || other_index < index)
            })
        };
        places
            .iter()
            .enumerate()
            .filter(|(index, (part, path, _))| !is_inside(part, path, *index))
            .map(|(_, (part, path, code))| Self::at(part, path.clone(), *code, parts, layers))
            .collect()
    }

    /// The places of values that a check has refused: they fit the schema, but what was meant isn't known.
    pub(super) fn refused(found: &[Diagnostic], parts: &[Part<'_>], layers: &[Layer]) -> Vec<Self> {
        let mut refused: Vec<Self> = Vec::new();
        for finding in found.iter().filter(|finding| is_refusal(finding)) {
            for part in parts {
                let path = layers.get(part.layer).and_then(|layer| path_of(finding, part, layer));
                for path in path.into_iter().flat_map(|path| with_alike(part, path)) {
                    let mut place = Self::at(part, path, finding.code, parts, layers);
                    // Something was meant, if something else.
                    if [code::FORMAT, code::CIDR].contains(&finding.code) {
                        let is_something =
                            |edit: &Edit| edit.value.as_ref().is_some_and(|it| !it.to_json().is_null());
                        place.meant.retain(|edits| edits.iter().all(is_something));
                    }
                    if !refused.iter().any(|one| (one.layer, &one.path) == (place.layer, &place.path)) {
                        refused.push(place);
                    }
                }
            }
        }
        refused
    }

    fn at(part: &Part<'_>, path: Vec<String>, code: Code, parts: &[Part<'_>], layers: &[Layer]) -> Self {
        let spot = Spot::new(part, &path, &layers[part.layer].prefix);
        let mut meant = match code {
            code::UNKNOWN_STACK => vec![vec![]],
            _ if code == code::UNKNOWN_KEY || spot.place.is_none() => spot.keys(parts),
            _ => spot.values(&spot.path, spot.place.as_ref()).into_iter().map(|edit| vec![edit]).collect(),
        };
        let left_out = vec![spot.edit(&path, None)];
        if spot.is_element && !meant.is_empty() {
            meant.push(left_out);
        } else {
            meant.insert(0, left_out);
        }
        Self { layer: part.layer, path, meant }
    }

    /// What is around it, of which then isn't known either what it is.
    pub(super) fn around(&self, parts: &[Part<'_>], layers: &[Layer]) -> Option<Self> {
        let (_, around) = self.path.split_last()?;
        let part = parts.iter().find(|part| part.layer == self.layer)?;
        Some(Self::at(part, around.to_vec(), code::WRONG_TYPE, parts, layers))
    }

    /// Whether a finding points at it or into it.
    pub(super) fn holds(&self, finding: &Diagnostic, layers: &[Layer]) -> bool {
        let (Some(pointer), Some(layer)) = (&finding.pointer, layers.get(self.layer)) else { return false };
        let is_of_text = finding.location.as_ref().is_none_or(|location| location.source == layer.source);
        let own = self.path.iter().fold(layer.prefix.clone(), |pointer, token| pointer_to(&pointer, token));
        let is_below =
            pointer.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        is_of_text && is_below
    }

    /// Whether something that may be meant changes a key of the top level.
    pub(super) fn may_change(&self, key: &str) -> bool {
        self.meant.iter().flatten().any(|edit| edit.path.first().is_none_or(|first| first == key))
    }
}

/// The place in a part of which a finding tells.
fn path_of(finding: &Diagnostic, part: &Part<'_>, layer: &Layer) -> Option<Vec<String>> {
    let location = finding.location.as_ref()?;
    if location.source != layer.source {
        return None;
    }
    let Some(pointer) = finding.pointer.as_deref() else {
        return path_to(part.node, location.span.start);
    };
    let below = pointer.strip_prefix(&layer.prefix)?;
    let is_own = below.is_empty() || below.starts_with('/');
    let is_of_environment = layer.prefix.is_empty() && below.starts_with("/environments/");
    (is_own && !is_of_environment).then(|| pointer_tokens(below).collect())
}

/// The way to the outermost value that begins at a byte.
fn path_to(node: &Node, start: usize) -> Option<Vec<String>> {
    if node.span.start == start && !matches!(node.kind, NodeKind::Null) {
        return Some(Vec::new());
    }
    let inner: Vec<(String, &Node)> = match &node.kind {
        NodeKind::Mapping(entries) => entries.iter().map(|entry| (entry.key.clone(), &entry.value)).collect(),
        NodeKind::Sequence(items) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    inner.into_iter().filter(|(key, _)| key != "environments").find_map(|(key, node)| {
        let mut path = path_to(node, start)?;
        path.insert(0, key);
        Some(path)
    })
}

/// A place in a part, with what stands and what may stand there.
struct Spot<'a> {
    part: &'a Part<'a>,
    path: Vec<String>,
    node: Option<&'a Node>,
    origin: Origin,
    /// What may stand there; nothing if the key isn't known.
    place: Option<Place>,
    /// The map or list that it is in, and what may stand there.
    parent: (&'a Node, Option<Place>),
    is_element: bool,
}

impl<'a> Spot<'a> {
    fn new(part: &'a Part<'a>, path: &[String], prefix: &str) -> Self {
        let mut place = Some(Place::top());
        for token in pointer_tokens(prefix) {
            place = place.and_then(|place| place.key(&token));
        }
        let mut parent = (part.node, None);
        let mut node = Some(part.node);
        let mut key = part.key;
        for token in path {
            let Some(inside) = node else { break };
            let is_list = matches!(inside.kind, NodeKind::Sequence(_));
            let next = place.as_ref().and_then(|place| if is_list { place.item() } else { place.key(token) });
            parent = (inside, place);
            place = next;
            let step = walk(inside, &pointer_to("", token));
            (node, key) = (step.complete.then_some(step.node), step.key);
        }
        let value = node.unwrap_or(parent.0).span;
        let origin = Origin { layer: part.layer, key, value, by_profile: false };
        let is_element = !path.is_empty() && matches!(parent.0.kind, NodeKind::Sequence(_));
        Self { part, path: path.to_vec(), node, origin, place, parent, is_element }
    }

    fn edit(&self, path: &[String], value: Option<Tree>) -> Edit {
        Edit { layer: self.part.layer, path: path.to_vec(), value }
    }

    /// Every value that may be meant at a place: what is written, where that fits, and what the schema gives.
    fn values(&self, path: &[String], place: Option<&Place>) -> Vec<Edit> {
        let Some(place) = place else { return Vec::new() };
        let own = self.node.filter(|node| fits(place, node));
        let own = own.map(|node| Tree::from_node(node, self.origin.key, self.part.layer));
        let given = place.substitutes();
        let given = given.iter().map(|value| Tree::from_json(value, Some(self.origin)));
        own.into_iter().chain(given).map(|value| self.edit(path, Some(value))).collect()
    }

    /// What an unknown key may stand for: the known one of which it is a slip; else the one that is near it, those like it
    /// elsewhere or has it as a word, and those that are left out beside it.
    fn keys(&self, parts: &[Part<'_>]) -> Vec<Vec<Edit>> {
        let ((map, Some(place)), Some((key, around))) = (&self.parent, self.path.split_last()) else {
            return Vec::new();
        };
        let known: Vec<(&str, Place)> = place.keys().map(|(key, schema)| (key, Place::of(schema))).collect();
        let beside = |key: &str| [around, &[key.to_owned()]].concat();
        let mut places: Vec<(Vec<String>, Option<Place>)> = Vec::new();
        let near = near(key, known.iter().map(|(key, _)| *key));
        places.extend(near.map(|near| (beside(near), place.key(near))));
        if near.is_none_or(|near| !is_slip(key, near)) {
            let is_like = |known: &str| is_slip(key, known) || known.split('_').any(|word| word == key);
            for path in paths(is_like).iter().flat_map(|path| named(path, parts)) {
                let place = path.iter().try_fold(Place::top(), |place, key| place.key(key));
                places.push((path, place));
            }
            // Its value may be meant for a key below one of them, so that its type says nothing.
            let left_out = known.into_iter().filter(|(key, _)| map.get(key).is_none());
            places.extend(left_out.map(|(key, place)| (beside(key), Some(place))));
        }
        let values = places.iter().flat_map(|(path, place)| self.values(path, place.as_ref()));
        values.map(|edit| vec![self.edit(&self.path, None), edit]).collect()
    }
}

/// The paths that a path of the schema stands for: `NAME` is each key that is written at its place.
fn named(path: &[&str], parts: &[Part<'_>]) -> Vec<Vec<String>> {
    let mut paths: Vec<Vec<String>> = vec![Vec::new()];
    for token in path {
        paths = paths
            .into_iter()
            .flat_map(|path| {
                let names: Vec<String> = if *token == "NAME" {
                    let pointer = pointer_of(&path);
                    let maps =
                        parts.iter().map(|part| walk(part.node, &pointer)).filter(|walk| walk.complete);
                    maps.flat_map(|walk| walk.node.entries()).map(|entry| entry.key.clone()).collect()
                } else {
                    vec![(*token).to_owned()]
                };
                names.into_iter().map(move |name| [&path[..], &[name]].concat())
            })
            .collect();
    }
    paths
}
