//! A template: what CloudFormation is given.

use indexmap::IndexMap;
use serde::Serialize;

use super::Json;

/// An object of a template, in CloudFormation's order of keys.
pub type Map = serde_json::Map<String, Json>;

/// A template, functions in their long form (`{"Fn::GetAtt": ["Bucket", "Arn"]}`).
///
/// Holds everything that a template can have, so that reading and writing a foreign one loses nothing.
/// Serializes to CloudFormation's JSON, sections in the customary order, empty ones left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Template {
    /// The template language's version, `2010-09-09`.
    #[serde(rename = "AWSTemplateFormatVersion", skip_serializing_if = "Option::is_none")]
    pub format_version: Option<Json>,
    /// At most 1,024 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Json>,
    /// A macro's name or a list of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<Json>,
    /// About the template, such as the console's form.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map,
    /// What is asked for when the stack is created.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub parameters: Map,
    /// Assertions over parameters.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub rules: Map,
    /// Constants.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub mappings: Map,
    /// Named conditions.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub conditions: Map,
    /// What the stack consists of.
    pub resources: IndexMap<String, Resource>,
    /// What the stack tells.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub outputs: Map,
    /// Sections with other names (such as `Hooks`), as they were read.
    #[serde(flatten)]
    pub other: Map,
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
