//! `secrets`: the missing parameters of the `ssm` backend are made once; what is there is never touched, nothing is shown.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::program::{CONFIG, Place, Run};
use crate::server::Fault;

const SECRETS: &str = "secrets --stack dify-dev";

fn place() -> Place {
    Place::with(&format!("{CONFIG}secrets: {{ backend: ssm }}\n"))
}

#[track_caller]
fn shows_no_value(place: &Place, run: &Run) {
    for value in place.server.lock().model.secure_parameters.values() {
        assert!(!run.out.contains(value) && !run.err.contains(value), "{run:?}");
    }
}

#[test]
fn a_deploy_says_which_are_missing_and_what_makes_them() {
    let place = place();
    let run = place.run("deploy --stack dify-dev --yes").ended(1).says(&[
        "these parameters aren't in Systems Manager: /dify/dev/",
        "`secrets --stack dify-dev` creates them",
    ]);
    assert_eq!(place.server.count("CreateChangeSet"), 0, "{}", run.err);
    let run = place.run(SECRETS).ended(0);
    assert!(run.out.lines().all(|line| line.starts_with("created  /dify/dev/")), "{}", run.out);
    shows_no_value(&place, &run);
    let run = place.run("deploy --stack dify-dev --yes").ended(0).says(&["check parameters: ok"]);
    shows_no_value(&place, &run);
}

#[test]
fn what_was_made_before_a_failure_stays_and_the_next_run_makes_the_rest() {
    let place = place();
    place.server.faults("PutParameter", &[Fault::None, Fault::None, Fault::Denied]);
    let run = place.run(SECRETS).ended(1).says(&["add the permission that the message names"]);
    shows_no_value(&place, &run);
    let before = place.server.lock().model.secure_parameters.clone();
    assert_eq!(before.len(), 2);
    let run = place.run(&format!("{SECRETS} --json")).ended(0);
    shows_no_value(&place, &run);
    let told: Json = serde_json::from_str(&run.out).unwrap();
    let after = place.server.lock().model.secure_parameters.clone();
    let names =
        |list: &str| told[list].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
    assert_eq!(names("present").collect::<BTreeSet<_>>(), before.keys().cloned().collect());
    assert_eq!(names("created").count(), after.len() - 2);
    assert!(before.iter().all(|(name, value)| after[name] == *value), "one was touched");
}

#[test]
fn an_answer_that_is_lost_makes_no_second_value() {
    for fault in [Fault::Lost, Fault::Truncated, Fault::Broken, Fault::Throttled] {
        let place = place();
        place.server.faults("PutParameter", &[fault, Fault::None, fault]);
        let run = place.run(SECRETS).ended(0);
        shows_no_value(&place, &run);
        let made = place.server.lock().model.secure_parameters.clone();
        place.run(SECRETS).ended(0);
        assert_eq!(place.server.lock().model.secure_parameters, made, "{fault:?}");
    }
}

#[test]
fn a_parameter_of_another_type_is_an_error() {
    let (place, other) = (place(), place());
    other.run(SECRETS).ended(0);
    let name = other.server.lock().model.secure_parameters.keys().next().unwrap().clone();
    {
        let model = &mut place.server.lock().model;
        model.secure_parameters.insert(name.clone(), "text".into());
        model.plain_parameters.insert(name.clone());
    }
    place
        .run(SECRETS)
        .ended(1)
        .says(&[&format!("the parameter {name} is there, but is a String, not a SecureString")]);
    assert_eq!(place.server.lock().model.secure_parameters[&name], "text");
}

#[test]
fn values_are_encrypted_with_the_key_that_is_named() {
    let place = place();
    place.run(&format!("{SECRETS} --key-id alias/dify")).ended(0);
    let made = place.server.calls("PutParameter");
    assert!(made.len() > 3);
    for call in made {
        let input: Json = serde_json::from_str(&call.body).unwrap();
        assert_eq!((&input["KeyId"], &input["Type"]), (&"alias/dify".into(), &"SecureString".into()));
        assert!(input["Value"].as_str().unwrap().len() >= 24);
    }
}
