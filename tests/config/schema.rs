//! The JSON Schema of `dify.yaml`.

use serde_json::Value as Json;

use crate::root;

/// Where editors find it. `UPDATE_SCHEMA=1 cargo test --test config schema` writes it anew.
const FILE: &str = "schemas/dify.schema.json";

#[test]
fn the_committed_schema_is_fresh() {
    let file = root().join(FILE);
    let fresh = dify_cfn::config::schema::json();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&file, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == fresh,
        "{FILE} is stale; refresh it with: UPDATE_SCHEMA=1 cargo test --test config schema"
    );
}

#[test]
fn every_key_is_described_and_every_definition_used() {
    let text = dify_cfn::config::schema::json();
    let schema: Json = serde_json::from_str(&text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let mut undescribed = Vec::new();
    each_key(&schema, "", &mut |path, key| {
        if key.get("description").and_then(Json::as_str).is_none_or(str::is_empty) {
            undescribed.push(path.to_owned());
        }
    });
    assert_eq!(undescribed, Vec::<String>::new());
    for name in schema["$defs"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("\"#/$defs/{name}\"")), "nothing refers to {name}");
    }
}

#[test]
fn defaults_fit_their_own_schema() {
    let schema: Json = serde_json::from_str(&dify_cfn::config::schema::json()).unwrap();
    let mut tested = 0;
    each_key(&schema, "", &mut |path, key| {
        let Some(default) = key.get("default") else { return };
        let mut alone = key.clone();
        alone["$defs"] = schema["$defs"].clone();
        assert!(jsonschema::is_valid(&alone, default), "{path}: {default}");
        tested += 1;
    });
    assert!(tested > 40, "only {tested} defaults");
}

/// Every key under `properties` anywhere in the schema.
fn each_key(schema: &Json, path: &str, visit: &mut impl FnMut(&str, &Json)) {
    match schema {
        Json::Object(entries) => {
            for (name, value) in entries {
                let path = format!("{path}/{name}");
                match value.as_object().filter(|_| name == "properties") {
                    Some(keys) => {
                        for (key, value) in keys {
                            visit(&format!("{path}/{key}"), value);
                            each_key(value, &format!("{path}/{key}"), visit);
                        }
                    }
                    None => each_key(value, &path, visit),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| each_key(item, path, visit)),
        _ => {}
    }
}
