//! Amazon Resource Names of things that aren't in the stack.

use crate::cfn::{PseudoParameter, Value};
use crate::concat_values;

/// The ARN of something in the stack's own partition, region and account.
pub(super) fn regional_arn(service: &str, resource: impl Into<Value<String>>) -> Value<String> {
    concat_values![
        "arn:",
        PseudoParameter::Partition.reference(),
        ":",
        service,
        ":",
        PseudoParameter::Region.reference(),
        ":",
        PseudoParameter::AccountId.reference(),
        ":",
        resource.into(),
    ]
}

/// The ARN of a bucket, which names neither region nor account.
pub(super) fn bucket_arn(name: impl Into<Value<String>>) -> Value<String> {
    concat_values!["arn:", PseudoParameter::Partition.reference(), ":s3:::", name.into()]
}

/// The ARN of a policy that AWS keeps, by its path and name, such as `service-role/AmazonRDSEnhancedMonitoringRole`.
pub fn aws_managed_policy(name: &str) -> Value<String> {
    concat_values!["arn:", PseudoParameter::Partition.reference(), ":iam::aws:policy/", name]
}
