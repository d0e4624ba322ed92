//! The report as SARIF 2.1.0.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", sections 3.13 to 3.58.

use serde_json::{Value as Json, json};

use crate::cli::Exit;
use crate::cli::documentation::Documentation;
use crate::diagnostic::{Diagnostic, Location, Severity, Span};

use super::report::Report;
use super::rules;

/// Where the format's schema is published.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What standard input is called: the specification wants a URI.
const STANDARD_INPUT: &str = "stdin";

/// The report with the metadata of the rules that were broken.
pub(super) fn sarif(report: &Report, exit: Exit) -> Json {
    let documentation = report.documentation();
    let results: Vec<Json> = report.findings().map(|finding| result(finding, &documentation)).collect();
    let notifications: Vec<Json> = report
        .unreadable
        .iter()
        .map(|(file, reason)| {
            json!({
                "level": "error",
                "message": { "text": format!("can't read `{file}`: {reason}") },
                "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(file) } } }],
            })
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": documentation.iter().map(rule).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": exit != Exit::Failure,
                "exitCode": exit as u8,
                "toolExecutionNotifications": notifications,
            }],
            "artifacts": report.files.iter()
                .map(|file| json!({ "location": { "uri": uri(&file.name) }, "roles": ["analysisTarget"] }))
                .collect::<Vec<_>>(),
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(documentation: &Documentation) -> Json {
    let code = documentation.code();
    let explanation = rules::explanation(documentation);
    let mut descriptor = json!({
        "id": code,
        "shortDescription": { "text": documentation.title() },
        "help": { "text": explanation, "markdown": format!("```text\n{explanation}```\n") },
        "defaultConfiguration": { "level": documentation.severity().map_or("error", level) },
        "properties": { "tags": [documentation.layer().split(':').next().unwrap_or_default()] },
    });
    if let Documentation::Rule(rule) = documentation {
        descriptor["fullDescription"] = json!({ "text": format!("{} {}", rule.what, rule.why) });
        descriptor["properties"]["source"] = rule.source.into();
        descriptor["properties"]["sameAs"] = rule.same_as.into();
    }
    descriptor
}

fn result(finding: &Diagnostic, documentation: &[Documentation]) -> Json {
    let message = match &finding.help {
        Some(help) => format!("{}. Help: {help}.", finding.message),
        None => format!("{}.", finding.message),
    };
    let mut result = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": { "text": message },
    });
    if let Some(index) = documentation.iter().position(|known| known.code() == finding.code) {
        result["ruleIndex"] = index.into();
    }
    let mut location = json!({});
    if let Some(found) = &finding.location {
        location["physicalLocation"] = json!({
            "artifactLocation": { "uri": uri(&found.source.name) },
            "region": region(found),
        });
    }
    let logical: Vec<Json> = [(&finding.logical_id, "resource"), (&finding.construct, "construct")]
        .into_iter()
        .filter_map(|(name, kind)| Some(json!({ "name": name.as_ref()?, "kind": kind })))
        .collect();
    if !logical.is_empty() {
        location["logicalLocations"] = logical.into();
    }
    result["locations"] = json!([location]);
    if let Some(pointer) = &finding.pointer {
        result["properties"] = json!({ "pointer": pointer });
    }
    if let Some(reason) = &finding.accepted {
        result["suppressions"] =
            json!([{ "kind": "external", "status": "accepted", "justification": reason }]);
    }
    // The same finding in a file whose lines moved is the same.
    let place = finding.pointer.as_deref().unwrap_or(&finding.message);
    result["partialFingerprints"] = json!({ "codeAndPlace/v1": format!("{} {place}", finding.code) });
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The range in lines and characters, counted from 1; the end is one past the last character.
fn region(location: &Location) -> Json {
    let Span { start, end, line, column } = location.span;
    let (line, column) = (line.max(1), column.max(1));
    let text = location.source.text.get(start..end).unwrap_or_default();
    let (end_line, end_column) = match text.rsplit_once('\n') {
        Some((before, last)) => (line + before.matches('\n').count() + 1, last.chars().count() + 1),
        None => (line, column + text.chars().count()),
    };
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

/// A path as a URI reference: relative ones stay so.
///
/// Source: RFC 3986, "Uniform Resource Identifier (URI): Generic Syntax", sections 2 and 4.2.
fn uri(name: &str) -> String {
    if name == "<stdin>" {
        return STANDARD_INPUT.to_owned();
    }
    let path = if cfg!(windows) { name.replace('\\', "/") } else { name.to_owned() };
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                uri.push('%');
                uri.push(char::from(DIGITS[usize::from(byte >> 4)]));
                uri.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("./a b/ü.yaml"), "a%20b/%C3%BC.yaml");
        assert_eq!(uri("/t/a:b.json"), "file:///t/a%3Ab.json");
        assert_eq!(uri("../x"), "../x");
        assert_eq!(uri("<stdin>"), "stdin");
    }

    #[test]
    fn ranges_end_after_their_last_character() {
        let source = Source::new("t", "é: [a,\n ü]\n");
        let at = |start, end, column| {
            let region =
                region(&Location { source: source.clone(), span: Span { start, end, line: 1, column } });
            (region["endLine"].as_u64(), region["endColumn"].as_u64())
        };
        assert_eq!(at(0, 2, 1), (Some(1), Some(2)));
        assert_eq!(at(4, 12, 4), (Some(2), Some(4)));
        assert_eq!(at(1, 99, 0), (Some(1), Some(1)));
    }
}
