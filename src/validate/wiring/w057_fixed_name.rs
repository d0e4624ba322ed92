//! W057: what is replaced has no fixed name.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W057"),
    severity: Severity::Warning,
    title: "what can be replaced has no fixed name",
    what: "A load balancer, target group, security group, database, cache, bucket or role has no name in so many words: none, or one that holds the stack's.",
    why: "A change that replaces it fails, since the new one is made while the old one has the name: \"already exists\".",
    source: "AWS CloudFormation User Guide, \"Name type\"",
    same_as: &[],
};

/// Types with a name of their own, and the property.
const NAMES: [(&str, &str); 8] = [
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Name"),
    ("AWS::EC2::SecurityGroup", "GroupName"),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::IAM::Role", "RoleName"),
];

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for (type_name, property) in NAMES {
        for item in view.of(type_name) {
            let Some(name) = item.get(property) else { continue };
            let Some(text) = name.text().filter(|_| name.is_literal()) else { continue };
            let mut finding = item
                .finding_at(
                    &RULE,
                    name,
                    format!("it is always called `{text}`: a change that replaces it fails, and so does a second stack"),
                )
                .help("take the name away, or let it hold `${AWS::StackName}`");
            finding.severity = Severity::Note;
            findings.push(finding);
            if item.is("AWS::S3::Bucket") && (text.contains('_') || text.chars().any(char::is_uppercase)) {
                let message =
                    format!("a bucket can't be called `{text}`: capital letters and `_` are refused");
                let mut finding =
                    item.finding_at(&RULE, name, message).help("use small letters, digits and hyphens");
                finding.severity = Severity::Error;
                findings.push(finding);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::diagnostic::Severity;
    use crate::validate::testing::found;
    use crate::validate::wiring::testing::{changed, only};

    #[test]
    fn a_fixed_name_is_told() {
        let notes = found("W057", changed(&[("/Balancer/Properties/Name", json!("dify"))]));
        assert!(notes.len() == 1 && notes[0].severity == Severity::Note, "{notes:#?}");
        let named = found(
            "W057",
            changed(&[("/Balancer/Properties/Name", json!({"Fn::Sub": "${AWS::StackName}-x"}))]),
        );
        assert!(named.is_empty(), "{named:#?}");
    }

    #[test]
    fn a_bucket_with_capitals_is_found() {
        let bucket = json!({"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"BucketName": "My_Files"}});
        only("W057", &[("/Files", bucket)]);
    }
}
