//! W177: a bucket that blocks public policies has none.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{View, many};

pub(super) static RULE: Rule = Rule {
    code: Code("W177"),
    severity: Severity::Error,
    title: "a bucket that blocks public policies has no public one",
    what: "Where a bucket of the template has `BlockPublicPolicy`, no statement of its policy allows something to everybody without a condition.",
    why: "S3 refuses the policy: \"User is not authorized to perform s3:PutBucketPolicy because public policies are blocked by the BlockPublicPolicy block public access setting\".",
    source: "Amazon Simple Storage Service User Guide, \"Blocking public access to your Amazon S3 storage\"",
    same_as: &["cdk-preflight pf-s3-policy-public-with-block-public-policy"],
};

fn is_everybody(principal: &Evaluated<'_>) -> bool {
    let accounts = principal.get("AWS").map(|accounts| many(Some(accounts))).unwrap_or_default();
    std::iter::once(principal).chain(accounts).any(|value| value.text().as_deref() == Some("*"))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for policy in view.of("AWS::S3::BucketPolicy") {
        let Some(bucket) = view.target_of(policy.get("Bucket"), "AWS::S3::Bucket") else { continue };
        let blocks =
            bucket.get("PublicAccessBlockConfiguration.BlockPublicPolicy").and_then(Evaluated::boolean);
        if blocks != Some(true) {
            continue;
        }
        for statement in many(policy.get("PolicyDocument.Statement")) {
            let allows = statement.get("Effect").and_then(Evaluated::text).as_deref() == Some("Allow");
            if allows
                && statement.get("Condition").is_none()
                && statement.get("Principal").is_some_and(is_everybody)
            {
                let message = format!("`{}` blocks public policies: S3 refuses this one", bucket.id);
                findings.push(
                    policy
                        .finding_at(&RULE, statement, message)
                        .help("name whom you allow it, or add a condition"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn count(statement: &Json, blocks: bool) -> usize {
        let bucket = json!({"Type": "AWS::S3::Bucket", "Properties": {"PublicAccessBlockConfiguration": {"BlockPublicPolicy": blocks}}});
        let policy = json!({"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": [statement]}}});
        found("W177", json!({"Resources": {"Bucket": bucket, "Policy": policy}})).len()
    }

    #[test]
    fn a_public_policy_is_found() {
        let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:GetObject", "Resource": "*"});
        assert_eq!((count(&statement, true), count(&statement, false)), (1, 0));
        statement["Condition"] = json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}});
        assert_eq!(count(&statement, true), 0);
        let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
        assert_eq!(count(&deny, true), 0);
    }
}
