//! R013: dynamic references are well-formed.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::dynamic::{PLACEHOLDER, references};
use crate::validate::references::names::did_you_mean;
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R013"),
    severity: Severity::Error,
    title: "dynamic references are well-formed",
    what: "What stands in `{{resolve:…}}` names a service that CloudFormation asks, and has the parts that it takes.",
    why: "The stack fails on creation: \"Dynamic Reference is malformed\"; with a blank after `{{`, the text itself becomes the value.",
    source: "AWS CloudFormation User Guide, \"Get values stored in other services using dynamic references\"",
    same_as: &["cfn-lint E1050", "cfn-lint W1053"],
};

/// The services that can be asked.
const SERVICES: [&str; 3] = ["ssm", "ssm-secure", "secretsmanager"];

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for text in &context.references.texts {
        for found in references(text) {
            if let Some((message, help)) = problem(&found.body) {
                let mut finding = RULE.at(text.site.owner, text.site.pointer(), message);
                finding.help = help;
                findings.push(finding);
            }
        }
        if text.may_be_dynamic && has_blank(text.text) {
            let message = "with a blank in `{{resolve:` the text is a value like any other";
            findings.push(RULE.at(text.site.owner, text.site.pointer(), message).help("take the blank out"));
        }
    }
}

/// Whether something is meant as a dynamic reference and isn't for a blank before or behind `resolve`.
fn has_blank(text: &str) -> bool {
    text.match_indices("{{").any(|(at, _)| {
        let inner = &text[at + 2..];
        let rest = inner.trim_start().strip_prefix("resolve").map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with(':')) && !inner.starts_with("resolve:")
    })
}

fn problem(body: &str) -> Option<(String, Option<String>)> {
    let shown = body.replace(PLACEHOLDER, "…");
    let parts: Vec<&str> = body.split(':').collect();
    let service = parts[0];
    if service.contains(PLACEHOLDER) {
        return None;
    }
    if !SERVICES.contains(&service) {
        let help = did_you_mean(service, SERVICES)
            .unwrap_or_else(|| format!("the services are {}", SERVICES.join(", ")));
        return Some((
            format!("`{service}` in `{{{{resolve:{shown}}}}}` is no service that can be asked"),
            Some(help),
        ));
    }
    if parts.get(1).is_none_or(|name| name.is_empty()) {
        return Some((format!("`{{{{resolve:{shown}}}}}` names nothing"), None));
    }
    // What a placeholder gives can hold colons of its own, as an ARN does: then parts can't be counted.
    let exact = !parts[1].contains(PLACEHOLDER);
    let wrong = |text: &str, form: &str| {
        Some((format!("`{{{{resolve:{shown}}}}}` {text}"), Some(format!("the form is {form}"))))
    };
    if service == "secretsmanager" {
        let form = "{{resolve:secretsmanager:secret:SecretString:key:version-stage:version-id}}";
        let rest = if parts[1] == "arn" { parts.get(8..).unwrap_or_default() } else { &parts[2..] };
        if parts[1] == "arn" && parts.len() < 8 {
            return wrong("has an incomplete ARN", form);
        }
        if exact && rest.len() > 4 {
            return wrong("has too many parts", form);
        }
        let kind = rest.first().copied().unwrap_or_default();
        if exact && !matches!(kind, "" | "SecretString") && !kind.contains(PLACEHOLDER) {
            return wrong(&format!("asks for `{kind}`, and only SecretString can be had"), form);
        }
        if exact && rest.len() == 4 && !rest[2].is_empty() && !rest[3].is_empty() {
            return wrong("names both a version stage and a version id", form);
        }
        return None;
    }
    let form = format!("{{{{resolve:{service}:name:version}}}}");
    let name_ok = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c) || c == PLACEHOLDER;
    if exact && parts[1] != "arn" && !parts[1].chars().all(name_ok) {
        return wrong("has a name with other characters than letters, digits and `_.-/`", &form);
    }
    if exact && parts[1] != "arn" && parts.len() > 3 {
        return wrong("has too many parts", &form);
    }
    let version = parts.get(2).filter(|_| exact && parts[1] != "arn");
    if version.is_some_and(|version| {
        version.is_empty() || !version.chars().all(|c| c.is_ascii_digit() || c == PLACEHOLDER)
    }) {
        return wrong("has a version that is no number", &form);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn malformed_references_are_found() {
        let message = |body| problem(body).unwrap().0;
        assert_eq!(message("smm:/x"), "`smm` in `{{resolve:smm:/x}}` is no service that can be asked");
        assert_eq!(message("ssm:"), "`{{resolve:ssm:}}` names nothing");
        assert_eq!(message("ssm:/x:latest"), "`{{resolve:ssm:/x:latest}}` has a version that is no number");
        assert_eq!(
            message("secretsmanager:s:SecretBinary"),
            "`{{resolve:secretsmanager:s:SecretBinary}}` asks for `SecretBinary`, and only SecretString can be had"
        );
        assert_eq!(
            message("secretsmanager:arn:aws:secretsmanager:r:1:secret"),
            "`{{resolve:secretsmanager:arn:aws:secretsmanager:r:1:secret}}` has an incomplete ARN"
        );
    }

    #[test]
    fn the_documented_forms_are_not() {
        for body in [
            "ssm:/a/b",
            "ssm:/a/b:3",
            "ssm-secure:name:1",
            "secretsmanager:s",
            "secretsmanager:s:SecretString:key",
            "secretsmanager:s:SecretString:key:AWSPREVIOUS:",
            "secretsmanager:s:SecretString:::",
            "secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:s-abcdef:SecretString:key",
            "secretsmanager:\u{1a}:SecretString:key",
            "ssm:/\u{1a}/b",
        ] {
            assert_eq!(problem(body), None, "{body}");
        }
    }

    #[test]
    fn blanks_are_found() {
        assert!(super::has_blank("x{{ resolve:ssm:/a}}"));
        assert!(super::has_blank("{{resolve :ssm:/a}}"));
        assert!(!super::has_blank("{{resolve:ssm:/a}} {{ other }}"));
    }
}
