//! The console's form: groups and labels of the parameters.
//!
//! Source: AWS CloudFormation Template Reference, "`AWS::CloudFormation::Interface`".

use indexmap::IndexMap;
use serde_json::json;

use super::Parameter;
use crate::cfn::{Json, Map};

/// The metadata entry for the form; groups and parameters stand in the order of declaration.
pub(super) fn form(parameters: &IndexMap<String, Parameter>) -> Option<Json> {
    let mut groups: IndexMap<&str, Vec<&str>> = IndexMap::new();
    let mut labels = Map::new();
    for (name, parameter) in parameters {
        if !parameter.group.is_empty() {
            groups.entry(parameter.group).or_default().push(name);
        }
        if !parameter.label.is_empty() {
            labels.insert(name.clone(), json!({ "default": parameter.label }));
        }
    }
    if groups.is_empty() && labels.is_empty() {
        return None;
    }
    let groups: Vec<Json> = groups
        .into_iter()
        .map(|(label, names)| json!({ "Label": { "default": label }, "Parameters": names }))
        .collect();
    Some(json!({ "ParameterGroups": groups, "ParameterLabels": labels }))
}
