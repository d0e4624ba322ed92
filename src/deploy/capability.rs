//! Which capabilities a template needs.
//!
//! Source: AWS CloudFormation API Reference, `CreateChangeSet`: `Capabilities`.

use super::api::Capability;
use crate::cfn::Template;
use crate::validate::{IamCapability, iam_capability};

/// Exactly those that the template needs: names of one's own include what names made by AWS need.
pub fn needed(template: &Template) -> Vec<Capability> {
    let mut found = Vec::new();
    found.extend(iam_capability(template).map(|capability| match capability {
        IamCapability::Iam => Capability::Iam,
        IamCapability::NamedIam => Capability::NamedIam,
    }));
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
