//! `ElastiCache` for Valkey and Redis, cluster mode disabled.

use indexmap::IndexMap;

use crate::cfn::{Handle, Value};
use crate::resources::elasti_cache::{
    CfnParameterGroup, CfnReplicationGroup, CfnSubnetGroup, replication_group,
};

use super::{LogGroup, MAIN, Removal, Scope};

/// The engine of a [`Cache`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheEngine {
    /// Valkey; the nodes cost a fifth less than those of Redis OSS.
    Valkey,
    /// Redis OSS, up to 7.1.
    Redis,
}

impl CacheEngine {
    fn as_str(self) -> &'static str {
        match self {
            Self::Valkey => "valkey",
            Self::Redis => "redis",
        }
    }

    /// The family of parameter groups for a version of the engine, if there is one.
    ///
    /// Source: Amazon `ElastiCache` User Guide, "Engine versions and parameter group families".
    pub fn parameter_group_family(self, version: &str) -> Option<&'static str> {
        match (self, version.split('.').next()?) {
            (Self::Valkey, "7") => Some("valkey7"),
            (Self::Valkey, "8") => Some("valkey8"),
            (Self::Valkey, "9") => Some("valkey9"),
            (Self::Redis, "7") => Some("redis7"),
            (Self::Redis, "6") => Some("redis6.x"),
            _ => None,
        }
    }
}

/// What a [`Cache`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheProps {
    /// What it is for.
    pub description: String,
    /// The engine.
    pub engine: CacheEngine,
    /// The engine's version, such as `8.1`. Minor versions change only here, and never downwards.
    pub engine_version: String,
    /// Class of the nodes, such as `cache.t4g.small`.
    pub node_type: Value<String>,
    /// Where the nodes are; two zones at least where there are replicas.
    pub subnet_ids: Value<Vec<Value<String>>>,
    /// Who reaches it.
    pub security_group_ids: Vec<Value<String>>,
    /// The token that clients send, as a dynamic reference to where it is kept. It has 16 to 128 characters, of punctuation
    /// `!&#$^<>-` only (Amazon `ElastiCache` User Guide, "Authenticating with the AUTH command"). Given later, it replaces
    /// the cache; another one may (the type's schema: `conditionalCreateOnlyProperties`).
    /// `None`, the default, lets everybody in who reaches it.
    pub auth_token: Option<Value<String>>,
    /// How many nodes: a primary and its replicas, 1 to 6. 1: each costs the same.
    pub nodes: u32,
    /// Whether a replica takes the place of a failed primary; needs 2 nodes, which are then spread over zones. Off.
    pub automatic_failover: bool,
    /// ARN of the KMS key that encrypts what is on disk. `None`: a key of the service's own, at no cost.
    pub kms_key_arn: Option<Value<String>>,
    /// Parameters that differ from the family's defaults.
    pub parameters: IndexMap<String, String>,
    /// Days for which daily snapshots are kept, 0 to 35. 1; one snapshot costs nothing, others do.
    pub snapshot_retention_days: u32,
    /// When snapshots are made, UTC, `hh:mm-hh:mm`, 60 minutes at least. AWS chooses without it.
    pub snapshot_window: Option<String>,
    /// When maintenance may happen, UTC, `ddd:hh:mm-ddd:hh:mm`, 60 minutes at least. AWS chooses without it.
    pub maintenance_window: Option<String>,
    /// Where slow commands are logged, as JSON; best a group named below `/aws/vendedlogs/`. `None`: nowhere.
    pub slow_log: Option<LogGroup>,
    /// A physical name, at most 40 characters. With one, no change can replace the cache.
    pub id: Option<Value<String>>,
    /// What becomes of it. Deleted, without a last snapshot.
    pub removal: Removal,
}

impl CacheProps {
    /// A cache of one node.
    pub fn new(
        engine: CacheEngine,
        engine_version: impl Into<String>,
        node_type: impl Into<Value<String>>,
        subnet_ids: impl Into<Value<Vec<Value<String>>>>,
        security_group_ids: Vec<Value<String>>,
    ) -> Self {
        Self {
            description: "Cache".to_owned(),
            engine,
            engine_version: engine_version.into(),
            node_type: node_type.into(),
            subnet_ids: subnet_ids.into(),
            security_group_ids,
            auth_token: None,
            nodes: 1,
            automatic_failover: false,
            kms_key_arn: None,
            parameters: IndexMap::new(),
            snapshot_retention_days: 1,
            snapshot_window: None,
            maintenance_window: None,
            slow_log: None,
            id: None,
            removal: Removal::Deleted,
        }
    }

    fn check(&self, scope: &mut Scope<'_>) {
        if !(1..=6).contains(&self.nodes) {
            scope.misuse(format!("a cache can't have {} nodes", self.nodes), "choose 1 to 6 nodes");
        }
        if self.automatic_failover && self.nodes < 2 {
            scope.misuse(
                "automatic failover with a single node has nothing to fail over to",
                "give it 2 nodes, or turn failover off",
            );
        }
        if self.snapshot_retention_days > 35 {
            scope.misuse(
                format!("snapshots can't be kept for {} days", self.snapshot_retention_days),
                "choose 0 to 35 days",
            );
        }
    }
}

/// A cache, encrypted on disk and on its way: clients have to use TLS.
///
/// Cluster mode is disabled: one primary, found under one name, databases 0 to 15.
#[derive(Debug, Clone, PartialEq)]
pub struct Cache {
    handle: Handle<CfnReplicationGroup>,
}

impl Cache {
    /// The port that it listens on.
    pub const PORT: u16 = 6379;

    /// The cache at this place of the tree, below it its subnet group at `SubnetGroup` and its parameter group at
    /// `Parameters`.
    pub fn new(scope: &mut Scope<'_>, props: CacheProps) -> Self {
        props.check(scope);
        let family = props.engine.parameter_group_family(&props.engine_version).unwrap_or_else(|| {
            scope.misuse(
                format!("{} has no version {}", props.engine.as_str(), props.engine_version),
                "choose Valkey 7, 8 or 9, or Redis 6 or 7",
            );
            ""
        });
        let subnets = scope.add(
            "SubnetGroup",
            CfnSubnetGroup::new(format!("Subnets of {}", props.description), props.subnet_ids),
        );
        let mut group = CfnParameterGroup::new(family, format!("Parameters of {}", props.description));
        if !props.parameters.is_empty() {
            group.properties = Some(props.parameters.into());
        }
        let parameters = scope.add("Parameters", group);
        let mut resource = CfnReplicationGroup::new(props.description);
        resource.replication_group_id = props.id;
        resource.engine = Some(props.engine.as_str().into());
        resource.engine_version = Some(props.engine_version.into());
        resource.auto_minor_version_upgrade = Some(false.into());
        resource.cache_node_type = Some(props.node_type);
        resource.num_cache_clusters = Some(props.nodes.into());
        resource.automatic_failover_enabled = Some(props.automatic_failover.into());
        resource.multi_az_enabled = Some(props.automatic_failover.into());
        resource.port = Some(Self::PORT.into());
        resource.cache_subnet_group_name = Some(subnets.reference());
        resource.cache_parameter_group_name = Some(parameters.reference());
        resource.security_group_ids = Some(props.security_group_ids.into());
        resource.at_rest_encryption_enabled = Some(true.into());
        resource.kms_key_id = props.kms_key_arn;
        // Without a mode, plain connections are refused; the mode `required` itself can only be reached in two steps.
        resource.transit_encryption_enabled = Some(true.into());
        resource.auth_token = props.auth_token;
        resource.snapshot_retention_limit = Some(props.snapshot_retention_days.into());
        resource.snapshot_window = props.snapshot_window.map(Into::into);
        resource.preferred_maintenance_window = props.maintenance_window.map(Into::into);
        resource.log_delivery_configurations = props.slow_log.map(|logs| vec![slow_log(&logs)].into());
        let handle = scope.add(MAIN, resource);
        props.removal.apply(scope, &handle);
        props.removal.apply_beside_data(scope, &subnets);
        props.removal.apply_beside_data(scope, &parameters);
        Self { handle }
    }

    /// The name under which the primary is found, whichever node it is.
    pub fn primary_endpoint_address(&self) -> Value<String> {
        self.handle.primary_end_point_address()
    }

    /// The resource, for what this part doesn't offer.
    pub fn handle(&self) -> &Handle<CfnReplicationGroup> {
        &self.handle
    }
}

fn slow_log(logs: &LogGroup) -> replication_group::LogDeliveryConfigurationRequest {
    use replication_group::{DestinationType, LogFormat, LogType};
    let details = replication_group::DestinationDetails {
        cloud_watch_logs_details: Some(
            replication_group::CloudWatchLogsDestinationDetails::new(logs.name()).into(),
        ),
        ..Default::default()
    };
    replication_group::LogDeliveryConfigurationRequest::new(
        details,
        DestinationType::CloudwatchLogs,
        LogFormat::Json,
        LogType::SlowLog,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cfn::DynamicReference;
    use crate::constructs::testing::{assert_contains, misuses, synth};
    use crate::constructs::{LogGroupProps, Stack};

    fn props() -> CacheProps {
        CacheProps::new(
            CacheEngine::Valkey,
            "8.1",
            "cache.t4g.small",
            vec!["subnet-0a1b2c3d4e5f60021", "subnet-0a1b2c3d4e5f60022"],
            vec!["sg-0a1b2c3d4e5f60031".into()],
        )
    }

    #[test]
    fn is_encrypted_pinned_and_has_groups_of_its_own() {
        let mut stack = Stack::new();
        Cache::new(&mut stack.scope().child("Cache"), props());
        let resources = synth(stack);
        assert_eq!(
            resources["Cache"],
            json!({
                "Type": "AWS::ElastiCache::ReplicationGroup",
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
                "Properties": {
                    "AtRestEncryptionEnabled": true,
                    "AutoMinorVersionUpgrade": false,
                    "AutomaticFailoverEnabled": false,
                    "CacheNodeType": "cache.t4g.small",
                    "CacheParameterGroupName": { "Ref": "CacheParameters" },
                    "CacheSubnetGroupName": { "Ref": "CacheSubnetGroup" },
                    "Engine": "valkey",
                    "EngineVersion": "8.1",
                    "MultiAZEnabled": false,
                    "NumCacheClusters": 1,
                    "Port": 6379,
                    "ReplicationGroupDescription": "Cache",
                    "SecurityGroupIds": ["sg-0a1b2c3d4e5f60031"],
                    "SnapshotRetentionLimit": 1,
                    "TransitEncryptionEnabled": true,
                },
            })
        );
        assert_eq!(resources["CacheParameters"]["Properties"]["CacheParameterGroupFamily"], "valkey8");
    }

    #[test]
    fn a_kept_one_with_replicas_token_and_slow_log() {
        let mut stack = Stack::new();
        let mut scope = stack.scope();
        let logs = LogGroup::new(&mut scope.child("SlowLog"), LogGroupProps::default());
        let cache = Cache::new(
            &mut scope.child("Cache"),
            CacheProps {
                engine: CacheEngine::Redis,
                engine_version: "7.1".into(),
                nodes: 3,
                automatic_failover: true,
                auth_token: Some(DynamicReference::secure_parameter("/app/token")),
                parameters: [("maxmemory-policy".to_owned(), "volatile-lru".to_owned())].into(),
                snapshot_window: Some("03:00-05:00".into()),
                slow_log: Some(logs),
                removal: Removal::Kept,
                ..props()
            },
        );
        scope.output("Host", crate::constructs::Output::new("", cache.primary_endpoint_address()));
        let template = stack.synth().unwrap().to_json();
        let resources = &template["Resources"];
        assert_contains(
            &resources["Cache"],
            &json!({ "DeletionPolicy": "RetainExceptOnCreate", "Properties": {
                "NumCacheClusters": 3,
                "AutomaticFailoverEnabled": true,
                "MultiAZEnabled": true,
                "AuthToken": "{{resolve:ssm-secure:/app/token}}",
                "SnapshotWindow": "03:00-05:00",
                "LogDeliveryConfigurations": [{
                    "DestinationType": "cloudwatch-logs",
                    "LogFormat": "json",
                    "LogType": "slow-log",
                    "DestinationDetails": { "CloudWatchLogsDetails": { "LogGroup": { "Ref": "SlowLog" } } },
                }],
            } }),
        );
        assert_contains(
            &resources["CacheParameters"],
            &json!({ "DeletionPolicy": "RetainExceptOnCreate", "Properties": {
                "CacheParameterGroupFamily": "redis7",
                "Properties": { "maxmemory-policy": "volatile-lru" },
            } }),
        );
        assert_eq!(
            template["Outputs"]["Host"]["Value"],
            json!({ "Fn::GetAtt": ["Cache", "PrimaryEndPoint.Address"] })
        );
    }

    #[test]
    fn what_elasticache_refuses_is_reported() {
        let mut stack = Stack::new();
        Cache::new(
            &mut stack.scope().child("Cache"),
            CacheProps {
                engine_version: "6.2".into(),
                automatic_failover: true,
                snapshot_retention_days: 36,
                ..props()
            },
        );
        assert_eq!(
            misuses(stack),
            [
                "automatic failover with a single node has nothing to fail over to",
                "snapshots can't be kept for 36 days",
                "valkey has no version 6.2",
            ]
        );
    }
}
