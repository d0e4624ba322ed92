//! What tests of constructs share: the resources of a template, partial comparison, and a search for cycles.

use std::collections::{BTreeMap, BTreeSet};

use crate::cfn::Json;

use super::Stack;

/// The template as JSON.
pub(crate) fn synth(stack: Stack) -> Json {
    stack.synth().expect("the stack has no errors").to_json()
}

/// The properties of a resource.
pub(crate) fn properties<'a>(template: &'a Json, logical_id: &str) -> &'a Json {
    let resource = &template["Resources"][logical_id];
    assert!(!resource.is_null(), "no `{logical_id}` among {:?}", ids(template));
    &resource["Properties"]
}

/// The logical ids of all resources, in order.
pub(crate) fn ids(template: &Json) -> Vec<String> {
    template["Resources"].as_object().map(|resources| resources.keys().cloned().collect()).unwrap_or_default()
}

/// The logical ids of all resources of a type, in order.
pub(crate) fn ids_of_type(template: &Json, type_name: &str) -> Vec<String> {
    ids(template).into_iter().filter(|id| template["Resources"][id]["Type"] == type_name).collect()
}

/// Asserts that `actual` has everything that `expected` has: objects may have more keys, lists not more items.
#[track_caller]
pub(crate) fn assert_matches(actual: &Json, expected: &Json) {
    if let Some(place) = difference(actual, expected, String::new()) {
        panic!("differs at `{place}`\nexpected: {expected:#}\nactual: {actual:#}");
    }
}

fn difference(actual: &Json, expected: &Json, place: String) -> Option<String> {
    match (actual, expected) {
        (Json::Object(actual), Json::Object(expected)) => expected.iter().find_map(|(key, value)| {
            let place = format!("{place}/{key}");
            match actual.get(key) {
                Some(found) => difference(found, value, place),
                None => Some(place),
            }
        }),
        (Json::Array(actual), Json::Array(expected)) if actual.len() == expected.len() => {
            (0..actual.len()).find_map(|i| difference(&actual[i], &expected[i], format!("{place}/{i}")))
        }
        _ => (actual != expected).then_some(place),
    }
}

/// A cycle of resources over `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`, if there is one.
pub(crate) fn cycle(template: &Json) -> Option<Vec<String>> {
    let ids: BTreeSet<String> = ids(template).into_iter().collect();
    let edges: BTreeMap<&String, BTreeSet<String>> = ids
        .iter()
        .map(|id| {
            let resource = &template["Resources"][id];
            let mut found = BTreeSet::new();
            references(&resource["Properties"], &mut found);
            for other in resource["DependsOn"].as_array().into_iter().flatten() {
                found.extend(other.as_str().map(str::to_owned));
            }
            (id, found.intersection(&ids).cloned().collect())
        })
        .collect();
    let mut done = BTreeSet::new();
    ids.iter().find_map(|id| walk(id, &edges, &mut Vec::new(), &mut done))
}

fn walk(
    id: &String,
    edges: &BTreeMap<&String, BTreeSet<String>>,
    path: &mut Vec<String>,
    done: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    if let Some(start) = path.iter().position(|step| step == id) {
        return Some(path[start..].to_vec());
    }
    if done.contains(id) {
        return None;
    }
    path.push(id.clone());
    let found = edges[id].iter().find_map(|next| walk(next, edges, path, done));
    path.pop();
    done.insert(id.clone());
    found
}

fn references(json: &Json, found: &mut BTreeSet<String>) {
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("Ref", Json::String(name)) => {
                        found.insert(name.clone());
                    }
                    ("Fn::GetAtt", Json::Array(parts)) => {
                        found.extend(parts[0].as_str().map(str::to_owned));
                    }
                    ("Fn::Sub", _) => {
                        let text = value.as_str().or_else(|| value[0].as_str()).unwrap_or_default();
                        for piece in text.split("${").skip(1) {
                            let name = piece.split(['}', '.']).next().unwrap_or_default();
                            found.insert(name.to_owned());
                        }
                        references(value, found);
                    }
                    _ => references(value, found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// Writes a template into the directory that the environment variable `DIFY_CFN_LINT` names, for cfn-lint by hand.
pub(crate) fn keep(name: &str, template: &Json) {
    if let Some(directory) = std::env::var_os("DIFY_CFN_LINT") {
        let path = std::path::Path::new(&directory).join(format!("{name}.json"));
        std::fs::write(path, format!("{template:#}")).expect("the directory can be written to");
    }
}

mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cycles_are_found_over_every_kind_of_reference() {
        let template = |reference: Json| {
            json!({"Resources": {
                "A": {"Type": "X", "Properties": {"Other": [reference]}},
                "B": {"Type": "X", "DependsOn": ["A"]},
            }})
        };
        for reference in [
            json!({"Ref": "B"}),
            json!({"Fn::GetAtt": ["B", "Arn"]}),
            json!({"Fn::Sub": "x-${B.Arn}"}),
            json!({"Fn::Sub": ["${Value1}", {"Value1": {"Ref": "B"}}]}),
        ] {
            assert_eq!(cycle(&template(reference)), Some(vec!["A".to_owned(), "B".to_owned()]));
        }
        assert_eq!(cycle(&template(json!({"Ref": "AWS::Region"}))), None);
    }

    #[test]
    fn objects_are_compared_in_part_and_lists_whole() {
        let differ = |actual, expected| difference(&actual, &expected, String::new());
        assert_eq!(differ(json!({"a": 1, "b": [{"c": 2, "d": 3}]}), json!({"b": [{"c": 2}]})), None);
        assert_eq!(differ(json!([1, 2]), json!([1])), Some(String::new()));
        assert_eq!(differ(json!({"a": {"b": 1}}), json!({"a": {"b": 2}})), Some("/a/b".into()));
        assert_eq!(differ(json!({}), json!({"a": null})), Some("/a".into()));
    }
}
