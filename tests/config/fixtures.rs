//! Configurations in files, with what the command line would add in comments.

use std::fmt::Write as _;
use std::path::PathBuf;

use dify_cfn::config::LoadOptions;
use dify_cfn::diagnostic::{Diagnostic, Source};

use crate::root;

/// The configurations in a folder below `tests/fixtures/configs`, in the order of their names.
pub(crate) fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = root().join("tests/fixtures/configs").join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

/// What to load for a file: itself, a `--set` for each line `# set: KEY=VALUE`, and the context that a line
/// `# context: FILE` names.
pub(crate) fn options(file: &std::path::Path) -> LoadOptions {
    let source = read(file);
    let lines = |word: &str| {
        let start = format!("# {word}: ");
        let found = source.text.lines().filter_map(|line| line.strip_prefix(&start).map(str::to_owned));
        found.collect::<Vec<_>>()
    };
    let set = lines("set");
    let context = lines("context").first().map(|name| read(&file.with_file_name(name)));
    LoadOptions { file: Some(source), set, context, ..LoadOptions::default() }
}

fn read(file: &std::path::Path) -> Source {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Source::new(file.file_name().unwrap().to_string_lossy().into_owned(), text)
}

/// Findings plainly: `file:line:column: severity[code]: message`, the text that is pointed at, and the help.
pub(crate) fn render(findings: &[Diagnostic]) -> String {
    let mut text = String::new();
    for finding in findings {
        match &finding.location {
            Some(location) => {
                let span = location.span;
                write!(text, "{}:{}:{}: ", location.source.name, span.line, span.column).unwrap();
            }
            None => text.push_str("nowhere: "),
        }
        writeln!(text, "{}[{}]: {}", finding.severity, finding.code, finding.message).unwrap();
        if let Some(location) = &finding.location {
            let excerpt = &location.source.text[location.span.start..location.span.end];
            let pointer = finding.pointer.as_deref().unwrap_or("?");
            writeln!(text, "  at: {:?} ({pointer})", excerpt.lines().next().unwrap_or_default()).unwrap();
        }
        if let Some(help) = &finding.help {
            writeln!(text, "  help: {help}").unwrap();
        }
    }
    text
}
