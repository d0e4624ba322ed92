//! `--on-failure`: what is asked of CloudFormation, what a failure leaves, and how it goes on.

use crate::program::{CONFIG, DEPLOY, Place, other_image};
use crate::server::Call;

/// What a call to `ExecuteChangeSet` says of a failure.
fn executed(call: &Call) -> (Option<&str>, Option<&str>) {
    (call.get("DisableRollback"), call.get("RetainExceptOnCreate"))
}

const ROLLS_BACK: (Option<&str>, Option<&str>) = (None, Some("true"));
const KEEPS: (Option<&str>, Option<&str>) = (Some("true"), None);
const LEFT_TO_THE_SET: (Option<&str>, Option<&str>) = (None, None);

/// The configuration with a change that replaces nothing.
fn longer_logs() -> String {
    format!("{CONFIG}logs: {{ retention_days: 30 }}\n")
}

/// What the stack has no room for.
const TOO_LONG: &str = "the retention isn't allowed";

#[test]
fn a_creation_is_rolled_back_unless_something_else_is_asked() {
    let place = Place::new();
    place.fail_at("DatabaseCluster", "no capacity");
    let run =
        place.run(DEPLOY).ended(5).says(&["no capacity; the creation failed; what was made is deleted"]);
    assert_eq!(place.server.stack("dify-dev").status, "ROLLBACK_COMPLETE", "{}", run.err);
    let set = &place.server.calls("CreateChangeSet")[0];
    assert_eq!((set.get("ChangeSetType"), set.get("OnStackFailure")), (Some("CREATE"), None));
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[0]), ROLLS_BACK);
}

#[test]
fn delete_leaves_no_stack_behind_a_failed_creation() {
    let place = Place::new();
    place.fail_at("DatabaseCluster", "no capacity");
    place
        .run(&format!("{DEPLOY} --on-failure delete"))
        .ended(5)
        .says(&["no capacity; the creation failed; the stack is deleted"]);
    assert!(!place.server.has_stack("dify-dev"));
    let set = &place.server.calls("CreateChangeSet")[0];
    assert_eq!((set.get("ChangeSetType"), set.get("OnStackFailure")), (Some("CREATE"), Some("DELETE")));
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[0]), LEFT_TO_THE_SET);
}

#[test]
fn delete_never_goes_further_than_the_first_step() {
    let place = Place::new();
    place.server.lock().model.failures.push_back(None);
    place.fail_at("WebTargetGroup", "no");
    place.run(&format!("{DEPLOY} --on-failure delete")).ended(5);
    let stack = place.server.stack("dify-dev");
    assert_eq!(stack.status, "UPDATE_ROLLBACK_COMPLETE");
    assert!(stack.resources.contains_key("DatabaseCluster"));
    let second = &place.server.calls("CreateChangeSet")[1];
    assert_eq!((second.get("ChangeSetType"), second.get("OnStackFailure")), (Some("UPDATE"), None));
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[1]), ROLLS_BACK);
}

#[test]
fn keep_leaves_a_failed_creation_and_goes_on_from_there() {
    let place = Place::new();
    let keep = format!("{DEPLOY} --on-failure keep");
    place.fail_at("DatabaseWriter", "no capacity");
    place.run(&keep).ended(6).says(&[
        "no capacity; the stack is CREATE_FAILED and needs a person",
        "next: `deploy --stack dify-dev --on-failure keep` goes on from there",
        "next: `destroy --stack dify-dev` deletes it",
    ]);
    let set = &place.server.calls("CreateChangeSet")[0];
    assert_eq!((set.get("ChangeSetType"), set.get("OnStackFailure")), (Some("CREATE"), Some("DO_NOTHING")));
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[0]), LEFT_TO_THE_SET);
    let made = place.server.stack("dify-dev");
    assert_eq!(made.status, "CREATE_FAILED");

    // Without the word, what holds data keeps it from being deleted.
    place.server.forget_calls();
    place.run(DEPLOY).ended(6).says(&["what holds data is in it", "DatabaseCluster"]);
    assert_eq!(place.server.count("DeleteStack"), 0);

    place.run(&keep).ended(0).says(&["this goes on from there"]);
    let sets = place.server.calls("CreateChangeSet");
    assert_eq!((sets[0].get("ChangeSetType"), sets[0].get("OnStackFailure")), (Some("UPDATE"), None));
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[0]), KEEPS);
    let stack = place.server.stack("dify-dev");
    assert_eq!((stack.id.as_str(), stack.status.as_str()), (made.id.as_str(), "UPDATE_COMPLETE"));
    let creations = stack.events.iter().filter(|event| event.status == "CREATE_COMPLETE");
    assert_eq!(creations.filter(|event| event.logical_id == "DatabaseCluster").count(), 1);
}

#[test]
fn the_rollback_of_a_kept_creation_says_what_is_lost_and_only_the_name_answers_it() {
    let place = Place::new();
    place.fail_at("DatabaseWriter", "no capacity");
    place.run(&format!("{DEPLOY} --on-failure keep")).ended(6);
    let rollback = "rollback --stack dify-dev";
    place.run(rollback).ended(4).says(&[
        "lost: DatabaseCluster (AWS::RDS::DBCluster, dify-dev-DatabaseCluster)",
        "deleted with the rollback: ",
        "there is nobody to ask; nothing was deleted",
        "next: --confirm dify-dev answers it",
    ]);
    place
        .run(&format!("{rollback} --confirm dify-prd"))
        .ended(4)
        .says(&["`dify-prd` isn't the stack's name, dify-dev"]);
    assert_eq!(place.server.count("RollbackStack"), 0);
    place.run(&format!("{rollback} --confirm dify-dev")).ended(0).says(&["lost: DatabaseCluster"]);
    assert_eq!(place.server.count("RollbackStack"), 1);
}

#[test]
fn the_rollback_of_a_creation_without_data_asks_nothing() {
    let place = Place::new();
    // The first resource that the model makes: what holds data comes later.
    place.fail_at("BrokerSecret", "no");
    place.run(&format!("{DEPLOY} --on-failure keep")).ended(6);
    let made = place.server.stack("dify-dev").resources;
    assert!(!made.keys().any(|id| id == "DatabaseCluster"), "{made:?}");
    place.run("rollback --stack dify-dev").ended(0).says(&["note: deleted with the rollback: "]);
    assert_eq!(place.server.count("RollbackStack"), 1);
}

#[test]
fn keep_holds_for_the_second_step_of_a_creation_too() {
    let place = Place::new();
    let keep = format!("{DEPLOY} --on-failure keep");
    place.server.lock().model.failures.push_back(None);
    place.fail_at("WebTargetGroup", "no");
    place.run(&keep).ended(6).says(&[
        "the stack is UPDATE_FAILED and needs a person",
        "next: `deploy --stack dify-dev --on-failure keep` goes on from there",
        "next: `rollback --stack dify-dev` takes the update back",
    ]);
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[1]), KEEPS);
    place.run(&keep).ended(0);
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[2]), KEEPS);
    let stack = place.server.stack("dify-dev");
    assert_eq!(
        (stack.status.as_str(), stack.parameters["DeletionProtection"].as_str()),
        ("UPDATE_COMPLETE", "false")
    );
    assert!(stack.policy.unwrap().contains("LogicalResourceId/DatabaseCluster"));
}

#[test]
fn keep_leaves_a_failed_update_which_is_gone_on_with_or_taken_back() {
    let place = Place::deployed(CONFIG);
    place.configure(&longer_logs());
    place.fail_at("WebLogGroup", TOO_LONG);
    let keep = format!("{DEPLOY} --on-failure keep");
    place.run(&keep).ended(6).says(&["the stack is UPDATE_FAILED and needs a person"]);
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[0]), KEEPS);
    // It isn't rolled back without a question.
    place.run("deploy --stack dify-dev").ended(4).says(&["Roll it back first?"]);
    assert_eq!(place.server.count("RollbackStack"), 0);
    place.run(&keep).ended(0);
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[1]), KEEPS);
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_COMPLETE");

    let place = Place::deployed(CONFIG);
    place.configure(&longer_logs());
    place.fail_at("WebLogGroup", TOO_LONG);
    place.run(&keep).ended(6);
    place.run(DEPLOY).ended(0);
    let taken_back = &place.server.calls("RollbackStack")[0];
    assert_eq!(taken_back.get("RetainExceptOnCreate"), Some("true"));
    assert!(taken_back.get("ClientRequestToken").is_some_and(|token| token.len() > 20));
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[1]), ROLLS_BACK);
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_COMPLETE");
}

#[test]
fn keep_does_not_hold_for_an_update_that_replaces_and_says_so() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    place.fail_at(&place.service(), "the tasks don't start");
    let keep = format!("{DEPLOY} --on-failure keep");
    place.run(&keep).ended(5).says(&["is rolled back in spite of `--on-failure keep`: it replaces "]);
    assert_eq!(executed(&place.server.calls("ExecuteChangeSet")[0]), ROLLS_BACK);
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn what_replaces_does_not_go_on_from_a_failure() {
    let place = Place::deployed(CONFIG);
    place.configure(&longer_logs());
    place.fail_at("WebLogGroup", TOO_LONG);
    let keep = format!("{DEPLOY} --on-failure keep");
    place.run(&keep).ended(6);
    place.server.forget_calls();
    place.configure(&other_image());
    place.run(&keep).ended(6).says(&[
        "CloudFormation doesn't go on from a failed operation with what replaces ",
        "next: `rollback --stack dify-dev` takes the failed operation back first",
    ]);
    assert_eq!((place.server.count("ExecuteChangeSet"), place.server.count("DeleteChangeSet")), (0, 1));
    place.run("rollback --stack dify-dev").ended(0);
    place.run(&keep).ended(0);
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_COMPLETE");
}

#[test]
fn a_prepared_set_is_not_executed_with_another_word_than_it_was_made_with() {
    let place = Place::new();
    place.run(&format!("{DEPLOY} --on-failure keep --no-execute")).ended(0);
    place.fail_at("DatabaseCluster", "no capacity");
    place.run(&format!("{DEPLOY} --on-failure delete")).ended(5);
    assert!(!place.server.has_stack("dify-dev"), "the set that keeps was executed");
}
