//! Values of parameters without echo: sent, and never shown, not even where CloudFormation quotes them.

use serde_json::{Value as Json, json};

use crate::program::{Place, Run};
use crate::server::{Call, Fault, Refusal};

const FIRST: &str = "plantedNoEcho-first-0001";
const SECOND: &str = "plantedNoEcho-second-0002";
const DEPLOY: &str = "deploy --stack dify-dev --assembly out --yes";

/// A parameter without echo, and a resource that takes it.
fn with_token(template: &mut Json) {
    template["Parameters"]["AdminToken"] = json!({
        "Type": "String", "NoEcho": true, "MinLength": 8, "AllowedPattern": "[a-zA-Z0-9-]+",
        "Description": "What the administrator shows",
    });
    template["Resources"]["Notice"] = json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::Sub": "token ${AdminToken}"}}});
}

fn place() -> Place {
    let place = Place::new();
    place.reviewed(with_token);
    place
}

#[track_caller]
fn shows_nothing(run: &Run) {
    for secret in [FIRST, SECOND] {
        for (stream, text) in [("out", &run.out), ("err", &run.err)] {
            let line = text.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{stream} shows it: {line:?}");
        }
    }
}

/// What a set is told about the parameter.
fn sent(set: &Call) -> (Option<String>, Option<String>) {
    let parameters = set.members("Parameters");
    let mut of_token = parameters.into_iter().filter(|parameter| parameter["ParameterKey"] == "AdminToken");
    let mut told = of_token.next().unwrap_or_default();
    (told.remove("ParameterValue"), told.remove("UsePreviousValue"))
}

#[test]
fn a_value_is_sent_once_and_stays() {
    let place = place();
    let run = place.run(DEPLOY).ended(2);
    assert!(run.err.contains("the parameter AdminToken has no value"), "{}", run.err);
    for form in ["", " --json"] {
        shows_nothing(
            &place.run(&format!("{DEPLOY} --parameter AdminToken={FIRST} --no-execute{form}")).ended(0),
        );
    }
    shows_nothing(&place.run(&format!("{DEPLOY} --parameter AdminToken={FIRST}")).ended(0));
    assert_eq!(place.server.stack("dify-dev").parameters["AdminToken"], FIRST);
    place.server.forget_calls();
    place.run(DEPLOY).ended(0);
    assert_eq!(sent(&place.server.calls("CreateChangeSet")[0]), (None, Some("true".into())));
    let run = place.run(&format!("{DEPLOY} --parameter AdminToken={SECOND} --json")).ended(0);
    shows_nothing(&run);
    assert_eq!(place.server.stack("dify-dev").parameters["AdminToken"], SECOND);
    for command in ["status", "outputs", "events", "why", "attach", "drift"] {
        for form in ["", " --json"] {
            shows_nothing(&place.run(&format!("{command} --stack dify-dev{form}")).ended(0));
        }
    }
}

#[test]
fn a_value_that_does_not_fit_is_not_told() {
    let place = place();
    for bad in [format!("{FIRST}!"), "short".to_owned()] {
        let run = place.run(&format!("{DEPLOY} --parameter AdminToken={bad}")).ended(2);
        assert!(run.err.contains("the value of the parameter AdminToken doesn't fit"), "{}", run.err);
        assert!(!run.err.contains(&bad), "{}", run.err);
    }
    assert_eq!(place.server.count("CreateChangeSet"), 0);
}

#[test]
fn a_reason_that_quotes_it_is_masked() {
    for form in ["", " --json"] {
        let deploy = format!("{DEPLOY} --parameter AdminToken={SECOND}{form}");
        let place = place();
        place.run(&format!("{DEPLOY} --parameter AdminToken={FIRST}")).ended(0);
        let quoted = format!("Value 'token {SECOND}' at 'value' failed to satisfy constraint");
        // In the events of a failed update,
        place.fail_at("Notice", &quoted);
        let run = place.run(&deploy).ended(5);
        shows_nothing(&run);
        let shown = if form.is_empty() { &run.err } else { &run.out };
        assert!(shown.contains("Value 'token ****' at 'value'"), "{shown}");
        // in a set that is refused,
        place.server.lock().model.refusals.push_back(Some(Refusal { reason: quoted.clone() }));
        let run = place.run(&deploy).ended(1);
        shows_nothing(&run);
        // and in the values before and after.
        let details = ("/Properties/Value".to_owned(), "token ****".to_owned(), format!("token {SECOND}"));
        place.server.lock().model.details.insert("Notice".into(), details);
        let run = place.run(&deploy).ended(0);
        shows_nothing(&run);
    }
}

#[test]
fn no_trouble_brings_it_out() {
    let place = place();
    let deploy = format!("{DEPLOY} --parameter AdminToken={FIRST} --json");
    for fault in
        [Fault::Denied, Fault::Truncated, Fault::Lost, Fault::Broken, Fault::Throttled, Fault::Expired]
    {
        place.server.faults("CreateChangeSet", &[fault; 9]);
        shows_nothing(&place.run(&deploy));
    }
}

#[test]
fn a_short_value_is_masked_where_it_stands_alone() {
    let place = Place::new();
    place.reviewed(|template| {
        with_token(template);
        let token = template["Parameters"]["AdminToken"].as_object_mut().unwrap();
        token.remove("MinLength");
    });
    place.run(&format!("{DEPLOY} --parameter AdminToken=old")).ended(0);
    place.fail_at("Notice", "Value 'z9' at 'value' of z9 failed; z99 is another");
    let run = place.run(&format!("{DEPLOY} --parameter AdminToken=z9")).ended(5);
    assert!(run.err.contains("Value '****' at 'value' of **** failed; z99 is another"), "{}", run.err);
}
