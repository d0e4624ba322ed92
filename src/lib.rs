//! Compiles the whole architecture of Dify on AWS into CloudFormation templates.

pub mod catalog;
pub mod cfn;
pub mod config;
pub mod constructs;
pub mod diagnostic;
pub mod document;
pub mod resources;
