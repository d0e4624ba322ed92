//! R014: dynamic references stand where they are resolved.

use crate::cfn::evaluate::Function;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::dynamic::references;
use crate::validate::references::{Part, Text};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R014"),
    severity: Severity::Error,
    title: "dynamic references stand where they are resolved",
    what: "`secretsmanager` and `ssm-secure` stand in resource properties only, `ssm` also in outputs' values, parameters' \
           defaults and resources' metadata, and none in `Fn::Split`.",
    why: "Elsewhere CloudFormation refuses it, or takes the text itself for the value.",
    source: "AWS CloudFormation User Guide, \"Get values stored in other services using dynamic references\"",
    same_as: &["cfn-lint E1051", "cfn-lint E1052", "cfn-lint E1018"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for text in &context.references.texts {
        for found in references(text) {
            let service = found.service();
            if let Some(place) = wrong_place(text, service) {
                let message = format!("a dynamic reference to `{service}` isn't resolved in {place}");
                findings.push(
                    RULE.at(text.site.owner, text.site.pointer(), message)
                        .help("put the reference into the property that needs the value"),
                );
            }
        }
    }
}

fn wrong_place(text: &Text<'_>, service: &str) -> Option<&'static str> {
    if text.inside == Some(Function::Split) {
        return Some("`Fn::Split`");
    }
    let part = match text.site.part {
        Part::Properties => "Properties",
        Part::Attribute(key) => key,
        Part::Whole => "",
    };
    match (text.site.owner, part, service) {
        (Owner::Template, ..)
        | (Owner::Resource { .. }, "Properties", _)
        | (Owner::Resource { .. }, "Metadata", "ssm")
        | (Owner::Output(_), "Value", "ssm")
        // The default of a parameter reaches the properties that refer to it.
        | (Owner::Parameter(_), "Default" | "AllowedValues", "ssm" | "secretsmanager")
        | (Owner::Parameter(_), "Description" | "ConstraintDescription" | "AllowedPattern", _) => None,
        (Owner::Resource { .. }, ..) => Some("this attribute of a resource"),
        (Owner::Output(_), ..) => Some("an output"),
        (Owner::Parameter(_), ..) => Some("a parameter"),
        (Owner::Condition(_), ..) => Some("a condition"),
        (Owner::Mapping(_), ..) => Some("a mapping"),
        (Owner::Rule(_), ..) => Some("a rule"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn secrets_outside_of_properties_are_found() {
        let (message, pointer) =
            only("R014", json!({"Outputs": {"A": {"Value": "{{resolve:secretsmanager:s:SecretString:k}}"}}}));
        assert_eq!(message, "a dynamic reference to `secretsmanager` isn't resolved in an output");
        assert_eq!(pointer, "/Outputs/A/Value");
        only("R014", json!({"Conditions": {"C": {"Fn::Equals": ["{{resolve:ssm:/x}}", "y"]}}}));
    }

    #[test]
    fn secrets_in_properties_and_parameters_in_outputs_are_not() {
        none(
            "R014",
            json!({"Resources": {"A": {"Type": "AWS::RDS::DBCluster", "Properties": {
                "MasterUserPassword": {"Fn::Sub": "{{resolve:secretsmanager:${X}:SecretString:k}}"}}}},
                "Outputs": {"A": {"Value": "{{resolve:ssm:/x}}"}}}),
        );
    }
}
