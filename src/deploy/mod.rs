//! From a [`ValidatedTemplate`](crate::validate::ValidatedTemplate) to a finished stack, by change set.
//!
//! # The seam
//!
//! Nothing here talks to AWS: [`api::CloudFormation`], the calls to CloudFormation, is the one trait that has to be implemented. `aws`
//! implements it over the SDK and is the only user of that; tests script it. What else comes from outside is there, and can be
//! replaced:
//!
//! | trait | what it stands for | [`Session::new`] takes |
//! |---|---|---|
//! | [`services::Services`] | the few calls to other services | what is given; [`services::NoServices`] knows none |
//! | [`clock::Clock`] | time, and waiting; virtual in tests | the system's clock |
//! | [`prompt::Prompter`] | questions to a person, and Ctrl-C | [`prompt::Nobody`] |
//! | [`event::Sink`] | where the stream of [`event::Event`]s goes | nowhere; a closure is a sink |
//!
//! [`Session`] holds them. Traits are dyn-compatible and their futures are [`Call`]s, so that a session is an ordinary value.
//!
//! `examples/deploy_events.rs` deploys by a client of its own and prints the events.

pub mod api;
pub mod aws;
pub mod broadening;
pub mod capability;
mod cause;
mod change_sets;
pub mod changes;
pub mod clock;
mod confirm;
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
mod operations;
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
pub use rollback::{RollbackRequest, attach, cancel, rollback};
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

/// No names of constructs.
static NO_CONSTRUCTS: BTreeMap<String, String> = BTreeMap::new();

/// The system's clock.
static SYSTEM_CLOCK: system_clock::SystemClock = system_clock::SystemClock { longest_wait: None };

/// Where events go that nobody wants.
static NOWHERE: fn(&event::Record) = |_| ();

impl<'a> Session<'a> {
    /// A session by these calls, with the system's clock (in a tokio runtime), nobody to ask, and nobody who is told.
    ///
    /// ```
    /// use std::sync::Mutex;
    ///
    /// use dify_cfn::deploy::api::{Answer, ApiError, CloudFormation, Stack, StackResource, StackStatus};
    /// use dify_cfn::deploy::services::NoServices;
    /// use dify_cfn::deploy::{Session, events};
    /// # use dify_cfn::deploy::api::*;
    ///
    /// /// An account with one stack.
    /// struct OneStack;
    ///
    /// impl CloudFormation for OneStack {
    ///     fn describe_stack<'a>(&'a self, name: &'a str) -> Answer<'a, Stack> {
    ///         let stack = Stack { name: name.into(), status: StackStatus::UpdateComplete, ..Stack::default() };
    ///         Box::pin(std::future::ready(Ok(stack)))
    ///     }
    ///
    ///     fn describe_stack_events<'a>(&'a self, stack: &'a str, _: Option<&'a str>) -> Answer<'a, Page<StackEvent>> {
    ///         let event = StackEvent { id: "1".into(), logical_id: stack.into(), status: "UPDATE_COMPLETE".into(), ..StackEvent::default() };
    ///         Box::pin(std::future::ready(Ok(Page { items: vec![event], next_token: None })))
    ///     }
    ///     // … and eight more calls.
    /// #   fn create_change_set<'a>(&'a self, _: &'a CreateChangeSet) -> Answer<'a, CreatedChangeSet> { no("CreateChangeSet") }
    /// #   fn describe_change_set<'a>(&'a self, _: &'a DescribeChangeSet) -> Answer<'a, ChangeSet> { no("DescribeChangeSet") }
    /// #   fn list_change_sets<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> Answer<'a, Page<ChangeSetSummary>> { no("ListChangeSets") }
    /// #   fn execute_change_set<'a>(&'a self, _: &'a ExecuteChangeSet) -> Answer<'a, ()> { no("ExecuteChangeSet") }
    /// #   fn delete_change_set<'a>(&'a self, _: &'a str) -> Answer<'a, ()> { no("DeleteChangeSet") }
    /// #   fn list_stack_resources<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> Answer<'a, Page<StackResource>> { no("ListStackResources") }
    /// #   fn get_template<'a>(&'a self, _: &'a str, _: TemplateStage) -> Answer<'a, String> { no("GetTemplate") }
    /// #   fn delete_stack<'a>(&'a self, _: &'a DeleteStack) -> Answer<'a, ()> { no("DeleteStack") }
    /// }
    /// # fn no<'a, T: Send + 'a>(operation: &'static str) -> Answer<'a, T> {
    /// #     Box::pin(std::future::ready(Err(ApiError::unsupported(operation))))
    /// # }
    ///
    /// let told = Mutex::new(Vec::new());
    /// let sink = |record: &dify_cfn::deploy::event::Record| {
    ///     told.lock().unwrap().push(serde_json::to_value(record).unwrap()["event"].clone());
    /// };
    /// let region = NoServices::in_region("eu-central-1");
    /// let session = Session::new(&OneStack, &region).with_sink(&sink);
    /// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// let outcome = runtime.block_on(events(session, "dify-prd", false));
    /// assert_eq!(outcome.message, "the stack is UPDATE_COMPLETE");
    /// assert_eq!(*told.lock().unwrap(), ["started", "resource", "finished"]);
    /// ```
    pub fn new(cloudformation: &'a dyn api::CloudFormation, services: &'a dyn services::Services) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self {
            cloudformation,
            services,
            clock: &SYSTEM_CLOCK,
            prompter: &prompt::Nobody,
            sink: &NOWHERE,
            constructs: &NO_CONSTRUCTS,
            seed: u64::from(now.subsec_nanos()),
        }
    }

    /// With somebody who is told of events.
    #[must_use]
    pub fn with_sink(self, sink: &'a dyn event::Sink) -> Self {
        Self { sink, ..self }
    }

    /// With somebody to ask.
    #[must_use]
    pub fn with_prompter(self, prompter: &'a dyn prompt::Prompter) -> Self {
        Self { prompter, ..self }
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(self, clock: &'a dyn clock::Clock) -> Self {
        Self { clock, ..self }
    }
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("seed", &self.seed).finish_non_exhaustive()
    }
}
