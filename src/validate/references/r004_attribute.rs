//! R004: the resource has the attribute.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Target;
use crate::validate::references::names::did_you_mean;
use crate::validate::schema::has_open_attributes;
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R004"),
    severity: Severity::Error,
    title: "attributes exist",
    what: "The attribute in `Fn::GetAtt`, and behind the point in a placeholder of `Fn::Sub`, is one of the resource's type.",
    why: "The stack fails on creation: \"Requested attribute … does not exist in schema\".",
    source: "AWS CloudFormation User Guide, \"Fn::GetAtt\"; read-only properties of the registry schemas",
    same_as: &["cfn-lint E1010"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    // Many links ask for the same few.
    let mut known: BTreeSet<(&str, &str)> = BTreeSet::new();
    for link in &context.references.links {
        let Target::Attribute(id, attribute) = link.target else { continue };
        let resource = link.to.and_then(|to| context.template.resources.get_index(to));
        let Some((_, resource)) = resource else { continue };
        let type_name = resource.type_name.as_str();
        if attribute.is_some_and(|attribute| known.contains(&(type_name, attribute))) {
            continue;
        }
        let Some(schema) = context.schema_of(type_name).filter(|_| !has_open_attributes(type_name)) else {
            continue;
        };
        let message = match attribute {
            Some(attribute) if schema.attribute(attribute).is_some() => {
                known.insert((type_name, attribute));
                continue;
            }
            Some(attribute) => format!("{type_name} has no attribute `{attribute}`"),
            None if link_is_computed(context, link) => continue,
            None => format!("no attribute of `{id}` is named"),
        };
        let mut finding = RULE.at(link.site.owner, link.site.pointer(), message);
        let names = schema.attributes();
        finding.help = did_you_mean(attribute.unwrap_or_default(), names.clone()).or_else(|| {
            let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
            Some(if names.is_empty() {
                "it has none".to_owned()
            } else {
                format!("it has {}", names.join(", "))
            })
        });
        findings.push(finding);
    }
}

/// Whether a function gives the attribute's name.
fn link_is_computed(context: &Context<'_>, link: &super::Link<'_>) -> bool {
    let inner = format!("{}/1/", link.site.pointer());
    context.references.calls.iter().any(|call| call.site.pointer().starts_with(&inner))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, none};

    #[test]
    fn an_unknown_attribute_is_found() {
        let found = found(
            "R004",
            json!({"Resources": {"C": {"Type": "AWS::RDS::DBCluster"}}, "Outputs": {
                "A": {"Value": {"Fn::GetAtt": ["C", "Endpoint.Adress"]}},
                "B": {"Value": {"Fn::GetAtt": "C"}},
            }}),
        );
        assert_eq!(found[0].message, "AWS::RDS::DBCluster has no attribute `Endpoint.Adress`");
        assert_eq!(found[0].help.as_deref(), Some("did you mean `Endpoint.Address`?"));
        assert_eq!(found[1].message, "no attribute of `C` is named");
    }

    #[test]
    fn attributes_unknown_types_and_custom_resources_are_not() {
        none(
            "R004",
            json!({"Resources": {
                "C": {"Type": "AWS::RDS::DBCluster"}, "X": {"Type": "Custom::Anything"}, "Y": {"Type": "AWS::No::Such"},
                "S": {"Type": "AWS::CloudFormation::Stack"},
            }, "Outputs": {"A": {"Value": {"Fn::Sub": "${C.Endpoint.Port}${X.Any}${Y.Any}${S.Outputs.Any}"}}}}),
        );
    }
}
