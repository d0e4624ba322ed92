//! L002: the template isn't too large.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L002"),
    severity: Severity::Error,
    title: "the template isn't too large",
    what: "The text of the template has at most 1 MB; a template that is sent as it is, and not uploaded first, at most 51,200 \
           bytes.",
    why: "CloudFormation refuses it: \"Template may not exceed 1000000 bytes in size\".",
    source: "AWS CloudFormation User Guide, \"CloudFormation quotas\"; CloudFormation API Reference, `CreateChangeSet`",
    same_as: &["cfn-lint E1002"],
};

/// Bytes of a template that is uploaded.
const MOST: usize = 1_000_000;
/// Bytes of a template inside of a request.
const MOST_INLINE: usize = 51_200;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let size = context.size();
    if size > MOST {
        findings.push(
            RULE.finding(format!("the template has {size} bytes, at most {MOST} are allowed"))
                .help("write it as JSON without blanks, or divide the stack"),
        );
    } else if size > MOST_INLINE && context.is_foreign() {
        let mut finding =
            RULE.finding(format!("the template has {size} bytes and has to be uploaded before it is used"));
        finding.severity = Severity::Note;
        findings
            .push(finding.help(format!("a request takes {MOST_INLINE} bytes; larger ones are read from S3")));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::diagnostic::Severity;
    use crate::validate::testing::{found, none};

    #[test]
    fn large_templates_are_noted_and_too_large_ones_refused() {
        let template = |size: usize| json!({"Description": "d", "Metadata": {"text": "x".repeat(size)}});
        none("L002", template(51_000));
        let noted = found("L002", template(52_000));
        assert_eq!(noted[0].severity, Severity::Note);
        let refused = found("L002", template(1_000_000));
        assert_eq!(refused[0].severity, Severity::Error);
    }
}
