//! Commands that look, and wrong use.

use serde_json::Value as Json;

use crate::program::{CONFIG, Place};

#[test]
fn wrong_use_ends_with_2_before_any_call() {
    let place = Place::new();
    for arguments in [
        "deploy",
        "deploy --stack dify_dev",
        "deploy --stack nothing-like-it --yes",
        "deploy --stack dify-dev --stack dify-dev --yes",
        "deploy --stack dify-dev --timeout soon",
        "deploy --stack dify-dev --monitoring-time 181",
        "deploy --stack dify-dev --parallel",
        "deploy --stack dify-dev --assembly nowhere --yes",
        "deploy --stack dify-dev --parameter x",
        "deploy --stack dify-dev --on-failure panic",
        "diff",
        "status",
        "events --stack dify-dev --all --follow",
        "destroy",
        "lookup --stack dify-dev",
    ] {
        let run = place.run(arguments).ended(2);
        assert!(!run.err.is_empty() && run.out.is_empty(), "{arguments}: {run:?}");
    }
    assert_eq!(place.server.lock().calls.len(), 0);
}

#[test]
fn a_region_is_needed() {
    let place = Place::with("name: dify\n");
    let run = place.run("status --stack dify-dev").ended(2);
    assert!(run.err.contains("no region is set"), "{}", run.err);
}

/// The commands that work without a configuration.
const ON_STACKS: [&str; 9] =
    ["status", "events", "outputs", "drift", "why", "attach", "cancel", "rollback", "destroy"];

#[test]
fn a_stack_that_the_configuration_does_not_have_is_told_with_those_that_it_has() {
    let place = Place::new();
    let known =
        "the configuration has no stack `dify-prd`; did you mean `dify-dev`? the stacks are: dify-dev";
    for command in ON_STACKS {
        let run = place.run(&format!("{command} --stack dify-prd")).ended(2);
        let sentence = format!(
            "error: the region of the stack dify-prd isn't known: {known}; name it with --region, AWS_REGION or the profile"
        );
        assert!(run.err.contains(&sentence), "{command}: {}", run.err);
        assert_eq!(place.server.lock().calls.len(), 0, "{command}");
    }
    // With a region it may be a stack of somebody else's; the name may be wrong all the same.
    let run = place.run("why --stack dify-prd --region us-east-1").ended(1);
    assert!(run.err.contains(&format!("note: {known}")), "{}", run.err);
    let json = place.run("status --stack dify-prd --json").ended(2);
    assert!(json.lines().last().unwrap()["message"].as_str().unwrap().contains(known), "{}", json.out);
}

#[test]
fn without_a_configuration_and_a_region_both_are_named() {
    let place = Place::new();
    std::fs::remove_file(place.file("dify.yaml")).unwrap();
    for command in ON_STACKS {
        let run = place.run(&format!("{command} --stack dify-prd")).ended(2);
        assert!(
            run.err.contains("isn't known: there is no dify.yaml here; name it with --region"),
            "{}",
            run.err
        );
    }
    place.configure("name: [dify]\n");
    let run = place.run("status --stack dify-prd").ended(2);
    assert!(run.err.contains("the region of the stack dify-prd isn't known: "), "{}", run.err);
    assert!(run.err.contains("name"), "{}", run.err);
}

#[test]
fn a_stack_that_is_not_there_is_told() {
    let place = Place::new();
    let run = place.run("status --stack dify-dev --json").ended(0);
    let status: Json = serde_json::from_str(&run.out).unwrap();
    assert_eq!(status["status"], Json::Null);
    let run = place.run("outputs --stack dify-dev").ended(1);
    assert!(run.err.contains("there is no stack dify-dev"), "{}", run.err);
}

#[test]
fn a_stack_is_looked_at() {
    let place = Place::deployed(CONFIG);
    let run = place.run("status --stack dify-dev").ended(0);
    assert!(run.out.contains("UPDATE_COMPLETE"), "{}", run.out);
    let run = place.run("outputs --stack dify-dev --json").ended(0);
    let outputs: Json = serde_json::from_str(&run.out).unwrap();
    assert!(outputs["outputs"].as_array().is_some_and(|list| !list.is_empty()), "{outputs}");
    let run = place.run("events --stack dify-dev").ended(0);
    assert!(run.out.contains("UPDATE_COMPLETE"), "{}", run.out);
    let all = place.run("events --stack dify-dev --all").ended(0);
    assert!(
        all.out.lines().count() > run.out.lines().count() && all.out.contains("CREATE_COMPLETE"),
        "{}",
        all.out
    );
}

#[test]
fn drift_is_told_and_can_fail() {
    let place = Place::deployed(CONFIG);
    place.run("drift --stack dify-dev --fail").ended(0);
    place.server.lock().model.drifted.push("ApiService".into());
    let run = place.run("drift --stack dify-dev --fail").ended(1);
    assert!(run.out.contains("ApiService") && run.out.contains("/DesiredCount"), "{}", run.out);
    place.run("drift --stack dify-dev").ended(0);
}

#[test]
fn a_diff_needs_no_change_set_and_can_fail() {
    let place = Place::deployed(CONFIG);
    let run = place.run("diff --stack dify-dev --fail").ended(0);
    assert!(run.out.contains("no differences"), "{}", run.out);
    place.configure(&format!("{CONFIG}dify: {{ version: 1.17.0 }}\n"));
    let run = place.run("diff --stack dify-dev --fail").ended(1);
    assert!(run.out.contains("AWS::ECS::TaskDefinition"), "{}", run.out);
    assert_eq!(place.server.count("CreateChangeSet"), 0);
    place.run("diff --stack dify-dev --change-set").ended(0);
    assert_eq!(place.server.count("CreateChangeSet"), 1);
    assert_eq!(place.server.count("DeleteChangeSet"), 1);
    assert_eq!(place.server.count("ExecuteChangeSet"), 0);
}

#[test]
fn nothing_runs_so_there_is_nothing_to_attach_to_or_cancel() {
    let place = Place::deployed(CONFIG);
    let run = place.run("attach --stack dify-dev");
    assert!(matches!(run.code, Some(0 | 1)), "{run:?}");
    let run = place.run("cancel --stack dify-dev");
    assert!(matches!(run.code, Some(0 | 1)), "{run:?}");
    assert_eq!(place.server.count("CancelUpdateStack"), 0);
}

#[test]
fn a_network_is_looked_up_and_synth_uses_it_offline() {
    let config = "
name: dify
region: us-east-1
network: { lookup: { vpc_name: main, public_subnet_names: ['public-*'], private_subnet_names: [private-a, private-b] } }
ingress: { allowed_cidrs: [203.0.113.0/24] }
";
    let place = Place::with(config);
    place.run("synth -q").ended(2);
    place.run("lookup --stack dify-dev").ended(0);
    place.server.forget_calls();
    place.run("synth -q").ended(0);
    let template = std::fs::read_to_string(place.file("out/dify-dev.template.json")).unwrap();
    assert!(template.contains("vpc-0a1b2c3d") && template.contains("subnet-3a1b2c3d"), "not in the template");
    assert_eq!(place.server.lock().calls.len(), 0);
}

/// What a person sees without a terminal.
#[test]
fn the_output_of_a_first_deploy() {
    let place = Place::new();
    let run = place.run("deploy --stack dify-dev --yes").ended(0);
    let text = format!("{}\n--- standard output\n{}", run.err, run.out);
    let text = [
        (r"\d\d:\d\d:\d\d", "[time]"),
        (r"dify-cfn-[0-9a-z-]*[0-9a-f]{8,}[0-9a-z-]*", "[set]"),
        (r"[0-9a-f]{32,}", "[digest]"),
        (r"\d+ bytes", "[n] bytes"),
        (r"http://127.0.0.1:\d+", "[server]"),
    ]
    .into_iter()
    .fold(text, |text, (pattern, word)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, word).into_owned()
    });
    insta::assert_snapshot!("first-deploy", text);
}
