//! How tags are set in the two forms that types have for them.

use indexmap::IndexMap;

use crate::cfn::{Tag, Value};

/// A list of keys and values.
type List = Value<Vec<Value<Tag>>>;
/// A text for each key.
type Map = Value<IndexMap<String, Value<String>>>;

/// Sets a tag in a list, where most types have them. A list that a function gives stays as it is.
pub(super) fn set_in_list(tags: &mut Option<List>, key: &str, value: Value<String>) {
    let Value::Literal(tags) = tags.get_or_insert_with(|| Value::Literal(Vec::new())) else { return };
    let same_key = tags.iter_mut().find_map(|tag| match tag {
        Value::Literal(tag) if tag.key.literal().is_some_and(|other| other == key) => Some(tag),
        _ => None,
    });
    match same_key {
        Some(tag) => tag.value = value,
        None => tags.push(Tag { key: key.into(), value }.into()),
    }
}

/// Sets a tag in a map. A map that a function gives stays as it is.
pub(super) fn set_in_map(tags: &mut Option<Map>, key: &str, value: Value<String>) {
    if let Value::Literal(tags) = tags.get_or_insert_with(|| Value::Literal(IndexMap::new())) {
        tags.insert(key.to_owned(), value);
    }
}
