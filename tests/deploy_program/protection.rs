//! Termination protection: set after a creation, respected by everything that deletes, and the way out that messages name.

use crate::program::{CONFIG, DEPLOY, Place};

fn protect(place: &Place) {
    place.server.lock().model.stack_mut("dify-dev").unwrap().termination_protection = true;
}

#[test]
fn it_is_switched_on_once_the_stack_is_complete() {
    let place = Place::new();
    place.fail_at("DatabaseCluster", "no capacity");
    let deploy = format!("{DEPLOY} --termination-protection");
    place.run(&deploy).ended(5);
    assert_eq!(place.server.count("UpdateTerminationProtection"), 0, "a failed creation has to be deleted");
    let run = place.run(&deploy).ended(0).says(&["termination protection of the stack is on now"]);
    let stack = place.server.stack("dify-dev");
    assert!(stack.termination_protection, "{}", run.err);
    let calls: Vec<String> = place.server.lock().calls.iter().map(|call| call.action.clone()).collect();
    let last_execution = calls.iter().rposition(|action| action == "ExecuteChangeSet");
    let protected = calls.iter().position(|action| action == "UpdateTerminationProtection");
    assert!(last_execution < protected, "{calls:?}");
    let call = &place.server.calls("UpdateTerminationProtection")[0];
    assert_eq!(call.get("EnableTerminationProtection"), Some("true"));
    assert_eq!(call.get("StackName"), Some(stack.id.as_str()));
    // Asked again, nothing is to be done; left out, it stays.
    for again in [&deploy, DEPLOY] {
        place.run(again).ended(0);
        assert_eq!(place.server.count("UpdateTerminationProtection"), 1, "{again}");
    }
}

#[test]
fn destroy_respects_it_and_what_it_advises_works() {
    let place = Place::deployed(CONFIG);
    protect(&place);
    let destroy = "destroy --stack dify-dev --confirm dify-dev";
    let run = place.run(destroy).ended(1).says(&["termination protection; nothing was deleted"]);
    for deleting in ["DeleteStack", "ExecuteChangeSet", "S3 POST"] {
        assert_eq!(place.server.count(deleting), 0, "{deleting}: {}", run.err);
    }
    let advice = run.err.lines().find_map(|line| line.strip_prefix("  next: `"));
    let advice = advice.and_then(|line| line.split('`').next()).unwrap();
    place.run(&format!("{advice} --yes")).ended(0);
    place.run(destroy).ended(0);
    assert!(!place.server.has_stack("dify-dev"));
}

#[test]
fn a_failed_creation_is_never_deleted_under_it() {
    let place = Place::new();
    place.fail_at("DatabaseCluster", "no capacity");
    place.run(DEPLOY).ended(5);
    protect(&place);
    for deploy in [DEPLOY.to_owned(), format!("{DEPLOY} --termination-protection=on")] {
        place.run(&deploy).ended(6).says(&[
            "the stack is ROLLBACK_COMPLETE and has termination protection: it can't be deleted",
            "--termination-protection=off",
        ]);
        assert_eq!(place.server.count("DeleteStack"), 0, "{deploy}");
        assert!(place.server.stack("dify-dev").termination_protection, "{deploy}");
    }
    place.run(&format!("{DEPLOY} --termination-protection=off")).ended(0);
    let stack = place.server.stack("dify-dev");
    assert_eq!((stack.status.as_str(), stack.termination_protection), ("UPDATE_COMPLETE", false));
}

#[test]
fn it_is_never_switched_on_to_delete() {
    let place = Place::new();
    place.fail_at("DatabaseCluster", "no capacity");
    place.run(DEPLOY).ended(5);
    place.server.forget_calls();
    place.run(&format!("{DEPLOY} --termination-protection")).ended(0);
    assert_eq!(place.server.count("UpdateTerminationProtection"), 1);
    assert!(place.server.stack("dify-dev").termination_protection);
}
