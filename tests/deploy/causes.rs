//! Failures that no resource tells: alarms, checks at the execution, and people who cancel. And by which names failures are told.

use std::time::Duration;

use dify_cfn::deploy::event::{Cause, Rejection};
use dify_cfn::deploy::outcome::Ending;
use dify_cfn::deploy::prompt::Reply;
use dify_cfn::deploy::{attach, cancel, why};

use super::cloudformation::Act;
use super::*;

const ALARM: &str =
    "Rollback triggered by CloudWatch alarm arn:aws:cloudwatch:a:1:alarm:dify-dev-WebUnhealthyAlarm";

const CHECKS: &str = "Validation failed. Use the DescribeEvents API for details. (VALIDATION_FAILED)";

fn finished<T>(future: impl Future<Output = T>) -> T {
    cloudformation::run(future).expect("it comes to an end")
}

/// Causes that were told.
fn causes(world: &World) -> Vec<Cause> {
    let cause = |event| match event {
        Event::Cause(cause) => Some(*cause),
        _ => None,
    };
    world.events().into_iter().filter_map(cause).collect()
}

fn rejections(world: &World) -> Vec<Rejection> {
    let rejection = |event| match event {
        Event::Rejected(rejection) => Some(rejection),
        _ => None,
    };
    world.events().into_iter().filter_map(rejection).collect()
}

/// An update that runs for hours.
fn running() -> World {
    let world = world_with_stack();
    world.state().seconds_a_resource = 36_000;
    let request = DeployRequest { timeout: Some(Duration::from_secs(60)), ..newer() };
    assert_eq!(deployed(&world, &request).ending, Ending::Left);
    world.state().records.clear();
    world
}

#[test]
fn an_alarm_that_rolls_back_is_the_cause() {
    let world = world_with_stack();
    world.state().failing_execution = Some(ALARM.into());
    let outcome = deployed(&world, &newer());
    assert_eq!(outcome.ending, Ending::RolledBack, "{outcome:#?}");
    assert!(
        outcome.message.contains(&format!("dify-dev failed: {ALARM}; the update failed")),
        "{outcome:#?}"
    );
    let told = causes(&world);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].event.is_stack && !told[0].advice.is_empty(), "{told:#?}");
    world.state().now += 86_400_000;
    let outcome = finished(why(session(&world), STACK));
    assert!(outcome.message.contains(ALARM), "{outcome:#?}");
}

#[test]
fn attach_tells_the_alarm_too() {
    let world = running();
    {
        let mut state = world.state();
        let (index, now) = (state.find(STACK).unwrap(), state.now);
        state.stacks[index].acts = [
            (now + 60_000, Act::Stack("UPDATE_ROLLBACK_IN_PROGRESS", Some(ALARM.into()))),
            (now + 90_000, Act::Stack("UPDATE_ROLLBACK_COMPLETE", None)),
        ]
        .into();
    }
    let outcome = finished(attach(session(&world), STACK, None));
    assert_eq!(outcome.ending, Ending::RolledBack, "{outcome:#?}");
    assert!(outcome.message.contains(ALARM), "{outcome:#?}");
    assert_eq!(causes(&world).len(), 1);
}

#[test]
fn what_checks_refuse_at_the_execution_is_told_with_path_and_reason() {
    for has_operations in [true, false] {
        let world = world_with_stack();
        {
            let mut state = world.state();
            state.failing_execution = Some(CHECKS.into());
            state.has_operations = has_operations;
            let text = |text: &str| text.to_owned();
            state.validation = vec![
                (text("Old"), text("/Resources/Old"), text("of another operation")),
                (text("Bucket"), text("/Resources/Bucket"), text("the name is taken")),
            ];
        }
        let outcome = deployed(&world, &newer());
        assert!(outcome.message.contains(CHECKS), "{outcome:#?}");
        assert_eq!(causes(&world).len(), 1);
        if has_operations {
            let told = rejections(&world);
            assert_eq!(told.len(), 1, "{told:#?}");
            assert_eq!(told[0].path.as_deref(), Some("/Resources/Bucket"));
            assert_eq!(told[0].reason, "the name is taken");
            world.state().records.clear();
            finished(why(session(&world), STACK));
            assert_eq!(rejections(&world).len(), 1);
        } else {
            assert!(notes(&world).iter().any(|note| note.contains("what was found can't be read")));
        }
    }
}

#[test]
fn an_update_that_is_cancelled_did_not_fail() {
    let world = world_with_stack();
    {
        let mut state = world.state();
        state.seconds_a_resource = 600;
        let at = state.now + 60_000;
        state.interrupts.push_back(at);
        state.answers.push_back(Reply::Yes);
    }
    let outcome = deployed(&world, &newer());
    assert_eq!(outcome.ending, Ending::RolledBack, "{outcome:#?}");
    assert_eq!(outcome.message, "the update was cancelled; the stack is back where it was");
    assert_eq!(causes(&world).len(), 1);
    let outcome = finished(why(session(&world), STACK));
    assert!(outcome.message.starts_with("the last operation was cancelled"), "{outcome:#?}");
    // By somebody else.
    let world = running();
    finished(cancel(session(&world), STACK, Some(Duration::from_secs(1))));
    let outcome = finished(attach(session(&world), STACK, None));
    assert_eq!(outcome.message, "the update was cancelled; the stack is back where it was", "{outcome:#?}");
}

#[test]
fn attach_and_why_name_the_construct_where_it_is_known() {
    let constructs = BTreeMap::from([("Running".to_owned(), "Api/Service/Resource".to_owned())]);
    for is_attached in [true, false] {
        let world = running();
        {
            let mut state = world.state();
            let (index, now) = (state.find(STACK).unwrap(), state.now);
            let failed = Act::Resource {
                id: "Running".into(),
                resource_type: "AWS::SSM::Parameter".into(),
                status: "UPDATE_FAILED".into(),
                reason: Some("it isn't right".into()),
            };
            state.stacks[index].acts = [
                (now + 60_000, failed),
                (now + 60_000, Act::Stack("UPDATE_ROLLBACK_IN_PROGRESS", None)),
                (now + 90_000, Act::Stack("UPDATE_ROLLBACK_COMPLETE", None)),
            ]
            .into();
            if !is_attached {
                state.now += 100_000;
                state.advance();
            }
        }
        let session = Session { constructs: &constructs, ..session(&world) };
        let outcome =
            if is_attached { finished(attach(session, STACK, None)) } else { finished(why(session, STACK)) };
        assert!(outcome.message.starts_with("Api/Service/Resource failed: it isn't right"), "{outcome:#?}");
        assert_eq!(causes(&world)[0].event.construct.as_deref(), Some("Api/Service/Resource"));
    }
}
