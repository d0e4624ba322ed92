//! How many processes a container runs, and how much each does at once: what decides how many database connections it may open.
//!
//! Source: langgenius/dify, `api/docker/entrypoint.sh`: Celery's pool is gevent, gunicorn's workers are gevent's, so that one
//! process does many things at once unless a user's own variables say otherwise.

use crate::catalog::Component;
use crate::config::Config;

use super::environment::own_text;
use super::placement::{PlacedService, component_size};

/// Tasks of Celery that a worker works on at once for each vCPU that it has; Dify's compose file has 4 for a worker. They mostly
/// wait for models, and are all of one process: more would not fit into its memory with the documents that they read.
const CELERY_TASKS_PER_VCPU: u32 = 4;
const CPU_UNITS_PER_VCPU: u32 = 1024;

/// Connections that a task of Celery may use at once: two of the pool, and one for vectors.
const CONNECTIONS_PER_TASK: u32 = 3;

/// How many tasks of Celery the worker of a service works on at once: by its share of the CPU, by the database connections of
/// its process, and 1 at least.
pub(super) fn celery_tasks(service: &PlacedService, connections: u32) -> u32 {
    let all: u32 = service.components.iter().map(|component| component_size(*component).cpu).sum();
    let share = service.size.cpu * component_size(Component::Worker).cpu / all.max(1);
    (share * CELERY_TASKS_PER_VCPU / CPU_UNITS_PER_VCPU).min(connections / CONNECTIONS_PER_TASK).max(1)
}

/// What a container of a backend runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Concurrency {
    /// Processes, which each have connection pools of their own.
    pub processes: u32,
    /// What each process works on at once with a client of pgvector for each. `None`: what [`celery_tasks`] says, or, where it is no
    /// worker, what a client bounds by itself.
    pub tasks: Option<u32>,
}

/// What the container of a component runs by the user's own variables.
pub(super) fn concurrency(config: &Config, component: Component) -> Concurrency {
    let number = |name: &str| own_text(config, component, name)?.trim().parse::<u32>().ok();
    match component {
        Component::Api | Component::Websocket => {
            Concurrency { processes: number("SERVER_WORKER_AMOUNT").unwrap_or(1).max(1), tasks: None }
        }
        Component::Worker => {
            let text = |name: &str| own_text(config, component, name);
            let is_scaled = text("CELERY_AUTO_SCALE").is_some_and(|text| text.eq_ignore_ascii_case("true"));
            let amount = if is_scaled { "CELERY_MAX_WORKERS" } else { "CELERY_WORKER_AMOUNT" };
            let tasks = number("CELERY_WORKER_CONCURRENCY").or_else(|| number(amount));
            let pool = text("CELERY_WORKER_POOL").or_else(|| text("CELERY_WORKER_CLASS"));
            if matches!(pool.as_deref(), Some("prefork" | "processes")) {
                // The one that forks, and one for each task.
                Concurrency {
                    processes: tasks.unwrap_or(CELERY_TASKS_PER_VCPU).saturating_add(1),
                    tasks: Some(1),
                }
            } else {
                Concurrency { processes: 1, tasks }
            }
        }
        _ => Concurrency { processes: 1, tasks: None },
    }
}

#[cfg(test)]
mod tests {
    use super::super::placement::{TaskSize, Tasks};
    use super::*;
    use crate::config::model::{Variable, VariableSource};
    use Component::{Api, PluginDaemon, Sandbox, Web, Worker};

    fn service(components: &[Component], cpu: u32) -> PlacedService {
        PlacedService {
            name: "it".to_owned(),
            components: components.to_vec(),
            size: TaskSize { cpu, memory_mib: 2048 },
            tasks: Tasks { min: 1, max: 1, scales: false },
        }
    }

    #[test]
    fn a_worker_works_on_four_tasks_for_each_vcpu_of_its_share() {
        assert_eq!(celery_tasks(&service(&[Worker], 1024), 100), 4);
        assert_eq!(celery_tasks(&service(&[Worker], 256), 100), 1);
        assert_eq!(celery_tasks(&service(&[Worker], 4096), 100), 16);
        // Half of 1 vCPU; a quarter of a 4-vCPU task that holds nearly all.
        assert_eq!(celery_tasks(&service(&[Api, Worker], 1024), 100), 2);
        assert_eq!(celery_tasks(&service(&[Web, Api, Worker, PluginDaemon, Sandbox], 4096), 100), 4);
    }

    #[test]
    fn a_worker_works_on_no_more_than_it_has_connections_for() {
        assert_eq!(celery_tasks(&service(&[Worker], 16384), 100), 33);
        assert_eq!(celery_tasks(&service(&[Worker], 4096), 15), 5);
        assert_eq!(celery_tasks(&service(&[Worker], 1024), 2), 1);
    }

    #[test]
    fn only_forked_workers_have_pools_of_their_own() {
        let with = |variables: &[(&str, &str)]| {
            let mut config = Config::default();
            for (name, value) in variables {
                let source = VariableSource::Text((*value).to_owned());
                config.environment.insert((*name).to_owned(), Variable::Plain(source));
            }
            config
        };
        let of = |variables: &[(&str, &str)], component| {
            let Concurrency { processes, tasks } = concurrency(&with(variables), component);
            (processes, tasks)
        };
        assert_eq!(of(&[], Worker), (1, None));
        assert_eq!(of(&[("CELERY_WORKER_AMOUNT", "8")], Worker), (1, Some(8)));
        assert_eq!(
            of(&[("CELERY_WORKER_AMOUNT", "8"), ("CELERY_WORKER_POOL", "prefork")], Worker),
            (9, Some(1))
        );
        let scaled =
            [("CELERY_WORKER_CLASS", "prefork"), ("CELERY_AUTO_SCALE", "TRUE"), ("CELERY_MAX_WORKERS", "3")];
        assert_eq!(of(&scaled, Worker), (4, Some(1)));
        assert_eq!(of(&[("SERVER_WORKER_AMOUNT", "3")], Api), (3, None));
        assert_eq!(of(&[("SERVER_WORKER_AMOUNT", "3")], Worker), (1, None));
        assert_eq!(of(&[("SERVER_WORKER_AMOUNT", "3")], PluginDaemon), (1, None));
    }
}
