//! What a template makes with given values: its resources with functions resolved, and what only AWS knows named.

use std::collections::BTreeMap;

use crate::cfn::evaluate::{Data, Evaluated, Evaluator, Origin, Piece, Settings, Unknown};
use crate::cfn::{Json, Map, Resource, Template};

/// A resource as the template makes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pictured {
    /// Its type.
    pub resource_type: String,
    /// The path of our construct.
    pub construct: Option<String>,
    /// What happens to it when it leaves the stack.
    pub deletion_policy: Option<Json>,
    /// What happens to the old one when it is replaced.
    pub update_replace_policy: Option<Json>,
    /// Its properties; what isn't known is a text such as `${Bucket.Arn}`.
    pub properties: Json,
}

/// The resources that a template makes, by logical id.
pub type Picture = BTreeMap<String, Pictured>;

/// Draws a template with these values of parameters, and defaults for others.
pub fn picture(template: &Template, settings: &Settings) -> Picture {
    let evaluator = Evaluator::new(template, settings);
    let drawn = template.resources.iter().map(|(id, resource)| (id.clone(), pictured(&evaluator, resource)));
    drawn.filter_map(|(id, resource)| Some((id, resource?))).collect()
}

/// A resource; `None` if its condition doesn't hold.
fn pictured<'t>(evaluator: &Evaluator<'t>, resource: &'t Resource) -> Option<Pictured> {
    let scenarios = evaluator.scenarios(&Evaluator::conditions_of(resource));
    let scenario = scenarios.list.first()?.at_defaults();
    if Evaluator::exists(resource, &scenario) == Some(false) {
        return None;
    }
    let (properties, _) = evaluator.properties(resource, &scenario);
    Some(Pictured {
        resource_type: resource.type_name.clone(),
        construct: resource.construct.clone(),
        deletion_policy: resource.deletion_policy.clone(),
        update_replace_policy: resource.update_replace_policy.clone(),
        properties: json(&properties),
    })
}

fn json(value: &Evaluated<'_>) -> Json {
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(value) => Json::Bool(*value),
        Data::Number(number) => Json::Number(number.clone().into_owned()),
        Data::Text(text) => Json::String(text.clone().into_owned()),
        Data::List(items) => Json::Array(items.iter().map(json).collect()),
        Data::Object(members) => {
            members.iter().map(|(key, value)| ((*key).to_owned(), json(value))).collect::<Map>().into()
        }
        Data::Unknown(unknown) => Json::String(named(unknown)),
    }
}

fn named(unknown: &Unknown<'_>) -> String {
    match &unknown.origin {
        Origin::Resource(id) => format!("${{{id}}}"),
        Origin::Attribute(id, attribute) => format!("${{{id}.{attribute}}}"),
        Origin::Parameter(name) | Origin::Pseudo(name) => format!("${{{name}}}"),
        Origin::Text(pieces) => joined(pieces),
        Origin::Dynamic(pieces) => format!("{{{{resolve:{}}}}}", joined(pieces)),
        Origin::Item(of, index) => format!("{}[{index}]", named(of)),
        Origin::Zones(_) => "${zones of the region}".to_owned(),
        Origin::Import(data) => format!("${{import of {}}}", data.text().unwrap_or_default()),
        Origin::Call(call) => call.to_string(),
    }
}

fn joined(pieces: &[Piece<'_>]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone().into_owned(),
            Piece::Unknown(unknown) => named(unknown),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cfn::read::read_bytes;

    #[test]
    fn what_is_known_is_drawn_and_the_rest_named() {
        let text = json!({
            "Parameters": {"Kind": {"Type": "String", "Default": "a"}, "Key": {"Type": "String", "NoEcho": true}},
            "Conditions": {"IsB": {"Fn::Equals": [{"Ref": "Kind"}, "b"]}},
            "Resources": {
                "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": {"Ref": "Kind"}}},
                "Rule": {
                    "Type": "AWS::EC2::SecurityGroupIngress",
                    "Condition": "IsB",
                    "Properties": {
                        "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
                        "Description": {"Fn::Sub": "${Group}-${Key}"},
                    },
                },
            },
        });
        let template = read_bytes("t.json", text.to_string().as_bytes()).unwrap().template;
        let with = |kind: &str| {
            let parameters = [("Kind".to_owned(), kind.to_owned())].into_iter().collect();
            picture(&template, &Settings { parameters, ..Settings::default() })
        };
        assert_eq!(with("a").keys().collect::<Vec<_>>(), ["Group"]);
        let both = with("b");
        assert_eq!(both["Group"].properties, json!({"GroupDescription": "b"}));
        assert_eq!(
            both["Rule"].properties,
            json!({"GroupId": "${Group.GroupId}", "Description": "${Group}-${Key}"})
        );
    }
}
