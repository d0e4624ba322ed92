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
    what: "Where a container's port is mapped to a port of the host that changes (`HostPort` 0 or left out, in the network mode bridge), `HealthCheckPort` of its target group is `traffic-port`, the default.",
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
            if is_dynamic(task, &container, port) {
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
        let template = json!({"Resources": {
            "Group": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"HealthCheckPort": asked}},
            "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": [{"Name": "a", "Image": "b", "PortMappings": [mapping]}]}},
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
    }
}
