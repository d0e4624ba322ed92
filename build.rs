//! Build script: generates the resource types and tables of other data, and embeds the schemas of the validator, all from
//! `schemas/`.

#![allow(clippy::print_stdout, reason = "cargo reads what a build script prints")]

use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "build/actions.rs"]
mod actions;
#[path = "build/configuration.rs"]
mod configuration;
#[path = "build/constraints.rs"]
mod constraints;
#[path = "src/validate/schema/compact/encode.rs"]
mod encode;
#[path = "build/mod.rs"]
mod generator;
#[path = "build/registry.rs"]
mod registry;
#[path = "build/variables.rs"]
mod variables;

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=schemas");
    println!("cargo::rerun-if-changed=src/validate/schema/sections.json");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("no CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    let files = generator::generate(&root.join("schemas"))?;
    let (table, checks) = constraints::table(&root.join("schemas").join("constraints"))?;
    let actions = actions::table(&root.join("schemas").join("iam-actions.txt"))?;
    let variables = variables::tables(&root.join("schemas").join("dify"))?;
    let schema = registry::read(&root.join("schemas").join("dify.schema.json"))?;
    write(&out.join("resources"), &files)
        .and_then(|()| fs::write(out.join("constraints.rs"), table))
        .and_then(|()| fs::write(out.join("actions.rs"), actions))
        .and_then(|()| fs::write(out.join("dify.schema.json"), configuration::bare(schema).to_string()))
        .and_then(|()| fs::write(out.join("variables.rs"), variables))
        .map_err(|error| format!("{}: {error}", out.display()))?;
    registry::write(&root, &out, &checks)
}

fn write(out: &Path, files: &generator::Files) -> std::io::Result<()> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    fs::create_dir_all(out)?;
    for (name, text) in files {
        fs::write(out.join(name), text)?;
    }
    Ok(())
}
