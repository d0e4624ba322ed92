//! W002: a service waits for the listener of its target group.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::services;
use super::model::View;
use super::w001_target_group_in_use::{SENDERS, forwards_to};

pub(super) static RULE: Rule = Rule {
    code: Code("W002"),
    severity: Severity::Error,
    title: "a service waits for the listener of its target group",
    what: "An ECS service refers to, or depends on, one of the listeners or listener rules that send requests to its target group, directly or by way of other resources.",
    why: "CloudFormation makes both at the same time; where the service comes first ECS refuses it: \"The target group does not have an associated load balancer\".",
    source: "aws-cdk issue 1160; CloudFormation coverage roadmap issue 1868",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for service in services(view) {
        for entry in service.item.items("LoadBalancers") {
            let group = entry.get("TargetGroupArn");
            let Some(target) = view.target_of(group, "AWS::ElasticLoadBalancingV2::TargetGroup") else {
                continue;
            };
            let mut senders = SENDERS
                .iter()
                .flat_map(|sender| view.of(sender))
                .filter(|sender| forwards_to(sender, target.id))
                .peekable();
            let Some(first) = senders.peek().map(|sender| sender.id) else { continue };
            if senders.any(|sender| view.waits(service.item, sender)) {
                continue;
            }
            let message = format!(
                "the service doesn't wait for `{first}`, which puts `{}` behind the load balancer: where it comes first, ECS refuses to create it",
                target.id
            );
            findings.push(service.item.finding(&RULE, message).help(format!("add `DependsOn: {first}`")));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_service_that_may_come_first_is_found() {
        let (message, pointer) =
            only("W002", &[("/ApiService/DependsOn", json!(["Writer", "PrivateRoute"]))]);
        assert!(message.contains("`ApiRule1`"), "{message}");
        assert_eq!(pointer, "/Resources/ApiService");
    }

    #[test]
    fn waiting_for_one_of_them_or_by_way_of_another_is_enough() {
        none(&[("/ApiService/DependsOn", json!(["ApiRule2", "Writer"]))]);
        none(&[
            ("/ApiService/DependsOn", json!(["Between", "Writer"])),
            (
                "/Between",
                json!({"Type": "AWS::CloudFormation::WaitConditionHandle", "DependsOn": "ApiRule1"}),
            ),
        ]);
    }
}
