//! W028: subnets lie in two zones.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::known_list;
use super::model::{Answer, View, same};

pub(super) static RULE: Rule = Rule {
    code: Code("W028"),
    severity: Severity::Error,
    title: "load balancers and databases have subnets in two zones",
    what: "The subnets of an Application Load Balancer or a database's subnet group, where all are in the template, lie in at least two availability zones.",
    why: "AWS refuses them: \"At least two subnets in two different Availability Zones must be specified\" or \"The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement\".",
    source: "Elastic Load Balancing API Reference, \"CreateLoadBalancer\"; Amazon RDS API Reference, \"CreateDBSubnetGroup\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let places =
        [("AWS::ElasticLoadBalancingV2::LoadBalancer", "Subnets"), ("AWS::RDS::DBSubnetGroup", "SubnetIds")];
    for (type_name, property) in places {
        for item in view.of(type_name) {
            if item.text("Type").is_some_and(|kind| kind != "application") {
                continue;
            }
            let Some(subnets) = known_list(item.get(property)).filter(|subnets| !subnets.is_empty()) else {
                continue;
            };
            let zones: Option<Vec<&Evaluated<'_>>> = subnets
                .iter()
                .map(|subnet| view.target_of(Some(subnet), "AWS::EC2::Subnet")?.get("AvailabilityZone"))
                .collect();
            let Some(zones) = zones else { continue };
            let one = zones.iter().all(|zone| same(zone, zones[0]) == Answer::Yes);
            if one {
                findings.push(
                    item.finding_of(
                        &RULE,
                        property,
                        "all subnets lie in one availability zone: it is refused",
                    )
                    .help("add a subnet of another zone"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{found, none};

    #[test]
    fn one_zone_is_found() {
        let found = found(&[(
            "/PrivateSubnet2/Properties/AvailabilityZone",
            json!({"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}),
        )]);
        assert!(found.len() == 1 && found[0].code.0 == "W028", "{found:#?}");
        assert_eq!(found[0].pointer.as_deref(), Some("/Resources/DatabaseSubnets/Properties/SubnetIds"));
    }

    #[test]
    fn zones_that_are_not_known_are_left_alone() {
        none(&[("/PrivateSubnet2/Properties/AvailabilityZone", Json::Null)]);
    }
}
