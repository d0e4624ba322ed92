//! A CloudFormation that nobody reaches for a while, or that throttles everything for a while, or whose credentials are gone.

use std::time::Duration;

use crate::program::{CONFIG, Place, other_image};
use crate::server::Fault;

const DEPLOY: &str = "deploy --stack dify-dev --yes --json";

#[track_caller]
fn is_deployed_once(place: &Place) {
    let shared = place.server.lock();
    assert_eq!(shared.model.begun, ["CREATE dify-dev", "UPDATE dify-dev"]);
    assert_eq!(shared.model.stack("dify-dev").unwrap().status, "UPDATE_COMPLETE");
}

#[test]
fn refused_connections_are_waited_for_at_each_stage() {
    for (action, call) in [
        ("GetCallerIdentity", 1),
        ("CreateChangeSet", 1),
        ("DescribeChangeSet", 2),
        ("ExecuteChangeSet", 1),
        ("DescribeStackEvents", 3),
        ("SetStackPolicy", 1),
        ("ExecuteChangeSet", 2),
    ] {
        let place = Place::new();
        place.server.away_at(action, call, Duration::from_millis(1500));
        let run = place.run(DEPLOY).ended(0);
        let waits: Vec<_> = run.lines().into_iter().filter(|line| line["event"] == "waiting").collect();
        assert!(!waits.is_empty(), "it says nothing of {action} {call}");
        assert!(waits.iter().all(|wait| wait["reason"] == "connection"), "{waits:?}");
        assert!(run.events().contains(&"reconnected".to_owned()), "{action} {call}");
        is_deployed_once(&place);
    }
}

#[test]
fn a_burst_of_throttling_of_everything() {
    // As many calls as half a minute of AWS's pace takes.
    for begins in [2, 8, 16] {
        let place = Place::new();
        let burst = [vec![Fault::None; begins], vec![Fault::Throttled; 36]].concat();
        place.server.faults("*", &burst);
        let run = place.run(DEPLOY).ended(0);
        let waits = run.lines().into_iter().filter(|line| line["event"] == "waiting");
        let waits = waits.filter(|wait| wait["reason"] == "throttled");
        assert!(waits.count() > 2, "{begins}: {:?}", run.events());
        is_deployed_once(&place);
    }
}

#[test]
fn a_stack_is_left_with_the_way_back_when_credentials_stay_away() {
    let place = Place::new();
    // More than any run here asks: they never come back.
    let gone = [vec![Fault::None; 2], vec![Fault::Expired; 100_000]].concat();
    place.server.faults("DescribeStackEvents", &gone);
    place.server.lock().model.slow = 1_000_000;
    place.run("deploy --stack dify-dev --yes --timeout 3s").ended(7).says(&[
        "the credentials have expired: log in again in another terminal",
        "the time is up; the stack goes on",
        "next: `attach --stack dify-dev` follows it again",
    ]);
    assert_eq!(place.server.stack("dify-dev").status, "CREATE_IN_PROGRESS");
}

#[test]
fn credentials_that_are_gone_before_anything_runs_are_told_at_once() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    place.server.faults("*", &[Fault::Expired; 100]);
    place
        .run("deploy --stack dify-dev --yes")
        .ended(1)
        .says(&["log in again, then run the same command again"]);
    assert_eq!(place.server.count("CreateChangeSet"), 0);
    let place = Place::new();
    place.server.faults("*", &[Fault::Denied; 100]);
    let run = place.run("deploy --stack dify-dev --yes").ended(1);
    assert!(run.told().contains("add the permission that the message names"), "{}", run.err);
}
