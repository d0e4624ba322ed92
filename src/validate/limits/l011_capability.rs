//! L011: whoever creates the stack agrees to what it makes in IAM.

use crate::cfn::{Resource, Template};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L011"),
    severity: Severity::Note,
    title: "who creates the stack says that it may change rights",
    what: "A template of others with resources of IAM needs `CAPABILITY_IAM`, one that gives a role, user, group, instance profile or managed policy a name of its own `CAPABILITY_NAMED_IAM`. `dify-cfn deploy` says so by itself.",
    why: "CloudFormation refuses to create the stack without: \"Requires capabilities: [CAPABILITY_NAMED_IAM]\".",
    source: "AWS CloudFormation User Guide, \"Acknowledging IAM resources in CloudFormation templates\"",
    same_as: &[],
};

/// What a template with resources of IAM needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IamCapability {
    /// `CAPABILITY_IAM`: AWS chooses the names.
    Iam,
    /// `CAPABILITY_NAMED_IAM`, which includes the other.
    NamedIam,
}

/// Types that make the template need `CAPABILITY_IAM`, each with the property that gives a name of one's own.
///
/// Source: AWS CloudFormation API Reference, `CreateChangeSet`: `Capabilities`.
const IAM: [(&str, Option<&str>); 9] = [
    ("AWS::IAM::AccessKey", None),
    ("AWS::IAM::Group", Some("GroupName")),
    ("AWS::IAM::InstanceProfile", Some("InstanceProfileName")),
    ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
    ("AWS::IAM::Policy", None),
    ("AWS::IAM::Role", Some("RoleName")),
    ("AWS::IAM::RolePolicy", None),
    ("AWS::IAM::User", Some("UserName")),
    ("AWS::IAM::UserToGroupAddition", None),
];

/// What a resource makes its template need; `None` if nothing.
fn needed_for(resource: &Resource) -> Option<IamCapability> {
    let (_, name) = IAM.iter().find(|(type_name, _)| *type_name == resource.type_name)?;
    let is_named = name.is_some_and(|name| resource.properties.contains_key(name));
    Some(if is_named { IamCapability::NamedIam } else { IamCapability::Iam })
}

/// What a template needs for its resources of IAM; `None` if it has none.
pub fn iam_capability(template: &Template) -> Option<IamCapability> {
    template.resources.values().filter_map(needed_for).max()
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(needed) = iam_capability(context.template).filter(|_| context.is_foreign()) else { return };
    let first = context.template.resources.iter().find(|(_, resource)| needed_for(resource) == Some(needed));
    let Some((id, resource)) = first else { return };
    let owner = Owner::Resource { id, resource };
    let (capability, why) = match needed {
        IamCapability::Iam => ("CAPABILITY_IAM", "it makes resources of IAM"),
        IamCapability::NamedIam => ("CAPABILITY_NAMED_IAM", "it gives one of IAM a name of its own"),
    };
    let finding = RULE.at(owner, owner.pointer(), format!("the stack needs `{capability}`, since {why}"));
    findings.push(finding.help(format!("create it with `--capabilities {capability}`")));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found_with, none, only, template};
    use crate::validate::{Options, Types};

    #[test]
    fn names_of_ones_own_need_more() {
        let policy = json!({"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p"}});
        let role =
            |properties: serde_json::Value| json!({"Type": "AWS::IAM::Role", "Properties": properties});
        let of = |properties: serde_json::Value| json!({"Resources": {"Policy": policy, "Role": role(properties)}});
        let (message, pointer) = only("L011", of(json!({})));
        assert_eq!(message, "the stack needs `CAPABILITY_IAM`, since it makes resources of IAM");
        assert_eq!(pointer, "/Resources/Policy");
        let (message, pointer) = only("L011", of(json!({"RoleName": "r"})));
        assert!(message.starts_with("the stack needs `CAPABILITY_NAMED_IAM`"), "{message}");
        assert_eq!(pointer, "/Resources/Role");
        none("L011", json!({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}));
        // Of our own templates `deploy` knows.
        let own = Options { types: Types::Strict, ..Options::default() };
        assert_eq!(found_with("L011", of(json!({})), &own), []);
        assert_eq!(super::iam_capability(&template(of(json!({})))), Some(super::IamCapability::Iam));
    }
}
