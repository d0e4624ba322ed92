//! Compiles the whole architecture of Dify on AWS into CloudFormation templates.
//!
//! # The way through
//!
//! ```text
//! dify.yaml ──config──▶ Config ──dify──▶ Stack ──synth──▶ Template ──validate──▶ ValidatedTemplate ──assembly──▶ out/
//! ```
//!
//! Each arrow is one function, and each stage is a type that only the stage before it can make.
//!
//! # The rooms
//!
//! | room | what is in it |
//! |---|---|
//! | [`diagnostic`] | one finding, for people and for machines |
//! | [`document`] | a located tree of YAML or JSON |
//! | [`catalog`] | what is known of Dify's images, read from `schemas/dify` |
//! | [`config`] | `dify.yaml`: types, defaults, profiles, environments, overrides |
//! | [`cfn`] | the language of templates: values, functions, references, readers and writers; no AWS service in it |
//! | [`resources`] | the resource types (L1), generated at build time from `schemas` |
//! | [`constructs`] | the construct tree, and the well-made parts of an architecture (L2) |
//! | [`dify`] | components, their environment and placement, and the stack that ties them together (L3) |
//! | [`validate`] | what is checked before AWS is asked |
//! | [`assembly`] | what is left on disk |
//! | `deploy` | from a validated template to a finished stack (feature `deploy`) |
//! | [`cli`] | the commands, and everything that prints |
//!
//! A room uses the rooms above it only; `tests/house` reads the imports and fails on any other.
//!
//! # Invariants
//!
//! - The same input gives the same bytes on every machine: nothing that is rendered lives in a hash map, and no stage but
//!   `cli`, `assembly` and `deploy` touches the outside world.
//! - A reference is a handle that only a stack hands out: a dangling `Ref` or a misspelt attribute doesn't compile.
//! - Logical ids are the joined path of their construct. Those of what holds data are a public contract.
//! - No secret stands in a template, an output, a log or a message.
//! - Every finding has a code, a place where there is one, and says what to do; all are told, not the first.
//! - Files are written whole or not at all.
//!
//! # A stack of one's own
//!
//! ```
//! use dify_cfn::cfn::write;
//! use dify_cfn::constructs::{Bucket, BucketProps, Output, Stack};
//!
//! let mut stack = Stack::new();
//! let mut scope = stack.scope();
//! let files = Bucket::new(&mut scope.child("Files"), BucketProps::default());
//! scope.output("FilesName", Output::new("Where files are", files.name()));
//! let template = stack.synth().map_err(|found| format!("{found:?}"))?;
//! assert!(write::yaml(&template).contains("Value: !Ref Files"));
//! # Ok::<(), String>(())
//! ```
//!
//! `examples/own_stack.rs` does more: grants, connections, escape hatches.

pub mod assembly;
pub mod catalog;
pub mod cfn;
pub mod cli;
pub mod config;
pub mod constructs;
#[cfg(feature = "deploy")]
pub mod deploy;
pub mod diagnostic;
pub mod dify;
pub mod document;
pub mod resources;
pub mod validate;
