//! A part of a template that stands by itself: some resources and all that they refer to.

use std::collections::BTreeSet;

use super::{Json, Map, Template};

/// What an expression refers to, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Resources and parameters (and pseudo parameters).
    pub references: BTreeSet<String>,
    /// Conditions.
    pub conditions: BTreeSet<String>,
    /// Mappings.
    pub mappings: BTreeSet<String>,
}

impl Names {
    /// Adds what `json` refers to.
    pub fn collect(&mut self, json: &Json) {
        match json {
            Json::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Json::Object(map) => {
                for (key, value) in map {
                    self.collect_entry(key, value, map.len() == 1);
                }
            }
            _ => {}
        }
    }

    fn collect_entry(&mut self, key: &str, value: &Json, is_call: bool) {
        let first = || value.as_array().and_then(|list| list.first()).or(Some(value)).and_then(Json::as_str);
        let mut insert =
            |set: fn(&mut Self) -> &mut BTreeSet<String>, name: &str| set(self).insert(name.to_owned());
        match (key, is_call) {
            ("Ref", true) => {
                if let Some(name) = value.as_str() {
                    insert(|names| &mut names.references, name);
                }
            }
            ("Fn::GetAtt", true) => {
                if let Some(name) = first().and_then(|text| text.split('.').next()) {
                    insert(|names| &mut names.references, name);
                }
            }
            ("Fn::If", true) => {
                if let Some(name) = first() {
                    insert(|names| &mut names.conditions, name);
                }
            }
            ("Condition", _) => {
                if let Some(name) = value.as_str() {
                    insert(|names| &mut names.conditions, name);
                }
            }
            ("Fn::FindInMap", true) => {
                if let Some(name) = first() {
                    insert(|names| &mut names.mappings, name);
                }
            }
            ("Fn::Sub", true) => {
                for name in first().into_iter().flat_map(placeholders) {
                    insert(|names| &mut names.references, name);
                }
            }
            _ => {}
        }
        self.collect(value);
    }
}

/// The names in the `${…}` of a `Fn::Sub` text, without attributes.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .filter(|rest| !rest.starts_with('!'))
        .filter_map(|rest| rest.split_once('}'))
        .filter_map(|(name, _)| name.trim().split('.').next())
}

impl Template {
    /// The resources that `is_root` picks with all that they refer to or wait for, and only the parameters, conditions
    /// and mappings that these use. No outputs.
    #[must_use]
    pub fn closure(&self, is_root: impl Fn(&str, &super::Resource) -> bool) -> Self {
        let mut names = Names::default();
        names.references.extend(
            self.resources.iter().filter(|(id, resource)| is_root(id, resource)).map(|(id, _)| id.clone()),
        );
        loop {
            let before = names.clone();
            for (id, resource) in &self.resources {
                if before.references.contains(id) {
                    resource.properties.values().for_each(|value| names.collect(value));
                    resource.other.values().for_each(|value| names.collect(value));
                    names.references.extend(resource.depends_on.iter().cloned());
                    names.conditions.extend(resource.condition.clone());
                }
            }
            for (name, expression) in &self.conditions {
                if before.conditions.contains(name) {
                    names.collect(expression);
                }
            }
            if names == before {
                break;
            }
        }
        let pick = |section: &Map, used: &BTreeSet<String>| {
            let entries = section.iter().filter(|(name, _)| used.contains(*name));
            entries.map(|(name, value)| (name.clone(), value.clone())).collect::<Map>()
        };
        let parameters = pick(&self.parameters, &names.references);
        let resources = self.resources.iter().filter(|(id, _)| names.references.contains(*id));
        Self {
            format_version: self.format_version.clone(),
            description: self.description.clone(),
            transform: self.transform.clone(),
            metadata: form_of(&self.metadata, &parameters),
            rules: Map::new(),
            mappings: pick(&self.mappings, &names.mappings),
            resource_macros: Map::new(),
            conditions: pick(&self.conditions, &names.conditions),
            resources: resources.map(|(id, resource)| (id.clone(), resource.clone())).collect(),
            outputs: Map::new(),
            other: Map::new(),
            parameters,
        }
    }
}

/// The metadata with a form of these parameters only.
fn form_of(metadata: &Map, parameters: &Map) -> Map {
    const FORM: &str = "AWS::CloudFormation::Interface";
    let mut metadata = metadata.clone();
    let Some(Json::Object(form)) = metadata.get_mut(FORM) else { return metadata };
    if let Some(Json::Array(groups)) = form.get_mut("ParameterGroups") {
        for group in groups.iter_mut() {
            if let Some(Json::Array(names)) = group.get_mut("Parameters") {
                names.retain(|name| name.as_str().is_some_and(|name| parameters.contains_key(name)));
            }
        }
        groups.retain(|group| group["Parameters"].as_array().is_some_and(|names| !names.is_empty()));
    }
    if let Some(Json::Object(labels)) = form.get_mut("ParameterLabels") {
        labels.retain(|name, _| parameters.contains_key(name));
    }
    metadata
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cfn::Resource;

    fn resource(properties: &Json) -> Resource {
        let properties = properties.as_object().cloned().unwrap_or_default();
        Resource { type_name: "X::Y::Z".into(), properties, ..Resource::default() }
    }

    #[test]
    fn a_closure_holds_what_it_refers_to_and_no_more() {
        let mut template = Template::default();
        for name in ["P1", "P2", "P3"] {
            template.parameters.insert(name.into(), json!({ "Type": "String" }));
        }
        template.conditions.insert("C1".into(), json!({ "Fn::Equals": [{ "Ref": "P1" }, ""] }));
        template.conditions.insert("C2".into(), json!({ "Fn::Not": [{ "Condition": "C1" }] }));
        template.conditions.insert("C3".into(), json!({ "Fn::Equals": [{ "Ref": "P3" }, ""] }));
        template.mappings.insert("M".into(), json!({ "a": { "b": 1 } }));
        template.outputs.insert("O".into(), json!({ "Value": "x" }));
        template.metadata.insert(
            "AWS::CloudFormation::Interface".into(),
            json!({ "ParameterGroups": [{ "Label": "A", "Parameters": ["P1", "P2"] }, { "Label": "B", "Parameters": ["P3"] }],
                    "ParameterLabels": { "P1": 1, "P3": 3 } }),
        );
        let root = json!({ "A": { "Fn::Sub": "${Mid.Arn}-${!No}-${AWS::Region}" }, "B": { "Fn::If": ["C2", "x", { "Ref": "P2" }] } });
        template.resources.insert("Root".into(), resource(&root));
        let mid = Resource {
            depends_on: vec!["Low".into()],
            ..resource(&json!({ "M": { "Fn::FindInMap": ["M", "a", "b"] } }))
        };
        template.resources.insert("Mid".into(), mid);
        template.resources.insert("Low".into(), resource(&json!({})));
        template.resources.insert("No".into(), resource(&json!({ "A": { "Ref": "Root" } })));
        let part = template.closure(|id, _| id == "Root");
        assert_eq!(part.resources.keys().collect::<Vec<_>>(), ["Root", "Mid", "Low"]);
        assert_eq!(part.parameters.keys().collect::<Vec<_>>(), ["P1", "P2"]);
        assert_eq!(part.conditions.keys().collect::<Vec<_>>(), ["C1", "C2"]);
        assert!(part.mappings.contains_key("M") && part.outputs.is_empty());
        assert_eq!(
            part.metadata["AWS::CloudFormation::Interface"],
            json!({ "ParameterGroups": [{ "Label": "A", "Parameters": ["P1", "P2"] }], "ParameterLabels": { "P1": 1 } })
        );
    }
}
