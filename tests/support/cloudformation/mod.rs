//! A small model of CloudFormation with a virtual clock, for tests of the deploy engine and of the program.
//!
//! It behaves as AWS's guides describe: change sets are made in the background, stacks change resource by resource, failures
//! roll back, names and tokens are checked, a stack policy and termination protection hold. [`World`] is all traits of the
//! seam at once. Time passes only by sleeping (and a little by each call), so an hour takes a millisecond, and a future that
//! isn't ready at the first poll was killed: see [`run`].

mod client;
mod model;
mod operations;
mod running;
mod services;

pub(crate) use model::{Act, Fault, World};

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future to its end; `None` if the world stopped answering (a kill).
pub(crate) fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
