//! W058: the zones that are asked for are there.

use crate::cfn::evaluate::Origin;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W058"),
    severity: Severity::Warning,
    title: "a zone that is chosen by its number is there in every account",
    what: "A subnet's zone from `Fn::GetAZs` is one of the first two: every account has two in every region. The third, which most have, is a note.",
    why: "\"Template error: Fn::Select cannot select nonexistent value at index …\", in the accounts and regions with fewer zones.",
    source: "AWS CloudFormation User Guide, \"Fn::GetAZs\"; AWS Regions and Availability Zones",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for subnet in view.of("AWS::EC2::Subnet") {
        let Some(zone) = subnet.get("AvailabilityZone") else { continue };
        let Some(Origin::Item(of, index)) = zone.unknown().map(|unknown| &unknown.origin) else { continue };
        if !matches!(of.origin, Origin::Zones(_)) || *index < 2 {
            continue;
        }
        let number = index + 1;
        let message = format!("not every account has {number} zones in every region");
        let mut finding =
            subnet.finding_at(&RULE, zone, message).help("use fewer zones, or name them in parameters");
        if *index == 2 {
            finding.severity = Severity::Note;
        }
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    fn zone(index: u8) -> Json {
        json!({"Fn::Select": [index, {"Fn::GetAZs": ""}]})
    }

    #[test]
    fn the_fourth_zone_is_found() {
        let (message, _) = only("W058", &[("/PrivateSubnet1/Properties/AvailabilityZone", zone(3))]);
        assert_eq!(message, "not every account has 4 zones in every region");
    }

    #[test]
    fn the_first_two_are_not_and_the_third_is_only_remarked() {
        none(&[
            ("/PrivateSubnet1/Properties/AvailabilityZone", zone(1)),
            ("/PrivateSubnet2/Properties/AvailabilityZone", zone(0)),
        ]);
        none(&[("/PrivateSubnet1/Properties/AvailabilityZone", zone(2))]);
    }
}
