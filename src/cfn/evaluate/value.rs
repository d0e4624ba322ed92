//! What an expression of a template comes to: known, or unknown with what it depends on.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::cfn::{Json, Map};

/// A value of an evaluated template, with the place in the template that gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated<'t> {
    /// What it comes to.
    pub data: Data<'t>,
    /// The literal or the function call in the template; of a `Fn::If` the branch that was taken.
    pub source: &'t Json,
}

/// What an expression comes to. What is left out (`AWS::NoValue`) isn't there at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Data<'t> {
    /// `null`, which CloudFormation refuses.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Cow<'t, serde_json::Number>),
    /// A text that is known in full.
    Text(Cow<'t, str>),
    /// A list. Clones share it, since rules pass values on.
    List(Arc<[Evaluated<'t>]>),
    /// An object, its keys in the template's order; shared as lists are.
    Object(Arc<[(&'t str, Evaluated<'t>)]>),
    /// What can't be known before the stack is there.
    Unknown(Unknown<'t>),
}

/// What can't be known before the stack is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown<'t> {
    /// What kind of value it will be.
    pub kind: Kind,
    /// What it depends on. Unknowns of the same origin have the same value.
    pub origin: Origin<'t>,
}

/// What kind of value an unknown will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A text, or a number or boolean: CloudFormation converts one into the other.
    Scalar,
    /// A list.
    List,
    /// An object.
    Object,
    /// That isn't known either.
    Any,
}

/// What an unknown depends on.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin<'t> {
    /// `Ref` to a resource.
    Resource(&'t str),
    /// An attribute of a resource.
    Attribute(&'t str, Cow<'t, str>),
    /// A parameter whose value isn't known.
    Parameter(&'t str),
    /// A pseudo parameter whose value isn't known.
    Pseudo(&'t str),
    /// The zones of a region, in the order of their names; which a region has depends on the account.
    Zones(Box<Data<'t>>),
    /// The export of that name, of another stack.
    Import(Box<Data<'t>>),
    /// An item of an unknown list.
    Item(Box<Unknown<'t>>, usize),
    /// A text of which parts are known.
    Text(Vec<Piece<'t>>),
    /// A dynamic reference: what stands between `{{resolve:` and `}}`.
    Dynamic(Vec<Piece<'t>>),
    /// Another call whose result depends on something unknown, or that fails.
    Call(&'t Json),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece<'t> {
    /// Known.
    Text(Cow<'t, str>),
    /// Not known; a scalar.
    Unknown(Unknown<'t>),
}

impl<'t> Evaluated<'t> {
    /// The member of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.data.get(key)
    }

    /// The value at a path of members.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        if let Data::List(items) = &self.data { items } else { &[] }
    }

    /// The text of a known scalar, as CloudFormation converts it.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.data.text()
    }

    /// The whole number of a known number or of a text that is one.
    pub fn integer(&self) -> Option<i64> {
        match &self.data {
            Data::Number(number) => number.as_i64(),
            Data::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A known number, or that of a text that is one.
    pub fn number(&self) -> Option<f64> {
        match &self.data {
            Data::Number(number) => number.as_f64(),
            Data::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// True or false, also of the texts `true` and `false`.
    pub fn boolean(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(value) => Some(*value),
            Data::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// What can't be known.
    pub fn unknown(&self) -> Option<&Unknown<'t>> {
        if let Data::Unknown(unknown) = &self.data { Some(unknown) } else { None }
    }

    /// The resource that a `Ref` or `Fn::GetAtt` names, if the value is exactly that.
    pub fn resource(&self) -> Option<&'t str> {
        match self.unknown()?.origin {
            Origin::Resource(id) | Origin::Attribute(id, _) => Some(id),
            _ => None,
        }
    }

    /// The resource and attribute of a `Fn::GetAtt`, if the value is exactly that.
    pub fn attribute(&self) -> Option<(&'t str, &str)> {
        match &self.unknown()?.origin {
            Origin::Attribute(id, attribute) => Some((id, attribute)),
            _ => None,
        }
    }

    /// The value as JSON; `None` if a part of it is unknown.
    pub fn to_json(&self) -> Option<Json> {
        Some(match &self.data {
            Data::Null => Json::Null,
            Data::Bool(value) => Json::Bool(*value),
            Data::Number(number) => Json::Number(number.clone().into_owned()),
            Data::Text(text) => Json::String(text.clone().into_owned()),
            Data::List(items) => Json::Array(items.iter().map(Self::to_json).collect::<Option<_>>()?),
            Data::Object(members) => Json::Object(
                members
                    .iter()
                    .map(|(key, value)| Some(((*key).to_owned(), value.to_json()?)))
                    .collect::<Option<Map>>()?,
            ),
            Data::Unknown(_) => return None,
        })
    }

    /// Whether the template has the value in so many words, without a function.
    pub fn is_literal(&self) -> bool {
        super::as_call(self.source).is_none()
    }
}

impl Piece<'_> {
    /// About how much memory it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.len() + 16,
            Self::Unknown(unknown) => unknown.weight(),
        }
    }
}

impl Unknown<'_> {
    fn weight(&self) -> usize {
        64 + match &self.origin {
            Origin::Text(pieces) | Origin::Dynamic(pieces) => pieces.iter().map(Piece::weight).sum(),
            Origin::Item(of, _) => of.weight(),
            Origin::Import(data) | Origin::Zones(data) => match &**data {
                Data::Text(text) => text.len(),
                Data::Unknown(unknown) => unknown.weight(),
                _ => 0,
            },
            _ => 0,
        }
    }
}

impl<'t> Data<'t> {
    /// The member of an object.
    pub fn get(&self, key: &str) -> Option<&Evaluated<'t>> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The member of an object, by the bytes of its key.
    pub(crate) fn get_bytes(&self, key: &[u8]) -> Option<&Evaluated<'t>> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(name, _)| name.as_bytes() == key).map(|(_, value)| value)
    }

    /// The text of a known scalar, as CloudFormation converts it.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(number) => Some(Cow::Owned(number_text(number))),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            _ => None,
        }
    }

    /// The parts of a scalar as a text; `None` of what is no scalar.
    pub fn pieces(&self) -> Option<Vec<Piece<'t>>> {
        let mut pieces = Vec::with_capacity(1);
        self.add_to(&mut pieces).then_some(pieces)
    }

    /// Adds the parts of a scalar as a text; false of what is no scalar.
    pub(super) fn add_to(&self, pieces: &mut Vec<Piece<'t>>) -> bool {
        match self {
            Self::Text(text) => pieces.push(Piece::Text(text.clone())),
            Self::Unknown(Unknown { origin: Origin::Text(parts), .. }) => pieces.extend_from_slice(parts),
            Self::Unknown(unknown) if matches!(unknown.kind, Kind::Scalar | Kind::Any) => {
                pieces.push(Piece::Unknown(unknown.clone()));
            }
            scalar => match scalar.text() {
                Some(text) => pieces.push(Piece::Text(Cow::Owned(text.into_owned()))),
                None => return false,
            },
        }
        true
    }

    /// An unknown.
    pub(super) fn unknown(kind: Kind, origin: Origin<'t>) -> Self {
        Self::Unknown(Unknown { kind, origin })
    }
}

/// A number as a text. To write a whole number by itself takes a third of the time.
pub(crate) fn number_text(number: &serde_json::Number) -> String {
    number.as_i64().map_or_else(|| number.to_string(), |whole| whole.to_string())
}

impl fmt::Display for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin.fmt(f)
    }
}

impl fmt::Display for Origin<'_> {
    /// As it would stand in the text of a `Fn::Sub`, as far as it can.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Text after text is written in a third of the time that a format takes.
        match self {
            Self::Resource(name) | Self::Parameter(name) | Self::Pseudo(name) => {
                ["${", name, "}"].into_iter().try_for_each(|part| f.write_str(part))
            }
            Self::Attribute(id, attribute) => {
                ["${", id, ".", attribute, "}"].into_iter().try_for_each(|part| f.write_str(part))
            }
            Self::Zones(_) => f.write_str("${zones}"),
            Self::Import(_) => f.write_str("${import}"),
            Self::Item(of, index) => write!(f, "{of}[{index}]"),
            Self::Text(pieces) => pieces.iter().try_for_each(|piece| piece.fmt(f)),
            Self::Dynamic(pieces) => {
                f.write_str("{{resolve:")?;
                pieces.iter().try_for_each(|piece| piece.fmt(f))?;
                f.write_str("}}")
            }
            Self::Call(_) => f.write_str("${…}"),
        }
    }
}

impl fmt::Display for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Unknown(unknown) => unknown.fmt(f),
        }
    }
}
