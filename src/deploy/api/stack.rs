//! A stack, its resources and its events.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

use super::StackStatus;
use crate::deploy::clock::Timestamp;

/// A stack as `DescribeStacks` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stack {
    /// The ARN.
    pub id: String,
    /// The name.
    pub name: String,
    /// The status.
    pub status: StackStatus,
    /// Why it has that status.
    pub status_reason: Option<String>,
    /// `CONFIGURATION_COMPLETE`, `VALIDATION_FAILED` …
    pub detailed_status: Option<String>,
    /// When it was created.
    pub creation_time: Timestamp,
    /// When an update of it last began.
    pub last_updated_time: Option<Timestamp>,
    /// When it was deleted.
    pub deletion_time: Option<Timestamp>,
    /// The parameters with their values; those without echo as `****`.
    pub parameters: Vec<StackParameter>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// The tags, in the API's order.
    pub tags: IndexMap<String, String>,
    /// The capabilities of the last operation.
    pub capabilities: Vec<String>,
    /// Whether it can't be deleted.
    pub termination_protection: bool,
    /// The role that CloudFormation works with.
    pub role_arn: Option<String>,
    /// SNS topics that are told of events.
    pub notification_arns: Vec<String>,
    /// Alarms that roll an update back.
    pub rollback_configuration: RollbackConfiguration,
    /// Whether a failure doesn't roll back.
    pub disable_rollback: bool,
    /// The change set that made it.
    pub change_set_id: Option<String>,
    /// The stack that this one is nested in.
    pub parent_id: Option<String>,
    /// The latest operations, newest first.
    pub last_operations: Vec<Operation>,
}

impl Default for StackStatus {
    fn default() -> Self {
        Self::Unknown(String::new())
    }
}

/// A parameter of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StackParameter {
    /// Its name.
    pub key: String,
    /// Its value; `****` without echo.
    pub value: String,
    /// The value that was read from Systems Manager.
    pub resolved_value: Option<String>,
}

/// An output of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Output {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What it is.
    pub description: Option<String>,
    /// The name that other stacks import.
    pub export_name: Option<String>,
}

/// An operation on a stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operation {
    /// Its id.
    pub id: String,
    /// `CREATE_STACK`, `UPDATE_STACK`, `DELETE_STACK`, `ROLLBACK`, `CONTINUE_ROLLBACK`, `CREATE_CHANGESET`.
    pub kind: String,
}

/// Alarms that roll an operation back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RollbackConfiguration {
    /// ARNs of CloudWatch alarms, at most five.
    pub alarm_arns: Vec<String>,
    /// How long they are watched after the operation, at most 180 minutes.
    pub monitoring_minutes: u32,
}

/// A stack in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StackSummary {
    /// The ARN.
    pub id: String,
    /// The name.
    pub name: String,
    /// The status.
    pub status: StackStatus,
    /// When it was created.
    pub creation_time: Timestamp,
    /// When it was deleted.
    pub deletion_time: Option<Timestamp>,
    /// The stack that it is nested in.
    pub parent_id: Option<String>,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StackResource {
    /// Its key in the template.
    pub logical_id: String,
    /// Its name or ARN in its service.
    pub physical_id: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// Its status, such as `CREATE_COMPLETE`.
    pub status: String,
    /// Why it has that status.
    pub status_reason: Option<String>,
    /// When that last changed.
    pub last_updated_time: Timestamp,
}

/// An event as `DescribeStackEvents` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StackEvent {
    /// Its id; the same event has the same in every answer.
    pub id: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The resource's key in the template; the stack's name for the stack itself.
    pub logical_id: String,
    /// The resource's name or ARN; the stack's ARN for the stack itself.
    pub physical_id: Option<String>,
    /// The resource's type; `AWS::CloudFormation::Stack` for the stack itself and for nested ones.
    pub resource_type: String,
    /// The resource's status, such as `CREATE_FAILED`.
    pub status: String,
    /// Why.
    pub status_reason: Option<String>,
    /// `CONFIGURATION_COMPLETE`, `VALIDATION_FAILED` …
    pub detailed_status: Option<String>,
    /// The token of the request that began the operation.
    pub client_request_token: Option<String>,
    /// The operation that it belongs to.
    pub operation_id: Option<String>,
    /// The hook that said no.
    pub hook_type: Option<String>,
    /// What the hook said.
    pub hook_status_reason: Option<String>,
    /// What to ask `GetHookResult` with.
    pub hook_invocation_id: Option<String>,
}

/// `DeleteStack`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DeleteStack {
    /// Name or ARN.
    pub stack: String,
    /// Logical ids of what stays, only for a stack whose deletion failed.
    pub retain_resources: Vec<String>,
    /// Deletes the stack though resources can't be deleted (`FORCE_DELETE_STACK`), only for one whose deletion failed.
    pub force: bool,
    /// The role to work with.
    pub role_arn: Option<String>,
    /// The same token is the same request.
    pub client_request_token: String,
}

impl fmt::Debug for DeleteStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeleteStack")
            .field("stack", &self.stack)
            .field("retain_resources", &self.retain_resources)
            .field("force", &self.force)
            .finish_non_exhaustive()
    }
}
