//! The calls of the seam, each with the faults and kills that a test asked for.

use dify_cfn::deploy::Call;
use dify_cfn::deploy::api::{
    Answer, ApiError, ChangeSet, ChangeSetSummary, CloudFormation, CreateChangeSet, CreatedChangeSet,
    DeleteStack, DescribeChangeSet, DriftDetection, DriftDetectionStatus, EventScope, ExecuteChangeSet,
    HookResult, HookTarget, OperationEvent, Page, ResourceDrift, Stack, StackEvent, StackResource,
    StackSummary, TemplateSource, TemplateStage, TemplateSummary,
};
use dify_cfn::deploy::clock::{Clock, Timestamp};
use dify_cfn::deploy::event::{Record, Sink};
use dify_cfn::deploy::prompt::{Prompter, Question, Reply};
use std::time::Duration;

use super::model::{State, World};

/// How long a call takes.
const CALL_MS: i64 = 50;

impl World {
    /// One call: counted, late, perhaps failing, perhaps the last thing that the program does.
    pub(crate) fn call<'a, T: Send + 'a>(
        &'a self,
        operation: &'static str,
        work: impl FnOnce(&mut State) -> Result<T, ApiError> + Send + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move {
            let answer = {
                let mut state = self.state();
                state.calls.push(operation);
                state.now += CALL_MS;
                state.advance();
                if state.interrupt_at == Some(operation) {
                    state.interrupt_at = None;
                    let now = state.now;
                    state.interrupts.push_back(now);
                }
                let is_killed = state.kill_at == Some(state.calls.len());
                if is_killed && !state.kill_after_effect || state.silent == Some(operation) {
                    None
                } else if let Some(fault) = state.fault(operation) {
                    if fault.has_effect {
                        let _ = work(&mut state);
                    }
                    Some(Err(fault.error))
                } else {
                    let answer = work(&mut state);
                    (!is_killed).then_some(answer)
                }
            };
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }
}

impl State {
    fn fault(&mut self, operation: &str) -> Option<super::Fault> {
        for fault in &mut self.faults {
            if !fault.operation.is_empty() && fault.operation != operation {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
            } else if fault.times > 0 {
                fault.times -= 1;
                return Some(fault.clone());
            }
        }
        None
    }
}

impl CloudFormation for World {
    fn describe_stack<'a>(&'a self, stack: &'a str) -> Answer<'a, Stack> {
        self.call("DescribeStacks", move |state| state.describe_stack(stack))
    }

    fn list_stacks<'a>(&'a self, _: Option<&'a str>) -> Answer<'a, Page<StackSummary>> {
        self.call("ListStacks", |state| Ok(Page { items: state.summaries(), next_token: None }))
    }

    fn create_change_set<'a>(&'a self, request: &'a CreateChangeSet) -> Answer<'a, CreatedChangeSet> {
        self.call("CreateChangeSet", move |state| state.create_change_set(request))
    }

    fn describe_change_set<'a>(&'a self, request: &'a DescribeChangeSet) -> Answer<'a, ChangeSet> {
        self.call("DescribeChangeSet", move |state| state.describe_change_set(request))
    }

    fn list_change_sets<'a>(
        &'a self,
        stack: &'a str,
        _: Option<&'a str>,
    ) -> Answer<'a, Page<ChangeSetSummary>> {
        self.call("ListChangeSets", move |state| state.list_change_sets(stack))
    }

    fn execute_change_set<'a>(&'a self, request: &'a ExecuteChangeSet) -> Answer<'a, ()> {
        self.call("ExecuteChangeSet", move |state| state.execute_change_set(request))
    }

    fn delete_change_set<'a>(&'a self, change_set: &'a str) -> Answer<'a, ()> {
        self.call("DeleteChangeSet", move |state| {
            for stack in &mut state.stacks {
                stack.sets.retain(|set| set.id != change_set);
            }
            Ok(())
        })
    }

    fn describe_stack_events<'a>(
        &'a self,
        stack: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<StackEvent>> {
        self.call("DescribeStackEvents", move |state| state.stack_events(stack, next_token))
    }

    fn describe_events<'a>(
        &'a self,
        scope: &'a EventScope,
        only_failed: bool,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<OperationEvent>> {
        self.call("DescribeEvents", move |state| state.operation_events(scope, only_failed, next_token))
    }

    fn list_stack_resources<'a>(
        &'a self,
        stack: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<StackResource>> {
        self.call("ListStackResources", move |state| state.stack_resources(stack, next_token))
    }

    fn get_template<'a>(&'a self, stack: &'a str, _: TemplateStage) -> Answer<'a, String> {
        self.call("GetTemplate", move |state| {
            Ok(state.stacks[state.existing("GetTemplate", stack)?].template.clone())
        })
    }

    fn get_template_summary<'a>(
        &'a self,
        _: &'a TemplateSource,
        _: Option<&'a str>,
    ) -> Answer<'a, TemplateSummary> {
        self.call("GetTemplateSummary", |_| Ok(TemplateSummary::default()))
    }

    fn get_stack_policy<'a>(&'a self, stack: &'a str) -> Answer<'a, Option<String>> {
        self.call("GetStackPolicy", move |state| {
            Ok(state.stacks[state.existing("GetStackPolicy", stack)?].policy.clone())
        })
    }

    fn set_stack_policy<'a>(&'a self, stack: &'a str, policy: &'a str) -> Answer<'a, ()> {
        self.call("SetStackPolicy", move |state| {
            let index = state.existing("SetStackPolicy", stack)?;
            state.stacks[index].policy = Some(policy.to_owned());
            state.policies.push(policy.to_owned());
            Ok(())
        })
    }

    fn update_termination_protection<'a>(&'a self, stack: &'a str, enabled: bool) -> Answer<'a, ()> {
        self.call("UpdateTerminationProtection", move |state| {
            let index = state.existing("UpdateTerminationProtection", stack)?;
            state.stacks[index].termination_protection = enabled;
            Ok(())
        })
    }

    fn delete_stack<'a>(&'a self, request: &'a DeleteStack) -> Answer<'a, ()> {
        self.call("DeleteStack", move |state| state.delete_stack(request))
    }

    fn cancel_update_stack<'a>(&'a self, stack: &'a str, _: &'a str) -> Answer<'a, ()> {
        self.call("CancelUpdateStack", move |state| state.cancel(stack))
    }

    fn continue_update_rollback<'a>(
        &'a self,
        stack: &'a str,
        _: &'a [String],
        force: bool,
        _: &'a str,
    ) -> Answer<'a, ()> {
        self.call("ContinueUpdateRollback", move |state| state.continue_rollback(stack, force))
    }

    fn rollback_stack<'a>(&'a self, stack: &'a str, _: &'a str) -> Answer<'a, ()> {
        self.call("RollbackStack", move |state| state.rollback_stack(stack))
    }

    fn detect_stack_drift<'a>(&'a self, stack: &'a str) -> Answer<'a, String> {
        self.call("DetectStackDrift", move |state| {
            state.existing("DetectStackDrift", stack)?;
            Ok("detection".to_owned())
        })
    }

    fn describe_drift_detection<'a>(&'a self, _: &'a str) -> Answer<'a, DriftDetection> {
        self.call("DescribeStackDriftDetectionStatus", |state| {
            let asked =
                state.calls.iter().filter(|call| **call == "DescribeStackDriftDetectionStatus").count();
            let status =
                if asked < 3 { DriftDetectionStatus::InProgress } else { DriftDetectionStatus::Complete };
            Ok(DriftDetection { status, reason: None, drifted_resources: 0 })
        })
    }

    fn describe_resource_drifts<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a str>,
    ) -> Answer<'a, Page<ResourceDrift>> {
        self.call("DescribeStackResourceDrifts", |_| Ok(Page::default()))
    }

    fn list_hook_results<'a>(
        &'a self,
        _: &'a HookTarget,
        _: Option<&'a str>,
    ) -> Answer<'a, Page<HookResult>> {
        self.call("ListHookResults", |state| {
            let brief = state.hooks.iter().map(|hook| HookResult { annotations: Vec::new(), ..hook.clone() });
            Ok(Page { items: brief.collect(), next_token: None })
        })
    }

    fn get_hook_result<'a>(&'a self, id: &'a str) -> Answer<'a, HookResult> {
        self.call("GetHookResult", move |state| {
            let found = state.hooks.iter().find(|hook| hook.id == id).cloned();
            found.ok_or_else(|| ApiError::answered("GetHookResult", 400, "HookResultNotFound", id))
        })
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp(self.state().now)
    }

    fn sleep(&self, duration: Duration) -> Call<'_, ()> {
        Box::pin(async move {
            self.state().now += i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        })
    }
}

impl Prompter for World {
    fn ask<'a>(&'a self, question: &'a Question) -> Call<'a, Reply> {
        Box::pin(async move {
            let mut state = self.state();
            state.questions.push(question.clone());
            state.answers.pop_front().unwrap_or(Reply::NoTerminal)
        })
    }

    fn interrupted(&self) -> Call<'_, ()> {
        Box::pin(async move {
            let is_due = {
                let mut state = self.state();
                let is_due = state.interrupts.front().is_some_and(|at| *at <= state.now);
                if is_due {
                    state.interrupts.pop_front();
                }
                is_due
            };
            if !is_due {
                std::future::pending::<()>().await;
            }
        })
    }
}

impl Sink for World {
    fn tell(&self, record: &Record) {
        self.state().records.push(record.clone());
    }
}
