//! Which capabilities a template needs.
//!
//! Source: AWS CloudFormation API Reference, `CreateChangeSet`: `Capabilities`.

use super::api::Capability;
use crate::cfn::Template;

/// Types that make the template need `CAPABILITY_IAM`, each with the property that gives a name of one's own.
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

/// Exactly those that the template needs: names of one's own include what names made by AWS need.
pub fn needed(template: &Template) -> Vec<Capability> {
    let mut found = Vec::new();
    let iam: Vec<bool> = template
        .resources
        .values()
        .filter_map(|resource| {
            let (_, name) = IAM.iter().find(|(type_name, _)| *type_name == resource.type_name)?;
            Some(name.is_some_and(|name| resource.properties.contains_key(name)))
        })
        .collect();
    if iam.contains(&true) {
        found.push(Capability::NamedIam);
    } else if !iam.is_empty() {
        found.push(Capability::Iam);
    }
    let nested =
        template.resources.values().any(|resource| resource.type_name == "AWS::CloudFormation::Stack");
    if nested && found.is_empty() {
        // What is in the nested template isn't known here.
        found.push(Capability::Iam);
    }
    if template.transform.is_some() || !template.resource_macros.is_empty() {
        found.push(Capability::AutoExpand);
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cfn::read::read_bytes;

    #[test]
    fn exactly_what_is_needed_is_asked_for() {
        let cases = [
            (json!({"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}), vec![]),
            (json!({"Resources": {"A": {"Type": "AWS::IAM::Role"}}}), vec![Capability::Iam]),
            (
                json!({"Resources": {
                    "A": {"Type": "AWS::IAM::Role"},
                    "B": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "b"}},
                }}),
                vec![Capability::NamedIam],
            ),
            (
                json!({"Transform": "AWS::LanguageExtensions", "Resources": {"A": {"Type": "AWS::IAM::Policy"}}}),
                vec![Capability::Iam, Capability::AutoExpand],
            ),
        ];
        for (template, capabilities) in cases {
            let read = read_bytes("t.json", template.to_string().as_bytes()).unwrap();
            assert_eq!(needed(&read.template), capabilities, "{template}");
        }
    }
}
