//! The parts of a container that don't depend on the rest of the stack: image, health check, start.

use crate::catalog::Component;
use crate::cfn::Value;
use crate::concat_values;
use crate::config::Config;
use crate::config::model::{ComponentSettings, SecretsBackend};

use super::form::Form;
use super::placement::is_backend;
use super::secrets::broker_url_script;

/// What a container is called, `dify-plugin-daemon`.
pub fn container_name(component: Component) -> String {
    format!("dify-{}", component.dns_name())
}

/// Seconds from the start of the plugin daemon until it counts as healthy: its plugins come up minutes after it, and
/// DNS must not send calls to it before.
const PLUGIN_WARM_UP_SECONDS: u32 = 180;

/// Seconds at the start in which failed checks don't count; the most that ECS takes.
const LONGEST_START_SECONDS: u32 = 300;

/// A container's own check, as ECS takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `CMD-SHELL` and a line, or `CMD` and words.
    pub command: Vec<String>,
    /// Seconds between checks.
    pub interval_seconds: u32,
    /// Seconds until a check counts as failed.
    pub timeout_seconds: u32,
    /// Failed checks until the container is unhealthy.
    pub retries: u32,
    /// Seconds at the start in which failed checks don't count.
    pub start_period_seconds: u32,
}

/// The check of a component's container; `None` if it has none.
pub fn check(component: Component, settings: &ComponentSettings) -> Option<Check> {
    let known = component.health_command();
    match &settings.health_check {
        Some(None) => None,
        Some(Some(own)) => {
            let command = match &own.command {
                Some(command) => vec!["CMD-SHELL".to_owned(), command.clone()],
                None => known?.to_vec(),
            };
            Some(Check {
                command,
                interval_seconds: own.interval_seconds,
                timeout_seconds: own.timeout_seconds,
                retries: own.retries,
                start_period_seconds: own.start_period_seconds,
            })
        }
        None if component == Component::PluginDaemon => Some(Check {
            command: vec!["CMD-SHELL".to_owned(), plugin_daemon_command()],
            interval_seconds: 15,
            timeout_seconds: 5,
            retries: 3,
            start_period_seconds: LONGEST_START_SECONDS,
        }),
        None => Some(Check {
            command: known?.to_vec(),
            interval_seconds: 15,
            timeout_seconds: 5,
            retries: 3,
            // The api imports for half a minute on a small task, longer where it migrates first.
            start_period_seconds: if is_backend(component) { 180 } else { 60 },
        }),
    }
}

/// Healthy once it answers and has had the time to start its plugins; the age is that of the container's first process.
fn plugin_daemon_command() -> String {
    format!(
        "curl -fsS -o /dev/null http://127.0.0.1:5002/health/check && \
         [ $(( $(date +%s) - $(stat -c %Y /proc/1) )) -ge {PLUGIN_WARM_UP_SECONDS} ] || exit 1"
    )
}

/// How long a container has to end, in seconds: the worker finishes its task, the api its answers.
pub const fn stop_timeout_seconds(component: Component) -> Option<u32> {
    match component {
        Component::Worker => Some(120),
        Component::Api | Component::Websocket | Component::PluginDaemon => Some(60),
        _ => None,
    }
}

/// The image with its tag.
pub fn image(config: &Config, form: &Form, component: Component) -> Value<String> {
    let settings = config.component(component);
    let image = component.image();
    let repository = settings.image.repository.as_deref().unwrap_or_else(|| image.repository());
    let registry = config.images.registry.as_deref().map_or_else(String::new, |registry| format!("{registry}/"));
    let name = format!("{registry}{repository}:");
    match (&settings.image.tag, form.versions.get(&image)) {
        (Some(tag), _) => concat_values![name, tag.clone()],
        (None, Some(version)) => concat_values![name, version.reference::<String>()],
        (None, None) => concat_values![name, "latest"],
    }
}

/// Entry point and command, where they aren't the image's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// The entry point.
    pub entry_point: Option<Vec<String>>,
    /// The command.
    pub command: Option<Vec<String>>,
}

/// The entry point of Dify's api image.
///
/// Source: langgenius/dify, `api/Dockerfile`.
const BACKEND_ENTRY_POINT: &str = "/entrypoint.sh";

/// How a component starts.
pub fn start(config: &Config, component: Component) -> Start {
    let settings = config.component(component);
    if settings.entry_point.is_some() || settings.command.is_some() {
        return Start { entry_point: settings.entry_point.clone(), command: settings.command.clone() };
    }
    if config.secrets.backend == SecretsBackend::Ssm && is_backend(component) {
        return shell(format!("{} && exec /bin/bash {BACKEND_ENTRY_POINT}", broker_url_script(config)));
    }
    Start::default()
}

/// How the migration starts: until the schema is the newest, or newer than the image knows.
///
/// `flask upgrade-db` that doesn't get Dify's lock says so and exits with 0, hence the loop. A schema that is newer than
/// the image, as after a rollback of the stack, is left alone: schema changes never roll back.
pub fn migration_start(config: &Config) -> Start {
    let migrate = "until o=$(flask db current 2>&1); echo \"$o\" | grep -q -e '(head)' -e \"Can't locate revision\"; \
                   do flask upgrade-db || exit 1; sleep 5; done";
    if config.secrets.backend == SecretsBackend::Ssm {
        shell(format!("{}; {migrate}", broker_url_script(config)))
    } else {
        shell(migrate.to_owned())
    }
}

fn shell(line: String) -> Start {
    Start {
        entry_point: Some(vec!["/bin/bash".to_owned(), "-c".to_owned()]),
        command: Some(vec![line]),
    }
}

/// Whether an image comes from ECR, whose pulls need permissions: its host, account and region.
pub fn ecr_registry(config: &Config) -> Option<(String, String)> {
    let host = config.images.registry.as_deref()?.split('/').next()?;
    let mut labels = host.split('.');
    let (account, kind, service, region) = (labels.next()?, labels.next()?, labels.next()?, labels.next()?);
    (kind == "dkr" && service == "ecr").then(|| (account.to_owned(), region.to_owned()))
}

