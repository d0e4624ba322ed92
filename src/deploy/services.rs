//! The few calls to other services than CloudFormation.

use std::fmt;

use serde::Serialize;

use super::api::{Answer, Page, unsupported};
use super::clock::Timestamp;

/// Calls to STS, ACM, Systems Manager, ECS, S3, EC2 and CloudWatch. A method is one API call, one page where there are pages.
///
/// A name that isn't there is an error of [`ErrorKind::NotFound`](super::api::ErrorKind::NotFound). A call that an implementation
/// doesn't have answers [`ErrorKind::Unsupported`](super::api::ErrorKind::Unsupported).
#[allow(unused_variables, reason = "names are for those who implement it")]
pub trait Services: Send + Sync {
    /// The region that calls go to.
    fn region(&self) -> &str;

    /// STS `GetCallerIdentity`, with the end of the credentials.
    fn caller_identity(&self) -> Answer<'_, CallerIdentity> {
        unsupported("GetCallerIdentity")
    }

    /// ACM `DescribeCertificate`.
    fn certificate<'a>(&'a self, arn: &'a str) -> Answer<'a, Certificate> {
        unsupported("DescribeCertificate")
    }

    /// Systems Manager `GetParameter` without decryption.
    fn parameter<'a>(&'a self, name: &'a str) -> Answer<'a, SsmParameter> {
        unsupported("GetParameter")
    }

    /// Systems Manager `PutParameter` of a new `SecureString`, never over one that is there
    /// ([`ErrorKind::AlreadyExists`](super::api::ErrorKind::AlreadyExists)).
    fn create_secure_parameter<'a>(
        &'a self,
        name: &'a str,
        value: &'a Secret,
        key_id: Option<&'a str>,
    ) -> Answer<'a, ()> {
        unsupported("PutParameter")
    }

    /// ECS `ListTasks` of a service with the desired status `STOPPED`, and `DescribeTasks`: the latest, newest first.
    fn stopped_tasks<'a>(&'a self, cluster: &'a str, service: &'a str) -> Answer<'a, Vec<StoppedTask>> {
        unsupported("ListTasks")
    }

    /// S3 `HeadObject`: whether it is there.
    fn has_object<'a>(&'a self, bucket: &'a str, key: &'a str) -> Answer<'a, bool> {
        unsupported("HeadObject")
    }

    /// S3 `PutObject`. The address to give to CloudFormation.
    fn put_object<'a>(&'a self, bucket: &'a str, key: &'a str, body: &'a [u8]) -> Answer<'a, String> {
        unsupported("PutObject")
    }

    /// S3 `ListObjectVersions`: versions and delete markers.
    fn object_versions<'a>(
        &'a self,
        bucket: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<ObjectVersion>> {
        unsupported("ListObjectVersions")
    }

    /// S3 `DeleteObjects`, at most 1,000.
    fn delete_objects<'a>(&'a self, bucket: &'a str, versions: &'a [ObjectVersion]) -> Answer<'a, ()> {
        unsupported("DeleteObjects")
    }

    /// EC2 `DescribeVpcs` with a filter on the Name tag, in which `*` and `?` stand for other characters.
    fn vpcs<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Vpc>> {
        unsupported("DescribeVpcs")
    }

    /// EC2 `DescribeSubnets` with one filter.
    fn subnets<'a>(&'a self, filter: SubnetFilter<'a>) -> Answer<'a, Vec<Subnet>> {
        unsupported("DescribeSubnets")
    }

    /// CloudWatch `DescribeAlarms` by name. Those that aren't there are left out.
    fn alarms<'a>(&'a self, names: &'a [String]) -> Answer<'a, Vec<Alarm>> {
        unsupported("DescribeAlarms")
    }
}

/// No other services: what they would tell isn't checked, and the deploy says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoServices {
    region: String,
}

impl NoServices {
    /// In this region.
    pub fn in_region(region: impl Into<String>) -> Self {
        Self { region: region.into() }
    }
}

impl Services for NoServices {
    fn region(&self) -> &str {
        &self.region
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallerIdentity {
    /// The account's 12 digits.
    pub account: String,
    /// User or role session.
    pub arn: String,
    /// When the credentials end, if they do.
    pub expires_at: Option<Timestamp>,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    /// `ISSUED`, `PENDING_VALIDATION`, `EXPIRED` …
    pub status: String,
    /// Its names, the first one too.
    pub domain_names: Vec<String>,
    /// When it ends.
    pub not_after: Option<Timestamp>,
}

/// A parameter of Systems Manager.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SsmParameter {
    /// Its name.
    pub name: String,
    /// `String`, `StringList`, `SecureString`.
    pub kind: String,
    /// Its value; none for a `SecureString`.
    pub value: Option<String>,
}

/// A text that nothing shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the request that it is sent with.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// A task that stopped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StoppedTask {
    /// Its ARN.
    pub arn: String,
    /// `TaskFailedToStart`, `EssentialContainerExited` …
    pub stop_code: Option<String>,
    /// Why it stopped.
    pub reason: Option<String>,
    /// When.
    pub stopped_at: Option<Timestamp>,
    /// Its containers.
    pub containers: Vec<StoppedContainer>,
}

/// A container of a task that stopped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StoppedContainer {
    /// Its name.
    pub name: String,
    /// What its process returned.
    pub exit_code: Option<i32>,
    /// Why it stopped: an image that can't be pulled, memory that ran out …
    pub reason: Option<String>,
}

/// A version of an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectVersion {
    /// The object's key.
    pub key: String,
    /// The version.
    pub version_id: String,
}

/// A network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Its Name tag.
    pub name: Option<String>,
    /// Its first address range.
    pub cidr: String,
}

/// Which subnets are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubnetFilter<'a> {
    /// Those of the VPC with this id.
    Vpc(&'a str),
    /// Those of all VPCs whose Name tag is this; `*` and `?` stand for other characters.
    Named(&'a str),
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its Name tag.
    pub name: Option<String>,
    /// The network that it is in.
    pub vpc_id: String,
    /// The zone that it is in.
    pub availability_zone: String,
    /// Its address range.
    pub cidr: String,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub state: String,
}
