//! The parts of a container that don't depend on the rest of the stack: image, health check, start.

use crate::catalog::Component;
use crate::cfn::Value;
use crate::config::Config;
use crate::config::model::{ComponentSettings, SecretsBackend};
use crate::constructs::{ContainerHealthCheck, ContainerImage, SecretValue};

use super::environment::is_users_own;
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

/// The check of a component's container; `None` if it has none. What the user doesn't set is the component's own.
pub(super) fn check(component: Component, settings: &ComponentSettings) -> Option<ContainerHealthCheck> {
    let own = own_check(component);
    let Some(settings) = &settings.health_check else { return own };
    let settings = settings.as_ref()?;
    let check = match &settings.command {
        Some(line) => {
            let check = ContainerHealthCheck::shell(line.as_str());
            let command = check.command.clone();
            ContainerHealthCheck { command, ..own.unwrap_or(check) }
        }
        None => own?,
    };
    Some(ContainerHealthCheck {
        interval_seconds: settings.interval_seconds.unwrap_or(check.interval_seconds),
        timeout_seconds: settings.timeout_seconds.unwrap_or(check.timeout_seconds),
        retries: settings.retries.unwrap_or(check.retries),
        start_period_seconds: settings.start_period_seconds.unwrap_or(check.start_period_seconds),
        ..check
    })
}

/// The check that a component has by itself.
fn own_check(component: Component) -> Option<ContainerHealthCheck> {
    if component == Component::PluginDaemon {
        return Some(ContainerHealthCheck {
            interval_seconds: 15,
            start_period_seconds: LONGEST_START_SECONDS,
            ..ContainerHealthCheck::shell(plugin_daemon_command())
        });
    }
    Some(ContainerHealthCheck {
        interval_seconds: 15,
        // The api imports for half a minute on a small task, longer where it migrates first.
        start_period_seconds: if is_backend(component) { 180 } else { 60 },
        command: component.health_command()?.to_vec(),
        ..ContainerHealthCheck::shell("")
    })
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
        config.image_registry(component).map_or_else(String::new, |registry| format!("{registry}/"));
    let repository = format!("{registry}{repository}");
    let tag: Value<String> = match (&settings.image.tag, form.versions.get(&image)) {
        (Some(tag), _) => tag.as_str().into(),
        (None, Some(version)) => version.reference(),
        (None, None) => "latest".into(),
    };
    let image = ContainerImage::new(&repository, tag);
    match config.image_credentials(component) {
        Some(arn) => image.with_credentials(SecretValue::ExistingSecret {
            secret_id: arn.into(),
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
    let own = Start { entry_point: settings.entry_point.clone(), command: settings.command.clone() };
    if is_backend(component)
        && let Some(line) = broker_url(config, component)
    {
        return own.after(&line);
    }
    own
}

/// The shell line that makes the task queue's address at the start of a backend, where no secret holds it and the user
/// names no other.
fn broker_url(config: &Config, component: Component) -> Option<String> {
    let is_made = config.secrets.backend == SecretsBackend::Ssm
        && !is_users_own(config, component, "CELERY_BROKER_URL");
    is_made.then(|| broker_url_script(config))
}

impl Start {
    /// The same start of a backend after a shell line. The words of an entry point and command of the user's own are handed
    /// on as they are.
    fn after(self, line: &str) -> Self {
        let image_own = || format!("/bin/bash {BACKEND_ENTRY_POINT}");
        let (program, words) = match (self.entry_point, self.command) {
            (None, None) => return shell(format!("{line} && exec {}", image_own())),
            (None, Some(command)) => (image_own() + " \"$@\"", command),
            // With an entry point of one's own the image's command counts no more, as in Docker.
            (Some(entry_point), command) => {
                ("\"$@\"".to_owned(), entry_point.into_iter().chain(command.unwrap_or_default()).collect())
            }
        };
        let mut start = shell(format!("{line} && exec {program}"));
        // The word after the line is what the shell calls itself.
        start.command.get_or_insert_default().extend(std::iter::once("dify".to_owned()).chain(words));
        start
    }
}

/// How the migration starts: until the schema is the newest, or newer than the image knows.
///
/// `flask upgrade-db` that doesn't get Dify's lock says so and exits with 0, hence the loop. A schema that is newer than
/// the image, as after a rollback of the stack, is left alone: schema changes never roll back.
pub(super) fn migration_start() -> Start {
    let migrate = "until o=$(flask db current 2>&1); echo \"$o\" | grep -q -e '(head)' -e \"Can't locate revision\"; \
                   do flask upgrade-db || exit 1; sleep 5; done";
    shell(migrate.to_owned())
}

fn shell(line: String) -> Start {
    Start { entry_point: Some(vec!["/bin/bash".to_owned(), "-c".to_owned()]), command: Some(vec![line]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::ContainerHealthCheck as Settings;

    /// The check of a component with the user's settings of it.
    fn with(component: Component, settings: Settings) -> Option<ContainerHealthCheck> {
        let settings =
            ComponentSettings { health_check: Some(Some(settings)), ..ComponentSettings::default() };
        check(component, &settings)
    }

    #[test]
    fn a_task_queue_of_the_users_own_is_not_replaced_at_the_start() {
        let starts = |yaml: &str| {
            let text = format!("secrets: {{ backend: ssm }}\n{yaml}");
            let file = Some(crate::diagnostic::Source::new("dify.yaml", text.as_str()));
            let options = crate::config::LoadOptions { file, ..crate::config::LoadOptions::default() };
            let config = crate::config::load(&options).unwrap().environments.remove(0).config;
            let has = |start: Start| {
                start.command.is_some_and(|words| words.iter().any(|word| word.contains("CELERY_BROKER_URL")))
            };
            let of = |component| has(start(&config, component));
            (of(Component::Api), of(Component::Worker), of(Component::Beat))
        };
        assert_eq!(starts(""), (true, true, true));
        assert_eq!(starts("environment: { CELERY_BROKER_URL: { ssm: /own/url } }"), (false, false, false));
        let chosen = "environment: { CELERY_BROKER_URL: { ssm: /own/url, components: [worker] } }";
        assert_eq!(starts(chosen), (true, false, true));
        let of_beat = "components: { beat: { environment: { CELERY_BROKER_URL: { ssm: /own/url } } } }";
        assert_eq!(starts(of_beat), (true, true, false));
    }

    #[test]
    fn a_setting_of_a_check_leaves_the_rest_of_it() {
        for component in Component::ALL {
            let own = check(component, &ComponentSettings::default());
            assert_eq!(with(component, Settings::default()), own, "{component}");
            let retries = Settings { retries: Some(5), ..Settings::default() };
            let expected = own.map(|own| ContainerHealthCheck { retries: 5, ..own });
            assert_eq!(with(component, retries), expected, "{component}");
        }
    }

    #[test]
    fn a_command_of_ones_own_is_run_at_the_components_times() {
        let command = Settings { command: Some("true".to_owned()), ..Settings::default() };
        let check = with(Component::PluginDaemon, command.clone()).unwrap();
        assert_eq!(check.command, ["CMD-SHELL", "true"]);
        assert_eq!((check.interval_seconds, check.start_period_seconds), (15, LONGEST_START_SECONDS));
        // The worker has no check of its own.
        assert_eq!(with(Component::Worker, command), Some(ContainerHealthCheck::shell("true")));
    }
}
