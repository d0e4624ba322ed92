//! The first step of a stack's creation: what is slow and holds data, so that a service that doesn't start never takes
//! the database with it.

use crate::cfn::Template;

/// Types that belong to the foundation; with them comes all that they refer to.
const FOUNDATION_TYPES: [&str; 10] = [
    "AWS::EC2::VPC",
    "AWS::EC2::Subnet",
    "AWS::EC2::Route",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::KMS::Alias",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::BucketPolicy",
    "AWS::SecretsManager::Secret",
];

/// The part of a template with network, keys, secrets, bucket, database and cache, and all that these refer to.
#[must_use]
pub fn foundation(template: &Template) -> Template {
    template.closure(|_, resource| FOUNDATION_TYPES.contains(&resource.type_name.as_str()))
}
