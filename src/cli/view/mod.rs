//! What commands print: results on standard output, findings and failures on standard error.

mod findings;
mod masking;
mod report;
pub(super) mod rules;
mod sarif;
#[cfg(feature = "deploy")]
pub(super) mod stack;
mod summary;

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "this module is the program's mouth")]
mod print {
    use std::io::{Error, ErrorKind, Result, Write};
    use std::sync::OnceLock;

    /// Why standard output takes no more, from the first write that failed.
    static FAILED: OnceLock<Error> = OnceLock::new();

    /// Writes to standard output. What can't be written is told at the end.
    pub(super) fn out(text: &str) {
        if FAILED.get().is_none() {
            keep(std::io::stdout().lock().write_all(text.as_bytes()));
        }
    }

    /// Keeps the failure of a write to standard output.
    pub(super) fn keep(written: Result<()>) {
        if let Err(error) = written {
            FAILED.get_or_init(|| error);
        }
    }

    /// Why not all of the output arrived. A reader that went away (`| head`) isn't a failure.
    pub(super) fn failure() -> Option<&'static Error> {
        keep(std::io::stdout().lock().flush());
        FAILED.get().filter(|error| error.kind() != ErrorKind::BrokenPipe)
    }

    /// Writes to standard error.
    pub(super) fn err(text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

use std::error::Error;
use std::io::IsTerminal;

use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Severity};

use super::Exit;
use super::args::ReportFormat;

pub(super) use report::{CheckedFile, Report, Skipped};
pub(super) use summary::{Contents, StackSummary};

/// What a report tells beside its findings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tell {
    /// The files that were skipped.
    pub(super) skipped: bool,
    /// The summary of the text.
    pub(super) summary: bool,
}

/// Where a command's words go.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "what is known of the outputs, each by itself")]
pub(super) struct View {
    /// Whether standard error takes colours.
    colour: bool,
    /// Whether standard output does.
    colour_out: bool,
    /// Whether programs read standard output.
    json: bool,
    /// The one stack that the command is for.
    stack: Option<String>,
    /// Whether programs were told a result.
    has_result: bool,
    /// What went wrong, for programs that were told no result.
    sentences: Vec<String>,
    next: Vec<String>,
    found: Vec<Json>,
    errors: usize,
}

#[allow(clippy::unused_self, reason = "a view that prints as another format does will need it")]
impl View {
    /// A view that uses colours where the output is a terminal and `NO_COLOR` isn't set.
    pub(super) fn new(json: bool, stack: Option<&str>) -> Self {
        let no_colour = std::env::var_os("NO_COLOR");
        // The progress of a deploy is coloured by a library that takes an empty variable for a set one.
        #[cfg(feature = "deploy")]
        if no_colour.as_ref().is_some_and(|value| value.is_empty()) {
            console::set_colors_enabled_stderr(std::io::stderr().is_terminal());
            console::set_colors_enabled(std::io::stdout().is_terminal());
        }
        let no_colour = no_colour.is_some_and(|value| !value.is_empty());
        Self {
            colour: std::io::stderr().is_terminal() && !no_colour,
            colour_out: std::io::stdout().is_terminal() && !no_colour,
            json,
            stack: stack.map(str::to_owned),
            has_result: false,
            sentences: Vec::new(),
            next: Vec::new(),
            found: Vec::new(),
            errors: 0,
        }
    }

    /// Programs were told how the command ended, in lines of its own.
    #[cfg(feature = "deploy")]
    pub(super) fn was_told(&mut self) {
        self.has_result = true;
    }

    /// Ends the command. Programs that were told no result get a line that says why. A command whose output got lost failed.
    pub(super) fn end(&mut self, exit: Exit) -> Exit {
        if self.json && !self.has_result && exit != Exit::Success {
            self.say_why(exit);
        }
        written(exit)
    }

    fn say_why(&mut self, exit: Exit) {
        if self.sentences.is_empty() && self.errors > 0 {
            self.sentences.push(format!("{} found", plural(self.errors, "error")));
        }
        print::out(&finished(
            self.stack.as_deref(),
            exit,
            &self.sentences.join("; "),
            &self.next,
            &self.found,
        ));
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
        self.has_result = true;
        self.text(&serde_json::to_string_pretty(json).unwrap_or_default());
    }

    /// Prints findings, the worst last so that it stands nearest to the prompt.
    pub(super) fn findings(&mut self, findings: &[Diagnostic]) {
        let mut findings: Vec<&Diagnostic> = findings.iter().collect();
        findings.sort_by_key(|finding| (finding.accepted.is_none(), finding.severity));
        print::err(&findings::render_all(findings.iter().copied(), self.colour));
        self.found.extend(findings.iter().map(|finding| findings::json(finding)));
        let count = |severity| findings.iter().filter(|finding| finding.counts_as(severity)).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        self.errors += errors;
        if errors > 0 {
            print::err(&format!("{}{}\n", plural(errors, "error"), also(warnings)));
        }
    }

    /// Prints the report on checked templates, on standard output; what couldn't be read, and with `verbose` what was
    /// skipped, on standard error.
    pub(super) fn report(&mut self, report: &Report, format: ReportFormat, tell: Tell, exit: Exit) {
        for Skipped { name, reason, is_broken } in &report.skipped {
            if *is_broken {
                print::err(&format!("warning: skipped `{name}`: {reason}\n"));
            } else if tell.skipped {
                print::err(&format!("skipped `{name}`: {reason}\n"));
            }
        }
        match format {
            ReportFormat::Text => {
                print::out(&report.text(self.colour_out));
                if let Some(stats) = &report.stats {
                    print::out(&stats.text());
                    print::out(&report.statistics());
                }
                if tell.summary {
                    print::out(&report.summary());
                }
            }
            ReportFormat::Json => self.json(&report.json()),
            ReportFormat::Sarif => self.json(&sarif::sarif(report, exit)),
        }
        for (file, reason) in &report.unreadable {
            print::err(&format!("error: can't read `{file}`\n  because: {reason}\n"));
        }
    }

    /// Prints a failure that is one sentence.
    pub(super) fn failure_of(&mut self, sentence: &str, exit: Exit) -> Exit {
        print::err(&format!("error: {sentence}\n"));
        self.went_wrong(sentence.to_owned());
        exit
    }

    /// Prints how a command ended that makes a report and has none.
    #[cfg(feature = "deploy")]
    pub(super) fn outcome(&mut self, outcome: &crate::deploy::outcome::Outcome) -> Exit {
        stack::Teller::outcome(outcome);
        self.went_wrong(outcome.message.clone());
        self.next.clone_from(&outcome.next);
        outcome.ending.into()
    }

    fn went_wrong(&mut self, sentence: String) {
        self.has_result = false;
        self.sentences.push(sentence);
    }

    /// Prints why the command failed, with all causes.
    pub(super) fn failure(&mut self, error: &dyn Error) -> Exit {
        self.failure_with(error, None)
    }

    /// Prints why the command failed, with all causes, and what to do.
    pub(super) fn failure_with(&mut self, error: &dyn Error, help: Option<&str>) -> Exit {
        print::err(&format!("error: {error}\n"));
        let mut sentence = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            print::err(&format!("  because: {error}\n"));
            sentence.push_str(&format!(": {error}"));
            cause = error.source();
        }
        if let Some(help) = help {
            print::err(&format!("  help: {help}\n"));
            sentence.push_str(&format!("; {help}"));
        }
        self.went_wrong(sentence);
        Exit::Failure
    }
}

/// How the command ends, once all of its output was written or wasn't.
fn written(exit: Exit) -> Exit {
    let Some(error) = print::failure() else { return exit };
    print::err(&format!("error: can't write to standard output\n  because: {error}\n"));
    if exit == Exit::Success { Exit::Failure } else { exit }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn also(warnings: usize) -> String {
    if warnings == 0 { String::new() } else { format!(", {}", plural(warnings, "warning")) }
}

/// The line that a command ends with that failed without a result: the same as that of an event `finished`, but for the time.
fn finished(stack: Option<&str>, exit: Exit, message: &str, next: &[String], found: &[Json]) -> String {
    let line = json!({
        "stack": stack,
        "event": "finished",
        "ending": exit.name(),
        "exit_code": exit as u8,
        "message": message,
        "next": next,
        "findings": found,
    });
    format!("{line}\n")
}

/// Prints what clap has to say: help and version on standard output, mistakes on standard error, and for programs as a line.
pub(super) fn usage_error(error: &clap::Error) -> Exit {
    let printed = error.print();
    if !error.use_stderr() {
        print::keep(printed);
        return written(Exit::Success);
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let sentence = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
        let sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
        print::out(&finished(None, Exit::Usage, &sentence, &[], &[]));
    }
    written(Exit::Usage)
}
