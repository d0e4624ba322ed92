//! L008: no two resources are the same thing; L009: no two rules have the same priority.

use std::collections::BTreeMap;

use crate::cfn::Resource;
use crate::cfn::evaluate::{Data, Evaluator, Scenario};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::schema::{Schema, TypeSchema};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L008"),
    severity: Severity::Error,
    title: "no two resources are the same thing",
    what: "Two resources of a type that exist together differ in what identifies them, as far as the template sets it: two \
           buckets have two names.",
    why: "The second one fails: \"already exists\".",
    source: "CloudFormation registry schemas, `primaryIdentifier`",
    same_as: &[
        "cfn-lint E3019",
        "cdk-preflight pf-events-rule-name-duplicate",
        "cdk-preflight pf-secretsmanager-rotation-schedule-unique",
    ],
};

pub(super) static PRIORITY: Rule = Rule {
    code: Code("L009"),
    severity: Severity::Error,
    title: "no two rules of a listener have the same priority",
    what: "Listener rules that exist together on one listener have different priorities.",
    why: "The second one fails: \"Priority '…' is currently in use\".",
    source: "Elastic Load Balancing API Reference, `CreateRule`",
    same_as: &[],
};

/// What has to differ, beside primary identifiers.
const PRIORITIES: (&str, [&str; 2]) =
    ("AWS::ElasticLoadBalancingV2::ListenerRule", ["ListenerArn", "Priority"]);

/// Types whose primary identifier may be given twice: cfn-lint's exceptions, and what several resources share.
const EXCEPTIONS: [&str; 1] = ["AWS::CodeBuild::Project"];

/// A resource with what identifies it.
struct Identified<'t> {
    id: &'t str,
    resource: &'t Resource,
    properties: Vec<String>,
    rule: &'static Rule,
}

pub(super) fn check<'t>(context: &Context<'t>, findings: &mut Vec<Diagnostic>) {
    // By type and, in the first combination in which it exists, what identifies it.
    let mut known: BTreeMap<(&str, &str, String), Vec<Identified<'t>>> = BTreeMap::new();
    for (id, resource) in &context.template.resources {
        for (rule, properties) in identities(context, resource) {
            if !properties.iter().all(|property| resource.properties.contains_key(property)) {
                continue;
            }
            let all = context.scenarios_of(resource);
            let here =
                all.list.iter().filter(|scenario| Evaluator::exists(resource, scenario) != Some(false));
            let mut keys: Vec<String> = here
                .filter_map(|scenario| key(context, resource, &scenario.at_defaults(), &properties))
                .collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let entry = known.entry((rule.code.0, resource.type_name.as_str(), key)).or_default();
                entry.push(Identified { id, resource, properties: properties.clone(), rule });
            }
        }
    }
    for ((_, _, key), group) in &known {
        for (index, second) in group.iter().enumerate() {
            let twin = group[..index].iter().find(|first| together(context, first, second, key));
            if let Some(first) = twin {
                let owner = Owner::Resource { id: second.id, resource: second.resource };
                let message = format!(
                    "`{}` has the same {} as `{}`: {}",
                    second.id,
                    second.properties.join(" and "),
                    first.id,
                    key.trim_end_matches(", ")
                );
                let pointer = format!(
                    "{}/Properties/{}",
                    owner.pointer(),
                    second.properties.last().map_or("", String::as_str)
                );
                let help = if second.rule.code == PRIORITY.code {
                    "choose another priority"
                } else {
                    "change one of the two, or remove it"
                };
                findings.push(second.rule.at(owner, pointer, message).help(help));
            }
        }
    }
}

/// What identifies a resource of that type: the properties that a template sets.
fn identities(context: &Context<'_>, resource: &Resource) -> Vec<(&'static Rule, Vec<String>)> {
    let mut identities = Vec::new();
    if resource.type_name == PRIORITIES.0 {
        identities.push((&PRIORITY, PRIORITIES.1.map(str::to_owned).to_vec()));
    }
    if let Some(schema) = context
        .registry
        .get(&resource.type_name)
        .filter(|_| !EXCEPTIONS.contains(&resource.type_name.as_str()))
    {
        let read_only: Vec<&str> = texts(schema, "readOnlyProperties").collect();
        let primary: Vec<&str> = texts(schema, "primaryIdentifier").collect();
        if !primary.is_empty() && !primary.iter().any(|pointer| read_only.contains(pointer)) {
            let names =
                primary.iter().filter_map(|pointer| pointer.strip_prefix("/properties/")).map(str::to_owned);
            identities.push((&RULE, names.collect()));
        }
    }
    identities
}

fn texts(schema: TypeSchema, list: &str) -> impl Iterator<Item = &'static str> {
    schema.root.list(list).filter_map(Schema::as_str)
}

/// The values of the properties as one text; `None` if one is left out or can't be compared.
fn key<'t>(
    context: &Context<'t>,
    resource: &'t Resource,
    scenario: &Scenario<'t>,
    properties: &[String],
) -> Option<String> {
    let mut key = String::new();
    for property in properties {
        let value = context.evaluator.evaluate(resource.properties.get(property)?, scenario).value?;
        match &value.data {
            Data::Unknown(unknown) if !unknown.to_string().contains('…') => {
                key.push_str(&unknown.to_string());
            }
            Data::Unknown(_) => return None,
            known => key.push_str(&known.text().map_or_else(
                || value.to_json().map(|json| json.to_string()),
                |text| Some(text.into_owned()),
            )?),
        }
        key.push_str(", ");
    }
    Some(key)
}

/// Whether both exist with that key in one combination.
fn together<'t>(context: &Context<'t>, first: &Identified<'t>, second: &Identified<'t>, key: &str) -> bool {
    let mut conditions = Evaluator::conditions_of(first.resource);
    conditions.extend(Evaluator::conditions_of(second.resource));
    let all = context.evaluator.shared_scenarios(&conditions);
    all.list.iter().any(|scenario| {
        let scenario = scenario.at_defaults();
        [first, second].iter().all(|identified| {
            Evaluator::exists(identified.resource, &scenario) != Some(false)
                && self::key(context, identified.resource, &scenario, &identified.properties).as_deref()
                    == Some(key)
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{none, only};

    #[test]
    fn the_same_name_twice_is_found() {
        let bucket = |name: Json| json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}});
        let (message, pointer) =
            only("L008", json!({"Resources": {"A": bucket(json!("x")), "B": bucket(json!("x"))}}));
        assert_eq!(message, "`B` has the same BucketName as `A`: x");
        assert_eq!(pointer, "/Resources/B/Properties/BucketName");
        none("L008", json!({"Resources": {"A": bucket(json!("x")), "B": bucket(json!("y"))}}));
    }

    #[test]
    fn what_never_exists_together_may_be_the_same() {
        let bucket = |condition: &str| json!({"Type": "AWS::S3::Bucket", "Condition": condition, "Properties": {"BucketName": "x"}});
        let conditions =
            json!({"Yes": {"Fn::Equals": [{"Ref": "P"}, "y"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}});
        let parameters = json!({"P": {"Type": "String"}});
        none(
            "L008",
            json!({"Parameters": parameters, "Conditions": conditions, "Resources": {"A": bucket("Yes"), "B": bucket("No")}}),
        );
        only(
            "L008",
            json!({"Parameters": parameters, "Conditions": conditions, "Resources": {"A": bucket("Yes"), "B": bucket("Yes")}}),
        );
    }

    #[test]
    fn priorities_are_different_on_one_listener() {
        let rule = |listener: &str, priority: Json| {
            json!({"Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
            "Properties": {"ListenerArn": {"Ref": listener}, "Priority": priority, "Actions": [], "Conditions": []}})
        };
        let listener = json!({"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": "x", "DefaultActions": []}});
        let template = |listener_of_b: &str| json!({"Resources": {"L": listener, "M": listener, "A": rule("L", json!(1)), "B": rule(listener_of_b, json!("1"))}});
        assert_eq!(
            only("L009", template("L")).0,
            "`B` has the same ListenerArn and Priority as `A`: ${L}, 1"
        );
        none("L009", template("M"));
    }
}
