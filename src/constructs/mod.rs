//! The construct tree ([`Stack`], [`Scope`]) and the well-made parts of an architecture.

mod interface;
mod output;
mod parameter;
mod scope;
mod stack;

#[cfg(test)]
mod tests;

pub use output::Output;
pub use parameter::{Parameter, ParameterType};
pub use scope::{MAIN, Scope};
pub use stack::{BAD_LOGICAL_ID, DUPLICATE_CONSTRUCT, FOREIGN_HANDLE, ResourceOptions, Stack};
