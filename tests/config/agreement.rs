//! The schema and the Rust types accept the same.

use dify_cfn::config::{Config, schema};
use proptest::collection::vec;
use proptest::prelude::any;
use serde_json::{Value as Json, json};

use crate::arbitrary::arbitrary;
use crate::generate_config::Choices;
use crate::properties::check;

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
        let mut value = arbitrary(&schema, &mut |n| c.below(n));
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
