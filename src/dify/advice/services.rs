//! Advice on services, on what runs together in a task, and on how containers start.

use crate::catalog::{Component, Image};
use crate::config::Config;
use crate::config::model::{Layout, Profile};
use crate::diagnostic::Diagnostic;

use super::super::environment::own_text;
use super::super::placement::PlacedService;
use super::super::versions::tag_of;
use super::{
    EXPOSED_SANDBOX, MIGRATION_AT_START, NO_SSRF_PROXY, RISKY_CONTAINER, SHARED_TASK, STOPPED_WITH_BEAT,
    Situation, to_run,
};

/// What makes beat's service migrate the database, where its version is too old for it (`Feature::UpgradeDbCommand`).
const UPDATE: &str = "move to Dify 0.7.3 or newer, which has a command for it";

pub(super) fn advise(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    for service in &situation.placement.services {
        let name = &service.name;
        let roles: Vec<&str> = service
            .components
            .iter()
            .filter(|component| matches!(component, Component::Web | Component::Api | Component::Worker))
            .map(|component| component.as_str())
            .collect();
        if roles.len() > 1 && situation.config.profile == Profile::Production {
            let message = format!(
                "the service `{name}` runs {} in one task: they scale together, and one that crashes takes the others with it",
                roles.join(", ")
            );
            let help = "give each a service of its own: `layout: distributed`";
            found.push(Diagnostic::warning(SHARED_TASK, message).help(help).pointer("/layout"));
        }
        if service.runs(Component::Sandbox) && has_role(service) && sandbox_has_network(situation.config) {
            let message = format!(
                "the sandbox runs in a task of the service `{name}`: users' code can ask for the credentials of the task's role"
            );
            let help = "give `sandbox` a service of its own, which has no role, as `layout: distributed` does; or set \
                        `components.sandbox.environment.ENABLE_NETWORK` to false";
            found.push(Diagnostic::warning(EXPOSED_SANDBOX, message).help(help).pointer("/layout"));
        }
        let others = service.components.iter().filter(|component| **component != Component::Beat);
        let others: Vec<&str> = others.map(|component| component.as_str()).collect();
        if service.is_singleton() && !others.is_empty() {
            let message = format!(
                "the service `{name}` runs beat with {}: beat must never run twice, so each deployment stops the task before it \
                 starts the next, and there is only one",
                others.join(", ")
            );
            let pointer = match &situation.config.layout {
                Layout::Custom(_) => format!("/layout/{name}"),
                Layout::Named(_) => "/layout".to_owned(),
            };
            let help = "give `beat` a service of its own";
            found.push(Diagnostic::warning(STOPPED_WITH_BEAT, message).help(help).pointer(pointer));
        }
    }
    let requests = [Component::Api, Component::Worker, Component::Sandbox];
    if situation.config.profile == Profile::Production
        && !situation.placement.has(Component::SsrfProxy)
        && requests.iter().any(|component| situation.placement.has(*component))
    {
        let message = "`ssrf_proxy` doesn't run: users' workflows can request whatever the tasks reach, inside the VPC too";
        let help = "give `components.ssrf_proxy.image` an image of squid with Dify's configuration";
        found.push(Diagnostic::note(NO_SSRF_PROXY, message).help(help).pointer("/layout"));
    }
    if let Some(component) = situation.migrates_at_start {
        let several = situation.placement.service_of(component).is_some_and(|service| service.tasks.max > 1);
        let message =
            format!("no service migrates the database before the others: `{component}` does when it starts");
        let (remedy, pointer) = if situation.placement.has(Component::Beat) {
            // Its version doesn't have the command.
            let pointer = tag_of(situation.config, Component::Beat).map(|(_, pointer)| pointer);
            (UPDATE.to_owned(), pointer.unwrap_or_else(|| "/dify/version".to_owned()))
        } else {
            to_run(situation.config, Component::Beat)
        };
        let help = format!(
            "{remedy}; until then, of several tasks that start together all but one run on the old schema until they \
             are started again"
        );
        let diagnostic = if several {
            Diagnostic::warning(MIGRATION_AT_START, message)
        } else {
            Diagnostic::note(MIGRATION_AT_START, message)
        };
        found.push(diagnostic.help(help).pointer(pointer));
    }
}

/// Whether the service's tasks are somebody to AWS.
fn has_role(service: &PlacedService) -> bool {
    service.runs_backend() || service.runs(Component::PluginDaemon)
}

/// Whether users' code may open connections. A proxy is no hindrance: whether it is used is the code's own choice.
fn sandbox_has_network(config: &Config) -> bool {
    own_text(config, Component::Sandbox, "ENABLE_NETWORK")
        .is_none_or(|text| !text.eq_ignore_ascii_case("false"))
}

pub(super) fn containers(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    for (component, settings) in &situation.config.components {
        if !situation.placement.has(*component) {
            continue;
        }
        if settings.essential == Some(false) {
            let message = format!("`{component}` may stop without its task being replaced: nobody notices");
            let help = format!("take `components.{component}.essential` away");
            let pointer = format!("/components/{component}/essential");
            found.push(Diagnostic::warning(RISKY_CONTAINER, message).help(help).pointer(pointer));
        }
        let is_discovered = situation
            .placement
            .service_of(*component)
            .is_some_and(|service| situation.placement.is_discovered(service));
        if settings.health_check == Some(None) && component.health_command().is_some() && is_discovered {
            // Source: Amazon ECS Developer Guide, "Use service discovery to connect Amazon ECS services with DNS names":
            // Cloud Map is told the health of the containers.
            let message = format!(
                "nothing looks at the health of `{component}`'s container any more: Cloud Map sends others to it before it \
                 serves, and when it hangs"
            );
            let help =
                format!("take `components.{component}.health_check: null` away, or give it a `command`");
            let pointer = format!("/components/{component}/health_check");
            found.push(Diagnostic::warning(RISKY_CONTAINER, message).help(help).pointer(pointer));
        }
        if settings.entry_point.is_some() && component.image() != Image::SsrfProxy {
            let message = format!("`{component}` doesn't start as its image wants");
            let help = "take the entry point away, or end it with the image's own";
            let pointer = format!("/components/{component}/entry_point");
            found.push(Diagnostic::warning(RISKY_CONTAINER, message).help(help).pointer(pointer));
        }
    }
}
