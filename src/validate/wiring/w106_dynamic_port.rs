//! W106: tasks with changing ports are asked at the port that they have.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{Service, containers, name};
use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W106"),
    severity: Severity::Error,
    title: "the health check of tasks with changing ports asks the port of the traffic",
    what: "Where the container port in `LoadBalancers` of a service or a task set is mapped to a port of the host that changes (each mapping of it has `HostPort` 0 or none; `NetworkMode` bridge or left out), `HealthCheckPort` of the target group named there in `TargetGroupArn` or `AlternateTargetGroupArn` is `traffic-port`, the default, or the fixed `HostPort` of a mapping of the task that isn't for UDP: health checks are made by TCP.",
    why: "Nothing answers at the fixed port: no task ever becomes healthy, and ECS replaces them for ever.",
    source: "Amazon ECS API Reference, \"PortMapping\"; Elastic Load Balancing API Reference, \"CreateTargetGroup\"",
    same_as: &["cfn-lint E3049"],
};

const GROUP: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";

/// Whether a container's port is mapped to ports of the host that aren't known before, and to none that is.
fn is_dynamic(task: &Item<'_>, container: &str, port: i64) -> bool {
    let container = containers(task).iter().find(|one| name(one).as_deref() == Some(container));
    let mappings = container.and_then(|one| one.get("PortMappings")).map_or(&[][..], Evaluated::items);
    let of_port =
        |mapping: &&Evaluated<'_>| mapping.get("ContainerPort").and_then(Evaluated::integer) == Some(port);
    let mut own = mappings.iter().filter(of_port).peekable();
    own.peek().is_some()
        && own.all(|mapping| mapping.get("HostPort").is_none_or(|host| host.integer() == Some(0)))
}

/// Whether another port of the task may stand at that port of the host: then somebody may answer there.
fn is_fixed_elsewhere(task: &Item<'_>, asked: &str) -> bool {
    let mappings =
        containers(task).iter().filter_map(|one| one.get("PortMappings")).flat_map(Evaluated::items);
    let is_udp = |mapping: &&Evaluated<'_>| {
        mapping.get("Protocol").and_then(Evaluated::text).as_deref() == Some("udp")
    };
    let by_tcp = mappings.filter(|mapping| !is_udp(mapping));
    by_tcp.filter_map(|mapping| mapping.get("HostPort")).any(|host| match host.integer() {
        Some(port) => port.to_string() == asked,
        None => true,
    })
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let items = view.of("AWS::ECS::Service").chain(view.of("AWS::ECS::TaskSet"));
    let runners = items.map(|item| Service {
        item,
        task: view.target_of(item.get("TaskDefinition"), "AWS::ECS::TaskDefinition"),
    });
    for service in runners.filter(|service| !service.is_awsvpc()) {
        let in_bridge = |task: &&Item<'_>| match task.get("NetworkMode") {
            Some(mode) => mode.text().as_deref() == Some("bridge"),
            None => true,
        };
        let Some(task) = service.task.filter(in_bridge) else { continue };
        for entry in service.item.items("LoadBalancers") {
            let container = entry.get("ContainerName").and_then(Evaluated::text);
            let port = entry.get("ContainerPort").and_then(Evaluated::integer);
            let (Some(container), Some(port)) = (container, port) else { continue };
            let other =
                entry.get("AdvancedConfiguration").and_then(|more| more.get("AlternateTargetGroupArn"));
            let groups = [entry.get("TargetGroupArn"), other].map(|arn| view.target_of(arn, GROUP));
            for group in groups.into_iter().flatten() {
                let Some(asked) = group.text("HealthCheckPort").filter(|asked| asked != "traffic-port")
                else {
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
        // Nobody answers a health check by UDP; and which of two mappings of a port is registered isn't known.
        let by_udp =
            json!([{"ContainerPort": 80}, {"ContainerPort": 8081, "HostPort": 8081, "Protocol": "udp"}]);
        assert_eq!(messages_of(&by_udp, "8081").len(), 1);
        let twice = json!([{"ContainerPort": 80, "Protocol": "udp"}, {"ContainerPort": 80, "HostPort": 80}]);
        assert_eq!(messages_of(&twice, "8081"), [""; 0]);
    }

    #[test]
    fn task_sets_and_the_other_target_group_count() {
        let group = json!({"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"HealthCheckPort": "8080"}});
        let told = |type_name: &str, entry: Json| {
            let mut entry = entry;
            entry["ContainerName"] = json!("a");
            entry["ContainerPort"] = json!(80);
            let template = json!({"Resources": {
                "Group": group,
                "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": [{"Name": "a", "Image": "b", "PortMappings": [{"ContainerPort": 80}]}]}},
                "It": {"Type": type_name, "Properties": {"TaskDefinition": {"Ref": "Task"}, "LoadBalancers": [entry]}},
            }});
            found("W106", template).len()
        };
        assert_eq!(told("AWS::ECS::TaskSet", json!({"TargetGroupArn": {"Ref": "Group"}})), 1);
        let other = json!({"TargetGroupArn": "arn", "AdvancedConfiguration": {"AlternateTargetGroupArn": {"Ref": "Group"}}});
        assert_eq!(told("AWS::ECS::Service", other), 1);
        assert_eq!(told("AWS::ECS::TaskSet", json!({"TargetGroupArn": "arn"})), 0);
    }
}
