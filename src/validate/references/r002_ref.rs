//! R002: `Ref` names a parameter or resource.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Target;
use crate::validate::references::names::{did_you_mean, is_pseudo_parameter, referable};
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R002"),
    severity: Severity::Error,
    title: "`Ref` and `${…}` name a parameter, a pseudo parameter or a resource",
    what: "The name in `Ref` and in the placeholders of `Fn::Sub` is declared in the template.",
    why: "CloudFormation refuses the template: \"Unresolved resource dependencies\".",
    source: "AWS CloudFormation User Guide, \"Ref\" and \"Fn::Sub\"",
    same_as: &["cfn-lint E1020", "cfn-lint E1019"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let template = context.template;
    for link in &context.references.links {
        let Target::Name(name) = link.target else { continue };
        if link.to.is_some()
            || is_pseudo_parameter(name)
            || template.parameters.contains_key(name)
            || context.macros.may_make(name)
        {
            continue;
        }
        let what = if link.in_sub { "placeholder" } else { "reference" };
        let message = format!("the {what} `{name}` is neither a parameter nor a resource");
        let mut finding = context.existence(RULE.at(link.site.owner, link.site.pointer(), message));
        finding.help = did_you_mean(name, referable(context));
        if finding.help.is_none() && link.in_sub {
            finding.help = Some(format!("write `${{!{name}}}` if the text is meant as it stands"));
        }
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, none, only};

    #[test]
    fn a_dangling_ref_is_found_with_the_nearest_name() {
        let found = found(
            "R002",
            json!({"Parameters": {"VpcId": {"Type": "String"}}, "Resources": {"A": {
                "Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "VpcID2"}, "CidrBlock": {"Fn::Sub": "${VpcId}"}}}}}),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "the reference `VpcID2` is neither a parameter nor a resource");
        assert_eq!(found[0].help.as_deref(), Some("did you mean `VpcId`?"));
        assert_eq!(found[0].pointer.as_deref(), Some("/Resources/A/Properties/VpcId/Ref"));
        assert_eq!(found[0].logical_id.as_deref(), Some("A"));
    }

    #[test]
    fn a_dangling_placeholder_is_found_and_variables_are_none() {
        let (message, pointer) = only(
            "R002",
            json!({"Outputs": {"A": {"Value": {"Fn::Sub": ["${X}-${Y}-${!Z}-${AWS::Region}", {"X": "x"}]}}}}),
        );
        assert_eq!(message, "the placeholder `Y` is neither a parameter nor a resource");
        assert_eq!(pointer, "/Outputs/A/Value/Fn::Sub/0");
    }

    #[test]
    fn pseudo_parameters_are_known() {
        none("R002", json!({"Outputs": {"A": {"Value": {"Ref": "AWS::StackName"}}}}));
    }
}
