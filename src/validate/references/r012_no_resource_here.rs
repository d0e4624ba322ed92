//! R012: what is decided before there are resources refers to none.

use crate::cfn::evaluate::Function;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Target;
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R012"),
    severity: Severity::Error,
    title: "what is decided before there are resources refers to none",
    what: "Conditions, rules, export names and the names in `Fn::ImportValue` and `Fn::GetAZs` refer to parameters and pseudo \
           parameters only.",
    why: "CloudFormation refuses the template: \"Cannot reference resources in the Conditions block of the template\".",
    source: "AWS CloudFormation User Guide, \"Conditions\", \"Rules\", \"Outputs\", \"Fn::ImportValue\" and \"Fn::GetAZs\"",
    same_as: &["cfn-lint E8003", "cfn-lint E1016"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let early: Vec<_> = context
        .references
        .calls
        .iter()
        .filter(|call| matches!(call.function, Some(Function::ImportValue | Function::GetAzs)))
        .map(|call| (call, call.site.pointer()))
        .collect();
    for link in &context.references.links {
        let (Target::Name(name) | Target::Attribute(name, _)) = link.target else { continue };
        if link.to.is_none() {
            continue;
        }
        let owner = link.site.owner;
        let may_be_early = match owner {
            Owner::Condition(_) | Owner::Rule(_) | Owner::Output(_) => true,
            _ => early.iter().any(|(call, _)| call.site.owner.is(&owner)),
        };
        if !may_be_early {
            continue;
        }
        let pointer = link.site.pointer();
        let inside = |outer: &str| {
            pointer.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let place = match owner {
            Owner::Condition(_) => "conditions are decided",
            Owner::Rule(_) => "rules are checked",
            Owner::Output(output) if inside(&format!("/Outputs/{output}/Export/Name")) => {
                "names of exports are reserved"
            }
            _ => match early.iter().find(|(_, outer)| inside(outer)) {
                Some((call, _)) if call.function == Some(Function::GetAzs) => "zones are looked up",
                Some(_) => "exports are looked up",
                None => continue,
            },
        };
        let message = format!("{place} before the resource `{name}` exists");
        findings.push(RULE.at(owner, pointer, message).help("refer to a parameter or pseudo parameter"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn resources_in_conditions_and_imports_are_found() {
        let (message, _) = only(
            "R012",
            json!({"Conditions": {"C": {"Fn::Equals": [{"Ref": "B"}, ""]}}, "Resources": {"B": {"Type": "AWS::S3::Bucket"}}}),
        );
        assert_eq!(message, "conditions are decided before the resource `B` exists");
        let (message, pointer) = only(
            "R012",
            json!({"Resources": {"B": {"Type": "AWS::S3::Bucket"}}, "Outputs": {"A": {"Value": {"Fn::ImportValue": {"Fn::Sub": "${B}"}}}}}),
        );
        assert_eq!(message, "exports are looked up before the resource `B` exists");
        assert_eq!(pointer, "/Outputs/A/Value/Fn::ImportValue/Fn::Sub");
    }

    #[test]
    fn parameters_are_not() {
        none(
            "R012",
            json!({"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, ""]}},
                "Outputs": {"A": {"Value": {"Fn::ImportValue": {"Ref": "P"}}}}}),
        );
    }
}
