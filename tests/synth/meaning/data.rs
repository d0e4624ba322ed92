//! What holds data: whether it outlives the stack, what it is called, how many may connect to it.

use std::collections::BTreeSet;

use dify_cfn::config::model::OnDelete;
use serde_json::Value as Json;

use super::tasks::most_connections;
use crate::shipped::each;
use crate::view::{View, texts};

/// What is kept with the data, by type and logical id: `""` for all of the type.
const KEPT: [(&str, &str); 10] = [
    ("AWS::RDS::DBCluster", ""),
    ("AWS::RDS::DBSubnetGroup", ""),
    ("AWS::RDS::DBClusterParameterGroup", ""),
    ("AWS::S3::Bucket", ""),
    ("AWS::S3::BucketPolicy", ""),
    ("AWS::KMS::Key", ""),
    ("AWS::SecretsManager::Secret", "SecretKey"),
    ("AWS::SecretsManager::Secret", "DatabaseSecret"),
    ("AWS::EC2::VPC", ""),
    ("AWS::EC2::SecurityGroup", "DatabaseSecurityGroup"),
];

#[test]
fn data_is_kept_or_lost_together() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let is_kept = shipped.config().database.on_delete == OnDelete::Kept;
        assert_eq!(is_kept, shipped.is_production(), "{}: what the profile says", shipped.name);
        let mut complaints = Vec::new();
        for (type_name, wanted) in KEPT {
            for (id, resource) in view.of_type(type_name).filter(|(id, _)| wanted.is_empty() || *id == wanted)
            {
                let policies =
                    (resource["DeletionPolicy"].as_str(), resource["UpdateReplacePolicy"].as_str());
                let expected = (Some("RetainExceptOnCreate"), Some("Retain"));
                let is_lost = matches!(policies, (None | Some("Delete"), None | Some("Delete")));
                if if is_kept { policies != expected } else { !is_lost } {
                    complaints.push(format!("{id}: {policies:?}"));
                }
            }
        }
        // The subnets that the database stands in are kept with it.
        for subnet in texts(&view.get("DatabaseSubnetGroup")["Properties"]["SubnetIds"]) {
            let Some(id) = subnet.strip_prefix("${").and_then(|text| text.strip_suffix('}')) else {
                continue;
            };
            if (view.get(id)["DeletionPolicy"] == "RetainExceptOnCreate") != is_kept {
                complaints.push(format!("{id} isn't kept as the database is"));
            }
        }
        complaints
    });
}

#[test]
fn what_holds_data_is_encrypted_and_private() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        let mut check = |id: &str, holds: bool, what: &str| {
            if !holds {
                complaints.push(format!("{id}: {what}"));
            }
        };
        for (id, cluster) in view.of_type("AWS::RDS::DBCluster") {
            let cluster = &cluster["Properties"];
            let is_restored = cluster.get("SnapshotIdentifier").is_some();
            check(id, is_restored || cluster["StorageEncrypted"] == true, "not encrypted");
            check(
                id,
                !(is_restored && cluster.get("MasterUserPassword").is_some()),
                "a restored cluster keeps its password",
            );
            check(id, is_restored == shipped.config().database.restore_from.is_some(), "restored or not");
            check(id, cluster["Port"] == 5432, "the default port is MySQL's");
        }
        for (id, instance) in view.of_type("AWS::RDS::DBInstance") {
            check(id, instance["Properties"]["PubliclyAccessible"] == false, "public");
            check(id, instance["Properties"]["AutoMinorVersionUpgrade"] == false, "moves by itself");
        }
        for (id, cache) in view.of_type("AWS::ElastiCache::ReplicationGroup") {
            let cache = &cache["Properties"];
            check(
                id,
                cache["TransitEncryptionEnabled"] == true && cache["AtRestEncryptionEnabled"] == true,
                "not encrypted",
            );
            check(id, cache.get("AuthToken").is_some(), "open to all");
            let nodes = cache["NumCacheClusters"].as_u64().unwrap();
            check(id, (cache["AutomaticFailoverEnabled"] == true) <= (nodes > 1), "a failover to nobody");
        }
        for (id, bucket) in view.of_type("AWS::S3::Bucket") {
            let block = bucket["Properties"]["PublicAccessBlockConfiguration"].as_object().unwrap();
            check(id, block.len() == 4 && block.values().all(|value| *value == true), "public");
            let rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"].as_array();
            let loses = |rule: &Json| {
                let archives = rule["Transitions"].as_array().into_iter().flatten().any(|transition| {
                    !matches!(
                        transition["StorageClass"].as_str(),
                        Some("STANDARD_IA" | "INTELLIGENT_TIERING")
                    )
                });
                rule.get("ExpirationInDays").is_some() || rule.get("ExpirationDate").is_some() || archives
            };
            check(
                id,
                !rules.into_iter().flatten().any(loses),
                "keys of tenants expire, and with them all credentials",
            );
        }
        complaints
    });
}

/// `max_connections` of what the shipped configurations use.
///
/// Source: Aurora User Guide, "Maximum connections to an Aurora `PostgreSQL` DB instance": memory in bytes (the guide counts
/// 10^9 to the GiB) / 9531392; a serverless instance that may go down to 0.5 ACU or less has at most 2,000.
fn allowed_connections(view: &View<'_>) -> u64 {
    let class = view.get("DatabaseWriter")["Properties"]["DBInstanceClass"].as_str().unwrap();
    let gib = match class {
        "db.t4g.medium" | "db.t3.medium" => 4,
        "db.t4g.large" => 8,
        "db.r6g.large" | "db.r7g.large" => 16,
        "db.serverless" => {
            let scaling = &view.get("DatabaseCluster")["Properties"]["ServerlessV2ScalingConfiguration"];
            let most = 2 * scaling["MaxCapacity"].as_u64().expect("a whole number of units");
            let limit = most * 1_000_000_000 / 9_531_392;
            return if scaling["MinCapacity"].as_f64().unwrap() <= 0.5 { limit.min(2000) } else { limit };
        }
        other => panic!("how many connections does {other} allow?"),
    };
    gib * 1_000_000_000 / 9_531_392
}

#[test]
fn all_tasks_together_open_fewer_connections_than_the_database_allows() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let (most, allowed) = (most_connections(shipped, &view), allowed_connections(&view));
        (most >= allowed).then(|| format!("{most} of {allowed}")).into_iter().collect()
    });
}

#[test]
fn the_alarm_on_connections_rings_before_the_database_refuses() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        if !view.has("DatabaseConnectionAlarm") {
            return Vec::new();
        }
        let threshold = view.get("DatabaseConnectionAlarm")["Properties"]["Threshold"].as_u64().unwrap();
        let allowed = allowed_connections(&view);
        (threshold >= allowed).then(|| format!("rings at {threshold} of {allowed}")).into_iter().collect()
    });
}

#[test]
fn each_node_of_the_cache_has_an_alarm_on_its_memory() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let alarms = view
            .resolved
            .resources
            .values()
            .filter(|resource| resource["Properties"]["MetricName"] == "DatabaseMemoryUsagePercentage");
        let watched: BTreeSet<String> =
            alarms.map(|alarm| alarm["Properties"]["Dimensions"][0]["Value"].to_string()).collect();
        let config = shipped.config();
        let expected = if config.alarms.enabled { config.cache.nodes as usize } else { 0 };
        (watched.len() != expected).then(|| format!("{watched:?} of {expected}")).into_iter().collect()
    });
}

/// Properties that give a resource a physical name, by type. `true`: ours have one.
const NAMES: [(&str, &str, bool); 32] = [
    ("AWS::ApplicationAutoScaling::ScalingPolicy", "PolicyName", true),
    ("AWS::CloudWatch::Alarm", "AlarmName", false),
    ("AWS::EC2::SecurityGroup", "GroupName", false),
    ("AWS::ECS::Cluster", "ClusterName", true),
    ("AWS::ECS::Service", "ServiceName", true),
    ("AWS::ElastiCache::ParameterGroup", "CacheParameterGroupName", false),
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId", false),
    ("AWS::ElastiCache::SubnetGroup", "CacheSubnetGroupName", false),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", false),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Name", false),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", false),
    ("AWS::IAM::Role", "RoleName", false),
    ("AWS::KMS::Alias", "AliasName", true),
    ("AWS::Logs::LogGroup", "LogGroupName", true),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier", false),
    ("AWS::RDS::DBClusterParameterGroup", "DBClusterParameterGroupName", false),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier", false),
    ("AWS::RDS::DBParameterGroup", "DBParameterGroupName", false),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName", false),
    ("AWS::Route53::HostedZone", "Name", false),
    ("AWS::S3::Bucket", "BucketName", false),
    ("AWS::SNS::Topic", "TopicName", false),
    ("AWS::SSM::Parameter", "Name", true),
    ("AWS::SecretsManager::Secret", "Name", true),
    ("AWS::ServiceDiscovery::PrivateDnsNamespace", "Name", true),
    ("AWS::ServiceDiscovery::Service", "Name", true),
    ("AWS::CloudWatch::Dashboard", "DashboardName", false),
    ("AWS::ECR::Repository", "RepositoryName", false),
    ("AWS::Events::Rule", "Name", false),
    ("AWS::Logs::MetricFilter", "FilterName", false),
    ("AWS::WAFv2::WebACL", "Name", false),
    ("AWS::EFS::FileSystem", "FileSystemName", false),
];

#[test]
fn only_what_operators_type_has_a_name_and_it_holds_the_stacks_or_lies_inside_what_does() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let (stack, prefix) = ("${AWS::StackName}", shipped.config().parameter_prefix());
        let mut complaints = Vec::new();
        for (type_name, property, ours) in NAMES {
            for (id, resource) in view.of_type(type_name) {
                let is_configured =
                    shipped.config().resources.get(id).is_some_and(|settings| settings.name.is_some());
                let name = match &resource["Properties"][property] {
                    Json::Null => continue,
                    name => crate::resolve::reference_text(name),
                };
                let is_ours = match type_name {
                    "AWS::ECS::Cluster" => name == stack,
                    // Inside the cluster, the namespace, the scaling target.
                    "AWS::ECS::Service" => name.starts_with("dify-"),
                    "AWS::ServiceDiscovery::Service" | "AWS::ApplicationAutoScaling::ScalingPolicy" => true,
                    "AWS::ServiceDiscovery::PrivateDnsNamespace" => name == format!("{stack}.internal"),
                    "AWS::SSM::Parameter" | "AWS::SecretsManager::Secret" => {
                        name.starts_with(&format!("{prefix}/"))
                    }
                    _ => name.contains(stack),
                };
                let is_right = is_configured || (ours && is_ours);
                if !is_right {
                    complaints.push(format!("{id} is called {name}"));
                }
            }
        }
        complaints
    });
}
