//! From a [`ValidatedTemplate`](crate::validate::ValidatedTemplate) to a finished stack, by change set.
//!
//! # The seam
//!
//! Nothing here talks to AWS: what is outside comes in as traits. `aws` implements the first two over the SDK and is the only
//! user of it; tests script them.
//!
//! | trait | what it stands for |
//! |---|---|
//! | [`api::CloudFormation`] | the calls to CloudFormation |
//! | [`services::Services`] | the few calls to other services |
//! | [`clock::Clock`] | time, and waiting; virtual in tests |
//! | [`prompt::Prompter`] | questions to a person, and Ctrl-C |
//! | [`event::Sink`] | where the stream of [`event::Event`]s goes |
//!
//! [`Session`] holds them. Traits are dyn-compatible and their futures are [`Call`]s, so that a session is an ordinary value.

pub mod api;
pub mod aws;
pub mod broadening;
pub mod capability;
mod cause;
mod change_sets;
pub mod changes;
pub mod clock;
pub mod data;
mod destroy;
mod diff;
pub mod digest;
mod drift;
mod engine;
pub mod event;
mod event_log;
mod follow;
mod hidden;
mod inspect;
mod lookup;
pub mod outcome;
pub mod pace;
pub mod parameters;
pub mod picture;
mod preflight;
pub mod prompt;
mod rejections;
mod replacement;
pub mod request;
mod rollback;
mod run;
mod secrets;
pub mod services;
pub mod stack_policy;
mod stacks;
pub mod status;
mod stopping;
pub mod system_clock;
pub mod template_diff;
mod upload;

use std::collections::BTreeMap;
use std::pin::Pin;

pub use destroy::{DestroyRequest, destroy};
pub use diff::{DiffReport, diff};
pub use drift::{DriftReport, drift};
pub use engine::{deploy, deploy_at_once, deploy_in_order};
pub use inspect::{StackReport, events, follow_events, outputs, status as status_of, why};
pub use lookup::{FoundNetwork, LookupRequest, lookup};
pub use parameters::configured_values;
pub use request::DeployRequest;
pub use rollback::{attach, cancel, rollback};
pub use secrets::{SecretsReport, create_secrets};

/// What an asynchronous method of the seam returns. An implementation writes `Box::pin(async move { … })`.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What is outside, in one value.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// The calls to CloudFormation.
    pub cloudformation: &'a dyn api::CloudFormation,
    /// The calls to other services.
    pub services: &'a dyn services::Services,
    /// Time.
    pub clock: &'a dyn clock::Clock,
    /// Questions, and Ctrl-C.
    pub prompter: &'a dyn prompt::Prompter,
    /// Where events go.
    pub sink: &'a dyn event::Sink,
    /// Paths of the constructs of the stack's resources by logical id, for names that people know; a deploy knows its own.
    pub constructs: &'a BTreeMap<String, String>,
    /// Where the jitter of waiting starts: a number of one's own for each run, or a fixed one in tests.
    pub seed: u64,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("seed", &self.seed).finish_non_exhaustive()
    }
}
