//! What programs read: every command with `--json` ends with a result or with a line that says why there is none, and every
//! line is one that docs/json.md describes.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::program::{CONFIG, Place, Run};
use crate::server::{Failure, Fault};

/// Every command that takes `--json` and needs a configuration.
const CONFIGURED: [&str; 7] = [
    "deploy --stack dify-dev --yes",
    "diff --stack dify-dev",
    "secrets --stack dify-dev",
    "lookup --stack dify-dev",
    "synth",
    "ls",
    "validate out --config dify.yaml",
];

/// Every other one that is for a stack.
const OTHERS: [&str; 9] = [
    "status",
    "events",
    "outputs",
    "drift",
    "why",
    "attach",
    "cancel",
    "rollback",
    "destroy --confirm dify-dev",
];

#[track_caller]
fn failure(run: &Run, code: i32) -> Json {
    assert_eq!(run.code, Some(code), "{run:?}");
    let last = run.out.lines().last().unwrap_or_else(|| panic!("nothing on standard output: {run:?}"));
    let line: Json = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error} in {last}"));
    assert_eq!((&line["event"], &line["exit_code"]), (&"finished".into(), &code.into()), "{last}");
    assert!(line["message"].as_str().is_some_and(|message| !message.is_empty()), "{last}");
    line
}

#[test]
fn a_wrong_configuration_is_told_to_programs() {
    let place = Place::with("name: dify\nregion: us-east-1\nnme: x\nlayout: nonsense\n");
    for command in CONFIGURED {
        let line = failure(&place.run(&format!("{command} --json")), 2);
        assert_eq!(line["ending"], "usage", "{command}");
        let findings = line["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 2, "{command}: {line}");
        assert_eq!(
            (&findings[0]["file"], &findings[0]["line"]),
            (&"dify.yaml".into(), &3.into()),
            "{command}"
        );
    }
    assert_eq!(place.server.lock().calls.len(), 0);
}

#[test]
fn wrong_arguments_are_told_to_programs() {
    let place = Place::new();
    let others = OTHERS.iter().map(|command| command.split(' ').next().unwrap());
    for command in CONFIGURED.iter().map(|command| command.split(' ').next().unwrap()).chain(others) {
        let line = failure(&place.run(&format!("{command} --json --nonsense")), 2);
        assert!(line["message"].as_str().unwrap().contains("--nonsense"), "{command}: {line}");
    }
    let twice = place.run("deploy --stack dify-dev --stack dify-dev --yes --json");
    assert!(failure(&twice, 2)["message"].as_str().unwrap().contains("twice"));
    let nowhere = place.run("deploy --stack dify-dev --assembly nowhere --yes --json");
    assert_eq!(failure(&nowhere, 2)["stack"], "dify-dev");
    assert_eq!(place.server.lock().calls.len(), 0);
}

#[test]
fn a_template_that_is_not_valid_is_told_to_programs() {
    let place = Place::with(&format!(
        "{CONFIG}resources: {{ DatabaseCluster: {{ properties: {{ Nonsense: true }} }} }}\n"
    ));
    for command in ["synth", "deploy --stack dify-dev --yes", "diff --stack dify-dev"] {
        let line = failure(&place.run(&format!("{command} --json")), 3);
        assert_eq!(line["ending"], "invalid", "{command}");
        assert!(line["findings"].to_string().contains("Nonsense"), "{command}: {line}");
    }
}

#[test]
fn a_missing_region_or_profile_is_told_to_programs() {
    let place = Place::with("name: dify\n");
    for command in OTHERS {
        let (name, more) = command.split_once(' ').unwrap_or((command, ""));
        let line = failure(&place.run(&format!("{name} --stack dify-dev {more} --json")), 2);
        assert!(line["message"].as_str().unwrap().contains("no region is set"), "{command}: {line}");
        let line = failure(&place.run(&format!("{name} --stack dify-dev {more} --json --profile gone")), 2);
        assert!(line["message"].as_str().unwrap().contains("`gone`"), "{command}: {line}");
    }
    let line = failure(&place.run("deploy --stack dify-dev --yes --json"), 2);
    assert!(line["message"].as_str().unwrap().contains("no region is set"), "{line}");
}

#[test]
fn what_aws_refuses_is_told_to_programs() {
    for command in OTHERS.into_iter().chain(["deploy --yes", "diff", "lookup"]) {
        let config = if command == "lookup" {
            "name: dify\nregion: us-east-1\nnetwork: { lookup: { vpc_name: a, public_subnet_names: [b], private_subnet_names: [c] } }\n"
        } else {
            CONFIG
        };
        let place = Place::with(config);
        place.server.faults("*", &[Fault::Denied; 50]);
        let (name, more) = command.split_once(' ').unwrap_or((command, ""));
        let line = failure(&place.run(&format!("{name} --stack dify-dev {more} --json")), 1);
        assert!(line["message"].as_str().unwrap().contains("not authorized"), "{command}: {line}");
        assert!(line["next"][0].as_str().unwrap().contains("permission"), "{command}: {line}");
    }
}

/// The names that the page has in a row.
fn documented() -> BTreeMap<String, (Vec<String>, Vec<String>)> {
    let page = include_str!("../../docs/json.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let all: Vec<String> = cells[1].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let optional: Vec<String> =
            all.iter().filter(|name| cells[1].contains(&format!("[`{name}`]"))).cloned().collect();
        (cells[0].trim_matches('`').to_owned(), (all, optional))
    })
    .collect()
}

#[test]
fn every_line_is_documented() {
    let place = Place::new();
    place.server.lock().model.slow = 3;
    place.server.faults("DescribeStackEvents", &[[Fault::None].as_slice(), &[Fault::Throttled; 20]].concat());
    let mut lines = place.run("deploy --stack dify-dev --yes --json").ended(0).lines();
    place.configure(&format!("{CONFIG}dify: {{ version: 1.17.0 }}\n"));
    let failing = Failure { logical_id: "AppService".into(), reason: "no".into(), sticks: false };
    place.server.lock().model.failures.push_back(Some(failing));
    lines.extend(place.run("deploy --stack dify-dev --yes --json").lines());
    for command in [
        "events --stack dify-dev --all",
        "why --stack dify-dev",
        "destroy --stack dify-dev --confirm dify-dev",
    ] {
        lines.extend(place.run(&format!("{command} --json")).lines());
    }
    let documented = documented();
    let resource =
        include_str!("../../docs/json.md").lines().find(|line| line.starts_with("| resource event")).unwrap();
    for line in &lines {
        let kind = line["event"].as_str().unwrap_or_else(|| panic!("no kind: {line}"));
        let (all, optional) = documented.get(kind).unwrap_or_else(|| panic!("{kind} isn't documented"));
        for field in
            line.as_object().unwrap().keys().filter(|key| !["time", "stack", "event"].contains(&key.as_str()))
        {
            let is_known =
                all.contains(field) || kind == "resource" && resource.contains(&format!("`{field}`"));
            assert!(is_known, "`{field}` of {kind} isn't documented");
        }
        for field in all.iter().filter(|field| !optional.contains(field)) {
            assert!(line.get(field).is_some(), "`{field}` of {kind} is left out: {line}");
        }
    }
    let kinds = lines.iter().map(|line| line["event"].as_str().unwrap());
    let kinds: std::collections::BTreeSet<&str> = kinds.collect();
    for kind in
        ["cause", "changes", "progress", "waiting", "reconnected", "stack_policy", "outputs", "finished"]
    {
        assert!(kinds.contains(kind), "{kind} isn't among {kinds:?}");
    }
}

#[test]
fn the_fields_of_reports_are_documented() {
    let place = Place::deployed(CONFIG);
    let documented = documented();
    for command in ["status", "outputs", "diff", "drift"] {
        let run = place.run(&format!("{command} --stack dify-dev --json")).ended(0);
        let report: Json = serde_json::from_str(&run.out).unwrap();
        let fields: Vec<&String> = report.as_object().unwrap().keys().collect();
        let name = if command == "outputs" { "outputs" } else { command };
        let expected: Vec<String> = if name == "outputs" {
            vec!["stack".into(), "outputs".into()]
        } else {
            documented[name].0.clone()
        };
        assert_eq!(fields, expected.iter().collect::<Vec<_>>(), "{command}");
    }
    let ssm = Place::with(&format!("{CONFIG}secrets: {{ backend: ssm }}\n"));
    let report: Json =
        serde_json::from_str(&ssm.run("secrets --stack dify-dev --json").ended(0).out).unwrap();
    assert_eq!(
        report.as_object().unwrap().keys().collect::<Vec<_>>(),
        documented["secrets"].0.iter().collect::<Vec<_>>()
    );
}
