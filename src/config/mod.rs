//! `dify.yaml`: what a user decides, read strictly and told about with file, line and column.
//!
//! [`load`] reads a file, `--set` arguments and the context file, and gives one [`Located`] configuration for each
//! environment, or every mistake at once. Values win in the order defaults < profile < top level < environment <
//! `--set`. Nothing here touches the disk: texts come in as sources.
//!
//! - [`model`]: the keys, one environment resolved;
//! - [`schema`]: the JSON Schema made from them, and what it finds;
//! - `check`: what the schema can't say, one file a subject;
//! - [`services`]: which service runs which components;
//! - [`context`]: ids of networks that are given by names;
//! - [`code`]: the codes of findings.

mod broken;
mod certain;
mod check;
pub mod code;
pub mod context;
pub mod fargate;
pub mod layout;
mod load;
mod located;
mod merge;
pub mod model;
mod overrides;
mod profile;
mod resolve;
pub mod schema;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use check::{Arn, is_bucket, tag_problems};
pub use layout::{is_enabled, is_switched_off, services};
pub use load::{DEFAULT_ENVIRONMENT, FILE_NAME, LoadOptions, Loaded, load, told_once};
pub use located::Located;
pub use model::{Config, Profile};
