//! What a template changes against the one that is deployed, as far as templates can tell: without a change set.
//!
//! Which changes replace a resource is read from the registry's schemas (`replacement`); only a change set is sure.

use serde::Serialize;

use super::api::{ChangeAction, Replacement};
use super::changes::{Change, PropertyDelta};
use super::data;
use super::picture::{Picture, Pictured};
use super::replacement;
use crate::cfn::Json;

/// Differences of two templates.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TemplateDiff {
    /// By resource.
    pub resources: Vec<Change>,
    /// Values of parameters.
    pub parameters: Vec<PropertyDelta>,
    /// Outputs, by name.
    pub outputs: Vec<PropertyDelta>,
}

impl TemplateDiff {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.parameters.is_empty() && self.outputs.is_empty()
    }
}

/// The changes from one picture to another: what goes first, then what changes, then what comes, each by logical id.
pub fn resources(before: &Picture, after: &Picture) -> Vec<Change> {
    let mut removed = Vec::new();
    let mut modified = Vec::new();
    let mut added = Vec::new();
    for (id, old) in before {
        match after.get(id) {
            None => removed.push(change(ChangeAction::Remove, id, old)),
            Some(new) if new.resource_type != old.resource_type => {
                let mut change = change(ChangeAction::Modify, id, new);
                change.replacement = Replacement::True;
                change.holds_data |= data::holds_data(&old.resource_type);
                change.properties =
                    vec![delta("/Type", Some(&text(&old.resource_type)), Some(&text(&new.resource_type)))];
                modified.push(change);
            }
            Some(new) => {
                let mut properties = Vec::new();
                compare("/Properties", Some(&old.properties), Some(&new.properties), &mut properties);
                compare(
                    "/DeletionPolicy",
                    old.deletion_policy.as_ref(),
                    new.deletion_policy.as_ref(),
                    &mut properties,
                );
                let policies = (old.update_replace_policy.as_ref(), new.update_replace_policy.as_ref());
                compare("/UpdateReplacePolicy", policies.0, policies.1, &mut properties);
                if !properties.is_empty() {
                    modified.push(Change { properties, ..change(ChangeAction::Modify, id, new) });
                }
            }
        }
    }
    for (id, new) in after.iter().filter(|(id, _)| !before.contains_key(*id)) {
        added.push(change(ChangeAction::Add, id, new));
    }
    replacement::mark(&mut modified, before, after);
    modified.sort_by(|one, other| one.logical_id.cmp(&other.logical_id));
    removed.into_iter().chain(modified).chain(added).collect()
}

fn text(text: &str) -> Json {
    Json::String(text.to_owned())
}

fn change(action: ChangeAction, id: &str, resource: &Pictured) -> Change {
    Change {
        action,
        logical_id: id.to_owned(),
        construct: resource.construct.clone(),
        resource_type: resource.resource_type.clone(),
        holds_data: data::holds_data(&resource.resource_type),
        ..Change::default()
    }
}

fn delta(path: &str, before: Option<&Json>, after: Option<&Json>) -> PropertyDelta {
    let show = |json: &Json| match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    PropertyDelta {
        path: path.to_owned(),
        before: before.map(show),
        after: after.map(show),
        ..PropertyDelta::default()
    }
}

/// Finds what differs, as deep as both sides have the same shape. What CloudFormation takes for the same is the same: `8` and `"8"`.
pub fn compare(path: &str, before: Option<&Json>, after: Option<&Json>, found: &mut Vec<PropertyDelta>) {
    match (before, after) {
        (None, None) => {}
        (Some(Json::Object(old)), Some(Json::Object(new))) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                compare(&path, old.get(key), new.get(key), found);
            }
        }
        (Some(Json::Array(old)), Some(Json::Array(new))) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}/{index}"), Some(old), Some(new), found);
            }
        }
        (Some(old), Some(new)) if old == new || scalar(old).is_some_and(|text| Some(text) == scalar(new)) => {
        }
        _ => found.push(delta(path, before, after)),
    }
}

fn scalar(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(json.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pictured(resource_type: &str, properties: Json) -> Pictured {
        Pictured { resource_type: resource_type.into(), properties, ..Pictured::default() }
    }

    fn picture(resources: &[(&str, Pictured)]) -> Picture {
        resources.iter().map(|(id, resource)| ((*id).to_owned(), resource.clone())).collect()
    }

    #[test]
    fn what_goes_comes_first_and_differences_are_told_where_they_are() {
        let bucket = |name: &str| {
            pictured("AWS::S3::Bucket", json!({"BucketName": name, "Tags": [{"Key": "a", "Value": 1}]}))
        };
        let before = picture(&[("A", bucket("x")), ("Same", bucket("x")), ("Z", bucket("x"))]);
        let after = picture(&[
            ("A", bucket("y")),
            ("Same", bucket("x")),
            ("B", pictured("AWS::SQS::Queue", json!({}))),
        ]);
        let found = resources(&before, &after);
        let brief: Vec<_> = found.iter().map(|change| (&change.action, change.logical_id.as_str())).collect();
        assert_eq!(
            brief,
            [(&ChangeAction::Remove, "Z"), (&ChangeAction::Modify, "A"), (&ChangeAction::Add, "B")]
        );
        assert!(found[0].holds_data && !found[2].holds_data);
        let [delta] = found[1].properties.as_slice() else { panic!("{found:?}") };
        assert_eq!((delta.path.as_str(), delta.before.as_deref()), ("/Properties/BucketName", Some("x")));
    }

    #[test]
    fn what_cloudformation_takes_for_the_same_is_the_same() {
        let mut found = Vec::new();
        compare("", Some(&json!({"a": 8, "b": "true"})), Some(&json!({"a": "8", "b": true})), &mut found);
        assert_eq!(found, []);
        compare("", Some(&json!({"a": [1]})), Some(&json!({"a": [1, 2]})), &mut found);
        assert_eq!((found[0].path.as_str(), found[0].after.as_deref()), ("/a", Some("[1,2]")));
    }
}
