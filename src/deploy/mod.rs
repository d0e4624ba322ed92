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
pub mod changes;
pub mod clock;
pub mod event;
pub mod outcome;
pub mod prompt;
pub mod services;

use std::pin::Pin;

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
    /// Where the jitter of waiting starts: a number of one's own for each run, or a fixed one in tests.
    pub seed: u64,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("seed", &self.seed).finish_non_exhaustive()
    }
}
