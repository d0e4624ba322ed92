//! What a deploy is asked to do.

use std::collections::BTreeSet;
use std::time::Duration;

use indexmap::IndexMap;

use super::api::{OnStackFailure, RollbackConfiguration};
use crate::validate::{Options, ValidatedTemplate};

/// How many alarms can roll a stack back.
///
/// Source: AWS CloudFormation API Reference, `RollbackConfiguration`: at most five triggers.
pub const MOST_ROLLBACK_ALARMS: usize = 5;

/// The key of a template's metadata that marks the first step of a creation, so that a stack that was left after it is known.
pub const FOUNDATION_KEY: &str = "dify-cfn:foundation";

/// A deploy of one stack.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command, each by itself")]
pub struct DeployRequest {
    /// The stack's name.
    pub stack: String,
    /// What it becomes.
    pub template: ValidatedTemplate,
    /// The first step of its creation, marked by [`FOUNDATION_KEY`]; none: it is created in one.
    pub foundation: Option<ValidatedTemplate>,
    /// What the templates were checked for; they are checked again with the values that are sent.
    pub options: Options,
    /// What the configuration says of parameters: sent on every deploy. [`configured_values`](super::configured_values) takes
    /// it from a template of our own.
    pub configured: IndexMap<String, String>,
    /// `--parameter`: wins over the configuration.
    pub given: IndexMap<String, String>,
    /// Deletion protection, where the template has a parameter for it.
    pub protection: Option<Protection>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// The account that it has to be.
    pub account: Option<String>,
    /// The region that it has to be.
    pub region: Option<String>,
    /// The role that CloudFormation works with.
    pub role_arn: Option<String>,
    /// SNS topics; none: they stay.
    pub notification_arns: Option<Vec<String>>,
    /// What happens when the first step fails.
    pub on_failure: OnStackFailure,
    /// Alarms that roll an update back.
    pub rollback_alarms: RollbackAlarms,
    /// How long those are watched after an update, in minutes.
    pub monitoring_minutes: u32,
    /// Whether the stack can be deleted afterwards; none: it stays.
    pub termination_protection: Option<bool>,
    /// When to leave a stack that isn't through.
    pub timeout: Option<Duration>,
    /// Which changes are asked for.
    pub approval: Approval,
    /// Answers every question that may be answered so.
    pub yes: bool,
    /// Ids of what holds data and may be replaced.
    pub allow_replace: BTreeSet<String>,
    /// Ids of what holds data and may be deleted.
    pub allow_delete: BTreeSet<String>,
    /// Makes the change set and leaves it.
    pub no_execute: bool,
    /// Puts back what was changed by hand.
    pub revert_drift: bool,
    /// Adopts existing resources with the names that the template gives.
    pub import_existing: bool,
    /// Where a template goes that is too large for a request.
    pub upload: Upload,
    /// Systems Manager parameters that have to be there.
    pub required_ssm_parameters: Vec<String>,
    /// Parameters of the template whose values are ARNs of certificates.
    pub certificate_parameters: Vec<String>,
}

impl DeployRequest {
    /// A deploy with nothing special about it.
    pub fn new(stack: impl Into<String>, template: ValidatedTemplate) -> Self {
        Self {
            stack: stack.into(),
            template,
            foundation: None,
            options: Options::default(),
            configured: IndexMap::new(),
            given: IndexMap::new(),
            protection: None,
            tags: IndexMap::new(),
            account: None,
            region: None,
            role_arn: None,
            notification_arns: None,
            on_failure: OnStackFailure::Rollback,
            rollback_alarms: RollbackAlarms::Own,
            monitoring_minutes: 0,
            termination_protection: None,
            timeout: None,
            approval: Approval::Any,
            yes: false,
            allow_replace: BTreeSet::new(),
            allow_delete: BTreeSet::new(),
            no_execute: false,
            revert_drift: false,
            import_existing: false,
            upload: Upload::OwnBucket("Bucket".to_owned()),
            required_ssm_parameters: Vec::new(),
            certificate_parameters: Vec::new(),
        }
    }
}

impl DeployRequest {
    /// The alarms that the command names; none where it names none. A stack that isn't complete has no own ones to watch.
    pub(super) fn given_alarms(&self) -> Option<RollbackConfiguration> {
        match &self.rollback_alarms {
            RollbackAlarms::Given(arns) => Some(RollbackConfiguration {
                alarm_arns: arns.clone(),
                monitoring_minutes: self.monitoring_minutes,
            }),
            RollbackAlarms::Own | RollbackAlarms::None => None,
        }
    }
}

/// Deletion protection of what the stack holds: `false` until the stack is complete for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// The parameter, `true` or `false`.
    pub parameter: String,
    /// Whether it is on in the end.
    pub wanted: bool,
}

/// Which alarms roll an update back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackAlarms {
    /// The stack's own alarms on server errors and unhealthy hosts, except those that are in ALARM already.
    Own,
    /// These ARNs.
    Given(Vec<String>),
    /// None.
    None,
}

/// Which changes are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approval {
    /// None.
    Never,
    /// Those that widen permissions or access.
    Broadening,
    /// All.
    Any,
}

/// Where a template goes that is too large for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// The bucket of the stack with this logical id, below `.cfn/`.
    OwnBucket(String),
    /// This bucket, below this prefix.
    Bucket {
        /// Its name.
        name: String,
        /// What keys begin with; empty, or with `/` at its end.
        prefix: String,
    },
}
