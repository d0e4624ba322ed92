//! R003: `Fn::GetAtt` names a resource.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Target;
use crate::validate::references::names::did_you_mean;
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R003"),
    severity: Severity::Error,
    title: "`Fn::GetAtt` and `${….…}` name a resource",
    what: "The resource in `Fn::GetAtt` and before the point in a placeholder of `Fn::Sub` is in the template.",
    why: "CloudFormation refuses the template: \"instance of Fn::GetAtt references undefined resource\".",
    source: "AWS CloudFormation User Guide, \"Fn::GetAtt\"",
    same_as: &["cfn-lint E1010", "cfn-lint E1019"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let template = context.template;
    for link in &context.references.links {
        let Target::Attribute(resource, _) = link.target else { continue };
        if link.to.is_some() || context.macros.may_make(resource) {
            continue;
        }
        let message = if template.parameters.contains_key(resource) {
            format!("`{resource}` is a parameter, which has no attributes")
        } else {
            format!("there is no resource `{resource}`")
        };
        let mut finding = context.existence(RULE.at(link.site.owner, link.site.pointer(), message));
        finding.help = did_you_mean(resource, template.resources.keys().map(String::as_str));
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn an_attribute_of_nothing_is_found() {
        let (message, _) =
            only("R003", json!({"Outputs": {"A": {"Value": {"Fn::GetAtt": ["Bukket", "Arn"]}}}}));
        assert_eq!(message, "there is no resource `Bukket`");
        let (message, pointer) = only(
            "R003",
            json!({"Parameters": {"P": {"Type": "String"}}, "Outputs": {"A": {"Value": {"Fn::Sub": "${P.Arn}"}}}}),
        );
        assert_eq!(message, "`P` is a parameter, which has no attributes");
        assert_eq!(pointer, "/Outputs/A/Value/Fn::Sub");
    }

    #[test]
    fn attributes_of_resources_are_not() {
        none(
            "R003",
            json!({"Resources": {"B": {"Type": "AWS::S3::Bucket"}}, "Outputs": {"A": {"Value": {"Fn::GetAtt": "B.Arn"}}}}),
        );
    }
}
