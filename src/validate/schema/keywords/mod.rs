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
use crate::validate::references::{FAULT_RULE, FORMAT_RULE, SHAPE_RULE};
use crate::validate::rule::Rule;

use super::compact::Schema;
use super::verdict::Verdict;
use super::walk::Walk;
use super::{tags, whole};

pub(super) use s005_type::{is_about_type, types_of};
pub(super) use s019_format::formats_of;

/// Checks a value against a keyword's argument; the second schema is the one that the keyword is in.
pub(super) type Keyword = for<'t> fn(&mut Walk<'_, 't>, Schema, Schema, &Evaluated<'t>) -> Verdict;

/// The keywords and their checks, in the order of `compact::encode::KEYWORDS`.
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
    // Looked at together with `if`.
    ("else", |_, _, _, _| Verdict::Valid),
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
    // As `else`.
    ("then", |_, _, _, _| Verdict::Valid),
    ("type", s005_type::check),
    ("uniqueItems", s011_unique::check),
    ("uniqueKeys", s011_unique::keys),
];

/// What says nothing about a value: what a type is called, how its resources are identified, tagged and updated.
/// `readOnlyProperties` and `deprecatedProperties` are looked at for a resource as a whole.
#[cfg(test)]
const ANNOTATIONS: [&str; 17] = [
    "absentRegions",
    "additionalIdentifiers",
    "attributes",
    "conditionalCreateOnlyProperties",
    "createOnlyProperties",
    "definitions",
    "deprecatedProperties",
    "lifecycle",
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

/// The check of the keyword with that number in the compact form.
pub(super) fn check(number: usize) -> Keyword {
    KEYWORDS[number].1
}

/// The rules that are about a key, whatever its value.
pub(super) static OF_KEYS: [&Rule; 3] = [&s003_unknown_property::RULE, &whole::READ_ONLY, &whole::DEPRECATED];

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
    &tags::RULE,
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
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::cfn::evaluate::{Pattern, by_hand_agrees};
    use crate::validate::schema::Registry;
    use crate::validate::schema::compact::encode;

    /// Keywords whose argument is a map of schemas, a list of schemas, a schema.
    const MAPS: [&str; 5] =
        ["definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];
    const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
    const SCHEMAS: [&str; 8] =
        ["additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"];

    fn count(schema: Schema, counts: &mut BTreeMap<&'static str, usize>) {
        for (keyword, argument) in schema.members() {
            *counts.entry(keyword).or_default() += 1;
            if MAPS.contains(&keyword) {
                argument.members().for_each(|(_, schema)| count(schema, counts));
            } else if LISTS.contains(&keyword) || SCHEMAS.contains(&keyword) {
                count(argument, counts);
                argument.items().for_each(|schema| count(schema, counts));
            }
        }
    }

    #[test]
    fn no_keyword_of_the_schemas_is_ignored() {
        let mut counts = BTreeMap::new();
        for schema in Registry::builtin().types() {
            count(schema.root, &mut counts);
        }
        let ignored: Vec<_> = counts
            .iter()
            .filter(|(keyword, _)| !encode::KEYWORDS.contains(keyword) && !ANNOTATIONS.contains(keyword))
            .collect();
        assert!(ignored.is_empty(), "{ignored:?}");
        // The most frequent ones, so that a reader that skips parts of the schemas is noticed.
        for (keyword, least) in [("type", 50_000), ("$ref", 19_000), ("pattern", 8_000), ("enum", 4_000)] {
            assert!(counts[keyword] > least, "{keyword}: {}", counts[keyword]);
        }
    }

    #[test]
    fn keywords_are_in_one_table_only() {
        let names: Vec<_> = KEYWORDS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, encode::KEYWORDS, "a keyword's number is its place");
        assert!(ANNOTATIONS.iter().all(|name| !names.contains(name)));
    }

    /// All patterns of the schemas.
    fn patterns() -> BTreeSet<&'static str> {
        fn patterns_in(schema: Schema, found: &mut BTreeSet<&'static str>) {
            found.extend(schema.get("pattern").and_then(Schema::as_str));
            found.extend(schema.object("patternProperties").map(|(pattern, _)| pattern));
            schema.items().for_each(|item| patterns_in(item, found));
            schema.members().for_each(|(_, member)| patterns_in(member, found));
        }
        let mut found = BTreeSet::new();
        for schema in Registry::builtin().types() {
            patterns_in(schema.root, &mut found);
        }
        found
    }

    #[test]
    fn every_pattern_of_the_schemas_can_be_translated() {
        let found = patterns();
        assert!(found.len() > 3_000, "{}", found.len());
        let hopeless: Vec<_> = found.into_iter().filter(|pattern| Pattern::new(pattern).is_err()).collect();
        assert!(hopeless.is_empty(), "{hopeless:?}");
    }

    #[test]
    fn what_is_matched_by_hand_is_matched_as_the_engine_does() {
        let long = "a".repeat(64);
        let samples = [
            "",
            "a",
            "A",
            "0",
            "-",
            "_",
            "*",
            "a-",
            "-a",
            "a b",
            " a",
            "\n",
            "a\n",
            "a.b.c",
            "a/b",
            "/a/b",
            "a@b.c",
            "abc-1",
            "true",
            "ENABLED",
            "aws:x",
            "10",
            "99",
            "100",
            "10.0.0.0/16",
            "us-east-1",
            "$LATEST",
            "HTTP",
            "sg-12345678",
            "subnet-0123456789abcdef0",
            "123456789012",
            "arn:aws:iam::123456789012:role/x",
            "arn:aws:s3:::bucket/key",
            "https://a.b/c",
            "rate(5 minutes)",
            "2020-01-01T00:00:00Z",
            "postgres",
            &long,
        ];
        let by_hand = patterns().into_iter().filter(|pattern| by_hand_agrees(pattern, &samples)).count();
        assert!(by_hand > 2_000, "{by_hand}");
    }
}
