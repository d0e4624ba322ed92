//! Which short form a value has.

use std::borrow::Cow;

use crate::cfn::{Json, Map, function};

/// A value as YAML has it.
pub(super) struct Form<'a> {
    /// A function's short name, to be written as a tag.
    pub(super) tag: Option<&'static str>,
    pub(super) body: Body<'a>,
}

pub(super) enum Body<'a> {
    /// Null, a boolean or a number.
    Literal(Cow<'static, str>),
    Text(Cow<'a, str>),
    List(&'a [Json]),
    Map(&'a Map),
}

impl<'a> Form<'a> {
    /// The form of a value. `in_conditions`: inside an expression, where `{"Condition": …}` is a function.
    pub(super) fn of(json: &'a Json, in_conditions: bool) -> Self {
        let body = match json {
            Json::Object(map) => return Self::of_map(map, in_conditions),
            Json::Null => Body::Literal("null".into()),
            Json::Bool(true) => Body::Literal("true".into()),
            Json::Bool(false) => Body::Literal("false".into()),
            Json::Number(value) => Body::Literal(number(value).into()),
            Json::String(text) => Body::Text(Cow::Borrowed(text)),
            Json::Array(items) => Body::List(items),
        };
        Self { tag: None, body }
    }

    /// The form of an object.
    pub(super) fn of_map(map: &'a Map, in_conditions: bool) -> Self {
        short(map, in_conditions).unwrap_or(Self { tag: None, body: Body::Map(map) })
    }

    /// The form of a text.
    pub(super) fn of_text(text: &'a str) -> Self {
        Self { tag: None, body: Body::Text(Cow::Borrowed(text)) }
    }

    /// Whether it is one scalar.
    pub(super) fn is_scalar(&self) -> bool {
        matches!(self.body, Body::Literal(_) | Body::Text(_))
    }
}

/// The short form of a function, if it may have one.
///
/// A tag can't follow a tag, so a function whose argument is one itself stays long; and since a tagged scalar is always
/// text, so does one whose argument is a number or boolean.
fn short(map: &Map, in_conditions: bool) -> Option<Form<'_>> {
    let mut entries = map.iter();
    let (Some((name, argument)), None) = (entries.next(), entries.next()) else { return None };
    let tag = function::short(name)?;
    if tag == "Condition" && !in_conditions {
        return None;
    }
    let body = match (tag, argument) {
        ("GetAtt", Json::Array(items)) => match items.as_slice() {
            [Json::String(id), Json::String(attribute)]
                if !id.is_empty() && !id.contains('.') && !attribute.is_empty() =>
            {
                Body::Text(Cow::Owned([id, ".", attribute].concat()))
            }
            _ => Body::List(items),
        },
        (_, Json::String(text)) => Body::Text(Cow::Borrowed(text)),
        ("Ref" | "Condition", _) => return None,
        (_, Json::Array(items)) => Body::List(items),
        ("Length" | "ToJsonString" | "Transform" | "GetStackOutput", Json::Object(map))
            if short(map, in_conditions).is_none() =>
        {
            Body::Map(map)
        }
        _ => return None,
    };
    Some(Form { tag: Some(tag), body })
}

/// A number as YAML 1.1 and 1.2 both take it for one: with a point and a signed exponent.
fn number(number: &serde_json::Number) -> String {
    let text = number.to_string();
    match text.split_once('e') {
        None => text,
        Some((mantissa, exponent)) => {
            let point = if mantissa.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
            format!("{mantissa}{point}e{sign}{exponent}")
        }
    }
}
