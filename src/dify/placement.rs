//! Which ECS service runs which components, how large and how many its tasks are, and where a component is
//! reached from another.

use crate::catalog::Component;
use crate::config::Config;
use crate::config::fargate::{SIZES, Size};
use crate::config::model::Profile;
use crate::config::services as services_of_layout;

/// What a component needs of a task: CPU units and memory in MiB.
pub(super) const fn component_size(component: Component) -> TaskSize {
    let (cpu, memory_mib) = match component {
        Component::Web | Component::Sandbox | Component::Websocket => (512, 1024),
        Component::Api | Component::Worker => (1024, 2048),
        Component::Beat => (256, 1024),
        // One Python process for each active plugin.
        Component::PluginDaemon => (1024, 4096),
        Component::SsrfProxy => (256, 512),
    };
    TaskSize { cpu, memory_mib }
}

/// The size of a Fargate task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TaskSize {
    /// CPU units, 1024 to a vCPU.
    pub cpu: u32,
    /// Memory in MiB.
    pub memory_mib: u32,
}

impl TaskSize {
    /// The smallest size that Fargate offers with at least this CPU and memory; the largest there is if none has.
    fn at_least(cpu: u32, memory_mib: u32) -> Self {
        let fitting = SIZES.iter().find(|size| size.cpu >= cpu && size.most_memory >= memory_mib);
        let size = fitting.unwrap_or(&SIZES[SIZES.len() - 1]);
        let offered = (size.least_memory..=size.most_memory)
            .find(|memory| *memory >= memory_mib && size.offers(*memory));
        Self { cpu: size.cpu, memory_mib: offered.unwrap_or(size.most_memory) }
    }
}

/// How many tasks a service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tasks {
    /// Fewest.
    pub min: u32,
    /// Most.
    pub max: u32,
    /// Whether Application Auto Scaling decides between them; its bounds are parameters of the template.
    pub scales: bool,
}

/// An ECS service and what it runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlacedService {
    /// The name in the layout, such as `plugin_daemon`.
    pub name: String,
    /// Its components.
    pub components: Vec<Component>,
    /// The size of its tasks.
    pub size: TaskSize,
    /// How many tasks it runs.
    pub tasks: Tasks,
}

impl PlacedService {
    /// The construct's id, `PluginDaemon`.
    pub(super) fn construct_id(&self) -> String {
        upper_camel(&self.name)
    }

    /// The name where an underscore isn't allowed, `plugin-daemon`.
    pub(super) fn dns_name(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Whether it runs the component.
    pub(super) fn runs(&self, component: Component) -> bool {
        self.components.contains(&component)
    }

    /// Whether exactly one task may run, also while a deployment rolls.
    pub(super) fn is_singleton(&self) -> bool {
        self.runs(Component::Beat)
    }

    /// Whether it runs something of Dify's api image.
    pub(super) fn runs_backend(&self) -> bool {
        self.components.iter().any(|component| is_backend(*component))
    }
}

/// Whether the component is one of Dify's api image, which all read the same settings.
pub(super) fn is_backend(component: Component) -> bool {
    matches!(component, Component::Api | Component::Worker | Component::Beat | Component::Websocket)
}

/// Whether the component searches knowledge bases, runs plugins and code: beat only counts time, and collaboration only
/// passes on what users do to each other.
pub(super) fn searches(component: Component) -> bool {
    matches!(component, Component::Api | Component::Worker)
}

/// `plugin_daemon` as `PluginDaemon`.
pub(super) fn upper_camel(name: &str) -> String {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        })
        .collect()
}

/// All services of a stack.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placement {
    /// The services in the layout's order.
    pub services: Vec<PlacedService>,
}

impl Placement {
    /// The services of a configuration with their sizes and counts.
    pub(super) fn of(config: &Config) -> Self {
        let services = services_of_layout(config)
            .into_iter()
            .map(|(name, components)| place(config, name, components))
            .collect();
        Self { services }
    }

    /// The service that runs the component, if any does.
    pub(super) fn service_of(&self, component: Component) -> Option<&PlacedService> {
        self.services.iter().find(|service| service.runs(component))
    }

    /// Whether any service runs the component.
    pub(super) fn has(&self, component: Component) -> bool {
        self.service_of(component).is_some()
    }

    /// Every component that runs, in the order of the services.
    pub(super) fn components(&self) -> impl Iterator<Item = Component> {
        self.services.iter().flat_map(|service| service.components.iter().copied())
    }

    /// Calls between services: who calls whom, in the order of the services. Calls inside a task are left out;
    /// those that go by the service's private name are not, since another task may answer them: the plugin daemon's to itself,
    /// and its calls to an api beside it for files of a worker elsewhere.
    pub(super) fn calls(&self) -> Vec<(&PlacedService, &PlacedService, Component)> {
        let mut calls = Vec::new();
        for from in &self.services {
            for caller in &from.components {
                for callee in called_by(*caller) {
                    let Some(to) = self.service_of(*callee) else { continue };
                    let by_name = *caller == Component::PluginDaemon
                        && (*callee == Component::PluginDaemon || !self.all_open_files_locally());
                    if from.name != to.name || by_name {
                        calls.push((from, to, *callee));
                    }
                }
            }
        }
        calls
    }

    /// Whether whoever opens a file link of this service's components sits beside the api: they themselves, and the plugin
    /// daemon, which is handed the link.
    pub(super) fn opens_files_locally(&self, service: &PlacedService) -> bool {
        let daemon = self.service_of(Component::PluginDaemon).unwrap_or(service);
        service.runs(Component::Api) && daemon.runs(Component::Api)
    }

    fn all_open_files_locally(&self) -> bool {
        let service = self.service_of(Component::Worker);
        service.is_none_or(|service| self.opens_files_locally(service))
    }

    /// Whether other services find this one by its private DNS name.
    pub(super) fn is_discovered(&self, service: &PlacedService) -> bool {
        self.calls().iter().any(|(from, to, _)| to.name == service.name && from.name != service.name)
    }
}

/// The components that a component calls.
///
/// Source: Dify's `docker-compose.yaml`, and the source of each image for the variables that name an address.
fn called_by(component: Component) -> &'static [Component] {
    use Component::{Api, Beat, PluginDaemon, Sandbox, SsrfProxy, Web, Websocket, Worker};
    match component {
        Web => &[Api],
        Api => &[PluginDaemon, Sandbox, SsrfProxy],
        Worker => &[Api, PluginDaemon, Sandbox, SsrfProxy],
        PluginDaemon => &[Api, PluginDaemon],
        Sandbox => &[SsrfProxy],
        Beat | Websocket | SsrfProxy => &[],
    }
}

fn place(config: &Config, name: String, components: Vec<Component>) -> PlacedService {
    let settings = config.services.get(&name).cloned().unwrap_or_default();
    let sum =
        |part: fn(TaskSize) -> u32| components.iter().map(|component| part(component_size(*component))).sum();
    let default_size = TaskSize::at_least(sum(|size| size.cpu), sum(|size| size.memory_mib));
    let size = match (settings.cpu, settings.memory) {
        (None, None) => default_size,
        (Some(cpu), Some(memory_mib)) => TaskSize { cpu, memory_mib },
        (Some(cpu), None) => TaskSize::at_least(cpu, default_size.memory_mib.min(most_memory(cpu))),
        (None, Some(memory_mib)) => TaskSize::at_least(default_size.cpu, memory_mib),
    };
    let is_fixed =
        components.iter().any(|component| matches!(component, Component::Beat | Component::PluginDaemon));
    let carries_load =
        components.iter().any(|c| matches!(c, Component::Web | Component::Api | Component::Worker))
            && !is_fixed;
    let (min, max) = match config.profile {
        Profile::Production if carries_load => (2, 10),
        Profile::Production | Profile::Development => (1, 1),
    };
    let min = settings.min_tasks.unwrap_or_else(|| settings.max_tasks.map_or(min, |most| most.min(min)));
    let max = settings.max_tasks.unwrap_or(max).max(min);
    let scales = (carries_load || max > min) && !components.contains(&Component::Beat);
    PlacedService { name, components, size, tasks: Tasks { min, max, scales } }
}

/// The most memory that Fargate offers with so much CPU, in MiB.
fn most_memory(cpu: u32) -> u32 {
    Size::of(cpu).map_or(u32::MAX, |size| size.most_memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_to_what_fargate_offers() {
        let size = |cpu, memory_mib| TaskSize { cpu, memory_mib };
        assert_eq!(TaskSize::at_least(256, 512), size(256, 512));
        assert_eq!(TaskSize::at_least(300, 600), size(512, 1024));
        assert_eq!(TaskSize::at_least(4096, 10240), size(4096, 10240));
        assert_eq!(TaskSize::at_least(256, 9000), size(2048, 9216));
        assert_eq!(TaskSize::at_least(8192, 17000), size(8192, 20480));
    }

    #[test]
    fn names_become_construct_ids() {
        assert_eq!(upper_camel("plugin_daemon"), "PluginDaemon");
        assert_eq!(upper_camel("my-app2"), "MyApp2");
    }
}
