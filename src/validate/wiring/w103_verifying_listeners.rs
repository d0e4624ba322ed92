//! W103: a load balancer has at most two listeners that verify certificates of clients.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::forward::balancer;
use super::model::View;

/// How many listeners of a load balancer may verify.
///
/// Source: Elastic Load Balancing User Guide, "Quotas for your Application Load Balancers".
const MOST: usize = 2;

pub(super) static RULE: Rule = Rule {
    code: Code("W103"),
    severity: Severity::Error,
    title: "two listeners of a load balancer verify clients at most",
    what: "At most two listeners of a load balancer have `MutualAuthentication` in the mode `verify`.",
    why: "Elastic Load Balancing refuses the third; the quota can't be raised.",
    source: "Elastic Load Balancing User Guide for Application Load Balancers, \"Quotas for your Application Load Balancers\"",
    same_as: &["cdk-preflight pf-elbv2-lb-mtls-verify-listener-max"],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for listener in view.of("AWS::ElasticLoadBalancingV2::Listener") {
        if listener.text("MutualAuthentication.Mode").as_deref() != Some("verify") {
            continue;
        }
        let Some(balancer) = balancer(view, listener) else { continue };
        let count = counts.entry(balancer.id).or_default();
        *count += 1;
        if *count > MOST {
            let message = format!(
                "`{}` has {MOST} listeners already that verify clients: this one is refused",
                balancer.id
            );
            findings.push(
                listener
                    .finding_of(&RULE, "MutualAuthentication.Mode", message)
                    .help("use `passthrough`, or another load balancer"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::found;

    fn count(listeners: usize) -> usize {
        let mut resources =
            json!({"It": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {}}});
        for index in 0..listeners {
            resources[format!("L{index}")] = json!({"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": "It"}, "MutualAuthentication": {"Mode": "verify"}}});
        }
        found("W103", json!({"Resources": resources})).len()
    }

    #[test]
    fn a_third_listener_is_found() {
        assert_eq!((count(2), count(3)), (0, 1));
    }
}
