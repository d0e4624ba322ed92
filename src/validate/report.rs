//! What was found in a template of anyone, and how much was looked at.

use crate::cfn::read;
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::document::Document;

use super::{Context, Options, check_all};

/// What was found in one template.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The text that the template was read from; findings point into it.
    pub source: Source,
    /// All findings, in the order of their places.
    pub findings: Vec<Diagnostic>,
    /// How much was looked at.
    pub statistics: Statistics,
}

/// How much of a template was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Resources in the template.
    pub resources: usize,
    /// Types of resources without a schema, which were not looked into, in alphabetical order.
    pub unknown_types: Vec<String>,
    /// Patterns of schemas that were needed and can't be matched, or not exactly.
    pub inexact_patterns: Vec<String>,
    /// Whether all combinations of conditions and parameters were looked at; there can be too many.
    pub complete: bool,
}

impl Report {
    /// How many findings have that severity, without those that are accepted.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.counts_as(severity)).count()
    }

    /// Whether nothing is wrong that keeps the template from working.
    pub fn is_valid(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings
            .iter()
            .filter(|finding| finding.accepted.is_none())
            .map(|finding| finding.severity)
            .max()
    }
}

/// Checks a template of anyone. What isn't even a template gives a report of that.
pub fn check_document(document: &Document, options: &Options) -> Report {
    let source = document.source.clone();
    let read = match read::read(document) {
        Ok(read) => read,
        Err(findings) => return Report { source, findings, statistics: Statistics::default() },
    };
    let context = Context::new(&read.template, options).read_from(source.text.len());
    let mut findings = read.findings;
    findings.extend(check_all(&context).into_iter().map(|finding| read.source_map.locate(finding)));
    findings.sort_by_key(|finding| finding.location.as_ref().map(|location| location.span.start));
    Report { source, findings, statistics: context.statistics() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Format, Limits};

    fn report(text: &str) -> Report {
        let document =
            Document::parse(Source::new("t.yaml", text), Format::Yaml, &Limits::default()).unwrap();
        check_document(&document, &Options::default())
    }

    #[test]
    fn findings_have_their_place_in_the_file() {
        let report = report(
            "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketNam: x\n      Tags:\n      - Key: !Ref Nothing\n        Value: v\n",
        );
        let places: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| !finding.code.0.starts_with('P'))
            .map(|finding| {
                let span = finding.location.as_ref().unwrap().span;
                (finding.code.0, span.line, span.column)
            })
            .collect();
        assert_eq!(places, [("W027", 2, 3), ("S003", 5, 7), ("R002", 7, 19)]);
        assert!(!report.is_valid());
        assert_eq!(report.statistics.resources, 1);
        assert!(report.statistics.complete);
    }

    #[test]
    fn what_is_no_template_is_told() {
        assert_eq!(report("- a\n").findings.len(), 1);
    }
}
