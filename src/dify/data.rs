//! What holds data: the database with its key, the cache, the bucket.

use crate::cfn::{PseudoParameter, RemovalPolicy, Value};
use crate::concat_values;
use crate::config::Config;
use crate::config::model::{CacheEngine as ConfiguredEngine, KmsKey as ConfiguredKey, OnDelete};
use crate::constructs::{
    AuroraCapacity, AuroraCluster, AuroraOrigin, AuroraProps, Bucket, BucketProps, Cache, CacheEngine,
    CacheProps, KmsKey, KmsKeyProps, LogGroup, LogGroupProps, Network, Removal, ResourceOptions, Scope,
    SecretValue, ServerlessCapacity,
};

use super::access::is_protected;
use super::form::Form;
use super::network::Groups;
use super::secrets::{SecretKind, Secrets};

/// What holds data.
#[derive(Debug)]
pub(super) struct Data {
    /// The database.
    pub database: AuroraCluster,
    /// The cache.
    pub cache: Cache,
    /// The bucket.
    pub bucket: Bucket,
}

/// Whether data outlives the stack.
pub(super) fn removal(config: &Config) -> Removal {
    match config.database.on_delete {
        OnDelete::Kept => Removal::Kept,
        OnDelete::Lost => Removal::Deleted,
    }
}

/// The bucket for files; before the rest, since a closed network's endpoint has to let it through.
pub(super) fn bucket(scope: &mut Scope<'_>, config: &Config) -> Bucket {
    if let Some(name) = &config.storage.bucket {
        return Bucket::existing(name.as_str());
    }
    let props = BucketProps {
        versioning: config.storage.versioning,
        standard_ia_after_days: config.storage.lifecycle.standard_ia_after_days,
        noncurrent_expiration_days: config.storage.lifecycle.noncurrent_expiration_days,
        removal: removal(config),
        ..BucketProps::default()
    };
    Bucket::new(&mut scope.child("Bucket"), props)
}

/// Database and cache.
pub(super) fn declare(
    scope: &mut Scope<'_>,
    config: &Config,
    form: &Form,
    network: &Network,
    groups: &Groups,
    secrets: &Secrets,
    bucket: Bucket,
) -> Data {
    let key = key(scope, config);
    let database = database(scope, config, form, network, groups, secrets, key);
    let cache = cache(scope, config, form, network, groups, secrets);
    if config.database.on_delete == OnDelete::Kept {
        network.retain(scope);
        scope.options(groups.database.handle(), ResourceOptions::retain);
    }
    Data { database, cache, bucket }
}

fn key(scope: &mut Scope<'_>, config: &Config) -> Option<Value<String>> {
    match &config.database.kms_key {
        ConfiguredKey::Aws => None,
        ConfiguredKey::Arn(arn) => Some(arn.as_str().into()),
        ConfiguredKey::Customer => {
            let mut props = KmsKeyProps::new("Encrypts the database of Dify");
            let stack = PseudoParameter::StackName.reference();
            props.alias = Some(concat_values!["alias/", stack, "-database"]);
            props.removal = removal(config);
            Some(KmsKey::new(&mut scope.child("DatabaseKey"), props).arn())
        }
    }
}

fn database(
    scope: &mut Scope<'_>,
    config: &Config,
    form: &Form,
    network: &Network,
    groups: &Groups,
    secrets: &Secrets,
    key: Option<Value<String>>,
) -> AuroraCluster {
    let settings = &config.database;
    let capacity = match (&settings.serverless, &form.instance_class) {
        (Some(serverless), _) => AuroraCapacity::Serverless(ServerlessCapacity {
            min: serverless.min_capacity,
            max: serverless.max_capacity,
            seconds_until_auto_pause: serverless.seconds_until_auto_pause,
        }),
        (None, Some(class)) => AuroraCapacity::Provisioned(class.reference()),
        (None, None) => AuroraCapacity::Provisioned(settings.instance_class.as_str().into()),
    };
    let password = secrets.get(SecretKind::DatabasePassword).map(SecretValue::dynamic_reference);
    let origin = match &settings.restore_from {
        Some(snapshot) => AuroraOrigin::Snapshot(snapshot.as_str().into()),
        None => AuroraOrigin::New {
            database_name: settings.name.as_str().into(),
            username: settings.username.as_str().into(),
            password: password.unwrap_or_else(|| Value::from("")),
        },
    };
    let groups = vec![groups.database.id()];
    let mut props = AuroraProps::new(
        &*settings.engine_version,
        origin,
        capacity,
        network.private_subnets.clone(),
        groups,
    );
    props.instances = settings.instances;
    props.parameters = crate::constructs::aurora::pgvector_parameters();
    for (name, value) in &settings.parameters {
        match value {
            Some(value) => props.parameters.insert(name.clone(), value.clone()),
            None => props.parameters.shift_remove(name),
        };
    }
    props.kms_key_arn = key;
    props.backup_retention_days = settings.backup_retention_days;
    props.backup_window.clone_from(&settings.backup_window);
    props.maintenance_window.clone_from(&settings.maintenance_window);
    if is_protected(config, settings.deletion_protection) {
        props.deletion_protection = form.deletion_protection.reference();
    }
    props.log_exports = settings.log_exports;
    props.performance_insights = settings.performance_insights;
    props.monitoring_interval_seconds = settings.monitoring_interval_seconds;
    props.removal = removal(config);
    AuroraCluster::new(&mut scope.child("Database"), props)
}

fn cache(
    scope: &mut Scope<'_>,
    config: &Config,
    form: &Form,
    network: &Network,
    groups: &Groups,
    secrets: &Secrets,
) -> Cache {
    let settings = &config.cache;
    let engine = match settings.engine {
        ConfiguredEngine::Valkey => CacheEngine::Valkey,
        ConfiguredEngine::Redis => CacheEngine::Redis,
    };
    let version = settings.engine_version.as_deref().unwrap_or_else(|| settings.engine.default_version());
    let node_type: Value<String> = form.node_type.reference();
    let groups = vec![groups.cache.id()];
    let mut props = CacheProps::new(engine, version, node_type, network.private_subnets.clone(), groups);
    "Cache and task queue of Dify".clone_into(&mut props.description);
    props.auth_token = secrets.get(SecretKind::CacheToken).map(SecretValue::dynamic_reference);
    props.nodes = settings.nodes;
    props.automatic_failover = settings.automatic_failover;
    props.snapshot_retention_days = settings.snapshot_retention_days;
    props.snapshot_window.clone_from(&settings.snapshot_window);
    props.maintenance_window.clone_from(&settings.maintenance_window);
    // What has no expiry, such as queued tasks, is never thrown away.
    props.parameters.insert("maxmemory-policy".to_owned(), "volatile-lru".to_owned());
    props.parameters.extend(settings.parameters.clone());
    if settings.slow_log {
        let mut logs = LogGroupProps::default();
        let stack = PseudoParameter::StackName.reference();
        // The name keeps the service's resource policy from growing with each group.
        logs.name = Some(concat_values!["/aws/vendedlogs/elasticache/", stack]);
        logs.retention_days = config.logs.retention_days;
        logs.removal = log_removal(config);
        props.slow_log = Some(LogGroup::new(&mut scope.child("Cache").child("LogGroup"), logs));
    }
    let cache = Cache::new(&mut scope.child("Cache"), props);
    if config.database.on_delete == OnDelete::Kept {
        // Not kept, since nothing in it is needed to come back; but what was queued can be had again.
        scope.options(cache.handle(), |options| {
            options.deletion_policy = Some(RemovalPolicy::Snapshot);
            options.update_replace_policy = Some(RemovalPolicy::Snapshot);
        });
    }
    cache
}

/// What becomes of log groups.
pub(super) fn log_removal(config: &Config) -> Removal {
    if config.logs.keep_on_delete { Removal::Kept } else { Removal::Deleted }
}
