//! What was found in a template of anyone, and how much was looked at.

use std::collections::BTreeSet;

use crate::cfn::ReadTemplate;
use crate::cfn::read::{self, Loops};
use crate::diagnostic::{Diagnostic, Severity, Source, Span};
use crate::document::Document;

use super::{Context, Options, check_all, one_mistake};

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
    match read::read_expanded(document, &options.parameters) {
        Ok(read) => check_read(&read, options),
        Err(findings) => {
            Report { source: document.source.clone(), findings, statistics: Statistics::default() }
        }
    }
}

/// Checks a template that was read; what loops make is best written out
/// ([`read_expanded`](crate::cfn::read::read_expanded)).
pub fn check_read(read: &ReadTemplate, options: &Options) -> Report {
    let source = read.source_map.source();
    let context = Context::new(&read.template, options).read_from(source.text.len(), &read.loops);
    let mut findings = read.findings.clone();
    findings.extend(check_all(&context).into_iter().map(|finding| {
        if finding.pointer.is_some() {
            read.source_map.locate(finding)
        } else {
            finding.at(source, read.source_map.span(""))
        }
    }));
    one_mistake::told_once(&read.template, &mut findings);
    findings.sort_by_key(|finding| {
        let start = finding.location.as_ref().map(|location| location.span.start);
        (start, std::cmp::Reverse(finding.severity), finding.code)
    });
    findings.dedup();
    told_once_in_loops(&read.loops, &mut findings);
    Report { source: source.clone(), findings, statistics: context.statistics() }
}

/// Keeps the first of the findings of a rule at a place in a loop: it repeats the mistake for each of its values.
fn told_once_in_loops(loops: &Loops, findings: &mut Vec<Diagnostic>) {
    if loops.spans.is_empty() {
        return;
    }
    let mut told = BTreeSet::new();
    findings.retain(|finding| {
        let Some(location) = &finding.location else { return true };
        let start = location.span.start;
        let is_inside = |span: &Span| span.start <= start && start < span.end;
        !loops.spans.iter().any(is_inside) || told.insert((finding.code, start))
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
    fn a_mistake_in_a_loop_is_told_once() {
        let report = report(
            "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Topics:\n  - Name\n  - [a, b, c]\n  - Topic${Name}:\n      Type: AWS::SNS::Topic\n      Properties:\n        TopicNam: !Ref Name\nOutputs:\n  A: {Value: !Ref Topica}\n  D: {Value: !Ref Topicd}\n",
        );
        let errors = report.findings.iter().filter(|finding| finding.is_error());
        let places: Vec<_> =
            errors.map(|finding| (finding.code.0, finding.location.as_ref().unwrap().span.line)).collect();
        assert_eq!(places, [("S003", 9), ("R002", 12)]);
        assert_eq!(report.statistics.resources, 3);
    }

    #[test]
    fn a_loop_over_what_is_not_known_hides_what_it_may_make() {
        let report = report(
            "Transform: AWS::LanguageExtensions\nParameters: {P: {Type: CommaDelimitedList}}\nConditions:\n  Fn::ForEach::C: [I, !Ref P, {'Is${I}': !Equals [!Ref I, a]}]\nResources:\n  Fn::ForEach::T: [I, !Ref P, {'Topic${I}': {Type: AWS::SNS::Topic, Condition: 'Is${I}'}}]\n  A: {Type: AWS::SNS::Topic, Condition: Isa, DependsOn: Topica}\nOutputs:\n  A: {Value: !Ref Topica}\n  B: {Value: !GetAtt Topicb.TopicArn}\n  C: {Value: !Ref Other}\n",
        );
        let told: Vec<_> = report
            .findings
            .iter()
            .map(|finding| (finding.code.0, finding.location.as_ref().unwrap().span.line))
            .collect();
        assert_eq!(told, [("R029", 4), ("R029", 6), ("R002", 11)]);
    }

    #[test]
    fn unknown_functions_and_types_are_told_once() {
        let report = report(
            "Conditions: {C: !Equal [a, b]}\nResources:\n  A: {Properties: {X: 1}}\n  B: {Type: AWS::SNS::Topic, Condition: C, Properties: {DisplayName: !Foo x}}\n",
        );
        let told: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.severity > Severity::Note)
            .map(|finding| (finding.code.0, finding.location.as_ref().unwrap().span.line))
            .collect();
        assert_eq!(told, [("D106", 1), ("D105", 3), ("D106", 4)]);
    }

    #[test]
    fn what_was_left_out_is_told() {
        let numbers = || (0..16).map(|number| number.to_string());
        let each = |prefix: &str, value: &dyn Fn(String) -> serde_json::Value| -> serde_json::Value {
            numbers()
                .map(|number| (format!("{prefix}{number}"), value(number)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let parts: Vec<_> = numbers().map(|n| json!({"Fn::If": [format!("C{n}"), "a", "b"]})).collect();
        let template = json!({
            "Parameters": each("P", &|_| json!({"Type": "String"})),
            "Conditions": each("C", &|n| json!({"Fn::Equals": [{"Ref": format!("P{n}")}, "a"]})),
            "Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Join": ["", parts]}}}},
        });
        let report = report(&template.to_string());
        assert!(!report.statistics.complete, "{:#?}", report.findings);
        let told: Vec<_> = report.findings.iter().filter(|finding| finding.code.0 == "L010").collect();
        assert!(told.len() == 1 && told[0].help.is_some() && told[0].severity == Severity::Note, "{told:#?}");
    }

    #[test]
    fn what_is_no_template_is_told() {
        assert_eq!(report("- a\n").findings.len(), 1);
    }
}
