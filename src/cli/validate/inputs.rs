//! Which files are checked: those named, those in folders that look like templates, and standard input.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::cfn::is_macro_key;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::document::{self, Document, Limits};

/// What stands for standard input among the arguments.
const STANDARD_INPUT: &str = "-";

/// Ends of the names of files that are looked at in a folder.
const EXTENSIONS: [&str; 4] = ["json", "template", "yaml", "yml"];

/// Where a template is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Standard input.
    StandardInput,
    /// A file that was named: it has to be a template.
    Named(PathBuf),
    /// A file that was found in a folder: it may be something else.
    Found(PathBuf),
}

/// What the arguments come to.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// Where templates are read from, each once, in the order of the arguments and of names inside a folder.
    pub(super) places: Vec<Place>,
    /// Folders and links that can't be read, with the reason.
    pub(super) unreadable: Vec<(String, String)>,
}

impl Inputs {
    /// Looks into the folders among the arguments. Folders whose name begins with a dot, and links to folders, aren't
    /// entered.
    pub(super) fn find(arguments: &[PathBuf]) -> Self {
        let mut inputs = Self::default();
        let mut seen = BTreeSet::new();
        for argument in arguments {
            if argument.as_os_str() == STANDARD_INPUT {
                if !inputs.places.contains(&Place::StandardInput) {
                    inputs.places.push(Place::StandardInput);
                }
            } else if argument.is_dir() {
                let before = inputs.places.len();
                let known = seen.len();
                inputs.enter(argument, &mut seen);
                if inputs.places.len() == before && seen.len() == known {
                    let reason =
                        format!("it has no file whose name ends in .{}", EXTENSIONS.join(", .").as_str());
                    inputs.unreadable.push((argument.display().to_string(), reason));
                }
            } else if seen.insert(identity(argument)) {
                inputs.places.push(Place::Named(argument.clone()));
            }
        }
        inputs
    }

    fn enter(&mut self, folder: &Path, seen: &mut BTreeSet<PathBuf>) {
        let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable.push((folder.display().to_string(), error.to_string()));
                return;
            }
        };
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder {
                if !is_hidden {
                    self.enter(&path, seen);
                }
            } else if has_extension(&path) && path.is_file() && seen.insert(identity(&path)) {
                self.places.push(Place::Found(path));
            }
        }
    }
}

impl Place {
    /// What it is called in the report.
    pub(super) fn name(&self) -> String {
        match self {
            Self::StandardInput => "<stdin>".to_owned(),
            Self::Named(path) | Self::Found(path) => path.display().to_string(),
        }
    }

    /// Its bytes, at most one more than a document may have.
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::StandardInput => read_some(io::stdin().lock()),
            Self::Named(path) | Self::Found(path) => read_some(std::fs::File::open(path)?),
        }
    }
}

/// The bytes as a document.
///
/// # Errors
/// Why they are none: too many, not UTF-8, not YAML or JSON.
pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Document, Vec<Diagnostic>> {
    let limits = Limits::default();
    if bytes.len() > limits.max_bytes {
        let message =
            format!("the file has more than {} bytes, which is the most that is read", limits.max_bytes);
        let start = Span { line: 1, column: 1, ..Span::default() };
        let finding = Diagnostic::error(document::code::LIMIT, message)
            .help("CloudFormation takes templates of up to 1 MB")
            .at(&Source::new(name, ""), start);
        return Err(vec![finding]);
    }
    let source = document::decode(name, bytes).map_err(|finding| vec![*finding])?;
    let format = document::Format::detect(name, &source.text);
    Document::parse(source, format, &limits)
}

/// Whether a document says that it is a template: its version, a transform, or a section of resources with types or loops.
pub(super) fn is_template(document: &Document) -> bool {
    let has_type = |entry: &document::Entry| entry.value.entry("Type").is_some() || is_macro_key(&entry.key);
    document.at("/AWSTemplateFormatVersion").is_some()
        || document.at("/Transform").is_some()
        || document.at("/Resources").is_some_and(|resources| resources.entries().iter().any(has_type))
}

/// Whether a text that can't be read as a document was meant as a template.
pub(super) fn mentions_template(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mentions = |word: &str| text.contains(word);
    mentions("AWSTemplateFormatVersion")
        || (mentions("Resources")
            && ["AWS::", "Type", "Fn::", "!Ref", "!Sub", "!GetAtt"].into_iter().any(mentions))
        || (mentions("Transform") && mentions("AWS::"))
}

fn read_some(reader: impl Read) -> io::Result<Vec<u8>> {
    let most = Limits::default().max_bytes as u64 + 1;
    let mut bytes = Vec::new();
    reader.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn has_extension(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// By what two ways to the same file are known to be one.
fn identity(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn folders_give_what_may_be_a_template_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("b/.git")).unwrap();
        for name in ["z.json", "b/a.YML", "b/.git/c.yaml", "notes.txt", "a.template"] {
            fs::write(at(name), "").unwrap();
        }
        let inputs = Inputs::find(&[at("z.json"), folder.path().to_owned(), at("b/a.YML")]);
        let expected =
            [Place::Named(at("z.json")), Place::Found(at("a.template")), Place::Found(at("b/a.YML"))];
        assert_eq!((inputs.places, inputs.unreadable), (expected.to_vec(), vec![]));
    }

    #[test]
    fn an_empty_folder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let inputs = Inputs::find(&[folder.path().to_owned()]);
        assert_eq!((inputs.places.len(), inputs.unreadable.len()), (0, 1));
    }

    #[test]
    fn templates_are_known_by_what_is_in_them() {
        let is = |text: &str| is_template(&parse("t", text.as_bytes()).unwrap());
        assert!(is("AWSTemplateFormatVersion: 2010-09-09"));
        assert!(is("Resources: {A: {Type: AWS::S3::Bucket}}"));
        assert!(is("{\"Resources\": {\"A\": {\"Type\": 3}}}"));
        assert!(
            is("Transform: AWS::Serverless-2016-10-31") && is("Resources: {'Fn::ForEach::A': [I, [a], {}]}")
        );
        for other in ["", "Resources: []", "Resources: {limits: {cpu: 1}}", "[1]", "name: dify"] {
            assert!(!is(other), "{other}");
        }
        assert!(mentions_template(b"Resources:\n  A: [AWS::S3::Bucket"));
        assert!(
            mentions_template(b"Resources:\n\tA: {Type: Custom::A}")
                && mentions_template(b"Transform: [AWS::Include")
        );
        assert!(!mentions_template(b"a: b: c"));
    }
}
