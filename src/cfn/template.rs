//! A template: what CloudFormation is given.

use indexmap::IndexMap;
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

/// What stands under a section's name, or under the name of a resource's attribute.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    /// A name.
    Text(&'a str),
    /// Names.
    Texts(&'a [String]),
    /// Any value.
    Value(&'a Json),
    /// An object.
    Map(&'a Map),
    /// The section `Resources` of a template.
    Resources(&'a Template),
    /// A resource.
    Resource(&'a Resource),
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Texts(texts) => texts.serialize(serializer),
            Self::Value(value) => value.serialize(serializer),
            Self::Map(map) => map.serialize(serializer),
            Self::Resources(template) => serializer.collect_map(template.resource_entries()),
            Self::Resource(resource) => resource.serialize(serializer),
        }
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.sections())
    }
}

impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.attributes())
    }
}

/// A resource of a template.
///
/// Serializes to CloudFormation's JSON, attributes in the customary order, empty ones left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resource {
    /// The type's name, such as `AWS::S3::Bucket`.
    pub type_name: String,
    /// The condition that decides whether it exists.
    pub condition: Option<String>,
    /// Resources that come first although nothing here refers to them.
    pub depends_on: Vec<String>,
    /// What happens to it when it leaves the stack; a text, or a function with `LanguageExtensions`.
    pub deletion_policy: Option<Json>,
    /// What happens to the old one when it is replaced.
    pub update_replace_policy: Option<Json>,
    /// About the resource.
    pub metadata: Map,
    /// The properties.
    pub properties: Map,
    /// Other attributes (`CreationPolicy`, `UpdatePolicy`), as they were read.
    pub other: Map,
    /// The path of our construct that made it, for messages; not part of the template.
    pub construct: Option<String>,
}

impl Template {
    /// The sections that are there, in the order in which they are written.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&str, Part<'_>)> {
        let sections = [
            value("AWSTemplateFormatVersion", self.format_version.as_ref()),
            value("Description", self.description.as_ref()),
            value("Transform", self.transform.as_ref()),
            map("Metadata", &self.metadata),
            map("Parameters", &self.parameters),
            map("Rules", &self.rules),
            map("Mappings", &self.mappings),
            map("Conditions", &self.conditions),
            Some(("Resources", Part::Resources(self))),
            map("Outputs", &self.outputs),
        ];
        sections.into_iter().flatten().chain(values(&self.other))
    }

    /// The entries of the section `Resources`.
    pub(super) fn resource_entries(&self) -> impl Iterator<Item = (&str, Part<'_>)> {
        let resources = self.resources.iter().map(|(id, resource)| (id.as_str(), Part::Resource(resource)));
        resources.chain(values(&self.resource_macros))
    }

    /// The template as one JSON object.
    pub fn to_json(&self) -> Json {
        // Keys are strings and values JSON: this serialization has no failing case.
        serde_json::to_value(self).unwrap_or(Json::Null)
    }
}

impl Resource {
    /// The attributes that are there, in the order in which they are written.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, Part<'_>)> {
        let attributes = [
            Some(("Type", Part::Text(&self.type_name))),
            self.condition.as_ref().map(|condition| ("Condition", Part::Text(condition))),
            (!self.depends_on.is_empty()).then_some(("DependsOn", Part::Texts(&self.depends_on))),
            value("DeletionPolicy", self.deletion_policy.as_ref()),
            value("UpdateReplacePolicy", self.update_replace_policy.as_ref()),
            map("Metadata", &self.metadata),
            map("Properties", &self.properties),
        ];
        attributes.into_iter().flatten().chain(values(&self.other))
    }
}

fn value<'a>(name: &'a str, value: Option<&'a Json>) -> Option<(&'a str, Part<'a>)> {
    value.map(|value| (name, Part::Value(value)))
}

fn map<'a>(name: &'a str, map: &'a Map) -> Option<(&'a str, Part<'a>)> {
    (!map.is_empty()).then_some((name, Part::Map(map)))
}

fn values(map: &Map) -> impl Iterator<Item = (&str, Part<'_>)> {
    map.iter().map(|(name, value)| (name.as_str(), Part::Value(value)))
}
