//! R022: parameters and resources have different names.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::context::escape;
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R022"),
    severity: Severity::Error,
    title: "parameters and resources have different names",
    what: "No resource has the logical id of a parameter.",
    why: "CloudFormation refuses the template: what `Ref` means could not be told.",
    source: "AWS CloudFormation User Guide, \"Parameters\"",
    same_as: &["cfn-lint E3007"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let (parameters, resources) = (&context.template.parameters, &context.template.resources);
    // There are fewer parameters, and nearly always none of them is called so.
    if !parameters.keys().any(|name| resources.contains_key(name)) {
        return;
    }
    for (id, resource) in resources {
        if parameters.contains_key(id) {
            let owner = Owner::Resource { id, resource };
            let message = format!("`{id}` is the name of a parameter too");
            findings.push(
                RULE.at(owner, format!("/Resources/{}", escape(id)), message).help("rename one of them"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn a_shared_name_is_found() {
        let bucket = json!({"Type": "AWS::S3::Bucket"});
        let (message, _) =
            only("R022", json!({"Parameters": {"A": {"Type": "String"}}, "Resources": {"A": bucket}}));
        assert_eq!(message, "`A` is the name of a parameter too");
        none("R022", json!({"Parameters": {"A": {"Type": "String"}}, "Resources": {"B": bucket}}));
    }
}
