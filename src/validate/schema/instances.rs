//! Generated resources of all types: what a schema asks for and nothing else has no finding, and without one of its
//! required properties it has one.

use serde_json::{Map, Value as Json, json};

use crate::cfn::Template;
use crate::cfn::evaluate::{Evaluator, Scenario, Settings};
use crate::validate::Types;

use super::compact::Schema;
use super::registry::{Registry, TypeSchema};
use super::sources::Sources;
use super::walk::Walk;
use super::whole;

/// The least that fits the schema; `None` where it takes more than following it to find that.
fn least(of: TypeSchema, schema: Schema, depth: usize) -> Option<Json> {
    if depth > 12 {
        return None;
    }
    if let Some(reference) = schema.get("$ref").and_then(Schema::as_str) {
        return least(of, of.behind(reference)?, depth + 1);
    }
    for keyword in ["not", "if", "allOf", "requiredXor", "requiredOr", "dependencies", "minProperties"] {
        if schema.get(keyword).is_some() {
            return None;
        }
    }
    for alternatives in ["oneOf", "anyOf"] {
        let mut all = schema.list(alternatives);
        // Alternatives of whole values; where they stand beside other keywords both would have to fit.
        match all.next() {
            Some(_) if schema.get("type").is_some() || schema.get("properties").is_some() => return None,
            Some(first) => return least(of, first, depth + 1),
            None => {}
        }
    }
    if let Some(first) =
        ["enum", "enumCaseInsensitive"].iter().find_map(|keyword| schema.list(keyword).next())
    {
        return Some(first.to_json());
    }
    if let Some(only) = schema.get("const") {
        return Some(only.to_json());
    }
    let types = schema.get("type");
    let kind = types.and_then(|types| types.as_str().or_else(|| types.texts().next()));
    match kind.or_else(|| schema.get("properties").map(|_| "object"))? {
        "object" => {
            let mut object = Map::new();
            for name in schema.list("required").filter_map(Schema::as_str) {
                let member = match schema.get("properties").and_then(|properties| properties.get(name)) {
                    Some(property) => least(of, property, depth + 1)?,
                    None => json!("a"),
                };
                object.insert(name.to_owned(), member);
            }
            Some(Json::Object(object))
        }
        "array" => {
            let count = schema.get("minItems").and_then(Schema::as_u64).unwrap_or(0);
            let items = (0..count).map(|_| least(of, schema.get("items")?, depth + 1));
            let items: Vec<Json> = items.collect::<Option<_>>()?;
            // Two equal ones are no set.
            (items.len() < 2 || schema.get("uniqueItems").and_then(Schema::as_bool) != Some(true))
                .then_some(Json::Array(items))
        }
        "integer" | "number" => {
            let bound = |keyword| schema.get(keyword).and_then(Schema::as_f64);
            if bound("exclusiveMinimum").is_some() || bound("multipleOf").is_some() {
                return None;
            }
            let least = bound("minimum").or(bound("maximum").map(|most| most.min(1.0))).unwrap_or(1.0);
            #[expect(clippy::cast_possible_truncation, reason = "bounds are small")]
            Some(json!(least.ceil() as i64))
        }
        "boolean" => Some(json!(true)),
        "string" => {
            let length = schema.get("minLength").and_then(Schema::as_u64).unwrap_or(1).max(1);
            let is_plain = ["pattern", "format"].iter().all(|keyword| schema.get(keyword).is_none());
            // A text of a certain form comes from elsewhere.
            Some(if is_plain {
                json!("a".repeat(usize::try_from(length).ok()?))
            } else {
                json!({"Fn::ImportValue": "elsewhere"})
            })
        }
        _ => None,
    }
}

fn findings(schema: TypeSchema, properties: &Json) -> Vec<String> {
    let template = Template::default();
    let evaluator = Evaluator::new(&template, &Settings::default());
    let sources = Sources { template: &template, evaluator: &evaluator, registry: Registry::builtin() };
    let value = evaluator.evaluate(properties, &Scenario::default()).value.unwrap();
    let mut walk = Walk::new(Registry::builtin(), schema, Types::Strict, &sources);
    walk.check(schema.root, &value);
    whole::check(&mut walk, &value);
    walk.found.iter().map(|found| format!("{} {}", found.rule.code, found.message)).collect()
}

fn instance(schema: TypeSchema) -> Option<Map<String, Json>> {
    let root = ["oneOf", "anyOf"].iter().all(|keyword| schema.root.get(keyword).is_none());
    match least(schema, schema.root, 0).filter(|_| root)? {
        Json::Object(properties) => Some(properties),
        _ => None,
    }
}

#[test]
fn the_least_that_a_schema_asks_for_has_no_finding() {
    let mut count = 0;
    for schema in Registry::builtin().types() {
        let Some(properties) = instance(schema) else { continue };
        let found: Vec<String> = findings(schema, &Json::Object(properties.clone()));
        // What the service asks for beyond the schema is not in it.
        let found: Vec<_> = found.iter().filter(|found| !found.starts_with("S020")).collect();
        assert!(found.is_empty(), "{}: {found:#?} in {properties:#?}", schema.name);
        count += 1;
    }
    assert!(count > 1_600, "only {count} types");
}

#[test]
fn without_a_required_property_there_is_a_finding() {
    let mut count = 0;
    for schema in Registry::builtin().types() {
        let Some(properties) = instance(schema) else { continue };
        for name in properties.keys() {
            let mut without = properties.clone();
            without.remove(name);
            let found = findings(schema, &Json::Object(without));
            assert!(found.contains(&format!("S004 `{name}` is required")), "{}: {found:?}", schema.name);
            count += 1;
        }
    }
    assert!(count > 3_000, "only {count} properties");
}

#[test]
fn a_property_that_there_is_not_is_found_with_the_nearest_one() {
    let (mut closed, mut count) = (0, 0);
    for schema in Registry::builtin().types() {
        let Some(mut properties) = instance(schema) else { continue };
        properties.insert("NoSuchProperty".to_owned(), json!("a"));
        let found = findings(schema, &Json::Object(properties));
        closed +=
            usize::from(found.iter().any(|found| found == "S003 there is no property `NoSuchProperty` here"));
        count += 1;
    }
    // Custom resources and a few others take any.
    assert!(count - closed < 10, "{closed} of {count}");
}
