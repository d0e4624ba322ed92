//! W160: subnets lie in their VPC, and not over each other.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::block::Block;
use super::model::{Answer, Item, View, key_of, same};
use super::network::blocks;

pub(super) static RULE: Rule = Rule {
    code: Code("W160"),
    severity: Severity::Error,
    title: "the blocks of subnets lie in their VPC and don't overlap",
    what: "Where the template has the VPC and all of its blocks are known, the `CidrBlock` of a subnet lies in one of them. It holds no address of another subnet whose `VpcId` is the same: a VPC of the template, or the same parameter, import or text.",
    why: "EC2 refuses the subnet: \"The CIDR '…' is invalid\" or \"The CIDR '…' conflicts with another subnet\".",
    source: "Amazon VPC User Guide, \"Subnet CIDR blocks\"",
    same_as: &["cfn-lint E3059", "cfn-lint E3060"],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut known: Vec<(&Evaluated<'_>, &Item<'_>, Block)> = Vec::new();
    for subnet in view.of("AWS::EC2::Subnet") {
        let Some(block) = Block::of(subnet.get("CidrBlock")) else { continue };
        let Some(id) = subnet.get("VpcId") else { continue };
        if let Some(vpc) = view.target_of(Some(id), "AWS::EC2::VPC")
            && blocks(view, vpc).is_some_and(|blocks| !blocks.iter().any(|whole| whole.contains(block)))
        {
            let message = format!("the block isn't one of `{}`: EC2 refuses the subnet", vpc.id);
            findings.push(
                subnet
                    .finding_of(&RULE, "CidrBlock", message)
                    .help(format!("take a part of {}", vpc.text("CidrBlock").unwrap_or_default())),
            );
        }
        if let Some((_, other, _)) =
            known.iter().find(|(of, _, other)| other.overlaps(block) && is_one_vpc(of, id))
        {
            let message =
                format!("the block overlaps that of `{}`: EC2 refuses one of the two subnets", other.id);
            findings.push(
                subnet.finding_of(&RULE, "CidrBlock", message).help("take blocks without a common address"),
            );
        }
        known.push((id, subnet, block));
    }
}

/// Whether two values surely name one VPC.
fn is_one_vpc(one: &Evaluated<'_>, other: &Evaluated<'_>) -> bool {
    same(one, other) == Answer::Yes || key_of(one).is_some_and(|key| key_of(other) == Some(key))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;
    use crate::validate::wiring::testing::{none, only};

    const BLOCK: &str = "/PrivateSubnet1/Properties/CidrBlock";

    #[test]
    fn a_block_outside_is_found() {
        let (message, pointer) = only("W160", &[(BLOCK, json!("10.1.0.0/24"))]);
        assert_eq!(message, "the block isn't one of `Vpc`: EC2 refuses the subnet");
        assert_eq!(pointer, "/Resources/PrivateSubnet1/Properties/CidrBlock");
    }

    #[test]
    fn blocks_over_each_other_are_found() {
        let (message, _) = only("W160", &[(BLOCK, json!("10.0.0.0/23"))]);
        assert_eq!(message, "the block overlaps that of `PublicSubnet1`: EC2 refuses one of the two subnets");
    }

    #[test]
    fn a_vpc_outside_of_the_template_is_one_where_it_is_named_the_same() {
        let of = |one: Json, other: Json| {
            let subnet = |vpc: Json, block: &str| json!({"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": vpc, "CidrBlock": block}});
            let template = json!({
                "Parameters": {"Vpc": {"Type": "AWS::EC2::VPC::Id"}, "Other": {"Type": "AWS::EC2::VPC::Id"}},
                "Resources": {"A": subnet(one, "10.0.0.0/24"), "B": subnet(other, "10.0.0.128/25")},
            });
            found("W160", template).len()
        };
        assert_eq!(of(json!({"Ref": "Vpc"}), json!({"Ref": "Vpc"})), 1);
        assert_eq!(of(json!({"Fn::ImportValue": "vpc"}), json!({"Fn::ImportValue": "vpc"})), 1);
        assert_eq!(of(json!("vpc-1"), json!("vpc-1")), 1);
        assert_eq!(of(json!({"Ref": "Vpc"}), json!({"Ref": "Other"})), 0);
        assert_eq!(of(json!({"Ref": "Vpc"}), json!("vpc-1")), 0);
        assert_eq!(of(json!("vpc-1"), json!("vpc-2")), 0);
    }

    #[test]
    fn another_block_of_the_vpc_counts() {
        let more = json!({"Type": "AWS::EC2::VPCCidrBlock", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.1.0.0/16"}});
        none(&[("/More", more), (BLOCK, json!("10.1.0.0/24"))]);
        none(&[(BLOCK, json!({"Fn::ImportValue": "Block"}))]);
    }
}
