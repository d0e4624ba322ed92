//! Change sets: what is asked for, and what CloudFormation says will happen.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

use super::RollbackConfiguration;

/// Where a template comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum TemplateSource {
    /// In the request.
    Body(String),
    /// From a bucket: an `https` address.
    Url(String),
    /// The one that the stack has.
    Previous,
}

impl fmt::Debug for TemplateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(body) => write!(f, "Body({} bytes)", body.len()),
            Self::Url(url) => write!(f, "Url({url})"),
            Self::Previous => f.write_str("Previous"),
        }
    }
}

/// What a change set is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeSetKind {
    /// A stack that isn't there, or is in review.
    Create,
    /// A stack that is there.
    Update,
    /// Existing resources come into the stack.
    Import,
}

/// What happens when the creation of a stack fails (`OnStackFailure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnStackFailure {
    /// What was made is deleted; the stack stays as `ROLLBACK_COMPLETE`.
    Rollback,
    /// The stack is deleted as well.
    Delete,
    /// Everything stays as it is (`DO_NOTHING`).
    Keep,
}

/// A value for a parameter, or word that it stays.
#[derive(Clone, PartialEq, Eq)]
pub struct ParameterSetting {
    /// Its name.
    pub key: String,
    /// The value; none: the previous one (`UsePreviousValue`).
    pub value: Option<String>,
    /// Whether the value is hidden, from `Debug` too.
    pub no_echo: bool,
}

impl fmt::Debug for ParameterSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => write!(f, "{} stays", self.key),
            Some(_) if self.no_echo => write!(f, "{}=****", self.key),
            Some(value) => write!(f, "{}={value}", self.key),
        }
    }
}

/// Leave to do what a template does (`Capabilities`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Capability {
    /// `CAPABILITY_IAM`
    #[serde(rename = "CAPABILITY_IAM")]
    Iam,
    /// `CAPABILITY_NAMED_IAM`
    #[serde(rename = "CAPABILITY_NAMED_IAM")]
    NamedIam,
    /// `CAPABILITY_AUTO_EXPAND`
    #[serde(rename = "CAPABILITY_AUTO_EXPAND")]
    AutoExpand,
}

impl Capability {
    /// The API's text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iam => "CAPABILITY_IAM",
            Self::NamedIam => "CAPABILITY_NAMED_IAM",
            Self::AutoExpand => "CAPABILITY_AUTO_EXPAND",
        }
    }
}

/// A resource that comes into a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceToImport {
    /// Its key in the template.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// What its service knows it by.
    pub identifier: IndexMap<String, String>,
}

/// `CreateChangeSet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateChangeSet {
    /// The stack's name or ARN.
    pub stack: String,
    /// The set's name.
    pub name: String,
    /// What it is for.
    pub kind: ChangeSetKind,
    /// The template.
    pub template: TemplateSource,
    /// Every parameter of the template that is sent.
    pub parameters: Vec<ParameterSetting>,
    /// The stack's tags; none: they stay.
    pub tags: Option<IndexMap<String, String>>,
    /// Exactly those that the template needs.
    pub capabilities: Vec<Capability>,
    /// The role that CloudFormation works with.
    pub role_arn: Option<String>,
    /// SNS topics; none: they stay.
    pub notification_arns: Option<Vec<String>>,
    /// Alarms; none: they stay.
    pub rollback_configuration: Option<RollbackConfiguration>,
    /// The same token is the same request.
    pub client_token: String,
    /// What a person sees in the list of sets.
    pub description: Option<String>,
    /// Whether sets are made for nested stacks too; not possible for imports and drift-aware sets.
    pub include_nested_stacks: bool,
    /// What happens when a creation fails; only for [`ChangeSetKind::Create`].
    pub on_stack_failure: Option<OnStackFailure>,
    /// Adopts existing resources with the names that the template gives (`ImportExistingResources`).
    pub import_existing_resources: bool,
    /// What comes in; only for [`ChangeSetKind::Import`].
    pub resources_to_import: Vec<ResourceToImport>,
    /// Compares with what resources are now instead of what they were deployed as (`DeploymentMode: REVERT_DRIFT`).
    pub revert_drift: bool,
}

/// What `CreateChangeSet` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedChangeSet {
    /// The set's ARN.
    pub id: String,
    /// The stack's ARN.
    pub stack_id: String,
}

/// `DescribeChangeSet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribeChangeSet {
    /// The set's ARN, or its name with a stack.
    pub change_set: String,
    /// The stack, where the set is given by name.
    pub stack: Option<String>,
    /// Whether values before and after are told (`IncludePropertyValues`).
    pub include_property_values: bool,
    /// The page.
    pub next_token: Option<String>,
}

/// How far a set is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChangeSetStatus {
    /// `CREATE_PENDING`
    #[default]
    CreatePending,
    /// `CREATE_IN_PROGRESS`
    CreateInProgress,
    /// `CREATE_COMPLETE`
    CreateComplete,
    /// `DELETE_PENDING`, `DELETE_IN_PROGRESS`, `DELETE_COMPLETE`: it is on its way out.
    Deleting,
    /// `DELETE_FAILED`
    DeleteFailed,
    /// `FAILED`
    Failed,
    /// One that this program doesn't know.
    Unknown(String),
}

impl From<&str> for ChangeSetStatus {
    fn from(text: &str) -> Self {
        match text {
            "CREATE_PENDING" => Self::CreatePending,
            "CREATE_IN_PROGRESS" => Self::CreateInProgress,
            "CREATE_COMPLETE" => Self::CreateComplete,
            "DELETE_PENDING" | "DELETE_IN_PROGRESS" | "DELETE_COMPLETE" => Self::Deleting,
            "DELETE_FAILED" => Self::DeleteFailed,
            "FAILED" => Self::Failed,
            _ => Self::Unknown(text.to_owned()),
        }
    }
}

/// Whether a set can be executed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    /// `UNAVAILABLE`
    #[default]
    Unavailable,
    /// `AVAILABLE`
    Available,
    /// `EXECUTE_IN_PROGRESS`
    ExecuteInProgress,
    /// `EXECUTE_COMPLETE`
    ExecuteComplete,
    /// `EXECUTE_FAILED`
    ExecuteFailed,
    /// `OBSOLETE`: another one was executed.
    Obsolete,
    /// One that this program doesn't know.
    Unknown(String),
}

impl From<&str> for ExecutionStatus {
    fn from(text: &str) -> Self {
        match text {
            "UNAVAILABLE" => Self::Unavailable,
            "AVAILABLE" => Self::Available,
            "EXECUTE_IN_PROGRESS" => Self::ExecuteInProgress,
            "EXECUTE_COMPLETE" => Self::ExecuteComplete,
            "EXECUTE_FAILED" => Self::ExecuteFailed,
            "OBSOLETE" => Self::Obsolete,
            _ => Self::Unknown(text.to_owned()),
        }
    }
}

/// A change set in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeSetSummary {
    /// The ARN.
    pub id: String,
    /// The name.
    pub name: String,
    /// How far it is.
    pub status: ChangeSetStatus,
    /// Why.
    pub status_reason: Option<String>,
    /// Whether it can be executed.
    pub execution_status: ExecutionStatus,
}

/// A change set, or one page of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeSet {
    /// The ARN.
    pub id: String,
    /// The name.
    pub name: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// The stack's name.
    pub stack_name: String,
    /// How far it is.
    pub status: ChangeSetStatus,
    /// Why.
    pub status_reason: Option<String>,
    /// Whether it can be executed.
    pub execution_status: ExecutionStatus,
    /// What will happen, all pages once they are joined.
    pub changes: Vec<ResourceChange>,
    /// `DRIFTED`, `IN_SYNC`, `UNKNOWN`, `NOT_CHECKED`, for drift-aware sets.
    pub drift_status: Option<String>,
    /// What to ask the next page with.
    pub next_token: Option<String>,
}

/// What happens to a resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeAction {
    /// It is made.
    Add,
    /// It changes.
    #[default]
    Modify,
    /// It goes.
    Remove,
    /// It comes into the stack.
    Import,
    /// It depends on what a macro or a nested set does.
    Dynamic,
    /// Its drift becomes the stack's record.
    SyncWithActual,
    /// One that this program doesn't know.
    Unknown(String),
}

impl From<&str> for ChangeAction {
    fn from(text: &str) -> Self {
        match text {
            "Add" => Self::Add,
            "Modify" => Self::Modify,
            "Remove" => Self::Remove,
            "Import" => Self::Import,
            "Dynamic" => Self::Dynamic,
            "SyncWithActual" => Self::SyncWithActual,
            _ => Self::Unknown(text.to_owned()),
        }
    }
}

/// Whether a changed resource is replaced by a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replacement {
    /// It stays the same one.
    #[default]
    False,
    /// It is decided at execution.
    Conditional,
    /// A new one takes its place.
    True,
}

/// What becomes of the resource that goes (`PolicyAction`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyAction {
    /// It is deleted.
    Delete,
    /// It stays, outside of the stack.
    Retain,
    /// It is deleted after a snapshot.
    Snapshot,
    /// A new one takes its place, the old one is deleted.
    ReplaceAndDelete,
    /// A new one takes its place, the old one stays.
    ReplaceAndRetain,
    /// A new one takes its place, the old one is deleted after a snapshot.
    ReplaceAndSnapshot,
}

impl PolicyAction {
    /// Reads the API's text.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "Delete" => Self::Delete,
            "Retain" => Self::Retain,
            "Snapshot" => Self::Snapshot,
            "ReplaceAndDelete" => Self::ReplaceAndDelete,
            "ReplaceAndRetain" => Self::ReplaceAndRetain,
            "ReplaceAndSnapshot" => Self::ReplaceAndSnapshot,
            _ => return None,
        })
    }
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceChange {
    /// What happens.
    pub action: ChangeAction,
    /// Its key in the template.
    pub logical_id: String,
    /// Its name or ARN, if it is there.
    pub physical_id: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// Whether it is replaced.
    pub replacement: Replacement,
    /// What becomes of the old one.
    pub policy_action: Option<PolicyAction>,
    /// Parts that change: `Properties`, `Tags`, `Metadata`, `DeletionPolicy` …
    pub scope: Vec<String>,
    /// What changes, and what causes it.
    pub details: Vec<ChangeDetail>,
    /// The resource before, as JSON.
    pub before: Option<String>,
    /// The resource after, as JSON.
    pub after: Option<String>,
    /// For a nested stack, its set's ARN.
    pub nested_change_set_id: Option<String>,
    /// `IN_SYNC`, `MODIFIED`, `DELETED` …, for drift-aware sets.
    pub drift_status: Option<String>,
}

/// One cause of a change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeDetail {
    /// `Properties`, `Tags` …
    pub attribute: String,
    /// The property, where it is one.
    pub property: Option<PropertyChange>,
    /// `ResourceReference`, `ParameterReference`, `ResourceAttribute`, `DirectModification`, `Automatic`.
    pub source: Option<String>,
    /// What refers to what: the parameter, resource or attribute.
    pub causing_entity: Option<String>,
    /// Whether the value is known now or only at execution.
    pub evaluation: Evaluation,
}

/// When a changed value is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Evaluation {
    /// Now.
    #[default]
    Static,
    /// At execution.
    Dynamic,
}

/// A change of one property.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PropertyChange {
    /// The top-level property's name.
    pub name: String,
    /// JSON pointer into the resource, where it is told.
    pub path: Option<String>,
    /// Whether this property's change replaces: `Never`, `Conditionally`, `Always`.
    pub requires_recreation: Replacement,
    /// The value before.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
    /// What the resource really has, where it drifted.
    pub actual: Option<String>,
}

/// `ExecuteChangeSet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecuteChangeSet {
    /// The set's ARN.
    pub change_set: String,
    /// The same token is the same request; events of the operation carry it.
    pub client_request_token: String,
    /// Leaves things as they are at a failure; not with [`OnStackFailure`].
    pub disable_rollback: bool,
    /// Deletes new resources at a rollback though their policy keeps them.
    pub retain_except_on_create: bool,
}
