//! What a configuration may choose but had better not: each choice draws a warning or a note at its place.
//!
//! Source of each: the recorded defects of the seed documents (`docs/seeds.md`) and Dify's documentation.

mod services;
#[cfg(test)]
mod tests;
mod variables;

use std::collections::BTreeSet;

use crate::catalog::{self, Component, DifyVersion, Image};
use crate::config::model::{Layout, Scheme};
use crate::config::{Config, is_switched_off};
use crate::diagnostic::{Diagnostic, codes};

use super::environment::Surroundings;
use super::form::Https;
use super::placement::{Placement, is_backend};
use super::pools::Pools;
use super::versions::{dify_version, tag_of, version_of};

codes! {
    /// A component that Dify needs doesn't run.
    pub(super) const MISSING_COMPONENT: Code = Code("C401");
    /// A version that isn't the newest, or versions that don't belong together.
    pub(super) const OLD_VERSION: Code = Code("C402");
    /// A setting of the cache that loses tasks or isn't checked.
    pub(super) const RISKY_CACHE: Code = Code("C404");
    /// A variable that the image doesn't read, or a value that harms.
    pub(super) const RISKY_VARIABLE: Code = Code("C405");
    /// A secret variable with a plain value.
    pub(super) const PLAIN_SECRET: Code = Code("C406");
    /// Plain HTTP.
    pub(super) const PLAIN_HTTP: Code = Code("C407");
    /// A parameter of the database that logs data or does nothing.
    pub(super) const RISKY_DATABASE: Code = Code("C408");
    /// A container that can be down without anybody noticing, or starts another way than its image wants.
    pub(super) const RISKY_CONTAINER: Code = Code("C409");
    /// Code of users runs beside the api.
    pub(super) const EXPOSED_SANDBOX: Code = Code("C410");
    /// The api migrates the database when it starts.
    pub(super) const MIGRATION_AT_START: Code = Code("C411");
    /// All tasks together can open more connections than the database allows.
    pub(super) const TOO_MANY_CONNECTIONS: Code = Code("C412");
    /// Components that scale together or fall together.
    pub(super) const SHARED_TASK: Code = Code("C413");
    /// Nothing stands between what users' workflows request and what the tasks can reach.
    pub(super) const NO_SSRF_PROXY: Code = Code("C414");
    /// Beat shares a service, which then stops in each deployment.
    pub(super) const STOPPED_WITH_BEAT: Code = Code("C415");
    /// A certificate is requested that may never be issued.
    pub(super) const UNISSUED_CERTIFICATE: Code = Code("C416");
}

/// What is known when advice is given.
#[derive(Debug)]
pub(super) struct Situation<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Who runs where.
    pub placement: &'a Placement,
    /// Sizes of connection pools.
    pub pools: Pools,
    /// What the stack sets.
    pub surroundings: &'a Surroundings<'a>,
    /// When HTTPS is spoken.
    pub https: &'a Https,
    /// Which component migrates the database at its start, where beat's service doesn't.
    pub migrates_at_start: Option<Component>,
}

/// All advice, in a fixed order.
pub(super) fn advise(situation: &Situation<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    missing_components(situation, &mut found);
    versions(situation, &mut found);
    services::advise(situation, &mut found);
    cache(situation.config, &mut found);
    database(situation, &mut found);
    variables::advise(situation, &mut found);
    services::containers(situation, &mut found);
    ingress(situation, &mut found);
    found
}

fn missing_components(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    let version = dify_version(situation.config);
    let lost = [
        (Component::Web, "there is no user interface"),
        (Component::Api, "nothing answers: neither the user interface nor apps work"),
        (
            Component::Worker,
            "documents are not indexed, mail is not sent, and asynchronous workflows don't run",
        ),
        (Component::Beat, "scheduled workflows, clean-ups and time-outs of human input never run"),
        (Component::PluginDaemon, "no model can be configured: every model provider is a plugin"),
        (Component::Sandbox, "code and template nodes fail"),
    ];
    for (component, effect) in lost {
        if component.exists_in(version) && !situation.placement.has(component) {
            let message = format!("`{component}` doesn't run: {effect}");
            let (help, pointer) = to_run(situation.config, component);
            found.push(Diagnostic::warning(MISSING_COMPONENT, message).help(help).pointer(pointer));
        }
    }
    for component in situation.placement.components() {
        if !component.exists_in(version) {
            let message = format!("Dify {version} has no `{component}`; it came with {}", component.since());
            // A layout that the program knows can't be changed, and stands in the file only where it isn't the default.
            let (out, pointer) = match situation.config.layout {
                Layout::Named(_) => {
                    (format!("set `components.{component}.enabled` to false"), "/dify/version")
                }
                Layout::Custom(_) => (format!("take `{component}` out of the layout"), "/layout"),
            };
            let help = format!("{out}, or move `dify.version` on");
            found.push(Diagnostic::warning(MISSING_COMPONENT, message).help(help).pointer(pointer));
        }
    }
}

/// What makes a component run that doesn't, and the key that keeps it from it.
fn to_run(config: &Config, component: Component) -> (String, String) {
    let is_off = is_switched_off(config, component);
    let switch = format!("components.{component}.enabled");
    let places_all = matches!(config.layout, Layout::Named(_));
    let help = match (is_off, places_all) {
        (true, true) => format!("take `{switch}` away"),
        (true, false) => format!("add `{component}` to the layout, and take `{switch}` away"),
        (false, true) => format!("set `{switch}` to true"),
        (false, false) => format!("add `{component}` to the layout"),
    };
    (help, if is_off { format!("/components/{component}/enabled") } else { "/layout".to_owned() })
}

fn versions(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    let Situation { config, placement, .. } = situation;
    let newest = catalog::newest();
    let mut told = BTreeSet::new();
    for component in placement.components().filter(|one| matches!(one.image(), Image::Api | Image::Web)) {
        let (Some(version), Some((_, pointer))) = (version_of(config, component), tag_of(config, component))
        else {
            continue;
        };
        // A release or two behind is a choice; a minor version behind lacks security fixes.
        let is_old = (version.major, version.minor + 1) < (newest.dify.major, newest.dify.minor);
        if is_old && told.insert(pointer.clone()) {
            let message = format!("Dify {version} is old: the newest known version is {}", newest.dify);
            let help = "older versions lack security fixes; update one minor version at a time";
            found.push(Diagnostic::warning(OLD_VERSION, message).help(help).pointer(pointer));
        }
    }
    mixed_versions(situation, found);
    let Some(together) = version_of(config, Component::Api).and_then(catalog::released_with) else { return };
    if let (Some(expected), Some((daemon, pointer))) =
        (together.plugin_daemon.as_deref(), tag_of(config, Component::PluginDaemon))
        && placement.has(Component::PluginDaemon)
        && is_older(daemon, expected)
    {
        let version = dify_version(config);
        let message = format!("the plugin daemon {daemon} is older than Dify {version} expects");
        let help = format!("use {expected}: calls that an older one doesn't know end in 404");
        found.push(Diagnostic::warning(OLD_VERSION, message).help(help).pointer(pointer));
    }
}

/// The components of Dify's api image share a database, which one of them migrates, and a task queue.
fn mixed_versions(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    let tag = |component: Component| tag_of(situation.config, component);
    let backends: Vec<Component> = situation.placement.components().filter(|one| is_backend(*one)).collect();
    let api = backends.iter().find(|component| **component == Component::Api);
    let Some((first, (first_tag, _))) = api.or(backends.first()).and_then(|one| Some((*one, tag(*one)?)))
    else {
        return;
    };
    let tags = backends.iter().filter_map(|one| Some((*one, tag(*one)?)));
    let others: Vec<_> = tags.filter(|(_, (other, _))| *other != first_tag).collect();
    let own = std::iter::once(first).chain(others.iter().map(|(other, _)| *other));
    let Some(pointer) =
        own.filter_map(tag).map(|(_, pointer)| pointer).find(|key| key.starts_with("/components"))
    else {
        return;
    };
    if others.is_empty() {
        return;
    }
    let others: Vec<String> = others.iter().map(|(other, (tag, _))| format!("`{other}` {tag}")).collect();
    let message = format!(
        "`{first}` runs {first_tag}, and {}: they share a task queue and a database, which beat or the api migrates",
        others.join(", ")
    );
    let help = "give all of them one version: `dify.version`, and no tag beside it";
    found.push(Diagnostic::warning(OLD_VERSION, message).help(help).pointer(pointer));
}

fn is_older(found: &str, expected: &str) -> bool {
    matches!((DifyVersion::parse(found), DifyVersion::parse(expected)), (Ok(found), Ok(expected)) if found < expected)
}

fn cache(config: &Config, found: &mut Vec<Diagnostic>) {
    if let Some(policy) =
        config.cache.parameters.get("maxmemory-policy").filter(|policy| policy.starts_with("allkeys"))
    {
        let message =
            format!("with `maxmemory-policy` {policy} a full cache throws queued tasks and locks away");
        let pointer = "/cache/parameters/maxmemory-policy";
        found.push(
            Diagnostic::warning(RISKY_CACHE, message).help("use volatile-lru, the default").pointer(pointer),
        );
    }
    if !config.cache.verify_certificate {
        let message =
            "the cache's certificate is not checked: whoever is between can read and change everything";
        let help =
            "take `cache.verify_certificate: false` away: Amazon's certificate is trusted by the image";
        found.push(Diagnostic::warning(RISKY_CACHE, message).help(help).pointer("/cache/verify_certificate"));
    }
    if config.cache.broker_database == 0 {
        let message = "task queue and cache share database 0: emptying the cache loses queued tasks";
        let help = "use another `cache.broker_database`, such as 1";
        found.push(Diagnostic::warning(RISKY_CACHE, message).help(help).pointer("/cache/broker_database"));
    }
    if config.cache.node_type.split('.').next_back() == Some("micro") {
        let message =
            format!("{} has about half a GiB for cache and task queue together", config.cache.node_type);
        let help = "use cache.t4g.small or larger";
        found.push(Diagnostic::warning(RISKY_CACHE, message).help(help).pointer("/cache/node_type"));
    }
}

fn database(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    let parameters = &situation.config.database.parameters;
    let value = |name: &str| parameters.get(name).and_then(Option::as_deref);
    if let Some(level @ ("all" | "mod" | "ddl")) = value("log_statement")
        && level != "ddl"
    {
        let message =
            format!("`log_statement` {level} writes statements with their data and credentials to the log");
        let help = "take it away: slow statements are logged by `log_min_duration_statement`";
        found.push(
            Diagnostic::warning(RISKY_DATABASE, message)
                .help(help)
                .pointer("/database/parameters/log_statement"),
        );
    }
    if value("shared_preload_libraries").is_some_and(|libraries| libraries.contains("pglogical")) {
        let message = "pgvector needs no preloaded library; `pglogical` does nothing for Dify";
        let pointer = "/database/parameters/shared_preload_libraries";
        found.push(
            Diagnostic::warning(RISKY_DATABASE, message)
                .help("take `shared_preload_libraries` away")
                .pointer(pointer),
        );
    }
    let Pools { most, allowed, .. } = situation.pools;
    if let Some(allowed) = allowed.filter(|allowed| most > *allowed) {
        let message =
            format!("all tasks together can open {most} connections, and the database allows {allowed}");
        let help = "lower `max_tasks` of the services with api and worker, or choose a larger `database.instance_class`";
        found.push(
            Diagnostic::error(TOO_MANY_CONNECTIONS, message)
                .help(help)
                .pointer(most_connections_at(situation.config)),
        );
    }
}

/// The key that most likely asks for too many connections: a number of tasks, else of processes, else the database's size.
fn most_connections_at(config: &Config) -> String {
    let tasks = config.services.iter().filter_map(|(name, service)| Some((service.max_tasks?, name)));
    if let Some((_, name)) = tasks.max() {
        return format!("/services/{name}/max_tasks");
    }
    let processes =
        ["SERVER_WORKER_AMOUNT", "CELERY_WORKER_AMOUNT", "CELERY_WORKER_CONCURRENCY", "CELERY_MAX_WORKERS"];
    for name in processes {
        if config.environment.contains_key(name) {
            return format!("/environment/{name}");
        }
        let mut components = config.components.iter();
        if let Some((component, _)) = components.find(|(_, settings)| settings.environment.contains_key(name))
        {
            return format!("/components/{component}/environment/{name}");
        }
    }
    "/database/instance_class".to_owned()
}

fn ingress(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    let ingress = &situation.config.ingress;
    let has_certificate = ingress.certificate_arn.is_some()
        || (ingress.domain_name.is_some() && ingress.hosted_zone_id.is_some());
    if matches!(situation.https, Https::If(_)) && !has_certificate {
        let message = "without a certificate the load balancer speaks plain HTTP: passwords and data can be read on the way";
        let help = "set `ingress.certificate_arn`, or `ingress.domain_name` and `ingress.hosted_zone_id`";
        found.push(Diagnostic::note(PLAIN_HTTP, message).help(help).pointer("/ingress"));
    }
    if ingress.scheme == Scheme::Internal && has_certificate && ingress.certificate_arn.is_none() {
        let message = "a certificate is requested for the name of an internal load balancer: it is issued only if the zone is public \
                       and of this account, else the stack's creation waits for hours and fails";
        let help = "for a private zone give `ingress.certificate_arn`";
        found.push(
            Diagnostic::note(UNISSUED_CERTIFICATE, message).help(help).pointer("/ingress/hosted_zone_id"),
        );
    }
    let open = ingress.allowed_cidrs.iter().position(|cidr| cidr == "0.0.0.0/0");
    if let Some(index) = open.filter(|_| !has_certificate) {
        let message = "anyone on the internet may reach the plain HTTP listener";
        let help = "give it a certificate, or narrow `ingress.allowed_cidrs`";
        found.push(
            Diagnostic::warning(PLAIN_HTTP, message)
                .help(help)
                .pointer(format!("/ingress/allowed_cidrs/{index}")),
        );
    }
}
