//! What a value of a seed comes to with the inputs of an environment.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::facts::Facts;
use crate::hcl::{Expression, Part, expression};

/// What a seed's values are evaluated with.
#[derive(Debug)]
pub(crate) struct Inputs<'a> {
    /// The seed's declarations.
    pub(crate) facts: &'a Facts,
    /// Values of variables and look-ups, such as `var.env` and `data.aws_vpc.main.id`.
    pub(crate) given: BTreeMap<String, Json>,
    /// The logical id that each address became.
    pub(crate) logical_ids: BTreeMap<String, String>,
    /// Whether an attribute that another resource declares stands for its value; else for a reference to that resource.
    pub(crate) by_value: bool,
}

impl Inputs<'_> {
    /// The value of an attribute's text; `None` if only Terraform or AWS can know it. A reference to a resource is a text
    /// `${LogicalId}`.
    pub(crate) fn value(&self, text: &str) -> Option<Json> {
        // What the document masks.
        let text = match self.given.get("***") {
            Some(mask) => text.replace("***", &plain_text(mask)),
            None => text.to_owned(),
        };
        self.evaluate(&expression(&text).ok()?, &BTreeMap::new())
    }

    fn evaluate(&self, expression: &Expression, bound: &BTreeMap<String, Json>) -> Option<Json> {
        match expression {
            Expression::Number(text) => {
                Some(Json::String(text.strip_suffix(".0").unwrap_or(text).to_owned()))
            }
            Expression::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Plain(plain) => text.push_str(plain),
                        Part::Interpolated(inner) => {
                            text.push_str(&plain_text(&self.evaluate(inner, bound)?));
                        }
                    }
                }
                Some(Json::String(text))
            }
            Expression::Name(name) => bound.get(name).cloned().or_else(|| self.named(name)),
            Expression::List(items) => {
                let items: Option<Vec<Json>> = items.iter().map(|item| self.evaluate(item, bound)).collect();
                items.map(Json::Array)
            }
            Expression::Object(pairs) => {
                let pairs =
                    pairs.iter().map(|(key, value)| Some((key.to_string(), self.evaluate(value, bound)?)));
                pairs.collect::<Option<serde_json::Map<_, _>>>().map(Json::Object)
            }
            Expression::Call(name, arguments) => {
                let [argument] = arguments.as_slice() else { return None };
                let argument = self.evaluate(argument, bound)?;
                match (name.as_str(), argument) {
                    ("tostring", argument) => Some(Json::String(plain_text(&argument))),
                    ("values", Json::Object(map)) => Some(map.into_iter().map(|(_, value)| value).collect()),
                    ("flatten", Json::Array(lists)) => Some(
                        lists
                            .into_iter()
                            .flat_map(|list| list.as_array().cloned().unwrap_or_default())
                            .collect(),
                    ),
                    _ => None,
                }
            }
            Expression::Conditional(parts) => match self.evaluate(&parts[0], bound)? {
                Json::Bool(true) => self.evaluate(&parts[1], bound),
                Json::Bool(false) => self.evaluate(&parts[2], bound),
                _ => None,
            },
            Expression::Comparison(sides, equal) => {
                let (left, right) = (self.evaluate(&sides[0], bound)?, self.evaluate(&sides[1], bound)?);
                Some(Json::Bool((left == right) == *equal))
            }
            Expression::For(names, parts) => {
                let Json::Array(items) = self.evaluate(&parts[0], bound)? else { return None };
                let [name] = names.as_slice() else { return None };
                let each = items.into_iter().map(|item| {
                    let mut bound = bound.clone();
                    bound.insert(name.clone(), item);
                    self.evaluate(&parts[1], &bound)
                });
                each.collect::<Option<Vec<_>>>().map(Json::Array)
            }
        }
    }

    fn named(&self, name: &str) -> Option<Json> {
        if let Some(given) = self.given.get(name) {
            return Some(given.clone());
        }
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            ["true"] => Some(Json::Bool(true)),
            ["false"] => Some(Json::Bool(false)),
            ["null"] => Some(Json::Null),
            ["var", variable] => self.value(self.facts.variables.get(*variable)?.as_deref()?),
            ["local", local] => self.value(self.facts.resources.get("locals")?.get(*local)?),
            [kind, resource, attribute @ ..] => {
                let resource = resource.split('[').next().unwrap_or(resource);
                let address = format!("{kind}.{resource}");
                let declared = self.facts.resources.get(&address);
                match declared
                    .and_then(|attributes| attributes.get(&attribute.join(".")))
                    .filter(|_| self.by_value)
                {
                    Some(text) => self.value(text),
                    None => self.logical_ids.get(&address).map(|id| Json::String(format!("${{{id}}}"))),
                }
            }
            _ => None,
        }
    }
}

/// A value as a text shows it.
pub(crate) fn plain_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a seed's value and the template's are the same: numbers and texts alike are compared as text, lists in any
/// order, and of a reference only the resource counts, since the two languages call attributes differently.
pub(crate) fn same(seed: &Json, template: Option<&Json>) -> bool {
    match (seed, template) {
        (Json::Null, template) => template.is_none_or(Json::is_null),
        (_, None) => false,
        (Json::Array(seed), Some(Json::Array(template))) => {
            seed.len() == template.len()
                && seed.iter().all(|value| template.iter().any(|other| same(value, Some(other))))
        }
        (seed, Some(template)) => {
            without_attributes(&plain_text(seed)) == without_attributes(&plain_text(template))
        }
    }
}

/// `${Database.Endpoint.Address}` as `${Database}`.
fn without_attributes(text: &str) -> String {
    let mut parts = text.split("${");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (reference, rest) = part.split_once('}').unwrap_or((part, ""));
        let id = reference.split('.').next().unwrap_or(reference);
        result.extend(["${", id, "}", rest]);
    }
    result
}

#[test]
fn values_follow_from_the_inputs() {
    let text = r#"
resource "aws_db" "one" {
  name = "dify-${var.env}"
  days = var.env == "prd" ? 14 : 7
}
locals {
  paths = ["/a", "/b"]
}
"#;
    let facts = crate::facts::extract("a.txt", text).unwrap();
    let given = [("var.env", "prd"), ("var.name", "x"), ("***", "mask")]
        .map(|(name, value)| (name.to_owned(), Json::from(value)));
    let ids = [("aws_db.one".to_owned(), "Database".to_owned())];
    let mut inputs = Inputs { facts: &facts, given: given.into(), logical_ids: ids.into(), by_value: true };
    for (text, value) in [
        (r#"var.env == "prd" ? 14 : 7"#, Some("14".into())),
        (r#"var.env != "prd""#, Some(false.into())),
        (r#""${var.name}-${aws_db.one.name}""#, Some("x-dify-prd".into())),
        ("aws_db.one.endpoint", Some("${Database}".into())),
        (r#"[for path in local.paths : "${path}/*"]"#, Some(serde_json::json!(["/a/*", "/b/*"]))),
        ("random_password.x.result", None),
        ("count.index", None),
        (r#""a/***/b""#, Some("a/mask/b".into())),
        ("null", Some(Json::Null)),
    ] {
        assert_eq!(inputs.value(text), value, "{text}");
    }
    inputs.by_value = false;
    assert_eq!(inputs.value("aws_db.one.name"), Some("${Database}".into()));
}

#[test]
fn values_are_compared_by_what_they_mean() {
    let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
    assert!(same(&"5432".into(), Some(&json("5432"))));
    assert!(same(&"http://${Lb}/x".into(), Some(&"http://${Lb.DNSName}/x".into())));
    assert!(same(&json(r#"["a", "b"]"#), Some(&json(r#"["b", "a"]"#))));
    assert!(same(&Json::Null, None));
    assert!(!same(&"a".into(), None));
    assert!(!same(&json(r#"["a", "b"]"#), Some(&json(r#"["b", "c"]"#))));
}
