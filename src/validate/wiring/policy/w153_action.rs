//! W153: actions have the form of actions.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::View;

use super::document::{GAP, Kind, loose, shown, statements};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W153"),
    severity: Severity::Error,
    title: "an action is a service and a name",
    what: "An action is `*`, or the prefix of a service without a wildcard, one colon and a name. A trust policy has only `sts:AssumeRole` and its kin, in full; the policy of a bucket, a topic or a queue only actions of its own service, or `*`.",
    why: "The service refuses the policy: \"Actions/Conditions must be prefaced by a vendor\", \"AssumeRole policy may only specify STS AssumeRole actions\", \"Policy has invalid action\".",
    source: "AWS Identity and Access Management User Guide, \"IAM JSON policy elements: Action\"",
    same_as: &[
        "cfn-lint W3037",
        "cdk-preflight pf-iam-policy-action-format",
        "cdk-preflight pf-iam-policy-action-single-colon",
        "cdk-preflight pf-iam-policy-action-vendor-wildcard",
        "cdk-preflight pf-iam-trust-policy-action-sts-only",
    ],
};

/// What a trust policy may allow.
const STS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for statement in statements(view) {
        for value in statement.actions() {
            let action = loose(value);
            if action.is_empty() || action.contains(GAP) {
                continue;
            }
            let Some((message, help)) = fault(&action, statement.kind) else { continue };
            let message = format!("{message}: the policy is refused");
            findings.push(statement.item.finding_at(&RULE, value, message).help(help));
        }
    }
}

fn fault(action: &str, kind: Kind) -> Option<(String, String)> {
    let text = shown(action);
    if kind == Kind::Trust {
        return (!STS.iter().any(|known| known.eq_ignore_ascii_case(action))).then(|| {
            (
                format!("a trust policy doesn't take the action `{text}`"),
                format!("write one of {}", STS.join(", ")),
            )
        });
    }
    if action == "*" {
        return None;
    }
    let Some((prefix, name)) = action.split_once(':') else {
        return Some((
            format!("the action `{text}` names no service"),
            "write the service before it, such as `s3:GetObject`".to_owned(),
        ));
    };
    if name.contains(':') {
        return Some((
            format!("the action `{text}` has more than one colon"),
            "write the service, a colon and the name".to_owned(),
        ));
    }
    if prefix.is_empty() || name.is_empty() {
        let (missing, before) = if name.is_empty() { ("action", "behind") } else { ("service", "before") };
        return Some((
            format!("the action `{text}` names no {missing}"),
            format!("write the {missing} {before} the colon, such as `s3:GetObject`"),
        ));
    }
    if prefix.contains(['*', '?']) {
        return Some((
            format!("the service of the action `{text}` has a wildcard"),
            "write the service in full, or `*` for every action".to_owned(),
        ));
    }
    match kind {
        Kind::Resource(Some(service)) if !prefix.eq_ignore_ascii_case(service) => Some((
            format!("the action `{text}` isn't one of the resource that the policy is about"),
            format!("write an action of `{service}`, or put this one into the policy of a role"),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn of(type_name: &str, property: &str, action: &Json) -> usize {
        let statement = json!({"Effect": "Allow", "Action": action});
        let properties = json!({property: {"Statement": [statement]}});
        found("W153", json!({"Resources": {"It": {"Type": type_name, "Properties": properties}}})).len()
    }

    #[test]
    fn actions_have_their_form() {
        let identity = |action: &str| of("AWS::IAM::ManagedPolicy", "PolicyDocument", &json!(action));
        assert_eq!([identity("*"), identity("s3:*"), identity("s3:Get?bject")], [0; 3]);
        assert_eq!(
            [identity("GetObject"), identity("s3:Get:Object"), identity("*:GetObject"), identity("s?:X")],
            [1; 4]
        );
        assert_eq!([identity("s3:"), identity(":GetObject"), identity(":")], [1; 3]);
        let unknown = json!([{"Fn::Sub": "${AWS::StackName}"}, {"Fn::ImportValue": "x"}]);
        assert_eq!(of("AWS::IAM::ManagedPolicy", "PolicyDocument", &unknown), 0);
    }

    #[test]
    fn a_trust_policy_is_about_sts() {
        let trust = |action: &str| of("AWS::IAM::Role", "AssumeRolePolicyDocument", &json!([action]));
        assert_eq!([trust("sts:AssumeRole"), trust("sts:TagSession")], [0; 2]);
        assert_eq!([trust("sts:*"), trust("s3:GetObject"), trust("*")], [1; 3]);
    }

    #[test]
    fn the_policy_of_a_bucket_is_about_s3() {
        let bucket = |action: &str| of("AWS::S3::BucketPolicy", "PolicyDocument", &json!([action]));
        assert_eq!([bucket("s3:PutObject"), bucket("kms:Decrypt")], [0, 1]);
    }
}
