//! P060 to P079: what happened can be found out.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::Code;
use crate::validate::Rule;
use crate::validate::model::{Item, View};

use super::rule::{HARDENING, Look, Must, PRACTICE, Policy, Value};

pub(super) static LOG_RETENTION: Policy = Policy {
    rule: Rule {
        code: Code("P060"),
        severity: PRACTICE.others,
        title: "logs end some day",
        what: "A log group has `RetentionInDays`.",
        why: "Logs, with people's data in them, are kept and paid for for ever.",
        source: "Amazon CloudWatch Logs User Guide, \"Working with log groups and log streams\"",
        same_as: &["Security Hub CloudWatch.16", "checkov CKV_AWS_66"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::at("AWS::Logs::LogGroup", "RetentionInDays", Must::BeThere)
        .told("the logs are kept for ever", "set `RetentionInDays`")]),
};

pub(super) static ACCESS_LOGS: Policy = Policy {
    rule: Rule {
        code: Code("P061"),
        severity: PRACTICE.others,
        title: "load balancers write down who asked for what",
        what: "The attribute `access_logs.s3.enabled` of an application load balancer is true.",
        why: "An attack or an outage can't be followed afterwards.",
        source: "AWS Security Hub User Guide, \"Elastic Load Balancing controls\"",
        same_as: &["FSBP ELB.5", "checkov CKV_AWS_91", "cdk-nag AwsSolutions-ELB2"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::attribute(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "LoadBalancerAttributes",
        "access_logs.s3.enabled",
        Must::BeTrue,
    )
    .unless(|_, item| item.get("Type").is_some_and(|kind| kind.text().as_deref() != Some("application")))
    .told("requests to the load balancer aren't written down", "set `access_logs.s3.enabled` and a bucket")]),
};

pub(super) static DATABASE_LOGS: Policy = Policy {
    rule: Rule {
        code: Code("P062"),
        severity: PRACTICE.others,
        title: "databases send their logs to CloudWatch",
        what: "A database cluster, or an instance that belongs to none, has `EnableCloudwatchLogsExports`.",
        why: "The logs are gone after some days, and with the instance.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\"",
        same_as: &[
            "FSBP RDS.9",
            "FSBP RDS.34",
            "FSBP RDS.36",
            "FSBP RDS.37",
            "FSBP RDS.40",
            "FSBP RDS.42",
            "FSBP RDS.45",
            "cdk-nag AwsSolutions-RDS16",
        ],
    },
    grade: PRACTICE,
    look: Look::Values(&[
        Value::at("AWS::RDS::DBCluster", "EnableCloudwatchLogsExports", Must::BeThere).told(
            "the database's logs aren't kept",
            "set `EnableCloudwatchLogsExports`, to `[postgresql]` for PostgreSQL",
        ),
        Value::at("AWS::RDS::DBInstance", "EnableCloudwatchLogsExports", Must::BeThere)
            .unless(|_, item| item.get("DBClusterIdentifier").is_some())
            .told(
                "the database's logs aren't kept",
                "set `EnableCloudwatchLogsExports`, to `[postgresql]` for PostgreSQL",
            ),
    ]),
};

pub(super) static FLOW_LOGS: Policy = Policy {
    rule: Rule {
        code: Code("P063"),
        severity: PRACTICE.others,
        title: "networks have flow logs",
        what: "A VPC that the template makes has an `AWS::EC2::FlowLog`.",
        why: "Which connection was refused, or taken by an intruder, can't be found out.",
        source: "AWS Security Hub User Guide, \"Amazon EC2 controls\"",
        same_as: &["FSBP EC2.6", "cdk-nag AwsSolutions-VPC7"],
    },
    grade: PRACTICE,
    look: Look::Code(|view, found| {
        for vpc in view.of("AWS::EC2::VPC") {
            let has = view.of("AWS::EC2::FlowLog").any(|log| {
                log.get("ResourceId").is_none_or(|of| of.resource().is_none_or(|id| id == vpc.id))
            });
            if !has {
                found.tell(
                    vpc,
                    None,
                    "the network has no flow log",
                    "add an `AWS::EC2::FlowLog` for the VPC",
                );
            }
        }
    }),
};

pub(super) static SLOW_LOG: Policy = Policy {
    rule: Rule {
        code: Code("P064"),
        severity: HARDENING.others,
        title: "caches send their slow log",
        what: "A replication group has `LogDeliveryConfigurations`.",
        why: "Which commands hold everything up can't be found out.",
        source: "Amazon ElastiCache User Guide, \"Log delivery\"",
        same_as: &[],
    },
    grade: HARDENING,
    look: Look::Values(&[Value::at(
        "AWS::ElastiCache::ReplicationGroup",
        "LogDeliveryConfigurations",
        Must::BeThere,
    )
    .told("the cache's slow log isn't kept", "add a `LogDeliveryConfigurations` entry for `slow-log`")]),
};

pub(super) static INSIGHTS: Policy = Policy {
    rule: Rule {
        code: Code("P065"),
        severity: PRACTICE.others,
        title: "clusters have Container Insights",
        what: "The setting `containerInsights` of an ECS cluster is `enabled` or `enhanced`.",
        why: "How much memory a single task takes, and how often tasks are restarted, isn't measured.",
        source: "AWS Security Hub User Guide, \"Amazon ECS controls\"",
        same_as: &["FSBP ECS.12", "checkov CKV_AWS_65", "cdk-nag AwsSolutions-ECS4"],
    },
    grade: PRACTICE,
    look: Look::Code(|view, found| {
        for cluster in view.of("AWS::ECS::Cluster") {
            let settings = cluster.items("ClusterSettings");
            let setting = settings.iter().find(|one| {
                one.get("Name").and_then(Evaluated::text).as_deref() == Some("containerInsights")
            });
            let value = setting.and_then(|one| one.get("Value"));
            let is_off = value.is_none_or(|value| value.text().as_deref() == Some("disabled"));
            if is_off && !cluster.is_unknown("ClusterSettings") {
                found.tell(
                    cluster,
                    value,
                    "the cluster has no Container Insights",
                    "set `containerInsights` to `enabled`; its metrics cost",
                );
            }
        }
    }),
};

pub(super) static CONTAINER_LOGS: Policy = Policy {
    rule: Rule {
        code: Code("P066"),
        severity: PRACTICE.others,
        title: "containers have logs",
        what: "Every container of a task definition has a `LogConfiguration`.",
        why: "What it writes is lost: on Fargate nobody ever sees it.",
        source: "AWS Security Hub User Guide, \"Amazon ECS controls\"",
        same_as: &["FSBP ECS.9", "cdk-nag AwsSolutions-ECS7"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::each(
        "AWS::ECS::TaskDefinition",
        "ContainerDefinitions",
        "LogConfiguration",
        Must::BeThere,
    )
    .told("what the container writes is lost", "add a `LogConfiguration`")]),
};

pub(super) static EXEC_LOGS: Policy = Policy {
    rule: Rule {
        code: Code("P067"),
        severity: HARDENING.others,
        title: "what people do in containers is written down",
        what: "The cluster of a service with `EnableExecuteCommand` has an `ExecuteCommandConfiguration` whose `Logging` isn't `NONE`.",
        why: "Who typed what in a shell of production can't be found out.",
        source: "Amazon ECS Developer Guide, \"Monitor Amazon ECS containers with ECS Exec\"",
        same_as: &[],
    },
    grade: HARDENING,
    look: Look::Code(|view, found| {
        for service in view.of("AWS::ECS::Service") {
            let exec = service.get("EnableExecuteCommand");
            let Some(cluster) = view.target_of(service.get("Cluster"), "AWS::ECS::Cluster") else { continue };
            let logging = cluster.get("Configuration.ExecuteCommandConfiguration.Logging");
            let is_off = match logging {
                Some(value) => value.text().as_deref() == Some("NONE"),
                None => !cluster.is_unknown("Configuration"),
            };
            if exec.and_then(Evaluated::boolean) == Some(true) && is_off {
                let help = format!("set `Configuration.ExecuteCommandConfiguration` of `{}`", cluster.id);
                found.tell(service, exec, "what people type in its containers isn't kept", help);
            }
        }
    }),
};

pub(super) static BUCKET_LOGS: Policy = Policy {
    rule: Rule {
        code: Code("P068"),
        severity: HARDENING.others,
        title: "buckets write down who asked for what",
        what: "A bucket has a `LoggingConfiguration`, unless it is where others log to.",
        why: "Who read or deleted a file can't be found out.",
        source: "AWS Security Hub User Guide, \"Amazon S3 controls\"",
        same_as: &["FSBP S3.9", "checkov CKV_AWS_18", "cdk-nag AwsSolutions-S1"],
    },
    grade: HARDENING,
    look: Look::Values(&[Value::at("AWS::S3::Bucket", "LoggingConfiguration", Must::BeThere)
        .unless(takes_logs)
        .told(
            "requests to the bucket aren't written down",
            "add a `LoggingConfiguration`, or data events of CloudTrail",
        )]),
};

/// Whether other resources write their logs into the bucket.
fn takes_logs(view: &View<'_, '_>, bucket: &Item<'_>) -> bool {
    let named = |value: Option<&Evaluated<'_>>| value.and_then(Evaluated::resource) == Some(bucket.id);
    view.of("AWS::S3::Bucket").any(|other| named(other.get("LoggingConfiguration.DestinationBucketName")))
        || view
            .of("AWS::ElasticLoadBalancingV2::LoadBalancer")
            .any(|balancer| named(super::rule::attribute(balancer, "access_logs.s3.bucket")))
}

pub(super) static MONITORING: Policy = Policy {
    rule: Rule {
        code: Code("P069"),
        severity: HARDENING.others,
        title: "databases have enhanced monitoring",
        what: "A database instance has a `MonitoringInterval` other than 0.",
        why: "What the machine under the database does between two minutes isn't measured.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\"",
        same_as: &["FSBP RDS.6", "checkov CKV_AWS_118"],
    },
    grade: HARDENING,
    look: Look::Values(&[Value::at("AWS::RDS::DBInstance", "MonitoringInterval", Must::BeAtLeast(1))
        .unless(|view, item| {
            view.target(item.get("DBClusterIdentifier"))
                .is_some_and(|cluster| cluster.get("MonitoringInterval").is_some())
        })
        .told(
            "the database has no enhanced monitoring",
            "set `MonitoringInterval` and `MonitoringRoleArn`",
        )]),
};

pub(super) static WEB_ACL: Policy = Policy {
    rule: Rule {
        code: Code("P070"),
        severity: PRACTICE.others,
        title: "web ACLs have rules",
        what: "A web ACL has at least one rule.",
        why: "It lets everything through, and costs all the same.",
        source: "AWS Security Hub User Guide, \"AWS WAF controls\"",
        same_as: &["FSBP WAF.10", "checkov CKV_AWS_192"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::at("AWS::WAFv2::WebACL", "Rules", Must::BeThere)
        .told("the web ACL has no rule", "add rules, such as `AWSManagedRulesKnownBadInputsRuleSet`")]),
};

pub(super) static WEB_ACL_METRICS: Policy = Policy {
    rule: Rule {
        code: Code("P071"),
        severity: HARDENING.others,
        title: "rules of web ACLs are counted",
        what: "Each rule of a web ACL has `CloudWatchMetricsEnabled: true` in its `VisibilityConfig`.",
        why: "Whether a rule stops attackers or users can't be seen.",
        source: "AWS Security Hub User Guide, \"AWS WAF controls\"",
        same_as: &["FSBP WAF.12"],
    },
    grade: HARDENING,
    look: Look::Values(&[Value::each(
        "AWS::WAFv2::WebACL",
        "Rules",
        "VisibilityConfig.CloudWatchMetricsEnabled",
        Must::BeTrue,
    )
    .or_absent()
    .told("what the rule does isn't counted", "set `CloudWatchMetricsEnabled: true`")]),
};

pub(super) static ALARM_ACTIONS: Policy = Policy {
    rule: Rule {
        code: Code("P072"),
        severity: PRACTICE.others,
        title: "alarms reach someone",
        what: "An alarm has `AlarmActions`, and `ActionsEnabled` isn't false. An alarm that a policy of autoscaling or a composite alarm uses needs none.",
        why: "It goes off, and nobody is told.",
        source: "AWS Security Hub User Guide, \"Amazon CloudWatch controls\"",
        same_as: &["Security Hub CloudWatch.15", "Security Hub CloudWatch.17"],
    },
    grade: PRACTICE,
    look: Look::Code(|view, found| {
        let composite = view.of("AWS::CloudWatch::CompositeAlarm").next().is_some();
        for alarm in view.of("AWS::CloudWatch::Alarm") {
            let enabled = alarm.get("ActionsEnabled");
            if enabled.and_then(Evaluated::boolean) == Some(false) {
                found.tell(alarm, enabled, "the alarm's actions are off", "set `ActionsEnabled: true`");
            } else if !composite
                && alarm
                    .get("AlarmActions")
                    .is_none_or(|actions| actions.unknown().is_none() && actions.items().is_empty())
            {
                found.tell(
                    alarm,
                    alarm.get("AlarmActions"),
                    "nobody is told when the alarm goes off",
                    "name a topic in `AlarmActions`",
                );
            }
        }
    }),
};

pub(super) static QUERY_LOGS: Policy = Policy {
    rule: Rule {
        code: Code("P073"),
        severity: HARDENING.others,
        title: "public zones log queries",
        what: "A hosted zone without VPC has a `QueryLoggingConfig`.",
        why: "Which names are asked for, and by whom, can't be found out.",
        source: "AWS Security Hub User Guide, \"Amazon Route 53 controls\"",
        same_as: &["FSBP Route53.2"],
    },
    grade: HARDENING,
    look: Look::Values(&[Value::at("AWS::Route53::HostedZone", "QueryLoggingConfig", Must::BeThere)
        .unless(|_, zone| zone.get("VPCs").is_some())
        .told("queries of the zone aren't logged", "add a `QueryLoggingConfig`")]),
};

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::policy::testing::{silent, silent_of, tells, tells_of};

    #[test]
    fn logs_of_containers_and_groups() {
        tells_of("P060", "AWS::Logs::LogGroup", json!({}));
        silent_of("P060", "AWS::Logs::LogGroup", json!({"RetentionInDays": 30}));
        let task = |container: Json| json!({"ContainerDefinitions": [container]});
        tells_of("P066", "AWS::ECS::TaskDefinition", task(json!({"Name": "a", "Image": "b"})));
        silent_of(
            "P066",
            "AWS::ECS::TaskDefinition",
            task(json!({"LogConfiguration": {"LogDriver": "awslogs"}})),
        );
    }

    #[test]
    fn access_logs() {
        let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
        tells_of("P061", balancer, json!({}));
        silent_of("P061", balancer, json!({"Type": "network"}));
        let on = json!({"LoadBalancerAttributes": [{"Key": "access_logs.s3.enabled", "Value": "true"}]});
        silent_of("P061", balancer, on);
        tells_of("P068", "AWS::S3::Bucket", json!({}));
        silent_of(
            "P068",
            "AWS::S3::Bucket",
            json!({"LoggingConfiguration": {"DestinationBucketName": "logs"}}),
        );
    }

    #[test]
    fn databases_and_caches() {
        tells_of("P062", "AWS::RDS::DBCluster", json!({}));
        tells_of("P062", "AWS::RDS::DBInstance", json!({"EnableCloudwatchLogsExports": []}));
        silent_of("P062", "AWS::RDS::DBCluster", json!({"EnableCloudwatchLogsExports": ["postgresql"]}));
        tells_of("P064", "AWS::ElastiCache::ReplicationGroup", json!({}));
        silent_of("P064", "AWS::ElastiCache::ReplicationGroup", json!({"LogDeliveryConfigurations": [{}]}));
        tells_of("P069", "AWS::RDS::DBInstance", json!({"MonitoringInterval": 0}));
        silent_of("P069", "AWS::RDS::DBInstance", json!({"MonitoringInterval": 60}));
    }

    #[test]
    fn networks() {
        let vpc = json!({"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}});
        tells("P063", json!({"Vpc": vpc}));
        let log = json!({"Type": "AWS::EC2::FlowLog", "Properties": {"ResourceId": {"Ref": "Vpc"}, "ResourceType": "VPC"}});
        silent("P063", json!({"Vpc": vpc, "Log": log}));
        tells_of("P073", "AWS::Route53::HostedZone", json!({"Name": "example.com"}));
        silent_of(
            "P073",
            "AWS::Route53::HostedZone",
            json!({"Name": "a.internal", "VPCs": [{"VPCId": "vpc-1"}]}),
        );
    }

    #[test]
    fn clusters() {
        tells_of("P065", "AWS::ECS::Cluster", json!({}));
        let on = json!({"ClusterSettings": [{"Name": "containerInsights", "Value": "enhanced"}]});
        silent_of("P065", "AWS::ECS::Cluster", on);
        let stack = |logging: Json| {
            json!({
                "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"Configuration": {"ExecuteCommandConfiguration": logging}}},
                "Service": {"Type": "AWS::ECS::Service", "Properties": {"Cluster": {"Ref": "Cluster"}, "EnableExecuteCommand": true}},
            })
        };
        tells("P067", stack(json!({"Logging": "NONE"})));
        silent("P067", stack(json!({"Logging": "DEFAULT"})));
    }

    #[test]
    fn web_acls_and_alarms() {
        let acl = "AWS::WAFv2::WebACL";
        tells_of("P070", acl, json!({"Rules": []}));
        let rule = |counted: bool| json!({"Rules": [{"Name": "a", "VisibilityConfig": {"CloudWatchMetricsEnabled": counted}}]});
        silent_of("P070", acl, rule(false));
        tells_of("P071", acl, rule(false));
        silent_of("P071", acl, rule(true));
        tells_of("P072", "AWS::CloudWatch::Alarm", json!({"MetricName": "a"}));
        tells_of("P072", "AWS::CloudWatch::Alarm", json!({"AlarmActions": ["x"], "ActionsEnabled": false}));
        silent_of("P072", "AWS::CloudWatch::Alarm", json!({"AlarmActions": [{"Ref": "It"}]}));
    }
}
