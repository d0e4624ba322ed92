//! P010 to P019: what travels is encrypted.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Severity};
use crate::validate::Rule;
use crate::validate::model::database::forced;
use crate::validate::model::{Item, View};

use super::encryption::may_be_valkey;
use super::rule::{Found, Grade, HARDENING, Look, Must, PRACTICE, PROTECTION, Policy, Value, attribute};
use super::statement::statements;

pub(super) static CACHE: Policy = Policy {
    rule: Rule {
        code: Code("P010"),
        severity: PROTECTION.others,
        title: "connections to caches are encrypted",
        what: "A replication group has `TransitEncryptionEnabled: true`.",
        why: "Sessions, queued tasks and the password itself can be read on the way; turning it on later takes two updates or replaces the cache.",
        source: "AWS Security Hub User Guide, \"Amazon ElastiCache controls\"",
        same_as: &["FSBP ElastiCache.5", "checkov CKV_AWS_30", "cdk-nag AwsSolutions-AEC3"],
    },
    grade: PROTECTION,
    look: Look::Values(&[Value::at(
        "AWS::ElastiCache::ReplicationGroup",
        "TransitEncryptionEnabled",
        Must::BeTrue,
    )
    .unless(|_, item| item.get("TransitEncryptionEnabled").is_none() && may_be_valkey(item))
    .told("connections to the cache aren't encrypted", "set `TransitEncryptionEnabled: true`")]),
};

pub(super) static CACHE_PASSWORD: Policy = Policy {
    rule: Rule {
        code: Code("P011"),
        severity: PROTECTION.others,
        title: "caches ask who is there",
        what: "A replication group has an `AuthToken` or `UserGroupIds`.",
        why: "Whoever reaches the port reads and changes everything.",
        source: "Amazon ElastiCache User Guide, \"Authenticating with the AUTH command\"",
        same_as: &["FSBP ElastiCache.6", "checkov CKV_AWS_31", "cdk-nag AwsSolutions-AEC6"],
    },
    grade: PROTECTION,
    look: Look::Values(&[Value::at("AWS::ElastiCache::ReplicationGroup", "AuthToken", Must::BeThere)
        .unless(|_, item| item.get("UserGroupIds").is_some())
        .told("the cache asks for no password", "give it an `AuthToken` from a secret, or `UserGroupIds`")]),
};

pub(super) static DATABASE: Policy = Policy {
    rule: Rule {
        code: Code("P012"),
        severity: PROTECTION.others,
        title: "databases take encrypted connections only",
        what: "The parameter group of a PostgreSQL or MySQL database doesn't turn `rds.force_ssl` or `require_secure_transport` off, and turns it on where the version's default is off.",
        why: "A client that doesn't ask for TLS sends password and data in plain text.",
        source: "Amazon Aurora User Guide, \"Securing Aurora PostgreSQL data with SSL/TLS\"; Amazon RDS User Guide, \"Using SSL with a PostgreSQL DB instance\"",
        same_as: &["FSBP RDS.38", "FSBP RDS.39", "FSBP RDS.44", "checkov CKV2_AWS_69"],
    },
    grade: PROTECTION,
    look: Look::Code(check_database),
};

fn check_database(view: &View<'_, '_>, found: &mut Found<'_>) {
    for (type_name, parameters, used_by) in [
        (
            "AWS::RDS::DBClusterParameterGroup",
            "Parameters",
            &[("AWS::RDS::DBCluster", "DBClusterParameterGroupName")],
        ),
        ("AWS::RDS::DBParameterGroup", "Parameters", &[("AWS::RDS::DBInstance", "DBParameterGroupName")]),
    ] {
        for group in view.of(type_name) {
            let Some(family) = group.text("Family") else { continue };
            let Some((parameter, is_on)) = forced(&family) else { continue };
            // The parameters of Aurora stand in the cluster's group.
            let of_aurora = type_name.ends_with("::DBParameterGroup") && family.starts_with("aurora");
            let used = used_by.iter().any(|(user, property)| {
                view.of(user).any(|item| item.get(property).and_then(Evaluated::resource) == Some(group.id))
            });
            if of_aurora || !used || group.is_unknown(parameters) {
                continue;
            }
            let value = group.get(parameters).and_then(|parameters| parameters.get(parameter));
            let off = match value {
                Some(value) => value
                    .text()
                    .is_some_and(|text| ["0", "off", "false"].contains(&text.to_lowercase().as_str())),
                None => !is_on,
            };
            if off {
                let message = "the database takes connections without TLS";
                let on = if parameter == "rds.force_ssl" { "1" } else { "ON" };
                found.tell(
                    group,
                    value.or_else(|| group.get(parameters)),
                    message,
                    format!("set `{parameter}: \"{on}\"` among the parameters"),
                );
            }
        }
    }
}

pub(super) static HTTP: Policy = Policy {
    rule: Rule {
        code: Code("P013"),
        severity: Severity::Warning,
        title: "load balancers on the internet speak HTTPS",
        what: "A listener for HTTP of a load balancer that isn't internal only redirects to HTTPS.",
        why: "Passwords, cookies and data can be read and changed by everyone on the way.",
        source: "AWS Security Hub User Guide, \"Elastic Load Balancing controls\"",
        same_as: &["FSBP ELB.1", "FSBP ELB.18", "checkov CKV_AWS_2"],
    },
    // In development the configuration says it already: C407.
    grade: Grade { others: Severity::Warning, development: None, production: Some(Severity::Warning) },
    look: Look::Code(check_http),
};

fn check_http(view: &View<'_, '_>, found: &mut Found<'_>) {
    for listener in view.of("AWS::ElasticLoadBalancingV2::Listener") {
        let balancer =
            view.target_of(listener.get("LoadBalancerArn"), "AWS::ElasticLoadBalancingV2::LoadBalancer");
        let is_public = balancer.is_some_and(|balancer| match balancer.get("Scheme") {
            Some(scheme) => scheme.text().as_deref() == Some("internet-facing"),
            None => true,
        });
        if !is_public || listener.text("Protocol").as_deref() != Some("HTTP") {
            continue;
        }
        let actions = |item: &Item<'_>, list: &str| {
            item.items(list).iter().any(|action| {
                action.get("Type").and_then(Evaluated::text).is_some_and(|kind| kind == "forward")
            })
        };
        let forwards = actions(listener, "DefaultActions")
            || view.of("AWS::ElasticLoadBalancingV2::ListenerRule").any(|rule| {
                rule.get("ListenerArn").and_then(Evaluated::resource) == Some(listener.id)
                    && actions(rule, "Actions")
            });
        if forwards {
            let message = "the load balancer answers plain HTTP from the internet";
            let help = "listen for HTTPS with a certificate, and let this listener redirect to it";
            found.tell(listener, listener.get("Protocol"), message, help);
        }
    }
}

pub(super) static TLS_VERSION: Policy = Policy {
    rule: Rule {
        code: Code("P014"),
        severity: PROTECTION.others,
        title: "load balancers speak TLS 1.2 or later",
        what: "A listener for HTTPS or TLS has an `SslPolicy` that allows neither TLS 1.0 nor 1.1. Without one it is `ELBSecurityPolicy-2016-08`, which does.",
        why: "Old versions can be attacked; no browser of the last years needs them.",
        source: "Elastic Load Balancing, \"Security policies for your Application Load Balancer\"",
        same_as: &["FSBP ELB.17", "checkov CKV_AWS_103"],
    },
    grade: PROTECTION,
    look: Look::Code(|view, found| {
        for listener in view.of("AWS::ElasticLoadBalancingV2::Listener") {
            let protocol = listener.text("Protocol");
            if !matches!(protocol.as_deref(), Some("HTTPS" | "TLS")) {
                continue;
            }
            let policy = listener.get("SslPolicy");
            let is_old = match policy {
                Some(policy) => policy.text().is_some_and(|name| allows_old_tls(&name)),
                None => true,
            };
            if is_old {
                let message = "the listener speaks TLS 1.0 and 1.1";
                let help = "set `SslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06`";
                found.tell(listener, policy, message, help);
            }
        }
    }),
};

/// Whether a predefined policy allows TLS 1.0 or 1.1.
fn allows_old_tls(name: &str) -> bool {
    let Some(name) = name.strip_prefix("ELBSecurityPolicy-") else { return false };
    ["2016-08", "2015-05", "FS-2018-06", "FS-1-1", "TLS-1-0", "TLS-1-1", "TLS13-1-0", "TLS13-1-1"]
        .into_iter()
        .any(|old| name.starts_with(old))
}

pub(super) static FILE_SYSTEM: Policy = Policy {
    rule: Rule {
        code: Code("P015"),
        severity: PROTECTION.others,
        title: "tasks mount file systems over TLS",
        what: "An EFS volume of a task definition has `TransitEncryption: ENABLED`.",
        why: "Files travel through the network in plain text.",
        source: "Amazon ECS Developer Guide, \"Use Amazon EFS volumes with Amazon ECS\"",
        same_as: &["FSBP ECS.18", "checkov CKV_AWS_97"],
    },
    grade: PROTECTION,
    look: Look::Code(|view, found| {
        for task in view.of("AWS::ECS::TaskDefinition") {
            for volume in task.items("Volumes") {
                let Some(efs) = volume.get("EFSVolumeConfiguration").filter(|efs| efs.unknown().is_none())
                else {
                    continue;
                };
                let encryption = efs.get("TransitEncryption");
                if encryption.is_none_or(|value| value.text().as_deref() == Some("DISABLED")) {
                    let message = "the task mounts its file system without TLS";
                    found.tell(task, encryption.or(Some(efs)), message, "set `TransitEncryption: ENABLED`");
                }
            }
        }
    }),
};

pub(super) static BUCKET: Policy = Policy {
    rule: Rule {
        code: Code("P016"),
        severity: PRACTICE.others,
        title: "buckets take requests over TLS only",
        what: "A bucket has a policy that denies everything where `aws:SecureTransport` is false.",
        why: "A client that is set up wrongly sends files in plain text.",
        source: "AWS Security Hub User Guide, \"Amazon S3 controls\"",
        same_as: &["FSBP S3.5", "cdk-nag AwsSolutions-S10"],
    },
    grade: PRACTICE,
    look: Look::Code(|view, found| {
        for bucket in view.of("AWS::S3::Bucket") {
            let policies: Vec<_> = view
                .of("AWS::S3::BucketPolicy")
                .filter(|policy| policy.get("Bucket").is_none_or(|name| may_be(name, bucket, "BucketName")))
                .collect();
            if !policies.iter().any(|policy| refuses_plain(policy.get("PolicyDocument"))) {
                let message = "the bucket takes requests without TLS";
                let help =
                    "add a bucket policy that denies `s3:*` to everyone where `aws:SecureTransport` is false";
                found.tell(bucket, None, message, help);
            }
        }
    }),
};

/// Whether a value can be the name of the resource.
fn may_be(value: &Evaluated<'_>, item: &Item<'_>, name: &str) -> bool {
    match (value.resource(), value.text(), item.text(name)) {
        (Some(id), ..) => id == item.id,
        (None, Some(text), Some(own)) => text == own,
        (None, Some(_), None) => item.get(name).is_some(),
        (None, None, _) => true,
    }
}

/// Whether a policy denies what comes without TLS, or isn't known.
fn refuses_plain(document: Option<&Evaluated<'_>>) -> bool {
    let Some(statements) = statements(document) else { return true };
    statements.iter().any(|statement| {
        let denies = statement.get("Effect").and_then(Evaluated::text).as_deref() == Some("Deny");
        let conditions = ["Bool", "BoolIfExists", "StringEquals"].into_iter();
        let secure = conditions
            .filter_map(|operator| statement.get("Condition")?.get(operator)?.get("aws:SecureTransport"))
            .any(|value| value.boolean() != Some(true));
        denies && secure
    })
}

pub(super) static TOPIC: Policy = Policy {
    rule: Rule {
        code: Code("P017"),
        severity: HARDENING.others,
        title: "topics take messages over TLS only",
        what: "A topic without a key has a policy that denies `sns:Publish` where `aws:SecureTransport` is false.",
        why: "A client that is set up wrongly publishes in plain text.",
        source: "Amazon SNS Developer Guide, \"Security best practices for Amazon SNS\"",
        same_as: &["cdk-nag AwsSolutions-SNS3"],
    },
    grade: HARDENING,
    look: Look::Code(|view, found| {
        for topic in view.of("AWS::SNS::Topic").filter(|topic| topic.get("KmsMasterKeyId").is_none()) {
            let about = |policy: &&Item<'_>| {
                policy.is_unknown("Topics")
                    || policy.items("Topics").iter().any(|value| may_be(value, topic, "TopicName"))
            };
            let refuses = view
                .of("AWS::SNS::TopicPolicy")
                .filter(about)
                .any(|policy| refuses_plain(policy.get("PolicyDocument")));
            if !refuses {
                let message = "the topic takes messages without TLS";
                let help =
                    "add a topic policy that denies `sns:Publish` where `aws:SecureTransport` is false";
                found.tell(topic, None, message, help);
            }
        }
    }),
};

pub(super) static TARGETS: Policy = Policy {
    rule: Rule {
        code: Code("P018"),
        severity: HARDENING.others,
        title: "load balancers speak TLS with their targets",
        what: "A target group has the protocol HTTPS or TLS, and checks health by HTTPS.",
        why: "Between load balancer and tasks, inside the VPC, requests travel in plain text.",
        source: "AWS Security Hub User Guide, \"Elastic Load Balancing controls\"",
        same_as: &["FSBP ELB.21", "FSBP ELB.22"],
    },
    grade: HARDENING,
    look: Look::Code(|view, found| {
        for group in view.of("AWS::ElasticLoadBalancingV2::TargetGroup") {
            let protocol = group.get("Protocol");
            if group.text("Protocol").as_deref() == Some("HTTP")
                && attribute(group, "lambda.multi_value_headers.enabled").is_none()
            {
                let message = "requests travel to the targets in plain text";
                found.tell(group, protocol, message, "use HTTPS where the containers speak it");
            }
        }
    }),
};

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::diagnostic::Severity;
    use crate::validate::Purpose;
    use crate::validate::policy::testing::{severity, silent, silent_of, tells, tells_of};

    #[test]
    fn caches() {
        tells_of("P010", "AWS::ElastiCache::ReplicationGroup", json!({"Engine": "redis"}));
        silent_of("P010", "AWS::ElastiCache::ReplicationGroup", json!({"TransitEncryptionEnabled": true}));
        tells_of("P011", "AWS::ElastiCache::ReplicationGroup", json!({}));
        silent_of("P011", "AWS::ElastiCache::ReplicationGroup", json!({"UserGroupIds": ["x"]}));
    }

    #[test]
    fn databases() {
        let database = |family: &str, parameters: Json| {
            json!({
                "Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": {"DBClusterParameterGroupName": {"Ref": "Group"}}},
                "Group": {"Type": "AWS::RDS::DBClusterParameterGroup", "Properties": {"Family": family, "Parameters": parameters}},
            })
        };
        let (_, pointer) = tells("P012", database("aurora-postgresql16", json!({})));
        assert_eq!(pointer, "Group/Properties/Parameters");
        tells("P012", database("aurora-postgresql17", json!({"rds.force_ssl": "0"})));
        silent("P012", database("aurora-postgresql17", json!({})));
        silent("P012", database("aurora-postgresql16", json!({"rds.force_ssl": 1})));
    }

    fn listener(scheme: &str, action: &Json) -> Json {
        json!({
            "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Scheme": scheme}},
            "Listener": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {
                "LoadBalancerArn": {"Ref": "Balancer"}, "Protocol": "HTTP", "Port": 80, "DefaultActions": [action]}},
        })
    }

    #[test]
    fn plain_http() {
        let forward = json!({"Type": "forward", "TargetGroupArn": "x"});
        let (_, pointer) = tells("P013", listener("internet-facing", &forward));
        assert_eq!(pointer, "Listener/Properties/Protocol");
        silent("P013", listener("internal", &forward));
        silent("P013", listener("internet-facing", &json!({"Type": "redirect"})));
        let resources = || listener("internet-facing", &forward);
        assert_eq!(severity("P013", resources(), Purpose::Development), None);
        assert_eq!(severity("P013", resources(), Purpose::Production), Some(Severity::Warning));
    }

    #[test]
    fn versions_of_tls() {
        let of = |policy: Json| json!({"Protocol": "HTTPS", "SslPolicy": policy});
        let listener = "AWS::ElasticLoadBalancingV2::Listener";
        tells_of("P014", listener, json!({"Protocol": "TLS"}));
        tells_of("P014", listener, of(json!("ELBSecurityPolicy-TLS13-1-1-2021-06")));
        for good in [
            "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "ELBSecurityPolicy-TLS-1-2-2017-01",
            "ELBSecurityPolicy-FS-1-2-2019-08",
        ] {
            silent_of("P014", listener, of(json!(good)));
        }
        silent_of("P014", listener, json!({"Protocol": "HTTP"}));
    }

    #[test]
    fn mounted_file_systems() {
        let of = |efs: Json| json!({"Volumes": [{"Name": "a", "EFSVolumeConfiguration": efs}]});
        tells_of("P015", "AWS::ECS::TaskDefinition", of(json!({"FilesystemId": "fs-1"})));
        silent_of("P015", "AWS::ECS::TaskDefinition", of(json!({"TransitEncryption": "ENABLED"})));
    }

    fn with_policy(statement: &Json) -> Json {
        json!({
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": [statement]}}},
        })
    }

    #[test]
    fn buckets_and_topics() {
        let deny = |value: &str| json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": value}}});
        tells_of("P016", "AWS::S3::Bucket", json!({}));
        tells("P016", with_policy(&deny("true")));
        silent("P016", with_policy(&deny("false")));
        tells_of("P017", "AWS::SNS::Topic", json!({}));
        silent_of("P017", "AWS::SNS::Topic", json!({"KmsMasterKeyId": "alias/own"}));
    }

    #[test]
    fn targets() {
        tells_of("P018", "AWS::ElasticLoadBalancingV2::TargetGroup", json!({"Protocol": "HTTP"}));
        silent_of("P018", "AWS::ElasticLoadBalancingV2::TargetGroup", json!({"Protocol": "HTTPS"}));
    }
}
