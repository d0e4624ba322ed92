//! Hooks: checks of the organization that can say no.

use serde::Serialize;

/// Whose hooks are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookTarget {
    /// A change set's, by ARN.
    ChangeSet(String),
    /// A stack's, by ARN.
    Stack(String),
}

/// What a hook said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct HookResult {
    /// What to ask `GetHookResult` with.
    pub id: String,
    /// The hook's type name.
    pub hook_type: String,
    /// `HOOK_IN_PROGRESS`, `HOOK_COMPLETE_SUCCEEDED`, `HOOK_COMPLETE_FAILED`, `HOOK_FAILED`.
    pub status: String,
    /// `FAIL` or `WARN`.
    pub failure_mode: Option<String>,
    /// Why.
    pub status_reason: Option<String>,
    /// The resource that it looked at.
    pub logical_id: Option<String>,
    /// Single findings; only `GetHookResult` tells them.
    pub annotations: Vec<Annotation>,
}

/// One finding of a hook.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Annotation {
    /// The rule's name.
    pub name: String,
    /// `PASSED`, `FAILED`, `SKIPPED`.
    pub status: String,
    /// What was found.
    pub status_message: Option<String>,
    /// What to do.
    pub remediation_message: Option<String>,
    /// Where that is described.
    pub remediation_link: Option<String>,
    /// `INFORMATIONAL` to `CRITICAL`.
    pub severity: Option<String>,
}
