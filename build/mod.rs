//! The generator of the L1 resource types: schemas in, Rust out.
//!
//! [`schema`] reads a registry schema into plain types, [`overlay`] corrects it, [`discover`] and [`decide`] settle every
//! name and type, [`emit`] writes. Compiled into the build script, and into `tests/generator.rs` to be tested.

mod attributes;
mod code;
mod decide;
mod discover;
mod docs;
mod emit;
mod model;
mod names;
mod overlay;
mod samples;
mod schema;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of the schema folder that are no schemas.
const OTHER_FILES: [&str; 3] = ["dify.schema.json", "overlay.json", "regions.json"];

/// What the generator wrote: texts by file name, relative to the output folder.
pub(crate) type Files = BTreeMap<PathBuf, String>;

/// Generates the types of all schemas in the folder, corrected by its `overlay.json` if it has one.
///
/// The first file to include is `mod.rs`; it includes the others, one for each AWS service.
///
/// # Errors
/// The file, and what is wrong with it, in words.
pub(crate) fn generate(folder: &Path) -> Result<Files, String> {
    let mut overlay = match fs::read_to_string(folder.join("overlay.json")) {
        Ok(text) => overlay::Overlay::read(&text).map_err(|error| format!("overlay.json: {error}"))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => overlay::Overlay::default(),
        Err(error) => return Err(format!("overlay.json: {error}")),
    };
    let mut resources = BTreeMap::new();
    for path in schema_files(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let resource = fs::read_to_string(&path)
            .map_err(|error| error.to_string())
            .and_then(|text| schema::Schema::read(&text))
            .and_then(|schema| overlay.apply(schema))
            .map(|schema| decide::resource(&schema))
            .map_err(|error| format!("{name}: {error}"))?;
        if let Some(twice) = resources.insert(resource.type_name.clone(), resource) {
            return Err(format!("{name}: another file has a schema of {} too", twice.type_name));
        }
    }
    overlay.all_applied()?;
    emit::files(&resources.into_values().collect::<Vec<_>>())
}

/// The schemas of the folder, in the order of their names.
fn schema_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let is_schema = path.extension().is_some_and(|extension| extension == "json")
            && !OTHER_FILES.iter().any(|other| path.ends_with(other));
        if is_schema {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
