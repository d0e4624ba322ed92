//! The load balancer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The load balancer, its names and who may reach it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ingress {
    /// `internet-facing`, or `internal` in the private subnets.
    pub scheme: Scheme,
    /// IPv4 ranges that may reach it, which has no IPv6 address. Without one, the form asks.
    pub allowed_cidrs: Vec<String>,
    /// The name that users type.
    pub domain_name: Option<String>,
    /// The hosted zone in which the name's record is made. Where a certificate is requested, it has to be a public zone of the
    /// stack's account: with another one, the stack's creation waits for hours and fails.
    pub hosted_zone_id: Option<String>,
    /// A certificate for the name. Without it one is requested where there are a name and its zone. Behind a private zone it
    /// has to be given.
    pub certificate_arn: Option<String>,
    /// TLS versions and ciphers.
    pub ssl_policy: String,
    /// Seconds without data until a connection is cut, 1 to 4000; answers of models stream with long pauses.
    #[schemars(range(min = 1, max = 4000))]
    pub idle_timeout_seconds: u32,
    /// Where requests are logged.
    pub access_logs: Option<AccessLogs>,
    /// Whether the load balancer can't be deleted; production.
    pub deletion_protection: bool,
    /// Whether malformed headers are dropped.
    pub drop_invalid_headers: bool,
}

impl Default for Ingress {
    fn default() -> Self {
        Self {
            scheme: Scheme::InternetFacing,
            allowed_cidrs: Vec::new(),
            domain_name: None,
            hosted_zone_id: None,
            certificate_arn: None,
            ssl_policy: "ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned(),
            idle_timeout_seconds: 3600,
            access_logs: None,
            deletion_protection: false,
            drop_invalid_headers: true,
        }
    }
}

/// From where a load balancer is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// From the internet.
    InternetFacing,
    /// From the VPC and what is connected with it.
    Internal,
}

/// A bucket for the load balancer's access logs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AccessLogs {
    /// An existing bucket of the same region, encrypted with SSE-S3, whose policy lets load balancers write.
    pub bucket: String,
    /// What object names begin with.
    pub prefix: Option<String>,
}
