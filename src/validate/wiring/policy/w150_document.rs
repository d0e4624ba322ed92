//! W150: policy documents have the elements that a document has.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::{View, many};

use super::document::{documents, members};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W150"),
    severity: Severity::Error,
    title: "a policy document has a known version and statements",
    what: "A policy document holds `Version`, `Id` and `Statement` and nothing else; its version is `2012-10-17` or `2008-10-17`; it has a statement; a key's policy has characters of Latin-1 only. The old version is a warning: it doesn't know variables such as `${aws:username}`.",
    why: "The service refuses the policy: \"Syntax errors in policy\".",
    source: "AWS Identity and Access Management User Guide, \"IAM JSON policy elements reference\"",
    same_as: &[
        "cfn-lint E3510",
        "cfn-lint E3512",
        "cfn-lint E3511",
        "cfn-lint W2511",
        "cdk-preflight pf-iam-policy-version",
        "cdk-preflight pf-iam-policy-unknown-toplevel-field",
        "cdk-preflight pf-iam-policy-statement-required",
        "cdk-preflight pf-s3-bucket-policy-version",
        "cdk-preflight pf-kms-key-policy-charset",
    ],
};

/// The versions of the policy language, the newest first.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for document in documents(view) {
        let item = document.item;
        for (key, value) in members(document.value) {
            if !matches!(*key, "Version" | "Id" | "Statement") {
                let message = format!("a policy document has no `{key}`: the policy is refused");
                findings.push(
                    item.finding_at(&RULE, value, message).help("take it away, or put it into a statement"),
                );
            }
        }
        if let Some((value, version)) =
            document.value.get("Version").and_then(|value| Some((value, value.text()?)))
        {
            let help = "write `Version: \"2012-10-17\"`";
            if version == VERSIONS[1] {
                let mut finding = item
                    .finding_at(
                        &RULE,
                        value,
                        "the version of 2008 takes variables such as `${aws:username}` for plain text",
                    )
                    .help(help);
                finding.severity = Severity::Warning;
                findings.push(finding);
            } else if version != VERSIONS[0] {
                let message =
                    format!("`{version}` is no version of the policy language: the policy is refused");
                findings.push(item.finding_at(&RULE, value, message).help(help));
            }
        }
        // KMS takes the characters of Latin-1 only.
        let is_key = item.resource.type_name.starts_with("AWS::KMS::");
        if is_key && let Some(value) = not_latin(document.value) {
            findings.push(
                item.finding_at(
                    &RULE,
                    value,
                    "a key's policy has characters of Latin-1 only: KMS refuses this one",
                )
                .help("write it without"),
            );
        }
        if many(document.value.get("Statement")).is_empty() {
            findings.push(
                item.finding_at(&RULE, document.value, "the policy has no statement: it is refused")
                    .help("write a statement, or leave the policy out"),
            );
        }
    }
}

/// A value with a character outside of Latin-1.
fn not_latin<'v, 't>(value: &'v Evaluated<'t>) -> Option<&'v Evaluated<'t>> {
    match &value.data {
        Data::Text(text) => text.chars().any(|c| u32::from(c) > 0xff).then_some(value),
        Data::List(items) => items.iter().find_map(not_latin),
        _ => members(value).iter().find_map(|(_, inner)| not_latin(inner)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::diagnostic::Severity;
    use crate::validate::testing::found;

    fn findings(document: &Json) -> Vec<(Severity, String)> {
        let policy = json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}});
        let found = found("W150", json!({"Resources": {"It": policy}}));
        found.into_iter().map(|finding| (finding.severity, finding.message)).collect()
    }

    fn statement() -> Json {
        json!([{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}])
    }

    #[test]
    fn what_no_document_has_is_found() {
        let message =
            &findings(&json!({"Version": "2012-10-17", "Description": "x", "Statement": statement()}))[0].1;
        assert_eq!(message, "a policy document has no `Description`: the policy is refused");
        let message = &findings(&json!({"Version": "2012-10-17", "Statement": []}))[0].1;
        assert_eq!(message, "the policy has no statement: it is refused");
    }

    #[test]
    fn key_policies_are_of_latin_1() {
        let key = |sid: &str| {
            let statement =
                json!({"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"});
            let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
            let key = json!({"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}});
            found("W150", json!({"Resources": {"It": key}})).len()
        };
        assert_eq!((key("für alle"), key("鍵")), (0, 1));
    }

    #[test]
    fn versions_are_known_ones() {
        assert_eq!(
            findings(&json!({"Version": "2024-01-01", "Statement": statement()}))[0].0,
            Severity::Error
        );
        assert_eq!(
            findings(&json!({"Version": "2008-10-17", "Statement": statement()}))[0].0,
            Severity::Warning
        );
        assert!(findings(&json!({"Version": "2012-10-17", "Id": "i", "Statement": statement()})).is_empty());
        assert!(findings(&json!({"Statement": statement()})).is_empty());
    }
}
