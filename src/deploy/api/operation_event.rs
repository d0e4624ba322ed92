//! Events as `DescribeEvents` tells them: of one operation, with validation failures and hooks.

use crate::deploy::clock::Timestamp;

/// Whose events are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventScope {
    /// A stack's, by name or ARN.
    Stack(String),
    /// A change set's, by ARN.
    ChangeSet(String),
    /// An operation's, by id.
    Operation(String),
}

/// What kind of event it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OperationEventType {
    /// `STACK_EVENT`: a resource or the stack changes its status.
    #[default]
    Stack,
    /// `PROGRESS_EVENT`
    Progress,
    /// `VALIDATION_ERROR`: found before anything was made.
    ValidationError,
    /// `PROVISIONING_ERROR`
    ProvisioningError,
    /// `HOOK_INVOCATION_ERROR`, `HOOK_INVOCATION_…`
    Hook,
    /// One that this program doesn't know.
    Unknown(String),
}

impl From<&str> for OperationEventType {
    fn from(text: &str) -> Self {
        match text {
            "STACK_EVENT" => Self::Stack,
            "PROGRESS_EVENT" => Self::Progress,
            "VALIDATION_ERROR" => Self::ValidationError,
            "PROVISIONING_ERROR" => Self::ProvisioningError,
            _ if text.starts_with("HOOK_INVOCATION") => Self::Hook,
            _ => Self::Unknown(text.to_owned()),
        }
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationEvent {
    /// Its id; the same event has the same in every answer.
    pub id: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// The operation that it belongs to.
    pub operation_id: Option<String>,
    /// `CREATE_STACK`, `UPDATE_STACK`, `DELETE_STACK`, `ROLLBACK`, `CONTINUE_ROLLBACK`, `CREATE_CHANGESET`.
    pub operation_type: Option<String>,
    /// `IN_PROGRESS`, `SUCCEEDED`, `FAILED`: the whole operation's.
    pub operation_status: Option<String>,
    /// What kind of event it is.
    pub event_type: OperationEventType,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The resource's key in the template.
    pub logical_id: Option<String>,
    /// The resource's name or ARN.
    pub physical_id: Option<String>,
    /// The resource's type.
    pub resource_type: Option<String>,
    /// The resource's status.
    pub status: Option<String>,
    /// Why.
    pub status_reason: Option<String>,
    /// `CONFIGURATION_COMPLETE`, `VALIDATION_FAILED` …
    pub detailed_status: Option<String>,
    /// The token of the request that began the operation.
    pub client_request_token: Option<String>,
    /// The check that failed, such as `NAME_CONFLICT_VALIDATION`.
    pub validation_name: Option<String>,
    /// `FAIL` or `WARN`.
    pub validation_failure_mode: Option<String>,
    /// Where in the template.
    pub validation_path: Option<String>,
    /// What the check found.
    pub validation_reason: Option<String>,
    /// The hook that said no.
    pub hook_type: Option<String>,
    /// What the hook said.
    pub hook_status_reason: Option<String>,
    /// What to ask `GetHookResult` with.
    pub hook_invocation_id: Option<String>,
}
