//! ECS: cluster, private names, and for each service its roles, task definition, service and scaling.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::catalog::{Component, Feature};
use crate::cfn::{LogicalId, PseudoParameter, Value};
use crate::concat_values;
use crate::config::Config;
use crate::config::model::{Architecture, DependencyCondition};
use crate::constructs::{
    Autoscaling, AutoscalingProps, Cluster, ClusterProps, Container, ContainerCondition, ContainerLogs,
    CpuArchitecture, FargateCapacity, FargateService, FargateServiceProps, LogGroup, LogGroupProps, Network,
    PathRules, PrivateNamespace, Role, RoleProps, Scope, SecretValue, SecurityGroup, ServiceTarget,
    TaskDefinition, TaskDefinitionProps,
};

use super::access::Access;
use super::containers::{Start, check, container_name, image, migration_start, start, stop_timeout_seconds};
use super::data::{Data, log_removal};
use super::environment::{Environment, Setting, Surroundings};
use super::form::Form;
use super::network::{Groups, uses_database};
use super::order::Order;
use super::placement::{PlacedService, Placement, is_backend, upper_camel};
use super::secrets::{SecretKind, Secrets, external};
use super::versions::known_version_of;

/// Keys of the bucket that no task may touch: `deploy` keeps templates there.
const DEPLOY_PREFIX: &str = ".cfn/";

/// Keys of the bucket that the plugin daemon uses.
///
/// Source: langgenius/dify-plugin-daemon, `internal/types/app/config.go`: the defaults of its storage paths.
const PLUGIN_PREFIXES: [&str; 4] = ["plugin/", "plugin_packages/", "assets/", "persistence/"];

/// The container that migrates the database before beat starts.
const MIGRATION_CONTAINER: &str = "dify-migrate";

/// Seconds beyond the containers' own start period in which the load balancer's checks don't count.
const GRACE_SECONDS: u32 = 60;

/// What the services are built from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Environs<'a> {
    /// What the environment tells.
    pub surroundings: &'a Surroundings<'a>,
    /// The parameters.
    pub form: &'a Form,
    /// Where tasks run.
    pub network: &'a Network,
    /// Security groups.
    pub groups: &'a Groups,
    /// Standalone rules of their paths.
    pub rules: &'a PathRules,
    /// The stack's secrets.
    pub secrets: &'a Secrets,
    /// What holds data.
    pub data: &'a Data,
    /// The load balancer.
    pub access: &'a Access,
    /// Which service waits for which.
    pub order: &'a Order,
}

/// The services of the stack.
#[derive(Debug)]
pub(super) struct Services {
    /// The cluster.
    pub cluster: Cluster,
    /// Log groups, by component.
    pub log_groups: IndexMap<Component, LogGroup>,
    /// Services, by name.
    pub by_name: IndexMap<String, FargateService>,
    /// The password for the first administrator, as AWS's command line takes it.
    pub init_password: Option<Value<String>>,
}

/// Which component migrates the database when it starts: the api where beat's service doesn't do it before.
pub(super) fn migrates_at_start(config: &Config, placement: &Placement) -> Option<Component> {
    (!migrates_before(config, placement) && placement.has(Component::Api)).then_some(Component::Api)
}

/// Whether beat's service migrates the database before anything that needs it.
fn migrates_before(config: &Config, placement: &Placement) -> bool {
    let version = known_version_of(config, Component::Beat);
    placement.has(Component::Beat) && Feature::UpgradeDbCommand.exists_in(version)
}

/// Declares all services.
pub(super) fn declare(scope: &mut Scope<'_>, environs: &Environs<'_>) -> Services {
    let Surroundings { config, placement, private_zone, .. } = environs.surroundings;
    let name = Some(PseudoParameter::StackName.reference());
    let cluster = Cluster::new(&mut scope.child("Cluster"), ClusterProps { name, ..ClusterProps::default() });
    let log_groups = log_groups(scope, config, placement);
    let is_discovered = placement.services.iter().any(|service| placement.is_discovered(service));
    let namespace = is_discovered.then(|| {
        PrivateNamespace::new(&mut scope.child("Namespace"), private_zone.clone(), &environs.network.vpc_id)
    });
    let mut declared = Declared {
        environs,
        cluster: &cluster,
        log_groups: &log_groups,
        namespace,
        services: IndexMap::new(),
        waits: BTreeMap::new(),
    };
    // In the order in which they are created, so that each finds those that it waits for.
    for service in in_order(placement, environs.order) {
        declared.declare(scope, service);
    }
    let by_name = declared.services;
    let init_password = environs.secrets.get(SecretKind::InitPassword).map(SecretValue::id);
    Services { cluster, log_groups, by_name, init_password }
}

fn in_order<'a>(placement: &'a Placement, order: &Order) -> Vec<&'a PlacedService> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut sorted = Vec::new();
    while sorted.len() < placement.services.len() {
        let next = placement.services.iter().find(|service| {
            let awaited = order.get(&service.name);
            !done.contains(service.name.as_str())
                && awaited.is_none_or(|awaited| awaited.iter().all(|name| done.contains(name.as_str())))
        });
        // A circle has been reported; its services come in the layout's order.
        let remaining = || placement.services.iter().find(|service| !done.contains(service.name.as_str()));
        let Some(next) = next.or_else(remaining) else { break };
        done.insert(&next.name);
        sorted.push(next);
    }
    sorted
}

fn log_groups(
    scope: &mut Scope<'_>,
    config: &Config,
    placement: &Placement,
) -> IndexMap<Component, LogGroup> {
    let props = |name: Value<String>| LogGroupProps {
        name: Some(name),
        retention_days: config.logs.retention_days,
        removal: log_removal(config),
        ..LogGroupProps::default()
    };
    let stack = PseudoParameter::StackName.reference();
    if config.logs.single_group {
        let group = LogGroup::new(&mut scope.child("LogGroup"), props(concat_values!["/ecs/", stack]));
        return placement.components().map(|component| (component, group.clone())).collect();
    }
    let groups = placement.components().map(|component| {
        let name = concat_values!["/ecs/", stack.clone(), format!("/{}", component.dns_name())];
        let mut place = scope.child(&upper_camel(component.as_str()));
        (component, LogGroup::new(&mut place.child("LogGroup"), props(name)))
    });
    groups.collect()
}

struct Declared<'a> {
    environs: &'a Environs<'a>,
    cluster: &'a Cluster,
    log_groups: &'a IndexMap<Component, LogGroup>,
    namespace: Option<PrivateNamespace>,
    services: IndexMap<String, FargateService>,
    /// What each declared service waits for, through others too.
    waits: BTreeMap<String, BTreeSet<LogicalId>>,
}

impl Declared<'_> {
    fn declare(&mut self, scope: &mut Scope<'_>, service: &PlacedService) {
        let config = self.environs.surroundings.config;
        let settings = config.services.get(&service.name).cloned().unwrap_or_default();
        let mut scope = scope.child(&service.construct_id());
        let execution_role = Role::new(&mut scope.child("ExecutionRole"), RoleProps::for_tasks());
        let task_role = self.task_role(&mut scope, service, settings.exec);
        let containers = self.containers(service);
        let start_period = containers
            .iter()
            .filter_map(|container| Some(container.health_check.as_ref()?.start_period_seconds))
            .max();
        let mut props =
            TaskDefinitionProps::new(service.size.cpu, service.size.memory_mib, &execution_role, containers);
        // Without a family each change would begin a new one, and no revision would tell of the one before.
        props.family = Some(concat_values![PseudoParameter::StackName.reference(), "-", service.dns_name()]);
        props.task_role = task_role;
        props.ephemeral_storage_gib = settings.ephemeral_storage_gib;
        props.architecture = match config.images.architecture {
            Architecture::Arm64 => CpuArchitecture::Arm64,
            Architecture::X86_64 => CpuArchitecture::X86_64,
        };
        let task = TaskDefinition::new(&mut scope.child("TaskDefinition"), props);

        let subnets = self.environs.network.private_subnets.clone();
        let groups = self.environs.groups.services.get(&service.name).map(SecurityGroup::id);
        let mut props = FargateServiceProps::new(self.cluster, &task, subnets, groups.into_iter().collect());
        props.name = Some(concat_values!["dify-", service.dns_name()]);
        counts(&mut props, service, &settings);
        for component in &service.components {
            if let (Some(group), Some(port)) =
                (self.environs.access.target_groups.get(component), component.port())
            {
                props.targets.push(ServiceTarget {
                    container: container_name(*component),
                    port,
                    target_group_arn: group.arn(),
                });
                let grace = start_period.unwrap_or_default() + GRACE_SECONDS;
                props.health_check_grace_seconds = Some(settings.health_check_grace_seconds.unwrap_or(grace));
            }
        }
        let placement = self.environs.surroundings.placement;
        if let Some(namespace) = self.namespace.as_ref().filter(|_| placement.is_discovered(service)) {
            let discovered = namespace.service(&mut scope.child("Discovery"), &service.dns_name());
            props.service_registry_arn = Some(discovered.arn());
        }
        props.exec = settings.exec;
        let made = FargateService::new(&mut scope.child("Service"), props);
        let awaited = self.awaited(service);
        scope.depends_on(made.handle(), &awaited);
        if let (true, Some((min, max))) = (service.tasks.scales, self.environs.form.tasks.get(&service.name))
        {
            let mut props = AutoscalingProps::new(min.reference::<i64>(), max.reference::<i64>());
            props.cpu_percent = settings.cpu_target.or(props.cpu_percent);
            props.memory_percent = settings.memory_target.or(props.memory_percent);
            Autoscaling::new(&mut scope.child("Scaling"), &made, props);
        }
        self.services.insert(service.name.clone(), made);
    }

    /// What has to be there before the service is created or updated, and that no property of it refers to. What another
    /// service that it waits for waits for isn't said again.
    fn awaited(&mut self, service: &PlacedService) -> BTreeSet<LogicalId> {
        let environs = self.environs;
        let mut awaited: BTreeSet<LogicalId> = environs.network.ready.iter().cloned().collect();
        let mut by_others = BTreeSet::new();
        awaited.extend(environs.groups.rules_of(environs.rules, service));
        if uses_database(service) {
            // The endpoint resolves before an instance is there.
            awaited.insert(environs.data.database.writer().logical_id().clone());
        }
        for name in environs.order.get(&service.name).into_iter().flatten() {
            if let Some(other) = self.services.get(name) {
                awaited.insert(other.handle().logical_id().clone());
                by_others.extend(self.waits.get(name).into_iter().flatten().cloned());
            }
        }
        if let Some(listener) = &environs.access.listener {
            for component in &service.components {
                if let Some(group) = environs.access.target_groups.get(component) {
                    awaited.extend(listener.routes_to(group).iter().cloned());
                }
            }
        }
        self.waits.insert(service.name.clone(), awaited.union(&by_others).cloned().collect());
        awaited.difference(&by_others).cloned().collect()
    }

    /// Web and sandbox are nobody to AWS; api, worker and the like read and write the bucket.
    fn task_role(&self, scope: &mut Scope<'_>, service: &PlacedService, exec: bool) -> Option<Role> {
        let bucket = &self.environs.data.bucket;
        let has_plugins = service.runs(Component::PluginDaemon);
        if !service.runs_backend() && !has_plugins && !exec {
            return None;
        }
        let role = Role::new(&mut scope.child("TaskRole"), RoleProps::for_tasks());
        if service.runs_backend() {
            bucket.grant_list_read_write(scope, &role, &[]);
            bucket.deny(scope, &role, DEPLOY_PREFIX);
        } else if has_plugins {
            bucket.grant_list_read_write(scope, &role, &PLUGIN_PREFIXES);
            bucket.deny(scope, &role, DEPLOY_PREFIX);
        }
        Some(role)
    }

    fn containers(&self, service: &PlacedService) -> Vec<Container> {
        let surroundings = self.environs.surroundings;
        let migrates =
            service.runs(Component::Beat) && migrates_before(surroundings.config, surroundings.placement);
        let mut containers = Vec::new();
        if migrates {
            containers.push(self.migration(service));
        }
        for component in &service.components {
            let mut container = self.container(service, *component);
            if migrates && *component != Component::PluginDaemon && is_backend(*component) {
                container.depends_on.push((MIGRATION_CONTAINER.to_owned(), ContainerCondition::Success));
            }
            containers.push(container);
        }
        containers
    }

    fn container(&self, service: &PlacedService, component: Component) -> Container {
        let config = self.environs.surroundings.config;
        let settings = config.component(component);
        let name = container_name(component);
        let mut container = Container::new(name.as_str(), image(config, self.environs.form, component));
        container.ports = component.port().into_iter().collect();
        container.essential = settings.essential.unwrap_or(true);
        container.health_check = check(component, &settings);
        container.stop_timeout_seconds = settings.stop_timeout_seconds.or(stop_timeout_seconds(component));
        container.cpu = settings.cpu;
        container.memory = settings.memory;
        container.init_process = settings.init_process;
        for (other, condition) in &settings.depends_on {
            let condition = match condition {
                DependencyCondition::Start => ContainerCondition::Start,
                DependencyCondition::Complete => ContainerCondition::Complete,
                DependencyCondition::Success => ContainerCondition::Success,
                DependencyCondition::Healthy => ContainerCondition::Healthy,
            };
            container.depends_on.push((container_name(*other), condition));
        }
        self.fill(&mut container, component, self.environs.surroundings.environment(service, component));
        let Start { entry_point, command } = start(config, component);
        container.entry_point = entry_point;
        container.command = command;
        container
    }

    /// The container that migrates the database, before beat starts and so before every service that waits for beat's.
    fn migration(&self, service: &PlacedService) -> Container {
        let config = self.environs.surroundings.config;
        let image = image(config, self.environs.form, Component::Beat);
        let mut container = Container::new(MIGRATION_CONTAINER, image);
        container.essential = false;
        self.fill(&mut container, Component::Beat, self.environs.surroundings.migration(service));
        MIGRATION_CONTAINER.clone_into(&mut container.name);
        let Start { entry_point, command } = migration_start();
        container.entry_point = entry_point;
        container.command = command;
        container
    }

    /// Environment, secrets and logs.
    fn fill(&self, container: &mut Container, component: Component, environment: Environment) {
        for (name, setting) in environment {
            let secret = match setting {
                Setting::Text(value) => {
                    container.environment.insert(name, value);
                    continue;
                }
                Setting::External(source) => Some(external(&source)),
                // In Parameter Store the broker's address is put together when the container starts.
                Setting::Secret(kind) => self.environs.secrets.get(kind).cloned(),
            };
            if let Some(secret) = secret {
                container.secrets.insert(name, secret);
            }
        }
        container.logs = self
            .log_groups
            .get(&component)
            .map(|group| ContainerLogs { group: group.clone(), stream_prefix: container.name.clone() });
    }
}

/// How many tasks run, where, and how a deployment rolls.
fn counts(
    props: &mut FargateServiceProps,
    service: &PlacedService,
    settings: &crate::config::model::Service,
) {
    // A service that scales has no count of its own: each update would reset it.
    props.desired_count = (!service.tasks.scales).then(|| service.tasks.min.into());
    let (healthy, maximum) = if service.is_singleton() { (0, 100) } else { (100, 200) };
    props.minimum_healthy_percent = settings.minimum_healthy_percent.unwrap_or(healthy);
    props.maximum_percent = settings.maximum_percent.unwrap_or(maximum);
    // Moving a task to another zone would run beat, or the plugin daemon, twice or not at all for a while.
    if service.is_singleton() || service.runs(Component::PluginDaemon) {
        props.zone_rebalancing = false;
    }
    props.capacity = FargateCapacity {
        on_demand_base: settings.on_demand_base.unwrap_or(0),
        spot_weight: settings.spot_weight.unwrap_or(0),
        ..FargateCapacity::default()
    };
}
