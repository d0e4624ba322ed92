//! The language of CloudFormation templates. No AWS service in it.
//!
//! [`Value`] is a literal or an [`Intrinsic`]; references are typed handles ([`Handle`], [`ParameterHandle`],
//! [`ConditionHandle`], [`MappingHandle`]) that only a stack hands out. [`Template`] is what is written
//! ([`write`](mod@write)), read ([`read`](mod@read)), validated and deployed.

mod closure;
mod dynamic_reference;
pub mod evaluate;
mod function;
mod intrinsic;
mod logical_id;
pub mod read;
mod resource;
mod sub;
mod template;
mod to_json;
mod value;
pub mod write;

pub use closure::{Names, placeholders};
pub use dynamic_reference::DynamicReference;
pub use function::is_macro_key;
pub use intrinsic::{ConditionExpression, Intrinsic, PseudoParameter, StringMap};
pub use logical_id::{ConditionHandle, Handle, LogicalId, MappingHandle, ParameterHandle, StackId, untag};
pub use read::{ReadTemplate, SourceMap, read};
pub use resource::{AnyResource, CfnResource, RawResource, RemovalPolicy, Tag, Taggable};
pub use sub::Sub;
pub use template::{Map, Resource, Resources, Template};
pub(crate) use to_json::serialize_as_json;
pub use to_json::{Property, ToJson, object};
pub use value::Value;

/// JSON with its keys in order.
pub type Json = serde_json::Value;
