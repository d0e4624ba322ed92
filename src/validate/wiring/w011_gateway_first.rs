//! W011: what needs the internet gateway waits for its attachment.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View};
use super::network::{Network, Way};

pub(super) static RULE: Rule = Rule {
    code: Code("W011"),
    severity: Severity::Error,
    title: "what needs an internet gateway waits for its attachment",
    what: "Elastic addresses of instances, routes to the internet gateway, NAT gateways and internet-facing load balancers in a VPC of the template depend on the `VPCGatewayAttachment`, directly or by way of other resources; the route tells by `DependsOn`, since a reference to the gateway isn't one to its attachment.",
    why: "CloudFormation makes both at the same time; where the attachment comes second the create fails: \"Network … is not attached to any internet gateway\" or \"VPC … has no internet gateway\".",
    source: "AWS CloudFormation User Guide, \"DependsOn attribute\", \"When a DependsOn attribute is required\"",
    same_as: &[],
};

/// Types whose resources may need it.
const TYPES: [&str; 4] =
    ["AWS::EC2::Route", "AWS::EC2::NatGateway", "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::EC2::EIP"];

fn needs<'t>(view: &View<'_, 't>, item: &Item<'t>) -> bool {
    let public = |subnet: Option<&Evaluated<'_>>| {
        subnet
            .and_then(Evaluated::resource)
            .and_then(|id| view.get(id))
            .is_some_and(|subnet| view.target_of(subnet.get("VpcId"), "AWS::EC2::VPC").is_some())
    };
    match item.resource.type_name.as_str() {
        "AWS::EC2::Route" => view.target_of(item.get("GatewayId"), "AWS::EC2::InternetGateway").is_some(),
        "AWS::EC2::NatGateway" => {
            item.text("ConnectivityType").is_none_or(|kind| kind == "public") && public(item.get("SubnetId"))
        }
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            item.text("Scheme").as_deref() == Some("internet-facing")
                && item.items("Subnets").iter().any(|subnet| Network::of(view).way(subnet) == Way::Gateway)
        }
        "AWS::EC2::EIP" => {
            let instance = view.target_of(item.get("InstanceId"), "AWS::EC2::Instance");
            instance.is_some_and(|instance| public(instance.get("SubnetId")))
        }
        _ => false,
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let attachments: Vec<_> = view
        .of("AWS::EC2::VPCGatewayAttachment")
        .filter(|attachment| attachment.get("InternetGatewayId").is_some())
        .collect();
    let Some(first) = attachments.first() else { return };
    let mut items: Vec<_> = TYPES.iter().flat_map(|type_name| view.of(type_name)).collect();
    items.sort_by_key(|item| item.index);
    for item in items.into_iter().filter(|item| needs(view, item)) {
        if attachments.iter().any(|attachment| view.waits(item, attachment)) {
            continue;
        }
        let message = format!(
            "`{}` doesn't wait for `{}`: where it comes first, the create fails since the network has no internet gateway yet",
            item.id, first.id
        );
        findings.push(item.finding(&RULE, message).help(format!("add `DependsOn: {}`", first.id)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{found, none};

    #[test]
    fn a_route_that_does_not_wait_is_found_and_what_waits_for_it() {
        let found = found(&[("/PublicRoute/DependsOn", Json::Null), ("/Address/DependsOn", Json::Null)]);
        let ids: Vec<_> = found.iter().filter_map(|finding| finding.logical_id.as_deref()).collect();
        assert_eq!(ids, ["PublicRoute", "Nat", "Balancer"], "{found:#?}");
        assert!(found.iter().all(|finding| finding.code.0 == "W011"));
    }

    #[test]
    fn waiting_by_way_of_the_route_is_enough() {
        none(&[("/Address/DependsOn", Json::Null)]);
        none(&[("/Nat/DependsOn", json!("Attachment"))]);
    }
}
