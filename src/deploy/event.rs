//! The stream of what happens while a command runs.
//!
//! A [`Record`] serializes to one JSON object: `time`, `stack`, `event` (the kind) and the kind's fields. Kinds and fields are
//! added, never renamed. No value of a parameter without echo and no secret is in any of them.

use serde::Serialize;

use super::api::{Annotation, Output};
use super::changes::{Change, Widening};
use super::clock::Timestamp;
use super::outcome::Ending;
use super::services::StoppedTask;

/// Takes events, in order.
pub trait Sink: Send + Sync {
    /// Takes one.
    fn tell(&self, record: &Record);
}

impl<F: Fn(&Record) + Send + Sync> Sink for F {
    fn tell(&self, record: &Record) {
        self(record);
    }
}

/// An event with its time and stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// When we saw it.
    pub time: Timestamp,
    /// The name of the stack that the command is for.
    pub stack: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A command begins.
    Started {
        /// `deploy`, `destroy` …
        command: &'static str,
    },
    /// Something was looked at before anything is changed.
    Checked {
        /// What.
        check: String,
        /// What was found.
        finding: CheckResult,
        /// More about it.
        detail: String,
    },
    /// A step of a deploy begins.
    Step {
        /// Which.
        step: Step,
        /// Its number, from 1.
        number: u32,
        /// How many there are.
        of: u32,
    },
    /// A template that is too large for a request went to a bucket.
    Uploaded {
        /// The bucket.
        bucket: String,
        /// The key in it.
        key: String,
        /// The size.
        bytes: usize,
    },
    /// A change set is being made, or one of an earlier run goes on.
    ChangeSet {
        /// Its ARN.
        id: String,
        /// Its name.
        name: String,
        /// Whether an earlier run made it.
        resumed: bool,
    },
    /// What will happen.
    Changes {
        /// The step that they belong to; none: the whole of a new stack, before its first step.
        step: Option<Step>,
        /// By resource.
        changes: Vec<Change>,
        /// What gets wider, in words.
        widenings: Vec<Widening>,
    },
    /// A step has nothing to do.
    NoChanges {
        /// Which.
        step: Step,
    },
    /// The set is being executed.
    Executing {
        /// Its ARN.
        change_set: String,
        /// The stack's ARN.
        stack_id: String,
    },
    /// A resource or the stack changed its status.
    Resource(ResourceEvent),
    /// How far it is; comes again while nothing else happens.
    Progress(Progress),
    /// Calls fail; we go on asking.
    Waiting {
        /// Why.
        reason: WaitReason,
        /// What the last call said.
        message: String,
        /// How many calls failed in a row.
        attempt: u32,
        /// When we ask again, in seconds; 0 while an answer is still waited for.
        retry_seconds: u64,
    },
    /// Calls are answered again.
    Reconnected {
        /// How long they weren't, in seconds.
        after_seconds: u64,
    },
    /// The stack policy was set.
    StackPolicy {
        /// Ids for which replacement and deletion are allowed until it is set again.
        allowed: Vec<String>,
    },
    /// A change set was deleted.
    ChangeSetDeleted {
        /// Its name.
        name: String,
    },
    /// A stack without resources, or one whose creation failed, was deleted.
    StackDeleted {
        /// Its ARN.
        stack_id: String,
        /// Whether there was never a resource in it.
        was_empty: bool,
    },
    /// Something to know.
    Note {
        /// A sentence.
        message: String,
    },
    /// Something that isn't as it should be.
    Warning {
        /// A sentence.
        message: String,
    },
    /// A template doesn't pass: found by CloudFormation before anything was made.
    Rejected(Rejection),
    /// The first real failure of an operation.
    Cause(Box<Cause>),
    /// The stack's outputs.
    Outputs {
        /// All of them.
        outputs: Vec<Output>,
    },
    /// The command ends.
    Finished {
        /// How.
        ending: Ending,
        /// The program's exit code.
        exit_code: u8,
        /// One sentence.
        message: String,
        /// What to do or to run next.
        next: Vec<String>,
    },
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// It is as it should be.
    Ok,
    /// It couldn't be checked, or may become a problem.
    Warning,
    /// The deploy would fail.
    Failed,
}

/// A step of a deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Network, keys, secrets, bucket, database and cache of a new stack.
    Foundation,
    /// The whole template.
    Whole,
    /// Deletion protection comes on.
    Protection,
}

/// Why we wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// Too many calls.
    Throttled,
    /// No answer, or one from AWS's side that can't be used.
    Connection,
    /// No answer so far, to a call that is still waited for: nothing is repeated.
    NoAnswer,
    /// The credentials ended.
    CredentialsExpired,
    /// A role that the credentials may use, or may read with, changed.
    AccessDenied,
}

/// A change of the status of a resource or of the stack.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ResourceEvent {
    /// When it happened.
    pub timestamp: Timestamp,
    /// Logical ids of the nested stacks that it is in, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nested_in: Vec<String>,
    /// Its key in the template; the stack's name for the stack itself.
    pub logical_id: String,
    /// The path of our construct.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub construct: Option<String>,
    /// Its name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// Its status, such as `CREATE_COMPLETE`.
    pub status: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `CONFIGURATION_COMPLETE` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detailed_status: Option<String>,
    /// The operation that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// Whether it is about the followed stack itself.
    pub is_stack: bool,
}

/// How far an operation is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Progress {
    /// Resources that are through.
    pub done: usize,
    /// Resources that change in all; none: not known.
    pub total: Option<usize>,
    /// Whether the operation is being undone.
    pub rolling_back: bool,
    /// How long it has been going on.
    pub elapsed_seconds: u64,
    /// What is in progress, longest first.
    pub active: Vec<Active>,
}

/// A resource in progress.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Active {
    /// Its key in the template.
    pub logical_id: String,
    /// The path of our construct.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub construct: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// Its status.
    pub status: String,
    /// For how long.
    pub seconds: u64,
    /// How long it usually takes, for the slow ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typical_seconds: Option<u64>,
}

/// What CloudFormation found in a template before anything was made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Rejection {
    /// The check or the hook.
    pub check: String,
    /// The resource's key in the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_id: Option<String>,
    /// The path of our construct.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub construct: Option<String>,
    /// Where in the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What was found.
    pub reason: String,
    /// Whether it only warns.
    pub is_warning: bool,
    /// What a hook tells, with what to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
}

/// The first real failure of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Cause {
    /// The event, `resource` where programs read it: `event` is the kind of the line.
    #[serde(rename = "resource")]
    pub event: ResourceEvent,
    /// What it means, where we know more than the reason says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
    /// Other real failures at the same time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<ResourceEvent>,
    /// How many resources were only cancelled because of it.
    pub cancelled: usize,
    /// What a hook tells, with what to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    /// Tasks of the service that stopped, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stopped_tasks: Vec<StoppedTask>,
}

impl Cause {
    /// What failed and why, in a sentence without its end.
    pub(super) fn sentence(&self) -> String {
        let reason = self.event.reason.as_deref().unwrap_or("no reason is told");
        let name = self.event.construct.as_deref().unwrap_or(&self.event.logical_id);
        format!("{name} failed: {reason}")
    }
}
