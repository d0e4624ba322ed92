//! P050 to P059: data that people need is still there tomorrow.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::Code;
use crate::validate::Rule;
use crate::validate::model::{Item, View};

use super::rule::{HARDENING, Look, Must, PRACTICE, PROTECTION, Policy, Value};

fn is_member(_: &View<'_, '_>, item: &Item<'_>) -> bool {
    item.get("DBClusterIdentifier").is_some()
}

/// Whether the value may be a parameter's default: where protection is a parameter that is right, and W050 wants its
/// default to be off.
fn is_by_parameter(view: &View<'_, '_>, _: &Item<'_>) -> bool {
    view.is_at_defaults()
}

pub(super) static DELETION_PROTECTION: Policy = Policy {
    rule: Rule {
        code: Code("P050"),
        severity: PROTECTION.others,
        title: "databases can't be deleted by mistake",
        what: "A database cluster, or an instance that belongs to none, has `DeletionProtection`: by a parameter, so that a failed create can still be rolled back (W050).",
        why: "One wrong command or a deleted stack takes the data with it.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\"",
        same_as: &["FSBP RDS.7", "FSBP RDS.8", "cdk-nag AwsSolutions-RDS10"],
    },
    grade: PROTECTION,
    look: Look::Values(&[
        Value::at("AWS::RDS::DBCluster", "DeletionProtection", Must::BeTrue).unless(is_by_parameter).told(
            "the database can be deleted by mistake",
            "give `DeletionProtection` a parameter that is set to true once the stack is there",
        ),
        Value::at("AWS::RDS::DBInstance", "DeletionProtection", Must::BeTrue)
            .unless(|view, item| is_by_parameter(view, item) || is_member(view, item))
            .told(
                "the database can be deleted by mistake",
                "give `DeletionProtection` a parameter that is set to true once the stack is there",
            ),
    ]),
};

pub(super) static BALANCER_PROTECTION: Policy = Policy {
    rule: Rule {
        code: Code("P051"),
        severity: PRACTICE.others,
        title: "load balancers can't be deleted by mistake",
        what: "The attribute `deletion_protection.enabled` of a load balancer is on: by a parameter, so that a failed create can still be rolled back (W050).",
        why: "A new one has another name and addresses: whatever refers to it is wrong.",
        source: "AWS Security Hub User Guide, \"Elastic Load Balancing controls\"",
        same_as: &["FSBP ELB.6"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::attribute(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "LoadBalancerAttributes",
        "deletion_protection.enabled",
        Must::BeTrue,
    )
    .unless(is_by_parameter)
    .told(
        "the load balancer can be deleted by mistake",
        "give `deletion_protection.enabled` a parameter that is set to true once the stack is there",
    )]),
};

pub(super) static DATABASE_BACKUPS: Policy = Policy {
    rule: Rule {
        code: Code("P052"),
        severity: PROTECTION.others,
        title: "databases are backed up for a week",
        what: "`BackupRetentionPeriod` of a database cluster, or of an instance that belongs to none, is at least 7; the default is 1.",
        why: "What was deleted or spoilt some days ago can't be brought back.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\"",
        same_as: &["FSBP RDS.11", "FSBP RDS.50", "cdk-nag AwsSolutions-RDS13"],
    },
    grade: PROTECTION,
    look: Look::Values(&[
        Value::at("AWS::RDS::DBCluster", "BackupRetentionPeriod", Must::BeAtLeast(7)).told(
            "backups of the database are kept for less than a week",
            "set `BackupRetentionPeriod` to 7 or more",
        ),
        Value::at("AWS::RDS::DBInstance", "BackupRetentionPeriod", Must::BeAtLeast(7))
            .unless(|view, item| is_member(view, item) || item.get("SourceDBInstanceIdentifier").is_some())
            .told(
                "backups of the database are kept for less than a week",
                "set `BackupRetentionPeriod` to 7 or more",
            ),
    ]),
};

pub(super) static CACHE_BACKUPS: Policy = Policy {
    rule: Rule {
        code: Code("P053"),
        severity: PRACTICE.others,
        title: "caches have snapshots",
        what: "`SnapshotRetentionLimit` of a replication group is at least 1.",
        why: "Queued tasks, and whatever else only the cache has, are gone when its nodes are.",
        source: "AWS Security Hub User Guide, \"Amazon ElastiCache controls\"",
        same_as: &["FSBP ElastiCache.1"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::at(
        "AWS::ElastiCache::ReplicationGroup",
        "SnapshotRetentionLimit",
        Must::BeAtLeast(1),
    )
    .told("no snapshot of the cache is kept", "set `SnapshotRetentionLimit: 1` or more")]),
};

pub(super) static FILE_BACKUPS: Policy = Policy {
    rule: Rule {
        code: Code("P054"),
        severity: PRACTICE.others,
        title: "file systems are backed up",
        what: "An EFS file system has `BackupPolicy: {Status: ENABLED}`.",
        why: "Files that are deleted or spoilt can't be brought back.",
        source: "AWS Security Hub User Guide, \"Amazon EFS controls\"",
        same_as: &["FSBP EFS.2", "FSBP EFS.7"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::at(
        "AWS::EFS::FileSystem",
        "BackupPolicy.Status",
        Must::BeOneOf(&["ENABLED"]),
    )
    .told("the file system isn't backed up", "set `BackupPolicy: {Status: ENABLED}`")]),
};

pub(super) static VERSIONING: Policy = Policy {
    rule: Rule {
        code: Code("P055"),
        severity: PRACTICE.others,
        title: "buckets keep old versions",
        what: "A bucket has `VersioningConfiguration: {Status: Enabled}`.",
        why: "A file that is deleted or overwritten is gone.",
        source: "Amazon S3 User Guide, \"Retaining multiple versions of objects with S3 Versioning\"",
        same_as: &["Security Hub S3.14", "checkov CKV_AWS_21"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::at(
        "AWS::S3::Bucket",
        "VersioningConfiguration.Status",
        Must::BeOneOf(&["Enabled"]),
    )
    .told(
        "deleted and overwritten files are gone",
        "set `VersioningConfiguration: {Status: Enabled}`, and let old versions expire",
    )]),
};

pub(super) static SNAPSHOT_TAGS: Policy = Policy {
    rule: Rule {
        code: Code("P056"),
        severity: HARDENING.others,
        title: "snapshots have the tags of their database",
        what: "A database has `CopyTagsToSnapshot: true`.",
        why: "Whose a snapshot is, and what it costs, can't be told from its tags.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\"",
        same_as: &["FSBP RDS.16", "FSBP RDS.17", "FSBP RDS.47", "FSBP RDS.48"],
    },
    grade: HARDENING,
    look: Look::Values(&[
        Value::at("AWS::RDS::DBCluster", "CopyTagsToSnapshot", Must::BeTrue)
            .told("snapshots don't get the database's tags", "set `CopyTagsToSnapshot: true`"),
        Value::at("AWS::RDS::DBInstance", "CopyTagsToSnapshot", Must::BeTrue)
            .unless(is_member)
            .told("snapshots don't get the database's tags", "set `CopyTagsToSnapshot: true`"),
    ]),
};

pub(super) static ZONES: Policy = Policy {
    rule: Rule {
        code: Code("P057"),
        severity: PRACTICE.others,
        title: "databases and caches outlive a zone",
        what: "A database instance without cluster has `MultiAZ`, a cluster has two instances, a replication group `AutomaticFailoverEnabled` and `MultiAZEnabled`.",
        why: "When the zone of the only node fails, everything stands still until a new one is there.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\" and \"Amazon ElastiCache controls\"",
        same_as: &[
            "FSBP RDS.5",
            "FSBP RDS.15",
            "FSBP ElastiCache.3",
            "checkov CKV_AWS_157",
            "cdk-nag AwsSolutions-RDS3",
            "cdk-nag AwsSolutions-AEC4",
        ],
    },
    grade: PRACTICE,
    look: Look::Code(|view, found| {
        for instance in view.of("AWS::RDS::DBInstance").filter(|item| !is_member(view, item)) {
            let multi = instance.get("MultiAZ");
            if multi.is_none_or(|value| value.boolean() == Some(false)) {
                found.tell(instance, multi, "the database has one node in one zone", "set `MultiAZ: true`");
            }
        }
        for cluster in
            view.of("AWS::RDS::DBCluster").filter(|item| item.get("DBClusterInstanceClass").is_none())
        {
            let instances = view.of("AWS::RDS::DBInstance");
            let of_cluster = instances.filter(|item| {
                item.get("DBClusterIdentifier").and_then(Evaluated::resource) == Some(cluster.id)
            });
            if of_cluster.count() == 1 {
                found.tell(
                    cluster,
                    None,
                    "the database has one node in one zone",
                    "add a second `AWS::RDS::DBInstance` to the cluster",
                );
            }
        }
        for group in view.of("AWS::ElastiCache::ReplicationGroup") {
            let is_off = |name: &&str| group.get(name).is_none_or(|value| value.boolean() == Some(false));
            if let Some(name) = ["AutomaticFailoverEnabled", "MultiAZEnabled"].into_iter().find(is_off) {
                let help = "set `AutomaticFailoverEnabled` and `MultiAZEnabled`, with two nodes or more";
                found.tell(group, group.get(name), "the cache doesn't outlive its zone", help);
            }
        }
    }),
};

pub(super) static LIFECYCLE: Policy = Policy {
    rule: Rule {
        code: Code("P058"),
        severity: HARDENING.others,
        title: "what nobody needs any more goes by itself",
        what: "A bucket has a `LifecycleConfiguration`, an ECR repository a `LifecyclePolicy`.",
        why: "Unfinished uploads, old versions and old images are paid for for ever.",
        source: "AWS Security Hub User Guide, \"Amazon S3 controls\" and \"Amazon ECR controls\"",
        same_as: &["FSBP S3.13", "FSBP ECR.3"],
    },
    grade: HARDENING,
    look: Look::Values(&[
        Value::at("AWS::S3::Bucket", "LifecycleConfiguration", Must::BeThere)
            .told("nothing ever leaves the bucket by itself", "add a `LifecycleConfiguration`"),
        Value::at("AWS::ECR::Repository", "LifecyclePolicy", Must::BeThere)
            .told("old images are kept for ever", "add a `LifecyclePolicy`"),
    ]),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::policy::testing::{silent, silent_of, tells, tells_of};

    #[test]
    fn a_parameter_is_protection_enough() {
        tells_of("P050", "AWS::RDS::DBCluster", json!({}));
        tells_of("P050", "AWS::RDS::DBInstance", json!({"DeletionProtection": false}));
        silent_of("P050", "AWS::RDS::DBInstance", json!({"DBClusterIdentifier": "c"}));
        let cluster =
            json!({"Type": "AWS::RDS::DBCluster", "Properties": {"DeletionProtection": {"Ref": "Protect"}}});
        let parameter = json!({"Type": "String", "Default": "false", "AllowedValues": ["true", "false"]});
        silent("P050", json!({"Parameters": {"Protect": parameter}, "Resources": {"It": cluster}}));
        let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
        tells_of("P051", balancer, json!({}));
        let on = json!({"LoadBalancerAttributes": [{"Key": "deletion_protection.enabled", "Value": "true"}]});
        silent_of("P051", balancer, on);
    }

    #[test]
    fn backups() {
        tells_of("P052", "AWS::RDS::DBCluster", json!({"BackupRetentionPeriod": 1}));
        tells_of("P052", "AWS::RDS::DBInstance", json!({}));
        silent_of("P052", "AWS::RDS::DBCluster", json!({"BackupRetentionPeriod": 7}));
        tells_of("P053", "AWS::ElastiCache::ReplicationGroup", json!({}));
        silent_of("P053", "AWS::ElastiCache::ReplicationGroup", json!({"SnapshotRetentionLimit": 1}));
        tells_of("P054", "AWS::EFS::FileSystem", json!({}));
        silent_of("P054", "AWS::EFS::FileSystem", json!({"BackupPolicy": {"Status": "ENABLED"}}));
        tells_of("P055", "AWS::S3::Bucket", json!({}));
        silent_of("P055", "AWS::S3::Bucket", json!({"VersioningConfiguration": {"Status": "Enabled"}}));
    }

    #[test]
    fn tags_and_zones() {
        tells_of("P056", "AWS::RDS::DBCluster", json!({}));
        silent_of("P056", "AWS::RDS::DBCluster", json!({"CopyTagsToSnapshot": true}));
        let instance = json!({"Type": "AWS::RDS::DBInstance", "Properties": {"DBClusterIdentifier": {"Ref": "Cluster"}}});
        let cluster = json!({"Type": "AWS::RDS::DBCluster", "Properties": {}});
        tells("P057", json!({"Cluster": cluster, "One": instance}));
        silent("P057", json!({"Cluster": cluster, "One": instance, "Two": instance}));
        tells_of("P057", "AWS::ElastiCache::ReplicationGroup", json!({"AutomaticFailoverEnabled": true}));
    }

    #[test]
    fn lifecycles() {
        tells_of("P058", "AWS::ECR::Repository", json!({}));
        silent_of(
            "P058",
            "AWS::S3::Bucket",
            json!({"LifecycleConfiguration": {"Rules": [{"Status": "Enabled"}]}}),
        );
    }
}
