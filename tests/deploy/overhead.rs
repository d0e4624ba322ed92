//! What following costs: calls while nothing happens, and how long after the stack's end we notice it.

use dify_cfn::deploy::api::StackStatus;
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
fn two_thousand_events_are_told_once() {
    let world = world_with_stack();
    let index = world.state().find(STACK).expect("the stack");
    {
        let mut state = world.state();
        state.records.clear();
        let stack = &mut state.stacks[index];
        stack.status = StackStatus::UpdateInProgress;
        let begin = dify_cfn::deploy::api::StackEvent {
            id: "begin".into(),
            logical_id: STACK.into(),
            physical_id: Some(stack.id.clone()),
            resource_type: "AWS::CloudFormation::Stack".into(),
            status: "UPDATE_IN_PROGRESS".into(),
            ..stack.events[0].clone()
        };
        stack.events.push(begin.clone());
        for number in 0..2_000 {
            stack.events.push(dify_cfn::deploy::api::StackEvent {
                id: format!("part-{number}"),
                logical_id: format!("Part{}", number / 2),
                physical_id: None,
                status: if number % 2 == 0 { "UPDATE_IN_PROGRESS" } else { "UPDATE_COMPLETE" }.into(),
                ..begin.clone()
            });
        }
        let end = state.now + 60_000;
        state.stacks[index].acts.push_back((end, super::cloudformation::Act::Stack("UPDATE_COMPLETE", None)));
    }
    let before = world.count("DescribeStackEvents");
    let outcome =
        cloudformation::run(dify_cfn::deploy::attach(session(&world), STACK, None)).expect("an end");
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    let told = world.events().iter().filter(|event| matches!(event, Event::Resource(_))).count();
    assert_eq!(told, 2_002);
    let calls = world.count("DescribeStackEvents") - before;
    assert!(calls < 60, "{calls} calls for 21 pages and a minute");
}
