//! What a seed document declares: every resource with its attributes, as names and values without the prose around them.
//!
//! `tests/fixtures/seeds/*.json` keeps it, so that the tests need no document. To refresh it, put the documents' folder beside
//! the repository (`../shared/seeds`) and run `UPDATE_SEEDS=1 cargo test --test seeds`.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::hcl::{Expression, Item, Part, piece};

/// Attributes by path, such as `health_check.path` or `container_definitions[dify-api].environment[MODE]`. Values are
/// expressions in the canonical form of [`crate::hcl`].
pub(crate) type Attributes = IndexMap<String, String>;

/// A seed document's facts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The document's file name.
    pub(crate) document: String,
    /// Resources, data sources (`data.…`) and `locals`, by address, in the document's order.
    pub(crate) resources: IndexMap<String, Attributes>,
    /// Variables that are declared or used, with their defaults.
    pub(crate) variables: IndexMap<String, Option<String>>,
    /// Addresses that are referred to without being declared.
    pub(crate) not_shown: BTreeSet<String>,
    /// What later excerpts of the document say otherwise than the declarations: path and value.
    pub(crate) excerpts: Vec<(String, String)>,
}

/// Reads a document.
///
/// # Errors
/// The first piece of code that can't be read, with its line.
pub(crate) fn extract(document: &str, text: &str) -> Result<Facts, String> {
    let mut facts = Facts { document: document.to_owned(), ..Facts::default() };
    let mut loose = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        if begins_code(&text[at..line_end]) {
            let (items, end) = piece(text, at)?;
            for item in items {
                facts.add(&item, &mut loose)?;
            }
            at = end;
        } else {
            at = line_end;
        }
    }
    facts.keep_differing(&loose);
    facts.find_uses();
    Ok(facts)
}

/// Whether a line begins a block, an attribute or a bare object. Prose, commands and drawings don't.
pub(crate) fn begins_code(line: &str) -> bool {
    let line = line.trim();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let rest = rest.trim_start();
    if word.is_empty() {
        return line == "{";
    }
    let is_assignment = rest.starts_with("= ") && line.as_bytes()[end] == b' ';
    is_assignment
        || (rest.ends_with('{') && rest.trim_end_matches('{').split_whitespace().all(|l| l.starts_with('"')))
}

impl Facts {
    fn add(&mut self, item: &Item, loose: &mut Vec<(String, String)>) -> Result<(), String> {
        let Item::Block(kind, labels, body) = item else {
            loose.extend(flattened(std::slice::from_ref(item)));
            return Ok(());
        };
        let address = match (kind.as_str(), labels.as_slice()) {
            ("resource", [kind, name]) => format!("{kind}.{name}"),
            ("data", [kind, name]) => format!("data.{kind}.{name}"),
            ("locals", []) => "locals".to_owned(),
            ("variable", [name]) => {
                let default = body.iter().find_map(|item| match item {
                    Item::Attribute(key, value) if key == "default" => Some(value.to_string()),
                    _ => None,
                });
                self.variables.insert(name.clone(), default);
                return Ok(());
            }
            (_, []) => {
                loose.extend(flattened(std::slice::from_ref(item)));
                return Ok(());
            }
            _ => return Err(format!("a block `{kind}` with labels {labels:?} isn't known")),
        };
        let attributes = flattened(body);
        match self.resources.get_mut(&address) {
            None => {
                self.resources.insert(address, attributes);
            }
            // `locals` may be declared in parts; a resource that is shown again is an excerpt.
            Some(shown) if address == "locals" => shown.extend(attributes),
            Some(_) => {
                loose
                    .extend(attributes.into_iter().map(|(path, value)| (format!("{address}.{path}"), value)));
            }
        }
        Ok(())
    }

    /// Keeps of the excerpts what no declaration says.
    fn keep_differing(&mut self, loose: &[(String, String)]) {
        for (path, value) in loose {
            let wanted = segments(path);
            let said = self.resources.iter().any(|(address, attributes)| {
                attributes.iter().any(|(path, said)| {
                    said == value && segments(&format!("{address}.{path}")).ends_with(&wanted)
                })
            });
            let excerpt = (path.clone(), value.clone());
            if !said && !self.excerpts.contains(&excerpt) {
                self.excerpts.push(excerpt);
            }
        }
    }

    fn find_uses(&mut self) {
        let mut names = BTreeSet::new();
        let excerpts = self.excerpts.iter().map(|(_, value)| value);
        let texts = self.resources.values().flat_map(IndexMap::values).chain(excerpts);
        for text in texts {
            if let Ok(expression) = crate::hcl::expression(text) {
                names_in(&expression, &mut names);
            }
        }
        for name in names {
            let parts: Vec<&str> = name.split('.').collect();
            match parts.as_slice() {
                ["var", variable, ..] => {
                    self.variables.entry((*variable).to_owned()).or_insert(None);
                }
                [kind, resource, ..] if kind.starts_with("aws_") => {
                    let resource = resource.split('[').next().unwrap_or(resource);
                    let address = format!("{kind}.{resource}");
                    if !self.resources.contains_key(&address) {
                        self.not_shown.insert(address);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The steps of a path: `a[b].c` is `a`, `b`, `c`.
pub(crate) fn segments(path: &str) -> Vec<&str> {
    path.split(['.', '[', ']']).filter(|segment| !segment.is_empty()).collect()
}

/// Every path of names that an expression uses.
fn names_in(expression: &Expression, found: &mut BTreeSet<String>) {
    match expression {
        Expression::Name(name) => {
            found.insert(name.clone());
        }
        Expression::Text(parts) => parts.iter().for_each(|part| {
            if let Part::Interpolated(inner) = part {
                names_in(inner, found);
            }
        }),
        Expression::List(items) | Expression::Call(_, items) => {
            for item in items {
                names_in(item, found);
            }
        }
        Expression::Object(pairs) => pairs.iter().for_each(|(_, value)| names_in(value, found)),
        Expression::Conditional(parts) => parts.iter().for_each(|part| names_in(part, found)),
        Expression::Comparison(sides, _) | Expression::For(_, sides) => {
            sides.iter().for_each(|side| names_in(side, found));
        }
        Expression::Number(_) => {}
    }
}

fn flattened(body: &[Item]) -> Attributes {
    let mut found = Attributes::new();
    flatten_body("", body, &mut found);
    found
}

/// The attributes of a body. Blocks of one kind that occur more than once are told apart by their `name`, else by their place.
fn flatten_body(prefix: &str, body: &[Item], found: &mut Attributes) {
    for (place, item) in body.iter().enumerate() {
        match item {
            Item::Attribute(name, value) => flatten(&format!("{prefix}{name}"), value, found),
            Item::Block(kind, _, inner) => {
                let is_same = |other: &&Item| matches!(other, Item::Block(name, ..) if name == kind);
                let name = inner.iter().find_map(|item| match item {
                    Item::Attribute(key, Expression::Text(parts)) if key == "name" => Some(parts),
                    _ => None,
                });
                let selector = match name.map(Vec::as_slice) {
                    Some([Part::Plain(name)]) => format!("[{name}]"),
                    _ if body.iter().filter(is_same).count() > 1 => {
                        format!("[{}]", body[..place].iter().filter(is_same).count())
                    }
                    _ => String::new(),
                };
                flatten_body(&format!("{prefix}{kind}{selector}."), inner, found);
            }
        }
    }
}

fn flatten(path: &str, value: &Expression, found: &mut Attributes) {
    match value {
        Expression::Call(name, arguments) if name == "jsonencode" && arguments.len() == 1 => {
            flatten(path, &arguments[0], found);
        }
        Expression::Object(pairs) if !pairs.is_empty() => flatten_object(path, pairs, found),
        Expression::List(items) if items.iter().any(|item| matches!(item, Expression::Object(_))) => {
            for (place, item) in items.iter().enumerate() {
                let selector = literal(item, "name").unwrap_or_else(|| place.to_string());
                flatten(&format!("{path}[{selector}]"), item, found);
            }
        }
        // `[for name, value in { … } : { name = name, value = tostring(value) }]`: a map written as a list.
        Expression::For(names, parts) if names.len() == 2 => match &parts[0] {
            Expression::Object(pairs) => {
                for (key, value) in pairs {
                    flatten(&format!("{path}[{}]", key_text(key)), value, found);
                }
            }
            _ => {
                found.insert(path.to_owned(), value.to_string());
            }
        },
        value => {
            found.insert(path.to_owned(), value.to_string());
        }
    }
}

fn flatten_object(path: &str, pairs: &[(Expression, Expression)], found: &mut Attributes) {
    let keys: Vec<String> = pairs.iter().map(|(key, _)| key_text(key)).collect();
    // An environment variable or secret is one attribute, by its name.
    if let ["name", "value" | "valueFrom"] = keys.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        let name = key_text(&pairs[0].1);
        let path =
            if path.ends_with(&format!("[{name}]")) { path.to_owned() } else { format!("{path}[{name}]") };
        found.insert(path, pairs[1].1.to_string());
        return;
    }
    // A container of a list that is shown alone is named as it is in the list.
    let own = if path.is_empty() { literal_of(pairs, "name").map(|name| format!("[{name}]")) } else { None };
    let path = own.as_deref().unwrap_or(path);
    for (key, (_, value)) in keys.iter().zip(pairs) {
        let separator = if path.is_empty() { "" } else { "." };
        flatten(&format!("{path}{separator}{key}"), value, found);
    }
}

fn literal(item: &Expression, key: &str) -> Option<String> {
    match item {
        Expression::Object(pairs) => literal_of(pairs, key),
        _ => None,
    }
}

fn literal_of(pairs: &[(Expression, Expression)], key: &str) -> Option<String> {
    pairs.iter().find(|(name, _)| key_text(name) == key).map(|(_, value)| key_text(value))
}

/// A key or a plain text without its quotes.
fn key_text(expression: &Expression) -> String {
    match expression {
        Expression::Text(parts) => match parts.as_slice() {
            [Part::Plain(text)] => text.clone(),
            _ => expression.to_string(),
        },
        _ => expression.to_string(),
    }
}

#[test]
fn a_document_becomes_facts() {
    let text = r#"
Prose that = isn't code, and a command with user=x:
resource "aws_lb" "dify" {
  name = "dify-${var.env}"
  subnets = data.aws_subnets.public.ids
  setting {
    name  = "insights"
    value = "on"
  }
  ingress { 
    port = 80
  }
  ingress {
    port = 443
  }
  containers = jsonencode([
    {
      name = "web"
      environment = [{ name = "MODE", value = "api" }]
      secrets = [for name, value in { KEY = aws_x.key.arn } : { name = name, value = tostring(value) }]
    },
  ])
}
variable "env" {
  default = "dev"
}

resource "aws_lb" "dify" {
  name = "dify-${var.env}"
  internal = true
}
port = 443
{
  name = "web"
  environment = [
    { name = "MODE", value = "worker" }
  ]
}
"#;
    let facts = extract("a.txt", text).unwrap();
    let attributes: Vec<(&str, &str)> =
        facts.resources["aws_lb.dify"].iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
    assert_eq!(
        attributes,
        [
            ("name", r#""dify-${var.env}""#),
            ("subnets", "data.aws_subnets.public.ids"),
            ("setting[insights].name", r#""insights""#),
            ("setting[insights].value", r#""on""#),
            ("ingress[0].port", "80"),
            ("ingress[1].port", "443"),
            ("containers[web].name", r#""web""#),
            ("containers[web].environment[MODE]", r#""api""#),
            ("containers[web].secrets[KEY]", "aws_x.key.arn"),
        ]
    );
    assert_eq!(facts.variables.get("env").cloned().flatten().as_deref(), Some(r#""dev""#));
    assert_eq!(facts.not_shown.iter().collect::<Vec<_>>(), ["aws_x.key"]);
    let excerpts: Vec<&str> = facts.excerpts.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(excerpts, ["aws_lb.dify.internal", "[web].environment[MODE]"]);
}
