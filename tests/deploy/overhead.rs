//! What following costs: calls while nothing happens, and how long after the stack's end we notice it.

use dify_cfn::deploy::api::{Operation, StackEvent, StackStatus};
use dify_cfn::deploy::outcome::Ending;

use super::*;

#[test]
fn waiting_costs_few_calls_and_the_end_is_noticed_soon() {
    for has_operations in [true, false] {
        let world = world_with_stack();
        {
            let mut state = world.state();
            state.seconds_a_resource = 3_600;
            state.has_operations = has_operations;
        }
        let outcome = deployed(&world, &newer());
        assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
        let state = world.state();
        let calls_a_minute = state.calls.len() / 60;
        assert!(calls_a_minute <= 15, "{calls_a_minute} calls a minute");
        let late_ms = state.now - state.stack(STACK).ended.expect("it ended");
        assert!(late_ms <= 15_000, "noticed after {late_ms} ms");
    }
}

#[test]
fn progress_comes_again_while_nothing_else_happens() {
    let world = world_with_stack();
    world.state().seconds_a_resource = 3_600;
    assert_eq!(deployed(&world, &newer()).ending, Ending::Done);
    let told: Vec<_> = world
        .state()
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Progress(progress) => Some((record.time, progress.clone())),
            _ => None,
        })
        .collect();
    let apart = told.windows(2).map(|two| two[1].0.since(two[0].0).as_secs());
    assert!(apart.clone().all(|seconds| seconds <= 45), "{:?}", apart.collect::<Vec<_>>());
    let longest = told.iter().flat_map(|(_, progress)| &progress.active).map(|active| active.seconds).max();
    assert!(longest > Some(3_000), "how long it has been in progress: {longest:?}");
}

#[test]
fn two_thousand_events_are_told_once() {
    for (has_operations, call) in [(true, "DescribeEvents"), (false, "DescribeStackEvents")] {
        let world = world_with_stack();
        {
            let mut state = world.state();
            state.has_operations = has_operations;
            let index = state.find(STACK).expect("the stack");
            let operation = Operation { id: "long".into(), kind: "UPDATE_STACK".into() };
            state.records.clear();
            let stack = &mut state.stacks[index];
            stack.status = StackStatus::UpdateInProgress;
            stack.operations.push(operation);
            let begin = StackEvent {
                id: "begin".into(),
                logical_id: STACK.into(),
                physical_id: Some(stack.id.clone()),
                resource_type: "AWS::CloudFormation::Stack".into(),
                status: "UPDATE_IN_PROGRESS".into(),
                operation_id: has_operations.then(|| "long".into()),
                ..stack.events[0].clone()
            };
            stack.events.push(begin.clone());
            for number in 0..2_000 {
                stack.events.push(StackEvent {
                    id: format!("part-{number}"),
                    logical_id: format!("Part{}", number / 2),
                    physical_id: None,
                    status: if number % 2 == 0 { "UPDATE_IN_PROGRESS" } else { "UPDATE_COMPLETE" }.into(),
                    ..begin.clone()
                });
            }
            let end = state.now + 60_000;
            let end = (end, super::cloudformation::Act::Stack("UPDATE_COMPLETE", None));
            state.stacks[index].acts.push_back(end);
        }
        let before = world.count(call);
        let outcome =
            cloudformation::run(dify_cfn::deploy::attach(session(&world), STACK, None)).expect("an end");
        assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
        let told = world.events().iter().filter(|event| matches!(event, Event::Resource(_))).count();
        assert_eq!(told, 2_002);
        let calls = world.count(call) - before;
        assert!(calls > 20 && calls < 60, "{calls} calls of {call} for 21 pages and a minute");
    }
}
