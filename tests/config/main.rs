//! `dify.yaml` from the outside: what is told about bad files, what generated ones do, and the schema.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]

mod agreement;
#[path = "../support/arbitrary.rs"]
mod arbitrary;
mod certainty;
mod coverage;
mod fixtures;
#[path = "../support/generate_config/mod.rs"]
mod generate_config;
mod messages;
mod properties;
mod schema;

/// The repository's folder.
fn root() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
}
