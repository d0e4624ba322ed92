//! Networks, credentials, people: what goes wrong while a stack changes must not fail it.

use std::time::Duration;

use dify_cfn::deploy::api::{ApiError, StackStatus};
use dify_cfn::deploy::event::{Event, WaitReason};
use dify_cfn::deploy::outcome::Ending;
use dify_cfn::deploy::prompt::{Reply, Topic};

use super::cloudformation::Fault;
use super::*;

fn throttled(operation: &'static str, after: usize, times: usize) -> Fault {
    let error = ApiError::answered("Any", 400, "Throttling", "Rate exceeded");
    Fault { operation, after, times, error, has_effect: false }
}

fn expired(operation: &'static str, after: usize, times: usize) -> Fault {
    let error = ApiError::answered("Any", 403, "ExpiredToken", "The security token is expired");
    Fault { error, ..throttled(operation, after, times) }
}

fn waits(world: &World) -> Vec<WaitReason> {
    let reason = |event| match event {
        Event::Waiting { reason, .. } => Some(reason),
        _ => None,
    };
    world.events().into_iter().filter_map(reason).collect()
}

#[test]
fn throttling_and_dropped_answers_of_any_call_never_fail_a_deploy() {
    let calls = [
        "GetCallerIdentity",
        "DescribeStacks",
        "CreateChangeSet",
        "DescribeChangeSet",
        "ExecuteChangeSet",
        "DescribeStackEvents",
        "DescribeEvents",
        "ListStackResources",
        "GetTemplate",
        "GetStackPolicy",
        "SetStackPolicy",
        "",
    ];
    for operation in calls {
        for has_effect in [false, true] {
            for after in 0..6 {
                let world = World::new();
                let error = if has_effect {
                    ApiError::connection("Any", "connection reset by peer")
                } else {
                    ApiError::answered("Any", 400, "Throttling", "Rate exceeded")
                };
                world.state().faults.push(Fault { operation, after, times: 5, error, has_effect });
                let outcome = deployed(&world, &request());
                assert_eq!(outcome.ending, Ending::Done, "{operation} {has_effect} {after} {outcome:#?}");
                let state = world.state();
                assert_eq!(
                    state.made,
                    ["Bucket", "Protection", "Secret", "Cluster", "Running"],
                    "{operation}"
                );
            }
        }
    }
}

#[test]
fn expired_credentials_are_waited_for_while_the_stack_changes() {
    let world = World::new();
    world.state().faults.push(expired("DescribeStacks", 8, 10));
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    assert!(waits(&world).contains(&WaitReason::CredentialsExpired));
    assert!(world.events().iter().any(|event| matches!(event, Event::Reconnected { .. })));
}

#[test]
fn credentials_that_stay_away_leave_the_stack_to_itself() {
    let world = world_with_stack();
    world.state().faults.push(expired("DescribeStackEvents", 1, 10_000));
    world.state().faults.push(expired("DescribeEvents", 0, 10_000));
    world.state().faults.push(expired("DescribeStacks", 1, 10_000));
    let outcome = deployed(&world, &newer());
    assert_eq!(outcome.ending, Ending::Left, "{outcome:#?}");
    assert_eq!(outcome.ending.exit_code(), 7);
    assert!(outcome.next.iter().any(|line| line.contains("attach --stack dify-dev")), "{outcome:#?}");
    // Long after, with good credentials.
    world.state().faults.clear();
    assert_eq!(deployed(&world, &newer()).ending, Ending::Done);
    assert_eq!(world.count("ExecuteChangeSet"), 1);
}

#[test]
fn credentials_that_are_gone_before_anything_runs_are_told_at_once() {
    let world = World::new();
    world.state().faults.push(expired("CreateChangeSet", 0, 10_000));
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::Failed, "{outcome:#?}");
    assert_eq!(waits(&world), []);
    assert!(outcome.next.iter().any(|line| line.contains("log in again")), "{outcome:#?}");
}

#[test]
fn a_role_that_may_not_describe_events_still_sees_them() {
    let world = World::new();
    let error = ApiError::answered("DescribeEvents", 403, "AccessDenied", "not authorized");
    world.state().faults.push(Fault { error, ..throttled("DescribeEvents", 0, 10_000) });
    assert_eq!(deployed(&world, &request()).ending, Ending::Done);
    let told = world.events().iter().filter(|event| matches!(event, Event::Resource(_))).count();
    assert_eq!(told, world.state().stack(STACK).events.len());
}

#[test]
fn stale_answers_after_an_execution_are_not_taken_for_its_end() {
    for has_operations in [true, false] {
        for stale in [1, 3, 10] {
            let world = world_with_stack();
            {
                let mut state = world.state();
                state.stale_reads = stale;
                state.has_operations = has_operations;
                state.failing.insert("Running".into(), "no".into());
            }
            let outcome = deployed(&world, &newer());
            assert_eq!(outcome.ending, Ending::RolledBack, "{has_operations} {stale} {outcome:#?}");
        }
    }
}

#[test]
fn the_time_that_is_given_is_kept() {
    let world = world_with_stack();
    world.state().seconds_a_resource = 3_600;
    let began = world.state().now;
    let request = DeployRequest { timeout: Some(Duration::from_secs(600)), ..newer() };
    let outcome = deployed(&world, &request);
    assert_eq!(outcome.ending, Ending::Left, "{outcome:#?}");
    let took = (world.state().now - began) / 1000;
    assert!((600..660).contains(&took), "{took}");
}

#[test]
fn ctrl_c_offers_to_cancel_an_update() {
    for (reply, ending, status) in [
        (Reply::Yes, Ending::RolledBack, StackStatus::UpdateRollbackComplete),
        (Reply::No, Ending::Left, StackStatus::UpdateInProgress),
        (Reply::Interrupted, Ending::Left, StackStatus::UpdateInProgress),
        (Reply::NoTerminal, Ending::Left, StackStatus::UpdateInProgress),
    ] {
        let world = world_with_stack();
        {
            let mut state = world.state();
            state.seconds_a_resource = 600;
            let at = state.now + 60_000;
            state.interrupts.push_back(at);
            state.answers.push_back(reply);
        }
        let outcome = deployed(&world, &newer());
        assert_eq!(outcome.ending, ending, "{reply:?} {outcome:#?}");
        assert_eq!(world.state().questions[0].topic, Topic::CancelUpdate);
        assert_eq!(world.state().stack(STACK).status, status);
        assert!(notes(&world).iter().any(|note| note.contains("attach --stack dify-dev")));
    }
}

#[test]
fn ctrl_c_before_anything_runs_leaves_nothing() {
    for after in [0, 1_000, 2_000, 3_000] {
        let world = World::new();
        let at = world.state().now + after;
        world.state().interrupts.push_back(at);
        let outcome = deployed(&world, &request());
        assert!(matches!(outcome.ending, Ending::Declined | Ending::Left), "{after} {outcome:#?}");
        if outcome.ending == Ending::Declined {
            assert_gone(&world);
        }
    }
}

/// A deploy with Ctrl-C during the first call of that name.
fn deployed_with_ctrl_c_at(world: &World, operation: &'static str, request: &DeployRequest) -> Outcome {
    world.state().interrupt_at = Some(operation);
    deployed(world, request)
}

#[test]
fn ctrl_c_before_the_execution_of_a_set_that_is_ready_at_once_deletes_it() {
    for operation in ["GetCallerIdentity", "DescribeStacks", "CreateChangeSet", "DescribeStackEvents"] {
        let world = World::new();
        world.state().has_instant_sets = true;
        let outcome = deployed_with_ctrl_c_at(&world, operation, &request());
        assert_eq!(outcome.ending, Ending::Declined, "{operation} {outcome:#?}");
        assert_eq!(outcome.ending.exit_code(), 4);
        assert_eq!(world.count("ExecuteChangeSet"), 0, "{operation}");
        assert_gone(&world);

        let world = world_with_stack();
        world.state().has_instant_sets = true;
        let outcome = deployed_with_ctrl_c_at(&world, operation, &newer());
        assert_eq!(outcome.ending, Ending::Declined, "{operation} {outcome:#?}");
        assert_eq!(world.count("ExecuteChangeSet"), 0, "{operation}");
        assert_eq!(world.count("DeleteChangeSet"), world.count("CreateChangeSet"), "{operation}");
        // The same command makes its set anew.
        assert_eq!(deployed(&world, &newer()).ending, Ending::Done);
    }
}

#[test]
fn ctrl_c_between_two_steps_says_that_the_first_stays() {
    let world = World::new();
    world.state().has_instant_sets = true;
    let outcome = deployed_with_ctrl_c_at(&world, "SetStackPolicy", &request());
    assert_eq!(outcome.ending, Ending::Declined, "{outcome:#?}");
    assert!(outcome.message.contains("what was done stays"), "{outcome:#?}");
    assert!(outcome.stack_id.is_some());
    assert_eq!(world.count("ExecuteChangeSet"), 1);
    assert_eq!(deployed(&world, &request()).ending, Ending::Done);
}

#[test]
fn ctrl_c_while_an_execution_has_no_answer_leaves_a_stack_that_may_go_on() {
    let world = world_with_stack();
    let error = ApiError::connection("ExecuteChangeSet", "connection reset by peer");
    let fault = Fault { operation: "ExecuteChangeSet", after: 0, times: 1, error, has_effect: true };
    world.state().faults.push(fault);
    let outcome = deployed_with_ctrl_c_at(&world, "ExecuteChangeSet", &newer());
    assert_eq!(outcome.ending, Ending::Left, "{outcome:#?}");
    assert!(outcome.next.iter().any(|line| line.contains("attach --stack dify-dev")), "{outcome:#?}");
    assert_eq!(deployed(&world, &newer()).ending, Ending::Done);
}

#[test]
fn an_incomplete_answer_about_values_is_read_a_second_time() {
    let world = world_with_stack();
    world.state().set_warning =
        Some("[WARN] --include-property-values option can return incomplete ChangeSet data".into());
    let before = world.count("DescribeChangeSet");
    let outcome = deployed(&world, &newer());
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    assert!(world.count("DescribeChangeSet") > before + 2);
    assert!(notes(&world).iter().any(|note| note.contains("doesn't tell the values")));
}

#[test]
fn a_call_that_is_not_answered_is_told_and_left_when_the_time_is_up() {
    let undisturbed = World::new();
    assert_eq!(deployed(&undisturbed, &request()).ending, Ending::Done);
    let calls = undisturbed.state().calls.clone();
    let looks: Vec<usize> =
        (1..=calls.len()).filter(|call| calls[call - 1].starts_with("Describe")).collect();
    assert!(looks.len() > 10, "{calls:?}");
    for call in looks {
        let world = World::new();
        world.state().kill_at = Some(call);
        let began = world.state().now;
        let limited = DeployRequest { timeout: Some(Duration::from_secs(3_600)), ..request() };
        let outcome = deployed(&world, &limited);
        assert!(matches!(outcome.ending, Ending::Failed | Ending::Left), "{call}: {outcome:#?}");
        assert!(outcome.message.contains("the time is up"), "{call}: {outcome:#?}");
        let took = Duration::from_millis(u64::try_from(world.state().now - began).unwrap());
        // The limit, and what is given to the taking back of a set.
        assert!(took <= Duration::from_secs(3_600 + 60), "{call}: {took:?}");
        assert!(waits(&world).contains(&WaitReason::NoAnswer), "{call}");
    }
}
