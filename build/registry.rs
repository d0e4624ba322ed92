//! Embeds the resource schemas for the validator in the compact form that it reads.
//!
//! The document has `types` (the schema of each, corrected by the overlay), `regions` (their names), `sections` (the
//! schemas of the rest of a template) and `constraints` (the checks of each row, by its code).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json, json};

use crate::encode;

/// Writes the registry into the folder `out`.
///
/// What the overlay says is put into the schemas: dropped properties are gone, `serviceRequires` (beside `required`)
/// names what only the service requires. Each schema gets `attributes`, what `Fn::GetAtt` offers with the path of the
/// property, and `absentRegions`.
///
/// # Errors
/// The file, and what is wrong with it, in words.
pub(crate) fn write(root: &Path, out: &Path, constraints: &Map<String, Json>) -> Result<(), String> {
    let folder = root.join("schemas");
    let mut schemas = schemas(&folder)?;
    let corrections = read(&folder.join("overlay.json"))?;
    for correction in corrections.as_array().into_iter().flatten() {
        if let Some(schema) = correction["type"].as_str().and_then(|name| schemas.get_mut(name)) {
            correct(schema, correction);
        }
    }
    let getatt = read(&folder.join("registry").join("attributes.json"))?;
    for (name, schema) in &mut schemas {
        add_attributes(schema, &getatt, name);
    }
    let regions = read(&folder.join("regions.json"))?;
    for group in regions["absent"].as_array().into_iter().flatten() {
        for name in group["types"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            if let Some(schema) = schemas.get_mut(name) {
                schema["absentRegions"] = group["regions"].clone();
            }
        }
    }
    let encoded = encode::encode(&json!({
        "types": schemas.into_iter().collect::<Map<_, _>>(),
        "constraints": constraints,
        "regions": regions["regions"],
        "sections": read(&root.join("src/validate/schema/sections.json"))?,
    }))?;
    let code = format!(
        "#[allow(clippy::unreadable_literal, reason = \"generated\")]\nstatic STORE: Store = Store {{\n    texts: include_str!(\"registry.texts\"),\n    \
         ends: include_bytes!(\"registry.ends\"),\n    values: include_bytes!(\"registry.values\"),\n    \
         root: {},\n}};\n",
        encoded.root
    );
    let files = [
        ("registry.rs", code.as_bytes()),
        ("registry.texts", encoded.texts.as_bytes()),
        ("registry.ends", &encoded.ends),
        ("registry.values", &encoded.values),
    ];
    for (name, bytes) in files {
        fs::write(out.join(name), bytes).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// The schemas that have a file of their own, and the others, by type.
fn schemas(folder: &Path) -> Result<BTreeMap<String, Json>, String> {
    let mut schemas = BTreeMap::new();
    let mut add = |schema: Json| {
        let name = schema["typeName"].as_str().unwrap_or_default().to_owned();
        match schemas.insert(name, schema) {
            Some(before) => Err(format!("{} has two schemas", before["typeName"])),
            None => Ok(()),
        }
    };
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("aws-")) {
            add(read(&path)?)?;
        }
    }
    let others = folder.join("registry").join("types.jsonl");
    let text = fs::read_to_string(&others).map_err(|error| format!("{}: {error}", others.display()))?;
    for line in text.lines() {
        add(serde_json::from_str(line).map_err(|error| format!("{}: {error}", others.display()))?)?;
    }
    Ok(schemas)
}

pub(crate) fn read(path: &Path) -> Result<Json, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn correct(schema: &mut Json, correction: &Json) {
    if let Some(attributes) = correction["attributes"].as_object() {
        let known = entry(schema, "attributes", Json::Object(Map::new()));
        for (name, path) in attributes {
            known[name.as_str()] = path.clone();
        }
    }
    let object = match correction["definition"].as_str() {
        Some(name) => &mut schema["definitions"][name],
        None => schema,
    };
    for name in correction["drop"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        if let Some(properties) = object["properties"].as_object_mut() {
            properties.shift_remove(name);
        }
    }
    if let (Some(required), false) = (correction["require"].as_array(), object.is_null()) {
        let all = entry(object, "serviceRequires", Json::Array(Vec::new()));
        all.as_array_mut().into_iter().for_each(|all| all.extend(required.iter().cloned()));
    }
}

/// The attributes of a type: its read-only properties, and of some types all or some of the others.
fn add_attributes(schema: &mut Json, getatt: &Json, type_name: &str) {
    let mut attributes = Map::new();
    for pointer in schema["readOnlyProperties"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        let Some(path) = pointer.strip_prefix("/properties/") else { continue };
        let path: Vec<&str> = path.split('/').filter(|part| *part != "properties").collect();
        // Nothing inside a list can be named by GetAtt.
        if !path.iter().any(|part| *part == "*" || *part == "items") {
            attributes.insert(path.join("."), Json::String(path.join("/")));
        }
    }
    let corrected = schema["attributes"].as_object().into_iter().flatten();
    attributes.extend(corrected.map(|(name, path)| (name.clone(), path.clone())));
    let all = getatt["all"].as_array().into_iter().flatten().any(|name| name == type_name);
    let names: Vec<&String> = if all {
        schema["properties"].as_object().into_iter().flat_map(Map::keys).collect()
    } else {
        let names = getatt["some"][type_name].as_array().into_iter().flatten();
        names.filter_map(|name| if let Json::String(name) = name { Some(name) } else { None }).collect()
    };
    for name in names {
        attributes.entry(name.clone()).or_insert_with(|| Json::String(name.clone()));
    }
    schema["attributes"] = Json::Object(attributes);
}

fn entry<'a>(schema: &'a mut Json, key: &str, empty: Json) -> &'a mut Json {
    if schema[key].is_null() {
        schema[key] = empty;
    }
    &mut schema[key]
}
