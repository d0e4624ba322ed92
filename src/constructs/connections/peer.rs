//! The far end of a rule, where it isn't a security group of the stack.

use crate::cfn::{ConditionHandle, Intrinsic, ToJson, Value};
use crate::resources::ec2::security_group::{Egress, Ingress};

use super::{Ports, SecurityGroup};

/// The far end of a rule, where it isn't a security group of the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    address: Address,
    condition: Option<ConditionHandle>,
}

#[derive(Debug, Clone, PartialEq)]
enum Address {
    Ipv4(Value<String>),
    Ipv6(Value<String>),
    PrefixList(Value<String>),
    SecurityGroup(Value<String>),
}

impl Peer {
    fn new(address: Address) -> Self {
        Self { address, condition: None }
    }

    /// A block of IPv4 addresses.
    pub fn ipv4(block: impl Into<Value<String>>) -> Self {
        Self::new(Address::Ipv4(block.into()))
    }

    /// A block of IPv6 addresses.
    pub fn ipv6(block: impl Into<Value<String>>) -> Self {
        Self::new(Address::Ipv6(block.into()))
    }

    /// A literal block of addresses of either version.
    pub fn cidr(block: &str) -> Self {
        if block.contains(':') { Self::ipv6(block) } else { Self::ipv4(block) }
    }

    /// Every IPv4 address.
    pub fn any_ipv4() -> Self {
        Self::ipv4("0.0.0.0/0")
    }

    /// A managed prefix list, by its id.
    pub fn prefix_list(id: impl Into<Value<String>>) -> Self {
        Self::new(Address::PrefixList(id.into()))
    }

    /// A security group that isn't the stack's, by its id. For those of the stack there is
    /// [`Connections::allow`](super::Connections::allow).
    pub fn foreign_group(id: impl Into<Value<String>>) -> Self {
        Self::new(Address::SecurityGroup(id.into()))
    }

    /// A security group of the stack, where a rule is needed at one end only: the other end is open by its address.
    pub fn group(group: &SecurityGroup) -> Self {
        Self::new(Address::SecurityGroup(group.id()))
    }

    /// Lets the rule exist only where the condition holds, for a block that may be left empty.
    #[must_use]
    pub fn only_if(mut self, condition: &ConditionHandle) -> Self {
        self.condition = Some(condition.clone());
        self
    }

    pub(super) fn condition(&self) -> Option<&ConditionHandle> {
        self.condition.as_ref()
    }

    /// The address as a text by which rules are put in order and compared.
    pub(super) fn key(&self) -> String {
        let (kind, value) = match &self.address {
            Address::Ipv4(value) => ("ipv4", value),
            Address::Ipv6(value) => ("ipv6", value),
            Address::PrefixList(value) => ("list", value),
            Address::SecurityGroup(value) => ("group", value),
        };
        format!("{kind} {}", value.to_json())
    }

    pub(super) fn egress(&self, ports: Ports, why: String) -> Value<Egress> {
        let mut rule = egress(ports, why);
        let field = match &self.address {
            Address::Ipv4(_) => &mut rule.cidr_ip,
            Address::Ipv6(_) => &mut rule.cidr_ipv6,
            Address::PrefixList(_) => &mut rule.destination_prefix_list_id,
            Address::SecurityGroup(_) => &mut rule.destination_security_group_id,
        };
        *field = Some(self.value());
        self.conditional(rule)
    }

    pub(super) fn ingress(&self, ports: Ports, why: String) -> Value<Ingress> {
        let mut rule = Ingress::new(ports.protocol());
        rule.from_port = ports.range().map(|(first, _)| first.into());
        rule.to_port = ports.range().map(|(_, last)| last.into());
        rule.description = Some(why.into());
        let field = match &self.address {
            Address::Ipv4(_) => &mut rule.cidr_ip,
            Address::Ipv6(_) => &mut rule.cidr_ipv6,
            Address::PrefixList(_) => &mut rule.source_prefix_list_id,
            Address::SecurityGroup(_) => &mut rule.source_security_group_id,
        };
        *field = Some(self.value());
        self.conditional(rule)
    }

    fn value(&self) -> Value<String> {
        match &self.address {
            Address::Ipv4(value)
            | Address::Ipv6(value)
            | Address::PrefixList(value)
            | Address::SecurityGroup(value) => value.clone(),
        }
    }

    fn conditional<R: ToJson + Into<Value<R>>>(&self, rule: R) -> Value<R> {
        match &self.condition {
            Some(condition) => Intrinsic::if_else(condition, rule, Value::no_value()),
            None => rule.into(),
        }
    }
}

/// A rule for the way out, without its far end.
pub(super) fn egress(ports: Ports, why: String) -> Egress {
    let mut rule = Egress::new(ports.protocol());
    rule.from_port = ports.range().map(|(first, _)| first.into());
    rule.to_port = ports.range().map(|(_, last)| last.into());
    rule.description = Some(why.into());
    rule
}
