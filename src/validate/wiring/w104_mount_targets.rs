//! W104: the mount targets of a file system have an address and a zone that they can have.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::block::Block;
use super::model::{Answer, Item, View, same};

pub(super) static RULE: Rule = Rule {
    code: Code("W104"),
    severity: Severity::Error,
    title: "mount targets fit their subnets and zones",
    what: "The `IpAddress` of a mount target lies in the block of its subnet; a mount target for IPV6_ONLY lies in a subnet with a block of IPv6; no two mount targets of a file system are in one availability zone. As far as the subnets are in the template; S277 has the zone of a file system that is in one only.",
    why: "EFS refuses the mount target: \"Address does not fall within the subnet's address range\", \"mount target already exists in this AZ\".",
    source: "Amazon EFS API Reference, \"CreateMountTarget\"",
    same_as: &[
        "cdk-preflight pf-efs-mount-target-ip-address",
        "cdk-preflight pf-efs-mount-target-availability-zone",
    ],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut before: Vec<(&Item<'_>, &Evaluated<'_>, &Evaluated<'_>)> = Vec::new();
    for target in view.of("AWS::EFS::MountTarget") {
        let Some(subnet) = view.target_of(target.get("SubnetId"), "AWS::EC2::Subnet") else { continue };
        address(target, subnet, findings);
        version(view, target, subnet, findings);
        let (Some(system), Some(zone)) = (target.get("FileSystemId"), subnet.get("AvailabilityZone")) else {
            continue;
        };
        let is_twin = |(_, of, at): &&(&Item<'_>, &Evaluated<'_>, &Evaluated<'_>)| {
            same(system, of) == Answer::Yes && same(zone, at) == Answer::Yes
        };
        if let Some((other, ..)) = before.iter().find(is_twin) {
            let message = format!(
                "`{}` is a mount target of the file system in this zone already: EFS refuses the second",
                other.id
            );
            findings.push(
                target.finding_of(&RULE, "SubnetId", message).help("make one mount target in each zone"),
            );
        }
        before.push((target, system, zone));
    }
}

fn address(target: &Item<'_>, subnet: &Item<'_>, findings: &mut Vec<Diagnostic>) {
    let address = target.text("IpAddress");
    let own = address.as_deref().and_then(|address| Block::parse(&format!("{address}/32")));
    let (Some(own), Some(block)) = (own, Block::of(subnet.get("CidrBlock"))) else { return };
    if !block.contains(own) {
        let message = format!(
            "the address isn't one of `{}`, {}: EFS refuses the mount target",
            subnet.id,
            subnet.text("CidrBlock").unwrap_or_default()
        );
        findings.push(
            target
                .finding_of(&RULE, "IpAddress", message)
                .help("take one of the subnet's block, or leave it out: EFS takes a free one"),
        );
    }
}

/// A subnet gets its block of IPv6 by a property of its own or from a resource beside it.
fn version(view: &View<'_, '_>, target: &Item<'_>, subnet: &Item<'_>, findings: &mut Vec<Diagnostic>) {
    let is_for_six = target.text("IpAddressType").as_deref() == Some("IPV6_ONLY");
    let has_six =
        ["Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6Native"].iter().any(|name| subnet.get(name).is_some())
            || view.of("AWS::EC2::SubnetCidrBlock").any(|block| {
                block.get("SubnetId").is_none_or(|of| of.resource().is_none_or(|id| id == subnet.id))
            });
    if is_for_six && !has_six {
        let message = format!("`{}` has no block of IPv6: EFS refuses the mount target", subnet.id);
        findings.push(
            target
                .finding_of(&RULE, "IpAddressType", message)
                .help("give the subnet an `Ipv6CidrBlock`, or leave `IpAddressType` out"),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn messages(zones: [&str; 2], address: &str) -> Vec<String> {
        let subnet = |zone: &str, block: &str| json!({"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": "vpc-1", "CidrBlock": block, "AvailabilityZone": zone}});
        let target = |subnet: &str| json!({"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": {"Ref": "Files"}, "SubnetId": {"Ref": subnet}}});
        let mut first = target("S1");
        first["Properties"]["IpAddress"] = json!(address);
        let template = json!({"Resources": {
            "Files": {"Type": "AWS::EFS::FileSystem", "Properties": {}},
            "S1": subnet(zones[0], "10.0.1.0/24"), "S2": subnet(zones[1], "10.0.2.0/24"),
            "T1": first, "T2": target("S2"),
        }});
        found("W104", template).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn one_target_in_each_zone_is_right() {
        assert_eq!(messages(["us-east-1a", "us-east-1b"], "10.0.1.5"), [""; 0]);
    }

    #[test]
    fn addresses_and_zones_that_do_not_fit_are_found() {
        assert_eq!(
            messages(["us-east-1a", "us-east-1b"], "10.0.2.5"),
            ["the address isn't one of `S1`, 10.0.1.0/24: EFS refuses the mount target"]
        );
        assert_eq!(
            messages(["us-east-1a", "us-east-1a"], "10.0.1.5"),
            ["`T1` is a mount target of the file system in this zone already: EFS refuses the second"]
        );
    }

    #[test]
    fn a_subnet_without_addresses_of_the_kind_is_found() {
        let count = |block: Json, extra: Json| {
            let mut resources = json!({
                "S": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}},
                "T": {"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": "fs-1", "SubnetId": {"Ref": "S"}, "IpAddressType": "IPV6_ONLY"}},
                "Beside": extra,
            });
            if !block.is_null() {
                resources["S"]["Properties"]["Ipv6CidrBlock"] = block;
            }
            found("W104", json!({"Resources": resources})).len()
        };
        let other = json!({"Type": "AWS::SNS::Topic"});
        let block = json!({"Type": "AWS::EC2::SubnetCidrBlock", "Properties": {"SubnetId": {"Ref": "S"}, "Ipv6CidrBlock": "2001:db8::/64"}});
        assert_eq!(count(Json::Null, other.clone()), 1);
        assert_eq!((count(json!("2001:db8::/64"), other), count(Json::Null, block)), (0, 0));
    }
}
