//! The resource types that are known, each read when it is first asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::cfn::Json;
use crate::cfn::evaluate::Pattern;

include!(concat!(env!("OUT_DIR"), "/registry.rs"));

/// The resource types that are known.
#[derive(Debug)]
pub struct Registry {
    /// One cell for each entry of `SCHEMAS`, in its order.
    types: [OnceLock<TypeSchema>; SCHEMAS.len()],
    /// The patterns that were asked for.
    patterns: Mutex<BTreeMap<String, Arc<KnownPattern>>>,
}

/// A pattern of a schema.
#[derive(Debug)]
pub struct KnownPattern(Option<Pattern>);

impl KnownPattern {
    /// Whether the pattern is found in the text; `None` if that can't be told.
    pub fn is_match(&self, text: &str) -> Option<bool> {
        self.0.as_ref()?.is_match(text)
    }
}

/// What is known of one resource type.
#[derive(Debug)]
pub struct TypeSchema {
    /// `AWS::S3::Bucket`.
    pub name: &'static str,
    /// What `Fn::GetAtt` offers, such as `Endpoint.Address`, and the path of the property that it stands for.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// The schema as it stands in `schemas/`, with the overlay's corrections.
    pub json: Json,
}

impl Registry {
    /// The registry that is built into the program. Shared: a type is read once in a process.
    pub fn builtin() -> &'static Self {
        static REGISTRY: OnceLock<Registry> = OnceLock::new();
        REGISTRY.get_or_init(|| Self {
            types: [const { OnceLock::new() }; SCHEMAS.len()],
            patterns: Mutex::new(BTreeMap::new()),
        })
    }

    /// A pattern of a schema, translated when it is first asked for. One that can't be is unknown for every text.
    pub fn pattern(&self, pattern: &str) -> Arc<KnownPattern> {
        // A panic elsewhere leaves the map as it was.
        let mut known = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(pattern) {
            return Arc::clone(found);
        }
        let translated = Arc::new(KnownPattern(Pattern::new(pattern).ok()));
        known.insert(pattern.to_owned(), Arc::clone(&translated));
        translated
    }

    /// What is known of the type, if it is a known one.
    pub fn get(&self, type_name: &str) -> Option<&TypeSchema> {
        let index = SCHEMAS.binary_search_by(|(name, _)| (*name).cmp(type_name)).ok()?;
        let (name, text) = SCHEMAS[index];
        Some(self.types[index].get_or_init(|| TypeSchema::read(name, text)))
    }

    /// The patterns that were asked for and can't be matched, or not exactly.
    pub fn inexact_patterns(&self) -> Vec<String> {
        let known = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        let inexact = known.iter().filter(|(_, pattern)| !pattern.0.as_ref().is_some_and(Pattern::is_exact));
        inexact.map(|(pattern, _)| pattern.clone()).collect()
    }

    /// The names of all known types, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        SCHEMAS.iter().map(|(name, _)| *name)
    }
}

impl TypeSchema {
    /// Reads the text of a schema that the build script wrote.
    fn read(name: &'static str, text: &str) -> Self {
        // The build script wrote the text from JSON; a test reads every one.
        let json: Json = serde_json::from_str(text).unwrap_or_default();
        let mut attributes = BTreeMap::new();
        for pointer in json["readOnlyProperties"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            let Some(path) = pointer.strip_prefix("/properties/") else { continue };
            let path: Vec<String> =
                path.split('/').filter(|part| *part != "properties").map(str::to_owned).collect();
            // Nothing inside a list can be named by GetAtt.
            if !path.iter().any(|part| part == "*" || part == "items") {
                attributes.insert(path.join("."), path);
            }
        }
        for (attribute, path) in json["attributes"].as_object().into_iter().flatten() {
            let path = path.as_str().unwrap_or_default().split('/').map(str::to_owned).collect();
            attributes.insert(attribute.clone(), path);
        }
        Self { name, attributes, json }
    }

    /// The path of the property that the attribute stands for; `None` if the type has no such attribute.
    ///
    /// A member of an attribute that is an object is an attribute too: `Endpoint` makes `Endpoint.Address` one.
    pub fn attribute(&self, name: &str) -> Option<Vec<String>> {
        if let Some(path) = self.attributes.get(name) {
            return Some(path.clone());
        }
        let (outer, inner) = name.rsplit_once('.')?;
        let mut path = self.attribute(outer)?;
        let members = self.property(&path)?.get("properties")?;
        members.get(inner)?;
        path.push(inner.to_owned());
        Some(path)
    }

    /// The schema of the property at the path, `$ref` followed.
    pub fn property(&self, path: &[String]) -> Option<&Json> {
        path.iter().try_fold(&self.json, |schema, name| {
            let next = schema.get("properties")?.get(name)?;
            self.resolve(next)
        })
    }

    fn resolve<'a>(&'a self, mut schema: &'a Json) -> Option<&'a Json> {
        // A chain of references can't be longer than there are definitions.
        let definitions = self.json["definitions"].as_object();
        for _ in 0..=definitions.map_or(0, serde_json::Map::len) {
            let Some(name) = schema["$ref"].as_str() else { return Some(schema) };
            schema = definitions?.get(name.strip_prefix("#/definitions/")?)?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_can_be_read() {
        let registry = Registry::builtin();
        for name in registry.names() {
            let schema = registry.get(name).unwrap();
            assert_eq!(schema.json["typeName"], name);
            for (attribute, path) in &schema.attributes {
                assert!(schema.property(path).is_some(), "{name} {attribute}");
            }
        }
        assert!(registry.get("AWS::S3::Bukket").is_none());
    }

    #[test]
    fn attributes_come_from_read_only_properties_and_corrections() {
        let registry = Registry::builtin();
        let cluster = registry.get("AWS::RDS::DBCluster").unwrap();
        assert_eq!(cluster.attribute("Endpoint.Address").unwrap(), ["Endpoint", "Address"]);
        assert_eq!(cluster.attribute("Endpoint.Adress"), None);
        let subnet = registry.get("AWS::EC2::Subnet").unwrap();
        assert!(subnet.attribute("AvailabilityZone").is_some());
    }
}
