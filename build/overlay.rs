//! Corrections of the schemas, as data, each with its reason and source.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::schema::{Kind, Object, Path, Schema};

/// What `overlay.json` says.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    corrections: Vec<Correction>,
    applied: BTreeSet<usize>,
}

#[derive(Debug)]
struct Correction {
    type_name: String,
    /// The definition that it is about; the resource itself without one.
    definition: Option<String>,
    /// Properties that the service requires and the schema doesn't.
    require: Vec<String>,
    /// Properties that don't exist.
    drop: Vec<String>,
    /// Attributes that exist beside the schema's, or under another name: name and path of the property.
    attributes: Vec<(String, Path)>,
}

impl Overlay {
    /// Reads the overlay. A correction without reason or source is refused, and so is an unknown key.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let corrections = json.as_array().ok_or("expected a list of corrections")?;
        let corrections = corrections.iter().enumerate().map(|(index, correction)| {
            Correction::read(correction).map_err(|error| format!("correction {}: {error}", index + 1))
        });
        Ok(Self { corrections: corrections.collect::<Result<_, _>>()?, applied: BTreeSet::new() })
    }

    /// The schema with what the overlay says about its type.
    pub(crate) fn apply(&mut self, mut schema: Schema) -> Result<Schema, String> {
        for (index, correction) in self.corrections.iter().enumerate() {
            if correction.type_name == schema.type_name {
                correction
                    .apply(&mut schema)
                    .map_err(|error| format!("correction {} of the overlay: {error}", index + 1))?;
                self.applied.insert(index);
            }
        }
        Ok(schema)
    }

    /// Whether every correction was about a type that has a schema.
    pub(crate) fn all_applied(&self) -> Result<(), String> {
        let unused = self.corrections.iter().enumerate().find(|(index, _)| !self.applied.contains(index));
        match unused {
            None => Ok(()),
            Some((index, correction)) => Err(format!(
                "overlay.json: correction {}: there is no schema of {}",
                index + 1,
                correction.type_name
            )),
        }
    }
}

impl Correction {
    const KEYS: [&str; 7] = ["type", "definition", "require", "drop", "attributes", "reason", "source"];

    fn read(json: &Json) -> Result<Self, String> {
        let object = json.as_object().ok_or("not an object")?;
        if let Some(key) = object.keys().find(|key| !Self::KEYS.contains(&key.as_str())) {
            return Err(format!("unknown key `{key}`"));
        }
        for key in ["type", "reason", "source"] {
            if json[key].as_str().is_none_or(str::is_empty) {
                return Err(format!("no `{key}`"));
            }
        }
        let attributes = json["attributes"].as_object().into_iter().flatten();
        Ok(Self {
            type_name: json["type"].as_str().unwrap_or_default().to_owned(),
            definition: json["definition"].as_str().map(str::to_owned),
            require: texts(&json["require"])?,
            drop: texts(&json["drop"])?,
            attributes: attributes
                .map(|(name, path)| {
                    let path = path.as_str().ok_or_else(|| format!("attribute `{name}` has no path"))?;
                    Ok((name.clone(), path.split('/').map(str::to_owned).collect()))
                })
                .collect::<Result<_, String>>()?,
        })
    }

    fn apply(&self, schema: &mut Schema) -> Result<(), String> {
        let object = self.object(schema)?;
        for property in self.require.iter().chain(&self.drop) {
            if object.property(property).is_none() {
                return Err(format!("there is no property `{property}`"));
            }
        }
        for property in &self.require {
            if object.required.contains(property) {
                return Err(format!("the schema requires `{property}` already"));
            }
            object.required.push(property.clone());
        }
        object.properties.retain(|(property, _)| !self.drop.contains(property));
        for (name, path) in &self.attributes {
            if schema.property_at(path).is_none() {
                return Err(format!("attribute `{name}`: there is no property `{}`", path.join("/")));
            }
            if schema.read_only.contains(path) && *name == path.join(".") {
                return Err(format!("attribute `{name}`: the schema has it already"));
            }
            schema.attributes.push((name.clone(), path.clone()));
        }
        Ok(())
    }

    fn object<'a>(&self, schema: &'a mut Schema) -> Result<&'a mut Object, String> {
        let Some(name) = &self.definition else { return Ok(&mut schema.root) };
        let definition = schema.definitions.iter_mut().find(|(definition, _)| definition == name);
        match definition.map(|(_, node)| &mut node.kind) {
            Some(Kind::Object(object)) => Ok(object),
            _ => Err(format!("there is no definition `{name}` with properties")),
        }
    }
}

fn texts(json: &Json) -> Result<Vec<String>, String> {
    let list = match json {
        Json::Null => return Ok(Vec::new()),
        Json::Array(list) => list,
        other => return Err(format!("expected a list of names, found {other}")),
    };
    list.iter().map(|name| name.as_str().map(str::to_owned).ok_or(format!("{name} is no name"))).collect()
}
