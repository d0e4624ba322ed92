//! W027: what holds data says what becomes of it.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W027"),
    severity: Severity::Warning,
    title: "what holds data says what becomes of it when the stack goes",
    what: "Databases, caches, file systems, buckets, tables, keys, secrets and log groups have a `DeletionPolicy` and an `UpdateReplacePolicy`; `Snapshot` stands on an Aurora cluster, not on its instances.",
    why: "CloudFormation deletes most of them with the stack, or when a changed property replaces them: the data is lost.",
    source: "AWS CloudFormation User Guide, \"DeletionPolicy attribute\" and \"UpdateReplacePolicy attribute\"",
    same_as: &[],
};

/// Types that hold data.
const STATEFUL: [&str; 9] = [
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::EFS::FileSystem",
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::SecretsManager::Secret",
    "AWS::Logs::LogGroup",
];

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for item in view.items().filter(|item| STATEFUL.contains(&item.resource.type_name.as_str())) {
        let member = item.is("AWS::RDS::DBInstance") && item.get("DBClusterIdentifier").is_some();
        let policy = item.resource.deletion_policy.as_ref();
        if member {
            if policy.and_then(|policy| policy.as_str()) == Some("Snapshot") {
                findings.push(
                    item.finding(&RULE, "the data is in the cluster: no snapshot is taken of an instance of it, and CloudFormation refuses the policy")
                        .help("put `DeletionPolicy: Snapshot` on the cluster, and `Delete` here"),
                );
            }
            continue;
        }
        let missing: Vec<_> = [
            ("DeletionPolicy", policy.is_none()),
            ("UpdateReplacePolicy", item.resource.update_replace_policy.is_none()),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(name, _)| format!("`{name}`"))
        .collect();
        if !missing.is_empty() {
            let message = format!(
                "there is no {}: CloudFormation's default decides what becomes of its data, and mostly deletes it",
                missing.join(" and no ")
            );
            findings.push(item.finding(&RULE, message).help("say `Retain`, `Snapshot` or `Delete`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_missing_policy_is_found() {
        let (message, pointer) = only("W027", &[("/Database/DeletionPolicy", Json::Null)]);
        assert!(message.starts_with("there is no `DeletionPolicy`:"), "{message}");
        assert_eq!(pointer, "/Resources/Database");
        only("W027", &[("/Writer/DeletionPolicy", json!("Snapshot"))]);
    }

    #[test]
    fn any_that_is_said_is_accepted() {
        none(&[("/Database/DeletionPolicy", json!("Delete")), ("/Writer/DeletionPolicy", Json::Null)]);
    }
}
