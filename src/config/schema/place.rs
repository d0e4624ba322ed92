//! Places in the schema: what a value may be there.

use serde_json::Value as Json;

use super::root;
use crate::document::{Node, NodeKind};

/// What a value may be at one place: a list of alternatives, references followed and `anyOf` unfolded.
#[derive(Debug, Clone)]
pub(in crate::config) struct Place {
    alternatives: Vec<&'static Json>,
}

impl Place {
    /// The top level of a file.
    pub(in crate::config) fn top() -> Self {
        Self::of(root())
    }

    /// What a part of the schema allows.
    pub(in crate::config) fn of(schema: &'static Json) -> Self {
        let mut alternatives = Vec::new();
        unfold(schema, &mut alternatives);
        Self { alternatives }
    }

    /// The part of the schema at a JSON pointer into it.
    pub(super) fn at(pointer: &str) -> Self {
        root().pointer(pointer).map_or(Self { alternatives: Vec::new() }, Self::of)
    }

    /// What may stand under a key; `None` if the key isn't known here.
    pub(in crate::config) fn key(&self, key: &str) -> Option<Self> {
        let mut alternatives = Vec::new();
        for schema in &self.alternatives {
            let known = schema.get("properties").and_then(|keys| keys.get(key));
            let any = || schema.get("additionalProperties").filter(|any| any.is_object());
            if let Some(schema) = known.or_else(any) {
                unfold(schema, &mut alternatives);
            }
        }
        (!alternatives.is_empty()).then_some(Self { alternatives })
    }

    /// What the elements of a list may be.
    pub(in crate::config) fn item(&self) -> Option<Self> {
        let mut alternatives = Vec::new();
        for schema in self.alternatives.iter().filter_map(|schema| schema.get("items")) {
            unfold(schema, &mut alternatives);
        }
        (!alternatives.is_empty()).then_some(Self { alternatives })
    }

    /// The keys that are known here by name, and what may stand under them.
    pub(in crate::config) fn keys(&self) -> impl Iterator<Item = (&'static str, &'static Json)> + Clone {
        self.alternatives
            .iter()
            .filter_map(|schema| schema.get("properties").and_then(Json::as_object))
            .flat_map(|keys| keys.iter().map(|(key, schema)| (key.as_str(), schema)))
    }

    /// What may stand under keys of the user's own choice, if there are such.
    pub(in crate::config) fn any_key(&self) -> Option<Self> {
        let mut alternatives = Vec::new();
        for schema in self.alternatives.iter().filter_map(|schema| schema.get("additionalProperties")) {
            if schema.is_object() {
                unfold(schema, &mut alternatives);
            }
        }
        (!alternatives.is_empty()).then_some(Self { alternatives })
    }

    /// The alternatives.
    pub(in crate::config) fn alternatives(&self) -> &[&'static Json] {
        &self.alternatives
    }

    /// Whether text is taken here, and neither numbers nor booleans.
    pub(in crate::config) fn is_for_text(&self) -> bool {
        self.takes("string") && !self.takes("number") && !self.takes("integer") && !self.takes("boolean")
    }

    /// Whether a value of a JSON type is taken here, as far as the type decides.
    pub(in crate::config) fn takes(&self, kind: &str) -> bool {
        self.alternatives.iter().any(|schema| has_type(schema, kind))
    }

    /// What is allowed here, for messages: `a whole number`, or ``one of `a` and `b` ``.
    pub(super) fn describe(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for schema in &self.alternatives {
            for part in describe(schema) {
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        or(&parts)
    }

    /// The texts that are allowed here by name.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.alternatives
            .iter()
            .flat_map(|schema| {
                let several = schema.get("enum").and_then(Json::as_array);
                schema.get("const").into_iter().chain(several.into_iter().flatten())
            })
            .filter_map(Json::as_str)
    }
}

/// Whether a schema has the JSON type among its types; one without types has all.
pub(super) fn has_type(schema: &Json, kind: &str) -> bool {
    match schema.get("type") {
        None => true,
        Some(Json::String(only)) => only == kind,
        Some(Json::Array(several)) => several.iter().any(|one| one == kind),
        Some(_) => false,
    }
}

/// Whether the type of a value is one that a schema has.
pub(super) fn fits_type(schema: &Json, node: &Node) -> bool {
    match &node.kind {
        NodeKind::Null => has_type(schema, "null"),
        NodeKind::Bool(_) => has_type(schema, "boolean"),
        NodeKind::String(_) => has_type(schema, "string"),
        NodeKind::Sequence(_) => has_type(schema, "array"),
        NodeKind::Mapping(_) => has_type(schema, "object"),
        NodeKind::Number(number) => {
            let is_whole = number.as_f64().is_some_and(|number| number.fract() == 0.0);
            has_type(schema, "number") || (is_whole && has_type(schema, "integer"))
        }
    }
}

/// Follows references and unfolds `anyOf` and `oneOf`.
pub(super) fn unfold(schema: &'static Json, into: &mut Vec<&'static Json>) {
    if let Some(target) = schema.get("$ref").and_then(Json::as_str) {
        if let Some(schema) = target.strip_prefix('#').and_then(|pointer| root().pointer(pointer)) {
            unfold(schema, into);
        }
        return;
    }
    let branches = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array);
    match branches {
        Some(branches) => branches.iter().for_each(|branch| unfold(branch, into)),
        None => into.push(schema),
    }
}

/// What one alternative allows. Nothing for `null`: "leave it out" goes without saying.
fn describe(schema: &Json) -> Vec<String> {
    if let Some(name) = schema.get("const") {
        return vec![quoted(name)];
    }
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        return values.iter().filter(|value| !value.is_null()).map(quoted).collect();
    }
    // The title of the whole schema is the file's name.
    if let Some(title) = schema.get("title").and_then(Json::as_str)
        && schema.get("$schema").is_none()
    {
        return vec![title.to_owned()];
    }
    [
        ("string", "a text"),
        ("boolean", "true or false"),
        ("integer", "a whole number"),
        ("number", "a number"),
        ("array", "a list"),
        ("object", "a map"),
    ]
    .iter()
    .filter(|(kind, _)| has_type(schema, kind))
    .map(|(kind, words)| match *kind {
        "integer" | "number" => format!("{words}{}", range(schema)),
        _ => (*words).to_owned(),
    })
    .collect()
}

/// The bounds of a number, in words that follow it. That there are none below 0 goes without saying.
fn range(schema: &Json) -> String {
    let bound = |name: &str| schema.get(name).and_then(Json::as_f64);
    match (bound("minimum").filter(|least| *least > 0.0), bound("maximum")) {
        (least, Some(most)) => format!(" from {} to {most}", least.unwrap_or_default()),
        (Some(least), None) => format!(" of {least} or more"),
        (None, None) => String::new(),
    }
}

fn quoted(value: &Json) -> String {
    match value {
        Json::String(text) => format!("`{text}`"),
        other => other.to_string(),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(in crate::config) fn or(parts: &[String]) -> String {
    match parts {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
