//! `dify.yaml`: what a user decides, read strictly and told about with file, line and column.
//!
//! [`model`] holds the types, one environment resolved: defaults < profile < top-level keys < environment < `--set`.

pub mod model;

pub use model::Config;
