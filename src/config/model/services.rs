//! Components (containers), the ECS services that run them, and their environment.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::catalog::Component;
use crate::config::schema::shape::by_component;

/// Which ECS service runs which components.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Layout {
    /// One that the program knows.
    Named(NamedLayout),
    /// A service's name and the components that it runs.
    #[schemars(title = "a map from a service's name to its components")]
    Custom(IndexMap<String, Vec<Component>>),
}

impl Default for Layout {
    fn default() -> Self {
        Self::Named(NamedLayout::Distributed)
    }
}

/// The layouts that the program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NamedLayout {
    /// A service for each component.
    #[default]
    Distributed,
    /// `api` has the sandbox beside it, all others their own service.
    Sidecar,
    /// `app` runs web, api, worker, plugin daemon and sandbox in one task; beat has its own service.
    SingleTask,
}

/// An ECS service. What is left out follows from its components and the profile.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Service {
    /// CPU units of a task, 1024 to a vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384.
    #[schemars(extend("enum" = [256, 512, 1024, 2048, 4096, 8192, 16384, null]))]
    pub cpu: Option<u32>,
    /// Memory of a task in MiB, as Fargate offers it for the CPU.
    #[schemars(range(min = 512, max = 122_880))]
    pub memory: Option<u32>,
    /// Fewest tasks.
    #[schemars(range(min = 0, max = 5000))]
    pub min_tasks: Option<u32>,
    /// Most tasks; the service scales where it is more than `min_tasks`.
    #[schemars(range(min = 1, max = 5000))]
    pub max_tasks: Option<u32>,
    /// Average CPU use in percent that scaling holds; 70.
    #[schemars(range(min = 1, max = 100))]
    pub cpu_target: Option<u32>,
    /// Average memory use in percent that scaling holds; 80.
    #[schemars(range(min = 1, max = 100))]
    pub memory_target: Option<u32>,
    /// How much of the service runs on Fargate Spot: its weight beside the weight 1 of Fargate; 0 to 1000, 0 is none.
    #[schemars(range(min = 0, max = 1000))]
    pub spot_weight: Option<u32>,
    /// How many tasks run on Fargate before Spot is used; 0 to 100000.
    #[schemars(range(min = 0, max = 100_000))]
    pub on_demand_base: Option<u32>,
    /// Whether `aws ecs execute-command` may open a shell; refused for services with web or sandbox.
    pub exec: bool,
    /// Disk of a task in GiB, 21 to 200; 20 without it.
    #[schemars(range(min = 21, max = 200))]
    pub ephemeral_storage_gib: Option<u32>,
    /// How long a new task may fail its load balancer's checks, in seconds.
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub health_check_grace_seconds: Option<u32>,
    /// The share of the tasks that keeps running while a deployment rolls, in percent.
    #[schemars(range(min = 0, max = 100))]
    pub minimum_healthy_percent: Option<u32>,
    /// How far a deployment may go above the desired count, in percent.
    #[schemars(range(min = 100, max = 1000))]
    pub maximum_percent: Option<u32>,
}

/// A component's container. What is left out follows from the component.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ComponentSettings {
    /// Whether it runs. The six parts of Dify do, `websocket` doesn't, `ssrf_proxy` does in production once it has an image.
    pub enabled: Option<bool>,
    /// Its image.
    pub image: ImageSettings,
    /// Environment variables and secrets of this component: a value, a source, or `null` to leave one out that would be set.
    pub environment: IndexMap<String, Option<VariableSource>>,
    /// Replaces the image's entry point. Dify's images start wrongly without theirs.
    pub entry_point: Option<Vec<String>>,
    /// Replaces the image's command.
    pub command: Option<Vec<String>>,
    /// The check of the container itself; `null` for none.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub health_check: Option<Option<ContainerHealthCheck>>,
    /// The load balancer's check of it.
    pub target_group: TargetGroupSettings,
    /// CPU units of the container within its task.
    #[schemars(range(min = 0, max = 16384))]
    pub cpu: Option<u32>,
    /// Most memory of the container in MiB within its task.
    #[schemars(range(min = 6, max = 122_880))]
    pub memory: Option<u32>,
    /// Whether its task ends when it ends; `true`.
    pub essential: Option<bool>,
    /// What it waits for in its own task.
    #[schemars(transform = by_component)]
    pub depends_on: IndexMap<Component, DependencyCondition>,
    /// How long it has to end before it is killed, in seconds, at most 120.
    #[schemars(range(min = 0, max = 120))]
    pub stop_timeout_seconds: Option<u32>,
    /// Whether an init process stands before it.
    pub init_process: bool,
}

/// Tells `null` from a key that is absent.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// What a container waits for in another of its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum DependencyCondition {
    /// It has started.
    Start,
    /// It has ended.
    Complete,
    /// It has ended well.
    Success,
    /// Its health check is met.
    Healthy,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageSettings {
    /// Its registry, in place of `images.registry`; `docker.io` is Docker Hub. `images.credentials` don't go with it.
    pub registry: Option<String>,
    /// A secret with `username` and `password` for its registry, in place of `images.credentials`: its ARN.
    pub credentials: Option<String>,
    /// The repository without the registry, such as `langgenius/dify-api`.
    pub repository: Option<String>,
    /// The tag; by default the version under `dify`.
    pub tag: Option<String>,
}

/// The check of a container. What is left out follows from the component.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContainerHealthCheck {
    /// A shell command; worker and beat have no check without one.
    pub command: Option<String>,
    /// Seconds between checks, 5 to 300.
    #[schemars(range(min = 5, max = 300))]
    pub interval_seconds: Option<u32>,
    /// Seconds until a check counts as failed, 2 to 60.
    #[schemars(range(min = 2, max = 60))]
    pub timeout_seconds: Option<u32>,
    /// Failed checks until the container is unhealthy, 1 to 10.
    #[schemars(range(min = 1, max = 10))]
    pub retries: Option<u32>,
    /// Seconds at the start in which failed checks don't count, 0 to 300.
    #[schemars(range(min = 0, max = 300))]
    pub start_period_seconds: Option<u32>,
}

/// The load balancer's check of a component. What is left out follows from the component.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TargetGroupSettings {
    /// Path of the check.
    pub path: Option<String>,
    /// Status codes that are healthy, such as `200` or `200-399`.
    pub matcher: Option<String>,
    /// Seconds between checks, 5 to 300.
    #[schemars(range(min = 5, max = 300))]
    pub interval_seconds: Option<u32>,
    /// Seconds until a check counts as failed, 2 to 120.
    #[schemars(range(min = 2, max = 120))]
    pub timeout_seconds: Option<u32>,
    /// Checks until a target is healthy, 2 to 10.
    #[schemars(range(min = 2, max = 10))]
    pub healthy_threshold: Option<u32>,
    /// Failed checks until a target is unhealthy, 2 to 10.
    #[schemars(range(min = 2, max = 10))]
    pub unhealthy_threshold: Option<u32>,
    /// Seconds in which a leaving target ends its requests, 0 to 3600.
    #[schemars(range(min = 0, max = 3600))]
    pub deregistration_delay_seconds: Option<u32>,
}

/// Where a value comes from: one of `value`, `ssm`, `secret`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum VariableSource {
    /// A plain value.
    Text(String),
    /// A plain value.
    Bool(bool),
    /// A plain value.
    Number(serde_json::Number),
    /// A value kept elsewhere.
    Secret(SecretSource),
}

impl VariableSource {
    /// The plain value, as the container sees it.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Bool(value) => Some(value.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Secret(_) => None,
        }
    }
}

/// A secret kept in Parameter Store or Secrets Manager: one of `ssm` and `secret`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecretSource {
    /// Name (from `/`) or ARN of a parameter of the stack's account and region.
    pub ssm: Option<String>,
    /// ARN or name of a secret.
    pub secret: Option<String>,
    /// The field in a secret whose text is a JSON object.
    pub field: Option<String>,
    /// The KMS key that encrypts it, where it isn't AWS's own: its ARN.
    pub kms_key: Option<String>,
}

/// An environment variable or secret for chosen components.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Variable {
    /// For all components of Dify's api image.
    Plain(VariableSource),
    /// For chosen components.
    For(VariableFor),
}

/// A value and who gets it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VariableFor {
    /// A plain value.
    pub value: Option<String>,
    /// Name (from `/`) or ARN of a parameter of the stack's account and region.
    pub ssm: Option<String>,
    /// ARN or name of a secret.
    pub secret: Option<String>,
    /// The field in a secret whose text is a JSON object.
    pub field: Option<String>,
    /// The KMS key that encrypts it, where it isn't AWS's own: its ARN.
    pub kms_key: Option<String>,
    /// Who gets it; by default all components of Dify's api image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
}
