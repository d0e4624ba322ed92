//! What an earlier stack kept and a new one finds under its names: adopted after saying so, and in no danger from a rollback.

use crate::program::{DEPLOY, Place, Run};
use crate::server::Refusal;

const TAKEN: &str = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early \
    Validation errors, use the DescribeEvents API for detailed failure information.";

/// What early validation tells of these ids.
fn conflicts(ids: &[&str]) -> String {
    let member = |id: &&str| {
        format!(
            "<member><EventId>{id}</EventId><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>{id}</LogicalResourceId>\
             <ValidationName>NAME_CONFLICT_VALIDATION</ValidationName><ValidationFailureMode>FAIL</ValidationFailureMode>\
             <ValidationStatusReason>Resource with identifier 'x' already exists.</ValidationStatusReason></member>"
        )
    };
    format!("<OperationEvents>{}</OperationEvents>", ids.iter().map(member).collect::<String>())
}

/// A stack that keeps its bucket, in an account that has it already.
fn place(policy: &str) -> Place {
    let place = Place::new();
    place.reviewed(|template| {
        template["Resources"]["Bucket"]["DeletionPolicy"] = policy.into();
        template["Resources"]["Bucket"]["UpdateReplacePolicy"] = "Retain".into();
    });
    place.server.script("DescribeEvents", &[&conflicts(&["Bucket"])]);
    {
        let model = &mut place.server.lock().model;
        model.existing = vec!["Bucket".into()];
        model.refusals.push_back(Some(Refusal { reason: TAKEN.into() }));
    }
    place
}

fn deploy(place: &Place, more: &str) -> Run {
    place.run(&format!("{DEPLOY} --assembly out{more}"))
}

#[test]
fn a_creation_adopts_what_the_template_keeps_after_saying_so() {
    for policy in ["Retain", "RetainExceptOnCreate"] {
        let place = place(policy);
        let run = deploy(&place, "")
            .ended(0)
            .says(&["the new stack adopts them: Bucket", "+ Bucket (AWS::S3::Bucket) comes into the stack"]);
        assert!(!run.err.contains("rejected"), "{}", run.err);
        let sets = place.server.calls("CreateChangeSet");
        let adopting: Vec<_> = sets.iter().map(|set| set.get("ImportExistingResources")).collect();
        assert_eq!(
            adopting,
            [None, Some("true"), None],
            "the first one, the one that adopts, and the rest of the stack"
        );
        assert_ne!(sets[0].get("ChangeSetName"), sets[1].get("ChangeSetName"));
        assert_eq!(
            place.server.lock().model.stacks.len(),
            1,
            "the second set is in the stack that the first one made"
        );
        let executed = &place.server.calls("ExecuteChangeSet")[0];
        assert_eq!(executed.get("RetainExceptOnCreate"), None, "a rollback doesn't delete what was adopted");
        let events = place.server.stack("dify-dev").events;
        assert!(events.iter().any(|event| event.logical_id == "Bucket" && event.status == "IMPORT_COMPLETE"));
    }
}

#[test]
fn what_the_template_does_not_keep_is_not_adopted() {
    let place = place("Delete");
    deploy(&place, "")
        .ended(1)
        .says(&["rejected: NAME_CONFLICT_VALIDATION", "next: `--import-existing` adopts"]);
    assert_eq!((place.server.count("CreateChangeSet"), place.server.count("ExecuteChangeSet")), (1, 0));
    assert_eq!(place.server.count("DeleteStack"), 1, "the empty stack is deleted");
}

#[test]
fn one_that_may_not_be_adopted_keeps_all_from_it() {
    let place = place("Retain");
    place.server.script("DescribeEvents", &[&conflicts(&["Bucket", "DatabaseCluster"])]);
    deploy(&place, "").ended(1).says(&["or give another one to Bucket, DatabaseCluster"]);
    assert_eq!(place.server.count("ExecuteChangeSet"), 0);
}

#[test]
fn an_adoption_that_is_refused_too_is_told() {
    let place = place("Retain");
    place.server.lock().model.refusals.push_back(Some(Refusal { reason: TAKEN.into() }));
    let run = deploy(&place, "")
        .ended(1)
        .says(&["rejected: NAME_CONFLICT_VALIDATION", "next: or delete what has the name"]);
    assert!(!run.err.contains("--import-existing"), "{}", run.err);
    assert_eq!(place.server.count("DeleteStack"), 1, "the empty stack is deleted");
    assert!(place.server.lock().model.sets.is_empty());
}

#[test]
fn an_adoption_that_was_killed_goes_on() {
    for call in 1..=2 {
        let place = place("Retain");
        place.server.faults("ExecuteChangeSet", &[crate::server::Fault::KilledBefore]);
        let child = place.start(&format!("{DEPLOY} --assembly out"));
        place.server.lock().victim = Some(child.id());
        crate::program::finish(child);
        if call == 2 {
            // The name is still taken.
            place.server.lock().model.refusals.push_back(Some(Refusal { reason: TAKEN.into() }));
        }
        deploy(&place, "").ended(0);
        assert_eq!(place.server.stack("dify-dev").status, "UPDATE_COMPLETE");
    }
}

#[test]
fn the_question_shows_what_is_adopted_and_a_no_leaves_nothing() {
    let place = place("Retain");
    place.run("deploy --stack dify-dev --assembly out").ended(4).says(&["the new stack adopts them: Bucket"]);
    assert_eq!(place.server.count("ExecuteChangeSet"), 0);
    assert_eq!(place.server.count("DeleteStack"), 1, "the empty stack is deleted");
}
