//! Embeds the resource schemas for the validator: minified, corrected by the overlay, sorted by type.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json};

/// The schemas of the folder as a Rust table of type name and JSON text.
///
/// What the overlay says is put into the schema: dropped properties are gone, `serviceRequires` (beside `required`)
/// names what only the service requires, `attributes` what `Fn::GetAtt` offers beside the read-only properties.
///
/// # Errors
/// The file, and what is wrong with it, in words.
pub(crate) fn table(folder: &Path) -> Result<String, String> {
    let corrections = read(&folder.join("overlay.json"))?;
    let getatt = read(&folder.join("registry").join("attributes.json"))?;
    let mut schemas = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with("aws-") {
            continue;
        }
        let mut schema = read(&path)?;
        let type_name = schema["typeName"].as_str().unwrap_or_default().to_owned();
        for correction in corrections.as_array().into_iter().flatten() {
            if correction["type"] == type_name.as_str() {
                correct(&mut schema, correction);
            }
        }
        add_attributes(&mut schema, &getatt, &type_name);
        schemas.push((type_name, schema.to_string()));
    }
    schemas.sort();
    let mut text = String::from("/// Type names and their schemas as JSON, sorted by name.\n");
    let _ = writeln!(text, "pub(super) static SCHEMAS: [(&str, &str); {}] = [", schemas.len());
    for (name, schema) in schemas {
        let _ = writeln!(text, "    ({name:?}, {schema:?}),");
    }
    text.push_str("];\n");
    Ok(text)
}

fn read(path: &Path) -> Result<Json, String> {
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

/// Properties that are attributes too: of some types all, of some the named ones.
fn add_attributes(schema: &mut Json, getatt: &Json, type_name: &str) {
    let all = getatt["all"].as_array().into_iter().flatten().any(|name| name == type_name);
    let names: Vec<String> = if all {
        schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned().collect()
    } else {
        let names = getatt["some"][type_name].as_array().into_iter().flatten();
        names.filter_map(Json::as_str).map(str::to_owned).collect()
    };
    for name in names {
        let known = entry(schema, "attributes", Json::Object(Map::new()));
        if known[name.as_str()].is_null() {
            known[name.as_str()] = Json::String(name.clone());
        }
    }
}

fn entry<'a>(schema: &'a mut Json, key: &str, empty: Json) -> &'a mut Json {
    if schema[key].is_null() {
        schema[key] = empty;
    }
    &mut schema[key]
}
