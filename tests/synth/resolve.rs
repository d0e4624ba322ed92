//! Resolves a template's functions for given parameter values, as far as a template alone tells: references to resources
//! stay, conditions are decided. Written apart from the program's own evaluator, so that the two can disagree.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

/// A template for given parameter values.
pub(crate) struct Resolved {
    /// Resources that exist, with `Type`, `Properties` and the like, functions resolved.
    pub(crate) resources: BTreeMap<String, Json>,
    /// Outputs, functions resolved.
    pub(crate) outputs: BTreeMap<String, Json>,
}

/// What a property is given that `AWS::NoValue` takes away.
const NO_VALUE: &str = "\u{0}no value";

/// Resolves a template. Parameters without value have their default, those without default `<Name>`.
pub(crate) fn resolve(template: &Json, parameters: &[(&str, &str)]) -> Resolved {
    let resolver = Resolver { template, parameters };
    let mut resources = BTreeMap::new();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let exists = resource["Condition"].as_str().is_none_or(|name| resolver.condition(name));
        if exists {
            resources.insert(id.clone(), resolver.value(resource));
        }
    }
    let none = Map::new();
    let outputs = template["Outputs"].as_object().unwrap_or(&none);
    let outputs = outputs.iter().map(|(name, output)| (name.clone(), resolver.value(output))).collect();
    Resolved { resources, outputs }
}

struct Resolver<'a> {
    template: &'a Json,
    parameters: &'a [(&'a str, &'a str)],
}

impl Resolver<'_> {
    fn condition(&self, name: &str) -> bool {
        let conditions = &self.template["Conditions"];
        self.truth(conditions.get(name).unwrap_or_else(|| panic!("no condition {name}")))
    }

    fn truth(&self, expression: &Json) -> bool {
        let (function, argument) = call(expression).unwrap_or_else(|| panic!("no condition: {expression}"));
        let all = || argument.as_array().unwrap().iter();
        match function {
            "Condition" => self.condition(argument.as_str().unwrap()),
            "Fn::Not" => !self.truth(&argument[0]),
            "Fn::And" => all().all(|one| self.truth(one)),
            "Fn::Or" => all().any(|one| self.truth(one)),
            "Fn::Equals" => self.value(&argument[0]) == self.value(&argument[1]),
            other => panic!("{other} in a condition"),
        }
    }

    fn value(&self, value: &Json) -> Json {
        if let Some((function, argument)) = call(value) {
            return self.function(function, argument).unwrap_or_else(|| value.clone());
        }
        match value {
            Json::Array(items) => {
                items.iter().map(|item| self.value(item)).filter(|item| *item != NO_VALUE).collect()
            }
            Json::Object(map) => {
                let resolved = map.iter().map(|(key, value)| (key.clone(), self.value(value)));
                Json::Object(resolved.filter(|(_, value)| *value != NO_VALUE).collect())
            }
            other => other.clone(),
        }
    }

    /// The value of a function; `None` if only AWS knows it.
    fn function(&self, function: &str, argument: &Json) -> Option<Json> {
        match function {
            "Ref" => self.reference(argument.as_str()?),
            "Fn::If" => {
                let branch = if self.condition(argument[0].as_str()?) { 1 } else { 2 };
                Some(self.value(&argument[branch]))
            }
            "Fn::Sub" => {
                let (text, own) = match argument {
                    Json::Array(both) => (both[0].as_str()?, Some(&both[1])),
                    text => (text.as_str()?, None),
                };
                Some(self.sub(text, own).into())
            }
            "Fn::Join" => {
                let parts = self.value(&argument[1]);
                let parts: Vec<String> = parts.as_array()?.iter().map(reference_text).collect();
                Some(parts.join(argument[0].as_str()?).into())
            }
            "Fn::Split" => {
                let whole = self.value(&argument[1]);
                Some(whole.as_str()?.split(argument[0].as_str()?).map(Json::from).collect())
            }
            "Fn::GetAtt" => {
                let parts = argument.as_array()?.iter().map(|part| part.as_str().unwrap());
                let attribute = parts.collect::<Vec<_>>().join(".");
                let known = self.published(&attribute);
                Some(known.unwrap_or_else(|| json!({ "Fn::GetAtt": attribute })))
            }
            _ => None,
        }
    }

    fn reference(&self, name: &str) -> Option<Json> {
        if name == "AWS::NoValue" {
            return Some(NO_VALUE.into());
        }
        let declared = self.template["Parameters"].get(name)?;
        let given = self.parameters.iter().find(|(given, _)| *given == name);
        let text = match given {
            Some((_, value)) => (*value).to_owned(),
            None => match &declared["Default"] {
                Json::Null => format!("<{name}>"),
                Json::String(text) => text.clone(),
                other => other.to_string(),
            },
        };
        let is_list = declared["Type"].as_str()?.starts_with("List<");
        Some(if is_list { text.split(',').collect() } else { text.into() })
    }

    /// The value of a parameter of Parameter Store, which has the one that the template gives it.
    fn published(&self, attribute: &str) -> Option<Json> {
        let resource = &self.template["Resources"][attribute.strip_suffix(".Value")?];
        (resource["Type"] == "AWS::SSM::Parameter").then(|| self.value(&resource["Properties"]["Value"]))
    }

    /// Placeholders of parameters and of the Sub's own variables filled in, the others left.
    fn sub(&self, text: &str, own: Option<&Json>) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            filled.push_str(before);
            let (name, tail) = after.split_once('}').unwrap();
            let value = match own.and_then(|own| own.get(name)) {
                Some(value) => Some(self.value(value)),
                None => self.reference(name).or_else(|| self.published(name)),
            };
            match value {
                Some(Json::String(value)) => filled.push_str(&value),
                Some(other) => filled.push_str(&reference_text(&other)),
                None => filled.extend(["${", name, "}"]),
            }
            rest = tail;
        }
        filled + rest
    }
}

/// A reference that only AWS can fill in, as a Sub would write it: `${Bucket}`, `${Bucket.Arn}`.
pub(crate) fn reference_text(value: &Json) -> String {
    match call(value) {
        Some(("Ref" | "Fn::GetAtt", target)) => format!("${{{}}}", target.as_str().unwrap()),
        _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}

/// The function's name and argument, if the value is a call.
pub(crate) fn call(value: &Json) -> Option<(&str, &Json)> {
    let (name, argument) = value.as_object().filter(|map| map.len() == 1)?.iter().next()?;
    // The condition key of a policy is an object; the function's argument is a name.
    let is_condition = name == "Condition" && argument.is_string();
    (name == "Ref" || name.starts_with("Fn::") || is_condition).then_some((name.as_str(), argument))
}

#[test]
fn functions_are_resolved_and_what_only_aws_knows_stays() {
    let template = json!({
        "Parameters": { "P": { "Type": "String", "Default": "" }, "L": { "Type": "List<X>", "Default": "a,b" } },
        "Conditions": { "Has": { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "P" }, ""] }] } },
        "Resources": {
            "A": { "Type": "T", "Condition": "Has" },
            "B": { "Type": "T", "Properties": {
                "If": { "Fn::If": ["Has", { "Fn::Sub": "x${P}" }, { "Ref": "AWS::NoValue" }] },
                "Join": { "Fn::Join": ["", ["a", { "Fn::GetAtt": ["B", "Arn"] }, { "Fn::If": ["Has", "b", "c"] }]] },
                "Sub": { "Fn::Sub": ["${V}-${B.Arn}", { "V": { "Ref": "C" } }] },
                "Split": { "Fn::Split": [",", { "Fn::Sub": ["${V}a,b", { "V": { "Fn::Sub": "${AWS::Region}" } }] }] },
                "List": { "Ref": "L" },
            } },
        },
    });
    let with = |value| resolve(&template, &[("P", value)]).resources;
    assert_eq!(with("").keys().collect::<Vec<_>>(), ["B"]);
    assert_eq!(
        with("")["B"]["Properties"],
        json!({ "Join": "a${B.Arn}c", "Sub": "${C}-${B.Arn}", "Split": ["${AWS::Region}a", "b"], "List": ["a", "b"] })
    );
    assert_eq!(with("1")["B"]["Properties"]["If"], "x1");
}
