//! The seam over AWS: CloudFormation by the SDK, the few calls to other services signed and sent by ourselves.
//!
//! The only user of the SDK. Endpoints, regions, profiles and credentials come from where all of AWS's tools take them:
//! environment, `~/.aws/config`, Identity Center, credential processes, container and instance roles. `AWS_ENDPOINT_URL` and
//! `AWS_ENDPOINT_URL_<SERVICE>` hold for every call.
//!
//! Each further SDK crate would cost minutes of build, so the calls to STS, ACM, Systems Manager, ECS, S3, EC2 and CloudWatch
//! are written out (`signed`) over the signer and the HTTP client that the SDK links anyway.

mod change_set;
mod cloudformation;
mod connection;
mod endpoint;
mod error;
mod events;
mod profile;
#[cfg(test)]
mod request_tests;
mod services;
mod signed;
mod stack;
mod storage;
#[cfg(test)]
mod testing;
mod time;
mod xml;

pub use connection::{Aws, NO_REGION, Options};
