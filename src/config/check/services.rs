//! Settings of ECS services against what they run.

use indexmap::IndexMap;

use super::{Findings, at, code};
use crate::config::fargate::{SIZES, Size};
use crate::config::layout::{is_switched_off, services};
use crate::config::model::{Component, ComponentSettings, Config, Layout, Service};
use crate::diagnostic::nearest;
use crate::document::excerpt;

pub(super) fn check(findings: &mut Findings<'_>) {
    let config = findings.config;
    let services = services(config);
    let possible = possible(config);
    for (name, settings) in &config.services {
        let Some(would_run) = possible.get(name) else {
            let list = services.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let help = match nearest(name, possible.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`? the layout's services are: {list}"),
                None => format!("the layout's services are: {list}"),
            };
            let message = format!("the layout has no service `{}`", excerpt(name));
            findings.error(code::UNKNOWN_SERVICE, &at(&["services", name]), message, help);
            continue;
        };
        if !services.contains_key(name) {
            check_runs(findings, name, would_run);
        }
        let components = services.get(name).map_or(&[][..], Vec::as_slice);
        let one = One { name, settings, components };
        one.check_size(findings);
        one.check_counts(findings);
        one.check_spot(findings);
        one.check_exec(findings);
        one.check_rollout(findings);
    }
}

/// The services of the layout if everything was on, with what they would run.
fn possible(config: &Config) -> IndexMap<String, Vec<Component>> {
    if let Layout::Custom(layout) = &config.layout {
        return layout.clone();
    }
    let on = ComponentSettings { enabled: Some(true), ..ComponentSettings::default() };
    let components = Component::ALL.iter().map(|component| (*component, on.clone())).collect();
    services(&Config { components, layout: config.layout.clone(), ..Config::default() })
}

/// Tells settings of a service that doesn't run. One whose components are switched off in so many words keeps them for another
/// environment.
fn check_runs(findings: &mut Findings<'_>, name: &str, components: &[Component]) {
    let config = findings.config;
    let own = at(&["services", name]);
    if let Some(component) = components.iter().find(|component| !is_switched_off(config, **component))
        && findings.located.is_set(&own)
    {
        let message = format!("`{component}` doesn't run: what `services.{name}` says has no effect");
        let help = format!(
            "set `components.{component}.enabled: true`; `enabled: false` keeps the settings for other environments"
        );
        findings.warning(code::PLACEMENT, &own, message, help);
    }
}

/// One service with its settings and what it runs.
struct One<'a> {
    name: &'a str,
    settings: &'a Service,
    components: &'a [Component],
}

impl One<'_> {
    fn key(&self, key: &str) -> String {
        at(&["services", self.name, key])
    }

    fn runs(&self, component: Component) -> bool {
        self.components.contains(&component)
    }

    /// The first of the components that it runs.
    fn first_of(&self, components: &[Component]) -> Option<&'static str> {
        components.iter().find(|component| self.runs(**component)).map(|component| component.as_str())
    }

    fn check_size(&self, findings: &mut Findings<'_>) {
        let Service { cpu, memory, .. } = *self.settings;
        match (cpu.map(Size::of), memory) {
            (Some(Some(size)), Some(memory)) if !size.offers(memory) => {
                let message = format!("Fargate offers no task with {} CPU units and {memory} MiB", size.cpu);
                let with_memory: Vec<String> = SIZES
                    .iter()
                    .filter(|size| size.offers(memory))
                    .map(|size| size.cpu.to_string())
                    .collect();
                let mut help = format!("with {} CPU units: {}", size.cpu, size.describe());
                if !with_memory.is_empty() {
                    help = format!("{help}; {memory} MiB come with {} CPU units", with_memory.join(", "));
                }
                findings.error(code::TASK_SIZE, &self.key("memory"), message, help);
            }
            (None, Some(memory)) if !SIZES.iter().any(|size| size.offers(memory)) => {
                let message = format!("Fargate offers no task with {memory} MiB");
                findings.error(
                    code::TASK_SIZE,
                    &self.key("memory"),
                    message,
                    "use a multiple of 1024 MiB, or 512",
                );
            }
            _ => {}
        }
        for (key, whole, part) in [
            ("cpu", cpu, (|component| component.cpu) as fn(&ComponentSettings) -> Option<u32>),
            ("memory", memory, |component| component.memory),
        ] {
            let parts = self
                .components
                .iter()
                .filter_map(|component| part(findings.config.components.get(component)?));
            let sum: u64 = parts.map(u64::from).sum();
            if let Some(whole) = whole.filter(|whole| u64::from(*whole) < sum) {
                let name = self.name;
                let message = format!(
                    "the containers of `{name}` have {key} {sum} together, more than its task's {whole}"
                );
                let help = format!("raise `services.{name}.{key}`, or lower `components.*.{key}`");
                findings.error(code::TASK_SIZE, &self.key(key), message, help);
            }
        }
    }

    fn check_counts(&self, findings: &mut Findings<'_>) {
        let Service { min_tasks, max_tasks, .. } = *self.settings;
        let name = self.name;
        if let (Some(min), Some(max)) = (min_tasks, max_tasks)
            && min > max
        {
            let message = format!("the service `{name}` has at least {min} tasks and at most {max}");
            findings.error(
                code::TASK_COUNTS,
                &self.key("min_tasks"),
                message,
                "lower `min_tasks` or raise `max_tasks`",
            );
        }
        let most = min_tasks.unwrap_or(1).max(max_tasks.unwrap_or(1));
        let key = if max_tasks.is_some_and(|max| max > 1) { "max_tasks" } else { "min_tasks" };
        if self.runs(Component::Beat) && (most > 1 || min_tasks == Some(0)) {
            let found = if most > 1 { format!("up to {most} tasks") } else { "no task at times".to_owned() };
            let message =
                format!("the service `{name}` runs `beat`, which runs exactly once, but has {found}");
            let help = if self.components.len() > 1 {
                "give `beat` a service of its own, or leave the counts at 1"
            } else {
                "leave the counts at 1"
            };
            findings.error(code::SINGLETON, &self.key(key), message, help);
        } else if self.runs(Component::PluginDaemon) && most > 1 {
            findings.warning(
                code::PLUGIN_DAEMONS,
                &self.key(key),
                format!("the service `{name}` runs `plugin_daemon` in up to {most} tasks, which don't find each other on Fargate"),
                if self.components.len() > 1 {
                    "give `plugin_daemon` a service of its own, or leave the counts at 1"
                } else {
                    "leave the counts at 1"
                },
            );
        }
    }

    fn check_spot(&self, findings: &mut Findings<'_>) {
        let has_spot = self.settings.spot_weight.is_some_and(|weight| weight > 0);
        if has_spot && let Some(component) = self.first_of(&[Component::Beat, Component::PluginDaemon]) {
            let message =
                format!("the service `{}` runs `{component}`, which can't be interrupted by Spot", self.name);
            let help = if self.components.len() > 1 {
                "Spot is for whole services; put what may be interrupted into one of its own"
            } else {
                "remove `spot_weight`"
            };
            findings.error(code::SPOT, &self.key("spot_weight"), message, help);
        }
        if !has_spot && self.settings.on_demand_base.is_some_and(|base| base > 0) {
            findings.warning(
                code::SPOT,
                &self.key("on_demand_base"),
                format!("`services.{}.on_demand_base` does nothing without `spot_weight`", self.name),
                "set `spot_weight`, or remove it",
            );
        }
    }

    fn check_exec(&self, findings: &mut Findings<'_>) {
        if self.settings.exec
            && let Some(component) = self.first_of(&[Component::Web, Component::Sandbox])
        {
            findings.error(
                code::EXEC,
                &self.key("exec"),
                format!(
                    "the service `{}` runs `{component}`, which has no role, so there is no shell in it",
                    self.name
                ),
                format!("remove `exec`, or give `{component}` a service of its own"),
            );
        }
    }

    fn check_rollout(&self, findings: &mut Findings<'_>) {
        let least = self.settings.minimum_healthy_percent;
        let most = self.settings.maximum_percent;
        if self.runs(Component::Beat) {
            for (key, value, allowed) in
                [("minimum_healthy_percent", least, 0), ("maximum_percent", most, 100)]
            {
                if let Some(value) = value.filter(|value| *value != allowed) {
                    let message =
                        format!("`services.{}.{key}` is {value}, but `beat` runs exactly once", self.name);
                    let help = format!(
                        "remove it; it is {allowed}, so that the old task ends before the new one starts"
                    );
                    findings.error(code::SINGLETON, &self.key(key), message, help);
                }
            }
        } else if least == Some(100) && most == Some(100) {
            findings.error(
                code::ROLLOUT,
                &self.key("maximum_percent"),
                format!("a deployment of `{}` could neither stop a task nor start one", self.name),
                "raise `maximum_percent`, or lower `minimum_healthy_percent`",
            );
        }
    }
}
