//! The resource types of CloudFormation (L1), generated when the crate is built from the schemas in `schemas/`.
//!
//! One module for each AWS service, in it a struct `Cfn…` for each resource type and a module of the types that its
//! properties are made of. Properties that are required are arguments of `new`; the others are public fields:
//!
//! ```
//! use dify_cfn::resources::s3::CfnBucket;
//!
//! let bucket = CfnBucket { bucket_name: Some("my-files".into()), ..Default::default() };
//! assert_eq!(serde_json::to_string(&bucket)?, r#"{"BucketName":"my-files"}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```

#[cfg(doctest)]
mod promises;
mod tags;
#[cfg(test)]
mod tests;

use crate::cfn::{Handle, Intrinsic, Value};

/// What is known of a type as a whole.
///
/// Paths are names of properties, from the outside to the inside, with a `/` between; `*` stands for a list's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeInfo {
    /// The type's name, such as `AWS::S3::Bucket`.
    pub name: &'static str,
    /// A change of one of these replaces the resource.
    pub create_only: &'static [&'static str],
    /// What identifies the resource; what `Ref` gives if it is one property.
    pub primary_identifier: &'static [&'static str],
    /// What `Fn::GetAtt` offers, such as `Endpoint.Address`.
    pub attributes: &'static [&'static str],
    /// The property that takes tags.
    pub tag_property: Option<&'static str>,
}

/// What is known of the type with that name; `None` if it isn't one of [`TYPES`].
pub fn type_info(type_name: &str) -> Option<&'static TypeInfo> {
    let index = TYPES.binary_search_by(|info| info.name.cmp(type_name)).ok()?;
    TYPES.get(index)
}

/// What the generated modules use.
mod prelude {
    pub(super) use indexmap::IndexMap;

    pub(super) use super::{list_attribute, tags};
    pub(super) use crate::cfn::{Handle, Json, Tag, Taggable, ToJson, Value, object, serialize_as_json};
}

/// `Fn::GetAtt` of an attribute that is a list.
fn list_attribute<R>(handle: &Handle<R>, name: &'static str) -> Value<Vec<Value<String>>> {
    Intrinsic::GetAtt(handle.logical_id().clone(), name.into()).into()
}

/// Writes a struct as its JSON form.
macro_rules! written {
    ($name:ident) => {
        serialize_as_json!($name);

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "{} {}", stringify!($name), self.to_json())
            }
        }
    };
}

/// Lets a struct stand where its value is expected.
macro_rules! literal {
    ($name:ident) => {
        impl From<$name> for $crate::cfn::Value<$name> {
            fn from(value: $name) -> Self {
                Self::Literal(value)
            }
        }
    };
}

/// Lets a struct that contains itself stand where its boxed value is expected.
macro_rules! boxed_literal {
    ($name:ident) => {
        impl From<$name> for $crate::cfn::Value<Box<$name>> {
            fn from(value: $name) -> Self {
                Self::Literal(Box::new(value))
            }
        }
    };
}

/// An enumeration of texts.
macro_rules! string_enum {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
        }

        impl $name {
            /// All values, in the schema's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The value as it stands in a template.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl $crate::cfn::ToJson for $name {
            fn to_json(&self) -> $crate::cfn::Json {
                self.as_str().into()
            }
        }

        $crate::cfn::serialize_as_json!($name);
        literal!($name);
    };
}

/// An enumeration of numbers.
macro_rules! integer_enum {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $number:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = concat!("`", $number, "`")] $variant,)*
        }

        impl $name {
            /// All values, in the schema's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The value as it stands in a template.
            pub fn as_i64(self) -> i64 {
                match self {
                    $(Self::$variant => $number,)*
                }
            }

            /// The value that is this number.
            pub fn of(number: i64) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_i64() == number)
            }
        }

        impl $crate::cfn::ToJson for $name {
            fn to_json(&self) -> $crate::cfn::Json {
                self.as_i64().into()
            }
        }

        $crate::cfn::serialize_as_json!($name);
        literal!($name);
    };
}

include!(concat!(env!("OUT_DIR"), "/resources/mod.rs"));
