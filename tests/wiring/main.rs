//! Our own templates are well wired, and each mutation of one is found by the rule that it breaks, and by no other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests may panic, in helpers too")]
#![allow(clippy::similar_names, reason = "items and item are what they are")]

mod mutations;
mod samples;
#[path = "../support/samples.rs"]
mod support;

use dify_cfn::cfn::{Resource, Template};
use dify_cfn::config::{LoadOptions, load};
use dify_cfn::diagnostic::{Diagnostic, Severity, Source};
use dify_cfn::dify;
use dify_cfn::validate::{Options, findings};
use serde_json::Value as Json;

/// A whole stack in a network of its own.
const WHOLE: &str = "
network: { create: { cidr: 10.0.0.0/16 } }
environments:
  prd: { profile: production, ingress: { domain_name: d.example.com, hosted_zone_id: Z0123456789ABC } }
";

/// The templates of a configuration.
fn templates(configuration: &str) -> Vec<Template> {
    let file = Some(Source::new("dify.yaml", configuration));
    let loaded = load(&LoadOptions { file, ..LoadOptions::default() }).unwrap();
    loaded.environments.iter().map(|located| dify::build(&located.config).unwrap().template).collect()
}

/// The errors and warnings of the wiring layer.
fn found(template: &Template) -> Vec<Diagnostic> {
    let all = findings(template, &Options::default());
    all.into_iter()
        .filter(|finding| finding.severity > Severity::Note && finding.code.0.starts_with('W'))
        .collect()
}

/// What is changed in a template.
enum Change {
    /// A value at a path in a resource's properties, `null` to take it away. An item of a list is named by its position
    /// or by its `Name`.
    Set(&'static str, &'static str, Json),
    /// A resource that is taken away, and all that depends on it by `DependsOn` no longer does.
    Remove(&'static str),
    /// A resource that no longer depends on those whose names hold a text.
    Free(&'static str, &'static str),
    /// One more resource: id, type, properties.
    Add(&'static str, &'static str, Json),
}

impl Change {
    fn apply(&self, template: &mut Template) {
        match self {
            Self::Set(id, path, value) => {
                let resource = template.resources.get_mut(*id).unwrap_or_else(|| panic!("there is no {id}"));
                let mut tokens: Vec<&str> = path.split('/').collect();
                let last = tokens.pop().unwrap();
                let mut properties = Json::Object(std::mem::take(&mut resource.properties));
                let parent = tokens.iter().fold(&mut properties, |parent, token| step(parent, token));
                match (parent, value) {
                    (Json::Object(map), Json::Null) => {
                        map.shift_remove(last).unwrap_or_else(|| panic!("there is no {path} in {id}"));
                    }
                    (Json::Object(map), value) => {
                        map.insert(last.to_owned(), value.clone());
                    }
                    (Json::Array(items), value) if last == "-" => items.push(value.clone()),
                    (Json::Array(items), Json::Null) => {
                        items.remove(position(items, last));
                    }
                    (list, value) => *step(list, last) = value.clone(),
                }
                let Json::Object(properties) = properties else { panic!("{id}") };
                resource.properties = properties;
            }
            Self::Remove(id) => {
                template.resources.shift_remove(*id).unwrap_or_else(|| panic!("there is no {id}"));
                for resource in template.resources.values_mut() {
                    resource.depends_on.retain(|name| name != id);
                }
            }
            Self::Free(id, of) => {
                let names = &mut template.resources.get_mut(*id).unwrap().depends_on;
                let before = names.len();
                names.retain(|name| !name.contains(of));
                assert!(names.len() < before, "{id} doesn't depend on {of}");
            }
            Self::Add(id, type_name, properties) => {
                let resource = Resource {
                    type_name: (*type_name).to_owned(),
                    properties: properties.as_object().unwrap().clone(),
                    ..Resource::default()
                };
                template.resources.insert((*id).to_owned(), resource);
            }
        }
    }
}

/// The index of an item by its number or its `Name`.
fn position(items: &[Json], token: &str) -> usize {
    let named = || items.iter().position(|item| item["Name"] == token);
    token.parse().ok().or_else(named).unwrap_or_else(|| panic!("there is no {token}"))
}

fn step<'j>(parent: &'j mut Json, token: &str) -> &'j mut Json {
    match parent {
        Json::Array(items) => {
            let index = position(items, token);
            &mut items[index]
        }
        other => other.get_mut(token).unwrap_or_else(|| panic!("there is no {token}")),
    }
}

#[test]
fn every_kind_of_stack_is_well_wired() {
    for configuration in [
        WHOLE,
        "environments: { dev: {}, ssm: { secrets: { backend: ssm } } }",
        "network: { create: { cidr: 10.0.0.0/16 } }\nenvironments: { dev: { layout: sidecar }, single: { layout: single-task } }",
    ] {
        for template in templates(configuration) {
            let wiring = found(&template);
            assert!(wiring.is_empty(), "{wiring:#?}");
        }
    }
}

#[test]
fn each_mutation_is_found_by_its_rule_alone() {
    let good = templates(WHOLE).remove(0);
    let mut wrong = Vec::new();
    for (code, what, changes) in mutations::all() {
        let mut mutant = good.clone();
        for change in &changes {
            change.apply(&mut mutant);
        }
        let found = found(&mutant);
        let mut codes: Vec<_> = found.iter().map(|finding| finding.code.0).collect();
        codes.dedup();
        if codes != [code] {
            let told: Vec<_> =
                found.iter().map(|finding| format!("  {} {}", finding.code, finding.message)).collect();
            wrong.push(format!("{what}: {code} expected, found\n{}", told.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
