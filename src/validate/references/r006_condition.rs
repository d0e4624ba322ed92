//! R006: conditions exist.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Target;
use crate::validate::references::names::did_you_mean;
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R006"),
    severity: Severity::Error,
    title: "conditions exist",
    what: "The conditions of resources, outputs, `Fn::If` and `Condition` are declared in `Conditions`.",
    why: "CloudFormation refuses the template: \"Unresolved condition\".",
    source: "AWS CloudFormation User Guide, \"Condition functions\"",
    same_as: &["cfn-lint E3015", "cfn-lint E1028", "cfn-lint E6005", "cfn-lint E8007"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let conditions = &context.template.conditions;
    for link in &context.references.links {
        let Target::Condition(name) = link.target else { continue };
        if conditions.contains_key(name) || context.macros.may_make(name) {
            continue;
        }
        let message = format!("there is no condition `{name}`");
        let mut finding = context.existence(RULE.at(link.site.owner, link.site.pointer(), message));
        finding.help = did_you_mean(name, conditions.keys().map(String::as_str));
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, none};

    #[test]
    fn undeclared_conditions_are_found_wherever_they_stand() {
        let found = found(
            "R006",
            json!({
                "Conditions": {"HasZone": {"Fn::Not": [{"Condition": "NoZone"}]}},
                "Resources": {"A": {"Type": "AWS::S3::Bucket", "Condition": "HasZon",
                    "Properties": {"BucketName": {"Fn::If": ["Named", "a", {"Ref": "AWS::NoValue"}]}}}},
                "Outputs": {"A": {"Condition": "Other", "Value": "x"}},
            }),
        );
        let pointers: Vec<_> = found.iter().map(|finding| finding.pointer.as_deref().unwrap()).collect();
        assert_eq!(
            pointers,
            [
                "/Conditions/HasZone/Fn::Not/0/Condition",
                "/Resources/A/Condition",
                "/Resources/A/Properties/BucketName/Fn::If/0",
                "/Outputs/A/Condition",
            ]
        );
        assert_eq!(found[1].help.as_deref(), Some("did you mean `HasZone`?"));
    }

    #[test]
    fn a_key_called_condition_in_a_property_is_no_condition() {
        none(
            "R006",
            json!({"Resources": {"A": {"Type": "AWS::IAM::Policy",
                "Properties": {"PolicyDocument": {"Statement": [{"Condition": {"Bool": {"x": "true"}}}]}}}}}),
        );
    }
}
