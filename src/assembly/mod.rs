//! What synthesis leaves on disk: templates, and the manifest of a cloud assembly beside them.
//!
//! Files are written whole or not at all: each goes to a temporary file in the folder first, and only when all of
//! them are there do they take their names.

mod manifest;
mod read;

use std::io::Write;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::cfn::{Template, write};
use crate::validate::{Acceptance, Purpose, ValidatedTemplate};

pub use manifest::MANIFEST_FILE;
pub use read::{ReadError, ReadStack, read_stack};

/// Largest template that CloudFormation takes inside a request, in bytes; a larger one goes through a bucket.
///
/// Source: AWS CloudFormation User Guide, "CloudFormation quotas": template body size in a request.
pub const INLINE_LIMIT_BYTES: usize = 51_200;

/// A stack to be written.
#[derive(Debug)]
pub struct AssembledStack {
    /// Its name.
    pub name: String,
    /// The account that it is for.
    pub account: Option<String>,
    /// The region that it is for.
    pub region: Option<String>,
    /// Its tags.
    pub tags: IndexMap<String, String>,
    /// Whether `deploy` switches deletion protection on once the stack is complete.
    pub deletion_protection: bool,
    /// What it is for: `deploy` judges the template as synth did.
    pub purpose: Purpose,
    /// Findings that are accepted, for `deploy` too.
    pub accepted: Vec<Acceptance>,
    /// The `SecureString` parameters that have to be there before it.
    pub secure_parameters: Vec<String>,
    /// Its template.
    pub template: AssembledTemplate,
}

/// A template on its way to disk.
#[derive(Debug)]
pub enum AssembledTemplate {
    /// One that passed validation.
    Validated(ValidatedTemplate),
    /// One that didn't have to; its metadata says so.
    Unvalidated(Template),
}

impl AssembledTemplate {
    /// The template.
    pub fn template(&self) -> &Template {
        match self {
            Self::Validated(validated) => validated.template(),
            Self::Unvalidated(template) => template,
        }
    }
}

/// A stack as it is written. It needs its template no more, so that the templates of many stacks needn't be kept at once.
#[derive(Debug)]
pub struct StackFiles {
    name: String,
    /// What the manifest says of it, if there is a file.
    artifact: Option<serde_json::Value>,
    /// The texts of its template, by the names of their files.
    templates: Vec<(String, String)>,
}

impl AssembledStack {
    /// The files of the stack.
    pub fn files(&self, formats: Formats) -> StackFiles {
        let template = self.template.template();
        let mut templates = Vec::new();
        if formats.json {
            templates.push((format!("{}.template.json", self.name), write::json(template)));
        }
        if formats.yaml {
            templates.push((format!("{}.template.yaml", self.name), write::yaml(template)));
        }
        let artifact = templates.first().map(|(file, text)| manifest::artifact(self, file, text));
        StackFiles { name: self.name.clone(), artifact, templates }
    }
}

/// Which files are written for each stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// `<stack>.template.json`
    pub json: bool,
    /// `<stack>.template.yaml`
    pub yaml: bool,
}

/// What couldn't be done with a file or folder.
#[derive(Debug, thiserror::Error)]
#[error("can't {action} `{}`", path.display())]
pub struct Error {
    action: &'static str,
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

impl Error {
    fn new(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self { action, path: path.to_owned(), source }
    }
}

/// The smallest form of a template, which is what counts against [`INLINE_LIMIT_BYTES`].
pub fn minified(template: &Template) -> String {
    write::minified(template).1
}

/// The template of a stack in the format that isn't written, if an earlier run left it in the folder.
pub fn stale(folder: &Path, stack: &str, formats: Formats) -> Option<PathBuf> {
    let ending = match formats {
        Formats { json: true, yaml: false } => "yaml",
        Formats { json: false, yaml: true } => "json",
        _ => return None,
    };
    Some(folder.join(format!("{stack}.template.{ending}"))).filter(|path| path.is_file())
}

/// Writes templates and manifest into `folder`, which is made if need be. Returns the paths of the templates, in the
/// order of the stacks.
///
/// The manifest keeps other stacks whose templates are still there.
///
/// # Errors
/// The first file or folder that can't be made; then no file has changed.
pub fn write_assembly(folder: &Path, stacks: &[StackFiles]) -> Result<Vec<PathBuf>, Error> {
    std::fs::create_dir_all(folder).map_err(|error| Error::new("make the folder", folder, error))?;
    let manifest = folder.join(MANIFEST_FILE);
    let previous = std::fs::read_to_string(&manifest).ok();
    let listed = manifest::render(stacks, previous.as_deref(), folder);
    let texts = stacks.iter().flat_map(|stack| &stack.templates);
    let mut files: Vec<(PathBuf, &str)> =
        texts.map(|(file, text)| (folder.join(file), text.as_str())).collect();
    let templates = files.iter().map(|(path, _)| path.clone()).collect();
    files.push((manifest, &listed));
    write_all(folder, &files)?;
    Ok(templates)
}

/// Writes one file, whole or not at all.
///
/// # Errors
/// It can't be written.
pub fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    write_all(folder_of(path), &[(path.to_owned(), text)])
}

/// Finds out whether [`write_file`] can write there, before what has to be written is known.
///
/// # Errors
/// The folder isn't there or takes no files, or a folder has the name.
pub fn check_file(path: &Path) -> Result<(), Error> {
    let fail = |error| Error::new("write", path, error);
    if path.is_dir() {
        return Err(fail(std::io::Error::from(std::io::ErrorKind::IsADirectory)));
    }
    tempfile::Builder::new().prefix(".dify-cfn-").tempfile_in(folder_of(path)).map(|_| ()).map_err(fail)
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes all files or none: a failure before the first rename leaves everything as it was.
fn write_all(folder: &Path, files: &[(PathBuf, &str)]) -> Result<(), Error> {
    let mut prepared = Vec::new();
    for (path, text) in files {
        let fail = |error| Error::new("write", path, error);
        if path.is_dir() {
            return Err(fail(std::io::Error::from(std::io::ErrorKind::IsADirectory)));
        }
        if std::fs::read_to_string(path).is_ok_and(|old| old == *text) {
            continue;
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".dify-cfn-");
        #[cfg(unix)]
        builder.permissions(ordinary_permissions());
        let mut temporary = builder.tempfile_in(folder).map_err(fail)?;
        temporary.write_all(text.as_bytes()).and_then(|()| temporary.as_file().sync_all()).map_err(fail)?;
        prepared.push((path, temporary));
    }
    for (path, temporary) in prepared {
        temporary.persist(path).map_err(|error| Error::new("write", path, error.error))?;
    }
    Ok(())
}

/// What an ordinary new file gets, less the user's mask; temporary files are private by default.
#[cfg(unix)]
fn ordinary_permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(name: &str) -> AssembledStack {
        let template = Template { description: Some(name.into()), ..Template::default() };
        AssembledStack {
            deletion_protection: false,
            purpose: Purpose::Production,
            accepted: vec![Acceptance { code: "P061".into(), place: "A".into(), reason: "b".into() }],
            secure_parameters: vec!["/dify/db_password".into()],
            name: name.into(),
            account: None,
            region: None,
            tags: IndexMap::default(),
            template: AssembledTemplate::Unvalidated(template),
        }
    }

    const BOTH: Formats = Formats { json: true, yaml: true };

    #[test]
    fn templates_and_manifest_are_written_and_other_stacks_kept() {
        let folder = tempfile::tempdir().unwrap();
        write_assembly(folder.path(), &[stack("dify-dev").files(BOTH)]).unwrap();
        let paths = write_assembly(folder.path(), &[stack("dify-prd").files(BOTH)]).unwrap();
        assert_eq!(paths.len(), 2);
        let manifest: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(folder.path().join(MANIFEST_FILE)).unwrap())
                .unwrap();
        let names: Vec<_> = manifest["artifacts"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["dify-dev", "dify-prd"]);
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 5, "no temporary file stays");
    }

    #[test]
    fn nothing_changes_when_one_file_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b.template.yaml")).unwrap();
        let error =
            write_assembly(folder.path(), &["a", "b"].map(|name| stack(name).files(BOTH))).unwrap_err();
        assert!(error.to_string().contains("b.template.yaml"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
