//! The end of a stack: what is lost is said first, the bucket is emptied, protection comes off, and a kill in between loses nothing.

use crate::program::{CONFIG, Place, finish};
use crate::server::{Call, Fault};

const DESTROY: &str = "destroy --stack dify-dev --confirm dify-dev";

/// Puts so many objects into a bucket.
fn fill(place: &Place, bucket: &str, count: usize) {
    let model = &mut place.server.lock().model;
    for number in 0..count {
        let key = format!("{}/{bucket}/folder/file {number}.txt", model.address);
        model.objects.insert(key, b"x".to_vec());
    }
}

fn objects(place: &Place) -> usize {
    place.server.lock().model.objects.len()
}

#[test]
fn what_is_lost_and_what_goes_is_said_before_anything_is_deleted() {
    let place = Place::deployed(CONFIG);
    fill(&place, "dify-dev-Bucket", 1);
    let run = place.run("destroy --stack dify-dev").ended(4).says(&[
        "lost: DatabaseCluster (AWS::RDS::DBCluster, dify-dev-DatabaseCluster)",
        "lost: Bucket (AWS::S3::Bucket, dify-dev-Bucket)",
        "deleted with the stack: ",
        "there is nobody to ask; nothing was deleted",
        "next: --confirm dify-dev answers it",
    ]);
    place.run("destroy --stack dify-dev --yes --confirm dify").ended(4).says(&["isn't the stack's name"]);
    assert_eq!((place.server.count("DeleteStack"), objects(&place)), (0, 1), "{}", run.err);
    let last = place.run(&format!("{DESTROY} --json")).ended(0);
    assert_eq!(last.lines().last().unwrap()["message"], "the stack is deleted");
    assert!(!place.server.has_stack("dify-dev"));
}

#[test]
fn only_the_stacks_own_bucket_is_emptied_page_by_page() {
    let place = Place::deployed(CONFIG);
    fill(&place, "dify-dev-Bucket", 25);
    fill(&place, "another", 2);
    place.server.lock().model.page = 10;
    place.run(DESTROY).ended(0).says(&["25 versions of objects were deleted from dify-dev-Bucket"]);
    assert_eq!((objects(&place), place.server.count("S3 POST")), (2, 3));
    let calls: Vec<String> = place.server.lock().calls.iter().map(|call| call.action.clone()).collect();
    let emptied = calls.iter().rposition(|action| action == "S3 POST");
    assert!(emptied < calls.iter().position(|action| action == "DeleteStack"), "{calls:?}");
}

#[test]
fn what_fails_to_be_deleted_is_named_and_left_behind_on_demand() {
    let place = Place::deployed(CONFIG);
    place.fail_at("DatabaseSubnetGroup", "it is in use");
    place.run(DESTROY).ended(6).says(&[
        "it is in use",
        "these can't be deleted: DatabaseSubnetGroup",
        "`destroy --stack dify-dev --force` leaves them behind",
    ]);
    let call = &place.server.calls("DeleteStack")[0];
    let stack = place.server.stack("dify-dev");
    assert_eq!(stack.status, "DELETE_FAILED");
    assert_eq!(call.get("StackName"), Some(stack.id.as_str()));
    assert!(call.get("ClientRequestToken").is_some_and(|token| token.len() > 20));
    assert!(call.parameters.keys().all(|key| key != "DeletionMode" && !key.starts_with("RetainResources")));
    let kept = place.server.lock().model.stacks.clone();
    place.fail_at("DatabaseSubnetGroup", "it is in use");
    place.run(&format!("{DESTROY} --force --role-arn arn:aws:iam::123456789012:role/r")).ended(0);
    let forced = &place.server.calls("DeleteStack")[1];
    assert_eq!(forced.get("DeletionMode"), Some("FORCE_DELETE_STACK"));
    assert_eq!(forced.get("RoleARN"), Some("arn:aws:iam::123456789012:role/r"));
    assert_ne!(forced.get("ClientRequestToken"), call.get("ClientRequestToken"));
    place.server.lock().model.stacks = kept;
    place.run(&format!("{DESTROY} --retain DatabaseSubnetGroup")).ended(0);
    let retained = &place.server.calls("DeleteStack")[2];
    assert_eq!(retained.members("RetainResources")[0][""], "DatabaseSubnetGroup");
    assert!(!place.server.has_stack("dify-dev"));
}

/// A stack with deletion protection, and objects in its bucket.
fn protected() -> Place {
    let place = Place::with(&format!("{CONFIG}database: {{ deletion_protection: true }}\n"));
    place.run("deploy --stack dify-dev --yes").ended(0);
    let stack = place.server.stack("dify-dev");
    assert_eq!(stack.parameters["DeletionProtection"], "true");
    fill(&place, "dify-dev-Bucket", 3);
    place.server.forget_calls();
    place.server.lock().model.begun.clear();
    place
}

#[test]
fn deletion_protection_is_on_once_the_stack_is_complete_and_off_only_for_its_end() {
    let place = protected();
    place.run("destroy --stack dify-dev").ended(4);
    assert_eq!(place.server.stack("dify-dev").parameters["DeletionProtection"], "true");
    place.run(DESTROY).ended(0).says(&["deletion protection is off"]);
    assert_eq!(place.server.lock().model.begun, ["UPDATE dify-dev", "DELETE dify-dev"]);
    let set: &Call = &place.server.calls("CreateChangeSet")[0];
    assert_eq!(set.get("UsePreviousTemplate"), Some("true"));
    for parameter in set.members("Parameters") {
        let value = parameter.get("ParameterValue").map(String::as_str);
        let previous = parameter.get("UsePreviousValue").map(String::as_str);
        let expected = if parameter["ParameterKey"] == "DeletionProtection" {
            (Some("false"), None)
        } else {
            (None, Some("true"))
        };
        assert_eq!((value, previous), expected, "{parameter:?}");
    }
}

#[test]
fn a_destroy_goes_on_after_a_kill_at_each_step() {
    let undisturbed = protected();
    undisturbed.run(DESTROY).ended(0);
    let calls = undisturbed.server.lock().calls.clone();
    let looks =
        |action: &str| ["Describe", "List", "Get", "S3 GET"].iter().any(|look| action.starts_with(look));
    let mut steps: Vec<(usize, String)> = Vec::new();
    let mut begun = false;
    for (index, call) in calls.iter().enumerate() {
        if !looks(&call.action) || begun {
            steps.push((index + 1, call.action.clone()));
            begun = matches!(call.action.as_str(), "ExecuteChangeSet" | "DeleteStack" | "S3 POST");
        }
    }
    assert!(steps.len() > 5, "{steps:?}");
    let place = protected();
    let before = place.server.lock().model.clone();
    for (call, action) in steps {
        for fault in [Fault::KilledBefore, Fault::KilledAfter] {
            place.server.lock().model = before.clone();
            place.server.fault_at(call, fault);
            let program = place.start(DESTROY);
            place.server.lock().victim = Some(program.id());
            let killed = finish(program);
            assert_eq!(killed.code, None, "not killed at {action}, call {call}: {killed:?}");
            place.run(DESTROY).ended(0);
            let what = format!("after {fault:?} at {action}, call {call}");
            assert!(!place.server.has_stack("dify-dev"), "{what}");
            assert_eq!(objects(&place), 0, "{what}");
            assert_eq!(place.server.lock().model.begun, ["UPDATE dify-dev", "DELETE dify-dev"], "{what}");
        }
    }
}

#[test]
fn trouble_on_the_way_does_not_stop_it() {
    for fault in [Fault::Throttled, Fault::Lost, Fault::Broken, Fault::Truncated] {
        let place = protected();
        for action in
            ["DeleteStack", "S3 POST", "S3 GET", "ExecuteChangeSet", "DescribeStackEvents", "GetTemplate"]
        {
            place.server.faults(action, &[fault, fault]);
        }
        place.run(DESTROY).ended(0);
        assert_eq!(objects(&place), 0, "{fault:?}");
        assert_eq!(place.server.lock().model.begun, ["UPDATE dify-dev", "DELETE dify-dev"], "{fault:?}");
    }
}

#[test]
fn parameters_beside_the_stack_are_among_what_stays() {
    let place = Place::with(&format!("{CONFIG}secrets: {{ backend: ssm }}\n"));
    let made = place.run("secrets --stack dify-dev").ended(0);
    let names: Vec<&str> = made.out.lines().filter_map(|line| line.strip_prefix("created  ")).collect();
    assert!(names.len() > 3, "{}", made.out);
    place.run("deploy --stack dify-dev --yes").ended(0);
    let asked = place.run("destroy --stack dify-dev").ended(4);
    let stays: Vec<String> =
        names.iter().map(|name| format!("stays: {name} (a SecureString of Systems Manager)")).collect();
    for line in &stays {
        assert_eq!(asked.err.lines().filter(|other| *other == line).count(), 1, "{line}: {}", asked.err);
    }
    // A role that may not look them up hears of them too.
    place.server.faults("GetParameter", &vec![Fault::Denied; names.len()]);
    let denied = place.run("destroy --stack dify-dev").ended(4);
    assert!(
        denied.err.contains(&format!("stays: {} (in Systems Manager, if it is there)", names[0])),
        "{}",
        denied.err
    );
    let done = place.run(DESTROY).ended(0);
    for line in &stays {
        assert!(done.err.contains(&format!("note: {line}")), "{line}: {}", done.err);
    }
    assert!(done.err.contains("next: what stays costs money until you delete it"), "{}", done.err);
    assert_eq!(place.server.lock().model.secure_parameters.len(), names.len(), "nothing touches them");
}

#[test]
fn what_is_to_stay_is_refused_before_anything_is_lost_and_kept_where_it_can_be() {
    let place = Place::deployed(CONFIG);
    fill(&place, "dify-dev-Bucket", 2);
    for option in ["--retain Bucket", "--retain Nix", "--force"] {
        place.run(&format!("{DESTROY} {option}")).ended(2).says(&[
            "only after a deletion that failed; the stack is UPDATE_COMPLETE, and nothing was deleted",
            "deletion policy `Retain`",
        ]);
    }
    assert_eq!((place.server.count("DeleteStack"), objects(&place)), (0, 2));
    place.fail_at("Bucket", "it is locked");
    place.run(DESTROY).ended(6).says(&["these can't be deleted: Bucket"]);
    // Something is written into what the failed deletion left.
    fill(&place, "dify-dev-Bucket", 3);
    place.run(&format!("{DESTROY} --retain Bucke")).ended(2).says(&["did you mean Bucket?"]);
    place.run(&format!("{DESTROY} --retain Bucket")).ended(0).says(&["note: stays: Bucket"]);
    assert_eq!(objects(&place), 3);
}

#[test]
fn what_is_left_while_protection_comes_off_says_so() {
    let place = protected();
    place.run("destroy --stack dify-dev").ended(4).says(&["first, DeletionProtection is set to false"]);
    place.server.lock().model.slow = 1000;
    place.run(&format!("{DESTROY} --timeout 2s")).ended(7).says(&[
        "deletion protection is being switched off: `destroy` goes on from there, `deploy` switches it on again",
    ]);
}
