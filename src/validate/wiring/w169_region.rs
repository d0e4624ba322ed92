//! W169: what a stack names is in its region.

use crate::cfn::evaluate::{Evaluated, Settings};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View, loose, many};

pub(super) static RULE: Rule = Rule {
    code: Code("W169"),
    severity: Severity::Error,
    title: "what has to be in the stack's region is",
    what: "Where the region is known, these are in it: the keys of aliases, repositories and secrets, the functions that rotate secrets, the dead-letter queues of event targets and subscriptions, the certificates, trust stores and user pools of listeners and their rules, the file systems of mount targets and access points, the zone of a file system, the service of an endpoint without `ServiceRegion`, the EC2 actions of alarms and the destinations of a bucket's notifications. The managed policies and the boundary of a role are of its partition; a secret isn't copied into its own region; a key is of `SM2` in China only. Known or not, the region of a subscription is that of its topic, the definition of a task that an event starts is in that of its cluster, and the zone and the key of a file system's replica are in that of the replica.",
    why: "The service refuses the resource: it looks in its own region only.",
    source: "AWS CloudFormation Template Reference, the pages of the types; Amazon VPC User Guide, \"AWS services that integrate with AWS PrivateLink\"",
    same_as: &[
        "cdk-preflight pf-cloudwatch-alarm-ec2-action-region",
        "cdk-preflight pf-ec2-vpce-service-region",
        "cdk-preflight pf-efs-availability-zone-region",
        "cdk-preflight pf-efs-file-system-reference-region",
        "cdk-preflight pf-efs-replication-destination",
        "cdk-preflight pf-elbv2-action-cognito-userpool-region",
        "cdk-preflight pf-elbv2-listener-cert-region",
        "cdk-preflight pf-elbv2-listener-certificate-region",
        "cdk-preflight pf-elbv2-listener-mtls-truststore-region",
        "cdk-preflight pf-events-target-ecs-task-definition-region",
        "cdk-preflight pf-iam-policy-arn-partition",
        "cdk-preflight pf-kms-key-spec-region",
        "cdk-preflight pf-s3-notification-destination-region",
        "cdk-preflight pf-sns-subscription-region",
    ],
};

/// Properties that name something by an ARN, which has to be of the stack's region: type, path with `*` for items, and
/// the service of the ARN where only that one has to be.
const NAMED: &[(&str, &str, &str)] = &[
    ("AWS::CloudWatch::Alarm", "AlarmActions.*", "automate"),
    ("AWS::CloudWatch::Alarm", "OKActions.*", "automate"),
    ("AWS::CloudWatch::Alarm", "InsufficientDataActions.*", "automate"),
    ("AWS::S3::Bucket", "NotificationConfiguration.QueueConfigurations.*.Queue", ""),
    ("AWS::S3::Bucket", "NotificationConfiguration.TopicConfigurations.*.Topic", ""),
    ("AWS::S3::Bucket", "NotificationConfiguration.LambdaConfigurations.*.Function", ""),
    ("AWS::KMS::Alias", "TargetKeyId", "kms"),
    ("AWS::ECR::Repository", "EncryptionConfiguration.KmsKey", "kms"),
    ("AWS::SecretsManager::Secret", "KmsKeyId", "kms"),
    ("AWS::SecretsManager::RotationSchedule", "RotationLambdaARN", "lambda"),
    ("AWS::Events::Rule", "Targets.*.DeadLetterConfig.Arn", "sqs"),
    ("AWS::SNS::Subscription", "RedrivePolicy.deadLetterTargetArn", "sqs"),
    ("AWS::ElasticLoadBalancingV2::Listener", "Certificates.*.CertificateArn", "acm"),
    ("AWS::ElasticLoadBalancingV2::ListenerCertificate", "Certificates.*.CertificateArn", "acm"),
    ("AWS::ElasticLoadBalancingV2::Listener", "MutualAuthentication.TrustStoreArn", ""),
    ("AWS::ElasticLoadBalancingV2::Listener", "DefaultActions.*.AuthenticateCognitoConfig.UserPoolArn", ""),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "Actions.*.AuthenticateCognitoConfig.UserPoolArn", ""),
    ("AWS::EFS::MountTarget", "FileSystemId", "elasticfilesystem"),
    ("AWS::EFS::AccessPoint", "FileSystemId", "elasticfilesystem"),
];

/// The values that a path leads to.
fn reach<'v, 't>(value: &'v Evaluated<'t>, path: &str) -> Vec<&'v Evaluated<'t>> {
    let Some((step, rest)) = path.split_once('.').or_else(|| (!path.is_empty()).then_some((path, ""))) else {
        return vec![value];
    };
    match step {
        "*" => value.items().iter().flat_map(|item| reach(item, rest)).collect(),
        step => value.get(step).map(|member| reach(member, rest)).unwrap_or_default(),
    }
}

/// Partition, service and region of an ARN.
fn parts(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.strip_prefix("arn:")?.split(':');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    tasks(view, findings);
    subscriptions(view, findings);
    replicas(view, findings);
    let Some(region) = view.context.options.region.as_deref() else { return };
    for (type_name, path, service) in NAMED {
        for item in view.of(type_name) {
            for value in reach(&item.properties, path) {
                let Some(text) = value.text() else { continue };
                let Some((_, of, place)) = parts(&text) else { continue };
                if (service.is_empty() || of == *service) && !place.is_empty() && place != region {
                    refuse(
                        item,
                        value,
                        &format!("\"{text}\" is in {place}, the stack in {region}"),
                        "name one of the stack's region",
                        findings,
                    );
                }
            }
        }
    }
    for endpoint in
        view.of("AWS::EC2::VPCEndpoint").filter(|endpoint| endpoint.get("ServiceRegion").is_none())
    {
        let Some((value, name)) = endpoint.get("ServiceName").and_then(|value| Some((value, value.text()?)))
        else {
            continue;
        };
        let parts: Vec<&str> = name.split('.').collect();
        if let ["com", "amazonaws", place, _, ..] = parts[..]
            && place.matches('-').count() >= 2
            && place != region
        {
            refuse(
                endpoint,
                value,
                &format!("the service is in {place}, the stack in {region}"),
                "write `${AWS::Region}` in a `Fn::Sub`",
                findings,
            );
        }
    }
    for key in view.of("AWS::KMS::Key") {
        if let Some(value) = key.get("KeySpec").filter(|value| value.text().as_deref() == Some("SM2"))
            && !region.starts_with("cn-")
        {
            refuse(
                key,
                value,
                &format!("keys of the kind SM2 are in China only, the stack in {region}"),
                "take a key of RSA or ECC",
                findings,
            );
        }
    }
    for secret in view.of("AWS::SecretsManager::Secret") {
        for value in reach(&secret.properties, "ReplicaRegions.*.Region") {
            if value.text().as_deref() == Some(region) {
                refuse(
                    secret,
                    value,
                    &format!("the secret itself is in {region}"),
                    "copy it into another region",
                    findings,
                );
            }
        }
    }
    for system in view.of("AWS::EFS::FileSystem") {
        if let Some(value) = system.get("AvailabilityZoneName") {
            zone(system, value, region, findings);
        }
    }
    partitions(view, region, findings);
}

/// A zone is one of a region, as far as it is a zone's name such as `eu-west-1a` or `us-west-2-lax-1a`.
fn zone<'t>(item: &Item<'t>, value: &Evaluated<'t>, region: &str, findings: &mut Vec<Diagnostic>) {
    let Some(zone) = value.text().filter(|zone| zone.matches('-').count() >= 2) else { return };
    let inside = zone
        .strip_prefix(region)
        .is_some_and(|rest| rest.starts_with(|first: char| first == '-' || first.is_ascii_lowercase()));
    if !inside {
        refuse(
            item,
            value,
            &format!("the zone \"{zone}\" isn't one of {region}"),
            &format!("name a zone such as {region}a"),
            findings,
        );
    }
}

/// The zone and the key of a file system's replica are in its region.
fn replicas(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for system in view.of("AWS::EFS::FileSystem") {
        for replica in system.items("ReplicationConfiguration.ReplicationDestinations") {
            let Some(region) = replica.get("Region").and_then(Evaluated::text) else { continue };
            if let Some(value) = replica.get("AvailabilityZoneName") {
                zone(system, value, &region, findings);
            }
            let Some((value, key)) = replica.get("KmsKeyId").and_then(|value| Some((value, value.text()?)))
            else {
                continue;
            };
            if let Some((_, "kms", place)) = parts(&key)
                && place != region
            {
                refuse(
                    system,
                    value,
                    &format!("the key is in {place}, the replica in {region}"),
                    "name a key of the replica's region",
                    findings,
                );
            }
        }
    }
}

fn refuse<'t>(
    item: &Item<'t>,
    value: &Evaluated<'t>,
    message: &str,
    help: &str,
    findings: &mut Vec<Diagnostic>,
) {
    findings.push(item.finding_at(&RULE, value, format!("{message}: the resource is refused")).help(help));
}

/// Policies that are attached to roles.
fn partitions(view: &View<'_, '_>, region: &str, findings: &mut Vec<Diagnostic>) {
    let settings = Settings { region: Some(region.to_owned()), ..Settings::default() };
    let Some(partition) = settings.partition() else { return };
    for role in view.of("AWS::IAM::Role") {
        let policies = many(role.get("ManagedPolicyArns")).iter();
        for value in policies.chain(role.get("PermissionsBoundary")) {
            let text = loose(value);
            let Some((of, ..)) = parts(&text) else { continue };
            if of.starts_with("aws") && of != partition {
                refuse(
                    role,
                    value,
                    &format!("the policy is of the partition `{of}`, the stack of `{partition}`"),
                    "write `${AWS::Partition}` in a `Fn::Sub`",
                    findings,
                );
            }
        }
    }
}

/// The region of a subscription is that of its topic.
fn subscriptions(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for subscription in view.of("AWS::SNS::Subscription") {
        let Some((value, place)) = subscription.get("Region").and_then(|value| Some((value, value.text()?)))
        else {
            continue;
        };
        let topic = subscription.get("TopicArn");
        let of = match topic.map(|topic| (topic.text(), view.target(Some(topic)))) {
            Some((Some(text), _)) => parts(&text).map(|(.., region)| region.to_owned()),
            Some((None, Some(_))) => view.context.options.region.clone(),
            _ => None,
        };
        if let Some(of) = of.filter(|of| *of != place) {
            refuse(
                subscription,
                value,
                &format!("the topic is in {of}, not in {place}"),
                "write the region of the topic",
                findings,
            );
        }
    }
}

/// A task that a rule starts is defined where its cluster is.
fn tasks(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for rule in view.of("AWS::Events::Rule") {
        for target in rule.items("Targets") {
            let Some(task) = target.at(&["EcsParameters", "TaskDefinitionArn"]) else { continue };
            let (Some(cluster), Some(text)) = (target.get("Arn").and_then(Evaluated::text), task.text())
            else {
                continue;
            };
            if let (Some((_, _, one)), Some((_, _, other))) = (parts(&cluster), parts(&text))
                && one != other
            {
                refuse(
                    rule,
                    task,
                    &format!("the task is defined in {other}, and its cluster is in {one}"),
                    "take a task definition of the cluster's region",
                    findings,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::Options;
    use crate::validate::testing::{found_with, resource};

    fn count(type_name: &str, properties: Json) -> usize {
        let options = Options { region: Some("eu-west-1".to_owned()), ..Options::default() };
        found_with("W169", resource(type_name, properties), &options).len()
    }

    #[test]
    fn what_is_elsewhere_is_found() {
        let queue = |region: &str| json!({"NotificationConfiguration": {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": format!("arn:aws:sqs:{region}:123456789012:q")}]}});
        assert_eq!(
            (count("AWS::S3::Bucket", queue("eu-west-1")), count("AWS::S3::Bucket", queue("us-east-1"))),
            (0, 1)
        );
        let action = |arn: &str| json!({"AlarmActions": [arn]});
        assert_eq!(count("AWS::CloudWatch::Alarm", action("arn:aws:automate:us-east-1:ec2:stop")), 1);
        assert_eq!(count("AWS::CloudWatch::Alarm", action("arn:aws:sns:us-east-1:123456789012:t")), 0);
        let service = |name: &str| json!({"ServiceName": name, "VpcId": "vpc-1"});
        assert_eq!(count("AWS::EC2::VPCEndpoint", service("com.amazonaws.us-east-1.logs")), 1);
        assert_eq!(count("AWS::EC2::VPCEndpoint", service("com.amazonaws.us-east-1.ecr.api")), 1);
        assert_eq!(count("AWS::EC2::VPCEndpoint", service("com.amazonaws.eu-west-1.logs")), 0);
        assert_eq!(count("AWS::EC2::VPCEndpoint", service("com.amazonaws.s3-global.accesspoint")), 0);
        assert_eq!(count("AWS::KMS::Key", json!({"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"})), 1);
        assert_eq!(
            count(
                "AWS::SecretsManager::Secret",
                json!({"ReplicaRegions": [{"Region": "eu-west-1"}, {"Region": "us-east-1"}]})
            ),
            1
        );
        assert_eq!(
            count(
                "AWS::IAM::Role",
                json!({"ManagedPolicyArns": ["arn:aws-cn:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"]})
            ),
            1
        );
    }

    #[test]
    fn certificates_pools_and_zones_of_elsewhere_are_found() {
        let listener = |region: &str| json!({"Certificates": [{"CertificateArn": format!("arn:aws:acm:{region}:123456789012:certificate/a")}]});
        for type_name in ["Listener", "ListenerCertificate"] {
            let of = format!("AWS::ElasticLoadBalancingV2::{type_name}");
            assert_eq!((count(&of, listener("eu-west-1")), count(&of, listener("us-east-1"))), (0, 1));
        }
        // One of IAM has no region.
        let of_iam =
            json!({"Certificates": [{"CertificateArn": "arn:aws:iam::123456789012:server-certificate/a"}]});
        assert_eq!(count("AWS::ElasticLoadBalancingV2::Listener", of_iam), 0);
        let store = json!({"MutualAuthentication": {"Mode": "verify", "TrustStoreArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/t/1"}});
        assert_eq!(count("AWS::ElasticLoadBalancingV2::Listener", store), 1);
        let action = json!([{"Type": "authenticate-cognito", "AuthenticateCognitoConfig": {"UserPoolArn": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/p"}}]);
        assert_eq!(count("AWS::ElasticLoadBalancingV2::ListenerRule", json!({"Actions": action})), 1);
        assert_eq!(count("AWS::ElasticLoadBalancingV2::Listener", json!({"DefaultActions": action})), 1);
        let system = "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-1";
        assert_eq!(count("AWS::EFS::MountTarget", json!({"FileSystemId": system})), 1);
        assert_eq!(count("AWS::EFS::AccessPoint", json!({"FileSystemId": system})), 1);
        let zone = |zone: &str| count("AWS::EFS::FileSystem", json!({"AvailabilityZoneName": zone}));
        assert_eq!(
            (zone("eu-west-1a"), zone("eu-west-1-lon-1a"), zone("eu-west-12a"), zone("us-east-1a")),
            (0, 0, 1, 1)
        );
    }

    #[test]
    fn a_replica_is_in_one_region() {
        let replica = |zone: &str, key: &str| {
            let destination = json!({"Region": "us-east-1", "AvailabilityZoneName": zone, "KmsKeyId": format!("arn:aws:kms:{key}:123456789012:key/k")});
            count(
                "AWS::EFS::FileSystem",
                json!({"ReplicationConfiguration": {"ReplicationDestinations": [destination]}}),
            )
        };
        assert_eq!(replica("us-east-1a", "us-east-1"), 0);
        assert_eq!((replica("eu-west-1a", "us-east-1"), replica("us-east-1a", "eu-west-1")), (1, 1));
    }

    #[test]
    fn two_regions_do_not_fit() {
        let subscription = |region: &str| json!({"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Protocol": "sqs", "Region": region});
        assert_eq!(count("AWS::SNS::Subscription", subscription("us-east-1")), 0);
        assert_eq!(count("AWS::SNS::Subscription", subscription("eu-west-1")), 1);
        let task = |region: &str| json!({"Targets": [{"Id": "a", "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/c", "EcsParameters": {"TaskDefinitionArn": format!("arn:aws:ecs:{region}:123456789012:task-definition/t:1")}}]});
        assert_eq!(
            (count("AWS::Events::Rule", task("us-east-1")), count("AWS::Events::Rule", task("us-west-2"))),
            (0, 1)
        );
    }
}
