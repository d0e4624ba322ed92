//! W019: the containers of a task can start.

use std::collections::BTreeMap;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, is_awsvpc, name, tasks};
use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W019"),
    severity: Severity::Error,
    title: "the containers of a task can start together",
    what: "Containers depend on containers of the same task and not in a circle; one that is waited for to be `HEALTHY` has a health check, one to end with `SUCCESS` or `COMPLETE` is not essential; no two containers have the same port in one network.",
    why: "ECS refuses the task definition, or the second container can't open its port and the task stops.",
    source: "Amazon ECS API Reference, \"ContainerDependency\"",
    same_as: &[],
};

/// How many containers are looked at.
const MOST: usize = 50;

fn depends<'v, 't>(container: &'v Evaluated<'t>) -> &'v [Evaluated<'t>] {
    container.get("DependsOn").map_or(&[][..], Evaluated::items)
}

fn position(all: &[Evaluated<'_>], wanted: &str) -> Option<usize> {
    all.iter().position(|container| name(container).as_deref() == Some(wanted))
}

/// Whether a container waits for itself.
fn circular(all: &[Evaluated<'_>], start: usize) -> bool {
    let mut seen = vec![false; all.len()];
    let mut open = vec![start];
    while let Some(next) = open.pop() {
        for dependency in depends(&all[next]) {
            let other = dependency
                .get("ContainerName")
                .and_then(Evaluated::text)
                .and_then(|name| position(all, &name));
            match other {
                Some(other) if other == start => return true,
                Some(other) if !seen[other] => {
                    seen[other] = true;
                    open.push(other);
                }
                _ => {}
            }
        }
    }
    false
}

fn check_order(task: &Item<'_>, findings: &mut Vec<Diagnostic>) {
    let all = containers(task);
    for (number, container) in all.iter().enumerate() {
        for dependency in depends(container) {
            let Some(wanted) = dependency.get("ContainerName").and_then(Evaluated::text) else { continue };
            let Some(other) = position(all, &wanted).map(|position| &all[position]) else {
                if all.iter().all(|container| name(container).is_some()) {
                    let message = format!("the task has no container `{wanted}` to wait for: ECS refuses it");
                    findings.push(
                        task.finding_at(&RULE, dependency, message).help("name a container of the same task"),
                    );
                }
                continue;
            };
            let essential = other.get("Essential").is_none_or(|essential| essential.boolean() == Some(true));
            let (message, help) = match dependency.get("Condition").and_then(Evaluated::text).as_deref() {
                Some("HEALTHY") if other.get("HealthCheck").is_none() => (
                    format!(
                        "`{wanted}` has no health check and never becomes HEALTHY: ECS refuses the task definition"
                    ),
                    "give it a `HealthCheck`, or wait for START",
                ),
                Some(condition @ ("SUCCESS" | "COMPLETE")) if essential => (
                    format!(
                        "`{wanted}` is essential, so that its end stops the task: it can't be waited for to {condition}"
                    ),
                    "set `Essential: false` there",
                ),
                _ => continue,
            };
            findings.push(task.finding_at(&RULE, dependency, message).help(help));
        }
        if circular(all, number) {
            let message = format!(
                "{} waits for itself: ECS refuses the task definition",
                super::ecs::shown_name(container)
            );
            findings.push(
                task.finding_at(&RULE, container, message).help("take one `DependsOn` out of the circle"),
            );
            return;
        }
    }
}

fn check_ports(task: &Item<'_>, findings: &mut Vec<Diagnostic>) {
    // Each port with the number of the container that has it.
    let mut taken: BTreeMap<(i64, String), usize> = BTreeMap::new();
    let mappings = containers(task).iter().enumerate().flat_map(|(number, one)| {
        let mappings = one.get("PortMappings").map_or(&[][..], Evaluated::items);
        mappings.iter().map(move |mapping| (number, mapping))
    });
    for (number, mapping) in mappings {
        let Some(port) = mapping.get("ContainerPort").and_then(Evaluated::integer) else { continue };
        let protocol = mapping.get("Protocol").map_or(Some("tcp".into()), Evaluated::text);
        let Some(protocol) = protocol else { continue };
        if *taken.entry((port, protocol.to_lowercase())).or_insert(number) != number {
            let message = format!(
                "port {port} is taken by another container of the task, which has one network: it can't be opened twice"
            );
            findings.push(task.finding_at(&RULE, mapping, message).help("give one of them another port"));
        }
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    // ECS allows ten containers; the layer of limits tells of more.
    for task in tasks(view).filter(|task| containers(task).len() <= MOST) {
        check_order(task, findings);
        if is_awsvpc(task) {
            check_ports(task, findings);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    fn second(container: &Json) -> Vec<(&'static str, Json)> {
        let mut whole = json!({"Name": "second", "Image": "public.ecr.aws/x/y:1", "Essential": false});
        whole.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
        vec![("/ApiTask/Properties/ContainerDefinitions/-", whole)]
    }

    #[test]
    fn orders_that_cannot_be_kept_are_found() {
        let on = |name: &str, condition: &str| json!({"DependsOn": [{"ContainerName": name, "Condition": condition}]});
        let (message, _) = only("W019", &second(&on("api", "SUCCESS")));
        assert!(message.contains("`api` is essential"), "{message}");
        only("W019", &second(&on("nobody", "START")));
        only("W019", &second(&on("second", "START")));
        none(&second(&on("api", "HEALTHY")));
        let mut without = second(&on("api", "HEALTHY"));
        without.push(("/ApiTask/Properties/ContainerDefinitions/0/HealthCheck", Json::Null));
        only("W019", &without);
    }

    #[test]
    fn a_port_that_one_container_names_twice_is_not_taken_by_another() {
        let mapping = "/ApiTask/Properties/ContainerDefinitions/0/PortMappings/-";
        none(&[(mapping, json!({"ContainerPort": 5001, "Name": "http"}))]);
    }

    #[test]
    fn a_port_of_two_containers_is_found() {
        let (message, _) = only("W019", &second(&json!({"PortMappings": [{"ContainerPort": 5001}]})));
        assert!(message.starts_with("port 5001 is taken"), "{message}");
        none(&second(&json!({"PortMappings": [{"ContainerPort": 5001, "Protocol": "udp"}]})));
    }
}
