//! Where everything runs: a network that exists, or a new one.

mod address_plan;
mod create;
mod flow_logs;

#[cfg(test)]
mod tests;

pub use create::{Nat, NewNetwork};
pub use flow_logs::FlowLogs;

use crate::cfn::{LogicalId, Value};
use crate::diagnostic::Code;

use super::{ResourceOptions, Scope};

/// A network can't be built as asked.
pub const BAD_NETWORK: Code = Code("T101");

/// A VPC and its subnets, as the other constructs take it.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// The VPC.
    pub vpc_id: Value<String>,
    /// The VPC's IPv4 addresses, where they are known: for rules in which a security group can't stand.
    pub vpc_cidr: Option<Value<String>>,
    /// Subnets with a route to the internet, for an internet-facing load balancer; may be none.
    pub public_subnets: Value<Vec<Value<String>>>,
    /// Subnets of tasks, databases and caches.
    pub private_subnets: Value<Vec<Value<String>>>,
    /// The route tables of the private subnets, for gateway endpoints; none where the network isn't the stack's.
    pub private_route_tables: Vec<Value<String>>,
    /// What a service in the private subnets has to wait for: its routes with their NAT gateways, or its endpoints.
    pub ready: Vec<LogicalId>,
    /// What an internet-facing load balancer has to wait for.
    pub public_ready: Vec<LogicalId>,
    /// Whether the private subnets reach the internet.
    pub internet: bool,
    /// Resources of the stack that the network consists of.
    parts: Vec<LogicalId>,
}

impl Network {
    /// A network that exists. `internet` says whether its private subnets reach the internet.
    pub fn existing(
        vpc_id: impl Into<Value<String>>,
        public_subnets: impl Into<Value<Vec<Value<String>>>>,
        private_subnets: impl Into<Value<Vec<Value<String>>>>,
        internet: bool,
    ) -> Self {
        Self {
            vpc_id: vpc_id.into(),
            vpc_cidr: None,
            public_subnets: public_subnets.into(),
            private_subnets: private_subnets.into(),
            private_route_tables: Vec::new(),
            ready: Vec::new(),
            public_ready: Vec::new(),
            internet,
            parts: Vec::new(),
        }
    }

    /// Keeps the network when the stack goes, for the sake of what is kept in it: a subnet can't be deleted while a
    /// database uses it.
    ///
    /// Holds for all its parts, so that a stack that takes the data up again finds working routes; kept NAT gateways go
    /// on costing money. Does nothing to a network that isn't the stack's, and nothing to endpoints and flow logs.
    pub fn retain(&self, scope: &mut Scope<'_>) {
        for part in &self.parts {
            scope.stack().options(part, ResourceOptions::retain);
        }
    }
}
