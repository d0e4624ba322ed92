//! W106: tasks with changing ports are asked at the port that they have.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, name, services};
use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W106"),
    severity: Severity::Error,
    title: "the health check of tasks with changing ports asks the port of the traffic",
    what: "Where the container port in a service's `LoadBalancers` is mapped to a port of the host that changes (`HostPort` 0 or left out; `NetworkMode` bridge or left out), `HealthCheckPort` of the target group named there in `TargetGroupArn` is `traffic-port`, the default, or a fixed `HostPort` of the task.",
    why: "Nothing answers at the fixed port: no task ever becomes healthy, and ECS replaces them for ever.",
    source: "Amazon ECS API Reference, \"PortMapping\"; Elastic Load Balancing API Reference, \"CreateTargetGroup\"",
    same_as: &["cfn-lint E3049"],
};

/// Whether a container's port is mapped to one of the host that isn't known before.
fn is_dynamic(task: &Item<'_>, container: &str, port: i64) -> bool {
    let container = containers(task).iter().find(|one| name(one).as_deref() == Some(container));
    let mappings = container.and_then(|one| one.get("PortMappings")).map_or(&[][..], Evaluated::items);
    mappings.iter().any(|mapping| {
        mapping.get("ContainerPort").and_then(Evaluated::integer) == Some(port)
            && mapping.get("HostPort").is_none_or(|host| host.integer() == Some(0))
    })
}

/// Whether another port of the task may stand at that port of the host: then somebody answers there.
fn is_fixed_elsewhere(task: &Item<'_>, asked: &str) -> bool {
    let mappings =
        containers(task).iter().filter_map(|one| one.get("PortMappings")).flat_map(Evaluated::items);
    mappings.filter_map(|mapping| mapping.get("HostPort")).any(|host| match host.integer() {
        Some(port) => port.to_string() == asked,
        None => true,
    })
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for service in services(view).filter(|service| !service.is_awsvpc()) {
        let in_bridge = |task: &&Item<'_>| match task.get("NetworkMode") {
            Some(mode) => mode.text().as_deref() == Some("bridge"),
            None => true,
        };
        let Some(task) = service.task.filter(in_bridge) else { continue };
        for entry in service.item.items("LoadBalancers") {
            let container = entry.get("ContainerName").and_then(Evaluated::text);
            let port = entry.get("ContainerPort").and_then(Evaluated::integer);
            let group =
                view.target_of(entry.get("TargetGroupArn"), "AWS::ElasticLoadBalancingV2::TargetGroup");
            let (Some(container), Some(port), Some(group)) = (container, port, group) else { continue };
            let Some(asked) = group.text("HealthCheckPort").filter(|asked| asked != "traffic-port") else {
                continue;
            };
            if is_dynamic(task, &container, port) && !is_fixed_elsewhere(task, &asked) {
                let message = format!(
                    "the health check asks port {asked}, but the port of the container `{container}` on the host changes with each task"
                );
                findings.push(
                    group
                        .finding_of(&RULE, "HealthCheckPort", message)
                        .help("set `HealthCheckPort: traffic-port`"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn messages(mapping: &Json, asked: &str) -> Vec<String> {
        messages_of(&json!([mapping]), asked)
    }

    fn messages_of(mappings: &Json, asked: &str) -> Vec<String> {
        let template = json!({"Resources": {
            "Group": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"HealthCheckPort": asked}},
            "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": [{"Name": "a", "Image": "b", "PortMappings": mappings}]}},
            "Service": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": {"Ref": "Task"}, "LoadBalancers": [{"ContainerName": "a", "ContainerPort": 80, "TargetGroupArn": {"Ref": "Group"}}]}},
        }});
        found("W106", template).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_fixed_port_is_found_where_ports_change() {
        let expected = [
            "the health check asks port 8080, but the port of the container `a` on the host changes with each task",
        ];
        assert_eq!(messages(&json!({"ContainerPort": 80, "HostPort": 0}), "8080"), expected);
        assert_eq!(messages(&json!({"ContainerPort": 80}), "8080"), expected);
    }

    #[test]
    fn other_ports_are_left_alone() {
        assert_eq!(messages(&json!({"ContainerPort": 80}), "traffic-port"), [""; 0]);
        assert_eq!(messages(&json!({"ContainerPort": 80, "HostPort": 80}), "8080"), [""; 0]);
        let beside = |port: u16| json!([{"ContainerPort": 80}, {"ContainerPort": 8081, "HostPort": port}]);
        assert_eq!(messages_of(&beside(8081), "8081"), [""; 0]);
        assert_eq!(messages_of(&beside(8082), "8081").len(), 1);
    }
}
