//! A stack's life, undisturbed: what happens in which order, how it ends, and what is left.

use crate::program::{CONFIG, DEPLOY, Place, failure, other_image};

#[test]
fn a_stack_is_created_in_two_steps_and_its_data_protected() {
    let place = Place::new();
    let run = place.run(&format!("{DEPLOY} --json --outputs-file outputs.json")).ended(0);
    let model = &place.server.lock().model;
    assert_eq!(model.begun, ["CREATE dify-dev", "UPDATE dify-dev"]);
    let stack = model.stack("dify-dev").unwrap();
    assert_eq!(stack.status, "UPDATE_COMPLETE");
    let policy = stack.policy.as_deref().unwrap();
    assert!(policy.contains("LogicalResourceId/DatabaseCluster"), "{policy}");
    assert_eq!(stack.parameters["DeletionProtection"], "false");
    let lines = run.lines();
    assert_eq!(lines.last().unwrap()["event"], "finished");
    assert_eq!(lines.last().unwrap()["exit_code"], 0);
    let outputs: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(place.file("outputs.json")).unwrap()).unwrap();
    let some = outputs["dify-dev"].as_object().unwrap();
    assert!(
        !some.is_empty() && some.iter().all(|(name, value)| *value == format!("value-of-{name}")),
        "{outputs}"
    );
}

#[test]
fn an_update_is_one_step_and_the_same_again_is_none() {
    let place = Place::deployed(CONFIG);
    let run = place.run(DEPLOY).ended(0);
    assert_eq!(place.server.count("ExecuteChangeSet"), 0, "{}", run.err);
    assert!(place.server.lock().model.sets.iter().all(|set| set.execution != "AVAILABLE"), "a set is left");
    place.configure(&other_image());
    place.run(DEPLOY).ended(0);
    assert_eq!(place.server.count("ExecuteChangeSet"), 1);
    let executed = place.server.calls("ExecuteChangeSet");
    assert_eq!(executed[0].get("RetainExceptOnCreate"), Some("true"));
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_COMPLETE");
}

#[test]
fn a_failed_update_is_rolled_back_and_its_first_cause_told() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    let service = place.service();
    place.server.lock().model.failures.push_back(Some(failure(&service, "the tasks don't start")));
    place.server.lock().model.stopped.push("Essential container in task exited".into());
    let run = place.run(DEPLOY).ended(5);
    assert!(run.err.contains("the tasks don't start"), "{}", run.err);
    assert!(run.err.contains("Essential container in task exited"), "{}", run.err);
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_ROLLBACK_COMPLETE");
    // Long after, too.
    let run = place.run("why --stack dify-dev").ended(0);
    assert!(run.out.contains("the tasks don't start"), "{}", run.out);
    assert!(!run.out.contains("cause: Resource update cancelled"), "{}", run.out);
}

#[test]
fn a_failed_create_ends_clean_and_the_next_run_begins_anew() {
    let place = Place::new();
    place.server.lock().model.failures.push_back(Some(failure("DatabaseCluster", "no capacity")));
    let run = place.run(DEPLOY).ended(5);
    assert!(run.err.contains("no capacity"), "{}", run.err);
    assert_eq!(place.server.stack("dify-dev").status, "ROLLBACK_COMPLETE");
    place.run(DEPLOY).ended(0);
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_COMPLETE");
}

#[test]
fn a_stuck_stack_needs_a_person_who_is_told_what_to_run() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    let mut stuck = failure(&place.service(), "it doesn't start");
    stuck.sticks = true;
    place.server.lock().model.failures.push_back(Some(stuck));
    let run = place.run(DEPLOY).ended(6);
    assert!(run.err.contains("rollback"), "{}", run.err);
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_ROLLBACK_FAILED");
    place.run("rollback --stack dify-dev").ended(0);
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn data_is_replaced_only_if_it_is_named() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    place.server.lock().model.replaced.push("DatabaseCluster".into());
    let run = place.run(DEPLOY).ended(4);
    assert!(run.err.contains("--allow-replace DatabaseCluster"), "{}", run.err);
    assert_eq!(place.server.count("ExecuteChangeSet"), 0);
    place.run(&format!("{DEPLOY} --allow-replace DatabaseCluster")).ended(0);
    let policies = place.server.calls("SetStackPolicy");
    assert_eq!(policies.len(), 2, "lifted, and set again");
    assert!(place.server.stack("dify-dev").policy.unwrap().contains("LogicalResourceId/DatabaseCluster"));
}

#[test]
fn a_question_without_a_terminal_is_never_a_yes() {
    let place = Place::new();
    let run = place.run("deploy --stack dify-dev").ended(4);
    assert!(run.err.contains("--yes"), "{}", run.err);
    assert_eq!(place.server.count("ExecuteChangeSet"), 0);
    let left = place.server.lock().model.stack("dify-dev").map(|stack| stack.status.clone());
    assert!(left.as_deref().is_none_or(|status| status == "DELETE_IN_PROGRESS"), "left: {left:?}");
}

#[test]
fn a_stack_is_destroyed_only_by_its_name() {
    let place = Place::deployed(CONFIG);
    place.run("destroy --stack dify-dev --yes").ended(4);
    place.run("destroy --stack dify-dev --confirm dify-prd").ended(4);
    assert!(place.server.has_stack("dify-dev"));
    place.run("destroy --stack dify-dev --confirm dify-dev").ended(0);
    assert!(!place.server.has_stack("dify-dev"));
}

#[test]
fn what_was_reviewed_is_deployed_or_nothing() {
    let place = Place::new();
    place.run("synth -q").ended(0);
    place.run("deploy --stack dify-dev --assembly out --yes").ended(0);
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_COMPLETE");
    let file = place.file("out/dify-dev.template.json");
    let text = std::fs::read_to_string(&file).unwrap().replace("203.0.113.0/24", "0.0.0.0/0");
    std::fs::write(&file, text).unwrap();
    place.server.forget_calls();
    let run = place.run("deploy --stack dify-dev --assembly out --yes").ended(2);
    assert!(run.err.contains("changed since synth wrote it"), "{}", run.err);
    assert_eq!(place.server.lock().calls.len(), 0);
}

#[test]
fn another_account_is_refused_before_anything_is_made() {
    let place = Place::new();
    place.server.lock().model.account = Some("210987654321".into());
    let run = place.run(DEPLOY);
    assert!(matches!(run.code, Some(1 | 2)), "{run:?}");
    assert!(run.err.contains("210987654321") && run.err.contains("123456789012"), "{}", run.err);
    assert_eq!(place.server.count("CreateChangeSet"), 0);
}

#[test]
fn several_stacks_are_deployed_in_order_and_at_once() {
    let config = format!("{CONFIG}environments: {{ dev: {{}}, test: {{}} }}\n");
    let place = Place::with(&config);
    place.run("deploy --stack dify-test --stack dify-dev --yes").ended(0);
    {
        let model = &place.server.lock().model;
        assert_eq!(
            model.begun,
            ["CREATE dify-test", "UPDATE dify-test", "CREATE dify-dev", "UPDATE dify-dev"]
        );
    }
    let place = Place::with(&config);
    let run = place.run("deploy --stack dify-test --stack dify-dev --yes --parallel").ended(0);
    assert!(run.err.contains("dify-test: ") && run.err.contains("dify-dev: "), "{}", run.err);
    assert_eq!(place.server.stack("dify-test").status, "UPDATE_COMPLETE");
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_COMPLETE");
}
