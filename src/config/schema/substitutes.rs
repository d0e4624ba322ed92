//! Values that fit a place, to stand for one that doesn't: what else is said must not depend on which is meant.

use serde_json::{Map, Number, Value as Json, json};

use super::place::{Place, has_type};

/// How deep maps and lists in a value go; no place of a configuration lies deeper.
const DEEPEST: usize = 8;

/// How many maps are made where each key has several values.
const MAPS: usize = 12;

/// How many elements a list has at most; a custom layout takes every component.
const LONGEST: usize = 8;

/// A text that means nothing, as a value and as a key.
const WORD: &str = "x";

impl Place {
    /// A few values that fit here. Of names, booleans and enumerated numbers these are all, of a range both ends, of texts
    /// the schema's examples and one without a meaning; lists are empty, short and long; maps have no key, all of them,
    /// and some, with one and the other value.
    pub(in crate::config) fn substitutes(&self) -> Vec<Json> {
        let mut values = Vec::new();
        self.collect(0, &mut values);
        // A place of several alternatives may take one value twice.
        let mut unique: Vec<Json> = Vec::new();
        for value in values {
            if !unique.contains(&value) {
                unique.push(value);
            }
        }
        unique
    }

    fn collect(&self, depth: usize, into: &mut Vec<Json>) {
        if depth > DEEPEST {
            return;
        }
        for schema in self.alternatives() {
            if let Some(name) = schema.get("const") {
                into.push(name.clone());
            } else if let Some(values) = schema.get("enum").and_then(Json::as_array) {
                into.extend(values.iter().cloned());
            } else if schema.is_object() {
                typed(schema, depth, into);
            }
        }
    }
}

/// Values of each type that a schema has.
fn typed(schema: &'static Json, depth: usize, into: &mut Vec<Json>) {
    let has = |kind: &str| schema.get("type").is_some() && has_type(schema, kind);
    if has("null") {
        into.push(Json::Null);
    }
    if has("boolean") {
        into.extend([json!(false), json!(true)]);
    }
    if has("integer") || has("number") {
        let bound = |name: &str| schema.get(name).and_then(Json::as_number);
        let ends = [bound("minimum"), bound("maximum")];
        into.extend(ends.map(|end| Json::Number(end.cloned().unwrap_or_else(|| Number::from(1)))));
    }
    if has("string") {
        into.extend(schema.get("examples").and_then(Json::as_array).into_iter().flatten().cloned());
        into.push(WORD.into());
    }
    if has("array") {
        lists(schema, depth, into);
    }
    if has("object") {
        maps(schema, depth, into);
    }
}

fn lists(schema: &'static Json, depth: usize, into: &mut Vec<Json>) {
    into.push(json!([]));
    let mut items = Vec::new();
    if let Some(schema) = schema.get("items") {
        Place::of(schema).collect(depth + 1, &mut items);
    }
    if let Some(first) = items.first() {
        into.push(json!([first]));
    }
    if items.len() > 1 {
        into.push(items.into_iter().take(LONGEST).collect());
    }
}

fn maps(schema: &'static Json, depth: usize, into: &mut Vec<Json>) {
    if schema.get("minProperties").is_none() {
        into.push(json!({}));
    }
    let known = schema.get("properties").and_then(Json::as_object);
    let mut keys: Vec<(&str, Vec<Json>)> = Vec::new();
    for (key, schema) in known.into_iter().flatten().filter(|(key, _)| *key != "environments") {
        let mut values = Vec::new();
        Place::of(schema).collect(depth + 1, &mut values);
        keys.push((key, values));
    }
    if let Some(schema) = schema.get("additionalProperties").filter(|any| any.is_object()) {
        let mut values = Vec::new();
        Place::of(schema).collect(depth + 1, &mut values);
        keys.push((WORD, values));
    }
    keys.retain(|(_, values)| !values.is_empty());
    let most = keys.iter().map(|(_, values)| values.len()).max().unwrap_or_default();
    if schema.get("maxProperties").and_then(Json::as_u64) == Some(1) {
        for (key, values) in keys {
            into.extend(values.into_iter().map(|value| json!({ key: value })));
        }
        return;
    }
    // First every key with its first value, its second and so on; then such as leave keys out.
    for round in 0..most.min(MAPS) {
        let all = keys.iter().map(|(key, values)| ((*key).to_owned(), values[round % values.len()].clone()));
        into.push(Json::Object(all.collect()));
    }
    if keys.len() > 1 {
        for round in 0..MAPS {
            let mut map = Map::new();
            for (index, (key, values)) in keys.iter().enumerate() {
                if let Some(value) = values.get(mixed(round, index) % (values.len() + 1)) {
                    map.insert((*key).to_owned(), value.clone());
                }
            }
            into.push(Json::Object(map));
        }
    }
}

/// A number that follows from two others without a pattern that one sees; the same on every machine.
///
/// Source: the finalizer of `SplitMix64` (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators").
pub(in crate::config) fn mixed(round: usize, index: usize) -> usize {
    let mut bits = (round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (index as u64 + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((bits ^ (bits >> 31)) & 0xffff_ffff).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{VALIDATOR, root};
    use super::*;

    /// Makes the whole of a value at a place.
    type Around<'a> = &'a dyn Fn(Json) -> Json;

    /// Every place of the schema, with the value that has a given one there.
    fn each(place: &Place, around: Around<'_>, depth: usize, check: &mut dyn FnMut(&Place, Around<'_>)) {
        check(place, around);
        if depth > 6 {
            return;
        }
        for (key, schema) in place.keys() {
            each(&Place::of(schema), &|value| around(json!({ key: value })), depth + 1, check);
        }
        if let Some(any) = place.any_key() {
            each(&any, &|value| around(json!({ "a": value })), depth + 1, check);
        }
        if let Some(item) = place.item() {
            each(&item, &|value| around(json!([value])), depth + 1, check);
        }
    }

    #[test]
    fn every_substitute_fits_its_place() {
        let mut places = 0;
        each(&Place::top(), &|value| value, 0, &mut |place, around| {
            places += 1;
            let values = place.substitutes();
            assert!(!values.is_empty(), "{:#}", around(json!("…")));
            for value in values {
                let whole = around(value);
                let errors: Vec<String> =
                    VALIDATOR.iter_errors(&whole).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{errors:#?} in {whole:#}");
            }
        });
        assert!(places > 500, "{places}");
    }

    #[test]
    fn names_and_ends_of_ranges_are_all_there() {
        let of = |path: &[&str]| {
            let place = path.iter().try_fold(Place::of(root()), |place, key| place.key(key));
            place.unwrap().substitutes()
        };
        assert_eq!(of(&["profile"]), [json!("development"), json!("production")]);
        assert_eq!(of(&["cache", "nodes"]), [json!(1), json!(6)]);
        assert_eq!(of(&["logs", "single_group"]), [json!(false), json!(true)]);
        assert_eq!(of(&["database", "kms_key"]), [json!("aws"), json!("customer"), json!("x")]);
        assert!(of(&["services", "api", "cpu"]).contains(&json!(16384)));
        assert!(of(&["resources", "A", "type"]).contains(&json!("AWS::EC2::VPCEndpoint")));
        let source = of(&["secrets", "secret_key"]);
        let has = |ssm: bool, secret: bool| {
            source.iter().any(|one| one.get("ssm").is_some() == ssm && one.get("secret").is_some() == secret)
        };
        assert!(has(false, false) && has(true, false) && has(false, true) && has(true, true), "{source:#?}");
        let networks: Vec<_> = of(&["network"])
            .iter()
            .map(|one| one.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()))
            .collect();
        for kind in ["existing", "lookup", "create"] {
            assert!(networks.contains(&Some(vec![kind.to_owned()])), "{kind}");
        }
        assert!(networks.contains(&None));
    }
}
