//! The parts of a container that don't depend on the rest of the stack: image, health check, start.

use crate::catalog::Component;
use crate::cfn::Value;
use crate::config::Config;
use crate::config::model::{ComponentSettings, SecretsBackend};
use crate::constructs::{ContainerHealthCheck, ContainerImage, SecretValue};

use super::form::Form;
use super::placement::is_backend;
use super::secrets::broker_url_script;

/// What a container is called, `dify-plugin-daemon`.
pub(super) fn container_name(component: Component) -> String {
    format!("dify-{}", component.dns_name())
}

/// Seconds from the start of the plugin daemon until it counts as healthy: its plugins come up minutes after it, and
/// DNS must not send calls to it before.
const PLUGIN_WARM_UP_SECONDS: u32 = 180;

/// Seconds at the start in which failed checks don't count; the most that ECS takes.
const LONGEST_START_SECONDS: u32 = 300;

/// The check of a component's container; `None` if it has none.
pub(super) fn check(component: Component, settings: &ComponentSettings) -> Option<ContainerHealthCheck> {
    let known = || component.health_command().map(<[String]>::to_vec);
    match &settings.health_check {
        Some(None) => None,
        Some(Some(own)) => Some(ContainerHealthCheck {
            command: match &own.command {
                Some(line) => vec!["CMD-SHELL".to_owned(), line.clone()],
                None => known()?,
            },
            interval_seconds: own.interval_seconds,
            timeout_seconds: own.timeout_seconds,
            retries: own.retries,
            start_period_seconds: own.start_period_seconds,
        }),
        None if component == Component::PluginDaemon => Some(ContainerHealthCheck {
            interval_seconds: 15,
            start_period_seconds: LONGEST_START_SECONDS,
            ..ContainerHealthCheck::shell(plugin_daemon_command())
        }),
        None => Some(ContainerHealthCheck {
            interval_seconds: 15,
            // The api imports for half a minute on a small task, longer where it migrates first.
            start_period_seconds: if is_backend(component) { 180 } else { 60 },
            command: known()?,
            ..ContainerHealthCheck::shell("")
        }),
    }
}

/// Healthy once it answers and has had the time to start its plugins; the age is that of the container's first process.
///
/// Field 22 of `/proc/1/stat` is when it started, in hundredths of a second since the machine did. The time of the folder
/// `/proc/1` is not: the kernel makes that up when somebody first looks, and anew whenever it was short of memory, at which a
/// healthy daemon would be stopped. Source: Linux manual pages, `proc_pid_stat(5)`.
fn plugin_daemon_command() -> String {
    format!(
        "curl -fsS -o /dev/null http://127.0.0.1:5002/health/check && \
         [ $(( $(cut -d. -f1 /proc/uptime) - $(cut -d' ' -f22 /proc/1/stat) / 100 )) -ge {PLUGIN_WARM_UP_SECONDS} ] || exit 1"
    )
}

/// How long a container has to end, in seconds: the worker finishes its task, the api its answers.
pub(super) const fn stop_timeout_seconds(component: Component) -> Option<u32> {
    match component {
        Component::Worker => Some(120),
        Component::Api | Component::Websocket | Component::PluginDaemon => Some(60),
        _ => None,
    }
}

/// The image with its tag, and the registry's password if it wants one.
pub(super) fn image(config: &Config, form: &Form, component: Component) -> ContainerImage {
    let settings = config.component(component);
    let image = component.image();
    let repository = settings.image.repository.as_deref().unwrap_or_else(|| image.repository());
    let registry =
        config.images.registry.as_deref().map_or_else(String::new, |registry| format!("{registry}/"));
    let repository = format!("{registry}{repository}");
    let tag: Value<String> = match (&settings.image.tag, form.versions.get(&image)) {
        (Some(tag), _) => tag.as_str().into(),
        (None, Some(version)) => version.reference(),
        (None, None) => "latest".into(),
    };
    let image = ContainerImage::new(&repository, tag);
    match &config.images.credentials {
        Some(arn) => image.with_credentials(SecretValue::ExistingSecret {
            secret_id: arn.as_str().into(),
            field: None,
            kms_key_arn: None,
        }),
        None => image,
    }
}

/// Entry point and command, where they aren't the image's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Start {
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
pub(super) fn start(config: &Config, component: Component) -> Start {
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
pub(super) fn migration_start(config: &Config) -> Start {
    let migrate = "until o=$(flask db current 2>&1); echo \"$o\" | grep -q -e '(head)' -e \"Can't locate revision\"; \
                   do flask upgrade-db || exit 1; sleep 5; done";
    if config.secrets.backend == SecretsBackend::Ssm {
        shell(format!("{}; {migrate}", broker_url_script(config)))
    } else {
        shell(migrate.to_owned())
    }
}

fn shell(line: String) -> Start {
    Start { entry_point: Some(vec!["/bin/bash".to_owned(), "-c".to_owned()]), command: Some(vec![line]) }
}
