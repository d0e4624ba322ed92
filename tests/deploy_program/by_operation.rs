//! Events by operation (`DescribeEvents`), where CloudFormation tells the ids of operations, and the way back where it isn't allowed.

use std::collections::BTreeMap;

use crate::program::{DEPLOY, Place, Run, other_image};
use crate::server::Fault;

fn place() -> Place {
    let place = Place::new();
    place.server.lock().model.has_operations = true;
    place
}

/// How often each event of a resource is told.
fn told(run: &Run) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    for line in run.lines().iter().filter(|line| line["event"] == "resource") {
        *told
            .entry(format!("{} {} {}", line["timestamp"], line["logical_id"], line["status"]))
            .or_default() += 1;
    }
    told
}

#[track_caller]
fn all_told_once(place: &Place, told: &BTreeMap<String, usize>) {
    assert!(told.values().all(|times| *times == 1), "{told:#?}");
    // The first event is of the set that made the stack, before the operation.
    assert_eq!(told.len(), place.server.stack("dify-dev").events.len() - 1);
}

#[test]
fn events_are_read_by_the_operation_that_was_begun() {
    for page in [0, 5] {
        let place = place();
        place.server.lock().model.page = page;
        let run = place.run(&format!("{DEPLOY} --json")).ended(0);
        all_told_once(&place, &told(&run));
        let operations: Vec<String> =
            place.server.stack("dify-dev").operations.into_iter().map(|(id, _)| id).collect();
        let asked = place.server.calls("DescribeEvents");
        assert!(asked.iter().all(|call| operations.iter().any(|id| call.get("OperationId") == Some(id))));
        // The other call only marks where an operation begins.
        assert_eq!(place.server.count("DescribeStackEvents"), 2);
        let lines = run.lines();
        let resources = lines.iter().filter(|line| line["event"] == "resource");
        let named: std::collections::BTreeSet<&str> =
            resources.filter_map(|line| line["operation_id"].as_str()).collect();
        assert_eq!(named.len(), 2, "{named:?}");
    }
}

#[test]
fn a_rollback_is_an_operation_of_its_own_and_followed_too() {
    let place = place();
    place.run(DEPLOY).ended(0);
    place.configure(&other_image());
    place.fail_at(&place.service(), "the tasks don't start");
    let run = place.run(&format!("{DEPLOY} --json")).ended(5);
    let told = told(&run);
    assert!(told.keys().any(|event| event.contains("UPDATE_ROLLBACK_COMPLETE")), "{told:#?}");
    assert!(told.values().all(|times| *times == 1), "{told:#?}");
    assert!(run.lines().last().unwrap()["message"].as_str().unwrap().contains("the tasks don't start"));
}

#[test]
fn without_the_permission_events_are_read_the_old_way() {
    for denied in [0, 1] {
        let place = place();
        let faults = [vec![Fault::None; denied], vec![Fault::Denied; 1000]].concat();
        place.server.faults("DescribeEvents", &faults);
        let run = place.run(&format!("{DEPLOY} --json")).ended(0);
        all_told_once(&place, &told(&run));
    }
}

#[test]
fn trouble_with_it_is_waited_for() {
    let place = place();
    let trouble =
        [Fault::None, Fault::Throttled, Fault::Truncated, Fault::Dropped, Fault::Broken, Fault::Expired];
    place.server.faults("DescribeEvents", &trouble);
    let run = place.run(&format!("{DEPLOY} --json")).ended(0);
    all_told_once(&place, &told(&run));
}

/// A stack whose update failed and was rolled back.
fn rolled_back(has_operations: bool) -> Place {
    let place = Place::new();
    place.server.lock().model.has_operations = has_operations;
    place.run(DEPLOY).ended(0);
    place.configure(&other_image());
    place.fail_at(&place.service(), "the tasks don't start");
    place.run(DEPLOY).ended(5);
    place.server.forget_calls();
    place
}

#[test]
fn why_and_events_ask_for_the_latest_operation_and_its_rollback() {
    for page in [0, 5] {
        let place = rolled_back(true);
        place.server.lock().model.page = page;
        let events = place.run("events --stack dify-dev --json").ended(0);
        let told = told(&events);
        assert!(told.values().all(|times| *times == 1), "{told:#?}");
        let order: Vec<String> = events
            .lines()
            .iter()
            .filter(|line| line["event"] == "resource" && line["is_stack"] == true)
            .map(|line| line["status"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(order.first().unwrap(), "UPDATE_IN_PROGRESS", "{order:?}");
        assert_eq!(order.last().unwrap(), "UPDATE_ROLLBACK_COMPLETE", "{order:?}");
        let why = place.run("why --stack dify-dev").ended(0);
        assert!(why.out.contains("the tasks don't start"), "{}\n{}", why.out, why.err);
        assert!(place.server.count("DescribeEvents") >= 4);
        // Once a command, to see which operation is the newest.
        assert_eq!(place.server.count("DescribeStackEvents"), 2);
    }
}

#[test]
fn both_ways_tell_the_same() {
    let ways = [true, false].map(|has_operations| {
        let place = rolled_back(has_operations);
        ["events --stack dify-dev", "why --stack dify-dev"].map(|command| place.run(command).ended(0).out)
    });
    assert_eq!(ways[0], ways[1]);
    let place = rolled_back(true);
    place.server.faults("DescribeEvents", &[Fault::Denied; 100]);
    assert_eq!(place.run("why --stack dify-dev").ended(0).out, ways[0][1]);
    assert!(place.server.count("DescribeStackEvents") > 1);
}

#[test]
fn attach_reads_the_operation_that_runs_and_its_rollback() {
    let place = place();
    place.run(DEPLOY).ended(0);
    place.configure(&other_image());
    place.fail_at(&place.service(), "the tasks don't start");
    place.server.lock().model.slow = 1_000_000;
    place.run(&format!("{DEPLOY} --timeout 5s")).ended(7);
    place.server.lock().model.get_on("dify-dev", 6);
    place.server.forget_calls();
    let run = place.run("attach --stack dify-dev --json").ended(5);
    let told = told(&run);
    assert!(told.values().all(|times| *times == 1), "{told:#?}");
    assert!(told.keys().any(|event| event.contains("UPDATE_ROLLBACK_COMPLETE")), "{told:#?}");
    assert!(told.keys().all(|event| !event.contains("CREATE_IN_PROGRESS")), "{told:#?}");
    assert_eq!(place.server.count("DescribeStackEvents"), 1, "only to see which operation is the newest");
    assert!(place.server.count("DescribeEvents") > 1);
}
