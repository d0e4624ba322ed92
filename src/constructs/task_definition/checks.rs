//! What ECS would refuse of a task.

use super::{TaskDefinitionProps, fargate_memory};
use crate::constructs::{Container, ContainerCondition, Scope};

/// Reports what ECS would refuse.
pub(super) fn check(scope: &mut Scope<'_>, props: &TaskDefinitionProps) {
    check_size(scope, props);
    let containers = &props.containers;
    if containers.is_empty() || containers.len() > 10 {
        scope.misuse(format!("a task can't have {} containers", containers.len()), "give it 1 to 10");
    } else if containers.iter().all(|container| !container.essential) {
        scope.misuse("no container of the task is essential", "make the one essential that the task is for");
    }
    for (index, container) in containers.iter().enumerate() {
        let name = &container.name;
        let earlier = &containers[..index];
        if earlier.iter().any(|other| other.name == *name) {
            scope.misuse(format!("two containers of the task are called `{name}`"), "rename one");
        }
        let taken = |port: &&u16| earlier.iter().any(|other| other.ports.contains(port));
        if let Some(port) = container.ports.iter().find(taken) {
            scope.misuse(
                format!("two containers of the task listen on port {port}"),
                "the containers of a task share one address: let them listen on different ports",
            );
        }
        let unknown = |volume: &&String| !props.volumes.contains(*volume);
        if let Some(volume) = container.mount_points.iter().map(|mount| &mount.volume).find(unknown) {
            scope
                .misuse(format!("`{name}` mounts `{volume}`, which the task doesn't have"), "add the volume");
        }
        container.check(scope);
        check_dependencies(scope, container, containers);
    }
}

fn check_size(scope: &mut Scope<'_>, props: &TaskDefinitionProps) {
    let (cpu, memory) = (props.cpu, props.memory);
    match fargate_memory(cpu) {
        None => scope.misuse(
            format!("Fargate has no tasks of {cpu} CPU units"),
            "choose 256, 512, 1024, 2048, 4096, 8192 or 16384",
        ),
        Some((least, most, step)) => {
            let offered = (least..=most).contains(&memory)
                && (memory - least) % step == 0
                && (cpu, memory) != (256, 1536);
            if !offered {
                scope.misuse(
                    format!("Fargate has no tasks of {cpu} CPU units with {memory} MiB"),
                    format!("choose {least} to {most} MiB in steps of {step}"),
                );
            }
        }
    }
    if let Some(gib) = props.ephemeral_storage_gib.filter(|gib| !(21..=200).contains(gib)) {
        scope.misuse(format!("a task can't have {gib} GiB of disk"), "choose 21 to 200, or leave it at 20");
    }
    let sum = |share: fn(&Container) -> Option<u32>| {
        props.containers.iter().filter_map(share).map(u64::from).sum::<u64>()
    };
    for (what, sum, total) in [
        ("CPU units", sum(|container| container.cpu), cpu),
        ("MiB", sum(|container| container.memory_reservation.or(container.memory)), memory),
    ] {
        if sum > u64::from(total) {
            scope.misuse(
                format!("the containers want {sum} {what}, the task has {total}"),
                "give the task more or the containers less",
            );
        }
    }
}

fn check_dependencies(scope: &mut Scope<'_>, container: &Container, containers: &[Container]) {
    for (on, condition) in &container.depends_on {
        let name = &container.name;
        let Some(other) = containers.iter().find(|other| other.name == *on && other.name != *name) else {
            scope.misuse(
                format!("`{name}` waits for `{on}`, which isn't another container of its task"),
                "name a container of the task",
            );
            continue;
        };
        match condition {
            ContainerCondition::Success | ContainerCondition::Complete if other.essential => scope.misuse(
                format!("`{name}` waits for the end of `{on}`, which ends the task"),
                format!("make `{on}` not essential"),
            ),
            ContainerCondition::Healthy if other.health_check.is_none() => scope.misuse(
                format!("`{name}` waits for `{on}` to be healthy, which has no health check"),
                format!("give `{on}` a health check"),
            ),
            _ => {}
        }
    }
}
