//! Stacks that are there.

use dify_cfn::deploy::api::{StackEvent, StackStatus};
use dify_cfn::deploy::attach;
use dify_cfn::deploy::clock::Timestamp;
use dify_cfn::deploy::event::Event;
use dify_cfn::deploy::outcome::Ending;
use dify_cfn::deploy::prompt::{Reply, Topic};
use dify_cfn::deploy::request::RollbackAlarms;

use super::cloudformation::Act;
use super::*;

#[test]
fn a_new_version_is_one_step() {
    let world = world_with_stack();
    let outcome = deployed(&world, &newer());
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    assert_eq!(world.count("ExecuteChangeSet"), 1);
    let state = world.state();
    assert_eq!(state.stack(STACK).parameters["Version"], "2.0", "a changed default is sent");
    assert_eq!(state.made, Vec::<String>::new());
    let [set] = state.requested_sets.as_slice() else { panic!("{:#?}", state.requested_sets) };
    assert_eq!(format!("{:?}", set.parameters), "[Version=2.0, DeletionProtection=true, Certificate stays]");
}

#[test]
fn nothing_to_change_is_no_failure() {
    let world = world_with_stack();
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    assert!(outcome.message.contains("nothing to change"), "{outcome:#?}");
    assert_eq!(outcome.outputs.len(), 1);
    assert_eq!(world.count("ExecuteChangeSet"), 0);
    assert_eq!(world.state().stack(STACK).sets.len(), 0, "the empty set is deleted");
}

#[test]
fn what_only_the_stack_knows_stays() {
    let world = world_with_stack();
    let mut given = newer();
    given.given.insert("Certificate".into(), "arn:1".into());
    assert_eq!(deployed(&world, &given).ending, Ending::Done);
    assert_eq!(deployed(&world, &request()).ending, Ending::Done);
    assert_eq!(world.state().stack(STACK).parameters["Certificate"], "arn:1");
    assert!(
        notes(&world).iter().any(|note| note.contains("keep the values") && note.contains("Certificate"))
    );
}

#[test]
fn a_failed_update_rolls_back_and_says_why() {
    let world = world_with_stack();
    world
        .state()
        .failing
        .insert("Running".into(), "User: x is not authorized to perform: ssm:PutParameter".into());
    let outcome = deployed(&world, &newer());
    assert_eq!(outcome.ending, Ending::RolledBack, "{outcome:#?}");
    assert_eq!(outcome.ending.exit_code(), 5);
    assert!(outcome.message.contains("ssm:PutParameter"), "{outcome:#?}");
    assert!(outcome.next.iter().any(|line| line.contains("permission")), "{outcome:#?}");
    assert_eq!(world.state().stack(STACK).status, StackStatus::UpdateRollbackComplete);
    assert_eq!(world.state().stack(STACK).parameters["Version"], "1.0");
}

#[test]
fn a_stuck_rollback_names_the_way_out() {
    let mut json = template();
    json["Resources"]["Extra"] = json!({"Type": "AWS::ECS::Cluster"});
    json["Resources"]["Last"] = json!({"Type": "AWS::ECS::Cluster"});
    let world = world_with_stack();
    {
        let mut state = world.state();
        state.failing.insert("Last".into(), "no".into());
        state.failing_rollback.insert("Extra".into());
    }
    let outcome = deployed(&world, &request_of(&json));
    assert_eq!(outcome.ending, Ending::Stuck, "{outcome:#?}");
    assert_eq!(outcome.ending.exit_code(), 6);
    assert_eq!(outcome.cause.as_ref().unwrap().event.logical_id, "Last", "not what the rollback says");
    assert!(outcome.next.iter().any(|line| line.contains("rollback --stack dify-dev")), "{outcome:#?}");
    let again = deployed(&world, &request_of(&json));
    assert_eq!(again.ending, Ending::Stuck, "{again:#?}");
}

#[test]
fn every_event_is_told_once_and_in_order_whatever_the_source() {
    for has_operations in [true, false] {
        for page_size in [1, 3, 100] {
            let world = World::new();
            world.state().has_operations = has_operations;
            world.state().page_size = page_size;
            assert_eq!(deployed(&world, &request()).ending, Ending::Done);
            let told: Vec<(String, String)> = world
                .events()
                .into_iter()
                .filter_map(|event| match event {
                    Event::Resource(event) => Some((event.logical_id, event.status)),
                    _ => None,
                })
                .collect();
            let state = world.state();
            let happened: Vec<(String, String)> = state
                .stack(STACK)
                .events
                .iter()
                .map(|event| (event.logical_id.clone(), event.status.clone()))
                .collect();
            assert_eq!(told, happened, "{has_operations} {page_size}");
        }
    }
}

#[test]
fn own_alarms_watch_an_update_unless_they_ring_already() {
    let mut json = template();
    let alarm = |metric: &str| {
        json!({"Type": "AWS::CloudWatch::Alarm", "Properties": {
            "Namespace": "AWS/ApplicationELB", "MetricName": metric, "Statistic": "Sum", "Period": 60,
            "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold",
        }})
    };
    json["Resources"]["Errors"] = alarm("HTTPCode_Target_5XX_Count");
    json["Resources"]["Hosts"] = alarm("UnHealthyHostCount");
    json["Resources"]["Load"] = alarm("RequestCount");
    let world = World::new();
    assert_eq!(deployed(&world, &request_of(&json)).ending, Ending::Done);
    assert!(world.state().requested_sets.iter().take(2).all(|set| set.rollback_configuration.is_none()));
    let names: Vec<(String, String)> = world
        .state()
        .stack(STACK)
        .resources
        .iter()
        .map(|(id, resource)| (id.clone(), resource.physical_id.clone()))
        .collect();
    for (id, name) in names {
        let alarm_state = if id == "Hosts" { "ALARM" } else { "OK" };
        world.state().alarms.insert(name, alarm_state.into());
    }
    json["Parameters"]["Version"]["Default"] = "2.0".into();
    let mut request = request_of(&json);
    request.monitoring_minutes = 5;
    assert_eq!(deployed(&world, &request).ending, Ending::Done);
    let last = world.state().requested_sets.last().unwrap().rollback_configuration.clone().unwrap();
    assert_eq!((last.alarm_arns.len(), last.monitoring_minutes), (1, 5));
    assert!(last.alarm_arns[0].starts_with("arn:alarm:errors-"), "{last:?}");
    request.rollback_alarms = RollbackAlarms::None;
    request.given.insert("Version".into(), "3.0".into());
    assert_eq!(deployed(&world, &request).ending, Ending::Done);
    let last = world.state().requested_sets.last().unwrap().rollback_configuration.clone().unwrap();
    assert_eq!(last.alarm_arns, Vec::<String>::new(), "saved alarms are cleared");
}

#[test]
fn an_operation_of_somebody_else_is_not_touched() {
    for status in ["UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "IMPORT_IN_PROGRESS", "PONDER_IN_PROGRESS"] {
        let world = world_with_stack();
        let index = world.state().find(STACK).unwrap();
        {
            let mut state = world.state();
            state.stacks[index].status = StackStatus::from(status);
            state.stacks[index].change_set_id = Some("arn:aws:cloudformation:r:1:changeSet/console/1".into());
        }
        let outcome = deployed(&world, &newer());
        assert_eq!(outcome.ending, Ending::Failed, "{status} {outcome:#?}");
        assert!(outcome.next.iter().any(|line| line.contains("attach")), "{outcome:#?}");
        for call in ["CreateChangeSet", "DeleteStack", "ExecuteChangeSet"] {
            assert_eq!(world.count(call), 0, "{status} {call}");
        }
    }
}

#[test]
fn a_paused_update_is_rolled_back_after_a_question() {
    let world = world_with_stack();
    let index = world.state().find(STACK).unwrap();
    world.state().stacks[index].status = StackStatus::UpdateFailed;
    let outcome = deployed(&world, &DeployRequest { yes: false, ..newer() });
    assert_eq!(outcome.ending, Ending::Declined, "{outcome:#?}");
    assert_eq!(world.count("RollbackStack"), 0);
    {
        let mut state = world.state();
        state.answers.extend([Reply::Yes, Reply::Yes]);
        state.questions.clear();
    }
    let outcome = deployed(&world, &DeployRequest { yes: false, ..newer() });
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    let topics: Vec<Topic> = world.state().questions.iter().map(|question| question.topic).collect();
    assert_eq!(topics, [Topic::RollBack, Topic::Changes]);
}

#[test]
fn termination_protection_is_set_both_ways() {
    let world = world_with_stack();
    assert_eq!(
        deployed(&world, &DeployRequest { termination_protection: Some(true), ..request() }).ending,
        Ending::Done
    );
    assert!(world.state().stack(STACK).termination_protection);
    assert_eq!(deployed(&world, &request()).ending, Ending::Done);
    assert!(world.state().stack(STACK).termination_protection, "silence leaves it");
    assert_eq!(
        deployed(&world, &DeployRequest { termination_protection: Some(false), ..request() }).ending,
        Ending::Done
    );
    assert!(!world.state().stack(STACK).termination_protection);
}

#[test]
fn the_place_is_checked_before_anything_is_asked_of_cloudformation() {
    let cases: [(&str, DeployRequest); 2] = [
        ("account 999999999999", DeployRequest { account: Some("999999999999".into()), ..request() }),
        ("us-east-1", DeployRequest { region: Some("us-east-1".into()), ..request() }),
    ];
    for (text, request) in cases {
        let world = World::new();
        let outcome = deployed(&world, &request);
        assert_eq!(outcome.ending, Ending::Failed);
        assert!(outcome.next.iter().any(|line| line.contains(text)), "{outcome:#?}");
        assert_eq!(world.state().calls, ["GetCallerIdentity"]);
    }
}

#[test]
fn missing_parameters_and_certificates_are_told_before_anything_is_made() {
    let world = World::new();
    let mut request = request();
    request.required_ssm_parameters = vec!["/dify/dev/a".into(), "/dify/dev/b".into()];
    request.certificate_parameters = vec!["Certificate".into()];
    request.given.insert("Certificate".into(), "arn:1".into());
    world.state().certificates.insert("arn:1".into(), "PENDING_VALIDATION".into());
    let outcome = deployed(&world, &request);
    assert_eq!(outcome.ending, Ending::Failed);
    let text = outcome.next.join("\n");
    assert!(text.contains("/dify/dev/a, /dify/dev/b") && text.contains("PENDING_VALIDATION"), "{text}");
    assert_eq!(world.count("CreateChangeSet"), 0);
}

#[test]
fn what_fails_in_a_nested_stack_is_told_with_its_place() {
    let world = world_with_stack();
    {
        let mut state = world.state();
        let (outer, inner) = (state.find(STACK).unwrap(), state.new_stack("inner"));
        let inner_id = state.stacks[inner].id.clone();
        let outer_id = state.stacks[outer].id.clone();
        let now = state.now;
        let event =
            |number: i64, logical_id: &str, physical_id: &str, kind: &str, status: &str, reason: &str| {
                StackEvent {
                    id: format!("nested-{number}"),
                    timestamp: Timestamp(now + number),
                    logical_id: logical_id.into(),
                    physical_id: Some(physical_id.into()),
                    resource_type: kind.into(),
                    status: status.into(),
                    status_reason: Some(reason.into()),
                    ..StackEvent::default()
                }
            };
        let stack = "AWS::CloudFormation::Stack";
        state.stacks[inner].events = vec![
            event(2, "inner", &inner_id, stack, "CREATE_IN_PROGRESS", ""),
            event(3, "Topic", "t", "AWS::SNS::Topic", "CREATE_IN_PROGRESS", ""),
            event(4, "Topic", "t", "AWS::SNS::Topic", "CREATE_FAILED", "the topic isn't right"),
            event(
                5,
                "inner",
                &inner_id,
                stack,
                "CREATE_FAILED",
                "The following resource(s) failed to create: [Topic]",
            ),
        ];
        state.stacks[outer].status = StackStatus::UpdateRollbackInProgress;
        state.stacks[outer].events.extend([
            event(0, STACK, &outer_id, stack, "UPDATE_IN_PROGRESS", "User Initiated"),
            event(1, "Nested", &inner_id, stack, "CREATE_IN_PROGRESS", ""),
            event(
                6,
                "Nested",
                &inner_id,
                stack,
                "CREATE_FAILED",
                "Embedded stack was not successfully created",
            ),
            event(7, STACK, &outer_id, stack, "UPDATE_ROLLBACK_IN_PROGRESS", ""),
        ]);
        let end = now + 30_000;
        state.stacks[outer].acts.push_back((end, Act::Stack("UPDATE_ROLLBACK_COMPLETE", None)));
    }
    let outcome = cloudformation::run(attach(session(&world), STACK, None)).unwrap();
    assert_eq!(outcome.ending, Ending::RolledBack, "{outcome:#?}");
    let cause = outcome.cause.unwrap();
    assert_eq!(
        (cause.event.logical_id.as_str(), cause.event.nested_in),
        ("Topic", vec!["Nested".to_owned()])
    );
    let told: Vec<String> = world
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Resource(event) => {
                Some(event.nested_in.into_iter().chain([event.logical_id]).collect::<Vec<_>>().join("/"))
            }
            _ => None,
        })
        .collect();
    let expected = [
        STACK,
        "Nested",
        "Nested/inner",
        "Nested/Topic",
        "Nested/Topic",
        "Nested/inner",
        "Nested",
        STACK,
        STACK,
    ];
    assert_eq!(told, expected);
}
