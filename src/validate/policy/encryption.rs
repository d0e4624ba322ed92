//! P001 to P009: what is stored is encrypted, with keys that are looked after.

use crate::diagnostic::Code;
use crate::validate::Rule;
use crate::validate::model::{Item, View};

use super::rule::{HARDENING, Look, Must, PROTECTION, Policy, Value};

pub(super) static DATABASE: Policy = Policy {
    rule: Rule {
        code: Code("P001"),
        severity: PROTECTION.others,
        title: "databases are encrypted at rest",
        what: "A database cluster, or an instance that belongs to none, has `StorageEncrypted: true`, unless it is restored or copied from another, whose encryption it takes over.",
        why: "Storage, snapshots and replicas can be read by whoever gets at them; turning it on later replaces the database.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\"",
        same_as: &[
            "FSBP RDS.3",
            "FSBP RDS.27",
            "FSBP RDS.4",
            "checkov CKV_AWS_16",
            "checkov CKV_AWS_96",
            "cdk-nag AwsSolutions-RDS2",
        ],
    },
    grade: PROTECTION,
    look: Look::Values(&[
        Value::at("AWS::RDS::DBCluster", "StorageEncrypted", Must::BeTrue).unless(takes_over).told(
            "the database's storage isn't encrypted",
            "set `StorageEncrypted: true` before there is data in it",
        ),
        Value::at("AWS::RDS::DBInstance", "StorageEncrypted", Must::BeTrue)
            .unless(|view, item| item.get("DBClusterIdentifier").is_some() || takes_over(view, item))
            .told(
                "the database's storage isn't encrypted",
                "set `StorageEncrypted: true` before there is data in it",
            ),
    ]),
};

/// Whether a database takes over the encryption of another one, or always has it.
fn takes_over(_: &View<'_, '_>, item: &Item<'_>) -> bool {
    let sources = [
        "SnapshotIdentifier",
        "DBSnapshotIdentifier",
        "DBClusterSnapshotIdentifier",
        "SourceDBClusterIdentifier",
        "SourceDBInstanceIdentifier",
        "SourceDbiResourceId",
        "ReplicationSourceIdentifier",
        "GlobalClusterIdentifier",
        "KmsKeyId",
    ];
    sources.into_iter().any(|source| item.get(source).is_some())
        || item.text("EngineMode").as_deref() == Some("serverless")
}

pub(super) static CACHE: Policy = Policy {
    rule: Rule {
        code: Code("P002"),
        severity: PROTECTION.others,
        title: "caches are encrypted at rest",
        what: "A replication group has `AtRestEncryptionEnabled: true`; with Valkey that is the default.",
        why: "Disks and snapshots of the cache, with sessions and queued tasks in them, can be read; turning it on later replaces the cache.",
        source: "AWS Security Hub User Guide, \"Amazon ElastiCache controls\"",
        same_as: &["FSBP ElastiCache.4", "checkov CKV_AWS_29", "cdk-nag AwsSolutions-AEC3"],
    },
    grade: PROTECTION,
    look: Look::Values(&[Value::at(
        "AWS::ElastiCache::ReplicationGroup",
        "AtRestEncryptionEnabled",
        Must::BeTrue,
    )
    .unless(|_, item| item.get("AtRestEncryptionEnabled").is_none() && may_be_valkey(item))
    .told("the cache isn't encrypted at rest", "set `AtRestEncryptionEnabled: true`")]),
};

/// Whether the engine is Valkey, or isn't known.
pub(super) fn may_be_valkey(item: &Item<'_>) -> bool {
    match item.get("Engine") {
        Some(engine) => engine.text().is_none_or(|text| text.eq_ignore_ascii_case("valkey")),
        None => item.get("SnapshotName").is_some() || item.get("GlobalReplicationGroupId").is_some(),
    }
}

pub(super) static FILE_SYSTEM: Policy = Policy {
    rule: Rule {
        code: Code("P003"),
        severity: PROTECTION.others,
        title: "file systems are encrypted at rest",
        what: "An EFS file system has `Encrypted: true`.",
        why: "Files can be read by whoever gets at the storage; turning it on later needs a new file system.",
        source: "AWS Security Hub User Guide, \"Amazon EFS controls\"",
        same_as: &["FSBP EFS.1", "FSBP EFS.8", "checkov CKV_AWS_42", "cdk-nag AwsSolutions-EFS1"],
    },
    grade: PROTECTION,
    look: Look::Values(&[Value::at("AWS::EFS::FileSystem", "Encrypted", Must::BeTrue)
        .unless(|_, item| item.get("KmsKeyId").is_some())
        .told("the file system isn't encrypted", "set `Encrypted: true` before there are files in it")]),
};

pub(super) static TOPIC: Policy = Policy {
    rule: Rule {
        code: Code("P004"),
        severity: HARDENING.others,
        title: "topics are encrypted with a key",
        what: "An SNS topic has a `KmsMasterKeyId`. Alarms reach it only with a key of your own whose policy allows `cloudwatch.amazonaws.com`.",
        why: "What is published stays readable in SNS's storage until it is delivered.",
        source: "AWS Security Hub User Guide, \"Amazon SNS controls\"",
        same_as: &["Security Hub SNS.1", "checkov CKV_AWS_26"],
    },
    grade: HARDENING,
    look: Look::Values(&[Value::at("AWS::SNS::Topic", "KmsMasterKeyId", Must::BeThere).told(
        "the topic isn't encrypted",
        "set `KmsMasterKeyId`, to a key of your own if alarms publish to the topic",
    )]),
};

pub(super) static CUSTOMER_KEY: Policy = Policy {
    rule: Rule {
        code: Code("P005"),
        severity: HARDENING.others,
        title: "a key of your own encrypts logs, secrets and images",
        what: "Log groups and secrets have a `KmsKeyId`, ECR repositories an `EncryptionConfiguration` with a KMS key. Without one, AWS encrypts with a key of its own.",
        why: "Who may decrypt is then decided by the service alone, and can't be taken back by a key's policy.",
        source: "AWS Security Hub User Guide, \"Amazon ECR controls\"; AWS CloudFormation Template Reference, `KmsKeyId`",
        same_as: &["checkov CKV_AWS_158", "checkov CKV_AWS_149", "checkov CKV_AWS_136", "Security Hub ECR.5"],
    },
    grade: HARDENING,
    look: Look::Values(&[
        Value::at("AWS::Logs::LogGroup", "KmsKeyId", Must::BeThere).told(
            "the log group is encrypted with AWS's key only",
            "set `KmsKeyId` where logs hold what only some may read",
        ),
        Value::at("AWS::SecretsManager::Secret", "KmsKeyId", Must::BeThere).told(
            "the secret is encrypted with AWS's key only",
            "set `KmsKeyId` where other accounts or stricter rules need it",
        ),
        Value::at(
            "AWS::ECR::Repository",
            "EncryptionConfiguration.EncryptionType",
            Must::BeOneOf(&["KMS", "KMS_DSSE"]),
        )
        .told(
            "the images are encrypted with AWS's key only",
            "set `EncryptionConfiguration` to `KMS`; this replaces the repository",
        ),
    ]),
};

pub(super) static KEY_ROTATION: Policy = Policy {
    rule: Rule {
        code: Code("P006"),
        severity: PROTECTION.others,
        title: "keys are rotated",
        what: "A symmetric KMS key whose material AWS makes has `EnableKeyRotation: true`.",
        why: "All data is encrypted with the same key material for ever; rotation needs nothing else to change.",
        source: "AWS Security Hub User Guide, \"AWS KMS controls\"",
        same_as: &["Security Hub KMS.4", "checkov CKV_AWS_7", "cdk-nag AwsSolutions-KMS5"],
    },
    grade: PROTECTION,
    look: Look::Values(&[Value::at("AWS::KMS::Key", "EnableKeyRotation", Must::BeTrue)
        .unless(|_, item| {
            let symmetric =
                item.get("KeySpec").is_none_or(|spec| spec.text().as_deref() == Some("SYMMETRIC_DEFAULT"));
            let made_by_aws =
                item.get("Origin").is_none_or(|origin| origin.text().as_deref() == Some("AWS_KMS"));
            !(symmetric && made_by_aws)
        })
        .told("the key is never rotated", "set `EnableKeyRotation: true`")]),
};

pub(super) static CERTIFICATE: Policy = Policy {
    rule: Rule {
        code: Code("P007"),
        severity: PROTECTION.others,
        title: "certificates have keys of 2,048 bits or more",
        what: "The `KeyAlgorithm` of an ACM certificate isn't `RSA_1024`.",
        why: "Keys of 1,024 bits can be broken, and browsers refuse them.",
        source: "AWS Security Hub User Guide, \"AWS Certificate Manager controls\"",
        same_as: &["FSBP ACM.2"],
    },
    grade: PROTECTION,
    look: Look::Values(&[Value::at(
        "AWS::CertificateManager::Certificate",
        "KeyAlgorithm",
        Must::NotBeOneOf(&["RSA_1024"]),
    )
    .told("the certificate's key has only 1,024 bits", "use `RSA_2048`, the default, or `EC_prime256v1`")]),
};

pub(super) static WILDCARD_CERTIFICATE: Policy = Policy {
    rule: Rule {
        code: Code("P008"),
        severity: HARDENING.others,
        title: "certificates are for names, not for whole domains",
        what: "The names of an ACM certificate have no `*`.",
        why: "Whoever gets at the key can be any host of the domain.",
        source: "AWS Certificate Manager User Guide, \"AWS Certificate Manager best practices\"",
        same_as: &["checkov CKV2_AWS_71"],
    },
    grade: HARDENING,
    look: Look::Code(|view, found| {
        for certificate in view.of("AWS::CertificateManager::Certificate") {
            let names =
                certificate.get("DomainName").into_iter().chain(certificate.items("SubjectAlternativeNames"));
            for name in names {
                if name.text().is_some_and(|name| name.starts_with("*.")) {
                    let message = "the certificate is for every host of a domain";
                    found.tell(certificate, Some(name), message, "name the hosts that need it");
                }
            }
        }
    }),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::policy::testing::{silent_of, tells_of};

    #[test]
    fn databases() {
        tells_of("P001", "AWS::RDS::DBCluster", json!({"Engine": "aurora-postgresql"}));
        tells_of("P001", "AWS::RDS::DBInstance", json!({"StorageEncrypted": "false"}));
        silent_of("P001", "AWS::RDS::DBInstance", json!({"DBClusterIdentifier": "x"}));
        silent_of("P001", "AWS::RDS::DBCluster", json!({"StorageEncrypted": true}));
        silent_of("P001", "AWS::RDS::DBCluster", json!({"SnapshotIdentifier": "x"}));
    }

    #[test]
    fn caches() {
        tells_of("P002", "AWS::ElastiCache::ReplicationGroup", json!({"Engine": "redis"}));
        silent_of("P002", "AWS::ElastiCache::ReplicationGroup", json!({"Engine": "valkey"}));
        tells_of(
            "P002",
            "AWS::ElastiCache::ReplicationGroup",
            json!({"Engine": "valkey", "AtRestEncryptionEnabled": false}),
        );
    }

    #[test]
    fn file_systems() {
        tells_of("P003", "AWS::EFS::FileSystem", json!({}));
        silent_of("P003", "AWS::EFS::FileSystem", json!({"Encrypted": true}));
    }

    #[test]
    fn topics() {
        tells_of("P004", "AWS::SNS::Topic", json!({}));
        silent_of("P004", "AWS::SNS::Topic", json!({"KmsMasterKeyId": "alias/own"}));
    }

    #[test]
    fn keys_of_ones_own() {
        tells_of("P005", "AWS::Logs::LogGroup", json!({}));
        tells_of(
            "P005",
            "AWS::ECR::Repository",
            json!({"EncryptionConfiguration": {"EncryptionType": "AES256"}}),
        );
        silent_of("P005", "AWS::SecretsManager::Secret", json!({"KmsKeyId": "alias/own"}));
    }

    #[test]
    fn rotation() {
        tells_of("P006", "AWS::KMS::Key", json!({}));
        silent_of("P006", "AWS::KMS::Key", json!({"EnableKeyRotation": true}));
        silent_of("P006", "AWS::KMS::Key", json!({"KeySpec": "RSA_2048"}));
    }

    #[test]
    fn certificates() {
        tells_of(
            "P007",
            "AWS::CertificateManager::Certificate",
            json!({"DomainName": "a.example.com", "KeyAlgorithm": "RSA_1024"}),
        );
        silent_of("P007", "AWS::CertificateManager::Certificate", json!({"DomainName": "a.example.com"}));
        tells_of("P008", "AWS::CertificateManager::Certificate", json!({"DomainName": "*.example.com"}));
        silent_of("P008", "AWS::CertificateManager::Certificate", json!({"DomainName": "a.example.com"}));
    }
}
