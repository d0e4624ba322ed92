//! What an Aurora cluster is made from.

use indexmap::IndexMap;

use crate::cfn::Value;
use crate::constructs::{LogGroupProps, Removal, Scope};

/// The intervals of Enhanced Monitoring in seconds; 0 is off.
///
/// Source: Amazon RDS API Reference, "`CreateDBInstance`", `MonitoringInterval`.
const MONITORING_INTERVALS: [u32; 7] = [0, 1, 5, 10, 15, 30, 60];

/// How much a cluster's instances can do.
#[derive(Debug, Clone, PartialEq)]
pub enum AuroraCapacity {
    /// Instances of this class, such as `db.t4g.medium`.
    Provisioned(Value<String>),
    /// Instances that grow and shrink.
    Serverless(ServerlessCapacity),
}

/// The capacity of each instance of Aurora Serverless v2.
///
/// Source: Amazon Aurora User Guide, "Setting the Aurora Serverless v2 capacity range for a cluster".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServerlessCapacity {
    /// Least ACUs (2 GiB each), 0 to 256 in steps of 0.5; with 0, an instance without connections pauses.
    pub min: f64,
    /// Most ACUs, 1 to 256 in steps of 0.5. The memory that formulas of parameters see is that of this capacity.
    pub max: f64,
    /// Seconds without connections until an instance pauses, 300 to 86,400; with a minimum of 0 only.
    pub seconds_until_auto_pause: Option<u32>,
}

/// What a cluster begins with.
#[derive(Debug, Clone, PartialEq)]
pub enum AuroraOrigin {
    /// An empty database.
    New {
        /// The database's name.
        database_name: Value<String>,
        /// The master user's name.
        username: Value<String>,
        /// The master user's password, as a dynamic reference. It is read again whenever anything about the cluster
        /// changes, not when the secret does.
        password: Value<String>,
    },
    /// What is in the cluster snapshot with this name or ARN, users and passwords included. Has to stay: taken away
    /// later, it replaces the cluster by an empty one.
    Snapshot(Value<String>),
}

/// What an [`super::AuroraCluster`] is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct AuroraProps {
    /// The engine's version, such as `16.8`. Minor versions change only here. Versions past their standard support go
    /// on running and cost a surcharge (Amazon Aurora User Guide, "Amazon RDS Extended Support").
    pub engine_version: String,
    /// What it begins with.
    pub origin: AuroraOrigin,
    /// How much its instances can do.
    pub capacity: AuroraCapacity,
    /// How many instances: a writer and readers, 1 to 16. 1: each costs the same, and a second one takes over within a
    /// minute where a lone one has to be made anew.
    pub instances: u32,
    /// Where the instances are; subnets of two zones at least.
    pub subnet_ids: Value<Vec<Value<String>>>,
    /// Who reaches it.
    pub security_group_ids: Vec<Value<String>>,
    /// Cluster parameters that differ from the family's defaults, such as [`super::pgvector_parameters`].
    pub parameters: IndexMap<String, String>,
    /// ARN of the KMS key that encrypts storage, snapshots and Performance Insights. `None`: the key that RDS has in
    /// each account, at no cost; its snapshots can't be shared with other accounts.
    pub kms_key_arn: Option<Value<String>>,
    /// Days for which backups are kept, 1 to 35. 7; as much as the database's own size costs nothing.
    pub backup_retention_days: u32,
    /// When backups are made, UTC, `hh:mm-hh:mm`, 30 minutes at least. AWS chooses without it.
    pub backup_window: Option<String>,
    /// When maintenance may happen, UTC, `ddd:hh:mm-ddd:hh:mm`, 30 minutes at least, apart from the backups. AWS chooses
    /// without it.
    pub maintenance_window: Option<String>,
    /// Whether the cluster can't be deleted. Off: a cluster whose first create fails couldn't be cleaned up. On, it also
    /// stops the deletion of the stack as long as the cluster isn't kept.
    pub deletion_protection: Value<bool>,
    /// Whether the server's log goes to `CloudWatch` Logs. On; the group is `/aws/rds/cluster/<id>/postgresql`, and each
    /// GB written costs.
    pub log_exports: bool,
    /// The log group, its name apart. Possible with an `id` only, since otherwise nobody knows the group's name before
    /// RDS has made it, without an end of retention and beyond the stack.
    pub log_group: Option<LogGroupProps>,
    /// Whether Performance Insights keeps a week of statement loads; those cost nothing. Off.
    pub performance_insights: bool,
    /// Seconds between values of Enhanced Monitoring: 0 (off), 1, 5, 10, 15, 30 or 60. 60; they are written to
    /// `CloudWatch` Logs, about a dollar a month for each instance.
    pub monitoring_interval_seconds: u32,
    /// The authority of the instances' certificates, such as `rds-ca-rsa2048-g1`. AWS chooses without it.
    pub ca_certificate: Option<Value<String>>,
    /// A physical name of at most 63 letters, digits and hyphens. With one, no change can replace the cluster.
    pub id: Option<Value<String>>,
    /// What becomes of the cluster with its subnet group and its parameters. Kept. Instances are always deleted.
    pub removal: Removal,
}

impl AuroraProps {
    /// A kept cluster of one instance with the family's default parameters.
    pub fn new(
        engine_version: impl Into<String>,
        origin: AuroraOrigin,
        capacity: AuroraCapacity,
        subnet_ids: impl Into<Value<Vec<Value<String>>>>,
        security_group_ids: Vec<Value<String>>,
    ) -> Self {
        Self {
            engine_version: engine_version.into(),
            origin,
            capacity,
            instances: 1,
            subnet_ids: subnet_ids.into(),
            security_group_ids,
            parameters: IndexMap::new(),
            kms_key_arn: None,
            backup_retention_days: 7,
            backup_window: None,
            maintenance_window: None,
            deletion_protection: false.into(),
            log_exports: true,
            log_group: None,
            performance_insights: false,
            monitoring_interval_seconds: 60,
            ca_certificate: None,
            id: None,
            removal: Removal::Kept,
        }
    }

    /// The family of parameter groups: that of the major version.
    pub(super) fn parameter_group_family(&self) -> String {
        let major = self.engine_version.split('.').next().unwrap_or_default();
        format!("aurora-postgresql{major}")
    }

    /// Reports what RDS would refuse.
    pub(super) fn check(&self, scope: &mut Scope<'_>) {
        let numbers: Vec<_> = self.engine_version.split('.').map(str::parse::<u32>).collect();
        if numbers.len() < 2 || numbers.iter().any(Result::is_err) {
            scope.misuse(
                format!("`{}` is no version of Aurora PostgreSQL", self.engine_version),
                "write the major and the minor version, such as 16.8",
            );
        }
        if !(1..=16).contains(&self.instances) {
            scope.misuse(
                format!("a cluster can't have {} instances", self.instances),
                "choose 1 to 16 instances",
            );
        }
        if !(1..=35).contains(&self.backup_retention_days) {
            scope.misuse(
                format!("backups can't be kept for {} days", self.backup_retention_days),
                "choose 1 to 35 days",
            );
        }
        if !MONITORING_INTERVALS.contains(&self.monitoring_interval_seconds) {
            scope.misuse(
                format!("Enhanced Monitoring can't run every {} seconds", self.monitoring_interval_seconds),
                format!("choose one of {MONITORING_INTERVALS:?}"),
            );
        }
        if self.log_group.is_some() && (self.id.is_none() || !self.log_exports) {
            scope.misuse(
                "the log group's name isn't known before the cluster is made",
                "give the cluster an `id` and export its log, or leave the log group to RDS",
            );
        }
        if let AuroraCapacity::Serverless(capacity) = &self.capacity {
            capacity.check(scope);
        }
    }
}

impl ServerlessCapacity {
    fn check(self, scope: &mut Scope<'_>) {
        let is_step = |acu: f64| (acu * 2.0).fract() == 0.0;
        let Self { min, max, seconds_until_auto_pause } = self;
        if !(0.0..=256.0).contains(&min) || !(1.0..=256.0).contains(&max) || min > max {
            scope.misuse(
                format!("{min} to {max} ACUs is no range of capacity"),
                "choose a minimum of 0 to 256 and a maximum of 1 to 256 that isn't below it",
            );
        } else if !is_step(min) || !is_step(max) {
            scope.misuse(format!("{min} to {max} ACUs isn't in steps of 0.5"), "choose multiples of 0.5");
        }
        if let Some(seconds) = seconds_until_auto_pause
            && (min > 0.0 || !(300..=86_400).contains(&seconds))
        {
            scope.misuse(
                format!("an instance of at least {min} ACUs can't pause after {seconds} seconds"),
                "choose a minimum of 0 and 300 to 86400 seconds",
            );
        }
    }
}
