//! Values that mostly fit a schema, to compare what judges them.

use serde_json::{Value as Json, json};

/// A value that mostly fits a schema. `choose(n)` decides, with one of `0..n`.
pub(crate) fn arbitrary(schema: &Json, choose: &mut impl FnMut(usize) -> usize) -> Json {
    at_depth(schema, schema, choose, 0)
}

fn at_depth(schema: &Json, root: &Json, choose: &mut impl FnMut(usize) -> usize, depth: usize) -> Json {
    if depth > 0 && choose(12) == 11 {
        // No list in place of a map, and no map in place of a name: Rust's types take some of those.
        let misfits = [
            json!(true),
            json!(-1),
            json!(1.5),
            json!(70000),
            json!(5e9),
            json!("word"),
            json!([[true]]),
            Json::Null,
            json!({"x": 1}),
        ];
        return misfits[choose(misfits.len())].clone();
    }
    let options = alternatives(schema, root);
    let schema = options[choose(options.len())];
    if let Some(name) = schema.get("const") {
        return name.clone();
    }
    let kind = match &schema["type"] {
        Json::Array(kinds) => kinds[choose(kinds.len())].clone(),
        kind => kind.clone(),
    };
    match kind.as_str() {
        Some("object") => {
            let mut entries = serde_json::Map::new();
            for (key, value) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
                if choose(4) == 3 {
                    entries.insert(key.clone(), at_depth(value, root, choose, depth + 1));
                }
            }
            if let Some(any) = schema.get("additionalProperties").filter(|any| any.is_object()) {
                for key in ["A", "b-2"] {
                    if choose(2) == 1 {
                        entries.insert(key.to_owned(), at_depth(any, root, choose, depth + 1));
                    }
                }
            }
            if choose(20) == 19 {
                entries.insert("nobody_knows".to_owned(), json!({}));
            }
            Json::Object(entries)
        }
        Some("array") => {
            let count = choose(3);
            Json::Array(
                (0..count).map(|_| at_depth(&schema["items"], root, &mut *choose, depth + 1)).collect(),
            )
        }
        Some("string") => json!(["word", "", "16.8"][choose(3)]),
        Some("boolean") => json!(choose(2) == 1),
        Some("integer") => match (schema.get("enum").and_then(Json::as_array), schema.get("maximum")) {
            (Some(values), _) if choose(4) > 0 => values[choose(values.len())].clone(),
            (_, Some(most)) if choose(2) == 1 => most.clone(),
            _ => json!(choose(5000)),
        },
        Some("number") => json!([0.0, 0.5, 1.25, 3.0, 300.0][choose(5)]),
        Some("null") => Json::Null,
        other => panic!("{other:?} in {schema}"),
    }
}

/// The alternatives that a part of the schema allows.
pub(crate) fn alternatives<'s>(schema: &'s Json, root: &'s Json) -> Vec<&'s Json> {
    if let Some(target) = schema.get("$ref").and_then(Json::as_str) {
        return alternatives(root.pointer(target.trim_start_matches('#')).unwrap(), root);
    }
    match schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array) {
        Some(branches) => branches.iter().flat_map(|branch| alternatives(branch, root)).collect(),
        None => vec![schema],
    }
}
