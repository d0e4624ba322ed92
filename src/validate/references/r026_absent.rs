//! R026: what is referred to is there.

use std::collections::BTreeSet;

use crate::cfn::evaluate::Scenario;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::{Link, Target};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R026"),
    severity: Severity::Error,
    title: "what is referred to is there",
    what: "Where a resource or output exists and a reference in it counts, the resource that it refers to exists too: in every \
           combination of conditions that can be reached.",
    why: "The stack fails before anything is created: \"Unresolved resource dependencies\".",
    source: "AWS CloudFormation User Guide, \"Conditions\"",
    same_as: &["cfn-lint W1001"],
};

pub(super) fn check<'t>(context: &Context<'t>, findings: &mut Vec<Diagnostic>) {
    for link in &context.references.links {
        // A `DependsOn` on what isn't there is ignored by CloudFormation.
        let (Target::Name(name) | Target::Attribute(name, _)) = link.target else { continue };
        let resource = link.to.and_then(|to| context.template.resources.get_index(to));
        let Some(condition) = resource.and_then(|(_, resource)| resource.condition.as_deref()) else {
            continue;
        };
        let own = owner_condition(context, link);
        let conditions: BTreeSet<&str> =
            link.guards.iter().map(|(guard, _)| *guard).chain([condition]).chain(own).collect();
        let all = context.evaluator.shared_scenarios(&conditions);
        let counts = |scenario: &Scenario<'t>| {
            own.is_none_or(|own| scenario.condition(own) != Some(false))
                && link.guards.iter().all(|(guard, holds)| scenario.condition(guard) == Some(*holds))
        };
        let absent =
            all.list.iter().find(|scenario| counts(scenario) && scenario.condition(condition) == Some(false));
        if let Some(scenario) = absent {
            let owner = match link.site.owner {
                Owner::Resource { id, .. } => format!("the resource `{id}`"),
                Owner::Output(name) => format!("the output `{name}`"),
                _ => continue,
            };
            findings.push(
                RULE.at(
                    link.site.owner,
                    link.site.pointer(),
                    format!("`{name}` isn't there where {}", scenario.describe()),
                )
                .help(format!(
                    "put the reference into an `Fn::If` on `{condition}`, or give {owner} that condition"
                )),
            );
        }
    }
}

/// The condition of the resource or output that the link is in.
fn owner_condition<'t>(context: &Context<'t>, link: &Link<'t>) -> Option<&'t str> {
    match link.site.owner {
        Owner::Resource { resource, .. } => resource.condition.as_deref(),
        Owner::Output(name) => context.template.outputs.get(name)?.get("Condition")?.as_str(),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "JSON is written on the spot")]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{none, only};

    fn template(output: Json) -> Json {
        json!({
            "Parameters": {"Zone": {"Type": "String", "Default": ""}},
            "Conditions": {
                "HasZone": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Zone"}, ""]}]},
                "NoZone": {"Fn::Equals": [{"Ref": "Zone"}, ""]},
            },
            "Resources": {"Certificate": {"Type": "AWS::CertificateManager::Certificate", "Condition": "HasZone",
                "Properties": {"DomainName": "example.com"}}},
            "Outputs": {"It": output},
        })
    }

    #[test]
    fn a_reference_to_what_may_be_absent_is_found() {
        let (message, pointer) = only("R026", template(json!({"Value": {"Ref": "Certificate"}})));
        assert_eq!(message, "`Certificate` isn't there where `HasZone` is false");
        assert_eq!(pointer, "/Outputs/It/Value/Ref");
        let wrong_branch = json!({"Value": {"Fn::If": ["HasZone", "", {"Ref": "Certificate"}]}});
        only("R026", template(wrong_branch));
        only("R026", template(json!({"Condition": "NoZone", "Value": {"Fn::Sub": "${Certificate}"}})));
    }

    #[test]
    fn what_is_guarded_by_the_same_parameter_is_not() {
        none("R026", template(json!({"Condition": "HasZone", "Value": {"Ref": "Certificate"}})));
        none("R026", template(json!({"Value": {"Fn::If": ["HasZone", {"Ref": "Certificate"}, ""]}})));
        none("R026", template(json!({"Value": {"Fn::If": ["NoZone", "", {"Ref": "Certificate"}]}})));
    }
}
