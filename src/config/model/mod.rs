//! The keys of `dify.yaml`, for one environment. Doc comments are the descriptions of the JSON Schema.

mod data;
mod ingress;
mod network;
mod services;
mod settings;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::shape::by_component;

pub use data::{Cache, CacheEngine, Database, KmsKey, Lifecycle, OnDelete, Serverless, Storage};
pub use ingress::{AccessLogs, Ingress, Scheme};
pub use network::{CreateNetwork, Egress, ExistingNetwork, LookupNetwork, Nat, Network};
pub use services::{
    Component, ComponentSettings, ContainerHealthCheck, DependencyCondition, ImageSettings, Layout,
    NamedLayout, SecretSource, Service, TargetGroupSettings, Variable, VariableFor, VariableSource,
};
pub use settings::{
    AcceptedFinding, Alarms, Architecture, DifyVersions, Images, Logs, Mail, MailType, Parameters,
    ResourceSettings, Secrets, SecretsBackend, Smtp,
};

/// Sizes and safety of a stack; any value of it can be set apart from the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Small and cheap; data is lost with the stack.
    #[default]
    Development,
    /// Redundant; data is kept.
    Production,
}

/// The settings of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// First part of the stack's name, `<name>-<environment>`; lowercase letters, digits and hyphens.
    pub name: String,
    /// The region that the stack is for. Without it the template is for any region.
    pub region: Option<String>,
    /// The account that the stack is for, 12 digits in quotes; `deploy` refuses any other.
    pub account: Option<String>,
    /// Sizes and safety: `development` or `production`.
    pub profile: Profile,
    /// Versions of Dify's images.
    pub dify: DifyVersions,
    /// Which ECS service runs which components: `distributed`, `sidecar`, `single-task`, or a map of your own
    /// from the service's name to its components.
    pub layout: Layout,
    /// Settings of single components (containers).
    #[schemars(transform = by_component)]
    pub components: IndexMap<Component, ComponentSettings>,
    /// Settings of ECS services by the name that the layout gives them.
    pub services: IndexMap<String, Service>,
    /// Extra environment variables and secrets, by name, for chosen components.
    pub environment: IndexMap<String, Variable>,
    /// Where images come from and what they run on.
    pub images: Images,
    /// The network: one of `parameters`, `existing`, `lookup`, `create`.
    pub network: Network,
    /// Ways out of tasks beside HTTP, HTTPS and mail.
    pub egress: Vec<Egress>,
    /// The load balancer, its names and who may reach it.
    pub ingress: Ingress,
    /// Aurora PostgreSQL.
    pub database: Database,
    /// `ElastiCache`, for cache and task queue.
    pub cache: Cache,
    /// The bucket for files.
    pub storage: Storage,
    /// Where secrets are kept.
    pub secrets: Secrets,
    /// How Dify sends mail. Without it, invitations give a link only.
    pub mail: Option<Mail>,
    /// Container logs.
    pub logs: Logs,
    /// `CloudWatch` alarms.
    pub alarms: Alarms,
    /// Values published as SSM String parameters under `/<name>/<environment>/`.
    pub parameters: Parameters,
    /// Tags of the stack and with it of all its resources.
    pub tags: IndexMap<String, String>,
    /// Physical names, tags and any other property of single resources, by logical id.
    pub resources: IndexMap<String, ResourceSettings>,
    /// Findings that are accepted, each with its reason. They stay in the report.
    pub accept: Vec<AcceptedFinding>,
    /// The environment's name, from the key under `environments`.
    #[serde(skip)]
    #[schemars(skip)]
    pub environment_name: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "dify".to_owned(),
            region: None,
            account: None,
            profile: Profile::default(),
            dify: DifyVersions::default(),
            layout: Layout::default(),
            components: IndexMap::new(),
            services: IndexMap::new(),
            environment: IndexMap::new(),
            images: Images::default(),
            network: Network::default(),
            egress: Vec::new(),
            ingress: Ingress::default(),
            database: Database::default(),
            cache: Cache::default(),
            storage: Storage::default(),
            secrets: Secrets::default(),
            mail: None,
            logs: Logs::default(),
            alarms: Alarms::default(),
            parameters: Parameters::default(),
            tags: IndexMap::new(),
            resources: IndexMap::new(),
            accept: Vec::new(),
            environment_name: "dev".to_owned(),
        }
    }
}

impl Config {
    /// The stack's name, `<name>-<environment>`.
    pub fn stack_name(&self) -> String {
        format!("{}-{}", self.name, self.environment_name)
    }

    /// The first part of what parameters and secrets are called, `/<name>/<environment>`.
    pub fn parameter_prefix(&self) -> String {
        format!("/{}/{}", self.name, self.environment_name)
    }

    /// The text with `{name}`, `{environment}`, `{stack}`, `{region}` and `{account}` filled in.
    ///
    /// # Errors
    /// The first placeholder that isn't one of these, or has no value in this configuration.
    pub fn fill_placeholders(&self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((placeholder, tail)) = after.split_once('}') else {
                return Err(format!("{{{after}"));
            };
            let value = match placeholder {
                "name" => Some(self.name.clone()),
                "environment" => Some(self.environment_name.clone()),
                "stack" => Some(self.stack_name()),
                "region" => self.region.clone(),
                "account" => self.account.clone(),
                _ => None,
            };
            filled.push_str(&value.ok_or_else(|| format!("{{{placeholder}}}"))?);
            rest = tail;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The registry that a component's image comes from; Docker Hub if there is none.
    pub fn image_registry(&self, component: Component) -> Option<&str> {
        let own = self.components.get(&component).and_then(|settings| settings.image.registry.as_deref());
        own.or(self.images.registry.as_deref())
    }

    /// The ARN of the secret with which a component's image is pulled. Those of `images` are for its registry, so that
    /// another registry isn't shown them.
    pub fn image_credentials(&self, component: Component) -> Option<&str> {
        let image = self.components.get(&component).map(|settings| &settings.image);
        let own = image.and_then(|image| image.credentials.as_deref());
        let has_own_registry = image.is_some_and(|image| image.registry.is_some());
        own.or(self.images.credentials.as_deref().filter(|_| !has_own_registry))
    }

    /// The settings of a component, defaults if it has none.
    pub fn component(&self, component: Component) -> std::borrow::Cow<'_, ComponentSettings> {
        match self.components.get(&component) {
            Some(settings) => std::borrow::Cow::Borrowed(settings),
            None => std::borrow::Cow::Owned(ComponentSettings::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_belong_to_their_registry() {
        let image = |registry: Option<&str>, credentials: Option<&str>| ComponentSettings {
            image: ImageSettings {
                registry: registry.map(str::to_owned),
                credentials: credentials.map(str::to_owned),
                ..ImageSettings::default()
            },
            ..ComponentSettings::default()
        };
        let config = Config {
            images: Images {
                registry: Some("all.example.com".into()),
                credentials: Some("all".into()),
                ..Images::default()
            },
            components: IndexMap::from([
                (Component::Web, image(None, Some("own"))),
                (Component::Api, image(Some("own.example.com"), None)),
                (Component::Beat, image(Some("own.example.com"), Some("own"))),
            ]),
            ..Config::default()
        };
        let pulled = |component| (config.image_registry(component), config.image_credentials(component));
        assert_eq!(pulled(Component::Worker), (Some("all.example.com"), Some("all")));
        assert_eq!(pulled(Component::Web), (Some("all.example.com"), Some("own")));
        assert_eq!(pulled(Component::Api), (Some("own.example.com"), None));
        assert_eq!(pulled(Component::Beat), (Some("own.example.com"), Some("own")));
    }

    #[test]
    fn placeholders_are_filled_and_unknown_ones_named() {
        let config = Config { region: Some("us-east-1".into()), ..Config::default() };
        assert_eq!(config.fill_placeholders("{stack}-x-{region}").as_deref(), Ok("dify-dev-x-us-east-1"));
        assert_eq!(config.fill_placeholders("{account}"), Err("{account}".into()));
        assert_eq!(config.fill_placeholders("{stak}"), Err("{stak}".into()));
        assert_eq!(config.fill_placeholders("a{b"), Err("{b".into()));
    }
}
