//! W050: a first create can fail and be rolled back.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W050"),
    severity: Severity::Error,
    title: "what a failed create would have to delete isn't protected in so many words",
    what: "Deletion protection of databases and load balancers comes from a parameter, whose value can be false until the stack is there; a database with the `DeletionPolicy` `Retain` isn't asked.",
    why: "A create that fails can't delete what is protected: the stack ends in ROLLBACK_FAILED and needs a person.",
    source: "AWS CloudFormation User Guide, \"Stack failure options\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let help = "give it a parameter with the default false, and set that to true once the stack is there";
    for type_name in ["AWS::RDS::DBCluster", "AWS::RDS::DBInstance"] {
        for item in view.of(type_name) {
            let Some(protection) = item.get("DeletionProtection") else { continue };
            // What stays anyway isn't in the way.
            let kept =
                item.resource.deletion_policy.as_ref().and_then(|policy| policy.as_str()) == Some("Retain");
            if protection.is_literal() && protection.boolean() == Some(true) && !kept {
                let message = "deletion protection is always on: a create that fails can't be rolled back";
                let mut finding = item.finding_at(&RULE, protection, message).help(help);
                finding.severity = Severity::Warning;
                findings.push(finding);
            }
        }
    }
    for balancer in view.of("AWS::ElasticLoadBalancingV2::LoadBalancer") {
        for attribute in balancer.items("LoadBalancerAttributes") {
            let is = attribute.get("Key").and_then(Evaluated::text).as_deref()
                == Some("deletion_protection.enabled");
            let Some(value) = attribute.get("Value").filter(|_| is) else { continue };
            if value.is_literal() && value.boolean() == Some(true) {
                let message = "deletion protection is always on: a create that fails can't be rolled back";
                let mut finding = balancer.finding_at(&RULE, value, message).help(help);
                finding.severity = Severity::Warning;
                findings.push(finding);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn protection_in_so_many_words_is_found() {
        let (_, pointer) = only("W050", &[("/Database/Properties/DeletionProtection", json!(true))]);
        assert_eq!(pointer, "/Resources/Database/Properties/DeletionProtection");
        only(
            "W050",
            &[(
                "/Balancer/Properties/LoadBalancerAttributes",
                json!([{"Key": "deletion_protection.enabled", "Value": "true"}]),
            )],
        );
    }

    #[test]
    fn none_and_kept_ones_are_not() {
        none(&[("/Database/Properties/DeletionProtection", json!(false))]);
    }
}
