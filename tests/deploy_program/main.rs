//! The compiled program against a CloudFormation of our own: a server on this machine that speaks its protocol, with a small
//! model of stacks behind it, and trouble on demand. What it answers follows AWS's API Reference; none of it was recorded.

#![cfg(feature = "deploy")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]

mod commands;
mod interrupted;
mod killed;
mod lifecycle;
mod program;
mod secrecy;
mod server;
mod trouble;
