//! Amazon Resource Names of things that aren't in the stack.

use crate::cfn::evaluate::Settings;
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

/// The ARN of a repository of a private registry of ECR, given as images name it; `None` if it is none.
pub(super) fn private_repository(repository: &str) -> Option<Value<String>> {
    let (registry, name) = repository.split_once('/')?;
    let (account, rest) = registry.split_once(".dkr.ecr.")?;
    let (region, _) = rest.split_once('.')?;
    // The repository's partition, which its region tells; the stack's is the same only where it can reach it.
    let partition = Settings { region: Some(region.to_owned()), ..Settings::default() }.partition()?;
    Some(format!("arn:{partition}:ecr:{region}:{account}:repository/{name}").into())
}

/// The ARN of a policy that AWS keeps, by its path and name, such as `service-role/AmazonRDSEnhancedMonitoringRole`.
pub fn aws_managed_policy(name: &str) -> Value<String> {
    concat_values!["arn:", PseudoParameter::Partition.reference(), ":iam::aws:policy/", name]
}
