//! W161: a subnet has one route table.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{View, key_of};

pub(super) static RULE: Rule = Rule {
    code: Code("W161"),
    severity: Severity::Error,
    title: "a subnet has one route table",
    what: "No two `AWS::EC2::SubnetRouteTableAssociation` that exist together name the same subnet.",
    why: "EC2 refuses the second: \"The route table … already has an association with subnet …\", or silently replaces the first.",
    source: "Amazon VPC User Guide, \"Route table concepts\"",
    same_as: &["cfn-lint E3022"],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut seen = BTreeMap::new();
    for association in view.of("AWS::EC2::SubnetRouteTableAssociation") {
        let Some(subnet) = association.get("SubnetId") else { continue };
        let Some(name) = key_of(subnet) else { continue };
        if let Some(first) = seen.get(&name) {
            let message = format!("`{first}` gives `{name}` a route table already: EC2 refuses the second");
            findings.push(
                association.finding_at(&RULE, subnet, message).help("keep one association for each subnet"),
            );
        } else {
            seen.insert(name, association.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn outputs_of_a_nested_stack_are_several_subnets() {
        let of = |output: &str| json!({"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {"SubnetId": {"Fn::GetAtt": ["Net", output]}, "RouteTableId": {"Ref": "PrivateTable"}}});
        let net = json!({"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://example.com/net"}});
        let two = |a: &str, b: &str| [("/Net", net.clone()), ("/A", of(a)), ("/B", of(b))];
        none(&two("Outputs.SubnetA", "Outputs.SubnetB"));
        only("W161", &two("Outputs.SubnetA", "Outputs.SubnetA"));
    }

    #[test]
    fn a_second_table_is_found() {
        let second = json!({"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {"SubnetId": {"Ref": "PrivateSubnet1"}, "RouteTableId": {"Ref": "PrivateTable"}}});
        let (message, pointer) = only("W161", &[("/Second", second)]);
        assert_eq!(
            message,
            "`PrivateAssociation1` gives `PrivateSubnet1` a route table already: EC2 refuses the second"
        );
        assert_eq!(pointer, "/Resources/Second/Properties/SubnetId");
    }
}
