//! W162: what a VPC has once only.

use std::collections::{BTreeMap, BTreeSet};

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::endpoints::is_interface;
use super::model::{Answer, Item, View, key_of, same, shown};

pub(super) static RULE: Rule = Rule {
    code: Code("W162"),
    severity: Severity::Error,
    title: "a VPC has one internet gateway, and one endpoint with private DNS for a service",
    what: "A VPC has at most one attachment of an internet gateway and, for each service, at most one interface endpoint with private DNS; an interface endpoint has at most one subnet in a zone.",
    why: "EC2 refuses the second: \"already has an internet gateway attached\", \"private-dns-enabled cannot be set because there is already a conflicting DNS domain\", \"DuplicateSubnetsInSameZone\".",
    source: "Amazon VPC User Guide, \"Internet gateways\"; AWS PrivateLink Guide, \"Access an AWS service using an interface VPC endpoint\"",
    same_as: &[
        "cfn-lint E3064",
        "cdk-preflight pf-ec2-vpc-single-igw",
        "cdk-preflight pf-ec2-vpce-subnet-az-unique",
    ],
};

/// A value as a key: resources by their id, texts as they are.
fn key(value: Option<&Evaluated<'_>>) -> Option<String> {
    let value = value?;
    key_of(value).or_else(|| Some(shown(value)))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut gateways: BTreeMap<String, &str> = BTreeMap::new();
    for attachment in view.of("AWS::EC2::VPCGatewayAttachment") {
        if attachment.get("InternetGatewayId").is_none() {
            continue;
        }
        let Some(vpc) = key(attachment.get("VpcId")) else { continue };
        if let Some(first) = gateways.insert(vpc.clone(), attachment.id) {
            let message =
                format!("`{first}` attaches an internet gateway to `{vpc}` already: EC2 refuses the second");
            findings.push(
                attachment
                    .finding_of(&RULE, "InternetGatewayId", message)
                    .help("attach one internet gateway to a VPC"),
            );
        }
    }
    let mut endpoints: BTreeMap<(String, String), &str> = BTreeMap::new();
    for endpoint in view.of("AWS::EC2::VPCEndpoint").filter(|endpoint| is_interface(endpoint)) {
        zones(view, endpoint, findings);
        if endpoint.get("PrivateDnsEnabled").and_then(Evaluated::boolean) != Some(true) {
            continue;
        }
        let (Some(vpc), Some(service)) = (key(endpoint.get("VpcId")), key(endpoint.get("ServiceName")))
        else {
            continue;
        };
        if let Some(first) = endpoints.insert((vpc, service), endpoint.id) {
            let message =
                format!("`{first}` has private DNS for this service already: EC2 refuses the second");
            findings.push(
                endpoint
                    .finding_of(&RULE, "ServiceName", message)
                    .help("keep one endpoint, with the subnets of both"),
            );
        }
    }
}

/// Subnets of a list in the zone of one before: the value, its subnet and the one before.
pub(super) fn twins<'v, 't>(
    view: &'v View<'_, 't>,
    subnets: impl IntoIterator<Item = &'v Evaluated<'t>>,
) -> Vec<(&'v Evaluated<'t>, &'t str, &'t str)> {
    let mut zones: Vec<(&str, &Evaluated<'_>)> = Vec::new();
    let mut found = Vec::new();
    for value in subnets {
        let Some(subnet) = view.target_of(Some(value), "AWS::EC2::Subnet") else { continue };
        let Some(zone) = subnet.get("AvailabilityZone") else { continue };
        let twin = zones.iter().find(|(_, other)| same(zone, other) == Answer::Yes);
        if let Some((other, _)) = twin {
            found.push((value, subnet.id, *other));
        }
        zones.push((subnet.id, zone));
    }
    found
}

/// Subnets of an endpoint in one zone.
fn zones<'t>(view: &View<'_, 't>, endpoint: &Item<'t>, findings: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for (value, subnet, other) in twins(view, endpoint.items("SubnetIds")) {
        if seen.insert(subnet) {
            let message = format!("`{subnet}` and `{other}` lie in one zone: EC2 refuses the endpoint");
            findings.push(
                endpoint.finding_at(&RULE, value, message).help("give the endpoint one subnet in each zone"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn messages(resources: &Json) -> Vec<String> {
        found("W162", json!({"Resources": resources})).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_second_gateway_is_found() {
        let attachment = |gateway: &str| json!({"Type": "AWS::EC2::VPCGatewayAttachment", "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": gateway}});
        let vpc = json!({"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}});
        let one = json!({"Vpc": vpc, "A": attachment("igw-1")});
        assert_eq!(messages(&one), [""; 0]);
        let mut two = one;
        two["B"] = attachment("igw-2");
        assert_eq!(
            messages(&two),
            ["`A` attaches an internet gateway to `Vpc` already: EC2 refuses the second"]
        );
    }

    #[test]
    fn endpoints_of_one_service_and_subnets_of_one_zone_are_found() {
        let endpoint = |private: bool| json!({"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcId": "vpc-1", "VpcEndpointType": "Interface", "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.logs"}, "PrivateDnsEnabled": private, "SubnetIds": [{"Ref": "S1"}, {"Ref": "S2"}]}});
        let subnet = |zone: usize| json!({"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": "vpc-1", "AvailabilityZone": {"Fn::Select": [zone, {"Fn::GetAZs": ""}]}}});
        assert_eq!(
            messages(&json!({"A": endpoint(true), "B": endpoint(false), "S1": subnet(0), "S2": subnet(1)})),
            [""; 0]
        );
        assert_eq!(
            messages(&json!({"A": endpoint(true), "B": endpoint(true), "S1": subnet(0), "S2": subnet(1)}))
                .len(),
            1
        );
        assert_eq!(
            messages(&json!({"A": endpoint(true), "S1": subnet(0), "S2": subnet(0)})),
            ["`S2` and `S1` lie in one zone: EC2 refuses the endpoint"]
        );
        assert!(found("W162", resource("AWS::EC2::VPCEndpoint", json!({"VpcId": "vpc-1"}))).is_empty());
    }
}
