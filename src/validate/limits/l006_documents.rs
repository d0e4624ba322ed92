//! L006: task definitions and parameters fit into what stores them.

use crate::cfn::evaluate::{Data, Evaluated, pointer_to};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L006"),
    severity: Severity::Error,
    title: "task definitions and parameters fit into what stores them",
    what: "A task definition has at most 64 KiB, the value of a standard parameter of Systems Manager at most 4 KB and of an \
           advanced one 8 KB.",
    why: "The service refuses the request: \"Actual length: … Max allowed length is 65536 bytes\".",
    source: "Amazon Elastic Container Service Developer Guide, \"Amazon ECS service quotas\"; AWS Systems Manager API Reference, \
             `PutParameter`",
    same_as: &[],
};

/// Bytes of a task definition.
const TASK_DEFINITION: usize = 64 << 10;

/// The bytes that are known of a value as JSON.
fn bytes(value: &Evaluated<'_>) -> usize {
    match &value.data {
        Data::Text(text) => text.len() + 2,
        Data::List(items) => 1 + items.len().max(1) + items.iter().map(bytes).sum::<usize>(),
        Data::Object(members) => {
            1 + members.len().max(1)
                + members.iter().map(|(key, member)| key.len() + 3 + bytes(member)).sum::<usize>()
        }
        _ => value.text().map_or(0, |text| text.len()),
    }
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (id, resource) in &context.template.resources {
        let property = match resource.type_name.as_str() {
            "AWS::ECS::TaskDefinition" => "ContainerDefinitions",
            "AWS::SSM::Parameter" => "Value",
            _ => continue,
        };
        let all = context.scenarios_of(resource);
        context.each_at_defaults(resource, &all, |_, evaluated| {
            let properties = &evaluated.properties;
            let Some(value) = properties.get(property) else { return true };
            let tier = properties.get("Tier").and_then(Evaluated::text);
            let (size, most) = match (property, tier.as_deref()) {
                // With the last of them the service chooses the tier that fits.
                ("Value", Some("Advanced" | "Intelligent-Tiering")) => {
                    (value.text().map_or(0, |text| text.len()), 8_192)
                }
                ("Value", _) => (value.text().map_or(0, |text| text.len()), 4_096),
                _ => (bytes(properties), TASK_DEFINITION),
            };
            if size > most {
                let owner = Owner::Resource { id, resource };
                let inner = pointer_to(&resource.properties, value.source).unwrap_or_default();
                let what = if property == "Value" { "the value" } else { "the task definition" };
                let message = format!("{what} has at least {size} bytes, at most {most} are allowed");
                findings.push(RULE.at(owner, format!("{}/Properties{inner}", owner.pointer()), message));
            }
            size <= most
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{none, only, resource};

    fn parameter(size: usize, tier: &str) -> Json {
        resource("AWS::SSM::Parameter", json!({"Type": "String", "Value": "x".repeat(size), "Tier": tier}))
    }

    #[test]
    fn parameters_fit_their_tier() {
        assert_eq!(
            only("L006", parameter(4_097, "Standard")).0,
            "the value has at least 4097 bytes, at most 4096 are allowed"
        );
        none("L006", parameter(4_096, "Standard"));
        none("L006", parameter(8_192, "Advanced"));
        only("L006", parameter(8_193, "Advanced"));
    }

    #[test]
    fn task_definitions_fit() {
        let environment = |size: usize| json!([{"Name": "A", "Value": "x".repeat(size)}]);
        let task = |size| {
            resource(
                "AWS::ECS::TaskDefinition",
                json!({"ContainerDefinitions": [{"Name": "a", "Image": "b", "Environment": environment(size)}]}),
            )
        };
        only("L006", task(65_536));
        none("L006", task(60_000));
    }
}
