//! A property's value: known now, or computed by CloudFormation.

use serde::{Serialize, Serializer};

use super::{Intrinsic, Json, ToJson};

/// A property's value: known at synthesis, or computed by CloudFormation.
///
/// Serializes to `T` itself or to the intrinsic function's JSON form, so that a derived `Serialize` on a
/// struct of values *is* the rendering.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<T> {
    /// Known now.
    Literal(T),
    /// Computed by CloudFormation.
    Intrinsic(Box<Intrinsic>),
}

impl<T> Value<T> {
    /// The value if it is known now.
    pub fn literal(&self) -> Option<&T> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Intrinsic(_) => None,
        }
    }

    /// The function that gives the value, if it isn't known now.
    pub fn intrinsic(&self) -> Option<&Intrinsic> {
        match self {
            Self::Literal(_) => None,
            Self::Intrinsic(intrinsic) => Some(intrinsic),
        }
    }

    /// The same function as a value of another type; a literal has to be converted by the caller.
    ///
    /// For a `Ref` whose result CloudFormation converts, such as a number parameter in a string property.
    #[must_use]
    pub fn cast<U>(self) -> Option<Value<U>> {
        match self {
            Self::Literal(_) => None,
            Self::Intrinsic(intrinsic) => Some(Value::Intrinsic(intrinsic)),
        }
    }

    /// `AWS::NoValue`: the property is left out.
    pub fn no_value() -> Self {
        Intrinsic::NoValue.into()
    }
}

impl<T: ToJson> Value<T> {
    /// The JSON form of the value, for functions that take values of any type.
    pub fn to_json(&self) -> Json {
        ToJson::to_json(self)
    }
}

impl<T: Serialize> Serialize for Value<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Literal(value) => value.serialize(serializer),
            Self::Intrinsic(function) => function.to_json().serialize(serializer),
        }
    }
}

// One `From` for each scalar: a blanket `From<T> for Value<T>` would forbid `From<&str> for Value<String>`.
macro_rules! literal_from {
    ($($scalar:ty),*) => {$(
        impl From<$scalar> for Value<$scalar> {
            fn from(value: $scalar) -> Self { Self::Literal(value) }
        }
    )*};
}
literal_from!(bool, i64, f64, String, Json);

impl From<&str> for Value<String> {
    fn from(value: &str) -> Self {
        Self::Literal(value.to_owned())
    }
}

impl From<i32> for Value<i64> {
    fn from(value: i32) -> Self {
        Self::Literal(value.into())
    }
}

impl From<u32> for Value<i64> {
    fn from(value: u32) -> Self {
        Self::Literal(value.into())
    }
}

impl From<u16> for Value<i64> {
    fn from(value: u16) -> Self {
        Self::Literal(value.into())
    }
}

impl<T> From<Intrinsic> for Value<T> {
    fn from(intrinsic: Intrinsic) -> Self {
        Self::Intrinsic(Box::new(intrinsic))
    }
}

impl<T, U: Into<Value<T>>> From<Vec<U>> for Value<Vec<Value<T>>> {
    fn from(values: Vec<U>) -> Self {
        Self::Literal(values.into_iter().map(Into::into).collect())
    }
}

impl<T, U: Into<Value<T>>, const N: usize> From<[U; N]> for Value<Vec<Value<T>>> {
    fn from(values: [U; N]) -> Self {
        Self::Literal(values.into_iter().map(Into::into).collect())
    }
}

impl<T, U: Into<Value<T>>> From<indexmap::IndexMap<String, U>>
    for Value<indexmap::IndexMap<String, Value<T>>>
{
    fn from(values: indexmap::IndexMap<String, U>) -> Self {
        Self::Literal(values.into_iter().map(|(key, value)| (key, value.into())).collect())
    }
}
