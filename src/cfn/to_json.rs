//! The JSON form of what a template is made of.

use indexmap::IndexMap;

use super::{Json, Map, Value};

/// 2⁵³: up to here every whole number is exact.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

/// What can stand in a template. Unlike a `Serialize`, it can't fail and is made without a serializer, so that the
/// hundreds of generated types compile to little and render fast.
pub trait ToJson {
    /// Whether whole numbers are written without a fraction inside the functions that give such a value, too: `60`, not
    /// `60.0`. Many properties that schemas call a number are integers for the service behind, which doesn't read `60.0`.
    const IS_NUMBER: bool = false;

    /// The form that it has in a template, functions long.
    fn to_json(&self) -> Json;
}

impl ToJson for bool {
    fn to_json(&self) -> Json {
        Json::Bool(*self)
    }
}

impl ToJson for i64 {
    fn to_json(&self) -> Json {
        Json::from(*self)
    }
}

impl ToJson for f64 {
    const IS_NUMBER: bool = true;

    fn to_json(&self) -> Json {
        whole(Json::from(*self))
    }
}

impl ToJson for String {
    fn to_json(&self) -> Json {
        Json::String(self.clone())
    }
}

impl ToJson for Json {
    fn to_json(&self) -> Json {
        self.clone()
    }
}

impl<T: ToJson> ToJson for Box<T> {
    const IS_NUMBER: bool = T::IS_NUMBER;

    fn to_json(&self) -> Json {
        T::to_json(self)
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    const IS_NUMBER: bool = T::IS_NUMBER;

    fn to_json(&self) -> Json {
        Json::Array(self.iter().map(ToJson::to_json).collect())
    }
}

impl<T: ToJson> ToJson for IndexMap<String, T> {
    const IS_NUMBER: bool = T::IS_NUMBER;

    fn to_json(&self) -> Json {
        Json::Object(self.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
    }
}

impl<T: ToJson> ToJson for Value<T> {
    const IS_NUMBER: bool = T::IS_NUMBER;

    fn to_json(&self) -> Json {
        match self {
            Self::Literal(value) => value.to_json(),
            Self::Intrinsic(function) if T::IS_NUMBER => whole(function.to_json()),
            Self::Intrinsic(function) => function.to_json(),
        }
    }
}

/// Whole numbers without their fraction, at any depth.
fn whole(json: Json) -> Json {
    match json {
        Json::Number(number) => match number.as_f64() {
            #[allow(clippy::cast_possible_truncation, reason = "a whole number within the range of i64")]
            Some(float) if float.fract() == 0.0 && float.abs() <= MOST_EXACT => Json::from(float as i64),
            _ => Json::Number(number),
        },
        Json::Array(items) => items.into_iter().map(whole).collect(),
        Json::Object(members) => members.into_iter().map(|(key, value)| (key, whole(value))).collect(),
        other => other,
    }
}

/// A `Serialize` that writes what [`ToJson`] gives.
macro_rules! serialize_as_json {
    ($name:ty) => {
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ::serde::Serialize::serialize(&$crate::cfn::ToJson::to_json(self), serializer)
            }
        }
    };
}
pub(crate) use serialize_as_json;

/// A property of a struct: there, or left out.
pub trait Property {
    /// Whether anything is written.
    fn is_there(&self) -> bool;

    /// What is written, if anything is.
    fn written(&self) -> Option<Json>;
}

impl<T: ToJson> Property for Value<T> {
    fn is_there(&self) -> bool {
        true
    }

    fn written(&self) -> Option<Json> {
        Some(self.to_json())
    }
}

impl<T: ToJson> Property for Option<Value<T>> {
    fn is_there(&self) -> bool {
        self.is_some()
    }

    fn written(&self) -> Option<Json> {
        self.as_ref().map(ToJson::to_json)
    }
}

/// The object of those properties that are there.
pub fn object(properties: &[(&'static str, &dyn Property)]) -> Json {
    // As large as it gets: most objects are small, and growing takes longer than to fill them.
    let count = properties.iter().filter(|(_, property)| property.is_there()).count();
    let mut object = Map::with_capacity(count);
    for (name, property) in properties {
        if let Some(json) = property.written() {
            object.insert((*name).to_owned(), json);
        }
    }
    Json::Object(object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cfn::Intrinsic;

    #[test]
    fn a_number_is_written_without_a_fraction_that_says_nothing() {
        assert_eq!(60.0.to_json(), json!(60));
        assert_eq!(0.5.to_json(), json!(0.5));
        assert_eq!(1e300.to_json(), json!(1e300));
        let list: Value<Vec<Value<f64>>> = vec![2.0, 2.5].into();
        assert_eq!(list.to_json(), json!([2, 2.5]));
    }

    #[test]
    fn also_inside_a_function_that_gives_a_number_and_nowhere_else() {
        let rounded = json!({ "a": [1.0, 1.5] });
        let number: Value<f64> = Intrinsic::ToJsonString(rounded.clone()).into();
        assert_eq!(number.to_json(), json!({ "Fn::ToJsonString": { "a": [1, 1.5] } }));
        let text: Value<String> = Intrinsic::ToJsonString(rounded).into();
        assert_eq!(text.to_json(), json!({ "Fn::ToJsonString": { "a": [1.0, 1.5] } }));
    }

    #[test]
    fn what_is_left_out_is_not_written() {
        let (name, size): (Value<String>, Option<Value<i64>>) = ("a".into(), None);
        assert_eq!(object(&[("Name", &name), ("Size", &size)]), json!({ "Name": "a" }));
    }
}
