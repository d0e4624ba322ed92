//! The calls to CloudFormation: requests and answers with types of our own, and [`CloudFormation`], which makes them.
//!
//! A method is one API call of the same name, one page of it where the API has pages. An implementation may retry
//! once by itself what is safe to repeat; everything longer is up to the engine, which tells what it waits for.
//!
//! Source for operations and fields: AWS CloudFormation API Reference.

mod change_set;
mod drift;
mod error;
mod hook;
mod operation_event;
mod stack;
mod stack_status;
mod template;

use super::Call;

pub use change_set::{
    Capability, ChangeAction, ChangeDetail, ChangeSet, ChangeSetKind, ChangeSetStatus, ChangeSetSummary,
    CreateChangeSet, CreatedChangeSet, DescribeChangeSet, Evaluation, ExecuteChangeSet, ExecutionStatus,
    OnStackFailure, ParameterSetting, PolicyAction, PropertyChange, Replacement, ResourceChange,
    ResourceToImport, TemplateSource,
};
pub use drift::{DriftDetection, DriftDetectionStatus, DriftStatus, PropertyDifference, ResourceDrift};
pub use error::{ApiError, ErrorKind};
pub use hook::{Annotation, HookResult, HookTarget};
pub use operation_event::{EventScope, OperationEvent, OperationEventType};
pub use stack::{
    DeleteStack, Operation, Output, RollbackConfiguration, Stack, StackEvent, StackParameter, StackResource,
    StackSummary,
};
pub use stack_status::StackStatus;
pub use template::{ParameterDeclaration, TemplateStage, TemplateSummary};

/// An answer of an API, or why there is none.
pub type Answer<'a, T> = Call<'a, Result<T, ApiError>>;

/// One page of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What to ask the next page with; none on the last.
    pub next_token: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next_token: None }
    }
}

/// The answer of an implementation that doesn't have a call.
pub(super) fn unsupported<'a, T: Send + 'a>(operation: &'static str) -> Answer<'a, T> {
    Box::pin(async move { Err(ApiError::unsupported(operation)) })
}

/// The calls to CloudFormation. `stack` is a name or an ARN; a deleted stack is found by its ARN only.
///
/// What a deploy can do without has an implementation that answers [`ErrorKind::Unsupported`]: the deploy says so and goes on.
#[allow(unused_variables, reason = "names are for those who implement it")]
pub trait CloudFormation: Send + Sync {
    /// `DescribeStacks` of one stack. A missing one is an error of [`ErrorKind::NotFound`].
    fn describe_stack<'a>(&'a self, stack: &'a str) -> Answer<'a, Stack>;

    /// `ListStacks`: stacks nested below and others; deleted ones too.
    fn list_stacks<'a>(&'a self, next_token: Option<&'a str>) -> Answer<'a, Page<StackSummary>> {
        unsupported("ListStacks")
    }

    /// `CreateChangeSet`.
    fn create_change_set<'a>(&'a self, request: &'a CreateChangeSet) -> Answer<'a, CreatedChangeSet>;

    /// `DescribeChangeSet`, one page. A missing set is an error of [`ErrorKind::NotFound`].
    fn describe_change_set<'a>(&'a self, request: &'a DescribeChangeSet) -> Answer<'a, ChangeSet>;

    /// `ListChangeSets`, one page.
    fn list_change_sets<'a>(
        &'a self,
        stack: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<ChangeSetSummary>>;

    /// `ExecuteChangeSet`.
    fn execute_change_set<'a>(&'a self, request: &'a ExecuteChangeSet) -> Answer<'a, ()>;

    /// `DeleteChangeSet` by ARN. One that isn't there is no error.
    fn delete_change_set<'a>(&'a self, change_set: &'a str) -> Answer<'a, ()>;

    /// `DescribeStackEvents`, one page, newest first.
    fn describe_stack_events<'a>(
        &'a self,
        stack: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<StackEvent>>;

    /// `DescribeEvents`, one page, newest first. Where the API doesn't have it: [`ErrorKind::Unsupported`]; where a role
    /// doesn't allow it: [`ErrorKind::AccessDenied`].
    fn describe_events<'a>(
        &'a self,
        scope: &'a EventScope,
        only_failed: bool,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<OperationEvent>> {
        unsupported("DescribeEvents")
    }

    /// `ListStackResources`, one page.
    fn list_stack_resources<'a>(
        &'a self,
        stack: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<StackResource>>;

    /// `GetTemplate` of a stack. In a stack in review it is empty or an error of [`ErrorKind::NotFound`].
    fn get_template<'a>(&'a self, stack: &'a str, stage: TemplateStage) -> Answer<'a, String>;

    /// `GetTemplateSummary` of a template, or of a stack's with [`TemplateSource::Previous`] and its name.
    fn get_template_summary<'a>(
        &'a self,
        template: &'a TemplateSource,
        stack: Option<&'a str>,
    ) -> Answer<'a, TemplateSummary> {
        unsupported("GetTemplateSummary")
    }

    /// `GetStackPolicy`.
    fn get_stack_policy<'a>(&'a self, stack: &'a str) -> Answer<'a, Option<String>> {
        unsupported("GetStackPolicy")
    }

    /// `SetStackPolicy` with the policy's JSON.
    fn set_stack_policy<'a>(&'a self, stack: &'a str, policy: &'a str) -> Answer<'a, ()> {
        unsupported("SetStackPolicy")
    }

    /// `UpdateTerminationProtection`.
    fn update_termination_protection<'a>(&'a self, stack: &'a str, enabled: bool) -> Answer<'a, ()> {
        unsupported("UpdateTerminationProtection")
    }

    /// `DeleteStack`.
    fn delete_stack<'a>(&'a self, request: &'a DeleteStack) -> Answer<'a, ()>;

    /// `CancelUpdateStack`.
    fn cancel_update_stack<'a>(&'a self, stack: &'a str, token: &'a str) -> Answer<'a, ()> {
        unsupported("CancelUpdateStack")
    }

    /// `ContinueUpdateRollback`; `force` is the API's `ForceRollback`, which skips what can't be rolled back.
    fn continue_update_rollback<'a>(
        &'a self,
        stack: &'a str,
        resources_to_skip: &'a [String],
        force: bool,
        token: &'a str,
    ) -> Answer<'a, ()> {
        unsupported("ContinueUpdateRollback")
    }

    /// `RollbackStack`, with `RetainExceptOnCreate`.
    fn rollback_stack<'a>(&'a self, stack: &'a str, token: &'a str) -> Answer<'a, ()> {
        unsupported("RollbackStack")
    }

    /// `DetectStackDrift`: the detection's id.
    fn detect_stack_drift<'a>(&'a self, stack: &'a str) -> Answer<'a, String> {
        unsupported("DetectStackDrift")
    }

    /// `DescribeStackDriftDetectionStatus`.
    fn describe_drift_detection<'a>(&'a self, detection: &'a str) -> Answer<'a, DriftDetection> {
        unsupported("DescribeStackDriftDetectionStatus")
    }

    /// `DescribeStackResourceDrifts` of modified and deleted resources, one page.
    fn describe_resource_drifts<'a>(
        &'a self,
        stack: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<ResourceDrift>> {
        unsupported("DescribeStackResourceDrifts")
    }

    /// `ListHookResults`, one page.
    fn list_hook_results<'a>(
        &'a self,
        target: &'a HookTarget,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<HookResult>> {
        unsupported("ListHookResults")
    }

    /// `GetHookResult`: one with its annotations.
    fn get_hook_result<'a>(&'a self, id: &'a str) -> Answer<'a, HookResult> {
        unsupported("GetHookResult")
    }
}
