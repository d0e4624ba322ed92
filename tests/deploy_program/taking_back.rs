//! Operations that run or ran: cancelled, rolled back, followed, explained.

use std::time::{Duration, Instant};

use crate::program::{CONFIG, DEPLOY, Place, Program, Run, failure, finish, other_image};

/// An update that runs until `slow` is over, and the program that follows it.
fn running() -> (Place, Program) {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    place.server.lock().model.slow = 1_000_000;
    let child = place.start(DEPLOY);
    let began = Instant::now();
    while place.server.count("ExecuteChangeSet") == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "nothing is executed");
        std::thread::sleep(Duration::from_millis(5));
    }
    place.server.lock().model.slow = 0;
    (place, child)
}

/// An update that somebody else began.
fn another() -> Place {
    let place = Place::deployed(CONFIG);
    place.server.lock().model.put("dify-dev", "UPDATE_IN_PROGRESS");
    place
}

/// A stack whose rollback failed at a service.
fn stuck() -> (Place, String) {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    let service = place.service();
    let mut sticks = failure(&service, "the tasks don't start");
    sticks.sticks = true;
    place.server.lock().model.failures.push_back(Some(sticks));
    place.run(DEPLOY).ended(6).says(&[
        "the stack is UPDATE_ROLLBACK_FAILED and needs a person",
        "next: `rollback --stack dify-dev` tries again, with --force it skips what can't be rolled back",
    ]);
    place.server.forget_calls();
    (place, service)
}

#[test]
fn a_running_update_is_cancelled_and_followed_back() {
    let (place, deploy) = running();
    let run = place.run("cancel --stack dify-dev").ended(0).says(&["the update is cancelled and rolls back"]);
    let call = &place.server.calls("CancelUpdateStack")[0];
    let stack = place.server.stack("dify-dev");
    assert_eq!(call.get("StackName"), Some(stack.id.as_str()));
    assert!(call.get("ClientRequestToken").is_some_and(|token| token.len() > 20), "{}", run.err);
    assert_eq!(stack.status, "UPDATE_ROLLBACK_COMPLETE");
    finish(deploy).ended(5).says(&["the update was cancelled; the stack is back where it was"]);
}

#[test]
fn what_cannot_be_cancelled_is_told_with_the_way_out() {
    for (status, code, text) in [
        ("CREATE_IN_PROGRESS", 1, "`destroy` deletes the stack"),
        ("DELETE_IN_PROGRESS", 1, "a deletion can't be cancelled"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", 1, "the update is done"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", 0, "it is being rolled back already"),
    ] {
        let place = Place::deployed(CONFIG);
        place.server.lock().model.put("dify-dev", status);
        place.run("cancel --stack dify-dev").ended(code).says(&[text]);
        assert_eq!(place.server.count("CancelUpdateStack"), 0, "{status}");
    }
}

#[test]
fn a_failed_rollback_is_tried_again() {
    let (place, _) = stuck();
    let stack = place.server.stack("dify-dev").id;
    place.run("rollback --stack dify-dev").ended(0);
    let call = &place.server.calls("ContinueUpdateRollback")[0];
    assert_eq!(call.get("StackName"), Some(stack.as_str()));
    assert!(call.get("ClientRequestToken").is_some_and(|token| token.len() > 20));
    assert!(call.parameters.keys().all(|key| key != "ForceRollback" && !key.starts_with("ResourcesToSkip")));
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_ROLLBACK_COMPLETE");
    place.run("rollback --stack dify-dev").ended(0).says(&["the last operation is rolled back"]);
    assert_eq!(place.server.count("ContinueUpdateRollback"), 1);
}

#[test]
fn a_rollback_that_fails_again_is_forced_and_says_what_it_skips() {
    let (place, service) = stuck();
    place.fail_at(&service, "it still can't");
    place.run("rollback --stack dify-dev").ended(6).says(&[
        "it still can't",
        "next: `rollback --stack dify-dev` tries again, with --force it skips what can't be rolled back",
    ]);
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_ROLLBACK_FAILED");
    place.fail_at(&service, "it still can't");
    place.run("rollback --stack dify-dev --force").ended(0).says(&[
        &format!("these resources are skipped and may differ from what the stack says afterwards: {service}"),
        "`drift` tells how",
    ]);
    let calls = place.server.calls("ContinueUpdateRollback");
    assert_eq!(calls[1].get("ForceRollback"), Some("true"));
    assert_ne!(calls[0].get("ClientRequestToken"), calls[1].get("ClientRequestToken"));
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_ROLLBACK_COMPLETE");
    // And the stack can be changed again.
    place.run(DEPLOY).ended(0);
}

#[test]
fn attach_follows_what_somebody_else_began() {
    let place = another();
    let run = place.run("attach --stack dify-dev").ended(0).says(&["done: the stack is UPDATE_COMPLETE"]);
    assert!(run.out.contains("value-of-Url"), "outputs are told: {}", run.out);
    place.server.lock().model.put("dify-dev", "UPDATE_ROLLBACK_IN_PROGRESS");
    place.run("attach --stack dify-dev").ended(5);
    // Too late it is told too: it hasn't become a success by then.
    let run = place.run("attach --stack dify-dev --json").ended(5);
    assert_eq!(run.lines().last().unwrap()["message"], "nothing runs; the stack is UPDATE_ROLLBACK_COMPLETE");
    // It changes nothing.
    let changing = |action: &str| !action.starts_with("Describe");
    let calls = place.server.lock().calls.clone();
    assert!(calls.iter().all(|call| !changing(&call.action)), "{calls:?}");
}

#[test]
fn attach_leaves_after_its_time() {
    let place = another();
    place.server.faults("DescribeStacks", &[crate::server::Fault::Throttled; 2000]);
    place.run("attach --stack dify-dev --timeout 1s").ended(1).says(&["the time is up"]);
    let (place, deploy) = running();
    place.run("attach --stack dify-dev --timeout 1s").ended(7).says(&["`attach --stack dify-dev`"]);
    place.run("cancel --stack dify-dev").ended(0);
    finish(deploy);
}

#[test]
fn why_tells_the_first_failure_until_something_else_happens() {
    let place = Place::deployed(CONFIG);
    place.run("why --stack dify-dev").ended(0).says(&["nothing failed in the last operation"]);
    place.configure(&other_image());
    let service = place.service();
    place.fail_at(&service, "circuit breaker: the tasks don't start");
    place.run(DEPLOY).ended(5);
    let run = place.run("why --stack dify-dev --json").ended(0);
    let lines = run.lines();
    let cause = lines.iter().find(|line| line["event"] == "cause").unwrap();
    let text = cause.to_string();
    assert!(text.contains(&service) && text.contains("the tasks don't start"), "{text}");
    assert!(!cause["advice"].as_array().unwrap().is_empty(), "{text}");
    // A cancelled one is no cause.
    assert!(cause["cancelled"].as_u64().unwrap() > 0, "{text}");
    // By the path of our construct, where the configuration knows it.
    place.run("why --stack dify-dev").ended(0).says(&["circuit breaker: the tasks don't start"]);
    place.run(DEPLOY).ended(0);
    place.run("why --stack dify-dev").ended(0).says(&["nothing failed in the last operation"]);
}

#[test]
fn why_and_events_find_a_stack_that_is_deleted() {
    let place = Place::new();
    place.fail_at("DatabaseCluster", "no capacity");
    place.run(&format!("{DEPLOY} --on-failure delete")).ended(5);
    assert!(!place.server.has_stack("dify-dev"));
    place.run("why --stack dify-dev").ended(0).says(&["no capacity", "DELETE_COMPLETE"]);
    let run = place.run("events --stack dify-dev").ended(0);
    assert!(run.out.contains("DatabaseCluster") && run.out.contains("no capacity"), "{}", run.out);
    place.run("why --stack dify-prd --region us-east-1").ended(1).says(&["there is no stack dify-prd"]);
}

#[test]
fn events_are_followed_to_the_end_each_once() {
    let place = another();
    let told = |run: &Run| -> Vec<String> {
        let lines = run.lines().into_iter().filter(|line| line["event"] == "resource");
        lines.map(|line| format!("{} {}", line["logical_id"], line["status"])).collect()
    };
    let events = ["\"dify-dev\" \"UPDATE_IN_PROGRESS\"", "\"dify-dev\" \"UPDATE_COMPLETE\""];
    // The first run ends with the operation, the second comes after it.
    for _ in 0..2 {
        assert_eq!(told(&place.run("events --stack dify-dev --follow --json").ended(0)), events);
    }
    // Without JSON, they are the result: on standard output.
    place.server.lock().model.put("dify-dev", "UPDATE_ROLLBACK_IN_PROGRESS");
    let run = place.run("events --stack dify-dev -f").ended(5);
    assert!(
        run.out.contains("UPDATE_ROLLBACK_COMPLETE") && !run.err.contains("UPDATE_ROLLBACK_IN"),
        "{run:?}"
    );
}

/// Constructs that the lines of resources name, of a stack that the configuration describes.
#[track_caller]
fn names_constructs(run: &Run) {
    let lines = run.lines();
    let resources: Vec<_> =
        lines.iter().filter(|line| line["event"] == "resource" && line["is_stack"] == false).collect();
    assert!(!resources.is_empty(), "{run:?}");
    for resource in resources {
        let (id, construct) = (resource["logical_id"].as_str().unwrap(), resource["construct"].as_str());
        assert!(construct.is_some_and(|path| path.contains('/') || path == id), "{resource}");
    }
}

#[test]
fn resources_have_the_names_of_constructs_in_every_command() {
    let (place, deploy) = running();
    let (stack, service) = (place.server.stack("dify-dev").id, place.service());
    place.server.lock().model.tell(&stack, &service, "AWS::ECS::Service", "UPDATE_IN_PROGRESS", None, "");
    names_constructs(&place.run("cancel --stack dify-dev --json").ended(0));
    finish(deploy).ended(5);
    names_constructs(&place.run("events --stack dify-dev --json").ended(0));
    let (place, _) = stuck();
    names_constructs(&place.run("rollback --stack dify-dev --json").ended(0));
    let place = Place::deployed(CONFIG);
    names_constructs(&place.run("destroy --stack dify-dev --confirm dify-dev --json").ended(0));
}
