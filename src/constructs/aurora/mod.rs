//! Aurora `PostgreSQL`.

mod parameters;
mod props;
#[cfg(test)]
mod tests;

pub use parameters::{PGVECTOR_PARAMETERS, ParameterSetting, pgvector_parameters};
pub use props::{AuroraCapacity, AuroraOrigin, AuroraProps, ServerlessCapacity};

use crate::cfn::{Handle, LogicalId, Value};
use crate::concat_values;
use crate::resources::rds::db_instance::PerformanceInsightsRetentionPeriod;
use crate::resources::rds::{
    CfnDbCluster, CfnDbClusterParameterGroup, CfnDbInstance, CfnDbSubnetGroup, db_cluster,
};

use super::{LogGroup, LogGroupProps, Role, RoleProps, Scope, aws_managed_policy};

/// The engine, as RDS calls it.
const ENGINE: &str = "aurora-postgresql";
/// The class of instances that take their size from the cluster's capacity.
const SERVERLESS_CLASS: &str = "db.serverless";
/// Days for which Performance Insights keeps its data: the ones that cost nothing.
const INSIGHTS_DAYS: PerformanceInsightsRetentionPeriod = PerformanceInsightsRetentionPeriod::N7;

/// An Aurora `PostgreSQL` cluster: one writer and any number of readers over one encrypted storage.
///
/// Resources, below its place in the tree: `Cluster`, `Writer`, `Reader1` and on, `SubnetGroup`, `Parameters`, and where
/// they are asked for `MonitoringRole` and `Logs`. `Writer` is the instance that is made first; after a failover another
/// one may write, which the endpoints follow.
#[derive(Debug, Clone, PartialEq)]
pub struct AuroraCluster {
    cluster: Handle<CfnDbCluster>,
    writer: Handle<CfnDbInstance>,
    readers: Vec<Handle<CfnDbInstance>>,
    subnet_group: Handle<CfnDbSubnetGroup>,
    parameter_group: Handle<CfnDbClusterParameterGroup>,
}

impl AuroraCluster {
    /// The port that it listens on; written into the cluster, since RDS takes that of `MySQL` otherwise.
    pub const PORT: u16 = 5432;

    /// The cluster below this place of the tree.
    #[allow(clippy::needless_pass_by_value, reason = "as all parts take their properties")]
    pub fn new(scope: &mut Scope<'_>, props: AuroraProps) -> Self {
        props.check(scope);
        let subnet_group = scope
            .add("SubnetGroup", CfnDbSubnetGroup::new("Subnets of the database", props.subnet_ids.clone()));
        let parameter_group = scope.add(
            "Parameters",
            CfnDbClusterParameterGroup::new(
                "Parameters of the database",
                props.parameter_group_family(),
                serde_json::json!(props.parameters),
            ),
        );
        let mut resource = cluster(&props);
        resource.db_subnet_group_name = Some(subnet_group.reference());
        resource.db_cluster_parameter_group_name = Some(parameter_group.reference());
        let cluster = scope.add("Cluster", resource);
        props.removal.apply(scope, &cluster);
        props.removal.apply_beside_data(scope, &subnet_group);
        props.removal.apply_beside_data(scope, &parameter_group);
        if let Some(logs) = log_group(scope, &props) {
            // Else RDS makes the group itself, to be kept for ever.
            scope.depends_on(&cluster, [logs.handle().logical_id()]);
        }

        let monitoring_role = (props.monitoring_interval_seconds > 0).then(|| monitoring_role(scope));
        let mut instance = |name: &str| {
            let instance = instance(&props, &cluster, monitoring_role.as_ref());
            // Deleted, as an instance of a cluster is where its template says nothing: it holds nothing, and a kept cluster
            // costs its storage only, and takes a new instance at any time.
            scope.add(name, instance)
        };
        let writer = instance("Writer");
        let readers: Vec<_> =
            (1..props.instances).map(|number| instance(&format!("Reader{number}"))).collect();
        for reader in &readers {
            // The instance that exists first becomes the writer.
            scope.depends_on(reader, [writer.logical_id()]);
        }
        Self { cluster, writer, readers, subnet_group, parameter_group }
    }

    /// The name of the log group that RDS writes the log of the cluster called `id` to.
    ///
    /// Source: Amazon Aurora User Guide, "Publishing Aurora `PostgreSQL` logs to Amazon `CloudWatch` Logs".
    pub fn log_group_name(id: impl Into<Value<String>>) -> Value<String> {
        concat_values!["/aws/rds/cluster/", id.into(), "/postgresql"]
    }

    /// The name under which the writer is found. It resolves before an instance exists: who connects has to depend on
    /// [`Self::writer`].
    pub fn endpoint_address(&self) -> Value<String> {
        self.cluster.endpoint_address()
    }

    /// The name under which the readers are found in turn; the writer, if there are none.
    pub fn read_endpoint_address(&self) -> Value<String> {
        self.cluster.read_endpoint_address()
    }

    /// The cluster's physical name.
    pub fn id(&self) -> Value<String> {
        self.cluster.reference()
    }

    /// The cluster, for what this part doesn't offer.
    pub fn cluster(&self) -> &Handle<CfnDbCluster> {
        &self.cluster
    }

    /// The instance that is made first.
    pub fn writer(&self) -> &Handle<CfnDbInstance> {
        &self.writer
    }

    /// The other instances.
    pub fn readers(&self) -> &[Handle<CfnDbInstance>] {
        &self.readers
    }

    /// What a kept cluster needs and is therefore kept with it; beside these, its security groups and its KMS key,
    /// which are not made here.
    pub fn kept_together(&self) -> [&LogicalId; 3] {
        [self.cluster.logical_id(), self.subnet_group.logical_id(), self.parameter_group.logical_id()]
    }
}

/// The cluster, as far as it refers to nothing that is made beside it.
fn cluster(props: &AuroraProps) -> CfnDbCluster {
    let mut cluster = CfnDbCluster::new(ENGINE);
    cluster.db_cluster_identifier.clone_from(&props.id);
    cluster.engine_version = Some(props.engine_version.as_str().into());
    cluster.port = Some(AuroraCluster::PORT.into());
    cluster.vpc_security_group_ids = Some(props.security_group_ids.clone().into());
    cluster.kms_key_id.clone_from(&props.kms_key_arn);
    match &props.origin {
        AuroraOrigin::New { database_name, username, password } => {
            cluster.database_name = Some(database_name.clone());
            cluster.master_username = Some(username.clone());
            cluster.master_user_password = Some(password.clone());
            cluster.storage_encrypted = Some(true.into());
        }
        // All else comes with the snapshot, its encryption too.
        AuroraOrigin::Snapshot(snapshot) => cluster.snapshot_identifier = Some(snapshot.clone()),
    }
    cluster.backup_retention_period = Some(props.backup_retention_days.into());
    cluster.preferred_backup_window = props.backup_window.as_deref().map(Into::into);
    cluster.preferred_maintenance_window = props.maintenance_window.as_deref().map(Into::into);
    cluster.copy_tags_to_snapshot = Some(true.into());
    cluster.deletion_protection = Some(props.deletion_protection.clone());
    if props.log_exports {
        cluster.enable_cloudwatch_logs_exports = Some(["postgresql"].into());
    }
    if let AuroraCapacity::Serverless(capacity) = &props.capacity {
        cluster.serverless_v2_scaling_configuration = Some(
            db_cluster::ServerlessV2ScalingConfiguration {
                min_capacity: Some(capacity.min.into()),
                max_capacity: Some(capacity.max.into()),
                seconds_until_auto_pause: capacity.seconds_until_auto_pause.map(Into::into),
            }
            .into(),
        );
    }
    cluster
}

/// The log group, where its name is known beforehand and it is asked for.
fn log_group(scope: &mut Scope<'_>, props: &AuroraProps) -> Option<LogGroup> {
    let (Some(logs), Some(id)) = (&props.log_group, &props.id) else { return None };
    let name = Some(AuroraCluster::log_group_name(id.clone()));
    Some(LogGroup::new(&mut scope.child("Logs"), LogGroupProps { name, ..logs.clone() }))
}

/// The role that writes the values of Enhanced Monitoring.
///
/// Source: Amazon Aurora User Guide, "Setting up and enabling Enhanced Monitoring".
fn monitoring_role(scope: &mut Scope<'_>) -> Role {
    Role::new(
        &mut scope.child("MonitoringRole"),
        RoleProps {
            managed_policies: vec![aws_managed_policy("service-role/AmazonRDSEnhancedMonitoringRole")],
            ..RoleProps::for_service("monitoring.rds.amazonaws.com")
        },
    )
}

fn instance(
    props: &AuroraProps,
    cluster: &Handle<CfnDbCluster>,
    monitoring_role: Option<&Role>,
) -> CfnDbInstance {
    let class = match &props.capacity {
        AuroraCapacity::Provisioned(class) => class.clone(),
        AuroraCapacity::Serverless(_) => SERVERLESS_CLASS.into(),
    };
    let mut instance = CfnDbInstance::new(class, ENGINE);
    instance.db_cluster_identifier = Some(cluster.reference());
    instance.auto_minor_version_upgrade = Some(false.into());
    instance.publicly_accessible = Some(false.into());
    instance.preferred_maintenance_window = props.maintenance_window.as_deref().map(Into::into);
    instance.ca_certificate_identifier.clone_from(&props.ca_certificate);
    if props.performance_insights {
        instance.enable_performance_insights = Some(true.into());
        instance.performance_insights_retention_period = Some(INSIGHTS_DAYS.into());
        // It holds statements, and with them data.
        instance.performance_insights_kms_key_id.clone_from(&props.kms_key_arn);
    }
    if let Some(role) = monitoring_role {
        instance.monitoring_interval = Some(props.monitoring_interval_seconds.into());
        instance.monitoring_role_arn = Some(role.arn());
    }
    instance
}
