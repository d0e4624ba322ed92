//! What is told beside a value that doesn't fit the schema holds whatever is meant there.

use std::cell::Cell;
use std::sync::LazyLock;

use dify_cfn::config::{LoadOptions, load, schema};
use dify_cfn::diagnostic::{Diagnostic, Source};
use dify_cfn::document::{Document, Format, Limits};
use proptest::collection::vec;
use proptest::prelude::any;
use serde_json::{Value as Json, json};

use crate::arbitrary::{alternatives, arbitrary};
use crate::fixtures::{fixtures, options as options_of};
use crate::generate_config::{Choices, configuration, context, yaml};
use crate::properties::check;

static SCHEMA: LazyLock<Json> = LazyLock::new(|| serde_json::from_str(&schema::json()).unwrap());
static VALIDATOR: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(&SCHEMA).unwrap());

/// Texts with a meaning somewhere.
const TEXTS: [&str; 24] = [
    "AWS::EC2::VPCEndpoint",
    "AWS::IAM::ManagedPolicy",
    "dify.example.com",
    "Z0123456789ABC",
    "us-east-1",
    "eu-central-1",
    "123456789012",
    "arn:aws:acm:us-east-1:123456789012:certificate/1",
    "arn:aws:kms:us-east-1:123456789012:key/1",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:a",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "docker.io",
    "r.example.com",
    "langgenius/dify-api",
    "16.8",
    "8.1",
    "dify",
    "aws-dify",
    "sun:03:00-sun:04:00",
    "03:00-04:00",
    "10.0.0.0/16",
    "subnet-0a1b2c3d4e5f60011",
    "no-reply@example.com",
    "/dify/secret",
];

/// Names, formats, blocks of addresses and layouts that are refused.
const REFUSALS: [&str; 4] = ["C011", "C012", "C013", "C020"];

fn options(value: &Json) -> LoadOptions {
    LoadOptions {
        file: Some(Source::new("dify.yaml", yaml(value))),
        context: Some(Source::new("dify.context.json", context())),
        ..LoadOptions::default()
    }
}

/// What is told of a configuration, without the places in the text, and the environments where they are named.
fn told(value: &Json) -> Vec<(String, String, String)> {
    let findings = match load(&options(value)) {
        Ok(loaded) => loaded.diagnostics,
        Err(findings) => findings,
    };
    let part = |finding: &Diagnostic| {
        let message = finding.message.split(" (environment").next().unwrap_or_default().to_owned();
        (finding.code.0.to_owned(), finding.pointer.clone().unwrap_or_default(), message)
    };
    findings.iter().map(part).collect()
}

/// Pointers to all values but those of CloudFormation's.
fn places(value: &Json, at: &str, into: &mut Vec<String>) {
    let inner: Vec<(String, &Json)> = match value {
        Json::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Json::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    for (key, value) in inner.into_iter().filter(|_| !at.ends_with("/properties")) {
        let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        places(value, &at, into);
        into.push(at);
    }
}

fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

/// The alternatives of the schema at a place of a value.
fn schemas_at(value: &Json, pointer: &str) -> Vec<&'static Json> {
    let mut here: Vec<&'static Json> = alternatives(&SCHEMA, &SCHEMA);
    let mut node = Some(value);
    for token in tokens(pointer) {
        let is_list = node.is_some_and(Json::is_array);
        here = here
            .iter()
            .filter_map(|schema| {
                if is_list {
                    return schema.get("items");
                }
                let known = schema.get("properties").and_then(|keys| keys.get(&token));
                known.or_else(|| schema.get("additionalProperties").filter(|any| any.is_object()))
            })
            .flat_map(|schema| alternatives(schema, &SCHEMA))
            .collect();
        node = node.and_then(|node| match node {
            Json::Array(items) => items.get(token.parse::<usize>().ok()?),
            other => other.get(&token),
        });
    }
    here
}

/// Whether a value fits at a place.
fn fits(around: &Json, pointer: &str, value: Json) -> bool {
    let tokens = tokens(pointer);
    let mut nodes = vec![around];
    for token in &tokens {
        let next = match nodes[nodes.len() - 1] {
            Json::Array(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
            other => other.get(token),
        };
        nodes.push(next.unwrap_or(&Json::Null));
    }
    let whole = tokens.iter().zip(&nodes).rev().fold(value, |value, (token, around)| {
        if around.is_array() { json!([value]) } else { json!({ token.as_str(): value }) }
    });
    VALIDATOR.is_valid(&whole)
}

/// One of `0..n`, but none that makes a value that doesn't fit.
fn fitting(n: usize, c: &mut Choices<'_>) -> usize {
    if n == 12 || n == 20 { 0 } else { c.below(n) }
}

/// A value for one of some places in the schema, with texts that mean something.
fn valid(schemas: &[&'static Json], c: &mut Choices<'_>) -> Json {
    fn with_texts(value: &mut Json, c: &mut Choices<'_>) {
        match value {
            Json::String(text) if ["word", "", "16.8"].contains(&text.as_str()) => {
                TEXTS[c.below(TEXTS.len())].clone_into(text);
            }
            Json::Array(items) => items.iter_mut().for_each(|item| with_texts(item, c)),
            Json::Object(entries) => entries.values_mut().for_each(|value| with_texts(value, c)),
            _ => {}
        }
    }
    let schema = schemas[c.below(schemas.len())];
    let root = &*SCHEMA;
    // References of a part lead to the whole.
    let mut part = schema.clone();
    if let Some(part) = part.as_object_mut() {
        part.insert("$defs".to_owned(), root["$defs"].clone());
    }
    let mut value = arbitrary(&part, &mut |n| fitting(n, c));
    with_texts(&mut value, c);
    value
}

/// Puts a value at a pointer, or takes out what stands there.
fn put(whole: &Json, pointer: &str, value: Option<Json>) -> Json {
    let mut whole = whole.clone();
    let (around, _) = pointer.rsplit_once('/').unwrap();
    let last = tokens(pointer).pop().unwrap();
    match (whole.pointer_mut(around).unwrap(), value) {
        (Json::Object(entries), Some(value)) => drop(entries.insert(last, value)),
        (Json::Object(entries), None) => drop(entries.shift_remove(&last)),
        (Json::Array(items), Some(value)) => items[last.parse::<usize>().unwrap()] = value,
        (Json::Array(items), None) => drop(items.remove(last.parse::<usize>().unwrap())),
        _ => unreachable!(),
    }
    whole
}

/// Renames a key, which keeps its place.
fn renamed(whole: &Json, pointer: &str, name: &str) -> Json {
    let mut whole = whole.clone();
    let (around, _) = pointer.rsplit_once('/').unwrap();
    let last = tokens(pointer).pop().unwrap();
    let map = whole.pointer_mut(around).unwrap().as_object_mut().unwrap();
    *map = std::mem::take(map)
        .into_iter()
        .map(|(key, value)| (if key == last { name.to_owned() } else { key }, value))
        .collect();
    whole
}

/// Breaks one value, and holds what is told beside it against what is told once it is mended. Gives how many findings
/// were told beside it.
fn judge(whole: &Json, c: &mut Choices<'_>) -> usize {
    let mut pointers = Vec::new();
    places(whole, "", &mut pointers);
    if pointers.is_empty() {
        return 0;
    }
    let at = &pointers[c.below(pointers.len())];
    let schemas = schemas_at(whole, at);
    let is_shape = at == "/environments" || schemas.is_empty();
    let is_own_choice = |pointer: &str| {
        let (around, _) = pointer.rsplit_once('/').unwrap();
        let key = tokens(pointer).pop().unwrap();
        !schemas_at(whole, around).iter().any(|schema| schema["properties"].get(&key).is_some())
    };
    if is_shape {
        return 0;
    }
    let key = tokens(at).pop().unwrap();
    let misspelt = c.below(4) == 0 && key.len() > 4 && !is_own_choice(at);
    let (broken, at_broken) = if misspelt {
        let middle = key.len() / 2;
        let name = format!("{}{}", &key[..middle], &key[middle + 1..]);
        (renamed(whole, at, &name), format!("{}/{name}", at.rsplit_once('/').unwrap().0))
    } else {
        let wrong = c.of(&[json!([[1]]), json!("nobody knows"), json!(-7)]);
        if fits(whole, at, wrong.clone()) {
            return 0;
        }
        (put(whole, at, Some(wrong)), at.clone())
    };
    // What is told of the broken value itself, be it as one of several keys.
    let broken_key = format!("`{}`", tokens(&at_broken).pop().unwrap());
    let is_of_it = |pointer: &str, message: &str| {
        pointer.starts_with(&at_broken) || (misspelt && message.contains(&broken_key))
    };
    let beside: Vec<_> =
        told(&broken).into_iter().filter(|(_, pointer, message)| !is_of_it(pointer, message)).collect();
    if beside.is_empty() {
        return 0;
    }
    let mut mends = vec![whole.clone()];
    for _ in 0..8 {
        let value = valid(&schemas, c);
        if fits(whole, at, value.clone()) {
            mends.push(put(whole, at, Some(value)));
        }
    }
    let around = at.rsplit_once('/').map_or("", |(around, _)| around);
    // Without an element those after it have other indices, and an environment is more than a value.
    if !whole.pointer(around).is_some_and(Json::is_array) && around != "/environments" {
        mends.push(put(whole, at, None));
    }
    for mended in &mends {
        let found = told(mended);
        // Such a mending is refused itself, and then nothing is compared with it.
        if found.iter().any(|(code, ..)| REFUSALS.contains(&code.as_str())) {
            continue;
        }
        for finding in &beside {
            assert!(
                found.contains(finding),
                "{finding:?} is told beside the broken `{at_broken}` in\n{}\nbut not in\n{}\nof which is told\n{found:#?}",
                yaml(&broken),
                yaml(mended)
            );
        }
    }
    beside.len()
}

#[test]
fn generated_ones_with_a_broken_value() {
    let counts = Cell::new((0, 0));
    check(120, (vec(any::<u32>(), 0..400), vec(any::<u32>(), 3000)), |(numbers, choices)| {
        let mut c = Choices::new(&numbers);
        let mut whole = if c.below(2) == 0 {
            configuration(&mut c)
        } else {
            arbitrary(&SCHEMA, &mut |n| fitting(n, &mut c))
        };
        if !whole.is_object() {
            return;
        }
        let mut c = Choices::new(&choices);
        for (key, wrong) in contradictions() {
            if c.below(5) == 0 {
                whole[key] = wrong;
            }
        }
        let beside = judge(&whole, &mut c);
        let (some, none) = counts.get();
        counts.set(if beside > 0 { (some + 1, none) } else { (some, none + 1) });
    });
    assert!(counts.get().0 > 30, "{counts:?}");
}

#[test]
fn the_files_of_the_tests_with_a_broken_value() {
    let mut beside = 0;
    let mut round = 0;
    for (folder, rounds) in [("", 5), ("good", 5), ("bad", 1)] {
        for file in fixtures(folder) {
            let source = options_of(&file).file.unwrap();
            let Ok(document) = Document::parse(source, Format::Yaml, &Limits::default()) else { continue };
            let whole = document.to_json();
            if !whole.is_object() {
                continue;
            }
            for _ in 0..rounds {
                round += 1;
                // Any numbers, the same each time.
                let numbers: Vec<u32> =
                    (0..2000_u32).map(|n| (n + round * 7919).wrapping_mul(2_654_435_761) >> 8).collect();
                beside += judge(&whole, &mut Choices::new(&numbers));
            }
        }
    }
    assert!(beside > 40, "{beside}");
}

/// Settings that contradict each other or others.
fn contradictions() -> Vec<(&'static str, Json)> {
    vec![
        ("profile", json!("production")),
        ("layout", json!({"app": ["web", "api", "beat", "websocket"], "rest": ["worker", "plugin_daemon"]})),
        (
            "services",
            json!({"api": {"min_tasks": 3, "max_tasks": 2, "cpu": 256, "memory": 8192}, "app": {"max_tasks": 4, "exec": true, "spot_weight": 1}, "beat": {"min_tasks": 0, "maximum_percent": 200}}),
        ),
        (
            "components",
            json!({"api": {"cpu": 512, "memory": 9000, "depends_on": {"sandbox": "SUCCESS"}}, "sandbox": {"depends_on": {"api": "START"}}, "ssrf_proxy": {"enabled": true}, "worker": {"health_check": {}, "essential": false}}),
        ),
        ("network", json!({"create": {"nat": "none", "cidr": "9.0.0.0/16"}})),
        (
            "network",
            json!({"existing": {"vpc_id": "vpc-0a1b2c3d4e5f60001", "private_subnet_ids": ["subnet-0a1b2c3d4e5f60011", "subnet-0a1b2c3d4e5f60011"], "closed": true}}),
        ),
        (
            "mail",
            json!({"from": "a@example.com", "smtp": {"server": "smtp.example.com", "username": "u", "port": 25}}),
        ),
        (
            "ingress",
            json!({"hosted_zone_id": "Z0123456789ABC", "certificate_arn": "arn:aws:acm:us-west-2:111111111111:certificate/1", "allowed_cidrs": ["10.0.0.0/8", "10.0.0.0/8"]}),
        ),
        (
            "database",
            json!({"serverless": {"min_capacity": 4, "max_capacity": 1, "seconds_until_auto_pause": 300}, "instance_class": "db.t4g.medium", "restore_from": "x", "name": "a", "plugin_database": "a", "backup_window": "03:00-04:00", "maintenance_window": "sun:03:00-sun:04:00"}),
        ),
        (
            "cache",
            json!({"nodes": 1, "automatic_failover": true, "engine": "redis", "engine_version": "8.1"}),
        ),
        ("region", json!("us-east-1")),
        ("name", json!("aws-dify")),
        (
            "resources",
            json!({"Bucket": {"name": "{account}-x", "tags": {"aws:x": "1"}}, "Own": {"type": "AWS::IAM::ManagedPolicy"}}),
        ),
        (
            "images",
            json!({"registry": "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "credentials": "arn:aws:secretsmanager:us-east-1:123456789012:secret:a"}),
        ),
        ("environment", json!({"A": {"value": "x", "ssm": "/a"}, "1B": "x"})),
        (
            "accept",
            json!([{"code": "P001", "place": "Bucket", "reason": "x"}, {"code": "P001", "place": "Bucket"}]),
        ),
    ]
}
