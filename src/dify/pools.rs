//! How many database connections each process may open, so that all tasks together stay below what the database allows.

use crate::catalog::Component;
use crate::config::Config;

use super::concurrency::{celery_tasks, concurrency};
use super::placement::{Placement, is_backend, searches};

/// Sizes of connection pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pools {
    /// Connections that a Python process keeps (`SQLALCHEMY_POOL_SIZE`).
    pub size: u32,
    /// Connections that it may open beyond (`SQLALCHEMY_MAX_OVERFLOW`).
    pub overflow: u32,
    /// Connections of the plugin daemon (`DB_MAX_OPEN_CONNS`).
    pub plugin_daemon: u32,
    /// Connections that there are for each Python process, those of pgvector counted.
    pub of_process: u32,
    /// The most that all tasks can open together.
    pub most: u32,
    /// What the database allows; `None` if the class isn't known.
    pub allowed: Option<u32>,
}

/// Connections of the pgvector client of one process: its default (`PGVECTOR_MAX_CONNECTION`), for one knowledge base at a time.
/// A worker has a client in each of its tasks, which uses one connection at a time.
const PGVECTOR_CONNECTIONS: u32 = 5;

/// Share of the allowed connections that is planned for, in percent: a rolling deployment, the migration and operators
/// need some too.
const PLANNED_PERCENT: u32 = 80;

/// What a pool is when connections are plenty: the code's default.
const PLENTY: u32 = 30;

impl Pools {
    /// Pools for a placement at its largest number of tasks.
    pub(super) fn of(config: &Config, placement: &Placement) -> Self {
        let backends = || {
            placement.services.iter().flat_map(|service| {
                let backends = service.components.iter().filter(|component| is_backend(**component));
                backends.map(move |component| {
                    let of_task = concurrency(config, *component);
                    (service, *component, of_task.processes.saturating_mul(service.tasks.max), of_task.tasks)
                })
            })
        };
        let sum = |total: u32, more: u32| total.saturating_add(more);
        let processes = backends().map(|(_, _, processes, _)| processes).fold(0, sum);
        let daemons = placement.service_of(Component::PluginDaemon).map_or(0, |service| service.tasks.max);
        let allowed = allowed_connections(config);
        let planned = allowed.map_or(u32::MAX, |allowed| allowed * PLANNED_PERCENT / 100);
        // All plugin daemons together get a third at most, so that many of them leave something for the others.
        let plenty = if planned < 300 { 10 } else { 30 };
        let plugin_daemon = (planned / 3).checked_div(daemons).unwrap_or(plenty).clamp(5, plenty);
        let for_python = planned.saturating_sub(daemons.saturating_mul(plugin_daemon));
        let of_process = for_python.checked_div(processes).unwrap_or(PLENTY);
        let searching = backends().filter(|(_, component, ..)| searches(*component));
        let clients = searching.map(|(service, component, processes, tasks)| {
            let default = if component == Component::Worker { celery_tasks(service, of_process) } else { 1 };
            processes.saturating_mul(tasks.unwrap_or(default).max(PGVECTOR_CONNECTIONS))
        });
        let pgvector = clients.fold(0, sum);
        let each = for_python.saturating_sub(pgvector).checked_div(processes).unwrap_or(PLENTY);
        let overflow = (each / 3).clamp(1, 10);
        let size = each.saturating_sub(overflow).clamp(2, PLENTY);
        let most = processes
            .saturating_mul(size + overflow)
            .saturating_add(pgvector)
            .saturating_add(daemons.saturating_mul(plugin_daemon));
        Self { size, overflow, plugin_daemon, of_process, most, allowed }
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
    use crate::config::model::{Profile, Serverless, Service, Variable, VariableSource};

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
    fn all_pools_together_stay_below_what_is_planned_for() {
        let most = |variables: &[(&str, &str)]| {
            let mut config = Config { profile: Profile::Production, ..Config::default() };
            for (name, value) in variables {
                let source = VariableSource::Text((*value).to_owned());
                config.environment.insert((*name).to_owned(), Variable::Plain(source));
            }
            let pools = Pools::of(&config, &Placement::of(&config));
            (pools.size + pools.overflow, pools.most)
        };
        // 335 planned for: 30 of the daemon, 5 for pgvector in each of 20 processes (beat searches nothing), and 21 pools.
        assert_eq!(most(&[]), (9, 319));
        // A large worker takes no more tasks at once than its process has connections for, 14 by now.
        let mut config = Config { profile: Profile::Production, ..Config::default() };
        let large = Service { cpu: Some(16384), ..Service::default() };
        config.services.insert("worker".to_owned(), large);
        assert!(Pools::of(&config, &Placement::of(&config)).most < 335);
        // A worker with more tasks at once has more clients of pgvector.
        assert_eq!(most(&[("CELERY_WORKER_AMOUNT", "10")]), (7, 327));
        // Processes have pools of their own.
        let (each, most) = most(&[("CELERY_WORKER_AMOUNT", "4"), ("CELERY_WORKER_POOL", "prefork")]);
        assert_eq!((each, most), (3, 513), "more than 419, which is told");
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
