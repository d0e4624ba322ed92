//! What must hold of any bytes: the functions that the fuzz targets and `tests/fuzz` call. They panic where it doesn't.

#![allow(dead_code, reason = "each fuzz target calls one of them")]

use std::collections::BTreeSet;

use dify_cfn::cfn::evaluate::{Evaluator, Settings};
use dify_cfn::cfn::{ReadTemplate, read};
use dify_cfn::diagnostic::{Diagnostic, Source};
use dify_cfn::document::{Document, Format, Limits, decode};
use dify_cfn::validate::{Options, check_document};

/// How many combinations of conditions are evaluated: each is done in the same way.
const COMBINATIONS: usize = 8;

/// How far an input got, so that a test sees that its inputs aren't all alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The bytes aren't text.
    NoText,
    /// The text can't be read.
    Refused,
    /// It was read, and something was found.
    Found,
    /// It was read, and nothing is wrong.
    Clean,
}

/// The YAML reader: a document whose places lie in the text, or findings whose places do.
pub(crate) fn read_yaml(bytes: &[u8]) -> Outcome {
    parse(bytes, Format::Yaml).map_or_else(|outcome| outcome, |_| Outcome::Clean)
}

/// The JSON reader; what it accepts, the YAML reader accepts as the same, where both know the form.
pub(crate) fn read_json(bytes: &[u8]) -> Outcome {
    parse(bytes, Format::Json).map_or_else(|outcome| outcome, |_| Outcome::Clean)
}

/// The evaluator: values and faults in the template's combinations of conditions, the same ones each time.
pub(crate) fn evaluate(bytes: &[u8]) -> Outcome {
    let read = match template(bytes) {
        Ok(read) => read,
        Err(outcome) => return outcome,
    };
    let template = &read.template;
    let evaluator = Evaluator::new(template, &Settings::default());
    let names: BTreeSet<&str> = template.conditions.keys().map(String::as_str).collect();
    let scenarios = evaluator.scenarios(&names);
    assert_eq!(scenarios, Evaluator::new(template, &Settings::default()).scenarios(&names));
    let mut faults = 0;
    for scenario in scenarios.list.iter().take(COMBINATIONS) {
        for scenario in [scenario.clone(), scenario.at_defaults()] {
            for resource in template.resources.values() {
                let (value, found) = evaluator.properties(resource, &scenario);
                let _ = value.to_json();
                assert_eq!((value, found.len()), {
                    let (value, found) = evaluator.properties(resource, &scenario);
                    (value, found.len())
                });
                faults += found.len();
            }
            for output in template.outputs.values() {
                faults += evaluator.evaluate(output, &scenario).faults.len();
            }
        }
    }
    if faults > 0 { Outcome::Found } else { Outcome::Clean }
}

/// All of validation: findings whose places lie in the text, the same ones each time.
pub(crate) fn validate(bytes: &[u8]) -> Outcome {
    let format = if bytes.first() == Some(&b'{') { Format::Json } else { Format::Yaml };
    let document = match parse(bytes, format) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let report = check_document(&document, &Options::default());
    assert_places(&document.source, &report.findings);
    for finding in &report.findings {
        assert!(!finding.message.is_empty());
    }
    assert_eq!(report, check_document(&document, &Options::default()));
    if report.findings.is_empty() { Outcome::Clean } else { Outcome::Found }
}

fn template(bytes: &[u8]) -> Result<ReadTemplate, Outcome> {
    let format = if bytes.first() == Some(&b'{') { Format::Json } else { Format::Yaml };
    let document = parse(bytes, format)?;
    read(&document).map_err(|found| {
        assert_places(&document.source, &found);
        Outcome::Refused
    })
}

fn parse(bytes: &[u8], format: Format) -> Result<Document, Outcome> {
    let source = decode("input", bytes).map_err(|_| Outcome::NoText)?;
    match Document::parse(source.clone(), format, &Limits::default()) {
        Ok(document) => {
            document.root.walk(&mut |node| {
                assert!(source.text.get(node.span.start..node.span.end).is_some(), "{node:?}");
            });
            let _ = (document.to_json(), document.strict_findings());
            Ok(document)
        }
        Err(found) => {
            assert!(!found.is_empty());
            assert!(found.iter().all(|finding| finding.location.is_some()));
            assert_places(&source, &found);
            Err(Outcome::Refused)
        }
    }
}

/// The places of findings lie in the text, at the ends of characters.
fn assert_places(source: &Source, findings: &[Diagnostic]) {
    for finding in findings {
        if let Some(location) = &finding.location {
            let span = location.span;
            assert!(source.text.get(span.start..span.end).is_some(), "{finding:?}");
            assert!(span.line > 0 && span.column > 0, "{finding:?}");
        }
    }
}
