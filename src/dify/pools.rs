//! How many database connections each process may open, so that all tasks together stay below what the database allows.

use crate::catalog::Component;
use crate::config::Config;

use super::placement::{Placement, is_backend};

/// Sizes of connection pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pools {
    /// Connections that a Python process keeps (`SQLALCHEMY_POOL_SIZE`).
    pub size: u32,
    /// Connections that it may open beyond (`SQLALCHEMY_MAX_OVERFLOW`).
    pub overflow: u32,
    /// Connections of the plugin daemon (`DB_MAX_OPEN_CONNS`).
    pub plugin_daemon: u32,
    /// The most that all tasks can open together.
    pub most: u32,
    /// What the database allows; `None` if the class isn't known.
    pub allowed: Option<u32>,
}

/// Connections of the pgvector client of one process: its default (`PGVECTOR_MAX_CONNECTION`), for one knowledge base at a time.
const PGVECTOR_CONNECTIONS: u32 = 5;

/// Share of the allowed connections that is planned for, in percent: a rolling deployment, the migration and operators
/// need some too.
const PLANNED_PERCENT: u32 = 80;

/// What a pool is when connections are plenty: the code's default.
const PLENTY: u32 = 30;

impl Pools {
    /// Pools for a placement at its largest number of tasks.
    pub(super) fn of(config: &Config, placement: &Placement) -> Self {
        let processes: u32 = placement
            .services
            .iter()
            .map(|service| {
                let backends = service.components.iter().filter(|component| is_backend(**component)).count();
                u32::try_from(backends).unwrap_or(u32::MAX).saturating_mul(service.tasks.max)
            })
            .sum();
        let daemons = placement.service_of(Component::PluginDaemon).map_or(0, |service| service.tasks.max);
        let allowed = allowed_connections(config);
        let planned = allowed.map_or(u32::MAX, |allowed| allowed * PLANNED_PERCENT / 100);
        // All plugin daemons together get a third at most, so that many of them leave something for the others.
        let plenty = if planned < 300 { 10 } else { 30 };
        let plugin_daemon = (planned / 3).checked_div(daemons).unwrap_or(plenty).clamp(5, plenty);
        let for_python = planned.saturating_sub(daemons * plugin_daemon);
        let each = for_python.checked_div(processes).unwrap_or(PLENTY).saturating_sub(PGVECTOR_CONNECTIONS);
        let overflow = (each / 3).clamp(1, 10);
        let size = each.saturating_sub(overflow).clamp(2, PLENTY);
        let most = processes * (size + overflow + PGVECTOR_CONNECTIONS) + daemons * plugin_daemon;
        Self { size, overflow, plugin_daemon, most, allowed }
    }
}

/// Bytes that Aurora's formulas count to a GiB of an instance class, the rest being its own.
const FORMULA_GIB: f64 = 1e9;

/// Most connections of a serverless instance that may get as small as [`SMALL_CAPACITY`].
const CONNECTIONS_OF_SMALL_CAPACITY: f64 = 2000.0;
const SMALL_CAPACITY: f64 = 0.5;

/// Most that `max_connections` can be set to.
///
/// Source: Aurora User Guide, "Maximum connections to an Aurora PostgreSQL DB instance".
const MOST_CONNECTIONS: u32 = 262_143;

/// `max_connections` of the configured class, by Aurora's default formula; a user's own value replaces it.
///
/// Source: Aurora User Guide, "Maximum connections to an Aurora PostgreSQL DB instance"
/// (`LEAST({DBInstanceClassMemory/9531392},5000)`, an example with 15.25 GiB as 15.25 · 10^9 bytes) and "Performance and
/// scaling for Aurora Serverless v2".
pub(super) fn allowed_connections(config: &Config) -> Option<u32> {
    if let Some(Some(own)) = config.database.parameters.get("max_connections") {
        return own.parse().ok().map(|own: u32| own.min(MOST_CONNECTIONS));
    }
    let (memory_gib, most) = match &config.database.serverless {
        Some(serverless) => {
            let most = if serverless.min_capacity <= SMALL_CAPACITY {
                CONNECTIONS_OF_SMALL_CAPACITY
            } else {
                5000.0
            };
            // The limit follows from the most capacity, 2 GiB each.
            (serverless.max_capacity * 2.0, most)
        }
        None => (class_memory_gib(&config.database.instance_class)?, 5000.0),
    };
    let connections = (memory_gib * FORMULA_GIB / 9_531_392.0).clamp(0.0, most);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 5000")]
    let connections = connections as u32;
    Some(connections)
}

/// Memory of an instance class in GiB.
///
/// Source: Aurora User Guide, "Hardware specifications for DB instance classes for Aurora".
fn class_memory_gib(class: &str) -> Option<f64> {
    let (family, size) = class.strip_prefix("db.")?.split_once('.')?;
    if family.starts_with('t') {
        return Some(match size {
            "medium" => 4.0,
            "large" => 8.0,
            _ => return None,
        });
    }
    let factor = match size {
        "large" => 1.0,
        "xlarge" => 2.0,
        _ => 2.0 * size.strip_suffix("xlarge")?.parse::<f64>().ok()?,
    };
    Some(factor * if family.starts_with('x') { 32.0 } else { 16.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::Serverless;

    #[test]
    fn memory_follows_from_family_and_size() {
        assert_eq!(class_memory_gib("db.t4g.medium"), Some(4.0));
        assert_eq!(class_memory_gib("db.r7g.2xlarge"), Some(64.0));
        assert_eq!(class_memory_gib("db.r6g.large"), Some(16.0));
        assert_eq!(class_memory_gib("db.x2g.large"), Some(32.0));
        assert_eq!(class_memory_gib("db.nonsense"), None);
    }

    #[test]
    fn a_small_instance_allows_about_420_connections() {
        assert_eq!(allowed_connections(&Config::default()), Some(419));
    }

    #[test]
    fn a_serverless_instance_that_may_get_small_allows_fewer() {
        let allowed = |min_capacity| {
            let mut config = Config::default();
            config.database.serverless =
                Some(Serverless { min_capacity, max_capacity: 128.0, ..Serverless::default() });
            allowed_connections(&config)
        };
        assert_eq!((allowed(0.0), allowed(0.5), allowed(1.0)), (Some(2000), Some(2000), Some(5000)));
    }
}
