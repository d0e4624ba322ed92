//! The environment of each component: what the image's own default would get wrong on ECS, and no more.
//!
//! Source of every name and value: `facts` recorded in `schemas/dify` and Dify's `docker-compose.yaml`; each block says
//! why it is needed. A variable that the configured version doesn't read is left out.

use std::collections::BTreeMap;

use crate::catalog::{Component, Feature, reads};
use crate::cfn::Value;
use crate::concat_values;
use crate::config::Config;
use crate::config::model::{MailType, SecretSource, Variable, VariableSource};

use super::concurrency;
use super::placement::{PlacedService, Placement, is_backend, searches};
use super::pools::Pools;
use super::secrets::SecretKind;
use super::versions::{known_version_of, version_of};

/// What a variable is set to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting {
    /// A text that may be read by whoever sees the task definition.
    Text(Value<String>),
    /// One of the stack's secrets.
    Secret(SecretKind),
    /// A secret of the user's.
    External(SecretSource),
}

/// Variables by name.
pub(super) type Environment = BTreeMap<String, Setting>;

/// What the environment tells of the rest of the stack.
#[derive(Debug, Clone)]
pub(super) struct Surroundings<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Who runs where.
    pub placement: &'a Placement,
    /// Sizes of connection pools.
    pub pools: Pools,
    /// `https://dify.example.com`, without slash at the end.
    pub public_url: Value<String>,
    /// The same with `wss` or `ws`.
    pub socket_url: Value<String>,
    /// The zone of private names, `dify-dev.internal`.
    pub private_zone: Value<String>,
    /// The database's writer.
    pub database_host: Value<String>,
    /// The cache's primary.
    pub cache_host: Value<String>,
    /// The bucket's name.
    pub bucket_name: Value<String>,
    /// The stack's region.
    pub region: Value<String>,
    /// Whether there is no way to the internet.
    pub is_closed: bool,
    /// Which component migrates the database at its start, where beat's service doesn't.
    pub migrates_at_start: Option<Component>,
}

/// Ports that stand in more than one component's settings.
const DATABASE_PORT: &str = "5432";
const CACHE_PORT: &str = "6379";

/// Largest plugin package in bytes; api and plugin daemon must agree.
const PLUGIN_PACKAGE_BYTES: &str = "52428800";

/// What the stack sets for beat, and the migration doesn't look at: it neither schedules, nor queues, nor shares connections.
///
/// Source: langgenius/dify, `api/extensions/ext_celery.py`, which takes no broker for a broker that nobody asks.
const NOT_OF_MIGRATION: [&str; 5] = [
    "CELERY_BROKER_URL",
    "MARKETPLACE_ENABLED",
    "SQLALCHEMY_MAX_OVERFLOW",
    "SQLALCHEMY_POOL_PRE_PING",
    "SQLALCHEMY_POOL_SIZE",
];

impl Surroundings<'_> {
    /// The whole environment of a component in its service, the user's own on top.
    pub(super) fn environment(&self, service: &PlacedService, component: Component) -> Environment {
        let mut environment = self.own(service, component);
        self.add_users_own(&mut environment, component);
        environment
    }

    /// Whether the stack sets a variable of a component by itself.
    pub(super) fn sets(&self, component: Component, name: &str) -> bool {
        let service = self.placement.service_of(component);
        service.is_some_and(|service| self.own(service, component).contains_key(name))
    }

    fn own(&self, service: &PlacedService, component: Component) -> Environment {
        let mut environment = match component {
            Component::Web => self.web(service),
            Component::PluginDaemon => self.plugin_daemon(service),
            Component::Sandbox => self.sandbox(service),
            Component::SsrfProxy => self.ssrf_proxy(service),
            Component::Api | Component::Worker | Component::Beat | Component::Websocket => {
                self.backend(service, component)
            }
        };
        let image = component.image();
        let version = version_of(self.config, component);
        environment.retain(|name, _| version.is_none_or(|version| reads(image, name, version)));
        environment
    }

    /// What the migration needs: it builds the whole application, but serves nothing, and does with one connection.
    pub(super) fn migration(&self, service: &PlacedService) -> Environment {
        let mut environment = self.own(service, Component::Beat);
        environment.retain(|name, _| !NOT_OF_MIGRATION.contains(&name.as_str()));
        self.add_users_own(&mut environment, Component::Beat);
        environment.remove("MODE");
        environment
    }

    /// `http://host:port` of a component as seen from a service.
    fn address(&self, from: &PlacedService, to: Component) -> Option<Value<String>> {
        if from.runs(to) {
            let port = to.port()?;
            return Some(format!("http://localhost:{port}").as_str().into());
        }
        self.private_address(to)
    }

    /// `http://host:port` of a component by its service's private name, as seen from anywhere.
    fn private_address(&self, of: Component) -> Option<Value<String>> {
        let service = self.placement.service_of(of)?;
        let port = of.port()?;
        let host = concat_values![format!("http://{}.", service.dns_name()), self.private_zone.clone()];
        Some(concat_values![host, format!(":{port}")])
    }

    fn backend(&self, service: &PlacedService, component: Component) -> Environment {
        let mut set = Builder::default();
        set.optional("MODE", component.mode());
        if !Feature::DefaultLogLevel.exists_in(known_version_of(self.config, component)) {
            // The old entry point passes an empty level on, at which Celery doesn't start.
            set.text("LOG_LEVEL", "INFO");
        }
        self.database(&mut set, &self.config.database.name);
        set.text("DB_TYPE", "postgresql");
        // Covers the pgvector client too, which takes no setting for TLS.
        set.text("PGSSLMODE", "require");
        set.text("SQLALCHEMY_POOL_SIZE", self.pools.size.to_string());
        set.text("SQLALCHEMY_MAX_OVERFLOW", self.pools.overflow.to_string());
        // A connection that a failover cut is noticed before it is used.
        set.text("SQLALCHEMY_POOL_PRE_PING", "true");
        self.cache(&mut set);
        set.text("REDIS_DB", "0");
        let verify = if self.config.cache.verify_certificate { "CERT_REQUIRED" } else { "CERT_NONE" };
        set.text("REDIS_SSL_CERT_REQS", verify);
        set.secret("CELERY_BROKER_URL", SecretKind::BrokerUrl);
        set.secret("SECRET_KEY", SecretKind::SecretKey);
        self.storage(&mut set);
        if self.is_closed {
            // Of beat too: its schedule has a task for the marketplace's sake that the worker then doesn't know.
            set.text("MARKETPLACE_ENABLED", "false");
        }
        // Beat calls nobody, sends nothing and shows nothing.
        if component != Component::Beat {
            self.addressing(&mut set, component);
        }
        match component {
            Component::Api => self.answering(&mut set),
            Component::Worker => self.working(&mut set, service),
            Component::Websocket => Self::collaborating(&mut set),
            _ => {}
        }
        if searches(component) {
            self.vectors(&mut set);
            self.calling(&mut set, service);
        }
        if self.migrates_at_start == Some(component) {
            set.text("MIGRATION_ENABLED", "true");
        }
        set.environment
    }

    /// What api, worker and websocket tell users, and whether users see each other's work.
    fn addressing(&self, set: &mut Builder, component: Component) {
        // The image bakes 127.0.0.1 into the first three.
        for name in ["CONSOLE_API_URL", "CONSOLE_WEB_URL", "APP_WEB_URL", "FILES_URL"] {
            set.value(name, self.public_url.clone());
        }
        if component != Component::Worker {
            // Exactly one proxy, the load balancer, stands before it.
            set.text("RESPECT_XFORWARD_HEADERS_ENABLED", "true");
            // The default of 200 s cuts long answers of models.
            set.text("GUNICORN_TIMEOUT", "360");
        }
        set.text("ENABLE_COLLABORATION_MODE", self.placement.has(Component::Websocket).to_string());
        if self.is_closed {
            // Empty: no call home for updates.
            set.text("CHECK_UPDATE_URL", "");
        }
    }

    fn answering(&self, set: &mut Builder) {
        set.value("SERVICE_API_URL", self.public_url.clone());
        set.value("TRIGGER_URL", self.public_url.clone());
        // The default of 10 would let 10 streamed answers block everybody else.
        set.text("SERVER_WORKER_CONNECTIONS", "200");
        // Whoever reaches the load balancer first would else become the administrator.
        set.secret("INIT_PASSWORD", SecretKind::InitPassword);
    }

    fn working(&self, set: &mut Builder, service: &PlacedService) {
        // The default of 1 would let one long document or workflow block all others.
        set.text(
            "CELERY_WORKER_AMOUNT",
            concurrency::celery_tasks(service, self.pools.of_process).to_string(),
        );
    }

    fn collaborating(set: &mut Builder) {
        // The one class that speaks web sockets; the entry point's default was another one before 1.15.
        set.text("SERVER_WORKER_CLASS", "geventwebsocket.gunicorn.workers.GeventWebSocketWorker");
        // A connection for each open page.
        set.text("SERVER_WORKER_CONNECTIONS", "1000");
    }

    /// What api and worker need of others, and give others to call them by.
    fn calling(&self, set: &mut Builder, service: &PlacedService) {
        // The plugin daemon opens these links too, so that its way to the api counts.
        let files = if self.placement.opens_files_locally(service) {
            self.address(service, Component::Api)
        } else {
            self.private_address(Component::Api)
        };
        set.optional("INTERNAL_FILES_URL", files);
        self.plugins(set, service);
        if self.placement.has(Component::Sandbox) {
            set.optional("CODE_EXECUTION_ENDPOINT", self.address(service, Component::Sandbox));
            set.secret("CODE_EXECUTION_API_KEY", SecretKind::SandboxKey);
        }
        if let Some(proxy) = self.address(service, Component::SsrfProxy) {
            set.value("SSRF_PROXY_HTTP_URL", proxy.clone());
            set.value("SSRF_PROXY_HTTPS_URL", proxy);
        }
        self.mail(set);
    }

    fn database(&self, set: &mut Builder, database: &str) {
        set.value("DB_HOST", self.database_host.clone());
        set.text("DB_PORT", DATABASE_PORT);
        set.text("DB_USERNAME", self.config.database.username.as_str());
        set.text("DB_DATABASE", database);
        set.secret("DB_PASSWORD", SecretKind::DatabasePassword);
    }

    fn cache(&self, set: &mut Builder) {
        set.value("REDIS_HOST", self.cache_host.clone());
        set.text("REDIS_PORT", CACHE_PORT);
        set.text("REDIS_USE_SSL", "true");
        set.secret("REDIS_PASSWORD", SecretKind::CacheToken);
    }

    fn storage(&self, set: &mut Builder) {
        set.text("STORAGE_TYPE", "s3");
        set.text("S3_USE_AWS_MANAGED_IAM", "true");
        set.value("S3_BUCKET_NAME", self.bucket_name.clone());
        set.value("S3_REGION", self.region.clone());
    }

    /// Where knowledge bases are searched.
    fn vectors(&self, set: &mut Builder) {
        set.text("VECTOR_STORE", "pgvector");
        set.value("PGVECTOR_HOST", self.database_host.clone());
        // The code's default is 5433.
        set.text("PGVECTOR_PORT", DATABASE_PORT);
        set.text("PGVECTOR_USER", self.config.database.username.as_str());
        set.text("PGVECTOR_DATABASE", self.config.database.name.as_str());
        set.secret("PGVECTOR_PASSWORD", SecretKind::DatabasePassword);
    }

    fn plugins(&self, set: &mut Builder, service: &PlacedService) {
        let Some(daemon) = self.address(service, Component::PluginDaemon) else { return };
        set.value("PLUGIN_DAEMON_URL", daemon);
        set.secret("PLUGIN_DAEMON_KEY", SecretKind::PluginDaemonKey);
        set.secret("INNER_API_KEY_FOR_PLUGIN", SecretKind::InnerApiKey);
        set.value("ENDPOINT_URL_TEMPLATE", concat_values![self.public_url.clone(), "/e/{hook_id}"]);
        // The code's default is smaller than the daemon's.
        set.text("PLUGIN_MAX_PACKAGE_SIZE", PLUGIN_PACKAGE_BYTES);
    }

    fn mail(&self, set: &mut Builder) {
        let Some(mail) = &self.config.mail else { return };
        match mail.kind {
            MailType::Smtp => set.text("MAIL_TYPE", "smtp"),
        }
        set.text("MAIL_DEFAULT_SEND_FROM", mail.from.as_str());
        let smtp = &mail.smtp;
        set.text("SMTP_SERVER", smtp.server.as_str());
        set.text("SMTP_PORT", smtp.port.to_string());
        set.optional("SMTP_USERNAME", smtp.username.as_deref());
        set.text("SMTP_USE_TLS", "true");
        // 465 speaks TLS from the start; other ports begin in plain text and switch.
        set.text("SMTP_OPPORTUNISTIC_TLS", (smtp.port != 465).to_string());
        if let Some(password) = &smtp.password {
            set.environment.insert("SMTP_PASSWORD".to_owned(), Setting::External(password.clone()));
        }
    }

    fn web(&self, service: &PlacedService) -> Environment {
        let mut set = Builder::default();
        // The image bakes 127.0.0.1 into both, which is the browser's own machine.
        set.value("CONSOLE_API_URL", self.public_url.clone());
        set.value("APP_API_URL", self.public_url.clone());
        // ECS sets it to the task's name, and Next.js listens on that alone.
        set.text("HOSTNAME", "0.0.0.0");
        set.optional("SERVER_CONSOLE_API_URL", self.address(service, Component::Api));
        // The agent backend isn't part of the stack.
        set.text("NEXT_PUBLIC_ENABLE_AGENT_V2", "false");
        if self.placement.has(Component::Websocket) {
            set.value("NEXT_PUBLIC_SOCKET_URL", self.socket_url.clone());
        }
        if self.is_closed {
            set.text("MARKETPLACE_ENABLED", "false");
        }
        set.environment
    }

    fn plugin_daemon(&self, service: &PlacedService) -> Environment {
        let mut set = Builder::default();
        set.text("SERVER_PORT", "5002");
        self.database(&mut set, &self.config.database.plugin_database);
        set.text("DB_SSL_MODE", "require");
        set.text("DB_MAX_OPEN_CONNS", self.pools.plugin_daemon.to_string());
        self.cache(&mut set);
        set.secret("SERVER_KEY", SecretKind::PluginDaemonKey);
        set.secret("DIFY_INNER_API_KEY", SecretKind::InnerApiKey);
        set.optional("DIFY_INNER_API_URL", self.address(service, Component::Api));
        set.text("PLUGIN_REMOTE_INSTALLING_ENABLED", "false");
        set.text("PLUGIN_WORKING_PATH", "/app/storage/cwd");
        set.text("PLUGIN_STORAGE_TYPE", "aws_s3");
        set.value("PLUGIN_STORAGE_OSS_BUCKET", self.bucket_name.clone());
        set.value("AWS_REGION", self.region.clone());
        set.text("S3_USE_AWS_MANAGED_IAM", "true");
        set.text("S3_USE_PATH_STYLE", "false");
        set.text("MAX_PLUGIN_PACKAGE_SIZE", PLUGIN_PACKAGE_BYTES);
        set.text("PLUGIN_MAX_EXECUTION_TIMEOUT", "600");
        // Fargate is slower than what the default of 120 s was chosen on.
        set.text("PYTHON_ENV_INIT_TIMEOUT", "300");
        // An unsigned plugin is code of anybody's.
        set.text("FORCE_VERIFYING_SIGNATURE", "true");
        if self.is_closed {
            set.text("PIP_MIRROR_AUTO_DETECT", "false");
        }
        set.environment
    }

    fn sandbox(&self, service: &PlacedService) -> Environment {
        let mut set = Builder::default();
        // The image's default key is public.
        set.secret("API_KEY", SecretKind::SandboxKey);
        set.text("GIN_MODE", "release");
        // The image's configuration has both at a developer's values.
        set.text("DEBUG", "false");
        set.text("WORKER_TIMEOUT", "15");
        set.text("ENABLE_NETWORK", "true");
        set.text("SANDBOX_PORT", "8194");
        if let Some(proxy) = self.address(service, Component::SsrfProxy) {
            set.value("HTTP_PROXY", proxy.clone());
            set.value("HTTPS_PROXY", proxy);
        }
        set.environment
    }

    fn ssrf_proxy(&self, service: &PlacedService) -> Environment {
        let mut set = Builder::default();
        // What the template of Dify's squid configuration is filled with.
        set.text("HTTP_PORT", "3128");
        set.text("COREDUMP_DIR", "/var/spool/squid");
        set.text("REVERSE_PROXY_PORT", "8194");
        let sandbox = self.placement.service_of(Component::Sandbox);
        if let Some(sandbox) = sandbox.filter(|sandbox| sandbox.name != service.name) {
            let host = concat_values![format!("{}.", sandbox.dns_name()), self.private_zone.clone()];
            set.value("SANDBOX_HOST", host);
            set.text("SANDBOX_PORT", "8194");
        }
        set.environment
    }

    fn add_users_own(&self, environment: &mut Environment, component: Component) {
        for (name, variable) in &self.config.environment {
            let (setting, components) = match variable {
                Variable::Plain(source) => (from_source(source), [].as_slice()),
                Variable::For(one) => (from_parts(one), one.components.as_slice()),
            };
            let meant =
                if components.is_empty() { is_backend(component) } else { components.contains(&component) };
            if let Some(setting) = setting.filter(|_| meant) {
                environment.insert(name.clone(), setting);
            }
        }
        for (name, source) in &self.config.component(component).environment {
            match source.as_ref().and_then(from_source) {
                Some(setting) => environment.insert(name.clone(), setting),
                None => environment.remove(name),
            };
        }
    }
}

/// The user's own text for a variable of a component; `None` for a secret too.
pub(super) fn own_text(config: &Config, component: Component, name: &str) -> Option<String> {
    if let Some(source) = config.component(component).environment.get(name) {
        return source.as_ref().and_then(VariableSource::text);
    }
    match config.environment.get(name)? {
        Variable::Plain(source) => source.text().filter(|_| is_backend(component)),
        Variable::For(one) if one.components.is_empty() => {
            one.value.clone().filter(|_| is_backend(component))
        }
        Variable::For(one) => one.value.clone().filter(|_| one.components.contains(&component)),
    }
}

/// Whether the user decides about a variable of a component: gives it a value or a source, or leaves it out.
pub(super) fn is_users_own(config: &Config, component: Component, name: &str) -> bool {
    let of_all = match config.environment.get(name) {
        Some(Variable::For(one)) if !one.components.is_empty() => one.components.contains(&component),
        Some(_) => is_backend(component),
        None => false,
    };
    of_all || config.component(component).environment.contains_key(name)
}

fn from_source(source: &VariableSource) -> Option<Setting> {
    match source {
        VariableSource::Secret(secret) => Some(Setting::External(secret.clone())),
        plain => plain.text().map(|text| Setting::Text(text.into())),
    }
}

fn from_parts(variable: &crate::config::model::VariableFor) -> Option<Setting> {
    if let Some(value) = &variable.value {
        return Some(Setting::Text(value.clone().into()));
    }
    let source = SecretSource {
        ssm: variable.ssm.clone(),
        secret: variable.secret.clone(),
        field: variable.field.clone(),
        kms_key: variable.kms_key.clone(),
    };
    (source.ssm.is_some() || source.secret.is_some()).then_some(Setting::External(source))
}

#[derive(Default)]
struct Builder {
    environment: Environment,
}

impl Builder {
    fn value(&mut self, name: &str, value: Value<String>) {
        self.environment.insert(name.to_owned(), Setting::Text(value));
    }

    fn text(&mut self, name: &str, text: impl Into<String>) {
        self.value(name, Value::Literal(text.into()));
    }

    fn optional(&mut self, name: &str, value: Option<impl Into<Value<String>>>) {
        if let Some(value) = value {
            self.value(name, value.into());
        }
    }

    fn secret(&mut self, name: &str, secret: SecretKind) {
        self.environment.insert(name.to_owned(), Setting::Secret(secret));
    }
}
