//! W005: the load balancer reaches its targets.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{known_list, services};
use super::model::{Answer, Item, View};
use super::network::Network;
use super::w001_target_group_in_use::{SENDERS, forwards_to};

pub(super) static RULE: Rule = Rule {
    code: Code("W005"),
    severity: Severity::Error,
    title: "security groups let the load balancer reach its targets",
    what: "For each service behind an Application Load Balancer whose tasks have a network interface of their own, the load balancer's security groups let requests to the container's port and to a `HealthCheckPort` of its own out, and the tasks' groups let them in.",
    why: "Every health check times out, ECS stops and starts the tasks without end, and the create fails.",
    source: "Elastic Load Balancing User Guide, \"Security groups for your Application Load Balancer\"",
    same_as: &[],
};

/// The load balancers whose listeners send requests to the target group.
fn balancers<'v, 't>(view: &'v View<'_, 't>, target: &Item<'t>) -> Vec<&'v Item<'t>> {
    let mut found: Vec<&Item<'t>> = Vec::new();
    for sender in SENDERS.iter().flat_map(|sender| view.of(sender)) {
        if !forwards_to(sender, target.id) {
            continue;
        }
        let listener = view.target_of(sender.get("ListenerArn"), "AWS::ElasticLoadBalancingV2::Listener");
        let balancer = view.target_of(
            listener.unwrap_or(sender).get("LoadBalancerArn"),
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
        );
        if let Some(balancer) = balancer.filter(|balancer| found.iter().all(|known| known.id != balancer.id))
        {
            found.push(balancer);
        }
    }
    found
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let network = Network::of(view);
    for service in services(view).filter(super::ecs::Service::is_awsvpc) {
        let Some(to) = service.groups().filter(|groups| !groups.is_empty()) else { continue };
        for entry in service.item.items("LoadBalancers") {
            let group = entry.get("TargetGroupArn");
            let Some(target) = view.target_of(group, "AWS::ElasticLoadBalancingV2::TargetGroup") else {
                continue;
            };
            let Some(port) = entry.get("ContainerPort").and_then(Evaluated::integer) else { continue };
            // Health checks may ask another port than that of the traffic.
            let asked = target.integer("HealthCheckPort").filter(|asked| *asked != port);
            for balancer in balancers(view, target) {
                if balancer.text("Type").is_some_and(|kind| kind != "application") {
                    continue;
                }
                let Some(from) =
                    known_list(balancer.get("SecurityGroups")).filter(|groups| !groups.is_empty())
                else {
                    continue;
                };
                for port in std::iter::once(port).chain(asked) {
                    let (missing, who, help) = if network.enters(from, to, port) == Answer::No {
                        (
                            "lets it in",
                            service.item,
                            "add a `AWS::EC2::SecurityGroupIngress` to the tasks' group, its source the load balancer's",
                        )
                    } else if network.leaves(from, to, port) == Answer::No {
                        (
                            "lets it out",
                            balancer,
                            "add the port to the egress of the load balancer's group, its destination the tasks' group",
                        )
                    } else {
                        continue;
                    };
                    let message = format!(
                        "`{}` can't reach `{}` at port {port}, since no security group of `{}` {missing}: health checks time out and the service never becomes stable",
                        balancer.id, service.item.id, who.id
                    );
                    findings.push(service.item.finding_at(&RULE, entry, message).help(help));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_path_that_is_closed_at_one_end_is_found() {
        let (message, _) = only(
            "W005",
            &[("/ApiFromBalancer", Json::Null), ("/ApiService/DependsOn", json!(["ApiRule1", "Writer"]))],
        );
        assert!(message.contains("no security group of `ApiService` lets it in"), "{message}");
        let (message, _) = only(
            "W005",
            &[
                ("/BalancerGroup/Properties/SecurityGroupEgress/0/ToPort", json!(5000)),
                ("/BalancerGroup/Properties/SecurityGroupEgress/0/FromPort", json!(80)),
            ],
        );
        assert!(message.contains("no security group of `Balancer` lets it out"), "{message}");
        only(
            "W005",
            &[
                ("/ApiFromBalancer/Properties/FromPort", json!(80)),
                ("/ApiFromBalancer/Properties/ToPort", json!(80)),
            ],
        );
    }

    #[test]
    fn a_port_of_the_health_check_alone_is_looked_at_too() {
        let (message, _) = only("W005", &[("/ApiTargets/Properties/HealthCheckPort", json!("8080"))]);
        assert!(message.contains("at port 8080"), "{message}");
        none(&[("/ApiTargets/Properties/HealthCheckPort", json!("traffic-port"))]);
    }

    #[test]
    fn what_is_open_or_not_known_is_left_alone() {
        none(&[("/BalancerGroup/Properties/SecurityGroupEgress", Json::Null)]);
        let block = json!({"IpProtocol": "tcp", "FromPort": 5001, "ToPort": 5001, "CidrIp": "10.0.0.0/16", "GroupId": {"Ref": "ApiGroup"}});
        none(&[("/ApiFromBalancer/Properties", block)]);
        none(&[("/Balancer/Properties/SecurityGroups", json!([{"Fn::ImportValue": "Group"}]))]);
    }
}
