//! What synthesis gives, for every configuration that is shipped with the tests: whole templates, what they mean, what may
//! never change in them; and what holds for any configuration.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]

mod data_contract;
#[path = "../support/generate_config/mod.rs"]
mod generate_config;
mod meaning;
mod own_stack;
mod properties;
mod resolve;
mod scripts;
mod shipped;
mod sizes;
mod snapshots;
mod view;

/// The repository's folder.
fn root() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
}
