//! W003: a service registers a container and port that its task definition has.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, known_list, name, services};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W003"),
    severity: Severity::Error,
    title: "a service registers a container and port of its task definition",
    what: "The container name and port in a service's `LoadBalancers` and `ServiceRegistries` are those of a container and port mapping of the task definition.",
    why: "ECS refuses to create the service: \"The container … does not exist in the task definition\" or \"… did not have a container port … defined\".",
    source: "Amazon ECS API Reference, \"LoadBalancer\" and \"ServiceRegistry\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for service in services(view) {
        let Some(task) = service.task else { continue };
        let Some(all) = known_list(task.get("ContainerDefinitions")) else { continue };
        if all.iter().any(|container| container.unknown().is_some() || name(container).is_none()) {
            continue;
        }
        for entry in service.item.items("LoadBalancers").iter().chain(service.item.items("ServiceRegistries"))
        {
            let Some(wanted) = entry.get("ContainerName") else { continue };
            let Some(text) = wanted.text() else { continue };
            let Some(container) =
                containers(task).iter().find(|container| name(container) == Some(text.clone()))
            else {
                let names: Vec<_> =
                    containers(task).iter().filter_map(name).map(|name| format!("`{name}`")).collect();
                let message =
                    format!("`{}` has no container `{text}`: ECS refuses to create the service", task.id);
                findings.push(
                    service
                        .item
                        .finding_at(&RULE, wanted, message)
                        .help(format!("name one of its containers: {}", names.join(", "))),
                );
                continue;
            };
            let Some(port) = entry.get("ContainerPort") else { continue };
            let (Some(number), Some(mappings)) = (port.integer(), known_list(container.get("PortMappings")))
            else {
                continue;
            };
            let ports: Option<Vec<i64>> = mappings.iter().map(mapped).collect();
            // A range of ports counts as not known.
            if ports.is_none_or(|ports| ports.contains(&number)) {
                continue;
            }
            let message = format!(
                "the container `{text}` of `{}` has no port {number}: ECS refuses to create the service",
                task.id
            );
            findings.push(
                service
                    .item
                    .finding_at(&RULE, port, message)
                    .help("use a `ContainerPort` of the container's `PortMappings`, or add this one there"),
            );
        }
    }
}

fn mapped(mapping: &Evaluated<'_>) -> Option<i64> {
    mapping.get("ContainerPort")?.integer()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_container_or_port_that_is_not_there_is_found() {
        let (message, pointer) =
            only("W003", &[("/ApiService/Properties/LoadBalancers/0/ContainerName", json!("app"))]);
        assert!(message.contains("no container `app`"), "{message}");
        assert_eq!(pointer, "/Resources/ApiService/Properties/LoadBalancers/0/ContainerName");
        let (message, _) = only(
            "W003",
            &[(
                "/ApiService/Properties/ServiceRegistries",
                json!([{"ContainerName": "api", "ContainerPort": 80}]),
            )],
        );
        assert!(message.contains("no port 80"), "{message}");
    }

    #[test]
    fn a_list_that_is_not_known_is_left_alone() {
        none(&[(
            "/ApiTask/Properties/ContainerDefinitions/0/PortMappings",
            json!([{"ContainerPort": {"Fn::ImportValue": "Port"}}]),
        )]);
    }
}
