//! W151: statements have the elements that they need, and no others.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::validate::Rule;
use crate::validate::wiring::model::{View, many};

use super::document::{Kind, Need, Statement, documents};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W151"),
    severity: Severity::Error,
    title: "a statement has the elements that its kind of policy needs",
    what: "A statement has an `Effect` of `Allow` or `Deny`, exactly one of `Action` and `NotAction`, at most one of `Resource` and `NotResource`, one where its policy needs it and none in a trust policy, no unknown element, and no `Sid` that another statement of the policy has; in the policies of identities and trust policies a `Sid` is of letters and digits.",
    why: "The service refuses the policy: \"Policy statement must contain actions\", \"Has prohibited field Resource\", \"Statement IDs (SID) in a single policy must be unique\".",
    source: "AWS Identity and Access Management User Guide, \"IAM JSON policy elements reference\"",
    same_as: &[
        "cfn-lint E3510",
        "cfn-lint E3512",
        "cfn-lint E3511",
        "cfn-lint E3513",
        "cdk-preflight pf-iam-policy-action-required",
        "cdk-preflight pf-iam-policy-effect-case",
        "cdk-preflight pf-iam-policy-effect-required",
        "cdk-preflight pf-iam-policy-exclusive-fields",
        "cdk-preflight pf-iam-policy-sid-format",
        "cdk-preflight pf-iam-policy-duplicate-sid",
        "cdk-preflight pf-iam-policy-statement-resource-required",
        "cdk-preflight pf-iam-policy-statement-unknown-field",
        "cdk-preflight pf-iam-trust-policy-no-resource",
        "cdk-preflight pf-kms-key-policy-statement",
    ],
};

const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for document in documents(view) {
        let mut seen = BTreeSet::new();
        for statement in document.statements() {
            elements(statement, findings);
            let Some((value, sid)) = statement.get("Sid").and_then(|value| Some((value, value.text()?)))
            else {
                continue;
            };
            // S3, KMS and others take any text.
            let is_iam = matches!(statement.kind, Kind::Identity | Kind::Trust);
            if is_iam && !sid.chars().all(|c| c.is_ascii_alphanumeric()) {
                let message = format!(
                    "the `Sid` \"{sid}\" has other characters than letters and digits: the policy is refused"
                );
                findings.push(
                    document
                        .item
                        .finding_at(&RULE, value, message)
                        .help("write it with letters and digits alone"),
                );
            }
            if !seen.insert(sid.clone()) && !sid.is_empty() {
                let message = format!(
                    "another statement of this policy has the `Sid` \"{sid}\": the policy is refused"
                );
                findings.push(
                    document
                        .item
                        .finding_at(&RULE, value, message)
                        .help("name each statement otherwise, or none"),
                );
            }
        }
    }
}

fn elements(statement: Statement<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let item = statement.item;
    for (key, value) in statement.members() {
        if !ELEMENTS.contains(key) {
            let finding =
                item.finding_at(&RULE, value, format!("a statement has no `{key}`: the policy is refused"));
            findings.push(match nearest(key, ELEMENTS) {
                Some(name) => finding.help(format!("did you mean `{name}`?")),
                None => finding.help("take it away"),
            });
        }
    }
    let mut refuse = |element: Option<&str>, message: &str, help: &str| {
        let value = element.and_then(|element| statement.get(element)).unwrap_or(statement.value);
        findings.push(item.finding_at(&RULE, value, format!("{message}: the policy is refused")).help(help));
    };
    match statement.get("Effect") {
        None => refuse(None, "the statement has no `Effect`", "write `Effect: Allow` or `Effect: Deny`"),
        Some(effect) => {
            if effect.text().is_some_and(|effect| effect != "Allow" && effect != "Deny") {
                refuse(
                    Some("Effect"),
                    "`Effect` is neither `Allow` nor `Deny`",
                    "write it with a capital letter: `Allow` or `Deny`",
                );
            }
        }
    }
    let has = |element: &str| statement.get(element).is_some();
    for (element, other) in [("Action", "NotAction"), ("Resource", "NotResource")] {
        if has(element) && has(other) {
            refuse(
                Some(other),
                &format!("the statement has both `{element}` and `{other}`"),
                "keep one of the two",
            );
        }
    }
    if statement.actions().next().is_none() {
        refuse(None, "the statement has no action", "write `Action` with one action or more");
    }
    let resources = many(statement.get("Resource")).len() + many(statement.get("NotResource")).len();
    match statement.kind.resource() {
        Need::Required if resources == 0 => {
            refuse(None, "the statement has no resource", "write `Resource` with an ARN or `*`");
        }
        Need::Forbidden => {
            for element in ["Resource", "NotResource"].into_iter().filter(|element| has(element)) {
                refuse(
                    Some(element),
                    &format!("a trust policy takes no `{element}`"),
                    "take it away: the role itself is the resource",
                );
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn messages(type_name: &str, property: &str, statements: &Json) -> Vec<String> {
        let properties = json!({property: {"Version": "2012-10-17", "Statement": statements}});
        let template = json!({"Resources": {"It": {"Type": type_name, "Properties": properties}}});
        found("W151", template).into_iter().map(|finding| finding.message).collect()
    }

    fn identity(statements: &Json) -> Vec<String> {
        messages("AWS::IAM::Policy", "PolicyDocument", statements)
    }

    #[test]
    fn missing_and_wrong_elements_are_found() {
        let cases = [
            (json!({"Action": "s3:*", "Resource": "*"}), "the statement has no `Effect`"),
            (
                json!({"Effect": "allow", "Action": "s3:*", "Resource": "*"}),
                "`Effect` is neither `Allow` nor `Deny`",
            ),
            (json!({"Effect": "Allow", "Resource": "*"}), "the statement has no action"),
            (json!({"Effect": "Allow", "Action": [], "Resource": "*"}), "the statement has no action"),
            (json!({"Effect": "Allow", "Action": "s3:*"}), "the statement has no resource"),
            (
                json!({"Effect": "Allow", "Action": "s3:*", "NotAction": "s3:*", "Resource": "*"}),
                "the statement has both `Action` and `NotAction`",
            ),
            (
                json!({"Effect": "Allow", "Actions": "s3:*", "Action": "s3:*", "Resource": "*"}),
                "a statement has no `Actions`",
            ),
        ];
        for (statement, message) in cases {
            assert_eq!(identity(&json!([statement])), [format!("{message}: the policy is refused")]);
        }
    }

    #[test]
    fn names_of_statements_are_plain_and_unique() {
        let statement = |sid: &str| json!({"Sid": sid, "Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        assert!(identity(&json!([statement("A1"), statement("B")])).is_empty());
        assert_eq!(identity(&json!([statement("a-b")])).len(), 1);
        assert_eq!(identity(&json!([statement("A"), statement("A")])).len(), 1);
        let key = |sid: &str| json!({"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"});
        assert!(messages("AWS::KMS::Key", "KeyPolicy", &json!([key("Enable IAM policies")])).is_empty());
    }

    #[test]
    fn a_trust_policy_has_no_resource() {
        let principal = json!({"Service": "ecs-tasks.amazonaws.com"});
        let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        assert!(messages("AWS::IAM::Role", "AssumeRolePolicyDocument", &json!(statement)).is_empty());
        let mut with = statement;
        with["Resource"] = json!("*");
        assert_eq!(messages("AWS::IAM::Role", "AssumeRolePolicyDocument", &json!([with])).len(), 1);
    }

    #[test]
    fn what_is_not_known_is_left_alone() {
        assert!(identity(&json!([{"Fn::ImportValue": "Statement"}])).is_empty());
        let statement =
            json!({"Effect": {"Ref": "AWS::StackName"}, "Action": {"Fn::ImportValue": "a"}, "Resource": "*"});
        assert!(identity(&json!([statement])).is_empty());
    }
}
