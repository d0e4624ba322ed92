//! What holds for every configuration, on generated ones.
//!
//! 64 of each kind by default; `PROPTEST_CASES` makes it more. What failed becomes a test.

use std::collections::BTreeSet;

use dify_cfn::cfn::write;
use dify_cfn::config::{LoadOptions, Located, load};
use dify_cfn::diagnostic::{Diagnostic, Source};
use dify_cfn::dify;
use dify_cfn::validate::{Options, Types, ValidatedTemplate};
use proptest::prelude::Strategy;
use proptest::test_runner::{Config as Settings, TestRunner};
use serde_json::Value as Json;

use crate::generate_config::{configurations, context, yaml};
use crate::resolve::resolve;
use crate::shipped::told;

const CASES: u32 = 64;

fn check<S: Strategy>(strategy: S, property: impl Fn(S::Value)) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let settings = Settings { cases, failure_persistence: None, ..Settings::default() };
    let result = TestRunner::new(settings).run(&strategy, |value| {
        property(value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn environments(text: &str) -> Vec<Located> {
    let options = LoadOptions {
        file: Some(Source::new("dify.yaml", text)),
        context: Some(Source::new("dify.context.json", context())),
        ..LoadOptions::default()
    };
    load(&options).unwrap_or_else(|found| panic!("{}\nin\n{text}", told(&found))).environments
}

/// The generator names a resource as the seeds' bucket; the stack's own is `Bucket`.
fn renamed(mut value: Json) -> Json {
    if let Json::Object(map) = &mut value {
        if let Some(Json::Object(resources)) = map.get_mut("resources")
            && let Some(bucket) = resources.remove("StorageBucket")
        {
            resources.insert("Bucket".to_owned(), bucket);
        }
        map.values_mut().for_each(|inner| *inner = renamed(inner.take()));
    }
    value
}

#[test]
fn accepted_configurations_become_the_same_valid_template_each_time() {
    let counts = std::cell::Cell::new((0, 0));
    check(configurations(), |value| {
        let text = yaml(&renamed(value));
        let again = environments(&text);
        for (located, again) in environments(&text).into_iter().zip(again) {
            let (built, rejected) = counts.get();
            match dify::build(&located.config) {
                Ok(first) => {
                    let second = dify::build(&again.config).unwrap();
                    assert_eq!(write::json(&first.template), write::json(&second.template));
                    assert_eq!(write::yaml(&first.template), write::yaml(&second.template));
                    assert_eq!(first.findings, second.findings);
                    resolves(&first.template.to_json());
                    match ValidatedTemplate::check(first.template, &Options::default()) {
                        Ok((_, found)) => {
                            let unused = found.iter().any(|finding| finding.code.to_string() == "R016");
                            assert!(!unused, "a parameter without use: {}\nin\n{text}", told(&found));
                        }
                        Err(found) => panic!("{}\nin\n{text}", told(&found)),
                    }
                    counts.set((built + 1, rejected));
                }
                Err(found) => {
                    placed(&located, found, &text);
                    counts.set((built, rejected + 1));
                }
            }
        }
    });
    let (built, rejected) = counts.get();
    assert!(built > rejected, "{built} built, {rejected} rejected: the generator makes what can't be built");
}

#[test]
fn old_versions_become_valid_templates_too() {
    let options = Options { types: Types::Strict, ..Options::default() };
    for version in ["0.7.3", "0.15.3", "1.0.0", "1.13.0"] {
        for located in environments(&format!("dify: {{ version: \"{version}\" }}\n")) {
            let built =
                dify::build(&located.config).unwrap_or_else(|found| panic!("{version}: {}", told(&found)));
            if let Err(found) = ValidatedTemplate::check(built.template, &options) {
                panic!("{version}: {}", told(&found));
            }
        }
    }
}

/// Resolves every function, which fails on a name that stands for nothing, and looks whether what is left exists.
fn resolves(template: &Json) {
    let fillings = crate::view::fillings();
    for parameters in &fillings {
        let resolved = resolve(template, parameters);
        for (id, resource) in &resolved.resources {
            let mut targets = BTreeSet::new();
            left_over(&resource["Properties"], &mut targets);
            targets.extend(
                resource["DependsOn"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|on| on.as_str().unwrap().to_owned()),
            );
            for target in targets {
                assert!(resolved.resources.contains_key(&target), "{id} needs {target} with {parameters:?}");
            }
        }
    }
}

/// The resources that a resolved value still names.
fn left_over(value: &Json, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value.as_str()) {
                    ("Ref" | "Fn::GetAtt", Some(name)) if map.len() == 1 => {
                        let name = name.split('.').next().unwrap();
                        found.extend((!name.starts_with("AWS::")).then(|| name.to_owned()));
                    }
                    _ => left_over(value, found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| left_over(item, found)),
        Json::String(text) => {
            for piece in text.split("${").skip(1) {
                let name = piece.split(['}', '.']).next().unwrap();
                // `$$` and shells have braces too; a logical id is letters and digits.
                if !name.starts_with("AWS::") && name.chars().all(|c| c.is_ascii_alphanumeric()) {
                    found.insert(name.to_owned());
                }
            }
        }
        _ => {}
    }
}

/// Every error says where in the configuration it comes from.
fn placed(located: &Located, found: Vec<Diagnostic>, text: &str) {
    let errors: Vec<Diagnostic> = found.into_iter().filter(Diagnostic::is_error).collect();
    assert!(!errors.is_empty());
    for error in errors {
        let pointer = error
            .pointer
            .clone()
            .unwrap_or_else(|| panic!("{}\nin\n{text}", told(std::slice::from_ref(&error))));
        let placed = located.diagnostic_at(&pointer, error.clone());
        assert!(placed.help.is_some(), "no help: {}", told(std::slice::from_ref(&placed)));
        assert!(placed.location.is_some(), "no place for {pointer:?}: {}\nin\n{text}", told(&[placed]));
    }
}
