//! The report on checked templates: for people, and as one JSON object.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value as Json, json};

use crate::cli::documentation::{self, Documentation};
use crate::cli::stats::Stats;
use crate::diagnostic::{Diagnostic, Severity};
use crate::validate::Statistics;

use super::{findings, plural, rules};

/// What is told of checked templates.
#[derive(Debug, Default)]
pub(in crate::cli) struct Report {
    /// The files that were checked, in order.
    pub(in crate::cli) files: Vec<CheckedFile>,
    /// Files that were found in a folder and are no templates.
    pub(in crate::cli) skipped: Vec<Skipped>,
    /// Files and folders that couldn't be read, with the reason.
    pub(in crate::cli) unreadable: Vec<(String, String)>,
    /// Whether the rules that were broken are explained.
    pub(in crate::cli) explain: bool,
    /// Whether warnings fail the check.
    pub(in crate::cli) deny_warnings: bool,
    /// What the program knows, if that was asked for.
    pub(in crate::cli) stats: Option<Stats>,
}

/// One checked file.
#[derive(Debug)]
pub(in crate::cli) struct CheckedFile {
    /// Its path as it was given.
    pub(in crate::cli) name: String,
    /// What was found in it, in the order of the file.
    pub(in crate::cli) findings: Vec<Diagnostic>,
    /// How much of it was looked at.
    pub(in crate::cli) statistics: Statistics,
}

/// A file that was found in a folder and wasn't checked.
#[derive(Debug)]
pub(in crate::cli) struct Skipped {
    /// Its path.
    pub(in crate::cli) name: String,
    /// Why it wasn't checked.
    pub(in crate::cli) reason: String,
    /// Whether it can't be read, so that it may have been meant as a template.
    pub(in crate::cli) is_broken: bool,
}

impl CheckedFile {
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.counts_as(severity)).count()
    }
}

impl Report {
    /// Everything that was found.
    pub(in crate::cli) fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.files.iter().flat_map(|file| &file.findings)
    }

    /// How many findings are as bad as this.
    pub(in crate::cli) fn count(&self, severity: Severity) -> usize {
        self.files.iter().map(|file| file.count(severity)).sum()
    }

    /// Whether there is something to deny besides errors: a warning, or a file that may have been meant as a template.
    pub(in crate::cli) fn has_warnings(&self) -> bool {
        self.count(Severity::Warning) > 0 || self.skipped.iter().any(|file| file.is_broken)
    }

    /// How much was looked at, a line for each file.
    pub(super) fn statistics(&self) -> String {
        let mut text = String::new();
        for CheckedFile { name, statistics, .. } in &self.files {
            let Statistics { resources, unknown_types, inexact_patterns, complete } = statistics;
            // Writing to a String can't fail.
            let _ = write!(text, "{name}: {}", plural(*resources, "resource"));
            if !complete {
                text.push_str(", not all combinations of conditions and parameters");
            }
            text.push('\n');
            for unknown in unknown_types {
                let _ = writeln!(text, "  not looked into  {unknown}");
            }
            for pattern in inexact_patterns {
                let _ = writeln!(text, "  not matched exactly  {pattern}");
            }
        }
        text
    }

    /// How many findings are accepted, so that they don't count.
    fn accepted(&self) -> usize {
        self.findings().filter(|finding| finding.accepted.is_some()).count()
    }

    /// What is known of the codes that were found, each once, in the order of codes.
    pub(super) fn documentation(&self) -> Vec<Documentation> {
        let codes: BTreeSet<&str> = self.findings().map(|finding| finding.code.0).collect();
        codes.into_iter().filter_map(|code| documentation::find(code).ok()).collect()
    }

    /// The findings with excerpts, each with a blank line behind it, and what their codes mean if that was asked for.
    pub(super) fn text(&self, colour: bool) -> String {
        let mut text = findings::render_all(self.findings(), colour);
        if self.explain {
            for documentation in self.documentation() {
                text.push_str(&rules::explanation(&documentation));
                text.push('\n');
            }
        }
        text
    }

    /// The last line.
    pub(super) fn summary(&self) -> String {
        let mut text = format!(
            "checked {}: {}, {}, {}",
            plural(self.files.len(), "template"),
            plural(self.count(Severity::Error), "error"),
            plural(self.count(Severity::Warning), "warning"),
            findings::count_of_notes(self.findings()),
        );
        // Writing to a String can't fail.
        let accepted = self.accepted();
        if accepted > 0 {
            let _ = write!(text, "; {accepted} accepted");
        }
        if !self.skipped.is_empty() {
            let _ = write!(text, "; skipped {}", plural(self.skipped.len(), "other file"));
        }
        if !self.unreadable.is_empty() {
            let _ = write!(text, "; couldn't read {}", self.unreadable.len());
        }
        text.push('\n');
        text
    }

    /// For programs; the README lists the keys.
    pub(super) fn json(&self) -> Json {
        let with_reason = |(file, reason): (&String, &String)| json!({ "file": file, "reason": reason });
        let skipped = self.skipped.iter().map(|file| (&file.name, &file.reason));
        let unreadable = self.unreadable.iter().map(|(file, reason)| (file, reason));
        let files: Vec<Json> = self
            .files
            .iter()
            .map(|file| {
                json!({
                    "file": file.name,
                    "errors": file.count(Severity::Error),
                    "warnings": file.count(Severity::Warning),
                    "notes": file.count(Severity::Note),
                    "resources": file.statistics.resources,
                    "complete": file.statistics.complete,
                    "unknown_types": file.statistics.unknown_types,
                })
            })
            .collect();
        let mut json = json!({
            "findings": self.findings().map(findings::json).collect::<Vec<_>>(),
            "files": files,
            "skipped": skipped.map(with_reason).collect::<Vec<_>>(),
            "unreadable": unreadable.map(with_reason).collect::<Vec<_>>(),
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "notes": self.count(Severity::Note),
            "accepted": self.accepted(),
        });
        if self.explain {
            let rules: Map<String, Json> = self
                .documentation()
                .iter()
                .map(|documentation| (documentation.code().0.to_owned(), rules::json(documentation)))
                .collect();
            json["rules"] = rules.into();
        }
        if let Some(stats) = &self.stats {
            json["stats"] = stats.json();
        }
        json
    }
}
