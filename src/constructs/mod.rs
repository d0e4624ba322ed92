//! The construct tree ([`Stack`], [`Scope`]) and the well-made parts of an architecture.

mod interface;
mod output;
mod parameter;
mod scope;
mod stack;

mod arn;
pub mod aurora;
mod autoscaling;
mod bucket;
mod cache;
mod cluster;
mod container;
mod fargate_service;
mod kms_key;
mod log_group;
mod misuse;
mod policy;
mod policy_resources;
mod removal;
mod role;
mod secret;
mod secret_value;
mod ssm_parameter;
mod task_definition;
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
mod rendering_tests;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

pub use output::Output;
pub use parameter::{Parameter, ParameterType};
pub use scope::{MAIN, Scope};
pub use stack::{BAD_LOGICAL_ID, DUPLICATE_CONSTRUCT, FOREIGN_HANDLE, ResourceOptions, Stack};

pub use arn::aws_managed_policy;
pub use aurora::{
    AuroraCapacity, AuroraCluster, AuroraOrigin, AuroraProps, ServerlessCapacity, pgvector_parameters,
};
pub use autoscaling::{Autoscaling, AutoscalingProps};
pub use bucket::{Bucket, BucketProps};
pub use cache::{Cache, CacheEngine, CacheProps};
pub use cluster::{Cluster, ClusterProps, ContainerInsights};
pub use container::{
    Container, ContainerCondition, ContainerHealthCheck, ContainerImage, ContainerLogs, MountPoint,
};
pub use fargate_service::{
    CircuitBreaker, FargateCapacity, FargateService, FargateServiceProps, ServiceTarget,
};
pub use kms_key::{KmsKey, KmsKeyProps};
pub use log_group::{LogGroup, LogGroupProps};
pub use misuse::MISUSED_PART;
pub use policy::{Effect, PolicyDocument, PolicyStatement, Principal};
pub use removal::Removal;
pub use role::{Grantable, Role, RoleProps};
pub use secret::{GeneratedSecret, Secret, SecretContent, SecretProps};
pub use secret_value::SecretValue;
pub use ssm_parameter::SsmParameter;
pub use task_definition::{CpuArchitecture, TaskDefinition, TaskDefinitionProps, fargate_memory};

pub use alarm::{Alarm, AlarmProps, AlarmTopic, ComparisonOperator, Statistic, TreatMissingData};
pub use certificate::Certificate;
pub use connections::{Connections, PathRules, Peer, Ports};
pub use dns_record::AliasRecord;
pub use endpoints::{EndpointServices, Endpoints};
pub use listener::{Listener, Tls};
pub use load_balancer::{AccessLogs, ApplicationLoadBalancer, LoadBalancerProps, Scheme};
pub use network::{FlowLogs, Nat, Network, NewNetwork, TrafficType};
pub use security_group::SecurityGroup;
pub use service_discovery::{DiscoveredService, PrivateNamespace};
pub use target_group::{HealthCheck, TargetGroup, TargetGroupProps};

/// The codes of this room with their documentation.
pub(crate) fn codes() -> [&'static [(crate::diagnostic::Code, &'static str)]; 2] {
    [stack::CODES, misuse::CODES]
}
