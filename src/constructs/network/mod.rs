//! Where everything runs: a network that exists, or a new one.

mod address_plan;
mod create;
mod flow_logs;

#[cfg(test)]
mod tests;

pub use create::{Nat, NewNetwork};
pub use flow_logs::{FlowLogs, TrafficType};

use crate::cfn::{LogicalId, Value};

use super::{ResourceOptions, Scope};

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
    /// What data in the private subnets can't be without; nothing where the network isn't the stack's.
    foundation: Vec<LogicalId>,
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
            foundation: Vec::new(),
        }
    }

    /// Keeps what data in the network needs when the stack goes: the VPC and the private subnets, which can't be deleted
    /// while a database is in them. They cost nothing.
    ///
    /// The rest is left to go, for a deletion policy also holds when a part leaves the template: a NAT gateway that the
    /// configuration takes away would go on costing money, and its route would leave a closed network open. Does nothing
    /// to a network that isn't the stack's.
    pub fn retain(&self, scope: &mut Scope<'_>) {
        for part in &self.foundation {
            scope.stack().options(part, ResourceOptions::retain);
        }
    }
}
