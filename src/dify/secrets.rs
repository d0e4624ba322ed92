//! The stack's secrets: where each is kept, and who else must hold the same one.
//!
//! Each of the values that Dify's parts must share is one secret for all its holders, and no two are the same.
//! How a secret is generated never changes once shipped: CloudFormation would make a new value, and what was
//! encrypted or protected with the old one would be lost. `tests/` keeps a list.

use std::collections::BTreeMap;

use crate::catalog::Component;
use crate::cfn::Value;
use crate::concat_values;
use crate::config::Config;
use crate::config::model::{OnDelete, SecretSource, SecretsBackend};
use crate::constructs::{GeneratedSecret, Removal, Scope, Secret, SecretProps, SecretValue};

use super::environment::{INIT_PASSWORD, is_users_own};
use super::placement::Placement;

/// A secret of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SecretKind {
    /// Signs sessions and encrypts credentials (`SECRET_KEY`).
    SecretKey,
    /// The database's master password.
    DatabasePassword,
    /// The cache's token.
    CacheToken,
    /// The task queue's address with the token in it (`CELERY_BROKER_URL`).
    BrokerUrl,
    /// Between api and plugin daemon (`PLUGIN_DAEMON_KEY`, `SERVER_KEY`).
    PluginDaemonKey,
    /// Between plugin daemon and api (`INNER_API_KEY_FOR_PLUGIN`, `DIFY_INNER_API_KEY`).
    InnerApiKey,
    /// Between api and sandbox (`CODE_EXECUTION_API_KEY`, `API_KEY`).
    SandboxKey,
    /// What the first administrator has to type (`INIT_PASSWORD`).
    InitPassword,
}

/// How a secret is called and made.
struct Definition {
    kind: SecretKind,
    construct_id: &'static str,
    /// Behind `/<name>/<environment>/` in Secrets Manager.
    name: &'static str,
    /// Behind `/<name>/<environment>/` in Parameter Store.
    parameter: &'static str,
    description: &'static str,
    length: u32,
}

/// The field of the database's secret that is the password.
const PASSWORD_FIELD: &str = "password";

/// The secrets that are generated. Never change a length: it makes a new value.
const DEFINITIONS: [Definition; 7] = [
    Definition {
        kind: SecretKind::SecretKey,
        construct_id: "SecretKey",
        name: "secret-key",
        parameter: "secret_key",
        description: "SECRET_KEY of Dify: signs sessions and encrypts credentials. Changing it loses them",
        length: 64,
    },
    Definition {
        kind: SecretKind::DatabasePassword,
        construct_id: "DatabaseSecret",
        name: "database",
        parameter: "db/password",
        description: "Master user of the database",
        length: 32,
    },
    Definition {
        kind: SecretKind::CacheToken,
        construct_id: "CacheSecret",
        name: "cache",
        parameter: "redis/auth_token",
        description: "Token of the cache",
        length: 32,
    },
    Definition {
        kind: SecretKind::PluginDaemonKey,
        construct_id: "PluginDaemonKey",
        name: "plugin-daemon-key",
        parameter: "plugin_daemon_key",
        description: "Key that the api shows the plugin daemon",
        length: 64,
    },
    Definition {
        kind: SecretKind::InnerApiKey,
        construct_id: "InnerApiKey",
        name: "inner-api-key",
        parameter: "dify_inner_api_key",
        description: "Key that the plugin daemon shows the api",
        length: 64,
    },
    Definition {
        kind: SecretKind::SandboxKey,
        construct_id: "SandboxKey",
        name: "sandbox-key",
        parameter: "sandbox_key",
        description: "Key that the api shows the sandbox",
        length: 64,
    },
    Definition {
        kind: SecretKind::InitPassword,
        construct_id: "InitPassword",
        name: "init-password",
        parameter: "init_password",
        description: "Password that sets up the first administrator",
        // Dify takes at most 30 characters.
        length: 24,
    },
];

impl SecretKind {
    /// Whether a placement uses it.
    fn is_needed(self, config: &Config, placement: &Placement) -> bool {
        let has = |component| placement.has(component);
        let has_backend = placement.services.iter().any(super::placement::PlacedService::runs_backend);
        match self {
            Self::SecretKey => has_backend,
            Self::DatabasePassword | Self::CacheToken | Self::BrokerUrl => true,
            Self::PluginDaemonKey | Self::InnerApiKey => has(Component::PluginDaemon),
            Self::SandboxKey => has(Component::Sandbox),
            // One of the user's own takes its place, and nobody would read this one.
            Self::InitPassword => has(Component::Api) && !is_users_own(config, Component::Api, INIT_PASSWORD),
        }
    }

    /// Whether it is worth as much as the data itself.
    fn belongs_to_data(self) -> bool {
        matches!(self, Self::SecretKey | Self::DatabasePassword)
    }
}

/// The stack's secrets.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets {
    values: BTreeMap<SecretKind, SecretValue>,
}

impl Secrets {
    /// Makes the secrets that the placement needs, or refers to those that exist.
    pub(super) fn declare(scope: &mut Scope<'_>, config: &Config, placement: &Placement) -> Self {
        let mut values = BTreeMap::new();
        for definition in DEFINITIONS.iter().filter(|definition| definition.kind.is_needed(config, placement))
        {
            let existing = match definition.kind {
                SecretKind::SecretKey => config.secrets.secret_key.as_ref(),
                SecretKind::DatabasePassword => config.secrets.database_password.as_ref(),
                _ => None,
            };
            let value = match (existing, config.secrets.backend) {
                (Some(source), _) => external(source),
                (None, SecretsBackend::Ssm) => SecretValue::parameter(
                    format!("{}/{}", config.parameter_prefix(), definition.parameter).as_str(),
                ),
                (None, SecretsBackend::Secretsmanager) => generate(scope, config, definition),
            };
            values.insert(definition.kind, value);
        }
        Self { values }
    }

    /// Puts the task queue's address together, where secrets are kept in Secrets Manager. In Parameter Store that can't
    /// be done; there each container does it at its start ([`broker_url_script`]).
    pub(super) fn compose_broker_url(
        &mut self,
        scope: &mut Scope<'_>,
        config: &Config,
        cache_host: &Value<String>,
    ) {
        let Some(token) = self.get(SecretKind::CacheToken) else { return };
        if config.secrets.backend == SecretsBackend::Ssm {
            return;
        }
        let url = concat_values![
            "rediss://:",
            token.dynamic_reference(),
            "@",
            cache_host.clone(),
            format!(":6379/{}?ssl_cert_reqs={}", config.cache.broker_database, certificate_check(config))
        ];
        let mut props = SecretProps::composed(url);
        props.name = Some(format!("{}/broker-url", config.parameter_prefix()).as_str().into());
        props.description = Some("Address of the task queue, with the cache's token in it".to_owned());
        props.removal = Removal::Deleted;
        let secret = Secret::new(&mut scope.child("BrokerSecret"), props);
        self.values.insert(SecretKind::BrokerUrl, SecretValue::of(&secret));
    }

    /// Where a secret is kept; `None` if the stack has no such one.
    pub(super) fn get(&self, kind: SecretKind) -> Option<&SecretValue> {
        self.values.get(&kind)
    }
}

fn generate(scope: &mut Scope<'_>, config: &Config, definition: &Definition) -> SecretValue {
    let is_database = definition.kind == SecretKind::DatabasePassword;
    let content = if is_database {
        let username = [("username", config.database.username.as_str())];
        GeneratedSecret::field(PASSWORD_FIELD, definition.length, username)
    } else {
        GeneratedSecret::text(definition.length)
    };
    let keep = definition.kind.belongs_to_data() && config.database.on_delete == OnDelete::Kept;
    let mut props = SecretProps::generated(content);
    props.name = Some(format!("{}/{}", config.parameter_prefix(), definition.name).as_str().into());
    props.description = Some(definition.description.to_owned());
    props.removal = if keep { Removal::Kept } else { Removal::Deleted };
    let secret = Secret::new(&mut scope.child(definition.construct_id), props);
    if is_database { SecretValue::field(&secret, PASSWORD_FIELD) } else { SecretValue::of(&secret) }
}

/// A secret of the user's.
pub(super) fn external(source: &SecretSource) -> SecretValue {
    let kms_key_arn = source.kms_key.as_deref().map(Value::from);
    match (&source.ssm, &source.secret) {
        (Some(name), _) => SecretValue::SsmParameter { name: name.as_str().into(), kms_key_arn },
        (None, secret) => SecretValue::ExistingSecret {
            secret_id: secret.clone().unwrap_or_default().as_str().into(),
            field: source.field.clone(),
            kms_key_arn,
        },
    }
}

/// The parameters that `dify-cfn secrets` makes for the `ssm` backend, with the length of each; none for another backend.
pub fn secure_parameters(config: &Config) -> Vec<(String, u32)> {
    if config.secrets.backend != SecretsBackend::Ssm {
        return Vec::new();
    }
    let placement = Placement::of(config);
    let needed = DEFINITIONS.iter().filter(|definition| definition.kind.is_needed(config, &placement));
    let made = needed.filter(|definition| match definition.kind {
        SecretKind::SecretKey => config.secrets.secret_key.is_none(),
        SecretKind::DatabasePassword => config.secrets.database_password.is_none(),
        _ => true,
    });
    made.map(|definition| {
        (format!("{}/{}", config.parameter_prefix(), definition.parameter), definition.length)
    })
    .collect()
}

/// How Celery checks the cache's certificate. Without it in the address, older versions of Dify don't start.
fn certificate_check(config: &Config) -> &'static str {
    if config.cache.verify_certificate { "CERT_REQUIRED" } else { "CERT_NONE" }
}

/// The shell line that puts the task queue's address together from the token; the token has letters and digits only.
pub(super) fn broker_url_script(config: &Config) -> String {
    format!(
        "export CELERY_BROKER_URL=\"rediss://:$REDIS_PASSWORD@$REDIS_HOST:$REDIS_PORT/{}?ssl_cert_reqs={}\"",
        config.cache.broker_database,
        certificate_check(config)
    )
}
