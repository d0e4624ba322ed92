//! The construct tree ([`Stack`], [`Scope`]) and the well-made parts of an architecture.

mod interface;
mod output;
mod parameter;
mod scope;
mod stack;

mod arn;
pub mod aurora;
mod bucket;
mod cache;
mod kms_key;
mod log_group;
mod misuse;
mod policy;
mod removal;
mod role;
mod secret;
mod secret_value;
mod ssm_parameter;
#[cfg(test)]
mod testing;

// What connects: networks, paths, load balancers, names, alarms.
mod alarm;
mod certificate;
mod connections;
mod dns_record;
mod endpoints;
mod listener;
mod load_balancer;
mod network;
mod security_group;
mod service_discovery;
mod target_group;

#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

pub use output::Output;
pub use parameter::{Parameter, ParameterType};
pub use scope::{MAIN, Scope};
pub use stack::{BAD_LOGICAL_ID, DUPLICATE_CONSTRUCT, FOREIGN_HANDLE, ResourceOptions, Stack};

pub use alarm::{Alarm, AlarmProps, AlarmTopic, ComparisonOperator, Statistic};
pub use arn::aws_managed_policy;
pub use aurora::{AuroraCapacity, AuroraCluster, AuroraOrigin, AuroraProps, ServerlessCapacity};
pub use bucket::{Bucket, BucketProps};
pub use cache::{Cache, CacheEngine, CacheProps};
pub use certificate::Certificate;
pub use connections::{Connections, OVERLAPPING_RULES, PathRules, Peer, Ports};
pub use dns_record::AliasRecord;
pub use endpoints::{BAD_ENDPOINT, EndpointServices, Endpoints};
pub use kms_key::{KmsKey, KmsKeyProps};
pub use listener::{BAD_LISTENER_RULE, Listener, Tls};
pub use load_balancer::{AccessLogs, ApplicationLoadBalancer, LoadBalancerProps, Scheme};
pub use log_group::{LogGroup, LogGroupProps};
pub use misuse::MISUSED_PART;
pub use network::{BAD_NETWORK, FlowLogs, Nat, Network, NewNetwork};
pub use policy::{Effect, PolicyDocument, PolicyStatement, Principal};
pub use removal::Removal;
pub use role::{Grantable, Role, RoleProps};
pub use secret::{GeneratedSecret, Secret, SecretContent, SecretProps};
pub use secret_value::SecretValue;
pub use security_group::{BAD_RULE_DESCRIPTION, SecurityGroup};
pub use service_discovery::{DiscoveredService, PrivateNamespace};
pub use ssm_parameter::SsmParameter;
pub use target_group::{BAD_TARGET_GROUP, HealthCheck, TargetGroup, TargetGroupProps};
