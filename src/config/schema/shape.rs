//! Shapes of the JSON Schema that serve people better than those that follow from the types.

use schemars::Schema;
use serde_json::{Map, Value as Json, json};

use super::place::or;
use crate::catalog::Component;

/// A map whose keys are components lists them, so that editors offer them and a wrong one is an unknown key.
pub(in crate::config) fn by_component(schema: &mut Schema) {
    let Some(values) = schema.get("additionalProperties").cloned() else { return };
    let properties: Map<String, Json> = Component::ALL
        .iter()
        .map(|component| {
            let mut value = values.clone();
            if let Json::Object(value) = &mut value {
                value.insert(
                    "description".to_owned(),
                    format!("The component `{}`.", component.as_str()).into(),
                );
            }
            (component.as_str().to_owned(), value)
        })
        .collect();
    schema.insert("properties".to_owned(), Json::Object(properties));
    schema.insert("additionalProperties".to_owned(), false.into());
}

/// An enum with values in some of its variants is a text or a map with one key, in place of one map for each variant:
/// a wrong key is then an unknown key and not four maps that don't fit.
pub(in crate::config) fn one_key(schema: &mut Schema) {
    let Some(Json::Array(variants)) = schema.ensure_object().shift_remove("oneOf") else { return };
    let mut branches = Vec::new();
    let mut properties = Map::new();
    for variant in variants {
        let Some(Json::Object(keys)) = variant.get("properties") else {
            branches.push(variant);
            continue;
        };
        for (key, value) in keys {
            let mut value = value.clone();
            if let (Some(value), Some(description)) = (value.as_object_mut(), variant.get("description")) {
                value.insert("description".to_owned(), description.clone());
            }
            properties.insert(key.clone(), value);
        }
    }
    let keys: Vec<String> = properties.keys().map(|key| format!("`{key}`")).collect();
    branches.push(json!({
        "type": "object",
        "title": format!("a map with one of {}", or(&keys)),
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    }));
    schema.insert("anyOf".to_owned(), Json::Array(branches));
}

/// Takes out what says nothing to a person: formats of Rust's numbers, and defaults that only mean "not there".
pub(super) fn tidy(schema: &mut Schema) {
    schemars::transform::transform_subschemas(&mut tidy, schema);
    let Some(schema) = schema.as_object_mut() else { return };
    schema.shift_remove("format");
    let is_empty = match schema.get("default") {
        // The defaults of a section stand at its keys.
        Some(Json::Null | Json::Object(_)) => true,
        Some(Json::String(text)) => text.is_empty(),
        Some(Json::Array(items)) => items.is_empty(),
        Some(Json::Number(number)) => number.as_f64() < schema.get("minimum").and_then(Json::as_f64),
        _ => false,
    };
    if is_empty {
        schema.shift_remove("default");
    }
    if let Some(Json::String(description)) = schema.get_mut("description") {
        // Line breaks of the source aren't the author's.
        *description = description.replace('\n', " ");
    }
}
