//! What holds data: database, cache, bucket.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretSource;

/// Aurora PostgreSQL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// Version of Aurora PostgreSQL, in quotes; minor versions change only here.
    pub engine_version: String,
    /// Class of the instances; ignored with `serverless`.
    pub instance_class: String,
    /// How many instances: one writer and up to 15 readers.
    #[schemars(range(min = 1, max = 16))]
    pub instances: u32,
    /// Serverless v2 in place of fixed instances.
    pub serverless: Option<Serverless>,
    /// Name of Dify's database.
    pub name: String,
    /// Name of the plugin daemon's database, which it makes itself.
    pub plugin_database: String,
    /// The master user.
    pub username: String,
    /// Days for which backups are kept, 1 to 35.
    #[schemars(range(min = 1, max = 35))]
    pub backup_retention_days: u32,
    /// When backups are made, UTC, `hh:mm-hh:mm`.
    pub backup_window: Option<String>,
    /// When maintenance may happen, UTC, `ddd:hh:mm-ddd:hh:mm`.
    pub maintenance_window: Option<String>,
    /// Whether Performance Insights is on.
    pub performance_insights: bool,
    /// Seconds between values of Enhanced Monitoring: 0 (off), 1, 5, 10, 15, 30 or 60.
    #[schemars(extend("enum" = [0, 1, 5, 10, 15, 30, 60]))]
    pub monitoring_interval_seconds: u32,
    /// Whether the server's log goes to `CloudWatch`.
    pub log_exports: bool,
    /// Cluster parameters on top of ours, or in their place; `null` leaves one of ours out.
    pub parameters: IndexMap<String, Option<String>>,
    /// The key that encrypts it: `aws`, `customer` (one of the stack's own), or an ARN.
    pub kms_key: KmsKey,
    /// Whether the cluster can't be deleted; production.
    pub deletion_protection: bool,
    /// What becomes of all data (database, bucket, keys, secrets) when the stack is deleted.
    pub on_delete: OnDelete,
    /// ARN of a snapshot to start from; needs `secrets.database_password`. Can't be taken back.
    pub restore_from: Option<String>,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            engine_version: "16.8".to_owned(),
            instance_class: "db.t4g.medium".to_owned(),
            instances: 1,
            serverless: None,
            name: "dify".to_owned(),
            plugin_database: "dify_plugin".to_owned(),
            username: "dify".to_owned(),
            backup_retention_days: 7,
            backup_window: None,
            maintenance_window: None,
            performance_insights: false,
            monitoring_interval_seconds: 60,
            log_exports: true,
            parameters: IndexMap::new(),
            kms_key: KmsKey::Aws,
            deletion_protection: false,
            on_delete: OnDelete::Lost,
            restore_from: None,
        }
    }
}

/// Aurora Serverless v2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Serverless {
    /// Least capacity in ACU (2 GiB each), in steps of 0.5; 0 lets it pause.
    #[schemars(range(min = 0.0, max = 256.0), extend("multipleOf" = 0.5))]
    pub min_capacity: f64,
    /// Most capacity in ACU, 1 to 256.
    #[schemars(range(min = 1.0, max = 256.0), extend("multipleOf" = 0.5))]
    pub max_capacity: f64,
    /// Idle seconds until it pauses, 300 to 86400; with `min_capacity: 0` only.
    #[schemars(range(min = 300, max = 86400))]
    pub seconds_until_auto_pause: Option<u32>,
}

impl Default for Serverless {
    fn default() -> Self {
        Self { min_capacity: 0.5, max_capacity: 4.0, seconds_until_auto_pause: None }
    }
}

/// Who keeps the key that encrypts something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KmsKey {
    /// AWS's own key of the service.
    Aws,
    /// A key of the stack's own.
    Customer,
    /// An existing key, by its ARN.
    #[serde(untagged)]
    Arn(String),
}

/// What becomes of data when the stack is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// It is lost.
    Lost,
    /// It is kept, with what it needs.
    Kept,
}

/// `ElastiCache` for cache and task queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// `valkey` or `redis`.
    pub engine: CacheEngine,
    /// Its version, in quotes.
    pub engine_version: Option<String>,
    /// Class of the nodes.
    pub node_type: String,
    /// How many nodes: one primary and the rest replicas, 1 to 6.
    #[schemars(range(min = 1, max = 6))]
    pub nodes: u32,
    /// Whether a replica takes over when the primary fails; needs 2 nodes.
    pub automatic_failover: bool,
    /// Days for which snapshots are kept, 0 to 35.
    #[schemars(range(min = 0, max = 35))]
    pub snapshot_retention_days: u32,
    /// When snapshots are made, UTC, `hh:mm-hh:mm`.
    pub snapshot_window: Option<String>,
    /// When maintenance may happen, UTC, `ddd:hh:mm-ddd:hh:mm`.
    pub maintenance_window: Option<String>,
    /// Parameters on top of ours, or in their place.
    pub parameters: IndexMap<String, String>,
    /// The database number of the task queue; the cache has 0.
    #[schemars(range(min = 0, max = 15))]
    pub broker_database: u32,
    /// How strictly clients check the server's certificate.
    pub verify_certificate: bool,
    /// Whether slow commands are logged.
    pub slow_log: bool,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            engine: CacheEngine::Valkey,
            engine_version: None,
            node_type: "cache.t4g.small".to_owned(),
            nodes: 1,
            automatic_failover: false,
            snapshot_retention_days: 1,
            snapshot_window: None,
            maintenance_window: None,
            parameters: IndexMap::new(),
            broker_database: 1,
            verify_certificate: true,
            slow_log: true,
        }
    }
}

/// The cache's engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheEngine {
    /// Valkey, cheaper.
    Valkey,
    /// Redis OSS 7.1.
    Redis,
}

impl CacheEngine {
    /// The version where none is configured.
    pub fn default_version(self) -> &'static str {
        match self {
            Self::Valkey => "8.1",
            Self::Redis => "7.1",
        }
    }
}

/// The bucket for files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// An existing bucket, such as that of a lost stack; without it the stack makes one.
    pub bucket: Option<String>,
    /// Whether old versions of objects are kept.
    pub versioning: bool,
    /// What becomes of old objects. Current ones never expire: tenants' keys are among them.
    pub lifecycle: Lifecycle,
}

impl Default for Storage {
    fn default() -> Self {
        Self { bucket: None, versioning: true, lifecycle: Lifecycle::default() }
    }
}

/// What becomes of old objects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lifecycle {
    /// Days until an object moves to Standard-IA (30 or more); never without it.
    #[schemars(range(min = 30, max = 36500))]
    pub standard_ia_after_days: Option<u32>,
    /// Days until an old version is deleted; never with `null`.
    #[schemars(range(min = 1, max = 36500))]
    pub noncurrent_expiration_days: Option<u32>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self { standard_ia_after_days: None, noncurrent_expiration_days: Some(30) }
    }
}

/// Existing values that new ones must not be made for.
pub(super) type ExistingSecret = Option<SecretSource>;
