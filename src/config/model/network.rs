//! Where the stack runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Component;
use crate::config::schema::shape::one_key;

/// The network: one of the four.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = one_key)]
pub enum Network {
    /// Ids are asked for on the form; the default.
    #[default]
    Parameters,
    /// Ids of a network that exists; they stay parameters, with these as defaults.
    Existing(ExistingNetwork),
    /// Name tags of a network that exists; `dify-cfn lookup` finds the ids.
    Lookup(LookupNetwork),
    /// A network of the stack's own.
    Create(CreateNetwork),
}

/// A network that exists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExistingNetwork {
    /// The VPC.
    pub vpc_id: String,
    /// Its address range; used in rules where a security group can't be.
    pub vpc_cidr: Option<String>,
    /// Subnets of the load balancer, in at least two zones.
    pub public_subnet_ids: Vec<String>,
    /// Subnets of tasks, database and cache, in at least two zones.
    pub private_subnet_ids: Vec<String>,
    /// Whether the private subnets have no way to the internet, only VPC endpoints.
    pub closed: bool,
}

/// A network that exists, by Name tags; `*` stands for anything.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LookupNetwork {
    /// Name tag of the VPC.
    pub vpc_name: String,
    /// Name tags of the load balancer's subnets.
    pub public_subnet_names: Vec<String>,
    /// Name tags of the subnets of tasks, database and cache.
    pub private_subnet_names: Vec<String>,
    /// Whether the private subnets have no way to the internet, only VPC endpoints.
    pub closed: bool,
}

/// A network of the stack's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CreateNetwork {
    /// Its address range, /16 to /24.
    pub cidr: String,
    /// In how many zones, 2 or 3.
    #[schemars(range(min = 2, max = 3))]
    pub availability_zones: u32,
    /// The way out: `none` (closed: VPC endpoints only), `single` gateway (cheaper), or one `per_zone`.
    pub nat: Nat,
    /// Whether traffic is logged; costs money by volume.
    pub flow_logs: bool,
}

impl Default for CreateNetwork {
    fn default() -> Self {
        Self { cidr: "10.0.0.0/16".to_owned(), availability_zones: 2, nat: Nat::Single, flow_logs: false }
    }
}

/// How private subnets reach the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nat {
    /// Not at all: VPC endpoints only.
    None,
    /// One gateway for all zones; its zone's failure takes all with it.
    Single,
    /// A gateway in each zone.
    PerZone,
}

/// A way out of tasks beside HTTP, HTTPS and mail, such as to a model server of one's own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Egress {
    /// The TCP port.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// The IPv4 or IPv6 range that may be reached.
    pub cidr: String,
    /// Who may; by default api, worker and plugin daemon.
    pub components: Vec<Component>,
}
