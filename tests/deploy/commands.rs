//! The other commands.

use dify_cfn::deploy::api::StackStatus;
use dify_cfn::deploy::event::Event;
use dify_cfn::deploy::outcome::Ending;
use dify_cfn::deploy::prompt::{Reply, Topic};
use dify_cfn::deploy::services::{StoppedContainer, StoppedTask};
use dify_cfn::deploy::{
    DestroyRequest, LookupRequest, RollbackRequest, attach, cancel, create_secrets, destroy, diff, drift,
    events, lookup, outputs, rollback, status_of, why,
};

use super::*;

fn finished<T>(future: impl Future<Output = T>) -> T {
    cloudformation::run(future).expect("it comes to an end")
}

fn destruction() -> DestroyRequest {
    DestroyRequest {
        stack: STACK.into(),
        confirm: Some(STACK.into()),
        protection_parameter: Some("DeletionProtection".into()),
        ..DestroyRequest::default()
    }
}

fn put_objects(world: &World, count: usize) -> String {
    let bucket = world.state().stack(STACK).resources["Bucket"].physical_id.clone();
    let keys = (0..count).map(|number| format!("key-{number}")).collect();
    world.state().objects.insert(bucket.clone(), keys);
    bucket
}

#[test]
fn destroy_says_what_is_lost_turns_protection_off_empties_the_bucket_and_deletes() {
    let world = world_with_stack();
    let bucket = put_objects(&world, 5);
    world.state().answers.push_back(Reply::Yes);
    let request = DestroyRequest { confirm: None, ..destruction() };
    let outcome = finished(destroy(session(&world), &request));
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    let state = world.state();
    let question = &state.questions[0];
    assert_eq!((question.topic, question.expected.as_deref()), (Topic::Destroy, Some(STACK)));
    assert!(question.details.iter().any(|line| line.starts_with("lost: Bucket")), "{question:#?}");
    assert!(state.objects[&bucket].is_empty());
    assert_eq!(state.find(STACK), None);
    let calls: Vec<&str> = state
        .calls
        .iter()
        .copied()
        .filter(|call| ["ExecuteChangeSet", "DeleteObjects", "DeleteStack"].contains(call))
        .collect();
    assert_eq!(calls, ["ExecuteChangeSet", "DeleteObjects", "DeleteObjects", "DeleteObjects", "DeleteStack"]);
}

#[test]
fn only_the_name_destroys() {
    for (confirm, answer) in [(Some("other".to_owned()), None), (None, None), (None, Some(Reply::No))] {
        let world = world_with_stack();
        put_objects(&world, 1);
        world.state().answers.extend(answer);
        let outcome = finished(destroy(session(&world), &DestroyRequest { confirm, ..destruction() }));
        assert_eq!(outcome.ending, Ending::Declined, "{outcome:#?}");
        for call in ["DeleteStack", "DeleteObjects", "ExecuteChangeSet", "CreateChangeSet"] {
            assert_eq!(world.count(call), 0, "{call}");
        }
    }
}

#[test]
fn a_deletion_that_fails_names_what_is_left_and_force_leaves_it_behind() {
    let world = world_with_stack();
    world.state().failing_deletion.insert("Cluster".into(), "The cluster contains tasks".into());
    let outcome = finished(destroy(session(&world), &destruction()));
    assert_eq!(outcome.ending, Ending::Stuck, "{outcome:#?}");
    assert!(outcome.next.iter().any(|line| line.contains("Cluster")), "{outcome:#?}");
    let outcome = finished(destroy(session(&world), &DestroyRequest { force: true, ..destruction() }));
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
}

#[test]
fn termination_protection_holds() {
    let world = world_with_stack();
    let index = world.state().find(STACK).unwrap();
    world.state().stacks[index].termination_protection = true;
    let outcome = finished(destroy(session(&world), &destruction()));
    assert_eq!(outcome.ending, Ending::Failed, "{outcome:#?}");
    assert_eq!(world.count("DeleteStack"), 0);
    assert_eq!(finished(destroy(session(&World::new()), &destruction())).ending, Ending::Done);
}

#[test]
fn rollback_continues_what_is_stuck() {
    let world = world_with_stack();
    let index = world.state().find(STACK).unwrap();
    {
        let mut state = world.state();
        state.stacks[index].status = StackStatus::UpdateRollbackFailed;
        state.failing_rollback.insert("X".into());
    }
    let request = RollbackRequest { stack: STACK.into(), ..RollbackRequest::default() };
    let outcome = finished(rollback(session(&world), &request));
    assert_eq!(outcome.ending, Ending::Stuck, "{outcome:#?}");
    let request = RollbackRequest { force: true, ..request };
    let outcome = finished(rollback(session(&world), &request));
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    let outcome = finished(rollback(session(&world), &request));
    assert_eq!((outcome.ending, world.count("ContinueUpdateRollback")), (Ending::Done, 2));
}

/// A world in which an update runs for an hour, and nobody follows it.
fn world_with_running_update() -> World {
    let world = world_with_stack();
    world.state().seconds_a_resource = 3_600;
    let request = DeployRequest { timeout: Some(std::time::Duration::from_secs(60)), ..newer() };
    assert_eq!(deployed(&world, &request).ending, Ending::Left);
    world.state().records.clear();
    world
}

#[test]
fn attach_follows_what_runs() {
    let world = world_with_running_update();
    let outcome = finished(attach(session(&world), STACK, None));
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    let told: Vec<String> = world
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Resource(event) => Some(format!("{} {}", event.logical_id, event.status)),
            _ => None,
        })
        .collect();
    assert_eq!(told[0], "dify-dev UPDATE_IN_PROGRESS", "{told:#?}");
    assert_eq!(told.last().unwrap(), "dify-dev UPDATE_COMPLETE", "{told:#?}");
    let again = finished(attach(session(&world), STACK, None));
    assert!(again.message.contains("nothing runs"), "{again:#?}");
}

#[test]
fn cancel_rolls_an_update_back() {
    let world = world_with_running_update();
    let outcome = finished(cancel(session(&world), STACK, None));
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    assert_eq!(world.state().stack(STACK).status, StackStatus::UpdateRollbackComplete);
}

#[test]
fn why_tells_the_cause_long_after_and_of_deleted_stacks() {
    let world = world_with_stack();
    world.state().failing.insert("Running".into(), "it isn't right".into());
    deployed(&world, &newer());
    world.state().now += 86_400_000;
    let outcome = finished(why(session(&world), STACK));
    assert!(outcome.message.contains("Running failed: it isn't right"), "{outcome:#?}");
    world.state().failing.clear();
    finished(destroy(session(&world), &destruction()));
    let outcome = finished(why(session(&world), STACK));
    assert!(outcome.message.contains("nothing failed"), "{outcome:#?}");
    assert_eq!(finished(events(session(&world), STACK, true)).ending, Ending::Done);
    assert_eq!(finished(why(session(&World::new()), STACK)).ending, Ending::Failed);
}

#[test]
fn stopped_tasks_are_part_of_the_cause_of_a_service() {
    let world = failing_service();
    let outcome = deployed(&world, &request_of(&with_service()));
    let cause = outcome.cause.expect("a cause");
    assert_eq!(cause.event.logical_id, "Service");
    assert_eq!(cause.stopped_tasks.len(), 1);
    assert!(cause.explanation.unwrap().contains("tasks don't start"));
}

#[test]
fn the_cause_of_a_service_does_not_wait_for_what_is_not_answered() {
    let world = failing_service();
    world.state().silent = Some("DescribeTasks");
    let cause = deployed(&world, &request_of(&with_service())).cause.expect("a cause");
    assert_eq!(cause.event.logical_id, "Service");
    assert_eq!(cause.stopped_tasks, []);
}

/// The template with a service.
fn with_service() -> Json {
    let mut json = template();
    json["Resources"]["Service"] = json!({"Type": "AWS::ECS::Service", "Properties": {
        "Cluster": {"Ref": "Cluster"},
        "TaskDefinition": "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/a:1",
    }});
    json
}

/// A world in which the service fails, and one of its tasks has a reason.
fn failing_service() -> World {
    let world = World::new();
    {
        let mut state = world.state();
        state.failing.insert("Service".into(), "ECS Deployment Circuit Breaker was triggered.".into());
        let container =
            StoppedContainer { name: "api".into(), exit_code: Some(1), reason: Some("OutOfMemory".into()) };
        state.stopped_tasks = vec![StoppedTask { containers: vec![container], ..StoppedTask::default() }];
    }
    world
}

#[test]
fn status_and_outputs_tell_what_is_there() {
    let world = world_with_stack();
    let report = finished(status_of(session(&world), STACK)).unwrap();
    assert_eq!(report.status, Some(StackStatus::UpdateComplete));
    assert_eq!(report.resources.values().sum::<usize>(), 5);
    assert_eq!(finished(outputs(session(&world), STACK)).unwrap().len(), 1);
    assert_eq!(finished(status_of(session(&World::new()), STACK)).unwrap().status, None);
    assert_eq!(finished(outputs(session(&World::new()), STACK)).unwrap_err().ending, Ending::Failed);
}

#[test]
fn diff_tells_changes_by_template_and_by_change_set() {
    for by_change_set in [false, true] {
        let world = world_with_stack();
        let report = finished(diff(session(&world), &newer(), by_change_set)).unwrap();
        let ids: Vec<&str> = report.diff.resources.iter().map(|change| change.logical_id.as_str()).collect();
        assert_eq!(ids, ["Running"], "{by_change_set}");
        let delta = &report.diff.resources[0].properties[0];
        assert_eq!(delta.path, "/Properties/Value");
        assert!(delta.before.as_ref().unwrap().starts_with("1.0-"), "{delta:?}");
        assert_eq!(report.diff.parameters[0].path, "Version");
        assert_eq!(world.state().stack(STACK).sets.len(), 0);
        assert_eq!(world.count("CreateChangeSet"), usize::from(by_change_set));
        let same = finished(diff(session(&world), &request(), by_change_set)).unwrap();
        assert!(same.is_empty(), "{same:#?}");
    }
    let world = World::new();
    let report = finished(diff(session(&world), &request(), true)).unwrap();
    assert!(report.is_new && report.diff.resources.len() == 5);
    assert_gone(&world);
}

#[test]
fn drift_waits_for_the_detection() {
    let world = world_with_stack();
    let report = finished(drift(session(&world), STACK)).unwrap();
    assert_eq!((report.drifted.len(), report.incomplete), (0, None));
    assert_eq!(world.count("DescribeStackDriftDetectionStatus"), 3);
    let index = world.state().find(STACK).unwrap();
    world.state().stacks[index].status = StackStatus::CreateFailed;
    assert_eq!(finished(drift(session(&world), STACK)).unwrap_err().ending, Ending::Failed);
}

#[test]
fn secrets_are_made_once_and_never_shown() {
    let world = World::new();
    world.state().ssm.insert("/dify/dev/b".into(), ("SecureString".into(), "kept".into()));
    let wanted = [("/dify/dev/a".to_owned(), 42), ("/dify/dev/b".to_owned(), 42)];
    let random = |bytes: &mut [u8]| {
        bytes.fill(5);
        Ok(())
    };
    let report = finished(create_secrets(session(&world), STACK, &wanted, None, &random)).unwrap();
    assert_eq!(
        (report.created, report.present),
        (vec!["/dify/dev/a".to_owned()], vec!["/dify/dev/b".to_owned()])
    );
    let state = world.state();
    assert_eq!(state.ssm["/dify/dev/b"].1, "kept");
    let made = state.ssm["/dify/dev/a"].1.clone();
    assert_eq!(made, "F".repeat(42));
    assert!(!serde_json::to_string(&state.records).unwrap().contains(&made));
    drop(state);
    world.state().ssm.insert("/dify/dev/a".into(), ("String".into(), "x".into()));
    let refused = finished(create_secrets(session(&world), STACK, &wanted, None, &random)).unwrap_err();
    assert!(refused.message.contains("not a SecureString"), "{refused:#?}");
}

#[test]
fn lookup_finds_one_network_or_lists_what_it_saw() {
    let world = World::new();
    {
        let mut state = world.state();
        let text = |text: &str| text.to_owned();
        state.vpcs = vec![
            (text("vpc-1"), text("main"), text("10.0.0.0/16")),
            (text("vpc-2"), text("twin"), text("x")),
        ];
        state.vpcs.push((text("vpc-3"), text("twin"), text("y")));
        for (id, name, zone) in
            [("s-1", "private-a", "a"), ("s-2", "private-c", "c"), ("s-3", "public-a", "a")]
        {
            state.subnets.push((text(id), text(name), text("vpc-1"), text(zone)));
        }
    }
    let request = |vpc: &str, public: &str| LookupRequest {
        stack: STACK.into(),
        vpc_name: vpc.into(),
        public_subnet_names: vec![public.into()],
        private_subnet_names: vec!["private-*".into()],
    };
    let found = finished(lookup(session(&world), &request("main", "private-*"))).unwrap();
    assert_eq!(
        (found.vpc_id.as_str(), found.private_subnet_ids),
        ("vpc-1", vec!["s-1".into(), "s-2".into()])
    );
    for (vpc, public, text, seen) in [
        ("none", "private-*", "no VPC", "main"),
        ("twin", "private-*", "2 VPCs", "vpc-3"),
        ("main", "public-*", "one zone", "s-3"),
        ("main", "nothing", "no subnet", "private-a"),
    ] {
        let refused = finished(lookup(session(&world), &request(vpc, public))).unwrap_err();
        assert!(refused.message.contains(text), "{refused:#?}");
        assert!(refused.next.iter().any(|line| line.contains(seen)), "{refused:#?}");
    }
}
