//! R028: `DependsOn` says what no reference says.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Target;
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R028"),
    severity: Severity::Note,
    title: "`DependsOn` says what no reference says",
    what: "A resource doesn't wait by name for one that it refers to in any case.",
    why: "It does no harm, and hides which order isn't given by references.",
    source: "AWS CloudFormation User Guide, \"DependsOn attribute\"",
    same_as: &["cfn-lint W3005"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    // The links of one resource stand together.
    for links in context.references.links.chunk_by(|one, other| one.from == other.from) {
        if !links.iter().any(|link| matches!(link.target, Target::DependsOn(_))) {
            continue;
        }
        // A reference in one branch of an `Fn::If` isn't always there.
        let always = links.iter().filter(|link| link.guards.is_empty());
        let mut references: Vec<&str> = always
            .filter_map(|link| match link.target {
                Target::Name(name) | Target::Attribute(name, _) => Some(name),
                _ => None,
            })
            .collect();
        references.sort_unstable();
        for link in links {
            let (Owner::Resource { id, .. }, Target::DependsOn(name)) = (link.site.owner, link.target) else {
                continue;
            };
            if references.binary_search(&name).is_ok() {
                let message = format!("`{id}` refers to `{name}` and waits for it in any case");
                findings.push(RULE.at(link.site.owner, link.site.pointer(), message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn waiting_for_what_is_referred_to_is_noted() {
        let policy = |bucket| json!({"Type": "AWS::S3::BucketPolicy", "DependsOn": "Bucket", "Properties": {"Bucket": bucket, "PolicyDocument": {}}});
        let template =
            |bucket| json!({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}, "Policy": policy(bucket)}});
        let (message, pointer) = only("R028", template(json!({"Ref": "Bucket"})));
        assert_eq!(message, "`Policy` refers to `Bucket` and waits for it in any case");
        assert_eq!(pointer, "/Resources/Policy/DependsOn/0");
        none("R028", template(json!("name")));
    }
}
