//! The configuration that a command works on.

use std::path::{Path, PathBuf};

use crate::config::{self, Config, LoadOptions, Loaded};
use crate::diagnostic::{Diagnostic, Source};
use crate::document;
use crate::validate::Acceptance;

use super::Exit;
use super::args::ConfigArgs;
use super::view::View;

/// What `network.lookup` found, beside the configuration.
const CONTEXT_FILE: &str = config::context::FILE_NAME;

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
    let path = configuration(args);
    let context = Some(context_beside(path.as_deref())).filter(|path| path.exists());
    let options = LoadOptions {
        file: path.as_deref().map(|path| read(path, view)).transpose()?,
        set: args.overrides.clone(),
        context: context.as_deref().map(|path| read(path, view)).transpose()?,
        stacks: stacks.to_vec(),
        ..LoadOptions::default()
    };
    let absent = absent(args);
    match config::load(&options) {
        Ok(mut loaded) => {
            loaded.diagnostics.extend(absent);
            Ok(loaded)
        }
        Err(found) => {
            view.findings(&absent.into_iter().chain(found).collect::<Vec<_>>());
            Err(Exit::Usage)
        }
    }
}

/// That there is no configuration where it is looked for. One that has another name was hardly meant to be left out.
pub(super) fn absent(args: &ConfigArgs) -> Option<Diagnostic> {
    if configuration(args).is_some() {
        return None;
    }
    let name = config::FILE_NAME;
    let message = format!("there is no `{name}` here, so that every key has its default");
    let Some(other) = misnamed() else {
        let help = format!("write a `{name}`, or name a configuration with `--config`");
        return Some(Diagnostic::note(config::code::NO_FILE, message).help(help));
    };
    let message = format!("{message}, and `{other}` isn't read");
    let help = format!("rename it to `{name}`, or name it with `--config {other}`");
    Some(Diagnostic::warning(config::code::NO_FILE, message).help(help))
}

/// A file of this folder whose name looks as if it were meant for a configuration's.
fn misnamed() -> Option<String> {
    let names = std::fs::read_dir(".").ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_meant = |name: &String| {
        let name = name.to_lowercase();
        let Some((stem, ending)) = name.rsplit_once('.') else { return false };
        let stem: String = stem.chars().filter(char::is_ascii_alphanumeric).collect();
        matches!(ending, "yaml" | "yml" | "json") && ["dify", "difycfn"].contains(&stem.as_str())
    };
    names.filter(is_meant).min()
}

/// The configuration's file, if there is one.
fn configuration(args: &ConfigArgs) -> Option<PathBuf> {
    match &args.config {
        Some(path) => Some(path.clone()),
        None => Some(PathBuf::from(config::FILE_NAME)).filter(|path| path.exists()),
    }
}

/// Where the context of a configuration lies.
fn context_beside(configuration: Option<&Path>) -> PathBuf {
    configuration.and_then(Path::parent).unwrap_or(Path::new("")).join(CONTEXT_FILE)
}

/// What the configuration says of a stack, for commands that work without it too.
#[cfg(feature = "deploy")]
pub(super) enum Known {
    /// The stack's part of it.
    Stack(Box<Config>),
    /// Nothing, since there is none.
    NoConfiguration,
    /// Nothing, for this reason: a sentence.
    Nothing(String),
}

/// What the configuration says of a stack. A network that is still to be looked up is no mistake here.
#[cfg(feature = "deploy")]
pub(super) fn known(args: &ConfigArgs, stack: &str) -> Known {
    let Some(path) = configuration(args) else { return Known::NoConfiguration };
    let source = |path: &Path| {
        let bytes =
            std::fs::read(path).map_err(|error| format!("can't read `{}`: {error}", path.display()))?;
        document::decode(&path.display().to_string(), &bytes).map_err(|diagnostic| diagnostic.message.clone())
    };
    let file = match source(&path) {
        Ok(file) => file,
        Err(sentence) => return Known::Nothing(sentence),
    };
    let options = LoadOptions {
        file: Some(file),
        set: args.overrides.clone(),
        context: source(&context_beside(Some(&path))).ok(),
        stacks: vec![stack.to_owned()],
        keep_lookup: true,
    };
    let found = match config::load(&options) {
        Ok(loaded) => match loaded.environments.into_iter().next() {
            Some(located) => return Known::Stack(Box::new(located.config)),
            None => return Known::Nothing(format!("the configuration has no stack {stack}")),
        },
        Err(found) => found,
    };
    let error = found.iter().find(|finding| finding.is_error());
    Known::Nothing(error.map_or_else(String::new, |error| match &error.help {
        Some(help) => format!("{}; {help}", error.message),
        None => error.message.clone(),
    }))
}

/// The configuration of a stack whose network may be given by names, and where its context belongs.
#[cfg(feature = "deploy")]
pub(super) fn load_for_lookup(
    args: &ConfigArgs,
    stack: &str,
    view: &mut View,
) -> Result<(config::Config, PathBuf), Exit> {
    let path = configuration(args);
    let options = LoadOptions {
        file: path.as_deref().map(|path| read(path, view)).transpose()?,
        set: args.overrides.clone(),
        stacks: vec![stack.to_owned()],
        keep_lookup: true,
        ..LoadOptions::default()
    };
    let loaded = config::load(&options).map_err(|found| {
        view.findings(&found);
        Exit::Usage
    })?;
    view.findings(&loaded.diagnostics);
    let located = loaded.environments.into_iter().next();
    let located = located
        .ok_or_else(|| view.failure_of(&format!("the configuration has no stack {stack}"), Exit::Usage))?;
    Ok((located.config, context_beside(path.as_deref())))
}

/// What to do about a configuration that isn't there, or is a folder.
fn unreadable_help(path: &Path, error: &std::io::Error) -> Option<String> {
    let name = config::FILE_NAME;
    if path.is_dir() {
        let inside = path.join(name);
        return Some(format!("it is a folder: name the file in it, as in `--config {}`", inside.display()));
    }
    let is_absent = error.kind() == std::io::ErrorKind::NotFound;
    is_absent.then(|| format!("name a file that is there; without `--config` it is `{name}` of this folder"))
}

/// A file as a source; one that isn't UTF-8 is told with the place.
fn read(path: &Path, view: &mut View) -> Result<Source, Exit> {
    let bytes = std::fs::read(path).map_err(|source| {
        let help = unreadable_help(path, &source);
        view.failure_with(&Unreadable { path: path.to_owned(), source }, help.as_deref());
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
