//! W157: the resources of a statement can be those of its actions.

use std::collections::BTreeMap;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::{View, many};

use super::actions::Service;
use super::arn::Pattern;
use super::document::{GAP, Kind, loose, statements};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W157"),
    severity: Severity::Warning,
    title: "an action is about a resource of its statement",
    what: "Of the resources of a statement that allows, in the policy of an identity, at least one can be what an action, written in full, is about: `s3:GetObject` is about objects (`arn:aws:s3:::bucket/*`), and an action that is about nothing in particular needs `*`. In the policy of a bucket that holds for every statement, and is an error.",
    why: "The call is denied in spite of the statement. S3 refuses the policy of a bucket: \"Action does not apply to any resource(s) in statement\".",
    source: "Service Authorization Reference, as cfn-lint 1.58.0 has it",
    same_as: &["cfn-lint I3510", "cdk-preflight pf-s3-bucket-policy-action-resource"],
};

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    // Many statements ask the same.
    let mut known: BTreeMap<(Pattern, &str), bool> = BTreeMap::new();
    for statement in statements(view) {
        let is_bucket = statement.kind == Kind::Resource(Some("s3"));
        let allows = statement.get("Effect").and_then(Evaluated::text).as_deref() == Some("Allow");
        if !(is_bucket || (statement.kind == Kind::Identity && allows)) {
            continue;
        }
        let resources = many(statement.get("Resource"));
        if resources.is_empty() || resources.iter().any(|resource| loose(resource) == "*") {
            continue;
        }
        let mut patterns: Option<Vec<Pattern>> = None;
        for value in many(statement.get("Action")) {
            let action = loose(value);
            let Some((prefix, name)) = action.split_once(':') else { continue };
            if action.contains(['*', '?', GAP]) {
                continue;
            }
            let Some(forms) = Service::get(prefix).and_then(|service| service.forms(name)) else { continue };
            let mut fits = |forms: &'static str| {
                let all = || resources.iter().map(|resource| Pattern::of(view, resource)).collect();
                let mut may_match = |pattern: &Pattern| {
                    let answer = known.entry((pattern.clone(), forms));
                    *answer.or_insert_with(|| pattern.may_match(forms))
                };
                patterns.get_or_insert_with(all).iter().any(&mut may_match)
            };
            // What is about nothing in particular needs `*` itself.
            let open = forms == "*" && resources.iter().all(|resource| !loose(resource).starts_with("arn:"));
            if (forms != "*" && fits(forms)) || open {
                continue;
            }
            let (message, help) = if forms == "*" {
                (
                    format!("`{action}` is about no resource in particular: these resources deny it"),
                    "write it in a statement of its own with `Resource: \"*\"`".to_owned(),
                )
            } else {
                (
                    format!("`{action}` is about none of these resources: the statement has no effect on it"),
                    format!(
                        "give it a resource such as {}",
                        forms.split(' ').map(|form| format!("`{form}`")).collect::<Vec<_>>().join(" or ")
                    ),
                )
            };
            let mut finding = statement.item.finding_at(&RULE, value, message).help(help);
            if is_bucket {
                finding.severity = Severity::Error;
            }
            findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::diagnostic::Severity;
    use crate::validate::testing::found;

    fn severities(type_name: &str, action: &str, resource: &Json) -> Vec<Severity> {
        let statement = json!({"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource});
        let properties = json!({"PolicyDocument": {"Statement": [statement]}});
        let policy = json!({"Type": type_name, "Properties": properties});
        let bucket = json!({"Type": "AWS::S3::Bucket"});
        let found = found("W157", json!({"Resources": {"It": policy, "Bucket": bucket}}));
        found.into_iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn objects_are_not_buckets() {
        let bucket = json!({"Fn::GetAtt": ["Bucket", "Arn"]});
        let objects = json!({"Fn::Sub": "${Bucket.Arn}/*"});
        for (type_name, severity) in
            [("AWS::IAM::ManagedPolicy", Severity::Warning), ("AWS::S3::BucketPolicy", Severity::Error)]
        {
            assert_eq!(severities(type_name, "s3:GetObject", &bucket), [severity]);
            assert_eq!(severities(type_name, "s3:GetObject", &json!([bucket.clone(), objects.clone()])), []);
            assert_eq!(severities(type_name, "s3:ListBucket", &bucket), []);
        }
        let by_name = json!({"Fn::Sub": "arn:aws:s3:::${Bucket}"});
        assert_eq!(severities("AWS::IAM::ManagedPolicy", "s3:PutObject", &by_name), [Severity::Warning]);
    }

    #[test]
    fn what_is_about_nothing_needs_everything() {
        let repository = json!("arn:aws:ecr:us-east-1:123456789012:repository/a");
        let of = |action: &str, resource: &Json| severities("AWS::IAM::ManagedPolicy", action, resource);
        assert_eq!(of("ecr:GetAuthorizationToken", &repository), [Severity::Warning]);
        assert_eq!(of("ecr:GetAuthorizationToken", &json!("*")), []);
        assert_eq!(of("ecr:BatchGetImage", &repository), []);
        assert_eq!(of("ecr:GetAuthorizationToken", &json!({"Fn::ImportValue": "x"})), []);
    }
}
