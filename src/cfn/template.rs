//! A template: what CloudFormation is given.

use indexmap::IndexMap;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Json;

/// An object of a template, in CloudFormation's order of keys.
pub type Map = serde_json::Map<String, Json>;

/// Resources by their logical ids, in the template's order. Rules look them up so often that the hash counts.
pub type Resources = IndexMap<String, Resource, foldhash::fast::RandomState>;

/// A template, functions in their long form (`{"Fn::GetAtt": ["Bucket", "Arn"]}`).
///
/// Holds everything that a template can have, so that reading and writing a foreign one loses nothing.
/// Serializes to CloudFormation's JSON, sections in the customary order, empty ones left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template {
    /// The template language's version, `2010-09-09`.
    pub format_version: Option<Json>,
    /// At most 1,024 bytes.
    pub description: Option<Json>,
    /// A macro's name or a list of them.
    pub transform: Option<Json>,
    /// About the template, such as the console's form.
    pub metadata: Map,
    /// What is asked for when the stack is created.
    pub parameters: Map,
    /// Assertions over parameters.
    pub rules: Map,
    /// Constants.
    pub mappings: Map,
    /// Named conditions.
    pub conditions: Map,
    /// What the stack consists of.
    pub resources: Resources,
    /// Entries of the section `Resources` that are no resources but stand for what a macro makes of them
    /// (`Fn::ForEach::…`, `Fn::Transform`), as they were read. They come after the resources.
    pub resource_macros: Map,
    /// What the stack tells.
    pub outputs: Map,
    /// Sections with other names (such as `Hooks`), as they were read.
    pub other: Map,
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sections = serializer.serialize_map(None)?;
        let singles = [
            ("AWSTemplateFormatVersion", &self.format_version),
            ("Description", &self.description),
            ("Transform", &self.transform),
        ];
        for (name, value) in singles {
            if let Some(value) = value {
                sections.serialize_entry(name, value)?;
            }
        }
        let maps = [
            ("Metadata", &self.metadata),
            ("Parameters", &self.parameters),
            ("Rules", &self.rules),
            ("Mappings", &self.mappings),
            ("Conditions", &self.conditions),
        ];
        for (name, map) in maps {
            if !map.is_empty() {
                sections.serialize_entry(name, map)?;
            }
        }
        sections.serialize_entry("Resources", &ResourcesSection(self))?;
        if !self.outputs.is_empty() {
            sections.serialize_entry("Outputs", &self.outputs)?;
        }
        for (name, value) in &self.other {
            sections.serialize_entry(name, value)?;
        }
        sections.end()
    }
}

/// The section `Resources` of a template.
struct ResourcesSection<'a>(&'a Template);

impl Serialize for ResourcesSection<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Template { resources, resource_macros, .. } = self.0;
        let mut entries = serializer.serialize_map(Some(resources.len() + resource_macros.len()))?;
        for (name, resource) in resources {
            entries.serialize_entry(name, resource)?;
        }
        for (name, value) in resource_macros {
            entries.serialize_entry(name, value)?;
        }
        entries.end()
    }
}

/// A resource of a template.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Resource {
    /// The type's name, such as `AWS::S3::Bucket`.
    #[serde(rename = "Type")]
    pub type_name: String,
    /// The condition that decides whether it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Resources that come first although nothing here refers to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// What happens to it when it leaves the stack; a text, or a function with `LanguageExtensions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<Json>,
    /// What happens to the old one when it is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_replace_policy: Option<Json>,
    /// About the resource.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map,
    /// The properties.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub properties: Map,
    /// Other attributes (`CreationPolicy`, `UpdatePolicy`), as they were read.
    #[serde(flatten)]
    pub other: Map,
    /// The path of our construct that made it, for messages; not part of the template.
    #[serde(skip)]
    pub construct: Option<String>,
}

impl Template {
    /// The template as one JSON object.
    pub fn to_json(&self) -> Json {
        // Keys are strings and values JSON: this serialization has no failing case.
        serde_json::to_value(self).unwrap_or(Json::Null)
    }
}
