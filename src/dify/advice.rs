//! What a configuration may choose but had better not: each choice draws a warning or a note at its place.
//!
//! Source of each: the recorded defects of the seed documents (`docs/seeds.md`) and Dify's documentation.

use crate::catalog::{self, Component, DifyVersion, Image, VariableStatus};
use crate::config::Config;
use crate::config::model::{Profile, Variable, VariableSource};
use crate::diagnostic::{Diagnostic, codes};

use super::form::Https;
use super::placement::{Placement, is_backend};
use super::pools::Pools;
use super::versions::{dify_version, version_of};

codes! {
    /// A component that Dify needs doesn't run.
    pub(super) const MISSING_COMPONENT: Code = Code("C401");
    /// A version that isn't the newest, or versions that don't belong together.
    pub(super) const OLD_VERSION: Code = Code("C402");
    /// The plugin daemon runs more than once.
    pub(super) const SEVERAL_PLUGIN_DAEMONS: Code = Code("C403");
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
    services(situation, &mut found);
    cache(situation.config, &mut found);
    database(situation, &mut found);
    variables(situation, &mut found);
    containers(situation, &mut found);
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
            let help =
                format!("add `{component}` to the layout, or take `components.{component}.enabled` away");
            found.push(Diagnostic::warning(MISSING_COMPONENT, message).help(help).pointer("/layout"));
        }
    }
    for component in situation.placement.components() {
        if !component.exists_in(version) {
            let message = format!("Dify {version} has no `{component}`; it came with {}", component.since());
            let help = format!("take `{component}` out of the layout, or move `dify.version` on");
            found.push(Diagnostic::warning(MISSING_COMPONENT, message).help(help).pointer("/layout"));
        }
    }
}

fn versions(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    let newest = catalog::newest();
    let Some(version) = version_of(situation.config, Image::Api) else { return };
    // A release or two behind is a choice; a minor version behind lacks security fixes.
    if (version.major, version.minor + 1) < (newest.dify.major, newest.dify.minor) {
        let message = format!("Dify {version} is old: the newest known version is {}", newest.dify);
        let help = "older versions lack security fixes; update one minor version at a time".to_owned();
        found.push(Diagnostic::warning(OLD_VERSION, message).help(help).pointer("/dify/version"));
    }
    let Some(together) = catalog::released_with(version) else { return };
    let daemon = situation.config.dify.plugin_daemon.as_str();
    if let Some(expected) = together.plugin_daemon.as_deref()
        && situation.placement.has(Component::PluginDaemon)
        && is_older(daemon, expected)
    {
        let message = format!("the plugin daemon {daemon} is older than Dify {version} expects");
        let help = format!("use {expected}: calls that an older one doesn't know end in 404");
        found.push(Diagnostic::warning(OLD_VERSION, message).help(help).pointer("/dify/plugin_daemon"));
    }
}

fn is_older(found: &str, expected: &str) -> bool {
    matches!((DifyVersion::parse(found), DifyVersion::parse(expected)), (Ok(found), Ok(expected)) if found < expected)
}

fn services(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    for service in &situation.placement.services {
        let name = &service.name;
        if service.runs(Component::PluginDaemon) && service.tasks.max > 1 {
            let message = format!(
                "the service `{name}` runs the plugin daemon in up to {} tasks, which don't find each other on Fargate",
                service.tasks.max
            );
            let help =
                format!("set `services.{name}.max_tasks` to 1, or give `plugin_daemon` a service of its own");
            let pointer = format!("/services/{name}/max_tasks");
            found.push(Diagnostic::warning(SEVERAL_PLUGIN_DAEMONS, message).help(help).pointer(pointer));
        }
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
        if service.runs(Component::Sandbox)
            && service.runs_backend()
            && !situation.placement.has(Component::SsrfProxy)
        {
            let message = format!(
                "the sandbox runs in a task of the service `{name}`: users' code can ask for the credentials of the task's role"
            );
            let help = "give `sandbox` a service of its own, which has no role, or run `ssrf_proxy`";
            found.push(Diagnostic::warning(EXPOSED_SANDBOX, message).help(help).pointer("/layout"));
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
        let help = "add `beat` to the layout; until then, of several tasks that start together all but one run on the old schema \
                    until they are started again";
        let diagnostic = if several {
            Diagnostic::warning(MIGRATION_AT_START, message)
        } else {
            Diagnostic::note(MIGRATION_AT_START, message)
        };
        found.push(diagnostic.help(help).pointer("/layout"));
    }
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
            Diagnostic::error(TOO_MANY_CONNECTIONS, message).help(help).pointer("/database/instance_class"),
        );
    }
}

/// Limits that newer versions of Dify have raised; a lower one cuts long texts.
const RAISED_LIMITS: [(&str, u64); 3] = [
    ("CODE_MAX_STRING_LENGTH", 400_000),
    ("TEMPLATE_TRANSFORM_MAX_LENGTH", 400_000),
    ("INDEXING_MAX_SEGMENTATION_TOKENS_LENGTH", 4000),
];

fn variables(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    let config = situation.config;
    for (name, variable) in &config.environment {
        let pointer = format!("/environment/{name}");
        let (source, chosen) = match variable {
            Variable::Plain(source) => (source.clone(), Vec::new()),
            Variable::For(one) => match &one.value {
                Some(value) => (VariableSource::Text(value.clone()), one.components.clone()),
                None => (
                    VariableSource::Secret(crate::config::model::SecretSource::default()),
                    one.components.clone(),
                ),
            },
        };
        let meant = |component: &Component| {
            if chosen.is_empty() { is_backend(*component) } else { chosen.contains(component) }
        };
        let images: std::collections::BTreeSet<Image> =
            situation.placement.components().filter(meant).map(Component::image).collect();
        for image in images {
            variable_of(image, name, Some(&source), &pointer, found);
        }
    }
    for (component, settings) in &config.components {
        if !situation.placement.has(*component) {
            continue;
        }
        for (name, source) in &settings.environment {
            let pointer = format!("/components/{component}/environment/{name}");
            variable_of(component.image(), name, source.as_ref(), &pointer, found);
        }
    }
}

fn variable_of(
    image: Image,
    name: &str,
    source: Option<&VariableSource>,
    pointer: &str,
    found: &mut Vec<Diagnostic>,
) {
    let Some(source) = source else {
        let message = format!("`{name}` is left out, though the image's own value is wrong here");
        let help = "take the `null` away unless you know why it stands there";
        found.push(Diagnostic::warning(RISKY_VARIABLE, message).help(help).pointer(pointer));
        return;
    };
    let warn = |message: String, help: String| {
        Diagnostic::warning(RISKY_VARIABLE, message).help(help).pointer(pointer)
    };
    match catalog::variable(image, name) {
        VariableStatus::Known { secret: true, .. } if source.text().is_some() => {
            let message = format!("`{name}` is a secret and stands here in plain text");
            let help = "name where it is kept: `{ssm: /path/of/parameter}` or `{secret: arn:…, field: …}`";
            found.push(Diagnostic::error(PLAIN_SECRET, message).help(help).pointer(pointer));
        }
        VariableStatus::Known { .. } | VariableStatus::Wildcard => {}
        VariableStatus::Computed => {
            let message =
                format!("`{name}` is computed by the image from other variables: setting it does nothing");
            found.push(warn(message, "take it away".to_owned()));
        }
        VariableStatus::OverwrittenByEntrypoint => {
            let message =
                format!("`{name}` is overwritten when the container starts: setting it does nothing");
            found.push(warn(
                message,
                "take it away; it follows from CONSOLE_API_URL and APP_API_URL or the like".to_owned(),
            ));
        }
        VariableStatus::ComposeOnly { use_instead } | VariableStatus::NotRead { use_instead } => {
            let message = format!("the image doesn't read `{name}`");
            let help =
                use_instead.map_or_else(|| "take it away".to_owned(), |right| format!("it reads `{right}`"));
            found.push(warn(message, help));
        }
        // The proxy's image is the user's own.
        VariableStatus::Unknown { .. } if image == Image::SsrfProxy => {}
        VariableStatus::Unknown { nearest } => {
            let message = format!("the image isn't known to read `{name}`");
            let help = nearest.map_or_else(
                || "check its name; a newer image may read it all the same".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            found.push(warn(message, help));
        }
    }
    if let Some(text) = source.text() {
        harmful_value(name, &text, pointer, found);
    }
}

fn harmful_value(name: &str, text: &str, pointer: &str, found: &mut Vec<Diagnostic>) {
    let mut warn = |message: String, help: &str| {
        found.push(Diagnostic::warning(RISKY_VARIABLE, message).help(help).pointer(pointer));
    };
    match name {
        "LOG_LEVEL" if text.eq_ignore_ascii_case("debug") => {
            warn("LOG_LEVEL DEBUG writes prompts and data of workflows to the log".to_owned(), "use INFO");
        }
        "WEB_API_CORS_ALLOW_ORIGINS" | "CONSOLE_CORS_ALLOW_ORIGINS" if text == "*" => {
            warn(
                format!("`{name}` lets any site call the api with its visitors' rights"),
                "take it away, or name the sites",
            );
        }
        "LANG" | "LC_ALL" if !matches!(text, "C.UTF-8" | "en_US.UTF-8" | "C") => {
            warn(
                format!("the images don't have the locale {text}"),
                "use C.UTF-8, or take it away; the language of the user interface is each user's own setting",
            );
        }
        "FORCE_VERIFYING_SIGNATURE" if text != "true" => {
            warn("plugins without signature are anybody's code".to_owned(), "use true");
        }
        _ => {
            let raised = RAISED_LIMITS.iter().find(|(limited, _)| *limited == name);
            if let (Some((_, newer)), Ok(value)) = (raised, text.parse::<u64>())
                && value < *newer
            {
                warn(format!("`{name}` {value} is below Dify's own limit of {newer}"), "take it away");
            }
            if text.is_empty() && name.ends_with("_USERNAME") {
                warn(format!("`{name}` is empty"), "take it away: there is no such user");
            }
        }
    }
}

fn containers(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
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
        if settings.entry_point.is_some() && component.image() != Image::SsrfProxy {
            let message = format!("`{component}` doesn't start as its image wants");
            let help = "take the entry point away, or end it with the image's own";
            let pointer = format!("/components/{component}/entry_point");
            found.push(Diagnostic::warning(RISKY_CONTAINER, message).help(help).pointer(pointer));
        }
    }
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
    let open = ingress.allowed_cidrs.iter().position(|cidr| matches!(cidr.as_str(), "0.0.0.0/0" | "::/0"));
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
