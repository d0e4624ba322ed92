//! The schema layer: does every resource fit the schema of its type?

mod registry;

pub use registry::{Registry, TypeSchema};
