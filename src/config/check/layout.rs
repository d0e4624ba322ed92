//! A layout of the user's own, and components that are placed or not.

use std::collections::BTreeMap;

use super::format::folded;
use super::{Findings, at, code};
use crate::config::layout::services;
use crate::config::model::{Component, Layout};
use crate::document::excerpt;

/// Containers in a task.
///
/// Source: Amazon ECS Developer Guide, "Amazon ECS service quotas".
const MOST_CONTAINERS: usize = 10;

/// The longest name of a service, so that what is named after it keeps within AWS's limits.
const LONGEST_SERVICE: usize = 32;

pub(super) fn check(findings: &mut Findings<'_>) {
    if let Layout::Custom(layout) = &findings.config.layout {
        check_names(findings, layout.keys());
        check_once(findings, layout.iter());
        for (service, components) in layout {
            if components.is_empty() {
                let message = format!("the service `{}` runs nothing", excerpt(service));
                findings.error(
                    code::LAYOUT,
                    &at(&["layout", service]),
                    message,
                    "place a component, or remove it",
                );
            }
            // The migration has a container of its own beside beat.
            if components.len() >= MOST_CONTAINERS {
                let message =
                    format!("the service `{}` has {} containers", excerpt(service), components.len());
                let help = format!("a task takes {MOST_CONTAINERS}");
                findings.error(code::LAYOUT, &at(&["layout", service]), message, help);
            }
        }
        if layout.is_empty() {
            let help = "use distributed, sidecar or single-task, or name a service and its components";
            findings.error(code::LAYOUT, "/layout", "`layout` has no service", help);
        }
    } else if services(findings.config).is_empty() {
        findings.error(code::LAYOUT, "/components", "every component is off", "leave one on");
    }
    check_switches(findings);
}

fn check_names<'a>(findings: &mut Findings<'_>, names: impl Iterator<Item = &'a String>) {
    let mut known: BTreeMap<String, &String> = BTreeMap::new();
    for name in names {
        let is_clean = name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.ends_with(['-', '_'])
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
        let pointer = at(&["layout", name]);
        if !is_clean || name.len() > LONGEST_SERVICE {
            let message = format!("a service can't be called `{}`", excerpt(name));
            let help = format!(
                "use up to {LONGEST_SERVICE} lowercase letters, digits, `-` and `_`, a letter first, none of the two last"
            );
            findings.error(code::NAME, &pointer, message, help);
        } else if let Some(other) = known.insert(folded(name), name) {
            let message = format!("the services `{other}` and `{name}` differ only in `-` and `_`");
            findings.error(code::NAME, &pointer, message, "rename one of them");
        }
    }
}

fn check_once<'a>(
    findings: &mut Findings<'_>,
    layout: impl Iterator<Item = (&'a String, &'a Vec<Component>)>,
) {
    let mut placed: BTreeMap<Component, &String> = BTreeMap::new();
    for (service, components) in layout {
        for (index, component) in components.iter().enumerate() {
            if let Some(other) = placed.insert(*component, service) {
                let message = if other == service {
                    format!("`{}` stands twice in the service `{service}`", component.as_str())
                } else {
                    format!("`{}` is in the services `{other}` and `{service}`", component.as_str())
                };
                let pointer = at(&["layout", service, &index.to_string()]);
                findings.error(
                    code::LAYOUT,
                    &pointer,
                    message,
                    "a component runs in one service; remove one",
                );
            }
        }
    }
}

/// Components that are on or off against the layout, and a proxy without an image.
fn check_switches(findings: &mut Findings<'_>) {
    let config = findings.config;
    let running: Vec<Component> = services(config).into_values().flatten().collect();
    for (component, settings) in &config.components {
        let name = component.as_str();
        let own = at(&["components", name]);
        // One that is switched off in so many words keeps its settings for another environment.
        if settings.enabled.is_none() && !running.contains(component) && findings.located.is_set(&own) {
            let message = format!("`{name}` doesn't run: what `components.{name}` says has no effect");
            let run = match &config.layout {
                Layout::Named(_) => format!("set `components.{name}.enabled: true`"),
                Layout::Custom(_) => format!("place `{name}` in a service of the layout"),
            };
            let help = format!("{run}; `enabled: false` keeps the settings for other environments");
            findings.warning(code::PLACEMENT, &own, message, help);
        }
        let Layout::Custom(layout) = &config.layout else { continue };
        let service = layout.iter().find(|(_, components)| components.contains(component));
        let pointer = at(&["components", name, "enabled"]);
        match (settings.enabled, service) {
            (Some(false), Some((service, _))) => {
                let message = format!("`{name}` is off, but the layout has it in the service `{service}`");
                findings.error(
                    code::PLACEMENT,
                    &pointer,
                    message,
                    "take it out of the layout, or remove `enabled`",
                );
            }
            (Some(true), None) => {
                let message = format!("`{name}` is on, but no service of the layout has it");
                findings.error(
                    code::PLACEMENT,
                    &pointer,
                    message,
                    "place it in a service, or remove `enabled`",
                );
            }
            _ => {}
        }
    }
    let proxy = config.components.get(&Component::SsrfProxy);
    let has_image = proxy.is_some_and(|proxy| proxy.image.repository.is_some());
    if running.contains(&Component::SsrfProxy) && !has_image {
        let pointer = match &config.layout {
            Layout::Named(_) => "/components/ssrf_proxy/enabled".to_owned(),
            Layout::Custom(layout) => layout
                .iter()
                .find_map(|(service, components)| {
                    let index = components.iter().position(|component| *component == Component::SsrfProxy)?;
                    Some(at(&["layout", service, &index.to_string()]))
                })
                .unwrap_or_default(),
        };
        findings.error(
            code::MISSING,
            &pointer,
            "`ssrf_proxy` runs, but has no image",
            "set `components.ssrf_proxy.image.repository` to an image with a squid configuration in it; the public one \
             has none",
        );
    }
}
