//! The compiled program against a CloudFormation of our own: a server on this machine that speaks its protocol, with a small
//! model of stacks behind it, and trouble on demand. What it answers follows AWS's API Reference; none of it was recorded.

#![cfg(feature = "deploy")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]
#![allow(clippy::too_many_lines, reason = "an answer for each call reads as the table that it is")]
#![allow(clippy::if_not_else, reason = "what goes well comes first")]

mod absent;
mod accepted;
mod adopted;
mod alarms;
mod by_operation;
mod commands;
mod credentials;
mod destroyed;
mod gates;
mod interrupted;
mod json_lines;
mod killed;
mod lifecycle;
mod looked_up;
mod no_echo;
mod on_failure;
mod options;
mod program;
mod protection;
mod rejected;
mod secrecy;
mod secret_parameters;
mod server;
mod several;
mod statuses;
mod taking_back;
#[cfg(unix)]
mod terminal;
mod trouble;
mod unanswered;
mod uploaded;
