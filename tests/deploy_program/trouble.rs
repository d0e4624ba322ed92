//! Trouble on the way: none of it fails a deploy, and none of it makes anything twice.

use crate::program::Place;
use crate::server::Fault;

const DEPLOY: &str = "deploy --stack dify-dev --yes --json";

#[track_caller]
fn is_deployed_once(place: &Place) {
    let shared = place.server.lock();
    assert_eq!(shared.model.begun, ["CREATE dify-dev", "UPDATE dify-dev"]);
    assert_eq!(shared.model.stack("dify-dev").unwrap().status, "UPDATE_COMPLETE");
    assert_eq!(shared.model.stacks.len(), 1);
}

#[test]
fn slow_sets_pages_and_equal_times() {
    let place = Place::new();
    {
        let model = &mut place.server.lock().model;
        model.pending = 3;
        model.page = 7;
        model.slow = 5;
        model.is_frozen = true;
    }
    let run = place.run(DEPLOY).ended(0);
    is_deployed_once(&place);
    // Each event once, whatever the pages and times.
    let lines = run.lines();
    let resources: Vec<String> = lines
        .iter()
        .filter(|line| line["event"] == "resource")
        .map(|line| format!("{} {} {}", line["logical_id"], line["status"], line["operation_id"]))
        .collect();
    let created =
        resources.iter().filter(|event| event.contains("\"DatabaseCluster\" \"CREATE_COMPLETE\"")).count();
    assert_eq!(created, 1, "{resources:#?}");
}

#[test]
fn throttling_for_longer_than_the_sdk_tries() {
    let place = Place::new();
    place.server.faults("DescribeStacks", &[Fault::Throttled; 12]);
    place.server.faults("DescribeStackEvents", &[[Fault::None].as_slice(), &[Fault::Throttled; 20]].concat());
    place.server.faults("DescribeChangeSet", &[Fault::Throttled; 10]);
    let run = place.run(DEPLOY).ended(0);
    assert!(run.events().contains(&"waiting".to_owned()), "it says that it waits: {:?}", run.events());
    is_deployed_once(&place);
}

#[test]
fn errors_of_the_server_and_lost_connections() {
    for fault in [Fault::Broken, Fault::Dropped, Fault::Truncated] {
        let place = Place::new();
        for action in ["DescribeStacks", "DescribeStackEvents", "DescribeChangeSet", "ListStackResources"] {
            place.server.faults(action, &[fault, Fault::None, fault, fault]);
        }
        place.run(DEPLOY).ended(0);
        is_deployed_once(&place);
    }
}

#[test]
fn answers_that_are_lost_after_the_work_was_done() {
    for fault in [Fault::Lost, Fault::Truncated] {
        let place = Place::new();
        for action in ["CreateChangeSet", "ExecuteChangeSet", "SetStackPolicy"] {
            place.server.faults(action, &[fault, Fault::None, Fault::None, fault]);
        }
        place.run(DEPLOY).ended(0);
        is_deployed_once(&place);
    }
}

#[test]
fn credentials_that_expire_half_way() {
    let place = Place::new();
    place
        .server
        .faults("DescribeStackEvents", &[Fault::None, Fault::Expired, Fault::Expired, Fault::Expired]);
    place.run(DEPLOY).ended(0);
    is_deployed_once(&place);
}

#[test]
fn looks_that_show_an_older_state() {
    let place = Place::new();
    place.server.lock().model.stale = 4;
    place.run(DEPLOY).ended(0);
    is_deployed_once(&place);
}

#[test]
fn a_time_limit_leaves_a_stack_that_goes_on() {
    let place = Place::new();
    place.server.lock().model.slow = 1_000_000;
    place.run("deploy --stack dify-dev --yes --timeout 2s").ended(7).says(&[
        "`attach --stack dify-dev` follows it again",
        "this is the first of two steps: the same command makes the second",
    ]);
    assert_eq!(place.server.stack("dify-dev").status, "CREATE_IN_PROGRESS");
    place.server.lock().model.get_on("dify-dev", 5);
    // The stack comes to its end, and nobody takes its foundation for all of it.
    let missing = "only the foundation is there: run the same `deploy` again for the rest";
    for _ in 0..2 {
        place.run("attach --stack dify-dev").ended(0).says(&[missing]);
    }
    let status = place.run("status --stack dify-dev").ended(0);
    assert!(status.out.contains(missing), "{}", status.out);
    place.run("outputs --stack dify-dev").ended(0).says(&["the stack dify-dev has no outputs"]);
    place.run(DEPLOY).ended(0);
    let status = place.run("status --stack dify-dev").ended(0);
    assert!(!status.out.contains(missing), "{}", status.out);
}
