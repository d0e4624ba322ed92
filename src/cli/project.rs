//! The configuration that a command works on.

use std::path::{Path, PathBuf};

use crate::config::{self, Config, LoadOptions, Loaded};
use crate::diagnostic::Source;
use crate::document;
use crate::validate::Acceptance;

use super::Exit;
use super::args::ConfigArgs;
use super::view::View;

/// What `network.lookup` found, beside the configuration.
const CONTEXT_FILE: &str = "dify.context.json";

/// A file that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("can't read `{}`", path.display())]
struct Unreadable {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

/// Reads the configuration and tells what is wrong with it. Warnings come back with it, to be told with the result.
pub(super) fn load(args: &ConfigArgs, stacks: &[String], view: &mut View) -> Result<Loaded, Exit> {
    let path = match &args.config {
        Some(path) => Some(path.clone()),
        None => Some(PathBuf::from(config::FILE_NAME)).filter(|path| path.exists()),
    };
    let folder = path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let context = Some(folder.join(CONTEXT_FILE)).filter(|path| path.exists());
    let options = LoadOptions {
        file: path.as_deref().map(|path| read(path, view)).transpose()?,
        set: args.overrides.clone(),
        context: context.as_deref().map(|path| read(path, view)).transpose()?,
        stacks: stacks.to_vec(),
        ..LoadOptions::default()
    };
    config::load(&options).map_err(|found| {
        view.findings(&found);
        Exit::Usage
    })
}

/// A file as a source; one that isn't UTF-8 is told with the place.
fn read(path: &Path, view: &mut View) -> Result<Source, Exit> {
    let bytes = std::fs::read(path).map_err(|source| {
        view.failure(&Unreadable { path: path.to_owned(), source });
        Exit::Usage
    })?;
    document::decode(&path.display().to_string(), &bytes).map_err(|diagnostic| {
        view.findings(&[*diagnostic]);
        Exit::Usage
    })
}

/// The findings that a configuration accepts.
pub(super) fn acceptances(config: &Config) -> Vec<Acceptance> {
    let accepted = config.accept.iter();
    accepted
        .map(|one| Acceptance {
            code: one.code.clone(),
            place: one.place.clone(),
            reason: one.reason.clone(),
        })
        .collect()
}
