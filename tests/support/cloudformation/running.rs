//! What happens in a stack once something is asked for: creation, update, rollback, deletion.

use dify_cfn::deploy::api::{
    ApiError, ChangeAction, ChangeSetKind, DeleteStack, ExecuteChangeSet, ExecutionStatus, OnStackFailure,
    PolicyAction, Replacement, StackStatus,
};
use dify_cfn::deploy::clock::Timestamp;
use dify_cfn::deploy::picture::Pictured;
use serde_json::Value as Json;

use super::model::{Act, FakeResource, FakeSet, State};
use super::operations::{draw, invalid, refused};

const CANCELLED: &str = "Resource creation cancelled";

impl State {
    pub(crate) fn execute_change_set(&mut self, request: &ExecuteChangeSet) -> Result<(), ApiError> {
        const OP: &str = "ExecuteChangeSet";
        let Some((index, at)) = self.set(&request.change_set, None) else {
            return Err(refused(OP, "ChangeSetNotFound", "ChangeSet does not exist"));
        };
        let set = self.stacks[index].sets[at].clone();
        if set.execution != ExecutionStatus::Available {
            let message = format!("ChangeSet [{}] cannot be executed in its current status", set.id);
            return Err(refused(OP, "InvalidChangeSetStatus", message));
        }
        assert!(
            !(request.disable_rollback && set.request.on_stack_failure.is_some()),
            "DisableRollback and OnStackFailure exclude each other"
        );
        let stack = &self.stacks[index];
        self.stale = Some((stack.id.clone(), stack.status.clone(), stack.updated.map(Timestamp)));
        let is_create = set.kind == ChangeSetKind::Create;
        let now = self.now;
        let before = (stack.template.clone(), stack.parameters.clone(), stack.resources.clone());
        let stack = &mut self.stacks[index];
        stack.before = Some(Box::new(before));
        stack.template.clone_from(&set.template);
        stack.parameters.clone_from(&set.parameters);
        if let Some(tags) = &set.tags {
            stack.tags.clone_from(tags);
        }
        stack.change_set_id = Some(set.id.clone());
        stack.sets.clear();
        if !is_create {
            stack.updated = Some(now);
        }
        self.begin_operation(index, if is_create { "CREATE_STACK" } else { "UPDATE_STACK" });
        let failure = if request.disable_rollback {
            OnStackFailure::Keep
        } else {
            set.request.on_stack_failure.unwrap_or(OnStackFailure::Rollback)
        };
        self.schedule(index, &set, is_create, failure);
        self.advance();
        Ok(())
    }

    /// Puts what will happen into the stack's future.
    fn schedule(&mut self, index: usize, set: &FakeSet, is_create: bool, failure: OnStackFailure) {
        let verb = if is_create { "CREATE" } else { "UPDATE" };
        let mut at = self.now;
        let step = self.seconds_a_resource * 1000;
        let mut acts: Vec<(i64, Act)> = Vec::new();
        let start = if is_create { "CREATE_IN_PROGRESS" } else { "UPDATE_IN_PROGRESS" };
        acts.push((at, Act::Stack(start, Some("User Initiated".into()))));
        let policy = self.stacks[index].policy.clone().unwrap_or_default();
        let mut failed = false;
        let mut made: Vec<(String, String)> = Vec::new();
        let mut removed = Vec::new();
        let from_outside = self.failing_execution.take();
        let changes = if from_outside.is_some() { &[][..] } else { &set.changes[..] };
        for change in changes {
            let (id, kind) = (change.logical_id.clone(), change.resource_type.clone());
            if change.action == ChangeAction::Remove {
                removed.push((id, kind, change.policy_action));
                continue;
            }
            let is_new = change.action == ChangeAction::Add || change.replacement == Replacement::True;
            let word = if change.action == ChangeAction::Add { "CREATE" } else { "UPDATE" };
            at += 100;
            acts.push((at, resource(&id, &kind, &format!("{word}_IN_PROGRESS"), None)));
            let denied = change.replacement == Replacement::True
                && policy.contains("Update:Replace")
                && policy.contains(&format!("LogicalResourceId/{id}\""));
            let reason = if denied {
                Some(
                    "Action denied by stack policy: Statement [#2] does not allow [Update:Replace]"
                        .to_owned(),
                )
            } else {
                self.failing.get(&id).cloned()
            };
            if let Some(reason) = reason {
                if self.failing_once.contains(&id) {
                    self.failing.remove(&id);
                }
                acts.push((at + step, resource(&id, &kind, &format!("{word}_FAILED"), Some(reason))));
                at += step;
                // Something else was on its way.
                acts.push((
                    at,
                    resource(
                        "Bystander",
                        "AWS::SNS::Topic",
                        &format!("{word}_FAILED"),
                        Some(CANCELLED.into()),
                    ),
                ));
                failed = true;
                break;
            }
            at += step;
            let drawn = &set.after[&id];
            if is_new {
                let fresh = fake(&id, drawn, self.next_id + u64::try_from(acts.len()).unwrap_or_default());
                acts.push((at, Act::Put { id: id.clone(), resource: fresh }));
                made.push((id.clone(), kind.clone()));
            }
            acts.push((at, resource(&id, &kind, &format!("{word}_COMPLETE"), None)));
        }
        if let Some(reason) = from_outside {
            self.schedule_rollback(&mut acts, at, verb, &reason, &made, failure == OnStackFailure::Delete);
        } else if !failed {
            if is_create {
                acts.push((at, Act::Stack("CREATE_COMPLETE", None)));
            } else {
                acts.push((at, Act::Stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None)));
                for (id, kind, policy) in removed {
                    at += 100;
                    if policy != Some(PolicyAction::Retain) {
                        acts.push((at, resource(&id, &kind, "DELETE_COMPLETE", None)));
                    }
                    acts.push((at, Act::Drop { id }));
                }
                acts.push((at + 1000, Act::Stack("UPDATE_COMPLETE", None)));
            }
        } else if failure == OnStackFailure::Keep {
            acts.push((
                at,
                Act::Stack(
                    if is_create { "CREATE_FAILED" } else { "UPDATE_FAILED" },
                    Some("The following resource(s) failed".into()),
                ),
            ));
        } else {
            let reason = "The following resource(s) failed";
            self.schedule_rollback(&mut acts, at, verb, reason, &made, failure == OnStackFailure::Delete);
        }
        self.stacks[index].acts = acts.into();
    }

    fn schedule_rollback(
        &self,
        acts: &mut Vec<(i64, Act)>,
        begins_at: i64,
        verb: &str,
        reason: &str,
        made: &[(String, String)],
        deletes: bool,
    ) {
        let is_create = verb == "CREATE";
        let mut at = begins_at;
        let start = match (is_create, deletes) {
            (true, true) => "DELETE_IN_PROGRESS",
            (true, false) => "ROLLBACK_IN_PROGRESS",
            _ => "UPDATE_ROLLBACK_IN_PROGRESS",
        };
        acts.push((at, Act::Stack(start, Some(reason.into()))));
        for (id, kind) in made.iter().rev() {
            at += 1000;
            if self.failing_rollback.contains(id) {
                acts.push((
                    at,
                    resource(id, kind, "DELETE_FAILED", Some("Cannot delete protected Cluster".into())),
                ));
                acts.push((
                    at,
                    Act::Stack(if is_create { "ROLLBACK_FAILED" } else { "UPDATE_ROLLBACK_FAILED" }, None),
                ));
                return;
            }
            acts.push((at, resource(id, kind, "DELETE_IN_PROGRESS", None)));
            acts.push((at + 500, resource(id, kind, "DELETE_COMPLETE", None)));
            acts.push((at + 500, Act::Drop { id: id.clone() }));
        }
        at += 1000;
        acts.push((at, Act::Restore));
        if is_create {
            acts.push((at, Act::Stack(if deletes { "DELETE_COMPLETE" } else { "ROLLBACK_COMPLETE" }, None)));
        } else {
            acts.push((at, Act::Stack("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None)));
            acts.push((at + 1000, Act::Stack("UPDATE_ROLLBACK_COMPLETE", None)));
        }
    }

    pub(crate) fn delete_stack(&mut self, request: &DeleteStack) -> Result<(), ApiError> {
        const OP: &str = "DeleteStack";
        let Some(index) = self.find(&request.stack) else { return Ok(()) };
        let stack = &self.stacks[index];
        if matches!(stack.status, StackStatus::DeleteInProgress | StackStatus::DeleteComplete) {
            return Ok(());
        }
        if stack.termination_protection {
            return Err(invalid(OP, "Stack cannot be deleted while TerminationProtection is enabled"));
        }
        let before = draw(&stack.template, &stack.parameters);
        let resources = stack.resources.clone();
        self.begin_operation(index, "DELETE_STACK");
        let mut at = self.now;
        let mut acts = vec![(at, Act::Stack("DELETE_IN_PROGRESS", Some("User Initiated".into())))];
        let mut failed = false;
        for (id, present) in &resources {
            at += 1000;
            let policy =
                before.get(id).and_then(|drawn| drawn.deletion_policy.as_ref()).and_then(Json::as_str);
            if matches!(policy, Some("Retain" | "RetainExceptOnCreate")) {
                acts.push((at, resource(id, &present.resource_type, "DELETE_SKIPPED", None)));
                continue;
            }
            let is_full = self.objects.get(&present.physical_id).is_some_and(|keys| !keys.is_empty());
            let reason = if is_full {
                Some("The bucket you tried to delete is not empty".to_owned())
            } else {
                self.failing_deletion.get(id).cloned()
            };
            if let Some(reason) = reason.filter(|_| !request.force) {
                acts.push((at, resource(id, &present.resource_type, "DELETE_FAILED", Some(reason))));
                failed = true;
                continue;
            }
            acts.push((at, resource(id, &present.resource_type, "DELETE_COMPLETE", None)));
            acts.push((at, Act::Drop { id: id.clone() }));
        }
        acts.push((at + 1000, Act::Stack(if failed { "DELETE_FAILED" } else { "DELETE_COMPLETE" }, None)));
        self.stacks[index].acts = acts.into();
        self.stacks[index].sets.clear();
        self.advance();
        Ok(())
    }

    pub(crate) fn cancel(&mut self, name: &str) -> Result<(), ApiError> {
        let index = self.existing("CancelUpdateStack", name)?;
        if self.stacks[index].status != StackStatus::UpdateInProgress {
            return Err(invalid(
                "CancelUpdateStack",
                "CancelUpdateStack cannot be called from current stack status",
            ));
        }
        let mut acts = Vec::new();
        let old = self.stacks[index].before.as_ref().map(|before| before.2.clone()).unwrap_or_default();
        let made: Vec<(String, String)> = self.stacks[index]
            .resources
            .iter()
            .filter(|(id, _)| !old.contains_key(*id))
            .map(|(id, resource)| (id.clone(), resource.resource_type.clone()))
            .collect();
        self.schedule_rollback(&mut acts, self.now, "UPDATE", "User Initiated", &made, false);
        self.stacks[index].acts = acts.into();
        self.advance();
        Ok(())
    }

    pub(crate) fn rollback_stack(&mut self, name: &str) -> Result<(), ApiError> {
        let index = self.existing("RollbackStack", name)?;
        let is_create = self.stacks[index].status == StackStatus::CreateFailed;
        if !is_create && self.stacks[index].status != StackStatus::UpdateFailed {
            return Err(invalid("RollbackStack", "RollbackStack cannot be called from current stack status"));
        }
        self.begin_operation(index, "ROLLBACK");
        let mut acts = Vec::new();
        let verb = if is_create { "CREATE" } else { "UPDATE" };
        self.schedule_rollback(&mut acts, self.now, verb, "User Initiated", &[], false);
        self.stacks[index].acts = acts.into();
        self.advance();
        Ok(())
    }

    pub(crate) fn continue_rollback(&mut self, name: &str, force: bool) -> Result<(), ApiError> {
        let index = self.existing("ContinueUpdateRollback", name)?;
        if self.stacks[index].status != StackStatus::UpdateRollbackFailed {
            let message = "ContinueUpdateRollback cannot be called from current stack status";
            return Err(invalid("ContinueUpdateRollback", message));
        }
        self.begin_operation(index, "CONTINUE_ROLLBACK");
        let mut acts =
            vec![(self.now, Act::Stack("UPDATE_ROLLBACK_IN_PROGRESS", Some("User Initiated".into())))];
        let end = if force || self.failing_rollback.is_empty() {
            "UPDATE_ROLLBACK_COMPLETE"
        } else {
            "UPDATE_ROLLBACK_FAILED"
        };
        acts.push((self.now + 5000, Act::Stack(end, None)));
        self.stacks[index].acts = acts.into();
        self.advance();
        Ok(())
    }
}

fn resource(id: &str, resource_type: &str, status: &str, reason: Option<String>) -> Act {
    Act::Resource { id: id.into(), resource_type: resource_type.into(), status: status.into(), reason }
}

fn fake(id: &str, drawn: &Pictured, number: u64) -> FakeResource {
    FakeResource {
        resource_type: drawn.resource_type.clone(),
        physical_id: format!("{}-{number}", id.to_lowercase()),
        status: "CREATE_IN_PROGRESS".into(),
        properties: drawn.properties.to_string(),
    }
}
