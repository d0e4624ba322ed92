//! The compiled program against a CloudFormation of our own: a server on this machine that speaks its protocol, with a small
//! model of stacks behind it, and trouble on demand. What it answers follows AWS's API Reference; none of it was recorded.

#![cfg(feature = "deploy")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]
#![allow(clippy::too_many_lines, reason = "an answer for each call reads as the table that it is")]
#![allow(clippy::if_not_else, reason = "what goes well comes first")]

mod accepted;
mod commands;
mod credentials;
mod interrupted;
mod json_lines;
mod killed;
mod lifecycle;
mod program;
mod secrecy;
mod server;
mod trouble;
mod unanswered;
