//! A synthesized template with its functions resolved, and the values at places of it.
//!
//! Resolved is what the template alone tells: parameters are their defaults, conditions follow from them, region and
//! account are the configuration's. References to resources stay texts: `${LogicalId.Attribute}`, and `${LogicalId}` for Ref.

use serde_json::{Map, Value as Json};

/// A template and where it is for.
#[derive(Debug)]
pub(crate) struct Template {
    json: Json,
    name: String,
}

const REGION: &str = "ap-northeast-1";
const ACCOUNT: &str = "123456789012";

impl Template {
    /// Reads a template's text.
    pub(crate) fn read(stack: &str, text: &str) -> Self {
        Self { json: serde_json::from_str(text).unwrap(), name: stack.to_owned() }
    }

    /// The value at a place, `Database.Properties.EngineVersion`; a logical id alone has its type as value. `None` if the
    /// resource or property isn't there.
    pub(crate) fn at(&self, place: &str) -> Option<Json> {
        let steps = steps(place);
        let (id, path) = steps.split_first()?;
        let resource = self.json["Resources"].get(id)?;
        if resource.get("Condition").and_then(Json::as_str).is_some_and(|name| !self.holds(name)) {
            return None;
        }
        if path.is_empty() {
            return resource.get("Type").cloned();
        }
        let resolved = self.resolve(resource)?;
        path.iter().try_fold(resolved, |value, step| select(value, step))
    }

    fn holds(&self, condition: &str) -> bool {
        self.truth(&self.json["Conditions"][condition])
    }

    fn truth(&self, expression: &Json) -> bool {
        let Some((function, argument)) = expression.as_object().and_then(|map| map.iter().next()) else {
            return expression == &Json::Bool(true);
        };
        let parts = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match function.as_str() {
            "Condition" => argument.as_str().is_some_and(|name| self.holds(name)),
            "Fn::Equals" => self.resolve(&parts[0]) == self.resolve(&parts[1]),
            "Fn::Not" => !self.truth(&parts[0]),
            "Fn::And" => parts.iter().all(|part| self.truth(part)),
            "Fn::Or" => parts.iter().any(|part| self.truth(part)),
            other => panic!("{other} isn't a function of conditions"),
        }
    }

    /// The value without functions; `None` for `AWS::NoValue`.
    fn resolve(&self, value: &Json) -> Option<Json> {
        match value {
            Json::Array(items) => Some(items.iter().filter_map(|item| self.resolve(item)).collect()),
            Json::Object(map) => {
                if let Some((function, argument)) = map.iter().next()
                    && map.len() == 1
                    && is_function(function)
                {
                    return self.call(function, argument);
                }
                let resolved =
                    map.iter().filter_map(|(key, value)| Some((key.clone(), self.resolve(value)?)));
                Some(Json::Object(resolved.collect::<Map<_, _>>()))
            }
            plain => Some(plain.clone()),
        }
    }

    fn call(&self, function: &str, argument: &Json) -> Option<Json> {
        let resolved = || self.resolve(argument).unwrap_or_default();
        Some(match function {
            "Ref" => return self.reference(argument.as_str()?),
            "Fn::GetAtt" => {
                let path = match argument {
                    Json::Array(parts) => parts.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("."),
                    path => path.as_str()?.to_owned(),
                };
                Json::String(format!("${{{path}}}"))
            }
            "Fn::If" => {
                let chosen = if self.holds(argument[0].as_str()?) { 1 } else { 2 };
                return self.resolve(&argument[chosen]);
            }
            "Fn::Sub" => Json::String(self.substitute(argument)),
            "Fn::Join" => {
                let parts = resolved();
                let texts: Vec<String> =
                    parts[1].as_array()?.iter().map(crate::evaluate::plain_text).collect();
                Json::String(texts.join(parts[0].as_str()?))
            }
            "Fn::Select" => {
                let parts = resolved();
                let index: usize = crate::evaluate::plain_text(&parts[0]).parse().ok()?;
                parts[1].get(index)?.clone()
            }
            "Fn::Split" => {
                let parts = resolved();
                parts[1].as_str()?.split(parts[0].as_str()?).map(Json::from).collect()
            }
            other => {
                let mut call = Map::new();
                call.insert(other.to_owned(), resolved());
                Json::Object(call)
            }
        })
    }

    fn reference(&self, name: &str) -> Option<Json> {
        let pseudo = match name {
            "AWS::NoValue" => return None,
            "AWS::Region" => Some(REGION),
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            "AWS::StackName" => Some(self.name.as_str()),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Some(value.into());
        }
        if let Some(parameter) = self.json["Parameters"].get(name) {
            let default = parameter.get("Default").cloned().unwrap_or_else(|| format!("${{{name}}}").into());
            let is_list = parameter["Type"].as_str().is_some_and(|kind| kind.contains("List"));
            return Some(match default.as_str().filter(|_| is_list) {
                Some(list) => list.split(',').map(Json::from).collect(),
                None => default,
            });
        }
        Some(format!("${{{name}}}").into())
    }

    fn substitute(&self, argument: &Json) -> String {
        let (text, given) = match argument {
            Json::Array(parts) => (&parts[0], parts.get(1)),
            text => (text, None),
        };
        let mut parts = text.as_str().unwrap_or_default().split("${");
        let mut result = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            let value = match given.and_then(|given| given.get(name)) {
                Some(value) => self.resolve(value),
                None if name.starts_with('!') => Some(format!("${{{}}}", &name[1..]).into()),
                None if name.contains('.') => Some(format!("${{{name}}}").into()),
                None => self.reference(name),
            };
            result.push_str(&crate::evaluate::plain_text(&value.unwrap_or_default()));
            result.push_str(rest);
        }
        result
    }
}

fn is_function(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

/// The steps of a place: `A.B[c.d].E` is `A`, `B`, `c.d`, `E`.
fn steps(place: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut inside = false;
    let mut step = String::new();
    for c in place.chars() {
        match c {
            '[' if !inside => inside = true,
            ']' if inside => {
                inside = false;
                steps.push(std::mem::take(&mut step));
                continue;
            }
            '.' if !inside => {}
            c => {
                step.push(c);
                continue;
            }
        }
        if !step.is_empty() {
            steps.push(std::mem::take(&mut step));
        }
    }
    steps.extend((!step.is_empty()).then_some(step));
    steps
}

/// What a step leads to: a member; of a list the element with this name or key, else the first that is this text or has
/// all its words as values, else the one at this index.
fn select(value: Json, step: &str) -> Option<Json> {
    match value {
        Json::Object(mut map) => map.remove(step),
        Json::Array(items) => {
            let is_named =
                |item: &Json| ["Name", "Key"].iter().any(|name| item.get(name).is_some_and(|it| it == step));
            let has = |item: &Json, word: &str| {
                item.as_object()
                    .is_some_and(|map| map.values().any(|value| crate::evaluate::plain_text(value) == word))
            };
            let is_meant = |item: &Json| item == step || step.split(' ').all(|word| has(item, word));
            let place = items.iter().position(is_named).or_else(|| items.iter().position(is_meant));
            items.get(place.or_else(|| step.parse().ok())?).cloned()
        }
        _ => None,
    }
}

#[test]
fn places_of_a_template_are_resolved() {
    let text = r#"{
      "Parameters": {
        "Ids": { "Type": "List<AWS::EC2::Subnet::Id>", "Default": "a,b" },
        "Name": { "Type": "String", "Default": "" }
      },
      "Conditions": { "Named": { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "Name" }, ""] }] } },
      "Resources": {
        "Lb": { "Type": "T", "Properties": {
          "Subnets": { "Ref": "Ids" },
          "Url": { "Fn::Sub": "http://${Lb.DNSName}/${AWS::StackName}/${!x}" },
          "Protocol": { "Fn::If": ["Named", "https", "http"] },
          "Port": { "Fn::If": ["Named", 443, { "Ref": "AWS::NoValue" }] },
          "Tags": [{ "Key": "a.b", "Value": { "Fn::Join": ["-", ["x", { "Ref": "AWS::Region" }]] } }],
          "List": ["u", "v"],
          "Rules": [{ "Port": 80, "Cidr": "a" }, { "Port": 443, "Cidr": "a" }, { "Port": 443, "Cidr": "b" }]
        } },
        "Maybe": { "Type": "U", "Condition": "Named" }
      }
    }"#;
    let template = Template::read("dify-dev", text);
    for (place, value) in [
        ("Lb", Some("T".into())),
        ("Lb.Properties.Subnets", Some(serde_json::json!(["a", "b"]))),
        ("Lb.Properties.Url", Some("http://${Lb.DNSName}/dify-dev/${x}".into())),
        ("Lb.Properties.Protocol", Some("http".into())),
        ("Lb.Properties.Port", None),
        ("Lb.Properties.Tags[a.b].Value", Some("x-ap-northeast-1".into())),
        ("Lb.Properties.Tags[0].Key", Some("a.b".into())),
        ("Lb.Properties.List[v]", Some("v".into())),
        ("Lb.Properties.Rules[443].Cidr", Some("a".into())),
        ("Lb.Properties.Rules[443 b].Cidr", Some("b".into())),
        ("Lb.Properties.Rules[0].Port", Some(80.into())),
        ("Maybe", None),
        ("Nothing.Properties", None),
    ] {
        assert_eq!(template.at(place), value, "{place}");
    }
}
