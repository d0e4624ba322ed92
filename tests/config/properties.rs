//! What holds for every configuration, on generated ones.

use std::collections::BTreeSet;

use dify_cfn::config::model::{Config, Variable, VariableSource};
use dify_cfn::config::{LoadOptions, Loaded, load, schema};
use dify_cfn::diagnostic::{Diagnostic, Source};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config as Settings, TestRunner};
use serde_json::{Value as Json, json};

use crate::fixtures::render;
use crate::generate_config::{Choices, configuration, configurations, context, yaml};

fn options(file: &str) -> LoadOptions {
    LoadOptions {
        file: Some(Source::new("dify.yaml", file)),
        context: Some(Source::new("dify.context.json", context())),
        ..LoadOptions::default()
    }
}

#[track_caller]
fn accepted(options: &LoadOptions) -> Loaded {
    load(options).unwrap_or_else(|findings| {
        let text = options.file.as_ref().map_or("", |file| &file.text);
        panic!("{}\nin\n{text}", render(&findings))
    })
}

fn configs(loaded: &Loaded) -> Vec<Config> {
    loaded.environments.iter().map(|environment| environment.config.clone()).collect()
}

/// Runs a property, without a file of past failures: what failed becomes a test.
fn check<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value)) {
    let settings = Settings { cases, failure_persistence: None, ..Settings::default() };
    let result = TestRunner::new(settings).run(&strategy, |value| {
        property(value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn generated_configurations_are_accepted_alike_each_time() {
    check(300, configurations(), |value| {
        let options = options(&yaml(&value));
        let (first, second) = (accepted(&options), accepted(&options));
        assert_eq!(configs(&first), configs(&second));
        assert_eq!(first.diagnostics, second.diagnostics);
        // The same as JSON.
        let json = LoadOptions { file: Some(Source::new("dify.json", value.to_string())), ..options };
        assert_eq!(configs(&accepted(&json)), configs(&first));
    });
}

#[test]
fn a_resolved_configuration_written_out_is_the_same_configuration() {
    check(150, configurations(), |value| {
        for config in configs(&accepted(&options(&yaml(&value)))) {
            let mut written = serde_json::to_value(&config).unwrap();
            written["environments"] = json!({ config.environment_name.as_str(): null });
            let again = accepted(&options(&yaml(&written)));
            assert_eq!(configs(&again), [config]);
        }
    });
}

#[test]
fn overrides_say_what_a_file_says() {
    check(150, configurations(), |mut value| {
        let entries = value.as_object_mut().unwrap();
        entries.shift_remove("environments");
        let from_file = configs(&accepted(&options(&yaml(&value))));
        let mut set = Vec::new();
        overrides(&value, "", &mut set);
        let from_arguments = configs(&accepted(&LoadOptions { file: None, set, ..options("") }));
        assert_eq!(
            from_arguments.into_iter().map(plain).collect::<Vec<_>>(),
            from_file.into_iter().map(plain).collect::<Vec<_>>()
        );
    });
}

/// The arguments that set every value of a configuration.
fn overrides(value: &Json, path: &str, into: &mut Vec<String>) {
    match value {
        Json::Object(entries) if !entries.is_empty() && path != "layout" => {
            for (key, value) in entries {
                let key = if key.contains('.') { format!("\"{key}\"") } else { key.clone() };
                overrides(value, &if path.is_empty() { key } else { format!("{path}.{key}") }, into);
            }
        }
        _ if path.is_empty() => {}
        other => into.push(format!("{path}={other}")),
    }
}

/// Variables as the text that reaches the container: `--set` takes numbers as text.
fn plain(mut config: Config) -> Config {
    let text = |source: &mut VariableSource| {
        if let Some(text) = source.text() {
            *source = VariableSource::Text(text);
        }
    };
    for variable in config.environment.values_mut() {
        if let Variable::Plain(source) = variable {
            text(source);
        }
    }
    for settings in config.components.values_mut() {
        settings.environment.values_mut().flatten().for_each(text);
    }
    config
}

#[test]
fn mistakes_are_refused_with_a_place() {
    let strategy = (vec(any::<u32>(), 0..600), vec(any::<u32>(), 8));
    check(400, strategy, |(numbers, mistake)| {
        let mut value = configuration(&mut Choices::new(&numbers));
        let Some(told) = spoil(&mut value, &mut Choices::new(&mistake)) else { return };
        let text = yaml(&value);
        let findings = match load(&options(&text)) {
            Ok(_) => panic!("{told} is accepted in\n{text}"),
            Err(findings) => findings,
        };
        let is_placed = |finding: &Diagnostic| finding.is_error() && finding.location.is_some();
        assert!(findings.iter().any(is_placed), "{told}: {}\nin\n{text}", render(&findings));
    });
}

/// Makes one mistake, and says which. Nothing where the configuration has no room for it.
fn spoil(value: &mut Json, c: &mut Choices<'_>) -> Option<String> {
    let mut pointers = Vec::new();
    places(value, "", &mut pointers);
    match c.below(3) {
        0 => {
            let maps: Vec<&String> = pointers
                .iter()
                .filter(|at| value.pointer(at).is_some_and(|value| value.is_object()))
                .collect();
            let at = maps.get(c.below(maps.len()))?.to_string();
            let is_free = ["/tags", "/services", "/layout", "/environment", "/parameters", "/resources"]
                .iter()
                .any(|end| at.ends_with(end));
            (!is_free && !at.ends_with("environments")).then_some(())?;
            value.pointer_mut(&at)?.as_object_mut()?.insert("nobody_knows".to_owned(), json!(1));
            Some(format!("an unknown key in `{at}`"))
        }
        1 => {
            let at = pointers.get(c.below(pointers.len()))?.clone();
            *value.pointer_mut(&at)? = json!([[1]]);
            Some(format!("a list of lists at `{at}`"))
        }
        _ => {
            let (key, wrong) = c.of(&[
                ("ingress", json!({"hosted_zone_id": "Z1", "domain_name": null})),
                ("ingress", json!({"allowed_cidrs": ["10.0.0.1/8"]})),
                ("database", json!({"serverless": {"min_capacity": 4, "max_capacity": 1}})),
                ("database", json!({"engine_version": "15.8"})),
                ("database", json!({"instance_class": "db.serverless"})),
                ("cache", json!({"nodes": 1, "automatic_failover": true})),
                ("services", json!({"nobody": {"cpu": 256}})),
                ("network", json!({"create": {"cidr": "10.0.0.0/8"}})),
                ("network", json!({"existing": {}})),
                ("layout", json!({"app": ["web", "web"]})),
                ("layout", json!({"app": []})),
                ("accept", json!([{}])),
                ("tags", json!({"aws:x": "1"})),
                ("account", json!("1")),
                ("name", json!("-")),
            ]);
            // At the top and in every environment, so that nothing puts it right.
            let mut sections = vec![String::new()];
            if key != "name" {
                let names = value.get("environments").and_then(Json::as_object);
                sections.extend(
                    names
                        .into_iter()
                        .flat_map(|names| names.keys().map(|name| format!("/environments/{name}"))),
                );
            }
            for section in sections {
                if value.pointer(&section).is_some_and(Json::is_null) {
                    *value.pointer_mut(&section)? = json!({});
                }
                value.pointer_mut(&section)?[key] = wrong.clone();
            }
            Some(format!("{key}: {wrong}"))
        }
    }
}

/// Pointers to every value whose place has a type of its own.
fn places(value: &Json, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    if let Json::Object(entries) = value
        && !at.ends_with("/properties")
    {
        for (key, value) in entries {
            places(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), into);
        }
    }
    if at.ends_with("/properties") {
        into.pop(); // what is in there is CloudFormation's
    }
}

#[test]
fn the_generator_sets_every_key_of_the_schema() {
    let schema: Json = serde_json::from_str(&schema::json()).unwrap();
    let mut keys = BTreeSet::new();
    keys_of(&schema, &schema, "", &mut keys);
    assert!(keys.len() > 150, "{keys:?}");
    let mut random = 1_u32;
    for _ in 0..2000 {
        let numbers: Vec<u32> = std::iter::repeat_with(|| {
            // xorshift, so that the same runs are made each time
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            random >> 3
        })
        .take(500)
        .collect();
        let value = configuration(&mut Choices::new(&numbers));
        remove_set(&value, &schema, &schema, "", &mut keys);
    }
    assert_eq!(keys, BTreeSet::new(), "keys that no generated configuration sets");
}

/// The alternatives that a part of the schema allows.
fn alternatives<'s>(schema: &'s Json, root: &'s Json) -> Vec<&'s Json> {
    if let Some(target) = schema.get("$ref").and_then(Json::as_str) {
        return alternatives(root.pointer(target.trim_start_matches('#')).unwrap(), root);
    }
    match schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array) {
        Some(branches) => branches.iter().flat_map(|branch| alternatives(branch, root)).collect(),
        None => vec![schema],
    }
}

/// The name of a key in a path: components and environments are all alike.
fn step(path: &str, key: &str) -> String {
    let is_alike = ["/components", "/depends_on", "/environments"].iter().any(|end| path.ends_with(end));
    format!("{path}/{}", if is_alike { "*" } else { key })
}

/// Every key that can be set, as a path.
fn keys_of(schema: &Json, root: &Json, path: &str, into: &mut BTreeSet<String>) {
    for schema in alternatives(schema, root) {
        for (key, value) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let path = step(path, key);
            if into.insert(path.clone()) || path.ends_with('*') {
                keys_of(value, root, &path, into);
            }
        }
        for (word, key) in [("additionalProperties", "*"), ("items", "0")] {
            if let Some(value) = schema.get(word).filter(|value| value.is_object()) {
                let path = format!("{path}/{key}");
                into.insert(path.clone());
                keys_of(value, root, &path, into);
            }
        }
    }
}

/// Takes out the paths that a value sets.
fn remove_set(value: &Json, schema: &Json, root: &Json, path: &str, keys: &mut BTreeSet<String>) {
    keys.remove(path);
    for schema in alternatives(schema, root) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let known = schema.get("properties").and_then(|known| known.get(key));
            let any = schema.get("additionalProperties").filter(|any| any.is_object());
            match (known, any) {
                (Some(known), _) => remove_set(value, known, root, &step(path, key), keys),
                (None, Some(any)) => remove_set(value, any, root, &format!("{path}/*"), keys),
                (None, None) => {}
            }
        }
        if let Some(items) = schema.get("items") {
            for item in value.as_array().into_iter().flatten() {
                remove_set(item, items, root, &format!("{path}/0"), keys);
            }
        }
    }
}

#[test]
fn schema_and_types_agree() {
    let schema: Json = serde_json::from_str(&schema::json()).unwrap();
    let mut of_types = schema.clone();
    of_types["properties"].as_object_mut().unwrap().shift_remove("environments");
    let full = jsonschema::validator_for(&of_types).unwrap();
    // Ranges and steps are beyond the types.
    without_ranges(&mut of_types);
    let of_types = jsonschema::validator_for(&of_types).unwrap();
    let counts = std::cell::Cell::new((0, 0));
    check(1500, vec(any::<u32>(), 0..200), |numbers| {
        let mut c = Choices::new(&numbers);
        let mut value = arbitrary(&schema, &schema, &mut c, 0);
        if let Some(entries) = value.as_object_mut() {
            entries.shift_remove("environments");
        }
        let config = serde_json::from_value::<Config>(value.clone());
        let fits = of_types.is_valid(&value);
        assert_eq!(fits, config.is_ok(), "{config:?}\n{value:#}");
        assert!(fits || !full.is_valid(&value), "{value:#}");
        let (good, bad) = counts.get();
        counts.set(if fits { (good + 1, bad) } else { (good, bad + 1) });
    });
    let (good, bad) = counts.get();
    assert!(good > 100 && bad > 100, "{good} fit, {bad} don't");
}

/// Takes out what a Rust type doesn't say.
fn without_ranges(schema: &mut Json) {
    match schema {
        Json::Object(entries) => {
            let is_short = entries.get("maximum") == Some(&json!(65535));
            entries.shift_remove("multipleOf");
            if entries.contains_key("minimum") || entries.contains_key("enum") {
                let is_float = entries.get("type") == Some(&json!("number"));
                for word in ["minimum", "maximum", "enum"] {
                    entries.shift_remove(word);
                }
                if !is_float {
                    entries.insert("minimum".to_owned(), json!(0));
                    entries.insert("maximum".to_owned(), json!(if is_short { 65535 } else { u32::MAX }));
                }
            }
            entries.values_mut().for_each(without_ranges);
        }
        Json::Array(items) => items.iter_mut().for_each(without_ranges),
        _ => {}
    }
}

/// A value that mostly fits a schema.
fn arbitrary(schema: &Json, root: &Json, c: &mut Choices<'_>, depth: usize) -> Json {
    if depth > 0 && c.below(12) == 11 {
        // No list in place of a map, and no map in place of a name: Rust's types take some of those.
        return c.of(&[
            json!(true),
            json!(-1),
            json!(1.5),
            json!(70000),
            json!(5e9),
            json!("word"),
            json!([[true]]),
            Json::Null,
            json!({"x": 1}),
        ]);
    }
    let options = alternatives(schema, root);
    let schema = options[c.below(options.len())];
    if let Some(name) = schema.get("const") {
        return name.clone();
    }
    let kind = match &schema["type"] {
        Json::Array(kinds) => c.of(kinds),
        kind => kind.clone(),
    };
    match kind.as_str() {
        Some("object") => {
            let mut entries = serde_json::Map::new();
            for (key, value) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
                if c.below(4) == 3 {
                    entries.insert(key.clone(), arbitrary(value, root, c, depth + 1));
                }
            }
            if let Some(any) = schema.get("additionalProperties").filter(|any| any.is_object()) {
                for key in ["A", "b-2"] {
                    if c.below(2) == 1 {
                        entries.insert(key.to_owned(), arbitrary(any, root, c, depth + 1));
                    }
                }
            }
            if c.below(20) == 19 {
                entries.insert("nobody_knows".to_owned(), json!({}));
            }
            Json::Object(entries)
        }
        Some("array") => {
            let count = c.below(3);
            Json::Array((0..count).map(|_| arbitrary(&schema["items"], root, c, depth + 1)).collect())
        }
        Some("string") => c.of(&[json!("word"), json!(""), json!("16.8")]),
        Some("boolean") => json!(c.below(2) == 1),
        Some("integer") => json!(c.below(5000)),
        Some("number") => c.of(&[json!(0), json!(0.5), json!(300)]),
        Some("null") => Json::Null,
        other => panic!("{other:?} in {schema}"),
    }
}
