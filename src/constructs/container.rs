//! Containers of a task.

use std::collections::BTreeMap;

use crate::cfn::{PseudoParameter, Value};
use crate::concat_values;
use crate::resources::ecs::task_definition as l1;

use super::arn::private_repository;
use super::{LogGroup, Scope, SecretValue};

/// An image, and how it may be pulled.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerImage {
    reference: Value<String>,
    repository_arn: Option<Value<String>>,
    credentials: Option<SecretValue>,
}

impl ContainerImage {
    /// The image of a repository with a tag, or with a digest that begins with `sha256:`.
    ///
    /// The repository may begin with a registry (`public.ecr.aws/…`); without one it is Docker Hub's. Of a private
    /// registry of ECR (`<account>.dkr.ecr.<region>.amazonaws.com/…`) the execution role may pull it.
    pub fn new(repository: &str, tag: impl Into<Value<String>>) -> Self {
        let tag = tag.into();
        let digest = tag.literal().is_some_and(|tag| tag.starts_with("sha256:"));
        Self {
            reference: concat_values![repository, if digest { "@" } else { ":" }, tag],
            repository_arn: private_repository(repository),
            credentials: None,
        }
    }

    /// With the user name and password of a private registry outside of AWS: a secret of Secrets Manager whose text is
    /// `{"username": …, "password": …}`.
    #[must_use]
    pub fn with_credentials(mut self, credentials: SecretValue) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The image as a container definition has it.
    pub fn reference(&self) -> &Value<String> {
        &self.reference
    }

    /// ARN of the repository of a private registry of ECR.
    pub(super) fn repository_arn(&self) -> Option<&Value<String>> {
        self.repository_arn.as_ref()
    }

    /// The secret with the user name and password, if the registry wants them.
    pub(super) fn credentials(&self) -> Option<&SecretValue> {
        self.credentials.as_ref()
    }
}

/// When ECS takes a container for healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerHealthCheck {
    /// `CMD-SHELL` and a line for the image's shell, or `CMD` and words; exits with 0 while all is well.
    pub command: Vec<String>,
    /// Seconds between checks, 5 to 300. 30.
    pub interval_seconds: u32,
    /// Seconds until a check counts as failed, 2 to 60. 5.
    pub timeout_seconds: u32,
    /// Failed checks in a row until the container is unhealthy, 1 to 10. 3.
    pub retries: u32,
    /// Seconds at the start in which failed checks don't count, 0 to 300. 60.
    pub start_period_seconds: u32,
}

/// What ECS takes where a health check doesn't say; a definition that changes is a new one, so that nothing of the former stays.
///
/// Source: Amazon ECS API Reference, "`HealthCheck`".
const DEFAULT_TIMEOUT_SECONDS: u32 = 5;
const DEFAULT_RETRIES: u32 = 3;

impl ContainerHealthCheck {
    /// A check by a line for the image's shell.
    pub fn shell(line: impl Into<String>) -> Self {
        Self {
            command: vec!["CMD-SHELL".to_owned(), line.into()],
            interval_seconds: 30,
            timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
            retries: DEFAULT_RETRIES,
            start_period_seconds: 60,
        }
    }

    fn check(&self, scope: &mut Scope<'_>, container: &str) {
        if !matches!(self.command.first().map(String::as_str), Some("CMD" | "CMD-SHELL")) {
            scope.misuse(
                format!("the health check of `{container}` doesn't begin with CMD or CMD-SHELL"),
                "say whether the command is run by a shell",
            );
        }
        // Source: Amazon ECS API Reference, "HealthCheck".
        for (what, value, least, most) in [
            ("interval", self.interval_seconds, 5, 300),
            ("timeout", self.timeout_seconds, 2, 60),
            ("number of retries", self.retries, 1, 10),
            ("start period", self.start_period_seconds, 0, 300),
        ] {
            if !(least..=most).contains(&value) {
                scope.misuse(
                    format!("the health check of `{container}` can't have a {what} of {value}"),
                    format!("choose {least} to {most}"),
                );
            }
        }
    }

    fn to_property(&self) -> l1::HealthCheck {
        l1::HealthCheck {
            interval: Some(self.interval_seconds.into()),
            timeout: (self.timeout_seconds != DEFAULT_TIMEOUT_SECONDS).then(|| self.timeout_seconds.into()),
            retries: (self.retries != DEFAULT_RETRIES).then(|| self.retries.into()),
            start_period: Some(self.start_period_seconds.into()),
            ..l1::HealthCheck::new(self.command.clone())
        }
    }
}

/// What a container waits for in another one of its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerCondition {
    /// It has started.
    Start,
    /// It has ended. Not of an essential one.
    Complete,
    /// It has ended with 0. Not of an essential one.
    Success,
    /// Its health check is met.
    Healthy,
}

impl ContainerCondition {
    fn to_property(self) -> l1::Condition {
        match self {
            Self::Start => l1::Condition::Start,
            Self::Complete => l1::Condition::Complete,
            Self::Success => l1::Condition::Success,
            Self::Healthy => l1::Condition::Healthy,
        }
    }
}

/// A volume of the task that a container sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountPoint {
    /// The volume's name among those of the task.
    pub volume: String,
    /// Where the container sees it.
    pub path: String,
    /// Whether it can't write to it.
    pub read_only: bool,
}

/// Where a container's output goes.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerLogs {
    /// The log group.
    pub group: LogGroup,
    /// What log streams are called: `<prefix>/<container>/<task>`.
    pub stream_prefix: String,
}

/// A container of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// Its name, taken once in the task: letters, digits, `-` and `_`, at most 255.
    pub name: String,
    /// Its image.
    pub image: ContainerImage,
    /// Whether the task ends when it ends. It does.
    pub essential: bool,
    /// The TCP ports that it listens on; those of a task are all different.
    pub ports: Vec<u16>,
    /// Its environment. Whoever may look at the task definition sees it: no secrets.
    pub environment: BTreeMap<String, Value<String>>,
    /// Secrets in its environment, read by ECS when a task starts and not after.
    pub secrets: BTreeMap<String, SecretValue>,
    /// When it is healthy.
    pub health_check: Option<ContainerHealthCheck>,
    /// What it waits for, by container.
    pub depends_on: Vec<(String, ContainerCondition)>,
    /// Where its output goes. `None`: nowhere.
    pub logs: Option<ContainerLogs>,
    /// In place of the image's entry point.
    pub entry_point: Option<Vec<String>>,
    /// In place of the image's command.
    pub command: Option<Vec<String>>,
    /// In place of the image's working directory.
    pub working_directory: Option<String>,
    /// In place of the image's user.
    pub user: Option<String>,
    /// Seconds from SIGTERM to SIGKILL, at most 120; 30 without it.
    pub stop_timeout_seconds: Option<u32>,
    /// Seconds after which those that wait for it give up, at most 120; 180 without it.
    pub start_timeout_seconds: Option<u32>,
    /// Whether an init process reaps zombies and passes signals on.
    pub init_process: bool,
    /// Whether it can't write to its own file system, volumes apart. Off, since most images need it.
    pub read_only_root: bool,
    /// CPU units out of the task's that it has at least when others want them too.
    pub cpu: Option<u32>,
    /// MiB out of the task's at which it is ended.
    pub memory: Option<u32>,
    /// MiB out of the task's that it has at least.
    pub memory_reservation: Option<u32>,
    /// Volumes of the task that it sees.
    pub mount_points: Vec<MountPoint>,
}

impl Container {
    /// An essential container with nothing but its image.
    pub fn new(name: impl Into<String>, image: ContainerImage) -> Self {
        Self {
            name: name.into(),
            image,
            essential: true,
            ports: Vec::new(),
            environment: BTreeMap::new(),
            secrets: BTreeMap::new(),
            health_check: None,
            depends_on: Vec::new(),
            logs: None,
            entry_point: None,
            command: None,
            working_directory: None,
            user: None,
            stop_timeout_seconds: None,
            start_timeout_seconds: None,
            init_process: false,
            read_only_root: false,
            cpu: None,
            memory: None,
            memory_reservation: None,
            mount_points: Vec::new(),
        }
    }

    /// Reports what ECS would refuse about it alone.
    pub(super) fn check(&self, scope: &mut Scope<'_>) {
        let name = &self.name;
        if let Some(both) = self.secrets.keys().find(|variable| self.environment.contains_key(*variable)) {
            scope.misuse(
                format!("`{both}` of `{name}` is both a variable and a secret"),
                "leave one of the two out",
            );
        }
        for (what, seconds) in [("stop", self.stop_timeout_seconds), ("start", self.start_timeout_seconds)] {
            // Source: Amazon ECS API Reference, "ContainerDefinition", which has the limit for Fargate.
            if let Some(seconds) = seconds.filter(|seconds| *seconds > 120) {
                scope.misuse(
                    format!("`{name}` can't have a {what} timeout of {seconds} seconds"),
                    "choose at most 120 seconds",
                );
            }
        }
        if let Some(SecretValue::SsmParameter { .. }) = self.image.credentials() {
            scope.misuse(
                format!("the registry's password for `{name}` is a parameter"),
                "keep it in a secret of Secrets Manager",
            );
        }
        if let Some(check) = &self.health_check {
            check.check(scope, name);
        }
    }

    pub(super) fn to_property(&self) -> l1::ContainerDefinition {
        let mut json = l1::ContainerDefinition::new(self.image.reference().clone(), self.name.clone());
        // Containers are essential, and ports those of TCP, where nothing else is said (Amazon ECS API Reference,
        // "ContainerDefinition" and "PortMapping").
        json.essential = (!self.essential).then(|| false.into());
        json.repository_credentials =
            self.image.credentials().map(|secret| l1::RepositoryCredentials::new(secret.arn()).into());
        json.port_mappings = list(&self.ports, |port| l1::PortMapping {
            container_port: Some((*port).into()),
            ..Default::default()
        });
        json.environment = list(&self.environment, |(name, value)| l1::KeyValuePair {
            name: Some(name.as_str().into()),
            value: Some(value.clone()),
        });
        json.secrets =
            list(&self.secrets, |(name, secret)| l1::Secret::new(name.as_str(), secret.value_from()));
        json.health_check = self.health_check.as_ref().map(|check| check.to_property().into());
        json.depends_on = list(&self.depends_on, |(container, condition)| {
            l1::ContainerDependency::new(condition.to_property(), container.as_str())
        });
        json.log_configuration = self.logs.as_ref().map(|logs| logs.to_property().into());
        json.entry_point = self.entry_point.clone().map(Into::into);
        json.command = self.command.clone().map(Into::into);
        json.working_directory = self.working_directory.as_deref().map(Into::into);
        json.user = self.user.as_deref().map(Into::into);
        json.stop_timeout = self.stop_timeout_seconds.map(Into::into);
        json.start_timeout = self.start_timeout_seconds.map(Into::into);
        json.linux_parameters = self.init_process.then(|| {
            l1::LinuxParameters { init_process_enabled: Some(true.into()), ..Default::default() }.into()
        });
        json.readonly_root_filesystem = self.read_only_root.then(|| true.into());
        json.cpu = self.cpu.map(Into::into);
        json.memory = self.memory.map(Into::into);
        json.memory_reservation = self.memory_reservation.map(Into::into);
        json.mount_points = list(&self.mount_points, |mount| l1::MountPoint {
            source_volume: Some(mount.volume.as_str().into()),
            container_path: Some(mount.path.as_str().into()),
            read_only: mount.read_only.then(|| true.into()),
        });
        json
    }
}

impl ContainerLogs {
    fn to_property(&self) -> l1::LogConfiguration {
        let options: indexmap::IndexMap<String, Value<String>> = [
            ("awslogs-group".to_owned(), self.group.name()),
            ("awslogs-region".to_owned(), PseudoParameter::Region.reference()),
            ("awslogs-stream-prefix".to_owned(), self.stream_prefix.as_str().into()),
        ]
        .into();
        l1::LogConfiguration { options: Some(options.into()), ..l1::LogConfiguration::new("awslogs") }
    }
}

/// A property that is left out where there is nothing to list.
fn list<I: IntoIterator, T>(items: I, property: impl Fn(I::Item) -> T) -> Option<Value<Vec<Value<T>>>>
where
    T: Into<Value<T>>,
{
    let items: Vec<T> = items.into_iter().map(property).collect();
    (!items.is_empty()).then(|| items.into())
}
