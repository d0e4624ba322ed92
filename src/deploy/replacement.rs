//! Which changes replace a resource, as far as the registry's schemas and the templates tell.
//!
//! Source: AWS CloudFormation CLI User Guide, "Resource type schema": `createOnlyProperties`, `conditionalCreateOnlyProperties`.
//! A change set knows better: values that only AWS has, and services that decide by what the resource is at the time.

use std::collections::BTreeMap;

use super::api::{ChangeAction, Replacement};
use super::changes::{Change, PropertyDelta};
use super::data;
use super::picture::{Picture, Pictured};
use crate::cfn::Json;
use crate::validate::schema::{Registry, Schema};

/// Marks what changes replace, and adds the resources that change because what they refer to is replaced.
pub(super) fn mark(changes: &mut Vec<Change>, before: &Picture, after: &Picture) {
    for change in changes.iter_mut().filter(|change| change.action == ChangeAction::Modify) {
        for property in &mut change.properties {
            property.replacement = of_property(&change.resource_type, &property.path);
        }
        let worst = change.properties.iter().map(|property| property.replacement).max();
        change.replacement = change.replacement.max(worst.unwrap_or_default());
    }
    // One replacement leads to others, each found once.
    while let Some((id, delta)) = next_follower(changes, before, after) {
        match changes.iter_mut().find(|change| change.logical_id == id) {
            Some(change) => {
                change.replacement = change.replacement.max(delta.replacement);
                change.properties.push(delta);
            }
            None => changes.push(follower(&id, &after[&id], delta)),
        }
    }
}

fn follower(id: &str, resource: &Pictured, delta: PropertyDelta) -> Change {
    Change {
        action: ChangeAction::Modify,
        logical_id: id.to_owned(),
        construct: resource.construct.clone(),
        resource_type: resource.resource_type.clone(),
        replacement: delta.replacement,
        holds_data: data::holds_data(&resource.resource_type),
        properties: vec![delta],
        ..Change::default()
    }
}

/// Whether a change at that path replaces a resource of that type. Of a type that the registry doesn't have, nobody knows.
fn of_property(resource_type: &str, path: &str) -> Replacement {
    let Some(rest) = path.strip_prefix("/Properties") else { return of_attribute(path) };
    let Some(schema) = Registry::builtin().get(resource_type) else { return Replacement::Conditional };
    let changed: Vec<&str> = rest.split('/').skip(1).collect();
    let meets = |list: &str| {
        let pointers = schema.root.get(list).into_iter().flat_map(Schema::texts);
        pointers.map(|pointer| meeting(&changed, &parts(pointer))).max().unwrap_or(Meeting::None)
    };
    match (meets("createOnlyProperties"), meets("conditionalCreateOnlyProperties")) {
        (Meeting::Inside, _) => Replacement::True,
        (Meeting::Around, _) | (_, Meeting::Inside | Meeting::Around) => Replacement::Conditional,
        _ => Replacement::False,
    }
}

/// Another type is another resource; policies are the stack's business alone.
fn of_attribute(path: &str) -> Replacement {
    if path == "/Type" { Replacement::True } else { Replacement::False }
}

/// A path of the schema in its parts: `/properties/A/*/B`, some with a further `properties`.
fn parts(pointer: &str) -> Vec<&str> {
    let rest = pointer.trim_start_matches("/properties/");
    rest.split('/').filter(|part| *part != "properties").collect()
}

/// How what changed lies to a property of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meeting {
    /// Elsewhere.
    None,
    /// It is what holds the property: whether that changed isn't known.
    Around,
    /// It is the property, or in it.
    Inside,
}

fn meeting(changed: &[&str], property: &[&str]) -> Meeting {
    let is_same = changed.iter().zip(property).all(|(one, other)| one == other || *other == "*");
    match is_same {
        false => Meeting::None,
        true if changed.len() >= property.len() => Meeting::Inside,
        true => Meeting::Around,
    }
}

/// A resource that isn't known to change or to be replaced, and is because what it refers to is replaced.
fn next_follower(changes: &[Change], before: &Picture, after: &Picture) -> Option<(String, PropertyDelta)> {
    let replaced: BTreeMap<&str, Replacement> = changes
        .iter()
        .filter(|change| change.action == ChangeAction::Modify && change.replacement != Replacement::False)
        .map(|change| (change.logical_id.as_str(), change.replacement))
        .collect();
    for (id, resource) in after.iter().filter(|(id, _)| before.contains_key(*id)) {
        let known = replaced.get(id.as_str()).copied().unwrap_or_default();
        let is_listed = changes.iter().any(|change| change.logical_id == *id);
        let mut texts = Vec::new();
        collect("/Properties", &resource.properties, &mut texts);
        for (path, text) in texts {
            let replacement = of_property(&resource.resource_type, &path);
            let cause = replaced.iter().find(|(other, _)| **other != id.as_str() && refers_to(text, other));
            let Some((cause, of_cause)) = cause else { continue };
            // A new resource has another id; whether an attribute is another isn't known.
            let is_certain = text == format!("${{{cause}}}");
            let follows = if is_certain { *of_cause } else { Replacement::Conditional }.min(replacement);
            if follows > known || is_certain && !is_listed {
                let delta = PropertyDelta {
                    path,
                    before: Some(text.to_owned()),
                    replacement: follows,
                    cause: Some((*cause).to_owned()),
                    ..PropertyDelta::default()
                };
                return Some((id.clone(), delta));
            }
        }
    }
    None
}

fn refers_to(text: &str, id: &str) -> bool {
    text.contains(&format!("${{{id}}}")) || text.contains(&format!("${{{id}."))
}

/// The texts of a value that name something, with their places.
fn collect<'p>(path: &str, json: &'p Json, found: &mut Vec<(String, &'p str)>) {
    match json {
        Json::String(text) if text.contains("${") => found.push((path.to_owned(), text)),
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(&format!("{path}/{index}"), item, found);
            }
        }
        Json::Object(members) => {
            for (key, value) in members {
                collect(&format!("{path}/{key}"), value, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::deploy::template_diff::resources;

    fn picture(resources: Json) -> Picture {
        let Json::Object(members) = resources else { panic!("no object") };
        let resource = |one: Json| Pictured {
            resource_type: one["Type"].as_str().unwrap().into(),
            properties: one["Properties"].clone(),
            ..Pictured::default()
        };
        members.into_iter().map(|(id, one)| (id, resource(one))).collect()
    }

    /// What becomes of each resource.
    fn marked(before: Json, after: Json) -> Vec<(String, Replacement)> {
        let found = resources(&picture(before), &picture(after));
        found.into_iter().map(|change| (change.logical_id, change.replacement)).collect()
    }

    fn one(resource_type: &str, before: Json, after: Json) -> Replacement {
        let of = |properties| json!({"A": {"Type": resource_type, "Properties": properties}});
        marked(of(before), of(after))[0].1
    }

    #[test]
    fn the_schema_says_which_properties_replace() {
        let cluster = "AWS::RDS::DBCluster";
        assert_eq!(
            one(cluster, json!({"DatabaseName": "a"}), json!({"DatabaseName": "b"})),
            Replacement::True
        );
        assert_eq!(one(cluster, json!({"Port": 1}), json!({"Port": 2})), Replacement::False);
        let task = "AWS::ECS::TaskDefinition";
        let image = |tag| json!({"ContainerDefinitions": [{"Name": "a", "Image": tag}]});
        assert_eq!(one(task, image("1"), image("2")), Replacement::True, "inside of a list");
        assert_eq!(one("Custom::Thing", json!({"A": 1}), json!({"A": 2})), Replacement::Conditional);
        assert_eq!(one("AWS::S3::Bucket", json!({"Tags": []}), json!({"Tags": [1]})), Replacement::False);
    }

    #[test]
    fn what_holds_a_create_only_property_may_replace() {
        assert_eq!(meeting(&["A"], &["A", "B"]), Meeting::Around);
        assert_eq!(meeting(&["A", "0", "B", "C"], &["A", "*", "B"]), Meeting::Inside);
        assert_eq!(meeting(&["A", "C"], &["A", "B"]), Meeting::None);
    }

    #[test]
    fn what_is_created_from_a_replaced_resource_is_replaced_with_it() {
        let stack = |name| {
            json!({
                "Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": {"DatabaseName": name}},
                "Writer": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBClusterIdentifier": "${Cluster}"}},
                "Other": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBClusterIdentifier": "other"}},
            })
        };
        let found = marked(stack("a"), stack("b"));
        assert_eq!(found, [("Cluster".into(), Replacement::True), ("Writer".into(), Replacement::True)]);
    }

    #[test]
    fn what_names_a_replaced_resource_changes_in_place() {
        let stack = |image| {
            json!({
                "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": image}},
                "Service": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": "${Task}"}},
            })
        };
        let found = marked(stack("a"), stack("b"));
        assert_eq!(found, [("Service".into(), Replacement::False), ("Task".into(), Replacement::True)]);
    }

    #[test]
    fn an_attribute_of_a_replaced_resource_may_replace() {
        let stack = |name| {
            json!({
                "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": name}},
                "Rule": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": "${Group.GroupId}"}},
            })
        };
        let found = marked(stack("a"), stack("b"));
        assert_eq!(found, [("Group".into(), Replacement::True), ("Rule".into(), Replacement::Conditional)]);
    }
}
