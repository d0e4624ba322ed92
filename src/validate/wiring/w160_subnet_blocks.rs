//! W160: subnets lie in their VPC, and not over each other.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::block::Block;
use super::model::{Item, View};
use super::network::blocks;

pub(super) static RULE: Rule = Rule {
    code: Code("W160"),
    severity: Severity::Error,
    title: "the blocks of subnets lie in their VPC and don't overlap",
    what: "Where the template has the VPC, the `CidrBlock` of a subnet lies in one of its blocks and holds no address of another subnet's.",
    why: "EC2 refuses the subnet: \"The CIDR '…' is invalid\" or \"The CIDR '…' conflicts with another subnet\".",
    source: "Amazon VPC User Guide, \"Subnet CIDR blocks\"",
    same_as: &["cfn-lint E3059", "cfn-lint E3060"],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut known: Vec<(&str, &Item<'_>, Block)> = Vec::new();
    for subnet in view.of("AWS::EC2::Subnet") {
        let Some(block) = Block::of(subnet.get("CidrBlock")) else { continue };
        let Some(vpc) = view.target_of(subnet.get("VpcId"), "AWS::EC2::VPC") else { continue };
        if blocks(view, vpc).is_some_and(|blocks| !blocks.iter().any(|whole| whole.contains(block))) {
            let message = format!("the block isn't one of `{}`: EC2 refuses the subnet", vpc.id);
            findings.push(
                subnet
                    .finding_of(&RULE, "CidrBlock", message)
                    .help(format!("take a part of {}", vpc.text("CidrBlock").unwrap_or_default())),
            );
        }
        if let Some((_, other, _)) =
            known.iter().find(|(of, _, other)| *of == vpc.id && other.overlaps(block))
        {
            let message =
                format!("the block overlaps that of `{}`: EC2 refuses one of the two subnets", other.id);
            findings.push(
                subnet.finding_of(&RULE, "CidrBlock", message).help("take blocks without a common address"),
            );
        }
        known.push((vpc.id, subnet, block));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
    fn another_block_of_the_vpc_counts() {
        let more = json!({"Type": "AWS::EC2::VPCCidrBlock", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.1.0.0/16"}});
        none(&[("/More", more), (BLOCK, json!("10.1.0.0/24"))]);
        none(&[(BLOCK, json!({"Fn::ImportValue": "Block"}))]);
    }
}
