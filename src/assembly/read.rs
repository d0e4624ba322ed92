//! What synth wrote, read again: to deploy exactly what was reviewed.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::manifest::{MANIFEST_FILE, OWN_FIELD, STACK_ARTIFACT, digest, purpose_of};
use crate::cfn::Template;
use crate::cfn::read::{ReadTemplate, read_bytes};
use crate::validate::{Acceptance, Purpose};

/// A stack as the folder has it.
#[derive(Debug)]
pub struct ReadStack {
    /// The account that it is for.
    pub account: Option<String>,
    /// The region that it is for.
    pub region: Option<String>,
    /// Its tags.
    pub tags: IndexMap<String, String>,
    /// Whether `deploy` switches deletion protection on once the stack is complete.
    pub deletion_protection: bool,
    /// What it is for.
    pub purpose: Purpose,
    /// Findings that are accepted.
    pub accepted: Vec<Acceptance>,
    /// The `SecureString` parameters that have to be there before it.
    pub secure_parameters: Vec<String>,
    /// Its template: the bytes that synth wrote.
    pub template: Template,
}

/// Why a stack can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file can't be read.
    #[error("can't read `{}`: {source}; run dify-cfn synth first", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The manifest isn't one.
    #[error("`{}` is no manifest that dify-cfn synth wrote: {reason}", path.display())]
    Manifest {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The stack isn't in the folder.
    #[error("`{}` has no stack {stack}; it has {}", path.display(), known.join(", "))]
    NoStack {
        /// Where the manifest is.
        path: PathBuf,
        /// What was asked for.
        stack: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The template isn't the one that was written.
    #[error(
        "`{}` was changed since synth wrote it: its digest is {found}, the manifest says {expected}; run dify-cfn synth again",
        path.display()
    )]
    Changed {
        /// The template's file.
        path: PathBuf,
        /// The digest of what it holds.
        found: String,
        /// What the manifest says.
        expected: String,
    },
    /// The template isn't one.
    #[error("`{}` can't be read as a template: {reason}", path.display())]
    Template {
        /// The template's file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Reads a stack of a folder that synth wrote.
///
/// # Errors
/// It isn't there, or its template isn't the one that was written.
pub fn read_stack(folder: &Path, stack: &str) -> Result<ReadStack, ReadError> {
    let path = folder.join(MANIFEST_FILE);
    let manifest = read(&path)?;
    let wrong = |reason: &str| ReadError::Manifest { path: path.clone(), reason: reason.to_owned() };
    let manifest: Json = serde_json::from_slice(&manifest).map_err(|error| wrong(&error.to_string()))?;
    let artifacts = manifest["artifacts"].as_object().ok_or_else(|| wrong("it has no artifacts"))?;
    let found = artifacts.get(stack).filter(|artifact| artifact["type"] == STACK_ARTIFACT);
    let Some(artifact) = found else {
        let known = artifacts.keys().cloned().collect();
        return Err(ReadError::NoStack { path, stack: stack.to_owned(), known });
    };
    let expected =
        artifact[OWN_FIELD]["digest"].as_str().ok_or_else(|| wrong("it has no digest of the template"))?;
    let file =
        artifact["properties"]["templateFile"].as_str().ok_or_else(|| wrong("it names no template"))?;
    if Path::new(file).components().count() != 1 {
        return Err(wrong("its template lies in another folder"));
    }
    let template = folder.join(file);
    let bytes = read(&template)?;
    let is = digest(&bytes);
    if is != expected {
        return Err(ReadError::Changed { path: template, found: is, expected: expected.to_owned() });
    }
    let parsed = read_bytes(file, &bytes).and_then(ReadTemplate::into_template).map_err(|found| {
        let reasons: Vec<String> = found.iter().map(|finding| finding.message.clone()).collect();
        ReadError::Template { path: template, reason: reasons.join("; ") }
    })?;
    let place = artifact["environment"].as_str().and_then(|place| place.strip_prefix("aws://"));
    let (account, region) = place.and_then(|place| place.split_once('/')).unwrap_or_default();
    let known = |text: &str| (!text.is_empty() && !text.starts_with("unknown-")).then(|| text.to_owned());
    let tags = artifact["properties"]["tags"].as_object().into_iter().flatten();
    let accepted = artifact[OWN_FIELD]["accepted"].as_array().into_iter().flatten();
    let secure = artifact[OWN_FIELD]["secureParameters"].as_array().into_iter().flatten();
    Ok(ReadStack {
        account: known(account),
        region: known(region),
        tags: tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect(),
        deletion_protection: artifact[OWN_FIELD]["deletionProtection"].as_bool().unwrap_or(false),
        purpose: purpose_of(artifact[OWN_FIELD]["purpose"].as_str()),
        accepted: accepted.filter_map(acceptance).collect(),
        secure_parameters: secure.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        template: parsed,
    })
}

fn acceptance(json: &Json) -> Option<Acceptance> {
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    Some(Acceptance { code: text("code")?, place: text("place")?, reason: text("reason")? })
}

fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    std::fs::read(path).map_err(|source| ReadError::File { path: path.to_owned(), source })
}
