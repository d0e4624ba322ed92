//! What each keyword of a schema asks. Every keyword that the schemas use is in [`KEYWORDS`] or in [`ANNOTATIONS`].

mod places;
mod relations;
mod s003_unknown_property;
mod s004_required;
mod s005_type;
mod s006_enum;
mod s007_pattern;
mod s008_length;
mod s009_range;
mod s010_items;
mod s011_unique;
mod s012_properties;
mod s013_one_of_properties;
mod s014_dependent;
mod s015_alternatives;
mod s019_format;

use crate::cfn::evaluate::Evaluated;
use crate::cfn::{Json, Map};
use crate::validate::references::{FAULT_RULE, FORMAT_RULE, SHAPE_RULE};
use crate::validate::rule::Rule;

use super::verdict::Verdict;
use super::walk::Walk;
use super::whole;

pub(super) use s005_type::types_of;
pub(super) use s019_format::formats_of;

/// Checks a value against a keyword's argument; the map is the schema that the keyword is in.
pub(super) type Keyword = for<'a, 't> fn(&mut Walk<'a, 't>, &'a Json, &'a Map, &Evaluated<'t>) -> Verdict;

/// The keywords and their checks, in alphabetical order.
const KEYWORDS: [(&str, Keyword); 49] = [
    ("$ref", s015_alternatives::reference),
    ("additionalProperties", s003_unknown_property::check),
    ("allOf", s015_alternatives::all_of),
    ("among", relations::among),
    ("anyOf", s015_alternatives::any_of),
    ("compare", relations::compare),
    ("const", s006_enum::constant),
    ("contains", s010_items::contains),
    ("dependencies", s014_dependent::dependencies),
    ("dependentExcluded", s014_dependent::excluded),
    ("dependentRequired", s014_dependent::required),
    ("dependentSchemas", s014_dependent::schemas),
    ("distinct", relations::distinct),
    ("enum", s006_enum::check),
    ("enumCaseInsensitive", s006_enum::case_insensitive),
    ("every", places::every),
    ("exclusiveMaximum", s009_range::exclusive_maximum),
    ("exclusiveMinimum", s009_range::exclusive_minimum),
    ("format", s019_format::check),
    ("if", s015_alternatives::if_then_else),
    ("items", s010_items::items),
    ("maxItems", s010_items::most),
    ("maxLength", s008_length::most),
    ("maxProperties", s012_properties::most),
    ("maxUniqueItems", s011_unique::most),
    ("maximum", s009_range::maximum),
    ("minItems", s010_items::least),
    ("minLength", s008_length::least),
    ("minProperties", s012_properties::least),
    ("minimum", s009_range::minimum),
    ("multipleOf", s009_range::multiple),
    ("not", s015_alternatives::not),
    ("oneOf", s015_alternatives::one_of),
    ("pattern", s007_pattern::check),
    ("patternProperties", s003_unknown_property::by_pattern),
    ("prefixItems", s010_items::prefix),
    ("properties", s003_unknown_property::named),
    ("propertyNames", s012_properties::names),
    ("required", s004_required::check),
    ("requiredOr", s013_one_of_properties::at_least_one),
    ("requiredXor", s013_one_of_properties::exactly_one),
    ("serviceRequires", s004_required::by_the_service),
    ("some", places::some),
    ("switch", places::switch),
    ("type", s005_type::check),
    ("uniqueItems", s011_unique::check),
    ("uniqueKeys", s011_unique::keys),
    // Looked at together with `if`.
    ("else", |_, _, _, _| Verdict::Valid),
    ("then", |_, _, _, _| Verdict::Valid),
];

/// What says nothing about a value: what a type is called, how its resources are identified, tagged and updated.
/// `readOnlyProperties` and `deprecatedProperties` are looked at for a resource as a whole.
#[cfg(test)]
const ANNOTATIONS: [&str; 15] = [
    "additionalIdentifiers",
    "attributes",
    "conditionalCreateOnlyProperties",
    "createOnlyProperties",
    "definitions",
    "deprecatedProperties",
    "nonPublicProperties",
    "primaryIdentifier",
    "readOnlyProperties",
    "relationshipRef",
    "replacementStrategy",
    "taggable",
    "tagging",
    "typeName",
    "writeOnlyProperties",
];

/// The check of a keyword; `None` if it says nothing about values.
pub(super) fn find(keyword: &str) -> Option<Keyword> {
    KEYWORDS.iter().find(|(name, _)| *name == keyword).map(|(_, check)| *check)
}

/// The rules of the keywords.
pub(super) static RULES: &[&Rule] = &[
    &s003_unknown_property::RULE,
    &s004_required::RULE,
    &s004_required::SERVICE_RULE,
    &s005_type::RULE,
    &s006_enum::RULE,
    &s007_pattern::RULE,
    &s008_length::RULE,
    &s009_range::RULE,
    &s010_items::RULE,
    &s011_unique::RULE,
    &s012_properties::RULE,
    &s013_one_of_properties::RULE,
    &s014_dependent::RULE,
    &s015_alternatives::RULE,
    &whole::READ_ONLY,
    &whole::DEPRECATED,
    &s019_format::RULE,
    // What only a walk along the schema can find out about references.
    &SHAPE_RULE,
    &FORMAT_RULE,
    &FAULT_RULE,
];

/// Texts for a message: "`a`, `b` or `c`".
pub(super) fn choices<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::validate::schema::Registry;

    /// Keywords whose argument is a map of schemas, a list of schemas, a schema.
    const MAPS: [&str; 5] =
        ["definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];
    const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
    const SCHEMAS: [&str; 8] =
        ["additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"];

    fn count<'j>(schema: &'j Json, counts: &mut BTreeMap<&'j str, usize>) {
        match schema {
            Json::Array(schemas) => schemas.iter().for_each(|schema| count(schema, counts)),
            Json::Object(schema) => {
                for (keyword, argument) in schema {
                    *counts.entry(keyword).or_default() += 1;
                    if MAPS.contains(&keyword.as_str()) {
                        argument
                            .as_object()
                            .into_iter()
                            .flat_map(Map::values)
                            .for_each(|schema| count(schema, counts));
                    } else if LISTS.contains(&keyword.as_str()) || SCHEMAS.contains(&keyword.as_str()) {
                        count(argument, counts);
                    }
                }
            }
            _ => {}
        }
    }

    #[test]
    fn no_keyword_of_the_schemas_is_ignored() {
        let registry = Registry::builtin();
        let mut counts = BTreeMap::new();
        for name in registry.names() {
            count(&registry.get(name).unwrap().json, &mut counts);
        }
        let ignored: Vec<_> = counts
            .iter()
            .filter(|(keyword, _)| find(keyword).is_none() && !ANNOTATIONS.contains(keyword))
            .collect();
        assert!(ignored.is_empty(), "{ignored:?}");
        // The most frequent ones, so that a reader that skips parts of the schemas is noticed.
        assert!(counts["type"] > 2_000 && counts["$ref"] > 600 && counts["pattern"] > 150, "{counts:?}");
    }

    #[test]
    fn keywords_are_in_one_table_only() {
        let mut names: Vec<_> = KEYWORDS.iter().map(|(name, _)| *name).chain(ANNOTATIONS).collect();
        names.sort_unstable();
        let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn every_pattern_of_the_schemas_can_be_matched() {
        fn patterns<'j>(json: &'j Json, found: &mut Vec<&'j str>) {
            match json {
                Json::Array(items) => items.iter().for_each(|item| patterns(item, found)),
                Json::Object(map) => {
                    found.extend(map.get("pattern").and_then(Json::as_str));
                    found.extend(
                        map.get("patternProperties")
                            .and_then(Json::as_object)
                            .into_iter()
                            .flat_map(Map::keys)
                            .map(String::as_str),
                    );
                    map.values().for_each(|value| patterns(value, found));
                }
                _ => {}
            }
        }
        let registry = Registry::builtin();
        let mut found = Vec::new();
        for name in registry.names() {
            patterns(&registry.get(name).unwrap().json, &mut found);
        }
        for pattern in found {
            let translated = crate::cfn::evaluate::Pattern::new(pattern);
            assert!(
                translated.as_ref().is_ok_and(crate::cfn::evaluate::Pattern::is_exact),
                "{pattern}: {translated:?}"
            );
        }
    }
}
