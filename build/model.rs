//! What is decided and what is written: plain data between [`super::decide`] and [`super::emit`].

use super::schema::Path;

/// A resource type with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resource {
    /// `AWS::S3::Bucket`.
    pub(crate) type_name: String,
    /// The module of its service, `s3`.
    pub(crate) service: String,
    /// The module of its nested types, `bucket`.
    pub(crate) module: String,
    /// The resource's own struct, `CfnBucket`.
    pub(crate) root: Struct,
    /// Nested structs, by name.
    pub(crate) structs: Vec<Struct>,
    /// Enumerations, by name.
    pub(crate) enums: Vec<Enum>,
    pub(crate) attributes: Vec<Attribute>,
    /// The field that holds the tags.
    pub(crate) tags: Option<Tags>,
    pub(crate) create_only: Vec<Path>,
    pub(crate) primary_identifier: Vec<Path>,
}

/// A struct to be written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Struct {
    pub(crate) name: String,
    /// Where in the schema it comes from: empty for the resource, else a pointer.
    pub(crate) pointer: String,
    /// In the schema's order.
    pub(crate) fields: Vec<Field>,
    /// Indices of the required fields, in the order of the fields: the constructor's arguments.
    pub(crate) required: Vec<usize>,
    /// Whether it contains itself, so that fields hold it in a box.
    pub(crate) recursive: bool,
}

/// A field to be written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// The property's name.
    pub(crate) property: String,
    /// The field's name.
    pub(crate) name: String,
    pub(crate) kind: Type,
    /// What the documentation says of it, sentence by sentence.
    pub(crate) doc: Vec<String>,
}

/// The type inside a `Value`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Type {
    String,
    Integer,
    Number,
    Boolean,
    Json,
    /// The tag that most types share.
    Tag,
    /// A struct or an enumeration of the resource's module.
    Named(String),
    /// A struct of the resource's module, in a box.
    Boxed(String),
    List(Box<Type>),
    Map(Box<Type>),
}

/// An enumeration of texts or numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Enum {
    pub(crate) name: String,
    /// Where in the schema it comes from.
    pub(crate) pointer: String,
    pub(crate) variants: Variants,
}

/// The values of an enumeration, each with its name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Variants {
    Texts(Vec<(String, String)>),
    Numbers(Vec<(String, u64)>),
}

/// An attribute that `Fn::GetAtt` gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attribute {
    /// `Endpoint.Address`.
    pub(crate) name: String,
    /// `endpoint_address`.
    pub(crate) method: String,
    pub(crate) is_list: bool,
}

/// How a resource takes its tags.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tags {
    pub(crate) property: String,
    pub(crate) field: String,
    /// One text for each key, rather than a list of keys and values.
    pub(crate) is_map: bool,
}
