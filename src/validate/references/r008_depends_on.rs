//! R008: `DependsOn` names another resource.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Target;
use crate::validate::references::names::did_you_mean;
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R008"),
    severity: Severity::Error,
    title: "`DependsOn` names another resource",
    what: "What a resource waits for is a resource of the template, and not the resource itself.",
    why: "CloudFormation refuses the template: \"Unresolved resource dependencies\" or \"Circular dependency\".",
    source: "AWS CloudFormation User Guide, \"DependsOn attribute\"",
    same_as: &["cfn-lint E3005"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let resources = &context.template.resources;
    for link in &context.references.links {
        let Target::DependsOn(name) = link.target else { continue };
        let itself = matches!(link.site.owner, Owner::Resource { id, .. } if id == name);
        if (link.to.is_some() || context.macros.may_make(name)) && !itself {
            continue;
        }
        let message = if itself {
            format!("`{name}` waits for itself")
        } else if context.template.parameters.contains_key(name) {
            format!("`{name}` is a parameter: only a resource can be waited for")
        } else {
            format!("there is no resource `{name}` to wait for")
        };
        let mut finding = context.existence(RULE.at(link.site.owner, link.site.pointer(), message));
        finding.help = did_you_mean(name, resources.keys().map(String::as_str).filter(|id| *id != name));
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn waiting_for_nothing_or_itself_is_found() {
        let (message, pointer) =
            only("R008", json!({"Resources": {"A": {"Type": "AWS::S3::Bucket", "DependsOn": ["B"]}}}));
        assert_eq!(message, "there is no resource `B` to wait for");
        assert_eq!(pointer, "/Resources/A/DependsOn/0");
        let (message, _) =
            only("R008", json!({"Resources": {"A": {"Type": "AWS::S3::Bucket", "DependsOn": "A"}}}));
        assert_eq!(message, "`A` waits for itself");
    }

    #[test]
    fn waiting_for_another_resource_is_not() {
        none(
            "R008",
            json!({"Resources": {"A": {"Type": "AWS::S3::Bucket", "DependsOn": "B"}, "B": {"Type": "AWS::S3::Bucket"}}}),
        );
    }
}
