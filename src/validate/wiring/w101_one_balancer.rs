//! W101: a target group has one load balancer.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::forward::{SENDERS, balancer, targets};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W101"),
    severity: Severity::Error,
    title: "a target group has one load balancer",
    what: "The listeners and listener rules that send requests to a target group are of one load balancer, as far as they are in the template.",
    why: "Elastic Load Balancing refuses the second: \"The following target groups cannot be associated with more than one load balancer\".",
    source: "Elastic Load Balancing User Guide for Application Load Balancers, \"Target groups for your Application Load Balancers\"",
    same_as: &["cdk-preflight pf-elbv2-tg-single-load-balancer"],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for sender in SENDERS.iter().flat_map(|sender| view.of(sender)) {
        let Some(balancer) = balancer(view, sender) else { continue };
        for value in targets(sender) {
            let Some(group) = view.target_of(Some(value), "AWS::ElasticLoadBalancingV2::TargetGroup") else {
                continue;
            };
            let owner = *owners.entry(group.id).or_insert(balancer.id);
            if owner != balancer.id {
                let message = format!(
                    "`{}` gets requests from `{owner}` already: a second load balancer, `{}`, is refused",
                    group.id, balancer.id
                );
                findings.push(
                    sender
                        .finding_at(&RULE, value, message)
                        .help("make a target group for each load balancer, and name both in the service"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn messages(listener: &str) -> Vec<String> {
        let balancer = json!({"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {}});
        let forward = json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": {"Ref": "Group"}}]}}]);
        let listener_of = |balancer: &str, actions: Json| json!({"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": balancer}, "DefaultActions": actions}});
        let template = json!({"Resources": {
            "A": balancer, "B": balancer,
            "Group": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {}},
            "OfA": listener_of("A", forward), "OfB": listener_of("B", json!([])),
            "Rule": {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {"ListenerArn": {"Ref": listener}, "Actions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}]}},
        }});
        found("W101", template).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_group_of_two_load_balancers_is_found() {
        assert_eq!(messages("OfA"), [""; 0]);
        assert_eq!(
            messages("OfB"),
            ["`Group` gets requests from `A` already: a second load balancer, `B`, is refused"]
        );
    }
}
