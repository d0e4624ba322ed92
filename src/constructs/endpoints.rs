//! Ways to AWS's services that don't lead through the internet.

use std::collections::BTreeMap;

use crate::cfn::{LogicalId, PseudoParameter, Value};
use crate::concat_values;
use crate::resources::ec2::{CfnVpcEndpoint, vpc_endpoint::VpcEndpointType};

use super::arn::bucket_arn;
use super::{Network, PolicyDocument, PolicyStatement, Principal, Scope, SecurityGroup};

/// Which services a network without internet reaches.
#[derive(Debug, Clone, Default)]
pub struct EndpointServices {
    /// Short names of services with an interface endpoint, such as `ecr.api` or `secretsmanager`: what stands behind
    /// the region in "AWS services that integrate with AWS `PrivateLink`". Each endpoint costs money by the hour in each
    /// zone, and by volume.
    pub interfaces: Vec<String>,
    /// ARNs of the buckets that are reached by the gateway endpoint for S3, beside that of ECR's layers. The endpoint
    /// costs nothing.
    pub buckets: Vec<Value<String>>,
}

/// The endpoints of a network whose private subnets don't reach the internet.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// The group of all interface endpoints: whoever uses one needs a path to it on port 443.
    pub security_group: SecurityGroup,
    parts: Vec<LogicalId>,
}

impl Endpoints {
    /// Adds endpoints to the private subnets, and to what services in them wait for.
    ///
    /// Interface endpoints take over the services' own names in the VPC. The gateway endpoint for S3 exists where the
    /// route tables are the stack's; it lets tasks reach the named buckets and, for images of ECR, the bucket that holds
    /// their layers ("Amazon ECR interface VPC endpoints", "Minimum Amazon S3 bucket permissions for Amazon ECR").
    pub fn new(scope: &mut Scope<'_>, network: &mut Network, services: &EndpointServices) -> Self {
        let security_group = SecurityGroup::new(
            &mut scope.child("SecurityGroup"),
            &network.vpc_id,
            "Interface endpoints of AWS services",
        );
        let mut parts = Vec::new();
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        for service in &services.interfaces {
            match construct_id(service) {
                Some(id) => {
                    names.insert(id, service);
                }
                None => scope.misuse(
                    format!("`{service}` can't be the name of a service"),
                    "use the short name of a service, such as `ecr.api` or `secretsmanager`",
                ),
            }
        }
        for (id, service) in names {
            let mut endpoint = endpoint(network, VpcEndpointType::Interface, service);
            endpoint.private_dns_enabled = Some(true.into());
            endpoint.subnet_ids = Some(network.private_subnets.clone());
            endpoint.security_group_ids = Some([security_group.id()].into());
            parts.push(scope.add(&id, endpoint).logical_id().clone());
        }
        if network.private_route_tables.is_empty() {
            network.ready.extend(parts.iter().cloned());
            network.ready.sort();
        } else {
            let mut gateway = endpoint(network, VpcEndpointType::Gateway, "s3");
            gateway.route_table_ids = Some(network.private_route_tables.clone().into());
            gateway.policy_document = Some(bucket_policy(&services.buckets).into());
            let gateway = scope.add("S3", gateway);
            // So that this one id stands for all: it takes seconds, the others minutes, and a database far longer.
            scope.depends_on(&gateway, network.ready.iter().chain(&parts));
            network.ready = vec![gateway.logical_id().clone()];
            parts.push(gateway.logical_id().clone());
        }
        Self { security_group, parts }
    }

    /// The endpoints' logical ids.
    pub fn logical_ids(&self) -> &[LogicalId] {
        &self.parts
    }
}

fn endpoint(network: &Network, kind: VpcEndpointType, service: &str) -> CfnVpcEndpoint {
    let name = concat_values!["com.amazonaws.", PseudoParameter::Region.reference(), ".", service];
    let mut endpoint = CfnVpcEndpoint::new(name, network.vpc_id.clone());
    endpoint.vpc_endpoint_type = Some(kind.into());
    endpoint
}

/// `ecr.api` as `EcrApi`; `None` if it can't be a service's name.
fn construct_id(service: &str) -> Option<String> {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    if service.is_empty() || !service.chars().all(valid) {
        return None;
    }
    let capitalize = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    Some(service.split(['.', '-']).filter(|word| !word.is_empty()).map(capitalize).collect())
}

/// What may pass the gateway: any action that the caller's own policies allow, but on these buckets only.
fn bucket_policy(buckets: &[Value<String>]) -> PolicyDocument {
    let layers =
        bucket_arn(concat_values!["prod-", PseudoParameter::Region.reference(), "-starport-layer-bucket/*"]);
    let layers = PolicyStatement::allow(["s3:GetObject"], [layers]);
    let resources = buckets.iter().flat_map(|bucket| [bucket.clone(), concat_values![bucket.clone(), "/*"]]);
    let own = PolicyStatement::allow(["s3:*"], resources);
    let statements = [layers, own].into_iter().filter(|statement| !statement.resources.is_empty());
    PolicyDocument::new(statements.map(|statement| statement.principal(Principal::Anyone)))
}
