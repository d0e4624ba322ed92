//! What commands print: results on standard output, findings and failures on standard error.

mod findings;
mod summary;

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "this module is the program's mouth")]
mod print {
    use std::io::Write;

    /// Writes to standard output; a reader that went away (`| head`) isn't an error.
    pub(super) fn out(text: &str) {
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
    }

    /// Writes to standard error.
    pub(super) fn err(text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

use std::error::Error;
use std::io::IsTerminal;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Severity};

use super::Exit;

pub(super) use summary::StackSummary;

/// Where a command's words go.
#[derive(Debug)]
pub(super) struct View {
    colour: bool,
}

#[allow(clippy::unused_self, reason = "a view that prints as another format does will need it")]
impl View {
    /// A view that uses colours where standard error is a terminal and `NO_COLOR` isn't set.
    pub(super) fn new() -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { colour: std::io::stderr().is_terminal() && !no_colour }
    }

    /// Prints a result as it is, with a line's end.
    pub(super) fn text(&mut self, text: &str) {
        print::out(text);
        if !text.ends_with('\n') {
            print::out("\n");
        }
    }

    /// Prints a result for programs.
    pub(super) fn json(&mut self, json: &Json) {
        self.text(&serde_json::to_string_pretty(json).unwrap_or_default());
    }

    /// Prints findings, the worst last so that it stands nearest to the prompt.
    pub(super) fn findings(&mut self, findings: &[Diagnostic]) {
        let mut findings: Vec<&Diagnostic> = findings.iter().collect();
        findings.sort_by_key(|finding| finding.severity);
        for finding in &findings {
            print::err(&findings::render(finding, self.colour));
        }
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if errors > 0 {
            print::err(&format!("{}{}\n", plural(errors, "error"), also(warnings)));
        }
    }

    /// Prints why the command failed, with all causes.
    pub(super) fn failure(&mut self, error: &dyn Error) -> Exit {
        print::err(&format!("error: {error}\n"));
        let mut cause = error.source();
        while let Some(error) = cause {
            print::err(&format!("  because: {error}\n"));
            cause = error.source();
        }
        Exit::Failure
    }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn also(warnings: usize) -> String {
    if warnings == 0 { String::new() } else { format!(", {}", plural(warnings, "warning")) }
}

/// Prints what clap has to say: help and version on standard output, mistakes on standard error.
pub(super) fn usage_error(error: &clap::Error) -> Exit {
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Success }
}
