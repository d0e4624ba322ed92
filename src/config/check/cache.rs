//! The cache.

use super::database::{is_parameter, is_word};
use super::versions::{Standing, cache, cache_list};
use super::{Findings, at, code};
use crate::config::model::CacheEngine;
use crate::document::excerpt;

pub(super) fn check(findings: &mut Findings<'_>) {
    let settings = &findings.config.cache;
    if let Some(version) = &settings.engine_version {
        check_version(findings, settings.engine, version);
    }
    let parts: Vec<&str> = settings.node_type.split('.').collect();
    if !matches!(parts.as_slice(), ["cache", family, size] if is_word(family) && is_word(size)) {
        let help = "write it as in cache.t4g.small";
        findings.format("/cache/node_type", &settings.node_type, "a class of cache nodes", help);
    }
    if settings.automatic_failover && settings.nodes < 2 {
        let pointer = findings.written_of(&["/cache/nodes", "/cache/automatic_failover"]);
        findings.error(
            code::FAILOVER,
            pointer,
            format!("`cache.automatic_failover` is on, but there is {} node", settings.nodes),
            "set `cache.nodes` to 2 or more, or `cache.automatic_failover: false`",
        );
    }
    findings.windows(
        "/cache/snapshot_window",
        settings.snapshot_window.as_deref(),
        "/cache/maintenance_window",
        settings.maintenance_window.as_deref(),
        60,
    );
    for name in settings.parameters.keys() {
        if !is_parameter(name) {
            let message = format!("a parameter can't be called `{}`", excerpt(name));
            let help = "write it as in maxmemory-policy";
            findings.key_error(code::ENGINE_PARAMETER, &at(&["cache", "parameters", name]), message, help);
        }
    }
}

fn check_version(findings: &mut Findings<'_>, engine: CacheEngine, version: &str) {
    let pointer = "/cache/engine_version";
    let name = match engine {
        CacheEngine::Valkey => "Valkey",
        CacheEngine::Redis => "Redis",
    };
    let list = cache_list(engine).join(", ");
    match cache(engine, version) {
        Standing::Known => {}
        Standing::Unknown => findings.warning(
            code::ENGINE_VERSION,
            pointer,
            format!("{name} {version} isn't known here"),
            format!("known are {list}"),
        ),
        Standing::Gone => {
            let is_valkey =
                engine == CacheEngine::Redis && cache(CacheEngine::Valkey, version) == Standing::Known;
            let help =
                if is_valkey { "set `cache.engine: valkey`".to_owned() } else { format!("use {list}") };
            findings.error(
                code::ENGINE_VERSION,
                pointer,
                format!("there is no {name} {version} in ElastiCache"),
                help,
            );
        }
        Standing::NoVersion => {
            findings.format(
                pointer,
                version,
                "a major and a minor version",
                "write it in quotes, as in \"8.1\"",
            );
        }
    }
}
