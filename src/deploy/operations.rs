//! Events by the ids of operations (`DescribeEvents`): exactly those of one operation, where the API has it and the role allows it.

use super::api::{EventScope, Operation, OperationEvent, OperationEventType, Stack, StackEvent};
use super::event_log::Reader;
use super::run::{Patience, Run};
use super::stopping::Stop;

/// The kind of the operation that makes a change set, which changes nothing in the stack.
const MAKES_A_SET: &str = "CREATE_CHANGESET";

/// Kinds that take an operation back: what failed stands in the one before.
const TAKES_BACK: [&str; 2] = ["ROLLBACK", "CONTINUE_ROLLBACK"];

/// Operations of a stack that change it, in the order that CloudFormation tells.
pub(super) fn changing(stack: &Stack) -> impl DoubleEndedIterator<Item = &Operation> {
    stack.last_operations.iter().filter(|operation| operation.kind != MAKES_A_SET)
}

/// The latest operation and those that took it back, oldest first; none where that isn't certain. `newest`: the operation of the
/// newest event, which tells at which end of the list the newest operation stands: AWS doesn't document its order.
fn latest(stack: &Stack, newest: Option<&str>) -> Vec<String> {
    let mut newest_first: Vec<&Operation> = changing(stack).collect();
    let is_newest =
        |operation: Option<&&Operation>| operation.is_some_and(|one| Some(one.id.as_str()) == newest);
    if !is_newest(newest_first.first()) {
        newest_first.reverse();
    }
    if !is_newest(newest_first.first()) {
        return Vec::new();
    }
    let took_back = newest_first.iter().take_while(|operation| TAKES_BACK.contains(&operation.kind.as_str()));
    let count = took_back.count() + 1;
    let mut ids: Vec<String> =
        newest_first.into_iter().take(count).map(|operation| operation.id.clone()).collect();
    ids.reverse();
    ids
}

impl Run<'_> {
    /// Ids of the stack's latest operation and of those that took it back, oldest first; none where the API doesn't tell them.
    pub(super) async fn latest_operations(
        &mut self,
        stack: &Stack,
        patience: Patience,
    ) -> Result<Vec<String>, Stop> {
        if changing(stack).next().is_none() {
            return Ok(Vec::new());
        }
        let cloudformation = self.cloudformation();
        let id = stack.id.as_str();
        match self.call(patience, || cloudformation.describe_stack_events(id, None)).await {
            Ok(page) => Ok(latest(stack, page.items.first().and_then(|event| event.operation_id.as_deref()))),
            // There is another way, which says what is wrong if there is none either.
            Err(Stop::Api(_)) => Ok(Vec::new()),
            Err(stop) => Err(stop),
        }
    }

    /// Reads the events of operations, given oldest first. False: this API can't be used here.
    pub(super) async fn read_operations(
        &mut self,
        reader: &mut Reader,
        ids: &[String],
    ) -> Result<bool, Stop> {
        let cloudformation = self.cloudformation();
        reader.begin();
        // As a stack's own events are told: the newest first.
        for id in ids.iter().rev() {
            let scope = EventScope::Operation(id.clone());
            let mut token: Option<String> = None;
            loop {
                let asked = token.take();
                // Not with all patience where the API or the permission is missing: there is another way.
                let make = || cloudformation.describe_events(&scope, false, asked.as_deref());
                let page = match self.call(Patience::Between, make).await {
                    Ok(page) => page,
                    Err(Stop::Api(_) | Stop::GaveUp(_)) => return Ok(false),
                    Err(stop) => return Err(stop),
                };
                token = page.next_token;
                let events = page.items.into_iter().filter_map(stack_event).collect();
                if !reader.take(events) || token.is_none() {
                    break;
                }
            }
        }
        reader.end();
        Ok(true)
    }
}

/// An operation's event as a stack's; `None` of other kinds.
fn stack_event(event: OperationEvent) -> Option<StackEvent> {
    if event.event_type != OperationEventType::Stack {
        return None;
    }
    Some(StackEvent {
        id: event.id,
        stack_id: event.stack_id,
        timestamp: event.timestamp,
        logical_id: event.logical_id?,
        physical_id: event.physical_id,
        resource_type: event.resource_type?,
        status: event.status?,
        status_reason: event.status_reason,
        detailed_status: event.detailed_status,
        client_request_token: event.client_request_token,
        operation_id: event.operation_id,
        hook_type: event.hook_type,
        hook_status_reason: event.hook_status_reason,
        hook_invocation_id: event.hook_invocation_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(operations: &[(&str, &str)]) -> Stack {
        let operation = |(id, kind): &(&str, &str)| Operation { id: (*id).into(), kind: (*kind).into() };
        Stack { last_operations: operations.iter().map(operation).collect(), ..Stack::default() }
    }

    #[test]
    fn the_latest_operation_comes_with_what_took_it_back() {
        let of = |operations: &[(&str, &str)], newest| latest(&stack(operations), newest).join(" ");
        let simple = [("set", "CREATE_CHANGESET"), ("b", "UPDATE_STACK"), ("a", "CREATE_STACK")];
        assert_eq!(of(&simple, Some("b")), "b");
        let back =
            [("c", "CONTINUE_ROLLBACK"), ("b", "ROLLBACK"), ("a", "UPDATE_STACK"), ("0", "UPDATE_STACK")];
        assert_eq!(of(&back, Some("c")), "a b c");
        let mut other_end = back;
        other_end.reverse();
        assert_eq!(of(&other_end, Some("c")), "a b c");
        // Not told, or told of another operation than any in the list: nothing is certain.
        assert_eq!(of(&back, None), "");
        assert_eq!(of(&back, Some("x")), "");
        assert_eq!(of(&[], Some("x")), "");
    }
}
