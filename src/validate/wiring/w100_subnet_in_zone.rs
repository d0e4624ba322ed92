//! W100: a load balancer has one subnet in a zone.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;
use super::w162_once_in_vpc::twins;

pub(super) static RULE: Rule = Rule {
    code: Code("W100"),
    severity: Severity::Error,
    title: "a load balancer has one subnet in a zone",
    what: "No two subnets of a load balancer lie in one availability zone, as far as the subnets are in the template. W028 tells where all lie in one.",
    why: "Elastic Load Balancing refuses it: \"A load balancer cannot be attached to multiple subnets in the same Availability Zone\".",
    source: "Elastic Load Balancing API Reference, \"CreateLoadBalancer\"",
    same_as: &["cdk-preflight pf-elbv2-lb-one-subnet-per-az"],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for balancer in view.of("AWS::ElasticLoadBalancingV2::LoadBalancer") {
        let mappings = balancer.items("SubnetMappings").iter().filter_map(|mapping| mapping.get("SubnetId"));
        let subnets: Vec<_> = balancer.items("Subnets").iter().chain(mappings).collect();
        let twins = twins(view, subnets.iter().copied());
        let is_application = balancer.text("Type").is_none_or(|kind| kind == "application");
        if is_application && balancer.get("SubnetMappings").is_none() && twins.len() + 1 == subnets.len() {
            continue;
        }
        for (value, subnet, other) in twins {
            let message = format!("`{subnet}` and `{other}` lie in one zone: the load balancer is refused");
            findings.push(balancer.finding_at(&RULE, value, message).help("give it one subnet in each zone"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn messages(kind: &str, zones: &[usize]) -> Vec<String> {
        let mut resources = json!({});
        let mut subnets = Vec::new();
        for (index, zone) in zones.iter().enumerate() {
            let id = format!("S{index}");
            let zone = json!({"Fn::Select": [zone, {"Fn::GetAZs": ""}]});
            resources[&id] = json!({"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": "vpc-1", "AvailabilityZone": zone}});
            subnets.push(json!({"Ref": id}));
        }
        let properties: Json = json!({"Type": kind, "Subnets": subnets});
        resources["It"] =
            json!({"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": properties});
        found("W100", json!({"Resources": resources})).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_second_subnet_of_a_zone_is_found() {
        assert_eq!(messages("application", &[0, 1, 2]), [""; 0]);
        assert_eq!(
            messages("application", &[0, 1, 1]),
            ["`S2` and `S1` lie in one zone: the load balancer is refused"]
        );
        // W028 tells it.
        assert_eq!(messages("application", &[0, 0]), [""; 0]);
        assert_eq!(messages("network", &[0, 0]).len(), 1);
    }
}
