//! What all resource types have in common.

use std::any::Any;
use std::fmt::Debug;

use serde::Serialize;

use super::to_json::{object, serialize_as_json};
use super::{Json, ToJson, Value};

/// A resource type whose properties are a struct: the generated L1 types, and [`RawResource`].
pub trait CfnResource: Debug + Serialize + Any + Send + Sync {
    /// The type's name in templates, such as `AWS::S3::Bucket`.
    fn type_name(&self) -> &str;
    /// The JSON form of the properties.
    ///
    /// # Errors
    /// What the type's `Serialize` reports; generated types have no such case.
    fn properties(&self) -> serde_json::Result<Json> {
        serde_json::to_value(self)
    }
}

/// A resource type that takes tags.
pub trait Taggable {
    /// Adds a tag, or changes the value of the one with that key.
    fn set_tag(&mut self, key: &str, value: Value<String>);
}

/// A [`CfnResource`] whose type is not known at compile time; stacks store these.
pub trait AnyResource: Debug + Send + Sync {
    /// The type's name in templates.
    fn type_name(&self) -> &str;
    /// The JSON form of the properties.
    ///
    /// # Errors
    /// What the type's `Serialize` reports; generated types have no such case.
    fn properties(&self) -> serde_json::Result<Json>;
    /// For getting back at the type.
    fn as_any_mut(&mut self) -> &mut dyn Any;
    /// For getting back at the type.
    fn as_any(&self) -> &dyn Any;
}

impl<R: CfnResource> AnyResource for R {
    fn type_name(&self) -> &str {
        CfnResource::type_name(self)
    }

    fn properties(&self) -> serde_json::Result<Json> {
        CfnResource::properties(self)
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A resource of any type, its properties in CloudFormation's own JSON: for types that this library doesn't generate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct RawResource {
    #[serde(skip)]
    type_name: String,
    /// The properties, functions in their long form.
    pub properties: serde_json::Map<String, Json>,
}

impl RawResource {
    /// A resource of the type `type_name` without properties.
    pub fn new(type_name: impl Into<String>) -> Self {
        Self { type_name: type_name.into(), properties: serde_json::Map::new() }
    }

    /// Sets a property to a value or to the JSON form of a function.
    #[must_use]
    pub fn with(mut self, property: impl Into<String>, value: impl Into<Json>) -> Self {
        self.properties.insert(property.into(), value.into());
        self
    }
}

impl CfnResource for RawResource {
    fn type_name(&self) -> &str {
        &self.type_name
    }
}

/// What CloudFormation does with the real resource when it leaves the stack (`DeletionPolicy`) or is replaced
/// (`UpdateReplacePolicy`).
///
/// Source: AWS CloudFormation User Guide, "`DeletionPolicy` attribute".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum RemovalPolicy {
    /// It is deleted.
    Delete,
    /// It stays.
    Retain,
    /// It stays, unless the create of the stack that it belongs to fails. Not for `UpdateReplacePolicy`.
    RetainExceptOnCreate,
    /// It is deleted after a snapshot was taken.
    Snapshot,
}

/// A tag as most types take it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    /// The tag's key.
    pub key: Value<String>,
    /// The tag's value.
    pub value: Value<String>,
}

impl ToJson for Tag {
    fn to_json(&self) -> Json {
        object(&[("Key", &self.key), ("Value", &self.value)])
    }
}

serialize_as_json!(Tag);

impl From<Tag> for Value<Tag> {
    fn from(tag: Tag) -> Self {
        Self::Literal(tag)
    }
}
