//! Several stacks by one command.

use std::collections::BTreeMap;

use crate::program::{CONFIG, Place};

const BOTH: &str = "deploy --stack dify-test --stack dify-dev --yes";

fn place() -> Place {
    Place::with(&format!("{CONFIG}environments: {{ dev: {{}}, test: {{}} }}\n"))
}

#[test]
fn in_order_a_failure_leaves_the_others_alone_and_the_same_command_goes_on() {
    let place = place();
    place.fail_at("DatabaseCluster", "no capacity");
    place.run(BOTH).ended(5);
    assert_eq!(place.server.lock().model.begun, ["CREATE dify-test"]);
    assert!(!place.server.has_stack("dify-dev"));
    place.run(BOTH).ended(0);
    let begun = place.server.lock().model.begun.clone();
    assert_eq!(
        begun[1..],
        ["DELETE dify-test", "CREATE dify-test", "UPDATE dify-test", "CREATE dify-dev", "UPDATE dify-dev"]
    );
}

#[test]
fn at_once_a_failure_leaves_the_others_to_their_end_and_decides_the_exit_code() {
    let place = place();
    // Whichever begins first fails.
    place.fail_at("DatabaseCluster", "no capacity");
    place.run(&format!("{BOTH} --parallel")).ended(5).says(&["no capacity"]);
    let statuses: Vec<String> =
        ["dify-test", "dify-dev"].map(|name| place.server.stack(name).status).to_vec();
    for status in ["ROLLBACK_COMPLETE", "UPDATE_COMPLETE"] {
        assert!(statuses.iter().any(|other| other == status), "{statuses:?}");
    }
}

#[test]
fn each_line_tells_whose_it_is() {
    let place = place();
    let run = place.run(&format!("{BOTH} --parallel --json")).ended(0);
    let mut finished: BTreeMap<String, u64> = BTreeMap::new();
    for line in run.lines() {
        let stack = line["stack"].as_str().unwrap().to_owned();
        if line["event"] == "finished" {
            finished.insert(stack, line["exit_code"].as_u64().unwrap());
        } else if line["event"] == "resource" && line["is_stack"] == true {
            assert_eq!(line["logical_id"], stack.as_str());
        }
    }
    assert_eq!(finished, BTreeMap::from([("dify-dev".into(), 0), ("dify-test".into(), 0)]));
    // Without JSON, each line begins with it.
    let run = place.run(&format!("{BOTH} --parallel --tag a=b")).ended(0);
    let own = |line: &str| line.starts_with("dify-test: ") || line.starts_with("dify-dev: ");
    let events = run.err.lines().filter(|line| line.contains("_COMPLETE "));
    assert!(events.clone().count() > 10 && events.clone().all(own), "{}", run.err);
}

#[test]
fn nothing_is_begun_where_one_of_them_is_wrong() {
    let place = place();
    place.run("deploy --stack dify-test --stack dify-prd --yes").ended(2);
    assert_eq!(place.server.lock().calls.len(), 0);
}
