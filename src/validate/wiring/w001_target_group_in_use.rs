//! W001: a service's target group is used by a listener.

use std::collections::BTreeSet;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::services;
use super::model::{Item, View, is_made_from, mentions};

pub(super) static RULE: Rule = Rule {
    code: Code("W001"),
    severity: Severity::Error,
    title: "a service's target group is behind a listener",
    what: "Each target group of the template that an ECS service registers its tasks in is named by an action of a listener or of a listener rule.",
    why: "ECS refuses to create the service: \"The target group does not have an associated load balancer\".",
    source: "Amazon ECS Developer Guide, \"Service event messages\"; aws-cdk issue 1160",
    same_as: &[],
};

/// Resources whose actions send requests to target groups.
pub(super) const SENDERS: [&str; 2] =
    ["AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule"];

/// The actions of a listener or rule.
fn actions<'v, 't>(sender: &'v Item<'t>) -> Option<&'v Evaluated<'t>> {
    sender.get("DefaultActions").or_else(|| sender.get("Actions"))
}

/// The target groups that the actions of a listener or rule name.
pub(super) fn forwarded<'t>(sender: &Item<'t>) -> BTreeSet<&'t str> {
    actions(sender).map(mentions).unwrap_or_default()
}

/// Whether the actions of a listener or rule name that target group.
pub(super) fn forwards_to(sender: &Item<'_>, group: &str) -> bool {
    actions(sender).is_some_and(|actions| is_made_from(actions, group))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let used: BTreeSet<&str> =
        SENDERS.iter().flat_map(|sender| view.of(sender)).flat_map(forwarded).collect();
    // A listener of which not all is known may name any.
    let unclear = SENDERS
        .iter()
        .flat_map(|sender| view.of(sender))
        .any(|item| item.is_unknown("DefaultActions") || item.is_unknown("Actions"));
    if unclear {
        return;
    }
    for service in services(view) {
        for entry in service.item.items("LoadBalancers") {
            let Some(group) = entry.get("TargetGroupArn") else { continue };
            let Some(target) = view.target_of(Some(group), "AWS::ElasticLoadBalancingV2::TargetGroup") else {
                continue;
            };
            if used.contains(target.id) {
                continue;
            }
            let message = format!(
                "no listener sends anything to `{}`: ECS refuses to create the service, since the target group has no load balancer",
                target.id
            );
            findings.push(service.item.finding_at(&RULE, group, message).help(format!(
                "name `{}` in an action of a listener or of a listener rule, or take the entry away",
                target.id
            )));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{found, only};

    #[test]
    fn a_group_that_no_listener_names_is_found() {
        let elsewhere = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]);
        let (message, pointer) = only(
            "W001",
            &[
                ("/ApiRule1/Properties/Actions", elsewhere.clone()),
                ("/ApiRule2/Properties/Actions", elsewhere),
            ],
        );
        assert!(message.starts_with("no listener sends anything to `ApiTargets`"), "{message}");
        assert_eq!(pointer, "/Resources/ApiService/Properties/LoadBalancers/0/TargetGroupArn");
    }

    #[test]
    fn a_default_action_or_a_weighted_one_uses_it() {
        let weighted = json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": {"Ref": "ApiTargets"}, "Weight": 1}]}}]);
        let told = found(&[("/Listener/Properties/DefaultActions", weighted)]);
        assert!(told.iter().all(|finding| finding.code.0 != "W001"), "{told:#?}");
    }
}
