//! The deploy engine against a model of CloudFormation with a virtual clock.

#![cfg(feature = "deploy")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]

#[path = "../support/cloudformation/mod.rs"]
mod cloudformation;

mod causes;
mod commands;
mod create;
mod documented;
mod example;
mod gates;
mod kill;
mod overhead;
mod trouble;
mod update;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cloudformation::World;
use dify_cfn::cfn::Template;
use dify_cfn::cfn::read::read_bytes;
use dify_cfn::deploy::event::Event;
use dify_cfn::deploy::outcome::Outcome;
use dify_cfn::deploy::request::Protection;
use dify_cfn::deploy::{DeployRequest, Session, configured_values, deploy};
use dify_cfn::validate::{Options, ValidatedTemplate};
use serde_json::{Value as Json, json};

/// No names of constructs.
static NO_CONSTRUCTS: BTreeMap<String, String> = BTreeMap::new();

/// The stack of most tests.
const STACK: &str = "dify-dev";

/// A template like ours in small: a foundation that holds data, and the rest.
fn template() -> Json {
    json!({
        "Parameters": {
            "Version": {"Type": "String", "Default": "1.0"},
            "DeletionProtection": {"Type": "String", "Default": "false", "AllowedValues": ["true", "false"]},
            "Certificate": {"Type": "String", "Default": ""},
        },
        "Resources": {
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
                "Properties": {
                    "PublicAccessBlockConfiguration": {
                        "BlockPublicAcls": true,
                        "BlockPublicPolicy": true,
                        "IgnorePublicAcls": true,
                        "RestrictPublicBuckets": true,
                    },
                },
            },
            "Secret": {
                "Type": "AWS::SecretsManager::Secret",
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
                "Properties": {"GenerateSecretString": {"PasswordLength": 42, "ExcludePunctuation": true}},
            },
            "Protection": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Value": {"Ref": "DeletionProtection"}},
            },
            "Cluster": {"Type": "AWS::ECS::Cluster", "DependsOn": "Bucket"},
            "Running": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Value": {"Fn::Sub": "${Version}-${Cluster}-${Certificate}"}},
            },
        },
        "Outputs": {"Url": {"Value": {"Ref": "Cluster"}}},
    })
}

fn read(template: &Json) -> Template {
    read_bytes("template.json", template.to_string().as_bytes()).unwrap().into_template().unwrap()
}

fn validated(template: Template) -> ValidatedTemplate {
    match ValidatedTemplate::check(template, &Options::default()) {
        Ok((validated, _)) => validated,
        Err(findings) => panic!("the test's template isn't valid: {findings:#?}"),
    }
}

/// A deploy of a template with its foundation, everything answered with yes.
fn request_of(template: &Json) -> DeployRequest {
    let template = read(template);
    let foundation = template.closure(|id, _| ["Bucket", "Secret", "Protection"].contains(&id));
    let mut request = DeployRequest::new(STACK, validated(template.clone()));
    request.foundation = Some(validated(foundation));
    request.configured = configured_values(&template);
    request.protection = Some(Protection { parameter: "DeletionProtection".into(), wanted: true });
    request.yes = true;
    request.tags.insert("project".into(), "dify".into());
    request
}

fn request() -> DeployRequest {
    static REQUEST: LazyLock<DeployRequest> = LazyLock::new(|| request_of(&template()));
    REQUEST.clone()
}

/// The same with another image version.
fn newer() -> DeployRequest {
    let mut json = template();
    json["Parameters"]["Version"]["Default"] = "2.0".into();
    request_of(&json)
}

fn session(world: &World) -> Session<'_> {
    Session {
        cloudformation: world,
        services: world,
        clock: world,
        prompter: world,
        sink: world,
        constructs: &NO_CONSTRUCTS,
        seed: 7,
    }
}

/// Deploys and comes to an end.
fn deployed(world: &World, request: &DeployRequest) -> Outcome {
    cloudformation::run(deploy(session(world), request)).expect("the deploy comes to an end")
}

/// A world with a complete stack.
fn world_with_stack() -> World {
    let world = World::new();
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending.exit_code(), 0, "{outcome:#?}");
    let mut state = world.state();
    state.calls.clear();
    state.records.clear();
    state.made.clear();
    state.requested_sets.clear();
    state.policies.clear();
    drop(state);
    world
}

/// The stack isn't there, or won't be in a moment.
fn assert_gone(world: &World) {
    let mut state = world.state();
    state.now += 60_000;
    state.advance();
    assert_eq!(state.find(STACK), None);
}

/// Messages of notes and warnings.
fn notes(world: &World) -> Vec<String> {
    world
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Note { message } | Event::Warning { message } => Some(message),
            _ => None,
        })
        .collect()
}
