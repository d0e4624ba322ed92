//! Whether generated configurations set everything that can be set.

use std::collections::BTreeSet;

use dify_cfn::config::schema;
use serde_json::Value as Json;

use crate::arbitrary::alternatives;
use crate::generate_config::{Choices, configuration};

#[test]
fn the_generator_sets_every_key_of_the_schema() {
    let schema: Json = serde_json::from_str(&schema::json()).unwrap();
    let mut keys = BTreeSet::new();
    keys_of(&schema, &schema, "", &mut keys);
    assert!(keys.len() > 150, "{keys:?}");
    let mut random = 1_u32;
    for _ in 0..2000 {
        let numbers: Vec<u32> = std::iter::repeat_with(|| {
            // xorshift, so that the same runs are made each time
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            random >> 3
        })
        .take(500)
        .collect();
        let value = configuration(&mut Choices::new(&numbers));
        remove_set(&value, &schema, &schema, "", &mut keys);
    }
    assert_eq!(keys, BTreeSet::new(), "keys that no generated configuration sets");
}

/// The name of a key in a path: components and environments are all alike.
fn step(path: &str, key: &str) -> String {
    let is_alike = ["/components", "/depends_on", "/environments"].iter().any(|end| path.ends_with(end));
    format!("{path}/{}", if is_alike { "*" } else { key })
}

/// Every key that can be set, as a path.
fn keys_of(schema: &Json, root: &Json, path: &str, into: &mut BTreeSet<String>) {
    for schema in alternatives(schema, root) {
        for (key, value) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let path = step(path, key);
            if into.insert(path.clone()) || path.ends_with('*') {
                keys_of(value, root, &path, into);
            }
        }
        for (word, key) in [("additionalProperties", "*"), ("items", "0")] {
            if let Some(value) = schema.get(word).filter(|value| value.is_object()) {
                let path = format!("{path}/{key}");
                into.insert(path.clone());
                keys_of(value, root, &path, into);
            }
        }
    }
}

/// Takes out the paths that a value sets.
fn remove_set(value: &Json, schema: &Json, root: &Json, path: &str, keys: &mut BTreeSet<String>) {
    keys.remove(path);
    for schema in alternatives(schema, root) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let known = schema.get("properties").and_then(|known| known.get(key));
            let any = schema.get("additionalProperties").filter(|any| any.is_object());
            match (known, any) {
                (Some(known), _) => remove_set(value, known, root, &step(path, key), keys),
                (None, Some(any)) => remove_set(value, any, root, &format!("{path}/*"), keys),
                (None, None) => {}
            }
        }
        if let Some(items) = schema.get("items") {
            for item in value.as_array().into_iter().flatten() {
                remove_set(item, items, root, &format!("{path}/0"), keys);
            }
        }
    }
}
