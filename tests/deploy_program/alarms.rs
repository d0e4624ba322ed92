//! Alarms that roll a stack back.

use std::collections::BTreeMap;

use crate::program::{CONFIG, DEPLOY, Place, other_image};
use crate::server::{Call, Fault};

/// What a set says about alarms.
fn watched(set: &Call) -> (Vec<String>, Option<&str>) {
    let triggers: Vec<BTreeMap<String, String>> = set.members("RollbackConfiguration.RollbackTriggers");
    let arns = triggers.into_iter().map(|trigger| {
        assert_eq!(trigger["Type"], "AWS::CloudWatch::Alarm");
        trigger["Arn"].clone()
    });
    (arns.collect(), set.get("RollbackConfiguration.MonitoringTimeInMinutes"))
}

fn says_nothing(set: &Call) -> bool {
    set.parameters.keys().all(|key| !key.starts_with("RollbackConfiguration"))
}

fn arn(name: &str) -> String {
    format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}")
}

/// The own alarms that judge an update, best first.
fn own() -> Vec<String> {
    let names = [
        "LoadBalancerErrorAlarm",
        "LoadBalancerTargetErrorAlarm",
        "ApiUnhealthyAlarm",
        "PluginDaemonUnhealthyAlarm",
        "WebUnhealthyAlarm",
    ];
    names.map(|name| arn(&format!("dify-dev-{name}"))).to_vec()
}

#[test]
fn own_alarms_watch_each_update_of_a_complete_stack() {
    let place = Place::new();
    place.run(DEPLOY).ended(0);
    let first = place.server.calls("CreateChangeSet");
    assert!(first.iter().all(says_nothing), "nothing is complete yet");
    place.server.forget_calls();
    place.configure(&other_image());
    place.run(&format!("{DEPLOY} --monitoring-time 10")).ended(0);
    let set = &place.server.calls("CreateChangeSet")[0];
    assert_eq!(watched(set), (own(), Some("10")));
    assert_eq!(place.server.stack("dify-dev").alarms, own());
}

#[test]
fn one_that_rings_already_judges_nothing() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    let ringing = "dify-dev-WebUnhealthyAlarm";
    place.server.lock().model.alarm_states.insert(ringing.into(), "ALARM".into());
    place.run(DEPLOY).ended(0).says(&[&format!("the alarm {ringing} is in ALARM already")]);
    let set = &place.server.calls("CreateChangeSet")[0];
    let others: Vec<String> = own().into_iter().filter(|other| *other != arn(ringing)).collect();
    assert_eq!(watched(set), (others, Some("0")));
}

#[test]
fn given_alarms_watch_the_creation_and_updates() {
    let place = Place::new();
    let given = format!("{DEPLOY} --rollback-alarm {} --rollback-alarm {}", arn("a"), arn("b"));
    place.run(&format!("{given} --monitoring-time 5")).ended(0);
    place.configure(&other_image());
    place.run(&given).ended(0);
    let sets = place.server.calls("CreateChangeSet");
    let expected = vec![arn("a"), arn("b")];
    let minutes: Vec<Option<&str>> = sets
        .iter()
        .map(|set| {
            let (arns, minutes) = watched(set);
            assert_eq!(arns, expected);
            minutes
        })
        .collect();
    assert_eq!(minutes, [Some("5"), Some("5"), Some("0")]);
    assert_eq!(place.server.count("DescribeAlarms"), 0);
}

#[test]
fn no_alarms_means_that_saved_ones_go() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    place.run(&format!("{DEPLOY} --no-rollback-alarms --monitoring-time 5")).ended(0);
    let set = &place.server.calls("CreateChangeSet")[0];
    assert_eq!(watched(set), (vec![], Some("0")));
    assert_eq!(set.get("RollbackConfiguration.RollbackTriggers"), Some(""), "an empty list, not silence");
}

#[test]
fn more_than_cloudformation_watches_is_wrong_use() {
    let place = Place::new();
    let given: Vec<String> =
        (0..6).map(|number| format!("--rollback-alarm {}", arn(&number.to_string()))).collect();
    place.run(&format!("{DEPLOY} {}", given.join(" "))).ended(2).says(&["5 alarms at most"]);
    place.run(&format!("{DEPLOY} --rollback-alarm {} --no-rollback-alarms", arn("a"))).ended(2);
    assert_eq!(place.server.lock().calls.len(), 0);
}

#[test]
fn an_update_goes_on_unwatched_where_alarms_cannot_be_read() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    place.server.faults("DescribeAlarms", &[Fault::Denied]);
    place.run(DEPLOY).ended(0).says(&["the update isn't watched by alarms, since their state can't be read"]);
    assert_eq!(watched(&place.server.calls("CreateChangeSet")[0]).0, Vec::<String>::new());
}
