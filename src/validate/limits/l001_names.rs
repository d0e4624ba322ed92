//! L001: names in the template are letters and digits.

use crate::cfn::{Template, is_macro_key};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L001"),
    severity: Severity::Error,
    title: "names in the template are letters and digits",
    what: "Resources, parameters, outputs, mappings and conditions are called by 1 to 255 ASCII letters and digits; a \
           condition's name may have `&` and `_` too.",
    why: "CloudFormation refuses the template: \"Resource name … is non alphanumeric\".",
    source: "AWS CloudFormation User Guide, \"Resources\" and \"CloudFormation quotas\"",
    same_as: &["cfn-lint E3011", "cfn-lint E6004", "cfn-lint E2003", "cfn-lint E7002"],
};

fn owners(template: &Template) -> impl Iterator<Item = (Owner<'_>, &str)> {
    let resources =
        template.resources.iter().map(|(id, resource)| (Owner::Resource { id, resource }, id.as_str()));
    let parameters = template.parameters.keys().map(|name| (Owner::Parameter(name), name.as_str()));
    let outputs = template.outputs.keys().map(|name| (Owner::Output(name), name.as_str()));
    let mappings = template.mappings.keys().map(|name| (Owner::Mapping(name), name.as_str()));
    let conditions = template.conditions.keys().map(|name| (Owner::Condition(name), name.as_str()));
    parameters.chain(mappings).chain(conditions).chain(resources).chain(outputs)
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (owner, name) in owners(context.template) {
        let also = |byte: u8| matches!(owner, Owner::Condition(_)) && b"&_".contains(&byte);
        // A loop of the language extensions is no name.
        let is_loop = is_macro_key(name);
        let message = if is_loop {
            continue;
        } else if name.len() > 255 {
            format!("a name of {} characters, at most 255 are allowed", name.chars().count())
        } else if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || also(byte)) {
            format!("`{name}` can't be a name in a template")
        } else {
            continue;
        };
        findings.push(RULE.at(owner, owner.pointer(), message).help("use ASCII letters and digits"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn other_characters_are_found() {
        let bucket = json!({"Type": "AWS::S3::Bucket"});
        let (message, pointer) = only("L001", json!({"Resources": {"my-bucket": bucket}}));
        assert_eq!(message, "`my-bucket` can't be a name in a template");
        assert_eq!(pointer, "/Resources/my-bucket");
        none(
            "L001",
            json!({"Resources": {"MyBucket1": bucket}, "Conditions": {"A_B": {"Fn::Equals": ["a", "b"]}}}),
        );
    }
}
