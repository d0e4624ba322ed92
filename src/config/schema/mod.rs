//! The JSON Schema of `dify.yaml`, made from the types: for editors, and for the first check of a file.
//!
//! `schemas/dify.schema.json` is the committed copy that editors are pointed at; a test keeps it fresh.

#[cfg(test)]
#[path = "../../../tests/support/arbitrary.rs"]
mod arbitrary;
mod explain;
mod fits;
mod place;
pub(super) mod shape;
mod substitutes;

use std::sync::LazyLock;

use jsonschema::Validator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

pub(super) use explain::{check, dotted, is_slip, near, paths};
pub(super) use fits::fits;
pub(super) use place::Place;
pub(super) use substitutes::mixed;

use super::Config;

/// What a file may have at its top level and an environment may not.
const TOP_LEVEL_ONLY: [&str; 1] = ["name"];

/// The committed copy, which is quicker to read than to make; a test keeps both equal. `build/configuration.rs` takes out
/// what only people read.
static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the text is part of the program; a test reads it")]
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/dify.schema.json")))
        .expect("the schema is JSON")
});

/// The schema, and a validator of it. Neither is built before a configuration is read.
static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the schema follows from the types; a test builds it")]
    jsonschema::validator_for(&SCHEMA).expect("the schema of the configuration is a schema")
});

/// The schema as text, ending in a line break, as the types have it now.
pub fn json() -> String {
    format!("{:#}\n", generate())
}

/// The schema.
pub(super) fn root() -> &'static Json {
    &SCHEMA
}

fn generate() -> Json {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Config>();
    shape::tidy(&mut schema);
    let mut schema = schema.to_value();
    add_environments(&mut schema);
    schema
}

/// Adds the key `environments`, whose values have the keys of the top level.
fn add_environments(schema: &mut Json) {
    let Some(schema) = schema.as_object_mut() else { return };
    schema.insert("title".to_owned(), "dify.yaml".into());
    schema.insert(
        "description".to_owned(),
        "The configuration of dify-cfn. Every key has a default; no file at all is valid.".into(),
    );
    let Some(Json::Object(keys)) = schema.get_mut("properties") else { return };
    let of_environment: Map<String, Json> = keys
        .iter()
        .filter(|(key, _)| !TOP_LEVEL_ONLY.contains(&key.as_str()))
        .map(|(key, value)| {
            let mut value = value.clone();
            if let Json::Object(value) = &mut value {
                value.shift_remove("default"); // in an environment that is what the top level says
            }
            (key.clone(), value)
        })
        .collect();
    keys.insert(
        "environments".to_owned(),
        json!({
            "type": ["object", "null"],
            "description": "The environments by name, each a stack `<name>-<environment>`, with what is different in it. \
                            Without any there is one, `dev`.",
            "additionalProperties": { "$ref": "#/$defs/Environment" },
        }),
    );
    if let Some(Json::Object(definitions)) = schema.get_mut("$defs") {
        definitions.insert(
            "Environment".to_owned(),
            json!({
                "type": ["object", "null"],
                "description": "What is different in one environment: any key of the top level but `name`.",
                "properties": of_environment,
                "additionalProperties": false,
            }),
        );
    }
}
