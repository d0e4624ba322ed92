//! How properties that the schema calls a number are written.

use serde::{Serialize, Serializer, ser::Error as _};

use crate::cfn::Json;

/// 2⁵³: up to here every whole number is exact.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes whole numbers without a fraction, at any depth: `60`, not `60.0`. Many properties that schemas call a number
/// are integers for the service behind, which doesn't read `60.0`.
pub(super) fn whole_numbers<T: Serialize, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let json = serde_json::to_value(value).map_err(S::Error::custom)?;
    whole(json).serialize(serializer)
}

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
