//! The schema and the Rust types accept the same.

use dify_cfn::config::{Config, schema};
use proptest::collection::vec;
use proptest::prelude::any;
use serde_json::{Value as Json, json};

use crate::generate_config::Choices;
use crate::properties::check;
use crate::schema::alternatives;

#[test]
fn schema_and_types_agree() {
    let schema: Json = serde_json::from_str(&schema::json()).unwrap();
    let mut of_types = schema.clone();
    of_types["properties"].as_object_mut().unwrap().shift_remove("environments");
    let full = jsonschema::validator_for(&of_types).unwrap();
    // Ranges and steps are beyond the types.
    without_ranges(&mut of_types);
    let of_types = jsonschema::validator_for(&of_types).unwrap();
    let counts = std::cell::Cell::new((0, 0));
    check(1500, vec(any::<u32>(), 0..200), |numbers| {
        let mut c = Choices::new(&numbers);
        let mut value = arbitrary(&schema, &schema, &mut c, 0);
        if let Some(entries) = value.as_object_mut() {
            entries.shift_remove("environments");
        }
        let config = serde_json::from_value::<Config>(value.clone());
        let fits = of_types.is_valid(&value);
        assert_eq!(fits, config.is_ok(), "{config:?}\n{value:#}");
        assert!(fits || !full.is_valid(&value), "{value:#}");
        let (good, bad) = counts.get();
        counts.set(if fits { (good + 1, bad) } else { (good, bad + 1) });
    });
    let (good, bad) = counts.get();
    assert!(good > 100 && bad > 100, "{good} fit, {bad} don't");
}

/// Takes out what a Rust type doesn't say.
fn without_ranges(schema: &mut Json) {
    match schema {
        Json::Object(entries) => {
            let is_short = entries.get("maximum") == Some(&json!(65535));
            entries.shift_remove("multipleOf");
            if entries.contains_key("minimum") || entries.contains_key("enum") {
                let is_float = entries.get("type") == Some(&json!("number"));
                for word in ["minimum", "maximum", "enum"] {
                    entries.shift_remove(word);
                }
                if !is_float {
                    entries.insert("minimum".to_owned(), json!(0));
                    entries.insert("maximum".to_owned(), json!(if is_short { 65535 } else { u32::MAX }));
                }
            }
            entries.values_mut().for_each(without_ranges);
        }
        Json::Array(items) => items.iter_mut().for_each(without_ranges),
        _ => {}
    }
}

/// A value that mostly fits a schema.
fn arbitrary(schema: &Json, root: &Json, c: &mut Choices<'_>, depth: usize) -> Json {
    if depth > 0 && c.below(12) == 11 {
        // No list in place of a map, and no map in place of a name: Rust's types take some of those.
        return c.of(&[
            json!(true),
            json!(-1),
            json!(1.5),
            json!(70000),
            json!(5e9),
            json!("word"),
            json!([[true]]),
            Json::Null,
            json!({"x": 1}),
        ]);
    }
    let options = alternatives(schema, root);
    let schema = options[c.below(options.len())];
    if let Some(name) = schema.get("const") {
        return name.clone();
    }
    let kind = match &schema["type"] {
        Json::Array(kinds) => c.of(kinds),
        kind => kind.clone(),
    };
    match kind.as_str() {
        Some("object") => {
            let mut entries = serde_json::Map::new();
            for (key, value) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
                if c.below(4) == 3 {
                    entries.insert(key.clone(), arbitrary(value, root, c, depth + 1));
                }
            }
            if let Some(any) = schema.get("additionalProperties").filter(|any| any.is_object()) {
                for key in ["A", "b-2"] {
                    if c.below(2) == 1 {
                        entries.insert(key.to_owned(), arbitrary(any, root, c, depth + 1));
                    }
                }
            }
            if c.below(20) == 19 {
                entries.insert("nobody_knows".to_owned(), json!({}));
            }
            Json::Object(entries)
        }
        Some("array") => {
            let count = c.below(3);
            Json::Array((0..count).map(|_| arbitrary(&schema["items"], root, c, depth + 1)).collect())
        }
        Some("string") => c.of(&[json!("word"), json!(""), json!("16.8")]),
        Some("boolean") => json!(c.below(2) == 1),
        Some("integer") => json!(c.below(5000)),
        Some("number") => c.of(&[json!(0), json!(0.5), json!(300)]),
        Some("null") => Json::Null,
        other => panic!("{other:?} in {schema}"),
    }
}
