//! What CloudFormation's checks and the organization's hooks refuse, when a change set is made and when it is executed.

use super::api::{ChangeSet, EventScope, HookTarget, OperationEvent, OperationEventType};
use super::clock::Timestamp;
use super::event::Rejection;
use super::run::{Patience, Run};
use super::stopping::Stop;

impl Run<'_> {
    /// What CloudFormation and the organization's hooks found, if the set failed because of that.
    pub(super) async fn rejections(&mut self, set: &ChangeSet, reason: &str) -> Result<Vec<Rejection>, Stop> {
        let mut found = Vec::new();
        let lower = reason.to_lowercase();
        if reason.contains("AWS::EarlyValidation")
            || reason.contains("DescribeEvents")
            || lower.contains("validation")
        {
            let events = self.failed_events(&EventScope::ChangeSet(set.id.clone())).await?;
            found.extend(events.into_iter().filter_map(|event| self.rejection(event)));
        }
        if lower.contains("hook") {
            found.extend(self.hook_rejections(HookTarget::ChangeSet(set.id.clone())).await?);
        }
        Ok(found)
    }

    /// What the checks found in a stack from that time on, when a change set was executed.
    pub(super) async fn rejections_since(
        &mut self,
        stack_id: &str,
        since: Option<Timestamp>,
    ) -> Result<Vec<Rejection>, Stop> {
        let mut events = self.failed_events(&EventScope::Stack(stack_id.to_owned())).await?;
        events.retain(|event| since.is_none_or(|since| event.timestamp >= since));
        Ok(events.into_iter().filter_map(|event| self.rejection(event)).collect())
    }

    /// Events of failures; those that could be read, with a warning, if not all can.
    async fn failed_events(&mut self, scope: &EventScope) -> Result<Vec<OperationEvent>, Stop> {
        let cloudformation = self.cloudformation();
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let asked = token.take();
            let page = self
                .call(Patience::Short, || cloudformation.describe_events(scope, true, asked.as_deref()))
                .await;
            let page = match page {
                Ok(page) => page,
                Err(Stop::Api(error)) => {
                    self.warn(format!("what was found can't be read: {error}"));
                    return Ok(found);
                }
                Err(other) => return Err(other),
            };
            found.extend(page.items);
            token = page.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// What hooks said no to, with what to do.
    pub(super) async fn hook_rejections(&mut self, target: HookTarget) -> Result<Vec<Rejection>, Stop> {
        let cloudformation = self.cloudformation();
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let asked = token.take();
            let answer = self
                .call(Patience::Short, || cloudformation.list_hook_results(&target, asked.as_deref()))
                .await;
            let page = match answer {
                Ok(page) => page,
                Err(Stop::Api(_)) => return Ok(found),
                Err(other) => return Err(other),
            };
            for result in page.items.into_iter().filter(|result| result.status.ends_with("FAILED")) {
                let id = result.id.clone();
                let detailed = match self.call(Patience::Short, || cloudformation.get_hook_result(&id)).await
                {
                    Ok(detailed) => detailed,
                    Err(Stop::Api(_)) => result,
                    Err(other) => return Err(other),
                };
                found.push(Rejection {
                    check: detailed.hook_type,
                    construct: self.construct_of(detailed.logical_id.as_deref()),
                    logical_id: detailed.logical_id,
                    reason: detailed.status_reason.unwrap_or_default(),
                    is_warning: detailed.failure_mode.as_deref() == Some("WARN"),
                    annotations: detailed.annotations,
                    ..Rejection::default()
                });
            }
            token = page.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    fn construct_of(&self, logical_id: Option<&str>) -> Option<String> {
        self.constructs.get(logical_id?).cloned()
    }

    fn rejection(&self, event: OperationEvent) -> Option<Rejection> {
        if !matches!(event.event_type, OperationEventType::ValidationError | OperationEventType::Hook) {
            return None;
        }
        Some(Rejection {
            check: event.validation_name.or(event.hook_type).unwrap_or_default(),
            construct: self.construct_of(event.logical_id.as_deref()),
            logical_id: event.logical_id,
            path: event.validation_path,
            reason: event
                .validation_reason
                .or(event.hook_status_reason)
                .or(event.status_reason)
                .unwrap_or_default(),
            is_warning: event.validation_failure_mode.as_deref() == Some("WARN"),
            annotations: Vec::new(),
        })
    }
}
